// GREASE (RFC 8701): offered when asked for, ignored always, never negotiated.
#include <spantls/handshake/grease.hpp>

#include <set>

#include "handshake/rules.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using spantls::bytes_view;
using spantls::errc;
using spantls::named_group;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;
using seeded_chacha = test::seeded<test::small_provider>;
using chacha_pair = test::pair<seeded_chacha>;

namespace {

/// RFC 8701, section 2.
std::vector<std::uint16_t> all_values() {
    std::vector<std::uint16_t> all;
    for (unsigned i = 0; i < 16; ++i) all.push_back(static_cast<std::uint16_t>(0x0a0a + 0x1010 * i));
    return all;
}
constexpr std::uint8_t all_modes[] = {0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4};

bool is_grease(std::uint64_t value) {
    const auto all = all_values();
    return std::count(all.begin(), all.end(), value) == 1;
}
/// How many there are in a list of numbers.
template <class T>
std::size_t greased(spantls::list_view<T> list) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < list.size(); ++i)
        count += is_grease(static_cast<std::uint64_t>(list[i])) ? std::size_t{1} : 0;
    return count;
}
/// Those among the extensions of a block, and their data.
std::vector<std::pair<unsigned, buffer>> greased_extensions(bytes_view block) {
    std::vector<std::pair<unsigned, buffer>> found;
    for (spantls::reader in(block); !in.empty();) {
        const unsigned type = in.u16();
        const buffer data = test::copy(in.opaque(2));
        if (is_grease(type)) found.emplace_back(type, data);
    }
    return found;
}

/// The extension_data of the key_share, as a list of groups and share sizes.
std::vector<std::pair<unsigned, std::size_t>> shares_of(const spantls::parsed_client_hello& hello) {
    std::vector<std::pair<unsigned, std::size_t>> all;
    for (spantls::reader in(hello.extensions[ext::key_share].subspan(2)); !in.empty();) {
        const unsigned group = in.u16();
        all.emplace_back(group, in.opaque(2).size());
    }
    return all;
}

/// The ClientHellos of a stream, without their headers.
std::vector<buffer> hellos_in(const buffer& stream) {
    std::vector<buffer> all;
    for (const buffer& record : test::records_in(stream))
        if (record[0] == 22) all.emplace_back(record.begin() + 9, record.end());
    return all;
}

const buffer psk_id = letters("key"), psk_key(32, 0x11);
const spantls::psk offered[] = {{.identity = psk_id, .key = psk_key}};

test::pair_options greased_options(std::uint64_t seed) {
    test::pair_options options{.client = {.alpn = {"mqtt"}, .grease = true},
                               .server = {.alpn = {"mqtt"}, .grease = true}};
    options.seed = seed;
    return options;
}

/// The body of the first message of `type` in null records.
bytes_view body_of(const buffer& sent, spantls::handshake_type type, buffer& messages) {
    for (const buffer& record : test::records_in(sent))
        if (record[0] == 23 && record[record.size() - 17] == 22)
            messages.insert(messages.end(), record.begin() + 5, record.end() - 17);
    for (bytes_view rest = messages; !rest.empty(); rest = rest.subspan(spantls::message_size(rest)))
        if (spantls::first_message(rest).type == type) return spantls::first_message(rest).body;
    FAIL("there is no such message");
    return {};
}

}  // namespace

TEST_CASE("the values are those of RFC 8701, section 2, and all of them come up") {
    const spantls::grease none;
    CHECK_FALSE(none.on());
    CHECK(none.value(spantls::grease_place::suite) == 0);
    std::set<std::uint16_t> suites;
    std::set<std::uint8_t> modes;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        seeded_chacha from(seed);
        spantls::grease some;
        REQUIRE(some.draw(from));
        suites.insert(some.value(spantls::grease_place::suite));
        modes.insert(some.psk_mode());
    }
    const auto all = all_values();
    CHECK(suites == std::set<std::uint16_t>(all.begin(), all.end()));
    CHECK(modes == std::set<std::uint8_t>(std::begin(all_modes), std::end(all_modes)));
}

TEST_CASE("a client offers it everywhere when it is asked for (RFC 8701, section 3.1)") {
    std::set<std::size_t> sizes;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        auto options = greased_options(seed);
        options.target.psks = offered;
        chacha_pair both(options);
        both.client.flush();
        const buffer body = hellos_in(both.to_server.all).at(0);
        spantls::parsed_client_hello hello;
        REQUIRE(hello.parse(body) == errc::none);
        CHECK(greased(hello.hello.cipher_suites) == 1);
        CHECK(greased(hello.groups.groups) == 1);
        CHECK(greased(hello.schemes.schemes) == 1);
        spantls::client_versions versions;
        REQUIRE(decode(hello.extensions[ext::supported_versions], versions));
        CHECK(greased(versions.versions) == 1);
        CHECK(hello.psk_modes.modes.size() == 2);
        CHECK(std::count(std::begin(all_modes), std::end(all_modes),
                         static_cast<std::uint8_t>(hello.psk_modes.modes[0])) == 1);
        REQUIRE(hello.protocols.size() == 2);
        const auto name = spantls::as_bytes(*hello.protocols.begin());
        CHECK((name.size() == 2 && is_grease(spantls::load_u16(name.data()))));
        const auto shares = shares_of(hello);
        REQUIRE(shares.size() == 2);
        CHECK(shares[0] == std::pair<unsigned, std::size_t>(static_cast<unsigned>(hello.groups.groups[0]), 1));
        CHECK(is_grease(shares[0].first));
        const auto extensions = greased_extensions(hello.hello.extensions);
        REQUIRE(extensions.size() == 2);
        CHECK(extensions[0].first != extensions[1].first);
        sizes.insert(extensions[1].second.size());
    }
    CHECK(sizes.size() > 8);  // they vary

    chacha_pair plain({.client = {.alpn = {"mqtt"}}});
    plain.client.flush();
    const buffer body = hellos_in(plain.to_server.all).at(0);
    spantls::parsed_client_hello hello;
    REQUIRE(hello.parse(body) == errc::none);
    CHECK(greased(hello.hello.cipher_suites) + greased(hello.groups.groups) + greased(hello.schemes.schemes) == 0);
    CHECK(greased_extensions(hello.hello.extensions).empty());
    CHECK(hello.psk_modes.modes.size() == 1);
}

TEST_CASE("peers that offer it understand each other, with certificates, keys, retries and tickets") {
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
        CAPTURE(seed);
        auto options = greased_options(seed);
        const bool retries = (seed & 1) != 0, key = (seed & 2) != 0, cookies = (seed & 4) != 0;
        const buffer secret(32, 0x22);
        if (retries) options.client.shares = spantls::fixed_vector<named_group, 4>{};
        if (key) options.target.psks = offered;
        if (cookies) options.server.cookie_secrets = {secret};
        options.server.always_retry = cookies;
        options.server.use_psk = key;
        options.server.authenticate_client = spantls::client_authentication::require;
        if ((seed & 8) != 0) {
            options.client_workspace = spantls::client<seeded_chacha>::smallest_workspace;
            options.server_workspace = spantls::server<seeded_chacha>::smallest_workspace;
        }
        chacha_pair both(options);
        both.client.own = &both.client_credentials();
        both.server.find_psk = [](const spantls::step&) {
            return spantls::psk_choice{0, psk_key, spantls::hash_id::sha256, spantls::psk_kind::external, {}, false};
        };
        REQUIRE(both.handshake());
        REQUIRE(both.server.tls.psk_used() == key);
        REQUIRE(both.client.tls.protocol() == "mqtt");
        buffer out(1000);
        const buffer nonce{1}, ticket(20, 0x77), early{0, 42, 0, 4, 0, 0, 0, 9};
        both.to_client.put(both.server.tls.send_ticket({3600, 7, nonce, ticket, early}, out).records);
        both.run();
        REQUIRE(both.client.tickets.size() == 1);
        REQUIRE(both.client.tickets[0].ticket == ticket);
        const buffer& extensions = both.client.tickets[0].extensions;
        // RFC 8701, section 4.1; and what the caller has given is there as it was.
        REQUIRE(greased_extensions(extensions).size() == 1);
        REQUIRE(buffer(extensions.end() - 8, extensions.end()) == early);
        REQUIRE(both.client.send("up") == errc::none);
        both.run();
        REQUIRE(both.server.received == test::text("up"));
    }
}

TEST_CASE("behind a retry the values are the same, and the share is the one that was asked for (section 4.2.2)") {
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        for (const bool new_share : {true, false}) {
            const buffer secret(32, 0x22);
            auto options = greased_options(seed);
            if (new_share)
                options.client.shares = spantls::fixed_vector<named_group, 4>{};
            else
                options.server.cookie_secrets = {secret};
            options.server.always_retry = !new_share;
            chacha_pair both(options);
            REQUIRE(both.handshake());
            const auto bodies = hellos_in(both.to_server.all);
            REQUIRE(bodies.size() == 2);
            spantls::parsed_client_hello one, two;
            REQUIRE(one.parse(bodies[0]) == errc::none);
            REQUIRE(two.parse(bodies[1]) == errc::none);
            CHECK(test::copy(one.hello.cipher_suites.raw()) == test::copy(two.hello.cipher_suites.raw()));
            CHECK(greased_extensions(one.hello.extensions) == greased_extensions(two.hello.extensions));
            for (const ext type : {ext::supported_groups, ext::signature_algorithms, ext::supported_versions,
                                   ext::psk_key_exchange_modes, ext::application_layer_protocol_negotiation})
                CHECK(test::copy(one.extensions[type]) == test::copy(two.extensions[type]));
            if (new_share) {
                CHECK(shares_of(one).size() == 1);
                REQUIRE(shares_of(two).size() == 1);
                CHECK(shares_of(two)[0].first == static_cast<unsigned>(named_group::x25519));
            } else {
                CHECK(shares_of(one) == shares_of(two));
            }
        }
}

TEST_CASE("a server offers it in CertificateRequest when it is asked for (RFC 8701, section 4.1)") {
    for (const bool wanted : {true, false}) {
        test::null_provider null;
        const spantls::server_config config{.authenticate_client = spantls::client_authentication::request,
                                            .grease = wanted};
        null_server it(null, config);
        test::after_client_hello(it);
        buffer messages;
        const bytes_view request = body_of(it.sent, spantls::handshake_type::certificate_request, messages);
        const bytes_view block = request.subspan(3);
        CHECK(greased_extensions(block).size() == (wanted ? 2 : 0));
        spantls::extension_set extensions;
        REQUIRE(extensions.parse(block, spantls::extension_place::certificate_request, {}) == errc::none);
        spantls::signature_scheme_list schemes;
        REQUIRE(decode(extensions[ext::signature_algorithms], schemes));
        CHECK(greased(schemes.schemes) == (wanted ? 1 : 0));
        // A server that has offered a scheme does not mean it.
        it.feed(sealed_handshake(test::leaf_message()));
        const auto value =
            static_cast<spantls::signature_scheme>(wanted ? schemes.schemes[0] : spantls::signature_scheme{0x0a0a});
        it.feed(sealed_handshake(certificate_verify(value)));
        test::check_refused(it, errc::scheme_not_offered, alert::illegal_parameter);
    }
}

TEST_CASE("a server ignores all of it, wherever a client offers it (RFC 8701, section 3.2)") {
    const auto accepted = [](const client_hello& hello) {
        test::null_provider null;
        const spantls::server_config config{.alpn = {"mqtt"}, .use_psk = true};
        null_server it(null, config);
        it.feed(hello.record());
        CHECK(it.tls.error() == errc::none);
        CHECK(it.tls.handshake_state() == spantls::server_state::wait_finished);
        it.feed(sealed_handshake(finished()));
        CHECK(it.tls.connected());
        CHECK(it.tls.protocol() == "mqtt");
        CHECK(it.tls.group() == named_group::x25519);
    };
    const auto with = [](const std::vector<std::uint16_t>& values, std::size_t size) {
        client_hello hello;
        buffer list, names, entries;
        for (const std::uint16_t value : values) {
            list = join({list, number(value, 2)});
            names = join({names, vec(1, number(value, 2))});
            entries = join({entries, number(value, 2), vec(2, buffer(size + 1, 1))});
            hello.ext_.add(value, buffer(size, 0xee));
        }
        hello.suites = join({list, hello.suites, list});
        hello.ext_.set(ext::supported_versions, vec(1, join({list, number(0x0304, 2)})))
            .set(ext::supported_groups, vec(2, join({list, number(0x001d, 2)})))
            .set(ext::signature_algorithms, vec(2, join({list, number(0x0807, 2), list})))
            .set(ext::psk_key_exchange_modes, vec(1, join({buffer(std::begin(all_modes), std::end(all_modes)), {1}})))
            .set(ext::key_share, vec(2, join({entries, entry(named_group::x25519, buffer(32, 0x33))})))
            .add(ext::application_layer_protocol_negotiation, vec(2, join({names, vec(1, letters("mqtt"))})));
        return hello;
    };
    for (const std::uint16_t value : all_values())
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{2000}}) {
            CAPTURE(value, size);
            accepted(with({value}, size));
        }
    accepted(with(all_values(), 0));
    accepted(with(all_values(), 100));
}

TEST_CASE("a client ignores it in CertificateRequest and NewSessionTicket (RFC 8701, section 4.2)") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300}})
        for (const bool all : {true, false})
            for (const std::uint16_t value : all_values()) {
                CAPTURE(value, size, all);
                extensions request, of_ticket;
                buffer schemes;
                for (const std::uint16_t each : all ? all_values() : std::vector<std::uint16_t>{value}) {
                    request.add(each, buffer(size, 0xee));
                    of_ticket.add(each, buffer(size, 0xee));
                    schemes = join({schemes, number(each, 2)});
                }
                request.add(ext::signature_algorithms, vec(2, join({schemes, number(0x0807, 2)})));
                test::null_provider null;
                const spantls::client_config config;
                null_client it(null, config, spantls::client_target{.server_name = "leaf.example"});
                test::after_encrypted_extensions(it);
                it.feed(sealed_handshake(certificate_request(request)))
                    .feed(sealed_handshake(test::leaf_message()))
                    .feed(sealed_handshake(certificate_verify()))
                    .feed(sealed_handshake(finished()));
                REQUIRE(it.tls.connected());
                it.feed(sealed_handshake(ticket(of_ticket)));
                CHECK(it.tls.error() == errc::none);
                CHECK(std::count(it.said.begin(), it.said.end(), spantls::what::ticket) == 1);
            }
}

TEST_CASE("a server that takes it at its word is refused (RFC 8701, section 3.1)") {
    for (const bool sends : {true, false})
        for (const std::uint16_t value : all_values()) {
            CAPTURE(value, sends);
            const auto hello = [](std::function<void(server_hello&)> change) {
                return [change](null_client& it) {
                    server_hello answer(it.session_id());
                    change(answer);
                    it.feed(answer.record());
                };
            };
            const auto retry = [value](null_client& it) {
                it.feed(server_hello::retry(it.session_id(), static_cast<named_group>(value)).record());
            };
            const auto encrypted = [](const extensions& all) {
                return [all](null_client& it) {
                    test::after_server_hello(it);
                    it.feed(sealed_handshake(encrypted_extensions(all)));
                };
            };
            const buffer protocol = vec(2, vec(1, number(value, 2)));
            test::check(
                test::client_rules{
                    {"the suite", hello([&](auto& h) { h.suite = value; }), errc::suite_not_offered,
                     alert::illegal_parameter},
                    {"the version", hello([&](auto& h) { h.ext_.set(ext::supported_versions, number(value, 2)); }),
                     errc::version_not_offered, alert::illegal_parameter},
                    {"the group of ServerHello", hello([&](auto& h) {
                         h.ext_.set(ext::key_share, entry(static_cast<named_group>(value), buffer(1)));
                     }),
                     errc::group_not_offered, alert::illegal_parameter},
                    {"the group of HelloRetryRequest", retry, errc::group_not_offered, alert::illegal_parameter},
                    {"an extension of ServerHello", hello([&](auto& h) { h.ext_.add(value); }),
                     errc::unsolicited_extension, alert::unsupported_extension},
                    {"an extension of EncryptedExtensions", encrypted(extensions().add(value)),
                     errc::unsolicited_extension, alert::unsupported_extension},
                    {"the protocol", encrypted(extensions().add(ext::application_layer_protocol_negotiation, protocol)),
                     errc::bad_protocol_choice, alert::illegal_parameter},
                    {"an extension of Certificate",
                     [value](null_client& it) {
                         test::after_encrypted_extensions(it);
                         it.feed(sealed_handshake(
                             certificate(certificate_entry(test::leaf_der(), extensions().add(value)))));
                     },
                     errc::unsolicited_extension, alert::unsupported_extension},
                    {"the scheme",
                     [value](null_client& it) {
                         test::after_certificate(it);
                         it.feed(sealed_handshake(certificate_verify(static_cast<spantls::signature_scheme>(value))));
                     },
                     errc::scheme_not_offered, alert::illegal_parameter},
                },
                spantls::client_config{.alpn = {"mqtt"}, .grease = sends});
        }
}
