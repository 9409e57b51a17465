// Building and validating certification paths: RFC 5280, section 6, without policies.
//
// From the peer's certificate upwards every way to an anchor is tried, whatever the order of the rest. No key checks a
// signature before its own certificate has been checked: only when a way is complete are its signatures verified, from
// the anchor down. Budgets bound the work, whatever is sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/chain.hpp>
#include <spantls/x509/distinguished_name.hpp>
#include <spantls/x509/name.hpp>
#include <spantls/x509/name_constraints.hpp>
#include <spantls/x509/path_error.hpp>
#include <spantls/x509/peer.hpp>
#include <spantls/x509/profile.hpp>
#include <spantls/x509/revocation.hpp>
#include <spantls/x509/signature.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Certificates in a path, the peer's own and the anchor included.
inline constexpr std::size_t max_path = 10;

struct path_options {
    std::int64_t now = 0;  ///< seconds since 1970
    x509::profile profile = profile::web_pki;
    std::uint8_t max_intermediates = max_path - 2;  ///< those that have issued themselves do not count
    std::size_t signatures = 64;                    ///< to verify at most; 64 with RSA-4096 take some milliseconds
    std::size_t candidates = 2000;  ///< certificates to look at as issuers, each time counted, and every KiB of one
    std::size_t constraints = std::size_t{1}
                              << 18;  ///< names to hold against name constraints; see check_name_constraints
    revocation_options revocation{};
};

/// Paths that are complete but for a certificate that is revoked, or not known not to be, before no other is tried.
inline constexpr std::size_t max_revoked_paths = 4;

/// What an issuer's nameConstraints refuse.
struct refused_name {
    general_name name{};        ///< as it is in the certificate
    general_name constraint{};  ///< the excluded subtree that it is in; none where no permitted one has it
    std::size_t by = 0;         ///< the certificate in the path whose constraints these are
};

/// A path, or how far the best one came, and what was wrong then. Views into the chain and the anchors.
struct path_result {
    path_error error = path_error::no_certificate;
    std::array<bytes_view, max_path> path{};  ///< from the peer's certificate upwards
    std::size_t size = 0;
    std::size_t at = 0;     ///< the certificate in `path` that the error is about
    refused_name name;      ///< name_excluded, name_not_permitted: which one, and why
    status_finding status;  ///< what is known of the revocation of that certificate, when it is about that
    std::array<status_source, max_path> sources{};  ///< of an accepted path: from where each is known not to be revoked

    constexpr bool good() const noexcept { return error == path_error::none; }
};

/// Where anchors come from: `candidate(issuer, n)` is the DER of the n-th whose subject may be that name, empty behind
/// the last. trust_store is one.
///
/// Accepts `who` when there is a path from an anchor to its first certificate that is valid at options.now, for
/// who.purpose, and under who.server_name unless that is empty. `crypto`: see verify_signature. Takes about
/// max_path * sizeof(certificate) bytes of stack.
template <class V, class Anchors>
path_result find_path(const V& crypto, const Anchors& anchors, const peer& who, const path_options& options) noexcept;

namespace detail {
template <class V, class Anchors>
class path_finder {
public:
    path_finder(const V& crypto, const Anchors& anchors, const peer& who, const path_options& options) noexcept
        : crypto_(crypto), anchors_(anchors), who_(who), options_(options) {}

    path_result find() noexcept {
        if (who_.chain.empty()) return {};
        path_[0].der = who_.chain.front().der;
        if (who_.type != certificate_type::x509) return refuse(path_error::not_a_certificate);
        if (const path_error error = parse(path_[0].der, 0); error != path_error::none) return refuse(error);
        if (const path_error error = strength(path_[0]); error != path_error::none) return refuse(error);
        if (!path_[0].allows(key_usage::digital_signature)) return refuse(path_error::may_not_sign);
        best_rank_ = 0;
        note(rank::nobody, path_error::unknown_issuer, 0, 1);
        if (!climb(1, 0)) return best_;
        // What a certificate says counts for something only now.
        if (const path_error error = check_end_entity(path_[0]); error != path_error::none) {
            best_.error = error;
            best_.at = 0;
        }
        return best_;
    }

private:
    /// How far a way has come; of several errors the one that was met last on the way up is told.
    enum class rank : std::size_t { nobody = 1, issuer = 100, whole = 200 };

    path_error parse(bytes_view der, std::size_t at) noexcept {
        const errc error = parse_certificate(der, path_[at]);
        if (error == errc::none) return path_error::none;
        return error == errc::unsupported_certificate ? path_error::unsupported_form : path_error::malformed;
    }

    path_result refuse(path_error error) noexcept {
        note(rank::nobody, error, 0, 1);
        return best_;
    }

    void note(rank how_far, path_error error, std::size_t at, std::size_t size, const refused_name& name = {},
              const status_finding& status = {}) noexcept {
        const std::size_t now = static_cast<std::size_t>(how_far) + at;
        if (now <= best_rank_ && error != path_error::too_much_work) return;
        best_rank_ = now;
        best_.error = error;
        best_.at = at;
        best_.name = name;
        best_.status = status;
        best_.size = size;
        for (std::size_t i = 0; i < size; ++i) best_.path[i] = path_[i].der;
    }

    static path_error strength(const certificate& it) noexcept {
        switch (strength_of_key(it)) {
            case algorithm_strength::good: return path_error::none;
            case algorithm_strength::weak: return path_error::weak_key;
            case algorithm_strength::unsupported: return path_error::unsupported_key;
        }
        return path_error::unsupported_key;
    }

    /// What is asked of every certificate in a path: RFC 5280, section 6.1.3 (a) (2), and 6.1.4 (o) or 6.1.5 (f).
    path_error check_any(const certificate& it, path_role role) const noexcept {
        if (it.unknown_critical) return path_error::unknown_critical;
        if (options_.now < it.not_before) return path_error::not_yet_valid;
        if (options_.now > it.not_after) return path_error::expired;
        // Of a CA this is no rule of RFC 5280, but everybody holds it (section 4.2.1.12).
        if (!it.allows(who_.purpose)) return path_error::wrong_purpose;
        return options_.profile == profile::web_pki ? issuance_flaw(it, role, who_.purpose) : path_error::none;
    }

    path_error check_end_entity(const certificate& it) const noexcept {
        if (const path_error error = check_any(it, path_role::end_entity); error != path_error::none) return error;
        if (!it.name_constraints.empty() && !it.is_ca) return path_error::unknown_critical;  // section 4.2.1.10
        if (!who_.server_name.empty() && !matches_host(it, who_.server_name)) return path_error::wrong_name;
        return path_error::none;
    }

    /// RFC 5280, section 6.1.4 (k) to (n). `below`: intermediates between it and the end entity that count.
    path_error check_issuer(const certificate& it, path_role role, std::size_t below) const noexcept {
        if (!it.is_ca) return path_error::not_a_ca;
        if (!it.allows(key_usage::key_cert_sign)) return path_error::may_not_issue;
        if (it.path_length && below > *it.path_length) return path_error::path_length;
        if (const path_error error = check_any(it, role); error != path_error::none) return error;
        return strength(it);
    }

    /// Is this the key that the certificate's authorityKeyIdentifier speaks of, as far as it does?
    static bool may_have_issued(const certificate& issuer, const certificate& it) noexcept {
        if (!same_distinguished_name(issuer.subject, it.issuer)) return false;
        if (!it.authority_key_id.empty() && !issuer.subject_key_id.empty() &&
            !equal_bytes(it.authority_key_id, issuer.subject_key_id))
            return false;
        return it.authority_key_serial.empty() || equal_bytes(it.authority_key_serial, issuer.serial);
    }

    /// RFC 5280 calls two certificates the same in a path when they have name and key in common.
    bool in_path(const certificate& it, std::size_t size) const noexcept {
        for (std::size_t i = 0; i < size; ++i)
            if (equal_bytes(path_[i].spki, it.spki) && same_distinguished_name(path_[i].subject, it.subject))
                return true;
        return false;
    }

    bool spend(std::size_t& budget, std::size_t cost, std::size_t size) noexcept {
        if (budget < cost) {
            spent_ = true;
            note(rank::whole, path_error::too_much_work, 0, size);
            return false;
        }
        budget -= cost;
        return true;
    }

    /// Reading it takes as long as it is.
    static constexpr std::size_t cost_of(bytes_view der) noexcept { return 1 + der.size() / 1024; }

    /// Finds issuers of path_[size - 1]. `below`: intermediates in path_ that count.
    bool climb(std::size_t size, std::size_t below) noexcept {
        if (size == max_path) {
            note(rank::issuer, path_error::too_deep, size - 1, size);
            return false;
        }
        for (std::size_t n = 0;; ++n) {
            const bytes_view der = anchors_.candidate(path_[size - 1].issuer, n);
            if (der.empty()) break;
            if (!spend(options_.candidates, cost_of(der), size)) return false;
            if (parse(der, size) != path_error::none || !may_have_issued(path_[size], path_[size - 1])) continue;
            const path_error error = check_issuer(path_[size], path_role::anchor, below);
            if (error != path_error::none)
                note(rank::issuer, error, size, size + 1);
            else if (complete(size + 1))
                return true;
            if (spent_) return false;
        }
        for (auto entry = ++who_.chain.begin(); entry != who_.chain.end(); ++entry) {
            if (!spend(options_.candidates, cost_of(entry->der), size)) return false;
            certificate& next = path_[size];
            if (parse(entry->der, size) != path_error::none || !may_have_issued(next, path_[size - 1])) continue;
            if (in_path(next, size)) continue;
            const path_error error = check_issuer(next, path_role::intermediate, below);
            const std::size_t counted = below + (next.self_issued() ? 0 : 1);
            if (error != path_error::none) {
                note(rank::issuer, error, size, size + 1);
            } else if (counted > options_.max_intermediates) {
                note(rank::issuer, path_error::too_deep, size, size + 1);
            } else {
                note(rank::nobody, path_error::unknown_issuer, size, size + 1);
                if (climb(size + 1, counted)) return true;
            }
            if (spent_) return false;
        }
        return false;
    }

    /// path_[size - 1] is an anchor.
    bool complete(std::size_t size) noexcept {
        for (std::size_t at = size - 1; at-- > 0;) {
            const path_error error = check_signature(path_[at], path_[at + 1], size);
            if (error == path_error::none) continue;
            if (!spent_) note(rank::whole, error, at, size);
            return false;
        }
        for (std::size_t issuer = size; --issuer > 0;) {
            for (std::size_t at = issuer; at-- > 0;) {
                if (at != 0 && path_[at].self_issued()) continue;  // section 6.1.3 (b) and (c)
                refused_name name{.by = issuer};
                const path_error error = check_names(path_[issuer], path_[at], name);
                if (error == path_error::none) continue;
                const bool of_issuer = error == path_error::constraint_unusable;
                note(rank::whole, error, of_issuer ? issuer : at, size, name);
                spent_ = error == path_error::too_much_work;
                return false;
            }
        }
        if (!check_status(size)) return false;
        best_rank_ = 0;
        note(rank::whole, path_error::none, 0, size);
        return true;
    }

    path_error check_signature(const certificate& it, const certificate& issuer, std::size_t size) noexcept {
        switch (
            x509::check_signature(crypto_, it.signature_algorithm, issuer, it.tbs, it.signature, options_.signatures)) {
            case signature_finding::good: return path_error::none;
            case signature_finding::bad: return path_error::bad_signature;
            case signature_finding::weak: return path_error::weak_signature;
            case signature_finding::unsupported: return path_error::unsupported_signature;
            case signature_finding::too_many: break;
        }
        spend(options_.signatures, 1, size);
        return path_error::too_much_work;
    }

    /// What the peer has shown beside this certificate, which is in its chain.
    bytes_view staple_of(const certificate& it) const noexcept {
        for (const chain_entry& entry : who_.chain)
            if (entry.der.data() == it.der.data()) return entry.staple();
        return {};
    }

    /// RFC 5280, section 6.1.3 (a) (3), from the anchor down, so that no issuer speaks that is revoked itself.
    bool check_status(std::size_t size) noexcept {
        // RFC 7633, section 4.2.2: what a CA promises holds for all that it issues.
        bool promised = false;
        best_.sources = {};
        for (std::size_t at = 0; at + 1 < size; ++at) promised |= path_[at].must_staple;
        const bool required = options_.revocation.staples == staple_rule::require &&
                              !path_[0].has(extension_id::no_rev_avail);  // RFC 9608, section 4
        for (std::size_t at = size - 1; at-- > 0;) {
            const bool needed = at == 0 && ((promised && who_.staples_asked) || required);
            const std::span<const certificate> issuers(path_.data() + at + 1, size - at - 1);
            const status_question asked{path_[at], issuers,      staple_of(path_[at]), at == 0,
                                        needed,    options_.now, options_.profile};
            const status_finding found =
                check_revocation(crypto_, asked, options_.revocation, options_.signatures, best_.sources[at]);
            if (found.error == path_error::none) continue;
            note(rank::whole, found.error, at, size, {}, found);
            spent_ = found.error == path_error::too_much_work || ++revoked_ == max_revoked_paths;
            return false;
        }
        return true;
    }

    path_error check_names(const certificate& issuer, const certificate& it, refused_name& name) noexcept {
        const constraint_finding found = check_name_constraints(issuer, it, options_.constraints);
        name.name = found.name;
        name.constraint = found.constraint;
        switch (found.verdict) {
            case constraint_verdict::allowed: return path_error::none;
            case constraint_verdict::excluded: return path_error::name_excluded;
            case constraint_verdict::not_permitted: return path_error::name_not_permitted;
            case constraint_verdict::unusable: return path_error::constraint_unusable;
            case constraint_verdict::too_many: return path_error::too_much_work;
        }
        return path_error::constraint_unusable;
    }

    const V& crypto_;
    const Anchors& anchors_;
    const peer& who_;
    path_options options_;
    path_result best_;
    std::size_t best_rank_ = 0;
    bool spent_ = false;
    std::size_t revoked_ = 0;
    std::array<certificate, max_path> path_{};
};
}  // namespace detail

template <class V, class Anchors>
path_result find_path(const V& crypto, const Anchors& anchors, const peer& who, const path_options& options) noexcept {
    return detail::path_finder<V, Anchors>(crypto, anchors, who, options).find();
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
