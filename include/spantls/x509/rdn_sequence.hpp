// The form of distinguished names (RFC 5280, section 4.1.2.4), whatever they say.
#pragma once

#include <cstddef>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/der.hpp>

namespace spantls {
inline namespace v1 {
namespace x509::detail {

/// Text, as its type has it, or bits; never in parts (X.690, 10.2).
constexpr bool is_simple_value(const der_element& value) noexcept {
    switch (value.tag) {
        case der_tag::utf8_string: return is_utf8(value.body);
        case der_tag::universal_string: return value.body.size() % 4 == 0;
        case der_tag::bmp_string: return value.body.size() % 2 == 0;
        case der_tag::bit_string: {  // x500UniqueIdentifier; the bits that are unused are zero (X.690, 11.2.1)
            if (value.body.empty() || value.body[0] > 7) return false;
            if (value.body.size() == 1) return value.body[0] == 0;
            return (value.body.back() & ((1U << value.body[0]) - 1)) == 0;
        }
        default: break;
    }
    // NumericString to IA5String, and GraphicString to GeneralString
    const unsigned tag = static_cast<unsigned>(value.tag);
    return (tag >= 0x12 && tag <= 0x16) || (tag >= 0x19 && tag <= 0x1b);
}

/// What the types of X.520 and RFC 5280, appendix A, have as their values: one of these, or a row of them, as
/// postalAddress is.
constexpr bool is_attribute_value(const der_element& value) noexcept {
    if (value.tag != der_tag::sequence) return is_simple_value(value);
    der_reader parts(value.body);
    while (!parts.empty())
        if (!is_simple_value(parts.element())) return false;
    return !parts.failed();
}

/// Is `a` before `b` in a SET OF, or the same? No value is the beginning of another one.
constexpr bool ascend(bytes_view a, bytes_view b) noexcept {
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
        if (a[i] != b[i]) return a[i] < b[i];
    return true;
}

/// RDNSequence: SEQUENCE OF SET SIZE (1..MAX) OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }
constexpr bytes_view read_name(der_reader& from) noexcept {
    const der_element name = from.element(der_tag::sequence);
    der_reader sets(name.body);
    while (!sets.empty()) {
        der_reader set = sets.inside(der_tag::set);
        if (set.empty()) set.fail();
        bytes_view before;
        while (!set.empty()) {
            const der_element next = set.element(der_tag::sequence);
            if (!ascend(before, next.whole)) set.fail();  // X.690, 11.6
            before = next.whole;
            der_reader attribute(next.body);
            attribute.oid();
            if (!is_attribute_value(attribute.element())) attribute.fail();
            set.leave(attribute);
        }
        sets.leave(set);
    }
    from.leave(sets);
    return name.whole;
}

constexpr bool well_formed_name(bytes_view value) noexcept {
    der_reader in(value);
    read_name(in);
    return in.finished();
}

}  // namespace x509::detail
}  // namespace v1
}  // namespace spantls
