// A TLS 1.3 client over byte spans.
#pragma once

#include <spantls/config.hpp>
#include <spantls/connection.hpp>
#include <spantls/handshake/client.hpp>

namespace spantls {
inline namespace v1 {

/// One connection of a client. See connection for the calls, and README.md for the loop around them.
template <class P>
class client : public connection<client_handshake<P>> {
    static_assert(provider<P>, "the provider lacks something that crypto/provider.hpp asks for");

public:
    /// Composes the ClientHello at once: transmit() has it. `crypto` and `config` have to outlive the connection, what
    /// `target` shows the handshake, and `workspace` (at least smallest_workspace bytes) is the connection's until
    /// take_workspace() gives it back. With anything wrong with them the connection is born failed, with the error.
    client(P& crypto, const client_config& config, mutable_bytes workspace, client_target target = {}) noexcept
        : connection<client_handshake<P>>(workspace, config.record_size, config.rekey_after) {
        errc error = check<P>(config);
        if (error == errc::none) error = check(target);
        this->begin(error, [&](client_handshake<P>& machine, arena memory) {
            return machine.start(crypto, config, target, memory);
        });
    }
};

}  // namespace v1
}  // namespace spantls
