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

}  // namespace test::rsa
