// OCSP responses and certificate timestamps beside certificates (RFC 9846, section 4.5.1.1; RFC 6066, section 8; RFC
// 6962, section 3.3): what is asked for, and what an answer has to look like.
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// What somebody would like to see in the entries of a Certificate message.
struct wanted_proofs {
    bool staples = false;  ///< OCSP responses
    bool scts = false;     ///< SignedCertificateTimestampLists

    /// Reads the extensions of a ClientHello, or of a CertificateRequest, where both are empty. False when they are not
    /// well formed.
    [[nodiscard]] constexpr bool parse(const extension_set& extensions, bool of_client_hello) noexcept {
        scts = extensions.has(extension_type::signed_certificate_timestamp);
        if (scts && !extensions[extension_type::signed_certificate_timestamp].empty()) return false;
        if (!extensions.has(extension_type::status_request)) return true;
        reader in(extensions[extension_type::status_request]);
        staples = true;
        if (!of_client_hello) return in.empty();
        // struct { CertificateStatusType status_type; OCSPStatusRequest request; } CertificateStatusRequest;
        staples = in.u8() == 1;
        if (!staples) return !in.failed();
        in.opaque(2);
        in.opaque(2);
        return in.finished();
    }
};

/// extension_data of a ClientHello's status_request: any responder, no extensions.
inline void write_status_request(writer& to) noexcept {
    to.u8(1);
    to.u16(0);
    to.u16(0);
}

/// The OCSPResponse in a CertificateStatus; empty when it is not well formed.
constexpr bytes_view read_staple(bytes_view status) noexcept {
    reader in(status);
    const bool ocsp = in.u8() == 1;
    const bytes_view response = in.opaque(3, 1);
    return ocsp && in.finished() ? response : bytes_view{};
}

/// SerializedSCT sct_list<1..2^16-1>, each opaque<1..2^16-1>.
constexpr bool is_sct_list(bytes_view data) noexcept {
    reader in(data);
    reader list(in.opaque(2, 1));
    if (!in.finished()) return false;
    while (!list.empty()) list.opaque(2, 1);
    return !list.failed();
}

/// Section 4.5.1.1: what the extensions of an entry have to be, if they are there.
constexpr bool sound_proofs(const extension_set& entry) noexcept {
    using type = extension_type;
    if (entry.has(type::status_request) && read_staple(entry[type::status_request]).empty()) return false;
    return !entry.has(type::signed_certificate_timestamp) || is_sct_list(entry[type::signed_certificate_timestamp]);
}

}  // namespace v1
}  // namespace spantls
