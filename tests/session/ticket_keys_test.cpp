#include <spantls/session/ticket_keys.hpp>

#include <new>
#include <string>
#include <vector>

#include <sodium.h>

#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using namespace spantls;

namespace {

using seeded_sodium = test::seeded<test::usual_provider>;

constexpr std::uint64_t hour = 3'600'000;
constexpr std::uint64_t day = 24 * hour;
// The middle of a day.
constexpr std::uint64_t now = 19'700 * day + day / 2;

const test::buffer secret(32, 0x42);

ticket_state made() {
    static const test::buffer bytes(max_ticket_application, 0x37);
    ticket_state it;
    it.suite = cipher_suite::tls_aes_256_gcm_sha384;
    it.lifetime = 86400;
    it.age_add = 0x89abcdef;
    it.max_early_data = 16384;
    it.peer_authenticated = true;
    it.key = bytes_view(bytes).first(48);
    it.protocol = "mqtt";
    it.server_name = "leaf.example";
    it.client_identity = bytes_view(bytes).first(32);
    it.application = as_bytes("account 7");
    return it;
}

void check_same(const ticket_state& a, const ticket_state& b) {
    CHECK(a.suite == b.suite);
    CHECK(a.lifetime == b.lifetime);
    CHECK(a.age_add == b.age_add);
    CHECK(a.max_early_data == b.max_early_data);
    CHECK(a.peer_authenticated == b.peer_authenticated);
    CHECK(equal_bytes(a.key, b.key));
    CHECK(a.protocol == b.protocol);
    CHECK(a.server_name == b.server_name);
    CHECK(equal_bytes(a.client_identity, b.client_identity));
    CHECK(equal_bytes(a.application, b.application));
}

template <class P>
test::buffer sealed(const ticket_keys<P>& keys, P& crypto, const ticket_state& state, std::uint64_t when = now) {
    test::buffer out(max_sealed_ticket);
    const std::size_t size = keys.seal(state, when, crypto, out);
    REQUIRE(size != 0);
    REQUIRE(size == keys.sealed_size(state));
    out.resize(size);
    return out;
}

/// Opens in memory of exactly the size that is asked for; nothing may be left there when it does not open.
template <class P>
bool opens(const ticket_keys<P>& keys, bytes_view ticket, std::uint64_t when = now) {
    test::buffer scratch(max_sealed_ticket);
    ticket_state found;
    found.age_add = 77;
    if (keys.open(ticket, when, scratch, found)) return true;
    REQUIRE(scratch == test::buffer(max_sealed_ticket));
    REQUIRE(found.age_add == 77);
    REQUIRE(found.key.empty());
    return false;
}

struct offered {
    test::buffer identity;
};

}  // namespace

TEST_CASE("what is sealed opens to the same") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    REQUIRE(keys.ready());
    test::buffer scratch(max_sealed_ticket), bytes(max_ticket_application, 9);
    ticket_state smallest;
    smallest.suite = cipher_suite::tls_chacha20_poly1305_sha256;
    smallest.lifetime = 1;
    smallest.key = bytes_view(bytes).first(32);
    ticket_state largest = made();
    const std::string name(255, 'n');
    largest.protocol = largest.server_name = name;
    largest.client_identity = bytes_view(bytes).first(48);
    largest.application = bytes;
    largest.lifetime = max_ticket_lifetime;
    largest.age_add = largest.max_early_data = UINT32_MAX;
    for (const ticket_state& state : {made(), smallest, largest}) {
        const test::buffer ticket = sealed(keys, crypto, state);
        REQUIRE(ticket.size() <= max_sealed_ticket);
        REQUIRE((ticket.size() - 1 - 32 - 16) % ticket_padding == 0);
        ticket_state found;
        REQUIRE(keys.open(ticket, now, scratch, found));
        check_same(found, state);
        CHECK(found.issued_at == now);
        CHECK(found.authenticated_at == now);
        CHECK(overlaps(found.key, scratch));
        // Nothing of it can be read from outside.
        if (!state.server_name.empty())
            CHECK(std::string(ticket.begin(), ticket.end()).find(state.server_name) == std::string::npos);
    }
    // What was authenticated before stays so.
    ticket_state resumed = made(), found;
    resumed.authenticated_at = now - day;
    REQUIRE(keys.open(sealed(keys, crypto, resumed), now, scratch, found));
    CHECK(found.authenticated_at == now - day);
    CHECK(found.issued_at == now);
}

TEST_CASE("the length of a ticket does not tell whether the client has a certificate") {
    ticket_state with = made(), without = made();
    without.client_identity = {};
    without.peer_authenticated = false;
    CHECK(ticket_keys<seeded_sodium>::sealed_size(with) == ticket_keys<seeded_sodium>::sealed_size(without));
}

TEST_CASE("a ticket is what the documented derivation says, computed with libsodium alone") {
    seeded_sodium crypto(5);
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    const test::buffer ticket = sealed(keys, crypto, made());
    const auto hmac = [](bytes_view key, bytes_view message) {
        test::buffer out(32);
        crypto_auth_hmacsha256_state state;
        crypto_auth_hmacsha256_init(&state, key.data(), key.size());
        crypto_auth_hmacsha256_update(&state, message.data(), message.size());
        crypto_auth_hmacsha256_final(&state, out.data());
        return out;
    };
    const auto joined = [](std::initializer_list<bytes_view> parts) {
        test::buffer all;
        for (const bytes_view part : parts) all.insert(all.end(), part.begin(), part.end());
        return all;
    };
    std::array<std::uint8_t, 8> period{};
    store_u64(period.data(), now / day);
    const std::array<std::uint8_t, 2> suite{0x13, 0x03};
    const test::buffer root = hmac(as_bytes("spantls tickets"), secret);
    const test::buffer info = joined({as_bytes("spantls ticket"), suite, period, bytes_view(ticket).subspan(1, 32)});
    const std::array<std::uint8_t, 1> one{1}, two{2};
    const test::buffer first = hmac(root, joined({info, one}));
    const test::buffer second = hmac(root, joined({first, info, two}));
    test::buffer plain(ticket.size());
    unsigned long long size = 0;
    const std::array<std::uint8_t, 5> header{'t', 'k', 't', 0, 1};
    REQUIRE(ticket[0] == period[7]);
    REQUIRE(crypto_aead_chacha20poly1305_ietf_decrypt(plain.data(), &size, nullptr, ticket.data() + 33,
                                                      ticket.size() - 33, header.data(), header.size(), second.data(),
                                                      first.data()) == 0);
    CHECK(load_u16(plain.data()) == 0x1302);
    CHECK(load_u64(plain.data() + 2) == now);
}

TEST_CASE("servers with the same secret open each other's tickets, with AES instructions or without") {
    seeded_sodium crypto;
    test::small_provider other;
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    const ticket_keys<test::small_provider> same(other, secret);
    const ticket_keys<test::small_provider> foreign(other, test::buffer(32, 0x43));
    const ticket_keys<test::small_provider> longer(other, test::buffer(33, 0x42));
    const test::buffer ticket = sealed(keys, crypto, made());
    CHECK(opens(same, ticket));
    CHECK_FALSE(opens(foreign, ticket));
    CHECK_FALSE(opens(longer, ticket));
    CHECK(opens(keys, sealed(same, other, made())));
}

TEST_CASE("no two tickets are alike") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    const test::buffer a = sealed(keys, crypto, made()), b = sealed(keys, crypto, made());
    std::size_t equal = 0;
    for (std::size_t i = 1; i < a.size(); ++i) equal += a[i] == b[i];
    CHECK(equal < a.size() / 16);
}

TEST_CASE("a forged ticket does not open: every byte flipped, every prefix, anything behind it, and noise") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    const test::buffer ticket = sealed(keys, crypto, made());
    REQUIRE(opens(keys, ticket));
    for (std::size_t at = 0; at < ticket.size(); ++at)
        for (const int mask : {1, 2, 3, 0x80, 0xff}) {
            test::buffer flipped = ticket;
            flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ mask);
            REQUIRE_FALSE(opens(keys, flipped));
        }
    for (std::size_t size = 0; size < ticket.size(); ++size)
        REQUIRE_FALSE(opens(keys, test::buffer(ticket.begin(), ticket.begin() + static_cast<std::ptrdiff_t>(size))));
    for (const std::size_t more : {std::size_t{1}, ticket_padding, max_sealed_ticket, std::size_t{0xffff}}) {
        test::buffer longer = ticket;
        longer.resize(ticket.size() + more);
        REQUIRE_FALSE(opens(keys, longer));
    }
    test::seeded_stream noise(1);
    for (int i = 0; i < 1000; ++i) {
        test::buffer any(noise.below(max_sealed_ticket + 2));
        noise.fill(any);
        if (!any.empty()) any[0] = ticket[0];
        REQUIRE_FALSE(opens(keys, any));
    }
}

TEST_CASE("sealing and opening keep to the room that they have") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    const std::size_t size = keys.sealed_size(made());
    for (std::size_t room = 0; room < size; ++room) {
        test::buffer out(room, 0xa5);
        REQUIRE(keys.seal(made(), now, crypto, out) == 0);
        REQUIRE(out == test::buffer(room, 0xa5));
    }
    test::buffer out(size + 1, 0xa5);
    REQUIRE(keys.seal(made(), now, crypto, out) == size);
    REQUIRE(out.back() == 0xa5);
    out.pop_back();
    ticket_state found;
    for (std::size_t room = 0; room < size - 33; ++room) {
        test::buffer scratch(room);
        REQUIRE_FALSE(keys.open(out, now, scratch, found));
    }
    test::buffer scratch(size - 33);
    REQUIRE(keys.open(out, now, scratch, found));
}

TEST_CASE("a ticket opens in its own period, in the one before and in the next, and in no other") {
    seeded_sodium crypto;
    const std::uint32_t length = 3600;
    const ticket_keys<seeded_sodium> keys(crypto, secret, length);
    const std::uint64_t begin = now - now % hour, last = begin + hour - 1;
    for (const std::uint64_t when : {begin, begin + 1, begin + hour / 2, last}) {
        const test::buffer ticket = sealed(keys, crypto, made(), when);
        CHECK(opens(keys, ticket, when));
        CHECK(opens(keys, ticket, begin));  // the clock went backwards
        CHECK(opens(keys, ticket, last));
        CHECK(opens(keys, ticket, last + 1));
        CHECK(opens(keys, ticket, last + hour));
        CHECK_FALSE(opens(keys, ticket, last + hour + 1));
        CHECK(opens(keys, ticket, begin - 1));
        CHECK(opens(keys, ticket, begin - hour));
        CHECK_FALSE(opens(keys, ticket, begin - hour - 1));
        CHECK_FALSE(opens(keys, ticket, 0));
        // The byte in front is the same again after 256 periods.
        CHECK_FALSE(opens(keys, ticket, when - 256 * hour));
        CHECK_FALSE(opens(keys, ticket, when + 256 * hour));
    }
    // The beginning and the end of time.
    for (const std::uint64_t when : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX - 2 * hour}) {
        const test::buffer ticket = sealed(keys, crypto, made(), when);
        CHECK(opens(keys, ticket, when));
        CHECK(opens(keys, ticket, when + hour));
        CHECK_FALSE(opens(keys, ticket, when ^ std::uint64_t{1} << 63));
    }
    CHECK_FALSE(opens(ticket_keys<seeded_sodium>(crypto, secret, length + 1), sealed(keys, crypto, made())));
}

TEST_CASE("an expired ticket does not open") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> keys(crypto, secret, max_ticket_lifetime);
    ticket_state state = made();
    state.lifetime = 10;
    const test::buffer ticket = sealed(keys, crypto, state);
    CHECK(opens(keys, ticket, now + 9'999));
    CHECK_FALSE(opens(keys, ticket, now + 10'000));
    state.lifetime = max_ticket_lifetime;
    state.authenticated_at = now - 6 * day;
    const test::buffer resumed = sealed(keys, crypto, state);
    CHECK(opens(keys, resumed, now + day - 1));
    CHECK_FALSE(opens(keys, resumed, now + day));
    state.authenticated_at = now - 7 * day;
    CHECK_FALSE(opens(keys, sealed(keys, crypto, state)));
}

TEST_CASE("the longest lifetime is one that a ticket really has, and the next second is too much") {
    seeded_sodium crypto;
    for (const std::uint32_t period : {60u, 3600u, 86400u, max_ticket_lifetime}) {
        const ticket_keys<seeded_sodium> keys(crypto, secret, period);
        for (const std::uint64_t when : {now, now + 59'999, now - now % (std::uint64_t{period} * 1000)}) {
            ticket_state state = made();
            state.lifetime = keys.longest_lifetime(when);
            REQUIRE(state.lifetime >= period);
            REQUIRE(state.lifetime <= max_ticket_lifetime);
            const test::buffer ticket = sealed(keys, crypto, state, when);
            CHECK(opens(keys, ticket, when + state.lifetime * 1000ull - 1));
            CHECK_FALSE(opens(keys, ticket, when + (state.lifetime + 1) * 1000ull));
        }
    }
    const ticket_keys<seeded_sodium> keys(crypto, secret, max_ticket_lifetime);
    CHECK(keys.longest_lifetime(now, now - 7 * day + 5'999) == 5);
    CHECK(keys.longest_lifetime(now, now - 7 * day) == 0);
    CHECK(keys.longest_lifetime(now, now - 30 * day) == 0);
    CHECK(keys.longest_lifetime(now, now + day) == keys.longest_lifetime(now));  // the clock went backwards
}

TEST_CASE("keys that are not good for it seal and open nothing") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> good(crypto, secret);
    const test::buffer ticket = sealed(good, crypto, made());
    const auto useless = [&](bytes_view from, std::uint32_t period) {
        const ticket_keys<seeded_sodium> keys(crypto, from, period);
        test::buffer out(max_sealed_ticket);
        CHECK_FALSE(keys.ready());
        CHECK(keys.seal(made(), now, crypto, out) == 0);
        CHECK_FALSE(opens(keys, ticket));
        CHECK(keys.longest_lifetime(now) == 0);
    };
    useless(bytes_view(secret).first(31), 86400);
    useless({}, 86400);
    useless(secret, 0);
    useless(secret, 59);
    useless(secret, max_ticket_lifetime + 1);

    struct without : test::usual_provider {
        bool available(cipher_suite) const noexcept { return false; }
    } nothing;
    const ticket_keys<without> keys(nothing, secret);
    CHECK_FALSE(keys.ready());
    CHECK_FALSE(opens(keys, ticket));

    test::null_provider silent;
    const ticket_keys<test::null_provider> null_keys(silent, secret);
    test::buffer out(max_sealed_ticket);
    CHECK(null_keys.seal(made(), now, silent, out) != 0);
    silent.works = false;  // no randomness
    CHECK(null_keys.seal(made(), now, silent, out) == 0);
}

TEST_CASE("a state that is out of range is not sealed, and not believed though it was") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    test::buffer out(max_sealed_ticket);
    ticket_state state = made();
    state.lifetime = 0;
    CHECK(keys.sealed_size(state) == 0);
    CHECK(keys.seal(state, now, crypto, out) == 0);
    // With cryptography that lets everything through, the parser is alone.
    test::null_provider null;
    const ticket_keys<test::null_provider> open_house(null, secret);
    const test::buffer ticket = sealed(open_house, null, made());
    REQUIRE(opens(open_house, ticket));
    std::size_t refused = 0;
    for (std::size_t at = 33; at < ticket.size() - 16; ++at)
        for (const int mask : {1, 0x10, 0xff}) {
            test::buffer changed = ticket;
            changed[at] = static_cast<std::uint8_t>(changed[at] ^ mask);
            refused += !opens(open_house, changed);
        }
    CHECK(refused > 100);
    CHECK_FALSE(opens(open_house, test::buffer(33 + 16)));
    CHECK_FALSE(opens(open_house, test::buffer(33 + 16 + 64)));
}

TEST_CASE("an identity is matched when it is a ticket of the right hash") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    const test::buffer ticket = sealed(keys, crypto, made());
    test::buffer scratch(max_sealed_ticket);
    ticket_state found;
    psk_choice choice;
    REQUIRE(keys.match(4, ticket, hash_id::sha384, now, scratch, found, choice));
    CHECK(choice.index == 4);
    CHECK(equal_bytes(choice.key, made().key));
    CHECK(choice.hash == hash_id::sha384);
    CHECK(choice.early.limit == 16384);
    CHECK(choice.peer_authenticated);
    check_same(found, made());
    choice = no_psk;
    CHECK_FALSE(keys.match(4, ticket, hash_id::sha256, now, scratch, found, choice));
    CHECK(choice.index == no_psk.index);
    CHECK(scratch == test::buffer(max_sealed_ticket));
    CHECK_FALSE(keys.match(4, secret, hash_id::sha384, now, scratch, found, choice));
    CHECK(choice.key.empty());
}

TEST_CASE("the first ticket that opens is found, among the first few identities") {
    seeded_sodium crypto;
    const ticket_keys<seeded_sodium> keys(crypto, secret);
    ticket_state other_hash = made();
    other_hash.suite = cipher_suite::tls_chacha20_poly1305_sha256;
    other_hash.key = other_hash.key.first(32);
    const offered ticket{sealed(keys, crypto, made())}, wrong{sealed(keys, crypto, other_hash)}, unknown{{1, 2, 3}};
    test::buffer scratch(max_sealed_ticket);
    ticket_state found;
    const auto index = [&](const std::vector<offered>& list) {
        return keys.find(list, hash_id::sha384, now, scratch, found).index;
    };
    CHECK(index({ticket}) == 0);
    CHECK(index({ticket, ticket}) == 0);
    CHECK(index({unknown, wrong, ticket, ticket}) == 2);
    CHECK(index({}) == no_psk.index);
    CHECK(index({unknown, wrong}) == no_psk.index);
    std::vector<offered> many(max_tickets_tried - 1, unknown);
    many.push_back(ticket);
    CHECK(index(many) == max_tickets_tried - 1);
    many.insert(many.begin(), unknown);
    CHECK(index(many) == no_psk.index);
}

TEST_CASE("nothing of the keys is left when they are gone") {
    seeded_sodium crypto;
    using keys = ticket_keys<seeded_sodium>;
    alignas(keys) std::uint8_t memory[sizeof(keys)] = {};
    const auto* made_there = new (memory) keys(crypto, secret);
    const auto nonzero = [&] {
        std::size_t count = 0;
        for (const std::uint8_t byte : memory) count += byte != 0;
        return count;
    };
    CHECK(nonzero() > 64);
    made_there->~keys();
    CHECK(nonzero() <= sizeof(std::uint64_t) + sizeof(bool) + 1);  // the length of a period, and that it was ready
}
