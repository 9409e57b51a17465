// What a server says of the certificate that it would like: names of authorities, and OIDs with their values
// (RFC 9846, sections 4.3.4 and 4.3.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

//  struct { opaque certificate_extension_oid<1..2^8-1>; opaque certificate_extension_values<0..2^16-1>; } OIDFilter;
/// An extension that the certificate should have, and the values in it, both in DER. Views.
struct oid_filter {
    bytes_view oid;
    bytes_view values;
};

/// Filters in one list: what comparing each with each may cost is bounded by it.
inline constexpr std::size_t max_oid_filters = 64;

/// Section 4.3.5: extendedKeyUsage with anyExtendedKeyUsage among its values, which nobody may ask for.
constexpr bool asks_for_any_purpose(const oid_filter& filter) noexcept {
    constexpr std::uint8_t extended_key_usage[] = {0x06, 0x03, 0x55, 0x1d, 0x25}, any[] = {0x55, 0x1d, 0x25, 0x00};
    // With the OID's tag or without: the RFC can be read both ways.
    const bytes_view oid(extended_key_usage);
    if (!equal_bytes(filter.oid, oid) && !equal_bytes(filter.oid, oid.subspan(2))) return false;
    reader in(filter.values);
    in.u8();
    const std::uint8_t length = in.u8();
    if (length > 0x80) in.bytes(length & 0x7f);
    while (!in.empty()) {
        in.u8();
        if (equal_bytes(in.opaque(1), any)) return true;
    }
    return false;
}

/// Section 4.3.5: no OID more than once. `Filters` is any range of oid_filter.
template <class Filters>
constexpr bool sound_filters(const Filters& filters) noexcept {
    std::size_t count = 0;
    for (const oid_filter filter : filters) {
        if (count++ == max_oid_filters || asks_for_any_purpose(filter)) return false;
        std::size_t same = 0;
        for (const oid_filter other : filters)
            if (equal_bytes(filter.oid, other.oid)) ++same;
        if (same != 1) return false;
    }
    return true;
}

/// Bytes of extension_data of certificate_authorities and of oid_filters.
constexpr std::size_t authorities_size(std::span<const bytes_view> names) noexcept {
    std::size_t size = 2;
    for (const bytes_view name : names) size += 2 + name.size();
    return size;
}
constexpr std::size_t oid_filters_size(std::span<const oid_filter> filters) noexcept {
    std::size_t size = 2;
    for (const oid_filter& filter : filters) size += 1 + filter.oid.size() + 2 + filter.values.size();
    return size;
}

inline void write_authorities(writer& to, std::span<const bytes_view> names) noexcept {
    length_prefix list(to, 2);
    for (const bytes_view name : names) to.opaque(name, 2);
}
inline void write_oid_filters(writer& to, std::span<const oid_filter> filters) noexcept {
    length_prefix list(to, 2);
    for (const oid_filter& filter : filters) {
        to.opaque(filter.oid, 1);
        to.opaque(filter.values, 2);
    }
}

}  // namespace v1
}  // namespace spantls
