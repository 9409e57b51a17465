// AES-128-GCM and P-256 out of libcrypto, for what only vectors need. Test code: slow, and it may throw.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <spantls/crypto/provider.hpp>
#include <spantls/providers/sodium/hash.hpp>
#include <spantls/providers/sodium/x25519.hpp>

#include "support/oracle.hpp"

namespace test {

struct openssl_aes128_gcm {
    static constexpr std::size_t key_size = 16;
    static constexpr std::size_t tag_size = 16;
    static constexpr std::uint64_t record_limit = std::uint64_t{1} << 24;
    struct context {
        std::array<std::uint8_t, key_size> key;
    };
    static void set_key(context& to, spantls::fixed_bytes<key_size> key) noexcept { spantls::copy_bytes(key, to.key); }

    static void seal(const context& with, spantls::fixed_bytes<12> nonce, spantls::fixed_bytes<5> header,
                     spantls::bytes_view text, spantls::content_type type, std::size_t zeros,
                     std::uint8_t* out) noexcept {
        std::vector<std::uint8_t> inner(text.begin(), text.end());
        inner.push_back(static_cast<std::uint8_t>(type));
        inner.resize(inner.size() + zeros);
        const std::vector<std::uint8_t> sealed = oracle::seal(EVP_aes_128_gcm(), with.key, nonce, header, inner);
        spantls::copy_bytes(sealed, {out, sealed.size()});
    }

    [[nodiscard]] static bool open(const context& with, spantls::fixed_bytes<12> nonce, spantls::fixed_bytes<5> header,
                                   spantls::mutable_bytes record) noexcept {
        if (record.size() < tag_size) return false;
        const spantls::mutable_bytes text = record.first(record.size() - tag_size);
        const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> aes(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
        int size = 0;
        oracle::must(EVP_DecryptInit_ex(aes.get(), EVP_aes_128_gcm(), nullptr, with.key.data(), nonce.data()) == 1);
        oracle::must(EVP_DecryptUpdate(aes.get(), nullptr, &size, header.data(), 5) == 1);
        oracle::must(EVP_DecryptUpdate(aes.get(), text.data(), &size, text.data(), static_cast<int>(text.size())) == 1);
        oracle::must(EVP_CIPHER_CTX_ctrl(aes.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, record.data() + text.size()) == 1);
        return EVP_DecryptFinal_ex(aes.get(), nullptr, &size) == 1;
    }
};

namespace oracle {

/// The x coordinate of `scalar` times `point` on P-256, an uncompressed point.
inline std::array<std::uint8_t, 32> p256(spantls::bytes_view scalar, spantls::bytes_view point) {
    const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> curve(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                                                                    &EC_GROUP_free);
    const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> theirs(EC_POINT_new(curve.get()), &EC_POINT_free);
    const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> product(EC_POINT_new(curve.get()), &EC_POINT_free);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> factor(
        BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr), &BN_free);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> x(BN_new(), &BN_free);
    std::array<std::uint8_t, 32> out{};
    must(EC_POINT_oct2point(curve.get(), theirs.get(), point.data(), point.size(), nullptr) == 1 &&
         EC_POINT_mul(curve.get(), product.get(), nullptr, theirs.get(), factor.get(), nullptr) == 1 &&
         EC_POINT_get_affine_coordinates(curve.get(), product.get(), x.get(), nullptr, nullptr) == 1 &&
         BN_bn2binpad(x.get(), out.data(), 32) == 32);
    return out;
}

/// The uncompressed point that goes with a private key.
inline std::array<std::uint8_t, 65> p256_public(spantls::bytes_view scalar) {
    const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> curve(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                                                                    &EC_GROUP_free);
    const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> product(EC_POINT_new(curve.get()), &EC_POINT_free);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> factor(
        BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr), &BN_free);
    std::array<std::uint8_t, 65> out{};
    must(EC_POINT_mul(curve.get(), product.get(), factor.get(), nullptr, nullptr, nullptr) == 1 &&
         EC_POINT_point2oct(curve.get(), product.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(), out.size(),
                            nullptr) == out.size());
    return out;
}

}  // namespace oracle

/// Random bytes are the private key.
struct openssl_p256 {
    static constexpr spantls::named_group id = spantls::named_group::secp256r1;
    static constexpr std::size_t client_random_size = 32;
    static constexpr std::size_t server_random_size = 32;
    static constexpr std::size_t private_size = 32;
    static constexpr std::size_t client_share_size = 65;
    static constexpr std::size_t server_share_size = 65;
    static constexpr std::size_t secret_size = 32;

    [[nodiscard]] static bool generate(spantls::fixed_bytes<32> random, spantls::fixed_mutable_bytes<32> private_key,
                                       spantls::fixed_mutable_bytes<65> share) noexcept {
        spantls::copy_bytes(random, private_key);
        spantls::copy_bytes(oracle::p256_public(random), share);
        return true;
    }
    [[nodiscard]] static bool respond(spantls::fixed_bytes<32> random, spantls::fixed_bytes<65> client,
                                      spantls::fixed_mutable_bytes<65> server,
                                      spantls::fixed_mutable_bytes<32> secret) noexcept {
        spantls::copy_bytes(oracle::p256_public(random), server);
        spantls::copy_bytes(oracle::p256(random, client), secret);
        return true;
    }
    [[nodiscard]] static bool finish(spantls::fixed_bytes<32> private_key, spantls::fixed_bytes<65> server,
                                     spantls::fixed_mutable_bytes<32> secret) noexcept {
        spantls::copy_bytes(oracle::p256(private_key, server), secret);
        return true;
    }
};

/// The suite and the groups of RFC 8448's traces. Randomness is a pool, signatures are right as they come.
struct rfc8448_provider {
    using hashes = spantls::type_list<spantls::libsodium::sha256>;
    using aeads = spantls::type_list<openssl_aes128_gcm>;
    using groups = spantls::type_list<spantls::libsodium::x25519, openssl_p256>;
    static constexpr std::array suites{
        spantls::suite_info{spantls::cipher_suite::tls_aes_128_gcm_sha256, spantls::hash_id::sha256, 0}};
    static constexpr std::array verify_schemes{spantls::signature_scheme::rsa_pss_rsae_sha256,
                                               spantls::signature_scheme::ecdsa_secp256r1_sha256};

    bool available(spantls::cipher_suite) const noexcept { return true; }
    [[nodiscard]] bool random(spantls::mutable_bytes out) noexcept {
        if (pool.size() < out.size()) return false;
        spantls::copy_bytes(pool.first(out.size()), out);
        pool = pool.subspan(out.size());
        return true;
    }
    [[nodiscard]] bool verify(spantls::signature_scheme, spantls::bytes_view, spantls::bytes_view,
                              spantls::bytes_view) const noexcept {
        return true;
    }

    spantls::bytes_view pool;
};

}  // namespace test
