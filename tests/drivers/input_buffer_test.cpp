#include <spantls/drivers/input_buffer.hpp>

#include <array>
#include <cstdint>

#include "support/catch.hpp"

using spantls::input_buffer;

namespace {

/// Puts bytes behind the others, as a read would.
void arrive(input_buffer& in, std::size_t count, std::uint8_t first) {
    const auto space = in.space();
    REQUIRE(space.size() >= count);
    for (std::size_t i = 0; i < count; ++i) space[i] = static_cast<std::uint8_t>(first + i);
    in.received(count);
}

}  // namespace

TEST_CASE("input that is consumed stays in sight until the next look") {
    std::array<std::uint8_t, 10> memory{};
    input_buffer in(memory);
    REQUIRE(in.unread().empty());
    arrive(in, 6, 0);
    const auto seen = in.unread();
    REQUIRE(seen.size() == 6);
    in.consume(4);
    REQUIRE(in.size() == 2);
    REQUIRE(in.space().size() == 4);
    arrive(in, 4, 6);
    // Full; nothing moves as long as the consumed bytes may be in use.
    REQUIRE_FALSE(in.has_space());
    REQUIRE(in.space().empty());
    REQUIRE(seen[0] == 0);
    REQUIRE(seen[3] == 3);

    const auto rest = in.unread();
    REQUIRE(rest.size() == 6);
    REQUIRE(rest[0] == 4);
    REQUIRE(in.has_space());
    REQUIRE(in.space().size() == 4);
    REQUIRE(in.unread()[0] == 4);
    REQUIRE(in.unread()[5] == 9);
}

TEST_CASE("input begins anew at the front when all is consumed") {
    std::array<std::uint8_t, 8> memory{};
    input_buffer in(memory);
    arrive(in, 8, 0);
    REQUIRE(in.unread().size() == 8);
    in.consume(8);
    REQUIRE(in.space().empty());
    REQUIRE(in.unread().empty());
    REQUIRE(in.space().data() == memory.data());
    REQUIRE(in.space().size() == 8);
}

TEST_CASE("input does not move while there is room behind it") {
    std::array<std::uint8_t, 8> memory{};
    input_buffer in(memory);
    arrive(in, 6, 0);
    (void)in.unread();
    in.consume(5);
    REQUIRE(in.unread().data() == memory.data() + 5);
    REQUIRE(in.space().data() == memory.data() + 6);
    arrive(in, 2, 6);
    REQUIRE(in.space().data() == memory.data() + 3);
    REQUIRE(in.unread().data() == memory.data());
    REQUIRE(in.unread()[2] == 7);
    in.clear();
    REQUIRE(in.unread().empty());
    REQUIRE(in.capacity() == 8);
}

TEST_CASE("no more has been read than there was room for") {
    std::array<std::uint8_t, 8> memory{};
    input_buffer in(memory);
    for (const std::size_t impossible : {std::size_t{9}, static_cast<std::size_t>(-1)}) {
        REQUIRE_FALSE(in.received(impossible));
        REQUIRE(in.size() == 0);
    }
    REQUIRE_FALSE(in.received(0));
    arrive(in, 6, 0);
    REQUIRE_FALSE(in.received(3));
    REQUIRE(in.unread().size() == 6);
    REQUIRE(in.received(2));
    REQUIRE(in.unread().size() == 8);
}
