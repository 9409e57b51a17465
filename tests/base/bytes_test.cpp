#include <spantls/base/bytes.hpp>

#include <array>
#include <vector>

#include "support/catch.hpp"

using spantls::bytes_view;
using spantls::mutable_bytes;

namespace {

constexpr std::array<std::uint8_t, 4> four{1, 2, 3, 4};

// At compile time.
static_assert(spantls::load_u16(four.data()) == 0x0102);
static_assert(spantls::load_u24(four.data()) == 0x010203);
static_assert(spantls::equal_bytes(four, four));
static_assert(!spantls::equal_bytes(four, bytes_view(four).first(3)));
static_assert([] {
    std::array<std::uint8_t, 4> to{};
    spantls::copy_bytes(four, to);
    return to == four;
}());

}  // namespace

TEST_CASE("text and bytes are two views of the same memory") {
    const std::string_view text = "mqtt";
    const bytes_view bytes = spantls::as_bytes(text);
    REQUIRE(bytes.size() == 4);
    CHECK(bytes[0] == 'm');
    CHECK(spantls::as_text(bytes) == text);
    CHECK(spantls::as_text(bytes).data() == text.data());
    CHECK(spantls::as_bytes({}).empty());
}

TEST_CASE("bytes are copied to the front and not further") {
    std::array<std::uint8_t, 6> to{9, 9, 9, 9, 9, 9};
    spantls::copy_bytes(four, to);
    CHECK(to == std::array<std::uint8_t, 6>{1, 2, 3, 4, 9, 9});
    spantls::copy_bytes({}, {});
    spantls::copy_bytes(mutable_bytes(to), to);
    CHECK(to == std::array<std::uint8_t, 6>{1, 2, 3, 4, 9, 9});
}

TEST_CASE("both comparisons see a difference in every bit") {
    std::array<std::uint8_t, 33> a{};
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::uint8_t>(i * 7);
    CHECK(spantls::equal_bytes(a, a));
    CHECK(spantls::constant_time_equal(a, a));
    for (std::size_t bit = 0; bit < 8 * a.size(); ++bit) {
        auto b = a;
        b[bit / 8] = static_cast<std::uint8_t>(b[bit / 8] ^ 1u << bit % 8);
        CHECK_FALSE(spantls::equal_bytes(a, b));
        CHECK_FALSE(spantls::constant_time_equal(a, b));
    }
}

TEST_CASE("bytes of different lengths differ, and nothing equals nothing") {
    CHECK_FALSE(spantls::constant_time_equal(four, bytes_view(four).first(3)));
    CHECK_FALSE(spantls::constant_time_equal({}, four));
    CHECK_FALSE(spantls::equal_bytes({}, four));
    CHECK(spantls::constant_time_equal({}, {}));
    CHECK(spantls::equal_bytes({}, {}));
}

TEST_CASE("wiping leaves zeros, and only where it was asked to") {
    std::vector<std::uint8_t> bytes(100, 0xaa);
    spantls::wipe(mutable_bytes(bytes).subspan(1, 98));
    CHECK(bytes.front() == 0xaa);
    CHECK(bytes.back() == 0xaa);
    CHECK(std::vector<std::uint8_t>(bytes.begin() + 1, bytes.end() - 1) == std::vector<std::uint8_t>(98, 0));
    spantls::wipe({});

    struct {
        std::uint64_t number = ~std::uint64_t{0};
        std::uint8_t byte = 7;
    } object;
    spantls::wipe_object(object);
    CHECK(object.number == 0);
    CHECK(object.byte == 0);
}

TEST_CASE("numbers are big-endian in every width") {
    for (std::size_t width = 0; width <= 8; ++width) {
        std::array<std::uint8_t, 9> to{};
        to.fill(0xee);
        spantls::store_be(to.data(), 0x0102030405060708, width);
        for (std::size_t i = 0; i < width; ++i) CHECK(to[i] == 8 - width + 1 + i);
        CHECK(to[width] == 0xee);
    }
    std::array<std::uint8_t, 3> to{};
    spantls::store_be(to.data(), 0xfffefd, 3);
    CHECK(spantls::load_u24(to.data()) == 0xfffefd);
    CHECK(spantls::load_u16(to.data()) == 0xfffe);
}
