// One connection, fed by hand, and what it makes of that.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <spantls/client.hpp>
#include <spantls/server.hpp>

#include "support/catch.hpp"
#include "support/forge.hpp"
#include "x509/builder.hpp"

namespace test {

/// A certificate of leaf.example and its key.
inline const buffer& leaf_der() {
    static const buffer der = leaf("leaf.example", "ca").der();
    return der;
}
/// Certificate with that and nothing else.
inline buffer leaf_message() { return forge::certificate(forge::certificate_entry(leaf_der())); }

template <class Connection>
class hand_fed {
    std::list<buffer> memory_;

public:
    using state = decltype(std::declval<const Connection&>().handshake_state());

    template <class Crypto, class Config, class... Target>
    explicit hand_fed(Crypto& crypto, const Config& config, Target&&... target)
        : memory_(1, buffer(Connection::workspace_size)), tls(crypto, config, memory_.front(), target...) {
        run();
    }

    Connection tls;
    buffer sent;                      ///< all that it wrote
    std::vector<spantls::what> said;  ///< what the steps were
    std::size_t lent = 0;             ///< bytes of the workspace that it asked for last
    buffer received;                  ///< application data
    std::optional<state> stop;        ///< do nothing more when this state is reached, not even answer
    spantls::psk_choice key_found;    ///< a server: its answer to find_psk
    bool has_identity = true;         ///< a client: whether it has a certificate
    std::vector<spantls::signature_scheme> schemes{spantls::signature_scheme::ed25519};

    /// Bytes arrive, and everything is done that follows from them.
    hand_fed& feed(const buffer& more) {
        input_.insert(input_.end(), more.begin(), more.end());
        run();
        return *this;
    }
    void run() {
        for (drain(); !stop || tls.handshake_state() != *stop || tls.error() != spantls::errc::none; drain()) {
            const spantls::step step = tls.receive(input_);
            said.push_back(step.what);
            if (step.what == spantls::what::application_data)
                received.insert(received.end(), step.data.begin(), step.data.end());
            input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(step.consumed));
            if (step.what == spantls::what::need_input || step.what == spantls::what::failed) break;
            if (step.what == spantls::what::need_workspace) {
                memory_.emplace_back(step.missing);
                lent = step.missing;
                REQUIRE(tls.lend_workspace(memory_.back()) == spantls::errc::none);
            }
            if (step.consumed == 0 && (step.what == spantls::what::peer_closed || step.what == spantls::what::closed))
                break;
            if (step.is_question() && !(stop && tls.handshake_state() == *stop)) answer(step);
        }
        drain();
    }
    /// The last step.
    spantls::what last() const { return said.back(); }
    std::size_t unread() const { return input_.size(); }

    /// The records it wrote.
    std::vector<buffer> records() const {
        std::vector<buffer> all;
        for (std::size_t at = 0; at < sent.size();) {
            const std::size_t size = 5u + spantls::load_u16(sent.data() + at + 3);
            all.emplace_back(sent.begin() + static_cast<std::ptrdiff_t>(at),
                             sent.begin() + static_cast<std::ptrdiff_t>(at + size));
            at += size;
        }
        return all;
    }
    /// The body of the ClientHello, ServerHello or HelloRetryRequest that came last.
    buffer last_hello() const {
        buffer stream;
        for (const buffer& record : records())
            if (record[0] == static_cast<std::uint8_t>(spantls::content_type::handshake))
                stream.insert(stream.end(), record.begin() + 5, record.end());
        buffer hello;
        for (spantls::bytes_view rest = stream; !rest.empty(); rest = rest.subspan(spantls::message_size(rest)))
            hello = copy(spantls::first_message(rest).body);
        REQUIRE(hello.size() > 34);
        return hello;
    }
    /// What the last hello has for a session id.
    buffer session_id() const {
        const buffer hello = last_hello();
        const auto begin = hello.begin() + 35;
        return buffer(begin, begin + hello[34]);
    }
    /// The alerts it wrote: level and description, in the clear or by null cryptography.
    std::vector<std::pair<int, spantls::alert_description>> alerts() const {
        std::vector<std::pair<int, spantls::alert_description>> all;
        for (const buffer& record : records()) {
            const bool plain = record[0] == 21 && record.size() == 7;
            const bool sealed = record[0] == 23 && record.size() == 5 + 2 + 1 + 16 && record[7] == 21;
            if (plain || sealed) all.emplace_back(record[5], static_cast<spantls::alert_description>(record[6]));
        }
        return all;
    }

private:
    void drain() {
        std::array<std::uint8_t, spantls::max_record> out;
        for (spantls::output some = tls.transmit(out); !some.empty(); some = tls.transmit(out))
            sent.insert(sent.end(), some.records.begin(), some.records.end());
    }
    void answer(const spantls::step& step) {
        static const key_pair key("leaf.example");
        static const spantls::bytes_view chain[] = {leaf_der()};
        using enum spantls::what;
        spantls::errc error = spantls::errc::none;
        if constexpr (Connection::is_server) {
            if (step.what == find_psk) REQUIRE(tls.answer(key_found) == spantls::errc::none);
            if (step.what == early_data_offered) REQUIRE(tls.answer(spantls::early_data::accept) == spantls::errc::none);
            if (step.what == find_psk || step.what == early_data_offered) return;
        }
        switch (step.what) {
            case client_hello: error = tls.answer(spantls::identity{chain, schemes}); break;
            case choose_identity:
                error = tls.answer(has_identity ? spantls::identity{chain, schemes} : spantls::no_identity);
                break;
            case decompress: error = tls.answer(spantls::decompressed{unpack(step.decompressing())}); break;
            case verify_peer: error = tls.answer(spantls::x509::verdict::accept()); break;
            default: error = tls.answer(spantls::signature{key.sign(copy(step.signing().content))}); break;
        }
        REQUIRE(error == spantls::errc::none);
    }

    /// What was compressed by forge::compressed().
    static std::size_t unpack(const spantls::decompression_request& request) {
        if (request.compressed.size() <= request.to.size()) spantls::copy_bytes(request.compressed, request.to);
        return request.compressed.size();
    }

    buffer input_;
};

/// It has failed with `error`, has said so with `alert` at level fatal and with nothing else, and stays failed.
template <class Connection>
void check_refused(hand_fed<Connection>& it, spantls::errc error, spantls::alert_description alert) {
    CHECK(spantls::name_of(it.tls.error()) == spantls::name_of(error));
    CHECK(it.last() == spantls::what::failed);
    const auto alerts = it.alerts();
    REQUIRE(alerts.size() == 1);
    CHECK(alerts[0].first == 2);
    CHECK(spantls::name_of(alerts[0].second) == spantls::name_of(alert));
    buffer more = forge::change_cipher_spec();
    const spantls::step again = it.tls.receive(more);
    CHECK(again.what == spantls::what::failed);
    CHECK(again.error == error);
    CHECK(again.consumed == 0);
    std::array<std::uint8_t, 100> out;
    CHECK(it.tls.transmit(out).empty());
}

}  // namespace test
