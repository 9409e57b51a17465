// AES-GCM and ChaCha20-Poly1305 for records, from libcrypto: by EVP_AEAD where the library is BoringSSL or AWS-LC, by
// EVP_CIPHER otherwise.
//
// With EVP_CIPHER a key owns an object of libcrypto's, which is made with the key and used for all of its records; so
// a key must be used by one thread at a time. What libcrypto cannot do, for want of memory, fails closed: such a record
// is zeros, which nobody takes, and nothing opens.
#pragma once

#include <openssl/evp.h>
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
#include <openssl/aead.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/openssl/owned.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)

template <class Algorithm>
class record_cipher {
public:
    struct context {
        EVP_AEAD_CTX it{};
    };

    static bool available() noexcept { return true; }

    static void set_key(context& to, fixed_bytes<Algorithm::key_size> key) noexcept {
        clear(to);
        if (EVP_AEAD_CTX_init(&to.it, Algorithm::aead(), key.data(), key.size(), tag_size, nullptr) != 1)
            EVP_AEAD_CTX_zero(&to.it);
    }
    static void clear(context& it) noexcept { EVP_AEAD_CTX_cleanup(&it.it); }

protected:
    static constexpr std::size_t tag_size = 16;

    static bool try_seal(const context& with, fixed_bytes<12> nonce, bytes_view header, bytes_view text,
                         content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        const std::uint8_t last = static_cast<std::uint8_t>(type);
        std::uint8_t* const end = out + text.size();
        std::size_t size = 0;
        if (with.it.aead == nullptr) return false;
        if (zeros == 0)
            return EVP_AEAD_CTX_seal_scatter(&with.it, out, end, &size, 1 + tag_size, nonce.data(), nonce.size(),
                                             text.data(), text.size(), &last, 1, header.data(), header.size()) == 1;
        if (text.data() != out) copy_bytes(text, {out, text.size()});
        *end = last;
        std::memset(end + 1, 0, zeros);
        const std::size_t inner = text.size() + 1 + zeros;
        return EVP_AEAD_CTX_seal_scatter(&with.it, out, out + inner, &size, tag_size, nonce.data(), nonce.size(), out,
                                         inner, nullptr, 0, header.data(), header.size()) == 1;
    }

    static bool try_open(const context& with, fixed_bytes<12> nonce, bytes_view header, mutable_bytes record) noexcept {
        const std::size_t size = record.size() - tag_size;
        return with.it.aead != nullptr &&
               EVP_AEAD_CTX_open_gather(&with.it, record.data(), nonce.data(), nonce.size(), record.data(), size,
                                        record.data() + size, tag_size, header.data(), header.size()) == 1;
    }
};

#else

template <class Algorithm>
class record_cipher {
    struct maker {
        static EVP_CIPHER* make() noexcept { return EVP_CIPHER_fetch(nullptr, Algorithm::name, nullptr); }
        static void release(EVP_CIPHER* it) noexcept { EVP_CIPHER_free(it); }
    };

public:
    struct context {
        EVP_CIPHER_CTX* it = nullptr;
    };

    static bool available() noexcept { return shared<maker>::get() != nullptr; }

    static void set_key(context& to, fixed_bytes<Algorithm::key_size> key) noexcept {
        if (to.it == nullptr) to.it = EVP_CIPHER_CTX_new();
        EVP_CIPHER* const cipher = shared<maker>::get();
        // Both directions have the same key schedule; which it is, each record says.
        if (cipher == nullptr || EVP_CipherInit_ex(to.it, cipher, nullptr, key.data(), nullptr, 1) != 1) clear(to);
    }
    static void clear(context& it) noexcept {
        EVP_CIPHER_CTX_free(it.it);  // wipes
        it.it = nullptr;
    }

protected:
    static constexpr std::size_t tag_size = 16;

    static bool try_seal(const context& with, fixed_bytes<12> nonce, bytes_view header, bytes_view text,
                         content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        // Up to here a copy is cheaper than a second call.
        constexpr std::size_t small = 1024;
        const bool apart = text.data() != out && text.size() > small;
        const std::size_t inner = text.size() + 1 + zeros;
        const std::size_t first = apart ? text.size() : 0;
        if (text.data() != out && !apart) copy_bytes(text, {out, text.size()});
        out[text.size()] = static_cast<std::uint8_t>(type);
        std::memset(out + text.size() + 1, 0, zeros);
        int size = 0;
        return begin(with, nonce, header, 1) &&
               (!apart || EVP_EncryptUpdate(with.it, out, &size, text.data(), static_cast<int>(text.size())) == 1) &&
               EVP_EncryptUpdate(with.it, out + first, &size, out + first, static_cast<int>(inner - first)) == 1 &&
               EVP_EncryptFinal_ex(with.it, out + inner, &size) == 1 &&
               EVP_CIPHER_CTX_ctrl(with.it, EVP_CTRL_AEAD_GET_TAG, tag_size, out + inner) == 1;
    }

    static bool try_open(const context& with, fixed_bytes<12> nonce, bytes_view header, mutable_bytes record) noexcept {
        const mutable_bytes text = record.first(record.size() - tag_size);
        int size = 0;
        return begin(with, nonce, header, 0) &&
               EVP_CIPHER_CTX_ctrl(with.it, EVP_CTRL_AEAD_SET_TAG, tag_size, text.data() + text.size()) == 1 &&
               (text.empty() ||
                EVP_DecryptUpdate(with.it, text.data(), &size, text.data(), static_cast<int>(text.size())) == 1) &&
               EVP_DecryptFinal_ex(with.it, text.data() + text.size(), &size) == 1;
    }

private:
    static bool begin(const context& with, fixed_bytes<12> nonce, bytes_view header, int enciphering) noexcept {
        int size = 0;
        return with.it != nullptr &&
               EVP_CipherInit_ex(with.it, nullptr, nullptr, nullptr, nonce.data(), enciphering) == 1 &&
               EVP_CipherUpdate(with.it, nullptr, &size, header.data(), static_cast<int>(header.size())) == 1;
    }
};

#endif

/// A record_aead out of an algorithm's names.
template <class Algorithm>
class record_protection : public record_cipher<Algorithm>, public Algorithm {
    using cipher = record_cipher<Algorithm>;

public:
    using typename cipher::context;
    static constexpr std::size_t tag_size = cipher::tag_size;

    static void seal(const context& with, fixed_bytes<12> nonce, fixed_bytes<5> header, bytes_view text,
                     content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        seal_with(with, nonce, header, text, type, zeros, out);
    }
    [[nodiscard]] static bool open(const context& with, fixed_bytes<12> nonce, fixed_bytes<5> header,
                                   mutable_bytes record) noexcept {
        return open_with(with, nonce, header, record);
    }

    /// Like `seal`, for associated data of any length.
    static void seal_with(const context& with, fixed_bytes<12> nonce, bytes_view header, bytes_view text,
                          content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        if (!cipher::try_seal(with, nonce, header, text, type, zeros, out))
            wipe({out, text.size() + 1 + zeros + tag_size});
    }
    /// Like `open`, for associated data of any length.
    [[nodiscard]] static bool open_with(const context& with, fixed_bytes<12> nonce, bytes_view header,
                                        mutable_bytes record) noexcept {
        return record.size() >= tag_size && cipher::try_open(with, nonce, header, record);
    }
};

struct aes128_gcm_names {
    static constexpr const char* name = "AES-128-GCM";
    static constexpr std::size_t key_size = 16;
    /// 2^24.5 (RFC 9846, section 5.5).
    static constexpr std::uint64_t record_limit = 23'726'566;
    static constexpr cipher_suite suite = cipher_suite::tls_aes_128_gcm_sha256;
    static constexpr hash_id hash = hash_id::sha256;
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
    static const EVP_AEAD* aead() noexcept { return EVP_aead_aes_128_gcm(); }
#endif
};

struct aes256_gcm_names {
    static constexpr const char* name = "AES-256-GCM";
    static constexpr std::size_t key_size = 32;
    static constexpr std::uint64_t record_limit = aes128_gcm_names::record_limit;
    static constexpr cipher_suite suite = cipher_suite::tls_aes_256_gcm_sha384;
    static constexpr hash_id hash = hash_id::sha384;
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
    static const EVP_AEAD* aead() noexcept { return EVP_aead_aes_256_gcm(); }
#endif
};

struct chacha20_poly1305_names {
    static constexpr const char* name = "ChaCha20-Poly1305";
    static constexpr std::size_t key_size = 32;
    /// The sequence number would wrap first (RFC 9846, section 5.5).
    static constexpr std::uint64_t record_limit = UINT64_MAX;
    static constexpr cipher_suite suite = cipher_suite::tls_chacha20_poly1305_sha256;
    static constexpr hash_id hash = hash_id::sha256;
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
    static const EVP_AEAD* aead() noexcept { return EVP_aead_chacha20_poly1305(); }
#endif
};

using aes128_gcm = record_protection<aes128_gcm_names>;
using aes256_gcm = record_protection<aes256_gcm_names>;
using chacha20_poly1305 = record_protection<chacha20_poly1305_names>;

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
