#include <spantls/providers/openssl/aead.hpp>

#include <spantls/crypto/provider.hpp>

#include "support/aead_checks.hpp"

using spantls::libcrypto::aes128_gcm;
using spantls::libcrypto::aes256_gcm;
using spantls::libcrypto::chacha20_poly1305;

static_assert(spantls::record_aead<aes128_gcm> && spantls::record_aead<aes256_gcm>);
static_assert(spantls::record_aead<chacha20_poly1305>);

namespace {

const EVP_CIPHER* cipher_of(const aes128_gcm*) { return EVP_aes_128_gcm(); }
const EVP_CIPHER* cipher_of(const aes256_gcm*) { return EVP_aes_256_gcm(); }
const EVP_CIPHER* cipher_of(const chacha20_poly1305*) { return EVP_chacha20_poly1305(); }

}  // namespace

TEMPLATE_TEST_CASE("libcrypto: records of every length", "", aes128_gcm, aes256_gcm, chacha20_poly1305) {
    REQUIRE(TestType::available());
    test::check_lengths<TestType>(cipher_of(static_cast<TestType*>(nullptr)));
}

TEMPLATE_TEST_CASE("libcrypto: every changed record is refused", "", aes128_gcm, aes256_gcm, chacha20_poly1305) {
    test::check_changes_refused<TestType>();
}

TEST_CASE("libcrypto's AEADs: Wycheproof") {
    test::check_wycheproof<aes128_gcm>("aes_gcm_test.json");
    test::check_wycheproof<aes256_gcm>("aes_gcm_test.json");
    test::check_wycheproof<chacha20_poly1305>("chacha20_poly1305_test.json");
}

TEST_CASE("libcrypto's AEADs: NIST's vectors") {
    test::check_response_file<aes128_gcm>("ciphers/AES/GCM/gcmEncryptExtIV128.rsp", "PT", "CT");
    test::check_response_file<aes128_gcm>("ciphers/AES/GCM/gcmDecrypt128.rsp", "PT", "CT");
    test::check_response_file<aes256_gcm>("ciphers/AES/GCM/gcmEncryptExtIV256.rsp", "PT", "CT");
    test::check_response_file<aes256_gcm>("ciphers/AES/GCM/gcmDecrypt256.rsp", "PT", "CT");
}

TEMPLATE_TEST_CASE("libcrypto: one key seals and opens by turns, and takes another key", "", aes128_gcm, aes256_gcm,
                   chacha20_poly1305) {
    test::aead_case<TestType> one(1, 3000), other(2, 100);
    for (int turn = 0; turn < 3; ++turn) {
        for (auto* it : {&one, &other}) {
            test::buffer record = it->seal(spantls::content_type::handshake, 5);
            REQUIRE(TestType::open(it->context, it->nonce, it->header, record));
            record.resize(it->text.size());
            CHECK(record == it->text);
        }
        TestType::set_key(one.context, other.key);
        test::buffer record = other.seal(spantls::content_type::handshake, 0);
        CHECK(TestType::open(one.context, other.nonce, other.header, record));
        TestType::set_key(one.context, one.key);
    }
    spantls::clear_context<TestType>(one.context);
    spantls::clear_context<TestType>(one.context);
    spantls::clear_context<TestType>(other.context);
}

TEMPLATE_TEST_CASE("libcrypto: without a key nothing opens, and no plaintext goes out", "", aes128_gcm, aes256_gcm,
                   chacha20_poly1305) {
    // As after set_key() with no memory to be had.
    for (const std::size_t size : {0u, 20u, 5000u}) {
        test::aead_case<TestType> given(size, size);
        const test::buffer sealed = given.seal(spantls::content_type::application_data, 3);
        spantls::clear_context<TestType>(given.context);
        test::buffer record = sealed;
        CHECK_FALSE(TestType::open(given.context, given.nonce, given.header, record));
        record = given.text;
        record.resize(sealed.size(), 0xa5);
        TestType::seal(given.context, given.nonce, given.header, {record.data(), size},
                       spantls::content_type::application_data, 3, record.data());
        CHECK(record == test::buffer(sealed.size()));
        CHECK(given.seal(spantls::content_type::application_data, 3) == test::buffer(sealed.size()));
    }
}
