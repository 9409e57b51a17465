// A client and a server face to face, in memory, with everything recorded and every call held to the progress rule.
//
//   test::pair<test::seeded<spantls::sodium>> both({.client = {.alpn = {"mqtt"}}});
//   both.client.answer = ...; both.to_server.transit = ...; both.to_client.chunk = ...;      // all optional
//   REQUIRE(both.handshake());
//   both.client.send("hello");
//   both.run();                                      // until nothing moves any more
//   REQUIRE(both.server.received == test::text("hello"));
//
// Nothing is answered, sent or delivered but by run(), round() and the calls of an endpoint, so a test can do any of it
// by hand: both.server.tls is the connection itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <spantls/client.hpp>
#include <spantls/server.hpp>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"

namespace test {

/// A chain and the key of its first certificate.
struct credentials {
    std::vector<buffer> certificates;
    key_pair key;
    std::vector<spantls::bytes_view> chain;
    std::vector<spantls::signature_scheme> schemes{spantls::signature_scheme::ed25519};

    /// A certificate of `name`, issued by itself, and behind it `filler` bytes that look like another one from afar.
    explicit credentials(std::string_view name, std::size_t filler = 0) : key(name) {
        certificates.push_back(leaf(name, name).der());
        if (filler != 0) certificates.emplace_back(filler, std::uint8_t{0x30});
        for (const buffer& der : certificates) chain.emplace_back(der);
    }
    credentials(const credentials&) = delete;
    credentials& operator=(const credentials&) = delete;

    spantls::identity who() const { return {chain, schemes}; }
};

/// What came of one call to receive().
struct happening {
    spantls::what what;
    std::size_t consumed;
    std::size_t missing;
    spantls::errc error;
    spantls::alert_description alert;
};

struct heard_ticket {
    std::uint32_t lifetime, age_add;
    buffer nonce, ticket, extensions;
};

/// The whole records of a stream; what is left of a record that is not whole stands at the end by itself.
inline std::vector<buffer> records_in(spantls::bytes_view stream) {
    std::vector<buffer> records;
    while (!stream.empty()) {
        std::size_t size = stream.size();
        if (size >= 5 && 5u + spantls::load_u16(stream.data() + 3) < size)
            size = 5u + spantls::load_u16(stream.data() + 3);
        records.push_back(copy(stream.first(size)));
        stream = stream.subspan(size);
    }
    return records;
}

/// A plaintext record.
inline buffer plain_record(spantls::content_type type, spantls::bytes_view content) {
    buffer record{static_cast<std::uint8_t>(type), 3, 3, static_cast<std::uint8_t>(content.size() >> 8),
                  static_cast<std::uint8_t>(content.size())};
    record.insert(record.end(), content.begin(), content.end());
    return record;
}

/// The same records, but the handshake records in the clear cut into fragments of `size` bytes.
inline buffer reframe(spantls::bytes_view stream, std::size_t size) {
    buffer out;
    for (const buffer& record : records_in(stream)) {
        if (record[0] != static_cast<std::uint8_t>(spantls::content_type::handshake)) {
            out.insert(out.end(), record.begin(), record.end());
            continue;
        }
        for (std::size_t at = 5; at < record.size(); at += size) {
            const std::size_t part = std::min(size, record.size() - at);
            const buffer one =
                plain_record(spantls::content_type::handshake, spantls::bytes_view(record).subspan(at, part));
            out.insert(out.end(), one.begin(), one.end());
        }
    }
    return out;
}

/// The progress rule: nothing consumed has exactly one of these causes.
inline bool may_consume_nothing(const spantls::step& step) {
    using enum spantls::what;
    switch (step.what) {
        case need_input:
        case need_workspace: return step.missing != 0;
        case output_waiting:
        case find_psk:
        case early_data_offered:
        case early_data_rejected:
        case transport_parameters:
        case client_hello:
        case choose_identity:
        case decompress:
        case verify_peer:
        case sign:
        case key_log:
        case handshake_done:
        case key_updated:
        case ticket:
        case client_answered:
        case peer_closed:
        case closed:
        case failed: return true;
        case progress:
        case early_data:
        case application_data: return false;
    }
    return false;
}

/// One direction: what was sent, on its way to the other end.
struct link {
    /// Changes what is sent, whole records at a time, before it counts as sent.
    std::function<buffer(buffer)> transit;
    /// How many of the `waiting` bytes (at least one) arrive next. Default: all.
    std::function<std::size_t(std::size_t waiting)> chunk;
    buffer all;      ///< every byte that was put into it
    buffer waiting;  ///< the end of `all`, which has not arrived yet

    void put(spantls::bytes_view records) {
        buffer sent = copy(records);
        if (transit) sent = transit(std::move(sent));
        all.insert(all.end(), sent.begin(), sent.end());
        waiting.insert(waiting.end(), sent.begin(), sent.end());
    }
    /// Bytes that arrive now.
    buffer take() {
        std::size_t count = waiting.size();
        if (chunk && count != 0) count = std::min(count, std::max<std::size_t>(1, chunk(count)));
        const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
        buffer taken(waiting.begin(), end);
        waiting.erase(waiting.begin(), end);
        return taken;
    }
};

template <class Connection>
class endpoint {
public:
    using connection_type = Connection;

    /// `extra` is what the connection's constructor takes behind the workspace.
    template <class P, class Config, class... Extra>
    endpoint(P& crypto, const Config& config, std::size_t workspace, link& to, Extra... extra)
        : tls(crypto, config, new_workspace(workspace != 0 ? workspace : Connection::workspace_size), extra...),
          out_(&to) {}
    endpoint(const endpoint&) = delete;
    endpoint& operator=(const endpoint&) = delete;

private:
    // Before the connection, whose destructor still writes into the workspace.
    std::list<buffer> memory_;

public:
    /// Whether memory that was lent has these bytes in it.
    bool remembers(const buffer& secret) const {
        return std::any_of(memory_.begin(), memory_.end(), [&](const buffer& lent) {
            return std::search(lent.begin(), lent.end(), secret.begin(), secret.end()) != lent.end();
        });
    }

    Connection tls;

    // How it behaves

    const credentials* own = nullptr;  ///< null: a client without a certificate
    spantls::x509::verdict verdict = spantls::x509::verdict::accept();
    /// On a server: the answer to find_psk, and to early_data_offered.
    std::function<spantls::psk_choice(const spantls::step&)> find_psk;
    std::function<spantls::early_data(const spantls::early_offer&)> judge_early;
    /// The answer to decompress; by default it cannot be done.
    std::function<std::size_t(const spantls::decompression_request&)> decompress;
    /// Sees each question first. True: it is dealt with, or to be left open.
    std::function<bool(const spantls::step&)> answer;
    /// Sees everything that receive() returns.
    std::function<void(const spantls::step&)> watch;
    bool lends = true;                    ///< whether need_workspace gets what it asks for
    bool silent = false;                  ///< whether round() leaves what is owed to the peer where it is
    std::size_t output_size = 2 * 17000;  ///< of the span that transmit() and send() are given

    // What has happened

    std::vector<happening> history;            ///< without need_input and output_waiting, and `failed` once
    std::vector<spantls::record_info> opened;  ///< of each record that was consumed
    buffer received;                           ///< plaintext
    buffer received_early, rejected;           ///< early data: of a server, and of a client
    std::string key_log;
    std::vector<heard_ticket> tickets;
    std::string server_name;  ///< on a server: the SNI
    std::vector<std::string> offered_protocols;
    std::size_t calls = 0, loans = 0;
    buffer arrived;  ///< not consumed yet

    std::size_t count(spantls::what wanted) const {
        std::size_t times = 0;
        for (const happening& one : history)
            if (one.what == wanted) ++times;
        return times;
    }
    bool has(spantls::what wanted) const { return count(wanted) != 0; }
    spantls::errc error() const { return tls.error(); }
    /// With errc::peer_alert, which it was.
    spantls::alert_description alert() const {
        return history.empty() ? spantls::alert_description{} : history.back().alert;
    }

    /// receive(), held to its promises and recorded; what was consumed is gone. What the step shows stays until the
    /// next.
    spantls::step receive() {
        spent_.clear();
        const spantls::step step = tls.receive(arrived);
        ++calls;
        check(step);
        note(step);
        if (watch) watch(step);
        // The consumed bytes stay as long as the step shows them.
        buffer rest(arrived.begin() + static_cast<std::ptrdiff_t>(step.consumed), arrived.end());
        spent_ = std::exchange(arrived, std::move(rest));
        return step;
    }

    /// Sends what is owed. True when there was any.
    bool flush() {
        bool any = false;
        for (buffer out(output_size);;) {
            const spantls::output written = tls.transmit(out);
            if (written.error != spantls::errc::none) FAIL("transmit: " << name_of(written.error));
            if (written.empty()) break;
            out_->put(written.records);
            any = true;
        }
        if (tls.owes_output()) FAIL("transmit() is empty, and something is owed");
        return any;
    }

    /// Sends all of `data`; returns why not.
    spantls::errc send(spantls::bytes_view data) {
        buffer out(output_size);
        do {
            const spantls::output written = tls.send(data, out);
            out_->put(written.records);
            data = data.subspan(written.consumed);
            if (written.error != spantls::errc::none) return written.error;
            if (written.empty() && !data.empty()) FAIL("send() did nothing and did not say why");
        } while (!data.empty());
        return spantls::errc::none;
    }
    spantls::errc send(std::string_view data) { return send(spantls::as_bytes(data)); }

    /// receive() and the answer to it. True when something has changed.
    bool turn() {
        const spantls::step step = receive();
        using enum spantls::what;
        if (step.is_question()) {
            const auto asking = tls.handshake_state();
            if (!(answer && answer(step))) return answer_as_usual(step);
            // Unless it was left open.
            return tls.error() != spantls::errc::none || tls.handshake_state() != asking;
        }
        // It may have come to be owed in this very call.
        if (step.what == output_waiting) return !silent && flush();
        if (step.what == need_workspace) return lends && lend(step.missing) == spantls::errc::none;
        if (step.consumed != 0) return true;
        if (step.what == failed) return std::exchange(just_failed_, false);
        return step.what == key_log || step.what == handshake_done || step.what == key_updated ||
               step.what == early_data_rejected || step.what == client_answered || step.what == ticket;
    }

    bool answer_as_usual(const spantls::step& step) {
        if constexpr (Connection::is_server) {
            if (step.what == spantls::what::find_psk)
                return tls.answer(find_psk ? find_psk(step) : spantls::no_psk) == spantls::errc::none;
            if (step.what == spantls::what::early_data_offered)
                return tls.answer(judge_early ? judge_early(step.offer()) : spantls::early_data::accept) ==
                       spantls::errc::none;
        }
        if (step.what == spantls::what::decompress)
            return tls.answer(spantls::decompressed{decompress ? decompress(step.decompressing()) : 0}) ==
                   spantls::errc::none;
        if (step.what == spantls::what::verify_peer) return tls.answer(verdict) == spantls::errc::none;
        if (step.what == spantls::what::sign) return tls.answer(spantls::signature{sign(step)}) == spantls::errc::none;
        return tls.answer(own == nullptr ? spantls::no_identity : own->who()) == spantls::errc::none;
    }
    const buffer& sign(const spantls::step& step) {
        signature_ = own->key.sign(copy(step.signing().content));
        return signature_;
    }

    spantls::errc lend(std::size_t size) {
        ++loans;
        return tls.lend_workspace(new_workspace(size));
    }
    /// Memory that lives as long as the endpoint, of exactly this size, filled with what should not matter.
    spantls::mutable_bytes new_workspace(std::size_t size) { return memory_.emplace_back(size, std::uint8_t{0xa5}); }

    void arrive(const buffer& more) {
        arrived.insert(arrived.end(), more.begin(), more.end());
        missing_ -= std::min(missing_, more.size());
    }

private:
    void check(const spantls::step& step) {
        const auto complain = [&](const char* about) {
            FAIL(about << ": " << name_of(step.what) << ", consumed " << step.consumed << ", missing " << step.missing
                       << ", of " << arrived.size());
        };
        if (step.consumed > arrived.size()) complain("consumed what is not there");
        if (step.consumed == 0 && !may_consume_nothing(step)) complain("the progress rule is broken");
        if ((step.what == spantls::what::failed) != (tls.error() != spantls::errc::none))
            complain("`failed` and error()");
        if (step.what == spantls::what::failed && step.error != tls.error()) complain("the error is not sticky");
        if (step.what == spantls::what::need_input) {
            if (step.consumed != 0) complain("need_input has consumed");
            // What was asked for is what is missing: as long as it has not come, the rest is asked for.
            if (missing_ != 0 && missing_ != step.missing) complain("need_input asks for something else than before");
            missing_ = step.missing;
        } else {
            missing_ = 0;
        }
    }

    void note(const spantls::step& step) {
        using enum spantls::what;
        const bool again =
            !history.empty() && history.back().what == step.what && step.consumed == 0 &&
            (step.what == failed || step.what == closed || step.what == peer_closed || step.is_question());
        if (step.what == failed && !again) just_failed_ = true;
        if (step.what != need_input && step.what != output_waiting && !again)
            history.push_back({step.what, step.consumed, step.missing, step.error, step.alert});
        if (step.consumed != 0) opened.push_back(tls.last_received());
        if (step.what == early_data) received_early.insert(received_early.end(), step.data.begin(), step.data.end());
        if (step.what == early_data_rejected) rejected = copy(step.rejected());
        if (step.what == application_data) received.insert(received.end(), step.data.begin(), step.data.end());
        if (step.what == spantls::what::key_log) this->key_log.append(step.data.begin(), step.data.end());
        if (step.what == ticket)
            for (const spantls::new_session_ticket& one : step.tickets())
                tickets.push_back({one.lifetime, one.age_add, copy(one.nonce), copy(one.ticket), copy(one.extensions)});
        if (step.what == client_hello) {
            const auto hello = step.hello();
            server_name = std::string(hello.server_name);
            offered_protocols.clear();
            for (const auto name : hello.protocols) offered_protocols.emplace_back(name.begin(), name.end());
        }
    }

    link* out_;
    buffer spent_, signature_;
    std::size_t missing_ = 0;
    bool just_failed_ = false;
};

template <class P>
P make_provider(std::uint64_t seed) {
    if constexpr (std::is_constructible_v<P, std::uint64_t>)
        return P(seed);
    else
        return P();
}

struct pair_options {
    spantls::client_config client{};
    spantls::server_config server{};
    spantls::client_target target{.server_name = "leaf.example"};
    std::uint64_t seed = 1;
    std::size_t client_workspace = 0, server_workspace = 0;  ///< 0: workspace_size
};

template <class ClientProvider, class ServerProvider = ClientProvider>
class pair {
public:
    explicit pair(const pair_options& chosen = {})
        : options(chosen),
          client_crypto(make_provider<ClientProvider>(options.seed)),
          server_crypto(make_provider<ServerProvider>(options.seed + 1)),
          client(client_crypto, options.client, options.client_workspace, to_server, options.target),
          server(server_crypto, options.server, options.server_workspace, to_client) {
        server.own = &server_credentials();
    }

    const pair_options options;
    link to_server, to_client;
    ClientProvider client_crypto;
    ServerProvider server_crypto;
    endpoint<spantls::client<ClientProvider>> client;
    endpoint<spantls::server<ServerProvider>> server;

    static const credentials& server_credentials() {
        static const credentials it("server");
        return it;
    }
    static const credentials& client_credentials() {
        static const credentials it("client");
        return it;
    }

    /// Both send, some of it arrives, both receive once. True when something has changed.
    bool round() {
        bool moved = !client.silent && client.flush();
        moved = (!server.silent && server.flush()) || moved;
        moved = deliver(to_server, server) || moved;
        moved = deliver(to_client, client) || moved;
        moved = client.turn() || moved;
        return server.turn() || moved;
    }

    /// Until nothing moves any more.
    void run() {
        for (std::size_t rounds = 0; round(); ++rounds)
            if (rounds > 10000 + 8 * (to_server.all.size() + to_client.all.size())) FAIL("it does not end");
    }

    /// True when both ends say that the handshake is done.
    bool handshake() {
        run();
        return client.has(spantls::what::handshake_done) && server.has(spantls::what::handshake_done);
    }

    /// The first that either end says arrives.
    void talks() {
        REQUIRE(client.send("up") == spantls::errc::none);
        REQUIRE(server.send("down") == spantls::errc::none);
        run();
        REQUIRE(server.received == text("up"));
        REQUIRE(client.received == text("down"));
    }

private:
    template <class Endpoint>
    static bool deliver(link& from, Endpoint& to) {
        const buffer taken = from.take();
        to.arrive(taken);
        return !taken.empty();
    }
};

}  // namespace test
