// How a certificate, a CRL or an OCSP response is signed, and the keys that are strong enough for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/x509/algorithm.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/der.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

enum class signature_padding : std::uint8_t { none, pkcs1, pss };

/// A signature as its AlgorithmIdentifier and its issuer's key describe it.
struct certificate_signature {
    key_type key = key_type::unsupported;
    signature_hash hash = signature_hash::none;           ///< none: Ed25519, ML-DSA
    signature_padding padding = signature_padding::none;  ///< RSA only; a PSS salt is as long as the hash
};

/// RFC 9846, section 4.3.3; or one of ours for those that TLS has none for. None: it cannot be.
constexpr std::optional<signature_scheme> scheme_of(const certificate_signature& how) noexcept;

/// What verifies them: verify(certificate_signature, public_key, message, signature), or, as every provider has it,
/// verify(signature_scheme, public_key, message, signature). public_key: as a provider gets it.
template <class V>
bool verify_signature(const V& crypto, const certificate_signature& how, bytes_view public_key, bytes_view message,
                      bytes_view signature) noexcept;

/// Can this be verified at all? Asked of a provider by its `verify_schemes`.
template <class V>
constexpr bool can_verify(const certificate_signature& how) noexcept;

enum class algorithm_strength : std::uint8_t { good, weak, unsupported };

/// Reads a signature algorithm for a key of that type. weak: with SHA-1 or MD5; unsupported: any other that is not
/// RSA PKCS#1 or PSS with SHA-256/384/512, ECDSA with the same, Ed25519 or ML-DSA, spelled exactly as its RFC has it.
constexpr algorithm_strength read_signature_algorithm(const algorithm_identifier& algorithm, key_type issuer_key,
                                                      certificate_signature& to) noexcept;

enum class signature_finding : std::uint8_t { good, bad, weak, unsupported, too_many };

/// Has `signer` signed this, with that algorithm? Takes one from `budget` when there is something to verify; too_many:
/// there was none left.
template <class V>
signature_finding check_signature(const V& crypto, const algorithm_identifier& algorithm, const certificate& signer,
                                  bytes_view message, bytes_view signature, std::size_t& budget) noexcept;

/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
struct rsa_public_key {
    bytes_view modulus;  ///< big-endian, without leading zeros
    bytes_view exponent;
    std::size_t bits = 0;  ///< of the modulus; 0: it could not be read
};
constexpr rsa_public_key read_rsa_public_key(bytes_view der) noexcept;

/// What a stranger's key may make a provider compute; none of them takes more.
inline constexpr std::size_t max_rsa_bits = 8192;
inline constexpr std::size_t max_rsa_exponent_bits = 33;

/// The floor: RSA of 2048 to max_rsa_bits with an odd exponent of at least 3 and at most max_rsa_exponent_bits; the
/// others as they are.
constexpr algorithm_strength strength_of_key(const certificate& it) noexcept;

constexpr algorithm_strength read_signature_algorithm(const algorithm_identifier& algorithm, key_type issuer_key,
                                                      certificate_signature& to) noexcept {
    using enum algorithm_strength;
    const auto [id, parameters] = algorithm;
    to = {issuer_key, signature_hash::none, signature_padding::none};
    if (equal_bytes(id, detail::oid::ed25519))  // RFC 8410, section 3
        return issuer_key == key_type::ed25519 && parameters.empty() ? good : unsupported;
    if (const key_type mldsa = detail::mldsa_type(id); mldsa != key_type::unsupported)  // RFC 9881, section 3
        return issuer_key == mldsa && parameters.empty() ? good : unsupported;

    const bool ec = issuer_key == key_type::p256 || issuer_key == key_type::p384;
    const std::uint8_t rsa = detail::number_behind(id, detail::oid::pkcs1);
    // RFC 9846, section 4.5.1.3: MD2, MD5 and SHA-1
    constexpr std::uint8_t ecdsa_sha1[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01};
    if (rsa == 2 || rsa == 4 || rsa == 5 || equal_bytes(id, ecdsa_sha1)) return weak;
    if (rsa == 10) {
        if (issuer_key != key_type::rsa && issuer_key != key_type::rsa_pss) return unsupported;
        to.hash = detail::read_pss(parameters);
        to.padding = signature_padding::pss;
        return to.hash != signature_hash::none ? good : unsupported;
    }
    if (rsa >= 11 && rsa <= 13 && equal_bytes(parameters, detail::oid::null)) {
        constexpr signature_hash hashes[] = {signature_hash::sha256, signature_hash::sha384, signature_hash::sha512};
        to.hash = hashes[rsa - 11];
        to.padding = signature_padding::pkcs1;
    } else if (id.size() == 8 && equal_bytes(id.first(6), detail::oid::ecdsa) && id[6] == 3 && parameters.empty()) {
        to.hash = id[7] == 2   ? signature_hash::sha256
                  : id[7] == 3 ? signature_hash::sha384
                  : id[7] == 4 ? signature_hash::sha512
                               : signature_hash::none;
        return ec && to.hash != signature_hash::none ? good : unsupported;
    }
    return issuer_key == key_type::rsa && to.hash != signature_hash::none ? good : unsupported;
}

constexpr rsa_public_key read_rsa_public_key(bytes_view der) noexcept {
    der_reader all(der);
    der_reader inner = all.inside(der_tag::sequence);
    rsa_public_key read{inner.integer(), inner.integer()};
    all.leave(inner);
    if (!all.finished() || read.modulus[0] >= 0x80 || read.exponent[0] >= 0x80) return {};
    for (bytes_view* number : {&read.modulus, &read.exponent})
        if ((*number)[0] == 0) *number = number->subspan(1);
    if (read.modulus.empty() || read.exponent.empty()) return {};
    read.bits = read.modulus.size() * 8;
    for (std::uint8_t top = read.modulus[0]; top < 0x80; top = static_cast<std::uint8_t>(top << 1)) --read.bits;
    return read;
}

constexpr algorithm_strength strength_of_key(const certificate& it) noexcept {
    using enum algorithm_strength;
    const key_type type = key_type_of(it);
    if (type != key_type::rsa && type != key_type::rsa_pss) return type == key_type::unsupported ? unsupported : good;
    const rsa_public_key key = read_rsa_public_key(it.public_key);
    if (key.bits == 0 || key.bits > max_rsa_bits || key.exponent.size() > 8) return unsupported;
    std::uint64_t number = 0;
    for (const std::uint8_t byte : key.exponent) number = number << 8 | byte;
    if (number >> max_rsa_exponent_bits != 0) return unsupported;
    const bool exponent = number % 2 == 1 && number >= 3;
    return key.bits >= 2048 && exponent && key.modulus.back() % 2 == 1 ? good : weak;
}

constexpr std::optional<signature_scheme> scheme_of(const certificate_signature& how) noexcept {
    using enum signature_scheme;
    using enum signature_hash;
    const auto by_hash = [&how](signature_scheme a, signature_scheme b, signature_scheme c) {
        return how.hash == sha256 ? a : how.hash == sha384 ? b : c;
    };
    switch (how.key) {
        case key_type::ed25519: return ed25519;
        case key_type::p256:
            if (how.hash == none) break;
            return by_hash(ecdsa_secp256r1_sha256, ecdsa_secp256r1_sha384, ecdsa_secp256r1_sha512);
        case key_type::p384:
            if (how.hash == none) break;
            return by_hash(ecdsa_secp384r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp384r1_sha512);
        case key_type::rsa:
            if (how.hash == none || how.padding == signature_padding::none) break;
            return how.padding == signature_padding::pkcs1
                       ? by_hash(rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512)
                       : by_hash(rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512);
        case key_type::rsa_pss:
            if (how.hash == none || how.padding != signature_padding::pss) break;
            return by_hash(rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512);
        case key_type::mldsa44: return mldsa44;
        case key_type::mldsa65: return mldsa65;
        case key_type::mldsa87: return mldsa87;
        case key_type::unsupported: break;
    }
    return std::nullopt;
}

template <class V>
bool verify_signature(const V& crypto, const certificate_signature& how, bytes_view public_key, bytes_view message,
                      bytes_view signature) noexcept {
    if constexpr (requires { crypto.verify(how, public_key, message, signature); }) {
        return crypto.verify(how, public_key, message, signature);
    } else {
        const std::optional<signature_scheme> scheme = scheme_of(how);
        return scheme && crypto.verify(*scheme, public_key, message, signature);
    }
}

template <class V>
constexpr bool can_verify(const certificate_signature& how) noexcept {
    constexpr bool takes_any = requires(const V& crypto, bytes_view in) { crypto.verify(how, in, in, in); };
    if (!takes_any && !scheme_of(how)) return false;
    if constexpr (requires { V::verify_schemes.size(); }) {
        // Whoever verifies with a kind of key in the handshake does so in certificates, PKCS#1 included.
        const bool rsa = how.key == key_type::rsa || how.key == key_type::rsa_pss;
        const certificate_signature usual{how.key,
                                          how.key == key_type::p384 ? signature_hash::sha384 : signature_hash::sha256,
                                          rsa ? signature_padding::pss : signature_padding::none};
        for (const signature_scheme scheme : V::verify_schemes)
            if (scheme == scheme_of(usual)) return true;
        return false;
    }
    return true;
}

template <class V>
signature_finding check_signature(const V& crypto, const algorithm_identifier& algorithm, const certificate& signer,
                                  bytes_view message, bytes_view signature, std::size_t& budget) noexcept {
    certificate_signature how;
    switch (read_signature_algorithm(algorithm, key_type_of(signer), how)) {
        case algorithm_strength::weak: return signature_finding::weak;
        case algorithm_strength::unsupported: return signature_finding::unsupported;
        case algorithm_strength::good: break;
    }
    // RFC 9846, section 4.3.3: where the key has parameters, they are the signature's.
    const bytes_view restricted = how.key == key_type::rsa_pss ? signer.key_algorithm.parameters : bytes_view{};
    if (!restricted.empty() && !equal_bytes(restricted, algorithm.parameters)) return signature_finding::unsupported;
    if (!can_verify<V>(how)) return signature_finding::unsupported;
    if (budget == 0) return signature_finding::too_many;
    --budget;
    const bool good = verify_signature(crypto, how, signer.public_key, message, signature);
    return good ? signature_finding::good : signature_finding::bad;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
