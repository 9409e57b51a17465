// Questions: answered late, wrongly, by somebody who was not asked, and with a refusal.
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using real_pair = test::pair<test::seeded<test::small_provider>>;

test::pair_options with_every_question() { return {.server = {.authenticate_client = client_authentication::require}}; }

/// The state is what it was: the question, if one is open, and all that can be seen.
template <class Endpoint>
void nothing_is_possible(Endpoint& end) {
    test::buffer out(1000);
    const auto state = end.tls.handshake_state();
    REQUIRE(end.tls.send(as_bytes("early"), out).error == errc::not_connected);
    REQUIRE(end.tls.update_keys() == errc::not_connected);
    REQUIRE(end.tls.export_keying_material("label", {}, out) == errc::not_connected);
    REQUIRE(end.tls.ticket_key({}, out) == 0);
    REQUIRE(end.tls.take_workspace().empty());
    REQUIRE(end.tls.lend_workspace({}) == errc::workspace_too_small);
    REQUIRE_FALSE(end.tls.connected());
    REQUIRE(end.tls.handshake_state() == state);
}

/// Every answer but the one to `asked`; without a question all of them.
template <class Endpoint>
void answer_wrongly(Endpoint& end, const test::credentials& who, std::optional<what> asked) {
    const errc expected = asked ? errc::wrong_answer : errc::not_asked;
    const bool identity_asked = asked == what::client_hello || asked == what::choose_identity;
    if (!identity_asked) REQUIRE(end.tls.answer(who.who()) == expected);
    if (!identity_asked) REQUIRE(end.tls.answer(no_identity) == expected);
    if (asked != what::verify_peer) REQUIRE(end.tls.answer(x509::verdict::accept()) == expected);
    if (asked != what::verify_peer) REQUIRE(end.tls.answer(x509::verdict::refuse()) == expected);
    const test::buffer bytes(64, 1), huge(65536, 1);
    if (asked != what::sign) REQUIRE(end.tls.answer(signature{bytes}) == expected);
    if (!asked) REQUIRE(end.tls.refuse() == errc::not_asked);
    // The right kind, but nothing that could be used.
    if (asked == what::sign) {
        REQUIRE(end.tls.answer(signature{}) == errc::wrong_answer);
        REQUIRE(end.tls.answer(signature{huge}) == errc::wrong_answer);
    }
    if (identity_asked) {
        const std::array<bytes_view, 2> with_empty{who.chain[0], bytes_view{}};
        const std::array<bytes_view, 1> too_long{huge};
        REQUIRE(end.tls.answer(identity{with_empty, who.schemes}) == errc::config_bad_chain);
        REQUIRE(end.tls.answer(identity{too_long, who.schemes}) == errc::config_bad_chain);
        REQUIRE(end.tls.answer(identity{who.chain, {}}) == errc::config_no_scheme);
    }
    if (asked == what::client_hello) REQUIRE(end.tls.answer(no_identity) == errc::wrong_answer);
}

}  // namespace

TEST_CASE("every question is answered late, and after every wrong answer (section 4.5.1)") {
    real_pair both(with_every_question());
    both.client.own = &both.client_credentials();
    std::vector<what> asked_client, asked_server;
    const auto reluctantly = [](auto& end, std::vector<what>& asked) {
        return [&](const step& step) {
            if (asked.empty() || asked.back() != step.what) {
                asked.push_back(step.what);
                return true;  // some other time
            }
            // It is still the same question, however often it is asked and whatever else is tried.
            for (int i = 0; i < 5; ++i) {
                REQUIRE(end.tls.receive(end.arrived).what == step.what);
                nothing_is_possible(end);
                answer_wrongly(end, real_pair::client_credentials(), step.what);
            }
            return false;
        };
    };
    both.client.answer = reluctantly(both.client, asked_client);
    both.server.answer = reluctantly(both.server, asked_server);
    for (int i = 0; i < 20; ++i) both.run();
    REQUIRE(both.client.has(what::handshake_done));
    REQUIRE(both.server.has(what::handshake_done));
    REQUIRE(asked_client == std::vector<what>{what::choose_identity, what::verify_peer, what::sign});
    REQUIRE(asked_server == std::vector<what>{what::client_hello, what::sign, what::verify_peer});
    REQUIRE(both.client.send("done") == errc::none);
    both.run();
    REQUIRE(both.server.received == test::text("done"));
}

TEST_CASE("answers to questions that nobody asked") {
    real_pair both(with_every_question());
    both.client.own = &both.client_credentials();
    const auto& who = both.client_credentials();
    // Little by little, between all questions.
    both.to_server.chunk = both.to_client.chunk = [](std::size_t) { return std::size_t{40}; };
    // An answer may lead straight to the next question.
    const auto is_open = [](const auto& end) { return name_of(end.tls.handshake_state()).substr(0, 5) == "asks_"; };
    do {
        if (!is_open(both.client)) answer_wrongly(both.client, who, std::nullopt);
        if (!is_open(both.server)) answer_wrongly(both.server, who, std::nullopt);
    } while (both.round());
    REQUIRE(both.client.has(what::handshake_done));
    REQUIRE(both.server.has(what::handshake_done));
    answer_wrongly(both.client, who, std::nullopt);
    both.client.tls.abort();
    REQUIRE(both.client.tls.answer(x509::verdict::accept()) == errc::connection_failed);

    // The writing half has given up, and the reading half has not heard of it yet.
    real_pair given_up;
    REQUIRE(given_up.handshake());
    given_up.client.tls.split().writer.abort();
    REQUIRE(given_up.client.tls.error() == errc::canceled);
    REQUIRE(given_up.client.tls.answer(x509::verdict::accept()) == errc::connection_failed);
    REQUIRE(both.client.tls.refuse() == errc::not_asked);
}

TEST_CASE("every question refused") {
    struct refusal {
        bool server;
        what question;
    };
    for (const refusal& refused :
         {refusal{true, what::client_hello}, refusal{true, what::sign}, refusal{true, what::verify_peer},
          refusal{false, what::choose_identity}, refusal{false, what::verify_peer}, refusal{false, what::sign}})
        for (const errc why : {errc::refused, errc::unrecognized_name, errc::access_denied, errc::certificate_expired,
                               errc::truncated, errc::not_asked, errc::canceled}) {
            CAPTURE(refused.server, name_of(refused.question), name_of(why));
            real_pair both(with_every_question());
            both.client.own = &both.client_credentials();
            const auto refusing = [&](auto& end) {
                return [&](const step& step) {
                    return step.what == refused.question && end.tls.refuse(why) == errc::none;
                };
            };
            if (refused.server)
                both.server.answer = refusing(both.server);
            else
                both.client.answer = refusing(both.client);
            REQUIRE_FALSE(both.handshake());
            const errc failed = refused.server ? both.server.error() : both.client.error();
            const errc other = refused.server ? both.client.error() : both.server.error();
            // Only what is the peer's fault can be told to the peer.
            const bool tellable = fault_of(why) == fault::peer;
            REQUIRE(failed == (tellable ? why : errc::refused));
            REQUIRE(other == errc::peer_alert);
            REQUIRE((refused.server ? both.client.alert() : both.server.alert()) == *alert_for(failed));
            REQUIRE_FALSE(both.server.has(what::handshake_done));
        }
}

TEST_CASE("a server's first words are held back until it has signed") {
    real_pair both;
    both.server.answer = [](const step& step) { return step.what == what::sign; };
    both.run();
    REQUIRE(both.to_client.all.empty());
    REQUIRE_FALSE(both.server.tls.owes_output());
    both.server.answer = nullptr;
    REQUIRE(both.handshake());
}

TEST_CASE("what a question shows stays, whatever becomes of the input") {
    real_pair both(with_every_question());
    both.client.own = &both.client_credentials();
    std::optional<step> shown_client, shown_server;
    both.client.answer = [&](const step& step) { return shown_client = step, step.what == what::verify_peer; };
    both.server.answer = [&](const step& step) { return shown_server = step, step.what == what::client_hello; };
    both.run();
    REQUIRE(shown_server);
    for (std::uint8_t& byte : both.server.arrived) byte = 0xee;
    both.server.new_workspace(1000);
    REQUIRE(shown_server->hello().server_name == "leaf.example");
    REQUIRE(shown_server->hello().schemes.schemes.contains(signature_scheme::ed25519));
    REQUIRE(both.server.tls.answer(both.server_credentials().who()) == errc::none);
    both.server.answer = nullptr;
    both.run();
    REQUIRE(shown_client);
    REQUIRE(test::copy(shown_client->peer().chain.front().der) == both.server_credentials().certificates[0]);
    REQUIRE(both.client.tls.answer(x509::verdict::accept()) == errc::none);
    both.client.answer = nullptr;
    REQUIRE(both.handshake());
}

TEST_CASE("a question in a larger workspace is the same question") {
    real_pair both(with_every_question());
    both.client.own = &both.client_credentials();
    std::size_t size = real_pair{}.client.tls.workspace_size + 4000, moved = 0;
    const auto move_first = [&](auto& end) {
        return [&](const step& step) {
            REQUIRE(end.lend(size += 100) == errc::none);
            const auto again = end.tls.receive(end.arrived);
            REQUIRE(again.what == step.what);
            ++moved;
            if (step.what == what::sign)
                REQUIRE(end.tls.answer(signature{end.sign(again)}) == errc::none);
            else if (step.what == what::verify_peer)
                REQUIRE(!again.peer().chain.empty());
            return step.what == what::sign;
        };
    };
    both.client.answer = move_first(both.client);
    both.server.answer = move_first(both.server);
    REQUIRE(both.handshake());
    REQUIRE(moved == 6);
}

TEST_CASE("a signature for which there is no room changes nothing, and fits when there is") {
    for (const bool of_server : {true, false}) {
        CAPTURE(of_server);
        real_pair both(with_every_question());
        both.client.own = &both.client_credentials();
        std::size_t refused = 0;
        const auto long_first = [&](auto& end) {
            return [&](const step& step) {
                if (step.what != what::sign) return false;
                const test::buffer long_one(20000, 1);
                REQUIRE(end.tls.answer(signature{long_one}) == errc::workspace_too_small);
                REQUIRE(end.tls.receive(end.arrived).what == what::sign);
                REQUIRE(end.lend(40000) == errc::none);
                REQUIRE(end.tls.answer(signature{long_one}) == errc::none);
                ++refused;
                return true;
            };
        };
        if (of_server)
            both.server.answer = long_first(both.server);
        else
            both.client.answer = long_first(both.client);
        // It is no signature, but it arrives whole: the other end gets as far as checking it.
        REQUIRE_FALSE(both.handshake());
        REQUIRE(refused == 1);
        REQUIRE((of_server ? both.client.error() : both.server.error()) == errc::bad_signature);
    }
}
