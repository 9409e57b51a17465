// X25519 from libcrypto (RFC 7748).
#pragma once

#include <openssl/evp.h>
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
#include <openssl/curve25519.h>
#endif

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/providers/openssl/error_queue.hpp>
#include <spantls/providers/openssl/key_object.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

struct x25519 : x25519_sizes {
    [[nodiscard]] static bool generate(fixed_bytes<32> random, fixed_mutable_bytes<32> private_key,
                                       fixed_mutable_bytes<32> share) noexcept {
        copy_bytes(random, private_key);
        return public_key(random, share);
    }

#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)

    [[nodiscard]] static bool respond(fixed_bytes<32> random, fixed_bytes<32> their_share,
                                      fixed_mutable_bytes<32> share, fixed_mutable_bytes<32> secret) noexcept {
        return public_key(random, share) && finish(random, their_share, secret);
    }
    /// False when the secret is all zero (RFC 9846, section 7.4.2).
    [[nodiscard]] static bool finish(fixed_bytes<32> private_key, fixed_bytes<32> their_share,
                                     fixed_mutable_bytes<32> secret) noexcept {
        return X25519(secret.data(), private_key.data(), their_share.data()) == 1;
    }
    /// The share that belongs to a private key.
    [[nodiscard]] static bool public_key(fixed_bytes<32> private_key, fixed_mutable_bytes<32> share) noexcept {
        X25519_public_from_private(share.data(), private_key.data());
        return true;
    }

#else

    [[nodiscard]] static bool respond(fixed_bytes<32> random, fixed_bytes<32> their_share,
                                      fixed_mutable_bytes<32> share, fixed_mutable_bytes<32> secret) noexcept {
        const own_errors ours;
        const key own = private_from(random);
        return public_of(own, share) && derive(own, their_share, secret);
    }
    /// False when the secret is all zero (RFC 9846, section 7.4.2).
    [[nodiscard]] static bool finish(fixed_bytes<32> private_key, fixed_bytes<32> their_share,
                                     fixed_mutable_bytes<32> secret) noexcept {
        const own_errors ours;
        return derive(private_beside(private_key, their_share), their_share, secret);
    }
    /// The share that belongs to a private key.
    [[nodiscard]] static bool public_key(fixed_bytes<32> private_key, fixed_mutable_bytes<32> share) noexcept {
        const own_errors ours;
        return public_of(private_from(private_key), share);
    }

private:
    using key = key_object;

    static key private_from(fixed_bytes<32> bytes) noexcept {
        return key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes.data(), bytes.size()));
    }
    /// A private key whose public half is a stranger's: libcrypto takes it as it is, where it would compute the right
    /// one, which costs as much as the secret does; and to derive that, it does not look at it.
    static key private_beside(fixed_bytes<32> bytes, fixed_bytes<32> any_public) noexcept {
        OSSL_PARAM parts[] = {octets(OSSL_PKEY_PARAM_PRIV_KEY, bytes), octets(OSSL_PKEY_PARAM_PUB_KEY, any_public),
                              OSSL_PARAM_construct_end()};
        return key_from("X25519", parts);
    }
    static bool public_of(const key& own, fixed_mutable_bytes<32> share) noexcept {
        std::size_t size = share.size();
        return own && EVP_PKEY_get_raw_public_key(own.get(), share.data(), &size) == 1 && size == share.size();
    }
    static bool derive(const key& own, fixed_bytes<32> their_share, fixed_mutable_bytes<32> secret) noexcept {
        const key theirs(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, their_share.data(), their_share.size()));
        const key_context with(own && theirs ? EVP_PKEY_CTX_new(own.get(), nullptr) : nullptr);
        std::size_t size = secret.size();
        // libcrypto itself refuses the secret of zeros; what it is like is not left to each release of it.
        return with && EVP_PKEY_derive_init(with.get()) == 1 &&
               EVP_PKEY_derive_set_peer(with.get(), theirs.get()) == 1 &&
               EVP_PKEY_derive(with.get(), secret.data(), &size) == 1 && size == secret.size() &&
               !constant_time_equal(secret, zeros);
    }

    static constexpr std::uint8_t zeros[32] = {};

#endif
};

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
