// A TLS 1.3 client over byte spans.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

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
    /// Composes the ClientHello at once: transmit() has it. `cryptography` and `settings` have to outlive the
    /// connection, what `about` shows the handshake, and `lent`, the workspace (at least smallest_workspace bytes), is
    /// the connection's until take_workspace() gives it back. With anything wrong with them the connection is born
    /// failed, with the error.
    client(P& cryptography, const client_config& settings, mutable_bytes lent, client_target about = {}) noexcept
        : connection<client_handshake<P>>(lent, settings.record_size, settings.rekey_after, settings.padding) {
        errc error = check<P>(settings);
        if (error == errc::none) error = check(about, settings);
        this->begin(error, [&](client_handshake<P>& machine, arena memory) {
            return machine.start(cryptography, settings, about, memory);
        });
    }
    /// The same with an array, whose size is checked when compiling.
    template <std::size_t N>
    client(P& cryptography, const client_config& settings, std::uint8_t (&lent)[N], client_target about = {}) noexcept
        : client(cryptography, settings, mutable_bytes(lent), about) {
        static_assert(N >= client::smallest_workspace, "the workspace is smaller than smallest_workspace");
    }
    template <std::size_t N>
    client(P& cryptography, const client_config& settings, std::array<std::uint8_t, N>& lent,
           client_target about = {}) noexcept
        : client(cryptography, settings, mutable_bytes(lent), about) {
        static_assert(N >= client::smallest_workspace, "the workspace is smaller than smallest_workspace");
    }
    /// Not with a configuration that is gone when the constructor returns.
    client(P&, const client_config&&, mutable_bytes, client_target = {}) = delete;
    template <std::size_t N>
    client(P&, const client_config&&, std::uint8_t (&)[N], client_target = {}) = delete;
    template <std::size_t N>
    client(P&, const client_config&&, std::array<std::uint8_t, N>&, client_target = {}) = delete;
    /// Goes on with a connection that export_state() has moved out of another object, anywhere. `cryptography` is only
    /// looked at, `settings` has to outlive the connection: record_size, rekey_after, padding count, and alpn has to
    /// have the name that was agreed on. Needs no workspace. Born failed with errc::state_unfit when it does not fit;
    /// then `from` keeps its secrets.
    client(P& cryptography, const client_config& settings, connection_state<P>&& from) noexcept
        : connection<client_handshake<P>>({}, settings.record_size, settings.rekey_after, settings.padding) {
        this->import_from(check<P>(settings), from, settings, cryptography);
    }
};

}  // namespace v1
}  // namespace spantls
