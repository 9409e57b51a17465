// The server asks who the client is when the handshake is done (RFC 9846, section 4.7.2).
#include <spantls/spantls.hpp>

#include <algorithm>

#include "support/catch.hpp"
#include "support/forge.hpp"
#include "support/null_provider.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded = test::seeded<test::usual_provider>;
using pair = test::pair<seeded>;

test::pair_options offered() {
    test::pair_options options;
    options.client.post_handshake_auth = true;
    options.server.post_handshake_auth = true;
    return options;
}

/// The most records that one key has protected, of those that `end` has opened after `skipped` of them.
template <class Endpoint>
std::size_t most_under_one_key(const Endpoint& end, std::size_t skipped) {
    std::size_t most = 0, now = 0;
    for (std::size_t i = skipped; i < end.opened.size(); ++i) {
        most = std::max(most, ++now);
        if (end.opened[i].has(handshake_type::key_update)) now = 0;
    }
    return most;
}

/// What the server was told, in order: whether it was a certificate.
std::vector<bool> listen(pair& both, std::vector<bool>& told) {
    both.server.watch = [&](const step& step) {
        if (step.what == what::client_answered) told.push_back(step.authenticated());
    };
    return told;
}

}  // namespace

TEST_CASE("a client shows its certificate when it is asked later, as often as that is") {
    for (const auto suite : {cipher_suite::tls_chacha20_poly1305_sha256, cipher_suite::tls_aes_256_gcm_sha384}) {
        test::pair_options options = offered();
        options.client.prefer.suites = {suite};
        pair both(options);
        if (!both.client_crypto.available(suite)) continue;
        both.client.own = &both.client_credentials();
        std::vector<bool> told;
        std::vector<test::buffer> shown, contexts;
        both.client.watch = [&](const step& step) {
            if (step.what != what::choose_identity) return;
            contexts.push_back(test::copy(step.request().context));
            REQUIRE(step.schemes()[0] == signature_scheme::ed25519);
        };
        both.server.watch = [&](const step& step) {
            if (step.what == what::client_answered) told.push_back(step.authenticated());
            if (step.what != what::verify_peer) return;
            REQUIRE(step.peer().purpose == x509::key_purpose::client_auth);
            shown.push_back(test::copy(step.peer().chain.front().der));
        };
        REQUIRE(both.handshake());
        REQUIRE_FALSE(both.server.tls.peer_authenticated());
        for (int i = 0; i < 12; ++i) {
            REQUIRE(both.server.tls.request_authentication() == errc::none);
            REQUIRE(both.server.tls.owes_output());
            both.run();
            REQUIRE(told.size() == static_cast<std::size_t>(i) + 1);
            REQUIRE(told.back());
            REQUIRE(both.server.tls.peer_authenticated());
            REQUIRE(both.client.send("x") == errc::none);
            REQUIRE(both.server.send("y") == errc::none);
            both.run();
            // Other keys, other Finished (section 4.5).
            if (i % 3 == 0) REQUIRE(both.client.tls.update_keys() == errc::none);
            if (i % 3 == 1) REQUIRE(both.server.tls.update_keys(true) == errc::none);
            both.run();
        }
        REQUIRE(shown == std::vector<test::buffer>(12, both.client_credentials().certificates[0]));
        for (std::size_t i = 0; i < contexts.size(); ++i) {
            REQUIRE(contexts[i].size() == 16);
            for (std::size_t j = 0; j < i; ++j) REQUIRE(contexts[i] != contexts[j]);
        }
        REQUIRE(both.client.tls.error() == errc::none);
        REQUIRE(both.server.tls.error() == errc::none);
        REQUIRE(both.client.loans == 0);
        REQUIRE(both.server.loans == 0);
    }
}

TEST_CASE("authentication goes on for ever without any data, by one and by several, shown or declined") {
    for (const bool shows : {true, false})
        for (const std::size_t at_once : {std::size_t{1}, max_outstanding_requests}) {
            CAPTURE(shows, at_once);
            pair both(offered());
            if (shows) both.client.own = &both.client_credentials();
            REQUIRE(both.handshake());
            for (std::size_t i = 1; i <= 100; ++i) {
                for (std::size_t j = 0; j < at_once; ++j)
                    REQUIRE(both.server.tls.request_authentication() == errc::none);
                both.run();
                REQUIRE(both.server.tls.error() == errc::none);
                REQUIRE(both.client.tls.error() == errc::none);
                REQUIRE(both.server.count(what::client_answered) == i * at_once);
            }
            REQUIRE(both.server.tls.peer_authenticated() == shows);
        }
}

TEST_CASE("answers and requests are held to the limit of the key, which changes before them (section 5.5)") {
    for (const bool shows : {true, false})
        for (std::uint64_t limit = 5; limit < 12; ++limit)
            for (const std::size_t room : {std::size_t{17000}, std::size_t{300}}) {
                CAPTURE(shows, limit, room);
                test::pair_options options = offered();
                options.client.rekey_after = options.server.rekey_after = limit;
                pair both(options);
                if (shows) both.client.own = &both.client_credentials();
                REQUIRE(both.handshake());
                both.client.output_size = both.server.output_size = room;
                const std::size_t server_has = both.server.opened.size(), client_has = both.client.opened.size();
                std::size_t asked = 0;
                for (std::size_t i = 1; i <= 40; ++i) {
                    // Data sometimes, and in both directions, so that answers begin anywhere in the life of a key.
                    if (i % 5 == 0) REQUIRE(both.client.send("x") == errc::none);
                    if (i % 7 == 0) REQUIRE(both.server.send("y") == errc::none);
                    for (std::size_t j = 0; j <= i % 3; ++j)
                        REQUIRE(both.server.tls.request_authentication() == errc::none);
                    asked += i % 3 + 1;
                    both.run();
                    REQUIRE(both.server.tls.error() == errc::none);
                    REQUIRE(both.client.tls.error() == errc::none);
                    REQUIRE_FALSE(both.client.tls.owes_output());
                }
                REQUIRE(both.server.count(what::client_answered) == asked);
                REQUIRE(both.server.tls.peer_authenticated() == shows);
                REQUIRE(both.server.has(what::key_updated));
                REQUIRE(both.client.has(what::key_updated));
                REQUIRE(most_under_one_key(both.server, server_has) <= limit);
                REQUIRE(most_under_one_key(both.client, client_has) <= limit);
            }
}

TEST_CASE("data that is sent while the client decides leaves records for its answer (section 5.5)") {
    constexpr std::uint64_t limit = 8;
    for (const what open : {what::choose_identity, what::sign})
        for (std::size_t count = 0; count < 20; ++count) {
            CAPTURE(name_of(open), count);
            test::pair_options options = offered();
            options.client.rekey_after = limit;
            pair both(options);
            both.client.own = &both.client_credentials();
            REQUIRE(both.handshake());
            const std::size_t server_has = both.server.opened.size();
            bool wait = true;
            both.client.answer = [&](const step& step) { return wait && step.what == open; };
            REQUIRE(both.server.tls.request_authentication() == errc::none);
            both.run();
            for (std::size_t i = 0; i < count; ++i) REQUIRE(both.client.send("x") == errc::none);
            wait = false;
            both.run();
            REQUIRE(both.server.error() == errc::none);
            REQUIRE(both.server.count(what::client_answered) == 1);
            REQUIRE(both.server.received.size() == count);
            REQUIRE(most_under_one_key(both.server, server_has) <= limit);
        }
}

TEST_CASE("an answer that is longer than a key may serve has one for itself (section 5.5)") {
    test::pair_options options = offered();
    options.client.record_size = 16;
    options.client.rekey_after = 8;
    pair both(options);
    both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    REQUIRE(both.client.send("x") == errc::none);
    for (std::size_t i = 1; i <= 3; ++i) {
        both.run();
        const std::size_t before = both.server.count(what::key_updated);
        REQUIRE(both.server.tls.request_authentication() == errc::none);
        both.run();
        REQUIRE(both.server.error() == errc::none);
        REQUIRE(both.server.count(what::client_answered) == i);
        REQUIRE(both.server.count(what::key_updated) > before);
    }
}

TEST_CASE("a client that sends data in every turn is asked to sign all the same (section 5.5)") {
    for (const std::size_t at_once : {1u, 2u, 5u})
        for (std::uint64_t limit = 2; limit < 14; ++limit) {
            CAPTURE(at_once, limit);
            test::pair_options options = offered();
            options.client.record_size = 64;  // the answer takes more records than a key has
            options.client.rekey_after = limit;
            pair both(options);
            both.client.own = &both.client_credentials();
            REQUIRE(both.handshake());
            REQUIRE(both.server.tls.request_authentication() == errc::none);
            both.server.flush();
            both.client.arrive(both.to_client.take());
            for (int turns = 0; !both.server.has(what::client_answered); ++turns) {
                REQUIRE(turns < 20);
                both.client.flush();
                for (std::size_t i = 0; i < at_once; ++i) REQUIRE(both.client.send("x") == errc::none);
                (void)both.client.turn();
                both.client.flush();
                both.server.arrive(both.to_server.take());
                while (both.server.turn()) {
                }
            }
            REQUIRE(both.server.tls.peer_authenticated());
        }
}

TEST_CASE("several requests are outstanding, up to the limit, and each has its answer (section 4.7.2)") {
    pair both(offered());
    both.client.own = &both.client_credentials();
    std::vector<bool> told;
    listen(both, told);
    REQUIRE(both.handshake());
    for (std::size_t i = 0; i < max_outstanding_requests; ++i)
        REQUIRE(both.server.tls.request_authentication() == errc::none);
    REQUIRE(both.server.tls.request_authentication() == errc::too_many_requests);
    // Anything may come before the answers.
    REQUIRE(both.client.send("first") == errc::none);
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    REQUIRE(both.client.send("second") == errc::none);
    both.run();
    REQUIRE(told == std::vector<bool>(max_outstanding_requests, true));
    REQUIRE(both.server.received == test::text("firstsecond"));
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(told.size() == max_outstanding_requests + 1);
}

TEST_CASE("a client that declines goes on (section 4.7.2)") {
    pair both(offered());
    std::vector<bool> told;
    listen(both, told);
    REQUIRE(both.handshake());
    for (int i = 0; i < 3; ++i) REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(told == std::vector<bool>{false, false, false});
    REQUIRE_FALSE(both.server.tls.peer_authenticated());
    REQUIRE_FALSE(both.server.has(what::verify_peer));
    REQUIRE_FALSE(both.client.has(what::sign));
    both.client.own = &both.client_credentials();
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(told.back());
    REQUIRE(both.server.tls.peer_authenticated());
    // Who has been somebody stays that, but this time has shown nothing.
    both.client.own = nullptr;
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE_FALSE(told.back());
    REQUIRE(both.server.tls.peer_authenticated());
    REQUIRE(both.client.send("still here") == errc::none);
    both.run();
    REQUIRE(both.server.received == test::text("still here"));
}

TEST_CASE("nobody is asked who has not offered it, or whom an external key stands for (sections 4.3.6 and 4.4.2)") {
    test::pair_options only_server = offered(), only_client = offered();
    only_server.client.post_handshake_auth = false;
    only_client.server.post_handshake_auth = false;
    for (const auto& options : {only_server, only_client, test::pair_options{}}) {
        pair both(options);
        REQUIRE(both.server.tls.request_authentication() == errc::not_connected);
        REQUIRE(both.handshake());
        REQUIRE(both.server.tls.request_authentication() == errc::authentication_not_offered);
        REQUIRE_FALSE(both.server.tls.owes_output());
        // Whoever does not need the workspace any more gives it back.
        REQUIRE(both.server.tls.take_workspace().size() != 0);
        REQUIRE(both.client.tls.take_workspace().empty() == options.client.post_handshake_auth);
    }
    const test::buffer key(32, 7), name{'n'};
    for (const psk_kind kind : {psk_kind::external, psk_kind::imported, psk_kind::resumption}) {
        const psk offer{name, key, hash_id::sha256, kind};
        test::pair_options options = offered();
        options.server.use_psk = true;
        options.target.psks = std::span(&offer, 1);
        pair both(options);
        both.client.own = &both.client_credentials();
        both.server.find_psk = [&](const step&) { return psk_choice{0, key, hash_id::sha256, kind}; };
        REQUIRE(both.handshake());
        REQUIRE(both.server.tls.psk_used());
        const bool resumed = kind == psk_kind::resumption;
        REQUIRE(both.server.tls.request_authentication() == (resumed ? errc::none : errc::authentication_not_offered));
        both.run();
        REQUIRE(both.server.tls.peer_authenticated() == resumed);
    }
}

TEST_CASE("chains, names and answers that need memory get it, and records of any size do (section 5.1)") {
    const test::credentials longer("client", 9000);
    const test::buffer name(1000, 0x30);
    const std::vector<bytes_view> authorities(20, name);
    for (const int size : {1, 7, 100, 1000, 16384}) {
        CAPTURE(size);
        test::pair_options options = offered();
        options.client.record_size = options.server.record_size = static_cast<std::uint16_t>(size);
        options.server.authorities = authorities;
        options.client_workspace = client<seeded>::smallest_workspace;
        pair both(options);
        both.client.own = &longer;
        std::vector<test::buffer> shown;
        std::vector<bool> told;
        both.server.watch = [&](const step& step) {
            if (step.what == what::client_answered) told.push_back(step.authenticated());
            if (step.what != what::verify_peer) return;
            for (const auto& entry : step.peer().chain) shown.push_back(test::copy(entry.der));
        };
        REQUIRE(both.handshake());
        for (int i = 0; i < 2; ++i) {
            errc error = both.server.tls.request_authentication();
            if (error == errc::workspace_too_small) {
                REQUIRE(both.server.lend(200000) == errc::none);
                error = both.server.tls.request_authentication();
            }
            REQUIRE(error == errc::none);
        }
        both.run();
        REQUIRE(name_of(both.client.tls.error()) == name_of(errc::none));
        REQUIRE(name_of(both.server.tls.error()) == name_of(errc::none));
        REQUIRE(told == std::vector<bool>{true, true});
        REQUIRE(shown.size() == 4);
        REQUIRE(shown[1] == longer.certificates[1]);
        REQUIRE(both.client.loans != 0);
    }
}

TEST_CASE("a byte at a time, and with little room for output") {
    pair both(offered());
    both.client.own = &both.client_credentials();
    both.to_server.chunk = both.to_client.chunk = [](std::size_t) { return 1; };
    std::vector<bool> told;
    listen(both, told);
    REQUIRE(both.handshake());
    both.client.output_size = both.server.output_size = min_output;
    for (int i = 0; i < 3; ++i) REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(told == std::vector<bool>{true, true, true});
}

TEST_CASE("every verdict on a client that is asked later has its alert") {
    for (const errc why : {errc::bad_certificate, errc::certificate_expired, errc::unknown_ca, errc::access_denied}) {
        test::pair_options options = offered();
        options.server.key_log = true;
        pair both(options);
        both.client.own = &both.client_credentials();
        both.server.verdict = x509::verdict::refuse(why);
        REQUIRE(both.handshake());
        const std::string log = both.server.key_log;
        const std::size_t line = log.find("CLIENT_TRAFFIC_SECRET_0 ");
        REQUIRE(line != std::string::npos);
        const test::buffer secret = test::unhex(log.substr(log.find(' ', line + 24) + 1, 64));
        REQUIRE(secret.size() == 32);
        REQUIRE(both.server.tls.request_authentication() == errc::none);
        both.run();
        REQUIRE(both.server.error() == why);
        REQUIRE(both.client.error() == errc::peer_alert);
        REQUIRE(both.client.alert() == *alert_for(why));
        // Section 6.2.
        REQUIRE_FALSE(both.server.remembers(secret));
        REQUIRE_FALSE(both.server.tls.peer_authenticated());
        REQUIRE(both.server.tls.request_authentication() == errc::connection_failed);
        REQUIRE_FALSE(both.server.tls.take_workspace().empty());
        REQUIRE_FALSE(both.client.tls.take_workspace().empty());
    }
}

TEST_CASE("a signature by another key is decrypt_error, later as before (section 4.5.2)") {
    const test::credentials somebody("somebody");
    pair both(offered());
    both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    test::buffer forged;
    both.client.answer = [&](const step& step) {
        if (step.what != what::sign) return false;
        forged = somebody.key.sign(test::copy(step.signing().content));
        return both.client.tls.answer(signature{forged}) == errc::none;
    };
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(both.server.error() == errc::bad_signature);
    REQUIRE_FALSE(both.server.tls.peer_authenticated());
    REQUIRE(both.client.alert() == alert_description::decrypt_error);
}

TEST_CASE("what is signed for one request is not good for another (section 4.4.2)") {
    pair both(offered());
    both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    test::buffer first;
    both.client.answer = [&](const step& step) {
        if (step.what != what::sign) return false;
        if (first.empty()) first = both.client.own->key.sign(test::copy(step.signing().content));
        return both.client.tls.answer(signature{first}) == errc::none;
    };
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(both.server.tls.peer_authenticated());
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(both.server.error() == errc::bad_signature);
}

TEST_CASE("while somebody decides, data goes on being sent; and what is closed is not answered") {
    pair both(offered());
    both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    bool wait = true;
    both.client.answer = [&](const step&) { return wait; };
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(both.client.send("meanwhile") == errc::none);
    both.run();
    REQUIRE(both.server.received == test::text("meanwhile"));
    REQUIRE(both.client.tls.answer(x509::verdict::accept()) == errc::wrong_answer);
    REQUIRE(both.client.tls.close() == errc::none);
    both.run();
    REQUIRE(both.server.has(what::peer_closed));
    const std::size_t sent = both.to_server.all.size();
    wait = false;
    both.run();
    REQUIRE(both.to_server.all.size() == sent);
    REQUIRE(both.client.tls.error() == errc::none);
    REQUIRE(both.server.tls.close() == errc::none);
    both.run();
    REQUIRE(both.client.has(what::closed));
    REQUIRE_FALSE(both.client.tls.take_workspace().empty());
    REQUIRE_FALSE(both.server.tls.take_workspace().empty());
    REQUIRE(both.server.tls.request_authentication() == errc::write_closed);
}

TEST_CASE("what was begun before an answer goes before it, or behind all of it (section 4.7.2)") {
    for (const bool begun_to_leave : {false, true}) {
        pair both(offered());
        both.client.own = &both.client_credentials();
        std::vector<bool> told;
        listen(both, told);
        REQUIRE(both.handshake());
        both.client.silent = true;
        REQUIRE(both.server.tls.request_authentication() == errc::none);
        both.run();
        REQUIRE(both.client.tls.owes_output());
        test::buffer out(100);
        const test::buffer data = test::text("hello");
        std::copy(data.begin(), data.end(), out.begin() + record_header_size);
        const auto text = bytes_view(out).subspan(record_header_size, data.size());
        REQUIRE(both.client.tls.send(text, out).error == errc::output_owed);
        if (begun_to_leave) {
            test::buffer part(min_output);
            both.to_server.put(both.client.tls.transmit(part).records);
        }
        const output sealed = both.client.tls.send_begun(text, out);
        REQUIRE(sealed.error == (begun_to_leave ? errc::output_owed : errc::none));
        both.to_server.put(sealed.records);
        both.client.silent = false;
        both.run();
        REQUIRE(told == std::vector<bool>{true});
        REQUIRE(both.server.received == (begun_to_leave ? test::buffer{} : data));
        REQUIRE(both.server.error() == errc::none);
    }
}

TEST_CASE("a request behind tickets in one record, and another behind that") {
    using null = test::pair<test::null_provider>;
    test::pair_options options;
    options.client.post_handshake_auth = true;
    null both(options);
    both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    namespace forge = test::forge;
    const test::buffer row = forge::join(
        {forge::ticket(), forge::ticket(), forge::certificate_request(forge::request_extensions(), {1}),
         forge::certificate_request(forge::request_extensions(), {2}), forge::ticket(), forge::key_update(0)});
    const std::size_t piece = GENERATE_COPY(std::size_t{11}, row.size());
    for (std::size_t at = 0; at < row.size(); at += piece) {
        const auto begin = row.begin() + static_cast<std::ptrdiff_t>(at);
        both.client.arrive(
            forge::sealed_handshake({begin, begin + static_cast<std::ptrdiff_t>(std::min(piece, row.size() - at))}));
    }
    std::vector<test::buffer> contexts;
    both.client.watch = [&](const step& step) {
        if (step.what == what::choose_identity) contexts.push_back(test::copy(step.request().context));
    };
    both.server.silent = true;
    for (int i = 0; i < 300; ++i) {
        both.client.turn();
        both.client.flush();
    }
    REQUIRE(both.client.error() == errc::none);
    REQUIRE(both.client.tickets.size() == 3);
    REQUIRE(contexts.size() >= 2);
    REQUIRE(contexts.front() == test::buffer{1});
    REQUIRE(contexts.back() == test::buffer{2});
    REQUIRE(both.client.count(what::sign) == 2);
    REQUIRE(both.client.count(what::key_updated) == 1);
    REQUIRE(both.client.arrived.empty());
}
