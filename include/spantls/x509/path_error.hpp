// Why a certification path was refused: more exact than the error, and the alert, that each one becomes.
#pragma once

#include <cstdint>
#include <string_view>

#include <spantls/base/error.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// One row for each: name, the error that it becomes, what it means.
#define SPANTLS_PATH_ERRORS(X)                                                                                      \
    X(none, none, "everything is in order")                                                                         \
    X(no_certificate, certificate_required, "no certificate was shown")                                             \
    X(not_a_certificate, unsupported_certificate, "a raw public key, and no certificate")                           \
    X(malformed, bad_certificate, "bytes that are not a certificate")                                               \
    X(unsupported_form, unsupported_certificate, "a certificate that is not version 3, or has too many extensions") \
    X(unknown_issuer, unknown_ca, "nobody who is trusted has issued it")                                            \
    X(expired, certificate_expired, "its time is over")                                                             \
    X(not_yet_valid, certificate_expired, "its time has not come")                                                  \
    X(wrong_name, certificate_name_mismatch, "it is for other names")                                               \
    X(bad_signature, bad_certificate, "the signature is not its issuer's")                                          \
    X(weak_signature, bad_certificate, "it is signed with SHA-1 or MD5")                                            \
    X(unsupported_signature, unsupported_certificate, "it is signed with an algorithm that is not supported")       \
    X(weak_key, bad_certificate, "the key is too weak")                                                             \
    X(unsupported_key, unsupported_certificate, "the key is of a kind that is not supported")                       \
    X(unknown_critical, unsupported_certificate, "a critical extension not understood, or one out of place")        \
    X(not_a_ca, unknown_ca, "it may not issue certificates (basicConstraints)")                                     \
    X(may_not_issue, unknown_ca, "its key may not sign certificates (keyUsage)")                                    \
    X(wrong_purpose, unsupported_certificate, "it is for another purpose (extendedKeyUsage)")                       \
    X(may_not_sign, unsupported_certificate, "its key may not sign (keyUsage)")                                     \
    X(path_length, unknown_ca, "more issuers below it than its pathLenConstraint allows")                           \
    X(too_deep, unknown_ca, "the chain has too many intermediates")                                                 \
    X(too_much_work, certificate_unknown, "the chain would take too much work to check")                            \
    X(name_excluded, certificate_unknown, "an issuer's nameConstraints exclude one of its names")                   \
    X(name_not_permitted, certificate_unknown, "an issuer's nameConstraints do not permit one of its names")        \
    X(constraint_unusable, certificate_unknown, "nameConstraints that are malformed, or of an unknown kind")        \
    X(common_name_elsewhere, bad_certificate, "a common name that is not among its subjectAltNames")                \
    X(wildcard_too_wide, bad_certificate, "a wildcard right below a top-level domain")                              \
    X(bad_dns_name, bad_certificate, "a dNSName that is no host name")                                              \
    X(alt_name_not_critical, bad_certificate, "an empty subject, and a subjectAltName that is not critical")        \
    X(no_purpose, bad_certificate, "no extendedKeyUsage, or one for any purpose")                                   \
    X(critical_purpose, bad_certificate, "a critical extendedKeyUsage")                                             \
    X(key_usage_without_ca, bad_certificate, "keyCertSign in a certificate that is not a CA's")                     \
    X(constraints_not_critical, bad_certificate, "basicConstraints of a CA that are not critical")                  \
    X(no_key_id, bad_certificate, "a CA without subjectKeyIdentifier")                                              \
    X(no_authority_key_id, bad_certificate, "no keyIdentifier of its issuer")                                       \
    X(odd_key_size, bad_certificate, "an RSA modulus whose bits are no multiple of eight")                          \
    X(revoked, certificate_revoked, "its issuer has revoked it")                                                    \
    X(staple_missing, staple_missing, "it has to come with an OCSP response (TLS feature), and does not")           \
    X(staple_malformed, bad_staple, "an OCSP response that is none, or of an unknown kind")                         \
    X(staple_unsuccessful, bad_staple, "an OCSP response that says only that there is none")                        \
    X(staple_unknown_critical, bad_staple, "an OCSP response with a critical extension")                            \
    X(staple_of_another, bad_staple, "an OCSP response about something else")                                       \
    X(staple_unknown_signer, bad_staple, "an OCSP response of somebody whom the issuer has not authorized")         \
    X(staple_unsupported_signature, bad_staple, "an OCSP response signed with an algorithm that is not supported")  \
    X(staple_bad_signature, bad_staple, "an OCSP response whose signature is wrong")                                \
    X(staple_not_yet_valid, bad_staple, "an OCSP response whose time has not come")                                 \
    X(staple_expired, bad_staple, "an OCSP response whose time is over")                                            \
    X(staple_endless, bad_staple, "an OCSP response that does not say until when it is good")                       \
    X(staple_unknown_status, bad_staple, "an OCSP response that says that its issuer does not know it")             \
    X(crl_missing, certificate_unknown, "no CRL that would list it is at hand")                                     \
    X(crl_unusable, certificate_unknown, "a CRL that is partial, or has something critical")                        \
    X(crl_without_number, certificate_unknown, "a CRL without cRLNumber")                                           \
    X(crl_may_not_sign, certificate_unknown, "a CRL of an issuer whose key may not sign CRLs (keyUsage)")           \
    X(crl_unsupported_signature, certificate_unknown, "a CRL signed with an algorithm that is not supported")       \
    X(crl_bad_signature, certificate_unknown, "a CRL whose signature is not its issuer's")                          \
    X(crl_not_yet_valid, certificate_unknown, "a CRL whose time has not come")                                      \
    X(crl_expired, certificate_unknown, "a CRL whose time is over")                                                 \
    X(crl_endless, certificate_unknown, "a CRL that does not say until when it is good")

enum class path_error : std::uint8_t {
#define SPANTLS_ROW(name, error, text) name,
    SPANTLS_PATH_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
};

constexpr errc errc_of(path_error error) noexcept {
    switch (error) {
#define SPANTLS_ROW(name, error_of, text) \
    case path_error::name: return errc::error_of;
        SPANTLS_PATH_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
    }
    return errc::certificate_unknown;
}

/// The error's own name, as in the source. Static storage.
constexpr std::string_view name_of(path_error error) noexcept {
    switch (error) {
#define SPANTLS_ROW(name, error_of, text) \
    case path_error::name: return #name;
        SPANTLS_PATH_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
    }
    return "unknown";
}

/// What is wrong with the certificate. Static storage.
constexpr std::string_view describe(path_error error) noexcept {
    switch (error) {
#define SPANTLS_ROW(name, error_of, text) \
    case path_error::name: return text;
        SPANTLS_PATH_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
    }
    return "unknown error";
}
#undef SPANTLS_PATH_ERRORS

}  // namespace x509
}  // namespace v1
}  // namespace spantls
