// What has to come before anything of libsodium's, and its randomness.
#pragma once

#include <sodium.h>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {
namespace libsodium {

/// The part of a provider that starts libsodium when an object is made. Without it there is no randomness.
class started {
public:
    started() noexcept : ready_(sodium_init() >= 0) {}

    /// Did libsodium start?
    bool ready() const noexcept { return ready_; }

    [[nodiscard]] bool random(mutable_bytes out) noexcept {
        if (ready_ && !out.empty()) randombytes_buf(out.data(), out.size());
        return ready_;
    }

private:
    bool ready_;
};

}  // namespace libsodium
}  // namespace v1
}  // namespace spantls
