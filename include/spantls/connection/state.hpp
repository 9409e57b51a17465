// An established connection as plain data: to go on in another object, in another process, or in the kernel.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/key_schedule.hpp>
#include <spantls/record/protection.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// All that goes on when a connection moves: connection::export_state() fills it, a constructor of client or server
/// takes it. It has no pointers, so its members can be written down and read again; whoever does so keeps them as
/// secret as keys. One state is one connection: used twice, the same key and sequence number seal two records, and
/// neither is secret then.
template <class P>
struct connection_state {
    bool is_server = false;
    cipher_suite suite{};
    named_group group{};
    direction_state<P> sending, receiving;
    traffic_secret<P> exporter, resumption;  ///< for export_keying_material() and ticket_key()
    std::uint64_t key_updates_sent = 0;      ///< in the life of the connection (section 4.7.3)
    bool update_outstanding = false;         ///< the peer has not answered our update_requested yet
    bool tickets_wanted = false;             ///< server: the client may be sent tickets
    std::uint8_t tickets_due = 0;            ///< client: tickets that were announced (RFC 9149) and have not come
    bool peer_authenticated = false, psk_used = false, early_data_accepted = false;
    std::uint8_t protocol_size = 0;
    std::array<char, 255> protocol_name{};

    std::string_view protocol() const noexcept { return {protocol_name.data(), protocol_size}; }
};

}  // namespace v1
}  // namespace spantls
