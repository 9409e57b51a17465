#include <spantls/x509/crl.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"
#include "x509/status_builder.hpp"

using namespace spantls;
using test::bytes;
using test::crl_draft;
using test::operator+;
using x509::crl;

namespace {

const bytes one = {2, 1, 1}, two = {2, 1, 2};

/// Keeps the bytes that it has views into.
struct parsed {
    bytes der;
    crl list;
    errc error;

    explicit parsed(const bytes& from) : der(from), error(parse_crl(der, list)) {}
    explicit parsed(const crl_draft& from) : parsed(from.der()) {}
    parsed(const parsed&) = delete;
};
bool good(const crl_draft& from) {
    const parsed it(from);
    return it.error == errc::none;
}
bool refused(const crl_draft& from) {
    const parsed it(from);
    CHECK((it.error == errc::none || it.error == errc::bad_certificate));
    return it.error == errc::bad_certificate;
}
bool unusable(const crl_draft& from) {
    const parsed it(from);
    REQUIRE(it.error == errc::none);
    return it.list.unusable;
}
bytes distribution(std::initializer_list<bytes> parts) { return test::extension(28, true, test::sequence(parts)); }

}  // namespace

TEST_CASE("crl: all that a list says") {
    const bytes key_id = test::extension(35, false, test::sequence({{0x80, 2, 8, 9}}));
    const parsed it(crl_draft("ca").listing(one, crl_draft::reason(1)).listing({2, 2, 0, 0x80}).with(key_id));
    REQUIRE(it.error == errc::none);
    CHECK(equal_bytes(it.list.der, it.der));
    CHECK(equal_bytes(it.list.issuer, test::name("ca")));
    CHECK(it.list.this_update == 1890777600);  // 1 December 2029
    CHECK(it.list.next_update == 1896134400);  // 1 February 2030
    CHECK(equal_bytes(it.list.authority_key_id, bytes{8, 9}));
    CHECK(it.list.has_number);
    CHECK_FALSE(it.list.unusable);
    CHECK(it.list.reasons == x509::all_reasons);
    CHECK(it.list.distribution_point.empty());
    const auto found = it.list.find(bytes{1});
    REQUIRE(found.has_value());
    CHECK(found->at == 1889438400);  // 15 November 2029, 12:00
    CHECK(found->reason == x509::revocation_reason::key_compromise);
    CHECK(it.list.find(bytes{0, 0x80})->reason == x509::revocation_reason::unspecified);
    CHECK_FALSE(it.list.find(bytes{0x80}).has_value());
    CHECK_FALSE(it.list.find(bytes{2}).has_value());
    CHECK_FALSE(it.list.find({}).has_value());
    CHECK_FALSE(crl{}.find(bytes{1}).has_value());
}

TEST_CASE("crl: version 1, and none of nextUpdate") {
    crl_draft first("ca");
    first.version = {};
    first.extensions = {};
    first.next_update = {};
    const parsed it(first.listing(one));
    REQUIRE(it.error == errc::none);
    CHECK_FALSE(it.list.has_number);
    CHECK_FALSE(it.list.next_update.has_value());
    CHECK(it.list.find(bytes{1}).has_value());
    // RFC 5280, section 5.1.2.1: who has extensions says that it is version 2.
    CHECK(refused(first.with(test::extension(20, false, one))));
    CHECK(refused(first.listing(one, crl_draft::reason(1))));
}

TEST_CASE("crl: what is not one") {
    const auto with = [](auto change) {
        crl_draft it("ca");
        change(it);
        return it;
    };
    CHECK(good(crl_draft("ca")));
    CHECK(refused(with([](crl_draft& it) { it.version = {2, 1, 0}; })));
    CHECK(refused(with([](crl_draft& it) { it.version = {2, 1, 2}; })));
    CHECK(refused(with([](crl_draft& it) { it.issuer = test::name(""); })));
    CHECK(refused(with([](crl_draft& it) { it.this_update = {}, it.next_update = {}; })));
    CHECK(refused(with([](crl_draft& it) { it.this_update = test::utc("291301000000Z"); })));
    CHECK(refused(with([](crl_draft& it) { it.entries = {{}}, it.next_update = it.next_update + bytes{0x30, 0}; })));
    CHECK(refused(with([](crl_draft& it) { it.entries = {test::sequence({one})}; })));
    CHECK(refused(with([](crl_draft& it) {
        it.entries = {test::sequence({{2, 2, 0, 1}, test::utc("291115120000Z")})};
    })));
    CHECK(refused(with([](crl_draft& it) { it.entries = {crl_draft::entry(one) + bytes{5, 0}}; })));
    CHECK(refused(with([](crl_draft& it) { it.extensions = {test::extension(20, false, {2, 2, 0, 1})}; })));
    CHECK(refused(with([](crl_draft& it) { it.extensions.push_back(it.extensions[0]); })));
    CHECK(refused(with([](crl_draft& it) { it.outer_algorithm = test::sequence({{6, 3, 0x2b, 0x65, 0x71}}); })));
    CHECK(refused(crl_draft("ca").listing(one, crl_draft::reason(7))));
    CHECK(refused(crl_draft("ca").listing(one, crl_draft::reason(11))));
    CHECK(refused(crl_draft("ca").listing(one, crl_draft::reason(1) + crl_draft::reason(1))));

    const bytes der = crl_draft("ca").listing(one).der();
    for (std::size_t size = 0; size < der.size(); ++size)
        CHECK(parsed(bytes(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(size))).error ==
              errc::bad_certificate);
    CHECK(parsed(der + bytes{0}).error == errc::bad_certificate);
    bytes half = der;
    const std::size_t unused = der.size() - 65;  // a signature of bits, and not of bytes
    REQUIRE(half[unused] == 0);
    half[unused] = 1;
    CHECK(parsed(half).error == errc::bad_certificate);

    crl_draft many("ca");
    const auto number = [](std::uint8_t n) { return test::sequence({{6, 2, 0x2a, n}, {4, 0}}); };
    for (std::uint8_t n = 1; n < x509::max_extensions; ++n) many.extensions.push_back(number(n));
    CHECK(good(many));
    many.extensions.push_back(number(100));
    CHECK(refused(many));
}

TEST_CASE("crl: lists that say more than is understood are not used") {
    const bytes critical = test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}});
    const bytes harmless = test::sequence({{6, 2, 0x2a, 3}, {4, 0}});
    CHECK(unusable(crl_draft("ca").with(critical)));
    CHECK_FALSE(unusable(crl_draft("ca").with(harmless)));
    CHECK(unusable(crl_draft("ca").listing(one, critical)));
    CHECK_FALSE(unusable(crl_draft("ca").listing(one, harmless)));
    CHECK_FALSE(unusable(crl_draft("ca").with(test::extension(27, true, one))));  // delta
    CHECK(unusable(crl_draft("ca").with(test::extension(27, false, one))));       // which is always critical
    CHECK(refused(crl_draft("ca").with(test::extension(27, true, {4, 1, 1}))));
    CHECK(parsed(crl_draft("ca").with(test::extension(27, true, one)).der()).list.delta);
    CHECK_FALSE(parsed(crl_draft("ca").der()).list.delta);
    CHECK(unusable(crl_draft("ca").with(distribution({{0x84, 1, 0xff}}))));  // indirect
    CHECK(unusable(crl_draft("ca").with(distribution({{0x85, 1, 0xff}}))));  // attribute certificates
    CHECK(unusable(
        crl_draft("ca").listing(one, test::extension(29, true, test::sequence({test::tlv(0xa4, test::name("b"))})))));
    CHECK(unusable(crl_draft("ca").with(test::extension(35, true, test::sequence({{0x80, 1, 8}})))));
    crl_draft number("ca");
    number.extensions = {test::extension(20, true, one)};
    CHECK(unusable(number));
}

TEST_CASE("crl: issuingDistributionPoint") {
    const bytes point = test::tlv(0xa0, test::tlv(0xa0, test::tlv(0x86, test::text("ldap://a/"))));
    const parsed all(crl_draft("ca").with(distribution({point, {0x81, 1, 0xff}, {0x83, 2, 5, 0x60}})));
    REQUIRE(all.error == errc::none);
    CHECK_FALSE(all.list.unusable);
    CHECK(all.list.only_end_entities);
    CHECK_FALSE(all.list.only_cas);
    CHECK(all.list.reasons == 0x6000);
    CHECK(equal_bytes(all.list.distribution_point, test::tlv(0xa0, test::tlv(0x86, test::text("ldap://a/")))));
    CHECK(parsed(crl_draft("ca").with(distribution({{0x82, 1, 0xff}}))).list.only_cas);

    CHECK(refused(crl_draft("ca").with(distribution({}))));
    CHECK(refused(crl_draft("ca").with(distribution({{0xa0, 0}}))));
    CHECK(refused(crl_draft("ca").with(distribution({{0x81, 1, 0}}))));
    CHECK(refused(crl_draft("ca").with(distribution({{0x81, 1, 1}}))));
    CHECK(refused(crl_draft("ca").with(distribution({{0x82, 1, 0xff}, {0x81, 1, 0xff}}))));
    CHECK(refused(crl_draft("ca").with(distribution({{0x83, 2, 4, 0x60}}))));
    CHECK(refused(crl_draft("ca").with(distribution({{0x86, 0}}))));
}

TEST_CASE("crl: names of reasons") {
    CHECK(name_of(x509::revocation_reason::key_compromise) == "keyCompromise");
    CHECK(name_of(x509::revocation_reason::aa_compromise) == "aACompromise");
    CHECK(name_of(static_cast<x509::revocation_reason>(7)) == "unknown");
}

TEST_CASE("crl: those of pyca/cryptography") {
    const auto folder = test::debian_vectors("x509/custom");
    if (!folder) return;
    const std::pair<const char*, bool> lists[] = {
        {"crl_all_reasons.pem", true},     {"crl_bad_version.pem", false},   {"crl_delta_crl_indicator.pem", true},
        {"crl_dup_entry_ext.pem", false},  {"crl_empty.pem", true},          {"crl_ian_aia_aki.pem", true},
        {"crl_idp_only_ca.pem", true},     {"crl_no_next_update.pem", true}, {"crl_unsupported_reason.pem", false},
        {"valid_signature_crl.pem", true},
    };
    for (const auto& [file, fine] : lists) {
        INFO(file);
        std::string pem(as_text(test::load_bytes(*folder / file)));
        for (const char* label : {"BEGIN X509 CRL", "END X509 CRL"}) {
            const std::size_t at = pem.find(label);
            REQUIRE(at != pem.npos);
            pem.replace(at, std::string(label).size(), label[0] == 'B' ? "BEGIN CERTIFICATE" : "END CERTIFICATE");
        }
        CHECK((parsed(test::from_pem(pem)).error == errc::none) == fine);
    }
}
