// ECDSA signatures verified (FIPS 186-5, section 6.4.2) on P-256 and P-384. About 4 KiB of stack, no heap. Everything
// here is public, and how long it takes depends on it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/portable/curves.hpp>
#include <spantls/providers/portable/limbs.hpp>
#include <spantls/providers/portable/residue.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {

/// A point of the curve as (x / z^2, y / z^3); the one at infinity when z is zero.
template <class Curve, class Limb>
struct curve_point {
    using field = residue<typename Curve::prime, Limb>;

    field x, y, z;

    constexpr bool infinite() const noexcept { return z.is_zero(); }

    constexpr curve_point doubled() const noexcept {
        const field z2 = z.squared(), y2 = y.squared();
        const field m = (x - z2) * (x + z2);
        const field slope = m.doubled() + m;
        const field s = (x * y2).doubled().doubled();
        curve_point sum;
        sum.x = slope.squared() - s.doubled();
        sum.y = slope * (s - sum.x) - y2.squared().doubled().doubled().doubled();
        sum.z = (y * z).doubled();
        return sum;
    }

    constexpr curve_point operator+(const curve_point& other) const noexcept {
        if (infinite()) return other;
        if (other.infinite()) return *this;
        const field other_z2 = other.z.squared();
        return joined(x * other_z2, y * (other.z * other_z2), z * other.z, other);
    }

    /// Adds a point whose z is one.
    constexpr curve_point plus_affine(const curve_point& other) const noexcept {
        return infinite() ? other : joined(x, y, z, other);
    }

    constexpr curve_point negated() const noexcept { return {x, field() - y, z}; }

private:
    /// The sum. x1 and y1 are this point's, times other.z^2 and other.z^3; both_z is z * other.z.
    constexpr curve_point joined(const field& x1, const field& y1, const field& both_z,
                                 const curve_point& other) const noexcept {
        const field z2 = z.squared();
        const field h = other.x * z2 - x1;
        const field slope = other.y * (z * z2) - y1;
        if (h.is_zero()) return slope.is_zero() ? doubled() : curve_point{};  // itself, or its negative
        const field h2 = h.squared();
        const field h3 = h * h2, v = x1 * h2;
        curve_point sum;
        sum.x = slope.squared() - h3 - v.doubled();
        sum.y = slope * (v - sum.x) - y1 * h3;
        sum.z = both_z * h;
        return sum;
    }
};

namespace detail {
/// A number as a sum of powers of two with odd factors from -2^(width - 1) to 2^(width - 1), of which any `width` in a
/// row has at most one that is not zero.
template <class Limbs>
struct signed_windows {
    static constexpr std::size_t bits = 8 * sizeof(Limbs);
    std::array<std::int8_t, bits + 1> factor{};

    constexpr signed_windows(const Limbs& number, unsigned width) noexcept {
        const auto bit = [&](std::size_t at) -> unsigned {
            constexpr std::size_t each = 8 * sizeof(number[0]);
            return at < bits ? static_cast<unsigned>(number[at / each] >> at % each & 1) : 0U;
        };
        unsigned carry = 0;
        for (std::size_t at = 0; at <= bits;) {
            if (bit(at) == carry) {
                ++at;
                continue;
            }
            unsigned window = carry;
            for (unsigned i = 0; i < width; ++i) window += bit(at + i) << i;
            carry = window >> (width - 1) & 1;
            factor[at] = static_cast<std::int8_t>(static_cast<int>(window) - static_cast<int>(carry << width));
            at += width;
        }
    }
};

template <class Curve, class Limb>
constexpr curve_point<Curve, Limb> generator_multiple(std::size_t index) noexcept {
    using field = residue<typename Curve::prime, Limb>;
    const auto& [x, y] = Curve::generator[index];
    return {field::from_form(x), field::from_form(y), field::one()};
}

/// u * G + v * point
template <class Curve, class Limb, class Scalar>
constexpr curve_point<Curve, Limb> two_multiples(const Scalar& u, const Scalar& v,
                                                 const curve_point<Curve, Limb>& point) noexcept {
    constexpr unsigned width = 5;
    std::array<curve_point<Curve, Limb>, 1 << (width - 2)> odd{point};
    const auto twice_point = point.doubled();
    for (std::size_t i = 1; i < odd.size(); ++i) odd[i] = odd[i - 1] + twice_point;

    const signed_windows of_generator(u, Curve::generator_width), of_point(v, width);
    curve_point<Curve, Limb> sum;
    for (std::size_t bit = of_point.factor.size(); bit-- > 0;) {
        if (!sum.infinite()) sum = sum.doubled();
        if (const int by = of_point.factor[bit]; by != 0) {
            const auto& multiple = odd[static_cast<std::size_t>((by < 0 ? -by : by) / 2)];
            sum = sum + (by < 0 ? multiple.negated() : multiple);
        }
        if (const int by = of_generator.factor[bit]; by != 0) {
            const auto multiple = generator_multiple<Curve, Limb>(static_cast<std::size_t>((by < 0 ? -by : by) / 2));
            sum = sum.plus_affine(by < 0 ? multiple.negated() : multiple);
        }
    }
    return sum;
}

/// A big-endian number below that of Residue.
template <class Residue>
constexpr bool read_below(bytes_view bytes, typename Residue::limbs& to) noexcept {
    return load(bytes, to.data(), to.size()) && less(to.data(), Residue::modulus.data(), Residue::count);
}

/// The point of an uncompressed public key (SEC 1, section 2.3.4); false when it is not one of the curve.
template <class Curve, class Limb>
constexpr bool read_point(bytes_view key, curve_point<Curve, Limb>& to) noexcept {
    using field = residue<typename Curve::prime, Limb>;
    typename field::limbs x{}, y{};
    if (key.size() != 1 + 2 * field::size || key[0] != 4 || !read_below<field>(key.subspan(1, field::size), x) ||
        !read_below<field>(key.subspan(1 + field::size), y))
        return false;
    to = {field::from(x), field::from(y), field::one()};
    const field right = (to.x.squared() - field::one().doubled() - field::one()) * to.x;
    return to.y.squared() == right + field::from(limbs_of<Limb>(Curve::b));
}
}  // namespace detail

/// `public_key` is an uncompressed point (65 or 97 bytes), `digest` a digest of any length, `signature` an
/// Ecdsa-Sig-Value in DER (RFC 3279, section 2.2.3).
template <class Curve, class Limb = native_limb>
[[nodiscard]] constexpr bool ecdsa_verify(bytes_view public_key, bytes_view digest, bytes_view signature) noexcept {
    using field = residue<typename Curve::prime, Limb>;
    using scalar = residue<typename Curve::order, Limb>;
    static_assert(field::size == scalar::size);

    curve_point<Curve, Limb> point;
    typename scalar::limbs r{}, s{}, e{};
    const integer_pair read(signature);  // both are positive
    if (!read.good || !detail::read_below<scalar>(read.first, r) || !detail::read_below<scalar>(read.second, s) ||
        !detail::read_point(public_key, point))
        return false;
    // The leftmost bits of the digest, which as a number may be the order or a little more.
    (void)load(digest.first(digest.size() < scalar::size ? digest.size() : scalar::size), e.data(), e.size());
    if (!less(e.data(), scalar::modulus.data(), scalar::count))
        (void)subtract(e.data(), e.data(), scalar::modulus.data(), scalar::all);

    const scalar inverse = scalar::from(s).inverse();
    const auto sum = detail::two_multiples<Curve, Limb>(scalar::product(scalar::from(e), inverse).plain(),
                                                        scalar::product(scalar::from(r), inverse).plain(), point);
    if (sum.infinite()) return false;
    // Is x modulo the order r? x is X / Z^2: both sides times Z^2. A field element may be r or r + n.
    const field z2 = sum.z.squared();
    if (field::from(r) * z2 == sum.x) return true;
    const Limb carry = add(r.data(), r.data(), scalar::modulus.data(), scalar::all);
    return carry == 0 && less(r.data(), field::modulus.data(), field::count) && field::from(r) * z2 == sum.x;
}

}  // namespace portable
}  // namespace v1
}  // namespace spantls
