#include <spantls/providers/openssl/signing_key.hpp>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <openssl/err.h>

#include <spantls/drivers/answers.hpp>
#include <spantls/providers/openssl.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/pins.hpp>
#include <spantls/x509/private_key.hpp>

#include "support/both_show.hpp"
#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/seeded_provider.hpp"
#include "support/signing.hpp"

using namespace spantls;
namespace oracle = test::oracle;
using own_key = openssl::signing_key;
using enum spantls::signature_scheme;

static_assert(spantls::signing_key<own_key>);
static_assert(!std::is_copy_constructible_v<own_key> && std::is_nothrow_move_constructible_v<own_key>);

namespace {

/// NAME.key.pem of support/make_certs, as a server would load it.
own_key made_key(const std::string& name) {
    const test::buffer pem = test::made_file(name + ".key.pem");
    test::buffer room(pem.size());
    x509::private_key read;
    REQUIRE(x509::read_private_key(as_text(pem), room, read) == errc::none);
    return own_key(read);
}

test::buffer public_key_of(const std::string& name) {
    const test::buffer der = test::made_certificate(name);
    x509::certificate it;
    REQUIRE(x509::parse_certificate(der, it) == errc::none);
    return test::copy(it.public_key);
}

struct kind {
    const char* name;
    std::vector<signature_scheme> schemes;
};
const std::vector<kind> kinds{{"localhost", {ed25519}},
                              {"p256", {ecdsa_secp256r1_sha256}},
                              {"p384", {ecdsa_secp384r1_sha384}},
                              {"rsa", {rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512}},
                              {"rsa-pss", {rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512}}};

}  // namespace

TEST_CASE("a key of each kind signs with its schemes and no others, and everybody's verification agrees") {
    const test::buffer message(130, 'm');
    for (const kind& one : kinds) {
        const own_key key = made_key(one.name);
        const test::buffer public_key = public_key_of(one.name);
        INFO(one.name);
        REQUIRE(key);
        CHECK(std::vector(key.schemes().begin(), key.schemes().end()) == one.schemes);
        for (const signature_scheme scheme : one.schemes) {
            INFO(name_of(scheme));
            for (int again = 0; again < 10; ++again) {
                const auto made = key.sign(scheme, message);
                const bytes_view signature = made;
                CHECK(!signature.empty());
                CHECK(signature.size() <= largest_signature(scheme));
                CHECK(openssl().verify(scheme, public_key, message, signature));
                CHECK(sodium().verify(scheme, public_key, message, signature));
                CHECK_FALSE(openssl().verify(scheme, public_key, test::buffer(130, 'n'), signature));
            }
        }
        for (unsigned scheme = 0; scheme <= 0xffff; ++scheme) {
            const auto it = static_cast<signature_scheme>(scheme);
            if (std::find(one.schemes.begin(), one.schemes.end(), it) != one.schemes.end()) continue;
            if (!bytes_view(key.sign(it, message)).empty()) FAIL("signs with " << scheme);
        }
        for (const kind& other : kinds) CHECK(key.belongs_to(public_key_of(other.name)) == (&other == &one));
        CHECK_FALSE(key.belongs_to({}));
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("Ed25519 signatures are libsodium's") {
    std::array<std::uint8_t, 32> seed{};
    test::seeded_stream random(6);
    for (int i = 0; i < 20; ++i) {
        random.fill(seed);
        const sodium::ed25519_key theirs(seed);
        const auto made = own_key::ed25519(seed).sign(ed25519, seed);
        CHECK(test::hex(made) == test::hex(theirs.sign(seed)));
        CHECK(own_key::ed25519(seed).belongs_to(theirs.public_key()));
    }
}

TEST_CASE("scalars that are no key are refused: zero, and the order and above") {
    std::array<std::uint8_t, 32> small{};
    std::array<std::uint8_t, 48> large{};
    CHECK_FALSE(own_key::p256(small));
    CHECK_FALSE(own_key::p384(large));
    CHECK(own_key::p256(small).schemes().empty());
    small.back() = 1;
    large.back() = 1;
    CHECK(own_key::p256(small));
    CHECK(own_key::p384(large));
    const test::buffer order256 = test::unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    const test::buffer order384 =
        test::unhex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");
    copy_bytes(order256, small);
    copy_bytes(order384, large);
    CHECK_FALSE(own_key::p256(small));
    CHECK_FALSE(own_key::p384(large));
    --small.back();
    --large.back();
    CHECK(own_key::p256(small));
    CHECK(own_key::p384(large));
    small.fill(0xff);
    large.fill(0xff);
    CHECK_FALSE(own_key::p256(small));
    CHECK_FALSE(own_key::p384(large));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("no key signs nothing, and a key that was moved from is none") {
    const own_key none;
    CHECK_FALSE(none);
    CHECK(none.schemes().empty());
    CHECK(bytes_view(none.sign(ed25519, {})).empty());
    CHECK_FALSE(none.belongs_to({}));
    CHECK_FALSE(own_key(x509::private_key{}));

    own_key first = made_key("p256");
    const own_key second = std::move(first);
    CHECK(second.belongs_to(public_key_of("p256")));
    CHECK_FALSE(first);
    CHECK(first.schemes().empty());
    first = made_key("rsa");
    CHECK(first.belongs_to(public_key_of("rsa")));
}

TEST_CASE("RSA keys above 4096 bits do not sign: no workspace has room for what they make") {
    x509::private_key key;
    key.type = x509::key_type::rsa;
    const test::buffer number(513, 0x55);
    for (bytes_view* part :
         {&key.numbers.modulus, &key.numbers.public_exponent, &key.numbers.private_exponent, &key.numbers.prime1,
          &key.numbers.prime2, &key.numbers.exponent1, &key.numbers.exponent2, &key.numbers.coefficient})
        *part = number;
    CHECK_FALSE(own_key(key));
}

TEST_CASE("an RSA key whose numbers do not belong together gives no wrong signature") {
    // One that is wrong in one prime alone would tell the other.
    const test::buffer pem = test::made_file("rsa.key.pem");
    test::buffer room(pem.size());
    x509::private_key read;
    REQUIRE(x509::read_private_key(as_text(pem), room, read) == errc::none);
    const test::buffer public_key = public_key_of("rsa"), message(10, 'm');
    for (bytes_view x509::private_key::rsa_numbers::*part :
         {&x509::private_key::rsa_numbers::exponent1, &x509::private_key::rsa_numbers::exponent2,
          &x509::private_key::rsa_numbers::coefficient}) {
        x509::private_key damaged = read;
        test::buffer other = test::copy(damaged.numbers.*part);
        other.back() = static_cast<std::uint8_t>(other.back() ^ 4);
        damaged.numbers.*part = other;
        const own_key key(damaged);
        const auto made = key.sign(rsa_pss_rsae_sha256, message);
        if (!bytes_view(made).empty()) CHECK(openssl().verify(rsa_pss_rsae_sha256, public_key, message, made));
    }
}

TEST_CASE("handshakes with certificates of each kind, the server's and the client's, with each scheme (section 9.1)") {
    using pair = test::pair<test::seeded<openssl>>;
    for (const kind& one : kinds)
        for (const signature_scheme scheme : one.schemes) {
            INFO(name_of(scheme));
            const test::buffer der = test::made_certificate(one.name);
            const bytes_view chain[] = {der};
            const own_key key = made_key(one.name);
            pair both(
                {.client = {.prefer = {.schemes = {scheme}}},
                 .server = {.prefer = {.schemes = {scheme}}, .authenticate_client = client_authentication::require}});
            test::both_show(both, chain, key, scheme);
        }
}
