// Choices that a seed decides, for tests that make things by the thousand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace test {

class chance {
public:
    explicit chance(std::uint32_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool one_in(std::size_t n) { return below(n) == 0; }
    std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }

private:
    std::mt19937 random_;
};

}  // namespace test
