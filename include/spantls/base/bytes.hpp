// Byte spans, big-endian numbers, wiping, and comparison in constant time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace spantls {
inline namespace v1 {

using bytes_view = std::span<const std::uint8_t>;
using mutable_bytes = std::span<std::uint8_t>;

template <std::size_t N>
using fixed_bytes = std::span<const std::uint8_t, N>;

template <std::size_t N>
using fixed_mutable_bytes = std::span<std::uint8_t, N>;

/// The characters of `text` as bytes. The result lives as long as what `text` refers to.
inline bytes_view as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The bytes as characters, for names that the RFCs define as ASCII. Lives as long as `bytes`.
inline std::string_view as_text(bytes_view bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Copies `from` to the front of `to`, which must have room. The two must not overlap, unless they are the same.
constexpr void copy_bytes(bytes_view from, mutable_bytes to) noexcept {
    if (std::is_constant_evaluated()) {
        for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i];
    } else if (!from.empty()) {
        std::memcpy(to.data(), from.data(), from.size());
    }
}

/// Whether two spans have bytes in common.
inline bool overlaps(bytes_view a, bytes_view b) noexcept {
    const auto begin_a = reinterpret_cast<std::uintptr_t>(a.data()),
               begin_b = reinterpret_cast<std::uintptr_t>(b.data());
    return !a.empty() && !b.empty() && begin_a < begin_b + b.size() && begin_b < begin_a + a.size();
}

/// Compares two public values; for secrets there is constant_time_equal.
constexpr bool equal_bytes(bytes_view a, bytes_view b) noexcept {
    if (a.size() != b.size()) return false;
    if (!std::is_constant_evaluated()) return a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i]) return false;
    return true;
}

/// Compares two secrets. The time depends on the lengths only.
inline bool constant_time_equal(bytes_view a, bytes_view b) noexcept {
    if (a.size() != b.size()) return false;
    volatile std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    return difference == 0;
}

/// Overwrites `bytes` with zeros in a way that the compiler may not leave out.
inline void wipe(mutable_bytes bytes) noexcept {
    if (bytes.empty()) return;
#if defined(__GNUC__) || defined(__clang__)
    std::size_t size = bytes.size();
    // gcc clears a few hundred bytes by `rep stos` when it knows their number, which takes longer to start than to do.
    if (size > 64) __asm__("" : "+r"(size));
    std::memset(bytes.data(), 0, size);
    __asm__ __volatile__("" : : "r"(bytes.data()) : "memory");
#else
    volatile std::uint8_t* at = bytes.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) at[i] = 0;
#endif
}

/// Wipes the whole object representation of a trivially copyable value.
template <class T>
    requires std::is_trivially_copyable_v<T>
void wipe_object(T& value) noexcept {
    wipe({reinterpret_cast<std::uint8_t*>(&value), sizeof(T)});
}

constexpr std::uint16_t load_u16(const std::uint8_t* at) noexcept {
    return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

constexpr std::uint32_t load_u24(const std::uint8_t* at) noexcept {
    return static_cast<std::uint32_t>(at[0]) << 16 | static_cast<std::uint32_t>(at[1]) << 8 | at[2];
}

// Spelled out as they are, each of these becomes one instruction or two.

constexpr std::uint32_t load_u32(const std::uint8_t* at) noexcept {
    return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
           static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

constexpr std::uint64_t load_u64(const std::uint8_t* at) noexcept {
    return static_cast<std::uint64_t>(load_u32(at)) << 32 | load_u32(at + 4);
}

constexpr void store_u16(std::uint8_t* to, std::uint16_t value) noexcept {
    to[0] = static_cast<std::uint8_t>(value >> 8);
    to[1] = static_cast<std::uint8_t>(value);
}

constexpr void store_u32(std::uint8_t* to, std::uint32_t value) noexcept {
    store_u16(to, static_cast<std::uint16_t>(value >> 16));
    store_u16(to + 2, static_cast<std::uint16_t>(value));
}

constexpr void store_u64(std::uint8_t* to, std::uint64_t value) noexcept {
    store_u32(to, static_cast<std::uint32_t>(value >> 32));
    store_u32(to + 4, static_cast<std::uint32_t>(value));
}

/// Writes the low `width` bytes of `value`, most significant first.
constexpr void store_be(std::uint8_t* to, std::uint64_t value, std::size_t width) noexcept {
    for (std::size_t i = 0; i < width; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
}

}  // namespace v1
}  // namespace spantls
