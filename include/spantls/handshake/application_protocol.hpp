// Which application protocol is spoken (ALPN, RFC 7301): what a server selects, and what a client accepts. Both say it
// by its place in their configuration; config.alpn.size() is none.
#pragma once

#include <cstddef>

#include <spantls/base/error.hpp>
#include <spantls/config.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/lists.hpp>

namespace spantls {
inline namespace v1 {

/// RFC 7301, section 3.2; and section 4.3: no answer to what was not asked. False when there is none in common.
inline bool choose_protocol(const server_config& config, const parsed_client_hello& hello,
                            std::size_t& chosen) noexcept {
    chosen = config.alpn.size();
    if (hello.protocols.empty() || config.alpn.empty()) return true;
    for (chosen = 0; chosen < config.alpn.size(); ++chosen)
        if (hello.protocols.contains(config.alpn[chosen])) return true;
    return false;
}

/// What EncryptedExtensions says.
[[nodiscard]] inline errc accept_protocol(const client_config& config, const extension_set& extensions,
                                          std::size_t& chosen) noexcept {
    if (!extensions.has(extension_type::application_layer_protocol_negotiation)) return errc::none;
    protocol_names selected;
    // RFC 7301, section 3.1: exactly one name, and one of ours.
    if (!selected.parse(extensions[extension_type::application_layer_protocol_negotiation])) return errc::decode_error;
    if (selected.size() != 1) return errc::decode_error;
    for (chosen = 0; chosen < config.alpn.size(); ++chosen)
        if (selected.contains(config.alpn[chosen])) return errc::none;
    return errc::bad_protocol_choice;
}

}  // namespace v1
}  // namespace spantls
