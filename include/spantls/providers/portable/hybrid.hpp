// Hybrid key exchange: a KEM beside an elliptic curve (draft-ietf-tls-ecdhe-mlkem).
#pragma once

#include <cstddef>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {

/// Which part comes first, in both shares and in the secret.
enum class hybrid_order { kem_first, curve_first };

/// The group `Id` out of a KEM like ml_kem_768 and another key_exchange: the secret is as good as the better of them.
template <named_group Id, class Kem, class Curve, hybrid_order Order>
class hybrid {
    static constexpr bool kem_first = Order == hybrid_order::kem_first;
    /// Two parts of one span.
    template <std::size_t OfKem, std::size_t OfCurve>
    struct parts {
        template <class Byte>
        static constexpr std::span<Byte, OfKem> kem(std::span<Byte, OfKem + OfCurve> whole) noexcept {
            return whole.template subspan < kem_first ? 0 : OfCurve, OfKem > ();
        }
        template <class Byte>
        static constexpr std::span<Byte, OfCurve> curve(std::span<Byte, OfKem + OfCurve> whole) noexcept {
            return whole.template subspan < kem_first ? OfKem : 0, OfCurve > ();
        }
    };
    using client_randoms = parts<Kem::private_size, Curve::client_random_size>;
    using server_randoms = parts<Kem::random_size, Curve::server_random_size>;
    using privates = parts<Kem::private_size, Curve::private_size>;
    using client_shares = parts<Kem::key_size, Curve::client_share_size>;
    using server_shares = parts<Kem::ciphertext_size, Curve::server_share_size>;
    using secrets = parts<Kem::secret_size, Curve::secret_size>;

public:
    static constexpr named_group id = Id;
    static constexpr std::size_t client_random_size = Kem::private_size + Curve::client_random_size;
    static constexpr std::size_t server_random_size = Kem::random_size + Curve::server_random_size;
    static constexpr std::size_t private_size = Kem::private_size + Curve::private_size;
    static constexpr std::size_t client_share_size = Kem::key_size + Curve::client_share_size;
    static constexpr std::size_t server_share_size = Kem::ciphertext_size + Curve::server_share_size;
    static constexpr std::size_t secret_size = Kem::secret_size + Curve::secret_size;

    /// The group of which this has a key pair inside; a client may send a share of it with the same key.
    using curve = Curve;
    static constexpr fixed_bytes<Curve::private_size> curve_private(fixed_bytes<private_size> whole) noexcept {
        return privates::curve(whole);
    }
    static constexpr fixed_bytes<Curve::client_share_size> curve_share(fixed_bytes<client_share_size> whole) noexcept {
        return client_shares::curve(whole);
    }

    /// The KEM's private key is what it is made of.
    [[nodiscard]] static bool generate(fixed_bytes<client_random_size> random,
                                       fixed_mutable_bytes<private_size> private_key,
                                       fixed_mutable_bytes<client_share_size> share) noexcept {
        copy_bytes(client_randoms::kem(random), privates::kem(private_key));
        return Kem::generate(client_randoms::kem(random), client_shares::kem(share)) &&
               Curve::generate(client_randoms::curve(random), privates::curve(private_key),
                               client_shares::curve(share));
    }

    /// False when the client's encapsulation key fails its check (FIPS 203, section 7.2), or the curve's share is none.
    [[nodiscard]] static bool respond(fixed_bytes<server_random_size> random,
                                      fixed_bytes<client_share_size> their_share,
                                      fixed_mutable_bytes<server_share_size> share,
                                      fixed_mutable_bytes<secret_size> secret) noexcept {
        return Kem::encapsulate(server_randoms::kem(random), client_shares::kem(their_share), server_shares::kem(share),
                                secrets::kem(secret)) &&
               Curve::respond(server_randoms::curve(random), client_shares::curve(their_share),
                              server_shares::curve(share), secrets::curve(secret));
    }

    [[nodiscard]] static bool finish(fixed_bytes<private_size> private_key, fixed_bytes<server_share_size> their_share,
                                     fixed_mutable_bytes<secret_size> secret) noexcept {
        return Curve::finish(privates::curve(private_key), server_shares::curve(their_share), secrets::curve(secret)) &&
               Kem::decapsulate(privates::kem(private_key), server_shares::kem(their_share), secrets::kem(secret));
    }
};

// With any provider's own curves.

template <class Kem, class X25519>
using x25519_mlkem768 = hybrid<named_group::x25519_mlkem768, Kem, X25519, hybrid_order::kem_first>;
template <class Kem, class P256>
using secp256r1_mlkem768 = hybrid<named_group::secp256r1_mlkem768, Kem, P256, hybrid_order::curve_first>;

}  // namespace portable
}  // namespace v1
}  // namespace spantls
