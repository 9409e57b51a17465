#include <spantls/providers/sodium/x25519.hpp>

#include <array>

#include <spantls/crypto/provider.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"
#include "support/x25519_checks.hpp"

using spantls::bytes_view;
using spantls::fixed_bytes;
using spantls::libsodium::x25519;
using test::x25519::bytes32;
using test::x25519::from_hex;

static_assert(spantls::key_exchange<x25519>);

namespace {

void check_public_key(const bytes32& private_key) {
    bytes32 ours{}, ladder{};
    INFO(test::hex(private_key));
    CHECK(x25519::public_key(private_key, ours));
    CHECK(crypto_scalarmult_curve25519_base(ladder.data(), private_key.data()) == 0);
    CHECK(ours == ladder);
}

}  // namespace

TEST_CASE("a public key is the one that the Montgomery ladder finds") {
    REQUIRE(sodium_init() >= 0);
    std::size_t cases = 0;
    test::seeded_stream random(3);
    bytes32 key{};
    for (; cases < 5000; ++cases) {
        random.fill(key);
        check_public_key(key);
    }
    for (int fill = 0; fill < 256; ++fill, ++cases) {
        key.fill(static_cast<std::uint8_t>(fill));
        check_public_key(key);
    }
    for (std::size_t bit = 0; bit < 256; ++bit, ++cases) {
        key.fill(0);
        key[bit / 8] = static_cast<std::uint8_t>(1 << bit % 8);
        check_public_key(key);
    }
    // Around the multiples of the base point's order that a clamped key comes closest to: n * 2^252 + n * 2774...8493.
    const bytes32 order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    for (unsigned times = 1; times <= 8; ++times)
        for (int away = -16; away <= 16; ++away, ++cases) {
            int carry = away;
            for (std::size_t i = 0; i < 32; ++i) {
                carry += static_cast<int>(order[i] * times);
                key[i] = static_cast<std::uint8_t>(carry & 255);
                carry >>= 8;
            }
            check_public_key(key);
        }
    for (std::size_t i = 0; i < 50; ++i, ++cases) {
        random.fill(key);
        bytes32 ours{};
        CHECK(x25519::public_key(key, ours));
        CHECK(ours == test::oracle::public_key(test::oracle::private_key(EVP_PKEY_X25519, key)));
    }
    test::ran("X25519 public keys", cases);
}

TEST_CASE("both sides of X25519 agree, with libcrypto too") {
    test::x25519::check_agreement<x25519, x25519>(
        4, 100,
        [](const bytes32& own, const bytes32&, const bytes32&, const bytes32& server_share, const bytes32& secret) {
            const auto key = test::oracle::private_key(EVP_PKEY_X25519, own);
            REQUIRE(secret == test::oracle::x25519(key, server_share));
        });
}

TEST_CASE("shares that give the all-zero secret are refused (RFC 9846, section 7.4.2)") {
    test::x25519::check_zero_secret<x25519>();
}

TEST_CASE("X25519: Wycheproof") { test::x25519::check_wycheproof<x25519>(check_public_key); }

TEST_CASE("X25519: RFC 7748") { test::x25519::check_rfc7748<x25519>(); }
