// Takes early data of each first flight once (RFC 9846, section 8): by freshness and by recording what was taken.
//
//   std::vector<replay_guard::slot> memory(1 << 16);                        // 8 bytes each, all zero
//   replay_guard guard(memory, key, now_ms, replay_start::wait);
//   ...
//   const early_offer offer = step.offer();
//   if (guard.judge(offer, claimed_age(ticket, offer.obfuscated_age), measured_age(ticket, now_ms), now_ms))
//   ...accept...
//
// Any number of threads share one guard without a lock. Time is cut into periods as long as the tolerance is wide; what
// is taken in one is remembered in that and the next, which covers all the time in which it is fresh. Nothing depends
// on what a client chooses: slots are found by a keyed hash, and each call looks at one cache line.
//
// With eight slots for each flight that comes in a busy period, about one in 1,000 finds its bucket full and is refused
// although it is new; with sixteen, one in 100,000.
//
// It is for tickets only. An external or imported key has no age, so nothing under it ever becomes stale, and the
// guard, which forgets after two periods, never says yes. Who takes early data under such keys decides alone, and has
// to remember each binder as long as its key is in use (section 8.2).
//
// This holds for one guard. Servers that open each other's tickets take a flight once each (section 8.2), unless early
// data is only taken under tickets that the same server, or one that shares the memory, gave out.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/session/psk.hpp>

namespace spantls {
inline namespace v1 {

/// How far the age of a ticket as the client claims it may be from the measured one, in milliseconds. Section 8.3: the
/// order of ten seconds, on the Internet; and not symmetric, since what is late is common, and what comes from the
/// future would be taken a second time once that is the present (section 8.2).
struct replay_tolerance {
    std::uint32_t late = 10'000;  ///< measured above claimed: the round trip and everything that delays
    std::uint32_t early = 2'000;  ///< claimed above measured: clocks that run at different speeds
};

/// Section 8.2: what was taken before the start is not remembered, so nothing is taken as long as it could be fresh.
enum class replay_start : std::uint8_t {
    wait,   ///< refuse everything for one period
    clean,  ///< begin at once: no ticket from before the start opens any more, or none was good for early data
};

namespace detail {
/// SipHash-2-4: short, and without the key nobody can choose what collides.
class siphash {
public:
    explicit siphash(fixed_bytes<16> key) noexcept : k0_(load_le(key.data())), k1_(load_le(key.data() + 8)) {}
    siphash(const siphash&) = delete;
    siphash& operator=(const siphash&) = delete;
    ~siphash() {
        wipe_object(k0_);
        wipe_object(k1_);
    }

    std::uint64_t operator()(bytes_view bytes) const noexcept {
        state v{k0_ ^ 0x736f6d6570736575, k1_ ^ 0x646f72616e646f6d, k0_ ^ 0x6c7967656e657261, k1_ ^ 0x7465646279746573};
        std::uint64_t last = std::uint64_t{bytes.size()} << 56;
        for (; bytes.size() >= 8; bytes = bytes.subspan(8)) v.absorb(load_le(bytes.data()));
        for (std::size_t i = 0; i < bytes.size(); ++i) last |= std::uint64_t{bytes[i]} << 8 * i;
        v.absorb(last);
        v.c ^= 0xff;
        for (int i = 0; i < 4; ++i) v.round();
        return v.a ^ v.b ^ v.c ^ v.d;
    }

private:
    struct state {
        std::uint64_t a, b, c, d;
        static constexpr std::uint64_t turned(std::uint64_t x, int by) noexcept { return x << by | x >> (64 - by); }
        void round() noexcept {
            a += b, c += d;
            b = turned(b, 13) ^ a, d = turned(d, 16) ^ c;
            a = turned(a, 32);
            c += b, a += d;
            b = turned(b, 17) ^ c, d = turned(d, 21) ^ a;
            c = turned(c, 32);
        }
        void absorb(std::uint64_t word) noexcept {
            d ^= word;
            round();
            round();
            a ^= word;
        }
    };
    static std::uint64_t load_le(const std::uint8_t* at) noexcept {
        std::uint64_t word = 0;
        for (int i = 7; i >= 0; --i) word = word << 8 | at[i];
        return word;
    }

    std::uint64_t k0_, k1_;
};
}  // namespace detail

/// Remembers first flights in memory that the caller lends.
class replay_guard {
public:
    /// 0: free. Otherwise the period in 24 bits, then 40 bits of the hash.
    using slot = std::atomic<std::uint64_t>;
    static constexpr std::size_t bucket_size = 8;

    /// `slots`: all zero, used by nothing else as long as this lives; what is left over behind a multiple of
    /// bucket_size is not used, and with fewer than that nothing is ever taken. `key`: fresh random bytes. `now_ms`:
    /// the time of the start, by the clock of all the calls to come.
    replay_guard(std::span<slot> slots, fixed_bytes<16> key, std::uint64_t now_ms, replay_start start,
                 replay_tolerance tolerance = {}) noexcept
        : hash_(key),
          slots_(slots.first(slots.size() - slots.size() % bucket_size)),
          tolerance_(tolerance),
          period_(std::uint64_t{tolerance.late} + tolerance.early + 1),
          started_(now_ms),
          waits_(start == replay_start::wait) {}

    /// Whether the early data of a first flight is to be taken: its key is a ticket's, and the flight is fresh and was
    /// not seen before. `offer`: as the step has it, with the binder that was verified (section 8.2); ages in
    /// milliseconds, with `measured_age` as of `now_ms`. A flight that is not taken goes on as 1-RTT; it need not be a
    /// replay, so no alert is owed.
    [[nodiscard]] bool judge(const early_offer& offer, std::uint32_t claimed_age, std::uint64_t measured_age,
                             std::uint64_t now_ms) noexcept {
        return offer.of_ticket && fresh(claimed_age, measured_age) && first_time(offer.unique, now_ms);
    }

    /// Sections 4.3.10 and 8.3.
    bool fresh(std::uint32_t claimed_age, std::uint64_t measured_age) const noexcept {
        return measured_age > claimed_age ? measured_age - claimed_age <= tolerance_.late
                                          : claimed_age - measured_age <= tolerance_.early;
    }

    /// Whether `unique` was not seen before, and records it. True once in all threads, for as long as a ticket's can be
    /// fresh, and no longer. False as well when that is not known: at the start, when its bucket is full, and when the
    /// clock goes backwards to a period that is over. (A clock that was far ahead for a moment stops early data until
    /// it is that late.)
    [[nodiscard]] bool first_time(bytes_view unique, std::uint64_t now_ms) noexcept {
        if (waits_ && (now_ms < started_ || now_ms - started_ < period_)) return false;
        const std::uint64_t period = now_ms / period_;
        if (slots_.empty() || advance(period) != period) return false;

        const std::uint64_t hash = hash_(unique);
        const std::uint64_t buckets = slots_.size() / bucket_size;
        const auto index = static_cast<std::size_t>(scaled(static_cast<std::uint32_t>(hash), buckets));
        const std::span<slot> bucket = slots_.subspan(index * bucket_size, bucket_size);
        const std::uint64_t mine = period << hash_bits | hash >> (64 - hash_bits) | 1;

        for (const slot& at : bucket)
            if (const std::uint64_t there = at.load(); live(there, period) && same(there, mine)) return false;
        for (slot& at : bucket) {
            std::uint64_t there = at.load();
            bool claimed = false;
            while (!live(there, period) && !(claimed = at.compare_exchange_strong(there, mine))) {
            }
            // Why this is once: in one period all calls with the same hash compete for the same slot, the first that is
            // free, and those that lose see it taken. A call of a later period began that period before it looked for
            // the hash; so either it has seen what was recorded here, or here it is seen that the period is over.
            if (claimed) return newest_.load() == period;
            if (same(there, mine)) return false;
        }
        return false;
    }

private:
    static constexpr int hash_bits = 40;

    /// The same hash, in whatever period.
    static constexpr bool same(std::uint64_t a, std::uint64_t b) noexcept { return (a ^ b) << (64 - hash_bits) == 0; }

    /// Of this period or the one before; or of one to come, which another thread has begun already.
    static constexpr bool live(std::uint64_t word, std::uint64_t period) noexcept {
        const std::uint64_t age = (period - (word >> hash_bits)) & 0xffffff;
        return word != 0 && (age <= 1 || age >= 0x800000);
    }

    /// random * buckets / 2^32, for any number of buckets.
    static constexpr std::uint64_t scaled(std::uint32_t random, std::uint64_t buckets) noexcept {
        return random * (buckets >> 32) + (random * (buckets & 0xffffffff) >> 32);
    }

    /// The newest period that any thread has seen.
    std::uint64_t advance(std::uint64_t period) noexcept {
        std::uint64_t newest = newest_.load();
        while (newest < period && !newest_.compare_exchange_weak(newest, period)) {
        }
        return newest < period ? period : newest;
    }

    const detail::siphash hash_;
    const std::span<slot> slots_;
    const replay_tolerance tolerance_;
    const std::uint64_t period_;
    const std::uint64_t started_;
    const bool waits_;
    slot newest_{0};
};

}  // namespace v1
}  // namespace spantls
