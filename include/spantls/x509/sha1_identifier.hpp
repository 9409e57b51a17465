// SHA-1 (FIPS 180-4, section 6.1), which names keys and issuers in OCSP. It is broken, and vouches for nothing:
// whatever it names has a signature that is checked. No provider has it, and nothing but x509/ocsp.hpp may use it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

using sha1_identifier = std::array<std::uint8_t, 20>;

namespace detail {
/// One block of 64 bytes.
constexpr void sha1_block(std::array<std::uint32_t, 5>& state, bytes_view block) noexcept {
    std::array<std::uint32_t, 16> words{};
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = load_u32(block.data() + 4 * i);
    auto [a, b, c, d, e] = state;
    for (unsigned t = 0; t < 80; ++t) {
        if (t >= 16)
            words[t % 16] =
                std::rotl(words[(t + 13) % 16] ^ words[(t + 8) % 16] ^ words[(t + 2) % 16] ^ words[t % 16], 1);
        const std::uint32_t mixed = t < 20   ? ((b & c) | (~b & d)) + 0x5a827999U
                                    : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1U
                                    : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcU
                                             : (b ^ c ^ d) + 0xca62c1d6U;
        const std::uint32_t next = std::rotl(a, 5) + mixed + e + words[t % 16];
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}
}  // namespace detail

constexpr sha1_identifier identify_by_sha1(bytes_view bytes) noexcept {
    std::array<std::uint32_t, 5> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    bytes_view rest = bytes;
    for (; rest.size() >= 64; rest = rest.subspan(64)) detail::sha1_block(state, rest.first(64));
    std::array<std::uint8_t, 128> last{};
    copy_bytes(rest, last);
    last[rest.size()] = 0x80;
    const std::size_t size = rest.size() < 56 ? 64 : 128;
    store_u64(last.data() + size - 8, std::uint64_t{bytes.size()} * 8);
    for (std::size_t at = 0; at < size; at += 64) detail::sha1_block(state, bytes_view(last).subspan(at, 64));
    sha1_identifier result{};
    for (std::size_t i = 0; i < state.size(); ++i) store_u32(result.data() + 4 * i, state[i]);
    return result;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
