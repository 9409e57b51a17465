// What issuers have to heed when they issue: RFC 5280, section 4, and the CA/Browser Forum's Baseline Requirements
// (BR), section 7.1. A path is valid without (RFC 5280, section 6); who does not follow the rules is not trusted here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/distinguished_name.hpp>
#include <spantls/x509/name.hpp>
#include <spantls/x509/path_error.hpp>
#include <spantls/x509/signature.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

enum class profile : std::uint8_t {
    web_pki,      ///< everything in this file, as public certificate authorities have to have it
    private_pki,  ///< RFC 5280, section 6, and the floor of strength only
};

enum class path_role : std::uint8_t { end_entity, intermediate, anchor };

/// What is wrong with the way a certificate was issued.
inline path_error issuance_flaw(const certificate& it, path_role role, key_purpose purpose) noexcept;

/// An address as RFC 5952 and RFC 4291 write it, in `room`.
constexpr std::string_view print_address(bytes_view address, std::array<char, 40>& room) noexcept;

namespace detail {
constexpr std::size_t print_decimal(std::uint8_t value, char* to) noexcept {
    std::size_t size = 0;
    if (value >= 100) to[size++] = static_cast<char>('0' + value / 100);
    if (value >= 10) to[size++] = static_cast<char>('0' + value / 10 % 10);
    to[size++] = static_cast<char>('0' + value % 10);
    return size;
}

/// BR, section 7.1.4.3: a common name is one of the subjectAltNames, letter by letter.
inline bool common_names_repeat_alt_names(const certificate& it) noexcept {
    for (name_reader in(it.subject); !in.empty();) {
        const name_attribute attribute = in.next();
        if (!equal_bytes(attribute.type, oid::common_name)) continue;
        bool found = false;
        std::array<char, 40> room{};
        for (der_reader names(it.subject_alt_name); !names.empty() && !found;) {
            const general_name name = next_name(names);
            const std::string_view text = as_text(attribute.value.body);
            if (name.kind == name_kind::dns_name) found = same_name(as_text(name.value), text);
            if (name.kind == name_kind::ip_address) found = print_address(name.value, room) == text;
        }
        if (!found) return false;
    }
    return true;
}

/// BR, section 7.1.4.2: a host name that is not an address, or one below "*." that is more than a top-level domain.
inline path_error flaw_of_dns_name(std::string_view name) noexcept {
    const bool wildcard = name.size() > 2 && name[0] == '*' && name[1] == '.';
    const std::string_view host = wildcard ? rest_of(name, 2) : name;
    if (!is_host_name(host) || parse_ip_address(host).size != 0) return path_error::bad_dns_name;
    if (!wildcard) return path_error::none;
    for (const char letter : host)
        if (letter == '.') return path_error::none;
    return path_error::wildcard_too_wide;
}

inline path_error flaw_of_server(const certificate& it) noexcept {
    for (der_reader names(it.subject_alt_name); !names.empty();) {
        const general_name name = next_name(names);
        if (name.kind != name_kind::dns_name) continue;
        if (const path_error flaw = flaw_of_dns_name(as_text(name.value)); flaw != path_error::none) return flaw;
    }
    return common_names_repeat_alt_names(it) ? path_error::none : path_error::common_name_elsewhere;
}
}  // namespace detail

constexpr std::string_view print_address(bytes_view address, std::array<char, 40>& room) noexcept {
    std::size_t size = 0;
    if (address.size() == 4) {
        for (std::size_t i = 0; i < 4; ++i) {
            if (i != 0) room[size++] = '.';
            size += detail::print_decimal(address[i], room.data() + size);
        }
        return {room.data(), size};
    }
    if (address.size() != 16) return {};
    // RFC 5952, section 4.2: the first of the longest rows of two zeros or more is left out.
    std::size_t gap = 8, gap_size = 1;
    for (std::size_t from = 0; from < 8; ++from) {
        std::size_t to = from;
        while (to < 8 && load_u16(&address[to * 2]) == 0) ++to;
        if (to - from <= gap_size) continue;
        gap = from;
        gap_size = to - from;
    }
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == gap) {
            room[size++] = ':';
            i += gap_size - 1;
            if (i == 7) room[size++] = ':';
            continue;
        }
        if (i != 0) room[size++] = ':';
        const unsigned value = load_u16(&address[i * 2]);
        for (int shift = 12; shift >= 0; shift -= 4)
            if (value >> shift != 0 || shift == 0) room[size++] = "0123456789abcdef"[value >> shift & 15];
    }
    return {room.data(), size};
}

inline path_error issuance_flaw(const certificate& it, path_role role, key_purpose purpose) noexcept {
    using enum path_error;
    const bool anchor = role == path_role::anchor;
    // RFC 5280, section 4.2.1.1; what signs itself needs none, but what is there has a keyIdentifier.
    const bool needed = (!anchor && !it.self_issued()) || it.has(extension_id::authority_key_id);
    if (needed && it.authority_key_id.empty()) return no_authority_key_id;
    const key_type type = key_type_of(it);
    if ((type == key_type::rsa || type == key_type::rsa_pss) && read_rsa_public_key(it.public_key).bits % 8 != 0)
        return odd_key_size;  // BR, section 6.1.5
    if (anchor) return none;  // who chose it has read the rest, and old roots do without
    if (it.subject.size() <= 2 && it.has(extension_id::subject_alt_name) &&
        !it.critical(extension_id::subject_alt_name))  // section 4.2.1.6
        return alt_name_not_critical;
    if (it.is_ca) {
        if (!it.critical(extension_id::basic_constraints)) return constraints_not_critical;  // section 4.2.1.9
        if (it.subject_key_id.empty()) return no_key_id;                                     // section 4.2.1.2
    } else if (it.usage && it.allows(key_usage::key_cert_sign)) {
        return key_usage_without_ca;  // section 4.2.1.9
    }
    if (role != path_role::end_entity) return none;
    // BR, section 7.1.2.7.6
    if (it.extended_key_usage.empty() || it.allows_any_purpose()) return no_purpose;
    if (it.critical(extension_id::extended_key_usage)) return critical_purpose;
    return purpose == key_purpose::server_auth ? detail::flaw_of_server(it) : none;
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
