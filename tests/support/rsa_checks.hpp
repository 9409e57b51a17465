// What every verification of RSA is put through. V is how it is verified, with a hash of the provider's:
//
//   struct v {
//       template <class Hash> static bool pkcs1(bytes_view key, bytes_view message, bytes_view signature);
//       template <class Hash> static bool pss(bytes_view key, ..., bytes_view signature, std::size_t salt =
//       Hash::size);
//   };
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/portable/rsa.hpp>
#include <spantls/providers/sodium/hash.hpp>

#include <openssl/bn.h>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

namespace test::rsa {

using spantls::bytes_view;
using spantls::libsodium::sha256;
using spantls::libsodium::sha384;
using spantls::libsodium::sha512;

template <class Use>
bool with_hash(const std::string& name, Use use) {
    if (name == "SHA-256" || name == "SHA256") return use.template operator()<sha256>();
    if (name == "SHA-384" || name == "SHA384") return use.template operator()<sha384>();
    return (name == "SHA-512" || name == "SHA512") && use.template operator()<sha512>();
}

inline buffer bytes(const nlohmann::json& text) { return unhex(text.get<std::string>()); }

inline std::vector<std::filesystem::path> wycheproof(const std::string& prefix) {
    std::vector<std::filesystem::path> found;
    const auto directory = shared_vectors("wycheproof");
    if (!directory) return found;
    for (const auto& entry : std::filesystem::directory_iterator(*directory))
        if (entry.path().filename().string().rfind(prefix, 0) == 0) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

inline buffer number(const std::string& hex) { return unhex(hex.size() % 2 == 0 ? hex : "0" + hex); }

template <class Check>
void check_nist(const char* name, Check check) {
    const auto file = debian_vectors(std::string("asymmetric/RSA/FIPS_186-2/") + name);
    if (!file) return;
    std::size_t cases = 0, good = 0;
    for (const std::string size : {"1024", "1536", "2048", "3072", "4096"}) {
        buffer modulus;
        for (const auto& record : load_response_file(*file, "mod = " + size)) {
            if (record.count("n") != 0) modulus = number(record.at("n"));
            if (record.count("Result") == 0) continue;
            const std::string& hash = record.at("SHAAlg");
            if (hash == "SHA1" || hash == "SHA224") continue;
            const buffer key = der_pair(modulus, number(record.at("e")));
            // Keys below 2048 bits are none.
            const bool wanted = record.at("Result")[0] == 'P' && size.size() == 4 && size >= "2048";
            INFO(size << ", " << hash << ", S " << record.at("S"));
            CHECK(check(hash, key, unhex(record.at("Msg")), unhex(record.at("S"))) == wanted);
            ++cases;
            good += wanted ? 1 : 0;
        }
    }
    ran(name, cases);
    CHECK(good > 0);
    CHECK(good < cases);
}

template <class V>
void check_wycheproof_pkcs1() {
    std::size_t cases = 0;
    const auto files = wycheproof("rsa_signature_");
    if (files.empty()) return;
    for (const auto& file : files)
        cases += for_each_wycheproof(file, [](const auto& group, const auto& one) {
            // "acceptable" is DigestInfo without its NULL, which is not how it is written (RFC 8017, section 9.2).
            CHECK(with_hash(group["sha"], [&]<class Hash>() {
                      return V::template pkcs1<Hash>(bytes(group["publicKeyAsn"]), bytes(one["msg"]),
                                                     bytes(one["sig"]));
                  }) == (one["result"] == "valid"));
        });
    ran("Wycheproof rsa_signature", cases);
}

template <class V>
void check_wycheproof_pss() {
    std::size_t cases = 0, others = 0;
    const auto files = wycheproof("rsa_pss_");
    if (files.empty()) return;
    for (const auto& file : files)
        cases += for_each_wycheproof(file, [&](const auto& group, const auto& one) {
            const std::size_t salt = group["sLen"];
            // Hashes besides ours, and a mask of another hash, are for nobody in TLS: such signatures are wrong.
            const bool ours = group["sha"] == group["mgfSha"] &&
                              with_hash(group["sha"], []<class Hash>() { return true; }) && salt <= 64;
            others += ours ? 0 : 1;
            const auto verify = [&]<class Hash>() {
                return V::template pss<Hash>(bytes(group["publicKeyAsn"]), bytes(one["msg"]), bytes(one["sig"]),
                                             salt <= 64 ? salt : Hash::size);
            };
            CHECK(with_hash(group["sha"], verify) == (ours && one["result"] == "valid"));
        });
    ran("Wycheproof rsa_pss", cases);
    CHECK(others < cases / 4);
}

template <class V>
void check_nist_pkcs1() {
    check_nist(
        "SigVer15_186-3.rsp", [](const std::string& hash, bytes_view key, bytes_view message, bytes_view signature) {
            return with_hash(hash, [&]<class Hash>() { return V::template pkcs1<Hash>(key, message, signature); });
        });
}

template <class V>
void check_nist_pss() {
    check_nist("SigVerPSS_186-3.rsp",
               [](const std::string& hash, bytes_view key, bytes_view message, bytes_view signature) {
                   return with_hash(hash, [&]<class Hash>() {
                       CHECK_FALSE(V::template pss<Hash>(key, message, signature));
                       return V::template pss<Hash>(key, message, signature, 10);
                   });
               });
}

template <class V>
void check_against_libcrypto() {
    seeded_stream random(21);
    for (const int bits : {2048, 2049, 2050, 2055, 2056, 2057, 2080, 2111, 2112, 2113, 3072, 4096}) {
        const oracle::key own = oracle::rsa_key(bits, bits % 2 == 0 ? 65537 : 3);
        const buffer key = oracle::public_bytes(own), message(9, 'm');
        INFO(bits << " bits");
        const auto check = [&]<class Hash>(const EVP_MD* hash) {
            buffer signature = oracle::sign(own, hash, message);
            CHECK(V::template pkcs1<Hash>(key, message, signature));
            CHECK_FALSE(V::template pss<Hash>(key, message, signature));
            CHECK_FALSE(V::template pkcs1<Hash>(key, buffer(9, 'n'), signature));
            signature[random.below(static_cast<unsigned>(signature.size()))] ^= 1;
            CHECK_FALSE(V::template pkcs1<Hash>(key, message, signature));
            signature = oracle::sign(own, hash, message, true);
            CHECK(V::template pss<Hash>(key, message, signature));
            CHECK_FALSE(V::template pkcs1<Hash>(key, message, signature));
            CHECK_FALSE(V::template pss<Hash>(key, buffer(9, 'n'), signature));
            signature[random.below(static_cast<unsigned>(signature.size()))] ^= 1;
            CHECK_FALSE(V::template pss<Hash>(key, message, signature));
        };
        check.template operator()<sha256>(EVP_sha256());
        check.template operator()<sha384>(EVP_sha384());
        check.template operator()<sha512>(EVP_sha512());
    }
}

template <class V>
void check_lengths() {
    const oracle::key own = oracle::rsa_key(2048);
    const buffer key = oracle::public_bytes(own), message(3, 'm');
    const buffer signature = oracle::sign(own, EVP_sha256(), message);
    REQUIRE(V::template pkcs1<sha256>(key, message, signature));
    buffer longer = signature;
    longer.insert(longer.begin(), 0);
    CHECK_FALSE(V::template pkcs1<sha256>(key, message, longer));
    longer = signature;
    longer.push_back(0);
    CHECK_FALSE(V::template pkcs1<sha256>(key, message, longer));
    for (std::size_t length = 0; length < signature.size(); ++length)
        CHECK_FALSE(V::template pkcs1<sha256>(key, message, bytes_view(signature).first(length)));
    // The same number modulo the modulus, where that still fits.
    const bytes_view modulus = spantls::portable::rsa_public_key(key).modulus();
    buffer sum = signature;
    unsigned carry = 0;
    for (std::size_t i = sum.size(); i-- > 0; carry >>= 8) {
        carry += static_cast<unsigned>(sum[i]) + modulus[i];
        sum[i] = static_cast<std::uint8_t>(carry);
    }
    CHECK_FALSE(V::template pkcs1<sha256>(key, message, sum));
    CHECK_FALSE(V::template pkcs1<sha256>(key, message, modulus));
    CHECK_FALSE(V::template pkcs1<sha256>(key, message, buffer(256, 0xff)));
    CHECK_FALSE(V::template pss<sha256>(key, message, buffer(256)));
}

template <class V>
void check_keys() {
    const auto good = [](std::size_t bits, const std::string& exponent, bool odd = true) {
        buffer modulus((bits + 7) / 8, 0x5b);
        modulus[0] = static_cast<std::uint8_t>(1U << ((bits - 1) % 8));
        if (!odd) modulus.back() = 0x5a;
        const buffer der = der_pair(modulus, number(exponent));
        const spantls::portable::rsa_public_key key(der);
        const buffer signature(modulus.size(), 1);
        CHECK_FALSE(V::template pkcs1<sha256>(der, {}, signature));
        if (key.good()) CHECK(key.bits() == bits);
        return key.good();
    };
    CHECK(good(2048, "010001"));
    CHECK(good(2048, "03"));
    CHECK(good(8192, "010001"));
    CHECK(good(8191, "01ffffffff"));  // 33 bits
    CHECK_FALSE(good(2047, "010001"));
    CHECK_FALSE(good(1024, "010001"));
    CHECK_FALSE(good(8193, "010001"));
    CHECK_FALSE(good(16384, "010001"));
    CHECK_FALSE(good(2048, "01"));
    CHECK_FALSE(good(2048, "02"));
    CHECK_FALSE(good(2048, "010000"));
    CHECK_FALSE(good(2048, "0200000001"));  // 34 bits
    CHECK_FALSE(good(2048, "8000000000000001"));
    CHECK_FALSE(good(2048, "010000000000000003"));
    CHECK_FALSE(good(2048, "010001", false));
    CHECK_FALSE(spantls::portable::rsa_public_key({}).good());
}

template <class V>
void check_largest() {
    const oracle::key own = oracle::rsa_key(8192, 0xffffffffU);
    const buffer key = oracle::public_bytes(own), message(3, 'm');
    CHECK(V::template pss<sha512>(key, message, oracle::sign(own, EVP_sha512(), message, true)));
    CHECK(V::template pkcs1<sha512>(key, message, oracle::sign(own, EVP_sha512(), message)));
}

// A modulus of one bit more than whole bytes, 65537, and PSS of nine times 'm' with SHA-256: encoded as it should be,
// and so that the byte before the encoding is 1.
inline constexpr const char* modulus_2049 =
    "01a177e4ae699e7d00fb0627026e605fc769f6d1b39c288764b2065fe3e35b0c3590cb7cdddac25b41b49c21c2c461f16ae3964c"
    "c9806463b04364f12924e24a81534e2f5725b28ac881b13b87f4b0546104737933c6e52f7f4e1908208789f788b7343188701565"
    "02328254c368c16f9927c431950befdcc3deafde9be9212b4b36b25ce555378346a1680502a769dc69bc60871b5298eb81e90843"
    "b29fcc146ebed652e95cdc230a99e4735b983b09276b6258c2b5dd3bfc6a65704930d6fb8c275c86ffad564c5fa0cc2d70276fe4"
    "a098e7dea0aee7faf05d618b0dad0b44e9beb7be30bd96a1625a766a0f9e2901a632beec418f266dbcaba6f2c279aa2d67";
inline constexpr const char* signature_2049 =
    "005d4484ae484c69efe94f29e8c2e508fc1d8339f16ba85b2fb4007458a6431f70099c7cf33b0a1a6c3b76f37e8ec0fa781947e3"
    "f6e794e9865e128d34a955fdcb3daad2a133f2e706f9766dbfeb836c7d58edd7ccc78025f4f4c5d2d637727594e62671ef0cd374"
    "8787263f46abeee1e543da9732c2f277117434fecfe27604bf485a193e8fbcf3d117efce9b384d0a197448fb20e41483657a09e4"
    "4ed36c8b69abee12b47a4cf560e601406c6ce4ef59f9ebde29ccc5a6384cce70794e0e862b2ba59b5f1fef98ccdf73558218beba"
    "15755df18e6beaf766d496d7fd596d4677031b526d9f15a474d51152cb1d1d423cbba8aba93265bb53139ba5b3b2c08520";
inline constexpr const char* signature_2049_too_long =
    "0092a8d03fd1393e26a4e736fb4d1183c161e5fed62d36e47df5d27df0999a0e700ce18671c7e535fd1c58f9dd7cd0da7f2ecee8"
    "331ee055f6ba4bba99e168286776ca28fccdc70888e745191248a690dbe8fe19cf66e61040220668b558501277235ba9ce0488cf"
    "5c3df9acfbe4ccd908ad2bd36d2c70a8d4c847bca767868686b8870d920f5329d813a08dcf9fcabd7a9a3f937a5c5f3620d8c0e2"
    "83d016a268728b4dde55f33e0902b6b1f7d93b665588f7804a68bb4b3123a7f5b50de91247237a3a133401b6b6fdca386dc60088"
    "b1a20b7c8198214c522a68fca823ed093018305f32eebfe68f77d256f4b6c179063864d9b04c54762faf3c07bb18afc49d";

/// EMSA-PSS-VERIFY is about one bit less than the modulus has (RFC 8017, section 8.1.2): here that is a byte less.
template <class V>
void check_byte_before_encoding() {
    const buffer key = der_pair(number(modulus_2049), number("010001")), message(9, 'm');
    REQUIRE(spantls::portable::rsa_public_key(key).bits() == 2049);
    CHECK(V::template pss<sha256>(key, message, number(signature_2049)));
    CHECK_FALSE(V::template pss<sha256>(key, message, number(signature_2049_too_long)));
    CHECK_FALSE(V::template pss<sha256>(key, buffer(9, 'n'), number(signature_2049)));
    // That it is only the byte before the encoding, by libcrypto's power.
    const auto encoded = [](const char* signature) {
        const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), &BN_CTX_free);
        const auto integer = [](const buffer& of) {
            return std::unique_ptr<BIGNUM, decltype(&BN_free)>(
                BN_bin2bn(of.data(), static_cast<int>(of.size()), nullptr), &BN_free);
        };
        const auto base = integer(number(signature)), n = integer(number(modulus_2049)), e = integer({1, 0, 1});
        buffer out(257);
        REQUIRE(BN_mod_exp(base.get(), base.get(), e.get(), n.get(), context.get()) == 1);
        REQUIRE(BN_bn2binpad(base.get(), out.data(), 257) == 257);
        return out;
    };
    buffer right = encoded(signature_2049);
    CHECK(right[0] == 0);
    right[0] = 1;
    CHECK(encoded(signature_2049_too_long) == right);
}

}  // namespace test::rsa
