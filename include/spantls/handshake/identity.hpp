// Who an endpoint says that it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/handshake/delegation.hpp>
#include <spantls/message/authentication.hpp>
#include <spantls/message/delegated_credential.hpp>
#include <spantls/message/status.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// The longest Certificate message that is sent or received, with its header.
inline constexpr std::size_t max_certificate_message = 65536;

/// The Certificate message of an identity, compressed beforehand by the caller (RFC 8879): once, since it is the same
/// for all connections.
struct compressed_certificate {
    certificate_compression algorithm;
    bytes_view bytes;        ///< what write_certificate() writes, compressed
    wanted_proofs proofs{};  ///< with which it was written
    bool delegated = false;  ///< whether with the delegated credential
};

/// A certificate chain and the schemes that its key can sign with. Views: what they show has to last until
/// take_workspace() gives the memory back, since the chain is sent from where it lies.
struct identity {
    /// DER, the end-entity certificate first (RFC 9846, section 4.5.1). Empty: no identity, which only a client may
    /// say.
    std::span<const bytes_view> chain;
    /// Best first. Those that are not for handshakes are never chosen.
    std::span<const signature_scheme> schemes;
    /// raw_public_key: the chain is one SubjectPublicKeyInfo in DER (RFC 7250).
    certificate_type type = certificate_type::x509;
    /// For each entry of the chain, if the peer asks for them (section 4.5.1.1): an OCSPResponse in DER, and a
    /// SignedCertificateTimestampList as it stands in the extension. Shorter than the chain, or empty: there is none.
    std::span<const bytes_view> staples{};
    std::span<const bytes_view> scts{};
    /// A DelegatedCredential of the first certificate (RFC 9345), for peers that take its schemes: its key signs then,
    /// as `sign` says. Others get the certificate's own, or nothing if `schemes` is empty. Empty: there is none.
    bytes_view delegated{};
    /// Best first; the first that the peer takes is sent instead, if what is in it is what the peer asks for.
    std::span<const compressed_certificate> compressed{};
};

/// The answer of a client that has no certificate to show.
inline constexpr identity no_identity{};

/// The certificate_list of an identity, or what stands for it, as it goes out: where its parts lie.
struct certificate_pieces {
    std::span<const bytes_view> chain, staples, scts;
    bytes_view delegated;  // without a chain: all of a compressed message

    constexpr certificate_pieces() noexcept = default;
    /// Section 4.5.1: nothing that was not asked for.
    constexpr certificate_pieces(const identity& who, wanted_proofs wanted, bool with_delegated) noexcept
        : chain(who.chain),
          staples(wanted.staples ? who.staples : std::span<const bytes_view>{}),
          scts(wanted.scts ? who.scts : std::span<const bytes_view>{}),
          delegated(with_delegated ? who.delegated : bytes_view{}) {}

    constexpr explicit certificate_pieces(bytes_view compressed) noexcept : delegated(compressed) {}

    /// Calls `use` with each part, in order; those that are no views into the identity last for the call only.
    template <class Use>
    void each(Use use) const noexcept {
        if (chain.empty() && !delegated.empty()) use(delegated);
        for (std::size_t i = 0; i < chain.size(); ++i) {
            const bytes_view staple = part(staples, i), timestamps = part(scts, i);
            std::array<std::uint8_t, 8> head;
            store_be(head.data(), chain[i].size(), 3);
            use(bytes_view(head).first(3));
            use(chain[i]);
            store_be(head.data(), extensions_size(i), 2);
            use(bytes_view(head).first(2));
            if (!staple.empty()) {  // section 4.5.1.1
                store_be(head.data(), static_cast<std::uint64_t>(extension_type::status_request), 2);
                store_be(head.data() + 2, 4 + staple.size(), 2);
                store_be(head.data() + 4, std::uint64_t{1} << 24 | staple.size(), 4);
                use(bytes_view(head));
                use(staple);
            }
            const auto extension = [&](extension_type type, bytes_view data) {
                if (data.empty()) return;
                store_be(head.data(), static_cast<std::uint64_t>(type), 2);
                store_be(head.data() + 2, data.size(), 2);
                use(bytes_view(head).first(4));
                use(data);
            };
            extension(extension_type::signed_certificate_timestamp, timestamps);
            extension(extension_type::delegated_credential, credential(i));
        }
    }
    /// Bytes of all of it, and of the extensions of one entry.
    constexpr std::size_t size() const noexcept {
        std::size_t size = chain.empty() ? delegated.size() : 0;
        for (std::size_t i = 0; i < chain.size(); ++i)
            size += chain[i].size() + certificate_entry_overhead + extensions_size(i);
        return size;
    }
    constexpr std::size_t extensions_size(std::size_t i) const noexcept {
        const std::size_t staple = part(staples, i).size(), timestamps = part(scts, i).size();
        const std::size_t other = credential(i).size();
        return (staple != 0 ? 8 + staple : 0) + (timestamps != 0 ? 4 + timestamps : 0) + (other != 0 ? 4 + other : 0);
    }

private:
    /// RFC 9345, section 4.1.1: beside the end-entity certificate.
    constexpr bytes_view credential(std::size_t i) const noexcept { return i == 0 ? delegated : bytes_view{}; }
    static constexpr bytes_view part(std::span<const bytes_view> of, std::size_t i) noexcept {
        return i < of.size() ? of[i] : bytes_view{};
    }
};

namespace detail {
constexpr bool sound_delegation(const identity& who) noexcept {
    delegated_credential it;
    x509::certificate leaf;
    return who.type == certificate_type::x509 && decode(who.delegated, it) &&
           x509::parse_certificate(who.chain[0], leaf) == errc::none && check_delegation(it, leaf) == errc::none;
}
}  // namespace detail

/// config_bad_chain when the chain cannot be sent: an empty certificate in it, or longer than peers accept.
/// config_no_scheme when no scheme is one that signs_handshakes(). config_bad_delegation: a delegated credential that
/// is none, or does not fit the certificate; whether it is signed, and still good, is not looked at.
[[nodiscard]] constexpr errc check(const identity& who) noexcept {
    for (const bytes_view der : who.chain)
        if (der.empty()) return errc::config_bad_chain;
    const certificate_pieces all(who, {true, true}, true);
    if (all.size() + 16 > max_certificate_message) return errc::config_bad_chain;
    for (std::size_t i = 0; i < who.chain.size(); ++i)
        if (all.extensions_size(i) > 0xffff) return errc::config_bad_chain;
    for (const bytes_view list : who.scts)
        if (!list.empty() && !is_sct_list(list)) return errc::config_bad_chain;
    if (who.staples.size() > who.chain.size() || who.scts.size() > who.chain.size()) return errc::config_bad_chain;
    // RFC 8879, section 4: not empty.
    for (const compressed_certificate& form : who.compressed)
        if (form.bytes.empty() || form.bytes.size() + 16 > max_certificate_message) return errc::config_bad_chain;
    if (who.chain.empty()) return errc::none;
    // Section 4.5.1: a raw key has nothing behind it.
    if (who.type != certificate_type::x509 && who.chain.size() != 1) return errc::config_bad_chain;
    if (!who.delegated.empty() && !detail::sound_delegation(who)) return errc::config_bad_delegation;
    for (const signature_scheme scheme : who.schemes)
        if (signs_handshakes(scheme)) return errc::none;
    return who.delegated.empty() ? errc::config_no_scheme : errc::none;
}

/// Bytes that a signature has at most; of RSA, with keys of up to 4096 bits.
constexpr std::size_t largest_signature(signature_scheme scheme) noexcept {
    using enum signature_scheme;
    switch (scheme) {
        case ed25519: return 64;
        case ed448: return 114;
        case ecdsa_secp256r1_sha256: return 72;
        case ecdsa_secp384r1_sha384: return 104;
        case ecdsa_secp521r1_sha512: return 139;
        case mldsa44: return 2420;
        case mldsa65: return 3309;
        case mldsa87: return 4627;
        default: return 512;
    }
}

/// A signature, the answer to `sign`. The bytes are copied by the call.
struct signature {
    bytes_view bytes;
};

/// What `sign` asks for: `content` signed with `scheme` by the key of the identity that was chosen.
struct signing_request {
    signature_scheme scheme;
    bytes_view content;
    bool delegated = false;  ///< by the key of its delegated credential, not by the certificate's
};

}  // namespace v1
}  // namespace spantls
