#include <spantls/session/ticket_state.hpp>

#include <array>

#include "support/catch.hpp"

using namespace spantls;

namespace {

constexpr std::uint64_t day = 86'400'000;
constexpr std::uint64_t issued = 1'700'000'000'000;
constexpr std::array<std::uint8_t, 48> key{1};

ticket_state made() {
    ticket_state it;
    it.suite = cipher_suite::tls_aes_256_gcm_sha384;
    it.issued_at = it.authenticated_at = issued;
    it.lifetime = 86400;
    it.age_add = 0xfffffff0;
    it.max_early_data = 4096;
    it.peer_authenticated = true;
    it.key = key;
    it.protocol = "mqtt";
    return it;
}

}  // namespace

TEST_CASE("the longest state is as long as it is said to be") {
    const std::array<std::uint8_t, max_ticket_application> most{};
    const std::string_view name(reinterpret_cast<const char*>(most.data()), 255);
    ticket_state it = made();
    it.protocol = it.server_name = name;
    it.client_identity = key;
    it.application = most;
    REQUIRE(detail::sound(it));
    writer measure({});
    encode(measure, it);
    CHECK(measure.needed() == max_ticket_state);
}

TEST_CASE("a state with a field out of its range is not sound") {
    const std::array<std::uint8_t, max_ticket_application + 1> bytes{};
    const std::string_view long_name(reinterpret_cast<const char*>(bytes.data()), 256);
    REQUIRE(detail::sound(made()));
    const auto unsound = [](auto change) {
        ticket_state it = made();
        change(it);
        CHECK_FALSE(detail::sound(it));
    };
    unsound([](ticket_state& it) { it.suite = cipher_suite::tls_aes_128_gcm_sha256; });  // the key is of SHA-384
    unsound([](ticket_state& it) { it.suite = {}; });
    unsound([](ticket_state& it) { it.key = {}; });
    unsound([](ticket_state& it) { it.key = bytes_view(key).first(47); });
    unsound([](ticket_state& it) { it.lifetime = 0; });
    unsound([](ticket_state& it) { it.lifetime = max_ticket_lifetime + 1; });  // section 4.7.1: MUST NOT
    unsound([&](ticket_state& it) { it.protocol = long_name; });
    unsound([&](ticket_state& it) { it.server_name = long_name; });
    for (const std::size_t size : {1u, 31u, 33u, 47u, 49u})
        unsound([&](ticket_state& it) { it.client_identity = bytes_view(bytes).first(size); });
    unsound([&](ticket_state& it) { it.application = bytes; });
}

TEST_CASE("the age that the server measures, and the one that the client claims") {
    const ticket_state it = made();
    CHECK(measured_age(it, issued) == 0);
    CHECK(measured_age(it, issued + 5) == 5);
    CHECK(measured_age(it, issued - 1) == UINT64_MAX);
    CHECK(measured_age(it, 0) == UINT64_MAX);
    CHECK(claimed_age(it, 0xfffffff0) == 0);
    CHECK(claimed_age(it, 0) == 16);  // modulo 2^32
    CHECK(claimed_age(it, 0xffffffef) == 0xffffffff);
}

TEST_CASE("a ticket is over after its lifetime, and every ticket of a chain seven days after its beginning") {
    ticket_state it = made();
    CHECK_FALSE(expired(it, issued));
    CHECK_FALSE(expired(it, issued + day - 1));
    CHECK(expired(it, issued + day));
    CHECK(expired(it, UINT64_MAX));
    // A server whose clock is behind that of the one that gave it out.
    CHECK_FALSE(expired(it, issued - 1000));
    it.authenticated_at = issued - 6 * day - day / 2;
    CHECK_FALSE(expired(it, issued + day / 2 - 1));
    CHECK(expired(it, issued + day / 2));
}

TEST_CASE("the choice is what the ticket says") {
    const ticket_state it = made();
    const psk_choice choice = choice_of(it, 3);
    CHECK(choice.index == 3);
    CHECK(choice.key.data() == key.data());
    CHECK(choice.key.size() == key.size());
    CHECK(choice.hash == hash_id::sha384);
    CHECK(choice.kind == psk_kind::resumption);
    CHECK(choice.early.limit == 4096);
    CHECK(choice.early.suite == it.suite);
    CHECK(choice.early.protocol == "mqtt");
    CHECK(choice.peer_authenticated);
}
