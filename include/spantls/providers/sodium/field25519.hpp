// As much arithmetic modulo p = 2^255 - 19 as it takes to turn an Edwards y into a Montgomery u, for CPUs that multiply
// 64 bits by 64. Nothing in it branches, or looks anything up, on the numbers.
#pragma once

#if defined(__x86_64__) && defined(__SIZEOF_INT128__)

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {
namespace libsodium {

/// A number modulo p in five limbs of 51 bits. Limbs may be larger, below 2^53, until the next product.
class field25519 {
public:
    constexpr explicit field25519(std::uint64_t small) noexcept : limb_{small, 0, 0, 0, 0} {}

    /// Little-endian; the top bit does not count.
    explicit field25519(fixed_bytes<32> in) noexcept
        : limb_{word(in, 0) & mask, (word(in, 6) >> 3) & mask, (word(in, 12) >> 6) & mask, (word(in, 19) >> 1) & mask,
                (word(in, 24) >> 12) & mask} {}

    field25519 operator+(const field25519& b) const noexcept {
        field25519 sum(0);
        for (std::size_t i = 0; i < 5; ++i) sum.limb_[i] = limb_[i] + b.limb_[i];
        return sum;
    }

    /// For a `b` straight from bytes: with 2p added, no limb goes below zero.
    field25519 operator-(const field25519& b) const noexcept {
        field25519 difference(0);
        for (std::size_t i = 0; i < 5; ++i) difference.limb_[i] = limb_[i] + 2 * prime[i] - b.limb_[i];
        return difference;
    }

    field25519 operator*(const field25519& other) const noexcept {
        const std::uint64_t* a = limb_;
        const std::uint64_t* b = other.limb_;
        const std::uint64_t b1 = 19 * b[1], b2 = 19 * b[2], b3 = 19 * b[3], b4 = 19 * b[4];  // 2^255 is 19
        const std::uint64_t b0 = b[0];
        return carried(times(a[0], b0) + times(a[1], b4) + times(a[2], b3) + times(a[3], b2) + times(a[4], b1),
                       times(a[0], b[1]) + times(a[1], b0) + times(a[2], b4) + times(a[3], b3) + times(a[4], b2),
                       times(a[0], b[2]) + times(a[1], b[1]) + times(a[2], b0) + times(a[3], b4) + times(a[4], b3),
                       times(a[0], b[3]) + times(a[1], b[2]) + times(a[2], b[1]) + times(a[3], b0) + times(a[4], b4),
                       times(a[0], b[4]) + times(a[1], b[3]) + times(a[2], b[2]) + times(a[3], b[1]) + times(a[4], b0));
    }

    /// Squared `count` times over.
    field25519 squared(int count) const noexcept {
        field25519 result = *this;
        const std::uint64_t* a = result.limb_;
        for (int i = 0; i < count; ++i) {
            const std::uint64_t a0 = 2 * a[0], a1 = 2 * a[1], a2 = 38 * a[2], a3 = 19 * a[3], a4 = 19 * a[4];
            result = carried(times(a[0], a[0]) + times(a1, a4) + times(a2, a[3]),
                             times(a0, a[1]) + times(a2, a[4]) + times(a3, a[3]),
                             times(a0, a[2]) + times(a[1], a[1]) + times(2 * a3, a[4]),
                             times(a0, a[3]) + times(a1, a[2]) + times(a4, a[4]),
                             times(a0, a[4]) + times(a1, a[3]) + times(a[2], a[2]));
        }
        return result;
    }

    /// One divided by the number: its power of p - 2 = 2^255 - 21. The names tell the exponent: e5 is 2^5 - 1.
    field25519 inverse() const noexcept {
        const field25519& e1 = *this;
        const field25519 nine = e1.squared(3) * e1;
        const field25519 eleven = nine * e1.squared(1);
        const field25519 e5 = eleven.squared(1) * nine;
        const field25519 e10 = e5.squared(5) * e5;
        const field25519 e20 = e10.squared(10) * e10;
        const field25519 e40 = e20.squared(20) * e20;
        const field25519 e50 = e40.squared(10) * e10;
        const field25519 e100 = e50.squared(50) * e50;
        const field25519 e200 = e100.squared(100) * e100;
        const field25519 e250 = e200.squared(50) * e50;
        return e250.squared(5) * eleven;
    }

    /// Little-endian, below p.
    void store(fixed_mutable_bytes<32> out) const noexcept {
        field25519 value = *this * field25519(1);  // now below 2^255 + 2^64, so below 2p
        std::uint64_t* a = value.limb_;
        std::uint64_t carry = 19;  // does adding 19 reach 2^255? Then p is to be taken away.
        for (std::size_t i = 0; i < 5; ++i) carry = (a[i] + carry) >> 51;
        carry *= 19;
        for (std::size_t i = 0; i < 5; ++i) {
            a[i] += carry;
            carry = a[i] >> 51;
            a[i] &= mask;
        }
        store_word(out, 0, a[0] | a[1] << 51);
        store_word(out, 8, a[1] >> 13 | a[2] << 38);
        store_word(out, 16, a[2] >> 26 | a[3] << 25);
        store_word(out, 24, a[3] >> 39 | a[4] << 12);
    }

private:
    __extension__ using wide = unsigned __int128;
    static constexpr std::uint64_t mask = (std::uint64_t{1} << 51) - 1;
    static constexpr std::uint64_t prime[5] = {mask - 18, mask, mask, mask, mask};

    static wide times(std::uint64_t a, std::uint64_t b) noexcept { return static_cast<wide>(a) * b; }

    /// Brings the limbs of a product down to 51 bits; the second may keep a few bits more.
    static field25519 carried(wide r0, wide r1, wide r2, wide r3, wide r4) noexcept {
        field25519 out(0);
        r1 += static_cast<std::uint64_t>(r0 >> 51);
        r2 += static_cast<std::uint64_t>(r1 >> 51);
        r3 += static_cast<std::uint64_t>(r2 >> 51);
        r4 += static_cast<std::uint64_t>(r3 >> 51);
        const std::uint64_t first = (static_cast<std::uint64_t>(r0) & mask) + 19 * static_cast<std::uint64_t>(r4 >> 51);
        out.limb_[0] = first & mask;
        out.limb_[1] = (static_cast<std::uint64_t>(r1) & mask) + (first >> 51);
        out.limb_[2] = static_cast<std::uint64_t>(r2) & mask;
        out.limb_[3] = static_cast<std::uint64_t>(r3) & mask;
        out.limb_[4] = static_cast<std::uint64_t>(r4) & mask;
        return out;
    }

    static std::uint64_t word(fixed_bytes<32> in, std::size_t at) noexcept {
        std::uint64_t value;
        std::memcpy(&value, in.data() + at, sizeof value);
        return value;
    }
    static void store_word(fixed_mutable_bytes<32> out, std::size_t at, std::uint64_t value) noexcept {
        std::memcpy(out.data() + at, &value, sizeof value);
    }

    std::uint64_t limb_[5];
};

}  // namespace libsodium
}  // namespace v1
}  // namespace spantls

#endif
