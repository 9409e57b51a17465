#include <spantls/drivers/record_writer.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using chacha_pair = test::pair<test::seeded<test::small_provider>>;

test::buffer letters(std::size_t count) {
    test::buffer text(count);
    for (std::size_t i = 0; i < count; ++i) text[i] = static_cast<std::uint8_t>('a' + i % 26);
    return text;
}

/// What a sink was given.
struct heard {
    test::link& to;
    std::vector<std::size_t> sizes{};
    std::size_t fails_at = SIZE_MAX;

    bool operator()(bytes_view records) {
        if (sizes.size() == fails_at) return false;
        sizes.push_back(records.size());
        to.put(records);
        return true;
    }
};

}  // namespace

TEST_CASE("record_writer: small writes come together in records of one size") {
    for (const std::size_t piece : {1u, 7u, 100u, 1002u, 1003u, 5000u}) {
        CAPTURE(piece);
        chacha_pair both({.client = {.padding = padding::constant(1024)}});
        REQUIRE(both.handshake());
        std::array<std::uint8_t, 1024> buffer;
        record_writer out(both.client.tls, buffer);
        heard sink{both.to_server};
        const test::buffer text = letters(10000);
        for (std::size_t at = 0; at < text.size(); at += piece)
            REQUIRE(out.write(bytes_view(text).subspan(at, std::min(piece, text.size() - at)), sink));
        // A full one is sealed by itself: 9 of them, and 982 bytes that wait.
        REQUIRE(sink.sizes == std::vector<std::size_t>(9, 1024));
        REQUIRE(out.waiting() == 10000 - 9 * 1002);
        both.run();
        REQUIRE(both.server.received.size() == 9 * 1002);
        REQUIRE(out.flush(sink));
        REQUIRE(out.waiting() == 0);
        REQUIRE(sink.sizes == std::vector<std::size_t>(10, 1024));
        REQUIRE(out.flush(sink));
        REQUIRE(sink.sizes.size() == 10);
        both.run();
        REQUIRE(both.server.received == text);
    }
}

TEST_CASE("record_writer: without padding, and with larger and smaller buffers") {
    for (const std::size_t size : {27u, 28u, 100u, 1024u, 16406u, 20000u})
        for (const std::uint16_t limit : {std::uint16_t{0}, std::uint16_t{64}, std::uint16_t{5000}}) {
            CAPTURE(size, limit);
            chacha_pair both({.server = {.record_size_limit = limit == 0 ? std::uint16_t{16385} : limit}});
            chacha_pair asking({.client = {.record_size_limit = 16385}, .server = both.options.server});
            auto& it = limit == 0 ? both : asking;
            REQUIRE(it.handshake());
            test::buffer buffer(size);
            record_writer out(it.client.tls, buffer);
            heard sink{it.to_server};
            const test::buffer text = letters(40000);
            REQUIRE(out.write(text, sink));
            const std::size_t most = std::min<std::size_t>(size, 16406) - record_overhead;
            const std::size_t room = limit == 0 ? most : std::min<std::size_t>(most, limit - 1u);
            REQUIRE(sink.sizes == std::vector<std::size_t>(40000 / room, room + record_overhead));
            REQUIRE(out.flush(sink));
            it.run();
            REQUIRE(it.server.received == text);
        }
}

TEST_CASE("record_writer: records are pulled, too") {
    chacha_pair both({.client = {.padding = padding::constant(100)}});
    REQUIRE(both.handshake());
    std::array<std::uint8_t, 100> buffer;
    record_writer out(both.client.tls, buffer);
    const test::buffer text = letters(200);
    const output none = out.write(bytes_view(text).first(77));
    REQUIRE(none.empty());
    REQUIRE(none.consumed == 77);
    // Exactly what fills it, and no more.
    const output one = out.write(bytes_view(text).subspan(77));
    REQUIRE(one.records.size() == 100);
    REQUIRE(one.records.data() == buffer.data());
    REQUIRE(one.consumed == 1);
    both.to_server.put(one.records);
    const output next = out.write(bytes_view(text).subspan(78, 50));
    REQUIRE(next.empty());
    REQUIRE(next.consumed == 50);
    REQUIRE(out.write({}).empty());
    const output last = out.flush();
    REQUIRE(last.records.size() == 100);
    REQUIRE(last.consumed == 0);
    both.to_server.put(last.records);
    REQUIRE(out.flush().empty());
    both.run();
    REQUIRE(both.server.received == test::copy(bytes_view(text).first(128)));
}

TEST_CASE("record_writer: a key change ends the record that is being filled") {
    for (const bool asked : {false, true})
        for (const bool flushed : {false, true}) {
            CAPTURE(asked, flushed);
            chacha_pair both({.client = {.padding = padding::constant(300)}});
            REQUIRE(both.handshake());
            std::array<std::uint8_t, 300> buffer;
            record_writer out(both.client.tls, buffer);
            heard sink{both.to_server};
            REQUIRE(out.write(as_bytes("before"), sink));
            if (asked) {
                REQUIRE(both.server.tls.update_keys(true) == errc::none);
                both.server.flush();
                both.client.silent = true;
                both.run();
                REQUIRE(both.client.has(what::key_updated));
            } else {
                REQUIRE(both.client.tls.update_keys() == errc::none);
            }
            REQUIRE(both.client.tls.owes_output());
            // An answer, say, to what the peer has said behind its KeyUpdate (section 4.7.3).
            if (flushed) REQUIRE(out.flush(sink));
            REQUIRE(out.write(as_bytes(", after"), sink));
            REQUIRE(sink.sizes == std::vector<std::size_t>{300, 300});
            REQUIRE(out.write(as_bytes(" it"), sink));
            REQUIRE(out.flush(sink));
            REQUIRE(sink.sizes.size() == 3);
            both.run();
            REQUIRE(as_text(both.server.received) == "before, after it");
            // Data under the old key, the update, data under the new one.
            REQUIRE(both.server.count(what::key_updated) == 1);
            const auto& opened = both.server.opened;
            REQUIRE(opened[opened.size() - 3].type == content_type::application_data);
            REQUIRE(opened[opened.size() - 2].type == content_type::handshake);
            REQUIRE(opened[opened.size() - 1].type == content_type::application_data);
        }
}

TEST_CASE("record_writer: keys that change by themselves leave room for their update") {
    for (const std::uint64_t after : {2u, 3u, 7u}) {
        CAPTURE(after);
        chacha_pair both({.client = {.rekey_after = after, .padding = padding::constant(64)}});
        REQUIRE(both.handshake());
        std::array<std::uint8_t, 64> buffer;
        record_writer out(both.client.tls, buffer);
        heard sink{both.to_server};
        const test::buffer text = letters(42 * 30);
        for (const std::uint8_t& one : text) REQUIRE(out.write({&one, 1}, sink));
        REQUIRE(out.flush(sink));
        both.run();
        REQUIRE(both.server.error() == errc::none);
        REQUIRE(both.server.received == text);
        REQUIRE(both.server.count(what::key_updated) == 30 / (after - 1));
        REQUIRE(sink.sizes == std::vector<std::size_t>(sink.sizes.size(), 64));
    }
}

TEST_CASE("record_writer: what others send meanwhile keeps nothing from leaving") {
    enum class other { cover, data, in_place, ticket, update, answer };
    for (const other by : {other::cover, other::data, other::in_place, other::ticket, other::update, other::answer})
        for (std::uint64_t after = 2; after < 9; ++after)
            for (unsigned times = 0; times < 10; ++times) {
                CAPTURE(static_cast<int>(by), after, times);
                if (by == other::ticket && after == 2) continue;  // for one there has to be a record besides its own
                test::pair_options options;
                const bool late = by == other::answer;
                options.client.post_handshake_auth = options.server.post_handshake_auth = late;
                options.client.rekey_after = options.server.rekey_after = after;
                chacha_pair both(options);
                both.client.own = &both.client_credentials();
                REQUIRE(both.handshake());
                both.run();
                both.client.silent = both.server.silent = true;
                std::array<std::uint8_t, 100> buffer, elsewhere;
                test::buffer large(2000), sent;
                record_writer of_client(both.client.tls, buffer);
                record_writer of_server(both.server.tls, buffer);
                heard to_server{both.to_server}, to_client{both.to_client};
                const bool by_server = by == other::ticket;
                const auto write = [&](std::string_view text) {
                    const io_status done = by_server ? of_server.write(as_bytes(text), to_client)
                                                     : of_client.write(as_bytes(text), to_server);
                    REQUIRE(done);
                };
                const auto flush = [&] {
                    const io_status done = by_server ? of_server.flush(to_client) : of_client.flush(to_server);
                    CAPTURE(name_of(done.error));
                    REQUIRE(done);
                    REQUIRE((by_server ? of_server.waiting() : of_client.waiting()) == 0);
                };
                for (int round = 0; round < 5; ++round) {
                    write("abc");
                    for (unsigned i = 0; i < times; ++i) {
                        output more;
                        const std::uint8_t nonce[] = {static_cast<std::uint8_t>(round), static_cast<std::uint8_t>(i)};
                        switch (by) {
                            case other::cover: more = both.client.tls.send_cover(large); break;
                            case other::data: more = both.client.tls.send(as_bytes("."), large); break;
                            case other::in_place:
                                elsewhere[record_header_size] = '.';
                                more = both.client.tls.send({elsewhere.data() + record_header_size, 1}, elsewhere);
                                break;
                            case other::ticket:
                                more = both.server.tls.send_ticket({1, 1, nonce, nonce, {}}, large);
                                break;
                            case other::update:
                                REQUIRE(both.client.tls.update_keys() == errc::none);
                                more = both.client.tls.transmit(large);
                                break;
                            case other::answer: {
                                if (i != 0) break;
                                test::buffer request(500);
                                REQUIRE(both.server.tls.request_authentication() == errc::none);
                                for (output out; !(out = both.server.tls.transmit(request)).empty();)
                                    both.to_client.put(out.records);
                                // Up to the answer, but for what the client has to send first.
                                for (int turns = 0; turns < 50; ++turns) {
                                    both.round();
                                    if (both.client.tls.handshake_state() == client_state::connected) continue;
                                    if (both.client.tls.owes_output()) flush();
                                }
                                break;
                            }
                        }
                        (by_server ? both.to_client : both.to_server).put(more.records);
                    }
                    flush();
                    write("def");
                    flush();
                    both.run();
                    // The key may have had to change before the answer.
                    for (int i = 0; i < 5 && both.client.tls.owes_output(); ++i) {
                        flush();
                        both.run();
                    }
                    REQUIRE(both.server.error() == errc::none);
                    REQUIRE(both.client.error() == errc::none);
                }
                test::buffer got = by_server ? both.client.received : both.server.received;
                std::erase(got, std::uint8_t{'.'});
                REQUIRE(as_text(got) == "abcdefabcdefabcdefabcdefabcdef");
                if (late) REQUIRE(both.server.count(what::client_answered) == (times == 0 ? 0u : 5u));
            }
}

TEST_CASE("record_writer: close_notify goes behind what was written, and nothing behind it") {
    chacha_pair both({.client = {.padding = padding::constant(64)}});
    REQUIRE(both.handshake());
    std::array<std::uint8_t, 64> buffer;
    record_writer out(both.client.tls, buffer);
    heard sink{both.to_server};
    REQUIRE(out.write(as_bytes("the last words"), sink));
    REQUIRE(both.client.tls.close() == errc::none);
    REQUIRE(out.flush(sink));
    REQUIRE(sink.sizes == std::vector<std::size_t>{64, 64});
    both.run();
    REQUIRE(as_text(both.server.received) == "the last words");
    REQUIRE(both.server.has(what::peer_closed));
    REQUIRE(out.write(as_bytes("too late"), sink).error == errc::write_closed);
    REQUIRE(sink.sizes.size() == 2);
    REQUIRE(out.waiting() == 0);
}

TEST_CASE("record_writer: a connection that fails says so, and owes its alert") {
    chacha_pair both;
    std::array<std::uint8_t, 64> buffer;
    record_writer out(both.client.tls, buffer);
    heard sink{both.to_server};
    REQUIRE(out.write(as_bytes("early"), sink).error == errc::not_connected);
    REQUIRE(both.handshake());
    REQUIRE(out.write(as_bytes("lost"), sink));
    both.client.tls.abort(alert_description::access_denied);
    // What waited is lost; the alert is not.
    REQUIRE(out.flush(sink).error == errc::connection_failed);
    REQUIRE(sink.sizes == std::vector<std::size_t>{record_overhead + 2});
    REQUIRE(out.waiting() == 0);
    REQUIRE(out.flush(sink));
    REQUIRE(out.write(as_bytes("lost"), sink).error == errc::connection_failed);
    both.run();
    REQUIRE(both.server.error() == errc::peer_alert);
    REQUIRE(both.server.alert() == alert_description::access_denied);
    REQUIRE(both.server.received.empty());
}

TEST_CASE("record_writer: a buffer that is too small, and a sink that fails") {
    chacha_pair both({.client = {.padding = padding::constant(64)}});
    REQUIRE(both.handshake());
    test::buffer small(63), enough(64);
    heard sink{both.to_server};
    record_writer never(both.client.tls, small);
    REQUIRE(never.write(as_bytes("x"), sink).error == errc::too_small);
    record_writer nothing(both.client.tls, mutable_bytes{});
    REQUIRE(nothing.write(as_bytes("x"), sink).error == errc::too_small);
    REQUIRE(nothing.flush(sink));
    record_writer out(both.client.tls, enough);
    sink.fails_at = 1;
    const io_status failed = out.write(letters(100), sink);
    REQUIRE(failed.stream_failed);
    REQUIRE(sink.sizes.size() == 1);
}

TEST_CASE("record_writer: cover records, when nothing waits") {
    chacha_pair both({.client = {.padding = padding::constant(64)}});
    REQUIRE(both.handshake());
    std::array<std::uint8_t, 64> buffer;
    record_writer out(both.client.tls, buffer);
    REQUIRE(out.write(as_bytes("x")).empty());
    REQUIRE(out.cover().error == errc::output_owed);
    both.to_server.put(out.flush());
    const output covered = out.cover();
    REQUIRE(covered.records.size() == 64);
    both.to_server.put(covered);
    both.run();
    REQUIRE(both.server.received == test::buffer{'x'});
    REQUIRE(both.server.error() == errc::none);
}

TEST_CASE("record_writer: over the writing half of a connection that was split") {
    chacha_pair both({.server = {.padding = padding::constant(1024)}});
    REQUIRE(both.handshake());
    auto [reader, writer] = both.server.tls.split();
    std::array<std::uint8_t, 1024> buffer;
    record_writer out(writer, buffer);
    heard sink{both.to_client};
    const test::buffer text = letters(3000);
    REQUIRE(out.write(text, sink));
    // The reader leaves a note in between.
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.client.flush();
    test::buffer input = both.to_server.take();
    REQUIRE(reader.receive(input).what == what::key_updated);
    REQUIRE(reader.owes_output());
    REQUIRE(out.flush(sink));
    REQUIRE_FALSE(reader.owes_output());
    both.server.silent = true;
    both.client.arrive(both.to_client.take());
    while (both.client.turn()) {
    }
    REQUIRE(both.client.received == text);
    REQUIRE(both.client.has(what::key_updated));
    REQUIRE(sink.sizes == std::vector<std::size_t>(4, 1024));
}
