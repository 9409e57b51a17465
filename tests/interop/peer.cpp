// One TLS connection over TCP, as a client or as a server, straight on the core: what the scripts in this directory run
// against other implementations. Lines on the standard input tell it what to do, lines on the standard output what
// happened; harness.py has the words.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <deque>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <spantls/connection/tickets.hpp>
#include <spantls/session/replay_guard.hpp>
#include <spantls/spantls.hpp>
#include <spantls/x509/own_ca.hpp>
#include <spantls/x509/pins.hpp>
#include <spantls/x509/trust_store.hpp>

#include "options.hpp"
#include "provider.hpp"
#include "transport.hpp"

namespace interop {

/// What client_config and server_config have in common. `names` keeps the characters.
template <class Config>
void configure(Config& config, const options& opts, const std::vector<std::string>& names) {
    for (const std::string& name : names) config.alpn.push_back(name);
    for (const std::string& suite : split(opts.get("suites"), ',')) config.prefer.suites.push_back(suite_of(suite));
    for (const std::string& group : split(opts.get("groups"), ',')) config.prefer.groups.push_back(group_of(group));
    config.post_handshake_auth = opts.has("pha");
    config.ask_for_staples = opts.has("ask-staple");
    config.key_log = opts.has("key-log");
    config.grease = opts.has("grease");
    opts.set("record-size", config.record_size);
    opts.set("rekey-after", config.rekey_after);
    config.psk_ke = opts.has("psk-ke");
    opts.set("record-size-limit", config.record_size_limit);
    std::size_t size = 0;
    opts.set("constant", size);
    if (size != 0) config.padding = padding::constant(size);
    opts.set("padded", size);
    if (opts.has("padded")) config.padding = padding::multiple_of(size);
}

inline std::uint64_t now_ms() {
    using namespace std::chrono;
    return static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

/// A key of --psk IDENTITY:HEX[:sha384],...
struct named_key {
    std::string identity;
    bytes key;
    hash_id hash;
};
inline std::vector<named_key> named_keys(const options& opts) {
    std::vector<named_key> keys;
    for (const std::string& one : split(opts.get("psk"), ',')) {
        const std::vector<std::string> parts = split(one, ':');
        keys.push_back({parts.at(0), unhex(parts.at(1)), parts.size() > 2 ? hash_id::sha384 : hash_id::sha256});
    }
    return keys;
}

/// How long protected records were, on the wire.
struct lengths {
    std::size_t least = 0, most = 0;
    void saw(std::size_t size) {
        least = least == 0 ? size : std::min(least, size);
        most = std::max(most, size);
    }
};

inline bytes random_bytes(crypto_provider& crypto, std::size_t size) {
    bytes made(size);
    if (!crypto.random(made)) throw std::runtime_error("no random bytes");
    return made;
}

template <class Connection>
class session {
public:
    session(Connection& tls, crypto_provider& crypto, const options& opts, int fd)
        : tls_(tls), crypto_(crypto), opts_(opts), socket_(fd) {
        if (opts.has("cert")) chain_ = read_pem(opts.get("cert"));
        if (opts.has("raw")) {
            x509::certificate leaf;
            if (x509::parse_certificate(chain_.at(0), leaf) != errc::none) throw std::runtime_error("no certificate");
            const bytes key(leaf.spki.begin(), leaf.spki.end());
            chain_ = {key};
        }
        for (const bytes& der : chain_) views_.push_back(der);
        if (opts.has("staple")) staple_ = read_file(opts.get("staple"));
        staples_ = {staple_};
        if (opts.has("key")) key_.emplace(load_key(opts.get("key")));
        opts.set("expect", expected_);
        if (opts.has("early") && !opts.server) early_ = read_file(opts.get("early"));
        if (opts.has("ticket-secret")) tickets_of_ours_.emplace(crypto, unhex(opts.get("ticket-secret")));
        if (opts.has("output")) output_.open(opts.get("output"), std::ios::binary);
        if (opts.has("key-log")) key_log_.open(opts.get("key-log"), std::ios::binary);
    }

    /// True when both sides have closed in order.
    bool run() {
        for (;;) {
            obey();
            send_what_is_owed();
            socket_.flush();
            if (over_) break;
            if (receive()) continue;
            if (can_send() || can_obey()) continue;
            socket_.wait(!socket_.ended(), commands_open_);
            if (!socket_.ended()) socket_.read(input_, 65536);
            if (socket_.command_ready()) read_commands();
        }
        socket_.linger();
        std::printf("lengths sent %zu to %zu received %zu to %zu\n", sent_lengths_.least, sent_lengths_.most,
                    received_lengths_.least, received_lengths_.most);
        std::printf("end received %zu sent %zu\n", received_, sent_);
        return tls_.error() == errc::none;
    }

private:
    // Commands

    void read_commands() {
        char buffer[4096];
        const ssize_t size = ::read(0, buffer, sizeof buffer);
        if (size <= 0) {
            commands_open_ = false;
            return;
        }
        command_text_.append(buffer, static_cast<std::size_t>(size));
        for (std::size_t end; (end = command_text_.find('\n')) != std::string::npos; command_text_.erase(0, end + 1))
            commands_.push_back(command_text_.substr(0, end));
    }

    /// One after the other, each when the connection is there and all data of the last one has left.
    void obey() {
        while (can_obey()) {
            const std::string line = commands_.front();
            commands_.pop_front();
            const std::size_t space = std::min(line.find(' '), line.size());
            obey(line.substr(0, space), space == line.size() ? std::string() : line.substr(space + 1));
        }
    }

    bool can_obey() const { return tls_.connected() && data_.empty() && !commands_.empty(); }

    void obey(const std::string& word, const std::string& rest) {
        errc error = errc::none;
        if (word == "send") {
            data_.assign(rest.begin(), rest.end());
            data_.push_back('\n');
        } else if (word == "file") {
            data_ = read_file(rest);
        } else if (word == "update") {
            error = tls_.update_keys();
        } else if (word == "request-update") {
            error = tls_.update_keys(true);
        } else if (word == "cover") {
            const output out = tls_.send_cover(buffer_);
            queue(out);
            error = out.error;
        } else if (word == "close") {
            error = tls_.close();
            send_what_is_owed();
        } else if (word == "abort") {
            tls_.abort(static_cast<alert_description>(std::stoul(rest)));
        } else if (word == "truncate") {
            socket_.flush();
            socket_.end_sending();
        } else if (word == "export") {
            bytes material(20);
            error = tls_.export_keying_material(rest, {}, material);
            std::printf("exported %s\n", hex(material).c_str());
        } else if (word == "ticket") {
            error = send_ticket(rest);
        } else if (word == "authenticate") {
            if constexpr (Connection::is_server) error = tls_.request_authentication();
        } else {
            error = errc::bad_argument;
        }
        if (error != errc::none) std::printf("cannot %s: %s\n", word.c_str(), name_of(error).data());
    }

    /// Without --ticket-secret, a ticket that nobody can resume with; `early` makes the other side believe that early
    /// data is welcome.
    errc send_ticket(const std::string& how) {
        if constexpr (Connection::is_server) {
            if (tickets_of_ours_) {
                ticket_terms terms;
                terms.lifetime = 3600;
                terms.server_name = sni_;
                if (tls_.psk_used())
                    terms.authenticated_at = ticket_.authenticated_at != 0 ? ticket_.authenticated_at : now_ms();
                opts_.set("early-data", terms.max_early_data);
                const output out = spantls::send_ticket(tls_, *tickets_of_ours_, crypto_, terms, now_ms(), buffer_);
                queue(out);
                if (out.error == errc::none) std::printf("ticket sent\n");
                return out.error;
            }
            std::uint8_t random[68];
            if (!crypto_.random(random)) return errc::internal_error;
            const std::uint8_t nonce[] = {static_cast<std::uint8_t>(tickets_++)};
            const std::uint8_t early[] = {0, 42, 0, 4, 0, 0, 64, 0};
            const new_session_ticket ticket{3600, load_u24(random), nonce, bytes_view(random).subspan(4),
                                            how == "early" ? bytes_view(early) : bytes_view{}};
            const output out = tls_.send_ticket(ticket, buffer_);
            queue(out);
            bytes key(max_digest_size);
            key.resize(tls_.ticket_key(nonce, key));
            if (out.error == errc::none) std::printf("ticket sent, key %s\n", hex(key).c_str());
            return out.error;
        }
        return errc::bad_argument;
    }

    // Bytes out

    void queue(bytes_view records) {
        sent_records_.see(records);
        for (bytes_view rest = records; !rest.empty();) {
            const std::size_t size = record_header_size + load_u16(rest.data() + 3);
            if (rest[0] == static_cast<std::uint8_t>(content_type::application_data)) sent_lengths_.saw(size);
            rest = rest.subspan(size);
        }
        socket_.queue(records);
    }
    void send_what_is_owed() {
        for (output out = tls_.transmit(buffer_); !out.empty(); out = tls_.transmit(buffer_)) {
            queue(out);
        }
        send_early();
        while (can_send()) {
            const output out = tls_.send(bytes_view(data_).subspan(data_sent_), buffer_);
            queue(out);
            data_sent_ += out.consumed;
            sent_ += out.consumed;
            if (out.error != errc::none) std::printf("cannot send: %s\n", name_of(out.error).data());
            if (out.error != errc::none || data_sent_ == data_.size()) {
                data_.clear();
                data_sent_ = 0;
            }
        }
        if (!workspace_back_ && tls_.connected() && !tls_.take_workspace().empty()) {
            workspace_back_ = true;
            std::printf("workspace back\n");
        }
    }
    void send_early() {
        if constexpr (!Connection::is_server) {
            while (early_sent_ != early_.size() && tls_.early_data_left() != 0) {
                const output out = tls_.send_early(bytes_view(early_).subspan(early_sent_), buffer_);
                queue(out);
                early_sent_ += out.consumed;
                if (out.error != errc::none) throw std::runtime_error("cannot send early");
            }
        }
    }
    bool can_send() const { return tls_.connected() && !data_.empty() && socket_.pending() < 200000; }

    // Bytes in

    /// False when nothing can go on before something arrives.
    bool receive() {
        const mutable_bytes rest = mutable_bytes(input_).subspan(taken_);
        const step step = tls_.receive(rest);
        if (step.consumed != 0 && !tls_.last_received().encrypted) received_records_.see(rest.first(step.consumed));
        if (step.consumed != 0 && tls_.last_received().encrypted) received_lengths_.saw(step.consumed);
        taken_ += step.consumed;
        const bool go_on = handle(step);
        // What the step shows is in the input, so that is tidied up only now.
        if (taken_ == input_.size() || taken_ > 1 << 18) {
            input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(taken_));
            taken_ = 0;
        }
        if (go_on) return true;
        if (!socket_.ended() || told_end_) return false;
        told_end_ = true;
        return handle(tls_.end_of_input());
    }

    bool handle(const step& step) {
        switch (step.what) {
            case what::need_input: return false;
            case what::need_workspace:
                workspaces_.emplace_back(step.missing);
                if (tls_.lend_workspace(workspaces_.back()) != errc::none) std::printf("cannot lend workspace\n");
                return true;
            case what::find_psk: find_psk(step.hello()); return true;
            case what::early_data_offered: judge_early(step.offer()); return true;
            case what::early_data: take_data(step.data, "early data"); return true;
            case what::early_data_rejected:
                std::printf("early data rejected %zu\n", step.rejected().size());
                early_sent_ = 0;
                return true;
            case what::client_hello: answer_hello(step.hello()); return true;
            case what::choose_identity:
                std::printf("asked for a certificate\n");
                give(tls_.answer(key_ ? who() : no_identity));
                return true;
            case what::decompress: give(tls_.refuse()); return true;  // not offered
            case what::verify_peer: answer_peer(step.peer()); return true;
            case what::sign: {
                const auto made = key_.value().sign(step.signing().scheme, step.signing().content);
                std::printf("signed %s\n", name_of(step.signing().scheme).data());
                give(tls_.answer(signature{made}));
                return true;
            }
            case what::key_log: (key_log_ << as_text(step.data)).flush(); return true;
            case what::handshake_done:
                std::printf("connected TLSv1.3 %s %s alpn=%s\n", name_of(tls_.suite()).data(),
                            name_of(tls_.group()).data(), printable(tls_.protocol()).c_str());
                if (tls_.psk_used()) std::printf("psk used%s\n", tls_.peer_authenticated() ? ", peer known" : "");
                if (tls_.early_data_accepted()) std::printf("early data accepted\n");
                data_.assign(early_.begin() + static_cast<std::ptrdiff_t>(early_sent_), early_.end());
                return true;
            case what::application_data: take_data(step.data); return true;
            case what::ticket:
                for (const new_session_ticket ticket : step.tickets()) {
                    std::printf("ticket lifetime=%u size=%zu\n", ticket.lifetime, ticket.ticket.size());
                    keep(ticket);
                }
                return true;
            case what::key_updated: std::printf("key updated\n"); return true;
            case what::peer_closed:
                if (!peer_closed_) std::printf("peer closed\n");
                peer_closed_ = true;
                return step.consumed != 0;
            case what::closed:
                std::printf("closed\n");
                over_ = true;
                return true;
            case what::failed:
                std::printf("failed %s%s%s\n", name_of(step.error).data(), step.error == errc::peer_alert ? " " : "",
                            step.error == errc::peer_alert ? name_of(step.alert).data() : "");
                over_ = true;
                return true;
            case what::client_answered:
                std::printf("client answered, %s\n", step.authenticated() ? "with a certificate" : "without");
                return true;
            case what::transport_parameters:  // not asked for here
            case what::output_waiting:
            case what::progress: return true;
        }
        return true;
    }

    void take_data(bytes_view data, const char* word = "data") {
        received_ += data.size();
        if (output_.is_open())
            (output_ << as_text(data)).flush();
        else
            std::printf("%s %zu %s\n", word, data.size(), printable(as_text(data)).c_str());
        if (received_ >= expected_ && received_ - data.size() < expected_) std::printf("received all\n");
    }

    /// With --keep FILE, the last ticket's session.
    void keep(const new_session_ticket& ticket) {
        if constexpr (!Connection::is_server) {
            if (!opts_.has("keep")) return;
            bytes kept(max_session_size(ticket.ticket.size()));
            kept.resize(save_session(tls_, ticket, opts_.get("name"), now_ms(), kept));
            std::ofstream(opts_.get("keep"), std::ios::binary) << as_text(kept);
            std::printf("kept early=%u\n", max_early_data(ticket));
        }
    }

    // Keys and early data, of a server

    void find_psk(const parsed_client_hello& hello) {
        if constexpr (Connection::is_server) {
            sni_ = hello.server_name;
            std::printf("offered %zu keys\n", hello.psks.size());
            psk_choice choice = no_psk;
            if (tickets_of_ours_)
                for (const hash_id hash : {hash_id::sha384, hash_id::sha256})
                    if (choice.key.empty())
                        choice = tickets_of_ours_->find(hello.psks, hash, now_ms(), ticket_memory_, ticket_);
            const std::vector<named_key> keys = named_keys(opts_);
            std::size_t index = 0;
            for (const psk_identity offered : hello.psks) {
                for (const named_key& known : keys)
                    if (choice.key.empty() && as_text(offered.identity) == known.identity)
                        choice = {index, known.key, known.hash, psk_kind::external, {}, false};
                ++index;
            }
            give(tls_.answer(choice));
        }
    }

    void judge_early(const early_offer& offer) {
        if constexpr (Connection::is_server) {
            const std::uint64_t now = now_ms();
            const bool fresh =
                guard_.judge(offer, claimed_age(ticket_, offer.obfuscated_age), measured_age(ticket_, now), now);
            std::printf("early data offered, %s\n", fresh ? "fresh" : "stale");
            give(tls_.answer(fresh && !opts_.has("reject-early") ? early_data::accept : early_data::reject));
        }
    }

    void answer_hello(const parsed_client_hello& hello) {
        sni_ = hello.server_name;
        std::string names;
        for (const std::string_view name : hello.protocols) names += (names.empty() ? "" : ",") + printable(name);
        if (names.empty()) names = "-";
        std::printf("hello sni=%s alpn=%s\n", printable(hello.server_name).c_str(), names.c_str());
        if (opts_.has("name") && hello.server_name != opts_.get("name"))
            give(tls_.refuse(errc::unrecognized_name));
        else
            give(tls_.answer(who()));
    }
    identity who() const {
        identity mine{views_, key_.value().schemes()};
        if (opts_.has("raw")) mine.type = certificate_type::raw_public_key;
        if (!staple_.empty()) mine.staples = staples_;
        return mine;
    }

    void answer_peer(const x509::peer& peer) {
        if (const bytes_view staple = peer.chain.front().staple(); !staple.empty())
            std::printf("staple %s\n", hex(staple).c_str());
        if (peer.type == certificate_type::raw_public_key) {
            std::printf("peer raw key\n");
            return give(tls_.answer(judge(peer)));
        }
        x509::certificate leaf;
        const bool read = x509::parse_certificate(peer.chain.front().der, leaf) == errc::none;
        std::printf("peer certificate %s\n", read ? printable(common_name(leaf.subject)).c_str() : "unreadable");
        give(tls_.answer(judge(peer)));
    }

    x509::verdict judge(const x509::peer& peer) {
        if (opts_.has("insecure")) return x509::verdict::accept();
        if (opts_.has("pin")) return x509::pinned_certificate(read_pem(opts_.get("pin")).at(0)).judge(peer);
        if (opts_.has("pin-key")) {
            const bytes der = read_pem(opts_.get("pin-key")).at(0);
            x509::certificate it;
            if (x509::parse_certificate(der, it) != errc::none) return x509::verdict::refuse();
            return x509::pinned_spki(x509::hash_spki<crypto_provider>(it)).judge(crypto_, peer);
        }
        if (opts_.has("roots")) return judge_by_roots(peer);
        if (!opts_.has("ca")) return {};
        const bytes root = read_pem(opts_.get("ca")).at(0);
        return x509::own_ca(root).judge(crypto_, peer, std::time(nullptr));
    }

    /// As one would with certificates of every kind, and issuers who need not keep the rules of public ones.
    x509::verdict judge_by_roots(const x509::peer& peer) {
        const bytes pem = read_file(opts_.get("roots"));
        const auto needed = x509::trust_store::measure(as_text(pem));
        std::vector<x509::trust_store::entry> index(needed.certificates);
        bytes room(needed.bytes);
        x509::trust_store roots(index, room);
        if (roots.add_pem(as_text(pem)).added == 0) throw std::runtime_error("no roots");
        return roots.judge(crypto_, peer, std::time(nullptr), x509::profile::private_pki);
    }

    static void give(errc error) {
        if (error != errc::none) throw std::runtime_error("answer not taken: " + std::string(name_of(error)));
    }

    Connection& tls_;
    crypto_provider& crypto_;
    const options& opts_;
    transport socket_;
    wire_watch sent_records_{"sent"}, received_records_{"received"};
    lengths sent_lengths_, received_lengths_;
    std::vector<bytes> chain_;
    std::vector<bytes_view> views_;
    bytes staple_;
    std::array<bytes_view, 1> staples_;
    std::optional<private_key> key_;
    std::ofstream output_, key_log_;
    std::optional<ticket_keys<crypto_provider>> tickets_of_ours_;
    bytes ticket_memory_ = bytes(max_sealed_ticket);
    ticket_state ticket_;
    std::vector<replay_guard::slot> guard_memory_ = std::vector<replay_guard::slot>(64);
    bytes guard_key_ = random_bytes(crypto_, 16);
    replay_guard guard_{guard_memory_, bytes_view(guard_key_).first<16>(), now_ms(), replay_start::clean};
    std::string sni_;
    bytes early_;
    std::size_t early_sent_ = 0;
    std::deque<std::string> commands_;
    std::string command_text_;
    bool commands_open_ = true;
    bytes data_;
    std::size_t data_sent_ = 0;
    bytes input_;
    std::size_t taken_ = 0;
    std::deque<bytes> workspaces_;
    bytes buffer_ = bytes(2 * max_record);
    std::size_t received_ = 0, expected_ = 0, sent_ = 0, tickets_ = 0;
    bool over_ = false, told_end_ = false, peer_closed_ = false, workspace_back_ = false;
};

inline bool run(const options& opts) {
    crypto_provider crypto;
    if (!crypto.available(cipher_suite::tls_chacha20_poly1305_sha256)) throw std::runtime_error("no cryptography");
    const std::vector<std::string> names = split(opts.get("alpn"), ',');
    const int fd = connect_or_accept(opts);
    if (opts.server) {
        server_config config;
        configure(config, opts, names);
        const std::string wanted = opts.get("client-auth", "none");
        config.authenticate_client = wanted == "require"   ? client_authentication::require
                                     : wanted == "request" ? client_authentication::request
                                                           : client_authentication::none;
        if (opts.has("raw-peer")) config.client_certificate_types = {certificate_type::raw_public_key};
        config.use_psk = opts.has("psk") || opts.has("ticket-secret");
        opts.set("early-data", config.max_early_data);
        // Each process seals with a secret of its own: nobody else takes its cookies.
        secret_bytes<min_cookie_secret> secret;
        if (opts.has("retry") && !crypto.random(secret.bytes())) throw std::runtime_error("no randomness");
        if (opts.has("retry")) config.cookie_secrets = {bytes_view(secret.bytes())};
        config.always_retry = opts.has("retry");
        bytes workspace(opts.has("pha") ? server<crypto_provider>::workspace_size
                                        : server<crypto_provider>::smallest_workspace);
        server<crypto_provider> tls(crypto, config, workspace, as_bytes("127.0.0.1"));
        return session(tls, crypto, opts, fd).run();
    }
    client_config config;
    configure(config, opts, names);
    if (opts.has("no-share")) config.shares.emplace();
    if (opts.has("raw-peer")) config.server_certificate_types = {certificate_type::raw_public_key};
    if (opts.has("raw")) config.client_certificate_types = {certificate_type::raw_public_key};
    opts.set("max-fragment-length", config.max_fragment_length);
    opts.set("hello-size", config.client_hello_size);
    config.compatibility_mode = !opts.has("no-compatibility");
    const std::string name = opts.get("name");
    client_target target{.server_name = name, .now_ms = now_ms(), .early_data = opts.has("early")};
    const bytes kept = opts.has("resume") ? read_file(opts.get("resume")) : bytes();
    if (!kept.empty() && read_session(kept, target.resume) != errc::none) throw std::runtime_error("no session");
    const std::vector<named_key> keys = named_keys(opts);
    std::vector<psk> offered;
    for (const named_key& key : keys)
        offered.push_back({.identity = as_bytes(key.identity), .key = key.key, .hash = key.hash});
    target.psks = offered;
    // The tickets of some servers are certificates in disguise.
    bytes workspace(client<crypto_provider>::smallest_workspace + kept.size() + 100 * keys.size());
    client<crypto_provider> tls(crypto, config, workspace, target);
    return session(tls, crypto, opts, fd).run();
}

}  // namespace interop

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::signal(SIGPIPE, SIG_IGN);
    ::alarm(100);
    try {
        return interop::run(interop::options::parse(argc, argv)) ? 0 : 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "peer: %s\n", error.what());
        return 1;
    }
}
