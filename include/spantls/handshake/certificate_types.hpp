// Certificates or raw public keys: what is offered, chosen and accepted (RFC 7250; RFC 9846, section 4.5.1).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/config.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/lists.hpp>

namespace spantls {
inline namespace v1 {

/// What either side shows in its Certificate messages.
struct chosen_types {
    certificate_type server = certificate_type::x509;
    certificate_type client = certificate_type::x509;
    bool answer_server = false, answer_client = false;  // of a server: whether EncryptedExtensions says so
};

/// Bytes that the answer to both extensions takes.
inline constexpr std::size_t certificate_types_answer_size = 2 * 5;

/// A client's extensions about authentication; `extension` writes one.
template <class Extension>
void offer_authentication(writer& to, const client_config& config, Extension extension) noexcept {
    using type = extension_type;
    // Section 4.3.6.
    if (config.post_handshake_auth) extension(type::post_handshake_auth, [] {});
    // Section 4.5.1.1.
    if (config.ask_for_staples) extension(type::status_request, [&] { write_status_request(to); });
    if (config.ask_for_scts) extension(type::signed_certificate_timestamp, [] {});
    // RFC 8879, section 3.
    if (!config.certificate_compressions.empty())
        extension(type::compress_certificate,
                  [&] { write_list<certificate_compression>(to, config.certificate_compressions, 1); });
    // RFC 9345, section 4.1.1.
    if (!config.delegated_schemes.empty())
        extension(type::delegated_credential, [&] { write_list<signature_scheme>(to, config.delegated_schemes, 2); });
    if (!config.client_certificate_types.empty())
        extension(type::client_certificate_type,
                  [&] { write_list<certificate_type>(to, config.client_certificate_types, 1); });
    if (!config.server_certificate_types.empty())
        extension(type::server_certificate_type,
                  [&] { write_list<certificate_type>(to, config.server_certificate_types, 1); });
}

namespace detail {
/// One of the types that were offered; without an answer, certificates.
inline errc accept_type(const extension_set& extensions, extension_type which,
                        const fixed_vector<certificate_type, 2>& offered, certificate_type& to) noexcept {
    if (!extensions.has(which)) return errc::none;
    const bytes_view data = extensions[which];
    if (data.size() != 1) return errc::decode_error;
    to = static_cast<certificate_type>(data[0]);
    return offered.contains(to) ? errc::none : errc::bad_certificate_type;
}
}  // namespace detail

/// What the server has said in EncryptedExtensions (RFC 7250, section 4.2). With a pre-shared key it shows nothing.
[[nodiscard]] inline errc accept_certificate_types(const client_config& config, const extension_set& extensions,
                                                   bool psk_used, chosen_types& to) noexcept {
    using type = extension_type;
    const auto& taken = config.server_certificate_types;
    if (const errc error = detail::accept_type(extensions, type::server_certificate_type, taken, to.server);
        error != errc::none)
        return error;
    // Who does not answer shows a certificate.
    if (!psk_used && !taken.empty() && !taken.contains(to.server)) return errc::no_common_certificate_type;
    return detail::accept_type(extensions, type::client_certificate_type, config.client_certificate_types, to.client);
}

/// What a client shows that is asked by the server.
[[nodiscard]] inline errc choose_client_type(const server_config& config, const parsed_client_hello& hello,
                                             chosen_types& to) noexcept {
    const fixed_vector<certificate_type, 2> by_default{certificate_type::x509};
    for (const certificate_type each :
         config.client_certificate_types.empty() ? by_default : config.client_certificate_types) {
        if (!hello.client_types.takes(each)) continue;
        to.client = each;
        to.answer_client = hello.extensions.has(extension_type::client_certificate_type);
        return errc::none;
    }
    return errc::no_common_certificate_type;
}

/// What a server shows and, if it `requests` that, is shown (RFC 7250, section 4.2).
[[nodiscard]] inline errc choose_certificate_types(const server_config& config, const parsed_client_hello& hello,
                                                   certificate_type own, bool requests, chosen_types& to) noexcept {
    if (!hello.server_types.takes(own)) return errc::no_common_certificate_type;
    to.server = own;
    to.answer_server = hello.extensions.has(extension_type::server_certificate_type);
    return requests ? choose_client_type(config, hello, to) : errc::none;
}

/// The server's answer.
inline void answer_certificate_types(writer& to, const chosen_types& chosen) noexcept {
    using type = extension_type;
    if (chosen.answer_client)
        write_extension(to, type::client_certificate_type, [&] { to.u8(static_cast<std::uint8_t>(chosen.client)); });
    if (chosen.answer_server)
        write_extension(to, type::server_certificate_type, [&] { to.u8(static_cast<std::uint8_t>(chosen.server)); });
}

}  // namespace v1
}  // namespace spantls
