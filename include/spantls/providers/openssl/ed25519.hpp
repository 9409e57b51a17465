// Ed25519 from libcrypto (RFC 8032): checking signatures. What signs is in signing_key.hpp.
#pragma once

#include <openssl/evp.h>
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
#include <openssl/curve25519.h>
#endif

#include <spantls/base/bytes.hpp>
#include <spantls/providers/openssl/key_object.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

/// `public_key` is the key's 32 bytes as they stand in a certificate.
[[nodiscard]] inline bool ed25519_verify(bytes_view public_key, bytes_view message, bytes_view signature) noexcept {
    if (public_key.size() != 32 || signature.size() != 64) return false;
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
    return ED25519_verify(message.data(), message.size(), signature.data(), public_key.data()) == 1;
#else
    return verify_message(
        key_object(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size())),
        message, signature);
#endif
}

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
