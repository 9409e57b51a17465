// The certificate_list of a Certificate message (RFC 9846, section 4.5.1), as a range over its own bytes.
#pragma once

#include <cstddef>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// struct { opaque cert_data<1..2^24-1>; Extension extensions<0..2^16-1>; } CertificateEntry;
struct chain_entry {
    bytes_view der;
    bytes_view extensions;  ///< without their length

    /// An OCSPResponse in DER, if the peer has shown one (RFC 6066, section 8). Nobody has looked into it.
    constexpr bytes_view staple() const noexcept {
        reader in(find(extension_type::status_request));
        in.u8();
        return in.opaque(3);
    }
    /// SerializedSCT sct_list<1..2^16-1> with its length (RFC 6962, section 3.3).
    constexpr bytes_view scts() const noexcept { return find(extension_type::signed_certificate_timestamp); }

    /// extension_data of that type; empty when it is not there.
    constexpr bytes_view find(extension_type wanted) const noexcept {
        for (reader in(extensions); !in.empty();) {
            const auto type = static_cast<extension_type>(in.u16());
            const bytes_view data = in.opaque(2);
            if (type == wanted) return data;
        }
        return {};
    }
};

/// CertificateEntry certificate_list<0..2^24-1>, without its length. The end-entity certificate is the first. Where the
/// bytes are not well formed the range ends early; of a peer's chain that `verify_peer` shows all entries have been
/// read.
class chain_view {
public:
    class iterator;

    constexpr chain_view() = default;
    constexpr explicit chain_view(bytes_view certificate_list) noexcept : bytes_(certificate_list) {}

    constexpr bytes_view bytes() const noexcept { return bytes_; }
    constexpr bool empty() const noexcept { return bytes_.empty(); }
    constexpr iterator begin() const noexcept;
    constexpr iterator end() const noexcept;
    /// The end-entity certificate; empty when there is none.
    constexpr chain_entry front() const noexcept;

    /// Every entry is whole, none is empty, its extensions are a row of extensions, and nothing is left over.
    constexpr bool well_formed() const noexcept;

private:
    static constexpr chain_entry next(reader& from) noexcept {
        const bytes_view der = from.opaque(3, 1);
        const bytes_view extensions = from.opaque(2);
        return from.failed() ? chain_entry{} : chain_entry{der, extensions};
    }

    bytes_view bytes_;
};

class chain_view::iterator {
public:
    using value_type = chain_entry;
    using difference_type = std::ptrdiff_t;

    constexpr iterator() = default;
    constexpr explicit iterator(bytes_view rest) noexcept : rest_(rest) { ++*this; }

    constexpr const chain_entry& operator*() const noexcept { return entry_; }
    constexpr const chain_entry* operator->() const noexcept { return &entry_; }
    constexpr iterator& operator++() noexcept {
        reader from(rest_);
        entry_ = next(from);
        rest_ = from.rest();
        return *this;
    }
    constexpr iterator operator++(int) noexcept {
        const iterator before = *this;
        ++*this;
        return before;
    }
    friend constexpr bool operator==(const iterator& a, const iterator& b) noexcept {
        return a.entry_.der.data() == b.entry_.der.data();
    }

private:
    bytes_view rest_;
    chain_entry entry_;
};

constexpr chain_view::iterator chain_view::begin() const noexcept { return iterator(bytes_); }
constexpr chain_view::iterator chain_view::end() const noexcept { return iterator(); }
constexpr chain_entry chain_view::front() const noexcept { return *begin(); }

constexpr bool chain_view::well_formed() const noexcept {
    reader entries(bytes_);
    while (!entries.empty()) {
        // struct { ExtensionType extension_type; opaque extension_data<0..2^16-1>; } Extension;
        reader extensions(next(entries).extensions);
        while (!extensions.empty()) {
            extensions.u16();
            extensions.opaque(2);
        }
        if (extensions.failed()) return false;
    }
    return entries.finished();
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
