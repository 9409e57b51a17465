// The client's machine lives through traces of RFC 8448: it is given the trace's randomness and the trace's ClientHello
// in the place of its own (which has its extensions in another order), and from there on its transcript, its secrets
// and its last flight have to be the trace's. A server takes the traces' ClientHellos, binders and early data.
//
// What is not replayed: anything behind a server's ServerHello, which would have other bytes than the trace's, so that
// nothing could be the same; and the trace with raw public keys, which is in the file but not in the RFC. P-256, which a
// HelloRetryRequest asks for, is libcrypto's.
#include <spantls/handshake/client.hpp>
#include <spantls/record/protection.hpp>
#include <spantls/server.hpp>

#include "support/catch.hpp"
#include "support/rfc8448.hpp"

using spantls::bytes_view;
using spantls::client_state;
using spantls::errc;
using spantls::event;
using test::buffer;

namespace {

using provider = test::rfc8448::provider;

/// What the first record of `records` holds, which is taken off.
buffer open_first(spantls::protection<provider>& keys, buffer& records) {
    const auto end = records.begin() + 5 + spantls::load_u16(records.data() + 3);
    buffer record(records.begin(), end);
    records.erase(records.begin(), end);
    REQUIRE(keys.open(record));
    return {record.begin() + 5, record.end() - 17};
}

/// The client's flight behind the server's Finished, out of its records.
buffer last_flight(const test::rfc8448::trace& trace, const test::rfc8448::secrets& secrets) {
    buffer stream = trace["Record_ClientFinished"], flight;
    if (stream[0] == 20) stream.erase(stream.begin(), stream.begin() + 6);
    spantls::protection<provider> keys;
    if (trace.has("Record_Client_EarlyAppData")) {
        keys.install(provider::suites[0], secrets.client_early.bytes());
        buffer early = trace["Record_Client_EarlyAppData"];
        CHECK(test::hex(open_first(keys, early)) == test::hex(trace["Client_EarlyAppData"]));
        flight = open_first(keys, stream);  // EndOfEarlyData
    }
    keys.install(provider::suites[0], secrets.client_handshake.bytes());
    const buffer rest = open_first(keys, stream);
    REQUIRE(stream.empty());
    flight.insert(flight.end(), rest.begin(), rest.end());
    return flight;
}

class machine {
public:
    machine(const test::rfc8448::trace& trace, const spantls::client_target& target) {
        const bool has_session_id = trace.content("Record_ClientHello_1")[38] != 0;
        // What our client draws: its Random, a session id, which it only sends in compatibility mode, and its private
        // key.
        pool_ = trace["Client_RNG_Pool"];
        if (!has_session_id) pool_.insert(pool_.begin() + 32, 32, 0);
        // Behind its first key what it would make one of P-256 with; the trace draws that when it is asked to.
        pool_.insert(pool_.begin() + 96, 32, 0);
        crypto_.pool = pool_;
        config_.compatibility_mode = has_session_id;
        config_.record_size_limit = 16385;
        REQUIRE(tls.start(crypto_, config_, target, spantls::arena(memory_)) == errc::none);
        own_hello_ = test::copy(tls.memory.output());
        // The trace's hello, as if this were it.
        hello_ = trace.content("Record_ClientHello_1");
        tls.out.clear();
        tls.memory.release_output();
        tls.out.append(tls.memory, spantls::epoch::initial, spantls::handshake_type::client_hello,
                       [&](spantls::writer& to) { to.bytes(bytes_view(hello_).subspan(4)); });
        REQUIRE(test::hex(tls.memory.output()) == test::hex(hello_));
        tls.out.clear();
        if (target.early_data)
            tls.derive_early_secrets(spantls::hash_id::sha256,
                                     spantls::hash_of<provider>(spantls::hash_id::sha256, hello_).view());
    }

    errc receive(const buffer& message) {
        REQUIRE(tls.memory.reserve_input(message.size()));
        tls.memory.append_input(message);
        const auto result = spantls::dispatch<spantls::client_table>(
            tls, tls.current(), spantls::event_for(static_cast<spantls::handshake_type>(message[0])),
            errc::unexpected_message, spantls::first_message(tls.memory.input()));
        tls.memory.pass(message.size());
        return settle(result);
    }
    template <event On, class Answer>
    errc answer(const Answer& answer) {
        return settle(spantls::dispatch<spantls::client_table, On>(tls, tls.current(), On, errc::not_asked, answer));
    }
    const buffer& own_hello() const { return own_hello_; }
    /// As if the second ClientHello that it has just written were the trace's. Returns its own.
    buffer become_second(const test::rfc8448::trace& trace) {
        const buffer own = test::copy(tls.memory.output());
        spantls::transcript<provider> messages(spantls::hash_id::sha256);
        messages.add(trace.content("Record_ClientHello_1"));
        messages.restart_with_message_hash();
        messages.add(trace.content("Record_HelloRetryRequest"));
        tls.messages = messages;
        tls.messages.add(trace.content("Record_ClientHello_2"));
        messages.add(own);
        own_transcript_ = test::copy(messages.current().view());
        tls.out.clear();
        tls.memory.release_output();
        return own;
    }
    const buffer& own_transcript() const { return own_transcript_; }
    /// What it owes the server, of messages.
    buffer flight() {
        buffer all;
        while (tls.out.pending()) {
            if (tls.out.run().change_cipher_spec) {
                tls.out.take_change_cipher_spec();
                continue;
            }
            buffer part(tls.out.remaining());
            tls.out.take(tls.memory, part);
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }

    spantls::client_handshake<provider> tls;

private:
    errc settle(const spantls::outcome<client_state>& result) {
        if (result.error != errc::none) return result.error;
        tls.enter(result.next);
        if (!tls.keeps_input()) tls.memory.release_input();
        return errc::none;
    }

    provider crypto_;
    spantls::client_config config_;
    buffer pool_, own_hello_, own_transcript_, hello_, memory_ = buffer(16384);
};

/// The certificates of a Certificate message.
std::vector<buffer> chain_of(bytes_view message) {
    spantls::certificate_message decoded{};
    REQUIRE(spantls::decode(message.subspan(4), decoded));
    std::vector<buffer> chain;
    for (spantls::reader in(decoded.list); !in.empty();) {
        spantls::certificate_entry entry{};
        spantls::decode_from(in, entry);
        REQUIRE_FALSE(in.failed());
        chain.push_back(test::copy(entry.der));
    }
    return chain;
}

void replay(const test::rfc8448::trace& trace) {
    const buffer psk = test::rfc8448::psk_of(trace), traced_hello = trace.content("Record_ClientHello_1");
    const auto secrets = test::rfc8448::until_server_finished(trace, psk);
    const buffer expected = last_flight(trace, secrets);
    const bool early = trace.has("Record_Client_EarlyAppData");

    spantls::parsed_client_hello own, traced;
    REQUIRE(traced.parse(bytes_view(traced_hello).subspan(4)) == errc::none);
    spantls::client_target target{.server_name = "server", .now_ms = 1000, .early_data = early};
    std::vector<spantls::psk> keys;
    if (early)
        target.resume = {provider::suites[0].suite, 0,   30, 0, 1024, true, psk, (*traced.psks.begin()).identity,
                         "server",                 {}};
    else if (!psk.empty())
        keys.push_back({.identity = (*traced.psks.begin()).identity, .key = psk});
    target.psks = keys;

    machine it(trace, target);
    // The same key share, since it comes of the same randomness.
    REQUIRE(own.parse(bytes_view(it.own_hello()).subspan(4)) == errc::none);
    CHECK(test::hex(own.extensions[spantls::extension_type::key_share]) ==
          test::hex(traced.extensions[spantls::extension_type::key_share]));
    CHECK(test::hex(own.hello.random) == test::hex(traced.hello.random));
    CHECK(test::hex(own.hello.legacy_session_id) == test::hex(traced.hello.legacy_session_id));

    if (early) CHECK(test::hex(it.tls.client_early_traffic.bytes()) == test::hex(secrets.client_early.bytes()));

    if (trace.has("Record_HelloRetryRequest")) {
        REQUIRE(it.receive(trace.content("Record_HelloRetryRequest")) == errc::none);
        const buffer second_transcript = test::copy(it.tls.messages.current().view());
        const buffer second = it.become_second(trace), traced_second = trace.content("Record_ClientHello_2");
        CHECK(test::hex(second_transcript) == test::hex(it.own_transcript()));
        spantls::parsed_client_hello ours, theirs;
        REQUIRE(ours.parse(bytes_view(second).subspan(4)) == errc::none);
        REQUIRE(theirs.parse(bytes_view(traced_second).subspan(4)) == errc::none);
        for (const auto type : {spantls::extension_type::key_share, spantls::extension_type::cookie})
            CHECK(test::hex(ours.extensions[type]) == test::hex(theirs.extensions[type]));
        CHECK(test::hex(ours.hello.random) == test::hex(theirs.hello.random));
    }
    REQUIRE(it.receive(trace["Message_ServerHello"]) == errc::none);
    CHECK(it.tls.psk_used == !psk.empty());
    CHECK(test::hex(it.tls.client_handshake_traffic.bytes()) == test::hex(secrets.client_handshake.bytes()));
    CHECK(test::hex(it.tls.server_handshake_traffic.bytes()) == test::hex(secrets.server_handshake.bytes()));

    REQUIRE(it.receive(trace["Message_EncryptedExtensions"]) == errc::none);
    CHECK(it.tls.early_data_accepted == early);

    std::vector<buffer> own_chain;
    std::vector<bytes_view> own_views;
    const std::array schemes{spantls::signature_scheme::rsa_pss_rsae_sha256};
    const bool asked = trace.has("Message_CertificateRequest");
    if (asked) {
        REQUIRE(it.receive(trace["Message_CertificateRequest"]) == errc::none);
        own_chain = chain_of(spantls::first_message(expected).whole);
        for (const buffer& der : own_chain) own_views.emplace_back(der);
        REQUIRE(it.answer<event::answer_identity>(spantls::identity{own_views, schemes}) == errc::none);
    }
    if (psk.empty()) {
        REQUIRE(it.receive(trace["Message_Server_Certificate"]) == errc::none);
        REQUIRE(it.answer<event::answer_verdict>(spantls::x509::verdict::accept()) == errc::none);
        REQUIRE(it.receive(trace["Message_Server_CertificateVerify"]) == errc::none);
    }
    REQUIRE(it.receive(trace["Message_Server_Finished"]) == errc::none);
    CHECK(test::hex(it.tls.client_application_traffic.bytes()) == test::hex(secrets.client_application.bytes()));
    CHECK(test::hex(it.tls.server_application_traffic.bytes()) == test::hex(secrets.server_application.bytes()));
    CHECK(test::hex(it.tls.exporter_secret.bytes()) == test::hex(secrets.exporter.bytes()));
    if (asked) {
        REQUIRE(it.tls.current() == client_state::asks_signature);
        CHECK(test::hex(it.tls.content.view()) == test::hex(trace["Client_MessageToSign"]));
        REQUIRE(it.answer<event::answer_signature>(spantls::signature{trace["Client_MessageSignature"]}) == errc::none);
    }
    REQUIRE(it.tls.current() == client_state::connected);
    CHECK(test::hex(it.flight()) == test::hex(expected));
}

}  // namespace

TEST_CASE("the client's machine makes the secrets and the last flight of RFC 8448's traces, to the byte "
          "(section 4.5.3)") {
    const auto traces = test::rfc8448::traces();
    if (!traces) return;
    replay((*traces)[test::rfc8448::simple]);
    replay((*traces)[test::rfc8448::retry]);
    replay((*traces)[test::rfc8448::client_authentication]);
    replay((*traces)[test::rfc8448::middlebox]);
}

TEST_CASE("the client's machine with a pre-shared key: binders, early data and all secrets of RFC 8448's traces") {
    const auto traces = test::rfc8448::traces();
    if (!traces) return;
    replay((*traces)[test::rfc8448::resumed]);
    replay((*traces)[test::rfc8448::external_psk]);
}

namespace {

/// How far a server comes with a trace's first flight.
struct taken {
    buffer unique, early;
    errc error;
    spantls::server_state state;
};

taken serve(const test::rfc8448::trace& trace, buffer flight) {
    const buffer psk = test::rfc8448::psk_of(trace), pool = trace["Server_RNG_Pool"];
    const bool resumes = trace.has("Record_Client_EarlyAppData");
    provider crypto;
    crypto.pool = pool;
    const spantls::server_config config{.use_psk = true, .max_early_data = 1024};
    buffer workspace(16384), out(4096);
    spantls::server<provider> tls(crypto, config, workspace);
    taken result{};
    for (std::size_t done = 0;;) {
        const spantls::step step = tls.receive(spantls::mutable_bytes(flight).subspan(done));
        done += step.consumed;
        if (step.what == spantls::what::find_psk) {
            const auto kind = resumes ? spantls::psk_kind::resumption : spantls::psk_kind::external;
            const spantls::early_data_terms terms{1024, provider::suites[0].suite, {}, "server"};
            const spantls::psk_choice choice{0, psk, spantls::hash_id::sha256, kind, terms, false};
            REQUIRE(tls.answer(choice) == errc::none);
        } else if (step.what == spantls::what::early_data_offered) {
            result.unique = test::copy(step.offer().unique);
            REQUIRE(tls.answer(spantls::early_data::accept) == errc::none);
        } else if (step.what == spantls::what::output_waiting) {
            (void)tls.transmit(out);
        } else if (step.what == spantls::what::early_data) {
            result.early.insert(result.early.end(), step.data.begin(), step.data.end());
        } else if (step.what != spantls::what::progress) {
            result.error = tls.error();
            result.state = tls.handshake_state();
            return result;
        }
    }
}

}  // namespace

TEST_CASE("a server takes the binders and the early data of RFC 8448's traces (sections 4.3.10 and 4.3.11)") {
    const auto traces = test::rfc8448::traces();
    if (!traces) return;
    const auto& resumed = (*traces)[test::rfc8448::resumed];
    const auto& external = (*traces)[test::rfc8448::external_psk];

    buffer flight = resumed["Record_ClientHello_1"];
    const std::size_t hello_size = flight.size();
    const buffer binder(flight.end() - 32, flight.end()), early = resumed["Record_Client_EarlyAppData"];
    flight.insert(flight.end(), early.begin(), early.end());
    const taken with_early = serve(resumed, flight);
    CHECK(with_early.error == errc::none);
    CHECK(test::hex(with_early.unique) == test::hex(binder));
    CHECK(test::hex(with_early.early) == test::hex(resumed["Client_EarlyAppData"]));
    CHECK(with_early.state == spantls::server_state::wait_end_of_early_data);

    const taken by_key = serve(external, external["Record_ClientHello_1"]);
    CHECK(by_key.error == errc::none);
    CHECK(by_key.state == spantls::server_state::wait_finished);

    flight[hello_size - 1] ^= 1;
    CHECK(serve(resumed, flight).error == errc::bad_binder);
}
