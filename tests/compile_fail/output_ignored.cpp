// What transmit() gives is given once: it has to be sent.
// expect: nodiscard|unused-result
#include <spantls/client.hpp>
#include <spantls/providers/sodium.hpp>

std::size_t f(spantls::client<spantls::sodium_chacha>& tls, spantls::mutable_bytes out) {
#ifdef SPANTLS_TWIN
    return tls.transmit(out).records.size();
#else
    tls.transmit(out);
    return 0;
#endif
}
