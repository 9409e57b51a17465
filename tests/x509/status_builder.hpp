// CRLs and OCSP responses made to order, as builder.hpp makes certificates.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <spantls/x509/sha1_identifier.hpp>

#include "x509/builder.hpp"

namespace test {

inline bytes generalized(std::string_view time) { return tlv(0x18, text(time)); }
inline bytes octets(const bytes& body) { return tlv(4, body); }
inline bytes sha1_of(const bytes& of) {
    const auto hash = spantls::x509::identify_by_sha1(of);
    return bytes(hash.begin(), hash.end());
}
inline bytes sha1_algorithm() { return sequence({{6, 5, 0x2b, 0x0e, 3, 2, 0x1a}, {5, 0}}); }
inline bytes sha256_algorithm() { return sequence({{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1}}); }

/// A CRL before it is signed, every part in DER.
struct crl_draft {
    bytes version = {2, 1, 1};
    bytes algorithm = ed25519_algorithm();
    bytes issuer;
    bytes this_update = utc("291201000000Z");
    bytes next_update = utc("300201000000Z");
    std::vector<bytes> entries;
    std::vector<bytes> extensions = {extension(20, false, {2, 1, 7})};
    std::string signer;
    bytes outer_algorithm = ed25519_algorithm();

    explicit crl_draft(std::string_view of) : issuer(name(of)), signer(of) {}

    static bytes entry(const bytes& serial, const bytes& entry_extensions = {}) {
        return sequence(
            {serial, utc("291115120000Z"), entry_extensions.empty() ? bytes{} : sequence({entry_extensions})});
    }
    static bytes reason(std::uint8_t number) { return extension(21, false, {0x0a, 1, number}); }

    crl_draft listing(const bytes& serial, const bytes& entry_extensions = {}) const {
        crl_draft more = *this;
        more.entries.push_back(entry(serial, entry_extensions));
        return more;
    }
    crl_draft with(bytes extension) const {
        crl_draft more = *this;
        more.extensions.push_back(std::move(extension));
        return more;
    }
    bytes tbs() const {
        bytes row, all;
        for (const bytes& one : entries) row = row + one;
        for (const bytes& one : extensions) all = all + one;
        return sequence({version, algorithm, issuer, this_update, next_update, row.empty() ? bytes{} : tlv(0x30, row),
                         extensions.empty() ? bytes{} : tlv(0xa0, tlv(0x30, all))});
    }
    bytes der() const { return sequence({tbs(), outer_algorithm, bit_string(key_pair(signer).sign(tbs()))}); }
};

/// An OCSP response before it is signed, every part in DER: about the certificate of builder.hpp's serial number.
struct ocsp_draft {
    bytes answer = {0x0a, 1, 0};
    bytes type = {6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1};
    bytes version;
    bytes responder;
    bytes produced_at = generalized("20291201000000Z");
    bytes singles;
    bytes extensions;
    bytes algorithm = ed25519_algorithm();
    std::string signer;
    std::vector<bytes> certificates;

    /// Of this CA, about the certificate with that serial number: good.
    explicit ocsp_draft(std::string_view ca, const bytes& serial = {2, 1, 1})
        : singles(single(ca, serial)), signer(ca) {
        responder = by_name(ca);
    }
    static bytes good() { return {0x80, 0}; }
    static bytes unknown() { return {0x82, 0}; }
    static bytes revoked(std::optional<std::uint8_t> reason = {}) {
        return tlv(0xa1, generalized("20291115120000Z") + (reason ? tlv(0xa0, {0x0a, 1, *reason}) : bytes{}));
    }
    static bytes by_name(std::string_view who) { return tlv(0xa1, name(who)); }
    static bytes by_key(std::string_view who) { return tlv(0xa2, octets(sha1_of(key_pair(who).public_key))); }
    static bytes id(std::string_view ca, const bytes& serial) {
        return sequence(
            {sha1_algorithm(), octets(sha1_of(name(ca))), octets(sha1_of(key_pair(ca).public_key)), serial});
    }
    static bytes until(std::string_view time) { return tlv(0xa0, generalized(time)); }
    static bytes single(std::string_view ca, const bytes& serial, const bytes& status = good(),
                        std::string_view from = "20291230000000Z", std::string_view to = "20300106000000Z") {
        return sequence({id(ca, serial), status, generalized(from), to.empty() ? bytes{} : until(to)});
    }
    ocsp_draft saying(const bytes& all_singles) const {
        ocsp_draft other = *this;
        other.singles = all_singles;
        return other;
    }
    /// Signed by somebody else, whose certificate is in the response.
    ocsp_draft signed_by(std::string_view delegate, const bytes& certificate) const {
        ocsp_draft other = *this;
        other.signer = delegate;
        other.responder = by_name(delegate);
        other.certificates.push_back(certificate);
        return other;
    }
    bytes tbs() const {
        return sequence({version, responder, produced_at, tlv(0x30, singles),
                         extensions.empty() ? bytes{} : tlv(0xa1, tlv(0x30, extensions))});
    }
    bytes basic() const {
        bytes all;
        for (const bytes& one : certificates) all = all + one;
        return sequence({tbs(), algorithm, bit_string(key_pair(signer).sign(tbs())),
                         all.empty() ? bytes{} : tlv(0xa0, tlv(0x30, all))});
    }
    bytes der() const { return sequence({answer, tlv(0xa0, sequence({type, octets(basic())}))}); }
};

/// A certificate for answering in the place of `ca`.
inline draft delegate(std::string_view subject, std::string_view ca) {
    return draft(subject, ca).with(digital_signature()).with(extended_key_usage(9));
}

/// A certificate_list in which certificates have OCSP responses beside them, or none.
inline bytes stapled_list(const std::vector<bytes>& certificates, const std::vector<bytes>& staples) {
    const auto sized = [](std::size_t width, const bytes& body) {
        bytes size(width);
        spantls::store_be(size.data(), body.size(), width);
        return size + body;
    };
    bytes list;
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const bytes staple = i < staples.size() ? staples[i] : bytes{};
        // CertificateStatus { ocsp(1), OCSPResponse } in the extension status_request(5)
        const bytes shown = staple.empty() ? bytes{} : bytes{0, 5} + sized(2, bytes{1} + sized(3, staple));
        list = list + sized(3, certificates[i]) + sized(2, shown);
    }
    return list;
}

}  // namespace test
