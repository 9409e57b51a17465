// OCSP responses and certificate timestamps, asked for and shown (RFC 9846, section 4.5.1.1).
#include <spantls/spantls.hpp>

#include "handshake/rules.hpp"
#include "support/catch.hpp"
#include "support/forge.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;
namespace forge = test::forge;

namespace {

using pair = test::pair<test::seeded<test::small_provider>>;

const test::buffer response(3000, 0x0c), another(1, 0x0d), timestamps = test::unhex("00070001aa0002bbcc");

/// Credentials of two certificates, of which the first has a response and timestamps, and the second a response.
struct proved {
    const test::credentials of;
    const std::vector<bytes_view> staples{response, another}, scts{timestamps};

    explicit proved(std::string_view name) : of(name, 500) {}
    identity who() const { return {of.chain, of.schemes, certificate_type::x509, staples, scts}; }
};

template <class Endpoint>
void show(Endpoint& one, const proved& credentials) {
    one.own = &credentials.of;
    one.answer = [&one, &credentials](const step& step) {
        if (step.what != what::client_hello && step.what != what::choose_identity) return false;
        REQUIRE(one.tls.answer(credentials.who()) == errc::none);
        return true;
    };
}
template <class Endpoint>
void note(Endpoint& one, std::vector<test::buffer>& seen) {
    one.watch = [&seen](const step& step) {
        if (step.what != what::verify_peer) return;
        for (const auto& entry : step.peer().chain) {
            seen.push_back(test::copy(entry.staple()));
            seen.push_back(test::copy(entry.scts()));
        }
    };
}

/// A server's Certificate with one entry, which has one extension.
auto shown(forge::ext type, const test::buffer& data) {
    return [=](test::null_client& it) {
        test::after_encrypted_extensions(it);
        it.feed(forge::sealed_handshake(
            forge::certificate(forge::certificate_entry(test::leaf_der(), forge::extensions().add(type, data)))));
    };
}

}  // namespace

TEST_CASE("staples and timestamps come beside their certificates, when they are asked for (section 4.5.1.1)") {
    const proved of_server("server"), of_client("client");
    for (const bool staples : {false, true})
        for (const bool scts : {false, true})
            for (const bool late : {false, true}) {
                CAPTURE(staples, scts, late);
                test::pair_options options;
                options.client.ask_for_staples = options.server.ask_for_staples = staples;
                options.client.ask_for_scts = options.server.ask_for_scts = scts;
                if (late)
                    options.client.post_handshake_auth = options.server.post_handshake_auth = true;
                else
                    options.server.authenticate_client = client_authentication::require;
                options.client.record_size = 700;
                pair both(options);
                show(both.server, of_server);
                show(both.client, of_client);
                std::vector<test::buffer> at_client, at_server;
                note(both.client, at_client);
                note(both.server, at_server);
                REQUIRE(both.handshake());
                if (late) {
                    REQUIRE(both.server.tls.request_authentication() == errc::none);
                    both.run();
                }
                const test::buffer none;
                const std::vector<test::buffer> expected{staples ? response : none, scts ? timestamps : none,
                                                         staples ? another : none, none};
                REQUIRE(at_client == expected);
                REQUIRE(at_server == expected);
                REQUIRE(both.client.tls.peer_authenticated());
                REQUIRE(both.server.tls.peer_authenticated());
            }
}

TEST_CASE("who judges a peer sees whether it was asked for staples") {
    const proved of_client("client");
    for (const bool by_client : {false, true})
        for (const bool by_server : {false, true}) {
            test::pair_options options;
            options.client.ask_for_staples = by_client;
            options.server.ask_for_staples = by_server;
            options.server.authenticate_client = client_authentication::require;
            pair both(options);
            show(both.client, of_client);
            std::vector<bool> seen;
            const auto look = [&seen](const step& step) {
                if (step.what == what::verify_peer) seen.push_back(step.peer().staples_asked);
            };
            both.client.watch = look;
            both.server.watch = look;
            REQUIRE(both.handshake());
            REQUIRE(seen == std::vector{by_client, by_server});
        }
}

TEST_CASE("who asks need not get any") {
    test::pair_options options;
    options.client.ask_for_staples = options.client.ask_for_scts = true;
    pair both(options);
    std::vector<test::buffer> seen;
    note(both.client, seen);
    REQUIRE(both.handshake());
    REQUIRE(seen == std::vector<test::buffer>(2));
}

TEST_CASE("what may not stand beside a certificate (sections 4.3, 4.5.1 and 4.5.1.1)") {
    using forge::ext;
    const test::buffer status = test::unhex("01000001aa");
    client_config asks;
    asks.ask_for_staples = asks.ask_for_scts = true;
    using alert = alert_description;
    test::check(
        test::client_rules{
            {"4.5.1.1: a CertificateStatus", shown(ext::status_request, {}), errc::decode_error, alert::decode_error},
            {"of OCSP", shown(ext::status_request, test::unhex("02000001aa")), errc::decode_error, alert::decode_error},
            {"not an empty one", shown(ext::status_request, test::unhex("01000000")), errc::decode_error,
             alert::decode_error},
            {"nothing behind it", shown(ext::status_request, test::unhex("01000001aa00")), errc::decode_error,
             alert::decode_error},
            {"a list of timestamps", shown(ext::signed_certificate_timestamp, test::unhex("0000")), errc::decode_error,
             alert::decode_error},
            {"4.3: nothing else", shown(ext::transparency_info, {}), errc::unsolicited_extension,
             alert::unsupported_extension},
        },
        asks);
    client_config only_scts;
    only_scts.ask_for_scts = true;
    test::check(test::client_rules{{"4.5.1: what was asked for", shown(ext::status_request, status),
                                    errc::unsolicited_extension, alert::unsupported_extension}},
                only_scts);
    // The server, which asks for nothing.
    server_config server;
    server.authenticate_client = client_authentication::request;
    const auto by_client = [&](test::null_server& it) {
        it.feed(forge::client_hello().record());
        it.feed(forge::sealed_handshake(forge::certificate(
            forge::certificate_entry(test::leaf_der(), forge::extensions().add(ext::status_request, status)))));
    };
    test::check(test::server_rules{{"4.5.1: what was asked for", by_client, errc::unsolicited_extension,
                                    alert::unsupported_extension}},
                server);
}

TEST_CASE("proofs that no Certificate can carry") {
    const test::credentials own("server");
    const test::buffer most(0xffff - 8, 1), more(0xffff - 7, 1);
    const auto with = [&](std::vector<bytes_view> staples, std::vector<bytes_view> scts) {
        return check(identity{own.chain, own.schemes, certificate_type::x509, staples, scts});
    };
    REQUIRE(with({response}, {timestamps}) == errc::none);
    REQUIRE(with({bytes_view{}}, {bytes_view{}}) == errc::none);
    REQUIRE(with({more}, {}) == errc::config_bad_chain);
    REQUIRE(with({response, another}, {}) == errc::config_bad_chain);
    REQUIRE(with({}, {timestamps, timestamps}) == errc::config_bad_chain);
    REQUIRE(with({}, {another}) == errc::config_bad_chain);
    REQUIRE(with({most}, {timestamps}) == errc::config_bad_chain);
}
