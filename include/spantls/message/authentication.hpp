// CertificateRequest, Certificate and CertificateVerify (RFC 9846, sections 4.4.2, 4.5.1 and 4.5.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

//  struct { opaque certificate_request_context<0..2^8-1>; Extension extensions<0..2^16-1>; } CertificateRequest;
struct certificate_request {
    bytes_view context;
    bytes_view extensions;
    using layout = fields<opaque_field<&certificate_request::context, 1, 0, 255>,
                          opaque_field<&certificate_request::extensions, 2, 0, 0xffff>>;
};

//  struct { opaque certificate_request_context<0..2^8-1>; CertificateEntry certificate_list<0..2^24-1>; } Certificate;
struct certificate_message {
    bytes_view context;
    bytes_view list;
    using layout = fields<opaque_field<&certificate_message::context, 1, 0, 255>,
                          opaque_field<&certificate_message::list, 3, 0, 0xffffff>>;
};

//  struct { opaque cert_data<1..2^24-1>; Extension extensions<0..2^16-1>; } CertificateEntry;
struct certificate_entry {
    bytes_view der;
    bytes_view extensions;
    using layout = fields<opaque_field<&certificate_entry::der, 3, 1, 0xffffff>,
                          opaque_field<&certificate_entry::extensions, 2, 0, 0xffff>>;
};

/// What an entry without extensions takes besides the certificate itself.
inline constexpr std::size_t certificate_entry_overhead = 3 + 2;

//  struct { SignatureScheme algorithm; opaque signature<0..2^16-1>; } CertificateVerify;
struct certificate_verify {
    signature_scheme algorithm;
    bytes_view signature;
    using layout = fields<number_field<&certificate_verify::algorithm>,
                          opaque_field<&certificate_verify::signature, 2, 0, 0xffff>>;
};

/// What is signed (section 4.5.2): 64 spaces, the context string, a zero, and the transcript hash.
struct signed_content {
    std::array<std::uint8_t, 64 + 34 + max_digest_size> bytes;
    std::uint8_t size = 0;

    bytes_view view() const noexcept { return bytes_view(bytes).first(size); }

    void assign(bool by_server, bytes_view transcript_hash) noexcept {
        writer out(bytes);
        for (const std::uint8_t space = 0x20; out.needed() < 64;) out.u8(space);
        out.bytes(as_bytes(by_server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify"));
        out.u8(0);
        out.bytes(transcript_hash);
        size = static_cast<std::uint8_t>(out.needed());
    }
};

}  // namespace v1
}  // namespace spantls
