#include <spantls/x509/ocsp.hpp>

#include <vector>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"
#include "x509/status_builder.hpp"

using namespace spantls;
using test::bytes;
using test::ocsp_draft;
using test::operator+;
using x509::ocsp_response;
using x509::ocsp_status;

namespace {

const bytes one = {2, 1, 1};

/// Keeps the bytes that it has views into.
struct parsed {
    bytes der;
    ocsp_response it;
    errc error;

    explicit parsed(const bytes& from) : der(from), error(parse_ocsp_response(der, it)) {}
    explicit parsed(const ocsp_draft& from) : parsed(from.der()) {}
    parsed(const parsed&) = delete;

    std::vector<x509::ocsp_single> all() const {
        std::vector<x509::ocsp_single> found;
        for (x509::der_reader row(it.singles); !row.empty();) found.push_back(next_single(row));
        return found;
    }
};
bool refused(const ocsp_draft& from) {
    const parsed it(from);
    CHECK((it.error == errc::none || it.error == errc::bad_staple));
    return it.error == errc::bad_staple;
}
bool refused(const bytes& singles) { return refused(ocsp_draft("ca").saying(singles)); }
template <class Change>
ocsp_draft with(Change change) {
    ocsp_draft it("ca");
    change(it);
    return it;
}
bytes single_with(const bytes& status, const bytes& rest = {}) {
    return test::sequence({ocsp_draft::id("ca", one), status, test::generalized("20291230000000Z"), rest});
}

}  // namespace

TEST_CASE("ocsp: all that a response says") {
    const bytes singles = ocsp_draft::single("ca", one) + ocsp_draft::single("ca", {2, 1, 2}, ocsp_draft::revoked(4)) +
                          ocsp_draft::single("ca", {2, 1, 3}, ocsp_draft::revoked(), "20291230000000Z", "") +
                          ocsp_draft::single("ca", {2, 1, 4}, ocsp_draft::unknown());
    ocsp_draft draft = ocsp_draft("ca").saying(singles);
    draft.certificates = {test::leaf("a", "ca").der(), test::leaf("b", "ca").der()};
    draft.extensions = test::sequence({{6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2}, {4, 1, 9}});  // a nonce
    const parsed it(draft);
    REQUIRE(it.error == errc::none);
    CHECK(it.it.answer == x509::ocsp_answer::successful);
    CHECK(equal_bytes(it.it.tbs, draft.tbs()));
    CHECK(equal_bytes(it.it.responder_name, test::name("ca")));
    CHECK(it.it.responder_key.empty());
    CHECK(it.it.produced_at == 1890777600);  // 1 December 2029
    CHECK_FALSE(it.it.unknown_critical);
    CHECK(equal_bytes(it.it.certificates, draft.certificates[0] + draft.certificates[1]));
    const auto all = it.all();
    REQUIRE(all.size() == 4);
    CHECK(equal_bytes(all[0].id.serial, bytes{1}));
    CHECK(equal_bytes(all[0].id.issuer_name_hash, test::sha1_of(test::name("ca"))));
    CHECK(equal_bytes(all[0].id.issuer_key_hash, test::sha1_of(test::key_pair("ca").public_key)));
    CHECK(all[0].status == ocsp_status::good);
    CHECK(all[0].this_update == 1893283200);  // 30 December 2029
    CHECK(all[0].next_update == 1893888000);  // 6 January 2030
    CHECK(all[1].status == ocsp_status::revoked);
    CHECK(all[1].revoked.at == 1889438400);  // 15 November 2029, 12:00
    CHECK(all[1].revoked.reason == x509::revocation_reason::superseded);
    CHECK(all[2].revoked.reason == x509::revocation_reason::unspecified);
    CHECK_FALSE(all[2].next_update.has_value());
    CHECK(all[3].status == ocsp_status::unknown);

    const parsed by_key(with([](ocsp_draft& d) { d.responder = ocsp_draft::by_key("ca"); }));
    REQUIRE(by_key.error == errc::none);
    CHECK(equal_bytes(by_key.it.responder_key, test::sha1_of(test::key_pair("ca").public_key)));
    CHECK(by_key.it.responder_name.empty());
}

TEST_CASE("ocsp: responses that say only that there is none") {
    for (const std::uint8_t answer : bytes{1, 2, 3, 5, 6}) {
        const parsed it(test::sequence({{0x0a, 1, answer}}));
        CHECK(it.error == errc::none);
        CHECK(it.it.answer == static_cast<x509::ocsp_answer>(answer));
    }
    for (const std::uint8_t answer : bytes{0, 4, 7, 0x80})
        CHECK(parsed(test::sequence({{0x0a, 1, answer}})).error == errc::bad_staple);
    CHECK(parsed(test::sequence({{0x0a, 2, 0, 1}})).error == errc::bad_staple);
    CHECK(parsed(test::sequence({{2, 1, 1}})).error == errc::bad_staple);
    CHECK(refused(with([](ocsp_draft& d) { d.answer = {0x0a, 1, 1}; })));  // and then an answer
}

TEST_CASE("ocsp: what is not one") {
    CHECK_FALSE(refused(ocsp_draft("ca")));
    CHECK(refused(with([](ocsp_draft& d) { d.type.back() = 2; })));
    CHECK(refused(with([](ocsp_draft& d) { d.version = {0xa0, 3, 2, 1, 0}; })));  // a default that is written
    CHECK(refused(with([](ocsp_draft& d) { d.version = {0xa0, 3, 2, 1, 1}; })));
    CHECK(refused(with([](ocsp_draft& d) { d.responder = {}; })));
    CHECK(refused(with([](ocsp_draft& d) { d.responder = test::name("ca"); })));
    CHECK(refused(with([](ocsp_draft& d) { d.responder = test::tlv(0xa1, test::name("ca") + bytes{5, 0}); })));
    CHECK(refused(with([](ocsp_draft& d) { d.produced_at = test::utc("291201000000Z"); })));
    CHECK(refused(with([](ocsp_draft& d) { d.produced_at = test::generalized("20291201000000.5Z"); })));
    CHECK(refused(with([](ocsp_draft& d) { d.extensions = {5, 0}; })));
    CHECK(refused(with([](ocsp_draft& d) { d.singles = {5, 0}; })));

    CHECK(refused(single_with({0x80, 1, 0})));
    CHECK(refused(single_with({0xa0, 0})));
    CHECK(refused(single_with({0x83, 0})));
    CHECK(refused(single_with({0xa1, 0})));
    CHECK(refused(single_with(ocsp_draft::revoked(7))));
    CHECK(refused(single_with(test::tlv(0xa1, test::utc("291115120000Z")))));
    CHECK(refused(single_with(ocsp_draft::good(), test::generalized("20300106000000Z"))));  // not [0]
    CHECK(refused(single_with(ocsp_draft::good(), {5, 0})));
    CHECK(refused(
        test::sequence({ocsp_draft::id("ca", {2, 0}), ocsp_draft::good(), test::generalized("20291230000000Z")})));

    const bytes der = ocsp_draft("ca").der();
    for (std::size_t size = 0; size < der.size(); ++size)
        CHECK(parsed(bytes(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(size))).error == errc::bad_staple);
    CHECK(parsed(der + bytes{0}).error == errc::bad_staple);
}

TEST_CASE("ocsp: whatever is critical is unknown, for all or for one") {
    const bytes critical = test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}});
    const bytes harmless = test::sequence({{6, 2, 0x2a, 3}, {4, 0}});
    const auto unknown = [](const ocsp_draft& from) {
        const parsed it(from);
        REQUIRE(it.error == errc::none);
        return it.it.unknown_critical;
    };
    CHECK(unknown(with([&](ocsp_draft& d) { d.extensions = critical; })));
    CHECK_FALSE(unknown(with([&](ocsp_draft& d) { d.extensions = harmless; })));
    const auto extended = [](const bytes& extension) {
        return ocsp_draft("ca").saying(ocsp_draft::single("ca", one) +
                                       single_with(ocsp_draft::good(), test::tlv(0xa1, test::tlv(0x30, extension))));
    };
    CHECK(unknown(extended(critical)));
    CHECK_FALSE(unknown(extended(harmless)));
    CHECK(refused(extended(harmless + harmless)));
}

TEST_CASE("ocsp: those of pyca/cryptography") {
    const auto folder = test::debian_vectors("x509/ocsp");
    if (!folder) return;
    const std::pair<const char*, bool> responses[] = {
        {"ocsp-army.deps.mil-resp.der", true},
        {"resp-delegate-unknown-cert.der", true},
        {"resp-responder-key-hash.der", true},
        {"resp-response-type-unknown-oid.der", false},
        {"resp-revoked-no-next-update.der", true},
        {"resp-revoked-reason.der", true},
        {"resp-revoked.der", true},
        {"resp-sct-extension.der", true},
        {"resp-sha256.der", true},
        {"resp-successful-no-response-bytes.der", false},
        {"resp-unauthorized.der", true},
        {"resp-unknown-extension.der", true},
        {"resp-unknown-response-status.der", false},
    };
    for (const auto& [file, fine] : responses) {
        INFO(file);
        CHECK((parsed(test::load_bytes(*folder / file)).error == errc::none) == fine);
    }
}
