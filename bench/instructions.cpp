// instructions WORK CIPHER [BYTES]: does WORK (send, receive, handshake, resumed) `repetitions` times in measured(),
// which is what bench/instructions counts.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "libssl_pair.hpp"
#include "spantls_pair.hpp"

namespace {

constexpr int repetitions = 10;
constexpr std::array<std::uint8_t, 32> seed{1, 2, 3};

}  // namespace

template <class Work>
__attribute__((noinline)) void measured(Work work) {
    for (int i = 0; i < repetitions; ++i) work();
}

int main(int argc, char** argv) {
    using namespace std::string_view_literals;
    bench::require(argc >= 3, "usage: instructions send|receive|handshake|resumed chacha|aes [BYTES]");
    const std::string_view work = argv[1];
    const bench::certificate mine(seed);
    const auto suite = argv[2] == "chacha"sv ? spantls::cipher_suite::tls_chacha20_poly1305_sha256
                                             : spantls::cipher_suite::tls_aes_256_gcm_sha384;
    bench::spantls_setting<spantls::sodium> setting(mine, suite);
    if (work == "resumed") bench::resume(setting);
    if (work == "handshake" || work == "resumed") {
        measured([&] { bench::spantls_pair(setting).handshake(); });
        return 0;
    }

    bench::spantls_pair pair(setting);
    pair.handshake();
    const std::vector<std::uint8_t> text(argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1024);
    std::vector<std::uint8_t> wire(repetitions * spantls::sealed_size(text.size()));
    spantls::mutable_bytes to = wire, from = wire;
    const auto send = [&] { to = to.subspan(pair.client.send(text, to).records.size()); };
    const auto receive = [&] { from = from.subspan(pair.server.receive(from).consumed); };
    if (work == "send") {
        measured(send);
    } else {
        for (int i = 0; i < repetitions; ++i) send();
        measured(receive);
    }
    bench::require(to.empty() && (work == "send" || from.empty()), "the records do not arrive");
}
