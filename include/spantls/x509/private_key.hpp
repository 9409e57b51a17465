// Private keys: PKCS#8 (RFC 5958), SEC1 (RFC 5915) and PKCS#1 (RFC 8017) as views into their DER.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/der.hpp>
#include <spantls/x509/pem.hpp>
#include <spantls/x509/signature.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Views into the bytes that were parsed. Those are secret: wipe them when the key is used no more.
struct private_key {
    key_type type = key_type::unsupported;
    bytes_view secret;    ///< Ed25519: the seed of 32 bytes; P-256 and P-384: the scalar, 32 and 48 bytes, big-endian;
                          ///< ML-DSA: the seed of 32 bytes, where the key comes with it
    bytes_view expanded;  ///< ML-DSA: FIPS 204's private key, 2560, 4032 or 4896 bytes, where it comes with that
    bytes_view public_key;  ///< as a certificate has it, where it is there: an uncompressed point, 32 bytes, ML-DSA's
    bytes_view rsa;         ///< RSA: the whole RSAPrivateKey in DER, as most libraries take it
    bool pss_only = false;  ///< RSA: of id-RSASSA-PSS, without parameters, for the schemes rsa_pss_pss_...

    struct rsa_numbers {  ///< big-endian, without leading zeros
        bytes_view modulus, public_exponent, private_exponent, prime1, prime2, exponent1, exponent2, coefficient;
    } numbers;
};

/// Reads a key of any of the three kinds. key_damaged: it is none of them; key_unsupported: it is one, of another
/// algorithm or curve, or with more than two primes, or encrypted. RSA of 2048 to 8192 bits only.
[[nodiscard]] constexpr errc parse_private_key(bytes_view der, private_key& to) noexcept;

/// The first block "PRIVATE KEY", "EC PRIVATE KEY" or "RSA PRIVATE KEY" of a PEM text, decoded into `room`, which the
/// views of `to` lie in then; as much room as the text is long is enough. pem_damaged: there is none; key_unsupported:
/// it is encrypted; too_small: `room` is.
[[nodiscard]] constexpr errc read_private_key(std::string_view pem, mutable_bytes room, private_key& to) noexcept;

namespace detail {
constexpr bytes_view positive(der_reader& from) noexcept {
    const bytes_view number = from.integer();
    if (number.empty() || number[0] >= 0x80 || (number.size() == 1 && number[0] == 0)) {
        from.fail();
        return {};
    }
    return number[0] == 0 ? number.subspan(1) : number;
}

/// RSAPrivateKey ::= SEQUENCE { version, modulus, publicExponent, privateExponent, prime1, prime2, exponent1,
/// exponent2, coefficient, otherPrimeInfos OPTIONAL }; RFC 8017, appendix A.1.2.
constexpr errc parse_pkcs1(bytes_view der, private_key& to) noexcept {
    der_reader all(der);
    der_reader inner = all.inside(der_tag::sequence);
    const std::uint32_t version = inner.small_integer();
    if (!inner.failed() && version == 1) return errc::key_unsupported;  // more than two primes
    auto& it = to.numbers;
    for (bytes_view* number : {&it.modulus, &it.public_exponent, &it.private_exponent, &it.prime1, &it.prime2,
                               &it.exponent1, &it.exponent2, &it.coefficient})
        *number = positive(inner);
    all.leave(inner);
    if (!all.finished() || version != 0) return errc::key_damaged;
    if (it.modulus.size() < 256 || it.modulus.size() > 1024 || (it.modulus.size() == 256 && it.modulus[0] < 0x80))
        return errc::key_unsupported;
    to.type = key_type::rsa;
    to.rsa = der;
    return errc::none;
}

/// ML-DSA-44-PrivateKey ::= CHOICE { seed [0] OCTET STRING, expandedKey OCTET STRING, both SEQUENCE { seed OCTET
/// STRING, expandedKey OCTET STRING } }, and the same with other sizes; RFC 9881, section 6. Whether both belong
/// together, who computes with them finds out.
constexpr errc parse_mldsa(bytes_view der, key_type type, private_key& to) noexcept {
    const std::size_t size = type == key_type::mldsa44 ? 2560 : type == key_type::mldsa65 ? 4032 : 4896;
    der_reader all(der);
    bool good = true;
    if (all.next_is(der_tag::sequence)) {
        der_reader both = all.inside(der_tag::sequence);
        to.secret = both.body(der_tag::octet_string);
        to.expanded = both.body(der_tag::octet_string);
        all.leave(both);
        good = to.secret.size() == 32 && to.expanded.size() == size;
    } else if (all.next_is(context(0))) {
        to.secret = all.body(context(0));
        good = to.secret.size() == 32;
    } else {
        to.expanded = all.body(der_tag::octet_string);
        good = to.expanded.size() == size;
    }
    to.type = type;
    return good && all.finished() ? errc::none : errc::key_damaged;
}

constexpr key_type curve_of(bytes_view parameters) noexcept {
    if (equal_bytes(parameters, oid::p256)) return key_type::p256;
    return equal_bytes(parameters, oid::p384) ? key_type::p384 : key_type::unsupported;
}

/// ECPrivateKey ::= SEQUENCE { version INTEGER, privateKey OCTET STRING, parameters [0] OPTIONAL, publicKey [1] BIT
/// STRING OPTIONAL }; RFC 5915, section 3. `curve`: from outside; unsupported where there is nothing outside.
constexpr errc parse_sec1(bytes_view der, key_type curve, private_key& to) noexcept {
    der_reader all(der);
    der_reader inner = all.inside(der_tag::sequence);
    if (inner.small_integer() != 1) inner.fail();
    to.secret = inner.body(der_tag::octet_string);
    if (inner.next_is(context_constructed(0))) {
        der_reader parameters = inner.inside(context_constructed(0));
        const key_type inside = curve_of(parameters.element().whole);
        inner.leave(parameters);
        if (curve != key_type::unsupported && inside != curve) inner.fail();
        curve = inside;
    }
    if (inner.next_is(context_constructed(1))) {
        der_reader point = inner.inside(context_constructed(1));
        to.public_key = point.bits();
        inner.leave(point);
    }
    all.leave(inner);
    if (!all.finished()) return errc::key_damaged;
    if (curve == key_type::unsupported) return errc::key_unsupported;
    const std::size_t size = curve == key_type::p256 ? 32 : 48;
    if (to.secret.size() != size) return errc::key_damaged;
    if (!to.public_key.empty() && to.public_key.size() == size + 1) to.public_key = {};  // compressed: of no use
    if (!to.public_key.empty() && (to.public_key.size() != 2 * size + 1 || to.public_key[0] != 4))
        return errc::key_damaged;
    to.type = curve;
    return errc::none;
}

/// OneAsymmetricKey ::= SEQUENCE { version, privateKeyAlgorithm, privateKey OCTET STRING, attributes [0] OPTIONAL,
/// publicKey [1] OPTIONAL }; RFC 5958, section 2.
constexpr errc parse_pkcs8(bytes_view der, private_key& to) noexcept {
    der_reader all(der);
    der_reader inner = all.inside(der_tag::sequence);
    if (inner.small_integer() > 1) inner.fail();
    const algorithm_identifier algorithm = read_algorithm(inner);
    const bytes_view key = inner.body(der_tag::octet_string);
    if (inner.next_is(context_constructed(0))) inner.element();
    bytes_view outer_public;
    if (inner.next_is(context(1))) {
        outer_public = inner.body(context(1));
        if (outer_public.empty() || outer_public[0] != 0) inner.fail();
    }
    all.leave(inner);
    if (!all.finished()) return errc::key_damaged;
    if (equal_bytes(algorithm.oid, oid::rsa)) return parse_pkcs1(key, to);
    if (equal_bytes(algorithm.oid, oid::rsassa_pss) && algorithm.parameters.empty()) {  // RFC 4055, section 3.1
        to.pss_only = true;
        return parse_pkcs1(key, to);
    }
    if (equal_bytes(algorithm.oid, oid::ec_public_key)) {
        const key_type curve = curve_of(algorithm.parameters);
        return curve == key_type::unsupported ? errc::key_unsupported : parse_sec1(key, curve, to);
    }
    if (const key_type type = mldsa_type(algorithm.oid); type != key_type::unsupported) {
        if (!algorithm.parameters.empty()) return errc::key_damaged;
        if (!outer_public.empty()) to.public_key = outer_public.subspan(1);
        if (!to.public_key.empty() && to.public_key.size() != mldsa_key_size(type)) return errc::key_damaged;
        return parse_mldsa(key, type, to);
    }
    if (!equal_bytes(algorithm.oid, oid::ed25519)) return errc::key_unsupported;
    der_reader curve_private_key(key);  // RFC 8410, section 7: an OCTET STRING in the other
    to.secret = curve_private_key.body(der_tag::octet_string);
    if (!curve_private_key.finished() || to.secret.size() != 32 || !algorithm.parameters.empty())
        return errc::key_damaged;
    if (!outer_public.empty()) to.public_key = outer_public.subspan(1);
    if (!to.public_key.empty() && to.public_key.size() != 32) return errc::key_damaged;
    to.type = key_type::ed25519;
    return errc::none;
}
}  // namespace detail

constexpr errc parse_private_key(bytes_view der, private_key& to) noexcept {
    to = {};
    // What comes second tells them apart: PKCS#8 has an AlgorithmIdentifier, SEC1 the key, PKCS#1 a number.
    der_reader all(der);
    der_reader inner = all.inside(der_tag::sequence);
    if (inner.next_is(der_tag::sequence)) {  // EncryptedPrivateKeyInfo begins with its algorithm
        detail::read_algorithm(inner);
        inner.body(der_tag::octet_string);
        all.leave(inner);
        return all.finished() ? errc::key_unsupported : errc::key_damaged;
    }
    inner.integer();
    errc error = errc::key_damaged;
    if (inner.next_is(der_tag::sequence)) error = detail::parse_pkcs8(der, to);
    if (inner.next_is(der_tag::octet_string)) error = detail::parse_sec1(der, key_type::unsupported, to);
    if (inner.next_is(der_tag::integer)) error = detail::parse_pkcs1(der, to);
    if (error != errc::none) to = {};
    return error;
}

constexpr errc read_private_key(std::string_view pem, mutable_bytes room, private_key& to) noexcept {
    to = {};
    pem_block block;
    for (pem_reader in(pem); in.next(block);) {
        if (block.label == "ENCRYPTED PRIVATE KEY") return errc::key_unsupported;
        if (block.label != "PRIVATE KEY" && block.label != "EC PRIVATE KEY" && block.label != "RSA PRIVATE KEY")
            continue;
        // RFC 1421's headers; of those that OpenSSL writes all say that the key is encrypted.
        if (detail::find_text(block.body, ":") != block.body.size()) return errc::key_unsupported;
        const auto size = decode_base64(block.body, room);
        if (!size) return room.size() < block.decoded_room() ? errc::too_small : errc::pem_damaged;
        return parse_private_key(room.first(*size), to);
    }
    return errc::pem_damaged;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
