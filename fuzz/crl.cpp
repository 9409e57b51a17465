// A CRL, and any certificate of any issuer that may be on it, at any time. Signatures are right unless they are empty.
#include <optional>

#include <spantls/x509/revocation.hpp>

#include "support/target.hpp"
#include "support/x509.hpp"

namespace {

using namespace spantls;
using x509::path_error;

/// Entry by entry.
std::optional<std::int64_t> date_of(const x509::crl& list, bytes_view serial) {
    std::optional<std::int64_t> found;
    for (x509::der_reader row(list.revoked); !row.empty();) {
        x509::der_reader entry(row.body(x509::der_tag::sequence));
        const bytes_view number = entry.integer();
        const std::int64_t date = entry.time();
        HOLDS(!row.failed() && !entry.failed() && fuzz::inside(number, list.revoked));
        if (!found && equal_bytes(number, serial)) found = date;
    }
    return found;
}

}  // namespace

FUZZ_TARGET(crl) {
    fuzz::script in(input);
    const std::uint8_t choice = in.u8();
    const std::int64_t now = fuzz::some_day(in);
    const bytes_view leaf = in.take(in.u16()), above = in.take(in.u16()), der = in.rest();

    x509::crl list;
    const errc error = x509::parse_crl(der, list);
    HOLDS(error == errc::none || error == errc::bad_certificate);
    if (error != errc::none) return;
    for (const bytes_view part : {list.der, list.tbs, list.issuer, list.revoked, list.authority_key_id,
                                  list.authority_key_issuer, list.authority_key_serial, list.distribution_point,
                                  list.signature_algorithm.oid, list.signature_algorithm.parameters, list.signature})
        HOLDS(fuzz::inside(part, der));
    HOLDS(fuzz::inside(list.revoked, list.tbs) && list.issuer.size() > 2);
    HOLDS((list.reasons & ~x509::all_reasons) == 0);
    x509::crl other;
    HOLDS(x509::parse_crl(der.first(der.size() - 1), other) == errc::bad_certificate);

    x509::certificate it, issuer;
    if (x509::parse_certificate(leaf, it) != errc::none || x509::parse_certificate(above, issuer) != errc::none) return;
    const std::optional<std::int64_t> listed = date_of(list, it.serial);
    const std::optional<x509::revocation> entry = list.find(it.serial);
    HOLDS(entry.has_value() == listed.has_value() && (!entry || entry->at == *listed));

    const fuzz::counting_verifier crypto;
    std::size_t budget = choice & 3;
    x509::revocation_options options;
    options.lookup = (choice & 0x40) != 0 ? x509::crl_rule::where_known : x509::crl_rule::end_entity;
    options.crls = {&list, 1};
    const x509::status_question asked{it,
                                      {&issuer, 1},
                                      {},
                                      true,
                                      false,
                                      now,
                                      (choice & 0x80) != 0 ? x509::profile::web_pki : x509::profile::private_pki};
    x509::status_source source{};
    const x509::status_finding found = x509::check_revocation(crypto, asked, options, budget, source);
    HOLDS(crypto.signatures <= 1);
    const bool usable = !list.unusable && list.this_update <= now && list.next_update && now <= *list.next_update &&
                        issuer.allows(x509::key_usage::crl_sign) && !list.signature.empty() &&
                        x509::same_distinguished_name(list.issuer, issuer.subject) &&
                        x509::same_distinguished_name(list.issuer, it.issuer);
    const std::uint16_t reasons = x509::reasons_covered(list, it);
    HOLDS((reasons & ~list.reasons) == 0);
    if (source == x509::status_source::crl) HOLDS(usable && !list.delta && !listed && reasons == x509::all_reasons);
    if (found.error == path_error::revoked) HOLDS(usable && listed && reasons != 0 && found.time == *listed);
    if (found.error == path_error::none && source != x509::status_source::crl)
        HOLDS(it.has(x509::extension_id::no_rev_avail) ||
              ((choice & 0x40) != 0 && !x509::same_distinguished_name(list.issuer, it.issuer)));
    HOLDS(source != x509::status_source::staple);
}
