#include <spantls/session/session_store.hpp>

#include <algorithm>
#include <string>

#include "support/catch.hpp"
#include "support/vectors.hpp"

using namespace spantls;

namespace {

constexpr std::uint64_t now = 1'700'000'000'000;

/// A session with this server, with a ticket of that many bytes, that came so many milliseconds after `now`.
test::buffer written(std::string_view server_name, std::uint64_t after = 0, std::size_t ticket_size = 20) {
    const test::buffer key(32, 0x11), ticket(ticket_size, static_cast<std::uint8_t>(after));
    session it;
    it.suite = cipher_suite::tls_chacha20_poly1305_sha256;
    it.received_at = now + after;
    it.lifetime = 1000;
    it.key = key;
    it.ticket = ticket;
    it.server_name = server_name;
    test::buffer bytes(session_size(it));
    REQUIRE(write(it, bytes) == bytes.size());
    return bytes;
}
bool is_none(const session& it) { return it.ticket.empty(); }

}  // namespace

TEST_CASE("a session is taken once, by the server's name (appendix C.4)") {
    test::buffer memory(4 * 200, 0xff), room(196);
    session_store sessions(memory, 200);
    REQUIRE(is_none(sessions.take("one.example", now, room)));
    REQUIRE(sessions.keep(written("one.example")));
    REQUIRE(sessions.keep(written("two.example")));
    REQUIRE(is_none(sessions.take("three.example", now, room)));
    const session taken = sessions.take("ONE.example", now, room);
    REQUIRE(taken.server_name == "one.example");
    REQUIRE(taken.ticket.data() >= room.data());
    REQUIRE(is_none(sessions.take("one.example", now, room)));
    REQUIRE_FALSE(is_none(sessions.take("two.example", now, room)));
    // Nothing of them is left.
    REQUIRE(std::count(memory.begin(), memory.end(), 0) == static_cast<std::ptrdiff_t>(memory.size()));
}

TEST_CASE("a session with a server that has no name is not kept: nobody would know whom it is for") {
    test::buffer memory(4 * 200), room(196);
    session_store sessions(memory, 200);
    REQUIRE_FALSE(sessions.keep(written("")));
    REQUIRE(is_none(sessions.take("", now, room)));
    REQUIRE(sessions.keep(written("one.example")));
    REQUIRE(is_none(sessions.take("", now, room)));
}

TEST_CASE("the youngest is taken first, and the oldest gives way") {
    test::buffer memory(3 * 200 + 199), room(196);
    session_store sessions(memory, 200);
    for (const std::uint64_t after : {std::uint64_t{30}, std::uint64_t{10}, std::uint64_t{40}, std::uint64_t{20}})
        REQUIRE(sessions.keep(written("one.example", after)));
    for (const std::uint64_t after : {std::uint64_t{40}, std::uint64_t{30}, std::uint64_t{20}})
        REQUIRE(sessions.take("one.example", now + 100, room).received_at == now + after);
    REQUIRE(is_none(sessions.take("one.example", now + 100, room)));
}

TEST_CASE("a server that sends tickets without end pushes out none but its own") {
    test::buffer memory(8 * 200), room(196);
    const auto count = [&](session_store& sessions, std::string_view server_name) {
        std::size_t found = 0;
        while (!is_none(sessions.take(server_name, now + 5000, room))) ++found;
        return found;
    };
    // The others' sessions may be older or younger than the row, and there may be room left or not.
    for (const std::size_t others : {std::size_t{1}, std::size_t{4}, std::size_t{5}})
        for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{4000}}) {
            CAPTURE(others, first);
            session_store sessions(memory, 200, 3);
            for (std::size_t i = 0; i < others; ++i)
                REQUIRE(sessions.keep(written("other" + std::to_string(i) + ".example", first + i)));
            for (std::uint64_t after = 1000; after < 1100; ++after)
                REQUIRE(sessions.keep(written(after % 2 == 0 ? "greedy.example" : "GREEDY.example", after)));
            for (std::size_t i = 0; i < others; ++i)
                REQUIRE(count(sessions, "other" + std::to_string(i) + ".example") == 1);
            REQUIRE(sessions.take("greedy.example", now + 5000, room).received_at == now + 1099);
            REQUIRE(count(sessions, "greedy.example") == 2);
        }
    // By default there are four for each, and never none.
    session_store ordinary(memory, 200);
    for (std::uint64_t after = 0; after < 20; ++after) REQUIRE(ordinary.keep(written("greedy.example", after)));
    REQUIRE(count(ordinary, "greedy.example") == 4);
    session_store least(memory, 200, 0);
    for (std::uint64_t after = 0; after < 20; ++after) REQUIRE(least.keep(written("greedy.example", after)));
    REQUIRE(count(least, "greedy.example") == 1);
}

TEST_CASE("a clock that goes back costs sessions, and keeps no place taken") {
    test::buffer memory(2 * 200), room(196);
    session_store sessions(memory, 200);
    REQUIRE(sessions.keep(written("one.example", 900'000)));
    REQUIRE(sessions.keep(written("two.example", 900'000)));
    // It was far ahead, and is right again: nobody can say how old these are.
    REQUIRE(is_none(sessions.take("one.example", now, room)));
    REQUIRE(std::count(memory.begin(), memory.end(), 0) == static_cast<std::ptrdiff_t>(memory.size()));
    REQUIRE(sessions.keep(written("one.example")));
    REQUIRE(sessions.take("one.example", now, room).received_at == now);
}

TEST_CASE("what has expired is not taken, and forgotten whoever asks") {
    test::buffer memory(200), room(196);
    session_store sessions(memory, 200);
    REQUIRE(sessions.keep(written("one.example")));
    REQUIRE(is_none(sessions.take("two.example", now + 999'999, room)));
    REQUIRE(memory[3] != 0);
    REQUIRE(is_none(sessions.take("two.example", now + 1'000'000, room)));
    REQUIRE(std::count(memory.begin(), memory.end(), 0) == 200);
    // So is what seems to be from the future: nobody knows how old it is.
    REQUIRE(sessions.keep(written("one.example", 5)));
    REQUIRE(is_none(sessions.take("one.example", now + 4, room)));
}

TEST_CASE("what does not fit is not kept, and not lost") {
    const test::buffer one = written("one.example");
    test::buffer memory(4 + one.size()), room(one.size());
    {
        session_store sessions(memory, memory.size());
        REQUIRE_FALSE(sessions.keep(written("one.example", 0, 21)));
        REQUIRE_FALSE(sessions.keep({}));
        REQUIRE_FALSE(sessions.keep(bytes_view(one).first(one.size() - 1)));
        test::buffer damaged = one;
        damaged[20] ^= 1;
        REQUIRE_FALSE(sessions.keep(damaged));
        REQUIRE(sessions.keep(one));
        REQUIRE(is_none(sessions.take("one.example", now, mutable_bytes(room).first(room.size() - 1))));
        REQUIRE_FALSE(is_none(sessions.take("one.example", now, room)));
        REQUIRE(sessions.keep(one));
    }
    REQUIRE(std::count(memory.begin(), memory.end(), 0) == static_cast<std::ptrdiff_t>(memory.size()));
    // No place at all.
    for (const std::size_t place_size : {std::size_t{0}, std::size_t{4}, std::size_t{5}, memory.size() + 1}) {
        session_store none(memory, place_size);
        REQUIRE_FALSE(none.keep(one));
        REQUIRE(is_none(none.take("one.example", now, room)));
    }
}
