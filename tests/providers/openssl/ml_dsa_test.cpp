#include <spantls/providers/openssl/ml_dsa.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <openssl/err.h>

#include <spantls/drivers/answers.hpp>
#include <spantls/providers/openssl.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/pins.hpp>
#include <spantls/x509/private_key.hpp>
#include <spantls/x509/trust_store.hpp>

#include "support/both_show.hpp"
#include "support/catch.hpp"
#include "support/ml_dsa_keys.hpp"
#include "support/pair.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;
using test::buffer;
using own_key = openssl::signing_key;
using libcrypto::ml_dsa_sets;
using enum spantls::signature_scheme;

TEST_CASE("what libcrypto has of ML-DSA is in the provider's list, and nothing else") {
    const std::vector<signature_scheme> all{mldsa44, mldsa65, mldsa87};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool known = i < ml_dsa_sets.size();
        CHECK(known == (OPENSSL_VERSION_NUMBER >= 0x30500000L));
        CHECK((std::count(openssl::verify_schemes.begin(), openssl::verify_schemes.end(), all[i]) == 1) == known);
        CHECK(static_cast<bool>(own_key::ml_dsa(all[i], buffer(32, 1))) == known);
        CHECK_FALSE(openssl().verify(all[i], buffer(1312, 1), {}, buffer(largest_signature(all[i]), 1)));
    }
    CHECK(std::equal(portable::verify_schemes_and_ed25519.begin(), portable::verify_schemes_and_ed25519.end(),
                     openssl::verify_schemes.begin()));
    CHECK_FALSE(own_key::ml_dsa(ed25519, buffer(32, 1)));
    CHECK(ERR_peek_error() == 0);
}

#if OPENSSL_VERSION_NUMBER >= 0x30500000L  // as it is inside Node: newer/

namespace {

/// As a server would load it.
own_key loaded(const buffer& pkcs8) {
    x509::private_key read;
    REQUIRE(x509::parse_private_key(pkcs8, read) == errc::none);
    return own_key(read);
}

}  // namespace

TEST_CASE("ML-DSA keys in each of their forms sign, and libcrypto itself agrees") {
    const buffer message(130, 'm'), other(130, 'n');
    for (const auto& set : ml_dsa_sets) {
        INFO(set.name);
        const test::ml_dsa_key made(set), stranger(set);
        const buffer public_key = made.public_key(), seed = made.seed(), expanded = made.expanded();
        const buffer both = test::sequence({test::tlv(4, seed), test::tlv(4, expanded)});
        for (const buffer& form : {test::tlv(0x80, seed), test::tlv(4, expanded), both}) {
            const own_key key = loaded(made.pkcs8(form));
            REQUIRE(key);
            REQUIRE(key.schemes().size() == 1);
            CHECK(key.schemes()[0] == set.scheme);
            CHECK(key.belongs_to(public_key));
            CHECK_FALSE(key.belongs_to(stranger.public_key()));
            const auto signature = key.sign(set.scheme, message);
            const buffer made_of_it = test::copy(signature);
            CHECK(made_of_it.size() == largest_signature(set.scheme));
            CHECK(openssl().verify(set.scheme, public_key, message, made_of_it));
            CHECK(test::oracle::verify(made.key, nullptr, message, made_of_it));
            CHECK_FALSE(openssl().verify(set.scheme, public_key, other, made_of_it));
            CHECK_FALSE(openssl().verify(set.scheme, stranger.public_key(), message, made_of_it));
        }
        CHECK(openssl().verify(set.scheme, public_key, message, made.sign(message)));
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("ML-DSA signatures of another length, set or bit, and schemes that are not the key's") {
    const buffer message(130, 'm');
    for (const auto& set : ml_dsa_sets) {
        INFO(set.name);
        const test::ml_dsa_key made(set);
        const own_key key = own_key::ml_dsa(set.scheme, made.seed());
        const buffer public_key = made.public_key(), good = made.sign(message);
        const auto verifies = [&](signature_scheme scheme, bytes_view with, bytes_view signature) {
            return openssl().verify(scheme, with, message, signature);
        };
        REQUIRE(verifies(set.scheme, public_key, good));
        for (const auto& wrong : ml_dsa_sets)
            CHECK(verifies(wrong.scheme, public_key, good) == (wrong.scheme == set.scheme));
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, good.size() - 1, good.size() + 1}) {
            buffer cut = good;
            cut.resize(size);
            CHECK_FALSE(verifies(set.scheme, public_key, cut));
        }
        for (const std::size_t size : {std::size_t{0}, set.key_size - 1, set.key_size + 1}) {
            buffer cut = public_key;
            cut.resize(size);
            CHECK_FALSE(verifies(set.scheme, cut, good));
        }
        for (std::size_t bit = 0; bit < 8 * good.size(); bit += 8 * good.size() / 30 + 1) {
            buffer flipped = good;
            flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1u << bit % 8);
            CHECK_FALSE(verifies(set.scheme, public_key, flipped));
        }
        for (unsigned scheme = 0; scheme <= 0xffff; ++scheme) {
            if (scheme == static_cast<unsigned>(set.scheme)) continue;
            if (!bytes_view(key.sign(static_cast<signature_scheme>(scheme), message)).empty()) FAIL(scheme);
        }
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("ML-DSA keys that are none, or two that do not belong together (RFC 9881, section 6)") {
    for (const auto& set : ml_dsa_sets) {
        INFO(set.name);
        const test::ml_dsa_key one(set), other(set);
        CHECK(own_key::ml_dsa(set.scheme, one.seed(), one.expanded()));
        CHECK_FALSE(own_key::ml_dsa(set.scheme, one.seed(), other.expanded()));
        CHECK_FALSE(own_key::ml_dsa(set.scheme, {}, {}));
        for (const std::size_t size : {31u, 33u}) CHECK_FALSE(own_key::ml_dsa(set.scheme, buffer(size, 1)));
        buffer longer = one.expanded();
        longer.push_back(0);
        CHECK_FALSE(own_key::ml_dsa(set.scheme, {}, longer));
        longer.resize(longer.size() - 2);
        CHECK_FALSE(own_key::ml_dsa(set.scheme, {}, longer));
        // FIPS 204, section 6.1: behind rho and K stands the hash of the public key.
        buffer damaged = one.expanded();
        damaged[64] = static_cast<std::uint8_t>(damaged[64] ^ 1);
        const own_key key = own_key::ml_dsa(set.scheme, {}, damaged);
        CHECK_FALSE((key && key.belongs_to(one.public_key())));
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("handshakes with ML-DSA certificates, the server's and the client's") {
    for (const auto& set : ml_dsa_sets)
        for (const bool smallest : {false, true}) {
            INFO(set.name);
            using pair = test::pair<test::seeded<openssl>>;
            const test::ml_dsa_key made(set);
            const buffer der = made.certify(test::leaf("leaf", "leaf"), made);
            const bytes_view chain[] = {der};
            const own_key key = own_key::ml_dsa(set.scheme, made.seed());
            pair both({.server = {.authenticate_client = client_authentication::require},
                       .client_workspace = smallest ? client<test::seeded<openssl>>::smallest_workspace : 0,
                       .server_workspace = smallest ? server<test::seeded<openssl>>::smallest_workspace : 0});
            test::both_show(both, chain, key, set.scheme);
        }
}

TEST_CASE("a client that does not take the ML-DSA of the certificate is told so, and one bit is enough to be refused") {
    const test::ml_dsa_key made(ml_dsa_sets[0]);
    const buffer der = made.certify(test::leaf("leaf", "leaf"), made);
    const bytes_view chain[] = {der};
    const own_key key = own_key::ml_dsa(mldsa44, made.seed());
    for (const bool scheme : {true, false}) {
        test::pair_options options;
        if (scheme) options.client.prefer.schemes = {mldsa65, mldsa87};
        test::pair<test::seeded<openssl>> both(options);
        both.server.answer = [&](const step& asked) {
            if (asked.what == what::client_hello)
                return both.server.tls.answer(identity{chain, key.schemes()}) == errc::none ||
                       (both.server.tls.refuse(), true);
            buffer signature = test::copy(key.sign(asked.signing().scheme, asked.signing().content));
            signature[100] = static_cast<std::uint8_t>(signature[100] ^ 1);
            return both.server.tls.answer(spantls::signature{signature}) == errc::none;
        };
        CHECK_FALSE(both.handshake());
        CHECK(both.client.error() == (scheme ? errc::peer_alert : errc::bad_signature));
        CHECK((scheme ? both.client.alert() : both.server.alert()) ==
              (scheme ? alert_description::handshake_failure : alert_description::decrypt_error));
    }
}

TEST_CASE("a path of ML-DSA certificates, and what is wrong with it") {
    const test::ml_dsa_key root(ml_dsa_sets[2]), middle(ml_dsa_sets[1]), leaf(ml_dsa_sets[0]);
    const buffer anchor = root.certify(test::ca("root", "root"), root);
    const buffer issuer = middle.certify(test::ca("middle", "root"), root);
    const buffer end = leaf.certify(test::leaf("leaf", "middle"), middle);
    x509::trust_store::entry index[1];
    buffer room(anchor.size());
    x509::trust_store roots(index, room);
    REQUIRE(roots.add(anchor) == errc::none);
    const auto judged = [&](const auto& crypto, const buffer& first, const buffer& second) {
        const buffer list = test::certificate_list({first, second});
        return roots.judge(crypto, {x509::chain_view(list), "leaf.example"},
                           {.now = test::year_2030, .profile = x509::profile::private_pki});
    };
    CHECK(judged(openssl(), end, issuer).accepted());
    CHECK(judged(sodium(), end, issuer).error() == errc::unsupported_certificate);
    buffer changed = end;
    changed.back() = static_cast<std::uint8_t>(changed.back() ^ 1);
    CHECK(judged(openssl(), changed, issuer).error() == errc::bad_certificate);
    // Of the same name, and another key.
    const test::ml_dsa_key stranger(ml_dsa_sets[1]);
    CHECK_FALSE(judged(openssl(), leaf.certify(test::leaf("leaf", "middle"), stranger), issuer).accepted());
}

#endif
