// The body of a CertificateRequest.
#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(certificate_request) {
    (void)fuzz::check_message(spantls::handshake_type::certificate_request, input, true);
}
