#include <spantls/x509/revocation.hpp>

#include <vector>

#include <spantls/x509/own_ca.hpp>
#include <spantls/x509/render.hpp>
#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"
#include "x509/judging.hpp"
#include "x509/status_builder.hpp"

using namespace spantls;
using test::bytes;
using test::crl_draft;
using test::draft;
using test::ocsp_draft;
using test::operator+;
using x509::crl_rule;
using x509::path_error;
using x509::staple_rule;
using x509::status_source;

namespace {

const bytes one = {2, 1, 1}, two = {2, 1, 2};
const bytes tls_feature = test::sequence({{6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 0x18}, {4, 5, 0x30, 3, 2, 1, 5}});

/// "leaf" of "a" of "root". The serial numbers are 1, 2 and 3.
struct world {
    draft leaf = test::leaf("leaf", "a"), a = test::ca("a", "root"), root = test::ca("root", "root");
    std::vector<draft> more;
    std::vector<bytes> staples;
    std::vector<crl_draft> lists;
    bool asked = true;
    x509::path_options options{.now = test::year_2030, .profile = x509::profile::private_pki};

    world() {
        a.serial = two;
        root.serial = {2, 1, 3};
        for (draft* ca : {&a, &root}) ca->extensions[1] = test::key_usage(1, 0x06);  // keyCertSign and cRLSign
    }
    path_error error() { return judge().error; }
    x509::path_result judge() {
        chain = {leaf.der(), a.der()};
        for (const draft& it : more) chain.push_back(it.der());
        root_der = root.der();
        list = test::stapled_list(chain, staples);
        ders.clear();
        for (const crl_draft& it : lists) ders.push_back(it.der());
        read.assign(ders.size(), {});
        for (std::size_t i = 0; i < ders.size(); ++i) REQUIRE(x509::parse_crl(ders[i], read[i]) == errc::none);
        options.revocation.crls = read;
        store = x509::trust_store(index);
        REQUIRE(store.add(root_der) == errc::none);
        who = {x509::chain_view(list), "leaf.example"};
        who.staples_asked = asked;
        const test::counting_verifier crypto;
        const x509::path_result found = store.examine(crypto, who, options);
        signatures = crypto.signatures;
        CHECK(store.judge(crypto, who, options).error() == errc_of(found.error));
        return found;
    }
    std::string text() {
        const x509::path_result found = judge();
        std::string room(x509::render(found, who, {}), '?');
        x509::render(found, who, room);
        return room;
    }

    std::vector<bytes> chain, ders;
    bytes root_der, list;
    std::vector<x509::crl> read;
    x509::trust_store::entry index[1];
    x509::trust_store store{index};
    x509::peer who;
    std::size_t signatures = 0;
};

world with_staple(const bytes& staple) {
    world it;
    it.staples = {staple};
    return it;
}
world with_lists(std::vector<crl_draft> lists, crl_rule rule = crl_rule::whole_path) {
    world it;
    it.lists = std::move(lists);
    it.options.revocation.lookup = rule;
    return it;
}
const bytes revoked = ocsp_draft::single("a", one, ocsp_draft::revoked(1));

const bytes no_rev_avail = test::extension(56, false, {5, 0});
/// authorityInfoAccess with one URI behind id-ad-N.
bytes access_by(std::uint8_t method) {
    const bytes uri = test::tlv(0x86, test::text("ldap://a.example"));
    const bytes row = test::sequence({test::sequence({{6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, method}, uri})});
    return test::sequence({{6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 1}, test::tlv(4, row)});
}

}  // namespace

TEST_CASE("revocation: nothing is asked of those who show nothing, and no CRL is at hand") {
    world plain;
    const auto found = plain.judge();
    CHECK(found.good());
    CHECK(found.sources[0] == status_source::nobody);
    CHECK(plain.signatures == 2);
}

TEST_CASE("revocation: a response that comes with a certificate has to be good") {
    world good = with_staple(ocsp_draft("a").der());
    const auto found = good.judge();
    CHECK(found.good());
    CHECK(found.sources[0] == status_source::staple);
    CHECK(found.sources[1] == status_source::nobody);
    CHECK(good.signatures == 3);

    world bad = with_staple(ocsp_draft("a").saying(revoked).der());
    const auto refused = bad.judge();
    CHECK(refused.error == path_error::revoked);
    CHECK(refused.at == 0);
    CHECK(refused.status.time == 1889438400);
    CHECK(alert_for(errc_of(refused.error)) == alert_description::certificate_revoked);
    CHECK(with_staple(bytes{1}).error() == path_error::staple_malformed);
    CHECK(with_staple(ocsp_draft("root").der()).error() == path_error::staple_unknown_signer);
    bad.options.revocation.staples = staple_rule::ignore;
    CHECK(bad.error() == path_error::none);
}

TEST_CASE("revocation: so has one of an intermediate") {
    world it;
    it.staples = {{}, ocsp_draft("root", two).der()};
    const auto found = it.judge();
    CHECK(found.good());
    CHECK(found.sources[0] == status_source::nobody);
    CHECK(found.sources[1] == status_source::staple);
    it.staples[1] = ocsp_draft("root").saying(ocsp_draft::single("root", two, ocsp_draft::revoked())).der();
    const auto refused = it.judge();
    CHECK(refused.error == path_error::revoked);
    CHECK(refused.at == 1);
    // An issuer that is revoked does not get to speak.
    it.staples[0] = ocsp_draft("a").saying(revoked).der();
    CHECK(it.judge().at == 1);
    // What is beside a certificate that the path does not need is nobody's business.
    it.staples = {{}, {}, bytes{1}};
    it.more = {test::ca("z", "y")};
    CHECK(it.error() == path_error::none);
}

TEST_CASE("revocation: must-staple holds for those who have asked (RFC 7633)") {
    world it;
    it.leaf = it.leaf.with(tls_feature);
    CHECK(it.error() == path_error::staple_missing);
    CHECK(errc_of(path_error::staple_missing) == errc::staple_missing);
    CHECK(alert_for(errc::staple_missing) == alert_description::bad_certificate_status_response);
    it.asked = false;
    CHECK(it.error() == path_error::none);
    it.asked = true;
    it.options.revocation.staples = staple_rule::ignore;
    CHECK(it.error() == path_error::none);
    it.options.revocation.staples = staple_rule::check;
    it.staples = {ocsp_draft("a").der()};
    CHECK(it.error() == path_error::none);
    it.staples = {{}, ocsp_draft("root", two).der()};  // somebody else's does not count
    CHECK(it.error() == path_error::staple_missing);
    it.staples = {ocsp_draft("a").saying(ocsp_draft::single("a", one, ocsp_draft::unknown())).der()};
    CHECK(it.error() == path_error::staple_unknown_status);

    world below;  // RFC 7633, section 4.2.2: of a CA, for all that it issues
    below.a = below.a.with(tls_feature);
    CHECK(below.error() == path_error::staple_missing);
    below.staples = {ocsp_draft("a").der()};
    CHECK(below.error() == path_error::none);
}

TEST_CASE("revocation: a judge that cannot read responses takes nobody who has to come with one") {
    const bytes root = test::ca("root", "root").der(), leaf = test::leaf("leaf", "root").with(tls_feature).der();
    const bytes list = test::certificate_list({leaf});
    x509::peer who{x509::chain_view(list), "leaf.example"};
    CHECK(x509::own_ca(root).judge(test::usual_provider(), who, test::year_2030).accepted());
    who.staples_asked = true;
    CHECK(x509::own_ca(root).judge(test::usual_provider(), who, test::year_2030).error() ==
          errc::unsupported_certificate);
}

TEST_CASE("revocation: a response may be demanded of everybody") {
    world it;
    it.options.revocation.staples = staple_rule::require;
    CHECK(it.error() == path_error::staple_missing);
    it.staples = {ocsp_draft("a").der()};
    CHECK(it.error() == path_error::none);
}

TEST_CASE("revocation: CRLs, and which certificates have to be in their scope") {
    const crl_draft of_a("a"), of_root("root");
    const auto whole = with_lists({of_root, of_a}).judge();
    CHECK(whole.good());
    CHECK(whole.sources[0] == status_source::crl);
    CHECK(whole.sources[1] == status_source::crl);
    CHECK(with_lists({of_a}).judge().at == 1);
    CHECK(with_lists({of_a}).error() == path_error::crl_missing);
    CHECK(with_lists({of_root}).error() == path_error::crl_missing);
    CHECK(with_lists({}).error() == path_error::crl_missing);
    CHECK(alert_for(errc_of(path_error::crl_missing)) == alert_description::certificate_unknown);
    CHECK(with_lists({of_a}, crl_rule::end_entity).error() == path_error::none);
    CHECK(with_lists({of_root}, crl_rule::end_entity).error() == path_error::crl_missing);
    CHECK(with_lists({of_root}, crl_rule::where_known).error() == path_error::none);
    CHECK(with_lists({}, crl_rule::where_known).error() == path_error::none);

    for (const crl_rule rule : {crl_rule::where_known, crl_rule::end_entity, crl_rule::whole_path}) {
        const auto leaf =
            with_lists({of_root, of_a.listing({2, 1, 9}).listing(one, crl_draft::reason(4))}, rule).judge();
        CHECK(leaf.error == path_error::revoked);
        CHECK(leaf.at == 0);
        CHECK(leaf.status.time == 1889438400);
        CHECK(leaf.status.reason == x509::revocation_reason::superseded);
        // The other's number in the wrong list.
        CHECK(with_lists({of_root.listing(one), of_a.listing(two)}, rule).error() == path_error::none);
    }
    CHECK(with_lists({of_root.listing(two), of_a}).error() == path_error::revoked);
    CHECK(with_lists({of_root.listing(two), of_a}, crl_rule::where_known).judge().at == 1);
    CHECK(with_lists({of_root.listing(two), of_a}, crl_rule::end_entity).error() == path_error::none);
}

TEST_CASE("revocation: whose issuer tells nobody is not asked for it (RFC 9608, section 4)") {
    const auto with = [](world it) {
        it.leaf = it.leaf.with(no_rev_avail).with(access_by(2));  // caIssuers
        return it;
    };
    crl_draft old("a");
    old.next_update = test::utc("291231235959Z");
    const crl_draft of_root("root"), of_a("a");
    for (const crl_rule rule : {crl_rule::end_entity, crl_rule::whole_path}) {
        world plain = with_lists({of_root}, rule);
        CHECK(plain.error() == path_error::crl_missing);
        plain = with(plain);
        CHECK(plain.judge().sources[0] == status_source::nobody);
        CHECK(plain.error() == path_error::none);
    }
    // It says so of itself alone.
    CHECK(with(with_lists({of_a})).error() == path_error::crl_missing);
    CHECK(with(with_lists({of_a})).judge().at == 1);
    CHECK(with(with_lists({old}, crl_rule::where_known)).error() == path_error::none);
    CHECK(with(with_lists({of_root, of_a})).judge().sources[0] == status_source::crl);

    world required;
    required.options.revocation.staples = staple_rule::require;
    CHECK(required.error() == path_error::staple_missing);
    CHECK(with(required).error() == path_error::none);
    required.leaf = required.leaf.with(tls_feature);
    CHECK(with(required).error() == path_error::staple_missing);  // which it has promised

    // What is said all the same counts.
    CHECK(with(with_lists({of_root, of_a.listing(one)})).error() == path_error::revoked);
    CHECK(with(with_lists({of_a.listing(one)}, crl_rule::where_known)).error() == path_error::revoked);
    CHECK(with(with_staple(ocsp_draft("a").saying(revoked).der())).error() == path_error::revoked);
    CHECK(with(with_staple({0x30, 0})).error() == path_error::staple_malformed);
}

TEST_CASE(
    "revocation: noRevAvail is an end entity's, and beside nothing that says where to ask (RFC 9608, section 3)") {
    const auto error_with = [](std::initializer_list<bytes> extensions) {
        world it;
        for (const bytes& extension : extensions) it.leaf = it.leaf.with(extension);
        return it.error();
    };
    using enum path_error;
    CHECK(error_with({no_rev_avail}) == none);
    CHECK(error_with({test::extension(56, false, {5, 1, 0})}) == malformed);
    CHECK(error_with({test::extension(56, false, {4, 0})}) == malformed);
    CHECK(error_with({test::extension(56, false, {5, 0, 5, 0})}) == malformed);
    CHECK(error_with({test::extension(56, false, {})}) == malformed);
    CHECK(error_with({test::extension(56, true, {5, 0})}) == unknown_critical);
    const bytes unreadable = test::sequence({{6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 1}, {4, 1, 7}});
    // Rows that are none, behind one that is: no method, no name, a method that is no identifier, and no row at all.
    const auto access = [](const bytes& rows) {
        return test::sequence({{6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 1}, test::tlv(4, rows)});
    };
    const bytes row{0x30, 13, 6, 8, 0x2b, 6, 1, 5, 5, 7, 48, 2, 0x86, 1, 'u'};
    const auto behind = [&](const bytes& bad) { return access(test::sequence({row, bad})); };
    CHECK(error_with({no_rev_avail, access(test::sequence({row}))}) == none);
    for (const bytes& where :
         {test::extension(31, false, {0x30, 0}), test::extension(46, false, {0x30, 0}), access_by(1), unreadable,
          access({0x30, 0}), behind({0x30, 0}), behind({0x30, 6, 2, 1, 1, 0x86, 1, 'u'}), behind({0x30, 3, 6, 1, 1})}) {
        CHECK(error_with({where}) == none);
        CHECK(error_with({no_rev_avail, where}) == unknown_critical);
        CHECK(error_with({where, no_rev_avail}) == unknown_critical);
    }
    CHECK(error_with({no_rev_avail, access_by(2)}) == none);
    CHECK(alert_for(errc_of(unknown_critical)) == alert_description::unsupported_certificate);

    world issuer;
    issuer.a = issuer.a.with(no_rev_avail);
    CHECK(issuer.error() == unknown_critical);
    CHECK(issuer.judge().at == 1);
    // A judge that asks nobody about revocation holds that, too.
    const bytes root = test::ca("root", "root").der();
    const auto own_error = [&root](const draft& leaf) {
        const bytes list = test::certificate_list({leaf.der()});
        return x509::own_ca(root)
            .judge(test::usual_provider(), {x509::chain_view(list), "leaf.example"}, test::year_2030)
            .error();
    };
    CHECK(own_error(test::leaf("leaf", "root").with(no_rev_avail)) == errc::none);
    CHECK(own_error(test::leaf("leaf", "root").with(no_rev_avail).with(access_by(1))) == errc::unsupported_certificate);
}

TEST_CASE("revocation: a CRL that cannot be used is none, but then there has to be another one") {
    const auto error_with = [](auto change) {
        crl_draft list("a");
        change(list);
        const path_error only = with_lists({list}, crl_rule::where_known).error();
        CHECK(with_lists({list}, crl_rule::end_entity).error() == only);
        CHECK(with_lists({list, crl_draft("a")}, crl_rule::where_known).error() == path_error::none);
        CHECK(with_lists({crl_draft("a"), list}, crl_rule::where_known).error() == path_error::none);
        CHECK(with_lists({list, crl_draft("a").listing(one)}, crl_rule::where_known).error() == path_error::revoked);
        return only;
    };
    using enum path_error;
    CHECK(error_with([](crl_draft& d) { d.signer = "root"; }) == crl_bad_signature);
    CHECK(error_with([](crl_draft& d) { d.signer = "root", d = d.listing(one); }) == crl_bad_signature);
    CHECK(error_with([](crl_draft& d) { d.this_update = test::utc("300101000001Z"); }) == crl_not_yet_valid);
    CHECK(error_with([](crl_draft& d) { d.next_update = test::utc("291231235959Z"); }) == crl_expired);
    CHECK(error_with([](crl_draft& d) { d.next_update = {}; }) == crl_endless);
    CHECK(error_with([](crl_draft& d) { d = d.with(test::extension(27, true, {2, 1, 1})); }) == crl_unusable);
    CHECK(error_with([](crl_draft& d) {
              d = d.with(test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}}));
          }) == crl_unusable);
    CHECK(error_with([](crl_draft& d) {
              d.algorithm = d.outer_algorithm =
                  test::sequence({{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5}, {5, 0}});
          }) == crl_unsupported_signature);
    // In scope are others only.
    CHECK(error_with([](crl_draft& d) {
              d = d.with(test::extension(28, true, test::sequence({{0x82, 1, 0xff}})));
          }) == crl_missing);
    // Both ends belong to it.
    world edge = with_lists({crl_draft("a")}, crl_rule::end_entity);
    for (const auto& [now, expected] : {std::pair{std::int64_t{1890777599}, crl_not_yet_valid},
                                        {1890777600, none},
                                        {1896134400, none},
                                        {1896134401, crl_expired}}) {
        edge.options.now = now;
        CHECK(edge.error() == expected);
    }
}

TEST_CASE("revocation: signed with which key") {
    world no_crl_sign = with_lists({crl_draft("a")}, crl_rule::end_entity);
    no_crl_sign.a.extensions[1] = test::key_cert_sign();
    CHECK(no_crl_sign.error() == path_error::crl_may_not_sign);
    no_crl_sign.a.extensions.pop_back();
    CHECK(no_crl_sign.error() == path_error::none);

    const auto key_id = [](std::uint8_t id) { return test::extension(35, false, test::sequence({{0x80, 1, id}})); };
    world ids = with_lists({crl_draft("a").with(key_id(7))}, crl_rule::end_entity);
    CHECK(ids.error() == path_error::none);
    ids.a = ids.a.with(test::extension(14, false, {4, 1, 7}));
    CHECK(ids.error() == path_error::none);
    ids.lists = {crl_draft("a").with(key_id(8))};
    CHECK(ids.error() == path_error::crl_missing);
    ids.options.revocation.lookup = crl_rule::where_known;  // it is a list of that name
    CHECK(ids.error() == path_error::crl_missing);

    // An old key of the issuer, which the new one has certified: the list is the new one's.
    world renewed = with_lists({crl_draft("a").with(key_id(2)).listing({2, 1, 9})}, crl_rule::end_entity);
    draft old = renewed.a.with(test::extension(14, false, {4, 1, 1}));
    old.issuer = test::name("a");
    old.signer = "new a";
    draft fresh = renewed.a.with(test::extension(14, false, {4, 1, 2}));
    fresh.spki = test::key_pair("new a").spki();
    renewed.a = old;
    renewed.more = {fresh};
    renewed.lists[0].signer = "new a";
    CHECK(renewed.error() == path_error::none);
    renewed.lists[0] = renewed.lists[0].listing(one);
    CHECK(renewed.error() == path_error::revoked);
    renewed.lists[0].signer = "a";
    CHECK(renewed.error() == path_error::crl_bad_signature);
}

TEST_CASE("revocation: several CRLs have to be about all reasons together") {
    const auto some = [](std::uint8_t unused, std::uint8_t bits) {
        return test::extension(28, true, test::sequence({{0x83, 2, unused, bits}}));
    };
    const crl_draft compromise = crl_draft("a").with(some(5, 0x60));
    const crl_draft rest = crl_draft("a").with(test::extension(28, true, test::sequence({{0x83, 3, 7, 0x1f, 0x80}})));
    CHECK(with_lists({compromise}, crl_rule::end_entity).error() == path_error::crl_missing);
    CHECK(with_lists({rest}, crl_rule::where_known).error() == path_error::crl_missing);
    CHECK(with_lists({compromise, rest}, crl_rule::end_entity).error() == path_error::none);
    CHECK(with_lists({compromise, rest.listing(one)}, crl_rule::end_entity).error() == path_error::revoked);
    CHECK(with_lists({rest.listing(one)}, crl_rule::where_known).error() == path_error::revoked);
}

TEST_CASE("revocation: a delta CRL makes nobody good, and what it lists counts (RFC 5280, section 5.2.4)") {
    const crl_draft complete("a"), delta = complete.with(test::extension(27, true, {2, 1, 6}));
    for (const crl_rule rule : {crl_rule::where_known, crl_rule::end_entity}) {
        CHECK(with_lists({delta}, rule).error() == path_error::crl_unusable);
        for (const bool first : {false, true}) {
            const auto error_with = [&](const crl_draft& all, const crl_draft& changes) {
                return with_lists(first ? std::vector{changes, all} : std::vector{all, changes}, rule).error();
            };
            CHECK(error_with(complete, delta) == path_error::none);
            CHECK(error_with(complete, delta.listing(two)) == path_error::none);
            CHECK(error_with(complete, delta.listing(one)) == path_error::revoked);
            CHECK(error_with(complete, delta.listing(one, crl_draft::reason(6))) == path_error::revoked);
            CHECK(error_with(complete.listing(one), delta) == path_error::revoked);
            // removeFromCRL: nothing new about those that are not on the other list, nor is anybody let off who is.
            CHECK(error_with(complete, delta.listing(one, crl_draft::reason(8))) == path_error::none);
            CHECK(error_with(complete.listing(one, crl_draft::reason(6)), delta.listing(one, crl_draft::reason(8))) ==
                  path_error::revoked);
            crl_draft forged = delta.listing(one);
            forged.signer = "root";
            CHECK(error_with(complete, forged) == path_error::none);
        }
        // A complete list has no such reason.
        CHECK(with_lists({complete.listing(one, crl_draft::reason(8))}, rule).error() == path_error::revoked);
    }
}

TEST_CASE("revocation: cRLNumber is for the web to have") {
    crl_draft list("a");
    list.extensions = {};
    world it = with_lists({list}, crl_rule::end_entity);
    CHECK(it.error() == path_error::none);
    it.options.profile = x509::profile::web_pki;
    const bytes a_id = test::extension(14, false, {4, 1, 7}),
                by_a = test::extension(35, false, test::sequence({{0x80, 1, 7}}));
    const bytes by_root = test::extension(35, false, test::sequence({{0x80, 1, 8}}));
    it.a = it.a.with(a_id).with(by_root);
    draft leaf = it.leaf.with(by_a).with(test::extended_key_usage(1));
    leaf.subject = test::name("leaf.example");
    it.leaf = leaf;
    CHECK(it.error() == path_error::crl_without_number);
    it.lists = {crl_draft("a")};
    CHECK(it.error() == path_error::none);
}

TEST_CASE("revocation: of response and CRL either is enough to be good, and either to be refused") {
    const bytes good = ocsp_draft("a").der();
    world it = with_lists({}, crl_rule::end_entity);
    it.staples = {good};
    CHECK(it.error() == path_error::none);
    it.lists = {crl_draft("a").listing(one)};
    CHECK(it.error() == path_error::revoked);
    it.lists = {crl_draft("a")};
    CHECK(it.judge().sources[0] == status_source::staple);
    it.lists[0].next_update = test::utc("291231235959Z");
    CHECK(it.error() == path_error::none);
    it.staples = {ocsp_draft("a").saying(revoked).der()};
    it.lists = {crl_draft("a")};
    CHECK(it.error() == path_error::revoked);
    it.staples = {ocsp_draft("a").saying(ocsp_draft::single("a", two)).der()};
    CHECK(it.error() == path_error::staple_of_another);
}

TEST_CASE("revocation: another way up is tried when an issuer is revoked, but not for ever") {
    // "a" is certified by the root as 2, which is revoked, and as 4.
    world it = with_lists({crl_draft("root").listing(two), crl_draft("a")});
    CHECK(it.error() == path_error::revoked);
    draft again = it.a;
    again.serial = {2, 1, 4};
    it.more = {again};
    const auto found = it.judge();
    CHECK(found.good());
    CHECK(equal_bytes(found.path[1], again.der()));
    CHECK(found.sources[2] == status_source::nobody);

    it.lists[0] = crl_draft("root").listing(two);
    it.more.clear();
    for (std::uint8_t serial = 10; serial < 30; ++serial) {
        draft more = it.a;
        more.serial = {2, 1, serial};
        it.lists[0] = it.lists[0].listing(more.serial);
        it.more.push_back(more);
    }
    it.more.push_back(again);
    CHECK(it.error() == path_error::revoked);
    CHECK(it.signatures == x509::max_revoked_paths * 3);  // the path's two, and the list's

    it.options.signatures = 2;
    CHECK(it.error() == path_error::too_much_work);
    CHECK(it.signatures == 2);
}

TEST_CASE("revocation: told to people") {
    CHECK(with_staple(ocsp_draft("a").der())
              .text()
              .find("2040-01-01 00:00:00 UTC\n   not revoked: by OCSP response\n1:") != std::string::npos);
    const std::string by_list = with_lists({crl_draft("a"), crl_draft("root")}).text();
    CHECK(by_list.find("   not revoked: by CRL\n1: CN=a\n") != std::string::npos);
    CHECK(by_list.find("   not revoked: by CRL\n2: CN=root\n") != std::string::npos);
    CHECK(by_list.find("accepted\n") != std::string::npos);
    CHECK(with_staple(ocsp_draft("a").saying(revoked).der())
              .text()
              .find("refused: its issuer has revoked it (revoked, alert certificate_revoked): certificate 0 since "
                    "2029-11-15 "
                    "12:00:00 UTC, keyCompromise\n") != std::string::npos);
    const bytes old = ocsp_draft::single("a", one, ocsp_draft::good(), "20290101000000Z", "20290102000000Z");
    CHECK(with_staple(ocsp_draft("a").saying(old).der())
              .text()
              .find("(staple_expired, alert bad_certificate_status_response): certificate 0 since 2029-01-02 00:00:00 "
                    "UTC\n") != std::string::npos);
    crl_draft early("a");
    early.this_update = test::utc("300115000000Z");
    CHECK(with_lists({early}, crl_rule::end_entity).text().find("certificate 0 until 2030-01-15 00:00:00 UTC\n") !=
          std::string::npos);
}
