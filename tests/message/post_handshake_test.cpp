#include <spantls/message/post_handshake.hpp>

#include "message/codec.hpp"

using spantls::bytes_view;

namespace {

constexpr std::array<std::uint8_t, 20> ticket{0,    9, 0x3a, 0x80, 0xde, 0xad, 0xbe, 0xef, 2,    0xff,
                                              0xff, 0, 3,    0xff, 0xff, 0xff, 0,    2,    0xff, 0xff};
constexpr std::array<std::uint8_t, 1> update{1};

static_assert(test::round_trips<spantls::new_session_ticket>(ticket));
static_assert(test::round_trips<spantls::key_update>(update));
static_assert(spantls::key_update_size == 5);
static_assert(spantls::max_ticket_lifetime == 7 * 24 * 60 * 60);

}  // namespace

TEST_CASE("NewSessionTicket (section 4.7.1)") {
    test::check_codec<spantls::new_session_ticket>(ticket, {{8, 1}, {11, 2}, {16, 2}});
    spantls::new_session_ticket decoded{};
    REQUIRE(spantls::decode(bytes_view(ticket), decoded));
    CHECK(decoded.lifetime == 604800);
    CHECK(decoded.age_add == 0xdeadbeef);
    CHECK(test::hex(decoded.nonce) == "ffff");
    CHECK(test::hex(decoded.ticket) == "ffffff");
    CHECK(test::hex(decoded.extensions) == "ffff");
    // ticket<1..2^16-1>
    const test::buffer no_ticket = test::unhex(
        "00000000"
        "00000000"
        "00"
        "0000"
        "0000");
    CHECK_FALSE(spantls::decode(bytes_view(no_ticket), decoded));
    const test::buffer smallest = test::unhex(
        "00000000"
        "00000000"
        "00"
        "000155"
        "0000");
    CHECK(spantls::decode(bytes_view(smallest), decoded));
}

TEST_CASE("KeyUpdate (section 4.7.3)") {
    test::check_codec<spantls::key_update>(update, {});
    // What values mean is told by who receives it.
    spantls::key_update decoded{};
    const test::buffer other{2};
    REQUIRE(spantls::decode(bytes_view(other), decoded));
    CHECK(static_cast<int>(decoded.request) == 2);
}
