// Messages in the wrong order, left out, or twice, each in both roles: the alert as it leaves.
#include <spantls/spantls.hpp>

#include <algorithm>

#include "handshake/rules.hpp"

using spantls::errc;
using test::buffer;
using test::null_client;
using test::null_server;
using namespace test::forge;
using alert = spantls::alert_description;

namespace {

constexpr auto error = errc::unexpected_message;
const spantls::client_target leaf{.server_name = "leaf.example"};
const spantls::server_config requires_certificate{.authenticate_client = spantls::client_authentication::require};

struct step {
    const char* name;
    buffer message;
};
const std::vector<step> of_server{{"EncryptedExtensions", encrypted_extensions()},
                                  {"CertificateRequest", certificate_request()},
                                  {"Certificate", test::leaf_message()},
                                  {"CertificateVerify", certificate_verify()},
                                  {"Finished", finished()}};
const std::vector<step> of_client{
    {"Certificate", test::leaf_message()}, {"CertificateVerify", certificate_verify()}, {"Finished", finished()}};

std::string names(const std::vector<step>& flight) {
    std::string all;
    for (const step& one : flight) all += std::string(all.empty() ? "" : ", ") + one.name;
    return all;
}

/// Each message in a record of its own, from where records are protected.
template <class Connection>
void feed_all(Connection& it, const std::vector<step>& flight) {
    for (const step& one : flight) it.feed(sealed_handshake(one.message));
}
void check_flight_to_client(const std::vector<step>& flight, bool good) {
    CAPTURE(names(flight));
    test::null_provider crypto;
    const spantls::client_config config;
    null_client it(crypto, config, leaf);
    test::after_server_hello(it);
    feed_all(it, flight);
    if (!good) return check_refused(it, error, alert::unexpected_message);
    CHECK(it.tls.connected());
    CHECK(it.tls.error() == errc::none);
}
void check_flight_to_server(const std::vector<step>& flight, bool good) {
    CAPTURE(names(flight));
    test::null_provider crypto;
    null_server it(crypto, requires_certificate);
    test::after_client_hello(it);
    feed_all(it, flight);
    if (!good) return check_refused(it, error, alert::unexpected_message);
    CHECK(it.tls.connected());
    CHECK(it.tls.error() == errc::none);
}

/// Every order of `flight` but its own.
template <class Check>
std::size_t in_every_order(const std::vector<step>& flight, Check check) {
    std::vector<std::size_t> order(flight.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::size_t count = 0;
    for (bool first = true;; first = false) {
        std::vector<step> mixed;
        for (const std::size_t i : order) mixed.push_back(flight[i]);
        check(mixed, first);
        ++count;
        if (!std::next_permutation(order.begin(), order.end())) return count;
    }
}

}  // namespace

TEST_CASE("messages in any order but the right one are unexpected_message (sections 4 and 4.5.2)") {
    CHECK(in_every_order(of_server, check_flight_to_client) == 120);
    CHECK(in_every_order(of_client, check_flight_to_server) == 6);
}

TEST_CASE("a message left out, or twice, is unexpected_message (sections 4, 4.4.1, 4.5.1 and 4.5.2)") {
    const auto left_out_and_twice = [](const std::vector<step>& flight, auto check, const char* optional) {
        for (std::size_t i = 0; i < flight.size(); ++i) {
            std::vector<step> without = flight, twice = flight;
            const auto at = static_cast<std::ptrdiff_t>(i);
            twice.insert(twice.begin() + at, flight[i]);
            check(twice, false);
            without.erase(without.begin() + at);
            if (i + 1 < flight.size()) check(without, std::string_view(flight[i].name) == optional);
        }
    };
    left_out_and_twice(of_server, check_flight_to_client, "CertificateRequest");
    left_out_and_twice(of_client, check_flight_to_server, "");
}

namespace {

const buffer key(32, 0x11);
const spantls::early_data_terms terms{1000, spantls::cipher_suite::tls_chacha20_poly1305_sha256, {}, "leaf.example"};

void check_flight_with_key_to_client(const std::vector<step>& flight, bool good) {
    CAPTURE(names(flight));
    test::null_provider crypto;
    const spantls::client_config config;
    const spantls::psk keys[] = {{.identity = key, .key = key}};
    null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example", .psks = keys});
    server_hello hello(it.session_id());
    hello.ext_.add(ext::pre_shared_key, {0, 0});
    it.feed(hello.record());
    feed_all(it, flight);
    if (!good) return check_refused(it, error, alert::unexpected_message);
    CHECK(it.tls.connected());
    CHECK(it.tls.psk_used());
}
void check_flight_behind_early_data(const std::vector<step>& flight, bool good) {
    CAPTURE(names(flight));
    test::null_provider crypto;
    const spantls::server_config config{.use_psk = true, .max_early_data = 1000};
    null_server it(crypto, config);
    it.key_found = {0, key, spantls::hash_id::sha256, spantls::psk_kind::external, terms, false};
    client_hello hello;
    hello.ext_.add(ext::early_data).add(ext::pre_shared_key, offered_psk());
    it.feed(hello.record()).feed(sealed(spantls::content_type::application_data, {1, 2, 3}));
    REQUIRE(it.said.back() == spantls::what::need_input);
    for (const step& one : flight) {
        const bool is_data = one.message.size() == 1;
        it.feed(is_data ? sealed(spantls::content_type::application_data, one.message) : sealed_handshake(one.message));
    }
    if (good) {
        CHECK(it.tls.connected());
        CHECK(it.tls.early_data_accepted());
    } else if (it.tls.error() == errc::premature_application_data) {
        check_refused(it, errc::premature_application_data, alert::unexpected_message);
    } else {
        check_refused(it, error, alert::unexpected_message);
    }
}

}  // namespace

TEST_CASE("with a key there is EncryptedExtensions and Finished, and nothing else (sections 4.4.2 and 4.5.1)") {
    const step parameters{"EncryptedExtensions", encrypted_extensions()}, end{"Finished", finished()};
    check_flight_with_key_to_client({parameters, end}, true);
    check_flight_with_key_to_client({end, parameters}, false);
    check_flight_with_key_to_client({end}, false);
    check_flight_with_key_to_client({parameters, parameters}, false);
    for (int type = 0; type < 256; ++type) {
        if (type == 20) continue;
        check_flight_with_key_to_client({parameters, {"another", smallest(type)}}, false);
        if (type != 8) check_flight_with_key_to_client({{"another", smallest(type)}}, false);
    }
}

TEST_CASE("behind early data there is EndOfEarlyData, and then Finished (sections 4.3.10 and 4.6)") {
    const step over{"EndOfEarlyData", end_of_early_data()}, end{"Finished", finished()}, data{"data", {1}};
    check_flight_behind_early_data({over, end}, true);
    check_flight_behind_early_data({data, over, end}, true);
    check_flight_behind_early_data({end}, false);
    check_flight_behind_early_data({end, over}, false);
    check_flight_behind_early_data({over, over}, false);
    check_flight_behind_early_data({over, data}, false);
    check_flight_behind_early_data({over, data, end}, false);
    for (int type = 0; type < 256; ++type) {
        if (type != 5) check_flight_behind_early_data({{"another", smallest(type)}}, false);
        if (type != 20) check_flight_behind_early_data({over, {"another", smallest(type)}}, false);
    }
}

TEST_CASE("a message out of order is unexpected_message behind another in the same record, too (section 4)") {
    for (int type = 0; type < 256; ++type) {
        CAPTURE(type);
        // A client that has EncryptedExtensions.
        if (type != 11 && type != 13) {
            test::null_provider crypto;
            const spantls::client_config config;
            null_client it(crypto, config, leaf);
            test::after_server_hello(it);
            it.feed(sealed_handshake(join({encrypted_extensions(), smallest(type)})));
            check_refused(it, error, alert::unexpected_message);
        }
        // A server that has a certificate, and judges it.
        if (type != 15) {
            test::null_provider crypto;
            null_server it(crypto, requires_certificate);
            test::after_client_hello(it);
            it.feed(sealed_handshake(join({test::leaf_message(), smallest(type)})));
            check_refused(it, error, alert::unexpected_message);
        }
    }
}
