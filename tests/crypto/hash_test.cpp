#include <spantls/crypto/hash.hpp>

#include <array>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::hash_id;

static_assert(spantls::secret_size<test::usual_provider> == 48);
static_assert(spantls::secret_size<spantls::sodium_chacha> == 32);

namespace {

test::buffer hmac(hash_id hash, bytes_view key, bytes_view message) {
    // A key longer than a block is hashed first (RFC 2104). No key of the key schedule is, so that is not in hmac_key.
    const spantls::digest hashed = spantls::hash_of<test::usual_provider>(hash, key);
    const spantls::hmac_key<test::usual_provider> ready(hash,
                                                        key.size() > spantls::block_size(hash) ? hashed.view() : key);
    test::buffer out(spantls::digest_size(hash) + 1, 0xa5);
    ready.mac(message, out.data());
    REQUIRE(out.back() == 0xa5);
    out.pop_back();
    return out;
}

void check_wycheproof(hash_id hash, const std::string& name) {
    const auto file = test::shared_vectors("wycheproof/" + name);
    if (!file) return;
    const std::size_t cases = test::for_each_wycheproof(*file, [&](const auto& group, const auto& one) {
        test::buffer mac = hmac(hash, test::unhex(one["key"].template get<std::string>()),
                                test::unhex(one["msg"].template get<std::string>()));
        mac.resize(group["tagSize"].template get<std::size_t>() / 8);
        CHECK((test::hex(mac) == one["tag"].template get<std::string>()) == (one["result"] == "valid"));
    });
    test::ran(name, cases);
}

}  // namespace

TEST_CASE("HMAC-SHA-256 and HMAC-SHA-384 pass Wycheproof") {
    check_wycheproof(hash_id::sha256, "hmac_sha256_test.json");
    check_wycheproof(hash_id::sha384, "hmac_sha384_test.json");
}

TEST_CASE("a hash that is chosen at run time is the hash that was chosen") {
    test::buffer in(300);
    test::seeded_stream(7).fill(in);
    for (const bool long_one : {false, true}) {
        const hash_id id = long_one ? hash_id::sha384 : hash_id::sha256;
        const EVP_MD* const oracle = long_one ? EVP_sha384() : EVP_sha256();
        for (const std::size_t cut : {0u, 1u, 64u, 127u, 300u}) {
            spantls::hasher<test::usual_provider> hash(id);
            REQUIRE(hash.id() == id);
            REQUIRE(hash.size() == spantls::digest_size(id));
            hash.update(bytes_view(in).first(cut));
            spantls::hasher<test::usual_provider> snapshot = hash;
            hash.update(bytes_view(in).subspan(cut));
            CHECK(test::copy(hash.finish().view()) == test::oracle::digest(oracle, in));
            CHECK(test::copy(snapshot.finish().view()) == test::oracle::digest(oracle, bytes_view(in).first(cut)));
        }
        CHECK(test::copy(spantls::hash_of<test::usual_provider>(id, in).view()) == test::oracle::digest(oracle, in));
    }
}

TEST_CASE("one HMAC key makes any number of MACs, until it is cleared") {
    const test::buffer key(32, 0x0b);
    spantls::hmac_key<test::usual_provider> ready(hash_id::sha256, key);
    std::array<std::uint8_t, 32> first{}, second{}, after{};
    ready.mac(spantls::as_bytes("Hi There"), first.data());
    ready.mac(spantls::as_bytes("Hi There"), second.data());
    REQUIRE(first == second);
    ready.clear();
    ready.mac(spantls::as_bytes("Hi There"), after.data());
    REQUIRE(after != first);
}
