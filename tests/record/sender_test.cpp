#include <spantls/record/sender.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using null_sender = sender<test::null_provider>;

/// What write_owed() writes: how much, and why not more.
struct written {
    std::size_t size;
    errc error;
};
template <std::size_t N>
written owed(null_sender& it, mailbox& notes, std::array<std::uint8_t, N>& out) {
    output_cursor to{mutable_bytes(out)};
    const errc error = it.write_owed(to, notes);
    return {to.used(), error};
}

}  // namespace

TEST_CASE("an alert that the reader leaves while the writer looks is sent, whenever that is", "[threads]") {
    // Each round is a connection of its own. The reader fails at some moment, the writer asks all the time. Nobody yields:
    // that would keep the moment out of the middle of a look. With one processor there are fewer rounds.
    constexpr std::size_t most_rounds = 60000;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(800);
    std::vector<mailbox> notes(most_rounds);
    std::atomic<std::size_t> begun{0};
    std::atomic<bool> over{false};
    std::thread reader([&] {
        test::seeded_stream random(1);
        for (std::size_t round = 0; round < most_rounds; ++round) {
            while (begun <= round)
                if (over) return;
            for (volatile std::size_t delay = random.below(64); delay != 0;) delay = delay - 1;
            notes[round].owe_alert(alert_description::bad_record_mac);
        }
    });
    std::size_t lost = 0, other = 0, rounds = 0;
    while (rounds < most_rounds && std::chrono::steady_clock::now() < end) {
        null_sender it;
        mailbox& mine = notes[rounds];
        std::array<std::uint8_t, 100> out{};
        begun = ++rounds;
        std::size_t size = 0;
        while (!mine.has(mailbox::write_closed)) size += owed(it, mine, out).size;
        if (size == 0) ++lost;
        else if (size != record_header_size + 2 || out[6] != static_cast<std::uint8_t>(alert_description::bad_record_mac))
            ++other;
    }
    over = true;
    reader.join();
    CAPTURE(rounds);
    REQUIRE(rounds > 0);
    REQUIRE(lost == 0);
    REQUIRE(other == 0);
}

TEST_CASE("an alert waits for room, is written once, and then nothing more is") {
    null_sender it;
    mailbox notes;
    std::array<std::uint8_t, record_header_size + 1> small;
    std::array<std::uint8_t, record_header_size + 2> out;
    REQUIRE_FALSE(it.owes(notes));
    REQUIRE(owed(it, notes, out).size == 0);
    notes.owe_alert(alert_description::decode_error);
    REQUIRE(it.owes(notes));
    const written none = owed(it, notes, small);
    REQUIRE(none.size == 0);
    REQUIRE(none.error == errc::too_small);
    REQUIRE(it.owes(notes));
    REQUIRE_FALSE(notes.has(mailbox::write_closed));
    const written one = owed(it, notes, out);
    REQUIRE(one.size == out.size());
    REQUIRE(one.error == errc::none);
    REQUIRE(out == std::array<std::uint8_t, 7>{21, 3, 3, 0, 2, 2, 50});
    REQUIRE_FALSE(it.owes(notes));
    REQUIRE(it.closed());
    REQUIRE(notes.has(mailbox::write_closed));
    REQUIRE(owed(it, notes, out).size == 0);
}

TEST_CASE("a connection that has died without an alert owes nothing, not even close_notify") {
    null_sender it;
    mailbox notes;
    std::array<std::uint8_t, 100> out;
    it.queue_close();
    REQUIRE(it.owes(notes));
    notes.set(mailbox::dead);
    REQUIRE_FALSE(it.owes(notes));
    const written none = owed(it, notes, out);
    REQUIRE(none.size == 0);
    REQUIRE(none.error == errc::none);
    REQUIRE(notes.has(mailbox::write_closed));
}

TEST_CASE("what is sealed in place is one record, and never more") {
    null_sender it;
    mailbox notes;
    it.set_limits(100, UINT64_MAX);
    std::array<std::uint8_t, 1000> out{};
    output_cursor to{mutable_bytes(out)};
    const bytes_view data = bytes_view(out).subspan(record_header_size);
    REQUIRE(it.write_in_place(to, data.first(101), notes) == errc::bad_argument);
    REQUIRE(it.write_in_place(to, data, notes) == errc::bad_argument);
    REQUIRE(to.used() == 0);
    output_cursor tight{mutable_bytes(out).first(record_header_size + 99)};
    REQUIRE(it.write_in_place(tight, data.first(100), notes) == errc::too_small);
    REQUIRE(tight.used() == 0);
    REQUIRE(it.write_in_place(to, data.first(100), notes) == errc::none);
    REQUIRE(to.used() == record_header_size + 100);
}
