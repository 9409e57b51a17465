#include <spantls/providers/portable/verify.hpp>

#include <spantls/providers/sodium/hash.hpp>

#include "support/catch.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

namespace oracle = test::oracle;
using spantls::signature_scheme;

namespace {

bool verifies(signature_scheme scheme, spantls::bytes_view key, spantls::bytes_view message,
              spantls::bytes_view signature) {
    using namespace spantls::libsodium;
    return spantls::portable::verify<sha256, sha384, sha512>(scheme, key, message, signature);
}

/// The same signature of the same key, whatever the OID of the key is.
bool same(unsigned a, signature_scheme b) {
    const auto plain = [](unsigned scheme) { return scheme >= 0x0809 && scheme <= 0x080b ? scheme - 5 : scheme; };
    return plain(a) == plain(static_cast<unsigned>(b));
}

/// A signature of a key verifies under one scheme, and no other of all that there can be.
void check_only(signature_scheme right, const oracle::key& own, const EVP_MD* hash, bool pss = false) {
    const test::buffer key = oracle::public_bytes(own), message(40, 'x');
    const test::buffer signature = oracle::sign(own, hash, message, pss);
    INFO(name_of(right));
    CHECK(verifies(right, key, message, signature));
    CHECK_FALSE(verifies(right, key, test::buffer(40, 'y'), signature));
    for (unsigned other = 0; other <= 0xffff; ++other)
        if (!same(other, right) && verifies(static_cast<signature_scheme>(other), key, message, signature))
            FAIL("verifies under " << other);
}

}  // namespace

TEST_CASE("a signature verifies under its own scheme only: ECDSA") {
    const oracle::key p256 = oracle::ec_key("P-256"), p384 = oracle::ec_key("P-384");
    check_only(signature_scheme::ecdsa_secp256r1_sha256, p256, EVP_sha256());
    check_only(signature_scheme::ecdsa_secp256r1_sha384, p256, EVP_sha384());
    check_only(signature_scheme::ecdsa_secp256r1_sha512, p256, EVP_sha512());
    check_only(signature_scheme::ecdsa_secp384r1_sha256, p384, EVP_sha256());
    check_only(signature_scheme::ecdsa_secp384r1_sha384, p384, EVP_sha384());
    check_only(signature_scheme::ecdsa_secp384r1_sha512, p384, EVP_sha512());
}

TEST_CASE("a signature verifies under its own scheme only: RSA") {
    const oracle::key rsa = oracle::rsa_key(2048);
    check_only(signature_scheme::rsa_pss_rsae_sha256, rsa, EVP_sha256(), true);
    check_only(signature_scheme::rsa_pss_rsae_sha384, rsa, EVP_sha384(), true);
    check_only(signature_scheme::rsa_pss_rsae_sha512, rsa, EVP_sha512(), true);
    check_only(signature_scheme::rsa_pss_pss_sha256, rsa, EVP_sha256(), true);
    check_only(signature_scheme::rsa_pss_pss_sha384, rsa, EVP_sha384(), true);
    check_only(signature_scheme::rsa_pss_pss_sha512, rsa, EVP_sha512(), true);
    check_only(signature_scheme::rsa_pkcs1_sha256, rsa, EVP_sha256());
    check_only(signature_scheme::rsa_pkcs1_sha384, rsa, EVP_sha384());
    check_only(signature_scheme::rsa_pkcs1_sha512, rsa, EVP_sha512());
}
