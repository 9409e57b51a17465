#include <spantls/x509/peer.hpp>

#include <type_traits>

#include "support/catch.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using x509::verdict;

static_assert(!verdict().accepted());
static_assert(verdict().error() == errc::certificate_unknown);
static_assert(verdict::accept().accepted());
static_assert(!std::is_constructible_v<verdict, errc>);  // only by saying which

TEST_CASE("verdict: refusing keeps its reason") {
    for (const errc why : {errc::certificate_unknown, errc::certificate_expired, errc::unknown_ca,
                           errc::bad_certificate, errc::certificate_revoked, errc::unsupported_certificate,
                           errc::certificate_name_mismatch, errc::access_denied, errc::certificate_required}) {
        INFO(name_of(why));
        CHECK(verdict::refuse(why).error() == why);
        CHECK_FALSE(verdict::refuse(why).accepted());
    }
    CHECK(verdict::refuse().error() == errc::certificate_unknown);
}

TEST_CASE("verdict: no reason turns a refusal into something else") {
    for (int value = 0; value < 256; ++value) {
        const errc why = static_cast<errc>(value);
        const verdict refused = verdict::refuse(why);
        INFO(value << ' ' << name_of(why));
        CHECK_FALSE(refused.accepted());
        CHECK(fault_of(refused.error()) == fault::peer);
        CHECK(alert_for(refused.error()).has_value());
    }
    CHECK(verdict::refuse(errc::none).error() == errc::certificate_unknown);
    CHECK(verdict::refuse(errc::internal_error).error() == errc::certificate_unknown);
    CHECK(verdict::refuse(errc::not_asked).error() == errc::certificate_unknown);
    CHECK(verdict::refuse(errc::peer_alert).error() == errc::certificate_unknown);
}

TEST_CASE("peer: the first certificate must be able to sign a handshake") {
    const auto leaf_error = [](const test::bytes& list) {
        x509::certificate leaf;
        return x509::detail::parse_leaf({x509::chain_view(list), {}, x509::key_purpose::server_auth}, leaf);
    };
    const auto only = [](const test::draft& it) { return test::certificate_list({it.der()}); };
    CHECK(leaf_error({}) == errc::certificate_required);
    CHECK(leaf_error(test::certificate_list({{0x30, 0}})) == errc::bad_certificate);
    CHECK(leaf_error(only(test::leaf("a", "b"))) == errc::none);
    CHECK(leaf_error(only(test::draft("a", "b"))) == errc::none);
    // RFC 9846, section 4.5.1.2: digitalSignature, if keyUsage is there
    CHECK(leaf_error(only(test::ca("a", "b"))) == errc::unsupported_certificate);
}
