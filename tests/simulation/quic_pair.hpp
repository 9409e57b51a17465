// Two ends of a handshake as QUIC carries it, over plain buffers: one stream of bytes for each level.
#pragma once

#include <spantls/quic.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/delegation.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

namespace test::quic {

using namespace spantls;
using chacha = test::seeded<test::small_provider>;
inline constexpr epoch levels[] = {epoch::initial, epoch::early, epoch::handshake, epoch::application};
inline const test::buffer client_parameters = test::text("the client's"),
                          server_parameters = test::text("and the server's");

using streams = std::map<epoch, test::buffer>;

/// One end, what it is owed, and what has become of it.
template <class Connection>
struct end {
    template <class P, class Config, class... Extra>
    end(P& crypto, const Config& config, std::size_t workspace, const test::buffer& parameters, Extra... extra)
        : tls(crypto, config, memory.emplace_back(workspace, std::uint8_t{0xa5}), parameters, extra...) {}

    std::list<test::buffer> memory;
    Connection tls;
    const test::credentials* own = nullptr;
    const test::delegated_credentials* delegated = nullptr;  // instead, on a server
    std::function<psk_choice(const step&)> find_psk;
    early_data judge_early = early_data::accept;
    streams inbox, sent;
    std::map<std::pair<epoch, bool>, std::string> secrets;  // true: for sending
    std::vector<what> history;
    test::buffer peer_parameters;
    std::size_t shown = 0, loans = 0;
    std::vector<test::buffer> tickets;
    std::function<void(const step&)> watch;

    bool has(what wanted) const { return std::count(history.begin(), history.end(), wanted) != 0; }

    void look() {
        for (const epoch level : levels) {
            const level_secrets now = tls.secrets(level);
            if (!now.sending.empty()) secrets[{level, true}] = test::hex(now.sending);
            if (!now.receiving.empty()) secrets[{level, false}] = test::hex(now.receiving);
        }
    }
    /// Moves what there is to send to the other end, `size` bytes at a time.
    template <class Other>
    bool flush(Other& to, std::size_t size) {
        bool any = false;
        look();
        while (const auto level = tls.waiting()) {
            test::buffer out(size);
            for (const epoch other : levels)
                if (other != *level) REQUIRE(tls.take(other, out).empty());
            const bytes_view taken = tls.take(*level, out);
            REQUIRE_FALSE(taken.empty());
            for (streams* all : {&sent, &to.inbox})
                (*all)[*level].insert((*all)[*level].end(), taken.begin(), taken.end());
            any = true;
            look();
        }
        return any;
    }
    /// Gives up to `size` bytes of a level, of which the keys are there, and does what the step says.
    bool turn(epoch level, std::size_t size) {
        test::buffer& waiting = inbox[level];
        const bool readable = level == epoch::initial || secrets.contains({level, false});
        const std::size_t count = readable ? std::min(size, waiting.size()) : 0;
        test::buffer piece(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
        const step now = tls.provide(level, piece);
        REQUIRE((now.consumed == 0 || now.consumed == count));
        waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(now.consumed));
        look();
        if (now.what != what::need_input && now.what != what::progress && now.what != what::output_waiting)
            history.push_back(now.what);
        if (watch) watch(now);
        switch (now.what) {
            case what::need_workspace:
                ++loans;
                return tls.lend_workspace(memory.emplace_back(now.missing)) == errc::none;
            case what::transport_parameters:
                peer_parameters = test::copy(now.transport_parameters());
                ++shown;
                return true;
            case what::ticket:
                for (const new_session_ticket& one : now.tickets()) tickets.push_back(test::copy(one.ticket));
                return true;
            case what::handshake_done:
            case what::early_data_rejected: return true;
            case what::failed: return false;
            default: break;
        }
        if (now.is_question()) return answer(now) == errc::none;
        return now.consumed != 0;
    }
    errc answer(const step& now) {
        if constexpr (Connection::is_server) {
            if (now.what == what::find_psk) return tls.answer(find_psk ? find_psk(now) : no_psk);
            if (now.what == what::early_data_offered) return tls.answer(judge_early);
        }
        if (now.what == what::verify_peer) return tls.answer(x509::verdict::accept());
        if (delegated != nullptr && now.what == what::sign && now.signing().delegated)
            return tls.answer(signature{delegated->key.sign(test::copy(now.signing().content))});
        if (delegated != nullptr && now.what == what::client_hello) return tls.answer(delegated->who());
        if (now.what == what::sign) return tls.answer(signature{own->key.sign(test::copy(now.signing().content))});
        return tls.answer(own == nullptr ? no_identity : own->who());
    }
};

struct quic_options {
    client_config client{.alpn = {"h3"}, .compatibility_mode = false};
    server_config server{.alpn = {"h3"}};
    client_target target{.server_name = "leaf.example"};
    std::size_t client_workspace = quic_client<chacha>::workspace_size;
    std::size_t server_workspace = quic_server<chacha>::workspace_size;
};

struct quic_pair {
    explicit quic_pair(const quic_options& chosen = {})
        : options(chosen),
          client(client_crypto, options.client, options.client_workspace, client_parameters, options.target),
          server(server_crypto, options.server, options.server_workspace, server_parameters) {
        server.own = &test::pair<chacha>::server_credentials();
    }
    const quic_options options;
    chacha client_crypto{1}, server_crypto{2};
    end<quic_client<chacha>> client;
    end<quic_server<chacha>> server;

    /// Until nothing moves; at most `most` bytes at a time, as many as chance wants when a seed is given.
    void run(std::size_t most = 100000, unsigned seed = 0) {
        std::minstd_rand chance(seed);
        const auto size = [&] { return seed == 0 ? most : 1 + chance() % most; };
        for (std::size_t still = 0; still < (seed == 0 ? 8 : 60);) {
            bool moved = client.flush(server, size());
            moved = server.flush(client, size()) || moved;
            const epoch level = levels[seed == 0 ? still % 4 : chance() % 4];
            moved = client.turn(level, size()) || moved;
            moved = server.turn(level, size()) || moved;
            still = moved ? (seed == 0 ? still % 4 : 0) : still + 1;
        }
    }
    bool done() const { return client.has(what::handshake_done) && server.has(what::handshake_done); }

    /// What one end sends with, the other receives with.
    void secrets_match(bool early = false) const {
        for (const epoch level : {epoch::handshake, epoch::application}) {
            REQUIRE(client.secrets.at({level, true}) == server.secrets.at({level, false}));
            REQUIRE(client.secrets.at({level, false}) == server.secrets.at({level, true}));
            REQUIRE(client.secrets.at({level, true}) != client.secrets.at({level, false}));
        }
        REQUIRE(client.secrets.contains({epoch::early, true}) == early);
        REQUIRE(server.secrets.contains({epoch::early, false}) == early);
        if (early) REQUIRE(client.secrets.at({epoch::early, true}) == server.secrets.at({epoch::early, false}));
        REQUIRE_FALSE(client.secrets.contains({epoch::early, false}));
        REQUIRE_FALSE(server.secrets.contains({epoch::early, true}));
    }
};

}  // namespace test::quic
