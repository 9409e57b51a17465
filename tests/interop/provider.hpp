// Which provider the peer is built with, and its keys that sign: libsodium's, or libcrypto's in peer_openssl.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

#if defined(SPANTLS_TEST_OPENSSL)
#include <spantls/providers/openssl.hpp>
#else
#include <spantls/providers/sodium.hpp>
#endif
#include <spantls/x509/private_key.hpp>

#include "options.hpp"

namespace interop {

#if defined(SPANTLS_TEST_OPENSSL)
using crypto_provider = openssl;
using private_key = openssl::signing_key;
#else
using crypto_provider = sodium;

/// As openssl::signing_key, for Ed25519 alone.
class private_key {
public:
    explicit private_key(const x509::private_key& read) : key_(seed_of(read)) {}
    std::span<const signature_scheme> schemes() const { return schemes_; }
    std::array<std::uint8_t, 64> sign(signature_scheme, bytes_view content) const { return key_.sign(content); }

private:
    static fixed_bytes<32> seed_of(const x509::private_key& read) {
        if (read.type != x509::key_type::ed25519) throw std::runtime_error("libsodium signs with Ed25519 only");
        return read.secret.first<32>();
    }
    static constexpr std::array schemes_{signature_scheme::ed25519};
    sodium::ed25519_key key_;
};
#endif

inline private_key load_key(const std::string& path) {
    const bytes pem = read_file(path);
    bytes room(pem.size());
    x509::private_key read;
    if (x509::read_private_key(as_text(pem), room, read) != errc::none) throw std::runtime_error("no key in " + path);
    return private_key(read);
}

inline cipher_suite suite_of(const std::string& word) {
    static const std::map<std::string, cipher_suite> known{{"aes", cipher_suite::tls_aes_256_gcm_sha384},
                                                           {"aes128", cipher_suite::tls_aes_128_gcm_sha256},
                                                           {"chacha", cipher_suite::tls_chacha20_poly1305_sha256}};
    return known.at(word);
}

inline named_group group_of(const std::string& word) {
    using enum named_group;
    for (const named_group group : {x25519, secp256r1, secp384r1, x25519_mlkem768, secp256r1_mlkem768})
        if (name_of(group) == word) return group;
    throw std::runtime_error("no such group: " + word);
}

}  // namespace interop
