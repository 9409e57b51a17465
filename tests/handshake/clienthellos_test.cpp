// The first flights of real clients, and what our server makes of them.
#include <algorithm>
#include <functional>
#include <map>

#include <spantls/providers/sodium.hpp>

#include "handshake/rules.hpp"

using spantls::cipher_suite;
using spantls::errc;
using spantls::named_group;
using spantls::signature_scheme;
using test::buffer;
using namespace test::forge;

namespace {

using server = spantls::server<spantls::sodium>;

enum class reply { server_hello, retry };

/// What a client offers, as far as the answer depends on it, and what that has to be.
struct expectation {
    const char* file;
    std::size_t session_id;
    reply answer;        ///< of a server that has X25519MLKEM768 and X25519
    named_group group;   ///< which the server takes, or asks for
    bool takes_ed25519;  ///< otherwise the server's certificate is of no use
    std::string_view host, protocols;
    bool tickets;
};
const std::vector<expectation> clients{
    // Shares of X25519MLKEM768 and X25519.
    {"boringssl-0.bin", 32, reply::server_hello, named_group::x25519_mlkem768, false, "", "", true},
    {"chromium156-0.bin", 32, reply::server_hello, named_group::x25519_mlkem768, false, "", "h2 http/1.1 ", true},
    {"chromium156-1.bin", 32, reply::server_hello, named_group::x25519_mlkem768, false, "", "h2 http/1.1 ", true},
    {"firefox153-0.bin", 32, reply::server_hello, named_group::x25519_mlkem768, false, "", "h2 http/1.1 ", true},
    {"firefox153-1.bin", 32, reply::server_hello, named_group::x25519_mlkem768, false, "", "h2 http/1.1 ", true},
    {"go1.26-0.bin", 32, reply::server_hello, named_group::x25519_mlkem768, true, "localhost", "", false},
    {"node26-0.bin", 32, reply::server_hello, named_group::x25519_mlkem768, true, "localhost", "", true},
    // A share of X25519 alone, or with one of P-256.
    {"botan3.14-0.bin", 32, reply::server_hello, named_group::x25519, false, "", "", true},
    {"erlang25-0.bin", 32, reply::server_hello, named_group::x25519, true, "127.0.0.1", "", false},
    {"gnutls3.7-0.bin", 32, reply::server_hello, named_group::x25519, true, "", "", true},
    {"go1.19-0.bin", 32, reply::server_hello, named_group::x25519, true, "localhost", "", false},
    {"java17-0.bin", 32, reply::server_hello, named_group::x25519, true, "", "", true},
    {"nss3.87-0.bin", 0, reply::server_hello, named_group::x25519, false, "", "", true},
    {"openssl3.0-0.bin", 32, reply::server_hello, named_group::x25519, true, "", "", true},
    {"rustls0.20-0.bin", 32, reply::server_hello, named_group::x25519, true, "localhost", "", true},
    // A share of P-256 alone, and X25519 among the groups.
    {"wolfssl5.5-0.bin", 0, reply::retry, named_group::x25519, true, "", "", true},
};

std::optional<buffer> flight(const expectation& of) {
    const auto file = test::shared_vectors(std::string("clienthellos/") + of.file);
    if (!file) return std::nullopt;
    return test::load_bytes(*file);
}

struct decoded {
    buffer body;
    spantls::parsed_client_hello hello;
    explicit decoded(const buffer& record) : body(record.begin() + 9, record.end()) {
        REQUIRE(hello.parse(body) == errc::none);
    }
};

/// The first of our suites that the client has: ours is the preference.
cipher_suite suite_for(const spantls::parsed_client_hello& hello, const spantls::sodium& crypto) {
    for (const cipher_suite suite : {cipher_suite::tls_aes_256_gcm_sha384, cipher_suite::tls_chacha20_poly1305_sha256})
        if (crypto.available(suite) && hello.hello.cipher_suites.contains(suite)) return suite;
    return {};
}

using sodium_server = test::hand_fed<server>;

/// The server's answer, whole or byte by byte.
void check_answer(const expectation& expected, const buffer& bytes, bool byte_by_byte) {
    spantls::sodium crypto;
    const decoded client(bytes);
    const spantls::server_config config;
    sodium_server it(crypto, config);
    if (byte_by_byte) {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            REQUIRE(it.sent.empty());
            it.feed({bytes[i]});
        }
    } else {
        it.feed(bytes);
    }
    CHECK(it.unread() == 0);
    if (expected.answer == reply::server_hello && !expected.takes_ed25519) {
        check_refused(it, errc::no_common_scheme, spantls::alert_description::handshake_failure);
        CHECK(it.records().size() == 1);
        return;
    }
    REQUIRE(it.tls.error() == errc::none);
    const auto records = it.records();
    REQUIRE(records.size() >= 1);
    spantls::server_hello chosen{};
    const buffer hello(records[0].begin() + 9, records[0].end());
    REQUIRE(spantls::decode(spantls::bytes_view(hello), chosen));
    CHECK(test::hex(chosen.legacy_session_id_echo) == test::hex(client.hello.hello.legacy_session_id));
    CHECK(chosen.legacy_version == spantls::protocol_version::tls_1_2);
    CHECK(chosen.suite == suite_for(client.hello, crypto));
    CHECK(spantls::equal_bytes(chosen.random, spantls::hello_retry_request_random) ==
          (expected.answer == reply::retry));

    spantls::extension_mask offered;
    for (const auto& row : spantls::extension_table) offered.add(row.type);
    spantls::extension_set extensions;
    const auto place = expected.answer == reply::retry ? spantls::extension_place::hello_retry_request
                                                       : spantls::extension_place::server_hello;
    REQUIRE(extensions.parse(chosen.extensions, place, offered) == errc::none);
    CHECK(test::hex(extensions[ext::supported_versions]) == "0304");
    const bool hybrid = expected.group == named_group::x25519_mlkem768;
    const std::size_t share = hybrid ? 1120 : 32;
    CHECK(test::hex(extensions[ext::key_share]).substr(0, 4) == (hybrid ? "11ec" : "001d"));
    CHECK(extensions[ext::key_share].size() == (expected.answer == reply::retry ? 2 : 2 + 2 + share));

    // Appendix E.4: change_cipher_spec behind the first message, for a client that sent a session id and for no other.
    const auto is_ccs = [](const buffer& record) { return record[0] == 20; };
    CHECK(std::count_if(records.begin(), records.end(), is_ccs) == (expected.session_id != 0 ? 1 : 0));
    if (expected.session_id != 0) CHECK(records.at(1) == change_cipher_spec());
    if (expected.answer == reply::retry) {
        CHECK(it.tls.handshake_state() == spantls::server_state::wait_second_client_hello);
        return;
    }
    CHECK(it.tls.handshake_state() == spantls::server_state::wait_finished);
    // Behind it, everything is protected.
    REQUIRE(records.size() > 1);
    for (std::size_t i = expected.session_id != 0 ? 2 : 1; i < records.size(); ++i) CHECK(records[i][0] == 23);
}

}  // namespace

TEST_CASE("real clients' first flights are decoded") {
    std::size_t count = 0;
    for (const expectation& expected : clients) {
        const auto bytes = flight(expected);
        if (!bytes) return;
        INFO(expected.file);
        const decoded client(*bytes);
        CHECK(client.hello.hello.legacy_session_id.size() == expected.session_id);
        CHECK(client.hello.server_name == expected.host);
        std::string protocols;
        for (const std::string_view name : client.hello.protocols) protocols += std::string(name) + " ";
        CHECK(protocols == expected.protocols);
        CHECK(client.hello.schemes.schemes.contains(signature_scheme::ed25519) == expected.takes_ed25519);
        CHECK(client.hello.groups.groups.contains(named_group::x25519));
        spantls::client_key_shares shares;
        REQUIRE(shares.parse(client.hello.extensions[ext::key_share], client.hello.groups.groups) == errc::none);
        CHECK(shares.find(named_group::x25519).size() == (expected.answer == reply::retry ? 0 : 32));
        CHECK(client.hello.psk_modes.modes.contains(spantls::psk_key_exchange_mode::psk_dhe_ke) == expected.tickets);
        ++count;
    }
    test::ran("first flights decoded", count);
}

TEST_CASE("no first flight is left out") {
    const auto directory = test::shared_vectors("clienthellos");
    if (!directory) return;
    for (const auto& file : std::filesystem::directory_iterator(*directory)) {
        const std::string name = file.path().filename().string();
        INFO(name);
        CHECK(std::any_of(clients.begin(), clients.end(), [&](const expectation& one) { return one.file == name; }));
    }
}

TEST_CASE("real clients get the answer that the RFC asks for, at once or byte by byte") {
    std::size_t count = 0;
    for (const expectation& expected : clients) {
        const auto bytes = flight(expected);
        if (!bytes) return;
        for (const bool byte_by_byte : {false, true}) {
            INFO(expected.file << (byte_by_byte ? ", byte by byte" : ""));
            check_answer(expected, *bytes, byte_by_byte);
            ++count;
        }
    }
    test::ran("first flights answered", count);
}

TEST_CASE("who asks for records of 16385 bytes is answered, and asked for the same (RFC 8449, section 4)") {
    std::size_t ask = 0;
    for (const expectation& expected : clients) {
        const auto bytes = flight(expected);
        if (!bytes) return;
        INFO(expected.file);
        const std::string_view file = expected.file;
        const bool asks = file.starts_with("firefox") || file.starts_with("gnutls") || file.starts_with("nss");
        CHECK(test::hex(decoded(*bytes).hello.extensions[ext::record_size_limit]) == (asks ? "4001" : ""));
        if (!asks) continue;
        test::null_provider crypto;
        const spantls::server_config config;
        test::null_server it(crypto, config);
        it.schemes = {signature_scheme::ecdsa_secp256r1_sha256, signature_scheme::ed25519};
        it.feed(*bytes);
        REQUIRE(it.tls.error() == errc::none);
        // ServerHello, perhaps change_cipher_spec, and then what would be protected.
        CHECK(test::hex(it.records().at(expected.session_id != 0 ? 2 : 1)).find("001c00024001") != std::string::npos);
        ++ask;
    }
    REQUIRE(ask == 4);
}

TEST_CASE(
    "a server that has other protocols than the client refuses it, before it asks anything (RFC 7301, section 3.2)") {
    for (const expectation& expected : clients) {
        const auto bytes = flight(expected);
        if (!bytes) return;
        INFO(expected.file);
        spantls::sodium crypto;
        const spantls::server_config config{.alpn = {"mqtt"}};
        sodium_server it(crypto, config);
        it.feed(*bytes);
        if (!expected.protocols.empty())
            check_refused(it, errc::no_common_protocol, spantls::alert_description::no_application_protocol);
        else
            CHECK(it.tls.error() == (expected.takes_ed25519 ? errc::none : errc::no_common_scheme));
    }
}

TEST_CASE("a server without the client's suites or groups refuses it (section 4.2.1)") {
    for (const expectation& expected : clients) {
        const auto bytes = flight(expected);
        if (!bytes) return;
        INFO(expected.file);
        buffer changed = *bytes;
        const decoded client(*bytes);
        const auto suites = client.hello.hello.cipher_suites.raw();
        const auto at = suites.data() - client.body.data() + 9;
        for (std::size_t i = 0; i < suites.size(); ++i) changed[static_cast<std::size_t>(at) + i] = 0x0a;
        spantls::sodium crypto;
        const spantls::server_config config;
        sodium_server no_suite(crypto, config);
        no_suite.feed(changed);
        check_refused(no_suite, errc::no_common_suite, spantls::alert_description::handshake_failure);

        changed = *bytes;
        const auto groups = client.hello.groups.groups.raw();
        std::fill_n(changed.begin() + (groups.data() - client.body.data() + 9), groups.size(), std::uint8_t{0x0a});
        // All groups are one and the same GREASE now, and so no share may be of another.
        sodium_server wrong_shares(crypto, config);
        wrong_shares.feed(changed);
        check_refused(wrong_shares, errc::bad_key_shares, spantls::alert_description::illegal_parameter);
    }
}
