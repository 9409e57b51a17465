#include <spantls/providers/portable/ecdsa.hpp>

#include "support/catch.hpp"
#include "support/ecdsa_checks.hpp"

namespace portable = spantls::portable;
using spantls::bytes_view;

namespace {

/// Limbs of 64 and of 32 bits agree.
template <class Curve>
struct ours {
    using curve = Curve;
    static bool verify(bytes_view key, bytes_view digest, bytes_view signature) {
        const bool good = portable::ecdsa_verify<Curve>(key, digest, signature);
        CHECK(portable::ecdsa_verify<Curve, std::uint32_t>(key, digest, signature) == good);
        return good;
    }
};
using p256 = ours<portable::p256>;
using p384 = ours<portable::p384>;

}  // namespace

TEST_CASE("ECDSA on P-256: Wycheproof") {
    test::ecdsa::check_wycheproof<p256>("ecdsa_secp256r1_sha256_test.json", EVP_sha256());
}
TEST_CASE("ECDSA on P-384: Wycheproof") {
    test::ecdsa::check_wycheproof<p384>("ecdsa_secp384r1_sha384_test.json", EVP_sha384());
}

TEST_CASE("ECDSA: NIST's signatures and public keys") { test::ecdsa::check_all_nist<p256, p384>(); }

TEST_CASE("ECDSA: libcrypto's signatures, with digests longer and shorter than the order") {
    test::ecdsa::check_against_libcrypto<p256>("P-256", 11);
    test::ecdsa::check_against_libcrypto<p384>("P-384", 12);
}

TEST_CASE("ECDSA: numbers and points at their bounds") {
    test::ecdsa::check_edges<p256>("P-256");
    test::ecdsa::check_edges<p384>("P-384");
}
