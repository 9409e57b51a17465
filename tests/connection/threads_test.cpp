// The two halves of a connection on two threads, without a lock between them: data both ways, key updates that cross,
// and ends of every kind. Meant for ThreadSanitizer.
#include <spantls/connection/halves.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "support/alarm.hpp"
#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using provider = test::seeded<test::small_provider>;

/// One direction of a transport: bytes, their end, and no more than so many on the way. What happens to it is seen by
/// the reader of one end and the writer of the other only.
class one_way {
public:
    void write(bytes_view bytes) {
        std::unique_lock lock(mutex_);
        while (!bytes.empty()) {
            changed_.wait(lock, [&] { return bytes_.size() < capacity || broken_; });
            if (broken_) return;
            const std::size_t count = std::min(bytes.size(), capacity - bytes_.size());
            bytes_.insert(bytes_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
            bytes = bytes.subspan(count);
            changed_.notify_all();
        }
    }
    /// 0 when there will be no more.
    std::size_t read(mutable_bytes to) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !bytes_.empty() || ended_; });
        const std::size_t count = std::min(to.size(), bytes_.size());
        copy_bytes(bytes_view(bytes_).first(count), to);
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(count));
        changed_.notify_all();
        return count;
    }
    /// The writer is done.
    void end() { tell(ended_); }
    /// The reader is.
    void stop() { tell(broken_); }

private:
    void tell(bool& fact) {
        const std::lock_guard lock(mutex_);
        fact = true;
        changed_.notify_all();
    }

    static constexpr std::size_t capacity = 60000;
    std::mutex mutex_;
    std::condition_variable changed_;
    test::buffer bytes_;
    bool ended_ = false, broken_ = false;
};

/// The byte at `at` of what an end says.
std::uint8_t said(std::uint64_t seed, std::size_t at) {
    return static_cast<std::uint8_t>((at * 2654435761u + seed) >> 11);
}

struct plan {
    std::uint64_t seed = 1;
    std::size_t size = 0;                ///< bytes to say
    std::size_t update_every = 0;        ///< calls to send(); every other one asks the peer to do the same
    bool keeps_asking = false;           ///< with nothing to say, asks for a key update as soon as one is answered
    std::size_t abort_after = SIZE_MAX;  ///< bytes said before the writer gives up
    std::size_t damage_at = SIZE_MAX;    ///< byte of the stream that does not arrive as it was sent
};

struct account {
    std::size_t received = 0;
    bool authentic = true;
    std::size_t key_updates = 0, requests = 0;
    what last = what::need_input;
    errc error = errc::none;
    alert_description alert{};
    errc send_error = errc::none;
};

/// One thread of an end. It reads until there is nothing more to read.
template <class Half>
void read_all(Half half, one_way& from, test::alarm& wake, std::atomic<bool>& over, std::uint64_t peers_seed,
              account& result) {
    test::buffer input(40000);
    test::seeded_stream random(peers_seed);
    std::size_t have = 0;
    for (bool reading = true; reading;) {
        step step = half.receive(mutable_bytes(input).first(have));
        if (step.what == what::need_input) {
            const std::size_t room = std::min(input.size() - have, 1 + random.below(9000));
            const std::size_t count = from.read(mutable_bytes(input).subspan(have, room));
            have += count;
            if (count != 0) continue;
            step = half.end_of_input();
        }
        if (half.owes_output() || step.what == what::key_updated) wake.ring();
        if (step.what == what::application_data) {
            for (const std::uint8_t byte : step.data)
                result.authentic = result.authentic && byte == said(peers_seed, result.received++);
        }
        if (step.what == what::key_updated) ++result.key_updates;
        result.last = step.what;
        result.error = step.error;
        result.alert = step.alert;
        reading = step.what != what::failed && step.what != what::closed && step.what != what::peer_closed;
        have = compact(input, step.consumed, have);
    }
    over = true;
    from.stop();
    wake.ring();
}

/// The other thread. It says everything, then close_notify, and then answers what has to be answered; with nothing to
/// say it closes when the other end has.
template <class Half>
void write_all(Half half, one_way& to, test::alarm& wake, const std::atomic<bool>& over, const plan& plan,
               account& result) {
    test::buffer text(20000), out(30000);
    test::seeded_stream random(plan.seed + 1);
    std::size_t sent_bytes = 0;
    const auto put = [&](bytes_view records) {
        test::buffer bytes = test::copy(records);
        if (plan.damage_at >= sent_bytes && plan.damage_at - sent_bytes < bytes.size())
            bytes[plan.damage_at - sent_bytes] ^= 0x20;
        sent_bytes += bytes.size();
        to.write(bytes);
    };
    std::size_t done = 0;
    for (std::size_t calls = 1; done < plan.size && result.send_error == errc::none; ++calls) {
        if (done >= plan.abort_after) half.abort(alert_description::access_denied);
        if (plan.update_every != 0 && calls % plan.update_every == 0) {
            const bool request = calls / plan.update_every % 2 == 0;
            if (half.update_keys(request) == errc::none && request) ++result.requests;
        }
        const std::size_t size = std::min(plan.size - done, 1 + random.below(text.size()));
        for (std::size_t i = 0; i < size; ++i) text[i] = said(plan.seed, done + i);
        const output written = half.send(bytes_view(text).first(size), out);
        put(written.records);
        done += written.consumed;
        result.send_error = written.error;
    }
    if (plan.size != 0) (void)half.close();
    for (;;) {
        const bool last = over;
        if (last) (void)half.close();
        if (plan.keeps_asking && half.update_keys(true) == errc::none) ++result.requests;
        for (output owed = half.transmit(out); !owed.empty(); owed = half.transmit(out)) put(owed.records);
        if (last) break;
        wake.wait();
    }
    to.end();
}

/// Shakes hands on one thread, and lets four go on with it.
struct two_ends {
    std::unique_ptr<test::pair<provider>> both;
    account client, server;

    two_ends(const plan& up, const plan& down, const test::pair_options& options = {})
        : both(std::make_unique<test::pair<provider>>(options)) {
        REQUIRE(both->handshake());
        REQUIRE(both->to_client.waiting.empty());
        one_way to_server, to_client;
        test::alarm client_bell, server_bell;
        std::atomic<bool> client_over{false}, server_over{false};
        auto [client_reader, client_writer] = both->client.tls.split();
        auto [server_reader, server_writer] = both->server.tls.split();
        account client_writes, server_writes;
        std::thread threads[] = {
            std::thread(
                [&, half = client_reader] { read_all(half, to_client, client_bell, client_over, down.seed, client); }),
            std::thread(
                [&, half = server_reader] { read_all(half, to_server, server_bell, server_over, up.seed, server); }),
            std::thread(
                [&, half = client_writer] { write_all(half, to_server, client_bell, client_over, up, client_writes); }),
            std::thread([&, half = server_writer] {
                write_all(half, to_client, server_bell, server_over, down, server_writes);
            }),
        };
        for (std::thread& thread : threads) thread.join();
        client.requests = client_writes.requests;
        client.send_error = client_writes.send_error;
        server.requests = server_writes.requests;
        server.send_error = server_writes.send_error;
    }
};

constexpr std::size_t much = 3000000;

}  // namespace

TEST_CASE("heavy transfer both ways with key updates that cross", "[threads]") {
    const two_ends ends({.seed = 1, .size = 4 * much, .update_every = 7},
                        {.seed = 2, .size = 4 * much, .update_every = 5},
                        {.client = {.rekey_after = 40}, .server = {.record_size = 5000, .rekey_after = 90}});
    for (const account* end : {&ends.client, &ends.server}) {
        REQUIRE(end->error == errc::none);
        REQUIRE(end->authentic);
        REQUIRE(end->received == 4 * much);
        REQUIRE((end->last == what::closed || end->last == what::peer_closed));
        REQUIRE(end->requests > 2);
        REQUIRE(end->key_updates > 20);
        REQUIRE(end->send_error == errc::none);
    }
}

TEST_CASE("one end talks and the other only answers key updates", "[threads]") {
    const two_ends ends({.seed = 3, .size = much, .update_every = 3}, {.seed = 4, .size = 0});
    REQUIRE(ends.server.received == much);
    REQUIRE(ends.server.authentic);
    REQUIRE(ends.client.requests > 10);
    REQUIRE(ends.client.error == errc::none);
    REQUIRE(ends.server.error == errc::none);
}

TEST_CASE("halves of ends that could have authenticated later share nothing, and give the workspace back",
          "[threads]") {
    const two_ends ends({.seed = 3, .size = much, .update_every = 3}, {.seed = 4, .size = much},
                        {.client = {.post_handshake_auth = true}, .server = {.post_handshake_auth = true}});
    for (const account* end : {&ends.client, &ends.server}) {
        REQUIRE(end->error == errc::none);
        REQUIRE(end->received == much);
        REQUIRE(end->authentic);
    }
    REQUIRE_FALSE(ends.both->client.tls.take_workspace().empty());
    REQUIRE_FALSE(ends.both->server.tls.take_workspace().empty());
}

TEST_CASE("one end talks and the other only asks for key updates", "[threads]") {
    const two_ends ends({.seed = 7, .size = 0, .keeps_asking = true}, {.seed = 8, .size = 12 * much});
    REQUIRE(name_of(ends.server.error) == name_of(errc::none));
    REQUIRE(ends.client.error == errc::none);
    REQUIRE(ends.client.received == 12 * much);
    REQUIRE(ends.client.authentic);
    REQUIRE(ends.client.requests > 2 * max_key_updates_in_a_row);
    REQUIRE(ends.server.key_updates > 2 * max_key_updates_in_a_row);
}

TEST_CASE("an alert crosses from the reader to the writer, in the middle of everything", "[threads]") {
    for (std::size_t at = 1; at < much; at = at * 3 + 1000) {
        CAPTURE(at);
        const two_ends ends({.seed = at, .size = much, .update_every = 6, .damage_at = at},
                            {.seed = at + 1, .size = much, .update_every = 4});
        // The server has read something that is not authentic, or waits for what never comes where a length was hit.
        REQUIRE(ends.server.last == what::failed);
        REQUIRE((ends.server.error == errc::bad_record_mac || ends.server.error == errc::unexpected_record_type ||
                 ends.server.error == errc::record_overflow || ends.server.error == errc::truncated));
        REQUIRE(ends.server.authentic);
        REQUIRE(ends.client.authentic);
        // The client hears why, unless the server had said everything before, and had closed.
        if (ends.client.last == what::closed || ends.client.last == what::peer_closed) {
            REQUIRE(ends.client.received == much);
        } else if (const auto alert = alert_for(ends.server.error)) {
            REQUIRE(ends.client.error == errc::peer_alert);
            REQUIRE(ends.client.alert == *alert);
        } else {
            REQUIRE(ends.client.error == errc::truncated);
        }
        // Unless it had said everything before, the server's writer has heard of it.
        REQUIRE((ends.server.send_error == errc::connection_failed || ends.client.received == much));
        REQUIRE(ends.client.received <= much);
    }
}

TEST_CASE("both ends fail at the same time", "[threads]") {
    for (std::uint64_t seed = 1; seed < 6; ++seed) {
        const two_ends ends({.seed = seed, .size = much, .update_every = 6, .damage_at = 500000 * seed + 7},
                            {.seed = seed + 1, .size = much, .update_every = 6, .damage_at = 500000 * seed + 9});
        REQUIRE(ends.server.last == what::failed);
        REQUIRE(ends.client.last == what::failed);
        REQUIRE(ends.server.authentic);
        REQUIRE(ends.client.authentic);
    }
}

TEST_CASE("a writer gives up, and a reader hears of it", "[threads]") {
    for (const std::size_t after : {std::size_t{0}, std::size_t{1}, std::size_t{700000}}) {
        const two_ends ends({.seed = 5, .size = much, .update_every = 6, .abort_after = after},
                            {.seed = 6, .size = much});
        REQUIRE(ends.client.send_error == errc::connection_failed);
        // Its own reader has stopped too, if there was anything left to read.
        REQUIRE((ends.client.error == errc::canceled || ends.client.error == errc::truncated ||
                 ends.client.last == what::closed || ends.client.last == what::peer_closed));
        REQUIRE(ends.server.last == what::failed);
        REQUIRE(ends.server.error == errc::peer_alert);
        REQUIRE(ends.server.alert == alert_description::access_denied);
        REQUIRE(ends.server.authentic);
    }
}
