// A connection goes on in another object: out of one engine, and into another.
#pragma once

#include <cstddef>
#include <optional>

#include <spantls/base/error.hpp>
#include <spantls/connection/engine.hpp>
#include <spantls/connection/state.hpp>
#include <spantls/record/limits.hpp>

namespace spantls {
inline namespace v1 {

struct connection_mover {
    /// Everything that goes on elsewhere; what stays is a connection that has failed with errc::exported.
    template <class Machine, class P>
    static void export_to(connection_engine<Machine>& here, connection_state<P>& to) noexcept {
        to.is_server = Machine::is_server;
        to.suite = here.suite_->suite;
        to.group = here.group_;
        here.sender_.export_to(to.sending, to.key_updates_sent);
        here.reading_.export_to(to.receiving);
        to.exporter = static_cast<traffic_secret<P>&&>(here.exporter_);
        to.resumption = static_cast<traffic_secret<P>&&>(here.resumption_);
        to.update_outstanding = here.notes_.has(mailbox::update_outstanding);
        to.tickets_wanted = here.tickets_wanted_;
        to.tickets_due = here.reading_.tickets_due();
        to.peer_authenticated = here.peer_authenticated_;
        to.psk_used = here.psk_used_;
        to.early_data_accepted = here.early_data_accepted_;
        to.protocol_size = static_cast<std::uint8_t>(here.protocol_.size());
        std::size_t at = 0;
        for (const char c : here.protocol_) to.protocol_name[at++] = c;
        (void)here.reading_.fail(errc::exported, std::nullopt, here.notes_);
    }

    /// Goes on with what was exported, or is born failed; then nothing is taken out of `from`.
    template <class Machine, class P, class Config>
    static void import_from(connection_engine<Machine>& here, errc error, connection_state<P>& from,
                            const Config& settings, const P& crypto) noexcept {
        const suite_info* const suite = find_suite<P>(from.suite);
        const auto sound = [](std::size_t limit) {
            return limit >= least_record_size_limit && limit <= max_inner_plaintext;
        };
        bool fits = from.is_server == Machine::is_server && suite != nullptr && crypto.available(from.suite) &&
                    sound(from.sending.limit) && sound(from.receiving.limit) &&
                    from.key_updates_sent <= max_key_updates;
        std::size_t name = 0;
        if (from.protocol_size != 0) {
            while (name < settings.alpn.size() && settings.alpn[name] != from.protocol()) ++name;
            fits = fits && name < settings.alpn.size();
            if (fits) here.protocol_ = settings.alpn[name];
        }
        if (error == errc::none && !fits) error = errc::state_unfit;
        if (error != errc::none) {
            (void)here.reading_.fail(error, std::nullopt, here.notes_);
            return;
        }
        here.connected_ = true;
        here.suite_ = suite;
        here.group_ = from.group;
        here.sender_.import_from(from.sending, from.key_updates_sent, *suite);
        here.reading_.import_from(from.receiving, *suite, Machine::is_server, from.tickets_due);
        here.exporter_ = static_cast<traffic_secret<P>&&>(from.exporter);
        here.resumption_ = static_cast<traffic_secret<P>&&>(from.resumption);
        if (from.sending.closed) here.notes_.set(mailbox::write_closed);
        if (from.update_outstanding) here.notes_.set(mailbox::update_outstanding);
        here.tickets_wanted_ = from.tickets_wanted;
        here.peer_authenticated_ = from.peer_authenticated;
        here.psk_used_ = from.psk_used;
        here.early_data_accepted_ = from.early_data_accepted;
    }
};

}  // namespace v1
}  // namespace spantls
