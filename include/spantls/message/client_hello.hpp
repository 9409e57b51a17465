// ClientHello (RFC 9846, section 4.2.2).
#pragma once

#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/message/compressed_certificate.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/lists.hpp>
#include <spantls/message/pre_shared_key.hpp>
#include <spantls/message/requested_certificate.hpp>
#include <spantls/message/status.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

//  struct {
//      ProtocolVersion legacy_version = 0x0303;
//      Random random;
//      opaque legacy_session_id<0..32>;
//      CipherSuite cipher_suites<2..2^16-2>;
//      opaque legacy_compression_methods<1..2^8-1>;
//      Extension extensions<7..2^16-1>;
//  } ClientHello;
struct client_hello {
    protocol_version legacy_version;
    bytes_view random;
    bytes_view legacy_session_id;
    list_view<cipher_suite> cipher_suites;
    bytes_view legacy_compression_methods;
    bytes_view extensions;

    using head = fields<number_field<&client_hello::legacy_version>, fixed_field<&client_hello::random, 32>,
                        opaque_field<&client_hello::legacy_session_id, 1, 0, 32>,
                        list_field<&client_hello::cipher_suites, 2, 2, 0xfffe>,
                        opaque_field<&client_hello::legacy_compression_methods, 1, 1, 255>>;
    using layout = fields<head, opaque_field<&client_hello::extensions, 2, 0, 0xffff>>;
};

/// A ClientHello with its extensions told apart. Views into the message.
class parsed_client_hello {
public:
    client_hello hello{};
    extension_set extensions;
    named_group_list groups{};
    signature_scheme_list schemes{};              // for CertificateVerify
    signature_scheme_list certificate_schemes{};  // for signatures in certificates; empty: `schemes` count
    authority_list authorities;                   // one of them should have issued the chain; empty: anybody
    protocol_names protocols;
    psk_key_exchange_modes psk_modes{};
    certificate_compressions compressions{};           // what the client takes from the server
    signature_scheme_list delegated{};                 // of the delegated credentials that the client takes (RFC 9345)
    certificate_types server_types{}, client_types{};  // what the client takes from the server, and what it can show
    offered_psks psks;
    wanted_proofs proofs;
    std::string_view server_name;

    /// Everything that can be told without knowing what the server wants. `body` is the message without its header.
    [[nodiscard]] errc parse(bytes_view body) noexcept {
        reader in(body);
        client_hello::head::decode(in, hello);
        if (in.failed()) return errc::decode_error;
        // Clients before TLS 1.2 may leave the extensions out; such a hello ends here.
        if (in.empty()) return errc::version_not_supported;
        hello.extensions = in.opaque(2);
        if (!in.finished()) return errc::decode_error;
        if (const errc error = extensions.parse(hello.extensions, extension_place::client_hello, {});
            error != errc::none)
            return error;
        if (const errc error = check_version(); error != errc::none) return error;
        // Section 4.2.2: exactly one byte, set to zero.
        if (hello.legacy_compression_methods.size() != 1 || hello.legacy_compression_methods[0] != 0)
            return errc::bad_compression;
        // Section 4.3.11: pre_shared_key is the last extension, and section 4.3.9: it comes with the modes.
        if (extensions.has(extension_type::pre_shared_key)) {
            if (extensions.last() != extension_type::pre_shared_key) return errc::psk_not_last;
            if (!extensions.has(extension_type::psk_key_exchange_modes)) return errc::missing_extension;
        }
        return parse_bodies();
    }

private:
    /// Sections 4.2.2 and 4.3.1, appendices E.2 and E.5.
    errc check_version() const noexcept {
        client_versions offered;
        if (!extensions.has(extension_type::supported_versions)) return errc::version_not_supported;
        if (!decode(extensions[extension_type::supported_versions], offered)) return errc::decode_error;
        if (!offered.versions.contains(protocol_version::tls_1_3)) return errc::version_not_supported;
        return hello.legacy_version == protocol_version::tls_1_2 ? errc::none : errc::legacy_version;
    }

    template <class T>
    bool decode_if_there(extension_type type, T& to) const noexcept {
        return !extensions.has(type) || decode(extensions[type], to);
    }

    errc parse_bodies() noexcept {
        using type = extension_type;
        if (!decode_if_there(type::supported_groups, groups) || !decode_if_there(type::signature_algorithms, schemes) ||
            !decode_if_there(type::psk_key_exchange_modes, psk_modes) ||
            !decode_if_there(type::delegated_credential, delegated) ||
            !decode_if_there(type::server_certificate_type, server_types) ||
            !decode_if_there(type::client_certificate_type, client_types) ||
            !decode_if_there(type::signature_algorithms_cert, certificate_schemes) ||
            !decode_if_there(type::compress_certificate, compressions))
            return errc::decode_error;
        // Section 4.3.4.
        if (extensions.has(type::certificate_authorities) &&
            !authorities.parse(extensions[type::certificate_authorities], 3))
            return errc::decode_error;
        if (!proofs.parse(extensions, true)) return errc::decode_error;
        // Sections 4.3.6 and 4.3.10: empty.
        if (!extensions[type::early_data].empty() || !extensions[type::post_handshake_auth].empty())
            return errc::decode_error;
        if (extensions.has(type::pre_shared_key))
            if (const errc error = psks.parse(extensions[type::pre_shared_key]); error != errc::none) return error;
        if (extensions.has(type::application_layer_protocol_negotiation) &&
            !protocols.parse(extensions[type::application_layer_protocol_negotiation]))
            return errc::decode_error;
        if (!extensions.has(extension_type::server_name)) return errc::none;
        return parse_server_name(extensions[extension_type::server_name], server_name);
    }
};

}  // namespace v1
}  // namespace spantls
