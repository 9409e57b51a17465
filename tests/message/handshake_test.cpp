#include <spantls/message/handshake.hpp>

#include "support/catch.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::handshake_type;

namespace {

constexpr std::array<std::uint8_t, 7> two{20, 0, 0, 2, 0xaa, 0xbb, 24};
static_assert(spantls::message_size(two) == 6);
static_assert(spantls::first_message(two).type == handshake_type::finished);
static_assert(spantls::equal_bytes(spantls::first_message(two).body, std::array<std::uint8_t, 2>{0xaa, 0xbb}));

}  // namespace

TEST_CASE("the size of a message is known as soon as its header is there") {
    CHECK(spantls::message_size({}) == 0);
    CHECK(spantls::message_size(bytes_view(two).first(3)) == 0);
    CHECK(spantls::message_size(bytes_view(two).first(4)) == 6);
    const test::buffer largest{1, 0xff, 0xff, 0xff};
    CHECK(spantls::message_size(largest) == 4 + 0xffffff);
}

TEST_CASE("the first message ends where the next one begins") {
    const spantls::handshake_message message = spantls::first_message(two);
    CHECK(test::hex(message.whole) == "14000002aabb");
    CHECK(message.body.data() == two.data() + 4);
}

TEST_CASE("a message is written with its length, part of which may be sent from elsewhere") {
    test::buffer out(16);
    spantls::writer to(out);
    spantls::write_message(to, handshake_type::certificate, [&] { to.u16(0xabcd); });
    CHECK(test::hex(to.written()) == "0b000002abcd");
    spantls::writer again(out);
    spantls::write_message(
        again, handshake_type::certificate, [&] { again.u16(0xabcd); }, 0x10000);
    CHECK(test::hex(again.written()) == "0b010002abcd");
}
