#include <spantls/drivers/output_queue.hpp>

#include <array>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"

using spantls::output_queue;

TEST_CASE("output that waits does not move, and wraps around") {
    std::array<std::uint8_t, 10> memory{};
    output_queue out(memory);
    REQUIRE(out.empty());
    REQUIRE(out.space().size() == 10);
    out.added(7);
    const auto first = out.pending();
    REQUIRE(first.size() == 7);
    REQUIRE(out.space().data() == memory.data() + 7);
    out.sent(5);
    // More room in front than behind.
    REQUIRE(out.space().data() == memory.data());
    REQUIRE(out.space().size() == 5);
    out.added(3);
    REQUIRE(out.space().size() == 2);
    REQUIRE(out.pending().data() == first.data() + 5);
    REQUIRE(out.pending().size() == 2);
    out.sent(2);
    REQUIRE(out.pending().data() == memory.data());
    REQUIRE(out.pending().size() == 3);
    REQUIRE(out.space().size() == 7);
    out.sent(3);
    REQUIRE(out.empty());
    REQUIRE(out.space().size() == 10);
}

TEST_CASE("no more has been sent than there was") {
    std::array<std::uint8_t, 10> memory{};
    output_queue out(memory);
    REQUIRE_FALSE(out.sent(1));
    out.added(7);
    for (const std::size_t impossible : {std::size_t{8}, static_cast<std::size_t>(-1)}) {
        REQUIRE_FALSE(out.sent(impossible));
        REQUIRE(out.pending().size() == 7);
    }
    REQUIRE_FALSE(out.sent(0));
    REQUIRE(out.sent(7));
    REQUIRE(out.empty());
}

TEST_CASE("output leaves in the order in which it was added") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        test::seeded_stream random(seed);
        std::vector<std::uint8_t> memory(1 + random.below(40));
        output_queue out(memory);
        std::uint8_t next_in = 0, next_out = 0;
        std::size_t sent = 0;
        for (int i = 0; i < 500; ++i) {
            const auto space = out.space();
            if (out.empty()) REQUIRE(space.size() == memory.size());
            const std::size_t adding = random.below(space.size() + 1);
            for (std::size_t at = 0; at < adding; ++at) space[at] = next_in++;
            out.added(adding);
            const auto pending = out.pending();
            const std::size_t sending = random.below(pending.size() + 1);
            for (std::size_t at = 0; at < sending; ++at) REQUIRE(pending[at] == next_out++);
            out.sent(sending);
            sent += sending;
            REQUIRE(out.empty() == (next_in == next_out));
        }
        REQUIRE(sent > 0);
    }
}
