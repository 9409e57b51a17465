// The judge for those who issue their own certificates: one root, Ed25519 throughout, at most four intermediates.
// RFC 5280, section 6, without policies, name constraints and revocation: a chain that needs those is refused. CRLs and
// OCSP responses, if there are any, are the business of trust_store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/name.hpp>
#include <spantls/x509/peer.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// `tls.answer(ca.judge(crypto, step.peer(), now))`, with `now` in seconds since 1970.
class own_ca {
public:
    /// Certificates in a chain besides the peer's own and the root. Extraneous ones count.
    static constexpr std::size_t max_intermediates = 4;

    /// The root's DER has to stay where it is.
    constexpr explicit own_ca(bytes_view root_der) noexcept;

    /// What is wrong with the root; nobody is accepted then.
    constexpr errc error() const noexcept { return error_; }

    /// Accepts whom the root vouches for, for this purpose, at this time, and under `who.server_name` unless that is
    /// empty. A chain that has nothing from this root costs at most max_intermediates + 1 signatures to refuse.
    template <class P>
    verdict judge(const P& crypto, const peer& who, std::int64_t now) const noexcept;

private:
    certificate root_;
    errc error_;
};

namespace detail {
/// May this key sign certificates? RFC 5280, section 6.1.4 (k) to (o).
constexpr errc check_issuer(const certificate& it) noexcept {
    if (it.unknown_critical || !it.name_constraints.empty()) return errc::unsupported_certificate;
    if (!it.is_ca || !it.allows(key_usage::key_cert_sign)) return errc::unknown_ca;
    return key_type_of(it) == key_type::ed25519 ? errc::none : errc::unsupported_certificate;
}

template <class P>
errc check_signature(const P& crypto, const certificate& it, const certificate& issuer) noexcept {
    // RFC 9846, section 4.5.1.3: MD5 has an alert of its own.
    if (equal_bytes(it.signature_algorithm.oid, oid::rsa_with_md5)) return errc::bad_certificate;
    if (!equal_bytes(it.signature_algorithm.oid, oid::ed25519) || !it.signature_algorithm.parameters.empty())
        return errc::unsupported_certificate;
    const bool good = crypto.verify(signature_scheme::ed25519, issuer.public_key, it.tbs, it.signature);
    return good ? errc::none : errc::bad_certificate;
}

/// The root and what else may have issued something. Trust grows down from the root: no key checks a signature before
/// its own certificate has been checked, so that a stranger cannot make us work.
class issuers {
public:
    constexpr explicit issuers(const certificate& root) noexcept {
        known_[0] = {root, errc::none, true, true, root.path_length.value_or(UINT32_MAX)};
    }

    /// Takes the rest of the chain, in any order (RFC 9846, section 4.5.1).
    constexpr errc add(const peer& who, std::int64_t now) noexcept {
        for (auto entry = ++who.chain.begin(); entry != who.chain.end(); ++entry) {
            if (equal_bytes(entry->der, known_[0].it.der)) continue;
            if (count_ == known_.size()) return errc::unsupported_certificate;
            known& next = known_[count_++];
            next.why = parse_certificate(entry->der, next.it);
            if (next.why == errc::none) next.why = check_issuer(next.it);
            if (next.why == errc::none && !next.it.allows(who.purpose)) next.why = errc::unsupported_certificate;
            if (next.why == errc::none && !next.it.valid_at(now)) next.why = errc::certificate_expired;
            next.usable = next.why == errc::none;
            if (next.usable) next.why = errc::unknown_ca;
        }
        return errc::none;
    }

    /// Trusts whatever somebody trusted has signed, until nothing new comes of it.
    template <class P>
    void spread_trust(const P& crypto) noexcept {
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t i = 1; i < count_; ++i)
                for (std::size_t j = 0; j < count_; ++j) changed |= certify(crypto, known_[i], known_[j]);
        }
    }

    template <class P>
    errc check_leaf(const P& crypto, const certificate& leaf) const noexcept {
        errc found = errc::unknown_ca;
        for (std::size_t i = 0; i < count_; ++i) {
            if (!known_[i].trusted || !equal_bytes(leaf.issuer, known_[i].it.subject)) continue;
            found = check_signature(crypto, leaf, known_[i].it);
            if (found == errc::none) return found;
        }
        return found == errc::unknown_ca ? explain(leaf) : found;
    }

private:
    struct known {
        certificate it;
        errc why = errc::none;  ///< the reason while it is not trusted
        bool usable = false;
        bool trusted = false;
        std::uint32_t below = 0;  ///< intermediates that may come between this one and a leaf
    };

    template <class P>
    static bool certify(const P& crypto, known& subject, const known& issuer) noexcept {
        if (!subject.usable || !issuer.trusted || !equal_bytes(subject.it.issuer, issuer.it.subject)) return false;
        // RFC 5280, section 6.1.4 (l) and (m): who issued itself does not count.
        const bool self_issued = equal_bytes(subject.it.issuer, subject.it.subject);
        if (!self_issued && issuer.below == 0) return false;
        std::uint32_t below = self_issued ? issuer.below : issuer.below - 1;
        if (subject.it.path_length && *subject.it.path_length < below) below = *subject.it.path_length;
        if (subject.trusted && below <= subject.below) return false;
        if (const errc error = check_signature(crypto, subject.it, issuer.it); error != errc::none) {
            subject.why = error;
            return false;
        }
        subject.trusted = true;
        subject.below = below;
        return true;
    }

    /// What the first certificate on the way up that is not trusted has done wrong.
    constexpr errc explain(const certificate& leaf) const noexcept {
        bytes_view wanted = leaf.issuer;
        for (std::size_t steps = 1; steps < count_; ++steps) {
            const known* next = nullptr;
            for (std::size_t i = 1; i < count_ && next == nullptr; ++i)
                if (equal_bytes(known_[i].it.subject, wanted)) next = &known_[i];
            if (next == nullptr || next->trusted) break;  // trusted, but not for what is below it
            if (next->why != errc::unknown_ca) return next->why;
            wanted = next->it.issuer;
        }
        return errc::unknown_ca;
    }

    std::array<known, 1 + own_ca::max_intermediates> known_{};
    std::size_t count_ = 1;
};
}  // namespace detail

constexpr own_ca::own_ca(bytes_view root_der) noexcept : error_(parse_certificate(root_der, root_)) {
    if (error_ == errc::none) error_ = detail::check_issuer(root_);
}

template <class P>
verdict own_ca::judge(const P& crypto, const peer& who, std::int64_t now) const noexcept {
    if (error_ != errc::none) return verdict::refuse(errc::unknown_ca);
    certificate leaf;
    if (const errc error = detail::parse_leaf(who, leaf); error != errc::none) return verdict::refuse(error);

    detail::issuers issuers(root_);
    if (const errc error = issuers.add(who, now); error != errc::none) return verdict::refuse(error);
    issuers.spread_trust(crypto);
    if (const errc error = issuers.check_leaf(crypto, leaf); error != errc::none) return verdict::refuse(error);

    // What a certificate says counts for something only now.
    if (leaf.unknown_critical || !leaf.allows(who.purpose)) return verdict::refuse(errc::unsupported_certificate);
    if (leaf.must_staple && who.staples_asked) return verdict::refuse(errc::unsupported_certificate);
    if (!leaf.valid_at(now) || !root_.valid_at(now)) return verdict::refuse(errc::certificate_expired);
    if (!who.server_name.empty() && !matches_host(leaf, who.server_name))
        return verdict::refuse(errc::certificate_name_mismatch);
    return verdict::accept();
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
