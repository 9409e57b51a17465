// A step says what was consumed, and what came of it.
// expect: nodiscard|unused-result
#include <spantls/client.hpp>
#include <spantls/providers/sodium.hpp>

bool f(spantls::client<spantls::sodium_chacha>& tls, spantls::mutable_bytes in) {
#ifdef SPANTLS_TWIN
    return tls.receive(in).what == spantls::what::closed;
#else
    tls.receive(in);
    return true;
#endif
}
