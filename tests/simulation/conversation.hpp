// One connection from the first byte to the last, with a little of everything: client certificate, ticket, data and key
// updates both ways, half-close. Whatever goes wrong on the way, it gets to its end.
#pragma once

#include <algorithm>
#include <string>

#include "support/pair.hpp"

namespace test {

inline pair_options conversation_options() {
    return {.client = {.alpn = {"talk"}, .key_log = true},
            .server = {.alpn = {"talk"}, .authenticate_client = spantls::client_authentication::request}};
}

template <class Endpoint>
void give_ticket(Endpoint& server, link& to) {
    const buffer nonce{7}, ticket(40, 0x99);
    buffer out(1 << 16);
    const spantls::output sent = server.tls.send_ticket({3600, 5, nonce, ticket, {}}, out);
    if (!sent.empty()) to.put(sent.records);
}

/// What both ends mean to say, whether it arrives or not.
inline const buffer said_by_client = text("a question" + std::string(300, 'q')),
                    said_by_server = text("an answer" + std::string(200, 'a'));

template <class Pair>
void converse(Pair& both) {
    both.client.own = &both.client_credentials();
    const spantls::bytes_view up(said_by_client), down(said_by_server);
    both.run();
    if (both.client.tls.connected()) (void)both.client.send(up.first(10));
    if (both.client.tls.connected()) (void)both.client.tls.update_keys(true);
    if (both.server.tls.connected()) give_ticket(both.server, both.to_client);
    if (both.server.tls.connected()) (void)both.server.send(down.first(9));
    both.run();
    if (both.client.tls.connected()) (void)both.client.send(up.subspan(10));
    if (both.server.tls.connected()) (void)both.server.tls.update_keys();
    both.run();
    if (both.client.tls.connected()) (void)both.client.tls.close();
    both.run();
    if (both.server.tls.connected()) (void)both.server.send(down.subspan(9));
    if (both.server.tls.connected()) (void)both.server.tls.close();
    both.run();
    // The transport ends when nothing moves any more.
    (void)both.client.tls.end_of_input();
    (void)both.server.tls.end_of_input();
    both.run();
}

/// Nothing was delivered that was not said.
template <class Pair>
bool only_what_was_said(const Pair& both) {
    const auto begins = [](const buffer& whole, const buffer& part) {
        return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
    };
    return begins(said_by_client, both.server.received) && begins(said_by_server, both.client.received);
}

/// Everything arrived, and both ends are content.
template <class Pair>
bool went_well(const Pair& both) {
    return both.server.received == said_by_client && both.client.received == said_by_server &&
           both.client.tickets.size() == 1 && both.client.error() == spantls::errc::none &&
           both.server.error() == spantls::errc::none && both.client.tls.protocol() == "talk" &&
           both.server.has(spantls::what::verify_peer) && both.client.has(spantls::what::closed) &&
           both.server.has(spantls::what::peer_closed);
}

/// What happened, without how often.
template <class Endpoint>
std::vector<spantls::what> events(const Endpoint& end) {
    std::vector<spantls::what> all;
    for (const happening& one : end.history)
        if (one.what != spantls::what::progress && one.what != spantls::what::need_workspace) all.push_back(one.what);
    return all;
}

}  // namespace test
