// A length is filled in once.
// expect: deleted
#include <spantls/wire/writer.hpp>

void f(spantls::writer& out) {
    const spantls::length_prefix length(out, 2);
#ifndef SPANTLS_TWIN
    const spantls::length_prefix again(length);
#endif
    out.u8(1);
}
