// expect: deleted
#include <spantls/base/secret.hpp>

#include <utility>

void f(spantls::secret_bytes<32>& to, spantls::secret_bytes<32>& from) {
#ifdef SPANTLS_TWIN
    to = std::move(from);
#else
    to = from;
#endif
}
