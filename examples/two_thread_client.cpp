// A client on two threads: one writes, one reads, neither waits for the other and neither takes a lock for TLS. It
// sends a lot to an echo server, changes its keys again and again and asks the server to do so too, and compares what
// comes back.
//
// Try it:  build/examples/epoll_echo_server --port 4433 --cert C.pem --key K.pem
//          build/examples/two_thread_client 127.0.0.1:4433 --pin SHA256-OF-SPKI     (the server prints the hash)
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <spantls/client.hpp>
#include <spantls/drivers/blocking.hpp>
#include <spantls/drivers/two_threads.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/pins.hpp>

#include "support/options.hpp"
#include "support/pem.hpp"
#include "support/tcp.hpp"

namespace {

using namespace examples;
using client = spantls::client<spantls::sodium>;
using spantls::what;

constexpr const char* usage = "two_thread_client HOST[:PORT] --pin SHA256-OF-SPKI [--megabytes N]\n";

/// Bytes that both threads know: the one writes them, the other expects them.
class pattern {
public:
    void fill(spantls::mutable_bytes block) {
        for (std::uint8_t& byte : block) byte = static_cast<std::uint8_t>((at_++ * 2654435761u) >> 24);
    }

private:
    std::uint32_t at_ = 0;
};

/// How the reader gets the writer up, when something has to be sent that the writer does not know of: the answer to a
/// key update, or an alert.
class alarm {
public:
    void ring() {
        {
            const std::lock_guard lock(mutex_);
            rung_ = true;
        }
        changed_.notify_one();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return rung_; });
        rung_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool rung_ = false;
};

struct result {
    std::size_t bytes = 0, key_updates = 0;
    const char* problem = nullptr;
};

template <class Writer>
void write_all_of_it(Writer& out, std::size_t total, result& done) {
    pattern data;
    std::vector<std::uint8_t> block(64 * 1024);
    while (done.bytes < total) {
        data.fill(block);
        if (const auto sent = out.write(block); !sent) {
            done.problem = describe(sent).data();
            return;
        }
        done.bytes += block.size();
        if (done.bytes % (1 << 20) != 0) continue;
        // The peer may not have answered the last request yet; then there is nothing to ask for.
        if (out.update_keys(true)) ++done.key_updates;
    }
}

template <class Reader>
void read_all_of_it(Reader& in, std::size_t total, result& done) {
    pattern data;
    std::vector<std::uint8_t> expected;
    while (const auto step = in.next()) {
        if (step->what == what::key_updated) ++done.key_updates;
        if (step->what == what::failed) done.problem = describe(step->error).data();
        if (step->what == what::failed || step->what == what::peer_closed || step->what == what::closed) return;
        if (step->what != what::application_data) continue;
        expected.resize(step->data.size());
        data.fill(expected);
        if (!spantls::equal_bytes(expected, step->data)) done.problem = "something else came back";
        done.bytes += step->data.size();
        if (done.bytes == total) return;
    }
    done.problem = describe(in.status()).data();
}

int run(const options& chosen) {
    spantls::sodium crypto;
    const spantls::client_config config{};
    const spantls::x509::pinned_spki pinned(read_spki_hash(chosen.required("--pin")));
    const auto [host, port] = host_and_port(chosen.words.at(0), "4433");
    const std::size_t total = static_cast<std::size_t>(chosen.number("--megabytes", 64)) << 20;

    std::vector<std::uint8_t> workspace(client::workspace_size), inbuf(4 * spantls::max_record),
        outbuf(spantls::max_record);
    client tls(crypto, config, workspace, {.server_name = host});
    tcp_socket socket = connect_to(host, port);
    spantls::blocking io(tls, socket, inbuf);
    const auto connected = io.handshake([&](const spantls::x509::peer& peer) { return pinned.judge(crypto, peer); });
    if (!connected) throw std::runtime_error(describe(connected).data());

    // From here on each thread has its half.
    auto [reader_half, writer_half] = tls.split();
    alarm bell;
    std::atomic<bool> over = false;
    spantls::threaded_writer out(writer_half, socket, outbuf);
    spantls::threaded_reader in(reader_half, socket, inbuf, [&] { bell.ring(); });
    result written, read;
    const auto start = std::chrono::steady_clock::now();
    std::thread writing([&] {
        write_all_of_it(out, total, written);
        // All is sent, but the reader may still need something to be sent.
        while (!over) {
            bell.wait();
            if (!out.flush()) return;
        }
    });
    read_all_of_it(in, total, read);
    over = true;
    bell.ring();
    writing.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

    // One thread again: close_notify, and the server's.
    const bool closed = out.close() && !in.read() && in.status();
    std::printf("sent      %9zu bytes, %3zu key updates\n", written.bytes, written.key_updates);
    std::printf("received  %9zu bytes, %3zu key updates\n", read.bytes, read.key_updates);
    std::printf("%.0f MB/s in each direction\n", static_cast<double>(read.bytes) / 1e6 / took.count());
    for (const char* problem : {written.problem, read.problem})
        if (problem != nullptr) std::printf("problem: %s\n", problem);
    std::printf("%s\n", closed ? "closed by both ends" : "not closed as it should be");
    return closed && written.problem == nullptr && read.problem == nullptr && read.bytes == total ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
    const options chosen(argc, argv, usage, {"--pin", "--megabytes"});
    if (chosen.words.size() != 1) options::end_with(usage);
    return run(chosen);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
