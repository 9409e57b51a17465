#include <spantls/handshake/server.hpp>

#include "handshake/rules.hpp"
#include "support/provider.hpp"

using spantls::errc;
using spantls::named_group;
using test::buffer;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

using hello_change = std::function<void(client_hello&)>;

/// A ClientHello that is sound but for `change`.
auto with_hello(hello_change change) {
    return [change](null_server& it) {
        client_hello hello;
        change(hello);
        it.feed(hello.record());
    };
}
/// `content` as the next handshake message of a client that was asked for a certificate.
auto then(buffer content) {
    return [content](null_server& it) {
        test::after_client_hello(it);
        it.feed(sealed_handshake(content));
    };
}
auto after_certificate(buffer content) {
    return [content](null_server& it) {
        test::after_client_hello(it);
        it.feed(sealed_handshake(test::leaf_message())).feed(sealed_handshake(content));
    };
}

buffer shares(std::initializer_list<buffer> entries) { return vec(2, join(entries)); }
const buffer x25519_share = entry(named_group::x25519, buffer(32, 0x33));
const buffer p256_share = entry(named_group::secp256r1, buffer(65, 0x34));

/// Null cryptography, but for the hashes: what is compared by its hash is compared.
struct hashing_provider : test::null_provider {
    using hashes = spantls::type_list<spantls::libsodium::sha256, spantls::libsodium::sha384>;
};
using hashing_server = test::hand_fed<spantls::server<hashing_provider>>;

/// A server that has sent a HelloRetryRequest for secp256r1, and then gets the second ClientHello with a change.
void check_second_hello(const char* rule, const hello_change& change, errc error, alert why) {
    INFO(rule);
    hashing_provider crypto;
    const spantls::server_config config{.prefer = {.groups = {named_group::secp256r1}}};
    hashing_server it(crypto, config);
    it.feed(client_hello().record());
    REQUIRE(it.tls.error() == errc::none);
    REQUIRE(it.tls.handshake_state() == spantls::server_state::wait_second_client_hello);
    client_hello second;
    second.ext_.set(ext::key_share, shares({p256_share}));
    change(second);
    it.feed(second.record());
    if (error != errc::none) return check_refused(it, error, why);
    CHECK(it.tls.error() == errc::none);
    CHECK(it.tls.handshake_state() == spantls::server_state::wait_finished);
}

}  // namespace

TEST_CASE("server: ClientHello (section 4.2.2)") {
    const test::server_rules rules{
        {"legacy_version is 0x0303", with_hello([](auto& h) { h.legacy_version = 0x0304; }), errc::legacy_version,
         alert::protocol_version},
        {"legacy_version is 0x0303, and not SSL", with_hello([](auto& h) { h.legacy_version = 0x0300; }),
         errc::legacy_version, alert::protocol_version},
        {"4.3.1, E.2: supported_versions is there", with_hello([](auto& h) { h.ext_.remove(ext::supported_versions); }),
         errc::version_not_supported, alert::protocol_version},
        {"4.3.1: supported_versions has TLS 1.3", with_hello([](auto& h) {
             h.ext_.set(ext::supported_versions, {4, 3, 3, 3, 2});
         }),
         errc::version_not_supported, alert::protocol_version},
        {"E.5: no extensions at all is before TLS 1.2",
         [](null_server& it) {
             it.feed(handshake(message(spantls::handshake_type::client_hello, client_hello().head())));
         },
         errc::version_not_supported, alert::protocol_version},
        {"4.3.1: a list of versions", with_hello([](auto& h) {
             h.ext_.set(ext::supported_versions, {3, 4});
         }),
         errc::decode_error, alert::decode_error},
        {"one compression method", with_hello([](auto& h) {
             h.compression = {0, 1};
         }),
         errc::bad_compression, alert::illegal_parameter},
        {"the null compression method", with_hello([](auto& h) { h.compression = {1}; }), errc::bad_compression,
         alert::illegal_parameter},
        {"legacy_compression_methods<1..2^8-1>", with_hello([](auto& h) { h.compression = {}; }), errc::decode_error,
         alert::decode_error},
        {"cipher_suites<2..2^16-2>", with_hello([](auto& h) { h.suites = {}; }), errc::decode_error,
         alert::decode_error},
        {"legacy_session_id<0..32>", with_hello([](auto& h) { h.session_id = buffer(33); }), errc::decode_error,
         alert::decode_error},
        {"4.3.3, 9.2: signature_algorithms is there",
         with_hello([](auto& h) { h.ext_.remove(ext::signature_algorithms); }), errc::missing_extension,
         alert::missing_extension},
        {"9.2: supported_groups is there",
         with_hello([](auto& h) { h.ext_.remove(ext::supported_groups).remove(ext::key_share); }),
         errc::missing_extension, alert::missing_extension},
        {"9.2: supported_groups comes with key_share",
         with_hello([](auto& h) { h.ext_.remove(ext::supported_groups); }), errc::missing_extension,
         alert::missing_extension},
        {"9.2: key_share comes with supported_groups", with_hello([](auto& h) { h.ext_.remove(ext::key_share); }),
         errc::missing_extension, alert::missing_extension},
        {"4.3: not two of one type", with_hello([](auto& h) { h.ext_.add(ext::server_name, server_name("a")); }),
         errc::duplicate_extension, alert::illegal_parameter},
        {"4.3: oid_filters is not for ClientHello", with_hello([](auto& h) {
             h.ext_.add(ext::oid_filters, {0, 0});
         }),
         errc::misplaced_extension, alert::illegal_parameter},
        {"nothing behind the extensions",
         [](null_server& it) {
             it.feed(handshake(message(spantls::handshake_type::client_hello, join({client_hello().body(), {0}}))));
         },
         errc::decode_error, alert::decode_error},
        {"4.3: nothing behind an extension's struct", with_hello([](auto& h) {
             h.ext_.set(ext::signature_algorithms, {0, 2, 8, 7, 0});
         }),
         errc::decode_error, alert::decode_error},
        {"5.1: the record ends with it",
         [](null_server& it) {
             it.feed(handshake(join({client_hello().message(), client_hello().message()})));
         },
         errc::key_change_unaligned, alert::unexpected_message},
        {"5.1: the record ends with it, not with the beginning of another message",
         [](null_server& it) {
             it.feed(handshake(join({client_hello().message(), {20}})));
         },
         errc::key_change_unaligned, alert::unexpected_message},
    };
    test::check(rules);
}

TEST_CASE("server: key_share (sections 4.3.8 and 6)") {
    const auto with = [](buffer data) { return with_hello([data](auto& h) { h.ext_.set(ext::key_share, data); }); };
    const test::server_rules rules{
        {"not two shares of one group", with(shares({x25519_share, x25519_share})), errc::bad_key_shares,
         alert::illegal_parameter},
        {"the order of supported_groups", with(shares({p256_share, x25519_share})), errc::bad_key_shares,
         alert::illegal_parameter},
        {"groups of supported_groups", with(shares({x25519_share, entry(named_group::x448, buffer(56, 1))})),
         errc::bad_key_shares, alert::illegal_parameter},
        {"a share of the group's size, not shorter", with(shares({entry(named_group::x25519, buffer(31, 1))})),
         errc::bad_key_share, alert::illegal_parameter},
        {"a share of the group's size, not longer", with(shares({entry(named_group::x25519, buffer(33, 1))})),
         errc::bad_key_share, alert::illegal_parameter},
        {"7.4.2: not the all-zero secret", with(shares({entry(named_group::x25519, buffer(32))})), errc::bad_key_share,
         alert::illegal_parameter},
        {"key_exchange<1..2^16-1>", with(shares({entry(named_group::x25519, {})})), errc::decode_error,
         alert::decode_error},
        {"a share that is whole", with({0, 4, 0, 0x1d, 0, 1}), errc::decode_error, alert::decode_error},
        {"nothing behind the shares", with(join({shares({x25519_share}), {0}})), errc::decode_error,
         alert::decode_error},
        {"a list", with({}), errc::decode_error, alert::decode_error},
    };
    test::check(rules);
}

TEST_CASE("server: nothing in common (section 4.2.1)") {
    const test::server_rules rules{
        {"no suite", with_hello([](auto& h) { h.suites = {0x13, 1, 0x13, 4, 0xc0, 0x2f}; }), errc::no_common_suite,
         alert::handshake_failure},
        {"no group", with_hello([](auto& h) {
             h.ext_.set(ext::supported_groups, {0, 2, 0, 0x1e});
             h.ext_.set(ext::key_share, shares({entry(named_group::x448, buffer(56, 1))}));
         }),
         errc::no_common_group, alert::handshake_failure},
        {"no group and no share", with_hello([](auto& h) {
             h.ext_.set(ext::supported_groups, {0, 2, 0, 0x1e});
             h.ext_.set(ext::key_share, {0, 0});
         }),
         errc::no_common_group, alert::handshake_failure},
        {"no scheme", with_hello([](auto& h) {
             h.ext_.set(ext::signature_algorithms, {0, 4, 4, 3, 8, 4});
         }),
         errc::no_common_scheme, alert::handshake_failure},
    };
    test::check(rules);
    const auto alpn = [](const buffer& names) {
        return with_hello([names](auto& h) { h.ext_.add(ext::application_layer_protocol_negotiation, vec(2, names)); });
    };
    const test::server_rules protocols{
        {"RFC 7301, 3.2: no protocol", alpn(vec(1, letters("h2"))), errc::no_common_protocol,
         alert::no_application_protocol},
        {"RFC 7301, 3.1: ProtocolName<1..2^8-1>", alpn({0}), errc::decode_error, alert::decode_error},
        {"RFC 7301, 3.1: protocol_name_list<2..2^16-1>", alpn({}), errc::decode_error, alert::decode_error},
    };
    test::check(protocols, {.alpn = {"mqtt"}});
}

TEST_CASE("server: a handshake is not signed with what is for certificates only (sections 4.3.3 and 4.5.2)") {
    using spantls::signature_scheme;
    for (const int code : {0x0401, 0x0501, 0x0601, 0x0201, 0x0203, 0x0101, 0x0402}) {
        CAPTURE(code);
        const auto scheme = static_cast<signature_scheme>(code);
        for (const bool other : {true, false}) {
            test::null_provider crypto;
            const spantls::server_config config{};
            null_server it(crypto, config);
            it.schemes = {scheme, signature_scheme::ed25519};
            it.stop = spantls::server_state::asks_signature;
            client_hello hello;
            hello.ext_.set(ext::signature_algorithms,
                           vec(2, list({scheme, other ? signature_scheme::ed25519 : signature_scheme::ed448})));
            it.feed(hello.record());
            if (other) {
                const spantls::step asked = it.tls.receive({});
                REQUIRE(asked.what == spantls::what::sign);
                CHECK(asked.signing().scheme == signature_scheme::ed25519);
            } else {
                check_refused(it, errc::no_common_scheme, alert::handshake_failure);
            }
        }
    }
}

TEST_CASE("server: pre_shared_key and server_name") {
    const auto name = [](buffer data) { return with_hello([data](auto& h) { h.ext_.set(ext::server_name, data); }); };
    const test::server_rules rules{
        {"4.3.11: pre_shared_key is the last extension",
         with_hello([](auto& h) { h.ext_.add(ext::pre_shared_key, {0}).add(ext::padding); }), errc::psk_not_last,
         alert::illegal_parameter},
        {"4.3.9: pre_shared_key comes with psk_key_exchange_modes",
         with_hello([](auto& h) { h.ext_.remove(ext::psk_key_exchange_modes).add(ext::pre_shared_key, {0}); }),
         errc::missing_extension, alert::missing_extension},
        {"4.3.9: ke_modes<1..255>", with_hello([](auto& h) { h.ext_.set(ext::psk_key_exchange_modes, {0}); }),
         errc::decode_error, alert::decode_error},
        {"RFC 6066, 3: ServerNameList<1..2^16-1>", name({0, 0}), errc::decode_error, alert::decode_error},
        {"RFC 6066, 3: HostName<1..2^16-1>", name(server_name("")), errc::decode_error, alert::decode_error},
        {"RFC 6066, 3: one host name", name(vec(2, join({{0, 0, 1, 'a'}, {0, 0, 1, 'b'}}))), errc::decode_error,
         alert::decode_error},
        {"RFC 6066, 3: nothing behind the list", name(join({server_name("a"), {0}})), errc::decode_error,
         alert::decode_error},
        {"a name that cannot be one", name(server_name(std::string_view("a\0b", 3))), errc::unrecognized_name,
         alert::unrecognized_name},
    };
    test::check(rules);
}

TEST_CASE("server: the second ClientHello (section 4.2.2)") {
    check_second_hello("the same but for the share", [](auto&) {}, errc::none, {});
    check_second_hello("padding may change", [](auto& h) { h.ext_.add(ext::padding, buffer(9)); }, errc::none, {});
    // Against 4.2.2, but no more than that: wolfSSL does so.
    check_second_hello("extensions in another order",
                       [](auto& h) { std::reverse(h.ext_.all.begin(), h.ext_.all.end()); }, errc::none, {});
    const auto changed = [](const char* rule, const hello_change& change) {
        check_second_hello(rule, change, errc::hello_changed, alert::illegal_parameter);
    };
    changed("random", [](auto& h) { h.random[31] ^= 1; });
    changed("legacy_session_id", [](auto& h) { h.session_id[0] ^= 1; });
    changed("a shorter legacy_session_id", [](auto& h) { h.session_id = {}; });
    changed("one more suite", [](auto& h) { h.suites = join({h.suites, {0x13, 1}}); });
    changed("suites in another order", [](auto& h) { h.suites = {0x13, 2, 0x13, 3}; });
    changed("server_name", [](auto& h) { h.ext_.set(ext::server_name, server_name("other.example")); });
    changed("no server_name", [](auto& h) { h.ext_.remove(ext::server_name); });
    changed("one more group", [](auto& h) { h.ext_.set(ext::supported_groups, {0, 6, 0, 0x1d, 0, 0x17, 0, 0x18}); });
    changed("signature_algorithms", [](auto& h) { h.ext_.set(ext::signature_algorithms, {0, 4, 8, 7, 4, 3}); });
    changed("supported_versions", [](auto& h) { h.ext_.set(ext::supported_versions, {4, 3, 4, 3, 3}); });
    changed("psk_key_exchange_modes", [](auto& h) { h.ext_.set(ext::psk_key_exchange_modes, {2, 1, 0}); });
    changed("an extension that nobody knows", [](auto& h) { h.ext_.add(0x0a0a); });
    changed("ALPN",
            [](auto& h) { h.ext_.add(ext::application_layer_protocol_negotiation, vec(2, vec(1, letters("x")))); });
    changed("early_data is taken out", [](auto& h) { h.ext_.add(ext::early_data); });
    changed("a cookie that nobody gave", [](auto& h) { h.ext_.add(ext::cookie, {0, 1, 0}); });

    const auto bad_shares = [](const char* rule, const buffer& data) {
        check_second_hello(
            rule, [&](auto& h) { h.ext_.set(ext::key_share, data); }, errc::bad_key_shares, alert::illegal_parameter);
    };
    bad_shares("4.3.8: a share of the group that was asked for", shares({x25519_share}));
    bad_shares("4.3.8: only of that", shares({x25519_share, p256_share}));
    bad_shares("4.3.8: a share", shares({}));
    check_second_hello(
        "4.3.8: a share that can be used",
        [](auto& h) { h.ext_.set(ext::key_share, shares({entry(named_group::secp256r1, buffer(64, 1))})); },
        errc::bad_key_share, alert::illegal_parameter);
    check_second_hello(
        "4.2.4: the suite that was chosen",
        [](auto& h) {
            h.suites = {0x13, 1};
        },
        errc::no_common_suite, alert::handshake_failure);
    check_second_hello(
        "it is sound", [](auto& h) { h.compression = {1}; }, errc::bad_compression, alert::illegal_parameter);
    check_second_hello(
        "9.2: key_share is there", [](auto& h) { h.ext_.remove(ext::key_share); }, errc::missing_extension,
        alert::missing_extension);
}

TEST_CASE("server: the second ClientHello has no keys that the first did not offer (section 4.2.2)") {
    // Binders as long as SHA-256 or SHA-384: a retry names a suite of that hash, and keeps to it (section 4.2.4).
    std::size_t binder = 32;
    const auto offer = [&](std::initializer_list<const char*> names) {
        buffer identities, binders;
        for (const char* name : names) {
            identities = join({identities, vec(2, letters(name)), buffer(4)});
            binders = join({binders, vec(1, buffer(binder))});
        }
        return join({vec(2, identities), vec(2, binders)});
    };
    const auto check = [&](std::initializer_list<const char*> first, std::initializer_list<const char*> second,
                           errc error) {
        for (const bool used : {true, false}) {
            CAPTURE(first.size(), second.size(), used, binder);
            hashing_provider crypto;
            spantls::server_config config{.prefer = {.groups = {named_group::secp256r1}}};
            config.use_psk = used;
            const auto chosen = [&](const hashing_server& of) {
                return spantls::load_u16(of.last_hello().data() + 67);
            };
            const unsigned right = used && first.size() != 0 && binder == 48 ? 0x1302 : 0x1303;
            hashing_server it(crypto, config);
            client_hello hello;
            if (first.size() != 0) hello.ext_.add(ext::pre_shared_key, offer(first));
            it.feed(hello.record());
            REQUIRE(it.tls.error() == errc::none);
            CHECK(chosen(it) == right);
            client_hello again;
            again.ext_.set(ext::key_share, shares({p256_share}));
            if (second.size() != 0) again.ext_.add(ext::pre_shared_key, offer(second));
            it.feed(again.record());
            if (error != errc::none) {
                check_refused(it, error, alert::illegal_parameter);
                continue;
            }
            CHECK(it.tls.error() == errc::none);
            CHECK(it.tls.handshake_state() == spantls::server_state::wait_finished);
            CHECK(chosen(it) == right);
        }
    };
    for (const std::size_t each : {32u, 48u}) {
        binder = each;
        check({"one", "two"}, {"one", "two"}, errc::none);
        check({"one", "two"}, {"two"}, errc::none);
        check({"one", "two"}, {}, errc::none);
    }
    check({}, {"one"}, errc::hello_changed);
    check({"one"}, {"two"}, errc::hello_changed);
    check({"one"}, {"one", "two"}, errc::hello_changed);
    check({"one", "two"}, {"two", "one"}, errc::hello_changed);
}

TEST_CASE("server: early data goes when a retry comes (section 4.2.2)") {
    for (const bool kept : {true, false}) {
        hashing_provider crypto;
        const spantls::server_config config;
        hashing_server it(crypto, config);
        client_hello hello;
        hello.ext_.set(ext::key_share, shares({})).add(ext::early_data);
        // What is in early data nobody can read: it is skipped (section 4.3.10).
        it.feed(hello.record()).feed(record(spantls::content_type::application_data, buffer(100, 0x99)));
        REQUIRE(it.tls.error() == errc::none);
        hello.ext_.set(ext::key_share, shares({x25519_share}));
        if (!kept) hello.ext_.remove(ext::early_data);
        it.feed(hello.record());
        if (kept)
            check_refused(it, errc::hello_changed, alert::illegal_parameter);
        else
            CHECK(it.tls.handshake_state() == spantls::server_state::wait_finished);
        if (kept) continue;
        // Behind the second hello there is none: what cannot be read is not authentic.
        it.feed(record(spantls::content_type::application_data, buffer(10, 0x99)));
        check_refused(it, errc::bad_record_mac, alert::bad_record_mac);
    }
}

TEST_CASE("server: early data that is skipped does not stand in a second ClientHello (sections 4.3.10 and 5.1)") {
    const std::array<std::uint8_t, 32> secret{};
    const buffer early = record(spantls::content_type::application_data, buffer(30, 0x99));
    for (const bool between : {false, true})
        for (const bool keeps_nothing : {false, true}) {
            hashing_provider crypto;
            const spantls::server_config config{.cookie_secrets = {spantls::bytes_view(secret)}};
            const spantls::server_config& plain = keeps_nothing ? config : spantls::server_config{};
            hashing_server it(crypto, plain);
            client_hello hello;
            hello.ext_.set(ext::key_share, shares({})).add(ext::early_data);
            // Of one that keeps nothing the first hello that it sees may be the second.
            if (!keeps_nothing) it.feed(hello.record());
            it.feed(early);
            hello.ext_.set(ext::key_share, shares({x25519_share})).remove(ext::early_data);
            const buffer message = hello.message();
            const buffer front(message.begin(), message.begin() + 16), back(message.begin() + 16, message.end());
            it.feed(record(spantls::content_type::handshake, front));
            REQUIRE(it.tls.error() == errc::none);
            if (between) it.feed(early);
            if (between) {
                check_refused(it, errc::interleaved_record, alert::unexpected_message);
            } else {
                // A change_cipher_spec is dropped wherever it comes (section 5).
                it.feed(change_cipher_spec()).feed(record(spantls::content_type::handshake, back));
                CHECK(it.tls.handshake_state() == spantls::server_state::wait_finished);
            }
        }
}

TEST_CASE(
    "server: HelloRetryRequest says what is missing, and is followed by change_cipher_spec "
    "(section 4.2.1, appendix E.4)") {
    for (const bool compatible : {true, false}) {
        test::null_provider crypto;
        const spantls::server_config config{};
        null_server it(crypto, config);
        client_hello hello;
        hello.ext_.set(ext::key_share, shares({}));
        if (!compatible) hello.session_id = {};
        it.feed(hello.record());
        REQUIRE(it.tls.error() == errc::none);
        server_hello expected = server_hello::retry(hello.session_id, named_group::x25519);
        const auto records = it.records();
        REQUIRE(records.size() == (compatible ? 2 : 1));
        CHECK(test::hex(records[0]) == test::hex(expected.record()));
        if (compatible) CHECK(records[1] == change_cipher_spec());
    }
}

TEST_CASE("server: a client's Certificate (section 4.5.1)") {
    const buffer good = certificate_entry(test::leaf_der());
    const buffer cannot_sign = test::draft("leaf.example", "ca").with(test::key_usage(5, 0x20)).der();
    const test::server_rules rules{
        {"4.5.1.3: a certificate, as it is required", then(certificate({})), errc::certificate_required,
         alert::certificate_required},
        {"the context of the request", then(certificate(good, {1})), errc::bad_request_context,
         alert::illegal_parameter},
        {"the context of the request, without a certificate too", then(certificate({}, {1})), errc::bad_request_context,
         alert::illegal_parameter},
        {"4.3: no extension that was not asked for",
         then(certificate(certificate_entry(test::leaf_der(), extensions().add(ext::status_request, {1})))),
         errc::unsolicited_extension, alert::unsupported_extension},
        {"4.3: server_name is not for Certificate",
         then(certificate(certificate_entry(test::leaf_der(), extensions().add(ext::server_name)))),
         errc::misplaced_extension, alert::illegal_parameter},
        {"cert_data<1..2^24-1>", then(certificate(certificate_entry({}))), errc::decode_error, alert::decode_error},
        {"6.2: a certificate that is no certificate", then(certificate(certificate_entry({0x30, 0}))),
         errc::bad_certificate, alert::bad_certificate},
        {"4.5.1.2: a key that may not sign", then(certificate(certificate_entry(cannot_sign))),
         errc::unsupported_certificate, alert::unsupported_certificate},
        {"it is there", then(finished()), errc::unexpected_message, alert::unexpected_message},
        {"4.5.2: CertificateVerify is there", after_certificate(finished()), errc::unexpected_message,
         alert::unexpected_message},
        {"4.5.2: a scheme that was offered",
         after_certificate(certificate_verify(spantls::signature_scheme::ecdsa_secp256r1_sha256)),
         errc::scheme_not_offered, alert::illegal_parameter},
        {"4.5.2: a signature that is right",
         after_certificate(certificate_verify(spantls::signature_scheme::ed25519, {})), errc::bad_signature,
         alert::decrypt_error},
        {"4.5.2: nothing behind the signature", after_certificate(message(15, {8, 7, 0, 1, 1, 0})), errc::decode_error,
         alert::decode_error},
    };
    test::check(rules, {.authenticate_client = spantls::client_authentication::require});
    // Without a certificate there is nothing to verify.
    const test::server_rules unasked{
        {"4.5.2: no CertificateVerify behind no certificate",
         [](null_server& it) {
             test::after_client_hello(it);
             it.feed(sealed_handshake(certificate({}))).feed(sealed_handshake(certificate_verify()));
         },
         errc::unexpected_message, alert::unexpected_message},
    };
    test::check(unasked, {.authenticate_client = spantls::client_authentication::request});
    const test::server_rules not_asked{
        {"4.5.1: no Certificate that was not asked for", then(test::leaf_message()), errc::unexpected_message,
         alert::unexpected_message},
        {"4.5.1: not even an empty one", then(certificate({})), errc::unexpected_message, alert::unexpected_message},
    };
    test::check(not_asked);
}

TEST_CASE("server: Finished (sections 4 and 4.5.3)") {
    const test::server_rules rules{
        {"a digest of the suite's hash, not a shorter one", then(finished(buffer(31))), errc::decode_error,
         alert::decode_error},
        {"a digest of the suite's hash, not a longer one", then(finished(buffer(48))), errc::decode_error,
         alert::decode_error},
        {"a MAC that is right", then(finished(buffer(32, 0x80))), errc::bad_finished, alert::decrypt_error},
        {"5.1: the record ends with it", then(join({finished(), key_update(0)})), errc::key_change_unaligned,
         alert::unexpected_message},
        {"5.1: the record ends with it, not with the beginning of a KeyUpdate", then(join({finished(), {24}})),
         errc::key_change_unaligned, alert::unexpected_message},
        {"4.7.3: no KeyUpdate before it", then(key_update(1)), errc::unexpected_message, alert::unexpected_message},
        {"4.6: no EndOfEarlyData when early data was not accepted", then(end_of_early_data()), errc::unexpected_message,
         alert::unexpected_message},
        {"4.2.2: no ClientHello", then(client_hello().message()), errc::unexpected_message, alert::unexpected_message},
    };
    test::check(rules);
}

TEST_CASE("server: the first bytes of a message that is refused anyway are enough, and no memory is asked for") {
    const auto at_once = [](auto prepare, const buffer& bytes, errc error, alert why) {
        test::null_provider crypto;
        const spantls::server_config config{};
        null_server it(crypto, config);
        prepare(it);
        it.feed(bytes);
        check_refused(it, error, why);
        CHECK(std::count(it.said.begin(), it.said.end(), spantls::what::need_workspace) == 0);
    };
    for (int type = 0; type < 256; ++type) {
        if (type == 1) continue;
        CAPTURE(type);
        const auto begin = static_cast<std::uint8_t>(type);
        const auto nothing = [](null_server&) {};
        at_once(nothing, handshake(join({{begin, 0, 0xff, 0}, buffer(96)})), errc::unexpected_message,
                alert::unexpected_message);
        at_once(nothing, handshake({begin}), errc::unexpected_message, alert::unexpected_message);
        if (type != 20)
            at_once(test::after_client_hello, sealed_handshake({begin, 0, 0xff, 0}), errc::unexpected_message,
                    alert::unexpected_message);
    }
    at_once(test::after_client_hello, sealed_handshake({20, 0, 0xff, 0}), errc::decode_error, alert::decode_error);
    at_once(test::after_client_hello, sealed_handshake({20, 0, 0, 49}), errc::decode_error, alert::decode_error);
    at_once(
        [](null_server& it) {
            it.feed(handshake({1, 1}));
        },
        handshake({0, 0}), errc::message_too_long, *spantls::alert_for(errc::message_too_long));
}

TEST_CASE("server: what a ClientHello may have (sections 4.2.2 and 9.3)") {
    const std::vector<hello_change> odd{
        [](auto& h) { h.session_id = {}; },
        [](auto& h) {
            h.ext_.set(ext::supported_versions, {6, 0x0a, 0x0a, 3, 4, 3, 3});
        },
        [](auto& h) {
            h.suites = join({{0x0a, 0x0a, 0, 0xff}, h.suites});
        },
        [](auto& h) {
            h.ext_.set(ext::supported_groups, {0, 6, 0x0a, 0x0a, 0, 0x1d, 0, 0x17});
        },
        [](auto& h) {
            h.ext_.set(ext::supported_groups, {0, 6, 0x0a, 0x0a, 0, 0x1d, 0, 0x17});
            h.ext_.set(ext::key_share, shares({entry(static_cast<named_group>(0x0a0a), {0}), x25519_share}));
        },
        [](auto& h) { h.ext_.add(0x0a0a).add(0xffff, buffer(100)).add(ext::padding, buffer(200)); },
        [](auto& h) { h.ext_.add(ext::pre_shared_key, test::forge::offered_psk()); },
        [](auto& h) {
            h.ext_.add(ext::cookie, {0, 1, 0});
        },
        [](auto& h) {
            h.ext_.add(ext::post_handshake_auth).add(ext::record_size_limit, {0x40, 1});
        },
        [](auto& h) { h.ext_.remove(ext::server_name).remove(ext::psk_key_exchange_modes); },
        [](auto& h) {
            h.ext_.add(ext::application_layer_protocol_negotiation, {0, 3, 2, 'h', '2'});
        },
        [](auto& h) {
            h.ext_.set(ext::key_share, shares({x25519_share, p256_share}));
        },
    };
    for (std::size_t i = 0; i < odd.size(); ++i) {
        INFO(i);
        test::null_provider crypto;
        const spantls::server_config config;
        null_server it(crypto, config);
        with_hello(odd[i])(it);
        it.feed(sealed_handshake(finished()));
        CHECK(it.tls.connected());
        CHECK(it.tls.group() == named_group::x25519);
    }
}

TEST_CASE("server: real keys do not take a share that gives zero (section 7.4.2)") {
    test::usual_provider crypto;
    const spantls::server_config config;
    for (const char* const share : {"0000000000000000000000000000000000000000000000000000000000000000",
                                    "0100000000000000000000000000000000000000000000000000000000000000",
                                    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        INFO(share);
        test::hand_fed<spantls::server<test::usual_provider>> it(crypto, config);
        client_hello hello;
        hello.ext_.set(ext::key_share, shares({entry(named_group::x25519, test::unhex(share))}));
        it.feed(hello.record());
        check_refused(it, errc::bad_key_share, alert::illegal_parameter);
    }
}
