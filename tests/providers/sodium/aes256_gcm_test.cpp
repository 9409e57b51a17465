#include <spantls/providers/sodium/aes256_gcm.hpp>

#include <spantls/crypto/provider.hpp>

#include "support/aead_checks.hpp"

using spantls::libsodium::aes256_gcm;

static_assert(spantls::record_aead<aes256_gcm>);

namespace {

bool here() {
    REQUIRE(sodium_init() >= 0);
    if (aes256_gcm::available()) return true;
    test::skip("libsodium has no AES-256-GCM for this CPU");
    return false;
}

}  // namespace

TEST_CASE("AES-256-GCM records of every length are libcrypto's") {
    if (!here()) return;
    test::check_lengths<aes256_gcm>(EVP_aes_256_gcm());
}

TEST_CASE("AES-256-GCM refuses every changed record") {
    if (!here()) return;
    test::check_changes_refused<aes256_gcm>();
}

TEST_CASE("AES-256-GCM: Wycheproof") {
    if (!here()) return;
    test::check_wycheproof<aes256_gcm>("aes_gcm_test.json");
}

TEST_CASE("AES-256-GCM: NIST's vectors") {
    if (!here()) return;
    test::check_response_file<aes256_gcm>("ciphers/AES/GCM/gcmEncryptExtIV256.rsp", "PT", "CT");
    test::check_response_file<aes256_gcm>("ciphers/AES/GCM/gcmDecrypt256.rsp", "PT", "CT");
}
