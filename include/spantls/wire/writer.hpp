// Writes the presentation language of RFC 9846, section 3, into a span.
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {

/// A cursor that never writes past the end: it goes on counting instead, so that `needed()` tells how much room would
/// have done, and `overflowed()` that this was not it.
class writer {
public:
    constexpr explicit writer(mutable_bytes out) noexcept : out_(out) {}

    constexpr bool overflowed() const noexcept { return needed_ > out_.size(); }
    constexpr std::size_t needed() const noexcept { return needed_; }
    constexpr bytes_view written() const noexcept { return overflowed() ? bytes_view{} : out_.first(needed_); }

    constexpr void number(std::uint64_t value, std::size_t width) noexcept {
        if (mutable_bytes to = take(width); !to.empty()) store_be(to.data(), value, width);
    }
    constexpr void u8(std::uint8_t value) noexcept { number(value, 1); }
    constexpr void u16(std::uint16_t value) noexcept { number(value, 2); }
    constexpr void u24(std::uint32_t value) noexcept { number(value, 3); }
    constexpr void u32(std::uint32_t value) noexcept { number(value, 4); }

    constexpr void bytes(bytes_view from) noexcept {
        if (mutable_bytes to = take(from.size()); !to.empty()) copy_bytes(from.first(to.size()), to);
    }

    /// `count` bytes for the caller to fill; empty when there is no room.
    constexpr mutable_bytes take(std::size_t count) noexcept {
        const std::size_t at = needed_;
        needed_ = count > SIZE_MAX - needed_ ? SIZE_MAX : needed_ + count;
        return overflowed() ? mutable_bytes{} : out_.subspan(at, count);
    }

    constexpr void opaque(bytes_view from, std::size_t prefix) noexcept {
        if (!fits(from.size(), prefix)) needed_ = SIZE_MAX;
        number(from.size(), prefix);
        bytes(from);
    }

private:
    friend class length_prefix;
    /// A vector that is longer than its length can say has no room anywhere.
    static constexpr bool fits(std::uint64_t value, std::size_t width) noexcept {
        return width >= sizeof(value) || value >> (8 * width) == 0;
    }
    mutable_bytes out_;
    std::size_t needed_ = 0;
};

/// A length prefix of `width` bytes that is filled in when this goes out of scope. Until then it holds the largest
/// number that fits, so that a half-written message cannot be read back.
class length_prefix {
public:
    constexpr length_prefix(writer& to, std::size_t width) noexcept : to_(to), at_(to.needed_), width_(width) {
        to_.number(UINT64_MAX, width);
    }
    /// The same, where `extra` bytes that belong to the vector are sent behind it from elsewhere.
    constexpr length_prefix(writer& to, std::size_t width, std::size_t extra) noexcept : length_prefix(to, width) {
        extra_ = extra;
    }
    length_prefix(const length_prefix&) = delete;
    length_prefix& operator=(const length_prefix&) = delete;
    constexpr ~length_prefix() {
        if (to_.overflowed()) return;
        const std::size_t length = to_.needed_ - at_ - width_ + extra_;
        if (writer::fits(length, width_)) {
            store_be(to_.out_.data() + at_, length, width_);
        } else {
            to_.needed_ = SIZE_MAX;
        }
    }

private:
    writer& to_;
    std::size_t at_;
    std::size_t width_;
    std::size_t extra_ = 0;
};

}  // namespace v1
}  // namespace spantls
