#include <spantls/providers/openssl/x25519.hpp>

#include <array>

#include <openssl/err.h>

#include <spantls/crypto/provider.hpp>
#include <spantls/providers/sodium/x25519.hpp>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::libcrypto::x25519;
using theirs = spantls::libsodium::x25519;

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

}  // namespace

TEST_CASE("libcrypto's X25519: both sides agree, with libsodium too") {
    test::seeded_stream random(24);
    for (int i = 0; i < 200; ++i) {
        bytes32 client_random{}, server_random{}, own{}, client_share{}, server_share{}, client{}, server{}, other{};
        random.fill(client_random);
        random.fill(server_random);
        REQUIRE(x25519::generate(client_random, own, client_share));
        REQUIRE(x25519::respond(server_random, client_share, server_share, server));
        REQUIRE(x25519::finish(own, server_share, client));
        CHECK(client == server);
        REQUIRE(theirs::finish(own, server_share, other));
        CHECK(client == other);
        REQUIRE(theirs::public_key(own, other));
        CHECK(client_share == other);
        REQUIRE(theirs::public_key(server_random, other));
        CHECK(server_share == other);
    }
}

TEST_CASE("libcrypto's X25519: shares that give the all-zero secret are refused (RFC 9846, section 7.4.2)") {
    // The points of small order, and their other spellings (RFC 7748, section 6.1; Curve25519's page lists them).
    for (const char* share : {"0000000000000000000000000000000000000000000000000000000000000000",
                              "0100000000000000000000000000000000000000000000000000000000000000",
                              "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                              "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        for (const unsigned top : {0x00u, 0x80u}) {
            bytes32 small = from_hex(share);
            small[31] = static_cast<std::uint8_t>(small[31] | top);
            bytes32 own{}, mine{}, secret{};
            own.fill(0x77);
            INFO(test::hex(small));
            CHECK_FALSE(x25519::respond(own, small, mine, secret));
            CHECK_FALSE(x25519::finish(own, small, secret));
        }
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("libcrypto's X25519: Wycheproof") {
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
    });
    test::ran("Wycheproof x25519", cases);
    test::ran("of these with the all-zero secret", zero);
}

TEST_CASE("libcrypto's X25519: RFC 7748") {
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
