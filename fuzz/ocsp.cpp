// An OCSP response about any certificate of any issuer, at any time. Signatures are right unless they are empty.
#include <spantls/x509/ocsp_check.hpp>

#include "support/target.hpp"
#include "support/x509.hpp"

namespace {

using namespace spantls;
using x509::path_error;

void check_parts(const x509::ocsp_response& it, bytes_view der) {
    for (const bytes_view part : {it.tbs, it.responder_name, it.responder_key, it.singles, it.signature_algorithm.oid,
                                  it.signature_algorithm.parameters, it.signature, it.certificates})
        HOLDS(fuzz::inside(part, der));
    HOLDS(fuzz::inside(it.singles, it.tbs) && (it.responder_name.empty() || it.responder_key.empty()));
    x509::ocsp_response other;
    HOLDS(x509::parse_ocsp_response(der.first(der.size() - 1), other) == errc::bad_staple);
}

}  // namespace

FUZZ_TARGET(ocsp) {
    fuzz::script in(input);
    const std::uint8_t choice = in.u8();
    const std::int64_t now = fuzz::some_day(in);
    const bytes_view leaf = in.take(in.u16()), above = in.take(in.u16()), response = in.rest();

    x509::ocsp_response read;
    const errc error = x509::parse_ocsp_response(response, read);
    HOLDS(error == errc::none || error == errc::bad_staple);
    if (error == errc::none && read.answer == x509::ocsp_answer::successful) check_parts(read, response);

    x509::certificate it, issuer;
    if (x509::parse_certificate(leaf, it) != errc::none || x509::parse_certificate(above, issuer) != errc::none) return;
    const fuzz::counting_verifier crypto;
    const std::size_t most = choice & 15;
    std::size_t budget = most;
    const x509::status_finding found = x509::check_ocsp_response(crypto, response, it, issuer, now, budget);
    HOLDS(crypto.signatures == most - budget && crypto.signatures <= 1 + 2 * x509::max_responder_certificates);
    switch (errc_of(found.error)) {
        case errc::none:
            HOLDS(error == errc::none && !read.unknown_critical && !read.signature.empty() && crypto.signatures > 0);
            HOLDS(fuzz::says(read, it.serial, x509::ocsp_status::good, now));
            break;
        case errc::certificate_revoked:
            HOLDS(error == errc::none && !read.signature.empty());
            HOLDS(fuzz::says(read, it.serial, x509::ocsp_status::revoked, now));
            break;
        case errc::certificate_unknown: HOLDS(found.error == path_error::too_much_work && budget == 0); break;
        default: HOLDS(errc_of(found.error) == errc::bad_staple);
    }
}
