// Messages and extensions of the wrong length, each in both roles: the alert as it leaves.
#include <spantls/spantls.hpp>

#include <set>

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
    std::pair<errc, alert> of_bare{errc::version_not_supported, alert::protocol_version};
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
    {"ServerHello behind a retry",
     [](auto& it) { it.feed(server_hello::retry(it.session_id(), p256).record()); },
     [](auto& it) {
         server_hello hello(it.session_id());
         hello.ext_.set(ext::key_share, entry(p256, buffer(65, 1)));
         return hello.message();
     },
     false,
     70,
     {errc::version_not_offered, alert::illegal_parameter}},  // section 4.2.4
    {"EncryptedExtensions", test::after_server_hello,
     [](auto&) {
         return encrypted_extensions(extensions().add(ext::server_name).add(ext::supported_groups, {0, 2, 0, 0x1d}));
     }},
    {"CertificateRequest", test::after_encrypted_extensions,
     [](auto&) {
         return certificate_request(request_extensions().add(ext::certificate_authorities, {0, 3, 0, 1, 0x30}));
     }},
    {"Certificate", test::after_encrypted_extensions, [](auto&) { return test::leaf_message(); }},
    {"CompressedCertificate", test::after_encrypted_extensions, [](auto&) { return compressed(test::leaf_message()); }},
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

// Where keys, early data and authentication after the handshake are allowed.

client_hello hello_with_key() {
    client_hello hello;
    hello.ext_.add(ext::early_data).add(ext::pre_shared_key, offered_psk());
    return hello;
}
const buffer external_key(32, 0x11);

void takes_early_data(null_server& it) {
    it.key_found = {0,
                    external_key,
                    spantls::hash_id::sha256,
                    spantls::psk_kind::external,
                    {1000, spantls::cipher_suite::tls_chacha20_poly1305_sha256, {}, "leaf.example"},
                    false};
    it.feed(hello_with_key().record());
    REQUIRE(it.tls.handshake_state() == spantls::server_state::wait_end_of_early_data);
}

/// Connected, and the client has been asked; returns the context of the request.
buffer asked_late(null_server& it) {
    client_hello hello;
    hello.ext_.add(ext::post_handshake_auth);
    it.feed(hello.record()).feed(sealed_handshake(finished()));
    REQUIRE(it.tls.request_authentication() == errc::none);
    it.run();
    const buffer record = it.records().back();
    return {record.begin() + 10, record.begin() + 26};
}
void has_shown_late(null_server& it) {
    const buffer context = asked_late(it);
    it.feed(sealed_handshake(certificate(certificate_entry(test::leaf_der()), context)));
}

const std::vector<incoming<null_client>> late_to_client{
    {"CertificateRequest after the handshake", [](auto& it) { test::connected(it); },
     [](auto&) {
         return certificate_request(request_extensions(), {1, 2, 3});
     }},
};
const std::vector<incoming<null_server>> late_to_server{
    {"ClientHello with a key", [](auto&) {}, [](auto&) { return hello_with_key().message(); }, false,
     2 + 32 + 33 + 6 + 2},
    {"EndOfEarlyData", takes_early_data, [](auto&) { return end_of_early_data(); }},
    {"Finished behind early data",
     [](auto& it) {
         takes_early_data(it);
         it.feed(sealed_handshake(end_of_early_data()));
     },
     [](auto&) { return finished(); }},
    {"CertificateVerify after the handshake", has_shown_late, [](auto&) { return certificate_verify(); }},
    {"Finished after the handshake",
     [](auto& it) {
         has_shown_late(it);
         it.feed(sealed_handshake(certificate_verify()));
     },
     [](auto&) { return finished(); }},
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
        check_refused(it, one.of_bare.first, one.of_bare.second);
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
const spantls::client_config late_client{.post_handshake_auth = true};
const spantls::server_config late_server{.post_handshake_auth = true, .use_psk = true, .max_early_data = 1000};
bool is_allowed(const spantls::extension_row& row, spantls::extension_place where) {
    return (row.places & static_cast<std::uint8_t>(where)) != 0;
}
const spantls::client_target leaf{.server_name = "leaf.example"};
const buffer protocols = vec(2, vec(1, letters("mqtt")));

}  // namespace

TEST_CASE("a message cut anywhere, or with more behind it, is decode_error (section 6)") {
    std::size_t cases = 0;
    for (const auto& one : to_client) cases += with_all_lengths(one, client, leaf);
    for (const auto& one : to_server) cases += with_all_lengths(one, server);
    for (const auto& one : late_to_client) cases += with_all_lengths(one, late_client, leaf);
    for (const auto& one : late_to_server) cases += with_all_lengths(one, late_server);
    test::ran("lengths of messages", cases);
}

TEST_CASE("extension_data cut anywhere, or with more behind it, is decode_error (sections 4.3 and 6)") {
    std::size_t cases = 0;
    using place = spantls::extension_place;
    std::set<std::pair<ext, place>> seen;
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
    const spantls::psk keys[] = {{.identity = external_key,
                                  .key = external_key,
                                  .early = {1000, spantls::cipher_suite::tls_chacha20_poly1305_sha256, {}, {}}}};
    const spantls::client_config asks_for_all{
        .alpn = {"mqtt"},
        .server_certificate_types = {spantls::certificate_type::raw_public_key, spantls::certificate_type::x509},
        .client_certificate_types = {spantls::certificate_type::raw_public_key, spantls::certificate_type::x509},
        .ask_for_staples = true,
        .ask_for_scts = true,
        .record_size_limit = 1000,
        .max_fragment_length = 1024,
        .tickets = spantls::ticket_counts{2, 1}};
    const auto client_refuses = [&](place where, ext type, const buffer& data, auto before, auto message_with,
                                    bool sealed) {
        CAPTURE(static_cast<int>(type), static_cast<int>(where));
        seen.emplace(type, where);
        wrong_lengths(data, [&](const buffer& wrong) {
            test::null_provider crypto;
            const bool keyed = type == ext::pre_shared_key || type == ext::early_data;
            spantls::client_target target = leaf;
            if (keyed && where != place::new_session_ticket) target.psks = keys, target.early_data = true;
            null_client it(crypto, asks_for_all, target);
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
    in_hello.emplace_back(static_cast<int>(ext::signature_algorithms_cert), buffer{0, 4, 8, 7, 4, 3});
    in_hello.emplace_back(static_cast<int>(ext::certificate_authorities), buffer{0, 3, 0, 1, 0x30});
    in_hello.emplace_back(static_cast<int>(ext::max_fragment_length), buffer{1});
    in_hello.emplace_back(static_cast<int>(ext::record_size_limit), buffer{0, 64});
    in_hello.emplace_back(static_cast<int>(ext::ticket_request), buffer{1, 1});
    in_hello.emplace_back(static_cast<int>(ext::cookie), buffer{0, 3, 1, 2, 3});
    in_hello.emplace_back(static_cast<int>(ext::early_data), buffer{});
    in_hello.emplace_back(static_cast<int>(ext::pre_shared_key), offered_psk());
    in_hello.emplace_back(static_cast<int>(ext::compress_certificate), buffer{4, 0, 1, 0, 2});
    const buffer cookie_secret(32, 0x5c);
    spantls::server_config reads_all = late_server;
    reads_all.alpn = {"mqtt"};
    reads_all.cookie_secrets = {spantls::bytes_view(cookie_secret)};
    for (const auto& one : in_hello) {
        CAPTURE(one.first);
        seen.emplace(static_cast<ext>(one.first), place::client_hello);
        wrong_lengths(one.second, [&](const buffer& wrong) {
            client_hello hello;
            hello.ext_.set(static_cast<ext>(one.first), wrong);
            test::null_provider crypto;
            null_server it(crypto, reads_all);
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
    client_refuses(place::server_hello, ext::supported_versions, {3, 4}, nothing, hello, false);
    client_refuses(place::server_hello, ext::key_share, entry(spantls::named_group::x25519, buffer(32, 1)), nothing,
                   hello, false);
    client_refuses(place::server_hello, ext::pre_shared_key, {0, 0}, nothing, hello, false);
    client_refuses(place::hello_retry_request, ext::supported_versions, {3, 4}, nothing, retry, false);
    client_refuses(place::hello_retry_request, ext::key_share, {0, 0x17}, nothing, retry, false);
    client_refuses(place::hello_retry_request, ext::cookie, {0, 3, 1, 2, 3}, nothing, retry, false);
    const auto in_parameters = [&](ext type, const buffer& data) {
        client_refuses(place::encrypted_extensions, type, data, test::after_server_hello, parameters, true);
    };
    in_parameters(ext::server_name, {});
    in_parameters(ext::supported_groups, {0, 4, 0, 0x1d, 0, 0x17});
    in_parameters(ext::application_layer_protocol_negotiation, protocols);
    in_parameters(ext::max_fragment_length, {2});
    in_parameters(ext::record_size_limit, {1, 0});
    in_parameters(ext::server_certificate_type, {2});
    in_parameters(ext::client_certificate_type, {2});
    in_parameters(ext::ticket_request, {1});
    client_refuses(
        place::encrypted_extensions, ext::early_data, {},
        [](auto& it) {
            server_hello answer(it.session_id());
            answer.ext_.add(ext::pre_shared_key, {0, 0});
            it.feed(answer.record());
        },
        parameters, true);
    const auto in_request = [&](ext type, const buffer& data) {
        client_refuses(place::certificate_request, type, data, test::after_encrypted_extensions, request, true);
    };
    in_request(ext::signature_algorithms, {0, 4, 8, 7, 4, 3});
    in_request(ext::signature_algorithms_cert, {0, 4, 8, 7, 4, 3});
    in_request(ext::certificate_authorities, {0, 3, 0, 1, 0x30});
    in_request(ext::oid_filters, {0, 5, 1, 1, 0, 1, 7});
    in_request(ext::status_request, {});
    in_request(ext::signed_certificate_timestamp, {});
    in_request(ext::compress_certificate, {4, 0, 1, 0, 2});
    const auto in_certificate = [&](ext type, const buffer& data) {
        client_refuses(
            place::certificate, type, data, test::after_encrypted_extensions,
            [](auto&, ext which, const buffer& wrong) {
                return certificate(certificate_entry(test::leaf_der(), extensions().add(which, wrong)));
            },
            true);
    };
    in_certificate(ext::status_request, {1, 0, 0, 1, 0xaa});
    in_certificate(ext::signed_certificate_timestamp, {0, 3, 0, 1, 0xaa});
    client_refuses(
        place::new_session_ticket, ext::early_data, {0, 0, 1, 0}, [](auto& it) { test::connected(it); },
        [](auto&, ext type, const buffer& data) { return ticket(extensions().add(type, data)); }, true);
    test::ran("lengths of extensions", cases);

    // Each row of the table has been here, or there is a reason why not.
    const std::set<ext> any_bytes{ext::padding, ext::quic_transport_parameters};
    const std::set<ext> not_implemented{ext::use_srtp, ext::heartbeat, ext::transparency_info,
                                        ext::encrypted_client_hello};
    const std::set<ext> elsewhere{ext::delegated_credential};
    for (const auto& row : spantls::extension_table) {
        if (any_bytes.contains(row.type) || not_implemented.contains(row.type) || elsewhere.contains(row.type))
            continue;
        for (const auto where :
             {place::client_hello, place::server_hello, place::hello_retry_request, place::encrypted_extensions,
              place::certificate, place::certificate_request, place::new_session_ticket}) {
            // Nobody reads the server_name of a CertificateRequest.
            if (!is_allowed(row, where) || (row.type == ext::server_name && where == place::certificate_request))
                continue;
            CAPTURE(static_cast<int>(row.type), static_cast<int>(where));
            CHECK(seen.contains({row.type, where}));
        }
    }
}
