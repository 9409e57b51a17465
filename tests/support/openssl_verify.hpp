// Signatures of certificates, verified by libcrypto.
#pragma once

#include <memory>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <spantls/x509/signature.hpp>

namespace test {

/// For find_path and the like; counts what it is asked for.
class openssl_verifier {
public:
    bool verify(const spantls::x509::certificate_signature& how, spantls::bytes_view public_key,
                spantls::bytes_view message, spantls::bytes_view signature) const {
        using namespace spantls::x509;
        ++signatures_;
        const pkey key(load(how.key, public_key));
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        const EVP_MD* const hash = how.hash == signature_hash::sha256   ? EVP_sha256()
                                   : how.hash == signature_hash::sha384 ? EVP_sha384()
                                   : how.hash == signature_hash::sha512 ? EVP_sha512()
                                                                        : nullptr;
        EVP_PKEY_CTX* parameters = nullptr;
        if (!key || EVP_DigestVerifyInit(context.get(), &parameters, hash, nullptr, key.get()) != 1) return false;
        if (how.padding == signature_padding::pss) {
            EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
        }
        return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
    }

    std::size_t signatures() const { return signatures_; }

private:
    struct free_key {
        void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
    };
    using pkey = std::unique_ptr<EVP_PKEY, free_key>;

    static EVP_PKEY* load(spantls::x509::key_type type, spantls::bytes_view key) {
        using spantls::x509::key_type;
        if (type == key_type::ed25519)
            return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size());
        if (type == key_type::rsa || type == key_type::rsa_pss) {
            const unsigned char* at = key.data();
            return d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(key.size()));
        }
        const char* group = type == key_type::p256 ? "P-256" : "P-384";
        OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(group), 0),
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<unsigned char*>(key.data()),
                                              key.size()),
            OSSL_PARAM_construct_end()};
        const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
            EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
        EVP_PKEY* it = nullptr;
        if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
            EVP_PKEY_fromdata(context.get(), &it, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
            return nullptr;
        return it;
    }

    mutable std::size_t signatures_ = 0;
};

}  // namespace test
