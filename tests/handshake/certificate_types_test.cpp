#include <spantls/handshake/certificate_types.hpp>

#include "handshake/rules.hpp"

using spantls::certificate_type;
using spantls::errc;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

constexpr certificate_type raw = certificate_type::raw_public_key, x509 = certificate_type::x509;

/// SubjectPublicKeyInfo of an Ed25519 key.
buffer spki() { return test::key_pair("leaf.example").spki(); }

auto answered(const extensions& all, const buffer& more = {}) {
    return [=](null_client& it) {
        test::after_server_hello(it);
        it.feed(sealed_handshake(encrypted_extensions(all)));
        if (!more.empty()) it.feed(sealed_handshake(more));
    };
}
auto hello(const extensions& all) {
    return [=](null_server& it) {
        client_hello hello;
        for (const auto& [type, data] : all.all) hello.ext_.add(type, data);
        it.feed(hello.record());
    };
}
extensions server_is(int type) {
    return extensions().add(ext::server_certificate_type, {static_cast<std::uint8_t>(type)});
}

}  // namespace

TEST_CASE("client: what a server may say of certificate types (RFC 7250, section 4.2)") {
    spantls::client_config both, only_raw;
    both.server_certificate_types = both.client_certificate_types = {raw, x509};
    only_raw.server_certificate_types = only_raw.client_certificate_types = {raw};
    test::check(test::client_rules{
        {"4.3: not unasked", answered(server_is(2)), errc::unsolicited_extension, alert::unsupported_extension},
        {"4.3: nor of the client's", answered(extensions().add(ext::client_certificate_type, {0})),
         errc::unsolicited_extension, alert::unsupported_extension}});
    test::check(
        test::client_rules{
            {"a type that was offered", answered(server_is(1)), errc::bad_certificate_type, alert::illegal_parameter},
            {"of the client, too", answered(extensions().add(ext::client_certificate_type, {3})),
             errc::bad_certificate_type, alert::illegal_parameter},
            {"one type", answered(extensions().add(ext::server_certificate_type, {2, 0})), errc::decode_error,
             alert::decode_error},
            {"not none", answered(extensions().add(ext::client_certificate_type)), errc::decode_error,
             alert::decode_error},
            {"4.5.1: a raw key is alone",
             answered(server_is(2), certificate(join({certificate_entry(spki()), certificate_entry(spki())}))),
             errc::decode_error, alert::decode_error},
            {"4.5.1: no certificate for a raw key", answered(server_is(2), test::leaf_message()), errc::bad_certificate,
             alert::bad_certificate},
            {"4.5.1: no raw key for a certificate", answered(server_is(0), certificate(certificate_entry(spki()))),
             errc::bad_certificate, alert::bad_certificate},
            {"4.5.1: nor without an answer", answered({}, certificate(certificate_entry(spki()))),
             errc::bad_certificate, alert::bad_certificate},
            {"4.5.1: not none", answered(server_is(2), certificate({})), errc::empty_certificate, alert::decode_error},
        },
        both);
    test::check(test::client_rules{{"no certificate when it takes raw keys", answered({}),
                                    errc::no_common_certificate_type, alert::unsupported_certificate},
                                   {"said or not", answered(server_is(0)), errc::bad_certificate_type,
                                    alert::illegal_parameter}},
                only_raw);
}

TEST_CASE("server: what a client may offer (RFC 7250, section 3)") {
    const auto list = [](ext type, const buffer& data) { return hello(extensions().add(type, data)); };
    test::check(test::server_rules{
        {"server_certificate_types<1..>", list(ext::server_certificate_type, {0}), errc::decode_error,
         alert::decode_error},
        {"client_certificate_types<1..>", list(ext::client_certificate_type, {0}), errc::decode_error,
         alert::decode_error},
        {"all of it", list(ext::server_certificate_type, {2, 0}), errc::decode_error, alert::decode_error},
        {"nothing behind it", list(ext::client_certificate_type, {1, 0, 0}), errc::decode_error, alert::decode_error},
        {"what nobody knows is no certificate", list(ext::server_certificate_type, {2, 7, 1}),
         errc::no_common_certificate_type, alert::unsupported_certificate},
    });
    spantls::server_config asks;
    asks.authenticate_client = spantls::client_authentication::request;
    test::check(test::server_rules{{"nor something to be shown", list(ext::client_certificate_type, {1, 1}),
                                    errc::no_common_certificate_type, alert::unsupported_certificate}},
                asks);
}

TEST_CASE("the server answers what was asked, and of the client only when it asks the client (RFC 7250, section 4.2)") {
    const buffer types{2, 2, 0};
    for (const bool asks : {false, true})
        for (const bool offered : {false, true}) {
            CAPTURE(asks, offered);
            test::null_provider crypto;
            spantls::server_config config;
            config.client_certificate_types = {raw, x509};
            if (asks) config.authenticate_client = spantls::client_authentication::request;
            null_server it(crypto, config);
            hello(offered
                      ? extensions().add(ext::client_certificate_type, types).add(ext::server_certificate_type, types)
                      : extensions())(it);
            REQUIRE(it.tls.error() == errc::none);
            extensions expected;
            if (offered && asks) expected.add(ext::client_certificate_type, {2});
            if (offered) expected.add(ext::server_certificate_type, {0});
            // EncryptedExtensions is the first protected message.
            const buffer wanted = encrypted_extensions(expected);
            for (const buffer& record : it.records())
                if (record[0] == 23) {
                    CHECK(test::hex(buffer(record.begin() + 5,
                                           record.begin() + 5 + static_cast<std::ptrdiff_t>(wanted.size()))) ==
                          test::hex(wanted));
                    break;
                }
        }
}
