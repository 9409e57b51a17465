// The bytes that have arrived and are not consumed yet, in memory that the caller lends.
#pragma once

#include <cstddef>
#include <cstring>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {

/// What was consumed stays where it is until the next unread(), since a step may show a part of it. Nothing moves but
/// in space(), and there only when there is no other way to make room.
class input_buffer {
public:
    constexpr explicit input_buffer(mutable_bytes memory) noexcept : memory_(memory) {}

    std::size_t capacity() const noexcept { return memory_.size(); }
    std::size_t size() const noexcept { return end_ - begin_ - held_; }

    /// The bytes to be looked at. Gives up those that were consumed before.
    mutable_bytes unread() noexcept {
        begin_ += held_;
        held_ = 0;
        if (begin_ == end_) begin_ = end_ = 0;
        return memory_.subspan(begin_, end_ - begin_);
    }
    /// The first `count` of unread() have been dealt with.
    void consume(std::size_t count) noexcept { held_ = count; }

    bool has_space() const noexcept { return end_ < memory_.size() || (held_ == 0 && begin_ > 0); }
    /// Where the next bytes go; empty when there is no room.
    mutable_bytes space() noexcept {
        if (end_ == memory_.size() && held_ == 0 && begin_ > 0) {
            std::memmove(memory_.data(), memory_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        return memory_.subspan(end_);
    }
    /// `count` bytes have been written to the front of space(); more than it has, as the -1 of a read that failed, are
    /// none. Whether there were some.
    bool received(std::size_t count) noexcept {
        if (count > memory_.size() - end_) return false;
        end_ += count;
        return count > 0;
    }

    void clear() noexcept { begin_ = end_ = held_ = 0; }

private:
    mutable_bytes memory_;
    std::size_t begin_ = 0, end_ = 0;
    std::size_t held_ = 0;  // consumed bytes at begin_ that a step may still show
};

}  // namespace v1
}  // namespace spantls
