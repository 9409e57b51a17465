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
