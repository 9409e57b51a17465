#include <spantls/providers/erased.hpp>

#include <spantls/providers/openssl.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using namespace spantls;
using both_libraries = erased<sodium, openssl>;
using seeded = test::seeded<both_libraries>;

static_assert(provider<both_libraries>);
static_assert(provider<erased<sodium_chacha>>);
static_assert(provider<erased<openssl, sodium, sodium_chacha>>);

// What any of them has, each once, in the order in which it is named.
static_assert(both_libraries::suites.size() == 3);
static_assert(both_libraries::suites[0].suite == cipher_suite::tls_aes_256_gcm_sha384);
static_assert(both_libraries::suites[0].hash == hash_id::sha384);
static_assert(both_libraries::suites[2].suite == cipher_suite::tls_aes_128_gcm_sha256 &&
              both_libraries::suites[2].aead == 2);
static_assert(both_libraries::groups::size == 5 && both_libraries::hashes::size == 2);
static_assert(both_libraries::verify_schemes.size() == openssl::verify_schemes.size());
static_assert(check<both_libraries>(client_config{}) == errc::none);
// A hybrid tells what curve it has inside, here as in one provider alone: no second key is made for a share of that.
static_assert(detail::erased_group<named_group::x25519_mlkem768, openssl, sodium>::curve::id == named_group::x25519);

namespace {

template <class Pair>
void talk(Pair& both) {
    REQUIRE(both.client.send("up") == errc::none);
    REQUIRE(both.server.send("down") == errc::none);
    REQUIRE(both.client.tls.update_keys(true) == errc::none);
    both.run();
    REQUIRE(both.client.send("more") == errc::none);
    both.run();
    CHECK(both.server.received == test::text("upmore"));
    CHECK(both.client.received == test::text("down"));
}

/// Puts things back as they are at the start.
struct chosen_for_now {
    ~chosen_for_now() { both_libraries::choose<sodium>(); }
};

}  // namespace

TEST_CASE("either library, chosen at run time, with all that either has") {
    const chosen_for_now back;
    for (const bool second : {false, true}) {
        second ? both_libraries::choose<openssl>() : both_libraries::choose<sodium>();
        CHECK(both_libraries::chosen() == (second ? 1 : 0));
        for (const suite_info& suite : both_libraries::suites)
            for (const named_group group : usable_groups<both_libraries>({})) {
                INFO(name_of(suite.suite) << ", " << name_of(group));
                if (!both_libraries().available(suite.suite)) continue;
                const test::pair_options options{.client = {.prefer = {.suites = {suite.suite}, .groups = {group}}}};
                test::pair<seeded> alone(options);
                REQUIRE(alone.handshake());
                CHECK(alone.client.tls.suite() == suite.suite);
                CHECK(alone.client.tls.group() == group);
                talk(alone);
                test::pair<seeded, test::seeded<openssl>> other(options);
                REQUIRE(other.handshake());
                talk(other);
            }
    }
}

TEST_CASE("choosing again spoils nothing that is under way") {
    const chosen_for_now back;
    for (std::size_t times = 0; times < 12; ++times) {
        test::pair<seeded> both({.server = {.authenticate_client = client_authentication::require}});
        both.client.own = &both.client_credentials();
        std::size_t rounds = 0;
        bool second = false;
        do {
            if (++rounds % (times + 1) == 0) second = !second;
            second ? both_libraries::choose<openssl>() : both_libraries::choose<sodium>();
        } while (both.round());
        REQUIRE(both.client.has(what::handshake_done));
        REQUIRE(both.server.has(what::handshake_done));
        both_libraries::choose<sodium>();
        talk(both);
        both_libraries::choose<openssl>();
        REQUIRE(both.client.tls.update_keys() == errc::none);
        REQUIRE(both.client.send("!") == errc::none);
        both.run();
        CHECK(both.server.received == test::text("upmore!"));
    }
}

TEST_CASE("what the chosen one lacks, another does; what none has is not there") {
    const chosen_for_now back;
    both_libraries crypto;
    for (const bool second : {false, true}) {
        second ? both_libraries::choose<openssl>() : both_libraries::choose<sodium>();
        CHECK(crypto.available(cipher_suite::tls_aes_128_gcm_sha256));  // libcrypto's
        CHECK_FALSE(crypto.available(cipher_suite::tls_aes_128_ccm_sha256));
        std::array<std::uint8_t, 32> first{}, other{};
        REQUIRE(crypto.random(first));
        REQUIRE(crypto.random(other));
        CHECK(first != other);
        const sodium::ed25519_key key(first);
        const auto signature = key.sign(as_bytes("m"));
        CHECK(crypto.verify(signature_scheme::ed25519, key.public_key(), as_bytes("m"), signature));
        CHECK_FALSE(crypto.verify(signature_scheme::ed25519, key.public_key(), as_bytes("n"), signature));
        CHECK_FALSE(crypto.verify(signature_scheme::ed448, key.public_key(), as_bytes("m"), signature));
    }
}
