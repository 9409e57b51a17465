#include <spantls/x509/render.hpp>

#include <string>

#include <ctime>

#include "support/catch.hpp"
#include "x509/builder.hpp"
#include "x509/judging.hpp"

using namespace spantls;
using test::ca;
using test::judged;
using test::leaf;

namespace {

std::string text(const judged& it) {
    std::string room(x509::render(it.found, it.who, {}), '?');
    CHECK(x509::render(it.found, it.who, room) == room.size());
    // Whatever room there is holds the beginning, and nothing is written behind it.
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, room.size() - 1}) {
        std::string little(room.size(), '!');
        CHECK(x509::render(it.found, it.who, std::span(little.data(), size)) == room.size());
        CHECK(little == room.substr(0, size) + std::string(room.size() - size, '!'));
    }
    return room;
}

std::string printed(std::int64_t seconds) {
    char room[40];
    x509::text_writer to(room);
    x509::print_time(to, seconds);
    return std::string(to.text());
}

bool says(const judged& it, const std::string& part) { return text(it).find(part) != std::string::npos; }

}  // namespace

TEST_CASE("render: a chain and its verdict") {
    const judged good({ca("root", "root")}, {leaf("leaf", "a"), ca("a", "root")}, "leaf.example");
    CHECK(text(good) ==
          "0: CN=leaf\n   names: leaf.example\n   valid: 2020-01-01 00:00:00 UTC to 2040-01-01 00:00:00 UTC\n"
          "1: CN=a\n   valid: 2020-01-01 00:00:00 UTC to 2040-01-01 00:00:00 UTC\n"
          "2: CN=root\n   valid: 2020-01-01 00:00:00 UTC to 2040-01-01 00:00:00 UTC\naccepted\n");
    const judged nothing({ca("root", "root")}, {});
    CHECK(text(nothing) == "refused: no certificate was shown (no_certificate, alert certificate_required)\n");
}

TEST_CASE("render: what belongs to each reason") {
    test::draft late = leaf("leaf", "root");
    late.validity = test::sequence({test::utc("200101000000Z"), test::utc("240229123456Z")});
    const judged expired({ca("root", "root")}, {late});
    CHECK(says(expired,
               "refused: its time is over (expired, alert certificate_expired): certificate 0 since "
               "2024-02-29 12:34:56 UTC\n"));
    late.validity = test::sequence({test::utc("310101000000Z"), test::utc("400101000000Z")});
    CHECK(says(judged({ca("root", "root")}, {late}), ": certificate 0 until 2031-01-01 00:00:00 UTC\n"));
    test::draft named = leaf("leaf", "root");
    named.extensions[1] = test::subject_alt_name({test::dns("a.example"), test::tlv(0x87, {192, 0, 2, 1}),
                                                  test::tlv(0x87, test::bytes(16)), test::dns("*.b.example")});
    CHECK(says(judged({ca("root", "root")}, {named}, "x.example"),
               ", asked for x.example, has a.example, 192.0.2.1, ::, *.b.example\n"));
    CHECK(says(judged({ca("root", "root")}, {leaf("leaf", "someone")}),
               "(unknown_issuer, alert unknown_ca): certificate 0, issued by CN=someone\n"));
    const judged too_long({ca("root", "root", 0)}, {leaf("leaf", "a"), ca("a", "root")});
    CHECK(says(too_long, "(path_length, alert unknown_ca): certificate 2, which allows 0\n"));
}

namespace {

/// What becomes of a leaf with this name below the root with that constraint, which stands two certificates above it.
std::string constrained(std::uint8_t list, const test::bytes& base, const test::bytes& name) {
    const test::bytes constraint = test::extension(30, true, test::sequence({test::tlv(list, test::sequence({base}))}));
    test::draft it = leaf("leaf", "a");
    it.extensions[1] = test::subject_alt_name({name});
    return text(judged({ca("root", "root").with(constraint)}, {it, ca("a", "root")}));
}

bool ends(const std::string& all, const std::string& end) {
    return all.size() >= end.size() && all.substr(all.size() - end.size()) == end;
}

}  // namespace

TEST_CASE("render: the name that a constraint refuses, and the constraint, by their kinds") {
    constexpr std::uint8_t permitted = 0xa0, excluded = 0xa1;
    const test::bytes network = test::tlv(0x87, {192, 0, 2, 0, 255, 255, 254, 0});
    const test::bytes address = test::tlv(0x87, {192, 0, 3, 1});
    test::bytes wide(32);
    wide[0] = 0x20, wide[16] = 0xff;
    CHECK(ends(
        constrained(permitted, test::dns("other.example"), test::dns("leaf.example")),
        "(name_not_permitted, alert certificate_unknown): certificate 0, the name leaf.example, by certificate 2\n"));
    CHECK(ends(constrained(excluded, test::dns("example"), test::dns("leaf.example")),
               "(name_excluded, alert certificate_unknown): certificate 0, the name leaf.example, by certificate 2, "
               "which excludes example\n"));
    CHECK(ends(constrained(excluded, test::dns(""), test::dns("leaf.example")), ", which excludes every name\n"));
    CHECK(ends(constrained(excluded, network, address),
               ", the name 192.0.3.1, by certificate 2, which excludes 192.0.2.0/23\n"));
    test::bytes six(16);
    six[0] = 0x20, six[15] = 1;
    CHECK(ends(constrained(excluded, test::tlv(0x87, wide), test::tlv(0x87, six)),
               ", the name 2000::1, by certificate 2, which excludes 2000::/8\n"));
    CHECK(ends(constrained(excluded, test::tlv(0xa4, test::name("x")), test::tlv(0xa4, test::name("x"))),
               ", the name CN=x, by certificate 2, which excludes CN=x\n"));
}

TEST_CASE("render: a refused name that begins as a sequence does, and is none") {
    const auto refused = [](std::uint8_t tag, const test::bytes& base, const test::bytes& name) {
        const test::bytes constraint =
            test::extension(30, true, test::sequence({test::tlv(0xa0, test::sequence({test::tlv(tag, base)}))}));
        test::draft it = leaf("leaf", "a");
        it.extensions[1] = test::subject_alt_name({test::tlv(tag, name)});
        return text(judged({ca("root", "root")}, {it, ca("a", "root").with(constraint)}));
    };
    CHECK(ends(refused(0x82, test::text("example"), test::text("0a.test")), ", the name 0a.test, by certificate 1\n"));
    CHECK(
        ends(refused(0x81, test::text("example"), test::text("0@a.test")), ", the name 0@a.test, by certificate 1\n"));
    CHECK(ends(refused(0x87, test::bytes(8, 0xff), {0x30, 2, 5, 0}), ", the name 48.2.5.0, by certificate 1\n"));
}

TEST_CASE("render: nothing of the peer's reaches a terminal as it is") {
    const judged it({ca("root", "root")}, {leaf("\x1b[31m\n\\\xc3\xa4", "x")}, "a\x1b.example");
    CHECK(says(it, "0: CN=\\x1b[31m\\x0a\\x5c\\xc3\\xa4\n"));
    CHECK(text(it).find('\x1b') == std::string::npos);
}

TEST_CASE("render: times as the C library has them") {
    CHECK(printed(0) == "1970-01-01 00:00:00 UTC");
    CHECK(printed(253402300799) == "9999-12-31 23:59:59 UTC");
    for (std::int64_t seconds = -20000000000; seconds < 60000000000; seconds += 12345678) {
        const std::time_t when = static_cast<std::time_t>(seconds);
        std::tm fields{};
        gmtime_r(&when, &fields);
        char room[40];
        const std::size_t size = std::strftime(room, sizeof room, "%Y-%m-%d %H:%M:%S UTC", &fields);
        if (printed(seconds) != std::string(room, size)) FAIL(seconds);
    }
}

TEST_CASE("render: names") {
    const auto print = [](const test::bytes& name) {
        char room[200];
        x509::text_writer to(room);
        x509::print_name(to, name);
        return std::string(to.text());
    };
    CHECK(print(test::name("")) == "(empty)");
    CHECK(print(test::sequence(
              {test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 6}, test::tlv(0x13, test::text("DE"))})),
               test::tlv(0x31, test::sequence({{6, 4, 0x2a, 0x86, 0x48, 1}, test::tlv(0x13, test::text("x"))}))})) ==
          "C=DE, 1.2.840.1=x");
}
