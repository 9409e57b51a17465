#include <spantls/record/protection.hpp>

#include <string>
#include <vector>

#include <spantls/message/authentication.hpp>
#include <spantls/providers/sodium.hpp>

#include "support/catch.hpp"
#include "support/rfc8448.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::content_type;
using spantls::hash_id;
using test::buffer;

namespace {

using protection = spantls::protection<test::rfc8448::provider>;

/// One direction of a trace: opens each record, and seals the same content again to the same bytes.
class direction {
public:
    void change_keys(const test::rfc8448::secret& secret) {
        opening_.install(test::rfc8448::provider::suites[0], secret.bytes());
        sealing_.install(test::rfc8448::provider::suites[0], secret.bytes());
    }
    /// The content of the record, which has to be of `type`.
    buffer pass(bytes_view record, content_type type) {
        buffer opened = test::copy(record);
        REQUIRE(opening_.open(opened));
        const std::size_t end = opened.size() - spantls::tag_size - 1;
        REQUIRE(opened[end] == static_cast<std::uint8_t>(type));
        const buffer content(opened.begin() + 5, opened.begin() + static_cast<std::ptrdiff_t>(end));
        buffer sealed(content.size() + spantls::record_overhead);
        sealing_.seal(content, type, 0, sealed.data());
        CHECK(test::hex(sealed) == test::hex(record));
        ++records;
        return content;
    }

    std::size_t records = 0;

private:
    protection opening_, sealing_;
};

std::vector<buffer> protected_records(const buffer& stream) {
    std::vector<buffer> records;
    for (bytes_view rest = stream; !rest.empty();) {
        const std::size_t size = 5u + spantls::load_u16(rest.data() + 3);
        REQUIRE(size <= rest.size());
        if (rest[0] == 23) records.push_back(test::copy(rest.first(size)));
        rest = rest.subspan(size);
    }
    return records;
}

/// Every record of a trace. Returns how many there were.
std::size_t replay(const test::rfc8448::trace& trace) {
    auto secrets = test::rfc8448::until_server_finished(trace, test::rfc8448::psk_of(trace));
    auto messages = test::rfc8448::hellos(trace);
    direction client, server;

    server.change_keys(secrets.server_handshake);
    for (const buffer& record : protected_records(trace["Record_ServerHandshakeMessages"]))
        CHECK(test::hex(server.pass(record, content_type::handshake)) == test::hex(trace.server_flight()));
    for (const buffer& message : trace.server_messages()) messages.add(message);
    messages.add(trace["Message_Server_Finished"]);
    server.change_keys(secrets.server_application);

    std::vector<buffer> last = protected_records(trace["Record_ClientFinished"]);
    if (trace.has("Record_Client_EarlyAppData")) {
        client.change_keys(secrets.client_early);
        CHECK(client.pass(trace["Record_Client_EarlyAppData"], content_type::application_data) ==
              trace["Client_EarlyAppData"]);
        const buffer end = client.pass(last.at(0), content_type::handshake);
        CHECK(test::hex(end) == "05000000");
        messages.add(end);
        last.erase(last.begin());
    }
    client.change_keys(secrets.client_handshake);
    REQUIRE(last.size() == 1);
    const buffer client_flight = client.pass(last[0], content_type::handshake);
    for (bytes_view rest = client_flight; !rest.empty();) {
        const spantls::handshake_message message = spantls::first_message(rest);
        if (message.type == spantls::handshake_type::certificate_verify) {
            spantls::signed_content content;
            content.assign(false, messages.current().view());
            CHECK(test::copy(content.view()) == trace["Client_MessageToSign"]);
        }
        if (message.type == spantls::handshake_type::finished) {
            const auto mac = spantls::finished_mac<test::rfc8448::provider>(
                hash_id::sha256, secrets.client_handshake.bytes(), messages.current().view());
            CHECK(test::hex(mac.view()) == test::hex(message.body));
        }
        messages.add(message.whole);
        rest = rest.subspan(message.whole.size());
    }
    client.change_keys(secrets.client_application);

    if (trace.has("Record_NewSessionTicket")) {
        const buffer ticket = server.pass(trace["Record_NewSessionTicket"], content_type::handshake);
        CHECK(ticket[0] == static_cast<std::uint8_t>(spantls::handshake_type::new_session_ticket));
    }
    if (trace.has("Record_Client_AppData"))
        CHECK(client.pass(trace["Record_Client_AppData"], content_type::application_data) == trace["Client_AppData"]);
    if (trace.has("Record_Server_AppData"))
        CHECK(server.pass(trace["Record_Server_AppData"], content_type::application_data) == trace["Server_AppData"]);
    CHECK(test::hex(client.pass(trace["Record_Client_CloseNotify"], content_type::alert)) == "0100");
    CHECK(test::hex(server.pass(trace["Record_Server_CloseNotify"], content_type::alert)) == "0100");
    return client.records + server.records;
}

using chacha = spantls::protection<spantls::sodium_chacha>;
constexpr auto chacha_suite = spantls::sodium_chacha::suites[0];

}  // namespace

TEST_CASE("every protected record of RFC 8448's traces is opened, and sealed again to the byte") {
    const auto traces = test::rfc8448::traces();
    if (!traces) return;
    std::size_t records = 0;
    for (std::size_t i = 0; i < traces->size(); ++i) {
        INFO("trace " << i);
        records += replay((*traces)[i]);
    }
    test::ran("RFC 8448 records", records);
}

TEST_CASE("the sequence number counts sealed records, and opened ones only when they were authentic (section 5.3)") {
    const buffer secret(32, 1);
    chacha sealing, opening;
    REQUIRE_FALSE(sealing.active());
    sealing.install(chacha_suite, secret);
    opening.install(chacha_suite, secret);
    REQUIRE(sealing.active());
    for (std::uint64_t i = 0; i < 3; ++i) {
        REQUIRE(sealing.sequence() == i);
        buffer record(4 + spantls::record_overhead);
        sealing.seal(spantls::as_bytes("text"), content_type::application_data, 0, record.data());
        buffer damaged = record;
        damaged.back() ^= 1;
        REQUIRE_FALSE(opening.open(damaged));
        REQUIRE(opening.sequence() == i);
        REQUIRE(opening.open(record));
    }
    REQUIRE(opening.sequence() == 3);
    sealing.clear();
    REQUIRE_FALSE(sealing.active());
}

TEST_CASE("the header is authentic too (section 5.2), and no record is opened twice or out of order") {
    const buffer secret(32, 1);
    chacha sealing, opening;
    sealing.install(chacha_suite, secret);
    opening.install(chacha_suite, secret);
    buffer first(1 + spantls::record_overhead), second(1 + spantls::record_overhead);
    sealing.seal(spantls::as_bytes("1"), content_type::handshake, 0, first.data());
    sealing.seal(spantls::as_bytes("2"), content_type::handshake, 0, second.data());
    REQUIRE(test::hex(bytes_view(first).first(5)) == "1703030012");
    for (std::size_t i = 0; i < 5; ++i) {
        buffer damaged = first;
        damaged[i] ^= 1;
        CHECK_FALSE(opening.open(damaged));
    }
    buffer copy = second;
    REQUIRE_FALSE(opening.open(copy));
    copy = first;
    REQUIRE(opening.open(copy));
    copy = first;
    REQUIRE_FALSE(opening.open(copy));
    REQUIRE(opening.open(second));
}

TEST_CASE("padding is zeros behind the content type (section 5.4)") {
    const buffer secret(32, 1);
    chacha sealing, opening;
    sealing.install(chacha_suite, secret);
    opening.install(chacha_suite, secret);
    buffer record(4 + 10 + spantls::record_overhead);
    sealing.seal(spantls::as_bytes("text"), content_type::alert, 10, record.data());
    REQUIRE(opening.open(record));
    REQUIRE(test::hex(bytes_view(record).subspan(5, 15)) == "7465787415" + std::string(20, '0'));
}

TEST_CASE("the limit of a key is the AEAD's, or a lower one (section 5.5)") {
    using gcm = spantls::protection<test::rfc8448::provider>;
    gcm keys;
    keys.install(test::rfc8448::provider::suites[0], buffer(32, 1));
    REQUIRE(keys.records_left() == std::uint64_t{1} << 24);
    keys.limit_records(2);
    keys.limit_records(5);
    REQUIRE(keys.records_left() == 2);
    buffer record(spantls::record_overhead);
    for (std::uint64_t left = 2; left > 0; --left) {
        REQUIRE(keys.records_left() == left);
        keys.seal({}, content_type::application_data, 0, record.data());
    }
    REQUIRE(keys.records_left() == 0);
    keys.install(test::rfc8448::provider::suites[0], buffer(32, 1));
    REQUIRE(keys.records_left() == std::uint64_t{1} << 24);
}
