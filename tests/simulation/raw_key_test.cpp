// Raw public keys instead of certificates, in either direction and mixed (RFC 7250; RFC 9846, section 4.5.1).
#include <spantls/spantls.hpp>

#include <spantls/x509/own_ca.hpp>
#include <spantls/x509/pins.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;
using pair = test::pair<seeded_chacha>;
constexpr certificate_type raw_public_key = certificate_type::raw_public_key, plain = certificate_type::x509;

x509::certificate parsed(bytes_view der) {
    x509::certificate it;
    REQUIRE(x509::parse_certificate(der, it) == errc::none);
    return it;
}

/// The key of credentials, and nothing else of them.
struct raw_key {
    const test::credentials& of;
    x509::certificate certificate = parsed(of.certificates[0]);
    bytes_view chain[1] = {certificate.spki};

    identity who() const { return {chain, of.schemes, raw_public_key}; }
};

/// Answers who either side is with the key alone.
void show_raw(pair& both, const raw_key* of_server, const raw_key* of_client) {
    if (of_server != nullptr)
        both.server.answer = [&both, of_server](const step& step) {
            return step.what == what::client_hello && both.server.tls.answer(of_server->who()) == errc::none;
        };
    if (of_client != nullptr)
        both.client.answer = [&both, of_client](const step& step) {
            return step.what == what::choose_identity && both.client.tls.answer(of_client->who()) == errc::none;
        };
}

}  // namespace

TEST_CASE("raw keys and certificates, in every mixture") {
    const raw_key server_key{pair::server_credentials()}, client_key{pair::client_credentials()};
    for (const bool raw_server : {false, true})
        for (const bool raw_client : {false, true})
            for (const bool both_listed : {false, true}) {
                CAPTURE(raw_server, raw_client, both_listed);
                test::pair_options options;
                options.server.authenticate_client = client_authentication::require;
                const auto list = [&](bool raw) {
                    fixed_vector<certificate_type, 2> types{raw ? raw_public_key : plain};
                    if (both_listed) types.push_back(raw ? plain : raw_public_key);
                    return types;
                };
                options.client.server_certificate_types = list(raw_server);
                options.client.client_certificate_types = list(raw_client);
                options.server.client_certificate_types = list(raw_client);
                pair both(options);
                both.client.own = &both.client_credentials();
                show_raw(both, raw_server ? &server_key : nullptr, raw_client ? &client_key : nullptr);
                unsigned judged = 0;
                both.client.watch = [&](const step& step) {
                    if (step.what == what::choose_identity)
                        REQUIRE(step.certificate_kind() == (raw_client ? raw_public_key : plain));
                    if (step.what != what::verify_peer) return;
                    ++judged;
                    REQUIRE(step.peer().type == (raw_server ? raw_public_key : plain));
                    if (raw_server)
                        REQUIRE(test::copy(step.peer().chain.front().der) == test::copy(server_key.chain[0]));
                };
                both.server.watch = [&](const step& step) {
                    if (step.what == what::client_hello) {
                        REQUIRE(step.hello().server_types.takes(raw_public_key) == (raw_server || both_listed));
                        REQUIRE(step.hello().server_types.takes(plain) == (!raw_server || both_listed));
                    }
                    if (step.what != what::verify_peer) return;
                    ++judged;
                    REQUIRE(step.peer().type == (raw_client ? raw_public_key : plain));
                };
                REQUIRE(both.handshake());
                // Each is judged by somebody, always.
                REQUIRE(judged == 2);
                REQUIRE(both.client.tls.peer_authenticated());
                REQUIRE(both.server.tls.peer_authenticated());
            }
}

TEST_CASE("a pin on the key takes it raw or in a certificate; what judges certificates takes no raw key") {
    const raw_key server_key{pair::server_credentials()};
    const seeded_chacha crypto(1);
    const x509::pinned_spki pinned(x509::hash_spki<seeded_chacha>(server_key.certificate));
    const x509::pinned_spki other(x509::spki_hash{1});
    const x509::pinned_certificate of_bytes(server_key.chain[0]);
    const test::buffer root = test::made_certificate("ca");
    const x509::own_ca ca(root);
    for (const bool raw : {false, true}) {
        test::pair_options options;
        options.client.server_certificate_types = {raw_public_key, plain};
        pair both(options);
        show_raw(both, raw ? &server_key : nullptr, nullptr);
        bool seen = false;
        both.client.answer = [&](const step& step) {
            if (step.what != what::verify_peer) return false;
            seen = true;
            REQUIRE(pinned.judge(crypto, step.peer()).accepted());
            REQUIRE_FALSE(other.judge(crypto, step.peer()).accepted());
            if (raw) {
                REQUIRE(of_bytes.judge(step.peer()).error() == errc::unsupported_certificate);
                REQUIRE(ca.judge(crypto, step.peer(), 0).error() == errc::unsupported_certificate);
            }
            return both.client.tls.answer(pinned.judge(crypto, step.peer())) == errc::none;
        };
        REQUIRE(both.handshake());
        REQUIRE(seen);
    }
}

TEST_CASE("a raw key that nobody vouches for, or that cannot sign, is refused") {
    const raw_key server_key{pair::server_credentials()};
    test::pair_options options;
    options.client.server_certificate_types = {raw_public_key};
    pair refused(options);
    show_raw(refused, &server_key, nullptr);
    refused.client.verdict = {};
    REQUIRE_FALSE(refused.handshake());
    REQUIRE(refused.client.error() == errc::certificate_unknown);

    // The key of somebody else.
    const raw_key stolen{pair::client_credentials()};
    pair thief(options);
    show_raw(thief, &stolen, nullptr);
    REQUIRE_FALSE(thief.handshake());
    REQUIRE(thief.client.error() == errc::bad_signature);
    REQUIRE_FALSE(thief.client.tls.peer_authenticated());
}

TEST_CASE("no type in common is unsupported_certificate (RFC 7250, section 4.2)") {
    const raw_key server_key{pair::server_credentials()};
    const auto fails = [](pair& both) {
        REQUIRE_FALSE(both.handshake());
        REQUIRE(both.server.error() == errc::no_common_certificate_type);
        REQUIRE(both.client.alert() == alert_description::unsupported_certificate);
    };
    SECTION("a raw key for a client that does not speak of them") {
        pair both;
        show_raw(both, &server_key, nullptr);
        fails(both);
    }
    SECTION("a certificate for a client that takes raw keys only") {
        test::pair_options options;
        options.client.server_certificate_types = {raw_public_key};
        pair both(options);
        fails(both);
    }
    SECTION("a client that shows raw keys only, to a server that takes certificates only") {
        test::pair_options options;
        options.client.client_certificate_types = {raw_public_key};
        pair nobody_asks(options);
        REQUIRE(nobody_asks.handshake());
        options.server.authenticate_client = client_authentication::request;
        pair both(options);
        fails(both);
    }
    SECTION("and the other way round") {
        test::pair_options options;
        options.server.client_certificate_types = {raw_public_key};
        options.server.authenticate_client = client_authentication::request;
        pair both(options);
        fails(both);
    }
}

TEST_CASE("a client whose identity is of another type than was agreed on shows none (section 4.5.1)") {
    const raw_key client_key{pair::client_credentials()};
    for (const bool raw : {false, true}) {
        test::pair_options options;
        options.server.authenticate_client = client_authentication::request;
        options.client.client_certificate_types =
            options.server.client_certificate_types = {raw ? plain : raw_public_key};
        pair both(options);
        both.client.own = &both.client_credentials();
        show_raw(both, nullptr, raw ? &client_key : nullptr);
        REQUIRE(both.handshake());
        REQUIRE_FALSE(both.client.has(what::sign));
        REQUIRE_FALSE(both.server.tls.peer_authenticated());
    }
}

TEST_CASE("a raw key after the handshake, and in a resumed connection (section 4.7.2)") {
    const raw_key client_key{pair::client_credentials()};
    const test::buffer key(32, 9), name{'n'};
    const psk keys[] = {{.identity = name, .key = key, .kind = psk_kind::resumption}};
    const fixed_vector<certificate_type, 2> raw_only{raw_public_key}, both_types{plain, raw_public_key};
    for (const bool resumed : {false, true})
        for (const auto& shows : {raw_only, both_types, fixed_vector<certificate_type, 2>{}})
            for (const auto& takes : {raw_only, both_types, fixed_vector<certificate_type, 2>{}}) {
                CAPTURE(resumed, shows.size(), takes.size());
                test::pair_options options;
                options.client.post_handshake_auth = options.server.post_handshake_auth = true;
                options.client.client_certificate_types = shows;
                options.server.client_certificate_types = takes;
                options.server.use_psk = resumed;
                if (resumed) options.target.psks = keys;
                pair both(options);
                both.server.find_psk = [&](const step&) {
                    return psk_choice{0, key, hash_id::sha256, psk_kind::resumption, {}, false};
                };
                const bool only_raw_shown = shows.size() == 1, only_raw_taken = takes.size() == 1;
                // Who says nothing has certificates.
                const bool common = (only_raw_shown || shows.size() == 2 || !only_raw_taken) &&
                                    (only_raw_taken || takes.size() == 2 || !only_raw_shown);
                const bool raw_agreed = common && (only_raw_shown || only_raw_taken);
                show_raw(both, nullptr, raw_agreed ? &client_key : nullptr);
                both.client.own = &both.client_credentials();
                std::vector<certificate_type> asked, shown;
                both.client.watch = [&](const step& step) {
                    if (step.what == what::choose_identity) asked.push_back(step.certificate_kind());
                };
                both.server.watch = [&](const step& step) {
                    if (step.what == what::verify_peer) shown.push_back(step.peer().type);
                };
                // What cannot be asked for later is no reason not to speak now.
                REQUIRE(both.handshake());
                REQUIRE(both.server.tls.psk_used() == resumed);
                if (!common) {
                    REQUIRE(both.server.tls.request_authentication() == errc::authentication_not_offered);
                    both.talks();
                    REQUIRE(asked.empty());
                    continue;
                }
                for (int i = 0; i < 2; ++i) {
                    REQUIRE(both.server.tls.request_authentication() == errc::none);
                    both.run();
                }
                const std::vector<certificate_type> twice(2, raw_agreed ? raw_public_key : plain);
                REQUIRE(asked == twice);
                REQUIRE(shown == twice);
                REQUIRE(both.server.tls.peer_authenticated());
            }
}

TEST_CASE("identities and configurations that cannot be") {
    const raw_key key{pair::server_credentials()};
    const bytes_view two[] = {key.chain[0], key.chain[0]};
    REQUIRE(check(key.who()) == errc::none);
    REQUIRE(check(identity{two, key.of.schemes, raw_public_key}) == errc::config_bad_chain);
    REQUIRE(check(identity{two, key.of.schemes}) == errc::none);
    client_config mine;
    server_config theirs;
    mine.server_certificate_types = {plain, plain};
    REQUIRE(check<seeded_chacha>(mine) == errc::config_bad_certificate_type);
    mine.server_certificate_types = {static_cast<certificate_type>(1)};  // OpenPGP, which is not for TLS 1.3
    REQUIRE(check<seeded_chacha>(mine) == errc::config_bad_certificate_type);
    theirs.client_certificate_types = {raw_public_key, raw_public_key};
    REQUIRE(check<seeded_chacha>(theirs) == errc::config_bad_certificate_type);
    theirs.client_certificate_types = {raw_public_key, plain};
    REQUIRE(check<seeded_chacha>(theirs) == errc::none);
}
