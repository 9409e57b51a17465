#include <spantls/handshake/post_handshake.hpp>

#include "handshake/rules.hpp"

using spantls::errc;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

/// `content` in one record behind the handshake.
template <class Connection = null_client>
auto late(buffer content) {
    return [content](Connection& it) {
        test::connected(it);
        it.feed(sealed_handshake(content));
    };
}
template <class Connection = null_client>
auto late_records(std::vector<buffer> contents) {
    return [contents](Connection& it) {
        test::connected(it);
        for (const buffer& content : contents) it.feed(sealed_handshake(content));
    };
}

std::vector<buffer> repeated(std::size_t count, const buffer& content) { return std::vector<buffer>(count, content); }

template <class Connection, class Config>
std::size_t feeds_until_failed(const Config& config, const buffer& content) {
    test::null_provider crypto;
    Connection it(crypto, config);
    test::connected(it);
    std::size_t count = 0;
    while (it.tls.error() == errc::none && count < 1000) {
        it.feed(sealed_handshake(content));
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("KeyUpdate behind the handshake (section 4.7.3)") {
    const test::client_rules client{
        {"0 or 1", late(key_update(2)), errc::bad_key_update, alert::illegal_parameter},
        {"0 or 1, not 255", late(key_update(255)), errc::bad_key_update, alert::illegal_parameter},
        {"one byte, not none", late(message(24, {})), errc::decode_error, alert::decode_error},
        {"one byte, not two", late(message(24, {0, 0})), errc::decode_error, alert::decode_error},
        {"5.1: the record ends with it", late(join({key_update(0), ticket()})), errc::key_change_unaligned,
         alert::unexpected_message},
        {"5.1: not two in one record", late(join({key_update(0), key_update(0)})), errc::key_change_unaligned,
         alert::unexpected_message},
        {"5.1: not the beginning of another message behind it", late(join({key_update(0), {4, 0, 0}})),
         errc::key_change_unaligned, alert::unexpected_message},
        {"5.1: also when it came in two records", late_records({{24, 0, 0}, join({{1, 0}, {4, 0, 0}})}),
         errc::key_change_unaligned, alert::unexpected_message},
        {"too many in a row", late_records(repeated(spantls::max_key_updates_in_a_row + 1, key_update(0))),
         errc::too_many_key_updates, alert::unexpected_message},
    };
    test::check(client);
    const test::server_rules server{
        {"0 or 1", late<null_server>(key_update(2)), errc::bad_key_update, alert::illegal_parameter},
        {"5.1: the record ends with it", late<null_server>(join({key_update(1), key_update(0)})),
         errc::key_change_unaligned, alert::unexpected_message},
        {"5.1: not the beginning of another message behind it", late<null_server>(join({key_update(0), {24}})),
         errc::key_change_unaligned, alert::unexpected_message},
    };
    test::check(server);
}

TEST_CASE("what else may not come behind the handshake (sections 4.2.2, 4.7.1 and 4.7.2)") {
    const test::client_rules client{
        {"4.7.2: no CertificateRequest, as post_handshake_auth was not sent",
         late(certificate_request(request_extensions(), {1})), errc::unexpected_message, alert::unexpected_message},
        {"no ServerHello", late(server_hello({}).message()), errc::unexpected_message, alert::unexpected_message},
        {"no HelloRequest of TLS 1.2", late(message(0, {})), errc::unexpected_message, alert::unexpected_message},
        {"no Finished", late(finished()), errc::unexpected_message, alert::unexpected_message},
        {"4.7.1: ticket<1..2^16-1>", late(message(4, join({buffer(8), {0, 0, 0, 0, 0}}))), errc::decode_error,
         alert::decode_error},
        {"4.7.1: nothing behind it", late(message(4, join({buffer(8), {0, 0, 1, 1, 0, 0, 0}}))), errc::decode_error,
         alert::decode_error},
        {"4.3: key_share is not for NewSessionTicket", late(ticket(extensions().add(ext::key_share))),
         errc::misplaced_extension, alert::illegal_parameter},
        {"4.3: not two of one type", late(ticket(extensions().add(0x0a0a).add(0x0a0a))), errc::duplicate_extension,
         alert::illegal_parameter},
        {"behind a ticket, too", late(join({ticket(), finished()})), errc::unexpected_message,
         alert::unexpected_message},
        {"too many without data", late_records(repeated(spantls::max_post_handshake_messages + 1, ticket())),
         errc::too_many_messages, alert::unexpected_message},
        {"longer than the limit", late(join({{4}, {1, 0, 0}, buffer(10)})), errc::message_too_long,
         alert::illegal_parameter},
    };
    test::check(client);
    const test::server_rules server{
        {"4.2.2: no ClientHello", late<null_server>(client_hello().message()), errc::unexpected_message,
         alert::unexpected_message},
        {"4.7.1: no NewSessionTicket to a server", late<null_server>(ticket()), errc::unexpected_message,
         alert::unexpected_message},
        {"no Certificate", late<null_server>(test::leaf_message()), errc::unexpected_message,
         alert::unexpected_message},
        {"no EndOfEarlyData", late<null_server>(end_of_early_data()), errc::unexpected_message,
         alert::unexpected_message},
    };
    test::check(server);
}

TEST_CASE("a message of a type that may not come is refused before it is whole") {
    const test::client_rules client{
        {"its first bytes", late({20, 0, 0x20, 0}), errc::unexpected_message, alert::unexpected_message},
        {"behind a ticket", late(join({ticket(), {1, 0, 0x20, 0, 1}})), errc::unexpected_message,
         alert::unexpected_message},
    };
    test::check(client);
}

TEST_CASE("tickets and key updates, whole, in one record or cut anywhere (section 4.7.1)") {
    const buffer content =
        join({ticket(), ticket(extensions().add(ext::early_data, {0, 0, 0, 9}).add(0x0a0a)), key_update(1)});
    for (std::size_t cut = 0; cut < content.size(); ++cut) {
        INFO(cut);
        test::null_provider crypto;
        const spantls::client_config config;
        null_client it(crypto, config);
        test::connected(it);
        it.said.clear();
        const auto middle = content.begin() + static_cast<std::ptrdiff_t>(cut);
        if (cut != 0) it.feed(sealed_handshake({content.begin(), middle}));
        it.feed(sealed_handshake({middle, content.end()}));
        REQUIRE(it.tls.error() == errc::none);
        CHECK(std::count(it.said.begin(), it.said.end(), spantls::what::ticket) >= 1);
        CHECK(std::count(it.said.begin(), it.said.end(), spantls::what::key_updated) == 1);
        // The answer to update_requested.
        CHECK(test::hex(it.records().back()) == test::hex(sealed_handshake(key_update(0))));
        it.feed(sealed(spantls::content_type::application_data, letters("still there")));
        CHECK(it.received == letters("still there"));
    }
}

TEST_CASE("limits count until application data comes") {
    CHECK(feeds_until_failed<null_client>(spantls::client_config{}, ticket()) ==
          spantls::max_post_handshake_messages + 1);
    CHECK(feeds_until_failed<null_server>(spantls::server_config{}, key_update(0)) ==
          spantls::max_key_updates_in_a_row + 1);
    test::null_provider crypto;
    const spantls::client_config config;
    null_client it(crypto, config);
    test::connected(it);
    for (unsigned i = 0; i < 3 * spantls::max_post_handshake_messages; ++i)
        it.feed(sealed_handshake(i % 2 == 0 ? ticket() : key_update(0)))
            .feed(sealed(spantls::content_type::application_data, {1}));
    CHECK(it.tls.error() == errc::none);
}

TEST_CASE("missing_of_first says what a message lacks") {
    const buffer whole = ticket();
    CHECK(spantls::missing_of_first(whole) == 0);
    CHECK(spantls::missing_of_first(join({whole, {4}})) == 0);
    CHECK(spantls::missing_of_first(spantls::bytes_view(whole).first(whole.size() - 3)) == 3);
    CHECK(spantls::missing_of_first(spantls::bytes_view(whole).first(4)) == whole.size() - 4);
    CHECK(spantls::missing_of_first(spantls::bytes_view(whole).first(1)) == 3);
}
