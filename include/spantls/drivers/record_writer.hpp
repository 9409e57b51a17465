// Fills records in place, for many small writes out of little memory: bytes go straight to where they are sealed, and a
// record leaves when it is full, or when it has to.
//
//   record_writer out(tls, buffer);                          // of padding::constant(1024): 1024 bytes
//   out.write(a, send); out.write(b, send);                  // bool send(bytes_view record)
//   out.flush(send);                                         // what is left, padded as the connection pads
//
// Without a sink write() and flush() hand out each record as it is ready, as connection::send() does.
#pragma once

#include <concepts>
#include <cstddef>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/drivers/stream.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/step.hpp>

namespace spantls {
inline namespace v1 {

/// Takes whole records to be sent, one after the other; false when it has failed.
template <class S>
concept record_sink = requires(S& sink, bytes_view records) {
    { sink(records) } -> std::convertible_to<bool>;
};

/// Writes application data over a client or a server that is connected, or over the writer_half of one that was split.
///
/// Everything that is owed (alerts, key updates, close_notify) goes through it too. What was written before it came to
/// be owed leaves before it, and what is written later behind it (section 4.7.3, but for what had been written): so a
/// key change ends the record that is being filled, when more is written. When nothing is, call flush() after
/// update_keys(), close() and whatever receive() has brought about (owes_output()).
template <class Writer>
class record_writer {
public:
    /// The buffer has smallest_output() bytes or more; what is beyond a record of the largest size is not used.
    record_writer(Writer& to, mutable_bytes lent) noexcept : tls_(to), buffer_(lent) {}

    /// Bytes that are in the buffer and not sealed yet.
    std::size_t waiting() const noexcept { return filled_; }

    /// Takes `consumed` bytes of `data`. `records`, if any, are to be sent before the next call, which uses the buffer
    /// again; then go on with the rest of the data.
    output write(bytes_view data) noexcept {
        // Section 4.7.3: a KeyUpdate that the peer has asked for goes before the next data.
        if (filled_ != 0 && tls_.owes_output())
            if (const output begun = seal(); begun.error != errc::output_owed) return begun;
        if (filled_ == 0) {
            const output owed = tls_.send({}, buffer_);
            if (!owed.empty() || owed.error != errc::none) return owed;
        }
        // There is one for a connection that can send, and a byte of room.
        const std::size_t most = tls_.record_room(buffer_.size());
        if (most == 0) return {{}, 0, errc::too_small};
        const std::size_t count = data.size() < most - filled_ ? data.size() : most - filled_;
        copy_bytes(data.first(count), buffer_.subspan(record_header_size + filled_));
        filled_ += count;
        if (filled_ != most) return {{}, count, errc::none};
        output full = seal();
        // What is refused is not written: these bytes stay the caller's.
        if (filled_ != 0) filled_ -= count;
        full.consumed = full.error == errc::none ? count : 0;
        return full;
    }

    /// Seals what waits, then hands out what is owed: to be called until it is empty.
    output flush() noexcept { return filled_ != 0 ? seal() : tls_.transmit(buffer_); }

    /// After flush(): a record without data, for cover.
    output cover() noexcept { return filled_ != 0 ? output{{}, 0, errc::output_owed} : tls_.send_cover(buffer_); }

    /// All of `data`, through `sink`.
    template <record_sink Sink>
    io_status write(bytes_view data, Sink&& sink) {
        while (!data.empty()) {
            const output out = write(data);
            data = data.subspan(out.consumed);
            if (!out.empty() && !sink(out.records)) return {errc::none, true};
            if (out.error != errc::none) return {out.error};
        }
        return {};
    }
    /// All that waits and all that is owed, through `sink`.
    template <record_sink Sink>
    io_status flush(Sink&& sink) {
        for (;;) {
            const output out = flush();
            if (!out.empty() && !sink(out.records)) return {errc::none, true};
            if (out.error != errc::none) return {out.error};
            if (out.empty()) return {};
        }
    }

private:
    output seal() noexcept {
        output sealed = tls_.send_begun(buffer_.subspan(record_header_size, filled_), buffer_);
        sealed.consumed = 0;
        // What waits for a connection that has ended waits for nothing; but that may owe an alert.
        const bool ended = sealed.error == errc::connection_failed || sealed.error == errc::write_closed;
        if (ended) sealed.records = tls_.transmit(buffer_).records;
        if (ended || sealed.error == errc::none) filled_ = 0;
        return sealed;
    }

    Writer& tls_;
    mutable_bytes buffer_;
    std::size_t filled_ = 0;
};

}  // namespace v1
}  // namespace spantls
