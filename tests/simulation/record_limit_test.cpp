// What peers ask of each other's records: record_size_limit (RFC 8449) and max_fragment_length (RFC 6066, section 4).
#include <spantls/spantls.hpp>

#include <spantls/drivers/full_duplex.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;
using chacha_pair = test::pair<seeded_chacha>;
using null_pair = test::pair<test::null_provider>;

constexpr std::size_t around = record_header_size + tag_size;  // a record's TLSInnerPlaintext

/// TLSInnerPlaintext of the largest protected record.
std::size_t largest_in(const test::link& link) {
    std::size_t most = 0;
    for (const test::buffer& record : test::records_in(link.all))
        if (record[0] == 23) most = std::max(most, record.size() - around);
    return most;
}

/// A conversation with everything that can be in one; then what the largest records of either side were.
template <class Pair>
void converse(Pair& both) {
    if (both.options.server.authenticate_client != client_authentication::none)
        both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    test::buffer large(20000);
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::uint8_t>(i * i);
    REQUIRE(both.client.send(large) == errc::none);
    REQUIRE(both.server.send(large) == errc::none);
    both.run();
    REQUIRE(both.client.received == large);
    REQUIRE(both.server.received == large);
    const test::buffer nonce{1}, ticket(700, 't');
    test::buffer out(40000);
    const output sent = both.server.tls.send_ticket({1, 2, nonce, ticket, {}}, out);
    REQUIRE(sent.error == errc::none);
    both.to_client.put(sent.records);
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.run();
    REQUIRE(both.client.tickets.size() == 1);
    REQUIRE(both.client.tickets[0].ticket == ticket);
    REQUIRE(both.client.has(what::key_updated));
    REQUIRE(both.server.has(what::key_updated));
    REQUIRE(both.client.tls.close() == errc::none);
    REQUIRE(both.server.tls.close() == errc::none);
    both.run();
    REQUIRE(both.client.has(what::closed));
    REQUIRE(both.server.has(what::closed));
}

}  // namespace

TEST_CASE("record_size_limit in both directions, from the least to the most") {
    const std::uint16_t limits[] = {64, 65, 100, 512, 1024, 4097, 16383, 16384, 16385};
    for (const std::uint16_t of_client : limits)
        for (const std::uint16_t of_server : limits) {
            CAPTURE(of_client, of_server);
            chacha_pair both(
                {.client = {.record_size_limit = of_client},
                 .server = {.authenticate_client = client_authentication::require, .record_size_limit = of_server}});
            converse(both);
            // As large as they may be, and no larger.
            REQUIRE(largest_in(both.to_client) == of_client);
            REQUIRE(largest_in(both.to_server) == of_server);
        }
}

TEST_CASE("the least record_size_limit, with long certificates, a retry, and every way to cut the stream") {
    for (const std::size_t chunk : {1u, 7u, 85u, 100000u}) {
        CAPTURE(chunk);
        const test::credentials of_client("client", 3000), of_server("server", 5000);
        chacha_pair both({.client = {.shares = fixed_vector<named_group, 4>{}, .record_size_limit = 64},
                          .server = {.authenticate_client = client_authentication::require, .record_size_limit = 64}});
        both.server.own = &of_server;
        both.client.own = &of_client;
        both.to_server.chunk = both.to_client.chunk = [chunk](std::size_t) { return chunk; };
        REQUIRE(both.handshake());
        REQUIRE(both.server.tls.peer_authenticated());
        REQUIRE(largest_in(both.to_client) == 64);
        REQUIRE(largest_in(both.to_server) == 64);
        // Unprotected messages are not subject to it.
        REQUIRE(test::records_in(both.to_server.all).front().size() > 85);
    }
}

TEST_CASE("without an offer of the client there is no limit, of either side") {
    chacha_pair both({.server = {.record_size_limit = 64}});
    converse(both);
    REQUIRE(largest_in(both.to_client) == max_inner_plaintext);
    REQUIRE(largest_in(both.to_server) == max_inner_plaintext);
}

TEST_CASE("max_fragment_length, all four, for both directions") {
    for (const std::uint16_t length :
         {std::uint16_t{512}, std::uint16_t{1024}, std::uint16_t{2048}, std::uint16_t{4096}}) {
        CAPTURE(length);
        // The server's own limit does not count: it was not asked for.
        chacha_pair both({.client = {.max_fragment_length = length},
                          .server = {.authenticate_client = client_authentication::require, .record_size_limit = 64}});
        converse(both);
        // RFC 9846, section 5.4: with content type and padding.
        REQUIRE(largest_in(both.to_client) == length);
        REQUIRE(largest_in(both.to_server) == length);
    }
}

TEST_CASE("max_fragment_length holds for what is in the clear, too (RFC 6066, section 4)") {
    using hybrid = test::seeded<test::usual_provider>;
    for (const std::uint16_t length :
         {std::uint16_t{512}, std::uint16_t{1024}, std::uint16_t{2048}, std::uint16_t{4096}})
        for (const bool retries : {false, true}) {
            CAPTURE(length, retries);
            const client_config for_client{.max_fragment_length = length};
            const test::buffer secret(min_cookie_secret, 3);
            server_config for_server{.always_retry = retries};
            if (retries) for_server.cookie_secrets = {secret};
            hybrid client_crypto(1), server_crypto(2);
            test::buffer client_memory(client<hybrid>::workspace_size), server_memory(server<hybrid>::workspace_size);
            client<hybrid> client_tls(client_crypto, for_client, mutable_bytes(client_memory),
                                      {.server_name = "leaf.example"});
            server<hybrid> server_tls(server_crypto, for_server, mutable_bytes(server_memory));
            // The client has no room for more than it has asked for, the server for whatever there may be.
            test::buffer client_in(length + record_overhead), client_out(3000), server_in(17000), server_out(17000);
            full_duplex to_server(client_tls, client_in, client_out);
            full_duplex to_client(server_tls, server_in, server_out);
            const test::credentials own("server");
            test::buffer all;
            for (int rounds = 0; !client_tls.connected() || !server_tls.connected(); ++rounds) {
                REQUIRE(rounds < 1000);
                const auto move = [](auto& from, auto& to) {
                    const bytes_view some = from.pending();
                    const mutable_bytes space = to.space();
                    const std::size_t count = std::min(some.size(), space.size());
                    copy_bytes(some.first(count), space);
                    from.sent(count);
                    to.received(count);
                    return test::copy(space.first(count));
                };
                (void)move(to_server, to_client);
                all = test::joined({all, move(to_client, to_server)});
                for (auto step = to_client.next(); step; step = to_client.next()) {
                    REQUIRE(step->what != what::failed);
                    if (step->what == what::client_hello) REQUIRE(server_tls.answer(own.who()) == errc::none);
                    if (step->what == what::sign)
                        REQUIRE(server_tls.answer(signature{own.key.sign(test::copy(step->signing().content))}) ==
                                errc::none);
                }
                for (auto step = to_server.next(); step; step = to_server.next()) {
                    CAPTURE(name_of(client_tls.error()));
                    REQUIRE(step->what != what::failed);
                    if (step->what == what::verify_peer)
                        REQUIRE(client_tls.answer(x509::verdict::accept()) == errc::none);
                }
            }
            REQUIRE(client_tls.group() == named_group::x25519_mlkem768);
            std::size_t most = 0;
            for (const test::buffer& record : test::records_in(all))
                if (record[0] == 22) most = std::max(most, record.size() - record_header_size);
            // ServerHello has 1210 bytes.
            REQUIRE(most <= length);
            REQUIRE(most >= std::min<std::size_t>(length, 1200));
        }
}

TEST_CASE("record_size_limit wins over max_fragment_length") {
    for (const std::uint16_t limit : {std::uint16_t{64}, std::uint16_t{700}, std::uint16_t{16385}}) {
        chacha_pair both({.client = {.record_size_limit = limit, .max_fragment_length = 512},
                          .server = {.record_size_limit = 3000}});
        converse(both);
        REQUIRE(largest_in(both.to_client) == limit);
        REQUIRE(largest_in(both.to_server) == 3000);
    }
}

TEST_CASE("the smallest wins: the own record size, or what the peer asks for") {
    chacha_pair own({.client = {.record_size = 100, .record_size_limit = 1000}, .server = {.record_size = 50}});
    converse(own);
    REQUIRE(largest_in(own.to_client) == 51);
    REQUIRE(largest_in(own.to_server) == 101);
    // Started with 4096, it goes down to 1024 when the client asks.
    chacha_pair asked({.client = {.max_fragment_length = 1024}, .server = {.record_size = 4096}});
    converse(asked);
    REQUIRE(largest_in(asked.to_client) == 1024);
    chacha_pair padded({.client = {.record_size_limit = 1000}, .server = {.padding = padding::multiple_of(300)}});
    converse(padded);
    for (const test::buffer& record : test::records_in(padded.to_client.all)) {
        if (record[0] != 23) continue;
        const std::size_t inner = record.size() - around;
        REQUIRE((inner == 300 || inner == 600 || inner == 900 || inner == 1000));
    }
    REQUIRE(largest_in(padded.to_client) == 1000);
}

TEST_CASE("what fits and what is owed is reckoned with the peer's limit") {
    chacha_pair both({.client = {.record_size_limit = 100}});
    REQUIRE(both.handshake());
    REQUIRE(both.server.tls.record_room(20000) == 99);
    REQUIRE(both.server.tls.sealed_size(1000) == 1000 + 11 * record_overhead);
    REQUIRE(both.client.tls.record_room(20000) == max_fragment);
    test::buffer data(1000, 'x'), exact(1000 + 11 * record_overhead), in_place(200, 'x');
    const output sent = both.server.tls.send(data, exact);
    REQUIRE(sent.consumed == 1000);
    REQUIRE(sent.records.size() == exact.size());
    both.to_client.put(sent.records);
    REQUIRE(both.server.tls.send(bytes_view(in_place).subspan(5, 100), in_place).error == errc::bad_argument);
    const output one = both.server.tls.send(bytes_view(in_place).subspan(5, 99), in_place);
    REQUIRE(one.records.size() == 100 + around);
    both.to_client.put(one.records);
    both.run();
    REQUIRE(both.client.received.size() == 1099);
}

TEST_CASE("a record that is longer than was agreed by one byte") {
    const auto take = [](const test::pair_options& options, bool by_server, const test::buffer& record, errc error) {
        null_pair both(options);
        REQUIRE(both.handshake());
        (by_server ? both.to_server : both.to_client).put(record);
        both.run();
        REQUIRE(name_of(by_server ? both.server.error() : both.client.error()) == name_of(error));
        if (error == errc::none) return;
        REQUIRE((by_server ? both.client.error() : both.server.error()) == errc::peer_alert);
        REQUIRE((by_server ? both.client.alert() : both.server.alert()) == alert_description::record_overflow);
    };
    for (const std::uint16_t limit : {std::uint16_t{64}, std::uint16_t{1000}, std::uint16_t{16384}}) {
        const test::pair_options options{.client = {.record_size_limit = limit},
                                         .server = {.record_size_limit = limit}};
        for (const bool by_server : {false, true}) {
            CAPTURE(limit, by_server);
            take(options, by_server, test::null_data(test::buffer(limit - 1u, 'x')), errc::none);
            take(options, by_server, test::null_data(test::buffer(limit, 'x')), errc::record_overflow);
            // With its padding (RFC 9846, section 5.4).
            take(options, by_server, test::null_data({'x'}, limit - 2u), errc::none);
            take(options, by_server, test::null_data({'x'}, limit - 1u), errc::record_overflow);
            take(options, by_server, test::null_data(test::buffer(16384, 'x')), errc::record_overflow);
            // The length alone tells, before anything else has come.
            take(options, by_server,
                 test::buffer{23, 3, 3, static_cast<std::uint8_t>((limit + 17u) >> 8),
                              static_cast<std::uint8_t>(limit + 17u)},
                 errc::record_overflow);
        }
    }
    for (const std::uint16_t length :
         {std::uint16_t{512}, std::uint16_t{1024}, std::uint16_t{2048}, std::uint16_t{4096}})
        for (const bool by_server : {false, true}) {
            CAPTURE(length, by_server);
            const test::pair_options options{.client = {.max_fragment_length = length}};
            take(options, by_server, test::null_data(test::buffer(length, 'x')), errc::none);
            take(options, by_server, test::null_data(test::buffer(length + 1u, 'x')), errc::record_overflow);
            take(options, by_server, test::null_data({'x'}, length), errc::record_overflow);
        }
}

TEST_CASE("a client that was told of the limit keeps it in its handshake, or is refused") {
    for (const bool keeps : {true, false}) {
        null_pair both({.client = {.record_size_limit = 16385}, .server = {.record_size_limit = 300}});
        // Its Finished in a record that is as long as may be, or longer.
        both.to_server.transit = [&](test::buffer sent) {
            if (sent[0] == 22) return sent;
            const test::buffer finished(sent.end() - 36 - 17, sent.end() - 17);
            test::buffer all(sent.begin(), sent.end() - 36 - 17 - 5);
            const test::buffer padded =
                test::null_record(content_type::handshake, finished, 300 - 37 + (keeps ? 0u : 1u));
            all.insert(all.end(), padded.begin(), padded.end());
            return all;
        };
        both.run();
        REQUIRE(both.server.error() == (keeps ? errc::none : errc::record_overflow));
        REQUIRE(both.server.has(what::handshake_done) == keeps);
    }
}

TEST_CASE("a limit does not count for early data that is skipped") {
    // It was sent by somebody who could not know of it.
    for (const std::size_t length : {std::size_t{100}, std::size_t{16384}}) {
        test::pair<seeded_chacha> both(
            {.client = {.compatibility_mode = false, .record_size_limit = 16385}, .server = {.record_size_limit = 64}});
        bool first = true;
        both.to_server.transit = [&](test::buffer sent) {
            if (!std::exchange(first, false)) return sent;
            test::buffer hello(sent.begin() + 5, sent.end());
            const std::size_t block = 4 + 2 + 32 + 1 + 2 + 2 + 2;
            hello.insert(hello.end(), {0, 42, 0, 0});
            store_be(hello.data() + 1, hello.size() - 4, 3);
            store_be(hello.data() + block, hello.size() - block - 2, 2);
            test::buffer all = test::plain_record(content_type::handshake, hello);
            test::buffer record{23, 3, 3, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
            record.resize(5 + length, 0xee);
            all.insert(all.end(), record.begin(), record.end());
            return all;
        };
        both.to_client.transit = [](test::buffer) { return test::buffer{}; };
        both.run();
        REQUIRE(both.server.has(what::client_hello));
        REQUIRE(both.server.error() == errc::none);
        REQUIRE(both.server.arrived.empty());
    }
}

TEST_CASE("full duplex with small buffers, as both are held to small records") {
    // 512 bytes, content type, tag and header.
    std::array<std::uint8_t, 512 + 1 + around> client_in, client_out, server_in, server_out;
    const client_config for_client{.max_fragment_length = 512};
    const server_config for_server{};
    seeded_chacha client_crypto(1), server_crypto(2);
    std::vector<std::uint8_t> client_memory(client<seeded_chacha>::workspace_size);
    std::vector<std::uint8_t> server_memory(server<seeded_chacha>::workspace_size);
    client<seeded_chacha> client_tls(client_crypto, for_client, client_memory, {.server_name = "leaf.example"});
    server<seeded_chacha> server_tls(server_crypto, for_server, server_memory);
    full_duplex to_server(client_tls, client_in, client_out);
    full_duplex to_client(server_tls, server_in, server_out);
    const test::credentials own("server");
    test::buffer at_client, at_server, text(10000);
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i * 7);
    bytes_view from_client = text, from_server = text;
    const auto move = [](auto& from, auto& to) {
        const bytes_view some = from.pending();
        const mutable_bytes space = to.space();
        const std::size_t count = std::min(some.size(), space.size());
        copy_bytes(some.first(count), space);
        from.sent(count);
        to.received(count);
    };
    const auto say = [](auto& io, auto& tls, bytes_view& rest) {
        if (!tls.connected() || rest.empty()) return;
        const output taken = io.send(rest);
        REQUIRE((taken.error == errc::none || taken.error == errc::too_small));
        rest = rest.subspan(taken.consumed);
    };
    const auto act = [&](auto& io, auto& tls, test::buffer& got) {
        for (auto step = io.next(); step; step = io.next()) {
            REQUIRE(step->what != what::failed);
            REQUIRE(step->what != what::need_workspace);
            if (step->what == what::application_data) got.insert(got.end(), step->data.begin(), step->data.end());
            if (step->what == what::client_hello) REQUIRE(tls.answer(own.who()) == errc::none);
            if (step->what == what::verify_peer) REQUIRE(tls.answer(x509::verdict::accept()) == errc::none);
            if (step->what == what::sign)
                REQUIRE(tls.answer(signature{own.key.sign(test::copy(step->signing().content))}) == errc::none);
        }
    };
    for (int rounds = 0; at_client.size() < text.size() || at_server.size() < text.size(); ++rounds) {
        REQUIRE(rounds < 1000);
        say(to_server, client_tls, from_client);
        say(to_client, server_tls, from_server);
        move(to_server, to_client);
        move(to_client, to_server);
        act(to_server, client_tls, at_client);
        act(to_client, server_tls, at_server);
    }
    REQUIRE(at_client == text);
    REQUIRE(at_server == text);
}
