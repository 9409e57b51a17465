// The two halves of a connection that was split: one thread reads, another writes, without a lock.
#pragma once

#include <cstddef>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/record/mailbox.hpp>
#include <spantls/record/sender.hpp>
#include <spantls/step.hpp>

namespace spantls {
inline namespace v1 {

/// The reading half of a connection that was split: for one thread.
template <class Connection>
class reader_half {
public:
    explicit reader_half(Connection& whole) noexcept : whole_(&whole), established_(whole.connected_) {}

    /// As connection::receive, but never output_waiting: what this half owes the peer, the other one sends.
    /// `failed` with not_connected, of this half alone, when the handshake was not done at split().
    step receive(mutable_bytes input) noexcept {
        if (refused()) return refusal();
        const step result = whole_->reading_.receive(input, whole_->notes_);
        if (result.what == what::failed) whole_->forget_exported();
        return result;
    }
    step end_of_input() noexcept {
        if (refused()) return refusal();
        const step result = whole_->reading_.end_of_input(whole_->notes_);
        if (result.what == what::failed) whole_->forget_exported();
        return result;
    }
    /// As the connection's: lent until it is taken or the connection is destroyed.
    [[nodiscard]] errc lend_workspace(mutable_bytes memory) noexcept {
        return whole_->workspace_.holds_any_of(memory) ? errc::bad_argument : whole_->reading_.lend(memory);
    }
    mutable_bytes take_workspace() noexcept { return whole_->reading_.take_back(); }
    errc error() const noexcept { return refused() ? errc::not_connected : whole_->error(); }
    /// Whether the writer should be woken, to transmit what reading has made necessary; or, when the connection has
    /// failed and nothing is to be said about it, to forget its secrets.
    bool owes_output() const noexcept {
        const mailbox::snapshot now = whole_->notes_.read();
        return !now.has(mailbox::write_closed) && (now.has(mailbox::dead) || now.has(mailbox::key_update_owed));
    }

private:
    /// The rules for records are not those of the handshake (section 2); a failure that came before is told as it is.
    bool refused() const noexcept { return !established_ && whole_->error() == errc::none; }
    static step refusal() noexcept {
        step result{what::failed};
        result.error = errc::not_connected;
        return result;
    }

    Connection* whole_;
    bool established_;
};

/// The writing half of a connection that was split: for one thread.
template <class Connection>
class writer_half {
public:
    explicit writer_half(Connection& whole) noexcept : whole_(&whole), established_(whole.connected_) {}

    output transmit(mutable_bytes out) noexcept { return whole_->transmit(out); }
    output send(bytes_view data, mutable_bytes out) noexcept {
        return established_ ? whole_->send(data, out) : refusal();
    }
    output send_begun(bytes_view data, mutable_bytes out) noexcept {
        return established_ ? whole_->send_begun(data, out) : refusal();
    }
    output send_cover(mutable_bytes out) noexcept { return established_ ? whole_->send_cover(out) : refusal(); }
    std::size_t smallest_output() const noexcept { return whole_->smallest_output(); }
    std::size_t sealed_size(std::size_t data) const noexcept { return whole_->sealed_size(data); }
    std::size_t record_room(std::size_t room) const noexcept { return whole_->record_room(room); }
    [[nodiscard]] errc update_keys(bool request_peer = false) noexcept {
        return established_ ? whole_->update_keys(request_peer) : errc::not_connected;
    }
    output send_ticket(const new_session_ticket& ticket, mutable_bytes out) noexcept requires(Connection::is_server) {
        return established_ ? whole_->send_ticket(ticket, out) : refusal();
    }
    errc close() noexcept {
        if (!established_) return refusal().error;
        if (whole_->notes_.has(mailbox::dead)) return errc::connection_failed;
        whole_->sender_.queue_close();
        return errc::none;
    }
    /// Whether transmit() would write something.
    bool owes_output() const noexcept { return whole_->owes_output(); }
    /// Ends the connection with a fatal alert, which the next call writes.
    void abort(alert_description alert = alert_description::internal_error) noexcept {
        whole_->notes_.owe_alert(alert);
    }

private:
    output refusal() const noexcept { return {{}, 0, whole_->not_yet()}; }

    Connection* whole_;
    bool established_;
};

}  // namespace v1
}  // namespace spantls
