// AEAD_CHACHA20_POLY1305 for records, from libsodium's stream and authenticator.
//
// libsodium's own AEAD wants the content type right behind the plaintext, in the caller's memory, and calls the cipher
// twice: for the authenticator's key, and for the text. Here the key's block and the first bytes go through the cipher
// in one call, and the text is read where it lies. On x86-64 libsodium enciphers 512 bytes in less time than 128, so
// what is left over is rounded up in a buffer of ours.
#pragma once

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libsodium {

struct chacha20_poly1305 {
    static constexpr std::size_t key_size = crypto_stream_chacha20_ietf_KEYBYTES;
    static constexpr std::size_t tag_size = crypto_onetimeauth_poly1305_BYTES;
    /// The sequence number would wrap first (RFC 9846, section 5.5).
    static constexpr std::uint64_t record_limit = UINT64_MAX;

    struct context {
        std::array<std::uint8_t, key_size> key;
    };

    static constexpr cipher_suite suite = cipher_suite::tls_chacha20_poly1305_sha256;
    static constexpr hash_id hash = hash_id::sha256;
    static bool available() noexcept { return true; }

    static void set_key(context& context, fixed_bytes<key_size> key) noexcept { copy_bytes(key, context.key); }

    static void seal(const context& context, fixed_bytes<12> nonce, fixed_bytes<5> header, bytes_view text,
                     content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        seal_with(context, nonce, header, text, type, zeros, out);
    }

    [[nodiscard]] static bool open(const context& context, fixed_bytes<12> nonce, fixed_bytes<5> header,
                                   mutable_bytes record) noexcept {
        return open_with(context, nonce, header, record);
    }

    /// Like `seal`, for associated data of any length.
    static void seal_with(const context& context, fixed_bytes<12> nonce, bytes_view header, bytes_view text,
                          content_type type, std::size_t zeros, std::uint8_t* out) noexcept;

    /// Like `open`, for associated data of any length.
    [[nodiscard]] static bool open_with(const context& context, fixed_bytes<12> nonce, bytes_view header,
                                        mutable_bytes record) noexcept;

private:
    class cipher;
    class authenticator;
};

/// The key stream of one record, and the step that it is cheapest to take.
class chacha20_poly1305::cipher {
public:
    static constexpr std::size_t block = 64;
    static constexpr std::size_t step = 512;
    /// So many bytes of the record share the first step with the authenticator's key.
    static constexpr std::size_t head = step - block;

    cipher(const context& context, fixed_bytes<12> nonce) noexcept : key_(context.key.data()), nonce_(nonce.data()) {}
    ~cipher() { wipe({buffer_, any_size(step)}); }
    cipher(const cipher&) = delete;
    cipher& operator=(const cipher&) = delete;

    /// Enciphers the record's first bytes, at most `head`. The results, one_time_key and first, stay here until `rest`.
    void begin(bytes_view in) noexcept {
        std::memset(buffer_, 0, block);
        in_buffer(in, block, 0);
    }
    const std::uint8_t* one_time_key() const noexcept { return buffer_; }
    const std::uint8_t* first() const noexcept { return buffer_ + block; }

    /// Enciphers `size` bytes that are `at` bytes into the record, with `at` a whole number of steps behind the head.
    void rest(std::uint8_t* out, const std::uint8_t* in, std::size_t size, std::size_t at) noexcept {
        const std::size_t whole = size - size % step;
        if (whole != 0) run(out, in, whole, at / block + 1);
        if (whole == size) return;
        in_buffer({in + whole, size - whole}, 0, (at + whole) / block + 1);
        std::memcpy(out + whole, buffer_, any_size(size - whole));
    }

    /// The same size, without what the compiler knows of it. GCC copies what it knows to be short with `rep movs`,
    /// which is slow to start: 5 % of a record of 1 KiB.
    static std::size_t any_size(std::size_t size) noexcept {
#if defined(__GNUC__) || defined(__clang__)
        __asm__("" : "+r"(size));
#endif
        return size;
    }

private:
    void in_buffer(bytes_view in, std::size_t offset, std::size_t counter) noexcept {
        const std::size_t end = offset + in.size();
        const std::size_t rounded = cheapest(end);
        if (!in.empty()) std::memcpy(buffer_ + offset, in.data(), any_size(in.size()));
        std::memset(buffer_ + end, 0, any_size(rounded - end));
        run(buffer_, buffer_, rounded, counter);
    }

    void run(std::uint8_t* out, const std::uint8_t* in, std::size_t size, std::size_t counter) noexcept {
        crypto_stream_chacha20_ietf_xor_ic(out, in, size, nonce_, static_cast<std::uint32_t>(counter), key_);
    }

    static constexpr std::size_t cheapest(std::size_t size) noexcept {
#if defined(__x86_64__)
        return size <= block ? size : size <= step / 2 ? step / 2 : step;
#else
        return size;
#endif
    }

    const std::uint8_t* key_;
    const std::uint8_t* nonce_;
    alignas(16) std::uint8_t buffer_[step];
};

/// Poly1305 over the header, the ciphertext and both lengths (RFC 8439, section 2.8).
class chacha20_poly1305::authenticator {
public:
    authenticator(const std::uint8_t* one_time_key, bytes_view header) noexcept : header_size_(header.size()) {
        crypto_onetimeauth_poly1305_init(&state_, one_time_key);
        std::uint8_t block[16] = {};
        const std::size_t whole = header.size() - header.size() % 16;
        if (whole != 0) crypto_onetimeauth_poly1305_update(&state_, header.data(), whole);
        if (whole == header.size()) return;
        copy_bytes(header.subspan(whole), block);
        crypto_onetimeauth_poly1305_update(&state_, block, sizeof block);
    }

    void tag(const std::uint8_t* ciphertext, std::size_t size, std::uint8_t* out) noexcept {
        crypto_onetimeauth_poly1305_update(&state_, ciphertext, size);
        std::uint8_t end[15 + 16] = {};
        const std::size_t padding = (16 - size % 16) % 16;
        store_le(end + padding, header_size_);
        store_le(end + padding + 8, size);
        crypto_onetimeauth_poly1305_update(&state_, end, padding + 16);
        crypto_onetimeauth_poly1305_final(&state_, out);
    }

private:
    static void store_le(std::uint8_t* to, std::uint64_t value) noexcept {
        for (std::size_t i = 0; i < 8; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }

    std::size_t header_size_;
    crypto_onetimeauth_poly1305_state state_;
};

inline void chacha20_poly1305::seal_with(const context& context, fixed_bytes<12> nonce, bytes_view header,
                                         bytes_view text, content_type type, std::size_t zeros,
                                         std::uint8_t* out) noexcept {
    const std::size_t size = text.size() + 1 + zeros;
    const std::size_t first = size < cipher::head ? size : cipher::head;
    // A text that fills the head is enciphered from where it lies, up to here; what remains is put together in `out`.
    const std::size_t straight =
        text.size() < cipher::head ? 0 : text.size() - (text.size() - cipher::head) % cipher::step;
    if (text.data() != out && straight < text.size())
        std::memcpy(out + straight, text.data() + straight, cipher::any_size(text.size() - straight));
    out[text.size()] = static_cast<std::uint8_t>(type);
    std::memset(out + text.size() + 1, 0, zeros);

    cipher stream(context, nonce);
    stream.begin({straight != 0 ? text.data() : out, first});
    authenticator mac(stream.one_time_key(), header);
    std::memcpy(out, stream.first(), cipher::any_size(first));
    if (straight > first) stream.rest(out + first, text.data() + first, straight - first, first);
    const std::size_t done = straight > first ? straight : first;
    if (size > done) stream.rest(out + done, out + done, size - done, done);
    mac.tag(out, size, out + size);
}

inline bool chacha20_poly1305::open_with(const context& context, fixed_bytes<12> nonce, bytes_view header,
                                         mutable_bytes record) noexcept {
    if (record.size() < tag_size) return false;
    const std::size_t size = record.size() - tag_size;
    const std::size_t first = size < cipher::head ? size : cipher::head;
    cipher stream(context, nonce);
    stream.begin(record.first(first));
    std::uint8_t tag[tag_size];
    authenticator(stream.one_time_key(), header).tag(record.data(), size, tag);
    if (crypto_verify_16(tag, record.data() + size) != 0) return false;
    std::memcpy(record.data(), stream.first(), cipher::any_size(first));
    if (size > first) stream.rest(record.data() + first, record.data() + first, size - first, first);
    return true;
}

}  // namespace libsodium
}  // namespace v1
}  // namespace spantls
