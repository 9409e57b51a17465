// The question `verify_peer`, and its answer.
#pragma once

#include <string_view>

#include <spantls/base/error.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/chain.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Who the peer says it is. That it holds the key of the first certificate is not part of the question: the core checks
/// that by CertificateVerify.
struct peer {
    chain_view chain;              ///< well formed, not empty
    std::string_view server_name;  ///< what the client asked for, host name or address; empty on a server
    key_purpose purpose = key_purpose::server_auth;  ///< server_auth: the peer is the server
    /// raw_public_key: the one entry of the chain is no certificate but a SubjectPublicKeyInfo (RFC 7250), which says
    /// nothing of whose key it is: only who knows it beforehand can accept it.
    certificate_type type = certificate_type::x509;
    /// The DelegatedCredential (RFC 9345) whose key signs instead of that of the first certificate, which has issued
    /// it: that has been checked, and that it is good at this time. Empty: the certificate's key signs.
    bytes_view delegated{};
    bool staples_asked = false;  ///< it was asked for OCSP responses: see chain_entry::staple
};

/// What somebody thinks of a peer, with the alert for it (RFC 9846, section 4.5.1.2). Nobody having thought anything is
/// a refusal.
class verdict {
public:
    constexpr verdict() = default;
    static constexpr verdict accept() noexcept { return verdict(errc::none); }

    /// An error that is not the peer's, or that owes the peer no alert, cannot be told to it: certificate_unknown then.
    static constexpr verdict refuse(errc why = errc::certificate_unknown) noexcept {
        return verdict(fault_of(why) == fault::peer && alert_for(why) ? why : errc::certificate_unknown);
    }

    constexpr bool accepted() const noexcept { return error_ == errc::none; }
    /// Why the peer is refused; errc::none when it is not.
    constexpr errc error() const noexcept { return error_; }

private:
    constexpr explicit verdict(errc error) noexcept : error_(error) {}
    errc error_ = errc::certificate_unknown;
};

namespace detail {
/// The peer's own certificate, fit to sign a handshake.
constexpr errc parse_leaf(const peer& who, certificate& to) noexcept {
    if (who.chain.empty()) return errc::certificate_required;
    if (who.type != certificate_type::x509) return errc::unsupported_certificate;
    if (const errc error = parse_certificate(who.chain.front().der, to); error != errc::none) return error;
    return to.allows(key_usage::digital_signature) ? errc::none : errc::unsupported_certificate;
}
}  // namespace detail

}  // namespace x509
}  // namespace v1
}  // namespace spantls
