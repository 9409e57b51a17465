// Ready-made answers to the questions of a handshake.
//
//   x509::pinned_certificate broker(der);
//   answers who(broker);                                             // a client that trusts one certificate
//   answers who([&](const x509::peer& p) { return ca.judge(crypto, p, now()); }, credentials(chain, key));
//   answers who(ca, credentials(chain, key), inflate);               // and takes compressed certificates
//   credentials who(chain, key);                                     // a server that asks nobody for a certificate
//
//   if (step.is_question()) answer(tls, step, who);
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/handshake/identity.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/step.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/x509/peer.hpp>

namespace spantls {
inline namespace v1 {

/// Somebody who can answer every question at once. `identify` is asked with `client_hello` on a server and with
/// `choose_identity` on a client; a signature without bytes means that there is none. An answerer that has
/// `void key_log(bytes_view line)` gets the lines of the key log, if the configuration asks for it; one that has
/// `std::size_t decompress(const decompression_request&)` is asked to, if certificates come compressed (RFC 8879); a
/// client's that has `void early_data_rejected(bytes_view data)` gets what has to be sent again; a server's that
/// accepts early data has `void early_data(bytes_view data)`.
template <class A>
concept answerer = requires(A& who, const x509::peer& peer, const step& question, const signing_request& request) {
    { who.judge(peer) } -> std::same_as<x509::verdict>;
    { who.identify(question) } -> std::same_as<identity>;
    { who.sign(request) } -> std::convertible_to<bytes_view>;
};

/// Somebody who has an opinion of peers: `judge(peer)`, or something to be called with a peer.
template <class J>
concept judging = requires(J& judge, const x509::peer& peer) {
    { judge.judge(peer) } -> std::same_as<x509::verdict>;
}
|| requires(J& judge, const x509::peer& peer) {
    { judge(peer) } -> std::same_as<x509::verdict>;
};

/// A key that signs with one scheme, as libsodium::ed25519_key does.
template <class K>
concept one_scheme_key = requires(const K& key, bytes_view message) {
    { K::scheme } -> std::convertible_to<signature_scheme>;
    { key.sign(message) } -> std::convertible_to<bytes_view>;
};

/// A key that signs, with one scheme, or as libcrypto::signing_key does with some.
template <class K>
concept signing_key = one_scheme_key<K> || requires(const K& key, signature_scheme scheme, bytes_view message) {
    { key.schemes() } -> std::convertible_to<std::span<const signature_scheme>>;
    { key.sign(scheme, message) } -> std::convertible_to<bytes_view>;
};

namespace detail {
template <one_scheme_key Key>
inline constexpr std::array<signature_scheme, 1> only_scheme{Key::scheme};

template <signing_key Key>
std::span<const signature_scheme> schemes_of(const Key& key) noexcept {
    if constexpr (one_scheme_key<Key>)
        return only_scheme<Key>;
    else
        return key.schemes();
}
template <signing_key Key>
auto sign_with(const Key& key, const signing_request& request) noexcept {
    if constexpr (one_scheme_key<Key>)
        return key.sign(request.content);
    else
        return key.sign(request.scheme, request.content);
}
}  // namespace detail

/// A certificate chain, DER, the own certificate first, or a raw public key, and its key; refers to both. It trusts
/// nobody.
template <signing_key Key>
class credentials {
public:
    constexpr credentials(std::span<const bytes_view> chain, const Key& key,
                          certificate_type type = certificate_type::x509) noexcept
        : chain_(chain), key_(&key), type_(type) {}
    credentials(std::span<const bytes_view>, const Key&&, certificate_type = certificate_type::x509) = delete;

    x509::verdict judge(const x509::peer&) const noexcept { return x509::verdict::refuse(); }
    identity identify(const step&) const noexcept { return {chain_, detail::schemes_of(*key_), type_}; }
    auto sign(const signing_request& request) const noexcept { return detail::sign_with(*key_, request); }

private:
    std::span<const bytes_view> chain_;
    const Key* key_;
    certificate_type type_;
};

/// Credentials, and a delegated credential (RFC 9345) with its key for peers that take it; both keys are of one kind,
/// or sign with arrays of one size. `shown` and `key` are referred to.
template <class Own, signing_key Key>
class delegating {
public:
    constexpr delegating(Own own, bytes_view shown, const Key& key) noexcept
        : own_(std::move(own)), shown_(shown), key_(&key) {}
    delegating(Own, bytes_view, const Key&&) = delete;

    x509::verdict judge(const x509::peer& who) const noexcept { return own_.judge(who); }
    identity identify(const step& question) const noexcept {
        identity who = own_.identify(question);
        who.delegated = shown_;
        return who;
    }
    auto sign(const signing_request& request) const noexcept {
        return request.delegated ? detail::sign_with(*key_, request) : own_.sign(request);
    }

private:
    Own own_;
    bytes_view shown_;
    const Key* key_;
};

/// A client that has no certificate.
struct anonymous {
    identity identify(const step&) const noexcept { return no_identity; }
    bytes_view sign(const signing_request&) const noexcept { return {}; }
};

/// Nobody to decompress certificates: for a configuration without certificate_compressions.
struct no_decompressor {};

/// A judge, and credentials if there are any, and something that decompresses: to be called with a
/// decompression_request, it returns how many bytes the result has (see `decompressed`). A judge that is not a
/// temporary is referred to.
template <class Judge, class Own = anonymous, class Decompressor = no_decompressor>
class answers {
public:
    constexpr explicit answers(Judge&& judge, Own own = {}, Decompressor decompressor = {}) noexcept
        : judge_(std::forward<Judge>(judge)), own_(std::move(own)), decompressor_(std::move(decompressor)) {}

    x509::verdict judge(const x509::peer& who) {
        if constexpr (requires { judge_.judge(who); })
            return judge_.judge(who);
        else
            return judge_(who);
    }
    identity identify(const step& question) const noexcept { return own_.identify(question); }
    auto sign(const signing_request& request) const noexcept { return own_.sign(request); }
    std::size_t decompress(
        const decompression_request& request) requires std::invocable<Decompressor&, const decompression_request&> {
        return decompressor_(request);
    }

private:
    Judge judge_;
    Own own_;
    Decompressor decompressor_;
};

template <class Judge>
answers(Judge&&) -> answers<Judge>;
template <class Judge, class Own>
answers(Judge&&, Own) -> answers<Judge, Own>;
template <class Judge, class Own, class Decompressor>
answers(Judge&&, Own, Decompressor) -> answers<Judge, Own, Decompressor>;

/// Has `who` answer a question that a step has asked. An answer that cannot be used ends the handshake: the question
/// must not stay open when there is nobody else to ask.
template <class Connection, answerer Answers>
errc answer(Connection& tls, const step& question, Answers& who) {
    errc error = errc::not_asked;
    switch (question.what) {
        // Whoever knows of no keys has none, and takes no early data.
        case what::find_psk:
            if constexpr (requires { tls.answer(who.find_psk(question)); })
                error = tls.answer(who.find_psk(question));
            else if constexpr (Connection::is_server)
                error = tls.answer(no_psk);
            break;
        case what::early_data_offered:
            if constexpr (requires { tls.answer(who.judge_early_data(question.offer())); })
                error = tls.answer(who.judge_early_data(question.offer()));
            else if constexpr (Connection::is_server)
                error = tls.answer(early_data::reject);
            break;
        case what::client_hello:
        case what::choose_identity: error = tls.answer(who.identify(question)); break;
        case what::decompress:
            if constexpr (requires { who.decompress(question.decompressing()); })
                error = tls.answer(decompressed{who.decompress(question.decompressing())});
            break;
        case what::verify_peer: error = tls.answer(who.judge(question.peer())); break;
        case what::sign: {
            const auto bytes = who.sign(question.signing());
            error = tls.answer(signature{bytes});
            break;
        }
        default: return error;
    }
    if (error != errc::none && error != errc::workspace_too_small) (void)tls.refuse();
    return error;
}

}  // namespace v1
}  // namespace spantls
