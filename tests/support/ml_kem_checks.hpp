// What every ML-KEM-768 that a provider has must do: it is ours byte by byte, and passes the vectors that begin with a
// seed.
#pragma once

#include <array>
#include <cctype>
#include <optional>
#include <string>

#include <spantls/providers/portable/ml_kem_768.hpp>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

namespace test {

/// One KEM with buffers of any length, as vectors have them; nothing when a length is wrong, or when it is refused.
template <class Kem>
struct ml_kem_calls {
    /// The ciphertext and the secret.
    static std::optional<buffer> encapsulated(const buffer& random, const buffer& key) {
        buffer out(Kem::ciphertext_size + 32);
        if (key.size() != Kem::key_size || random.size() != 32) return std::nullopt;
        const spantls::mutable_bytes room(out);
        const bool good = Kem::encapsulate(spantls::fixed_bytes<32>(random), spantls::fixed_bytes<Kem::key_size>(key),
                                           room.template first<Kem::ciphertext_size>(),
                                           room.template subspan<Kem::ciphertext_size, 32>());
        return good ? std::optional(out) : std::nullopt;
    }
    static std::optional<buffer> decapsulated(const buffer& seed, const buffer& ciphertext) {
        buffer out(32);
        if (ciphertext.size() != Kem::ciphertext_size || seed.size() != Kem::private_size) return std::nullopt;
        const bool good =
            Kem::decapsulate(spantls::fixed_bytes<64>(seed), spantls::fixed_bytes<Kem::ciphertext_size>(ciphertext),
                             spantls::mutable_bytes(out).template first<32>());
        return good ? std::optional(out) : std::nullopt;
    }
    static buffer encapsulation_key(const buffer& seed) {
        buffer key(Kem::key_size);
        REQUIRE(
            Kem::generate(spantls::fixed_bytes<64>(seed), spantls::mutable_bytes(key).template first<Kem::key_size>()));
        return key;
    }
};

inline buffer joined(buffer a, const buffer& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline buffer field(const nlohmann::json& one, const char* name) {
    std::string text = one[name].get<std::string>();
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return unhex(text);
}

/// Calls `check(group, test, expected)` for the cases for ML-KEM-768 of one of NIST's pairs of files.
template <class Check>
std::size_t for_each_acvp(const std::string& mode, Check check) {
    const auto asked = shared_vectors("mlkem/acvp_v1.1.0.40_" + mode + "_prompt.json");
    const auto answers = shared_vectors("mlkem/acvp_v1.1.0.40_" + mode + "_expectedResults.json");
    if (!asked || !answers) return 0;
    const nlohmann::json prompt = load_json(*asked), results = load_json(*answers);
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

/// Keys, ciphertexts and secrets of random seeds; with a ciphertext and a key that somebody has changed.
template <class Theirs>
void ml_kem_is_ours() {
    using ours = ml_kem_calls<spantls::portable::ml_kem_768>;
    using theirs = ml_kem_calls<Theirs>;
    for (std::uint64_t i = 0; i < 100; ++i) {
        seeded_stream random(i);
        buffer seed(64), message(32);
        random.fill(seed);
        random.fill(message);
        buffer key = ours::encapsulation_key(seed);
        REQUIRE(theirs::encapsulation_key(seed) == key);
        const auto sent = ours::encapsulated(message, key);
        REQUIRE(sent);
        REQUIRE(theirs::encapsulated(message, key) == sent);
        buffer ciphertext(sent->begin(), sent->end() - 32);
        const buffer secret(sent->end() - 32, sent->end());
        REQUIRE(theirs::decapsulated(seed, ciphertext) == secret);
        ciphertext[i] = static_cast<std::uint8_t>(ciphertext[i] + 1);
        REQUIRE(theirs::decapsulated(seed, ciphertext) != secret);
        REQUIRE(theirs::decapsulated(seed, ciphertext) == ours::decapsulated(seed, ciphertext));
        // FIPS 203, section 7.2: the first coefficient, or the last, is 3329; 3328 is none too many.
        const std::size_t at = i % 2 == 0 ? 0 : 1150;
        for (const std::uint8_t low : {std::uint8_t{0}, std::uint8_t{1}}) {
            key[at] = at == 0 ? low : static_cast<std::uint8_t>((key[at] & 15) | low << 4);
            key[at + 1] = at == 0 ? static_cast<std::uint8_t>((key[at + 1] & 0xf0) | 13) : std::uint8_t{0xd0};
            REQUIRE(theirs::encapsulated(message, key).has_value() == (low == 0));
        }
    }
}

/// NIST's, Wycheproof's and the Community Cryptography Test Vectors, but for those of expanded keys.
template <class Kem>
void ml_kem_passes_vectors() {
    using kem = ml_kem_calls<Kem>;
    const std::size_t generated = for_each_acvp("keyGen", [](const auto&, const auto& one, const auto& expected) {
        CHECK(kem::encapsulation_key(joined(field(one, "d"), field(one, "z"))) == field(expected, "ek"));
    });
    if (generated == 0) return;
    ran("ACVP keyGen", generated);
    std::size_t used = 0;
    for_each_acvp("encapDecap", [&](const auto& group, const auto& one, const auto& expected) {
        const std::string function = group["function"];
        if (function == "encapsulation")
            CHECK(kem::encapsulated(field(one, "m"), field(one, "ek")) ==
                  joined(field(expected, "c"), field(expected, "k")));
        else if (function == "encapsulationKeyCheck")
            CHECK(kem::encapsulated(buffer(32), field(one, "ek")).has_value() == expected["testPassed"]);
        else
            return;
        ++used;
    });
    ran("ACVP encapsulation", used);
    const auto wycheproof = [](const std::string& name, auto check) {
        const auto file = shared_vectors("wycheproof/mlkem_768_" + name + "test.json");
        if (file) ran("mlkem_768_" + name + "test", for_each_wycheproof(*file, check));
    };
    wycheproof("keygen_seed_", [](const auto&, const auto& one) {
        CHECK(kem::encapsulation_key(field(one, "seed")) == field(one, "ek"));
    });
    wycheproof("encaps_", [](const auto&, const auto& one) {
        const auto made = kem::encapsulated(field(one, "m"), field(one, "ek"));
        REQUIRE(made.has_value() == (one["result"] == "valid"));
        if (made) CHECK(*made == joined(field(one, "c"), field(one, "K")));
    });
    wycheproof("", [](const auto&, const auto& one) {
        const auto secret = kem::decapsulated(field(one, "seed"), field(one, "c"));
        REQUIRE(secret.has_value() == (one["result"] == "valid"));
        if (secret) CHECK(*secret == field(one, "K"));
    });
    const auto file = shared_vectors("mlkem/cctv");
    if (!file) return;
    std::size_t keys = 0;
    std::ifstream modulus = open_file(*file / "modulus.txt");
    for (std::string line; std::getline(modulus, line); ++keys)
        REQUIRE_FALSE(kem::encapsulated(buffer(32), unhex(line)));
    ran("CCTV modulus", keys);
}

}  // namespace test
