#include <spantls/x509/name_constraints.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::operator+;
using x509::constraint_verdict;

namespace {

bytes email(std::string_view text) { return test::tlv(0x81, test::text(text)); }
bytes uri(std::string_view text) { return test::tlv(0x86, test::text(text)); }
bytes address(const bytes& all) { return test::tlv(0x87, all); }
bytes directory(const bytes& name) { return test::tlv(0xa4, name); }

constraint_verdict verdict(std::uint8_t list, const bytes& base, const bytes& name, std::string_view subject = "",
                           std::size_t budget = 100) {
    const bytes constraints = test::extension(30, true, test::sequence({test::tlv(list, test::sequence({base}))}));
    const bytes issuer_der = test::ca("a", "b").with(constraints).der();
    const bytes below_der = test::draft(subject, "a").with(test::subject_alt_name({name})).der();
    x509::certificate issuer, below;
    REQUIRE(x509::parse_certificate(issuer_der, issuer) == errc::none);
    REQUIRE(x509::parse_certificate(below_der, below) == errc::none);
    return x509::check_name_constraints(issuer, below, budget).verdict;
}

/// Permitted and excluded say the opposite of each other.
void check(const bytes& base, const bytes& name, bool within) {
    CHECK(verdict(0xa0, base, name) == (within ? constraint_verdict::allowed : constraint_verdict::not_permitted));
    CHECK(verdict(0xa1, base, name) == (within ? constraint_verdict::excluded : constraint_verdict::allowed));
}

}  // namespace

TEST_CASE("name constraints: host names") {
    check(test::dns("example"), test::dns("example"), true);
    check(test::dns("example"), test::dns("a.b.EXAMPLE"), true);
    check(test::dns("example"), test::dns("badexample"), false);
    check(test::dns("a.example"), test::dns("example"), false);
    check(test::dns(""), test::dns("example"), true);
    check(test::dns("example"), test::dns("*.example"), true);
    // A wildcard is permitted when all that it stands for is, and excluded when anything is.
    CHECK(verdict(0xa0, test::dns("a.example"), test::dns("*.example")) == constraint_verdict::not_permitted);
    CHECK(verdict(0xa1, test::dns("a.example"), test::dns("*.example")) == constraint_verdict::excluded);
    CHECK(verdict(0xa1, test::dns("b.a.example"), test::dns("*.example")) == constraint_verdict::allowed);
    for (const std::uint8_t list : {std::uint8_t{0xa0}, std::uint8_t{0xa1}}) {
        for (const char* base : {".example", "*.example", "a..b", "example.", "-a", "a b"})
            CHECK(verdict(list, test::dns(base), test::dns("x.test")) == constraint_verdict::unusable);
        for (const char* name : {"a..b", "example.", "*", "a.*.b", ""})
            CHECK(verdict(list, test::dns("example"), test::dns(name)) == constraint_verdict::unusable);
    }
}

TEST_CASE("name constraints: addresses") {
    const bytes net = {192, 0, 2, 0, 255, 255, 255, 0};
    check(address(net), address({192, 0, 2, 77}), true);
    check(address(net), address({192, 0, 3, 77}), false);
    check(address(net), address(bytes(16, 1)), false);
    check(address(bytes(32, 0)), address(bytes(16, 1)), true);
    for (const bytes& bad : {bytes{192, 0, 2, 0}, bytes(16), bytes{1, 2, 3, 4, 255, 0, 255, 0},
                             bytes{1, 2, 3, 4, 0xfd, 0, 0, 0}, bytes(9)}) {
        // Their sizes are no addresses' either.
        if (bad.size() == 8) CHECK(verdict(0xa1, address(bad), test::dns("a.test")) == constraint_verdict::unusable);
        if (bad.size() != 8) CHECK(verdict(0xa0, address(bad), test::dns("a.test")) == constraint_verdict::unusable);
    }
}

TEST_CASE("name constraints: mailboxes") {
    check(email("example"), email("a@example"), true);
    check(email("example"), email("a@b.example"), false);
    check(email(".example"), email("a@b.example"), true);
    check(email(".example"), email("a@example"), false);
    check(email("a@example"), email("a@EXAMPLE"), true);
    check(email("a@example"), email("A@example"), false);
    check(email("*@example"), email("a@example"), false);
    for (const char* name : {"a", "a@b@example", "@example", "a@", "\"a@b\"@example"})
        CHECK(verdict(0xa0, email("example"), email(name)) == constraint_verdict::unusable);
}

TEST_CASE("name constraints: mailboxes in a subject count too") {
    const bytes constraints =
        test::extension(30, true, test::sequence({test::tlv(0xa0, test::sequence({email("example")}))}));
    const bytes issuer_der = test::ca("a", "b").with(constraints).der();
    test::draft it("x", "a");
    const bytes type = {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1};
    it.subject = test::sequence({test::tlv(0x31, test::sequence({type, test::tlv(0x16, test::text("a@test"))}))});
    const bytes below_der = it.der();
    x509::certificate issuer, below;
    REQUIRE(x509::parse_certificate(issuer_der, issuer) == errc::none);
    REQUIRE(x509::parse_certificate(below_der, below) == errc::none);
    std::size_t budget = 10;
    const auto found = x509::check_name_constraints(issuer, below, budget);
    CHECK(found.verdict == constraint_verdict::not_permitted);
    CHECK(found.name.kind == x509::name_kind::rfc822_name);
    CHECK(as_text(found.name.value) == "a@test");
    CHECK(found.constraint.value.empty());
}

TEST_CASE("name constraints: URIs") {
    check(uri("example"), uri("ldap://example/x"), true);
    check(uri("example"), uri("ldap://example:443?x"), true);
    check(uri("example"), uri("ldap://a.example"), false);
    check(uri(".example"), uri("ldap://a.example#x"), true);
    check(uri(".example"), uri("ldap://example"), false);
    for (const char* name : {"urn:x", "ldap://", "ldap://192.0.2.1/", "ldap://[::1]/", "ldap://a@example/", "//example",
                             "ldap://example:x/"})
        CHECK(verdict(0xa1, uri("example"), uri(name)) == constraint_verdict::unusable);
}

TEST_CASE("name constraints: directory names, of the subject as well") {
    const bytes both =
        test::sequence({test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 10}, test::tlv(0x0c, test::text("O"))})),
                        test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 3}, test::tlv(0x0c, test::text("a"))}))});
    const bytes first =
        test::sequence({test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 10}, test::tlv(0x13, test::text(" o "))}))});
    check(directory(first), directory(both), true);
    check(directory(both), directory(first), false);
    check(directory(test::name("x")), directory(both), false);
    const bytes dns = test::dns("a.test");
    CHECK(verdict(0xa0, directory(test::name("x")), dns, "X") == constraint_verdict::allowed);
    CHECK(verdict(0xa0, directory(test::name("x")), dns, "y") == constraint_verdict::not_permitted);
    CHECK(verdict(0xa1, directory(test::name("x")), dns, "x") == constraint_verdict::excluded);
    CHECK(verdict(0xa1, directory({0x30, 2, 0x31, 0}), dns) == constraint_verdict::unusable);
}

TEST_CASE("name constraints: another kind of string does not lead out of an excluded directory") {
    const auto named = [](std::uint8_t tag, std::string_view value) {
        return directory(test::sequence(
            {test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 10}, test::tlv(tag, test::text(value))}))}));
    };
    const bytes o = named(0x0c, "Evil Corp");
    for (const std::uint8_t tag : {std::uint8_t{0x13}, std::uint8_t{0x14}, std::uint8_t{0x16}, std::uint8_t{0x1a}}) {
        check(o, named(tag, "EVIL\t corp"), true);
        check(named(tag, "EVIL\t corp"), o, true);
        check(o, named(tag, "Good Corp"), false);
    }
    // Those that cannot be compared: not excluded is not known, and permitted neither.
    constexpr std::string_view wide("\0E\0v\0i\0l\0 \0C\0o\0r\0p", 18), capitals("\0E\0V", 4), small("\0e\0v", 4);
    const bytes bmp = named(0x1e, wide), universal = named(0x1c, {"\0\0\0E", 4}), general = named(0x1b, "Evil Corp");
    const bytes latin = named(0x14, "\xc9vil"), utf8 = named(0x0c, "\xc3\x89vil");
    const std::pair<bytes, bytes> pairs[] = {{o, bmp},
                                             {o, universal},
                                             {o, general},
                                             {bmp, universal},
                                             {latin, utf8},
                                             {latin, o},
                                             {named(0x1e, capitals), named(0x1e, small)}};
    for (const auto& [one, other] : pairs) {
        CHECK(verdict(0xa1, one, other) == constraint_verdict::unusable);
        CHECK(verdict(0xa1, other, one) == constraint_verdict::unusable);
        CHECK(verdict(0xa0, one, other) == constraint_verdict::not_permitted);
        CHECK(verdict(0xa0, other, one) == constraint_verdict::not_permitted);
    }
    check(bmp, bmp, true);
    // Another attribute says for certain that it is another name.
    check(o, directory(test::name("Evil Corp")), false);
    const auto two = [](std::uint8_t tag, std::string_view second) {
        return directory(test::sequence(
            {test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 10}, test::tlv(tag, {0, 'E'})})),
             test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 3}, test::tlv(0x0c, test::text(second))}))}));
    };
    CHECK(verdict(0xa1, two(0x0c, "a"), two(0x1e, "A")) == constraint_verdict::unusable);
    check(two(0x0c, "a"), two(0x1e, "b"), false);
}

TEST_CASE("name constraints: another order in a set does not lead out of an excluded directory") {
    const auto one = [](std::uint8_t type, std::string_view value) {
        return test::sequence({{6, 3, 0x55, 4, type}, test::tlv(0x0c, test::text(value))});
    };
    const auto set = [](const bytes& all) { return directory(test::sequence({test::tlv(0x31, all)})); };
    const bytes cn = one(3, "a"), o = one(10, "b"), wide = one(3, "a   ");
    check(set(cn + o), set(one(3, "A") + o), true);
    check(set(o + wide), set(o + one(3, " a  ")), true);
    CHECK(verdict(0xa1, set(cn + o), set(o + wide)) == constraint_verdict::unusable);
    CHECK(verdict(0xa0, set(cn + o), set(o + wide)) == constraint_verdict::not_permitted);
    // Of another size it is another set.
    check(set(cn + o), set(cn), false);
    check(set(cn), set(o + wide), false);
    check(set(cn + o), set(o + one(11, "c") + wide), false);
    check(set(cn), set(o), false);
    // Only in one order is it DER.
    for (const std::uint8_t list : {std::uint8_t{0xa0}, std::uint8_t{0xa1}}) {
        CHECK(verdict(list, set(cn + o), set(o + cn)) == constraint_verdict::unusable);
        CHECK(verdict(list, set(o + cn), set(cn + o)) == constraint_verdict::unusable);
    }
}

TEST_CASE("name constraints: what is not understood fails closed, and what is not there does not matter") {
    const bytes other = test::tlv(0xa0, bytes{6, 1, 0x2a} + test::tlv(0xa0, {5, 0}));
    CHECK(verdict(0xa1, other, test::dns("a.test")) == constraint_verdict::allowed);
    CHECK(verdict(0xa1, other, other) == constraint_verdict::unusable);
    CHECK(verdict(0xa0, {0x88, 1, 0x2a}, {0x88, 1, 0x2a}) == constraint_verdict::unusable);
    CHECK(verdict(0xa0, test::dns("a"), address({1, 2, 3, 4})) == constraint_verdict::allowed);
    // What is no GeneralName is no base: another class of tag, another form, another number.
    for (const std::uint8_t list : {std::uint8_t{0xa0}, std::uint8_t{0xa1}})
        for (const std::uint8_t tag :
             std::initializer_list<std::uint8_t>{0x02, 0x0c, 0x16, 0x42, 0xa2, 0xa1, 0xa6, 0xa8, 0x89, 0xa9, 0xc2})
            CHECK(verdict(list, test::tlv(tag, test::text("a")), test::dns("b")) == constraint_verdict::unusable);
    const bytes root = test::name("x");
    for (const std::uint8_t tag : std::initializer_list<std::uint8_t>{0x84, 0x80, 0x83, 0x85, 0x24, 0xe4})
        CHECK(verdict(0xa1, test::tlv(tag, root), test::dns("b")) == constraint_verdict::unusable);
    CHECK(verdict(0xa1, test::tlv(0xa7, bytes(8)), test::dns("b")) == constraint_verdict::unusable);
    CHECK(verdict(0xa1, {}, test::dns("b")) == constraint_verdict::unusable);
    // minimum and maximum
    CHECK(verdict(0xa0, test::dns("a") + bytes{0x80, 1, 0}, test::dns("a")) == constraint_verdict::unusable);
    CHECK(verdict(0xa0, test::dns("a") + bytes{0x81, 1, 5}, test::dns("a")) == constraint_verdict::unusable);
    CHECK(verdict(0xa0, test::dns("a"), test::dns("a"), "", 0) == constraint_verdict::too_many);
    CHECK(verdict(0xa0, test::dns("a"), test::dns("a"), "", 1) == constraint_verdict::allowed);
}

TEST_CASE("name constraints: the budget is spent by size, and not behind what permits") {
    const bytes first = test::dns("a"), second = test::dns("b");
    const bytes both = test::sequence({first}) + test::sequence({second});
    const auto left = [](const bytes& subtrees, const bytes& name, std::size_t budget) -> std::optional<std::size_t> {
        const bytes issuer_der =
            test::ca("a", "b").with(test::extension(30, true, test::sequence({test::tlv(0xa0, subtrees)}))).der();
        const bytes below_der = test::draft("", "a").with(test::subject_alt_name({name})).der();
        x509::certificate issuer, below;
        REQUIRE(x509::parse_certificate(issuer_der, issuer) == errc::none);
        REQUIRE(x509::parse_certificate(below_der, below) == errc::none);
        const constraint_verdict found = x509::check_name_constraints(issuer, below, budget).verdict;
        if (found == constraint_verdict::too_many) return std::nullopt;
        CHECK(found == constraint_verdict::allowed);
        return budget;
    };
    CHECK(left(both, first, 10) == 9);
    CHECK(left(both, second, 10) == 8);
    const std::string label(60, 'x');
    const bytes large = test::dns(label + "." + label + "." + label + ".a");  // 184 bytes
    CHECK(left(test::sequence({first}), large, 10) == 7);
    CHECK(left(test::sequence({first}), large, 3) == 0);
    CHECK_FALSE(left(test::sequence({first}), large, 2));
    // The constraints themselves: 188 bytes, and the same name.
    CHECK(left(test::sequence({large}), large, 20) == 20 - 2 - 1 - 5);
    CHECK_FALSE(left(test::sequence({large}), large, 1));
    CHECK_FALSE(left(test::sequence({large}), test::tlv(0x87, {1, 2, 3, 4}), 1));
}
