#include <spantls/providers/portable/ml_kem_ring.hpp>

#include <array>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"

namespace ml_kem = spantls::portable::ml_kem;

namespace {

constexpr int q = ml_kem::q;
using plain = std::array<int, 256>;

int mod_q(long value) { return static_cast<int>(((value % q) + q) % q); }

/// In the standard's order. The transform keeps coefficients elsewhere.
plain coefficients(const ml_kem::polynomial& f, bool transformed) {
    plain out{};
    for (std::size_t i = 0; i < 128; ++i) {
        const std::size_t at = transformed ? ml_kem::place(i) : i;
        out[2 * i] = mod_q(f.even[at]);
        out[2 * i + 1] = mod_q(f.odd[at]);
    }
    return out;
}

ml_kem::polynomial polynomial(const plain& from) {
    ml_kem::polynomial f{};
    for (std::size_t i = 0; i < 128; ++i) {
        f.even[i] = static_cast<std::int16_t>(from[2 * i]);
        f.odd[i] = static_cast<std::int16_t>(from[2 * i + 1]);
    }
    return f;
}

/// Algorithm 9, as the standard writes it.
plain ntt(plain f) {
    std::size_t i = 1;
    for (std::size_t length = 128; length >= 2; length /= 2)
        for (std::size_t start = 0; start < 256; start += 2 * length, ++i) {
            long zeta = 1;
            for (std::size_t bit = 0; bit < 7; ++bit)
                for (std::size_t n = 0; n < (i >> bit & 1) << (6 - bit); ++n) zeta = zeta * 17 % q;
            for (std::size_t j = start; j < start + length; ++j) {
                const long product = zeta * f[j + length];
                f[j + length] = mod_q(f[j] - product);
                f[j] = mod_q(f[j] + product);
            }
        }
    return f;
}

/// Of polynomials, mod X^256 + 1.
plain product(const plain& a, const plain& b) {
    std::array<long, 256> sum{};
    for (std::size_t i = 0; i < 256; ++i)
        for (std::size_t j = 0; j < 256; ++j) sum[(i + j) % 256] += (i + j < 256 ? 1L : -1L) * a[i] * b[j] % q;
    plain out{};
    for (std::size_t i = 0; i < 256; ++i) out[i] = mod_q(sum[i]);
    return out;
}

plain drawn(std::uint64_t seed, int bound) {
    std::array<std::uint8_t, 1024> bytes{};
    test::seeded_stream(seed).fill(bytes);
    plain out{};
    for (std::size_t i = 0; i < 256; ++i)
        out[i] = (bytes[4 * i] | bytes[4 * i + 1] << 8 | bytes[4 * i + 2] << 16) % bound;
    return out;
}

}  // namespace

TEST_CASE("numbers are reduced to where they belong") {
    for (int value = -32768; value < 32768; ++value) {
        const std::int16_t down = ml_kem::brought_down(static_cast<std::int16_t>(value));
        if (down < 0 || down > q || mod_q(down) != mod_q(value)) FAIL(value);
        for (const int plain : {1, 17, 3303, q - 1}) {
            const ml_kem::factor factor = ml_kem::make_factor(plain);
            const int product = ml_kem::times(static_cast<std::int16_t>(value), factor.value, factor.with_inverse);
            if (product <= -q || product >= q || mod_q(product) != mod_q(static_cast<long>(value) * plain)) FAIL(value);
        }
    }
    for (int value = 0; value <= q; ++value) REQUIRE(ml_kem::below_q(static_cast<std::int16_t>(value)) == value % q);
    for (long value = -(q << 15) + 1; value < q << 15; value += 1009) {
        const int reduced = ml_kem::reduced(static_cast<std::int32_t>(value));
        if (reduced <= -q || reduced >= q || mod_q(reduced * 65536L) != mod_q(value)) FAIL(value);
    }
}

TEST_CASE("the transform is the standard's, and its inverse takes it back") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        plain f = drawn(seed, q);
        if (seed == 0) f.fill(q - 1);
        if (seed == 1) f.fill(0);
        ml_kem::polynomial fast = polynomial(f);
        to_ntt(fast);
        REQUIRE(coefficients(fast, true) == ntt(f));
        for (const std::int16_t one : fast.even) REQUIRE((one >= 0 && one <= q));
        from_ntt(fast);
        undo_division(fast);  // twice 2^16 too much: once for the product that was not, once for this
        ml_kem::polynomial again = polynomial(f);
        undo_division(again);
        undo_division(again);
        REQUIRE(coefficients(fast, false) == coefficients(again, false));
    }
}

TEST_CASE("a product in the transform's domain is the product of the polynomials, of the largest numbers too") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::array<plain, 3> a{}, b{};
        std::array<ml_kem::polynomial, 3> left{};
        ml_kem::multiplier right{};
        plain sum{};
        for (std::size_t n = 0; n < 3; ++n) {
            a[n] = drawn(100 + 10 * seed + n, q);
            b[n] = drawn(500 + 10 * seed + n, q);
            if (seed == 0) a[n].fill(q - 1), b[n].fill(q - 1);
            left[n] = polynomial(a[n]);
            right.of[n] = polynomial(b[n]);
            to_ntt(left[n]);
            to_ntt(right.of[n]);
            const plain one = product(a[n], b[n]);
            for (std::size_t i = 0; i < 256; ++i) sum[i] = mod_q(sum[i] + one[i]);
        }
        right.prepare();
        ml_kem::polynomial result{};
        dot(result, left.data(), 1, right);
        from_ntt(result);
        REQUIRE(coefficients(result, false) == sum);
    }
}

TEST_CASE("sums and differences are below q") {
    for (int a = 0; a <= q; a += 13)
        for (const int b : {-q, -2, 0, 1, 1665, q}) {
            plain first{}, second{};
            first.fill(a);
            second.fill(b);
            ml_kem::polynomial sum = polynomial(first), difference = polynomial(first);
            add(sum, polynomial(second));
            subtract(difference, polynomial(second));
            for (const auto& half : {sum.even, sum.odd}) REQUIRE(half[0] == mod_q(a + b));
            for (const auto& half : {difference.even, difference.odd}) REQUIRE(half[127] == mod_q(a - b));
        }
}
