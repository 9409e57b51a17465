#include <spantls/providers/sodium.hpp>

#include <array>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::cipher_suite;
using spantls::signature_scheme;
using spantls::sodium;
using spantls::sodium_chacha;

static_assert(spantls::provider<sodium>);
static_assert(spantls::provider<sodium_chacha>);
static_assert(spantls::provider<test::seeded<sodium>>);

// Preference, and the rows point at the right AEADs.
static_assert(sodium::suites.size() == 2);
static_assert(sodium::suites[0].suite == cipher_suite::tls_aes_256_gcm_sha384);
static_assert(sodium::suites[0].hash == spantls::hash_id::sha384 && sodium::suites[0].aead == 0);
static_assert(sodium::suites[1].suite == cipher_suite::tls_chacha20_poly1305_sha256);
static_assert(sodium::suites[1].hash == spantls::hash_id::sha256 && sodium::suites[1].aead == 1);
static_assert(sodium_chacha::suites.size() == 1);
static_assert(spantls::find_suite<sodium_chacha>(cipher_suite::tls_aes_256_gcm_sha384) == nullptr);

TEST_CASE("libsodium is ready, as often as it is asked") {
    REQUIRE(sodium().ready());
    REQUIRE(sodium().ready());
    REQUIRE(sodium_chacha().ready());
}

TEST_CASE("ChaCha20-Poly1305 is always available, AES-256-GCM where the CPU has it, and nothing else") {
    const sodium all;
    const sodium_chacha one;
    REQUIRE(all.available(cipher_suite::tls_chacha20_poly1305_sha256));
    REQUIRE(all.available(cipher_suite::tls_aes_256_gcm_sha384) == (crypto_aead_aes256gcm_is_available() != 0));
    REQUIRE_FALSE(all.available(cipher_suite::tls_aes_128_gcm_sha256));
    REQUIRE(one.available(cipher_suite::tls_chacha20_poly1305_sha256));
    REQUIRE_FALSE(one.available(cipher_suite::tls_aes_256_gcm_sha384));
}

TEST_CASE("random bytes differ") {
    sodium crypto;
    std::array<std::uint8_t, 64> first{}, second{};
    REQUIRE(crypto.random(first));
    REQUIRE(crypto.random(second));
    REQUIRE(first != second);
    REQUIRE(crypto.random({}));
}

TEST_CASE("a signature verifies under its own scheme only") {
    const sodium crypto;
    const sodium::ed25519_key key(std::array<std::uint8_t, 32>{1});
    const auto message = spantls::as_bytes("message");
    std::array<std::uint8_t, 64> signature{};
    key.sign(message, signature);
    REQUIRE(crypto.verify(signature_scheme::ed25519, key.public_key(), message, signature));
    REQUIRE_FALSE(crypto.verify(signature_scheme::ed25519, key.public_key(), spantls::as_bytes("massage"), signature));
    for (unsigned other = 0; other <= 0xffff; ++other)
        if (static_cast<signature_scheme>(other) != signature_scheme::ed25519)
            CHECK_FALSE(crypto.verify(static_cast<signature_scheme>(other), key.public_key(), message, signature));
}

TEST_CASE("seeded randomness replays, and its pool comes first") {
    const test::buffer pool = test::unhex("0102030405");
    test::seeded<sodium> one(7, pool), same(7, pool), other(8, pool);
    std::array<std::uint8_t, 24> first{}, second{}, third{};
    for (std::array<std::uint8_t, 24>* out : {&first, &second})
        for (std::size_t at = 0; at < 24; at += 3)  // in pieces, and so across the pool's end
            REQUIRE((out == &first ? one : same).random(spantls::mutable_bytes(*out).subspan(at, 3)));
    REQUIRE(other.random(third));
    REQUIRE(first == second);
    REQUIRE(first != third);
    REQUIRE(test::hex(spantls::bytes_view(first).first(5)) == "0102030405");
    REQUIRE(test::hex(spantls::bytes_view(third).first(5)) == "0102030405");
    REQUIRE(one.seed == 7);
}
