// Records and messages made by hand, for connections of null_provider, which take anything for authentic.
#pragma once

#include <cstdint>
#include <initializer_list>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/registry.hpp>

#include "support/vectors.hpp"

namespace test {

inline buffer joined(std::initializer_list<buffer> parts) {
    buffer all;
    for (const buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// A protected record of null_provider: content, type, zeros, and a tag of zeros.
inline buffer null_record(spantls::content_type type, const buffer& content, std::size_t zeros = 0) {
    const std::size_t length = content.size() + 1 + zeros + 16;
    buffer record{23, 3, 3, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
    record.insert(record.end(), content.begin(), content.end());
    record.push_back(static_cast<std::uint8_t>(type));
    record.resize(5 + length);
    return record;
}

inline buffer null_data(const buffer& content, std::size_t zeros = 0) {
    return null_record(spantls::content_type::application_data, content, zeros);
}
inline buffer null_handshake(const buffer& content) { return null_record(spantls::content_type::handshake, content); }
inline buffer null_alert(std::uint8_t level, spantls::alert_description description) {
    return null_record(spantls::content_type::alert, {level, static_cast<std::uint8_t>(description)});
}

inline buffer message(spantls::handshake_type type, const buffer& body) {
    return joined({{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(body.size() >> 16),
                    static_cast<std::uint8_t>(body.size() >> 8), static_cast<std::uint8_t>(body.size())},
                   body});
}
inline buffer key_update_message(bool requested) {
    return message(spantls::handshake_type::key_update, {static_cast<std::uint8_t>(requested ? 1 : 0)});
}
/// A NewSessionTicket whose nonce is one byte, with a ticket of `size` bytes.
inline buffer ticket_message(std::uint8_t nonce, std::size_t size = 1) {
    return message(spantls::handshake_type::new_session_ticket,
                   joined({{0, 0, 0, 1, 0, 0, 0, 2, 1, nonce, static_cast<std::uint8_t>(size >> 8),
                            static_cast<std::uint8_t>(size)},
                           buffer(size, nonce),
                           {0, 0}}));
}
inline buffer change_cipher_spec() { return {20, 3, 3, 0, 1, 1}; }

}  // namespace test
