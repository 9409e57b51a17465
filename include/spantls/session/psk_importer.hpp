// Keys from outside of TLS, made into pre-shared keys that are each good for one hash (RFC 9258).
//
//   const external_psk base{.identity = as_bytes("sensor 7"), .key = shared_key, .context = roles};
//   std::array<std::uint8_t, 300> identity;
//   std::array<std::uint8_t, max_digest_size> key;                          // a secret: wipe it afterwards
//   client:  if (const auto one = import_psk<P>(base, hash_id::sha256, identity, key)) offers.push_back(*one);
//   server:  if (match_imported<P>(index, offered_identity, hash, base, key, choice)) tls.answer(choice);
//
// What RFC 9257 advises, and what of it is left to whoever hands out the keys:
// - At least 128 bits, out of a generator and not a password (section 6); here: no key of less than 16 bytes. Along
//   with a key exchange (section 6): psk_ke is off unless it is asked for.
// - One client and one server know a key (section 6). Where more do, put the roles of both ends into `context`: then a
//   ClientHello that is reflected to its sender, or sent on to another, finds no key (RFC 9258, appendix A).
// - A base key has one hash, and is used for importing only: not as a TLS PSK, not for TLS 1.2 (RFC 9258, sections 4
//   and 7). The imported keys are different for each hash; the base key can be deleted once they are made (section 6).
// - Identity and context are sent in the clear, the same ones each time: they should name nobody (section 7).
// - Identities are bytes and are compared as such (section 6.1.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/base/secret.hpp>
#include <spantls/crypto/hash.hpp>
#include <spantls/crypto/hkdf.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// What is imported: an external PSK of RFC 9258, section 3. Views.
struct external_psk {
    bytes_view identity;             ///< 1 to 65535 bytes
    bytes_view key;                  ///< at least 16 bytes. A secret
    hash_id hash = hash_id::sha256;  ///< the one hash that belongs to `key`, whatever it is imported for
    bytes_view context{};            ///< 0 to 65535 bytes: how the key came about, who may use it
};

/// RFC 9258, section 10.
enum class tls_kdf : std::uint16_t { hkdf_sha256 = 0x0001, hkdf_sha384 = 0x0002 };

constexpr tls_kdf kdf_of(hash_id hash) noexcept {
    return hash == hash_id::sha256 ? tls_kdf::hkdf_sha256 : tls_kdf::hkdf_sha384;
}

//  struct {
//     opaque external_identity<1...2^16-1>;
//     opaque context<0..2^16-1>;
//     uint16 target_protocol;
//     uint16 target_kdf;
//  } ImportedIdentity;
struct imported_identity {
    bytes_view external_identity;
    bytes_view context;
    protocol_version target_protocol;
    tls_kdf target_kdf;
    using layout =
        fields<opaque_field<&imported_identity::external_identity, 2, 1, 0xffff>,
               opaque_field<&imported_identity::context, 2, 0, 0xffff>,
               number_field<&imported_identity::target_protocol>, number_field<&imported_identity::target_kdf>>;
};

/// What fits into the extension as its only identity, with a binder of 48 bytes (RFC 9846, section 4.3.11).
inline constexpr std::size_t max_imported_identity = 0xffff - (2 + 2 + 4) - (2 + 1 + max_digest_size);

/// How long the ImportedIdentity is; 0 when `base` is out of range, or this would be more than fits (RFC 9258,
/// section 5.1).
constexpr std::size_t imported_identity_size(const external_psk& base) noexcept {
    const std::size_t size = 2 + base.identity.size() + 2 + base.context.size() + 2 + 2;
    const bool sound = !base.identity.empty() && base.identity.size() <= 0xffff && base.context.size() <= 0xffff &&
                       base.key.size() >= 16;
    return sound && size <= max_imported_identity ? size : 0;
}

namespace detail {
template <class P>
constexpr bool provides(hash_id hash) noexcept {
    return list_facts<typename P::hashes>::template select<bool>([=]<class H>() { return H::id == hash; },
                                                                 []<class H>() { return true; }, false);
}

/// ipskx of RFC 9258, section 5.1: digest_size(target) bytes into `out`. `identity`: the ImportedIdentity.
template <class P>
void derive_imported(const external_psk& base, bytes_view identity, hash_id target, mutable_bytes out) noexcept {
    const std::size_t size = digest_size(base.hash);
    const std::array<std::uint8_t, max_digest_size> zeros{};
    secret_bytes<max_digest_size> extracted;
    hkdf_extract<P>(base.hash, bytes_view(zeros).first(size), base.key, extracted.bytes().data());
    hmac_key<P> key(base.hash, extracted.first(size));
    hkdf_expand_label(key, "derived psk", hash_of<P>(base.hash, identity).view(), out.first(digest_size(target)));
    key.clear();
}
}  // namespace detail

/// Imports `base` for the suites of TLS 1.3 (and QUIC) whose hash is `target`. Writes ImportedIdentity and key to the
/// fronts of `identity` (imported_identity_size(base) bytes) and `key` (digest_size(target) bytes); the result shows
/// these two, which must not overlap what `base` shows. Nothing, and nothing written, when there is no room, `base` is
/// out of range, or the provider lacks one of the hashes. Early data is not allowed; whoever has provisioned its terms
/// along with the key sets `early`.
template <class P>
[[nodiscard]] std::optional<psk> import_psk(const external_psk& base, hash_id target, mutable_bytes identity,
                                            mutable_bytes key) noexcept {
    const std::size_t size = imported_identity_size(base);
    if (size == 0 || size > identity.size() || digest_size(target) > key.size()) return std::nullopt;
    if (!detail::provides<P>(base.hash) || !detail::provides<P>(target)) return std::nullopt;
    writer out(identity);
    encode(out, imported_identity{base.identity, base.context, protocol_version::tls_1_3, kdf_of(target)});
    detail::derive_imported<P>(base, out.written(), target, key);
    psk result;
    result.identity = out.written();
    result.key = key.first(digest_size(target));
    result.hash = target;
    result.kind = psk_kind::imported;
    return result;
}

/// Answers `find_psk` for one of the offered identities: whether it is `base` in its context, imported for TLS 1.3 and
/// for `hash`, that of the suite. Then the key is written to the front of `key` (digest_size(hash) bytes; a secret) and
/// `choice` is set. What the client's early data would have to agree with is for the caller to set.
template <class P>
[[nodiscard]] bool match_imported(std::size_t index, bytes_view offered, hash_id hash, const external_psk& base,
                                  mutable_bytes key, psk_choice& choice) noexcept {
    imported_identity found{};
    if (!decode(offered, found) || found.target_protocol != protocol_version::tls_1_3 ||
        found.target_kdf != kdf_of(hash) || !equal_bytes(found.external_identity, base.identity) ||
        !equal_bytes(found.context, base.context))
        return false;
    if (imported_identity_size(base) == 0 || digest_size(hash) > key.size()) return false;
    if (!detail::provides<P>(base.hash) || !detail::provides<P>(hash)) return false;
    detail::derive_imported<P>(base, offered, hash, key);
    choice = psk_choice{};
    choice.index = index;
    choice.key = key.first(digest_size(hash));
    choice.hash = hash;
    choice.kind = psk_kind::imported;
    return true;
}

}  // namespace v1
}  // namespace spantls
