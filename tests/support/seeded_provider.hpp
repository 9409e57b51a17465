// Any provider with its randomness replaced by a stream that a seed decides: runs replay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace test {

/// Bytes out of a counter (SplitMix64): all that is asked of them is to differ, and to be the same in the next run.
class seeded_stream {
public:
    explicit seeded_stream(std::uint64_t seed) noexcept : state_(seed) {}

    void fill(spantls::mutable_bytes out) noexcept {
        for (std::uint8_t& byte : out) {
            if (left_ == 0) {
                word_ = next();
                left_ = 8;
            }
            byte = static_cast<std::uint8_t>(word_);
            word_ >>= 8;
            --left_;
        }
    }

    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }

    /// A number below `limit`, evenly enough for choosing test cases.
    std::size_t below(std::size_t limit) noexcept { return static_cast<std::size_t>(next() % limit); }

private:
    std::uint64_t state_;
    std::uint64_t word_ = 0;
    unsigned left_ = 0;
};

/// The first N bytes of the stream of `seed`.
template <std::size_t N>
std::array<std::uint8_t, N> drawn(std::uint64_t seed) {
    std::array<std::uint8_t, N> out{};
    seeded_stream(seed).fill(out);
    return out;
}

/// `Base`, but random() yields the bytes of `pool` first, which must stay alive, and then those of the seed.
template <class Base>
class seeded : public Base {
public:
    explicit seeded(std::uint64_t from_seed = 0, spantls::bytes_view pool = {}) noexcept
        : seed(from_seed), stream_(from_seed), pool_(pool) {}

    /// What to print when a run fails.
    const std::uint64_t seed;

    [[nodiscard]] bool random(spantls::mutable_bytes out) noexcept {
        const std::size_t pooled = out.size() < pool_.size() ? out.size() : pool_.size();
        spantls::copy_bytes(pool_.first(pooled), out.first(pooled));
        pool_ = pool_.subspan(pooled);
        stream_.fill(out.subspan(pooled));
        return true;
    }

private:
    seeded_stream stream_;
    spantls::bytes_view pool_;
};

}  // namespace test
