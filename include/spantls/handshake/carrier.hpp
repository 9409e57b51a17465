// What carries the handshake's messages: records, or QUIC's CRYPTO frames (RFC 9001).
#pragma once

#include <cstddef>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/handshake/arena.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/handshake.hpp>

namespace spantls {
inline namespace v1 {

struct by_records {
    static constexpr bool quic = false;
};

/// No EndOfEarlyData (RFC 9001, section 8.3), and an extension more.
struct by_quic {
    static constexpr bool quic = true;
    bytes_view parameters;          // ours, to be sent
    arena_range peer_parameters{};  // theirs, in the arena as long as they are waiting to be shown
    bool parameters_waiting = false, parameters_shown = false;
    bool needs_protocol = false;

    /// What else a ClientHello and an EncryptedExtensions that the machine has taken have to satisfy.
    template <class Machine>
    errc check(const Machine& machine, const handshake_message& message) noexcept {
        bytes_view extensions;
        if (message.type == handshake_type::client_hello) {
            parsed_client_hello hello;
            if (const errc error = hello.parse(message.body); error != errc::none) return error;
            // RFC 9001, section 8.4: no compatibility mode.
            if (!hello.hello.legacy_session_id.empty()) return errc::quic_session_id;
            extensions = hello.hello.extensions;
        } else if (message.type == handshake_type::encrypted_extensions) {
            extensions = message.body.subspan(2);
        } else {
            return errc::none;
        }
        // RFC 9001, section 8.1.
        if (needs_protocol && machine.protocol().empty()) return errc::no_common_protocol;
        for (reader in(extensions); !in.empty();) {
            const auto type = static_cast<extension_type>(in.u16());
            const bytes_view data = in.opaque(2);
            if (type != extension_type::quic_transport_parameters) continue;
            peer_parameters = machine.memory.range_of(data);
            parameters_waiting = !parameters_shown;
            return errc::none;
        }
        return errc::missing_extension;  // RFC 9001, section 8.2
    }
};

/// A machine whose messages QUIC carries: it keeps the message with the peer's parameters until they have been shown.
template <class Machine>
struct quic_machine : Machine {
    bool keeps_input() const noexcept { return Machine::keeps_input() || this->parameters_waiting; }
    std::size_t output_needed(const handshake_message& message) const noexcept {
        return Machine::output_needed(message) +
               (message.type == handshake_type::client_hello ? 4 + this->parameters.size() : 0);
    }
};

}  // namespace v1
}  // namespace spantls
