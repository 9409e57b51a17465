// libcrypto as a provider: OpenSSL 3.0 or newer, or BoringSSL or AWS-LC. All that RFC 9846, section 9.1, makes
// mandatory, and more; keys of every kind that sign.
//
//   spantls::openssl crypto;
//   spantls::openssl::signing_key key(parsed);      // what x509::read_private_key has read
//
// One object can serve any number of connections, on any threads. libcrypto allocates: an object for each key of a
// direction, and some for each step of a handshake, but nothing for a record.
#pragma once

#include <openssl/rand.h>

#include <array>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/providers/openssl/aead.hpp>
#include <spantls/providers/openssl/curves.hpp>
#include <spantls/providers/openssl/hash.hpp>
#include <spantls/providers/openssl/ml_kem_768.hpp>
#include <spantls/providers/openssl/signing_key.hpp>
#include <spantls/providers/openssl/verify.hpp>
#include <spantls/providers/openssl/x25519.hpp>
#include <spantls/providers/portable/hybrid.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// libcrypto with the AEADs of a list, each of which brings one cipher suite, the hashes that those suites need, and
/// the groups of a list.
template <class Hashes, class Aeads, class Groups>
class basic_openssl;

template <class... Hash, class... Aead, class... Group>
class basic_openssl<type_list<Hash...>, type_list<Aead...>, type_list<Group...>> {
public:
    using hashes = type_list<Hash...>;
    using aeads = type_list<Aead...>;
    using groups = type_list<Group...>;
    using signing_key = libcrypto::signing_key;

    static constexpr std::array suites = suites_of(aeads{});
    static constexpr std::array verify_schemes = libcrypto::verify_schemes;

    bool available(cipher_suite suite) const noexcept {
        const libcrypto::own_errors ours;
        return ((suite == Aead::suite && Aead::available()) || ...);
    }

    /// At most 2^31-1 bytes at once.
    [[nodiscard]] bool random(mutable_bytes out) noexcept {
        const libcrypto::own_errors ours;
        return out.size() <= 0x7fffffff && RAND_bytes(out.data(), static_cast<libcrypto::length>(out.size())) == 1;
    }

    [[nodiscard]] bool verify(signature_scheme scheme, bytes_view public_key, bytes_view message,
                              bytes_view signature) const noexcept {
        return libcrypto::verify(scheme, public_key, message, signature);
    }
};

namespace libcrypto {
using x25519_mlkem768 = portable::x25519_mlkem768<ml_kem_768, x25519>;
using secp256r1_mlkem768 = portable::secp256r1_mlkem768<ml_kem_768, secp256r1>;
}  // namespace libcrypto

/// All that libcrypto can do; before OpenSSL 3.5 with our own ML-KEM.
class openssl
    : public basic_openssl<type_list<libcrypto::sha256, libcrypto::sha384>,
                           type_list<libcrypto::aes128_gcm, libcrypto::aes256_gcm, libcrypto::chacha20_poly1305>,
                           type_list<libcrypto::x25519_mlkem768, libcrypto::secp256r1_mlkem768, libcrypto::x25519,
                                     libcrypto::secp256r1, libcrypto::secp384r1>> {};

}  // namespace v1
}  // namespace spantls
