// What every message struct has to do with its bytes.
#pragma once

#include <array>
#include <initializer_list>

#include <spantls/wire/layout.hpp>

#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace test {

/// Where a length field stands in the bytes of a message.
struct length_field {
    std::size_t offset, width;
};

/// `wire` is a T: it is decoded, and encoded again to the same; every truncation, a byte behind it, and every length
/// field that is one too small, one too large or as large as can be, is refused.
template <class T>
void check_codec(spantls::bytes_view wire, std::initializer_list<length_field> lengths) {
    T value{};
    REQUIRE(spantls::decode(wire, value));
    buffer out(wire.size());
    spantls::writer to(out);
    spantls::encode(to, value);
    REQUIRE_FALSE(to.overflowed());
    REQUIRE(hex(to.written()) == hex(wire));

    spantls::writer one_short(spantls::mutable_bytes(out).first(wire.size() - 1));
    spantls::encode(one_short, value);
    REQUIRE(one_short.overflowed());
    REQUIRE(one_short.needed() == wire.size());

    for (std::size_t size = 0; size < wire.size(); ++size) {
        INFO("truncated to " << size);
        T other{};
        CHECK_FALSE(spantls::decode(wire.first(size), other));
    }
    buffer longer = copy(wire);
    longer.push_back(0);
    T trailing{};
    CHECK_FALSE(spantls::decode(spantls::bytes_view(longer), trailing));

    for (const length_field field : lengths) {
        std::uint64_t length = 0;
        for (std::size_t i = 0; i < field.width; ++i) length = length << 8 | wire[field.offset + i];
        for (const std::uint64_t wrong : {length - 1, length + 1, UINT64_MAX}) {
            INFO("length at " << field.offset << " is " << wrong << " instead of " << length);
            buffer changed = copy(wire);
            spantls::store_be(changed.data() + field.offset, wrong, field.width);
            T other{};
            CHECK_FALSE(spantls::decode(spantls::bytes_view(changed), other));
        }
    }
}

/// The same as a constant expression, as far as it can be told in one.
template <class T, std::size_t N>
constexpr bool round_trips(const std::array<std::uint8_t, N>& wire) {
    T value{};
    if (!spantls::decode(spantls::bytes_view(wire), value)) return false;
    std::array<std::uint8_t, N> out{};
    spantls::writer to(out);
    spantls::encode(to, value);
    if (to.overflowed() || !spantls::equal_bytes(out, wire)) return false;
    for (std::size_t size = 0; size < N; ++size) {
        T other{};
        if (spantls::decode(spantls::bytes_view(wire).first(size), other)) return false;
    }
    return true;
}

}  // namespace test
