// A client in one page of memory, 4096 bytes: it asks the server for records of 512 bytes (max_fragment_length, RFC
// 6066; OpenSSL and most others do as they are asked), so a buffer of that size does for both directions. What is not
// in the page is read-only, or on the stack while a call lasts.
//
// Try it:  openssl s_server -accept 4433 -tls1_3 -rev -cert C.pem -key K.pem        (an Ed25519 certificate)
//          build/examples/one_page_client 127.0.0.1 4433 SHA256-OF-SPKI hello
#include <cstdint>
#include <cstdio>

#include <spantls/client.hpp>
#include <spantls/drivers/blocking.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/pins.hpp>

#include "support/device.hpp"

using namespace examples;
using client = spantls::client<spantls::sodium_chacha>;
using driver = spantls::blocking<client, device_socket>;

constexpr std::size_t page = 4096;
constexpr std::size_t fragment = 512;

// The page, and all that is in it.
constexpr std::size_t connection_size = sizeof(client);
constexpr std::size_t driver_size = sizeof(driver) + sizeof(device_socket);
constexpr std::size_t workspace_size = client::smallest_workspace;        // free again after the handshake
constexpr std::size_t buffer_size = fragment + spantls::record_overhead;  // a record, in or out
static_assert(connection_size + driver_size + workspace_size + buffer_size <= page, "more than a page");

static std::uint8_t workspace[workspace_size];
static std::uint8_t buffer[buffer_size];

static constexpr spantls::client_config config{.record_size = fragment, .max_fragment_length = fragment};
static_assert(check<spantls::sodium_chacha>(config) == spantls::errc::none);

int main(int argc, char** argv) {
    spantls::x509::spki_hash pin{};
    if (argc != 5 || !read_pin(argv[3], pin)) {
        std::fprintf(stderr, "one_page_client IPV4-ADDRESS PORT SHA256-OF-SPKI TEXT\n");
        return 2;
    }
    std::printf("connection %5zu bytes\ndriver     %5zu\nworkspace  %5zu, for the handshake only\nbuffer     %5zu\n",
                connection_size, driver_size, workspace_size, buffer_size);
    std::printf("together   %5zu of %zu\n\n", connection_size + driver_size + workspace_size + buffer_size, page);

    static spantls::sodium_chacha crypto;
    static device_socket socket;
    if (!socket.connect(argv[1], argv[2])) return failed("connecting", {spantls::errc::none, true});
    static client tls(crypto, config, workspace);
    static driver io(tls, socket, buffer);
    const spantls::x509::pinned_spki pinned(pin);
    const auto done = io.handshake([&](const spantls::x509::peer& peer) { return pinned.judge(crypto, peer); });
    if (!done) return failed("handshake", done);
    if (const auto sent = io.write(spantls::as_bytes(argv[4])); !sent) return failed("writing", sent);
    if (const auto sent = io.write(spantls::as_bytes("\n")); !sent) return failed("writing", sent);

    // One line comes back, in as many records as it takes.
    for (bool line_ended = false; !line_ended;) {
        const spantls::incoming text = io.read();
        if (!text) return failed("reading", text.status);
        std::printf("%.*s", static_cast<int>(text.data.size()), spantls::as_text(text.data).data());
        line_ended = text.data.back() == '\n';
    }
    if (const auto said = io.close(); !said) return failed("closing", said);
    while (io.read()) {
    }
    return 0;
}
