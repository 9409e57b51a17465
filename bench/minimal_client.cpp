// As small as a client gets: its peer is one known certificate, its transport is standard input and output.
#include <spantls/client.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/pins.hpp>

#include <unistd.h>

#include <array>
#include <cstdint>

using spantls::what;

// Not constant, or the compiler would know what to compare with.
std::array<std::uint8_t, 512> pinned;
std::size_t pinned_size = 0;

static bool write_all(spantls::bytes_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(1, bytes.data(), bytes.size());
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

int main() {
    using client = spantls::client<spantls::sodium>;
    static std::array<std::uint8_t, client::workspace_size> workspace;
    static std::array<std::uint8_t, spantls::max_record> buffer;
    const spantls::x509::pinned_certificate pin(spantls::bytes_view(pinned).first(pinned_size));
    const std::array<std::uint8_t, 5> hello{'h', 'e', 'l', 'l', 'o'};
    spantls::sodium crypto;
    const spantls::client_config config;
    client tls(crypto, config, workspace, {.server_name = "localhost"});
    for (std::size_t have = 0;;) {
        for (auto out = tls.transmit(buffer); !out.empty(); out = tls.transmit(buffer))
            if (!write_all(out)) return 1;
        const spantls::step step = tls.receive(spantls::mutable_bytes(buffer).first(have));
        switch (step.what) {
            case what::need_input: {
                const ssize_t count = read(0, buffer.data() + have, step.missing);
                if (count <= 0) return tls.end_of_input().what == what::failed;
                have += static_cast<std::size_t>(count);
                continue;
            }
            case what::verify_peer: (void)tls.answer(pin.judge(step.peer())); break;
            case what::handshake_done:
                if (!write_all(tls.send(hello, buffer))) return 1;
                break;
            case what::application_data:
            case what::peer_closed: (void)tls.close(); break;
            case what::closed: return 0;
            case what::failed: (void)write_all(tls.transmit(buffer)); return 1;
            default: break;
        }
        have = spantls::compact(buffer, step.consumed, have);
    }
}
