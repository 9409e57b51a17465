#include <spantls/message/key_share.hpp>

#include "message/codec.hpp"

using spantls::errc;
using spantls::named_group;

namespace {

constexpr std::array<std::uint8_t, 7> entry{0, 0x1d, 0, 3, 0xff, 0xfe, 0xfd};
constexpr std::array<std::uint8_t, 2> retry{0, 0x17};
static_assert(test::round_trips<spantls::key_share_entry>(entry));
static_assert(test::round_trips<spantls::key_share_retry>(retry));

// supported_groups: x25519, secp256r1, secp384r1
const test::buffer groups = test::unhex("001d00170018");

errc parse(const std::string& shares, spantls::client_key_shares& to) {
    static test::buffer data;
    data = test::unhex(shares);
    data.insert(data.begin(), {static_cast<std::uint8_t>(data.size() >> 8), static_cast<std::uint8_t>(data.size())});
    return to.parse(data, spantls::list_view<named_group>(groups));
}
errc parse(const std::string& shares) {
    spantls::client_key_shares unused;
    return parse(shares, unused);
}

}  // namespace

TEST_CASE("KeyShareServerHello and KeyShareHelloRetryRequest (section 4.3.8)") {
    test::check_codec<spantls::key_share_entry>(entry, {{2, 2}});
    test::check_codec<spantls::key_share_retry>(retry, {});
    // key_exchange<1..2^16-1>
    spantls::key_share_entry decoded{};
    const test::buffer no_share{0, 0x1d, 0, 0};
    CHECK_FALSE(spantls::decode(spantls::bytes_view(no_share), decoded));
}

TEST_CASE("client_shares in the order of the groups, any of them left out, or none (section 4.3.8)") {
    spantls::client_key_shares shares;
    REQUIRE(parse("001d0002aaaa"
                  "00170001bb"
                  "00180001cc",
                  shares) == errc::none);
    CHECK(shares.size() == 3);
    CHECK(test::hex(shares.find(named_group::x25519)) == "aaaa");
    CHECK(test::hex(shares.find(named_group::secp256r1)) == "bb");
    CHECK(test::hex(shares.find(named_group::secp384r1)) == "cc");
    CHECK(shares.find(named_group::x448).empty());

    spantls::client_key_shares some;
    CHECK(parse("001d0001aa"
                "00180001cc",
                some) == errc::none);
    CHECK(some.size() == 2);
    CHECK(some.find(named_group::secp256r1).empty());
    spantls::client_key_shares none;
    CHECK(parse("", none) == errc::none);
    CHECK(none.size() == 0);
    CHECK(none.find(named_group::x25519).empty());
}

TEST_CASE("client_shares twice of a group, out of order, or of a group that is not offered (section 4.3.8)") {
    CHECK(parse("001d0001aa"
                "001d0001aa") == errc::bad_key_shares);
    CHECK(parse("00170001bb"
                "001d0001aa") == errc::bad_key_shares);
    CHECK(parse("00190001dd") == errc::bad_key_shares);
    CHECK(parse("001d0001aa"
                "00190001dd") == errc::bad_key_shares);
}

TEST_CASE("client_shares that are not well formed") {
    CHECK(parse("001d0000") == errc::decode_error);
    CHECK(parse("001d0002aa") == errc::decode_error);
    CHECK(parse("001d00") == errc::decode_error);
    CHECK(parse("001d0001aa"
                "00") == errc::decode_error);
    spantls::client_key_shares shares;
    for (const char* const data : {"", "00", "0001", "000000", "0005001d0001aa00", "0006001d0001aa"}) {
        INFO(data);
        const test::buffer bytes = test::unhex(data);
        CHECK(shares.parse(bytes, spantls::list_view<named_group>(groups)) == errc::decode_error);
    }
}
