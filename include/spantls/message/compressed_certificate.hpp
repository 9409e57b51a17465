// The extension and the message of certificate compression (RFC 8879, sections 3 and 4).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

//  struct { CertificateCompressionAlgorithm algorithms<2..2^8-2>; } CertificateCompressionAlgorithms;
struct certificate_compressions {
    list_view<certificate_compression> algorithms;
    using layout = fields<list_field<&certificate_compressions::algorithms, 1, 2, 254>>;
};

//  struct {
//      CertificateCompressionAlgorithm algorithm;
//      uint24 uncompressed_length;
//      opaque compressed_certificate_message<1..2^24-1>;
//  } CompressedCertificate;
struct compressed_certificate_message {
    certificate_compression algorithm;
    std::uint32_t uncompressed_length;
    bytes_view compressed;
    using layout = fields<number_field<&compressed_certificate_message::algorithm>,
                          number_field<&compressed_certificate_message::uncompressed_length, 3>,
                          opaque_field<&compressed_certificate_message::compressed, 3, 1, 0xffffff>>;
};

}  // namespace v1
}  // namespace spantls
