// Keying material that was not exported is whatever was there before.
// expect: nodiscard|unused-result
#include <spantls/client.hpp>
#include <spantls/providers/sodium.hpp>

bool f(spantls::client<spantls::sodium_chacha>& tls, spantls::mutable_bytes key) {
#ifdef SPANTLS_TWIN
    return tls.export_keying_material("label", {}, key) == spantls::errc::none;
#else
    tls.export_keying_material("label", {}, key);
    return true;
#endif
}
