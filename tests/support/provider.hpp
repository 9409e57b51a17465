// The provider under test: libsodium, and in the binaries whose name says so libcrypto.
#pragma once

#if defined(SPANTLS_TEST_OPENSSL)
#include <spantls/providers/openssl.hpp>
#else
#include <spantls/providers/sodium.hpp>
#endif

namespace test {

#if defined(SPANTLS_TEST_OPENSSL)
/// All that it can do.
using usual_provider = spantls::openssl;
/// Whether the keys of records are in the connection, and not in memory of the library's.
inline constexpr bool keys_in_connection = false;
/// ChaCha20-Poly1305 and X25519 alone.
class small_provider : public spantls::basic_openssl<spantls::type_list<spantls::libcrypto::sha256>,
                                                     spantls::type_list<spantls::libcrypto::chacha20_poly1305>,
                                                     spantls::type_list<spantls::libcrypto::x25519>> {};
#else
using usual_provider = spantls::sodium;
using small_provider = spantls::sodium_chacha;
inline constexpr bool keys_in_connection = true;
#endif

}  // namespace test
