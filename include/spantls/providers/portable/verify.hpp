// Which signature schemes the verification here is for, and their names' meaning.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/portable/ecdsa.hpp>
#include <spantls/providers/portable/rsa.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {

/// What `verify` can do and a peer may use (RFC 9846, section 4.3.3): in CertificateVerify the first eight, those of
/// PKCS #1 v1.5 in certificates only.
inline constexpr std::array verify_schemes{
    signature_scheme::ecdsa_secp256r1_sha256, signature_scheme::ecdsa_secp384r1_sha384,
    signature_scheme::rsa_pss_rsae_sha256,    signature_scheme::rsa_pss_rsae_sha384,
    signature_scheme::rsa_pss_rsae_sha512,    signature_scheme::rsa_pss_pss_sha256,
    signature_scheme::rsa_pss_pss_sha384,     signature_scheme::rsa_pss_pss_sha512,
    signature_scheme::rsa_pkcs1_sha256,       signature_scheme::rsa_pkcs1_sha384,
    signature_scheme::rsa_pkcs1_sha512};

/// The same behind Ed25519, which every library has of its own: for a provider's verify_schemes.
inline constexpr std::array verify_schemes_and_ed25519 = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{signature_scheme::ed25519, verify_schemes[I]...};
}
(std::make_index_sequence<verify_schemes.size()>{});

/// The arithmetic of `verify`: another one may have its own power (see rsa_pkcs1_verify) and its own curves.
struct own_arithmetic {
    using rsa = native_limb;
    template <class Curve>
    [[nodiscard]] static bool ecdsa_verify(bytes_view public_key, bytes_view digest, bytes_view signature) noexcept {
        return portable::ecdsa_verify<Curve>(public_key, digest, signature);
    }
};

/// Verifies with a key as a provider's `verify` gets it. False for every scheme that is neither in verify_schemes nor
/// one of ECDSA's for certificates only.
template <class Sha256, class Sha384, class Sha512, class Arithmetic = own_arithmetic>
[[nodiscard]] bool verify(signature_scheme scheme, bytes_view public_key, bytes_view message,
                          bytes_view signature) noexcept {
    const auto ecdsa = [&]<class Curve, class Hash>() {
        std::uint8_t digest[Hash::size];
        detail::hash_parts<Hash>(digest, message);
        return Arithmetic::template ecdsa_verify<Curve>(public_key, digest, signature);
    };
    using rsa = typename Arithmetic::rsa;
    using enum signature_scheme;
    switch (scheme) {
        case ecdsa_secp256r1_sha256: return ecdsa.template operator()<p256, Sha256>();
        case ecdsa_secp256r1_sha384: return ecdsa.template operator()<p256, Sha384>();
        case ecdsa_secp256r1_sha512: return ecdsa.template operator()<p256, Sha512>();
        case ecdsa_secp384r1_sha256: return ecdsa.template operator()<p384, Sha256>();
        case ecdsa_secp384r1_sha384: return ecdsa.template operator()<p384, Sha384>();
        case ecdsa_secp384r1_sha512: return ecdsa.template operator()<p384, Sha512>();
        case rsa_pss_rsae_sha256:
        case rsa_pss_pss_sha256: return rsa_pss_verify<Sha256, rsa>(public_key, message, signature);
        case rsa_pss_rsae_sha384:
        case rsa_pss_pss_sha384: return rsa_pss_verify<Sha384, rsa>(public_key, message, signature);
        case rsa_pss_rsae_sha512:
        case rsa_pss_pss_sha512: return rsa_pss_verify<Sha512, rsa>(public_key, message, signature);
        case rsa_pkcs1_sha256: return rsa_pkcs1_verify<Sha256, rsa>(public_key, message, signature);
        case rsa_pkcs1_sha384: return rsa_pkcs1_verify<Sha384, rsa>(public_key, message, signature);
        case rsa_pkcs1_sha512: return rsa_pkcs1_verify<Sha512, rsa>(public_key, message, signature);
        default: return false;
    }
}

}  // namespace portable
}  // namespace v1
}  // namespace spantls
