#include <spantls/providers/openssl.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <spantls/providers/erased.hpp>
#include <spantls/providers/mixed.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/seeded_provider.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

using namespace spantls;
using seeded = test::seeded<spantls::openssl>;

static_assert(provider<openssl>);
static_assert(provider<seeded>);
static_assert(check<openssl>(client_config{}) == errc::none && check<openssl>(server_config{}) == errc::none);

// RFC 9846, section 9.1.
static_assert(find_suite<openssl>(cipher_suite::tls_aes_128_gcm_sha256)->hash == hash_id::sha256);
static_assert(find_suite<openssl>(cipher_suite::tls_aes_256_gcm_sha384)->hash == hash_id::sha384);
static_assert(find_suite<openssl>(cipher_suite::tls_chacha20_poly1305_sha256)->hash == hash_id::sha256);
static_assert(openssl::suites[0].suite == cipher_suite::tls_aes_128_gcm_sha256 && openssl::suites[2].aead == 2);

// None twice (section 4.3.3).
static_assert(check<openssl>(client_config{.prefer = {.schemes = usable_schemes<openssl>({})}}) == errc::none);

namespace {

/// What libcrypto allocates in this program, and what of it is not yet freed. It lets itself be counted if it is asked
/// before it does anything.
std::atomic<std::size_t> allocations{0}, alive{0};
void* counted_realloc(void* old, std::size_t size, const char*, int) {
    ++allocations;
    alive += old == nullptr ? 1 : 0;
    return std::realloc(old, size);
}
void* counted_malloc(std::size_t size, const char* file, int line) {
    return counted_realloc(nullptr, size, file, line);
}
void counted_free(void* old, const char*, int) {
    alive -= old != nullptr ? 1 : 0;
    std::free(old);
}
const bool counted = CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1;

constexpr std::array all_suites{cipher_suite::tls_aes_128_gcm_sha256, cipher_suite::tls_aes_256_gcm_sha384,
                                cipher_suite::tls_chacha20_poly1305_sha256};

}  // namespace

TEST_CASE("libcrypto has its suites, and no others") {
    const openssl crypto;
    for (unsigned suite = 0; suite <= 0xffff; ++suite) {
        const bool known = suite >= 0x1301 && suite <= 0x1303;
        if (crypto.available(static_cast<cipher_suite>(suite)) != known) FAIL(suite);
    }
    CHECK(crypto.available(cipher_suite::tls_aes_128_gcm_sha256));
}

TEST_CASE("libcrypto's random bytes differ") {
    openssl crypto;
    std::array<std::uint8_t, 64> first{}, second{};
    REQUIRE(crypto.random(first));
    REQUIRE(crypto.random(second));
    CHECK(first != second);
    CHECK(crypto.random({}));
}

TEST_CASE("both ends on libcrypto: each suite, each group (section 9.1)") {
    for (const cipher_suite suite : all_suites)
        for (const named_group group : usable_groups<openssl>({})) {
            INFO(name_of(suite) << ", " << name_of(group));
            test::pair<seeded> both({.client = {.prefer = {.suites = {suite}, .groups = {group}}}});
            REQUIRE(both.handshake());
            CHECK(both.client.tls.suite() == suite);
            CHECK(both.server.tls.group() == group);
            const test::buffer data(40000, 'x');
            REQUIRE(both.client.send(data) == errc::none);
            REQUIRE(both.server.send("back") == errc::none);
            both.run();
            CHECK(both.server.received == data);
            CHECK(both.client.received == test::text("back"));
            REQUIRE(both.client.tls.update_keys(true) == errc::none);
            REQUIRE(both.client.send("more") == errc::none);
            both.run();
            REQUIRE(both.server.send("again") == errc::none);
            both.run();
            CHECK(both.client.received == test::text("backagain"));
            CHECK(both.client.tls.close() == errc::none);
            both.run();
            CHECK(both.server.has(what::peer_closed));
        }
}

TEMPLATE_TEST_CASE("a record makes libcrypto allocate nothing, of any suite and any size", "", openssl, mixed,
                   (erased<openssl, sodium>)) {
    REQUIRE(counted);
    for (const cipher_suite suite : all_suites) {
        INFO(name_of(suite));
        test::pair<test::seeded<TestType>> both(
            {.client = {.prefer = {.suites = {suite}, .groups = {named_group::x25519}}}});
        REQUIRE(both.handshake());
        std::vector<std::uint8_t> out(max_record), data(16384, 'x');
        for (const std::size_t size : {1u, 64u, 1024u, 1025u, 5000u, 16384u})
            for (int again = 0; again < 3; ++again) {
                const std::size_t before = allocations;
                const output sent = both.client.tls.send(bytes_view(data).first(size), out);
                const bool good =
                    sent.consumed == size &&
                    both.server.tls.receive(mutable_bytes(out).first(sent.records.size())).data.size() == size;
                const std::size_t after = allocations;
                CHECK(good);
                CHECK(after == before);
            }
    }
}

TEST_CASE("what libcrypto allocates for a handshake is bounded, and all of it is given back") {
    REQUIRE(counted);
    for (const named_group group : usable_groups<openssl>({})) {
        test::pair<seeded>({.client = {.prefer = {.groups = {group}}}}).handshake();  // what it keeps for itself
        const std::size_t before = allocations, alive_before = alive;
        {
            test::pair<seeded> both({.client = {.prefer = {.groups = {group}}}});
            REQUIRE(both.handshake());
            CHECK(alive - alive_before <= 8);  // of four directions a context with its key
        }
        const std::size_t made = allocations - before;
        CHECK(alive == alive_before);
        std::printf("# allocations of libcrypto in a handshake, both ends, %s: %zu\n", name_of(group).data(), made);
        CHECK(made < 600);
    }
}

TEST_CASE("on libcrypto: a retry for each group, with and without a share before") {
    for (const named_group group : usable_groups<openssl>({}))
        for (const bool with_share : {false, true}) {
            INFO(name_of(group) << (with_share ? ", after another share" : ""));
            const named_group other = group == named_group::x25519 ? named_group::secp256r1 : named_group::x25519;
            const fixed_vector<named_group, 4> shares =
                with_share ? fixed_vector<named_group, 4>{other} : fixed_vector<named_group, 4>{};
            test::pair<seeded> both({.client = {.prefer = {.groups = {other, group}}, .shares = shares},
                                     .server = {.prefer = {.groups = {group}}}});
            REQUIRE(both.handshake());
            CHECK(both.client.tls.group() == group);
            CHECK(both.server.tls.group() == group);
        }
}

TEST_CASE("on libcrypto: post-quantum by default, with a share of X25519 beside it") {
    test::pair<seeded> both;
    REQUIRE(both.handshake());
    CHECK(both.client.tls.group() == named_group::x25519_mlkem768);
    for (const named_group only : {named_group::x25519, named_group::secp256r1, named_group::secp384r1}) {
        test::pair<seeded> old({.server = {.prefer = {.groups = {only}}}});
        REQUIRE(old.handshake());
        CHECK(old.client.tls.group() == only);
    }
}

TEST_CASE("SecP256r1MLKEM768 and P-256 have one key of the curve, whose share comes first") {
    using enum named_group;
    const fixed_vector<named_group, 4> shares{secp256r1_mlkem768, secp256r1};
    for (const named_group chosen : {secp256r1_mlkem768, secp256r1}) {
        test::pair<seeded> both({.client = {.shares = shares}, .server = {.prefer = {.groups = {chosen}}}});
        REQUIRE(both.handshake());
        CHECK(both.server.tls.group() == chosen);
        const test::buffer& sent = both.to_server.all;
        const test::buffer first{0x11, 0xeb, 1249 >> 8, 1249 & 0xff}, second{0, 0x17, 0, 65};
        const auto hybrid = std::search(sent.begin(), sent.end(), first.begin(), first.end()) + 4;
        REQUIRE(sent.end() - hybrid > 1249 + 4 + 65);
        const auto curve = hybrid + 1249;
        CHECK(std::equal(second.begin(), second.end(), curve));
        CHECK(std::equal(hybrid, hybrid + 65, curve + 4));
    }
}

TEST_CASE("on libcrypto: the smallest workspaces do for each group") {
    for (const named_group group : usable_groups<openssl>({})) {
        INFO(name_of(group));
        test::pair<seeded> both({.client = {.prefer = {.groups = {group}}},
                                 .client_workspace = client<seeded>::smallest_workspace,
                                 .server_workspace = server<seeded>::smallest_workspace});
        REQUIRE(both.handshake());
        CHECK(both.client.count(what::need_workspace) == 0);
        CHECK(both.server.count(what::need_workspace) == 0);
    }
}

TEST_CASE("on libcrypto: shares that are no points of the curve are illegal_parameter (section 4.3.8.2)") {
    for (const named_group group : {named_group::secp256r1, named_group::secp384r1, named_group::x25519}) {
        INFO(name_of(group));
        for (const bool from_client : {true, false}) {
            test::pair<seeded> both({.client = {.prefer = {.groups = {group}}, .compatibility_mode = false}});
            const std::size_t size = client_share_size<openssl>(group);
            auto& link = from_client ? both.to_server : both.to_client;
            bool damaged = false;
            link.transit = [&](test::buffer records) {
                // The only share there is stands behind its group and its length.
                const test::buffer head{0, static_cast<std::uint8_t>(group), 0, static_cast<std::uint8_t>(size)};
                const auto at = std::search(records.begin(), records.end(), head.begin(), head.end());
                if (!damaged && at != records.end()) {
                    damaged = true;
                    std::fill(at + 4, at + 4 + static_cast<std::ptrdiff_t>(size), std::uint8_t{0});
                }
                return records;
            };
            REQUIRE_FALSE(both.handshake());
            REQUIRE(damaged);
            const errc error = from_client ? both.server.error() : both.client.error();
            CHECK(error == errc::bad_key_share);
            CHECK(alert_for(error) == alert_description::illegal_parameter);
        }
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("libcrypto's ends and libsodium's understand each other") {
    const auto check = [](auto& both) {
        REQUIRE(both.handshake());
        REQUIRE(both.client.send("up") == errc::none);
        REQUIRE(both.server.send("down") == errc::none);
        both.run();
        CHECK(both.server.received == test::text("up"));
        CHECK(both.client.received == test::text("down"));
    };
    for (const cipher_suite suite : {cipher_suite::tls_aes_256_gcm_sha384, cipher_suite::tls_chacha20_poly1305_sha256})
        for (const named_group group : {named_group::x25519_mlkem768, named_group::x25519}) {
            INFO(name_of(suite) << ", " << name_of(group));
            if (!sodium().available(suite)) continue;
            const test::pair_options options{.client = {.prefer = {.suites = {suite}, .groups = {group}}}};
            test::pair<seeded, test::seeded<sodium>> one(options);
            check(one);
            test::pair<test::seeded<sodium>, seeded> other(options);
            check(other);
        }
}
