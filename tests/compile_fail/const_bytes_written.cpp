// What was received is not written to.
// expect: no known conversion|could not convert|cannot convert|no matching
#include <spantls/wire/writer.hpp>

void f(spantls::bytes_view in, spantls::mutable_bytes out) {
#ifdef SPANTLS_TWIN
    (void)in;
    spantls::writer to(out);
#else
    (void)out;
    spantls::writer to(in);
#endif
    to.u8(1);
}
