// What one connection of a client is about: with whom, and with which keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <spantls/base/error.hpp>
#include <spantls/config.hpp>
#include <spantls/handshake/offered_keys.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/session/session.hpp>
#include <spantls/x509/name.hpp>

namespace spantls {
inline namespace v1 {

/// What one connection of a client is about. Views: they have to last until take_workspace() gives the memory back.
struct client_target {
    /// Host name in ASCII without a final dot, sent as SNI, or an IP address without brackets, which is not (RFC 6066,
    /// section 3); `verify_peer` shows either. Empty: neither.
    std::string_view server_name{};
    /// Of a server without a name, what its sessions are kept under, and nobody else's: save_session() is given it as
    /// the server's name. It is not sent, and with a server_name it means nothing. It has something in it that no name
    /// has, as "device 7": a session of it is offered to no server of that name, nor the other way round (section
    /// 4.7.1).
    std::string_view label{};
    /// A session to resume: offered unless it has expired at `now_ms`, or was with another server, or with one that had
    /// neither name nor label. The default is none.
    session resume{};
    std::uint64_t now_ms = 0;  ///< milliseconds since 1970, for `resume`, and for delegated credentials
    /// Pre-shared keys to offer besides, best first; those of a hash that no suite of ours has are left out.
    std::span<const psk> psks{};
    /// Offer early data under the first of them, if its terms allow any (RFC 9846, section 4.3.10). Early data can be
    /// replayed, and is not forward secret: appendix F.5.
    bool early_data = false;
};

namespace detail {
/// What a server_name may be, other than empty: an address, or labels of 1 to 63 bytes (RFC 1035, section 2.3.4)
/// without a final dot.
constexpr bool is_server_name(std::string_view name) noexcept {
    if (x509::parse_ip_address(name).size != 0) return true;
    if (name.size() > 253) return false;
    std::size_t label = 0;  // bytes of it
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && (c != '.' || label == 0)) return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63) return false;
    }
    return label != 0;
}
}  // namespace detail

/// errc::config_bad_server_name when the name can neither be sent nor be an address, and when the label could.
[[nodiscard]] constexpr errc check(const client_target& target) noexcept {
    if (const errc error = check(target.psks); error != errc::none) return error;
    const bool named = !target.server_name.empty();
    const bool fine = named ? detail::is_server_name(target.server_name) : !detail::is_server_name(target.label);
    return fine ? errc::none : errc::config_bad_server_name;
}

/// The same, and errc::config_no_time when what `config` takes cannot be judged without.
[[nodiscard]] constexpr errc check(const client_target& target, const client_config& config) noexcept {
    if (!config.delegated_schemes.empty() && target.now_ms == 0) return errc::config_no_time;
    return check(target);
}

}  // namespace v1
}  // namespace spantls
