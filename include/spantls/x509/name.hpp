// Does a certificate go by the name that was asked for? RFC 9525; the subject's common name never counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/certificate.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Is `host` one of the certificate's subjectAltNames? A host name is looked for among the dNSNames, an address literal
/// (1.2.3.4, 2001:db8::1, without brackets) among the iPAddresses, and neither among the other's.
inline bool matches_host(const certificate& it, std::string_view host) noexcept;

/// A dNSName of a certificate against a host name: the same letters in either case, or "*." and the same rest after
/// the host's first label (RFC 9525, section 6.3).
constexpr bool matches_dns_name(std::string_view presented, std::string_view host) noexcept;

/// An address in network byte order: 4 or 16 bytes; none when the text was not an address.
struct ip_address {
    std::array<std::uint8_t, 16> storage{};
    std::size_t size = 0;

    constexpr bytes_view bytes() const noexcept { return bytes_view(storage).first(size); }
};

constexpr ip_address parse_ip_address(std::string_view text) noexcept;

/// Letters, digits, '-' and '_' in labels of 1 to 63 characters that neither begin nor end with '-', 253 at most.
constexpr bool is_host_name(std::string_view text) noexcept;

namespace detail {
/// What of `text` is left from `at` on. Unlike substr it has no way to fail.
constexpr std::string_view rest_of(std::string_view text, std::size_t at) noexcept {
    return {text.data() + at, text.size() - at};
}

constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

constexpr bool same_name(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

constexpr int hex_digit(char letter) noexcept {
    const char small = lower(letter);
    if (small >= '0' && small <= '9') return small - '0';
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// Four decimal numbers without leading zeros, which some would read as octal.
constexpr ip_address parse_ipv4(std::string_view text) noexcept {
    ip_address read;
    std::size_t at = 0;
    while (read.size < 4) {
        const std::size_t start = at;
        unsigned value = 0;
        while (at < text.size() && at - start < 3 && text[at] >= '0' && text[at] <= '9')
            value = value * 10 + static_cast<unsigned>(text[at++] - '0');
        if (at == start || value > 255 || (at - start > 1 && text[start] == '0')) return {};
        read.storage[read.size++] = static_cast<std::uint8_t>(value);
        if (read.size < 4 && (at == text.size() || text[at++] != '.')) return {};
    }
    return at == text.size() ? read : ip_address{};
}

/// RFC 4291, section 2.2, in all its three forms.
constexpr ip_address parse_ipv6(std::string_view text) noexcept {
    constexpr std::size_t nowhere = SIZE_MAX;
    ip_address read;
    std::size_t at = 0, gap = nowhere;
    if (text.size() >= 2 && text[0] == ':' && text[1] == ':') {
        gap = 0;
        at = 2;
    }
    while (at < text.size()) {
        const ip_address tail = parse_ipv4(rest_of(text, at));
        if (tail.size != 0 && read.size <= 12 && at != 0) {
            for (const std::uint8_t byte : tail.bytes()) read.storage[read.size++] = byte;
            break;
        }
        const std::size_t start = at;
        unsigned value = 0;
        while (at < text.size() && at - start < 4 && hex_digit(text[at]) >= 0)
            value = value << 4 | static_cast<unsigned>(hex_digit(text[at++]));
        if (at == start || read.size == 16) return {};
        read.storage[read.size++] = static_cast<std::uint8_t>(value >> 8);
        read.storage[read.size++] = static_cast<std::uint8_t>(value);
        if (at == text.size()) break;
        if (text[at++] != ':' || at == text.size()) return {};
        if (text[at] != ':') continue;
        if (gap != nowhere) return {};
        gap = read.size;
        ++at;
    }
    if (gap == nowhere) return read.size == 16 ? read : ip_address{};
    if (read.size > 14) return {};
    const std::size_t behind = read.size - gap, zeros = 16 - read.size;
    for (std::size_t i = 0; i < behind; ++i) {
        read.storage[15 - i] = read.storage[15 - i - zeros];
        read.storage[15 - i - zeros] = 0;
    }
    read.size = 16;
    return read;
}
}  // namespace detail

constexpr bool is_host_name(std::string_view text) noexcept {
    if (text.size() > 253) return false;
    std::size_t label = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i == text.size() || text[i] == '.') {
            if (label == 0 || label > 63 || text[i - 1] == '-') return false;
            label = 0;
            continue;
        }
        const char small = detail::lower(text[i]);
        const bool hyphen = small == '-' && label != 0;
        if (!hyphen && small != '_' && (small < 'a' || small > 'z') && (small < '0' || small > '9')) return false;
        ++label;
    }
    return true;
}

constexpr ip_address parse_ip_address(std::string_view text) noexcept {
    const ip_address four = detail::parse_ipv4(text);
    return four.size != 0 ? four : detail::parse_ipv6(text);
}

constexpr bool matches_dns_name(std::string_view presented, std::string_view host) noexcept {
    std::size_t dot = host.size();
    for (std::size_t i = host.size(); i-- > 0;) {
        if (host[i] == '*') return false;
        if (host[i] == '.') dot = i;
    }
    const bool wildcard = presented.size() > 2 && presented[0] == '*' && presented[1] == '.';
    if (!wildcard) return !host.empty() && detail::same_name(presented, host);
    return dot > 0 && detail::same_name(detail::rest_of(presented, 1), detail::rest_of(host, dot));
}

inline bool matches_host(const certificate& it, std::string_view host) noexcept {
    const ip_address address = parse_ip_address(host);
    for (der_reader names(it.subject_alt_name); !names.empty();) {
        const general_name name = next_name(names);
        const bool found = address.size != 0
                               ? name.kind == name_kind::ip_address && equal_bytes(name.value, address.bytes())
                               : name.kind == name_kind::dns_name && matches_dns_name(as_text(name.value), host);
        if (found) return true;
    }
    return false;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
