// A TLS 1.3 server over byte spans.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/config.hpp>
#include <spantls/connection.hpp>
#include <spantls/handshake/server.hpp>
#include <spantls/record/limits.hpp>

namespace spantls {
inline namespace v1 {

/// One connection of a server. See connection for the calls, and README.md for the loop around them.
template <class P>
class server : public connection<server_handshake<P>> {
    static_assert(provider<P>, "the provider lacks something that crypto/provider.hpp asks for");

public:
    /// Waits for a ClientHello. `cryptography` and `settings` have to outlive the connection, and `lent`, the workspace
    /// (at least smallest_workspace bytes), is the connection's until take_workspace() gives it back. With anything
    /// wrong with them the connection is born failed, with the error. `client_address`: any bytes, which last until the
    /// handshake is done, and without which the cookie that they were given to is not taken; see
    /// server_config::cookie_secrets.
    server(P& cryptography, const server_config& settings, mutable_bytes lent, bytes_view client_address = {}) noexcept
        : connection<server_handshake<P>>(lent, settings.record_size, settings.rekey_after, settings.padding) {
        errc error = check<P>(settings);
        // Over records, what is rejected has to be skipped.
        if (error == errc::none && settings.max_early_data > max_skipped_early_data) error = errc::config_bad_limit;
        this->begin(error, [&](server_handshake<P>& machine, arena memory) {
            return machine.start(cryptography, settings, memory, client_address);
        });
        if (!settings.cookie_secrets.empty()) this->expect_answer_to_retry();
    }
    /// The same with an array, whose size is checked when compiling.
    template <std::size_t N>
    server(P& cryptography, const server_config& settings, std::uint8_t (&lent)[N],
           bytes_view client_address = {}) noexcept
        : server(cryptography, settings, mutable_bytes(lent), client_address) {
        static_assert(N >= server::smallest_workspace, "the workspace is smaller than smallest_workspace");
    }
    template <std::size_t N>
    server(P& cryptography, const server_config& settings, std::array<std::uint8_t, N>& lent,
           bytes_view client_address = {}) noexcept
        : server(cryptography, settings, mutable_bytes(lent), client_address) {
        static_assert(N >= server::smallest_workspace, "the workspace is smaller than smallest_workspace");
    }
    /// Not with a configuration that is gone when the constructor returns.
    server(P&, const server_config&&, mutable_bytes, bytes_view = {}) = delete;
    template <std::size_t N>
    server(P&, const server_config&&, std::uint8_t (&)[N], bytes_view = {}) = delete;
    template <std::size_t N>
    server(P&, const server_config&&, std::array<std::uint8_t, N>&, bytes_view = {}) = delete;
    /// Goes on with a connection that export_state() has moved out of another object, anywhere. `cryptography` is only
    /// looked at, `settings` has to outlive the connection: record_size, rekey_after, padding count, and alpn has to
    /// have the name that was agreed on. Needs no workspace. Born failed with errc::state_unfit when it does not fit;
    /// then `from` keeps its secrets.
    server(P& cryptography, const server_config& settings, connection_state<P>&& from) noexcept
        : connection<server_handshake<P>>({}, settings.record_size, settings.rekey_after, settings.padding) {
        this->import_from(check<P>(settings), from, settings, cryptography);
    }
};

}  // namespace v1
}  // namespace spantls
