#include <spantls/providers/portable/ml_kem_768.hpp>

#include <array>
#include <optional>

#include "support/catch.hpp"
#include "support/ml_kem_checks.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using kem = spantls::portable::ml_kem_768;
using test::buffer;
using test::drawn;
using test::field;
using test::joined;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

template <std::size_t N>
using array = std::array<std::uint8_t, N>;

using calls = test::ml_kem_calls<kem>;

/// With a key of either form.
std::optional<buffer> decapsulated(const buffer& key, const buffer& ciphertext) {
    array<32> out{};
    if (ciphertext.size() != kem::ciphertext_size) return std::nullopt;
    const spantls::fixed_bytes<kem::ciphertext_size> in(ciphertext);
    if (key.size() == kem::private_size) return calls::decapsulated(key, ciphertext);
    if (key.size() == kem::expanded_size &&
        kem::decapsulate_expanded(spantls::fixed_bytes<kem::expanded_size>(key), in, out))
        return test::copy(out);
    return std::nullopt;
}

buffer expanded(const buffer& seed) {
    array<kem::expanded_size> key{};
    kem::expand(spantls::fixed_bytes<64>(seed), key);
    return test::copy(key);
}

}  // namespace

TEST_CASE("ML-KEM-768 passes the vectors that begin with a seed") { test::ml_kem_passes_vectors<kem>(); }

TEST_CASE("ML-KEM-768 passes NIST's vectors for expanded keys") {
    const std::size_t generated = test::for_each_acvp("keyGen", [](const auto&, const auto& one, const auto& expected) {
        CHECK(expanded(joined(field(one, "d"), field(one, "z"))) == field(expected, "dk"));
    });
    if (generated == 0) return;
    test::ran("ACVP keyGen", generated);
    std::size_t used = 0;
    test::for_each_acvp("encapDecap", [&](const auto& group, const auto& one, const auto& expected) {
        const std::string function = group["function"];
        if (function == "encapsulation" || function == "encapsulationKeyCheck") return;
        if (function == "decapsulation") {
            CHECK(decapsulated(field(one, "dk"), field(one, "c")) == field(expected, "k"));
        } else {
            REQUIRE(function == "decapsulationKeyCheck");
            CHECK(decapsulated(field(one, "dk"), buffer(kem::ciphertext_size)).has_value() == expected["testPassed"]);
        }
        ++used;
    });
    test::ran("ACVP decapsulation", used);
}

TEST_CASE("ML-KEM-768 passes Wycheproof for expanded keys") {
    const auto each = [](const std::string& name, auto check) {
        const auto file = test::shared_vectors("wycheproof/mlkem_768_" + name + "test.json");
        if (file) test::ran("mlkem_768_" + name + "test", test::for_each_wycheproof(*file, check));
    };
    each("keygen_seed_", [](const auto&, const auto& one) {
        REQUIRE(one["result"] == "valid");
        CHECK(expanded(field(one, "seed")) == field(one, "dk"));
    });
    each("semi_expanded_decaps_", [](const auto&, const auto& one) {
        const auto secret = decapsulated(field(one, "dk"), field(one, "c"));
        REQUIRE(secret.has_value() == (one["result"] == "valid"));
        if (secret) CHECK(*secret == field(one, "K"));
    });
    each("", [](const auto&, const auto& one) {
        if (one["result"] != "valid") return;
        const buffer seed = field(one, "seed");
        CHECK(calls::encapsulation_key(seed) == field(one, "ek"));
        CHECK(decapsulated(expanded(seed), field(one, "c")) == field(one, "K"));
    });
}

TEST_CASE("ML-KEM-768 passes the Community Cryptography Test Vectors for expanded keys") {
    const auto folder = test::shared_vectors("mlkem/cctv");
    if (!folder) return;
    for (const char* const name : {"strcmp.txt", "unluckysample.txt", "intermediate.txt"}) {
        // `d` is left out: these are of the draft, which derived rho and sigma from d alone.
        auto values = test::load_response_file(*folder / name).at(0);
        INFO(name);
        const auto value = [&](const char* which) { return test::unhex(values.at(which)); };
        CHECK(decapsulated(value("dk"), value("c")) == value("K"));
        if (values.count("m") != 0)
            CHECK(calls::encapsulated(value("m"), value("ek")) == joined(value("c"), value("K")));
    }
}

TEST_CASE("a ciphertext with one bit changed gives another secret, always the same one") {
    const auto seed = drawn<64>(1);
    array<kem::key_size> key{};
    array<kem::ciphertext_size> ciphertext{};
    array<32> sent{}, received{};
    REQUIRE(kem::generate(seed, key));
    REQUIRE(kem::encapsulate(drawn<32>(2), key, ciphertext, sent));
    REQUIRE(kem::decapsulate(seed, ciphertext, received));
    REQUIRE(received == sent);
    for (std::size_t bit = 0; bit < 8 * ciphertext.size(); bit += 97) {
        ciphertext[bit / 8] = static_cast<std::uint8_t>(ciphertext[bit / 8] ^ 1u << bit % 8);
        REQUIRE(kem::decapsulate(seed, ciphertext, received));
        CHECK(received != sent);
        const buffer z_and_ciphertext = joined(test::copy(bytes_view(seed).last(32)), test::copy(ciphertext));
        array<32> rejected{};
        spantls::portable::shake256().absorb(z_and_ciphertext).squeeze(rejected);
        CHECK(received == rejected);
        ciphertext[bit / 8] = static_cast<std::uint8_t>(ciphertext[bit / 8] ^ 1u << bit % 8);
    }
}

// The way of the Community Cryptography Test Vectors to sum up many runs; the number is BoringSSL's, for the final
// standard.
TEST_CASE("ten thousand runs sum up to what they should") {
    spantls::portable::shake128 random, all;
    const int runs = sanitized ? 500 : 10000;  // a hundred times as long
    for (int i = 0; i < runs; ++i) {
        array<64> seed{};
        array<32> message{}, sent{}, received{}, rejected{};
        array<kem::key_size> key{};
        array<kem::expanded_size> whole{};
        array<kem::ciphertext_size> ciphertext{}, wrong{};
        random.squeeze(seed);
        random.squeeze(message);
        random.squeeze(wrong);
        kem::expand(seed, whole);
        spantls::copy_bytes(bytes_view(whole).subspan(1152, kem::key_size), key);
        REQUIRE(kem::encapsulate(message, key, ciphertext, sent));
        REQUIRE(kem::decapsulate(seed, ciphertext, received));
        REQUIRE(received == sent);
        REQUIRE(kem::decapsulate(seed, wrong, rejected));
        all.absorb(key).absorb(whole).absorb(ciphertext).absorb(sent).absorb(rejected);
    }
    array<32> sum{};
    all.squeeze(sum);
    if (!sanitized) CHECK(test::hex(sum) == "f959d18d3d1180121433bf0e05f11e7908cf9d03edc150b2b07cb90bef5bc1c1");
}
