// Whether bytes could be decoded is a question that has to be asked.
// expect: nodiscard|unused-result
#include <spantls/wire/layout.hpp>

struct one_byte {
    unsigned char value;
    using layout = spantls::fields<spantls::number_field<&one_byte::value>>;
};

bool f(spantls::bytes_view in, one_byte& to) {
#ifdef SPANTLS_TWIN
    return spantls::decode(in, to);
#else
    spantls::decode(in, to);
    return true;
#endif
}
