// Bodies of the extensions that are lists or a single value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

//  struct { NamedGroup named_group_list<2..2^16-1>; } NamedGroupList;                                  section 4.3.7
struct named_group_list {
    list_view<named_group> groups;
    using layout = fields<list_field<&named_group_list::groups, 2, 2, 0xffff>>;
};

//  struct { SignatureScheme supported_signature_algorithms<2..2^16-2>; } SignatureSchemeList;          section 4.3.3
struct signature_scheme_list {
    list_view<signature_scheme> schemes;
    using layout = fields<list_field<&signature_scheme_list::schemes, 2, 2, 0xfffe>>;
};

//  ProtocolVersion versions<2..254>;                                                                   section 4.3.1
struct client_versions {
    list_view<protocol_version> versions;
    using layout = fields<list_field<&client_versions::versions, 1, 2, 254>>;
};

//  ProtocolVersion selected_version;
struct selected_version {
    protocol_version version;
    using layout = fields<number_field<&selected_version::version>>;
};

//  struct { opaque cookie<1..2^16-1>; } Cookie;                                                        section 4.3.2
struct cookie {
    bytes_view value;
    using layout = fields<opaque_field<&cookie::value, 2, 1, 0xffff>>;
};

//  enum { psk_ke(0), psk_dhe_ke(1) }; PskKeyExchangeMode ke_modes<1..255>;                             section 4.3.9
enum class psk_key_exchange_mode : std::uint8_t { psk_ke = 0, psk_dhe_ke = 1 };
struct psk_key_exchange_modes {
    list_view<psk_key_exchange_mode> modes;
    using layout = fields<list_field<&psk_key_exchange_modes::modes, 1, 1, 255>>;
};

//  CertificateType certificate_types<1..2^8-1>;                                                        RFC 7250,
//  section 3
struct certificate_types {
    list_view<certificate_type> types;
    using layout = fields<list_field<&certificate_types::types, 1, 1, 255>>;

    /// Who does not send the extension takes certificates.
    constexpr bool takes(certificate_type type) const noexcept {
        return types.empty() ? type == certificate_type::x509 : types.contains(type);
    }
};

/// Writes a vector of numbers or enums with a length of `prefix` bytes.
template <class T>
constexpr void write_list(writer& out, std::span<const T> items, std::size_t prefix) noexcept {
    length_prefix length(out, prefix);
    for (const T item : items) out.number(static_cast<std::uint64_t>(item), sizeof(T));
}

//  opaque ProtocolName<1..2^8-1>; struct { ProtocolName protocol_name_list<2..2^16-1>; }      RFC 7301, section 3.1
/// The names in an ALPN extension, read where they lie.
class protocol_names {
public:
    constexpr protocol_names() noexcept = default;

    /// False when `data` is not a well-formed list.
    [[nodiscard]] constexpr bool parse(bytes_view data) noexcept {
        reader in(data);
        names_ = in.opaque(2, 2, 0xffff);
        if (!in.finished()) return false;
        for (reader list(names_); !list.finished();) {
            list.opaque(1, 1, 255);
            if (list.failed()) return false;
        }
        return true;
    }

    constexpr bool contains(std::string_view wanted) const noexcept {
        for (const std::string_view name : *this)
            if (name == wanted) return true;
        return false;
    }
    constexpr bool empty() const noexcept { return names_.empty(); }
    constexpr std::size_t size() const noexcept {
        std::size_t count = 0;
        for (iterator i = begin(); !(i == end()); ++i) ++count;
        return count;
    }

    class iterator {
    public:
        constexpr explicit iterator(bytes_view rest) noexcept : rest_(rest) {}
        std::string_view operator*() const noexcept { return as_text(rest_.subspan(1, rest_[0])); }
        constexpr iterator& operator++() noexcept {
            rest_ = rest_.subspan(std::size_t{1} + rest_[0]);
            return *this;
        }
        constexpr bool operator==(const iterator& other) const noexcept { return rest_.size() == other.rest_.size(); }

    private:
        bytes_view rest_;
    };
    constexpr iterator begin() const noexcept { return iterator(names_); }
    constexpr iterator end() const noexcept { return iterator({}); }

private:
    bytes_view names_;
};

inline void write_protocol_names(writer& out, std::span<const std::string_view> names) noexcept {
    length_prefix length(out, 2);
    for (const std::string_view name : names) out.opaque(as_bytes(name), 1);
}

/// The host_name of a server_name extension of a ClientHello (RFC 6066, section 3); empty when it names no host.
[[nodiscard]] inline errc parse_server_name(bytes_view data, std::string_view& name) noexcept {
    reader in(data);
    reader list(in.opaque(2, 1, 0xffff));
    if (!in.finished()) return errc::decode_error;
    while (!list.finished()) {
        const std::uint8_t type = list.u8();
        const bytes_view value = list.opaque(2, 1, 0xffff);
        if (list.failed()) return errc::decode_error;
        if (type != 0) continue;
        // RFC 6066: not more than one name of the same type; and a name that could be cut at a NUL is no host's.
        if (!name.empty()) return errc::decode_error;
        name = as_text(value);
        if (name.size() > 255) return errc::unrecognized_name;
        for (const char character : name)
            if (character == '\0') return errc::unrecognized_name;
    }
    return errc::none;
}

inline void write_server_name(writer& out, std::string_view name) noexcept {
    length_prefix list(out, 2);
    out.u8(0);
    out.opaque(as_bytes(name), 2);
}

}  // namespace v1
}  // namespace spantls
