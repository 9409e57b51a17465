#include <spantls/providers/openssl/x25519.hpp>

#include <openssl/err.h>

#include <spantls/crypto/provider.hpp>
#include <spantls/providers/sodium/x25519.hpp>

#include "support/catch.hpp"
#include "support/x25519_checks.hpp"

using spantls::libcrypto::x25519;
using theirs = spantls::libsodium::x25519;
using test::x25519::bytes32;

static_assert(spantls::key_exchange<x25519>);

TEST_CASE("libcrypto's X25519: both sides agree, with libsodium too") {
    test::x25519::check_agreement<x25519, x25519>(
        24, 200,
        [](const bytes32& own, const bytes32& client_share, const bytes32& server_random, const bytes32& server_share,
           const bytes32& secret) {
            bytes32 other{};
            REQUIRE(theirs::finish(own, server_share, other));
            CHECK(secret == other);
            REQUIRE(theirs::public_key(own, other));
            CHECK(client_share == other);
            REQUIRE(theirs::public_key(server_random, other));
            CHECK(server_share == other);
        });
}

TEST_CASE("libcrypto's X25519: shares that give the all-zero secret are refused (RFC 9846, section 7.4.2)") {
    test::x25519::check_zero_secret<x25519>();
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("libcrypto's X25519: Wycheproof") {
    test::x25519::check_wycheproof<x25519>([](const bytes32&) {});
}

TEST_CASE("libcrypto's X25519: RFC 7748") { test::x25519::check_rfc7748<x25519>(); }
