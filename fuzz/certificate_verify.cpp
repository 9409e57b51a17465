// The body of a CertificateVerify, and what is signed.
#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(certificate_verify) {
    using namespace spantls;
    certificate_verify verify{};
    if (!fuzz::round_trip(input, verify)) return;
    HOLDS(fuzz::inside(verify.signature, input));
    signed_content content;
    const bytes_view hash = verify.signature.first(verify.signature.size() < 48 ? verify.signature.size() : 48);
    content.assign((input[0] & 1) != 0, hash);
    HOLDS(content.view().size() == 64 + 33 + 1 + hash.size() && equal_bytes(content.view().last(hash.size()), hash));
}
