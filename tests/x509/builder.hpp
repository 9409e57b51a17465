// Certificates made to order, and those that were found or made elsewhere.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sodium.h>

#include <spantls/base/bytes.hpp>

#include "support/vectors.hpp"

namespace test {

using bytes = buffer;

inline bytes operator+(bytes a, const bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline bytes text(std::string_view letters) { return bytes(letters.begin(), letters.end()); }

inline bytes tlv(std::uint8_t tag, const bytes& body) {
    bytes length;
    for (std::size_t rest = body.size(); rest != 0; rest >>= 8)
        length.insert(length.begin(), static_cast<std::uint8_t>(rest));
    if (body.size() < 0x80)
        length = {static_cast<std::uint8_t>(body.size())};
    else
        length.insert(length.begin(), static_cast<std::uint8_t>(0x80 | length.size()));
    return bytes{tag} + length + body;
}
inline bytes sequence(std::initializer_list<bytes> parts) {
    bytes all;
    for (const bytes& part : parts) all = all + part;
    return tlv(0x30, all);
}
inline bytes bit_string(const bytes& whole_bytes) { return tlv(3, bytes{0} + whole_bytes); }
inline bytes utc(std::string_view time) { return tlv(0x17, text(time)); }

/// A distinguished name of one common name; empty for an empty one.
inline bytes name(std::string_view common_name) {
    if (common_name.empty()) return sequence({});
    return sequence({tlv(0x31, sequence({{6, 3, 0x55, 4, 3}, tlv(0x0c, text(common_name))}))});
}

inline bytes extension(std::uint8_t id, bool critical, const bytes& value) {
    return sequence({{6, 3, 0x55, 0x1d, id}, critical ? bytes{1, 1, 0xff} : bytes{}, tlv(4, value)});
}
inline bytes basic_constraints(bool ca, std::optional<std::uint8_t> path_length = {}) {
    const bytes length = path_length ? bytes{2, 1, *path_length} : bytes{};
    return extension(19, true, sequence({ca ? bytes{1, 1, 0xff} : bytes{}, length}));
}
inline bytes key_usage(std::uint8_t unused, std::uint8_t bits) { return extension(15, true, {3, 2, unused, bits}); }
inline bytes digital_signature() { return key_usage(7, 0x80); }
inline bytes key_cert_sign() { return key_usage(2, 0x04); }
/// 1: serverAuth, 2: clientAuth, 3: codeSigning
inline bytes extended_key_usage(std::uint8_t purpose) {
    return extension(37, false, sequence({{6, 8, 0x2b, 6, 1, 5, 5, 7, 3, purpose}}));
}
inline bytes dns(std::string_view host) { return tlv(0x82, text(host)); }
inline bytes subject_alt_name(std::initializer_list<bytes> names) { return extension(17, false, sequence(names)); }

inline bytes ed25519_algorithm() { return sequence({{6, 3, 0x2b, 0x65, 0x70}}); }

/// An Ed25519 key that belongs to a name, always the same.
struct key_pair {
    bytes public_key = bytes(crypto_sign_PUBLICKEYBYTES);
    bytes secret_key = bytes(crypto_sign_SECRETKEYBYTES);

    explicit key_pair(std::string_view of) {
        if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
        std::uint8_t seed[crypto_sign_SEEDBYTES];
        crypto_generichash(seed, sizeof seed, reinterpret_cast<const std::uint8_t*>(of.data()), of.size(), nullptr, 0);
        crypto_sign_seed_keypair(public_key.data(), secret_key.data(), seed);
    }
    bytes spki() const { return sequence({ed25519_algorithm(), bit_string(public_key)}); }
    bytes sign(const bytes& message) const {
        bytes signature(crypto_sign_BYTES);
        crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_key.data());
        return signature;
    }
};

/// A certificate before it is signed, every part in DER.
struct draft {
    bytes version = {0xa0, 3, 2, 1, 2};
    bytes serial = {2, 1, 1};
    bytes algorithm = ed25519_algorithm();
    bytes issuer;
    bytes validity = sequence({utc("200101000000Z"), utc("400101000000Z")});
    bytes subject;
    bytes spki;
    bytes unique_ids;
    std::vector<bytes> extensions;
    std::string signer;
    bytes outer_algorithm = ed25519_algorithm();

    /// Keys go by the names of their owners.
    draft(std::string_view subject_name, std::string_view issuer_name)
        : issuer(name(issuer_name)),
          subject(name(subject_name)),
          spki(key_pair(subject_name).spki()),
          signer(issuer_name) {}

    draft with(bytes extension) const {
        draft more = *this;
        more.extensions.push_back(std::move(extension));
        return more;
    }
    bytes tbs() const {
        bytes all;
        for (const bytes& one : extensions) all = all + one;
        return sequence({version, serial, algorithm, issuer, validity, subject, spki, unique_ids,
                         extensions.empty() ? bytes{} : tlv(0xa3, tlv(0x30, all))});
    }
    bytes der() const { return sequence({tbs(), outer_algorithm, bit_string(key_pair(signer).sign(tbs()))}); }
};

/// In 2020 to 2040, the time of validity of a draft: 1 January 2030.
inline constexpr std::int64_t year_2030 = 1893456000;

inline draft ca(std::string_view subject, std::string_view issuer, std::optional<std::uint8_t> path_length = {}) {
    return draft(subject, issuer).with(basic_constraints(true, path_length)).with(key_cert_sign());
}
inline draft leaf(std::string_view subject, std::string_view issuer) {
    return draft(subject, issuer).with(digital_signature()).with(subject_alt_name({dns("leaf.example")}));
}

/// A certificate_list, entries without extensions.
inline bytes certificate_list(const std::vector<bytes>& certificates) {
    bytes list;
    for (const bytes& der : certificates) {
        std::uint8_t length[3];
        spantls::store_be(length, der.size(), 3);
        list = list + bytes(length, length + 3) + der + bytes{0, 0};
    }
    return list;
}

/// A file of support/make_certs.
inline bytes made_file(const std::string& file) {
    const char* directory = std::getenv("SPANTLS_TEST_CERTS");
    if (directory == nullptr) throw std::runtime_error("SPANTLS_TEST_CERTS is not set; see tests/support/make_certs");
    return load_bytes(std::filesystem::path(directory) / file);
}
/// NAME.crt.der.
inline bytes made_certificate(const std::string& certificate) { return made_file(certificate + ".crt.der"); }
inline constexpr const char* made_names[] = {
    "localhost", "p256",   "p384",   "rsa",     "ca",         "intermediate",
    "direct",    "server", "client", "expired", "wrong-name", "no-digital-signature",
};

/// What stands between the first BEGIN CERTIFICATE and its END; empty without one, or when it is not base64.
inline bytes from_pem(std::string_view pem) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----", end = "-----END CERTIFICATE-----";
    const std::size_t start = pem.find(begin);
    const std::size_t stop = pem.find(end, start == pem.npos ? 0 : start);
    if (start == pem.npos || stop == pem.npos) return {};
    const std::string_view body = pem.substr(start + begin.size(), stop - start - begin.size());
    bytes der(body.size());
    std::size_t size = 0;
    if (sodium_base642bin(der.data(), der.size(), body.data(), body.size(), " \r\n", &size, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return {};
    der.resize(size);
    return der;
}

}  // namespace test
