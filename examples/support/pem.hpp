// Certificates and Ed25519 keys out of PEM files; hashes and hexadecimal for people.
#pragma once

#include <sodium.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/pins.hpp>

namespace examples {

using byte_vector = std::vector<std::uint8_t>;

/// What stands in the blocks of a PEM file that are called `label`.
inline std::vector<byte_vector> read_pem(const std::string& path, const std::string& label) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const std::string begin = "-----BEGIN " + label + "-----", end = "-----END " + label + "-----";
    std::vector<byte_vector> blocks;
    for (std::size_t at = 0; (at = text.find(begin, at)) != text.npos;) {
        at += begin.size();
        const std::size_t stop = text.find(end, at);
        if (stop == text.npos) break;
        byte_vector block(stop - at);
        std::size_t size = 0;
        if (sodium_base642bin(block.data(), block.size(), text.data() + at, stop - at, " \r\n", &size, nullptr,
                              sodium_base64_VARIANT_ORIGINAL) != 0)
            throw std::runtime_error(path + ": this is not base64");
        block.resize(size);
        blocks.push_back(block);
    }
    if (blocks.empty()) throw std::runtime_error(path + ": no " + label + " in it");
    return blocks;
}

/// The seed of an Ed25519 key in a PKCS #8 file (RFC 8410): what stands behind a fixed prefix.
inline spantls::sodium::ed25519_key read_ed25519_key(const std::string& path) {
    static constexpr std::uint8_t prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                              0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    byte_vector der = read_pem(path, "PRIVATE KEY").front();
    if (der.size() != sizeof prefix + 32 ||
        !spantls::equal_bytes(spantls::bytes_view(der).first(sizeof prefix), prefix))
        throw std::runtime_error(path + ": not an Ed25519 key");
    spantls::sodium::ed25519_key key(spantls::bytes_view(der).subspan<sizeof prefix, 32>());
    spantls::wipe(der);
    return key;
}

/// A certificate chain and its key, as they lie in two files.
struct certificate_and_key {
    certificate_and_key(const std::string& certificate_file, const std::string& key_file)
        : certificates(read_pem(certificate_file, "CERTIFICATE")), key(read_ed25519_key(key_file)) {
        for (const byte_vector& der : certificates) chain.emplace_back(der);
    }
    std::vector<byte_vector> certificates;
    std::vector<spantls::bytes_view> chain;
    spantls::sodium::ed25519_key key;
};

inline std::string hex(spantls::bytes_view data) {
    std::string text(2 * data.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), data.data(), data.size());
    text.pop_back();
    return text;
}

/// SHA-256 of a certificate's SubjectPublicKeyInfo: what one pins.
inline std::string spki_hash_of(spantls::bytes_view der) {
    spantls::x509::certificate parsed;
    if (spantls::x509::parse_certificate(der, parsed) != spantls::errc::none) return "(not a certificate)";
    return hex(spantls::x509::hash_spki<spantls::sodium>(parsed));
}

inline spantls::x509::spki_hash read_spki_hash(const std::string& text) {
    spantls::x509::spki_hash hash{};
    std::size_t size = 0;
    if (sodium_hex2bin(hash.data(), hash.size(), text.data(), text.size(), ":", &size, nullptr) != 0 ||
        size != hash.size())
        throw std::runtime_error("a pin is a SHA-256 hash of 64 hexadecimal digits");
    return hash;
}

}  // namespace examples
