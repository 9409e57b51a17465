#include <spantls/message/authentication.hpp>

#include "message/codec.hpp"

using spantls::bytes_view;

namespace {

constexpr std::array<std::uint8_t, 3 + 6> request{2, 0xff, 0xfe, 0, 4, 0xff, 0xff, 0xff, 0xff};
constexpr std::array<std::uint8_t, 3> empty_request{0, 0, 0};
constexpr std::array<std::uint8_t, 8> certificates{1, 0xff, 0, 0, 3, 0xff, 0xfe, 0xfd};
constexpr std::array<std::uint8_t, 8> entry{0, 0, 2, 0xff, 0xfe, 0, 1, 0xff};
constexpr std::array<std::uint8_t, 7> verify{0x08, 0x07, 0, 3, 0xff, 0xfe, 0xfd};

static_assert(test::round_trips<spantls::certificate_request>(request));
static_assert(test::round_trips<spantls::certificate_request>(empty_request));
static_assert(test::round_trips<spantls::certificate_message>(certificates));
static_assert(test::round_trips<spantls::certificate_entry>(entry));
static_assert(test::round_trips<spantls::certificate_verify>(verify));

}  // namespace

TEST_CASE("CertificateRequest (section 4.4.2)") {
    test::check_codec<spantls::certificate_request>(request, {{0, 1}, {3, 2}});
    test::check_codec<spantls::certificate_request>(empty_request, {{1, 2}});
    spantls::certificate_request decoded{};
    REQUIRE(spantls::decode(bytes_view(request), decoded));
    CHECK(test::hex(decoded.context) == "fffe");
    CHECK(test::hex(decoded.extensions) == "ffffffff");
}

TEST_CASE("Certificate and its entries (section 4.5.1)") {
    test::check_codec<spantls::certificate_message>(certificates, {{0, 1}, {2, 3}});
    test::check_codec<spantls::certificate_entry>(entry, {{0, 3}, {5, 2}});
    spantls::certificate_entry decoded{};
    REQUIRE(spantls::decode(bytes_view(entry), decoded));
    CHECK(test::hex(decoded.der) == "fffe");
    CHECK(test::hex(decoded.extensions) == "ff");
    // cert_data<1..2^24-1>
    const test::buffer no_certificate{0, 0, 0, 0, 0};
    CHECK_FALSE(spantls::decode(bytes_view(no_certificate), decoded));
}

TEST_CASE("CertificateVerify (section 4.5.2)") {
    test::check_codec<spantls::certificate_verify>(verify, {{2, 2}});
    spantls::certificate_verify decoded{};
    REQUIRE(spantls::decode(bytes_view(verify), decoded));
    CHECK(decoded.algorithm == spantls::signature_scheme::ed25519);
    CHECK(test::hex(decoded.signature) == "fffefd");
}

TEST_CASE("what is signed is the RFC's example (section 4.5.2)") {
    const std::string spaces =
        "2020202020202020202020202020202020202020202020202020202020202020"
        "2020202020202020202020202020202020202020202020202020202020202020";
    const test::buffer hash(32, 1);
    spantls::signed_content content;
    content.assign(true, hash);
    CHECK(test::hex(content.view()) ==
          spaces +
              "544c5320312e332c207365727665722043657274696669636174655665726966790001010101010101010101010101010101"
              "01010101010101010101010101010101");
    content.assign(false, hash);
    CHECK(test::hex(content.view()) ==
          spaces +
              "544c5320312e332c20636c69656e742043657274696669636174655665726966790001010101010101010101010101010101"
              "01010101010101010101010101010101");
    content.assign(true, test::buffer(48, 1));
    CHECK(content.view().size() == 64 + 33 + 1 + 48);
}
