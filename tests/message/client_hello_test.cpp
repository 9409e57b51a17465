#include <spantls/message/client_hello.hpp>

#include <functional>

#include "message/codec.hpp"
#include "support/forge.hpp"

using spantls::bytes_view;
using spantls::errc;
using namespace test::forge;

namespace {

constexpr auto wire = [] {
    std::array<std::uint8_t, 2 + 32 + 1 + 1 + 2 + 4 + 1 + 2 + 2 + 3> bytes{};
    bytes.fill(0xff);
    bytes[0] = 3, bytes[1] = 3;
    bytes[34] = 1;                 // legacy_session_id
    bytes[36] = 0, bytes[37] = 4;  // cipher_suites
    bytes[42] = 2;                 // legacy_compression_methods
    bytes[45] = 0, bytes[46] = 3;  // extensions
    return bytes;
}();
static_assert(test::round_trips<spantls::client_hello>(wire));

errc parse(const test::buffer& body) {
    spantls::parsed_client_hello hello;
    return hello.parse(body);
}

struct broken {
    const char* rule;
    std::function<void(client_hello&)> change;
    errc error;
};

const std::vector<broken> wrong_hellos{
    {"4.2.2: legacy_version is 0x0303", [](auto& h) { h.legacy_version = 0x0304; }, errc::legacy_version},
    {"4.2.2: legacy_version is 0x0303", [](auto& h) { h.legacy_version = 0x0301; }, errc::legacy_version},
    {"4.2.2: legacy_session_id<0..32>", [](auto& h) { h.session_id = test::buffer(33); }, errc::decode_error},
    {"4.2.2: cipher_suites<2..2^16-2>", [](auto& h) { h.suites = {}; }, errc::decode_error},
    {"4.2.2: cipher_suites are of two bytes", [](auto& h) { h.suites.push_back(0); }, errc::decode_error},
    {"4.2.2: legacy_compression_methods<1..2^8-1>", [](auto& h) { h.compression = {}; }, errc::decode_error},
    {"4.2.2: exactly one compression method",
     [](auto& h) {
         h.compression = {0, 1};
     },
     errc::bad_compression},
    {"4.2.2: the null compression method", [](auto& h) { h.compression = {1}; }, errc::bad_compression},
    {"4.3.1: no supported_versions is TLS 1.2", [](auto& h) { h.ext_.remove(ext::supported_versions); },
     errc::version_not_supported},
    {"4.3.1: supported_versions without TLS 1.3",
     [](auto& h) {
         h.ext_.set(ext::supported_versions, {4, 3, 3, 3, 2});
     },
     errc::version_not_supported},
    {"4.3.1: versions<2..254>", [](auto& h) { h.ext_.set(ext::supported_versions, {0}); }, errc::decode_error},
    {"4.3.1: versions are of two bytes",
     [](auto& h) {
         h.ext_.set(ext::supported_versions, {3, 3, 4, 3});
     },
     errc::decode_error},
    {"4.3: nothing behind an extension's struct",
     [](auto& h) {
         h.ext_.set(ext::supported_versions, {2, 3, 4, 0});
     },
     errc::decode_error},
    {"4.3.7: named_group_list<2..2^16-1>",
     [](auto& h) {
         h.ext_.set(ext::supported_groups, {0, 0});
     },
     errc::decode_error},
    {"4.3.3: supported_signature_algorithms<2..2^16-2>",
     [](auto& h) {
         h.ext_.set(ext::signature_algorithms, {0, 0});
     },
     errc::decode_error},
    {"4.3.9: ke_modes<1..255>", [](auto& h) { h.ext_.set(ext::psk_key_exchange_modes, {0}); }, errc::decode_error},
    {"4.3: not two extensions of one type",
     [](auto& h) {
         h.ext_.add(ext::supported_versions, {2, 3, 4});
     },
     errc::duplicate_extension},
    {"4.3: not two unknown extensions of one type", [](auto& h) { h.ext_.add(0x0a0a).add(0x0a0a); },
     errc::duplicate_extension},
    {"4.3: oid_filters is not for ClientHello",
     [](auto& h) {
         h.ext_.add(ext::oid_filters, {0, 0});
     },
     errc::misplaced_extension},
    {"4.3.11: pre_shared_key is the last extension", [](auto& h) { h.ext_.add(ext::pre_shared_key, {0}).add(0x0a0a); },
     errc::psk_not_last},
    {"4.3.9: pre_shared_key comes with psk_key_exchange_modes",
     [](auto& h) { h.ext_.remove(ext::psk_key_exchange_modes).add(ext::pre_shared_key, {0}); },
     errc::missing_extension},
    {"RFC 7301, 3.1: an empty protocol name",
     [](auto& h) {
         h.ext_.add(ext::application_layer_protocol_negotiation, {0, 1, 0});
     },
     errc::decode_error},
    {"RFC 6066, 3: an empty server_name", [](auto& h) { h.ext_.set(ext::server_name, {}); }, errc::decode_error},
    {"RFC 6066, 3: a host name with a zero byte",
     [](auto& h) {
         h.ext_.set(ext::server_name, server_name({"a\0b", 3}));
     },
     errc::unrecognized_name},
};

/// What Botan's case is to us: it may be a good hello of TLS 1.2, which is not spoken here.
errc expected_of(const std::map<std::string, std::string>& botan) {
    const std::string& why = botan.at("Exception");
    const bool is_13 = botan.at("Message_Type") == "client_hello_13";
    if (is_13 && why.empty()) return errc::none;
    if (why.find("legacy_version") != why.npos) return errc::legacy_version;
    if (why.find("NULL compression") != why.npos) return errc::bad_compression;
    // Not looked at in a hello without supported_versions.
    if (why.empty() || why.find("supported groups") != why.npos) return errc::version_not_supported;
    return errc::decode_error;
}

}  // namespace

TEST_CASE("ClientHello (section 4.2.2)") {
    test::check_codec<spantls::client_hello>(wire, {{34, 1}, {36, 2}, {42, 1}, {45, 2}});
    spantls::client_hello decoded{};
    REQUIRE(spantls::decode(bytes_view(wire), decoded));
    CHECK(decoded.random.size() == 32);
    CHECK(decoded.cipher_suites.size() == 2);
    CHECK(decoded.legacy_compression_methods.size() == 2);
}

TEST_CASE("a sound ClientHello is told apart") {
    client_hello made;
    made.ext_.add(ext::application_layer_protocol_negotiation, vec(2, vec(1, letters("mqtt")))).add(0x0a0a, {1, 2, 3});
    const test::buffer body = made.body();
    spantls::parsed_client_hello hello;
    REQUIRE(hello.parse(body) == errc::none);
    CHECK(hello.server_name == "leaf.example");
    CHECK(hello.protocols.contains("mqtt"));
    CHECK(hello.groups.groups.contains(spantls::named_group::secp256r1));
    CHECK(hello.schemes.schemes.contains(spantls::signature_scheme::ed25519));
    CHECK(hello.psk_modes.modes.contains(spantls::psk_key_exchange_mode::psk_dhe_ke));
    CHECK(hello.hello.cipher_suites.contains(spantls::cipher_suite::tls_aes_256_gcm_sha384));
    CHECK(hello.extensions.has(ext::key_share));
    CHECK(test::copy(hello.hello.legacy_session_id) == made.session_id);
}

TEST_CASE("a ClientHello cut anywhere, or with something behind it, is malformed") {
    const test::buffer body = client_hello().body();
    const std::size_t without_extensions = client_hello().head().size();
    for (std::size_t size = 0; size < body.size(); ++size) {
        INFO(size);
        // Only there it could be a hello of before TLS 1.2, which may end without extensions (section 4.2.2).
        const errc expected = size == without_extensions ? errc::version_not_supported : errc::decode_error;
        CHECK(parse(test::buffer(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size))) == expected);
    }
    CHECK(parse(join({body, {0}})) == errc::decode_error);
}

TEST_CASE("a ClientHello that breaks a rule is refused with the error of that rule") {
    for (const broken& wrong : wrong_hellos) {
        INFO(wrong.rule);
        client_hello hello;
        wrong.change(hello);
        CHECK(parse(hello.body()) == wrong.error);
    }
}

TEST_CASE("a ClientHello may have these oddities (sections 4.2.2 and 4.3.1)") {
    const std::vector<std::function<void(client_hello&)>> odd{
        [](auto& h) { h.session_id = {}; },
        [](auto& h) { h.session_id = {1}; },
        [](auto& h) {
            h.ext_.set(ext::supported_versions, {6, 0x0a, 0x0a, 3, 4, 3, 3});
        },
        [](auto& h) {
            h.suites = join({{0x0a, 0x0a}, h.suites});
        },
        [](auto& h) { h.ext_.add(ext::padding, test::buffer(500)); },
        [](auto& h) { h.ext_.add(ext::pre_shared_key, test::forge::offered_psk()); },
        [](auto& h) {
            h.ext_.add(ext::cookie, {0, 1, 0});
        },
        [](auto& h) { h.ext_.remove(ext::server_name); },
        [](auto& h) { h.ext_.add(ext::early_data); },
    };
    for (std::size_t i = 0; i < odd.size(); ++i) {
        INFO(i);
        client_hello hello;
        odd[i](hello);
        CHECK(parse(hello.body()) == errc::none);
    }
}

TEST_CASE("what a ClientHello says of certificates is shown (sections 4.3.3, 4.3.4 and 9.2)") {
    client_hello hello;
    hello.ext_.add(ext::signature_algorithms_cert, {0, 4, 4, 3, 8, 4});
    hello.ext_.add(ext::certificate_authorities, {0, 7, 0, 1, 0x30, 0, 2, 0x31, 0x32});
    const test::buffer body = hello.body();
    spantls::parsed_client_hello parsed;
    REQUIRE(parsed.parse(body) == errc::none);
    CHECK(parsed.certificate_schemes.schemes.contains(spantls::signature_scheme::ecdsa_secp256r1_sha256));
    CHECK(parsed.certificate_schemes.schemes.contains(spantls::signature_scheme::rsa_pss_rsae_sha256));
    CHECK_FALSE(parsed.certificate_schemes.schemes.contains(spantls::signature_scheme::ed25519));
    REQUIRE(parsed.authorities.size() == 2);
    CHECK(test::hex(*parsed.authorities.begin()) == "30");
    const test::buffer plain = client_hello().body();
    spantls::parsed_client_hello says_nothing;
    REQUIRE(says_nothing.parse(plain) == errc::none);
    CHECK(says_nothing.certificate_schemes.schemes.empty());
    CHECK(says_nothing.authorities.empty());
}

TEST_CASE("Botan's ClientHello cases") {
    const auto file = test::shared_vectors("rfc8448/client_hello.vec");
    if (!file) return;
    std::size_t cases = 0;
    for (const auto& record : test::load_response_file(*file)) {
        INFO(record.at("Exception") << " " << record.at("Buffer"));
        CHECK(spantls::name_of(parse(test::unhex(record.at("Buffer")))) == spantls::name_of(expected_of(record)));
        ++cases;
    }
    test::ran("client_hello.vec", cases);
}
