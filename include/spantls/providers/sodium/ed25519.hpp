// Ed25519 from libsodium (RFC 8032): checking signatures, and a private key that makes them.
#pragma once

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/secret.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libsodium {

/// `public_key` is the key's 32 bytes as they stand in a certificate.
[[nodiscard]] inline bool ed25519_verify(bytes_view public_key, bytes_view message, bytes_view signature) noexcept {
    return public_key.size() == crypto_sign_ed25519_PUBLICKEYBYTES && signature.size() == crypto_sign_ed25519_BYTES &&
        crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(), public_key.data()) == 0;
}

/// An answer to the `sign` question. Move-only, and wiped when moved from and when destroyed.
class ed25519_key {
public:
    static constexpr signature_scheme scheme = signature_scheme::ed25519;
    static constexpr std::size_t seed_size = crypto_sign_ed25519_SEEDBYTES;
    static constexpr std::size_t public_size = crypto_sign_ed25519_PUBLICKEYBYTES;
    static constexpr std::size_t signature_size = crypto_sign_ed25519_BYTES;

    /// `seed` is what RFC 8032 calls the private key, and what a PKCS #8 file holds (RFC 8410).
    explicit ed25519_key(fixed_bytes<seed_size> seed) noexcept {
        std::uint8_t unused[public_size];
        crypto_sign_ed25519_seed_keypair(unused, key_.bytes().data(), seed.data());
    }

    /// libsodium keeps the public key behind the seed.
    fixed_bytes<public_size> public_key() const noexcept { return key_.bytes().last<public_size>(); }

    void sign(bytes_view message, fixed_mutable_bytes<signature_size> out) const noexcept {
        crypto_sign_ed25519_detached(out.data(), nullptr, message.data(), message.size(), key_.bytes().data());
    }
    /// The same by value: `tls.answer(spantls::signature{key.sign(step.signing().content)})`.
    std::array<std::uint8_t, signature_size> sign(bytes_view message) const noexcept {
        std::array<std::uint8_t, signature_size> made;
        sign(message, made);
        return made;
    }

private:
    secret_bytes<crypto_sign_ed25519_SECRETKEYBYTES> key_;
};

}  // namespace libsodium
}  // namespace v1
}  // namespace spantls
