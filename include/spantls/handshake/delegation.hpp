// Delegated credentials (RFC 9345): what makes one good, for whoever issues it, shows it or is shown it.
//
//   delegated_credential made{valid_until(leaf, end), signature_scheme::ed25519, spki, signature_scheme::ed25519};
//   if (check_issue(made, leaf, now_ms) != errc::none) ...
//   made.signature = sign(content.first(write_delegation_content(made, leaf.der, true, content)));
//   who.delegated = bytes.first(write_delegated_credential(made, bytes));      // an identity
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/message/delegated_credential.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/chain.hpp>

namespace spantls {
inline namespace v1 {

/// The longest time that a delegated credential may still be good for: seven days, in seconds (RFC 9345,
/// section 4.1.3).
inline constexpr std::int64_t max_delegation = 7 * 24 * 3600;

/// valid_time of a credential that expires at `end`, seconds since 1970; 0 when that is before notBefore, or too late
/// to be said.
constexpr std::uint32_t valid_until(const x509::certificate& leaf, std::int64_t end) noexcept {
    const std::int64_t time = end - leaf.not_before;
    return time < 0 || time > UINT32_MAX ? 0 : static_cast<std::uint32_t>(time);
}

/// What does not depend on the time: delegation_not_permitted, or delegation_bad_scheme when a scheme is not for this
/// use, or not of its key.
[[nodiscard]] constexpr errc check_delegation(const delegated_credential& it, const x509::certificate& leaf) noexcept {
    // RFC 9345, section 4.2: DelegationUsage, and digitalSignature in so many words.
    if (!leaf.delegates || !leaf.usage || !leaf.allows(x509::key_usage::digital_signature))
        return errc::delegation_not_permitted;
    // RFC 9345, section 4: with RSA the key is not of rsaEncryption.
    x509::certificate key;
    if (!may_be_delegated(it.scheme) || x509::parse_raw_public_key(it.spki, key) != errc::none ||
        !x509::key_fits(it.scheme, key) || !x509::key_fits(it.algorithm, leaf))
        return errc::delegation_bad_scheme;
    return errc::none;
}

/// The same, and that the credential is good at `now_ms`, milliseconds since 1970: delegation_expired, also when it is
/// not good yet, and when `now_ms` is 0, which is no time; delegation_too_long.
[[nodiscard]] constexpr errc check_delegation(const delegated_credential& it, const x509::certificate& leaf,
                                              std::uint64_t now_ms) noexcept {
    if (const errc error = check_delegation(it, leaf); error != errc::none) return error;
    // RFC 9345, section 4.1.3, 1 and 2.
    if (now_ms == 0 || now_ms > INT64_MAX) return errc::delegation_expired;
    const auto now = static_cast<std::int64_t>(now_ms);
    const std::int64_t begin = leaf.not_before * 1000, end = begin + std::int64_t{it.valid_time} * 1000;
    if (now < begin || now > end) return errc::delegation_expired;
    return end - now > max_delegation * 1000 ? errc::delegation_too_long : errc::none;
}

/// What an issuer has to hold to besides: no longer than the certificate itself (RFC 9345, section 3).
[[nodiscard]] constexpr errc check_issue(const delegated_credential& it, const x509::certificate& leaf,
                                         std::uint64_t now_ms) noexcept {
    if (const errc error = check_delegation(it, leaf, now_ms); error != errc::none) return error;
    return leaf.not_before + it.valid_time > leaf.not_after ? errc::delegation_too_long : errc::none;
}

/// What a side that takes delegated credentials has said, and knows.
struct delegation_terms {
    std::span<const signature_scheme> delegated;  ///< in its delegated_credential extension
    std::span<const signature_scheme> schemes;    ///< in its signature_algorithms
    std::uint64_t now_ms;
    bool by_server;  ///< who shows it is the server
};

/// Room that accept_delegation() needs behind a Certificate message with a body of so many bytes.
constexpr std::size_t delegation_room(std::size_t body) noexcept { return delegation_overhead + body; }

/// Takes over the key of a delegated credential, if there is one in the first entry of a Certificate that has been
/// read, for the CertificateVerify that follows; those of other entries are ignored (RFC 9345, section 4.1.1). `Core`
/// is a handshake_core. illegal_parameter is owed for all that is wrong with it but its syntax (section 4.1.3).
template <class Core>
[[nodiscard]] errc accept_delegation(Core& core, bytes_view certificate_list, const delegation_terms& terms) noexcept {
    const x509::chain_entry entry = x509::chain_view(certificate_list).front();
    extension_mask asked;
    for (const extension_row& row : extension_table) asked.add(row.type);
    extension_set extensions;
    if (const errc error = extensions.parse(entry.extensions, extension_place::certificate, asked); error != errc::none)
        return error;
    if (!extensions.has(extension_type::delegated_credential)) return errc::none;
    const bytes_view shown = extensions[extension_type::delegated_credential];
    delegated_credential it;
    if (!decode(shown, it)) return errc::decode_error;
    x509::certificate leaf, key;
    // A raw key has nothing that would permit it.
    if (x509::parse_certificate(entry.der, leaf) != errc::none) return errc::delegation_not_permitted;
    // RFC 9345, section 4.1.1: both are of what was offered.
    const auto among = [](std::span<const signature_scheme> offered, signature_scheme wanted) {
        for (const signature_scheme each : offered)
            if (each == wanted) return true;
        return false;
    };
    if (!among(terms.delegated, it.scheme) || !among(terms.schemes, it.algorithm)) return errc::delegation_bad_scheme;
    if (const errc error = check_delegation(it, leaf, terms.now_ms); error != errc::none) return error;
    // Section 4.1.3, 5.
    const mutable_bytes room = core.memory.output_room();
    const std::size_t size = write_delegation_content(it, leaf.der, terms.by_server, room);
    if (size == 0) return errc::internal_error;
    if (!core.crypto->verify(it.algorithm, leaf.public_key, room.first(size), it.signature))
        return errc::delegation_bad_signature;
    if (x509::parse_raw_public_key(it.spki, key) != errc::none) return errc::delegation_bad_scheme;
    core.peer_delegated = core.memory.range_of(shown);
    core.peer_key = core.memory.range_of(key.public_key);
    // Section 4.1.3, 3: CertificateVerify has this scheme and no other.
    core.peer_schemes.clear();
    core.peer_schemes.push_back(it.scheme);
    return errc::none;
}

}  // namespace v1
}  // namespace spantls
