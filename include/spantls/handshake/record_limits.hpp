// What the handshake settles about the length of records: record_size_limit (RFC 8449), max_fragment_length (RFC 6066,
// section 4), and the length of ClientHello itself (RFC 7685).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/config.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// What was settled. Bytes of TLSInnerPlaintext, which is content, content type and padding.
struct record_limits {
    std::uint16_t sending = max_inner_plaintext;    ///< of what we send
    std::uint16_t receiving = max_inner_plaintext;  ///< of what the peer sends
    std::uint16_t seen = 0;                         ///< of the largest protected record that came in the handshake
    std::uint16_t limit_answer = 0;                 ///< server: what to send as record_size_limit; 0: nothing
    std::uint8_t fragment_answer = 0;               ///< server: what to send as max_fragment_length; 0: nothing

    void saw(std::size_t inner) noexcept {
        if (inner > seen) seen = static_cast<std::uint16_t>(inner);
    }

    /// Section 5.4 of RFC 9846 counts the content type, most who send do not: so this is held to less than the peer is.
    void settle_fragment_length(std::size_t fragment) noexcept {
        sending = static_cast<std::uint16_t>(fragment);
        receiving = static_cast<std::uint16_t>(fragment + 1);
    }
};

/// The most that answer_record_limits() writes.
inline constexpr std::size_t record_limits_answer_size = 4 + 2;

namespace detail {
//  enum { 2^9(1), 2^10(2), 2^11(3), 2^12(4), (255) } MaxFragmentLength;                     RFC 6066, section 4
constexpr std::uint8_t fragment_code(std::size_t length) noexcept {
    return static_cast<std::uint8_t>(std::countr_zero(length) - 8);
}

//  uint16 RecordSizeLimit;                                                                   RFC 8449, section 4
constexpr errc read_record_size_limit(bytes_view data, std::uint16_t& limit) noexcept {
    reader in(data);
    limit = in.u16();
    if (!in.finished()) return errc::decode_error;
    return limit < least_record_size_limit ? errc::bad_record_size_limit : errc::none;
}
}  // namespace detail

/// Client: `extension(type, body)` writes an extension of ClientHello into `to`.
template <class Extension>
constexpr void offer_record_limits(writer& to, const client_config& config, Extension extension) noexcept {
    if (config.max_fragment_length != 0)
        extension(extension_type::max_fragment_length,
                  [&] { to.u8(detail::fragment_code(config.max_fragment_length)); });
    if (config.record_size_limit != 0)
        extension(extension_type::record_size_limit, [&] { to.u16(config.record_size_limit); });
}

/// Client: fills ClientHello up to `size` bytes, its header included. `to` has written it from its beginning up to
/// here, `behind` more bytes of it follow. There is no padding of less than 4 bytes.
template <class Extension>
constexpr void pad_client_hello(writer& to, std::size_t size, Extension extension, std::size_t behind = 0) noexcept {
    const std::size_t now = to.needed() + behind;
    if (now >= size) return;
    const std::size_t zeros = size - now > 4 ? size - now - 4 : 0;
    extension(extension_type::padding, [&] {
        // RFC 7685, section 3: nothing but zeros.
        for (std::size_t i = 0; i < zeros; ++i) to.u8(0);
    });
}

/// Client: what EncryptedExtensions says about it.
constexpr errc accept_record_limits(const client_config& config, const extension_set& answer,
                                    record_limits& limits) noexcept {
    const bool limit = answer.has(extension_type::record_size_limit);
    const bool fragment = answer.has(extension_type::max_fragment_length);
    if (limit && fragment) return errc::two_record_limits;  // RFC 8449, section 5
    if (limit) {
        const errc error = detail::read_record_size_limit(answer[extension_type::record_size_limit], limits.sending);
        if (error != errc::none) return error;
        // RFC 8449, section 4: what no version allows, a client may refuse.
        if (limits.sending > max_inner_plaintext) return errc::bad_record_size_limit;
        limits.receiving = config.record_size_limit;
    }
    if (fragment) {
        reader in(answer[extension_type::max_fragment_length]);
        const std::uint8_t code = in.u8();
        if (!in.finished()) return errc::decode_error;
        // RFC 6066, section 4: the value that was asked for.
        if (code != detail::fragment_code(config.max_fragment_length)) return errc::bad_fragment_length;
        limits.settle_fragment_length(config.max_fragment_length);
    }
    // RFC 8449, section 4: it counts from the first protected record on, which is where the answer comes.
    return limits.seen > limits.receiving ? errc::record_overflow : errc::none;
}

/// Server: what ClientHello asks for.
constexpr errc choose_record_limits(const server_config& config, const extension_set& asked,
                                    record_limits& limits) noexcept {
    limits = {};
    if (asked.has(extension_type::record_size_limit)) {
        const errc error = detail::read_record_size_limit(asked[extension_type::record_size_limit], limits.sending);
        if (error != errc::none) return error;
        // RFC 8449, section 4: more than there is may be asked for. Section 5: max_fragment_length is ignored beside
        // it.
        if (limits.sending > max_inner_plaintext) limits.sending = max_inner_plaintext;
        limits.receiving = limits.limit_answer = config.record_size_limit;
    } else if (asked.has(extension_type::max_fragment_length)) {
        reader in(asked[extension_type::max_fragment_length]);
        const std::uint8_t code = in.u8();
        if (!in.finished()) return errc::decode_error;
        // RFC 6066, section 4.
        if (code < 1 || code > 4) return errc::bad_fragment_length;
        limits.settle_fragment_length(std::size_t{256} << code);
        limits.fragment_answer = code;
    }
    return errc::none;
}

/// Server: the extensions of EncryptedExtensions that say so.
constexpr void answer_record_limits(writer& to, const record_limits& limits) noexcept {
    if (limits.limit_answer != 0)
        write_extension(to, extension_type::record_size_limit, [&] { to.u16(limits.limit_answer); });
    if (limits.fragment_answer != 0)
        write_extension(to, extension_type::max_fragment_length, [&] { to.u8(limits.fragment_answer); });
}

}  // namespace v1
}  // namespace spantls
