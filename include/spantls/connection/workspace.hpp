// The handshake's state and its arena, in memory that the caller lends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/handshake/arena.hpp>
#include <spantls/handshake/core.hpp>

namespace spantls {
inline namespace v1 {

/// Owns a Machine that lies at the front of a lent span; what is behind it is the machine's arena.
template <class Machine>
class handshake_workspace {
    struct context {
        Machine machine;
        std::array<std::uint8_t, max_key_log_line> log_line;
    };

public:
    /// Bytes that a workspace has besides the arena, wherever it begins.
    static constexpr std::size_t overhead = sizeof(context) + alignof(context) - 1;

    explicit handshake_workspace(mutable_bytes memory) noexcept : memory_(memory) {
        if (memory.size() > overhead) context_ = ::new (static_cast<void*>(aligned(memory))) context;
    }
    handshake_workspace(const handshake_workspace&) = delete;
    handshake_workspace& operator=(const handshake_workspace&) = delete;
    ~handshake_workspace() { destroy(); }

    Machine* machine() const noexcept { return context_ == nullptr ? nullptr : &context_->machine; }
    mutable_bytes log_line() const noexcept { return context_->log_line; }
    arena empty_arena() const noexcept { return arena(behind(memory_)); }

    /// Whether any of `memory` is here, be it in use or waiting to be given back.
    bool holds_any_of(bytes_view memory) const noexcept { return overlaps(memory, memory_); }
    /// Goes on in `larger`; what was in the old memory is wiped. Nothing is changed when it is not larger, or overlaps.
    errc move_to(mutable_bytes larger) noexcept {
        if (overlaps(larger, memory_)) return errc::bad_argument;
        if (context_ == nullptr || larger.size() < memory_.size() ||
            behind(larger).size() < context_->machine.memory.capacity())
            return errc::workspace_too_small;
        context* const moved = ::new (static_cast<void*>(aligned(larger))) context(static_cast<context&&>(*context_));
        copy_bytes(moved->machine.memory.memory(), behind(larger));
        moved->machine.memory.moved_to(behind(larger));
        destroy();
        memory_ = larger;
        context_ = moved;
        return errc::none;
    }

    /// Ends the machine and gives the memory back, wiped.
    mutable_bytes release() noexcept {
        destroy();
        const mutable_bytes memory = memory_;
        memory_ = {};
        return memory;
    }
    /// Ends the machine; the memory stays here.
    void destroy() noexcept {
        if (context_ == nullptr) return;
        context_->~context();
        context_ = nullptr;
        wipe(memory_);
    }

private:
    static std::uint8_t* aligned(mutable_bytes memory) noexcept {
        const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
        return memory.data() + (alignof(context) - address % alignof(context)) % alignof(context);
    }
    static mutable_bytes behind(mutable_bytes memory) noexcept {
        const std::size_t used = static_cast<std::size_t>(aligned(memory) - memory.data()) + sizeof(context);
        return memory.size() > used ? memory.subspan(used) : mutable_bytes{};
    }

    mutable_bytes memory_;
    context* context_ = nullptr;
};

}  // namespace v1
}  // namespace spantls
