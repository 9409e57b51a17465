// An X.509 v3 certificate (RFC 5280, section 4) as views into its DER.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/x509/algorithm.hpp>
#include <spantls/x509/der.hpp>
#include <spantls/x509/extension_row.hpp>
#include <spantls/x509/rdn_sequence.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// RFC 5280, section 4.2.1.3; bit 0 is the highest.
enum class key_usage : std::uint16_t { digital_signature = 0x8000, key_cert_sign = 0x0400, crl_sign = 0x0200 };

/// RFC 5280, section 4.2.1.12: what the key of a TLS peer is used for, or of who answers for a CA (OCSP).
enum class key_purpose : std::uint8_t { server_auth = 1, client_auth = 2, ocsp_signing = 9 };

/// RFC 5280, section 4.2.1.6: the context tags of GeneralName.
enum class name_kind : std::uint8_t {
    other_name = 0,
    rfc822_name = 1,
    dns_name = 2,
    x400_address = 3,
    directory_name = 4,
    edi_party_name = 5,
    uri = 6,
    ip_address = 7,
    registered_id = 8,
};

/// Extensions that are understood here, by the last number of their OID, 2.5.29.N; RFC 5280, section 4.2.1.
enum class extension_id : std::uint8_t {
    subject_key_id = 14,
    key_usage = 15,
    subject_alt_name = 17,
    basic_constraints = 19,
    name_constraints = 30,
    crl_distribution_points = 31,
    certificate_policies = 32,
    policy_constraints = 36,
    authority_key_id = 35,
    extended_key_usage = 37,
    freshest_crl = 46,
    no_rev_avail = 56,  // RFC 9608
};

struct general_name {
    name_kind kind{};
    bytes_view value;
};

/// What a certificate says. Every view lies in the bytes that were parsed, which have to stay where they are.
struct certificate {
    bytes_view der;  ///< all of it
    bytes_view tbs;  ///< what is signed: tag and length included
    bytes_view serial;
    bytes_view issuer;            ///< tag and length included, as `subject`: names are compared byte by byte
    std::int64_t not_before = 0;  ///< seconds since 1970; both ends belong to the time of validity
    std::int64_t not_after = 0;
    bytes_view subject;
    bytes_view spki;  ///< SubjectPublicKeyInfo, tag and length included
    algorithm_identifier key_algorithm;
    bytes_view public_key;
    algorithm_identifier signature_algorithm;
    bytes_view signature;

    bool is_ca = false;
    std::optional<std::uint32_t> path_length;
    std::optional<std::uint16_t> usage;  ///< bits of key_usage; nothing is restricted when there are none
    bytes_view extended_key_usage;       ///< the OIDs in their row; empty: nothing is restricted
    bytes_view subject_alt_name;         ///< the GeneralNames in their row; see `next_name`
    bytes_view name_constraints;         ///< the subtrees, [0] and [1]; see check_name_constraints
    bytes_view subject_key_id;
    bytes_view authority_key_id;      ///< the keyIdentifier
    bytes_view authority_key_issuer;  ///< the GeneralNames of authorityCertIssuer
    bytes_view authority_key_serial;
    bytes_view crl_distribution_points;  ///< as it came: see reasons_covered
    bool names_responder = false;        ///< authorityInfoAccess says where OCSP is spoken, or cannot be read
    bool must_staple = false;            ///< TLS feature status_request (RFC 7633)
    /// DelegationUsage, not critical: its key may sign delegated credentials (RFC 9345, section 4.2).
    bool delegates = false;
    /// There is a critical extension besides those above, or one that may not be critical; or nameConstraints that are
    /// not well formed, or policyConstraints, critical or not; or noRevAvail where it may not be. certificatePolicies
    /// may be critical: whoever asks for no policy accepts any (RFC 5280, section 6.1.1 (c) to (g)).
    bool unknown_critical = false;
    std::uint64_t extensions = 0;  ///< bit N: extension_id N is there; see `has` and `critical`
    std::uint64_t critical_extensions = 0;

    constexpr bool has(extension_id id) const noexcept { return (extensions >> static_cast<unsigned>(id) & 1) != 0; }
    constexpr bool critical(extension_id id) const noexcept {
        return (critical_extensions >> static_cast<unsigned>(id) & 1) != 0;
    }
    constexpr bool self_issued() const noexcept { return equal_bytes(issuer, subject); }

    constexpr bool valid_at(std::int64_t now) const noexcept { return not_before <= now && now <= not_after; }
    /// Does keyUsage, if it is there, allow this?
    constexpr bool allows(key_usage use) const noexcept { return !usage || (*usage & static_cast<unsigned>(use)) != 0; }
    /// Does extendedKeyUsage, if it is there, allow this?
    constexpr bool allows(key_purpose purpose) const noexcept;
    /// Is it there, and names this one?
    constexpr bool names(key_purpose purpose) const noexcept;
    /// Does extendedKeyUsage say anyExtendedKeyUsage?
    constexpr bool allows_any_purpose() const noexcept;
};

/// Reads a certificate. bad_certificate: it is not one, or not DER. unsupported_certificate: not version 3 (RFC 9846,
/// section 4.5.1.2), or with more than max_extensions. On any error `to` is not to be used.
[[nodiscard]] constexpr errc parse_certificate(bytes_view der, certificate& to) noexcept;

/// Reads a SubjectPublicKeyInfo as if it were a certificate that says nothing else (RFC 7250, section 3): `der` and
/// `spki` are all of it. bad_certificate: it is not one, or not DER.
[[nodiscard]] constexpr errc parse_raw_public_key(bytes_view spki, certificate& to) noexcept;

/// `for (der_reader names(it.subject_alt_name); !names.empty();) use(next_name(names));`
constexpr general_name next_name(der_reader& names) noexcept {
    const der_element name = names.element();
    return {static_cast<name_kind>(static_cast<unsigned>(name.tag) & 0x1f), name.body};
}

/// The kinds of keys that a provider may be able to verify with; `public_key` has the length of its kind.
/// rsa_pss: id-RSASSA-PSS, the others' RSA keys for anything that RSA is good for.
enum class key_type : std::uint8_t { unsupported, ed25519, p256, p384, rsa, rsa_pss, mldsa44, mldsa65, mldsa87 };

constexpr key_type key_type_of(const certificate& it) noexcept;

/// The schemes with which the owner of this certificate may sign a CertificateVerify (RFC 9846, sections 4.3.3 and
/// 4.5.1.2); none when keyUsage is there and lacks digitalSignature.
constexpr std::span<const signature_scheme> schemes_for(const certificate& it) noexcept;

constexpr bool key_fits(signature_scheme scheme, const certificate& it) noexcept {
    for (const signature_scheme possible : schemes_for(it))
        if (possible == scheme) return true;
    return false;
}

namespace detail {
namespace oid {
inline constexpr std::uint8_t ed25519[] = {0x2b, 0x65, 0x70};                                  // id-Ed25519
inline constexpr std::uint8_t ec_public_key[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};    // id-ecPublicKey
inline constexpr std::uint8_t rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};  // rsaEncryption
inline constexpr std::uint8_t rsa_with_md5[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                0x0d, 0x01, 0x01, 0x04};  // md5WithRSAEncryption
inline constexpr std::uint8_t rsassa_pss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
inline constexpr std::uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};  // with its tag
inline constexpr std::uint8_t p384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};                    // with its tag
inline constexpr std::uint8_t sign_algorithms[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03};   // NIST's sigAlgs
inline constexpr std::uint8_t any_purpose[] = {0x55, 0x1d, 0x25, 0x00};                               // 2.5.29.37.0
inline constexpr std::uint8_t purposes[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03};                // id-kp
inline constexpr std::uint8_t delegation_usage[] = {0x2b, 0x06, 0x01, 0x04, 0x01,
                                                    0x82, 0xda, 0x4b, 0x2c};                     // RFC 9345, 4.2
inline constexpr std::uint8_t tls_feature[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18};  // id-pe 24
inline constexpr std::uint8_t authority_info_access[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01};  // id-pe 1
inline constexpr std::uint8_t access_by_ocsp[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01};         // id-ad-ocsp
}  // namespace oid

inline constexpr auto ed25519_schemes = std::array{signature_scheme::ed25519};
inline constexpr auto p256_schemes = std::array{signature_scheme::ecdsa_secp256r1_sha256};
inline constexpr auto p384_schemes = std::array{signature_scheme::ecdsa_secp384r1_sha384};
inline constexpr auto mldsa44_schemes = std::array{signature_scheme::mldsa44};
inline constexpr auto mldsa65_schemes = std::array{signature_scheme::mldsa65};
inline constexpr auto mldsa87_schemes = std::array{signature_scheme::mldsa87};
// PKCS#1 v1.5 is for signatures in certificates only (RFC 9846, section 4.3.3).
inline constexpr auto rsa_schemes =
    std::array{signature_scheme::rsa_pss_rsae_sha256, signature_scheme::rsa_pss_rsae_sha384,
               signature_scheme::rsa_pss_rsae_sha512};

inline constexpr auto rsa_pss_schemes = std::array{
    signature_scheme::rsa_pss_pss_sha256, signature_scheme::rsa_pss_pss_sha384, signature_scheme::rsa_pss_pss_sha512};

/// RFC 4055, section 3.3: a key with parameters is for their hash only.
constexpr std::span<const signature_scheme> rsa_pss_schemes_for(bytes_view parameters) noexcept {
    const std::span<const signature_scheme> all(rsa_pss_schemes);
    if (parameters.empty()) return all;
    switch (read_pss(parameters)) {
        case signature_hash::none: return {};
        case signature_hash::sha256: return all.subspan(0, 1);
        case signature_hash::sha384: return all.subspan(1, 1);
        case signature_hash::sha512: return all.subspan(2, 1);
    }
    return {};
}

/// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
constexpr void read_basic_constraints(der_reader& value, certificate& to) noexcept {
    der_reader inner = value.inside(der_tag::sequence);
    to.is_ca = inner.flag();
    if (!inner.empty()) to.path_length = inner.small_integer();
    value.leave(inner);
}

/// KeyUsage ::= BIT STRING, with at least one bit set
constexpr void read_key_usage(der_reader& value, certificate& to) noexcept {
    to.usage = value.named_bits();
    if (*to.usage == 0) value.fail();
}

/// ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER
constexpr void read_extended_key_usage(der_reader& value, certificate& to) noexcept {
    to.extended_key_usage = value.body(der_tag::sequence);
    der_reader inner(to.extended_key_usage);
    if (inner.empty()) value.fail();
    while (!inner.empty()) inner.oid();
    value.leave(inner);
}

/// GeneralName ::= CHOICE of [0] to [8]; otherName, x400Address, directoryName and ediPartyName are constructed.
constexpr general_name read_general_name(der_reader& from) noexcept {
    const unsigned tag = from.empty() ? 0U : from.rest()[0];
    const unsigned number = tag & 0x1f;
    const bool constructed = number == 0 || (number >= 3 && number <= 5);
    if (number > 8 || tag != ((constructed ? 0xa0U : 0x80U) | number)) from.fail();
    return next_name(from);
}

/// GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName
constexpr void read_subject_alt_name(der_reader& value, certificate& to) noexcept {
    to.subject_alt_name = value.body(der_tag::sequence);
    der_reader inner(to.subject_alt_name);
    if (inner.empty()) value.fail();
    while (!inner.empty()) {
        const auto [kind, name] = read_general_name(inner);
        // iPAddress is 4 or 16 bytes; the texts are IA5String, and none has a NUL, behind which others may not look.
        if (kind == name_kind::ip_address && name.size() != 4 && name.size() != 16) inner.fail();
        if (kind == name_kind::rfc822_name || kind == name_kind::dns_name || kind == name_kind::uri)
            for (const std::uint8_t byte : name)
                if (byte == 0 || byte >= 0x80) inner.fail();
    }
    value.leave(inner);
}

/// NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] ... OPTIONAL }
/// GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree; section 4.2.1.10. What is wrong here makes the
/// certificate unusable as an issuer.
constexpr void read_name_constraints(bytes_view content, certificate& to) noexcept {
    der_reader value(content);
    to.name_constraints = value.body(der_tag::sequence);
    der_reader inner(to.name_constraints);
    if (inner.empty()) inner.fail();
    for (const std::uint8_t number : {std::uint8_t{0}, std::uint8_t{1}}) {
        if (!inner.next_is(context_constructed(number))) continue;
        der_reader subtrees = inner.inside(context_constructed(number));
        if (subtrees.empty()) subtrees.fail();
        while (!subtrees.empty()) subtrees.element(der_tag::sequence);
        inner.leave(subtrees);
    }
    value.leave(inner);
    if (!value.finished()) to.unknown_critical = true;
}

/// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0], authorityCertIssuer [1], authorityCertSerialNumber [2] },
/// all of them optional; section 4.2.1.1.
template <class To>
constexpr void read_authority_key_id(der_reader& value, To& to) noexcept {
    der_reader inner = value.inside(der_tag::sequence);
    if (inner.next_is(context(0))) to.authority_key_id = inner.body(context(0));
    if (inner.next_is(context_constructed(1))) to.authority_key_issuer = inner.body(context_constructed(1));
    if (inner.next_is(context(2))) to.authority_key_serial = inner.body(context(2));
    value.leave(inner);
}

/// Features ::= SEQUENCE OF INTEGER (RFC 7633, section 4)
constexpr void read_tls_features(der_reader& value, certificate& to) noexcept {
    der_reader inner = value.inside(der_tag::sequence);
    while (!inner.empty())
        to.must_staple |= inner.small_integer() == static_cast<std::uint32_t>(extension_type::status_request);
    value.leave(inner);
}

/// AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation
/// GeneralName }; RFC 5280, section 4.2.2.1.
constexpr bool names_responder(bytes_view content) noexcept {
    der_reader value(content);
    der_reader rows = value.inside(der_tag::sequence);
    if (rows.empty()) return true;
    while (!rows.empty()) {
        der_reader row = rows.inside(der_tag::sequence);
        if (equal_bytes(row.oid(), oid::access_by_ocsp)) return true;
        row.element();
        rows.leave(row);
    }
    value.leave(rows);
    return !value.finished();
}

constexpr void read_extension(bytes_view id, bool critical, bytes_view content, certificate& to,
                              der_reader& from) noexcept {
    const std::uint8_t number = standard_extension(id);
    if (number != 0) to.extensions |= std::uint64_t{1} << number;
    if (number != 0 && critical) to.critical_extensions |= std::uint64_t{1} << number;
    der_reader value(content);
    if (equal_bytes(id, oid::tls_feature)) {
        read_tls_features(value, to);
        to.unknown_critical |= critical;
        return from.leave(value);
    }
    switch (static_cast<extension_id>(number)) {
        case extension_id::key_usage: read_key_usage(value, to); break;
        case extension_id::subject_alt_name: read_subject_alt_name(value, to); break;
        case extension_id::basic_constraints: read_basic_constraints(value, to); break;
        case extension_id::extended_key_usage: read_extended_key_usage(value, to); break;
        case extension_id::name_constraints: return read_name_constraints(content, to);
        case extension_id::subject_key_id: to.subject_key_id = value.body(der_tag::octet_string); break;
        case extension_id::authority_key_id: read_authority_key_id(value, to); break;
        case extension_id::certificate_policies: value.body(der_tag::sequence); break;
        case extension_id::crl_distribution_points:  // nobody has to look for a CRL
            to.crl_distribution_points = content;
            to.unknown_critical |= critical;
            return;
        case extension_id::policy_constraints: to.unknown_critical = true; return;
        case extension_id::no_rev_avail:  // NULL, never critical: RFC 9608, section 2
            if (!value.body(der_tag::null).empty()) value.fail();
            to.unknown_critical |= critical;
            break;
        default:
            to.names_responder |= equal_bytes(id, oid::authority_info_access) && names_responder(content);
            to.unknown_critical |= critical;
            to.delegates |= !critical && equal_bytes(id, oid::delegation_usage) && equal_bytes(content, oid::null);
            return;
    }
    // The identifiers of keys are never critical: sections 4.2.1.1 and 4.2.1.2.
    if (number == 14 || number == 35) to.unknown_critical |= critical;
    from.leave(value);
}

constexpr errc read_extensions(der_reader& tbs, certificate& to) noexcept {
    der_reader explicit_tag = tbs.inside(context_constructed(3));
    const bool few = read_extension_row(
        explicit_tag, [&to](bytes_view id, bool critical, bytes_view value, der_reader& row) noexcept {
            read_extension(id, critical, value, to, row);
        });
    tbs.leave(explicit_tag);
    // RFC 9608, section 3: a CA has it not, and nothing beside it says where to ask.
    if (to.has(extension_id::no_rev_avail))
        to.unknown_critical |= to.is_ca || to.has(extension_id::crl_distribution_points) ||
                               to.has(extension_id::freshest_crl) || to.names_responder;
    return few ? errc::none : errc::unsupported_certificate;
}
}  // namespace detail

constexpr bool certificate::allows_any_purpose() const noexcept {
    for (der_reader purposes(extended_key_usage); !purposes.empty();)
        if (equal_bytes(purposes.oid(), detail::oid::any_purpose)) return true;
    return false;
}

constexpr bool certificate::names(key_purpose purpose) const noexcept {
    for (der_reader purposes(extended_key_usage); !purposes.empty();) {
        const bytes_view id = purposes.oid();
        if (id.size() != 8 || !equal_bytes(id.first(7), detail::oid::purposes)) continue;
        if (id[7] == static_cast<unsigned>(purpose)) return true;
    }
    return false;
}

constexpr bool certificate::allows(key_purpose purpose) const noexcept {
    return extended_key_usage.empty() || allows_any_purpose() || names(purpose);
}

constexpr errc parse_certificate(bytes_view der, certificate& to) noexcept {
    to = {};
    to.der = der;
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
    der_reader all(der);
    der_reader outer = all.inside(der_tag::sequence);
    to.tbs = outer.whole(der_tag::sequence);
    const bytes_view outer_algorithm = outer.rest();
    to.signature_algorithm = detail::read_algorithm(outer);
    to.signature = outer.bits();
    all.leave(outer);
    if (!all.finished()) return errc::bad_certificate;

    der_reader signed_part(to.tbs);
    der_reader tbs = signed_part.inside(der_tag::sequence);
    // version [0] EXPLICIT INTEGER DEFAULT v1; 2 is v3 (RFC 9846, section 4.5.1.2)
    if (!tbs.next_is(context_constructed(0)))
        return tbs.next_is(der_tag::integer) ? errc::unsupported_certificate : errc::bad_certificate;
    der_reader version = tbs.inside(context_constructed(0));
    const std::uint32_t number = version.small_integer();
    if (!version.finished()) return errc::bad_certificate;
    if (number != 2) return errc::unsupported_certificate;

    to.serial = tbs.integer();
    if (to.serial.size() > 20) tbs.fail();  // RFC 5280, section 4.1.2.2; negative ones are to be tolerated
    const bytes_view inner_algorithm = tbs.whole(der_tag::sequence);
    // RFC 5280, section 4.1.1.2: both are the same.
    if (inner_algorithm.size() > outer_algorithm.size() ||
        !equal_bytes(inner_algorithm, outer_algorithm.first(inner_algorithm.size())))
        return errc::bad_certificate;
    to.issuer = detail::read_name(tbs);
    if (to.issuer.size() <= 2) tbs.fail();  // RFC 5280, section 4.1.2.4: not empty
    der_reader validity = tbs.inside(der_tag::sequence);
    to.not_before = validity.time();
    to.not_after = validity.time();
    tbs.leave(validity);
    to.subject = detail::read_name(tbs);

    der_reader spki(tbs.next_is(der_tag::sequence) ? tbs.rest() : bytes_view{});
    to.spki = tbs.whole(der_tag::sequence);
    der_reader key = spki.inside(der_tag::sequence);
    to.key_algorithm = detail::read_algorithm(key);
    to.public_key = key.bits();
    tbs.leave(key);

    if (tbs.next_is(context(1))) tbs.element();  // issuerUniqueID and subjectUniqueID: obsolete, meaningless
    if (tbs.next_is(context(2))) tbs.element();
    if (!tbs.empty())
        if (const errc error = detail::read_extensions(tbs, to); error != errc::none) return error;
    signed_part.leave(tbs);
    return signed_part.finished() ? errc::none : errc::bad_certificate;
}

constexpr errc parse_raw_public_key(bytes_view spki, certificate& to) noexcept {
    to = {};
    to.der = to.spki = spki;
    // SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
    der_reader all(spki);
    der_reader key = all.inside(der_tag::sequence);
    to.key_algorithm = detail::read_algorithm(key);
    to.public_key = key.bits();
    all.leave(key);
    return all.finished() ? errc::none : errc::bad_certificate;
}

namespace detail {
/// RFC 9881, section 2: the key's and the signature's are the same.
constexpr key_type mldsa_type(bytes_view id) noexcept {
    switch (number_behind(id, oid::sign_algorithms)) {
        case 17: return key_type::mldsa44;
        case 18: return key_type::mldsa65;
        case 19: return key_type::mldsa87;
        default: return key_type::unsupported;
    }
}
/// FIPS 204, section 4.
constexpr std::size_t mldsa_key_size(key_type type) noexcept {
    return type == key_type::mldsa44 ? 1312 : type == key_type::mldsa65 ? 1952 : 2592;
}
}  // namespace detail

// The keys of the schemes of RFC 9846, section 4.3.3, and of draft-ietf-tls-mldsa.
constexpr key_type key_type_of(const certificate& it) noexcept {
    const auto [id, parameters] = it.key_algorithm;
    const bytes_view key = it.public_key;
    if (equal_bytes(id, detail::oid::ed25519))  // RFC 8410, section 3: no parameters
        return parameters.empty() && key.size() == 32 ? key_type::ed25519 : key_type::unsupported;
    if (equal_bytes(id, detail::oid::ec_public_key)) {  // RFC 5480, section 2.2: uncompressed points
        if (key.empty() || key[0] != 4) return key_type::unsupported;
        if (equal_bytes(parameters, detail::oid::p256) && key.size() == 65) return key_type::p256;
        if (equal_bytes(parameters, detail::oid::p384) && key.size() == 97) return key_type::p384;
    }
    if (equal_bytes(id, detail::oid::rsa) && equal_bytes(parameters, detail::oid::null)) return key_type::rsa;
    if (equal_bytes(id, detail::oid::rsassa_pss)) {  // RFC 9846, section 4.3.3: with parameters, or for any hash
        const bool fine = parameters.empty() || detail::read_pss(parameters) != signature_hash::none;
        return fine ? key_type::rsa_pss : key_type::unsupported;
    }
    const key_type mldsa = detail::mldsa_type(id);  // RFC 9881, section 4: no parameters
    return parameters.empty() && key.size() == detail::mldsa_key_size(mldsa) ? mldsa : key_type::unsupported;
}

constexpr std::span<const signature_scheme> schemes_for(const certificate& it) noexcept {
    if (!it.allows(key_usage::digital_signature)) return {};
    switch (key_type_of(it)) {
        case key_type::ed25519: return detail::ed25519_schemes;
        case key_type::p256: return detail::p256_schemes;
        case key_type::p384: return detail::p384_schemes;
        case key_type::rsa: return detail::rsa_schemes;
        case key_type::rsa_pss: return detail::rsa_pss_schemes_for(it.key_algorithm.parameters);
        case key_type::mldsa44: return detail::mldsa44_schemes;
        case key_type::mldsa65: return detail::mldsa65_schemes;
        case key_type::mldsa87: return detail::mldsa87_schemes;
        case key_type::unsupported: return {};
    }
    return {};
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
