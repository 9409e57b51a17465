#include <spantls/providers/openssl/hash.hpp>

#include "support/hash_checks.hpp"

using spantls::libcrypto::sha256;
using spantls::libcrypto::sha384;

static_assert(spantls::hash_function<sha256> && spantls::hash_function<sha384>);

TEST_CASE("libcrypto's SHA-256 at every length, and a copy of its state is a snapshot") {
    test::hashes::compare_with<sha256>(EVP_sha256());
}
TEST_CASE("libcrypto's SHA-384 at every length, and a copy of its state is a snapshot") {
    test::hashes::compare_with<sha384>(EVP_sha384());
}

TEST_CASE("libcrypto's SHA-256: NIST's vectors") { test::hashes::check_nist<sha256>("SHA256"); }
TEST_CASE("libcrypto's SHA-384: NIST's vectors") { test::hashes::check_nist<sha384>("SHA384"); }

TEST_CASE("libcrypto's digests of nothing (FIPS 180-4)") {
    CHECK(test::hex(test::hashes::digest<sha256>({})) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(test::hex(test::hashes::digest<sha384>({})) ==
          "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b");
}
