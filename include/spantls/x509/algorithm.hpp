// Algorithms as certificates name them: AlgorithmIdentifier (RFC 5280, section 4.1.1.2), and what RSASSA-PSS says
// besides (RFC 4055, section 3.1).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/der.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// The bytes of an OID, and all of its parameters; empty where there are none.
struct algorithm_identifier {
    bytes_view oid;
    bytes_view parameters;
};

enum class signature_hash : std::uint8_t { none, sha256, sha384, sha512 };

namespace detail {
namespace oid {
inline constexpr std::uint8_t null[] = {0x05, 0x00};                                       // NULL
inline constexpr std::uint8_t pkcs1[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01};  // and one number more
inline constexpr std::uint8_t mgf1[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08};
inline constexpr std::uint8_t ecdsa[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04};             // ansi-X9-62 signatures
inline constexpr std::uint8_t sha2[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};  // and 1, 2, 3: 256, 384, 512
}  // namespace oid

constexpr algorithm_identifier read_algorithm(der_reader& from) noexcept {
    der_reader inner = from.inside(der_tag::sequence);
    algorithm_identifier read{inner.oid(), {}};
    if (!inner.empty()) read.parameters = inner.element().whole;
    from.leave(inner);
    return read;
}

constexpr std::uint8_t number_behind(bytes_view id, bytes_view arc) noexcept {
    return id.size() == arc.size() + 1 && equal_bytes(id.first(arc.size()), arc) ? id.back() : std::uint8_t{0};
}

constexpr std::size_t size_of(signature_hash hash) noexcept {
    switch (hash) {
        case signature_hash::none: return 0;
        case signature_hash::sha256: return 32;
        case signature_hash::sha384: return 48;
        case signature_hash::sha512: return 64;
    }
    return 0;
}

/// A SHA-2 with NULL or nothing for its parameters (RFC 4055, section 2.1).
constexpr signature_hash read_hash(der_reader& from) noexcept {
    const algorithm_identifier read = read_algorithm(from);
    if (!read.parameters.empty() && !equal_bytes(read.parameters, oid::null)) return signature_hash::none;
    switch (number_behind(read.oid, oid::sha2)) {
        case 1: return signature_hash::sha256;
        case 2: return signature_hash::sha384;
        case 3: return signature_hash::sha512;
        default: return signature_hash::none;
    }
}

/// RSASSA-PSS-params with one hash for everything and a salt of its length (RFC 4055, section 3.1).
constexpr signature_hash read_pss(bytes_view parameters) noexcept {
    der_reader all(parameters);  // RFC 9846, section 4.3.3: DER
    der_reader inner = all.inside(der_tag::sequence);
    der_reader first = inner.inside(context_constructed(0));
    const signature_hash hash = read_hash(first);
    inner.leave(first);
    der_reader mask = inner.inside(context_constructed(1));
    der_reader generator = mask.inside(der_tag::sequence);
    const bool mgf1 = equal_bytes(generator.oid(), oid::mgf1);
    const signature_hash second = read_hash(generator);
    mask.leave(generator);
    inner.leave(mask);
    der_reader salt = inner.inside(context_constructed(2));
    const std::uint32_t length = salt.small_integer();
    inner.leave(salt);
    all.leave(inner);
    const bool good = all.finished() && mgf1 && hash == second && length == size_of(hash);
    return good ? hash : signature_hash::none;
}
}  // namespace detail

}  // namespace x509
}  // namespace v1
}  // namespace spantls
