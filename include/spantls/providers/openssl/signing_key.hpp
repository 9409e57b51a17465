// Private keys of libcrypto's that answer the `sign` question: Ed25519, ECDSA on P-256 and P-384, RSA-PSS, and ML-DSA
// where libcrypto has it.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#if !defined(OPENSSL_IS_BORINGSSL) && !defined(OPENSSL_IS_AWSLC)
#include <openssl/param_build.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/openssl/curves.hpp>
#include <spantls/providers/openssl/error_queue.hpp>
#include <spantls/providers/openssl/hash.hpp>
#include <spantls/providers/openssl/key_object.hpp>
#include <spantls/providers/openssl/ml_dsa.hpp>
#include <spantls/providers/openssl/verify.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

/// A signature by value: `tls.answer(spantls::signature{key.sign(scheme, content)})`. Empty: it could not be made.
class made_signature {
public:
    operator bytes_view() const noexcept { return bytes_view(bytes_).first(size_); }

private:
    friend class signing_key;
    std::array<std::uint8_t, ml_dsa_schemes.empty() ? 512 : 4627> bytes_;  // RSA of 4096 bits, or ML-DSA-87
    std::size_t size_ = 0;
};

/// A private key. Move-only; libcrypto wipes it. Any number of threads may sign with one.
class signing_key {
public:
    /// Signs nothing.
    signing_key() noexcept = default;

    /// From what x509::read_private_key() or x509::parse_private_key() has read; empty when that is no key, or one
    /// that libcrypto does not take, or RSA above 4096 bits. The bytes may be wiped afterwards.
    template <class Parsed>
    requires requires(const Parsed& parsed) { parsed.numbers.modulus; }
    explicit signing_key(const Parsed& parsed) noexcept {
        using type = decltype(parsed.type);
        if (parsed.type == type::ed25519 && parsed.secret.size() == 32)
            *this = ed25519(parsed.secret.template first<32>());
        if (parsed.type == type::p256 && parsed.secret.size() == 32) *this = p256(parsed.secret.template first<32>());
        if (parsed.type == type::p384 && parsed.secret.size() == 48) *this = p384(parsed.secret.template first<48>());
        const auto& n = parsed.numbers;
        if (parsed.type == type::rsa)
            *this = rsa({n.modulus, n.public_exponent, n.private_exponent, n.prime1, n.prime2, n.exponent1, n.exponent2,
                         n.coefficient},
                        parsed.pss_only);
        using enum signature_scheme;
        if (parsed.type == type::mldsa44) *this = ml_dsa(mldsa44, parsed.secret, parsed.expanded);
        if (parsed.type == type::mldsa65) *this = ml_dsa(mldsa65, parsed.secret, parsed.expanded);
        if (parsed.type == type::mldsa87) *this = ml_dsa(mldsa87, parsed.secret, parsed.expanded);
    }

    /// `seed` is what RFC 8032 calls the private key.
    static signing_key ed25519(fixed_bytes<32> seed) noexcept {
        const own_errors ours;
        return {key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size())),
                ed25519_schemes};
    }
    /// Scalars, big-endian.
    static signing_key p256(fixed_bytes<32> scalar) noexcept {
        const own_errors ours;
        return {elliptic<p256_curve>(scalar), p256_schemes};
    }
    static signing_key p384(fixed_bytes<48> scalar) noexcept {
        const own_errors ours;
        return {elliptic<p384_curve>(scalar), p384_schemes};
    }
    /// The numbers of an RSAPrivateKey (RFC 8017, appendix A.1.2) in their order there, big-endian. `pss_only`: its
    /// certificate has id-RSASSA-PSS.
    static signing_key rsa(const std::array<bytes_view, 8>& numbers, bool pss_only = false) noexcept {
        const own_errors ours;
        if (numbers[0].size() > 512) return {};
        return {from_numbers(numbers), std::span<const signature_scheme>(rsa_schemes).subspan(pss_only ? 3 : 0, 3)};
    }
    /// Of one of ml_dsa_schemes: the seed, or FIPS 204's private key, or both. Empty when libcrypto has no ML-DSA.
    static signing_key ml_dsa(signature_scheme scheme, bytes_view seed, bytes_view expanded = {}) noexcept {
        const own_errors ours;
        for (std::size_t i = 0; i < ml_dsa_sets.size(); ++i)
            if (ml_dsa_sets[i].scheme == scheme)
                return {ml_dsa_private(ml_dsa_sets[i], seed, expanded),
                        std::span<const signature_scheme>(ml_dsa_schemes).subspan(i, 1)};
        return {};
    }

    explicit operator bool() const noexcept { return static_cast<bool>(key_); }
    /// Best first; for identity::schemes.
    std::span<const signature_scheme> schemes() const noexcept {
        return key_ ? schemes_ : std::span<const signature_scheme>{};
    }

    /// Empty when `scheme` is none of schemes().
    [[nodiscard]] made_signature sign(signature_scheme scheme, bytes_view message) const noexcept {
        const own_errors ours;
        made_signature made;
        made.size_ = made.bytes_.size();
        if (!try_sign(scheme, message, made)) made.size_ = 0;
        return made;
    }

    /// Is this the key of the certificate that has `public_key`? Found out by signing something.
    [[nodiscard]] bool belongs_to(bytes_view public_key) const noexcept {
        if (schemes().empty()) return false;
        const bytes_view message = as_bytes("spantls: does the key belong to the certificate?");
        return verify(schemes_[0], public_key, message, sign(schemes_[0], message));
    }

private:
    using key = key_object;

    static constexpr std::array ed25519_schemes{signature_scheme::ed25519};
    static constexpr std::array p256_schemes{signature_scheme::ecdsa_secp256r1_sha256};
    static constexpr std::array p384_schemes{signature_scheme::ecdsa_secp384r1_sha384};
    static constexpr std::array rsa_schemes{
        signature_scheme::rsa_pss_rsae_sha256, signature_scheme::rsa_pss_rsae_sha384,
        signature_scheme::rsa_pss_rsae_sha512, signature_scheme::rsa_pss_pss_sha256,
        signature_scheme::rsa_pss_pss_sha384,  signature_scheme::rsa_pss_pss_sha512};

    signing_key(key made, std::span<const signature_scheme> schemes) noexcept
        : key_(std::move(made)), schemes_(schemes) {}

    bool try_sign(signature_scheme scheme, bytes_view message, made_signature& to) const noexcept {
        bool ours = false;
        for (const signature_scheme known : schemes()) ours = ours || known == scheme;
        if (!ours) return false;
        using enum signature_scheme;  // the mandatory ones of RFC 9846, section 9.1, among them
        switch (scheme) {
            case mldsa44:
            case mldsa65:
            case mldsa87:
            case ed25519: return sign_message(message, to);
            case ecdsa_secp256r1_sha256: return sign_digest<sha256>(nullptr, message, to);
            case ecdsa_secp384r1_sha384: return sign_digest<sha384>(nullptr, message, to);
            case rsa_pss_rsae_sha256:
            case rsa_pss_pss_sha256: return sign_digest<sha256>(EVP_sha256(), message, to);
            case rsa_pss_rsae_sha384:
            case rsa_pss_pss_sha384: return sign_digest<sha384>(EVP_sha384(), message, to);
            case rsa_pss_rsae_sha512:
            case rsa_pss_pss_sha512: return sign_digest<sha512>(EVP_sha512(), message, to);
            default: return false;
        }
    }
    bool sign_message(bytes_view message, made_signature& to) const noexcept {
        const owned<EVP_MD_CTX, EVP_MD_CTX_free> with(EVP_MD_CTX_new());
        return with && EVP_DigestSignInit(with.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
               EVP_DigestSign(with.get(), to.bytes_.data(), &to.size_, message.data(), message.size()) == 1;
    }
    /// `pss`: the hash of RSA-PSS, whose salt is as long as the digest (RFC 9846, section 4.3.3).
    template <class Hash>
    bool sign_digest(const EVP_MD* pss, bytes_view message, made_signature& to) const noexcept {
        std::uint8_t digest[Hash::size];
        portable::detail::hash_parts<Hash>(digest, message);
        const key_context with(EVP_PKEY_CTX_new(key_.get(), nullptr));
        return with && EVP_PKEY_sign_init(with.get()) == 1 &&
               (pss == nullptr || (EVP_PKEY_CTX_set_rsa_padding(with.get(), RSA_PKCS1_PSS_PADDING) == 1 &&
                                   EVP_PKEY_CTX_set_signature_md(with.get(), pss) == 1 &&
                                   EVP_PKEY_CTX_set_rsa_pss_saltlen(with.get(), -1) == 1)) &&
               EVP_PKEY_sign(with.get(), to.bytes_.data(), &to.size_, digest, sizeof digest) == 1;
    }

#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)

    template <class Curve>
    static key elliptic(fixed_bytes<Curve::size> scalar) noexcept {
        const number own = Curve::scalar(scalar);
        const number_context with(BN_CTX_new());
        const owned<EC_KEY, EC_KEY_free> it(EC_KEY_new());
        const curve_point point(own && with && it ? EC_POINT_new(Curve::group()) : nullptr);
        key made(EVP_PKEY_new());
        const bool good = point && made && EC_KEY_set_group(it.get(), Curve::group()) == 1 &&
                          EC_POINT_mul(Curve::group(), point.get(), own.get(), nullptr, nullptr, with.get()) == 1 &&
                          EC_KEY_set_private_key(it.get(), own.get()) == 1 &&
                          EC_KEY_set_public_key(it.get(), point.get()) == 1 &&
                          EVP_PKEY_set1_EC_KEY(made.get(), it.get()) == 1;
        return good ? std::move(made) : key();
    }

    static key from_numbers(const std::array<bytes_view, 8>& numbers) noexcept {
        std::array<number, 8> n;
        for (std::size_t i = 0; i < n.size(); ++i) {
            n[i] = number_from(numbers[i]);
            if (!n[i]) return key();
        }
        const owned<RSA, RSA_free> it(RSA_new());
        key made(EVP_PKEY_new());
        if (!it || !made) return key();
        // These take what they are given, if they take it at all.
        if (RSA_set0_key(it.get(), n[0].get(), n[1].get(), n[2].get()) != 1) return key();
        for (std::size_t i = 0; i < 3; ++i) (void)n[i].release();
        if (RSA_set0_factors(it.get(), n[3].get(), n[4].get()) != 1) return key();
        for (std::size_t i = 3; i < 5; ++i) (void)n[i].release();
        if (RSA_set0_crt_params(it.get(), n[5].get(), n[6].get(), n[7].get()) != 1) return key();
        for (std::size_t i = 5; i < 8; ++i) (void)n[i].release();
        return RSA_check_key(it.get()) == 1 && EVP_PKEY_set1_RSA(made.get(), it.get()) == 1 ? std::move(made) : key();
    }

#else

    using builder = owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
    using parameters = owned<OSSL_PARAM, OSSL_PARAM_free>;

    /// In memory that libcrypto wipes when it frees the parameters.
    static number secret_number(bytes_view bytes) noexcept {
        number it(BN_secure_new());
        return it && BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), it.get()) != nullptr ? std::move(it)
                                                                                                  : number();
    }
    static key built(const char* type, const builder& from) noexcept {
        const parameters parts(OSSL_PARAM_BLD_to_param(from.get()));
        return parts ? key_from(type, parts.get()) : key();
    }

    template <class Curve>
    static key elliptic(fixed_bytes<Curve::size> scalar) noexcept {
        std::uint8_t point[Curve::point_size];
        const number own = secret_number(scalar);
        const number_context with(BN_CTX_new());
        const builder parts(OSSL_PARAM_BLD_new());
        const bool good =
            own && with && parts && Curve::multiply_base(Curve::scalar(scalar), point, with.get()) &&
            OSSL_PARAM_BLD_push_utf8_string(parts.get(), OSSL_PKEY_PARAM_GROUP_NAME, Curve::name, 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(parts.get(), OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1 &&
            OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_PRIV_KEY, own.get()) == 1;
        return good ? built("EC", parts) : key();
    }

    static key from_numbers(const std::array<bytes_view, 8>& numbers) noexcept {
        constexpr std::array names{OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
                                   OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                                   OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                   OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
        const builder parts(OSSL_PARAM_BLD_new());
        std::array<number, 8> n;  // the parameters are read from these in the end
        for (std::size_t i = 0; i < n.size(); ++i) {
            n[i] = secret_number(numbers[i]);
            if (!parts || !n[i] || OSSL_PARAM_BLD_push_BN(parts.get(), names[i], n[i].get()) != 1) return key();
        }
        return built("RSA", parts);
    }

#endif

    key key_;
    std::span<const signature_scheme> schemes_;
};

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
