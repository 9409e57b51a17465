// The handshake without records, as QUIC carries it (RFC 9001): bytes in and out by level, and the secrets of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <spantls/config.hpp>
#include <spantls/connection.hpp>
#include <spantls/handshake/carrier.hpp>
#include <spantls/handshake/client.hpp>
#include <spantls/handshake/server.hpp>

namespace spantls {
inline namespace v1 {

/// The traffic secrets of a level; empty when they are not known, or not any more.
struct level_secrets {
    bytes_view sending, receiving;
};

/// Early data limit of a ticket that allows early data at all: QUIC itself says how much (RFC 9001, section 4.6.1).
inline constexpr std::uint32_t quic_early_data = 0xffffffff;

/// What quic_client and quic_server have in common; use those. Levels are epochs: `early` has secrets, but no messages.
///
/// The drive contract: give take() all that it has, level by level, to the transport; give provide() what arrived and
/// was not consumed, in the order of each level; do what the step says; look at secrets(). Answers are those of
/// connection.hpp.
template <class Machine>
class quic_handshake : connection<Machine> {
    using base = connection<Machine>;
    using engine = connection_engine<Machine>;

public:
    using base::answer, base::refuse, base::connected, base::error, base::group, base::protocol,
        base::peer_authenticated, base::psk_used, base::early_data_accepted, base::ticket_key,
        base::export_keying_material, base::export_early_keying_material, base::lend_workspace, base::handshake_state;
    using base::is_server, base::smallest_workspace, base::workspace_size;
    static constexpr bool over_quic = true;
    using typename base::provider_type;

    /// Takes all of `data`, or (step.consumed == 0) none of it, and says what came of it; without data, what there is
    /// to do. `data` is the next of its level, in any pieces; behind the handshake a step may show part of it. None is
    /// consumed before what the step says is done: a question, take() for output_waiting, lend_workspace(). need_input:
    /// nothing to do. Data of another level than the one that is being read is unexpected_message (RFC 9001,
    /// section 4.1.3).
    step provide(epoch level, mutable_bytes data) noexcept {
        if (engine::connected_) return provide_behind(level, data);
        if (shown_) {
            shown_ = false;
            if (!engine::machine().keeps_input()) engine::machine().memory.release_input();
        }
        step now = next();
        if (now.what != what::need_input || data.empty()) return now;
        if (level != engine::read_epoch_) return engine::fail(errc::unexpected_message);
        arena& memory = engine::machine().memory;
        if (const errc why = engine::refuse_begun(data); why != errc::none) return engine::fail(why);
        if (const std::size_t wanted = engine::room_for(data); !memory.reserve_input(wanted))
            return {what::need_workspace, 0,
                    handshake_workspace<Machine>::overhead + memory.capacity_for_input(wanted)};
        memory.append_input(data);
        now = next();
        now.consumed = data.size();
        if (now.what == what::need_input) now = {what::progress, data.size()};
        return now;
    }

    /// The level of what take() has next; lower levels leave first.
    std::optional<epoch> waiting() const noexcept {
        const Machine* const now = engine::workspace_.machine();
        if (now == nullptr || error() != errc::none || !now->out.pending()) return std::nullopt;
        return now->out.run().keys;
    }
    /// Moves as much as there is room for of what is to be sent at `level` to the front of `out`.
    bytes_view take(epoch level, mutable_bytes out) noexcept {
        if (waiting() != level) return {};
        flight& from = engine::machine().out;
        const std::size_t size = out.size() < from.remaining() ? out.size() : from.remaining();
        if (size == 0) return {};
        (void)from.take(engine::machine().memory, out.first(size));
        if (!from.pending()) {
            engine::end_flight();
            if (engine::connected_) engine::workspace_.destroy();
        }
        return out.first(size);
    }

    /// Known from the call that makes them so; views until the next one that changes something. Those of `early` (whose
    /// suite is suite() too) and `handshake` are there until the handshake is done and its last flight has left, those
    /// of `application` to the end: for sending when take() has given Finished, for receiving when the peer's has come.
    level_secrets secrets(epoch level) noexcept {
        level_secrets found;
        if (engine::reading_.failed()) return found;
        if (level == epoch::application) {
            const std::size_t size = suite_in_use() == nullptr ? 0 : digest_size(suite_in_use()->hash);
            if (engine::write_epoch_ == level) found.sending = engine::sender_.secret().first(size);
            if (engine::read_epoch_ == level) found.receiving = engine::reading_.records.secret().first(size);
            return found;
        }
        if (engine::workspace_.machine() == nullptr) return found;
        Machine& now = engine::machine();
        if (level == epoch::early && now.knows(logged_secret::client_early))
            (is_server ? found.receiving : found.sending) = now.client_early_traffic.first(now.hash_size());
        if (level == epoch::handshake && now.knows(logged_secret::client_handshake))
            found = {now.sending(level).first(now.hash_size()), now.receiving(level).first(now.hash_size())};
        return found;
    }
    /// The suite of the secrets; none before they are known.
    cipher_suite suite() const noexcept { return suite_in_use() == nullptr ? cipher_suite{} : suite_in_use()->suite; }

    /// When it has failed, the alert that the peer is owed: the transport says it, as CRYPTO_ERROR (RFC 9001,
    /// section 4.8).
    std::optional<alert_description> alert() const noexcept { return engine::notes_.owed_alert(); }
    /// As in connection.hpp; when it has failed, at once.
    mutable_bytes take_workspace() noexcept {
        if (engine::workspace_.machine() != nullptr && error() != errc::none) engine::machine().out.clear();
        return base::take_workspace();
    }

    /// Writes a NewSessionTicket, to be sent at epoch::application, to the front of `out`; all of it or nothing
    /// (connection::send_ticket). Its early data limit is none, or quic_early_data. session/tickets' helpers work with
    /// it.
    output send_ticket(const new_session_ticket& ticket, mutable_bytes out) noexcept requires(is_server) {
        if (error() != errc::none) return {{}, 0, errc::connection_failed};
        if (!engine::connected_) return {{}, 0, errc::not_connected};
        if (!engine::tickets_wanted_) return {{}, 0, errc::ticket_not_wanted};
        const std::uint32_t early = max_early_data(ticket);
        if (!is_sound(ticket) || (early != 0 && early != quic_early_data)) return {{}, 0, errc::bad_argument};
        writer to(out);
        in_pieces(ticket, engine::ticket_grease_, [&](const auto& pieces) {
            for (const bytes_view piece : pieces) to.bytes(piece);
        });
        if (to.overflowed()) return {{}, 0, errc::too_small};
        return {to.written(), 0, errc::none};
    }

protected:
    quic_handshake(mutable_bytes lent) noexcept : base(lent, max_fragment, UINT64_MAX) {
        engine::reading_.refuse_key_updates();
    }
    ~quic_handshake() = default;

    template <class Start>
    void begin(errc config_error, bytes_view parameters, bool needs_protocol, Start start) noexcept {
        if (config_error == errc::none && parameters.size() > max_parameters) config_error = errc::bad_argument;
        engine::begin(config_error, [&](Machine& machine, arena memory) {
            machine.parameters = parameters;
            machine.needs_protocol = needs_protocol;
            return start(machine, memory);
        });
    }

private:
    /// Anything longer would not leave room for the rest of the message.
    static constexpr std::size_t max_parameters = 16384;

    /// What the engine says when no record comes.
    step next() noexcept {
        step now = engine::receive_in_handshake({});
        if (now.what == what::transport_parameters) shown_ = true;
        if (now.what == what::need_input) now.missing = 1;
        return now;
    }

    step provide_behind(epoch level, mutable_bytes data) noexcept {
        if (engine::reading_.failed()) return engine::reading_.failure();
        if (data.empty()) return {what::need_input, 0, 1};
        if (level != epoch::application) return engine::fail(errc::unexpected_message, data.size());
        // What there is of application data is not seen here, so only what comes at once is counted.
        engine::notes_.set_once(mailbox::data_sent);
        const step now = engine::reading_.receive_messages(data, engine::notes_);
        if (now.what == what::failed) engine::drop_flight();
        // RFC 9001, section 4.6.1.
        for (const new_session_ticket& ticket : now.tickets())
            if (const std::uint32_t early = max_early_data(ticket); early != 0 && early != quic_early_data)
                return engine::fail(errc::bad_quic_ticket, data.size());
        return now;
    }

    const suite_info* suite_in_use() const noexcept {
        const Machine* const now = engine::workspace_.machine();
        return engine::suite_ != nullptr || now == nullptr ? engine::suite_ : now->suite;
    }

    bool shown_ = false;
};

/// The client's handshake over QUIC. `parameters` are the transport parameters (extension 57, RFC 9001, section 8.2),
/// any bytes; they have to last until the handshake is done, and all else as with client. With
/// config.compatibility_mode, post_handshake_auth (RFC 9001, section 4.4) or limits on records, it is born failed with
/// errc::config_for_records.
template <class P>
class quic_client : public quic_handshake<quic_machine<client_handshake<P, by_quic>>> {
    using machine_type = quic_machine<client_handshake<P, by_quic>>;

public:
    quic_client(P& cryptography, const client_config& settings, mutable_bytes lent, bytes_view parameters,
                client_target about = {}) noexcept
        : quic_handshake<machine_type>(lent) {
        errc error = check<P>(settings);
        const bool records = settings.compatibility_mode || settings.post_handshake_auth ||
                             settings.record_size_limit != 0 || settings.max_fragment_length != 0;
        if (error == errc::none && records) error = errc::config_for_records;
        if (error == errc::none) error = check(about, settings);
        this->begin(error, parameters, !settings.alpn.empty(), [&](machine_type& machine, arena memory) {
            return machine.start(cryptography, settings, about, memory);
        });
    }
    /// As with client.
    quic_client(P&, const client_config&&, mutable_bytes, bytes_view, client_target = {}) = delete;
};

/// The server's. config.max_early_data is 0 or quic_early_data (RFC 9001, section 4.6.1), else it is born failed with
/// errc::config_bad_limit; so it is with config.post_handshake_auth, with errc::config_for_records. What clients ask for
/// about records is passed over.
template <class P>
class quic_server : public quic_handshake<quic_machine<server_handshake<P, by_quic>>> {
    using machine_type = quic_machine<server_handshake<P, by_quic>>;

public:
    quic_server(P& cryptography, const server_config& settings, mutable_bytes lent, bytes_view parameters) noexcept
        : quic_handshake<machine_type>(lent) {
        errc error = check<P>(settings);
        const bool limited = settings.max_early_data != 0 && settings.max_early_data != quic_early_data;
        if (error == errc::none && limited) error = errc::config_bad_limit;
        if (error == errc::none && settings.post_handshake_auth) error = errc::config_for_records;
        this->begin(error, parameters, !settings.alpn.empty(),
                    [&](machine_type& machine, arena memory) { return machine.start(cryptography, settings, memory); });
    }
    quic_server(P&, const server_config&&, mutable_bytes, bytes_view) = delete;
};

}  // namespace v1
}  // namespace spantls
