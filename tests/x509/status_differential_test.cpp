// OCSP responses and CRLs made by chance, thousands of them, judged by OpenSSL as well: whom we accept, it accepts. And
// those that OpenSSL makes itself, judged by us.
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <openssl/ec.h>
#include <openssl/ocsp.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "x509/builder.hpp"
#include "x509/chance.hpp"
#include "x509/oracle.hpp"
#include "x509/status_builder.hpp"

using namespace spantls;
using test::bytes;
using test::crl_draft;
using test::draft;
using test::ocsp_draft;
using test::operator+;
using x509::path_error;

namespace {

struct freeing {
    void operator()(OCSP_RESPONSE* it) const { OCSP_RESPONSE_free(it); }
    void operator()(OCSP_BASICRESP* it) const { OCSP_BASICRESP_free(it); }
    void operator()(OCSP_CERTID* it) const { OCSP_CERTID_free(it); }
    void operator()(X509_CRL* it) const { X509_CRL_free(it); }
    void operator()(X509_STORE* it) const { X509_STORE_free(it); }
    void operator()(X509_STORE_CTX* it) const { X509_STORE_CTX_free(it); }
    void operator()(STACK_OF(X509) * it) const { sk_X509_free(it); }
    void operator()(STACK_OF(X509_CRL) * it) const { sk_X509_CRL_free(it); }
    void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
};
template <class T>
using owned = std::unique_ptr<T, freeing>;

constexpr std::int64_t now = test::year_2030;

/// A store that trusts this certificate, whoever has issued it.
owned<X509_STORE> trusting(X509* anchor) {
    owned<X509_STORE> store(X509_STORE_new());
    X509_STORE_add_cert(store.get(), anchor);
    X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(parameters, now);
    return store;
}

/// Does OpenSSL say that the certificate is good?
bool openssl_good(const bytes& response, X509* leaf, X509* issuer) {
    const unsigned char* at = response.data();
    const owned<OCSP_RESPONSE> outer(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(response.size())));
    if (!outer || at != response.data() + response.size() || OCSP_response_status(outer.get()) != 0) return false;
    const owned<OCSP_BASICRESP> basic(OCSP_response_get1_basic(outer.get()));
    if (!basic) return false;
    const owned<STACK_OF(X509)> others(sk_X509_new_null());
    sk_X509_push(others.get(), issuer);
    if (OCSP_basic_verify(basic.get(), others.get(), trusting(issuer).get(), 0) != 1) return false;
    for (const EVP_MD* hash : {EVP_sha1(), EVP_sha256()}) {
        const owned<OCSP_CERTID> id(OCSP_cert_to_id(hash, leaf, issuer));
        int status = -1, reason = -1;
        ASN1_GENERALIZEDTIME *revoked = nullptr, *from = nullptr, *to = nullptr;
        if (OCSP_resp_find_status(basic.get(), id.get(), &status, &reason, &revoked, &from, &to) != 1) continue;
        std::time_t when = now;
        return status == V_OCSP_CERTSTATUS_GOOD && X509_cmp_time(from, &when) < 0 && to != nullptr &&
               X509_cmp_time(to, &when) > 0;
    }
    return false;
}

class maker : public test::chance {
public:
    using chance::chance;

    void flip(bytes& in) {
        if (!in.empty()) in[below(in.size())] ^= static_cast<std::uint8_t>(1U << below(8));
    }

    bytes response() {
        ocsp_draft it("ca");
        bytes singles;
        for (std::size_t i = 1 + below(2); i-- > 0;) singles = singles + single();
        it.singles = singles;
        if (one_in(2)) {
            draft delegate = test::delegate("helper", "ca");
            if (one_in(4))
                delegate.extensions.erase(delegate.extensions.begin() + static_cast<std::ptrdiff_t>(below(2)));
            if (one_in(8))
                delegate.extensions.back() = test::extended_key_usage(static_cast<std::uint8_t>(1 + below(9)));
            if (one_in(8)) delegate.signer = "somebody";
            if (one_in(8)) delegate.issuer = test::name("somebody");
            if (one_in(8)) delegate.validity = test::sequence({test::utc("200101000000Z"), test::utc("290101000000Z")});
            if (one_in(8)) delegate.extensions.push_back(test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}}));
            it = it.signed_by("helper", delegate.der());
            if (one_in(4)) it.responder = ocsp_draft::by_key("helper");
        } else if (one_in(3)) {
            it.responder = ocsp_draft::by_key("ca");
        }
        if (one_in(8)) it.responder = ocsp_draft::by_name(one_in(2) ? "ca" : "somebody");
        if (one_in(8)) it.signer = one_in(2) ? "ca" : "somebody";
        if (one_in(8)) it.certificates.push_back(test::ca("ca", "root").der());
        if (one_in(6)) flip(it.singles);
        if (one_in(10)) flip(it.responder);
        bytes der = it.der();
        if (one_in(10)) flip(der);
        return der;
    }

    crl_draft list(std::string_view of) {
        crl_draft it(of);
        for (std::uint8_t serial = 1; serial < 4; ++serial)
            if (one_in(8)) it = it.listing({2, 1, serial}, one_in(2) ? crl_draft::reason(1) : bytes{});
        for (std::size_t i = below(3); i-- > 0;) it = it.listing({2, 2, 1, static_cast<std::uint8_t>(i)});
        if (!one_in(5)) return it;
        switch (below(9)) {
            case 0: it.signer = "somebody"; break;
            case 1: it.issuer = test::name("somebody"); break;
            case 2: it.next_update = test::utc("291231000000Z"); break;
            case 3: it.this_update = test::utc("300115000000Z"); break;
            case 4: it = it.with(test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}})); break;
            case 5:
                it = it.with(
                    test::extension(28, true, test::sequence({{static_cast<std::uint8_t>(0x81 + below(5)), 1, 0xff}})));
                break;
            case 6: it = it.with(test::extension(35, false, test::sequence({{0x80, 1, 9}}))); break;
            case 7: it = it.listing({2, 1, 9}, test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}})); break;
            default: it.version = {}, it.extensions = {};
        }
        return it;
    }

private:
    bytes single() {
        const bytes serial = {2, 1, static_cast<std::uint8_t>(one_in(8) ? 2 : 1)};
        const bytes status = one_in(4) ? ocsp_draft::revoked() : one_in(8) ? ocsp_draft::unknown() : ocsp_draft::good();
        const char* from = one_in(8) ? "20300115000000Z" : "20291230000000Z";
        const char* to = one_in(8) ? "20291231000000Z" : one_in(8) ? "" : "20300106000000Z";
        return ocsp_draft::single(one_in(12) ? "somebody" : "ca", serial, status, from, to);
    }
};

/// What both say of a path from "root" over "a" to "leaf" with CRLs of both.
struct both_verdicts {
    bool ours, theirs;
    path_error why;
    std::string their_reason;
};
both_verdicts judge(const std::vector<bytes>& chain, const bytes& root, const std::vector<bytes>& ders) {
    std::vector<x509::crl> lists;
    const owned<STACK_OF(X509_CRL)> their_lists(sk_X509_CRL_new_null());
    std::vector<owned<X509_CRL>> kept;
    for (const bytes& der : ders) {
        x509::crl read;
        if (x509::parse_crl(der, read) == errc::none) lists.push_back(read);
        const unsigned char* at = der.data();
        kept.emplace_back(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
        if (kept.back()) sk_X509_CRL_push(their_lists.get(), kept.back().get());
    }
    x509::trust_store::entry index[1];
    x509::trust_store roots(index);
    REQUIRE(roots.add(root) == errc::none);
    const bytes list = test::certificate_list(chain);
    x509::path_options options{.now = now, .profile = x509::profile::private_pki};
    options.revocation = {.lookup = x509::crl_rule::whole_path, .crls = lists};
    const x509::path_result found = roots.examine(test::usual_provider(), {x509::chain_view(list), {}}, options);

    const test::openssl_certificate leaf = test::openssl_parse(chain[0]), anchor = test::openssl_parse(root);
    const test::openssl_certificate middle = test::openssl_parse(chain[1]);
    const owned<STACK_OF(X509)> others(sk_X509_new_null());
    sk_X509_push(others.get(), middle.get());
    const owned<X509_STORE> store = trusting(anchor.get());
    const owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), others.get());
    X509_STORE_CTX_set0_crls(context.get(), their_lists.get());
    X509_STORE_CTX_set_flags(context.get(),
                             X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_EXTENDED_CRL_SUPPORT);
    const bool theirs = X509_verify_cert(context.get()) == 1;
    return {found.good(), theirs, found.error, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))};
}

draft with_crl_sign(draft it) {
    it.extensions[1] = test::key_usage(1, 0x06);
    return it;
}

/// OpenSSL does not take a response that is about certificates of several issuers, nor one with a certificate that is
/// none. RFC 6960 allows the one, and nobody needs the other to read the answer.
bool taken_on_purpose(const bytes& response) {
    x509::ocsp_response read;
    REQUIRE(x509::parse_ocsp_response(response, read) == errc::none);
    bool several = false;
    x509::der_reader row(read.singles);
    const auto issuer_of = [](const x509::ocsp_single& single) {
        return test::copy(single.id.hash.oid) + test::copy(single.id.issuer_name_hash) +
               test::copy(single.id.issuer_key_hash);
    };
    const bytes first = issuer_of(next_single(row));
    while (!row.empty()) several |= issuer_of(next_single(row)) != first;
    for (x509::der_reader rest(read.certificates); !rest.empty();)
        several |= test::openssl_parse(test::copy(rest.element().whole)) == nullptr;
    return several;
}

}  // namespace

TEST_CASE("status differential: no response makes good whom OpenSSL does not call good") {
    const bytes leaf = test::leaf("leaf", "ca").der(), ca = test::ca("ca", "root").der();
    const test::openssl_certificate their_leaf = test::openssl_parse(leaf), their_ca = test::openssl_parse(ca);
    x509::certificate it, issuer;
    REQUIRE(x509::parse_certificate(leaf, it) == errc::none);
    REQUIRE(x509::parse_certificate(ca, issuer) == errc::none);
    constexpr std::size_t responses = 6000;
    std::size_t both = 0, neither = 0, mixed = 0;
    std::map<std::string, std::size_t> refused;
    for (std::uint32_t seed = 0; seed < responses; ++seed) {
        const bytes response = maker(seed).response();
        std::size_t budget = 64;
        const path_error ours =
            x509::check_ocsp_response(test::usual_provider(), response, it, issuer, now, budget).error;
        const bool theirs = openssl_good(response, their_leaf.get(), their_ca.get());
        if (ours == path_error::none && !theirs) {
            INFO("seed " << seed);
            CHECK(taken_on_purpose(response));
            ++mixed;
            continue;
        }
        both += ours == path_error::none ? 1U : 0U;
        neither += ours != path_error::none && !theirs ? 1U : 0U;
        if (ours != path_error::none && theirs) ++refused[std::string(name_of(ours))];
    }
    std::printf("# good by both: %zu, by neither: %zu, by us on purpose: %zu\n", both, neither, mixed);
    for (const auto& [why, count] : refused) std::printf("#   refused here alone: %s: %zu\n", why.c_str(), count);
    CHECK(both > responses / 20);
    CHECK(neither > responses / 4);
}

TEST_CASE("status differential: no path with CRLs is accepted that OpenSSL refuses") {
    constexpr std::size_t paths = 3000;
    std::size_t both = 0, neither = 0;
    std::map<std::string, std::size_t> refused;
    for (std::uint32_t seed = 0; seed < paths; ++seed) {
        maker make(seed);
        draft a = test::ca("a", "root"), root = with_crl_sign(test::ca("root", "root"));
        if (!make.one_in(8)) a = with_crl_sign(a);
        a.serial = {2, 1, 2};
        root.serial = {2, 1, 7};  // OpenSSL looks up anchors as well
        std::vector<bytes> lists = {make.list("a").der(), make.list("root").der()};
        if (make.one_in(8)) make.flip(lists[make.below(2)]);
        if (make.one_in(16)) lists.erase(lists.begin() + static_cast<std::ptrdiff_t>(make.below(2)));
        const auto verdicts = judge({test::leaf("leaf", "a").der(), a.der()}, root.der(), lists);
        INFO("seed " << seed << ": OpenSSL says " << verdicts.their_reason);
        if (verdicts.ours) CHECK(verdicts.theirs);
        both += verdicts.ours && verdicts.theirs ? 1U : 0U;
        neither += !verdicts.ours && !verdicts.theirs ? 1U : 0U;
        if (!verdicts.ours && verdicts.theirs) ++refused[std::string(name_of(verdicts.why))];
    }
    std::printf("# accepted by both: %zu, by neither: %zu\n", both, neither);
    for (const auto& [why, count] : refused) std::printf("#   refused here alone: %s: %zu\n", why.c_str(), count);
    CHECK(both > paths / 20);
    CHECK(neither > paths / 20);
}

namespace {

/// A CA with a certificate and one in its place, made by OpenSSL.
struct openssl_world {
    owned<EVP_PKEY> ca_key, leaf_key, helper_key;
    test::openssl_certificate ca, leaf, helper, bystander;

    explicit openssl_world(bool rsa)
        : ca_key(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")),
          leaf_key(EVP_EC_gen("P-256")),
          helper_key(rsa ? EVP_EC_gen("P-384") : EVP_EC_gen("P-256")) {
        ca = make("CA", ca_key.get(), 1,
                  {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "keyCertSign,cRLSign"}});
        leaf = make("leaf", leaf_key.get(), 1000000,
                    {{NID_key_usage, "digitalSignature"}, {NID_subject_alt_name, "DNS:leaf.example"}});
        helper = make("helper", helper_key.get(), 3,
                      {{NID_key_usage, "digitalSignature"},
                       {NID_ext_key_usage, "OCSPSigning"},
                       {NID_id_pkix_OCSP_noCheck, "ignored"}});
        bystander = make("helper", helper_key.get(), 4,
                         {{NID_key_usage, "digitalSignature"}, {NID_ext_key_usage, "serverAuth"}});
    }
    test::openssl_certificate make(const char* name, EVP_PKEY* key, long serial,
                                   std::vector<std::pair<int, const char*>> extensions) {
        test::openssl_certificate it(X509_new());
        X509_set_version(it.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(it.get()), serial);
        ASN1_TIME_set_string(X509_getm_notBefore(it.get()), "20200101000000Z");
        ASN1_TIME_set_string(X509_getm_notAfter(it.get()), "20400101000000Z");
        set_name(X509_get_subject_name(it.get()), name);
        set_name(X509_get_issuer_name(it.get()), "CA");
        X509_set_pubkey(it.get(), key);
        for (const auto& [id, value] : extensions) {
            X509_EXTENSION* one = X509V3_EXT_nconf_nid(nullptr, nullptr, id, value);
            REQUIRE(one != nullptr);
            X509_add_ext(it.get(), one, -1);
            X509_EXTENSION_free(one);
        }
        REQUIRE(X509_sign(it.get(), ca_key.get(), EVP_sha256()) > 0);
        return it;
    }
    static void set_name(X509_NAME* to, const char* name) {
        X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    }

    struct asked {
        const EVP_MD* hash = EVP_sha1();
        int status = V_OCSP_CERTSTATUS_GOOD;
        bool delegated = false, without_purpose = false, by_key = false, nonce = false;
        const char* from = "20291230000000Z";
        const char* to = "20300106000000Z";
    };
    bytes response(const asked& wanted) const {
        const owned<OCSP_BASICRESP> basic(OCSP_BASICRESP_new());
        const owned<OCSP_CERTID> id(OCSP_cert_to_id(wanted.hash, leaf.get(), ca.get()));
        const auto time = [](const char* text) {
            ASN1_TIME* it = ASN1_TIME_new();
            REQUIRE(ASN1_TIME_set_string(it, text) == 1);
            return std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)>(it, ASN1_TIME_free);
        };
        const auto from = time(wanted.from), to = time(wanted.to), since = time("20291115120000Z");
        const bool revoked = wanted.status == V_OCSP_CERTSTATUS_REVOKED;
        REQUIRE(OCSP_basic_add1_status(basic.get(), id.get(), wanted.status, revoked ? 1 : -1,
                                       revoked ? since.get() : nullptr, from.get(), to.get()) != nullptr);
        if (wanted.nonce) OCSP_basic_add1_nonce(basic.get(), nullptr, 16);
        X509* const signer = !wanted.delegated ? ca.get() : wanted.without_purpose ? bystander.get() : helper.get();
        REQUIRE(OCSP_basic_sign(basic.get(), signer, wanted.delegated ? helper_key.get() : ca_key.get(),
                                wanted.delegated ? EVP_sha384() : EVP_sha256(), nullptr,
                                wanted.by_key ? OCSP_RESPID_KEY : 0) == 1);
        const owned<OCSP_RESPONSE> outer(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
        return test::oracle::encoded(i2d_OCSP_RESPONSE, outer.get());
    }
    bytes list(bool revoked) const {
        const owned<X509_CRL> it(X509_CRL_new());
        X509_CRL_set_version(it.get(), 1);
        X509_CRL_set_issuer_name(it.get(), X509_get_subject_name(ca.get()));
        ASN1_TIME* time = ASN1_TIME_new();
        ASN1_TIME_set_string(time, "20291201000000Z");
        X509_CRL_set1_lastUpdate(it.get(), time);
        X509_REVOKED* one = X509_REVOKED_new();
        ASN1_INTEGER* serial = ASN1_INTEGER_new();
        ASN1_INTEGER_set(serial, revoked ? 1000000 : 1000001);
        X509_REVOKED_set_serialNumber(one, serial);
        X509_REVOKED_set_revocationDate(one, time);
        X509_CRL_add0_revoked(it.get(), one);
        ASN1_TIME_set_string(time, "20300201000000Z");
        X509_CRL_set1_nextUpdate(it.get(), time);
        ASN1_INTEGER_set(serial, 77);
        X509_CRL_add1_ext_i2d(it.get(), NID_crl_number, serial, 0, 0);
        ASN1_INTEGER_free(serial);
        ASN1_TIME_free(time);
        X509_CRL_sort(it.get());
        REQUIRE(X509_CRL_sign(it.get(), ca_key.get(), EVP_sha256()) > 0);
        return test::oracle::encoded(i2d_X509_CRL, it.get());
    }
    static bytes der_of(X509* it) { return test::oracle::encoded(i2d_X509, it); }
    path_error judge(const bytes& staple, const bytes& list_der = {}) const {
        const bytes root = der_of(ca.get()), chain = test::stapled_list({der_of(leaf.get())}, {staple});
        x509::trust_store::entry index[1];
        x509::trust_store roots(index);
        REQUIRE(roots.add(root) == errc::none);
        x509::path_options options{.now = now, .profile = x509::profile::private_pki};
        x509::crl read[1];
        if (!list_der.empty()) {
            REQUIRE(x509::parse_crl(list_der, read[0]) == errc::none);
            options.revocation.crls = read;
            options.revocation.lookup = x509::crl_rule::whole_path;
        }
        return roots.examine(test::usual_provider(), {x509::chain_view(chain), "leaf.example"}, options).error;
    }
};

}  // namespace

TEST_CASE("status differential: responses and CRLs that OpenSSL has made") {
    for (const bool rsa : {false, true}) {
        INFO("RSA: " << rsa);
        const openssl_world it(rsa), other(rsa);
        using enum path_error;
        CHECK(it.judge(it.response({})) == none);
        CHECK(it.judge(it.response({.by_key = true, .nonce = true})) == none);
        CHECK(it.judge(it.response({.hash = EVP_sha256()})) == none);
        CHECK(it.judge(it.response({.hash = EVP_sha384()})) == staple_of_another);  // which we do not know
        CHECK(it.judge(it.response({.delegated = true})) == none);
        CHECK(it.judge(it.response({.delegated = true, .by_key = true})) == none);
        CHECK(it.judge(it.response({.delegated = true, .without_purpose = true})) == staple_unknown_signer);
        CHECK(it.judge(it.response({.status = V_OCSP_CERTSTATUS_REVOKED})) == revoked);
        CHECK(it.judge(it.response({.status = V_OCSP_CERTSTATUS_REVOKED, .delegated = true})) == revoked);
        CHECK(it.judge(it.response({.status = V_OCSP_CERTSTATUS_UNKNOWN})) == staple_unknown_status);
        CHECK(it.judge(it.response({.to = "20291231000000Z"})) == staple_expired);
        CHECK(it.judge(it.response({.from = "20300102000000Z"})) == staple_not_yet_valid);
        // Of another CA of the same name.
        CHECK(it.judge(other.response({})) == staple_bad_signature);
        CHECK(it.judge(other.response({.by_key = true})) == staple_unknown_signer);
        CHECK(it.judge(other.response({.delegated = true})) == staple_unknown_signer);

        CHECK(it.judge({}, it.list(false)) == none);
        CHECK(it.judge({}, it.list(true)) == revoked);
        CHECK(it.judge({}, other.list(false)) == crl_bad_signature);
    }
}

TEST_CASE("status differential: whatever byte of a CRL is changed, it makes nobody good") {
    const bytes leaf = test::leaf("leaf", "ca").der(), ca = with_crl_sign(test::ca("ca", "ca")).der();
    const bytes der = crl_draft("ca").listing({2, 1, 1}).der(), chain = test::certificate_list({leaf});
    x509::trust_store::entry index[1];
    x509::trust_store roots(index);
    REQUIRE(roots.add(ca) == errc::none);
    for (std::size_t at = 0; at < der.size(); ++at) {
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            bytes changed = der;
            changed[at] = static_cast<std::uint8_t>(changed[at] ^ bit);
            x509::crl lists[1];
            if (x509::parse_crl(changed, lists[0]) != errc::none) continue;
            x509::path_options options{.now = now, .profile = x509::profile::private_pki};
            options.revocation = {.lookup = x509::crl_rule::end_entity, .crls = lists};
            CHECK_FALSE(roots.examine(test::usual_provider(), {x509::chain_view(chain), {}}, options).good());
        }
    }
}
