// EVP_PKEY out of plain bytes, and what they verify. BoringSSL and AWS-LC make them, if at all, in ways of their own.
#pragma once

#include <openssl/evp.h>
#if !defined(OPENSSL_IS_BORINGSSL) && !defined(OPENSSL_IS_AWSLC)
#include <openssl/core_names.h>
#include <openssl/params.h>
#endif

#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/openssl/owned.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

using key_object = owned<EVP_PKEY, EVP_PKEY_free>;
using key_context = owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

#if !defined(OPENSSL_IS_BORINGSSL) && !defined(OPENSSL_IS_AWSLC)

/// A parameter that libcrypto only reads. `name` is one of OSSL_PKEY_PARAM_... or OSSL_KEM_PARAM_...
inline OSSL_PARAM octets(const char* name, bytes_view value) noexcept {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(value.data()), value.size());
}

/// A key of a type that libcrypto knows by name; `selection`, EVP_PKEY_KEYPAIR or EVP_PKEY_PUBLIC_KEY, says what the
/// parameters have of it. Null when libcrypto does not take them.
inline key_object key_from(const char* type, OSSL_PARAM* parameters, int selection = EVP_PKEY_KEYPAIR) noexcept {
    const key_context maker(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!maker || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
        EVP_PKEY_fromdata(maker.get(), &made, selection, parameters) != 1)
        return key_object();
    return key_object(made);
}

/// For the kinds of keys that sign a message and not its digest. False without a key.
[[nodiscard]] inline bool verify_message(const key_object& key, bytes_view message, bytes_view signature) noexcept {
    const owned<EVP_MD_CTX, EVP_MD_CTX_free> with(key ? EVP_MD_CTX_new() : nullptr);
    return with && EVP_DigestVerifyInit(with.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(with.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

#endif

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
