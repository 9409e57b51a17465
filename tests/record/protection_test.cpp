#include <spantls/record/protection.hpp>

#include <array>
#include <string>
#include <vector>

#include <spantls/message/authentication.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/session/ticket_keys.hpp>

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

/// An AEAD whose keys own something: which of them are alive is counted.
template <int Number>
struct owning_aead : spantls::libsodium::chacha20_poly1305 {
    static inline int alive = 0, made = 0;
    struct context {
        int* owned = nullptr;
    };
    static void set_key(context& to, spantls::fixed_bytes<key_size>) noexcept {
        ++made;
        if (to.owned == nullptr) ++alive;
        to.owned = &alive;
    }
    static void clear(context& it) noexcept {
        if (it.owned != nullptr) --*it.owned;
        it.owned = nullptr;
    }
    static void seal(const context&, spantls::fixed_bytes<12>, spantls::fixed_bytes<5>, bytes_view, content_type,
                     std::size_t, std::uint8_t*) noexcept {}
    [[nodiscard]] static bool open(const context&, spantls::fixed_bytes<12>, spantls::fixed_bytes<5>,
                                   spantls::mutable_bytes) noexcept {
        return false;
    }
};
struct owning_provider : spantls::sodium {
    using aeads = spantls::type_list<owning_aead<0>, owning_aead<1>>;
    static constexpr std::array suites{
        spantls::suite_info{spantls::cipher_suite::tls_chacha20_poly1305_sha256, hash_id::sha256, 0},
        spantls::suite_info{spantls::cipher_suite::tls_aes_256_gcm_sha384, hash_id::sha384, 1}};
};
static_assert(spantls::provider<owning_provider>);

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

TEST_CASE("what a key owns is given back, once: for a key of another AEAD, when it is cleared, and at the end") {
    using zero = owning_aead<0>;
    using one = owning_aead<1>;
    const buffer secret(48, 7);
    {
        spantls::protection<owning_provider> it;
        it.clear();
        it.install(owning_provider::suites[0], bytes_view(secret).first(32));
        CHECK(zero::alive == 1);
        it.install(owning_provider::suites[0], bytes_view(secret).first(32));  // the same object takes the new key
        CHECK(zero::alive == 1);
        CHECK(zero::made == 2);
        it.install(owning_provider::suites[1], secret);
        CHECK(zero::alive == 0);
        CHECK(one::alive == 1);
        it.clear();
        CHECK(one::alive == 0);
        it.clear();
        CHECK(one::alive == 0);
        CHECK_FALSE(it.active());
        it.install(owning_provider::suites[1], secret);
    }
    CHECK(zero::alive == 0);
    CHECK(one::alive == 0);
    CHECK(one::made == 2);

    owning_provider crypto;
    const spantls::ticket_keys<owning_provider> keys(crypto, bytes_view(secret).first(32));
    spantls::ticket_state state;
    state.suite = spantls::cipher_suite::tls_aes_256_gcm_sha384;
    state.lifetime = 60;
    state.key = secret;
    std::array<std::uint8_t, spantls::max_sealed_ticket> ticket{}, scratch{};
    const std::size_t size = keys.seal(state, 1'700'000'000'000, crypto, ticket);
    CHECK(zero::made == 3);
    CHECK_FALSE(keys.open(bytes_view(ticket).first(size), 1'700'000'000'000, scratch, state));
    CHECK(zero::made == 4);
    CHECK(zero::alive == 0);
}
