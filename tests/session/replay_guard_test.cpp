#include <spantls/session/replay_guard.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <sodium.h>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using namespace spantls;

namespace {

constexpr std::array<std::uint8_t, 16> key{7, 1, 2};
constexpr replay_tolerance tolerance{700, 299};
constexpr std::uint64_t period = 1000;  // what these two make
constexpr std::uint64_t now = 1'700'000'000'000;
static_assert(now % period == 0);

struct guarded {
    std::vector<replay_guard::slot> slots;
    replay_guard guard;
    explicit guarded(std::size_t count = 1024, replay_start start = replay_start::clean, std::uint64_t when = now)
        : slots(count), guard(slots, key, when, start, tolerance) {}
};

/// A binder, as different from the others as HMACs are.
std::array<std::uint8_t, 32> binder(std::uint64_t number) {
    std::array<std::uint8_t, 32> out{};
    test::seeded_stream(number).fill(out);
    return out;
}

/// How many of `count` calls to `call(i)`, made by two threads at the same time, return true.
template <class Call>
int in_two_threads(int count, Call call) {
    std::atomic<int> ready{0}, yes{0};
    const auto run = [&](int first) {
        ready.fetch_add(1);
        while (ready.load() != 2) std::this_thread::yield();
        for (int i = first; i < count; i += 2)
            if (call(i)) yes.fetch_add(1);
    };
    std::thread other(run, 1);
    run(0);
    other.join();
    return yes.load();
}

struct races {
    std::size_t never = 0, once = 0, twice = 0;
};

/// Each of two threads makes one call, `call(guard, thread)`, on each of many guards, and both begin at the same time.
template <class Call>
races race(std::vector<std::unique_ptr<guarded>>& guards, Call call) {
    std::vector<std::atomic<int>> arrived(guards.size()), taken(guards.size());
    in_two_threads(2, [&](int thread) {
        for (std::size_t round = 0; round < guards.size(); ++round) {
            arrived[round].fetch_add(1);
            for (int spins = 0; arrived[round].load() != 2; ++spins)
                if (spins > 10'000) std::this_thread::yield();
            if (call(guards[round]->guard, thread)) taken[round].fetch_add(1);
        }
        return true;
    });
    races result;
    for (const auto& times : taken) ++(times == 0 ? result.never : times == 1 ? result.once : result.twice);
    return result;
}

}  // namespace

TEST_CASE("SipHash-2-4 is what libsodium computes, for every length") {
    test::seeded_stream random(3);
    for (std::size_t size = 0; size < 100; ++size) {
        test::buffer bytes(size);
        std::array<std::uint8_t, 16> any{};
        random.fill(bytes);
        random.fill(any);
        std::array<std::uint8_t, 8> expected{};
        REQUIRE(crypto_shorthash_siphash24(expected.data(), bytes.data(), size, any.data()) == 0);
        std::uint64_t word = 0;
        for (std::size_t i = 8; i-- > 0;) word = word << 8 | expected[i];
        REQUIRE(detail::siphash(any)(bytes) == word);
    }
}

TEST_CASE("the same flight is taken once, and others besides (section 8.2)") {
    guarded it;
    for (std::uint64_t flight = 0; flight < 20; ++flight) {
        CHECK(it.guard.first_time(binder(flight), now));
        for (int again = 0; again < 3; ++again) CHECK_FALSE(it.guard.first_time(binder(flight), now));
    }
    // Any bytes will do: of any length, and one more or less is another flight.
    const test::buffer zeros(100);
    for (std::size_t size = 0; size <= zeros.size(); ++size) {
        CHECK(it.guard.first_time(bytes_view(zeros).first(size), now));
        CHECK_FALSE(it.guard.first_time(bytes_view(zeros).first(size), now));
    }
}

TEST_CASE("a flight is remembered for as long as it can be fresh, wherever in a period it came") {
    for (const std::uint64_t came : {now, now + 1, now + period / 2, now + period - 1}) {
        guarded it;
        REQUIRE(it.guard.first_time(binder(1), came));
        for (std::uint64_t after = 0; after < period; ++after) {
            REQUIRE_FALSE(it.guard.first_time(binder(1), came + after));
        }
        // Two periods later it is forgotten; that it is not fresh any more is what keeps it out.
        CHECK(it.guard.first_time(binder(1), came + 2 * period));
        CHECK_FALSE(it.guard.first_time(binder(1), came + 2 * period));
    }
}

TEST_CASE("no flight is taken twice, whenever it is replayed") {
    // A ticket given out at `now`; the client claims an age, and its flight is sent again and again.
    for (const std::uint32_t claimed : {0u, 1u, 299u, 300u, 5000u}) {
        guarded it;
        int taken = 0;
        for (std::uint64_t when = now; when < now + 8000; when += 7)
            taken += it.guard.judge({binder(claimed), 0, true}, claimed, when - now, when);
        CHECK(taken == 1);
    }
}

TEST_CASE("a flight under a key without an age is never taken, and not recorded (section 4.3.11.1)") {
    guarded it;
    for (const std::uint64_t when : {now, now + 2 * period, now + 1000 * period})
        CHECK_FALSE(it.guard.judge({binder(1), 0, false}, 0, 0, when));
    CHECK(it.guard.judge({binder(1), 0, true}, 0, 0, now + 1000 * period));
}

TEST_CASE("a flight is fresh when its age is as claimed, within the tolerance (sections 4.3.10 and 8.3)") {
    guarded it;
    const replay_guard& guard = it.guard;
    CHECK(guard.fresh(5000, 5000));
    CHECK(guard.fresh(5000, 5000 + 700));
    CHECK_FALSE(guard.fresh(5000, 5000 + 701));
    CHECK(guard.fresh(5000, 5000 - 299));
    CHECK_FALSE(guard.fresh(5000, 5000 - 300));
    CHECK(guard.fresh(0, 0));
    CHECK_FALSE(guard.fresh(0, UINT64_MAX));           // given out in the future
    CHECK_FALSE(guard.fresh(UINT32_MAX, UINT64_MAX));  // and what the client would have to say to that
    CHECK_FALSE(guard.fresh(UINT32_MAX, 0));
    CHECK_FALSE(guard.fresh(0, std::uint64_t{1} << 32));  // the same modulo 2^32
    // What is not fresh is not recorded either.
    CHECK_FALSE(it.guard.judge({binder(1), 0, true}, 5000, 9000, now));
    CHECK(it.guard.judge({binder(1), 0, true}, 5000, 5001, now));
    CHECK_FALSE(it.guard.judge({binder(1), 0, true}, 5000, 5001, now));
}

TEST_CASE("after a start nothing is taken that could have been taken before it") {
    const std::uint64_t start = now + 123;
    guarded it(1024, replay_start::wait, start);
    CHECK_FALSE(it.guard.first_time(binder(1), start));
    CHECK_FALSE(it.guard.first_time(binder(1), start + period - 1));
    CHECK_FALSE(it.guard.first_time(binder(1), start - 1));
    CHECK_FALSE(it.guard.first_time(binder(1), 0));
    CHECK(it.guard.first_time(binder(1), start + period));
    CHECK_FALSE(it.guard.first_time(binder(1), start + period));
    CHECK(guarded(1024, replay_start::clean, start).guard.first_time(binder(1), start));
    // Unless told otherwise, ten seconds late and two early.
    std::vector<replay_guard::slot> slots(8);
    replay_guard usual(slots, key, now, replay_start::wait);
    CHECK_FALSE(usual.first_time(binder(1), now + 12'000));
    CHECK(usual.first_time(binder(1), now + 12'001));
}

TEST_CASE("a clock that goes backwards over the beginning of a period stops early data until it is back") {
    guarded it;
    CHECK(it.guard.first_time(binder(1), now + 5 * period));
    CHECK(it.guard.first_time(binder(2), now + 6 * period - 1));
    CHECK(it.guard.first_time(binder(3), now + 5 * period));  // inside of one it does not matter
    CHECK_FALSE(it.guard.first_time(binder(4), now + 5 * period - 1));
    CHECK_FALSE(it.guard.first_time(binder(1), now));
    CHECK_FALSE(it.guard.first_time(binder(4), 0));
    CHECK(it.guard.first_time(binder(4), now + 6 * period));
    CHECK_FALSE(it.guard.first_time(binder(2), now + 6 * period));
}

TEST_CASE("a full guard refuses, forgets nothing, and takes flights again when there is room") {
    guarded it(64);
    std::vector<std::uint64_t> taken;
    std::uint64_t flight = 0;
    for (; flight < 2000; ++flight)
        if (it.guard.first_time(binder(flight), now)) taken.push_back(flight);
    REQUIRE(taken.size() == 64);
    for (; flight < 3000; ++flight) REQUIRE_FALSE(it.guard.first_time(binder(flight), now + period - 1));
    for (; flight < 4000; ++flight) REQUIRE_FALSE(it.guard.first_time(binder(flight), now + 2 * period - 1));
    for (const std::uint64_t one : taken) REQUIRE_FALSE(it.guard.first_time(binder(one), now + 2 * period - 1));
    std::size_t again = 0;
    for (; flight < 6000; ++flight) again += it.guard.first_time(binder(flight), now + 2 * period);
    CHECK(again == 64);
}

TEST_CASE("with eight slots for each flight few are refused that are new") {
    guarded it(8 * 4096);
    std::size_t refused = 0;
    std::uint64_t flight = 0;
    for (const std::uint64_t when : {now, now + period, now + 2 * period, now + 3 * period})
        for (int i = 0; i < 4096; ++i) refused += !it.guard.first_time(binder(flight++), when);
    CHECK(refused < 4 * 4096 / 1000);
}

TEST_CASE("what was recorded long ago is no obstacle, and what seems to be from the future is kept") {
    for (const std::uint64_t later : {2ull, 3ull, 1000ull, 0x7fffffull, 0x1000002ull}) {
        guarded it(8);
        std::size_t before = 0, after = 0;
        for (std::uint64_t flight = 0; flight < 8; ++flight) before += it.guard.first_time(binder(flight), now);
        for (std::uint64_t flight = 0; flight < 8; ++flight)
            after += it.guard.first_time(binder(flight), now + later * period);
        CHECK(before == 8);
        CHECK(after == 8);
    }
    // A second guard over the same memory that is behind the first finds no room and leaves all as it is.
    guarded it(8);
    for (std::uint64_t flight = 0; flight < 8; ++flight) REQUIRE(it.guard.first_time(binder(flight), now));
    replay_guard behind(it.slots, key, 0, replay_start::clean, tolerance);
    CHECK_FALSE(behind.first_time(binder(9), now - period));
    CHECK_FALSE(behind.first_time(binder(0), now - 1000 * period));
    CHECK_FALSE(it.guard.first_time(binder(0), now));
}

TEST_CASE("without memory nothing is taken") {
    for (const std::size_t count : {0u, 1u, 7u}) CHECK_FALSE(guarded(count).guard.first_time(binder(1), now));
    // What is left over behind the last bucket stays as it was.
    guarded it(15);
    std::size_t taken = 0;
    for (std::uint64_t flight = 0; flight < 100; ++flight) taken += it.guard.first_time(binder(flight), now);
    CHECK(taken == 8);
    for (std::size_t i = 8; i < 15; ++i) CHECK(it.slots[i].load() == 0);
}

TEST_CASE("the beginning and the end of time") {
    guarded first(64, replay_start::clean, 0);
    CHECK(first.guard.first_time(binder(1), 0));
    CHECK_FALSE(first.guard.first_time(binder(1), 0));
    CHECK_FALSE(first.guard.first_time(binder(1), period));
    guarded last(64, replay_start::clean, UINT64_MAX);
    CHECK(last.guard.first_time(binder(1), UINT64_MAX));
    CHECK_FALSE(last.guard.first_time(binder(1), UINT64_MAX));
    CHECK_FALSE(last.guard.first_time(binder(2), 0));
    std::vector<replay_guard::slot> slots(64);
    replay_guard widest(slots, key, 0, replay_start::wait, {UINT32_MAX, UINT32_MAX});
    CHECK_FALSE(widest.first_time(binder(1), std::uint64_t{1} << 32));
    CHECK(widest.first_time(binder(1), std::uint64_t{1} << 33));
    CHECK_FALSE(widest.first_time(binder(1), std::uint64_t{1} << 33));
    replay_guard narrowest(slots, key, 0, replay_start::clean, {0, 0});
    CHECK(narrowest.fresh(5, 5));
    CHECK_FALSE(narrowest.fresh(5, 6));
    CHECK_FALSE(narrowest.fresh(6, 5));
}

TEST_CASE("one flight replayed 10,000 times by two threads is taken once (section 8)", "[threads]") {
    for (std::uint64_t round = 0; round < 10; ++round) {
        guarded it(64);
        const auto flight = binder(round);
        CHECK(in_two_threads(10'000, [&](int) { return it.guard.judge({flight, 0, true}, 0, 0, now); }) == 1);
    }
}

TEST_CASE("two threads that come with a flight at the same moment take it once", "[threads]") {
    std::vector<std::unique_ptr<guarded>> guards;
    for (int round = 0; round < 20'000; ++round) guards.push_back(std::make_unique<guarded>(8));
    const auto flight = binder(1);
    const races seen = race(guards, [&](replay_guard& guard, int) { return guard.first_time(flight, now); });
    CHECK(seen.once == guards.size());
}

TEST_CASE("two threads whose clocks differ take no flight twice when a period begins", "[threads]") {
    // One bucket, in which slots become free with the period: to one thread another slot is the first free one than to
    // the other.
    std::vector<std::unique_ptr<guarded>> guards;
    for (int round = 0; round < 20'000; ++round) {
        guards.push_back(std::make_unique<guarded>(8));
        replay_guard& guard = guards.back()->guard;
        bool all = true;
        for (std::uint64_t flight = 0; flight < 5; ++flight) all = all && guard.first_time(binder(flight), now);
        for (std::uint64_t flight = 5; flight < 7; ++flight)
            all = all && guard.first_time(binder(flight), now + period);
        REQUIRE(all);
    }
    const auto flight = binder(1000);
    const races seen = race(guards, [&](replay_guard& guard, int thread) {
        return guard.first_time(flight, now + 2 * period - (thread == 0 ? 0 : 1));
    });
    CHECK(seen.twice == 0);
    // That nobody takes it happens only where one has begun before the period ended, and been done after it; how often
    // that is, is up to the scheduler.
    CHECK(seen.once + seen.never == guards.size());
    CHECK(seen.once > 0);
}
