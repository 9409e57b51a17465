// Constant length means constant: behind ServerHello one size occurs, whatever is said.
#include <spantls/spantls.hpp>

#include <set>

#include <spantls/drivers/full_duplex.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;
using chacha_pair = test::pair<seeded_chacha>;

/// The lengths of the protected records, from ServerHello on.
std::set<std::size_t> lengths_in(const test::buffer& stream) {
    std::set<std::size_t> all;
    for (const test::buffer& record : test::records_in(stream))
        if (record[0] == 23) all.insert(record.size());
    return all;
}
std::set<std::size_t> only(std::size_t size) { return {size}; }

test::pair_options of_length(std::size_t size, client_authentication authenticate = client_authentication::none) {
    return {.client = {.padding = padding::constant(size)},
            .server = {.authenticate_client = authenticate, .padding = padding::constant(size)}};
}

template <class Endpoint>
void cover(Endpoint& end, test::link& to) {
    test::buffer out(40000);
    const output covered = end.tls.send_cover(out);
    REQUIRE(covered.error == errc::none);
    REQUIRE(covered.consumed == 0);
    to.put(covered.records);
}

/// Everything that can be said, varied.
template <class Pair>
void converse(Pair& both) {
    if (both.options.server.authenticate_client != client_authentication::none)
        both.client.own = &both.client_credentials();
    REQUIRE(both.handshake());
    test::seeded_stream random(both.options.seed);
    test::buffer up, down;
    for (int i = 0; i < 40; ++i) {
        test::buffer text(random.below(i % 10 == 0 ? 3000 : 40) + 1);
        for (auto& byte : text) byte = static_cast<std::uint8_t>(random.below(3));  // zeros, too
        if (i % 2 == 0)
            up.insert(up.end(), text.begin(), text.end());
        else
            down.insert(down.end(), text.begin(), text.end());
        REQUIRE((i % 2 == 0 ? both.client.send(text) : both.server.send(text)) == errc::none);
        if (i % 7 == 0) REQUIRE(both.client.tls.update_keys(i % 2 == 0) == errc::none);
        if (i % 9 == 0) REQUIRE(both.server.tls.update_keys(i % 2 == 0) == errc::none);
        if (i % 5 == 0) cover(both.client, both.to_server);
        if (i % 6 == 0) cover(both.server, both.to_client);
        if (i % 11 == 0) {
            const test::buffer nonce{static_cast<std::uint8_t>(i)}, ticket(random.below(2000) + 1, 't');
            test::buffer out(200000);
            const output sent = both.server.tls.send_ticket({1, 2, nonce, ticket, {}}, out);
            REQUIRE(sent.error == errc::none);
            both.to_client.put(sent.records);
        }
        both.run();
    }
    REQUIRE(both.server.received == up);
    REQUIRE(both.client.received == down);
    REQUIRE(both.client.tickets.size() == 4);
    REQUIRE(both.server.count(what::key_updated) > 4);
    REQUIRE(both.client.tls.close() == errc::none);
    both.run();
    REQUIRE(both.server.send("and the rest") == errc::none);
    REQUIRE(both.server.tls.close() == errc::none);
    both.run();
    REQUIRE(both.client.has(what::closed));
    REQUIRE(both.server.has(what::closed));
}

}  // namespace

TEST_CASE("one size occurs in a whole conversation, in both directions") {
    for (const std::size_t size : {27u, 28u, 64u, 300u, 1024u, 5000u, 16406u})
        for (const auto authenticate : {client_authentication::none, client_authentication::require}) {
            CAPTURE(size);
            chacha_pair both(of_length(size, authenticate));
            converse(both);
            REQUIRE(lengths_in(both.to_server.all) == only(size));
            REQUIRE(lengths_in(both.to_client.all) == only(size));
        }
}

TEST_CASE("without compatibility mode every record behind the hellos has that size, whatever its type") {
    test::pair_options options = of_length(1024, client_authentication::require);
    options.client.compatibility_mode = false;
    chacha_pair both(options);
    converse(both);
    for (const test::link* sent : {&both.to_server, &both.to_client}) {
        const auto records = test::records_in(sent->all);
        REQUIRE(records.size() > 20);
        for (std::size_t i = 1; i < records.size(); ++i) REQUIRE(records[i].size() == 1024);
    }
}

TEST_CASE("one size occurs behind a retry, and where the client is asked for its certificate later") {
    for (const bool declines : {false, true}) {
        test::pair_options options = of_length(700);
        options.client.post_handshake_auth = options.server.post_handshake_auth = true;
        options.client.shares = fixed_vector<named_group, 4>{};
        chacha_pair both(options);
        if (!declines) both.client.own = &both.client_credentials();
        REQUIRE(both.handshake());
        for (int i = 0; i < 2; ++i) REQUIRE(both.server.tls.request_authentication() == errc::none);
        both.run();
        REQUIRE(both.server.count(what::client_answered) == 2);
        REQUIRE(both.server.tls.peer_authenticated() == !declines);
        REQUIRE(lengths_in(both.to_client.all) == only(700));
        REQUIRE(lengths_in(both.to_server.all) == only(700));
    }
}

TEST_CASE("one size occurs where keys change by themselves") {
    test::pair_options options = of_length(1024);
    options.client.rekey_after = options.server.rekey_after = 5;
    chacha_pair both(options);
    converse(both);
    REQUIRE(both.client.count(what::key_updated) > 10);
    REQUIRE(lengths_in(both.to_server.all) == only(1024));
    REQUIRE(lengths_in(both.to_client.all) == only(1024));
}

TEST_CASE("one size occurs, that of the peer's limit, where it takes no larger ones") {
    test::pair_options options = of_length(1024, client_authentication::require);
    options.client.record_size_limit = 64;
    options.server.record_size_limit = 500;
    chacha_pair both(options);
    converse(both);
    REQUIRE(lengths_in(both.to_server.all) == only(500 + record_overhead - 1));
    REQUIRE(lengths_in(both.to_client.all) == only(64 + record_overhead - 1));
    options = of_length(1024);
    options.client.max_fragment_length = 512;
    chacha_pair fragments(options);
    converse(fragments);
    REQUIRE(lengths_in(fragments.to_server.all) == only(512 + record_overhead - 1));
    REQUIRE(lengths_in(fragments.to_client.all) == only(512 + record_overhead - 1));
    // A limit above it changes nothing.
    options.client.max_fragment_length = 4096;
    chacha_pair wide(options);
    converse(wide);
    REQUIRE(lengths_in(wide.to_client.all) == only(1024));
}

TEST_CASE("one size occurs behind early data, also where the limit is heard of under its keys (RFC 8449, section 4)") {
    const test::buffer name = test::text("device"), secret(32, 0x11), data(3000, 'e');
    const early_data_terms terms{4000, cipher_suite::tls_chacha20_poly1305_sha256, {}, "leaf.example"};
    for (const std::uint16_t limit : std::initializer_list<std::uint16_t>{16385, 500}) {
        CAPTURE(limit);
        const psk keys[] = {{.identity = name, .key = secret, .early = terms}};
        test::pair_options options = of_length(1024);
        options.client.record_size_limit = 16385;
        options.server.record_size_limit = limit;
        options.server.use_psk = true;
        options.server.max_early_data = 4000;
        options.server.record_size = 20;  // EncryptedExtensions and Finished come in records of their own
        options.target.psks = keys;
        options.target.early_data = true;
        chacha_pair both(options);
        both.server.find_psk = [&](const step&) {
            return psk_choice{0, secret, hash_id::sha256, psk_kind::external, terms, false};
        };
        test::buffer out(40000);
        both.to_server.put(both.client.tls.send_early(bytes_view(data).first(2000), out).records);
        REQUIRE(lengths_in(both.to_server.all) == only(1024));
        const std::size_t before = both.to_server.all.size();
        // ServerHello and EncryptedExtensions arrive, and what else is early is held to the limit already.
        both.to_client.chunk = [&](std::size_t) { return test::records_in(both.to_client.waiting).front().size(); };
        both.client.watch = [&](const step&) {
            if (both.client.tls.handshake_state() != client_state::wait_finished) return;
            const output more = both.client.tls.send_early(bytes_view(data).subspan(2000), out);
            if (more.error == errc::none) both.to_server.put(more.records);
        };
        converse(both);
        REQUIRE(both.server.tls.early_data_accepted());
        const test::buffer behind(both.to_server.all.begin() + static_cast<std::ptrdiff_t>(before),
                                  both.to_server.all.end());
        const std::size_t size = limit == 500 ? 500 + record_overhead - 1 : 1024;
        REQUIRE(lengths_in(behind) == only(size));
        REQUIRE(lengths_in(both.to_client.all) == only(1024));
        REQUIRE(both.server.received_early.size() > 2000);
    }
}

TEST_CASE("one size occurs, content or not, with an own record size below it") {
    test::pair_options options = of_length(1024);
    options.client.record_size = 10;
    chacha_pair both(options);
    converse(both);
    REQUIRE(lengths_in(both.to_server.all) == only(1024));
}

TEST_CASE("one size occurs in handshakes that end badly") {
    const auto size_of_end = [](auto change) {
        chacha_pair both(of_length(300, client_authentication::require));
        change(both);
        both.run();
        REQUIRE((both.client.error() != errc::none || both.server.error() != errc::none));
        for (const test::link* link : {&both.to_server, &both.to_client}) {
            const auto sizes = lengths_in(link->all);
            REQUIRE((sizes.empty() || sizes == only(300)));
        }
        return lengths_in(both.to_server.all).size() + lengths_in(both.to_client.all).size();
    };
    // The client gives up: user_canceled and close_notify.
    REQUIRE(size_of_end([](auto& both) {
                both.client.answer = [&](const step& step) {
                    return step.what == what::verify_peer && both.client.tls.close() == errc::none;
                };
            }) == 2);
    // It refuses the server, has no certificate, is refused itself.
    REQUIRE(size_of_end([](auto& both) { both.client.verdict = x509::verdict::refuse(); }) == 2);
    REQUIRE(size_of_end([](auto&) {}) == 2);
    REQUIRE(size_of_end([](auto& both) {
                both.client.own = &both.client_credentials();
                both.server.verdict = x509::verdict::refuse();
            }) == 2);
    // An alert when the handshake is done.
    REQUIRE(size_of_end([](auto& both) {
                both.client.own = &both.client_credentials();
                both.client.watch = [&](const step& step) {
                    if (step.what == what::handshake_done) both.client.tls.abort();
                };
            }) == 2);
    // One byte is wrong.
    REQUIRE(size_of_end([](auto& both) {
                both.client.own = &both.client_credentials();
                both.to_client.transit = [](test::buffer sent) {
                    sent.back() ^= 1;
                    return sent;
                };
            }) == 2);
}

TEST_CASE("user_canceled and its close_notify leave one by one where there is no room for both") {
    chacha_pair both(of_length(300));
    both.client.answer = [](const step&) { return true; };
    both.run();
    REQUIRE(both.client.tls.close() == errc::none);
    test::buffer out(300), less(299);
    for (const auto left : {2, 1}) {
        CAPTURE(left);
        REQUIRE(both.client.tls.owes_output());
        const output none = both.client.tls.transmit(less);
        REQUIRE(none.error == errc::too_small);
        REQUIRE(none.empty());
        const output one = both.client.tls.transmit(out);
        REQUIRE(one.records.size() == 300);
        both.to_server.put(one.records);
    }
    REQUIRE_FALSE(both.client.tls.owes_output());
    REQUIRE(both.client.tls.transmit(out).empty());
    both.run();
    REQUIRE(both.server.error() == errc::closed_in_handshake);
    REQUIRE(both.server.opened.back().type == content_type::alert);
}

TEST_CASE("where there is no room for a record of constant length nothing happens") {
    constexpr std::size_t size = 100;
    const test::buffer data(50, 'd'), nonce{1}, ticket(30, 't');
    for (std::size_t room = 0; room <= 2 * size + 5; ++room) {
        CAPTURE(room);
        const std::size_t fit = room / size;
        chacha_pair both(of_length(size)), twin(of_length(size));
        REQUIRE(both.handshake());
        REQUIRE(twin.handshake());
        REQUIRE(both.client.tls.smallest_output() == size);
        test::buffer out(room);
        const output sent = both.client.tls.send(data, out);
        REQUIRE(sent.error == (fit == 0 ? errc::too_small : errc::none));
        REQUIRE(sent.records.size() == std::min<std::size_t>(fit, 1) * size);
        REQUIRE(sent.consumed == (fit == 0 ? 0 : data.size()));
        both.to_server.put(sent.records);
        const output covered = both.client.tls.send_cover(out);
        REQUIRE(covered.error == (fit == 0 ? errc::too_small : errc::none));
        REQUIRE(covered.records.size() == std::min<std::size_t>(fit, 1) * size);
        both.to_server.put(covered.records);
        REQUIRE(both.client.tls.update_keys() == errc::none);
        const output update = both.client.tls.transmit(out);
        REQUIRE(update.error == (fit == 0 ? errc::too_small : errc::none));
        REQUIRE(update.records.size() == std::min<std::size_t>(fit, 1) * size);
        both.to_server.put(update.records);
        REQUIRE(both.client.tls.close() == errc::none);
        if (fit == 0) {
            REQUIRE(both.client.send(data) == errc::write_closed);
        } else {
            const output closing = both.client.tls.transmit(out);
            REQUIRE(closing.records.size() == size);
            both.to_server.put(closing.records);
        }
        const output ticketed = both.server.tls.send_ticket({1, 2, nonce, ticket, {}}, out);
        REQUIRE(ticketed.error == (fit == 0 ? errc::too_small : errc::none));
        both.to_client.put(ticketed.records);
        both.run();
        REQUIRE(both.server.received == (fit == 0 ? test::buffer{} : data));
        REQUIRE(both.client.tickets.size() == (fit == 0 ? 0 : 1));
        REQUIRE(both.server.has(what::peer_closed));
        if (fit == 0) continue;
        // As if there had always been enough.
        REQUIRE(twin.client.send(data) == errc::none);
        cover(twin.client, twin.to_server);
        REQUIRE(twin.client.tls.update_keys() == errc::none);
        REQUIRE(twin.client.tls.close() == errc::none);
        twin.run();
        REQUIRE(twin.to_server.all == both.to_server.all);
    }
}

TEST_CASE("a cover record is nothing to the peer, waits for what is owed, and is not sent when nothing may be") {
    chacha_pair both;
    test::buffer out(200), small(record_overhead + 5);
    REQUIRE(both.client.tls.send_cover(out).error == errc::not_connected);
    REQUIRE(both.handshake());
    for (std::size_t i = 0; i < max_empty_records; ++i) cover(both.client, both.to_server);
    both.run();
    REQUIRE(both.server.error() == errc::none);
    REQUIRE(both.server.received.empty());
    REQUIRE(both.server.opened.back().type == content_type::application_data);
    REQUIRE(both.server.opened.back().wire_size == record_overhead);
    REQUIRE(both.client.tls.send_cover(mutable_bytes(out).first(record_overhead - 1)).error == errc::too_small);
    // The key update leaves, and says that it was not the record that was asked for.
    REQUIRE(both.client.tls.update_keys() == errc::none);
    const output update = both.client.tls.send_cover(small);
    REQUIRE(update.error == errc::too_small);
    REQUIRE(update.records.size() == record_overhead + 5);
    both.to_server.put(update.records);
    cover(both.client, both.to_server);
    REQUIRE(both.client.send("data") == errc::none);
    both.run();
    REQUIRE(both.server.received.size() == 4);
    REQUIRE(both.server.count(what::key_updated) == 1);
    REQUIRE(both.client.tls.close() == errc::none);
    const output last = both.client.tls.send_cover(out);
    REQUIRE(last.error == errc::write_closed);
    both.to_server.put(last.records);
    both.run();
    REQUIRE(both.server.has(what::peer_closed));
    both.server.tls.abort();
    both.run();
    REQUIRE(both.client.tls.send_cover(out).error != errc::none);
}

TEST_CASE("cover records count for the limit of a key") {
    chacha_pair both({.client = {.rekey_after = 3}});
    REQUIRE(both.handshake());
    for (int i = 0; i < 2; ++i) cover(both.client, both.to_server);
    // The update that is due and the record leave together, or neither does.
    test::buffer out(2 * record_overhead + 5);
    const output none = both.client.tls.send_cover(mutable_bytes(out).first(out.size() - 1));
    REQUIRE(none.error == errc::too_small);
    REQUIRE(none.empty());
    const output two = both.client.tls.send_cover(out);
    REQUIRE(two.error == errc::none);
    REQUIRE(two.records.size() == out.size());
    both.to_server.put(two.records);
    for (int i = 0; i < 17; ++i) cover(both.client, both.to_server);
    both.run();
    REQUIRE(both.server.error() == errc::none);
    REQUIRE(both.server.count(what::key_updated) == 9);
}

TEST_CASE("data is sealed and padded where it stands") {
    chacha_pair both(of_length(200));
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.record_room(200) == 178);
    REQUIRE(both.client.tls.record_room(199) == 0);
    test::buffer out(200, 'x');
    const bytes_view text = bytes_view(out).subspan(record_header_size);
    REQUIRE(both.client.tls.send(text.first(179), out).error == errc::bad_argument);
    REQUIRE(both.client.tls.send(text.first(3), mutable_bytes(out).first(199)).error == errc::too_small);
    REQUIRE(out == test::buffer(200, 'x'));
    for (const std::size_t size : {std::size_t{178}, std::size_t{3}}) {
        const output sealed = both.client.tls.send(text.first(size), out);
        REQUIRE(sealed.records.size() == 200);
        REQUIRE(sealed.consumed == size);
        both.to_server.put(sealed.records);
        std::fill(out.begin(), out.end(), std::uint8_t{'x'});
    }
    both.run();
    REQUIRE(both.server.received == test::buffer(181, 'x'));
}

TEST_CASE("one size occurs through full duplex drivers whose output is one record") {
    constexpr std::size_t size = 512;
    std::array<std::uint8_t, max_record> client_in, server_in;
    std::array<std::uint8_t, size> client_out, server_out;
    const client_config for_client{.padding = padding::constant(size)};
    const server_config for_server{.padding = padding::constant(size)};
    seeded_chacha client_crypto(1), server_crypto(2);
    std::vector<std::uint8_t> client_memory(client<seeded_chacha>::workspace_size);
    std::vector<std::uint8_t> server_memory(server<seeded_chacha>::workspace_size);
    client<seeded_chacha> client_tls(client_crypto, for_client, client_memory, {.server_name = "leaf.example"});
    server<seeded_chacha> server_tls(server_crypto, for_server, server_memory);
    full_duplex to_server(client_tls, client_in, client_out);
    full_duplex to_client(server_tls, server_in, server_out);
    const test::credentials own("server");
    test::buffer at_client, at_server, up, down;
    const auto move = [](auto& from, auto& to, test::buffer& wire) {
        const bytes_view some = from.pending();
        const mutable_bytes space = to.space();
        const std::size_t count = std::min(some.size(), space.size());
        copy_bytes(some.first(count), space);
        wire.insert(wire.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
        from.sent(count);
        to.received(count);
    };
    bool done = false;
    const auto act = [&](auto& io, auto& tls, test::buffer& got) {
        for (auto step = io.next(); step; step = io.next()) {
            REQUIRE(step->what != what::failed);
            if (step->what == what::application_data) got.insert(got.end(), step->data.begin(), step->data.end());
            if (step->what == what::client_hello) REQUIRE(tls.answer(own.who()) == errc::none);
            if (step->what == what::verify_peer) REQUIRE(tls.answer(x509::verdict::accept()) == errc::none);
            if (step->what == what::sign)
                REQUIRE(tls.answer(signature{own.key.sign(test::copy(step->signing().content))}) == errc::none);
            if (step->what == what::peer_closed) REQUIRE(tls.close() == errc::none);
            done = done || step->what == what::closed;
        }
    };
    test::seeded_stream random(3);
    std::size_t said = 0;
    for (int rounds = 1;; ++rounds) {
        if (done) break;
        REQUIRE(rounds < 10000);
        move(to_server, to_client, up);
        move(to_client, to_server, down);
        act(to_server, client_tls, at_client);
        act(to_client, server_tls, at_server);
        if (!client_tls.connected() || !server_tls.connected() || said > 20000) continue;
        const test::buffer text(random.below(1500) + 1, 's');
        const output taken = to_server.send(text);
        said += taken.consumed;
        if (rounds % 3 == 0) (void)to_client.send_cover();
        if (rounds % 10 == 0 && client_tls.update_keys(true) != errc::none) continue;
        if (said > 20000) REQUIRE(client_tls.close() == errc::none);
    }
    REQUIRE(at_server.size() == said);
    REQUIRE(lengths_in(up) == only(size));
    REQUIRE(lengths_in(down) == only(size));
    full_duplex short_output(client_tls, client_in, mutable_bytes(client_out).first(size - 1));
    REQUIRE(short_output.next()->error == errc::too_small);
}
