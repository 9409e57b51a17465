// The pre_shared_key extension (RFC 9846, section 4.3.11).
#pragma once

#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

//  struct { opaque identity<1..2^16-1>; uint32 obfuscated_ticket_age; } PskIdentity;
struct psk_identity {
    bytes_view identity;
    std::uint32_t obfuscated_ticket_age;
    using layout =
        fields<opaque_field<&psk_identity::identity, 2, 1, 0xffff>, number_field<&psk_identity::obfuscated_ticket_age>>;
};

//  opaque PskBinderEntry<32..255>;
//  struct { PskIdentity identities<7..2^16-1>; PskBinderEntry binders<33..2^16-1>; } OfferedPsks;
/// What a client offers, read where it lies. An iterator visits the identities in their order.
class offered_psks {
public:
    constexpr offered_psks() noexcept = default;

    /// Both lists have to be well formed and equally long.
    [[nodiscard]] constexpr errc parse(bytes_view data) noexcept {
        reader in(data);
        identities_ = in.opaque(2, 7, 0xffff);
        binders_ = in.opaque(2, 33, 0xffff);
        if (!in.finished()) return errc::decode_error;
        std::size_t binders = 0;
        for (reader list(identities_); !list.empty(); ++size_) {
            psk_identity one{};
            decode_from(list, one);
            if (list.failed()) return errc::decode_error;
        }
        for (reader list(binders_); !list.empty(); ++binders) {
            list.opaque(1, 32, 255);
            if (list.failed()) return errc::decode_error;
        }
        // Section 4.3.11: one binder for each identity.
        return binders == size_ ? errc::none : errc::bad_psk_binders;
    }

    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    /// Bytes that the binders take at the end of the ClientHello, with their length: what the binders do not cover.
    constexpr std::size_t binders_size() const noexcept { return 2 + binders_.size(); }
    constexpr bytes_view binder(std::size_t index) const noexcept {
        reader list(binders_);
        while (index-- != 0) list.opaque(1);
        return list.opaque(1);
    }

    /// Whether one of them may be of a key of this hash, as long as which its binder is (section 4.3.11.2).
    constexpr bool any_of(hash_id hash) const noexcept {
        for (reader list(binders_); !list.empty();)
            if (list.opaque(1).size() == digest_size(hash)) return true;
        return false;
    }

    /// What the client says about the identity at `index`; 0 when there is none.
    constexpr std::uint32_t obfuscated_age(std::size_t index) const noexcept {
        for (const psk_identity one : *this)
            if (index-- == 0) return one.obfuscated_ticket_age;
        return 0;
    }

    class iterator {
    public:
        constexpr explicit iterator(bytes_view rest) noexcept : rest_(rest) {}
        constexpr psk_identity operator*() const noexcept {
            psk_identity one{};
            reader in(rest_);
            decode_from(in, one);
            return one;
        }
        constexpr iterator& operator++() noexcept {
            rest_ = rest_.subspan(2 + (**this).identity.size() + 4);
            return *this;
        }
        constexpr bool operator==(const iterator& other) const noexcept { return rest_.size() == other.rest_.size(); }

    private:
        bytes_view rest_;
    };
    constexpr iterator begin() const noexcept { return iterator(identities_); }
    constexpr iterator end() const noexcept { return iterator({}); }

private:
    bytes_view identities_, binders_;
    std::size_t size_ = 0;
};

//  struct { uint16 selected_identity; } PreSharedKeyServerHello;
struct selected_psk {
    std::uint16_t index;
    using layout = fields<number_field<&selected_psk::index>>;
};

}  // namespace v1
}  // namespace spantls
