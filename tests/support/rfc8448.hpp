// The traces of RFC 8448, and the secrets that the key schedule makes of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <spantls/crypto/key_schedule.hpp>
#include <spantls/crypto/transcript.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/handshake.hpp>
#include <spantls/message/key_share.hpp>
#include <spantls/message/server_hello.hpp>

#include "support/openssl_aead.hpp"
#include "support/vectors.hpp"

namespace test::rfc8448 {

using provider = rfc8448_provider;

/// In the order of the file.
enum trace_name { simple, resumed, retry, client_authentication, middlebox, external_psk, raw_public_key };

struct trace {
    std::map<std::string, std::string> values;

    bool has(const std::string& name) const { return values.contains(name); }
    buffer operator[](const std::string& name) const {
        std::string digits = values.at(name);
        std::erase(digits, ' ');  // one value has one
        return unhex(digits);
    }
    /// The content of the one plaintext record of that name.
    buffer content(const std::string& name) const {
        buffer record = (*this)[name];
        record.erase(record.begin(), record.begin() + 5);
        return record;
    }
    /// The server's messages behind ServerHello, without its Finished.
    std::vector<buffer> server_messages() const {
        std::vector<buffer> messages;
        for (const char* const name : {"Message_EncryptedExtensions", "Message_CertificateRequest",
                                       "Message_Server_Certificate", "Message_Server_CertificateVerify"})
            if (has(name)) messages.push_back((*this)[name]);
        return messages;
    }
    /// What Record_ServerHandshakeMessages holds.
    buffer server_flight() const {
        if (has("Flight_InRecord")) return (*this)["Flight_InRecord"];
        buffer flight;
        for (const buffer& message : server_messages()) flight.insert(flight.end(), message.begin(), message.end());
        const buffer finished = (*this)["Message_Server_Finished"];
        flight.insert(flight.end(), finished.begin(), finished.end());
        return flight;
    }
};

inline std::optional<std::vector<trace>> traces() {
    const auto file = shared_vectors("rfc8448/transcripts.vec");
    if (!file) return std::nullopt;
    std::vector<trace> all;
    for (auto& record : load_response_file(*file)) all.push_back({std::move(record)});
    REQUIRE(all.size() == 7);
    REQUIRE(all[retry].has("HelloRetryRequest_Cookie"));
    REQUIRE(all[external_psk].has("PskSecret"));
    // In the file the resumed handshake's EncryptedExtensions, and the record with it, were changed to do without
    // server_name; all that comes behind is the RFC's. Here the message is the RFC's again.
    auto& mixed = all[resumed].values;
    mixed["Flight_InRecord"] = mixed["Message_EncryptedExtensions"] +
                               "14000020d77a952e83684490c75867d6076c0914b6c335024c6efd6dc81ecbc23a295ccc";
    mixed["Message_EncryptedExtensions"] =
        "080000280026000a00140012001d00170018001901000101010201030104001c00024001"
        "00000000"
        "002a0000";
    return all;
}

/// The secret that server and client share, of the server's private key and the client's share.
inline buffer shared_secret(const trace& of) {
    spantls::server_hello chosen{};
    const buffer server = of["Message_ServerHello"];
    REQUIRE(spantls::decode(spantls::bytes_view(server).subspan(4), chosen));
    spantls::extension_set extensions;
    spantls::extension_mask offered;
    for (const spantls::extension_row& row : spantls::extension_table) offered.add(row.type);
    REQUIRE(extensions.parse(chosen.extensions, spantls::extension_place::server_hello, offered) ==
            spantls::errc::none);
    spantls::key_share_entry share{};
    REQUIRE(spantls::decode(extensions[spantls::extension_type::key_share], share));

    const buffer client = of.content(of.has("Record_ClientHello_2") ? "Record_ClientHello_2" : "Record_ClientHello_1");
    spantls::parsed_client_hello hello;
    REQUIRE(hello.parse(spantls::bytes_view(client).subspan(4)) == spantls::errc::none);
    spantls::client_key_shares shares;
    REQUIRE(shares.parse(hello.extensions[spantls::extension_type::key_share], hello.groups.groups) ==
            spantls::errc::none);

    // What the server draws are its Random, and then its private key.
    const buffer pool = of["Server_RNG_Pool"];
    const spantls::bytes_view key = spantls::bytes_view(pool).subspan(32, 32);
    const spantls::bytes_view theirs = shares.find(share.group);
    if (share.group == spantls::named_group::secp256r1) return copy(oracle::p256(key, theirs));
    return copy(oracle::x25519(oracle::private_key(EVP_PKEY_X25519, key), theirs));
}

/// The transcript up to ServerHello.
inline spantls::transcript<provider> hellos(const trace& of) {
    spantls::transcript<provider> messages(spantls::hash_id::sha256);
    messages.add(of.content("Record_ClientHello_1"));
    if (of.has("Record_HelloRetryRequest")) {
        messages.restart_with_message_hash();
        messages.add(of.content("Record_HelloRetryRequest"));
        messages.add(of.content("Record_ClientHello_2"));
    }
    messages.add(of["Message_ServerHello"]);
    return messages;
}

using secret = spantls::traffic_secret<provider>;

struct secrets {
    secret client_handshake, server_handshake, client_application, server_application, exporter;
    secret client_early;                 // only with a PSK
    spantls::main_stage<provider> main;  // only without
};

inline spantls::hmac_key<provider> as_key(spantls::bytes_view bytes) { return {spantls::hash_id::sha256, bytes}; }
inline buffer extract(spantls::bytes_view salt, spantls::bytes_view ikm) {
    buffer out(32);
    spantls::hkdf_extract<provider>(spantls::hash_id::sha256, salt, ikm, out.data());
    return out;
}
inline buffer derive(spantls::bytes_view from, std::string_view label, spantls::bytes_view context,
                     std::size_t size = 32) {
    buffer out(size);
    spantls::hkdf_expand_label(as_key(from), label, context, out);
    return out;
}
inline void derive(spantls::bytes_view from, std::string_view label, const spantls::digest& messages, secret& to) {
    spantls::copy_bytes(derive(from, label, messages.view()), to.bytes());
}

/// Up to the application secrets. Stages with a PSK are put together by hand: the library has none yet.
inline secrets until_server_finished(const trace& of, spantls::bytes_view psk = {}) {
    secrets all;
    spantls::transcript<provider> messages = hellos(of);
    const spantls::digest at_server_hello = messages.current();
    for (const buffer& message : of.server_messages()) messages.add(message);
    messages.add(of["Message_Server_Finished"]);
    const spantls::digest at_finished = messages.current();
    if (psk.empty()) {
        auto handshake = spantls::handshake_stage_without_psk<provider>(spantls::hash_id::sha256, shared_secret(of));
        handshake.client_traffic(at_server_hello.view(), all.client_handshake);
        handshake.server_traffic(at_server_hello.view(), all.server_handshake);
        all.main = std::move(handshake).next();
        all.main.client_traffic(at_finished.view(), all.client_application);
        all.main.server_traffic(at_finished.view(), all.server_application);
        all.main.exporter(at_finished.view(), all.exporter);
        return all;
    }
    const spantls::bytes_view nothing = spantls::empty_hash(spantls::hash_id::sha256);
    const buffer early = extract(buffer(32), psk);
    derive(early, "c e traffic",
           spantls::hash_of<provider>(spantls::hash_id::sha256, of.content("Record_ClientHello_1")), all.client_early);
    const buffer handshake = extract(derive(early, "derived", nothing), shared_secret(of));
    derive(handshake, "c hs traffic", at_server_hello, all.client_handshake);
    derive(handshake, "s hs traffic", at_server_hello, all.server_handshake);
    const buffer main = extract(derive(handshake, "derived", nothing), buffer(32));
    derive(main, "c ap traffic", at_finished, all.client_application);
    derive(main, "s ap traffic", at_finished, all.server_application);
    derive(main, "exp master", at_finished, all.exporter);
    return all;
}

/// The PSK of the ticket that the first trace issues, which the second resumes with; as the RFC prints it.
inline buffer ticket_psk() { return unhex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"); }
inline buffer psk_of(const trace& of) {
    if (of.has("PskSecret")) return of["PskSecret"];
    return of.has("Record_Client_EarlyAppData") ? ticket_psk() : buffer{};
}

}  // namespace test::rfc8448
