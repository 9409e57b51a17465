// Certificates, names, and the judges: root, leaf and others, each with its length, and what asks about them.
// Signatures are right unless they are empty, so that a fuzzer gets past them.
#include <array>
#include <string_view>
#include <vector>

#include <spantls/x509/own_ca.hpp>
#include <spantls/x509/pins.hpp>

#include "support/null_provider.hpp"
#include "support/target.hpp"
#include "support/x509.hpp"

namespace {

using namespace spantls;
using x509::certificate;

constexpr std::string_view hosts[]{"",    "leaf.example", "a.wild.example",  "127.0.0.1",
                                   "::1", "localhost",    "a.b.wild.example"};

void check_certificate(bytes_view der) {
    certificate it;
    const errc error = x509::parse_certificate(der, it);
    HOLDS(error == errc::none || error == errc::bad_certificate || error == errc::unsupported_certificate);
    if (error != errc::none) return;
    for (const bytes_view part :
         {it.der, it.tbs, it.serial, it.issuer, it.subject, it.spki, it.key_algorithm.oid, it.key_algorithm.parameters,
          it.public_key, it.signature_algorithm.oid, it.signature_algorithm.parameters, it.signature,
          it.extended_key_usage, it.subject_alt_name, it.name_constraints, it.subject_key_id, it.authority_key_id,
          it.authority_key_issuer, it.authority_key_serial})
        HOLDS(fuzz::inside(part, der));
    HOLDS(fuzz::inside(it.public_key, it.spki) && fuzz::inside(it.spki, it.tbs) && !it.serial.empty() &&
          it.issuer.size() > 2);
    // Nothing of a certificate is optional at its end.
    certificate other;
    HOLDS(x509::parse_certificate(der.first(der.size() - 1), other) != errc::none);

    for (const signature_scheme scheme : x509::schemes_for(it)) HOLDS(x509::key_fits(scheme, it));
    HOLDS(it.allows(x509::key_usage::digital_signature) || x509::schemes_for(it).empty());
    if (it.extended_key_usage.empty())
        HOLDS(it.allows(x509::key_purpose::server_auth) && it.allows(x509::key_purpose::client_auth));
    std::size_t names = 0;
    for (x509::der_reader row(it.subject_alt_name); !row.empty(); ++names) {
        const x509::general_name name = x509::next_name(row);
        HOLDS(!row.failed() && fuzz::inside(name.value, it.subject_alt_name));
        if (name.kind != x509::name_kind::dns_name) continue;
        // A name that may be asked for is found.
        const std::string_view text = as_text(name.value);
        if (text.find('*') == std::string_view::npos && !text.empty() && x509::parse_ip_address(text).size == 0)
            HOLDS(x509::matches_host(it, text));
    }
    for (const std::string_view host : hosts) HOLDS(!x509::matches_host(it, host) || names > 0);
}

/// An independent way to say what own_ca accepts: is there a way up from `below` to the root? `depth` intermediates
/// that are not self-issued are below.
bool leads_to_root(const certificate& below, const certificate& root, const std::vector<certificate>& others,
                   std::vector<bool>& used, std::size_t depth) {
    const auto may_issue = [&](const certificate& issuer) {
        const bool algorithm = equal_bytes(below.signature_algorithm.oid, x509::detail::oid::ed25519) &&
                               below.signature_algorithm.parameters.empty();
        return equal_bytes(below.issuer, issuer.subject) && algorithm && !below.signature.empty() &&
               (!issuer.path_length || depth <= *issuer.path_length);
    };
    if (may_issue(root)) return true;
    for (std::size_t i = 0; i < others.size(); ++i) {
        if (used[i] || !may_issue(others[i])) continue;
        used[i] = true;
        const bool self_issued = equal_bytes(others[i].issuer, others[i].subject);
        if (leads_to_root(others[i], root, others, used, depth + (self_issued ? 0 : 1))) return true;
        used[i] = false;
    }
    return false;
}

bool good_ca(const certificate& it) {
    return !it.unknown_critical && it.name_constraints.empty() && it.is_ca &&
           it.allows(x509::key_usage::key_cert_sign) && x509::key_type_of(it) == x509::key_type::ed25519;
}

}  // namespace

FUZZ_TARGET(x509) {
    fuzz::script in(input);
    const std::uint8_t choice = in.u8();
    const std::int64_t now = fuzz::some_day(in);
    const bytes_view root = in.take(in.u16());

    // The list is what would be in a Certificate message: it has been well formed when a judge sees it.
    std::vector<std::uint8_t> list;
    std::vector<bytes_view> ders;
    while (!in.empty() && ders.size() < 7) {
        const bytes_view der = in.take(in.u16());
        if (der.empty()) break;
        ders.push_back(der);
        std::array<std::uint8_t, 3> size;
        store_be(size.data(), der.size(), 3);
        list.insert(list.end(), size.begin(), size.end());
        list.insert(list.end(), der.begin(), der.end());
        list.insert(list.end(), {0, 0});
    }
    check_certificate(root);
    for (const bytes_view der : ders) check_certificate(der);
    HOLDS(x509::chain_view(list).well_formed());

    const x509::peer who{x509::chain_view(list), hosts[choice % std::size(hosts)],
                         (choice & 0x80) != 0 ? x509::key_purpose::client_auth : x509::key_purpose::server_auth};
    const test::null_provider crypto;
    const x509::own_ca ca(root);
    const x509::verdict verdict = ca.judge(crypto, who, now);
    HOLDS(verdict.accepted() || (fault_of(verdict.error()) == fault::peer && alert_for(verdict.error()).has_value()));
    HOLDS(!verdict.accepted() || ca.error() == errc::none);

    certificate leaf;
    bool acceptable = !ders.empty() && x509::parse_certificate(ders[0], leaf) == errc::none;
    HOLDS(acceptable || !verdict.accepted());
    const x509::pinned_certificate pin(ders.empty() ? bytes_view{} : ders[0]);
    HOLDS(pin.judge(who).accepted() == !ders.empty());
    if (!acceptable) return;
    const bool signs = leaf.allows(x509::key_usage::digital_signature);
    HOLDS(x509::pinned_spki(x509::hash_spki<test::null_provider>(leaf)).judge(crypto, who).accepted() == signs);

    // Who is accepted, and nobody else.
    certificate top;
    std::vector<certificate> others;
    acceptable = x509::parse_certificate(root, top) == errc::none && good_ca(top) && top.valid_at(now) && signs &&
                 !leaf.unknown_critical && leaf.allows(who.purpose) && leaf.valid_at(now) &&
                 (who.server_name.empty() || x509::matches_host(leaf, who.server_name));
    std::size_t intermediates = 0;
    for (std::size_t i = 1; i < ders.size(); ++i) {
        if (equal_bytes(ders[i], root)) continue;
        ++intermediates;
        certificate it;
        const bool usable = x509::parse_certificate(ders[i], it) == errc::none && good_ca(it) &&
                            it.allows(who.purpose) && it.valid_at(now);
        if (usable) others.push_back(it);
    }
    std::vector<bool> used(others.size());
    acceptable =
        acceptable && intermediates <= x509::own_ca::max_intermediates && leads_to_root(leaf, top, others, used, 0);
    HOLDS(verdict.accepted() == acceptable);
}
