// A client that makes the handshake with spantls, and then hands the connection to Linux's kernel TLS: from there on it
// reads and writes plaintext on the socket. Where the kernel has no TLS (modprobe tls), it says so and does what the
// kernel would, in software and out of the very same structures.
//
// Try it:  build/examples/epoll_echo_server --port 4433 --cert C.pem --key K.pem
//          build/examples/kernel_tls 127.0.0.1:4433 --pin SHA256-OF-SPKI hello        (the server prints the hash)
#include <cstdio>
#include <exception>
#include <string>

#include <spantls/client.hpp>
#include <spantls/drivers/blocking.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/pins.hpp>

#include "support/kernel_records.hpp"
#include "support/options.hpp"
#include "support/pem.hpp"
#include "support/tcp.hpp"

namespace {

using namespace examples;
using client = spantls::client<spantls::sodium>;

constexpr const char* usage = "kernel_tls HOST[:PORT] --pin SHA256-OF-SPKI [--suite chacha|aes] TEXT\n";
constexpr std::uint8_t alert = 21, handshake = 22, application_data = 23;

/// Says `text`, prints as much as that coming back, and ends.
template <class Records>
void converse(Records& records, const std::string& text) {
    records.send(application_data, spantls::as_bytes(text));
    for (std::size_t received = 0; received < text.size();) {
        const typed_content got = records.receive();
        if (got.type == 0 || got.type == alert) throw std::runtime_error("the server has ended the connection");
        // Tickets may pass. After a KeyUpdate both structures would have to be filled anew, with the next secret.
        if (got.type == handshake && got.content.at(0) == 24) throw std::runtime_error("the server changes its key");
        if (got.type != application_data) continue;
        std::printf("%.*s", static_cast<int>(got.content.size()), spantls::as_text(got.content).data());
        received += got.content.size();
    }
    std::printf("\n");
    const std::uint8_t close_notify[] = {1, 0};
    records.send(alert, close_notify);
    for (;;) {
        const typed_content got = records.receive();
        if (got.type == alert && got.content == byte_vector{1, 0}) break;
        if (got.type == 0) throw std::runtime_error("no close_notify");
    }
    std::printf("closed by both ends\n");
}

int run(const options& chosen) {
    if (chosen.words.size() != 2) options::end_with(usage);
    spantls::sodium crypto;
    spantls::client_config config{};
    if (chosen.has("--suite"))
        config.prefer.suites = {chosen.value("--suite") == "aes" ? spantls::cipher_suite::tls_aes_256_gcm_sha384
                                                                 : spantls::cipher_suite::tls_chacha20_poly1305_sha256};
    const spantls::x509::pinned_spki pinned(read_spki_hash(chosen.required("--pin")));
    const auto [host, port] = host_and_port(chosen.words[0], "4433");
    byte_vector workspace(client::workspace_size), buffer(spantls::max_record);
    client tls(crypto, config, workspace, {.server_name = host});
    tcp_socket socket = connect_to(host, port);
    spantls::blocking io(tls, socket, buffer);
    const auto done = io.handshake([&](const spantls::x509::peer& peer) { return pinned.judge(crypto, peer); });
    if (!done) throw std::runtime_error(describe(done).data());

    // Something for spantls to do, and for the sequence numbers to count.
    const spantls::bytes_view text = spantls::as_bytes(chosen.words[1]);
    if (!io.write(text)) throw std::runtime_error("the text does not leave");
    for (std::size_t received = 0; received < text.size();) {
        const spantls::incoming echo = io.read();
        if (!echo) throw std::runtime_error("the text does not come back");
        received += echo.data.size();
    }

    // The driver reads one record at a time, so all that comes from here on is for whoever goes on.
    spantls::connection_state<spantls::sodium> state;
    if (const spantls::errc error = tls.export_state(state); error != spantls::errc::none)
        throw std::runtime_error(describe(error).data());
    const crypto_info sending = crypto_info_of(state.suite, state.sending);
    const crypto_info receiving = crypto_info_of(state.suite, state.receiving);
    std::printf("%s, sequence numbers %llu and %llu\n", name_of(state.suite).data(),
                static_cast<unsigned long long>(state.sending.sequence),
                static_cast<unsigned long long>(state.receiving.sequence));
    if (kernel_records::take(socket, sending, receiving)) {
        std::printf("the kernel goes on\n");
        kernel_records records(socket);
        converse(records, chosen.words[1]);
    } else {
        std::printf("this kernel has no TLS; the same is done in software\n");
        software_records records(socket, sending, receiving);
        converse(records, chosen.words[1]);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(options(argc, argv, usage, {"--pin", "--suite"}));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kernel_tls: %s\n", error.what());
        return 1;
    }
}
