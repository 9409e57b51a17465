// A connection of which every call is held to its promises: the progress rule, sticky errors, views that lie where they
// should, outputs that fit, one alert for one error, nothing delivered before the handshake is done.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>

#include <spantls/client.hpp>
#include <spantls/server.hpp>

#include "sent.hpp"
#include "target.hpp"

namespace fuzz {

using namespace spantls;

template <class Connection>
class watched {
public:
    template <class P, class Config, class... Extra>
    watched(P& crypto, const Config& config, std::size_t workspace, Extra... extra)
        : memory_{buffer(workspace, 0xa5)},
          handshake_memory_(memory_.begin()),
          tls(crypto, config, *handshake_memory_, extra...),
          sent(Connection::is_server, config.record_size),
          rekeys_(config.rekey_after != UINT64_MAX),
          key_log_(config.key_log) {
        note();
        HOLDS(!failed_ || fault_of(tls.error()) == fault::caller);
        if (workspace < Connection::smallest_workspace) HOLDS(failed_);
        if (failed_) handshake_memory_ = memory_.end();
    }
    watched(const watched&) = delete;
    watched& operator=(const watched&) = delete;

private:
    std::list<buffer> memory_;                      // all that is lent, each to its last byte
    std::list<buffer>::iterator handshake_memory_;  // end(): given back, or never taken

public:
    Connection tls;
    sent_stream sent;
    buffer arrived;                               ///< what was not consumed yet
    buffer* leaving = nullptr;                    ///< where what was sent goes, if anywhere
    std::uint64_t trace = 14695981039346656037u;  ///< of everything that was seen; a run replays to the same

    bool done() const { return done_; }
    bool failed() const { return failed_; }
    std::size_t handshake_memory() const { return handshake_memory_ == memory_.end() ? 0 : handshake_memory_->size(); }
    const buffer& shown() const { return shown_; }

    // Bytes in

    /// Shows the first `visible` bytes of what has arrived.
    step receive(std::size_t visible) {
        const step first = receive_once(visible);
        using enum what;
        // Where nothing was consumed and nothing else done, the answer is the same again.
        const bool rests = first.what == need_input || first.what == output_waiting || first.what == need_workspace ||
                           first.what == failed || first.is_question();
        if (first.consumed != 0 || !rests) return first;
        const step again = receive_once(visible);
        HOLDS(again.what == first.what && again.consumed == 0 && again.missing == first.missing &&
              again.error == first.error);
        return again;
    }

    step end_of_input() {
        const step s = halves_ ? halves_->reader.end_of_input() : tls.end_of_input();
        HOLDS(s.consumed == 0);
        HOLDS(s.what == what::failed ||
              (done_ && peer_closed_ && (s.what == what::closed || s.what == what::peer_closed)));
        note();
        if (s.what == what::failed) HOLDS(s.error == tls.error());
        return s;
    }

    // Bytes out

    bool owes() const { return tls.owes_output(); }

    bool transmit(std::size_t room) {
        const bool owed = owes();
        const std::size_t least = tls.smallest_output();
        buffer out(room);
        const output o = halves_ ? halves_->writer.transmit(out) : tls.transmit(out);
        take(o, out);
        HOLDS(o.consumed == 0);
        if (!owed) HOLDS(o.empty() && o.error == errc::none);
        if (owed && o.empty()) HOLDS(o.error == errc::too_small && room < least);
        if (!o.empty()) HOLDS(o.error == errc::none);
        return !o.empty();
    }

    void send(std::size_t size, std::size_t room) {
        const bool owed = owes(), free = done_ && !over() && !closing_;
        const bool may_answer_early = sent.answers_early && !done_ && !over();
        buffer text(size), out(room);
        fill_pattern(text, sent.data);
        const std::size_t before = sent.data, least = tls.smallest_output();
        const output o = halves_ ? halves_->writer.send(text, out) : tls.send(text, out);
        take(o, out);
        HOLDS(o.consumed <= size && sent.data == before + o.consumed);
        if (o.error == errc::too_small) HOLDS(o.empty() && room < least);
        if (free)
            HOLDS(o.error == errc::none || o.error == errc::too_small);
        else
            HOLDS(o.error != errc::none || !done_ || !o.empty());
        if (!free && !may_answer_early) HOLDS(o.consumed == 0);
        if (free && size != 0 && room >= least) HOLDS(!o.empty());
        if (free && !owed && !rekeys_ && room >= tls.sealed_size(size)) HOLDS(o.consumed == size);
    }

    /// `text` counts up from the first early byte, and stays where it is.
    void send_early(bytes_view text, std::size_t room) requires(!Connection::is_server) {
        const std::size_t left = tls.early_data_left(), before = sent.early, least = tls.smallest_output();
        buffer out(room);
        const output o = tls.send_early(text.subspan(before), out);
        take(o, out);
        HOLDS(sent.early == before + o.consumed && o.consumed <= left);
        HOLDS(!done_ || o.error == errc::early_data_over || o.error == errc::connection_failed);
        if (!failed_ && left == 0) HOLDS(o.error == errc::early_data_over || o.error == errc::too_small || !o.empty());
        HOLDS(o.error != errc::bad_argument && (o.error != errc::too_small || room < least));
    }

    /// Data that stands where it is to be sealed: one record, or nothing is touched.
    void send_in_place(std::size_t size, std::size_t room) {
        const bool owed = owes(), free = done_ && !over() && !closing_;
        buffer memory(std::max(room, record_header_size + size));
        const mutable_bytes out = mutable_bytes(memory).first(room);
        const mutable_bytes text = mutable_bytes(memory).subspan(record_header_size, size);
        fill_pattern(text, sent.data);
        const buffer before = memory;
        const std::size_t data = sent.data;
        const output o = halves_ ? halves_->writer.send(text, out) : tls.send(text, out);
        take(o, out);
        if (room <= record_header_size || size == 0) return;  // not in place
        HOLDS(sent.data == data + o.consumed && (o.error == errc::none) == (o.consumed == size));
        const bool able = free || (sent.answers_early && !done_ && !over());
        HOLDS(o.error != errc::none || (able && !owed && o.records.size() == tls.sealed_size(size)));
        if (o.error != errc::none) HOLDS(o.empty() && same_bytes(memory, before));
        if (free && owed) HOLDS(o.error == errc::output_owed);
        if (free && !owed && !rekeys_)
            HOLDS((o.error == errc::none) == (size <= tls.record_room(max_record) && room >= tls.sealed_size(size)));
    }

    errc send_ticket(const new_session_ticket& ticket, std::size_t room) requires(Connection::is_server) {
        buffer out(room);
        const std::size_t before = sent.tickets;
        const output o = tls.send_ticket(ticket, out);
        take(o, out);
        HOLDS(o.consumed == 0 && sent.tickets - before == (o.error == errc::none ? 1 : 0));
        return o.error;
    }

    // Answers and commands

    template <class Answer>
    errc answer(std::string_view asked, const Answer& answer) {
        const errc expected = before_answer(asked);
        const errc error = tls.answer(answer);
        HOLDS(expected == errc::none || error == expected);
        HOLDS(error != errc::not_asked || expected == error);
        if (error == errc::none) question_.reset();
        if constexpr (std::is_same_v<Answer, spantls::early_data>)
            sent.answers_early = sent.answers_early || (error == errc::none && answer == spantls::early_data::accept);
        note();
        return error;
    }
    errc refuse(errc why) {
        const bool open = before_answer("") == errc::wrong_answer;
        const errc error = tls.refuse(why);
        HOLDS(error == (open ? errc::none : errc::not_asked));
        if (open) question_.reset();
        note();
        HOLDS(!open || failed_);
        return error;
    }
    void update_keys(bool request) {
        const errc error = halves_ ? halves_->writer.update_keys(request) : tls.update_keys(request);
        if (!done_)
            HOLDS(error == errc::not_connected);
        else if (closing_ || over())
            HOLDS(error == errc::write_closed || error == errc::connection_failed);
        else
            HOLDS(error == errc::none || (request && error == errc::update_outstanding));
    }
    void close() {
        if (halves_) {
            halves_->writer.close();
        } else {
            const errc error = tls.close();
            HOLDS(error == (failed_ ? errc::connection_failed : errc::none));
        }
        closing_ = true;
        note();
        HOLDS(done_ || failed_);
    }
    void abort(alert_description alert) {
        if (!over()) expected_alert_ = alert, over_before_ = sent.over();
        if (halves_) {
            halves_->writer.abort(alert);
            aborted_ = true;
        } else {
            tls.abort(alert);
        }
        note();
        HOLDS(failed_ || aborted_);
    }
    void split() {
        if (!done_) return;
        if (halves_)
            halves_.reset();
        else
            halves_.emplace(tls.split());
    }

    // Memory

    errc lend(std::size_t size) {
        memory_.emplace_back(size, std::uint8_t{0xa5});
        const auto lent = std::prev(memory_.end());
        const errc error = halves_ ? halves_->reader.lend_workspace(*lent) : tls.lend_workspace(*lent);
        HOLDS(error == errc::none || error == errc::workspace_too_small);
        if (error != errc::none) {
            HOLDS(wanted_ == 0 || size < wanted_ || lent_ != 0);
            memory_.erase(lent);
        } else if (!done_ && !failed_) {
            HOLDS(size >= handshake_memory_->size());
            HOLDS(all_zero(*handshake_memory_));
            memory_.erase(handshake_memory_);
            handshake_memory_ = lent;
        }
        if (error == errc::none) lent_ = wanted_ != 0 && size >= wanted_ ? size : 0;
        return error;
    }
    /// Memory that the connection has already is no loan.
    void lend_again() {
        if (done_ || failed_) return;
        HOLDS(tls.lend_workspace(*handshake_memory_) == errc::bad_argument);
        HOLDS(tls.lend_workspace(mutable_bytes(*handshake_memory_).last(1)) == errc::bad_argument);
    }
    /// True when something was given back.
    bool take_workspace() {
        const mutable_bytes given = halves_ ? halves_->reader.take_workspace() : tls.take_workspace();
        HOLDS(given.empty() || done_ || failed_);
        if (given.empty()) return false;
        lent_ = 0;
        const auto it = std::find_if(memory_.begin(), memory_.end(), [&](const buffer& one) {
            return one.data() == given.data() && one.size() == given.size();
        });
        HOLDS(it != memory_.end());
        // The handshake's is the first that the whole connection gives; a loan after the end may have replaced it.
        if (!halves_ && handshake_memory_ != memory_.end()) {
            HOLDS(all_zero(given));
            HOLDS(all_zero(*handshake_memory_));
            if (it != handshake_memory_) memory_.erase(handshake_memory_);
            handshake_memory_ = memory_.end();
        }
        // What the last step showed may have been in it.
        memory_.erase(it);
        return true;
    }

    /// Brings it to an end as the drive contract says, and looks back.
    void finish() {
        while (owes()) HOLDS(transmit(max_record + min_output));
        HOLDS(!transmit(max_record) && !transmit(0));
        if (failed_) {
            const step s = receive(arrived.size());
            HOLDS(s.what == what::failed && s.consumed == 0 && s.error == error_);
        }
        check_alerts();
        if (!done_ && !failed_) {
            HOLDS(!take_workspace());
            return;
        }
        halves_.reset();
        while (take_workspace()) {
        }
        HOLDS(handshake_memory_ == memory_.end());
    }

private:
    step receive_once(std::size_t visible) {
        visible = std::min(visible, arrived.size());
        shown_ = buffer(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(visible));
        const bool had_failed = failed_;
        const step s = halves_ ? halves_->reader.receive(shown_) : tls.receive(shown_);
        if (traced)
            std::fprintf(stderr, "    %s, consumed %zu, missing %zu, of %zu, %s\n", name_of(s.what).data(), s.consumed,
                         s.missing, visible, name_of(s.error).data());
        note();
        see(s);
        const std::size_t record =
            visible < record_header_size ? record_header_size : record_header_size + load_u16(shown_.data() + 3);
        const bytes_view before = bytes_view(arrived).first(visible);
        HOLDS(s.consumed <= visible);
        // At most one record is touched, and none that is not whole.
        const std::size_t touched = record <= visible ? record : 0;
        HOLDS(same_bytes(bytes_view(shown_).subspan(touched), before.subspan(touched)));
        HOLDS((s.what == what::failed) == failed_);
        if (had_failed) HOLDS(s.consumed == 0);
        if (failed_)
            HOLDS(s.error == error_ && s.consumed <= record);
        else if (question_)
            HOLDS(s.what == *question_ && s.consumed == 0);
        check(s, record, before);
        std::copy(shown_.begin(), shown_.end(), arrived.begin());
        arrived.erase(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(s.consumed));
        last_ = s.what;
        return s;
    }

    void check(const step& s, std::size_t record, bytes_view before) {
        using enum what;
        const bool none_or_one = s.consumed == 0 || s.consumed == record;
        if (s.what != need_workspace) wanted_ = lent_ = 0;
        if (s.consumed != 0) held_ = 0;
        switch (s.what) {
            case need_input:
                // A record that was opened and waits for a workspace has a size that is known without its header.
                HOLDS(s.consumed == 0 && s.missing > 0);
                return HOLDS(s.missing == record - before.size() || (held_ != 0 && s.missing == held_ - before.size()));
            case output_waiting: return HOLDS(s.consumed == 0 && !halves_ && owes());
            case need_workspace:
                // What was asked for is enough, and a peer cannot ask for any amount.
                HOLDS(s.consumed == 0 && s.missing > lent_ && s.missing <= 4 * max_handshake_message);
                HOLDS(done_ || s.missing > handshake_memory_->size());
                wanted_ = s.missing;
                held_ = record <= before.size() ? record : 0;
                return;
            case progress: return HOLDS(s.consumed == record);
            case find_psk:
            case early_data_offered: HOLDS(Connection::is_server); [[fallthrough]];
            case client_hello:
            case choose_identity:
            case decompress:
            case verify_peer:
            case sign:
                HOLDS(none_or_one && !done_);
                question_ = s.what;
                return check_question(s);
            case early_data:
                HOLDS(Connection::is_server && !done_ && s.consumed == record && !s.data.empty());
                return HOLDS(s.data.data() == shown_.data() + record_header_size);
            case early_data_rejected: return HOLDS(!Connection::is_server && !done_ && none_or_one);
            case key_log:
                HOLDS(none_or_one && !done_ && key_log_ && ++log_lines_ <= 7);
                return HOLDS(inside(s.data, *handshake_memory_) && !s.data.empty() && s.data.back() == '\n');
            case handshake_done:
                HOLDS(none_or_one && !done_ && !halves_ && tls.connected());
                done_ = true;
                return;
            case application_data: {
                HOLDS(done_ && s.consumed == record && !s.data.empty() && record >= record_overhead);
                std::size_t end = record - tag_size - 1;
                while (before[end] == 0) --end;
                HOLDS(s.data.data() == shown_.data() + record_header_size && s.data.size() == end - record_header_size);
                return HOLDS(same_bytes(s.data, before.subspan(record_header_size, s.data.size())));
            }
            case ticket: return check_ticket(s, record);
            case key_updated: return HOLDS(done_ && (s.consumed == record || (s.consumed == 0 && last_ == ticket)));
            case peer_closed:
            case closed:
                HOLDS(done_ && (none_or_one || s.consumed == before.size()));
                HOLDS(peer_closed_ || s.consumed == record);
                peer_closed_ = true;
                return HOLDS(s.what == (sent.over() ? closed : peer_closed));
            case transport_parameters:
            case client_answered: return HOLDS(false);  // neither is asked for here
            case failed: return;
        }
    }

    void check_question(const step& s) {
        const bytes_view memory = *handshake_memory_;
        if (s.what == what::early_data_offered) {
            HOLDS(s.offer().unique.size() >= 32 && inside(s.offer().unique, memory));
        } else if (s.what == what::client_hello || s.what == what::find_psk) {
            const parsed_client_hello hello = s.hello();
            HOLDS(Connection::is_server && inside(hello.hello.extensions, memory) && hello.hello.random.size() == 32);
            HOLDS(inside(as_bytes(hello.server_name), memory));
        } else if (s.what == what::choose_identity) {
            HOLDS(!Connection::is_server && !s.schemes().empty() && inside(s.schemes().raw(), memory));
        } else if (s.what == what::decompress) {
            const decompression_request request = s.decompressing();
            HOLDS(inside(request.compressed, memory) && !request.compressed.empty() && inside(request.to, memory));
            HOLDS(request.to.size() >= 4 && request.to.size() <= max_uncompressed_certificate);
            HOLDS(request.to.data() >= request.compressed.data() + request.compressed.size());
        } else if (s.what == what::sign) {
            HOLDS(s.signing().content.size() > 98 && inside(s.signing().content, memory));
        } else {
            const x509::peer& peer = s.peer();
            HOLDS(!peer.chain.empty() && peer.chain.well_formed() && inside(peer.chain.bytes(), memory));
            HOLDS(inside(peer.delegated, peer.chain.bytes()));
        }
    }

    void check_ticket(const step& s, std::size_t record) {
        HOLDS(done_ && !Connection::is_server && s.consumed == record && !s.data.empty());
        bool somewhere = inside(s.data, shown_);
        for (const buffer& one : memory_) somewhere = somewhere || inside(s.data, one);
        HOLDS(somewhere);
        std::size_t size = 0;
        for (const new_session_ticket ticket : s.tickets()) {
            HOLDS(!ticket.ticket.empty() && inside(ticket.ticket, s.data) && inside(ticket.nonce, s.data));
            size += 4 + 4 + 4 + 1 + ticket.nonce.size() + 2 + ticket.ticket.size() + 2 + ticket.extensions.size();
        }
        HOLDS(size == s.data.size());
    }

    /// What an answer to this state has to come to, as far as that can be told; none: it is asked.
    errc before_answer(std::string_view asked) const {
        if (failed_) return errc::connection_failed;
        const std::string_view state = done_ ? std::string_view() : name_of(tls.handshake_state());
        if (state.substr(0, 5) != "asks_") return errc::not_asked;
        return state == asked ? errc::none : errc::wrong_answer;
    }

    /// After every call: an error stays, and owes what it owed when it came.
    void note() {
        if (failed_) HOLDS(tls.error() == error_);
        if (failed_ || tls.error() == errc::none) return;
        question_.reset();
        error_ = tls.error();
        if (!over() && !expected_alert_) expected_alert_ = alert_for(error_), over_before_ = sent.over();
        failed_ = true;
    }
    /// Whoever ended it first decided on the alert.
    bool over() const { return failed_ || aborted_; }

    void take(const output& o, bytes_view room) {
        HOLDS(inside(o.records, room) && (o.empty() || o.records.data() == room.data()));
        if (leaving != nullptr) leaving->insert(leaving->end(), o.records.begin(), o.records.end());
        sent.take(o.records, done_ || tls.connected(), tls.last_sent());
        trace = mixed(trace, o.records);
        note();
    }

    void check_alerts() {
        using enum alert_description;
        const auto& alerts = sent.alerts;
        if (over() && !over_before_ && expected_alert_) {
            HOLDS(!alerts.empty() && alerts[0] == *expected_alert_);
            HOLDS(alerts.size() == (*expected_alert_ == user_canceled ? 2 : 1));
        } else if (over() && !over_before_) {
            HOLDS(alerts.empty());
        } else {
            HOLDS(alerts.empty() ? !closing_ : alerts.size() == 1 && alerts[0] == close_notify);
        }
    }

    void see(const step& s) {
        for (const std::size_t value :
             {static_cast<std::size_t>(s.what), s.consumed, s.missing, static_cast<std::size_t>(s.error)})
            trace = (trace ^ value) * 1099511628211u;
        trace = mixed(trace, s.data);
    }

    std::optional<typename Connection::halves> halves_;
    buffer shown_;
    std::optional<what> question_;
    what last_ = what::need_input;
    bool rekeys_, key_log_;
    bool done_ = false, failed_ = false, closing_ = false, aborted_ = false, peer_closed_ = false, over_before_ = false;
    errc error_ = errc::none;
    std::optional<alert_description> expected_alert_;
    std::size_t wanted_ = 0, lent_ = 0, held_ = 0, log_lines_ = 0;
};

}  // namespace fuzz
