// Negative tests as tables: the rule and where it stands, what breaks it, the error, and the alert that the RFC asks
// for.
#pragma once

#include <functional>
#include <vector>

#include "support/hand_fed.hpp"
#include "support/null_provider.hpp"

namespace test {

using null_client = hand_fed<spantls::client<null_provider>>;
using null_server = hand_fed<spantls::server<null_provider>>;

template <class Connection>
struct rule {
    const char* text;
    std::function<void(Connection&)> broken;
    spantls::errc error;
    spantls::alert_description alert;
};
using client_rules = std::vector<rule<null_client>>;
using server_rules = std::vector<rule<null_server>>;

inline void check(const client_rules& rules, spantls::client_config config = {.alpn = {"mqtt"}}) {
    for (const auto& each : rules) {
        INFO(each.text);
        null_provider crypto;
        null_client it(crypto, config, spantls::client_target{.server_name = "leaf.example"});
        each.broken(it);
        check_refused(it, each.error, each.alert);
    }
}
inline void check(const server_rules& rules, spantls::server_config config = {}) {
    for (const auto& each : rules) {
        INFO(each.text);
        null_provider crypto;
        null_server it(crypto, config);
        each.broken(it);
        check_refused(it, each.error, each.alert);
    }
}

// The right way, up to a point.

inline void after_server_hello(null_client& it) { it.feed(forge::server_hello(it.session_id()).record()); }
inline void after_encrypted_extensions(null_client& it) {
    after_server_hello(it);
    it.feed(forge::sealed_handshake(forge::encrypted_extensions()));
}
inline void after_certificate(null_client& it) {
    after_encrypted_extensions(it);
    it.feed(forge::sealed_handshake(leaf_message()));
}
inline void after_certificate_verify(null_client& it) {
    after_certificate(it);
    it.feed(forge::sealed_handshake(forge::certificate_verify()));
}
inline void connected(null_client& it) {
    after_certificate_verify(it);
    it.feed(forge::sealed_handshake(forge::finished()));
    REQUIRE(it.tls.connected());
}

inline void after_client_hello(null_server& it) { it.feed(forge::client_hello().record()); }
inline void connected(null_server& it) {
    after_client_hello(it);
    it.feed(forge::sealed_handshake(forge::finished()));
    REQUIRE(it.tls.connected());
}

}  // namespace test
