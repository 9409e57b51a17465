// What a client may offer with pre-shared keys, and what a server may answer to them and to early data: the alert as it
// leaves.
#include <spantls/spantls.hpp>

#include <memory>

#include "handshake/rules.hpp"

using spantls::errc;
using test::buffer;
using test::null_client;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

using hello_change = std::function<void(server_hello&)>;

}  // namespace

TEST_CASE("a ClientHello that is good for a key alone, which nobody knows (sections 4.2.1 and 9.2)") {
    struct hello_for_key {
        const char* what;
        void (*change)(client_hello&);
        errc unknown;
        alert why;
    };
    const hello_for_key hellos[] = {
        {"no signature_algorithms", [](client_hello& h) { h.ext_.remove(ext::signature_algorithms); },
         errc::missing_extension, alert::missing_extension},
        {"neither groups nor shares",
         [](client_hello& h) { h.ext_.remove(ext::supported_groups).remove(ext::key_share); }, errc::missing_extension,
         alert::missing_extension},
        {"groups of which the server has none, and no share",
         [](client_hello& h) {
             h.ext_.set(ext::supported_groups, vec(2, list({spantls::named_group::x448})));
             h.ext_.set(ext::key_share, vec(2, {}));
         },
         errc::no_common_group, alert::handshake_failure},
    };
    for (const hello_for_key& each : hellos)
        for (const bool known : {true, false}) {
            CAPTURE(each.what, known);
            test::null_provider crypto;
            const spantls::server_config config{.use_psk = true, .psk_ke = true};
            test::null_server it(crypto, config);
            const buffer key(32, 1);
            if (known) it.key_found = {0, key, spantls::hash_id::sha256, spantls::psk_kind::external, {}, false};
            client_hello hello;
            each.change(hello);
            hello.ext_.set(ext::psk_key_exchange_modes, {2, 0, 1}).add(ext::pre_shared_key, offered_psk());
            it.feed(hello.record());
            if (!known) {
                check_refused(it, each.unknown, each.why);
                continue;
            }
            it.feed(sealed_handshake(finished()));
            CHECK(it.tls.connected());
            CHECK(it.tls.psk_used());
        }
}

TEST_CASE("pre_shared_key and early_data in a server's answers (sections 4.3.9, 4.3.10 and 4.3.11)") {
    constexpr auto chacha = spantls::cipher_suite::tls_chacha20_poly1305_sha256;
    const buffer first = letters("one"), second = letters("two"), key(32, 0x77);
    const spantls::psk keys[] = {{.identity = first, .key = key, .early = {.limit = 100, .suite = chacha}},
                                 {.identity = second, .key = key}};
    const auto answered = [&](bool psk_ke, bool early_data, hello_change change, const extensions& parameters) {
        test::null_provider crypto;
        const spantls::client_config config{.psk_ke = psk_ke};
        auto it = std::make_unique<null_client>(
            crypto, config,
            spantls::client_target{.server_name = "leaf.example", .psks = keys, .early_data = early_data});
        server_hello hello(it->session_id());
        change(hello);
        it->feed(hello.record());
        if (it->tls.error() == errc::none) it->feed(sealed_handshake(encrypted_extensions(parameters)));
        return it;
    };
    const auto selects = [](int index) {
        return [index](auto& h) { h.ext_.add(ext::pre_shared_key, number(static_cast<std::uint64_t>(index), 2)); };
    };
    const auto refused = [&](hello_change change, errc error, bool psk_ke = false) {
        check_refused(*answered(psk_ke, true, change, {}), error, alert::illegal_parameter);
    };
    const auto with_early_data = extensions().add(ext::early_data);
    // An identity of those that were offered.
    for (const int index : {2, 3, 0x0100, 0xffff}) refused(selects(index), errc::psk_not_offered);
    // A suite of the key's hash.
    refused([&](auto& h) { selects(0)(h), h.suite = 0x1302; }, errc::psk_wrong_hash);
    // A key exchange, unless it was offered to do without.
    const hello_change no_share = [&](auto& h) { selects(0)(h), h.ext_.remove(ext::key_share); };
    refused(no_share, errc::psk_without_share);
    CHECK(answered(true, false, no_share, {})->tls.handshake_state() == spantls::client_state::wait_finished);
    CHECK(answered(false, false, selects(1), {})->tls.handshake_state() == spantls::client_state::wait_finished);
    // Early data only under the first key, and with its suite.
    CHECK(answered(false, true, selects(0), with_early_data)->tls.error() == errc::none);
    const auto bad_choice = [&](hello_change change) {
        auto it = answered(false, true, change, with_early_data);
        check_refused(*it, errc::bad_early_data_choice, alert::illegal_parameter);
    };
    bad_choice(selects(1));
    bad_choice([](auto&) {});  // under none of them
    for (const buffer& data : {buffer{}, buffer{0}, buffer{0, 0, 0}})
        check_refused(*answered(false, true, [&](auto& h) { h.ext_.add(ext::pre_shared_key, data); }, {}),
                      errc::decode_error, alert::decode_error);
    check_refused(*answered(false, true, selects(0), extensions().add(ext::early_data, {0})), errc::decode_error,
                  alert::decode_error);
    check_refused(*answered(false, false, selects(0), with_early_data), errc::unsolicited_extension,
                  alert::unsupported_extension);
}
