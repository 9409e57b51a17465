// Shows TLS 1.3 connections as they happen, record by record: our client and our server over TCP, then each of them
// with OpenSSL's. With a HOST it connects out. This is what examples/run runs.
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <thread>

#include <spantls/providers/sodium.hpp>
#include <spantls/spantls.hpp>
#include <spantls/x509/pins.hpp>

#include "support/child.hpp"
#include "support/journal.hpp"
#include "support/options.hpp"
#include "support/pem.hpp"
#include "support/tcp.hpp"
#include "support/watched.hpp"

namespace {

using namespace examples;
using client = spantls::client<spantls::sodium>;
using server = spantls::server<spantls::sodium>;

constexpr const char* usage =
    "demo --cert FILE --key FILE [--key-log FILE]\n"
    "     our client and server, then each of them with OpenSSL's, on the loopback interface\n"
    "demo HOST[:PORT] [--pin SHA256-OF-SPKI | --insecure] [--key-log FILE]\n"
    "     connects out and asks for / by HTTP\n";

constexpr const char* legend =
    "--> sent   <-- received   * encrypted   ? a question, and the answer   = what came of it";
constexpr const char* why_servers_refuse =
    "\nThe server found nothing that both can do. spantls with libsodium verifies Ed25519 signatures only, and says\n"
    "so in its ClientHello; most public servers have an RSA or ECDSA certificate and end the handshake here.";

constexpr int patience = 10;  // seconds
constexpr spantls::client_target target{.server_name = "localhost"};

/// What all acts have in common.
struct stage {
    explicit stage(const options& chosen) : key_log(chosen.value("--key-log")) {
        client_config.alpn = {"demo"};
        server_config.alpn = {"demo"};
        client_config.key_log = !key_log.empty();
    }
    spantls::sodium crypto;
    spantls::client_config client_config;
    spantls::server_config server_config;
    std::string key_log;
    journal print;
};

/// A connection with its memory, watched.
template <class Connection>
struct actor {
    template <class Config, class... Extra>
    actor(stage& on, const Config& config, const char* name, tcp_socket connected, Extra... extra)
        : socket(std::move(connected)),
          workspace(Connection::workspace_size),
          tls(on.crypto, config, workspace, extra...),
          watch(name, tls, socket, on.print) {
        socket.give_up_after(patience);
        if (!on.key_log.empty() && !Connection::is_server) watch.log_keys_to(on.key_log);
    }
    std::string exported() const {
        std::array<std::uint8_t, 16> material{};
        if (tls.export_keying_material("EXPORTER-demo", {}, material) != errc::none) return "none";
        return hex(material);
    }
    tcp_socket socket;
    std::vector<std::uint8_t> workspace;
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
    return played && served && it.exported() == exported;
}

bool with_openssl_server(stage& on, const certificate_and_key& own, const options& chosen) {
    child openssl({"openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-tls1_3", "-alpn", "demo",
                   "-cert", chosen.value("--cert"), "-key", chosen.value("--key")});
    const std::string port = openssl.prints_behind("ACCEPT 127.0.0.1:");
    on.print.title("2  Our client and openssl s_server", "127.0.0.1:" + port);
    actor<client> it(on, on.client_config, "client", connect_to("127.0.0.1", port), target);
    const bool played = play_client(it, own, prompting(openssl));
    return show_what_it_printed(on, openssl, "hello from the client") && played;
}

bool with_openssl_client(stage& on, const certificate_and_key& own, const options& chosen) {
    const tcp_socket listening = listen_on("0");
    on.print.title("3  openssl s_client and our server", "127.0.0.1:" + listening.port());
    child openssl({"openssl", "s_client", "-connect", "127.0.0.1:" + listening.port(), "-servername", "localhost",
                   "-tls1_3", "-alpn", "demo", "-CAfile", chosen.value("--cert"), "-verify_return_error", "-brief"});
    actor<server> it(on, on.server_config, "server", listening.accept());
    const bool played = play_server(it, own, true, prompting(openssl));
    return show_what_it_printed(on, openssl, "hello from the server") && played;
}

int show(const options& chosen) {
    stage on(chosen);
    const certificate_and_key own(chosen.required("--cert"), chosen.required("--key"));
    on.print.text(legend);
    const bool good =
        with_ourselves(on, own) && with_openssl_server(on, own, chosen) && with_openssl_client(on, own, chosen);
    on.print.text(good ? "\nAll three as they should be." : "\nThat is not how it should be.");
    return good ? 0 : 1;
}

/// Somebody else's server. Its key is trusted if it is the one that the user has named, or whatever it is.
int visit(const options& chosen) {
    stage on(chosen);
    const auto [host, port] = host_and_port(chosen.words[0], "443");
    on.client_config.alpn = {"http/1.1"};
    std::string key;
    spantls::answers answers([&](const spantls::x509::peer& peer) {
        key = spki_hash_of(peer.chain.front().der);
        if (chosen.has("--insecure")) return spantls::x509::verdict::accept();
        if (!chosen.has("--pin")) return spantls::x509::verdict::refuse(errc::unknown_ca);
        return spantls::x509::pinned_spki(read_spki_hash(chosen.value("--pin"))).judge(on.crypto, peer);
    });
    on.print.title("Our client and " + chosen.words[0], legend);
    actor<client> it(on, on.client_config, "client", connect_to(host, port),
                     spantls::client_target{.server_name = host});
    if (!it.watch.handshake(answers)) {
        if (it.tls.error() == errc::peer_alert && key.empty()) on.print.text(why_servers_refuse);
        if (!key.empty() && !chosen.has("--pin"))
            on.print.text(
                "\nThe authorities that this computer trusts are not asked here. To trust this key and no other:\n  --pin " + key);
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
    const options chosen(argc, argv, usage, {"--cert", "--key", "--key-log", "--pin"}, {"--insecure"});
    if (chosen.words.size() > 1) options::end_with(usage);
    return chosen.words.empty() ? show(chosen) : visit(chosen);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
