// A chain and its verdict, for people.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/distinguished_name.hpp>
#include <spantls/x509/name_constraints.hpp>
#include <spantls/x509/path.hpp>
#include <spantls/x509/path_error.hpp>
#include <spantls/x509/profile.hpp>
#include <spantls/x509/revocation.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Text in a buffer of the caller's. What does not fit is left out, and counted all the same.
class text_writer {
public:
    constexpr explicit text_writer(std::span<char> to) noexcept : to_(to) {}

    constexpr void put(char letter) noexcept {
        if (size_ < to_.size()) to_[size_] = letter;
        ++size_;
    }
    constexpr void put(std::string_view text) noexcept {
        for (const char letter : text) put(letter);
    }
    constexpr void put(std::uint64_t number, int digits = 1) noexcept {
        std::uint64_t power = 1;
        for (int i = 1; i < digits || number / power >= 10; ++i) power *= 10;
        for (; power != 0; power /= 10) put(static_cast<char>('0' + number / power % 10));
    }
    /// Bytes of somebody else's: what is not printable ASCII is shown as \xNN, so that nothing reaches a terminal.
    constexpr void put_foreign(bytes_view bytes) noexcept {
        for (const std::uint8_t byte : bytes) {
            if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
                put(static_cast<char>(byte));
                continue;
            }
            put("\\x");
            put_hex(byte);
        }
    }
    constexpr void put_hex(std::uint8_t byte) noexcept {
        put("0123456789abcdef"[byte >> 4]);
        put("0123456789abcdef"[byte & 15]);
    }

    /// What was written; not ended by a zero.
    constexpr std::string_view text() const noexcept { return {to_.data(), size_ < to_.size() ? size_ : to_.size()}; }
    /// The room that all of it needs.
    constexpr std::size_t size() const noexcept { return size_; }

private:
    std::span<char> to_;
    std::size_t size_ = 0;
};

/// "2031-05-07 12:00:00 UTC"
constexpr void print_time(text_writer& to, std::int64_t seconds) noexcept;

/// "CN=example.com, O=Example, C=DE"; "(empty)" for an empty name.
constexpr void print_name(text_writer& to, bytes_view name) noexcept;

/// "example.com, *.example.com, 192.0.2.1": the names that the certificate may be asked for by.
constexpr void print_alt_names(text_writer& to, const certificate& it) noexcept;

/// The path, one certificate in a line from the peer's own upwards, and the verdict with what belongs to it: since when
/// it is expired, when it will be valid, which names it has, which one whose constraint refuses, which issuer is
/// unknown, since when and why it is revoked, when an OCSP response or a CRL was good. In an accepted path "not
/// revoked: by OCSP response", or "by CRL", says where that is known from.
///
///   0: CN=example.com
///      names: example.com, www.example.com
///      valid: 2026-01-01 00:00:00 UTC to 2026-04-01 00:00:00 UTC
///   1: CN=Example Root, O=Example
///      valid: ...
///   refused: its time is over (expired, alert certificate_expired): certificate 0 since 2026-04-01 00:00:00 UTC
///
/// The bytes that `found` speaks of still have to be there. The size of the whole text; when `room` is shorter it holds
/// the beginning.
inline std::size_t render(const path_result& found, const peer& who, std::span<char> room) noexcept;

namespace detail {
constexpr std::string_view label_of(bytes_view attribute) noexcept {
    if (equal_bytes(attribute, oid::email_address)) return "emailAddress";
    constexpr std::uint8_t domain_component[] = {0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19};
    if (equal_bytes(attribute, domain_component)) return "DC";
    if (attribute.size() != 3 || attribute[0] != 0x55 || attribute[1] != 0x04) return {};
    switch (attribute[2]) {  // X.520
        case 3: return "CN";
        case 5: return "serialNumber";
        case 6: return "C";
        case 7: return "L";
        case 8: return "ST";
        case 10: return "O";
        case 11: return "OU";
        case 97: return "organizationIdentifier";
        default: return {};
    }
}

constexpr void print_oid(text_writer& to, bytes_view oid) noexcept {
    std::uint64_t number = 0;
    bool first = true;
    for (const std::uint8_t byte : oid) {
        number = number << 7 | (byte & 0x7f);
        if (byte >= 0x80) continue;
        if (first) {
            const std::uint64_t arc = number < 80 ? number / 40 : 2;
            to.put(arc);
            number -= arc * 40;
            first = false;
        }
        to.put('.');
        to.put(number);
        number = 0;
    }
}

/// Of the kinds that are understood in nameConstraints. A network is an address and the bits of it that count.
constexpr void print_general_name(text_writer& to, const general_name& name) noexcept {
    if (name.kind == name_kind::directory_name) return print_name(to, name.value);
    if (name.value.empty()) return to.put("every name");  // as a constraint: RFC 5280, section 4.2.1.10
    if (name.kind != name_kind::ip_address) return to.put_foreign(name.value);
    const bool network = name.value.size() == 8 || name.value.size() == 32;
    const bytes_view address = network ? name.value.first(name.value.size() / 2) : name.value;
    std::array<char, 40> room{};
    to.put(print_address(address, room));
    if (!network) return;
    int bits = 0;
    for (const std::uint8_t byte : name.value.subspan(address.size())) bits += std::popcount(byte);
    to.put('/');
    to.put(static_cast<std::uint64_t>(bits));
}

constexpr void print_detail(text_writer& to, const path_result& found, const peer& who,
                            const certificate& it) noexcept {
    switch (found.error) {
        case path_error::expired: to.put(" since "); return print_time(to, it.not_after);
        case path_error::not_yet_valid: to.put(" until "); return print_time(to, it.not_before);
        case path_error::wrong_name:
            to.put(", asked for ");
            to.put_foreign(as_bytes(who.server_name));
            to.put(", has ");
            return print_alt_names(to, it);
        case path_error::path_length:
            to.put(", which allows ");
            return to.put(std::uint64_t{it.path_length.value_or(0)});
        case path_error::unknown_issuer: to.put(", issued by "); return print_name(to, it.issuer);
        case path_error::name_excluded:
        case path_error::name_not_permitted:
            to.put(", the name ");
            print_general_name(to, found.name.name);
            to.put(", by certificate ");
            to.put(found.name.by);
            if (found.error == path_error::name_not_permitted) return;
            to.put(", which excludes ");
            return print_general_name(to, found.name.constraint);
        case path_error::revoked:
            to.put(" since ");
            print_time(to, found.status.time);
            to.put(", ");
            return to.put(name_of(found.status.reason));
        case path_error::staple_expired:
        case path_error::crl_expired: to.put(" since "); return print_time(to, found.status.time);
        case path_error::staple_not_yet_valid:
        case path_error::crl_not_yet_valid: to.put(" until "); return print_time(to, found.status.time);
        default: return;
    }
}
}  // namespace detail

constexpr void print_time(text_writer& to, std::int64_t seconds) noexcept {
    const std::int64_t day_seconds = 86400;
    std::int64_t days = seconds / day_seconds, rest = seconds % day_seconds;
    if (rest < 0) {
        rest += day_seconds;
        --days;
    }
    // Years that begin with March, from the year 0 on, in eras of 400.
    days += 719468;
    const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const std::int64_t day_of_era = days - era * 146097;
    const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t march_month = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
    const std::int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    const auto number = [&to](std::int64_t value, int digits) {
        to.put(static_cast<std::uint64_t>(value < 0 ? 0 : value), digits);
    };
    number(year, 4);
    to.put('-');
    number(month, 2);
    to.put('-');
    number(day, 2);
    to.put(' ');
    number(rest / 3600, 2);
    to.put(':');
    number(rest / 60 % 60, 2);
    to.put(':');
    number(rest % 60, 2);
    to.put(" UTC");
}

constexpr void print_name(text_writer& to, bytes_view name) noexcept {
    name_reader in(name);
    if (in.empty()) to.put("(empty)");
    for (bool first = true; !in.empty(); first = false) {
        const name_attribute attribute = in.next();
        if (!first) to.put(", ");
        const std::string_view label = detail::label_of(attribute.type);
        if (label.empty())
            detail::print_oid(to, attribute.type);
        else
            to.put(label);
        to.put('=');
        to.put_foreign(attribute.value.body);
    }
}

constexpr void print_alt_names(text_writer& to, const certificate& it) noexcept {
    bool any = false;
    for (der_reader names(it.subject_alt_name); !names.empty();) {
        const general_name name = next_name(names);
        if (name.kind != name_kind::dns_name && name.kind != name_kind::ip_address) continue;
        if (any) to.put(", ");
        any = true;
        std::array<char, 40> room{};
        if (name.kind == name_kind::dns_name)
            to.put_foreign(name.value);
        else
            to.put(print_address(name.value, room));
    }
    if (!any) to.put("none");
}

inline std::size_t render(const path_result& found, const peer& who, std::span<char> room) noexcept {
    text_writer to(room);
    certificate it;
    for (std::size_t i = 0; i < found.size; ++i) {
        to.put(i);
        to.put(": ");
        if (parse_certificate(found.path[i], it) != errc::none) {
            to.put("(not readable)\n");
            continue;
        }
        print_name(to, it.subject);
        to.put('\n');
        if (i == 0) {
            to.put("   names: ");
            print_alt_names(to, it);
            to.put('\n');
        }
        to.put("   valid: ");
        print_time(to, it.not_before);
        to.put(" to ");
        print_time(to, it.not_after);
        to.put('\n');
        if (!found.good() || found.sources[i] == status_source::nobody) continue;
        to.put("   not revoked: by ");
        to.put(found.sources[i] == status_source::staple ? "OCSP response\n" : "CRL\n");
    }
    if (found.good()) {
        to.put("accepted\n");
        return to.size();
    }
    to.put("refused: ");
    to.put(describe(found.error));
    to.put(" (");
    to.put(name_of(found.error));
    if (const std::optional<alert_description> alert = alert_for(errc_of(found.error))) {
        to.put(", alert ");
        to.put(name_of(*alert));
    }
    to.put(')');
    if (found.at < found.size) {
        to.put(": certificate ");
        to.put(found.at);
        if (parse_certificate(found.path[found.at], it) == errc::none) detail::print_detail(to, found, who, it);
    }
    to.put('\n');
    return to.size();
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
