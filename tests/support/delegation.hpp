// Delegated credentials (RFC 9345) put together byte by byte, to be as wrong as a test wants them.
#pragma once

#include <cstdint>
#include <string_view>

#include <spantls/wire/registry.hpp>

#include "support/forge.hpp"
#include "support/pair.hpp"
#include "x509/builder.hpp"

namespace test {

/// DelegationUsage ::= NULL, id-pe-delegationUsage (RFC 9345, section 4.2).
inline bytes delegation_usage(bool critical = false, const bytes& value = {5, 0}) {
    return sequence(
        {{6, 9, 0x2b, 6, 1, 4, 1, 0x82, 0xda, 0x4b, 0x2c}, critical ? bytes{1, 1, 0xff} : bytes{}, tlv(4, value)});
}

/// When a draft's certificate is valid from, and the time of a test, in seconds.
inline constexpr std::int64_t draft_not_before = 1577836800;
inline constexpr std::uint64_t year_2030_ms = std::uint64_t{year_2030} * 1000;
inline constexpr std::uint32_t days = 24 * 3600;

/// A credential before it is signed.
struct delegation_draft {
    std::uint32_t valid_time = static_cast<std::uint32_t>(year_2030 - draft_not_before) + 3 * days;
    spantls::signature_scheme scheme = spantls::signature_scheme::ed25519;
    bytes spki = key_pair("delegate").spki();
    spantls::signature_scheme algorithm = spantls::signature_scheme::ed25519;

    bytes signed_part() const {
        return forge::join({forge::number(valid_time, 4), forge::number(static_cast<std::uint64_t>(scheme), 2),
                            forge::vec(3, spki), forge::number(static_cast<std::uint64_t>(algorithm), 2)});
    }
    bytes content(const bytes& certificate, std::string_view context = "TLS, server delegated credentials") const {
        return forge::join({bytes(64, 0x20), text(context), {0}, certificate, signed_part()});
    }
    bytes with(const bytes& signature) const { return signed_part() + forge::vec(2, signature); }
    /// Signed by the key of `signer`.
    bytes of(const bytes& certificate, std::string_view signer) const {
        return with(key_pair(signer).sign(content(certificate)));
    }
};

/// A certificate that may delegate.
inline draft delegating_leaf(std::string_view name) { return leaf(name, name).with(delegation_usage()); }

/// Credentials whose certificate delegates to the key of "delegate".
struct delegated_credentials {
    credentials of;
    key_pair key{"delegate"};
    bytes shown;

    explicit delegated_credentials(std::string_view name, const delegation_draft& made = {}) : of(name) {
        of.certificates[0] = delegating_leaf(name).der();
        of.chain[0] = of.certificates[0];
        shown = made.of(of.certificates[0], name);
    }
    spantls::identity who() const {
        spantls::identity it = of.who();
        it.delegated = shown;
        return it;
    }
};

}  // namespace test
