// Keys of ML-DSA as libcrypto makes them from OpenSSL 3.5 on, in all their forms (RFC 9881). Test code: slow, and it
// may throw.
#pragma once

#include <cstdint>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <spantls/providers/openssl/ml_dsa.hpp>

#include "support/oracle.hpp"
#include "support/signing.hpp"
#include "x509/builder.hpp"

namespace test {

/// SEQUENCE { id-ml-dsa-44, -65 or -87 }
inline bytes ml_dsa_algorithm(spantls::signature_scheme scheme) {
    const auto last = static_cast<std::uint8_t>(17 + static_cast<unsigned>(scheme) -
                                                static_cast<unsigned>(spantls::signature_scheme::mldsa44));
    return sequence({{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last}});
}

struct ml_dsa_key {
    spantls::libcrypto::ml_dsa_set set;
    oracle::key key;

    explicit ml_dsa_key(const spantls::libcrypto::ml_dsa_set& of)
        : set(of), key(EVP_PKEY_Q_keygen(nullptr, nullptr, of.name), &EVP_PKEY_free) {
        oracle::must(key != nullptr);
    }
    bytes seed() const { return part("seed", 32); }
    bytes expanded() const { return part("priv", set.expanded_size); }
    bytes public_key() const { return part("pub", set.key_size); }
    bytes spki() const { return sequence({ml_dsa_algorithm(set.scheme), bit_string(public_key())}); }
    /// PKCS#8 around one form of an ML-DSA-44-PrivateKey, or of its like.
    bytes pkcs8(const bytes& form) const { return sequence({{2, 1, 0}, ml_dsa_algorithm(set.scheme), tlv(4, form)}); }
    bytes sign(const bytes& message) const { return oracle::sign(key, nullptr, message); }

    /// What `draft` says, but for this key of the subject, and signed by `issuer`.
    bytes certify(draft it, const ml_dsa_key& issuer) const {
        it.spki = spki();
        it.algorithm = it.outer_algorithm = ml_dsa_algorithm(issuer.set.scheme);
        return sequence({it.tbs(), it.outer_algorithm, bit_string(issuer.sign(it.tbs()))});
    }

private:
    bytes part(const char* name, std::size_t size) const {
        bytes out(size);
        std::size_t got = 0;
        oracle::must(EVP_PKEY_get_octet_string_param(key.get(), name, out.data(), out.size(), &got) == 1 &&
                     got == size);
        return out;
    }
};

}  // namespace test
