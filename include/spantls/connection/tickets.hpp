// From a ticket to a session and back: what a client keeps of a connection, and what a server gives out (RFC 9846,
// section 4.7.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/base/secret.hpp>
#include <spantls/message/post_handshake.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/session/session.hpp>
#include <spantls/session/ticket_keys.hpp>
#include <spantls/session/ticket_state.hpp>
#include <spantls/step.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// Longest bytes of a session with a ticket of `ticket_size` bytes.
constexpr std::size_t max_session_size(std::size_t ticket_size) noexcept {
    return detail::session_frame + 2 + 8 + 4 + 4 + 4 + 1 + (1 + max_digest_size) + (2 + ticket_size) + 2 * (1 + 255);
}

/// Writes the session that `ticket`, out of a `ticket` step of the client `tls`, stands for to the front of `out`:
/// max_session_size(ticket.ticket.size()) bytes do. `server_name`: as the connection was made with, or else its
/// label; `now_ms`: milliseconds since 1970. Returns the bytes used; 0 when there is no room, or nothing to be kept, as
/// of a server that has neither.
template <class Client>
std::size_t save_session(const Client& tls, const new_session_ticket& ticket, std::string_view server_name,
                         std::uint64_t now_ms, mutable_bytes out) noexcept {
    if (server_name.empty()) return 0;
    secret_bytes<max_digest_size> key;
    const std::size_t size = tls.ticket_key(ticket.nonce, key.bytes());
    session kept;
    kept.suite = tls.suite();
    kept.received_at = now_ms;
    kept.lifetime = ticket.lifetime;
    kept.age_add = ticket.age_add;
    kept.max_early_data = max_early_data(ticket);
    kept.peer_authenticated = tls.peer_authenticated();
    kept.key = key.first(size);
    kept.ticket = ticket.ticket;
    kept.server_name = server_name;
    kept.protocol = tls.protocol();
    return write(kept, out);
}

/// What a server decides about a ticket. Views, for the call only.
struct ticket_terms {
    std::uint32_t lifetime = max_ticket_lifetime;  ///< seconds; less when the keys do not last so long
    std::uint32_t max_early_data = 0;  ///< bytes, at most 16384 as in server_config; 0: none. Over QUIC 2^32-1
    std::string_view server_name{};    ///< as in the ClientHello; needed for early data
    bytes_view client_identity{};      ///< a digest of the client's certificate, 32 or 48 bytes, or none
    bytes_view application{};          ///< up to max_ticket_application bytes of the application's own
    /// When somebody was last authenticated by more than a ticket, milliseconds since 1970, for the seven days after
    /// which a chain of resumptions ends: of a resumed connection as found in its ticket, of one under an external key
    /// the time of that. 0: in this connection, with certificates; refused where a key was used.
    std::uint64_t authenticated_at = 0;
};

/// Seals a ticket for the connection of the server `tls` and sends it as connection::send_ticket does: all of it or
/// nothing. `now_ms`: milliseconds since 1970. errc::bad_argument when the terms are out of range or the keys are
/// over, or the chain of resumptions is: only a full handshake goes on from there.
template <class Server, class P>
output send_ticket(Server& tls, const ticket_keys<P>& keys, P& crypto, const ticket_terms& terms, std::uint64_t now_ms,
                   mutable_bytes out) noexcept {
    // RFC 9001, section 4.6.1: QUIC has limits of its own.
    constexpr bool over_quic = requires { Server::over_quic; };
    // Section 4.7.1: a ticket for a ticket is no younger than that.
    if (terms.authenticated_at == 0 && tls.psk_used()) return {{}, 0, errc::bad_argument};
    if (!over_quic && terms.max_early_data > max_skipped_early_data) return {{}, 0, errc::bad_argument};
    std::array<std::uint8_t, 4 + 12> random;
    if (!crypto.random(random)) return {{}, 0, errc::internal_error};
    const bytes_view nonce = bytes_view(random).subspan(4);
    secret_bytes<max_digest_size> key;
    const std::size_t size = tls.ticket_key(nonce, key.bytes());
    if (size == 0) return {{}, 0, tls.error() == errc::none ? errc::not_connected : errc::connection_failed};
    const std::uint32_t longest = keys.longest_lifetime(now_ms, terms.authenticated_at);
    ticket_state state;
    state.suite = tls.suite();
    state.authenticated_at = terms.authenticated_at;
    state.lifetime = terms.lifetime < longest ? terms.lifetime : longest;
    state.age_add = load_u32(random.data());
    state.max_early_data = terms.max_early_data;
    state.peer_authenticated = tls.peer_authenticated();
    state.key = key.first(size);
    state.protocol = tls.protocol();
    state.server_name = terms.server_name;
    state.client_identity = terms.client_identity;
    state.application = terms.application;
    std::array<std::uint8_t, max_sealed_ticket> sealed;
    const std::size_t sealed_size = keys.seal(state, now_ms, crypto, sealed);
    if (sealed_size == 0) return {{}, 0, errc::bad_argument};
    std::array<std::uint8_t, 8> early;
    writer extensions(early);
    if (state.max_early_data != 0)
        write_extension(extensions, extension_type::early_data, [&] { extensions.u32(state.max_early_data); });
    return tls.send_ticket(
        {state.lifetime, state.age_add, nonce, bytes_view(sealed).first(sealed_size), extensions.written()}, out);
}

}  // namespace v1
}  // namespace spantls
