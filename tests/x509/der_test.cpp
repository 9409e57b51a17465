#include <spantls/x509/der.hpp>

#include <optional>
#include <string_view>

#include "support/catch.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using x509::der_reader;
using x509::der_tag;
using test::operator+;

namespace {

/// Reads one value and nothing else.
template <class Read>
bool accepts(const bytes& der, Read read) {
    der_reader from(der);
    read(from);
    return from.finished();
}

std::optional<std::int64_t> seconds(std::uint8_t tag, std::string_view text) {
    const bytes der = test::tlv(tag, test::text(text));
    der_reader from(der);
    const std::int64_t since_1970 = from.time();
    return from.finished() ? std::optional(since_1970) : std::nullopt;
}

constexpr std::uint8_t sample[] = {0x30, 0x06, 0x02, 0x01, 0x05, 0x01, 0x01, 0xff};

constexpr bool reads_at_compile_time() {
    der_reader from(sample);
    der_reader inner = from.inside(der_tag::sequence);
    const bool right = inner.small_integer() == 5 && inner.boolean();
    from.leave(inner);
    return right && from.finished();
}
static_assert(reads_at_compile_time());

}  // namespace

TEST_CASE("der: a value has a tag, a body, and a whole") {
    const bytes der = {0x30, 0x03, 0x02, 0x01, 0x07, 0x05, 0x00};
    der_reader from(der);
    CHECK(from.next_is(der_tag::sequence));
    const x509::der_element element = from.element();
    CHECK(element.tag == der_tag::sequence);
    CHECK(equal_bytes(element.body, bytes{2, 1, 7}));
    CHECK(equal_bytes(element.whole, bytes{0x30, 3, 2, 1, 7}));
    CHECK(from.next_is(der_tag::null));
    CHECK(from.body(der_tag::null).empty());
    CHECK(from.finished());
}

TEST_CASE("der: a failure stays") {
    const bytes der = {0x02, 0x01, 0x07, 0x02, 0x01, 0x08};
    der_reader from(der);
    CHECK(from.oid().empty());
    CHECK(from.failed());
    CHECK(from.empty());
    CHECK_FALSE(from.finished());
    CHECK(from.small_integer() == 0);
    CHECK(from.element().whole.empty());
    CHECK(from.inside(der_tag::sequence).failed());
    CHECK(from.failed());
}

TEST_CASE("der: what is left inside a value, or failed there, fails outside") {
    const bytes der = {0x30, 0x06, 0x02, 0x01, 0x07, 0x02, 0x01, 0x08};
    der_reader unread(der);
    der_reader inner = unread.inside(der_tag::sequence);
    CHECK(inner.small_integer() == 7);
    unread.leave(inner);
    CHECK(unread.failed());

    der_reader broken(der);
    inner = broken.inside(der_tag::sequence);
    inner.boolean();
    broken.leave(inner);
    CHECK(broken.failed());
}

TEST_CASE("der: lengths") {
    const auto any = [](der_reader& from) { from.element(); };
    CHECK(accepts(test::tlv(4, bytes(0)), any));
    for (const std::size_t size : {1U, 0x7fU, 0x80U, 0xffU, 0x100U, 0xffffU, 0x10000U}) {
        INFO("body of " << size);
        CHECK(accepts(test::tlv(4, bytes(size)), any));
        CHECK_FALSE(accepts(test::tlv(4, bytes(size)) + bytes{0}, any));  // trailing data
        bytes cut = test::tlv(4, bytes(size));
        cut.pop_back();
        CHECK_FALSE(accepts(cut, any));
    }
    struct {
        const char* rule;
        bytes der;
    } const refused[] = {
        {"nothing at all", {}},
        {"a tag alone", {0x04}},
        {"indefinite length (X.690, 10.1)", {0x24, 0x80, 0x04, 0x00, 0x00, 0x00}},
        {"long form below 128 (X.690, 10.1)", bytes{0x04, 0x81, 0x7f} + bytes(0x7f)},
        {"leading zero in a length (X.690, 10.1)", bytes{0x04, 0x82, 0x00, 0x80} + bytes(0x80)},
        {"length of five bytes", bytes{0x04, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00} + bytes(8)},
        {"reserved length 0xff (X.690, 8.1.3.5)", bytes{0x04, 0xff} + bytes(300)},
        {"the length itself is cut", {0x04, 0x82, 0x01}},
        {"length of 4 GiB", {0x04, 0x84, 0xff, 0xff, 0xff, 0xff}},
        {"tag of several bytes", {0x1f, 0x81, 0x01, 0x00}},
    };
    for (const auto& [rule, der] : refused) {
        INFO(rule);
        CHECK_FALSE(accepts(der, any));
    }
}

TEST_CASE("der: BOOLEAN") {
    const auto boolean = [](der_reader& from) { from.boolean(); };
    CHECK(accepts({1, 1, 0xff}, boolean));
    CHECK(accepts({1, 1, 0x00}, boolean));
    CHECK_FALSE(accepts({1, 1, 0x01}, boolean));  // true is 0xff (X.690, 11.1)
    CHECK_FALSE(accepts({1, 0}, boolean));
    CHECK_FALSE(accepts({1, 2, 0xff, 0xff}, boolean));
    CHECK_FALSE(accepts({2, 1, 0xff}, boolean));

    const auto flag = [](der_reader& from) { from.flag(); };
    CHECK(accepts({}, flag));
    CHECK(accepts({1, 1, 0xff}, flag));
    CHECK_FALSE(accepts({1, 1, 0x00}, flag));  // a default value is not written (X.690, 11.5)
}

TEST_CASE("der: INTEGER") {
    const auto integer = [](der_reader& from) { from.integer(); };
    CHECK(accepts({2, 1, 0x00}, integer));
    CHECK(accepts({2, 1, 0x80}, integer));
    CHECK(accepts({2, 2, 0x00, 0x80}, integer));
    CHECK(accepts({2, 2, 0xff, 0x7f}, integer));
    CHECK_FALSE(accepts({2, 0}, integer));              // at least one byte (X.690, 8.3.1)
    CHECK_FALSE(accepts({2, 2, 0x00, 0x7f}, integer));  // not the shortest (X.690, 8.3.2)
    CHECK_FALSE(accepts({2, 2, 0xff, 0x80}, integer));  // not the shortest (X.690, 8.3.2)

    const auto small = [](const bytes& der) {
        der_reader from(der);
        const std::uint32_t number = from.small_integer();
        return from.finished() ? std::int64_t{number} : -1;
    };
    CHECK(small({2, 1, 0}) == 0);
    CHECK(small({2, 1, 0x7f}) == 127);
    CHECK(small({2, 2, 0, 0x80}) == 128);
    CHECK(small({2, 4, 0x12, 0x34, 0x56, 0x78}) == 0x12345678);
    CHECK(small({2, 5, 0, 0xff, 0xff, 0xff, 0xfe}) == 0xfffffffe);
    CHECK(small({2, 5, 1, 0, 0, 0, 0}) == 0xffffffff);
    CHECK(small({2, 9, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) == 0xffffffff);
    CHECK(small({2, 1, 0xff}) == -1);
}

TEST_CASE("der: OBJECT IDENTIFIER") {
    const auto oid = [](der_reader& from) { from.oid(); };
    CHECK(accepts({6, 3, 0x2b, 0x65, 0x70}, oid));
    CHECK(accepts({6, 3, 0x2b, 0x81, 0x00}, oid));
    CHECK_FALSE(accepts({6, 0}, oid));
    CHECK_FALSE(accepts({6, 2, 0x2b, 0x81}, oid));        // the last number does not end
    CHECK_FALSE(accepts({6, 3, 0x2b, 0x80, 0x01}, oid));  // leading zeros in a number (X.690, 8.19.2)
    CHECK_FALSE(accepts({6, 2, 0x80, 0x01}, oid));        // and in the first
    CHECK(accepts({6, 4, 0x2b, 0x81, 0x80, 0x01}, oid));  // a zero in the middle of one
}

TEST_CASE("der: BIT STRING") {
    const auto bits = [](der_reader& from) { from.bits(); };
    CHECK(accepts({3, 1, 0}, bits));
    CHECK(accepts({3, 2, 0, 0x55}, bits));
    CHECK_FALSE(accepts({3, 0}, bits));
    CHECK_FALSE(accepts({3, 2, 1, 0x54}, bits));           // not whole bytes
    CHECK_FALSE(accepts({0x23, 4, 3, 2, 0, 0x55}, bits));  // constructed (X.690, 10.2)

    const auto named = [](const bytes& der) {
        der_reader from(der);
        const unsigned set = from.named_bits();
        return from.finished() ? static_cast<int>(set) : -1;
    };
    CHECK(named({3, 1, 0}) == 0);
    CHECK(named({3, 2, 7, 0x80}) == 0x8000);
    CHECK(named({3, 2, 0, 0x01}) == 0x0100);
    CHECK(named({3, 3, 7, 0x00, 0x80}) == 0x0080);
    CHECK(named({3, 0}) == -1);
    CHECK(named({3, 1, 1}) == -1);        // unused bits of nothing (X.690, 8.6.2.3)
    CHECK(named({3, 2, 8, 0x80}) == -1);  // more unused bits than a byte has
    CHECK(named({3, 2, 6, 0x80}) == -1);  // a zero bit at the end (X.690, 11.2.2)
    CHECK(named({3, 2, 0, 0x00}) == -1);  // a zero bit at the end (X.690, 11.2.2)
    CHECK(named({3, 2, 7, 0x81}) == -1);  // an unused bit that is set (X.690, 11.2.1)
    CHECK(named({3, 2, 3, 0x0c}) == -1);  // an unused bit that is set (X.690, 11.2.1)
}

TEST_CASE("der: times in seconds since 1970") {
    const std::uint8_t utc = 0x17, generalized = 0x18;
    CHECK(seconds(utc, "700101000000Z") == 0);
    CHECK(seconds(utc, "691231235959Z") == -1);
    CHECK(seconds(utc, "300101000000Z") == test::year_2030);
    CHECK(seconds(utc, "000229120000Z") == 951825600);
    CHECK(seconds(utc, "500101000000Z") == -631152000);  // 50 to 99 are 1950 to 1999 (RFC 5280, section 4.1.2.5.1)
    CHECK(seconds(utc, "491231235959Z") == 2524607999);  // 00 to 49 are 2000 to 2049
    CHECK(seconds(generalized, "20500101000000Z") == 2524608000);
    CHECK(seconds(generalized, "99991231235959Z") == 253402300799);
    CHECK(seconds(generalized, "20300101000000Z") == test::year_2030);
    CHECK(seconds(generalized, "00000101000000Z") == -62167219200);
    struct {
        const char* rule;
        std::uint8_t tag;
        const char* text;
    } const refused[] = {
        {"no seconds", utc, "3001010000Z"},
        {"no zone", utc, "300101000000"},
        {"another zone", utc, "300101000000+0000"},
        {"a small z", utc, "300101000000z"},
        {"fractions of a second", generalized, "20300101000000.5Z"},
        {"four digits of year in UTCTime", utc, "20300101000000Z"},
        {"two digits of year in GeneralizedTime", generalized, "300101000000Z"},
        {"month 0", utc, "300001000000Z"},
        {"month 13", utc, "301301000000Z"},
        {"day 0", utc, "300100000000Z"},
        {"32 January", utc, "300132000000Z"},
        {"31 April", utc, "300431000000Z"},
        {"29 February in a common year", utc, "300229000000Z"},
        {"29 February of 2100", generalized, "21000229000000Z"},
        {"hour 24", utc, "300101240000Z"},
        {"minute 60", utc, "300101006000Z"},
        {"second 60", utc, "300101000060Z"},
        {"a letter", utc, "3001010000O0Z"},
        {"a sign", utc, "-00101000000Z"},
        {"nothing", utc, ""},
        {"another type", 0x13, "300101000000Z"},
    };
    for (const auto& [rule, tag, value] : refused) {
        INFO(rule);
        CHECK_FALSE(seconds(tag, value));
    }
}

TEST_CASE("der: no three bytes make the reader loop or leave its input") {
    for (unsigned value = 0; value < 0x1000000; value += 7) {
        const std::uint8_t der[] = {static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
                                    static_cast<std::uint8_t>(value)};
        der_reader from(der);
        int count = 0;
        while (!from.empty()) {
            from.element();
            if (++count > 3) FAIL("more values than bytes");
        }
    }
    SUCCEED();
}

TEST_CASE("der: values with tags of their own") {
    using x509::context;
    const auto flag = [](der_reader& from) { from.flag(context(1)); };
    CHECK(accepts({0x81, 1, 0xff}, flag));
    CHECK(accepts({}, flag));
    CHECK_FALSE(accepts({0x81, 1, 0}, flag));
    CHECK_FALSE(accepts({1, 1, 0xff}, flag));
    const auto bits = [](der_reader& from) { CHECK((from.failed() || from.named_bits(context(3)) <= 0xe000)); };
    CHECK(accepts({0x83, 2, 5, 0x60}, bits));
    CHECK_FALSE(accepts({3, 2, 5, 0x60}, bits));
    CHECK_FALSE(accepts({0x83, 2, 4, 0x60}, bits));
    const auto choice = [](der_reader& from) { from.enumerated(); };
    CHECK(accepts({0x0a, 1, 0}, choice));
    CHECK(accepts({0x0a, 1, 0x7f}, choice));
    for (const bytes& wrong : {bytes{0x0a, 1, 0x80}, {0x0a, 0}, {0x0a, 2, 0, 1}, {2, 1, 1}, {}})
        CHECK_FALSE(accepts(wrong, choice));
    const auto time = [](der_reader& from) { from.generalized_time(); };
    CHECK(accepts(test::tlv(0x18, test::text("20300101000000Z")), time));
    CHECK_FALSE(accepts(test::tlv(0x17, test::text("300101000000Z")), time));
}

TEST_CASE("der: UTF-8 (RFC 3629, section 4)") {
    const auto good = [](std::string_view text) { return x509::is_utf8(as_bytes(text)); };
    for (const char* text : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                             "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa4z"})
        CHECK(good(text));
    for (const char* text :
         {"\x80", "\xc1\xbf", "\xc2", "\xc2z", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe1\x80", "\xe1\x80z",
          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80", "\xff"})
        CHECK_FALSE(good(text));
}
