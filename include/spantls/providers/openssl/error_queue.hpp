// libcrypto's queue of errors, which it has for each thread, and which belongs to the application.
#pragma once

#include <openssl/err.h>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

/// While it lives, what libcrypto puts into the queue is ours, and gone afterwards: whoever calls libssl on the same
/// thread would take it for its own.
class own_errors {
public:
    own_errors() noexcept { ERR_set_mark(); }
    ~own_errors() { ERR_pop_to_mark(); }
    own_errors(const own_errors&) = delete;
    own_errors& operator=(const own_errors&) = delete;
};

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
