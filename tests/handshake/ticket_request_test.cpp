// Ticket requests (RFC 9149), in both roles.
#include <spantls/handshake/ticket_request.hpp>

#include "handshake/rules.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using spantls::errc;
using spantls::named_group;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;
using chacha_pair = test::pair<test::seeded<test::small_provider>>;
using count = std::optional<std::uint8_t>;

namespace {

const buffer id = letters("ticket"), key(32, 0x11);

/// A connection with or without a key of this kind, which the server takes.
test::pair_options options_for(std::optional<spantls::ticket_counts> asked, std::uint8_t most,
                               std::span<const spantls::psk> keys = {}) {
    test::pair_options options;
    options.client.tickets = asked;
    options.server.max_tickets = most;
    options.server.use_psk = true;
    options.target.psks = keys;
    return options;
}

auto finds(spantls::psk_kind kind) {
    return
        [kind](const spantls::step&) { return spantls::psk_choice{0, key, spantls::hash_id::sha256, kind, {}, false}; };
}

/// What both ends say of it.
count agreed(chacha_pair& both) {
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.expected_tickets() == both.server.tls.expected_tickets());
    return both.client.tls.expected_tickets();
}

}  // namespace

TEST_CASE("as many tickets are promised as a new connection asks for, up to the server's limit (RFC 9149, section 3)") {
    struct row {
        std::uint8_t asked, most;
        count promised;
    };
    for (const row& each : {row{1, 4, 1}, row{4, 4, 4}, row{5, 4, 4}, row{255, 4, 4}, row{255, 255, 255}, row{0, 4, 0},
                            row{1, 0, std::nullopt}, row{0, 0, std::nullopt}}) {
        CAPTURE(int{each.asked}, int{each.most});
        chacha_pair both(options_for(spantls::ticket_counts{each.asked, 9}, each.most));
        REQUIRE(agreed(both) == each.promised);
    }
    chacha_pair not_asked(options_for(std::nullopt, 4));
    REQUIRE_FALSE(agreed(not_asked).has_value());
}

TEST_CASE("a connection that resumes gets the other number (RFC 9149, section 3)") {
    for (const auto kind : {spantls::psk_kind::resumption, spantls::psk_kind::external}) {
        const spantls::psk offered[] = {{.identity = id, .key = key, .kind = kind}};
        chacha_pair both(options_for(spantls::ticket_counts{3, 1}, 4, offered));
        both.server.find_psk = finds(kind);
        // An external key is no session.
        REQUIRE(agreed(both) == count(kind == spantls::psk_kind::resumption ? 1 : 3));
        REQUIRE(both.server.tls.psk_used());

        chacha_pair unknown(options_for(spantls::ticket_counts{3, 1}, 4, offered));
        REQUIRE(agreed(unknown) == count(3));
        REQUIRE_FALSE(unknown.server.tls.psk_used());
    }
}

TEST_CASE("the request is the same behind a retry (RFC 9149, section 3)") {
    auto options = options_for(spantls::ticket_counts{2, 1}, 4);
    options.client.shares = spantls::fixed_vector<named_group, 4>{};
    options.client.compatibility_mode = false;
    chacha_pair both(options);
    REQUIRE(agreed(both) == count(2));
    for (const int change : {0, 1, 2}) {
        chacha_pair changed(options);
        unsigned hellos = 0;
        changed.to_server.transit = [&](buffer sent) {
            if (sent[0] != 22 || ++hellos != 2) return sent;
            const buffer extension{0, 58, 0, 2, 2, 1};
            const auto at = std::search(sent.begin(), sent.end(), extension.begin(), extension.end());
            REQUIRE(at != sent.end());
            if (change == 0) at[1] = 59;  // it is not there any more
            if (change != 0) at[3 + change] ^= 1;
            return sent;
        };
        REQUIRE_FALSE(changed.handshake());
        REQUIRE(changed.server.error() == errc::hello_changed);
        REQUIRE(changed.client.alert() == alert::illegal_parameter);
    }
}

TEST_CASE("a client that may be sent no tickets is promised none (RFC 9846, section 4.7.1)") {
    for (const bool with_modes : {true, false}) {
        test::null_provider crypto;
        const spantls::server_config config{.max_tickets = 4};
        null_server it(crypto, config);
        client_hello hello;
        if (!with_modes) hello.ext_.remove(ext::psk_key_exchange_modes);
        hello.ext_.add(ext::ticket_request, {2, 1});
        it.feed(hello.record()).feed(sealed_handshake(finished()));
        REQUIRE(it.tls.expected_tickets() == count(with_modes ? 2 : 0));
    }
}

TEST_CASE("server: ticket_request is two bytes (RFC 9149, section 3)") {
    for (const std::uint8_t most : {std::uint8_t{0}, std::uint8_t{4}})
        for (const buffer& data : {buffer{}, buffer{1}, buffer{1, 2, 3}, buffer(300, 1)}) {
            const auto broken = [&data](null_server& it) {
                client_hello hello;
                hello.ext_.add(ext::ticket_request, data);
                it.feed(hello.record());
            };
            test::check(test::server_rules{{"ClientTicketRequest", broken, errc::decode_error, alert::decode_error}},
                        spantls::server_config{.max_tickets = most});
        }
}

TEST_CASE(
    "client: ticket_request belongs into EncryptedExtensions, has one byte, and was asked for (RFC 9149, section 3)") {
    const auto hello = [](null_client& it) {
        server_hello wrong(it.session_id());
        wrong.ext_.add(ext::ticket_request, {1});
        it.feed(wrong.record());
    };
    const auto retry = [](null_client& it) {
        server_hello wrong = server_hello::retry(it.session_id(), named_group::secp256r1);
        wrong.ext_.add(ext::ticket_request, {1});
        it.feed(wrong.record());
    };
    const auto encrypted = [](const buffer& data) {
        return [data](null_client& it) {
            test::after_server_hello(it);
            it.feed(sealed_handshake(encrypted_extensions(extensions().add(ext::ticket_request, data))));
        };
    };
    const auto request = [](null_client& it) {
        test::after_encrypted_extensions(it);
        it.feed(sealed_handshake(certificate_request(request_extensions().add(ext::ticket_request, {1}))));
    };
    const auto certificate = [](null_client& it) {
        test::after_encrypted_extensions(it);
        it.feed(sealed_handshake(
            test::forge::certificate(certificate_entry(test::leaf_der(), extensions().add(ext::ticket_request, {1})))));
    };
    const spantls::client_config asks{.tickets = spantls::ticket_counts{1, 1}};
    test::check(
        test::client_rules{
            {"not in ServerHello", hello, errc::misplaced_extension, alert::illegal_parameter},
            {"not in HelloRetryRequest", retry, errc::misplaced_extension, alert::illegal_parameter},
            {"not in CertificateRequest", request, errc::misplaced_extension, alert::illegal_parameter},
            {"not in Certificate", certificate, errc::misplaced_extension, alert::illegal_parameter},
            {"a count", encrypted({}), errc::decode_error, alert::decode_error},
            {"one count", encrypted({1, 1}), errc::decode_error, alert::decode_error},
        },
        asks);
    test::check(test::client_rules{{"RFC 9846, 4.3: nothing that was not asked for", encrypted({1}),
                                    errc::unsolicited_extension, alert::unsupported_extension}});
}
