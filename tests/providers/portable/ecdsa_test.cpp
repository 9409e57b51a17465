#include <spantls/providers/portable/ecdsa.hpp>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

namespace portable = spantls::portable;
namespace oracle = test::oracle;
using portable::p256;
using portable::p384;
using spantls::bytes_view;

namespace {

/// Limbs of 64 and of 32 bits agree.
template <class Curve>
bool verifies(bytes_view key, bytes_view digest, bytes_view signature) {
    const bool good = portable::ecdsa_verify<Curve>(key, digest, signature);
    CHECK(portable::ecdsa_verify<Curve, std::uint32_t>(key, digest, signature) == good);
    return good;
}

template <class Curve>
constexpr std::size_t size = 8 * Curve::prime::words.size();

template <class Words>
test::buffer bytes_of(const Words& words) {
    test::buffer out(8 * words.size());
    const auto limbs = portable::limbs_of<std::uint32_t>(words);
    portable::store(limbs.data(), out);
    return out;
}

test::buffer padded(const std::string& hex, std::size_t length) {
    const std::size_t digits = std::max(2 * length, hex.size() + hex.size() % 2);
    return test::unhex(std::string(digits - hex.size(), '0') + hex);
}

test::buffer point_of(const test::buffer& x, const test::buffer& y) {
    test::buffer point{4};
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    return point;
}

template <class Curve>
test::buffer generator() {
    using field = portable::residue<typename Curve::prime, std::uint32_t>;
    test::buffer x(field::size), y(field::size);
    const auto limbs_x = field::from_form(Curve::generator[0][0]).plain();
    const auto limbs_y = field::from_form(Curve::generator[0][1]).plain();
    portable::store(limbs_x.data(), x);
    portable::store(limbs_y.data(), y);
    return point_of(x, y);
}

template <class Curve>
void check_wycheproof(const char* name, const EVP_MD* hash) {
    const auto file = test::shared_vectors(std::string("wycheproof/") + name);
    if (!file) return;
    const std::size_t cases = test::for_each_wycheproof(*file, [&](const auto& group, const auto& one) {
        const auto bytes = [](const nlohmann::json& text) { return test::unhex(text.get<std::string>()); };
        CHECK(verifies<Curve>(bytes(group["publicKey"]["uncompressed"]), oracle::digest(hash, bytes(one["msg"])),
                              bytes(one["sig"])) == (one["result"] == "valid"));
    });
    test::ran(name, cases);
}

template <class Curve>
std::size_t check_nist(const std::filesystem::path& file, const std::string& section, const EVP_MD* hash) {
    std::size_t cases = 0;
    for (const auto& record : test::load_response_file(file, section)) {
        if (record.count("Result") == 0) continue;
        const auto key = point_of(padded(record.at("Qx"), size<Curve>), padded(record.at("Qy"), size<Curve>));
        const auto signature = test::der_pair(padded(record.at("R"), 1), padded(record.at("S"), 1));
        INFO(section << ", R " << record.at("R"));
        CHECK(verifies<Curve>(key, oracle::digest(hash, test::unhex(record.at("Msg"))), signature) ==
              (record.at("Result")[0] == 'P'));
        ++cases;
    }
    return cases;
}

template <class Curve>
void check_against_libcrypto(const char* name, unsigned seed) {
    test::seeded_stream random(seed);
    for (int i = 0; i < 60; ++i) {
        const oracle::key own = oracle::ec_key(name);
        const test::buffer key = oracle::public_bytes(own);
        test::buffer message(20);
        random.fill(message);
        const EVP_MD* const hash = i % 3 == 0 ? EVP_sha256() : i % 3 == 1 ? EVP_sha384() : EVP_sha512();
        test::buffer digest = oracle::digest(hash, message);
        test::buffer signature = oracle::sign(own, hash, message);
        REQUIRE(verifies<Curve>(key, digest, signature));
        digest[random.below(32)] ^= 4;
        CHECK_FALSE(verifies<Curve>(key, digest, signature));
        digest = oracle::digest(hash, message);
        signature[random.below(static_cast<unsigned>(signature.size()))] ^= 2;
        CHECK_FALSE(verifies<Curve>(key, digest, signature));
    }
}

template <class Curve>
void check_edges(const char* name) {
    const oracle::key own = oracle::ec_key(name);
    const test::buffer key = oracle::public_bytes(own), message(5, 'm');
    const test::buffer digest = oracle::digest(EVP_sha256(), message);
    const test::buffer signature = oracle::sign(own, EVP_sha256(), message);
    REQUIRE(verifies<Curve>(key, digest, signature));

    // The numbers: from 1 to the order less 1, so that r + n is another writing of r, but no signature.
    const portable::integer_pair read(signature);
    const test::buffer order = bytes_of(Curve::order::words), zero(1);
    CHECK_FALSE(verifies<Curve>(key, digest, test::der_pair(order, read.second)));
    CHECK_FALSE(verifies<Curve>(key, digest, test::der_pair(read.first, order)));
    CHECK_FALSE(verifies<Curve>(key, digest, test::der_pair(zero, read.second)));
    CHECK_FALSE(verifies<Curve>(key, digest, test::der_pair(read.first, zero)));
    CHECK_FALSE(verifies<Curve>(key, digest, test::der_pair(test::buffer(size<Curve>, 0xff), read.second)));
    CHECK_FALSE(verifies<Curve>(key, digest, test::der_pair(test::buffer(2000, 0x55), read.second)));
    for (std::size_t length = 0; length < signature.size(); ++length)
        CHECK_FALSE(verifies<Curve>(key, digest, bytes_view(signature).first(length)));

    // The key: an uncompressed point, on the curve, with coordinates below the prime.
    for (std::size_t length = 0; length < key.size(); ++length)
        CHECK_FALSE(verifies<Curve>(bytes_view(key).first(length), digest, signature));
    test::buffer other = key;
    other.push_back(0);
    CHECK_FALSE(verifies<Curve>(other, digest, signature));
    for (unsigned form = 0; form < 256; ++form) {
        other = key;
        other[0] = static_cast<std::uint8_t>(form);
        CHECK(verifies<Curve>(other, digest, signature) == (form == 4));
    }
    other = key;
    other.back() ^= 1;
    CHECK_FALSE(verifies<Curve>(other, digest, signature));
    CHECK_FALSE(verifies<Curve>(test::buffer{0}, digest, signature));
    CHECK_FALSE(verifies<Curve>(point_of(test::buffer(size<Curve>), test::buffer(size<Curve>)), digest, signature));
    const test::buffer prime = bytes_of(Curve::prime::words), none(size<Curve>);
    CHECK_FALSE(verifies<Curve>(point_of(prime, none), digest, signature));
    CHECK_FALSE(verifies<Curve>(point_of(none, prime), digest, signature));

    // With G as the key, r = s = x of G and a digest of zero: 0 * G + 1 * G, and its x is r.
    const test::buffer g = generator<Curve>();
    const bytes_view x = bytes_view(g).subspan(1, size<Curve>);
    CHECK(verifies<Curve>(g, none, test::der_pair(x, x)));
    // A digest equal to the order is zero; one more makes it another sum.
    CHECK(verifies<Curve>(g, order, test::der_pair(x, x)));
    test::buffer more = order;
    ++more.back();
    CHECK_FALSE(verifies<Curve>(g, more, test::der_pair(x, x)));
    // Digest -r: -1 * G + 1 * G, which is no point with an x.
    test::buffer negative(size<Curve>);
    unsigned borrow = 0;
    for (std::size_t i = size<Curve>; i-- > 0;) {
        const unsigned difference = 0x100U + order[i] - x[i] - borrow;
        negative[i] = static_cast<std::uint8_t>(difference);
        borrow = difference < 0x100 ? 1 : 0;
    }
    CHECK_FALSE(verifies<Curve>(g, negative, test::der_pair(x, x)));
    // Digest r: G + G, a doubling in the guise of a sum; x of 2G is not r.
    CHECK_FALSE(verifies<Curve>(g, x, test::der_pair(x, x)));
}

}  // namespace

TEST_CASE("ECDSA on P-256: Wycheproof") { check_wycheproof<p256>("ecdsa_secp256r1_sha256_test.json", EVP_sha256()); }
TEST_CASE("ECDSA on P-384: Wycheproof") { check_wycheproof<p384>("ecdsa_secp384r1_sha384_test.json", EVP_sha384()); }

TEST_CASE("ECDSA: NIST's signatures") {
    const auto file = test::debian_vectors("asymmetric/ECDSA/FIPS_186-3/SigVer.rsp");
    if (!file) return;
    std::size_t cases = 0;
    for (const auto& [name, hash] :
         {std::pair{",SHA-256", EVP_sha256()}, {",SHA-384", EVP_sha384()}, {",SHA-512", EVP_sha512()}}) {
        cases += check_nist<p256>(*file, std::string("P-256") + name, hash);
        cases += check_nist<p384>(*file, std::string("P-384") + name, hash);
    }
    test::ran("NIST SigVer of P-256 and P-384", cases);
    CHECK(cases == 90);
}

TEST_CASE("ECDSA: NIST's public keys") {
    const auto file = test::debian_vectors("asymmetric/ECDSA/FIPS_186-3/PKV.rsp");
    if (!file) return;
    std::size_t cases = 0;
    const auto check = [&]<class Curve>(const char* section) {
        for (const auto& record : test::load_response_file(*file, section)) {
            if (record.count("Result") == 0) continue;
            // 0 * G + 1 * Q for r = s = x of Q.
            const test::buffer x = padded(record.at("Qx"), size<Curve>), y = padded(record.at("Qy"), size<Curve>);
            INFO(section << ", x " << record.at("Qx"));
            CHECK(verifies<Curve>(point_of(x, y), {}, test::der_pair(x, x)) == (record.at("Result")[0] == 'P'));
            ++cases;
        }
    };
    check.operator()<p256>("P-256");
    check.operator()<p384>("P-384");
    test::ran("NIST PKV of P-256 and P-384", cases);
    CHECK(cases == 24);
}

TEST_CASE("ECDSA: libcrypto's signatures, with digests longer and shorter than the order") {
    check_against_libcrypto<p256>("P-256", 11);
    check_against_libcrypto<p384>("P-384", 12);
}

TEST_CASE("ECDSA: numbers and points at their bounds") {
    check_edges<p256>("P-256");
    check_edges<p384>("P-384");
}
