// Run under valgrind, which follows every bit that comes out of a secret and complains when a branch or an address
// depends on one. With an argument, a leak that it has to find.
#include <array>
#include <cstdint>
#include <cstdio>

#include <spantls/providers/portable/ml_kem_768.hpp>

#include <valgrind/memcheck.h>

namespace {

void conceal(spantls::mutable_bytes secret) { VALGRIND_MAKE_MEM_UNDEFINED(secret.data(), secret.size()); }

/// rho (FIPS 203, algorithm 13): the encapsulation key says it.
struct reveal {
    void operator()(spantls::bytes_view bytes) const noexcept { VALGRIND_MAKE_MEM_DEFINED(bytes.data(), bytes.size()); }
};
using kem = spantls::portable::basic_ml_kem_768<reveal>;

template <std::size_t N>
using array = std::array<std::uint8_t, N>;

/// Whether nothing is known of these bytes: the tool is at work, and the secret has come through.
bool followed(spantls::bytes_view bytes) { return VALGRIND_CHECK_MEM_IS_DEFINED(bytes.data(), bytes.size()) != 0; }

}  // namespace

int main(int count, char**) {
    array<64> seed{};
    array<32> message{}, sent{}, received{}, rejected{};
    array<kem::key_size> key{};
    array<kem::ciphertext_size> ciphertext{};
    array<kem::expanded_size> expanded{};
    for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(17 * i + 1);
    conceal(seed);
    conceal(message);
    bool good = kem::generate(seed, key);
    reveal()(key);
    good = kem::encapsulate(message, key, ciphertext, sent) && good;
    reveal()(ciphertext);
    good = kem::decapsulate(seed, ciphertext, received) && good;
    const array<kem::ciphertext_size> wrong{};
    good = kem::decapsulate(seed, wrong, rejected) && good;
    kem::expand(seed, expanded);
    if (RUNNING_ON_VALGRIND) {
        VALGRIND_DISABLE_ERROR_REPORTING;
        good = good && followed(sent) && followed(received) && followed(rejected) && followed(expanded);
        VALGRIND_ENABLE_ERROR_REPORTING;
    }
    if (count > 1) good = good && received[0] != 'x';  // a branch
    reveal()(sent);
    reveal()(received);
    reveal()(rejected);
    good = good && sent == received && sent != rejected;
    std::puts(good ? "good" : "wrong");
    return good ? 0 : 1;
}
