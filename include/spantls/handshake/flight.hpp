// What is owed to the peer in the handshake, by epoch, without knowing what carries it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/handshake/arena.hpp>
#include <spantls/handshake/identity.hpp>
#include <spantls/message/handshake.hpp>

namespace spantls {
inline namespace v1 {

/// Which keys protect something: none, those of early data, of the handshake, of application data.
enum class epoch : std::uint8_t { initial, early, handshake, application };

/// A part of a flight that goes out in one way.
struct flight_run {
    epoch keys;
    bool change_cipher_spec;  // the compatibility record, which is no handshake message
    std::uint32_t size;
};

/// Handshake messages in the order in which they leave. Their bytes are in the arena's output, but for the certificate
/// chain, which stays where the caller keeps it.
class flight {
public:
    /// Writes a message behind the others and returns its bytes; empty, and nothing done, when the arena has no room.
    template <class Body>
    bytes_view append(arena& memory, epoch keys, handshake_type type, Body body, std::size_t extra = 0) noexcept {
        writer out(memory.output_room());
        write_message(
            out, type, [&] { body(out); }, extra);
        if (out.overflowed()) return {};
        const bytes_view message = out.written();
        memory.grow_output(message.size());
        extend(keys, message.size() + extra);
        own_size_ += static_cast<std::uint32_t>(message.size());
        return message;
    }

    /// The certificate_list of the message that was just appended with pieces.size() as `extra`.
    void append_chain(const certificate_pieces& pieces) noexcept {
        chain_ = pieces;
        chain_at_ = own_size_;
    }

    void append_change_cipher_spec() noexcept { runs_[run_count_++] = {epoch::initial, true, 0}; }

    /// Nothing more belongs to it: it may leave.
    void complete() noexcept { complete_ = true; }

    bool pending() const noexcept { return complete_ && run_ < run_count_; }
    const flight_run& run() const noexcept { return runs_[run_]; }
    /// Nothing of it has left, and it goes out as application data does: that may still go before it.
    bool may_wait() const noexcept { return position_ == 0 && run_ == 0 && runs_[0].keys == epoch::application; }
    /// Whether what leaves next is the beginning of a message.
    bool between_messages() const noexcept { return position_ == next_message_; }
    /// Bytes of all its messages.
    std::size_t size() const noexcept {
        std::size_t all = 0;
        for (const flight_run& run : runs_) all += run.size;
        return all;
    }
    /// Bytes of the current run that have not left yet.
    std::size_t remaining() const noexcept { return run().size - taken_; }

    /// Copies the next to.size() bytes, at most remaining(), and returns the types of the messages of which a part is
    /// among them, as bits (1 << type).
    std::uint32_t take(const arena& memory, mutable_bytes to) noexcept {
        const std::uint32_t begin = position_;
        copy(memory, begin, to);
        position_ += static_cast<std::uint32_t>(to.size());
        taken_ += static_cast<std::uint32_t>(to.size());
        std::uint32_t types = next_message_ > begin ? last_type_ : 0;
        while (next_message_ < position_) {
            std::array<std::uint8_t, handshake_header_size> header;
            copy(memory, next_message_, header);
            last_type_ = std::uint32_t{1} << (header[0] & 31);
            types |= last_type_;
            next_message_ += static_cast<std::uint32_t>(message_size(header));
        }
        if (remaining() == 0) next_run();
        return types;
    }

    /// The change_cipher_spec of the current run has left.
    void take_change_cipher_spec() noexcept { next_run(); }

    void clear() noexcept { *this = flight{}; }

private:
    // Section 5.1: what goes out under one key is a run of its own, so that a key change is the end of a record.
    void extend(epoch keys, std::size_t size) noexcept {
        const bool goes_on =
            run_count_ > 0 && !runs_[run_count_ - 1].change_cipher_spec && runs_[run_count_ - 1].keys == keys;
        if (!goes_on) runs_[run_count_++] = {keys, false, 0};
        runs_[run_count_ - 1].size += static_cast<std::uint32_t>(size);
    }

    void next_run() noexcept {
        ++run_;
        taken_ = 0;
    }

    // The stream is: own bytes up to chain_at_, the chain, the rest of the own bytes.
    void copy(const arena& memory, std::uint32_t from, mutable_bytes to) const noexcept {
        copy_part(memory.output().first(chain_at_), from, to);
        std::uint32_t begin = chain_at_;
        chain_.each([&](bytes_view piece) {
            copy_part(piece, from, to, begin);
            begin += static_cast<std::uint32_t>(piece.size());
        });
        copy_part(memory.output().subspan(chain_at_), from, to, begin);
    }

    // Copies the part of `piece`, which stands at `at` in the stream, that lies in [from, from + to.size()).
    static void copy_part(bytes_view piece, std::uint32_t from, mutable_bytes to, std::uint32_t at = 0) noexcept {
        const std::size_t end = from + to.size();
        if (at >= end || at + piece.size() <= from) return;
        const std::size_t skip = from > at ? from - at : 0;
        const std::size_t offset = at > from ? at - from : 0;
        const std::size_t left = piece.size() - skip;
        const std::size_t room = to.size() - offset;
        copy_bytes(piece.subspan(skip, left < room ? left : room), to.subspan(offset));
    }

    std::array<flight_run, 4> runs_{};
    certificate_pieces chain_;
    std::uint32_t chain_at_ = 0;
    std::uint32_t own_size_ = 0;
    std::uint32_t position_ = 0, taken_ = 0;
    std::uint32_t next_message_ = 0, last_type_ = 0;
    std::uint8_t run_count_ = 0, run_ = 0;
    bool complete_ = false;
};

}  // namespace v1
}  // namespace spantls
