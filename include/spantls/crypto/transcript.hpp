// The transcript hash (RFC 9846, section 4.1).
#pragma once

#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/hash.hpp>

namespace spantls {
inline namespace v1 {

/// The running hash over the handshake messages; a copy is the transcript up to that point.
template <class P>
class transcript {
public:
    transcript() noexcept = default;
    explicit transcript(hash_id hash) noexcept : hash_(hash) {}

    hash_id hash() const noexcept { return hash_.id(); }
    void add(bytes_view message) noexcept { hash_.update(message); }

    /// Transcript-Hash of all that was added so far.
    digest current() const noexcept {
        hasher<P> snapshot = hash_;
        return snapshot.finish();
    }

    /// Puts the synthetic message_hash in the place of ClientHello1, before HelloRetryRequest is added.
    void restart_with_message_hash() noexcept { restart_with_message_hash(current()); }
    /// The same by a server that has kept nothing of ClientHello1 but its hash.
    void restart_with_message_hash(const digest& first_hello) noexcept {
        hash_.start(hash_.id());
        const std::uint8_t header[] = {static_cast<std::uint8_t>(handshake_type::message_hash), 0, 0, first_hello.size};
        hash_.update(header);
        hash_.update(first_hello.view());
    }

private:
    hasher<P> hash_;
};

}  // namespace v1
}  // namespace spantls
