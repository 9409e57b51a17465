// What a server puts into the cookie of a retry, and takes out of it again.
#include <spantls/handshake/cookie.hpp>

#include <array>
#include <vector>

#include <spantls/providers/sodium.hpp>

#include "support/catch.hpp"
#include "support/vectors.hpp"

using namespace spantls;

namespace {

using crypto = sodium;

const test::buffer current(32, 0x11), previous(48, 0x22), foreign(32, 0x33), address{10, 0, 0, 1};

retry_terms terms_of(cipher_suite suite) {
    retry_terms terms{suite, named_group::x25519, {}, {}};
    std::uint8_t next = 1;
    for (digest* const each : {&terms.first_hello, &terms.unchanging}) {
        each->size = static_cast<std::uint8_t>(digest_size(find_suite<crypto>(suite)->hash));
        for (std::size_t i = 0; i < each->size; ++i) each->bytes[i] = next++;
    }
    return terms;
}

test::buffer sealed(const retry_terms& terms, bytes_view secret, bytes_view bound) {
    std::array<std::uint8_t, max_retry_cookie> space;
    return test::copy(seal_cookie<crypto>(terms, secret, bound, space));
}

bool opens(bytes_view cookie, std::vector<bytes_view> secrets, bytes_view bound) {
    retry_terms terms;
    return open_cookie<crypto>(cookie, secrets, bound, terms);
}

constexpr cipher_suite suites[] = {cipher_suite::tls_chacha20_poly1305_sha256, cipher_suite::tls_aes_256_gcm_sha384};

}  // namespace

TEST_CASE("a cookie says what was put into it (section 4.3.2)") {
    for (const cipher_suite suite : suites)
        for (const named_group group : {named_group::x25519, named_group{}}) {
            retry_terms terms = terms_of(suite);
            terms.group = group;
            const test::buffer cookie = sealed(terms, current, address);
            CHECK(cookie.size() == 5 + 2u * terms.first_hello.size + 32);
            CHECK(cookie.size() <= max_retry_cookie);
            retry_terms read;
            const bytes_view secrets[] = {current};
            REQUIRE(open_cookie<crypto>(cookie, secrets, address, read));
            CHECK(read.suite == suite);
            CHECK(read.group == group);
            CHECK(equal_bytes(read.first_hello.view(), terms.first_hello.view()));
            CHECK(equal_bytes(read.unchanging.view(), terms.unchanging.view()));
        }
}

TEST_CASE("the secret before the current one still opens, and one that is gone does not") {
    const test::buffer cookie = sealed(terms_of(suites[0]), previous, address);
    CHECK(opens(cookie, {previous}, address));
    CHECK(opens(cookie, {current, previous}, address));
    CHECK(opens(cookie, {previous, current}, address));
    CHECK_FALSE(opens(cookie, {foreign, current}, address));
    CHECK_FALSE(opens(cookie, {}, address));
}

TEST_CASE("a cookie is bound to the client that it was given to") {
    const test::buffer cookie = sealed(terms_of(suites[0]), current, address);
    const test::buffer none, other{10, 0, 0, 2}, longer{10, 0, 0, 1, 0}, large(70000, 7);
    for (const test::buffer& each : {none, other, longer, large}) {
        CHECK_FALSE(opens(cookie, {current}, each));
        CHECK(opens(sealed(terms_of(suites[0]), current, each), {current}, each));
        CHECK_FALSE(opens(sealed(terms_of(suites[0]), current, each), {current}, address));
    }
}

TEST_CASE("a cookie that was changed in any bit, cut anywhere or made longer is none") {
    for (const cipher_suite suite : suites) {
        const test::buffer cookie = sealed(terms_of(suite), current, address);
        for (std::size_t bit = 0; bit < 8 * cookie.size(); ++bit) {
            test::buffer changed = cookie;
            changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
            CHECK_FALSE(opens(changed, {current}, address));
        }
        for (std::size_t size = 0; size < cookie.size(); ++size)
            CHECK_FALSE(opens(bytes_view(cookie).first(size), {current}, address));
        for (const std::size_t more : {std::size_t{1}, std::size_t{48}, std::size_t{65000}}) {
            test::buffer longer = cookie;
            longer.resize(cookie.size() + more);
            CHECK_FALSE(opens(longer, {current}, address));
        }
    }
}
