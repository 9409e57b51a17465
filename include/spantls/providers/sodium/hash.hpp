// SHA-256, SHA-384 and SHA-512 from libsodium.
#pragma once

#include <sodium.h>

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libsodium {

struct sha256 {
    static constexpr hash_id id = hash_id::sha256;
    static constexpr std::size_t size = digest_size(id);
    using state = crypto_hash_sha256_state;

    static void init(state& state) noexcept { crypto_hash_sha256_init(&state); }
    static void update(state& state, bytes_view in) noexcept {
        crypto_hash_sha256_update(&state, in.data(), in.size());
    }
    static void finish(state& state, std::uint8_t* out) noexcept { crypto_hash_sha256_final(&state, out); }
};

/// libsodium has no SHA-384, but SHA-384 is SHA-512 from another start, cut to 48 bytes (FIPS 180-4, section 6.5).
struct sha384 {
    static constexpr hash_id id = hash_id::sha384;
    static constexpr std::size_t size = digest_size(id);
    using state = crypto_hash_sha512_state;

    static void init(state& state) noexcept {
        static constexpr std::uint64_t start[8] = {// FIPS 180-4, section 5.3.4
                                                   0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
                                                   0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
                                                   0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};
        crypto_hash_sha512_init(&state);
        for (int i = 0; i < 8; ++i) state.state[i] = start[i];
    }
    static void update(state& state, bytes_view in) noexcept {
        crypto_hash_sha512_update(&state, in.data(), in.size());
    }
    static void finish(state& state, std::uint8_t* out) noexcept {
        std::uint8_t whole[crypto_hash_sha512_BYTES];
        crypto_hash_sha512_final(&state, whole);
        copy_bytes(bytes_view(whole).first<digest_size(id)>(), {out, digest_size(id)});
        wipe(whole);
    }
};

/// For signatures only: no cipher suite has it.
struct sha512 {
    static constexpr std::size_t size = crypto_hash_sha512_BYTES;
    using state = crypto_hash_sha512_state;

    static void init(state& state) noexcept { crypto_hash_sha512_init(&state); }
    static void update(state& state, bytes_view in) noexcept {
        crypto_hash_sha512_update(&state, in.data(), in.size());
    }
    static void finish(state& state, std::uint8_t* out) noexcept { crypto_hash_sha512_final(&state, out); }
};

}  // namespace libsodium
}  // namespace v1
}  // namespace spantls
