#include <spantls/wire/layout.hpp>

#include <array>
#include <string_view>
#include <tuple>
#include <vector>

#include "support/catch.hpp"

using namespace spantls;

namespace {

enum class color : std::uint16_t { red = 0x0102, green = 0x0304 };

struct everything {
    std::uint8_t byte = 0;
    color paint{};
    std::uint32_t number = 0;
    bytes_view fixed;
    bytes_view opaque;
    list_view<color> list;

    using layout = fields<number_field<&everything::byte>, number_field<&everything::paint>,
                          number_field<&everything::number, 3>, fixed_field<&everything::fixed, 2>,
                          opaque_field<&everything::opaque, 1, 1, 4>, list_field<&everything::list, 2, 2, 0xfffe>>;
};

constexpr std::array<std::uint8_t, 18> encoded{
    9,                 // byte
    1, 2,              // paint
    0, 0, 7,           // number
    0xaa, 0xbb,        // fixed
    3, 'a', 'b', 'c',  // opaque
    0, 4, 1, 2, 3, 4,  // list
};

// Both directions, at compile time.
static_assert([] {
    everything value;
    if (!decode(bytes_view(encoded), value)) return false;
    std::array<std::uint8_t, encoded.size()> out{};
    writer to(out);
    encode(to, value);
    return !to.overflowed() && out == encoded;
}());

bool decodes(bytes_view bytes) {
    everything value;
    return decode(bytes, value);
}

/// `encoded` with one byte changed.
bool decodes_with(std::size_t at, std::uint8_t byte) {
    auto changed = encoded;
    changed[at] = byte;
    return decodes(changed);
}

}  // namespace

TEST_CASE("every field is what stands in its place") {
    everything value;
    REQUIRE(decode(bytes_view(encoded), value));
    CHECK(value.byte == 9);
    CHECK(value.paint == color::red);
    CHECK(value.number == 7);
    CHECK(value.fixed.data() == encoded.data() + 6);
    CHECK(value.fixed.size() == 2);
    CHECK(value.opaque.data() == encoded.data() + 9);
    CHECK(value.opaque.size() == 3);
    CHECK(value.list.size() == 2);
}

TEST_CASE("no prefix decodes, and nothing may be left") {
    for (std::size_t have = 0; have < encoded.size(); ++have) CHECK_FALSE(decodes(bytes_view(encoded).first(have)));
    std::vector<std::uint8_t> longer(encoded.begin(), encoded.end());
    CHECK(decodes(longer));
    longer.push_back(0);
    CHECK_FALSE(decodes(longer));
}

TEST_CASE("decode_from leaves what stands behind") {
    std::vector<std::uint8_t> twice(encoded.begin(), encoded.end());
    twice.insert(twice.end(), encoded.begin(), encoded.end());
    reader in(twice);
    everything first, second;
    decode_from(in, first);
    CHECK(in.remaining() == encoded.size());
    decode_from(in, second);
    CHECK(in.finished());
    CHECK(second.opaque.data() == twice.data() + encoded.size() + 9);
}

TEST_CASE("vectors keep to their bounds") {
    constexpr std::array<std::uint8_t, 15> empty_opaque{9, 1, 2, 0, 0, 7, 0xaa, 0xbb, 0, 0, 4, 1, 2, 3, 4};
    CHECK_FALSE(decodes(empty_opaque));  // least 1
    std::vector<std::uint8_t> long_opaque(encoded.begin(), encoded.end());
    long_opaque[8] = 5;
    long_opaque.insert(long_opaque.begin() + 9, {0, 0});
    CHECK_FALSE(decodes(long_opaque));  // most 4
    constexpr std::array<std::uint8_t, 14> empty_list{9, 1, 2, 0, 0, 7, 0xaa, 0xbb, 3, 'a', 'b', 'c', 0, 0};
    CHECK_FALSE(decodes(empty_list));  // least 2
    CHECK_FALSE(decodes_with(13, 3));  // not a multiple of the width, and too short
}

TEST_CASE("a list's length is a multiple of its width") {
    std::vector<std::uint8_t> odd(encoded.begin(), encoded.end());
    odd[13] = 5;
    odd.push_back(0);
    CHECK_FALSE(decodes(odd));
    odd[13] = 6;
    odd.push_back(0);
    CHECK(decodes(odd));
}

TEST_CASE("enums are open") {
    CHECK(decodes_with(1, 0xff));
    everything value;
    auto changed = encoded;
    changed[1] = 0xff;
    REQUIRE(decode(bytes_view(changed), value));
    CHECK(static_cast<std::uint16_t>(value.paint) == 0xff02);
}

TEST_CASE("a list is read where it lies") {
    everything value;
    REQUIRE(decode(bytes_view(encoded), value));
    CHECK(value.list[0] == color::red);
    CHECK(value.list[1] == color::green);
    CHECK(value.list.contains(color::green));
    CHECK_FALSE(value.list.contains(static_cast<color>(0x0203)));  // across two elements
    CHECK(value.list.raw().data() == encoded.data() + 14);
    std::vector<color> seen;
    for (const color c : value.list) seen.push_back(c);
    CHECK(seen == std::vector{color::red, color::green});
    CHECK(list_view<color>{}.empty());
    CHECK(list_view<color>{}.begin() == list_view<color>{}.end());
}

TEST_CASE("encoding without room says how much would do") {
    everything value;
    REQUIRE(decode(bytes_view(encoded), value));
    std::array<std::uint8_t, encoded.size()> out{};
    for (std::size_t room = 0; room < encoded.size(); ++room) {
        writer to(mutable_bytes(out).first(room));
        encode(to, value);
        CHECK(to.overflowed());
        CHECK(to.needed() == encoded.size());
    }
}

namespace {
struct words {
    bool yes = false;
    std::string_view name;
    using layout = fields<flag_field<&words::yes>, text_field<&words::name, 1, 1, 3>>;
};
}  // namespace

TEST_CASE("a flag is 0 or 1, and text is a vector of its length") {
    const std::array<std::uint8_t, 4> bytes{1, 2, 'h', '2'};
    words value;
    REQUIRE(decode(bytes_view(bytes), value));
    CHECK(value.yes);
    CHECK(value.name == "h2");
    CHECK(as_bytes(value.name).data() == bytes.data() + 2);
    std::array<std::uint8_t, 4> out{};
    writer to(out);
    encode(to, value);
    CHECK(out == bytes);
    for (const auto& [flag, size, good] : {std::tuple{0, 2, true}, {2, 2, false}, {0xff, 2, false}, {1, 1, false},
                                           {1, 3, false}, {1, 0, false}}) {
        const std::array<std::uint8_t, 4> changed{static_cast<std::uint8_t>(flag), static_cast<std::uint8_t>(size),
                                                  'a', 'b'};
        CHECK(decode(bytes_view(changed), value) == good);
    }
    const std::array<std::uint8_t, 6> four{0, 4, 'a', 'b', 'c', 'd'};
    CHECK_FALSE(decode(bytes_view(four), value));
}
