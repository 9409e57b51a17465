// An OCSP response (RFC 6960, section 4.2) as views into its DER. What it is worth says check_ocsp_response.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/crl.hpp>
#include <spantls/x509/der.hpp>
#include <spantls/x509/extension_row.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// OCSPResponseStatus; only one that is successful says anything more.
enum class ocsp_answer : std::uint8_t {
    successful = 0,
    malformed_request = 1,
    internal_error = 2,
    try_later = 3,
    sig_required = 5,
    unauthorized = 6,
};

/// CertStatus, by its tag.
enum class ocsp_status : std::uint8_t { good = 0, revoked = 1, unknown = 2 };

/// CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash OCTET STRING, serialNumber }
struct ocsp_id {
    algorithm_identifier hash;
    bytes_view issuer_name_hash;
    bytes_view issuer_key_hash;
    bytes_view serial;
};

/// SingleResponse
struct ocsp_single {
    ocsp_id id;
    ocsp_status status = ocsp_status::unknown;
    revocation revoked;            ///< when that is the status
    std::int64_t this_update = 0;  ///< seconds since 1970; both ends belong to the time that it is good for
    std::optional<std::int64_t> next_update;
};

/// What a response says. Every view lies in the bytes that were parsed, which have to stay where they are.
struct ocsp_response {
    ocsp_answer answer = ocsp_answer::successful;  ///< the rest is there only when it is this one
    bytes_view tbs;                                ///< what is signed: tag and length included
    bytes_view responder_name;                     ///< ResponderID: a Name, or else
    bytes_view responder_key;                      ///< the SHA-1 of a public key
    std::int64_t produced_at = 0;
    bytes_view singles;  ///< the SingleResponses in their row; see next_single
    algorithm_identifier signature_algorithm;
    bytes_view signature;
    bytes_view certificates;  ///< in their row; nobody has looked into them
    /// There is a critical extension, for all or for one: none is known.
    bool unknown_critical = false;
};

/// Reads a response. bad_staple: it is not one, or not DER, or no id-pkix-ocsp-basic, or has a row of more than
/// max_extensions. On any error `to` is not to be used.
[[nodiscard]] constexpr errc parse_ocsp_response(bytes_view der, ocsp_response& to) noexcept;

/// `for (der_reader row(response.singles); !row.empty();) use(next_single(row));`
constexpr ocsp_single next_single(der_reader& row) noexcept;

namespace detail {
namespace oid {
inline constexpr std::uint8_t ocsp_basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
}  // namespace oid

/// Extensions [1] EXPLICIT, of a response or of one of its parts. Is one of them critical?
constexpr bool read_ocsp_extensions(der_reader& from) noexcept {
    bool any_critical = false;
    if (!from.next_is(context_constructed(1))) return false;
    der_reader explicit_tag = from.inside(context_constructed(1));
    const bool few = read_extension_row(
        explicit_tag,
        [&any_critical](bytes_view, bool critical, bytes_view, der_reader&) noexcept { any_critical |= critical; });
    if (!few) explicit_tag.fail();
    from.leave(explicit_tag);
    return any_critical;
}

/// CertStatus ::= CHOICE { good [0] IMPLICIT NULL, unknown [2] IMPLICIT NULL,
///     revoked [1] IMPLICIT SEQUENCE { revocationTime GeneralizedTime, revocationReason [0] CRLReason OPTIONAL } }
constexpr void read_ocsp_status(der_reader& from, ocsp_single& to) noexcept {
    to.status = from.next_is(context(0))   ? ocsp_status::good
                : from.next_is(context(2)) ? ocsp_status::unknown
                                           : ocsp_status::revoked;
    if (to.status != ocsp_status::revoked) {
        if (!from.element().body.empty()) from.fail();
        return;
    }
    der_reader info = from.inside(context_constructed(1));
    to.revoked.at = info.generalized_time();
    if (info.next_is(context_constructed(0))) {
        der_reader reason = info.inside(context_constructed(0));
        to.revoked.reason = read_reason(reason);
        info.leave(reason);
    }
    from.leave(info);
}

constexpr ocsp_single read_single(der_reader& row, bool& any_critical) noexcept {
    der_reader inner = row.inside(der_tag::sequence);
    der_reader id = inner.inside(der_tag::sequence);
    ocsp_single read;
    read.id.hash = read_algorithm(id);
    read.id.issuer_name_hash = id.body(der_tag::octet_string);
    read.id.issuer_key_hash = id.body(der_tag::octet_string);
    read.id.serial = id.integer();
    inner.leave(id);
    read_ocsp_status(inner, read);
    read.this_update = inner.generalized_time();
    if (inner.next_is(context_constructed(0))) {
        der_reader next = inner.inside(context_constructed(0));
        read.next_update = next.generalized_time();
        inner.leave(next);
    }
    any_critical |= read_ocsp_extensions(inner);
    row.leave(inner);
    return read;
}

/// BasicOCSPResponse ::= SEQUENCE { tbsResponseData, signatureAlgorithm, signature BIT STRING,
///     certs [0] SEQUENCE OF Certificate OPTIONAL }
constexpr bool read_basic_response(bytes_view der, ocsp_response& to) noexcept {
    der_reader all(der);
    der_reader outer = all.inside(der_tag::sequence);
    to.tbs = outer.whole(der_tag::sequence);
    to.signature_algorithm = read_algorithm(outer);
    to.signature = outer.bits();
    if (outer.next_is(context_constructed(0))) {
        der_reader certificates = outer.inside(context_constructed(0));
        to.certificates = certificates.body(der_tag::sequence);
        outer.leave(certificates);
    }
    all.leave(outer);
    if (!all.finished()) return false;

    // ResponseData ::= SEQUENCE { version [0] DEFAULT v1, which is never written and the only one, responderID,
    //     producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse, responseExtensions [1] OPTIONAL }
    der_reader signed_part(to.tbs);
    der_reader data = signed_part.inside(der_tag::sequence);
    // ResponderID ::= CHOICE { byName [1] Name, byKey [2] KeyHash }
    const bool by_name = data.next_is(context_constructed(1));
    der_reader responder = data.inside(by_name ? context_constructed(1) : context_constructed(2));
    if (by_name)
        to.responder_name = read_name(responder);
    else
        to.responder_key = responder.body(der_tag::octet_string);
    data.leave(responder);
    to.produced_at = data.generalized_time();
    to.singles = data.body(der_tag::sequence);
    der_reader row(to.singles);
    while (!row.empty()) read_single(row, to.unknown_critical);
    data.leave(row);
    to.unknown_critical |= read_ocsp_extensions(data);
    signed_part.leave(data);
    return signed_part.finished();
}
}  // namespace detail

constexpr ocsp_single next_single(der_reader& row) noexcept {
    bool any_critical = false;
    return detail::read_single(row, any_critical);
}

constexpr errc parse_ocsp_response(bytes_view der, ocsp_response& to) noexcept {
    to = {};
    // OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] ResponseBytes OPTIONAL }
    der_reader all(der);
    der_reader outer = all.inside(der_tag::sequence);
    const std::uint8_t answer = outer.enumerated();
    to.answer = static_cast<ocsp_answer>(answer);
    if (answer == 4 || answer > 6) outer.fail();
    bool good = true;
    if (answer == 0) {
        // ResponseBytes ::= SEQUENCE { responseType OBJECT IDENTIFIER, response OCTET STRING }
        der_reader explicit_tag = outer.inside(context_constructed(0));
        der_reader bytes = explicit_tag.inside(der_tag::sequence);
        good = equal_bytes(bytes.oid(), detail::oid::ocsp_basic);
        const bytes_view response = bytes.body(der_tag::octet_string);
        explicit_tag.leave(bytes);
        outer.leave(explicit_tag);
        good = good && detail::read_basic_response(response, to);
    }
    all.leave(outer);
    return good && all.finished() ? errc::none : errc::bad_staple;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
