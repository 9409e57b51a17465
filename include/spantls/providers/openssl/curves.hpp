// Key exchange on P-256 and P-384 (RFC 9846, section 7.4.2), with libcrypto's arithmetic of points: what its ECDH
// calls, without a key object around each number.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/openssl/error_queue.hpp>
#include <spantls/providers/openssl/owned.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace libcrypto {

using number = owned<BIGNUM, BN_clear_free>;
using number_context = owned<BN_CTX, BN_CTX_free>;
using curve_point = owned<EC_POINT, EC_POINT_clear_free>;

inline number number_from(bytes_view big_endian) noexcept {
    return number(BN_bin2bn(big_endian.data(), static_cast<length>(big_endian.size()), nullptr));
}

/// A curve of libcrypto's by its number, with the bytes that a coordinate has.
template <int Nid, std::size_t Size>
struct curve {
    static constexpr const char* name = Size == 32 ? "P-256" : "P-384";
    static constexpr std::size_t size = Size;
    static constexpr std::size_t point_size = 1 + 2 * Size;

    static EC_GROUP* make() noexcept { return EC_GROUP_new_by_curve_name(Nid); }
    static void release(EC_GROUP* it) noexcept { EC_GROUP_free(it); }
    static const EC_GROUP* group() noexcept { return shared<curve>::get(); }

    /// A secret number from 1 to the order less one; null when these bytes are none.
    static number scalar(fixed_bytes<Size> bytes) noexcept {
        number it = number_from(bytes);
        if (!it || group() == nullptr || BN_is_zero(it.get()) || BN_cmp(it.get(), EC_GROUP_get0_order(group())) >= 0)
            return number();
#if defined(BN_FLG_CONSTTIME)  // BoringSSL and AWS-LC need not be told
        BN_set_flags(it.get(), BN_FLG_CONSTTIME);
#endif
        return it;
    }
    /// Null when it is not an uncompressed point of the curve (SEC 1, section 2.3.4).
    static curve_point point(bytes_view bytes, BN_CTX* with) noexcept {
        if (bytes.size() != point_size || bytes[0] != 4 || group() == nullptr) return curve_point();
        curve_point it(EC_POINT_new(group()));
        return it && EC_POINT_oct2point(group(), it.get(), bytes.data(), bytes.size(), with) == 1 ? std::move(it)
                                                                                                  : curve_point();
    }
    /// The public key of a scalar.
    [[nodiscard]] static bool multiply_base(const number& by, fixed_mutable_bytes<point_size> out,
                                            BN_CTX* with) noexcept {
        const curve_point product(by ? EC_POINT_new(group()) : nullptr);
        return product && EC_POINT_mul(group(), product.get(), by.get(), nullptr, nullptr, with) == 1 &&
               EC_POINT_point2oct(group(), product.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(), out.size(),
                                  with) == out.size();
    }
};

using p256_curve = curve<NID_X9_62_prime256v1, 32>;
using p384_curve = curve<NID_secp384r1, 48>;

template <named_group Id, class Curve>
struct ecdh {
    static constexpr named_group id = Id;
    /// Two tries to hit a number below the order: for P-256 one misses in 2^32 times.
    static constexpr std::size_t tries = Curve::size == 32 ? 2 : 1;
    static constexpr std::size_t client_random_size = tries * Curve::size;
    static constexpr std::size_t server_random_size = client_random_size;
    static constexpr std::size_t private_size = Curve::size;
    static constexpr std::size_t client_share_size = Curve::point_size;
    static constexpr std::size_t server_share_size = Curve::point_size;
    static constexpr std::size_t secret_size = Curve::size;

    [[nodiscard]] static bool generate(fixed_bytes<client_random_size> random,
                                       fixed_mutable_bytes<private_size> private_key,
                                       fixed_mutable_bytes<client_share_size> share) noexcept {
        const own_errors ours;
        copy_bytes(chosen(random), private_key);
        const number_context with(BN_CTX_new());
        return with && Curve::multiply_base(Curve::scalar(private_key), share, with.get());
    }

    /// False when the client's share is not a point of the curve (RFC 9846, section 4.3.8.2).
    [[nodiscard]] static bool respond(fixed_bytes<server_random_size> random,
                                      fixed_bytes<client_share_size> their_share,
                                      fixed_mutable_bytes<server_share_size> share,
                                      fixed_mutable_bytes<secret_size> secret) noexcept {
        const own_errors ours;
        const number own = Curve::scalar(chosen(random));
        const number_context with(BN_CTX_new());
        return with && Curve::multiply_base(own, share, with.get()) && derive(own, their_share, secret, with.get());
    }

    [[nodiscard]] static bool finish(fixed_bytes<private_size> private_key, fixed_bytes<server_share_size> their_share,
                                     fixed_mutable_bytes<secret_size> secret) noexcept {
        const own_errors ours;
        const number_context with(BN_CTX_new());
        return with && derive(Curve::scalar(private_key), their_share, secret, with.get());
    }

private:
    static fixed_bytes<private_size> chosen(fixed_bytes<client_random_size> random) noexcept {
        const auto first = random.template first<private_size>();
        return tries == 1 || Curve::scalar(first) ? first : random.template last<private_size>();
    }
    /// Section 7.4.2: the x coordinate, with its leading zeros.
    static bool derive(const number& own, bytes_view their_share, fixed_mutable_bytes<secret_size> secret,
                       BN_CTX* with) noexcept {
        const curve_point theirs = Curve::point(their_share, with);
        const curve_point product(own && theirs ? EC_POINT_new(Curve::group()) : nullptr);
        const number x(BN_new());
        return product && x &&
               EC_POINT_mul(Curve::group(), product.get(), nullptr, theirs.get(), own.get(), with) == 1 &&
               EC_POINT_get_affine_coordinates(Curve::group(), product.get(), x.get(), nullptr, with) == 1 &&
               BN_bn2binpad(x.get(), secret.data(), static_cast<int>(secret.size())) >= 0;
    }
};

using secp256r1 = ecdh<named_group::secp256r1, p256_curve>;
using secp384r1 = ecdh<named_group::secp384r1, p384_curve>;

}  // namespace libcrypto
}  // namespace v1
}  // namespace spantls
