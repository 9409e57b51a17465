// NewSessionTicket, sent and received; resuming with one is not tried here.
#include <spantls/spantls.hpp>

#include <algorithm>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;

const test::buffer nonce{1, 2, 3}, extensions{0xaa, 0xaa, 0, 1, 9};

/// Sends a ticket of `size` bytes with all of its parts.
template <class Endpoint>
output send_ticket(Endpoint& server, const test::buffer& ticket, test::link& to) {
    static test::buffer out;
    out.assign(100000, 0);
    const output sent = server.tls.send_ticket({7200, 0x01020304, nonce, ticket, extensions}, out);
    if (!sent.empty()) to.put(sent.records);
    return sent;
}

void is_whole(const test::heard_ticket& heard, const test::buffer& ticket) {
    REQUIRE(heard.lifetime == 7200);
    REQUIRE(heard.age_add == 0x01020304);
    REQUIRE(heard.nonce == nonce);
    REQUIRE(heard.ticket == ticket);
    REQUIRE(heard.extensions == extensions);
}

bool all_zero(bytes_view bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

TEST_CASE("every record with a part of a ticket is known to have one") {
    test::pair<seeded_chacha> both({.server = {.padding = padding::constant(64)}});
    REQUIRE(both.handshake());
    const std::size_t before = both.client.opened.size();
    REQUIRE(send_ticket(both.server, test::buffer(200, 0x77), both.to_client).error == errc::none);
    both.run();
    REQUIRE(both.client.tickets.size() == 1);
    REQUIRE(both.client.opened.size() >= before + 5);
    for (std::size_t i = before; i < both.client.opened.size(); ++i)
        REQUIRE(both.client.opened[i].messages == std::uint32_t{1}
                                                      << static_cast<unsigned>(handshake_type::new_session_ticket));
}

TEMPLATE_TEST_CASE("a ticket arrives, and both ends know its key", "", seeded_chacha,
                   test::seeded<test::usual_provider>) {
    test::pair<TestType> both;
    test::buffer early(48);
    REQUIRE(both.server.tls.send_ticket({1, 2, nonce, nonce, {}}, early).error == errc::not_connected);
    REQUIRE(both.client.tls.ticket_key(nonce, early) == 0);
    REQUIRE(both.handshake());
    const test::buffer ticket(200, 0x77);
    REQUIRE(send_ticket(both.server, ticket, both.to_client).error == errc::none);
    REQUIRE(both.server.tls.last_sent().has(handshake_type::new_session_ticket));
    both.run();
    REQUIRE(both.client.tickets.size() == 1);
    REQUIRE(both.client.loans == 0);
    is_whole(both.client.tickets[0], ticket);
    REQUIRE(both.client.opened.back().has(handshake_type::new_session_ticket));

    test::buffer of_client(48), of_server(48), other(48);
    const std::size_t size = both.client.tls.suite() == cipher_suite::tls_aes_256_gcm_sha384 ? 48 : 32;
    REQUIRE(both.client.tls.ticket_key(nonce, of_client) == size);
    REQUIRE(both.server.tls.ticket_key(nonce, of_server) == size);
    REQUIRE(of_client == of_server);
    REQUIRE_FALSE(all_zero(of_client));
    REQUIRE(both.server.tls.ticket_key({}, other) == size);
    REQUIRE(other != of_server);
    test::buffer small(size - 1);
    REQUIRE(both.server.tls.ticket_key(nonce, small) == 0);
    REQUIRE(all_zero(small));
}

TEST_CASE("tickets of every size up to the largest, in records of every kind") {
    for (const std::size_t size : {1u, 100u, 16384u, 40000u, 65000u})
        for (const std::uint16_t record_size :
             {std::uint16_t{16384}, std::uint16_t{500}, std::uint16_t{3}, std::uint16_t{1}}) {
            if (record_size < 500 && size > 500) continue;
            CAPTURE(size, record_size);
            test::pair<test::null_provider> both({.server = {.record_size = record_size}});
            REQUIRE(both.handshake());
            const test::buffer ticket(size, 0x55);
            test::buffer out(70000);
            const output sent = both.server.tls.send_ticket({7200, 0x01020304, nonce, ticket, extensions}, out);
            REQUIRE(sent.error == errc::none);
            both.to_client.put(sent.records);
            both.run();
            REQUIRE(both.client.tickets.size() == 1);
            is_whole(both.client.tickets[0], ticket);
            // One loan, of what the message takes; a header in pieces takes more of them.
            const std::size_t message = 4 + 8 + 1 + 3 + 2 + size + 2 + 5;
            REQUIRE((both.client.loans != 0) == (message > record_size));
            REQUIRE(both.client.loans <= (record_size < 4 ? 3 : 1));
            REQUIRE(both.client.send("still there") == errc::none);
            both.run();
            REQUIRE(both.server.received == test::text("still there"));
        }
}

TEST_CASE("a ticket in pieces asks for memory by size, waits for it, and gives it back") {
    test::pair<seeded_chacha> both({.server = {.record_size = 60}});
    REQUIRE(both.handshake());
    (void)both.client.tls.take_workspace();
    const test::buffer ticket(300, 0x66);
    REQUIRE(send_ticket(both.server, ticket, both.to_client).error == errc::none);
    both.client.lends = false;
    both.run();
    const std::size_t message = 4 + 8 + 4 + 2 + 300 + 2 + 5;
    REQUIRE(both.client.history.back().what == what::need_workspace);
    REQUIRE(both.client.history.back().missing == message);
    const std::size_t waiting = both.client.arrived.size();
    REQUIRE(both.client.receive().what == what::need_workspace);
    REQUIRE(both.client.arrived.size() == waiting);
    // Too little is too little still.
    REQUIRE(both.client.lend(message - 1) == errc::none);
    REQUIRE(both.client.receive().what == what::need_workspace);
    REQUIRE(both.client.receive().missing == message);
    // Writing goes on meanwhile.
    REQUIRE(both.client.send("meanwhile") == errc::none);
    both.run();
    REQUIRE(both.server.received == test::text("meanwhile"));

    REQUIRE(both.client.lend(message) == errc::none);
    REQUIRE(both.client.receive().what == what::progress);
    REQUIRE(both.client.tls.take_workspace().empty());
    REQUIRE(both.client.tls.lend_workspace({}) == errc::workspace_too_small);
    both.client.lends = true;
    both.run();
    REQUIRE(both.client.tickets.size() == 1);
    is_whole(both.client.tickets[0], ticket);
    REQUIRE(both.client.tls.take_workspace().size() == message);
    REQUIRE(both.client.tls.take_workspace().empty());
}

TEST_CASE("a record that waits for memory may move, and be shown in part") {
    test::pair<seeded_chacha> both({.server = {.record_size = 60}});
    REQUIRE(both.handshake());
    const test::buffer ticket(100, 0x66);
    REQUIRE(send_ticket(both.server, ticket, both.to_client).error == errc::none);
    REQUIRE(both.server.send("data behind it") == errc::none);
    test::buffer input = both.to_client.take();
    REQUIRE(both.client.tls.receive(input).what == what::need_workspace);
    test::buffer elsewhere(1000);
    copy_bytes(input, mutable_bytes(elsewhere).subspan(77));
    wipe(input);
    const mutable_bytes moved = mutable_bytes(elsewhere).subspan(77, input.size());
    for (const std::size_t part : {0u, 4u, 5u, 60u, 81u}) {
        const step again = both.client.tls.receive(moved.first(part));
        REQUIRE(again.what == what::need_input);
        REQUIRE(again.consumed == 0);
    }
    REQUIRE(both.client.tls.receive(moved).what == what::need_workspace);
    both.client.arrive(test::copy(moved));
    both.run();
    REQUIRE(both.client.tickets.size() == 1);
    is_whole(both.client.tickets[0], ticket);
    REQUIRE(both.client.received == test::text("data behind it"));
}

TEST_CASE("memory can be replaced while a ticket is being put together") {
    test::pair<seeded_chacha> both({.server = {.record_size = 50}});
    REQUIRE(both.handshake());
    const test::buffer ticket(2000, 0x66);
    REQUIRE(send_ticket(both.server, ticket, both.to_client).error == errc::none);
    both.to_client.chunk = [](std::size_t) { return std::size_t{50 + 22}; };
    std::size_t more = 4000;
    while (both.round()) REQUIRE(both.client.lend(more += 10) == errc::none);
    REQUIRE(both.client.tickets.size() == 1);
    is_whole(both.client.tickets[0], ticket);
}

TEST_CASE("memory lent for a ticket comes back wiped, and is not lent twice") {
    test::pair<seeded_chacha> both({.server = {.record_size = 50}});
    REQUIRE(both.handshake());
    (void)both.client.tls.take_workspace();
    const test::buffer ticket(500, 0x66);
    REQUIRE(send_ticket(both.server, ticket, both.to_client).error == errc::none);
    both.to_client.chunk = [](std::size_t) { return std::size_t{50 + 22}; };
    test::buffer first(1000), all(3000);
    const auto holds_ticket = [](const test::buffer& memory) {
        return std::search_n(memory.begin(), memory.end(), 20, std::uint8_t{0x66}) != memory.end();
    };
    auto& tls = both.client.tls;
    REQUIRE(tls.lend_workspace(first) == errc::none);
    for (int i = 0; i < 3; ++i) REQUIRE(both.round());
    REQUIRE(holds_ticket(first));
    const mutable_bytes used = mutable_bytes(all).subspan(1000, 1000);
    REQUIRE(tls.lend_workspace(used) == errc::none);
    REQUIRE(all_zero(first));
    REQUIRE(holds_ticket(all));
    const test::buffer before = all;
    for (const mutable_bytes memory : {used, mutable_bytes(all), mutable_bytes(all).first(1001),
                                       mutable_bytes(all).last(1001), mutable_bytes(all).subspan(1001, 999)}) {
        REQUIRE(tls.lend_workspace(memory) == errc::bad_argument);
        REQUIRE(tls.split().reader.lend_workspace(memory) == errc::bad_argument);
    }
    REQUIRE(all == before);
    both.run();
    REQUIRE(both.client.tickets.size() == 1);
    is_whole(both.client.tickets[0], ticket);
    REQUIRE(holds_ticket(all));
    REQUIRE(tls.take_workspace().data() == used.data());
    REQUIRE(all_zero(all));
}

TEST_CASE("a ticket of more records than a key has is not begun") {
    for (const std::uint64_t rekey_after : {2u, 3u, 10u}) {
        CAPTURE(rekey_after);
        test::pair<seeded_chacha> both({.server = {.record_size = 100, .rekey_after = rekey_after}});
        REQUIRE(both.handshake());
        const std::size_t others = 4 + 8 + 1 + 3 + 2 + 2 + 5;
        const std::size_t largest = 100 * (static_cast<std::size_t>(rekey_after) - 1) - others;
        const output refused = send_ticket(both.server, test::buffer(largest + 1, 0x77), both.to_client);
        REQUIRE(refused.error == errc::bad_argument);
        REQUIRE(refused.empty());
        REQUIRE_FALSE(both.server.tls.owes_output());
        // As many as fit go, under a key of their own where they have to.
        for (std::size_t i = 1; i < 6; ++i) {
            REQUIRE(send_ticket(both.server, test::buffer(largest, 0x77), both.to_client).error == errc::none);
            both.run();
            REQUIRE(both.client.tickets.size() == i);
        }
        REQUIRE(both.client.has(what::key_updated));
        REQUIRE(both.client.error() == errc::none);
    }
}

TEST_CASE("a step that is no ticket has none, whatever its data looks like") {
    test::pair<test::null_provider> both;
    REQUIRE(both.handshake());
    const test::buffer message = test::ticket_message(1, 10);
    both.to_client.put(test::joined({test::null_data(message), test::null_handshake(message)}));
    std::size_t data = 0, tickets = 0;
    both.client.watch = [&](const step& step) {
        const auto range = step.tickets();
        const bool some = range.begin() != range.end();
        REQUIRE(some == (step.what == what::ticket));
        if (step.what == what::application_data) ++data;
        if (some) ++tickets;
    };
    both.run();
    REQUIRE(data == 1);
    REQUIRE(tickets == 1);
    REQUIRE(both.client.received == message);
}

TEST_CASE("several tickets in one record are one step, and a KeyUpdate behind them is the next") {
    test::pair<test::null_provider> both;
    REQUIRE(both.handshake());
    both.to_client.put(test::null_handshake(test::joined({test::ticket_message(1), test::ticket_message(2, 90),
                                                          test::ticket_message(3), test::key_update_message(true)})));
    both.run();
    REQUIRE(both.client.count(what::ticket) == 1);
    REQUIRE(both.client.count(what::key_updated) == 1);
    REQUIRE(both.client.tickets.size() == 3);
    REQUIRE(both.client.tickets[1].nonce == test::buffer{2});
    REQUIRE(both.client.tickets[1].ticket == test::buffer(90, 2));
    REQUIRE(both.client.tickets[2].nonce == test::buffer{3});
    REQUIRE(both.client.loans == 0);
    REQUIRE(both.server.count(what::key_updated) == 1);
}

TEST_CASE("several tickets over several records, cut anywhere") {
    const test::buffer messages =
        test::joined({test::ticket_message(1, 10), test::ticket_message(2, 20), test::ticket_message(3)});
    for (std::size_t cut = 1; cut < messages.size(); ++cut) {
        CAPTURE(cut);
        test::pair<test::null_provider> both;
        REQUIRE(both.handshake());
        const auto middle = messages.begin() + static_cast<std::ptrdiff_t>(cut);
        both.to_client.put(test::null_handshake(test::buffer(messages.begin(), middle)));
        both.to_client.put(test::null_handshake(test::buffer(middle, messages.end())));
        both.run();
        REQUIRE(both.client.tickets.size() == 3);
        for (std::uint8_t i = 0; i < 3; ++i) REQUIRE(both.client.tickets[i].nonce == test::buffer{std::uint8_t(i + 1)});
        REQUIRE(both.client.tickets[1].ticket == test::buffer(20, 2));
    }
}

TEST_CASE("nothing stands between the pieces of a message (section 5.1)") {
    const test::buffer ticket = test::ticket_message(1, 10);
    const test::buffer front(ticket.begin(), ticket.begin() + 9), back(ticket.begin() + 9, ticket.end());
    for (const test::buffer& between :
         {test::null_data({1}), test::null_data({}), test::null_alert(1, alert_description::user_canceled)}) {
        test::pair<test::null_provider> both;
        REQUIRE(both.handshake());
        both.to_client.put(test::joined({test::null_handshake(front), between, test::null_handshake(back)}));
        both.run();
        REQUIRE(both.client.error() == errc::interleaved_record);
        REQUIRE(both.server.alert() == alert_description::unexpected_message);
        REQUIRE(both.client.received.empty());
        REQUIRE_FALSE(both.client.has(what::ticket));
    }
}

TEST_CASE("tickets that cannot be sent (section 4.7.1)") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.handshake());
    test::buffer out(200000), big(65536, 1);
    auto& tls = both.server.tls;
    REQUIRE(tls.send_ticket({max_ticket_lifetime + 1, 0, nonce, nonce, {}}, out).error == errc::bad_argument);
    REQUIRE(tls.send_ticket({1, 0, nonce, {}, {}}, out).error == errc::bad_argument);
    REQUIRE(tls.send_ticket({1, 0, bytes_view(big).first(256), nonce, {}}, out).error == errc::bad_argument);
    REQUIRE(tls.send_ticket({1, 0, nonce, big, {}}, out).error == errc::bad_argument);
    REQUIRE(tls.send_ticket({1, 0, nonce, bytes_view(big).first(60000), bytes_view(big).first(6000)}, out).error ==
            errc::bad_argument);
    both.run();
    REQUIRE_FALSE(both.client.has(what::ticket));
    REQUIRE(tls.send_ticket({max_ticket_lifetime, 0, bytes_view(big).first(255), nonce, {}}, out).error == errc::none);
    REQUIRE(tls.close() == errc::none);
    // What is owed leaves all the same.
    const output last = tls.send_ticket({1, 0, nonce, nonce, {}}, out);
    REQUIRE(last.error == errc::write_closed);
    REQUIRE(last.records.size() == record_overhead + 2);
    REQUIRE(tls.send_ticket({1, 0, nonce, nonce, {}}, out).empty());
}

TEST_CASE("a client that did not say how it would use a ticket gets none") {
    test::pair<test::null_provider> both;
    both.to_server.transit = [](test::buffer sent) {
        // psk_key_exchange_modes with one mode becomes an extension that nobody knows.
        const test::buffer modes{0, 45, 0, 2, 1, 1};
        const auto at = std::search(sent.begin(), sent.end(), modes.begin(), modes.end());
        if (at != sent.end()) *at = 0x5a;
        return sent;
    };
    REQUIRE(both.handshake());
    test::buffer out(100);
    REQUIRE(both.server.tls.send_ticket({1, 0, nonce, nonce, {}}, out).error == errc::ticket_not_wanted);
}

TEST_CASE("a client sends no tickets") {
    test::pair<test::null_provider> both;
    REQUIRE(both.handshake());
    both.to_server.put(test::null_handshake(test::ticket_message(1)));
    both.run();
    REQUIRE(both.server.error() == errc::unexpected_message);
    REQUIRE(both.client.alert() == alert_description::unexpected_message);
}
