// A peer made by hand: messages and records put together byte by byte, to be as wrong as a test wants them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include <spantls/base/bytes.hpp>
#include <spantls/message/server_hello.hpp>
#include <spantls/wire/registry.hpp>

#include "support/vectors.hpp"

namespace test::forge {

inline buffer join(std::initializer_list<buffer> parts) {
    buffer all;
    for (const buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}
inline buffer number(std::uint64_t value, std::size_t width) {
    buffer out(width);
    spantls::store_be(out.data(), value, width);
    return out;
}
/// A vector with a length of `prefix` bytes.
inline buffer vec(std::size_t prefix, const buffer& content) { return join({number(content.size(), prefix), content}); }
template <class T>
buffer list(std::initializer_list<T> items) {
    buffer out;
    for (const T item : items) {
        const buffer one = number(static_cast<std::uint64_t>(item), sizeof(T));
        out.insert(out.end(), one.begin(), one.end());
    }
    return out;
}
inline buffer letters(std::string_view text) { return {text.begin(), text.end()}; }

inline buffer message(spantls::handshake_type type, const buffer& body) {
    return join({{static_cast<std::uint8_t>(type)}, vec(3, body)});
}
inline buffer message(int type, const buffer& body) {
    return message(static_cast<spantls::handshake_type>(type), body);
}

/// A record in the clear.
inline buffer record(spantls::content_type type, const buffer& content) {
    return join({{static_cast<std::uint8_t>(type), 3, 3}, vec(2, content)});
}
/// A record protected by null cryptography: no cryptography.
inline buffer sealed(spantls::content_type type, const buffer& content, std::size_t zeros = 0) {
    const buffer inner = join({content, {static_cast<std::uint8_t>(type)}, buffer(zeros), buffer(16)});
    return record(spantls::content_type::application_data, inner);
}
/// As many records as it takes.
inline buffer handshake(const buffer& messages) {
    buffer all;
    for (std::size_t at = 0; at == 0 || at < messages.size(); at += 16384) {
        const auto begin = messages.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = begin + static_cast<std::ptrdiff_t>(std::min<std::size_t>(16384, messages.size() - at));
        all = join({all, record(spantls::content_type::handshake, buffer(begin, end))});
    }
    return all;
}
inline buffer sealed_handshake(const buffer& messages) { return sealed(spantls::content_type::handshake, messages); }
inline buffer change_cipher_spec() { return record(spantls::content_type::change_cipher_spec, {1}); }

/// `Extension extensions<..>`, in any order, any number of times.
struct extensions {
    std::vector<std::pair<int, buffer>> all;

    extensions& add(int type, buffer data = {}) {
        all.emplace_back(type, std::move(data));
        return *this;
    }
    extensions& add(spantls::extension_type type, buffer data = {}) {
        return add(static_cast<int>(type), std::move(data));
    }
    extensions& remove(spantls::extension_type type) {
        std::erase_if(all, [type](const auto& one) { return one.first == static_cast<int>(type); });
        return *this;
    }
    /// Replaces the data where it stands; adds it where it does not.
    extensions& set(spantls::extension_type type, buffer data) {
        for (auto& [id, old] : all)
            if (id == static_cast<int>(type)) {
                old = std::move(data);
                return *this;
            }
        return add(type, std::move(data));
    }
    buffer block() const {
        buffer out;
        for (const auto& [type, data] : all) {
            const buffer one = join({number(static_cast<std::uint64_t>(type), 2), vec(2, data)});
            out.insert(out.end(), one.begin(), one.end());
        }
        return vec(2, out);
    }
};

using ext = spantls::extension_type;

inline buffer entry(spantls::named_group group, const buffer& share) {
    return join({number(static_cast<std::uint64_t>(group), 2), vec(2, share)});
}
inline buffer server_name(std::string_view host) { return vec(2, join({{0}, vec(2, letters(host))})); }

/// A ClientHello that a server with null cryptography likes.
struct client_hello {
    int legacy_version = 0x0303;
    buffer random = buffer(32, 0x11);
    buffer session_id = buffer(32, 0x22);
    buffer suites =
        list({spantls::cipher_suite::tls_chacha20_poly1305_sha256, spantls::cipher_suite::tls_aes_256_gcm_sha384});
    buffer compression{0};
    extensions ext_;

    client_hello() {
        ext_.add(ext::server_name, server_name("leaf.example"))
            .add(ext::supported_versions, vec(1, list({spantls::protocol_version::tls_1_3})))
            .add(ext::supported_groups, vec(2, list({spantls::named_group::x25519, spantls::named_group::secp256r1})))
            .add(ext::signature_algorithms, vec(2, list({spantls::signature_scheme::ed25519})))
            .add(ext::psk_key_exchange_modes, {1, 1})
            .add(ext::key_share, vec(2, entry(spantls::named_group::x25519, buffer(32, 0x33))));
    }
    buffer head() const {
        return join({number(static_cast<std::uint64_t>(legacy_version), 2), random, vec(1, session_id), vec(2, suites),
                     vec(1, compression)});
    }
    buffer body() const { return join({head(), ext_.block()}); }
    buffer message() const { return forge::message(spantls::handshake_type::client_hello, body()); }
    buffer record() const { return handshake(message()); }
};

/// A ServerHello that a client with null cryptography likes, once it echoes its session id.
struct server_hello {
    int legacy_version = 0x0303;
    buffer random = buffer(32, 0x44);
    buffer session_id;
    int suite = static_cast<int>(spantls::cipher_suite::tls_chacha20_poly1305_sha256);
    int compression = 0;
    extensions ext_;

    explicit server_hello(buffer echo) : session_id(std::move(echo)) {
        ext_.add(ext::supported_versions, number(0x0304, 2))
            .add(ext::key_share, entry(spantls::named_group::x25519, buffer(32, 0x55)));
    }
    /// The same as a HelloRetryRequest.
    static server_hello retry(buffer echo, spantls::named_group group) {
        server_hello hello(std::move(echo));
        hello.random = copy(spantls::hello_retry_request_random);
        hello.ext_.set(ext::key_share, number(static_cast<std::uint64_t>(group), 2));
        return hello;
    }
    buffer body() const {
        return join({number(static_cast<std::uint64_t>(legacy_version), 2),
                     random,
                     vec(1, session_id),
                     number(static_cast<std::uint64_t>(suite), 2),
                     {static_cast<std::uint8_t>(compression)},
                     ext_.block()});
    }
    buffer message() const { return forge::message(spantls::handshake_type::server_hello, body()); }
    buffer record() const { return handshake(message()); }
};

inline buffer encrypted_extensions(const extensions& all = {}) {
    return message(spantls::handshake_type::encrypted_extensions, all.block());
}
inline extensions request_extensions() {
    return extensions().add(ext::signature_algorithms, vec(2, list({spantls::signature_scheme::ed25519})));
}
inline buffer certificate_request(const extensions& all = request_extensions(), const buffer& context = {}) {
    return message(spantls::handshake_type::certificate_request, join({vec(1, context), all.block()}));
}
inline buffer certificate_entry(const buffer& der, const extensions& all = {}) {
    return join({vec(3, der), all.block()});
}
/// Certificate with a list of entries.
inline buffer certificate(const buffer& entries, const buffer& context = {}) {
    return message(spantls::handshake_type::certificate, join({vec(1, context), vec(3, entries)}));
}
/// CompressedCertificate, in which `content`, the body of a Certificate, is as it was.
inline buffer compressed(const buffer& content, std::size_t uncompressed_length,
                         spantls::certificate_compression how = spantls::certificate_compression::zlib) {
    return message(spantls::handshake_type::compressed_certificate,
                   join({number(static_cast<std::uint64_t>(how), 2), number(uncompressed_length, 3), vec(3, content)}));
}
/// Of a whole Certificate message.
inline buffer compressed(const buffer& certificate) {
    return compressed(buffer(certificate.begin() + 4, certificate.end()), certificate.size() - 4);
}
inline buffer certificate_verify(spantls::signature_scheme scheme = spantls::signature_scheme::ed25519,
                                 const buffer& signature = buffer(64, 0x66)) {
    return message(spantls::handshake_type::certificate_verify,
                   join({number(static_cast<std::uint64_t>(scheme), 2), vec(2, signature)}));
}
/// Right by null cryptography, with a suite of SHA-256.
inline buffer finished(const buffer& verify_data = buffer(32)) {
    return message(spantls::handshake_type::finished, verify_data);
}
inline buffer key_update(int request) {
    return message(spantls::handshake_type::key_update, {static_cast<std::uint8_t>(request)});
}
inline buffer ticket(const extensions& all = {}) {
    return message(spantls::handshake_type::new_session_ticket,
                   join({number(3600, 4), number(1, 4), vec(1, {7}), vec(2, buffer(16, 0x77)), all.block()}));
}
inline buffer end_of_early_data() { return message(spantls::handshake_type::end_of_early_data, {}); }

/// A body of `type` that is well formed, as short as can be.
/// extension_data of pre_shared_key with one identity and the binder of null cryptography.
inline buffer offered_psk(const buffer& identity = {'i', 'd'}) {
    return join({vec(2, join({vec(2, identity), buffer(4)})), vec(2, vec(1, buffer(32)))});
}

inline buffer smallest(int type) {
    switch (static_cast<spantls::handshake_type>(type)) {
        case spantls::handshake_type::client_hello: return client_hello().message();
        case spantls::handshake_type::server_hello: return server_hello({}).message();
        case spantls::handshake_type::new_session_ticket: return ticket();
        case spantls::handshake_type::encrypted_extensions: return encrypted_extensions();
        case spantls::handshake_type::certificate: return certificate({});
        case spantls::handshake_type::certificate_request: return certificate_request();
        case spantls::handshake_type::certificate_verify: return certificate_verify();
        case spantls::handshake_type::finished: return finished();
        case spantls::handshake_type::key_update: return key_update(0);
        case spantls::handshake_type::compressed_certificate: return compressed(certificate({}));
        default: return message(type, {});
    }
}

}  // namespace test::forge
