#include <spantls/providers/sodium/ml_kem_768.hpp>

#include "support/ml_kem_checks.hpp"

// From libsodium 1.0.22 on these are two; before that, one and the same.
TEST_CASE("the ML-KEM-768 of libsodium is the portable one, byte by byte") {
    test::ml_kem_is_ours<spantls::libsodium::ml_kem_768>();
    CHECK(spantls::libsodium::ml_kem_768::private_size == 64);
}

TEST_CASE("the ML-KEM-768 of libsodium passes the vectors") {
    test::ml_kem_passes_vectors<spantls::libsodium::ml_kem_768>();
}
