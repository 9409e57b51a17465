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
    std::uint8_t block[max_digest_size + max_hkdf_info + 1];
    std::uint8_t counter = 1;
    for (std::size_t done = 0; done < out.size(); ++counter) {
        const std::size_t chained = counter == 1 ? 0 : size;
        copy_bytes(info, {block + chained, info.size()});
        block[chained + info.size()] = counter;
        std::uint8_t result[max_digest_size];
        prk.mac({block, chained + info.size() + 1}, result);
        const std::size_t count = out.size() - done < size ? out.size() - done : size;
        copy_bytes({result, count}, out.subspan(done, count));
        copy_bytes({result, size}, {block, size});
        wipe(result);
        done += count;
    }
    wipe(block);
}

/// HKDF-Expand-Label(secret, label, context, out.size()): `label` without the "tls13 " in front, at most 249 bytes;
/// `context` at most 255 bytes.
template <class P>
void hkdf_expand_label(const hmac_key<P>& secret, std::string_view label, bytes_view context, mutable_bytes out) noexcept {
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
