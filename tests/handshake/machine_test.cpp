#include <spantls/handshake/machine.hpp>

#include "support/catch.hpp"

using spantls::errc;
using spantls::event;

namespace {

enum class door : std::uint8_t { open, closed, locked };

constexpr std::array doors{
    spantls::transition(door::open, event::finished, {door::closed}),
    spantls::transition(door::closed, event::finished, {door::open, door::locked}),
    spantls::transition(door::locked, event::answer_verdict, {door::closed}),
};

/// Counts what it was called for.
struct machine {
    using outcome = spantls::outcome<door>;
    int messages = 0, answers = 0;

    constexpr outcome on(spantls::at<doors, door::open, event::finished> row, const int& strength) {
        ++messages;
        return strength < 0 ? row.fail(errc::decode_error) : row.to<door::closed>();
    }
    constexpr outcome on(spantls::at<doors, door::closed, event::finished> row, const int& strength) {
        ++messages;
        return strength > 9 ? row.to<door::locked>() : row.to<door::open>();
    }
    constexpr outcome on(spantls::at<doors, door::locked, event::answer_verdict> row, const char& key) {
        ++answers;
        return key == 'k' ? row.to<door::closed>() : row.fail(errc::refused);
    }
};

constexpr bool leads(door from, event on, int strength, door to, errc error) {
    machine it;
    const auto result = spantls::dispatch<doors>(it, from, on, errc::unexpected_message, strength);
    return result.next == to && result.error == error && it.messages == (error == errc::unexpected_message ? 0 : 1);
}

static_assert(leads(door::open, event::finished, 1, door::closed, errc::none));
static_assert(leads(door::open, event::finished, -1, door::open, errc::decode_error));
static_assert(leads(door::closed, event::finished, 1, door::open, errc::none));
static_assert(leads(door::closed, event::finished, 10, door::locked, errc::none));
static_assert(leads(door::locked, event::finished, 1, door::locked, errc::unexpected_message));
static_assert(leads(door::open, event::client_hello, 1, door::open, errc::unexpected_message));
// A message is never taken for an answer.
static_assert(leads(door::locked, event::answer_verdict, 1, door::locked, errc::unexpected_message));

}  // namespace

TEST_CASE("an event goes to the handler of its row, and an answer only with its own name") {
    machine it;
    const auto answered =
        spantls::dispatch<doors, event::answer_verdict>(it, door::locked, event::answer_verdict, errc::not_asked, 'k');
    CHECK(answered.error == errc::none);
    CHECK(answered.next == door::closed);
    const auto refused =
        spantls::dispatch<doors, event::answer_verdict>(it, door::locked, event::answer_verdict, errc::not_asked, 'x');
    CHECK(refused.error == errc::refused);
    CHECK(refused.next == door::locked);
    const auto unasked =
        spantls::dispatch<doors, event::answer_verdict>(it, door::open, event::answer_verdict, errc::not_asked, 'k');
    CHECK(unasked.error == errc::not_asked);
    CHECK(it.answers == 2);
    CHECK(it.messages == 0);
}

TEST_CASE("rows are counted, and allow the ways that they have") {
    STATIC_REQUIRE(spantls::rows_for<doors>(door::open, event::finished) == 1);
    STATIC_REQUIRE(spantls::rows_for<doors>(door::open, event::certificate) == 0);
    STATIC_REQUIRE(doors[1].allows(door::open));
    STATIC_REQUIRE(doors[1].allows(door::locked));
    STATIC_REQUIRE_FALSE(doors[1].allows(door::closed));
}

TEST_CASE("every message type has an event of its own, and none is an answer") {
    for (int type = 0; type < 256; ++type) {
        const event on = spantls::event_for(static_cast<spantls::handshake_type>(type));
        CHECK(static_cast<int>(on) == type);
        CHECK_FALSE(spantls::is_answer(on));
    }
    CHECK(spantls::event_for(spantls::handshake_type::finished) == event::finished);
    CHECK(spantls::is_answer(event::answer_identity));
    CHECK(spantls::is_answer(event::answer_signature));
}
