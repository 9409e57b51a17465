// Fields with a value that they may not have, each in both roles: the alert as it leaves.
#include <spantls/spantls.hpp>

#include <set>

#include "handshake/rules.hpp"
#include "support/provider.hpp"

using spantls::errc;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

constexpr auto p256 = spantls::named_group::secp256r1;
const spantls::client_config client{.alpn = {"mqtt"}};
const spantls::server_config server{.alpn = {"mqtt"}, .authenticate_client = spantls::client_authentication::request};
const spantls::client_target leaf{.server_name = "leaf.example"};

/// Values of 16 bits that are not `allowed`: whatever is next to one of those, differs in one bit, has its bytes
/// swapped, or stands in a registry of TLS; zero, all ones, GREASE; and some of all the others.
std::set<int> others(const std::set<int>& allowed) {
    std::set<int> all{0, 1, 0xff, 0x100, 0xffff, 0x00ff, 0x0a0a, 0x1a1a, 0xfafa};
    for (int value = 0; value < 0x10000; value += 251) all.insert(value);
    for (int high = 1; high < 9; ++high)
        for (int low = 0; low < 33; ++low) all.insert(high << 8 | low);
    for (int suite = 0x1300; suite < 0x1308; ++suite) all.insert(suite);
    for (const int value : allowed) {
        all.insert({(value + 1) & 0xffff, (value - 1) & 0xffff, (value >> 8 | value << 8) & 0xffff});
        for (int bit = 0; bit < 16; ++bit) all.insert(value ^ 1 << bit);
    }
    for (const int value : allowed) all.erase(value);
    REQUIRE(all.size() > 500);
    return all;
}

template <class Feed>
void client_refuses(Feed feed, errc error, alert why) {
    test::null_provider crypto;
    null_client it(crypto, client, leaf);
    feed(it);
    check_refused(it, error, why);
}
template <class Feed>
void server_refuses(Feed feed, errc error, alert why) {
    test::null_provider crypto;
    null_server it(crypto, server);
    feed(it);
    check_refused(it, error, why);
}
/// A ServerHello, a HelloRetryRequest, and a ServerHello behind one, with the same change.
template <class Change>
void all_server_hellos(Change change, errc error, alert why) {
    client_refuses(
        [&](null_client& it) {
            server_hello hello(it.session_id());
            change(hello);
            it.feed(hello.record());
        },
        error, why);
    client_refuses(
        [&](null_client& it) {
            server_hello hello = server_hello::retry(it.session_id(), p256);
            change(hello);
            it.feed(hello.record());
        },
        error, why);
    client_refuses(
        [&](null_client& it) {
            it.feed(server_hello::retry(it.session_id(), p256).record());
            server_hello hello(it.session_id());
            hello.ext_.set(ext::key_share, entry(p256, buffer(65, 1)));
            change(hello);
            it.feed(hello.record());
        },
        error, why);
}
template <class Change>
void client_hello_with(Change change, errc error, alert why) {
    server_refuses(
        [&](null_server& it) {
            client_hello hello;
            change(hello);
            it.feed(hello.record());
        },
        error, why);
}

}  // namespace

TEST_CASE("legacy_version is 0x0303 (sections 4.2.2, 4.2.3 and 4.2.4, appendix E.5)") {
    for (const int value : others({0x0303})) {
        CAPTURE(value);
        all_server_hellos([&](auto& h) { h.legacy_version = value; }, errc::legacy_version, alert::protocol_version);
        client_hello_with([&](auto& h) { h.legacy_version = value; }, errc::legacy_version, alert::protocol_version);
    }
}

TEST_CASE("legacy_compression_method is 0, and the only one (sections 4.2.2, 4.2.3 and 4.2.4)") {
    for (int value = 1; value < 256; ++value) {
        CAPTURE(value);
        const auto method = static_cast<std::uint8_t>(value);
        const auto refused = [&](const buffer& methods) {
            client_hello_with([&](auto& h) { h.compression = methods; }, errc::bad_compression,
                              alert::illegal_parameter);
        };
        all_server_hellos([&](auto& h) { h.compression = value; }, errc::bad_compression, alert::illegal_parameter);
        refused({method});
        refused({method, 0});
        refused({0, method});
        refused(buffer(static_cast<std::size_t>(value) + (value < 255 ? 1 : 0)));  // nothing but null, more than once
    }
}

TEST_CASE("legacy_session_id_echo is what was sent (sections 4.2.3 and 4.2.4)") {
    const auto refused = [](auto change) {
        all_server_hellos([&](auto& h) { change(h.session_id); }, errc::bad_session_id, alert::illegal_parameter);
    };
    for (std::size_t bit = 0; bit < 256; ++bit) {
        CAPTURE(bit);
        refused([&](buffer& id) { id[bit / 8] = static_cast<std::uint8_t>(id[bit / 8] ^ 1 << bit % 8); });
    }
    for (std::size_t size = 0; size < 32; ++size) {
        CAPTURE(size);
        refused([&](buffer& id) { id.resize(size); });
    }
    // Where none was sent, none comes back.
    test::null_provider crypto;
    const spantls::client_config bare{.compatibility_mode = false};
    null_client it(crypto, bare, leaf);
    it.feed(server_hello(buffer(1)).record());
    check_refused(it, errc::bad_session_id, alert::illegal_parameter);
}

TEST_CASE("the cipher suite was offered (sections 4.2.3 and 4.2.4)") {
    for (const int value : others({0x1302, 0x1303})) {
        CAPTURE(value);
        all_server_hellos([&](auto& h) { h.suite = value; }, errc::suite_not_offered, alert::illegal_parameter);
    }
}

TEST_CASE("the version is TLS 1.3 (sections 4.2.4 and 4.3.1)") {
    for (const int value : others({0x0304})) {
        CAPTURE(value);
        const buffer version = number(static_cast<std::uint64_t>(value), 2);
        all_server_hellos([&](auto& h) { h.ext_.set(ext::supported_versions, version); }, errc::version_not_offered,
                          alert::illegal_parameter);
        client_hello_with([&](auto& h) { h.ext_.set(ext::supported_versions, vec(1, version)); },
                          errc::version_not_supported, alert::protocol_version);
    }
}

TEST_CASE("the version that a retry has selected stays, also if it is not said again (section 4.2.4)") {
    client_refuses(
        [](null_client& it) {
            it.feed(server_hello::retry(it.session_id(), p256).record());
            server_hello hello(it.session_id());
            hello.ext_.set(ext::key_share, entry(p256, buffer(65, 1))).remove(ext::supported_versions);
            it.feed(hello.record());
        },
        errc::version_not_offered, alert::illegal_parameter);
}

TEST_CASE("the group is one that it may be (sections 4.2.1, 4.3.7 and 4.3.8)") {
    for (const int value : others({0x001d})) {
        CAPTURE(value);
        const auto group = static_cast<spantls::named_group>(value);
        client_refuses(
            [&](null_client& it) {
                server_hello hello(it.session_id());
                hello.ext_.set(ext::key_share, entry(group, buffer(32, 1)));
                it.feed(hello.record());
            },
            errc::group_not_offered, alert::illegal_parameter);
        // The group that the retry named is the only one, also of those that were offered.
        if (group != p256)
            client_refuses(
                [&](null_client& it) {
                    it.feed(server_hello::retry(it.session_id(), p256).record());
                    server_hello hello(it.session_id());
                    hello.ext_.set(ext::key_share, entry(group, buffer(65, 1)));
                    it.feed(hello.record());
                },
                errc::group_changed, alert::illegal_parameter);
        if (group != p256)
            client_refuses([&](null_client& it) { it.feed(server_hello::retry(it.session_id(), group).record()); },
                           errc::group_not_offered, alert::illegal_parameter);
        if (group != p256)
            client_hello_with([&](auto& h) { h.ext_.set(ext::key_share, vec(2, entry(group, buffer(32, 1)))); },
                              errc::bad_key_shares, alert::illegal_parameter);
        if (group != p256)
            client_hello_with(
                [&](auto& h) {
                    h.ext_.set(ext::supported_groups, vec(2, number(static_cast<std::uint64_t>(value), 2)));
                    h.ext_.set(ext::key_share, vec(2, entry(group, buffer(32, 1))));
                },
                errc::no_common_group, alert::handshake_failure);
    }
}

TEST_CASE("the signature scheme was offered (sections 4.3.3 and 4.5.2)") {
    for (const int value : others({0x0807})) {
        CAPTURE(value);
        const buffer verify = certificate_verify(static_cast<spantls::signature_scheme>(value));
        client_refuses(
            [&](null_client& it) {
                test::after_certificate(it);
                it.feed(sealed_handshake(verify));
            },
            errc::scheme_not_offered, alert::illegal_parameter);
        server_refuses(
            [&](null_server& it) {
                test::after_client_hello(it);
                it.feed(sealed_handshake(test::leaf_message())).feed(sealed_handshake(verify));
            },
            errc::scheme_not_offered, alert::illegal_parameter);
        // Nothing that this server could sign with.
        client_hello_with(
            [&](auto& h) {
                h.ext_.set(ext::signature_algorithms, vec(2, number(static_cast<std::uint64_t>(value), 2)));
            },
            errc::no_common_scheme, alert::handshake_failure);
    }
}

namespace {
/// Takes any signature for right, and says to take those of PKCS #1 v1.5, as real providers do: in certificates.
struct takes_pkcs1 : test::null_provider {
    static constexpr auto verify_schemes = test::usual_provider::verify_schemes;
};
}  // namespace

TEST_CASE("RSASSA-PKCS1-v1_5 is offered for certificates, and signs no handshake, right or wrong (section 4.3.3)") {
    using enum spantls::signature_scheme;
    const buffer shown = certificate(certificate_entry(test::made_certificate("rsa")));
    for (const auto scheme : {rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512, rsa_pss_rsae_sha256}) {
        CAPTURE(name_of(scheme));
        takes_pkcs1 crypto;
        const buffer verify = certificate_verify(scheme, buffer(256, 1));
        test::hand_fed<spantls::client<takes_pkcs1>> at_client(crypto, client, leaf);
        at_client.feed(server_hello(at_client.session_id()).record());
        at_client.feed(sealed_handshake(join({encrypted_extensions(), shown, verify})));
        test::hand_fed<spantls::server<takes_pkcs1>> at_server(crypto, server);
        at_server.feed(client_hello().record()).feed(sealed_handshake(join({shown, verify})));
        if (scheme == rsa_pss_rsae_sha256) {
            at_client.feed(sealed_handshake(finished()));
            at_server.feed(sealed_handshake(finished()));
            CHECK(at_client.tls.connected());
            CHECK(at_server.tls.connected());
            continue;
        }
        check_refused(at_client, errc::scheme_key_mismatch, alert::illegal_parameter);
        check_refused(at_server, errc::scheme_key_mismatch, alert::illegal_parameter);
        // The server sees it offered, and asks nobody to sign with it.
        test::hand_fed<spantls::server<takes_pkcs1>> signs(crypto, server);
        client_hello hello;
        hello.ext_.set(ext::signature_algorithms, vec(2, list({scheme})));
        signs.schemes = {scheme, ed25519};
        signs.feed(hello.record());
        check_refused(signs, errc::no_common_scheme, alert::handshake_failure);
    }
}

TEST_CASE("certificate_request_context is empty in the handshake (sections 4.4.2 and 4.5.1)") {
    for (std::size_t size = 1; size < 256; ++size) {
        CAPTURE(size);
        const buffer context(size, 7);
        const buffer with_context = certificate(certificate_entry(test::leaf_der()), context);
        client_refuses(
            [&](null_client& it) {
                test::after_encrypted_extensions(it);
                it.feed(sealed_handshake(certificate_request(request_extensions(), context)));
            },
            errc::bad_request_context, alert::illegal_parameter);
        client_refuses(
            [&](null_client& it) {
                test::after_encrypted_extensions(it);
                it.feed(sealed_handshake(with_context));
            },
            errc::bad_request_context, alert::illegal_parameter);
        server_refuses(
            [&](null_server& it) {
                test::after_client_hello(it);
                it.feed(sealed_handshake(with_context));
            },
            errc::bad_request_context, alert::illegal_parameter);
    }
}

TEST_CASE("pre_shared_key has one binder for each identity, in a second ClientHello too (section 4.3.11)") {
    const buffer name = join({vec(2, letters("id")), buffer(4)}), proof = vec(1, buffer(32));
    for (const int which : {0, 1}) {
        CAPTURE(which);
        const buffer offered = which == 0 ? join({vec(2, join({name, name})), vec(2, proof)})
                                          : join({vec(2, name), vec(2, join({proof, proof}))});
        const auto hello = [](const buffer& keys, bool share) {
            client_hello it;
            if (!share) it.ext_.set(ext::key_share, vec(2, {}));
            it.ext_.add(ext::pre_shared_key, keys);
            return it.record();
        };
        server_refuses([&](null_server& it) { it.feed(hello(offered, true)); }, errc::bad_psk_binders,
                       alert::illegal_parameter);
        server_refuses([&](null_server& it) { it.feed(hello(offered_psk(), false)).feed(hello(offered, true)); },
                       errc::bad_psk_binders, alert::illegal_parameter);
    }
}

TEST_CASE("every bit of verify_data counts (section 4.5.3)") {
    for (std::size_t bit = 0; bit < 256; ++bit) {
        CAPTURE(bit);
        buffer mac(32);
        mac[bit / 8] = static_cast<std::uint8_t>(1 << bit % 8);
        client_refuses(
            [&](null_client& it) {
                test::after_certificate_verify(it);
                it.feed(sealed_handshake(finished(mac)));
            },
            errc::bad_finished, alert::decrypt_error);
        server_refuses(
            [&](null_server& it) {
                test::after_client_hello(it);
                it.feed(sealed_handshake(certificate({}))).feed(sealed_handshake(finished(mac)));
            },
            errc::bad_finished, alert::decrypt_error);
    }
}

TEST_CASE("request_update is 0 or 1 (section 4.7.3)") {
    for (int value = 2; value < 256; ++value) {
        CAPTURE(value);
        client_refuses(
            [&](null_client& it) {
                test::connected(it);
                it.feed(sealed_handshake(key_update(value)));
            },
            errc::bad_key_update, alert::illegal_parameter);
        server_refuses(
            [&](null_server& it) {
                test::after_client_hello(it);
                it.feed(sealed_handshake(certificate({}))).feed(sealed_handshake(finished()));
                it.feed(sealed_handshake(key_update(value)));
            },
            errc::bad_key_update, alert::illegal_parameter);
    }
}

TEST_CASE("the protocol is one that was offered (RFC 7301, section 3.2)") {
    const auto protocol = [](std::string_view name) { return vec(2, vec(1, letters(name))); };
    for (const std::string_view name : {"m", "mqt", "mqtT", "mqtt2", "h2", "http/1.1"}) {
        CAPTURE(name);
        const auto names = extensions().add(ext::application_layer_protocol_negotiation, protocol(name));
        client_refuses(
            [&](null_client& it) {
                test::after_server_hello(it);
                it.feed(sealed_handshake(encrypted_extensions(names)));
            },
            errc::bad_protocol_choice, alert::illegal_parameter);
        client_hello_with([&](auto& h) { h.ext_.add(ext::application_layer_protocol_negotiation, protocol(name)); },
                          errc::no_common_protocol, alert::no_application_protocol);
    }
}
