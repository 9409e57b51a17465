// Well-formed messages of a peer without cryptography: a fuzzer bends them, instead of having to find them. What each
// one says follows from its parameter, a byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/message/authentication.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/handshake.hpp>
#include <spantls/message/lists.hpp>
#include <spantls/message/server_hello.hpp>

#include "certificates.hpp"
#include "sent.hpp"
#include "target.hpp"

namespace fuzz {

using spantls::handshake_type;
using spantls::writer;

template <class Body>
buffer message(handshake_type type, Body body) {
    writer measure({});
    spantls::write_message(measure, type, [&] { body(measure); });
    buffer room(measure.needed());
    writer out(room);
    spantls::write_message(out, type, [&] { body(out); });
    HOLDS(!out.overflowed() && out.written().size() == room.size());
    return room;
}

namespace canned {

using namespace spantls;

inline constexpr std::array suites{cipher_suite::tls_chacha20_poly1305_sha256, cipher_suite::tls_aes_256_gcm_sha384,
                                   cipher_suite::tls_aes_128_gcm_sha256};
inline constexpr std::array groups{named_group::x25519, named_group::secp256r1, named_group::x25519_mlkem768};
inline constexpr std::array<std::size_t, 3> client_shares{32, 65, 1216}, server_shares{32, 65, 1120};
inline constexpr std::array<std::string_view, 3> protocols{"h2", "mqtt", "spdy"};

inline void share(writer& out, std::size_t group, std::size_t size) {
    out.u16(static_cast<std::uint16_t>(groups[group]));
    out.u16(static_cast<std::uint16_t>(size));
    for (std::size_t i = 0; i < size; ++i) out.u8(0x42);
}

/// Bits 0 and 1: suite; 2 and 3: group; 4: a HelloRetryRequest; then 5: with a cookie, 6: without a group, and without
/// a retry 5: another session id, 6: no version, 7: the first pre-shared key.
inline buffer server_hello(std::uint8_t how, bytes_view session_id) {
    const bool retry = (how & 16) != 0;
    const std::size_t group = how / 4 % 4 % groups.size();
    return message(handshake_type::server_hello, [&](writer& out) {
        out.u16(0x0303);
        if (retry)
            out.bytes(hello_retry_request_random);
        else
            for (int i = 0; i < 32; ++i) out.u8(0x11);
        out.opaque(!retry && (how & 32) != 0 ? session_id.first(session_id.size() / 2) : session_id, 1);
        out.u16(static_cast<std::uint16_t>(suites[how % 4 % suites.size()]));
        out.u8(0);
        length_prefix block(out, 2);
        if (retry || (how & 64) == 0)
            write_extension(out, extension_type::supported_versions, [&] { out.u16(0x0304); });
        if (retry && (how & 32) != 0)
            write_extension(out, extension_type::cookie, [&] { out.opaque(as_bytes("cookie"), 2); });
        if (!retry)
            write_extension(out, extension_type::key_share, [&] { share(out, group, server_shares[group]); });
        else if ((how & 64) == 0)
            write_extension(out, extension_type::key_share,
                            [&] { out.u16(static_cast<std::uint16_t>(groups[group])); });
        if (!retry && (how & 128) != 0) write_extension(out, extension_type::pre_shared_key, [&] { out.u16(0); });
    });
}

/// Bit 0: ALPN, whose name bits 1 and 2 choose; 3: supported_groups; 4: server_name; 5: early_data; 6:
/// record_size_limit; 7: max_fragment_length.
inline buffer encrypted_extensions(std::uint8_t how) {
    return message(handshake_type::encrypted_extensions, [&](writer& out) {
        length_prefix block(out, 2);
        const std::string_view name = protocols[how / 2 % 4 % protocols.size()];
        if ((how & 16) != 0) write_extension(out, extension_type::server_name, [] {});
        if ((how & 8) != 0)
            write_extension(out, extension_type::supported_groups, [&] { write_list<named_group>(out, groups, 2); });
        if ((how & 1) != 0)
            write_extension(out, extension_type::application_layer_protocol_negotiation,
                            [&] { write_protocol_names(out, std::span(&name, 1)); });
        if ((how & 32) != 0) write_extension(out, extension_type::early_data, [] {});
        if ((how & 64) != 0) write_extension(out, extension_type::record_size_limit, [&] { out.u16(70); });
        if ((how & 128) != 0) write_extension(out, extension_type::max_fragment_length, [&] { out.u8(1); });
    });
}

/// Bit 0: a scheme that nobody has; 1: a context; 2: no schemes at all.
inline buffer certificate_request(std::uint8_t how) {
    return message(handshake_type::certificate_request, [&](writer& out) {
        out.opaque((how & 2) != 0 ? as_bytes("context") : bytes_view{}, 1);
        length_prefix block(out, 2);
        const auto scheme = (how & 1) != 0 ? signature_scheme::ed448 : signature_scheme::ed25519;
        if ((how & 4) == 0)
            write_extension(out, extension_type::signature_algorithms,
                            [&] { write_list(out, std::span(&scheme, 1), 2); });
    });
}

/// Bits 0 and 1: none, Ed25519, P-256, or Ed25519 and behind it a long entry of so many times 64 bytes as the other
/// bits say; bit 2 without bit 1: one that delegates, and its delegated credential.
inline buffer certificate(std::uint8_t how) {
    return message(handshake_type::certificate, [&](writer& out) {
        out.u8(0);
        length_prefix list(out, 3);
        const auto entry = [&](bytes_view der) { encode(out, certificate_entry{der, {}}); };
        if (how % 8 == 5) {
            out.opaque(delegating_certificate, 3);
            length_prefix extensions(out, 2);
            return write_extension(out, extension_type::delegated_credential, [&] { out.bytes(shown_credential); });
        }
        if (how % 4 == 1 || how % 4 == 3) entry(ed25519_certificate);
        if (how % 4 == 2) entry(p256_certificate);
        if (how % 4 == 3) entry(buffer(64 * (1u + how / 4), 0x30));
    });
}

/// The Certificate `how` in a CompressedCertificate, as it is; `off` is added to the length that is said, and from 128
/// on stands for another algorithm.
inline buffer compressed_certificate(std::uint8_t how, std::uint8_t off) {
    const buffer plain = certificate(how);
    const bytes_view body = bytes_view(plain).subspan(handshake_header_size);
    return message(handshake_type::compressed_certificate, [&](writer& out) {
        out.u16(off < 128 ? 1 : off);
        out.u24(static_cast<std::uint32_t>(off == 127 ? 0xffffff : off == 126 ? 65533 : body.size() + off % 128));
        out.opaque(body, 3);
    });
}

/// Bits 0 and 1: scheme; the others: size of the signature.
inline buffer certificate_verify(std::uint8_t how) {
    constexpr std::array schemes{signature_scheme::ed25519, signature_scheme::ecdsa_secp256r1_sha256,
                                 signature_scheme::rsa_pss_rsae_sha256, signature_scheme::ed448};
    const buffer signature(how / 4u, 0x77);
    return message(handshake_type::certificate_verify, [&](writer& out) {
        encode(out, spantls::certificate_verify{schemes[how % 4], signature});
    });
}

/// With a constant digest every Finished is the same; `how` may make it a wrong one.
inline buffer finished(std::uint8_t how, std::size_t hash_size) {
    return message(handshake_type::finished, [&](writer& out) {
        for (std::size_t i = 0; i < hash_size + (how == 1 ? 1 : 0); ++i) out.u8(how == 2 ? 1 : 0);
    });
}

/// A ticket of so many times 16 bytes as the low bits say; bit 6: early_data, bit 7: an extension that is misplaced.
inline buffer new_session_ticket(std::uint8_t how) {
    return message(handshake_type::new_session_ticket, [&](writer& out) {
        out.u32(7200);
        out.u32(0x01020304);
        out.opaque(as_bytes("n"), 1);
        out.opaque(buffer(1 + 16u * (how & 63), 0x99), 2);
        length_prefix block(out, 2);
        if ((how & 64) != 0) write_extension(out, extension_type::early_data, [&] { out.u32(16384); });
        if ((how & 128) != 0) write_extension(out, extension_type::cookie, [&] { out.u32(0); });
    });
}

inline buffer key_update(std::uint8_t how) {
    return message(handshake_type::key_update, [&](writer& out) { out.u8(how); });
}

/// Bits 0 to 2: shares of the first group, the second, the third; 3: ALPN with the names from bit 4 on; 5: a suite that
/// comes to SHA-384 first; 6: no session id; 7: early data. `less` leaves out: bit 0 psk modes, 1 groups, 2 schemes,
/// 3 SNI; bit 4: another random; bit 5: a cookie; bit 6: two pre-shared keys, with the binders that a constant digest
/// comes to; bit 7: limits of records.
inline buffer client_hello(std::uint8_t how, std::uint8_t less) {
    return message(handshake_type::client_hello, [&](writer& out) {
        using type = extension_type;
        out.u16(0x0303);
        for (int i = 0; i < 32; ++i) out.u8((less & 16) != 0 ? 0x23 : 0x22);
        out.opaque((how & 64) != 0 ? bytes_view{} : bytes_view(buffer(32, 0x33)), 1);
        write_list<cipher_suite>(out, std::span(suites).first((how & 32) != 0 ? 2 : 1).last(1), 2);
        out.u16(0x0100);
        length_prefix block(out, 2);
        write_extension(out, type::supported_versions, [&] {
            out.u8(2);
            out.u16(0x0304);
        });
        if ((less & 2) == 0)
            write_extension(out, type::supported_groups, [&] { write_list<named_group>(out, groups, 2); });
        if ((less & 4) == 0) {
            const auto scheme = signature_scheme::ed25519;
            write_extension(out, type::signature_algorithms, [&] { write_list(out, std::span(&scheme, 1), 2); });
        }
        if ((less & 8) == 0) write_extension(out, type::server_name, [&] { write_server_name(out, "leaf.example"); });
        if ((how & 8) != 0)
            write_extension(out, type::application_layer_protocol_negotiation,
                            [&] { write_protocol_names(out, std::span(protocols).subspan(how >> 4 & 1)); });
        if ((less & 1) == 0) write_extension(out, type::psk_key_exchange_modes, [&] { out.u16(0x0101); });
        if ((how & 128) != 0) write_extension(out, type::early_data, [] {});
        if ((less & 32) != 0) write_extension(out, type::cookie, [&] { out.opaque(as_bytes("cookie"), 2); });
        write_extension(out, type::key_share, [&] {
            length_prefix list(out, 2);
            for (std::size_t group = 0; group < groups.size(); ++group)
                if ((how >> group & 1) != 0) share(out, group, client_shares[group]);
        });
        if ((less & 128) != 0) {
            write_extension(out, type::record_size_limit, [&] { out.u16(80); });
            write_extension(out, type::max_fragment_length, [&] { out.u8(1); });
        }
        if ((less & 64) == 0) return;
        write_extension(out, type::pre_shared_key, [&] {
            {
                length_prefix identities(out, 2);
                for (int i = 0; i < 2; ++i) {
                    out.opaque(as_bytes("key"), 2);
                    out.u32(0);
                }
            }
            length_prefix binders(out, 2);
            for (int i = 0; i < 2; ++i) out.opaque(buffer(32, 0), 1);
        });
    });
}

}  // namespace canned
}  // namespace fuzz
