#include <spantls/drivers/two_threads.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>

#include <spantls/client.hpp>
#include <spantls/drivers/blocking.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/server.hpp>

#include "support/alarm.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using test::buffer;

struct socket_end {
    int fd = -1;
    std::size_t most_read = SIZE_MAX;
    ~socket_end() { ::close(fd); }
    std::ptrdiff_t read(mutable_bytes space) { return ::recv(fd, space.data(), std::min(space.size(), most_read), 0); }
    std::ptrdiff_t write(bytes_view bytes) { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
};

template <class Connection>
struct side {
    template <class P, class Config, class... Extra>
    side(P& crypto, const Config& config, std::size_t in_size, std::size_t out_size, Extra... extra)
        : workspace(Connection::workspace_size),
          input(in_size),
          output(out_size),
          tls(crypto, config, workspace, extra...) {}

    buffer workspace, input, output;
    Connection tls;
    std::optional<typename Connection::halves> halves;
    socket_end socket;
    test::alarm bell;

    auto reader() {
        return threaded_reader(halves->reader, socket, input, [this] { bell.ring(); });
    }
    auto writer() { return threaded_writer(halves->writer, socket, output); }
};

struct server_answers {
    const test::credentials& own;
    buffer signature{};
    x509::verdict judge(const x509::peer&) { return x509::verdict::accept(); }
    identity identify(const step&) { return own.who(); }
    bytes_view sign(const signing_request& request) { return signature = own.key.sign(test::copy(request.content)); }
};

template <class P>
struct four_threads {
    explicit four_threads(const test::pair_options& chosen = {}, std::size_t in_size = 3 * max_record,
                          std::size_t out_size = max_record)
        : options(chosen),
          client_side(client_crypto, options.client, in_size, out_size, options.target),
          server_side(server_crypto, options.server, in_size, out_size) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error("no sockets");
        client_side.socket.fd = ends[0];
        server_side.socket.fd = ends[1];
    }
    const test::pair_options options;
    P client_crypto, server_crypto;
    side<client<P>> client_side;
    side<server<P>> server_side;

    /// Over the same sockets, by the blocking driver: it leaves nothing behind in its buffer.
    bool connect() {
        io_status client_status, server_status;
        std::thread other([&] {
            server_answers who{test::pair<P>::server_credentials()};
            blocking io(server_side.tls, server_side.socket, server_side.input);
            server_status = io.handshake(who);
        });
        blocking io(client_side.tls, client_side.socket, client_side.input);
        client_status = io.handshake([](const x509::peer&) { return x509::verdict::accept(); });
        other.join();
        client_side.halves = client_side.tls.split();
        server_side.halves = server_side.tls.split();
        return client_status && server_status;
    }
};

/// What one thread has seen; looked at when it has ended.
struct report {
    std::size_t bytes = 0, key_updates = 0;
    bool wrong = false;
    errc error = errc::none;
    alert_description alert = alert_description::close_notify;
};

/// However a thread ends, the one at the other end of its direction does not wait for it: a failure is no hang.
struct shut_at_end {
    int fd, how;
    ~shut_at_end() { ::shutdown(fd, how); }
};

/// Blocks of any size, with key updates between them, then the end.
template <class Side>
report write_much(Side& side, std::uint64_t seed, std::size_t total, std::size_t largest) {
    const shut_at_end over{side.socket.fd, SHUT_WR};
    auto writer = side.writer();
    report seen;
    test::seeded_stream data(seed), choice(seed + 1);
    buffer block;
    for (std::size_t blocks = 1; seen.bytes < total; ++blocks) {
        block.resize(1 + choice.below(std::min(largest, total - seen.bytes)));
        data.fill(block);
        const io_status written = writer.write(block);
        seen.error = written.error;
        seen.wrong = written.stream_failed;
        if (!written) return seen;
        seen.bytes += block.size();
        if (blocks % 4 != 0) continue;
        // A request may be under way already; that is no error.
        const io_status updated = writer.update_keys(blocks % 8 == 0);
        if (updated) ++seen.key_updates;
        if (updated || (updated.error == errc::update_outstanding && !updated.stream_failed)) continue;
        seen.error = updated.error;
        seen.wrong = updated.stream_failed;
        return seen;
    }
    seen.wrong = !writer.close();
    return seen;
}

/// Reads to the end and compares.
template <class Side>
report read_much(Side& side, std::uint64_t seed) {
    const shut_at_end over{side.socket.fd, SHUT_RD};
    auto reader = side.reader();
    report seen;
    test::seeded_stream data(seed);
    buffer expected;
    while (const auto step = reader.next()) {
        if (step->what == what::key_updated) ++seen.key_updates;
        if (step->what == what::application_data) {
            expected.resize(step->data.size());
            data.fill(expected);
            seen.wrong = seen.wrong || !equal_bytes(expected, step->data);
            seen.bytes += step->data.size();
        }
        if (step->what == what::peer_closed || step->what == what::closed) return seen;
        if (step->what == what::failed) {
            seen.error = step->error;
            seen.alert = step->alert;
            return seen;
        }
    }
    seen.wrong = true;
    return seen;
}

/// Of 95 bytes, which no key has sealed.
buffer forged_record() {
    buffer record(100, 0);
    record[0] = static_cast<std::uint8_t>(content_type::application_data);
    record[1] = record[2] = 3;
    record[4] = 95;
    return record;
}

template <class P>
void transfer(four_threads<P>& both, std::size_t total, std::size_t largest) {
    REQUIRE(both.connect());
    report up_sent, up_seen, down_sent, down_seen;
    std::thread threads[] = {
        std::thread([&] { up_sent = write_much(both.client_side, 1, total, largest); }),
        std::thread([&] { up_seen = read_much(both.server_side, 1); }),
        std::thread([&] { down_sent = write_much(both.server_side, 2, total, largest); }),
        std::thread([&] { down_seen = read_much(both.client_side, 2); }),
    };
    for (std::thread& thread : threads) thread.join();
    for (const report& seen : {up_sent, up_seen, down_sent, down_seen}) {
        REQUIRE_FALSE(seen.wrong);
        REQUIRE(seen.error == errc::none);
        REQUIRE(seen.bytes == total);
    }
    // Own updates, and answers to those of the other side.
    REQUIRE(up_sent.key_updates > 0);
    REQUIRE(up_seen.key_updates >= up_sent.key_updates);
    REQUIRE(down_seen.key_updates >= down_sent.key_updates);
}

}  // namespace

TEST_CASE("a heavy transfer both ways on four threads, with key updates", "[threads]") {
    four_threads<test::small_provider> both;
    transfer(both, 32 << 20, 40000);
}

TEST_CASE("the same with small blocks, small records and small buffers", "[threads]") {
    four_threads<test::seeded<test::usual_provider>> both(
        {.client = {.record_size = 700}, .server = {.record_size = 300, .rekey_after = 50}}, max_record, min_output);
    both.client_side.socket.most_read = 100;
    transfer(both, 200000, 900);
}

TEST_CASE("a writer that sleeps is woken to answer a key update", "[threads]") {
    constexpr std::size_t rounds = max_key_updates_in_a_row - 2;
    four_threads<test::small_provider> both;
    REQUIRE(both.connect());
    report client_seen;
    bool all_sent = true;
    std::atomic<bool> over = false;
    std::thread client_reads([&] {
        client_seen = read_much(both.client_side, 1);
        over = true;
        both.client_side.bell.ring();
    });
    std::thread client_writes([&, writer = both.client_side.writer()]() mutable {
        // Nothing to send of its own: it sleeps until something is owed.
        while (!over) {
            both.client_side.bell.wait();
            if (!writer.flush()) all_sent = false;
        }
        if (!writer.close()) all_sent = false;
    });
    // The server waits for each answer before it asks again.
    auto reader = both.server_side.reader();
    auto writer = both.server_side.writer();
    std::size_t answers = 0;
    for (; answers < rounds; ++answers) {
        if (!writer.update_keys(true)) break;
        const auto step = reader.next();
        if (!step || step->what != what::key_updated) break;
    }
    const io_status closed = writer.close();
    const incoming end = reader.read();
    client_reads.join();
    client_writes.join();
    REQUIRE(answers == rounds);
    REQUIRE(closed);
    REQUIRE_FALSE(end);
    REQUIRE(end.status);
    REQUIRE(all_sent);
    REQUIRE(client_seen.error == errc::none);
    REQUIRE_FALSE(client_seen.wrong);
    REQUIRE(client_seen.key_updates == rounds);
}

TEST_CASE("an alert crosses from the reader to a writer that is busy", "[threads]") {
    // Each time at another moment of the writer's: some of them are rare.
    for (int round = 0; round < 40; ++round) {
        four_threads<test::small_provider> both;
        REQUIRE(both.connect());
        report sent, seen, server_seen;
        std::thread client_writes([&] { sent = write_much(both.client_side, 1, SIZE_MAX, 300); });
        std::thread client_reads([&] { seen = read_much(both.client_side, 2); });
        std::thread server_reads([&] { server_seen = read_much(both.server_side, 1); });
        const buffer forged = forged_record();
        const bool forged_sent = write_all(both.server_side.socket, forged);
        client_writes.join();
        client_reads.join();
        server_reads.join();
        REQUIRE(forged_sent);
        REQUIRE(seen.error == errc::bad_record_mac);
        REQUIRE(sent.error == errc::connection_failed);
        REQUIRE(server_seen.error == errc::peer_alert);
        REQUIRE(server_seen.alert == alert_description::bad_record_mac);
        // What was sent before the alert has arrived, all of it.
        REQUIRE(server_seen.bytes >= sent.bytes);
        REQUIRE_FALSE(server_seen.wrong);
    }
}

TEST_CASE("a writer that learns of an error by a command that is refused has sent the alert") {
    four_threads<test::small_provider> both;
    REQUIRE(both.connect());
    REQUIRE(write_all(both.server_side.socket, forged_record()));
    REQUIRE(both.client_side.reader().read().status.error == errc::bad_record_mac);
    REQUIRE(both.client_side.writer().update_keys(true).error == errc::connection_failed);
    ::shutdown(both.client_side.socket.fd, SHUT_WR);
    const report server_seen = read_much(both.server_side, 1);
    REQUIRE(server_seen.error == errc::peer_alert);
    REQUIRE(server_seen.alert == alert_description::bad_record_mac);
}

TEST_CASE("an alert wakes a writer that sleeps", "[threads]") {
    four_threads<test::null_provider> both;
    REQUIRE(both.connect());
    std::thread client_writes([&, writer = both.client_side.writer()]() mutable {
        both.client_side.bell.wait();
        (void)writer.flush();
    });
    std::thread client_reads([&, reader = both.client_side.reader()]() mutable { (void)reader.read(); });
    const std::array<std::uint8_t, 6> nonsense{99, 3, 3, 0, 1, 0};
    REQUIRE(write_all(both.server_side.socket, nonsense));
    const report server_seen = read_much(both.server_side, 1);
    client_writes.join();
    client_reads.join();
    REQUIRE(both.client_side.tls.error() == errc::unexpected_record_type);
    REQUIRE(server_seen.error == errc::peer_alert);
    REQUIRE(server_seen.alert == alert_description::unexpected_message);
}

TEST_CASE("streams that end or fail, and records that do not fit") {
    four_threads<test::null_provider> both({}, max_record - 1);
    REQUIRE(both.connect());
    auto reader = both.client_side.reader();
    auto writer = both.client_side.writer();
    auto server_writer = both.server_side.writer();
    const buffer data(max_fragment, 1);
    REQUIRE(server_writer.write(bytes_view(data).first(100)));
    REQUIRE(reader.read().data.size() == 100);
    // The largest record, padded to the utmost: one byte too long for this buffer.
    buffer record(max_record, 0);
    record[0] = static_cast<std::uint8_t>(content_type::application_data);
    record[1] = record[2] = 3;
    record[3] = static_cast<std::uint8_t>((max_record - 5) >> 8);
    record[4] = static_cast<std::uint8_t>((max_record - 5) & 0xff);
    REQUIRE(write_all(both.server_side.socket, record));
    REQUIRE(reader.read().status.error == errc::too_small);
    REQUIRE(writer.abort());
    const incoming told = both.server_side.reader().read();
    REQUIRE(told.status.error == errc::peer_alert);
    REQUIRE(told.status.alert == alert_description::internal_error);

    four_threads<test::null_provider> cut;
    REQUIRE(cut.connect());
    REQUIRE(::shutdown(cut.server_side.socket.fd, SHUT_RDWR) == 0);
    auto late = cut.client_side.writer();
    REQUIRE(late.write(data).stream_failed);
    REQUIRE(late.write(data).stream_failed);
    REQUIRE(late.flush().stream_failed);
    REQUIRE(cut.client_side.reader().read().status.error == errc::truncated);
}

TEST_CASE("a ticket in pieces asks the reading half for memory") {
    four_threads<test::null_provider> both({.server = {.record_size = 50}});
    REQUIRE(both.connect());
    const buffer body(300, 5), nonce(1);
    buffer records(4000);
    const auto ticket = both.server_side.tls.send_ticket(
        {.lifetime = 1, .age_add = 2, .nonce = nonce, .ticket = body, .extensions = {}}, records);
    REQUIRE(write_all(both.server_side.socket, ticket));
    auto reader = both.client_side.reader();
    const auto asked = reader.next();
    REQUIRE(asked);
    REQUIRE(asked->what == what::need_workspace);
    REQUIRE(reader.read().status.error == errc::workspace_too_small);
    buffer memory(1000);
    REQUIRE(reader.lend_workspace(memory) == errc::none);
    const auto step = reader.next();
    REQUIRE(step);
    REQUIRE(step->what == what::ticket);
    REQUIRE(test::copy((*step->tickets().begin()).ticket) == body);
    REQUIRE(reader.take_workspace().size() == memory.size());
}
