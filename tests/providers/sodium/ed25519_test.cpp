#include <spantls/providers/sodium/ed25519.hpp>

#include <array>
#include <new>
#include <sstream>
#include <type_traits>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::libsodium::ed25519_key;
using spantls::libsodium::ed25519_verify;

static_assert(!std::is_copy_constructible_v<ed25519_key> && std::is_nothrow_move_constructible_v<ed25519_key>);

namespace {

std::array<std::uint8_t, 64> signed_by(const ed25519_key& key, bytes_view message) {
    std::array<std::uint8_t, 64> out{};
    key.sign(message, out);
    return out;
}

}  // namespace

TEST_CASE("Ed25519 keys and signatures are libcrypto's, and only they verify") {
    test::seeded_stream random(5);
    for (std::size_t size = 0; size < 200; ++size) {
        std::array<std::uint8_t, 32> seed{};
        random.fill(seed);
        test::buffer message(size);
        random.fill(message);
        const ed25519_key key(seed);
        const auto oracle = test::oracle::private_key(EVP_PKEY_ED25519, seed);
        REQUIRE(test::hex(key.public_key()) == test::hex(test::oracle::public_key(oracle)));
        auto signature = signed_by(key, message);
        REQUIRE(test::hex(signature) == test::hex(test::oracle::ed25519_sign(oracle, message)));
        REQUIRE(ed25519_verify(key.public_key(), message, signature));
        signature[random.below(64)] ^= 1;
        REQUIRE_FALSE(ed25519_verify(key.public_key(), message, signature));
    }
}

TEST_CASE("an Ed25519 key or signature of another length is refused") {
    const ed25519_key key(std::array<std::uint8_t, 32>{1, 2, 3});
    const auto signature = signed_by(key, {});
    test::buffer longer_key = test::copy(key.public_key()), longer = test::copy(signature);
    longer_key.push_back(0);
    longer.push_back(0);
    REQUIRE(ed25519_verify(key.public_key(), {}, signature));
    REQUIRE_FALSE(ed25519_verify(key.public_key(), {}, longer));
    REQUIRE_FALSE(ed25519_verify(longer_key, {}, signature));
    for (std::size_t left = 0; left < 64; ++left)
        REQUIRE_FALSE(ed25519_verify(key.public_key(), {}, bytes_view(signature).first(left)));
    for (std::size_t left = 0; left < 32; ++left)
        REQUIRE_FALSE(ed25519_verify(key.public_key().first(left), {}, signature));
}

TEST_CASE("an Ed25519 key leaves nothing behind") {
    alignas(ed25519_key) std::array<std::uint8_t, sizeof(ed25519_key)> memory{};
    auto* key = ::new (memory.data()) ed25519_key(std::array<std::uint8_t, 32>{9, 8, 7});
    const test::buffer public_key = test::copy(key->public_key());
    {
        const ed25519_key moved = std::move(*key);
        REQUIRE(test::copy(moved.public_key()) == public_key);
        REQUIRE(test::copy(memory) == test::buffer(memory.size()));
    }
    key->~ed25519_key();
    key = ::new (memory.data()) ed25519_key(std::array<std::uint8_t, 32>{9, 8, 7});
    key->~ed25519_key();
    REQUIRE(test::copy(memory) == test::buffer(memory.size()));
}

TEST_CASE("Ed25519: Wycheproof") {
    const auto file = test::shared_vectors("wycheproof/ed25519_test.json");
    if (!file) return;
    const std::size_t cases = test::for_each_wycheproof(*file, [](const auto& group, const auto& one) {
        const auto bytes = [](const nlohmann::json& text) { return test::unhex(text.get<std::string>()); };
        CHECK(ed25519_verify(bytes(group["publicKey"]["pk"]), bytes(one["msg"]), bytes(one["sig"])) ==
              (one["result"] == "valid"));
    });
    test::ran("Wycheproof ed25519", cases);
}

TEST_CASE("Ed25519: the vectors of its authors") {
    const auto path = test::debian_vectors("asymmetric/Ed25519/sign.input");
    if (!path) return;
    std::ifstream file = test::open_file(*path);
    std::size_t cases = 0;
    for (std::string line; std::getline(file, line); ++cases) {  // seed + key : key : message : signature + message
        std::istringstream fields(line);
        std::string secret, public_key, text, signature;
        std::getline(fields, secret, ':');
        std::getline(fields, public_key, ':');
        std::getline(fields, text, ':');
        std::getline(fields, signature, ':');
        const test::buffer seed = test::unhex(secret), message = test::unhex(text);
        const ed25519_key key(bytes_view(seed).first<32>());
        CHECK(test::hex(key.public_key()) == public_key);
        CHECK(test::hex(signed_by(key, message)) == signature.substr(0, 128));
        CHECK(ed25519_verify(test::unhex(public_key), message, bytes_view(test::unhex(signature)).first(64)));
    }
    test::ran("Ed25519 sign.input", cases);
}
