// The half-duplex driver, for a device with a blocking stream and little memory: one buffer for both directions.
//
//   blocking io(tls, socket, buffer);
//   if (!io.handshake(trust)) ...
//   io.write(request);
//   while (auto text = io.read()) use(text);
//   io.close();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/drivers/answers.hpp>
#include <spantls/drivers/input_buffer.hpp>
#include <spantls/drivers/stream.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/step.hpp>

namespace spantls {
inline namespace v1 {

/// Drives a client or a server over `stream`. It reads one record at a time, exactly: 5 bytes, then what they announce.
/// So the stream can be handed on after any call, and the buffer is free for output whenever no record is in it.
///
/// max_record bytes of buffer do for every peer. With less, a record that is too long ends the connection with
/// errc::too_small. A ticket in pieces is put together in the workspace of the handshake: that stays lent as long as
/// the connection lives, unless take_workspace() has given it back.
template <class Connection, blocking_stream Stream>
class blocking {
public:
    blocking(Connection& connection, Stream& over, mutable_bytes lent) noexcept
        : tls_(connection), stream_(over), input_(lent) {}

    /// Goes on until the handshake is done. `who` is an answerer, or just a judge of peers.
    template <answerer Answers>
    io_status handshake(Answers&& who) {
        if (tls_.connected()) return flush();
        while (const auto step = next()) {
            switch (step->what) {
                case what::handshake_done: return flush();
                case what::failed: return {step->error, write_failed_, step->alert};
                case what::need_workspace: return {errc::workspace_too_small};
                case what::key_log:
                    if constexpr (requires { who.key_log(step->data); }) who.key_log(step->data);
                    break;
                case what::early_data_rejected:
                    // Whoever does not listen is told by early_data_accepted().
                    if constexpr (requires { who.early_data_rejected(step->rejected()); })
                        who.early_data_rejected(step->rejected());
                    break;
                case what::early_data:
                    if constexpr (requires { who.early_data(step->data); }) {
                        who.early_data(step->data);
                        break;
                    } else {
                        tls_.abort();
                        (void)flush();
                        return {errc::internal_error};
                    }
                default:
                    if (const errc error = answer(tls_, *step, who); error != errc::none) {
                        (void)flush();
                        return {error};
                    }
            }
        }
        return status();
    }
    template <judging Judge>
    requires(!answerer<Judge>) io_status handshake(Judge&& judge) { return handshake(answers<Judge&>(judge)); }
    template <judging Judge, class Own>
    io_status handshake(Judge&& judge, const Own& own) {
        return handshake(answers<Judge&, Own>(judge, own));
    }

    /// The next application data. Tickets and key updates pass; next() shows them.
    incoming read() {
        while (const auto step = next()) {
            switch (step->what) {
                case what::application_data: return {step->data, {}};
                case what::peer_closed:
                case what::closed: return {};
                case what::failed: return {{}, {step->error, write_failed_, step->alert}};
                case what::need_workspace: return {{}, {errc::workspace_too_small}};
                default:
                    if (step->is_question()) return {{}, {errc::not_connected}};
            }
        }
        return {{}, status()};
    }

    /// Sends all of `data`, which may be what read() has just returned.
    io_status write(bytes_view data) {
        if (no_room_ || write_failed_) return status();
        (void)input_.unread();
        do {
            const output out = seal(data);
            if (out.error == errc::output_owed) {
                if (const io_status sent = write_owed(); !sent) return sent;
                continue;
            }
            data = data.subspan(out.consumed);
            if (!write_out(out)) return status();
            if (out.error != errc::none) return {out.error};
        } while (!data.empty());
        return {};
    }

    /// Says that nothing more will be sent. What the peer still sends can be read until read() returns false.
    io_status close() {
        // When it has failed its alert may be owed, and nobody else may be there to send it.
        const errc error = tls_.close();
        io_status status = flush();
        if (error != errc::none) status.error = error;
        return status;
    }

    /// Sends what is owed; the other calls do so by themselves, before anything else.
    io_status flush() {
        if (no_room_ || write_failed_) return status();
        (void)input_.unread();
        for (;;) {
            const output out = tls_.transmit(input_.space());
            if (out.error != errc::none) return {out.error};
            if (out.empty()) return {};
            if (!write_out(out)) return status();
        }
    }

    /// What read() and handshake() are made of: waits for the next step that means something. Nothing comes when the
    /// stream has failed. A read that has failed may be tried again (a timeout, say). After a write that has failed
    /// nothing more is written, but what the peer has said before can still be read.
    std::optional<step> next() {
        while (!no_room_) {
            const io_status flushed = flush();
            if (missing_ > 0 && tls_.error() == errc::none) {
                if (const auto came = read_missing(); came != reading::done) return stopped(came);
            }
            const step step = tls_.receive(input_.unread());
            input_.consume(step.consumed);
            switch (step.what) {
                case what::progress: continue;
                case what::need_input: missing_ = step.missing; continue;
                case what::output_waiting:
                    if (flushed) continue;
                    no_room_ = flushed.error == errc::too_small;
                    return std::nullopt;
                case what::need_workspace:
                    if (lend_back(step.missing)) continue;
                    return step;
                case what::failed:
                    input_.clear();
                    (void)flush();
                    return step;
                default: return step;
            }
        }
        return std::nullopt;
    }

    /// Why next() returned nothing.
    io_status status() const noexcept {
        return {no_room_ ? errc::too_small : errc::none, read_failed_ || write_failed_};
    }

private:
    enum class reading { done, ended, failed, no_room };

    reading read_missing() {
        read_failed_ = false;
        while (missing_ > 0) {
            const mutable_bytes space = input_.space();
            if (space.size() < missing_) return reading::no_room;
            const std::ptrdiff_t got = stream_.read(space.first(missing_));
            if (got == 0) return reading::ended;
            if (got < 0 || static_cast<std::size_t>(got) > missing_) return reading::failed;
            input_.received(static_cast<std::size_t>(got));
            missing_ -= static_cast<std::size_t>(got);
        }
        return reading::done;
    }
    std::optional<step> stopped(reading why) {
        if (why == reading::ended) return tls_.end_of_input();
        read_failed_ = why == reading::failed;
        if (why == reading::no_room) {
            tls_.abort();
            input_.clear();
            (void)flush();
            no_room_ = true;
        }
        return std::nullopt;
    }

    /// `data` may lie in the buffer. Where read() left it, it is sealed in place, once nothing has to leave before it
    /// (errc::output_owed). Otherwise the records go where there is more room: before it or behind it.
    output seal(bytes_view data) noexcept {
        const mutable_bytes all = input_.space();
        const auto first = reinterpret_cast<std::uintptr_t>(all.data());
        const auto at = reinterpret_cast<std::uintptr_t>(data.data());
        if (data.empty() || at < first || at >= first + all.size()) return tls_.send(data, all);
        const std::size_t before = at - first;
        if (before == record_header_size)
            if (const output in_place = tls_.send(data, all);
                in_place.error == errc::none || in_place.error == errc::output_owed)
                return in_place;
        const mutable_bytes behind = all.subspan(before + data.size());
        return tls_.send(data, before > behind.size() ? all.first(before) : behind);
    }

    /// What has to leave before data for which there may be no room elsewhere in the buffer: the record that it came in
    /// may fill it.
    io_status write_owed() {
        std::array<std::uint8_t, min_output> small;
        for (;;) {
            const output out = tls_.transmit(small);
            if (out.error != errc::none) return {out.error};
            if (out.empty()) return {};
            if (!write_out(out)) return status();
        }
    }

    bool write_out(bytes_view records) {
        write_failed_ = write_failed_ || !write_all(stream_, records);
        return !write_failed_;
    }

    /// A ticket in pieces needs memory. That of the handshake does, unless it has been taken back.
    bool lend_back(std::size_t size) noexcept {
        if (!tls_.connected()) return false;
        const mutable_bytes memory = tls_.take_workspace();
        return tls_.lend_workspace(memory) == errc::none && memory.size() >= size;
    }

    Connection& tls_;
    Stream& stream_;
    input_buffer input_;
    std::size_t missing_ = 0;  // bytes that the record being read still lacks
    bool read_failed_ = false, write_failed_ = false;
    bool no_room_ = false;  // a record is longer than the buffer
};

}  // namespace v1
}  // namespace spantls
