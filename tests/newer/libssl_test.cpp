// Handshakes with libssl 3.5 in memory: its hybrid groups and its ML-DSA certificates, with both roles; and with
// libcrypto's ML-KEM and libsodium's in place of ours.
#include <algorithm>
#include <memory>
#include <type_traits>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <spantls/drivers/answers.hpp>
#include <spantls/providers/openssl.hpp>
#include <spantls/providers/openssl/ml_kem_768.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/x509/pins.hpp>

#include "support/catch.hpp"
#include "support/ml_dsa_keys.hpp"
#include "support/pair.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;
using test::buffer;

// Of everything there are two.
static_assert(!libcrypto::ml_dsa_sets.empty());
static_assert(!std::is_same_v<libcrypto::ml_kem_768, portable::ml_kem_768>);
static_assert(!std::is_same_v<libsodium::ml_kem_768, portable::ml_kem_768>);

namespace {

/// As `openssl`, but with our own ML-KEM.
using with_our_ml_kem =
    basic_openssl<type_list<libcrypto::sha256, libcrypto::sha384>,
                  type_list<libcrypto::aes128_gcm, libcrypto::aes256_gcm, libcrypto::chacha20_poly1305>,
                  type_list<portable::x25519_mlkem768<portable::ml_kem_768, libcrypto::x25519>,
                            portable::secp256r1_mlkem768<portable::ml_kem_768, libcrypto::secp256r1>, libcrypto::x25519,
                            libcrypto::secp256r1>>;
static_assert(provider<with_our_ml_kem>);

struct libssl_free {
    void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
    void operator()(SSL* it) const { SSL_free(it); }
    void operator()(X509* it) const { X509_free(it); }
};

struct libssl_peer {
    libssl_peer(bool server, const char* groups)
        : context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method())) {
        REQUIRE(SSL_CTX_set1_groups_list(context.get(), groups) == 1);
        ssl.reset(SSL_new(context.get()));
        in = BIO_new(BIO_s_mem());
        out = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl.get(), in, out);
        server ? SSL_set_accept_state(ssl.get()) : SSL_set_connect_state(ssl.get());
    }
    /// Its own certificate, and the one that it trusts, which is the same.
    void use(const buffer& der, EVP_PKEY* key) {
        const unsigned char* from = der.data();
        const std::unique_ptr<X509, libssl_free> it(d2i_X509(nullptr, &from, static_cast<long>(der.size())));
        REQUIRE(it);
        REQUIRE(SSL_use_certificate(ssl.get(), it.get()) == 1);
        REQUIRE(SSL_use_PrivateKey(ssl.get(), key) == 1);
        REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), it.get()) == 1);
        X509_VERIFY_PARAM_set_flags(SSL_get0_param(ssl.get()), X509_V_FLAG_PARTIAL_CHAIN);
        SSL_set_verify(ssl.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    void give(const buffer& data) { BIO_write(in, data.data(), static_cast<int>(data.size())); }
    buffer take() {
        buffer data(BIO_ctrl_pending(out));
        if (!data.empty()) BIO_read(out, data.data(), static_cast<int>(data.size()));
        return data;
    }

    std::unique_ptr<SSL_CTX, libssl_free> context;
    std::unique_ptr<SSL, libssl_free> ssl;
    BIO *in, *out;
};

/// An ML-DSA certificate, and both libraries' views of its key.
struct identity_of {
    explicit identity_of(const libcrypto::ml_dsa_set& set)
        : made(set),
          der(made.certify(test::leaf("leaf", "leaf"), made)),
          chain{der},
          key(openssl::signing_key::ml_dsa(set.scheme, made.seed())),
          pinned(der) {}

    test::ml_dsa_key made;
    buffer der;
    bytes_view chain[1];
    openssl::signing_key key;
    x509::pinned_certificate pinned;
};

/// Until both are done; then a word in each direction.
template <class Connection>
void converse(test::endpoint<Connection>& ours, test::link& wire, libssl_peer& peer) {
    for (int flight = 0; flight < 4; ++flight) {
        for (bool moved = true; moved;) moved = ours.turn() || ours.flush();
        peer.give(wire.take());
        (void)SSL_do_handshake(peer.ssl.get());
        ours.arrive(peer.take());
    }
    INFO(name_of(ours.error()) << ", " << ERR_error_string(ERR_peek_error(), nullptr));
    REQUIRE(ours.has(what::handshake_done));
    REQUIRE(SSL_is_init_finished(peer.ssl.get()) == 1);
    REQUIRE(ours.send("up") == errc::none);
    peer.give(wire.take());
    char read[10];
    REQUIRE(SSL_read(peer.ssl.get(), read, sizeof read) == 2);
    REQUIRE(SSL_write(peer.ssl.get(), "down", 4) == 4);
    ours.arrive(peer.take());
    for (bool moved = true; moved;) moved = ours.turn() || ours.flush();
    REQUIRE(ours.received == test::text("down"));
}

/// Both with this certificate, our role and group as they are said.
template <class P, template <class> class Role>
void meet(const identity_of& who, named_group group, const char* its_name) {
    INFO(name_of(group) << ", " << name_of(who.made.set.scheme));
    constexpr bool server = Role<test::seeded<P>>::is_server;
    libssl_peer peer(!server, its_name);
    peer.use(who.der, who.made.key.get());
    test::seeded<P> crypto(1);
    test::link wire;
    const auto answer_with = [&](auto& ours) {
        ours.answer = [&](const step& asked) {
            auto answerer = answers(who.pinned, spantls::credentials(who.chain, who.key));
            return spantls::answer(ours.tls, asked, answerer) == errc::none;
        };
        converse(ours, wire, peer);
        CHECK(ours.tls.group() == group);
        CHECK(ours.tls.peer_authenticated());
        CHECK(SSL_get_verify_result(peer.ssl.get()) == X509_V_OK);
        int type = 0;
        CHECK(SSL_get_peer_signature_type_nid(peer.ssl.get(), &type) == 1);
        CHECK(type == OBJ_txt2nid(who.made.set.name));
    };
    if constexpr (server) {
        const server_config config{.prefer = {.groups = {group}},
                                   .authenticate_client = client_authentication::require};
        test::endpoint<Role<test::seeded<P>>> ours(crypto, config, 0, wire);
        answer_with(ours);
    } else {
        const client_config config{.prefer = {.groups = {group}}};
        test::endpoint<Role<test::seeded<P>>> ours(crypto, config, 0, wire,
                                                   client_target{.server_name = "leaf.example"});
        answer_with(ours);
    }
}

}  // namespace

TEST_CASE("libssl 3.5 and we, in both roles: hybrid groups, and ML-DSA certificates on both sides") {
    for (const auto& set : libcrypto::ml_dsa_sets) {
        const identity_of who(set);
        meet<openssl, client>(who, named_group::x25519_mlkem768, "X25519MLKEM768");
        meet<openssl, server>(who, named_group::x25519_mlkem768, "X25519MLKEM768");
        meet<openssl, client>(who, named_group::secp256r1_mlkem768, "SecP256r1MLKEM768");
        meet<openssl, server>(who, named_group::secp256r1_mlkem768, "SecP256r1MLKEM768");
    }
    const identity_of who(libcrypto::ml_dsa_sets[0]);
    meet<with_our_ml_kem, client>(who, named_group::x25519_mlkem768, "X25519MLKEM768");
    meet<with_our_ml_kem, server>(who, named_group::x25519_mlkem768, "X25519MLKEM768");
    meet<with_our_ml_kem, client>(who, named_group::secp256r1_mlkem768, "SecP256r1MLKEM768");
    meet<with_our_ml_kem, server>(who, named_group::secp256r1_mlkem768, "SecP256r1MLKEM768");
}

namespace {

/// Both of them in a handshake, then again with one thing changed in what one of them sends.
template <class Client, class Server>
void agree(named_group group) {
    using pair = test::pair<test::seeded<Client>, test::seeded<Server>>;
    INFO(name_of(group));
    const test::pair_options options{.client = {.prefer = {.groups = {group}}}};
    pair good(options);
    REQUIRE(good.handshake());
    CHECK(good.client.tls.group() == group);
    const std::size_t of_curve = group == named_group::x25519_mlkem768 ? 0 : 65;
    for (const bool up : {true, false}) {
        pair bad(options);
        bool changed = false;
        (up ? bad.to_server : bad.to_client).transit = [&](buffer sent) {
            // The share, behind its group and its length.
            const std::size_t size = (up ? 1184u : 1088u) + (of_curve == 0 ? 32 : of_curve);
            const buffer head{0x11, static_cast<std::uint8_t>(group), static_cast<std::uint8_t>(size >> 8),
                              static_cast<std::uint8_t>(size)};
            const auto at = std::search(sent.begin(), sent.end(), head.begin(), head.end());
            if (changed || at == sent.end()) return sent;
            changed = true;
            // Coefficients that are not below q (FIPS 203, section 7.2); another ciphertext, which nothing forbids.
            const auto kem = at + 4 + static_cast<std::ptrdiff_t>(of_curve);
            if (up) std::fill(kem, kem + 3, std::uint8_t{0xff});
            if (!up) kem[5] = static_cast<std::uint8_t>(kem[5] ^ 1);
            return sent;
        };
        CHECK_FALSE(bad.handshake());
        REQUIRE(changed);
        if (up) {
            CHECK(bad.server.error() == errc::bad_key_share);
            CHECK(bad.client.alert() == alert_description::illegal_parameter);
        } else {
            CHECK(bad.client.error() == errc::bad_record_mac);
        }
    }
}

}  // namespace

TEST_CASE("our ML-KEM, libcrypto's and libsodium's in handshakes with each other, and refused shares") {
    for (const named_group group : {named_group::x25519_mlkem768, named_group::secp256r1_mlkem768}) {
        agree<with_our_ml_kem, openssl>(group);
        agree<openssl, with_our_ml_kem>(group);
    }
    agree<sodium, openssl>(named_group::x25519_mlkem768);
    agree<openssl, sodium>(named_group::x25519_mlkem768);
    CHECK(ERR_peek_error() == 0);
}
