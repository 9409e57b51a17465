// HelloRetryRequest by a server that keeps nothing: another one goes on with the second ClientHello.
#include <spantls/spantls.hpp>

#include <algorithm>
#include <memory>
#include <optional>

#include "support/catch.hpp"
#include "support/forge.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using chacha = test::seeded<test::small_provider>;
using one_server = test::endpoint<server<chacha>>;

const test::buffer secret(32, 0x11), older(40, 0x22), foreign(32, 0x33);
const test::buffer address{192, 0, 2, 1}, elsewhere{192, 0, 2, 2};
const std::optional<fixed_vector<named_group, 4>> no_share{fixed_vector<named_group, 4>{}};

server_config with_cookies(bool always = false) { return {.cookie_secrets = {secret}, .always_retry = always}; }

/// A client whose first flight goes to a server that is gone when the second leaves.
template <class P = chacha>
struct forgetful {
    test::pair<P> both;

    explicit forgetful(const test::pair_options& options, const server_config* first = nullptr, bytes_view at = {})
        : both(options) {
        P crypto(7);
        test::link back;
        test::endpoint<server<P>> retrying(crypto, first != nullptr ? *first : both.options.server, 0, back, at);
        both.client.flush();
        retrying.arrive(both.to_server.take());
        while (retrying.turn()) {
        }
        REQUIRE(retrying.error() == errc::none);
        REQUIRE(retrying.tls.handshake_state() == server_state::wait_second_client_hello);
        REQUIRE_FALSE(retrying.has(what::client_hello));
        retrying.flush();
        both.client.arrive(back.take());
        both.client.silent = true;  // its second flight is still to come
        while (both.client.turn()) {
        }
        both.client.silent = false;
    }
    void talks() {
        REQUIRE(both.handshake());
        both.talks();
    }
    void fails(errc error, alert_description alert) {
        REQUIRE_FALSE(both.handshake());
        REQUIRE(both.server.error() == error);
        REQUIRE(both.client.error() == errc::peer_alert);
        REQUIRE(both.client.alert() == alert);
    }
};

/// The second ClientHello, once it has left, is what `change` makes of it.
void change_second_hello(test::link& on_its_way, std::function<void(test::buffer&)> change) {
    on_its_way.transit = [change](test::buffer sent) {
        test::buffer all;
        for (test::buffer& record : test::records_in(sent)) {
            if (record[0] == 22) change(record);
            all.insert(all.end(), record.begin(), record.end());
        }
        return all;
    };
}

/// extension_data of `type` in the ClientHello of a record.
bytes_view extension_of(bytes_view record, extension_type type) {
    parsed_client_hello hello;
    REQUIRE(hello.parse(record.subspan(9)) == errc::none);
    return hello.extensions[type];
}

}  // namespace

TEST_CASE("another server goes on after a retry (sections 4.1, 4.2.4 and 4.3.2)") {
    for (const bool compatible : {true, false})
        for (const bool always : {true, false}) {
            CAPTURE(compatible, always);
            forgetful<> it({.client = {.shares = always ? std::nullopt : no_share, .compatibility_mode = compatible},
                            .server = with_cookies(always)});
            it.talks();
            // What has come to this one first is a change_cipher_spec, or the second ClientHello.
            REQUIRE(it.both.server.count(what::client_hello) == 1);
            REQUIRE(it.both.client.tls.group() == named_group::x25519);
        }
}

TEST_CASE("the other server may have a hash of 48 bytes") {
    if (!test::usual_provider().available(cipher_suite::tls_aes_256_gcm_sha384))
        return test::skip("this CPU has no AES");
    const fixed_vector<cipher_suite, 8> suites{cipher_suite::tls_aes_256_gcm_sha384};
    server_config config = with_cookies();
    config.prefer.suites = suites;
    forgetful<test::seeded<test::usual_provider>> it({.client = {.shares = no_share}, .server = config});
    it.talks();
    REQUIRE(it.both.client.tls.suite() == suites[0]);
}

TEST_CASE("another server that does not use the suite of the retry refuses (section 4.2.4)") {
    if (!test::usual_provider().available(cipher_suite::tls_aes_256_gcm_sha384))
        return test::skip("this CPU has no AES");
    server_config first = with_cookies(), other = with_cookies();
    first.prefer.suites = fixed_vector<cipher_suite, 8>{cipher_suite::tls_aes_256_gcm_sha384};
    other.prefer.suites = fixed_vector<cipher_suite, 8>{cipher_suite::tls_chacha20_poly1305_sha256};
    forgetful<test::seeded<test::usual_provider>> it({.client = {.shares = no_share}, .server = other}, &first);
    it.fails(errc::hello_changed, alert_description::illegal_parameter);
    // In another order, it goes on with what was named.
    other.prefer.suites.push_back(cipher_suite::tls_aes_256_gcm_sha384);
    forgetful<test::seeded<test::usual_provider>> next({.client = {.shares = no_share}, .server = other}, &first);
    next.talks();
    REQUIRE(next.both.client.tls.suite() == cipher_suite::tls_aes_256_gcm_sha384);
}

TEST_CASE("the server that has sent the cookie may go on, too") {
    for (const bool always : {true, false}) {
        test::pair<chacha> both(
            {.client = {.shares = always ? std::nullopt : no_share}, .server = with_cookies(always)});
        REQUIRE(both.handshake());
        const auto records = test::records_in(both.to_server.all);
        REQUIRE(extension_of(records[0], extension_type::cookie).empty());
        REQUIRE(extension_of(records[2], extension_type::cookie).size() == 2 + 5 + 3 * 32 + 2);
        const auto shares = [&](std::size_t i) {
            return test::copy(extension_of(records[i], extension_type::key_share));
        };
        REQUIRE((shares(0) == shares(2)) == always);
    }
}

TEST_CASE("a client that needs no retry gets none, unless it always does") {
    test::pair<chacha> both({.server = with_cookies()});
    REQUIRE(both.handshake());
    REQUIRE_FALSE(both.client.has(what::failed));
    REQUIRE(extension_of(test::records_in(both.to_server.all)[0], extension_type::key_share).size() == 38);
    for (const test::buffer& record : test::records_in(both.to_server.all))
        if (record[0] == 22) REQUIRE(extension_of(record, extension_type::cookie).empty());
}

TEST_CASE("a cookie of the secret before is taken, an expired or foreign one is illegal_parameter (section 4.3.2)") {
    const server_config old{.cookie_secrets = {older}}, other{.cookie_secrets = {foreign}};
    server_config both_secrets = with_cookies();
    both_secrets.cookie_secrets.push_back(older);
    forgetful<>({.client = {.shares = no_share}, .server = both_secrets}, &old).talks();
    forgetful<>({.client = {.shares = no_share}, .server = both_secrets}, &other)
        .fails(errc::bad_cookie, alert_description::illegal_parameter);
    forgetful<>({.client = {.shares = no_share}, .server = with_cookies()}, &old)
        .fails(errc::bad_cookie, alert_description::illegal_parameter);
}

TEST_CASE("a cookie that was given to another client is illegal_parameter (section 4.3.2)") {
    const server_config config = with_cookies();
    forgetful<>({.client = {.shares = no_share}, .server = config}, nullptr, elsewhere)
        .fails(errc::bad_cookie, alert_description::illegal_parameter);

    chacha client_crypto(1), server_crypto(2);
    const client_config asks{.shares = no_share};
    for (const bytes_view at : {bytes_view(address), bytes_view(elsewhere)}) {
        test::link up, down, lost;
        test::endpoint<client<chacha>> from(client_crypto, asks, 0, up);
        one_server first(server_crypto, config, 0, down, bytes_view(address));
        one_server second(server_crypto, config, 0, lost, at);
        from.flush();
        first.arrive(up.take());
        while (first.turn()) {
        }
        first.flush();
        from.arrive(down.take());
        while (from.turn()) {
        }
        from.flush();
        second.own = &test::pair<chacha>::server_credentials();
        second.arrive(up.take());
        while (second.turn()) {
        }
        REQUIRE(second.error() == (at.data() == address.data() ? errc::none : errc::bad_cookie));
    }
}

TEST_CASE("a cookie that was changed, cut or lost is illegal_parameter (section 4.3.2)") {
    const auto at_cookie = [](test::buffer& record) {
        const bytes_view data = extension_of(record, extension_type::cookie);
        return record.begin() + (data.data() - record.data());
    };
    for (const std::ptrdiff_t where : {2, 3, 5, 7, 50, 80, 102}) {
        CAPTURE(where);
        forgetful<> it({.client = {.shares = no_share}, .server = with_cookies()});
        change_second_hello(it.both.to_server, [&](test::buffer& record) { at_cookie(record)[where] ^= 1; });
        it.fails(errc::bad_cookie, alert_description::illegal_parameter);
    }
    // An empty one, and two bytes behind it that belong to nothing.
    forgetful<> malformed({.client = {.shares = no_share}, .server = with_cookies()});
    change_second_hello(malformed.both.to_server, [&](test::buffer& record) { at_cookie(record)[1] -= 2; });
    malformed.fails(errc::decode_error, alert_description::decode_error);
    // The same server has no use for a hello without it.
    test::pair<chacha> both({.client = {.shares = no_share, .compatibility_mode = false}, .server = with_cookies()});
    unsigned hellos = 0;
    both.to_server.transit = [&](test::buffer sent) {
        if (sent[0] == 22 && ++hellos == 2) *(at_cookie(sent) - 3) = 0x5a;  // now an extension that nobody knows
        return sent;
    };
    REQUIRE_FALSE(both.handshake());
    REQUIRE(both.server.error() == errc::bad_cookie);
}

TEST_CASE("a second ClientHello that differs where it may not is illegal_parameter (section 4.2.2)") {
    const auto with = [](bool always, std::function<void(test::buffer&)> change) {
        forgetful<> it({.client = {.shares = always ? std::nullopt : no_share}, .server = with_cookies(always)});
        change_second_hello(it.both.to_server, change);
        REQUIRE_FALSE(it.both.handshake());
        REQUIRE(it.both.client.alert() == alert_description::illegal_parameter);
        return it.both.server.error();
    };
    const auto random = [](test::buffer& record) { record[5 + 4 + 2] ^= 1; };
    const auto session_id = [](test::buffer& record) { record[5 + 4 + 2 + 32 + 1] ^= 1; };
    const auto name = [](test::buffer& record) {
        const auto text = test::text("leaf.example");
        *std::search(record.begin(), record.end(), text.begin(), text.end()) = 'L';
    };
    for (const bool always : {true, false}) {
        REQUIRE(with(always, random) == errc::hello_changed);
        REQUIRE(with(always, session_id) == errc::hello_changed);
        REQUIRE(with(always, name) == errc::hello_changed);
    }
    // A share may only be another one when another one was asked for.
    const auto share = [](test::buffer& record) {
        const bytes_view data = extension_of(record, extension_type::key_share);
        record[static_cast<std::size_t>(data.data() - record.data()) + 6 + 5] ^= 1;
    };
    REQUIRE(with(true, share) == errc::hello_changed);
    // The group of the share: not the one that was asked for, and not one that was offered.
    REQUIRE(with(false, [](test::buffer& record) {
                const bytes_view data = extension_of(record, extension_type::key_share);
                record[static_cast<std::size_t>(data.data() - record.data()) + 3] = 0x77;
            }) == errc::bad_key_shares);
}

TEST_CASE("keys are offered over a retry of which nothing was kept, and their binders cover it (section 4.3.11.2)") {
    const test::buffer id = test::text("key"), key(32, 0x44), other_key(32, 0x45);
    const psk offered[] = {{.identity = id, .key = key}};
    for (const bool right : {true, false}) {
        server_config config = with_cookies(true);
        config.use_psk = true;
        forgetful<> it({.server = config, .target = {.psks = offered}});
        it.both.server.find_psk = [&](const step&) {
            return psk_choice{0, right ? key : other_key, hash_id::sha256, psk_kind::external, {}, false};
        };
        if (!right) {
            it.fails(errc::bad_binder, alert_description::decrypt_error);
            continue;
        }
        it.talks();
        REQUIRE(it.both.server.tls.psk_used());
    }
}

TEST_CASE("a key without a share, and a server that always retries (sections 4.2.4 and 9.2)") {
    const test::buffer id = test::text("key"), key(32, 0x44);
    const psk offered[] = {{.identity = id, .key = key}};
    for (const bool known : {true, false}) {
        server_config config = with_cookies(true);
        config.use_psk = config.psk_ke = true;
        // The retry asks for the share at once: there is no second one.
        forgetful<> it({.client = {.shares = no_share, .psk_ke = true}, .server = config, .target = {.psks = offered}});
        it.both.server.find_psk = [&](const step&) {
            return known ? psk_choice{0, key, hash_id::sha256, psk_kind::external, {}, false} : no_psk;
        };
        it.talks();
        REQUIRE(it.both.server.tls.psk_used() == known);
    }
}

TEST_CASE("early data on its way to a server that has forgotten is skipped, up to a limit (section 4.3.10)") {
    const test::buffer id = test::text("key"), key(32, 0x44);
    const early_data_terms terms{.limit = 40000, .suite = cipher_suite::tls_chacha20_poly1305_sha256};
    const psk offered[] = {{.identity = id, .key = key, .early = terms}};
    for (const std::size_t size : {std::size_t{1}, max_skipped_early_data, max_skipped_early_data + 1}) {
        CAPTURE(size);
        server_config config = with_cookies(true);
        config.use_psk = true;
        config.max_early_data = max_skipped_early_data;
        test::pair<chacha> both({.server = config, .target = {.psks = offered, .early_data = true}});
        both.server.find_psk = [&](const step&) {
            return psk_choice{0, key, hash_id::sha256, psk_kind::external, terms, false};
        };
        chacha crypto(7);
        test::link back;
        auto retrying = std::make_unique<one_server>(crypto, both.options.server, 0, back);
        both.client.flush();
        retrying->arrive(both.to_server.take());
        while (retrying->turn()) {
        }
        retrying->flush();
        retrying.reset();
        const test::buffer sooner(size, 'e');
        test::buffer out(2 * 17000);
        const output early = both.client.tls.send_early(sooner, out);
        REQUIRE(early.consumed == size);
        both.to_server.put(early.records);
        both.client.arrive(back.take());
        const bool skipped = size <= max_skipped_early_data;
        const bool done = both.handshake();
        CAPTURE(name_of(both.server.error()), name_of(both.client.error()));
        REQUIRE(done == skipped);
        if (!skipped) {
            REQUIRE(both.server.error() == errc::unexpected_record_type);
            continue;
        }
        REQUIRE(both.client.rejected == sooner);
        REQUIRE(both.server.received_early.empty());
        REQUIRE(both.server.tls.psk_used());
        REQUIRE_FALSE(both.server.tls.early_data_accepted());
    }
}

TEST_CASE("only a server with secrets lets anything come before the first ClientHello (sections 4.3.2 and 5)") {
    for (const bool cookies : {true, false}) {
        test::pair<chacha> both({.server = cookies ? with_cookies() : server_config{}});
        both.to_server.put(test::forge::change_cipher_spec());
        REQUIRE(both.handshake() == cookies);
        if (!cookies) REQUIRE(both.server.error() == errc::unexpected_record_type);
    }
}

TEST_CASE("secrets that are too short, and retries without any, are refused") {
    const test::buffer short_one(min_cookie_secret - 1, 1), enough(min_cookie_secret, 1);
    CHECK(check<chacha>(server_config{.cookie_secrets = {enough}}) == errc::none);
    CHECK(check<chacha>(server_config{.cookie_secrets = {enough, enough}, .always_retry = true}) == errc::none);
    CHECK(check<chacha>(server_config{.cookie_secrets = {short_one}}) == errc::config_bad_secret);
    CHECK(check<chacha>(server_config{.cookie_secrets = {enough, short_one}}) == errc::config_bad_secret);
    CHECK(check<chacha>(server_config{.cookie_secrets = {enough, {}}}) == errc::config_bad_secret);
    CHECK(check<chacha>(server_config{.always_retry = true}) == errc::config_bad_secret);
    CHECK(check<chacha>(server_config{.cookie_secrets = {enough, enough, enough}}) == errc::config_too_many);
}

TEST_CASE("a retry with a cookie, cut anywhere, in the least memory") {
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{100}})
        for (const bool always : {true, false}) {
            CAPTURE(chunk, always);
            test::pair_options options{.client = {.shares = always ? std::nullopt : no_share},
                                       .server = with_cookies(always)};
            options.client_workspace = client<chacha>::smallest_workspace;
            options.server_workspace = server<chacha>::smallest_workspace;
            forgetful<> it(options);
            it.both.to_server.chunk = it.both.to_client.chunk = [chunk](std::size_t) { return chunk; };
            it.talks();
        }
}

TEST_CASE(
    "a second ClientHello is taken by any number of servers, and a cookie by any number of clients with that hello") {
    // What is stateless cannot count: the secret has to change for a cookie to end.
    test::pair<chacha> both({.client = {.shares = no_share}, .server = with_cookies()});
    REQUIRE(both.handshake());
    const auto records = test::records_in(both.to_server.all);
    for (unsigned i = 0; i < 3; ++i) {
        chacha crypto(50 + i);
        test::link lost;
        one_server again(crypto, both.options.server, 0, lost);
        again.own = &both.server_credentials();
        again.arrive(records[2]);
        while (again.turn()) {
        }
        REQUIRE(again.error() == errc::none);
        REQUIRE(again.tls.handshake_state() == server_state::wait_finished);
        // But the secrets are others: the client's Finished fits none of them.
        again.flush();
        again.arrive(records[3]);
        while (again.turn()) {
        }
        REQUIRE(again.error() == errc::bad_record_mac);
    }
}
