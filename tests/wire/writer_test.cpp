#include <spantls/wire/writer.hpp>

#include <array>
#include <vector>

#include <spantls/wire/reader.hpp>

#include "support/catch.hpp"

using spantls::bytes_view;
using spantls::length_prefix;
using spantls::writer;

namespace {

static_assert([] {
    std::array<std::uint8_t, 4> out{};
    writer to(out);
    {
        const length_prefix length(to, 2);
        to.u16(0x0304);
    }
    return out == std::array<std::uint8_t, 4>{0, 2, 3, 4} && to.written().size() == 4;
}());

/// Something with everything in it: 18 bytes.
void write_all(writer& to) {
    const std::array<std::uint8_t, 3> bytes{7, 8, 9};
    to.u8(1);
    const length_prefix outer(to, 3);
    to.u16(2);
    {
        const length_prefix inner(to, 1);
        to.bytes(bytes);
    }
    to.opaque(bytes, 2);
    to.u24(3);
}

const std::vector<std::uint8_t> expected{1, 0, 0, 14, 0, 2, 3, 7, 8, 9, 0, 3, 7, 8, 9, 0, 0, 3};

}  // namespace

TEST_CASE("what is written stands there, big-endian, with its lengths filled in") {
    std::vector<std::uint8_t> out(expected.size() + 1, 0xee);
    writer to(out);
    write_all(to);
    CHECK_FALSE(to.overflowed());
    CHECK(to.needed() == expected.size());
    CHECK(spantls::equal_bytes(to.written(), expected));
    CHECK(out.back() == 0xee);
}

TEST_CASE("without room nothing is written past the end and the size that would do is known") {
    for (std::size_t room = 0; room < expected.size(); ++room) {
        std::vector<std::uint8_t> out(expected.size() + 8, 0xee);
        writer to(spantls::mutable_bytes(out).first(room));
        write_all(to);
        CHECK(to.overflowed());
        CHECK(to.needed() == expected.size());
        CHECK(to.written().empty());
        CHECK(std::vector<std::uint8_t>(out.begin() + static_cast<std::ptrdiff_t>(room), out.end()) ==
              std::vector<std::uint8_t>(out.size() - room, 0xee));
    }
}

TEST_CASE("after an overflow even what would fit is not written") {
    std::array<std::uint8_t, 4> out{};
    writer to(out);
    to.bytes(std::array<std::uint8_t, 5>{1, 1, 1, 1, 1});
    to.u8(2);
    CHECK(to.needed() == 6);
    CHECK(out == std::array<std::uint8_t, 4>{});
    CHECK(to.take(1).empty());
}

TEST_CASE("sizes do not wrap around") {
    std::array<std::uint8_t, 4> out{};
    writer to(out);
    to.u8(1);
    CHECK(to.take(SIZE_MAX).empty());
    CHECK(to.overflowed());
    CHECK(to.needed() == SIZE_MAX);
    to.u8(1);
    CHECK(to.needed() == SIZE_MAX);
}

TEST_CASE("an open length cannot be read back") {
    std::array<std::uint8_t, 6> out{};
    writer to(out);
    {
        const length_prefix length(to, 2);
        to.u32(0);
        spantls::reader in(out);
        CHECK(in.opaque(2).empty());
        CHECK(in.failed());
    }
    spantls::reader in(out);
    CHECK(in.opaque(2).size() == 4);
    CHECK(in.finished());
}

TEST_CASE("a length counts what follows from elsewhere") {
    std::array<std::uint8_t, 4> out{};
    writer to(out);
    {
        const length_prefix length(to, 2, 100);
        to.u16(0);
    }
    CHECK(out == std::array<std::uint8_t, 4>{0, 102, 0, 0});
}

TEST_CASE("taken bytes are the caller's to fill") {
    std::array<std::uint8_t, 3> out{};
    writer to(out);
    to.u8(1);
    const spantls::mutable_bytes taken = to.take(2);
    REQUIRE(taken.size() == 2);
    CHECK(taken.data() == out.data() + 1);
    CHECK(to.take(0).empty());
    CHECK_FALSE(to.overflowed());
}

TEST_CASE("a vector that is longer than its length can say has no room anywhere") {
    std::vector<std::uint8_t> out(1000);
    const std::vector<std::uint8_t> most(255), more(256);
    for (const bool fits : {true, false}) {
        const bytes_view content = fits ? most : more;
        writer by_prefix(out);
        {
            const length_prefix length(by_prefix, 1);
            by_prefix.bytes(content);
        }
        CHECK(by_prefix.overflowed() != fits);
        CHECK(by_prefix.written().empty() != fits);
        writer at_once(out);
        at_once.opaque(content, 1);
        CHECK(at_once.overflowed() != fits);
        at_once.u8(1);
        CHECK(at_once.overflowed() != fits);
    }
}
