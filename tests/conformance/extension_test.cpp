// Extensions where they may not be, twice, or unasked, in each message and both roles: the alert as it leaves.
#include <spantls/spantls.hpp>

#include "conformance/wire.hpp"
#include "handshake/rules.hpp"

using spantls::errc;
using spantls::extension_place;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

using make_message = std::function<buffer(const buffer& session_id, const extensions& more)>;

/// A message with extensions that a client gets, and how far it has got then.
struct to_client {
    const char* name;
    extension_place place;
    std::function<void(null_client&)> before;
    make_message make;
    bool sealed = true;
};

extensions with(extensions base, const extensions& more) {
    for (const auto& [type, data] : more.all) base.add(type, data);
    return base;
}

const std::vector<to_client> client_messages{
    {"ServerHello", extension_place::server_hello, [](auto&) {},
     [](const buffer& echo, const extensions& more) {
         server_hello hello(echo);
         hello.ext_ = with(hello.ext_, more);
         return hello.message();
     },
     false},
    {"HelloRetryRequest", extension_place::hello_retry_request, [](auto&) {},
     [](const buffer& echo, const extensions& more) {
         server_hello hello = server_hello::retry(echo, spantls::named_group::secp256r1);
         hello.ext_ = with(hello.ext_, more);
         return hello.message();
     },
     false},
    {"EncryptedExtensions", extension_place::encrypted_extensions, test::after_server_hello,
     [](const buffer&, const extensions& more) { return encrypted_extensions(more); }},
    {"CertificateRequest", extension_place::certificate_request, test::after_encrypted_extensions,
     [](const buffer&, const extensions& more) { return certificate_request(with(request_extensions(), more)); }},
    {"Certificate", extension_place::certificate, test::after_encrypted_extensions,
     [](const buffer&, const extensions& more) { return certificate(certificate_entry(test::leaf_der(), more)); }},
    {"NewSessionTicket", extension_place::new_session_ticket, [](auto& it) { test::connected(it); },
     [](const buffer&, const extensions& more) { return ticket(more); }},
};

const spantls::client_config client{.alpn = {"mqtt"}};

/// What a client makes of this message with these extensions more; `offered` are those of its ClientHello.
template <class Extensions>
void client_refuses(const to_client& one, Extensions more_of, errc error, alert why) {
    test::null_provider crypto;
    null_client it(crypto, client, spantls::client_target{.server_name = "leaf.example"});
    const std::vector<int> offered = test::wire::types_of(test::wire::first_hello(it.sent).ext);
    extensions more;
    if (!more_of(offered, more)) return;
    CAPTURE(one.name, more.all.back().first);
    const buffer session_id = it.session_id();
    one.before(it);
    REQUIRE(it.tls.error() == errc::none);
    const buffer content = one.make(session_id, more);
    it.feed(one.sealed ? sealed_handshake(content) : handshake(content));
    check_refused(it, error, why);
}

/// The same of a server: in ClientHello, and in the Certificate of a client.
void server_refuses(extension_place place, const extensions& more, errc error, alert why) {
    CAPTURE(static_cast<int>(place), more.all.back().first);
    test::null_provider crypto;
    const spantls::server_config config{.authenticate_client = spantls::client_authentication::request};
    null_server it(crypto, config);
    client_hello hello;
    if (place == extension_place::client_hello) hello.ext_ = with(hello.ext_, more);
    it.feed(hello.record());
    if (place == extension_place::certificate)
        it.feed(sealed_handshake(certificate(certificate_entry(test::leaf_der(), more))));
    check_refused(it, error, why);
}

bool is_allowed(const spantls::extension_row& row, extension_place place) {
    return (row.places & static_cast<std::uint8_t>(place)) != 0;
}
bool contains(const std::vector<int>& all, int type) { return std::find(all.begin(), all.end(), type) != all.end(); }

/// Answers to a ClientHello or a CertificateRequest; the others may have what nobody knows.
bool is_answer(extension_place place) {
    return place != extension_place::client_hello && place != extension_place::certificate_request &&
           place != extension_place::new_session_ticket;
}

constexpr std::array unknown{0x0a0a, 0x1a1a, 0xfafa, 0x0c0c, 0xffff, 17};

}  // namespace

TEST_CASE(
    "an extension where it may not be is illegal_parameter, whether it was offered or not "
    "(sections 4.3, 4.3.5, 4.3.6, 4.3.9 and 4.4.1)") {
    constexpr auto error = errc::misplaced_extension;
    std::size_t cases = 0;
    for (const auto& row : spantls::extension_table) {
        for (const to_client& one : client_messages) {
            if (is_allowed(row, one.place)) continue;
            ++cases;
            for (const buffer& data : {buffer(), buffer(3, 1)})
                client_refuses(
                    one,
                    [&](const auto&, extensions& more) {
                        more.add(row.type, data);
                        return true;
                    },
                    error, alert::illegal_parameter);
        }
        for (const auto place : {extension_place::client_hello, extension_place::certificate}) {
            if (is_allowed(row, place)) continue;
            ++cases;
            server_refuses(place, extensions().add(row.type), error, alert::illegal_parameter);
        }
    }
    test::ran("extensions where they may not be", cases);
}

TEST_CASE("an answer to what was not asked is unsupported_extension (sections 4.3, 4.2.4 and 4.5.1)") {
    std::size_t cases = 0;
    std::vector<spantls::extension_row> rows(spantls::extension_table.begin(), spantls::extension_table.end());
    for (const int type : unknown) rows.push_back({static_cast<ext>(type), 0xff});
    for (const auto& row : rows) {
        const int type = static_cast<int>(row.type);
        // RFC 9345, sections 4.1.1 and 4.1.2, has an alert of its own.
        const bool delegated = row.type == ext::delegated_credential;
        const errc error = delegated ? errc::delegation_not_asked : errc::unsolicited_extension;
        const alert why = delegated ? alert::unexpected_message : alert::unsupported_extension;
        for (const to_client& one : client_messages) {
            if (!is_answer(one.place) || !is_allowed(row, one.place)) continue;
            // The one extension of a HelloRetryRequest that needs no question.
            if (one.place == extension_place::hello_retry_request && row.type == ext::cookie) continue;
            client_refuses(
                one,
                [&](const std::vector<int>& offered, extensions& more) {
                    if (one.place != extension_place::certificate && contains(offered, type)) return false;
                    ++cases;
                    more.add(type);
                    return true;
                },
                error, why);
        }
        if (!is_allowed(row, extension_place::certificate)) continue;
        ++cases;
        server_refuses(extension_place::certificate, extensions().add(type), error, why);
    }
    test::ran("answers to what was not asked", cases);
}

TEST_CASE("an extension twice is illegal_parameter, next to itself or not (section 4.3)") {
    constexpr auto error = errc::duplicate_extension;
    std::size_t cases = 0;
    const auto twice = [](int type, bool apart) {
        extensions both;
        both.add(type, {0, 1, 1});
        if (apart) both.add(0x2a2a);
        return both.add(type, {0, 1, 1});
    };
    std::vector<spantls::extension_row> rows(spantls::extension_table.begin(), spantls::extension_table.end());
    for (const int type : unknown) rows.push_back({static_cast<ext>(type), 0xff});
    for (const auto& row : rows) {
        const int type = static_cast<int>(row.type);
        for (const to_client& one : client_messages) {
            if (!is_allowed(row, one.place) || one.place == extension_place::certificate) continue;
            const bool cookie = one.place == extension_place::hello_retry_request && row.type == ext::cookie;
            for (const bool apart : {false, true}) {
                // What stands between them would be refused first in an answer.
                if (apart && is_answer(one.place)) continue;
                client_refuses(
                    one,
                    [&](const std::vector<int>& offered, extensions& more) {
                        if (is_answer(one.place) && !contains(offered, type) && !cookie) return false;
                        ++cases;
                        more = twice(type, apart);
                        return true;
                    },
                    error, alert::illegal_parameter);
            }
        }
        if (!is_allowed(row, extension_place::client_hello)) continue;
        for (const bool apart : {false, true}) {
            ++cases;
            server_refuses(extension_place::client_hello, twice(type, apart), error, alert::illegal_parameter);
        }
    }
    test::ran("extensions twice", cases);
}

TEST_CASE("the version comes before everything else that may be wrong with a hello (section 4.3.1)") {
    const auto spoil = [](server_hello& hello) {
        hello.legacy_version = 0x0305;
        hello.session_id.clear();
        hello.suite = 0;
        hello.compression = 7;
        hello.ext_.add(0x0a0a).add(ext::certificate_authorities).remove(ext::key_share);
    };
    const test::client_rules rules{
        {"a version that was not offered",
         [&](null_client& it) {
             server_hello hello(it.session_id());
             spoil(hello);
             hello.ext_.set(ext::supported_versions, {3, 5});
             it.feed(hello.record());
         },
         errc::version_not_offered, alert::illegal_parameter},
        {"of a HelloRetryRequest, too",
         [&](null_client& it) {
             server_hello hello = server_hello::retry(it.session_id(), spantls::named_group::x25519);
             spoil(hello);
             hello.ext_.set(ext::supported_versions, {0x7f, 0x1c});
             it.feed(hello.record());
         },
         errc::version_not_offered, alert::illegal_parameter},
        {"TLS 1.2",
         [&](null_client& it) {
             server_hello hello(it.session_id());
             spoil(hello);
             hello.ext_.remove(ext::supported_versions);
             it.feed(hello.record());
         },
         errc::version_not_supported, alert::protocol_version},
    };
    test::check(rules);
    const test::server_rules of_server{
        {"TLS 1.2 in every form",
         [](null_server& it) {
             client_hello hello;
             hello.legacy_version = 0x0302;
             hello.compression = {1, 0};
             hello.suites = {0, 5};
             hello.ext_.set(ext::supported_versions, {4, 3, 3, 3, 2}).remove(ext::key_share);
             it.feed(hello.record());
         },
         errc::version_not_supported, alert::protocol_version},
    };
    test::check(of_server);
}
