#include <spantls/providers/portable/ml_kem_codec.hpp>

#include <array>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"

namespace ml_kem = spantls::portable::ml_kem;
using test::drawn;

namespace {

constexpr int q = ml_kem::q;

/// 2^d / q * value to the nearest number; q is odd, so there is always one.
template <unsigned Bits>
void check_compression() {
    for (int value = 0; value < q; ++value) {
        const auto small = ml_kem::compressed<Bits>(static_cast<std::int16_t>(value));
        REQUIRE(small == static_cast<unsigned>(((value << Bits) + q / 2) / q) % (1u << Bits));
    }
    for (unsigned small = 0; small < 1u << Bits; ++small) {
        const int value = ml_kem::decompressed<Bits>(small);
        REQUIRE(value == static_cast<int>((2 * small * unsigned{q} + (1u << Bits)) >> (Bits + 1)));
        REQUIRE(ml_kem::compressed<Bits>(static_cast<std::int16_t>(value)) == small);
    }
}

template <std::size_t N, class Decode, class Encode>
void check_there_and_back(Decode decode, Encode encode) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto in = drawn<N>(seed);
        std::array<std::uint8_t, N> out{};
        ml_kem::polynomial f{};
        decode(in, f);
        encode(f, out);
        REQUIRE(out == in);
    }
}

}  // namespace

TEST_CASE("numbers are rounded as the standard says") {
    check_compression<1>();
    check_compression<4>();
    check_compression<10>();
}

TEST_CASE("bytes become a polynomial and bytes again") {
    check_there_and_back<320>([](auto in, auto& f) { ml_kem::decompress_10(in, f); },
                              [](const auto& f, auto& out) { ml_kem::compress_10(f, out); });
    check_there_and_back<128>([](auto in, auto& f) { ml_kem::decompress_4(in, f); },
                              [](const auto& f, auto& out) { ml_kem::compress_4(f, out); });
    check_there_and_back<32>([](auto in, auto& f) { ml_kem::decompress_1(in, f); },
                             [](const auto& f, auto& out) { ml_kem::compress_1(f, out); });
    check_there_and_back<384>([](auto in, auto& f) { (void)ml_kem::decode(in, f); },
                              [](const auto& f, auto& out) { ml_kem::encode(f, out); });
}

TEST_CASE("a number of q and more is found wherever it stands") {
    for (std::size_t at = 0; at < 256; ++at)
        for (const unsigned value : {0u, 3328u, 3329u, 4095u}) {
            std::array<std::uint8_t, 384> in{};
            const std::size_t byte = at / 2 * 3;
            if (at % 2 == 0) {
                in[byte] = static_cast<std::uint8_t>(value);
                in[byte + 1] = static_cast<std::uint8_t>(value >> 8);
            } else {
                in[byte + 1] = static_cast<std::uint8_t>(value << 4);
                in[byte + 2] = static_cast<std::uint8_t>(value >> 4);
            }
            ml_kem::polynomial f{};
            REQUIRE(ml_kem::decode(in, f) == (value < 3329));
            REQUIRE((at % 2 == 0 ? f.even : f.odd)[ml_kem::place(at / 2)] == static_cast<int>(value));
        }
}

TEST_CASE("small coefficients are small, and uniform ones below q") {
    const auto seed = drawn<32>(1);
    std::array<ml_kem::polynomial, 100> small{};
    std::array<int, 5> seen{};
    ml_kem::sample_small(seed, 0, small);
    for (const ml_kem::polynomial& f : small)
        for (const auto& half : {f.even, f.odd})
            for (std::size_t i = 0; i < ml_kem::half; ++i) ++seen.at(static_cast<std::size_t>(half[i] + 2));
    ml_kem::polynomial matrix[3][3]{};
    ml_kem::sample_matrix(seed, matrix);
    for (const auto& row : matrix)
        for (const ml_kem::polynomial& f : row)
            for (const auto& half : {f.even, f.odd})
                for (std::size_t i = 0; i < ml_kem::half; ++i) REQUIRE((half[i] >= 0 && half[i] < q));
    const int all = 25600, sixteenth = all / 16;  // 1, 4, 6, 4 and 1 of 16
    const std::array<int, 5> expected{sixteenth, 4 * sixteenth, 6 * sixteenth, 4 * sixteenth, sixteenth};
    for (std::size_t i = 0; i < 5; ++i) CHECK(std::abs(seen[i] - expected[i]) < 400);
}
