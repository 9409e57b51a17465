// What OpenSSL thinks of a certificate.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "support/oracle.hpp"
#include "x509/builder.hpp"

namespace test {

struct x509_free {
    void operator()(X509* it) const { X509_free(it); }
};
using openssl_certificate = std::unique_ptr<X509, x509_free>;

/// Null when OpenSSL does not take it for a certificate and nothing else.
inline openssl_certificate openssl_parse(const bytes& der) {
    const unsigned char* at = der.data();
    openssl_certificate it(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (it && at != der.data() + der.size()) it.reset();
    return it;
}

inline bytes content_of(const ASN1_STRING* value) {
    const unsigned char* data = ASN1_STRING_get0_data(value);
    return bytes(data, data + ASN1_STRING_length(value));
}

inline std::int64_t seconds_of(const ASN1_TIME* time) {
    std::tm fields{};
    ASN1_TIME_to_tm(time, &fields);
    return timegm(&fields);
}

}  // namespace test
