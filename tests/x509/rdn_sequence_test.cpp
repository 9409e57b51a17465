#include <spantls/x509/rdn_sequence.hpp>

#include <string_view>

#include <spantls/x509/certificate.hpp>

#include "support/catch.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::operator+;

namespace {

/// What a certificate of this name, for its subject and its issuer, comes to.
errc refused_or_read(const bytes& name) {
    test::draft it("a", "b");
    it.subject = it.issuer = name;
    const bytes der = it.der();
    x509::certificate read;
    const errc error = x509::parse_certificate(der, read);
    CHECK(x509::detail::well_formed_name(name) == (error == errc::none));
    return error;
}

errc named(std::uint8_t tag, const bytes& value) {
    return refused_or_read(
        test::sequence({test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 3}, test::tlv(tag, value)}))}));
}

}  // namespace

TEST_CASE("rdn_sequence: texts, each with its alphabet's width") {
    for (const std::uint8_t tag : bytes{0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1a, 0x1b})
        CHECK(named(tag, test::text("1")) == errc::none);
    CHECK(named(0x1e, test::text("ab")) == errc::none);  // BMPString, of two bytes each, and UniversalString, of four
    CHECK(named(0x1e, test::text("abc")) == errc::bad_certificate);
    CHECK(named(0x1c, test::text("abcd")) == errc::none);
    CHECK(named(0x1c, test::text("ab")) == errc::bad_certificate);
}

TEST_CASE("rdn_sequence: values that are no values of attributes, or not in DER") {
    const bytes part = test::tlv(0x0c, test::text("a"));
    // Texts and bits in parts, as BER has them.
    for (const unsigned tag : {0x23U, 0x2cU, 0x32U, 0x33U, 0x34U, 0x36U, 0x3aU, 0x3cU, 0x3eU}) {
        INFO(tag);
        CHECK(named(static_cast<std::uint8_t>(tag), part) == errc::bad_certificate);
        CHECK(named(static_cast<std::uint8_t>(tag), {}) == errc::bad_certificate);
    }
    // Reserved; BOOLEAN, INTEGER, OCTET STRING, NULL, OBJECT IDENTIFIER, REAL, times, SET and a tag of two bytes.
    for (const unsigned tag : {0x00U, 0x01U, 0x02U, 0x04U, 0x05U, 0x06U, 0x09U, 0x0fU, 0x10U, 0x11U, 0x17U, 0x18U,
                               0x1dU, 0x20U, 0x31U, 0x1fU}) {
        INFO(tag);
        CHECK(named(static_cast<std::uint8_t>(tag), test::text("localhost")) == errc::bad_certificate);
        CHECK(named(static_cast<std::uint8_t>(tag), {}) == errc::bad_certificate);
    }
    CHECK(named(3, {0, 0x5a}) == errc::none);  // x500UniqueIdentifier
    CHECK(named(3, {4, 0x50}) == errc::none);
    CHECK(named(3, {4, 0x58}) == errc::bad_certificate);
    CHECK(named(3, {8, 0}) == errc::bad_certificate);
    CHECK(named(3, {1}) == errc::bad_certificate);
    CHECK(named(3, {}) == errc::bad_certificate);
    CHECK(named(0x30, part + part) == errc::none);  // postalAddress
    CHECK(named(0x30, part + bytes{0x2c, 0}) == errc::bad_certificate);
    CHECK(named(0x30, part + bytes{0x0c, 1}) == errc::bad_certificate);
    CHECK(named(0x30, part + bytes{0}) == errc::bad_certificate);
}

TEST_CASE("rdn_sequence: the attributes of a relative distinguished name ascend (X.690, 11.6)") {
    const auto ordered = [](const bytes& first, const bytes& second) {
        return refused_or_read(test::sequence({test::tlv(0x31, first + second)}));
    };
    const auto attribute = [](std::uint8_t type, std::string_view value) {
        return test::sequence({{6, 3, 0x55, 4, type}, test::tlv(0x0c, test::text(value))});
    };
    CHECK(ordered(attribute(3, "aa"), attribute(10, "zz")) == errc::none);
    CHECK(ordered(attribute(10, "zz"), attribute(3, "aa")) == errc::bad_certificate);
    CHECK(ordered(attribute(10, "z"), attribute(3, "aa")) == errc::none);  // shorter, so it comes first
    CHECK(ordered(attribute(3, "aa"), attribute(10, "z")) == errc::bad_certificate);
    CHECK(ordered(attribute(3, "a"), attribute(3, "b")) == errc::none);
    CHECK(ordered(attribute(3, "b"), attribute(3, "a")) == errc::bad_certificate);
    CHECK(ordered(attribute(3, "a"), attribute(3, "a")) == errc::none);
}
