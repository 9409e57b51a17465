// Judges for those who know beforehand which certificate or key they will meet. Name, time and issuer do not matter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/hash.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/peer.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Accepts exactly this certificate, or exactly these: `tls.answer(pinned.judge(step.peer()))`.
class pinned_certificate {
public:
    constexpr explicit pinned_certificate(bytes_view der) noexcept : one_(der) {}
    constexpr explicit pinned_certificate(std::span<const bytes_view> several) noexcept : several_(several) {}

    constexpr verdict judge(const peer& who) const noexcept {
        const bytes_view shown = who.chain.front().der;
        if (shown.empty()) return verdict::refuse(errc::certificate_required);
        if (who.type != certificate_type::x509) return verdict::refuse(errc::unsupported_certificate);
        if (equal_bytes(shown, one_)) return verdict::accept();
        for (const bytes_view pin : several_)
            if (equal_bytes(shown, pin)) return verdict::accept();
        return verdict::refuse();
    }

private:
    bytes_view one_;
    std::span<const bytes_view> several_;
};

/// SHA-256 of a SubjectPublicKeyInfo in DER: survives a new certificate for the same key.
using spki_hash = std::array<std::uint8_t, 32>;

template <class P>
spki_hash hash_spki(const certificate& it) noexcept;

/// Accepts whoever has this key, or one of these, in a certificate or raw: `tls.answer(pinned.judge(crypto,
/// step.peer()))`.
class pinned_spki {
public:
    constexpr explicit pinned_spki(const spki_hash& sha256) noexcept : one_(sha256), has_one_(true) {}
    constexpr explicit pinned_spki(std::span<const spki_hash> several) noexcept : several_(several) {}

    template <class P>
    verdict judge(const P&, const peer& who) const noexcept {
        certificate leaf;
        const bool raw = who.type == certificate_type::raw_public_key && !who.chain.empty();
        const errc error = raw ? parse_raw_public_key(who.chain.front().der, leaf) : detail::parse_leaf(who, leaf);
        if (error != errc::none) return verdict::refuse(error);
        const spki_hash shown = hash_spki<P>(leaf);
        if (has_one_ && equal_bytes(shown, one_)) return verdict::accept();
        for (const spki_hash& pin : several_)
            if (equal_bytes(shown, pin)) return verdict::accept();
        return verdict::refuse();
    }

private:
    spki_hash one_{};
    bool has_one_ = false;
    std::span<const spki_hash> several_;
};

template <class P>
spki_hash hash_spki(const certificate& it) noexcept {
    static_assert(spantls::detail::has_hash<P>(hash_id::sha256), "pins need a provider with SHA-256");
    hasher<P> hash(hash_id::sha256);
    hash.update(it.spki);
    const digest all = hash.finish();
    spki_hash result{};
    copy_bytes(all.view().first(result.size()), result);
    return result;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
