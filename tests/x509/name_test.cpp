#include <spantls/x509/name.hpp>

#include <string>

#include <arpa/inet.h>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;

namespace {

static_assert(x509::matches_dns_name("a.example", "A.EXAMPLE"));
static_assert(x509::parse_ip_address("::1").size == 16);

bool certified(std::initializer_list<bytes> names, std::string_view host) {
    const bytes der = test::draft("anybody", "root").with(test::subject_alt_name(names)).der();
    x509::certificate it;
    REQUIRE(x509::parse_certificate(der, it) == errc::none);
    return x509::matches_host(it, host);
}

/// What the C library reads; it takes the same forms.
bytes oracle(const std::string& text) {
    bytes address(16);
    if (inet_pton(AF_INET, text.c_str(), address.data()) == 1) return bytes(address.begin(), address.begin() + 4);
    if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
    return {};
}

}  // namespace

TEST_CASE("name: a dNSName is compared letter by letter, in either case") {
    using x509::matches_dns_name;
    CHECK(matches_dns_name("example.com", "example.com"));
    CHECK(matches_dns_name("EXAMPLE.com", "example.COM"));
    CHECK(matches_dns_name("localhost", "localhost"));
    CHECK_FALSE(matches_dns_name("example.com", "example.org"));
    CHECK_FALSE(matches_dns_name("example.com", "www.example.com"));
    CHECK_FALSE(matches_dns_name("www.example.com", "example.com"));
    CHECK_FALSE(matches_dns_name("example.com.", "example.com"));
    CHECK_FALSE(matches_dns_name("", ""));
    CHECK_FALSE(matches_dns_name("", "example.com"));
    CHECK_FALSE(matches_dns_name("k.example", "\xe2\x84\xaa.example"));  // the Kelvin sign is no letter here
    CHECK_FALSE(matches_dns_name("[.example", "{.example"));             // only letters have two cases
    CHECK_FALSE(matches_dns_name(std::string("a.example\0.evil", 15), "a.example"));
}

TEST_CASE("name: a wildcard is the whole first label and stands for exactly one") {
    using x509::matches_dns_name;
    CHECK(matches_dns_name("*.example.com", "www.example.com"));
    CHECK(matches_dns_name("*.EXAMPLE.com", "www.example.com"));
    CHECK_FALSE(matches_dns_name("*.example.com", "example.com"));
    CHECK_FALSE(matches_dns_name("*.example.com", ".example.com"));
    CHECK_FALSE(matches_dns_name("*.example.com", "a.b.example.com"));
    CHECK_FALSE(matches_dns_name("w*.example.com", "www.example.com"));
    CHECK_FALSE(matches_dns_name("*w.example.com", "www.example.com"));
    CHECK_FALSE(matches_dns_name("www.*.com", "www.example.com"));
    CHECK_FALSE(matches_dns_name("*.*.com", "www.example.com"));
    CHECK_FALSE(matches_dns_name("*", "localhost"));
    CHECK_FALSE(matches_dns_name("*.", "localhost."));
    CHECK_FALSE(matches_dns_name("*.example.com", "*.example.com"));  // nobody is called that
    CHECK_FALSE(matches_dns_name("**.example.com", "www.example.com"));
}

TEST_CASE("name: address literals") {
    const char* const texts[] = {
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.04",
        "01.2.3.4",
        "00.0.0.0",
        "1..2.3",
        ".1.2.3.4",
        "1.2.3.4.",
        "1.2.3.4 ",
        " 1.2.3.4",
        "0x7f.0.0.1",
        "+1.2.3.4",
        "1.2.3.1000",
        "",
        ".",
        "...",
        "::",
        "::1",
        "1::",
        "1::2",
        "2001:db8::1",
        "2001:DB8::A",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        ":::",
        "1:::2",
        "::1::",
        "1::2::3",
        ":1",
        "1:",
        ":",
        "12345::",
        "0001::",
        "00001::",
        "g::",
        "::ffff:1.2.3.4",
        "::1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3.4:5",
        "::1.2.3",
        "::256.1.1.1",
        "1.2.3.4::",
        "1.2.3.4:1::",
        "[::1]",
        "::1%lo",
        "fe80::1%1",
        "::1/128",
        "::-1",
        "example.com",
        "a.b.c.d",
        "::1.2.3.04",
    };
    int addresses = 0;
    for (const std::string text : texts) {
        INFO('"' << text << '"');
        const x509::ip_address read = x509::parse_ip_address(text);
        const bytes expected = oracle(text);
        CHECK(equal_bytes(read.bytes(), expected));
        addresses += read.size != 0;
    }
    CHECK(addresses > 10);  // both kinds of text are there
}

TEST_CASE("name: texts that look like addresses, against the C library") {
    const std::string_view letters = "::::::....0123456789abF";
    std::uint32_t state = 1;
    const auto random = [&state] { return (state = state * 1664525 + 1013904223) >> 16; };
    int addresses = 0;
    for (int i = 0; i < 300000; ++i) {
        std::string text(3 + random() % 14, ' ');
        for (char& letter : text) letter = letters[random() % letters.size()];
        const bytes expected = oracle(text);
        if (equal_bytes(x509::parse_ip_address(text).bytes(), expected)) {
            addresses += !expected.empty();
            continue;
        }
        FAIL(text);
    }
    CHECK(addresses > 100);
}

TEST_CASE("name: every subjectAltName is looked at") {
    const bytes one = test::dns("one.example"), two = test::dns("two.example");
    const bytes here = test::tlv(0x87, {127, 0, 0, 1});
    CHECK(certified({one, two}, "one.example"));
    CHECK(certified({one, two}, "two.example"));
    CHECK(certified({one, here, two}, "127.0.0.1"));
    CHECK(certified({one, here, two}, "two.example"));
    CHECK_FALSE(certified({one, here, two}, "three.example"));
    CHECK_FALSE(certified({one, here, two}, "127.0.0.2"));
    CHECK_FALSE(certified({one, here, two}, ""));
    bytes loopback(16);
    loopback[15] = 1;
    CHECK(certified({test::tlv(0x87, loopback)}, "::1"));
    CHECK(certified({test::tlv(0x87, loopback)}, "0:0:0:0:0:0:0:1"));
}

TEST_CASE("name: host names and addresses do not stand for each other") {
    CHECK_FALSE(certified({test::dns("127.0.0.1")}, "127.0.0.1"));
    CHECK_FALSE(certified({test::dns("::1")}, "::1"));
    CHECK_FALSE(certified({test::dns("*.0.0.1")}, "127.0.0.1"));
    CHECK_FALSE(certified({test::tlv(0x87, test::text("a.b."))}, "a.b."));
    CHECK_FALSE(certified({test::tlv(0x86, test::text("a.example"))}, "a.example"));  // a URI
    CHECK_FALSE(certified({test::tlv(0x81, test::text("a.example"))}, "a.example"));  // a mail address
}

TEST_CASE("name: the common name does not count") {
    const bytes der = test::draft("host.example", "root").der();
    x509::certificate it;
    REQUIRE(x509::parse_certificate(der, it) == errc::none);
    CHECK_FALSE(x509::matches_host(it, "host.example"));
}

TEST_CASE("name: the names of x509-limbo") {
    const auto file = test::shared_vectors("x509-limbo.json");
    if (!file) return;
    const nlohmann::json limbo = test::load_json(*file);
    std::size_t names = 0;
    for (const auto& one : limbo["testcases"]) {
        const std::string id = one["id"];
        const auto& expected = one["expected_peer_name"];
        if (expected.is_null()) continue;
        // Whoever is accepted goes by the name; of those refused, the ones that are about names do not.
        const bool about_names = id.starts_with("webpki::san::mismatch") || id.starts_with("webpki::san::wildcard") ||
                                 id == "rfc5280::ca-as-leaf-wrong-san";
        const bool accepted = one["expected_result"] == "SUCCESS";
        if (!accepted && !about_names) continue;
        INFO(id);
        const bytes der = test::from_pem(one["peer_certificate"].get<std::string>());
        x509::certificate it;
        REQUIRE(x509::parse_certificate(der, it) == errc::none);
        CHECK(x509::matches_host(it, expected["value"].get<std::string>()) == accepted);
        ++names;
    }
    test::ran("x509-limbo's names", names);
}

TEST_CASE("name: what a host name looks like") {
    const std::string label(63, 'a');
    for (const std::string& name : {std::string("a"), std::string("a-b.C_d.0"), label, label + "." + label})
        CHECK(x509::is_host_name(name));
    for (const std::string& name : {std::string(), std::string("."), std::string("a."), std::string(".a"),
                                    std::string("a..b"), std::string("-a"), std::string("a-.b"), std::string("a b"),
                                    std::string("*.a"), label + "a", label + "." + label + "." + label + "." + label})
        CHECK_FALSE(x509::is_host_name(name));
}
