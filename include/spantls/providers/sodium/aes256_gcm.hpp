// AES-256-GCM for records, from libsodium, for CPUs that have instructions for it.
#pragma once

#include <sodium.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libsodium {

struct aes256_gcm {
    static constexpr std::size_t key_size = crypto_aead_aes256gcm_KEYBYTES;
    static constexpr std::size_t tag_size = crypto_aead_aes256gcm_ABYTES;
    /// 2^24.5 (RFC 9846, section 5.5).
    static constexpr std::uint64_t record_limit = 23'726'566;

    struct context {
        crypto_aead_aes256gcm_state state;
    };

    static constexpr cipher_suite suite = cipher_suite::tls_aes_256_gcm_sha384;
    static constexpr hash_id hash = hash_id::sha384;
    static bool available() noexcept { return crypto_aead_aes256gcm_is_available() != 0; }

    static void set_key(context& context, fixed_bytes<key_size> key) noexcept {
        crypto_aead_aes256gcm_beforenm(&context.state, key.data());
    }

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
                          content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        if (text.data() != out) copy_bytes(text, {out, text.size()});
        out[text.size()] = static_cast<std::uint8_t>(type);
        std::memset(out + text.size() + 1, 0, zeros);
        crypto_aead_aes256gcm_encrypt_afternm(out, nullptr, out, text.size() + 1 + zeros, header.data(), header.size(),
                                              nullptr, nonce.data(), &context.state);
    }

    /// Like `open`, for associated data of any length.
    [[nodiscard]] static bool open_with(const context& context, fixed_bytes<12> nonce, bytes_view header,
                                        mutable_bytes record) noexcept {
        return record.size() >= tag_size &&
            crypto_aead_aes256gcm_decrypt_afternm(record.data(), nullptr, nullptr, record.data(), record.size(),
                                                  header.data(), header.size(), nonce.data(), &context.state) == 0;
    }
};

}  // namespace libsodium
}  // namespace v1
}  // namespace spantls
