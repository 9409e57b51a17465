#include <spantls/handshake/tables.hpp>

#include <memory>
#include <set>
#include <string>

#include "support/hand_fed.hpp"
#include "support/null_provider.hpp"

using spantls::client_state;
using spantls::errc;
using spantls::event;
using spantls::handshake_type;
using spantls::server_state;
using namespace test::forge;

namespace {

using null_client = test::hand_fed<spantls::client<test::null_provider>>;
using null_server = test::hand_fed<spantls::server<test::null_provider>>;

template <class State>
constexpr std::size_t states = static_cast<std::size_t>(State::connected) + 1;

// Soundness, at compile time.

template <const auto& Table>
constexpr bool rows_are_unique() {
    for (const auto& row : Table)
        if (spantls::rows_for<Table>(row.from, row.on) != 1) return false;
    return true;
}

template <const auto& Table>
constexpr bool ways_are_sound() {
    for (const auto& row : Table) {
        if (row.ways == 0 || row.ways > row.to.size()) return false;
        for (std::size_t i = 0; i < row.ways; ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (row.to[i] == row.to[j]) return false;
    }
    return true;
}

/// From the first state all others can be reached, from all of them the last; out of that leads only what section 4.7.2
/// allows.
template <const auto& Table, class State>
constexpr bool all_are_reached() {
    std::array<bool, states<State>> reached{true}, ends{};
    ends[states<State> - 1] = true;
    for (std::size_t round = 0; round < states<State>; ++round)
        for (const auto& row : Table)
            for (std::size_t i = 0; i < row.ways; ++i) {
                const auto from = static_cast<std::size_t>(row.from), to = static_cast<std::size_t>(row.to[i]);
                reached[to] = reached[to] || reached[from];
                ends[from] = ends[from] || ends[to];
            }
    for (std::size_t i = 0; i < states<State>; ++i)
        if (!reached[i] || !ends[i]) return false;
    for (const auto& row : Table)
        if (row.from == State::connected && row.on != event::certificate_request && row.on != event::certificate &&
            row.on != event::compressed_certificate)
            return false;
    return true;
}

static_assert(rows_are_unique<spantls::client_table>() && rows_are_unique<spantls::server_table>());
static_assert(ways_are_sound<spantls::client_table>() && ways_are_sound<spantls::server_table>());
static_assert(all_are_reached<spantls::client_table, client_state>());
static_assert(all_are_reached<spantls::server_table, server_state>());

template <class State>
void check_names() {
    std::set<std::string> names;
    for (std::size_t i = 0; i < states<State>; ++i) names.emplace(spantls::name_of(static_cast<State>(i)));
    CHECK(names.size() == states<State>);
    CHECK(names.count("") == 0);
    CHECK(names.count("connected") == 1);
}

// Ways to every state.

/// As much of `flight` as it takes to get there.
template <class Connection>
void feed_until(test::hand_fed<Connection>& it, typename test::hand_fed<Connection>::state wanted,
                const std::vector<test::buffer>& flight) {
    for (const test::buffer& record : flight) {
        if (it.tls.handshake_state() == wanted) break;
        it.feed(record);
    }
    REQUIRE(it.tls.error() == errc::none);
    REQUIRE(it.tls.handshake_state() == wanted);
}

/// What a server sends to get a client into `wanted`, as far as the client's way there needs it.
std::unique_ptr<null_client> client_in(client_state wanted, test::null_provider& crypto,
                                       const spantls::client_config& config) {
    auto it = std::make_unique<null_client>(crypto, config, spantls::client_target{.server_name = "leaf.example"});
    it->stop = wanted;
    const test::buffer echo = it->session_id();
    const bool asked = wanted == client_state::asks_identity || wanted == client_state::wait_certificate ||
                       wanted == client_state::asks_signature;
    std::vector<test::buffer> flight;
    if (wanted == client_state::wait_second_server_hello)
        flight.push_back(server_hello::retry(echo, spantls::named_group::secp256r1).record());
    flight.push_back(server_hello(echo).record());
    flight.push_back(sealed_handshake(encrypted_extensions()));
    if (asked) flight.push_back(sealed_handshake(certificate_request()));
    flight.push_back(sealed_handshake(wanted == client_state::asks_decompression ? compressed(test::leaf_message())
                                                                                 : test::leaf_message()));
    flight.push_back(sealed_handshake(certificate_verify()));
    flight.push_back(sealed_handshake(finished()));
    feed_until(*it, wanted, flight);
    return it;
}

std::unique_ptr<null_server> server_in(server_state wanted, test::null_provider& crypto,
                                       const spantls::server_config& config) {
    auto it = std::make_unique<null_server>(crypto, config);
    it->stop = wanted;
    client_hello first;
    if (config.use_psk) {
        static const test::buffer key(32, 1);
        first.ext_.add(ext::early_data).add(ext::pre_shared_key, test::forge::offered_psk());
        it->key_found = {0, key, spantls::hash_id::sha256, spantls::psk_kind::external,
                         {100, spantls::cipher_suite::tls_chacha20_poly1305_sha256, {}, "leaf.example"}};
    }
    if (wanted == server_state::wait_second_client_hello) first.ext_.set(ext::key_share, {0, 0});
    std::vector<test::buffer> flight{first.record()};
    if (config.authenticate_client != spantls::client_authentication::none) {
        flight.push_back(sealed_handshake(wanted == server_state::asks_decompression ? compressed(test::leaf_message())
                                                                                     : test::leaf_message()));
        flight.push_back(sealed_handshake(certificate_verify()));
    }
    flight.push_back(sealed_handshake(finished()));
    feed_until(*it, wanted, flight);
    return it;
}

bool reads_plaintext(client_state state) {
    return state == client_state::wait_server_hello || state == client_state::wait_second_server_hello;
}
bool reads_plaintext(server_state state) {
    return state == server_state::wait_client_hello || state == server_state::wait_second_client_hello;
}
template <class State>
bool asks(State state) {
    if constexpr (std::is_same_v<State, server_state>)
        if (state == State::asks_psk || state == State::asks_early_data) return true;
    return state == State::asks_identity || state == State::asks_decompression || state == State::asks_verdict ||
           state == State::asks_signature;
}

/// What may come in this state: a row of the table, and after the handshake what section 4.7 allows.
template <const auto& Table, class State>
bool is_legal(State state, handshake_type type) {
    if (state == State::connected)
        return type == handshake_type::key_update ||
               (type == handshake_type::new_session_ticket && std::is_same_v<State, client_state>);
    return spantls::rows_for<Table>(state, spantls::event_for(type)) == 1;
}

/// All 256 types in one state, with a sound body and with none.
template <const auto& Table, class State, class Make>
std::size_t walk(State state, Make make) {
    std::size_t legal = 0;
    for (int type = 0; type < 256; ++type)
        for (const bool empty : {false, true}) {
            INFO(spantls::name_of(state) << ", message type " << type << (empty ? ", empty" : ""));
            const test::buffer content = empty ? message(type, {}) : smallest(type);
            test::buffer record = reads_plaintext(state) ? handshake(content) : sealed_handshake(content);
            const auto it = make(state);
            const std::size_t written = it->records().size();
            const bool connected = it->tls.connected();
            if (asks(state)) {
                // A question stands in the way of everything: the message is not even looked at.
                const spantls::step step = it->tls.receive(record);
                CHECK(step.is_question());
                CHECK(step.consumed == 0);
                CHECK(it->tls.handshake_state() == state);
                CHECK_FALSE(it->tls.owes_output());
                continue;
            }
            it->stop.reset();
            it->feed(record);
            if (is_legal<Table>(state, static_cast<handshake_type>(type))) {
                ++legal;
                CHECK(it->tls.error() != errc::unexpected_message);
                continue;
            }
            CHECK(it->tls.handshake_state() == state);
            CHECK(it->tls.connected() == connected);
            CHECK(it->records().size() == written + 1);
            CHECK(it->received.empty());
            check_refused(*it, errc::unexpected_message, spantls::alert_description::unexpected_message);
        }
    return legal;
}

/// The handlers themselves, without a connection around them: a message that has no row reaches none.
template <const auto& Table, class Machine, class State>
void dispatch_everything(Machine& machine) {
    for (std::size_t i = 0; i < states<State>; ++i)
        for (int type = 0; type < 256; ++type) {
            const auto from = static_cast<State>(i);
            const event on = spantls::event_for(static_cast<handshake_type>(type));
            if (spantls::rows_for<Table>(from, on) != 0) continue;
            const test::buffer bytes = smallest(type);
            const auto result =
                spantls::dispatch<Table>(machine, from, on, errc::unexpected_message, spantls::first_message(bytes));
            INFO(spantls::name_of(from) << ", message type " << type);
            CHECK(result.error == errc::unexpected_message);
            CHECK(result.next == from);
        }
}

}  // namespace

TEST_CASE("every state has a name of its own") {
    check_names<client_state>();
    check_names<server_state>();
}

TEST_CASE("every (state, message) pair of the client (sections 4, 4.4.2, 4.5.1 and 4.5.2)") {
    test::null_provider crypto;
    const spantls::client_config config{.certificate_compressions = {spantls::certificate_compression::zlib}};
    for (std::size_t i = 0; i < states<client_state>; ++i) {
        const auto state = static_cast<client_state>(i);
        const std::size_t legal =
            walk<spantls::client_table>(state, [&](client_state wanted) { return client_in(wanted, crypto, config); });
        std::printf("# client, %s: %zu of 256 messages are legal\n", spantls::name_of(state).data(), legal / 2);
    }
}

TEST_CASE("every (state, message) pair of the server") {
    test::null_provider crypto;
    for (std::size_t i = 0; i < states<server_state>; ++i) {
        const auto state = static_cast<server_state>(i);
        // wait_finished is reached with a client's certificate and without.
        for (const auto authenticate :
             {spantls::client_authentication::request, spantls::client_authentication::none}) {
            const bool of_the_certificate = state == server_state::wait_certificate ||
                                            state == server_state::asks_decompression ||
                                            state == server_state::asks_verdict ||
                                            state == server_state::wait_certificate_verify;
            if (authenticate == spantls::client_authentication::none && of_the_certificate) continue;
            const bool of_a_key = state == server_state::asks_psk || state == server_state::asks_early_data ||
                                  state == server_state::wait_end_of_early_data;
            const spantls::server_config config{
                .authenticate_client = authenticate,
                .certificate_compressions = {spantls::certificate_compression::zlib},
                .use_psk = of_a_key, .max_early_data = 100};
            const std::size_t legal = walk<spantls::server_table>(
                state, [&](server_state wanted) { return server_in(wanted, crypto, config); });
            std::printf("# server, %s: %zu of 256 messages are legal\n", spantls::name_of(state).data(), legal / 2);
        }
    }
}

TEST_CASE("a message without a row reaches no handler (section 4)") {
    test::null_provider crypto;
    test::buffer memory(8192);
    const spantls::client_config client_config;
    spantls::client_handshake<test::null_provider> client;
    REQUIRE(client.start(crypto, client_config, {}, spantls::arena(memory)) == errc::none);
    dispatch_everything<spantls::client_table, decltype(client), client_state>(client);
    CHECK(client.current() == client_state::wait_server_hello);

    test::buffer other(8192);
    const spantls::server_config server_config;
    spantls::server_handshake<test::null_provider> server;
    REQUIRE(server.start(crypto, server_config, spantls::arena(other)) == errc::none);
    dispatch_everything<spantls::server_table, decltype(server), server_state>(server);
    CHECK(server.current() == server_state::wait_client_hello);
    CHECK_FALSE(server.out.pending());
}

TEST_CASE("an answer has a row in exactly the state that asks for it") {
    for (const event on : {event::answer_identity, event::answer_verdict, event::answer_signature, event::answer_decompression}) {
        REQUIRE(spantls::is_answer(on));
        std::size_t client = 0, server = 0;
        for (const auto& row : spantls::client_table) client += row.on == on;
        for (const auto& row : spantls::server_table) server += row.on == on;
        CHECK(client == 1);
        CHECK(server == 1);
    }
    for (const event on : {event::answer_psk, event::answer_early_data}) {
        REQUIRE(spantls::is_answer(on));
        std::size_t rows = 0;
        for (const auto& row : spantls::server_table) rows += row.on == on;
        CHECK(rows == 1);
    }
    for (const auto& row : spantls::client_table) CHECK(asks(row.from) == spantls::is_answer(row.on));
    for (const auto& row : spantls::server_table) CHECK(asks(row.from) == spantls::is_answer(row.on));
    // No message type is taken for an answer.
    for (int type = 0; type < 256; ++type)
        CHECK_FALSE(spantls::is_answer(spantls::event_for(static_cast<handshake_type>(type))));
}
