// SHA-256, SHA-384 and SHA-512 from libcrypto: the functions below EVP, whose state is plain data, so that a copy is a
// snapshot and HMAC's first block is hashed once for each key. libcrypto 3 calls them old; they are what it calls
// itself.
#pragma once

#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct sha256 {
    static constexpr hash_id id = hash_id::sha256;
    static constexpr std::size_t size = digest_size(id);
    using state = SHA256_CTX;

    static void init(state& state) noexcept { SHA256_Init(&state); }
    static void update(state& state, bytes_view in) noexcept { SHA256_Update(&state, in.data(), in.size()); }
    static void finish(state& state, std::uint8_t* out) noexcept { SHA256_Final(out, &state); }
};

struct sha384 {
    static constexpr hash_id id = hash_id::sha384;
    static constexpr std::size_t size = digest_size(id);
    using state = SHA512_CTX;

    static void init(state& state) noexcept { SHA384_Init(&state); }
    static void update(state& state, bytes_view in) noexcept { SHA384_Update(&state, in.data(), in.size()); }
    static void finish(state& state, std::uint8_t* out) noexcept { SHA384_Final(out, &state); }
};

/// For signatures only: no cipher suite has it.
struct sha512 {
    static constexpr std::size_t size = SHA512_DIGEST_LENGTH;
    using state = SHA512_CTX;

    static void init(state& state) noexcept { SHA512_Init(&state); }
    static void update(state& state, bytes_view in) noexcept { SHA512_Update(&state, in.data(), in.size()); }
    static void finish(state& state, std::uint8_t* out) noexcept { SHA512_Final(out, &state); }
};

#pragma GCC diagnostic pop

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
