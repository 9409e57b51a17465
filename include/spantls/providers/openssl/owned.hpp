// What libcrypto hands out: freed when it goes out of scope, or made once for the whole process.
#pragma once

#include <openssl/crypto.h>

#include <atomic>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

/// BoringSSL, or AWS-LC, which was made of it.
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
inline constexpr bool is_boringssl = true;
#else
inline constexpr bool is_boringssl = false;
#endif

/// How functions of numbers and of random bytes take a size.
using length = std::conditional_t<is_boringssl, std::size_t, int>;

/// An object of libcrypto's that `Free` gives back. Move-only; null when it could not be made.
template <class T, auto Free>
class owned {
public:
    explicit owned(T* it = nullptr) noexcept : it_(it) {}
    owned(owned&& other) noexcept : it_(std::exchange(other.it_, nullptr)) {}
    owned& operator=(owned&& other) noexcept {
        std::swap(it_, other.it_);
        return *this;
    }
    ~owned() {
        if (it_ != nullptr) Free(it_);
    }

    T* get() const noexcept { return it_; }
    /// Somebody else frees it from now on.
    T* release() noexcept { return std::exchange(it_, nullptr); }
    explicit operator bool() const noexcept { return it_ != nullptr; }

private:
    T* it_;
};

/// What all threads read and nobody changes, made by Maker::make() when it is first asked for. It stays until the
/// process ends, like all that libcrypto keeps for itself. Looked up by name for each key, or built for each
/// handshake, it would cost as much as using it does.
template <class Maker>
class shared {
    using type = decltype(Maker::make());

public:
    /// Null when it cannot be made; the next call tries again.
    static type get() noexcept {
        type it = kept.load(std::memory_order_acquire);
        if (it != nullptr) return it;
        type made = Maker::make();
        if (made == nullptr) return nullptr;
        if (kept.compare_exchange_strong(it, made, std::memory_order_acq_rel, std::memory_order_acquire)) return made;
        Maker::release(made);  // another thread was faster
        return it;
    }

private:
    static inline constinit std::atomic<type> kept{nullptr};
};

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
