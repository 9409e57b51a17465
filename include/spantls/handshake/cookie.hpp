// The cookie with which a server keeps nothing between HelloRetryRequest and the ClientHello that answers it (RFC 9846,
// sections 4.2.4 and 4.3.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/hkdf.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/server_hello.hpp>
#include <spantls/wire/reader.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// What a server has to know of a ClientHello when the second one comes. None of it is secret: the client has said or
/// heard all of it. It has to be the server's own.
struct retry_terms {
    cipher_suite suite{};
    named_group group{};   ///< of which a share was asked for; 0: of none
    digest first_hello{};  ///< Hash(ClientHello1), of the suite's hash (section 4.1)
    digest unchanging{};   ///< of all that the second ClientHello must have like the first, of the same hash
};

namespace detail {
/// A constant, since each server of a fleet has to come to the same.
template <class P>
constexpr hash_id cookie_hash() noexcept {
    for (const suite_info& row : P::suites)
        if (row.hash == hash_id::sha256) return hash_id::sha256;
    return P::suites[0].hash;
}

//  struct {
//      uint8 version = 1;
//      CipherSuite suite;
//      NamedGroup group;
//      opaque first_hello[Hash.length];
//      opaque unchanging[Hash.length];
//      opaque mac[Hash'.length];
//  } RetryCookie;
inline constexpr std::uint8_t cookie_version = 1;
inline constexpr std::size_t cookie_head = 1 + 2 + 2;

/// HMAC over Hash'(bound) and `body`, under a key that `secret` is used for nothing else but.
template <class P>
digest cookie_mac(bytes_view secret, bytes_view bound, bytes_view body) noexcept {
    constexpr hash_id hash = cookie_hash<P>();
    constexpr std::size_t size = digest_size(hash);
    std::array<std::uint8_t, max_digest_size> root;
    hkdf_extract<P>(hash, as_bytes("spantls retry cookie"), secret, root.data());
    hmac_key<P> key(hash, bytes_view(root).first(size));
    std::array<std::uint8_t, size + cookie_head + 2 * max_digest_size> text;
    copy_bytes(hash_of<P>(hash, bound).view(), text);
    copy_bytes(body, mutable_bytes(text).subspan(size));
    digest mac;
    mac.size = size;
    key.mac(bytes_view(text).first(size + body.size()), mac.bytes.data());
    key.clear();
    wipe(root);
    return mac;
}
}  // namespace detail

/// The longest cookie that seal_cookie() writes.
inline constexpr std::size_t max_retry_cookie = detail::cookie_head + 3 * max_digest_size;

/// Writes the cookie for `terms` to the front of `out`, which has max_retry_cookie bytes at least, and returns it.
/// `secret` has 32 bytes or more; `bound`, of any size, is what has to be the same when it comes back: the client's
/// address.
template <class P>
bytes_view seal_cookie(const retry_terms& terms, bytes_view secret, bytes_view bound, mutable_bytes out) noexcept {
    writer to(out);
    to.u8(detail::cookie_version);
    to.u16(static_cast<std::uint16_t>(terms.suite));
    to.u16(static_cast<std::uint16_t>(terms.group));
    to.bytes(terms.first_hello.view());
    to.bytes(terms.unchanging.view());
    const digest mac = detail::cookie_mac<P>(secret, bound, to.written());
    to.bytes(mac.view());
    return to.written();
}

/// Reads what one of `secrets` has sealed, and `bound` goes with. False, and nothing said about why, when none has.
template <class P>
[[nodiscard]] bool open_cookie(bytes_view sealed, std::span<const bytes_view> secrets, bytes_view bound,
                               retry_terms& terms) noexcept {
    constexpr std::size_t mac_size = digest_size(detail::cookie_hash<P>());
    constexpr std::size_t longest = detail::cookie_head + 2 * max_digest_size + mac_size;
    if (sealed.size() < detail::cookie_head + mac_size || sealed.size() > longest) return false;
    const bytes_view body = sealed.first(sealed.size() - mac_size);
    bool genuine = false;
    for (const bytes_view secret : secrets)
        if (constant_time_equal(detail::cookie_mac<P>(secret, bound, body).view(), sealed.last(mac_size)))
            genuine = true;
    if (!genuine) return false;
    reader in(body);
    const std::uint8_t version = in.u8();
    terms.suite = static_cast<cipher_suite>(in.u16());
    terms.group = static_cast<named_group>(in.u16());
    const suite_info* const suite = find_suite<P>(terms.suite);
    if (version != detail::cookie_version || suite == nullptr) return false;
    for (digest* const each : {&terms.first_hello, &terms.unchanging}) {
        each->size = static_cast<std::uint8_t>(digest_size(suite->hash));
        copy_bytes(in.bytes(each->size), each->bytes);
    }
    return in.finished();
}

/// All of a ClientHello that may not change after a retry that asks for a share, or for none (section 4.2.2).
template <class P>
digest hash_unchanging(hash_id with, const parsed_client_hello& hello, bool asks_share) noexcept {
    hasher<P> hash(with);
    const bytes_view extensions = hello.hello.extensions;
    const std::uint8_t* const begin = hello.hello.random.data();
    hash.update({begin, static_cast<std::size_t>(extensions.data() - 2 - begin)});
    for (reader in(extensions); !in.empty();) {
        const bytes_view whole = in.rest();
        const auto type = static_cast<extension_type>(in.u16());
        const bytes_view data = in.opaque(2);
        const bool may_change = (type == extension_type::key_share && asks_share) ||
                                type == extension_type::early_data || type == extension_type::cookie ||
                                type == extension_type::pre_shared_key || type == extension_type::padding;
        if (!may_change) hash.update(whole.first(4 + data.size()));
    }
    return hash.finish();
}

/// The body of the HelloRetryRequest that has these terms (section 4.2.4).
inline void write_retry(writer& to, bytes_view session_id, const retry_terms& terms, bytes_view cookie) noexcept {
    write_server_hello(to, hello_retry_request_random, session_id, terms.suite, [&] {
        if (terms.group != named_group{})
            write_extension(to, extension_type::key_share, [&] { to.u16(static_cast<std::uint16_t>(terms.group)); });
        if (!cookie.empty()) write_extension(to, extension_type::cookie, [&] { to.opaque(cookie, 2); });
    });
}

}  // namespace v1
}  // namespace spantls
