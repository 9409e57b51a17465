#include <spantls/message/server_hello.hpp>

#include <openssl/evp.h>

#include <spantls/message/extension.hpp>

#include "message/codec.hpp"
#include "support/oracle.hpp"

using spantls::bytes_view;
using spantls::errc;

namespace {

constexpr auto hello = [] {
    std::array<std::uint8_t, 2 + 32 + 1 + 2 + 2 + 1 + 2 + 3> bytes{};
    bytes.fill(0xff);
    bytes[0] = 3, bytes[1] = 3;
    bytes[34] = 2;  // legacy_session_id_echo
    bytes[37] = 0x13, bytes[38] = 1;
    bytes[39] = 0;
    bytes[40] = 0, bytes[41] = 3;  // extensions
    return bytes;
}();
static_assert(test::round_trips<spantls::server_hello>(hello));

std::array<std::uint8_t, 32> random_ending(const std::string& last_eight) {
    std::array<std::uint8_t, 32> random{};
    spantls::copy_bytes(test::unhex(last_eight), spantls::mutable_bytes(random).last(8));
    return random;
}

}  // namespace

TEST_CASE("ServerHello (section 4.2.3)") {
    test::check_codec<spantls::server_hello>(hello, {{34, 1}, {40, 2}});
    spantls::server_hello decoded{};
    REQUIRE(spantls::decode(bytes_view(hello), decoded));
    CHECK(decoded.legacy_version == spantls::protocol_version::tls_1_2);
    CHECK(decoded.random.size() == 32);
    CHECK(decoded.legacy_session_id_echo.size() == 2);
    CHECK(decoded.suite == spantls::cipher_suite::tls_aes_128_gcm_sha256);
    CHECK(decoded.extensions.size() == 3);
    // legacy_session_id_echo<0..32>
    test::buffer long_id(2 + 32 + 1 + 33 + 2 + 1 + 2);
    long_id[34] = 33;
    CHECK_FALSE(spantls::decode(bytes_view(long_id), decoded));
    long_id.pop_back();
    long_id[34] = 32;
    CHECK(spantls::decode(bytes_view(long_id), decoded));
}

TEST_CASE("the Random of a HelloRetryRequest is SHA-256 of its name (section 4.2.3)") {
    CHECK(test::copy(spantls::hello_retry_request_random) ==
          test::oracle::digest(EVP_sha256(), spantls::as_bytes("HelloRetryRequest")));
}

TEST_CASE("both sentinels of a downgrade are seen, and nothing else is taken for one (section 4.2.3)") {
    CHECK(spantls::says_downgrade(random_ending("444f574e47524401")));
    CHECK(spantls::says_downgrade(random_ending("444f574e47524400")));
    CHECK_FALSE(spantls::says_downgrade(random_ending("444f574e47524402")));
    CHECK_FALSE(spantls::says_downgrade(random_ending("444f574e47524501")));
    CHECK_FALSE(spantls::says_downgrade(random_ending("0000000000000001")));
}

TEST_CASE("Botan's ServerHello cases") {
    const auto file = test::shared_vectors("rfc8448/server_hello.vec");
    if (!file) return;
    spantls::extension_mask everything;
    for (const spantls::extension_row& row : spantls::extension_table) everything.add(row.type);
    std::size_t cases = 0;
    for (const auto& record : test::load_response_file(*file)) {
        const test::buffer body = test::unhex(record.at("Buffer"));
        INFO(record.at("Message_Type") << ": " << record.at("Buffer"));
        ++cases;
        spantls::server_hello decoded{};
        const bool good = spantls::decode(bytes_view(body), decoded);
        if (record.at("Message_Type") == "fail") {
            // One of these has extensions that are malformed within a block of the right length.
            spantls::extension_set extensions;
            CHECK((!good || extensions.parse(decoded.extensions, spantls::extension_place::client_hello, {}) ==
                                errc::decode_error));
            continue;
        }
        REQUIRE(good);
        CHECK(static_cast<std::uint16_t>(decoded.suite) == std::stoul(record.at("Ciphersuite"), nullptr, 16));
        // Those of TLS 1.2 decode as well: the form is the same. That they are not TLS 1.3 is for who receives them.
        if (record.at("Message_Type") == "server_hello_12") continue;
        const bool retry = record.at("Message_Type") == "hello_retry_request";
        CHECK(spantls::equal_bytes(decoded.random, spantls::hello_retry_request_random) == retry);
        spantls::extension_set extensions;
        const auto place =
            retry ? spantls::extension_place::hello_retry_request : spantls::extension_place::server_hello;
        REQUIRE(extensions.parse(decoded.extensions, place, everything) == errc::none);
        const test::buffer types = test::unhex(record.at("AdditionalData"));
        for (std::size_t i = 0; i < types.size(); i += 2)
            CHECK(extensions.has(static_cast<spantls::extension_type>(spantls::load_u16(types.data() + i))));
    }
    test::ran("server_hello.vec", cases);
}
