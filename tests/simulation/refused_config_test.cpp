// Configurations that cannot work are refused when they are made, with a name for what is wrong, and where it can be by
// the compiler.
#include <spantls/spantls.hpp>

#include <spantls/providers/sodium.hpp>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/pair.hpp"

using namespace spantls;

namespace {

constexpr std::array<char, 256> letters = [] {
    std::array<char, 256> all{};
    for (char& letter : all) letter = 'a';
    return all;
}();
constexpr std::string_view name_of_255(letters.data(), 255), name_of_256(letters.data(), 256);
constexpr auto unknown_suite = cipher_suite::tls_aes_128_ccm_sha256;
constexpr auto chacha = cipher_suite::tls_chacha20_poly1305_sha256;

template <class P, class Config>
constexpr errc checked(const Config& config) {
    return check<P>(config);
}

// Sound ones.
static_assert(checked<sodium>(client_config{}) == errc::none);
static_assert(checked<sodium>(server_config{}) == errc::none);
static_assert(checked<sodium>(client_config{.alpn = {name_of_255, "h2"}}) == errc::none);
static_assert(checked<sodium>(client_config{.prefer = {.suites = {unknown_suite, chacha}}}) == errc::none);
static_assert(checked<sodium>(client_config{.shares = fixed_vector<named_group, 4>{}}) == errc::none);
static_assert(checked<sodium>(client_config{.record_size = 1, .rekey_after = 2}) == errc::none);

// ALPN (RFC 7301, section 3.1).
static_assert(checked<sodium>(client_config{.alpn = {name_of_256}}) == errc::config_bad_alpn);
static_assert(checked<sodium>(server_config{.alpn = {"h2", name_of_256}}) == errc::config_bad_alpn);
static_assert(checked<sodium>(client_config{.alpn = {""}}) == errc::config_bad_alpn);
static_assert(checked<sodium>(server_config{.alpn = {"h2", "mqtt", "h2"}}) == errc::config_too_many);
static_assert(checked<sodium>(client_config{.alpn = {"1", "2", "3", "4", "5", "6", "7", "8"}}) == errc::none);
static_assert(checked<sodium>(client_config{.alpn = {"1", "2", "3", "4", "5", "6", "7", "8", "9"}}) ==
              errc::config_too_many);

// Nothing that the provider has.
static_assert(checked<sodium>(client_config{.prefer = {.suites = {unknown_suite}}}) == errc::config_no_suite);
static_assert(checked<sodium_chacha>(server_config{.prefer = {.suites = {cipher_suite::tls_aes_256_gcm_sha384}}}) ==
              errc::config_no_suite);
static_assert(checked<sodium>(client_config{.prefer = {.groups = {named_group::secp256r1}}}) == errc::config_no_group);
static_assert(checked<sodium>(server_config{.prefer = {.groups = {named_group::secp256r1}}}) == errc::config_no_group);
static_assert(checked<sodium>(client_config{.prefer = {.schemes = {signature_scheme::ed448}}}) ==
              errc::config_no_scheme);
static_assert(checked<sodium>(client_config{.prefer = {.schemes = {signature_scheme::rsa_pkcs1_sha256}}}) ==
              errc::config_no_scheme);
static_assert(checked<sodium>(client_config{.prefer = {.schemes = {signature_scheme::rsa_pkcs1_sha256,
                                                                   signature_scheme::ed25519}}}) == errc::none);

// The same thing twice.
static_assert(checked<sodium>(client_config{.prefer = {.suites = {chacha, chacha}}}) == errc::config_too_many);
static_assert(checked<sodium>(client_config{.prefer = {.groups = {named_group::x25519, named_group::x25519}}}) ==
              errc::config_too_many);
static_assert(checked<sodium>(client_config{
                  .prefer = {.schemes = {signature_scheme::ed25519, signature_scheme::ed25519}}}) ==
              errc::config_too_many);
static_assert(checked<sodium>(client_config{.shares = fixed_vector<named_group, 4>{
                                                named_group::x25519, named_group::x25519}}) == errc::config_too_many);

// Shares of what is not offered, or cannot be made.
static_assert(checked<sodium>(client_config{.shares = fixed_vector<named_group, 4>{named_group::secp256r1}}) ==
              errc::config_bad_shares);
static_assert(checked<test::null_provider>(client_config{
                  .prefer = {.groups = {named_group::x25519}},
                  .shares = fixed_vector<named_group, 4>{named_group::secp256r1}}) == errc::config_bad_shares);

// Limits.
static_assert(checked<sodium>(client_config{.record_size = 0}) == errc::config_bad_limit);
static_assert(checked<sodium>(client_config{.record_size = 16385}) == errc::config_bad_limit);
static_assert(checked<sodium>(server_config{.record_size = 65535}) == errc::config_bad_limit);
static_assert(checked<sodium>(server_config{.rekey_after = 1}) == errc::config_bad_limit);
static_assert(checked<sodium>(client_config{.rekey_after = 0}) == errc::config_bad_limit);
static_assert(checked<sodium>(client_config{.padding = padding::constant(26)}) == errc::config_bad_limit);
static_assert(checked<sodium>(server_config{.padding = padding::multiple_of(0)}) == errc::config_bad_limit);
static_assert(checked<sodium>(server_config{.padding = padding::constant(27)}) == errc::none);
static_assert(checked<sodium>(client_config{.record_size_limit = 63}) == errc::config_bad_limit);
static_assert(checked<sodium>(client_config{.record_size_limit = 64, .max_fragment_length = 4096}) == errc::none);
static_assert(checked<sodium>(client_config{.record_size_limit = 16386}) == errc::config_bad_limit);
static_assert(checked<sodium>(server_config{.record_size_limit = 0}) == errc::config_bad_limit);
static_assert(checked<sodium>(server_config{.record_size_limit = 16386}) == errc::config_bad_limit);
static_assert(checked<sodium>(client_config{.max_fragment_length = 256}) == errc::config_bad_limit);
static_assert(checked<sodium>(client_config{.max_fragment_length = 8192}) == errc::config_bad_limit);
static_assert(checked<sodium>(client_config{.max_fragment_length = 1000}) == errc::config_bad_limit);
static_assert(checked<sodium>(client_config{.client_hello_size = 16385}) == errc::config_bad_limit);

// Server names.
static_assert(check(client_target{}) == errc::none);
static_assert(check(client_target{.server_name = "host.example"}) == errc::none);
static_assert(check(client_target{.server_name = "2001:db8::1"}) == errc::none);
// Labels of 63 bytes, and what is behind the last dot.
constexpr auto labels = [] {
    std::array<char, 254> name{};
    name.fill('x');
    for (const std::size_t dot : {63u, 127u, 191u}) name[dot] = '.';
    return name;
}();
constexpr std::string_view name_of_254(labels.data(), labels.size());
static_assert(check(client_target{.server_name = name_of_254.substr(0, 253)}) == errc::none);
static_assert(check(client_target{.server_name = name_of_254.substr(1, 253)}) == errc::none);
static_assert(check(client_target{.server_name = name_of_254}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = name_of_254.substr(0, 63)}) == errc::none);
static_assert(check(client_target{.server_name = name_of_254.substr(0, 64)}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = name_of_255.substr(0, 64)}) == errc::config_bad_server_name);
static_assert(check(client_target{.label = "leaf.example"}) == errc::config_bad_server_name);  // whose, then?
static_assert(check(client_target{.label = "device-7"}) == errc::config_bad_server_name);
static_assert(check(client_target{.label = "192.0.2.1"}) == errc::config_bad_server_name);
static_assert(check(client_target{.label = "2001:db8::1"}) == errc::config_bad_server_name);
static_assert(check(client_target{.label = "device 7"}) == errc::none && check(client_target{}) == errc::none);
static_assert(check(client_target{.server_name = "a..b"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = ".a"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = ".."}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "a.b.c"}) == errc::none);
static_assert(check(client_target{.server_name = std::string_view("host\0.example", 13)}) ==
              errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "host example"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "host\n"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "h\xc3\xb6st"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "host\x7f"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "example.com."}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "."}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "[::1]"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "fe80::1%eth0"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "a/b:443"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "a:443"}) == errc::config_bad_server_name);
static_assert(check(client_target{.server_name = "::1"}) == errc::none);
static_assert(check(client_target{.server_name = "10.0.0.1"}) == errc::none);
static_assert(check(client_target{.server_name = "a-b_c.example"}) == errc::none);

// Chains.
constexpr std::array<std::uint8_t, 65536> much{};
constexpr std::array<bytes_view, 1> good_chain{bytes_view(much).first(65536 - 16 - 5)},
    long_chain{bytes_view(much).first(65536 - 16 - 4)};
constexpr std::array<bytes_view, 2> hollow_chain{bytes_view(much).first(10), bytes_view{}};
constexpr std::array schemes{signature_scheme::ed25519};
static_assert(check(identity{good_chain, schemes}) == errc::none);
static_assert(check(identity{long_chain, schemes}) == errc::config_bad_chain);
static_assert(check(identity{hollow_chain, schemes}) == errc::config_bad_chain);
static_assert(check(identity{good_chain, {}}) == errc::config_no_scheme);
static_assert(check(no_identity) == errc::none);

// Schemes that may not sign a handshake are as good as none (RFC 9846, section 4.3.3).
constexpr std::array for_certificates{signature_scheme::rsa_pkcs1_sha256, signature_scheme::rsa_pkcs1_sha384,
                                      signature_scheme::rsa_pkcs1_sha512, static_cast<signature_scheme>(0x0201),
                                      static_cast<signature_scheme>(0x0203)};
constexpr std::array last_one_will_do{signature_scheme::rsa_pkcs1_sha256, signature_scheme::ecdsa_secp256r1_sha256};
static_assert(check(identity{good_chain, for_certificates}) == errc::config_no_scheme);
static_assert(check(identity{good_chain, last_one_will_do}) == errc::none);
static_assert(signs_handshakes(signature_scheme::rsa_pss_rsae_sha256) && signs_handshakes(signature_scheme::ed448));
static_assert(!signs_handshakes(signature_scheme::ecdsa_secp256r1_sha384) &&
              !signs_handshakes(signature_scheme::ecdsa_secp384r1_sha512));

/// Born failed: it says why, owes nothing, and does nothing.
template <class Connection>
void is_stillborn(Connection& tls, errc why, const test::buffer& memory) {
    REQUIRE(tls.error() == why);
    REQUIRE(fault_of(why) == fault::caller);
    test::buffer bytes(1000, 22);
    REQUIRE_FALSE(tls.owes_output());
    REQUIRE(tls.transmit(bytes).empty());
    REQUIRE(tls.receive(bytes).what == what::failed);
    REQUIRE(tls.receive(bytes).error == why);
    REQUIRE(tls.receive({}).consumed == 0);
    REQUIRE(tls.end_of_input().error == why);
    REQUIRE(tls.send(as_bytes("x"), bytes).error == errc::connection_failed);
    REQUIRE(tls.close() == errc::connection_failed);
    REQUIRE_FALSE(tls.connected());
    REQUIRE(tls.take_workspace().size() == memory.size());
    REQUIRE(memory == test::buffer(memory.size()));
}

}  // namespace

TEST_CASE("a client with a configuration that cannot work is born failed (sections 4.3.7 and 4.3.8)") {
    const std::pair<client_config, errc> cases[] = {
        {{.alpn = {name_of_256}}, errc::config_bad_alpn},
        {{.alpn = {"a", "a"}}, errc::config_too_many},
        {{.prefer = {.suites = {unknown_suite}}}, errc::config_no_suite},
        {{.prefer = {.groups = {named_group::secp256r1}}}, errc::config_no_group},
        {{.prefer = {.schemes = {signature_scheme::ed448}}}, errc::config_no_scheme},
        {{.shares = fixed_vector<named_group, 4>{named_group::secp256r1}}, errc::config_bad_shares},
        {{.record_size = 0}, errc::config_bad_limit},
        {{.record_size = 16385}, errc::config_bad_limit},
        {{.rekey_after = 1}, errc::config_bad_limit},
    };
    for (const auto& [config, why] : cases) {
        CAPTURE(name_of(why));
        sodium crypto;
        test::buffer memory(client<sodium>::workspace_size, 0xa5);
        client<sodium> tls(crypto, config, memory, {.server_name = "host.example"});
        is_stillborn(tls, why, memory);
    }
    for (const std::string_view name :
         {std::string_view("a b"), std::string_view("a\0b", 3), name_of_256, std::string_view("example.com."),
          std::string_view("[::1]"), std::string_view("fe80::1%eth0"), std::string_view("a/b:443")}) {
        CAPTURE(name);
        sodium crypto;
        const client_config config{};
        test::buffer memory(client<sodium>::workspace_size, 0xa5);
        client<sodium> tls(crypto, config, memory, {.server_name = name});
        is_stillborn(tls, errc::config_bad_server_name, memory);
    }
}

TEST_CASE("keys that nobody can offer, or more of them than there is room for (section 4.3.11)") {
    const test::buffer name(300, 'n'), key(32, 'k'), long_name(0x10000), long_key(256);
    const auto born = [](const std::vector<psk>& keys, std::size_t memory_size, errc why) {
        CAPTURE(keys.size());
        sodium crypto;
        const client_config config{};
        test::buffer memory(memory_size, 0xa5);
        client<sodium> tls(crypto, config, memory, {.server_name = "host.example", .psks = keys});
        if (why != errc::none) return is_stillborn(tls, why, memory);
        test::buffer out(70000);
        REQUIRE(tls.transmit(out).records.size() > keys.size() * 300);
    };
    for (const psk& bad : {psk{.identity = {}, .key = key}, psk{.identity = name, .key = {}},
                           psk{.identity = long_name, .key = key}, psk{.identity = name, .key = long_key}})
        born({{.identity = name, .key = key}, bad}, 100'000, errc::config_bad_psk);
    const psk good{.identity = name, .key = key};
    born(std::vector<psk>(180, good), 100'000, errc::none);
    born(std::vector<psk>(180, good), 50'000, errc::config_workspace);
    born(std::vector<psk>(250, good), 100'000, errc::config_workspace);
}

TEST_CASE("a host name is sent, an address is not, and the judge is shown either") {
    for (const std::string_view name : {"a-b_c.example", "EXAMPLE.com", "::1", "2001:db8::1", "10.0.0.1"}) {
        CAPTURE(name);
        const bool address = name.find(':') != name.npos || name == "10.0.0.1";
        test::pair<test::null_provider> both({.target = {.server_name = name}});
        std::string judged;
        both.client.watch = [&](const step& step) {
            if (step.what == what::verify_peer) judged = std::string(step.peer().server_name);
        };
        REQUIRE(both.handshake());
        REQUIRE(both.server.server_name == (address ? std::string_view() : name));
        REQUIRE((as_text(both.to_server.all).find(name) != std::string_view::npos) == !address);
        REQUIRE(judged == name);
    }
}

TEST_CASE("a server with a configuration that cannot work is born failed") {
    const std::pair<server_config, errc> cases[] = {
        {{.alpn = {""}}, errc::config_bad_alpn},
        {{.prefer = {.suites = {unknown_suite}}}, errc::config_no_suite},
        {{.prefer = {.groups = {named_group::secp256r1}}}, errc::config_no_group},
        {{.prefer = {.schemes = {signature_scheme::ed448}}}, errc::config_no_scheme},
        {{.record_size = 16385}, errc::config_bad_limit},
        {{.rekey_after = 0}, errc::config_bad_limit},
        {{.max_early_data = 16385}, errc::config_bad_limit},
        {{.max_early_data = UINT32_MAX}, errc::config_bad_limit},
    };
    for (const auto& [config, why] : cases) {
        CAPTURE(name_of(why));
        sodium crypto;
        test::buffer memory(server<sodium>::workspace_size, 0xa5);
        server<sodium> tls(crypto, config, memory);
        is_stillborn(tls, why, memory);
    }
}

TEST_CASE("without randomness there is no client, and a server says so when it needs it") {
    test::null_provider crypto;
    crypto.works = false;
    const client_config config{};
    test::buffer memory(client<test::null_provider>::workspace_size, 0xa5);
    client<test::null_provider> tls(crypto, config, memory);
    // An alert without a ClientHello before it would be noise.
    is_stillborn(tls, errc::internal_error, memory);

    test::pair<test::null_provider> both;
    both.server_crypto.works = false;
    REQUIRE_FALSE(both.handshake());
    REQUIRE(both.server.error() == errc::internal_error);
    REQUIRE(both.client.error() == errc::peer_alert);
    REQUIRE(both.client.alert() == alert_description::internal_error);
}

TEST_CASE("one configuration serves any number of connections at once") {
    static const client_config shared_client{.alpn = {"a", "b"}};
    static const server_config shared_server{.alpn = {"b"}};
    std::list<test::pair<test::null_provider>> pairs;
    for (int i = 0; i < 20; ++i)
        pairs.emplace_back(test::pair_options{
            .client = shared_client, .server = shared_server, .seed = static_cast<std::uint64_t>(i)});
    for (bool moved = true; moved;) {
        moved = false;
        for (auto& both : pairs) moved = both.round() || moved;
    }
    for (auto& both : pairs) REQUIRE(both.client.tls.protocol() == "b");
}
