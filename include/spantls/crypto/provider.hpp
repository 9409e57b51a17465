// What the core asks of cryptography. A provider is a class; all that it can do it lists as types and constants, and
// what it does not list is never instantiated.
//
//   struct my_provider {
//       using hashes = type_list<sha256, sha384>;            // each a hash_function
//       using aeads  = type_list<chacha20_poly1305, ...>;    // each a record_aead
//       using groups = type_list<x25519, ...>;               // each a key_exchange
//       static constexpr std::array suites{suite_info{cipher_suite::..., hash_id::..., 0 /* index in aeads */}, ...};
//       static constexpr std::array verify_schemes{signature_scheme::ed25519, ...};  // offered to peers, in this order
//
//       bool available(cipher_suite) const noexcept;         // does this CPU have what the suite needs?
//       bool random(mutable_bytes) noexcept;                 // false: no randomness to be had
//       bool verify(signature_scheme, bytes_view public_key, bytes_view message, bytes_view signature) const noexcept;
//   };
//
// A public key is what the BIT STRING of its SubjectPublicKeyInfo holds: the 32 bytes of Ed25519, the uncompressed
// point of ECDSA, on the curve of the scheme, the RSAPublicKey in DER of RSA, and of ML-DSA what FIPS 204 calls pk. Of
// the schemes that only certificates have, `verify` may know more than verify_schemes says.
//
// All that comes through `random` and nothing else makes two runs differ.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

template <class... T>
struct type_list {
    static constexpr std::size_t size = sizeof...(T);
};

/// One cipher suite of a provider: its hash, and the place of its AEAD in the provider's list.
struct suite_info {
    cipher_suite suite;
    hash_id hash;
    std::uint8_t aead;
};

/// A hash whose state is plain data: a copy of the state is a snapshot of the hash.
template <class H>
concept hash_function = std::is_trivially_copyable_v<typename H::state> && requires(typename H::state& state,
                                                                                  bytes_view in, std::uint8_t* out) {
    { H::id } -> std::convertible_to<hash_id>;
    { H::init(state) } noexcept;
    { H::update(state, in) } noexcept;
    { H::finish(state, out) } noexcept;  // writes digest_size(H::id) bytes; the state is spent
};

/// An AEAD shaped for records (RFC 9846, section 5.2): the inner plaintext is `text`, then the content type, then
/// zeros.
///
/// seal: `out` has room for text.size() + 1 + zeros + tag_size bytes; `text` is `out`'s own front or does not overlap
/// it. open: deciphers `record` (ciphertext, then tag) in place; false, with the contents undefined, when it is not
/// authentic. set_key: `context` is all zeros, or has had a key before. A context that owns something is given back by
/// `A::clear(context)`; without that, wiping it is enough.
template <class A>
concept record_aead = std::is_trivially_copyable_v<typename A::context> &&
    requires(typename A::context& context, const typename A::context& ready, fixed_bytes<12> nonce,
             fixed_bytes<5> header, fixed_bytes<A::key_size> key, bytes_view text, content_type type, std::size_t zeros,
             std::uint8_t* out, mutable_bytes record) {
    { A::tag_size } -> std::convertible_to<std::size_t>;
    { A::record_limit } -> std::convertible_to<std::uint64_t>;  // records under one key, section 5.5
    { A::set_key(context, key) }
    noexcept;
    { A::seal(ready, nonce, header, text, type, zeros, out) }
    noexcept;
    { A::open(ready, nonce, header, record) }
    noexcept->std::same_as<bool>;
};

/// The end of a key.
template <record_aead A>
void clear_context(typename A::context& context) noexcept {
    if constexpr (requires { A::clear(context); }) A::clear(context);
    wipe_object(context);
}

/// The rows for a provider's `suites`: one for each AEAD of a list, which names its suite and that suite's hash.
template <class... A>
constexpr std::array<suite_info, sizeof...(A)> suites_of(type_list<A...>) noexcept {
    std::uint8_t index = 0;
    return {suite_info{A::suite, A::hash, index++}...};
}

/// A key exchange, shaped so that a KEM fits: the client generates, the server responds, the client finishes.
/// `random` is fresh and used for nothing else. False: the peer's share is not acceptable (section 7.4.2).
template <class G>
concept key_exchange = requires(
    fixed_bytes<G::client_random_size> client_random, fixed_bytes<G::server_random_size> server_random,
    fixed_mutable_bytes<G::private_size> private_key, fixed_bytes<G::private_size> own_private,
    fixed_mutable_bytes<G::client_share_size> client_share, fixed_bytes<G::client_share_size> their_client_share,
    fixed_mutable_bytes<G::server_share_size> server_share, fixed_bytes<G::server_share_size> their_server_share,
    fixed_mutable_bytes<G::secret_size> secret) {
    { G::id } -> std::convertible_to<named_group>;
    { G::generate(client_random, private_key, client_share) }
    noexcept->std::same_as<bool>;
    { G::respond(server_random, their_client_share, server_share, secret) }
    noexcept->std::same_as<bool>;
    { G::finish(own_private, their_server_share, secret) }
    noexcept->std::same_as<bool>;
};

/// The numbers of X25519 for a key_exchange (RFC 7748): a share is as long as a key.
struct x25519_sizes {
    static constexpr named_group id = named_group::x25519;
    static constexpr std::size_t client_random_size = 32;
    static constexpr std::size_t server_random_size = 32;
    static constexpr std::size_t private_size = 32;
    static constexpr std::size_t client_share_size = 32;
    static constexpr std::size_t server_share_size = 32;
    static constexpr std::size_t secret_size = 32;
};

namespace detail {
template <class List>
struct list_facts;

template <class... T>
struct list_facts<type_list<T...>> {
    template <auto Measure>
    static constexpr std::size_t largest() {
        std::size_t most = 0;
        ((most = Measure.template operator()<T>() > most ? Measure.template operator()<T>() : most), ...);
        return most;
    }
    static constexpr bool all_hashes = (hash_function<T> && ...);
    static constexpr bool all_aeads = (record_aead<T> && ...);
    static constexpr bool all_groups = (key_exchange<T> && ...);

    /// Calls `use.operator()<T>()` for the first T for which `matches.operator()<T>()`; `otherwise` when there is none.
    template <class Result, class Matches, class Use>
    static constexpr Result select(Matches matches, Use use, Result otherwise) noexcept {
        Result result = otherwise;
        (void)((matches.template operator()<T>() ? (result = use.template operator()<T>(), true) : false) || ...);
        return result;
    }
};

/// Calls `use.operator()<T>()` for the T at `index`, which must be inside the list.
template <class... T, class Use>
constexpr void visit_index(type_list<T...>, std::size_t index, Use use) noexcept {
    std::size_t at = 0;
    (void)((at++ == index ? (use.template operator()<T>(), true) : false) || ...);
}
}  // namespace detail

/// Everything that the core needs from a provider.
template <class P>
concept provider = detail::list_facts<typename P::hashes>::all_hashes &&
                   detail::list_facts<typename P::aeads>::all_aeads &&
                   detail::list_facts<typename P::groups>::all_groups &&(P::suites.size() > 0) &&
                   (P::verify_schemes.size() > 0) &&
                   requires(P& crypto, const P& constant, mutable_bytes out, cipher_suite suite,
                            signature_scheme scheme, bytes_view in) {
    { constant.available(suite) }
    noexcept->std::same_as<bool>;
    { crypto.random(out) }
    noexcept->std::same_as<bool>;
    { constant.verify(scheme, in, in, in) }
    noexcept->std::same_as<bool>;
};

/// The provider's row for `suite`; null when it has none.
template <class P>
constexpr const suite_info* find_suite(cipher_suite suite) noexcept {
    for (const suite_info& row : P::suites)
        if (row.suite == suite) return &row;
    return nullptr;
}

}  // namespace v1
}  // namespace spantls
