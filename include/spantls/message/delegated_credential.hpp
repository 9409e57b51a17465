// DelegatedCredential (RFC 9345, section 4): a key that signs handshakes instead of a certificate's, for some days.
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

//  struct {
//      uint32 valid_time; SignatureScheme dc_cert_verify_algorithm; opaque ASN1_subjectPublicKeyInfo<1..2^24-1>;
//  } Credential;
//  struct { Credential cred; SignatureScheme algorithm; opaque signature<0..2^16-1>; } DelegatedCredential;
struct delegated_credential {
    std::uint32_t valid_time = 0;  ///< seconds from the certificate's notBefore until it expires
    signature_scheme scheme{};     ///< dc_cert_verify_algorithm: of CertificateVerify
    bytes_view spki;               ///< the key, a SubjectPublicKeyInfo in DER
    signature_scheme algorithm{};  ///< of `signature`
    bytes_view signature;          ///< by the certificate's key, of write_delegation_content()

    using signed_part =
        fields<number_field<&delegated_credential::valid_time>, number_field<&delegated_credential::scheme>,
               opaque_field<&delegated_credential::spki, 3, 1, 0xffffff>,
               number_field<&delegated_credential::algorithm>>;
    using layout = fields<signed_part, opaque_field<&delegated_credential::signature, 2, 0, 0xffff>>;
};

/// Bytes of what is signed besides the certificate and the key.
inline constexpr std::size_t delegation_overhead = 64 + 33 + 1 + 4 + 2 + 3 + 2;

/// Writes what the key of `certificate`, which is in DER, signs: for the handshakes of a server, or of a client.
/// Returns its length, delegation_overhead + certificate.size() + it.spki.size(); 0 when `to` is too small.
/// `it.signature` is not looked at.
[[nodiscard]] inline std::size_t write_delegation_content(const delegated_credential& it, bytes_view certificate,
                                                          bool of_server, mutable_bytes to) noexcept {
    writer out(to);
    for (const std::uint8_t space = 0x20; out.needed() < 64;) out.u8(space);
    out.bytes(as_bytes(of_server ? "TLS, server delegated credentials" : "TLS, client delegated credentials"));
    out.u8(0);
    out.bytes(certificate);
    delegated_credential::signed_part::encode(out, it);
    return out.overflowed() ? 0 : out.needed();
}

/// Writes all of it, as it goes into an `identity`. Returns its length; 0 when `to` is too small, or a part too long.
[[nodiscard]] inline std::size_t write_delegated_credential(const delegated_credential& it, mutable_bytes to) noexcept {
    writer out(to);
    encode(out, it);
    return out.overflowed() ? 0 : out.needed();
}

}  // namespace v1
}  // namespace spantls
