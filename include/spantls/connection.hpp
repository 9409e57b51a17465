// The calls of a connection. This page is the manual; connection/engine.hpp is what moves it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/connection/engine.hpp>
#include <spantls/connection/halves.hpp>
#include <spantls/connection/moving.hpp>
#include <spantls/connection/state.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/step.hpp>

namespace spantls {
inline namespace v1 {

/// Bytes of the channel binding "tls-exporter" (RFC 9266, section 2).
inline constexpr std::size_t channel_binding_size = 32;

/// What client and server have in common; use those. It neither moves nor allocates.
///
/// The drive contract: send what transmit() gives until it is empty, then give receive() the bytes that arrived and
/// were not consumed yet, drop step.consumed of them, and do what the step says. Output must not be written over input
/// that is not consumed. Getters apart, one thread at a time, until split().
template <class Machine>
class connection : public connection_engine<Machine> {
    using engine = connection_engine<Machine>;

public:
    using engine::is_server, engine::smallest_workspace, engine::workspace_size;
    using typename engine::provider_type, typename engine::state;

    // Bytes in

    /// Handles at most one record of `input`, which it deciphers in place, and says what came of it. What a step shows
    /// lasts until the next call, what a question shows until its answer.
    step receive(mutable_bytes input) noexcept {
        return connected_ ? receive_connected(input) : receive_in_handshake(input);
    }

    /// To be called when the transport has ended: `closed`, `peer_closed`, or `failed` with errc::truncated.
    step end_of_input() noexcept {
        const step result = reading_.end_of_input(notes_);
        if (result.what != what::failed) return result;
        drop_flight();
        if (!notes_.owed_alert()) workspace_.destroy();
        return result;
    }

    // Answers. not_asked, wrong_answer and workspace_too_small change nothing: the question stays open. Those that may
    // not fit the open question are [[nodiscard]]: whoever does not look would be asked again for ever.

    /// To `client_hello` and `choose_identity`: who to be. A scheme that the client does not accept fails the handshake
    /// of a server with no_common_scheme; a client with such an identity, or none, sends an empty Certificate.
    [[nodiscard]] errc answer(const identity& who) noexcept {
        if (const errc error = asked(state::asks_identity); error != errc::none) return error;
        if (const errc error = check(who); error != errc::none) return error;
        // Section 4.5.1: a server has a certificate.
        if (is_server && who.chain.empty()) return errc::wrong_answer;
        return take_answer<event::answer_identity>(who);
    }
    /// To `find_psk`: which of the offered keys to use. The key is used up by the call. With a wrong binder the
    /// handshake fails; with a key of a hash that no common suite has it goes on as with no_psk.
    [[nodiscard]] errc answer(const psk_choice& choice) noexcept requires(is_server) {
        if (const errc error = asked(state::asks_psk); error != errc::none) return error;
        if (!choice.key.empty() && choice.index >= machine().psks_offered()) return errc::wrong_answer;
        return take_answer<event::answer_psk>(choice);
    }
    /// To `early_data_offered`. Accept only what was never seen before: see session/replay_guard.hpp.
    errc answer(early_data accepted) noexcept requires(is_server) {
        if (const errc error = asked(state::asks_early_data); error != errc::none) return error;
        return take_answer<event::answer_early_data>(accepted);
    }
    /// To `decompress`: step.decompressing().to has been filled. Another size than that fails the handshake with
    /// bad_decompression. workspace_too_small before receive() has shown where to.
    [[nodiscard]] errc answer(const decompressed& result) noexcept {
        if (const errc error = asked(state::asks_decompression); error != errc::none) return error;
        if (!machine().unpacking.shown() || this->lacking_for_answer() != 0) return errc::workspace_too_small;
        return take_answer<event::answer_decompression>(result);
    }
    /// To `verify_peer`: whether the peer is who it should be.
    errc answer(const x509::verdict& verdict) noexcept {
        if (const errc error = asked(state::asks_verdict); error != errc::none) return error;
        return take_answer<event::answer_verdict>(verdict);
    }
    /// To `sign`. The bytes are copied.
    [[nodiscard]] errc answer(const signature& signed_content) noexcept {
        if (const errc error = asked(state::asks_signature); error != errc::none) return error;
        if (signed_content.bytes.empty() || signed_content.bytes.size() > 0xffff) return errc::wrong_answer;
        if (this->lacking_for_signature(signed_content.bytes.size()) != 0) return errc::workspace_too_small;
        return take_answer<event::answer_signature>(signed_content);
    }
    /// To any question: the handshake fails with `why`, and the peer is told with its alert.
    errc refuse(errc why = errc::refused) noexcept {
        if (!question_open()) return errc::not_asked;
        (void)fail(x509::verdict::refuse(why).error() == why ? why : errc::refused);
        return errc::none;
    }

    // Commands: they change state, and what they owe the peer waits in transmit() and send().

    /// Sends close_notify behind everything sent so far; reading goes on (section 6.1). Before the handshake is done it
    /// gives up with user_canceled.
    errc close() noexcept {
        if (error() != errc::none) return errc::connection_failed;
        if (connected_)
            sender_.queue_close();
        else
            (void)fail(errc::canceled);
        return errc::none;
    }
    /// Ends the connection with a fatal alert of the caller's choice.
    void abort(alert_description alert = alert_description::internal_error) noexcept {
        (void)reading_.fail(errc::canceled, alert, notes_);
        drop_flight();
    }
    /// Changes the sending key; `request_peer` asks the peer to do the same (section 4.7.3).
    [[nodiscard]] errc update_keys(bool request_peer = false) noexcept {
        if (!connected_) return errc::not_connected;
        if (sender_.closed()) return errc::write_closed;
        if (notes_.has(mailbox::dead)) return errc::connection_failed;
        if (!sender_.may_update_keys()) return errc::no_more_keys;
        if (request_peer && notes_.has(mailbox::update_outstanding)) return errc::update_outstanding;
        sender_.queue_update(request_peer);
        return errc::none;
    }

    /// Asks the client for a certificate (section 4.7.2): verify_peer shows it, client_answered says that it was
    /// proved, or that the client has none. Several may be on the way, max_outstanding_requests of them.
    /// authentication_not_offered when the client or config.post_handshake_auth does not want it, or an external key
    /// stands for the client (section 4.4.2). With workspace_too_small lend_workspace() more.
    [[nodiscard]] errc request_authentication() noexcept requires(is_server) {
        if (error() != errc::none) return errc::connection_failed;
        if (!connected_) return errc::not_connected;
        if (sender_.closed()) return errc::write_closed;
        if (!this->authenticates_late()) return errc::authentication_not_offered;
        const errc error = machine().request_authentication();
        if (error == errc::workspace_too_small) this->machine_lacks_room_ = true;
        return error;
    }

    // Bytes out

    /// Writes what is owed to the peer: handshake, alerts, key updates, close_notify. Whole records only; empty when
    /// nothing is owed, or with errc::too_small when `out` has less than smallest_output() bytes.
    output transmit(mutable_bytes out) noexcept {
        output_cursor to(out);
        errc error = send_flight(to);
        if (error == errc::none) error = sender_.write_owed(to, notes_);
        return {to.written(), 0, to.used() == 0 ? error : errc::none};
    }

    /// The same, but one record in each call: for who wants to know by last_sent() what is in each of them.
    output transmit_record(mutable_bytes out) noexcept {
        output_cursor to(out);
        errc error = send_flight(to, true);
        if (error != errc::none || to.used() != 0) return {to.written(), 0, error};
        // Where a KeyUpdate fits there is no room for two of anything; in the clear, where an alert does.
        const std::size_t most = sender_.encrypted() ? smallest_output() : record_header_size + 2;
        output_cursor one(out.first(out.size() < most ? out.size() : most));
        error = sender_.write_owed(one, notes_);
        return {one.written(), 0, one.used() == 0 ? error : errc::none};
    }

    /// Writes what is owed, then as much of `data` as fits, in whole records. When nothing is owed, there is room for
    /// all of it in sealed_size(data.size()) bytes, and a KeyUpdate (smallest_output() is more) for each
    /// config.rekey_after - 1 records of that, or fewer: for one, unless rekey_after is small. `data` does not overlap
    /// `out`; or it begins at out[record_header_size] and is sealed in place, in one record, unless something is owed
    /// (errc::output_owed). A server that has accepted early data may answer it before the client's Finished has come;
    /// nobody knows then whether the client is there, or somebody who replays what it once sent (section 4.5.3).
    output send(bytes_view data, mutable_bytes out) noexcept {
        // Section 2: not before Finished.
        if (!connected_ && !may_answer_early()) return {{}, 0, not_yet()};
        output_cursor to(out);
        errc error = errc::none;
        if (!data.empty() && out.size() > record_header_size && data.data() == out.data() + record_header_size)
            return send_in_place(data, to);
        if (!begin_sending(to, error)) return {to.written(), 0, error};
        const std::size_t done = sender_.write_data(to, data, notes_);
        if (done == 0 && !data.empty() && to.used() == 0)
            error = sender_.exhausted() ? errc::no_more_keys : errc::too_small;
        return {to.written(), done, error};
    }

    /// Writes what is owed, then as much of `data` as early data as fits and is allowed (section 4.3.10). `data` has to
    /// stay where it is until the handshake is done, and what comes next has to stand behind it (errc::bad_argument):
    /// if the server rejects it, `early_data_rejected` gives all of it back. errc::early_data_over when no more can be
    /// sent.
    output send_early(bytes_view data, mutable_bytes out) noexcept requires(!is_server) {
        if (error() != errc::none) return {{}, 0, errc::connection_failed};
        if (connected_) return {{}, 0, errc::early_data_over};
        output_cursor to(out);
        errc error = send_flight(to);
        if (error == errc::none) error = sender_.write_owed(to, notes_);
        if (error != errc::none) return {to.written(), 0, to.used() == 0 ? error : errc::none};
        const std::size_t left = machine().early_data_left();
        if (left == 0) return {to.written(), 0, errc::early_data_over};
        if (!machine().continues_early_data(data)) return {to.written(), 0, errc::bad_argument};
        std::size_t room = machine().early_room();
        const std::size_t done =
            sender_.write_early_data(to, data.first(data.size() < left ? data.size() : left), room);
        machine().note_early_data(data.first(done), room);
        if (done == 0 && !data.empty() && to.used() == 0)
            error = sender_.at_key_limit() || room == 0 ? errc::early_data_over : errc::too_small;
        return {to.written(), done, error};
    }
    /// Bytes of early data that may still be sent; 0 when none can be. Less where padding uses them up.
    std::size_t early_data_left() const noexcept requires(!is_server) {
        return workspace_.machine() == nullptr || connected_ ? 0 : workspace_.machine()->early_data_left();
    }

    /// Seals `data`, which has stood at out[record_header_size] since before something else came to be owed: it goes
    /// before a key update and a close_notify, under the old key. At most record_room(out.size()) bytes, in one record.
    output send_begun(bytes_view data, mutable_bytes out) noexcept {
        if (!connected_) return {{}, 0, not_yet()};
        if (out.size() < record_header_size || data.data() != out.data() + record_header_size)
            return {{}, 0, errc::bad_argument};
        output_cursor to(out);
        return send_in_place(data, to, true);
    }
    /// Writes what is owed, then a record without data, padded as all are: cover traffic (section 5.4). too_small as
    /// long as that record has not been written. A peer need not put up with more than a few in a row (32 here).
    output send_cover(mutable_bytes out) noexcept {
        if (!connected_) return {{}, 0, not_yet()};
        output_cursor to(out);
        errc error = errc::none;
        if (begin_sending(to, error))
            error = sender_.write_cover(to, notes_);
        else if (error == errc::none)
            error = errc::too_small;
        return {to.written(), 0, error};
    }

    /// Writes what is owed, then a NewSessionTicket; all of it or nothing. The nonce has to be another one for each
    /// ticket of a connection, age_add random (section 4.7.1). Servers only.
    output send_ticket(const new_session_ticket& ticket, mutable_bytes out) noexcept requires(is_server) {
        if (!connected_) return {{}, 0, not_yet()};
        if (!tickets_wanted_) return {{}, 0, errc::ticket_not_wanted};
        if (!is_sound(ticket)) return {{}, 0, errc::bad_argument};
        output_cursor to(out);
        errc error = errc::none;
        if (begin_sending(to, error))
            error = write_ticket(ticket, to);
        else if (error == errc::none)
            error = errc::too_small;
        return {to.written(), 0, error};
    }

    // Memory

    /// Gives the handshake a larger workspace, or after it a post-handshake message the memory that receive() asked
    /// for; that stays lent until it is taken or the connection is destroyed, which wipes it. What an open question
    /// shows moves: ask receive() again. `memory` may not overlap what was lent before
    /// (errc::bad_argument).
    [[nodiscard]] errc lend_workspace(mutable_bytes memory) noexcept {
        if (reading_.holds_any_of(memory)) return errc::bad_argument;
        if (this->authenticates_late() && this->machine_lacks_room_) {
            const errc error = workspace_.move_to(memory);
            this->machine_lacks_room_ = error != errc::none;
            return error;
        }
        if (connected_ || workspace_.machine() == nullptr)
            return workspace_.holds_any_of(memory) ? errc::bad_argument : reading_.lend(memory);
        return workspace_.move_to(memory);
    }
    /// The workspace, wiped, when nothing needs it any more: the handshake is done or has failed, and transmit() has
    /// given all of it. Empty before that.
    mutable_bytes take_workspace() noexcept {
        if (workspace_.machine() != nullptr && (!reading_.failed() || machine().out.pending())) return {};
        const mutable_bytes memory = workspace_.release();
        return memory.empty() ? reading_.take_back() : memory;
    }

    // Getters

    /// Whether transmit() would write something.
    bool owes_output() const noexcept {
        return (workspace_.machine() != nullptr && workspace_.machine()->out.pending()) || sender_.owes(notes_);
    }
    /// Whether the handshake is done (appendix F.5).
    bool connected() const noexcept { return connected_; }
    /// The smallest output with which every call makes progress; min_output, but for padding.
    std::size_t smallest_output() const noexcept { return sender_.shape().sealed(min_output - record_overhead); }
    /// Bytes that so much application data takes on the wire: with the padding, and with what the peer agreed to.
    std::size_t sealed_size(std::size_t data) const noexcept { return sender_.shape().sealed_all(data); }
    /// The most application data in one record that has `room` bytes on the wire; 0 when there is no room for any.
    std::size_t record_room(std::size_t room) const noexcept { return sender_.shape().fit(room, max_fragment); }
    /// Whether the peer has shown a certificate, and proved to have its key, and was accepted; in this connection, or
    /// in the one that a ticket comes from. Of a client only when it was asked and did not decline.
    bool peer_authenticated() const noexcept { return peer_authenticated_; }
    /// Whether a pre-shared key was used, and whether the server has taken early data.
    bool psk_used() const noexcept { return psk_used_; }
    bool early_data_accepted() const noexcept { return early_data_accepted_; }
    /// Tickets that the server sends in this connection, as it has told the client that asked for some by their number
    /// (RFC 9149): how many it is to send, and how many the client can expect. None: the client did not ask, or got no
    /// answer.
    std::optional<std::uint8_t> expected_tickets() const noexcept { return tickets_expected_; }
    /// errc::none as long as the connection has not failed.
    errc error() const noexcept {
        // The writing half has given up, and the reading half does not know of it yet.
        return !reading_.failed() && notes_.has(mailbox::dead) ? errc::canceled : reading_.error();
    }
    /// What was negotiated; meaningful after `handshake_done`.
    cipher_suite suite() const noexcept { return suite_ == nullptr ? cipher_suite{} : suite_->suite; }
    named_group group() const noexcept { return group_; }
    /// The ALPN name, out of the configuration; empty when there is none.
    std::string_view protocol() const noexcept { return protocol_; }
    /// The last record that receive() opened, and the last that was written.
    const record_info& last_received() const noexcept { return reading_.records.last(); }
    const record_info& last_sent() const noexcept { return sender_.last(); }
    /// The state of the handshake, while it lasts.
    state handshake_state() const noexcept {
        return workspace_.machine() == nullptr ? state::connected : workspace_.machine()->current();
    }

    /// Fills `out` (at most 255 digests) with keying material (section 7.5). `label` has 1 to 249 bytes. This and
    /// ticket_key() go on when both sides have closed: until the connection fails or is destroyed, their secrets stay.
    [[nodiscard]] errc export_keying_material(std::string_view label, bytes_view context,
                                              mutable_bytes out) const noexcept {
        if (error() != errc::none) return errc::connection_failed;
        return connected_ ? export_from(exporter_, suite_->hash, label, context, out) : errc::not_connected;
    }
    /// The same out of the early exporter secret, which both sides have before the server has answered: it can be
    /// replayed as early data can, and is not forward secret. A client that offers early data has it from the beginning
    /// until the server has rejected that or `handshake_done`, a server from early_data::accept until `handshake_done`;
    /// else errc::early_data_over. Uses that are not for early data take export_keying_material().
    [[nodiscard]] errc export_early_keying_material(std::string_view label, bytes_view context,
                                                    mutable_bytes out) const noexcept {
        if (error() != errc::none) return errc::connection_failed;
        const Machine* const now = connected_ ? nullptr : workspace_.machine();
        if (now == nullptr || !now->knows(logged_secret::early_exporter)) return errc::early_data_over;
        return export_from(now->early_exporter_secret, now->hash(), label, context, out);
    }
    /// The channel binding "tls-exporter" (RFC 9266): the same 32 bytes at both ends of this connection and nowhere
    /// else.
    [[nodiscard]] errc channel_binding(fixed_mutable_bytes<channel_binding_size> out) const noexcept {
        return export_keying_material("EXPORTER-Channel-Binding", {}, out);
    }
    /// The key that a ticket with this nonce stands for (section 4.7.1): returns its size, or 0 when `psk` is too
    /// small.
    std::size_t ticket_key(bytes_view nonce, mutable_bytes psk) const noexcept {
        if (!connected_ || error() != errc::none || psk.size() < digest_size(suite_->hash) || nonce.size() > 255)
            return 0;
        derive_ticket_psk<provider_type>(suite_->hash, resumption_, nonce, psk);
        return digest_size(suite_->hash);
    }

    // Elsewhere

    /// Moves all that goes on into `to`, when nothing is half done; what is left here only knows errc::exported, and
    /// take_workspace(). Not while split() is in use. not_connected; connection_failed; output_owed as long as
    /// transmit() has something; message_unfinished as long as receive() has not dealt with all of a record, or a
    /// message that comes in pieces is not whole; and where post-handshake authentication may come, which needs the
    /// transcript. Input that receive() has not consumed is the caller's, and has to go along. The counts of what may
    /// come in a row (record/limits.hpp) begin anew.
    [[nodiscard]] errc export_state(connection_state<provider_type>& to) noexcept {
        if (error() != errc::none) return errc::connection_failed;
        if (!connected_) return errc::not_connected;
        if (owes_output()) return errc::output_owed;
        if (!reading_.at_rest() || workspace_.machine() != nullptr) return errc::message_unfinished;
        connection_mover::export_to(static_cast<engine&>(*this), to);
        return errc::none;
    }

    // Two halves

    struct halves {
        reader_half<connection> reader;
        writer_half<connection> writer;
    };
    /// After `handshake_done`: what one thread reads with and another writes with, without a lock. Both refer to this
    /// connection, which is not to be used otherwise meanwhile. Post-handshake authentication is over then. Before
    /// `handshake_done` nothing is split: such halves refuse to receive and to send, with errc::not_connected.
    halves split() noexcept {
        late_over_ = connected_;
        if (connected_ && workspace_.machine() != nullptr && !machine().out.pending()) this->end_handshake();
        return {reader_half<connection>(*this), writer_half<connection>(*this)};
    }

protected:
    using engine::engine, engine::begin, engine::expect_answer_to_retry;
    ~connection() = default;

    template <class Config>
    void import_from(errc error, connection_state<provider_type>& from, const Config& settings,
                     const provider_type& crypto) noexcept {
        connection_mover::import_from(static_cast<engine&>(*this), error, from, settings, crypto);
    }

private:
    /// Section 4.5.3: a server may send behind its Finished; the flight with that is complete, if it has not left yet.
    bool may_answer_early() const noexcept {
        if constexpr (!is_server) return false;
        const Machine* const now = workspace_.machine();
        return error() == errc::none && now != nullptr && now->early_data_accepted && now->write == epoch::application;
    }
    /// Why nothing can be sent when the handshake is not done.
    errc not_yet() const noexcept { return error() == errc::none ? errc::not_connected : errc::connection_failed; }

    step receive_connected(mutable_bytes input) noexcept {
        step result = this->authenticates_late() ? this->receive_late(input) : reading_.receive(input, notes_);
        if (result.what == what::failed) drop_flight();
        if (result.what == what::need_input && owes_output()) result.what = what::output_waiting;
        return result;
    }

    friend class reader_half<connection>;
    friend class writer_half<connection>;

protected:
    using engine::asked, engine::begin_sending, engine::connected_, engine::drop_flight, engine::early_data_accepted_,
        engine::exporter_, engine::fail, engine::forget_exported, engine::group_, engine::late_over_, engine::machine,
        engine::notes_, engine::peer_authenticated_, engine::protocol_, engine::psk_used_, engine::question_open,
        engine::reading_, engine::receive_in_handshake, engine::resumption_, engine::send_flight, engine::send_in_place,
        engine::sender_, engine::suite_, engine::tickets_expected_, engine::tickets_wanted_, engine::workspace_,
        engine::write_ticket;

private:
    static errc export_from(const traffic_secret<provider_type>& secret, hash_id hash, std::string_view label,
                            bytes_view context, mutable_bytes out) noexcept {
        if (label.empty() || label.size() > 249 || out.size() > 255 * digest_size(hash)) return errc::bad_argument;
        v1::export_keying_material<provider_type>(hash, secret.first(digest_size(hash)), label, context, out);
        return errc::none;
    }

    template <event On, class Answer>
    errc take_answer(const Answer& given) noexcept {
        this->lend_secret();
        this->settle(dispatch<Machine::table, On>(machine(), machine().current(), On, errc::not_asked, given));
        return errc::none;
    }
};

}  // namespace v1
}  // namespace spantls
