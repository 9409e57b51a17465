// How many tickets a client would like, and how many a server is going to send (RFC 9149).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/config.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

//  struct { uint8 new_session_count; uint8 resumption_count; } ClientTicketRequest;              RFC 9149, section 3
/// Client: `extension(type, body)` writes an extension of ClientHello into `to`; the same one in both.
template <class Extension>
constexpr void offer_ticket_request(writer& to, const client_config& config, Extension extension) noexcept {
    if (!config.tickets) return;
    extension(extension_type::ticket_request, [&] {
        to.u8(config.tickets->new_session);
        to.u8(config.tickets->resumption);
    });
}

//  struct { uint8 expected_count; } ServerTicketRequestHint;
/// Client: what EncryptedExtensions says; none when the server has not answered.
constexpr errc accept_ticket_request(const extension_set& answer, std::optional<std::uint8_t>& expected) noexcept {
    if (!answer.has(extension_type::ticket_request)) return errc::none;
    reader in(answer[extension_type::ticket_request]);
    expected = in.u8();
    return in.finished() ? errc::none : errc::decode_error;
}

/// Server: what ClientHello asks for.
constexpr errc read_ticket_request(const extension_set& asked, std::optional<ticket_counts>& counts) noexcept {
    counts.reset();
    if (!asked.has(extension_type::ticket_request)) return errc::none;
    reader in(asked[extension_type::ticket_request]);
    counts = ticket_counts{};
    counts->new_session = in.u8();
    counts->resumption = in.u8();
    return in.finished() ? errc::none : errc::decode_error;
}

/// Server: how many to send; none when the request is not answered. `allowed`: whether any may be sent at all (RFC
/// 9846, section 4.7.1).
constexpr std::optional<std::uint8_t> expected_tickets(const server_config& config,
                                                       const std::optional<ticket_counts>& asked, bool resumed,
                                                       bool allowed) noexcept {
    if (!asked || config.max_tickets == 0) return std::nullopt;
    if (!allowed) return std::uint8_t{0};
    const std::uint8_t wanted = resumed ? asked->resumption : asked->new_session;
    return wanted < config.max_tickets ? wanted : config.max_tickets;
}

/// The most that answer_ticket_request() writes.
inline constexpr std::size_t ticket_request_answer_size = 4 + 1;

/// Server: the extension of EncryptedExtensions that says so.
constexpr void answer_ticket_request(writer& to, const std::optional<std::uint8_t>& expected) noexcept {
    if (expected) write_extension(to, extension_type::ticket_request, [&] { to.u8(*expected); });
}

}  // namespace v1
}  // namespace spantls
