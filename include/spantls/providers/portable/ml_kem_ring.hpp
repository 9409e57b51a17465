// The polynomials of ML-KEM (FIPS 203, sections 2.4, 4.2 and 4.3): Z_q[X] / (X^256 + 1), q = 3329.
//
// A polynomial is kept as its even and its odd coefficients: each half goes through a transform of length 128 of its
// own, with the standard's zetas, and what the standard does with pairs is done with the two halves. Halves are rows of
// 16 x 8 numbers; in the middle of the transform they become 8 x 16, so that in each of its seven layers at least 8
// numbers in a row meet 8 others. Then compilers make vectors of them.
//
// No branch and no address depends on a coefficient, except where the standard rejects what is public.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {
namespace ml_kem {

inline constexpr std::int16_t q = 3329;

/// The same number, of which the compiler knows nothing: it makes no branch of it.
inline std::uint32_t opaque(std::uint32_t value) noexcept {
#if defined(__GNUC__) || defined(__clang__)
    __asm__("" : "+r"(value));
#endif
    return value;
}

constexpr std::int16_t narrow(std::int32_t value) noexcept { return static_cast<std::int16_t>(value); }

/// value / 2^16 mod q, in (-q, q), for |value| < 2^15 * q (Montgomery).
constexpr std::int16_t reduced(std::int32_t value) noexcept {
    const std::int16_t times = narrow(narrow(value) * -3327);  // -3327 = 1 / q mod 2^16
    return narrow((value - times * q) >> 16);
}

/// value mod q, in [0, q], for any value (Barrett).
constexpr std::int16_t brought_down(std::int16_t value) noexcept {
    const std::int16_t times = narrow(((value * 20159) >> 16) >> 10);  // 20159 = 2^26 / q, rounded
    return narrow(value - times * q);
}

/// A constant factor: what it is times 2^16 mod q, around zero, and that times 1 / q mod 2^16.
struct factor {
    std::int16_t value, with_inverse;
};
constexpr factor make_factor(std::int32_t plain) noexcept {
    std::int32_t value = static_cast<std::int32_t>((static_cast<std::int64_t>(plain) << 16) % q);
    if (value > q / 2) value -= q;
    return {narrow(value), narrow(narrow(value) * -3327)};
}
/// value * factor mod q, in (-q, q), for any value.
constexpr std::int16_t times(std::int16_t value, std::int16_t factor, std::int16_t with_inverse) noexcept {
    const std::int16_t low = narrow(value * with_inverse);
    return narrow(narrow((value * factor) >> 16) - narrow((low * q) >> 16));
}

/// Factors beside each other, for vectors.
template <std::size_t N>
struct factors {
    std::int16_t value[N], with_inverse[N];
    constexpr void set(std::size_t at, factor one) noexcept {
        value[at] = one.value;
        with_inverse[at] = one.with_inverse;
    }
};

/// Numbers in a half of a polynomial, and where the transform leaves the one that the standard has at `index`.
inline constexpr std::size_t half = 128;
constexpr std::size_t place(std::size_t index) noexcept { return index % 8 * 16 + index / 8; }

struct zeta_tables {
    factor outer[16];        // zeta^BitRev7(i), i < 16 (appendix A)
    factors<16> forward[7];  // by column, of the three inner layers: 1, 2 and 4 rows
    factors<16> backward[7];
    factors<half> gamma;  // zeta^(2 BitRev7(i) + 1), where the transform leaves i
};

constexpr zeta_tables make_zetas() noexcept {
    std::int32_t power[256] = {1};
    for (std::size_t i = 1; i < 256; ++i) power[i] = power[i - 1] * 17 % q;  // 17 is zeta (section 2.4)
    const auto reversed = [](std::size_t i) {
        std::size_t out = 0;
        for (std::size_t bit = 0; bit < 7; ++bit) out |= (i >> bit & 1) << (6 - bit);
        return out;
    };
    zeta_tables made{};
    for (std::size_t i = 0; i < 16; ++i) made.outer[i] = make_factor(power[reversed(i)]);
    for (std::size_t rows = 1, first = 0; rows <= 4; first += rows, rows *= 2)
        for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t column = 0; column < 16; ++column) {
                const std::size_t block = column * rows + row, blocks = 16 * rows;
                made.forward[first + row].set(column, make_factor(power[reversed(blocks + block)]));
                made.backward[first + row].set(column, make_factor(power[reversed(2 * blocks - 1 - block)]));
            }
    for (std::size_t i = 0; i < half; ++i) made.gamma.set(place(i), make_factor(power[2 * reversed(i) + 1]));
    return made;
}
inline constexpr zeta_tables zetas = make_zetas();

using half_poly = std::int16_t[half];

struct polynomial {
    alignas(64) half_poly even;
    half_poly odd;
};

namespace detail {
/// a, b become a + zeta b, a - zeta b.
template <std::size_t N>
inline void meet(std::int16_t* __restrict a, std::int16_t* __restrict b, factor zeta) noexcept {
    for (std::size_t i = 0; i < N; ++i) {
        const std::int16_t product = times(b[i], zeta.value, zeta.with_inverse);
        b[i] = narrow(a[i] - product);
        a[i] = narrow(a[i] + product);
    }
}
inline void meet(std::int16_t* __restrict a, std::int16_t* __restrict b, const factors<16>& zeta) noexcept {
    const std::int16_t* __restrict value = zeta.value;
    const std::int16_t* __restrict with_inverse = zeta.with_inverse;
    for (std::size_t i = 0; i < 16; ++i) {
        const std::int16_t product = times(b[i], value[i], with_inverse[i]);
        b[i] = narrow(a[i] - product);
        a[i] = narrow(a[i] + product);
    }
}
/// a, b become a + b, zeta (b - a).
template <std::size_t N>
inline void part(std::int16_t* __restrict a, std::int16_t* __restrict b, factor zeta) noexcept {
    for (std::size_t i = 0; i < N; ++i) {
        const std::int16_t difference = narrow(b[i] - a[i]);
        a[i] = narrow(a[i] + b[i]);
        b[i] = times(difference, zeta.value, zeta.with_inverse);
    }
}
inline void part(std::int16_t* __restrict a, std::int16_t* __restrict b, const factors<16>& zeta) noexcept {
    const std::int16_t* __restrict value = zeta.value;
    const std::int16_t* __restrict with_inverse = zeta.with_inverse;
    for (std::size_t i = 0; i < 16; ++i) {
        const std::int16_t difference = narrow(b[i] - a[i]);
        a[i] = narrow(a[i] + b[i]);
        b[i] = times(difference, value[i], with_inverse[i]);
    }
}

template <std::size_t Length>
inline void outer_forward(std::int16_t* r) noexcept {
    for (std::size_t block = 0; block < half / 2 / Length; ++block)
        meet<Length>(r + 2 * Length * block, r + 2 * Length * block + Length, zetas.outer[half / 2 / Length + block]);
}
template <std::size_t Length>
inline void outer_backward(std::int16_t* r) noexcept {
    for (std::size_t block = 0; block < half / 2 / Length; ++block)
        part<Length>(r + 2 * Length * block, r + 2 * Length * block + Length, zetas.outer[half / Length - 1 - block]);
}
/// The layers within columns, on rows that are so far from each other.
template <std::size_t Distance>
inline void inner_forward(std::int16_t* columns) noexcept {
    for (std::size_t row = 0; row < 8; ++row)
        if ((row & Distance) == 0)
            meet(columns + 16 * row, columns + 16 * (row + Distance),
                 zetas.forward[4 / Distance - 1 + row / (2 * Distance)]);
}
template <std::size_t Distance>
inline void inner_backward(std::int16_t* columns) noexcept {
    for (std::size_t row = 0; row < 8; ++row)
        if ((row & Distance) == 0)
            part(columns + 16 * row, columns + 16 * (row + Distance),
                 zetas.backward[4 / Distance - 1 + row / (2 * Distance)]);
}
inline void bring_down(std::int16_t* r) noexcept {
    for (std::size_t i = 0; i < half; ++i) r[i] = brought_down(r[i]);
}
inline void wipe_half(half_poly& values) noexcept { wipe_object(values); }

// From numbers below q each layer adds less than q: below 8 q at the end, which fits.
inline void forward(half_poly& r) noexcept {
    half_poly columns;
    outer_forward<64>(r);
    outer_forward<32>(r);
    outer_forward<16>(r);
    outer_forward<8>(r);
    for (std::size_t i = 0; i < half; ++i) columns[place(i)] = r[i];
    inner_forward<4>(columns);
    inner_forward<2>(columns);
    inner_forward<1>(columns);
    for (std::size_t i = 0; i < half; ++i) r[i] = brought_down(columns[i]);
    wipe_half(columns);
}

// Each layer doubles: after three of them numbers are brought down.
inline void backward(half_poly& r) noexcept {
    half_poly columns;
    for (std::size_t i = 0; i < half; ++i) columns[i] = r[i];
    inner_backward<1>(columns);
    inner_backward<2>(columns);
    inner_backward<4>(columns);
    bring_down(columns);
    for (std::size_t i = 0; i < half; ++i) r[i] = columns[place(i)];
    outer_backward<8>(r);
    outer_backward<16>(r);
    outer_backward<32>(r);
    bring_down(r);
    outer_backward<64>(r);
    // 1 / 128, and what `dot` has divided by.
    constexpr factor scale = make_factor(static_cast<std::int32_t>((3303ULL << 16) % static_cast<unsigned>(q)));
    for (std::size_t i = 0; i < half; ++i) r[i] = brought_down(times(r[i], scale.value, scale.with_inverse));
    wipe_half(columns);
}
}  // namespace detail

/// NTT and its inverse (section 4.3, algorithms 9 and 10), from numbers in (-q, q]; the results are in [0, q]. The
/// inverse takes what `dot` makes.
inline void to_ntt(polynomial& f) noexcept {
    detail::forward(f.even);
    detail::forward(f.odd);
}
inline void from_ntt(polynomial& f) noexcept {
    detail::backward(f.even);
    detail::backward(f.odd);
}

/// In [0, q), of a number in [0, q].
constexpr std::int16_t below_q(std::int16_t value) noexcept {
    const std::int16_t less = narrow(value - q);
    return narrow(less + ((less >> 15) & q));
}

/// a + b and a - b, in [0, q), of numbers in [-q, q].
inline void add(polynomial& a, const polynomial& b) noexcept {
    for (std::size_t i = 0; i < half; ++i) a.even[i] = below_q(brought_down(narrow(a.even[i] + b.even[i])));
    for (std::size_t i = 0; i < half; ++i) a.odd[i] = below_q(brought_down(narrow(a.odd[i] + b.odd[i])));
}
inline void subtract(polynomial& a, const polynomial& b) noexcept {
    for (std::size_t i = 0; i < half; ++i) a.even[i] = below_q(brought_down(narrow(a.even[i] - b.even[i])));
    for (std::size_t i = 0; i < half; ++i) a.odd[i] = below_q(brought_down(narrow(a.odd[i] - b.odd[i])));
}

/// Takes back what `dot` divides by.
inline void undo_division(polynomial& a) noexcept {
    constexpr factor scale = make_factor((1 << 16) % q);
    for (std::size_t i = 0; i < half; ++i) a.even[i] = times(a.even[i], scale.value, scale.with_inverse);
    for (std::size_t i = 0; i < half; ++i) a.odd[i] = times(a.odd[i], scale.value, scale.with_inverse);
}

/// A vector of ML-KEM-768 in the transform's domain, with its odd coefficients times gamma, ready to be multiplied.
inline constexpr std::size_t rank = 3;

using vector = std::array<polynomial, rank>;

struct multiplier {
    vector of;
    half_poly odd_gamma[rank];

    void prepare() noexcept {
        for (std::size_t n = 0; n < rank; ++n)
            for (std::size_t i = 0; i < half; ++i)
                odd_gamma[n][i] = times(of[n].odd[i], zetas.gamma.value[i], zetas.gamma.with_inverse[i]);
    }
};

/// The sum of a[n] * b[n] / 2^16 (algorithms 11 and 12), in (-q, q), for numbers of `a` below 4096. `stride` is that
/// from one a[n] to the next.
inline void dot(polynomial& to, const polynomial* a, std::size_t stride, const multiplier& b) noexcept {
    const polynomial &a0 = a[0], &a1 = a[stride], &a2 = a[2 * stride];
    std::int16_t* __restrict even = to.even;
    std::int16_t* __restrict odd = to.odd;
    for (std::size_t i = 0; i < half; ++i)
        even[i] = reduced(a0.even[i] * b.of[0].even[i] + a0.odd[i] * b.odd_gamma[0][i] + a1.even[i] * b.of[1].even[i] +
                          a1.odd[i] * b.odd_gamma[1][i] + a2.even[i] * b.of[2].even[i] + a2.odd[i] * b.odd_gamma[2][i]);
    for (std::size_t i = 0; i < half; ++i)
        odd[i] = reduced(a0.even[i] * b.of[0].odd[i] + a0.odd[i] * b.of[0].even[i] + a1.even[i] * b.of[1].odd[i] +
                         a1.odd[i] * b.of[1].even[i] + a2.even[i] * b.of[2].odd[i] + a2.odd[i] * b.of[2].even[i]);
}

}  // namespace ml_kem
}  // namespace portable
}  // namespace v1
}  // namespace spantls
