// ML-DSA from libcrypto (FIPS 204), which has it from OpenSSL 3.5 on: keys, and checking signatures. What signs is in
// signing_key.hpp. With another libcrypto there is nothing here but an empty list.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/openssl/key_object.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

/// One of the parameter sets of FIPS 204, section 4, with its sizes in bytes.
struct ml_dsa_set {
    signature_scheme scheme;
    const char* name;  ///< as libcrypto calls it
    std::size_t key_size, expanded_size, signature_size;
};

#if OPENSSL_VERSION_NUMBER >= 0x30500000L && !defined(OPENSSL_NO_ML_DSA)

inline constexpr std::array ml_dsa_schemes{signature_scheme::mldsa44, signature_scheme::mldsa65,
                                           signature_scheme::mldsa87};
inline constexpr std::array ml_dsa_sets{ml_dsa_set{ml_dsa_schemes[0], "ML-DSA-44", 1312, 2560, 2420},
                                        ml_dsa_set{ml_dsa_schemes[1], "ML-DSA-65", 1952, 4032, 3309},
                                        ml_dsa_set{ml_dsa_schemes[2], "ML-DSA-87", 2592, 4896, 4627}};

/// `public_key` as it stands in a certificate (RFC 9881, section 4). The context string is empty, as it is in TLS and
/// in certificates.
[[nodiscard]] inline bool ml_dsa_verify(const ml_dsa_set& set, bytes_view public_key, bytes_view message,
                                        bytes_view signature) noexcept {
    if (public_key.size() != set.key_size || signature.size() != set.signature_size) return false;
    return verify_message(
        key_object(EVP_PKEY_new_raw_public_key_ex(nullptr, set.name, nullptr, public_key.data(), public_key.size())),
        message, signature);
}

/// From the seed, from FIPS 204's private key, or from both, which have to belong together (RFC 9881, section 6). What
/// is not there is empty. Null when it is no key.
inline key_object ml_dsa_private(const ml_dsa_set& set, bytes_view seed, bytes_view expanded) noexcept {
    if ((!seed.empty() && seed.size() != 32) || (!expanded.empty() && expanded.size() != set.expanded_size))
        return key_object();
    OSSL_PARAM parts[3];
    std::size_t count = 0;
    if (!seed.empty()) parts[count++] = octets(OSSL_PKEY_PARAM_ML_DSA_SEED, seed);
    if (!expanded.empty()) parts[count++] = octets(OSSL_PKEY_PARAM_PRIV_KEY, expanded);
    parts[count] = OSSL_PARAM_construct_end();
    return count == 0 ? key_object() : key_from(set.name, parts);
}

#else

inline constexpr std::array<signature_scheme, 0> ml_dsa_schemes{};
inline constexpr std::array<ml_dsa_set, 0> ml_dsa_sets{};
inline bool ml_dsa_verify(const ml_dsa_set&, bytes_view, bytes_view, bytes_view) noexcept { return false; }
inline key_object ml_dsa_private(const ml_dsa_set&, bytes_view, bytes_view) noexcept { return key_object(); }

#endif

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
