// Fetches a page from any server of the public web, with libsodium alone, and prints its body: what certificates and
// signatures need comes from spantls itself. Whom it talks to it knows by the roots that the computer trusts.
//
// Try it:  build/examples/https_get -v https://example.org/
#include <sys/socket.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <spantls/client.hpp>
#include <spantls/drivers/blocking.hpp>
#include <spantls/providers/sodium.hpp>

#include "support/http.hpp"
#include "support/options.hpp"
#include "support/tcp.hpp"
#include "support/trust.hpp"

namespace {

using namespace examples;
using client = spantls::client<spantls::sodium>;
using spantls::errc;

constexpr const char* usage =
    "https_get URL [--ca FILE] [-v]\n"
    "    --ca    a PEM file of roots that are trusted besides the computer's\n"
    "    -v      shows on the standard error what was negotiated, the chain and the header\n"
    "\n"
    "It ends with\n"
    "    0   the body is all there\n"
    "    1   the network has failed: no such host, nobody listens, nothing came for 30 seconds\n"
    "    2   this is not how it is called\n"
    "    3   no connection by TLS: the two have nothing in common, or somebody breaks the protocol\n"
    "    4   the answer is not HTTP/1.1\n"
    "    5   the answer was cut short\n"
    "    6   the answer is there, but its status is not one of success\n"
    "    10  the certificate has expired, or is not valid yet\n"
    "    11  the certificate is for another host\n"
    "    12  the certificate is self-signed\n"
    "    13  nobody who is trusted has issued the certificate\n"
    "    14  the certificate is refused for another reason\n";

enum exit_status {
    good = 0,
    network_failed = 1,
    tls_failed = 3,
    not_http = 4,
    cut_short = 5,
    no_success = 6,
    out_of_time = 10,
    wrong_host = 11,
    self_signed = 12,
    untrusted = 13,
    refused = 14,
};

constexpr int patience = 30;  // seconds
// What a Certificate message may have at most, so that no chain is too long.
constexpr std::size_t workspace_size = client::smallest_workspace + spantls::max_certificate_message;

/// Text of the server's for a terminal, line by line behind `mark`.
void show(const char* mark, std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        std::string clean;
        for (const char c : line) clean += c >= ' ' && c <= '~' ? c : '?';
        std::fprintf(stderr, "%s %s\n", mark, clean.c_str());
    }
}

class fetch {
public:
    explicit fetch(const https_url& url, const options& chosen)
        : url_(url),
          verbose_(chosen.has("-v")),
          judge_(crypto_, chosen.value("--ca")),
          socket_(connect_to(url.host, url.port, patience)) {
        config_.alpn = {"http/1.1"};
        config_.ask_for_staples = true;  // has it been revoked? And only so must-staple (RFC 7633) is held
    }

    int run() {
        client tls(crypto_, config_, workspace_, {.server_name = url_.host});
        spantls::blocking io(tls, socket_, buffer_);
        const spantls::io_status done = io.handshake(judge_);
        if (judge_.why() != distrust::none) return say_distrust();
        if (verbose_) show("*", judge_.text());
        if (!done) return say(done, "the handshake");
        if (verbose_) show_session(tls);
        const std::string request = "GET " + url_.target + " HTTP/1.1\r\nHost: " + url_.authority +
                                    "\r\nUser-Agent: https_get\r\nAccept: */*\r\nConnection: close\r\n\r\n";
        if (const auto sent = io.write(spantls::as_bytes(request)); !sent) return say(sent, "the request");
        const int status = read_answer(io);
        (void)io.close();  // all that counts is there, or is not
        return status;
    }

private:
    template <class Driver>
    int read_answer(Driver& io) {
        bool printed = true;
        http_reader answer(HTTP_RESPONSE, [&](std::string_view part) {
            printed = printed && std::fwrite(part.data(), 1, part.size(), stdout) == part.size();
        });
        while (!answer.complete()) {
            const spantls::incoming text = io.read();
            if (text) {
                answer.read(spantls::as_text(text.data));
                if (!printed) return say(network_failed, "what the server sends cannot be printed");
                if (answer.failed()) return say(not_http, "this is not HTTP/1.1: " + answer.why_failed());
                continue;
            }
            // Whoever sends no length ends its answer with close_notify. Without, somebody has cut the connection.
            if (text.status && answer.end()) break;
            if (text.status || text.status.stream_failed || text.status.error == errc::truncated)
                return say(cut_short, answer.begun() ? "the answer was cut short" : "there was no answer");
            return say(text.status, "the answer");
        }
        if (std::fflush(stdout) != 0) return say(network_failed, "what the server sends cannot be printed");
        const std::string line = std::to_string(answer.status()) + " " + answer.reason();
        if (verbose_) show("<", "HTTP/1.1 " + line);
        for (const auto& [name, value] : answer.headers())
            if (verbose_) show("<", name + ": " + value);
        if (answer.status() / 100 == 2) return good;
        show("https_get:", url_.host + " answers " + line);
        return no_success;
    }

    void show_session(const client& tls) const {
        std::fprintf(stderr, "* TLS 1.3, %s, key exchange %s, ALPN %s\n", name_of(tls.suite()).data(),
                     name_of(tls.group()).data(), tls.protocol().empty() ? "none" : "http/1.1");
    }

    int say(exit_status status, const std::string& what) const {
        show("https_get:", url_.host + ": " + what);
        return status;
    }
    int say(const spantls::io_status& status, const std::string& doing) const {
        if (status.stream_failed) return say(network_failed, doing + ": the network has failed, or is too slow");
        std::string why(describe(status.error));
        if (status.error == errc::peer_alert) why += ", " + std::string(name_of(status.alert));
        // Some certificates cannot even be judged.
        const bool by_itself = status.error == errc::bad_certificate || status.error == errc::unsupported_certificate;
        return say(by_itself ? refused : tls_failed, doing + ": " + why);
    }
    int say_distrust() const {
        show(verbose_ ? "*" : " ", judge_.text());
        switch (judge_.why()) {
            case distrust::out_of_time: return say(out_of_time, "the certificate has expired, or is not valid yet");
            case distrust::wrong_name: return say(wrong_host, "the certificate is for another host");
            case distrust::self_signed: return say(self_signed, "the certificate is self-signed");
            case distrust::unknown_issuer: return say(untrusted, "nobody who is trusted has issued the certificate");
            default: return say(refused, "the certificate is refused");
        }
    }

    const https_url& url_;
    const bool verbose_;
    spantls::sodium crypto_;
    spantls::client_config config_;
    server_judge judge_;
    tcp_socket socket_;
    std::vector<std::uint8_t> workspace_ = std::vector<std::uint8_t>(workspace_size);
    std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(spantls::max_record);
};

}  // namespace

int main(int argc, char** argv) try {
    const options chosen(argc, argv, usage, {"--ca"}, {"-v"});
    if (chosen.words.size() != 1) options::end_with(usage);
    const auto url = read_url(chosen.words[0]);
    if (!url) {
        std::fprintf(stderr, "https_get: not an https URL: %s\n", chosen.words[0].c_str());
        return 2;
    }
    return fetch(*url, chosen).run();
} catch (const std::exception& error) {
    std::fprintf(stderr, "https_get: %s\n", error.what());
    return network_failed;
}
