// Paths: any roots and any chain, at any time, with any OCSP responses beside it and CRLs at hand. Whoever is accepted
// has a path that stands up to being gone over again, and whatever happens the budgets hold.
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include <spantls/x509/render.hpp>
#include <spantls/x509/trust_store.hpp>

#include "support/target.hpp"
#include "support/x509.hpp"

namespace {

using namespace spantls;
using x509::crl_rule;
using x509::path_error;
using x509::staple_rule;
using x509::status_source;

/// A path from the peer's certificate to the anchor.
using certificates = std::vector<x509::certificate>;

certificates read_path(const x509::path_result& found) {
    certificates path(found.size);
    for (std::size_t i = 0; i < found.size; ++i) HOLDS(x509::parse_certificate(found.path[i], path[i]) == errc::none);
    return path;
}

/// A judge's question, and what it asked of others.
struct asked {
    const x509::peer& who;
    const x509::path_options& options;
    const fuzz::remembering_verifier& crypto;

    bytes_view staple_of(const x509::certificate& it) const {
        for (const x509::chain_entry& entry : who.chain)
            if (entry.der.data() == it.der.data()) return entry.staple();
        return {};
    }

    /// Is there an OCSP response with that word, from the issuer or from whom that has authorized?
    bool stapled(const certificates& path, std::size_t at, x509::ocsp_status status) const {
        x509::ocsp_response read;
        if (x509::parse_ocsp_response(staple_of(path[at]), read) != errc::none || read.unknown_critical) return false;
        if (!fuzz::says(read, path[at].serial, status, options.now)) return false;
        const x509::certificate& issuer = path[at + 1];
        if (crypto.took(issuer, read.tbs)) return true;
        for (x509::der_reader row(read.certificates); !row.empty();) {
            x509::certificate delegate;
            if (x509::parse_certificate(row.whole(x509::der_tag::sequence), delegate) != errc::none) continue;
            if (!delegate.names(x509::key_purpose::ocsp_signing) || !crypto.took(issuer, delegate.tbs)) continue;
            if (crypto.took(delegate, read.tbs)) return true;
        }
        return false;
    }

    /// May this list be believed about that certificate?
    bool good_list(const x509::crl& list, const certificates& path, std::size_t at) const {
        const bool numbered = list.has_number || options.profile == x509::profile::private_pki;
        if (list.unusable || !numbered || options.now < list.this_update) return false;
        if (!list.next_update || *list.next_update < options.now) return false;
        if (!x509::same_distinguished_name(list.issuer, path[at].issuer)) return false;
        for (std::size_t above = at + 1; above < path.size(); ++above) {
            const x509::certificate& signer = path[above];
            const bool named = x509::same_distinguished_name(list.issuer, signer.subject);
            if (named && signer.allows(x509::key_usage::crl_sign) && crypto.took(signer, list.tbs)) return true;
        }
        return false;
    }

    /// Does its issuer say that there is no revocation of it?
    static bool without(const x509::certificate& it) {
        const bool says_so = it.has(x509::extension_id::no_rev_avail);
        const bool pointed = it.has(x509::extension_id::crl_distribution_points) ||
                             it.has(x509::extension_id::freshest_crl) || it.names_responder;
        HOLDS(!says_so || !(it.is_ca || pointed));
        return says_so;
    }

    /// Of accepted paths.
    void go_over_status(const x509::path_result& found, const certificates& path) const {
        const x509::revocation_options& rules = options.revocation;
        bool promised = false;
        for (std::size_t at = 0; at + 1 < path.size(); ++at) {
            const status_source source = found.sources[at];
            promised |= path[at].must_staple;
            if (rules.staples != staple_rule::ignore && !staple_of(path[at]).empty())
                HOLDS(source == status_source::staple);
            if (rules.lookup == crl_rule::whole_path || (rules.lookup == crl_rule::end_entity && at == 0))
                HOLDS(source != status_source::nobody || without(path[at]));
            if (source == status_source::staple) HOLDS(stapled(path, at, x509::ocsp_status::good));
            if (rules.lookup == crl_rule::end_entity && at != 0) continue;
            unsigned reasons = 0;
            for (const x509::crl& list : rules.crls) {
                if (!good_list(list, path, at)) continue;
                const unsigned covered = x509::reasons_covered(list, path[at]);
                const std::optional<x509::revocation> entry = list.find(path[at].serial);
                const bool taken_back =
                    list.delta && entry && entry->reason == x509::revocation_reason::remove_from_crl;
                HOLDS(covered == 0 || !entry || taken_back);
                if (!list.delta) reasons |= covered;
            }
            if (source == status_source::crl) HOLDS(reasons == x509::all_reasons);
        }
        promised = promised && who.staples_asked && rules.staples != staple_rule::ignore;
        const bool required = rules.staples == staple_rule::require && !without(path[0]);
        if (promised || required) HOLDS(found.sources[0] == status_source::staple);
    }

    void go_over(const x509::path_result& found) const {
        HOLDS(found.size >= 2 && found.size <= x509::max_path);
        const certificates path = read_path(found);
        std::size_t below = 0;
        for (std::size_t i = 0; i < path.size(); ++i) {
            const x509::certificate& it = path[i];
            HOLDS(it.valid_at(options.now) && !it.unknown_critical && it.allows(who.purpose));
            HOLDS(x509::strength_of_key(it) == x509::algorithm_strength::good);
            (void)without(it);
            if (i == 0) continue;
            HOLDS(x509::same_distinguished_name(path[i - 1].issuer, it.subject));
            HOLDS(crypto.took(it, path[i - 1].tbs));
            HOLDS(it.is_ca && it.allows(x509::key_usage::key_cert_sign));
            HOLDS(!it.path_length || below <= *it.path_length);
            for (std::size_t j = 0; j < i; ++j) {
                std::size_t budget = SIZE_MAX;
                if (j != 0 && path[j].self_issued()) continue;
                HOLDS(x509::check_name_constraints(it, path[j], budget).verdict == x509::constraint_verdict::allowed);
            }
            if (!it.self_issued()) ++below;
        }
        HOLDS(who.server_name.empty() || x509::matches_host(path[0], who.server_name));
        go_over_status(found, path);
    }

    void go_over_refusal(const x509::path_result& found) const {
        HOLDS(fault_of(errc_of(found.error)) == fault::peer && alert_for(errc_of(found.error)).has_value());
        if (found.error != path_error::revoked) return;
        const certificates path = read_path(found);
        bool told = stapled(path, found.at, x509::ocsp_status::revoked);
        for (const x509::crl& list : options.revocation.crls)
            told |= good_list(list, path, found.at) && x509::reasons_covered(list, path[found.at]) != 0 &&
                    list.find(path[found.at].serial).has_value();
        HOLDS(told);
    }
};

/// A certificate_list.
std::vector<std::uint8_t> list_of(const std::vector<bytes_view>& ders, const std::vector<bytes_view>& staples) {
    std::vector<std::uint8_t> list;
    const auto size = [&](std::size_t width, std::size_t value) {
        std::array<std::uint8_t, 3> bytes;
        store_be(bytes.data(), value, width);
        list.insert(list.end(), bytes.data(), bytes.data() + width);
    };
    for (std::size_t i = 0; i < ders.size(); ++i) {
        size(3, ders[i].size());
        list.insert(list.end(), ders[i].begin(), ders[i].end());
        const bytes_view staple = i < staples.size() ? staples[i] : bytes_view{};
        size(2, staple.empty() ? 0 : staple.size() + 8);
        if (staple.empty()) continue;
        list.insert(list.end(), {0, 5});  // status_request
        size(2, staple.size() + 4);
        list.push_back(1);  // ocsp
        size(3, staple.size());
        list.insert(list.end(), staple.begin(), staple.end());
    }
    return list;
}

bool same_finding(const x509::path_result& a, const x509::path_result& b) {
    const auto same = [](bytes_view one, bytes_view other) {
        return one.data() == other.data() && one.size() == other.size();
    };
    return a.error == b.error && a.size == b.size && a.at == b.at && a.sources == b.sources && same(a.name, b.name) &&
           a.status.time == b.status.time && std::equal(a.path.begin(), a.path.end(), b.path.begin(), same);
}

}  // namespace

/// What, day, one or two roots, the chain up to an empty certificate; then how revocation is looked into, an OCSP
/// response or nothing for each certificate of the chain, and CRLs. Everything has its length.
FUZZ_TARGET(path) {
    fuzz::script in(input);
    constexpr std::string_view hosts[]{"", "leaf.example", "a.wild.example", "127.0.0.1", "localhost"};
    const std::uint8_t choice = in.u8();
    x509::path_options options{.now = fuzz::some_day(in), .signatures = 20, .candidates = 100};
    if ((choice & 0x40) != 0) options.profile = x509::profile::private_pki;
    std::vector<x509::trust_store::entry> index(2);
    x509::trust_store roots(index);
    for (int i = 1 + (choice >> 5 & 1); i > 0; --i) (void)roots.add(in.take(in.u16()));

    std::vector<bytes_view> ders, staples;
    for (std::size_t size = 0; !in.empty() && size < 60000; size += ders.back().size()) {
        const bytes_view der = in.take(in.u16());
        if (der.empty()) break;
        ders.push_back(der);
    }
    const std::uint8_t how = in.u8();
    constexpr staple_rule staple_rules[]{staple_rule::check, staple_rule::require, staple_rule::ignore};
    constexpr crl_rule crl_rules[]{crl_rule::where_known, crl_rule::end_entity, crl_rule::whole_path};
    options.revocation = {.staples = staple_rules[(how & 3) % 3], .lookup = crl_rules[(how >> 2 & 3) % 3]};
    for (std::size_t i = 0; i < ders.size(); ++i) staples.push_back(in.take(std::min<std::size_t>(in.u16(), 60000)));
    std::vector<x509::crl> lists;
    while (!in.empty() && lists.size() < 4) {
        x509::crl list;
        if (x509::parse_crl(in.take(in.u16()), list) == errc::none) lists.push_back(list);
    }
    options.revocation.crls = lists;

    const std::vector<std::uint8_t> list = list_of(ders, staples);
    x509::peer who{x509::chain_view(list), hosts[(choice & 0x1f) % std::size(hosts)],
                   (choice & 0x80) != 0 ? x509::key_purpose::client_auth : x509::key_purpose::server_auth};
    HOLDS(who.chain.well_formed());
    who.staples_asked = (how & 0x10) != 0;
    const fuzz::remembering_verifier crypto;
    const x509::path_result found = roots.examine(crypto, who, options);
    HOLDS(crypto.signatures <= options.signatures);
    HOLDS(found.at < found.size || found.size == 0);
    const asked question{who, options, crypto};
    if (found.good())
        question.go_over(found);
    else
        question.go_over_refusal(found);

    const fuzz::remembering_verifier again;
    HOLDS(same_finding(roots.examine(again, who, options), found) && again.signatures == crypto.signatures);
    // Nobody is accepted because of what is known of revocation.
    x509::path_options without = options;
    without.revocation = {.staples = staple_rule::ignore};
    HOLDS(!found.good() || roots.examine(again, who, without).good());

    std::array<char, 512> room;
    const std::size_t size = x509::render(found, who, room);
    for (std::size_t i = 0; i < size && i < room.size(); ++i)
        HOLDS(room[i] == '\n' || (room[i] >= 0x20 && room[i] < 0x7f));
}
