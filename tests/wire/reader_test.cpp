#include <spantls/wire/reader.hpp>

#include <array>

#include "support/catch.hpp"

using spantls::bytes_view;
using spantls::reader;

namespace {

constexpr std::array<std::uint8_t, 10> ten{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static_assert(reader(ten).u8() == 1);
static_assert(reader(ten).u16() == 0x0102);
static_assert(reader(ten).u24() == 0x010203);
static_assert(reader(ten).u32() == 0x01020304);
static_assert(reader(ten).number(8) == 0x0102030405060708);
static_assert(reader(bytes_view{}).finished());

}  // namespace

TEST_CASE("numbers are read one after the other") {
    reader in(ten);
    CHECK(in.u8() == 0x01);
    CHECK(in.u16() == 0x0203);
    CHECK(in.u24() == 0x040506);
    CHECK(in.remaining() == 4);
    CHECK(in.rest().data() == ten.data() + 6);
    CHECK_FALSE(in.finished());
    CHECK(in.u32() == 0x0708090a);
    CHECK(in.finished());
    CHECK(in.empty());
}

TEST_CASE("bytes are views into what is read") {
    reader in(ten);
    CHECK(in.bytes(0).empty());
    const bytes_view taken = in.bytes(10);
    CHECK(taken.data() == ten.data());
    CHECK(taken.size() == 10);
    CHECK(in.finished());
    CHECK(in.bytes(0).empty());
    CHECK(in.finished());
}

TEST_CASE("reading past the end fails for good and gives zeros") {
    for (std::size_t have = 0; have < 4; ++have) {
        reader in(bytes_view(ten).first(have));
        CHECK(in.u32() == 0);
        CHECK(in.failed());
        CHECK_FALSE(in.finished());
        CHECK(in.u8() == 0);  // even where a byte was left
        CHECK(in.bytes(1).empty());
        CHECK(in.opaque(1).empty());
        CHECK(in.empty());
        CHECK(in.failed());
    }
}

TEST_CASE("a vector has its length before it") {
    constexpr std::array<std::uint8_t, 5> bytes{0, 2, 0xaa, 0xbb, 0xcc};
    reader in(bytes);
    const bytes_view vector = in.opaque(2);
    CHECK(vector.data() == bytes.data() + 2);
    CHECK(vector.size() == 2);
    CHECK(in.u8() == 0xcc);
    CHECK(in.finished());
}

TEST_CASE("a vector outside of its bounds is an error") {
    constexpr std::array<std::uint8_t, 3> two{2, 0xaa, 0xbb};
    const auto fails = [&](std::size_t least, std::size_t most) {
        reader in(two);
        (void)in.opaque(1, least, most);
        return in.failed();
    };
    CHECK_FALSE(fails(0, 255));
    CHECK_FALSE(fails(2, 2));
    CHECK(fails(3, 255));
    CHECK(fails(0, 1));
}

TEST_CASE("a vector that is longer than what is there is an error") {
    constexpr std::array<std::uint8_t, 4> bytes{0xff, 0xff, 0xff, 0xff};
    for (std::size_t prefix = 1; prefix <= 4; ++prefix) {
        reader in(bytes);
        CHECK(in.opaque(prefix).empty());
        CHECK(in.failed());
    }
    constexpr std::array<std::uint8_t, 8> largest{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    reader in(largest);
    CHECK(in.opaque(8).empty());
    CHECK(in.failed());
}

TEST_CASE("a decoder can fail by itself") {
    reader in(ten);
    in.fail();
    CHECK(in.failed());
    CHECK(in.remaining() == 0);
}
