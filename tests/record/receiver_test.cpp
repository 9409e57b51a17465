#include <spantls/record/receiver.hpp>

#include "handshake/rules.hpp"
#include "support/provider.hpp"

using spantls::content_type;
using spantls::errc;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

/// A record of any type and any length, of which `content` is there.
buffer raw(int type, std::size_t length, const buffer& content) {
    return join({{static_cast<std::uint8_t>(type), 3, 3}, number(length, 2), content});
}
buffer raw(int type, const buffer& content) { return raw(type, content.size(), content); }
buffer plain_alert(const buffer& content) { return record(content_type::alert, content); }
buffer sealed_alert(const buffer& content) { return sealed(content_type::alert, content); }
/// Any inner plaintext.
buffer inner(const buffer& plaintext) { return raw(23, join({plaintext, buffer(16)})); }

template <class Connection>
auto at_once(buffer bytes) {
    return [bytes](Connection& it) { it.feed(bytes); };
}
/// Behind ServerHello, when records are protected.
auto encrypted(buffer bytes) {
    return [bytes](null_client& it) {
        test::after_server_hello(it);
        it.feed(bytes);
    };
}
template <class Connection>
auto connected(buffer bytes) {
    return [bytes](Connection& it) {
        test::connected(it);
        it.feed(bytes);
    };
}
buffer times(std::size_t count, const buffer& what) {
    buffer all;
    for (std::size_t i = 0; i < count; ++i) all = join({all, what});
    return all;
}

constexpr auto unexpected = alert::unexpected_message;

/// It has ended because of what the peer said, and has nothing to say to that (section 6).
template <class Connection>
void check_ended(Connection& it, errc error) {
    CHECK(spantls::name_of(it.tls.error()) == spantls::name_of(error));
    CHECK(it.last() == spantls::what::failed);
    CHECK(it.alerts().empty());
    CHECK_FALSE(it.tls.owes_output());
}

}  // namespace

TEST_CASE("records in the clear (section 5.1)") {
    const auto client = at_once<null_client>;
    const auto server = at_once<null_server>;
    const test::client_rules of_client{
        {"5: type 0", client(raw(0, {1})), errc::unexpected_record_type, unexpected},
        {"5: type 24, heartbeat", client(raw(24, {1})), errc::unexpected_record_type, unexpected},
        {"5: type 25", client(raw(25, {1})), errc::unexpected_record_type, unexpected},
        {"5: type 255", client(raw(255, {1})), errc::unexpected_record_type, unexpected},
        {"5: known by the header alone", client(raw(24, 16384, {})), errc::unexpected_record_type, unexpected},
        {"5.1: application data is protected", client(raw(23, buffer(40))), errc::unexpected_record_type, unexpected},
        {"5.1: 16385 bytes", client(raw(22, 16385, buffer(16385))), errc::record_overflow, alert::record_overflow},
        {"5.1: 16385 bytes, by the header alone", client(raw(22, 16385, {})), errc::record_overflow,
         alert::record_overflow},
        {"5.1: 65535 bytes of alert", client(raw(21, 65535, {})), errc::record_overflow, alert::record_overflow},
        {"5.1: no empty handshake record", client(raw(22, buffer())), errc::empty_fragment, unexpected},
        {"5.1: no empty alert", client(plain_alert({})), errc::empty_fragment, unexpected},
        {"5.1: an alert of one byte", client(plain_alert({2})), errc::bad_alert, alert::decode_error},
        {"5.1: an alert of three bytes", client(plain_alert({2, 40, 0})), errc::bad_alert, alert::decode_error},
        {"5.1: two alerts in one record", client(plain_alert({1, 0, 1, 0})), errc::bad_alert, alert::decode_error},
        {"5.1: a message is not interrupted", client(join({handshake({2, 0, 0}), plain_alert({1, 0})})),
         errc::interleaved_record, unexpected},
        {"5: change_cipher_spec of two bytes", client(raw(20, {1, 1})), errc::bad_change_cipher_spec, unexpected},
        {"5: change_cipher_spec of no byte", client(raw(20, buffer())), errc::bad_change_cipher_spec, unexpected},
        {"5: change_cipher_spec of another value", client(raw(20, {2})), errc::bad_change_cipher_spec, unexpected},
        {"one change_cipher_spec too many", client(times(spantls::max_change_cipher_specs + 1, change_cipher_spec())),
         errc::too_many_change_cipher_specs, unexpected},
        {"a message longer than the limit", client(handshake({2, 1, 0, 0, 3, 3})), errc::message_too_long,
         alert::illegal_parameter},
    };
    test::check(of_client);
    const test::server_rules of_server{
        {"5: type 0", server(raw(0, {1})), errc::unexpected_record_type, unexpected},
        {"5, E.5: SSL 2's ClientHello", server({0x80, 0x2e, 1, 3, 1, 0, 0x15}), errc::unexpected_record_type,
         unexpected},
        {"5: somebody who speaks HTTP", server(letters("GET / HTTP/1.1\r\n")), errc::unexpected_record_type,
         unexpected},
        {"5.1: application data is protected", server(raw(23, buffer(40))), errc::unexpected_record_type, unexpected},
        {"5: no change_cipher_spec before ClientHello", server(change_cipher_spec()), errc::unexpected_record_type,
         unexpected},
        {"5: no change_cipher_spec in ClientHello", server(join({handshake({1, 0}), change_cipher_spec()})),
         errc::unexpected_record_type, unexpected},
        {"5.1: no empty handshake record", server(raw(22, buffer())), errc::empty_fragment, unexpected},
        {"5.1: also not inside a message", server(join({handshake({1, 0}), raw(22, buffer())})), errc::empty_fragment,
         unexpected},
        {"5.1: a message is not interrupted", server(join({handshake({1, 0, 0}), plain_alert({2, 80})})),
         errc::interleaved_record, unexpected},
        {"5.1: 16385 bytes", server(raw(22, 16385, buffer(16385))), errc::record_overflow, alert::record_overflow},
        {"a message longer than the limit", server(handshake({1, 1, 0, 0, 3, 3})), errc::message_too_long,
         alert::illegal_parameter},
    };
    test::check(of_server);
}

TEST_CASE("protected records (sections 5.2 and 5.4)") {
    const buffer full(16384, 'x');
    const test::client_rules handshaking{
        {"5: no protected change_cipher_spec", encrypted(sealed(content_type::change_cipher_spec, {1})),
         errc::unexpected_record_type, unexpected},
        {"5: no other types", encrypted(inner({1, 24})), errc::unexpected_record_type, unexpected},
        {"5.4: a content type", encrypted(inner(buffer(10))), errc::no_content_type, unexpected},
        {"5.4: a content type, even without padding", encrypted(inner({0})), errc::no_content_type, unexpected},
        {"5.4: a content type, though nothing but the tag is there", encrypted(inner({})), errc::no_content_type,
         unexpected},
        {"5.2: a tag", encrypted(raw(23, buffer(15))), errc::bad_record_mac, alert::bad_record_mac},
        {"5.2: something", encrypted(raw(23, buffer())), errc::bad_record_mac, alert::bad_record_mac},
        {"5.4: no empty handshake record", encrypted(sealed_handshake({})), errc::empty_fragment, unexpected},
        {"5.4: no empty handshake record, even with padding", encrypted(sealed(content_type::handshake, {}, 100)),
         errc::empty_fragment, unexpected},
        {"5.4: no empty alert", encrypted(sealed_alert({})), errc::empty_fragment, unexpected},
        {"5.1: one alert", encrypted(sealed_alert({1, 0, 1, 0})), errc::bad_alert, alert::decode_error},
        {"5.2: no plaintext when there are keys", encrypted(handshake(encrypted_extensions())),
         errc::unexpected_record_type, unexpected},
        {"2, 6.2: no application data before Finished", encrypted(sealed(content_type::application_data, {1})),
         errc::premature_application_data, unexpected},
        {"6.2: no empty application data before Finished", encrypted(sealed(content_type::application_data, {})),
         errc::premature_application_data, unexpected},
        {"5.1: a message is not interrupted",
         encrypted(join({sealed_handshake({8, 0}), sealed(content_type::application_data, {1})})),
         errc::interleaved_record, unexpected},
        {"5.2: 16641 bytes", encrypted(raw(23, 16641, {})), errc::record_overflow, alert::record_overflow},
        {"5.2: 16641 bytes, all there", encrypted(raw(23, buffer(16641, 22))), errc::record_overflow,
         alert::record_overflow},
    };
    test::check(handshaking);
    const auto client = connected<null_client>;
    const test::client_rules later{
        {"5.4: 16385 bytes of content", client(sealed(content_type::application_data, join({full, {'x'}}))),
         errc::record_overflow, alert::record_overflow},
        {"5.4: 16384 bytes of content and padding", client(sealed(content_type::application_data, full, 1)),
         errc::record_overflow, alert::record_overflow},
        {"5.4: padding for more than 16384 bytes", client(sealed(content_type::application_data, {1}, 16384)),
         errc::record_overflow, alert::record_overflow},
        {"5.2: 16641 bytes", client(raw(23, 16641, {})), errc::record_overflow, alert::record_overflow},
        {"5: no change_cipher_spec behind Finished", client(change_cipher_spec()), errc::unexpected_record_type,
         unexpected},
        {"5.2: no plaintext alert behind Finished", client(plain_alert({2, 40})), errc::unexpected_record_type,
         unexpected},
        {"5.2: no plaintext handshake behind Finished", client(handshake(ticket())), errc::unexpected_record_type,
         unexpected},
        {"5.4: a content type", client(inner(buffer(3))), errc::no_content_type, unexpected},
        {"5.4: no empty handshake record", client(sealed_handshake({})), errc::empty_fragment, unexpected},
        {"5.1: one alert", client(sealed_alert({1})), errc::bad_alert, alert::decode_error},
        {"5.1: a message is not interrupted by data",
         client(join({sealed_handshake({4, 0, 0}), sealed(content_type::application_data, {1})})),
         errc::interleaved_record, unexpected},
        {"5.1: a message is not interrupted by an alert", client(join({sealed_handshake({24}), sealed_alert({1, 0})})),
         errc::interleaved_record, unexpected},
        {"one empty record too many",
         client(times(spantls::max_empty_records + 1, sealed(content_type::application_data, {}))),
         errc::too_many_empty_records, unexpected},
        {"the same with padding",
         client(times(spantls::max_empty_records + 1, sealed(content_type::application_data, {}, 9))),
         errc::too_many_empty_records, unexpected},
    };
    test::check(later);
    const auto server = connected<null_server>;
    const test::server_rules of_server{
        {"5: no change_cipher_spec behind Finished", server(change_cipher_spec()), errc::unexpected_record_type,
         unexpected},
        {"5.2: no plaintext behind Finished", server(client_hello().record()), errc::unexpected_record_type,
         unexpected},
        {"5: no protected change_cipher_spec", server(sealed(content_type::change_cipher_spec, {1})),
         errc::unexpected_record_type, unexpected},
        {"5.2: no plaintext when there are keys",
         [](null_server& it) {
             test::after_client_hello(it);
             it.feed(handshake(finished()));
         },
         errc::unexpected_record_type, unexpected},
        {"2, 6.2: no application data before Finished",
         [](null_server& it) {
             test::after_client_hello(it);
             it.feed(sealed(content_type::application_data, {1}));
         },
         errc::premature_application_data, unexpected},
    };
    test::check(of_server);
}

TEST_CASE("whoever has sent what is protected does not say in the clear what went wrong (section 5.2)") {
    const buffer decode_error = plain_alert({2, 50});
    SECTION("towards a client") {
        const test::client_rules rules{
            {"an alert in the clear behind EncryptedExtensions",
             encrypted(join({sealed_handshake(encrypted_extensions()), decode_error})), errc::unexpected_record_type,
             unexpected},
        };
        test::check(rules);
    }
    SECTION("towards a server") {
        const auto behind_certificate = [&](null_server& it) {
            test::after_client_hello(it);
            it.feed(join({sealed_handshake(test::leaf_message()), decode_error}));
        };
        const test::server_rules rules{
            {"an alert in the clear between Certificate and Finished", behind_certificate, errc::unexpected_record_type,
             unexpected},
        };
        test::check(rules, {.authenticate_client = spantls::client_authentication::require});
    }
}

TEST_CASE("records that look odd and are right") {
    test::null_provider crypto;
    const spantls::client_config config;
    null_client it(crypto, config);
    // legacy_record_version counts for nothing (section 5.1).
    buffer hello = server_hello(it.session_id()).record();
    hello[1] = 0x7f, hello[2] = 0xff;
    // change_cipher_spec is dropped wherever it comes, twice (section 5).
    it.feed(join({change_cipher_spec(), hello, change_cipher_spec()}));
    it.feed(sealed(content_type::handshake, encrypted_extensions(), 1000));
    it.feed(sealed(content_type::handshake, join({test::leaf_message(), certificate_verify()})));
    buffer last = sealed_handshake(finished());
    last[1] = 0, last[2] = 0;
    it.feed(last);
    REQUIRE(it.tls.connected());
    // The largest record that there is, without padding and with.
    it.feed(sealed(content_type::application_data, buffer(16384, 'a')));
    it.feed(sealed(content_type::application_data, {}, 16384));
    it.feed(sealed(content_type::application_data, {'b'}, 16383));
    it.feed(times(spantls::max_empty_records, sealed(content_type::application_data, {})));
    it.feed(sealed(content_type::application_data, letters("c")));
    it.feed(times(spantls::max_empty_records, sealed(content_type::application_data, {}, 3)));
    REQUIRE(it.tls.error() == errc::none);
    CHECK(it.received == join({buffer(16384, 'a'), {'b', 'c'}}));
}

TEST_CASE("an alert ends the connection, unless it is user_canceled; its level counts for nothing (section 6)") {
    for (const int level : {1, 2, 0, 255})
        for (const auto description : {alert::handshake_failure, alert::unexpected_message, static_cast<alert>(255)}) {
            INFO(level << " " << static_cast<int>(description));
            const buffer content{static_cast<std::uint8_t>(level), static_cast<std::uint8_t>(description)};
            test::null_provider crypto;
            const spantls::client_config config;
            const spantls::server_config server_config;

            null_client first(crypto, config);
            first.feed(plain_alert(content));
            check_ended(first, errc::peer_alert);

            null_client encrypted_one(crypto, config);
            test::after_server_hello(encrypted_one);
            encrypted_one.feed(sealed_alert(content));
            check_ended(encrypted_one, errc::peer_alert);

            // A client that could not make anything of ServerHello has no keys for its alert.
            null_server without_keys(crypto, server_config);
            test::after_client_hello(without_keys);
            without_keys.feed(plain_alert(content));
            check_ended(without_keys, errc::peer_alert);

            null_server later(crypto, server_config);
            test::connected(later);
            later.feed(sealed_alert(content));
            check_ended(later, errc::peer_alert);
        }
}

TEST_CASE("close_notify in the handshake ends it, and so does user_canceled with its close_notify (section 6.1)") {
    for (const int level : {1, 2}) {
        test::null_provider crypto;
        const spantls::client_config config;
        null_client closed(crypto, config);
        closed.feed(plain_alert({static_cast<std::uint8_t>(level), 0}));
        check_ended(closed, errc::closed_in_handshake);

        null_client canceled(crypto, config);
        test::after_server_hello(canceled);
        canceled.feed(sealed_alert({static_cast<std::uint8_t>(level), 90}));
        CHECK(canceled.tls.error() == errc::none);
        canceled.feed(sealed_alert({1, 0}));
        check_ended(canceled, errc::closed_in_handshake);

        null_client later(crypto, config);
        test::connected(later);
        later.feed(sealed_alert({static_cast<std::uint8_t>(level), 90}));
        CHECK(later.tls.error() == errc::none);
        later.feed(sealed_alert({static_cast<std::uint8_t>(level), 0}));
        CHECK(later.last() == spantls::what::peer_closed);
        CHECK(later.tls.error() == errc::none);
    }
}

TEST_CASE("early data that was not accepted is skipped up to a limit (section 4.3.10)") {
    test::usual_provider crypto;
    const spantls::server_config config;
    for (const std::size_t size : {16u, 17u, 100u, 8192u}) {
        INFO(size);
        test::hand_fed<spantls::server<test::usual_provider>> it(crypto, config);
        client_hello hello;
        hello.ext_.add(ext::early_data);
        it.feed(hello.record());
        REQUIRE(it.tls.error() == errc::none);
        std::size_t skipped = 0;
        while (it.tls.error() == errc::none && skipped < 100000) {
            it.feed(raw(23, buffer(size, 0x99)));
            skipped += size > 17 ? size - 17 : 1;
        }
        CHECK(it.tls.error() == errc::bad_record_mac);
        CHECK(skipped > spantls::max_skipped_early_data);
        CHECK(skipped <= spantls::max_skipped_early_data + size);
    }
    test::hand_fed<spantls::server<test::usual_provider>> without(crypto, config);
    without.feed(client_hello().record()).feed(raw(23, buffer(100, 0x99)));
    CHECK(without.tls.error() == errc::bad_record_mac);
}

TEST_CASE("a limit counts content, content type and padding, and the length of a record alone gives it away") {
    const spantls::suite_info& suite = test::null_provider::suites[0];
    const auto opened = [&](std::size_t limit, const buffer& record) {
        spantls::receiver<test::null_provider> it;
        it.change_keys(*spantls::aligned_proof::of({}), suite, buffer(32));
        if (limit != 0) it.limit_protected(limit);
        buffer copy = record;
        return it.open(copy);
    };
    for (const std::size_t limit : {64u, 100u, 16384u, 16385u}) {
        INFO(limit);
        for (const std::size_t zeros : {std::size_t{0}, limit - 2}) {
            const std::size_t content = limit - 1 - zeros;
            CHECK(opened(limit, sealed(content_type::application_data, buffer(content, 1), zeros)).error == errc::none);
            CHECK(opened(limit, sealed(content_type::application_data, buffer(content, 1), zeros + 1)).error ==
                  errc::record_overflow);
        }
        CHECK(opened(limit, raw(23, limit + 16, {})).missing == limit + 16);
        CHECK(opened(limit, raw(23, limit + 17, {})).error == errc::record_overflow);
    }
    // Nothing was agreed on.
    CHECK(opened(0, raw(23, 16640, {})).error == errc::none);
    CHECK(opened(0, raw(23, 16641, {})).error == errc::record_overflow);
    // In the clear there is no limit but the protocol's.
    spantls::receiver<test::null_provider> it;
    it.limit_protected(64);
    buffer hello = raw(22, buffer(1000, 1));
    CHECK(it.open(hello).error == errc::none);
}
