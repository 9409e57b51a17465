// Output is all or nothing: where there is no room nothing happens, and sizes are what they are said to be.
#include <spantls/spantls.hpp>

#include "simulation/conversation.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;

/// Offers `room` bytes first; where they are too few, nothing may have happened. True when they were.
template <class Endpoint>
bool flush_into(Endpoint& end, test::link& to, std::size_t room) {
    bool refused = false;
    while (end.tls.owes_output()) {
        test::buffer out(room);
        const record_info before = end.tls.last_sent();
        const output written = end.tls.transmit(out);
        if (!written.empty()) {
            REQUIRE(written.error == errc::none);
            REQUIRE(written.records.data() == out.data());
            REQUIRE(written.records.size() <= room);
            to.put(written.records);
            continue;
        }
        REQUIRE(written.error == errc::too_small);
        REQUIRE(written.consumed == 0);
        REQUIRE(room < min_output);
        REQUIRE(end.tls.owes_output());
        REQUIRE(end.tls.last_sent().wire_size == before.wire_size);
        refused = true;
        // Room for one record at a time, so that each is refused first.
        test::buffer enough(room + min_output);
        const output then = end.tls.transmit(enough);
        REQUIRE_FALSE(then.empty());
        to.put(then.records);
    }
    return refused;
}

template <class Pair>
void run_with(Pair& both, std::size_t room, std::size_t& refusals) {
    both.client.silent = both.server.silent = true;
    for (bool moved = true; moved;) {
        refusals += flush_into(both.client, both.to_server, room) ? 1u : 0u;
        refusals += flush_into(both.server, both.to_client, room) ? 1u : 0u;
        moved = both.round() || both.client.tls.owes_output() || both.server.tls.owes_output();
    }
}

}  // namespace

TEMPLATE_TEST_CASE("transmit() with every size of output", "", seeded_chacha, test::null_provider) {
    std::size_t refusals = 0;
    for (std::size_t room = 0; room <= 200; ++room) {
        CAPTURE(room);
        test::pair<TestType> both({.server = {.authenticate_client = client_authentication::request}});
        both.client.own = &both.client_credentials();
        run_with(both, room, refusals);
        REQUIRE(both.client.has(what::handshake_done));
        REQUIRE(both.server.has(what::handshake_done));
        REQUIRE(both.client.tls.update_keys(true) == errc::none);
        run_with(both, room, refusals);
        REQUIRE(both.client.has(what::key_updated));
        REQUIRE(both.client.tls.close() == errc::none);
        REQUIRE(both.server.tls.close() == errc::none);
        run_with(both, room, refusals);
        REQUIRE(both.client.has(what::closed));
        REQUIRE(both.server.has(what::closed));
    }
    REQUIRE(refusals > 100);
}

TEST_CASE("what is owed when a handshake is given up, with every size of output") {
    for (std::size_t room = 0; room <= 100; ++room) {
        CAPTURE(room);
        std::size_t refusals = 0;
        test::pair<seeded_chacha> both;
        // With the keys of the handshake: user_canceled, and behind it close_notify, each of which may wait for room.
        both.client.answer = [](const step&) { return true; };
        both.run();
        REQUIRE(both.client.history.back().what == what::verify_peer);
        REQUIRE(both.client.tls.close() == errc::none);
        run_with(both, room, refusals);
        REQUIRE(both.server.error() == errc::closed_in_handshake);
        REQUIRE(refusals == (room < record_overhead + 2 ? 1 : 0));
    }
}

TEMPLATE_TEST_CASE("send() with every size of output", "", seeded_chacha, test::null_provider) {
    const test::buffer data(100, 'd');
    for (std::size_t room = 0; room <= 200; ++room) {
        CAPTURE(room);
        test::pair<TestType> both, twin;
        REQUIRE(both.handshake());
        REQUIRE(twin.handshake());
        test::buffer out(room);
        const output first = both.client.tls.send(data, out);
        if (room <= record_overhead) {
            REQUIRE(first.error == errc::too_small);
            REQUIRE(first.empty());
            REQUIRE(first.consumed == 0);
        } else {
            REQUIRE(first.error == errc::none);
            REQUIRE(first.consumed == std::min(data.size(), room - record_overhead));
            REQUIRE(first.records.size() == first.consumed + record_overhead);
            both.to_server.put(first.records);
        }
        REQUIRE(both.client.send(bytes_view(data).subspan(first.consumed)) == errc::none);
        both.run();
        REQUIRE(both.server.received == data);
        // Had there never been too little room, the bytes would be the same.
        REQUIRE(twin.client.send(bytes_view(data).first(first.consumed)) == errc::none);
        REQUIRE(twin.client.send(bytes_view(data).subspan(first.consumed)) == errc::none);
        REQUIRE(twin.to_server.all == both.to_server.all);
    }
}

TEST_CASE("send() with a key update, an answer and close_notify ahead, with every size of output") {
    const test::buffer data(60, 'd');
    for (std::size_t room = 0; room <= 200; ++room) {
        CAPTURE(room);
        test::pair<seeded_chacha> both;
        REQUIRE(both.handshake());
        REQUIRE(both.server.tls.update_keys(true) == errc::none);
        both.server.flush();
        both.client.silent = true;
        both.run();
        REQUIRE(both.client.tls.owes_output());
        bytes_view rest = data;
        for (int calls = 0; !rest.empty(); ++calls) {
            REQUIRE(calls < 100);
            test::buffer out(room);
            output written = both.client.tls.send(rest, out);
            REQUIRE(written.error == (written.empty() ? errc::too_small : errc::none));
            if (written.empty()) {
                REQUIRE(room < min_output);
                test::buffer enough(min_output);
                written = both.client.tls.send(rest, enough);
                both.to_server.put(written.records);
                REQUIRE_FALSE(written.empty());
            } else {
                both.to_server.put(written.records);
            }
            rest = rest.subspan(written.consumed);
        }
        both.run();
        REQUIRE(both.server.received == data);
        REQUIRE(both.server.has(what::key_updated));

        REQUIRE(both.client.tls.close() == errc::none);
        test::buffer out(room);
        const output last = both.client.tls.send(data, out);
        REQUIRE(last.consumed == 0);
        REQUIRE(last.error == (room < record_overhead + 2 ? errc::too_small : errc::write_closed));
        both.to_server.put(last.records);
        both.client.silent = false;
        both.run();
        REQUIRE(both.server.received == data);
        REQUIRE(both.server.history.back().what == what::peer_closed);
    }
}

TEST_CASE("sealed_size is exact") {
    for (const std::uint16_t fragment : {std::uint16_t{16384}, std::uint16_t{1000}, std::uint16_t{1}})
        for (const std::size_t size : {1u, 2u, 999u, 1000u, 1001u, 16384u, 16385u, 40000u}) {
            if (fragment == 1 && size > 1001) continue;
            CAPTURE(fragment, size);
            test::pair<test::null_provider> both({.client = {.record_size = fragment}});
            REQUIRE(both.handshake());
            const test::buffer data(size, 'd');
            const std::size_t exact = sealed_size(size, fragment);
            test::buffer out(exact), less(exact - 1), more(exact + 100, 0xa5);
            const output all = both.client.tls.send(data, out);
            REQUIRE(all.consumed == size);
            REQUIRE(all.records.size() == exact);
            both.to_server.put(all.records);
            const output some = both.client.tls.send(data, less);
            REQUIRE(some.consumed == size - 1);
            both.to_server.put(some.records);
            const output roomy = both.client.tls.send(data, more);
            REQUIRE(roomy.consumed == size);
            REQUIRE(roomy.records.size() == exact);
            REQUIRE(more[exact] == 0xa5);
            both.to_server.put(roomy.records);
            both.run();
            REQUIRE(both.server.received.size() == 3 * size - 1);
        }
    static_assert(sealed_size(0) == 0 && sealed_size(1) == 1 + record_overhead);
}

TEST_CASE("send() takes everything when there is as much room as its description says") {
    for (const std::uint64_t limit : {std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{10}, UINT64_MAX})
        for (const std::uint16_t fragment : {std::uint16_t{16384}, std::uint16_t{100}, std::uint16_t{1}})
            for (const std::size_t size : {1u, 99u, 100u, 101u, 1000u, 100000u}) {
                if (fragment == 1 && size > 1000) continue;
                CAPTURE(limit, fragment, size);
                test::pair<test::null_provider> both({.client = {.record_size = fragment, .rekey_after = limit}});
                REQUIRE(both.handshake());
                const std::size_t records = (size + fragment - 1) / fragment;
                const std::size_t updates = static_cast<std::size_t>((records - 1) / (limit - 1) + 1);
                const std::size_t most = sealed_size(size, fragment) + updates * (record_overhead + 5);
                const test::buffer data(size, 'd');
                std::size_t largest = 0;
                // However many records the key has left at first.
                for (int times = 0; times < 12; ++times) {
                    test::buffer out(most);
                    const output all = both.client.tls.send(data, out);
                    REQUIRE(all.error == errc::none);
                    REQUIRE(all.consumed == size);
                    largest = std::max(largest, all.records.size());
                    both.to_server.put(all.records);
                    REQUIRE_FALSE(both.client.tls.owes_output());
                    both.run();
                    REQUIRE(both.client.send("x") == errc::none);
                    both.run();
                }
                REQUIRE(both.server.received.size() == 12 * (size + 1));
                // And not more than it takes.
                REQUIRE(largest == (limit == UINT64_MAX ? most - (record_overhead + 5) : most));
            }
}

TEST_CASE("send_ticket() with every size of output") {
    const test::buffer nonce{1}, ticket(30, 't');
    const std::size_t message = 4 + 8 + 2 + 2 + 30 + 2;
    for (const std::uint16_t fragment : {std::uint16_t{16384}, std::uint16_t{13}}) {
        const std::size_t needed = sealed_size(message, fragment);
        for (std::size_t room = 0; room <= needed + 20; ++room) {
            CAPTURE(room);
            test::pair<seeded_chacha> both({.server = {.record_size = fragment}});
            REQUIRE(both.handshake());
            test::buffer out(room), enough(needed);
            const output first = both.server.tls.send_ticket({1, 2, nonce, ticket, {}}, out);
            REQUIRE(first.error == (room < needed ? errc::too_small : errc::none));
            REQUIRE(first.records.size() == (room < needed ? 0 : needed));
            both.to_client.put(first.records);
            if (first.error == errc::too_small) {
                const output then = both.server.tls.send_ticket({1, 2, nonce, ticket, {}}, enough);
                REQUIRE(then.error == errc::none);
                REQUIRE(then.records.size() == needed);
                both.to_client.put(then.records);
            }
            both.run();
            REQUIRE(both.client.tickets.size() == 1);
            REQUIRE(both.client.tickets[0].ticket == ticket);
        }
    }
}

TEST_CASE("nothing to send writes nothing") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.handshake());
    test::buffer out(100, 0xa5);
    const output nothing = both.client.tls.send({}, out);
    REQUIRE(nothing.empty());
    REQUIRE(nothing.error == errc::none);
    REQUIRE(both.client.tls.transmit(out).empty());
    REQUIRE(both.client.tls.transmit({}).error == errc::none);
    REQUIRE(out == test::buffer(100, 0xa5));
    REQUIRE(both.client.tls.send(as_bytes("x"), {}).error == errc::too_small);
}

TEST_CASE("data is sealed where it stands, with every size of output") {
    const test::buffer text(60, 'd');
    for (std::size_t room = 0; room <= 120; ++room) {
        CAPTURE(room);
        test::pair<seeded_chacha> both, twin;
        REQUIRE(both.handshake());
        REQUIRE(twin.handshake());
        test::buffer out(std::max(room, record_header_size + text.size()));
        const mutable_bytes data = mutable_bytes(out).subspan(record_header_size, text.size());
        copy_bytes(text, data);
        const bool fits = room >= text.size() + record_overhead;
        if (room <= record_header_size) continue;
        const output first = both.client.tls.send(data, mutable_bytes(out).first(room));
        REQUIRE(first.error == (fits ? errc::none : errc::too_small));
        REQUIRE(first.consumed == (fits ? text.size() : 0));
        REQUIRE(first.records.size() == (fits ? sealed_size(text.size()) : 0));
        if (fits) both.to_server.put(first.records);
        if (!fits) REQUIRE(test::copy(data) == text);
        if (!fits) REQUIRE(both.client.send(text) == errc::none);
        both.run();
        REQUIRE(both.server.received == text);
        REQUIRE(twin.client.send(text) == errc::none);
        REQUIRE(twin.to_server.all == both.to_server.all);
    }
}

TEST_CASE("data is not sealed where it stands while something else is owed") {
    test::pair<seeded_chacha> both({.client = {.record_size = 50, .rekey_after = 3}});
    REQUIRE(both.handshake());
    test::buffer out(200);
    const auto place = [&](std::size_t size) {
        const mutable_bytes data = mutable_bytes(out).subspan(record_header_size, size);
        std::fill(data.begin(), data.end(), std::uint8_t{'p'});
        return data;
    };
    REQUIRE(both.client.tls.send(place(51), out).error == errc::bad_argument);
    test::buffer expected;
    for (std::size_t i = 0; i < 10; ++i) {
        // The key is due after two records of data, and its update is a record of its own.
        output written = both.client.tls.send(place(50), out);
        const bool due = i != 0 && i % 2 == 0;
        REQUIRE(written.error == (due ? errc::output_owed : errc::none));
        if (due) {
            REQUIRE(written.empty());
            REQUIRE(test::copy(place(50)) == test::buffer(50, 'p'));
            REQUIRE(both.client.flush());
            written = both.client.tls.send(place(50), out);
        }
        REQUIRE(written.consumed == 50);
        both.to_server.put(written.records);
        expected.insert(expected.end(), 50, 'p');
    }
    both.run();
    REQUIRE(both.server.received == expected);
    REQUIRE(both.server.count(what::key_updated) == 4);
    REQUIRE(both.client.tls.close() == errc::none);
    REQUIRE(both.client.tls.send(place(1), out).error == errc::write_closed);
    REQUIRE(both.client.flush());
    REQUIRE(both.client.tls.send(place(1), out).error == errc::write_closed);
}

TEST_CASE("transmit_record() writes one record a call, and last_sent() says what is in it") {
    for (const std::size_t length : {std::size_t{0}, std::size_t{64}}) {
        CAPTURE(length);
        const padding how = length == 0 ? padding() : padding::constant(length);
        const server_config server{.authenticate_client = client_authentication::request, .padding = how};
        test::pair<seeded_chacha> both({.client = {.padding = how}, .server = server});
        both.client.own = &both.client_credentials();
        both.client.silent = both.server.silent = true;
        std::uint32_t messages = 0;
        const auto flush = [&](auto& end, test::link& to) {
            std::size_t records = 0;
            for (test::buffer out(20000);; ++records) {
                const output written = end.tls.transmit_record(out);
                REQUIRE(written.error == errc::none);
                if (written.empty()) break;
                REQUIRE(written.records.size() == end.tls.last_sent().wire_size);
                REQUIRE(test::records_in(written.records).size() == 1);
                if (end.tls.last_sent().type == content_type::handshake) REQUIRE(end.tls.last_sent().messages != 0);
                messages |= end.tls.last_sent().messages;
                to.put(written.records);
            }
            REQUIRE_FALSE(end.tls.owes_output());
            return records;
        };
        for (bool moved = true; moved;) {
            moved = flush(both.client, both.to_server) + flush(both.server, both.to_client) != 0;
            moved = both.round() || moved;
        }
        REQUIRE(both.client.has(what::handshake_done));
        REQUIRE(both.server.has(what::handshake_done));
        for (const auto type : {handshake_type::client_hello, handshake_type::server_hello, handshake_type::certificate,
                                handshake_type::finished})
            REQUIRE((messages >> static_cast<unsigned>(type) & 1) != 0);
        // A KeyUpdate and close_notify, owed at once.
        REQUIRE(both.client.tls.update_keys(false) == errc::none);
        REQUIRE(both.client.tls.close() == errc::none);
        test::buffer small(both.client.tls.smallest_output() - 1);
        REQUIRE(both.client.tls.transmit_record(small).error == errc::too_small);
        REQUIRE(flush(both.client, both.to_server) == 2);
        both.run();
        REQUIRE(both.server.has(what::key_updated));
        REQUIRE(both.server.has(what::peer_closed));
    }
}

TEST_CASE("transmit_record() writes the two alerts of a handshake that is given up one at a time") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.client.flush());
    REQUIRE(both.client.tls.close() == errc::none);
    test::buffer out(200);
    for (const auto description : {alert_description::user_canceled, alert_description::close_notify}) {
        const output written = both.client.tls.transmit_record(out);
        REQUIRE(written.records.size() == 7);
        REQUIRE(both.client.tls.last_sent().wire_size == 7);
        REQUIRE(written.records[6] == static_cast<std::uint8_t>(description));
    }
    REQUIRE(both.client.tls.transmit_record(out).empty());
}
