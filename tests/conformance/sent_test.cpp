// What we send, held to what RFC 9846 says that has to be sent.
#include <spantls/spantls.hpp>

#include <set>

#include "conformance/wire.hpp"
#include "handshake/rules.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;
using test::buffer;
using test::null_client;
using test::null_server;
namespace forge = test::forge;
namespace wire = test::wire;
using forge::ext;

namespace {

const client_target leaf{.server_name = "leaf.example"};

wire::hello hello_of(const client_config& config, const client_target& target = leaf) {
    test::null_provider crypto;
    const null_client it(crypto, config, target);
    return wire::first_hello(it.sent);
}

/// What a server with null cryptography sends to this hello.
buffer answer_to(const forge::client_hello& hello, const server_config& config = {}) {
    test::null_provider crypto;
    null_server it(crypto, config);
    it.feed(hello.record());
    REQUIRE(it.tls.error() == errc::none);
    return it.sent;
}

}  // namespace

TEST_CASE(
    "a ClientHello is what a client says first, and no application data leaves before Finished "
    "(sections 2, 4.2.2 and 5.1)") {
    test::null_provider crypto;
    const client_config config;
    null_client it(crypto, config, leaf);
    std::array<std::uint8_t, 100> out{};
    const auto refuses = [&](auto& who) {
        CHECK(who.tls.send(as_bytes("data"), out).error == errc::not_connected);
        CHECK(who.tls.send(as_bytes("data"), out).empty());
    };
    REQUIRE(wire::order(it.sent) == "1");
    refuses(it);
    it.feed(forge::server_hello(it.session_id()).record());
    refuses(it);
    it.feed(forge::sealed_handshake(
        forge::join({forge::encrypted_extensions(), test::leaf_message(), forge::certificate_verify()})));
    refuses(it);
    it.feed(forge::sealed_handshake(forge::finished()));
    CHECK(it.tls.send(as_bytes("data"), out).error == errc::none);

    const server_config server;
    null_server other(crypto, server);
    CHECK(other.sent.empty());
    refuses(other);
}

TEST_CASE("what a ClientHello says (sections 4.2.2, 4.3, 4.3.1, 4.3.2, 4.3.3, 4.3.7, 4.3.8, 9.2 and 9.3)") {
    const fixed_vector<named_group, 4> both{named_group::secp256r1, named_group::x25519};
    for (const bool compatible : {true, false})
        for (const std::size_t shares : {0u, 1u, 2u}) {
            CAPTURE(compatible, shares);
            client_config config{.alpn = {"mqtt"}, .compatibility_mode = compatible};
            if (shares == 0) config.shares = fixed_vector<named_group, 4>{};
            if (shares == 2) config.shares = both;
            const wire::hello hello = hello_of(config);
            CHECK(hello.version == 0x0303);
            CHECK(hello.session_id.size() == (compatible ? 32 : 0));
            CHECK(hello.compression == buffer{0});
            // Of TLS 1.3, all of them, and of those that the provider has.
            CHECK(hello.suites == std::vector<int>{0x1303, 0x1302});
            // Nothing stands behind the struct in an extension, and none comes twice.
            wire::walk versions(wire::data_of(hello.ext, ext::supported_versions));
            CHECK(wire::numbers(versions.vec(1), 2) == std::vector<int>{0x0304});
            versions.end();
            wire::walk schemes(wire::data_of(hello.ext, ext::signature_algorithms));
            CHECK(wire::numbers(schemes.vec(2), 2) == std::vector<int>{0x0807});
            schemes.end();
            wire::walk listed(wire::data_of(hello.ext, ext::supported_groups));
            const std::vector<int> groups = wire::numbers(listed.vec(2), 2);
            listed.end();
            CHECK(groups == std::vector<int>{0x001d, 0x0017});
            const auto sent = wire::shares_of(hello);
            REQUIRE(sent.size() == shares);
            for (std::size_t i = 0; i < shares; ++i) {
                CHECK(sent[i].first == groups[i]);  // in the same order, whatever the configuration's
                CHECK(sent[i].second.size() == (groups[i] == 0x001d ? 32 : 65));
            }
            CHECK_FALSE(wire::has(hello.ext, ext::cookie));
            CHECK_FALSE(wire::has(hello.ext, ext::early_data));
            CHECK(wire::data_of(hello.ext, ext::server_name) == forge::server_name("leaf.example"));
            CHECK(wire::data_of(hello.ext, ext::application_layer_protocol_negotiation) ==
                  forge::vec(2, forge::vec(1, forge::letters("mqtt"))));
            const std::vector<int> types = wire::types_of(hello.ext);
            CHECK(std::set<int>(types.begin(), types.end()).size() == types.size());
        }
    // What the caller prefers is all that is said.
    const wire::hello one =
        hello_of({.prefer = {.suites = {cipher_suite::tls_aes_256_gcm_sha384}, .groups = {named_group::secp256r1}}});
    CHECK(one.suites == std::vector<int>{0x1302});
    CHECK(wire::data_of(one.ext, ext::supported_groups) == buffer{0, 2, 0, 0x17});
}

TEST_CASE("a ClientHello with keys (sections 4.3.9, 4.3.10, 4.3.11 and 9.2)") {
    const buffer first = forge::letters("one"), second = forge::letters("another"), key(32, 0x77);
    const psk keys[] = {{.identity = first,
                         .key = key,
                         .obfuscated_age = 0x01020304,
                         .early = {.limit = 100, .suite = cipher_suite::tls_chacha20_poly1305_sha256}},
                        {.identity = second, .key = key, .hash = hash_id::sha384}};
    for (const bool early : {true, false})
        for (const bool psk_ke : {true, false}) {
            CAPTURE(early, psk_ke);
            const wire::hello hello = hello_of({.psk_ke = psk_ke}, {.psks = keys, .early_data = early});
            CHECK(hello.ext.back().first == static_cast<int>(ext::pre_shared_key));
            CHECK(wire::data_of(hello.ext, ext::psk_key_exchange_modes) == (psk_ke ? buffer{2, 1, 0} : buffer{1, 1}));
            CHECK(wire::has(hello.ext, ext::early_data) == early);
            if (early) CHECK(wire::data_of(hello.ext, ext::early_data).empty());
            wire::walk offered(wire::data_of(hello.ext, ext::pre_shared_key));
            wire::walk identities(offered.vec(2)), binders(offered.vec(2));
            offered.end();
            CHECK(identities.vec(2) == first);
            CHECK(identities.number(4) == 0x01020304);
            CHECK(identities.vec(2) == second);
            CHECK(identities.number(4) == 0);
            identities.end();
            CHECK(binders.vec(1).size() == 32);
            CHECK(binders.vec(1).size() == 48);
            binders.end();
        }
    CHECK_FALSE(wire::has(hello_of({}).ext, ext::pre_shared_key));
}

TEST_CASE("what a ServerHello says (sections 4.2.3, 4.3.1, 4.3.8 and 9.2)") {
    for (const std::size_t size : {0u, 1u, 32u}) {
        CAPTURE(size);
        forge::client_hello asked;
        asked.session_id = buffer(size, 0x77);
        asked.ext_.set(ext::supported_versions, {6, 0x0a, 0x0a, 3, 4, 3, 3});
        const wire::hello hello = wire::first_hello(answer_to(asked));
        CHECK(hello.version == 0x0303);
        CHECK(hello.session_id == asked.session_id);
        CHECK(hello.suites == std::vector<int>{0x1303});
        CHECK(hello.compression == buffer{0});
        CHECK(hello.ext.size() == 2);
        CHECK(wire::data_of(hello.ext, ext::supported_versions) == buffer{3, 4});
        wire::walk share(wire::data_of(hello.ext, ext::key_share));
        CHECK(share.number(2) == 0x001d);  // the group of which it was sent a share
        CHECK(share.vec(2).size() == 32);
        share.end();
        CHECK(hello.random != asked.random);
    }
}

TEST_CASE("a ServerHello with a key has a share only in the mode with one (sections 4.2.3, 4.3.8 and 4.3.9)") {
    const buffer key(32, 0x11);
    for (const bool allowed : {true, false})
        for (const buffer& modes : {buffer{1, 0}, buffer{1, 1}, buffer{2, 0, 1}, buffer{2, 0x0b, 0}}) {
            CAPTURE(allowed, test::hex(modes));
            forge::client_hello asked;
            asked.ext_.set(ext::psk_key_exchange_modes, modes).add(ext::pre_shared_key, forge::offered_psk());
            test::null_provider crypto;
            const server_config config{.use_psk = true, .psk_ke = allowed};
            null_server it(crypto, config);
            it.key_found = {0, key, hash_id::sha256, psk_kind::external, {}, false};
            it.feed(asked.record());
            REQUIRE(it.tls.error() == errc::none);
            const bool exchange = modes.back() == 1;
            const wire::hello hello = wire::first_hello(it.sent);
            CHECK(wire::has(hello.ext, ext::pre_shared_key) == (exchange || allowed));
            CHECK(wire::has(hello.ext, ext::key_share) == (exchange || !allowed));
        }
}

TEST_CASE("the compatibility mode's change_cipher_spec comes once, retry or not (appendix E.4)") {
    for (const bool retried : {true, false}) {
        forge::client_hello asked;
        test::null_provider crypto;
        const server_config config;
        null_server it(crypto, config);
        if (retried) {
            forge::client_hello first;
            first.ext_.set(ext::key_share, {0, 0});
            it.feed(first.record());
        }
        it.feed(asked.record());
        REQUIRE(it.tls.error() == errc::none);
        std::size_t count = 0;
        for (const wire::record& one : wire::records(it.sent)) count += one.outer == 20;
        CHECK(count == 1);
    }
}

TEST_CASE("what a HelloRetryRequest says (sections 4.2.4 and 9.2)") {
    forge::client_hello asked;
    asked.ext_.set(ext::key_share, {0, 0}).add(ext::application_layer_protocol_negotiation, {0, 3, 2, 'h', '2'});
    const wire::hello hello = wire::first_hello(answer_to(asked, {.alpn = {"h2"}}));
    CHECK(hello.version == 0x0303);
    CHECK(test::hex(hello.random) == "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
    CHECK(hello.session_id == asked.session_id);
    CHECK(hello.suites == std::vector<int>{0x1303});
    CHECK(hello.compression == buffer{0});
    // Nothing that the client has not offered, and nothing that is not needed.
    CHECK(hello.ext.size() == 2);
    CHECK(wire::data_of(hello.ext, ext::supported_versions) == buffer{3, 4});
    CHECK(wire::data_of(hello.ext, ext::key_share) == buffer{0, 0x1d});
}

TEST_CASE(
    "the server's first flight "
    "(sections 4, 4.3, 4.3.6, 4.3.9, 4.4.1, 4.4.2, 4.5.1 and 4.5.2)") {
    for (const bool asks : {true, false})
        for (const bool offers : {true, false}) {
            CAPTURE(asks, offers);
            const server_config config{
                .alpn = {"mqtt"},
                .authenticate_client = asks ? client_authentication::require : client_authentication::none};
            forge::client_hello hello;
            hello.ext_.add(ext::post_handshake_auth).add(ext::status_request, {1, 0, 0, 0, 0});
            const buffer protocol = forge::vec(2, forge::vec(1, forge::letters("mqtt")));
            if (offers) hello.ext_.add(ext::application_layer_protocol_negotiation, protocol);
            const buffer sent = answer_to(hello, config);
            CHECK(wire::order(sent) == (asks ? "2 8 13 11 15 20" : "2 8 11 15 20"));
            for (const wire::message& one : wire::messages(sent)) {
                wire::walk in(one.body);
                if (one.type == 8) {
                    // What it was asked for, and not even that when it was not.
                    const auto answers = wire::read_extensions(in.vec(2));
                    REQUIRE(answers.size() == (offers ? 1 : 0));
                    if (offers) CHECK(wire::data_of(answers, ext::application_layer_protocol_negotiation) == protocol);
                } else if (one.type == 13) {
                    CHECK(in.vec(1).empty());
                    const auto asked = wire::read_extensions(in.vec(2));
                    CHECK(wire::data_of(asked, ext::signature_algorithms) == buffer{0, 2, 8, 7});
                } else if (one.type == 11) {
                    CHECK(in.vec(1).empty());
                    wire::walk list(in.vec(3));
                    CHECK(list.vec(3) == test::leaf_der());
                    CHECK(list.vec(2).empty());
                    list.end();
                } else if (one.type == 15) {
                    CHECK(in.number(2) == 0x0807);
                    CHECK(in.vec(2).size() == 64);
                } else {
                    continue;
                }
                in.end();
            }
        }
}

TEST_CASE("a client's last flight (sections 4.5.1 and 4.5.2)") {
    const auto sends = [](const buffer& request, bool has_identity) {
        test::null_provider crypto;
        const client_config config;
        null_client it(crypto, config, leaf);
        it.has_identity = has_identity;
        it.feed(forge::server_hello(it.session_id()).record());
        const std::size_t before = it.sent.size();
        it.feed(forge::sealed_handshake(
            forge::join({forge::encrypted_extensions(), request, test::leaf_message(), forge::certificate_verify()})));
        it.feed(forge::sealed_handshake(forge::finished()));
        REQUIRE(it.tls.connected());
        return buffer(it.sent.begin() + static_cast<std::ptrdiff_t>(before), it.sent.end());
    };
    CHECK(wire::order(sends({}, true)) == "20");
    CHECK(wire::order(sends(forge::certificate_request(), true)) == "11 15 20");
    const buffer declined = sends(forge::certificate_request(), false);
    CHECK(wire::order(declined) == "11 20");
    CHECK(wire::messages(declined).at(0).body == buffer{0, 0, 0, 0});
    // A request for what the certificate's key cannot do is declined as well.
    const auto other = forge::extensions().add(ext::signature_algorithms, {0, 2, 8, 4});
    CHECK(wire::order(sends(forge::certificate_request(other), true)) == "11 20");
}

TEST_CASE("status_request_v2 is not answered (section 4.5.1.1)") {
    forge::client_hello hello;
    const buffer without = answer_to(hello, {.authenticate_client = client_authentication::request});
    hello.ext_.add(17, {0, 7, 2, 0, 4, 0, 0, 0, 0});
    CHECK(test::hex(answer_to(hello, {.authenticate_client = client_authentication::request})) == test::hex(without));
}

TEST_CASE("nothing that is random comes twice (sections 4.2.3 and 4.3.8)") {
    std::set<buffer> seen;
    std::size_t count = 0;
    const auto is_new = [&](const buffer& bytes, std::size_t size = 32) {
        CHECK(bytes.size() == size);
        CHECK(seen.insert(bytes).second);
        ++count;
    };
    test::usual_provider crypto;
    const client_config client;
    const server_config server;
    for (int i = 0; i < 20; ++i) {
        const test::hand_fed<spantls::client<test::usual_provider>> it(crypto, client);
        const wire::hello hello = wire::first_hello(it.sent);
        is_new(hello.random);
        is_new(hello.session_id);
        is_new(wire::shares_of(hello).at(0).second, 1184 + 32);  // and of X25519, with the same key
        // The same ClientHello every time.
        test::hand_fed<spantls::server<test::usual_provider>> other(crypto, server);
        forge::client_hello asked;
        asked.ext_.set(ext::key_share, forge::vec(2, forge::entry(named_group::x25519, buffer(32, 9))));
        other.feed(asked.record());
        const wire::hello answer(wire::walk(buffer(other.sent.begin() + 6, other.sent.end())).vec(3), false);
        is_new(answer.random);
        wire::walk share(wire::data_of(answer.ext, ext::key_share));
        CHECK(share.number(2) == 0x001d);
        is_new(share.vec(2));
    }
    CHECK(count == 100);
    // Two shares of one ClientHello: null cryptography's repeat what they were made of.
    const auto both = wire::shares_of(
        hello_of({.shares = fixed_vector<named_group, 4>{named_group::x25519, named_group::secp256r1}}));
    REQUIRE(both.size() == 2);
    CHECK(both[0].second != buffer(both[1].second.begin(), both[1].second.begin() + 32));
}

TEST_CASE("records as they are sent (sections 5 and 5.1)") {
    for (const std::uint16_t record_size : {std::uint16_t{16384}, std::uint16_t{100}})
        for (const bool retry : {false, true}) {
            CAPTURE(record_size, retry);
            test::pair_options options{
                .server = {.authenticate_client = client_authentication::request, .record_size = record_size}};
            options.client.record_size = record_size;
            if (retry) options.client.shares = fixed_vector<named_group, 4>{};
            test::pair<test::null_provider> both(options);
            both.client.own = &both.client_credentials();
            REQUIRE(both.handshake());
            REQUIRE(both.client.send(std::string(1000, 'c')) == errc::none);
            REQUIRE(both.client.tls.update_keys(true) == errc::none);
            both.run();
            REQUIRE(both.server.send(std::string(1000, 's')) == errc::none);
            REQUIRE(both.client.tls.close() == errc::none);
            both.run();
            for (const buffer* stream : {&both.to_server.all, &both.to_client.all}) {
                bool initial = stream == &both.to_server.all;  // the first ClientHello may look older, all of it
                buffer begun;
                for (const wire::record& one : wire::records(*stream)) {
                    CHECK((one.type >= 20 && one.type <= 23));
                    CHECK((one.outer != 23 || one.type != 20));
                    CHECK(one.version == (initial ? 0x0301 : 0x0303));
                    CHECK(one.content.size() <= record_size);
                    CHECK((one.type == 23 || !one.content.empty()));
                    if (one.type != 22) {
                        CHECK((begun.empty() || one.outer == 20));
                        if (one.type == 21) CHECK(one.content.size() == 2);
                        continue;
                    }
                    begun.insert(begun.end(), one.content.begin(), one.content.end());
                    // Whole messages off the front: those that come before new keys are the last in their record.
                    for (std::size_t size; (size = message_size(begun)) != 0 && size <= begun.size();) {
                        const int type = begun[0];
                        initial = false;
                        begun.erase(begun.begin(), begun.begin() + static_cast<std::ptrdiff_t>(size));
                        if (type == 1 || type == 2 || type == 20 || type == 24) CHECK(begun.empty());
                    }
                }
                CHECK(begun.empty());
            }
        }
}
