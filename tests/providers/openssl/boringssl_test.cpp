// The libcrypto provider where libcrypto is BoringSSL, built and linked against that alone: EVP_AEAD and its own
// functions for curves. What is compared with it is libsodium's.
#include <spantls/providers/openssl.hpp>

#include <array>

#include <openssl/err.h>

#include <spantls/drivers/answers.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/spantls.hpp>
#include <spantls/x509/pins.hpp>
#include <spantls/x509/private_key.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"
#include "support/x25519_checks.hpp"

using namespace spantls;

static_assert(libcrypto::is_boringssl);
static_assert(provider<openssl>);

namespace {

/// Records of one AEAD opened by another, and the same bytes from both.
template <class One, class Other>
void compare_aeads() {
    test::seeded_stream random(40);
    std::array<std::uint8_t, One::key_size> key{};
    std::array<std::uint8_t, 12> nonce{};
    std::array<std::uint8_t, 5> header{};
    random.fill(key);
    random.fill(header);
    typename One::context one{};
    typename Other::context other{};
    One::set_key(one, key);
    Other::set_key(other, key);
    for (std::size_t size = 0; size <= 16384; size += size < 600 ? 1 : 1021)
        for (const std::size_t zeros : {0u, 1u, 77u}) {
            random.fill(nonce);
            test::buffer text(size);
            random.fill(text);
            test::buffer first(size + 1 + zeros + 16, 0xa5), second = first, in_place = text;
            in_place.resize(first.size());
            One::seal(one, nonce, header, text, content_type::handshake, zeros, first.data());
            Other::seal(other, nonce, header, text, content_type::handshake, zeros, second.data());
            One::seal(one, nonce, header, {in_place.data(), size}, content_type::handshake, zeros, in_place.data());
            INFO(size << ", " << zeros);
            CHECK(first == second);
            CHECK(first == in_place);
            CHECK(One::open(one, nonce, header, second));
            second.resize(size);
            CHECK(second == text);
            first[random.below(first.size())] ^= 1;
            CHECK_FALSE(One::open(one, nonce, header, first));
        }
    clear_context<One>(one);
    test::buffer out(100, 0xa5);
    One::seal(one, nonce, header, bytes_view(key), content_type::handshake, 0, out.data());
    CHECK(test::hex(bytes_view(out).first(key.size() + 17)) == std::string(2 * (key.size() + 17), '0'));
    CHECK_FALSE(One::open(one, nonce, header, mutable_bytes(out).first(60)));
}

openssl::signing_key made_key(const std::string& name) {
    const test::buffer pem = test::made_file(name + ".key.pem");
    test::buffer room(pem.size());
    x509::private_key read;
    REQUIRE(x509::read_private_key(as_text(pem), room, read) == errc::none);
    return openssl::signing_key(read);
}

}  // namespace

TEST_CASE("BoringSSL: records are libsodium's") {
    compare_aeads<libcrypto::chacha20_poly1305, libsodium::chacha20_poly1305>();
    CHECK(ERR_peek_error() == 0);
    if (libsodium::aes256_gcm::available()) compare_aeads<libcrypto::aes256_gcm, libsodium::aes256_gcm>();
}

TEST_CASE("BoringSSL: X25519 is libsodium's") {
    test::x25519::check_agreement<libcrypto::x25519, libsodium::x25519>(41, 50, [](const auto&...) {});
    test::x25519::check_zero_secret<libcrypto::x25519>();
}

TEST_CASE("BoringSSL: handshakes of each suite and group, with certificates of each kind") {
    using pair = test::pair<test::seeded<openssl>>;
    for (const char* name : {"localhost", "p256", "p384", "rsa"})
        for (const suite_info& suite : openssl::suites)
            for (const named_group group : usable_groups<openssl>({})) {
                INFO(name << ", " << name_of(suite.suite) << ", " << name_of(group));
                const test::buffer der = test::made_certificate(name);
                const bytes_view chain[] = {der};
                const auto key = made_key(name);
                const x509::pinned_certificate pinned(der);
                pair both({.client = {.prefer = {.suites = {suite.suite}, .groups = {group}}}});
                const auto answer_with = [&](auto& end) {
                    end.answer = [&](const step& asked) {
                        auto who = answers(pinned, spantls::credentials(chain, key));
                        return spantls::answer(end.tls, asked, who) == errc::none;
                    };
                };
                answer_with(both.client);
                answer_with(both.server);
                REQUIRE(both.handshake());
                REQUIRE(both.client.send("hello") == errc::none);
                both.run();
                CHECK(both.server.received == test::text("hello"));
            }
}

TEST_CASE("BoringSSL: what it signs, libsodium's provider verifies") {
    const test::buffer message(100, 'm');
    for (const char* name : {"localhost", "p256", "p384", "rsa"}) {
        const test::buffer der = test::made_certificate(name);
        x509::certificate leaf;
        REQUIRE(x509::parse_certificate(der, leaf) == errc::none);
        const auto key = made_key(name);
        CHECK(key.belongs_to(leaf.public_key));
        for (const signature_scheme scheme : key.schemes()) {
            INFO(name_of(scheme));
            CHECK(sodium().verify(scheme, leaf.public_key, message, key.sign(scheme, message)));
            CHECK(openssl().verify(scheme, leaf.public_key, message, key.sign(scheme, message)));
            CHECK_FALSE(openssl().verify(scheme, leaf.public_key, test::buffer(100, 'n'), key.sign(scheme, message)));
        }
    }
}
