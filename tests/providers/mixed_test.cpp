#include <spantls/providers/mixed.hpp>

#include <array>
#include <type_traits>

#include <spantls/providers/sodium.hpp>
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

static_assert(provider<mixed>);
static_assert(provider<test::seeded<mixed>>);
static_assert(std::is_same_v<mixed::hashes, openssl::hashes> && std::is_same_v<mixed::aeads, openssl::aeads>);
static_assert(mixed::suites.size() == openssl::suites.size());

namespace {

template <class Client, class Server>
void meet(cipher_suite suite, named_group group) {
    INFO(name_of(suite) << ", " << name_of(group));
    test::pair<Client, Server> both({.client = {.prefer = {.suites = {suite}, .groups = {group}}}});
    REQUIRE(both.handshake());
    CHECK(both.client.tls.suite() == suite);
    CHECK(both.server.tls.group() == group);
    REQUIRE(both.client.send("up") == errc::none);
    REQUIRE(both.server.send("down") == errc::none);
    both.run();
    CHECK(both.server.received == test::text("up"));
    CHECK(both.client.received == test::text("down"));
}

}  // namespace

TEST_CASE("the mixed provider is ready, and its random bytes differ") {
    mixed crypto;
    REQUIRE(crypto.ready());
    std::array<std::uint8_t, 64> first{}, second{};
    REQUIRE(crypto.random(first));
    REQUIRE(crypto.random(second));
    CHECK(first != second);
    CHECK(crypto.random({}));
    CHECK(crypto.available(cipher_suite::tls_aes_128_gcm_sha256));
    CHECK_FALSE(crypto.available(cipher_suite::tls_aes_128_ccm_sha256));
}

TEST_CASE("the mixed provider meets itself and both of its halves, with each suite and group") {
    for (const suite_info& suite : mixed::suites)
        for (const named_group group : usable_groups<mixed>({})) {
            meet<test::seeded<mixed>, test::seeded<mixed>>(suite.suite, group);
            meet<test::seeded<mixed>, test::seeded<openssl>>(suite.suite, group);
            meet<test::seeded<openssl>, test::seeded<mixed>>(suite.suite, group);
        }
    meet<mixed, sodium>(cipher_suite::tls_chacha20_poly1305_sha256, named_group::x25519_mlkem768);
    meet<sodium, mixed>(cipher_suite::tls_chacha20_poly1305_sha256, named_group::x25519);
}

TEST_CASE("the mixed provider verifies with each half what it is for") {
    const mixed crypto;
    const mixed::ed25519_key key(std::array<std::uint8_t, 32>{1});
    const auto message = as_bytes("message");
    const auto signature = key.sign(message);
    CHECK(crypto.verify(signature_scheme::ed25519, key.public_key(), message, signature));
    CHECK_FALSE(crypto.verify(signature_scheme::ed25519, key.public_key(), as_bytes("massage"), signature));
    const auto other = mixed::signing_key::p256(std::array<std::uint8_t, 32>{1});
    std::array<std::uint8_t, 32> own{};
    std::array<std::uint8_t, 65> point{};
    std::array<std::uint8_t, 64> random{};
    random[0] = 1;
    REQUIRE(libcrypto::secp256r1::generate(random, own, point));
    const auto made = other.sign(signature_scheme::ecdsa_secp256r1_sha256, message);
    CHECK(crypto.verify(signature_scheme::ecdsa_secp256r1_sha256, point, message, made));
    CHECK_FALSE(crypto.verify(signature_scheme::ecdsa_secp256r1_sha256, point, as_bytes("massage"), made));
}
