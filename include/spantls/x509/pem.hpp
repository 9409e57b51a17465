// PEM (RFC 7468): what stands between the BEGIN and END lines of a text, and base64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// One block: "CERTIFICATE", and the base64 that is inside, lines and all.
struct pem_block {
    std::string_view label;
    std::string_view body;

    /// Room that is enough for what the body decodes to.
    constexpr std::size_t decoded_room() const noexcept { return body.size() / 4 * 3 + 3; }
};

/// Walks through a text; what stands outside of blocks does not matter.
///
///   for (pem_reader in(text); in.next(block);) use(block);
class pem_reader {
public:
    constexpr explicit pem_reader(std::string_view text) noexcept : rest_(text) {}

    /// False: there is no other whole block.
    constexpr bool next(pem_block& to) noexcept;

    /// A block was begun and never ended, or ended by another name: `next` has stopped there.
    constexpr bool damaged() const noexcept { return damaged_; }

private:
    std::string_view rest_;
    bool damaged_ = false;
};

/// Decodes base64 (RFC 4648, section 4) with blanks and line ends anywhere in it, padding and no bits left over; the
/// length of what is in `to` then. Nothing: it is not that, or `to` is too small. `to` may begin where `text` does, or
/// before.
constexpr std::optional<std::size_t> decode_base64(std::string_view text, mutable_bytes to) noexcept;

namespace detail {
constexpr std::size_t find_text(std::string_view text, std::string_view wanted) noexcept {
    for (std::size_t at = 0; wanted.size() <= text.size() && at <= text.size() - wanted.size(); ++at) {
        std::size_t same = 0;
        while (same < wanted.size() && text[at + same] == wanted[same]) ++same;
        if (same == wanted.size()) return at;
    }
    return text.size();
}

constexpr std::string_view behind(std::string_view text, std::size_t at) noexcept {
    return {text.data() + at, text.size() - at};
}

constexpr int base64_value(char letter) noexcept {
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}
}  // namespace detail

constexpr bool pem_reader::next(pem_block& to) noexcept {
    constexpr std::string_view begin = "-----BEGIN ", end = "-----END ", dashes = "-----";
    const std::size_t start = detail::find_text(rest_, begin);
    if (start == rest_.size()) return false;
    std::string_view inside = detail::behind(rest_, start + begin.size());
    const std::size_t label = detail::find_text(inside, dashes);
    damaged_ = true;
    if (label == inside.size()) return false;
    to.label = {inside.data(), label};
    for (const char letter : to.label)
        if (letter == '\n' || letter == '\r') return false;
    inside = detail::behind(inside, label + dashes.size());
    const std::size_t stop = detail::find_text(inside, dashes);
    to.body = {inside.data(), stop};
    inside = detail::behind(inside, stop);
    if (inside.size() < end.size() + label + dashes.size()) return false;
    const auto at = [&inside](std::size_t from, std::string_view text) {
        return std::string_view(inside.data() + from, text.size()) == text;
    };
    if (!at(0, end) || !at(end.size(), to.label) || !at(end.size() + label, dashes)) return false;
    rest_ = detail::behind(inside, end.size() + label + dashes.size());
    damaged_ = false;
    return true;
}

constexpr std::optional<std::size_t> decode_base64(std::string_view text, mutable_bytes to) noexcept {
    std::size_t size = 0, letters = 0, padding = 0;
    std::uint32_t bits = 0;
    for (const char letter : text) {
        if (letter == '\n' || letter == '\r' || letter == ' ' || letter == '\t') continue;
        const int value = detail::base64_value(letter);
        if (letter == '=') {
            if (++padding > 2) return std::nullopt;
            continue;
        }
        if (value < 0 || padding != 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if (++letters % 4 == 1) continue;
        if (size == to.size()) return std::nullopt;
        to[size++] = static_cast<std::uint8_t>(bits >> (8 - letters % 4 * 2) % 8);
    }
    const std::size_t over = letters % 4;
    if (over == 1 || (over == 0 ? padding != 0 : padding != 4 - over)) return std::nullopt;
    const std::uint32_t left = over == 2 ? bits & 15 : over == 3 ? bits & 3 : 0;
    if (left != 0) return std::nullopt;
    return size;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
