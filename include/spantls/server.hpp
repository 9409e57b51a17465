// A TLS 1.3 server over byte spans.
#pragma once

#include <spantls/config.hpp>
#include <spantls/connection.hpp>
#include <spantls/handshake/server.hpp>

namespace spantls {
inline namespace v1 {

/// One connection of a server. See connection for the calls, and README.md for the loop around them.
template <class P>
class server : public connection<server_handshake<P>> {
    static_assert(provider<P>, "the provider lacks something that crypto/provider.hpp asks for");

public:
    /// Waits for a ClientHello. `crypto` and `config` have to outlive the connection, and `workspace` (at least
    /// smallest_workspace bytes) is the connection's until take_workspace() gives it back. With anything wrong with them
    /// the connection is born failed, with the error.
    server(P& crypto, const server_config& config, mutable_bytes workspace) noexcept
        : connection<server_handshake<P>>(workspace, config.record_size, config.rekey_after) {
        this->begin(check<P>(config),
                    [&](server_handshake<P>& machine, arena memory) { return machine.start(crypto, config, memory); });
    }
};

}  // namespace v1
}  // namespace spantls
