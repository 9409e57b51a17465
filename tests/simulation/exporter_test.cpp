// Keying material exported early and late, and the channel binding: alike at both ends, and libssl's besides.
#include <spantls/spantls.hpp>

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <type_traits>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using seeded_chacha = test::seeded<test::small_provider>;

const test::buffer id = test::text("a key"), key(32, 0x11);
constexpr cipher_suite chacha = cipher_suite::tls_chacha20_poly1305_sha256;
constexpr early_data_terms terms{1000, chacha, {}, {}};
const psk offered[] = {{.identity = id, .key = key, .early = terms}};
const psk_choice chosen{0, key, hash_id::sha256, psk_kind::external, terms, false};

test::pair_options early_options() {
    test::pair_options options;
    options.client.compatibility_mode = false;
    options.server.use_psk = true;
    options.server.max_early_data = 1000;
    options.target = {.psks = offered, .early_data = true};
    return options;
}

/// What an end exports early; empty when it says early_data_over, and nothing was written then.
template <class Connection>
test::buffer early(const Connection& tls, std::string_view label = "EXPORTER-early",
                   std::string_view context = "here") {
    test::buffer out(40, 0xee);
    const errc error = tls.export_early_keying_material(label, as_bytes(context), out);
    if (error == errc::none) return out;
    REQUIRE(error == errc::early_data_over);
    REQUIRE(out == test::buffer(40, 0xee));
    return {};
}
template <class Connection>
test::buffer binding(const Connection& tls) {
    std::array<std::uint8_t, channel_binding_size> out{};
    REQUIRE(tls.channel_binding(out) == errc::none);
    return test::copy(out);
}

}  // namespace

TEST_CASE("early keying material is there from the offer until the handshake is done (section 7.5)") {
    test::pair<seeded_chacha> both(early_options());
    both.server.find_psk = [](const step&) { return chosen; };
    const test::buffer of_client = early(both.client.tls);
    REQUIRE(of_client.size() == 40);
    REQUIRE(early(both.client.tls, "EXPORTER-other") != of_client);
    REQUIRE(early(both.client.tls, "EXPORTER-early", "there") != of_client);
    bool asked = false;
    both.server.judge_early = [&](const early_offer&) {
        asked = true;
        REQUIRE(early(both.server.tls).empty());  // what is not accepted is not exported from
        return early_data::accept;
    };
    const test::buffer data = test::text("early");
    test::buffer out(1000);
    both.to_server.put(both.client.tls.send_early(data, out).records);
    test::buffer of_server;
    both.server.watch = [&](const step& seen) {
        if (seen.what == what::early_data) of_server = early(both.server.tls);
    };
    bool over = false;
    both.client.watch = [&](const step& seen) {
        if (seen.what == what::handshake_done) over = early(both.client.tls).empty();
    };
    REQUIRE(both.handshake());
    REQUIRE(asked);
    REQUIRE(of_server == of_client);
    REQUIRE(over);
    REQUIRE(early(both.server.tls).empty());
}

TEST_CASE("early keying material: lengths, and none after a failure") {
    test::pair<seeded_chacha> both(early_options());
    test::buffer out(255 * 32 + 1);
    const auto error = [&](std::size_t label, std::size_t size) {
        return both.client.tls.export_early_keying_material(std::string(label, 'l'), {},
                                                            mutable_bytes(out).first(size));
    };
    REQUIRE(error(249, 255 * 32) == errc::none);
    REQUIRE(error(0, 32) == errc::bad_argument);
    REQUIRE(error(250, 32) == errc::bad_argument);
    REQUIRE(error(1, 255 * 32 + 1) == errc::bad_argument);
    both.client.tls.abort();
    REQUIRE(error(1, 32) == errc::connection_failed);
}

TEST_CASE("no early keying material without early data, or when it is rejected") {
    test::pair_options options = early_options();
    enum why { not_offered, rejected, no_key, retried };
    for (const why reason : {not_offered, rejected, no_key, retried}) {
        CAPTURE(reason);
        test::pair_options these = options;
        if (reason == not_offered) these.target.early_data = false;
        if (reason == retried) these.client.shares = fixed_vector<named_group, 4>{};
        test::pair<seeded_chacha> both(these);
        both.server.find_psk = [&](const step&) { return reason == no_key ? no_psk : chosen; };
        both.server.judge_early = [](const early_offer&) { return early_data::reject; };
        REQUIRE(early(both.client.tls).empty() == (reason == not_offered));
        std::size_t seen = 0;
        both.client.watch = [&](const step& now) {
            if (now.what != what::early_data_rejected) return;
            ++seen;
            REQUIRE(early(both.client.tls).empty());
        };
        both.server.watch = [&](const step&) { REQUIRE(early(both.server.tls).empty()); };
        REQUIRE(both.handshake());
        REQUIRE(seen == (reason == not_offered ? 0 : 1));
        REQUIRE(early(both.client.tls).empty());
    }
}

TEST_CASE("the channel binding is alike at both ends and of no other connection (RFC 9266)") {
    test::pair<seeded_chacha> one, other({.seed = 2});
    std::array<std::uint8_t, channel_binding_size> out{};
    REQUIRE(one.client.tls.channel_binding(out) == errc::not_connected);
    REQUIRE(one.handshake());
    REQUIRE(other.handshake());
    REQUIRE(binding(one.client.tls) == binding(one.server.tls));
    REQUIRE(binding(one.client.tls) != binding(other.client.tls));
    test::buffer by_label(32);
    REQUIRE(one.server.tls.export_keying_material("EXPORTER-Channel-Binding", {}, by_label) == errc::none);
    REQUIRE(by_label == binding(one.client.tls));
}

namespace {

struct libssl_free {
    void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
    void operator()(SSL* it) const { SSL_free(it); }
};

SSL_SESSION* session_of_key(SSL* ssl) {
    const unsigned char suite[] = {0x13, 0x03};
    SSL_SESSION* const session = SSL_SESSION_new();
    REQUIRE(SSL_SESSION_set1_master_key(session, key.data(), key.size()) == 1);
    REQUIRE(SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite)) == 1);
    REQUIRE(SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1);
    REQUIRE(SSL_SESSION_set_max_early_data(session, 1000) == 1);
    return session;
}

/// libssl with the same key, in memory.
struct libssl_peer {
    explicit libssl_peer(bool server) : context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method())) {
        SSL_CTX_set_ciphersuites(context.get(), "TLS_CHACHA20_POLY1305_SHA256");
        SSL_CTX_set1_groups_list(context.get(), "X25519");
        SSL_CTX_set_max_early_data(context.get(), 1000);
        SSL_CTX_set_recv_max_early_data(context.get(), 1000);
        SSL_CTX_set_options(context.get(), SSL_OP_NO_ANTI_REPLAY);
        SSL_CTX_set_psk_find_session_callback(
            context.get(), [](SSL* on, const unsigned char* name, std::size_t size, SSL_SESSION** found) {
                *found = equal_bytes({name, size}, id) ? session_of_key(on) : nullptr;
                return 1;
            });
        SSL_CTX_set_psk_use_session_callback(context.get(), [](SSL* on, const EVP_MD*, const unsigned char** name,
                                                               std::size_t* size, SSL_SESSION** used) {
            *name = id.data();
            *size = id.size();
            *used = session_of_key(on);
            return 1;
        });
        ssl.reset(SSL_new(context.get()));
        in = BIO_new(BIO_s_mem());
        out = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl.get(), in, out);
        server ? SSL_set_accept_state(ssl.get()) : SSL_set_connect_state(ssl.get());
    }
    void give(bytes_view data) { BIO_write(in, data.data(), static_cast<int>(data.size())); }
    test::buffer take() {
        test::buffer data(BIO_ctrl_pending(out));
        if (!data.empty()) BIO_read(out, data.data(), static_cast<int>(data.size()));
        return data;
    }
    test::buffer early(std::string_view label, std::string_view about) const {
        test::buffer made(40);
        REQUIRE(SSL_export_keying_material_early(ssl.get(), made.data(), made.size(), label.data(), label.size(),
                                                 as_bytes(about).data(), about.size()) == 1);
        return made;
    }
    test::buffer late(std::string_view label) const {
        test::buffer made(32);
        REQUIRE(SSL_export_keying_material(ssl.get(), made.data(), made.size(), label.data(), label.size(), nullptr, 0,
                                           0) == 1);
        return made;
    }

    std::unique_ptr<SSL_CTX, libssl_free> context;
    std::unique_ptr<SSL, libssl_free> ssl;
    BIO *in, *out;
};

}  // namespace

TEST_CASE("a client exports what libssl does (section 7.5), early and late") {
    libssl_peer peer(true);
    seeded_chacha crypto(1);
    const test::pair_options options = early_options();
    test::link wire;
    test::endpoint<client<seeded_chacha>> ours(crypto, options.client, 0, wire, options.target);
    const test::buffer data = test::text("early"), exported = early(ours.tls);
    test::buffer out(1000);
    wire.put(ours.tls.send_early(data, out).records);
    char read[100];
    std::size_t size = 0;
    peer.give(wire.take());
    REQUIRE(SSL_read_early_data(peer.ssl.get(), read, sizeof read, &size) == SSL_READ_EARLY_DATA_SUCCESS);
    REQUIRE(test::buffer(read, read + size) == data);
    REQUIRE(peer.early("EXPORTER-early", "here") == exported);
    ours.arrive(peer.take());
    for (bool moved = true; moved;) moved = ours.turn() || ours.flush();
    REQUIRE(ours.has(what::handshake_done));
    peer.give(wire.take());
    REQUIRE(SSL_read_early_data(peer.ssl.get(), read, sizeof read, &size) == SSL_READ_EARLY_DATA_FINISH);
    REQUIRE(SSL_do_handshake(peer.ssl.get()) == 1);
    REQUIRE(peer.late("EXPORTER-Channel-Binding") == binding(ours.tls));
}

TEST_CASE("a server exports what libssl does, early and late") {
    libssl_peer peer(false);
    seeded_chacha crypto(1);
    const test::pair_options options = early_options();
    test::link wire;
    test::endpoint<server<seeded_chacha>> ours(crypto, options.server, 0, wire);
    ours.find_psk = [](const step&) { return chosen; };
    std::size_t written = 0;
    REQUIRE(SSL_write_early_data(peer.ssl.get(), "early", 5, &written) == 1);
    test::buffer exported;
    ours.watch = [&](const step& seen) {
        if (seen.what == what::early_data) exported = early(ours.tls);
    };
    for (int flight = 0; flight < 3; ++flight) {
        ours.arrive(peer.take());
        for (bool moved = true; moved;) moved = ours.turn() || ours.flush();
        peer.give(wire.take());
        (void)SSL_do_handshake(peer.ssl.get());
    }
    REQUIRE(ours.has(what::handshake_done));
    REQUIRE(ours.received_early == test::text("early"));
    REQUIRE(peer.early("EXPORTER-early", "here") == exported);
    REQUIRE(peer.late("EXPORTER-Channel-Binding") == binding(ours.tls));
}
