// ML-KEM-768 from libcrypto, which has it from OpenSSL 3.5 on; otherwise from portable/. That one takes little more
// than a third of the time and allocates nothing: who would rather have it has it in `mixed`, or in a basic_openssl
// with
//
//   spantls::portable::x25519_mlkem768<spantls::portable::ml_kem_768, spantls::libcrypto::x25519>
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/openssl/error_queue.hpp>
#include <spantls/providers/openssl/key_object.hpp>
#include <spantls/providers/portable/ml_kem_768.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

#if OPENSSL_VERSION_NUMBER >= 0x30500000L && !defined(OPENSSL_NO_ML_KEM)

/// As portable::ml_kem_768, which it is where the library that is loaded, or its properties, have none after all: the
/// private key is the seed.
class ml_kem_768 {
    using ours = portable::ml_kem_768;

public:
    static constexpr std::size_t private_size = ours::private_size;
    static constexpr std::size_t random_size = ours::random_size;
    static constexpr std::size_t key_size = ours::key_size;
    static constexpr std::size_t ciphertext_size = ours::ciphertext_size;
    static constexpr std::size_t secret_size = ours::secret_size;

    [[nodiscard]] static bool generate(fixed_bytes<private_size> seed, fixed_mutable_bytes<key_size> key) noexcept {
        const own_errors kept;
        if (!there()) return ours::generate(seed, key);
        const key_object made = from_seed(seed);
        std::size_t size = key.size();
        return made && EVP_PKEY_get_raw_public_key(made.get(), key.data(), &size) == 1 && size == key.size();
    }
    /// False when the key fails the check of FIPS 203, section 7.2: libcrypto makes no key of it then.
    [[nodiscard]] static bool encapsulate(fixed_bytes<random_size> random, fixed_bytes<key_size> key,
                                          fixed_mutable_bytes<ciphertext_size> ciphertext,
                                          fixed_mutable_bytes<secret_size> secret) noexcept {
        const own_errors kept;
        if (!there()) return ours::encapsulate(random, key, ciphertext, secret);
        OSSL_PARAM parts[] = {octets(OSSL_PKEY_PARAM_PUB_KEY, key), OSSL_PARAM_construct_end()};
        const key_object to = key_from(name, parts, EVP_PKEY_PUBLIC_KEY);
        const key_context with(to ? EVP_PKEY_CTX_new(to.get(), nullptr) : nullptr);
        // libcrypto's name for the message of algorithm 17. It is our provider's randomness, as everything random is.
        const OSSL_PARAM message[] = {octets(OSSL_KEM_PARAM_IKME, random), OSSL_PARAM_construct_end()};
        std::size_t size = ciphertext.size(), secret_length = secret.size();
        return with && EVP_PKEY_encapsulate_init(with.get(), message) == 1 &&
               EVP_PKEY_encapsulate(with.get(), ciphertext.data(), &size, secret.data(), &secret_length) == 1 &&
               size == ciphertext.size() && secret_length == secret.size();
    }
    [[nodiscard]] static bool decapsulate(fixed_bytes<private_size> seed, fixed_bytes<ciphertext_size> ciphertext,
                                          fixed_mutable_bytes<secret_size> secret) noexcept {
        const own_errors kept;
        if (!there()) return ours::decapsulate(seed, ciphertext, secret);
        const key_object own = from_seed(seed);
        const key_context with(own ? EVP_PKEY_CTX_new(own.get(), nullptr) : nullptr);
        std::size_t size = secret.size();
        return with && EVP_PKEY_decapsulate_init(with.get(), nullptr) == 1 &&
               EVP_PKEY_decapsulate(with.get(), secret.data(), &size, ciphertext.data(), ciphertext.size()) == 1 &&
               size == secret.size();
    }

private:
    static constexpr const char* name = "ML-KEM-768";

    struct maker {
        static EVP_KEYMGMT* make() noexcept { return EVP_KEYMGMT_fetch(nullptr, name, nullptr); }
        static void release(EVP_KEYMGMT* it) noexcept { EVP_KEYMGMT_free(it); }
    };
    static bool there() noexcept { return shared<maker>::get() != nullptr; }

    static key_object from_seed(fixed_bytes<private_size> seed) noexcept {
        OSSL_PARAM parts[] = {octets(OSSL_PKEY_PARAM_ML_KEM_SEED, seed), OSSL_PARAM_construct_end()};
        return key_from(name, parts);
    }
};

#else
using portable::ml_kem_768;
#endif

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
