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

/// Which keys a ClientHello offers, for the second one, which may leave some of them out and has no others (RFC 9846,
/// section 4.2.2). The first few are known by a part of the hash of their identities.
struct offered_identities {
    static constexpr std::size_t most_known = 8;

    std::uint16_t count = 0;
    std::array<std::uint32_t, most_known> known{};

    constexpr std::size_t known_count() const noexcept { return count < most_known ? count : most_known; }

    /// These are of `first`, in its order. (Behind those that are known any is as good as another.)
    constexpr bool remain_of(const offered_identities& first) const noexcept {
        std::size_t at = 0;
        for (std::size_t i = 0; i < count; ++i, ++at) {
            while (i < most_known && at < first.known_count() && known[i] != first.known[at]) ++at;
            if (at >= first.count) return false;
        }
        return true;
    }
};

template <class P>
offered_identities identities_of(hash_id with, const offered_psks& offered) noexcept {
    offered_identities found;
    for (const psk_identity one : offered) {
        if (found.count < offered_identities::most_known)
            found.known[found.count] = load_u32(hash_of<P>(with, one.identity).bytes.data());
        ++found.count;
    }
    return found;
}

/// What a server has to know of a ClientHello when the second one comes. None of it is secret: the client has said or
/// heard all of it. It has to be the server's own.
struct retry_terms {
    cipher_suite suite{};
    named_group group{};   ///< of which a share was asked for; 0: of none
    digest first_hello{};  ///< Hash(ClientHello1), of the suite's hash (section 4.1)
    digest unchanging{};   ///< of all that the second ClientHello must have like the first, of the same hash
    offered_identities keys{};
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
//      uint8 version = 2;
//      CipherSuite suite;
//      NamedGroup group;
//      opaque first_hello[Hash.length];
//      opaque unchanging[Hash.length];
//      uint16 keys;
//      uint32 known_keys[keys, at most 8];
//      opaque mac[Hash'.length];
//  } RetryCookie;
inline constexpr std::uint8_t cookie_version = 2;
inline constexpr std::size_t max_cookie_keys = 2 + 4 * offered_identities::most_known;
inline constexpr std::size_t cookie_head = 1 + 2 + 2;

/// HMAC over Hash'(bound) and `body`, under a key that `secret` is used for nothing else but.
template <class P>
digest cookie_mac(bytes_view secret, bytes_view bound, bytes_view body) noexcept {
    constexpr hash_id hash = cookie_hash<P>();
    constexpr std::size_t size = digest_size(hash);
    std::array<std::uint8_t, max_digest_size> root;
    hkdf_extract<P>(hash, as_bytes("spantls retry cookie"), secret, root.data());
    hmac_key<P> key(hash, bytes_view(root).first(size));
    std::array<std::uint8_t, size + cookie_head + 2 * max_digest_size + max_cookie_keys> text;
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
inline constexpr std::size_t max_retry_cookie = detail::cookie_head + 3 * max_digest_size + detail::max_cookie_keys;

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
    to.u16(terms.keys.count);
    for (std::size_t i = 0; i < terms.keys.known_count(); ++i) to.u32(terms.keys.known[i]);
    const digest mac = detail::cookie_mac<P>(secret, bound, to.written());
    to.bytes(mac.view());
    return to.written();
}

/// Reads what one of `secrets` has sealed, and `bound` goes with. False, and nothing said about why, when none has.
template <class P>
[[nodiscard]] bool open_cookie(bytes_view sealed, std::span<const bytes_view> secrets, bytes_view bound,
                               retry_terms& terms) noexcept {
    constexpr std::size_t mac_size = digest_size(detail::cookie_hash<P>());
    constexpr std::size_t longest = detail::cookie_head + 2 * max_digest_size + detail::max_cookie_keys + mac_size;
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
    terms.keys.count = in.u16();
    for (std::size_t i = 0; i < terms.keys.known_count(); ++i) terms.keys.known[i] = in.u32();
    return in.finished();
}

namespace detail {
constexpr bool may_change(extension_type type, bool asks_share) noexcept {
    return (type == extension_type::key_share && asks_share) || type == extension_type::early_data ||
           type == extension_type::cookie || type == extension_type::pre_shared_key || type == extension_type::padding;
}
}  // namespace detail

/// All of a ClientHello that may not change after a retry that asks for a share, or for none (section 4.2.2). The
/// extensions in the order of their types: wolfSSL (5.5) sends those of the second ClientHello in another one.
template <class P>
digest hash_unchanging(hash_id with, const parsed_client_hello& hello, bool asks_share) noexcept {
    hasher<P> hash(with);
    const bytes_view extensions = hello.hello.extensions;
    const std::uint8_t* const begin = hello.hello.random.data();
    hash.update({begin, static_cast<std::size_t>(extensions.data() - 2 - begin)});
    // Some types at a time, each of which is there once at most: there may be thousands.
    constexpr std::uint32_t window = 512, end = 0x10000;
    for (std::uint32_t from = 0, next = end; from < end; from = next, next = end) {
        std::array<std::uint16_t, window> places{};  // where the extensions stand, plus 1
        for (reader in(extensions); !in.empty(); in.opaque(2)) {
            const auto place = static_cast<std::uint16_t>(extensions.size() - in.remaining() + 1);
            const std::uint32_t type = in.u16();
            if (type >= from && type - from < window) places[type - from] = place;
            if (type >= from + window && type < next) next = type;
        }
        for (std::uint32_t i = 0; i < window; ++i) {
            if (places[i] == 0 || detail::may_change(static_cast<extension_type>(from + i), asks_share)) continue;
            const bytes_view whole = extensions.subspan(places[i] - std::size_t{1});
            hash.update(whole.first(std::size_t{4} + load_u16(whole.data() + 2)));
        }
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
