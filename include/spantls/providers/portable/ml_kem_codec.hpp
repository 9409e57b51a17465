// Polynomials of ML-KEM as bytes, and out of random bytes (FIPS 203, section 4.2).
//
// No division anywhere: those by q are multiplications, since a processor's division takes longer for some secrets than
// for others. Where bits become coefficients, the compiler is kept from making branches of them.
#pragma once

#include <cstddef>
#include <cstdint>

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

/// SamplePolyCBD_2 (algorithm 8) of PRF(seed, number) (section 4.1): coefficients from -2 to 2.
inline void sample_small(fixed_bytes<32> seed, std::uint8_t number, polynomial& f) noexcept {
    std::uint8_t bytes[half];
    const std::uint8_t last[1] = {number};
    shake256().absorb(seed).absorb(last).squeeze(bytes);
    for (std::size_t i = 0; i < half; ++i) {
        const int sums = (bytes[i] & 0x55) + (bytes[i] >> 1 & 0x55);  // of two bits each: x, y, x, y
        f.even[i] = narrow((sums & 3) - (sums >> 2 & 3));
        f.odd[i] = narrow((sums >> 4 & 3) - (sums >> 6));
    }
    wipe(bytes);
}

/// SampleNTT (algorithm 7) of seed, column and row: public numbers below q.
inline void sample_uniform(fixed_bytes<32> seed, std::uint8_t column, std::uint8_t row, polynomial& f) noexcept {
    const std::uint8_t last[2] = {column, row};
    shake128 stream;
    stream.absorb(seed).absorb(last);
    std::uint8_t block[shake128::rate];  // a multiple of three
    for (std::size_t have = 0; have < 2 * half;) {
        stream.squeeze(block);
        for (std::size_t at = 0; at < sizeof block && have < 2 * half; at += 3) {
            const std::int16_t both[2] = {narrow(block[at] | (block[at + 1] & 15) << 8),
                                          narrow(block[at + 1] >> 4 | block[at + 2] << 4)};
            for (const std::int16_t one : both) {
                if (one >= q || have == 2 * half) continue;
                (have % 2 == 0 ? f.even : f.odd)[place(have / 2)] = one;
                ++have;
            }
        }
    }
}

}  // namespace ml_kem
}  // namespace portable
}  // namespace v1
}  // namespace spantls
