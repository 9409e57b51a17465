// Signatures verified with libcrypto's numbers. Keys and encodings are read by ours: libcrypto's own readers take
// longer than the verification. P-384 is ours altogether, which libcrypto 3.0 needs twice as long for. All of it is
// public.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/openssl/curves.hpp>
#include <spantls/providers/openssl/ed25519.hpp>
#include <spantls/providers/openssl/error_queue.hpp>
#include <spantls/providers/openssl/hash.hpp>
#include <spantls/providers/openssl/ml_dsa.hpp>
#include <spantls/providers/portable/verify.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

/// ECDSA (FIPS 186-5, section 6.4.2). `public_key` is an uncompressed point, `digest` a digest of any length,
/// `signature` an Ecdsa-Sig-Value in DER.
template <class Curve>
[[nodiscard]] bool ecdsa_verify(bytes_view public_key, bytes_view digest, bytes_view signature) noexcept {
    const portable::integer_pair read(signature);  // both are positive
    const number_context with(BN_CTX_new());
    if (!read.good || !with) return false;
    const curve_point key = Curve::point(public_key, with.get());
    if (!key) return false;
    const BIGNUM* const order = EC_GROUP_get0_order(Curve::group());
    const number r = number_from(read.first), s = number_from(read.second);
    // The leftmost bits of the digest, which as a number may be the order or a little more.
    const number e = number_from(digest.first(digest.size() < Curve::size ? digest.size() : Curve::size));
    const number inverse(BN_new()), u(BN_new()), v(BN_new()), x(BN_new());
    const curve_point sum(EC_POINT_new(Curve::group()));
    if (!r || !s || !e || !inverse || !u || !v || !x || !sum) return false;
    return BN_cmp(r.get(), order) < 0 && BN_cmp(s.get(), order) < 0 &&
           BN_mod_inverse(inverse.get(), s.get(), order, with.get()) != nullptr &&
           BN_mod_mul(u.get(), e.get(), inverse.get(), order, with.get()) == 1 &&
           BN_mod_mul(v.get(), r.get(), inverse.get(), order, with.get()) == 1 &&
           EC_POINT_mul(Curve::group(), sum.get(), u.get(), key.get(), v.get(), with.get()) == 1 &&
           EC_POINT_is_at_infinity(Curve::group(), sum.get()) == 0 &&
           EC_POINT_get_affine_coordinates(Curve::group(), sum.get(), x.get(), nullptr, with.get()) == 1 &&
           BN_nnmod(x.get(), x.get(), order, with.get()) == 1 && BN_cmp(x.get(), r.get()) == 0;
}

/// What portable::verify computes with.
struct arithmetic {
    struct rsa {
        /// RSAVP1 (RFC 8017, section 5.2.2): signature^exponent into `out`, which is as long as the modulus. False when
        /// the signature is not below the modulus.
        static bool power(bytes_view signature, const portable::rsa_public_key& key, mutable_bytes out) noexcept {
            std::uint8_t exponent_bytes[8];
            store_u64(exponent_bytes, key.exponent());
            const number base = number_from(signature), modulus = number_from(key.modulus()),
                         exponent = number_from(exponent_bytes), result(BN_new());
            const number_context with(BN_CTX_new());
            return base && modulus && exponent && result && with && BN_cmp(base.get(), modulus.get()) < 0 &&
                   BN_mod_exp_mont(result.get(), base.get(), exponent.get(), modulus.get(), with.get(), nullptr) == 1 &&
                   BN_bn2binpad(result.get(), out.data(), static_cast<int>(out.size())) >= 0;
        }
    };
    template <class Curve>
    [[nodiscard]] static bool ecdsa_verify(bytes_view public_key, bytes_view digest, bytes_view signature) noexcept {
        if constexpr (std::is_same_v<Curve, portable::p256>)
            return libcrypto::ecdsa_verify<p256_curve>(public_key, digest, signature);
        else
            return portable::ecdsa_verify<Curve>(public_key, digest, signature);
    }
};

/// What `verify` can do, for a provider's verify_schemes. ML-DSA comes last, though nothing is stronger: a peer that
/// goes by this order and has keys of several kinds shall not send kilobytes where it need not.
inline constexpr std::array verify_schemes =
    []<std::size_t... I, std::size_t... J>(std::index_sequence<I...>, std::index_sequence<J...>) {
    return std::array{portable::verify_schemes_and_ed25519[I]..., ml_dsa_schemes[J]...};
}
(std::make_index_sequence<portable::verify_schemes_and_ed25519.size()>{},
 std::make_index_sequence<ml_dsa_schemes.size()>{});

/// As a provider's `verify`.
[[nodiscard]] inline bool verify(signature_scheme scheme, bytes_view public_key, bytes_view message,
                                 bytes_view signature) noexcept {
    const own_errors ours;
    if (scheme == signature_scheme::ed25519) return ed25519_verify(public_key, message, signature);
    for (const ml_dsa_set& set : ml_dsa_sets)
        if (set.scheme == scheme) return ml_dsa_verify(set, public_key, message, signature);
    return portable::verify<sha256, sha384, sha512, arithmetic>(scheme, public_key, message, signature);
}

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
