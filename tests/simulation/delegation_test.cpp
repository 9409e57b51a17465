// Delegated credentials between our own client and server (RFC 9345).
#include <spantls/spantls.hpp>

#include <spantls/connection/tickets.hpp>
#include <spantls/drivers/answers.hpp>

#include "support/catch.hpp"
#include "support/delegation.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using provider_type = test::seeded<test::small_provider>;
using pair = test::pair<provider_type>;
constexpr auto ed25519 = signature_scheme::ed25519;

/// A server's answers: with the delegated key, if it is asked for.
template <class Endpoint>
void show(Endpoint& server, const test::delegated_credentials& own, unsigned& delegated, bool alone = false) {
    server.answer = [&server, &own, &delegated, alone](const step& step) {
        if (step.what == what::client_hello) {
            identity who = own.who();
            if (alone) who.schemes = {};
            REQUIRE(server.tls.answer(who) == errc::none);
            return true;
        }
        if (step.what != what::sign) return false;
        if (step.signing().delegated) ++delegated;
        const auto& key = step.signing().delegated ? own.key : own.of.key;
        REQUIRE(server.tls.answer(signature{key.sign(test::copy(step.signing().content))}) == errc::none);
        return true;
    };
}

test::pair_options taking(bool takes = true) {
    test::pair_options options;
    if (takes) options.client.delegated_schemes = {ed25519};
    options.target.now_ms = test::year_2030_ms;
    return options;
}

/// A key as the ready-made answers want it.
struct signing {
    static constexpr signature_scheme scheme = ed25519;
    const test::key_pair* key;
    std::array<std::uint8_t, 64> sign(bytes_view message) const {
        std::array<std::uint8_t, 64> bytes{};
        copy_bytes(key->sign(test::copy(message)), bytes);
        return bytes;
    }
};

}  // namespace

TEST_CASE("a delegated credential signs when both sides have it, and the certificate's key otherwise") {
    const test::delegated_credentials own("server");
    for (const bool takes : {false, true})
        for (const bool has : {false, true})
            for (const bool retry : {false, true})
                for (const bool mutual : {false, true}) {
                    CAPTURE(takes, has, retry, mutual);
                    test::pair_options options = taking(takes);
                    if (retry) options.client.shares.emplace();
                    if (mutual) options.server.authenticate_client = client_authentication::require;
                    pair both(options);
                    both.client.own = &both.client_credentials();
                    unsigned delegated = 0;
                    if (has) show(both.server, own, delegated);
                    test::buffer seen;
                    both.client.watch = [&](const step& step) {
                        if (step.what == what::verify_peer) seen = test::copy(step.peer().delegated);
                    };
                    both.server.watch = [&](const step& step) {
                        if (step.what == what::client_hello)
                            REQUIRE(step.hello().delegated.schemes.contains(ed25519) == takes);
                        if (step.what == what::verify_peer) REQUIRE(step.peer().delegated.empty());
                    };
                    REQUIRE(both.handshake());
                    REQUIRE(seen == (takes && has ? own.shown : test::buffer{}));
                    REQUIRE(delegated == (takes && has ? 1 : 0));
                    REQUIRE(both.client.tls.peer_authenticated());
                    REQUIRE(both.server.tls.peer_authenticated() == mutual);
                    REQUIRE(both.client.send("hello") == errc::none);
                    both.run();
                    REQUIRE(both.server.received == test::text("hello"));
                }
}

TEST_CASE("a server with nothing but the delegated key serves who takes it, and nobody else") {
    const test::delegated_credentials own("server");
    for (const bool takes : {true, false}) {
        pair both(taking(takes));
        unsigned delegated = 0;
        show(both.server, own, delegated, true);
        REQUIRE(both.handshake() == takes);
        REQUIRE(delegated == (takes ? 1 : 0));
        if (takes) continue;
        REQUIRE(both.server.error() == errc::no_common_scheme);
        REQUIRE(both.client.alert() == alert_description::handshake_failure);
    }
}

TEST_CASE("who has a credential that a client takes not, or could not check, signs with the certificate's key") {
    // Another provider has other schemes, so the lists are those of ClientHellos made by hand.
    const test::delegated_credentials own("server");
    const auto offered = [&](std::initializer_list<signature_scheme> delegated,
                             std::initializer_list<signature_scheme> schemes) {
        test::forge::client_hello hello;
        hello.ext_.set(extension_type::signature_algorithms, test::forge::vec(2, test::forge::list(schemes)));
        hello.ext_.add(extension_type::delegated_credential, test::forge::vec(2, test::forge::list(delegated)));
        provider_type crypto(1);
        const server_config config;
        test::buffer memory(server<provider_type>::workspace_size), input = hello.record();
        server<provider_type> tls(crypto, config, memory);
        (void)tls.receive(input);
        REQUIRE(tls.handshake_state() == server_state::asks_identity);
        REQUIRE(tls.answer(own.who()) == errc::none);
        step asked = tls.receive(input);
        while (!asked.is_question() && asked.what != what::failed) {
            test::buffer out(20000);
            REQUIRE_FALSE(tls.transmit(out).empty());
            asked = tls.receive(input);
        }
        if (tls.error() != errc::none) return name_of(tls.error());
        REQUIRE(asked.what == what::sign);
        return asked.signing().delegated ? std::string_view("delegated") : std::string_view("own");
    };
    constexpr auto ed448 = signature_scheme::ed448;
    CHECK(offered({ed25519}, {ed25519}) == "delegated");
    CHECK(offered({ed448, ed25519}, {ed448, ed25519}) == "delegated");
    CHECK(offered({ed448}, {ed25519}) == "own");
    // RFC 9345, section 4.1.1: its signature is of a scheme of signature_algorithms.
    CHECK(offered({ed25519}, {ed448}) == "no_common_scheme");
}

TEST_CASE("a connection that was resumed shows nothing, and one with a request after it as ever (section 4.7.2)") {
    const test::delegated_credentials own("server");
    test::pair_options options = taking();
    options.client.post_handshake_auth = options.server.post_handshake_auth = true;
    pair both(options);
    both.client.own = &both.client_credentials();
    unsigned delegated = 0;
    show(both.server, own, delegated);
    REQUIRE(both.handshake());
    REQUIRE(delegated == 1);
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(both.server.has(what::client_answered));
    REQUIRE(both.server.tls.peer_authenticated());

    provider_type crypto(9);
    const ticket_keys<provider_type> keys(crypto, test::buffer(32, 7));
    test::buffer kept, room(2000), out(20000);
    both.client.watch = [&](const step& step) {
        if (step.what != what::ticket) return;
        for (const new_session_ticket& one : step.tickets())
            kept = test::copy(
                bytes_view(room).first(save_session(both.client.tls, one, "leaf.example", test::year_2030_ms, room)));
    };
    const output sent =
        send_ticket(both.server.tls, keys, crypto, {.server_name = "leaf.example"}, test::year_2030_ms, out);
    REQUIRE_FALSE(sent.empty());
    both.to_client.put(sent.records);
    both.run();
    REQUIRE_FALSE(kept.empty());

    test::pair_options again = taking();
    again.server.use_psk = true;
    again.target.now_ms += 1000;
    REQUIRE(read_session(kept, again.target.resume) == errc::none);
    pair resumed(again);
    show(resumed.server, own, delegated);
    std::array<std::uint8_t, max_sealed_ticket> opened;
    ticket_state ticket{};
    const auto usual = resumed.server.answer;
    resumed.server.find_psk = [&](const step& asked) {
        return keys.find(asked.hello().psks, hash_id::sha256, test::year_2030_ms + 1000, opened, ticket);
    };
    REQUIRE(resumed.handshake());
    REQUIRE(resumed.client.tls.psk_used());
    REQUIRE(resumed.client.tls.peer_authenticated());
    REQUIRE_FALSE(resumed.client.has(what::verify_peer));
    REQUIRE(delegated == 1);
}

TEST_CASE("a delegated credential beside staples, in small records and pieces") {
    const test::delegated_credentials own("server");
    const test::buffer staple(3000, 0x0c), timestamps = test::unhex("00070001aa0002bbcc");
    const std::vector<bytes_view> staples{staple}, scts{timestamps};
    test::pair_options options = taking();
    options.client.ask_for_staples = options.client.ask_for_scts = true;
    options.server.record_size = 100;
    options.client_workspace = client<provider_type>::smallest_workspace;
    options.server_workspace = server<provider_type>::smallest_workspace;
    pair both(options);
    both.to_client.chunk = [](std::size_t) { return 13; };
    both.server.answer = [&](const step& step) {
        if (step.what == what::client_hello) {
            identity who = own.who();
            who.staples = staples;
            who.scts = scts;
            return both.server.tls.answer(who) == errc::none;
        }
        if (step.what != what::sign) return false;
        REQUIRE(step.signing().delegated);
        return both.server.tls.answer(signature{own.key.sign(test::copy(step.signing().content))}) == errc::none;
    };
    bool seen = false;
    both.client.watch = [&](const step& step) {
        if (step.what != what::verify_peer) return;
        seen = test::copy(step.peer().delegated) == own.shown &&
               test::copy(step.peer().chain.front().staple()) == staple &&
               test::copy(step.peer().chain.front().scts()) == timestamps;
    };
    REQUIRE(both.handshake());
    REQUIRE(seen);
}

TEST_CASE("one that has expired, or was stolen without its key, does not connect") {
    test::delegation_draft old;
    old.valid_time = 3600;
    const test::delegated_credentials expired("server", old), good("server");
    unsigned delegated = 0;
    pair late(taking());
    show(late.server, expired, delegated);
    REQUIRE_FALSE(late.handshake());
    REQUIRE(late.client.error() == errc::delegation_expired);
    REQUIRE(late.server.alert() == alert_description::illegal_parameter);
    REQUIRE_FALSE(late.client.has(what::verify_peer));

    pair thief(taking());
    thief.server.answer = [&](const step& step) {
        if (step.what == what::client_hello) return thief.server.tls.answer(good.who()) == errc::none;
        if (step.what != what::sign) return false;
        return thief.server.tls.answer(signature{good.of.key.sign(test::copy(step.signing().content))}) == errc::none;
    };
    REQUIRE_FALSE(thief.handshake());
    REQUIRE(thief.client.error() == errc::bad_signature);
    REQUIRE_FALSE(thief.client.tls.peer_authenticated());
    // Whom nobody likes does not come in by it.
    pair refused(taking());
    show(refused.server, good, delegated);
    refused.client.verdict = {};
    REQUIRE_FALSE(refused.handshake());
    REQUIRE(refused.client.error() == errc::certificate_unknown);
}

TEST_CASE("made by our own functions, it is as made by hand, and ready-made answers know the key") {
    const test::delegated_credentials own("server");
    x509::certificate leaf;
    REQUIRE(x509::parse_certificate(own.of.certificates[0], leaf) == errc::none);
    const test::buffer spki = own.key.spki();
    delegated_credential made{valid_until(leaf, test::year_2030 + 3 * test::days), ed25519, spki, ed25519, {}};
    REQUIRE(check_issue(made, leaf, test::year_2030_ms) == errc::none);
    test::buffer content(1000), shown(1000);
    content.resize(write_delegation_content(made, leaf.der, true, content));
    const test::buffer by_leaf = own.of.key.sign(content);
    made.signature = by_leaf;
    shown.resize(write_delegated_credential(made, shown));
    REQUIRE(shown == own.shown);

    const signing certificate_key{&own.of.key}, delegated_key{&own.key};
    for (const bool takes : {false, true}) {
        pair both(taking(takes));
        delegating who(credentials(own.of.chain, certificate_key), shown, delegated_key);
        both.server.answer = [&](const step& step) { return answer(both.server.tls, step, who) == errc::none; };
        bool seen = false;
        both.client.watch = [&](const step& step) {
            if (step.what == what::verify_peer) seen = !step.peer().delegated.empty();
        };
        REQUIRE(both.handshake());
        REQUIRE(seen == takes);
    }
}

TEST_CASE("delegated credentials and configurations that cannot be") {
    const test::delegated_credentials own("server");
    REQUIRE(check(own.who()) == errc::none);
    identity who = own.who();
    who.schemes = {};
    REQUIRE(check(who) == errc::none);
    const auto refused = [&](const test::buffer& shown) {
        identity bad = own.who();
        bad.delegated = shown;
        return check(bad);
    };
    test::buffer cut = own.shown;
    cut.pop_back();
    REQUIRE(refused(cut) == errc::config_bad_delegation);
    REQUIRE(refused({0}) == errc::config_bad_delegation);
    test::delegation_draft wrong;
    wrong.scheme = signature_scheme::rsa_pss_rsae_sha256;
    REQUIRE(refused(wrong.with({1})) == errc::config_bad_delegation);
    REQUIRE(refused(test::delegation_draft().with(test::buffer(65400, 1))) == errc::config_bad_chain);
    who = pair::server_credentials().who();
    who.delegated = own.shown;
    REQUIRE(check(who) == errc::config_bad_delegation);  // its certificate permits none
    const test::buffer spki = own.of.key.spki();
    const bytes_view raw[] = {spki};
    REQUIRE(check(identity{.chain = raw,
                           .schemes = own.of.schemes,
                           .type = certificate_type::raw_public_key,
                           .delegated = own.shown}) == errc::config_bad_delegation);

    const auto with = [](std::initializer_list<signature_scheme> schemes) {
        client_config config;
        config.delegated_schemes = schemes;
        return check<test::usual_provider>(config);
    };
    REQUIRE(with({ed25519}) == errc::none);
    REQUIRE(with({ed25519, ed25519}) == errc::config_too_many);
    REQUIRE(with({ed25519, signature_scheme::ed448}) == errc::config_no_scheme);
    REQUIRE(with({signature_scheme::rsa_pss_rsae_sha256}) == errc::config_no_scheme);
    // It cannot be judged without a time.
    client_config takes;
    takes.delegated_schemes = {ed25519};
    REQUIRE(check(client_target{}, takes) == errc::config_no_time);
    REQUIRE(check(client_target{.now_ms = 1}, takes) == errc::none);
    REQUIRE(check(client_target{}, client_config{}) == errc::none);
    test::pair_options timeless = taking();
    timeless.target.now_ms = 0;
    pair both(timeless);
    REQUIRE(both.client.error() == errc::config_no_time);
}
