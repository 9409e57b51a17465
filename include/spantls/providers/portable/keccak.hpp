// SHA3-256, SHA3-512, SHAKE128 and SHAKE256 (FIPS 202). No branch and no address depends on what is hashed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {

/// The permutation KECCAK-f[1600] (FIPS 202, section 3.4) on 25 lanes; `Lane` is a 64-bit number, or a vector of them:
/// then as many states are permuted at once.
template <class Lane>
class keccak_state {
public:
    Lane& operator[](std::size_t lane) noexcept { return lane_[lane]; }
    const Lane& operator[](std::size_t lane) const noexcept { return lane_[lane]; }

    void permute() noexcept {
        keccak_state other;
        for (std::size_t round = 0; round < 24; round += 2) {
            step(lane_, other.lane_, constants[round]);
            step(other.lane_, lane_, constants[round + 1]);
        }
    }

    keccak_state() noexcept = default;
    keccak_state(const keccak_state&) = delete;
    keccak_state& operator=(const keccak_state&) = delete;
    ~keccak_state() { wipe({reinterpret_cast<std::uint8_t*>(lane_), sizeof lane_}); }

private:
    static constexpr std::uint64_t constants[24] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
        0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
        0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
        0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

    template <int By>
    static Lane rotated(const Lane& lane) noexcept {
        return (lane << By) | (lane >> (64 - By));
    }

    /// chi (section 3.2.4) on one row.
    static void row(Lane* to, const Lane& a, const Lane& b, const Lane& c, const Lane& d, const Lane& e) noexcept {
        to[0] = a ^ (~b & c);
        to[1] = b ^ (~c & d);
        to[2] = c ^ (~d & e);
        to[3] = d ^ (~e & a);
        to[4] = e ^ (~a & b);
    }

    /// One round. Lane (x, y) of section 3.1.2 is at x + 5 * y; rho's rotations and pi's places are written out.
    static void step(const Lane* a, Lane* to, std::uint64_t constant) noexcept {
        const Lane c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20], c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21],
                   c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22], c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23],
                   c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
        const Lane d0 = c4 ^ rotated<1>(c1), d1 = c0 ^ rotated<1>(c2), d2 = c1 ^ rotated<1>(c3),
                   d3 = c2 ^ rotated<1>(c4), d4 = c3 ^ rotated<1>(c0);
        row(to, a[0] ^ d0, rotated<44>(a[6] ^ d1), rotated<43>(a[12] ^ d2), rotated<21>(a[18] ^ d3),
            rotated<14>(a[24] ^ d4));
        to[0] ^= constant;
        row(to + 5, rotated<28>(a[3] ^ d3), rotated<20>(a[9] ^ d4), rotated<3>(a[10] ^ d0), rotated<45>(a[16] ^ d1),
            rotated<61>(a[22] ^ d2));
        row(to + 10, rotated<1>(a[1] ^ d1), rotated<6>(a[7] ^ d2), rotated<25>(a[13] ^ d3), rotated<8>(a[19] ^ d4),
            rotated<18>(a[20] ^ d0));
        row(to + 15, rotated<27>(a[4] ^ d4), rotated<36>(a[5] ^ d0), rotated<10>(a[11] ^ d1), rotated<15>(a[17] ^ d2),
            rotated<56>(a[23] ^ d3));
        row(to + 20, rotated<62>(a[2] ^ d2), rotated<55>(a[8] ^ d3), rotated<39>(a[14] ^ d4), rotated<41>(a[15] ^ d0),
            rotated<2>(a[21] ^ d1));
    }

    Lane lane_[25]{};
};

inline std::uint64_t keccak_lane(const std::uint8_t* at) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(at[i]) << (8 * i);
    return value;
}
inline void put_keccak_lane(std::uint8_t* to, std::uint64_t value) noexcept {
    for (std::size_t i = 0; i < 8; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// A sponge (FIPS 202, section 4): first `absorb`, then `squeeze`, each as often as one likes, of any number of bytes.
template <std::size_t Rate, std::uint8_t Suffix>
class sponge {
public:
    static constexpr std::size_t rate = Rate;
    static constexpr std::uint8_t suffix = Suffix;

    sponge& absorb(bytes_view in) noexcept {
        for (; at_ % 8 != 0 && !in.empty(); in = in.subspan(1)) absorb_byte(in[0]);
        for (; in.size() >= 8; in = in.subspan(8)) {
            state_[at_ / 8] ^= keccak_lane(in.data());
            if ((at_ += 8) == Rate) turn();
        }
        for (const std::uint8_t byte : in) absorb_byte(byte);
        return *this;
    }

    void squeeze(mutable_bytes out) noexcept {
        if (!squeezing_) pad();
        while (!out.empty()) {
            if (at_ == Rate) turn();
            if (at_ % 8 == 0 && out.size() >= 8) {
                put_keccak_lane(out.data(), state_[at_ / 8]);
                out = out.subspan(8);
                at_ += 8;
            } else {
                out[0] = static_cast<std::uint8_t>(state_[at_ / 8] >> (8 * (at_ % 8)));
                out = out.subspan(1);
                ++at_;
            }
        }
    }

private:
    static_assert(Rate % 8 == 0 && Rate < 200);

    void absorb_byte(std::uint8_t byte) noexcept {
        xor_byte(at_, byte);
        if (++at_ == Rate) turn();
    }
    void xor_byte(std::size_t at, std::uint8_t byte) noexcept {
        state_[at / 8] ^= static_cast<std::uint64_t>(byte) << (8 * (at % 8));
    }
    void turn() noexcept {
        state_.permute();
        at_ = 0;
    }
    /// Section 6: the suffix tells the functions apart, section 5.1: pad10*1.
    void pad() noexcept {
        xor_byte(at_, Suffix);
        xor_byte(Rate - 1, 0x80);
        turn();
        squeezing_ = true;
    }

    keccak_state<std::uint64_t> state_;
    std::size_t at_ = 0;  // bytes of this block that have been absorbed or squeezed
    bool squeezing_ = false;
};

/// Streams of one kind at once, as many as the machine's vectors have lanes, of 32 common bytes and up to seven of each
/// one's own: in two thirds of the time with SSE2, in a third with AVX2.
template <class Shake>
class sponge_group {
public:
#if defined(__GNUC__) && defined(__AVX2__)
    static constexpr std::size_t size = 4;
#elif defined(__GNUC__) && (defined(__SSE2__) || defined(__ARM_NEON))
    static constexpr std::size_t size = 2;
#else
    static constexpr std::size_t size = 1;
#endif
    static constexpr std::size_t rate = Shake::rate;

    /// `own` holds `own_size` bytes for each stream, the first one lowest.
    sponge_group(fixed_bytes<32> common, const std::uint64_t (&own)[size], unsigned own_size) noexcept {
        for (std::size_t n = 0; n < size; ++n) {
            for (std::size_t i = 0; i < 4; ++i) set(i, n, keccak_lane(common.data() + 8 * i));
            set(4, n, own[n] | std::uint64_t{Shake::suffix} << (8 * own_size));
            set(rate / 8 - 1, n, std::uint64_t{0x80} << 56);
        }
    }
    /// The next `rate` bytes of each.
    void squeeze(std::uint8_t (&out)[size][rate]) noexcept {
        state_.permute();
        for (std::size_t n = 0; n < size; ++n)
            for (std::size_t i = 0; i < rate / 8; ++i) put_keccak_lane(out[n] + 8 * i, get(i, n));
    }

private:
#if defined(__GNUC__)
    typedef std::uint64_t lanes __attribute__((vector_size(8 * size)));
    void set(std::size_t lane, std::size_t n, std::uint64_t value) noexcept { state_[lane][n] = value; }
    std::uint64_t get(std::size_t lane, std::size_t n) const noexcept { return state_[lane][n]; }
#else
    using lanes = std::uint64_t;
    void set(std::size_t lane, std::size_t, std::uint64_t value) noexcept { state_[lane] = value; }
    std::uint64_t get(std::size_t lane, std::size_t) const noexcept { return state_[lane]; }
#endif
    keccak_state<lanes> state_;
};

using shake128 = sponge<168, 0x1f>;
using shake256 = sponge<136, 0x1f>;
using sha3_256 = sponge<136, 0x06>;  // 32 bytes are squeezed
using sha3_512 = sponge<72, 0x06>;   // 64 bytes are squeezed

}  // namespace portable
}  // namespace v1
}  // namespace spantls
