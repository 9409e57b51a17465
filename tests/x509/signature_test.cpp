#include <spantls/x509/signature.hpp>

#include <cstdint>
#include <filesystem>
#include <utility>

#include <spantls/providers/portable/rsa.hpp>

#include "support/catch.hpp"
#include "support/openssl_verify.hpp"
#include "support/provider.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::operator+;
using namespace spantls::x509;

namespace {

bytes rsa(std::uint8_t last) { return {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last}; }
bytes ecdsa(std::uint8_t last) { return {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last}; }
bytes mldsa(std::uint8_t last) { return {6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last}; }
bytes sha2(std::uint8_t last, bool null = true) {
    return test::sequence({{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last}, null ? bytes{5, 0} : bytes{}});
}
bytes pss(const bytes& hash, const bytes& mask_hash, std::uint8_t salt, const bytes& more = {}) {
    return test::sequence(
        {rsa(10), test::sequence({test::tlv(0xa0, hash), test::tlv(0xa1, test::sequence({rsa(8), mask_hash})),
                                  test::tlv(0xa2, {2, 1, salt}), more})});
}

struct outcome {
    algorithm_strength strength;
    certificate_signature how;
};
outcome read(const bytes& algorithm, key_type key) {
    der_reader in(algorithm);
    outcome it{};
    it.strength = read_signature_algorithm(x509::detail::read_algorithm(in), key, it.how);
    REQUIRE(in.finished());
    return it;
}

algorithm_strength strength_of(const bytes& spki) {
    certificate it;
    REQUIRE(parse_raw_public_key(spki, it) == errc::none);
    return strength_of_key(it);
}
bytes rsa_key(bytes modulus, const bytes& exponent) {
    return test::sequence(
        {test::sequence({rsa(1), {5, 0}}),
         test::bit_string(test::sequence({test::tlv(2, bytes{0} + modulus), test::tlv(2, exponent)}))});
}

}  // namespace

TEST_CASE("signature: algorithms, and the schemes that they are") {
    using enum signature_scheme;
    const auto scheme = [](const bytes& algorithm, key_type key) {
        const outcome it = read(algorithm, key);
        CHECK(it.strength == algorithm_strength::good);
        return scheme_of(it.how);
    };
    CHECK(scheme(test::ed25519_algorithm(), key_type::ed25519) == ed25519);
    CHECK(scheme(test::sequence({rsa(11), {5, 0}}), key_type::rsa) == rsa_pkcs1_sha256);
    CHECK(scheme(test::sequence({rsa(12), {5, 0}}), key_type::rsa) == rsa_pkcs1_sha384);
    CHECK(scheme(test::sequence({rsa(13), {5, 0}}), key_type::rsa) == rsa_pkcs1_sha512);
    CHECK(scheme(pss(sha2(1), sha2(1), 32), key_type::rsa) == rsa_pss_rsae_sha256);
    CHECK(scheme(pss(sha2(2), sha2(2, false), 48), key_type::rsa) == rsa_pss_rsae_sha384);
    CHECK(scheme(pss(sha2(3), sha2(3), 64), key_type::rsa) == rsa_pss_rsae_sha512);
    CHECK(scheme(test::sequence({ecdsa(2)}), key_type::p256) == ecdsa_secp256r1_sha256);
    CHECK(scheme(test::sequence({ecdsa(3)}), key_type::p384) == ecdsa_secp384r1_sha384);
    CHECK(scheme(pss(sha2(1), sha2(1), 32), key_type::rsa_pss) == rsa_pss_pss_sha256);
    CHECK(scheme(pss(sha2(2), sha2(2), 48), key_type::rsa_pss) == rsa_pss_pss_sha384);
    CHECK(scheme(pss(sha2(3), sha2(3), 64), key_type::rsa_pss) == rsa_pss_pss_sha512);
    CHECK(scheme(test::sequence({mldsa(17)}), key_type::mldsa44) == mldsa44);  // RFC 9881, section 3
    CHECK(scheme(test::sequence({mldsa(18)}), key_type::mldsa65) == mldsa65);
    CHECK(scheme(test::sequence({mldsa(19)}), key_type::mldsa87) == mldsa87);
    // Good, and no scheme of TLS: for certificates only.
    CHECK(scheme(test::sequence({ecdsa(3)}), key_type::p256) == ecdsa_secp256r1_sha384);
    CHECK(scheme(test::sequence({ecdsa(2)}), key_type::p384) == ecdsa_secp384r1_sha256);
    CHECK(scheme(test::sequence({ecdsa(4)}), key_type::p384) == ecdsa_secp384r1_sha512);
}

TEST_CASE("signature: algorithms that are weak, or nothing at all (RFC 9846, section 4.3.3)") {
    for (const std::uint8_t last : {std::uint8_t{2}, std::uint8_t{4}, std::uint8_t{5}})
        CHECK(read(test::sequence({rsa(last), {5, 0}}), key_type::rsa).strength == algorithm_strength::weak);
    CHECK(read(test::sequence({{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1}}), key_type::p256).strength ==
          algorithm_strength::weak);
    const auto refused = [](const bytes& algorithm, key_type key) {
        return read(algorithm, key).strength == algorithm_strength::unsupported;
    };
    CHECK(refused(test::sequence({rsa(11)}), key_type::rsa));           // no NULL
    CHECK(refused(test::sequence({rsa(14), {5, 0}}), key_type::rsa));   // SHA-224
    CHECK(refused(test::sequence({rsa(11), {5, 0}}), key_type::p256));  // another kind of key
    CHECK(refused(test::sequence({ecdsa(2)}), key_type::rsa));
    CHECK(refused(test::sequence({rsa(11), {5, 0}}), key_type::rsa_pss));  // RFC 4055, section 1.2
    CHECK(refused(pss(sha2(1), sha2(1), 32), key_type::ed25519));
    CHECK(refused(test::sequence({ecdsa(2), {5, 0}}), key_type::p256));
    CHECK(refused(test::sequence({ecdsa(1)}), key_type::p256));
    CHECK(refused(test::ed25519_algorithm(), key_type::p256));
    CHECK(refused(test::sequence({{6, 3, 0x2b, 0x65, 0x70}, {5, 0}}), key_type::ed25519));
    CHECK(refused(test::sequence({mldsa(17)}), key_type::mldsa65));
    CHECK(refused(test::sequence({mldsa(17)}), key_type::ed25519));
    CHECK(refused(test::sequence({mldsa(18), {5, 0}}), key_type::mldsa65));
    CHECK(refused(test::sequence({mldsa(20)}), key_type::unsupported));
    CHECK(refused(test::ed25519_algorithm(), key_type::mldsa44));
    // RFC 9846, section 4.3.3: the salt is as long as the digest, and parameters are DER.
    CHECK(refused(pss(sha2(1), sha2(2), 32), key_type::rsa));
    CHECK(refused(pss(sha2(1), sha2(1), 20), key_type::rsa));
    CHECK(refused(pss(sha2(1), sha2(1), 32, {0xa3, 3, 2, 1, 1}), key_type::rsa));  // a default that is written
    CHECK(refused(test::sequence({rsa(10), test::sequence({})}), key_type::rsa));  // SHA-1, by default
    CHECK(refused(test::sequence({rsa(10)}), key_type::rsa));
}

TEST_CASE("signature: keys that are too weak, too large or none") {
    const auto modulus = [](std::size_t size, std::uint8_t top) {
        bytes it(size, 0xff);
        it[0] = top;
        return it;
    };
    using enum algorithm_strength;
    const bytes f4 = {1, 0, 1};
    CHECK(strength_of(rsa_key(modulus(256, 0x80), f4)) == good);
    CHECK(strength_of(rsa_key(modulus(1024, 0xff), f4)) == good);
    CHECK(strength_of(rsa_key(modulus(256, 0x80), {3})) == good);
    CHECK(strength_of(rsa_key(modulus(255, 0xff), f4)) == weak);
    CHECK(strength_of(rsa_key(modulus(256, 0x80), {1})) == weak);
    CHECK(strength_of(rsa_key(modulus(256, 0x80), {4})) == weak);
    CHECK(strength_of(rsa_key(modulus(1025, 0x80), f4)) == unsupported);
    CHECK(strength_of(rsa_key(modulus(256, 0x80), bytes(9, 1))) == unsupported);
    CHECK(strength_of(rsa_key(modulus(256, 0x7f), f4)) == unsupported);  // a zero too many in front
    bytes even = modulus(256, 0x80);
    even.back() = 0xfe;
    CHECK(strength_of(rsa_key(even, f4)) == weak);
    CHECK(strength_of(test::key_pair("a").spki()) == good);
}

TEST_CASE("signature: keys are as large here as the provider of our own takes them") {
    CHECK(max_rsa_bits == portable::max_rsa_bits);
    CHECK(max_rsa_exponent_bits == portable::max_rsa_exponent_bits);
    using enum algorithm_strength;
    const std::pair<bytes, algorithm_strength> exponents[] = {{{3}, good},
                                                              {{0x7f, 0xff, 0xff, 0xff}, good},
                                                              {{0, 0xff, 0xff, 0xff, 0xff}, good},
                                                              {{1, 0, 0, 0, 1}, good},
                                                              {{1, 0xff, 0xff, 0xff, 0xff}, good},
                                                              {{2, 0, 0, 0, 1}, unsupported},
                                                              {{0, 0xff, 0xff, 0xff, 0xff, 0xff}, unsupported},
                                                              {{0x7f, 0, 0, 0, 0, 0, 0, 1}, unsupported},
                                                              {{0, 0x80, 0, 0, 0, 0, 0, 0, 1}, unsupported},
                                                              {{1, 0, 0, 0, 0, 0, 0, 0, 1}, unsupported},
                                                              {{1, 0, 0, 0, 0}, weak}};
    for (const auto& [exponent, strength] : exponents) {
        const bytes spki = rsa_key(bytes(256, 0xff), exponent);
        CHECK(strength_of(spki) == strength);
        certificate it;
        REQUIRE(parse_raw_public_key(spki, it) == errc::none);
        CHECK(portable::rsa_public_key(it.public_key).good() == (strength == good));
    }
}

TEST_CASE("signature: RSASSA-PSS keys with parameters are for these only (RFC 9846, section 4.3.3)") {
    const auto key = test::oracle::rsa_key(2048);
    const bytes public_key = test::oracle::public_bytes(key), message = test::text("signed");
    const auto found = [&](const bytes& key_algorithm, const bytes& algorithm, const EVP_MD* hash) {
        const bytes spki = test::sequence({key_algorithm, test::bit_string(public_key)});
        certificate signer;
        REQUIRE(parse_raw_public_key(spki, signer) == errc::none);
        CHECK(strength_of_key(signer) == algorithm_strength::good);
        der_reader in(algorithm);
        std::size_t budget = 1;
        const bytes signature = test::oracle::sign(key, hash, message, true);
        const auto read_algorithm = x509::detail::read_algorithm(in);
        const auto finding =
            check_signature(test::usual_provider(), read_algorithm, signer, message, signature, budget);
        CHECK((budget == 0) == (finding == signature_finding::good || finding == signature_finding::bad));
        std::size_t none = 0;
        if (budget == 0)
            CHECK(check_signature(test::usual_provider(), read_algorithm, signer, message, signature, none) ==
                  signature_finding::too_many);
        return finding;
    };
    const bytes any = test::sequence({rsa(10)}), sha256 = pss(sha2(1), sha2(1), 32), sha384 = pss(sha2(2), sha2(2), 48);
    CHECK(found(any, sha256, EVP_sha256()) == signature_finding::good);
    CHECK(found(any, sha384, EVP_sha384()) == signature_finding::good);
    CHECK(found(any, sha384, EVP_sha256()) == signature_finding::bad);
    CHECK(found(sha256, sha256, EVP_sha256()) == signature_finding::good);
    CHECK(found(sha256, sha384, EVP_sha384()) == signature_finding::unsupported);
    CHECK(found(sha256, pss(sha2(1, false), sha2(1), 32), EVP_sha256()) == signature_finding::unsupported);
    CHECK(found(sha256, test::sequence({rsa(11), {5, 0}}), EVP_sha256()) == signature_finding::unsupported);
    CHECK(found(any, test::sequence({rsa(5), {5, 0}}), EVP_sha256()) == signature_finding::weak);
}

TEST_CASE("signature: real ones, by each algorithm of NIST's and pyca's certificates that sign themselves") {
    std::size_t verified = 0;
    const test::openssl_verifier crypto;
    for (const char* name : test::made_names) {
        const bytes der = test::made_certificate(name);
        certificate it;
        REQUIRE(parse_certificate(der, it) == errc::none);
        if (!it.self_issued()) continue;
        INFO(name);
        certificate_signature how;
        REQUIRE(read_signature_algorithm(it.signature_algorithm, key_type_of(it), how) == algorithm_strength::good);
        CHECK(verify_signature(crypto, how, it.public_key, it.tbs, it.signature));
        bytes changed = test::copy(it.tbs);
        changed.back() ^= 1;
        CHECK_FALSE(verify_signature(crypto, how, it.public_key, changed, it.signature));
        ++verified;
    }
    CHECK(verified >= 5);
}
