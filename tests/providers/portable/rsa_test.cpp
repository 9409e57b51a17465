#include <spantls/providers/portable/rsa.hpp>

#include <spantls/providers/sodium/hash.hpp>

#include <openssl/bn.h>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

namespace portable = spantls::portable;
namespace oracle = test::oracle;
using spantls::bytes_view;
using spantls::libsodium::sha256;
using spantls::libsodium::sha384;
using spantls::libsodium::sha512;

namespace {

/// Limbs of 64 and of 32 bits agree.
template <class Hash>
bool pkcs1(bytes_view key, bytes_view message, bytes_view signature) {
    const bool good = portable::rsa_pkcs1_verify<Hash>(key, message, signature);
    CHECK(portable::rsa_pkcs1_verify<Hash, std::uint32_t>(key, message, signature) == good);
    return good;
}
template <class Hash>
bool pss(bytes_view key, bytes_view message, bytes_view signature, std::size_t salt = Hash::size) {
    const bool good = portable::rsa_pss_verify<Hash>(key, message, signature, salt);
    CHECK(portable::rsa_pss_verify<Hash, std::uint32_t>(key, message, signature, salt) == good);
    return good;
}

template <class Use>
bool with_hash(const std::string& name, Use use) {
    if (name == "SHA-256" || name == "SHA256") return use.template operator()<sha256>();
    if (name == "SHA-384" || name == "SHA384") return use.template operator()<sha384>();
    return (name == "SHA-512" || name == "SHA512") && use.template operator()<sha512>();
}

test::buffer bytes(const nlohmann::json& text) { return test::unhex(text.get<std::string>()); }

std::vector<std::filesystem::path> wycheproof(const std::string& prefix) {
    std::vector<std::filesystem::path> found;
    const auto directory = test::shared_vectors("wycheproof");
    if (!directory) return found;
    for (const auto& entry : std::filesystem::directory_iterator(*directory))
        if (entry.path().filename().string().rfind(prefix, 0) == 0) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

test::buffer number(const std::string& hex) { return test::unhex(hex.size() % 2 == 0 ? hex : "0" + hex); }

template <class Check>
void check_nist(const char* name, Check check) {
    const auto file = test::debian_vectors(std::string("asymmetric/RSA/FIPS_186-2/") + name);
    if (!file) return;
    std::size_t cases = 0, good = 0;
    for (const std::string size : {"1024", "1536", "2048", "3072", "4096"}) {
        test::buffer modulus;
        for (const auto& record : test::load_response_file(*file, "mod = " + size)) {
            if (record.count("n") != 0) modulus = number(record.at("n"));
            if (record.count("Result") == 0) continue;
            const std::string& hash = record.at("SHAAlg");
            if (hash == "SHA1" || hash == "SHA224") continue;
            const test::buffer key = test::der_pair(modulus, number(record.at("e")));
            // Keys below 2048 bits are none.
            const bool wanted = record.at("Result")[0] == 'P' && size.size() == 4 && size >= "2048";
            INFO(size << ", " << hash << ", S " << record.at("S"));
            CHECK(check(hash, key, test::unhex(record.at("Msg")), test::unhex(record.at("S"))) == wanted);
            ++cases;
            good += wanted ? 1 : 0;
        }
    }
    test::ran(name, cases);
    CHECK(good > 0);
    CHECK(good < cases);
}

}  // namespace

TEST_CASE("RSA PKCS #1 v1.5: Wycheproof") {
    std::size_t cases = 0;
    const auto files = wycheproof("rsa_signature_");
    if (files.empty()) return;
    for (const auto& file : files)
        cases += test::for_each_wycheproof(file, [](const auto& group, const auto& one) {
            // "acceptable" is DigestInfo without its NULL, which is not how it is written (RFC 8017, section 9.2).
            CHECK(with_hash(group["sha"], [&]<class Hash>() {
                      return pkcs1<Hash>(bytes(group["publicKeyAsn"]), bytes(one["msg"]), bytes(one["sig"]));
                  }) == (one["result"] == "valid"));
        });
    test::ran("Wycheproof rsa_signature", cases);
}

TEST_CASE("RSA PSS: Wycheproof") {
    std::size_t cases = 0, others = 0;
    const auto files = wycheproof("rsa_pss_");
    if (files.empty()) return;
    for (const auto& file : files)
        cases += test::for_each_wycheproof(file, [&](const auto& group, const auto& one) {
            const std::size_t salt = group["sLen"];
            // Hashes besides ours, and a mask of another hash, are for nobody in TLS: such signatures are wrong.
            const bool ours = group["sha"] == group["mgfSha"] &&
                              with_hash(group["sha"], []<class Hash>() { return true; }) && salt <= 64;
            others += ours ? 0 : 1;
            const auto verify = [&]<class Hash>() {
                return pss<Hash>(bytes(group["publicKeyAsn"]), bytes(one["msg"]), bytes(one["sig"]),
                                 salt <= 64 ? salt : Hash::size);
            };
            CHECK(with_hash(group["sha"], verify) == (ours && one["result"] == "valid"));
        });
    test::ran("Wycheproof rsa_pss", cases);
    CHECK(others < cases / 4);
}

TEST_CASE("RSA PKCS #1 v1.5: NIST's signatures") {
    check_nist("SigVer15_186-3.rsp",
               [](const std::string& hash, bytes_view key, bytes_view message, bytes_view signature) {
                   return with_hash(hash, [&]<class Hash>() { return pkcs1<Hash>(key, message, signature); });
               });
}

TEST_CASE("RSA PSS: NIST's signatures, whose salt has 10 bytes (RFC 9846, section 4.3.3)") {
    check_nist("SigVerPSS_186-3.rsp",
               [](const std::string& hash, bytes_view key, bytes_view message, bytes_view signature) {
                   return with_hash(hash, [&]<class Hash>() {
                       CHECK_FALSE(pss<Hash>(key, message, signature));
                       return pss<Hash>(key, message, signature, 10);
                   });
               });
}

TEST_CASE("RSA: libcrypto's signatures, with moduli of all lengths modulo a limb") {
    test::seeded_stream random(21);
    for (const int bits : {2048, 2049, 2050, 2055, 2056, 2057, 2080, 2111, 2112, 2113, 3072, 4096}) {
        const oracle::key own = oracle::rsa_key(bits, bits % 2 == 0 ? 65537 : 3);
        const test::buffer key = oracle::public_bytes(own), message(9, 'm');
        INFO(bits << " bits");
        const auto check = [&]<class Hash>(const EVP_MD* hash) {
            test::buffer signature = oracle::sign(own, hash, message);
            CHECK(pkcs1<Hash>(key, message, signature));
            CHECK_FALSE(pss<Hash>(key, message, signature));
            CHECK_FALSE(pkcs1<Hash>(key, test::buffer(9, 'n'), signature));
            signature[random.below(static_cast<unsigned>(signature.size()))] ^= 1;
            CHECK_FALSE(pkcs1<Hash>(key, message, signature));
            signature = oracle::sign(own, hash, message, true);
            CHECK(pss<Hash>(key, message, signature));
            CHECK_FALSE(pkcs1<Hash>(key, message, signature));
            CHECK_FALSE(pss<Hash>(key, test::buffer(9, 'n'), signature));
            signature[random.below(static_cast<unsigned>(signature.size()))] ^= 1;
            CHECK_FALSE(pss<Hash>(key, message, signature));
        };
        check.operator()<sha256>(EVP_sha256());
        check.operator()<sha384>(EVP_sha384());
        check.operator()<sha512>(EVP_sha512());
    }
}

TEST_CASE("RSA: a signature is as long as the modulus, and below it") {
    const oracle::key own = oracle::rsa_key(2048);
    const test::buffer key = oracle::public_bytes(own), message(3, 'm');
    const test::buffer signature = oracle::sign(own, EVP_sha256(), message);
    REQUIRE(pkcs1<sha256>(key, message, signature));
    test::buffer longer = signature;
    longer.insert(longer.begin(), 0);
    CHECK_FALSE(pkcs1<sha256>(key, message, longer));
    longer = signature;
    longer.push_back(0);
    CHECK_FALSE(pkcs1<sha256>(key, message, longer));
    for (std::size_t length = 0; length < signature.size(); ++length)
        CHECK_FALSE(pkcs1<sha256>(key, message, bytes_view(signature).first(length)));
    // The same number modulo the modulus, where that still fits.
    const bytes_view modulus = portable::rsa_public_key(key).modulus();
    test::buffer sum = signature;
    unsigned carry = 0;
    for (std::size_t i = sum.size(); i-- > 0; carry >>= 8) {
        carry += static_cast<unsigned>(sum[i]) + modulus[i];
        sum[i] = static_cast<std::uint8_t>(carry);
    }
    CHECK_FALSE(pkcs1<sha256>(key, message, sum));
    CHECK_FALSE(pkcs1<sha256>(key, message, modulus));
    CHECK_FALSE(pkcs1<sha256>(key, message, test::buffer(256, 0xff)));
    CHECK_FALSE(pss<sha256>(key, message, test::buffer(256)));
}

TEST_CASE("RSA: the bounds of keys") {
    const auto good = [](std::size_t bits, const std::string& exponent, bool odd = true) {
        test::buffer modulus((bits + 7) / 8, 0x5b);
        modulus[0] = static_cast<std::uint8_t>(1U << ((bits - 1) % 8));
        if (!odd) modulus.back() = 0x5a;
        const test::buffer der = test::der_pair(modulus, number(exponent));
        const portable::rsa_public_key key(der);
        const test::buffer signature(modulus.size(), 1);
        CHECK_FALSE(pkcs1<sha256>(der, {}, signature));
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
    CHECK_FALSE(portable::rsa_public_key({}).good());
}

TEST_CASE("RSA: the largest key and the largest exponents") {
    const oracle::key own = oracle::rsa_key(8192, 0xffffffffU);
    const test::buffer key = oracle::public_bytes(own), message(3, 'm');
    CHECK(pss<sha512>(key, message, oracle::sign(own, EVP_sha512(), message, true)));
    CHECK(pkcs1<sha512>(key, message, oracle::sign(own, EVP_sha512(), message)));
}
