// The driver for an event loop of any kind: epoll, io_uring, libuv, Asio. It does no I/O, it only says what it wants.
//
//   full_duplex io(tls, input, output);
//   if (can_read && io.wants().read)   n = recv(fd, io.space()), io.received(n);      // or io.end_of_input()
//   if (can_write && io.wants().write) n = send(fd, io.pending()), io.sent(n);
//   for (auto step = io.next(); step; step = io.next()) ...                           // questions, data, ...
//   if (!io.wants()) close(fd);                                                       // it is over
#pragma once

#include <cstddef>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/drivers/input_buffer.hpp>
#include <spantls/drivers/output_queue.hpp>
#include <spantls/handshake/post_handshake.hpp>
#include <spantls/step.hpp>

namespace spantls {
inline namespace v1 {

/// What a connection is waiting for. There is always something, until it is over.
struct wants {
    bool read = false;       ///< bytes from the peer; there is room for them
    bool write = false;      ///< pending() to be sent
    bool next = false;       ///< next() to be called: it may have a step
    bool answer = false;     ///< an answer to the question that the last step asked
    bool workspace = false;  ///< lend_workspace() as large as the last step said, then next()
    bool close = false;      ///< the peer has closed and all is sent: send more, or call close()

    constexpr bool any() const noexcept { return read || write || next || answer || workspace || close; }
    constexpr explicit operator bool() const noexcept { return any(); }
};

/// Drives a client or a server. Answers and commands go to the connection itself; whatever they bring about, the next
/// wants(), pending() and next() know of.
///
/// Backpressure, towards us: as long as next() is not called, input fills up, and wants().read ends. Towards the peer:
/// send() takes no more than the output has room for.
///
/// An input buffer of max_record bytes does for every peer: with less, a record that is too long ends the connection
/// with errc::too_small. The output buffer has smallest_output() bytes or more. Larger ones mean fewer system calls.
template <class Connection>
class full_duplex {
public:
    full_duplex(Connection& connection, mutable_bytes lent_input, mutable_bytes lent_output) noexcept
        : tls_(connection), input_(lent_input), output_(lent_output) {
        if (lent_input.empty() || lent_output.size() < connection.smallest_output()) give_up();
    }

    // Bytes in

    /// Where to read to; empty unless wants().read. It may move bytes that have arrived: not to be called while a read
    /// into it is under way.
    mutable_bytes space() noexcept { return input_.space(); }
    /// `count` bytes of it have been read. What cannot be, such as the -1 of a read that failed, changes nothing.
    void received(std::size_t count) noexcept { again_ = input_.received(count) || again_; }
    /// The transport has ended. What has arrived before is dealt with first.
    void end_of_input() noexcept { ended_ = again_ = true; }

    /// The next step, if there is one. It shows its data until next() is called again. A question comes once; nothing
    /// comes after it before it is answered. Of the steps that need nothing from you, none is shown.
    std::optional<step> next() noexcept {
        again_ = false;
        if (asked() && !asking()) told_ = what::progress;
        while (!finished() && !asked()) {
            pump();
            const mutable_bytes unread = input_.unread();
            step step = tls_.receive(unread);
            input_.consume(step.consumed);
            // What was lent did: the connection has got past the request.
            if (told_ == what::need_workspace && !told_before(step)) told_ = what::progress;
            if (step.what == what::progress) continue;
            // It may have come to be owed in this very call.
            if (step.what == what::output_waiting) {
                const std::size_t before = output_.pending().size();
                pump();
                if (output_.pending().size() != before) continue;
            }
            // When the handshake is done, output_waiting means that there is no input, besides.
            if (step.what == what::need_input || (step.what == what::output_waiting && tls_.connected())) {
                if (ended_) {
                    step = tls_.end_of_input();
                } else if (unread.size() == input_.capacity()) {
                    give_up();
                    continue;
                }
            }
            if (step.what == what::need_input || step.what == what::output_waiting || told_before(step)) break;
            return tell(step);
        }
        return std::nullopt;
    }

    // Bytes out

    /// What to write; empty unless wants().write. It stays where it is until sent() has counted it off.
    bytes_view pending() noexcept {
        pump();
        return output_.pending();
    }
    /// As received().
    void sent(std::size_t count) noexcept { again_ = output_.sent(count) || again_; }

    /// Takes as much of `data` as there is room for: `consumed` bytes of it. errc::too_small when that is nothing;
    /// there is room when pending() has been sent. What a step shows may be given: it lies in the input.
    output send(bytes_view data) noexcept {
        const std::size_t room = output_.space().size();
        // No crumbs: records of a few bytes cost as much as long ones.
        const bool crumbs = room < tls_.sealed_size(data.size()) && room < output_.capacity() / 4;
        if (crumbs && tls_.connected() && !output_.empty()) return {{}, 0, errc::too_small};
        return queue(tls_.send(data, output_.space()));
    }
    /// As connection::send_cover().
    output send_cover() noexcept { return queue(tls_.send_cover(output_.space())); }
    /// As connection::send_ticket().
    output send_ticket(const new_session_ticket& ticket) noexcept
        requires(Connection::is_server)
    {
        return queue(tls_.send_ticket(ticket, output_.space()));
    }

    /// What has to happen next; nothing when the connection is over and all is sent.
    spantls::v1::wants wants() noexcept {
        spantls::v1::wants now;
        now.write = !pending().empty();
        if (finished()) return now;
        now.answer = asking();
        now.workspace = told_ == what::need_workspace && tls_.error() == errc::none;
        if (now.answer || now.workspace) return now;
        now.next = again_ || asked() || tls_.error() != errc::none;
        now.read = !ended_ && told_ != what::peer_closed && input_.has_space();
        now.close = told_ == what::peer_closed && !now.next && !now.write;
        return now;
    }

private:
    using state = decltype(std::declval<const Connection&>().handshake_state());

    bool finished() const noexcept { return told_ == what::closed || told_ == what::failed; }
    /// The last step was a question, and still is one.
    bool asked() const noexcept { return asks(told_); }
    bool asking() const noexcept {
        return asked() && tls_.error() == errc::none && tls_.handshake_state() == asked_in_;
    }

    bool told_before(const step& step) const noexcept {
        if (step.what == what::need_workspace) return told_ == step.what && told_missing_ == step.missing;
        return step.what == what::peer_closed && told_ == step.what;
    }
    step tell(step step) noexcept {
        told_ = step.what;
        told_missing_ = step.missing;
        asked_in_ = tls_.handshake_state();
        if (step.what == what::failed && no_room_) step.error = errc::too_small;
        again_ = !finished();
        return step;
    }

    void give_up() noexcept {
        no_room_ = true;
        tls_.abort();
    }
    /// Moves what the connection owes to the output.
    void pump() noexcept {
        while (!queue(tls_.transmit(output_.space())).empty()) {
        }
    }
    output queue(output written) noexcept {
        output_.added(written.records.size());
        return written;
    }

    Connection& tls_;
    input_buffer input_;
    output_queue output_;
    what told_ = what::progress;  // the last step that was returned
    std::size_t told_missing_ = 0;
    state asked_in_{};
    bool again_ = true;
    bool ended_ = false;
    bool no_room_ = false;
};

}  // namespace v1
}  // namespace spantls
