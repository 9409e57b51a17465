// Numbers as rows of limbs, the lowest first. For public values only: how long it takes depends on them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {

/// A number of twice as many bits.
template <class Limb>
struct twice;
template <>
struct twice<std::uint32_t> {
    using type = std::uint64_t;
};
#if defined(__SIZEOF_INT128__)
template <>
struct twice<std::uint64_t> {
    __extension__ using type = unsigned __int128;
};
using native_limb = std::uint64_t;
#else
using native_limb = std::uint32_t;
#endif
template <class Limb>
using twice_t = typename twice<Limb>::type;

template <class Limb>
inline constexpr unsigned limb_bits = 8 * sizeof(Limb);

template <class Limb>
constexpr Limb high_half(twice_t<Limb> value) noexcept {
    return static_cast<Limb>(value >> limb_bits<Limb>);
}

/// One limb of a sum, of a difference, and of a sum with a product; what is carried, or borrowed, goes on.
template <class Limb>
constexpr Limb add_limb(Limb a, Limb b, Limb& carry) noexcept {
    const auto sum = static_cast<twice_t<Limb>>(static_cast<twice_t<Limb>>(a) + b + carry);
    carry = high_half<Limb>(sum);
    return static_cast<Limb>(sum);
}
template <class Limb>
constexpr Limb subtract_limb(Limb a, Limb b, Limb& borrow) noexcept {
    const auto difference = static_cast<twice_t<Limb>>(static_cast<twice_t<Limb>>(a) - b - borrow);
    borrow = high_half<Limb>(difference) & 1;
    return static_cast<Limb>(difference);
}
template <class Limb>
constexpr Limb add_product_limb(Limb to, Limb from, Limb by, Limb& carry) noexcept {
    const auto sum = static_cast<twice_t<Limb>>(static_cast<twice_t<Limb>>(from) * by + to + carry);
    carry = high_half<Limb>(sum);
    return static_cast<Limb>(sum);
}

/// to = a + b, `count` limbs each; returns the carry. `to` may be either.
template <class Limb>
constexpr Limb add(Limb* to, const Limb* a, const Limb* b, std::size_t count) noexcept {
    Limb carry = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < count; ++i) to[i] = add_limb(a[i], b[i], carry);
    return carry;
}

/// to = a - b; returns the borrow, 1 or 0. `to` may be either.
template <class Limb>
constexpr Limb subtract(Limb* to, const Limb* a, const Limb* b, std::size_t count) noexcept {
    Limb borrow = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < count; ++i) to[i] = subtract_limb(a[i], b[i], borrow);
    return borrow;
}

/// to += from * by; returns what is carried into the limb behind.
template <class Limb>
constexpr Limb add_product(Limb* to, const Limb* from, std::size_t count, Limb by) noexcept {
    Limb carry = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < count; ++i) to[i] = add_product_limb(to[i], from[i], by, carry);
    return carry;
}

/// The same for as many limbs as a curve's numbers have, 0, 1, ... These are no loops: clang leaves one with a carry as
/// it is, which takes twice as long.
template <class Limb, std::size_t... I>
constexpr Limb add(Limb* to, const Limb* a, const Limb* b, std::index_sequence<I...>) noexcept {
    Limb carry = 0;
    ((to[I] = add_limb(a[I], b[I], carry)), ...);
    return carry;
}
template <class Limb, std::size_t... I>
constexpr Limb subtract(Limb* to, const Limb* a, const Limb* b, std::index_sequence<I...>) noexcept {
    Limb borrow = 0;
    ((to[I] = subtract_limb(a[I], b[I], borrow)), ...);
    return borrow;
}
template <class Limb, std::size_t... I>
constexpr Limb add_product(Limb* to, const Limb* from, std::index_sequence<I...>, Limb by) noexcept {
    Limb carry = 0;
    ((to[I] = add_product_limb(to[I], from[I], by, carry)), ...);
    return carry;
}

template <class Limb>
constexpr bool less(const Limb* a, const Limb* b, std::size_t count) noexcept {
    for (std::size_t i = count; i-- > 0;)
        if (a[i] != b[i]) return a[i] < b[i];
    return false;
}

/// -1 / odd, in the numbers of one limb: the step of Montgomery's reduction.
template <class Limb>
constexpr Limb negated_inverse(Limb odd) noexcept {
    Limb inverse = odd;  // right in the lowest 3 bits; each round doubles their number
    for (int i = 0; i < 5; ++i) inverse = static_cast<Limb>(inverse * (2 - odd * inverse));
    return static_cast<Limb>(0 - inverse);
}

/// Big-endian bytes as a number of `count` limbs; false when it needs more.
template <class Limb>
constexpr bool load(bytes_view bytes, Limb* to, std::size_t count) noexcept {
    while (!bytes.empty() && bytes[0] == 0) bytes = bytes.subspan(1);
    if (bytes.size() > count * sizeof(Limb)) return false;
    for (std::size_t i = 0; i < count; ++i) to[i] = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        to[i / sizeof(Limb)] |= static_cast<Limb>(bytes[bytes.size() - 1 - i]) << (8 * (i % sizeof(Limb)));
    return true;
}

/// The lowest bytes of a number, big-endian.
template <class Limb>
constexpr void store(const Limb* from, mutable_bytes to) noexcept {
    for (std::size_t i = 0; i < to.size(); ++i)
        to[to.size() - 1 - i] = static_cast<std::uint8_t>(from[i / sizeof(Limb)] >> (8 * (i % sizeof(Limb))));
}

/// 64-bit words, the lowest first, as limbs.
template <class Limb, std::size_t N>
constexpr auto limbs_of(const std::array<std::uint64_t, N>& words) noexcept {
    std::array<Limb, N * 8 / sizeof(Limb)> limbs{};
    for (std::size_t i = 0; i < limbs.size(); ++i)
        limbs[i] = static_cast<Limb>(words[i * sizeof(Limb) / 8] >> (8 * (i * sizeof(Limb) % 8)));
    return limbs;
}

/// SEQUENCE { INTEGER, INTEGER } in DER and nothing behind it, as RSAPublicKey (RFC 8017, A.1.1) and Ecdsa-Sig-Value
/// (RFC 3279, section 2.2.3) are. Both are positive, each in its shortest form: without the zero before a high bit.
struct integer_pair {
    bytes_view first, second;
    bool good = false;

    constexpr explicit integer_pair(bytes_view der) noexcept {
        bytes_view row;
        good =
            take(der, 0x30, row) && der.empty() && take_integer(row, first) && take_integer(row, second) && row.empty();
    }

private:
    /// Lengths below 65536: none of ours is longer.
    static constexpr bool take(bytes_view& from, std::uint8_t tag, bytes_view& body) noexcept {
        if (from.size() < 2 || from[0] != tag) return false;
        std::size_t length = from[1], header = 2;
        if (length >= 0x80) {  // X.690, 10.1: the shortest form
            const std::size_t width = length & 0x7f;
            if (width < 1 || width > 2 || from.size() < 2 + width) return false;
            length = width == 1 ? from[2] : load_u16(from.data() + 2);
            if (length < (width == 1 ? 0x80U : 0x100U)) return false;
            header += width;
        }
        if (from.size() - header < length) return false;
        body = from.subspan(header, length);
        from = from.subspan(header + length);
        return true;
    }
    static constexpr bool take_integer(bytes_view& from, bytes_view& value) noexcept {
        if (!take(from, 0x02, value) || value.empty() || value[0] >= 0x80) return false;
        if (value[0] != 0) return true;
        // X.690, 8.3.2; zero itself is not positive.
        value = value.subspan(1);
        return !value.empty() && value[0] >= 0x80;
    }
};

}  // namespace portable
}  // namespace v1
}  // namespace spantls
