#include <spantls/x509/pins.hpp>

#include <vector>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using x509::pinned_certificate;
using x509::pinned_spki;
using x509::spki_hash;

namespace {

struct shown {
    bytes list;
    x509::peer who;
    explicit shown(const std::vector<bytes>& certificates)
        : list(test::certificate_list(certificates)),
          who{x509::chain_view(list), "nobody.asks", x509::key_purpose::server_auth} {}
    shown(const shown&) = delete;
};

spki_hash hash_of(const bytes& certificate_der) {
    x509::certificate it;
    REQUIRE(x509::parse_certificate(certificate_der, it) == errc::none);
    return x509::hash_spki<test::usual_provider>(it);
}

}  // namespace

TEST_CASE("pins: exactly this certificate") {
    const bytes localhost = test::made_certificate("localhost"), other = test::made_certificate("server");
    const pinned_certificate pinned(localhost);
    CHECK(pinned.judge(shown({localhost}).who).accepted());
    CHECK(pinned.judge(shown({localhost, other}).who).accepted());
    CHECK(pinned.judge(shown({other}).who).error() == errc::certificate_unknown);
    CHECK(pinned.judge(shown({other, localhost}).who).error() == errc::certificate_unknown);  // the first one signs
    CHECK(pinned.judge(shown({}).who).error() == errc::certificate_required);
    CHECK(pinned.judge(x509::peer{}).error() == errc::certificate_required);
}

TEST_CASE("pins: a pinned certificate with any byte changed or cut off is another one") {
    const bytes localhost = test::made_certificate("localhost");
    const pinned_certificate pinned(localhost);
    for (std::size_t at = 0; at < localhost.size(); ++at) {
        bytes changed = localhost;
        changed[at] ^= 1;
        if (pinned.judge(shown({changed}).who).accepted()) FAIL("byte " << at);
        changed.resize(at);
        if (pinned.judge(shown({changed}).who).accepted()) FAIL("cut at " << at);
    }
    CHECK(pinned.judge(shown({localhost}).who).accepted());
}

TEST_CASE("pins: one of several certificates, or of none") {
    const bytes a = test::leaf("a", "root").der(), b = test::leaf("b", "root").der(), c = test::leaf("c", "root").der();
    const std::vector<bytes_view> pins = {a, b};
    const pinned_certificate pinned{std::span<const bytes_view>(pins)};
    CHECK(pinned.judge(shown({a}).who).accepted());
    CHECK(pinned.judge(shown({b}).who).accepted());
    CHECK_FALSE(pinned.judge(shown({c}).who).accepted());
    CHECK_FALSE(pinned_certificate(bytes_view{}).judge(shown({c}).who).accepted());
    CHECK_FALSE(pinned_certificate(bytes_view{}).judge(shown({}).who).accepted());
    CHECK_FALSE(pinned_certificate(bytes_view{}).judge(shown({bytes{}}).who).accepted());
}

TEST_CASE("pins: the hash is SHA-256 of the SubjectPublicKeyInfo") {
    const spki_hash hash = hash_of(test::leaf("a", "root").der());
    spki_hash expected;
    const bytes spki = test::key_pair("a").spki();
    crypto_hash_sha256(expected.data(), spki.data(), spki.size());
    CHECK(hash == expected);
}

TEST_CASE("pins: this key, whatever certificate it comes with") {
    const test::usual_provider crypto;
    const bytes first = test::leaf("a", "root").der();
    const bytes renewed = test::leaf("a", "another root").der(), other = test::leaf("b", "root").der();
    const pinned_spki pinned(hash_of(first));
    CHECK(pinned.judge(crypto, shown({first}).who).accepted());
    CHECK(pinned.judge(crypto, shown({renewed}).who).accepted());
    CHECK(pinned.judge(crypto, shown({other}).who).error() == errc::certificate_unknown);
    CHECK(pinned.judge(crypto, shown({other, first}).who).error() == errc::certificate_unknown);
    CHECK(pinned.judge(crypto, shown({}).who).error() == errc::certificate_required);
    CHECK(pinned.judge(crypto, shown({{0x30, 0}}).who).error() == errc::bad_certificate);

    const test::draft may_not_sign = test::ca("a", "root");
    CHECK(pinned.judge(crypto, shown({may_not_sign.der()}).who).error() == errc::unsupported_certificate);
}

TEST_CASE("pins: one of several keys, or of none") {
    const test::usual_provider crypto;
    const bytes a = test::leaf("a", "root").der(), b = test::leaf("b", "root").der(), c = test::leaf("c", "root").der();
    const std::vector<spki_hash> pins = {hash_of(a), hash_of(b)};
    const pinned_spki pinned{std::span<const spki_hash>(pins)};
    CHECK(pinned.judge(crypto, shown({a}).who).accepted());
    CHECK(pinned.judge(crypto, shown({b}).who).accepted());
    CHECK_FALSE(pinned.judge(crypto, shown({c}).who).accepted());
    CHECK_FALSE(pinned_spki(std::span<const spki_hash>{}).judge(crypto, shown({c}).who).accepted());
}

TEST_CASE("pins: a key is taken raw, and a pinned certificate is no raw key (RFC 7250)") {
    const test::bytes key = test::key_pair("a").spki(), other = test::key_pair("b").spki();
    const test::usual_provider crypto;
    const pinned_spki pinned(hash_of(test::leaf("a", "root").der()));
    shown raw({key}), another({other}), certificate({test::leaf("a", "root").der()}), none({});
    for (shown* one : {&raw, &another, &certificate, &none}) one->who.type = certificate_type::raw_public_key;
    CHECK(pinned.judge(crypto, raw.who).accepted());
    CHECK(pinned.judge(crypto, another.who).error() == errc::certificate_unknown);
    CHECK(pinned.judge(crypto, certificate.who).error() == errc::bad_certificate);
    CHECK(pinned.judge(crypto, none.who).error() == errc::certificate_required);
    CHECK(pinned_certificate(bytes_view(key)).judge(raw.who).error() == errc::unsupported_certificate);
    // What was not agreed on as a raw key is none.
    raw.who.type = certificate_type::x509;
    CHECK_FALSE(pinned.judge(crypto, raw.who).accepted());
}
