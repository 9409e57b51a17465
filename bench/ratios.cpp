// ratios quick|full TEXT UNWINDING SECONDS: prints the table. TEXT and UNWINDING, the sizes of the smallest client and
// of its unwind tables, and SECONDS, how long it takes to compile, come from bench/run, which has the compiler.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "libssl_pair.hpp"
#include "primitives.hpp"
#include "records.hpp"
#include "signatures.hpp"
#include "spantls_pair.hpp"
#include "table.hpp"
#include "timing.hpp"

namespace bench {
namespace {

constexpr std::array<std::uint8_t, 32> seed{1, 2, 3};
template <class P, class Raw, class Hash>
void compare_handshakes(table& rows, effort much, const certificate& mine, bool resumed, goal blocks_wanted) {
    using aead = typename Raw::aead;
    spantls_setting<P> ours(mine, aead::suite);
    libssl_setting theirs(mine, Raw::libssl_suite);
    const std::size_t blocks = count_compressions<aead, Hash>(mine, resumed);
    handshake_primitives<Hash> primitives(seed, blocks, resumed);
    if (resumed) resume(ours);
    if (resumed) resume(theirs);
    const contestant us = timed([&] { spantls_pair<P>(ours).handshake(); });
    const result bare = compare(much, {us, timed([&] { primitives.run(); })});
    const result peer = compare(much, {us, timed([&] { libssl_pair(theirs).handshake(); })});
    const auto per_second = [](const result& from, std::size_t i) {
        return number("%.0f", 1 / from.seconds[i][0], " /s");
    };
    const auto time = [](const result& from, std::size_t i) { return number("%.1f", 1e6 * from.seconds[i][0], " us"); };
    rows.title((resumed ? "Resumed handshake, both sides: X25519, a sealed ticket, "
                        : "Full handshake, both sides: X25519, Ed25519, one certificate, ") +
               std::string(Raw::libssl_suite));
    rows.ratio("  time, its primitives'", time(bare, 0), time(bare, 1), 1 / bare.ratio[1][0], goal::at_most(1.10));
    rows.ratio("  handshakes, libssl's", per_second(peer, 0), per_second(peer, 1), peer.ratio[1][0]);
    rows.count(Hash::id == spantls::hash_id::sha256 ? "  SHA-256 blocks" : "  SHA-384 blocks",
               static_cast<double>(blocks), "", blocks_wanted);
    if (!resumed) return;
    const std::vector<std::uint8_t> text(1024, 'x');
    const contestant early = timed([&] {
        ours.early = text;
        spantls_pair<P>(ours).handshake();
        ours.early = {};
    });
    const result added = compare(much, {early, us});
    rows.ratio("  with 1 KiB of early data, without", time(added, 0), time(added, 1), 1 / added.ratio[1][0]);
}

/// ML-KEM-768 beside X25519, and what the two together cost a handshake.
void measure_hybrid(table& rows, effort much, const certificate& mine) {
    using kem = spantls::libsodium::ml_kem_768;
    using spantls::libsodium::x25519;
    const std::array<std::uint8_t, 64> own{1};
    std::array<std::uint8_t, kem::key_size> key;
    std::array<std::uint8_t, kem::ciphertext_size> ciphertext;
    std::array<std::uint8_t, 32> secret, share, again;
    const auto generate = [&] { require(kem::generate(own, key), "no key"); };
    const auto encapsulate = [&] { require(kem::encapsulate(seed, key, ciphertext, secret), "no ciphertext"); };
    const auto decapsulate = [&] { require(kem::decapsulate(own, ciphertext, again), "no secret"); };
    require(x25519::public_key(seed, share), "no share");
    generate();
    encapsulate();
    const result took = compare(much, {timed([&] { require(x25519::finish(seed, share, again), "no secret"); }),
                                       timed(generate), timed(encapsulate), timed(decapsulate)});
    const auto time = [](double seconds) { return number("%.1f", 1e6 * seconds, " us"); };
    rows.title("Post-quantum: X25519MLKEM768");
    const char* const names[] = {"generate", "encapsulate", "decapsulate"};
    for (std::size_t i = 1; i < 4; ++i)
        rows.ratio(std::string("  ML-KEM-768 ") + names[i - 1] + ", X25519's secret", time(took.seconds[i][0]),
                   time(took.seconds[0][0]), took.seconds[i][0] / took.seconds[0][0]);

    using suite = raw_chacha20_poly1305;
    using hash = spantls::libsodium::sha256;
    spantls_setting<spantls::sodium> hybrid(mine, suite::aead::suite), classical(mine, suite::aead::suite);
    hybrid.client.prefer.groups = hybrid.server.prefer.groups = {};
    handshake_primitives<hash> primitives(seed, count_compressions<suite::aead, hash>(mine, false, true), false);
    const contestant us = timed([&] { spantls_pair<spantls::sodium>(hybrid).handshake(); });
    const result bare = compare(much, {us, timed([&] {
                                           primitives.run();
                                           generate();
                                           encapsulate();
                                           decapsulate();
                                       })});
    const result without = compare(much, {us, timed([&] { spantls_pair<spantls::sodium>(classical).handshake(); })});
    rows.ratio("  full handshake, its primitives", time(bare.seconds[0][0]), time(bare.seconds[1][0]),
               1 / bare.ratio[1][0], goal::at_most(1.10));
    rows.ratio("  full handshake, with X25519 alone", time(without.seconds[0][0]), time(without.seconds[1][0]),
               1 / without.ratio[1][0]);
}

template <class P>
void measure_tickets(table& rows, effort much) {
    P crypto;
    const spantls::ticket_keys<P> keys(crypto, seed);
    spantls::ticket_state state;
    state.suite = spantls::cipher_suite::tls_chacha20_poly1305_sha256;
    state.lifetime = 3600;
    state.key = seed;
    state.server_name = "localhost";
    std::array<std::uint8_t, spantls::max_sealed_ticket> ticket, opened;
    constexpr std::uint64_t now_ms = 1'700'000'000'000;
    std::size_t size = 0;
    spantls::ticket_state found;
    const result took = compare(much, {timed([&] {
                                           size = keys.seal(state, now_ms, crypto, ticket);
                                           require(size != 0, "no ticket is sealed");
                                       }),
                                       timed([&] {
                                           const auto sealed = spantls::bytes_view(ticket).first(size);
                                           require(keys.open(sealed, now_ms, opened, found), "no ticket is opened");
                                       })});
    rows.title("Tickets");
    rows.time("  sealing one", 1e6 * took.seconds[0][0], " us", {});
    rows.time("  opening one", 1e6 * took.seconds[1][0], " us", {});
    rows.count("  bytes of one, with a server name", static_cast<double>(size));
}

/// Heap and size. The accounts are closed while the other side is at work.
void measure_memory(table& rows, const certificate& mine) {
    using spantls::client, spantls::server, spantls::sodium, spantls::sodium_chacha;
    constexpr int records = 100;
    std::vector<std::uint8_t> text(1024, 'x'), wire(2048);

    heap_account our_handshake, our_connection;
    spantls_setting<sodium_chacha> ours(mine, spantls::cipher_suite::tls_chacha20_poly1305_sha256);
    {
        const charge whole(our_connection);
        spantls_pair<sodium_chacha> pair(ours);
        pair.handshake();
        our_handshake = our_connection;
        for (int i = 0; i < records; ++i) {
            const std::size_t size = pair.client.send(text, wire).records.size();
            require(pair.server.receive(spantls::mutable_bytes(wire).first(size)).data.size() == text.size(), "lost");
        }
        (void)pair.client.close();
        (void)pair.client.transmit(wire);
    }

    heap_account their_client, their_server, total_at_handshake;
    const libssl_setting theirs(mine, "TLS_CHACHA20_POLY1305_SHA256");
    libssl_pair(theirs).handshake();  // what is only made once is made
    std::ptrdiff_t client_bytes = 0, server_bytes = 0;
    {
        libssl_pair pair(theirs, 0, &their_client, &their_server);
        pair.handshake();
        client_bytes = their_client.bytes;
        server_bytes = their_server.bytes;
        total_at_handshake.allocations = their_client.allocations + their_server.allocations;
        const int size = static_cast<int>(text.size());
        for (int i = 0; i < records; ++i) {
            pair.for_client([&] { SSL_write(pair.client.get(), text.data(), size); });
            pair.for_server([&] { SSL_read(pair.server.get(), wire.data(), size); });
        }
        pair.for_client([&] { SSL_shutdown(pair.client.get()); });
        pair.for_client([&] { pair.client.reset(); });
        pair.for_server([&] { pair.server.reset(); });
    }
    const auto count = [](std::size_t n) { return static_cast<double>(n); };
    const auto text_of = [](auto n) { return number("%.0f", static_cast<double>(n)); };
    rows.title("Memory, in bytes; other: libssl's heap");
    rows.count("  heap allocations for a handshake", count(our_handshake.allocations),
               text_of(total_at_handshake.allocations), goal::at_most(0));
    rows.count("  heap allocations for a connection's life", count(our_connection.allocations),
               text_of(their_client.allocations + their_server.allocations), goal::at_most(0));
    rows.count("  idle client, sodium_chacha", sizeof(client<sodium_chacha>), text_of(client_bytes),
               goal::at_most(512));
    rows.count("  idle server, sodium_chacha", sizeof(server<sodium_chacha>), text_of(server_bytes),
               goal::at_most(512));
    rows.count("  idle client, sodium (with AES)", sizeof(client<sodium>), text_of(client_bytes));
    rows.count("  idle server, sodium (with AES)", sizeof(server<sodium>), text_of(server_bytes));
    rows.count("  smallest workspace of a client, sodium_chacha", client<sodium_chacha>::smallest_workspace);
    rows.count("  smallest workspace of a server, sodium_chacha", server<sodium_chacha>::smallest_workspace);
    rows.count("  ordinary workspace of a client, sodium", client<sodium>::workspace_size);
    rows.count("  ordinary workspace of a server, sodium", server<sodium>::workspace_size);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    using namespace bench;
    require(argc == 5, "usage: ratios quick|full TEXT UNWINDING SECONDS");
    const bool quick = std::strcmp(argv[1], "quick") == 0;
    const effort much = quick ? effort{1, 0.001} : effort{9, 0.05};
    const certificate mine(seed);
    require(spantls::sodium{}.ready(), "libsodium does not start");

    using spantls::sodium;
    const bool aes = sodium{}.available(spantls::cipher_suite::tls_aes_256_gcm_sha384);
    table rows(!quick);
    compare_records<sodium, raw_chacha20_poly1305>(rows, much, mine, {1.00, 1.00, 0.99});
    if (aes) compare_records<sodium, raw_aes256_gcm>(rows, much, mine, {0.93, 0.96, 0.96});
    for (const bool resumed : {false, true}) {
        using namespace spantls::libsodium;
        compare_handshakes<sodium, raw_chacha20_poly1305, sha256>(rows, much, mine, resumed,
                                                                  resumed ? goal{} : goal::at_most(154));
        if (aes) compare_handshakes<sodium, raw_aes256_gcm, sha384>(rows, much, mine, resumed, {});
    }
    measure_signatures(rows, much);
    measure_hybrid(rows, much, mine);
    measure_tickets<sodium>(rows, much);
    measure_memory(rows, mine);
    rows.title("Code with the provider sodium");
    rows.count("  text of the smallest client, own part", std::strtod(argv[2], nullptr), "", goal::at_most(96 * 1024));
    rows.count("  unwind tables, but for -fno-asynchronous-unwind-tables", std::strtod(argv[3], nullptr));
    rows.time("  compiling it at -O2", std::strtod(argv[4], nullptr), " s", goal::at_most(3));
    if (!aes) std::puts("\nThis CPU has no instructions for AES: libsodium has no AES-256-GCM then.");
    std::puts("\nlibssl computes with libcrypto, and spantls here with libsodium: no goal for their ratio.");
}
