// The same inputs give the same outputs: a recorded connection replays to the byte.
#include <spantls/spantls.hpp>

#include "simulation/conversation.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

template <class P>
test::pair<P>& recorded(std::uint64_t seed) {
    static test::pair<P> both([&] {
        test::pair_options options = test::conversation_options();
        options.seed = seed;
        return options;
    }());
    if (both.client.calls == 0) test::converse(both);
    return both;
}

}  // namespace

TEMPLATE_TEST_CASE("two runs give the same bytes, and another seed gives others", "",
                   test::seeded<test::usual_provider>, test::seeded<test::small_provider>, test::null_provider) {
    test::pair_options options = test::conversation_options();
    options.seed = 77;
    test::pair<TestType> one(options), same(options);
    options.seed = 79;
    test::pair<TestType> other(options);
    test::converse(one);
    test::converse(same);
    test::converse(other);
    REQUIRE(test::went_well(one));
    REQUIRE(one.to_server.all == same.to_server.all);
    REQUIRE(one.to_client.all == same.to_client.all);
    REQUIRE(one.client.key_log == same.client.key_log);
    REQUIRE(one.to_server.all != other.to_server.all);
    REQUIRE(one.to_client.all != other.to_client.all);
}

TEMPLATE_TEST_CASE("a fresh client and a fresh server replay what was recorded", "", test::seeded<test::usual_provider>,
                   test::seeded<test::small_provider>, test::null_provider) {
    auto& before = recorded<TestType>(5);
    REQUIRE(test::went_well(before));
    for (const bool replay_client : {true, false}) {
        test::pair_options options = test::conversation_options();
        options.seed = 5;
        test::pair<TestType> both(options);
        both.client.own = &both.client_credentials();
        // One end only: what it gets is the recording, what it sends is compared.
        test::link& own = replay_client ? both.to_server : both.to_client;
        const test::buffer& input = (replay_client ? before.to_client : before.to_server).all;
        const test::buffer& output = (replay_client ? before.to_server : before.to_client).all;
        const bytes_view up(test::said_by_client), down(test::said_by_server);
        const auto settle = [](auto& end) {
            do end.flush();
            while (end.turn());
        };
        // The input up to some byte, at the time when it came: what is sent depends on what has been read.
        std::size_t at = 0;
        const auto feed = [&](auto& end, std::size_t to) {
            const bytes_view more = bytes_view(input).subspan(at, to - at);
            end.arrive(test::copy(more));
            at = to;
            settle(end);
        };
        const auto records = test::records_in(input);
        const auto all_but_last = [&](std::size_t count) {
            std::size_t size = 0;
            for (std::size_t i = 0; i + count < records.size(); ++i) size += records[i].size();
            return size;
        };
        if (replay_client) {
            // Behind the handshake came: ticket, data, the answer to the update; update; data and close_notify.
            settle(both.client);
            feed(both.client, all_but_last(6));
            REQUIRE(both.client.tls.connected());
            (void)both.client.send(up.first(10));
            (void)both.client.tls.update_keys(true);
            feed(both.client, all_but_last(3));
            (void)both.client.send(up.subspan(10));
            feed(both.client, all_but_last(2));
            (void)both.client.tls.close();
            feed(both.client, input.size());
            REQUIRE(both.client.received == before.client.received);
            REQUIRE(both.client.key_log == before.client.key_log);
        } else {
            // Data, update; data; close_notify.
            settle(both.server);
            feed(both.server, all_but_last(4));
            REQUIRE(both.server.tls.connected());
            test::give_ticket(both.server, both.to_client);
            (void)both.server.send(down.first(9));
            feed(both.server, all_but_last(2));
            (void)both.server.tls.update_keys();
            feed(both.server, input.size());
            (void)both.server.send(down.subspan(9));
            (void)both.server.tls.close();
            settle(both.server);
            REQUIRE(both.server.received == before.server.received);
        }
        REQUIRE(own.all == output);
    }
}
