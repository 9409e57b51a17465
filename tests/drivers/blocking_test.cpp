#include <spantls/drivers/blocking.hpp>

#include <algorithm>
#include <array>

#include <spantls/record/limits.hpp>

#include "drivers/peer_stream.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using test::buffer;
using null_pair = test::pair<test::null_provider>;

x509::verdict accept(const x509::peer&) { return x509::verdict::accept(); }

/// Whose signature is right for a provider that takes any.
struct server_answers {
    x509::verdict judge(const x509::peer&) { return x509::verdict::accept(); }
    identity identify(const step&) { return null_pair::server_credentials().who(); }
    std::array<std::uint8_t, 64> sign(const signing_request&) { return {1}; }
};

/// The client of a pair under the driver; the server is behind the stream.
template <class P>
struct driven {
    explicit driven(const test::pair_options& options = {}, std::size_t buffer_size = max_record)
        : both(options), memory(buffer_size) {}

    test::pair<P> both;
    buffer memory;
    test::peer_stream<decltype(test::pair<P>::server)> stream{both.server, both.to_server, both.to_client};
    blocking<client<P>, decltype(stream)> io{both.client.tls, stream, memory};

    void connect() {
        REQUIRE(io.handshake(accept));
        stream.let_peer_finish();
    }
    /// The server sends what it is given, now.
    void server_sends(bytes_view data) { REQUIRE(both.server.send(data) == errc::none); }
};
using driven_client = driven<test::null_provider>;

/// One that can tell early data by its key.
using early_provider = test::seeded<test::small_provider>;

/// A client with a key under which it may send early data, and a server that knows the key.
struct early_offer_made {
    early_offer_made() {
        options.target.psks = keys;
        options.target.early_data = true;
        options.server.use_psk = true;
        options.server.max_early_data = 1000;
    }
    early_offer_made(const early_offer_made&) = delete;
    psk_choice choice() const { return {0, key, hash_id::sha256, psk_kind::external, terms, false}; }

    const buffer name = test::text("name"), key = buffer(32, 7);
    const early_data_terms terms{
        .limit = 1000, .suite = cipher_suite::tls_chacha20_poly1305_sha256, .server_name = "leaf.example"};
    const psk keys[1] = {{.identity = name, .key = key, .early = terms}};
    test::pair_options options;
};

buffer noise(std::size_t size, std::uint64_t seed = 1) {
    buffer data(size);
    test::seeded_stream(seed).fill(data);
    return data;
}

/// All that comes until there is nothing more.
template <class Driver>
buffer read_all(Driver& io, io_status& why) {
    buffer all;
    for (;;) {
        const auto got = io.read();
        if (!got) {
            why = got.status;
            return all;
        }
        all.insert(all.end(), got.data.begin(), got.data.end());
    }
}

template <class Driver>
buffer read_exactly(Driver& io, std::size_t size) {
    buffer received;
    while (received.size() < size) {
        const auto got = io.read();
        REQUIRE(got);
        received.insert(received.end(), got.data.begin(), got.data.end());
    }
    return received;
}

}  // namespace

TEST_CASE("a blocking client, whatever the stream moves at once") {
    const std::size_t chunk = GENERATE(1u, 2u, 3u, 5u, 7u, 16u, 100u, 1000u, 100000u);
    driven_client it;
    it.stream.chunk = chunk;
    it.connect();
    const buffer up = noise(40000), down = noise(50000, 2);
    REQUIRE(it.io.write(up));
    it.server_sends(down);
    REQUIRE((read_exactly(it.io, down.size()) == down));
    REQUIRE(it.io.close());
    it.stream.let_peer_finish();
    REQUIRE((it.both.server.received == up));
    REQUIRE(it.both.server.has(what::peer_closed));

    // Half-closed: the server still has something to say.
    it.server_sends(as_bytes("and goodbye"));
    REQUIRE(it.both.server.tls.close() == errc::none);
    io_status why;
    REQUIRE(read_all(it.io, why) == test::text("and goodbye"));
    REQUIRE(why);
    REQUIRE(it.io.write(up).error == errc::write_closed);
}

TEST_CASE("a blocking server, whatever the stream moves at once") {
    const std::size_t chunk = GENERATE(1u, 2u, 3u, 7u, 100u, 100000u);
    null_pair both({.server = {.authenticate_client = client_authentication::request}});
    both.client.own = &null_pair::client_credentials();
    test::peer_stream stream(both.client, both.to_client, both.to_server);
    stream.chunk = chunk;
    buffer memory(max_record);
    blocking io(both.server.tls, stream, memory);
    REQUIRE(io.handshake(server_answers()));
    stream.let_peer_finish();
    REQUIRE(both.client.send("request") == errc::none);
    REQUIRE(both.client.tls.close() == errc::none);
    stream.let_peer_finish();
    io_status why;
    REQUIRE(read_all(io, why) == test::text("request"));
    REQUIRE(why);
    REQUIRE(io.write(as_bytes("response")));
    REQUIRE(io.close());
    stream.let_peer_finish();
    REQUIRE(both.client.received == test::text("response"));
    REQUIRE(both.client.has(what::closed));
}

TEST_CASE("what was read can be sent back from where it lies") {
    const std::size_t size = GENERATE(1u, 22u, 23u, 1000u, 8300u, 16384u);
    const bool key_update = GENERATE(false, true);
    driven_client it;
    it.connect();
    const buffer data = noise(size);
    if (key_update) REQUIRE(it.both.server.tls.update_keys(true) == errc::none);
    it.server_sends(data);
    const auto got = it.io.read();
    REQUIRE(got.data.size() == size);
    // An own key update has to leave before the data: there is no sealing in place then.
    if (key_update) REQUIRE(it.both.client.tls.update_keys() == errc::none);
    REQUIRE(it.io.write(got.data));
    it.stream.let_peer_finish();
    REQUIRE((it.both.server.received == data));
}

TEST_CASE("what was read can be sent back when a key update is due, though its record fills the buffer") {
    enum class due { by_count, asked_for, with_a_request };
    for (const due why : {due::by_count, due::asked_for, due::with_a_request})
        for (const std::size_t size : {std::size_t{1000}, max_fragment})
            for (const std::size_t more : {0u, 5u, 26u, 27u, 100u}) {
                CAPTURE(static_cast<int>(why), size, more);
                driven_client it({.client = {.rekey_after = why == due::by_count ? 3 : UINT64_MAX}},
                                 size + record_overhead + more);
                it.connect();
                std::size_t updates = 0;
                for (std::uint64_t i = 1; i <= 6; ++i) {
                    const buffer data = noise(size, i);
                    it.server_sends(data);
                    const auto got = it.io.read();
                    REQUIRE(got);
                    if (why != due::by_count)
                        REQUIRE(it.both.client.tls.update_keys(why == due::with_a_request) == errc::none);
                    REQUIRE(it.io.write(got.data));
                    it.stream.let_peer_finish();
                    REQUIRE(it.both.server.received == data);
                    it.both.server.received.clear();
                    updates = it.both.server.count(what::key_updated);
                }
                REQUIRE(updates >= (why == due::by_count ? 2u : 6u));
            }
}

TEST_CASE("a part of what was read can be sent back, too") {
    driven_client it;
    it.connect();
    const buffer data = noise(16384);
    it.server_sends(data);
    const auto got = it.io.read();
    REQUIRE(it.io.write(got.data.subspan(3, 16000)));
    it.stream.let_peer_finish();
    REQUIRE((it.both.server.received == buffer(data.begin() + 3, data.begin() + 16003)));
}

TEST_CASE("to close a connection that was given up sends its alert") {
    driven_client it;
    it.connect();
    it.both.client.tls.abort(alert_description::access_denied);
    REQUIRE(it.io.close().error == errc::connection_failed);
    it.stream.let_peer_finish();
    REQUIRE(it.both.server.error() == errc::peer_alert);
    REQUIRE(it.both.server.alert() == alert_description::access_denied);
}

TEST_CASE("the end of the stream is truncation, and a closed connection's end is not") {
    driven_client early;
    early.stream.ended = true;
    REQUIRE(early.io.handshake(accept).error == errc::truncated);

    driven_client it;
    it.connect();
    it.server_sends(as_bytes("half a sentence"));
    REQUIRE(it.io.read());
    it.stream.ended = true;
    auto got = it.io.read();
    REQUIRE_FALSE(got);
    REQUIRE(got.status.error == errc::truncated);
    REQUIRE_FALSE(got.status.stream_failed);
    REQUIRE(it.io.read().status.error == errc::truncated);

    driven_client closed;
    closed.connect();
    REQUIRE(closed.both.server.tls.close() == errc::none);
    closed.both.server.flush();
    got = closed.io.read();
    REQUIRE_FALSE(got);
    REQUIRE(got.status);
    REQUIRE(closed.io.write(as_bytes("still here")));
    REQUIRE(closed.io.close());
    closed.stream.let_peer_finish();
    REQUIRE(closed.both.server.received == test::text("still here"));
    REQUIRE(closed.both.server.has(what::closed));
    REQUIRE_FALSE(closed.io.read());
}

TEST_CASE("a read that fails can be tried again, at any place") {
    driven_client it;
    it.stream.chunk = 3;
    bool again = false;
    it.stream.fails = [&] { return again = !again; };
    io_status done = it.io.handshake(accept);
    while (done.stream_failed) {
        REQUIRE(done.error == errc::none);
        done = it.io.handshake(accept);
    }
    REQUIRE(done);
    it.stream.let_peer_finish();
    const buffer data = noise(300);
    it.server_sends(data);
    auto got = it.io.read();
    while (!got) {
        REQUIRE(got.status.stream_failed);
        // Writing goes on in the middle of a record.
        REQUIRE(it.io.write(as_bytes("x")));
        got = it.io.read();
    }
    REQUIRE((test::copy(got.data) == data));
}

TEST_CASE("after a write that fails, what the peer has said can still be read") {
    driven_client it;
    it.connect();
    it.server_sends(as_bytes("so long"));
    it.stream.write_fails = true;
    const io_status sent = it.io.write(as_bytes("are you there?"));
    REQUIRE(sent.stream_failed);
    REQUIRE(it.io.write(as_bytes("are you there?")).stream_failed);
    const auto got = it.io.read();
    REQUIRE(test::copy(got.data) == test::text("so long"));
    it.stream.ended = true;
    REQUIRE_FALSE(it.io.read());

    driven_client refused;
    refused.stream.write_fails = true;
    REQUIRE(refused.io.handshake(accept).stream_failed);
}

TEST_CASE("a peer that is refused, and a handshake that the peer refuses") {
    driven_client it;
    const io_status done = it.io.handshake([](const x509::peer&) { return x509::verdict::refuse(errc::unknown_ca); });
    REQUIRE(done.error == errc::unknown_ca);
    it.stream.let_peer_finish();
    REQUIRE(it.both.server.error() == errc::peer_alert);
    REQUIRE(it.both.server.alert() == alert_description::unknown_ca);
    REQUIRE(it.io.write(as_bytes("x")).error == errc::connection_failed);
    REQUIRE(it.io.read().status.error == errc::unknown_ca);
    REQUIRE(it.io.close().error == errc::connection_failed);

    driven_client other({.client = {.alpn = {"a"}}, .server = {.alpn = {"b"}}});
    const io_status told = other.io.handshake(accept);
    REQUIRE(told.error == errc::peer_alert);
    REQUIRE(told.alert == alert_description::no_application_protocol);
    REQUIRE(other.io.read().status.alert == alert_description::no_application_protocol);
}

TEST_CASE("a key that cannot sign ends the handshake") {
    struct keyless : server_answers {
        bytes_view sign(const signing_request&) { return {}; }
    };
    null_pair both;
    test::peer_stream stream(both.client, both.to_client, both.to_server);
    buffer memory(max_record);
    blocking io(both.server.tls, stream, memory);
    REQUIRE(io.handshake(keyless()).error == errc::wrong_answer);
    stream.let_peer_finish();
    REQUIRE(both.client.alert() == alert_description::handshake_failure);
}

TEST_CASE("an answerer that wants the key log gets it") {
    struct logging {
        std::string lines;
        x509::verdict judge(const x509::peer&) { return x509::verdict::accept(); }
        identity identify(const step&) { return no_identity; }
        bytes_view sign(const signing_request&) { return {}; }
        void key_log(bytes_view line) { lines += as_text(line); }
    };
    driven_client it({.client = {.key_log = true}, .server = {.key_log = true}});
    logging who;
    REQUIRE(it.io.handshake(who));
    it.stream.let_peer_finish();
    REQUIRE(who.lines == it.both.server.key_log);
    REQUIRE(std::count(who.lines.begin(), who.lines.end(), '\n') == 5);
}

TEST_CASE("a record that is longer than the buffer ends the connection with the caller's error") {
    driven_client it({}, 1200);
    it.connect();
    it.server_sends(noise(1000));
    REQUIRE(it.io.read().data.size() == 1000);
    it.server_sends(noise(1300));
    const auto got = it.io.read();
    REQUIRE_FALSE(got);
    REQUIRE(got.status.error == errc::too_small);
    REQUIRE(it.io.write(as_bytes("x")).error == errc::too_small);
    it.stream.let_peer_finish();
    REQUIRE(it.both.server.alert() == alert_description::internal_error);
}

TEST_CASE("a buffer in which nothing fits is the caller's error, not a loop") {
    const std::size_t size = GENERATE(0u, 1u, 5u, 6u);
    driven_client it({}, size);
    REQUIRE(it.io.handshake(accept).error == errc::too_small);
}

TEST_CASE("small buffers do, if the peer's records are small") {
    const std::size_t size = GENERATE(128u, 200u, 500u);
    driven_client it({.server = {.record_size = 100}}, size);
    it.connect();
    const buffer up = noise(5000), down = noise(3000, 2);
    REQUIRE(it.io.write(up));
    it.server_sends(down);
    const buffer received = read_exactly(it.io, down.size());
    it.stream.let_peer_finish();
    REQUIRE((received == down));
    REQUIRE((it.both.server.received == up));
}

TEST_CASE("a workspace that is too small can be replaced in the middle of the handshake") {
    test::pair_options options;
    options.client_workspace = client<test::null_provider>::smallest_workspace;
    driven_client it(options);
    const test::credentials large("server", 5000);
    it.both.server.own = &large;
    REQUIRE(it.io.handshake(accept).error == errc::workspace_too_small);
    buffer more(client<test::null_provider>::workspace_size + 8000);
    REQUIRE(it.both.client.tls.lend_workspace(more) == errc::none);
    it.connect();
    REQUIRE(it.io.handshake(accept));  // does nothing
}

TEST_CASE("a ticket in pieces is put together in the handshake's workspace, or in another") {
    const bool taken = GENERATE(false, true);
    buffer lent(1000);
    driven_client it({.server = {.record_size = 50}});
    it.connect();
    if (taken) REQUIRE_FALSE(it.both.client.tls.take_workspace().empty());
    const buffer body = noise(400), nonce(1);
    buffer out(4000);
    const auto sent = it.both.server.tls.send_ticket(
        {.lifetime = 1, .age_add = 2, .nonce = nonce, .ticket = body, .extensions = {}}, out);
    REQUIRE(sent.error == errc::none);
    it.both.to_client.put(sent.records);
    it.server_sends(as_bytes("after it"));
    if (taken) {
        REQUIRE(it.io.read().status.error == errc::workspace_too_small);
        REQUIRE(it.io.write(as_bytes("meanwhile")));
        REQUIRE(it.both.client.tls.lend_workspace(lent) == errc::none);
    }
    const auto ticket = it.io.next();
    REQUIRE(ticket);
    REQUIRE(ticket->what == what::ticket);
    REQUIRE(test::copy((*ticket->tickets().begin()).ticket) == body);
    REQUIRE(test::copy(it.io.read().data) == test::text("after it"));
}

TEST_CASE("key updates are answered by themselves, before anything else is waited for") {
    driven_client it;
    it.connect();
    for (int i = 0; i < 5; ++i) {
        REQUIRE(it.both.server.tls.update_keys(true) == errc::none);
        it.server_sends(as_bytes("new keys"));
        REQUIRE(it.io.read());
        it.server_sends(as_bytes("answered?"));
        REQUIRE(it.io.read());
        it.stream.let_peer_finish();
        REQUIRE(it.both.server.count(what::key_updated) == static_cast<std::size_t>(i) + 1);
    }
    REQUIRE(it.io.read().status.stream_failed == false);
}

TEST_CASE("what has come to be owed while a read was tried in vain leaves before the next one") {
    enum class owed { key_update, close, alert };
    for (const owed what_is : {owed::key_update, owed::close, owed::alert}) {
        CAPTURE(static_cast<int>(what_is));
        driven_client it;
        it.connect();
        // A timeout: now the driver knows that 5 bytes are missing.
        it.stream.fails = [] { return true; };
        REQUIRE(it.io.read().status.stream_failed);
        auto& tls = it.both.client.tls;
        if (what_is == owed::key_update) REQUIRE(tls.update_keys(true) == errc::none);
        if (what_is == owed::close) REQUIRE(tls.close() == errc::none);
        if (what_is == owed::alert) tls.abort();
        it.stream.fails = [&] {
            REQUIRE_FALSE(tls.owes_output());
            return true;
        };
        const incoming got = it.io.read();
        REQUIRE(got.status.error == (what_is == owed::alert ? errc::canceled : errc::none));
        it.stream.let_peer_finish();
        REQUIRE(it.both.server.has(what_is == owed::key_update ? what::key_updated
                                   : what_is == owed::close    ? what::peer_closed
                                                               : what::failed));
    }
}

TEST_CASE("early data that is rejected is no end of a handshake, and is given back to who listens") {
    struct listening {
        buffer rejected{};
        x509::verdict judge(const x509::peer&) { return x509::verdict::accept(); }
        identity identify(const step&) { return no_identity; }
        bytes_view sign(const signing_request&) { return {}; }
        void early_data_rejected(bytes_view data) { rejected = test::copy(data); }
    };
    for (const bool listens : {true, false}) {
        early_offer_made made;
        driven<early_provider> it(made.options);
        it.both.server.find_psk = [&](const step&) { return made.choice(); };
        it.both.server.judge_early = [](const early_offer&) { return early_data::reject; };
        buffer out(1000);
        it.both.to_server.put(it.both.client.tls.send_early(as_bytes("hello"), out));
        if (listens) {
            listening who;
            REQUIRE(it.io.handshake(who));
            REQUIRE(who.rejected == test::text("hello"));
        } else {
            REQUIRE(it.io.handshake(accept));
        }
        REQUIRE(it.both.client.tls.connected());
        REQUIRE_FALSE(it.both.client.tls.early_data_accepted());
        REQUIRE(it.io.write(as_bytes("hello")));
        it.stream.let_peer_finish();
        REQUIRE(it.both.server.received == test::text("hello"));
    }
}

TEST_CASE("early data that a server accepts is handed over, or is no connection") {
    struct deaf : server_answers {
        psk_choice find_psk(const step&) { return made->choice(); }
        early_data judge_early_data(const early_offer&) { return spantls::early_data::accept; }
        const early_offer_made* made = nullptr;
    };
    struct listening : deaf {
        buffer heard{};
        void early_data(bytes_view data) { heard = test::copy(data); }
    };
    for (const bool listens : {true, false}) {
        early_offer_made made;
        test::pair<early_provider> both(made.options);
        test::peer_stream stream(both.client, both.to_client, both.to_server);
        buffer memory(max_record), out(1000);
        blocking io(both.server.tls, stream, memory);
        both.to_server.put(both.client.tls.send_early(as_bytes("hello"), out));
        if (listens) {
            listening who;
            who.made = &made;
            REQUIRE(io.handshake(who));
            REQUIRE(who.heard == test::text("hello"));
        } else {
            deaf who;
            who.made = &made;
            REQUIRE(io.handshake(who).error == errc::internal_error);
            stream.let_peer_finish();
            REQUIRE(both.client.error() == errc::peer_alert);
        }
    }
}

TEST_CASE("blocking: one buffer of one record does where all records have one length") {
    driven_client it({.client = {.padding = padding::constant(1024)}, .server = {.padding = padding::constant(1024)}},
                     1024);
    it.connect();
    const buffer data = noise(5000), answer = noise(7000, 2);
    REQUIRE(it.io.write(data));
    it.server_sends(answer);
    REQUIRE(it.both.server.tls.update_keys(true) == errc::none);
    it.stream.let_peer_finish();
    REQUIRE(it.both.server.tls.close() == errc::none);
    io_status why;
    REQUIRE(read_all(it.io, why) == answer);
    REQUIRE(why);
    REQUIRE(it.io.close());
    it.stream.let_peer_finish();
    REQUIRE(it.both.server.received == data);
    REQUIRE(it.both.server.has(what::closed));
    REQUIRE(it.both.server.has(what::key_updated));
    for (const test::link* link : {&it.both.to_server, &it.both.to_client})
        for (const buffer& record : test::records_in(link->all))
            if (record[0] == 23) REQUIRE(record.size() == 1024);
}

TEST_CASE(
    "blocking: a buffer of one fragment does where that was agreed on, whatever the server would send otherwise") {
    constexpr std::size_t fragment = 512, size = fragment + record_overhead;
    driven_client it({.client = {.max_fragment_length = fragment}, .server = {.record_size = 4096}}, size);
    it.connect();
    const buffer data = noise(5000), answer = noise(7000, 2);
    REQUIRE(it.io.write(data));
    it.stream.let_peer_finish();
    it.server_sends(answer);
    REQUIRE(it.both.server.tls.close() == errc::none);
    io_status why;
    REQUIRE(read_all(it.io, why) == answer);
    REQUIRE(why);
    REQUIRE(it.both.server.received == data);
    // Where it was not, it does not.
    driven_client other({.server = {.record_size = 4096}}, size);
    other.connect();
    other.server_sends(answer);
    REQUIRE(other.io.read().status.error == errc::too_small);
}

TEST_CASE("blocking: a late request that fills the buffer is answered under whatever key (sections 4.7.2 and 5.5)") {
    using driven_seeded = driven<test::seeded<test::small_provider>>;
    for (std::uint64_t limit = 2; limit < 12; ++limit) {
        CAPTURE(limit);
        driven_seeded it({.client = {.post_handshake_auth = true, .rekey_after = limit},
                          .server = {.post_handshake_auth = true, .padding = padding::constant(1024)}},
                         1024);
        it.connect();
        for (std::size_t i = 1; i <= 8; ++i) {
            REQUIRE(it.io.write(as_bytes("x")));
            REQUIRE(it.both.server.tls.request_authentication() == errc::none);
            it.server_sends(as_bytes("y"));
            for (bool data = false; !data;) {
                const auto step = it.io.next();
                REQUIRE(step);
                if (step->what == what::choose_identity)
                    REQUIRE(it.both.client.tls.answer(no_identity) == errc::none);
                else
                    data = step->what == what::application_data;
            }
            REQUIRE(it.io.flush());
            it.stream.let_peer_finish();
            REQUIRE(it.both.server.count(what::client_answered) == i);
        }
    }
}
