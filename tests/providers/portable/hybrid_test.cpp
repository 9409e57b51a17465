#include <spantls/providers/portable/hybrid.hpp>

#include <array>

#include <spantls/crypto/provider.hpp>
#include <spantls/providers/portable/ml_kem_768.hpp>
#include <spantls/providers/sodium/x25519.hpp>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::libsodium::x25519;
using kem = spantls::portable::ml_kem_768;
using group = spantls::portable::x25519_mlkem768<kem, x25519>;
using test::drawn;

namespace {

template <std::size_t N>
using array = std::array<std::uint8_t, N>;

bytes_view part(bytes_view whole, std::size_t at, std::size_t size) { return whole.subspan(at, size); }

/// A curve with the sizes of P-256, of which every byte says what it is.
struct marked_curve {
    [[maybe_unused]] static constexpr spantls::named_group id = spantls::named_group::secp256r1;
    static constexpr std::size_t client_random_size = 40, server_random_size = 40, private_size = 32,
                                 client_share_size = 65, server_share_size = 65, secret_size = 32;
    static void fill(spantls::mutable_bytes to, std::uint8_t with) {
        for (std::uint8_t& byte : to) byte = with;
    }
    static bool all(bytes_view bytes, std::uint8_t are) {
        for (const std::uint8_t byte : bytes)
            if (byte != are) return false;
        return true;
    }
    static bool generate(spantls::fixed_bytes<40> random, spantls::fixed_mutable_bytes<32> private_key,
                         spantls::fixed_mutable_bytes<65> share) noexcept {
        fill(private_key, 'p');
        fill(share, 'c');
        return all(random, 'r');
    }
    static bool respond(spantls::fixed_bytes<40> random, spantls::fixed_bytes<65> theirs,
                        spantls::fixed_mutable_bytes<65> share, spantls::fixed_mutable_bytes<32> secret) noexcept {
        fill(share, 's');
        fill(secret, 'x');
        return all(random, 'r') && all(theirs, 'c');
    }
    static bool finish(spantls::fixed_bytes<32> private_key, spantls::fixed_bytes<65> theirs,
                       spantls::fixed_mutable_bytes<32> secret) noexcept {
        fill(secret, 'x');
        return all(private_key, 'p') && all(theirs, 's');
    }
};
using p256_group = spantls::portable::secp256r1_mlkem768<kem, marked_curve>;

static_assert(spantls::key_exchange<group> && spantls::key_exchange<p256_group>);
static_assert(group::client_share_size == 1216 && group::server_share_size == 1120 && group::secret_size == 64);
static_assert(p256_group::client_share_size == 1249 && p256_group::server_share_size == 1153);
static_assert(p256_group::secret_size == 64);
static_assert(group::private_size == 96);

/// Both sides of an exchange.
template <class Group>
struct exchange {
    array<Group::private_size> private_key{};
    array<Group::client_share_size> client_share{};
    array<Group::server_share_size> server_share{};
    array<Group::secret_size> client_secret{}, server_secret{};

    bool generate() { return Group::generate(drawn<Group::client_random_size>(1), private_key, client_share); }
    bool respond() {
        return Group::respond(drawn<Group::server_random_size>(2), client_share, server_share, server_secret);
    }
    bool finish() { return Group::finish(private_key, server_share, client_secret); }
};

}  // namespace

TEST_CASE("X25519MLKEM768: ML-KEM is first, in the shares and in the secret") {
    exchange<group> it;
    REQUIRE(it.generate());
    REQUIRE(it.respond());
    REQUIRE(it.finish());
    CHECK(it.client_secret == it.server_secret);

    const auto random = drawn<96>(1);
    array<kem::key_size> key{};
    array<32> own{}, share{}, secret{};
    REQUIRE(kem::generate(bytes_view(random).first<64>(), key));
    CHECK(test::hex(part(it.client_share, 0, 1184)) == test::hex(key));
    REQUIRE(x25519::generate(bytes_view(random).last<32>(), own, share));
    CHECK(test::hex(part(it.client_share, 1184, 32)) == test::hex(share));
    REQUIRE(kem::decapsulate(bytes_view(random).first<64>(), bytes_view(it.server_share).first<1088>(), secret));
    CHECK(test::hex(part(it.client_secret, 0, 32)) == test::hex(secret));
    REQUIRE(x25519::finish(own, bytes_view(it.server_share).last<32>(), secret));
    CHECK(test::hex(part(it.client_secret, 32, 32)) == test::hex(secret));
    CHECK(test::hex(group::curve_private(it.private_key)) == test::hex(own));
    CHECK(test::hex(group::curve_share(it.client_share)) == test::hex(share));
}

TEST_CASE("SecP256r1MLKEM768: the curve is first, in the shares and in the secret") {
    array<p256_group::client_random_size> random{};
    random.fill('r');
    array<p256_group::private_size> private_key{};
    array<p256_group::client_share_size> client_share{};
    array<p256_group::server_share_size> server_share{};
    array<64> client{}, server{};
    REQUIRE(p256_group::generate(random, private_key, client_share));
    REQUIRE(p256_group::respond(bytes_view(random).first<p256_group::server_random_size>(), client_share, server_share,
                                server));
    REQUIRE(p256_group::finish(private_key, server_share, client));
    CHECK(client == server);
    CHECK(marked_curve::all(part(client_share, 0, 65), 'c'));
    CHECK(marked_curve::all(part(server_share, 0, 65), 's'));
    CHECK(marked_curve::all(part(client, 0, 32), 'x'));
    array<32> secret{};
    array<64> seed{};
    seed.fill('r');
    REQUIRE(kem::decapsulate(seed, bytes_view(server_share).last<1088>(), secret));
    CHECK(test::hex(part(client, 32, 32)) == test::hex(secret));
}

TEST_CASE("a hybrid share is refused for either part") {
    exchange<group> it;
    REQUIRE(it.generate());
    const auto share = it.client_share;
    it.client_share[0] = it.client_share[1] = 0xff;  // a coefficient of 4095 (FIPS 203, section 7.2)
    CHECK_FALSE(it.respond());
    it.client_share = share;
    for (std::size_t i = 1184; i < 1216; ++i) it.client_share[i] = 0;  // the all-zero secret
    CHECK_FALSE(it.respond());
    it.client_share = share;
    REQUIRE(it.respond());
    for (std::size_t i = 1088; i < 1120; ++i) it.server_share[i] = 0;
    CHECK_FALSE(it.finish());
}

TEST_CASE("a changed ciphertext gives another secret, but of its own part only") {
    exchange<group> it;
    REQUIRE(it.generate());
    REQUIRE(it.respond());
    it.server_share[500] = static_cast<std::uint8_t>(it.server_share[500] ^ 1);
    REQUIRE(it.finish());
    CHECK(test::hex(part(it.client_secret, 0, 32)) != test::hex(part(it.server_secret, 0, 32)));
    CHECK(test::hex(part(it.client_secret, 32, 32)) == test::hex(part(it.server_secret, 32, 32)));
}
