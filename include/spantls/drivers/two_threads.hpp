// A connection on two threads, one that reads and one that writes, each over its direction of a blocking stream. There
// is no lock: what reading makes necessary to write (the answer to a key update, an alert) is a note to the writer, and
// `wake` is how the caller's writer gets up for it.
//
//   auto [reader, writer] = tls.split();                     // when the handshake is done and its output is sent
//   threaded_writer out(writer, socket, outbuf);             // for one thread: out.write(..), out.flush() when woken
//   threaded_reader in(reader, socket, inbuf, [&] { ... });  // for another: while (auto text = in.read()) ...
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/drivers/input_buffer.hpp>
#include <spantls/drivers/stream.hpp>
#include <spantls/step.hpp>

namespace spantls {
inline namespace v1 {

/// The reading thread's side. `wake` is called on that thread, when the writer has something to flush.
template <class Half, blocking_stream Stream, std::invocable Wake>
class threaded_reader {
public:
    /// max_record bytes of buffer do; with more, a read from the stream brings several records.
    threaded_reader(Half half, Stream& over, mutable_bytes lent, Wake wake)
        : half_(half), stream_(over), input_(lent), wake_(wake) {}

    /// The next application data. Tickets and key updates pass; next() shows them.
    incoming read() {
        while (const auto step = next()) {
            switch (step->what) {
                case what::application_data: return {step->data, {}};
                case what::peer_closed:
                case what::closed: return {};
                case what::failed: return {{}, {step->error, false, step->alert}};
                case what::need_workspace: return {{}, {errc::workspace_too_small}};
                default: break;
            }
        }
        return {{}, status()};
    }

    /// Waits for the next step that means something. Nothing comes when the stream has failed; that may be tried again.
    std::optional<step> next() {
        for (;;) {
            const mutable_bytes unread = input_.unread();
            step step = half_.receive(unread);
            input_.consume(step.consumed);
            if (step.what == what::progress) continue;
            if (step.what == what::need_input) {
                const mutable_bytes space = input_.space();
                no_room_ = space.size() == 0;
                if (no_room_) return std::nullopt;
                const std::ptrdiff_t got = stream_.read(space);
                failed_ = got < 0 || static_cast<std::size_t>(got) > space.size();
                if (failed_) return std::nullopt;
                input_.received(static_cast<std::size_t>(got));
                if (got > 0) continue;
                step = half_.end_of_input();
            }
            // Only these leave notes; one that is still there from before may be on its way out, so it is told again.
            const bool may_owe =
                step.what == what::failed || step.what == what::key_updated || step.what == what::ticket;
            if (may_owe && half_.owes_output()) wake_();
            return step;
        }
    }

    /// For a ticket in pieces, which needs memory: next() has said how much. It stays lent until it is taken or the
    /// connection is destroyed, which wipes it.
    [[nodiscard]] errc lend_workspace(mutable_bytes memory) noexcept { return half_.lend_workspace(memory); }
    mutable_bytes take_workspace() noexcept { return half_.take_workspace(); }

    /// Why next() returned nothing; errc::too_small when a record is longer than the buffer.
    io_status status() const noexcept { return {no_room_ ? errc::too_small : errc::none, failed_}; }

private:
    Half half_;
    Stream& stream_;
    input_buffer input_;
    Wake wake_;
    bool failed_ = false, no_room_ = false;
};

/// The writing thread's side.
template <class Half, blocking_stream Stream>
class threaded_writer {
public:
    /// A buffer of smallest_output() bytes or more; with max_record, a write to the stream takes a whole record.
    threaded_writer(Half half, Stream& over, mutable_bytes lent) noexcept : half_(half), stream_(over), buffer_(lent) {}

    /// Sends all of `data`, and before it what is owed.
    io_status write(bytes_view data) {
        do {
            if (failed_) return {errc::none, true};
            const output out = half_.send(data, buffer_);
            data = data.subspan(out.consumed);
            failed_ = !write_all(stream_, out);
            if (!failed_ && out.error != errc::none) return {out.error};
        } while (!data.empty());
        return {errc::none, failed_};
    }
    /// Sends what is owed: when woken, and after a command.
    io_status flush() {
        while (!failed_) {
            const output out = half_.transmit(buffer_);
            if (out.error != errc::none) return {out.error};
            if (out.empty()) return {};
            failed_ = !write_all(stream_, out);
        }
        return {errc::none, true};
    }

    io_status update_keys(bool request_peer = false) {
        const errc error = half_.update_keys(request_peer);
        // Refused since the reader has found an error: then its alert is owed, and nobody else may be there to send it.
        io_status status = flush();
        if (error != errc::none) status.error = error;
        return status;
    }
    /// Says that nothing more will be sent; the reader goes on.
    io_status close() {
        half_.close();
        return flush();
    }
    /// Ends the connection with an alert: when the reader has no room for a record, say.
    io_status abort(alert_description alert = alert_description::internal_error) {
        half_.abort(alert);
        return flush();
    }

private:
    Half half_;
    Stream& stream_;
    mutable_bytes buffer_;
    bool failed_ = false;
};

}  // namespace v1
}  // namespace spantls
