// What every verification of ECDSA is put through. V is how one curve is verified:
//
//   struct v {
//       using curve = spantls::portable::p256;
//       static bool verify(bytes_view key, bytes_view digest, bytes_view signature);
//   };
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/portable/ecdsa.hpp>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

namespace test::ecdsa {

using spantls::bytes_view;

template <class V>
inline constexpr std::size_t size = 8 * V::curve::prime::words.size();

template <class Words>
buffer bytes_of(const Words& words) {
    buffer out(8 * words.size());
    const auto limbs = spantls::portable::limbs_of<std::uint32_t>(words);
    spantls::portable::store(limbs.data(), out);
    return out;
}

inline buffer padded(const std::string& hex, std::size_t length) {
    const std::size_t digits = std::max(2 * length, hex.size() + hex.size() % 2);
    return unhex(std::string(digits - hex.size(), '0') + hex);
}

inline buffer point_of(const buffer& x, const buffer& y) {
    buffer point{4};
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    return point;
}

template <class V>
buffer generator() {
    using field = spantls::portable::residue<typename V::curve::prime, std::uint32_t>;
    buffer x(field::size), y(field::size);
    const auto limbs_x = field::from_form(V::curve::generator[0][0]).plain();
    const auto limbs_y = field::from_form(V::curve::generator[0][1]).plain();
    spantls::portable::store(limbs_x.data(), x);
    spantls::portable::store(limbs_y.data(), y);
    return point_of(x, y);
}

template <class V>
void check_wycheproof(const char* name, const EVP_MD* hash) {
    const auto file = shared_vectors(std::string("wycheproof/") + name);
    if (!file) return;
    const std::size_t cases = for_each_wycheproof(*file, [&](const auto& group, const auto& one) {
        const auto bytes = [](const nlohmann::json& text) { return unhex(text.get<std::string>()); };
        CHECK(V::verify(bytes(group["publicKey"]["uncompressed"]), oracle::digest(hash, bytes(one["msg"])),
                        bytes(one["sig"])) == (one["result"] == "valid"));
    });
    ran(name, cases);
}

template <class V>
std::size_t check_nist(const std::filesystem::path& file, const std::string& section, const EVP_MD* hash) {
    std::size_t cases = 0;
    for (const auto& record : load_response_file(file, section)) {
        if (record.count("Result") == 0) continue;
        const auto key = point_of(padded(record.at("Qx"), size<V>), padded(record.at("Qy"), size<V>));
        const auto signature = der_pair(padded(record.at("R"), 1), padded(record.at("S"), 1));
        INFO(section << ", R " << record.at("R"));
        CHECK(V::verify(key, oracle::digest(hash, unhex(record.at("Msg"))), signature) ==
              (record.at("Result")[0] == 'P'));
        ++cases;
    }
    return cases;
}

template <class V>
std::size_t check_nist_keys(const std::filesystem::path& file, const std::string& section) {
    std::size_t cases = 0;
    for (const auto& record : load_response_file(file, section)) {
        if (record.count("Result") == 0) continue;
        // 0 * G + 1 * Q for r = s = x of Q.
        const buffer x = padded(record.at("Qx"), size<V>), y = padded(record.at("Qy"), size<V>);
        INFO(section << ", x " << record.at("Qx"));
        CHECK(V::verify(point_of(x, y), {}, der_pair(x, x)) == (record.at("Result")[0] == 'P'));
        ++cases;
    }
    return cases;
}

/// NIST's signatures and public keys.
template <class P256, class P384>
void check_all_nist() {
    const auto file = debian_vectors("asymmetric/ECDSA/FIPS_186-3/SigVer.rsp");
    const auto keys = debian_vectors("asymmetric/ECDSA/FIPS_186-3/PKV.rsp");
    if (!file || !keys) return;
    std::size_t cases = 0;
    for (const auto& [name, hash] :
         {std::pair{",SHA-256", EVP_sha256()}, {",SHA-384", EVP_sha384()}, {",SHA-512", EVP_sha512()}}) {
        cases += check_nist<P256>(*file, std::string("P-256") + name, hash);
        cases += check_nist<P384>(*file, std::string("P-384") + name, hash);
    }
    ran("NIST SigVer of P-256 and P-384", cases);
    CHECK(cases == 90);
    cases = check_nist_keys<P256>(*keys, "P-256") + check_nist_keys<P384>(*keys, "P-384");
    ran("NIST PKV of P-256 and P-384", cases);
    CHECK(cases == 24);
}

template <class V>
void check_against_libcrypto(const char* name, unsigned seed) {
    seeded_stream random(seed);
    for (int i = 0; i < 60; ++i) {
        const oracle::key own = oracle::ec_key(name);
        const buffer key = oracle::public_bytes(own);
        buffer message(20);
        random.fill(message);
        const EVP_MD* const hash = i % 3 == 0 ? EVP_sha256() : i % 3 == 1 ? EVP_sha384() : EVP_sha512();
        buffer digest = oracle::digest(hash, message);
        buffer signature = oracle::sign(own, hash, message);
        REQUIRE(V::verify(key, digest, signature));
        digest[random.below(32)] ^= 4;
        CHECK_FALSE(V::verify(key, digest, signature));
        digest = oracle::digest(hash, message);
        signature[random.below(static_cast<unsigned>(signature.size()))] ^= 2;
        CHECK_FALSE(V::verify(key, digest, signature));
    }
}

template <class V>
void check_edges(const char* name) {
    const oracle::key own = oracle::ec_key(name);
    const buffer key = oracle::public_bytes(own), message(5, 'm');
    const buffer digest = oracle::digest(EVP_sha256(), message);
    const buffer signature = oracle::sign(own, EVP_sha256(), message);
    REQUIRE(V::verify(key, digest, signature));

    // The numbers: from 1 to the order less 1, so that r + n is another writing of r, but no signature.
    const spantls::portable::integer_pair read(signature);
    const buffer order = bytes_of(V::curve::order::words), zero(1);
    CHECK_FALSE(V::verify(key, digest, der_pair(order, read.second)));
    CHECK_FALSE(V::verify(key, digest, der_pair(read.first, order)));
    CHECK_FALSE(V::verify(key, digest, der_pair(zero, read.second)));
    CHECK_FALSE(V::verify(key, digest, der_pair(read.first, zero)));
    CHECK_FALSE(V::verify(key, digest, der_pair(buffer(size<V>, 0xff), read.second)));
    CHECK_FALSE(V::verify(key, digest, der_pair(buffer(2000, 0x55), read.second)));
    for (std::size_t length = 0; length < signature.size(); ++length)
        CHECK_FALSE(V::verify(key, digest, bytes_view(signature).first(length)));

    // The key: an uncompressed point, on the curve, with coordinates below the prime.
    for (std::size_t length = 0; length < key.size(); ++length)
        CHECK_FALSE(V::verify(bytes_view(key).first(length), digest, signature));
    buffer other = key;
    other.push_back(0);
    CHECK_FALSE(V::verify(other, digest, signature));
    for (unsigned form = 0; form < 256; ++form) {
        other = key;
        other[0] = static_cast<std::uint8_t>(form);
        CHECK(V::verify(other, digest, signature) == (form == 4));
    }
    other = key;
    other.back() ^= 1;
    CHECK_FALSE(V::verify(other, digest, signature));
    CHECK_FALSE(V::verify(buffer{0}, digest, signature));
    CHECK_FALSE(V::verify(point_of(buffer(size<V>), buffer(size<V>)), digest, signature));
    const buffer prime = bytes_of(V::curve::prime::words), none(size<V>);
    CHECK_FALSE(V::verify(point_of(prime, none), digest, signature));
    CHECK_FALSE(V::verify(point_of(none, prime), digest, signature));

    // With G as the key, r = s = x of G and a digest of zero: 0 * G + 1 * G, and its x is r.
    const buffer g = generator<V>();
    const bytes_view x = bytes_view(g).subspan(1, size<V>);
    CHECK(V::verify(g, none, der_pair(x, x)));
    // A digest equal to the order is zero; one more makes it another sum.
    CHECK(V::verify(g, order, der_pair(x, x)));
    buffer more = order;
    ++more.back();
    CHECK_FALSE(V::verify(g, more, der_pair(x, x)));
    // Digest -r: -1 * G + 1 * G, which is no point with an x.
    buffer negative(size<V>);
    unsigned borrow = 0;
    for (std::size_t i = size<V>; i-- > 0;) {
        const unsigned difference = 0x100U + order[i] - x[i] - borrow;
        negative[i] = static_cast<std::uint8_t>(difference);
        borrow = difference < 0x100 ? 1 : 0;
    }
    CHECK_FALSE(V::verify(g, negative, der_pair(x, x)));
    // Digest r: G + G, a doubling in the guise of a sum; x of 2G is not r.
    CHECK_FALSE(V::verify(g, x, der_pair(x, x)));
}

}  // namespace test::ecdsa
