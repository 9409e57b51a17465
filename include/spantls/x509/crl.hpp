// A certificate revocation list (RFC 5280, section 5) as views into its DER.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/der.hpp>
#include <spantls/x509/extension_row.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// RFC 5280, section 5.3.1.
enum class revocation_reason : std::uint8_t {
    unspecified = 0,
    key_compromise = 1,
    ca_compromise = 2,
    affiliation_changed = 3,
    superseded = 4,
    cessation_of_operation = 5,
    certificate_hold = 6,
    remove_from_crl = 8,
    privilege_withdrawn = 9,
    aa_compromise = 10,
};

/// As the RFC spells it. Static storage.
constexpr std::string_view name_of(revocation_reason reason) noexcept {
    switch (reason) {
        case revocation_reason::unspecified: return "unspecified";
        case revocation_reason::key_compromise: return "keyCompromise";
        case revocation_reason::ca_compromise: return "cACompromise";
        case revocation_reason::affiliation_changed: return "affiliationChanged";
        case revocation_reason::superseded: return "superseded";
        case revocation_reason::cessation_of_operation: return "cessationOfOperation";
        case revocation_reason::certificate_hold: return "certificateHold";
        case revocation_reason::remove_from_crl: return "removeFromCRL";
        case revocation_reason::privilege_withdrawn: return "privilegeWithdrawn";
        case revocation_reason::aa_compromise: return "aACompromise";
    }
    return "unknown";
}

struct revocation {
    std::int64_t at = 0;  ///< seconds since 1970
    revocation_reason reason = revocation_reason::unspecified;
};

/// ReasonFlags (RFC 5280, section 4.2.1.13), bit 0 the highest and not in use: all that a list may be about.
inline constexpr std::uint16_t all_reasons = 0x7f80;

/// What a list says. Every view lies in the bytes that were parsed, which have to stay where they are.
struct crl {
    bytes_view der;  ///< all of it
    bytes_view tbs;  ///< what is signed: tag and length included
    bytes_view issuer;
    std::int64_t this_update = 0;  ///< seconds since 1970; both ends belong to the time that it is good for
    std::optional<std::int64_t> next_update;
    bytes_view revoked;           ///< the entries in their row; see `find`
    bytes_view authority_key_id;  ///< the keyIdentifier
    bytes_view authority_key_issuer;
    bytes_view authority_key_serial;
    algorithm_identifier signature_algorithm;
    bytes_view signature;

    // What it is about, of all that its issuer has issued (issuingDistributionPoint, section 5.2.5).
    bytes_view distribution_point;  ///< a DistributionPointName; empty: for all of them
    std::uint16_t reasons = all_reasons;
    bool only_end_entities = false;
    bool only_cas = false;

    bool has_number = false;  ///< cRLNumber, which section 5.2.3 demands
    /// It says what has changed since another one (section 5.2.4): whoever is not on it may be on that one.
    bool delta = false;
    /// It cannot be used: a critical extension, of the list or of an entry, that is not understood or that may not be
    /// critical; an indirect one; one about attribute certificates.
    bool unusable = false;

    /// The entry with this serial number, the body of its INTEGER. Takes time in proportion to the list.
    constexpr std::optional<revocation> find(bytes_view serial) const noexcept;
};

/// Reads a list. bad_certificate: it is not one, or not DER, or an entry or the list has more than max_extensions. On
/// any error `to` is not to be used.
[[nodiscard]] constexpr errc parse_crl(bytes_view der, crl& to) noexcept;

namespace detail {
constexpr revocation_reason read_reason(der_reader& from) noexcept {
    const std::uint8_t reason = from.enumerated();
    if (reason == 7 || reason > 10) from.fail();
    return static_cast<revocation_reason>(reason);
}

/// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL,
///     onlyContainsUserCerts [1] BOOLEAN DEFAULT FALSE, onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE,
///     onlySomeReasons [3] ReasonFlags OPTIONAL, indirectCRL [4] BOOLEAN DEFAULT FALSE,
///     onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
constexpr void read_issuing_distribution_point(der_reader& value, crl& to) noexcept {
    der_reader inner = value.inside(der_tag::sequence);
    if (inner.empty()) inner.fail();
    if (inner.next_is(context_constructed(0))) {
        to.distribution_point = inner.body(context_constructed(0));
        if (to.distribution_point.empty()) inner.fail();
    }
    to.only_end_entities = inner.flag(context(1));
    to.only_cas = inner.flag(context(2));
    if (inner.next_is(context(3))) to.reasons = inner.named_bits(context(3)) & all_reasons;
    const bool indirect = inner.flag(context(4)), only_attributes = inner.flag(context(5));
    to.unusable |= indirect || only_attributes;
    value.leave(inner);
}

constexpr void read_crl_extension(bytes_view id, bool critical, bytes_view content, crl& to,
                                  der_reader& from) noexcept {
    der_reader value(content);
    switch (standard_extension(id)) {
        case 20:  // cRLNumber, never critical: section 5.2.3
            value.integer();
            to.has_number = true;
            to.unusable |= critical;
            break;
        case 28: read_issuing_distribution_point(value, to); break;
        case 35:  // authorityKeyIdentifier, never critical: section 5.2.1
            read_authority_key_id(value, to);
            to.unusable |= critical;
            break;
        case 27:  // deltaCRLIndicator, always critical: section 5.2.4
            value.integer();
            to.delta = true;
            to.unusable |= !critical;
            break;
        default: to.unusable |= critical; return;
    }
    from.leave(value);
}

/// SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }
struct crl_entry {
    bytes_view serial;
    revocation what;
    bool extended = false;
    bool unknown_critical = false;
};
constexpr crl_entry read_crl_entry(der_reader& row) noexcept {
    der_reader inner = row.inside(der_tag::sequence);
    crl_entry read{inner.integer(), {inner.time()}};
    read.extended = !inner.empty();
    if (read.extended) {
        const bool few = read_extension_row(
            inner, [&read](bytes_view id, bool critical, bytes_view content, der_reader& from) noexcept {
                read.unknown_critical |= critical;  // not even certificateIssuer, which is for indirect ones, is known
                if (standard_extension(id) != 21) return;
                der_reader value(content);
                read.what.reason = read_reason(value);
                from.leave(value);
            });
        if (!few) inner.fail();
    }
    row.leave(inner);
    return read;
}
}  // namespace detail

constexpr std::optional<revocation> crl::find(bytes_view serial) const noexcept {
    for (der_reader row(revoked); !row.empty();) {
        // Only the one that is looked for is read in full.
        der_reader here = row;
        if (equal_bytes(der_reader(row.body(der_tag::sequence)).integer(), serial))
            return detail::read_crl_entry(here).what;
    }
    return std::nullopt;
}

constexpr errc parse_crl(bytes_view der, crl& to) noexcept {
    to = {};
    to.der = der;
    // CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }
    der_reader all(der);
    der_reader outer = all.inside(der_tag::sequence);
    to.tbs = outer.whole(der_tag::sequence);
    to.signature_algorithm = detail::read_algorithm(outer);
    to.signature = outer.bits();
    all.leave(outer);
    if (!all.finished()) return errc::bad_certificate;

    der_reader signed_part(to.tbs);
    der_reader tbs = signed_part.inside(der_tag::sequence);
    // version Version OPTIONAL: 1 is v2, and whoever has extensions says so (section 5.1.2.1)
    const bool second = tbs.next_is(der_tag::integer);
    if (second && tbs.small_integer() != 1) tbs.fail();
    const algorithm_identifier inner_algorithm = detail::read_algorithm(tbs);
    // Section 5.1.1.2: both are the same.
    if (!equal_bytes(inner_algorithm.oid, to.signature_algorithm.oid) ||
        !equal_bytes(inner_algorithm.parameters, to.signature_algorithm.parameters))
        tbs.fail();
    to.issuer = detail::read_name(tbs);
    if (to.issuer.size() <= 2) tbs.fail();  // section 5.1.2.3
    to.this_update = tbs.time();
    if (tbs.next_is(der_tag::utc_time) || tbs.next_is(der_tag::generalized_time)) to.next_update = tbs.time();
    if (tbs.next_is(der_tag::sequence)) {
        to.revoked = tbs.body(der_tag::sequence);
        der_reader row(to.revoked);
        if (row.empty()) row.fail();  // section 5.1.2.6: without entries there is no row
        while (!row.empty()) {
            const detail::crl_entry entry = detail::read_crl_entry(row);
            to.unusable |= entry.unknown_critical;
            if (entry.extended && !second) row.fail();
        }
        tbs.leave(row);
    }
    if (second && tbs.next_is(context_constructed(0))) {
        der_reader extensions = tbs.inside(context_constructed(0));
        const bool few = detail::read_extension_row(
            extensions, [&to](bytes_view id, bool critical, bytes_view content, der_reader& row) noexcept {
                detail::read_crl_extension(id, critical, content, to, row);
            });
        if (!few) extensions.fail();
        tbs.leave(extensions);
    }
    signed_part.leave(tbs);
    return signed_part.finished() ? errc::none : errc::bad_certificate;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
