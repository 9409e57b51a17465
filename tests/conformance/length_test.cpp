// Messages and extensions of the wrong length, each in both roles: the alert as it leaves.
#include <spantls/spantls.hpp>

#include "handshake/rules.hpp"

using spantls::errc;
using spantls::handshake_type;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

constexpr auto p256 = spantls::named_group::secp256r1;

buffer cut(const buffer& whole, std::size_t size) {
    return {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// A message that comes to a connection when it has got so far. `bare` is the length at which it looks like one of
/// TLS 1.2, which may end there.
template <class Connection>
struct incoming {
    const char* name;
    std::function<void(Connection&)> before;
    std::function<buffer(Connection&)> message;
    bool sealed = true;
    std::size_t bare = 0;
};

const std::vector<incoming<null_client>> to_client{
    {"ServerHello", [](auto&) {}, [](auto& it) { return server_hello(it.session_id()).message(); }, false, 70},
    {"HelloRetryRequest", [](auto&) {},
     [](auto& it) {
         server_hello hello = server_hello::retry(it.session_id(), p256);
         hello.ext_.add(ext::cookie, {0, 3, 1, 2, 3});
         return hello.message();
     },
     false, 70},
    {"ServerHello behind a retry", [](auto& it) { it.feed(server_hello::retry(it.session_id(), p256).record()); },
     [](auto& it) {
         server_hello hello(it.session_id());
         hello.ext_.set(ext::key_share, entry(p256, buffer(65, 1)));
         return hello.message();
     },
     false, 70},
    {"EncryptedExtensions", test::after_server_hello,
     [](auto&) {
         return encrypted_extensions(extensions().add(ext::server_name).add(ext::supported_groups, {0, 2, 0, 0x1d}));
     }},
    {"CertificateRequest", test::after_encrypted_extensions,
     [](auto&) {
         return certificate_request(request_extensions().add(ext::certificate_authorities, {0, 3, 0, 1, 0x30}));
     }},
    {"Certificate", test::after_encrypted_extensions, [](auto&) { return test::leaf_message(); }},
    {"CompressedCertificate", test::after_encrypted_extensions,
     [](auto&) { return compressed(test::leaf_message()); }},
    {"CertificateVerify", test::after_certificate, [](auto&) { return certificate_verify(); }},
    {"Finished", test::after_certificate_verify, [](auto&) { return finished(); }},
    {"NewSessionTicket", [](auto& it) { test::connected(it); },
     [](auto&) { return ticket(extensions().add(0x0a0a, {1})); }},
    {"KeyUpdate", [](auto& it) { test::connected(it); }, [](auto&) { return key_update(1); }},
};

const std::vector<incoming<null_server>> to_server{
    {"ClientHello", [](auto&) {}, [](auto&) { return client_hello().message(); }, false, 2 + 32 + 33 + 6 + 2},
    {"ClientHello behind a retry",
     [](auto& it) {
         client_hello first;
         first.ext_.set(ext::key_share, {0, 0});
         it.feed(first.record());
     },
     [](auto&) { return client_hello().message(); }, false, 2 + 32 + 33 + 6 + 2},
    {"Certificate", test::after_client_hello, [](auto&) { return test::leaf_message(); }},
    {"CompressedCertificate", test::after_client_hello, [](auto&) { return compressed(test::leaf_message()); }},
    {"CertificateVerify",
     [](auto& it) {
         test::after_client_hello(it);
         it.feed(sealed_handshake(test::leaf_message()));
     },
     [](auto&) { return certificate_verify(); }},
    {"Finished",
     [](auto& it) {
         test::after_client_hello(it);
         it.feed(sealed_handshake(certificate({})));
     },
     [](auto&) { return finished(); }},
    {"KeyUpdate",
     [](auto& it) {
         test::after_client_hello(it);
         it.feed(sealed_handshake(certificate({}))).feed(sealed_handshake(finished()));
         REQUIRE(it.tls.connected());
     },
     [](auto&) { return key_update(1); }},
};

/// Feeds the message with `size` bytes of its body; what is longer than that is zeros.
template <class Connection, class Config, class... Target>
void feed_with(const incoming<Connection>& one, std::size_t size, const Config& config, const Target&... target) {
    CAPTURE(one.name, size);
    test::null_provider crypto;
    Connection it(crypto, config, target...);
    one.before(it);
    REQUIRE(it.tls.error() == errc::none);
    buffer content = one.message(it);
    const bool whole = size == content.size() - 4;
    content.resize(4 + size);
    spantls::store_be(content.data() + 1, size, 3);
    it.feed(one.sealed ? sealed_handshake(content) : handshake(content));
    if (whole) {
        CHECK(it.tls.error() == errc::none);
    } else if (one.bare != 0 && size == one.bare) {
        check_refused(it, errc::version_not_supported, alert::protocol_version);
    } else {
        check_refused(it, errc::decode_error, alert::decode_error);
    }
}

template <class Connection, class Config, class... Target>
std::size_t with_all_lengths(const incoming<Connection>& one, const Config& config, const Target&... target) {
    test::null_provider crypto;
    Connection it(crypto, config, target...);
    one.before(it);
    const std::size_t size = one.message(it).size() - 4;
    for (std::size_t i = 0; i <= size + 2; ++i) feed_with(one, i, config, target...);
    return size;
}

constexpr auto zlib = spantls::certificate_compression::zlib;
const spantls::client_config client{.alpn = {"mqtt"}, .certificate_compressions = {zlib}};
const spantls::server_config server{.alpn = {"mqtt"},
                                    .authenticate_client = spantls::client_authentication::request,
                                    .certificate_compressions = {zlib}};
const spantls::client_target leaf{.server_name = "leaf.example"};
const buffer protocols = vec(2, vec(1, letters("mqtt")));

}  // namespace

TEST_CASE("a message cut anywhere, or with more behind it, is decode_error (section 6)") {
    std::size_t cases = 0;
    for (const auto& one : to_client) cases += with_all_lengths(one, client, leaf);
    for (const auto& one : to_server) cases += with_all_lengths(one, server);
    test::ran("lengths of messages", cases);
}

TEST_CASE("extension_data cut anywhere, or with more behind it, is decode_error (sections 4.3 and 6)") {
    std::size_t cases = 0;
    const auto wrong_lengths = [&cases](const buffer& data, auto feed_to) {
        for (std::size_t size = 0; size <= data.size() + 1; ++size) {
            if (size == data.size()) continue;
            CAPTURE(size);
            buffer wrong = cut(data, std::min(size, data.size()));
            wrong.resize(size);
            feed_to(wrong);
            ++cases;
        }
    };
    const auto client_refuses = [&](ext type, const buffer& data, auto before, auto message_with, bool sealed) {
        CAPTURE(static_cast<int>(type));
        wrong_lengths(data, [&](const buffer& wrong) {
            test::null_provider crypto;
            null_client it(crypto, client, leaf);
            before(it);
            const buffer content = message_with(it, type, wrong);
            it.feed(sealed ? sealed_handshake(content) : handshake(content));
            check_refused(it, errc::decode_error, alert::decode_error);
        });
    };
    const auto nothing = [](auto&) {};

    // In ClientHello.
    const client_hello sound;
    std::vector<std::pair<int, buffer>> in_hello = sound.ext_.all;
    in_hello.emplace_back(static_cast<int>(ext::application_layer_protocol_negotiation), protocols);
    in_hello.emplace_back(static_cast<int>(ext::server_certificate_type), buffer{2, 2, 0});
    in_hello.emplace_back(static_cast<int>(ext::client_certificate_type), buffer{2, 2, 0});
    in_hello.emplace_back(static_cast<int>(ext::post_handshake_auth), buffer{});
    in_hello.emplace_back(static_cast<int>(ext::status_request), buffer{1, 0, 0, 0, 0});
    in_hello.emplace_back(static_cast<int>(ext::signed_certificate_timestamp), buffer{});
    in_hello.emplace_back(static_cast<int>(ext::compress_certificate), buffer{4, 0, 1, 0, 2});
    for (const auto& one : in_hello) {
        CAPTURE(one.first);
        wrong_lengths(one.second, [&](const buffer& wrong) {
            client_hello hello;
            hello.ext_.set(static_cast<ext>(one.first), wrong);
            test::null_provider crypto;
            null_server it(crypto, server);
            it.feed(hello.record());
            check_refused(it, errc::decode_error, alert::decode_error);
        });
    }
    // In ServerHello, HelloRetryRequest, EncryptedExtensions and CertificateRequest.
    const auto hello = [](auto& it, ext type, const buffer& data) {
        server_hello answer(it.session_id());
        answer.ext_.set(type, data);
        return answer.message();
    };
    const auto retry = [](auto& it, ext type, const buffer& data) {
        server_hello answer = server_hello::retry(it.session_id(), p256);
        answer.ext_.set(type, data);
        return answer.message();
    };
    const auto parameters = [](auto&, ext type, const buffer& data) {
        return encrypted_extensions(extensions().add(type, data));
    };
    const auto request = [](auto&, ext type, const buffer& data) {
        return certificate_request(request_extensions().set(type, data));
    };
    client_refuses(ext::supported_versions, {3, 4}, nothing, hello, false);
    client_refuses(ext::key_share, entry(spantls::named_group::x25519, buffer(32, 1)), nothing, hello, false);
    client_refuses(ext::supported_versions, {3, 4}, nothing, retry, false);
    client_refuses(ext::key_share, {0, 0x17}, nothing, retry, false);
    client_refuses(ext::cookie, {0, 3, 1, 2, 3}, nothing, retry, false);
    client_refuses(ext::server_name, {}, test::after_server_hello, parameters, true);
    client_refuses(ext::supported_groups, {0, 4, 0, 0x1d, 0, 0x17}, test::after_server_hello, parameters, true);
    client_refuses(ext::application_layer_protocol_negotiation, protocols, test::after_server_hello, parameters, true);
    client_refuses(ext::signature_algorithms, {0, 4, 8, 7, 4, 3}, test::after_encrypted_extensions, request, true);
    client_refuses(ext::signature_algorithms_cert, {0, 4, 8, 7, 4, 3}, test::after_encrypted_extensions, request, true);
    client_refuses(ext::certificate_authorities, {0, 3, 0, 1, 0x30}, test::after_encrypted_extensions, request, true);
    client_refuses(ext::oid_filters, {0, 5, 1, 1, 0, 1, 7}, test::after_encrypted_extensions, request, true);
    client_refuses(ext::status_request, {}, test::after_encrypted_extensions, request, true);
    client_refuses(ext::compress_certificate, {4, 0, 1, 0, 2}, test::after_encrypted_extensions, request, true);
    client_refuses(ext::signed_certificate_timestamp, {}, test::after_encrypted_extensions, request, true);
    test::ran("lengths of extensions", cases);
}
