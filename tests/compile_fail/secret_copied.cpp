// A secret moves; it is not copied by accident.
// expect: deleted
#include <spantls/base/secret.hpp>

#include <utility>

void f(spantls::secret_bytes<32>& secret) {
#ifdef SPANTLS_TWIN
    const spantls::secret_bytes<32> other(std::move(secret));
#else
    const spantls::secret_bytes<32> other(secret);
#endif
    (void)other;
}
