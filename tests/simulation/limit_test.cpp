// What a peer may cost: each limit exactly reached, and exceeded by one.
#include <spantls/spantls.hpp>

#include <memory>

#include "simulation/conversation.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using null_pair = test::pair<test::null_provider>;

/// The end that reads is content, or says what is wrong and tells the other.
template <class Reader, class Writer>
void ends_with(const Reader& reader, const Writer& writer, errc error) {
    CAPTURE(name_of(reader.error()));
    REQUIRE(reader.error() == error);
    REQUIRE(writer.error() == (error == errc::none ? errc::none : errc::peer_alert));
    if (error != errc::none) REQUIRE(writer.alert() == *alert_for(error));
}

/// Puts what `one` makes on its way to the client, `count` times.
template <class Make>
void many(std::size_t count, errc expected, Make one) {
    CAPTURE(count);
    null_pair both;
    REQUIRE(both.handshake());
    for (std::size_t i = 0; i < count; ++i) both.to_client.put(one(i));
    both.run();
    ends_with(both.client, both.server, expected);
    if (expected == errc::none) {
        REQUIRE(both.server.send("still there") == errc::none);
        both.run();
        REQUIRE(both.client.received.size() >= 11);
    }
}

/// A ClientHello as our own client writes it, with `extra` extensions behind the others; whole, with its header.
test::buffer hello_with(const test::buffer& extra) {
    static const test::buffer plain = [] {
        null_pair both({.client = {.compatibility_mode = false}});
        both.client.flush();
        return test::buffer(both.to_server.all.begin() + 5, both.to_server.all.end());
    }();
    test::buffer hello = plain;
    // random, empty session id, two suites, compression
    const std::size_t block = 4 + 2 + 32 + 1 + 2 + 4 + 2;
    hello.insert(hello.end(), extra.begin(), extra.end());
    store_be(hello.data() + 1, hello.size() - 4, 3);
    store_be(hello.data() + block, hello.size() - block - 2, 2);
    return hello;
}

/// `most` tickets may come: in a record that waits for memory they count once, and one more is too many.
void check_counted_once(null_pair& both, std::size_t most) {
    REQUIRE(both.handshake());
    test::buffer all;
    for (std::size_t i = 0; i < most; ++i)
        all = test::joined({all, test::ticket_message(static_cast<std::uint8_t>(i))});
    const auto cut = all.end() - 3;
    both.client.tls.take_workspace();
    both.client.lends = false;
    both.to_client.put(test::null_handshake({all.begin(), cut}));
    both.run();
    for (int i = 0; i < 3; ++i) REQUIRE(both.client.receive().what == what::need_workspace);
    both.client.lends = true;
    both.to_client.put(test::null_handshake({cut, all.end()}));
    both.run();
    ends_with(both.client, both.server, errc::none);
    REQUIRE(both.client.tickets.size() == most);
    both.to_client.put(test::null_handshake(test::ticket_message(0)));
    both.run();
    ends_with(both.client, both.server, errc::too_many_messages);
}

}  // namespace

TEST_CASE("empty records in a row") {
    const auto empty = [](std::size_t) { return test::null_data({}); };
    many(max_empty_records, errc::none, empty);
    many(max_empty_records + 1, errc::too_many_empty_records, empty);
    // Zeros that are padding make no record less empty.
    many(max_empty_records + 1, errc::too_many_empty_records, [](std::size_t) { return test::null_data({}, 100); });
    many(20 * max_empty_records, errc::none,
         [](std::size_t i) { return i % (max_empty_records + 1) == 0 ? test::null_data({1}) : test::null_data({}); });
}

TEST_CASE("key updates in a row") {
    const auto update = [](std::size_t) { return test::null_handshake(test::key_update_message(false)); };
    many(max_key_updates_in_a_row, errc::none, update);
    many(max_key_updates_in_a_row + 1, errc::too_many_key_updates, update);
    many(20 * max_key_updates_in_a_row, errc::none,
         [&](std::size_t i) { return i % (max_key_updates_in_a_row + 1) == 0 ? test::null_data({1}) : update(i); });
    // Empty data is no data.
    many(2 * max_key_updates_in_a_row + 1, errc::too_many_key_updates,
         [&](std::size_t i) { return i % 2 == 1 ? test::null_data({}) : update(i); });
}

TEST_CASE("what we send ourselves makes up for a peer's messages, once") {
    const auto update = [](unsigned) { return test::null_handshake(test::key_update_message(false)); };
    const auto ticket = [](unsigned i) {
        return test::null_handshake(test::ticket_message(static_cast<std::uint8_t>(i)));
    };
    for (const bool in_place : {false, true})
        for (const bool tickets : {false, true}) {
            CAPTURE(in_place, tickets);
            null_pair both;
            REQUIRE(both.handshake());
            const auto take = [&](unsigned count) {
                for (unsigned i = 0; i < count; ++i) both.to_client.put(tickets ? ticket(i) : update(i));
                both.run();
            };
            for (int times = 0; times < 5; ++times) {
                test::buffer out(100, 1);
                const bytes_view data = in_place ? bytes_view(out).subspan(record_header_size, 1) : as_bytes("x");
                for (int i = 0; i < 3; ++i) both.to_server.put(both.client.tls.send(data, out));
                take(max_key_updates_in_a_row);
                REQUIRE(both.client.error() == errc::none);
            }
            // Nothing that leaves by itself is application data.
            REQUIRE(both.client.tls.update_keys() == errc::none);
            take(1);
            ends_with(both.client, both.server, tickets ? errc::too_many_messages : errc::too_many_key_updates);
        }
}

TEST_CASE("key updates in a row, by a peer that really makes them") {
    for (const unsigned count : {max_key_updates_in_a_row, max_key_updates_in_a_row + 1}) {
        test::pair<test::seeded<test::small_provider>> both;
        REQUIRE(both.handshake());
        for (unsigned i = 0; i < count; ++i) {
            REQUIRE(both.server.tls.update_keys() == errc::none);
            both.server.flush();
        }
        both.run();
        ends_with(both.client, both.server,
                  count == max_key_updates_in_a_row ? errc::none : errc::too_many_key_updates);
    }
}

TEST_CASE("post-handshake messages without data between them") {
    const auto ticket = [](std::size_t i) {
        return test::null_handshake(test::ticket_message(static_cast<std::uint8_t>(i)));
    };
    many(max_post_handshake_messages, errc::none, ticket);
    many(max_post_handshake_messages + 1, errc::too_many_messages, ticket);
    many(20 * max_post_handshake_messages, errc::none,
         [&](std::size_t i) { return i % (max_post_handshake_messages + 1) == 0 ? test::null_data({1}) : ticket(i); });
    const auto mixed = [&](std::size_t i) {
        return i % 2 == 0 ? ticket(i) : test::null_handshake(test::key_update_message(false));
    };
    many(max_post_handshake_messages, errc::none, mixed);
    many(max_post_handshake_messages + 1, errc::too_many_messages, mixed);
    const auto canceled = [](std::size_t) { return test::null_alert(1, alert_description::user_canceled); };
    many(max_post_handshake_messages, errc::none, canceled);
    many(max_post_handshake_messages + 1, errc::too_many_messages, canceled);
    for (const std::size_t count :
         {std::size_t{max_post_handshake_messages}, std::size_t{max_post_handshake_messages + 1}})
        many(1, count == max_post_handshake_messages ? errc::none : errc::too_many_messages, [&](std::size_t) {
            test::buffer all;
            for (std::size_t i = 0; i < count; ++i)
                all = test::joined({all, test::ticket_message(static_cast<std::uint8_t>(i))});
            return test::null_handshake(all);
        });
}

TEST_CASE("tickets count as they come, though no record ends where one of them does") {
    const std::size_t size = test::ticket_message(0).size();
    test::buffer all;
    for (unsigned i = 0; i <= max_post_handshake_messages; ++i)
        all = test::joined({all, test::ticket_message(static_cast<std::uint8_t>(i))});
    for (const std::size_t whole : {std::size_t{1}, std::size_t{4}, std::size_t{max_post_handshake_messages}}) {
        CAPTURE(whole);
        null_pair both;
        REQUIRE(both.handshake());
        // Each record has the rest of a ticket, others, and the first byte of the next.
        std::size_t at = 0;
        const auto feed = [&](std::size_t end) {
            both.to_client.put(test::null_handshake(test::buffer(all.begin() + static_cast<std::ptrdiff_t>(at),
                                                                 all.begin() + static_cast<std::ptrdiff_t>(end))));
            at = end;
            both.run();
        };
        while (at < max_post_handshake_messages * size) feed(at - at % size + whole * size + 1);
        REQUIRE(both.client.error() == errc::none);
        REQUIRE_FALSE(both.client.has(what::ticket));
        // The one that is too many is so when it is whole, whatever else begins behind it.
        feed(all.size() - 1);
        REQUIRE(both.client.error() == errc::none);
        all.push_back(4);
        feed(all.size());
        all.pop_back();
        ends_with(both.client, both.server, errc::too_many_messages);
    }
}

TEST_CASE("a ticket that is wrong is so at once, though no record ends where it does") {
    for (const std::size_t body : {0u, 13u}) {
        const test::buffer wrong = test::message(handshake_type::new_session_ticket, test::buffer(body));
        null_pair both;
        REQUIRE(both.handshake());
        both.to_client.put(test::null_handshake(test::joined({wrong, {4}})));
        both.run();
        ends_with(both.client, both.server, errc::decode_error);
        REQUIRE(both.client.loans == 0);
        // The same behind the first record.
        null_pair later;
        REQUIRE(later.handshake());
        later.to_client.put(test::null_handshake({4}));
        test::buffer rest(wrong.begin() + 1, wrong.end());
        rest.push_back(4);
        later.to_client.put(test::null_handshake(rest));
        later.run();
        ends_with(later.client, later.server, errc::decode_error);
    }
}

TEST_CASE("a record that waits for memory counts once") {
    null_pair both;
    check_counted_once(both, max_post_handshake_messages);
}

TEST_CASE("tickets that were announced count once, too, when their record waits for memory (RFC 9149)") {
    null_pair both({.client = {.tickets = ticket_counts{40, 40}}, .server = {.max_tickets = 40}});
    check_counted_once(both, 40 + max_post_handshake_messages);
}

TEST_CASE("user_canceled in a handshake") {
    for (const std::size_t count :
         {std::size_t{max_post_handshake_messages}, std::size_t{max_post_handshake_messages + 1}}) {
        null_pair both;
        for (std::size_t i = 0; i < count; ++i)
            both.to_server.put(test::plain_record(content_type::alert, test::buffer{1, 90}));
        const bool done = both.handshake();
        REQUIRE(done == (count == max_post_handshake_messages));
        ends_with(both.server, both.client, done ? errc::none : errc::too_many_messages);
        if (!done) continue;
        // They leave as much behind the handshake as there would have been without them.
        for (std::size_t i = 0; i < max_post_handshake_messages; ++i)
            both.to_server.put(test::null_handshake(test::key_update_message(false)));
        both.run();
        ends_with(both.server, both.client, errc::none);
    }
}

TEST_CASE("change_cipher_spec records") {
    for (const bool to_client : {true, false})
        for (const unsigned count : {0u, 1u, 2u, 3u, 10u, max_change_cipher_specs, max_change_cipher_specs + 1}) {
            CAPTURE(to_client, count);
            null_pair both({.client = {.compatibility_mode = false}});
            bool first = true;
            (to_client ? both.to_client : both.to_server).transit = [&](test::buffer sent) {
                if (!std::exchange(first, false)) return sent;
                // Behind the first record.
                const std::size_t size = 5u + load_u16(sent.data() + 3);
                for (unsigned i = 0; i < count; ++i) {
                    const test::buffer extra = test::change_cipher_spec();
                    sent.insert(sent.begin() + static_cast<std::ptrdiff_t>(size), extra.begin(), extra.end());
                }
                return sent;
            };
            // A few more than anybody sends are dropped as the first one is (section 5).
            const bool fits = count <= 10 || count <= max_change_cipher_specs;
            REQUIRE(both.handshake() == fits);
            if (to_client)
                ends_with(both.client, both.server, fits ? errc::none : errc::too_many_change_cipher_specs);
            else
                ends_with(both.server, both.client, fits ? errc::none : errc::too_many_change_cipher_specs);
        }
}

TEST_CASE("change_cipher_spec where there is none") {
    // Before the first ClientHello, and when the handshake is done (section 5).
    null_pair early;
    early.to_server.put(test::change_cipher_spec());
    REQUIRE_FALSE(early.handshake());
    REQUIRE(early.server.error() == errc::unexpected_record_type);
    null_pair late;
    REQUIRE(late.handshake());
    late.to_server.put(test::change_cipher_spec());
    late.to_client.put(test::change_cipher_spec());
    late.run();
    REQUIRE(late.server.error() == errc::unexpected_record_type);
    REQUIRE(late.client.error() == errc::unexpected_record_type);
    // What it may not hold.
    for (const test::buffer& record :
         {test::buffer{20, 3, 3, 0, 1, 2}, test::buffer{20, 3, 3, 0, 2, 1, 1}, test::buffer{20, 3, 3, 0, 0}}) {
        null_pair both;
        both.to_client.put(record);
        REQUIRE_FALSE(both.handshake());
        REQUIRE(both.client.error() == errc::bad_change_cipher_spec);
    }
}

TEST_CASE("records as large as they may be, and larger") {
    const auto record = [](std::uint8_t type, std::size_t length) {
        test::buffer header{type, 3, 3, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
        return header;
    };
    // The length alone tells: nothing else has to come.
    for (const std::uint8_t type : {std::uint8_t{20}, std::uint8_t{21}, std::uint8_t{22}}) {
        null_pair fits, exceeds;
        fits.to_server.put(record(type, max_fragment));
        exceeds.to_server.put(record(type, max_fragment + 1));
        fits.client.silent = exceeds.client.silent = true;
        fits.run();
        exceeds.run();
        REQUIRE(fits.server.error() == errc::none);
        REQUIRE(exceeds.server.error() == errc::record_overflow);
    }
    null_pair fits, exceeds;
    REQUIRE(fits.handshake());
    REQUIRE(exceeds.handshake());
    fits.to_server.put(record(23, max_encrypted_record));
    exceeds.to_server.put(record(23, max_encrypted_record + 1));
    fits.run();
    exceeds.run();
    ends_with(fits.server, fits.client, errc::none);
    ends_with(exceeds.server, exceeds.client, errc::record_overflow);
    // What is inside, with content type and padding, may not be longer than a fragment and one byte (section 5.4).
    many(1, errc::none, [](std::size_t) { return test::null_data(test::buffer(16384, 1)); });
    many(1, errc::record_overflow, [](std::size_t) { return test::null_data(test::buffer(16385, 1)); });
    many(1, errc::none, [](std::size_t) { return test::null_data(test::buffer(1, 1), 16383); });
    many(1, errc::record_overflow, [](std::size_t) { return test::null_data(test::buffer(1, 1), 16384); });
    many(1, errc::no_content_type, [](std::size_t) { return test::null_record(content_type::invalid, {}, 40); });
    many(1, errc::empty_fragment, [](std::size_t) { return test::null_handshake({}); });
    many(1, errc::unexpected_record_type,
         [](std::size_t) { return test::null_record(content_type::change_cipher_spec, {1}); });
    many(1, errc::unexpected_record_type,
         [](std::size_t) { return test::null_record(static_cast<content_type>(24), {1}); });
}

TEST_CASE("handshake messages of 64 KiB in a handshake, and longer ones") {
    const auto shake_with = [](std::size_t size) {
        // The ClientHello, filled up with padding (RFC 7685), in several records.
        const std::size_t bare = hello_with({}).size();
        const std::size_t filler = size - bare - 4;
        test::buffer padding{0, 21, static_cast<std::uint8_t>(filler >> 8), static_cast<std::uint8_t>(filler)};
        padding.resize(4 + filler);
        const test::buffer hello = hello_with(padding);
        REQUIRE(hello.size() == size);
        test::buffer records;
        for (std::size_t at = 0; at < hello.size(); at += 16384)
            records = test::joined(
                {records, test::plain_record(content_type::handshake,
                                             bytes_view(hello).subspan(at, std::min<std::size_t>(16384, size - at)))});
        auto both = std::make_unique<null_pair>(test::pair_options{.client = {.compatibility_mode = false}});
        bool first = true;
        both->to_server.transit = [&](test::buffer sent) { return std::exchange(first, false) ? records : sent; };
        both->run();
        return both;
    };
    const auto largest = shake_with(max_handshake_message);
    REQUIRE(largest->server.error() == errc::none);
    REQUIRE(largest->server.has(what::handshake_done));
    REQUIRE(largest->server.loans != 0);
}

TEST_CASE("a handshake message that says that it is longer than 64 KiB is refused at its header") {
    for (const bool too_long : {false, true}) {
        null_pair both;
        both.client.silent = true;
        const std::size_t body = max_handshake_message - 4 + (too_long ? 1 : 0);
        both.to_server.put(
            test::plain_record(content_type::handshake,
                               test::buffer{1, static_cast<std::uint8_t>(body >> 16),
                                            static_cast<std::uint8_t>(body >> 8), static_cast<std::uint8_t>(body)}));
        both.server.lends = false;
        both.run();
        REQUIRE(both.server.error() == (too_long ? errc::message_too_long : errc::none));
        if (!too_long) REQUIRE(both.server.history.back().what == what::need_workspace);
    }
}

TEST_CASE("a ticket of 64 KiB with its header, and a longer one") {
    const std::size_t around = 4 + 8 + 2 + 2 + 2;
    for (const bool too_long : {false, true}) {
        null_pair both;
        REQUIRE(both.handshake());
        test::buffer ticket = test::ticket_message(1, max_handshake_message - around);
        if (too_long) {
            // One byte more of extensions, which need not be well formed to be too many.
            store_be(ticket.data() + 1, ticket.size() - 4 + 1, 3);
            ticket.push_back(0);
        }
        for (std::size_t at = 0; at < ticket.size(); at += 16384) {
            const auto end = std::min(ticket.size(), at + 16384);
            both.to_client.put(test::null_handshake(test::buffer(ticket.begin() + static_cast<std::ptrdiff_t>(at),
                                                                 ticket.begin() + static_cast<std::ptrdiff_t>(end))));
        }
        both.run();
        ends_with(both.client, both.server, too_long ? errc::message_too_long : errc::none);
        REQUIRE(both.client.tickets.size() == (too_long ? 0 : 1));
        if (too_long) REQUIRE(both.client.loans == 0);
    }
}

TEST_CASE("early data that is not taken is skipped, up to a limit (section 4.3.10)") {
    const test::buffer early_data{0, 42, 0, 0};
    struct flow {
        std::vector<std::size_t> lengths;
        bool skipped;
    };
    // What protects a record is not counted, and no record counts for nothing.
    constexpr std::size_t more = 1 + tag_size;
    const flow flows[] = {{{100}, true},
                          {{16384 + more}, true},
                          {{16385 + more}, false},
                          {{16384 + more, 1}, false},
                          {{8000 + more, 8384 + more}, true},
                          {{8000 + more, 8385 + more}, false},
                          {{1, 1, 1, 16381 + more}, true},
                          {{}, true}};
    for (const flow& each : flows) {
        test::pair<test::seeded<test::small_provider>> both(
            {.client = {.prefer = {.suites = {cipher_suite::tls_chacha20_poly1305_sha256}},
                        .compatibility_mode = false}});
        CAPTURE(each.lengths.size(), each.skipped);
        // A client of ours does not offer early data, so what it says is changed, and its transcript is not the
        // server's: a server that has skipped everything fails at the client's first protected record, and no sooner.
        bool first = true;
        both.to_server.transit = [&](test::buffer sent) {
            if (!std::exchange(first, false)) return sent;
            test::buffer hello(sent.begin() + 5, sent.end());
            const std::size_t block = 4 + 2 + 32 + 1 + 2 + 2 + 2;
            hello.insert(hello.end(), early_data.begin(), early_data.end());
            store_be(hello.data() + 1, hello.size() - 4, 3);
            store_be(hello.data() + block, hello.size() - block - 2, 2);
            test::buffer all = test::plain_record(content_type::handshake, hello);
            for (const std::size_t length : each.lengths) {
                test::buffer record{23, 3, 3, static_cast<std::uint8_t>(length >> 8),
                                    static_cast<std::uint8_t>(length)};
                record.resize(5 + length, 0xee);
                all.insert(all.end(), record.begin(), record.end());
            }
            return all;
        };
        both.client.silent = false;
        // The client hears nothing, and so says nothing more.
        both.to_client.transit = [](test::buffer) { return test::buffer{}; };
        both.run();
        REQUIRE(both.server.has(what::client_hello));
        const errc expected = each.skipped ? errc::none : errc::bad_record_mac;
        REQUIRE(both.server.error() == expected);
        if (each.skipped) REQUIRE(both.server.arrived.empty());
        REQUIRE(both.server.received.empty());
    }
}

TEST_CASE("without an offer of early data nothing is skipped") {
    test::pair<test::seeded<test::small_provider>> both;
    bool first = true;
    both.to_server.transit = [&](test::buffer sent) {
        if (std::exchange(first, false)) {
            const test::buffer early = test::null_data(test::buffer(50, 1));
            sent.insert(sent.end(), early.begin(), early.end());
        }
        return sent;
    };
    REQUIRE_FALSE(both.handshake());
    REQUIRE(both.server.error() == errc::bad_record_mac);
    REQUIRE(both.client.error() == errc::peer_alert);
    REQUIRE(both.client.alert() == alert_description::bad_record_mac);
}
