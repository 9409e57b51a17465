#include <spantls/x509/private_key.hpp>

#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::operator+;
using x509::key_type;

namespace {

using pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string pem_of(const EVP_PKEY* key, bool traditional) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    if (traditional)
        PEM_write_bio_PrivateKey_traditional(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    else
        PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

errc error_of(const std::string& pem) {
    bytes room(pem.size());
    x509::private_key key;
    const errc error = x509::read_private_key(pem, room, key);
    CHECK((error == errc::none) == (key.type != key_type::unsupported));
    return error;
}

}  // namespace

TEST_CASE("private_key: what OpenSSL writes, in each of the forms, and its public half") {
    struct kind {
        pkey key;
        key_type type;
    };
    kind kinds[] = {{pkey(EVP_EC_gen("P-256"), EVP_PKEY_free), key_type::p256},
                    {pkey(EVP_EC_gen("P-384"), EVP_PKEY_free), key_type::p384},
                    {pkey(EVP_RSA_gen(2048), EVP_PKEY_free), key_type::rsa},
                    {pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free), key_type::ed25519}};
    for (const kind& one : kinds) {
        for (const bool traditional : {false, true}) {
            if (traditional && one.type == key_type::ed25519) continue;  // there is no other form
            const std::string pem = pem_of(one.key.get(), traditional);
            INFO(pem.substr(0, 30));
            bytes room(pem.size());
            x509::private_key key;
            REQUIRE(x509::read_private_key(pem, room, key) == errc::none);
            CHECK(key.type == one.type);
            std::uint8_t* der = nullptr;
            const int size = i2d_PUBKEY(one.key.get(), &der);
            x509::certificate half;
            REQUIRE(x509::parse_raw_public_key({der, static_cast<std::size_t>(size)}, half) == errc::none);
            if (one.type == key_type::rsa) {
                const x509::rsa_public_key numbers = x509::read_rsa_public_key(half.public_key);
                CHECK(equal_bytes(numbers.modulus, key.numbers.modulus));
                CHECK(equal_bytes(numbers.exponent, key.numbers.public_exponent));
                CHECK(numbers.bits == 2048);
                CHECK(key.numbers.prime1.size() == 128);
                CHECK(key.rsa.size() > 1000);
            } else if (one.type == key_type::ed25519) {
                bytes shown(32), secret(64);
                crypto_sign_seed_keypair(shown.data(), secret.data(), key.secret.data());
                CHECK(equal_bytes(shown, half.public_key));
            } else {
                CHECK(key.secret.size() == (one.type == key_type::p256 ? 32 : 48));
                CHECK(equal_bytes(key.public_key, half.public_key));
            }
            OPENSSL_free(der);
            // No room, cut, or with anything behind it.
            bytes little(20);
            CHECK(x509::read_private_key(pem, little, key) == errc::too_small);
            x509::pem_block block;
            x509::pem_reader in(pem);
            REQUIRE(in.next(block));
            bytes whole(block.decoded_room());
            whole.resize(*x509::decode_base64(block.body, whole));
            for (std::size_t cut = 0; cut < whole.size(); ++cut)
                if (x509::parse_private_key(bytes_view(whole).first(cut), key) != errc::key_damaged)
                    FAIL("cut to " << cut);
            whole.push_back(0);
            CHECK(x509::parse_private_key(whole, key) == errc::key_damaged);
        }
    }
}

TEST_CASE("private_key: those that are not supported, and those that are none") {
    CHECK(error_of("") == errc::pem_damaged);
    CHECK(error_of("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----") == errc::pem_damaged);
    CHECK(error_of("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----") == errc::key_damaged);
    CHECK(error_of("-----BEGIN PRIVATE KEY-----\nM!A=\n-----END PRIVATE KEY-----") == errc::pem_damaged);
    for (const char* curve : {"P-521", "P-224", "secp256k1"}) {
        const pkey key(EVP_EC_gen(curve), EVP_PKEY_free);
        CHECK(error_of(pem_of(key.get(), false)) == errc::key_unsupported);
        CHECK(error_of(pem_of(key.get(), true)) == errc::key_unsupported);
    }
    const pkey weak(EVP_RSA_gen(1024), EVP_PKEY_free);
    CHECK(error_of(pem_of(weak.get(), false)) == errc::key_unsupported);
    const pkey ed448(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"), EVP_PKEY_free);
    CHECK(error_of(pem_of(ed448.get(), false)) == errc::key_unsupported);

    // An Ed25519 seed of another length; a scalar of another length; two curves that contradict each other.
    x509::private_key key;
    const auto pkcs8 = [](const bytes& algorithm, const bytes& secret) {
        return test::sequence({{2, 1, 0}, algorithm, test::tlv(4, secret)});
    };
    for (const std::size_t size : {std::size_t{31}, std::size_t{32}, std::size_t{33}})
        CHECK(x509::parse_private_key(pkcs8(test::ed25519_algorithm(), test::tlv(4, bytes(size, 1))), key) ==
              (size == 32 ? errc::none : errc::key_damaged));
    const bytes p256 = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}, p384 = {6, 5, 0x2b, 0x81, 4, 0, 0x22};
    const bytes ec = test::sequence({{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, p256});
    const auto sec1 = [](std::size_t size, const bytes& curve) {
        return test::sequence(
            {{2, 1, 1}, test::tlv(4, bytes(size, 1)), curve.empty() ? bytes{} : test::tlv(0xa0, curve)});
    };
    CHECK(x509::parse_private_key(pkcs8(ec, sec1(32, {})), key) == errc::none);
    CHECK(x509::parse_private_key(pkcs8(ec, sec1(32, p256)), key) == errc::none);
    CHECK(x509::parse_private_key(pkcs8(ec, sec1(32, p384)), key) == errc::key_damaged);
    CHECK(x509::parse_private_key(pkcs8(ec, sec1(31, {})), key) == errc::key_damaged);
    CHECK(x509::parse_private_key(sec1(48, p384), key) == errc::none);
    CHECK(x509::parse_private_key(sec1(32, {}), key) == errc::key_unsupported);
}

TEST_CASE("private_key: RSA of id-RSASSA-PSS is told apart, and with parameters not taken") {
    for (const bool pss : {false, true}) {
        const bytes pem = test::made_file(pss ? "rsa-pss.key.pem" : "rsa.key.pem");
        bytes room(pem.size());
        x509::private_key key;
        REQUIRE(x509::read_private_key(as_text(pem), room, key) == errc::none);
        CHECK(key.type == x509::key_type::rsa);
        CHECK(key.pss_only == pss);
        CHECK(key.numbers.modulus.size() == 256);
    }
    const bytes pem = test::made_file("rsa-pss.key.pem");
    bytes room(pem.size());
    x509::private_key key;
    REQUIRE(x509::read_private_key(as_text(pem), room, key) == errc::none);
    const bytes pss = {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0a};
    const bytes octets = test::tlv(4, test::copy(key.rsa));
    const auto error_with = [&](const bytes& parameters) {
        const bytes der = test::sequence({{2, 1, 0}, test::sequence({pss, parameters}), octets});
        x509::private_key other;
        return x509::parse_private_key(der, other);
    };
    CHECK(error_with({}) == errc::none);
    CHECK(error_with({5, 0}) == errc::key_unsupported);
    CHECK(error_with({0x30, 0}) == errc::key_unsupported);
}

TEST_CASE("private_key: ML-DSA, in each of its forms (RFC 9881, section 6)") {
    struct set {
        std::uint8_t number;
        key_type type;
        std::size_t expanded, public_key;
    };
    for (const set& one : {set{17, key_type::mldsa44, 2560, 1312}, set{18, key_type::mldsa65, 4032, 1952},
                           set{19, key_type::mldsa87, 4896, 2592}}) {
        CAPTURE(one.number);
        const bytes id = {6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, one.number};
        x509::private_key key;
        const auto error_of = [&](const bytes& form, const bytes& more = {}, const bytes& parameters = {}) {
            const std::uint8_t version = more.empty() ? 0 : 1;
            const bytes der =
                test::sequence({{2, 1, version}, test::sequence({id, parameters}), test::tlv(4, form), more});
            const errc error = x509::parse_private_key(der, key);
            CHECK((key.type == one.type) == (error == errc::none));
            return error;
        };
        const auto both = [](std::size_t seed, std::size_t expanded) {
            return test::sequence({test::tlv(4, bytes(seed, 1)), test::tlv(4, bytes(expanded, 2))});
        };
        REQUIRE(error_of(test::tlv(0x80, bytes(32, 1))) == errc::none);
        CHECK(key.secret.size() == 32);
        CHECK(key.expanded.empty());
        CHECK(key.public_key.empty());
        REQUIRE(error_of(test::tlv(4, bytes(one.expanded, 1))) == errc::none);
        CHECK(key.secret.empty());
        CHECK(key.expanded.size() == one.expanded);
        REQUIRE(error_of(both(32, one.expanded)) == errc::none);
        CHECK(key.secret.size() == 32);
        CHECK(key.expanded.size() == one.expanded);
        // With the public key beside it (RFC 5958, section 2).
        const auto with_public = [&](std::size_t size) {
            return error_of(test::tlv(0x80, bytes(32, 1)), test::tlv(0x81, bytes(1 + size, 0)));
        };
        REQUIRE(with_public(one.public_key) == errc::none);
        CHECK(key.public_key.size() == one.public_key);
        CHECK(with_public(one.public_key - 1) == errc::key_damaged);

        for (const std::size_t wrong : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
            CHECK(error_of(test::tlv(0x80, bytes(wrong, 1))) == errc::key_damaged);
            CHECK(error_of(both(wrong, one.expanded)) == errc::key_damaged);
        }
        for (const std::size_t wrong : {std::size_t{0}, std::size_t{32}, one.expanded - 1, one.expanded + 1}) {
            CHECK(error_of(test::tlv(4, bytes(wrong, 1))) == errc::key_damaged);
            CHECK(error_of(both(32, wrong)) == errc::key_damaged);
        }
        CHECK(error_of({}) == errc::key_damaged);
        CHECK(error_of(bytes(32, 1)) == errc::key_damaged);  // as if there were no choice
        CHECK(error_of(test::tlv(0x81, bytes(32, 1))) == errc::key_damaged);
        CHECK(error_of(test::tlv(0x80, bytes(32, 1)) + bytes{5, 0}) == errc::key_damaged);
        CHECK(error_of(test::sequence({test::tlv(4, bytes(32, 1))})) == errc::key_damaged);
        CHECK(error_of(test::sequence({test::tlv(0x80, bytes(32, 1)), test::tlv(4, bytes(one.expanded, 1))})) ==
              errc::key_damaged);
        CHECK(error_of(test::tlv(0x80, bytes(32, 1)), {}, {5, 0}) == errc::key_damaged);  // section 2: no parameters
    }
    x509::private_key key;
    const bytes slh = {6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 20};
    CHECK(x509::parse_private_key(
              test::sequence({{2, 1, 0}, test::sequence({slh}), test::tlv(4, test::tlv(0x80, bytes(32, 1)))}), key) ==
          errc::key_unsupported);
}

TEST_CASE("private_key: the files of pyca/cryptography") {
    const auto folder = test::debian_vectors("asymmetric");
    if (!folder) return;
    const std::pair<const char*, errc> files[] = {
        {"PKCS8/ec_private_key.pem", errc::none},
        {"PKCS8/ecc_private_with_rfc5915_ext.pem", errc::none},
        {"PKCS8/unenc-rsa-pkcs8.pem", errc::key_unsupported},              // RSA of 1024 bits
        {"PEM_Serialization/rsa_private_key.pem", errc::key_unsupported},  // encrypted, by RFC 1421
        {"PKCS8/private.pem", errc::key_unsupported},
        {"PKCS8/ec_private_key_encrypted.pem", errc::key_unsupported},
        {"PKCS8/enc-rsa-pkcs8.pem", errc::key_unsupported},
        {"PKCS8/rsa_pss_2048.pem", errc::none},
        {"PKCS8/unenc-dsa-pkcs8.pem", errc::key_unsupported},
        {"PEM_Serialization/ec_private_key.pem", errc::none},
        {"PEM_Serialization/ec_private_key_encrypted.pem", errc::key_unsupported},
        {"Ed25519/ed25519-pkcs8.pem", errc::none},
        {"Ed25519/ed25519-pkcs8-enc.pem", errc::key_unsupported},
        {"Ed448/ed448-pkcs8.pem", errc::key_unsupported},
        {"Traditional_OpenSSL_Serialization/testrsa-encrypted.pem", errc::key_unsupported},
    };
    for (const auto& [name, expected] : files) {
        INFO(name);
        const bytes text = test::load_bytes(*folder / name);
        const errc error = error_of(std::string(as_text(text)));
        INFO(name_of(error));
        CHECK(error == expected);
    }
    test::ran("private keys of pyca/cryptography", std::size(files));
}
