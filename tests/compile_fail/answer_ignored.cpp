// An answer that does not fit leaves the question open: a loop has to know.
// expect: nodiscard|unused-result
#include <spantls/client.hpp>
#include <spantls/providers/sodium.hpp>

void f(spantls::client<spantls::sodium_chacha>& tls, spantls::bytes_view made) {
#ifdef SPANTLS_TWIN
    if (tls.answer(spantls::signature{made}) != spantls::errc::none) tls.refuse();
#else
    tls.answer(spantls::signature{made});
#endif
}
