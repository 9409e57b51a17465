// What a CertificateRequest asks for (RFC 9846, sections 4.3.3, 4.3.4, 4.3.5 and 4.4.2).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/message/authentication.hpp>
#include <spantls/message/compressed_certificate.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/lists.hpp>
#include <spantls/message/status.hpp>
#include <spantls/wire/certificate_filters.hpp>

namespace spantls {
inline namespace v1 {

/// A row of items that have been checked, read where they lie.
template <class Item, Item (*Read)(reader&)>
class item_range {
public:
    constexpr item_range() noexcept = default;
    constexpr explicit item_range(bytes_view raw) noexcept : raw_(raw) {}

    class iterator {
    public:
        constexpr explicit iterator(bytes_view rest) noexcept : rest_(rest) {}
        constexpr Item operator*() const noexcept {
            reader in(rest_);
            return Read(in);
        }
        constexpr iterator& operator++() noexcept {
            reader in(rest_);
            Read(in);
            rest_ = in.rest();
            return *this;
        }
        constexpr bool operator==(const iterator& other) const noexcept { return rest_.size() == other.rest_.size(); }

    private:
        bytes_view rest_;
    };
    constexpr iterator begin() const noexcept { return iterator(raw_); }
    constexpr iterator end() const noexcept { return iterator({}); }
    constexpr bool empty() const noexcept { return raw_.empty(); }
    constexpr std::size_t size() const noexcept {
        std::size_t count = 0;
        for (iterator i = begin(); !(i == end()); ++i) ++count;
        return count;
    }

    /// False when `data` is not a vector of 2 bytes of length, at least `least`, that is a row of whole items.
    [[nodiscard]] constexpr bool parse(bytes_view data, std::size_t least) noexcept {
        reader in(data);
        raw_ = in.opaque(2, least, 0xffff);
        if (!in.finished()) return false;
        reader items(raw_);
        while (!items.empty()) Read(items);
        return !items.failed();
    }

private:
    bytes_view raw_;
};

namespace detail {
constexpr bytes_view read_authority(reader& in) noexcept { return in.opaque(2, 1); }
constexpr oid_filter read_oid_filter(reader& in) noexcept {
    oid_filter filter;
    filter.oid = in.opaque(1, 1);
    filter.values = in.opaque(2);
    return filter;
}
}  // namespace detail

/// DistinguishedName authorities<3..2^16-1>, each in DER (section 4.3.4).
using authority_list = item_range<bytes_view, detail::read_authority>;
/// OIDFilter filters<0..2^16-1> (section 4.3.5).
using oid_filter_list = item_range<oid_filter, detail::read_oid_filter>;

/// What the server would like to see. Views into the message.
struct requested_certificate {
    bytes_view context;                               ///< certificate_request_context: empty in the handshake
    list_view<signature_scheme> schemes;              ///< for CertificateVerify; best first, not empty
    list_view<signature_scheme> certificate_schemes;  ///< for signatures in certificates; empty: `schemes` count
    authority_list authorities;  ///< one of them should have issued a certificate of the chain; empty: anybody
    /// The certificate has to have all of these extensions that you know, with all of the values.
    oid_filter_list oid_filters;

    list_view<signature_scheme> delegated;    ///< of delegated credentials (RFC 9345); empty: none are taken
    certificate_compressions compressions{};  ///< what of an identity may be sent compressed
    wanted_proofs proofs;                     ///< what is sent of an identity that has it

    [[nodiscard]] errc parse(bytes_view body) noexcept {
        certificate_request message{};
        if (!decode(body, message)) return errc::decode_error;
        context = message.context;
        extension_set extensions;
        if (const errc error = extensions.parse(message.extensions, extension_place::certificate_request, {});
            error != errc::none)
            return error;
        using type = extension_type;
        // Section 4.4.2.
        if (!extensions.has(type::signature_algorithms)) return errc::missing_extension;
        signature_scheme_list list{};
        if (!decode(extensions[type::signature_algorithms], list)) return errc::decode_error;
        schemes = list.schemes;
        if (extensions.has(type::signature_algorithms_cert)) {
            if (!decode(extensions[type::signature_algorithms_cert], list)) return errc::decode_error;
            certificate_schemes = list.schemes;
        }
        if (extensions.has(type::delegated_credential)) {
            if (!decode(extensions[type::delegated_credential], list)) return errc::decode_error;
            delegated = list.schemes;
        }
        if (!proofs.parse(extensions, false)) return errc::decode_error;
        if (extensions.has(type::compress_certificate) && !decode(extensions[type::compress_certificate], compressions))
            return errc::decode_error;
        if (extensions.has(type::certificate_authorities) &&
            !authorities.parse(extensions[type::certificate_authorities], 3))
            return errc::decode_error;
        if (!extensions.has(type::oid_filters)) return errc::none;
        if (!oid_filters.parse(extensions[type::oid_filters], 0)) return errc::decode_error;
        // Section 4.3.5.
        return sound_filters(oid_filters) ? errc::none : errc::bad_oid_filters;
    }
};

}  // namespace v1
}  // namespace spantls
