#include <spantls/handshake/client.hpp>

#include "handshake/rules.hpp"
#include "support/provider.hpp"

using spantls::errc;
using spantls::named_group;
using test::buffer;
using test::null_client;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

using hello_change = std::function<void(server_hello&)>;

/// A ServerHello that is sound but for `change`.
auto with_hello(hello_change change) {
    return [change](null_client& it) {
        server_hello hello(it.session_id());
        change(hello);
        it.feed(hello.record());
    };
}
/// A HelloRetryRequest that is sound but for `change`.
auto with_retry(hello_change change) {
    return [change](null_client& it) {
        server_hello hello = server_hello::retry(it.session_id(), named_group::secp256r1);
        change(hello);
        it.feed(hello.record());
    };
}
/// A sound HelloRetryRequest, then a ServerHello that would be sound but for `change`.
auto after_retry(hello_change change) {
    return [change](null_client& it) {
        it.feed(server_hello::retry(it.session_id(), named_group::secp256r1).record());
        server_hello hello(it.session_id());
        hello.ext_.set(ext::key_share, entry(named_group::secp256r1, buffer(65, 0x55)));
        change(hello);
        it.feed(hello.record());
    };
}
using step_function = void (*)(null_client&);
/// `content` as the next handshake message, in a record of its own.
auto then(step_function before, buffer content) {
    return [before, content](null_client& it) {
        before(it);
        it.feed(sealed_handshake(content));
    };
}
auto with_extensions(extensions all) { return then(test::after_server_hello, encrypted_extensions(all)); }

std::string random_end(const char* last_eight) { return std::string(48, '4') + last_eight; }

/// Two messages out of one client: what it said first, and what it says after a retry.
struct two_hellos {
    spantls::parsed_client_hello first, second;
    buffer first_body, second_body;
    buffer first_record, second_record;
};
two_hellos hellos_around(const hello_change& change, const spantls::client_config& config = {}) {
    test::null_provider crypto;
    null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example"});
    two_hellos both;
    both.first_body = it.last_hello();
    both.first_record = it.records().front();
    with_retry(change)(it);
    REQUIRE(it.tls.error() == errc::none);
    both.second_body = it.last_hello();
    both.second_record = it.records().back();
    REQUIRE(both.first.parse(both.first_body) == errc::none);
    REQUIRE(both.second.parse(both.second_body) == errc::none);
    return both;
}

/// The extensions of a hello by type, in order, without those in `but`.
std::string without(const spantls::parsed_client_hello& hello, std::initializer_list<ext> but) {
    std::string rest;
    for (spantls::reader in(hello.hello.extensions); !in.empty();) {
        const auto type = static_cast<ext>(in.u16());
        const std::string data = test::hex(in.opaque(2));
        if (std::find(but.begin(), but.end(), type) == but.end())
            rest += std::to_string(static_cast<int>(type)) + ":" + data + " ";
    }
    return rest;
}

}  // namespace

TEST_CASE("client: ServerHello (sections 4.2.3 and 6.2)") {
    using test::unhex;
    const test::client_rules rules{
        {"legacy_version is 0x0303", with_hello([](auto& h) { h.legacy_version = 0x0304; }), errc::legacy_version,
         alert::protocol_version},
        {"legacy_session_id_echo is what was sent", with_hello([](auto& h) { h.session_id[31] ^= 1; }),
         errc::bad_session_id, alert::illegal_parameter},
        {"legacy_session_id_echo is not left out", with_hello([](auto& h) { h.session_id = {}; }), errc::bad_session_id,
         alert::illegal_parameter},
        {"legacy_session_id_echo<0..32>", with_hello([](auto& h) { h.session_id.push_back(0); }), errc::decode_error,
         alert::decode_error},
        {"the suite was offered", with_hello([](auto& h) { h.suite = 0x1301; }), errc::suite_not_offered,
         alert::illegal_parameter},
        {"the suite is not GREASE", with_hello([](auto& h) { h.suite = 0x0a0a; }), errc::suite_not_offered,
         alert::illegal_parameter},
        {"legacy_compression_method is 0", with_hello([](auto& h) { h.compression = 1; }), errc::bad_compression,
         alert::illegal_parameter},
        {"TLS 1.2 is not spoken", with_hello([](auto& h) { h.ext_.remove(ext::supported_versions); }),
         errc::version_not_supported, alert::protocol_version},
        {"TLS 1.2, by a server that knows better", with_hello([](auto& h) {
             h.ext_.remove(ext::supported_versions);
             h.random = unhex(random_end("444f574e47524401"));
         }),
         errc::downgrade, alert::illegal_parameter},
        {"TLS 1.1, by a server that knows better", with_hello([](auto& h) {
             h.legacy_version = 0x0302;
             h.ext_.remove(ext::supported_versions);
             h.random = unhex(random_end("444f574e47524400"));
         }),
         errc::downgrade, alert::illegal_parameter},
        {"4.3.1: selected_version was offered", with_hello([](auto& h) {
             h.ext_.set(ext::supported_versions, {3, 5});
         }),
         errc::version_not_offered, alert::illegal_parameter},
        {"4.3.1: selected_version is not older than TLS 1.3", with_hello([](auto& h) {
             h.ext_.set(ext::supported_versions, {3, 3});
         }),
         errc::version_not_offered, alert::illegal_parameter},
        {"4.3.1: one version", with_hello([](auto& h) {
             h.ext_.set(ext::supported_versions, {2, 3, 4});
         }),
         errc::decode_error, alert::decode_error},
        {"4.3: supported_versions once", with_hello([](auto& h) {
             h.ext_.add(ext::supported_versions, {3, 4});
         }),
         errc::duplicate_extension, alert::illegal_parameter},
        {"4.3: key_share once",
         with_hello([](auto& h) { h.ext_.add(ext::key_share, entry(named_group::x25519, buffer(32, 1))); }),
         errc::duplicate_extension, alert::illegal_parameter},
        {"9.2: key_share is there", with_hello([](auto& h) { h.ext_.remove(ext::key_share); }), errc::missing_extension,
         alert::missing_extension},
        {"4.3.8: a group that was offered",
         with_hello([](auto& h) { h.ext_.set(ext::key_share, entry(named_group::x448, buffer(56, 1))); }),
         errc::group_not_offered, alert::illegal_parameter},
        {"4.3.8: a group of which there was a share",
         with_hello([](auto& h) { h.ext_.set(ext::key_share, entry(named_group::secp256r1, buffer(65, 1))); }),
         errc::group_not_offered, alert::illegal_parameter},
        {"4.3.8: a share of the group's size, not shorter",
         with_hello([](auto& h) { h.ext_.set(ext::key_share, entry(named_group::x25519, buffer(31, 1))); }),
         errc::bad_key_share, alert::illegal_parameter},
        {"4.3.8: a share of the group's size, not longer",
         with_hello([](auto& h) { h.ext_.set(ext::key_share, entry(named_group::x25519, buffer(33, 1))); }),
         errc::bad_key_share, alert::illegal_parameter},
        {"7.4.2: not the all-zero secret",
         with_hello([](auto& h) { h.ext_.set(ext::key_share, entry(named_group::x25519, buffer(32))); }),
         errc::bad_key_share, alert::illegal_parameter},
        {"4.3.8: key_exchange<1..2^16-1>",
         with_hello([](auto& h) { h.ext_.set(ext::key_share, entry(named_group::x25519, {})); }), errc::decode_error,
         alert::decode_error},
        {"4.3.8: one share", with_hello([](auto& h) {
             h.ext_.set(ext::key_share,
                        join({entry(named_group::x25519, buffer(32, 1)), entry(named_group::x25519, buffer(32, 1))}));
         }),
         errc::decode_error, alert::decode_error},
        {"4.3: no answer to what was not asked", with_hello([](auto& h) { h.ext_.add(0x0a0a); }),
         errc::unsolicited_extension, alert::unsupported_extension},
        {"4.3: no pre_shared_key without one", with_hello([](auto& h) {
             h.ext_.add(ext::pre_shared_key, {0, 0});
         }),
         errc::unsolicited_extension, alert::unsupported_extension},
        {"4.3: ALPN is not for ServerHello", with_hello([](auto& h) {
             h.ext_.add(ext::application_layer_protocol_negotiation, {0, 2, 1, 'x'});
         }),
         errc::misplaced_extension, alert::illegal_parameter},
        {"nothing behind the extensions",
         [](null_client& it) {
             it.feed(handshake(
                 message(spantls::handshake_type::server_hello, join({server_hello(it.session_id()).body(), {0}}))));
         },
         errc::decode_error, alert::decode_error},
        {"5.1: the record ends with it",
         [](null_client& it) {
             it.feed(handshake(join({server_hello(it.session_id()).message(), encrypted_extensions()})));
         },
         errc::key_change_unaligned, alert::unexpected_message},
        {"5.1: the record ends with it, not with the beginning of another message",
         [](null_client& it) {
             it.feed(handshake(join({server_hello(it.session_id()).message(), {8}})));
         },
         errc::key_change_unaligned, alert::unexpected_message},
    };
    test::check(rules);
}

TEST_CASE("client: HelloRetryRequest (sections 4.2.3 and 4.2.4)") {
    const test::client_rules rules{
        {"it changes something", with_retry([](auto& h) { h.ext_.remove(ext::key_share); }), errc::useless_retry,
         alert::illegal_parameter},
        {"4.3.8: not a group of which there was a share", with_retry([](auto& h) {
             h.ext_.set(ext::key_share, {0, 0x1d});
         }),
         errc::useless_retry, alert::illegal_parameter},
        {"4.3.8: a group that was offered", with_retry([](auto& h) {
             h.ext_.set(ext::key_share, {0, 0x18});
         }),
         errc::group_not_offered, alert::illegal_parameter},
        {"4.3.8: a group, not a share",
         with_retry([](auto& h) { h.ext_.set(ext::key_share, entry(named_group::secp256r1, buffer(65, 1))); }),
         errc::decode_error, alert::decode_error},
        {"4.3.2: cookie<1..2^16-1>", with_retry([](auto& h) {
             h.ext_.add(ext::cookie, {0, 0});
         }),
         errc::decode_error, alert::decode_error},
        {"4.3: no extension that was not offered, but for the cookie", with_retry([](auto& h) { h.ext_.add(0x0a0a); }),
         errc::unsolicited_extension, alert::unsupported_extension},
        {"4.3: ALPN is not for HelloRetryRequest", with_retry([](auto& h) {
             h.ext_.add(ext::application_layer_protocol_negotiation, {0, 2, 1, 'x'});
         }),
         errc::misplaced_extension, alert::illegal_parameter},
        {"4.3: cookie once", with_retry([](auto& h) {
             h.ext_.add(ext::cookie, {0, 1, 0}).add(ext::cookie, {0, 1, 0});
         }),
         errc::duplicate_extension, alert::illegal_parameter},
        {"legacy_version is 0x0303", with_retry([](auto& h) { h.legacy_version = 0x0302; }), errc::legacy_version,
         alert::protocol_version},
        {"legacy_session_id_echo is what was sent", with_retry([](auto& h) { h.session_id = {}; }),
         errc::bad_session_id, alert::illegal_parameter},
        {"the suite was offered", with_retry([](auto& h) { h.suite = 0x1301; }), errc::suite_not_offered,
         alert::illegal_parameter},
        {"legacy_compression_method is 0", with_retry([](auto& h) { h.compression = 1; }), errc::bad_compression,
         alert::illegal_parameter},
        {"supported_versions says TLS 1.3", with_retry([](auto& h) {
             h.ext_.set(ext::supported_versions, {3, 3});
         }),
         errc::version_not_offered, alert::illegal_parameter},
        {"supported_versions is there", with_retry([](auto& h) { h.ext_.remove(ext::supported_versions); }),
         errc::version_not_supported, alert::protocol_version},
        {"5.1: the record ends with it",
         [](null_client& it) {
             const buffer retry = server_hello::retry(it.session_id(), named_group::secp256r1).message();
             it.feed(handshake(join({retry, retry})));
         },
         errc::key_change_unaligned, alert::unexpected_message},
        {"not a second one",
         [](null_client& it) {
             it.feed(server_hello::retry(it.session_id(), named_group::secp256r1).record());
             server_hello second = server_hello::retry(it.session_id(), named_group::secp256r1);
             second.ext_.remove(ext::key_share).add(ext::cookie, {0, 1, 0});
             it.feed(second.record());
         },
         errc::second_retry, alert::unexpected_message},
        {"then ServerHello with the same suite", after_retry([](auto& h) { h.suite = 0x1302; }), errc::suite_changed,
         alert::illegal_parameter},
        {"4.3.8: then a share of the group that it named",
         after_retry([](auto& h) { h.ext_.set(ext::key_share, entry(named_group::x25519, buffer(32, 1))); }),
         errc::group_changed, alert::illegal_parameter},
        {"then ServerHello with the same version", after_retry([](auto& h) {
             h.ext_.set(ext::supported_versions, {3, 3});
         }),
         errc::version_not_offered, alert::illegal_parameter},
        {"then ServerHello with the same session id", after_retry([](auto& h) { h.session_id = {}; }),
         errc::bad_session_id, alert::illegal_parameter},
    };
    test::check(rules);
}

TEST_CASE(
    "client: the second ClientHello is the first but for what the retry asked for "
    "(sections 4.2.2, 4.2.4 and 4.3.8)") {
    const auto group_only = hellos_around([](auto&) {});
    CHECK(test::hex(group_only.second.hello.random) == test::hex(group_only.first.hello.random));
    CHECK(test::hex(group_only.second.hello.legacy_session_id) == test::hex(group_only.first.hello.legacy_session_id));
    CHECK(test::hex(group_only.second.hello.cipher_suites.raw()) ==
          test::hex(group_only.first.hello.cipher_suites.raw()));
    CHECK(without(group_only.second, {ext::key_share}) == without(group_only.first, {ext::key_share}));
    spantls::client_key_shares shares;
    REQUIRE(shares.parse(group_only.second.extensions[ext::key_share], group_only.second.groups.groups) == errc::none);
    CHECK(shares.size() == 1);
    CHECK(shares.find(named_group::secp256r1).size() == 65);
    // Section 5.1: only the first ClientHello may look like TLS 1.0.
    CHECK(test::hex(group_only.first_record).substr(0, 6) == "160301");
    CHECK(test::hex(group_only.second_record).substr(0, 6) == "160303");

    const auto cookie_only = hellos_around([](auto& h) {
        h.ext_.remove(ext::key_share).add(ext::cookie, {0, 3, 7, 8, 9});
    });
    CHECK(without(cookie_only.second, {ext::cookie}) == without(cookie_only.first, {}));
    CHECK(test::hex(cookie_only.second.extensions[ext::cookie]) == "0003070809");

    const auto both = hellos_around([](auto& h) { h.ext_.add(ext::cookie, {0, 1, 7}); });
    CHECK(without(both.second, {ext::cookie, ext::key_share}) == without(both.first, {ext::key_share}));
    CHECK(test::hex(both.second.extensions[ext::cookie]) == "000107");
    CHECK(test::hex(both.second.extensions[ext::key_share]) != test::hex(both.first.extensions[ext::key_share]));
}

TEST_CASE("client: a cookie as large as can be comes back, and a larger one is refused, not cut (section 4.3.2)") {
    const spantls::client_config config{.alpn = {std::string_view("a protocol with a name that is rather long")}};
    const auto cookie_of = [](std::size_t size) {
        return [size](auto& h) { h.ext_.remove(ext::key_share).add(ext::cookie, vec(2, buffer(size, 0xc0))); };
    };
    const auto small = hellos_around(cookie_of(1), config);
    // The extensions of the second ClientHello are 2^16-1 bytes with it, and those of HelloRetryRequest are fewer.
    const std::size_t largest = 0xffff - (small.first.hello.extensions.size() + 6);
    for (const std::size_t size : {std::size_t{16000}, std::size_t{40000}, largest}) {
        INFO(size);
        const auto hellos = hellos_around(cookie_of(size), config);
        CHECK(hellos.second.extensions[ext::cookie].size() == 2 + size);
        CHECK(without(hellos.second, {ext::cookie}) == without(hellos.first, {}));
    }
    // The workspace for it is asked for by its size, and as often as there is a message to be put into it: for the
    // retry and its answer.
    test::null_provider crypto;
    null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example"});
    with_retry(cookie_of(largest))(it);
    CHECK(it.tls.error() == errc::none);
    CHECK(it.tls.handshake_state() == spantls::client_state::wait_second_server_hello);
    const auto asked = std::count(it.said.begin(), it.said.end(), spantls::what::need_workspace);
    CHECK((asked == 1 || asked == 2));
    test::check(
        test::client_rules{{"a cookie for which the extensions have no room", with_retry(cookie_of(largest + 1)),
                            errc::message_too_long, alert::illegal_parameter}},
        config);
}

TEST_CASE("client: EncryptedExtensions (section 4.4.1)") {
    const auto alpn = [](const buffer& names) {
        return with_extensions(extensions().add(ext::application_layer_protocol_negotiation, vec(2, names)));
    };
    const test::client_rules rules{
        {"4.3: key_share is not for EncryptedExtensions", with_extensions(extensions().add(ext::key_share, {0, 0x1d})),
         errc::misplaced_extension, alert::illegal_parameter},
        {"4.3: supported_versions is not for EncryptedExtensions",
         with_extensions(extensions().add(ext::supported_versions, {3, 4})), errc::misplaced_extension,
         alert::illegal_parameter},
        {"4.3: nothing that was not asked for", with_extensions(extensions().add(ext::record_size_limit, {0x40, 1})),
         errc::unsolicited_extension, alert::unsupported_extension},
        {"4.3: nothing that nobody knows", with_extensions(extensions().add(0x0a0a)), errc::unsolicited_extension,
         alert::unsupported_extension},
        {"4.3: early_data was not asked for", with_extensions(extensions().add(ext::early_data)),
         errc::unsolicited_extension, alert::unsupported_extension},
        {"4.3: not two of one type", with_extensions(extensions().add(ext::server_name).add(ext::server_name)),
         errc::duplicate_extension, alert::illegal_parameter},
        {"RFC 7301, 3.1: a protocol that was offered", alpn(vec(1, letters("http/1.1"))), errc::bad_protocol_choice,
         alert::illegal_parameter},
        {"RFC 7301, 3.1: one protocol", alpn(join({vec(1, letters("mqtt")), vec(1, letters("mqtt"))})),
         errc::decode_error, alert::decode_error},
        {"RFC 7301, 3.1: a protocol", alpn({}), errc::decode_error, alert::decode_error},
        {"RFC 7301, 3.1: ProtocolName<1..2^8-1>", alpn({0}), errc::decode_error, alert::decode_error},
        {"RFC 6066, 3: server_name is answered by nothing", with_extensions(extensions().add(ext::server_name, {0})),
         errc::decode_error, alert::decode_error},
        {"4.3.7: supported_groups is well formed", with_extensions(extensions().add(ext::supported_groups, {0, 1, 0})),
         errc::decode_error, alert::decode_error},
        {"an extension that is cut", then(test::after_server_hello, message(8, {0, 3, 0, 0, 0})), errc::decode_error,
         alert::decode_error},
        {"nothing behind the extensions", then(test::after_server_hello, message(8, {0, 0, 0})), errc::decode_error,
         alert::decode_error},
        {"the extensions are there", then(test::after_server_hello, message(8, {})), errc::decode_error,
         alert::decode_error},
    };
    test::check(rules);
    test::check(test::client_rules{{"4.3: ALPN was not asked for", alpn(vec(1, letters("mqtt"))),
                                    errc::unsolicited_extension, alert::unsupported_extension}},
                {});
}

TEST_CASE("client: what EncryptedExtensions and CertificateRequest may have (sections 4.3.7 and 4.4.2)") {
    test::null_provider crypto;
    const spantls::client_config config{.alpn = {"h2", "mqtt"}};
    null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example"});
    test::after_server_hello(it);
    it.feed(sealed_handshake(
        encrypted_extensions(extensions()
                                 .add(ext::server_name)
                                 .add(ext::application_layer_protocol_negotiation, vec(2, vec(1, letters("mqtt"))))
                                 .add(ext::supported_groups, {0, 2, 0x0a, 0x0a}))));
    it.feed(sealed_handshake(certificate_request(request_extensions()
                                                     .add(0x0a0a, {1})
                                                     .add(ext::certificate_authorities, {0, 3, 0, 1, 0x30})
                                                     .add(ext::oid_filters, {0, 0}))));
    it.feed(sealed_handshake(join({test::leaf_message(), certificate_verify()}))).feed(sealed_handshake(finished()));
    CHECK(it.tls.connected());
    CHECK(it.tls.protocol() == "mqtt");
}

TEST_CASE("client: CertificateRequest (section 4.4.2)") {
    const auto request = [](const extensions& all, const buffer& context = {}) {
        return then(test::after_encrypted_extensions, certificate_request(all, context));
    };
    const test::client_rules rules{
        {"the context is empty", request(request_extensions(), {1}), errc::bad_request_context,
         alert::illegal_parameter},
        {"signature_algorithms is there", request({}), errc::missing_extension, alert::missing_extension},
        {"4.3.3: signature_algorithms is well formed", request(extensions().add(ext::signature_algorithms, {0, 0})),
         errc::decode_error, alert::decode_error},
        {"4.3: key_share is not for CertificateRequest", request(request_extensions().add(ext::key_share, {0, 0x1d})),
         errc::misplaced_extension, alert::illegal_parameter},
        {"4.3: not two of one type", request(request_extensions().add(ext::signature_algorithms, {0, 2, 8, 7})),
         errc::duplicate_extension, alert::illegal_parameter},
        {"nothing behind the extensions", then(test::after_encrypted_extensions, message(13, {0, 0, 0, 0})),
         errc::decode_error, alert::decode_error},
        {"not a second one",
         [](null_client& it) {
             test::after_encrypted_extensions(it);
             it.feed(sealed_handshake(certificate_request())).feed(sealed_handshake(certificate_request()));
         },
         errc::unexpected_message, alert::unexpected_message},
    };
    test::check(rules);
}

TEST_CASE("client: a handshake is not signed with what is for certificates only (sections 4.3.3 and 4.5.2)") {
    using spantls::signature_scheme;
    for (const int code : {0x0401, 0x0501, 0x0601, 0x0201, 0x0203, 0x0101, 0x0402}) {
        CAPTURE(code);
        const auto scheme = static_cast<signature_scheme>(code);
        for (const bool other : {true, false}) {
            test::null_provider crypto;
            const spantls::client_config config{};
            null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example"});
            it.schemes = {scheme, signature_scheme::ed25519};
            it.stop = spantls::client_state::asks_signature;
            test::after_server_hello(it);
            extensions request;
            request.add(ext::signature_algorithms,
                        vec(2, list({scheme, other ? signature_scheme::ed25519 : signature_scheme::ed448})));
            for (const buffer& message : {encrypted_extensions(), certificate_request(request), test::leaf_message(),
                                          certificate_verify(), finished()})
                it.feed(sealed_handshake(message));
            if (other) {
                const spantls::step asked = it.tls.receive({});
                REQUIRE(asked.what == spantls::what::sign);
                CHECK(asked.signing().scheme == signature_scheme::ed25519);
            } else {
                // It goes on, and has no certificate.
                CHECK(it.tls.connected());
                CHECK(test::hex(it.records().back()) ==
                      test::hex(sealed_handshake(join({certificate({}), finished()}))));
            }
        }
    }
}

TEST_CASE("client: Certificate (section 4.5.1)") {
    const auto with = [](const buffer& entries, const buffer& context = {}) {
        return then(test::after_encrypted_extensions, certificate(entries, context));
    };
    const buffer good = certificate_entry(test::leaf_der());
    buffer bad_der = test::leaf_der();
    bad_der[1] ^= 1;
    const buffer key_encipherment = test::draft("leaf.example", "ca").with(test::key_usage(5, 0x20)).der();
    const test::client_rules rules{
        {"4.5.1.3: a server has a certificate", with({}), errc::empty_certificate, alert::decode_error},
        {"the context is empty", with(good, {1}), errc::bad_request_context, alert::illegal_parameter},
        {"4.3: no extension that was not asked for",
         with(certificate_entry(test::leaf_der(), extensions().add(0x0a0a))), errc::unsolicited_extension,
         alert::unsupported_extension},
        {"4.5.1.1: no OCSP response that was not asked for",
         with(certificate_entry(test::leaf_der(), extensions().add(ext::status_request, {1, 0, 0, 0}))),
         errc::unsolicited_extension, alert::unsupported_extension},
        {"4.3: key_share is not for Certificate",
         with(certificate_entry(test::leaf_der(), extensions().add(ext::key_share, {0, 0x1d}))),
         errc::misplaced_extension, alert::illegal_parameter},
        {"the same for a certificate that is not the first",
         with(join({good, certificate_entry(test::leaf_der(), extensions().add(0x0a0a))})), errc::unsolicited_extension,
         alert::unsupported_extension},
        {"cert_data<1..2^24-1>", with(certificate_entry({})), errc::decode_error, alert::decode_error},
        {"cert_data<1..2^24-1>, also behind the first", with(join({good, certificate_entry({})})), errc::decode_error,
         alert::decode_error},
        {"an entry that is cut", with(buffer(good.begin(), good.end() - 1)), errc::decode_error, alert::decode_error},
        {"nothing behind the list", then(test::after_encrypted_extensions, message(11, {0, 0, 0, 0, 0})),
         errc::decode_error, alert::decode_error},
        {"6.2: a certificate that is not DER", with(certificate_entry(bad_der)), errc::bad_certificate,
         alert::bad_certificate},
        {"6.2: a certificate that is no certificate", with(certificate_entry({0x30, 0})), errc::bad_certificate,
         alert::bad_certificate},
        {"4.5.1.2: a key that may not sign", with(certificate_entry(key_encipherment)), errc::unsupported_certificate,
         alert::unsupported_certificate},
    };
    test::check(rules);
}

TEST_CASE("client: CertificateVerify (section 4.5.2)") {
    using spantls::signature_scheme;
    const auto with = [](const buffer& content) { return then(test::after_certificate, content); };
    const test::client_rules rules{
        {"a scheme that was offered", with(certificate_verify(signature_scheme::ecdsa_secp256r1_sha256)),
         errc::scheme_not_offered, alert::illegal_parameter},
        {"not SHA-1", with(certificate_verify(static_cast<signature_scheme>(0x0203))), errc::scheme_not_offered,
         alert::illegal_parameter},
        {"a signature that is right", with(certificate_verify(signature_scheme::ed25519, {})), errc::bad_signature,
         alert::decrypt_error},
        {"nothing behind the signature", with(message(15, {8, 7, 0, 1, 1, 0})), errc::decode_error,
         alert::decode_error},
        {"a signature that is whole", with(message(15, {8, 7, 0, 2, 1})), errc::decode_error, alert::decode_error},
        {"it is there", with(finished()), errc::unexpected_message, alert::unexpected_message},
    };
    test::check(rules);
}

namespace {
/// Offers a scheme that does not go with the certificate's key.
struct two_schemes : test::null_provider {
    static constexpr std::array verify_schemes{spantls::signature_scheme::ed25519,
                                               spantls::signature_scheme::ecdsa_secp256r1_sha256};
};
}  // namespace

TEST_CASE("client: a scheme that was offered, but does not go with the key (sections 4.3.3 and 4.5.2)") {
    two_schemes crypto;
    const spantls::client_config config;
    test::hand_fed<spantls::client<two_schemes>> it(crypto, config);
    it.feed(server_hello(it.session_id()).record());
    it.feed(sealed_handshake(join({encrypted_extensions(), test::leaf_message()})));
    it.feed(sealed_handshake(certificate_verify(spantls::signature_scheme::ecdsa_secp256r1_sha256)));
    check_refused(it, errc::scheme_key_mismatch, alert::illegal_parameter);
}

TEST_CASE("client: Finished (section 4.5.3)") {
    const auto with = [](const buffer& content) { return then(test::after_certificate_verify, content); };
    const test::client_rules rules{
        {"a digest of the suite's hash, not a shorter one", with(finished(buffer(31))), errc::decode_error,
         alert::decode_error},
        {"a digest of the suite's hash, not a longer one", with(finished(buffer(48))), errc::decode_error,
         alert::decode_error},
        {"a digest", with(finished({})), errc::decode_error, alert::decode_error},
        {"a MAC that is right", with(finished(buffer(32, 1))), errc::bad_finished, alert::decrypt_error},
        {"a MAC that is right in its last bit", with(finished([] {
             buffer mac(32);
             mac.back() = 1;
             return mac;
         }())),
         errc::bad_finished, alert::decrypt_error},
        {"5.1: the record ends with it", with(join({finished(), ticket()})), errc::key_change_unaligned,
         alert::unexpected_message},
        {"5.1: the record ends with it, not with the beginning of a KeyUpdate", with(join({finished(), {24, 0}})),
         errc::key_change_unaligned, alert::unexpected_message},
        {"4.7.3: no KeyUpdate before it", with(key_update(0)), errc::unexpected_message, alert::unexpected_message},
        {"4.7.1: no ticket before it", with(ticket()), errc::unexpected_message, alert::unexpected_message},
        {"4.6: a server sends no EndOfEarlyData", with(end_of_early_data()), errc::unexpected_message,
         alert::unexpected_message},
    };
    test::check(rules);
}

TEST_CASE("client: the first bytes of a message that is refused anyway are enough, and no memory is asked for") {
    const auto at_once = [](auto prepare, const buffer& bytes, errc error, alert why) {
        test::null_provider crypto;
        const spantls::client_config config{};
        null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example"});
        prepare(it);
        it.feed(bytes);
        check_refused(it, error, why);
        CHECK(std::count(it.said.begin(), it.said.end(), spantls::what::need_workspace) == 0);
    };
    for (const int number : {1, 4, 8, 11, 15, 20, 24, 77}) {
        CAPTURE(number);
        const auto type = static_cast<std::uint8_t>(number);
        at_once([](null_client&) {}, handshake(join({{type, 0, 0xff, 0}, buffer(96)})), errc::unexpected_message,
                alert::unexpected_message);
        if (type != 8)
            at_once(test::after_server_hello, sealed_handshake({type, 0, 0xff, 0}), errc::unexpected_message,
                    alert::unexpected_message);
    }
    at_once(test::after_certificate_verify, sealed_handshake({20, 0, 0xff, 0}), errc::decode_error,
            alert::decode_error);
    at_once(test::after_certificate_verify, sealed_handshake({20, 0, 0, 49}), errc::decode_error, alert::decode_error);
}

TEST_CASE("client: real keys do not take a share that gives zero (section 7.4.2)") {
    test::usual_provider crypto;
    const spantls::client_config config;
    // The u-coordinates of small order, RFC 7748's way of writing them: 0, 1 and p - 1.
    for (const char* const share : {"0000000000000000000000000000000000000000000000000000000000000000",
                                    "0100000000000000000000000000000000000000000000000000000000000000",
                                    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        INFO(share);
        test::hand_fed<spantls::client<test::usual_provider>> it(crypto, config);
        server_hello hello(it.session_id());
        hello.ext_.set(ext::key_share, entry(named_group::x25519, test::unhex(share)));
        it.feed(hello.record());
        check_refused(it, errc::bad_key_share, alert::illegal_parameter);
    }
}

TEST_CASE("client: a server of TLS 1.2 is told that it is too old, whatever else it says (appendix E.1)") {
    const auto file = test::shared_vectors("rfc8448/server_hello.vec");
    if (!file) return;
    std::size_t cases = 0;
    for (const auto& record : test::load_response_file(*file)) {
        if (record.at("Message_Type") != "server_hello_12") continue;
        INFO(record.at("Buffer"));
        test::null_provider crypto;
        const spantls::client_config config;
        null_client it(crypto, config);
        it.feed(handshake(message(spantls::handshake_type::server_hello, test::unhex(record.at("Buffer")))));
        check_refused(it, errc::version_not_supported, alert::protocol_version);
        ++cases;
    }
    test::ran("ServerHellos of TLS 1.2", cases);
}
