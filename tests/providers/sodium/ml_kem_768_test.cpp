#include <spantls/providers/sodium/ml_kem_768.hpp>

#include <array>

#include <spantls/providers/portable/ml_kem_768.hpp>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"

// From libsodium 1.0.22 on these are two; before that, one and the same.
TEST_CASE("the ML-KEM-768 of the provider is the portable one, byte by byte") {
    using ours = spantls::portable::ml_kem_768;
    using theirs = spantls::libsodium::ml_kem_768;
    for (std::uint64_t i = 0; i < 100; ++i) {
        test::seeded_stream random(i);
        std::array<std::uint8_t, 64> seed{};
        std::array<std::uint8_t, 32> message{};
        std::array<std::array<std::uint8_t, 32>, 3> secrets{};
        std::array<std::array<std::uint8_t, ours::key_size>, 2> keys{};
        std::array<std::array<std::uint8_t, ours::ciphertext_size>, 2> ciphertexts{};
        random.fill(seed);
        random.fill(message);
        REQUIRE(ours::generate(seed, keys[0]));
        REQUIRE(theirs::generate(seed, keys[1]));
        REQUIRE(keys[0] == keys[1]);
        REQUIRE(ours::encapsulate(message, keys[0], ciphertexts[0], secrets[0]));
        REQUIRE(theirs::encapsulate(message, keys[1], ciphertexts[1], secrets[1]));
        REQUIRE(ciphertexts[0] == ciphertexts[1]);
        REQUIRE(secrets[0] == secrets[1]);
        REQUIRE(theirs::decapsulate(seed, ciphertexts[0], secrets[2]));
        REQUIRE(secrets[2] == secrets[0]);
        ciphertexts[0][i] = static_cast<std::uint8_t>(ciphertexts[0][i] + 1);
        REQUIRE(ours::decapsulate(seed, ciphertexts[0], secrets[0]));
        REQUIRE(theirs::decapsulate(seed, ciphertexts[0], secrets[1]));
        REQUIRE(secrets[0] == secrets[1]);
        REQUIRE(secrets[0] != secrets[2]);
        keys[1][1] = 0xff;
        keys[1][0] = 0xff;
        REQUIRE_FALSE(theirs::encapsulate(message, keys[1], ciphertexts[1], secrets[1]));
    }
}
