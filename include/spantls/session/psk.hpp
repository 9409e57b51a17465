// Pre-shared keys as the handshake takes them (RFC 9846, sections 2.2 and 4.3.11).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/key_schedule.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// What early data under a key has to agree with (section 4.3.10).
struct early_data_terms {
    std::uint32_t limit = 0;  ///< bytes; 0: no early data
    cipher_suite suite{};
    std::string_view protocol{};     ///< ALPN name; empty: none
    std::string_view server_name{};  ///< SNI; empty: none

    /// There is early data under them on a connection with these.
    constexpr bool hold(cipher_suite now, std::string_view spoken, std::string_view name) const noexcept {
        return limit != 0 && suite == now && protocol == spoken && server_name == name;
    }
};

/// A key that a client offers. Views: they last until take_workspace() gives the memory back.
struct psk {
    bytes_view identity;  ///< 1 to 65535 bytes; of a session, the ticket
    bytes_view key;       ///< 16 to 255 bytes, out of a generator and never a password (RFC 9257, sections 4 and 6)
    hash_id hash = hash_id::sha256;
    psk_kind kind = psk_kind::external;
    std::uint32_t obfuscated_age = 0;  ///< of a ticket, section 4.3.11.1; otherwise 0
    early_data_terms early{};
    /// The server was authenticated when it gave out the ticket; what peer_authenticated() says from here on.
    bool peer_authenticated = false;
};

/// The answer to `find_psk`: one of the identities that the client offers, and its key. Used up by the call.
struct psk_choice {
    std::size_t index = SIZE_MAX;  ///< place among the offered identities
    bytes_view key;
    hash_id hash = hash_id::sha256;
    psk_kind kind = psk_kind::external;
    early_data_terms early{};
    /// The peer was authenticated when the ticket was given out; what peer_authenticated() says from here on.
    bool peer_authenticated = false;
};

/// What is known of early data before any of it is read (sections 4.3.10 and 8).
struct early_offer {
    bytes_view unique;             ///< the verified binder: a replay has the same
    std::uint32_t obfuscated_age;  ///< of the ticket, as the client says (section 4.3.11.1)
    /// The key is a ticket's: psk_kind::resumption. Any other has no age (section 4.3.11.1), so its first flight is as
    /// good for a replay in a year as now, and only who remembers all of them may take it.
    bool of_ticket;
};

/// The answer to `early_data_offered`.
enum class early_data : bool { reject, accept };

/// None of the offered keys: the handshake goes on with certificates.
inline constexpr psk_choice no_psk{};

}  // namespace v1
}  // namespace spantls
