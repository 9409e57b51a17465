// Pre-shared keys: external ones and those of tickets, with and without a key exchange, retry and early data.
#include <spantls/spantls.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using psk_pair = test::pair<test::seeded<test::small_provider>>;
using aes_pair = test::pair<test::seeded<test::usual_provider>>;

const test::buffer first_id = test::text("the first"), second_id = test::text("another one");
const test::buffer first_key(32, 0x11), second_key(32, 0x22);
constexpr cipher_suite chacha = cipher_suite::tls_chacha20_poly1305_sha256;

struct known_key {
    bytes_view identity, key;
    hash_id hash = hash_id::sha256;
    early_data_terms early{};
};

/// The answer of a server that knows these keys.
auto finds(std::vector<known_key> keys) {
    return [keys](const step& asked) {
        std::size_t index = 0;
        const auto hello = asked.hello();
        for (const psk_identity one : hello.psks) {
            for (const known_key& known : keys)
                if (equal_bytes(one.identity, known.identity))
                    return psk_choice{index, known.key, known.hash, psk_kind::external, known.early, false};
            ++index;
        }
        return no_psk;
    };
}

test::pair_options with_keys(std::span<const psk> keys) {
    test::pair_options options;
    options.server.use_psk = true;
    options.target.psks = keys;
    return options;
}

}  // namespace

TEST_CASE("an external key is used instead of certificates (section 4.3.11)") {
    const psk offered[] = {{.identity = first_id, .key = first_key}};
    psk_pair both(with_keys(offered));
    both.server.find_psk = finds({{first_id, first_key}});
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.psk_used());
    REQUIRE(both.server.tls.psk_used());
    REQUIRE(both.server.has(what::find_psk));
    REQUIRE_FALSE(both.server.has(what::client_hello));
    REQUIRE_FALSE(both.client.has(what::verify_peer));
    REQUIRE_FALSE(both.client.tls.peer_authenticated());
    both.talks();
}

TEST_CASE("the second of several keys, and keys of hashes that no suite has are left out") {
    const psk offered[] = {{.identity = first_id, .key = first_key, .hash = hash_id::sha384},
                           {.identity = first_id, .key = first_key},
                           {.identity = second_id, .key = second_key}};
    psk_pair both(with_keys(offered));
    std::size_t seen = 0;
    both.server.find_psk = [&](const step& asked) {
        seen = asked.hello().psks.size();
        return finds({{second_id, second_key}})(asked);
    };
    REQUIRE(both.handshake());
    REQUIRE(seen == 2);
    REQUIRE(both.client.tls.psk_used());
    both.talks();
}

TEST_CASE("a key of the other hash decides on the suite (section 4.3.11)") {
    if (!test::usual_provider().available(cipher_suite::tls_aes_256_gcm_sha384))
        return test::skip("this CPU has no AES");
    for (const hash_id hash : {hash_id::sha256, hash_id::sha384}) {
        const psk offered[] = {{.identity = first_id, .key = first_key, .hash = hash}};
        aes_pair both(with_keys(offered));
        both.server.find_psk = finds({{first_id, first_key, hash}});
        REQUIRE(both.handshake());
        REQUIRE(both.client.tls.psk_used());
        REQUIRE(suite_hash(both.client.tls.suite()) == hash);
        both.talks();
    }
}

TEST_CASE("with a key no certificate is asked for, also by a server that wants one (section 4.4.2, appendix F.1)") {
    const psk offered[] = {{.identity = first_id, .key = first_key}};
    for (const psk_kind kind : {psk_kind::external, psk_kind::resumption}) {
        psk keys[] = {offered[0]};
        keys[0].kind = kind;
        test::pair_options options = with_keys(keys);
        options.server.authenticate_client = client_authentication::require;
        psk_pair both(options);
        both.client.own = &both.client_credentials();
        both.server.find_psk = [&](const step&) {
            return psk_choice{0, first_key, hash_id::sha256, kind, {}, kind == psk_kind::resumption};
        };
        REQUIRE(both.handshake());
        REQUIRE(both.server.tls.psk_used());
        for (const auto type : {handshake_type::certificate_request, handshake_type::certificate})
            for (const record_info& record : both.client.opened) REQUIRE_FALSE(record.has(type));
        REQUIRE_FALSE(both.client.has(what::choose_identity));
        REQUIRE(both.server.tls.peer_authenticated() == (kind == psk_kind::resumption));
    }
}

TEST_CASE("a ticket of a client without a certificate is not enough where one is required") {
    const psk offered[] = {{.identity = first_id, .key = first_key, .kind = psk_kind::resumption}};
    test::pair_options options = with_keys(offered);
    options.server.authenticate_client = client_authentication::require;
    psk_pair both(options);
    both.client.own = &both.client_credentials();
    both.server.find_psk = [&](const step&) {
        return psk_choice{0, first_key, hash_id::sha256, psk_kind::resumption, {}, false};
    };
    REQUIRE(both.handshake());
    REQUIRE_FALSE(both.server.tls.psk_used());
    REQUIRE(both.server.has(what::verify_peer));
    REQUIRE(both.server.tls.peer_authenticated());
}

TEST_CASE("unknown keys fall back to certificates") {
    const psk offered[] = {{.identity = first_id, .key = first_key}};
    psk_pair both(with_keys(offered));
    REQUIRE(both.handshake());
    REQUIRE_FALSE(both.client.tls.psk_used());
    REQUIRE(both.client.has(what::verify_peer));
    REQUIRE(both.client.tls.peer_authenticated());
    both.talks();
}

TEST_CASE("a server that does not use keys ignores them") {
    const psk offered[] = {{.identity = first_id, .key = first_key}};
    test::pair_options options = with_keys(offered);
    options.server.use_psk = false;
    psk_pair both(options);
    REQUIRE(both.handshake());
    REQUIRE_FALSE(both.server.has(what::find_psk));
    REQUIRE_FALSE(both.server.tls.psk_used());
}

TEST_CASE("a wrong key, and a wrong kind of key, give a wrong binder (section 4.3.11)") {
    const psk offered[] = {{.identity = first_id, .key = first_key}};
    for (const bool kind : {true, false}) {
        psk_pair both(with_keys(offered));
        both.server.find_psk = [&](const step&) {
            return kind ? psk_choice{0, first_key, hash_id::sha256, psk_kind::resumption, {}, false}
                        : psk_choice{0, second_key, hash_id::sha256, psk_kind::external, {}, false};
        };
        REQUIRE_FALSE(both.handshake());
        REQUIRE(both.server.error() == errc::bad_binder);
        REQUIRE(both.client.error() == errc::peer_alert);
        REQUIRE(both.client.alert() == alert_description::decrypt_error);
        REQUIRE_FALSE(both.server.has(what::early_data_offered));
    }
}

TEST_CASE("an answer that fits no offered key changes nothing") {
    const psk offered[] = {{.identity = first_id, .key = first_key}};
    psk_pair both(with_keys(offered));
    both.server.answer = [&](const step& asked) {
        if (asked.what != what::find_psk) return false;
        REQUIRE(both.server.tls.answer(psk_choice{1, first_key, hash_id::sha256, psk_kind::external, {}, false}) ==
                errc::wrong_answer);
        REQUIRE(both.server.tls.answer(early_data::accept) == errc::wrong_answer);
        REQUIRE(both.server.tls.answer(both.server.own->who()) == errc::wrong_answer);
        REQUIRE(both.server.receive().what == what::find_psk);
        return false;
    };
    both.server.find_psk = finds({{first_id, first_key}});
    REQUIRE(both.handshake());
    REQUIRE(both.server.tls.answer(no_psk) == errc::not_asked);
}

TEST_CASE("a retry: the binder covers both hellos") {
    const psk offered[] = {{.identity = first_id, .key = first_key}, {.identity = second_id, .key = second_key}};
    for (const bool known : {true, false}) {
        test::pair_options options = with_keys(offered);
        options.client.shares = fixed_vector<named_group, 4>{};
        psk_pair both(options);
        if (known) both.server.find_psk = finds({{second_id, second_key}});
        REQUIRE(both.handshake());
        REQUIRE(both.server.count(what::find_psk) == 1);
        REQUIRE(both.client.tls.psk_used() == known);
        both.talks();
    }
}

TEST_CASE("without a key exchange, where both allow it (sections 4.2.1, 4.3.8 and 4.3.9)") {
    const psk offered[] = {{.identity = first_id, .key = first_key}};
    for (const bool client_allows : {true, false})
        for (const bool server_allows : {true, false})
            for (const bool known : {true, false}) {
                CAPTURE(client_allows, server_allows, known);
                test::pair_options options = with_keys(offered);
                options.client.psk_ke = client_allows;
                options.server.psk_ke = server_allows;
                options.client.shares = fixed_vector<named_group, 4>{};
                psk_pair both(options);
                if (known) both.server.find_psk = finds({{first_id, first_key}});
                REQUIRE(both.handshake());
                const bool retried = both.to_client.all.size() > 5 &&
                                     std::equal(hello_retry_request_random.begin(), hello_retry_request_random.end(),
                                                both.to_client.all.begin() + 11);
                REQUIRE(both.client.tls.psk_used() == known);
                REQUIRE(retried == !(client_allows && server_allows && known));
                const auto group = retried ? named_group::x25519 : named_group{};
                REQUIRE(both.client.tls.group() == group);
                REQUIRE(both.server.tls.group() == group);
                both.talks();
            }
}

TEST_CASE("every byte of a ClientHello with keys flipped: never accepted") {
    const psk offered[] = {{.identity = first_id, .key = first_key}, {.identity = second_id, .key = second_key}};
    std::size_t size = 0;
    {
        psk_pair both(with_keys(offered));
        both.client.flush();
        size = both.to_server.all.size();
    }
    for (std::size_t at = 5; at < size; ++at) {
        CAPTURE(at);
        psk_pair both(with_keys(offered));
        both.server.find_psk = finds({{second_id, second_key}});
        bool first = true;
        both.to_server.transit = [&](test::buffer sent) {
            if (std::exchange(first, false)) sent[at] ^= 0x04;
            return sent;
        };
        REQUIRE_FALSE(both.handshake());
        if (both.server.tls.psk_used()) REQUIRE_FALSE(both.server.tls.connected());
    }
}

namespace {

early_data_terms terms(std::uint32_t limit) { return {limit, chacha, {}, "leaf.example"}; }

struct early_pair {
    explicit early_pair(std::uint32_t limit = 1000, bool retry = false)
        : offered{{.identity = first_id, .key = first_key, .early = terms(limit)}}, both(options(retry)) {
        both.server.find_psk = finds({{first_id, first_key, hash_id::sha256, terms(limit)}});
    }
    test::pair_options options(bool retry) {
        test::pair_options chosen = with_keys(offered);
        chosen.target.early_data = true;
        chosen.server.max_early_data = 16384;
        chosen.client.key_log = true;
        chosen.server.key_log = true;
        if (retry) chosen.client.shares = fixed_vector<named_group, 4>{};
        return chosen;
    }
    errc send_early(bytes_view data) {
        test::buffer out(40000);
        const output sent = both.client.tls.send_early(data, out);
        both.to_server.put(sent.records);
        accepted_bytes += sent.consumed;
        return sent.error;
    }
    psk offered[1];
    std::size_t accepted_bytes = 0;
    psk_pair both;
};

}  // namespace

TEST_CASE("early data in the first flight, accepted (sections 4.3.10 and 4.6)") {
    const test::buffer data = test::text("GET / early");
    early_pair it;
    auto& both = it.both;
    REQUIRE(both.client.tls.early_data_left() == 1000);
    REQUIRE(it.send_early(data) == errc::none);
    REQUIRE(it.accepted_bytes == data.size());
    REQUIRE(both.client.tls.early_data_left() == 1000 - data.size());
    REQUIRE(both.handshake());
    REQUIRE(both.server.received_early == data);
    REQUIRE(both.server.received.empty());
    REQUIRE(both.server.has(what::early_data_offered));
    REQUIRE(both.client.tls.early_data_accepted());
    REQUIRE(both.server.tls.early_data_accepted());
    REQUIRE_FALSE(both.client.has(what::early_data_rejected));
    REQUIRE(both.client.tls.early_data_left() == 0);
    REQUIRE(it.send_early(data) == errc::early_data_over);
    REQUIRE(both.client.key_log.find("CLIENT_EARLY_TRAFFIC_SECRET ") == 0);
    REQUIRE(both.client.key_log.find("\nEARLY_EXPORTER_SECRET ") != std::string::npos);
    REQUIRE(both.client.key_log == both.server.key_log);
    both.talks();
}

TEST_CASE("early data is answered before the client's Finished (section 4.5.3)") {
    for (const std::size_t output_size : {std::size_t{40000}, std::size_t{27}}) {
        CAPTURE(output_size);
        early_pair it;
        test::pair_options options = it.both.options;
        options.server.rekey_after = 4;
        psk_pair both(options);
        both.server.find_psk = it.both.server.find_psk;
        both.server.output_size = output_size;
        test::buffer out(40000);
        both.to_server.put(both.client.tls.send_early(as_bytes("question"), out).records);
        // Nothing of the client's arrives but its first flight.
        both.client.silent = true;
        const test::buffer answer(300, 'a');
        REQUIRE(both.server.send("too soon") == errc::not_connected);
        both.server.watch = [&](const step& now) {
            if (now.what != what::early_data) return;
            REQUIRE_FALSE(both.server.tls.connected());
            REQUIRE(both.server.send(answer) == errc::none);
        };
        both.run();
        REQUIRE(both.server.received_early == test::text("question"));
        REQUIRE_FALSE(both.server.tls.connected());
        REQUIRE(both.server.tls.update_keys() == errc::not_connected);
        REQUIRE(both.server.send("more") == errc::none);
        both.client.silent = false;
        REQUIRE(both.handshake());
        test::buffer all = answer;
        for (const char letter : {'m', 'o', 'r', 'e'}) all.push_back(static_cast<std::uint8_t>(letter));
        REQUIRE(both.client.received == all);
        REQUIRE(both.client.key_log == both.server.key_log);
        REQUIRE(both.client.send("question") == errc::none);
        REQUIRE(both.server.send("answer") == errc::none);
        both.run();
        REQUIRE(both.server.received == test::text("question"));
        REQUIRE(both.client.received.size() == all.size() + 6);
        REQUIRE((output_size > 27 || both.client.has(what::key_updated)));
    }
}

TEST_CASE("nothing is sent before the client's Finished where no early data was accepted, or behind a failure") {
    for (const bool accepted : {false, true}) {
        CAPTURE(accepted);
        early_pair it;
        auto& both = it.both;
        if (!accepted) both.server.judge_early = [](const early_offer&) { return early_data::reject; };
        REQUIRE(it.send_early(as_bytes("question")) == errc::none);
        both.client.silent = true;
        both.run();
        REQUIRE((both.server.send("answer") == errc::none) == accepted);
        test::buffer out(1000);
        REQUIRE(both.server.tls.send_cover(out).error == errc::not_connected);
        const test::buffer nonce{1}, ticket(10, 't');
        REQUIRE(both.server.tls.send_ticket({1, 2, nonce, ticket, {}}, out).error == errc::not_connected);
        REQUIRE(both.server.tls.close() == errc::none);
        REQUIRE(both.server.send("answer") == errc::connection_failed);
        both.client.silent = false;
        both.run();
        REQUIRE(both.client.has(what::peer_closed));
        REQUIRE_FALSE(both.server.tls.connected());
        REQUIRE(both.client.received == (accepted ? test::text("answer") : test::buffer{}));
    }
}

TEST_CASE("early data up to the limit, in pieces that follow one another") {
    const test::buffer data(1500, 'x');
    early_pair it;
    REQUIRE(it.send_early(bytes_view(data).first(300)) == errc::none);
    // Something else cannot be given back as one piece.
    const test::buffer elsewhere(10, 'y');
    REQUIRE(it.send_early(elsewhere) == errc::bad_argument);
    REQUIRE(it.send_early(bytes_view(data).subspan(300)) == errc::none);
    REQUIRE(it.accepted_bytes == 1000);
    REQUIRE(it.send_early(bytes_view(data).subspan(1000)) == errc::early_data_over);
    REQUIRE(it.both.handshake());
    REQUIRE(it.both.server.received_early == test::buffer(1000, 'x'));
    it.both.talks();
}

TEST_CASE("section 5.5: no more records of early data than one key may protect") {
    const test::buffer data(10, 'x');
    early_pair it;
    test::pair_options options = it.both.options;
    options.client.rekey_after = 4;
    psk_pair both(options);
    both.server.find_psk = it.both.server.find_psk;
    test::buffer out(1000);
    for (std::size_t i = 0; i < 3; ++i) {
        const output sent = both.client.tls.send_early(bytes_view(data).subspan(i, 1), out);
        REQUIRE(sent.consumed == 1);
        both.to_server.put(sent.records);
    }
    REQUIRE(both.client.tls.send_early(bytes_view(data).subspan(3), out).error == errc::early_data_over);
    REQUIRE(both.handshake());
    REQUIRE(both.server.received_early.size() == 3);
    both.talks();
}

TEST_CASE("early data until the server's Finished has come (section 4.3.11.3)") {
    const test::buffer data(400, 'x');
    early_pair it;
    auto& both = it.both;
    REQUIRE(it.send_early(bytes_view(data).first(100)) == errc::none);
    both.to_client.chunk = [](std::size_t) { return std::size_t{1}; };
    while (!both.server.has(what::early_data)) both.round();
    for (int i = 0; i < 20; ++i) both.round();
    both.to_client.chunk = nullptr;
    REQUIRE(it.send_early(bytes_view(data).subspan(100)) == errc::none);
    REQUIRE(both.handshake());
    REQUIRE(both.server.received_early == data);
    both.talks();
}

TEST_CASE("early data that the server rejects is given back (sections 4.3.10 and 4.6, appendix F.5)") {
    const test::buffer data = test::text("once more, please");
    enum why { by_answer, no_key, off, too_much, other_suite, other_protocol, other_name, second_key_chosen };
    for (const why reason : {by_answer, no_key, off, too_much, other_suite, other_protocol, other_name}) {
        CAPTURE(reason);
        early_pair it;
        auto& both = it.both;
        early_data_terms known = terms(1000);
        if (reason == off) known.limit = 0;
        if (reason == too_much) known.limit = 16385;
        if (reason == other_suite) known.suite = cipher_suite::tls_aes_256_gcm_sha384;
        if (reason == other_protocol) known.protocol = "else";
        if (reason == other_name) known.server_name = "elsewhere.example";
        if (reason == no_key)
            both.server.find_psk = nullptr;
        else
            both.server.find_psk = finds({{first_id, first_key, hash_id::sha256, known}});
        both.server.judge_early = [](const early_offer&) { return early_data::reject; };
        REQUIRE(it.send_early(data) == errc::none);
        REQUIRE(both.handshake());
        REQUIRE(both.server.has(what::early_data_offered) == (reason == by_answer));
        REQUIRE(both.server.received_early.empty());
        REQUIRE(both.client.count(what::early_data_rejected) == 1);
        REQUIRE(both.client.rejected == data);
        REQUIRE_FALSE(both.client.tls.early_data_accepted());
        REQUIRE_FALSE(both.server.tls.early_data_accepted());
        REQUIRE(both.client.tls.psk_used() == (reason != no_key));
        REQUIRE(it.send_early(data) == errc::early_data_over);
        both.talks();
    }
}

TEST_CASE("early data under another key than the first is not taken (section 4.3.10)") {
    const psk offered[] = {{.identity = first_id, .key = first_key, .early = terms(1000)},
                           {.identity = second_id, .key = second_key, .early = terms(1000)}};
    test::pair_options options = with_keys(offered);
    options.target.early_data = true;
    options.server.max_early_data = 16384;
    psk_pair both(options);
    both.server.find_psk = finds({{second_id, second_key, hash_id::sha256, terms(1000)}});
    test::buffer out(40000);
    const output sent = both.client.tls.send_early(as_bytes("early"), out);
    REQUIRE(sent.consumed == 5);
    both.to_server.put(sent.records);
    REQUIRE(both.handshake());
    REQUIRE(both.server.tls.psk_used());
    REQUIRE_FALSE(both.server.has(what::early_data_offered));
    REQUIRE(both.server.received_early.empty());
    REQUIRE(both.client.count(what::early_data_rejected) == 1);
    both.talks();
}

TEST_CASE("a bad record of early data that was accepted is bad_record_mac (section 4.3.10)") {
    for (const std::size_t at : {0u, 5u, 10u, 26u}) {
        CAPTURE(at);
        early_pair it;
        auto& both = it.both;
        both.client.flush();
        both.to_server.transit = [&](test::buffer sent) {
            sent[5 + at] ^= 0x10;
            return sent;
        };
        REQUIRE(it.send_early(as_bytes("0123456789")) == errc::none);
        both.to_server.transit = nullptr;
        REQUIRE_FALSE(both.handshake());
        REQUIRE(both.server.error() == errc::bad_record_mac);
        REQUIRE(both.client.alert() == alert_description::bad_record_mac);
        REQUIRE(both.server.received_early.empty());
    }
}

TEST_CASE("a retry rejects early data, which is skipped (section 4.3.10)") {
    const test::buffer data(900, 'z');
    early_pair it(1000, true);
    auto& both = it.both;
    REQUIRE(it.send_early(data) == errc::none);
    REQUIRE(both.handshake());
    REQUIRE(both.client.rejected == data);
    REQUIRE(both.server.received_early.empty());
    REQUIRE(both.client.tls.psk_used());
    both.talks();
}

TEST_CASE("a server reads no more early data than was agreed on, and skips no more than it says") {
    const test::buffer data(20000, 'x');
    SECTION("read") {
        early_pair it(20000);
        it.both.server.find_psk = finds({{first_id, first_key, hash_id::sha256, terms(999)}});
        REQUIRE(it.send_early(bytes_view(data).first(1000)) == errc::none);
        REQUIRE_FALSE(it.both.handshake());
        REQUIRE(it.both.server.error() == errc::too_much_early_data);
        REQUIRE(it.both.client.alert() == alert_description::unexpected_message);
    }
    SECTION("skipped") {
        early_pair it(20000);
        it.both.server.find_psk = nullptr;
        REQUIRE(it.send_early(data) == errc::none);
        REQUIRE_FALSE(it.both.handshake());
        REQUIRE(it.both.server.error() == errc::bad_record_mac);
    }
}

TEST_CASE("the same first flight is known by its binder (section 8.2)") {
    test::buffer seen[2];
    for (test::buffer& unique : seen) {
        early_pair it;
        it.both.server.judge_early = [&](const early_offer& offer) {
            unique = test::copy(offer.unique);
            return early_data::accept;
        };
        REQUIRE(it.both.handshake());
    }
    REQUIRE(seen[0].size() == 32);
    REQUIRE(seen[0] == seen[1]);
}

TEST_CASE("all that a client may send early is skipped when it is rejected, in one record and in many") {
    for (const std::size_t record_size : {std::size_t{16384}, std::size_t{100}, std::size_t{1}}) {
        early_pair it(16384);
        test::pair_options options = it.both.options;
        options.client.record_size = static_cast<std::uint16_t>(record_size);
        psk_pair both(options);
        const test::buffer data(16384, 'x');
        for (test::buffer out(20000); both.client.tls.early_data_left() != 0;) {
            const std::size_t done = data.size() - both.client.tls.early_data_left();
            both.to_server.put(both.client.tls.send_early(bytes_view(data).subspan(done), out).records);
        }
        REQUIRE(both.handshake());
        REQUIRE(both.client.rejected == data);
        both.talks();
    }
}

TEST_CASE("early data and its padding are no more than a server skips that cannot tell them apart (section 4.7.1)") {
    for (const padding how : {padding::constant(1024), padding::constant(16406), padding::multiple_of(100)})
        for (const std::uint32_t limit : {std::uint32_t{1000}, std::uint32_t{16384}})
            for (const std::size_t piece : {std::size_t{1}, std::size_t{700}, std::size_t{16384}}) {
                CAPTURE(how.block(), limit, piece);
                early_pair it(limit);
                test::pair_options options = it.both.options;
                options.client.padding = how;
                psk_pair both(options);
                both.server.find_psk = nullptr;
                const test::buffer data(16384, 'x');
                std::size_t done = 0;
                test::buffer out(40000);
                for (output sent; both.client.tls.early_data_left() != 0; done += sent.consumed) {
                    const std::size_t size = std::min(piece, data.size() - done);
                    sent = both.client.tls.send_early(bytes_view(data).subspan(done, size), out);
                    both.to_server.put(sent.records);
                    if (sent.error != errc::none) REQUIRE(sent.error == errc::early_data_over);
                }
                REQUIRE(done != 0);
                REQUIRE(both.client.tls.send_early(bytes_view(data).subspan(done), out).error == errc::early_data_over);
                REQUIRE(both.handshake());
                REQUIRE(both.client.rejected == test::buffer(done, 'x'));
                both.talks();
            }
}

TEST_CASE("a padded ClientHello has its length with keys too, and the keys stay last (RFC 7685)") {
    const psk offered[] = {{.identity = first_id, .key = first_key}, {.identity = second_id, .key = second_key}};
    test::pair_options options = with_keys(offered);
    options.client.client_hello_size = 700;
    psk_pair both(options);
    both.client.flush();
    REQUIRE(test::records_in(both.to_server.all).front().size() == 5 + 700);
    both.server.find_psk = finds({{second_id, second_key}});
    REQUIRE(both.handshake());
    REQUIRE(both.client.tls.psk_used());
}
