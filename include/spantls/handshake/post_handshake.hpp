// What may come as a handshake message when the handshake is done (RFC 9846, sections 4.2.2, 4.7.1, 4.7.2 and 4.7.3).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/crypto/key_schedule.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/handshake.hpp>
#include <spantls/message/post_handshake.hpp>

namespace spantls {
inline namespace v1 {

/// NewSessionTicket messages that have been checked, read where they lie.
class ticket_range {
public:
    ticket_range() noexcept = default;
    explicit ticket_range(bytes_view messages) noexcept : messages_(messages) {}

    class iterator {
    public:
        explicit iterator(bytes_view rest) noexcept : rest_(rest) {}
        new_session_ticket operator*() const noexcept {
            new_session_ticket ticket{};
            reader in(first_message(rest_).body);
            decode_from(in, ticket);
            return ticket;
        }
        iterator& operator++() noexcept {
            rest_ = rest_.subspan(message_size(rest_));
            return *this;
        }
        bool operator==(const iterator& other) const noexcept { return rest_.size() == other.rest_.size(); }

    private:
        bytes_view rest_;
    };
    iterator begin() const noexcept { return iterator(messages_); }
    iterator end() const noexcept { return iterator({}); }

private:
    bytes_view messages_;
};

/// What a row of whole post-handshake messages says.
struct post_handshake_messages {
    bytes_view tickets;  // NewSessionTicket messages, in a row
    std::uint32_t count = 0;
    bool key_update = false;
    bool update_requested = false;
    bytes_view behind_key_update;  // which has to be nothing (section 5.1)
};

/// How many bytes the last message in `content` lacks; 0 when all of them are whole. With less than a header of it there,
/// what the header lacks is all that can be said.
constexpr std::size_t missing_of_last(bytes_view content) noexcept {
    while (content.size() >= handshake_header_size && message_size(content) <= content.size())
        content = content.subspan(message_size(content));
    if (content.empty()) return 0;
    const std::size_t wanted = content.size() < handshake_header_size ? handshake_header_size : message_size(content);
    return wanted - content.size();
}

/// What can be told of messages of which the last is not whole: no memory is asked for what is refused anyway. A message
/// may have `most` bytes.
[[nodiscard]] constexpr errc check_begun(bytes_view content, bool is_server, std::size_t most) noexcept {
    for (bool updated = false; !content.empty();) {
        // Section 5.1: nothing may follow a KeyUpdate in its record.
        if (updated) return errc::key_change_unaligned;
        const auto type = static_cast<handshake_type>(content[0]);
        const bool ticket = type == handshake_type::new_session_ticket && !is_server;
        if (type != handshake_type::key_update && !ticket) return errc::unexpected_message;
        if (message_size(content) > (ticket ? most : key_update_size))
            return ticket ? errc::message_too_long : errc::decode_error;
        if (content.size() < handshake_header_size || content.size() < message_size(content)) break;
        updated = !ticket;
        content = content.subspan(message_size(content));
    }
    return errc::none;
}

/// Reads whole messages. Nothing of it is acted upon when there is an error.
[[nodiscard]] inline errc read_post_handshake(bytes_view content, bool is_server, post_handshake_messages& found) noexcept {
    for (bytes_view rest = content; !rest.empty(); rest = rest.subspan(message_size(rest))) {
        const handshake_message message = first_message(rest);
        ++found.count;
        if (message.type == handshake_type::key_update) {
            key_update update{};
            if (!decode(message.body, update)) return errc::decode_error;
            if (static_cast<std::uint8_t>(update.request) > 1) return errc::bad_key_update;
            found.key_update = true;
            found.update_requested = update.request == key_update_request::update_requested;
            found.behind_key_update = rest.subspan(message.whole.size());
            return errc::none;
        } else if (message.type == handshake_type::new_session_ticket && !is_server) {
            new_session_ticket ticket{};
            if (!decode(message.body, ticket)) return errc::decode_error;
            extension_set extensions;
            const errc error = extensions.parse(ticket.extensions, extension_place::new_session_ticket, {});
            if (error != errc::none) return error;
            found.tickets = content.first(content.size() - rest.size() + message.whole.size());
        } else {
            return errc::unexpected_message;
        }
    }
    return errc::none;
}

/// Key material of a ticket (section 4.7.1), digest_size(hash) bytes into `psk`.
template <class P>
void derive_ticket_psk(hash_id hash, const traffic_secret<P>& resumption, bytes_view nonce, mutable_bytes psk) noexcept {
    hmac_key<P> key(hash, resumption.first(digest_size(hash)));
    hkdf_expand_label(key, "resumption", nonce, psk.first(digest_size(hash)));
    key.clear();
}

}  // namespace v1
}  // namespace spantls
