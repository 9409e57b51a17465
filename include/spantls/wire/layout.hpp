// Fields declared once: decoding and encoding of a struct both come from its list of fields.
//
//   struct certificate_verify {
//       signature_scheme algorithm;
//       bytes_view signature;
//       using layout = fields<number_field<&certificate_verify::algorithm>,
//                             opaque_field<&certificate_verify::signature, 2, 0, 0xffff>>;
//   };
//
// Vectors are views into the bytes that were decoded, and are encoded from wherever they point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

namespace detail {
template <class Struct, class Member>
Member member_type(Member Struct::*);

template <auto Member>
using member_type_t = decltype(member_type(Member));
}  // namespace detail

/// A vector of numbers or enums of fixed width, read where it lies.
template <class T>
class list_view {
public:
    static constexpr std::size_t width = sizeof(T);

    constexpr list_view() noexcept = default;
    constexpr explicit list_view(bytes_view raw) noexcept : raw_(raw) {}

    constexpr bytes_view raw() const noexcept { return raw_; }
    constexpr std::size_t size() const noexcept { return raw_.size() / width; }
    constexpr bool empty() const noexcept { return raw_.empty(); }
    constexpr T operator[](std::size_t i) const noexcept {
        return static_cast<T>(reader(raw_.subspan(i * width, width)).number(width));
    }
    constexpr bool contains(T wanted) const noexcept {
        for (const T item : *this)
            if (item == wanted) return true;
        return false;
    }
    /// The first of `wanted` that is in the list; T{} when none is.
    constexpr T first_of(std::span<const T> wanted) const noexcept {
        for (const T each : wanted)
            if (contains(each)) return each;
        return {};
    }

    class iterator {
    public:
        constexpr iterator(const list_view& list, std::size_t at) noexcept : list_(&list), at_(at) {}
        constexpr T operator*() const noexcept { return (*list_)[at_]; }
        constexpr iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        constexpr bool operator==(const iterator& other) const noexcept { return at_ == other.at_; }

    private:
        const list_view* list_;
        std::size_t at_;
    };
    constexpr iterator begin() const noexcept { return {*this, 0}; }
    constexpr iterator end() const noexcept { return {*this, size()}; }

private:
    bytes_view raw_;
};

/// A number or enum, as wide as its type unless `Width` says otherwise (uint24).
template <auto Member, std::size_t Width = sizeof(detail::member_type_t<Member>)>
struct number_field {
    template <class T>
    static constexpr void decode(reader& in, T& to) noexcept {
        to.*Member = static_cast<detail::member_type_t<Member>>(in.number(Width));
    }
    template <class T>
    static constexpr void encode(writer& out, const T& from) noexcept {
        out.number(static_cast<std::uint64_t>(from.*Member), Width);
    }
};

/// A bool as a byte that is 0 or 1.
template <auto Member>
struct flag_field {
    template <class T>
    static constexpr void decode(reader& in, T& to) noexcept {
        const std::uint8_t value = in.u8();
        if (value > 1) in.fail();
        to.*Member = value == 1;
    }
    template <class T>
    static constexpr void encode(writer& out, const T& from) noexcept {
        out.u8(from.*Member ? 1 : 0);
    }
};

/// opaque name[Size]
template <auto Member, std::size_t Size>
struct fixed_field {
    template <class T>
    static constexpr void decode(reader& in, T& to) noexcept {
        to.*Member = in.bytes(Size);
    }
    template <class T>
    static constexpr void encode(writer& out, const T& from) noexcept {
        out.bytes((from.*Member).first(Size));
    }
};

/// opaque name<Least..Most>, with a length of `Prefix` bytes
template <auto Member, std::size_t Prefix, std::size_t Least, std::size_t Most>
struct opaque_field {
    static constexpr std::size_t prefix = Prefix;
    template <class T>
    static constexpr void decode(reader& in, T& to) noexcept {
        to.*Member = in.opaque(Prefix, Least, Most);
    }
    template <class T>
    static constexpr void encode(writer& out, const T& from) noexcept {
        out.opaque(from.*Member, Prefix);
    }
};

/// The same, shown as text.
template <auto Member, std::size_t Prefix, std::size_t Least, std::size_t Most>
struct text_field {
    template <class T>
    static void decode(reader& in, T& to) noexcept {
        to.*Member = as_text(in.opaque(Prefix, Least, Most));
    }
    template <class T>
    static void encode(writer& out, const T& from) noexcept {
        out.opaque(as_bytes(from.*Member), Prefix);
    }
};

/// T name<Least..Most>, a list_view; its length in bytes has to be a multiple of the width
template <auto Member, std::size_t Prefix, std::size_t Least, std::size_t Most>
struct list_field {
    template <class T>
    static constexpr void decode(reader& in, T& to) noexcept {
        using list = detail::member_type_t<Member>;
        const bytes_view raw = in.opaque(Prefix, Least, Most);
        if (raw.size() % list::width != 0) return in.fail();
        to.*Member = list(raw);
    }
    template <class T>
    static constexpr void encode(writer& out, const T& from) noexcept {
        out.opaque((from.*Member).raw(), Prefix);
    }
};

template <class... Field>
struct fields {
    template <class T>
    static constexpr void decode(reader& in, T& to) noexcept {
        (Field::decode(in, to), ...);
    }
    template <class T>
    static constexpr void encode(writer& out, const T& from) noexcept {
        (Field::encode(out, from), ...);
    }
};

/// Decodes one T out of `in` and leaves what stands behind it.
template <class T>
constexpr void decode_from(reader& in, T& to) noexcept {
    T::layout::decode(in, to);
}

/// Decodes a T that has to fill `bytes` exactly (sections 4.3 and 6). False, with `to` unspecified, when it does not.
template <class T>
[[nodiscard]] constexpr bool decode(bytes_view bytes, T& to) noexcept {
    reader in(bytes);
    T::layout::decode(in, to);
    return in.finished();
}

/// Encodes `from`; whether there was room is asked of the writer.
template <class T>
constexpr void encode(writer& out, const T& from) noexcept {
    T::layout::encode(out, from);
}

}  // namespace v1
}  // namespace spantls
