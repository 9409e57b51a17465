// A 48-byte secret is not a 32-byte one.
// expect: no match|no viable|could not convert|no known conversion|no matching
#include <spantls/base/secret.hpp>

#include <utility>

#ifdef SPANTLS_TWIN
using other = spantls::secret_bytes<32>;
#else
using other = spantls::secret_bytes<48>;
#endif

void f(spantls::secret_bytes<32>& to, other& from) { to = std::move(from); }
