// Sizes and limits of the record layer (RFC 9846, section 5) and the ones that keep a hostile peer cheap.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spantls {
inline namespace v1 {

inline constexpr std::size_t record_header_size = 5;

/// TLSPlaintext.length is at most this (section 5.1).
inline constexpr std::size_t max_fragment = 16384;

/// TLSInnerPlaintext, which is content, content type and zeros, has at most this (section 5.4).
inline constexpr std::size_t max_inner_plaintext = max_fragment + 1;

/// What record_size_limit says is not less than this (RFC 8449, section 4), and not more than max_inner_plaintext.
inline constexpr std::size_t least_record_size_limit = 64;

/// TLSCiphertext.length is at most this (section 5.2).
inline constexpr std::size_t max_encrypted_record = max_fragment + 256;

/// The largest record that can arrive: what an input buffer has to hold.
inline constexpr std::size_t max_record = record_header_size + max_encrypted_record;

/// Every AEAD of TLS 1.3 that is implemented here has a tag of this size.
inline constexpr std::size_t tag_size = 16;

/// What a protected record is longer than its content: header, content type, tag.
inline constexpr std::size_t record_overhead = record_header_size + 1 + tag_size;

/// The smallest output with which every call makes progress when nothing is padded: the largest of a KeyUpdate (27), an
/// alert (24), one byte of anything else (23) and a change_cipher_spec (6).
inline constexpr std::size_t min_output = record_overhead + 5;

/// Bytes that `plaintext_size` bytes of application data take on the wire in records of at most `fragment` bytes,
/// without the KeyUpdates that may be due between them.
constexpr std::size_t sealed_size(std::size_t plaintext_size, std::size_t fragment = max_fragment) noexcept {
    return plaintext_size + (plaintext_size + fragment - 1) / fragment * record_overhead;
}

/// Records without content in a row.
inline constexpr unsigned max_empty_records = 32;
/// KeyUpdates in a row, without application data between them in either direction.
inline constexpr unsigned max_key_updates_in_a_row = 32;
/// Post-handshake messages without application data between them in either direction, besides tickets that the server
/// has announced (RFC 9149). A request for authentication that was sent, and an answer to one, are as good as data.
inline constexpr unsigned max_post_handshake_messages = 32;
/// change_cipher_spec records in one handshake. The compatibility mode has one, but section 5 has them all dropped:
/// this is only so that they have an end.
inline constexpr unsigned max_change_cipher_specs = 32;
/// A handshake message, with its header.
inline constexpr std::size_t max_handshake_message = 65536;
/// Bytes of rejected early data that a server skips (section 4.3.10).
inline constexpr std::size_t max_skipped_early_data = 16384;
/// KeyUpdates that one side sends (section 4.7.3).
inline constexpr std::uint64_t max_key_updates = (std::uint64_t{1} << 48) - 1;

}  // namespace v1
}  // namespace spantls
