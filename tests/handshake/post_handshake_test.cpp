#include <spantls/handshake/post_handshake.hpp>

#include <algorithm>
#include <functional>
#include <tuple>

#include "handshake/rules.hpp"

using spantls::errc;
using test::buffer;
using test::null_client;
using test::null_server;
using test::client_rules;
using test::server_rules;
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

namespace {

/// Connected with a client that offers post_handshake_auth, and asked so many times; then what `more` makes of the context
/// of the first request arrives, each in a record of its own.
auto asked(std::size_t times, std::function<std::vector<buffer>(const buffer&)> more) {
    return [=](null_server& it) {
        client_hello hello;
        hello.ext_.add(ext::post_handshake_auth);
        it.feed(hello.record()).feed(sealed_handshake(finished()));
        buffer context;
        for (std::size_t i = 0; i < times; ++i) {
            REQUIRE(it.tls.request_authentication() == errc::none);
            it.run();
            const buffer record = it.records().back();
            if (context.empty()) context = {record.begin() + 10, record.begin() + 26};
        }
        for (const buffer& one : more(context)) it.feed(sealed_handshake(one));
    };
}
buffer shown(const buffer& context) { return certificate(certificate_entry(test::leaf_der()), context); }

}  // namespace

TEST_CASE("server: answers to requests after the handshake (sections 4.5.1, 4.5.2, 4.5.3 and 4.7.2)") {
    const auto one = [](auto make) {
        return asked(1, [make](const buffer& context) { return std::vector<buffer>{make(context)}; });
    };
    const auto row = [](auto... make) {
        return asked(2, [=](const buffer& context) { return std::vector<buffer>{make(context)...}; });
    };
    const auto verify = [](const buffer&) { return certificate_verify(); };
    const auto end = [](const buffer&) { return finished(); };
    const auto declined = [](const buffer& context) { return certificate({}, context); };
    const server_rules rules{
        {"4.7.2: not unasked", asked(0, [](const buffer&) { return std::vector<buffer>{shown({1})}; }),
         errc::unexpected_message, alert::unexpected_message},
        {"4.4.2: with the context of a request", one([](buffer context) { return ++context[5], shown(context); }),
         errc::bad_request_context, alert::illegal_parameter},
        {"4.4.2: all of it", one([](buffer context) { return context.pop_back(), shown(context); }),
         errc::bad_request_context, alert::illegal_parameter},
        {"4.4.2: and no more", one([](buffer context) { return context.push_back(0), shown(context); }),
         errc::bad_request_context, alert::illegal_parameter},
        {"4.4.2: not without", one([](const buffer&) { return shown({}); }), errc::bad_request_context,
         alert::illegal_parameter},
        {"4.7.2: one answer to each", row(declined, end, declined), errc::bad_request_context, alert::illegal_parameter},
        {"4.7.2: Certificate first", row(verify), errc::unexpected_message, alert::unexpected_message},
        {"4.7.2: not Finished alone", row(end), errc::unexpected_message, alert::unexpected_message},
        {"4.7.2: CertificateVerify behind a certificate", row(shown, end), errc::unexpected_message,
         alert::unexpected_message},
        {"4.7.2: none behind none", row(declined, verify), errc::unexpected_message, alert::unexpected_message},
        {"4.7.2: not two certificates", row(shown, shown), errc::unexpected_message, alert::unexpected_message},
        {"4.7.2: no KeyUpdate in between", row(shown, [](const buffer&) { return key_update(0); }),
         errc::unexpected_message, alert::unexpected_message},
        {"4.7.2: nor before Finished", row(shown, verify, [](const buffer&) { return key_update(0); }),
         errc::unexpected_message, alert::unexpected_message},
        {"4.5.2: a signature that is right", row(shown, [](const buffer&) { return certificate_verify(spantls::signature_scheme::ed25519, {}); }),
         errc::bad_signature, alert::decrypt_error},
        {"4.5.2: of a scheme that was offered", row(shown, [](const buffer&) { return certificate_verify(spantls::signature_scheme::ed448); }),
         errc::scheme_not_offered, alert::illegal_parameter},
        {"4.5.3: a Finished that is right", row(declined, [](const buffer&) { return finished(buffer(32, 1)); }),
         errc::bad_finished, alert::decrypt_error},
        {"4.5.3: of its size", row(declined, [](const buffer&) { return finished(buffer(31)); }), errc::decode_error,
         alert::decode_error},
        {"4.5.3: no memory for a longer one", row(declined, [](const buffer&) { return buffer{20, 0, 1, 0}; }),
         errc::decode_error, alert::decode_error},
        {"4.5.1: no memory for a longer one", row([](const buffer&) { return buffer{11, 1, 0, 1}; }),
         errc::message_too_long, alert::illegal_parameter},
        {"4.5.1: well formed", row([](const buffer& context) { return message(11, join({vec(1, context), {0, 0, 1, 0}})); }),
         errc::decode_error, alert::decode_error},
        {"4.5.1: nothing behind it", row([](const buffer& context) { return message(11, join({vec(1, context), {0, 0, 0, 0}})); }),
         errc::decode_error, alert::decode_error},
    };
    test::check(rules, {.post_handshake_auth = true});

    const auto data_between = [=](null_server& it) {
        asked(1, [](const buffer& context) { return std::vector<buffer>{shown(context)}; })(it);
        it.feed(sealed(spantls::content_type::application_data, {1}));
    };
    test::check(server_rules{{"4.7.2: no data in between", data_between, errc::unexpected_message, alert::unexpected_message}},
                {.post_handshake_auth = true});
    // 4.3.6: an empty extension; without it nobody is asked.
    const auto not_empty = [](null_server& it) {
        client_hello hello;
        hello.ext_.add(ext::post_handshake_auth, {0});
        it.feed(hello.record());
    };
    test::check(server_rules{{"4.3.6: struct {} PostHandshakeAuth", not_empty, errc::decode_error, alert::decode_error}});
}

TEST_CASE("server: a bomb in pieces is refused by its first bytes, and no memory asked for (RFC 8879, section 5)") {
    using algorithm = spantls::certificate_compression;
    const spantls::server_config config{.certificate_compressions = {algorithm::zlib}, .post_handshake_auth = true};
    for (const auto& [length, how, error] :
         {std::tuple{std::size_t{0xffffff}, algorithm::zlib, errc::certificate_too_long},
          std::tuple{spantls::max_uncompressed_certificate + 1, algorithm::zlib, errc::certificate_too_long},
          std::tuple{std::size_t{3}, algorithm::zlib, errc::decode_error},
          std::tuple{std::size_t{1000}, algorithm::brotli, errc::compression_not_offered}})
        for (const std::size_t piece : {std::size_t{1}, std::size_t{9}, std::size_t{300}}) {
            CAPTURE(length, piece);
            test::null_provider crypto;
            null_server it(crypto, config);
            asked(1, [](const buffer&) { return std::vector<buffer>{}; })(it);
            it.said.clear();
            const buffer whole = compressed(buffer(60000, 1), length, how);
            std::size_t at = 0;
            for (; it.tls.error() == errc::none && at < whole.size(); at += piece)
                it.feed(sealed_handshake({whole.begin() + static_cast<std::ptrdiff_t>(at),
                                          whole.begin() + static_cast<std::ptrdiff_t>(at + piece)}));
            test::check_refused(it, error, *spantls::alert_for(error));
            REQUIRE(at <= std::max(piece, spantls::compressed_certificate_head));
            // But for the head, where that comes in pieces.
            REQUIRE(it.lent <= (piece == 1 ? spantls::compressed_certificate_head : 0));
            // A beginning, and then all that a record holds.
            null_server cut(crypto, config);
            asked(1, [&](const buffer&) {
                const auto middle = whole.begin() + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(piece), 5);
                return std::vector<buffer>{{whole.begin(), middle}, {middle, whole.begin() + 16000}};
            })(cut);
            test::check_refused(cut, error, *spantls::alert_for(error));
            REQUIRE(cut.lent <= spantls::compressed_certificate_head);
        }
}

TEST_CASE("server: right answers in one record and byte by byte (section 4.7.2)") {
    for (const bool declines : {true, false})
        for (const std::size_t size : {std::size_t{1}, std::size_t{33}, std::size_t{5000}}) {
            CAPTURE(declines, size);
            test::null_provider crypto;
            const spantls::server_config config{.post_handshake_auth = true};
            null_server it(crypto, config);
            asked(1, [&](const buffer& context) {
                const buffer all = declines ? join({certificate({}, context), finished()})
                                            : join({shown(context), certificate_verify(), finished()});
                std::vector<buffer> pieces;
                for (std::size_t at = 0; at < all.size(); at += size)
                    pieces.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                                        all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + size)));
                return pieces;
            })(it);
            CHECK(spantls::name_of(it.tls.error()) == "none");
            CHECK(std::count(it.said.begin(), it.said.end(), spantls::what::client_answered) == 1);
            CHECK(it.tls.peer_authenticated() == !declines);
            CHECK(it.unread() == 0);
        }
}

TEST_CASE("client: requests after the handshake (sections 4.4.2 and 4.7.2)") {
    const client_rules rules{
        {"4.4.2: signature_algorithms is there", late(certificate_request({}, {1})), errc::missing_extension,
         alert::missing_extension},
        {"4.3: key_share is not for CertificateRequest",
         late(certificate_request(request_extensions().add(ext::key_share, {0, 0x1d}), {1})), errc::misplaced_extension,
         alert::illegal_parameter},
        {"nothing behind it", late(message(13, {0, 0, 0, 0})), errc::decode_error, alert::decode_error},
        {"no memory for a longer one", late(buffer{13, 1, 0, 1}), errc::message_too_long, alert::illegal_parameter},
        {"4.7.2: no Certificate, still", late(test::leaf_message()), errc::unexpected_message, alert::unexpected_message},
    };
    test::check(rules, {.post_handshake_auth = true});
}

TEST_CASE("client: requests that are answered are not too many, without data too (section 4.7.2)") {
    test::null_provider crypto;
    const spantls::client_config config{.post_handshake_auth = true};
    null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example"});
    test::connected(it);
    for (std::size_t i = 0; i < 2 * spantls::max_post_handshake_messages; ++i) {
        it.sent.clear();
        it.feed(sealed_handshake(certificate_request(request_extensions(), {1})));
        REQUIRE(it.tls.error() == errc::none);
        REQUIRE_FALSE(it.sent.empty());
    }
}

TEST_CASE("client: what it answers, byte for byte (sections 4.5.1, 4.5.2, 4.5.3 and 4.7.2)") {
    for (const bool has_identity : {true, false}) {
        test::null_provider crypto;
        const spantls::client_config config{.post_handshake_auth = true};
        null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example"});
        it.has_identity = has_identity;
        test::connected(it);
        const buffer context(255, 0xcc);
        it.sent.clear();
        it.feed(sealed_handshake(certificate_request(request_extensions(), context)));
        buffer content;
        for (const buffer& record : it.records()) {
            REQUIRE(record[record.size() - 17] == 22);
            content.insert(content.end(), record.begin() + 5, record.end() - 17);
        }
        REQUIRE(content.size() > 0);
        const spantls::handshake_message first = spantls::first_message(content);
        const buffer entries = has_identity ? certificate_entry(test::leaf_der()) : buffer{};
        CHECK(test::hex(first.whole) == test::hex(certificate(entries, context)));
        buffer rest(content.begin() + static_cast<std::ptrdiff_t>(first.whole.size()), content.end());
        if (has_identity) {
            const spantls::handshake_message second = spantls::first_message(rest);
            CHECK(second.type == spantls::handshake_type::certificate_verify);
            rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(second.whole.size()));
        }
        CHECK(test::hex(rest) == test::hex(finished()));
        CHECK(it.tls.error() == errc::none);
    }
}
