// What may come as a handshake message when the handshake is done (RFC 9846, sections 4.2.2, 4.7.1, 4.7.2 and 4.7.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/config.hpp>
#include <spantls/crypto/key_schedule.hpp>
#include <spantls/handshake/compression.hpp>
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

/// max_early_data_size of a ticket that was checked: bytes; 0 when it allows no early data (section 4.3.10).
constexpr std::uint32_t max_early_data(const new_session_ticket& ticket) noexcept {
    extension_set extensions;
    if (extensions.parse(ticket.extensions, extension_place::new_session_ticket, {}) != errc::none) return 0;
    const bytes_view size = extensions[extension_type::early_data];
    return size.size() == 4 ? load_u32(size.data()) : 0;
}

/// Which messages of post-handshake authentication may come now (section 4.7.2).
struct late_messages {
    std::uint32_t types = 0;                                  ///< bits
    bool only = false;                                        ///< and nothing else
    std::span<const certificate_compression> compressions{};  ///< of a CompressedCertificate

    static constexpr std::uint32_t bit(handshake_type type) noexcept {
        return std::uint32_t{1} << (static_cast<unsigned>(type) & 31);
    }
    constexpr bool has(handshake_type type) const noexcept {
        return static_cast<unsigned>(type) < 32 && (types & bit(type)) != 0;
    }
};

/// What a row of post-handshake messages says, of which the last need not be whole.
struct post_handshake_messages {
    bytes_view tickets;  // NewSessionTicket messages, in a row
    std::uint32_t count = 0;
    std::uint32_t due = 0;  // of the tickets, how many were announced: they are not in `count` any more
    bool key_update = false;
    bool update_requested = false;
    bytes_view
        late;  // a whole message of post-handshake authentication, if it is the first; nothing behind it has been read
    bool late_next = false;  // such a message begins `rest`, behind tickets
    bytes_view rest;  // a message that is not whole; or what follows a KeyUpdate, which has to be nothing (section 5.1)
};

/// How many bytes the message at the front of `content` lacks; 0 when it is whole. With less than a header of it there,
/// what the header lacks is all that can be said; and the head of a CompressedCertificate comes before the rest.
constexpr std::size_t missing_of_first(bytes_view content) noexcept {
    const std::size_t wanted =
        content.size() < handshake_header_size ? handshake_header_size : size_to_wait_for(content);
    return wanted > content.size() ? wanted - content.size() : 0;
}

/// Reads the messages that are whole, and of one that is not what its first bytes tell: nothing is waited for, and no
/// memory asked for, that is refused anyway. A ticket's message may have `most` bytes. Nothing of it is acted upon when
/// there is an error.
[[nodiscard]] inline errc read_post_handshake(bytes_view content, bool is_server, std::size_t most,
                                              post_handshake_messages& found, const late_messages& expected = {},
                                              bool key_updates = true) noexcept {
    for (found.rest = content; !found.rest.empty() && !found.key_update;) {
        const auto type = static_cast<handshake_type>(found.rest[0]);
        if (expected.has(type)) {
            if (!found.tickets.empty()) {
                found.late_next = true;
                break;
            }
            const std::size_t size = message_size(found.rest);
            if (type == handshake_type::finished && size > handshake_header_size + max_digest_size)
                return errc::decode_error;
            if (size > most) return errc::message_too_long;
            if (type == handshake_type::compressed_certificate)
                if (const errc error = refuse_compressed(found.rest, expected.compressions); error != errc::none)
                    return error;
            if (missing_of_first(found.rest) == 0) found.late = found.rest.first(size);
            break;
        }
        // Section 4.7.2: nothing comes between the messages of an answer.
        if (expected.only) return errc::unexpected_message;
        const bool is_ticket = type == handshake_type::new_session_ticket && !is_server;
        if ((type != handshake_type::key_update || !key_updates) && !is_ticket) return errc::unexpected_message;
        if (message_size(found.rest) > (is_ticket ? most : key_update_size))
            return is_ticket ? errc::message_too_long : errc::decode_error;
        if (missing_of_first(found.rest) != 0) break;
        const handshake_message message = first_message(found.rest);
        if (is_ticket) {
            new_session_ticket ticket{};
            if (!decode(message.body, ticket)) return errc::decode_error;
            extension_set extensions;
            const errc error = extensions.parse(ticket.extensions, extension_place::new_session_ticket, {});
            if (error != errc::none) return error;
            // Section 4.3.10: a uint32.
            if (extensions.has(extension_type::early_data) && extensions[extension_type::early_data].size() != 4)
                return errc::decode_error;
            found.tickets = content.first(found.tickets.size() + message.whole.size());
        } else {
            key_update update{};
            if (!decode(message.body, update)) return errc::decode_error;
            if (static_cast<std::uint8_t>(update.request) > 1) return errc::bad_key_update;
            found.key_update = true;
            found.update_requested = update.request == key_update_request::update_requested;
        }
        ++found.count;
        found.rest = found.rest.subspan(message.whole.size());
    }
    return errc::none;
}

/// Whether a ticket can be sent (section 4.7.1).
inline bool is_sound(const new_session_ticket& ticket) noexcept {
    return ticket.lifetime <= max_ticket_lifetime && ticket.nonce.size() <= 255 && !ticket.ticket.empty() &&
           ticket.ticket.size() + ticket.extensions.size() <= max_handshake_message - 512;
}

/// Hands a sound ticket's NewSessionTicket to `use`, in pieces; with an empty extension `grease` unless that is 0.
template <class Use>
auto in_pieces(const new_session_ticket& ticket, std::uint16_t grease, Use use) noexcept {
    std::array<std::uint8_t, handshake_header_size + 8 + 1 + 255 + 2> head;
    const std::size_t own = grease != 0 ? 4 : 0;
    std::array<std::uint8_t, 2 + 4> extensions{};
    store_be(extensions.data(), own + ticket.extensions.size(), 2);
    store_be(extensions.data() + 2, grease, 2);
    const bytes_view begun = bytes_view(extensions).first(2 + own);
    writer front(head);
    write_message(front, handshake_type::new_session_ticket, [&] {
        front.u32(ticket.lifetime);
        front.u32(ticket.age_add);
        front.opaque(ticket.nonce, 1);
        front.u16(static_cast<std::uint16_t>(ticket.ticket.size()));
    }, ticket.ticket.size() + begun.size() + ticket.extensions.size());
    return use(std::array<bytes_view, 4>{front.written(), ticket.ticket, begun, ticket.extensions});
}

/// Key material of a ticket (section 4.7.1), digest_size(hash) bytes into `psk`.
template <class P>
void derive_ticket_psk(hash_id hash, const traffic_secret<P>& resumption, bytes_view nonce,
                       mutable_bytes psk) noexcept {
    hmac_key<P> key(hash, resumption.first(digest_size(hash)));
    hkdf_expand_label(key, "resumption", nonce, psk.first(digest_size(hash)));
    key.clear();
}

}  // namespace v1
}  // namespace spantls
