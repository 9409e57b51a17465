// Both ends of a pair show the same certificate, sign with its key, and trust it.
#pragma once

#include <span>

#include <spantls/drivers/answers.hpp>
#include <spantls/x509/pins.hpp>

#include "support/catch.hpp"
#include "support/pair.hpp"

namespace test {

/// Until both know each other by it; `scheme` is what either is asked for.
template <class Pair, class Key>
void both_show(Pair& both, std::span<const spantls::bytes_view> chain, const Key& key,
               spantls::signature_scheme scheme) {
    const spantls::x509::pinned_certificate pinned(chain[0]);
    const auto answer_with = [&](auto& end) {
        end.answer = [&](const spantls::step& asked) {
            if (asked.what == spantls::what::sign) CHECK(asked.signing().scheme == scheme);
            auto who = spantls::answers(pinned, spantls::credentials(chain, key));
            return spantls::answer(end.tls, asked, who) == spantls::errc::none;
        };
    };
    answer_with(both.client);
    answer_with(both.server);
    REQUIRE(both.handshake());
    CHECK(both.client.tls.peer_authenticated());
    CHECK(both.server.tls.peer_authenticated());
}

}  // namespace test
