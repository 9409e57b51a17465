// Of two libraries the faster half: AEADs, hashes, P-256, P-384 and RSA from libcrypto; X25519, Ed25519 and randomness
// from libsodium, which OpenSSL takes one and a half times to three times as long for. (With BoringSSL or AWS-LC,
// spantls::openssl alone is faster.)
//
//   spantls::mixed crypto;
//   if (!crypto.ready()) ...             // libsodium could not start: nothing is available then
//
// One object can serve any number of connections, on any threads.
#pragma once

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/providers/openssl.hpp>
#include <spantls/providers/portable/hybrid.hpp>
#include <spantls/providers/sodium/ed25519.hpp>
#include <spantls/providers/sodium/ml_kem_768.hpp>
#include <spantls/providers/sodium/start.hpp>
#include <spantls/providers/sodium/x25519.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// As basic_openssl, with what is libsodium's besides groups and hashes.
template <class Hashes, class Aeads, class Groups>
class basic_mixed : public basic_openssl<Hashes, Aeads, Groups>, public libsodium::started {
    using libcrypto_part = basic_openssl<Hashes, Aeads, Groups>;

public:
    using ed25519_key = libsodium::ed25519_key;

    using libsodium::started::random;

    bool available(cipher_suite suite) const noexcept { return ready() && libcrypto_part::available(suite); }

    [[nodiscard]] bool verify(signature_scheme scheme, bytes_view public_key, bytes_view message,
                              bytes_view signature) const noexcept {
        if (scheme == signature_scheme::ed25519) return libsodium::ed25519_verify(public_key, message, signature);
        return libcrypto_part::verify(scheme, public_key, message, signature);
    }
};

namespace detail {
using mixed_x25519_mlkem768 = portable::x25519_mlkem768<libsodium::ml_kem_768, libsodium::x25519>;
using mixed_secp256r1_mlkem768 = portable::secp256r1_mlkem768<libsodium::ml_kem_768, libcrypto::secp256r1>;
}  // namespace detail

/// All that both can do together.
class mixed : public basic_mixed<type_list<libcrypto::sha256, libcrypto::sha384>,
                                 type_list<libcrypto::aes128_gcm, libcrypto::aes256_gcm, libcrypto::chacha20_poly1305>,
                                 type_list<detail::mixed_x25519_mlkem768, detail::mixed_secp256r1_mlkem768,
                                           libsodium::x25519, libcrypto::secp256r1, libcrypto::secp384r1>> {};

}  // namespace v1
}  // namespace spantls
