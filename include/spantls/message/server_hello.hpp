// ServerHello and HelloRetryRequest, which share one form (RFC 9846, sections 4.2.3 and 4.2.4).
#pragma once

#include <array>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/lists.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

//  struct {
//      ProtocolVersion legacy_version = 0x0303;
//      Random random;
//      opaque legacy_session_id_echo<0..32>;
//      CipherSuite cipher_suite;
//      uint8 legacy_compression_method = 0;
//      Extension extensions<6..2^16-1>;
//  } ServerHello;
struct server_hello {
    protocol_version legacy_version;
    bytes_view random;
    bytes_view legacy_session_id_echo;
    cipher_suite suite;
    std::uint8_t legacy_compression_method;
    bytes_view extensions;

    using head = fields<number_field<&server_hello::legacy_version>, fixed_field<&server_hello::random, 32>,
                        opaque_field<&server_hello::legacy_session_id_echo, 1, 0, 32>,
                        number_field<&server_hello::suite>, number_field<&server_hello::legacy_compression_method>>;
    using layout = fields<head, opaque_field<&server_hello::extensions, 2, 0, 0xffff>>;
};

/// The Random of a HelloRetryRequest: SHA-256 of "HelloRetryRequest".
inline constexpr std::array<std::uint8_t, 32> hello_retry_request_random{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/// Whether a Random ends in "DOWNGRD" and 1 or 0: a server that knows TLS 1.3 was made to choose less.
constexpr bool says_downgrade(bytes_view random) noexcept {
    constexpr std::array<std::uint8_t, 7> mark{0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44};
    return equal_bytes(random.subspan(24, 7), mark) && random[31] <= 1;
}

/// Whether the body of a ServerHello is that of a HelloRetryRequest.
constexpr bool is_retry(bytes_view body) noexcept {
    return body.size() >= 34 && equal_bytes(body.subspan(2, 32), hello_retry_request_random);
}

/// The body of ServerHello or HelloRetryRequest; `extensions` writes those besides supported_versions (section 4.3.1).
template <class Extensions>
constexpr void write_server_hello(writer& to, bytes_view random, bytes_view session_id, cipher_suite suite,
                                  Extensions extensions) noexcept {
    to.u16(static_cast<std::uint16_t>(protocol_version::tls_1_2));
    to.bytes(random);
    to.opaque(session_id, 1);
    to.u16(static_cast<std::uint16_t>(suite));
    to.u8(0);
    length_prefix block(to, 2);
    write_extension(to, extension_type::supported_versions,
                    [&] { to.u16(static_cast<std::uint16_t>(protocol_version::tls_1_3)); });
    extensions();
}

/// Section 4.3.1: whether TLS 1.3 was selected. Looked at before everything else.
[[nodiscard]] constexpr errc check_version(const server_hello& hello) noexcept {
    for (reader in(hello.extensions); !in.empty();) {
        const auto type = static_cast<extension_type>(in.u16());
        selected_version selected{};
        const bytes_view data = in.opaque(2);
        if (in.failed()) return errc::decode_error;
        if (type != extension_type::supported_versions) continue;
        if (!decode(data, selected)) return errc::decode_error;
        return selected.version == protocol_version::tls_1_3 ? errc::none : errc::version_not_offered;
    }
    // The server chose TLS 1.2 or older; section 4.2.3, appendices E.1 and E.3, tell whether it was made to.
    return says_downgrade(hello.random) ? errc::downgrade : errc::version_not_supported;
}

}  // namespace v1
}  // namespace spantls
