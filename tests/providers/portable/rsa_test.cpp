#include <spantls/providers/portable/rsa.hpp>

#include "support/catch.hpp"
#include "support/rsa_checks.hpp"

namespace portable = spantls::portable;
using spantls::bytes_view;

namespace {

/// Limbs of 64 and of 32 bits agree.
struct ours {
    template <class Hash>
    static bool pkcs1(bytes_view key, bytes_view message, bytes_view signature) {
        const bool good = portable::rsa_pkcs1_verify<Hash>(key, message, signature);
        CHECK(portable::rsa_pkcs1_verify<Hash, std::uint32_t>(key, message, signature) == good);
        return good;
    }
    template <class Hash>
    static bool pss(bytes_view key, bytes_view message, bytes_view signature, std::size_t salt = Hash::size) {
        const bool good = portable::rsa_pss_verify<Hash>(key, message, signature, salt);
        CHECK(portable::rsa_pss_verify<Hash, std::uint32_t>(key, message, signature, salt) == good);
        return good;
    }
};

}  // namespace

TEST_CASE("RSA PKCS #1 v1.5: Wycheproof") { test::rsa::check_wycheproof_pkcs1<ours>(); }
TEST_CASE("RSA PSS: Wycheproof") { test::rsa::check_wycheproof_pss<ours>(); }
TEST_CASE("RSA PKCS #1 v1.5: NIST's signatures") { test::rsa::check_nist_pkcs1<ours>(); }
TEST_CASE("RSA PSS: NIST's signatures, whose salt has 10 bytes and not those of section 4.3.3") {
    test::rsa::check_nist_pss<ours>();
}
TEST_CASE("RSA: libcrypto's signatures, with moduli of all lengths modulo a limb") {
    test::rsa::check_against_libcrypto<ours>();
}
TEST_CASE("RSA: a signature is as long as the modulus, and below it") { test::rsa::check_lengths<ours>(); }
TEST_CASE("RSA: the bounds of keys") { test::rsa::check_keys<ours>(); }
TEST_CASE("RSA: the largest key and the largest exponents") { test::rsa::check_largest<ours>(); }
TEST_CASE("RSA PSS: the byte before the encoding is zero") { test::rsa::check_byte_before_encoding<ours>(); }
