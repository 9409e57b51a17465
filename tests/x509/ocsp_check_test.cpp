#include <spantls/x509/ocsp_check.hpp>

#include <vector>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"
#include "x509/judging.hpp"
#include "x509/status_builder.hpp"

using namespace spantls;
using test::bytes;
using test::draft;
using test::ocsp_draft;
using test::operator+;
using x509::path_error;
using x509::status_finding;

namespace {

const bytes one = {2, 1, 1};

/// Judges a response about a certificate of "ca" with the serial number 1.
struct judged_staple {
    bytes leaf = test::leaf("leaf", "ca").der(), ca = test::ca("ca", "root").der();
    std::size_t signatures = 64;
    status_finding found;

    template <class V>
    judged_staple(const V& crypto, const bytes& response, std::int64_t now) {
        x509::certificate it, issuer;
        REQUIRE(x509::parse_certificate(leaf, it) == errc::none);
        REQUIRE(x509::parse_certificate(ca, issuer) == errc::none);
        found = x509::check_ocsp_response(crypto, response, it, issuer, now, signatures);
        CHECK((found.error == path_error::none || found.error == path_error::revoked ||
               errc_of(found.error) == errc::bad_staple));
        CHECK(64 - signatures <= 1 + 2 * x509::max_responder_certificates);
    }
};
status_finding judge(const bytes& response, std::int64_t now = test::year_2030) {
    return judged_staple(test::counting_verifier(), response, now).found;
}
path_error error_of(const ocsp_draft& response, std::int64_t now = test::year_2030) {
    return judge(response.der(), now).error;
}
path_error error_of(const bytes& singles) { return error_of(ocsp_draft("ca").saying(singles)); }
template <class Change>
path_error error_with(Change change) {
    ocsp_draft it("ca");
    change(it);
    return error_of(it);
}
path_error error_by(const draft& delegate, std::string_view name = "helper") {
    return error_of(ocsp_draft("ca").signed_by(name, delegate.der()));
}

/// Without hashes, and so without SHA-256.
struct hashless {
    test::usual_provider crypto;
    bool verify(signature_scheme scheme, bytes_view key, bytes_view message, bytes_view signature) const {
        return crypto.verify(scheme, key, message, signature);
    }
};

}  // namespace

TEST_CASE("ocsp_check: good, by the issuer itself") {
    CHECK(error_of(ocsp_draft("ca")) == path_error::none);
    CHECK(error_with([](ocsp_draft& d) { d.responder = ocsp_draft::by_key("ca"); }) == path_error::none);
    const judged_staple it(test::counting_verifier(), ocsp_draft("ca").der(), test::year_2030);
    CHECK(it.signatures == 63);
}

TEST_CASE("ocsp_check: revoked, since when and why, whatever the time") {
    const bytes response = ocsp_draft("ca").saying(ocsp_draft::single("ca", one, ocsp_draft::revoked(1))).der();
    for (const std::int64_t now : {std::int64_t{0}, test::year_2030, 2 * test::year_2030}) {
        const status_finding found = judge(response, now);
        CHECK(found.error == path_error::revoked);
        CHECK(found.time == 1889438400);
        CHECK(found.reason == x509::revocation_reason::key_compromise);
    }
    CHECK(alert_for(errc_of(path_error::revoked)) == alert_description::certificate_revoked);
    const bytes endless = ocsp_draft::single("ca", one, ocsp_draft::revoked(), "20291230000000Z", "");
    CHECK(error_of(endless) == path_error::revoked);
}

TEST_CASE("ocsp_check: unknown") {
    CHECK(error_of(ocsp_draft::single("ca", one, ocsp_draft::unknown())) == path_error::staple_unknown_status);
    CHECK(alert_for(errc_of(path_error::staple_unknown_status)) == alert_description::bad_certificate_status_response);
}

TEST_CASE("ocsp_check: both ends belong to the time that it is good for") {
    const std::int64_t from = 1893283200, to = 1893888000;
    CHECK(error_of(ocsp_draft("ca"), from - 1) == path_error::staple_not_yet_valid);
    CHECK(error_of(ocsp_draft("ca"), from) == path_error::none);
    CHECK(error_of(ocsp_draft("ca"), to) == path_error::none);
    CHECK(error_of(ocsp_draft("ca"), to + 1) == path_error::staple_expired);
    CHECK(judge(ocsp_draft("ca").der(), from - 1).time == from);
    CHECK(judge(ocsp_draft("ca").der(), to + 1).time == to);
    CHECK(error_of(ocsp_draft::single("ca", one, ocsp_draft::good(), "20291230000000Z", "")) ==
          path_error::staple_endless);
    // Never: it ends before it begins.
    CHECK(error_of(ocsp_draft::single("ca", one, ocsp_draft::good(), "20291230000000Z", "20291229000000Z")) ==
          path_error::staple_expired);
}

TEST_CASE("ocsp_check: about something else") {
    CHECK(error_of(bytes{}) == path_error::staple_of_another);
    CHECK(error_of(ocsp_draft::single("ca", {2, 1, 2})) == path_error::staple_of_another);
    CHECK(error_of(ocsp_draft::single("cb", one)) == path_error::staple_of_another);
    const auto about = [](const bytes& algorithm, const bytes& name_hash, const bytes& key_hash) {
        return test::sequence({test::sequence({algorithm, test::octets(name_hash), test::octets(key_hash), one}),
                               ocsp_draft::good(), test::generalized("20291230000000Z"),
                               ocsp_draft::until("20300106000000Z")});
    };
    const bytes name = test::sha1_of(test::name("ca")), key = test::sha1_of(test::key_pair("ca").public_key);
    CHECK(error_of(about(test::sha1_algorithm(), name, key)) == path_error::none);
    CHECK(error_of(about(test::sequence({{6, 5, 0x2b, 0x0e, 3, 2, 0x1a}}), name, key)) == path_error::none);
    CHECK(error_of(about(test::sequence({{6, 5, 0x2b, 0x0e, 3, 2, 0x1a}, {2, 1, 0}}), name, key)) ==
          path_error::staple_of_another);
    CHECK(error_of(about(test::sha256_algorithm(), name, key)) == path_error::staple_of_another);
    CHECK(error_of(about(test::sha1_algorithm(), name, name)) == path_error::staple_of_another);
    CHECK(error_of(about(test::sha1_algorithm(), key, key)) == path_error::staple_of_another);
    CHECK(error_of(about(test::sha1_algorithm(), {}, {})) == path_error::staple_of_another);
}

TEST_CASE("ocsp_check: issuers named by SHA-256") {
    const auto hash = [](const bytes& of) {
        bytes out(crypto_hash_sha256_BYTES);
        crypto_hash_sha256(out.data(), of.data(), of.size());
        return out;
    };
    const bytes id = test::sequence({test::sha256_algorithm(), test::octets(hash(test::name("ca"))),
                                     test::octets(hash(test::key_pair("ca").public_key)), one});
    const bytes single = test::sequence(
        {id, ocsp_draft::good(), test::generalized("20291230000000Z"), ocsp_draft::until("20300106000000Z")});
    const bytes response = ocsp_draft("ca").saying(single).der();
    CHECK(judged_staple(test::usual_provider(), response, test::year_2030).found.error == path_error::none);
    CHECK(judged_staple(hashless(), response, test::year_2030).found.error == path_error::staple_of_another);
    CHECK(judged_staple(hashless(), ocsp_draft("ca").der(), test::year_2030).found.error == path_error::none);
}

TEST_CASE("ocsp_check: of several words the worst counts") {
    const bytes good = ocsp_draft::single("ca", one),
                other = ocsp_draft::single("ca", {2, 1, 2}, ocsp_draft::revoked());
    const bytes revoked = ocsp_draft::single("ca", one, ocsp_draft::revoked());
    const bytes unknown = ocsp_draft::single("ca", one, ocsp_draft::unknown());
    const bytes old = ocsp_draft::single("ca", one, ocsp_draft::good(), "20290101000000Z", "20290102000000Z");
    CHECK(error_of(other + good) == path_error::none);
    CHECK(error_of(good + other + good) == path_error::none);
    CHECK(error_of(good + revoked) == path_error::revoked);
    CHECK(error_of(unknown + revoked) == path_error::revoked);
    CHECK(error_of(revoked + good) == path_error::revoked);
    CHECK(error_of(good + unknown) == path_error::staple_unknown_status);
    CHECK(error_of(unknown + good) == path_error::staple_unknown_status);
    CHECK(error_of(old + good) == path_error::staple_expired);
}

TEST_CASE("ocsp_check: what is no good response at all") {
    CHECK(judge({}).error == path_error::staple_malformed);
    CHECK(judge({0x30, 0}).error == path_error::staple_malformed);
    for (const std::uint8_t answer : bytes{1, 2, 3, 5, 6})
        CHECK(judge(test::sequence({{0x0a, 1, answer}})).error == path_error::staple_unsuccessful);
    CHECK(error_with([](ocsp_draft& d) {
              d.extensions = test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}});
          }) == path_error::staple_unknown_critical);
}

TEST_CASE("ocsp_check: signed by whom") {
    using enum path_error;
    CHECK(error_with([](ocsp_draft& d) { d.signer = "cb"; }) == staple_bad_signature);
    CHECK(error_with([](ocsp_draft& d) { d.responder = ocsp_draft::by_name("cb"); }) == staple_unknown_signer);
    CHECK(error_with([](ocsp_draft& d) { d.responder = ocsp_draft::by_key("cb"); }) == staple_unknown_signer);
    CHECK(error_with([](ocsp_draft& d) { d.responder = test::tlv(0xa2, test::octets({})); }) == staple_unknown_signer);
    // The certificate's own key, and one of the name of the issuer.
    CHECK(error_of(ocsp_draft("ca").signed_by("leaf", test::leaf("leaf", "ca").der())) == staple_unknown_signer);
    CHECK(error_of(ocsp_draft("ca").signed_by("ca", test::ca("ca", "root").der())) == none);
    draft namesake = test::delegate("ca", "ca");
    namesake.spki = test::key_pair("helper").spki();
    ocsp_draft by_namesake = ocsp_draft("ca").signed_by("ca", namesake.der());
    by_namesake.signer = "helper";
    CHECK(error_of(by_namesake) == none);
    // SHA-1, and an algorithm that the key is not for.
    const auto algorithm = [](std::uint8_t last) {
        return test::sequence({{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last}, {5, 0}});
    };
    CHECK(error_with([&](ocsp_draft& d) { d.algorithm = algorithm(5); }) == staple_unsupported_signature);
    CHECK(error_with([&](ocsp_draft& d) { d.algorithm = algorithm(11); }) == staple_unsupported_signature);
}

TEST_CASE("ocsp_check: in the place of the issuer") {
    using enum path_error;
    const draft good = test::delegate("helper", "ca");
    CHECK(error_by(good) == none);
    ocsp_draft by_key = ocsp_draft("ca").signed_by("helper", good.der());
    by_key.responder = ocsp_draft::by_key("helper");
    CHECK(error_of(by_key) == none);

    CHECK(error_by(draft("helper", "ca").with(test::digital_signature())) == staple_unknown_signer);
    const auto with_purposes = [](const bytes& oids) {
        return draft("helper", "ca").with(test::extension(37, false, test::tlv(0x30, oids)));
    };
    CHECK(error_by(with_purposes({6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1})) == staple_unknown_signer);
    CHECK(error_by(with_purposes({6, 4, 0x55, 0x1d, 0x25, 0})) ==
          staple_unknown_signer);  // any purpose is not this one
    CHECK(error_by(with_purposes({6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 9})) == none);

    CHECK(error_by(test::delegate("helper", "root")) == staple_unknown_signer);
    draft forged = good;
    forged.signer = "cb";
    CHECK(error_by(forged) == staple_unknown_signer);
    // Issued by somebody whom the issuer has issued: not directly.
    ocsp_draft below = ocsp_draft("ca").signed_by("helper", test::delegate("helper", "middle").der());
    below.certificates.push_back(test::ca("middle", "ca").der());
    CHECK(error_of(below) == staple_unknown_signer);

    draft late = good;
    late.validity = test::sequence({test::utc("200101000000Z"), test::utc("291231235959Z")});
    CHECK(error_by(late) == staple_unknown_signer);
    CHECK(error_by(good.with(test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}}))) == staple_unknown_signer);
    draft mute = good;
    mute.extensions[0] = test::key_cert_sign();
    CHECK(error_by(mute) == staple_unknown_signer);
    draft keyless = good;
    keyless.spki = test::sequence({test::sequence({{6, 3, 0x2b, 0x65, 0x71}}), test::bit_string(bytes(57))});
    CHECK(error_by(keyless) == staple_unknown_signer);

    ocsp_draft wrong = ocsp_draft("ca").signed_by("helper", good.der());
    wrong.signer = "cb";
    CHECK(error_of(wrong) == staple_bad_signature);
}

TEST_CASE("ocsp_check: the certificates of a response are looked at, but not too many, and no budget is overdrawn") {
    const draft good = test::delegate("helper", "ca");
    const auto behind = [&](std::size_t others, const draft& of) {
        ocsp_draft it = ocsp_draft("ca").signed_by("helper", good.der());
        it.certificates.insert(it.certificates.begin(), others, of.der());
        return it;
    };
    const draft other = test::leaf("other", "ca");
    CHECK(error_of(behind(x509::max_responder_certificates - 1, other)) == path_error::none);
    CHECK(error_of(behind(x509::max_responder_certificates, other)) == path_error::staple_unknown_signer);
    draft namesake = good;  // each takes two signatures, and is not the one
    namesake.spki = test::key_pair("other").spki();
    CHECK(error_of(behind(3, namesake)) == path_error::none);
    const judged_staple most(test::counting_verifier(), behind(4, namesake).der(), test::year_2030);
    CHECK(most.found.error == path_error::staple_bad_signature);
    CHECK(most.signatures == 64 - 8);

    const bytes leaf = test::leaf("leaf", "ca").der(), ca = test::ca("ca", "root").der();
    x509::certificate it, issuer;
    REQUIRE(x509::parse_certificate(leaf, it) == errc::none);
    REQUIRE(x509::parse_certificate(ca, issuer) == errc::none);
    for (std::size_t budget = 0; budget < 3; ++budget) {
        const test::counting_verifier crypto;
        std::size_t left = budget;
        const bytes response = ocsp_draft("ca").signed_by("helper", good.der()).der();
        const auto found = x509::check_ocsp_response(crypto, response, it, issuer, test::year_2030, left);
        CHECK(found.error == (budget == 2 ? path_error::none : path_error::too_much_work));
        CHECK(crypto.signatures == budget);
    }
}

TEST_CASE("ocsp_check: whatever byte is changed, nobody becomes good") {
    for (const bool delegated : {false, true}) {
        ocsp_draft draft = ocsp_draft("ca").saying(ocsp_draft::single("ca", one, ocsp_draft::revoked(1)));
        if (delegated) draft = draft.signed_by("helper", test::delegate("helper", "ca").der());
        const bytes der = draft.der();
        REQUIRE(judge(der).error == path_error::revoked);
        for (std::size_t at = 0; at < der.size(); ++at)
            for (const std::uint8_t bit : bytes{0x01, 0x02, 0x20, 0x80}) {
                bytes changed = der;
                changed[at] ^= bit;
                CHECK(judge(changed).error != path_error::none);
            }
    }
    const bytes der = ocsp_draft("ca").der();
    for (std::size_t at = 0; at < der.size(); ++at)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            bytes changed = der;
            changed[at] = static_cast<std::uint8_t>(changed[at] ^ bit);
            CHECK(judge(changed).error != path_error::none);
        }
}
