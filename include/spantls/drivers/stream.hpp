// What the blocking drivers ask of a stream, and what they report.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>

namespace spantls {
inline namespace v1 {

/// A stream of bytes like a blocking socket: either call waits until at least one byte has moved, and returns how many
/// have. From read, 0 is the end of the stream; a negative number is a failure, about which the stream knows more.
template <class S>
concept blocking_stream = requires(S& stream, mutable_bytes space, bytes_view bytes) {
    { stream.read(space) } -> std::convertible_to<std::ptrdiff_t>;
    { stream.write(bytes) } -> std::convertible_to<std::ptrdiff_t>;
};

/// Whether a call has done what it was asked to do, and why not.
struct [[nodiscard]] io_status {
    errc error = errc::none;     ///< of the connection or of the caller; errc::truncated when the stream has just ended
    bool stream_failed = false;  ///< read or write returned a failure
    alert_description alert = alert_description::close_notify;  ///< with errc::peer_alert: what the peer said

    constexpr explicit operator bool() const noexcept { return error == errc::none && !stream_failed; }
};

/// One sentence for a log. Static storage.
constexpr std::string_view describe(const io_status& status) noexcept {
    return status.error == errc::none && status.stream_failed ? "the stream failed" : describe(status.error);
}

/// What read() returns: false at the end. That was a clean one, by close_notify, when `status` is true.
struct [[nodiscard]] incoming {
    mutable_bytes data;  ///< in the driver's buffer, until the next call
    io_status status;

    constexpr explicit operator bool() const noexcept { return !data.empty(); }
    constexpr operator bytes_view() const noexcept { return data; }
};

/// Writes all of `bytes`, unless the stream fails.
template <blocking_stream Stream>
[[nodiscard]] bool write_all(Stream& stream, bytes_view bytes) noexcept(noexcept(stream.write(bytes))) {
    while (!bytes.empty()) {
        const std::ptrdiff_t written = stream.write(bytes);
        if (written <= 0 || static_cast<std::size_t>(written) > bytes.size()) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace v1
}  // namespace spantls
