// The writing half: seals records, and sends what is owed before anything else (RFC 9846, sections 4.7.3, 5, 5.3, 6
// and 6.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/record/info.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/record/mailbox.hpp>
#include <spantls/record/padding.hpp>
#include <spantls/record/protection.hpp>

namespace spantls {
inline namespace v1 {

/// Counts what is written to the front of a span.
class output_cursor {
public:
    explicit output_cursor(mutable_bytes all) noexcept : all_(all) {}
    std::size_t room() const noexcept { return all_.size() - used_; }
    std::size_t used() const noexcept { return used_; }
    mutable_bytes rest() const noexcept { return all_.subspan(used_); }
    bytes_view written() const noexcept { return all_.first(used_); }
    void advance(std::size_t size) noexcept { used_ += size; }

private:
    mutable_bytes all_;
    std::size_t used_ = 0;
};

template <class P>
class sender {
public:
    sender() noexcept = default;

    bool encrypted() const noexcept { return protection_.active(); }
    bool closed() const noexcept { return closed_ || close_queued_; }
    const record_info& last() const noexcept { return last_; }
    /// What the keys in use come from.
    const traffic_secret<P>& secret() const noexcept { return secret_; }

    void set_limits(std::size_t record_size, std::uint64_t rekey_after, padding how = {}) noexcept {
        record_size_ = static_cast<std::uint16_t>(record_size);
        shape_ = record_shape(record_size, how);
        rekey_after_ = rekey_after;
    }
    /// The peer takes no protected record with more than `inner` bytes of content, content type and padding.
    void limit_protected(std::size_t inner) noexcept { shape_.limit(inner); }
    /// Nor one in the clear with more than `fragment` bytes.
    void limit_clear(std::size_t fragment) noexcept {
        if (fragment < record_size_) record_size_ = static_cast<std::uint16_t>(fragment);
    }
    /// The lengths of protected records.
    const record_shape& shape() const noexcept { return shape_; }

    void change_keys(const suite_info& suite, bytes_view secret) noexcept {
        protection_.install(suite, secret);
        limit_records();
        copy_bytes(secret, secret_.first(secret.size()));
    }
    /// From here on the keys are those of application data, and may be updated.
    void connected(const suite_info& suite) noexcept { suite_ = &suite; }

    /// Gives the keys away, and forgets them. Nothing is owed.
    void export_to(direction_state<P>& to, std::uint64_t& key_updates) noexcept {
        to.sequence = protection_.sequence();
        to.limit = shape_.limit();
        to.closed = closed_;
        to.secret = static_cast<traffic_secret<P>&&>(secret_);
        key_updates = max_key_updates - key_updates_left_;
        clear();
    }
    /// Goes on with them; set_limits() has been called.
    void import_from(direction_state<P>& from, std::uint64_t key_updates, const suite_info& suite) noexcept {
        limit_protected(from.limit);
        closed_ = from.closed;
        key_updates_left_ = max_key_updates - key_updates;
        connected(suite);
        if (closed_) return;
        protection_.install(suite, from.secret.first(digest_size(suite.hash)), from.sequence);
        limit_records();
        secret_ = static_cast<traffic_secret<P>&&>(from.secret);
    }
    /// How many updates may still be sent. Tests lower it: nobody waits for max_key_updates.
    void limit_key_updates(std::uint64_t left) noexcept { key_updates_left_ = left; }

    /// Section 4.7.3: whether a KeyUpdate may still be sent.
    bool may_update_keys() const noexcept { return key_updates_left_ != 0; }

    void queue_update(bool request_peer) noexcept {
        update_queued_ = true;
        request_queued_ = request_queued_ || request_peer;
    }
    void queue_close() noexcept { close_queued_ = true; }

    bool owes(const mailbox& notes) const noexcept {
        if (closed_) return false;
        const mailbox::snapshot now = notes.read();
        if (now.has(mailbox::dead)) return now.owed_alert().has_value();
        return close_queued_ || update_owed(notes);
    }

    /// The content of the largest record that fits in `room` bytes, of `wanted`; 0 when not even one byte does.
    std::size_t fragment(std::size_t room, std::size_t wanted) const noexcept {
        if (encrypted()) return shape_.fit(room, wanted);
        if (room <= record_header_size) return 0;
        const std::size_t most = room - record_header_size < record_size_ ? room - record_header_size : record_size_;
        return wanted < most ? wanted : most;
    }

    /// Writes one record. `text` stands at its place in `out` already, or elsewhere. There is room.
    void write(output_cursor& out, content_type type, bytes_view text, std::uint32_t messages = 0,
               protocol_version version = protocol_version::tls_1_2) noexcept {
        std::uint8_t* const at = out.rest().data();
        std::size_t size = text.size() + record_header_size;
        if (encrypted()) {
            const std::size_t zeros = shape_.zeros(text.size());
            protection_.seal(text, type, zeros, at);
            size = text.size() + zeros + record_overhead;
        } else {
            protection<P>::write_header(type, text.size(), at);
            store_be(at + 1, static_cast<std::uint16_t>(version), 2);
            if (text.data() != at + record_header_size) copy_bytes(text, out.rest().subspan(record_header_size));
        }
        last_ = {type,     encrypted(), static_cast<std::uint16_t>(size), static_cast<std::uint16_t>(text.size()),
                 messages, {}};
        out.advance(size);
    }

    /// The record of the compatibility mode: never protected. There is room for its 6 bytes.
    void write_change_cipher_spec(output_cursor& out) noexcept {
        std::uint8_t* const at = out.rest().data();
        protection<P>::write_header(content_type::change_cipher_spec, 1, at);
        at[record_header_size] = 1;
        last_ = {content_type::change_cipher_spec, false, 6, 1, 0, {}};
        out.advance(6);
    }

    /// Alert, key update, close_notify, in this order, as far as there is room. too_small when something stays owed.
    errc write_owed(output_cursor& out, mailbox& notes) noexcept {
        if (closed_) return errc::none;
        // One look: an alert that the reader leaves between two of them would be taken for a death without one.
        const mailbox::snapshot now = notes.read();
        if (const auto alert = now.owed_alert()) return write_alert(out, notes, *alert);
        if (now.has(mailbox::dead)) {
            stop(notes);
            return errc::none;
        }
        while (update_owed(notes)) {
            if (const errc error = write_key_update(out, notes); error != errc::none) return error;
        }
        if (!close_queued_) return errc::none;
        if (out.room() < length_of(2)) return errc::too_small;
        write_one_alert(out, alert_description::close_notify);
        stop(notes);
        return errc::none;
    }

    /// Seals as much of `data` as there is room for, and returns how much that was; updates the key when it is due.
    std::size_t write_data(output_cursor& out, bytes_view data, mailbox& notes) noexcept {
        std::size_t done = 0;
        while (done < data.size()) {
            if (update_due()) {
                update_queued_ = true;
                if (key_updates_left_ == 0 || write_key_update(out, notes) != errc::none) break;
            }
            const std::size_t size = fragment(out.room(), data.size() - done);
            if (size == 0) break;
            write(out, content_type::application_data, data.subspan(done, size));
            done += size;
        }
        if (done != 0) notes.set_once(mailbox::data_sent);
        return done;
    }

    /// The same under the keys of early data, which do not change: at their limit it stops (section 5.5). `room` is
    /// what is left for data with its padding; 0 when the next record is too much.
    std::size_t write_early_data(output_cursor& out, bytes_view data, std::size_t& room) noexcept {
        std::size_t done = 0;
        while (done < data.size() && !at_key_limit()) {
            const std::size_t size = fragment(out.room(), data.size() - done);
            if (size == 0) break;
            const std::size_t padded = size + shape_.zeros(size);
            if (padded > room) {
                room = 0;
                break;
            }
            room -= padded;
            write(out, content_type::application_data, data.subspan(done, size));
            done += size;
        }
        return done;
    }
    /// Section 5.5: no more than a KeyUpdate, or with early data nothing, may be protected with this key.
    bool at_key_limit() const noexcept { return protection_.records_left() <= 1; }

    /// Seals `data`, which stands in the unused `out` behind the place of the header, in one record. `begun`: before a
    /// key update or a close_notify that is owed. Others may have used the key up meanwhile, and nothing can leave
    /// before what has been begun: so one such record, once, is one more than the limit says.
    errc write_in_place(output_cursor& out, bytes_view data, mailbox& notes, bool begun = false) noexcept {
        if (exhausted()) return errc::no_more_keys;
        const bool due = update_due();
        if (due) update_queued_ = true;
        if (begun ? due && begun_over_ : owes(notes)) return errc::output_owed;
        if (data.size() > shape_.most()) return errc::bad_argument;
        if (shape_.sealed(data.size()) > out.room()) return errc::too_small;
        write(out, content_type::application_data, data);
        notes.set_once(mailbox::data_sent);
        if (!begun) return errc::none;
        begun_over_ = due;
        // So that the update leaves before the next is begun.
        if (update_due()) update_queued_ = true;
        return errc::none;
    }

    /// A record of application data without any (section 5.4).
    errc write_cover(output_cursor& out, mailbox& notes) noexcept {
        const bool update_first = update_due();
        if (update_first && key_updates_left_ == 0) return errc::no_more_keys;
        if (out.room() < shape_.sealed(0) + (update_first ? length_of(key_update_size) : 0)) return errc::too_small;
        if (update_first) (void)write_key_update(out, notes);
        write(out, content_type::application_data, {});
        return errc::none;
    }

    /// Writes one handshake message that lies in pieces, in as many records as it takes; all of it or nothing.
    template <std::size_t N>
    errc write_message(output_cursor& out, const std::array<bytes_view, N>& pieces, mailbox& notes) noexcept {
        std::size_t size = 0;
        for (const bytes_view piece : pieces) size += piece.size();
        const std::size_t most = shape_.most(), records = (size + most - 1) / most;
        // A key does not change inside a message.
        if (records >= rekey_after_) return errc::bad_argument;
        const bool update_first = update_due(records);
        if (update_first && key_updates_left_ == 0) return errc::no_more_keys;
        if (out.room() < shape_.sealed_all(size) + (update_first ? length_of(key_update_size) : 0))
            return errc::too_small;
        if (update_first) (void)write_key_update(out, notes);
        const std::uint32_t type = std::uint32_t{1} << (pieces[0][0] & 31);
        for (std::size_t piece = 0, taken = 0; size != 0;) {
            const mutable_bytes text = out.rest().subspan(record_header_size, size < most ? size : most);
            for (std::size_t filled = 0; filled < text.size();) {
                const bytes_view rest = pieces[piece].subspan(taken);
                const std::size_t count = rest.size() < text.size() - filled ? rest.size() : text.size() - filled;
                copy_bytes(rest.first(count), text.subspan(filled));
                filled += count;
                taken += count;
                if (taken == pieces[piece].size()) ++piece, taken = 0;
            }
            write(out, content_type::handshake, text, type);
            size -= text.size();
        }
        return errc::none;
    }

    /// A flight of so many bytes is being composed, which no KeyUpdate may come into: there are records for it under
    /// this key or, when the key has to change before it, the next. A small output may cut it into a record for each
    /// byte. It may be longer than all that config.rekey_after allows: then it has a key for itself. 0: it has left.
    void reserve(std::size_t size) noexcept {
        const std::uint64_t most = protection_.limit() < UINT16_MAX ? protection_.limit() : UINT16_MAX;
        const auto records = static_cast<std::uint16_t>(size + 2 < most ? size : most > 2 ? most - 2 : 0);
        if (size == 0)
            reservation_ = reservation::none;
        else if (reservation_ == reservation::none || records != reserved_)
            reservation_ = reservation::made;
        reserved_ = records;
    }
    /// Section 5.5: whether a KeyUpdate has to come before `records` more of them and what is reserved.
    bool update_due(std::uint64_t records = 1) const noexcept {
        return protection_.records_left() <= records + (key_updates_left_ != 0 ? reserved_ : 0);
    }
    /// Whether it has to before what is reserved. Once is enough: what is sent meanwhile leaves the records for it.
    bool update_due_before_reserved() const noexcept {
        return reservation_ != reservation::under_new_key && update_due();
    }
    /// As write_owed(), where the key has to change before a flight of so many bytes that is composed already.
    errc update_before(output_cursor& out, std::size_t size, mailbox& notes) noexcept {
        reserve(size);
        const bool first = key_updates_left_ != 0 && update_due();
        reserve(0);
        return first ? write_key_update(out, notes) : errc::none;
    }

    /// Nothing more can be sent, because the limits of the key are reached and it cannot change any more.
    bool exhausted() const noexcept { return key_updates_left_ == 0 && protection_.records_left() <= 1; }

    void clear() noexcept {
        protection_.clear();
        secret_.clear();
    }

private:
    static constexpr std::size_t key_update_size = 5;

    /// A record with so much content, on the wire.
    std::size_t length_of(std::size_t content) const noexcept {
        return encrypted() ? shape_.sealed(content) : content + record_header_size;
    }

    /// One record of what the cipher allows is kept for what has been begun (section 5.5).
    void limit_records() noexcept {
        const std::uint64_t all = protection_.limit(), most = all > 2 ? all - 1 : all;
        protection_.limit_records(rekey_after_ < most ? rekey_after_ : most);
    }

    bool update_owed(const mailbox& notes) const noexcept {
        return suite_ != nullptr && key_updates_left_ != 0 && (update_queued_ || notes.has(mailbox::key_update_owed));
    }

    // Section 4.7.3: one KeyUpdate answers all requests that came before it.
    errc write_key_update(output_cursor& out, mailbox& notes) noexcept {
        if (out.room() < length_of(key_update_size)) return errc::too_small;
        // An answer is update_not_requested; a request that waits goes out behind it.
        const bool answer = notes.has(mailbox::key_update_owed);
        const bool request = request_queued_ && !answer && !notes.has(mailbox::update_outstanding);
        if (request) notes.set(mailbox::update_outstanding);
        if (answer) notes.clear(mailbox::key_update_owed);
        const std::array<std::uint8_t, key_update_size> message{static_cast<std::uint8_t>(handshake_type::key_update),
                                                                0, 0, 1, static_cast<std::uint8_t>(request ? 1 : 0)};
        write(out, content_type::handshake, message,
              std::uint32_t{1} << static_cast<unsigned>(handshake_type::key_update));
        update_traffic_secret<P>(suite_->hash, secret_);
        protection_.install(*suite_, secret_.first(digest_size(suite_->hash)));
        limit_records();
        begun_over_ = false;
        if (reservation_ == reservation::made) reservation_ = reservation::under_new_key;
        --key_updates_left_;
        request_queued_ = request_queued_ && answer;
        update_queued_ = request_queued_;
        return errc::none;
    }

    errc write_alert(output_cursor& out, mailbox& notes, alert_description alert) noexcept {
        if (out.room() < length_of(2)) return errc::too_small;
        write_one_alert(out, alert);
        if (alert == alert_description::user_canceled) {
            // Section 6.1: it is followed by close_notify.
            notes.owe_behind(alert, alert_description::close_notify);
            return write_alert(out, notes, alert_description::close_notify);
        }
        notes.clear(mailbox::alert_owed);
        stop(notes);
        return errc::none;
    }

    void write_one_alert(output_cursor& out, alert_description alert) noexcept {
        const bool closure = alert == alert_description::close_notify || alert == alert_description::user_canceled;
        const std::array<std::uint8_t, 2> content{static_cast<std::uint8_t>(closure ? 1 : 2),
                                                  static_cast<std::uint8_t>(alert)};
        write(out, content_type::alert, content);
        last_.alert = alert;
    }

    void stop(mailbox& notes) noexcept {
        closed_ = true;
        notes.set(mailbox::write_closed);
        clear();
    }

    protection<P> protection_;
    traffic_secret<P> secret_;
    const suite_info* suite_ = nullptr;
    std::uint64_t key_updates_left_ = max_key_updates;
    std::uint64_t rekey_after_ = UINT64_MAX;
    record_info last_;
    std::uint16_t record_size_ = max_fragment;  // of records in the clear
    record_shape shape_;
    std::uint16_t reserved_ = 0;  // records
    bool update_queued_ = false, request_queued_ = false;
    bool close_queued_ = false, closed_ = false;
    bool begun_over_ = false;  // the one record beyond the limit has been used
    enum class reservation : std::uint8_t { none, made, under_new_key } reservation_ = reservation::none;
};

}  // namespace v1
}  // namespace spantls
