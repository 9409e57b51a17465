// Cryptography that keeps nothing secret, and still notices every mistake with keys, nonces, sequence numbers and
// transcripts: a record is its plaintext and a checksum over all that goes into sealing it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "support/null_provider.hpp"

namespace fuzz {

/// FNV-1a, 64 bits.
struct checksum {
    std::uint64_t value = 14695981039346656037u;
    void add(spantls::bytes_view bytes) noexcept {
        for (const std::uint8_t byte : bytes) value = (value ^ byte) * 1099511628211u;
    }
    /// As many bytes as are wanted, all of which depend on the value.
    void spread(std::uint8_t* out, std::size_t size) const noexcept { test::seeded_stream(value).fill({out, size}); }
};

template <spantls::hash_id Id>
struct toy_hash {
    static constexpr spantls::hash_id id = Id;
    using state = checksum;
    static void init(state& it) noexcept { it = {}; }
    static void update(state& it, spantls::bytes_view bytes) noexcept { it.add(bytes); }
    static void finish(state& it, std::uint8_t* out) noexcept { it.spread(out, spantls::digest_size(Id)); }
};

struct toy_aead {
    static constexpr std::size_t key_size = 32;
    static constexpr std::size_t tag_size = 16;
    static constexpr std::uint64_t record_limit = UINT64_MAX;
    struct context {
        std::uint8_t key[key_size];
    };
    static void set_key(context& it, spantls::fixed_bytes<key_size> key) noexcept { spantls::copy_bytes(key, it.key); }
    static void seal(const context& it, spantls::fixed_bytes<12> nonce, spantls::fixed_bytes<5> header,
                     spantls::bytes_view text, spantls::content_type type, std::size_t zeros,
                     std::uint8_t* out) noexcept {
        if (text.data() != out) spantls::copy_bytes(text, {out, text.size()});
        const std::size_t size = text.size() + 1 + zeros;
        out[text.size()] = static_cast<std::uint8_t>(type);
        for (std::size_t i = text.size() + 1; i < size; ++i) out[i] = 0;
        tag(it, nonce, header, {out, size}, out + size);
    }
    [[nodiscard]] static bool open(const context& it, spantls::fixed_bytes<12> nonce, spantls::fixed_bytes<5> header,
                                   spantls::mutable_bytes record) noexcept {
        if (record.size() < tag_size) return false;
        std::uint8_t expected[tag_size];
        tag(it, nonce, header, record.first(record.size() - tag_size), expected);
        return spantls::equal_bytes(expected, record.last(tag_size));
    }

private:
    static void tag(const context& it, spantls::bytes_view nonce, spantls::bytes_view header, spantls::bytes_view inner,
                    std::uint8_t* out) noexcept {
        checksum sum;
        sum.add(it.key);
        sum.add(nonce);
        sum.add(header);
        sum.add(inner);
        sum.spread(out, tag_size);
    }
};

struct toy_provider : test::basic_null_provider<UINT64_MAX, test::null_x25519, test::null_secp256r1, test::null_kem> {
    using basic_null_provider::basic_null_provider;
    using hashes = spantls::type_list<toy_hash<spantls::hash_id::sha256>, toy_hash<spantls::hash_id::sha384>>;
    using aeads = spantls::type_list<toy_aead>;
};
static_assert(spantls::provider<toy_provider>);

}  // namespace fuzz
