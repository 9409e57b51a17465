#include <spantls/providers/sodium/chacha20_poly1305.hpp>

#include <spantls/crypto/provider.hpp>

#include "support/aead_checks.hpp"

using spantls::libsodium::chacha20_poly1305;

static_assert(spantls::record_aead<chacha20_poly1305>);
static_assert(sizeof(chacha20_poly1305::context) == 32);

TEST_CASE("ChaCha20-Poly1305 records of every length are libcrypto's") {
    test::check_lengths<chacha20_poly1305>(EVP_chacha20_poly1305());
    REQUIRE(chacha20_poly1305::available());
}

TEST_CASE("ChaCha20-Poly1305 refuses every changed record") {
    REQUIRE(chacha20_poly1305::available());
    test::check_changes_refused<chacha20_poly1305>();
}

TEST_CASE("a record that is not authentic is left as it came") {
    const test::aead_case<chacha20_poly1305> given(1, 1000);
    test::buffer record = given.seal(spantls::content_type::application_data, 0);
    record.back() ^= 1;
    test::buffer opened = record;
    REQUIRE_FALSE(chacha20_poly1305::open(given.context, given.nonce, given.header, opened));
    REQUIRE(opened == record);
}

TEST_CASE("ChaCha20-Poly1305: Wycheproof") {
    test::check_wycheproof<chacha20_poly1305>("chacha20_poly1305_test.json");
}

TEST_CASE("ChaCha20-Poly1305: OpenSSL's vectors") {
    test::check_response_file<chacha20_poly1305>("ciphers/ChaCha20Poly1305/openssl.txt", "Plaintext", "Ciphertext");
}
