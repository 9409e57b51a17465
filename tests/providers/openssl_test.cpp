#include <spantls/providers/openssl.hpp>

#include <array>

#include <openssl/err.h>

#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/seeded_provider.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

using namespace spantls;
using seeded = test::seeded<spantls::openssl>;

static_assert(provider<openssl>);
static_assert(provider<seeded>);
static_assert(check<openssl>(client_config{}) == errc::none && check<openssl>(server_config{}) == errc::none);

// RFC 9846, section 9.1.
static_assert(find_suite<openssl>(cipher_suite::tls_aes_128_gcm_sha256)->hash == hash_id::sha256);
static_assert(find_suite<openssl>(cipher_suite::tls_aes_256_gcm_sha384)->hash == hash_id::sha384);
static_assert(find_suite<openssl>(cipher_suite::tls_chacha20_poly1305_sha256)->hash == hash_id::sha256);
static_assert(openssl::suites[0].suite == cipher_suite::tls_aes_128_gcm_sha256 && openssl::suites[2].aead == 2);

namespace {

constexpr std::array all_suites{cipher_suite::tls_aes_128_gcm_sha256, cipher_suite::tls_aes_256_gcm_sha384,
                                cipher_suite::tls_chacha20_poly1305_sha256};

}  // namespace

TEST_CASE("libcrypto has its suites, and no others") {
    const openssl crypto;
    for (unsigned suite = 0; suite <= 0xffff; ++suite) {
        const bool known = suite >= 0x1301 && suite <= 0x1303;
        if (crypto.available(static_cast<cipher_suite>(suite)) != known) FAIL(suite);
    }
    CHECK(crypto.available(cipher_suite::tls_aes_128_gcm_sha256));
}

TEST_CASE("libcrypto's random bytes differ") {
    openssl crypto;
    std::array<std::uint8_t, 64> first{}, second{};
    REQUIRE(crypto.random(first));
    REQUIRE(crypto.random(second));
    CHECK(first != second);
    CHECK(crypto.random({}));
}

TEST_CASE("both ends on libcrypto: each suite, each group") {
    for (const cipher_suite suite : all_suites)
        for (const named_group group : usable_groups<openssl>({})) {
            INFO(name_of(suite) << ", " << name_of(group));
            test::pair<seeded> both({.client = {.prefer = {.suites = {suite}, .groups = {group}}}});
            REQUIRE(both.handshake());
            CHECK(both.client.tls.suite() == suite);
            CHECK(both.server.tls.group() == group);
            const test::buffer data(40000, 'x');
            REQUIRE(both.client.send(data) == errc::none);
            REQUIRE(both.server.send("back") == errc::none);
            both.run();
            CHECK(both.server.received == data);
            CHECK(both.client.received == test::text("back"));
            REQUIRE(both.client.tls.update_keys(true) == errc::none);
            REQUIRE(both.client.send("more") == errc::none);
            both.run();
            REQUIRE(both.server.send("again") == errc::none);
            both.run();
            CHECK(both.client.received == test::text("backagain"));
            CHECK(both.client.tls.close() == errc::none);
            both.run();
            CHECK(both.server.has(what::peer_closed));
        }
}
