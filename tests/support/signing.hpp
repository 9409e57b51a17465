// Keys of libcrypto that sign, and its opinion of signatures. Test code: slow, and it may throw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <spantls/base/bytes.hpp>

#include "support/oracle.hpp"

namespace test {

/// Positive integers as DER has them: the shortest form, with a zero before a high bit.
inline std::vector<std::uint8_t> der_length(std::uint8_t tag, const std::vector<std::uint8_t>& body) {
    std::vector<std::uint8_t> out{tag};
    const std::size_t size = body.size();
    if (size >= 0x80) out.push_back(size < 0x100 ? 0x81 : 0x82);
    if (size >= 0x100) out.push_back(static_cast<std::uint8_t>(size >> 8));
    out.push_back(static_cast<std::uint8_t>(size));
    out.insert(out.end(), body.begin(), body.end());
    return out;
}
inline std::vector<std::uint8_t> der_integer(spantls::bytes_view value) {
    while (!value.empty() && value[0] == 0) value = value.subspan(1);
    std::vector<std::uint8_t> body(value.begin(), value.end());
    if (body.empty() || body[0] >= 0x80) body.insert(body.begin(), 0);
    return der_length(0x02, body);
}
/// SEQUENCE { INTEGER, INTEGER }
inline std::vector<std::uint8_t> der_pair(spantls::bytes_view first, spantls::bytes_view second) {
    std::vector<std::uint8_t> body = der_integer(first);
    const std::vector<std::uint8_t> behind = der_integer(second);
    body.insert(body.end(), behind.begin(), behind.end());
    return der_length(0x30, body);
}

namespace oracle {

inline key ec_key(const char* curve) {
    key made(EVP_EC_gen(curve), &EVP_PKEY_free);
    must(made != nullptr);
    return made;
}
inline key rsa_key(int bits, unsigned exponent = 65537) {
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), &EVP_PKEY_CTX_free);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> e(BN_new(), &BN_free);
    EVP_PKEY* made = nullptr;
    must(BN_set_word(e.get(), exponent) == 1 && EVP_PKEY_keygen_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) == 1 &&
         EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get()) == 1 &&
         EVP_PKEY_generate(context.get(), &made) == 1);
    return key(made, &EVP_PKEY_free);
}

/// What the BIT STRING of its SubjectPublicKeyInfo holds.
inline std::vector<std::uint8_t> public_bytes(const key& of) { return encoded(i2d_PublicKey, of.get()); }

inline void set_padding(EVP_PKEY_CTX* context, bool pss) {
    if (!pss) return;
    must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

inline std::vector<std::uint8_t> sign(const key& own, const EVP_MD* hash, spantls::bytes_view message,
                                      bool pss = false) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_PKEY_CTX* settings = nullptr;
    must(EVP_DigestSignInit(context.get(), &settings, hash, nullptr, own.get()) == 1);
    set_padding(settings, pss);
    std::vector<std::uint8_t> out(static_cast<std::size_t>(EVP_PKEY_get_size(own.get())));
    std::size_t size = out.size();
    must(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1);
    out.resize(size);
    return out;
}

inline bool verify(const key& with, const EVP_MD* hash, spantls::bytes_view message, spantls::bytes_view signature,
                   bool pss = false) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_PKEY_CTX* settings = nullptr;
    must(EVP_DigestVerifyInit(context.get(), &settings, hash, nullptr, with.get()) == 1);
    set_padding(settings, pss);
    return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace oracle
}  // namespace test
