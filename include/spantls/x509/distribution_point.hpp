// Is a certificate among those that a CRL is about? RFC 5280, sections 5.2.5 and 6.3.3 (b).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/crl.hpp>
#include <spantls/x509/der.hpp>
#include <spantls/x509/distinguished_name.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// The reasons for which `list` would have revoked `it`, which has the same issuer: all_reasons, or some of them, or
/// none when the certificate is of another kind or has no distribution point in common with the list.
constexpr std::uint16_t reasons_covered(const crl& list, const certificate& it) noexcept;

namespace detail {
/// DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName
/// }
struct point_name {
    bytes_view full;      ///< the GeneralNames in their row
    bytes_view relative;  ///< the attributes in their row
};
constexpr point_name read_point_name(bytes_view choice) noexcept {
    der_reader in(choice);
    point_name read;
    if (in.next_is(context_constructed(0)))
        read.full = in.body(context_constructed(0));
    else
        read.relative = in.body(context_constructed(1));
    return in.finished() ? read : point_name{};
}

/// Is `name` the issuer's with one more RelativeDistinguishedName, and is it this one?
constexpr bool is_below(bytes_view name, bytes_view issuer, bytes_view relative) noexcept {
    if (!well_formed_name(name)) return false;
    der_reader all(name), above(issuer);
    der_reader sets = all.inside(der_tag::sequence), base = above.inside(der_tag::sequence);
    while (!base.empty() && !sets.empty()) {
        base.element();
        sets.element();
    }
    const bool last = base.empty() && equal_bytes(sets.body(der_tag::set), relative) && sets.finished();
    return last && distinguished_name_within(name, issuer);
}

constexpr bool has_name_below(bytes_view names, bytes_view issuer, bytes_view relative) noexcept {
    for (der_reader in(names); !in.empty();) {
        const general_name name = read_general_name(in);
        if (name.kind == name_kind::directory_name && is_below(name.value, issuer, relative)) return true;
    }
    return false;
}

constexpr bool have_name_in_common(bytes_view names, bytes_view others) noexcept {
    for (der_reader in(names); !in.empty();) {
        const general_name name = read_general_name(in);
        for (der_reader among(others); !in.failed() && !among.empty();) {
            const general_name other = read_general_name(among);
            if (among.failed() || name.kind != other.kind) continue;
            if (equal_bytes(name.value, other.value)) return true;
            if (name.kind != name_kind::directory_name || !well_formed_name(name.value)) continue;
            if (well_formed_name(other.value) && same_distinguished_name(name.value, other.value)) return true;
        }
    }
    return false;
}

constexpr bool same_point(const point_name& a, const point_name& b, bytes_view issuer) noexcept {
    if (!a.full.empty() && !b.full.empty()) return have_name_in_common(a.full, b.full);
    if (!a.relative.empty() && !b.relative.empty()) return equal_bytes(a.relative, b.relative);
    if (!a.full.empty() && !b.relative.empty()) return has_name_below(a.full, issuer, b.relative);
    return !b.full.empty() && !a.relative.empty() && has_name_below(b.full, issuer, a.relative);
}
}  // namespace detail

constexpr std::uint16_t reasons_covered(const crl& list, const certificate& it) noexcept {
    if (it.is_ca ? list.only_end_entities : list.only_cas) return 0;
    if (list.distribution_point.empty()) return list.reasons;
    const detail::point_name wanted = detail::read_point_name(list.distribution_point);
    // CRLDistributionPoints ::= SEQUENCE OF SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL,
    //     reasons [1] ReasonFlags OPTIONAL, cRLIssuer [2] GeneralNames OPTIONAL }
    unsigned covered = 0;
    for (der_reader points(der_reader(it.crl_distribution_points).body(der_tag::sequence)); !points.empty();) {
        der_reader point = points.inside(der_tag::sequence);
        detail::point_name name;
        if (point.next_is(context_constructed(0))) name = detail::read_point_name(point.body(context_constructed(0)));
        const std::uint16_t reasons = point.next_is(context(1)) ? point.named_bits(context(1)) : all_reasons;
        // Where somebody else issues the list (cRLIssuer) nobody here looks for it.
        if (point.finished() && detail::same_point(wanted, name, it.issuer)) covered |= reasons & list.reasons;
    }
    return static_cast<std::uint16_t>(covered);
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
