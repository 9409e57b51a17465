// Counts what the program, with all its libraries, asks of the heap.
#pragma once

#include <cstddef>

namespace bench {

struct heap_account {
    std::size_t allocations = 0;
    std::ptrdiff_t bytes = 0;  ///< taken and not given back
};

/// Charges everything to `account` as long as it lives.
class charge {
public:
    explicit charge(heap_account& account) noexcept;
    charge(const charge&) = delete;
    charge& operator=(const charge&) = delete;
    ~charge();
};

}  // namespace bench
