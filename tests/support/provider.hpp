// The provider under test: libsodium; in the binaries DIRECTORY_erased_tests the one of all that SPANTLS_TEST_PROVIDER
// names, chosen when the program starts.
#pragma once

#include <spantls/providers/sodium.hpp>

#if defined(SPANTLS_TEST_ERASED)
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <spantls/providers/erased.hpp>
#include <spantls/providers/mixed.hpp>
#include <spantls/providers/openssl.hpp>
#endif

namespace test {

#if defined(SPANTLS_TEST_ERASED)
/// ChaCha20-Poly1305, SHA-256 and X25519 alone.
class small_openssl : public spantls::basic_openssl<spantls::type_list<spantls::libcrypto::sha256>,
                                                    spantls::type_list<spantls::libcrypto::chacha20_poly1305>,
                                                    spantls::type_list<spantls::libcrypto::x25519>> {};
class small_mixed : public spantls::basic_mixed<spantls::type_list<spantls::libcrypto::sha256>,
                                                spantls::type_list<spantls::libcrypto::chacha20_poly1305>,
                                                spantls::type_list<spantls::libsodium::x25519>> {};

using usual_provider = spantls::erased<spantls::openssl, spantls::mixed, spantls::sodium>;
using small_provider = spantls::erased<small_openssl, small_mixed, spantls::sodium_chacha>;

/// Whether the keys of records are in the connection, and not in memory of the library's.
inline const bool keys_in_connection = [] {
    const char* const named = std::getenv("SPANTLS_TEST_PROVIDER");
    const std::string_view name = named != nullptr ? named : "";
    if (name == "openssl") {
        usual_provider::choose<spantls::openssl>();
        small_provider::choose<small_openssl>();
    } else if (name == "mixed") {
        usual_provider::choose<spantls::mixed>();
        small_provider::choose<small_mixed>();
    } else if (name == "sodium") {
        usual_provider::choose<spantls::sodium>();
        small_provider::choose<spantls::sodium_chacha>();
    } else {
        std::fprintf(stderr, "SPANTLS_TEST_PROVIDER is none of: openssl mixed sodium\n");
        std::exit(2);
    }
    return name == "sodium";
}();
#else
using usual_provider = spantls::sodium;
using small_provider = spantls::sodium_chacha;
inline constexpr bool keys_in_connection = true;
#endif

}  // namespace test
