// A client and a server of ours in one thread, in memory.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <spantls/connection/tickets.hpp>
#include <spantls/providers/openssl/signing_key.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/spantls.hpp>
#include <spantls/x509/pins.hpp>
#include <spantls/x509/private_key.hpp>

#include "certificate.hpp"
#include "check.hpp"

namespace bench {

/// What the connections of one benchmark share: one certificate, its key, and the one suite that is spoken; X25519,
/// unless more groups are preferred.
template <class P>
struct spantls_setting {
    spantls_setting(const certificate& mine, spantls::cipher_suite suite)
        : chain{mine.der}, schemes{mine.scheme}, sign(signer(mine)) {
        judge = [pin = spantls::x509::pinned_certificate(mine.der)](const auto& peer) { return pin.judge(peer); };
        client.prefer.suites = {suite};
        server.prefer.suites = {suite};
        client.prefer.groups = server.prefer.groups = {spantls::named_group::x25519};
    }
    spantls_setting(const spantls_setting&) = delete;
    spantls_setting& operator=(const spantls_setting&) = delete;

    P crypto;
    std::array<spantls::bytes_view, 1> chain;
    std::array<spantls::signature_scheme, 1> schemes;
    using answers_sign = std::function<bool(spantls::server<P>& from, spantls::bytes_view content)>;
    answers_sign sign;
    std::function<spantls::x509::verdict(const spantls::x509::peer&)> judge;  ///< this very certificate, to begin with
    spantls::client_config client;
    spantls::server_config server;

    // For connections that are resumed: see resume() below.
    static constexpr std::uint64_t now_ms = 1'700'000'000'000;
    std::optional<spantls::ticket_keys<P>> tickets;
    std::vector<std::uint8_t> kept;
    spantls::session session;
    spantls::bytes_view early;  ///< sent with the first flight

private:
    /// Ed25519 by libsodium where the provider has it, everything else by libcrypto.
    static answers_sign signer(const certificate& mine) {
        spantls::x509::private_key read;
        require(spantls::x509::parse_private_key(mine.private_key, read) == spantls::errc::none, "no private key");
        if constexpr (requires { typename P::ed25519_key; }) {
            if (mine.scheme == spantls::signature_scheme::ed25519) {
                const auto key = std::make_shared<typename P::ed25519_key>(read.secret.template first<32>());
                return [key](spantls::server<P>& from, spantls::bytes_view content) {
                    return from.answer(spantls::signature{key->sign(content)}) == spantls::errc::none;
                };
            }
        }
        const auto key = std::make_shared<spantls::libcrypto::signing_key>(read);
        return [key, scheme = mine.scheme](spantls::server<P>& from, spantls::bytes_view content) {
            return from.answer(spantls::signature{key->sign(scheme, content)}) == spantls::errc::none;
        };
    }
};

template <class P>
class spantls_pair {
public:
    explicit spantls_pair(spantls_setting<P>& setting)
        : setting_(setting),
          client(setting.crypto, setting.client, client_workspace_,
                 {.server_name = "localhost",
                  .resume = setting.session,
                  .now_ms = setting.now_ms,
                  .early_data = !setting.early.empty()}),
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
        require(client.psk_used() == !setting_.session.ticket.empty(), "our handshake is not the one that is meant");
        require(early_ == setting_.early.size(), "our early data does not arrive");
        require(!client.take_workspace().empty() && !server.take_workspace().empty(), "a workspace is not given back");
    }

private:
    spantls::mutable_bytes write(spantls::client<P>& from) {
        const bool early = from.early_data_left() != 0 && early_ == 0;
        const spantls::output sent = early ? from.send_early(setting_.early, buffer_) : from.transmit(buffer_);
        return spantls::mutable_bytes(buffer_).first(sent.records.size());
    }
    spantls::mutable_bytes write(spantls::server<P>& from) {
        if (waiting_ == 0) waiting_ = from.transmit(answer_).records.size();
        return spantls::mutable_bytes(answer_).first(std::exchange(waiting_, 0));
    }

    template <class From, class To>
    void carry(From& from, To& to) {
        spantls::mutable_bytes rest = write(from);
        for (;;) {
            const spantls::step step = to.receive(rest);
            rest = rest.subspan(step.consumed);
            switch (step.what) {
                case spantls::what::need_input: return;
                case spantls::what::output_waiting:
                    if (rest.empty()) return;
                    if constexpr (To::is_server)
                        waiting_ = to.transmit(answer_).records.size();  // early data is behind
                    break;
                case spantls::what::handshake_done:
                    (To::is_server ? server_done_ : client_done_) = true;
                    if (rest.empty()) return;
                    break;
                default: react(to, step);
            }
        }
    }
    void react(spantls::client<P>&, const spantls::step& step) {
        if (step.what == spantls::what::verify_peer) (void)client.answer(setting_.judge(step.peer()));
        require(step.what != spantls::what::failed, "our client fails");
    }
    void react(spantls::server<P>&, const spantls::step& step) {
        if (step.what == spantls::what::client_hello)
            (void)server.answer(spantls::identity{setting_.chain, setting_.schemes});
        if (step.what == spantls::what::sign)
            require(setting_.sign(server, step.signing().content), "our server does not sign");
        if (step.what == spantls::what::find_psk)
            (void)server.answer(setting_.tickets->find(step.hello().psks, *spantls::suite_hash(setting_.session.suite),
                                                       setting_.now_ms, opened_, found_));
        if (step.what == spantls::what::early_data_offered) (void)server.answer(spantls::early_data::accept);
        if (step.what == spantls::what::early_data) early_ += step.data.size();
        require(step.what != spantls::what::failed, "our server fails");
    }

    spantls_setting<P>& setting_;
    static constexpr std::size_t ticket_room = 512;
    std::array<std::uint8_t, spantls::client<P>::smallest_workspace + ticket_room> client_workspace_;
    std::array<std::uint8_t, spantls::server<P>::smallest_workspace + ticket_room> server_workspace_;
    std::array<std::uint8_t, spantls::max_sealed_ticket> opened_;
    spantls::ticket_state found_;
    std::size_t early_ = 0;
    std::array<std::uint8_t, 4096> buffer_, answer_;
    std::size_t waiting_ = 0;  // bytes in answer_
    bool client_done_ = false, server_done_ = false;

public:
    spantls::client<P> client;
    spantls::server<P> server;
};

/// From here on the connections of `setting` are resumed, all with the same ticket.
template <class P>
void resume(spantls_setting<P>& setting) {
    constexpr std::array<std::uint8_t, 32> secret{1};
    spantls_pair<P> pair(setting);
    pair.handshake();
    setting.tickets.emplace(setting.crypto, secret);
    std::array<std::uint8_t, 4096> wire;
    const spantls::ticket_terms terms{.max_early_data = 16384, .server_name = "localhost"};
    const spantls::output sent =
        send_ticket(pair.server, *setting.tickets, setting.crypto, terms, setting.now_ms, wire);
    const spantls::step step = pair.client.receive(spantls::mutable_bytes(wire).first(sent.records.size()));
    require(step.what == spantls::what::ticket, "our server sends no ticket");
    setting.kept.resize(spantls::max_session_size(1024));
    const spantls::new_session_ticket ticket = *step.tickets().begin();
    setting.kept.resize(save_session(pair.client, ticket, "localhost", setting.now_ms, setting.kept));
    require(read_session(setting.kept, setting.session) == spantls::errc::none, "our client keeps no session");
    setting.server.use_psk = true;
    setting.server.max_early_data = 16384;
}

}  // namespace bench
