// Secrets that wipe themselves and cannot be copied by accident.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {

/// N secret bytes in place: move-only, wiped when moved from and when destroyed, compared in constant time.
template <std::size_t N>
class secret_bytes {
public:
    secret_bytes() noexcept = default;
    secret_bytes(const secret_bytes&) = delete;
    secret_bytes& operator=(const secret_bytes&) = delete;
    secret_bytes(secret_bytes&& other) noexcept : bytes_(other.bytes_) { other.clear(); }
    secret_bytes& operator=(secret_bytes&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            other.clear();
        }
        return *this;
    }
    ~secret_bytes() { clear(); }

    static constexpr std::size_t size() noexcept { return N; }
    fixed_mutable_bytes<N> bytes() noexcept { return bytes_; }
    fixed_bytes<N> bytes() const noexcept { return bytes_; }
    mutable_bytes first(std::size_t count) noexcept { return mutable_bytes(bytes_).first(count); }
    bytes_view first(std::size_t count) const noexcept { return bytes_view(bytes_).first(count); }
    void clear() noexcept { wipe(bytes_); }

private:
    std::array<std::uint8_t, N> bytes_{};
};

}  // namespace v1
}  // namespace spantls
