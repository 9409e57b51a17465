// Whole handshakes, and what both ends know afterwards.
#include <spantls/spantls.hpp>

#include <algorithm>
#include <sstream>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_usual = test::seeded<test::usual_provider>;
using seeded_chacha = test::seeded<test::small_provider>;

/// Data both ways, in one record and in many, and an end on both sides.
template <class Pair>
void talk(Pair& both) {
    test::seeded_stream random(7);
    test::buffer up(50000), down(40000);
    random.fill(up);
    random.fill(down);
    REQUIRE(both.client.send("x") == errc::none);
    REQUIRE(both.client.send(up) == errc::none);
    REQUIRE(both.server.send(down) == errc::none);
    both.run();
    up.insert(up.begin(), 'x');
    REQUIRE(both.server.received == up);
    REQUIRE(both.client.received == down);
    REQUIRE(both.client.tls.close() == errc::none);
    both.run();
    REQUIRE(both.server.has(what::peer_closed));
    REQUIRE(both.server.tls.close() == errc::none);
    both.run();
    REQUIRE(both.client.history.back().what == what::closed);
    REQUIRE(both.server.tls.end_of_input().what == what::closed);
    REQUIRE(both.client.tls.end_of_input().what == what::closed);
    REQUIRE(both.client.error() == errc::none);
    REQUIRE(both.server.error() == errc::none);
}

/// Two ends that do not agree: the server's error, and what the client hears of it.
template <class P>
void disagree(const test::pair_options& options, errc error, alert_description alert) {
    test::pair<P> both(options);
    REQUIRE_FALSE(both.handshake());
    REQUIRE(both.server.error() == error);
    REQUIRE(both.client.error() == errc::peer_alert);
    REQUIRE(both.client.alert() == alert);
    REQUIRE(alert_for(error) == alert);
    REQUIRE(both.server.received.empty());
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool has_change_cipher_spec(const test::buffer& stream) {
    for (const test::buffer& record : test::records_in(stream))
        if (record[0] == 20) return true;
    return false;
}

}  // namespace

TEMPLATE_TEST_CASE("both ends of a provider shake hands and talk (appendix F.5)", "", test::usual_provider,
                   test::small_provider, seeded_usual, seeded_chacha, test::null_provider) {
    test::pair<TestType> both;
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.connected());
    REQUIRE(both.server.tls.connected());
    REQUIRE(both.client.tls.suite() == both.server.tls.suite());
    REQUIRE(both.client.tls.group() == usable_groups<TestType>({})[0]);
    REQUIRE(both.server.tls.group() == both.client.tls.group());
    REQUIRE(both.client.tls.protocol().empty());
    talk(both);
}

TEST_CASE("ends with different providers understand each other") {
    test::pair<test::usual_provider, test::small_provider> one;
    REQUIRE(one.handshake());
    REQUIRE(one.server.tls.suite() == cipher_suite::tls_chacha20_poly1305_sha256);
    talk(one);
    test::pair<test::small_provider, test::usual_provider> other;
    REQUIRE(other.handshake());
    REQUIRE(other.client.tls.suite() == cipher_suite::tls_chacha20_poly1305_sha256);
    talk(other);
}

TEMPLATE_TEST_CASE("each cipher suite", "", seeded_usual, test::null_provider) {
    for (const cipher_suite suite :
         {cipher_suite::tls_chacha20_poly1305_sha256, cipher_suite::tls_aes_256_gcm_sha384}) {
        CAPTURE(name_of(suite));
        if (!test::make_provider<TestType>(1).available(suite)) continue;
        test::pair<TestType> chosen_by_client({.client = {.prefer = {.suites = {suite}}}});
        REQUIRE(chosen_by_client.handshake());
        REQUIRE(chosen_by_client.client.tls.suite() == suite);
        talk(chosen_by_client);
        test::pair<TestType> chosen_by_server({.server = {.prefer = {.suites = {suite}}}});
        REQUIRE(chosen_by_server.handshake());
        REQUIRE(chosen_by_server.client.tls.suite() == suite);
        REQUIRE(chosen_by_server.server.tls.suite() == suite);
    }
}

TEST_CASE("the server's order of suites decides, and no suite in common is handshake_failure") {
    const auto chacha = cipher_suite::tls_chacha20_poly1305_sha256, aes = cipher_suite::tls_aes_256_gcm_sha384;
    test::pair<test::null_provider> both(
        {.client = {.prefer = {.suites = {chacha, aes}}}, .server = {.prefer = {.suites = {aes, chacha}}}});
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.suite() == aes);
    disagree<test::null_provider>({.client = {.prefer = {.suites = {chacha}}}, .server = {.prefer = {.suites = {aes}}}},
                                  errc::no_common_suite, alert_description::handshake_failure);
}

TEST_CASE("ALPN: the server's order decides") {
    test::pair<seeded_chacha> both({.client = {.alpn = {"h2", "mqtt"}}, .server = {.alpn = {"mqtt", "h2"}}});
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.protocol() == "mqtt");
    REQUIRE(both.server.tls.protocol() == "mqtt");
    REQUIRE(both.server.offered_protocols == std::vector<std::string>{"h2", "mqtt"});
    talk(both);
}

TEST_CASE("ALPN: a name of 255 bytes, and one that begins as another does") {
    const std::string longest(255, 'a'), shorter(254, 'a');
    test::pair<test::null_provider> both({.client = {.alpn = {shorter, longest}}, .server = {.alpn = {longest}}});
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.protocol() == longest);
}

TEST_CASE("ALPN: where one end does not use it, there is none") {
    test::pair<test::null_provider> server_only({.server = {.alpn = {"mqtt"}}});
    REQUIRE(server_only.handshake());
    REQUIRE(server_only.client.tls.protocol().empty());
    REQUIRE(server_only.server.tls.protocol().empty());
    test::pair<test::null_provider> client_only({.client = {.alpn = {"mqtt"}}});
    REQUIRE(client_only.handshake());
    REQUIRE(client_only.client.tls.protocol().empty());
    REQUIRE(client_only.server.tls.protocol().empty());
}

TEST_CASE("ALPN: nothing in common is no_application_protocol on both sides") {
    disagree<seeded_chacha>({.client = {.alpn = {"h2"}}, .server = {.alpn = {"mqtt", "h"}}}, errc::no_common_protocol,
                            alert_description::no_application_protocol);
}

TEST_CASE("SNI is what the client asked for, and the client judges the server by the same (section 9.2)") {
    test::pair<seeded_chacha> both({.target = {.server_name = "host.example"}});
    std::string judged;
    test::buffer leaf_shown;
    both.client.watch = [&](const step& step) {
        if (step.what != what::verify_peer) return;
        judged = std::string(step.peer().server_name);
        leaf_shown = test::copy(step.peer().chain.front().der);
        REQUIRE(step.peer().purpose == x509::key_purpose::server_auth);
    };
    REQUIRE(both.handshake());
    REQUIRE(both.server.server_name == "host.example");
    REQUIRE(judged == "host.example");
    REQUIRE(leaf_shown == both.server_credentials().certificates[0]);
}

TEST_CASE("an address is not sent as SNI, but the server is judged by it") {
    for (const std::string_view address : {"192.0.2.1", "2001:db8::1", "::1", "127.0.0.1"}) {
        CAPTURE(address);
        test::pair<test::null_provider> both({.target = {.server_name = address}});
        std::string judged;
        both.client.watch = [&](const step& step) {
            if (step.what == what::verify_peer) judged = std::string(step.peer().server_name);
        };
        REQUIRE(both.handshake());
        REQUIRE(both.server.server_name.empty());
        REQUIRE(judged == address);
        const auto in_clear = test::copy(as_bytes(address));
        const auto& sent = both.to_server.all;
        REQUIRE(std::search(sent.begin(), sent.end(), in_clear.begin(), in_clear.end()) == sent.end());
    }
    test::pair<test::null_provider> nameless({.target = {}});
    REQUIRE(nameless.handshake());
    REQUIRE(nameless.server.server_name.empty());
}

TEMPLATE_TEST_CASE("key log: the same five lines on both sides, and only when asked for", "", seeded_usual,
                   seeded_chacha) {
    test::pair<TestType> both({.client = {.key_log = true}, .server = {.key_log = true}});
    REQUIRE(both.handshake());
    REQUIRE(both.client.key_log == both.server.key_log);
    const auto lines = lines_of(both.client.key_log);
    const std::vector<std::string> labels{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                          "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"};
    REQUIRE(lines.size() == labels.size());
    const std::string random = test::hex(bytes_view(both.to_server.all).subspan(5 + 4 + 2, 32));
    const bool sha384 = both.client.tls.suite() == cipher_suite::tls_aes_256_gcm_sha384;
    std::vector<std::string> secrets;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string front = labels[i] + " " + random + " ";
        REQUIRE(lines[i].substr(0, front.size()) == front);
        secrets.push_back(lines[i].substr(front.size()));
        REQUIRE(secrets.back().size() == (sha384 ? 96 : 64));
        REQUIRE(secrets.back().find_first_not_of("0123456789abcdef") == std::string::npos);
        REQUIRE(std::count(secrets.begin(), secrets.end(), secrets.back()) == 1);
    }
    test::pair<TestType> quiet({.client = {.key_log = true}});
    REQUIRE(quiet.handshake());
    REQUIRE(quiet.server.key_log.empty());
    REQUIRE(quiet.client.key_log == both.client.key_log);
}

TEMPLATE_TEST_CASE("keying material is the same on both sides", "", seeded_usual, seeded_chacha) {
    test::pair<TestType> both;
    test::buffer one(48), other(48);
    REQUIRE(both.client.tls.export_keying_material("label", {}, one) == errc::not_connected);
    REQUIRE(both.server.tls.export_keying_material("label", {}, one) == errc::not_connected);
    REQUIRE(both.handshake());
    const auto both_export = [&](std::string_view label, std::string_view context, std::size_t size) {
        test::buffer of_client(size), of_server(size);
        REQUIRE(both.client.tls.export_keying_material(label, as_bytes(context), of_client) == errc::none);
        REQUIRE(both.server.tls.export_keying_material(label, as_bytes(context), of_server) == errc::none);
        REQUIRE(of_client == of_server);
        return of_client;
    };
    const auto plain = both_export("EXPORTER-test", "", 48);
    REQUIRE(plain != both_export("EXPORTER-test", "context", 48));
    REQUIRE(plain != both_export("EXPORTER-other", "", 48));
    REQUIRE(test::buffer(plain.begin(), plain.begin() + 20) != both_export("EXPORTER-test", "", 20));
    REQUIRE(both_export(std::string(249, 'l'), "", 32).size() == 32);
    const std::size_t most = 255u * (both.client.tls.suite() == cipher_suite::tls_aes_256_gcm_sha384 ? 48 : 32);
    REQUIRE(both_export("EXPORTER-test", "", most).size() == most);
    test::buffer out(most + 1);
    REQUIRE(both.client.tls.export_keying_material("EXPORTER-test", {}, out) == errc::bad_argument);
    REQUIRE(both.client.tls.export_keying_material("", {}, one) == errc::bad_argument);
    REQUIRE(both.client.tls.export_keying_material(std::string(250, 'l'), {}, one) == errc::bad_argument);
    REQUIRE(out == test::buffer(most + 1));
}

TEST_CASE("compatibility mode shows on the wire, and only there (appendix E.4)") {
    test::pair<seeded_chacha> on;
    REQUIRE(on.handshake());
    REQUIRE(has_change_cipher_spec(on.to_server.all));
    REQUIRE(has_change_cipher_spec(on.to_client.all));
    REQUIRE(on.to_server.all[5 + 4 + 2 + 32] == 32);
    talk(on);
    test::pair<seeded_chacha> off({.client = {.compatibility_mode = false}});
    REQUIRE(off.handshake());
    REQUIRE_FALSE(has_change_cipher_spec(off.to_server.all));
    REQUIRE_FALSE(has_change_cipher_spec(off.to_client.all));
    REQUIRE(off.to_server.all[5 + 4 + 2 + 32] == 0);
    talk(off);
}

TEST_CASE("what was in each record can be told") {
    test::pair<seeded_chacha> both({.server = {.authenticate_client = client_authentication::request}});
    both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    const auto has_all = [](const std::vector<record_info>& records, std::initializer_list<handshake_type> types) {
        std::uint32_t expected = 0, found = 0;
        for (const handshake_type type : types) expected |= 1u << static_cast<unsigned>(type);
        for (const record_info& record : records) found |= record.messages;
        return found == expected;
    };
    using enum handshake_type;
    REQUIRE(has_all(both.server.opened, {client_hello, certificate, certificate_verify, finished}));
    REQUIRE(has_all(both.client.opened, {server_hello, encrypted_extensions, certificate_request, certificate,
                                         certificate_verify, finished}));
    REQUIRE(both.server.opened[0].type == content_type::handshake);
    REQUIRE_FALSE(both.server.opened[0].encrypted);
    REQUIRE(both.client.opened[0].has(server_hello));
    REQUIRE(both.client.opened.back().encrypted);
    REQUIRE(both.client.opened.back().has(finished));
    std::size_t wire = 0;
    for (const record_info& record : both.client.opened) wire += record.wire_size;
    REQUIRE(wire == both.to_client.all.size());
}

TEST_CASE("what waits to be sent is named where nothing else can be done") {
    test::pair<seeded_chacha> both;
    REQUIRE(both.client.receive().what == what::output_waiting);
    REQUIRE(both.client.flush());
    REQUIRE(both.client.receive().what == what::need_input);
    both.server.silent = true;
    both.run();
    REQUIRE(both.server.tls.owes_output());
    REQUIRE(both.server.receive().what == what::output_waiting);
    both.server.silent = false;
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.update_keys() == errc::none);
    REQUIRE(both.client.receive().what == what::output_waiting);
    // Data that has come goes before it.
    REQUIRE(both.server.send("data") == errc::none);
    both.client.arrive(both.to_client.take());
    REQUIRE(both.client.receive().what == what::application_data);
    REQUIRE(both.client.receive().what == what::output_waiting);
    REQUIRE(both.client.flush());
    REQUIRE(both.client.receive().what == what::need_input);
}

TEST_CASE("data may come in one piece with the last message before it") {
    // Of the client, whose first data leaves together with its Finished.
    test::pair<seeded_chacha> by_client;
    by_client.client.watch = [&](const step& step) {
        if (step.what == what::handshake_done) REQUIRE(by_client.client.send("at once") == errc::none);
    };
    REQUIRE(by_client.handshake());
    REQUIRE(by_client.server.received == test::text("at once"));

    // Of a server, which need not wait for the client's Finished (section 2).
    for (const auto who : {client_authentication::none, client_authentication::request}) {
        test::pair<test::null_provider> by_server({.server = {.authenticate_client = who}});
        by_server.client.own = &by_server.client_credentials();
        by_server.to_client.transit = [first = true](test::buffer sent) mutable {
            const test::buffer data = test::null_data(test::text("early"));
            if (std::exchange(first, false)) sent.insert(sent.end(), data.begin(), data.end());
            return sent;
        };
        REQUIRE(by_server.handshake());
        REQUIRE(by_server.client.received == test::text("early"));
        const auto& history = by_server.client.history;
        REQUIRE(history[history.size() - 2].what == what::handshake_done);
    }
}

TEST_CASE("data before its time is refused") {
    test::pair<test::null_provider> both;
    both.to_server.transit = [](test::buffer sent) {
        if (sent[0] == 22) return sent;
        const test::buffer data = test::null_data(test::text("too early"));
        sent.insert(sent.begin() + (sent[0] == 20 ? 6 : 0), data.begin(), data.end());
        return sent;
    };
    REQUIRE_FALSE(both.handshake());
    REQUIRE(both.server.error() == errc::premature_application_data);
    REQUIRE(both.server.received.empty());
    REQUIRE(both.client.alert() == alert_description::unexpected_message);
}
