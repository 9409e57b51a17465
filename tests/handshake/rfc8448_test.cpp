// The client's machine lives through traces of RFC 8448: it is given the trace's randomness and the trace's ClientHello
// in the place of its own (which has other extensions), and from there on its transcript, its secrets and its last
// flight have to be the trace's. Two things cannot be replayed. EncryptedExtensions answers record_size_limit, which
// this client does not send: it has to refuse it, which is checked, and then the message is passed by. And a server
// makes a ServerHello of its own, with other bytes than the trace's, so that nothing behind it could be the same.
#include <spantls/handshake/client.hpp>
#include <spantls/record/protection.hpp>

#include "support/catch.hpp"
#include "support/rfc8448.hpp"

using spantls::bytes_view;
using spantls::client_state;
using spantls::errc;
using spantls::event;
using test::buffer;

namespace {

using provider = test::rfc8448::provider;

/// The client's flight behind the server's Finished, out of its record.
buffer last_flight(const test::rfc8448::trace& trace, bytes_view secret) {
    buffer stream = trace["Record_ClientFinished"];
    if (stream[0] == 20) stream.erase(stream.begin(), stream.begin() + 6);
    spantls::protection<provider> keys;
    keys.install(provider::suites[0], secret);
    REQUIRE(keys.open(stream));
    return {stream.begin() + 5, stream.end() - 17};
}

class machine {
public:
    machine(const test::rfc8448::trace& trace, bool has_session_id) {
        // What our client draws: its Random, a session id, which it only sends in compatibility mode, and its private
        // key.
        pool_ = trace["Client_RNG_Pool"];
        if (!has_session_id) pool_.insert(pool_.begin() + 32, 32, 0);
        crypto_.pool = pool_;
        config_.compatibility_mode = has_session_id;
        REQUIRE(tls.start(crypto_, config_, {.server_name = "server"}, spantls::arena(memory_)) == errc::none);
        own_hello_ = test::copy(tls.memory.output());
        // The trace's hello, as if this were it.
        hello_ = trace.content("Record_ClientHello_1");
        tls.out.clear();
        tls.memory.release_output();
        tls.out.append(tls.memory, spantls::epoch::initial, spantls::handshake_type::client_hello,
                       [&](spantls::writer& to) { to.bytes(bytes_view(hello_).subspan(4)); });
        REQUIRE(test::hex(tls.memory.output()) == test::hex(hello_));
        tls.out.clear();
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
    buffer pool_, own_hello_, hello_, memory_ = buffer(16384);
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
    const bool has_session_id = trace.content("Record_ClientHello_1")[38] != 0;
    const auto secrets = test::rfc8448::until_server_finished(trace);
    const buffer expected = last_flight(trace, secrets.client_handshake.bytes());

    machine it(trace, has_session_id);
    // The same key share, since it comes of the same randomness.
    spantls::parsed_client_hello own, traced;
    const buffer traced_hello = trace.content("Record_ClientHello_1");
    REQUIRE(own.parse(bytes_view(it.own_hello()).subspan(4)) == errc::none);
    REQUIRE(traced.parse(bytes_view(traced_hello).subspan(4)) == errc::none);
    CHECK(test::hex(own.extensions[spantls::extension_type::key_share]) ==
          test::hex(traced.extensions[spantls::extension_type::key_share]));
    CHECK(test::hex(own.hello.random) == test::hex(traced.hello.random));
    CHECK(test::hex(own.hello.legacy_session_id) == test::hex(traced.hello.legacy_session_id));

    REQUIRE(it.receive(trace["Message_ServerHello"]) == errc::none);
    CHECK(test::hex(it.tls.client_handshake_traffic.bytes()) == test::hex(secrets.client_handshake.bytes()));
    CHECK(test::hex(it.tls.server_handshake_traffic.bytes()) == test::hex(secrets.server_handshake.bytes()));

    REQUIRE(it.receive(trace["Message_EncryptedExtensions"]) == errc::unsolicited_extension);
    it.tls.memory.release_input();
    it.tls.messages.add(trace["Message_EncryptedExtensions"]);
    it.tls.enter(client_state::wait_certificate_or_request);

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
    REQUIRE(it.receive(trace["Message_Server_Certificate"]) == errc::none);
    REQUIRE(it.answer<event::answer_verdict>(spantls::x509::verdict::accept()) == errc::none);
    REQUIRE(it.receive(trace["Message_Server_CertificateVerify"]) == errc::none);
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
    replay((*traces)[test::rfc8448::client_authentication]);
    replay((*traces)[test::rfc8448::middlebox]);
}
