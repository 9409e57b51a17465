#include <spantls/x509/certificate.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"
#include "x509/oracle.hpp"

using namespace spantls;
using test::bytes;
using test::operator+;
using x509::certificate;
using x509::key_purpose;
using x509::key_type;
using x509::key_usage;

namespace {

struct parsed {
    bytes der;
    certificate it;
    errc error;

    explicit parsed(bytes from) : der(std::move(from)) {
        error = x509::parse_certificate(der, it);
        if (error == errc::none) return;
        CHECK((error == errc::bad_certificate || error == errc::unsupported_certificate));
    }
    parsed(const parsed&) = delete;
};

constexpr bool parses_at_compile_time() {
    certificate it;
    return x509::parse_certificate({}, it) == errc::bad_certificate && it.valid_at(0) && x509::schemes_for(it).empty();
}
static_assert(parses_at_compile_time());

errc error_of(const test::draft& it) { return parsed(it.der()).error; }

bool inside(bytes_view part, bytes_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string names_of(const certificate& it) {
    std::string all;
    for (x509::der_reader names(it.subject_alt_name); !names.empty();) {
        const x509::general_name name = x509::next_name(names);
        if (name.kind == x509::name_kind::dns_name) all += "DNS:" + std::string(as_text(name.value)) + " ";
        if (name.kind == x509::name_kind::ip_address) all += "IP:" + std::to_string(name.value.size()) + " ";
    }
    return all;
}

/// Everything that both we and OpenSSL have read is the same.
void check_against_openssl(const certificate& it, X509* theirs) {
    CHECK(equal_bytes(it.issuer, test::oracle::encoded(i2d_X509_NAME, X509_get_issuer_name(theirs))));
    CHECK(equal_bytes(it.subject, test::oracle::encoded(i2d_X509_NAME, X509_get_subject_name(theirs))));
    CHECK(it.not_before == test::seconds_of(X509_get0_notBefore(theirs)));
    CHECK(it.not_after == test::seconds_of(X509_get0_notAfter(theirs)));
    CHECK(equal_bytes(it.public_key, test::content_of(X509_get0_pubkey_bitstr(theirs))));
    const ASN1_BIT_STRING* signature = nullptr;
    X509_get0_signature(&signature, nullptr, theirs);
    CHECK(equal_bytes(it.signature, test::content_of(signature)));
    // It encodes DER, so that is what it must have been.
    CHECK(equal_bytes(it.tbs, test::oracle::encoded(i2d_re_X509_tbs, theirs)));

    const unsigned flags = X509_get_extension_flags(theirs);
    CHECK(it.is_ca == ((flags & EXFLAG_CA) != 0));
    if (it.is_ca && it.path_length) CHECK(X509_get_pathlen(theirs) == static_cast<long>(*it.path_length));
    CHECK(it.usage.has_value() == ((flags & EXFLAG_KUSAGE) != 0));
    const unsigned usage = X509_get_key_usage(theirs);
    CHECK(it.allows(key_usage::digital_signature) == ((usage & KU_DIGITAL_SIGNATURE) != 0));
    CHECK(it.allows(key_usage::key_cert_sign) == ((usage & KU_KEY_CERT_SIGN) != 0));
    CHECK(it.allows(key_usage::crl_sign) == ((usage & KU_CRL_SIGN) != 0));
    CHECK(it.extended_key_usage.empty() == ((flags & EXFLAG_XKUSAGE) == 0));
    const unsigned purposes = X509_get_extended_key_usage(theirs);
    CHECK(it.allows(key_purpose::server_auth) == ((purposes & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0));
    CHECK(it.allows(key_purpose::client_auth) == ((purposes & (XKU_SSL_CLIENT | XKU_ANYEKU)) != 0));

    auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(theirs, NID_subject_alt_name, nullptr, nullptr));
    x509::der_reader ours(it.subject_alt_name);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
        const x509::general_name mine = x509::next_name(ours);
        CHECK(static_cast<int>(mine.kind) == name->type);
        if (name->type == GEN_DNS) CHECK(equal_bytes(mine.value, test::content_of(name->d.dNSName)));
        if (name->type == GEN_IPADD) CHECK(equal_bytes(mine.value, test::content_of(name->d.iPAddress)));
    }
    CHECK(ours.finished());
    GENERAL_NAMES_free(names);
}

struct tally {
    std::size_t parsed = 0, refused = 0, refused_by_both = 0;
};

/// Whatever OpenSSL takes, so do we, and read the same in it, unless `why_refused` says why not.
void compare(const std::string& what, const bytes& der, std::map<std::string, const char*>& why_refused, tally& count) {
    INFO(what);
    const parsed ours(der);
    const test::openssl_certificate theirs = test::openssl_parse(der);
    if (ours.error == errc::none) {
        ++count.parsed;
        REQUIRE(theirs != nullptr);
        check_against_openssl(ours.it, theirs.get());
    } else if (theirs != nullptr) {
        ++count.refused;
        CHECK(why_refused.erase(what) == 1);
    } else {
        ++count.refused_by_both;
    }
}

}  // namespace

TEST_CASE("certificate: those that OpenSSL makes, read as OpenSSL reads them") {
    for (const char* name : test::made_names) {
        INFO(name);
        const parsed made(test::made_certificate(name));
        REQUIRE(made.error == errc::none);
        const test::openssl_certificate theirs = test::openssl_parse(made.der);
        REQUIRE(theirs != nullptr);
        check_against_openssl(made.it, theirs.get());
        CHECK_FALSE(made.it.unknown_critical);
    }
}

TEST_CASE("certificate: what is in the made ones") {
    const parsed localhost(test::made_certificate("localhost"));
    CHECK(names_of(localhost.it) == "DNS:localhost IP:4 IP:16 ");
    CHECK(equal_bytes(localhost.it.issuer, localhost.it.subject));
    CHECK(localhost.it.public_key.size() == 32);
    CHECK_FALSE(localhost.it.is_ca);

    const parsed intermediate(test::made_certificate("intermediate"));
    CHECK(intermediate.it.is_ca);
    CHECK(intermediate.it.path_length == 0U);
    CHECK(intermediate.it.allows(key_usage::key_cert_sign));
    CHECK_FALSE(intermediate.it.allows(key_usage::digital_signature));

    const parsed client(test::made_certificate("client"));
    CHECK(client.it.allows(key_purpose::client_auth));
    CHECK_FALSE(client.it.allows(key_purpose::server_auth));

    const parsed expired(test::made_certificate("expired"));
    CHECK(expired.it.not_before == 1577836800);
    CHECK(expired.it.not_after == 1609459199);
    CHECK_FALSE(expired.it.valid_at(1577836799));
    CHECK(expired.it.valid_at(1577836800));
    CHECK(expired.it.valid_at(1609459199));
    CHECK_FALSE(expired.it.valid_at(1609459200));
}

TEST_CASE("certificate: every view lies in the bytes that were parsed") {
    for (const char* name : test::made_names) {
        const parsed made(test::made_certificate(name));
        const certificate& it = made.it;
        for (const bytes_view part :
             {it.der, it.tbs, it.serial, it.issuer, it.subject, it.spki, it.key_algorithm.oid,
              it.key_algorithm.parameters, it.public_key, it.signature_algorithm.oid, it.signature_algorithm.parameters,
              it.signature, it.extended_key_usage, it.subject_alt_name})
            CHECK(inside(part, made.der));
    }
}

TEST_CASE("certificate: schemes are those of the key (RFC 9846, section 4.3.3)") {
    using enum signature_scheme;
    const auto schemes = [](const char* name) {
        const parsed made(test::made_certificate(name));
        const auto found = x509::schemes_for(made.it);
        return std::vector<signature_scheme>(found.begin(), found.end());
    };
    CHECK(schemes("localhost") == std::vector{ed25519});
    CHECK(schemes("p256") == std::vector{ecdsa_secp256r1_sha256});
    CHECK(schemes("p384") == std::vector{ecdsa_secp384r1_sha384});
    CHECK(schemes("rsa") == std::vector{rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512});
    CHECK(schemes("rsa-pss") == std::vector{rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512});
    // Whose parameters would restrict its signatures.
    for (const bytes& parameters : {bytes{5, 0}, bytes{0x30, 0}}) {
        test::draft it("a", "b");
        const bytes pss = {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0a};
        it.spki = test::sequence({test::sequence({pss, parameters}), test::bit_string(bytes(270, 1))});
        const parsed made(it.der());
        REQUIRE(made.error == errc::none);
        CHECK(x509::schemes_for(made.it).empty());
    }

    const parsed made(test::made_certificate("p256"));
    for (unsigned value = 0; value <= 0xffff; ++value)
        if (x509::key_fits(static_cast<signature_scheme>(value), made.it)) CHECK(value == 0x0403);
}

TEST_CASE("certificate: RSASSA-PSS keys are for the schemes of their parameters (RFC 9846, section 4.3.3)") {
    using enum signature_scheme;
    const auto oid = [](std::uint8_t last) { return bytes{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last}; };
    const auto parameters = [&](std::uint8_t hash, std::uint8_t salt) {
        const bytes sha2 = test::sequence({{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, hash}, {5, 0}});
        return test::sequence(
            {test::tlv(0xa0, sha2), test::tlv(0xa1, test::sequence({oid(8), sha2})), test::tlv(0xa2, {2, 1, salt})});
    };
    const auto schemes = [&](const bytes& of) {
        test::draft it("a", "b");
        it.spki = test::sequence({test::sequence({oid(10), of}), test::bit_string(bytes(256, 1))});
        const parsed made(it.der());
        REQUIRE(made.error == errc::none);
        const auto found = x509::schemes_for(made.it);
        CHECK((x509::key_type_of(made.it) == key_type::rsa_pss) == !found.empty());
        return std::vector<signature_scheme>(found.begin(), found.end());
    };
    CHECK(schemes({}) == std::vector{rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512});
    CHECK(schemes(parameters(1, 32)) == std::vector{rsa_pss_pss_sha256});
    CHECK(schemes(parameters(2, 48)) == std::vector{rsa_pss_pss_sha384});
    CHECK(schemes(parameters(3, 64)) == std::vector{rsa_pss_pss_sha512});
    CHECK(schemes(parameters(1, 20)).empty());
    CHECK(schemes(parameters(4, 28)).empty());   // SHA-224
    CHECK(schemes(test::sequence({})).empty());  // SHA-1, by default
    CHECK(schemes({5, 0}).empty());
}

TEST_CASE("certificate: OCSPSigning, and where its CRLs are") {
    const parsed delegate(test::draft("a", "b").with(test::extended_key_usage(9)).der());
    CHECK(delegate.it.names(x509::key_purpose::ocsp_signing));
    CHECK_FALSE(delegate.it.names(x509::key_purpose::server_auth));
    // What allows everything names nothing.
    const parsed plain(test::draft("a", "b").der());
    CHECK(plain.it.allows(x509::key_purpose::ocsp_signing));
    CHECK_FALSE(plain.it.names(x509::key_purpose::ocsp_signing));
    const bytes any = test::extension(37, false, test::sequence({{6, 4, 0x55, 0x1d, 0x25, 0}}));
    const parsed all(test::draft("a", "b").with(any).der());
    CHECK(all.it.allows(x509::key_purpose::ocsp_signing));
    CHECK_FALSE(all.it.names(x509::key_purpose::ocsp_signing));

    for (const bool critical : {false, true}) {
        const parsed made(test::draft("a", "b").with(test::extension(31, critical, {0x30, 0})).der());
        REQUIRE(made.error == errc::none);
        CHECK(equal_bytes(made.it.crl_distribution_points, bytes{0x30, 0}));
        CHECK(made.it.unknown_critical == critical);
    }
}

TEST_CASE("certificate: no scheme without digitalSignature in keyUsage (RFC 9846, section 4.5.1.2)") {
    const parsed made(test::made_certificate("no-digital-signature"));
    REQUIRE(made.error == errc::none);
    CHECK(x509::key_type_of(made.it) == key_type::ed25519);
    CHECK(x509::schemes_for(made.it).empty());
    CHECK_FALSE(x509::key_fits(signature_scheme::ed25519, made.it));

    const parsed unrestricted(test::draft("a", "b").der());
    CHECK_FALSE(unrestricted.it.usage.has_value());
    CHECK(x509::key_fits(signature_scheme::ed25519, unrestricted.it));
}

TEST_CASE("certificate: a key that is not as its algorithm says fits nothing") {
    const bytes ec = {6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1};
    const bytes p256 = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
    const bytes p384 = {6, 5, 0x2b, 0x81, 4, 0, 0x22};
    const bytes rsa = {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1};
    const bytes ed25519 = {6, 3, 0x2b, 0x65, 0x70}, null = {5, 0};
    const auto point = [](std::uint8_t form, std::size_t size) { return bytes{form} + bytes(size, 1); };
    const auto type = [](const bytes& algorithm, const bytes& parameters, const bytes& key) {
        test::draft it("a", "b");
        it.spki = test::sequence({test::sequence({algorithm, parameters}), test::bit_string(key)});
        const parsed made(it.der());
        REQUIRE(made.error == errc::none);
        CHECK(x509::schemes_for(made.it).empty() == (x509::key_type_of(made.it) == key_type::unsupported));
        return x509::key_type_of(made.it);
    };
    CHECK(type(ed25519, {}, bytes(32)) == key_type::ed25519);
    CHECK(type(ed25519, null, bytes(32)) == key_type::unsupported);  // RFC 8410, section 3
    CHECK(type(ed25519, {}, bytes(31)) == key_type::unsupported);
    CHECK(type(ed25519, {}, bytes(33)) == key_type::unsupported);
    CHECK(type({6, 3, 0x2b, 0x65, 0x6e}, {}, bytes(32)) == key_type::unsupported);  // X25519 does not sign
    CHECK(type(ec, p256, point(4, 64)) == key_type::p256);
    CHECK(type(ec, p384, point(4, 96)) == key_type::p384);
    CHECK(type(ec, p256, point(4, 96)) == key_type::unsupported);
    CHECK(type(ec, p256, point(2, 32)) == key_type::unsupported);
    CHECK(type(ec, p256, point(2, 64)) == key_type::unsupported);
    CHECK(type(ec, p256, {}) == key_type::unsupported);
    CHECK(type(ec, {}, point(4, 64)) == key_type::unsupported);
    CHECK(type(ec, null, point(4, 64)) == key_type::unsupported);
    CHECK(type(rsa, null, bytes(270)) == key_type::rsa);
    const auto mldsa = [](std::uint8_t last) { return bytes{6, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 3, last}; };
    CHECK(type(mldsa(17), {}, bytes(1312)) == key_type::mldsa44);  // RFC 9881
    CHECK(type(mldsa(18), {}, bytes(1952)) == key_type::mldsa65);
    CHECK(type(mldsa(19), {}, bytes(2592)) == key_type::mldsa87);
    CHECK(type(mldsa(17), {}, bytes(1952)) == key_type::unsupported);
    CHECK(type(mldsa(18), null, bytes(1952)) == key_type::unsupported);
    CHECK(type(mldsa(20), {}, bytes(1312)) == key_type::unsupported);
    CHECK(type(rsa, {}, bytes(270)) == key_type::unsupported);  // RFC 3279, section 2.3.1
}

TEST_CASE("certificate: RFC 5280 and X.690, rule by rule (RFC 9846, section 4.5.1.2)") {
    const test::draft good = test::leaf("leaf", "root");
    REQUIRE(error_of(good) == errc::none);

    struct broken {
        const char* rule;
        std::function<void(test::draft&)> breaks;
        errc expected = errc::bad_certificate;
    };
    const auto add = [](bytes extension) {
        return [extension](test::draft& it) { it.extensions.push_back(extension); };
    };
    const bytes usage_oid = {6, 3, 0x55, 0x1d, 15}, unknown_oid = {6, 3, 0x2b, 1, 1};
    const broken cases[] = {
        {"version 1 has no version field", [](auto& it) { it.version = {}; }, errc::unsupported_certificate},
        {"version 2", [](auto& it) { it.version[4] = 1; }, errc::unsupported_certificate},
        {"version 4", [](auto& it) { it.version[4] = 3; }, errc::unsupported_certificate},
        {"two versions", [](auto& it) { it.version = {0xa0, 6, 2, 1, 2, 2, 1, 2}; }},
        {"a version that is not minimal", [](auto& it) { it.version = {0xa0, 4, 2, 2, 0, 2}; }},
        {"no serial number", [](auto& it) { it.serial = {}; }},
        {"a serial number that is not minimal",
         [](auto& it) {
             it.serial = {2, 2, 0, 1};
         }},
        {"a serial number of 21 bytes (4.1.2.2)", [](auto& it) { it.serial = test::tlv(2, bytes(21, 1)); }},
        {"an empty serial number",
         [](auto& it) {
             it.serial = {2, 0};
         }},
        {"the signature algorithms differ (4.1.1.2)", [](auto& it) { it.outer_algorithm[6] = 0x71; }},
        {"the signature algorithms differ in parameters (4.1.1.2)",
         [](auto& it) {
             it.outer_algorithm = test::sequence({{6, 3, 0x2b, 0x65, 0x70}, {5, 0}});
         }},
        {"the outer algorithm goes on where the inner one ends",
         [](auto& it) {
             it.algorithm = {0x30, 0};
         }},
        {"an algorithm with two parameters",
         [](auto& it) {
             it.algorithm = it.outer_algorithm = test::sequence({{6, 3, 0x2b, 0x65, 0x70}, {5, 0}, {5, 0}});
         }},
        {"an empty issuer (4.1.2.4)", [](auto& it) { it.issuer = test::name(""); }},
        {"an issuer with an empty set",
         [](auto& it) {
             it.issuer = test::sequence({{0x31, 0}});
         }},
        {"a name that is a set", [](auto& it) { it.issuer[0] = 0x31; }},
        {"a name with an attribute of three parts",
         [](auto& it) {
             it.issuer = test::sequence({test::tlv(0x31, test::sequence({{6, 1, 1}, {5, 0}, {5, 0}}))});
         }},
        {"a name with an attribute of one part",
         [](auto& it) {
             it.issuer = test::sequence({test::tlv(0x31, test::sequence({{6, 1, 1}}))});
         }},
        {"no times", [](auto& it) { it.validity = test::sequence({}); }},
        {"one time", [](auto& it) { it.validity = test::sequence({test::utc("200101000000Z")}); }},
        {"three times",
         [](auto& it) {
             const bytes time = test::utc("200101000000Z");
             it.validity = test::sequence({time, time, time});
         }},
        {"a time with a zone (4.1.2.5.1)",
         [](auto& it) {
             it.validity = test::sequence({test::utc("200101000000+0100"), test::utc("400101000000Z")});
         }},
        {"a key of seven bits",
         [](auto& it) {
             it.spki = test::sequence({test::ed25519_algorithm(), {3, 2, 1, 0x80}});
         }},
        {"a key and something else",
         [](auto& it) {
             it.spki = test::sequence({test::ed25519_algorithm(), {3, 2, 0, 1}, {5, 0}});
         }},
        {"no key", [](auto& it) { it.spki = test::sequence({test::ed25519_algorithm()}); }},
        {"something before the extensions",
         [](auto& it) {
             it.unique_ids = {5, 0};
         }},
        {"unique identifiers in the wrong order", [](auto& it) { it.unique_ids = {0x82, 2, 0, 1, 0x81, 2, 0, 1}; }},
        {"the same extension twice (4.2)", [](auto& it) { it.extensions.push_back(it.extensions[0]); }},
        {"an unknown extension twice (4.2)",
         [&](auto& it) {
             it.extensions.push_back(test::sequence({unknown_oid, {4, 0}}));
             it.extensions.push_back(test::sequence({unknown_oid, {4, 1, 1}}));
         }},
        {"critical FALSE written out (X.690, 11.5)", add(test::sequence({unknown_oid, {1, 1, 0}, {4, 0}}))},
        {"critical neither true nor false (X.690, 11.1)", add(test::sequence({unknown_oid, {1, 1, 1}, {4, 0}}))},
        {"an extension without a value", add(test::sequence({unknown_oid}))},
        {"an extension with two values", add(test::sequence({unknown_oid, {4, 0}, {4, 0}}))},
        {"an extension whose value is no OCTET STRING", add(test::sequence({unknown_oid, {5, 0}}))},
        {"an empty extension", add({0x30, 0})},
        {"basicConstraints that are empty", add(test::extension(19, true, {}))},
        {"basicConstraints with cA FALSE written out (X.690, 11.5)",
         add(test::extension(19, true, {0x30, 3, 1, 1, 0}))},
        {"basicConstraints with a negative pathLen", add(test::extension(19, true, {0x30, 6, 1, 1, 0xff, 2, 1, 0xff}))},
        {"basicConstraints and something else", add(test::extension(19, true, {0x30, 0, 5, 0}))},
        {"basicConstraints with something else inside",
         add(test::extension(19, true, {0x30, 8, 1, 1, 0xff, 2, 1, 0, 5, 0}))},
        {"keyUsage without a bit (4.2.1.3)",
         [&](auto& it) { it.extensions[0] = test::sequence({usage_oid, test::tlv(4, {3, 1, 0})}); }},
        {"keyUsage with a zero bit at the end (X.690, 11.2.2)",
         [](auto& it) { it.extensions[0] = test::key_usage(6, 0x80); }},
        {"keyUsage with an unused bit set (X.690, 11.2.1)",
         [](auto& it) { it.extensions[0] = test::key_usage(7, 0xc0); }},
        {"keyUsage that is no BIT STRING",
         [](auto& it) { it.extensions[0] = test::extension(15, true, {4, 2, 7, 0x80}); }},
        {"extendedKeyUsage without a purpose (4.2.1.12)", add(test::extension(37, false, {0x30, 0}))},
        {"extendedKeyUsage with something else", add(test::extension(37, false, {0x30, 2, 5, 0}))},
        {"subjectAltName without a name (4.2.1.6)",
         [](auto& it) { it.extensions[1] = test::extension(17, false, {0x30, 0}); }},
        {"a dNSName that is not ASCII (4.2.1.6)",
         [](auto& it) { it.extensions[1] = test::subject_alt_name({test::dns("\xf0\x9f\x98\x9c.example")}); }},
        {"an iPAddress of five bytes (4.2.1.6)",
         [](auto& it) { it.extensions[1] = test::subject_alt_name({test::tlv(0x87, bytes(5))}); }},
        {"an iPAddress of no bytes (4.2.1.6)",
         [](auto& it) { it.extensions[1] = test::subject_alt_name({{0x87, 0}}); }},
        {"a GeneralName of no kind", [](auto& it) { it.extensions[1] = test::subject_alt_name({{0x89, 0}}); }},
        {"a dNSName with a NUL", [](auto& it) { it.extensions[1] = test::subject_alt_name({{0x82, 3, 'a', 0, 'b'}}); }},
        {"a constructed dNSName", [](auto& it) { it.extensions[1] = test::subject_alt_name({{0xa2, 0}}); }},
        {"a name that is no GeneralName",
         [](auto& it) { it.extensions[1] = test::subject_alt_name({{0x0c, 1, 'a'}}); }},
    };
    for (const broken& one : cases) {
        INFO(one.rule);
        test::draft it = good;
        one.breaks(it);
        CHECK(error_of(it) == one.expected);
    }
}

TEST_CASE("certificate: what is odd and allowed") {
    const test::draft good = test::leaf("leaf", "root");
    const auto with = [&good](auto change) {
        test::draft it = good;
        change(it);
        return error_of(it);
    };
    CHECK(with([](auto& it) { it.serial = {2, 1, 0x80}; }) == errc::none);  // negative: to be tolerated (4.1.2.2)
    CHECK(with([](auto& it) { it.serial = {2, 1, 0}; }) == errc::none);
    CHECK(with([](auto& it) { it.serial = test::tlv(2, bytes(20, 1)); }) == errc::none);
    CHECK(with([](auto& it) { it.subject = test::name(""); }) == errc::none);
    CHECK(with([](auto& it) { it.unique_ids = {0x81, 2, 0, 1, 0x82, 2, 0, 1}; }) == errc::none);
    CHECK(with([](auto& it) { it.extensions.clear(); }) == errc::none);
    CHECK(with([](auto& it) {
              it.validity = test::sequence({test::utc("400101000000Z"), test::utc("200101000000Z")});  // never valid
          }) == errc::none);

    const parsed large(good.with(test::extension(19, true, {0x30, 10, 1, 1, 0xff, 2, 5, 1, 0, 0, 0, 0})).der());
    CHECK(large.error == errc::none);
    CHECK(large.it.path_length == UINT32_MAX);
}

TEST_CASE("certificate: critical extensions that nothing here understands are flagged") {
    const test::draft plain("a", "b");
    const auto flagged = [](const test::draft& it) {
        const parsed made(it.der());
        REQUIRE(made.error == errc::none);
        return made.it.unknown_critical;
    };
    CHECK_FALSE(flagged(plain));
    CHECK_FALSE(flagged(plain.with(test::extension(14, false, {4, 1, 1}))));
    CHECK(flagged(plain.with(test::extension(14, true, {4, 1, 1}))));
    CHECK(flagged(plain.with(test::extension(36, true, {0x30, 0})).with(test::extension(14, false, {4, 1, 1}))));
    CHECK(flagged(plain.with(test::extension(30, false, {0x30, 0}))));  // nameConstraints
    const bytes not_standard = test::sequence({{6, 4, 0x55, 0x1d, 0x81, 15}, {1, 1, 0xff}, {4, 0}});
    CHECK(flagged(plain.with(not_standard)));
}

TEST_CASE("certificate: identifiers of keys, name constraints, policies and must-staple") {
    const test::draft plain("a", "b");
    const bytes feature = {6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 24};
    const bytes staple = test::sequence({feature, test::tlv(4, test::sequence({{2, 1, 5}}))});
    const bytes subtree = test::tlv(0xa0, test::sequence({test::dns("example")}));
    const parsed made(plain.with(test::extension(14, false, {4, 1, 7}))
                          .with(test::extension(35, false, test::sequence({{0x80, 1, 8}, {0x82, 1, 9}})))
                          .with(test::extension(30, true, test::sequence({subtree})))
                          .with(test::extension(32, true, test::sequence({})))
                          .with(staple)
                          .der());
    REQUIRE(made.error == errc::none);
    CHECK(equal_bytes(made.it.subject_key_id, bytes{7}));
    CHECK(equal_bytes(made.it.authority_key_id, bytes{8}));
    CHECK(equal_bytes(made.it.authority_key_serial, bytes{9}));
    CHECK(equal_bytes(made.it.name_constraints, subtree));
    CHECK(made.it.must_staple);
    CHECK_FALSE(made.it.unknown_critical);
    CHECK((made.it.has(x509::extension_id::subject_key_id) && !made.it.critical(x509::extension_id::subject_key_id)));
    CHECK(made.it.critical(x509::extension_id::name_constraints));
    CHECK_FALSE(made.it.has(x509::extension_id::key_usage));

    const auto flagged = [&plain](const bytes& extension) {
        const parsed it(plain.with(extension).der());
        REQUIRE(it.error == errc::none);
        return it.it.unknown_critical;
    };
    CHECK(flagged(test::extension(35, true, test::sequence({{0x80, 1, 8}}))));
    CHECK(flagged(test::extension(36, false, test::sequence({{0x80, 1, 0}}))));  // policies are demanded
    CHECK(flagged(test::extension(30, true, test::sequence({{0xa0, 0}}))));
    CHECK(flagged(test::extension(30, true, test::sequence({subtree, subtree}))));
    // Staples are not looked into: whoever insists is not obeyed halfway.
    CHECK(flagged(test::sequence({feature, {1, 1, 0xff}, test::tlv(4, test::sequence({{2, 1, 5}}))})));
    CHECK(error_of(plain.with(test::extension(35, false, test::sequence({{0x82, 1, 9}, {0x80, 1, 8}})))) ==
          errc::bad_certificate);
}

TEST_CASE("certificate: names whose text is not what it says") {
    const auto named = [](std::uint8_t tag, std::string_view value) {
        test::draft it("a", "b");
        it.subject =
            test::sequence({test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 3}, test::tlv(tag, test::text(value))}))});
        return error_of(it);
    };
    CHECK(named(0x0c, "\xc3\xa4") == errc::none);
    CHECK(named(0x0c, "\xe4") == errc::bad_certificate);
    CHECK(named(0x14, "\xe4") == errc::none);  // TeletexString, of old
    for (const std::uint8_t tag : {std::uint8_t{0x4d}, std::uint8_t{0x80}, std::uint8_t{0xa0}})
        CHECK(named(tag, "a") == errc::bad_certificate);
}

TEST_CASE("certificate: extensions up to the limit") {
    const auto with = [](std::size_t count) {
        test::draft it("a", "b");
        for (std::size_t i = 0; i < count; ++i)
            it.extensions.push_back(test::sequence({{6, 2, 0x2a, static_cast<std::uint8_t>(i)}, {4, 0}}));
        return error_of(it);
    };
    CHECK(with(x509::max_extensions) == errc::none);
    CHECK(with(x509::max_extensions + 1) == errc::unsupported_certificate);
}

TEST_CASE("certificate: cut anywhere or prolonged, it is refused") {
    for (const char* name : test::made_names) {
        const bytes der = test::made_certificate(name);
        for (std::size_t size = 0; size < der.size(); ++size) {
            const parsed cut(bytes(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(size)));
            if (cut.error != errc::bad_certificate) FAIL(name << " cut to " << size << ": " << name_of(cut.error));
        }
        CHECK(parsed(der + bytes{0}).error == errc::bad_certificate);
        CHECK(parsed(der + der).error == errc::bad_certificate);
    }
}

TEST_CASE("certificate: any byte changed to any other stays inside the input") {
    for (const char* name : {"server", "rsa"}) {
        const bytes der = test::made_certificate(name);
        int accepted = 0;
        for (std::size_t at = 0; at < der.size(); ++at) {
            for (unsigned change = 1; change < 256; ++change) {
                bytes changed = der;
                changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
                certificate it;
                const errc error = x509::parse_certificate(changed, it);
                if (error != errc::none) continue;
                ++accepted;
                // Whatever it says now, reading on in it must work.
                const bool restricted = it.allows(key_purpose::server_auth) && x509::schemes_for(it).empty();
                if (!inside(it.signature, changed) || !inside(it.tbs, changed) || (restricted && !it.usage))
                    FAIL(name << ", byte " << at << " changed by " << change);
                for (x509::der_reader names(it.subject_alt_name); !names.empty();)
                    if (!inside(x509::next_name(names).value, changed)) FAIL(name << ", byte " << at);
            }
        }
        CHECK(accepted > 64 * 255);  // the bytes of its signature at least
    }
}

TEST_CASE("certificate: those of x509-limbo, read as OpenSSL reads them") {
    const auto file = test::shared_vectors("x509-limbo.json");
    if (!file) return;
    const nlohmann::json limbo = test::load_json(*file);
    std::map<std::string, const char*> why_refused = {
        {"rfc5280::serial::too-long peer", "a serial number of 21 bytes; RFC 5280, section 4.1.2.2, allows 20"},
        {"webpki::san::unicode-emoji-san peer", "a dNSName that is not an IA5String; RFC 5280, section 4.2.1.6"},
        {"webpki::v1-cert peer", "not version 3; RFC 9846, section 4.5.1.2"},
    };
    tally count;
    for (const auto& one : limbo["testcases"]) {
        const std::string id = one["id"];
        compare(id + " peer", test::from_pem(one["peer_certificate"].get<std::string>()), why_refused, count);
        for (const char* const kind : {"trusted_certs", "untrusted_intermediates"})
            for (const auto& pem : one[kind])
                compare(id + ' ' + kind, test::from_pem(pem.get<std::string>()), why_refused, count);
    }
    for (const auto& [what, why] : why_refused) FAIL_CHECK(what << " should be refused: " << why);
    CHECK(count.refused == 3);
    CHECK(count.refused_by_both == 0);
    test::ran("x509-limbo's certificates", count.parsed);
}

TEST_CASE("certificate: those of NIST's PKITS and of pyca/cryptography, read as OpenSSL reads them") {
    const auto folder = test::debian_vectors("x509");
    if (!folder) return;
    const char* const version = "not version 3";
    std::map<std::string, const char*> why_refused = {
        {"BadSignedCACert.crt", "its signature is damaged in the count of unused bits"},
        {"InvalidDSASignatureTest6EE.crt", "its signature is damaged in the count of unused bits"},
        {"badasn1time.pem", "a UTCTime with a year of four digits"},
        {"ed25519-rfc8410.pem", "RFC 8410's own example writes critical FALSE out, which DER does not"},
        {"invalid_signature_cert.pem", version},
        {"invalid_version.pem", version},
        {"two_basic_constraints.pem", "an extension twice"},
        {"unsupported_subject_name.pem", version},
        {"utf8-dnsname.pem", "a dNSName that is not ASCII"},
        {"utf8_common_name.pem", version},
        {"v1_cert.pem", version},
        {"valid_signature_cert.pem", version},
        {"verisign_md2_root.pem", version},
    };
    tally count;
    for (const char* const part : {"PKITS_data/certs", ".", "custom", "ed25519", "ed448"}) {
        for (const auto& entry : std::filesystem::directory_iterator(*folder / part)) {
            const bytes file = entry.is_regular_file() ? test::load_bytes(entry.path()) : bytes{};
            const std::string extension = entry.path().extension();
            const bytes der = extension == ".crt" ? file : test::from_pem(as_text(file));
            if (!der.empty()) compare(entry.path().filename(), der, why_refused, count);
        }
    }
    test::ran("certificates of PKITS and pyca/cryptography", count.parsed);
}

TEST_CASE("a raw public key is a SubjectPublicKeyInfo and nothing else (RFC 7250, section 3)") {
    const test::bytes key = test::key_pair("a").spki();
    x509::certificate it;
    REQUIRE(x509::parse_raw_public_key(key, it) == errc::none);
    CHECK(it.public_key.size() == 32);
    CHECK(equal_bytes(it.spki, key));
    REQUIRE(x509::schemes_for(it).size() == 1);
    CHECK(x509::schemes_for(it)[0] == signature_scheme::ed25519);
    for (std::size_t size = 0; size < key.size(); ++size)
        CHECK(x509::parse_raw_public_key(bytes_view(key).first(size), it) == errc::bad_certificate);
    test::bytes longer = key;
    longer.push_back(0);
    CHECK(x509::parse_raw_public_key(longer, it) == errc::bad_certificate);
    CHECK(x509::parse_raw_public_key(test::leaf("a", "root").der(), it) == errc::bad_certificate);
    // The same key as a certificate is none.
    CHECK(x509::parse_certificate(key, it) != errc::none);
}
