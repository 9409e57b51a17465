// Nobody proves a record boundary without having looked.
// expect: private|no matching|no viable
#include <spantls/record/receiver.hpp>

using namespace spantls;

bool f(bytes_view left_over) {
#ifdef SPANTLS_TWIN
    return aligned_proof::of(left_over).has_value();
#else
    const aligned_proof proof{};
    (void)proof;
    return left_over.empty();
#endif
}
