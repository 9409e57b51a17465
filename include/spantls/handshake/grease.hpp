// Values that mean nothing, offered so that peers do not forget to ignore what they do not know (RFC 8701).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// What has such values of its own.
enum class grease_place : std::uint8_t { suite, group, version, scheme, protocol, psk_mode, extension, extension_size };

/// The most that both of the extensions of a message take.
inline constexpr std::size_t max_grease_extensions = 2 * 4 + 15;

/// The values of one connection; the same ones as often as they are written. By default there are none.
class grease {
public:
    /// False when the provider has no randomness.
    template <class P>
    [[nodiscard]] bool draw(P& crypto) noexcept {
        on_ = crypto.random(seed_);
        return on_;
    }
    constexpr bool on() const noexcept { return on_; }

    /// RFC 8701, section 2: 0x0a0a, 0x1a1a, ..., 0xfafa. 0 when there are none.
    constexpr std::uint16_t value(grease_place place) const noexcept {
        return on_ ? static_cast<std::uint16_t>(((seed(place) & 0xf0u) | 0xau) * 0x0101u) : std::uint16_t{0};
    }
    /// The same section: 0x0b, 0x2a, ..., 0xe4.
    constexpr std::uint8_t psk_mode() const noexcept {
        return static_cast<std::uint8_t>(0x0bu + 0x1fu * (seed(grease_place::psk_mode) & 7u));
    }

    /// Writes the value that goes in front of a list.
    constexpr void write(writer& to, grease_place place) const noexcept {
        if (on_) to.u16(value(place));
    }
    /// A vector of numbers or enums with a length of `prefix` bytes.
    template <class T>
    constexpr void write_list(writer& to, grease_place place, std::span<const T> items,
                              std::size_t prefix) const noexcept {
        length_prefix length(to, prefix);
        write(to, place);
        for (const T item : items) to.u16(static_cast<std::uint16_t>(item));
    }
    /// extension_data of ALPN (RFC 7301, section 3.1).
    void write_protocols(writer& to, std::span<const std::string_view> names) const noexcept {
        length_prefix length(to, 2);
        if (on_) to.u8(2);
        write(to, grease_place::protocol);
        for (const std::string_view name : names) to.opaque(as_bytes(name), 1);
    }
    /// Section 3.1: extensions with varying length and contents; `second`: the other of two.
    constexpr void write_extension(writer& to, bool second = false) const noexcept {
        if (!on_) return;
        const unsigned type = value(grease_place::extension) ^ (second ? 0x1010u : 0u);
        v1::write_extension(to, static_cast<extension_type>(type), [&] {
            const std::size_t size = second ? seed(grease_place::extension_size) & 15u : 0;
            for (std::size_t i = 0; i < size; ++i) to.u8(static_cast<std::uint8_t>(seed_[i % seed_.size()] ^ i));
        });
    }

private:
    constexpr std::uint8_t seed(grease_place place) const noexcept { return seed_[static_cast<std::size_t>(place)]; }

    std::array<std::uint8_t, 8> seed_{};
    bool on_ = false;
};

}  // namespace v1
}  // namespace spantls
