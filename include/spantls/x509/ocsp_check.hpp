// What an OCSP response is worth: RFC 6960, sections 3.2 and 4.2.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/crypto/hash.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/crl.hpp>
#include <spantls/x509/der.hpp>
#include <spantls/x509/distinguished_name.hpp>
#include <spantls/x509/ocsp.hpp>
#include <spantls/x509/path_error.hpp>
#include <spantls/x509/sha1_identifier.hpp>
#include <spantls/x509/signature.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Certificates in a response that are looked at, to find the one of who has signed it.
inline constexpr std::size_t max_responder_certificates = 4;

/// What is known of whether a certificate has been revoked.
struct status_finding {
    path_error error = path_error::none;
    std::int64_t time = 0;  ///< that the error is about: since when revoked, until when good, from when on
    revocation_reason reason = revocation_reason::unspecified;
};

/// Does the response say that `it` is good, and may it say so at this time? It has to be signed by the key of `issuer`,
/// or by that of a certificate which this key has issued for OCSPSigning (section 4.2.2.2) and which is in the
/// response; whether that one has been revoked is not asked. Every word of revocation counts, however old; otherwise,
/// when the response speaks of `it` more than once, the worst. `issuer`: one that has been checked, signature of `it`
/// included. `now` in seconds since 1970. Takes up to 1 + 2 * max_responder_certificates of the budget of signatures.
/// CertIDs with SHA-256 are understood when V has that hash.
template <class V>
status_finding check_ocsp_response(const V& crypto, bytes_view response, const certificate& it,
                                   const certificate& issuer, std::int64_t now, std::size_t& signatures) noexcept;

namespace detail {
namespace oid {
inline constexpr std::uint8_t sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};
}  // namespace oid

/// An issuer as CertIDs name it.
template <class V>
class issuer_identifiers {
public:
    explicit issuer_identifiers(const certificate& issuer) noexcept
        : sha1_name_(identify_by_sha1(issuer.subject)), sha1_key_(identify_by_sha1(issuer.public_key)) {
        if constexpr (with_sha256) {
            sha256_name_ = hash_of<V>(hash_id::sha256, issuer.subject);
            sha256_key_ = hash_of<V>(hash_id::sha256, issuer.public_key);
        }
    }
    bool match(const ocsp_id& id) const noexcept {
        if (!id.hash.parameters.empty() && !equal_bytes(id.hash.parameters, oid::null)) return false;
        if (equal_bytes(id.hash.oid, oid::sha1))
            return equal_bytes(id.issuer_name_hash, sha1_name_) && equal_bytes(id.issuer_key_hash, sha1_key_);
        if constexpr (with_sha256)
            return number_behind(id.hash.oid, oid::sha2) == 1 &&
                   equal_bytes(id.issuer_name_hash, sha256_name_.view()) &&
                   equal_bytes(id.issuer_key_hash, sha256_key_.view());
        return false;
    }

private:
    static constexpr bool with_sha256 = spantls::detail::has_hash<V>(hash_id::sha256);

    sha1_identifier sha1_name_, sha1_key_;
    digest sha256_name_{}, sha256_key_{};
};

inline bool is_responder(const ocsp_response& response, const certificate& it) noexcept {
    if (!response.responder_name.empty()) return same_distinguished_name(response.responder_name, it.subject);
    return equal_bytes(response.responder_key, identify_by_sha1(it.public_key));
}

/// Section 4.2.2.2: it says OCSPSigning itself, and is a good certificate otherwise.
inline bool may_answer(const certificate& delegate, const certificate& issuer, std::int64_t now) noexcept {
    return delegate.names(key_purpose::ocsp_signing) && delegate.allows(key_usage::digital_signature) &&
           !delegate.unknown_critical && delegate.valid_at(now) &&
           strength_of_key(delegate) == algorithm_strength::good &&
           same_distinguished_name(delegate.issuer, issuer.subject);
}

constexpr path_error ocsp_error_of(signature_finding found) noexcept {
    switch (found) {
        case signature_finding::good: return path_error::none;
        case signature_finding::bad: return path_error::staple_bad_signature;
        case signature_finding::weak:
        case signature_finding::unsupported: return path_error::staple_unsupported_signature;
        case signature_finding::too_many: return path_error::too_much_work;
    }
    return path_error::staple_bad_signature;
}

template <class V>
path_error check_responder(const V& crypto, const ocsp_response& response, const certificate& issuer, std::int64_t now,
                           std::size_t& signatures) noexcept {
    const auto signed_by = [&](const certificate& signer) {
        return ocsp_error_of(check_signature(crypto, response.signature_algorithm, signer, response.tbs,
                                             response.signature, signatures));
    };
    path_error found = path_error::staple_unknown_signer;
    if (is_responder(response, issuer)) found = signed_by(issuer);
    der_reader row(response.certificates);
    for (std::size_t n = 0; n < max_responder_certificates && !row.empty(); ++n) {
        if (found == path_error::none || found == path_error::too_much_work) return found;
        certificate delegate;
        if (parse_certificate(row.whole(der_tag::sequence), delegate) != errc::none) continue;
        if (!is_responder(response, delegate) || !may_answer(delegate, issuer, now)) continue;
        const signature_finding authorized =
            check_signature(crypto, delegate.signature_algorithm, issuer, delegate.tbs, delegate.signature, signatures);
        if (authorized == signature_finding::too_many) return path_error::too_much_work;
        if (authorized == signature_finding::good) found = signed_by(delegate);
    }
    return found;
}

inline status_finding judge_single(const ocsp_single& single, std::int64_t now) noexcept {
    using enum path_error;
    if (single.status == ocsp_status::revoked) return {revoked, single.revoked.at, single.revoked.reason};
    if (now < single.this_update) return {staple_not_yet_valid, single.this_update};
    if (!single.next_update) return {staple_endless};  // section 4.2.2.1: there is always a newer one
    if (now > *single.next_update) return {staple_expired, *single.next_update};
    return {single.status == ocsp_status::good ? none : staple_unknown_status};
}
}  // namespace detail

template <class V>
status_finding check_ocsp_response(const V& crypto, bytes_view response, const certificate& it,
                                   const certificate& issuer, std::int64_t now, std::size_t& signatures) noexcept {
    ocsp_response read;
    if (parse_ocsp_response(response, read) != errc::none) return {path_error::staple_malformed};
    if (read.answer != ocsp_answer::successful) return {path_error::staple_unsuccessful};
    if (read.unknown_critical) return {path_error::staple_unknown_critical};
    const path_error signer = detail::check_responder(crypto, read, issuer, now, signatures);
    if (signer != path_error::none) return {signer};

    const detail::issuer_identifiers<V> issuer_is(issuer);
    status_finding worst{path_error::staple_of_another};
    bool found = false;
    for (der_reader row(read.singles); !row.empty();) {
        const ocsp_single single = next_single(row);
        if (!equal_bytes(single.id.serial, it.serial) || !issuer_is.match(single.id)) continue;
        const status_finding one = detail::judge_single(single, now);
        if (one.error == path_error::revoked) return one;
        if (!found || one.error != path_error::none) worst = one;
        found = true;
    }
    return worst;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
