#include <spantls/x509/distribution_point.hpp>

#include <vector>

#include "support/catch.hpp"
#include "x509/builder.hpp"
#include "x509/status_builder.hpp"

using namespace spantls;
using test::bytes;
using test::crl_draft;
using test::draft;
using test::operator+;

namespace {

bytes uri(std::string_view text) { return test::tlv(0x86, test::text(text)); }
bytes directory(std::initializer_list<std::string_view> common_names) {
    bytes sets;
    for (const std::string_view one : common_names) {
        const bytes name = test::name(one);
        sets.insert(sets.end(), name.begin() + 2, name.end());
    }
    return test::tlv(0xa4, test::tlv(0x30, sets));
}
bytes full(const bytes& names) { return test::tlv(0xa0, names); }
/// nameRelativeToCRLIssuer: one common name.
bytes relative(std::string_view common_name) {
    const bytes name = test::name(common_name);
    return test::tlv(0xa1, bytes(name.begin() + 4, name.end()));
}
bytes point(const bytes& name, const bytes& rest = {}) {
    return test::sequence({name.empty() ? bytes{} : test::tlv(0xa0, name), rest});
}

/// What a list with this issuingDistributionPoint covers of a certificate with these cRLDistributionPoints.
std::uint16_t covered(const bytes& of_list, const bytes& of_certificate, bool ca = false) {
    crl_draft list("ca");
    if (!of_list.empty()) list = list.with(test::extension(28, true, test::tlv(0x30, of_list)));
    draft it = ca ? test::ca("it", "ca") : test::leaf("it", "ca");
    if (!of_certificate.empty()) it = it.with(test::extension(31, false, test::tlv(0x30, of_certificate)));
    const bytes list_der = list.der(), der = it.der();
    x509::crl read;
    x509::certificate certificate;
    REQUIRE(x509::parse_crl(list_der, read) == errc::none);
    REQUIRE(x509::parse_certificate(der, certificate) == errc::none);
    return x509::reasons_covered(read, certificate);
}
bytes named(const bytes& name) { return test::tlv(0xa0, name); }

constexpr std::uint16_t all = x509::all_reasons;
const bytes only_users = {0x81, 1, 0xff}, only_cas = {0x82, 1, 0xff};

}  // namespace

TEST_CASE("distribution_point: a list without one is about everything") {
    CHECK(covered({}, {}) == all);
    CHECK(covered({}, {}, true) == all);
    CHECK(covered({}, point(full(uri("ldap://a/")))) == all);
}

TEST_CASE("distribution_point: of CAs, or of the others") {
    CHECK(covered(only_users, {}) == all);
    CHECK(covered(only_users, {}, true) == 0);
    CHECK(covered(only_cas, {}) == 0);
    CHECK(covered(only_cas, {}, true) == all);
}

TEST_CASE("distribution_point: one name in common is enough, and none is not") {
    const bytes a = uri("ldap://a/"), b = uri("ldap://b/");
    CHECK(covered(named(full(a)), {}) == 0);
    CHECK(covered(named(full(a)), point(full(a))) == all);
    CHECK(covered(named(full(a)), point(full(b))) == 0);
    CHECK(covered(named(full(a)), point(full(b)) + point(full(a))) == all);
    CHECK(covered(named(full(a + b)), point(full(b))) == all);
    CHECK(covered(named(full(a)), point(full(b + a))) == all);
    CHECK(covered(named(full(uri("ldap://A/"))), point(full(a))) == 0);
    // Another kind of name with the same bytes.
    CHECK(covered(named(full(test::dns("ldap://a/"))), point(full(a))) == 0);
    CHECK(covered(only_users + bytes{}, point(full(a))) == all);
    CHECK(covered(named(full(a)) + only_cas, point(full(a))) == 0);
}

TEST_CASE("distribution_point: names of directories, whole and relative to the issuer") {
    CHECK(covered(named(full(directory({"ca", "one"}))), point(full(directory({"CA", "One"})))) == all);
    CHECK(covered(named(full(directory({"ca", "one"}))), point(full(directory({"ca"})))) == 0);
    CHECK(covered(named(relative("one")), point(relative("one"))) == all);
    CHECK(covered(named(relative("one")), point(relative("two"))) == 0);
    CHECK(covered(named(relative("one")), point(full(directory({"ca", "one"})))) == all);
    CHECK(covered(named(full(directory({"ca", "one"}))), point(relative("one"))) == all);
    CHECK(covered(named(relative("one")), point(full(directory({"cb", "one"})))) == 0);
    CHECK(covered(named(relative("one")), point(full(directory({"ca"})))) == 0);
    CHECK(covered(named(relative("one")), point(full(directory({"one"})))) == 0);
    CHECK(covered(named(relative("one")), point(full(directory({"ca", "one", "two"})))) == 0);
    CHECK(covered(named(relative("one")), point(full(uri("one")))) == 0);
}

TEST_CASE("distribution_point: some reasons only") {
    const bytes a = full(uri("ldap://a/")), compromise = {0x83, 2, 5, 0x60}, superseded = {0x81, 2, 3, 0x08};
    CHECK(covered(compromise, {}) == 0x6000);
    CHECK(covered(named(a) + compromise, point(a)) == 0x6000);
    CHECK(covered(named(a), point(a, superseded)) == 0x0800);
    CHECK(covered(named(a) + compromise, point(a, superseded)) == 0);
    CHECK(covered(named(a), point(a, superseded) + point(a, {0x81, 2, 5, 0x20})) == 0x2800);
    CHECK(covered({0x83, 3, 7, 0xff, 0x80}, {}) == all);
}

TEST_CASE("distribution_point: of somebody else, without a name, or no points at all: not covered") {
    const bytes a = full(uri("ldap://a/")), other = test::tlv(0xa2, directory({"other"}));
    CHECK(covered(named(a), point(a, other)) == 0);
    CHECK(covered(named(a), point({}, other)) == 0);
    CHECK(covered(named(a), point({})) == 0);
    CHECK(covered(named(a), bytes{5, 0}) == 0);
    CHECK(covered(named(a), point(a) + bytes{5, 0}) == all);  // it is not the first that counts, but any that is one
    CHECK(covered(named(a), point(a, {0x81, 2, 2, 0x08})) == 0);
    CHECK(covered(named(full({})), point(full({}))) == 0);
    CHECK(covered(named(relative("one")), point(test::tlv(0xa2, {}))) == 0);
    // Names that are not well formed are the same as nothing, themselves included unless byte by byte.
    const bytes odd = test::tlv(0xa4, {0x30, 2, 0x31, 0}), odder = test::tlv(0xa4, {0x30, 1, 0x31});
    CHECK(covered(named(full(odd)), point(full(odder))) == 0);
    CHECK(covered(named(relative("one")), point(full(odd))) == 0);
}
