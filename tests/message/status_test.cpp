#include <spantls/message/status.hpp>

#include <optional>

#include "support/catch.hpp"
#include "support/forge.hpp"

using spantls::extension_place;
using spantls::extension_set;
using spantls::wanted_proofs;
using test::buffer;
using test::unhex;
using namespace test::forge;

namespace {

/// Nothing when it is not well formed.
std::optional<wanted_proofs> wanted(const extensions& all, bool of_client_hello) {
    const buffer block = all.block();
    extension_set set;
    const auto place = of_client_hello ? extension_place::client_hello : extension_place::certificate_request;
    REQUIRE(set.parse(spantls::bytes_view(block).subspan(2), place, {}) == spantls::errc::none);
    wanted_proofs result;
    return result.parse(set, of_client_hello) ? std::optional(result) : std::nullopt;
}
std::optional<wanted_proofs> status(const std::string& data, bool of_client_hello = true) {
    return wanted(extensions().add(ext::status_request, unhex(data)), of_client_hello);
}
bool timestamps(const std::string& data) { return spantls::is_sct_list(unhex(data)); }

}  // namespace

TEST_CASE("what is asked for in a ClientHello and in a CertificateRequest (section 4.5.1.1; RFC 6066, section 8)") {
    for (const bool hello : {true, false}) {
        REQUIRE(wanted({}, hello));
        CHECK_FALSE(wanted({}, hello)->staples);
        CHECK_FALSE(wanted({}, hello)->scts);
        REQUIRE(wanted(extensions().add(ext::signed_certificate_timestamp), hello));
        CHECK(wanted(extensions().add(ext::signed_certificate_timestamp), hello)->scts);
        CHECK_FALSE(wanted(extensions().add(ext::signed_certificate_timestamp, {0}), hello));
    }
    REQUIRE(status("0100000000"));
    CHECK(status("0100000000")->staples);
    CHECK(status("01000401020304000105")->staples);
    // What is no OCSP is not for us.
    REQUIRE(status("02ff"));
    CHECK_FALSE(status("02ff")->staples);
    for (const char* data : {"", "01", "010000", "01000000", "010000000000", "0100010000"}) {
        CAPTURE(data);
        CHECK_FALSE(status(data));
    }
    REQUIRE(status("", false));
    CHECK(status("", false)->staples);
    CHECK_FALSE(status("0100000000", false));
    std::array<std::uint8_t, 5> memory;
    spantls::writer to(memory);
    spantls::write_status_request(to);
    CHECK(test::hex(to.written()) == "0100000000");
}

TEST_CASE("an OCSP response and a list of timestamps beside a certificate") {
    const buffer whole = unhex("01000002abcd");
    CHECK(test::hex(spantls::read_staple(whole)) == "abcd");
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(spantls::read_staple(spantls::bytes_view(whole).first(size)).empty());
    CHECK(spantls::read_staple(unhex("02000002abcd")).empty());
    CHECK(spantls::read_staple(unhex("01000000")).empty());
    CHECK(spantls::read_staple(unhex("01000001abcd")).empty());
    CHECK(timestamps("00030001aa"));
    CHECK(timestamps("00070001aa0002bbcc"));
    for (const char* data :
         {"", "0000", "00020000", "0003000200", "00030001aa00", "00040001aa00", "00040001aa", "000300020a"}) {
        CAPTURE(data);
        CHECK_FALSE(timestamps(data));
    }
}
