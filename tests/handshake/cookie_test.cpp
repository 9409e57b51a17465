// What a server puts into the cookie of a retry, and takes out of it again.
#include <spantls/handshake/cookie.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include "support/catch.hpp"
#include "support/forge.hpp"
#include "support/provider.hpp"
#include "support/vectors.hpp"

using namespace spantls;

namespace {

using crypto = test::usual_provider;

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
            CHECK(cookie.size() == 5 + 2u * terms.first_hello.size + 2 + 32);
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

namespace {

/// Keys of which this is the short form.
offered_identities keys_of(std::vector<std::uint32_t> all) {
    offered_identities keys;
    for (const std::uint32_t each : all) {
        if (keys.count < offered_identities::most_known) keys.known[keys.count] = each;
        ++keys.count;
    }
    return keys;
}

}  // namespace

TEST_CASE("a cookie says which keys were offered, the first eight of them") {
    for (const cipher_suite suite : suites)
        for (const std::size_t count : {0u, 1u, 7u, 8u, 9u, 9000u}) {
            CAPTURE(count);
            retry_terms terms = terms_of(suite), read;
            std::vector<std::uint32_t> all(count);
            for (std::size_t i = 0; i < count; ++i) all[i] = static_cast<std::uint32_t>(0xfffffff0 + i);
            terms.keys = keys_of(all);
            const test::buffer cookie = sealed(terms, current, address);
            const std::size_t known = std::min<std::size_t>(count, 8);
            CHECK(cookie.size() == 5 + 2u * terms.first_hello.size + 2 + 4 * known + 32);
            CHECK(cookie.size() <= max_retry_cookie);
            const bytes_view secrets[] = {current};
            REQUIRE(open_cookie<crypto>(cookie, secrets, address, read));
            CHECK(read.keys.count == count);
            CHECK(read.keys.known == terms.keys.known);
        }
}

TEST_CASE("after a retry keys may be gone, and there are no others (section 4.2.2)") {
    const offered_identities none, one = keys_of({1}), some = keys_of({1, 2, 3}),
                                   many = keys_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    for (const offered_identities& first : {none, one, some, many}) {
        CHECK(first.remain_of(first));
        CHECK(none.remain_of(first));
        CHECK(first.remain_of(many));
        CHECK_FALSE(keys_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}).remain_of(first));
    }
    CHECK_FALSE(one.remain_of(none));
    CHECK_FALSE(keys_of({2}).remain_of(one));
    CHECK_FALSE(keys_of({1, 1}).remain_of(one));
    CHECK(keys_of({2}).remain_of(some));
    CHECK(keys_of({3}).remain_of(some));
    CHECK(keys_of({1, 3}).remain_of(some));
    CHECK_FALSE(keys_of({3, 1}).remain_of(some));
    CHECK_FALSE(keys_of({1, 4}).remain_of(some));
    CHECK_FALSE(keys_of({1, 2, 3, 4}).remain_of(some));
    // Of more than eight the last ones are only counted.
    CHECK(keys_of({9, 10}).remain_of(many));
    CHECK(keys_of({8, 9, 10}).remain_of(many));
    CHECK_FALSE(keys_of({9, 10, 11}).remain_of(many));
    CHECK(keys_of({2, 3, 4, 5, 6, 7, 8, 9, 10}).remain_of(many));
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

TEST_CASE("what may not change is known by its types, in whatever order they come (section 4.2.2)") {
    const auto unknown = [](int type) { return static_cast<extension_type>(type); };
    const auto hash = [](const test::forge::client_hello& hello, bool asks_share = true) {
        const test::buffer body = hello.body();
        parsed_client_hello read;
        REQUIRE(read.parse(body) == errc::none);
        return test::hex(hash_unchanging<crypto>(hash_id::sha256, read, asks_share).view());
    };
    // Two of which nobody knows what they mean, the least and the greatest type there is room for.
    test::forge::client_hello first;
    first.ext_.add(unknown(0xffff), {1, 2})
        .add(unknown(0x0a0a), {3})
        .add(unknown(0x1a1a), {})
        .add(unknown(0x2a2a), {4});
    test::forge::client_hello again = first;
    for (std::size_t i = 0; i < first.ext_.all.size(); ++i) {
        std::rotate(again.ext_.all.begin(), again.ext_.all.begin() + 1, again.ext_.all.end());
        CHECK(hash(again) == hash(first));
    }
    std::reverse(again.ext_.all.begin(), again.ext_.all.end());
    CHECK(hash(again) == hash(first));
    CHECK(hash(again, false) == hash(first, false));
    CHECK(hash(first, false) != hash(first, true));

    const auto changed = [&](auto change) {
        test::forge::client_hello other = first;
        change(other.ext_);
        return hash(other) != hash(first);
    };
    CHECK(changed([&](auto& all) { all.remove(unknown(0xffff)); }));
    CHECK(changed([&](auto& all) { all.add(unknown(0xfffe)); }));
    CHECK(changed([&](auto& all) { all.set(unknown(0xffff), {2, 1}); }));
    CHECK(changed([&](auto& all) { all.set(unknown(0x0a0a), {4}).set(unknown(0x2a2a), {3}); }));
    CHECK(changed([&](auto& all) { all.set(unknown(0x0a0a), {}).set(unknown(0x1a1a), {3}); }));
    CHECK_FALSE(changed([&](auto& all) { all.add(test::forge::ext::padding, test::buffer(9)); }));
    CHECK_FALSE(changed([&](auto& all) { all.add(test::forge::ext::cookie, {0, 1, 7}); }));

    // As many as there is room for.
    test::forge::client_hello many;
    for (int type = 0x8000; type < 0xb000; ++type) many.ext_.add(unknown(type), {});
    test::forge::client_hello reversed = many, without = many, changed_one = many;
    std::reverse(reversed.ext_.all.begin(), reversed.ext_.all.end());
    without.ext_.all.erase(without.ext_.all.begin() + 5000);
    changed_one.ext_.all[5000].second = {7};
    CHECK(hash(reversed) == hash(many));
    CHECK(hash(without) != hash(many));
    CHECK(hash(changed_one) != hash(many));

    // Each of them counts, also where one walk ends and the next begins.
    test::forge::client_hello some;
    for (int type = 0x8000; type < 0x8000 + 1100; ++type) some.ext_.add(unknown(type), {});
    const auto as_it_was = hash(some);
    for (auto& [type, data] : some.ext_.all) {
        const int place = static_cast<int>(type) & 255;
        if (static_cast<int>(type) < 0x8000 || (place > 1 && place < 254)) continue;
        data = {7};
        if (hash(some) == as_it_was) FAIL("changed unseen: " << static_cast<int>(type));
        data = {};
    }
}
