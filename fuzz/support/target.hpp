// What every fuzz target is made of. FUZZ_TARGET(name) { ... input ... } in fuzz/name.cpp is the entry point of
// libFuzzer, or, with SPANTLS_REPLAY, one of the targets that replay.cpp runs over the kept corpus with any compiler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <spantls/base/bytes.hpp>

namespace fuzz {

using spantls::bytes_view;
using spantls::mutable_bytes;

/// The file that is replayed, to name it when it fails.
inline const char* now_replayed = nullptr;

/// With SPANTLS_FUZZ_TRACE in the environment a run tells what it does.
inline const bool traced = std::getenv("SPANTLS_FUZZ_TRACE") != nullptr;

[[noreturn]] inline void broken(const char* what, const char* file, int line) {
    if (now_replayed != nullptr) std::fprintf(stderr, "%s: ", now_replayed);
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    std::abort();
}

/// Decides what to do from the bytes of the input; when they are at an end every choice is zero.
class script {
public:
    explicit script(bytes_view bytes) : rest_(bytes) {}

    bool empty() const { return rest_.empty(); }
    std::uint8_t u8() {
        if (rest_.empty()) return 0;
        const std::uint8_t value = rest_[0];
        rest_ = rest_.subspan(1);
        return value;
    }
    std::uint16_t u16() {
        const unsigned high = u8();
        return static_cast<std::uint16_t>(high << 8 | u8());
    }
    std::size_t below(std::size_t limit) { return u8() % limit; }
    bool flag() { return (u8() & 1) != 0; }
    /// A number that is mostly small: one byte, or two behind 255.
    std::size_t size() {
        const std::uint8_t small = u8();
        return small == 0xff ? u16() : small;
    }
    /// At most `count` bytes.
    bytes_view take(std::size_t count) {
        const bytes_view taken = rest_.first(count < rest_.size() ? count : rest_.size());
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    bytes_view rest() const { return rest_; }

private:
    bytes_view rest_;
};

inline bool inside(bytes_view part, bytes_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// What only checks is not what coverage should lead to; uninstrumented it is also a good deal faster.
#ifdef __clang__
#define FUZZ_QUIET __attribute__((no_sanitize("coverage")))
#else
#define FUZZ_QUIET
#endif

FUZZ_QUIET inline bool same_bytes(bytes_view a, bytes_view b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
FUZZ_QUIET inline bool all_zero(bytes_view bytes) {
    unsigned any = 0;
    for (const std::uint8_t byte : bytes) any |= byte;
    return any == 0;
}
/// FNV-1a over some numbers.
FUZZ_QUIET inline std::uint64_t mixed(std::uint64_t trace, bytes_view bytes) {
    for (const std::uint8_t byte : bytes) trace = (trace ^ byte) * 1099511628211u;
    return trace;
}

using target = void (*)(bytes_view);

/// The targets of this program, as a list without an owner: nothing is allocated before main.
struct registered {
    const char* name;
    target run;
    registered* next;
    static inline registered* first = nullptr;
    registered(const char* its_name, target its_run) : name(its_name), run(its_run), next(first) { first = this; }
};

}  // namespace fuzz

#define HOLDS(...) ((__VA_ARGS__) ? void() : ::fuzz::broken(#__VA_ARGS__, __FILE__, __LINE__))

#ifdef SPANTLS_REPLAY
#define FUZZ_TARGET(name)                                            \
    static void fuzz_##name(::fuzz::bytes_view input);               \
    static ::fuzz::registered registered_##name(#name, fuzz_##name); \
    static void fuzz_##name(::fuzz::bytes_view input)
#else
#define FUZZ_TARGET(name)                                                              \
    static void fuzz_##name(::fuzz::bytes_view input);                                 \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size); \
    int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {           \
        fuzz_##name({data, size});                                                     \
        return 0;                                                                      \
    }                                                                                  \
    static void fuzz_##name(::fuzz::bytes_view input)
#endif
