#include <spantls/wire/registry.hpp>

#include <set>

#include "support/catch.hpp"

using namespace spantls;

namespace {

/// How many different names an open enum has over all of its values; "unknown" is one of them.
template <class Enum>
std::size_t names() {
    std::set<std::string_view> seen;
    const std::size_t values = sizeof(Enum) == 1 ? 0x100 : 0x10000;
    for (std::size_t i = 0; i < values; ++i) seen.insert(name_of(static_cast<Enum>(i)));
    return seen.size();
}

template <class Enum>
std::size_t named_values() {
    std::size_t count = 0;
    const std::size_t values = sizeof(Enum) == 1 ? 0x100 : 0x10000;
    for (std::size_t i = 0; i < values; ++i) count += name_of(static_cast<Enum>(i)) != "unknown";
    return count;
}

}  // namespace

TEST_CASE("names are unique, and what has none is unknown") {
    CHECK(names<handshake_type>() == named_values<handshake_type>() + 1);
    CHECK(names<content_type>() == named_values<content_type>() + 1);
    CHECK(names<cipher_suite>() == named_values<cipher_suite>() + 1);
    CHECK(names<named_group>() == named_values<named_group>() + 1);
    CHECK(names<signature_scheme>() == named_values<signature_scheme>() + 1);
    CHECK(names<certificate_compression>() == named_values<certificate_compression>() + 1);
}

TEST_CASE("code points are those of the RFC") {
    // RFC 9846, sections 4.3.7, 4.3.3, 5.1 and appendix B.4, as printed there.
    CHECK(name_of(static_cast<cipher_suite>(0x1303)) == "TLS_CHACHA20_POLY1305_SHA256");
    CHECK(name_of(static_cast<cipher_suite>(0x1302)) == "TLS_AES_256_GCM_SHA384");
    CHECK(name_of(static_cast<named_group>(0x001d)) == "x25519");
    CHECK(name_of(static_cast<signature_scheme>(0x0807)) == "ed25519");
    CHECK(name_of(static_cast<signature_scheme>(0x0403)) == "ecdsa_secp256r1_sha256");
    // draft-ietf-tls-ecdhe-mlkem and draft-ietf-tls-mldsa.
    CHECK(name_of(static_cast<named_group>(0x11eb)) == "SecP256r1MLKEM768");
    CHECK(name_of(static_cast<named_group>(0x11ec)) == "X25519MLKEM768");
    CHECK(name_of(static_cast<named_group>(0x11ed)) == "SecP384r1MLKEM1024");
    for (unsigned group = 0; group < 0x10000; ++group)
        CHECK(is_post_quantum(static_cast<named_group>(group)) ==
              (name_of(static_cast<named_group>(group)).find("MLKEM") != std::string_view::npos));
    CHECK(name_of(static_cast<signature_scheme>(0x0904)) == "mldsa44");
    CHECK(name_of(static_cast<signature_scheme>(0x0905)) == "mldsa65");
    CHECK(name_of(static_cast<signature_scheme>(0x0906)) == "mldsa87");
    CHECK(name_of(static_cast<content_type>(23)) == "application_data");
    CHECK(name_of(static_cast<handshake_type>(8)) == "EncryptedExtensions");
    CHECK(name_of(static_cast<handshake_type>(24)) == "KeyUpdate");
}

TEST_CASE("hashes have the sizes of FIPS 180-4") {
    CHECK(digest_size(hash_id::sha256) == 32);
    CHECK(digest_size(hash_id::sha384) == 48);
    CHECK(block_size(hash_id::sha256) == 64);
    CHECK(block_size(hash_id::sha384) == 128);
    CHECK(max_digest_size >= digest_size(hash_id::sha384));
}

TEST_CASE("every suite that has a name has the hash that is in it") {
    for (unsigned value = 0; value < 0x10000; ++value) {
        const auto suite = static_cast<cipher_suite>(value);
        const std::string_view name = name_of(suite);
        const auto hash = suite_hash(suite);
        REQUIRE(hash.has_value() == (name != "unknown"));
        if (hash) REQUIRE((*hash == hash_id::sha384) == (name.find("SHA384") != std::string_view::npos));
    }
}
