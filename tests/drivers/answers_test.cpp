#include <spantls/drivers/answers.hpp>

#include <array>

#include <spantls/x509/own_ca.hpp>
#include <spantls/x509/pins.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using sodium_key = spantls::sodium::ed25519_key;

/// The key of a certificate that the tests have made.
sodium_key key_of(const test::credentials& who) {
    return sodium_key(fixed_bytes<sodium_key::seed_size>(who.key.secret_key.data(), sodium_key::seed_size));
}

struct accept_all {
    x509::verdict operator()(const x509::peer&) const { return x509::verdict::accept(); }
};

static_assert(judging<x509::pinned_certificate> && judging<accept_all> && !judging<int>);
static_assert(answerer<answers<accept_all>> && answerer<credentials<sodium_key>> && !answerer<accept_all>);
static_assert(answerer<answers<accept_all, credentials<sodium_key>>>);

/// Every question of both ends goes to an answerer.
template <class Pair, class Client, class Server>
bool handshake(Pair& both, Client& client, Server& server) {
    both.client.answer = [&](const step& asked) { return answer(both.client.tls, asked, client) == errc::none; };
    both.server.answer = [&](const step& asked) { return answer(both.server.tls, asked, server) == errc::none; };
    return both.handshake();
}

using sodium_pair = test::pair<test::seeded<test::small_provider>>;

}  // namespace

TEST_CASE("a judge answers for a client, credentials for a server") {
    sodium_pair both;
    const auto key = key_of(sodium_pair::server_credentials());
    const x509::pinned_certificate pinned(sodium_pair::server_credentials().chain[0]);
    answers client(pinned);
    credentials server(sodium_pair::server_credentials().chain, key);
    REQUIRE(handshake(both, client, server));
}

TEST_CASE("a judge may be a function, and refuse") {
    sodium_pair both;
    const auto key = key_of(sodium_pair::server_credentials());
    std::string asked_for;
    answers client([&](const x509::peer& peer) {
        asked_for = peer.server_name;
        return x509::verdict::refuse(errc::unknown_ca);
    });
    credentials server(sodium_pair::server_credentials().chain, key);
    REQUIRE_FALSE(handshake(both, client, server));
    REQUIRE(asked_for == "leaf.example");
    REQUIRE(both.client.error() == errc::unknown_ca);
    REQUIRE(both.server.alert() == alert_description::unknown_ca);
}

TEST_CASE("both ends may have both, a judge and credentials") {
    sodium_pair both({.server = {.authenticate_client = client_authentication::require}});
    const auto server_key = key_of(sodium_pair::server_credentials());
    const auto client_key = key_of(sodium_pair::client_credentials());
    const x509::pinned_certificate client_pin(sodium_pair::client_credentials().chain[0]);
    answers client(accept_all(), credentials(sodium_pair::client_credentials().chain, client_key));
    answers server(client_pin, credentials(sodium_pair::server_credentials().chain, server_key));
    REQUIRE(handshake(both, client, server));
    REQUIRE(both.server.has(what::verify_peer));
}

TEST_CASE("credentials alone trust nobody") {
    sodium_pair both({.server = {.authenticate_client = client_authentication::request}});
    const auto server_key = key_of(sodium_pair::server_credentials());
    const auto client_key = key_of(sodium_pair::client_credentials());
    answers client(accept_all(), credentials(sodium_pair::client_credentials().chain, client_key));
    credentials server(sodium_pair::server_credentials().chain, server_key);
    REQUIRE_FALSE(handshake(both, client, server));
    REQUIRE(both.server.error() == errc::certificate_unknown);
}

TEST_CASE("a client without credentials says so") {
    sodium_pair both({.server = {.authenticate_client = client_authentication::request}});
    const auto key = key_of(sodium_pair::server_credentials());
    answers client{accept_all()};
    credentials server(sodium_pair::server_credentials().chain, key);
    REQUIRE(handshake(both, client, server));
    REQUIRE(both.client.has(what::choose_identity));
    REQUIRE_FALSE(both.server.has(what::verify_peer));
}

TEST_CASE("an answer that cannot be used ends the handshake, and nothing else does") {
    test::pair<test::null_provider> both;
    const auto key = key_of(both.server_credentials());
    const std::array<bytes_view, 1> empty_certificate{};
    credentials server(empty_certificate, key);
    answers client{accept_all()};
    std::vector<errc> said;
    both.server.answer = [&](const step& asked) {
        said.push_back(answer(both.server.tls, asked, server));
        return true;
    };
    REQUIRE_FALSE(both.handshake());
    REQUIRE(said == std::vector{errc::config_bad_chain});
    REQUIRE(both.server.error() == errc::refused);
    REQUIRE(both.client.alert() == alert_description::handshake_failure);

    test::pair<test::null_provider> other;
    REQUIRE(answer(other.client.tls, step(what::progress), client) == errc::not_asked);
    REQUIRE(answer(other.client.tls, step(what::verify_peer), client) != errc::none);
    REQUIRE(other.handshake());
}

TEST_CASE("a key that was not offered, and an early answer to a late question, end the handshake too") {
    struct mistaken : credentials<sodium_key> {
        using credentials::credentials;
        psk_choice find_psk(const step& asked) const {
            REQUIRE(asked.hello().psks.size() == 1);
            static constexpr std::array<std::uint8_t, 32> key{1};
            return {1, key, hash_id::sha256, psk_kind::external, {}, false};
        }
    };
    static constexpr std::array<std::uint8_t, 32> key{1};
    const std::array keys{psk{.identity = as_bytes("who"), .key = key}};
    test::pair_options options;
    options.server.use_psk = true;
    options.target.psks = keys;
    test::pair<test::null_provider> both(options);
    const auto signing = key_of(both.server_credentials());
    const auto chain = both.server_credentials().who().chain;
    mistaken server(chain, signing);
    std::vector<errc> said;
    both.server.answer = [&](const step& asked) {
        said.push_back(answer(both.server.tls, asked, server));
        return true;
    };
    REQUIRE_FALSE(both.handshake());
    REQUIRE(said == std::vector{errc::wrong_answer});
    REQUIRE(both.server.error() == errc::refused);
    REQUIRE(both.client.alert() == alert_description::handshake_failure);
}
