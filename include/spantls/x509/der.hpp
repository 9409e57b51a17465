// Reads DER (X.690), as strictly as it is defined: one way to write each value, and nothing else is accepted.
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

enum class der_tag : std::uint8_t {
    boolean = 0x01,
    integer = 0x02,
    bit_string = 0x03,
    octet_string = 0x04,
    null = 0x05,
    object_identifier = 0x06,
    enumerated = 0x0a,
    utf8_string = 0x0c,
    printable_string = 0x13,
    teletex_string = 0x14,
    ia5_string = 0x16,
    utc_time = 0x17,
    generalized_time = 0x18,
    visible_string = 0x1a,
    universal_string = 0x1c,
    bmp_string = 0x1e,
    sequence = 0x30,
    set = 0x31,
};

/// [number] of a primitive type, and of a constructed one.
constexpr der_tag context(std::uint8_t number) noexcept { return static_cast<der_tag>(0x80 | number); }
constexpr der_tag context_constructed(std::uint8_t number) noexcept { return static_cast<der_tag>(0xa0 | number); }

/// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
constexpr bool is_utf8(bytes_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const std::uint8_t first = text[at++];
        if (first < 0x80) continue;
        if (first < 0xc2 || first > 0xf4) return false;
        const std::size_t more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        if (text.size() - at < more) return false;
        const std::uint8_t second = text[at];
        const std::uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        const std::uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (second < low || second > high) return false;
        for (std::size_t i = 1; i < more; ++i)
            if ((text[at + i] & 0xc0) != 0x80) return false;
        at += more;
    }
    return true;
}

/// One value: its tag, what is in it, and all of it, tag and length included.
struct der_element {
    der_tag tag{};
    bytes_view body;
    bytes_view whole;
};

/// A cursor over a row of values. The first one that is not as asked makes it fail for good: everything read after that
/// is zero or empty, so that a parser reads all its fields and asks once, at the end. It never descends by itself: the
/// reader of what is inside a value is another reader, handed back with `leave`.
class der_reader {
public:
    constexpr explicit der_reader(bytes_view bytes) noexcept : rest_(bytes) {}

    constexpr bool failed() const noexcept { return failed_; }
    constexpr bool empty() const noexcept { return rest_.empty(); }
    /// Nothing failed and nothing is left.
    constexpr bool finished() const noexcept { return !failed_ && rest_.empty(); }
    constexpr bytes_view rest() const noexcept { return rest_; }

    constexpr void fail() noexcept {
        failed_ = true;
        rest_ = {};
    }

    /// Is there a value with this tag? For what is optional.
    constexpr bool next_is(der_tag tag) const noexcept {
        return !rest_.empty() && rest_[0] == static_cast<std::uint8_t>(tag);
    }

    /// The next value, whatever its tag.
    constexpr der_element element() noexcept;

    constexpr der_element element(der_tag tag) noexcept {
        if (!next_is(tag)) {
            fail();
            return {};
        }
        return element();
    }
    constexpr bytes_view body(der_tag tag) noexcept { return element(tag).body; }
    constexpr bytes_view whole(der_tag tag) noexcept { return element(tag).whole; }

    /// A reader of what is inside the next value. Give it back to `leave` when it has read everything.
    constexpr der_reader inside(der_tag tag) noexcept {
        der_reader inner(body(tag));
        inner.failed_ = failed_;
        return inner;
    }
    constexpr void leave(const der_reader& inner) noexcept {
        if (!inner.finished()) fail();
    }

    /// These are what their types say unless an IMPLICIT tag says it.
    constexpr bool boolean(der_tag tag = der_tag::boolean) noexcept {
        const bytes_view value = body(tag);
        if (value.size() != 1 || (value[0] != 0x00 && value[0] != 0xff)) {  // X.690, 11.1
            fail();
            return false;
        }
        return value[0] == 0xff;
    }
    /// BOOLEAN DEFAULT FALSE: a default value is never written (X.690, 11.5).
    constexpr bool flag(der_tag tag = der_tag::boolean) noexcept {
        if (!next_is(tag)) return false;
        const bool value = boolean(tag);
        if (!value) fail();
        return value;
    }

    /// The two's complement bytes of an INTEGER.
    constexpr bytes_view integer() noexcept;
    /// An INTEGER that is not negative; UINT32_MAX stands for all that are larger.
    constexpr std::uint32_t small_integer() noexcept;

    /// An ENUMERATED of a list that ends before 128, as all of ours do.
    constexpr std::uint8_t enumerated() noexcept {
        const bytes_view value = body(der_tag::enumerated);
        if (value.size() != 1 || value[0] >= 0x80) {
            fail();
            return 0;
        }
        return value[0];
    }

    /// The bytes of an OBJECT IDENTIFIER.
    constexpr bytes_view oid() noexcept;

    /// A BIT STRING of whole bytes.
    constexpr bytes_view bits() noexcept {
        const bytes_view value = body(der_tag::bit_string);
        if (value.empty() || value[0] != 0) {
            fail();
            return {};
        }
        return value.subspan(1);
    }
    /// The first 16 bits of a BIT STRING whose bits have names; bit 0 is the highest.
    constexpr std::uint16_t named_bits(der_tag tag = der_tag::bit_string) noexcept;

    /// UTCTime or GeneralizedTime as RFC 5280, section 4.1.2.5, has them; seconds since 1970. Years up to 2049
    /// should come as UTCTime, but have to be understood as either.
    constexpr std::int64_t time() noexcept;
    /// GeneralizedTime only, as OCSP has it (RFC 6960, section 4.2.1).
    constexpr std::int64_t generalized_time() noexcept {
        if (!next_is(der_tag::generalized_time)) fail();
        return time();
    }

private:
    bytes_view rest_;
    bool failed_ = false;
};

constexpr der_element der_reader::element() noexcept {
    const bytes_view all = rest_;
    // Tags above 30 take more than one byte; nothing in a certificate has one.
    if (all.size() < 2 || (all[0] & 0x1f) == 0x1f) {
        fail();
        return {};
    }
    std::size_t header = 2;
    std::size_t length = all[1];
    if (length >= 0x80) {
        const std::size_t width = length & 0x7f;  // 0 is the indefinite length (X.690, 10.1)
        if (width == 0 || width > 4 || width > all.size() - 2) {
            fail();
            return {};
        }
        length = 0;
        for (std::size_t i = 0; i < width; ++i) length = length << 8 | all[2 + i];
        header += width;
        if (all[2] == 0 || length < 0x80) fail();  // not the shortest form (X.690, 10.1)
    }
    if (failed_ || length > all.size() - header) {
        fail();
        return {};
    }
    rest_ = all.subspan(header + length);
    return {static_cast<der_tag>(all[0]), all.subspan(header, length), all.first(header + length)};
}

constexpr bytes_view der_reader::integer() noexcept {
    const bytes_view value = body(der_tag::integer);
    // X.690, 8.3.2: the first nine bits are neither all zero nor all one.
    const bool padded =
        value.size() > 1 && ((value[0] == 0x00 && value[1] < 0x80) || (value[0] == 0xff && value[1] >= 0x80));
    if (value.empty() || padded) {
        fail();
        return {};
    }
    return value;
}

constexpr std::uint32_t der_reader::small_integer() noexcept {
    const bytes_view value = integer();
    if (value.empty() || value[0] >= 0x80) {
        fail();
        return 0;
    }
    if (value.size() > 5 || (value.size() == 5 && value[0] != 0)) return UINT32_MAX;
    std::uint32_t number = 0;
    for (const std::uint8_t byte : value) number = number << 8 | byte;
    return number;
}

constexpr bytes_view der_reader::oid() noexcept {
    const bytes_view value = body(der_tag::object_identifier);
    bool good = !value.empty() && value.back() < 0x80;
    for (std::size_t i = 0; good && i < value.size(); ++i)
        good = value[i] != 0x80 || (i > 0 && value[i - 1] >= 0x80);  // X.690, 8.19.2: no leading zeros in a number
    if (!good) {
        fail();
        return {};
    }
    return value;
}

constexpr std::uint16_t der_reader::named_bits(der_tag tag) noexcept {
    const bytes_view value = body(tag);
    bool good = !value.empty() && value[0] <= 7;
    if (good && value.size() == 1) good = value[0] == 0;
    // X.690, 11.2: no zero bit at the end, and the unused ones are zero: the last bit in use is the lowest one set.
    if (good && value.size() > 1) good = (value.back() & (0xff >> (7 - value[0]))) == 1 << value[0];
    if (!good) {
        fail();
        return 0;
    }
    const unsigned high = value.size() > 1 ? value[1] : 0U;
    const unsigned low = value.size() > 2 ? value[2] : 0U;
    return static_cast<std::uint16_t>(high << 8 | low);
}

constexpr std::int64_t der_reader::time() noexcept {
    const bool utc = next_is(der_tag::utc_time);
    const bytes_view text = body(utc ? der_tag::utc_time : der_tag::generalized_time);
    const std::size_t year_digits = utc ? 2 : 4;
    // Seconds are there, and a Z; no fractions and no other zones.
    bool good = text.size() == year_digits + 11 && text.back() == 'Z';
    for (std::size_t i = 0; good && i + 1 < text.size(); ++i) good = text[i] >= '0' && text[i] <= '9';
    if (!good) {
        fail();
        return 0;
    }
    const auto two = [text](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
    const std::size_t at = year_digits;
    const int century = utc ? (two(0) >= 50 ? 19 : 20) : two(0);
    const int year = century * 100 + two(year_digits - 2);
    const int month = two(at), day = two(at + 2), hour = two(at + 4), minute = two(at + 6), second = two(at + 8);

    constexpr std::uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    good = month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
    if (good) good = day >= 1 && day <= lengths[month - 1] + (leap && month == 2 ? 1 : 0);
    if (!good) {
        fail();
        return 0;
    }
    // Days since 1970, in years that begin with March so that the leap day comes last, from 400 years before our era.
    const std::int64_t y = (month > 2 ? year : year - 1) + 400;
    const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const std::int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 865565;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
