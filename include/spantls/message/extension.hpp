// The one extension table (RFC 9846, sections 4.3, 4.3.5, 4.3.6, 4.3.9 and 9.2) and the one place where extensions are
// told apart, refused twice, refused where they may not be, and refused when nobody asked for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// The messages that carry extensions, as the RFC's table abbreviates them.
enum class extension_place : std::uint8_t {
    client_hello = 1,
    server_hello = 2,
    hello_retry_request = 4,
    encrypted_extensions = 8,
    certificate = 16,
    certificate_request = 32,
    new_session_ticket = 64,
};

struct extension_row {
    extension_type type;
    std::uint8_t places;
};

namespace detail {
constexpr extension_row row(extension_type type, std::uint8_t places) noexcept { return {type, places}; }
inline constexpr std::uint8_t CH = 1, SH = 2, HRR = 4, EE = 8, CT = 16, CR = 32, NST = 64;
}  // namespace detail

inline constexpr auto extension_table = std::array{
    detail::row(extension_type::server_name, detail::CH | detail::EE | detail::CR),
    detail::row(extension_type::max_fragment_length, detail::CH | detail::EE),
    detail::row(extension_type::status_request, detail::CH | detail::CR | detail::CT),
    detail::row(extension_type::supported_groups, detail::CH | detail::EE),
    detail::row(extension_type::signature_algorithms, detail::CH | detail::CR),
    detail::row(extension_type::use_srtp, detail::CH | detail::EE),
    detail::row(extension_type::heartbeat, detail::CH | detail::EE),
    detail::row(extension_type::application_layer_protocol_negotiation, detail::CH | detail::EE),
    detail::row(extension_type::signed_certificate_timestamp, detail::CH | detail::CR | detail::CT),
    detail::row(extension_type::client_certificate_type, detail::CH | detail::EE),
    detail::row(extension_type::server_certificate_type, detail::CH | detail::EE),
    detail::row(extension_type::padding, detail::CH),
    detail::row(extension_type::compress_certificate, detail::CH | detail::CR),
    detail::row(extension_type::record_size_limit, detail::CH | detail::EE),
    detail::row(extension_type::delegated_credential, detail::CH | detail::CR | detail::CT),
    detail::row(extension_type::pre_shared_key, detail::CH | detail::SH),
    detail::row(extension_type::early_data, detail::CH | detail::EE | detail::NST),
    detail::row(extension_type::supported_versions, detail::CH | detail::SH | detail::HRR),
    detail::row(extension_type::cookie, detail::CH | detail::HRR),
    detail::row(extension_type::psk_key_exchange_modes, detail::CH),
    detail::row(extension_type::certificate_authorities, detail::CH | detail::CR),
    detail::row(extension_type::oid_filters, detail::CR),
    detail::row(extension_type::post_handshake_auth, detail::CH),
    detail::row(extension_type::signature_algorithms_cert, detail::CH | detail::CR),
    detail::row(extension_type::key_share, detail::CH | detail::SH | detail::HRR),
    detail::row(extension_type::transparency_info, detail::CH | detail::CR | detail::CT),
    detail::row(extension_type::quic_transport_parameters, detail::CH | detail::EE),
    detail::row(extension_type::ticket_request, detail::CH | detail::EE),
    detail::row(extension_type::encrypted_client_hello, detail::CH | detail::HRR | detail::EE),
};

/// A set of rows of the table.
class extension_mask {
public:
    constexpr extension_mask() noexcept = default;

    /// Where `type` stands in the table; extension_table.size() when it does not.
    static constexpr std::size_t index_of(extension_type type) noexcept {
        std::size_t i = 0;
        while (i < extension_table.size() && extension_table[i].type != type) ++i;
        return i;
    }
    constexpr void add(extension_type type) noexcept { bits_ |= bit(index_of(type)); }
    constexpr bool has(extension_type type) const noexcept { return (bits_ & bit(index_of(type))) != 0; }

private:
    static constexpr std::uint64_t bit(std::size_t index) noexcept {
        return index < extension_table.size() ? std::uint64_t{1} << index : 0;
    }
    std::uint64_t bits_ = 0;
};

/// What a peer may answer with depends on what it was sent; requests are not answers to anything.
constexpr bool answers_something(extension_place place) noexcept {
    return place == extension_place::server_hello || place == extension_place::hello_retry_request ||
           place == extension_place::encrypted_extensions || place == extension_place::certificate;
}

/// The extensions of one message by type: views into the message.
class extension_set {
public:
    /// Reads the content of an `Extension extensions<..>` vector. `offered` is what was sent and may be answered; it
    /// only counts in messages that answer.
    [[nodiscard]] constexpr errc parse(bytes_view block, extension_place place, extension_mask offered) noexcept {
        present_ = {};
        for (reader in(block); !in.empty();) {
            const auto type = static_cast<extension_type>(in.u16());
            const bytes_view data = in.opaque(2);
            if (in.failed()) return errc::decode_error;
            if (const errc error = place_one(type, data, place, offered); error != errc::none) return error;
            last_ = type;
        }
        return repeats(block) ? errc::duplicate_extension : errc::none;
    }

    constexpr bool has(extension_type type) const noexcept { return present_.has(type); }

    /// extension_data of `type`; empty when it is not there.
    constexpr bytes_view operator[](extension_type type) const noexcept {
        return has(type) ? data_[extension_mask::index_of(type)] : bytes_view{};
    }

    /// The type that came last in a message that has extensions.
    constexpr extension_type last() const noexcept { return last_; }

private:
    // Section 4.3: there is not more than one extension of the same type in a block. There may be thousands that nobody
    // knows: so by windows of types, in few walks and little memory.
    static constexpr bool repeats(bytes_view block) noexcept {
        constexpr std::uint32_t window = 2048, end = 0x10000;
        for (std::uint32_t from = 0, next = end; from < end; from = next, next = end) {
            std::array<std::uint8_t, window / 8> seen{};
            for (reader in(block); !in.empty(); in.opaque(2)) {
                const std::uint32_t type = in.u16(), at = type - from;
                if (type < from) continue;
                if (at >= window) {
                    if (type < next) next = type;
                    continue;
                }
                const std::uint32_t bit = 1u << at % 8;
                if ((seen[at / 8] & bit) != 0) return true;
                seen[at / 8] = static_cast<std::uint8_t>(seen[at / 8] | bit);
            }
        }
        return false;
    }

    constexpr errc place_one(extension_type type, bytes_view data, extension_place place,
                             extension_mask offered) noexcept {
        const std::size_t index = extension_mask::index_of(type);
        const bool known = index < extension_table.size();
        // Section 4.3: recognised, but not specified for the message in which it appears.
        if (known && (extension_table[index].places & static_cast<std::uint8_t>(place)) == 0)
            return errc::misplaced_extension;
        // Section 4.3: an answer without a request, but for the cookie of a HelloRetryRequest.
        const bool invited =
            offered.has(type) || (type == extension_type::cookie && place == extension_place::hello_retry_request);
        if (answers_something(place) && !invited)  // RFC 9345, section 4.1.1, has another alert
            return type == extension_type::delegated_credential ? errc::delegation_not_asked
                                                                : errc::unsolicited_extension;
        // Sections 4.2.2, 4.4.2, 4.5.1.1, 4.7.1 and 9.3: what nobody knows is ignored.
        if (!known) return errc::none;
        if (present_.has(type)) return errc::duplicate_extension;
        data_[index] = data;
        present_.add(type);
        return errc::none;
    }

    std::array<bytes_view, extension_table.size()> data_{};
    extension_mask present_;
    extension_type last_{};
};

/// Writes one extension; `body` writes its extension_data.
template <class Body>
constexpr void write_extension(writer& out, extension_type type, Body body) noexcept {
    out.u16(static_cast<std::uint16_t>(type));
    length_prefix length(out, 2);
    body();
}

}  // namespace v1
}  // namespace spantls
