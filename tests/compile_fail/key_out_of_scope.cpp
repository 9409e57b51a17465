// Credentials refer to their key.
// expect: deleted
#include <spantls/drivers/answers.hpp>
#include <spantls/providers/sodium.hpp>

using key_type = spantls::sodium::ed25519_key;

bool f(std::span<const spantls::bytes_view> chain, const std::array<std::uint8_t, 32>& seed) {
#ifdef SPANTLS_TWIN
    const key_type key(seed);
    const spantls::credentials who(chain, key);
#else
    const spantls::credentials who(chain, key_type(seed));
#endif
    return who.identify(spantls::what::client_hello).chain.empty();
}
