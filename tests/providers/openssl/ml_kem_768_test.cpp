#include <spantls/providers/openssl/ml_kem_768.hpp>

#include <openssl/err.h>

#include "support/ml_kem_checks.hpp"

// From OpenSSL 3.5 on these are two; before that, one and the same.
TEST_CASE("the ML-KEM-768 of libcrypto is the portable one, byte by byte") {
    test::ml_kem_is_ours<spantls::libcrypto::ml_kem_768>();
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("the ML-KEM-768 of libcrypto passes the vectors") {
    test::ml_kem_passes_vectors<spantls::libcrypto::ml_kem_768>();
}
