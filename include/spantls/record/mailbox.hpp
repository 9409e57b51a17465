// The few notes that the two halves of a connection leave for each other: one atomic word.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <spantls/base/error.hpp>

namespace spantls {
inline namespace v1 {

/// Each bit is set by one half and cleared by one half. Both may be on threads of their own.
class mailbox {
public:
    enum note : std::uint32_t {
        key_update_owed = 1,     ///< reader: the peer asked for a KeyUpdate; the writer clears it with its answer
        update_outstanding = 2,  ///< writer: our update_requested has not been answered; the reader clears it
        dead = 4,                ///< reader: the connection has failed, nothing but an owed alert may be sent
        write_closed = 8,        ///< writer: close_notify or a fatal alert has left
        alert_owed = 16,         ///< reader: the alert in bits 8 to 15 is to be sent; the writer clears it
    };

    bool has(note what) const noexcept { return (word() & what) != 0; }
    void set(note what) noexcept { word_.fetch_or(what, std::memory_order_acq_rel); }
    void clear(note what) noexcept { word_.fetch_and(~std::uint32_t{what}, std::memory_order_acq_rel); }

    /// The first alert wins: a connection sends one.
    void owe_alert(alert_description alert) noexcept {
        word_.fetch_or(dead | alert_owed | std::uint32_t{static_cast<std::uint8_t>(alert)} << 8, std::memory_order_acq_rel);
    }
    std::optional<alert_description> owed_alert() const noexcept {
        const std::uint32_t now = word();
        if ((now & alert_owed) == 0) return std::nullopt;
        return static_cast<alert_description>(static_cast<std::uint8_t>(now >> 8));
    }

private:
    std::uint32_t word() const noexcept { return word_.load(std::memory_order_acquire); }
    std::atomic<std::uint32_t> word_{0};
};

}  // namespace v1
}  // namespace spantls
