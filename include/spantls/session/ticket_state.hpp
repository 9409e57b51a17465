// What a server puts into a ticket, and what follows from it when it comes back (RFC 9846, sections 4.3.11 and 4.7.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// How many bytes of its own an application can put into a ticket.
inline constexpr std::size_t max_ticket_application = 1024;

/// Seven days, in milliseconds: so long after a handshake with certificates resumption leads to resumption, whatever
/// tickets were given out in between (section 4.7.1 recommends a limit).
inline constexpr std::uint64_t max_resumption_chain = std::uint64_t{max_ticket_lifetime} * 1000;

/// Views: of a state that was opened, into the memory lent for opening it.
struct ticket_state {
    cipher_suite suite{};
    std::uint64_t issued_at = 0;         ///< milliseconds since 1970 by the server's clock; sealing sets it
    std::uint64_t authenticated_at = 0;  ///< the last handshake with certificates; of a resumed connection, as found
                                         ///< in its ticket. 0: sealing sets it to issued_at
    std::uint32_t lifetime = 0;          ///< seconds, 1 to 604800; the client is told no more than that
    std::uint32_t age_add = 0;           ///< ticket_age_add: fresh random bits for each ticket
    std::uint32_t max_early_data = 0;    ///< bytes; 0: no early data
    bool peer_authenticated = false;     ///< the client was, with a certificate
    bytes_view key;                      ///< the PSK: as long as a digest of the suite's hash. A secret
    std::string_view protocol;           ///< ALPN name, 0 to 255 bytes; empty: none
    std::string_view server_name;        ///< SNI, 0 to 255 bytes; empty: none
    bytes_view client_identity;          ///< a digest of the client's certificate or key: 32 or 48 bytes, or none
    bytes_view application;              ///< the application's own, at most max_ticket_application bytes

    using layout =
        fields<number_field<&ticket_state::suite>, number_field<&ticket_state::issued_at>,
               number_field<&ticket_state::authenticated_at>, number_field<&ticket_state::lifetime>,
               number_field<&ticket_state::age_add>, number_field<&ticket_state::max_early_data>,
               flag_field<&ticket_state::peer_authenticated>, opaque_field<&ticket_state::key, 1, 32, max_digest_size>,
               text_field<&ticket_state::protocol, 1, 0, 255>, text_field<&ticket_state::server_name, 1, 0, 255>,
               opaque_field<&ticket_state::client_identity, 1, 0, max_digest_size>,
               opaque_field<&ticket_state::application, 2, 0, max_ticket_application>>;
};

/// Longest encoding of a ticket_state.
inline constexpr std::size_t max_ticket_state = 2 + 8 + 8 + 4 + 4 + 4 + 1 + (1 + max_digest_size) + 2 * (1 + 255) +
                                                (1 + max_digest_size) + 2 + max_ticket_application;

namespace detail {
/// Whether every field is in its range.
constexpr bool sound(const ticket_state& it) noexcept {
    const std::optional<hash_id> hash = suite_hash(it.suite);
    const std::size_t identity = it.client_identity.size();
    return hash && it.key.size() == digest_size(*hash) && it.lifetime != 0 && it.lifetime <= max_ticket_lifetime &&
           it.protocol.size() <= 255 && it.server_name.size() <= 255 &&
           (identity == 0 || identity == 32 || identity == 48) && it.application.size() <= max_ticket_application;
}
}  // namespace detail

/// Milliseconds since the ticket was given out. When that was in the future, as the clock of another server can say, no
/// age is known: the result is UINT64_MAX, which is close to nothing that a client can claim.
constexpr std::uint64_t measured_age(const ticket_state& it, std::uint64_t now_ms) noexcept {
    return now_ms < it.issued_at ? UINT64_MAX : now_ms - it.issued_at;
}

/// Milliseconds, as the client says it in obfuscated_ticket_age (section 4.3.11.1). How far this is from
/// measured_age() tells how fresh the ClientHello is (section 8.3).
constexpr std::uint32_t claimed_age(const ticket_state& it, std::uint32_t obfuscated_age) noexcept {
    return obfuscated_age - it.age_add;
}

/// Whether the ticket is over: its own lifetime, or that of the chain of resumptions that it belongs to.
constexpr bool expired(const ticket_state& it, std::uint64_t now_ms) noexcept {
    const auto since = [&](std::uint64_t then) { return now_ms < then ? 0 : now_ms - then; };
    return since(it.issued_at) >= std::uint64_t{it.lifetime} * 1000 ||
           since(it.authenticated_at) >= max_resumption_chain;
}

/// The state as the answer to `find_psk`, for the identity at `index`; it shows what `it` shows. `it` is sound.
constexpr psk_choice choice_of(const ticket_state& it, std::size_t index) noexcept {
    return {index,
            it.key,
            *suite_hash(it.suite),
            psk_kind::resumption,
            {it.max_early_data, it.suite, it.protocol, it.server_name},
            it.peer_authenticated};
}

}  // namespace v1
}  // namespace spantls
