#include <spantls/base/secret.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

using spantls::secret_bytes;

namespace {

static_assert(!std::is_copy_constructible_v<secret_bytes<32>>);
static_assert(!std::is_copy_assignable_v<secret_bytes<32>>);
static_assert(std::is_nothrow_move_constructible_v<secret_bytes<32>>);
static_assert(std::is_nothrow_move_assignable_v<secret_bytes<32>>);
static_assert(sizeof(secret_bytes<48>) == 48);
static_assert(secret_bytes<48>::size() == 48);

secret_bytes<16> made_of(std::uint8_t value) {
    secret_bytes<16> secret;
    for (std::uint8_t& byte : secret.bytes()) byte = value;
    return secret;
}

template <class Secret>
bool all(const Secret& secret, std::uint8_t value) {
    const auto bytes = secret.bytes();
    return std::all_of(bytes.begin(), bytes.end(), [=](std::uint8_t byte) { return byte == value; });
}

}  // namespace

TEST_CASE("a new secret is zero") { CHECK(all(secret_bytes<16>{}, 0)); }

TEST_CASE("a secret that moved is here and no longer there") {
    secret_bytes<16> from = made_of(7);
    secret_bytes<16> to(std::move(from));
    CHECK(all(to, 7));
    CHECK(all(from, 0));

    secret_bytes<16> assigned = made_of(9);
    assigned = std::move(to);
    CHECK(all(assigned, 7));
    CHECK(all(to, 0));
}

TEST_CASE("a secret that is moved to itself stays") {
    secret_bytes<16> secret = made_of(7);
    secret_bytes<16>& same = secret;
    secret = std::move(same);
    CHECK(all(secret, 7));
}

TEST_CASE("clear wipes") {
    secret_bytes<16> secret = made_of(7);
    secret.clear();
    CHECK(all(secret, 0));
}

TEST_CASE("a destroyed secret leaves zeros where it was") {
    alignas(secret_bytes<16>) unsigned char place[sizeof(secret_bytes<16>)];
    auto* secret = new (place) secret_bytes<16>(made_of(7));
    REQUIRE(all(*secret, 7));
    secret->~secret_bytes();
    // Read through a volatile pointer, so that the compiler cannot know the answer.
    const volatile unsigned char* at = place;
    for (std::size_t i = 0; i < sizeof(place); ++i) CHECK(at[i] == 0);
}

TEST_CASE("the front of a secret is a view of it") {
    secret_bytes<16> secret = made_of(7);
    secret.first(3)[2] = 8;
    CHECK(secret.first(3).size() == 3);
    CHECK(std::as_const(secret).first(3)[2] == 8);
    CHECK(secret.bytes()[2] == 8);
    CHECK(secret.bytes()[3] == 7);
}
