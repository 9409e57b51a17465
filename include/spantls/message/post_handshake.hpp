// NewSessionTicket and KeyUpdate (RFC 9846, sections 4.7.1 and 4.7.3).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

//  struct {
//      uint32 ticket_lifetime;
//      uint32 ticket_age_add;
//      opaque ticket_nonce<0..255>;
//      opaque ticket<1..2^16-1>;
//      Extension extensions<0..2^16-1>;
//  } NewSessionTicket;
struct new_session_ticket {
    std::uint32_t lifetime;  // seconds, at most max_ticket_lifetime
    std::uint32_t age_add;
    bytes_view nonce;
    bytes_view ticket;
    bytes_view extensions;
    using layout = fields<number_field<&new_session_ticket::lifetime>, number_field<&new_session_ticket::age_add>,
                          opaque_field<&new_session_ticket::nonce, 1, 0, 255>,
                          opaque_field<&new_session_ticket::ticket, 2, 1, 0xffff>,
                          opaque_field<&new_session_ticket::extensions, 2, 0, 0xffff>>;
};

//  struct { KeyUpdateRequest request_update; } KeyUpdate;
struct key_update {
    key_update_request request;
    using layout = fields<number_field<&key_update::request>>;
};

inline constexpr std::size_t key_update_size = 4 + 1;

}  // namespace v1
}  // namespace spantls
