#include <spantls/providers/portable/ml_kem_768.hpp>

#include <array>
#include <fstream>
#include <optional>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using kem = spantls::portable::ml_kem_768;
using test::buffer;
using test::drawn;

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

buffer field(const nlohmann::json& one, const char* name) {
    std::string text = one[name].get<std::string>();
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return test::unhex(text);
}

// Of any length, as vectors have them; nothing when a length is wrong, or when it is refused.

std::optional<buffer> encapsulated(const buffer& random, const buffer& key) {
    buffer out(kem::ciphertext_size + 32);
    if (key.size() != kem::key_size || random.size() != 32) return std::nullopt;
    const spantls::mutable_bytes room(out);
    const bool good = kem::encapsulate(spantls::fixed_bytes<32>(random), spantls::fixed_bytes<kem::key_size>(key),
                                       room.first<kem::ciphertext_size>(), room.subspan<kem::ciphertext_size, 32>());
    return good ? std::optional(out) : std::nullopt;
}

std::optional<buffer> decapsulated(const buffer& key, const buffer& ciphertext) {
    array<32> out{};
    if (ciphertext.size() != kem::ciphertext_size) return std::nullopt;
    const spantls::fixed_bytes<kem::ciphertext_size> in(ciphertext);
    if (key.size() == kem::private_size && kem::decapsulate(spantls::fixed_bytes<64>(key), in, out))
        return test::copy(out);
    if (key.size() == kem::expanded_size &&
        kem::decapsulate_expanded(spantls::fixed_bytes<kem::expanded_size>(key), in, out))
        return test::copy(out);
    return std::nullopt;
}

buffer encapsulation_key(const buffer& seed) {
    array<kem::key_size> key{};
    REQUIRE(kem::generate(spantls::fixed_bytes<64>(seed), key));
    return test::copy(key);
}

buffer expanded(const buffer& seed) {
    array<kem::expanded_size> key{};
    kem::expand(spantls::fixed_bytes<64>(seed), key);
    return test::copy(key);
}

buffer joined(buffer a, const buffer& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// Calls `check(group, test, expected)` for the cases for ML-KEM-768 of one of NIST's pairs of files.
template <class Check>
std::size_t for_each_acvp(const std::string& mode, Check check) {
    const auto asked = test::shared_vectors("mlkem/acvp_v1.1.0.40_" + mode + "_prompt.json");
    const auto answers = test::shared_vectors("mlkem/acvp_v1.1.0.40_" + mode + "_expectedResults.json");
    if (!asked || !answers) return 0;
    const nlohmann::json prompt = test::load_json(*asked), results = test::load_json(*answers);
    std::size_t cases = 0;
    for (std::size_t g = 0; g < prompt["testGroups"].size(); ++g) {
        const auto& group = prompt["testGroups"][g];
        if (group["parameterSet"] != "ML-KEM-768") continue;
        for (std::size_t t = 0; t < group["tests"].size(); ++t, ++cases) {
            const auto& expected = results["testGroups"][g]["tests"][t];
            REQUIRE(expected["tcId"] == group["tests"][t]["tcId"]);
            INFO(mode << ", tcId " << expected["tcId"]);
            check(group, group["tests"][t], expected);
        }
    }
    return cases;
}

}  // namespace

TEST_CASE("ML-KEM-768 passes NIST's vectors") {
    const std::size_t generated = for_each_acvp("keyGen", [](const auto&, const auto& one, const auto& expected) {
        const buffer seed = joined(field(one, "d"), field(one, "z"));
        CHECK(encapsulation_key(seed) == field(expected, "ek"));
        CHECK(expanded(seed) == field(expected, "dk"));
    });
    if (generated == 0) return;
    test::ran("ACVP keyGen", generated);
    const std::size_t used = for_each_acvp("encapDecap", [](const auto& group, const auto& one, const auto& expected) {
        const std::string function = group["function"];
        if (function == "encapsulation") {
            CHECK(encapsulated(field(one, "m"), field(one, "ek")) ==
                  joined(field(expected, "c"), field(expected, "k")));
        } else if (function == "decapsulation") {
            CHECK(decapsulated(field(one, "dk"), field(one, "c")) == field(expected, "k"));
        } else if (function == "encapsulationKeyCheck") {
            CHECK(encapsulated(buffer(32), field(one, "ek")).has_value() == expected["testPassed"]);
        } else {
            REQUIRE(function == "decapsulationKeyCheck");
            CHECK(decapsulated(field(one, "dk"), buffer(kem::ciphertext_size)).has_value() == expected["testPassed"]);
        }
    });
    test::ran("ACVP encapDecap", used);
}

TEST_CASE("ML-KEM-768 passes Wycheproof") {
    const auto each = [](const std::string& name, auto check) {
        const auto file = test::shared_vectors("wycheproof/mlkem_768_" + name + "_test.json");
        if (file) test::ran(name, test::for_each_wycheproof(*file, check));
    };
    each("keygen_seed", [](const auto&, const auto& one) {
        REQUIRE(one["result"] == "valid");
        CHECK(encapsulation_key(field(one, "seed")) == field(one, "ek"));
        CHECK(expanded(field(one, "seed")) == field(one, "dk"));
    });
    each("encaps", [](const auto&, const auto& one) {
        const auto made = encapsulated(field(one, "m"), field(one, "ek"));
        REQUIRE(made.has_value() == (one["result"] == "valid"));
        if (made) CHECK(*made == joined(field(one, "c"), field(one, "K")));
    });
    each("semi_expanded_decaps", [](const auto&, const auto& one) {
        const auto secret = decapsulated(field(one, "dk"), field(one, "c"));
        REQUIRE(secret.has_value() == (one["result"] == "valid"));
        if (secret) CHECK(*secret == field(one, "K"));
    });
    const auto file = test::shared_vectors("wycheproof/mlkem_768_test.json");
    if (!file) return;
    test::ran("mlkem_768", test::for_each_wycheproof(*file, [](const auto&, const auto& one) {
                  const buffer seed = field(one, "seed");
                  const bool valid = one["result"] == "valid";
                  const auto secret =
                      seed.size() == kem::expanded_size ? std::nullopt : decapsulated(seed, field(one, "c"));
                  REQUIRE(secret.has_value() == valid);
                  if (!valid) return;
                  CHECK(*secret == field(one, "K"));
                  CHECK(encapsulation_key(seed) == field(one, "ek"));
                  CHECK(decapsulated(expanded(seed), field(one, "c")) == secret);
              }));
}

TEST_CASE("ML-KEM-768 passes the Community Cryptography Test Vectors") {
    const auto folder = test::shared_vectors("mlkem/cctv");
    if (!folder) return;
    std::size_t keys = 0;
    std::ifstream modulus = test::open_file(*folder / "modulus.txt");
    for (std::string line; std::getline(modulus, line); ++keys)
        REQUIRE_FALSE(encapsulated(buffer(32), test::unhex(line)));
    test::ran("modulus", keys);

    for (const char* const name : {"strcmp.txt", "unluckysample.txt", "intermediate.txt"}) {
        // `d` is left out: these are of the draft, which derived rho and sigma from d alone.
        auto values = test::load_response_file(*folder / name).at(0);
        INFO(name);
        const auto value = [&](const char* which) { return test::unhex(values.at(which)); };
        CHECK(decapsulated(value("dk"), value("c")) == value("K"));
        if (values.count("m") != 0) CHECK(encapsulated(value("m"), value("ek")) == joined(value("c"), value("K")));
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
