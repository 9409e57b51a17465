#include <spantls/x509/path.hpp>

#include <algorithm>
#include <vector>

#include "support/catch.hpp"
#include "x509/builder.hpp"
#include "x509/judging.hpp"

using namespace spantls;
using test::bytes;
using test::ca;
using test::draft;
using test::judged;
using test::leaf;
using x509::path_error;

namespace {

const x509::path_options usual{.now = test::year_2030, .profile = x509::profile::private_pki};

path_error error_of(const std::vector<draft>& chain, std::string_view host = "", x509::path_options options = usual,
                    x509::key_purpose purpose = x509::key_purpose::server_auth) {
    return judged({ca("root", "root")}, chain, host, options, purpose).error();
}

draft valid(draft it, const char* from, const char* to) {
    it.validity = test::sequence({test::utc(from), test::utc(to)});
    return it;
}

}  // namespace

TEST_CASE("path: from the peer to the root, in any order, with what does not belong to it") {
    const draft l = leaf("leaf", "b"), b = ca("b", "a"), a = ca("a", "root"), other = ca("z", "y");
    std::vector<draft> rest = {b, a, ca("root", "root"), other};
    std::vector<int> order = {0, 1, 2, 3};
    do {
        std::vector<draft> chain = {l};
        for (const int i : order) chain.push_back(rest[static_cast<std::size_t>(i)]);
        const judged it({ca("root", "root"), ca("r2", "r2")}, chain, "leaf.example");
        CHECK(it.found.good());
        REQUIRE(it.found.size == 4);
        CHECK(equal_bytes(it.found.path[1], b.der()));
        CHECK(equal_bytes(it.found.path[3], ca("root", "root").der()));
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("path: cross-signed, and with a circle, the way that works is found") {
    const draft old_way = valid(ca("a", "old"), "200101000000Z", "250101000000Z");
    const judged it({ca("root", "root"), ca("old", "old")}, {leaf("leaf", "a"), old_way, ca("a", "root")});
    CHECK(it.found.good());
    CHECK(error_of({leaf("leaf", "a"), ca("a", "b"), ca("b", "a"), ca("b", "c"), ca("c", "root")}) == path_error::none);
    CHECK(error_of({leaf("leaf", "a"), ca("a", "b"), ca("b", "a")}) == path_error::unknown_issuer);
    // An anchor that somebody else has signed is one all the same.
    CHECK(judged({ca("a", "root")}, {leaf("leaf", "a")}).found.good());
}

TEST_CASE("path: each thing that can be wrong, with its error and its alert") {
    const auto alert = [](path_error error) { return *alert_for(errc_of(error)); };
    using enum alert_description;

    CHECK(judged({ca("root", "root")}, {}).error() == path_error::no_certificate);
    CHECK(alert(path_error::no_certificate) == certificate_required);
    CHECK(error_of({leaf("leaf", "a")}) == path_error::unknown_issuer);
    CHECK(alert(path_error::unknown_issuer) == unknown_ca);
    CHECK(error_of({valid(leaf("leaf", "root"), "200101000000Z", "291231235959Z")}) == path_error::expired);
    CHECK(error_of({valid(leaf("leaf", "root"), "200101000000Z", "300101000000Z")}) == path_error::none);
    CHECK(error_of({valid(leaf("leaf", "root"), "300101000001Z", "310101000000Z")}) == path_error::not_yet_valid);
    CHECK(error_of({valid(leaf("leaf", "root"), "300101000000Z", "310101000000Z")}) == path_error::none);
    CHECK(error_of({leaf("leaf", "a"), valid(ca("a", "root"), "200101000000Z", "250101000000Z")}) ==
          path_error::expired);
    CHECK(alert(path_error::expired) == certificate_expired);
    CHECK(alert(path_error::not_yet_valid) == certificate_expired);
    CHECK(error_of({leaf("leaf", "root")}, "other.example") == path_error::wrong_name);
    CHECK(alert(path_error::wrong_name) == bad_certificate);

    draft forged = leaf("leaf", "root");
    forged.signer = "somebody";
    CHECK(error_of({forged}) == path_error::bad_signature);
    CHECK(alert(path_error::bad_signature) == bad_certificate);

    CHECK(error_of({leaf("leaf", "a"), leaf("a", "root")}) == path_error::not_a_ca);
    CHECK(alert(path_error::not_a_ca) == unknown_ca);
    const draft no_sign = draft("a", "root").with(test::basic_constraints(true)).with(test::digital_signature());
    CHECK(error_of({leaf("leaf", "a"), no_sign}) == path_error::may_not_issue);
    CHECK(alert(path_error::may_not_issue) == unknown_ca);
    CHECK(error_of({ca("leaf", "root")}) == path_error::may_not_sign);
    CHECK(alert(path_error::may_not_sign) == unsupported_certificate);

    const bytes critical = test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}});
    CHECK(error_of({leaf("leaf", "root").with(critical)}) == path_error::unknown_critical);
    CHECK(error_of({leaf("leaf", "a"), ca("a", "root").with(critical)}) == path_error::unknown_critical);
    CHECK(alert(path_error::unknown_critical) == unsupported_certificate);

    for (const bool of_leaf : {true, false}) {
        draft l = leaf("leaf", "a"), a = ca("a", "root");
        draft& it = of_leaf ? l : a;
        it = it.with(test::extended_key_usage(2));
        CHECK(error_of({l, a}) == path_error::wrong_purpose);
        CHECK(error_of({l, a}, "", usual, x509::key_purpose::client_auth) == path_error::none);
    }
    CHECK(alert(path_error::wrong_purpose) == unsupported_certificate);

    for (const auto& [id, error] : {std::pair{5, path_error::weak_signature},
                                    {4, path_error::weak_signature},
                                    {11, path_error::unsupported_signature}}) {
        draft it = leaf("leaf", "root");
        const bytes algorithm =
            test::sequence({{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, static_cast<std::uint8_t>(id)}, {5, 0}});
        it.algorithm = it.outer_algorithm = algorithm;
        CHECK(error_of({it}) == error);
    }
    CHECK(alert(path_error::weak_signature) == bad_certificate);
    CHECK(alert(path_error::unsupported_signature) == unsupported_certificate);

    draft p521 = leaf("leaf", "root");
    p521.spki =
        test::sequence({test::sequence({{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, {6, 5, 0x2b, 0x81, 4, 0, 0x23}}),
                        test::bit_string(bytes(133, 4))});
    CHECK(error_of({p521}) == path_error::unsupported_key);
    CHECK(alert(path_error::unsupported_key) == unsupported_certificate);
}

TEST_CASE("path: lengths (RFC 5280, section 6.1.4 (l) and (m))") {
    CHECK(error_of({leaf("leaf", "a"), ca("a", "root", 0)}) == path_error::none);
    CHECK(error_of({leaf("leaf", "b"), ca("b", "a"), ca("a", "root", 0)}) == path_error::path_length);
    CHECK(error_of({leaf("leaf", "b"), ca("b", "a"), ca("a", "root", 1)}) == path_error::none);
    CHECK(judged({ca("root", "root", 0)}, {leaf("leaf", "a"), ca("a", "root")}).error() == path_error::path_length);
    // Who has issued itself, with another key, does not count.
    draft renewed = ca("a", "a"), from_root = ca("a", "root", 0);
    renewed.spki = test::key_pair("new").spki();
    draft below = leaf("leaf", "a");
    below.signer = "new";
    CHECK(error_of({below, renewed, from_root}) == path_error::none);
    CHECK(*alert_for(errc_of(path_error::path_length)) == alert_description::unknown_ca);

    std::vector<draft> chain = {leaf("leaf", "a")};
    for (char name = 'a'; name < 'a' + static_cast<char>(x509::max_path - 2); ++name)
        chain.push_back(ca(std::string(1, name), std::string(1, static_cast<char>(name + 1))));
    chain.back().issuer = test::name("root");
    chain.back().signer = "root";
    CHECK(error_of(chain) == path_error::none);
    x509::path_options fewer = usual;
    fewer.max_intermediates = x509::max_path - 3;
    CHECK(error_of(chain, "", fewer) == path_error::too_deep);
    chain.back() = ca(std::string(1, static_cast<char>('a' + x509::max_path - 3)), "last");
    chain.push_back(ca("last", "root"));
    CHECK(error_of(chain) == path_error::too_deep);
}

TEST_CASE("path: identifiers of keys tell issuers of one name apart") {
    const auto id = [](std::uint8_t n) { return test::extension(14, false, {4, 1, n}); };
    const bytes of_one = test::extension(35, false, test::sequence({{0x80, 1, 1}}));
    const draft other = [] {
        draft it = ca("a", "root");
        it.spki = test::key_pair("other").spki();
        return it;
    }();
    const judged it({ca("root", "root")},
                    {leaf("leaf", "a").with(of_one), other.with(id(2)), ca("a", "root").with(id(1))});
    CHECK(it.found.good());
    CHECK(it.signatures == 2);  // the other one was not even tried
}

TEST_CASE("path: no key checks a signature before it is vouched for, and budgets end everything") {
    // Any number of issuers of one name, all of them liars: each is refused by the root's key.
    draft liar = ca("a", "root");
    liar.signer = "somebody";
    std::vector<draft> chain = {leaf("leaf", "a")};
    for (std::uint8_t i = 0; i < 100; ++i) {
        liar.serial = {2, 1, i};
        chain.push_back(liar);
    }
    const judged lied({ca("root", "root")}, chain);
    CHECK(lied.error() == path_error::too_much_work);
    CHECK(lied.signatures <= usual.signatures);
    x509::path_options patient = usual;
    patient.candidates = 100000;
    const judged longer({ca("root", "root")}, chain, "", patient);
    CHECK(longer.error() == path_error::too_much_work);
    CHECK(longer.signatures == usual.signatures);
    CHECK(errc_of(lied.error()) == errc::certificate_unknown);

    // Everybody has signed everybody: there are exponentially many ways, none of which leads anywhere.
    std::vector<draft> web = {leaf("leaf", "a")};
    for (char i = 'a'; i < 'i'; ++i)
        for (char j = 'a'; j < 'i'; ++j)
            if (i != j) web.push_back(ca(std::string(1, i), std::string(1, j)));
    const judged lost({ca("root", "root")}, web);
    CHECK(lost.error() == path_error::too_much_work);
    CHECK(lost.signatures == 0);
    // A way that is short is found all the same when it is met first.
    web.insert(web.begin() + 1, ca("a", "root"));
    CHECK(judged({ca("root", "root")}, web).found.good());
}

TEST_CASE("path: a large issuer counts for more") {
    const std::vector<draft> roots = {ca("root", "root")};
    const draft large = ca("a", "root").with(test::extension(63, false, bytes(8 * 1024)));
    x509::path_options options = usual;
    options.candidates = 10;  // 1 + 8, and the root
    CHECK(judged(roots, {leaf("leaf", "a"), large}, "", options).found.good());
    options.candidates = 9;
    CHECK(judged(roots, {leaf("leaf", "a"), large}, "", options).error() == path_error::too_much_work);
    CHECK(judged(roots, {leaf("leaf", "a"), ca("a", "root")}, "", options).found.good());
}

TEST_CASE("path: what is not a certificate") {
    const bytes rubbish = test::certificate_list({{0x30, 0}});
    x509::trust_store::entry index[1];
    x509::trust_store roots(index);
    const bytes root = ca("root", "root").der();
    REQUIRE(roots.add(root) == errc::none);
    x509::peer who{x509::chain_view(rubbish), ""};
    CHECK(roots.examine(test::usual_provider(), who, usual).error == path_error::malformed);
    CHECK(roots.judge(test::usual_provider(), who, test::year_2030).error() == errc::bad_certificate);
    draft old = leaf("leaf", "root");
    old.version = {0xa0, 3, 2, 1, 1};
    CHECK(error_of({old}) == path_error::unsupported_form);
    const bytes key = test::certificate_list({test::key_pair("leaf").spki()});
    who = {x509::chain_view(key), "", x509::key_purpose::server_auth, certificate_type::raw_public_key};
    CHECK(roots.examine(test::usual_provider(), who, usual).error == path_error::not_a_certificate);
    // What is in the way of nobody does no harm.
    const bytes list = test::certificate_list({leaf("leaf", "root").der(), {0x30, 1}});
    CHECK(roots
              .judge(test::usual_provider(), {x509::chain_view(list), "leaf.example"}, test::year_2030,
                     x509::profile::private_pki)
              .accepted());
}
