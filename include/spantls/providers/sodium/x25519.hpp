// X25519 from libsodium (RFC 7748).
#pragma once

#include <sodium.h>

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/providers/sodium/field25519.hpp>

namespace spantls {
inline namespace v1 {
namespace libsodium {

struct x25519 : x25519_sizes {
    [[nodiscard]] static bool generate(fixed_bytes<32> random, fixed_mutable_bytes<32> private_key,
                                       fixed_mutable_bytes<32> share) noexcept {
        copy_bytes(random, private_key);
        return public_key(random, share);
    }

    [[nodiscard]] static bool respond(fixed_bytes<32> random, fixed_bytes<32> their_share,
                                      fixed_mutable_bytes<32> share, fixed_mutable_bytes<32> secret) noexcept {
        return public_key(random, share) && finish(random, their_share, secret);
    }

    /// False when the secret is all zero (RFC 9846, section 7.4.2).
    [[nodiscard]] static bool finish(fixed_bytes<32> private_key, fixed_bytes<32> their_share,
                                     fixed_mutable_bytes<32> secret) noexcept {
        return crypto_scalarmult_curve25519(secret.data(), private_key.data(), their_share.data()) == 0;
    }

    /// The share that belongs to a private key.
    [[nodiscard]] static bool public_key(fixed_bytes<32> private_key, fixed_mutable_bytes<32> share) noexcept {
#if defined(__x86_64__) && defined(__SIZEOF_INT128__) && !defined(SODIUM_LIBRARY_MINIMAL)
        // On x86-64, libsodium climbs the ladder for the base point too. Its table for Ed25519's base point, the same
        // point on the curve's other model, takes two thirds as long: u = (1 + y) / (1 - y) (RFC 7748, section 4.1).
        // y tells no more than the share does, and is never 1: no clamped key is a multiple of the base point's order.
        std::uint8_t scalar[32];
        copy_bytes(private_key, scalar);
        scalar[0] = static_cast<std::uint8_t>(scalar[0] & 248);
        scalar[31] = static_cast<std::uint8_t>((scalar[31] & 127) | 64);
        std::uint8_t edwards[32];
        const bool done = crypto_scalarmult_ed25519_base_noclamp(edwards, scalar) == 0;
        wipe(scalar);
        const field25519 y{fixed_bytes<32>(edwards)};
        const field25519 one(1);
        ((one + y) * (one - y).inverse()).store(share);
        return done;
#else
        return crypto_scalarmult_curve25519_base(share.data(), private_key.data()) == 0;
#endif
    }
};

}  // namespace libsodium
}  // namespace v1
}  // namespace spantls
