// A client as a small device would have it: one connection, one thread, one buffer for both directions, no heap, and
// all of its memory laid out before main(). It pins the server's key, says something and prints what comes back.
//
// Try it:  build/examples/epoll_echo_server --port 4433 --cert C.pem --key K.pem
//          build/examples/blocking_client 127.0.0.1 4433 SHA256-OF-SPKI hello     (the server prints the hash)
#include <cstdint>
#include <cstdio>

#include <spantls/client.hpp>
#include <spantls/drivers/blocking.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/pins.hpp>

#include "support/device.hpp"

using examples::device_socket, examples::failed, examples::read_pin;

// One cipher suite: ChaCha20-Poly1305 is the faster one where the CPU has no AES, and its keys are small.
using client = spantls::client<spantls::sodium_chacha>;

// All of the memory. A peer may send records of 16 KB and a bit, so the buffer is that large; who knows that the peer's
// are smaller takes less. The workspace is free again after the handshake.
// The stack is what the deepest call of the client takes on x86-64, rounded up; tests/simulation/wiped_test.cpp
// measures it. It is that because no signature but Ed25519 is offered to the server: another one takes 8 KB to verify.
// What sockets and printf() take is the system's.
constexpr std::size_t device_ram = 32 * 1024;
static std::uint8_t workspace[client::workspace_size];
static std::uint8_t buffer[spantls::max_record];
constexpr std::size_t stack = 6 * 1024;
constexpr std::size_t together = sizeof(client) + sizeof workspace + sizeof buffer + stack;
static_assert(together <= device_ram, "it does not fit into the device");

static void print_memory() {
    std::printf("client     %6zu bytes\n", sizeof(client));
    std::printf("workspace  %6zu bytes, for the handshake only\n", sizeof workspace);
    std::printf("buffer     %6zu bytes, both directions\n", sizeof buffer);
    std::printf("stack      %6zu bytes, at most\n", stack);
    std::printf("together   %6zu bytes of %zu\n\n", together, device_ram);
}

int main(int argc, char** argv) {
    spantls::x509::spki_hash pin{};
    if (argc != 5 || !read_pin(argv[3], pin)) {
        std::fprintf(stderr, "blocking_client IPV4-ADDRESS PORT SHA256-OF-SPKI TEXT\n");
        return 2;
    }
    print_memory();

    static spantls::sodium_chacha crypto;
    static const spantls::client_config config{.prefer = {.schemes = {spantls::signature_scheme::ed25519}}};
    static client tls(crypto, config, workspace);
    const spantls::x509::pinned_spki pinned(pin);
    const auto trust = [&](const spantls::x509::peer& peer) { return pinned.judge(crypto, peer); };

    device_socket socket;
    if (!socket.connect(argv[1], argv[2])) return failed("connecting", {spantls::errc::none, true});

    // This is all that it takes.
    spantls::blocking io(tls, socket, buffer);
    if (const auto done = io.handshake(trust); !done) return failed("handshake", done);
    if (const auto sent = io.write(spantls::as_bytes(argv[4])); !sent) return failed("writing", sent);
    if (const auto said = io.close(); !said) return failed("closing", said);
    spantls::incoming text = io.read();
    for (; text; text = io.read())
        std::printf("%.*s", static_cast<int>(text.data.size()), reinterpret_cast<const char*>(text.data.data()));
    if (!text.status) return failed("reading", text.status);
    std::printf("\n\nclosed by both ends\n");
    return 0;
}
