// ML-KEM-768 from libsodium, which has it from 1.0.22 on; otherwise from portable/.
#pragma once

#include <sodium.h>

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#if !defined(crypto_kem_mlkem768_SEEDBYTES)
#include <spantls/providers/portable/ml_kem_768.hpp>
#endif

namespace spantls {
inline namespace v1 {
namespace libsodium {

#if defined(crypto_kem_mlkem768_SEEDBYTES)
/// As portable::ml_kem_768: the private key is the seed.
struct ml_kem_768 {
    static constexpr std::size_t private_size = crypto_kem_mlkem768_SEEDBYTES;
    static constexpr std::size_t random_size = 32;
    static constexpr std::size_t key_size = crypto_kem_mlkem768_PUBLICKEYBYTES;
    static constexpr std::size_t ciphertext_size = crypto_kem_mlkem768_CIPHERTEXTBYTES;
    static constexpr std::size_t secret_size = crypto_kem_mlkem768_SHAREDSECRETBYTES;

    [[nodiscard]] static bool generate(fixed_bytes<private_size> seed, fixed_mutable_bytes<key_size> key) noexcept {
        std::uint8_t expanded[crypto_kem_mlkem768_SECRETKEYBYTES];
        const bool good = crypto_kem_mlkem768_seed_keypair(key.data(), expanded, seed.data()) == 0;
        wipe(expanded);
        return good;
    }
    [[nodiscard]] static bool encapsulate(fixed_bytes<random_size> random, fixed_bytes<key_size> key,
                                          fixed_mutable_bytes<ciphertext_size> ciphertext,
                                          fixed_mutable_bytes<secret_size> secret) noexcept {
        return crypto_kem_mlkem768_enc_deterministic(ciphertext.data(), secret.data(), key.data(), random.data()) == 0;
    }
    [[nodiscard]] static bool decapsulate(fixed_bytes<private_size> seed, fixed_bytes<ciphertext_size> ciphertext,
                                          fixed_mutable_bytes<secret_size> secret) noexcept {
        std::uint8_t key[key_size], expanded[crypto_kem_mlkem768_SECRETKEYBYTES];
        const bool good = crypto_kem_mlkem768_seed_keypair(key, expanded, seed.data()) == 0 &&
                          crypto_kem_mlkem768_dec(secret.data(), ciphertext.data(), expanded) == 0;
        wipe(expanded);
        return good;
    }
};
#else
using portable::ml_kem_768;
#endif

}  // namespace libsodium
}  // namespace v1
}  // namespace spantls
