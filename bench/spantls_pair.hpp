// A client and a server of ours in one thread, in memory.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <spantls/providers/sodium.hpp>
#include <spantls/spantls.hpp>
#include <spantls/x509/pins.hpp>

#include "check.hpp"

namespace bench {

/// What the connections of one benchmark share: one certificate, its key, and the one suite that is spoken.
template <class P>
struct spantls_setting {
    spantls_setting(spantls::bytes_view certificate, spantls::fixed_bytes<32> seed, spantls::cipher_suite suite)
        : key(seed), leaf(certificate), chain{certificate}, pin(certificate) {
        client.prefer.suites = {suite};
        server.prefer.suites = {suite};
    }
    spantls_setting(const spantls_setting&) = delete;
    spantls_setting& operator=(const spantls_setting&) = delete;

    P crypto;
    spantls::libsodium::ed25519_key key;
    spantls::bytes_view leaf;
    std::array<spantls::bytes_view, 1> chain;
    std::array<spantls::signature_scheme, 1> schemes{spantls::signature_scheme::ed25519};
    spantls::x509::pinned_certificate pin;
    spantls::client_config client;
    spantls::server_config server;
};

template <class P>
class spantls_pair {
public:
    explicit spantls_pair(spantls_setting<P>& setting)
        : setting_(setting),
          client(setting.crypto, setting.client, client_workspace_, {.server_name = "localhost"}),
          server(setting.crypto, setting.server, server_workspace_) {}

    /// From nothing to two connections that could be idle for a year.
    void handshake() {
        for (int flight = 0; flight < 4 && !(client_done_ && server_done_); ++flight) {
            if (flight % 2 == 0)
                carry(client, server);
            else
                carry(server, client);
        }
        require(client_done_ && server_done_, "our handshake does not end");
        require(!client.take_workspace().empty() && !server.take_workspace().empty(), "a workspace is not given back");
    }

private:
    template <class From, class To>
    void carry(From& from, To& to) {
        const spantls::output sent = from.transmit(buffer_);
        spantls::mutable_bytes rest = spantls::mutable_bytes(buffer_).first(sent.records.size());
        for (;;) {
            const spantls::step step = to.receive(rest);
            rest = rest.subspan(step.consumed);
            switch (step.what) {
                case spantls::what::need_input:
                case spantls::what::output_waiting: return;
                case spantls::what::handshake_done:
                    (To::is_server ? server_done_ : client_done_) = true;
                    if (rest.empty()) return;
                    break;
                default: react(to, step);
            }
        }
    }
    void react(spantls::client<P>&, const spantls::step& step) {
        if (step.what == spantls::what::verify_peer) (void)client.answer(setting_.pin.judge(step.peer()));
        require(step.what != spantls::what::failed, "our client fails");
    }
    void react(spantls::server<P>&, const spantls::step& step) {
        if (step.what == spantls::what::client_hello)
            (void)server.answer(spantls::identity{setting_.chain, setting_.schemes});
        if (step.what == spantls::what::sign) {
            std::array<std::uint8_t, 64> signature;
            setting_.key.sign(step.signing().content, signature);
            (void)server.answer(spantls::signature{signature});
        }
        require(step.what != spantls::what::failed, "our server fails");
    }

    spantls_setting<P>& setting_;
    std::array<std::uint8_t, spantls::client<P>::smallest_workspace> client_workspace_;
    std::array<std::uint8_t, spantls::server<P>::smallest_workspace> server_workspace_;
    std::array<std::uint8_t, 4096> buffer_;
    bool client_done_ = false, server_done_ = false;

public:
    spantls::client<P> client;
    spantls::server<P> server;
};

}  // namespace bench
