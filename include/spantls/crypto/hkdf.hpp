// HKDF (RFC 5869) and HKDF-Expand-Label (RFC 9846, section 7.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/hash.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// HKDF-Extract(salt, ikm): digest_size(hash) bytes into `out`. `salt` is at most one block long.
template <class P>
void hkdf_extract(hash_id hash, bytes_view salt, bytes_view ikm, std::uint8_t* out) noexcept {
    hmac_key<P> key(hash, salt);
    key.mac(ikm, out);
    key.clear();
}

/// HKDF-Expand(prk, info): fills `out`, at most 255 digests. `info` is at most max_hkdf_info bytes.
inline constexpr std::size_t max_hkdf_info = 2 + 1 + 255 + 1 + 255;

template <class P>
void hkdf_expand(const hmac_key<P>& prk, bytes_view info, mutable_bytes out) noexcept {
    const std::size_t size = digest_size(prk.hash());
    // T(i - 1) | info | i, where the first of these is missing before the first round.
    std::uint8_t block[max_digest_size + max_hkdf_info + 1];
    const mutable_bytes text = mutable_bytes(block).subspan(max_digest_size, info.size() + 1);
    const mutable_bytes previous = mutable_bytes(block).subspan(max_digest_size - size, size);
    copy_bytes(info, text);
    std::uint8_t& counter = text.back();
    counter = 1;
    for (std::size_t done = 0; done < out.size(); ++counter) {
        prk.mac(done == 0 ? text : mutable_bytes(previous.data(), size + text.size()), previous.data());
        const std::size_t count = out.size() - done < size ? out.size() - done : size;
        copy_bytes(previous.first(count), out.subspan(done));
        done += count;
    }
    wipe(previous);
}

/// HKDF-Expand-Label(secret, label, context, out.size()): `label` without the "tls13 " in front, at most 249 bytes;
/// `context` at most 255 bytes.
template <class P>
void hkdf_expand_label(const hmac_key<P>& secret, std::string_view label, bytes_view context,
                       mutable_bytes out) noexcept {
    std::uint8_t info[max_hkdf_info];
    writer to(info);
    to.u16(static_cast<std::uint16_t>(out.size()));
    {
        length_prefix length(to, 1);
        to.bytes(as_bytes("tls13 "));
        to.bytes(as_bytes(label));
    }
    to.opaque(context, 1);
    hkdf_expand(secret, to.written(), out);
}

}  // namespace v1
}  // namespace spantls
