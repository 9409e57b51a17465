// Distinguished names: compared as RFC 5280, section 7.1, has it, and looked into.
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/der.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Are these the same name? Each is a whole Name in DER. PrintableString, UTF8String, IA5String, TeletexString and
/// VisibleString compare without regard to ASCII case and to how many blanks there are, nor, as far as they are ASCII,
/// to which of them they are; everything else byte by byte.
constexpr bool same_distinguished_name(bytes_view a, bytes_view b) noexcept;

/// Does `name` begin with all of `base`? RFC 5280, section 4.2.1.10: is it in that subtree?
constexpr bool distinguished_name_within(bytes_view name, bytes_view base) noexcept;

/// The same for names that are the same.
constexpr std::uint32_t hash_of_distinguished_name(bytes_view name) noexcept;

/// AttributeTypeAndValue
struct name_attribute {
    bytes_view type;  ///< an OID
    der_element value;
};

/// `for (name_reader in(it.subject); !in.empty();) use(in.next());`
class name_reader {
public:
    constexpr explicit name_reader(bytes_view name) noexcept : sets_(der_reader(name).body(der_tag::sequence)) {}

    constexpr bool empty() const noexcept { return set_.empty() && sets_.empty(); }
    constexpr name_attribute next() noexcept {
        if (set_.empty()) set_ = sets_.inside(der_tag::set);
        der_reader attribute = set_.inside(der_tag::sequence);
        const bytes_view type = attribute.oid();
        return {type, attribute.element()};
    }
    /// Is the next attribute in the same RelativeDistinguishedName as the last one?
    constexpr bool same_set() const noexcept { return !set_.empty(); }

private:
    der_reader sets_;
    der_reader set_{{}};
};

namespace detail {
namespace oid {
inline constexpr std::uint8_t common_name[] = {0x55, 0x04, 0x03};
inline constexpr std::uint8_t email_address[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};
}  // namespace oid

constexpr bool is_text(der_tag tag) noexcept {
    return tag == der_tag::utf8_string || tag == der_tag::printable_string || tag == der_tag::ia5_string ||
           tag == der_tag::teletex_string || tag == der_tag::visible_string;
}

/// Characters of several bytes each: there is more than one way to write a letter, and none of them is compared here.
constexpr bool is_wide(der_tag tag) noexcept { return tag == der_tag::bmp_string || tag == der_tag::universal_string; }

/// Does it mean the same bytes in every kind of text? Those of UTF-8 have been checked to be that.
constexpr bool is_common_text(const der_element& value) noexcept {
    if (!is_text(value.tag)) return false;
    if (value.tag == der_tag::utf8_string) return true;
    for (const std::uint8_t byte : value.body)
        if (byte >= 0x80) return false;
    return true;
}

/// The letters of a value, small, with one blank between words and none around them.
class prepared_text {
public:
    constexpr explicit prepared_text(bytes_view text) noexcept : text_(text) { skip_blanks(); }

    /// -1 at the end.
    constexpr int next() noexcept {
        if (at_ == text_.size()) return -1;
        const std::uint8_t byte = text_[at_++];
        if (is_blank(byte)) {
            skip_blanks();
            return at_ == text_.size() ? -1 : ' ';
        }
        return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
    }

private:
    /// RFC 4518, section 2.2: tab, line feed and their like are mapped to a blank.
    static constexpr bool is_blank(std::uint8_t byte) noexcept { return byte == ' ' || (byte >= 0x09 && byte <= 0x0d); }
    constexpr void skip_blanks() noexcept {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    }
    bytes_view text_;
    std::size_t at_ = 0;
};

/// Is a name in a subtree? unusable: that cannot be told.
enum class within : std::uint8_t { no, yes, unusable };

constexpr within same_attribute(const name_attribute& a, const name_attribute& b) noexcept {
    if (!equal_bytes(a.type, b.type)) return within::no;
    if (equal_bytes(a.value.whole, b.value.whole)) return within::yes;
    if (a.value.tag != b.value.tag && !(is_common_text(a.value) && is_common_text(b.value))) return within::unusable;
    if (!is_text(a.value.tag)) return is_wide(a.value.tag) ? within::unusable : within::no;
    prepared_text left(a.value.body), right(b.value.body);
    while (true) {
        const int letter = left.next();
        if (letter != right.next()) return within::no;
        if (letter < 0) return within::yes;
    }
}

constexpr within directory_within(bytes_view name, bytes_view base) noexcept {
    name_reader longer(name), shorter(base);
    within found = within::yes;
    for (bool several = false; !shorter.empty();) {
        if (longer.empty()) return within::no;
        const within same = same_attribute(longer.next(), shorter.next());
        const bool more = longer.same_set();
        if (more != shorter.same_set()) return within::no;
        // Several in one set may be the same in another order.
        if (same == within::no && !several && !more) return within::no;
        if (same != within::yes) found = within::unusable;
        several = more;
    }
    return found;
}
}  // namespace detail

constexpr bool distinguished_name_within(bytes_view name, bytes_view base) noexcept {
    return detail::directory_within(name, base) == detail::within::yes;
}

constexpr bool same_distinguished_name(bytes_view a, bytes_view b) noexcept {
    if (equal_bytes(a, b)) return true;
    return distinguished_name_within(a, b) && distinguished_name_within(b, a);
}

constexpr std::uint32_t hash_of_distinguished_name(bytes_view name) noexcept {
    std::uint32_t hash = 2166136261U;  // FNV-1a
    const auto mix = [&hash](unsigned byte) { hash = (hash ^ byte) * 16777619U; };
    for (name_reader in(name); !in.empty();) {
        const name_attribute attribute = in.next();
        for (const std::uint8_t byte : attribute.type) mix(byte);
        if (detail::is_text(attribute.value.tag)) {
            detail::prepared_text text(attribute.value.body);
            for (int letter = text.next(); letter >= 0; letter = text.next()) mix(static_cast<unsigned>(letter));
        } else {
            for (const std::uint8_t byte : attribute.value.whole) mix(byte);
        }
    }
    return hash;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
