// A connection over a blocking socket, driven by hand so that every record can be shown: what it prints it has read off
// the connection (last_sent(), last_received(), steps, getters).
#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <spantls/connection/tickets.hpp>
#include <spantls/drivers/answers.hpp>
#include <spantls/drivers/stream.hpp>
#include <spantls/message/handshake.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/step.hpp>

#include "support/journal.hpp"
#include "support/pem.hpp"
#include "support/tcp.hpp"

namespace examples {

using spantls::errc;
using spantls::what;

template <class Connection>
class watched {
public:
    /// `workspaces`, which holds what is lent, lives longer than the connection.
    watched(std::string who, Connection& tls, std::vector<std::vector<std::uint8_t>>& workspaces, tcp_socket& socket,
            journal& to)
        : who_(std::move(who)),
          tls_(tls),
          workspaces_(workspaces),
          socket_(socket),
          journal_(to),
          buffer_(2 * spantls::max_record) {}

    Connection& tls() { return tls_; }
    void log_keys_to(const std::string& file) { key_log_.open(file, std::ios::app); }

    /// Until the handshake is done; false when it fails.
    template <spantls::answerer Answers>
    bool handshake(Answers& answers) {
        while (const auto step = next()) {
            if (step->what == what::failed) return false;
            if (step->what == what::handshake_done) {
                flush();
                show_what_was_negotiated();
                return true;
            }
            if (!step->is_question()) continue;
            const std::string about = question_in(*step);
            const bool answered = spantls::answer(tls_, *step, answers) == errc::none && tls_.error() == errc::none;
            journal_.question(who_, name_of(step->what), about + (answered ? answer_to(step->what) : " -> no"));
        }
        return false;
    }

    /// Waits for the next step that means something.
    std::optional<spantls::step> next() {
        for (;;) {
            if (have_ == 0 && !flush()) return std::nullopt;
            const spantls::step step = tls_.receive(std::span(buffer_).first(have_));
            if (step.consumed != 0) show_received(step);
            have_ = spantls::compact(buffer_, step.consumed, have_);
            switch (step.what) {
                case what::need_input:
                    if (!read(step.missing)) return std::nullopt;
                    break;
                case what::need_workspace:
                    workspaces_.emplace_back(step.missing);
                    if (tls_.lend_workspace(workspaces_.back()) != spantls::errc::none) tls_.abort();
                    break;
                case what::key_log: key_log_ << spantls::as_text(step.data); break;
                case what::output_waiting:
                case what::progress: break;
                case what::failed:
                    flush();
                    show_failure(step);
                    return step;
                default: return step;
            }
        }
    }
    /// Waits for one kind of step, and shows the others; false when it does not come.
    bool wait_for(what wanted) {
        while (const auto step = next()) {
            if (step->what == wanted) return true;
            if (step->what == what::failed || step->what == what::closed) return false;
        }
        return false;
    }

    bool send(std::string_view text) {
        flush();
        for (spantls::bytes_view rest = spantls::as_bytes(text); !rest.empty();) {
            const spantls::output out = tls_.send(rest.first(in_one_record(rest)), buffer_);
            if (out.empty() || !write(out, quoted(text))) return false;
            rest = rest.subspan(out.consumed);
        }
        return true;
    }
    /// A client's first words. `text` has to stay where it is until the handshake is done.
    bool send_early(std::string_view text) {
        flush();
        for (spantls::bytes_view rest = spantls::as_bytes(text); !rest.empty();) {
            const spantls::output out = tls_.send_early(rest.first(in_one_record(rest)), buffer_);
            if (out.empty() || !write(out, quoted(text) + ", early")) return false;
            rest = rest.subspan(out.consumed);
        }
        return true;
    }
    bool send_ticket(const spantls::new_session_ticket& ticket) {
        const spantls::output out = tls_.send_ticket(ticket, buffer_);
        return out.error == errc::none && write(out);
    }
    /// A sealed one, with which the client comes back.
    bool send_ticket(const spantls::ticket_keys<spantls::sodium>& keys, spantls::sodium& crypto,
                     const spantls::ticket_terms& terms, std::uint64_t now_ms) {
        const spantls::output out = spantls::send_ticket(tls_, keys, crypto, terms, now_ms, buffer_);
        return out.error == errc::none && write(out);
    }
    /// Sends what is owed.
    bool flush() {
        for (;;) {
            const spantls::output out = tls_.transmit_record(buffer_);
            if (out.empty()) return true;
            if (!write(out)) return false;
        }
    }

    /// When the other end shows them.
    void hide_records() { shows_records_ = false; }
    /// What the protected records in either direction were like; true when those that were sent had this one length.
    bool show_lengths(std::size_t constant) {
        say("lengths", "sent: " + counted(sent_lengths_) + "; received: " + counted(received_lengths_));
        return sent_lengths_.size() == 1 && sent_lengths_.begin()->first == constant;
    }
    bool received_only(std::size_t constant) const {
        return received_lengths_.size() == 1 && received_lengths_.begin()->first == constant;
    }
    /// The alert with which the other end has given up, if it has.
    std::optional<spantls::alert_description> refused_by() const { return refused_by_; }
    void say(std::string_view what, const std::string& about) { journal_.outcome(who_, what, about); }

private:
    using lengths = std::map<std::size_t, std::size_t>;  // how many records of each

    static void count(const spantls::record_info& record, lengths& in) {
        if (record.encrypted) ++in[record.wire_size];
    }
    static std::string counted(const lengths& all) {
        if (all.empty()) return "none";
        std::size_t records = 0;
        for (const auto& [length, times] : all) records += times;
        const std::string least = std::to_string(all.begin()->first), most = std::to_string(all.rbegin()->first);
        return std::to_string(records) + " of " + least + (all.size() == 1 ? "" : " to " + most) + " bytes";
    }

    std::size_t in_one_record(spantls::bytes_view data) const {
        return std::min(data.size(), tls_.record_room(buffer_.size()));
    }

    bool read(std::size_t count) {
        while (count > 0) {
            const std::ptrdiff_t got = socket_.read(std::span(buffer_).subspan(have_, count));
            if (got < 0) say("timeout", "nothing comes");
            if (got < 0) return false;
            if (got == 0) {
                show_failure(tls_.end_of_input());
                return false;
            }
            have_ += static_cast<std::size_t>(got);
            count -= static_cast<std::size_t>(got);
        }
        return true;
    }

    /// The connection tells about the last record of a call. When there were more, all of them hold parts of one
    /// message: a ticket's.
    bool write(const spantls::output& out, const std::string& inside = {}) {
        for (spantls::bytes_view rest = out.records; !rest.empty();) {
            spantls::record_info record = tls_.last_sent();
            record.wire_size =
                static_cast<std::uint16_t>(spantls::record_header_size + spantls::load_u16(rest.data() + 3));
            show_sent(record, inside);
            rest = rest.subspan(record.wire_size);
        }
        return spantls::write_all(socket_, out);
    }

    void show_sent(const spantls::record_info& record, const std::string& inside) {
        count(record, sent_lengths_);
        std::string about = inside;
        if (record.type == spantls::content_type::handshake) about = messages_in(record);
        if (record.type == spantls::content_type::change_cipher_spec) about = for_middleboxes;
        if (record.type == spantls::content_type::alert) about = name_of(record.alert);
        if (shows_records_) journal_.record(who_, true, record, about);
    }
    void show_received(const spantls::step& step) {
        const spantls::record_info& record = tls_.last_received();
        count(record, received_lengths_);
        std::string about;
        if (record.type == spantls::content_type::handshake) about = messages_in(record);
        if (record.type == spantls::content_type::change_cipher_spec) about = for_middleboxes;
        if (record.type == spantls::content_type::application_data) about = quoted(spantls::as_text(step.data));
        if (record.type == spantls::content_type::alert) about = name_of(step.alert);
        if (shows_records_) journal_.record(who_, false, record, about);
        if (step.what == what::ticket)
            for (const spantls::new_session_ticket& ticket : step.tickets())
                say("ticket", std::to_string(ticket.ticket.size()) + " bytes, good for " +
                                  std::to_string(ticket.lifetime) + " s");
        if (step.what == what::early_data) say("early_data", quoted(spantls::as_text(step.data)));
        if (step.what == what::early_data_rejected) say("rejected", "the early data counts for nothing");
        if (step.what == what::key_updated) say("key_updated", "the peer writes with new keys");
        if (step.what == what::peer_closed) say("peer_closed", "the peer has nothing more to say");
        if (step.what == what::closed) say("closed", "both ends have said close_notify");
    }
    static std::string question_in(const spantls::step& step) {
        switch (step.what) {
            case what::client_hello: return "it wants to talk to " + quoted(step.hello().server_name);
            case what::find_psk: return "it has " + std::to_string(step.hello().psks.size()) + " ticket";
            case what::early_data_offered: return "it has sent data with its first flight";
            case what::choose_identity: return "the server wants a certificate";
            case what::sign:
                return std::to_string(step.signing().content.size()) + " bytes, by " +
                       std::string(name_of(step.signing().scheme));
            default: return "a key with SHA-256 " + spki_hash_of(step.peer().chain.front().der).substr(0, 16) + "...";
        }
    }
    static std::string answer_to(what question) {
        switch (question) {
            case what::client_hello: return " -> a certificate";
            case what::find_psk: return " -> the key in it, or none";
            case what::early_data_offered: return " -> taken, if it is fresh and new";
            case what::choose_identity: return " -> that, or none";
            case what::sign: return " -> signed";
            default: return " -> accepted";
        }
    }
    void show_what_was_negotiated() {
        std::string about = std::string(name_of(tls_.suite())) + ", " + std::string(name_of(tls_.group()));
        if (!tls_.protocol().empty()) about += ", ALPN " + quoted(tls_.protocol());
        if (tls_.psk_used()) about += ", resumed";
        if (tls_.early_data_accepted()) about += ", early data taken";
        say("handshake_done", about);
    }
    void show_failure(const spantls::step& step) {
        if (step.what != what::failed) return;
        if (step.error == errc::peer_alert) refused_by_ = step.alert;
        say("failed", std::string(describe(step.error)));
    }

    static constexpr const char* for_middleboxes = "(for old middleboxes)";

    std::string who_;
    Connection& tls_;
    std::vector<std::vector<std::uint8_t>>& workspaces_;
    tcp_socket& socket_;
    journal& journal_;
    std::vector<std::uint8_t> buffer_;
    std::size_t have_ = 0;
    bool shows_records_ = true;
    std::optional<spantls::alert_description> refused_by_;
    lengths sent_lengths_, received_lengths_;
    std::ofstream key_log_;
};

}  // namespace examples
