// Has a certificate been revoked? By OCSP responses that come with it (RFC 9846, section 4.5.1.1) and by CRLs at hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/crl.hpp>
#include <spantls/x509/distinguished_name.hpp>
#include <spantls/x509/distribution_point.hpp>
#include <spantls/x509/ocsp_check.hpp>
#include <spantls/x509/path_error.hpp>
#include <spantls/x509/profile.hpp>
#include <spantls/x509/signature.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

enum class staple_rule : std::uint8_t {
    ignore,   ///< nobody looks into them
    check,    ///< those that are shown have to be good; must-staple holds, if the peer was asked (RFC 7633)
    require,  ///< besides, the peer's own certificate has to come with one, unless it has noRevAvail
};

/// What is looked up in CRLs; an OCSP response that is good stands for the CRL that is not there, and none has to be
/// there for a certificate with noRevAvail (RFC 9608). One that lists it counts all the same.
enum class crl_rule : std::uint8_t {
    where_known,  ///< whatever has been issued by a name that a CRL at hand has, too
    end_entity,   ///< the peer's own certificate; it has to be in the scope of CRLs at hand
    whole_path,   ///< so does each of the path, the anchor excepted
};

struct revocation_options {
    staple_rule staples = staple_rule::check;
    crl_rule lookup = crl_rule::where_known;
    /// Out of parse_crl, of any issuers in any order; these and their bytes have to stay where they are. A CRL counts
    /// that has been signed with a key of its issuer's which the path has; one that cannot be used, or not at this
    /// time, does not. Each use verifies its signature, which takes time in proportion to the list.
    std::span<const crl> crls{};
};

/// Where it is known from that a certificate is good.
enum class status_source : std::uint8_t { nobody, staple, crl };

/// What is asked of one certificate of a path.
struct status_question {
    const certificate& it;
    std::span<const certificate> issuers;  ///< the path above, from its issuer on: checked already, signatures included
    bytes_view staple;
    bool end_entity = false;
    bool must_staple = false;  ///< it needs a response that is good
    std::int64_t now = 0;      ///< seconds since 1970
    x509::profile profile = profile::web_pki;
};

/// `signatures`: the budget, see check_ocsp_response; one more for each CRL of the issuer.
template <class V>
status_finding check_revocation(const V& crypto, const status_question& asked, const revocation_options& options,
                                std::size_t& signatures, status_source& source) noexcept;

namespace detail {
/// Who has signed this list of theirs, as far as it says (RFC 5280, section 5.2.1)? Mostly the first; who has a new key
/// may have certified the old one with it, or the other way round. Null: none of them.
constexpr const certificate* signer_of(const crl& list, std::span<const certificate> issuers) noexcept {
    for (const certificate& one : issuers) {
        const bool same_key = list.authority_key_id.empty() || one.subject_key_id.empty() ||
                              equal_bytes(list.authority_key_id, one.subject_key_id);
        if (same_key && same_distinguished_name(list.issuer, one.subject)) return &one;
    }
    return nullptr;
}

/// May this list be used now? RFC 5280, section 6.3.3.
template <class V>
status_finding check_crl(const V& crypto, const crl& list, const certificate& signer, const status_question& asked,
                         std::size_t& signatures) noexcept {
    using enum path_error;
    if (list.unusable) return {crl_unusable};
    if (!list.has_number && asked.profile == profile::web_pki) return {crl_without_number};
    if (asked.now < list.this_update) return {crl_not_yet_valid, list.this_update};
    if (!list.next_update) return {crl_endless};  // section 5.1.2.5
    if (asked.now > *list.next_update) return {crl_expired, *list.next_update};
    if (!signer.allows(key_usage::crl_sign)) return {crl_may_not_sign};
    switch (check_signature(crypto, list.signature_algorithm, signer, list.tbs, list.signature, signatures)) {
        case signature_finding::good: return {none};
        case signature_finding::bad: return {crl_bad_signature};
        case signature_finding::weak:
        case signature_finding::unsupported: return {crl_unsupported_signature};
        case signature_finding::too_many: return {too_much_work};
    }
    return {crl_bad_signature};
}

/// In the end all_reasons are covered by complete lists that are good, and none has it.
template <class V>
status_finding look_up(const V& crypto, const status_question& asked, const revocation_options& options,
                       std::size_t& signatures, bool& known) noexcept {
    status_finding why{path_error::crl_missing};
    unsigned covered = 0;
    for (const crl& list : options.crls) {
        if (!same_distinguished_name(list.issuer, asked.it.issuer)) continue;
        known = true;
        const certificate* signer = signer_of(list, asked.issuers);
        const std::uint16_t reasons = reasons_covered(list, asked.it);
        if (signer == nullptr || reasons == 0) continue;
        const status_finding usable = check_crl(crypto, list, *signer, asked, signatures);
        if (usable.error == path_error::too_much_work) return usable;
        if (usable.error != path_error::none) {
            why = usable;
            continue;
        }
        const std::optional<revocation> entry = list.find(asked.it.serial);
        // What a delta CRL takes back (section 5.3.1) stays as the complete one has it.
        if (entry && !(list.delta && entry->reason == revocation_reason::remove_from_crl))
            return {path_error::revoked, entry->at, entry->reason};
        if (list.delta)
            why = {path_error::crl_unusable};
        else
            covered |= reasons;
    }
    return covered == all_reasons ? status_finding{} : why;
}
}  // namespace detail

template <class V>
status_finding check_revocation(const V& crypto, const status_question& asked, const revocation_options& options,
                                std::size_t& signatures, status_source& source) noexcept {
    source = status_source::nobody;
    if (options.staples != staple_rule::ignore) {
        if (!asked.staple.empty()) {
            const status_finding found =
                check_ocsp_response(crypto, asked.staple, asked.it, asked.issuers.front(), asked.now, signatures);
            if (found.error != path_error::none) return found;
            source = status_source::staple;
        } else if (asked.must_staple) {
            return {path_error::staple_missing};
        }
    }
    if (options.lookup == crl_rule::end_entity && !asked.end_entity) return {};
    bool known = options.lookup != crl_rule::where_known;
    const status_finding found = detail::look_up(crypto, asked, options, signatures, known);
    if (found.error == path_error::none) {
        if (source == status_source::nobody) source = status_source::crl;
        return {};
    }
    if (found.error == path_error::revoked || found.error == path_error::too_much_work) return found;
    // RFC 9608, section 4: whose issuer tells nobody is not asked for it.
    const bool missing = known && source == status_source::nobody && !asked.it.has(extension_id::no_rev_avail);
    return missing ? found : status_finding{};
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
