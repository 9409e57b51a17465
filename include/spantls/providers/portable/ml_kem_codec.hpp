// Polynomials of ML-KEM as bytes, and out of random bytes (FIPS 203, section 4.2).
//
// No division anywhere: those by q are multiplications, since a processor's division takes longer for some secrets than
// for others. Where bits become coefficients, the compiler is kept from making branches of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/portable/keccak.hpp>
#include <spantls/providers/portable/ml_kem_ring.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {
namespace ml_kem {

inline constexpr std::size_t encoded_size = 384;  // a polynomial with 12 bits for each coefficient

/// ByteEncode12 (algorithm 5) of a polynomial in the transform's domain, with numbers in [0, q).
inline void encode(const polynomial& f, fixed_mutable_bytes<encoded_size> out) noexcept {
    for (std::size_t i = 0; i < half; ++i) {
        const auto a = static_cast<std::uint16_t>(f.even[place(i)]), b = static_cast<std::uint16_t>(f.odd[place(i)]);
        out[3 * i] = static_cast<std::uint8_t>(a);
        out[3 * i + 1] = static_cast<std::uint8_t>(a >> 8 | b << 4);
        out[3 * i + 2] = static_cast<std::uint8_t>(b >> 4);
    }
}

/// ByteDecode12 (algorithm 6), as it stands: numbers below 4096. True when all are below q.
inline bool decode(fixed_bytes<encoded_size> in, polynomial& f) noexcept {
    std::int32_t all = -1;  // negative as long as everything is below q
    for (std::size_t i = 0; i < half; ++i) {
        const std::int16_t a = narrow(in[3 * i] | (in[3 * i + 1] & 15) << 8),
                           b = narrow(in[3 * i + 1] >> 4 | in[3 * i + 2] << 4);
        all &= (a - q) & (b - q);
        f.even[place(i)] = a;
        f.odd[place(i)] = b;
    }
    return all < 0;
}

/// Compress_d (section 4.2.1): 2^d / q * value, rounded, mod 2^d, for value in [0, q) and d of 1, 4 and 10.
template <unsigned Bits>
constexpr std::uint32_t compressed(std::int16_t value) noexcept {
    // (value * 2^d + q / 2) / q, by 2^36 / q, rounded up.
    const std::uint64_t product = ((static_cast<std::uint64_t>(value) << Bits) + q / 2) * 20642679;
    return static_cast<std::uint32_t>(product >> 36) & ((1u << Bits) - 1);
}
/// Decompress_d: q / 2^d * value, rounded.
template <unsigned Bits>
constexpr std::int16_t decompressed(std::uint32_t value) noexcept {
    return narrow(static_cast<std::int32_t>((value * static_cast<std::uint32_t>(q) + (1u << (Bits - 1))) >> Bits));
}

/// ByteEncode10 of Compress10, and back.
inline void compress_10(const polynomial& f, fixed_mutable_bytes<320> out) noexcept {
    for (std::size_t i = 0; i < half / 2; ++i) {
        const std::uint64_t four = static_cast<std::uint64_t>(compressed<10>(f.even[2 * i])) |
                                   static_cast<std::uint64_t>(compressed<10>(f.odd[2 * i])) << 10 |
                                   static_cast<std::uint64_t>(compressed<10>(f.even[2 * i + 1])) << 20 |
                                   static_cast<std::uint64_t>(compressed<10>(f.odd[2 * i + 1])) << 30;
        for (std::size_t k = 0; k < 5; ++k) out[5 * i + k] = static_cast<std::uint8_t>(four >> (8 * k));
    }
}
inline void decompress_10(fixed_bytes<320> in, polynomial& f) noexcept {
    for (std::size_t i = 0; i < half / 2; ++i) {
        std::uint64_t four = 0;
        for (std::size_t k = 0; k < 5; ++k) four |= static_cast<std::uint64_t>(in[5 * i + k]) << (8 * k);
        f.even[2 * i] = decompressed<10>(four & 1023);
        f.odd[2 * i] = decompressed<10>(four >> 10 & 1023);
        f.even[2 * i + 1] = decompressed<10>(four >> 20 & 1023);
        f.odd[2 * i + 1] = decompressed<10>(four >> 30 & 1023);
    }
}

/// ByteEncode4 of Compress4, and back.
inline void compress_4(const polynomial& f, fixed_mutable_bytes<128> out) noexcept {
    for (std::size_t i = 0; i < half; ++i)
        out[i] = static_cast<std::uint8_t>(compressed<4>(f.even[i]) | compressed<4>(f.odd[i]) << 4);
}
inline void decompress_4(fixed_bytes<128> in, polynomial& f) noexcept {
    for (std::size_t i = 0; i < half; ++i) f.even[i] = decompressed<4>(in[i] & 15u);
    for (std::size_t i = 0; i < half; ++i) f.odd[i] = decompressed<4>(in[i] >> 4);
}

/// ByteEncode1 of Compress1, and back: a message.
inline void compress_1(const polynomial& f, fixed_mutable_bytes<32> out) noexcept {
    for (std::size_t i = 0; i < 32; ++i) {
        std::uint32_t byte = 0;
        for (std::size_t k = 0; k < 4; ++k)
            byte |= (compressed<1>(f.even[4 * i + k]) | compressed<1>(f.odd[4 * i + k]) << 1) << (2 * k);
        out[i] = static_cast<std::uint8_t>(byte);
    }
}
inline void decompress_1(fixed_bytes<32> in, polynomial& f) noexcept {
    const auto coefficient = [](std::uint32_t bit) {
        return narrow(static_cast<std::int32_t>(opaque(0 - bit) & 1665u));
    };
    for (std::size_t i = 0; i < half; ++i) {
        const std::uint32_t pair = static_cast<std::uint32_t>(in[i / 4]) >> (2 * (i % 4));
        f.even[i] = coefficient(pair & 1);
        f.odd[i] = coefficient(pair >> 1 & 1);
    }
}

/// SamplePolyCBD_2 (algorithm 8) of PRF(seed, number) (section 4.1) for numbers from `first` on: coefficients from -2
/// to 2.
inline void sample_small(fixed_bytes<32> seed, std::uint8_t first, std::span<polynomial> to) noexcept {
    using streams = sponge_group<shake256>;
    std::uint8_t bytes[streams::size][shake256::rate];
    for (std::size_t at = 0; at < to.size(); at += streams::size) {
        std::uint64_t numbers[streams::size];
        for (std::size_t n = 0; n < streams::size; ++n) numbers[n] = (first + at + n) & 0xff;
        streams(seed, numbers, 1).squeeze(bytes);
        for (std::size_t n = 0; n < streams::size && at + n < to.size(); ++n) {
            polynomial& f = to[at + n];
            for (std::size_t i = 0; i < half; ++i) {
                const std::uint8_t byte = bytes[n][i];
                const int sums = (byte & 0x55) + (byte >> 1 & 0x55);  // of two bits each: x, y, x, y
                f.even[i] = narrow((sums & 3) - (sums >> 2 & 3));
                f.odd[i] = narrow((sums >> 4 & 3) - (sums >> 6));
            }
        }
    }
    for (auto& stream : bytes) wipe(stream);
}

/// The rest of SampleNTT (algorithm 7): takes what is below q, which is public, until there is enough.
class uniform_sampler {
public:
    bool enough() const noexcept { return have_ >= 2 * half; }
    void take(const std::uint8_t (&block)[shake128::rate]) noexcept {
        for (std::size_t at = 0; at < sizeof block && !enough(); at += 3) {
            take(narrow(block[at] | (block[at + 1] & 15) << 8));
            take(narrow(block[at + 1] >> 4 | block[at + 2] << 4));
        }
    }
    void put(polynomial& f) const noexcept {
        for (std::size_t i = 0; i < half; ++i) {
            f.even[place(i)] = taken_[2 * i];
            f.odd[place(i)] = taken_[2 * i + 1];
        }
    }

private:
    /// Without a branch, which would be foretold wrongly one time in five.
    void take(std::int16_t one) noexcept {
        taken_[have_] = one;
        have_ += one < q ? 1 : 0;
    }
    std::int16_t taken_[2 * half + 1];  // the last one is too much
    std::size_t have_ = 0;
};

/// Row and column of each entry of the matrix, and of those that the last of the sponges squeeze in vain.
struct matrix_place {
    std::uint8_t row, column;
};
inline constexpr matrix_place matrix_places[] = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2},
                                                 {2, 0}, {2, 1}, {2, 2}, {3, 0}, {3, 1}, {3, 2}};

/// The matrix A (algorithm 13, lines 3 to 7) that `seed`, which is rho, stands for.
inline void sample_matrix(fixed_bytes<32> seed, polynomial (&to)[rank][rank]) noexcept {
    using streams = sponge_group<shake128>;
    constexpr std::size_t count = rank * rank;
    std::uint8_t blocks[streams::size][shake128::rate];
    for (std::size_t at = 0; at < count; at += streams::size) {
        std::uint64_t indices[streams::size];  // column, then row
        for (std::size_t n = 0; n < streams::size; ++n)
            indices[n] = std::uint64_t{matrix_places[at + n].column} | std::uint64_t{matrix_places[at + n].row} << 8;
        streams source(seed, indices, 2);
        uniform_sampler samplers[streams::size];
        for (bool enough = false; !enough;) {
            source.squeeze(blocks);
            enough = true;
            for (std::size_t n = 0; n < streams::size; ++n) {
                samplers[n].take(blocks[n]);
                enough = enough && samplers[n].enough();
            }
        }
        for (std::size_t n = 0; n < streams::size && at + n < count; ++n)
            samplers[n].put(to[matrix_places[at + n].row][matrix_places[at + n].column]);
    }
}

}  // namespace ml_kem
}  // namespace portable
}  // namespace v1
}  // namespace spantls
