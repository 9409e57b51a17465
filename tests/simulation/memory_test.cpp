// Whose memory it is, how much of it there is, and what is left in it.
#include <spantls/spantls.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "simulation/conversation.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;
using real_pair = test::pair<seeded_chacha>;

static_assert(sizeof(client<sodium_chacha>) <= 512);
static_assert(sizeof(server<sodium_chacha>) <= 512);
static_assert(client<test::small_provider>::smallest_workspace < client<test::small_provider>::workspace_size);

bool all_zero(bytes_view bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

test::pair_options smallest() {
    return {.client_workspace = client<seeded_chacha>::smallest_workspace,
            .server_workspace = server<seeded_chacha>::smallest_workspace};
}

/// The key of a certificate that support/make_certs has made: the seed stands at the end of its PKCS #8.
struct made_credentials : test::credentials {
    explicit made_credentials(const std::string& made) : test::credentials("") {
        certificates = {test::made_certificate(made)};
        chain = {bytes_view(certificates[0])};
        const auto path = std::filesystem::path(std::getenv("SPANTLS_TEST_CERTS")) / (made + ".key.pem");
        std::string pem;
        const auto raw = test::load_bytes(path);
        pem.assign(raw.begin(), raw.end());
        const std::string begin = "-----BEGIN PRIVATE KEY-----", end = "-----END PRIVATE KEY-----";
        const std::string body = pem.substr(begin.size(), pem.find(end) - begin.size());
        test::buffer der(200);
        std::size_t size = 0;
        if (sodium_base642bin(der.data(), der.size(), body.data(), body.size(), "\r\n", &size, nullptr,
                              sodium_base64_VARIANT_ORIGINAL) != 0)
            throw std::runtime_error("no base64");
        der.resize(size);
        crypto_sign_seed_keypair(key.public_key.data(), key.secret_key.data(), der.data() + der.size() - 32);
    }
};

}  // namespace

TEST_CASE("what is not consumed moves to the front, and nothing is left of less than was consumed") {
    test::buffer bytes{1, 2, 3, 4, 5, 6};
    REQUIRE(compact(bytes, 0, 5) == 5);
    REQUIRE(compact(bytes, 2, 5) == 3);
    REQUIRE(bytes == test::buffer{3, 4, 5, 4, 5, 6});
    REQUIRE(compact(bytes, 3, 3) == 0);
    REQUIRE(compact(bytes, 4, 3) == 0);
    REQUIRE(compact(bytes, 1, 0) == 0);
    REQUIRE(bytes == test::buffer{3, 4, 5, 4, 5, 6});
}

TEST_CASE("the smallest workspace does for a handshake with Ed25519 certificates") {
    real_pair both(smallest());
    REQUIRE(both.handshake());
    REQUIRE(both.client.loans == 0);
    REQUIRE(both.server.loans == 0);
    both.talks();

    test::pair_options mutual = smallest();
    mutual.client.alpn = mutual.server.alpn = {"mqtt"};
    mutual.server.authenticate_client = client_authentication::require;
    real_pair strict(mutual);
    strict.client.own = &strict.client_credentials();
    REQUIRE(strict.handshake());
    REQUIRE(strict.client.loans == 0);
    REQUIRE(strict.server.loans == 0);
    strict.talks();

    test::pair_options again = smallest();
    again.client.shares = fixed_vector<named_group, 4>{};
    real_pair retried(again);
    REQUIRE(retried.handshake());
    REQUIRE(retried.client.loans == 0);
    REQUIRE(retried.server.loans == 0);
    retried.talks();
}

TEST_CASE("the smallest workspace does for certificates as openssl makes them") {
    if (std::getenv("SPANTLS_TEST_CERTS") == nullptr) return test::skip("SPANTLS_TEST_CERTS is not set");
    const made_credentials server_made("localhost"), client_made("client");
    test::pair_options options = smallest();
    options.server.authenticate_client = client_authentication::require;
    real_pair both(options);
    both.server.own = &server_made;
    both.client.own = &client_made;
    REQUIRE(both.handshake());
    REQUIRE(both.client.loans == 0);
    REQUIRE(both.server.loans == 0);
    both.talks();
}

TEMPLATE_TEST_CASE("one byte less is config_workspace", "", seeded_chacha, test::seeded<test::usual_provider>,
                   test::null_provider) {
    const auto refuses = [](auto& end, const test::buffer& memory) {
        REQUIRE(end.error() == errc::config_workspace);
        test::buffer out(1000);
        REQUIRE(end.transmit(out).empty());
        REQUIRE_FALSE(end.owes_output());
        REQUIRE(end.receive(out).error == errc::config_workspace);
        REQUIRE(end.send(as_bytes("x"), out).error == errc::connection_failed);
        REQUIRE(all_zero(memory));
    };
    auto crypto = test::make_provider<TestType>(1);
    for (const std::size_t less : {std::size_t{1}, std::size_t{100}, client<TestType>::smallest_workspace}) {
        test::buffer memory(client<TestType>::smallest_workspace - less);
        const client_config config{};
        client<TestType> tls(crypto, config, memory);
        refuses(tls, memory);
    }
    test::buffer memory(server<TestType>::smallest_workspace - 1);
    const server_config config{};
    server<TestType> tls(crypto, config, memory);
    refuses(tls, memory);
}

TEST_CASE("a workspace may begin anywhere") {
    for (std::size_t offset = 0; offset < 33; ++offset) {
        CAPTURE(offset);
        seeded_chacha crypto(1);
        const client_config config{};
        const std::size_t size = client<seeded_chacha>::smallest_workspace;
        test::buffer memory(size + offset, 0x5a);
        {
            client<seeded_chacha> tls(crypto, config, mutable_bytes(memory).subspan(offset),
                                      {.server_name = "leaf.example"});
            REQUIRE(tls.error() == errc::none);
            test::buffer out(1000);
            REQUIRE_FALSE(tls.transmit(out).empty());
            const server_config serves{};
            test::buffer lent(server<seeded_chacha>::smallest_workspace + offset);
            server<seeded_chacha> peer(crypto, serves, mutable_bytes(lent).subspan(offset));
            REQUIRE(peer.receive(out).what == what::client_hello);
        }
        REQUIRE(all_zero(bytes_view(memory).subspan(offset)));
        REQUIRE(std::all_of(memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(offset),
                            [](std::uint8_t byte) { return byte == 0x5a; }));
    }
}

TEST_CASE("a chain that is longer asks for as much as it takes") {
    for (const std::size_t filler : {2000u, 10000u, 60000u})
        for (const std::uint16_t record_size : {std::uint16_t{16384}, std::uint16_t{700}}) {
            CAPTURE(filler, record_size);
            const test::credentials longer("server", filler), longer_client("client", filler);
            test::pair_options options = smallest();
            options.client.record_size = options.server.record_size = record_size;
            options.server.authenticate_client = client_authentication::require;
            real_pair both(options);
            both.server.own = &longer;
            both.client.own = &longer_client;
            REQUIRE(both.handshake());
            // For a first record, for the message that it begins, and for what comes in a record with its end. The
            // sender's chain stays where it is.
            REQUIRE(both.client.loans >= 1);
            REQUIRE(both.client.loans <= 3);
            REQUIRE(both.server.loans >= 1);
            REQUIRE(both.server.loans <= 3);
            for (const test::happening& one : both.client.history)
                if (one.what == what::need_workspace)
                    REQUIRE(one.missing < real_pair{}.client.tls.smallest_workspace + filler + 2500);
            both.talks();
            REQUIRE(all_zero(both.client.tls.take_workspace()));
        }
}

TEST_CASE("nothing goes on until the memory that is asked for is lent") {
    const test::credentials longer("server", 5000);
    real_pair both(smallest());
    both.server.own = &longer;
    both.client.lends = false;
    both.run();
    REQUIRE(both.client.history.back().what == what::need_workspace);
    const std::size_t wanted = both.client.history.back().missing;
    const test::buffer waiting = both.client.arrived;
    for (int i = 0; i < 3; ++i) {
        const step again = both.client.receive();
        REQUIRE(again.what == what::need_workspace);
        REQUIRE(again.missing == wanted);
    }
    REQUIRE(both.client.arrived.size() == waiting.size());
    // Smaller than what it has is refused; larger, but not enough, is taken and asks again.
    REQUIRE(both.client.lend(100) == errc::workspace_too_small);
    REQUIRE(both.client.lend(wanted - 1) == errc::none);
    both.client.lends = true;
    REQUIRE(both.handshake());
    both.talks();
}

TEST_CASE("exactly what is asked for does, at every alignment") {
    const test::credentials longer("server", 5000);
    for (std::size_t offset = 0; offset < 17; ++offset) {
        CAPTURE(offset);
        real_pair both(smallest());
        both.server.own = &longer;
        both.client.lends = false;
        both.run();
        const std::size_t wanted = both.client.history.back().missing;
        test::buffer memory(wanted + offset);
        REQUIRE(both.client.tls.lend_workspace(mutable_bytes(memory).subspan(offset)) == errc::none);
        REQUIRE(both.client.receive().what != what::need_workspace);
        both.client.lends = true;
        REQUIRE(both.handshake());
        if (both.client.loans != 0) continue;
        REQUIRE(both.client.tls.take_workspace().data() == memory.data() + offset);
    }
}

TEST_CASE("a larger workspace can be lent at any point of a handshake, and the one before is wiped") {
    for (const std::size_t piece : {1u, 50u, 5000u})
        for (const bool retry : {false, true}) {
            CAPTURE(piece, retry);
            test::pair_options options = test::conversation_options();
            if (retry) options.client.shares = fixed_vector<named_group, 4>{};
            real_pair both(options);
            both.client.own = &both.client_credentials();
            both.to_server.chunk = both.to_client.chunk = [=](std::size_t) { return piece; };
            std::size_t size = 9000;
            mutable_bytes last_client, last_server;
            const auto move = [&](auto& end, mutable_bytes& last) {
                if (end.tls.connected()) return;
                const mutable_bytes next = end.new_workspace(++size);
                REQUIRE(end.tls.lend_workspace(next) == errc::none);
                REQUIRE(all_zero(last));
                last = next;
            };
            do {
                move(both.client, last_client);
                move(both.server, last_server);
            } while (both.round());
            REQUIRE(both.client.has(what::handshake_done));
            REQUIRE(both.server.has(what::handshake_done));
            REQUIRE(both.client.tls.protocol() == "talk");
            REQUIRE(both.client.tls.take_workspace().data() == last_client.data());
            REQUIRE(all_zero(last_client));
            REQUIRE(both.server.tls.take_workspace().data() == last_server.data());
            REQUIRE(all_zero(last_server));
            both.talks();
        }
}

TEST_CASE("memory that is in use cannot be lent again, at any point of a handshake or behind it") {
    const std::size_t size = real_pair{}.client.tls.workspace_size + real_pair{}.server.tls.workspace_size;
    test::buffer of_client(3 * size), of_server(3 * size);
    real_pair both(smallest());
    const auto middle = [=](test::buffer& all) { return mutable_bytes(all).subspan(size, size); };
    const auto refuses = [&](auto& end, test::buffer& all) {
        const mutable_bytes used = middle(all);
        const test::buffer before = all;
        for (const mutable_bytes memory :
             {used, used.first(1), used.last(1), mutable_bytes(all), mutable_bytes(all).first(size + 1),
              mutable_bytes(all).last(size + 1), mutable_bytes(all).subspan(size - 1, size)})
            REQUIRE(end.tls.lend_workspace(memory) == errc::bad_argument);
        REQUIRE(all == before);
    };
    REQUIRE(both.client.tls.lend_workspace(middle(of_client)) == errc::none);
    REQUIRE(both.server.tls.lend_workspace(middle(of_server)) == errc::none);
    both.to_server.chunk = both.to_client.chunk = [](std::size_t) { return std::size_t{50}; };
    do {
        refuses(both.client, of_client);
        refuses(both.server, of_server);
    } while (both.round());
    REQUIRE(both.client.has(what::handshake_done));
    REQUIRE(both.server.has(what::handshake_done));
    REQUIRE(both.client.tls.take_workspace().data() == middle(of_client).data());
    REQUIRE(both.server.tls.take_workspace().data() == middle(of_server).data());
    // What was given back may be lent.
    REQUIRE(both.client.tls.lend_workspace(middle(of_client)) == errc::none);
    both.talks();
}

TEST_CASE("a larger workspace can be lent in the middle of what is being sent") {
    for (const bool retry : {false, true}) {
        test::pair_options options = test::conversation_options();
        if (retry) options.client.shares = fixed_vector<named_group, 4>{};
        const test::credentials longer("server", 500);
        real_pair both(options);
        both.client.own = &both.client_credentials();
        both.server.own = &longer;
        std::size_t size = 9000, moves = 0;
        const auto send_slowly = [&](auto& end, test::link& to) {
            test::buffer out(min_output + 10);
            for (output sent = end.tls.transmit(out); !sent.empty(); sent = end.tls.transmit(out)) {
                to.put(sent.records);
                if (end.tls.connected()) continue;
                REQUIRE(end.lend(++size) == errc::none);
                ++moves;
            }
        };
        both.client.silent = both.server.silent = true;
        do {
            send_slowly(both.client, both.to_server);
            send_slowly(both.server, both.to_client);
        } while (both.round() || both.client.tls.owes_output() || both.server.tls.owes_output());
        REQUIRE(both.client.has(what::handshake_done));
        REQUIRE(both.server.has(what::handshake_done));
        REQUIRE(moves > 20);
        both.talks();
    }
}

TEST_CASE("the workspace comes back wiped when nothing needs it any more, and not before") {
    real_pair both;
    const auto taken = [](auto& end) { return end.tls.take_workspace(); };
    both.client.silent = true;
    REQUIRE(taken(both.client).empty());
    both.run();
    REQUIRE(taken(both.client).empty());
    both.client.silent = false;
    for (int i = 0; i < 20 && !both.client.tls.connected(); ++i) {
        REQUIRE(taken(both.client).empty());
        REQUIRE(taken(both.server).empty());
        both.round();
    }
    REQUIRE(both.client.tls.connected());
    // Its last flight is still to be sent.
    REQUIRE(taken(both.client).empty());
    REQUIRE(both.client.flush());
    const mutable_bytes memory = taken(both.client);
    REQUIRE(memory.size() == both.client.tls.workspace_size);
    REQUIRE(all_zero(memory));
    REQUIRE(taken(both.client).empty());
    both.run();
    REQUIRE(all_zero(taken(both.server)));
    REQUIRE(taken(both.server).empty());
    both.talks();
    // What a client needs afterwards is its own.
    std::fill(memory.begin(), memory.end(), std::uint8_t{0xff});
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    REQUIRE(both.client.tls.close() == errc::none);
    both.run();
    REQUIRE(both.server.error() == errc::none);
}

TEST_CASE("the workspace comes back wiped after a failure, when the alert has left") {
    real_pair both;
    both.server.verdict = {};
    both.client.verdict = x509::verdict::refuse(errc::unknown_ca);
    both.client.silent = false;
    both.run();
    REQUIRE(both.client.error() == errc::unknown_ca);
    REQUIRE(both.client.tls.take_workspace().size() == both.client.tls.workspace_size);
    REQUIRE(both.server.tls.take_workspace().size() == both.server.tls.workspace_size);
    test::pair<seeded_chacha> again;
    again.round();
    again.server.tls.abort();
    REQUIRE(again.server.flush());
    const mutable_bytes memory = again.server.tls.take_workspace();
    REQUIRE(memory.size() == again.server.tls.workspace_size);
    REQUIRE(all_zero(memory));
}

TEST_CASE("memory lent for a ticket comes back wiped after a failure in the middle of it") {
    enum class end { truncated, interleaved, refused, aborted };
    for (const bool split : {false, true})
        for (const end how : {end::truncated, end::interleaved, end::refused, end::aborted}) {
            CAPTURE(split, static_cast<int>(how));
            test::buffer memory(2000);
            test::pair<test::null_provider> both;
            REQUIRE(both.handshake());
            auto& tls = both.client.tls;
            REQUIRE_FALSE(tls.take_workspace().empty());
            auto halves = tls.split();
            REQUIRE(tls.lend_workspace(memory) == errc::none);
            const test::buffer ticket = test::ticket_message(0x55, 200);
            test::buffer record = test::null_handshake({ticket.begin(), ticket.end() - 1});
            REQUIRE((split ? halves.reader.receive(record) : tls.receive(record)).what == what::progress);
            REQUIRE((split ? halves.reader.take_workspace() : tls.take_workspace()).empty());
            REQUIRE_FALSE(all_zero(memory));
            record = how == end::refused ? test::null_handshake({0, 1}) : test::null_data({1});
            if (how == end::truncated)
                REQUIRE((split ? halves.reader.end_of_input() : tls.end_of_input()).what == what::failed);
            if (how == end::aborted && split) halves.writer.abort();
            if (how == end::aborted && !split) tls.abort();
            REQUIRE((split ? halves.reader.receive(record) : tls.receive(record)).what == what::failed);
            REQUIRE(all_zero(memory));
            const mutable_bytes back = split ? halves.reader.take_workspace() : tls.take_workspace();
            REQUIRE(back.data() == memory.data());
            REQUIRE(back.size() == memory.size());
        }
}

TEST_CASE("memory lent for a ticket is wiped by the destructor, whether the ticket came to its end or not") {
    for (const bool whole : {false, true}) {
        CAPTURE(whole);
        test::buffer memory(2000);
        {
            test::pair<test::null_provider> both;
            REQUIRE(both.handshake());
            auto& tls = both.client.tls;
            REQUIRE_FALSE(tls.take_workspace().empty());
            REQUIRE(tls.lend_workspace(memory) == errc::none);
            const test::buffer ticket = test::ticket_message(0x55, 200);
            test::buffer record = test::null_handshake({ticket.begin(), ticket.end() - 1});
            REQUIRE(tls.receive(record).what == what::progress);
            record = test::null_handshake({ticket.back()});
            if (whole) REQUIRE(tls.receive(record).what == what::ticket);
            REQUIRE_FALSE(all_zero(memory));
        }
        REQUIRE(all_zero(memory));
    }
}

TEST_CASE("no secret of the handshake is left in a connection that is done, and none at all in one that has ended") {
    // Section 6: who has failed forgets.
    using tested = client<seeded_chacha>;
    const server_config serves{.key_log = true};
    const client_config config{.key_log = true};
    seeded_chacha client_crypto(1), server_crypto(2);
    alignas(tested) static std::uint8_t storage[sizeof(tested)];
    test::buffer client_memory(tested::workspace_size), server_memory(server<seeded_chacha>::workspace_size);
    auto* const tls =
        ::new (static_cast<void*>(storage)) tested(client_crypto, config, client_memory, {.server_name = "x"});
    server<seeded_chacha> peer(server_crypto, serves, server_memory);
    const test::credentials who("server");

    std::map<std::string, test::buffer> secrets;
    test::buffer to_server, to_client;
    const auto move = [](auto& from, test::buffer& to) {
        test::buffer out(5000);
        for (output sent = from.transmit(out); !sent.empty(); sent = from.transmit(out))
            to.insert(to.end(), sent.records.begin(), sent.records.end());
    };
    const auto take = [](test::buffer& from, std::size_t consumed) {
        from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(consumed));
    };
    bool done_here = false, done_there = false;
    for (int i = 0; i < 100 && !(done_here && done_there); ++i) {
        move(*tls, to_server);
        move(peer, to_client);
        const step here = tls->receive(to_client);
        if (here.what == what::verify_peer) REQUIRE(tls->answer(x509::verdict::accept()) == errc::none);
        if (here.what == what::handshake_done) done_here = true;
        if (here.what == what::key_log) {
            const std::string line(here.data.begin(), here.data.end() - 1);
            secrets[line.substr(0, line.find(' '))] = test::unhex(line.substr(line.rfind(' ') + 1));
        }
        take(to_client, here.consumed);
        const step there = peer.receive(to_server);
        if (there.what == what::client_hello) REQUIRE(peer.answer(who.who()) == errc::none);
        if (there.what == what::sign) {
            const auto made = who.key.sign(test::copy(there.signing().content));
            REQUIRE(peer.answer(signature{made}) == errc::none);
        }
        if (there.what == what::handshake_done) done_there = true;
        take(to_server, there.consumed);
    }
    REQUIRE(done_here);
    REQUIRE(done_there);
    REQUIRE(secrets.size() == 5);
    const auto holds = [&](const std::string& secret) {
        const test::buffer& bytes = secrets.at(secret);
        return std::search(std::begin(storage), std::end(storage), bytes.begin(), bytes.end()) != std::end(storage);
    };
    // What it needs it has, so that it can be told that it is looked for in the right place.
    REQUIRE(holds("CLIENT_TRAFFIC_SECRET_0"));
    REQUIRE(holds("SERVER_TRAFFIC_SECRET_0"));
    REQUIRE(holds("EXPORTER_SECRET"));
    REQUIRE_FALSE(holds("CLIENT_HANDSHAKE_TRAFFIC_SECRET"));
    REQUIRE_FALSE(holds("SERVER_HANDSHAKE_TRAFFIC_SECRET"));
    REQUIRE(all_zero(client_memory));

    SECTION("a key update forgets the key before it") {
        REQUIRE(tls->update_keys() == errc::none);
        move(*tls, to_server);
        REQUIRE_FALSE(holds("CLIENT_TRAFFIC_SECRET_0"));
        REQUIRE(holds("SERVER_TRAFFIC_SECRET_0"));
    }
    SECTION("close_notify forgets what is sent with") {
        REQUIRE(tls->close() == errc::none);
        move(*tls, to_server);
        REQUIRE_FALSE(holds("CLIENT_TRAFFIC_SECRET_0"));
        REQUIRE(holds("SERVER_TRAFFIC_SECRET_0"));
    }
    SECTION("so does the peer's close_notify what is received with, and what is exported from stays") {
        REQUIRE(peer.close() == errc::none);
        to_client.clear();
        move(peer, to_client);
        REQUIRE(tls->receive(to_client).what == what::peer_closed);
        REQUIRE_FALSE(holds("SERVER_TRAFFIC_SECRET_0"));
        REQUIRE(holds("CLIENT_TRAFFIC_SECRET_0"));
        REQUIRE(tls->close() == errc::none);
        move(*tls, to_server);
        REQUIRE(tls->receive({}).what == what::closed);
        REQUIRE_FALSE(holds("CLIENT_TRAFFIC_SECRET_0"));
        std::uint8_t exported[16], others[16];
        REQUIRE(tls->export_keying_material("label", {}, exported) == errc::none);
        REQUIRE(peer.export_keying_material("label", {}, others) == errc::none);
        REQUIRE(std::equal(std::begin(exported), std::end(exported), std::begin(others)));
        REQUIRE(tls->ticket_key({}, exported) == 0);
        test::buffer key(32);
        REQUIRE(tls->ticket_key({}, key) == 32);
    }
    SECTION("a fatal alert forgets all") {
        tls->abort();
        move(*tls, to_server);
        for (const auto& [label, secret] : secrets) REQUIRE_FALSE(holds(label));
    }
    SECTION("so does one that the peer has sent, without anything being sent back") {
        peer.abort();
        to_client.clear();
        move(peer, to_client);
        REQUIRE(tls->receive(to_client).error == errc::peer_alert);
        for (const auto& [label, secret] : secrets) REQUIRE_FALSE(holds(label));
    }
    SECTION("the halves forget all when reading fails") {
        auto [reader, writer] = tls->split();
        test::buffer forged = test::plain_record(content_type::application_data, test::buffer(40));
        REQUIRE(reader.receive(forged).error == errc::bad_record_mac);
        REQUIRE(reader.owes_output());
        move(writer, to_server);
        for (const auto& [label, secret] : secrets) REQUIRE_FALSE(holds(label));
    }
    SECTION("and when the peer has sent an alert, which is a reason to wake the writer") {
        auto [reader, writer] = tls->split();
        peer.abort();
        to_client.clear();
        move(peer, to_client);
        REQUIRE(reader.receive(to_client).error == errc::peer_alert);
        REQUIRE_FALSE(holds("EXPORTER_SECRET"));
        REQUIRE(reader.owes_output());
        move(writer, to_server);
        REQUIRE_FALSE(reader.owes_output());
        for (const auto& [label, secret] : secrets) REQUIRE_FALSE(holds(label));
    }
    SECTION("and when the writer breaks off, of which everybody hears at once") {
        auto [reader, writer] = tls->split();
        writer.abort();
        REQUIRE(tls->error() == errc::canceled);
        REQUIRE(reader.error() == errc::canceled);
        std::uint8_t exported[16];
        REQUIRE(tls->export_keying_material("label", {}, exported) == errc::connection_failed);
        move(writer, to_server);
        REQUIRE_FALSE(holds("CLIENT_TRAFFIC_SECRET_0"));
        REQUIRE(reader.receive(to_client).error == errc::canceled);
        for (const auto& [label, secret] : secrets) REQUIRE_FALSE(holds(label));
    }
    SECTION("truncation forgets all") {
        REQUIRE(tls->end_of_input().error == errc::truncated);
        move(*tls, to_server);
        for (const auto& [label, secret] : secrets) REQUIRE_FALSE(holds(label));
    }
    std::destroy_at(tls);
    for (const auto& [label, secret] : secrets) REQUIRE_FALSE(holds(label));
}
