// The handshake as QUIC carries it: two ends over plain buffers, one stream of bytes for each level, in any pieces.
#include <spantls/quic.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <spantls/connection/tickets.hpp>
#include <spantls/spantls.hpp>

#include "simulation/quic_pair.hpp"
#include "support/catch.hpp"
#include "support/delegation.hpp"
#include "support/null_records.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;
using namespace test::quic;

namespace {

/// The types of the messages in a stream of whole messages.
std::vector<handshake_type> types(bytes_view stream) {
    std::vector<handshake_type> found;
    while (!stream.empty()) {
        const std::size_t size = message_size(stream);
        REQUIRE(size != 0);
        REQUIRE(size <= stream.size());
        found.push_back(static_cast<handshake_type>(stream[0]));
        stream = stream.subspan(size);
    }
    return found;
}

template <class... Types>
std::vector<handshake_type> these(Types... all) {
    return {all...};
}

const test::buffer id = test::text("a key"), key(32, 0x11);
constexpr early_data_terms terms{quic_early_data, cipher_suite::tls_chacha20_poly1305_sha256, "h3", "leaf.example"};
const psk offered[] = {{.identity = id, .key = key, .early = terms}};
const psk_choice chosen{0, key, hash_id::sha256, psk_kind::external, terms, false};

quic_options with_key(bool early) {
    quic_options options;
    options.target.psks = offered;
    options.target.early_data = early;
    options.server.use_psk = true;
    options.server.max_early_data = quic_early_data;
    return options;
}

/// Fails the end with this, and with the alert of that.
template <class End>
void fails(const End& it, errc error) {
    REQUIRE(std::string(name_of(it.tls.error())) == name_of(error));
    REQUIRE(it.tls.alert() == alert_for(error));
    REQUIRE_FALSE(it.tls.waiting().has_value());
}

}  // namespace

TEST_CASE("a handshake over QUIC: the messages of each level, the secrets, the parameters (RFC 9001)") {
    quic_pair both;
    REQUIRE(both.client.tls.secrets(epoch::handshake).sending.empty());
    both.run();
    REQUIRE(both.done());
    both.secrets_match();
    REQUIRE(both.client.peer_parameters == server_parameters);
    REQUIRE(both.server.peer_parameters == client_parameters);
    REQUIRE(both.client.shown == 1);
    REQUIRE(both.server.shown == 1);
    REQUIRE(types(both.client.sent[epoch::initial]) == these(handshake_type::client_hello));
    REQUIRE(types(both.client.sent[epoch::handshake]) == these(handshake_type::finished));
    REQUIRE(types(both.server.sent[epoch::initial]) == these(handshake_type::server_hello));
    REQUIRE(types(both.server.sent[epoch::handshake]) ==
            these(handshake_type::encrypted_extensions, handshake_type::certificate, handshake_type::certificate_verify,
                  handshake_type::finished));
    REQUIRE(both.client.sent[epoch::application].empty());
    REQUIRE(both.server.sent[epoch::application].empty());
    // Section 8.4: no session id.
    REQUIRE(both.client.sent[epoch::initial][4 + 2 + 32] == 0);
    REQUIRE(both.client.tls.protocol() == "h3");
    REQUIRE(both.client.tls.peer_authenticated());
    REQUIRE(both.client.tls.suite() == cipher_suite::tls_chacha20_poly1305_sha256);
    test::buffer of_client(32), of_server(32);
    REQUIRE(both.client.tls.export_keying_material("EXPORTER-x", {}, of_client) == errc::none);
    REQUIRE(both.server.tls.export_keying_material("EXPORTER-x", {}, of_server) == errc::none);
    REQUIRE(of_client == of_server);
    REQUIRE(both.client.tls.take_workspace().size() == both.options.client_workspace);
    REQUIRE(both.server.tls.take_workspace().size() == both.options.server_workspace);
    // The handshake's secrets are gone, those of the application not.
    REQUIRE(both.client.tls.secrets(epoch::handshake).sending.empty());
    REQUIRE(test::hex(both.client.tls.secrets(epoch::application).sending) ==
            both.client.secrets.at({epoch::application, true}));
}

TEST_CASE("the same in any pieces, with certificates of both, retry, keys and early data") {
    enum kind { plain, retry, both_certificates, with_psk, with_early_data };
    for (const kind which : {plain, retry, both_certificates, with_psk, with_early_data})
        for (unsigned seed = 0; seed < 30; ++seed) {
            CAPTURE(which, seed);
            quic_options options = which >= with_psk ? with_key(which == with_early_data) : quic_options{};
            if (which == retry) options.client.shares = fixed_vector<named_group, 4>{};
            if (which == both_certificates) options.server.authenticate_client = client_authentication::require;
            quic_pair both(options);
            both.client.own = &test::pair<chacha>::client_credentials();
            both.server.find_psk = [](const step&) { return chosen; };
            both.run(seed == 0 ? 1 : 1 + 37 * (seed % 10), seed);
            REQUIRE(both.done());
            both.secrets_match(which == with_early_data);
            REQUIRE(both.client.shown == 1);
            REQUIRE(both.server.shown == 1);
            REQUIRE(both.client.peer_parameters == server_parameters);
            REQUIRE(both.server.peer_parameters == client_parameters);
            REQUIRE(both.server.tls.psk_used() == (which >= with_psk));
            REQUIRE(both.client.tls.early_data_accepted() == (which == with_early_data));
            REQUIRE(both.server.tls.early_data_accepted() == (which == with_early_data));
            REQUIRE(both.server.tls.peer_authenticated() == (which == both_certificates));
            REQUIRE(both.client.sent[epoch::early].empty());
            // Section 8.3: no EndOfEarlyData.
            REQUIRE(types(both.client.sent[epoch::handshake]) ==
                    (which == both_certificates ? these(handshake_type::certificate, handshake_type::certificate_verify,
                                                        handshake_type::finished)
                                                : these(handshake_type::finished)));
            REQUIRE(types(both.client.sent[epoch::initial]).size() == (which == retry ? 2 : 1));
            REQUIRE(types(both.server.sent[epoch::initial]).size() == (which == retry ? 2 : 1));
        }
}

TEST_CASE("early data over QUIC that is rejected leaves no early secrets") {
    quic_pair both(with_key(true));
    both.server.find_psk = [](const step&) { return chosen; };
    both.server.judge_early = early_data::reject;
    both.client.look();
    REQUIRE(both.client.secrets.contains({epoch::early, true}));
    REQUIRE(both.client.tls.suite() == terms.suite);
    both.client.watch = [&](const step& seen) {
        if (seen.what == what::early_data_rejected) REQUIRE(both.client.tls.secrets(epoch::early).sending.empty());
    };
    both.run();
    REQUIRE(both.done());
    REQUIRE(both.client.has(what::early_data_rejected));
    REQUIRE_FALSE(both.server.secrets.contains({epoch::early, false}));
    REQUIRE_FALSE(both.client.tls.early_data_accepted());
}

TEST_CASE("over QUIC early data has one limit, whatever a key says (RFC 9001, section 4.6.1)") {
    for (const std::uint32_t limit : {1u, 16384u, quic_early_data - 1, quic_early_data}) {
        CAPTURE(limit);
        early_data_terms of_records = terms;
        of_records.limit = limit;
        const psk keys[] = {{.identity = id, .key = key, .early = of_records}};
        const bool good = limit == quic_early_data;
        // Not offered where the client knows, not accepted where the server does.
        for (const bool by_client : {true, false}) {
            quic_options options = with_key(true);
            if (by_client) options.target.psks = keys;
            quic_pair both(options);
            REQUIRE(both.client.tls.secrets(epoch::early).sending.empty() == (by_client && !good));
            both.server.find_psk = [&](const step&) {
                psk_choice found = chosen;
                if (!by_client) found.early = of_records;
                return found;
            };
            both.run();
            REQUIRE(both.done());
            REQUIRE(both.server.tls.psk_used());
            REQUIRE(both.server.tls.early_data_accepted() == good);
            REQUIRE(both.client.tls.early_data_accepted() == good);
        }
        test::buffer workspace(quic_server<chacha>::workspace_size);
        chacha crypto(1);
        const server_config config{.max_early_data = limit};
        quic_server<chacha> tls(crypto, config, workspace, server_parameters);
        REQUIRE(tls.error() == (good ? errc::none : errc::config_bad_limit));
    }
}

TEST_CASE("memory that is too small is asked for by size, over QUIC too") {
    quic_options options;
    options.client_workspace = quic_client<chacha>::smallest_workspace;
    options.server_workspace = quic_server<chacha>::smallest_workspace;
    const test::credentials large("server", 8000);
    for (const std::size_t most : {std::size_t{50}, std::size_t{100000}}) {
        quic_pair both(options);
        both.server.own = &large;
        both.run(most);
        REQUIRE(both.done());
        REQUIRE(both.client.loans != 0);
        both.secrets_match();
    }
}

TEST_CASE("a delegated credential over QUIC (RFC 9345)") {
    const test::delegated_credentials own("server");
    quic_options options;
    options.client.delegated_schemes = {signature_scheme::ed25519};
    options.target.now_ms = test::year_2030_ms;
    quic_pair both(options);
    both.server.delegated = &own;
    bool seen = false;
    both.client.watch = [&](const step& now) { seen = seen || test::copy(now.peer().delegated) == own.shown; };
    both.run();
    REQUIRE(both.done());
    REQUIRE(seen);
}

TEST_CASE("tickets over QUIC, in any pieces, and what comes of them") {
    const test::buffer fleet(32, 0x5e);
    constexpr std::uint64_t now = 1'700'000'000'000;
    for (const std::size_t most : {std::size_t{1}, std::size_t{60}, std::size_t{100000}}) {
        quic_pair both;
        const ticket_keys<chacha> keys(both.server_crypto, fleet);
        test::buffer kept, out(2000);
        both.client.watch = [&](const step& seen) {
            if (seen.what != what::ticket) return;
            kept.resize(2000);
            kept.resize(save_session(both.client.tls, *seen.tickets().begin(), "leaf.example", now, kept));
        };
        REQUIRE(both.server.tls.send_ticket({1, 1, key, key, {}}, out).error == errc::not_connected);
        both.run();
        REQUIRE(both.done());
        const ticket_terms allowed{.max_early_data = quic_early_data, .server_name = "leaf.example"};
        const output sent = send_ticket(both.server.tls, keys, both.server_crypto, allowed, now, out);
        REQUIRE(sent.error == errc::none);
        both.client.inbox[epoch::application] = test::copy(sent.records);
        both.run(most);
        REQUIRE_FALSE(kept.empty());
        REQUIRE((both.client.loans != 0) == (most < 100));
        // Section 4.6.1: QUIC says how much, not the ticket; too_small writes nothing.
        REQUIRE(send_ticket(both.server.tls, keys, both.server_crypto, {.max_early_data = 1000}, now, out).error ==
                errc::bad_argument);
        REQUIRE(both.server.tls.send_ticket({1, 1, key, key, {}}, mutable_bytes(out).first(20)).error ==
                errc::too_small);

        quic_options again = with_key(true);
        again.target.psks = {};
        REQUIRE(read_session(kept, again.target.resume) == errc::none);
        again.target.now_ms = now + 1000;
        quic_pair next(again);
        test::buffer scratch(max_sealed_ticket);
        ticket_state found;
        next.server.find_psk = [&](const step& asked) {
            return keys.find(asked.hello().psks, hash_id::sha256, now + 1000, scratch, found);
        };
        next.run(most);
        REQUIRE(next.done());
        REQUIRE(next.server.tls.psk_used());
        REQUIRE(next.server.tls.early_data_accepted());
        next.secrets_match(true);
    }
}

TEST_CASE("as many tickets over QUIC as the client has asked for, all at once (RFC 9149)") {
    quic_pair both({.client = {.alpn = {"h3"}, .compatibility_mode = false, .tickets = ticket_counts{255, 0}},
                    .server = {.alpn = {"h3"}, .max_tickets = 255}});
    both.run();
    for (unsigned i = 0; i < 255 + max_post_handshake_messages; ++i) {
        test::buffer out(2000), &all = both.client.inbox[epoch::application];
        all = test::joined({all, test::copy(both.server.tls.send_ticket({1, i, {}, key, {}}, out).records)});
    }
    both.run();
    REQUIRE(both.client.tls.error() == errc::none);
    REQUIRE(both.client.tickets.size() == 255 + max_post_handshake_messages);
}

TEST_CASE("behind the handshake nothing comes over QUIC but tickets, to clients (RFC 9001, section 6)") {
    const test::buffer limit{0, 42, 0, 4, 0, 0, 1, 0};
    test::buffer bad_ticket = test::ticket_message(1);
    bad_ticket.resize(bad_ticket.size() - 2);
    bad_ticket.insert(bad_ticket.end(), {0, 8});
    bad_ticket.insert(bad_ticket.end(), limit.begin(), limit.end());
    bad_ticket[3] = static_cast<std::uint8_t>(bad_ticket.size() - 4);
    const struct {
        test::buffer data;
        bool to_client;
        epoch level;
        errc error;
    } cases[] = {
        {test::key_update_message(false), true, epoch::application, errc::unexpected_message},
        {test::key_update_message(true), false, epoch::application, errc::unexpected_message},
        {{24}, true, epoch::application, errc::unexpected_message},
        {test::message(handshake_type::key_update, {7}), true, epoch::application, errc::unexpected_message},
        {test::joined({test::ticket_message(1), test::key_update_message(false)}), true, epoch::application,
         errc::unexpected_message},
        {test::ticket_message(1), false, epoch::application, errc::unexpected_message},
        {test::ticket_message(1), true, epoch::handshake, errc::unexpected_message},
        {test::message(handshake_type::certificate_request, {0, 0, 0}), true, epoch::application,
         errc::unexpected_message},
        {bad_ticket, true, epoch::application, errc::bad_quic_ticket},
        {test::ticket_message(1), true, epoch::application, errc::none},
    };
    for (const auto& one : cases) {
        CAPTURE(test::hex(one.data), one.to_client);
        quic_pair both;
        both.run();
        REQUIRE(both.done());
        test::buffer data = one.data;
        const step now =
            one.to_client ? both.client.tls.provide(one.level, data) : both.server.tls.provide(one.level, data);
        REQUIRE((now.what == what::failed) == (one.error != errc::none));
        if (one.error == errc::none) {
            REQUIRE(now.what == what::ticket);
            continue;
        }
        if (one.to_client)
            fails(both.client, one.error);
        else
            fails(both.server, one.error);
        REQUIRE(both.client.tls.secrets(epoch::application).sending.empty() == one.to_client);
    }
}

TEST_CASE("a level that is not the one to be read ends the handshake (RFC 9001, section 4.1.3)") {
    for (const epoch level : {epoch::early, epoch::handshake, epoch::application}) {
        quic_pair both;
        both.client.flush(both.server, 10000);
        (void)both.server.tls.provide(level, both.server.inbox[epoch::initial]);
        fails(both.server, errc::unexpected_message);
    }
    // More of a level that is over: behind ServerHello at once, or later.
    for (const bool at_once : {true, false}) {
        quic_pair both;
        both.client.flush(both.server, 10000);
        while (both.server.turn(epoch::initial, 10000) || both.server.turn(epoch::handshake, 0)) {
        }
        both.server.flush(both.client, 10000);
        test::buffer hello = both.client.inbox[epoch::initial], more{8};
        if (at_once) hello.push_back(8);
        (void)both.client.tls.provide(epoch::initial, hello);
        if (at_once) {
            fails(both.client, errc::key_change_unaligned);
        } else {
            REQUIRE(both.client.tls.error() == errc::none);
            (void)both.client.tls.provide(epoch::initial, more);
            fails(both.client, errc::unexpected_message);
        }
    }
}

TEST_CASE("transport parameters are there over QUIC, and nowhere else (RFC 9001, section 8.2)") {
    // A ClientHello that is not QUIC's: with a session id, and without.
    for (const bool compatible : {true, false}) {
        quic_pair both;
        test::buffer workspace(client<chacha>::workspace_size), out(2000);
        const client_config config{.alpn = {"h3"}, .compatibility_mode = compatible};
        client<chacha> other(both.client_crypto, config, workspace);
        const bytes_view record = other.transmit(out);
        both.server.inbox[epoch::initial] = test::copy(record.subspan(5));
        while (both.server.turn(epoch::initial, 10000)) {
        }
        fails(both.server, compatible ? errc::quic_session_id : errc::missing_extension);
        REQUIRE(both.server.tls.alert() ==
                (compatible ? alert_description::illegal_parameter : alert_description::missing_extension));
    }
    // An EncryptedExtensions without them.
    quic_pair both;
    both.client.flush(both.server, 10000);
    while (both.server.turn(epoch::initial, 10000) || both.server.turn(epoch::handshake, 0)) {
    }
    both.server.flush(both.client, 10000);
    both.client.inbox[epoch::handshake] =
        test::message(handshake_type::encrypted_extensions, {0, 9, 0, 16, 0, 5, 0, 3, 2, 'h', '3'});
    both.run();
    fails(both.client, errc::missing_extension);
    // And QUIC's ClientHello in a record.
    quic_pair third;
    test::buffer workspace(server<chacha>::workspace_size), out(2000);
    server<chacha> other(third.server_crypto, third.options.server, workspace);
    const bytes_view hello = third.client.tls.take(epoch::initial, out);
    test::buffer record = test::plain_record(content_type::handshake, hello);
    (void)other.receive(record);
    REQUIRE(other.receive({}).error == errc::quic_parameters);
    REQUIRE(alert_for(other.error()) == alert_description::unsupported_extension);
}

TEST_CASE("a protocol is agreed on, if there are any (RFC 9001, section 8.1)") {
    for (const bool client_has : {true, false}) {
        quic_options options;
        if (client_has)
            options.server.alpn = {};
        else
            options.client.alpn = {};
        quic_pair both(options);
        both.run();
        if (client_has)
            fails(both.client, errc::no_common_protocol);
        else
            fails(both.server, errc::no_common_protocol);
    }
}

TEST_CASE("what only records have is refused in a configuration for QUIC") {
    test::buffer workspace(quic_client<chacha>::workspace_size);
    chacha crypto(1);
    const client_config configs[] = {{},
                                     {.compatibility_mode = false, .record_size_limit = 1000},
                                     {.compatibility_mode = false, .max_fragment_length = 512}};
    for (const client_config& config : configs) {
        quic_client<chacha> tls(crypto, config, workspace, client_parameters);
        REQUIRE(tls.error() == errc::config_for_records);
        REQUIRE_FALSE(tls.waiting().has_value());
        REQUIRE(tls.provide(epoch::initial, {}).what == what::failed);
    }
    // RFC 9001, section 4.4.
    const server_config late{.post_handshake_auth = true};
    quic_server<chacha> asks(crypto, late, workspace, server_parameters);
    REQUIRE(asks.error() == errc::config_for_records);
    const client_config config{.compatibility_mode = false};
    const test::buffer longest(16385);
    quic_client<chacha> tls(crypto, config, workspace, longest);
    REQUIRE(tls.error() == errc::bad_argument);
    quic_client<chacha> small(crypto, config, workspace, bytes_view(longest).first(16384));
    REQUIRE(small.error() == errc::config_workspace);
}

TEST_CASE("a server for QUIC answers nothing about records") {
    test::buffer answer;
    for (const test::buffer& asked : {test::buffer{}, test::buffer{0, 28, 0, 2, 2, 0}, test::buffer{0, 1, 0, 1, 1}}) {
        quic_pair both;
        test::buffer space(4000), hello = test::copy(both.client.tls.take(epoch::initial, space));
        // Behind the header, version, random and an empty session id: the suites, the compression, the extensions.
        const std::size_t suites = handshake_header_size + 2 + 32 + 1;
        const std::size_t block = suites + 2 + load_u16(hello.data() + suites) + 2;
        store_be(hello.data() + block, load_u16(hello.data() + block) + asked.size(), 2);
        store_be(hello.data() + 1, hello.size() - handshake_header_size + asked.size(), 3);
        hello.insert(hello.begin() + static_cast<std::ptrdiff_t>(block) + 2, asked.begin(), asked.end());
        both.server.inbox[epoch::initial] = hello;
        while (both.server.turn(epoch::initial, hello.size())) both.server.flush(both.client, 10000);
        const handshake_message first = first_message(both.server.sent[epoch::handshake]);
        REQUIRE(first.type == handshake_type::encrypted_extensions);
        if (asked.empty()) answer = test::copy(first.whole);
        REQUIRE(test::copy(first.whole) == answer);
    }
}

TEST_CASE("a refusal is an alert for the transport, and the workspace comes back at once") {
    quic_pair both;
    both.server.watch = [&](const step& seen) {
        if (seen.what == what::client_hello) REQUIRE(both.server.tls.refuse(errc::unrecognized_name) == errc::none);
    };
    both.client.flush(both.server, 10000);
    (void)both.server.turn(epoch::initial, 10000);
    (void)both.server.turn(epoch::initial, 0);
    fails(both.server, errc::unrecognized_name);
    REQUIRE(both.server.tls.take_workspace().size() == both.options.server_workspace);
}

TEST_CASE("every byte of every level flipped: the handshake fails, and the alert says why") {
    // How much there is of each, when nothing is changed.
    quic_options options;
    options.server.authenticate_client = client_authentication::require;
    const auto converse = [&](auto damage) {
        quic_pair both(options);
        both.client.own = &test::pair<chacha>::client_credentials();
        for (std::size_t still = 0; still < 8;) {
            bool moved = both.client.flush(both.server, 10000);
            damage(both.server.inbox, true);
            moved = both.server.turn(levels[still % 4], 10000) || moved;
            moved = both.server.flush(both.client, 10000) || moved;
            damage(both.client.inbox, false);
            moved = both.client.turn(levels[still % 4], 10000) || moved;
            still = moved ? still % 4 : still + 1;
        }
        return std::tuple(both.done(), both.client.tls.alert(), both.server.tls.alert(), both.client.sent,
                          both.server.sent);
    };
    const auto [done, no_alert, none_either, up, down] = converse([](streams&, bool) {});
    REQUIRE(done);
    REQUIRE_FALSE(no_alert.has_value());
    REQUIRE_FALSE(none_either.has_value());
    std::size_t failed = 0;
    for (const bool to_server : {true, false})
        for (const epoch level : {epoch::initial, epoch::handshake}) {
            const std::size_t size = (to_server ? up : down).at(level).size();
            for (std::size_t at = 0; at < size; at += 3) {
                CAPTURE(to_server, static_cast<int>(level), at);
                bool hit = false;
                const auto result = converse([&](streams& inbox, bool server) {
                    if (hit || server != to_server || inbox[level].size() <= at) return;
                    inbox[level][at] ^= 0x20;
                    hit = true;
                });
                REQUIRE(hit);
                REQUIRE_FALSE(std::get<0>(result));
                // Who waits for the rest of a message that has become longer says nothing.
                if (std::get<1>(result).has_value() || std::get<2>(result).has_value()) ++failed;
            }
        }
    REQUIRE(failed > 300);
}

TEST_CASE("nothing is done before the last byte of a level has come") {
    for (const std::size_t missing : {std::size_t{1}, std::size_t{20}, std::size_t{36}}) {
        quic_pair both;
        both.client.flush(both.server, 10000);
        while (both.server.turn(epoch::initial, 10000)) {
        }
        both.server.flush(both.client, 10000);
        while (both.client.turn(epoch::initial, 10000)) {
        }
        test::buffer& flight = both.client.inbox[epoch::handshake];
        const test::buffer last(flight.end() - static_cast<std::ptrdiff_t>(missing), flight.end());
        flight.resize(flight.size() - missing);
        while (both.client.turn(epoch::handshake, 10000)) {
        }
        REQUIRE_FALSE(both.client.tls.connected());
        REQUIRE(both.client.tls.secrets(epoch::application).receiving.empty());
        REQUIRE_FALSE(both.client.tls.waiting().has_value());
        flight = last;
        both.run();
        REQUIRE(both.done());
    }
}
