#include <spantls/crypto/provider.hpp>

#include <spantls/providers/sodium.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/openssl_aead.hpp"

using spantls::cipher_suite;

static_assert(spantls::provider<spantls::sodium>);
static_assert(spantls::provider<spantls::sodium_chacha>);
static_assert(spantls::provider<test::null_provider>);
static_assert(spantls::provider<test::rfc8448_provider>);
static_assert(!spantls::provider<int>);

namespace {

/// A provider that can do everything but draw random bytes.
struct without_random : test::null_provider {
    bool random(spantls::mutable_bytes) = delete;
};
static_assert(!spantls::provider<without_random>);

struct without_suites : test::null_provider {
    static constexpr std::array<spantls::suite_info, 0> suites{};
};
static_assert(!spantls::provider<without_suites>);

/// A hash state that cannot be copied as bytes is no snapshot.
struct counted_hash {
    [[maybe_unused]] static constexpr spantls::hash_id id = spantls::hash_id::sha256;
    struct state {
        state() = default;
        state(const state&) {}
        state& operator=(const state&) { return *this; }
    };
    static void init(state&) noexcept {}
    static void update(state&, spantls::bytes_view) noexcept {}
    static void finish(state&, std::uint8_t*) noexcept {}
};
static_assert(!spantls::hash_function<counted_hash>);
static_assert(!spantls::record_aead<counted_hash>);
static_assert(!spantls::key_exchange<counted_hash>);

}  // namespace

TEST_CASE("a provider's suites are found by their code points") {
    STATIC_REQUIRE(spantls::find_suite<spantls::sodium>(cipher_suite::tls_aes_256_gcm_sha384)->hash ==
                   spantls::hash_id::sha384);
    STATIC_REQUIRE(spantls::find_suite<spantls::sodium>(cipher_suite::tls_chacha20_poly1305_sha256)->aead == 1);
    STATIC_REQUIRE(spantls::find_suite<spantls::sodium>(cipher_suite::tls_aes_128_gcm_sha256) == nullptr);
    STATIC_REQUIRE(spantls::find_suite<spantls::sodium_chacha>(cipher_suite::tls_aes_256_gcm_sha384) == nullptr);
}

TEST_CASE("the type at an index is the one that is visited, and the first that matches the one that is selected") {
    using list = spantls::type_list<char, int, long long>;
    for (std::size_t i = 0; i < list::size; ++i) {
        std::size_t size = 0, visits = 0;
        spantls::detail::visit_index(list{}, i, [&]<class T>() {
            size = sizeof(T);
            ++visits;
        });
        const std::size_t sizes[] = {sizeof(char), sizeof(int), sizeof(long long)};
        CHECK(size == sizes[i]);
        CHECK(visits == 1);
    }
    const auto select = [](std::size_t at_least) {
        return spantls::detail::list_facts<list>::select<std::size_t>(
            [at_least]<class T>() { return sizeof(T) >= at_least; }, []<class T>() { return sizeof(T); }, 99);
    };
    CHECK(select(0) == sizeof(char));
    CHECK(select(2) == sizeof(int));
    CHECK(select(sizeof(long long)) == sizeof(long long));
    CHECK(select(100) == 99);
}
