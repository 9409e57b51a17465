#include <spantls/providers/openssl/curves.hpp>

#include <array>
#include <string>

#include <openssl/err.h>

#include <spantls/crypto/provider.hpp>
#include <spantls/x509/certificate.hpp>

#include "support/catch.hpp"
#include "support/openssl_aead.hpp"
#include "support/seeded_provider.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::libcrypto::secp256r1;
using spantls::libcrypto::secp384r1;

static_assert(spantls::key_exchange<secp256r1> && spantls::key_exchange<secp384r1>);
static_assert(secp256r1::client_share_size == 65 && secp384r1::server_share_size == 97);
static_assert(secp256r1::secret_size == 32 && secp384r1::secret_size == 48);

namespace {

const test::buffer p256_order = test::unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const test::buffer p384_order =
    test::unhex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");

template <class Group>
struct sides {
    std::array<std::uint8_t, Group::client_random_size> client_random{}, server_random{};
    std::array<std::uint8_t, Group::private_size> own{};
    std::array<std::uint8_t, Group::client_share_size> client_share{}, server_share{};
    std::array<std::uint8_t, Group::secret_size> client{}, server{};
};

/// finish() of a private key as Wycheproof writes them: a number of any length.
template <class Group>
bool finished(const test::buffer& number, bytes_view share, test::buffer& secret) {
    std::array<std::uint8_t, Group::private_size> own{};
    bytes_view digits = number;
    while (digits.size() > own.size() && digits[0] == 0) digits = digits.subspan(1);
    REQUIRE(digits.size() <= own.size());
    spantls::copy_bytes(digits, spantls::mutable_bytes(own).last(digits.size()));
    secret.assign(Group::secret_size, 0);
    return share.size() == Group::server_share_size &&
           Group::finish(own, share.first<Group::server_share_size>(),
                         spantls::mutable_bytes(secret).first<Group::secret_size>());
}

/// The point in a SubjectPublicKeyInfo; empty when that is none of P-256.
bytes_view point_in(bytes_view spki) {
    spantls::x509::certificate it;
    const bool good =
        parse_raw_public_key(spki, it) == spantls::errc::none && key_type_of(it) == spantls::x509::key_type::p256;
    return good ? it.public_key : bytes_view();
}

template <class Group>
void check_wycheproof(const std::string& name, bytes_view (*point_of)(bytes_view) = nullptr) {
    const auto file = test::shared_vectors("wycheproof/" + name);
    if (!file) return;
    std::size_t agreed = 0;
    const std::size_t cases = test::for_each_wycheproof(*file, [&](const auto&, const auto& one) {
        const test::buffer share = test::unhex(one["public"].template get<std::string>());
        test::buffer secret;
        const bytes_view point = point_of != nullptr ? point_of(share) : bytes_view(share);
        const bool good = finished<Group>(test::unhex(one["private"].template get<std::string>()), point, secret);
        // What is acceptable there is not here: compressed points, curves without a name, what is not quite DER.
        CHECK(good == (one["result"] == "valid"));
        if (!good) return;
        CHECK(test::hex(secret) == one["shared"].template get<std::string>());
        ++agreed;
    });
    test::ran("Wycheproof " + name, cases);
    test::ran("of these with a secret", agreed);
}

}  // namespace

TEMPLATE_TEST_CASE("libcrypto's curves: both sides agree, and the secret is the x coordinate", "", secp256r1,
                   secp384r1) {
    test::seeded_stream random(14);
    for (int i = 0; i < 20; ++i) {
        sides<TestType> it;
        random.fill(it.client_random);
        random.fill(it.server_random);
        REQUIRE(TestType::generate(it.client_random, it.own, it.client_share));
        REQUIRE(TestType::respond(it.server_random, it.client_share, it.server_share, it.server));
        REQUIRE(TestType::finish(it.own, it.server_share, it.client));
        CHECK(it.client == it.server);
        CHECK(it.client_share[0] == 4);
        if constexpr (TestType::secret_size == 32)
            CHECK(test::hex(it.client) == test::hex(test::oracle::p256(it.own, it.server_share)));
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("libcrypto's curves: Wycheproof") {
    check_wycheproof<secp256r1>("ecdh_secp256r1_ecpoint_test.json");
    check_wycheproof<secp384r1>("ecdh_secp384r1_ecpoint_test.json");
    check_wycheproof<secp256r1>("ecdh_secp256r1_test.json", point_in);
}

TEMPLATE_TEST_CASE("libcrypto's curves: what is no uncompressed point of the curve is refused (section 4.3.8.2)", "",
                   secp256r1, secp384r1) {
    sides<TestType> it;
    test::seeded_stream random(15);
    random.fill(it.client_random);
    random.fill(it.server_random);
    REQUIRE(TestType::generate(it.client_random, it.own, it.client_share));
    const auto refused = [&](const auto& share) {
        CHECK_FALSE(TestType::respond(it.server_random, share, it.server_share, it.server));
        CHECK_FALSE(TestType::finish(it.own, share, it.client));
    };
    const auto good = it.client_share;
    for (unsigned form = 0; form < 256; ++form) {
        auto share = good;
        share[0] = static_cast<std::uint8_t>(form);
        if (form != 4) refused(share);
    }
    for (const std::size_t at : {std::size_t{1}, good.size() / 2, good.size() - 1}) {
        auto share = good;
        share[at] = static_cast<std::uint8_t>(share[at] ^ 1);
        refused(share);
    }
    auto share = good;
    std::fill(share.begin() + 1, share.end(), std::uint8_t{0});
    refused(share);
    std::fill(share.begin() + 1, share.end(), std::uint8_t{0xff});
    refused(share);
    share.fill(0);
    refused(share);
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("libcrypto's curves: a random number that is no scalar is passed over, or is an error") {
    sides<secp256r1> it;
    const auto draw = [&](const test::buffer& first, const test::buffer& second) {
        spantls::copy_bytes(first, it.client_random);
        spantls::copy_bytes(second, spantls::mutable_bytes(it.client_random).subspan(32));
        return secp256r1::generate(it.client_random, it.own, it.client_share);
    };
    const test::buffer zero(32), ones(32, 0xff), seven(32, 7), eight(32, 8);
    for (const test::buffer& none : {zero, ones, p256_order}) {
        REQUIRE(draw(none, eight));
        CHECK(test::hex(it.own) == test::hex(eight));
        CHECK_FALSE(draw(none, ones));
        CHECK_FALSE(draw(none, zero));
    }
    REQUIRE(draw(seven, eight));
    CHECK(test::hex(it.own) == test::hex(seven));
    test::buffer last = p256_order;
    --last.back();
    REQUIRE(draw(last, eight));
    CHECK(test::hex(it.own) == test::hex(last));

    // Of P-384, one in 2^190 is none.
    sides<secp384r1> other;
    spantls::copy_bytes(p384_order, other.client_random);
    CHECK_FALSE(secp384r1::generate(other.client_random, other.own, other.client_share));
    --other.client_random.back();
    CHECK(secp384r1::generate(other.client_random, other.own, other.client_share));
    CHECK_FALSE(secp384r1::finish(std::array<std::uint8_t, 48>{}, other.client_share, other.client));
}
