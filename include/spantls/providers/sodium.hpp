// The default provider: libsodium 1.0.18 or newer, and verification of ECDSA and RSA, which libsodium lacks, of our
// own.
//
//   spantls::sodium crypto;              // or sodium_chacha: smaller connections, one cipher suite
//   if (!crypto.ready()) ...             // libsodium could not start: nothing is available then
//
// One object can serve any number of connections, on any threads.
#pragma once

#include <array>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/providers/portable/hybrid.hpp>
#include <spantls/providers/portable/verify.hpp>
#include <spantls/providers/sodium/aes256_gcm.hpp>
#include <spantls/providers/sodium/chacha20_poly1305.hpp>
#include <spantls/providers/sodium/ed25519.hpp>
#include <spantls/providers/sodium/hash.hpp>
#include <spantls/providers/sodium/ml_kem_768.hpp>
#include <spantls/providers/sodium/start.hpp>
#include <spantls/providers/sodium/x25519.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// libsodium with the AEADs of a list, each of which brings one cipher suite, the hashes that those suites need, and
/// the groups of a list.
template <class Hashes, class Aeads, class Groups>
class basic_sodium;

template <class... Hash, class... Aead, class... Group>
class basic_sodium<type_list<Hash...>, type_list<Aead...>, type_list<Group...>> : public libsodium::started {
public:
    using hashes = type_list<Hash...>;
    using aeads = type_list<Aead...>;
    using groups = type_list<Group...>;
    using ed25519_key = libsodium::ed25519_key;

    static constexpr std::array suites = suites_of(aeads{});
    static constexpr std::array verify_schemes = portable::verify_schemes_and_ed25519;

    bool available(cipher_suite suite) const noexcept {
        return ready() && ((suite == Aead::suite && Aead::available()) || ...);
    }

    [[nodiscard]] bool verify(signature_scheme scheme, bytes_view public_key, bytes_view message,
                              bytes_view signature) const noexcept {
        if (scheme == signature_scheme::ed25519) return libsodium::ed25519_verify(public_key, message, signature);
        return portable::verify<libsodium::sha256, libsodium::sha384, libsodium::sha512>(scheme, public_key, message,
                                                                                         signature);
    }
};

namespace libsodium {
using x25519_mlkem768 = portable::x25519_mlkem768<ml_kem_768, x25519>;
}  // namespace libsodium

/// All that libsodium can do. AES first: where the CPU has it, libsodium's AES-256-GCM is the faster one at every size.
class sodium : public basic_sodium<type_list<libsodium::sha256, libsodium::sha384>,
                                   type_list<libsodium::aes256_gcm, libsodium::chacha20_poly1305>,
                                   type_list<libsodium::x25519_mlkem768, libsodium::x25519>> {};

/// For small devices, ChaCha20-Poly1305 and X25519 alone: AES-256-GCM's expanded keys take 512 bytes in each direction
/// of each connection, and X25519MLKEM768 two kilobytes more of a workspace, and 20 of stack.
class sodium_chacha : public basic_sodium<type_list<libsodium::sha256>, type_list<libsodium::chacha20_poly1305>,
                                          type_list<libsodium::x25519>> {};

}  // namespace v1
}  // namespace spantls
