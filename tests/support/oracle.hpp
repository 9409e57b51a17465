// libcrypto, as the second opinion.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <openssl/evp.h>

#include <spantls/base/bytes.hpp>

namespace test::oracle {

inline void must(bool worked) {
    if (!worked) throw std::runtime_error("libcrypto failed");
}

/// DER, as one of the i2d_... functions writes it.
template <class T>
std::vector<std::uint8_t> encoded(int (*i2d)(T*, unsigned char**), std::type_identity_t<T>* it) {
    unsigned char* out = nullptr;
    const int size = i2d(it, &out);
    must(size > 0);
    std::vector<std::uint8_t> der(out, out + size);
    OPENSSL_free(out);
    return der;
}

inline std::vector<std::uint8_t> digest(const EVP_MD* hash, spantls::bytes_view in) {
    std::vector<std::uint8_t> out(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    must(EVP_Digest(in.data(), in.size(), out.data(), &size, hash, nullptr) == 1);
    out.resize(size);
    return out;
}

/// Ciphertext, then a tag of 16 bytes.
inline std::vector<std::uint8_t> seal(const EVP_CIPHER* cipher, spantls::bytes_view key, spantls::bytes_view nonce,
                                      spantls::bytes_view header, spantls::bytes_view text) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
    std::vector<std::uint8_t> out(text.size() + 16);
    int size = 0;
    must(EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.data(), nonce.data()) == 1);
    must(EVP_EncryptUpdate(context.get(), nullptr, &size, header.data(), static_cast<int>(header.size())) == 1);
    if (!text.empty())
        must(EVP_EncryptUpdate(context.get(), out.data(), &size, text.data(), static_cast<int>(text.size())) == 1);
    must(EVP_EncryptFinal_ex(context.get(), out.data() + text.size(), &size) == 1 && size == 0);
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, out.data() + text.size()) == 1);
    return out;
}

using key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// A private key of `type`, EVP_PKEY_X25519 or EVP_PKEY_ED25519.
inline key private_key(int type, spantls::bytes_view bytes) {
    key made(EVP_PKEY_new_raw_private_key(type, nullptr, bytes.data(), bytes.size()), &EVP_PKEY_free);
    must(made != nullptr);
    return made;
}

inline std::array<std::uint8_t, 32> public_key(const key& of) {
    std::array<std::uint8_t, 32> out{};
    std::size_t size = out.size();
    must(EVP_PKEY_get_raw_public_key(of.get(), out.data(), &size) == 1 && size == out.size());
    return out;
}

inline std::array<std::uint8_t, 32> x25519(const key& own, spantls::bytes_view share) {
    const key peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, share.data(), share.size()), &EVP_PKEY_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(own.get(), nullptr),
                                                                              &EVP_PKEY_CTX_free);
    std::array<std::uint8_t, 32> out{};
    std::size_t size = out.size();
    must(EVP_PKEY_derive_init(context.get()) == 1 && EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
         EVP_PKEY_derive(context.get(), out.data(), &size) == 1 && size == out.size());
    return out;
}

inline std::vector<std::uint8_t> ed25519_sign(const key& own, spantls::bytes_view message) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    std::vector<std::uint8_t> out(64);
    std::size_t size = out.size();
    must(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, own.get()) == 1 &&
         EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1 && size == out.size());
    return out;
}

}  // namespace test::oracle
