// What a record was: for logs and for people who watch.
#pragma once

#include <cstdint>

#include <spantls/base/error.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

struct record_info {
    content_type type = content_type::invalid;  ///< the inner type, where the record is protected
    bool encrypted = false;
    std::uint16_t wire_size = 0;     ///< with its header
    std::uint16_t content_size = 0;  ///< without content type, padding and tag
    std::uint32_t messages = 0;      ///< bit (1 << type) for each handshake message of which a part is inside
    alert_description alert = alert_description::close_notify;  ///< of an alert record that was sent, which it was

    constexpr bool has(handshake_type message) const noexcept {
        return (messages >> (static_cast<unsigned>(message) & 31) & 1) != 0;
    }
};

}  // namespace v1
}  // namespace spantls
