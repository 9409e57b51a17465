// ML-KEM-768: any encapsulation key, any ciphertext, and a decapsulation key whose secret part is anything.
#include <array>

#include <spantls/providers/portable/ml_kem_768.hpp>

#include "support/target.hpp"

namespace {

using spantls::bytes_view;
using kem = spantls::portable::ml_kem_768;
namespace ml_kem = spantls::portable::ml_kem;

template <std::size_t N>
using array = std::array<std::uint8_t, N>;

/// The front of the input, and zeros where there is none.
template <std::size_t N>
array<N> filled(bytes_view input, std::uint8_t rest = 0) {
    array<N> out;
    out.fill(rest);
    spantls::copy_bytes(input.first(input.size() < N ? input.size() : N), out);
    return out;
}

constexpr array<64> seed{1, 2, 3};
constexpr array<32> message{4, 5, 6};

/// FIPS 203, section 7.2: a key is taken if, and only if, it is what its polynomials are written as.
void check_key(const array<kem::key_size>& key) {
    array<kem::key_size> again = key;
    for (std::size_t n = 0; n < ml_kem::rank; ++n) {
        ml_kem::polynomial f{};
        const auto at = n * ml_kem::encoded_size;
        (void)ml_kem::decode(bytes_view(key).subspan(at).first<ml_kem::encoded_size>(), f);
        for (auto* half : {&f.even, &f.odd})
            for (std::int16_t& one : *half) one = static_cast<std::int16_t>(one % ml_kem::q);
        ml_kem::encode(f, spantls::mutable_bytes(again).subspan(at).first<ml_kem::encoded_size>());
    }
    array<kem::ciphertext_size> ciphertext{};
    array<32> secret{};
    HOLDS(kem::encapsulate(message, key, ciphertext, secret) == (again == key));
}

/// Nobody finds a ciphertext that is one, but by encapsulation.
void check_ciphertext(const array<kem::ciphertext_size>& ciphertext) {
    array<32> secret{}, rejected{};
    HOLDS(kem::decapsulate(seed, ciphertext, secret));
    spantls::portable::shake256().absorb(bytes_view(seed).last(32)).absorb(ciphertext).squeeze(rejected);
    HOLDS(secret == rejected);
}

void check_secret_part(bytes_view input) {
    array<kem::expanded_size> key{};
    kem::expand(seed, key);
    spantls::copy_bytes(filled<1152>(input, 0xff), key);
    array<32> first{}, second{};
    const auto ciphertext = filled<kem::ciphertext_size>(input);
    const bool taken = kem::decapsulate_expanded(key, ciphertext, first);
    HOLDS(taken == kem::decapsulate_expanded(key, ciphertext, second) && first == second);
}

}  // namespace

FUZZ_TARGET(ml_kem) {
    check_key(filled<kem::key_size>(input));
    check_ciphertext(filled<kem::ciphertext_size>(input));
    check_secret_part(input);
}
