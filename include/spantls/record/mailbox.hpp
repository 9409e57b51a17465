// The few notes that the two halves of a connection leave for each other: one atomic word.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <spantls/base/error.hpp>

namespace spantls {
inline namespace v1 {

/// Each bit is cleared by one half only. Both may be on threads of their own.
class mailbox {
public:
    enum note : std::uint32_t {
        key_update_owed = 1,     ///< reader: the peer asked for a KeyUpdate; the writer clears it with its answer
        update_outstanding = 2,  ///< writer: our update_requested has not been answered; the reader clears it
        dead = 4,                ///< either: the connection has failed, nothing but an owed alert may be sent
        write_closed = 8,        ///< writer: close_notify or a fatal alert has left
        alert_owed = 16,         ///< either: the alert in bits 8 to 15 is to be sent; the writer clears it
        data_sent = 32,          ///< writer: data or late authentication has left; the reader clears it
    };

    /// The notes as they were at one moment. What has to be decided together is decided on one of these.
    class snapshot {
    public:
        bool has(note what) const noexcept { return (word_ & what) != 0; }
        std::optional<alert_description> owed_alert() const noexcept {
            if (!has(alert_owed)) return std::nullopt;
            return static_cast<alert_description>(static_cast<std::uint8_t>(word_ >> 8));
        }

    private:
        friend class mailbox;
        explicit snapshot(std::uint32_t word) noexcept : word_(word) {}
        std::uint32_t word_;
    };

    snapshot read() const noexcept { return snapshot(word()); }
    bool has(note what) const noexcept { return read().has(what); }
    std::optional<alert_description> owed_alert() const noexcept { return read().owed_alert(); }
    void set(note what) noexcept { word_.fetch_or(what, std::memory_order_acq_rel); }
    /// As set(), for what is mostly set already: then it is a plain load.
    void set_once(note what) noexcept {
        if (!has(what)) set(what);
    }
    void clear(note what) noexcept { word_.fetch_and(~std::uint32_t{what}, std::memory_order_acq_rel); }

    /// Whichever half ends the connection first decides on the one alert that it sends.
    void owe_alert(alert_description alert) noexcept {
        const std::uint32_t owed = dead | alert_owed | std::uint32_t{static_cast<std::uint8_t>(alert)} << 8;
        std::uint32_t now = word();
        while ((now & dead) == 0 && !word_.compare_exchange_weak(now, now | owed, std::memory_order_acq_rel)) {
        }
    }

    /// Writer: `sent`, which was owed, has left, and `next` is owed behind it.
    void owe_behind(alert_description sent, alert_description next) noexcept {
        // Nobody else touches these bits any more.
        const auto change =
            static_cast<std::uint8_t>(static_cast<std::uint8_t>(sent) ^ static_cast<std::uint8_t>(next));
        word_.fetch_xor(std::uint32_t{change} << 8, std::memory_order_acq_rel);
    }

private:
    std::uint32_t word() const noexcept { return word_.load(std::memory_order_acquire); }
    std::atomic<std::uint32_t> word_{0};
};

}  // namespace v1
}  // namespace spantls
