#include <spantls/x509/sha1_identifier.hpp>

#include <array>
#include <string>

#include <openssl/evp.h>

#include "support/catch.hpp"
#include "support/vectors.hpp"

using namespace spantls;
using x509::identify_by_sha1;

namespace {
constexpr std::array<std::uint8_t, 3> abc{'a', 'b', 'c'};
static_assert(identify_by_sha1(abc)[0] == 0xa9 && identify_by_sha1(abc)[19] == 0x9d);
}  // namespace

TEST_CASE("sha1_identifier: the examples of FIPS 180, and whatever libcrypto says of every length") {
    CHECK(test::hex(identify_by_sha1({})) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(test::hex(identify_by_sha1(as_bytes("abc"))) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(test::hex(identify_by_sha1(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    test::buffer message;
    for (std::size_t size = 0; size < 300; ++size) {
        std::array<std::uint8_t, 20> theirs{};
        REQUIRE(EVP_Digest(message.data(), size, theirs.data(), nullptr, EVP_sha1(), nullptr) == 1);
        CHECK(identify_by_sha1(message) == theirs);
        message.push_back(static_cast<std::uint8_t>(size * 7 + size / 3));
    }
}
