// What a server has asked for after the handshake and not been told yet (RFC 9846, sections 4.4.2 and 4.7.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {

/// CertificateRequests that a client may leave unanswered at once.
inline constexpr std::size_t max_outstanding_requests = 4;

/// The contexts of the requests that have no answer. Section 4.4.2: no two of a connection are the same, and none can
/// be guessed.
class outstanding_requests {
public:
    static constexpr std::size_t context_size = 16;
    static constexpr std::size_t random_size = context_size - 4;

    bool empty() const noexcept { return count_ == 0; }
    std::size_t size() const noexcept { return count_; }
    bool full() const noexcept { return count_ == max_outstanding_requests; }

    /// One more, out of fresh random bytes; not when full(). The view lasts until the next call of add() or remove().
    bytes_view add(fixed_bytes<random_size> random) noexcept {
        std::array<std::uint8_t, context_size>& context = contexts_[count_++];
        store_be(context.data(), number_++, 4);
        copy_bytes(random, mutable_bytes(context).subspan(4));
        return context;
    }
    /// The one that was added last was never sent.
    void take_back() noexcept { --count_; }

    /// Where the request with this context stands; size() when there is none.
    std::size_t find(bytes_view context) const noexcept {
        std::size_t i = 0;
        while (i < count_ && !equal_bytes(contexts_[i], context)) ++i;
        return i;
    }
    /// It has been answered.
    void remove(std::size_t at) noexcept { contexts_[at] = contexts_[--count_]; }

private:
    std::array<std::array<std::uint8_t, context_size>, max_outstanding_requests> contexts_{};
    std::uint32_t number_ = 0;
    std::uint8_t count_ = 0;
};

}  // namespace v1
}  // namespace spantls
