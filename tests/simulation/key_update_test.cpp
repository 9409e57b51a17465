// KeyUpdate in both directions, asked for, answered, and by itself.
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;

std::size_t key_updates(const std::vector<record_info>& records) {
    std::size_t count = 0;
    for (const record_info& record : records)
        if (record.has(handshake_type::key_update)) ++count;
    return count;
}

template <class Pair>
void talks(Pair& both) {
    const std::size_t up = both.server.received.size(), down = both.client.received.size();
    REQUIRE(both.client.send("up") == errc::none);
    REQUIRE(both.server.send("down") == errc::none);
    both.run();
    REQUIRE(both.server.received.size() == up + 2);
    REQUIRE(both.client.received.size() == down + 4);
}

/// The most records in a row under one key.
std::size_t longest_run(const std::vector<record_info>& records) {
    std::size_t longest = 0, run = 0;
    for (const record_info& record : records) {
        ++run;
        longest = std::max(longest, run);
        if (record.has(handshake_type::key_update)) run = 0;
    }
    return longest;
}

}  // namespace

TEMPLATE_TEST_CASE("each end updates its key, and the other need not (section 4.7.3)", "", seeded_chacha,
                   test::seeded<test::usual_provider>) {
    test::pair<TestType> both;
    REQUIRE(both.client.tls.update_keys() == errc::not_connected);
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.update_keys() == errc::none);
    both.run();
    REQUIRE(both.server.count(what::key_updated) == 1);
    REQUIRE(both.client.count(what::key_updated) == 0);
    talks(both);
    REQUIRE(both.server.tls.update_keys() == errc::none);
    both.run();
    REQUIRE(both.client.count(what::key_updated) == 1);
    REQUIRE(both.server.count(what::key_updated) == 1);
    talks(both);
}

TEMPLATE_TEST_CASE("each end asks the other to update as well", "", seeded_chacha, test::seeded<test::usual_provider>) {
    test::pair<TestType> both;
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.run();
    REQUIRE(both.server.count(what::key_updated) == 1);
    REQUIRE(both.client.count(what::key_updated) == 1);
    talks(both);
    REQUIRE(both.server.tls.update_keys(true) == errc::none);
    both.run();
    REQUIRE(both.client.count(what::key_updated) == 2);
    REQUIRE(both.server.count(what::key_updated) == 2);
    talks(both);
}

TEST_CASE("one request is out at a time (section 4.7.3)") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.client.flush();
    REQUIRE(both.client.tls.update_keys(true) == errc::update_outstanding);
    // Without a request nothing stands in the way.
    REQUIRE(both.client.tls.update_keys() == errc::none);
    both.client.flush();
    both.run();
    REQUIRE(both.server.count(what::key_updated) == 2);
    REQUIRE(both.client.count(what::key_updated) == 1);
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.run();
    REQUIRE(both.client.count(what::key_updated) == 2);
    talks(both);
}

TEST_CASE("requests that cross are both answered, once") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.handshake());
    for (std::size_t times = 1; times <= 5; ++times) {
        REQUIRE(both.client.tls.update_keys(true) == errc::none);
        REQUIRE(both.server.tls.update_keys(true) == errc::none);
        both.run();
        REQUIRE(both.client.count(what::key_updated) == 2 * times);
        REQUIRE(both.server.count(what::key_updated) == 2 * times);
        talks(both);
    }
}

TEST_CASE("an answer asks for nothing: a request of our own goes behind it") {
    test::pair<test::null_provider> both;
    REQUIRE(both.handshake());
    both.server.silent = true;
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.run();
    REQUIRE(both.server.tls.update_keys(true) == errc::none);
    both.server.silent = false;
    both.server.flush();
    // Section 4.7.3: the answer is update_not_requested. GnuTLS takes nothing else.
    test::buffer expected = test::null_handshake(test::key_update_message(false));
    const test::buffer request = test::null_handshake(test::key_update_message(true));
    expected.insert(expected.end(), request.begin(), request.end());
    REQUIRE(both.to_client.waiting == expected);
    both.run();
    REQUIRE(both.client.count(what::key_updated) == 2);
    REQUIRE(both.server.count(what::key_updated) == 2);
    talks(both);
}

TEST_CASE("many requests before an answer get one answer") {
    test::pair<test::null_provider> both;
    REQUIRE(both.handshake());
    for (int i = 0; i < 5; ++i) both.to_server.put(test::null_handshake(test::key_update_message(true)));
    // All of them arrive before the server sends anything.
    both.server.silent = true;
    both.run();
    both.server.silent = false;
    both.run();
    REQUIRE(both.server.count(what::key_updated) == 5);
    REQUIRE(both.client.count(what::key_updated) == 1);
}

TEST_CASE("an end that only listens answers any number of requests") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.handshake());
    for (std::size_t i = 0; i < 3 * max_key_updates_in_a_row; ++i) {
        REQUIRE(both.server.send("some more") == errc::none);
        REQUIRE(both.server.tls.update_keys(true) == errc::none);
        both.run();
    }
    REQUIRE(both.server.count(what::key_updated) == 3 * max_key_updates_in_a_row);
    REQUIRE(both.client.received.size() == 3 * 9 * max_key_updates_in_a_row);
    talks(both);
}

TEST_CASE("an end that only listens asks for any number of updates") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.handshake());
    for (std::size_t i = 1; i <= 3 * max_key_updates_in_a_row; ++i) {
        REQUIRE(both.server.send("some more") == errc::none);
        REQUIRE(both.client.tls.update_keys(true) == errc::none);
        both.run();
        REQUIRE(both.server.error() == errc::none);
        REQUIRE(both.server.count(what::key_updated) == i);
        REQUIRE(both.client.count(what::key_updated) == i);
    }
    talks(both);
}

TEST_CASE("an answer asks for nothing; a request that waits goes out behind it") {
    test::pair<test::null_provider> both;
    REQUIRE(both.handshake());
    both.to_client.put(test::null_handshake(test::key_update_message(true)));
    both.client.silent = true;
    both.run();
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.client.silent = false;
    both.client.flush();
    REQUIRE(both.to_server.waiting == test::joined({test::null_handshake(test::key_update_message(false)),
                                                    test::null_handshake(test::key_update_message(true))}));
    both.run();
    REQUIRE(both.client.error() == errc::none);
    REQUIRE(both.server.error() == errc::none);
}

TEST_CASE("an update is ahead of the data that is sent behind it, in one call") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    REQUIRE(both.client.send("new key") == errc::none);
    const auto records = test::records_in(both.to_server.waiting);
    REQUIRE(records.size() == 2);
    REQUIRE(records[0].size() == record_overhead + 5);
    both.run();
    REQUIRE(both.server.received == test::text("new key"));
    REQUIRE(both.server.history.back().what == what::application_data);
    REQUIRE(both.client.has(what::key_updated));
}

TEST_CASE("an answer that is owed goes ahead of the data (section 4.7.3)") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.server.silent = true;
    both.run();
    REQUIRE(both.server.tls.owes_output());
    REQUIRE(both.server.send("answer") == errc::none);
    REQUIRE_FALSE(both.server.tls.owes_output());
    both.run();
    REQUIRE(both.client.count(what::key_updated) == 1);
    REQUIRE(both.client.received == test::text("answer"));
}

TEMPLATE_TEST_CASE("keys change by themselves at the limit of the configuration", "", seeded_chacha,
                   test::null_provider) {
    for (const std::uint64_t limit : {2u, 3u, 10u}) {
        CAPTURE(limit);
        test::pair<TestType> both(
            {.client = {.record_size = 7, .rekey_after = limit}, .server = {.rekey_after = limit}});
        REQUIRE(both.handshake());
        both.server.opened.clear();
        test::buffer sent;
        test::seeded_stream random(limit);
        for (int i = 0; i < 60; ++i) {
            test::buffer some(1 + random.below(20));
            random.fill(some);
            REQUIRE(both.client.send(some) == errc::none);
            sent.insert(sent.end(), some.begin(), some.end());
            if (i % 3 == 0) REQUIRE(both.server.send("x") == errc::none);
        }
        both.run();
        REQUIRE(both.server.received == sent);
        REQUIRE(both.client.received.size() == 20);
        REQUIRE(longest_run(both.server.opened) == limit);
        REQUIRE(key_updates(both.server.opened) == both.server.count(what::key_updated));
        // Nobody is asked to do the same: each end counts for itself.
        REQUIRE(both.client.count(what::key_updated) == (20 - 1) / (limit - 1));
    }
}

TEST_CASE("keys change by themselves at the limit of the cipher (sections 5.3 and 5.5)") {
    // One of what it allows is kept back for what has been begun (drivers/record_writer.hpp).
    using provider = test::basic_null_provider<4, test::null_x25519>;
    test::pair<provider> both;
    REQUIRE(both.handshake());
    both.server.opened.clear();
    for (int i = 0; i < 30; ++i) REQUIRE(both.client.send("x") == errc::none);
    both.run();
    REQUIRE(both.server.received.size() == 30);
    REQUIRE(longest_run(both.server.opened) == 3);
    REQUIRE(both.server.error() == errc::none);
}

TEST_CASE("tickets count against the limit as well") {
    for (const std::uint64_t limit : {4u, 5u, 6u}) {
        test::pair<test::null_provider> both({.server = {.record_size = 20, .rekey_after = limit}});
        REQUIRE(both.handshake());
        both.client.opened.clear();
        const test::buffer nonce{1}, ticket(40, 4);
        for (int i = 0; i < 10; ++i) {
            test::buffer out(1000);
            const output sent = both.server.tls.send_ticket({1, 2, nonce, ticket, {}}, out);
            REQUIRE(sent.error == errc::none);
            both.to_client.put(sent.records);
            REQUIRE(both.server.send("x") == errc::none);
        }
        both.run();
        REQUIRE(both.client.tickets.size() == 10);
        REQUIRE(both.client.received.size() == 10);
        // No key changes inside a message: a ticket of three records is not begun with less than that left.
        REQUIRE(longest_run(both.client.opened) <= limit);
    }
}

TEST_CASE("what a KeyUpdate may not be") {
    const auto fails_with = [](const test::buffer& record) {
        test::pair<test::null_provider> both;
        REQUIRE(both.handshake());
        both.to_client.put(record);
        both.run();
        REQUIRE(both.client.error() != errc::none);
        REQUIRE(both.server.error() == errc::peer_alert);
        REQUIRE(both.server.alert() == *alert_for(both.client.error()));
        REQUIRE_FALSE(both.client.has(what::key_updated));
        REQUIRE_FALSE(both.client.has(what::ticket));
        return both.client.error();
    };
    using enum handshake_type;
    REQUIRE(fails_with(test::null_handshake(test::message(key_update, {2}))) == errc::bad_key_update);
    REQUIRE(fails_with(test::null_handshake(test::message(key_update, {}))) == errc::decode_error);
    REQUIRE(fails_with(test::null_handshake(test::message(key_update, {0, 0}))) == errc::decode_error);
    const test::buffer one = test::key_update_message(false);
    REQUIRE(fails_with(test::null_handshake(test::joined({one, one}))) == errc::key_change_unaligned);
    REQUIRE(fails_with(test::null_handshake(test::joined({one, test::ticket_message(1)}))) ==
            errc::key_change_unaligned);
    REQUIRE(fails_with(test::null_handshake(test::joined({one, {4, 0}}))) == errc::key_change_unaligned);
    REQUIRE(fails_with(test::plain_record(content_type::handshake, one)) == errc::unexpected_record_type);
}

TEST_CASE("the next keys without a KeyUpdate, and the old ones behind it, are bad_record_mac (section 4.7.3)") {
    for (const bool by_client : {true, false})
        for (const bool lost : {true, false}) {
            CAPTURE(by_client, lost);
            test::pair<seeded_chacha> both;
            REQUIRE(both.handshake());
            auto& way = by_client ? both.to_server : both.to_client;
            REQUIRE((by_client ? both.client.send("old") : both.server.send("old")) == errc::none);
            const test::buffer old = way.all;
            REQUIRE((by_client ? both.client.tls.update_keys() : both.server.tls.update_keys()) == errc::none);
            // The KeyUpdate is lost, or what was protected with the old keys comes again behind it.
            bool first = true;
            way.transit = [&](test::buffer sent) {
                if (!std::exchange(first, false)) return sent;
                if (lost) return test::buffer{};
                const test::buffer again = test::records_in(old).back();
                sent.insert(sent.end(), again.begin(), again.end());
                return sent;
            };
            REQUIRE((by_client ? both.client.flush() : both.server.flush()));
            REQUIRE((by_client ? both.client.send("new") : both.server.send("new")) == errc::none);
            both.run();
            REQUIRE((by_client ? both.server.error() : both.client.error()) == errc::bad_record_mac);
            REQUIRE((by_client ? both.client.alert() : both.server.alert()) == alert_description::bad_record_mac);
            REQUIRE((by_client ? both.server.received : both.client.received) == test::text("old"));
        }
}

TEST_CASE("a KeyUpdate before the handshake is done is unexpected") {
    test::pair<test::null_provider> both;
    bool sent = false;
    both.to_server.transit = [&](test::buffer bytes) {
        if (bytes[0] != 22 && !std::exchange(sent, true)) {
            const test::buffer update = test::null_handshake(test::key_update_message(false));
            bytes.insert(bytes.begin(), update.begin(), update.end());
        }
        return bytes;
    };
    REQUIRE_FALSE(both.handshake());
    REQUIRE(both.server.error() == errc::unexpected_message);
    REQUIRE(both.client.alert() == alert_description::unexpected_message);
}
