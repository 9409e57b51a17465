// What the handshakes of both roles have in common: transcript, secrets, flight, and what they ask.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/base/fixed_vector.hpp>
#include <spantls/crypto/key_schedule.hpp>
#include <spantls/crypto/transcript.hpp>
#include <spantls/handshake/arena.hpp>
#include <spantls/handshake/certificate_types.hpp>
#include <spantls/handshake/compression.hpp>
#include <spantls/handshake/flight.hpp>
#include <spantls/handshake/identity.hpp>
#include <spantls/handshake/record_limits.hpp>
#include <spantls/message/authentication.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/x509/certificate.hpp>

namespace spantls {
inline namespace v1 {

/// The lines of a key log, in the order in which their secrets come to be.
enum class logged_secret : std::uint8_t {
    client_early,
    early_exporter,
    client_handshake,
    server_handshake,
    client_application,
    server_application,
    exporter
};
inline constexpr std::size_t logged_secrets = 7;

/// State of a handshake, in the workspace. It can be moved, but holds no pointer into itself.
template <class P>
struct handshake_core {
    P* crypto = nullptr;
    arena memory;
    flight out;
    transcript<P> messages;
    const suite_info* suite = nullptr;
    named_group group{};
    main_stage<P> main;
    traffic_secret<P> early_secret;  // when a PSK is used
    traffic_secret<P> client_early_traffic, early_exporter_secret, client_handshake_traffic, server_handshake_traffic,
        client_application_traffic, server_application_traffic, exporter_secret, resumption_secret;
    std::array<std::uint8_t, 32> client_random{};
    identity own;
    signature_scheme own_scheme{};
    signed_content content;
    certificate_unpacking unpacking;
    arena_range peer_delegated;  // the delegated credential that the peer has shown, if any
    arena_range peer_key;  // the public key of the peer's certificate, or of its delegated credential
    fixed_vector<signature_scheme, 4> peer_schemes;  // with which that key can sign
    epoch read = epoch::initial;
    epoch write = epoch::initial;  // after what is in `out` has left
    record_limits limits;
    chosen_types types;
    wanted_proofs proofs;  // what the peer asks for
    std::uint8_t secrets_known = 0;  // bits (1 << logged_secret)
    bool late = false;  // the handshake is done: what comes now is post-handshake authentication
    transcript<P> after_handshake;  // while `messages` is about one request: ClientHello to the client's Finished
    bool own_delegated = false;  // the key of own.delegated signs
    bool peer_authenticated = false;
    bool psk_used = false;
    bool early_data_accepted = false;
    std::optional<std::uint8_t> tickets_expected;  // what the server has answered to a ticket request

    hash_id hash() const noexcept { return suite->hash; }
    std::size_t hash_size() const noexcept { return digest_size(suite->hash); }

    /// Writes a message into the flight and the transcript. False when the arena has no room.
    template <class Body>
    bool send(epoch keys, handshake_type type, Body body) noexcept {
        const bytes_view message = out.append(memory, keys, type, body);
        messages.add(message);
        return !message.empty();
    }

    static constexpr unsigned bit(logged_secret which) noexcept { return 1u << static_cast<unsigned>(which); }
    void know(logged_secret which) noexcept { secrets_known = static_cast<std::uint8_t>(secrets_known | bit(which)); }
    bool knows(logged_secret which) const noexcept { return (secrets_known & bit(which)) != 0; }

    /// With the hash of the ClientHello that offers early data, and of its PSK (section 7.1).
    void derive_early_secrets(hash_id psk_hash, bytes_view client_hello_hash) noexcept {
        const early_stage<P> stage(psk_hash, early_secret);
        stage.client_traffic(client_hello_hash, client_early_traffic);
        stage.exporter(client_hello_hash, early_exporter_secret);
        know(logged_secret::client_early);
        know(logged_secret::early_exporter);
    }
    /// Section 7.5: what the server has rejected nobody exports from.
    void forget_early_secrets() noexcept {
        client_early_traffic.clear();
        early_exporter_secret.clear();
        const unsigned both = bit(logged_secret::client_early) | bit(logged_secret::early_exporter);
        secrets_known = static_cast<std::uint8_t>(secrets_known & ~both);
    }

    /// After the transcript has ServerHello (section 7.1).
    void derive_handshake_secrets(bytes_view shared) noexcept {
        handshake_stage<P> stage = psk_used ? early_stage<P>(hash(), early_secret).next(shared)
                                            : handshake_stage_without_psk<P>(hash(), shared);
        early_secret.clear();
        const digest at_server_hello = messages.current();
        stage.client_traffic(at_server_hello.view(), client_handshake_traffic);
        stage.server_traffic(at_server_hello.view(), server_handshake_traffic);
        main = static_cast<handshake_stage<P>&&>(stage).next();
        know(logged_secret::client_handshake);
        know(logged_secret::server_handshake);
    }

    /// After the transcript has the server's Finished.
    void derive_application_secrets() noexcept {
        const digest at_server_finished = messages.current();
        main.client_traffic(at_server_finished.view(), client_application_traffic);
        main.server_traffic(at_server_finished.view(), server_application_traffic);
        main.exporter(at_server_finished.view(), exporter_secret);
        know(logged_secret::client_application);
        know(logged_secret::server_application);
        know(logged_secret::exporter);
    }

    /// After the transcript has the client's Finished.
    void derive_resumption_secret() noexcept { main.resumption(messages.current().view(), resumption_secret); }

    // After the handshake (section 4.7.2)

    /// What of the handshake is needed then stays: the transcript, but no secret.
    void keep_transcript_only() noexcept {
        for (traffic_secret<P>* const secret :
             {&early_secret, &client_early_traffic, &early_exporter_secret, &client_handshake_traffic,
              &server_handshake_traffic, &client_application_traffic, &server_application_traffic})
            secret->clear();
        main = main_stage<P>();
        own = no_identity;
        late = true;
    }
    /// Section 4.5: each answer is about the handshake and its own request, and nothing in between.
    void begin_answer(bytes_view request) noexcept {
        after_handshake = messages;
        messages.add(request);
    }
    void end_answer() noexcept { messages = after_handshake; }
    /// Section 4.5: after the handshake, the client's traffic secret as it is then, which the connection lends.
    const traffic_secret<P>& client_base() const noexcept {
        return late ? client_application_traffic : client_handshake_traffic;
    }
    epoch authentication_keys() const noexcept { return late ? epoch::application : epoch::handshake; }

    /// Section 4.5.3; the base key is the sender's handshake traffic secret.
    bool send_finished(const traffic_secret<P>& base) noexcept {
        const digest mac = finished_mac<P>(hash(), base.first(hash_size()), messages.current().view());
        return send(authentication_keys(), handshake_type::finished, [&](writer& to) { to.bytes(mac.view()); });
    }
    errc check_finished(const handshake_message& message, const traffic_secret<P>& base) const noexcept {
        if (message.body.size() != hash_size()) return errc::decode_error;
        const digest mac = finished_mac<P>(hash(), base.first(hash_size()), messages.current().view());
        return constant_time_equal(mac.view(), message.body) ? errc::none : errc::bad_finished;
    }

    /// Sections 4.5.1 and 4.5.2: the Certificate of `own`, and what its key has to sign.
    bool send_certificate(bytes_view context, bool by_server) noexcept {
        const certificate_pieces list(own, proofs, own_delegated);
        // RFC 8879, section 4: what was compressed beforehand has no context.
        const bool packed = context.empty() && !own.compressed.empty();
        const certificate_pieces pieces = packed ? certificate_pieces(own.compressed[0].bytes) : list;
        const std::size_t size = pieces.size();
        const auto body = [&](writer& to) {
            if (packed) {
                to.u16(static_cast<std::uint16_t>(own.compressed[0].algorithm));
                to.u24(static_cast<std::uint32_t>(1 + 3 + list.size()));
            } else {
                to.opaque(context, 1);
            }
            to.u24(static_cast<std::uint32_t>(size));
        };
        const auto type = packed ? handshake_type::compressed_certificate : handshake_type::certificate;
        const bytes_view head = out.append(memory, authentication_keys(), type, body, size);
        if (head.empty()) return false;
        messages.add(head);
        out.append_chain(pieces);
        pieces.each([this](bytes_view piece) { messages.add(piece); });
        content.assign(by_server, messages.current().view());
        return true;
    }
    bool send_certificate_verify(signature answer) noexcept {
        return send(authentication_keys(), handshake_type::certificate_verify, [&](writer& to) {
            encode(to, certificate_verify{own_scheme, answer.bytes});
        });
    }

    /// Who to be, to a peer that asks for these proofs and takes these compressions; behind choose_scheme().
    void become(const identity& who, wanted_proofs wanted, list_view<certificate_compression> taken) noexcept {
        own = who;
        own.compressed = usable_form(who, wanted, own_delegated, taken);
        proofs = wanted;
    }
    /// The first of the identity's schemes that the peer takes for CertificateVerify; false when there is none. RFC 9345,
    /// section 4.1.1: that of its delegated credential, if the peer takes both of the credential's schemes.
    bool choose_scheme(const identity& who, list_view<signature_scheme> accepted,
                       list_view<signature_scheme> delegated) noexcept {
        delegated_credential shown;
        own_delegated = decode(who.delegated, shown) && delegated.contains(shown.scheme) &&
                        accepted.contains(shown.algorithm);
        if (own_delegated) own_scheme = shown.scheme;
        if (own_delegated) return true;
        for (const signature_scheme scheme : who.schemes) {
            if (!signs_handshakes(scheme) || !accepted.contains(scheme)) continue;
            own_scheme = scheme;
            return true;
        }
        return false;
    }

    /// Section 4.5.1. Reads the peer's Certificate as far as its first entry's key. Entries may carry the extensions
    /// that were asked for. `list` is empty when the peer has none.
    errc read_certificate(const handshake_message& message, certificate_type type, extension_mask asked,
                          bytes_view& list, bytes_view context = {}) noexcept {
        certificate_message certificates{};
        if (!decode(message.body, certificates)) return errc::decode_error;
        if (!equal_bytes(certificates.context, context)) return errc::bad_request_context;
        bool first = true;
        for (reader in(certificates.list); !in.empty(); first = false) {
            certificate_entry entry{};
            decode_from(in, entry);
            if (in.failed()) return errc::decode_error;
            extension_set extensions;
            if (const errc error = extensions.parse(entry.extensions, extension_place::certificate, asked);
                error != errc::none)
                return error;
            // Section 4.5.1.1.
            if (!sound_proofs(extensions)) return errc::decode_error;
            // Section 4.5.1: a raw key is alone.
            if (!first && type != certificate_type::x509) return errc::decode_error;
            if (!first) continue;
            if (const errc error = read_leaf(entry.der, type); error != errc::none) return error;
        }
        list = certificates.list;
        return errc::none;
    }

    /// RFC 8879, section 4: a CompressedCertificate, which the caller is asked to decompress.
    template <class Row>
    auto begin_unpacking(Row row, const handshake_message& message,
                         std::span<const certificate_compression> offered) noexcept {
        const errc error = unpacking.begin(memory, message, offered);
        return error == errc::none ? row.template to<Row::state::asks_decompression>() : row.fail(error);
    }

    /// Section 4.5.2. `offered` are the schemes that we said we take.
    errc check_certificate_verify(const handshake_message& message, std::span<const signature_scheme> offered,
                                  bool by_server) noexcept {
        certificate_verify verify{};
        if (!decode(message.body, verify)) return errc::decode_error;
        bool taken = peer_delegated.size != 0;  // RFC 9345, section 4.1.1: it has a list of its own
        for (const signature_scheme scheme : offered) taken = taken || scheme == verify.algorithm;
        if (!taken) return errc::scheme_not_offered;
        // Section 4.3.3: a scheme of that key.
        if (!peer_schemes.contains(verify.algorithm)) return errc::scheme_key_mismatch;
        signed_content expected;
        expected.assign(by_server, messages.current().view());
        const bool good = crypto->verify(verify.algorithm, memory.at(peer_key), expected.view(), verify.signature);
        peer_authenticated = good;
        return good ? errc::none : errc::bad_signature;
    }

private:
    errc read_leaf(bytes_view der, certificate_type type) noexcept {
        x509::certificate leaf;
        const bool raw = type == certificate_type::raw_public_key;
        const errc error = raw ? x509::parse_raw_public_key(der, leaf) : x509::parse_certificate(der, leaf);
        if (error != errc::none) return error;
        // Section 4.5.1.2: digitalSignature, when the certificate restricts what its key is for.
        if (!leaf.allows(x509::key_usage::digital_signature)) return errc::unsupported_certificate;
        peer_key = memory.range_of(leaf.public_key);
        peer_schemes.clear();
        for (const signature_scheme scheme : x509::schemes_for(leaf)) peer_schemes.push_back(scheme);
        return errc::none;
    }
};

/// Writes the line of an SSLKEYLOGFILE for one secret, with its newline, and returns its length; 0 when `to` is too
/// small. max_key_log_line bytes always do.
inline constexpr std::size_t max_key_log_line = 31 + 1 + 64 + 1 + 2 * max_digest_size + 1;

template <class P>
std::size_t write_key_log_line(const handshake_core<P>& core, logged_secret which, mutable_bytes to) noexcept {
    constexpr std::array<std::string_view, logged_secrets> labels{
        "CLIENT_EARLY_TRAFFIC_SECRET", "EARLY_EXPORTER_SECRET",   "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
        "EXPORTER_SECRET"};
    const std::array<const traffic_secret<P>*, logged_secrets> secrets{
        &core.client_early_traffic,       &core.early_exporter_secret,      &core.client_handshake_traffic,
        &core.server_handshake_traffic,   &core.client_application_traffic, &core.server_application_traffic,
        &core.exporter_secret};
    writer out(to);
    const auto hex = [&out](bytes_view bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        for (const std::uint8_t byte : bytes) {
            out.u8(static_cast<std::uint8_t>(digits[byte >> 4]));
            out.u8(static_cast<std::uint8_t>(digits[byte & 15]));
        }
    };
    const auto index = static_cast<std::size_t>(which);
    out.bytes(as_bytes(labels[index]));
    out.u8(' ');
    hex(core.client_random);
    out.u8(' ');
    hex(secrets[index]->first(core.hash_size()));
    out.u8('\n');
    return out.written().size();
}

}  // namespace v1
}  // namespace spantls
