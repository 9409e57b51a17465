// What a client keeps of a connection to resume it later, and its form as bytes (RFC 9846, sections 2.2 and 4.7.1).
//
//   std::vector<std::uint8_t> kept(session_size(mine));
//   write(mine, kept);                                            // keep these as secret as any key
//   ...
//   session mine;
//   if (read_session(kept, mine) != errc::none) mine = {};
//   client tls(crypto, config, workspace, {.server_name = name, .resume = mine, .now_ms = now});
//
// A session is for one connection: whoever sees the same ticket twice knows that it is the same client (appendix C.4).
// session_store.hpp gives each out once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// A view into the bytes that it was read from, or into what the connection shows: it lives as long as those.
struct session {
    cipher_suite suite{};
    std::uint64_t received_at = 0;     ///< when the ticket came; milliseconds since 1970 by the caller's clock
    std::uint32_t lifetime = 0;        ///< seconds, as the server said it; more than 604800 counts as that
    std::uint32_t age_add = 0;         ///< ticket_age_add
    std::uint32_t max_early_data = 0;  ///< bytes; 0: no early data
    bool peer_authenticated = false;   ///< the server was, in the connection that this comes from
    bytes_view key;                    ///< the PSK: as long as a digest of the suite's hash. A secret
    bytes_view ticket;                 ///< 1 to 65535 bytes
    std::string_view server_name;      ///< 0 to 255 bytes, or the label in place of it; empty: of nobody, never offered
    std::string_view protocol;         ///< ALPN name, 0 to 255 bytes; empty: none

    using layout =
        fields<number_field<&session::suite>, number_field<&session::received_at>, number_field<&session::lifetime>,
               number_field<&session::age_add>, number_field<&session::max_early_data>,
               flag_field<&session::peer_authenticated>, opaque_field<&session::key, 1, 32, max_digest_size>,
               opaque_field<&session::ticket, 2, 1, 0xffff>, text_field<&session::server_name, 1, 0, 255>,
               text_field<&session::protocol, 1, 0, 255>>;
};

namespace detail {
/// CRC-32 as in IEEE 802.3: against damage, not against malice.
constexpr std::uint32_t crc32(bytes_view bytes) noexcept {
    std::uint32_t rest = 0xffffffff;
    for (const std::uint8_t byte : bytes) {
        rest ^= byte;
        for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ ((rest & 1) != 0 ? 0xedb88320u : 0u);
    }
    return ~rest;
}

// What every version has: the magic number and the version in front, the checksum of all that at the end. So what is
// damaged is told from what is new.
inline constexpr std::uint32_t session_magic = 0x73705453;  // "spTS"
inline constexpr std::uint16_t session_version = 1;
inline constexpr std::size_t session_frame = 4 + 2 + 4;

constexpr bool sound(const session& it) noexcept {
    const std::optional<hash_id> hash = suite_hash(it.suite);
    return hash && it.key.size() == digest_size(*hash) && !it.ticket.empty() && it.ticket.size() <= 0xffff &&
           it.server_name.size() <= 255 && it.protocol.size() <= 255;
}
}  // namespace detail

/// How many bytes write() needs; 0 for what is no session: a field is out of its range.
inline std::size_t session_size(const session& from) noexcept {
    if (!detail::sound(from)) return 0;
    writer measure({});
    encode(measure, from);
    return measure.needed() + detail::session_frame;
}

/// Writes to the front of `out`, which must not overlap what `from` shows. Returns session_size(from); 0, with nothing
/// written, when that is 0 or more than there is room for.
inline std::size_t write(const session& from, mutable_bytes out) noexcept {
    const std::size_t size = session_size(from);
    if (size == 0 || size > out.size()) return 0;
    writer to(out);
    to.u32(detail::session_magic);
    to.u16(detail::session_version);
    encode(to, from);
    to.u32(detail::crc32(to.written()));
    return size;
}

/// Reads what fills `bytes` exactly. `to` shows these bytes from then on; it is unchanged unless the result is none.
/// session_newer: whole, but of a later version of this library. session_damaged: anything else.
[[nodiscard]] inline errc read_session(bytes_view bytes, session& to) noexcept {
    if (bytes.size() < detail::session_frame) return errc::session_damaged;
    const bytes_view checked = bytes.first(bytes.size() - 4);
    if (detail::crc32(checked) != load_u32(checked.data() + checked.size())) return errc::session_damaged;
    reader in(checked);
    if (in.u32() != detail::session_magic) return errc::session_damaged;
    const std::uint16_t version = in.u16();
    if (version > detail::session_version) return errc::session_newer;
    session found;
    decode_from(in, found);
    if (version != detail::session_version || !in.finished() || !detail::sound(found)) return errc::session_damaged;
    to = found;
    return errc::none;
}

/// Whether it is too late to offer `it`; it is when the clock went backwards, since nobody knows then (section 4.7.1:
/// never longer than the lifetime, nor than seven days; a lifetime of 0 is over at once).
constexpr bool expired(const session& it, std::uint64_t now_ms) noexcept {
    const std::uint64_t lifetime = it.lifetime < max_ticket_lifetime ? it.lifetime : max_ticket_lifetime;
    return now_ms < it.received_at || now_ms - it.received_at >= lifetime * 1000;
}

/// obfuscated_ticket_age (section 4.3.11.1) of a session that has not expired.
constexpr std::uint32_t obfuscated_age(const session& it, std::uint64_t now_ms, bool with_early_data = false) noexcept {
    // Both times are whole milliseconds, so that what lies between may be almost one less. A ticket that is older to
    // its client than to its server looks impossible there, and costs the early data.
    const std::uint64_t age = now_ms - it.received_at;
    return static_cast<std::uint32_t>(with_early_data && age != 0 ? age - 1 : age) + it.age_add;
}

/// Whether `it` was with the server of this name. Only there it should be offered, and where the names differ it must
/// not be unless the certificate was good for both (section 4.7.1). ASCII case does not matter. Servers without a name
/// are never the same: with a session nobody looks at who it is.
constexpr bool same_server(const session& it, std::string_view name) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (name.empty() || it.server_name.size() != name.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i)
        if (lower(it.server_name[i]) != lower(name[i])) return false;
    return true;
}

/// The session as a key to offer, at the time at which it is offered; it shows what `it` shows. Nothing when it has
/// expired or is none (sections 4.3.11.1 and 4.7.1).
constexpr std::optional<psk> offer(const session& it, std::uint64_t now_ms, bool with_early_data = false) noexcept {
    if (!detail::sound(it) || expired(it, now_ms)) return std::nullopt;
    return psk{it.ticket,
               it.key,
               *suite_hash(it.suite),
               psk_kind::resumption,
               obfuscated_age(it, now_ms, with_early_data),
               {it.max_early_data, it.suite, it.protocol, it.server_name},
               it.peer_authenticated};
}

}  // namespace v1
}  // namespace spantls
