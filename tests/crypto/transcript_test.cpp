#include <spantls/crypto/transcript.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/provider.hpp"
#include "support/vectors.hpp"

using spantls::hash_id;

TEST_CASE("the transcript is the hash of the messages, and a look at it changes nothing") {
    spantls::transcript<test::usual_provider> messages(hash_id::sha384);
    REQUIRE(messages.hash() == hash_id::sha384);
    REQUIRE(test::copy(messages.current().view()) == test::oracle::digest(EVP_sha384(), {}));
    messages.add(spantls::as_bytes("ClientHello"));
    const spantls::transcript<test::usual_provider> until_there = messages;
    (void)messages.current();
    messages.add(spantls::as_bytes("ServerHello"));
    REQUIRE(test::copy(messages.current().view()) ==
            test::oracle::digest(EVP_sha384(), spantls::as_bytes("ClientHelloServerHello")));
    REQUIRE(test::copy(until_there.current().view()) ==
            test::oracle::digest(EVP_sha384(), spantls::as_bytes("ClientHello")));
}

TEST_CASE("after HelloRetryRequest a synthetic message_hash stands for the first ClientHello (section 4.1)") {
    for (const bool long_one : {false, true}) {
        const EVP_MD* const oracle = long_one ? EVP_sha384() : EVP_sha256();
        const test::buffer first = test::oracle::digest(oracle, spantls::as_bytes("ClientHello1"));
        test::buffer all{254, 0, 0, static_cast<std::uint8_t>(first.size())};
        all.insert(all.end(), first.begin(), first.end());
        for (const char c : std::string("HelloRetryRequest")) all.push_back(static_cast<std::uint8_t>(c));

        spantls::transcript<test::usual_provider> messages(long_one ? hash_id::sha384 : hash_id::sha256);
        messages.add(spantls::as_bytes("ClientHello1"));
        messages.restart_with_message_hash();
        messages.add(spantls::as_bytes("HelloRetryRequest"));
        REQUIRE(test::copy(messages.current().view()) == test::oracle::digest(oracle, all));
    }
}
