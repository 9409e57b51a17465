// The frame around every handshake message (RFC 9846, section 4).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

inline constexpr std::size_t handshake_header_size = 4;

/// One whole handshake message.
struct handshake_message {
    handshake_type type;
    bytes_view body;
    bytes_view whole;  // with its header: what the transcript hashes
};

/// The length with header of the message at the front of `bytes`; 0 when not even the header is there.
constexpr std::size_t message_size(bytes_view bytes) noexcept {
    return bytes.size() < handshake_header_size ? 0 : handshake_header_size + load_u24(bytes.data() + 1);
}

/// The message at the front of `bytes`, which must hold at least message_size(bytes).
constexpr handshake_message first_message(bytes_view bytes) noexcept {
    const bytes_view whole = bytes.first(message_size(bytes));
    return {static_cast<handshake_type>(whole[0]), whole.subspan(handshake_header_size), whole};
}

/// Writes one message; `body` writes what is behind the header, but for `extra` bytes that are sent from elsewhere.
template <class Body>
constexpr void write_message(writer& out, handshake_type type, Body body, std::size_t extra = 0) noexcept {
    out.u8(static_cast<std::uint8_t>(type));
    length_prefix length(out, 3, extra);
    body();
}

}  // namespace v1
}  // namespace spantls
