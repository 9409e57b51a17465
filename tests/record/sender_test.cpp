#include <spantls/record/sender.hpp>

#include <algorithm>
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
    // Each round is a connection of its own. The reader fails at some moment, the writer asks all the time. Nobody
    // yields: that would keep the moment out of the middle of a look. With one processor there are fewer rounds.
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
        if (size == 0)
            ++lost;
        else if (size != record_header_size + 2 ||
                 out[6] != static_cast<std::uint8_t>(alert_description::bad_record_mac))
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

TEST_CASE("protected records are padded and held to the limit, those in the clear are neither") {
    null_sender it;
    mailbox notes;
    it.set_limits(100, UINT64_MAX, padding::constant(90));
    it.limit_protected(64);
    std::array<std::uint8_t, 1000> out{};
    output_cursor clear{mutable_bytes(out)};
    REQUIRE(it.fragment(1000, 1000) == 100);
    it.write(clear, content_type::handshake, std::vector<std::uint8_t>(80));
    REQUIRE(clear.used() == 80 + record_header_size);

    const suite_info& suite = test::null_provider::suites[0];
    it.change_keys(suite, std::vector<std::uint8_t>(digest_size(suite.hash)));
    it.connected(suite);
    constexpr std::size_t whole = 64 + record_overhead - 1;
    REQUIRE(it.fragment(1000, 1000) == 63);
    REQUIRE(it.fragment(whole - 1, 1) == 0);
    output_cursor to{mutable_bytes(out)};
    REQUIRE(it.write_data(to, std::vector<std::uint8_t>(64, 1), notes) == 64);
    REQUIRE(to.used() == 2 * whole);
    REQUIRE(it.last().wire_size == whole);
    REQUIRE(it.last().content_size == 1);
    // Content, content type, zeros.
    const bytes_view last = bytes_view(out).subspan(whole + record_header_size, 64);
    REQUIRE(last[0] == 1);
    REQUIRE(last[1] == static_cast<std::uint8_t>(content_type::application_data));
    for (const std::uint8_t zero : last.subspan(2)) REQUIRE(zero == 0);

    it.queue_update(false);
    REQUIRE(owed(it, notes, out).size == whole);
    REQUIRE(it.write_cover(to, notes) == errc::none);
    REQUIRE(to.used() == 3 * whole);
    const std::array<bytes_view, 1> message{bytes_view(out).first(130)};
    std::array<std::uint8_t, 3 * whole - 1> little{};
    output_cursor less{mutable_bytes(little)};
    REQUIRE(it.write_message(less, message, notes) == errc::too_small);
    REQUIRE(less.used() == 0);
    REQUIRE(it.write_message(to, message, notes) == errc::none);
    REQUIRE(to.used() == 6 * whole);
    notes.owe_alert(alert_description::user_canceled);
    REQUIRE(owed(it, notes, out).size == 2 * whole);
    REQUIRE_FALSE(it.owes(notes));
}

TEST_CASE("what was begun goes before a key update that is owed, at the end of the key still once") {
    null_sender it;
    mailbox notes;
    it.set_limits(100, 3);
    const suite_info& suite = test::null_provider::suites[0];
    it.change_keys(suite, std::vector<std::uint8_t>(digest_size(suite.hash)));
    it.connected(suite);
    std::array<std::uint8_t, 200> out{};
    const bytes_view data = bytes_view(out).subspan(record_header_size);
    output_cursor to{mutable_bytes(out)};
    it.queue_update(false);
    REQUIRE(it.write_in_place(to, data.first(10), notes) == errc::output_owed);
    REQUIRE(it.write_in_place(to, data.first(101), notes, true) == errc::bad_argument);
    REQUIRE(it.write_in_place(to, data.first(10), notes, true) == errc::none);
    output_cursor second{mutable_bytes(out)};
    REQUIRE(it.write_in_place(second, data.first(10), notes, true) == errc::none);
    // The next of this key is that of its update; but what was begun before others used the rest up has to leave, once.
    output_cursor third{mutable_bytes(out)};
    REQUIRE(it.write_in_place(third, data.first(10), notes) == errc::output_owed);
    REQUIRE(it.write_in_place(third, data.first(10), notes, true) == errc::none);
    output_cursor fourth{mutable_bytes(out)};
    REQUIRE(it.write_in_place(fourth, data.first(10), notes, true) == errc::output_owed);
    REQUIRE(fourth.used() == 0);
    REQUIRE(owed(it, notes, out).size == record_overhead + 5);
    REQUIRE(it.write_in_place(fourth, data.first(10), notes, true) == errc::none);
}

TEST_CASE("records for a flight that is being composed are left, or the next key has them (section 5.5)") {
    const suite_info& suite = test::null_provider::suites[0];
    std::array<std::uint8_t, 1000> out{};
    for (const std::uint64_t limit : {2u, 3u, 10u})
        for (const std::size_t size : {0u, 1u, 4u, 1000u}) {
            CAPTURE(limit, size);
            null_sender it;
            mailbox notes;
            it.set_limits(100, limit);
            it.change_keys(suite, std::vector<std::uint8_t>(digest_size(suite.hash)));
            it.connected(suite);
            it.reserve(size);
            // A fresh key is never too old for it, however long it is.
            REQUIRE_FALSE(it.update_due());
            const std::uint64_t kept = std::min<std::uint64_t>(size, limit - 2);
            for (std::uint64_t i = 0; i < limit - 1 - kept; ++i) {
                REQUIRE_FALSE(it.update_due());
                output_cursor to{mutable_bytes(out)};
                REQUIRE(it.write_data(to, as_bytes("x"), notes) == 1);
                REQUIRE(to.used() == record_overhead + 1);
            }
            REQUIRE(it.update_due());
            output_cursor to{mutable_bytes(out)};
            REQUIRE(it.write_data(to, as_bytes("x"), notes) == 1);
            REQUIRE(to.used() == 2 * record_overhead + 5 + 1);
            // With no more updates nothing is kept back.
            it.limit_key_updates(0);
            REQUIRE(it.update_due() == (limit == 2));
        }
}

TEST_CASE(
    "no more key updates than are allowed: then no answer, no request, and data as long as the last key lasts "
    "(sections 4.7.3 and 5.5)") {
    static_assert(max_key_updates == 0xffffffffffff);
    const suite_info& suite = test::null_provider::suites[0];
    const std::size_t update = record_overhead + 5;
    const std::vector<std::uint8_t> secret(digest_size(suite.hash));
    std::array<std::uint8_t, 1000> out{};
    for (const std::uint64_t allowed : {0u, 1u, 2u, 5u}) {
        CAPTURE(allowed);
        null_sender it;
        mailbox notes;
        it.set_limits(100, 3);
        it.change_keys(suite, secret);
        it.connected(suite);
        it.limit_key_updates(allowed);
        for (std::uint64_t i = 0; i < allowed; ++i) {
            // By itself, as an answer, as a request.
            if (i % 2 == 0)
                notes.set(mailbox::key_update_owed);
            else
                it.queue_update(false);
            REQUIRE(it.may_update_keys());
            REQUIRE(it.owes(notes));
            REQUIRE(owed(it, notes, out).size == update);
        }
        REQUIRE_FALSE(it.may_update_keys());
        // The peer asks, the application asks: nothing is owed.
        notes.set(mailbox::key_update_owed);
        it.queue_update(true);
        REQUIRE_FALSE(it.owes(notes));
        REQUIRE(owed(it, notes, out).size == 0);
        REQUIRE_FALSE(notes.has(mailbox::update_outstanding));
        REQUIRE_FALSE(it.exhausted());
        // Two records of data, and the third is kept for the last alert.
        const std::array<std::uint8_t, 300> data{};
        output_cursor to{mutable_bytes(out)};
        REQUIRE(it.write_data(to, data, notes) == 200);
        REQUIRE(it.exhausted());
        REQUIRE(it.write_data(to, data, notes) == 0);
        REQUIRE(it.write_cover(to, notes) == errc::no_more_keys);
        const bytes_view piece(data.data(), 8);
        REQUIRE(it.write_message(to, std::array<bytes_view, 1>{piece}, notes) == errc::no_more_keys);
        output_cursor in_place{mutable_bytes(out)};
        const bytes_view text = bytes_view(out).subspan(record_header_size, 10);
        REQUIRE(it.write_in_place(in_place, text, notes) == errc::no_more_keys);
        REQUIRE(it.write_in_place(in_place, text, notes, true) == errc::no_more_keys);
        REQUIRE(in_place.used() == 0);
        it.queue_close();
        REQUIRE(owed(it, notes, out).size == record_overhead + 2);
        REQUIRE_FALSE(it.owes(notes));
    }
}
