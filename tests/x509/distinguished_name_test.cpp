#include <spantls/x509/distinguished_name.hpp>

#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using namespace spantls::x509;

namespace {

bytes attribute(std::uint8_t type, std::uint8_t tag, std::string_view value) {
    return test::sequence({{6, 3, 0x55, 4, type}, test::tlv(tag, test::text(value))});
}
bytes set(const bytes& all) { return test::tlv(0x31, all); }
bytes common(std::uint8_t tag, std::string_view value) { return test::sequence({set(attribute(3, tag, value))}); }

bool same(const bytes& a, const bytes& b) {
    const bool equal = same_distinguished_name(a, b);
    CHECK(equal == same_distinguished_name(b, a));
    if (equal) CHECK(hash_of_distinguished_name(a) == hash_of_distinguished_name(b));
    return equal;
}

}  // namespace

TEST_CASE("distinguished_name: case, blanks and kinds of text do not matter (RFC 5280, section 7.1)") {
    CHECK(same(common(0x0c, "Root CA"), common(0x13, "ROOT ca")));
    CHECK(same(common(0x0c, "  Root   CA "), common(0x16, "root ca")));
    CHECK(same(common(0x0c, ""), common(0x0c, " ")));
    CHECK_FALSE(same(common(0x0c, "RootCA"), common(0x0c, "Root CA")));
    CHECK_FALSE(same(common(0x0c, "Root"), common(0x0c, "Roots")));
    CHECK_FALSE(same(common(0x0c, "\xc3\x84"), common(0x0c, "\xc3\xa4")));  // only ASCII has a case here
    CHECK(same(common(0x1e, "ab"), common(0x1e, "ab")));
    CHECK_FALSE(same(common(0x1e, "ab"), common(0x1e, "AB")));
    CHECK_FALSE(same(common(0x1e, "ab"), common(0x0c, "ab")));
}

TEST_CASE("distinguished_name: TeletexString and VisibleString are text too, and a tab is a blank") {
    for (const std::uint8_t tag : {std::uint8_t{0x0c}, std::uint8_t{0x13}, std::uint8_t{0x16}})
        for (const std::uint8_t old : {std::uint8_t{0x14}, std::uint8_t{0x1a}}) {
            CHECK(same(common(tag, "Root CA"), common(old, " ROOT  ca")));
            CHECK_FALSE(same(common(tag, "Root"), common(old, "Roots")));
        }
    CHECK(same(common(0x0c, "Root CA"), common(0x0c, "\tRoot\r\n\x0b\x0c CA\t")));
    CHECK_FALSE(same(common(0x0c, "Root CA"), common(0x0c,
                                                     "Root\x08"
                                                     "CA")));
    CHECK_FALSE(same(common(0x0c, "Root CA"), common(0x0c,
                                                     "Root\x0e"
                                                     "CA")));
    // What is not ASCII means something else in each of them, and the same in the same.
    CHECK_FALSE(same(common(0x0c, "\xc3\x84"), common(0x14, "\xc3\x84")));
    CHECK(same(common(0x14, "\xc4 a"), common(0x14, "\xc4  A")));
    // In the upper half of a byte there is no blank.
    CHECK_FALSE(same(common(0x0c, "a\xc2\x89"), common(0x0c, "a")));
}

TEST_CASE("distinguished_name: every attribute counts, and which set it is in") {
    const bytes o = attribute(10, 0x0c, "O"), cn = attribute(3, 0x0c, "C");
    const auto operator_plus = [](const bytes& a, const bytes& b) { return test::operator+(a, b); };
    const bytes apart = test::sequence({set(o), set(cn)}), together = test::sequence({set(operator_plus(o, cn))});
    CHECK(same(apart, apart));
    CHECK_FALSE(same(apart, together));
    CHECK_FALSE(same(apart, test::sequence({set(cn), set(o)})));
    CHECK_FALSE(same(apart, test::sequence({set(o)})));
    CHECK_FALSE(same(test::sequence({set(o)}), test::sequence({set(attribute(11, 0x0c, "O"))})));
    CHECK(same(test::name(""), test::name("")));
    CHECK_FALSE(same(test::name(""), apart));

    CHECK(distinguished_name_within(apart, test::sequence({set(o)})));
    CHECK(distinguished_name_within(apart, test::name("")));
    CHECK_FALSE(distinguished_name_within(apart, test::sequence({set(cn)})));
    CHECK_FALSE(distinguished_name_within(together, test::sequence({set(o)})));
    CHECK_FALSE(distinguished_name_within(test::sequence({set(o)}), apart));
}

TEST_CASE("distinguished_name: what is in one") {
    const bytes both = test::sequence({set(attribute(10, 0x0c, "O")), set(attribute(3, 0x13, "C"))});
    name_reader in(both);
    std::vector<std::string> values;
    while (!in.empty()) values.emplace_back(as_text(in.next().value.body));
    CHECK(values == std::vector<std::string>{"O", "C"});
    // Rubbish comes to an end.
    for (const bytes& bad : {bytes{}, bytes{0x30}, bytes{0x30, 2, 0x31, 0}, bytes{0x30, 4, 0x31, 2, 0x30, 0}}) {
        std::size_t count = 0;
        for (name_reader rubbish(bad); !rubbish.empty() && count < 10; ++count) rubbish.next();
        CHECK(count < 10);
    }
}
