// How a connection ends: well, early, badly, and by alerts of every kind.
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;
using real_pair = test::pair<seeded_chacha>;
using null_pair = test::pair<test::null_provider>;

/// `first` closes, and the other goes on sending for a while.
template <class First, class Second, class Pair>
void close_half(Pair& both, First& first, Second& second) {
    REQUIRE(first.send("last words") == errc::none);
    REQUIRE(first.tls.close() == errc::none);
    both.run();
    REQUIRE(second.history.back().what == what::peer_closed);
    REQUIRE(second.received == test::text("last words"));
    REQUIRE(first.send("more") == errc::write_closed);
    REQUIRE(first.tls.update_keys() == errc::write_closed);

    test::buffer much(100000);
    test::seeded_stream(3).fill(much);
    REQUIRE(second.send(much) == errc::none);
    // With nobody there to answer, a key update that asks for one is no obstacle.
    REQUIRE(second.tls.update_keys(true) == errc::none);
    REQUIRE(second.send("end") == errc::none);
    both.run();
    much.insert(much.end(), {'e', 'n', 'd'});
    REQUIRE(first.received == much);
    REQUIRE(first.count(what::key_updated) == 1);
    REQUIRE_FALSE(first.tls.owes_output());

    REQUIRE(second.tls.close() == errc::none);
    both.run();
    REQUIRE(first.history.back().what == what::closed);
    REQUIRE(second.receive().what == what::closed);
    REQUIRE(first.tls.end_of_input().what == what::closed);
    REQUIRE(second.tls.end_of_input().what == what::closed);
    REQUIRE(first.error() == errc::none);
    REQUIRE(second.error() == errc::none);
    test::buffer out(100);
    REQUIRE(first.tls.transmit(out).empty());
    REQUIRE(second.tls.transmit(out).empty());
}

template <class Endpoint>
void is_dead(Endpoint& end) {
    test::buffer out(100);
    REQUIRE(end.tls.send(as_bytes("x"), out).error == errc::connection_failed);
    REQUIRE(end.tls.update_keys() != errc::none);
    REQUIRE(end.tls.close() == errc::connection_failed);
    REQUIRE(end.tls.transmit(out).empty());
    REQUIRE(end.receive().what == what::failed);
    REQUIRE(end.tls.end_of_input().what == what::failed);
    REQUIRE(end.tls.end_of_input().error == end.error());
    REQUIRE_FALSE(end.tls.owes_output());
    REQUIRE(end.tls.export_keying_material("label", {}, out) == errc::connection_failed);
}

bool fatal_by_nature(int value) {
    return value != static_cast<int>(alert_description::close_notify) &&
           value != static_cast<int>(alert_description::user_canceled);
}

}  // namespace

TEST_CASE("half-close in both directions (section 6.1)") {
    real_pair by_client;
    REQUIRE(by_client.handshake());
    close_half(by_client, by_client.client, by_client.server);
    real_pair by_server;
    REQUIRE(by_server.handshake());
    close_half(by_server, by_server.server, by_server.client);
}

TEST_CASE("both ends close at the same time") {
    real_pair both;
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.close() == errc::none);
    REQUIRE(both.server.tls.close() == errc::none);
    REQUIRE(both.client.tls.close() == errc::none);
    both.run();
    REQUIRE(both.client.history.back().what == what::closed);
    REQUIRE(both.server.history.back().what == what::closed);
    REQUIRE(test::records_in(both.to_server.all).back().size() == record_overhead + 2);
}

TEST_CASE("a writing half that gives up ends its own reading half, too") {
    for (const bool waited : {false, true}) {
        real_pair both;
        REQUIRE(both.handshake());
        REQUIRE(both.server.send("secret") == errc::none);
        test::buffer record = both.to_client.take();
        auto [reader, writer] = both.client.tls.split();
        // Whether the alert has left or not makes no difference to the reader.
        test::buffer out(100);
        writer.abort(alert_description::access_denied);
        REQUIRE(writer.owes_output());
        if (waited) both.to_server.put(writer.transmit(out).records);
        const step ended = reader.receive(record);
        REQUIRE(ended.what == what::failed);
        REQUIRE(ended.error == errc::canceled);
        REQUIRE(ended.data.empty());
        REQUIRE(ended.consumed == 0);
        REQUIRE(reader.error() == errc::canceled);
        REQUIRE(reader.receive(record).error == errc::canceled);
        if (!waited) both.to_server.put(writer.transmit(out).records);
        REQUIRE_FALSE(writer.owes_output());
        REQUIRE(writer.send(as_bytes("x"), out).error == errc::connection_failed);
        REQUIRE(writer.update_keys() != errc::none);
        REQUIRE(writer.close() == errc::connection_failed);
        is_dead(both.client);
        both.run();
        REQUIRE(both.server.error() == errc::peer_alert);
        REQUIRE(both.server.alert() == alert_description::access_denied);
    }
}

TEST_CASE("the end of the transport without close_notify is truncation (section 6.1)") {
    real_pair both;
    REQUIRE(both.handshake());
    REQUIRE(both.server.send("some") == errc::none);
    both.run();
    REQUIRE(both.client.tls.end_of_input().error == errc::truncated);
    REQUIRE(both.client.error() == errc::truncated);
    REQUIRE(fault_of(errc::truncated) == fault::transport);
    is_dead(both.client);
    // The other end, which has closed itself, is no better off.
    REQUIRE(both.server.tls.close() == errc::none);
    REQUIRE(both.server.flush());
    REQUIRE(both.server.tls.end_of_input().error == errc::truncated);
}

TEST_CASE("the end of the transport during the handshake") {
    real_pair both;
    REQUIRE(both.server.tls.end_of_input().error == errc::truncated);
    is_dead(both.server);
    REQUIRE(both.client.flush());
    REQUIRE(both.client.tls.end_of_input().error == errc::truncated);
    is_dead(both.client);
}

TEST_CASE("whatever comes behind close_notify is ignored (section 6.1)") {
    for (const char* rest : {"", "x", "\x17\x03\x03\x00\x01z", "\x16\xff\xff\xff\xff nonsense of some length"}) {
        real_pair both;
        REQUIRE(both.handshake());
        REQUIRE(both.client.send("data") == errc::none);
        REQUIRE(both.client.tls.close() == errc::none);
        both.client.flush();
        both.to_server.put(as_bytes(rest));
        both.run();
        REQUIRE(both.server.error() == errc::none);
        REQUIRE(both.server.history.back().what == what::peer_closed);
        REQUIRE(both.server.arrived.empty());
        REQUIRE(both.server.received == test::text("data"));
        REQUIRE(both.server.send("goes on") == errc::none);
        both.run();
        REQUIRE(both.client.received == test::text("goes on"));
        REQUIRE(both.server.tls.end_of_input().what == what::peer_closed);
    }
}

TEST_CASE("giving up the handshake, at every round of it") {
    for (int rounds = 0; rounds < 4; ++rounds) {
        CAPTURE(rounds);
        real_pair both({.server = {.authenticate_client = client_authentication::request}});
        for (int i = 0; i < rounds; ++i) both.round();
        if (both.client.tls.connected()) {
            REQUIRE(rounds > 1);
            continue;
        }
        REQUIRE(both.client.tls.close() == errc::none);
        both.run();
        REQUIRE(both.client.error() == errc::canceled);
        REQUIRE(both.server.error() == errc::closed_in_handshake);
        REQUIRE_FALSE(both.server.has(what::handshake_done));
        is_dead(both.client);
        is_dead(both.server);
    }
    for (int rounds = 0; rounds < 4; ++rounds) {
        CAPTURE(rounds);
        real_pair both({.server = {.authenticate_client = client_authentication::request}});
        for (int i = 0; i < rounds; ++i) both.round();
        if (both.server.tls.connected()) continue;
        const bool connected = both.client.tls.connected();
        REQUIRE(both.server.tls.close() == errc::none);
        both.run();
        REQUIRE(both.server.error() == errc::canceled);
        // A client that is done before the server knows sees an ordinary end.
        if (connected || both.client.tls.connected())
            REQUIRE(both.client.history.back().what == what::peer_closed);
        else
            REQUIRE(both.client.error() == errc::closed_in_handshake);
    }
}

TEST_CASE("user_canceled stands before its close_notify, both as warnings (section 6.1)") {
    null_pair both;
    REQUIRE(both.client.tls.close() == errc::none);
    both.client.flush();
    REQUIRE(both.to_server.all.size() >= 14);
    const test::buffer last(both.to_server.all.end() - 14, both.to_server.all.end());
    REQUIRE(test::hex(last) ==
            "1503030002015a"
            "15030300020100");
}

TEST_CASE("user_canceled by itself changes nothing") {
    null_pair both;
    REQUIRE(both.handshake());
    both.to_server.put(test::null_alert(1, alert_description::user_canceled));
    REQUIRE(both.client.send("not at all") == errc::none);
    both.run();
    REQUIRE(both.server.received == test::text("not at all"));
    REQUIRE(both.server.error() == errc::none);
}

TEST_CASE("an alert of the caller's choice (sections 6 and 6.2)") {
    real_pair both;
    REQUIRE(both.handshake());
    REQUIRE(both.client.send("before") == errc::none);
    both.client.tls.abort(alert_description::general_error);
    both.client.tls.abort(alert_description::access_denied);
    both.run();
    REQUIRE(both.client.error() == errc::canceled);
    REQUIRE(both.server.received == test::text("before"));
    REQUIRE(both.server.error() == errc::peer_alert);
    REQUIRE(both.server.alert() == alert_description::general_error);
    is_dead(both.client);
    is_dead(both.server);

    real_pair in_handshake;
    in_handshake.round();
    in_handshake.server.tls.abort();
    in_handshake.run();
    REQUIRE(in_handshake.client.error() == errc::peer_alert);
    REQUIRE(in_handshake.client.alert() == alert_description::internal_error);
    REQUIRE(in_handshake.server.error() == errc::canceled);
}

TEST_CASE("an end that gives up in the middle of a flight sends the rest of it, and then why") {
    const auto give_up = [](auto& both, auto& end, auto& other, test::link& to, std::size_t records) {
        for (std::size_t i = 0; i < records; ++i) {
            test::buffer out(min_output + 10);
            const output sent = end.tls.transmit(out);
            if (sent.empty()) return false;
            to.put(sent.records);
        }
        end.tls.abort(alert_description::general_error);
        both.run();
        REQUIRE(end.error() == errc::canceled);
        REQUIRE(other.error() == errc::peer_alert);
        REQUIRE(other.alert() == alert_description::general_error);
        is_dead(end);
        is_dead(other);
        return true;
    };
    std::size_t records = 0;
    for (bool more = true; more; ++records) {
        CAPTURE(records);
        real_pair both;
        both.server.silent = true;
        both.run();
        both.server.silent = false;
        REQUIRE(both.server.tls.owes_output());
        more = give_up(both, both.server, both.client, both.to_client, records);
    }
    REQUIRE(records > 10);
    for (records = 0;; ++records) {
        CAPTURE(records);
        real_pair both({.server = {.authenticate_client = client_authentication::require}});
        both.client.own = &both.client_credentials();
        both.client.flush();
        both.client.silent = true;
        both.run();
        both.client.silent = false;
        REQUIRE(both.client.has(what::handshake_done));
        if (!give_up(both, both.client, both.server, both.to_server, records)) break;
    }
    REQUIRE(records > 10);
}

TEST_CASE("every alert that there is, and every one that there is not, ends the connection on both sides (section 6)") {
    for (int value = 0; value < 256; ++value) {
        if (!fatal_by_nature(value)) continue;
        CAPTURE(value);
        const auto alert = static_cast<alert_description>(value);
        real_pair done;
        REQUIRE(done.handshake());
        done.server.tls.abort(alert);
        done.run();
        REQUIRE(done.client.error() == errc::peer_alert);
        REQUIRE(done.client.alert() == alert);
        REQUIRE_FALSE(done.client.tls.owes_output());

        // In the clear, before the handshake has got anywhere.
        null_pair begun;
        begun.to_client.put(test::plain_record(content_type::alert, test::buffer{2, static_cast<std::uint8_t>(value)}));
        begun.server.silent = true;
        begun.run();
        REQUIRE(begun.client.error() == errc::peer_alert);
        REQUIRE(begun.client.alert() == alert);
        // Section 6: the level does not count.
        null_pair mild;
        REQUIRE(mild.handshake());
        mild.to_client.put(test::null_alert(1, alert));
        mild.run();
        REQUIRE(mild.client.error() == errc::peer_alert);
        REQUIRE(mild.client.alert() == alert);
    }
}

TEST_CASE("close_notify is one at any level") {
    null_pair both;
    REQUIRE(both.handshake());
    both.to_client.put(test::null_alert(2, alert_description::close_notify));
    both.run();
    REQUIRE(both.client.error() == errc::none);
    REQUIRE(both.client.history.back().what == what::peer_closed);
}

TEST_CASE("a record of alerts holds exactly one (section 5.1)") {
    for (const test::buffer& content :
         {test::buffer{}, test::buffer{2}, test::buffer{2, 40, 0}, test::buffer{1, 0, 1, 0}}) {
        CAPTURE(content.size());
        null_pair both;
        REQUIRE(both.handshake());
        both.to_client.put(test::null_record(content_type::alert, content));
        both.run();
        REQUIRE(both.client.error() == (content.empty() ? errc::empty_fragment : errc::bad_alert));
        REQUIRE(both.server.error() == errc::peer_alert);
        REQUIRE(both.server.alert() == *alert_for(both.client.error()));
    }
}

TEST_CASE("an alert in the clear is taken from a server that failed before it had keys, and from nobody else") {
    // The client has handshake keys, and the server says in the clear that it failed.
    null_pair in_clear;
    in_clear.to_server.transit = [&](test::buffer sent) {
        return sent[0] == 22 ? sent : test::plain_record(content_type::alert, test::buffer{2, 50});
    };
    in_clear.run();
    REQUIRE(in_clear.server.error() == errc::peer_alert);
    REQUIRE(in_clear.server.alert() == alert_description::decode_error);

    null_pair later;
    REQUIRE(later.handshake());
    later.to_client.put(test::plain_record(content_type::alert, test::buffer{2, 50}));
    later.to_server.put(test::plain_record(content_type::alert, test::buffer{1, 0}));
    later.run();
    REQUIRE(later.client.error() == errc::unexpected_record_type);
    REQUIRE(later.server.error() == errc::unexpected_record_type);
}

TEST_CASE("a failed end answers no alert with an alert") {
    real_pair both;
    REQUIRE(both.handshake());
    both.client.tls.abort(alert_description::internal_error);
    both.client.flush();
    const std::size_t sent = both.to_client.all.size();
    both.run();
    REQUIRE(both.server.error() == errc::peer_alert);
    REQUIRE(both.to_client.all.size() == sent);
}

TEST_CASE("close_notify in the middle of a handshake leaves nobody waiting") {
    for (const std::uint8_t level : {std::uint8_t{1}, std::uint8_t{2}}) {
        null_pair client_waits;
        client_waits.to_client.put(test::plain_record(content_type::alert, test::buffer{level, 0}));
        client_waits.server.silent = true;
        client_waits.run();
        REQUIRE(client_waits.client.error() == errc::closed_in_handshake);
        is_dead(client_waits.client);

        null_pair server_waits;
        server_waits.client.silent = true;
        server_waits.to_server.put(test::plain_record(content_type::alert, test::buffer{level, 0}));
        server_waits.run();
        REQUIRE(server_waits.server.error() == errc::closed_in_handshake);
        is_dead(server_waits.server);
    }
}

TEST_CASE("a writer that breaks off is what a reader hears of, whether bytes come or their end") {
    for (const bool end : {false, true})
        for (const bool alert_has_left : {false, true}) {
            CAPTURE(end, alert_has_left);
            test::pair<test::null_provider> both;
            REQUIRE(both.handshake());
            auto [reader, writer] = both.client.tls.split();
            writer.abort();
            test::buffer out(100), none;
            if (alert_has_left) REQUIRE_FALSE(writer.transmit(out).empty());
            const step heard = end ? reader.end_of_input() : reader.receive(none);
            REQUIRE(heard.what == what::failed);
            REQUIRE(heard.error == errc::canceled);
            REQUIRE(reader.error() == errc::canceled);
            REQUIRE(reader.end_of_input().error == errc::canceled);
            // The alert is not lost, nor sent twice.
            REQUIRE(writer.transmit(out).empty() == alert_has_left);
        }
}

TEST_CASE("a half that breaks off before the handshake is done ends it for all") {
    test::pair<test::seeded<test::small_provider>> both;
    both.server.answer = [](const step&) { return true; };  // left open
    both.run();
    REQUIRE(both.server.has(what::client_hello));
    both.server.tls.split().writer.abort(alert_description::access_denied);
    REQUIRE(both.server.tls.answer(both.server.own->who()) == errc::connection_failed);
    REQUIRE(both.server.tls.refuse() == errc::not_asked);
    REQUIRE(both.server.tls.close() == errc::connection_failed);
    std::uint8_t out[100];
    REQUIRE(both.server.tls.send({}, out).error == errc::connection_failed);
    REQUIRE(both.server.receive().error == errc::canceled);
    both.run();
    REQUIRE(both.client.error() == errc::peer_alert);
    REQUIRE(both.client.alert() == alert_description::access_denied);
}

TEST_CASE("halves of a connection that is not established refuse, and change nothing") {
    const test::buffer early_records[] = {
        test::plain_record(content_type::handshake, test::buffer{24, 0, 0, 1, 1}),  // KeyUpdate
        test::plain_record(content_type::handshake, test::ticket_message(0x55, 10)),
        test::plain_record(content_type::alert, test::buffer{1, 0}),  // close_notify
    };
    const auto refuses = [&](auto& end, auto& halves) {
        auto& [reader, writer] = halves;
        for (test::buffer record : early_records) {
            const step refused = reader.receive(record);
            REQUIRE(refused.what == what::failed);
            REQUIRE(refused.error == errc::not_connected);
            REQUIRE(refused.consumed == 0);
        }
        REQUIRE(reader.end_of_input().what == what::failed);
        REQUIRE(reader.end_of_input().error == errc::not_connected);
        REQUIRE(reader.error() == errc::not_connected);
        test::buffer out(2000);
        const test::buffer data{1};
        REQUIRE(writer.send(data, out).error == errc::not_connected);
        REQUIRE(writer.send_cover(out).error == errc::not_connected);
        out[record_header_size] = 1;
        REQUIRE(writer.send_begun(bytes_view(out).subspan(record_header_size, 1), out).error == errc::not_connected);
        REQUIRE(writer.update_keys() == errc::not_connected);
        REQUIRE(writer.close() == errc::not_connected);
        REQUIRE(end.tls.error() == errc::none);
    };
    test::pair<test::seeded<test::small_provider>> both;
    auto of_client = both.client.tls.split();
    auto of_server = both.server.tls.split();
    refuses(both.client, of_client);
    refuses(both.server, of_server);
    REQUIRE_FALSE(of_server.writer.owes_output());
    both.round();  // the server has keys now, and would be asked
    refuses(both.server, of_server);
    auto in_between = both.server.tls.split();
    refuses(both.server, in_between);
    test::buffer out(100);
    REQUIRE(in_between.writer.send_ticket({}, out).error == errc::not_connected);
    REQUIRE(both.handshake());
    // They have never been split.
    refuses(both.client, of_client);
    refuses(both.server, in_between);
    both.talks();
    auto [reader, writer] = both.client.tls.split();
    REQUIRE(writer.send(test::buffer{1}, out).error == errc::none);
    REQUIRE(reader.receive({}).what == what::need_input);
}

TEST_CASE("halves of a connection that failed in the handshake say why") {
    test::pair<test::seeded<test::small_provider>> both;
    both.client.tls.abort();
    auto [reader, writer] = both.client.tls.split();
    test::buffer out(100);
    REQUIRE(reader.receive(out).error == errc::canceled);
    REQUIRE(reader.end_of_input().error == errc::canceled);
    REQUIRE(reader.error() == errc::canceled);
    REQUIRE(writer.send(test::buffer{1}, out).error == errc::connection_failed);
    REQUIRE(writer.close() == errc::connection_failed);
}
