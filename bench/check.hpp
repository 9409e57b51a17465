// A benchmark of what does not work means nothing: it ends there.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace bench {

inline void require(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "bench: %s\n", what);
    std::exit(1);
}

}  // namespace bench
