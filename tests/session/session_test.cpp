#include <spantls/session/session.hpp>

#include <string>

#include "support/catch.hpp"
#include "support/vectors.hpp"

using namespace spantls;

namespace {

constexpr std::uint64_t day = 86'400'000;
constexpr std::uint64_t received = 1'700'000'000'000;

// The check value of the catalogue of CRCs.
constexpr std::array<std::uint8_t, 9> digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
static_assert(detail::crc32(digits) == 0xcbf43926);

struct made {
    test::buffer key = test::buffer(48, 0x5a);
    test::buffer ticket = test::buffer(200, 0x7b);
    session value{cipher_suite::tls_aes_256_gcm_sha384,
                  received,
                  86400,
                  0xfffffff0,
                  16384,
                  true,
                  bytes_view(key),
                  bytes_view(ticket),
                  "leaf.example",
                  "mqtt"};
};

test::buffer written(const session& from) {
    test::buffer out(session_size(from) + 1, 0xa5);
    REQUIRE(write(from, out) == out.size() - 1);
    REQUIRE(out.back() == 0xa5);
    out.pop_back();
    return out;
}

/// `bytes` with its last four made right again.
test::buffer resealed(test::buffer bytes) {
    const std::size_t size = bytes.size() - 4;
    store_u32(bytes.data() + size, detail::crc32(bytes_view(bytes).first(size)));
    return bytes;
}

void check_same(const session& a, const session& b) {
    CHECK(a.suite == b.suite);
    CHECK(a.received_at == b.received_at);
    CHECK(a.lifetime == b.lifetime);
    CHECK(a.age_add == b.age_add);
    CHECK(a.max_early_data == b.max_early_data);
    CHECK(a.peer_authenticated == b.peer_authenticated);
    CHECK(equal_bytes(a.key, b.key));
    CHECK(equal_bytes(a.ticket, b.ticket));
    CHECK(a.server_name == b.server_name);
    CHECK(a.protocol == b.protocol);
}

}  // namespace

TEST_CASE("a session is what it was after writing and reading") {
    made it;
    const test::buffer key(32, 1), longest(0xffff, 2);
    const std::string name(255, 'n'), protocol(255, 'p');
    const bytes_view one_byte = bytes_view(key).first(1);
    for (const session& value :
         {it.value,
          session{cipher_suite::tls_chacha20_poly1305_sha256, 0, 0, 0, 0, false, bytes_view(key), one_byte, {}, {}},
          session{cipher_suite::tls_aes_128_gcm_sha256, UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, true,
                  bytes_view(key), bytes_view(longest), name, protocol}}) {
        const test::buffer bytes = written(value);
        session read;
        REQUIRE(read_session(bytes, read) == errc::none);
        check_same(read, value);
        // Views into what was read.
        CHECK(overlaps(read.ticket, bytes));
        CHECK(overlaps(read.key, bytes));
    }
}

TEST_CASE("a session is written whole or not at all") {
    made it;
    const std::size_t size = session_size(it.value);
    for (std::size_t room = 0; room < size; ++room) {
        test::buffer out(room, 0xa5);
        REQUIRE(write(it.value, out) == 0);
        REQUIRE(out == test::buffer(room, 0xa5));
    }
}

TEST_CASE("what is no session is neither written nor offered") {
    const std::string too_long(256, 'x');
    const test::buffer longer(0x10000, 1);
    const auto refused = [](const session& value) {
        test::buffer out(0x20000);
        CHECK(session_size(value) == 0);
        CHECK(write(value, out) == 0);
        CHECK_FALSE(offer(value, received));
    };
    made it;
    CHECK(offer(it.value, received));
    session changed = it.value;
    changed.key = bytes_view(it.key).first(32);  // of the other hash
    refused(changed);
    changed.key = {};
    refused(changed);
    changed = it.value;
    changed.suite = static_cast<cipher_suite>(0x1306);
    refused(changed);
    changed = it.value;
    changed.ticket = {};
    refused(changed);
    changed.ticket = longer;
    refused(changed);
    changed = it.value;
    changed.server_name = too_long;
    refused(changed);
    changed = it.value;
    changed.protocol = too_long;
    refused(changed);
    refused({});
}

TEST_CASE("a damaged session is an error: every prefix, every byte flipped, and anything behind it") {
    made it;
    const test::buffer good = written(it.value);
    session to = it.value;
    const auto damaged = [&](bytes_view bytes) {
        REQUIRE(read_session(bytes, to) == errc::session_damaged);
        REQUIRE(to.ticket.data() == it.ticket.data());  // unchanged
    };
    for (std::size_t size = 0; size < good.size(); ++size) {
        // In memory of its own, so that a read behind it is seen.
        const test::buffer prefix(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        damaged(prefix);
    }
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int mask : {1, 0x80, 0xff}) {
            test::buffer flipped = good;
            flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ mask);
            damaged(flipped);
        }
    test::buffer longer = good;
    longer.push_back(0);
    damaged(longer);
    damaged(resealed(longer));
    damaged(test::buffer(good.size(), 0));
}

TEST_CASE("bytes with a right checksum are still held to what a session may say") {
    made it;
    const test::buffer good = written(it.value);
    session to;
    REQUIRE(read_session(resealed(good), to) == errc::none);
    // Every byte changed in turn gives a session or an error, and what is read writes to the same bytes again.
    std::size_t read_back = 0, refused = 0;
    for (std::size_t at = 0; at < good.size() - 4; ++at)
        for (const int mask : {1, 2, 0x80, 0xff}) {
            test::buffer changed = good;
            changed[at] = static_cast<std::uint8_t>(changed[at] ^ mask);
            changed = resealed(changed);
            if (read_session(changed, to) == errc::none) {
                REQUIRE(written(to) == changed);
                ++read_back;
            } else {
                ++refused;
            }
        }
    CHECK(read_back > 0);
    CHECK(refused > 0);
    const auto damaged_at = [&](std::size_t at, std::uint8_t value) {
        test::buffer changed = good;
        changed[at] = value;
        CHECK(read_session(resealed(changed), to) == errc::session_damaged);
    };
    damaged_at(0, 0);     // magic number
    damaged_at(7, 0x01);  // a suite with another hash than the key's
    damaged_at(7, 0x09);  // no suite that is known
    damaged_at(28, 2);    // neither true nor false
    damaged_at(29, 47);   // length of the key
    damaged_at(29, 49);
    damaged_at(29, 0);
    damaged_at(79, 1);  // length of the ticket
}

TEST_CASE("a session of a newer version is another error, whatever it holds") {
    made it;
    test::buffer bytes = written(it.value);
    session to;
    bytes[5] = 2;
    CHECK(read_session(resealed(bytes), to) == errc::session_newer);
    bytes[4] = 0xff;
    CHECK(read_session(resealed(bytes), to) == errc::session_newer);
    CHECK(read_session(bytes, to) == errc::session_damaged);
    const test::buffer nothing_else{'s', 'p', 'T', 'S', 0, 2, 0, 0, 0, 0};
    CHECK(read_session(resealed(nothing_else), to) == errc::session_newer);
    bytes[4] = bytes[5] = 0;  // there was no version 0
    CHECK(read_session(resealed(bytes), to) == errc::session_damaged);
}

TEST_CASE(
    "a session expires with its lifetime, at the latest after seven days, and when the clock goes backwards "
    "(sections 4.3.11.1 and 4.7.1)") {
    made it;
    session& s = it.value;
    CHECK_FALSE(expired(s, received));
    CHECK_FALSE(expired(s, received + day - 1));
    CHECK(expired(s, received + day));
    CHECK(expired(s, received - 1));
    CHECK(expired(s, 0));
    CHECK(expired(s, UINT64_MAX));
    for (const std::uint32_t lifetime : {max_ticket_lifetime, max_ticket_lifetime + 1, UINT32_MAX}) {
        s.lifetime = lifetime;
        CHECK_FALSE(expired(s, received + 7 * day - 1));
        CHECK(expired(s, received + 7 * day));
    }
    s.lifetime = 0;  // RFC 9846, section 4.7.1: to be discarded at once
    CHECK(expired(s, received));
    s.lifetime = 1;
    s.received_at = UINT64_MAX;
    CHECK_FALSE(expired(s, UINT64_MAX));
    CHECK(expired(s, 0));
}

TEST_CASE("the age that is told is obfuscated modulo 2^32") {
    made it;  // age_add is 0xfffffff0
    CHECK(obfuscated_age(it.value, received) == 0xfffffff0);
    CHECK(obfuscated_age(it.value, received + 15) == 0xffffffff);
    CHECK(obfuscated_age(it.value, received + 16) == 0);
    CHECK(obfuscated_age(it.value, received + 7 * day) == 7 * day - 16);
    // With early data never more than it is: received at .9 ms and offered at 1.0, that is no millisecond.
    CHECK(obfuscated_age(it.value, received, true) == 0xfffffff0);
    CHECK(obfuscated_age(it.value, received + 1, true) == 0xfffffff0);
    CHECK(obfuscated_age(it.value, received + 7 * day, true) == 7 * day - 1 - 16);
}

TEST_CASE("a session is offered as a resumption key while it lasts") {
    made it;
    const auto key = offer(it.value, received + 1000);
    REQUIRE(key);
    CHECK(key->identity.data() == it.ticket.data());
    CHECK(key->identity.size() == it.ticket.size());
    CHECK(key->key.data() == it.key.data());
    CHECK(key->hash == hash_id::sha384);
    CHECK(key->kind == psk_kind::resumption);
    CHECK(key->obfuscated_age == 1000 - 16);
    CHECK(offer(it.value, received + 1000, true)->obfuscated_age == 999 - 16);
    CHECK(key->early.limit == 16384);
    CHECK(key->early.suite == cipher_suite::tls_aes_256_gcm_sha384);
    CHECK(key->early.protocol == "mqtt");
    CHECK_FALSE(offer(it.value, received + day));
    CHECK_FALSE(offer(it.value, received - 1));
}

TEST_CASE("a session is for the server of its name, in any case of letters (section 4.7.1)") {
    made it;
    CHECK(same_server(it.value, "leaf.example"));
    CHECK(same_server(it.value, "LEAF.Example"));
    for (const char* other : {"", "leaf.exampl", "leaf.example.", "xleaf.example", "leaf-example"})
        CHECK_FALSE(same_server(it.value, other));
    it.value.server_name = "[leaf]";
    CHECK_FALSE(same_server(it.value, "{LEAF}"));  // letters only
    it.value.server_name = {};
    CHECK_FALSE(same_server(it.value, ""));  // nobody is like nobody
    CHECK_FALSE(same_server(it.value, "leaf.example"));
}
