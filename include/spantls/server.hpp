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
    /// Waits for a ClientHello. `crypto` and `settings` have to outlive the connection, and `lent`, the workspace (at least
    /// smallest_workspace bytes), is the connection's until take_workspace() gives it back. With anything wrong with them
    /// the connection is born failed, with the error.
    server(P& crypto, const server_config& settings, mutable_bytes lent) noexcept
        : connection<server_handshake<P>>(lent, settings.record_size, settings.rekey_after) {
        this->begin(check<P>(settings),
                    [&](server_handshake<P>& machine, arena memory) { return machine.start(crypto, settings, memory); });
    }
};

}  // namespace v1
}  // namespace spantls
