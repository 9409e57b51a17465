// Where the transport cuts the bytes, and where the peer cuts its messages, makes no difference.
#include <spantls/spantls.hpp>

#include "simulation/conversation.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;

/// The conversation at once, which the others are compared with.
template <class P>
const test::pair<P>& at_once() {
    static test::pair<P> both(test::conversation_options());
    if (both.client.calls == 0) test::converse(both);
    return both;
}

template <class Pair>
void is_the_same(const Pair& both, const Pair& usual) {
    REQUIRE(test::went_well(both));
    REQUIRE(both.to_server.all == usual.to_server.all);
    REQUIRE(both.to_client.all == usual.to_client.all);
    REQUIRE(test::events(both.client) == test::events(usual.client));
    REQUIRE(test::events(both.server) == test::events(usual.server));
}

}  // namespace

TEMPLATE_TEST_CASE("all at once, and byte by byte", "", seeded_chacha, test::seeded<test::usual_provider>,
                   test::null_provider) {
    REQUIRE(test::went_well(at_once<TestType>()));
    for (const std::size_t size : {1u, 2u, 3u, 5u, 7u, 100u}) {
        CAPTURE(size);
        test::pair<TestType> both(test::conversation_options());
        both.to_server.chunk = both.to_client.chunk = [=](std::size_t) { return size; };
        test::converse(both);
        is_the_same(both, at_once<TestType>());
    }
}

TEMPLATE_TEST_CASE("in pieces of random sizes", "", seeded_chacha, test::null_provider) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        test::seeded_stream random(seed);
        test::pair<TestType> both(test::conversation_options());
        both.to_server.chunk = both.to_client.chunk = [&](std::size_t waiting) {
            return 1 + random.below(std::min<std::size_t>(waiting, random.below(8) == 0 ? 4000 : 40));
        };
        test::converse(both);
        is_the_same(both, at_once<TestType>());
    }
}

TEST_CASE("cut once, at every byte") {
    const auto& usual = at_once<test::null_provider>();
    for (const bool up : {true, false}) {
        const std::size_t total = (up ? usual.to_server : usual.to_client).all.size();
        for (std::size_t cut = 1; cut < total; ++cut) {
            CAPTURE(up, cut);
            test::pair<test::null_provider> both(test::conversation_options());
            test::link& link = up ? both.to_server : both.to_client;
            link.chunk = [&](std::size_t waiting) {
                const std::size_t arrived = link.all.size() - waiting;
                return arrived < cut ? std::min(cut - arrived, waiting) : waiting;
            };
            test::converse(both);
            is_the_same(both, usual);
        }
    }
}

TEST_CASE("handshake messages in the clear, in fragments of every size") {
    for (const bool retry : {false, true})
        for (std::size_t size = 1; size < 200; size += size < 20 ? 1 : 13) {
            CAPTURE(retry, size);
            test::pair_options options = test::conversation_options();
            if (retry) options.client.shares = fixed_vector<named_group, 4>{};
            test::pair<seeded_chacha> both(options);
            both.to_server.transit =
                both.to_client.transit = [=](test::buffer sent) { return test::reframe(sent, size); };
            test::converse(both);
            REQUIRE(test::went_well(both));
            if (!retry) REQUIRE(test::events(both.client) == test::events(at_once<seeded_chacha>().client));
            if (!retry) REQUIRE(test::events(both.server) == test::events(at_once<seeded_chacha>().server));
        }
}

TEST_CASE("protected messages, in records of every size") {
    for (const bool by_bytes : {false, true})
        for (std::uint16_t size = 1; size < 1000; size = static_cast<std::uint16_t>(size < 20 ? size + 1 : size * 2)) {
            CAPTURE(size, by_bytes);
            test::pair_options options = test::conversation_options();
            options.client.record_size = options.server.record_size = size;
            test::pair<seeded_chacha> both(options);
            if (by_bytes) both.to_server.chunk = both.to_client.chunk = [](std::size_t) { return std::size_t{1}; };
            test::converse(both);
            REQUIRE(test::went_well(both));
            for (const record_info& record : both.client.opened)
                if (record.encrypted && !record.has(handshake_type::key_update) && record.type != content_type::alert)
                    REQUIRE(record.content_size <= size);
        }
}

TEST_CASE("a change_cipher_spec between any two records is dropped, also inside a message") {
    // Section 5: it "can occur at any time" from the first ClientHello to the peer's Finished.
    for (const bool retry : {false, true})
        for (const bool up : {false, true}) {
            test::pair_options options{
                .client = {.record_size = 40},
                .server = {.authenticate_client = client_authentication::require, .record_size = 40}};
            if (retry) options.client.shares = fixed_vector<named_group, 4>{};
            using pair = test::pair<seeded_chacha>;
            const auto with_own = [&](pair& both) {
                both.client.own = &both.client_credentials();
                both.client.flush();
                return test::records_in(both.to_server.all).size();
            };
            pair usual(options);
            // Not inside of the first ClientHello, which may be of anything.
            const std::size_t first = up ? with_own(usual) : (with_own(usual), std::size_t{1});
            REQUIRE(usual.handshake());
            const std::size_t last = test::records_in(up ? usual.to_server.all : usual.to_client.all).size() - 1;
            REQUIRE(last > first + 4);
            for (std::size_t behind = first; behind <= last; ++behind) {
                CAPTURE(retry, up, behind);
                pair both(options);
                std::size_t seen = 0;
                (up ? both.to_server : both.to_client).transit = [&](const test::buffer& sent) {
                    test::buffer out;
                    for (const test::buffer& record : test::records_in(sent)) {
                        out.insert(out.end(), record.begin(), record.end());
                        if (++seen == behind) {
                            const test::buffer more = test::change_cipher_spec();
                            out.insert(out.end(), more.begin(), more.end());
                        }
                    }
                    return out;
                };
                with_own(both);
                REQUIRE(both.handshake());
                REQUIRE(both.client.error() == errc::none);
                REQUIRE(both.server.error() == errc::none);
                REQUIRE(both.server.send("down") == errc::none);
                both.run();
                REQUIRE(both.client.received == test::text("down"));
            }
        }
}

TEST_CASE("with the smallest output, whatever it cuts") {
    for (std::size_t room = min_output; room < 200; room += 7) {
        CAPTURE(room);
        test::pair<seeded_chacha> both(test::conversation_options());
        both.client.output_size = both.server.output_size = room;
        test::converse(both);
        REQUIRE(test::went_well(both));
    }
}

TEST_CASE("large records, padded records and empty ones") {
    test::pair<test::null_provider> both;
    REQUIRE(both.handshake());
    const auto data = content_type::application_data;
    both.to_client.put(test::null_record(data, test::buffer(16384, 'x')));
    both.to_client.put(test::null_record(data, test::buffer(10, 'y'), 16374));
    both.to_client.put(test::null_record(data, {}, 100));
    both.to_client.put(test::null_record(data, {0, 0, 0}, 5));
    both.run();
    REQUIRE(both.client.error() == errc::none);
    test::buffer expected(16384, 'x');
    expected.insert(expected.end(), 10, 'y');
    expected.insert(expected.end(), 3, 0);
    REQUIRE(both.client.received == expected);
}
