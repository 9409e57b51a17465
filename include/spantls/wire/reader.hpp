// Reads the presentation language of RFC 9846, section 3, out of a span.
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {

/// A cursor. The first read that goes past the end makes it fail for good: everything read after that is zero or empty,
/// so a decoder reads all its fields and asks once, at the end. What it returns are views into what it reads.
class reader {
public:
    constexpr explicit reader(bytes_view bytes) noexcept : rest_(bytes) {}

    constexpr bool failed() const noexcept { return failed_; }
    constexpr bool empty() const noexcept { return rest_.empty(); }
    constexpr std::size_t remaining() const noexcept { return rest_.size(); }
    constexpr bytes_view rest() const noexcept { return rest_; }

    /// Nothing failed and nothing is left (section 4.3: trailing data is forbidden).
    constexpr bool finished() const noexcept { return !failed_ && rest_.empty(); }

    /// A big-endian number of `width` bytes, at most 8.
    constexpr std::uint64_t number(std::size_t width) noexcept {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : bytes(width)) value = value << 8 | byte;
        return value;
    }
    constexpr std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
    constexpr std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
    constexpr std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(number(3)); }
    constexpr std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }

    constexpr bytes_view bytes(std::size_t count) noexcept {
        if (failed_ || count > rest_.size()) {
            fail();
            return {};
        }
        const bytes_view taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    /// A vector whose length of `prefix` bytes stands before it, and has to be in [least, most].
    constexpr bytes_view opaque(std::size_t prefix, std::size_t least = 0, std::size_t most = SIZE_MAX) noexcept {
        const std::uint64_t length = number(prefix);
        if (length < least || length > most || length > rest_.size()) {
            fail();
            return {};
        }
        return bytes(static_cast<std::size_t>(length));
    }

    constexpr void fail() noexcept {
        failed_ = true;
        rest_ = {};
    }

private:
    bytes_view rest_;
    bool failed_ = false;
};

}  // namespace v1
}  // namespace spantls
