// A vector with its elements in place and a capacity that never changes.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

namespace spantls {
inline namespace v1 {

/// At most `Capacity` default-constructible elements. What does not fit is not stored, and `overflowed()` stays true.
template <class T, std::size_t Capacity>
class fixed_vector {
public:
    constexpr fixed_vector() noexcept = default;
    constexpr fixed_vector(std::initializer_list<T> items) noexcept {
        for (const T& item : items) push_back(item);
    }

    /// False, and nothing stored, when the vector is full.
    constexpr bool push_back(const T& item) noexcept {
        if (size_ == Capacity) {
            overflowed_ = true;
            return false;
        }
        items_[size_++] = item;
        return true;
    }
    constexpr void clear() noexcept {
        size_ = 0;
        overflowed_ = false;
    }
    constexpr bool overflowed() const noexcept { return overflowed_; }
    static constexpr std::size_t capacity() noexcept { return Capacity; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr const T& operator[](std::size_t i) const noexcept { return items_[i]; }
    constexpr T& operator[](std::size_t i) noexcept { return items_[i]; }
    constexpr const T* data() const noexcept { return items_.data(); }
    constexpr const T* begin() const noexcept { return items_.data(); }
    constexpr const T* end() const noexcept { return items_.data() + size_; }

    constexpr bool contains(const T& wanted) const noexcept {
        for (const T& item : *this)
            if (item == wanted) return true;
        return false;
    }

private:
    std::array<T, Capacity> items_{};
    std::size_t size_ = 0;
    bool overflowed_ = false;
};

}  // namespace v1
}  // namespace spantls
