// What a server asks of a client's certificate (RFC 9846, section 4.4.2).
#pragma once

#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/config.hpp>
#include <spantls/handshake/grease.hpp>
#include <spantls/handshake/outstanding_requests.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/handshake.hpp>
#include <spantls/message/lists.hpp>
#include <spantls/message/requested_certificate.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// The body of a CertificateRequest (section 4.4.2).
inline void write_certificate_request(writer& to, bytes_view context, const server_config& config,
                                      std::span<const signature_scheme> schemes, const grease& values) noexcept {
    to.opaque(context, 1);
    length_prefix block(to, 2);
    values.write_extension(to);
    write_extension(to, extension_type::signature_algorithms,
                    [&] { values.write_list<signature_scheme>(to, grease_place::scheme, schemes, 2); });
    if (!config.certificate_schemes.empty())
        write_extension(to, extension_type::signature_algorithms_cert,
                        [&] { write_list<signature_scheme>(to, config.certificate_schemes, 2); });
    if (!config.authorities.empty())
        write_extension(to, extension_type::certificate_authorities,
                        [&] { write_authorities(to, config.authorities); });
    // Section 4.5.1.1.
    if (config.ask_for_staples) write_extension(to, extension_type::status_request, [] {});
    if (config.ask_for_scts) write_extension(to, extension_type::signed_certificate_timestamp, [] {});
    // RFC 8879, section 3.
    if (!config.certificate_compressions.empty())
        write_extension(to, extension_type::compress_certificate,
                        [&] { write_list<certificate_compression>(to, config.certificate_compressions, 1); });
    if (!config.oid_filters.empty())
        write_extension(to, extension_type::oid_filters, [&] { write_oid_filters(to, config.oid_filters); });
    values.write_extension(to, true);
}

/// Bytes of the whole message with a context of `context_size` bytes, at most.
constexpr std::size_t certificate_request_size(const server_config& config, std::size_t schemes,
                                               std::size_t context_size = outstanding_requests::context_size) noexcept {
    return handshake_header_size + 1 + context_size + 2 + request_extensions_size(config, schemes) + 2 +
           max_grease_extensions;
}

/// The extensions that the entries of a client's Certificate may have: those that were asked for.
constexpr extension_mask asked_proofs(const server_config& config) noexcept {
    extension_mask asked;
    if (config.ask_for_staples) asked.add(extension_type::status_request);
    if (config.ask_for_scts) asked.add(extension_type::signed_certificate_timestamp);
    return asked;
}

}  // namespace v1
}  // namespace spantls
