// A certificate chain and its key, of whatever kind libcrypto signs with.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <spantls/base/secret.hpp>
#include <spantls/providers/openssl.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/private_key.hpp>

#include "support/pem.hpp"

namespace examples {

/// As they lie in two PEM files: the own certificate first, and a key that belongs to it.
struct certificate_and_any_key {
    certificate_and_any_key(const std::string& certificate_file, const std::string& key_file)
        : certificates(read_pem(certificate_file, "CERTIFICATE")), key(read_key(key_file)) {
        for (const byte_vector& der : certificates) chain.emplace_back(der);
        spantls::x509::certificate own;
        if (parse_certificate(chain[0], own) != spantls::errc::none)
            throw std::runtime_error(certificate_file + ": not a certificate");
        if (!key.belongs_to(own.public_key))
            throw std::runtime_error(key_file + ": not the key of the first certificate in " + certificate_file);
    }
    std::vector<byte_vector> certificates;
    std::vector<spantls::bytes_view> chain;
    spantls::openssl::signing_key key;

private:
    static spantls::openssl::signing_key read_key(const std::string& path) {
        std::ifstream from(path, std::ios::binary);
        if (!from) throw std::runtime_error("cannot read " + path);
        std::string text(std::istreambuf_iterator<char>(from), {});
        byte_vector room(text.size());
        spantls::x509::private_key parsed;
        const spantls::errc error = read_private_key(text, room, parsed);
        spantls::openssl::signing_key made(parsed);
        spantls::wipe(room);
        spantls::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
        if (error != spantls::errc::none) throw std::runtime_error(path + ": " + std::string(describe(error)));
        if (!made) throw std::runtime_error(path + ": libcrypto does not take this key");
        return made;
    }
};

}  // namespace examples
