// glibc lets a program bring its own malloc, and offers glibc's under other names, so that one can stand before the
// other. operator new ends here as well.
#include "allocations.hpp"

#include <malloc.h>

extern "C" {
// NOLINTBEGIN: glibc's names
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* what);
// NOLINTEND
}

namespace bench {
namespace {

heap_account* current = nullptr;

void* take(void* what) noexcept {
    if (current != nullptr && what != nullptr) {
        ++current->allocations;
        current->bytes += static_cast<std::ptrdiff_t>(malloc_usable_size(what));
    }
    return what;
}
void give_back(void* what) noexcept {
    if (current != nullptr && what != nullptr) current->bytes -= static_cast<std::ptrdiff_t>(malloc_usable_size(what));
}

}  // namespace

charge::charge(heap_account& account) noexcept { current = &account; }
charge::~charge() { current = nullptr; }

}  // namespace bench

extern "C" {
void* malloc(std::size_t size) noexcept { return bench::take(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) noexcept { return bench::take(__libc_calloc(count, size)); }
void* realloc(void* old, std::size_t size) noexcept {
    bench::give_back(old);
    return bench::take(__libc_realloc(old, size));
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
    return bench::take(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
    *out = memalign(alignment, size);
    return *out == nullptr ? 12 : 0;  // ENOMEM
}
void free(void* what) noexcept {
    bench::give_back(what);
    __libc_free(what);
}
}
