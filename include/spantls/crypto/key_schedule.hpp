// The key schedule (RFC 9846, section 7.1): one move-only type for each stage, and each stage only leads to the next.
//
//   PSK --> early_stage --(EC)DHE--> handshake_stage --> main_stage
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/secret.hpp>
#include <spantls/crypto/hash.hpp>
#include <spantls/crypto/hkdf.hpp>

namespace spantls {
inline namespace v1 {

namespace detail {
// Both are functions of the hash alone: Derive-Secret(HKDF-Extract(0, 0), "derived", "") and Hash("").
inline constexpr std::array<std::uint8_t, 32> derived_early_sha256{
    0x6f, 0x26, 0x15, 0xa1, 0x08, 0xc7, 0x02, 0xc5, 0x67, 0x8f, 0x54, 0xfc, 0x9d, 0xba, 0xb6, 0x97,
    0x16, 0xc0, 0x76, 0x18, 0x9c, 0x48, 0x25, 0x0c, 0xeb, 0xea, 0xc3, 0x57, 0x6c, 0x36, 0x11, 0xba};
inline constexpr std::array<std::uint8_t, 48> derived_early_sha384{
    0x15, 0x91, 0xda, 0xc5, 0xcb, 0xbf, 0x03, 0x30, 0xa4, 0xa8, 0x4d, 0xe9, 0xc7, 0x53, 0x33, 0x0e,
    0x92, 0xd0, 0x1f, 0x0a, 0x88, 0x21, 0x4b, 0x44, 0x64, 0x97, 0x2f, 0xd6, 0x68, 0x04, 0x9e, 0x93,
    0xe5, 0x2f, 0x2b, 0x16, 0xfa, 0xd9, 0x22, 0xfd, 0xc0, 0x58, 0x44, 0x78, 0x42, 0x8f, 0x28, 0x2b};
inline constexpr std::array<std::uint8_t, 32> empty_sha256{
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
inline constexpr std::array<std::uint8_t, 48> empty_sha384{
    0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e, 0xb1, 0xb1, 0xe3, 0x6a,
    0x21, 0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43, 0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda,
    0x27, 0x4e, 0xde, 0xbf, 0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b};

/// A secret kept as the HMAC key that it is going to be.
template <class P>
class stage {
public:
    stage() noexcept = default;
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;
    stage(stage&& other) noexcept : key_(other.key_) { other.key_.clear(); }
    stage& operator=(stage&& other) noexcept {
        if (this != &other) {
            key_ = other.key_;
            other.key_.clear();
        }
        return *this;
    }
    ~stage() { key_.clear(); }

protected:
    stage(hash_id hash, bytes_view secret) noexcept : key_(hash, secret) {}

    hash_id hash() const noexcept { return key_.hash(); }

    /// Derive-Secret(secret, label, messages) with the messages already hashed.
    void derive(std::string_view label, bytes_view transcript_hash, secret_bytes<secret_size<P>>& out) const noexcept {
        hkdf_expand_label(key_, label, transcript_hash, out.first(digest_size(hash())));
    }

    hmac_key<P> key_;
};
}  // namespace detail

/// Hash("") of the provider's hash, without hashing.
constexpr bytes_view empty_hash(hash_id hash) noexcept {
    return hash == hash_id::sha256 ? bytes_view(detail::empty_sha256) : bytes_view(detail::empty_sha384);
}

/// One traffic secret; its length is that of the suite's hash.
template <class P>
using traffic_secret = secret_bytes<secret_size<P>>;

/// After ServerHello's key exchange is known and before the handshake is authenticated: the last stage.
template <class P>
class main_stage : detail::stage<P> {
public:
    main_stage() noexcept = default;
    void client_traffic(bytes_view th, traffic_secret<P>& out) const noexcept { this->derive("c ap traffic", th, out); }
    void server_traffic(bytes_view th, traffic_secret<P>& out) const noexcept { this->derive("s ap traffic", th, out); }
    void exporter(bytes_view th, traffic_secret<P>& out) const noexcept { this->derive("exp master", th, out); }
    void resumption(bytes_view th, traffic_secret<P>& out) const noexcept { this->derive("res master", th, out); }

private:
    template <class>
    friend class handshake_stage;
    main_stage(hash_id hash, bytes_view secret) noexcept : detail::stage<P>(hash, secret) {}
};

template <class P>
class handshake_stage : detail::stage<P> {
public:
    handshake_stage() noexcept = default;
    void client_traffic(bytes_view th, traffic_secret<P>& out) const noexcept { this->derive("c hs traffic", th, out); }
    void server_traffic(bytes_view th, traffic_secret<P>& out) const noexcept { this->derive("s hs traffic", th, out); }

    /// Consumes this stage.
    main_stage<P> next() && noexcept {
        const std::size_t size = digest_size(this->hash());
        secret_bytes<secret_size<P>> salt;
        secret_bytes<secret_size<P>> secret;
        this->derive("derived", empty_hash(this->hash()), salt);
        const std::array<std::uint8_t, max_digest_size> zeros{};
        hkdf_extract<P>(this->hash(), salt.first(size), bytes_view(zeros).first(size), secret.bytes().data());
        main_stage<P> result(this->hash(), secret.first(size));
        this->key_.clear();
        return result;
    }

private:
    template <class>
    friend class early_stage;
    template <class Q>
    friend handshake_stage<Q> handshake_stage_without_psk(hash_id, bytes_view) noexcept;
    handshake_stage(hash_id hash, bytes_view secret) noexcept : detail::stage<P>(hash, secret) {}
};

/// Where a pre-shared key comes from; the key that proves it has another label for each.
enum class psk_kind : std::uint8_t { resumption, external, imported };

/// The label of the key that proves a PSK of this kind (section 7.1; RFC 9258, section 5.2).
constexpr std::string_view binder_label(psk_kind kind) noexcept {
    switch (kind) {
        case psk_kind::resumption: return "res binder";
        case psk_kind::external: return "ext binder";
        case psk_kind::imported: break;
    }
    return "imp binder";
}

/// HKDF-Extract(0, PSK): what is kept of a PSK until the key exchange is done.
template <class P>
void extract_early_secret(hash_id hash, bytes_view key, traffic_secret<P>& out) noexcept {
    const std::array<std::uint8_t, max_digest_size> zeros{};
    hkdf_extract<P>(hash, bytes_view(zeros).first(digest_size(hash)), key, out.bytes().data());
}

/// The first stage of a handshake with a PSK.
template <class P>
class early_stage : detail::stage<P> {
public:
    early_stage(hash_id hash, const traffic_secret<P>& early_secret) noexcept
        : detail::stage<P>(hash, early_secret.first(digest_size(hash))) {}

    void binder_key(psk_kind kind, traffic_secret<P>& out) const noexcept {
        this->derive(binder_label(kind), empty_hash(this->hash()), out);
    }
    void client_traffic(bytes_view th, traffic_secret<P>& out) const noexcept { this->derive("c e traffic", th, out); }
    void exporter(bytes_view th, traffic_secret<P>& out) const noexcept { this->derive("e exp master", th, out); }

    /// Mixes in the (EC)DHE shared secret, or zeros when there is none (psk_ke). Consumes this stage.
    handshake_stage<P> next(bytes_view shared_secret) && noexcept {
        const std::size_t size = digest_size(this->hash());
        secret_bytes<secret_size<P>> salt;
        secret_bytes<secret_size<P>> secret;
        this->derive("derived", empty_hash(this->hash()), salt);
        const std::array<std::uint8_t, max_digest_size> zeros{};
        hkdf_extract<P>(this->hash(), salt.first(size),
                        shared_secret.empty() ? bytes_view(zeros).first(size) : shared_secret, secret.bytes().data());
        handshake_stage<P> result(this->hash(), secret.first(size));
        this->key_.clear();  // and which hash it is of
        return result;
    }
};

/// The first stage of a handshake without a PSK: a constant of the hash, into which the shared secret is mixed.
template <class P>
handshake_stage<P> handshake_stage_without_psk(hash_id hash, bytes_view shared_secret) noexcept {
    const bytes_view salt = hash == hash_id::sha256 ? bytes_view(detail::derived_early_sha256)
                                                    : bytes_view(detail::derived_early_sha384);
    secret_bytes<secret_size<P>> secret;
    hkdf_extract<P>(hash, salt, shared_secret, secret.bytes().data());
    return handshake_stage<P>(hash, secret.first(digest_size(hash)));
}

/// verify_data of a Finished message (section 4.5.3) under the sender's handshake traffic secret; under a binder key, a
/// binder (section 4.3.11.2).
template <class P>
digest finished_mac(hash_id hash, bytes_view base_key, bytes_view transcript_hash) noexcept {
    const std::size_t size = digest_size(hash);
    secret_bytes<secret_size<P>> finished_key;
    hmac_key<P> base(hash, base_key);
    hkdf_expand_label(base, "finished", {}, finished_key.first(size));
    hmac_key<P> key(hash, finished_key.first(size));
    digest result;
    result.size = static_cast<std::uint8_t>(size);
    key.mac(transcript_hash, result.bytes.data());
    base.clear();
    key.clear();
    return result;
}

/// Replaces an application traffic secret by the next generation (section 7.2).
template <class P>
void update_traffic_secret(hash_id hash, traffic_secret<P>& secret) noexcept {
    const std::size_t size = digest_size(hash);
    hmac_key<P> key(hash, secret.first(size));
    hkdf_expand_label(key, "traffic upd", {}, secret.first(size));
    key.clear();
}

/// TLS-Exporter(label, context, out.size()) of section 7.5. `label` is at most 249 bytes, `out` at most 255 digests.
template <class P>
void export_keying_material(hash_id hash, bytes_view exporter_secret, std::string_view label, bytes_view context,
                            mutable_bytes out) noexcept {
    const std::size_t size = digest_size(hash);
    secret_bytes<secret_size<P>> derived;
    hmac_key<P> exporter(hash, exporter_secret);
    hkdf_expand_label(exporter, label, empty_hash(hash), derived.first(size));
    hmac_key<P> key(hash, derived.first(size));
    hkdf_expand_label(key, "exporter", hash_of<P>(hash, context).view(), out);
    exporter.clear();
    key.clear();
}

}  // namespace v1
}  // namespace spantls
