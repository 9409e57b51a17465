#include <spantls/crypto/key_schedule.hpp>

#include <array>
#include <type_traits>

#include <spantls/message/authentication.hpp>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "support/rfc8448.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::hash_id;
using test::hex;

static_assert(!std::is_copy_constructible_v<spantls::handshake_stage<test::usual_provider>>);
static_assert(!std::is_copy_assignable_v<spantls::handshake_stage<test::usual_provider>>);
static_assert(!std::is_copy_constructible_v<spantls::main_stage<test::usual_provider>>);
static_assert(std::is_nothrow_move_constructible_v<spantls::main_stage<test::usual_provider>>);

namespace {

/// The constants, from the beginning: HKDF-Extract(0, 0), then Derive-Secret(., "derived", "").
void check_constants(hash_id hash, bytes_view derived, bytes_view empty) {
    const std::size_t size = spantls::digest_size(hash);
    CHECK(hex(spantls::hash_of<test::usual_provider>(hash, {}).view()) == hex(empty));
    CHECK(hex(spantls::empty_hash(hash)) == hex(empty));
    const test::buffer zeros(size);
    test::buffer early(size), result(size);
    spantls::hkdf_extract<test::usual_provider>(hash, zeros, zeros, early.data());
    spantls::hkdf_expand_label(spantls::hmac_key<test::usual_provider>(hash, early), "derived", empty, result);
    CHECK(hex(result) == hex(derived));
}

std::string hex_of(const test::rfc8448::secret& secret) { return hex(secret.bytes()); }

struct key_and_iv {
    std::string key, iv;
    explicit key_and_iv(const test::rfc8448::secret& secret)
        : key(hex(test::rfc8448::derive(secret.bytes(), "key", {}, 16))),
          iv(hex(test::rfc8448::derive(secret.bytes(), "iv", {}, 12))) {}
};

}  // namespace

TEST_CASE("the constants of the key schedule are what the key schedule makes") {
    check_constants(hash_id::sha256, spantls::detail::derived_early_sha256, spantls::detail::empty_sha256);
    check_constants(hash_id::sha384, spantls::detail::derived_early_sha384, spantls::detail::empty_sha384);
}

// Every value below is printed in RFC 8448, section 3.
TEST_CASE("the key schedule of RFC 8448's simple handshake") {
    const auto traces = test::rfc8448::traces();
    if (!traces) return;
    const auto& trace = (*traces)[test::rfc8448::simple];
    const test::buffer shared = test::rfc8448::shared_secret(trace);
    CHECK(hex(shared) == "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");

    // The secrets between the stages are kept as HMAC keys; these are the same ones, put together by hand.
    const bytes_view nothing = spantls::empty_hash(hash_id::sha256);
    const test::buffer early = test::rfc8448::extract(test::buffer(32), test::buffer(32));
    CHECK(hex(early) == "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
    const test::buffer handshake = test::rfc8448::extract(test::rfc8448::derive(early, "derived", nothing), shared);
    CHECK(hex(handshake) == "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac");
    const test::buffer derived = test::rfc8448::derive(handshake, "derived", nothing);
    CHECK(hex(derived) == "43de77e0c77713859a944db9db2590b53190a65b3ee2e4f12dd7a0bb7ce254b4");
    CHECK(hex(test::rfc8448::extract(derived, test::buffer(32))) ==
          "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919");

    auto messages = test::rfc8448::hellos(trace);
    CHECK(hex(messages.current().view()) == "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8");

    const auto all = test::rfc8448::until_server_finished(trace);
    CHECK(hex_of(all.client_handshake) == "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21");
    CHECK(hex_of(all.server_handshake) == "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
    CHECK(hex_of(all.client_application) == "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
    CHECK(hex_of(all.server_application) == "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
    CHECK(hex_of(all.exporter) == "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50");

    const key_and_iv server_handshake(all.server_handshake), client_handshake(all.client_handshake);
    CHECK(server_handshake.key == "3fce516009c21727d0f2e4e86ee403bc");
    CHECK(server_handshake.iv == "5d313eb2671276ee13000b30");
    CHECK(client_handshake.key == "dbfaa693d1762c5b666af5d950258d01");
    CHECK(client_handshake.iv == "5bd3c71b836e0b76bb73265f");
    const key_and_iv server_application(all.server_application), client_application(all.client_application);
    CHECK(server_application.key == "9f02283b6c9c07efc26bb9f2ac92e356");
    CHECK(server_application.iv == "cf782b88dd83549aadf1e984");
    CHECK(client_application.key == "17422dda596ed5d9acd890e3c63f5051");
    CHECK(client_application.iv == "5b78923dee08579033e523d9");

    CHECK(hex(test::rfc8448::derive(all.server_handshake.bytes(), "finished", {})) ==
          "008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8cdc19fc8");
    CHECK(hex(test::rfc8448::derive(all.client_handshake.bytes(), "finished", {})) ==
          "b80ad01015fb2f0bd65ff7d4da5d6bf83f84821d1f87fdc7d3c75b5a7b42d9c4");

    for (const test::buffer& message : trace.server_messages()) messages.add(message);
    const auto server_mac = spantls::finished_mac<test::rfc8448::provider>(
        hash_id::sha256, all.server_handshake.bytes(), messages.current().view());
    CHECK("14000020" + hex(server_mac.view()) == hex(trace["Message_Server_Finished"]));
    messages.add(trace["Message_Server_Finished"]);
    const auto client_mac = spantls::finished_mac<test::rfc8448::provider>(
        hash_id::sha256, all.client_handshake.bytes(), messages.current().view());
    CHECK(hex(client_mac.view()) == "a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61");

    const test::buffer client_finished = test::unhex("14000020" + hex(client_mac.view()));
    messages.add(client_finished);
    test::rfc8448::secret resumption;
    all.main.resumption(messages.current().view(), resumption);
    CHECK(hex_of(resumption) == "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
    CHECK(test::rfc8448::derive(resumption.bytes(), "resumption", test::unhex("0000")) == test::rfc8448::ticket_psk());
}

TEST_CASE("the stages with a PSK, step by step, for each hash (section 7.1)") {
    const test::buffer psk(32, 0x11), shared(32, 0x22);
    for (const hash_id hash : {hash_id::sha256, hash_id::sha384}) {
        const std::size_t size = spantls::digest_size(hash);
        const test::buffer messages(size, 0x33), zeros(size);
        const auto extract = [&](bytes_view salt, bytes_view ikm) {
            test::buffer out(size);
            spantls::hkdf_extract<test::usual_provider>(hash, salt, ikm, out.data());
            return out;
        };
        const auto derive = [&](bytes_view from, std::string_view label, bytes_view context) {
            test::buffer out(size);
            spantls::hkdf_expand_label(spantls::hmac_key<test::usual_provider>(hash, from), label, context, out);
            return out;
        };
        const test::buffer early = extract(zeros, psk);
        const test::buffer handshake = extract(derive(early, "derived", spantls::empty_hash(hash)), shared);
        const test::buffer main = extract(derive(handshake, "derived", spantls::empty_hash(hash)), zeros);

        spantls::traffic_secret<test::usual_provider> secret;
        spantls::extract_early_secret<test::usual_provider>(hash, psk, secret);
        spantls::early_stage<test::usual_provider> first(hash, secret);
        first.client_traffic(messages, secret);
        CHECK(hex(secret.first(size)) == hex(derive(early, "c e traffic", messages)));
        auto second = std::move(first).next(shared);
        second.client_traffic(messages, secret);
        CHECK(hex(secret.first(size)) == hex(derive(handshake, "c hs traffic", messages)));
        auto third = std::move(second).next();
        third.server_traffic(messages, secret);
        CHECK(hex(secret.first(size)) == hex(derive(main, "s ap traffic", messages)));
    }
}

TEST_CASE("what is signed and the server's Finished in every trace of RFC 8448") {
    const auto traces = test::rfc8448::traces();
    if (!traces) return;
    std::size_t signed_ones = 0, finished = 0;
    for (const auto& trace : *traces) {
        const auto all = test::rfc8448::until_server_finished(trace, test::rfc8448::psk_of(trace));
        auto messages = test::rfc8448::hellos(trace);
        for (const test::buffer& message : trace.server_messages()) {
            if (message[0] == static_cast<std::uint8_t>(spantls::handshake_type::certificate_verify)) {
                spantls::signed_content content;
                content.assign(true, messages.current().view());
                CHECK(test::copy(content.view()) == trace["Server_MessageToSign"]);
                spantls::certificate_verify verify{};
                REQUIRE(spantls::decode(bytes_view(message).subspan(4), verify));
                CHECK(test::copy(verify.signature) == trace["Server_MessageSignature"]);
                ++signed_ones;
            }
            messages.add(message);
        }
        const auto mac = spantls::finished_mac<test::rfc8448::provider>(hash_id::sha256, all.server_handshake.bytes(),
                                                                        messages.current().view());
        CHECK("14000020" + hex(mac.view()) == hex(trace["Message_Server_Finished"]));
        ++finished;
    }
    CHECK(signed_ones == 5);
    test::ran("RFC 8448 traces", finished);
}

TEST_CASE("a stage is wiped when it has been moved from") {
    const test::buffer shared(32, 7);
    auto first = spantls::handshake_stage_without_psk<test::usual_provider>(hash_id::sha384, shared);
    spantls::traffic_secret<test::usual_provider> before, moved, left;
    first.client_traffic(spantls::empty_hash(hash_id::sha384), before);
    const auto second = std::move(first);
    second.client_traffic(spantls::empty_hash(hash_id::sha384), moved);
    first.client_traffic(spantls::empty_hash(hash_id::sha384), left);  // misuse: it works on zeros
    CHECK(hex(before.bytes()) == hex(moved.bytes()));
    CHECK(hex(before.bytes()) != hex(left.bytes()));
}

TEST_CASE("the next traffic secret is HKDF-Expand-Label(., \"traffic upd\", \"\") (section 7.2)") {
    for (const hash_id hash : {hash_id::sha256, hash_id::sha384}) {
        const std::size_t size = spantls::digest_size(hash);
        spantls::traffic_secret<test::usual_provider> secret;
        spantls::copy_bytes(test::buffer(48, 3), secret.bytes());
        test::buffer expected(size);
        spantls::hkdf_expand_label(spantls::hmac_key<test::usual_provider>(hash, secret.first(size)), "traffic upd", {},
                                   expected);
        spantls::update_traffic_secret<test::usual_provider>(hash, secret);
        CHECK(hex(secret.first(size)) == hex(expected));
    }
}

TEST_CASE("exported keying material is that of section 7.5") {
    for (const hash_id hash : {hash_id::sha256, hash_id::sha384}) {
        const std::size_t size = spantls::digest_size(hash);
        const test::buffer exporter(size, 9), context = test::unhex("c0ffee");
        test::buffer derived(size), expected(100), out(100);
        spantls::hkdf_expand_label(spantls::hmac_key<test::usual_provider>(hash, exporter), "EXPORTER-x",
                                   spantls::empty_hash(hash), derived);
        spantls::hkdf_expand_label(spantls::hmac_key<test::usual_provider>(hash, derived), "exporter",
                                   spantls::hash_of<test::usual_provider>(hash, context).view(), expected);
        spantls::export_keying_material<test::usual_provider>(hash, exporter, "EXPORTER-x", context, out);
        CHECK(out == expected);
    }
}
