#include <spantls/record/padding.hpp>

#include <algorithm>
#include <initializer_list>

#include "support/catch.hpp"

using namespace spantls;

namespace {

/// What the rule says, without its arithmetic: the shortest of the lengths that are allowed.
std::size_t allowed_inner(std::size_t content, std::size_t block, std::size_t limit) {
    std::size_t inner = content + 1;
    while (inner % block != 0 && inner < limit) ++inner;
    return inner;
}

const std::initializer_list<std::size_t> blocks{1, 2, 3, 6, 16, 48, 63, 64, 65, 100, 512, 1000, 16384, 16385};
const std::initializer_list<std::size_t> limits{64, 65, 100, 512, 1025, 16384, 16385};

}  // namespace

TEST_CASE("padding: which there is") {
    STATIC_REQUIRE(padding().valid());
    STATIC_REQUIRE(padding().block() == 1);
    STATIC_REQUIRE(padding::multiple_of(1).valid());
    STATIC_REQUIRE(padding::multiple_of(16385).valid());
    STATIC_REQUIRE_FALSE(padding::multiple_of(0).valid());
    STATIC_REQUIRE_FALSE(padding::multiple_of(16386).valid());
    STATIC_REQUIRE_FALSE(padding::multiple_of(65537).valid());
    STATIC_REQUIRE(padding::constant(27).valid());
    STATIC_REQUIRE(padding::constant(16406).valid());
    STATIC_REQUIRE_FALSE(padding::constant(26).valid());
    STATIC_REQUIRE_FALSE(padding::constant(0).valid());
    STATIC_REQUIRE_FALSE(padding::constant(16407).valid());
    STATIC_REQUIRE_FALSE(padding::constant(65536 + 100).valid());
    STATIC_REQUIRE(padding::constant(100).is_constant());
    STATIC_REQUIRE_FALSE(padding::multiple_of(100).is_constant());
}

TEST_CASE("padding: the largest records of all") {
    STATIC_REQUIRE(record_shape().most() == max_fragment);
    STATIC_REQUIRE(record_shape().sealed(max_fragment) == 16406);
    STATIC_REQUIRE(record_shape(max_fragment, padding::constant(16406)).most() == max_fragment);
    STATIC_REQUIRE(record_shape(max_fragment, padding::constant(16406)).sealed(0) == 16406);
    STATIC_REQUIRE(record_shape(max_fragment, padding::multiple_of(16385)).sealed(0) == 16406);
    // Section 5.4: not more than 2^14 + 1, whatever a multiple may be.
    STATIC_REQUIRE(record_shape(max_fragment, padding::multiple_of(16000)).sealed(16000) == 16406);
}

TEST_CASE("padding: multiples of n, up to the limit") {
    for (const std::size_t block : blocks)
        for (const std::size_t limit : limits) {
            record_shape shape(max_fragment, padding::multiple_of(block));
            shape.limit(limit);
            CAPTURE(block, limit);
            REQUIRE(shape.most() == limit - 1);
            for (std::size_t content = 0; content < limit; content += content < 300 ? 1 : 97) {
                CAPTURE(content);
                const std::size_t inner = allowed_inner(content, block, limit);
                REQUIRE(shape.zeros(content) == inner - content - 1);
                REQUIRE(shape.sealed(content) == inner + record_overhead - 1);
            }
        }
}

TEST_CASE("padding: constant length means constant") {
    for (const std::size_t size : {27u, 28u, 85u, 100u, 1024u, 16405u, 16406u})
        for (const std::size_t limit : limits) {
            record_shape shape(max_fragment, padding::constant(size));
            shape.limit(limit);
            const std::size_t expected = std::min(size, limit + record_overhead - 1);
            CAPTURE(size, limit);
            REQUIRE(shape.most() == expected - record_overhead);
            for (std::size_t content = 0; content <= shape.most(); content += content < 300 ? 1 : 97)
                REQUIRE(shape.sealed(content) == expected);
            REQUIRE(shape.sealed(shape.most()) == expected);
            for (const std::size_t room : {std::size_t{0}, std::size_t{22}, expected - 1})
                REQUIRE(shape.fit(room, 1) == 0);
            REQUIRE(shape.fit(expected, 1) == 1);
            REQUIRE(shape.fit(expected, 20000) == shape.most());
        }
}

TEST_CASE("padding: the own record size is kept, too") {
    const record_shape shape(100, padding::constant(1024));
    REQUIRE(shape.most() == 100);
    REQUIRE(shape.sealed(100) == 1024);
    REQUIRE(shape.sealed_all(250) == 3 * 1024);
    record_shape limited(100, {});
    limited.limit(64);
    REQUIRE(limited.most() == 63);
    limited.limit(200);  // a limit never rises
    REQUIRE(limited.most() == 63);
    // What no configuration may have is not divided by.
    REQUIRE(record_shape(0, padding::multiple_of(0)).sealed_all(5) == 5 * (1 + record_overhead));
    REQUIRE(record_shape(0, padding::constant(0)).sealed_all(5) == 5 * (1 + record_overhead));
}

TEST_CASE("padding: what fits in so much room") {
    for (const padding how : {padding(), padding::multiple_of(2), padding::multiple_of(48), padding::multiple_of(64),
                              padding::multiple_of(300), padding::constant(60), padding::constant(85)})
        for (const std::size_t limit : {std::size_t{64}, std::size_t{200}, max_inner_plaintext})
            for (std::size_t room = 0; room < 500; ++room) {
                record_shape shape(max_fragment, how);
                shape.limit(limit);
                CAPTURE(how.block(), limit, room);
                // The largest content of which the record has room.
                std::size_t most = 0;
                for (std::size_t content = 1; content <= std::min<std::size_t>(shape.most(), 500); ++content)
                    if (shape.sealed(content) <= room) most = content;
                REQUIRE(shape.fit(room, 20000) == most);
                for (const std::size_t wanted : {std::size_t{0}, std::size_t{1}, std::size_t{10}, std::size_t{63}})
                    REQUIRE(shape.fit(room, wanted) == std::min(wanted, most));
            }
}

TEST_CASE("padding: sizes that can be reckoned beforehand") {
    STATIC_REQUIRE(sealed_size(0, 16384, padding::constant(1024)) == 0);
    STATIC_REQUIRE(sealed_size(1, 16384, padding::constant(1024)) == 1024);
    STATIC_REQUIRE(sealed_size(1002, 16384, padding::constant(1024)) == 1024);
    STATIC_REQUIRE(sealed_size(1003, 16384, padding::constant(1024)) == 2048);
    STATIC_REQUIRE(sealed_size(300, 100, padding::multiple_of(128)) == 3 * (128 + 21));
    STATIC_REQUIRE(min_output_with({}) == min_output);
    STATIC_REQUIRE(min_output_with(padding::constant(1024)) == 1024);
    STATIC_REQUIRE(min_output_with(padding::multiple_of(16)) == 16 + 21);
    for (const std::size_t size : {0u, 1u, 99u, 100u, 101u, 16384u, 40000u})
        for (const std::size_t fragment : {1u, 100u, 16384u})
            REQUIRE(sealed_size(size, fragment, {}) == sealed_size(size, fragment));
}
