#include <spantls/providers/openssl/verify.hpp>

#include <openssl/err.h>

#include "support/catch.hpp"
#include "support/ecdsa_checks.hpp"
#include "support/rsa_checks.hpp"

namespace libcrypto = spantls::libcrypto;
namespace oracle = test::oracle;
namespace portable = spantls::portable;
using spantls::bytes_view;
using spantls::signature_scheme;

namespace {

struct p256 {
    using curve = portable::p256;
    static bool verify(bytes_view key, bytes_view digest, bytes_view signature) {
        const bool good = libcrypto::ecdsa_verify<libcrypto::p256_curve>(key, digest, signature);
        CHECK(libcrypto::arithmetic::ecdsa_verify<portable::p256>(key, digest, signature) == good);
        return good;
    }
};
/// Which the provider does without libcrypto; it is right all the same.
struct p384 {
    using curve = portable::p384;
    static bool verify(bytes_view key, bytes_view digest, bytes_view signature) {
        const bool good = libcrypto::ecdsa_verify<libcrypto::p384_curve>(key, digest, signature);
        CHECK(libcrypto::arithmetic::ecdsa_verify<portable::p384>(key, digest, signature) == good);
        return good;
    }
};

struct rsa {
    using with = libcrypto::arithmetic::rsa;
    template <class Hash>
    static bool pkcs1(bytes_view key, bytes_view message, bytes_view signature) {
        return portable::rsa_pkcs1_verify<Hash, with>(key, message, signature);
    }
    template <class Hash>
    static bool pss(bytes_view key, bytes_view message, bytes_view signature, std::size_t salt = Hash::size) {
        return portable::rsa_pss_verify<Hash, with>(key, message, signature, salt);
    }
};

/// A signature of a key verifies under one scheme, and no other of all that there can be.
void check_only(signature_scheme right, const oracle::key& own, const EVP_MD* hash, bool pss = false) {
    const test::buffer key = oracle::public_bytes(own), message(40, 'x');
    const test::buffer signature = oracle::sign(own, hash, message, pss);
    INFO(name_of(right));
    CHECK(libcrypto::verify(right, key, message, signature));
    if (pss) {  // id-RSASSA-PSS is another algorithm for a key, and not for a signature
        const auto same = static_cast<signature_scheme>(static_cast<unsigned>(right) + 5);
        CHECK(libcrypto::verify(same, key, message, signature));
        CHECK_FALSE(libcrypto::verify(same, key, test::buffer(40, 'y'), signature));
    }
    CHECK_FALSE(libcrypto::verify(right, key, test::buffer(40, 'y'), signature));
    for (unsigned other = 0; other <= 0xffff; ++other)
        if (other != static_cast<unsigned>(right) && !(pss && other == static_cast<unsigned>(right) + 5) &&
            libcrypto::verify(static_cast<signature_scheme>(other), key, message, signature))
            FAIL("verifies under " << other);
}

}  // namespace

TEST_CASE("libcrypto, ECDSA: Wycheproof") {
    test::ecdsa::check_wycheproof<p256>("ecdsa_secp256r1_sha256_test.json", EVP_sha256());
    test::ecdsa::check_wycheproof<p384>("ecdsa_secp384r1_sha384_test.json", EVP_sha384());
}
TEST_CASE("libcrypto, ECDSA: NIST's signatures and public keys") { test::ecdsa::check_all_nist<p256, p384>(); }
TEST_CASE("libcrypto, ECDSA: signatures made by its own functions") {
    test::ecdsa::check_against_libcrypto<p256>("P-256", 31);
    test::ecdsa::check_against_libcrypto<p384>("P-384", 32);
}
TEST_CASE("libcrypto, ECDSA: numbers and points at their bounds") {
    test::ecdsa::check_edges<p256>("P-256");
    test::ecdsa::check_edges<p384>("P-384");
}

TEST_CASE("libcrypto, RSA PKCS #1 v1.5: Wycheproof") { test::rsa::check_wycheproof_pkcs1<rsa>(); }
TEST_CASE("libcrypto, RSA PSS: Wycheproof") { test::rsa::check_wycheproof_pss<rsa>(); }
TEST_CASE("libcrypto, RSA PKCS #1 v1.5: NIST's signatures") { test::rsa::check_nist_pkcs1<rsa>(); }
TEST_CASE("libcrypto, RSA PSS: NIST's signatures") { test::rsa::check_nist_pss<rsa>(); }
TEST_CASE("libcrypto, RSA: signatures made by its own functions") { test::rsa::check_against_libcrypto<rsa>(); }
TEST_CASE("libcrypto, RSA: a signature is as long as the modulus, and below it") { test::rsa::check_lengths<rsa>(); }
TEST_CASE("libcrypto, RSA PSS: the byte before the encoding is zero") { test::rsa::check_byte_before_encoding<rsa>(); }
TEST_CASE("libcrypto, RSA: the bounds of keys") { test::rsa::check_keys<rsa>(); }
TEST_CASE("libcrypto, RSA: the largest key and the largest exponents") { test::rsa::check_largest<rsa>(); }

TEST_CASE("libcrypto, Ed25519: Wycheproof") {
    const auto file = test::shared_vectors("wycheproof/ed25519_test.json");
    if (!file) return;
    const std::size_t cases = test::for_each_wycheproof(*file, [](const auto& group, const auto& one) {
        const auto bytes = [](const nlohmann::json& text) { return test::unhex(text.get<std::string>()); };
        CHECK(libcrypto::ed25519_verify(bytes(group["publicKey"]["pk"]), bytes(one["msg"]), bytes(one["sig"])) ==
              (one["result"] == "valid"));
    });
    test::ran("Wycheproof ed25519", cases);
}

TEST_CASE("libcrypto: a signature verifies under its own scheme only, and leaves no errors behind") {
    ERR_clear_error();  // what is below verify() leaves
    const oracle::key p256_key = oracle::ec_key("P-256"), p384_key = oracle::ec_key("P-384");
    check_only(signature_scheme::ecdsa_secp256r1_sha256, p256_key, EVP_sha256());
    check_only(signature_scheme::ecdsa_secp256r1_sha384, p256_key, EVP_sha384());
    check_only(signature_scheme::ecdsa_secp256r1_sha512, p256_key, EVP_sha512());
    check_only(signature_scheme::ecdsa_secp384r1_sha384, p384_key, EVP_sha384());
    const oracle::key rsa_key = oracle::rsa_key(2048);
    check_only(signature_scheme::rsa_pss_rsae_sha256, rsa_key, EVP_sha256(), true);
    check_only(signature_scheme::rsa_pss_rsae_sha384, rsa_key, EVP_sha384(), true);
    check_only(signature_scheme::rsa_pss_rsae_sha512, rsa_key, EVP_sha512(), true);
    check_only(signature_scheme::rsa_pkcs1_sha256, rsa_key, EVP_sha256());
    check_only(signature_scheme::rsa_pkcs1_sha384, rsa_key, EVP_sha384());
    check_only(signature_scheme::rsa_pkcs1_sha512, rsa_key, EVP_sha512());
    CHECK(ERR_peek_error() == 0);
}
