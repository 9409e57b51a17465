#include <spantls/providers/sodium/x25519.hpp>

#include <array>

#include <spantls/crypto/provider.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::fixed_bytes;
using spantls::libsodium::x25519;

static_assert(spantls::key_exchange<x25519>);

namespace {

using bytes32 = std::array<std::uint8_t, 32>;

bytes32 from_hex(const std::string& text) {
    const test::buffer bytes = test::unhex(text);
    REQUIRE(bytes.size() == 32);
    bytes32 out{};
    spantls::copy_bytes(bytes, out);
    return out;
}

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
    test::seeded_stream random(4);
    for (int i = 0; i < 100; ++i) {
        bytes32 client_random{}, server_random{}, private_key{}, client_share{}, server_share{}, client{}, server{};
        random.fill(client_random);
        random.fill(server_random);
        REQUIRE(x25519::generate(client_random, private_key, client_share));
        REQUIRE(x25519::respond(server_random, client_share, server_share, server));
        REQUIRE(x25519::finish(private_key, server_share, client));
        REQUIRE(client == server);
        REQUIRE(client == test::oracle::x25519(test::oracle::private_key(EVP_PKEY_X25519, private_key), server_share));
    }
}

TEST_CASE("shares that give the all-zero secret are refused (RFC 9846, section 7.4.2)") {
    // The points of small order, and their other spellings (RFC 7748, section 6.1; Curve25519's page lists them).
    for (const char* share : {"0000000000000000000000000000000000000000000000000000000000000000",
                              "0100000000000000000000000000000000000000000000000000000000000000",
                              "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                              "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        for (const unsigned top : {0x00u, 0x80u}) {
            bytes32 theirs = from_hex(share);
            theirs[31] = static_cast<std::uint8_t>(theirs[31] | top);
            bytes32 own{}, mine{}, secret{};
            own.fill(0x77);
            INFO(test::hex(theirs));
            CHECK_FALSE(x25519::respond(own, theirs, mine, secret));
            CHECK_FALSE(x25519::finish(own, theirs, secret));
        }
    }
}

TEST_CASE("X25519: Wycheproof") {
    const auto file = test::shared_vectors("wycheproof/x25519_test.json");
    if (!file) return;
    std::size_t zero = 0;
    const std::size_t cases = test::for_each_wycheproof(*file, [&](const auto&, const auto& one) {
        const bytes32 share = from_hex(one["public"]), key = from_hex(one["private"]);
        const bytes32 shared = from_hex(one["shared"]);
        bytes32 secret{};
        if (shared == bytes32{}) {
            CHECK_FALSE(x25519::finish(key, share, secret));
            ++zero;
            return;
        }
        CHECK(one["result"] != "invalid");
        CHECK(x25519::finish(key, share, secret));
        CHECK(secret == shared);
        check_public_key(key);
    });
    test::ran("Wycheproof x25519", cases);
    test::ran("of these with the all-zero secret", zero);
}

TEST_CASE("X25519: RFC 7748") {
    const auto file = test::debian_vectors("asymmetric/X25519/rfc7748.txt");
    if (!file) return;
    std::size_t cases = 0;
    for (const auto& record : test::load_response_file(*file)) {
        if (!record.contains("OUTPUT_U")) continue;
        bytes32 secret{};
        CHECK(x25519::finish(from_hex(record.at("INPUT_SCALAR")), from_hex(record.at("INPUT_U")), secret));
        CHECK(test::hex(secret) == record.at("OUTPUT_U"));
        ++cases;
    }
    test::ran("RFC 7748", cases);
}
