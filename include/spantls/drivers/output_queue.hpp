// Bytes on their way out, in memory that the caller lends.
#pragma once

#include <cstddef>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {

/// A ring whose writes are never split. Nothing in it moves: a write of pending() may be under way while more is added.
class output_queue {
public:
    constexpr explicit output_queue(mutable_bytes memory) noexcept : memory_(memory) {}

    std::size_t capacity() const noexcept { return memory_.size(); }
    bool empty() const noexcept { return begin_ == end_; }

    /// What to send next; when it has gone, there may be more.
    bytes_view pending() const noexcept { return memory_.subspan(begin_, end_ - begin_); }
    /// The first `count` bytes of pending() are gone; more than it has, as the -1 of a write that failed, are none.
    /// Whether there were some.
    bool sent(std::size_t count) noexcept {
        if (count > end_ - begin_) return false;
        begin_ += count;
        if (begin_ != end_) return count > 0;
        begin_ = 0;
        end_ = wrapped_;
        wrapped_ = 0;
        return count > 0;
    }

    /// Where the next bytes go: behind the others, or at the front when there is more room.
    mutable_bytes space() const noexcept {
        const std::size_t behind = memory_.size() - end_;
        if (wrapped_ > 0 || behind < begin_) return memory_.subspan(wrapped_, begin_ - wrapped_);
        return memory_.subspan(end_);
    }
    /// `count` bytes have been written to the front of space().
    void added(std::size_t count) noexcept {
        if (wrapped_ > 0 || memory_.size() - end_ < begin_)
            wrapped_ += count;
        else
            end_ += count;
    }

private:
    mutable_bytes memory_;
    std::size_t begin_ = 0, end_ = 0;  // pending
    std::size_t wrapped_ = 0;          // bytes at the front, to be sent after those
};

}  // namespace v1
}  // namespace spantls
