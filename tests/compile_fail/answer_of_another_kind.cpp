// A refusal says why; anything that is no verdict is no answer to verify_peer.
// expect: no matching|no viable|private
#include <spantls/x509/peer.hpp>

using spantls::x509::verdict;

verdict f(bool good) {
#ifdef SPANTLS_TWIN
    return good ? verdict::accept() : verdict::refuse();
#else
    return verdict(good ? spantls::errc::none : spantls::errc::bad_certificate);
#endif
}
