// Shows TLS 1.3 connections as they happen, record by record: our client and our server over TCP, then each of them
// with OpenSSL's, then our client coming back to our server. With a HOST it connects out. This is what examples/run
// runs.
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <spantls/connection/tickets.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/session/replay_guard.hpp>
#include <spantls/spantls.hpp>
#include <spantls/x509/pins.hpp>

#include "support/child.hpp"
#include "support/journal.hpp"
#include "support/options.hpp"
#include "support/pem.hpp"
#include "support/tcp.hpp"
#include "support/trust.hpp"
#include "support/watched.hpp"

namespace {

using namespace examples;
using client = spantls::client<spantls::sodium>;
using server = spantls::server<spantls::sodium>;

constexpr const char* usage =
    "demo --cert FILE --key FILE [--constant BYTES] [--key-log FILE]\n"
    "     our client and server, then each of them with OpenSSL's, then ours again with a ticket and early data,\n"
    "     on the loopback interface;\n"
    "     --constant: behind ServerHello all of our records have that length, 64 to 16406\n"
    "demo HOST[:PORT] [--ca FILE | --pin SHA256-OF-SPKI | --insecure] [--key-log FILE]\n"
    "     connects out and asks for / by HTTP; whom it trusts the computer's roots say, and with --ca those of a PEM\n"
    "     file, too\n";

constexpr const char* legend =
    "--> sent   <-- received   * encrypted   ? a question, and the answer   = what came of it";
/// For who is told handshake_failure: what the client can do, as it says in its ClientHello.
std::string what_we_can_do() {
    std::string text = "\nThe server found nothing that both can do. This client agrees on keys with";
    std::size_t line = text.rfind('\n') + 1;
    const auto add = [&](std::string_view name) {
        if (text.size() - line + 1 + name.size() > 110) line = (text += "\n ").size() - 2;
        (text += ' ') += name;
    };
    const auto groups = []<class... Group>(spantls::type_list<Group...>) { return std::array{Group::id...}; };
    for (const spantls::named_group group : groups(spantls::sodium::groups{})) add(name_of(group));
    text += ",\nin one of the cipher suites";
    line = text.rfind('\n') + 1;
    for (const spantls::suite_info& suite : spantls::sodium::suites) add(name_of(suite.suite));
    text += ",\nand verifies";
    line = text.rfind('\n') + 1;
    for (const spantls::signature_scheme scheme : spantls::sodium::verify_schemes) add(name_of(scheme));
    return text;
}

constexpr int patience = 10;  // seconds
constexpr spantls::client_target target{.server_name = "localhost"};

/// What all acts have in common.
struct stage {
    explicit stage(const options& chosen) : key_log(chosen.value("--key-log")) {
        client_config.alpn = {"demo"};
        server_config.alpn = {"demo"};
        client_config.key_log = !key_log.empty();
        if (!chosen.has("--constant")) return;
        constant = static_cast<std::size_t>(chosen.number("--constant", 0));
        client_config.padding = server_config.padding = spantls::padding::constant(constant);
        // Less would do for the records, but not for the lines that are said here.
        if (constant < 64 || !client_config.padding.valid()) options::end_with(usage);
    }
    spantls::sodium crypto;
    spantls::client_config client_config;
    spantls::server_config server_config;
    std::string key_log;
    std::size_t constant = 0;  // length of records; 0: they are as long as they are
    journal print;
};

/// A connection with its memory, watched.
template <class Connection>
struct actor {
    template <class Config, class... Extra>
    actor(stage& on, const Config& config, const char* name, tcp_socket connected, Extra... extra)
        : socket(std::move(connected)),
          workspaces(1, std::vector<std::uint8_t>(Connection::workspace_size)),
          tls(on.crypto, config, workspaces.front(), extra...),
          watch(name, tls, workspaces, socket, on.print) {
        socket.give_up_after(patience);
        if (!on.key_log.empty() && !Connection::is_server) watch.log_keys_to(on.key_log);
    }
    std::string exported() const {
        std::array<std::uint8_t, 16> material{};
        if (tls.export_keying_material("EXPORTER-demo", {}, material) != errc::none) return "none";
        return hex(material);
    }
    /// Tells how long the records were, where they are to have one length; false when they had not.
    bool kept_length(const stage& on) { return on.constant == 0 || watch.show_lengths(on.constant); }

    tcp_socket socket;
    std::vector<std::vector<std::uint8_t>> workspaces;
    Connection tls;
    watched<Connection> watch;
};

/// Makes the other end say something, when it has heard something; if it does not do so by itself.
using prompter = std::function<void(const char* say, const char* when_heard)>;

void needs_no_prompt(const char*, const char*) {}

prompter prompting(child& program) {
    return [&](const char* say, const char* when_heard) {
        if (program.prints(when_heard)) program.type(say);
    };
}

/// The client's part.
bool play_client(actor<client>& me, const certificate_and_key& known, const prompter& prompt) {
    auto& watch = me.watch;
    spantls::x509::pinned_certificate pinned(known.chain[0]);
    spantls::answers answers(pinned);
    if (!watch.handshake(answers)) return false;
    if (!watch.send("hello from the client\n")) return false;
    prompt("hello from the server", "hello from the client");
    if (!watch.wait_for(what::application_data)) return false;

    if (me.tls.update_keys(true) != errc::none || !watch.send("new keys, please\n")) return false;
    prompt("here they are", "new keys, please");
    if (!watch.wait_for(what::key_updated) || !watch.wait_for(what::application_data)) return false;

    return me.tls.close() == errc::none && watch.wait_for(what::closed);
}

/// The server's part: answers the client's lines, and closes after the client. `updates`: it is the one who asks for
/// new keys.
bool play_server(actor<server>& me, const certificate_and_key& own, bool updates, const prompter& prompt) {
    auto& watch = me.watch;
    spantls::credentials answers(own.chain, own.key);
    if (!watch.handshake(answers)) return false;
    std::uint8_t ticket[48], nonce[] = {0};
    randombytes_buf(ticket, sizeof ticket);
    if (!watch.send_ticket(
            {.lifetime = 3600, .age_add = randombytes_random(), .nonce = nonce, .ticket = ticket, .extensions = {}}))
        return false;
    prompt("hello from the client", "");
    if (!watch.wait_for(what::application_data)) return false;
    if (updates && me.tls.update_keys(true) != errc::none) return false;
    if (!watch.send("hello from the server\n")) return false;
    prompt("new keys, please", "hello from the server");
    if (updates && !watch.wait_for(what::key_updated)) return false;
    if (!watch.wait_for(what::application_data) || !watch.send("here they are\n")) return false;
    prompt("Q", "here they are");  // s_client quits
    if (!watch.wait_for(what::peer_closed)) return false;
    return me.tls.close() == errc::none && watch.flush();
}

/// What arrived at the other end, in its own words.
bool show_what_it_printed(stage& on, child& openssl, const std::string& line) {
    const bool printed = openssl.prints(line);
    on.print.outcome("openssl", printed ? "printed" : "did not print", quoted(line));
    return printed;
}

bool with_ourselves(stage& on, const certificate_and_key& own) {
    const tcp_socket listening = listen_on("0");
    on.print.title("1  Our client and our server",
                   "the records as the client sees them; 127.0.0.1:" + listening.port());
    bool served = false;
    std::string exported;
    std::thread serving([&] {
        actor<server> it(on, on.server_config, "server", listening.accept());
        it.watch.hide_records();
        served = play_server(it, own, false, needs_no_prompt);
        exported = it.exported();
    });
    actor<client> it(on, on.client_config, "client", connect_to("127.0.0.1", listening.port()), target);
    const bool played = play_client(it, own, needs_no_prompt);
    serving.join();
    it.watch.say("exporter", it.exported() + (it.exported() == exported ? ", the same at the server"
                                                                        : ", NOT the same at the server"));
    it.watch.say("memory", std::to_string(sizeof it.tls) + " bytes a connection; the handshake's " +
                               std::to_string(it.tls.take_workspace().size()) + " are given back");
    const bool kept = it.kept_length(on) && (on.constant == 0 || it.watch.received_only(on.constant));
    return played && served && kept && it.exported() == exported;
}

bool with_openssl_server(stage& on, const certificate_and_key& own, const options& chosen) {
    child openssl({"openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-tls1_3", "-alpn", "demo",
                   "-cert", chosen.value("--cert"), "-key", chosen.value("--key")});
    const std::string port = openssl.prints_behind("ACCEPT 127.0.0.1:");
    on.print.title("2  Our client and openssl s_server", "127.0.0.1:" + port);
    actor<client> it(on, on.client_config, "client", connect_to("127.0.0.1", port), target);
    const bool played = play_client(it, own, prompting(openssl));
    return show_what_it_printed(on, openssl, "hello from the client") && it.kept_length(on) && played;
}

bool with_openssl_client(stage& on, const certificate_and_key& own, const options& chosen) {
    const tcp_socket listening = listen_on("0");
    on.print.title("3  openssl s_client and our server", "127.0.0.1:" + listening.port());
    child openssl({"openssl", "s_client", "-connect", "127.0.0.1:" + listening.port(), "-servername", "localhost",
                   "-tls1_3", "-alpn", "demo", "-CAfile", chosen.value("--cert"), "-verify_return_error", "-brief"});
    actor<server> it(on, on.server_config, "server", listening.accept());
    const bool played = play_server(it, own, true, prompting(openssl));
    return show_what_it_printed(on, openssl, "hello from the server") && it.kept_length(on) && played;
}

std::uint64_t now_ms() {
    using namespace std::chrono;
    return static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

/// A server that knows its own tickets, and takes the early data of each first flight once. It keeps nothing of its
/// clients but what the guard remembers.
class ticket_office {
public:
    explicit ticket_office(spantls::sodium& crypto) : keys(crypto, secret_) {}

    /// Its answers in one connection.
    class clerk : public spantls::credentials<spantls::sodium::ed25519_key> {
    public:
        clerk(ticket_office& office, const certificate_and_key& own)
            : credentials(own.chain, own.key), office_(office) {}

        spantls::psk_choice find_psk(const spantls::step& asked) {
            for (const auto hash : {spantls::hash_id::sha384, spantls::hash_id::sha256}) {
                const auto choice = office_.keys.find(asked.hello().psks, hash, now_ms(), opened_, found_);
                if (!choice.key.empty()) return choice;
            }
            return spantls::no_psk;
        }
        spantls::early_data judge_early_data(const spantls::early_offer& offer) {
            const std::uint64_t now = now_ms();
            const bool good =
                office_.guard_.judge(offer, claimed_age(found_, offer.obfuscated_age), measured_age(found_, now), now);
            return good ? spantls::early_data::accept : spantls::early_data::reject;
        }

    private:
        ticket_office& office_;
        std::array<std::uint8_t, spantls::max_sealed_ticket> opened_{};
        spantls::ticket_state found_;
    };

private:
    template <std::size_t N>
    static std::array<std::uint8_t, N> random() {
        std::array<std::uint8_t, N> bytes{};
        randombytes_buf(bytes.data(), N);
        return bytes;
    }
    const std::array<std::uint8_t, 32> secret_ = random<32>();
    const std::array<std::uint8_t, 16> guard_key_ = random<16>();
    std::vector<spantls::replay_guard::slot> memory_ = std::vector<spantls::replay_guard::slot>(1024);
    // No ticket from before the start opens: the secret is new.
    spantls::replay_guard guard_{memory_, guard_key_, now_ms(), spantls::replay_start::clean};

public:
    const spantls::ticket_keys<spantls::sodium> keys;
};

/// What the client keeps of a connection in which it says nothing; empty when that fails.
std::vector<std::uint8_t> fetch_session(stage& on, const certificate_and_key& known, const std::string& port) {
    actor<client> it(on, on.client_config, "client", connect_to("127.0.0.1", port), target);
    it.watch.hide_records();
    spantls::x509::pinned_certificate pinned(known.chain[0]);
    spantls::answers answers(pinned);
    std::vector<std::uint8_t> kept;
    if (!it.watch.handshake(answers)) return kept;
    while (const auto step = it.watch.next()) {
        if (step->what == what::failed) return {};
        if (step->what != what::ticket) continue;
        const spantls::new_session_ticket ticket = *step->tickets().begin();
        kept.resize(spantls::max_session_size(ticket.ticket.size()));
        kept.resize(save_session(it.tls, ticket, target.server_name, now_ms(), kept));
        break;
    }
    if (it.tls.close() != errc::none || !it.watch.wait_for(what::closed)) kept.clear();
    return kept;
}

bool with_early_data(stage& on, const certificate_and_key& own) {
    const tcp_socket listening = listen_on("0");
    on.print.title("4  Our client comes back to our server, with early data",
                   "first for a ticket; of the second connection the records as the client sees them; 127.0.0.1:" +
                       listening.port());
    ticket_office office(on.crypto);
    spantls::server_config config = on.server_config;
    config.use_psk = true;
    config.max_early_data = 1024;
    bool served = true;
    std::thread serving([&] {
        for (const bool first : {true, false}) {
            actor<server> it(on, config, "server", listening.accept());
            it.watch.hide_records();
            ticket_office::clerk answers(office, own);
            const spantls::ticket_terms terms{
                .lifetime = 3600, .max_early_data = config.max_early_data, .server_name = target.server_name};
            served = served && it.watch.handshake(answers) &&
                     (first ? it.watch.send_ticket(office.keys, on.crypto, terms, now_ms())
                            : it.watch.send("welcome back\n")) &&
                     it.watch.wait_for(what::peer_closed) && it.tls.close() == errc::none && it.watch.flush();
        }
    });
    const std::vector<std::uint8_t> kept = fetch_session(on, own, listening.port());
    spantls::client_target again = target;
    again.now_ms = now_ms();
    again.early_data = true;
    const bool read = read_session(kept, again.resume) == errc::none;
    if (read)
        on.print.outcome("client", "session", std::to_string(kept.size()) + " bytes, to be kept as secret as any key");
    actor<client> it(on, on.client_config, "client", connect_to("127.0.0.1", listening.port()), again);
    spantls::x509::pinned_certificate pinned(own.chain[0]);
    spantls::answers answers(pinned);  // who is not asked: that is settled by the session
    const bool played = read && it.watch.send_early("here I am again\n") && it.watch.handshake(answers) &&
                        it.watch.wait_for(what::application_data) && it.tls.close() == errc::none &&
                        it.watch.wait_for(what::closed);
    serving.join();
    return played && served && it.tls.psk_used() && it.tls.early_data_accepted() && it.kept_length(on);
}

int show(const options& chosen) {
    stage on(chosen);
    const certificate_and_key own(chosen.required("--cert"), chosen.required("--key"));
    on.print.text(legend);
    const bool good = with_ourselves(on, own) && with_openssl_server(on, own, chosen) &&
                      with_openssl_client(on, own, chosen) && with_early_data(on, own);
    on.print.text(good ? "\nAll four as they should be." : "\nThat is not how it should be.");
    return good ? 0 : 1;
}

/// Somebody else's server. It is trusted if a root vouches for it, or if its key is the one that the user has named, or
/// whoever it is.
int visit(const options& chosen) {
    stage on(chosen);
    const auto [host, port] = host_and_port(chosen.words[0], "443");
    on.client_config.alpn = {"http/1.1"};
    std::string key;
    std::optional<server_judge> by_roots;
    if (!chosen.has("--insecure") && !chosen.has("--pin")) by_roots.emplace(on.crypto, chosen.value("--ca"));
    on.client_config.ask_for_staples = by_roots.has_value();  // has its certificate been revoked?
    spantls::answers answers([&](const spantls::x509::peer& peer) {
        key = spki_hash_of(peer.chain.front().der);
        if (chosen.has("--insecure")) return spantls::x509::verdict::accept();
        if (by_roots) return by_roots->judge(peer);
        return spantls::x509::pinned_spki(read_spki_hash(chosen.value("--pin"))).judge(on.crypto, peer);
    });
    on.print.title("Our client and " + chosen.words[0], legend);
    actor<client> it(on, on.client_config, "client", connect_to(host, port),
                     spantls::client_target{.server_name = host});
    const bool connected = it.watch.handshake(answers);
    if (by_roots && !by_roots->text().empty()) on.print.text("\n" + by_roots->text());
    if (!connected) {
        if (it.watch.refused_by() == spantls::alert_description::handshake_failure) on.print.text(what_we_can_do());
        if (by_roots && by_roots->why() != distrust::none)
            on.print.text("\nNobody on this computer vouches for it. To trust this key and no other:\n  --pin " + key);
        return 1;
    }
    if (chosen.has("--insecure")) on.print.text("\nNobody has checked who that is. Its key: --pin " + key + "\n");
    if (!it.watch.send("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")) return 1;
    const bool answered = it.watch.wait_for(what::application_data);
    const bool closed = answered && it.watch.wait_for(what::peer_closed);
    if (closed && it.tls.close() == errc::none) it.watch.flush();
    return answered ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
    const options chosen(argc, argv, usage, {"--ca", "--cert", "--constant", "--key", "--key-log", "--pin"},
                         {"--insecure"});
    if (chosen.words.size() > 1) options::end_with(usage);
    return chosen.words.empty() ? show(chosen) : visit(chosen);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
