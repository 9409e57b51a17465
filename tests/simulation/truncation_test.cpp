// A connection that stops after any number of bytes never ends well, unless close_notify was among them.
#include <spantls/spantls.hpp>

#include "simulation/conversation.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

/// Lets `limit` bytes through and no more.
std::function<test::buffer(test::buffer)> cut_after(std::size_t limit) {
    return [passed = std::size_t{0}, limit](test::buffer sent) mutable {
        if (sent.size() > limit - passed) sent.resize(limit - passed);
        passed += sent.size();
        return sent;
    };
}

template <class P>
void cut_everywhere() {
    test::pair<P> whole(test::conversation_options());
    test::converse(whole);
    REQUIRE(test::went_well(whole));
    for (const bool up : {true, false}) {
        const test::buffer& stream = (up ? whole.to_server : whole.to_client).all;
        for (std::size_t size = 0; size <= stream.size(); ++size) {
            CAPTURE(up, size, stream.size());
            test::pair<P> both(test::conversation_options());
            (up ? both.to_server : both.to_client).transit = cut_after(size);
            test::converse(both);
            REQUIRE(test::only_what_was_said(both));
            // close_notify is the last record each end sends.
            const bool complete = size == stream.size();
            const errc reader = up ? both.server.error() : both.client.error();
            REQUIRE(reader == (complete ? errc::none : errc::truncated));
            REQUIRE_FALSE((up ? both.server.tls.owes_output() : both.client.tls.owes_output()));
            const auto last = up ? both.server.tls.end_of_input().what : both.client.tls.end_of_input().what;
            REQUIRE(last == (complete ? what::closed : what::failed));
        }
    }
}

}  // namespace

TEST_CASE("cut after every byte") { cut_everywhere<test::null_provider>(); }

TEST_CASE("cut after every byte, with cryptography") { cut_everywhere<test::seeded<test::small_provider>>(); }

TEST_CASE("a handshake that is cut off leaves no secret in the workspace (section 6.2)") {
    test::pair_options options;
    options.client.key_log = true;
    test::pair<test::seeded<test::small_provider>> both(options);
    std::size_t seen = 0;
    both.client.watch = [&](const step& step) {
        if (step.what != what::verify_peer) return;
        const std::size_t line = both.client.key_log.find("SERVER_HANDSHAKE_TRAFFIC_SECRET ");
        REQUIRE(line != std::string::npos);
        const std::size_t begin = both.client.key_log.find(' ', line + 32) + 1;
        const test::buffer secret = test::unhex(both.client.key_log.substr(begin, 64));
        REQUIRE(both.client.remembers(secret));
        REQUIRE(both.client.tls.end_of_input().error == errc::truncated);
        REQUIRE_FALSE(both.client.remembers(secret));
        ++seen;
    };
    REQUIRE_FALSE(both.handshake());
    REQUIRE(seen == 1);
}
