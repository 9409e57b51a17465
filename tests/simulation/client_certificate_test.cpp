// Who the client is: asked or not, shown or not, accepted or not.
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;
using pair = test::pair<seeded_chacha>;

/// All that the provider verifies, in its order.
template <class List>
bool are_all_schemes(const List& schemes) {
    std::size_t count = 0;
    for (const signature_scheme known : test::small_provider::verify_schemes)
        if (count == schemes.size() || schemes[count++] != known) return false;
    return count == schemes.size();
}

test::pair_options asking(client_authentication how) { return {.server = {.authenticate_client = how}}; }

/// The server fails after the client has said its last word: the client, which waits for data, hears why.
void server_refuses(pair& both, errc error, alert_description alert) {
    REQUIRE_FALSE(both.handshake());
    REQUIRE_FALSE(both.server.has(what::handshake_done));
    REQUIRE(both.server.error() == error);
    REQUIRE(both.client.has(what::handshake_done));
    REQUIRE(both.client.history.back().what == what::failed);
    REQUIRE(both.client.error() == errc::peer_alert);
    REQUIRE(both.client.alert() == alert);
    REQUIRE(alert_for(error) == alert);
    REQUIRE_FALSE(both.server.tls.peer_authenticated());
    test::buffer out(100);
    REQUIRE(both.client.tls.send(as_bytes("x"), out).error == errc::connection_failed);
    REQUIRE(both.server.tls.send(as_bytes("x"), out).error == errc::connection_failed);
}

}  // namespace

TEST_CASE("a client that is not asked is not known") {
    pair both;
    both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    REQUIRE_FALSE(both.client.has(what::choose_identity));
    REQUIRE_FALSE(both.client.has(what::sign));
    REQUIRE_FALSE(both.server.has(what::verify_peer));
    REQUIRE(both.client.tls.peer_authenticated());
    REQUIRE_FALSE(both.server.tls.peer_authenticated());
}

TEST_CASE("a client that is asked shows its certificate") {
    for (const auto how : {client_authentication::request, client_authentication::require}) {
        pair both(asking(how));
        both.client.own = &both.client_credentials();
        bool asked = false, judged = false;
        both.client.watch = [&](const step& step) {
            if (step.what != what::choose_identity) return;
            asked = true;
            REQUIRE(are_all_schemes(step.schemes()));
        };
        both.server.watch = [&](const step& step) {
            if (step.what != what::verify_peer) return;
            judged = true;
            REQUIRE(step.peer().purpose == x509::key_purpose::client_auth);
            REQUIRE(step.peer().server_name.empty());
            REQUIRE(test::copy(step.peer().chain.front().der) == both.client_credentials().certificates[0]);
        };
        REQUIRE_FALSE(both.client.tls.peer_authenticated());
        REQUIRE_FALSE(both.server.tls.peer_authenticated());
        REQUIRE(both.handshake());
        REQUIRE(asked);
        REQUIRE(judged);
        REQUIRE(both.client.tls.peer_authenticated());
        REQUIRE(both.server.tls.peer_authenticated());
        // And so it stays, when the handshake's memory is gone.
        REQUIRE_FALSE(both.client.tls.take_workspace().empty());
        REQUIRE_FALSE(both.server.tls.take_workspace().empty());
        REQUIRE(both.client.tls.peer_authenticated());
        REQUIRE(both.server.tls.peer_authenticated());
        REQUIRE(both.client.count(what::sign) == 1);
        REQUIRE(both.client.send("from somebody known") == errc::none);
        both.run();
        REQUIRE(both.server.received == test::text("from somebody known"));
    }
}

TEST_CASE("which certificate the server would like is told to the client (sections 4.3.3, 4.3.4, 4.3.5 and 4.4.2)") {
    const test::buffer name = test::unhex("300d310b300906035504030c024341"), another{0x30, 0x00};
    const test::buffer usage = test::unhex("551d0f"), value = test::unhex("03020780");
    const std::vector<bytes_view> authorities{name, another};
    const std::vector<oid_filter> filters{{usage, value}};
    test::pair_options options = asking(client_authentication::require);
    options.server.authorities = authorities;
    options.server.oid_filters = filters;
    options.server.certificate_schemes = {signature_scheme::rsa_pkcs1_sha256, signature_scheme::ed25519};
    for (const std::size_t workspace : {std::size_t{0}, server<seeded_chacha>::smallest_workspace}) {
        options.server_workspace = workspace;
        pair both(options);
        both.client.own = &both.client_credentials();
        std::vector<test::buffer> shown;
        both.client.watch = [&](const step& step) {
            if (step.what != what::choose_identity) return;
            const requested_certificate request = step.request();
            for (const bytes_view der : request.authorities) shown.push_back(test::copy(der));
            for (const oid_filter one : request.oid_filters) {
                shown.push_back(test::copy(one.oid));
                shown.push_back(test::copy(one.values));
            }
            REQUIRE(request.context.empty());
            REQUIRE(are_all_schemes(request.schemes));
            REQUIRE(request.certificate_schemes.size() == 2);
            REQUIRE(request.certificate_schemes[0] == signature_scheme::rsa_pkcs1_sha256);
        };
        REQUIRE(both.handshake());
        REQUIRE(shown == std::vector<test::buffer>{name, another, usage, value});
        REQUIRE(both.server.tls.peer_authenticated());
    }
}

TEST_CASE("names of authorities that fill a workspace") {
    const test::buffer name(1000, 0x30);
    const std::vector<bytes_view> authorities(60, name);
    test::pair_options options = asking(client_authentication::require);
    options.server.authorities = authorities;
    pair both(options);
    both.client.own = &both.client_credentials();
    std::size_t shown = 0;
    both.client.watch = [&](const step& step) {
        if (step.what == what::choose_identity) shown = step.request().authorities.size();
    };
    REQUIRE(both.handshake());
    REQUIRE(both.server.loans != 0);
    REQUIRE(both.client.loans != 0);
    REQUIRE(shown == 60);
}

TEST_CASE("what no CertificateRequest can say is refused beforehand (sections 4.3.4 and 4.3.5)") {
    const test::buffer some(255, 1), much(256, 1), most(0x10000, 1), eku = test::unhex("551d25"),
                                                                     any = test::unhex("30060604551d2500");
    const auto authorities = [](std::vector<bytes_view> names) {
        server_config config;
        config.authorities = names;
        return check<seeded_chacha>(config);
    };
    const auto filters = [](std::vector<oid_filter> list) {
        server_config config;
        config.oid_filters = list;
        return check<seeded_chacha>(config);
    };
    REQUIRE(authorities({some, much}) == errc::none);
    REQUIRE(authorities({some, {}}) == errc::config_bad_request);
    REQUIRE(authorities({most}) == errc::config_bad_request);
    REQUIRE(authorities(std::vector<bytes_view>(254, bytes_view(some))) == errc::none);
    REQUIRE(authorities(std::vector<bytes_view>(255, bytes_view(some))) == errc::config_bad_request);
    REQUIRE(filters({{some, much}, {eku, {}}}) == errc::none);
    REQUIRE(filters({{much, some}}) == errc::config_bad_request);
    REQUIRE(filters({{{}, some}}) == errc::config_bad_request);
    REQUIRE(filters({{some, most}}) == errc::config_bad_request);
    REQUIRE(filters({{some, much}, {some, {}}}) == errc::config_bad_request);
    REQUIRE(filters({{eku, any}}) == errc::config_bad_request);
    server_config twice;
    twice.certificate_schemes = {signature_scheme::ed25519, signature_scheme::ed25519};
    REQUIRE(check<seeded_chacha>(twice) == errc::config_too_many);
}

TEST_CASE("a chain of several certificates arrives in order (section 4.5.1)") {
    const test::credentials longer("client", 3000);
    pair both(asking(client_authentication::require));
    both.client.own = &longer;
    std::vector<test::buffer> shown;
    both.server.watch = [&](const step& step) {
        if (step.what != what::verify_peer) return;
        for (const auto& entry : step.peer().chain) shown.push_back(test::copy(entry.der));
    };
    REQUIRE(both.handshake());
    REQUIRE(shown == longer.certificates);
}

TEST_CASE("a client that declines is let in where a certificate was only requested") {
    pair both(asking(client_authentication::request));
    REQUIRE(both.handshake());
    REQUIRE(both.client.has(what::choose_identity));
    REQUIRE_FALSE(both.client.has(what::sign));
    REQUIRE_FALSE(both.server.has(what::verify_peer));
    REQUIRE(both.client.tls.peer_authenticated());
    REQUIRE_FALSE(both.server.tls.peer_authenticated());
}

TEST_CASE(
    "a client that declines is not let in where a certificate is required, and hears it where data was expected") {
    pair both(asking(client_authentication::require));
    server_refuses(both, errc::certificate_required, alert_description::certificate_required);
}

TEST_CASE("every verdict on a client has its alert") {
    for (const errc why :
         {errc::bad_certificate, errc::unsupported_certificate, errc::certificate_revoked, errc::certificate_expired,
          errc::certificate_unknown, errc::unknown_ca, errc::access_denied, errc::refused}) {
        CAPTURE(name_of(why));
        pair both(asking(client_authentication::request));
        both.client.own = &both.client_credentials();
        both.server.verdict = x509::verdict::refuse(why);
        server_refuses(both, why, *alert_for(why));
    }
}

TEST_CASE("every verdict on a server has its alert (section 4.5.1.2)") {
    for (const errc why :
         {errc::bad_certificate, errc::certificate_expired, errc::certificate_name_mismatch, errc::certificate_unknown,
          errc::unknown_ca, errc::access_denied, errc::certificate_revoked, errc::bad_staple, errc::staple_missing}) {
        CAPTURE(name_of(why));
        pair both;
        both.client.verdict = x509::verdict::refuse(why);
        REQUIRE_FALSE(both.handshake());
        REQUIRE(both.client.error() == why);
        REQUIRE_FALSE(both.client.tls.peer_authenticated());
        REQUIRE(both.server.error() == errc::peer_alert);
        REQUIRE(both.server.alert() == *alert_for(why));
    }
}

TEST_CASE(
    "a verdict that nobody gave is a refusal, and one that owes no alert becomes one that does "
    "(appendix C.5)") {
    pair none_given;
    none_given.client.verdict = {};
    REQUIRE_FALSE(none_given.handshake());
    REQUIRE(none_given.client.error() == errc::certificate_unknown);
    pair no_alert;
    no_alert.client.verdict = x509::verdict::refuse(errc::truncated);
    REQUIRE_FALSE(no_alert.handshake());
    REQUIRE(no_alert.client.error() == errc::certificate_unknown);
}

TEST_CASE("a signature by another key is decrypt_error (section 4.5.2)") {
    const test::credentials somebody("somebody");
    pair both(asking(client_authentication::request));
    both.client.own = &both.client_credentials();
    test::buffer forged;
    both.client.answer = [&](const step& step) {
        if (step.what != what::sign) return false;
        forged = somebody.key.sign(test::copy(step.signing().content));
        return both.client.tls.answer(signature{forged}) == errc::none;
    };
    server_refuses(both, errc::bad_signature, alert_description::decrypt_error);

    pair other;
    other.server.answer = [&](const step& step) {
        if (step.what != what::sign) return false;
        forged = somebody.key.sign(test::copy(step.signing().content));
        return other.server.tls.answer(signature{forged}) == errc::none;
    };
    REQUIRE_FALSE(other.handshake());
    REQUIRE(other.client.error() == errc::bad_signature);
    REQUIRE(other.server.error() == errc::peer_alert);
    REQUIRE(other.server.alert() == alert_description::decrypt_error);
}

TEST_CASE("the two ends do not sign the same") {
    test::buffer by_client, by_server;
    pair both(asking(client_authentication::request));
    both.client.own = &both.client_credentials();
    both.client.watch = [&](const step& step) {
        if (step.what == what::sign) by_client = test::copy(step.signing().content);
    };
    both.server.watch = [&](const step& step) {
        if (step.what == what::sign) by_server = test::copy(step.signing().content);
    };
    REQUIRE(both.handshake());
    const std::string context(reinterpret_cast<const char*>(by_client.data()) + 64, 33);
    REQUIRE(context == "TLS 1.3, client CertificateVerify");
    REQUIRE(by_client.size() == 64 + 33 + 1 + 32);
    REQUIRE(by_server.size() == 64 + 33 + 1 + 32);
    REQUIRE(test::buffer(by_client.begin() + 98, by_client.end()) !=
            test::buffer(by_server.begin() + 98, by_server.end()));
}

TEST_CASE("an identity with schemes that the peer does not take (section 4.5.2)") {
    test::credentials foreign("client");
    foreign.schemes = {signature_scheme::ecdsa_secp521r1_sha512};
    pair client_has_it(asking(client_authentication::request));
    client_has_it.client.own = &foreign;
    REQUIRE(client_has_it.handshake());
    REQUIRE_FALSE(client_has_it.client.has(what::sign));
    REQUIRE_FALSE(client_has_it.server.has(what::verify_peer));

    pair server_has_it;
    server_has_it.server.own = &foreign;
    REQUIRE_FALSE(server_has_it.handshake());
    REQUIRE(server_has_it.server.error() == errc::no_common_scheme);
    REQUIRE(server_has_it.client.alert() == alert_description::handshake_failure);
}

TEST_CASE("a certificate that may not sign is refused before anybody judges it") {
    struct made : test::credentials {
        made() : test::credentials("agreer") {
            certificates[0] = test::draft("agreer", "agreer").with(test::key_usage(3, 0x08)).der();
            chain[0] = certificates[0];
        }
    };
    const made agreer;
    pair both;
    both.server.own = &agreer;
    REQUIRE_FALSE(both.handshake());
    REQUIRE_FALSE(both.client.has(what::verify_peer));
    REQUIRE(both.client.error() == errc::unsupported_certificate);
    REQUIRE(both.server.alert() == alert_description::unsupported_certificate);
}
