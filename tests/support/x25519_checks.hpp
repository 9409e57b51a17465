// What every X25519 is put through.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <spantls/base/bytes.hpp>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

namespace test::x25519 {

using bytes32 = std::array<std::uint8_t, 32>;

inline bytes32 from_hex(const std::string& text) {
    const buffer bytes = unhex(text);
    REQUIRE(bytes.size() == 32);
    bytes32 out{};
    spantls::copy_bytes(bytes, out);
    return out;
}

/// Clients of X with servers of Y. Calls also(private_key, client_share, server_random, server_share, secret).
template <class X, class Y, class Also>
void check_agreement(std::uint64_t seed, int times, Also also) {
    seeded_stream random(seed);
    for (int i = 0; i < times; ++i) {
        bytes32 client_random{}, server_random{}, own{}, client_share{}, server_share{}, client{}, server{};
        random.fill(client_random);
        random.fill(server_random);
        REQUIRE(X::generate(client_random, own, client_share));
        REQUIRE(Y::respond(server_random, client_share, server_share, server));
        REQUIRE(X::finish(own, server_share, client));
        REQUIRE(client == server);
        also(own, client_share, server_random, server_share, client);
    }
}

/// RFC 9846, section 7.4.2.
template <class X>
void check_zero_secret() {
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
            INFO(hex(small));
            CHECK_FALSE(X::respond(own, small, mine, secret));
            CHECK_FALSE(X::finish(own, small, secret));
        }
    }
}

/// Calls also(private_key) for each.
template <class X, class Also>
void check_wycheproof(Also also) {
    const auto file = shared_vectors("wycheproof/x25519_test.json");
    if (!file) return;
    std::size_t zero = 0;
    const std::size_t cases = for_each_wycheproof(*file, [&](const auto&, const auto& one) {
        const bytes32 share = from_hex(one["public"]), key = from_hex(one["private"]);
        const bytes32 shared = from_hex(one["shared"]);
        bytes32 secret{};
        if (shared == bytes32{}) {
            CHECK_FALSE(X::finish(key, share, secret));
            ++zero;
            return;
        }
        CHECK(one["result"] != "invalid");
        CHECK(X::finish(key, share, secret));
        CHECK(secret == shared);
        also(key);
    });
    ran("Wycheproof x25519", cases);
    ran("of these with the all-zero secret", zero);
}

template <class X>
void check_rfc7748() {
    const auto file = debian_vectors("asymmetric/X25519/rfc7748.txt");
    if (!file) return;
    std::size_t cases = 0;
    for (const auto& record : load_response_file(*file)) {
        if (!record.contains("OUTPUT_U")) continue;
        bytes32 secret{};
        CHECK(X::finish(from_hex(record.at("INPUT_SCALAR")), from_hex(record.at("INPUT_U")), secret));
        CHECK(hex(secret) == record.at("OUTPUT_U"));
        ++cases;
    }
    ran("RFC 7748", cases);
}

}  // namespace test::x25519
