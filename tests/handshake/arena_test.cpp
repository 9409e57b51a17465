#include <spantls/handshake/arena.hpp>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using test::buffer;

namespace {

/// What the arena has to hold, kept in vectors.
struct model {
    buffer input, output;
};

buffer letters(test::seeded_stream& random, std::size_t size) {
    buffer out(size);
    random.fill(out);
    return out;
}

void write(spantls::arena& memory, const buffer& what) {
    REQUIRE(memory.output_room().size() >= what.size());
    spantls::copy_bytes(what, memory.output_room().first(what.size()));
    memory.grow_output(what.size());
}
bool read(spantls::arena& memory, const buffer& what) {
    if (!memory.reserve_input(what.size())) return false;
    memory.append_input(what);
    return true;
}

}  // namespace

TEST_CASE("input and output lie behind each other in one span, in the order in which they were begun") {
    buffer bytes(16);
    spantls::arena memory{spantls::mutable_bytes(bytes)};
    CHECK(memory.output_room().size() == 16);
    write(memory, {1, 2, 3});
    REQUIRE(read(memory, {4, 5}));
    CHECK(test::hex(memory.output()) == "010203");
    CHECK(test::hex(memory.input()) == "0405");
    // The input closes the output.
    CHECK(memory.output_room().empty());
    CHECK_FALSE(memory.reserve_input(12));
    CHECK(memory.capacity_for_input(12) == 17);
    CHECK(memory.reserve_input(11));

    const spantls::arena_range place = memory.range_of(memory.input().first(1));
    memory.pass(1);
    CHECK(test::hex(memory.input()) == "05");
    CHECK(test::hex(memory.at(place)) == "04");
    CHECK_FALSE(memory.aligned());
    memory.pass(1);
    CHECK(memory.aligned());
    CHECK(test::hex(memory.at(place)) == "04");
    CHECK(memory.range_of({}).size == 0);
}

TEST_CASE("nothing in the arena is lost or mixed up, whatever comes in between") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        INFO("seed " << seed);
        test::seeded_stream random(seed);
        buffer bytes(64 + random.below(64));
        spantls::arena memory{spantls::mutable_bytes(bytes)};
        buffer larger;
        model expected;
        for (int turn = 0; turn < 200; ++turn) {
            switch (random.below(6)) {
                case 0: {
                    const buffer more = letters(random, random.below(20));
                    if (read(memory, more)) {
                        expected.input.insert(expected.input.end(), more.begin(), more.end());
                    } else if (expected.output.empty()) {
                        // As much as it asked for has to do. (Nobody asks while output stands behind the input.)
                        larger.assign(memory.capacity_for_input(more.size()), 0xee);
                        spantls::copy_bytes(memory.memory(), larger);
                        bytes.swap(larger);
                        memory.moved_to(bytes);
                        REQUIRE(read(memory, more));
                        expected.input.insert(expected.input.end(), more.begin(), more.end());
                    }
                    break;
                }
                case 1: {
                    const buffer more = letters(random, random.below(20));
                    if (memory.output_room().size() < more.size() || more.empty()) break;
                    write(memory, more);
                    expected.output.insert(expected.output.end(), more.begin(), more.end());
                    break;
                }
                case 2: {
                    const std::size_t size = random.below(expected.input.size() + 1);
                    memory.pass(size);
                    expected.input.erase(expected.input.begin(),
                                         expected.input.begin() + static_cast<std::ptrdiff_t>(size));
                    break;
                }
                case 3: memory.release_input(); break;
                case 4:
                    if (random.below(3) != 0) break;
                    memory.release_output();
                    expected.output.clear();
                    break;
                default: CHECK(memory.aligned() == expected.input.empty());
            }
            REQUIRE(test::hex(memory.input()) == test::hex(expected.input));
            REQUIRE(test::hex(memory.output()) == test::hex(expected.output));
        }
    }
}
