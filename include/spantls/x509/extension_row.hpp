// The extensions of a certificate, a CRL, one of its entries or an OCSP response: RFC 5280, section 4.2, for all of
// them.
#pragma once

#include <cstddef>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/der.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Extensions in one row that are looked at, so that comparing each with each stays cheap.
inline constexpr std::size_t max_extensions = 64;

namespace detail {
namespace oid {
inline constexpr std::uint8_t extensions[] = {0x55, 0x1d};  // id-ce
}  // namespace oid

/// N of 2.5.29.N, which is below 64; 0 for any other OID.
constexpr std::uint8_t standard_extension(bytes_view id) noexcept {
    return id.size() == 3 && equal_bytes(id.first(2), oid::extensions) && id[2] < 64 ? id[2] : std::uint8_t{0};
}

/// Extensions ::= SEQUENCE SIZE (1..MAX) OF
///     Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
/// use(id, critical, value, row): whoever does not like one makes the row fail. False: there are more than
/// max_extensions, and the rest was not read.
template <class Use>
constexpr bool read_extension_row(der_reader& from, Use use) noexcept {
    der_reader row = from.inside(der_tag::sequence);
    if (row.empty()) row.fail();
    const bytes_view all = row.rest();
    for (std::size_t count = 0; !row.empty(); ++count) {
        if (count == max_extensions) return false;
        der_reader extension = row.inside(der_tag::sequence);
        const bytes_view id = extension.oid();
        const bool critical = extension.flag();
        const bytes_view value = extension.body(der_tag::octet_string);
        row.leave(extension);
        der_reader before(all);
        for (std::size_t i = 0; i < count; ++i)  // section 4.2: none twice
            if (equal_bytes(before.inside(der_tag::sequence).oid(), id)) row.fail();
        if (!row.failed()) use(id, critical, value, row);
    }
    from.leave(row);
    return true;
}
}  // namespace detail

}  // namespace x509
}  // namespace v1
}  // namespace spantls
