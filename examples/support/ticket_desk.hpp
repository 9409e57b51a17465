// A server's tickets, with which its clients come back without certificates.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>

#include <spantls/base/secret.hpp>
#include <spantls/connection/tickets.hpp>
#include <spantls/drivers/answers.hpp>
#include <spantls/drivers/full_duplex.hpp>

namespace examples {

inline std::uint64_t now_ms() {
    using namespace std::chrono;
    return static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

/// Keys for tickets that are good as long as this server runs: it keeps nothing of its clients.
template <class P>
class ticket_desk {
public:
    explicit ticket_desk(P& crypto) : crypto_(crypto), keys_(crypto, fresh_secret(crypto).bytes()) {}

    /// Seals a ticket and queues it. `since`: see clerk.
    template <class Server>
    void give(Server& tls, spantls::full_duplex<Server>& io, std::string_view server_name, std::uint64_t since) const {
        queueing<Server> through{tls, io};
        (void)send_ticket(through, keys_, crypto_, {.server_name = server_name, .authenticated_at = since}, now_ms(),
                          {});
    }

    /// The answers for one connection: who has no ticket of ours gets the certificates.
    template <spantls::signing_key Key>
    class clerk : public spantls::credentials<Key> {
    public:
        clerk(std::span<const spantls::bytes_view> chain, const Key& key, const ticket_desk& desk)
            : spantls::credentials<Key>(chain, key), keys_(desk.keys_) {}

        spantls::psk_choice find_psk(const spantls::step& asked) {
            for (const auto hash : {spantls::hash_id::sha384, spantls::hash_id::sha256}) {
                const auto choice = keys_.find(asked.hello().psks, hash, now_ms(), opened_, found_);
                if (!choice.key.empty()) return choice;
            }
            return spantls::no_psk;
        }
        /// Of a resumed connection, when certificates were last shown: tickets do not make one last for ever.
        std::uint64_t since() const { return found_.authenticated_at; }

    private:
        const spantls::ticket_keys<P>& keys_;
        std::array<std::uint8_t, spantls::max_sealed_ticket> opened_{};
        spantls::ticket_state found_;
    };

private:
    /// A connection whose tickets go where the driver has its output.
    template <class Server>
    struct queueing {
        Server& tls;
        spantls::full_duplex<Server>& io;
        auto suite() const { return tls.suite(); }
        auto error() const { return tls.error(); }
        auto protocol() const { return tls.protocol(); }
        auto peer_authenticated() const { return tls.peer_authenticated(); }
        auto psk_used() const { return tls.psk_used(); }
        auto ticket_key(spantls::bytes_view nonce, spantls::mutable_bytes to) const {
            return tls.ticket_key(nonce, to);
        }
        auto send_ticket(const spantls::new_session_ticket& ticket, spantls::mutable_bytes) {
            return io.send_ticket(ticket);
        }
    };

    static spantls::secret_bytes<32> fresh_secret(P& crypto) {
        spantls::secret_bytes<32> secret;
        if (!crypto.random(secret.bytes())) throw std::runtime_error("no random bytes");
        return secret;
    }

    P& crypto_;
    const spantls::ticket_keys<P> keys_;
};

}  // namespace examples
