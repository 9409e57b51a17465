// Arithmetic modulo the primes of elliptic curves, in Montgomery's form: a number x is kept as x * 2^(64 * words). For
// public values only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <spantls/providers/portable/limbs.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {

/// A number modulo `Modulus::words`, an odd prime as 64-bit words, the lowest first. Always below the modulus.
template <class Modulus, class Limb>
class residue {
public:
    static constexpr auto modulus = limbs_of<Limb>(Modulus::words);
    static constexpr std::size_t count = modulus.size();
    static constexpr std::make_index_sequence<count> all{};
    static constexpr std::size_t size = count * sizeof(Limb);  ///< bytes
    using limbs = std::array<Limb, count>;

    constexpr residue() noexcept = default;

    /// Words that are in Montgomery's form already.
    static constexpr residue from_form(const std::array<std::uint64_t, Modulus::words.size()>& words) noexcept {
        return residue(limbs_of<Limb>(words));
    }
    /// A number below the modulus.
    static constexpr residue from(const limbs& plain) noexcept {
        constexpr residue r_squared = square_of_r();
        return product(residue(plain), r_squared);
    }
    static constexpr residue one() noexcept {
        static_assert(modulus.back() >> (limb_bits<Limb> - 1) == 1);  // or what is left is not below the modulus
        limbs r{};
        (void)subtract(r.data(), r.data(), modulus.data(), all);
        return residue(r);
    }
    /// The number itself.
    constexpr limbs plain() const noexcept { return product(*this, residue(limbs{1})).value_; }

    constexpr bool is_zero() const noexcept { return value_ == limbs{}; }
    friend constexpr bool operator==(const residue&, const residue&) noexcept = default;

    friend constexpr residue operator+(const residue& a, const residue& b) noexcept {
        residue sum;
        const Limb carry = add(sum.value_.data(), a.value_.data(), b.value_.data(), all);
        return sum.lowered(carry);
    }
    friend constexpr residue operator-(const residue& a, const residue& b) noexcept {
        residue difference;
        const Limb borrow = subtract(difference.value_.data(), a.value_.data(), b.value_.data(), all);
        // Without a branch: which way it goes is anybody's guess.
        Limb addend[count] = {};
#pragma GCC unroll 8
        for (std::size_t i = 0; i < count; ++i) addend[i] = static_cast<Limb>(0 - borrow) & modulus[i];
        (void)add(difference.value_.data(), difference.value_.data(), addend, all);
        return difference;
    }
    friend constexpr residue operator*(const residue& a, const residue& b) noexcept {
        Limb wide[2 * count] = {};
#pragma GCC unroll 8
        for (std::size_t i = 0; i < count; ++i)
            wide[i + count] = add_product(wide + i, a.value_.data(), all, b.value_[i]);
        return reduced(wide);
    }
    /// a * b where speed is not what counts: one copy of the code, never inlined.
    [[gnu::noinline]] static constexpr residue product(const residue& a, const residue& b) noexcept { return a * b; }
    constexpr residue squared() const noexcept { return *this * *this; }
    constexpr residue doubled() const noexcept { return *this + *this; }

    /// 1 / x as x^(p - 2), four bits of the exponent at a time.
    constexpr residue inverse() const noexcept {
        std::array<residue, 16> powers{};
        powers[0] = one();  // not by {one()}: clang 14 puts that into writable data
        for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = product(powers[i - 1], *this);
        limbs exponent = modulus;
        exponent[0] -= 2;  // the primes of all curves here are larger than that in their lowest limb
        residue result = powers[0];
        for (std::size_t bit = 8 * size; bit > 0;) {
            bit -= 4;
            for (int i = 0; i < 4; ++i) result = product(result, result);
            result = product(result, powers[exponent[bit / limb_bits<Limb>] >> bit % limb_bits<Limb> & 15]);
        }
        return result;
    }

private:
    constexpr explicit residue(const limbs& value) noexcept : value_(value) {}

    /// The value, or a modulus less where it is not below that. `carry` stands above the limbs.
    constexpr residue lowered(Limb carry) const noexcept {
        residue less_one;
        const Limb borrow = subtract(less_one.value_.data(), value_.data(), modulus.data(), all);
        const Limb keep = static_cast<Limb>(0 - static_cast<Limb>(carry < borrow));
#pragma GCC unroll 8
        for (std::size_t i = 0; i < count; ++i) less_one.value_[i] ^= keep & (less_one.value_[i] ^ value_[i]);
        return less_one;
    }

    /// p = 2^256 - 2^224 + 2^192 + 2^96 - 1: a multiple of it is mostly shifts.
    static constexpr bool is_p256 = sizeof(Limb) == 8 && count == 4 && modulus[0] == static_cast<Limb>(-1) &&
                                    modulus[1] == 0xffffffff && modulus[2] == 0;

    /// wide / 2^(64 * words)
    static constexpr residue reduced(Limb* wide) noexcept {
        residue low, high;
#pragma GCC unroll 8
        for (std::size_t i = 0; i < count; ++i) {
            if constexpr (is_p256) {
                // -1 / p is 1 here, so the multiple is the limb itself. Together with it, 2^96 and the highest limb are
                // left of p.
                const Limb by = wide[i];
                twice_t<Limb> sum = static_cast<twice_t<Limb>>(wide[i + 1]) + static_cast<Limb>(by << 32);
                wide[i + 1] = static_cast<Limb>(sum);
                sum = static_cast<twice_t<Limb>>(wide[i + 2]) + (by >> 32) + high_half<Limb>(sum);
                wide[i + 2] = static_cast<Limb>(sum);
                sum = static_cast<twice_t<Limb>>(by) * modulus[3] + wide[i + 3] + high_half<Limb>(sum);
                wide[i + 3] = static_cast<Limb>(sum);
                low.value_[i] = high_half<Limb>(sum);
            } else {
                constexpr Limb step = negated_inverse(modulus[0]);
                low.value_[i] = add_product(wide + i, modulus.data(), all, static_cast<Limb>(wide[i] * step));
            }
        }
        // What was carried out of the rows.
        const Limb carry = add(high.value_.data(), wide + count, low.value_.data(), all);
        return high.lowered(carry);
    }

    /// R is 2^(64 * words), and R * 2^words squared six times is R * R: each squaring doubles what stands beside R.
    static constexpr residue square_of_r() noexcept {
        residue power = one();
        for (std::size_t i = 0; i < Modulus::words.size(); ++i) power = power.doubled();
        for (int i = 0; i < 6; ++i) power = power.squared();
        return power;
    }

    limbs value_{};
};

}  // namespace portable
}  // namespace v1
}  // namespace spantls
