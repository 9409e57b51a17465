// The reading half of a connection: what to do with records when the handshake is done, and how reading ends
// (RFC 9846, sections 4.7.3, 5.1, 6, 6.1 and 6.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/handshake/post_handshake.hpp>
#include <spantls/record/mailbox.hpp>
#include <spantls/record/receiver.hpp>
#include <spantls/step.hpp>

namespace spantls {
inline namespace v1 {

template <class P>
class reading_half {
public:
    receiver<P> records;

    reading_half() noexcept = default;
    /// What was lent and not taken back may hold what came of a message.
    ~reading_half() { wipe(memory_); }
    reading_half(const reading_half&) = delete;
    reading_half& operator=(const reading_half&) = delete;

    bool failed() const noexcept { return error_ != errc::none; }
    errc error() const noexcept { return error_; }

    /// Ends the connection. The first error stays, and so does the alert that it owes (section 6.2).
    step fail(errc error, mailbox& notes, std::size_t consumed = 0) noexcept {
        return fail(error, alert_for(error), notes, consumed);
    }
    step fail(errc error, std::optional<alert_description> alert, mailbox& notes, std::size_t consumed = 0) noexcept {
        if (!failed()) {
            error_ = error;
            if (alert)
                notes.owe_alert(*alert);
            else
                notes.set(mailbox::dead);
            records.clear();
            // What has come of a message will never be whole, and the memory is not needed any more.
            wipe(memory_.first(assembled_));
            assembled_ = begun_ = 0;
        }
        return failure(consumed);
    }
    step failure(std::size_t consumed = 0) const noexcept {
        step result{what::failed, consumed};
        result.error = error_;
        result.alert = alert_;
        return result;
    }

    /// `tickets`: how many the peer has said that it sends.
    void connected(const suite_info& suite, bool is_server, std::uint8_t tickets) noexcept {
        suite_ = &suite;
        is_server_ = is_server;
        tickets_due_ = tickets;
        messages_ = 0;  // what came in the handshake was counted for itself
    }

    /// How many of them are still to come.
    std::uint8_t tickets_due() const noexcept { return tickets_due_; }

    /// Whether what has arrived has been dealt with to its end, and told.
    bool at_rest() const noexcept {
        return assembled_ == 0 && late_.empty() && passed_ == 0 && !key_update_news_ && !records.holds();
    }
    void export_to(direction_state<P>& to) noexcept {
        to.closed = peer_closed_;
        records.export_to(to);
    }
    void import_from(direction_state<P>& from, const suite_info& suite, bool is_server, std::uint8_t tickets) noexcept {
        connected(suite, is_server, tickets);
        peer_closed_ = from.closed;
        records.allow_change_cipher_spec(false);
        records.import_from(from, suite);
    }

    bool peer_closed() const noexcept { return peer_closed_; }

    /// A message of post-handshake authentication, whole: receive() has come upon it, has consumed nothing and says
    /// `progress`. It lasts until the next call, and comes again until it is passed.
    bytes_view late_message() const noexcept { return late_; }
    /// It is done with. Returns how many bytes of the input are, too.
    std::size_t pass_late_message() noexcept {
        ++messages_;
        const std::size_t size = late_.size();
        records.last().messages |= std::uint32_t{1} << (late_[0] & 31);
        late_ = {};
        if (assembled_ != 0) {
            dropped_ = static_cast<std::uint32_t>(size);
            if (dropped_ == assembled_) assembled_ = dropped_ = 0;
            look_again_ = assembled_ != 0;
            return 0;
        }
        passed_ = static_cast<std::uint16_t>(passed_ + size);
        return passed_ < records.last().content_size ? 0 : end_of_record();
    }

    /// One record of a connection whose handshake is done; `expected`, of post-handshake authentication, may come.
    step receive(mutable_bytes input, mailbox& notes, const late_messages& expected = {}) noexcept {
        if (failed()) return failure();
        // The other half has given up (section 6.2).
        if (notes.has(mailbox::dead)) return fail(errc::canceled, std::nullopt, notes);
        if (key_update_news_) {
            key_update_news_ = false;
            return {what::key_updated};
        }
        // Section 6.1: whatever comes after a closure alert is ignored.
        if (peer_closed_) return {notes.has(mailbox::write_closed) ? what::closed : what::peer_closed, input.size()};
        late_ = {};
        if (look_again_) {
            const step result = read_assembled(notes, expected);
            if (result.what != what::progress || !late_.empty()) return result;
        }
        const incoming_record record = records.open(input);
        if (record.error != errc::none) return fail(record.error, notes);
        if (record.missing != 0) return {what::need_input, 0, record.missing};
        return receive_record(record, notes, expected);
    }

    /// Over QUIC: whole or in pieces, without records.
    step receive_messages(mutable_bytes content, mailbox& notes) noexcept {
        incoming_record carried;
        carried.size = content.size();
        carried.content = content;
        return receive_messages(carried, notes, {});
    }
    /// Keys are not updated by messages there (RFC 9001, section 6).
    void refuse_key_updates() noexcept { takes_key_updates_ = false; }

    /// The transport has ended. Without close_notify before it, that is truncation (section 6.1).
    step end_of_input(mailbox& notes) noexcept {
        if (failed()) return failure();
        // As in receive(): the other half's end came first.
        if (notes.has(mailbox::dead)) return fail(errc::canceled, std::nullopt, notes);
        if (!peer_closed_) return fail(errc::truncated, notes);
        return {notes.has(mailbox::write_closed) ? what::closed : what::peer_closed};
    }

    /// An alert that came in a record. Only close_notify and user_canceled do not end the connection (section 6).
    step receive_alert(const incoming_record& record, bool in_handshake, mailbox& notes) noexcept {
        if (record.content.size() != 2) return fail(errc::bad_alert, notes, record.size);
        alert_ = static_cast<alert_description>(record.content[1]);
        if (alert_ == alert_description::user_canceled) {
            if (++messages_ > max_post_handshake_messages) return fail(errc::too_many_messages, notes, record.size);
            return {what::progress, record.size};
        }
        if (alert_ != alert_description::close_notify) return fail(errc::peer_alert, notes, record.size);
        if (in_handshake) return fail(errc::closed_in_handshake, notes, record.size);
        peer_closed_ = true;
        records.clear();  // section 6.1: nothing that comes after it is read
        return {notes.has(mailbox::write_closed) ? what::closed : what::peer_closed, record.size};
    }

    /// Memory in which post-handshake messages are put together that do not come whole in one record.
    errc lend(mutable_bytes memory) noexcept {
        if (memory.size() < assembled_) return errc::workspace_too_small;
        if (overlaps(memory, memory_)) return errc::bad_argument;
        copy_bytes(memory_.first(assembled_), memory);
        wipe(memory_);
        memory_ = memory;
        return errc::none;
    }
    bool holds_any_of(bytes_view memory) const noexcept { return overlaps(memory, memory_); }
    mutable_bytes take_back() noexcept {
        if (assembled_ != 0) return {};
        const mutable_bytes memory = memory_;
        wipe(memory);
        memory_ = {};
        return memory;
    }

private:
    step receive_record(const incoming_record& record, mailbox& notes, const late_messages& expected) noexcept {
        if (record.dropped) return {what::progress, record.size};
        // Section 5.1: handshake messages are not interleaved with other records.
        if (assembled_ != 0 && record.type != content_type::handshake)
            return fail(errc::interleaved_record, notes, record.size);
        if (record.type == content_type::alert) return receive_alert(record, false, notes);
        if (record.type == content_type::handshake) return receive_messages(record, notes, expected);
        // Section 4.7.2: nothing comes between the messages of an answer.
        if (expected.only) return fail(errc::unexpected_message, notes, record.size);
        if (record.content.empty()) return {what::progress, record.size};
        messages_ = key_updates_ = 0;
        step result{what::application_data, record.size};
        result.data = record.content;
        return result;
    }

    step receive_messages(const incoming_record& record, mailbox& notes, const late_messages& expected) noexcept {
        const mutable_bytes content = record.content.subspan(passed_);
        post_handshake_messages found;
        if (assembled_ == 0) {
            const errc error = read(content, notes, found, expected);
            if (error != errc::none) return fail(error, notes, record.size);
            if (found.key_update || (found.rest.empty() && found.late.empty())) {
                (void)end_of_record();
                return handle(content.first(found.tickets.size()), found, record.size, notes);
            }
            if (!found.late.empty() || found.late_next) {
                records.hold(record);
                late_ = found.late;
                passed_ = static_cast<std::uint16_t>(passed_ + found.tickets.size());
                return found.late_next ? ticket(content.first(found.tickets.size()), 0) : step(what::progress);
            }
        }
        if (assembled_ != 0) {
            const message_head head(unfinished(), content);
            post_handshake_messages begun;
            const errc error = read_post_handshake(head.view(), is_server_, max_handshake_message, begun, expected,
                                                   takes_key_updates_);
            if (error != errc::none) return fail(error, notes, record.size);
        }
        // Not whole in this record: to be put together in the workspace. Room for all of it is asked for at once.
        const std::size_t lacking = missing_of_first(assembled_ == 0 ? found.rest : unfinished());
        const std::size_t rest = content.size() > lacking ? content.size() : lacking;
        const std::size_t needed = assembled_ == 0 ? content.size() + lacking : assembled_ + rest;
        if (needed > max_assembled) return fail(errc::message_too_long, notes, record.size);
        if (needed > memory_.size()) {
            // Its messages count when it comes again.
            messages_ = static_cast<std::uint8_t>(messages_ - found.count);
            tickets_due_ = static_cast<std::uint8_t>(tickets_due_ + found.due);
            records.hold(record);
            return {what::need_workspace, 0, needed};
        }
        (void)end_of_record();
        copy_bytes(content, memory_.subspan(assembled_));
        const bool goes_on = assembled_ != 0;
        assembled_ += static_cast<std::uint32_t>(content.size());
        // Only what has not been read before: a peer that sends a byte at a time must not cost more than the byte.
        const errc error = goes_on ? read(unfinished(), notes, found, expected) : errc::none;
        if (error != errc::none) return fail(error, notes, record.size);
        return handle_assembled(found, record.size, notes);
    }
    step handle_assembled(const post_handshake_messages& found, std::size_t consumed, mailbox& notes) noexcept {
        begun_ += static_cast<std::uint32_t>(found.tickets.size());
        const bool late = !found.late.empty() || found.late_next;
        if (!late && (found.key_update || found.rest.empty()))
            return handle(memory_.first(begun_), found, consumed, notes);
        if (late && begun_ != 0) {
            // The tickets first; they stay where they are until the next call.
            dropped_ = begun_;
            begun_ = 0;
            look_again_ = true;
            return ticket(memory_.first(dropped_), consumed);
        }
        look_again_ = late;
        if (consumed == 0) late_ = found.late;
        if (!found.rest.empty()) records.last().messages |= std::uint32_t{1} << (found.rest[0] & 31);
        return {what::progress, consumed};
    }
    /// What is left of the memory when its front is done with.
    step read_assembled(mailbox& notes, const late_messages& expected) noexcept {
        const std::uint32_t rest = assembled_ - dropped_;
        if (rest != 0) std::memmove(memory_.data(), memory_.data() + dropped_, rest);
        assembled_ = rest;
        begun_ = dropped_ = 0;
        look_again_ = false;
        if (rest == 0) return {what::progress};
        post_handshake_messages found;
        const errc error = read(unfinished(), notes, found, expected);
        return error == errc::none ? handle_assembled(found, 0, notes) : fail(error, notes);
    }
    /// Nothing more of the record is looked at. Returns its size.
    std::size_t end_of_record() noexcept {
        records.release();
        passed_ = 0;
        return records.last().wire_size;
    }
    step ticket(mutable_bytes messages, std::size_t consumed) noexcept {
        records.last().messages |= std::uint32_t{1} << static_cast<unsigned>(handshake_type::new_session_ticket);
        step result{what::ticket, consumed};
        result.data = messages;
        return result;
    }

    /// The pieces from where a message begins that was not whole with the record before the last.
    bytes_view unfinished() const noexcept { return memory_.subspan(begun_, assembled_ - begun_); }

    /// Reads what is whole, and counts it.
    errc read(bytes_view messages, mailbox& notes, post_handshake_messages& found,
              const late_messages& expected) noexcept {
        // An end that only listens may keep the sender's keys fresh: what we send makes up for it, as what we receive.
        if (notes.has(mailbox::data_sent)) {
            notes.clear(mailbox::data_sent);
            messages_ = key_updates_ = 0;
        }
        const errc error =
            read_post_handshake(messages, is_server_, max_handshake_message, found, expected, takes_key_updates_);
        if (error != errc::none) return error;
        // An answer that was asked for does not count: a peer with nothing to send may have to give any number of them.
        const bool asked = found.key_update && notes.has(mailbox::update_outstanding);
        const std::uint32_t tickets = found.count - (found.key_update ? 1 : 0);
        if (asked) --found.count;
        // Nor do the tickets that were announced (RFC 9149): 255 in the life of a connection are the most.
        found.due = tickets < tickets_due_ ? tickets : tickets_due_;
        found.count -= found.due;
        tickets_due_ = static_cast<std::uint8_t>(tickets_due_ - found.due);
        if (found.key_update && !asked && ++key_updates_ > max_key_updates_in_a_row) return errc::too_many_key_updates;
        // One of authentication counts when it is passed: until then it may be come upon again.
        const std::uint32_t more = found.count + (found.late.empty() ? 0 : 1);
        if (more > max_post_handshake_messages - messages_) return errc::too_many_messages;
        messages_ = static_cast<std::uint8_t>(messages_ + found.count);
        return errc::none;
    }

    step handle(mutable_bytes tickets, const post_handshake_messages& found, std::size_t consumed,
                mailbox& notes) noexcept {
        assembled_ = begun_ = 0;
        // Section 5.1: nothing may follow a KeyUpdate in its record.
        const auto aligned = aligned_proof::of(found.rest);
        if (!aligned) return fail(errc::key_change_unaligned, notes, consumed);
        records.last().messages =
            (found.key_update ? std::uint32_t{1} << static_cast<unsigned>(handshake_type::key_update) : 0) |
            (tickets.empty() ? 0 : std::uint32_t{1} << static_cast<unsigned>(handshake_type::new_session_ticket));
        if (found.key_update) {
            records.update_keys(*aligned, *suite_);
            notes.clear(mailbox::update_outstanding);
            if (found.update_requested) notes.set(mailbox::key_update_owed);
        }
        if (tickets.empty()) return {what::key_updated, consumed};
        key_update_news_ = found.key_update;
        step result{what::ticket, consumed};
        result.data = tickets;
        return result;
    }

    static constexpr std::size_t max_assembled = max_handshake_message + max_fragment;

    const suite_info* suite_ = nullptr;
    mutable_bytes memory_;
    std::uint32_t assembled_ = 0;
    std::uint32_t begun_ = 0;    // where in them the message begins that is not whole
    std::uint32_t dropped_ = 0;  // bytes in front of them that are done with
    bytes_view late_;
    std::uint16_t passed_ = 0;  // bytes of the content of a record that are done with, while it is held
    std::uint8_t messages_ = 0, key_updates_ = 0;
    std::uint8_t tickets_due_ = 0;  // that the server has said it sends, and has not yet
    errc error_ = errc::none;
    alert_description alert_ = alert_description::close_notify;
    bool is_server_ = false, peer_closed_ = false, key_update_news_ = false;
    bool takes_key_updates_ = true;
    bool look_again_ = false;  // what has been put together may begin with a whole message
};

}  // namespace v1
}  // namespace spantls
