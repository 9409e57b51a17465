#include <spantls/connection/state.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>

#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/oracle.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using chacha = test::seeded<test::small_provider>;
using any_suite = test::seeded<test::usual_provider>;

static_assert(std::is_move_constructible_v<connection_state<chacha>>);
static_assert(!std::is_copy_constructible_v<connection_state<chacha>>);

template <class Connection>
test::buffer all_of(Connection& tls, std::string_view text) {
    test::buffer out(40000);
    const output sent = tls.send(as_bytes(text), out);
    REQUIRE(sent.error == errc::none);
    REQUIRE(sent.consumed == text.size());
    out.resize(sent.records.size());
    return out;
}
template <class Connection>
test::buffer owed_by(Connection& tls) {
    test::buffer out(40000);
    out.resize(tls.transmit(out).records.size());
    return out;
}

/// All application data in these records.
template <class Connection>
std::string heard_by(Connection& tls, test::buffer records) {
    std::string text;
    for (std::size_t at = 0; at < records.size();) {
        const step seen = tls.receive(mutable_bytes(records).subspan(at));
        INFO(name_of(seen.what) << " " << name_of(seen.error));
        REQUIRE(seen.what != what::failed);
        REQUIRE(seen.consumed != 0);
        if (seen.what == what::application_data) text += as_text(seen.data);
        at += seen.consumed;
    }
    return text;
}

/// Data both ways, key updates both ways, each asking for the other's.
template <class One, class Other>
void talk(One& one, Other& other) {
    REQUIRE(heard_by(other, all_of(one, "up")) == "up");
    REQUIRE(heard_by(one, all_of(other, std::string(20000, 'd'))) == std::string(20000, 'd'));
    REQUIRE(one.update_keys(true) == errc::none);
    REQUIRE(heard_by(other, all_of(one, "new")) == "new");
    REQUIRE(heard_by(one, all_of(other, "answered")) == "answered");
    REQUIRE(other.update_keys() == errc::none);
    REQUIRE(heard_by(one, all_of(other, "theirs")) == "theirs");
    REQUIRE(heard_by(other, all_of(one, "end")) == "end");
}

template <class One, class Other>
void close_both(One& one, Other& other) {
    REQUIRE(one.close() == errc::none);
    test::buffer last = owed_by(one);
    REQUIRE(other.receive(last).what == what::peer_closed);
    REQUIRE(other.close() == errc::none);
    last = owed_by(other);
    REQUIRE(one.receive(last).what == what::closed);
    REQUIRE(one.end_of_input().what == what::closed);
    REQUIRE(other.end_of_input().what == what::closed);
}

template <class One, class Other>
void same_exports(const One& one, const Other& other) {
    test::buffer a(32), b(32), x(48), y(48);
    REQUIRE(one.export_keying_material("EXPORTER-x", {}, a) == errc::none);
    REQUIRE(other.export_keying_material("EXPORTER-x", {}, b) == errc::none);
    REQUIRE(a == b);
    REQUIRE(one.ticket_key(a, x) != 0);
    REQUIRE(other.ticket_key(a, y) == one.ticket_key(a, x));
    REQUIRE(x == y);
}

template <class Connection, class P>
connection_state<P> exported(Connection& tls, const P&) {
    connection_state<P> state;
    REQUIRE(tls.export_state(state) == errc::none);
    return state;
}

/// From one object to the next, twice, and to its end.
template <class Endpoint, class P, class Config, class Other>
void moves(Endpoint& end, P& crypto, const Config& config, Other& other) {
    using connection = typename Endpoint::connection_type;
    talk(end.tls, other);
    const auto before = std::pair(end.tls.suite(), end.tls.group());
    const bool knows_peer = end.tls.peer_authenticated();
    std::optional<connection> second(std::in_place, crypto, config, exported(end.tls, crypto));
    REQUIRE(second->error() == errc::none);
    REQUIRE(second->connected());
    REQUIRE(std::pair(second->suite(), second->group()) == before);
    REQUIRE(second->protocol() == "talk");
    REQUIRE(second->protocol().data() == config.alpn[0].data());
    REQUIRE(second->peer_authenticated() == knows_peer);
    REQUIRE(second->take_workspace().empty());
    talk(*second, other);
    same_exports(*second, other);
    connection third(crypto, config, exported(*second, crypto));
    second.reset();
    talk(third, other);
    same_exports(third, other);
    close_both(third, other);
}

test::pair_options talkative() { return {.client = {.alpn = {"talk"}}, .server = {.alpn = {"talk"}}}; }

}  // namespace

TEST_CASE("a connection goes on in another object, on either side, with any suite, to its end") {
    for (const cipher_suite suite : {cipher_suite::tls_chacha20_poly1305_sha256, cipher_suite::tls_aes_256_gcm_sha384})
        for (const bool is_client : {true, false}) {
            if (!test::usual_provider().available(suite)) continue;
            CAPTURE(name_of(suite), is_client);
            test::pair_options options = talkative();
            options.client.prefer.suites = {suite};
            options.server.authenticate_client = client_authentication::request;
            test::pair<any_suite> both(options);
            both.client.own = &both.client_credentials();
            REQUIRE(both.handshake());
            REQUIRE(both.client.tls.suite() == suite);
            if (is_client)
                moves(both.client, both.client_crypto, both.options.client, both.server.tls);
            else
                moves(both.server, both.server_crypto, both.options.server, both.client.tls);
        }
}

TEST_CASE("a server that has moved still sends tickets, a client still takes them") {
    test::pair<chacha> both(talkative());
    REQUIRE(both.handshake());
    server<chacha> server_now(both.server_crypto, both.options.server, exported(both.server.tls, both.server_crypto));
    client<chacha> client_now(both.client_crypto, both.options.client, exported(both.client.tls, both.client_crypto));
    const test::buffer nonce{1}, ticket(20, 7);
    test::buffer out(1000);
    const output sent = server_now.send_ticket({60, 1, nonce, ticket, {}}, out);
    REQUIRE(sent.error == errc::none);
    const step seen = client_now.receive(mutable_bytes(out).first(sent.records.size()));
    REQUIRE(seen.what == what::ticket);
    REQUIRE(equal_bytes((*seen.tickets().begin()).ticket, ticket));
}

TEST_CASE("what is left behind cannot be used, and has no secrets") {
    test::pair<chacha> both(talkative());
    REQUIRE(both.handshake());
    const auto bytes_of = [](auto& object) {
        return test::copy({reinterpret_cast<const std::uint8_t*>(&object), sizeof object});
    };
    const auto holds = [](const test::buffer& all, bytes_view part) {
        return std::search(all.begin(), all.end(), part.begin(), part.end()) != all.end();
    };
    auto& old = both.client.tls;
    const test::buffer before = bytes_of(old);
    connection_state<chacha> state = exported(old, both.client_crypto);
    const test::buffer after = bytes_of(old);
    record_keys sending, receiving;
    REQUIRE(derive_record_keys(state.suite, state.sending, sending));
    REQUIRE(derive_record_keys(state.suite, state.receiving, receiving));
    for (const bytes_view secret :
         {bytes_view(state.sending.secret.first(32)), bytes_view(state.receiving.secret.first(32)),
          bytes_view(state.exporter.first(32)), bytes_view(state.resumption.first(32)), bytes_view(sending.iv.bytes()),
          bytes_view(receiving.iv.bytes())}) {
        REQUIRE(holds(before, secret));
        REQUIRE_FALSE(holds(after, secret));
    }
    for (const bytes_view key : {bytes_view(sending.key.bytes()), bytes_view(receiving.key.bytes())}) {
        REQUIRE(holds(before, key) == test::keys_in_connection);
        REQUIRE_FALSE(holds(after, key));
    }

    test::buffer out(1000);
    REQUIRE(old.error() == errc::exported);
    REQUIRE(old.update_keys() == errc::connection_failed);
    REQUIRE(old.send(as_bytes("x"), out).error == errc::connection_failed);
    REQUIRE(old.send_cover(out).error == errc::connection_failed);
    REQUIRE_FALSE(old.owes_output());
    REQUIRE(old.transmit(out).empty());
    REQUIRE(old.close() == errc::connection_failed);
    REQUIRE(old.export_keying_material("x", {}, out) == errc::connection_failed);
    REQUIRE(old.ticket_key({}, out) == 0);
    connection_state<chacha> again;
    REQUIRE(old.export_state(again) == errc::connection_failed);
    old.abort();
    REQUIRE(old.transmit(out).empty());
    test::buffer record = all_of(both.server.tls, "for the new one");
    const test::buffer sealed = record;
    const step refused = old.receive(record);
    REQUIRE(refused.what == what::failed);
    REQUIRE(refused.error == errc::exported);
    REQUIRE(record == sealed);
    REQUIRE(old.end_of_input().error == errc::exported);

    client<chacha> now(both.client_crypto, both.options.client, std::move(state));
    REQUIRE(heard_by(now, record) == "for the new one");
    // And what it was made from is used up.
    REQUIRE(test::hex(state.sending.secret.bytes()) == test::hex(test::buffer(state.sending.secret.size())));
    REQUIRE(test::hex(state.receiving.secret.bytes()) == test::hex(test::buffer(state.receiving.secret.size())));
    REQUIRE(test::hex(state.exporter.bytes()) == test::hex(test::buffer(state.exporter.size())));
}

TEST_CASE("nothing is exported while something is half done, and nothing is changed by asking") {
    test::pair_options options = talkative();
    options.server.record_size = 64;
    test::buffer memory;  // lent to the end
    test::pair<chacha> both(options);
    connection_state<chacha> state;
    const auto refused = [&](auto& tls) {
        const errc error = tls.export_state(state);
        REQUIRE(state.suite == cipher_suite{});
        return error;
    };
    REQUIRE(refused(both.client.tls) == errc::not_connected);
    REQUIRE(refused(both.server.tls) == errc::not_connected);
    // Connected, and its Finished waits.
    while (!both.client.tls.connected()) {
        both.server.flush();
        both.client.arrive(both.to_client.take());
        if (!both.client.turn() && !both.client.tls.connected()) {
            both.client.flush();
            both.server.arrive(both.to_server.take());
            both.server.turn();
        }
    }
    REQUIRE(refused(both.client.tls) == errc::output_owed);
    REQUIRE(both.handshake());

    // A key update that is owed, by itself or as an answer.
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    REQUIRE(refused(both.client.tls) == errc::output_owed);
    both.client.flush();
    both.server.arrive(both.to_server.take());
    REQUIRE(both.server.receive().what == what::key_updated);
    REQUIRE(refused(both.server.tls) == errc::output_owed);
    both.run();

    // A ticket in many records: the first is held, then they are put together.
    const test::buffer nonce{1}, ticket(300, 7);
    test::buffer out(4000);
    const output sent = both.server.tls.send_ticket({60, 1, nonce, ticket, {}}, out);
    REQUIRE(test::records_in(sent.records).size() > 3);
    out.resize(sent.records.size());
    std::size_t at = 0;
    step seen = both.client.tls.receive(out);
    REQUIRE(seen.what == what::need_workspace);
    REQUIRE(refused(both.client.tls) == errc::message_unfinished);
    memory.resize(seen.missing);
    REQUIRE(both.client.tls.lend_workspace(memory) == errc::none);
    for (;;) {
        seen = both.client.tls.receive(mutable_bytes(out).subspan(at));
        at += seen.consumed;
        if (seen.what == what::ticket) break;
        REQUIRE(seen.what == what::progress);
        REQUIRE(refused(both.client.tls) == errc::message_unfinished);
    }
    REQUIRE(at == out.size());

    // A close_notify that is owed; and after all that the connection is as good as ever.
    talk(both.client.tls, both.server.tls);
    REQUIRE(both.client.tls.close() == errc::none);
    REQUIRE(refused(both.client.tls) == errc::output_owed);
    both.client.flush();
    both.server.tls.abort();
    REQUIRE(refused(both.server.tls) == errc::connection_failed);
    REQUIRE(both.client.tls.export_state(state) == errc::none);
}

TEST_CASE("nothing is exported before a key update behind a ticket has been told") {
    test::pair<test::null_provider> both;
    REQUIRE(both.handshake());
    test::buffer record =
        test::null_handshake(test::joined({test::ticket_message(1), test::key_update_message(false)}));
    REQUIRE(both.client.tls.receive(record).what == what::ticket);
    connection_state<test::null_provider> state;
    REQUIRE(both.client.tls.export_state(state) == errc::message_unfinished);
    REQUIRE(both.client.tls.receive({}).what == what::key_updated);
    REQUIRE(both.client.tls.export_state(state) == errc::none);
}

TEST_CASE("a state that does not fit is refused, and keeps its secrets") {
    using state = connection_state<any_suite>;
    const auto sound = [](state&, client_config&) {};
    const std::vector<std::function<void(state&, client_config&)>> damages{
        sound,
        [](state& it, client_config&) { it.is_server = true; },
        [](state& it, client_config&) { it.suite = cipher_suite{}; },
        [](state& it, client_config&) { it.sending.limit = least_record_size_limit - 1; },
        [](state& it, client_config&) { it.sending.limit = max_inner_plaintext + 1; },
        [](state& it, client_config&) { it.receiving.limit = 0; },
        [](state& it, client_config&) { it.receiving.limit = max_inner_plaintext + 1; },
        [](state& it, client_config&) { it.key_updates_sent = max_key_updates + 1; },
        [](state& it, client_config&) { it.protocol_size = 3; },
        [](state&, client_config& config) { config.alpn = {"other"}; },
        [](state&, client_config& config) { config.alpn = {}; },
    };
    for (std::size_t i = 0; i < damages.size(); ++i) {
        CAPTURE(i);
        test::pair<any_suite> both(talkative());
        REQUIRE(both.handshake());
        state taken = exported(both.client.tls, both.client_crypto);
        const std::string secret = test::hex(taken.sending.secret.bytes());
        client_config config = both.options.client;
        damages[i](taken, config);
        client<any_suite> now(both.client_crypto, config, std::move(taken));
        REQUIRE(now.error() == (i == 0 ? errc::none : errc::state_unfit));
        REQUIRE(now.connected() == (i == 0));
        if (i == 0) continue;
        REQUIRE(test::hex(taken.sending.secret.bytes()) == secret);
        REQUIRE(now.receive({}).error == errc::state_unfit);
        test::buffer out(100);
        REQUIRE(now.transmit(out).empty());
        REQUIRE(now.send(as_bytes("x"), out).error == errc::connection_failed);
    }
    test::pair<any_suite> both(talkative());
    REQUIRE(both.handshake());
    client_config config = both.options.client;
    config.rekey_after = 1;
    client<any_suite> now(both.client_crypto, config, exported(both.client.tls, both.client_crypto));
    REQUIRE(now.error() == errc::config_bad_limit);
}

TEST_CASE("one that is half closed moves too, closed on this side or on the other") {
    for (const bool closed_here : {true, false}) {
        CAPTURE(closed_here);
        test::pair<chacha> both(talkative());
        REQUIRE(both.handshake());
        REQUIRE((closed_here ? both.client.tls.close() : both.server.tls.close()) == errc::none);
        both.run();
        client<chacha> now(both.client_crypto, both.options.client, exported(both.client.tls, both.client_crypto));
        test::buffer out(100);
        if (closed_here) {
            REQUIRE(now.send(as_bytes("x"), out).error == errc::write_closed);
            REQUIRE(heard_by(now, all_of(both.server.tls, "still")) == "still");
            REQUIRE(both.server.tls.close() == errc::none);
            test::buffer last = owed_by(both.server.tls);
            REQUIRE(now.receive(last).what == what::closed);
        } else {
            REQUIRE(now.receive({}).what == what::peer_closed);
            REQUIRE(heard_by(both.server.tls, all_of(now, "still")) == "still");
            REQUIRE(now.close() == errc::none);
            test::buffer last = owed_by(now);
            REQUIRE(both.server.tls.receive(last).what == what::closed);
        }
        REQUIRE(now.end_of_input().what == what::closed);
    }
}

TEST_CASE("a request for a key update that is not answered yet moves along") {
    test::pair<chacha> both(talkative());
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    const test::buffer request = owed_by(both.client.tls);
    client<chacha> now(both.client_crypto, both.options.client, exported(both.client.tls, both.client_crypto));
    REQUIRE(now.update_keys(true) == errc::update_outstanding);
    REQUIRE(heard_by(both.server.tls, request).empty());
    REQUIRE(heard_by(now, owed_by(both.server.tls)).empty());
    REQUIRE(now.update_keys(true) == errc::none);
}

TEST_CASE("the records under a key are counted on, and so are key updates") {
    test::pair_options options = talkative();
    options.client.rekey_after = 5;
    test::pair<chacha> both(options);
    REQUIRE(both.handshake());
    for (int i = 0; i < 3; ++i) REQUIRE(heard_by(both.server.tls, all_of(both.client.tls, "x")) == "x");
    connection_state<chacha> state = exported(both.client.tls, both.client_crypto);
    REQUIRE(state.sending.sequence == 3);
    REQUIRE(state.key_updates_sent == 0);
    client<chacha> now(both.client_crypto, both.options.client, std::move(state));
    // The fifth record under a key is its KeyUpdate.
    REQUIRE(test::records_in(all_of(now, "y")).size() == 1);
    REQUIRE(test::records_in(all_of(now, "z")).size() == 2);
    state = exported(now, both.client_crypto);
    REQUIRE(state.key_updates_sent == 1);
    REQUIRE(state.sending.sequence == 1);
    // Near the last of all key updates the new object stops where the old one would have.
    state.key_updates_sent = max_key_updates;
    client<chacha> last(both.client_crypto, both.options.client, std::move(state));
    test::buffer out(1000);
    REQUIRE(last.update_keys() == errc::no_more_keys);
    REQUIRE(last.update_keys(true) == errc::no_more_keys);
    REQUIRE_FALSE(last.owes_output());
    for (int i = 0; i < 3; ++i) REQUIRE(last.send(as_bytes("x"), out).consumed == 1);
    REQUIRE(last.send(as_bytes("x"), out).error == errc::no_more_keys);
    REQUIRE(last.send_cover(out).error == errc::no_more_keys);
    // The last record under the last key is for the end.
    REQUIRE(last.close() == errc::none);
    REQUIRE(last.transmit(out).records.size() == record_overhead + 2);
    REQUIRE(last.update_keys() == errc::write_closed);
}

TEST_CASE("what was agreed on about the size of records moves along") {
    test::pair_options options = talkative();
    options.client.record_size_limit = 100;
    options.server.record_size_limit = 200;
    test::pair<chacha> both(options);
    REQUIRE(both.handshake());
    connection_state<chacha> state = exported(both.client.tls, both.client_crypto);
    REQUIRE(state.sending.limit == 200);
    REQUIRE(state.receiving.limit == 100);
    client<chacha> now(both.client_crypto, both.options.client, std::move(state));
    const auto records = test::records_in(all_of(now, std::string(398, 'x')));
    REQUIRE(records.size() == 2);
    REQUIRE(records[0].size() == 199 + record_overhead);
    // A record that is longer than we have said.
    test::buffer longer(5 + 100 + 17, std::uint8_t{0});
    longer[0] = 23, longer[1] = longer[2] = 3, longer[4] = 100 + 17;
    REQUIRE(now.receive(longer).error == errc::record_overflow);
}

TEST_CASE("key, IV and sequence number open the next record, by somebody else's cryptography") {
    test::pair<chacha> both(talkative());
    REQUIRE(both.handshake());
    talk(both.client.tls, both.server.tls);
    const test::buffer record = all_of(both.client.tls, "the next");
    const connection_state<chacha> state = exported(both.server.tls, both.server_crypto);
    record_keys keys;
    REQUIRE(derive_record_keys(state.suite, state.receiving, keys));
    REQUIRE(keys.key_size == 32);
    REQUIRE(keys.sequence == state.receiving.sequence);
    std::array<std::uint8_t, 12> nonce;
    copy_bytes(keys.iv.bytes(), nonce);
    for (std::size_t i = 0; i < 8; ++i)
        nonce[11 - i] = static_cast<std::uint8_t>(nonce[11 - i] ^ keys.sequence >> (8 * i));
    const test::buffer inner = test::joined({test::text("the next"), {23}});
    REQUIRE(test::oracle::seal(EVP_chacha20_poly1305(), keys.key.bytes(), nonce, bytes_view(record).first(5), inner) ==
            test::buffer(record.begin() + 5, record.end()));

    direction_state<chacha> closed;
    closed.closed = true;
    REQUIRE_FALSE(derive_record_keys(state.suite, closed, keys));
    REQUIRE_FALSE(derive_record_keys(cipher_suite{}, state.receiving, keys));
}

TEST_CASE("what has arrived of a record goes along, and the old object gives its memory back") {
    test::pair<chacha> both(talkative());
    REQUIRE(both.handshake());
    test::buffer record = all_of(both.server.tls, std::string(5000, 'r'));
    for (const std::size_t size : {std::size_t{1}, std::size_t{5}, std::size_t{4000}, record.size() - 1}) {
        const step seen = both.client.tls.receive(mutable_bytes(record).first(size));
        REQUIRE(seen.what == what::need_input);
        REQUIRE(seen.consumed == 0);
    }
    connection_state<chacha> state = exported(both.client.tls, both.client_crypto);
    REQUIRE(both.client.tls.take_workspace().size() == client<chacha>::workspace_size);
    client<chacha> now(both.client_crypto, both.options.client, std::move(state));
    REQUIRE(heard_by(now, record) == std::string(5000, 'r'));
    close_both(now, both.server.tls);
}

TEST_CASE("written down member by member and read again, it is the same connection") {
    test::pair<chacha> both(talkative());
    REQUIRE(both.handshake());
    const connection_state<chacha> taken = exported(both.server.tls, both.server_crypto);
    connection_state<chacha> read;
    read.is_server = taken.is_server;
    read.suite = taken.suite;
    read.group = taken.group;
    for (const auto way : {&connection_state<chacha>::sending, &connection_state<chacha>::receiving}) {
        copy_bytes((taken.*way).secret.bytes(), (read.*way).secret.bytes());
        (read.*way).sequence = (taken.*way).sequence;
        (read.*way).limit = (taken.*way).limit;
    }
    copy_bytes(taken.exporter.bytes(), read.exporter.bytes());
    copy_bytes(taken.resumption.bytes(), read.resumption.bytes());
    read.protocol_name = taken.protocol_name;
    read.protocol_size = taken.protocol_size;
    server<chacha> now(both.server_crypto, both.options.server, std::move(read));
    REQUIRE(now.error() == errc::none);
    talk(now, both.client.tls);
    same_exports(now, both.client.tls);
}
