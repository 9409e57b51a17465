// The key_share extension in its three forms (RFC 9846, section 4.3.8).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/message/lists.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

//  struct { NamedGroup group; opaque key_exchange<1..2^16-1>; } KeyShareEntry;
//  struct { KeyShareEntry server_share; } KeyShareServerHello;
struct key_share_entry {
    named_group group;
    bytes_view key_exchange;
    using layout =
        fields<number_field<&key_share_entry::group>, opaque_field<&key_share_entry::key_exchange, 2, 1, 0xffff>>;
};

//  struct { NamedGroup selected_group; } KeyShareHelloRetryRequest;
struct key_share_retry {
    named_group group;
    using layout = fields<number_field<&key_share_retry::group>>;
};

//  struct { KeyShareEntry client_shares<0..2^16-1>; } KeyShareClientHello;
class client_key_shares {
public:
    /// Each share has to be of a group in `groups`, in the same order, and so none comes twice whose group does not
    /// (section 4.3.8).
    [[nodiscard]] constexpr errc parse(bytes_view data, list_view<named_group> groups) noexcept {
        reader in(data);
        shares_ = in.opaque(2);
        if (!in.finished()) return errc::decode_error;
        std::size_t group = 0;
        for (reader list(shares_); !list.empty(); ++group) {
            key_share_entry entry{};
            decode_from(list, entry);
            if (list.failed()) return errc::decode_error;
            while (group < groups.size() && groups[group] != entry.group) ++group;
            if (group == groups.size()) return errc::bad_key_shares;
            ++count_;
        }
        return errc::none;
    }

    constexpr std::size_t size() const noexcept { return count_; }

    /// The share of `group`; empty when there is none.
    constexpr bytes_view find(named_group group) const noexcept {
        for (reader list(shares_); !list.empty() && !list.failed();) {
            key_share_entry entry{};
            decode_from(list, entry);
            if (entry.group == group) return entry.key_exchange;
        }
        return {};
    }

    /// The first of `wanted` that there is a share of; named_group{} when there is none.
    constexpr named_group first_of(std::span<const named_group> wanted) const noexcept {
        for (const named_group each : wanted)
            if (!find(each).empty()) return each;
        return {};
    }

private:
    bytes_view shares_;
    std::size_t count_ = 0;
};

}  // namespace v1
}  // namespace spantls
