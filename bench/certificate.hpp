// Self-signed certificates as in tests and examples, with their keys, made by libcrypto.
#pragma once

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <spantls/wire/registry.hpp>

#include "check.hpp"

namespace bench {

struct libssl_free {
    void operator()(X509* it) const { X509_free(it); }
    void operator()(X509_EXTENSION* it) const { X509_EXTENSION_free(it); }
    void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
    void operator()(PKCS8_PRIV_KEY_INFO* it) const { PKCS8_PRIV_KEY_INFO_free(it); }
    void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
    void operator()(SSL* it) const { SSL_free(it); }
    void operator()(SSL_SESSION* it) const { SSL_SESSION_free(it); }
};
template <class T>
using owned = std::unique_ptr<T, libssl_free>;

struct certificate {
    /// Ed25519.
    explicit certificate(const std::array<std::uint8_t, 32>& seed)
        : certificate(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
                      spantls::signature_scheme::ed25519, "ed25519") {}
    static certificate p256() {
        return {EVP_EC_gen("P-256"), spantls::signature_scheme::ecdsa_secp256r1_sha256, "ecdsa_secp256r1_sha256"};
    }
    static certificate rsa2048() {
        return {EVP_RSA_gen(2048), spantls::signature_scheme::rsa_pss_rsae_sha256, "rsa_pss_rsae_sha256"};
    }
    /// A root, and what it has issued, with keys of one kind; `key` is a new one.
    static certificate root(EVP_PKEY* key, const certificate& like) {
        return {key, like.scheme, like.scheme_name, "root"};
    }
    static certificate leaf(EVP_PKEY* key, const certificate& issuer) {
        return {key, issuer.scheme, issuer.scheme_name, "localhost", &issuer};
    }

    owned<EVP_PKEY> key;
    spantls::signature_scheme scheme;
    const char* scheme_name;  ///< for libssl
    owned<X509> x509;
    std::vector<std::uint8_t> der;
    std::vector<std::uint8_t> private_key;  ///< PKCS #8

private:
    certificate(EVP_PKEY* made, spantls::signature_scheme with, const char* name, const char* subject = "localhost",
                const certificate* issuer = nullptr)
        : key(made), scheme(with), scheme_name(name), x509(X509_new()) {
        require(made != nullptr, "libcrypto makes no key");
        X509* const above = issuer != nullptr ? issuer->x509.get() : x509.get();
        const bool root = std::string_view(subject) == "root";
        X509_set_version(x509.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), issuer != nullptr ? 2 : 1);
        X509_gmtime_adj(X509_getm_notBefore(x509.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
        const auto* text = reinterpret_cast<const unsigned char*>(subject);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x509.get()), "CN", MBSTRING_ASC, text, -1, -1, 0);
        X509_set_issuer_name(x509.get(), X509_get_subject_name(above));
        X509_set_pubkey(x509.get(), made);
        X509V3_CTX names;
        X509V3_set_ctx(&names, above, x509.get(), nullptr, nullptr, 0);
        extend(names, NID_subject_key_identifier, "hash");
        if (issuer != nullptr) extend(names, NID_authority_key_identifier, "keyid");
        extend(names, NID_key_usage, root ? "critical,keyCertSign" : "critical,digitalSignature");
        if (root) extend(names, NID_basic_constraints, "critical,CA:TRUE");
        if (!root) extend(names, NID_subject_alt_name, "DNS:localhost");
        if (!root) extend(names, NID_ext_key_usage, "serverAuth");
        const EVP_MD* hash = with == spantls::signature_scheme::ed25519 ? nullptr : EVP_sha256();
        EVP_PKEY* const signer = issuer != nullptr ? issuer->key.get() : made;
        require(X509_sign(x509.get(), signer, hash) > 0, "libcrypto makes no certificate");
        der = written(i2d_X509, x509.get());
        const owned<PKCS8_PRIV_KEY_INFO> packed(EVP_PKEY2PKCS8(made));
        private_key = written(i2d_PKCS8_PRIV_KEY_INFO, packed.get());
    }

    void extend(X509V3_CTX& names, int what, const char* value) {
        const owned<X509_EXTENSION> made(X509V3_EXT_conf_nid(nullptr, &names, what, value));
        require(made && X509_add_ext(x509.get(), made.get(), -1) == 1, "libcrypto makes no extension");
    }
    template <class Write, class T>
    static std::vector<std::uint8_t> written(Write write, const T* what) {
        unsigned char* made = nullptr;
        const int size = write(what, &made);
        require(size > 0, "libcrypto writes nothing");
        std::vector<std::uint8_t> bytes(made, made + size);
        OPENSSL_free(made);
        return bytes;
    }
};

}  // namespace bench
