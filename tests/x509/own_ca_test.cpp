#include <spantls/x509/own_ca.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::ca;
using test::draft;
using test::leaf;
using x509::key_purpose;

namespace {

/// libsodium, counting the signatures that it is asked for.
struct counting {
    mutable int signatures = 0;
    bool verify(signature_scheme scheme, bytes_view key, bytes_view message, bytes_view signature) const noexcept {
        ++signatures;
        return test::usual_provider().verify(scheme, key, message, signature);
    }
};

struct asked {
    std::string_view name = "";
    key_purpose purpose = key_purpose::server_auth;
    std::int64_t now = test::year_2030;
};

errc judge(const bytes& root, const std::vector<bytes>& chain, asked about = {}) {
    const bytes list = test::certificate_list(chain);
    REQUIRE(x509::chain_view(list).well_formed());
    const x509::own_ca trusted(root);
    return trusted.judge(test::usual_provider(), {x509::chain_view(list), about.name, about.purpose}, about.now)
        .error();
}

errc judge(const draft& root, const std::vector<draft>& chain, asked about = {}) {
    std::vector<bytes> ders;
    for (const draft& one : chain) ders.push_back(one.der());
    return judge(root.der(), ders, about);
}

const draft& root() {
    static const draft it = ca("root", "root");
    return it;
}

draft until_2025(draft it) {
    it.validity = test::sequence({test::utc("200101000000Z"), test::utc("241231235959Z")});
    return it;
}
draft from_2035(draft it) {
    it.validity = test::sequence({test::utc("350101000000Z"), test::utc("400101000000Z")});
    return it;
}

}  // namespace

TEST_CASE("own_ca: certificates that OpenSSL made") {
    const bytes root_der = test::made_certificate("ca"), intermediate = test::made_certificate("intermediate");
    x509::certificate it;
    REQUIRE(x509::parse_certificate(intermediate, it) == errc::none);
    const std::int64_t now = it.not_before + 3600;
    const auto made = [&](const char* name, std::string_view host, key_purpose purpose = key_purpose::server_auth) {
        return judge(root_der, {test::made_certificate(name), intermediate}, {host, purpose, now});
    };
    CHECK(made("server", "localhost") == errc::none);
    CHECK(made("server", "SERVER.example") == errc::none);
    CHECK(made("server", "any.wild.example") == errc::none);
    CHECK(made("server", "127.0.0.1") == errc::none);
    CHECK(made("server", "::1") == errc::none);
    CHECK(made("server", "") == errc::none);
    CHECK(made("server", "wild.example") == errc::certificate_name_mismatch);
    CHECK(made("server", "127.0.0.2") == errc::certificate_name_mismatch);
    CHECK(made("server", "localhost", key_purpose::client_auth) == errc::unsupported_certificate);
    CHECK(made("client", "", key_purpose::client_auth) == errc::none);
    CHECK(made("client", "client.example") == errc::unsupported_certificate);
    CHECK(made("direct", "localhost") == errc::none);  // the intermediate is extraneous
    CHECK(made("wrong-name", "localhost") == errc::certificate_name_mismatch);
    CHECK(made("wrong-name", "other.example") == errc::none);
    CHECK(made("no-digital-signature", "localhost") == errc::unsupported_certificate);
    CHECK(made("localhost", "localhost") == errc::unknown_ca);
    CHECK(made("p256", "localhost") == errc::unknown_ca);
    CHECK(made("rsa", "localhost") == errc::unknown_ca);
    CHECK(made("expired", "localhost") == errc::certificate_expired);
}

TEST_CASE("own_ca: Ed25519 signatures that others made") {
    const auto file = test::debian_vectors("x509/ed25519/root-ed25519.pem");
    if (!file) return;
    // The key of RFC 8410, section 10, in a certificate that it has signed itself.
    const bytes pem = test::load_bytes(*file);
    const bytes der = test::from_pem(as_text(pem));
    x509::certificate it;
    REQUIRE(x509::parse_certificate(der, it) == errc::none);
    CHECK(x509::own_ca(der).error() == errc::none);
    CHECK(x509::detail::check_signature(test::usual_provider(), it, it) == errc::none);
}

TEST_CASE("own_ca: a leaf of the root") {
    CHECK(judge(root(), {leaf("leaf", "root")}) == errc::none);
    CHECK(judge(root(), {leaf("leaf", "root")}, {"leaf.example"}) == errc::none);
    CHECK(judge(root(), {leaf("leaf", "root"), root()}) == errc::none);  // sending the root changes nothing
    CHECK(judge(root(), {}) == errc::certificate_required);
    CHECK(judge(root(), {draft("leaf", "root")}) == errc::none);
    CHECK(judge(root(), {draft("leaf", "root")}, {"leaf.example"}) == errc::certificate_name_mismatch);
}

TEST_CASE("own_ca: four intermediates in any order") {
    const std::vector<bytes> intermediates = {ca("a", "root").der(), ca("b", "a").der(), ca("c", "b").der(),
                                              ca("d", "c").der()};
    std::vector<int> order = {0, 1, 2, 3};
    int orders = 0;
    do {
        std::vector<bytes> chain = {leaf("leaf", "d").der()};
        for (const int i : order) chain.push_back(intermediates[static_cast<std::size_t>(i)]);
        CHECK(judge(root().der(), chain) == errc::none);
        chain.push_back(root().der());
        CHECK(judge(root().der(), chain) == errc::none);
        ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(orders == 24);
}

TEST_CASE("own_ca: five intermediates are too many, used or not") {
    std::vector<draft> chain = {leaf("leaf", "root"), ca("a", "root"), ca("b", "a"), ca("c", "b"), ca("d", "c")};
    CHECK(judge(root(), chain) == errc::none);
    chain.push_back(ca("e", "d"));
    CHECK(judge(root(), chain) == errc::unsupported_certificate);
}

TEST_CASE("own_ca: a missing link is unknown_ca") {
    CHECK(judge(root(), {leaf("leaf", "a")}) == errc::unknown_ca);
    CHECK(judge(root(), {leaf("leaf", "b"), ca("b", "a")}) == errc::unknown_ca);
    CHECK(judge(root(), {leaf("leaf", "b"), ca("a", "root")}) == errc::unknown_ca);
    CHECK(judge(root(), {leaf("leaf", "leaf")}) == errc::unknown_ca);
    CHECK(judge(root(), {leaf("leaf", "a"), ca("a", "b"), ca("b", "a")}) == errc::unknown_ca);  // a circle
    CHECK(judge(root(), {leaf("leaf", "a"), ca("a", "a")}) == errc::unknown_ca);
    CHECK(judge(ca("another", "another"), {leaf("leaf", "root")}) == errc::unknown_ca);
}

TEST_CASE("own_ca: names are compared byte by byte") {
    draft it = leaf("leaf", "root");
    it.issuer = test::name("ROOT");
    CHECK(judge(root(), {it}) == errc::unknown_ca);
}

TEST_CASE("own_ca: a wrong signature is bad_certificate") {
    draft by_another = leaf("leaf", "root");
    by_another.signer = "another";
    CHECK(judge(root(), {by_another}) == errc::bad_certificate);

    draft intermediate = ca("a", "root");
    intermediate.signer = "another";
    CHECK(judge(root(), {leaf("leaf", "a"), intermediate}) == errc::bad_certificate);
    // A good one of the same name helps.
    CHECK(judge(root(), {leaf("leaf", "a"), intermediate, ca("a", "root")}) == errc::none);
    CHECK(judge(root(), {leaf("leaf", "a"), ca("a", "root"), intermediate}) == errc::none);
}

TEST_CASE("own_ca: only an issuer may issue (RFC 5280, section 6.1.4 (k) and (n))") {
    CHECK(judge(root(), {leaf("leaf", "a"), leaf("a", "root")}) == errc::unknown_ca);
    CHECK(judge(root(), {leaf("leaf", "a"), draft("a", "root")}) == errc::unknown_ca);
    const draft not_ca = draft("a", "root").with(test::basic_constraints(false));
    CHECK(judge(root(), {leaf("leaf", "a"), not_ca}) == errc::unknown_ca);
    const draft is_ca = draft("a", "root").with(test::basic_constraints(true));
    CHECK(judge(root(), {leaf("leaf", "a"), is_ca}) == errc::none);
    CHECK(judge(root(), {leaf("leaf", "a"), is_ca.with(test::key_cert_sign())}) == errc::none);
    CHECK(judge(root(), {leaf("leaf", "a"), is_ca.with(test::digital_signature())}) == errc::unknown_ca);
}

TEST_CASE("own_ca: pathLen (RFC 5280, section 6.1.4 (l) and (m))") {
    const draft none_below = ca("root", "root", std::uint8_t{0}), one_below = ca("root", "root", std::uint8_t{1});
    const draft ab = ca("b", "a");
    CHECK(judge(none_below, {leaf("leaf", "root")}) == errc::none);
    CHECK(judge(none_below, {leaf("leaf", "a"), ca("a", "root")}) == errc::unknown_ca);
    CHECK(judge(one_below, {leaf("leaf", "a"), ca("a", "root")}) == errc::none);
    CHECK(judge(one_below, {leaf("leaf", "b"), ab, ca("a", "root")}) == errc::unknown_ca);
    CHECK(judge(root(), {leaf("leaf", "b"), ab, ca("a", "root", std::uint8_t{0})}) == errc::unknown_ca);
    CHECK(judge(root(), {leaf("leaf", "b"), ab, ca("a", "root", std::uint8_t{1})}) == errc::none);
    // What comes below cannot widen it.
    CHECK(judge(one_below, {leaf("leaf", "b"), ab, ca("a", "root", std::uint8_t{9})}) == errc::unknown_ca);
    // Of two certificates for the same issuer the wider one counts, in either order.
    const draft narrow = ca("a", "root", std::uint8_t{0}), wide = ca("a", "root", std::uint8_t{1});
    CHECK(judge(root(), {leaf("leaf", "b"), narrow, wide, ab}) == errc::none);
    CHECK(judge(root(), {leaf("leaf", "b"), ab, wide, narrow}) == errc::none);
}

TEST_CASE("own_ca: who issued itself does not count for pathLen, and must still be signed") {
    const draft one_below = ca("root", "root", std::uint8_t{1});
    const draft a = ca("a", "root", std::uint8_t{0});
    draft renewed = ca("a", "a");  // the same name with a new key, signed with the old one
    renewed.spki = test::key_pair("new a").spki();
    draft it = leaf("leaf", "a");
    it.signer = "new a";
    CHECK(judge(one_below, {it, renewed, a}) == errc::none);
    renewed.signer = "another";
    CHECK(judge(one_below, {it, renewed, a}) == errc::bad_certificate);
}

TEST_CASE("own_ca: a certificate gets no more room than an issuer has signed for") {
    // b is signed by the narrow a only; that a namesake of a has more room is none of its business.
    const draft narrow = ca("a", "root", std::uint8_t{1});
    draft wide = ca("a", "root");
    wide.spki = test::key_pair("wide a").spki();
    const std::vector<draft> rest = {ca("c", "b"), ca("b", "a"), narrow, wide};
    std::vector<draft> chain = {leaf("leaf", "b")};
    chain.insert(chain.end(), rest.begin(), rest.end());
    CHECK(judge(root(), chain) == errc::none);
    chain[0] = leaf("leaf", "c");
    CHECK(judge(root(), chain) == errc::unknown_ca);
    std::reverse(chain.begin() + 1, chain.end());
    CHECK(judge(root(), chain) == errc::unknown_ca);
}

TEST_CASE("own_ca: times, both ends included") {
    const std::int64_t first = 1577836800, last = 2208988800;  // 2020 and 2040
    for (const bool through_intermediate : {false, true}) {
        std::vector<draft> chain = {leaf("leaf", "root")};
        if (through_intermediate) chain = {leaf("leaf", "a"), ca("a", "root")};
        const auto at = [&](std::int64_t now) { return judge(root(), chain, {"", key_purpose::server_auth, now}); };
        CHECK(at(first - 1) == errc::certificate_expired);
        CHECK(at(first) == errc::none);
        CHECK(at(last) == errc::none);
        CHECK(at(last + 1) == errc::certificate_expired);
        CHECK(at(0) == errc::certificate_expired);
    }
    CHECK(judge(root(), {until_2025(leaf("leaf", "root"))}) == errc::certificate_expired);
    CHECK(judge(root(), {from_2035(leaf("leaf", "root"))}) == errc::certificate_expired);
    CHECK(judge(root(), {leaf("leaf", "a"), until_2025(ca("a", "root"))}) == errc::certificate_expired);
    CHECK(judge(root(), {leaf("leaf", "b"), ca("b", "a"), from_2035(ca("a", "root"))}) == errc::certificate_expired);
    CHECK(judge(until_2025(ca("root", "root")), {leaf("leaf", "root")}) == errc::certificate_expired);
    // Another one of the same name that has not expired will do.
    CHECK(judge(root(), {leaf("leaf", "a"), until_2025(ca("a", "root")), ca("a", "root")}) == errc::none);
}

TEST_CASE("own_ca: extendedKeyUsage, if it is there, is for this") {
    const auto used = [](std::uint8_t purpose) { return test::extended_key_usage(purpose); };
    const draft plain = leaf("leaf", "root");
    const asked server, client{"", key_purpose::client_auth};
    CHECK(judge(root(), {plain}, client) == errc::none);
    CHECK(judge(root(), {plain.with(used(1))}, server) == errc::none);
    CHECK(judge(root(), {plain.with(used(1))}, client) == errc::unsupported_certificate);
    CHECK(judge(root(), {plain.with(used(2))}, client) == errc::none);
    CHECK(judge(root(), {plain.with(used(2))}, server) == errc::unsupported_certificate);
    CHECK(judge(root(), {plain.with(used(3))}, server) == errc::unsupported_certificate);
    const bytes any = test::extension(37, false, test::sequence({{6, 4, 0x55, 0x1d, 0x25, 0}}));
    CHECK(judge(root(), {plain.with(any)}, client) == errc::none);
    const bytes server_auth = {6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1}, client_auth = {6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2};
    const bytes both = test::extension(37, true, test::sequence({server_auth, client_auth}));
    CHECK(judge(root(), {plain.with(both)}, server) == errc::none);
    CHECK(judge(root(), {plain.with(both)}, client) == errc::none);
    // An intermediate that is for one thing cannot be used for another.
    CHECK(judge(root(), {leaf("leaf", "a"), ca("a", "root").with(used(1))}, server) == errc::none);
    CHECK(judge(root(), {leaf("leaf", "a"), ca("a", "root").with(used(1))}, client) == errc::unsupported_certificate);
}

TEST_CASE("own_ca: critical extensions that are not understood") {
    const bytes critical = test::extension(36, true, {0x30, 0});
    const bytes name_constraints = test::extension(30, false, {0x30, 0});
    const bytes harmless = test::extension(14, false, {4, 1, 1});
    CHECK(judge(root(), {leaf("leaf", "root").with(critical)}) == errc::unsupported_certificate);
    CHECK(judge(root(), {leaf("leaf", "root").with(harmless)}) == errc::none);
    CHECK(judge(root(), {leaf("leaf", "a"), ca("a", "root").with(critical)}) == errc::unsupported_certificate);
    CHECK(judge(root(), {leaf("leaf", "a"), ca("a", "root").with(name_constraints)}) == errc::unsupported_certificate);
    CHECK(judge(root(), {leaf("leaf", "a"), ca("a", "root").with(harmless)}) == errc::none);
}

TEST_CASE("own_ca: a leaf whose keyUsage lacks digitalSignature (RFC 9846, section 4.5.1.2)") {
    CHECK(judge(root(), {ca("leaf", "root")}) == errc::unsupported_certificate);
    CHECK(judge(root(), {ca("leaf", "root")}, {"leaf.example"}) == errc::unsupported_certificate);
}

TEST_CASE("own_ca: signatures of other kinds, and keys of other kinds that sign") {
    draft other = leaf("leaf", "root");
    other.algorithm = other.outer_algorithm = test::sequence({{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}});
    CHECK(judge(root(), {other}) == errc::unsupported_certificate);
    draft parameters = leaf("leaf", "root");
    parameters.algorithm = parameters.outer_algorithm = test::sequence({{6, 3, 0x2b, 0x65, 0x70}, {5, 0}});
    CHECK(judge(root(), {parameters}) == errc::unsupported_certificate);

    // RFC 9846, section 4.5.1.3: a certificate that would have to be validated with MD5 is a bad one.
    for (const bool of_issuer : {false, true}) {
        const bytes md5 = test::sequence({{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4}, {5, 0}});
        draft issuer = ca("a", "root"), signed_by_it = leaf("leaf", "a");
        draft& with_md5 = of_issuer ? issuer : signed_by_it;
        with_md5.algorithm = with_md5.outer_algorithm = md5;
        CHECK(judge(root(), {signed_by_it, issuer}) == errc::bad_certificate);
    }

    draft with_ec_key = ca("a", "root");
    const bytes ec = {6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, p256 = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
    with_ec_key.spki = test::sequence({test::sequence({ec, p256}), test::bit_string(bytes(65, 4))});
    CHECK(judge(root(), {leaf("leaf", "a"), with_ec_key}) == errc::unsupported_certificate);
    // The key of a leaf is for CertificateVerify to judge, not for its issuer.
    draft leaf_with_ec_key = leaf("leaf", "root");
    leaf_with_ec_key.spki = with_ec_key.spki;
    CHECK(judge(root(), {leaf_with_ec_key}) == errc::none);
}

TEST_CASE("own_ca: what else stands in the chain does no harm, unless the path leads through it") {
    const bytes good = leaf("leaf", "a").der(), a = ca("a", "root").der(), rubbish = {0x30, 1};
    CHECK(judge(root().der(), {good, rubbish, a}) == errc::none);
    CHECK(judge(root().der(), {good, a, until_2025(ca("z", "root")).der()}) == errc::none);
    CHECK(judge(root().der(), {good, a, a, a}) == errc::none);
    CHECK(judge(root().der(), {rubbish, a}) == errc::bad_certificate);
    CHECK(judge(root().der(), {good, until_2025(ca("z", "root")).der()}) == errc::unknown_ca);
}

TEST_CASE("own_ca: a root that cannot be one") {
    using x509::own_ca;
    CHECK(own_ca(root().der()).error() == errc::none);
    const bytes rubbish = {0x30, 0};
    CHECK(own_ca(rubbish).error() == errc::bad_certificate);
    CHECK(own_ca(bytes_view{}).error() == errc::bad_certificate);
    CHECK(own_ca(leaf("root", "root").der()).error() == errc::unknown_ca);
    CHECK(own_ca(test::made_certificate("rsa")).error() != errc::none);
    CHECK(own_ca(test::made_certificate("ca")).error() == errc::none);
    CHECK(judge(leaf("root", "root"), {leaf("leaf", "root")}) == errc::unknown_ca);
    CHECK(judge(rubbish, {leaf("leaf", "root").der()}) == errc::unknown_ca);
}

TEST_CASE("own_ca: a stranger makes us check five signatures at most") {
    const bytes root_der = root().der();
    const x509::own_ca trusted(root_der);
    const auto signatures = [&trusted](const std::vector<draft>& chain) {
        std::vector<bytes> ders;
        for (const draft& one : chain) ders.push_back(one.der());
        const bytes list = test::certificate_list(ders);
        const counting crypto;
        CHECK_FALSE(trusted.judge(crypto, {x509::chain_view(list), ""}, test::year_2030).accepted());
        return crypto.signatures;
    };
    draft liar = ca("root", "root"), lying_leaf = leaf("leaf", "root");
    liar.signer = lying_leaf.signer = "another";
    CHECK(signatures({lying_leaf, liar, liar, liar, liar}) == 5);
    CHECK(signatures({leaf("leaf", "a"), ca("a", "b"), ca("b", "c"), ca("c", "d"), ca("d", "a")}) == 0);
    CHECK(signatures({leaf("leaf", "a")}) == 0);
}

TEST_CASE("own_ca: no bit of a certificate can be changed") {
    const bytes root_der = test::made_certificate("ca");
    const std::vector<bytes> chain = {test::made_certificate("server"), test::made_certificate("intermediate")};
    x509::certificate it;
    REQUIRE(x509::parse_certificate(chain[1], it) == errc::none);
    const asked about{"localhost", key_purpose::server_auth, it.not_before + 3600};
    REQUIRE(judge(root_der, chain, about) == errc::none);
    for (std::size_t which = 0; which < chain.size(); ++which) {
        for (std::size_t at = 0; at < chain[which].size(); ++at) {
            for (unsigned bit = 0; bit < 8; ++bit) {
                std::vector<bytes> changed = chain;
                changed[which][at] = static_cast<std::uint8_t>(changed[which][at] ^ 1U << bit);
                if (judge(root_der, changed, about) != errc::none) continue;
                FAIL("certificate " << which << ", byte " << at << ", bit " << bit);
            }
        }
    }
}

TEST_CASE("own_ca: no certificate can be cut") {
    const bytes root_der = root().der();
    const std::vector<bytes> chain = {leaf("leaf", "a").der(), ca("a", "root").der()};
    for (std::size_t which = 0; which < chain.size(); ++which) {
        for (std::size_t size = 1; size < chain[which].size(); ++size) {
            std::vector<bytes> cut = chain;
            cut[which].resize(size);
            if (judge(root_der, cut) == errc::none) FAIL("certificate " << which << " cut to " << size);
        }
    }
    CHECK(judge(root_der, chain) == errc::none);
}
