#include <spantls/drivers/full_duplex.hpp>

#include <algorithm>
#include <array>
#include <deque>

#include <spantls/client.hpp>
#include <spantls/server.hpp>

#include "support/catch.hpp"
#include "support/forge.hpp"
#include "support/null_provider.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using test::buffer;

/// As REQUIRE, for loops that would spend their time in it.
void demand(bool it, const char* said) {
    if (!it) FAIL(said);
}

/// A socket's buffer.
struct wire {
    std::deque<std::uint8_t> bytes;
    std::size_t capacity = 100000;
    bool ended = false;
};

/// A connection, its driver, and an application that does what wants() says and nothing else.
template <class Connection>
struct side {
    template <class P, class Config, class... Extra>
    side(P& crypto, const Config& config, std::size_t in_size, std::size_t out_size, wire& from, wire& to,
         Extra... extra)
        : workspace(Connection::workspace_size),
          input(in_size),
          output(out_size),
          tls(crypto, config, workspace, extra...),
          io(tls, input, output),
          in(from),
          out(to) {}

    buffer workspace, input, output;
    std::vector<buffer> loans;
    Connection tls;
    full_duplex<Connection> io;
    wire &in, &out;
    const test::credentials* own = nullptr;

    std::size_t chunk = SIZE_MAX;  ///< most bytes that one read or write moves
    std::size_t patience = 0;      ///< rounds before a question is answered
    bool reads_data = true;        ///< false: next() is not called
    bool closes = false;           ///< when all is sent
    buffer to_send, received;
    std::vector<what> told;
    errc error = errc::none;

    std::size_t count(what wanted) const {
        return static_cast<std::size_t>(std::count(told.begin(), told.end(), wanted));
    }

    void take(const step& step) {
        told.push_back(step.what);
        error = step.error;
        if (step.is_question()) question = step;
        if (step.what == what::need_workspace) needed = step.missing;
        received.insert(received.end(), step.data.begin(), step.data.end());
    }

    void reply() {
        question_age = 0;
        const step asked = *std::exchange(question, std::nullopt);
        errc done = errc::none;
        if (asked.what == what::verify_peer)
            done = tls.answer(x509::verdict::accept());
        else if (asked.what == what::sign)
            done = tls.answer(signature{own->key.sign(test::copy(asked.signing().content))});
        else
            done = tls.answer(own == nullptr ? no_identity : own->who());
        REQUIRE(done == errc::none);
    }

    /// True when something has changed.
    bool turn() {
        bool moved = false;
        wants now = io.wants();
        if (now.next && reads_data) {
            for (auto step = io.next(); step; step = io.next()) take(*step);
            moved = true;
            now = io.wants();
            demand(!now.next, "next() has nothing, and is wanted again");
        }
        demand(now.any() == !(over() && io.pending().empty()), "nothing is wanted, without a reason");
        if (now.answer) {
            demand(question && !now.read, "an answer is wanted, and nothing has been asked");
            if (question_age++ >= patience) reply();
            moved = true;
        }
        if (now.workspace) {
            loans.emplace_back(needed);
            REQUIRE(tls.lend_workspace(loans.back()) == errc::none);
            for (auto step = io.next(); step; step = io.next()) take(*step);
            moved = true;
        }
        if (tls.connected() && !to_send.empty()) {
            const auto sent = io.send(to_send);
            demand(sent.error == errc::none || sent.error == errc::too_small, "send() fails");
            demand(sent.consumed != 0 || !io.pending().empty(), "nothing is taken by an empty output");
            to_send.erase(to_send.begin(), to_send.begin() + static_cast<std::ptrdiff_t>(sent.consumed));
            moved = moved || sent.consumed != 0;
        }
        if (tls.connected() && to_send.empty() && (closes || now.close)) {
            if (!closed) moved = tls.close() == errc::none;
            closed = true;
        }
        if (io.wants().write) moved = write() || moved;
        if (io.wants().read) moved = read() || moved;
        return moved;
    }

    bool over() const { return !told.empty() && (told.back() == what::closed || told.back() == what::failed); }

private:
    bool write() {
        const auto pending = io.pending();
        demand(!pending.empty(), "a write of nothing");
        const std::size_t size = std::min({pending.size(), chunk, out.capacity - out.bytes.size()});
        out.bytes.insert(out.bytes.end(), pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(size));
        io.sent(size);
        return size != 0;
    }
    bool read() {
        const auto space = io.space();
        demand(!space.empty(), "a read into nothing");
        if (in.bytes.empty() && in.ended) {
            io.end_of_input();
            return true;
        }
        const std::size_t size = std::min({space.size(), chunk, in.bytes.size()});
        std::copy_n(in.bytes.begin(), size, space.begin());
        in.bytes.erase(in.bytes.begin(), in.bytes.begin() + static_cast<std::ptrdiff_t>(size));
        io.received(size);
        return size != 0;
    }

    std::optional<step> question;
    std::size_t question_age = 0;
    std::size_t needed = 0;
    bool closed = false;
};

struct sizes {
    std::size_t input = max_record, output = 20000;
};

template <class P>
struct two_sides {
    explicit two_sides(sizes client_sizes = {}, sizes server_sizes = {}, const test::pair_options& chosen = {})
        : options(chosen),
          client_side(client_crypto, options.client, client_sizes.input, client_sizes.output, to_client, to_server,
                      options.target),
          server_side(server_crypto, options.server, server_sizes.input, server_sizes.output, to_server, to_client) {
        server_side.own = &test::pair<P>::server_credentials();
    }
    const test::pair_options options;
    P client_crypto, server_crypto;
    wire to_client, to_server;
    side<client<P>> client_side;
    side<server<P>> server_side;

    /// Until nothing moves any more.
    void run() {
        for (int rounds = 0; rounds < 1000000; ++rounds) {
            const bool moved = client_side.turn();
            if (!server_side.turn() && !moved) return;
        }
        FAIL("it does not end");
    }
    bool connected() const { return client_side.tls.connected() && server_side.tls.connected(); }
};

buffer noise(std::size_t size, std::uint64_t seed) {
    buffer data(size);
    test::seeded_stream(seed).fill(data);
    return data;
}

using null_sides = two_sides<test::null_provider>;

}  // namespace

TEST_CASE("a loop that obeys wants() ends, and everything arrives") {
    const std::size_t output = GENERATE(as<std::size_t>{}, min_output, 60, 333, 5000, 50000);
    const std::size_t chunk = GENERATE(1u, 7u, 1000u, 1000000u);
    const std::size_t socket = GENERATE(5u, 2000u, 100000u);
    const std::size_t patience = chunk == 7 ? 3 : 0;
    const std::size_t size = chunk == 1 || socket == 5 ? 3000 : 40000;
    null_sides both({max_record, output}, {max_record + output, output},
                    {.server = {.authenticate_client = client_authentication::request}});
    for (wire* one : {&both.to_client, &both.to_server}) one->capacity = socket;
    both.client_side.chunk = both.server_side.chunk = chunk;
    both.client_side.patience = both.server_side.patience = patience;
    both.client_side.own = &test::pair<test::null_provider>::client_credentials();
    const buffer up = noise(size, 1), down = noise(size, 2);
    both.client_side.to_send = up;
    both.server_side.to_send = down;
    both.client_side.closes = true;
    both.run();
    REQUIRE((both.server_side.received == up));
    REQUIRE((both.client_side.received == down));
    REQUIRE(both.client_side.told.back() == what::closed);
    REQUIRE(both.server_side.told.back() == what::closed);
    REQUIRE_FALSE(both.client_side.io.wants());
    REQUIRE_FALSE(both.server_side.io.wants());
    REQUIRE(both.server_side.count(what::client_hello) == 1);
    REQUIRE(both.server_side.count(what::sign) == 1);
    REQUIRE(both.server_side.count(what::verify_peer) == 1);
    REQUIRE(both.server_side.count(what::peer_closed) == 1);
}

TEST_CASE("with real cryptography, too") {
    two_sides<test::usual_provider> both({}, {40000, 1000});
    const buffer up = noise(200000, 3), down = noise(100000, 4);
    both.client_side.to_send = up;
    both.server_side.to_send = down;
    both.server_side.closes = true;
    both.client_side.chunk = 1400;
    both.run();
    REQUIRE((both.server_side.received == up));
    REQUIRE((both.client_side.received == down));
    REQUIRE_FALSE(both.client_side.io.wants());
    REQUIRE_FALSE(both.server_side.io.wants());
}

TEST_CASE("who does not call next() is not read for, and goes on later") {
    null_sides both({max_record, 4000}, {});
    both.to_server.capacity = 2000;
    both.run();
    REQUIRE(both.connected());
    both.server_side.reads_data = false;
    const buffer data = noise(300000, 5);
    both.client_side.to_send = data;
    both.run();
    // All stands still, and says why.
    REQUIRE(both.server_side.received.empty());
    REQUIRE(both.client_side.to_send.size() > data.size() - max_record - 4000 - 2000);
    REQUIRE_FALSE(both.server_side.io.wants().read);
    REQUIRE(both.server_side.io.wants().next);
    REQUIRE(both.server_side.io.space().empty());
    REQUIRE(both.client_side.io.wants().write);
    // The other direction does not mind.
    both.server_side.to_send = noise(100000, 6);
    both.run();
    REQUIRE(both.client_side.received.size() == 100000);

    both.server_side.reads_data = true;
    both.run();
    REQUIRE((both.server_side.received == data));
}

TEST_CASE("what a step shows stays until the next one, even while more is read") {
    null_sides both({}, {2 * max_record, 20000});
    both.run();
    both.server_side.reads_data = false;
    const buffer data = noise(60000, 7);
    both.client_side.to_send = data;
    both.run();
    buffer received;
    for (int rounds = 0; received.size() < data.size(); ++rounds) {
        REQUIRE(rounds < 1000);
        const auto step = both.server_side.io.next();
        both.run();
        if (!step) continue;
        REQUIRE(step->what == what::application_data);
        received.insert(received.end(), step->data.begin(), step->data.end());
    }
    REQUIRE((received == data));
}

TEST_CASE("an echo goes straight from the input to the output, however slowly it leaves") {
    null_sides both({}, {max_record, 200});
    both.run();
    both.server_side.reads_data = false;
    const buffer data = noise(50000, 8);
    both.client_side.to_send = data;
    std::optional<step> shown;
    bytes_view rest;
    for (int rounds = 0; both.client_side.received.size() < data.size(); ++rounds) {
        REQUIRE(rounds < 100000);
        both.run();
        if (rest.empty() && (shown = both.server_side.io.next())) rest = shown->data;
        rest = rest.subspan(both.server_side.io.send(rest).consumed);
    }
    REQUIRE((both.client_side.received == data));
}

TEST_CASE("pending output does not move while more is added") {
    null_sides both({}, {max_record, 1000});
    both.run();
    auto& io = both.server_side.io;
    const buffer data = noise(300, 9);
    REQUIRE(io.send(data).consumed == 300);
    const auto first = io.pending();
    const buffer before = test::copy(first);
    io.sent(200);
    REQUIRE(io.send(data).consumed == 300);
    REQUIRE(io.pending().data() == first.data() + 200);
    REQUIRE(test::copy(first) == before);
    REQUIRE(io.send(noise(5000, 1)).consumed > 0);
    REQUIRE(io.send(data).error == errc::too_small);
    REQUIRE(test::copy(first).size() == before.size());
    REQUIRE(std::equal(before.begin() + 200, before.end(), io.pending().begin()));
}

TEST_CASE("who looks for a key takes as long as it takes") {
    static constexpr std::array<std::uint8_t, 32> key{1};
    const std::array keys{psk{.identity = as_bytes("who"), .key = key}};
    null_sides both({}, {}, {.server = {.use_psk = true}, .target = {.server_name = "leaf.example", .psks = keys}});
    both.server_side.patience = 1000000;
    auto& io = both.server_side.io;
    for (int i = 0; i < 100; ++i) {
        both.client_side.turn();
        both.server_side.turn();
    }
    REQUIRE(both.server_side.told == std::vector{what::find_psk});
    REQUIRE(io.wants().answer);
    REQUIRE_FALSE(io.wants().next);
    REQUIRE_FALSE(io.next());
    REQUIRE(both.server_side.tls.answer(psk_choice{0, key, hash_id::sha256, psk_kind::external, {}, false}) ==
            errc::none);
    REQUIRE_FALSE(io.wants().answer);
    both.run();
    REQUIRE(both.connected());
    REQUIRE(both.server_side.tls.psk_used());
}

TEST_CASE("a question comes once, and nothing comes before its answer") {
    null_sides both;
    both.client_side.patience = both.server_side.patience = 1000000;
    auto& io = both.server_side.io;
    for (int i = 0; i < 100; ++i) {
        both.client_side.turn();
        both.server_side.turn();
    }
    REQUIRE(both.server_side.told == std::vector{what::client_hello});
    REQUIRE(io.wants().answer);
    REQUIRE_FALSE(io.wants().next);
    REQUIRE_FALSE(io.next());
    both.server_side.reply();
    REQUIRE_FALSE(io.wants().answer);
    REQUIRE(io.wants().next);
    REQUIRE(io.next()->what == what::sign);
    REQUIRE_FALSE(io.next());
    REQUIRE(io.wants().answer);
    REQUIRE(both.server_side.tls.refuse() == errc::none);
    REQUIRE_FALSE(io.wants().answer);
    REQUIRE(io.wants().next);
    both.server_side.take(*io.next());
    REQUIRE(both.server_side.told.back() == what::failed);
    REQUIRE_FALSE(io.next());
    REQUIRE(io.wants().write);
    both.run();
    REQUIRE_FALSE(io.wants());
    REQUIRE(both.client_side.error == errc::peer_alert);
    REQUIRE_FALSE(both.client_side.io.wants());
}

TEST_CASE("the end of the transport is truncation, but only behind what had arrived") {
    null_sides both;
    both.run();
    both.client_side.to_send = noise(40000, 10);
    both.client_side.turn();
    const std::size_t sent = 40000 - both.client_side.to_send.size();
    both.to_server.ended = true;
    for (int i = 0; i < 100; ++i) both.server_side.turn();
    REQUIRE(sent > 0);
    REQUIRE(both.server_side.received.size() == sent);
    REQUIRE(both.server_side.told.back() == what::failed);
    REQUIRE(both.server_side.error == errc::truncated);
    REQUIRE_FALSE(both.server_side.io.wants());
}

TEST_CASE("half-closed: one side goes on sending, and says when it is its turn to close") {
    null_sides both;
    both.run();
    REQUIRE(both.client_side.tls.close() == errc::none);
    both.client_side.to_send.clear();
    auto& io = both.server_side.io;
    both.server_side.to_send = noise(100, 11);
    both.server_side.reads_data = false;
    both.client_side.turn();
    both.server_side.turn();
    REQUIRE(io.next()->what == what::peer_closed);
    REQUIRE_FALSE(io.next());
    REQUIRE_FALSE(io.wants().read);
    both.server_side.to_send.clear();
    REQUIRE(io.send(noise(10, 1)).consumed == 10);
    REQUIRE(io.wants().write);
    REQUIRE_FALSE(io.wants().close);
    io.sent(io.pending().size());
    REQUIRE_FALSE(io.next());
    REQUIRE(io.wants().close);
    io.end_of_input();
    REQUIRE_FALSE(io.next());
    REQUIRE(io.wants().close);
    REQUIRE(both.server_side.tls.close() == errc::none);
    REQUIRE(io.wants().write);
    io.sent(io.pending().size());
    REQUIRE(io.next()->what == what::closed);
    REQUIRE_FALSE(io.wants());
    REQUIRE(io.send(noise(10, 1)).error == errc::write_closed);
}

TEST_CASE("a workspace is asked for once, by size, and then it goes on") {
    const test::credentials large("server", 12000);
    null_sides both;
    both.server_side.own = &large;
    both.run();
    REQUIRE(both.connected());
    REQUIRE(both.client_side.count(what::need_workspace) >= 1);
    REQUIRE(both.server_side.count(what::handshake_done) == 1);
}

TEST_CASE("what was lent is forgotten when the connection has got past the request: the rest comes in many records") {
    const test::credentials large("server", 12000);
    test::pair_options options;
    options.server.record_size = 512;
    null_sides both({}, {}, options);
    both.server_side.own = &large;
    both.client_side.chunk = 200;
    both.run();
    REQUIRE(both.connected());
    REQUIRE(both.client_side.count(what::need_workspace) == both.client_side.loans.size());
}

TEST_CASE("who is asked for a workspace and gives up is told to send the alert, and then that it is over") {
    test::null_provider crypto(1);
    const client_config config{};
    buffer workspace(client<test::null_provider>::workspace_size), input(max_record), output(1000);
    client<test::null_provider> tls(crypto, config, workspace);
    full_duplex io(tls, input, output);
    io.sent(io.pending().size());
    // A ServerHello that says that it is longer than the workspace.
    const std::array<std::uint8_t, 9> begun{22, 3, 3, 0, 4, 2, 0, 0xf0, 0};
    std::copy(begun.begin(), begun.end(), io.space().begin());
    io.received(begun.size());
    const auto asked = io.next();
    REQUIRE((asked && asked->what == what::need_workspace));
    REQUIRE(io.wants().workspace);
    tls.abort();
    REQUIRE_FALSE(io.wants().workspace);
    REQUIRE(io.wants().next);
    const auto end = io.next();
    REQUIRE((end && end->what == what::failed));
    REQUIRE(io.wants().write);
    io.sent(io.pending().size());
    REQUIRE_FALSE(io.wants());
}

TEST_CASE("a ticket, and key updates that cross") {
    null_sides both;
    both.run();
    const buffer body = noise(100, 12), nonce(1);
    REQUIRE(
        both.server_side.io.send_ticket({.lifetime = 1, .age_add = 2, .nonce = nonce, .ticket = body, .extensions = {}})
            .error == errc::none);
    REQUIRE(both.server_side.tls.update_keys(true) == errc::none);
    REQUIRE(both.client_side.tls.update_keys(true) == errc::none);
    both.run();
    REQUIRE(both.client_side.count(what::ticket) == 1);
    REQUIRE(both.client_side.count(what::key_updated) == 2);
    REQUIRE(both.server_side.count(what::key_updated) == 2);
    both.client_side.to_send = noise(1000, 1);
    both.run();
    REQUIRE((both.server_side.received == noise(1000, 1)));
}

TEST_CASE("buffers that are too small are the caller's error") {
    null_sides short_output({max_record, min_output - 1}, {});
    short_output.run();
    REQUIRE(short_output.client_side.told == std::vector{what::failed});
    REQUIRE(short_output.client_side.error == errc::too_small);

    null_sides no_input({0, 1000}, {});
    no_input.run();
    REQUIRE(no_input.client_side.error == errc::too_small);

    null_sides short_input({}, {1000, 1000});
    short_input.run();
    REQUIRE(short_input.connected());
    short_input.client_side.to_send = noise(5000, 1);
    short_input.run();
    REQUIRE(short_input.server_side.told.back() == what::failed);
    REQUIRE(short_input.server_side.error == errc::too_small);
    REQUIRE(short_input.client_side.error == errc::peer_alert);
    REQUIRE_FALSE(short_input.server_side.io.wants());
}

TEST_CASE("misuse is told and changes nothing") {
    null_sides both;
    REQUIRE(both.client_side.io.send(noise(10, 1)).error == errc::not_connected);
    both.run();
    REQUIRE(both.connected());
    REQUIRE(both.client_side.io.send({}).error == errc::none);
    REQUIRE(both.client_side.io.pending().empty());
    REQUIRE(both.client_side.io.wants().read);
    // What recv() and send() say when they fail.
    both.client_side.io.received(static_cast<std::size_t>(-1));
    both.client_side.io.sent(static_cast<std::size_t>(-1));
    REQUIRE_FALSE(both.client_side.io.wants().next);
    REQUIRE_FALSE(both.client_side.io.next());
    REQUIRE(both.client_side.io.send(as_bytes("still here")).consumed == 10);
    both.run();
    REQUIRE(both.server_side.received == test::text("still here"));
}

TEST_CASE("a request that waits for room in the output is neither the end of the input nor too long for it") {
    namespace forge = test::forge;
    const bool full = GENERATE(false, true);
    test::pair_options options;
    options.client.post_handshake_auth = options.server.post_handshake_auth = true;
    null_sides both({max_record, 100}, {}, options);
    both.run();
    auto& side = both.client_side;
    side.own = &test::pair<test::null_provider>::client_credentials();
    // Two requests, and close_notify behind them; the answers do not leave.
    buffer rest;
    for (const std::uint8_t context : test::buffer{1, 2})
        rest = forge::join(
            {rest, forge::sealed_handshake(forge::certificate_request(forge::request_extensions(), {context}))});
    const buffer data = full ? noise(40000, 14) : buffer{};
    for (std::size_t at = 0; at < data.size(); at += 10000) {
        const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at);
        rest = forge::join({rest, forge::sealed(content_type::application_data, {begin, begin + 10000})});
    }
    rest = forge::join({rest, forge::sealed(content_type::alert, {1, 0})});
    both.to_client.bytes.assign(rest.begin(), rest.end());
    both.to_client.ended = true;
    both.to_server.capacity = both.to_server.bytes.size();
    for (int i = 0; i < 100; ++i) side.turn();
    REQUIRE(side.count(what::choose_identity) == 1);
    REQUIRE(side.told.back() == what::sign);
    REQUIRE(side.tls.error() == errc::none);
    REQUIRE(side.io.wants().write);
    REQUIRE(both.to_client.bytes.empty() == !full);

    both.to_server.capacity = 100000;
    while (side.turn()) {
    }
    REQUIRE(side.count(what::choose_identity) == 2);
    REQUIRE(side.count(what::peer_closed) == 1);
    REQUIRE(side.told.back() == what::closed);
    REQUIRE((side.received == data));
    REQUIRE_FALSE(side.io.wants());
}
