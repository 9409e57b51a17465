// Signatures beside libcrypto: what it says of key, message and signature; RSA's power of any number modulo any other;
// and signatures that are right because two scalars made them so.
#include <array>
#include <memory>
#include <vector>

#define OPENSSL_SUPPRESS_DEPRECATED  // EC_KEY: making a key out of a point by what replaced it takes longer than verifying
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>

#include <spantls/providers/portable/verify.hpp>
#include <spantls/providers/sodium/hash.hpp>

#include "support/signing.hpp"
#include "support/target.hpp"

namespace {

using namespace spantls;
using buffer = std::vector<std::uint8_t>;
using test::oracle::must;
using number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using scratch = std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)>;

number read(bytes_view bytes) {
    number made(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), &BN_free);
    must(made != nullptr);
    return made;
}
buffer bytes_of(const number& from, std::size_t size) {
    buffer out(size);
    must(BN_bn2binpad(from.get(), out.data(), static_cast<int>(size)) == static_cast<int>(size));
    return out;
}

struct known_scheme {
    signature_scheme scheme;
    const char* curve;  // null: RSA
    const EVP_MD* (*hash)();
    bool pss;
};
constexpr std::array schemes{
    known_scheme{signature_scheme::ecdsa_secp256r1_sha256, "P-256", EVP_sha256, false},
    known_scheme{signature_scheme::ecdsa_secp256r1_sha384, "P-256", EVP_sha384, false},
    known_scheme{signature_scheme::ecdsa_secp256r1_sha512, "P-256", EVP_sha512, false},
    known_scheme{signature_scheme::ecdsa_secp384r1_sha256, "P-384", EVP_sha256, false},
    known_scheme{signature_scheme::ecdsa_secp384r1_sha384, "P-384", EVP_sha384, false},
    known_scheme{signature_scheme::ecdsa_secp384r1_sha512, "P-384", EVP_sha512, false},
    known_scheme{signature_scheme::rsa_pss_rsae_sha256, nullptr, EVP_sha256, true},
    known_scheme{signature_scheme::rsa_pss_rsae_sha384, nullptr, EVP_sha384, true},
    known_scheme{signature_scheme::rsa_pss_rsae_sha512, nullptr, EVP_sha512, true},
    known_scheme{signature_scheme::rsa_pkcs1_sha256, nullptr, EVP_sha256, false},
    known_scheme{signature_scheme::rsa_pkcs1_sha384, nullptr, EVP_sha384, false},
    known_scheme{signature_scheme::rsa_pkcs1_sha512, nullptr, EVP_sha512, false},
};

/// The key as libcrypto takes it; null when it does not, or when it is lenient and we mean not to be.
test::oracle::key their_key(const known_scheme& with, bytes_view key) {
    const unsigned char* at = key.data();
    EVP_PKEY* made = nullptr;
    if (with.curve == nullptr) {
        if (portable::rsa_public_key(key).good())
            made = d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(key.size()));
    } else if (!key.empty() && key[0] == 4) {  // the other forms of a point are not TLS's
        made = EVP_PKEY_new();
        EC_KEY* const ec = EC_KEY_new_by_curve_name(with.curve[2] == '2' ? NID_X9_62_prime256v1 : NID_secp384r1);
        const bool good = EC_KEY_oct2key(ec, key.data(), key.size(), nullptr) == 1;
        must(EVP_PKEY_assign_EC_KEY(made, ec) == 1);
        if (!good) {
            EVP_PKEY_free(made);
            made = nullptr;
        }
    }
    return test::oracle::key(made, &EVP_PKEY_free);
}

void check_signature(fuzz::script& in) {
    const known_scheme& with = schemes[in.below(schemes.size())];
    const bytes_view key = in.take(in.u16()), message = in.take(in.u8()), signature = in.rest();
    using namespace libsodium;
    const bool ours = portable::verify<sha256, sha384, sha512>(with.scheme, key, message, signature);
    const auto theirs = their_key(with, key);
    HOLDS(ours == (theirs != nullptr &&
                   test::oracle::verify(theirs, with.hash(), message, signature, with.curve == nullptr && with.pss)));
    ERR_clear_error();
}

template <class Limb>
bool power(const portable::rsa_public_key& key, bytes_view base, mutable_bytes out) {
    portable::rsa_arithmetic<Limb> modulo(key);
    return modulo.power(base, key, out);
}

void check_power(fuzz::script& in) {
    const buffer exponent{in.u8(), in.u8(), in.u8(), in.u8(), static_cast<std::uint8_t>(in.u8() | 1)};
    const bytes_view first = in.take(in.u16()), base = in.rest();
    const buffer der = test::der_pair(first, exponent);
    const portable::rsa_public_key key(der);
    if (!key.good()) return;
    buffer ours(key.modulus().size()), narrow(ours.size());
    const number n = read(key.modulus()), e = read(exponent), s = read(base);
    const bool below = BN_cmp(s.get(), n.get()) < 0;
    HOLDS(power<portable::native_limb>(key, base, ours) == below);
    HOLDS(power<std::uint32_t>(key, base, narrow) == below);
    if (!below) return;
    const scratch context(BN_CTX_new(), &BN_CTX_free);
    const number result(BN_new(), &BN_free);
    must(BN_mod_exp(result.get(), s.get(), e.get(), n.get(), context.get()) == 1);
    HOLDS(ours == bytes_of(result, ours.size()) && narrow == ours);
}

/// For a key d * G and any u and v: r the x of u * G + v * d * G, s = r / v and a digest of u * s.
template <class Curve>
void check_scalars(int curve, fuzz::script& in) {
    constexpr std::size_t size = 8 * Curve::prime::words.size();
    const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group(EC_GROUP_new_by_curve_name(curve), &EC_GROUP_free);
    const auto new_point = [&] {
        return std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)>(EC_POINT_new(group.get()), &EC_POINT_free);
    };
    const scratch context(BN_CTX_new(), &BN_CTX_free);
    BN_CTX* const c = context.get();
    const BIGNUM* const n = EC_GROUP_get0_order(group.get());
    const number d = read(in.take(size)), u = read(in.take(size)), v = read(in.take(size));
    for (BIGNUM* const each : {d.get(), u.get(), v.get()}) must(BN_nnmod(each, each, n, c) == 1);
    if (BN_is_zero(d.get()) || BN_is_zero(v.get())) return;
    const auto key = new_point(), sum = new_point();
    must(EC_POINT_mul(group.get(), key.get(), d.get(), nullptr, nullptr, c) == 1 &&
         EC_POINT_mul(group.get(), sum.get(), u.get(), key.get(), v.get(), c) == 1);
    const number r(BN_new(), &BN_free), s(BN_new(), &BN_free), e(BN_new(), &BN_free);
    const bool infinite = EC_POINT_is_at_infinity(group.get(), sum.get()) == 1;
    if (infinite)
        must(BN_one(r.get()) == 1);  // any number will do: it must not verify
    else
        must(EC_POINT_get_affine_coordinates(group.get(), sum.get(), r.get(), nullptr, c) == 1 &&
             BN_nnmod(r.get(), r.get(), n, c) == 1);
    if (BN_is_zero(r.get())) return;
    must(BN_mod_inverse(s.get(), v.get(), n, c) != nullptr && BN_mod_mul(s.get(), s.get(), r.get(), n, c) == 1 &&
         BN_mod_mul(e.get(), s.get(), u.get(), n, c) == 1);
    buffer point(1 + 2 * size);
    must(EC_POINT_point2oct(group.get(), key.get(), POINT_CONVERSION_UNCOMPRESSED, point.data(), point.size(), c) ==
         point.size());
    const buffer signature = test::der_pair(bytes_of(r, size), bytes_of(s, size)), digest = bytes_of(e, size);
    HOLDS((portable::ecdsa_verify<Curve>(point, digest, signature)) == !infinite);
    HOLDS((portable::ecdsa_verify<Curve, std::uint32_t>(point, digest, signature)) == !infinite);
}

}  // namespace

FUZZ_TARGET(signature) {
    fuzz::script in(input);
    switch (in.u8() % 4) {
        case 0: return check_signature(in);
        case 1: return check_power(in);
        case 2: return check_scalars<portable::p256>(NID_X9_62_prime256v1, in);
        default: return check_scalars<portable::p384>(NID_secp384r1, in);
    }
}
