// A client's sessions, each for one connection (RFC 9846, appendix C.4), in memory that the caller lends.
//
//   std::uint8_t memory[32 * 1024];
//   session_store sessions(memory, 1024);
//   ...
//   sessions.keep(bytes);                                         // what save_session() wrote
//   ...
//   std::uint8_t room[1024];                                      // stays until the connection is made
//   client tls(crypto, config, workspace, {.server_name = name, .resume = sessions.take(name, now, room), .now_ms =
//   now});
//
// What is taken is not there any more, so nobody offers a ticket twice. A server has a number of places and no more:
// however many tickets it sends, they push out none but its own. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/session/session.hpp>

namespace spantls {
inline namespace v1 {

class session_store {
public:
    /// Cuts `memory` into places of `place_size` bytes, each for one session of at most place_size - 4 bytes, of which
    /// those with one server take `most_each`, at least 1. It has to outlive the store, and is wiped at both ends of
    /// it: sessions have keys in them.
    session_store(mutable_bytes memory, std::size_t place_size, std::size_t most_each = 4) noexcept
        : memory_(place_size > 4 ? memory : mutable_bytes{}),
          place_size_(place_size > 4 ? place_size : 1),
          most_each_(most_each) {
        wipe(memory_);
    }
    ~session_store() { wipe(memory_); }
    session_store(const session_store&) = delete;
    session_store& operator=(const session_store&) = delete;

    /// Copies a session that write() or save_session() has written. Where its server has all the places that it may
    /// have, the oldest of those gives way; where no place is left, the oldest one of any. False when the bytes are no
    /// session, one of a server without a name, or too many for a place.
    bool keep(bytes_view written) noexcept {
        session kept;
        if (written.size() > place_size_ - 4 || read_session(written, kept) != errc::none) return false;
        if (kept.server_name.empty()) return false;
        candidate of_any, own;
        std::size_t own_places = 0;
        for (std::size_t i = 0; i < places(); ++i) {
            session there;
            const bool used = read(place(i), there);
            of_any.consider(place(i), used ? there.received_at : 0);
            if (!used || !same_server(there, kept.server_name)) continue;
            own.consider(place(i), there.received_at);
            ++own_places;
        }
        const mutable_bytes to = own_places != 0 && own_places >= most_each_ ? own.place : of_any.place;
        if (to.empty()) return false;
        wipe(to);
        store_u32(to.data(), static_cast<std::uint32_t>(written.size()));
        copy_bytes(written, to.subspan(4));
        return true;
    }

    /// Moves the youngest session with the server of this name into `room`, place_size - 4 bytes or more, and shows it
    /// there; an empty one when there is none. Those of any server that have expired are forgotten.
    session take(std::string_view server_name, std::uint64_t now_ms, mutable_bytes room) noexcept {
        mutable_bytes youngest;
        std::uint64_t youngest_at = 0;
        for (std::size_t i = 0; i < places(); ++i) {
            session there;
            if (!read(place(i), there)) continue;
            if (expired(there, now_ms)) {
                wipe(place(i));
                continue;
            }
            if (!same_server(there, server_name) || there.received_at < youngest_at) continue;
            youngest = place(i);
            youngest_at = there.received_at;
        }
        session taken;
        if (youngest.empty()) return taken;
        const std::size_t size = load_u32(youngest.data());
        if (size > room.size()) return taken;
        copy_bytes(youngest.subspan(4, size), room.first(size));
        wipe(youngest);
        (void)read_session(room.first(size), taken);  // it has been read before
        return taken;
    }

private:
    /// The place with the oldest session so far; the first of several.
    struct candidate {
        mutable_bytes place;
        std::uint64_t at = 0;

        void consider(mutable_bytes other, std::uint64_t received_at) noexcept {
            if (!place.empty() && received_at >= at) return;
            place = other;
            at = received_at;
        }
    };

    std::size_t places() const noexcept { return memory_.size() / place_size_; }
    mutable_bytes place(std::size_t index) const noexcept { return memory_.subspan(index * place_size_, place_size_); }
    static bool read(bytes_view place, session& to) noexcept {
        const std::size_t size = load_u32(place.data());
        return size != 0 && read_session(place.subspan(4, size), to) == errc::none;
    }

    mutable_bytes memory_;
    std::size_t place_size_;
    std::size_t most_each_;
};

}  // namespace v1
}  // namespace spantls
