// The part of the workspace in which handshake messages are put together: those that arrive, and those that leave.
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/message/handshake.hpp>

namespace spantls {
inline namespace v1 {

/// A place in the arena that stays valid when the workspace is replaced by a larger one.
struct arena_range {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};

/// Two blocks in one span: input (messages, of which the ones before the cursor are kept as long as somebody looks at
/// them) and output. Whichever is begun later stands behind the other.
class arena {
public:
    arena() noexcept = default;
    explicit arena(mutable_bytes memory) noexcept : memory_(memory) {}

    std::size_t capacity() const noexcept { return memory_.size(); }
    bytes_view at(arena_range range) const noexcept { return memory_.subspan(range.offset, range.size); }
    mutable_bytes mutable_at(arena_range range) noexcept { return memory_.subspan(range.offset, range.size); }
    arena_range range_of(bytes_view inside) const noexcept {
        if (inside.empty()) return {};
        return {static_cast<std::uint32_t>(inside.data() - memory_.data()), static_cast<std::uint32_t>(inside.size())};
    }

    // Input

    /// Bytes behind the cursor.
    bytes_view input() const noexcept { return memory_.subspan(input_next_, input_end_ - input_next_); }
    /// Whether nothing is left of a message that has begun: a key may change here.
    bool aligned() const noexcept { return input_next_ == input_end_; }

    /// Makes room for `size` more bytes of input, by moving what is not kept; false when there is none.
    bool reserve_input(std::size_t size) noexcept {
        if (input_begin_ == input_end_) place_empty_input();
        if (size <= input_room()) return true;
        if (input_begin_ != input_next_ || output_end_ > input_begin_) return false;
        move_input(output_end_);
        return size <= input_room();
    }
    /// Appends what reserve_input has made room for.
    void append_input(bytes_view bytes) noexcept {
        copy_bytes(bytes, memory_.subspan(input_end_, bytes.size()));
        input_end_ += static_cast<std::uint32_t>(bytes.size());
    }
    /// What the whole span would have to be for reserve_input(size) to succeed.
    std::size_t capacity_for_input(std::size_t size) const noexcept { return memory_.size() + size - input_room(); }
    /// Moves the cursor behind a message; the message stays where it is until release_input.
    void pass(std::size_t size) noexcept { input_next_ += static_cast<std::uint32_t>(size); }
    /// How many bytes insert_kept() and reserve_input() have room for behind the input.
    std::size_t input_room() const noexcept { return input_limit() - input_end_; }
    /// Inserts `size` bytes behind the last message before the cursor, which moves behind them, so that they are kept
    /// as that is. There has to be input_room().
    void insert_kept(std::size_t size) noexcept {
        const std::size_t behind = input_end_ - input_next_;
        if (behind != 0) std::memmove(memory_.data() + input_next_ + size, memory_.data() + input_next_, behind);
        input_next_ += static_cast<std::uint32_t>(size);
        input_end_ += static_cast<std::uint32_t>(size);
    }
    /// Nobody looks at the messages before the cursor any more. What is behind it moves to the front, so that there is
    /// room for the answer to it.
    void release_input() noexcept {
        input_begin_ = input_next_;
        if (output_begin_ == output_end_) move_input(0);
    }

    // Output

    /// Where output goes on.
    mutable_bytes output_room() const noexcept {
        const std::size_t begin = output_end_ != output_begin_ ? output_end_ : new_output_begin();
        // Input that was begun behind the output closes it.
        const std::size_t end = input_begin_ != input_end_ && input_begin_ >= begin ? input_begin_ : memory_.size();
        return memory_.subspan(begin, end - begin);
    }
    std::size_t room_behind_input() const noexcept { return memory_.size() - input_end_; }
    void grow_output(std::size_t size) noexcept {
        if (output_end_ == output_begin_) output_begin_ = output_end_ = static_cast<std::uint32_t>(new_output_begin());
        output_end_ += static_cast<std::uint32_t>(size);
    }
    bytes_view output() const noexcept { return memory_.subspan(output_begin_, output_end_ - output_begin_); }
    mutable_bytes mutable_output() noexcept { return memory_.subspan(output_begin_, output_end_ - output_begin_); }
    void release_output() noexcept { output_begin_ = output_end_ = 0; }
    /// Begins a new output behind the input. The old one is forgotten; its bytes stay until something else needs them.
    void restart_output() noexcept { output_begin_ = output_end_ = input_end_; }

    /// Goes on in larger memory, which begins with a copy of this one.
    void moved_to(mutable_bytes memory) noexcept { memory_ = memory; }
    mutable_bytes memory() const noexcept { return memory_; }

private:
    void move_input(std::uint32_t to) noexcept {
        const std::uint32_t length = input_end_ - input_begin_;
        if (length != 0) std::memmove(memory_.data() + to, memory_.data() + input_begin_, length);
        input_begin_ = input_next_ = to;
        input_end_ = to + length;
    }
    void place_empty_input() noexcept { input_begin_ = input_next_ = input_end_ = output_end_; }
    std::size_t new_output_begin() const noexcept { return input_begin_ == input_end_ ? 0 : input_end_; }
    std::size_t input_limit() const noexcept {
        return output_begin_ != output_end_ && output_begin_ >= input_end_ ? output_begin_ : memory_.size();
    }

    mutable_bytes memory_;
    std::uint32_t input_begin_ = 0, input_next_ = 0, input_end_ = 0;
    std::uint32_t output_begin_ = 0, output_end_ = 0;
};

}  // namespace v1
}  // namespace spantls
