// Tickets and what comes of them: sealed by a server that keeps nothing, kept by a client as bytes, used once.
#include <spantls/spantls.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <spantls/session/replay_guard.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;
using plain_pair = test::pair<seeded_chacha>;

constexpr std::uint64_t start_ms = 1'700'000'000'000;
const test::buffer fleet_secret(32, 0x5e);

/// A first connection, and what a client keeps of the ticket that it is given.
template <class P>
test::buffer first_connection(const ticket_terms& terms, test::pair_options options = {}) {
    test::pair<P> both(options);
    const ticket_keys<P> keys(both.server_crypto, fleet_secret);
    test::buffer kept;
    both.client.watch = [&](const step& seen) {
        if (seen.what != what::ticket) return;
        for (const new_session_ticket& ticket : seen.tickets()) {
            kept.resize(max_session_size(ticket.ticket.size()));
            kept.resize(save_session(both.client.tls, ticket, options.target.server_name, start_ms, kept));
        }
    };
    REQUIRE(both.handshake());
    test::buffer out(4000);
    const output sent = send_ticket(both.server.tls, keys, both.server_crypto, terms, start_ms, out);
    REQUIRE(sent.error == errc::none);
    both.to_client.put(sent.records);
    both.run();
    REQUIRE_FALSE(kept.empty());
    return kept;
}

/// A second connection in which the session is offered.
template <class P>
struct resumed {
    resumed(const test::buffer& kept, std::uint64_t at, test::pair_options options = {})
        : both(with_session(kept, at, options)), keys(both.server_crypto, fleet_secret) {
        both.server.find_psk = [this, at](const step& asked) {
            return keys.find(asked.hello().psks, hash_of_suite(), at, scratch, found);
        };
    }
    static hash_id hash_of_suite() { return hash_id::sha256; }
    static test::pair_options with_session(const test::buffer& kept, std::uint64_t at, test::pair_options options) {
        REQUIRE(read_session(kept, options.target.resume) == errc::none);
        options.target.now_ms = at;
        options.server.use_psk = true;
        options.seed = 1000;
        return options;
    }
    test::buffer scratch = test::buffer(max_sealed_ticket);
    ticket_state found;
    test::pair<P> both;
    ticket_keys<P> keys;
};

}  // namespace

TEST_CASE("a session is resumed: no certificates, the server still known, the application's bytes back") {
    const test::buffer note = test::text("user 17"), kept = first_connection<seeded_chacha>({.application = note});
    resumed<seeded_chacha> it(kept, start_ms + 60'000);
    REQUIRE(it.both.handshake());
    REQUIRE(it.both.client.tls.psk_used());
    REQUIRE(it.both.client.tls.peer_authenticated());
    REQUIRE_FALSE(it.both.server.tls.peer_authenticated());
    REQUIRE_FALSE(it.both.client.has(what::verify_peer));
    REQUIRE_FALSE(it.both.server.has(what::sign));
    REQUIRE(equal_bytes(it.found.application, note));
    REQUIRE(it.both.client.send("again") == errc::none);
    it.both.run();
    REQUIRE(it.both.server.received == test::text("again"));
}

TEST_CASE("a client that had a certificate has it after a resumption") {
    test::pair_options options;
    options.server.authenticate_client = client_authentication::require;
    test::pair<seeded_chacha> first(options);
    first.client.own = &first.client_credentials();
    const ticket_keys<seeded_chacha> keys(first.server_crypto, fleet_secret);
    test::buffer kept(2000), out(4000);
    const test::buffer digest(32, 0xd1);
    first.client.watch = [&](const step& seen) {
        if (seen.what == what::ticket)
            kept.resize(save_session(first.client.tls, *seen.tickets().begin(), "leaf.example", start_ms, kept));
    };
    REQUIRE(first.handshake());
    first.to_client.put(
        send_ticket(first.server.tls, keys, first.server_crypto, {.client_identity = digest}, start_ms, out).records);
    first.run();
    resumed<seeded_chacha> it(kept, start_ms + 1);
    REQUIRE(it.both.handshake());
    REQUIRE(it.both.server.tls.peer_authenticated());
    REQUIRE(equal_bytes(it.found.client_identity, digest));
}

TEST_CASE("a session that has expired, or is of another server, is not offered") {
    const test::buffer kept = first_connection<seeded_chacha>({.lifetime = 100});
    for (const bool late : {true, false}) {
        test::pair_options options;
        if (!late) options.target.server_name = "other.example";
        resumed<seeded_chacha> it(kept, start_ms + (late ? 100'000 : 50'000), options);
        REQUIRE(it.both.handshake());
        REQUIRE_FALSE(it.both.server.has(what::find_psk));
        REQUIRE_FALSE(it.both.client.tls.psk_used());
    }
}

TEST_CASE("a ticket of another fleet, or of keys that are over, falls back to certificates") {
    const test::buffer kept = first_connection<seeded_chacha>({});
    const test::buffer other(32, 0x5f);
    resumed<seeded_chacha> it(kept, start_ms + 1000);
    const ticket_keys<seeded_chacha> theirs(it.both.server_crypto, other);
    it.both.server.find_psk = [&](const step& asked) {
        return theirs.find(asked.hello().psks, hash_id::sha256, start_ms, it.scratch, it.found);
    };
    REQUIRE(it.both.handshake());
    REQUIRE(it.both.server.has(what::find_psk));
    REQUIRE_FALSE(it.both.client.tls.psk_used());
    REQUIRE(it.both.client.tls.peer_authenticated());
}

TEST_CASE("any number of tickets, each of a key and an age_add of its own (section 4.7.1)") {
    constexpr std::size_t count = 100;
    plain_pair both;
    const ticket_keys<seeded_chacha> keys(both.server_crypto, fleet_secret);
    std::vector<test::buffer> kept;
    both.client.watch = [&](const step& seen) {
        if (seen.what != what::ticket) return;
        for (const new_session_ticket& ticket : seen.tickets()) {
            kept.emplace_back(2000);
            kept.back().resize(save_session(both.client.tls, ticket, "leaf.example", start_ms, kept.back()));
        }
    };
    REQUIRE(both.handshake());
    for (std::size_t i = 0; i < count; ++i) {
        // Of those that nobody asked for by their number, not too many at once.
        if (i % max_post_handshake_messages == 0) REQUIRE(both.server.send("data") == errc::none);
        test::buffer out(4000);
        both.to_client.put(send_ticket(both.server.tls, keys, both.server_crypto, {}, start_ms, out).records);
        both.run();
    }
    REQUIRE(kept.size() == count);
    for (std::size_t i = 0; i < count; ++i) {
        session one, other;
        REQUIRE(read_session(kept[i], one) == errc::none);
        REQUIRE(read_session(kept[(i + 1) % count], other) == errc::none);
        REQUIRE_FALSE(equal_bytes(one.key, other.key));
        REQUIRE(one.age_add != other.age_add);
        if (i % 20 != 0) continue;
        resumed<seeded_chacha> it(kept[i], start_ms + 1);
        REQUIRE(it.both.handshake());
        REQUIRE(it.both.client.tls.psk_used());
    }
}

TEST_CASE("the tickets that a client has asked for may all come in a row, and no more than others can (RFC 9149)") {
    for (const std::uint8_t asked : {std::uint8_t{0}, std::uint8_t{33}, std::uint8_t{40}, std::uint8_t{255}})
        for (const bool moved : {false, true}) {
            CAPTURE(asked, moved);
            test::pair_options options;
            options.client.tickets = ticket_counts{asked, asked};
            options.server.max_tickets = 255;
            plain_pair both(options);
            const ticket_keys<seeded_chacha> keys(both.server_crypto, fleet_secret);
            REQUIRE(both.handshake());
            REQUIRE(both.client.tls.expected_tickets() == asked);
            std::size_t got = 0;
            connection_state<seeded_chacha> state;
            std::optional<client<seeded_chacha>> elsewhere;
            const auto one_more = [&] {
                test::buffer out(4000);
                const output sent = send_ticket(both.server.tls, keys, both.server_crypto, {}, start_ms, out);
                REQUIRE(sent.error == errc::none);
                both.to_client.put(sent.records);
                if (!elsewhere) return both.run();
                test::buffer input = both.to_client.take();
                if (elsewhere->receive(input).what == what::ticket) ++got;
            };
            for (std::size_t i = 0; i < asked; ++i) {
                one_more();
                if (!moved || i != 20) continue;
                got = both.client.tickets.size();
                REQUIRE(both.client.tls.export_state(state) == errc::none);
                elsewhere.emplace(both.client_crypto, both.options.client, std::move(state));
            }
            const auto error = [&] { return elsewhere ? elsewhere->error() : both.client.error(); };
            REQUIRE(error() == errc::none);
            REQUIRE((elsewhere ? got : both.client.tickets.size()) == asked);
            // Those that were not announced are as few as ever.
            for (unsigned i = 0; i < max_post_handshake_messages; ++i) one_more();
            REQUIRE(error() == errc::none);
            one_more();
            REQUIRE(error() == errc::too_many_messages);
            if (moved) continue;
            REQUIRE(both.server.alert() == alert_description::unexpected_message);
        }
}

namespace {

test::pair_options early_options() {
    test::pair_options options;
    options.target.early_data = true;
    options.server.max_early_data = 1000;
    return options;
}

}  // namespace

TEST_CASE("early data under a ticket") {
    const test::buffer kept = first_connection<seeded_chacha>({.max_early_data = 500, .server_name = "leaf.example"});
    resumed<seeded_chacha> it(kept, start_ms + 5000, early_options());
    REQUIRE(it.both.client.tls.early_data_left() == 500);
    std::uint32_t claimed = 0;
    it.both.server.judge_early = [&](const early_offer& offer) {
        claimed = claimed_age(it.found, offer.obfuscated_age);
        return early_data::accept;
    };
    test::buffer out(4000);
    const test::buffer request = test::text("early");
    it.both.to_server.put(it.both.client.tls.send_early(request, out).records);
    REQUIRE(it.both.handshake());
    REQUIRE(it.both.server.received_early == request);
    REQUIRE(claimed == 4999);  // never more than it may be
}

TEST_CASE("the same first flight 10,000 times in parallel: its early data is taken once", "[threads]") {
    const test::buffer kept = first_connection<seeded_chacha>({.max_early_data = 500, .server_name = "leaf.example"});
    const test::buffer request = test::text("transfer a fortune");
    test::buffer flight;
    {
        resumed<seeded_chacha> it(kept, start_ms + 5000, early_options());
        test::buffer out(4000);
        flight = test::copy(it.both.client.tls.send_early(request, out).records);
    }
    std::vector<replay_guard::slot> memory(1 << 12);
    const test::buffer guard_key(16, 7);
    replay_guard guard(memory, bytes_view(guard_key).first<16>(), start_ms, replay_start::clean);
    std::atomic<int> taken{0}, refused{0}, broken{0};
    const server_config config{.use_psk = true, .max_early_data = 1000};
    const auto replays = [&](std::uint64_t seed) {
        seeded_chacha crypto(seed);
        const ticket_keys<seeded_chacha> keys(crypto, fleet_secret);
        test::buffer workspace(server<seeded_chacha>::workspace_size), scratch(max_sealed_ticket), out(8000);
        for (int i = 0; i < 5000; ++i) {
            server<seeded_chacha> tls(crypto, config, workspace);
            ticket_state found;
            test::buffer input = flight, early;
            for (std::size_t done = 0;;) {
                const step seen = tls.receive(mutable_bytes(input).subspan(done));
                done += seen.consumed;
                if (seen.what == what::find_psk) {
                    (void)tls.answer(keys.find(seen.hello().psks, hash_id::sha256, start_ms + 5000, scratch, found));
                } else if (seen.what == what::early_data_offered) {
                    const bool good = guard.judge(seen.offer(), claimed_age(found, seen.offer().obfuscated_age),
                                                  measured_age(found, start_ms + 5000), start_ms + 5000);
                    (void)tls.answer(good ? early_data::accept : early_data::reject);
                } else if (seen.what == what::early_data) {
                    early.insert(early.end(), seen.data.begin(), seen.data.end());
                } else if (seen.what == what::output_waiting) {
                    (void)tls.transmit(out);
                } else if (seen.what != what::progress) {
                    broken += seen.what != what::need_input;
                    break;
                }
            }
            if (early == request) ++taken;
            if (early.empty()) ++refused;
        }
    };
    std::thread other(replays, 1);
    replays(2);
    other.join();
    REQUIRE(taken == 1);
    REQUIRE(refused == 9999);
    REQUIRE(broken == 0);
}

TEST_CASE("early data under an external key is not the guard's to take, now or when it has forgotten (section 8.2)") {
    const test::buffer name = test::text("device"), key(32, 1), guard_key(16, 7);
    const early_data_terms terms{1000, cipher_suite::tls_chacha20_poly1305_sha256, {}, "leaf.example"};
    test::buffer out(4000);
    for (const psk_kind kind : {psk_kind::external, psk_kind::imported, psk_kind::resumption}) {
        const psk keys[] = {{.identity = name, .key = key, .kind = kind, .early = terms}};
        test::pair_options options = early_options();
        options.target.psks = keys;
        options.server.use_psk = true;
        plain_pair both(options);
        const test::buffer flight = test::copy(both.client.tls.send_early(as_bytes("open the door"), out).records);
        std::vector<replay_guard::slot> memory(1 << 12);
        replay_guard guard(memory, bytes_view(guard_key).first<16>(), start_ms, replay_start::clean);
        int taken = 0;
        for (const std::uint64_t later :
             {std::uint64_t{0}, std::uint64_t{5000}, std::uint64_t{30'000}, std::uint64_t{3'600'000}}) {
            CAPTURE(later);
            plain_pair again(options);
            again.server.find_psk = [&](const step&) {
                return psk_choice{0, key, hash_id::sha256, kind, terms, false};
            };
            bool asked = false;
            again.server.judge_early = [&](const early_offer& offer) {
                asked = true;
                REQUIRE(offer.of_ticket == (kind == psk_kind::resumption));
                return guard.judge(offer, offer.obfuscated_age, later, start_ms + later) ? early_data::accept
                                                                                         : early_data::reject;
            };
            again.server.arrive(flight);
            while (again.server.turn() || again.server.flush()) {
            }
            REQUIRE(asked);
            taken += again.server.received_early == test::text("open the door");
        }
        REQUIRE(taken == (kind == psk_kind::resumption ? 1 : 0));
    }
}

TEST_CASE("a ticket for a ticket is as old as that, and after seven days there is none (section 4.7.1)") {
    constexpr std::uint64_t day = 24 * 3600 * 1000ull;
    test::buffer kept, out(4000);
    int resumptions = 0;
    for (std::uint64_t now = start_ms; now < start_ms + 10 * day; now += day) {
        test::pair_options options;
        options.seed = now;
        options.server.use_psk = true;
        options.target.now_ms = now;
        if (!kept.empty()) REQUIRE(read_session(kept, options.target.resume) == errc::none);
        plain_pair both(options);
        const ticket_keys<seeded_chacha> keys(both.server_crypto, fleet_secret, 604800);
        test::buffer scratch(max_sealed_ticket), next;
        ticket_state found;
        both.server.find_psk = [&](const step& asked) {
            return keys.find(asked.hello().psks, hash_id::sha256, now, scratch, found);
        };
        both.client.watch = [&](const step& seen) {
            if (seen.what != what::ticket) return;
            next.resize(2000);
            next.resize(save_session(both.client.tls, *seen.tickets().begin(), "leaf.example", now, next));
        };
        REQUIRE(both.handshake());
        const bool resumed = both.server.tls.psk_used();
        REQUIRE(resumed == (now != start_ms && now < start_ms + 7 * day));
        resumptions += resumed;
        const output dateless = send_ticket(both.server.tls, keys, both.server_crypto, {}, now, out);
        REQUIRE(dateless.error == (resumed ? errc::bad_argument : errc::none));
        REQUIRE(dateless.records.empty() == resumed);
        if (now == start_ms) both.to_client.put(dateless.records);
        if (resumed) {
            const ticket_terms terms{.authenticated_at = found.authenticated_at};
            REQUIRE(found.authenticated_at == start_ms);
            const output sent = send_ticket(both.server.tls, keys, both.server_crypto, terms, now, out);
            REQUIRE(sent.error == errc::none);
            both.to_client.put(sent.records);
        }
        both.run();
        if (!next.empty()) kept = next;
    }
    REQUIRE(resumptions == 6);
}

TEST_CASE("tickets under an external key begin with that") {
    const test::buffer name = test::text("device"), key(32, 1);
    const psk keys[] = {{.identity = name, .key = key}};
    test::pair_options options;
    options.target.psks = keys;
    options.server.use_psk = true;
    plain_pair both(options);
    both.server.find_psk = [&](const step&) {
        return psk_choice{0, key, hash_id::sha256, psk_kind::external, {}, false};
    };
    REQUIRE(both.handshake());
    const ticket_keys<seeded_chacha> sealing(both.server_crypto, fleet_secret);
    test::buffer out(4000);
    REQUIRE(send_ticket(both.server.tls, sealing, both.server_crypto, {}, start_ms, out).error == errc::bad_argument);
    REQUIRE(send_ticket(both.server.tls, sealing, both.server_crypto, {.authenticated_at = start_ms}, start_ms, out)
                .error == errc::none);
}

TEST_CASE("a server without a name is only known again by a label") {
    const test::buffer named = first_connection<seeded_chacha>({});
    session it;
    REQUIRE(read_session(named, it) == errc::none);
    const auto resumed_as = [&](std::string_view kept_as, std::string_view label) {
        it.server_name = kept_as;
        test::buffer kept(session_size(it));
        REQUIRE(write(it, kept) != 0);
        test::pair_options options;
        options.target.server_name = {};
        options.target.label = label;
        resumed<seeded_chacha> next(kept, start_ms + 1000, options);
        // Whoever it is has to be judged, but for the one that was.
        REQUIRE(next.both.handshake());
        REQUIRE(next.both.client.has(what::verify_peer) != next.both.client.tls.psk_used());
        REQUIRE(next.both.server.has(what::find_psk) == next.both.client.tls.psk_used());
        return next.both.client.tls.psk_used();
    };
    REQUIRE_FALSE(resumed_as("", ""));
    REQUIRE_FALSE(resumed_as("leaf.example", ""));
    REQUIRE_FALSE(resumed_as("", "the box in the cellar"));
    REQUIRE_FALSE(resumed_as("the box in the attic", "the box in the cellar"));
    REQUIRE(resumed_as("the box in the cellar", "the box in the cellar"));

    // Nor can one be known by the name of another: whoever names things would choose who is not judged (section 4.7.1).
    test::pair_options confused;
    confused.target.server_name = {};
    confused.target.label = "leaf.example";
    plain_pair none(confused);
    REQUIRE(none.client.error() == errc::config_bad_server_name);

    plain_pair both;
    test::buffer room(2000);
    std::size_t without = 1, with = 0;
    both.client.watch = [&](const step& seen) {
        if (seen.what != what::ticket) return;
        without = save_session(both.client.tls, *seen.tickets().begin(), "", start_ms, room);
        with = save_session(both.client.tls, *seen.tickets().begin(), "the box", start_ms, room);
    };
    REQUIRE(both.handshake());
    const ticket_keys<seeded_chacha> keys(both.server_crypto, fleet_secret);
    test::buffer out(4000);
    both.to_client.put(send_ticket(both.server.tls, keys, both.server_crypto, {}, start_ms, out).records);
    both.run();
    REQUIRE(without == 0);
    REQUIRE(with != 0);
}
