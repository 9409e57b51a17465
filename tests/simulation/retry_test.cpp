// HelloRetryRequest in both roles.
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;
using kem_provider = test::basic_null_provider<UINT64_MAX, test::null_x25519, test::null_kem>;

const std::optional<fixed_vector<named_group, 4>> no_share{fixed_vector<named_group, 4>{}};

/// The types of the records of a stream, one letter each: h for handshake, c for change_cipher_spec, and p for those
/// that are protected.
std::string shape(const test::buffer& stream) {
    std::string letters;
    for (const test::buffer& record : test::records_in(stream))
        letters += record[0] == 22 ? 'h' : record[0] == 20 ? 'c' : record[0] == 23 ? 'p' : '?';
    return letters;
}

}  // namespace

TEMPLATE_TEST_CASE("a client without a share is asked for one", "", seeded_chacha, test::seeded<test::usual_provider>,
                   test::null_provider) {
    for (const bool compatible : {true, false})
        for (const auto who : {client_authentication::none, client_authentication::request}) {
            test::pair<TestType> both({.client = {.shares = no_share, .compatibility_mode = compatible},
                                       .server = {.authenticate_client = who}});
            both.client.own = &both.client_credentials();
            REQUIRE(both.handshake());
            REQUIRE(both.client.tls.group() == usable_groups<TestType>({})[0]);
            REQUIRE(both.server.tls.group() == both.client.tls.group());
            // Appendix E.4: the server's change_cipher_spec is behind its first message, the client's before its second
            // flight.
            REQUIRE(shape(both.to_server.all).substr(0, compatible ? 4 : 3) == (compatible ? "hchp" : "hhp"));
            REQUIRE(shape(both.to_client.all).substr(0, compatible ? 4 : 3) == (compatible ? "hchp" : "hhp"));
            REQUIRE(both.server.count(what::client_hello) == 1);
            both.talks();
        }
}

TEST_CASE("a group of which the server has no use is retried with one that it has") {
    for (const bool compatible : {true, false}) {
        test::pair<test::null_provider> both(
            {.client = {.compatibility_mode = compatible}, .server = {.prefer = {.groups = {named_group::secp256r1}}}});
        REQUIRE(both.handshake());
        REQUIRE(both.client.tls.group() == named_group::secp256r1);
        REQUIRE(both.server.tls.group() == named_group::secp256r1);
        REQUIRE(shape(both.to_server.all).substr(0, 3) == (compatible ? "hch" : "hhp"));
        both.talks();
    }
}

TEST_CASE("shares of several groups spare the retry") {
    test::pair<test::null_provider> both(
        {.client = {.shares = fixed_vector<named_group, 4>{named_group::x25519, named_group::secp256r1}},
         .server = {.prefer = {.groups = {named_group::secp256r1}}}});
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.group() == named_group::secp256r1);
    REQUIRE(shape(both.to_client.all).substr(0, 3) == "hcp");
    both.talks();
}

TEST_CASE("a server takes a share that it was sent over a group that it prefers") {
    test::pair<test::null_provider> both(
        {.server = {.prefer = {.groups = {named_group::secp256r1, named_group::x25519}}}});
    REQUIRE(both.handshake());
    REQUIRE(both.server.tls.group() == named_group::x25519);
    REQUIRE(shape(both.to_client.all).substr(0, 3) == "hcp");
}

TEST_CASE("a retry to a group with large shares") {
    test::pair<kem_provider> both({.server = {.prefer = {.groups = {named_group::x25519_mlkem768}}}});
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.group() == named_group::x25519_mlkem768);
    both.talks();
}

TEST_CASE("no group in common is handshake_failure") {
    test::pair<test::null_provider> both({.client = {.prefer = {.groups = {named_group::x25519}}},
                                          .server = {.prefer = {.groups = {named_group::secp256r1}}}});
    REQUIRE_FALSE(both.handshake());
    REQUIRE(both.server.error() == errc::no_common_group);
    REQUIRE(both.client.error() == errc::peer_alert);
    REQUIRE(both.client.alert() == alert_description::handshake_failure);
    REQUIRE(shape(both.to_client.all) == "?");
}

TEST_CASE("both hellos of a retry are the same, but for the share") {
    test::pair<seeded_chacha> both({.client = {.alpn = {"mqtt"}, .shares = no_share}, .server = {.alpn = {"mqtt"}}});
    REQUIRE(both.handshake());
    const auto records = test::records_in(both.to_server.all);
    const bytes_view first(records[0]), second(records[2]);
    parsed_client_hello one, two;
    REQUIRE(one.parse(first.subspan(9)) == errc::none);
    REQUIRE(two.parse(second.subspan(9)) == errc::none);
    REQUIRE(equal_bytes(one.hello.random, two.hello.random));
    REQUIRE(equal_bytes(one.hello.legacy_session_id, two.hello.legacy_session_id));
    REQUIRE(one.server_name == two.server_name);
    REQUIRE(one.extensions[extension_type::key_share].size() == 2);
    REQUIRE(two.extensions[extension_type::key_share].size() == 2 + 4 + 32);
    REQUIRE(two.hello.extensions.size() == one.hello.extensions.size() + 36);
    REQUIRE(both.client.tls.protocol() == "mqtt");
}

TEST_CASE("what may not change after a retry") {
    const auto with_second_hello = [](std::function<void(mutable_bytes)> change) {
        test::pair<seeded_chacha> both({.client = {.shares = no_share, .compatibility_mode = false}});
        unsigned hellos = 0;
        both.to_server.transit = [&](test::buffer sent) {
            if (sent[0] == 22 && ++hellos == 2) change(sent);
            return sent;
        };
        REQUIRE_FALSE(both.handshake());
        REQUIRE(both.client.error() == errc::peer_alert);
        REQUIRE(both.client.alert() == *alert_for(both.server.error()));
        return both.server.error();
    };
    // Its random, and a letter of its server name.
    REQUIRE(with_second_hello([](mutable_bytes hello) { hello[5 + 4 + 2] ^= 1; }) == errc::hello_changed);
    REQUIRE(with_second_hello([](mutable_bytes hello) {
                const auto name = test::text("leaf.example");
                const auto at = std::search(hello.begin(), hello.end(), name.begin(), name.end());
                *at = 'L';
            }) == errc::hello_changed);
    // The group of the share, which is the last thing in the hello: another that was offered, and one that was not.
    REQUIRE(with_second_hello([](mutable_bytes hello) { hello[hello.size() - 35] = 0x77; }) == errc::bad_key_shares);
}

TEST_CASE("a client returns the cookie of a retry, with or without another share") {
    for (const bool with_share : {true, false}) {
        test::pair<test::null_provider> both(
            {.client = {.shares = with_share ? no_share : std::nullopt, .compatibility_mode = false}});
        const test::buffer chip(300, 0xcc);
        both.to_client.transit = [&, retry = test::buffer{}](test::buffer sent) {
            test::buffer extensions{0, 43, 0, 2, 3, 4};
            if (with_share) extensions = test::joined({extensions, {0, 51, 0, 2, 0, 29}});
            extensions = test::joined({extensions, {0, 44, 1, 46, 1, 44}, chip});
            const test::buffer hello = test::message(handshake_type::server_hello,
                                                     test::joined({{3, 3},
                                                                   test::copy(hello_retry_request_random),
                                                                   {0, 0x13, 0x03, 0},
                                                                   {static_cast<std::uint8_t>(extensions.size() >> 8),
                                                                    static_cast<std::uint8_t>(extensions.size())},
                                                                   extensions}));
            return sent[0] == 22 ? test::plain_record(content_type::handshake, hello) : test::buffer{};
        };
        both.run();
        const auto records = test::records_in(both.to_server.all);
        REQUIRE(records.size() >= 2);
        parsed_client_hello first, second;
        REQUIRE(first.parse(bytes_view(records[0]).subspan(9)) == errc::none);
        REQUIRE(second.parse(bytes_view(records[1]).subspan(9)) == errc::none);
        REQUIRE_FALSE(first.extensions.has(extension_type::cookie));
        REQUIRE(test::copy(second.extensions[extension_type::cookie]) == test::joined({{1, 44}, chip}));
        const auto shares = [](const parsed_client_hello& hello) {
            return test::copy(hello.extensions[extension_type::key_share]);
        };
        REQUIRE((shares(first) == shares(second)) == !with_share);
        REQUIRE(shares(second).size() == 2 + 4 + 32);
    }
}

TEMPLATE_TEST_CASE("a retry names a suite that the client has keys for (sections 4.2.4 and 4.3.11)", "",
                   test::null_provider, test::seeded<test::usual_provider>) {
    constexpr auto chacha = cipher_suite::tls_chacha20_poly1305_sha256, aes = cipher_suite::tls_aes_256_gcm_sha384;
    if (!TestType().available(aes)) return test::skip("this CPU has no AES");
    const test::buffer id = test::text("the only one"), key(32, 0x11), secret(32, 0x22);
    for (const hash_id hash : {hash_id::sha256, hash_id::sha384})
        for (const bool other_first : {false, true})
            for (const int cookies : {0, 1, 2}) {
                CAPTURE(hash, other_first, cookies);
                // Where those of the best suite's hash are among them, that suite stays.
                const psk offered[] = {
                    {.identity = id, .key = key, .hash = hash},
                    {.identity = id, .key = key, .hash = hash == hash_id::sha256 ? hash_id::sha384 : hash_id::sha256}};
                const cipher_suite suites[] = {hash == hash_id::sha256 ? chacha : aes,
                                               hash == hash_id::sha256 ? aes : chacha};
                test::pair_options options{.client = {.shares = no_share}, .server = {.use_psk = true}};
                options.server.prefer.suites = {suites[other_first ? 1 : 0], suites[other_first ? 0 : 1]};
                if (cookies != 0) options.server.cookie_secrets.push_back(secret);
                options.server.always_retry = cookies == 2;
                options.target.psks = std::span(offered).first(other_first ? 1 : 2);
                test::pair<TestType> both(options);
                both.server.find_psk = [&](const step& asked) {
                    REQUIRE(asked.hello().psks.size() == 1);
                    return psk_choice{0, key, hash, psk_kind::external, {}, false};
                };
                REQUIRE(both.handshake());
                REQUIRE(both.client.tls.psk_used());
                REQUIRE(both.client.tls.suite() == suites[0]);
                both.talks();
            }
}

TEST_CASE("a client takes no second retry, and none that changes nothing") {
    test::buffer retry;
    test::pair<test::null_provider> both({.client = {.shares = no_share, .compatibility_mode = false}});
    both.to_client.transit = [&](test::buffer sent) {
        if (retry.empty())
            retry = sent;
        else if (sent[0] == 22)
            sent = retry;
        return sent;
    };
    REQUIRE_FALSE(both.handshake());
    REQUIRE(both.client.error() == errc::second_retry);
    REQUIRE(both.server.error() == errc::peer_alert);
    REQUIRE(both.server.alert() == alert_description::unexpected_message);

    // The same retry for a client that has sent that share already.
    test::pair<test::null_provider> has_sent_it({.client = {.compatibility_mode = false}});
    has_sent_it.to_client.transit = [&](test::buffer sent) { return sent[0] == 22 ? retry : sent; };
    REQUIRE_FALSE(has_sent_it.handshake());
    REQUIRE(has_sent_it.client.error() == errc::useless_retry);
    REQUIRE(has_sent_it.server.alert() == alert_description::illegal_parameter);
}
