// X25519MLKEM768, which is what two of us agree on: shares longer than a packet, and what is wrong with them.
#include <spantls/spantls.hpp>

#include <algorithm>

#include "simulation/conversation.hpp"
#include "support/catch.hpp"
#include "support/null_provider.hpp"
#include "support/null_records.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

using seeded_sodium = test::seeded<test::usual_provider>;
using seeded_chacha = test::seeded<test::small_provider>;
using null_hybrid = test::basic_null_provider<UINT64_MAX, test::null_kem, test::null_x25519>;

/// Where the share of a group begins in a stream whose shares are `size` bytes long.
std::size_t share_in(const test::buffer& stream, std::uint16_t group, std::uint16_t size) {
    const std::uint8_t head[4] = {static_cast<std::uint8_t>(group >> 8), static_cast<std::uint8_t>(group),
                                  static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    const auto at = std::search(stream.begin(), stream.end(), std::begin(head), std::end(head));
    REQUIRE(at != stream.end());
    return static_cast<std::size_t>(at - stream.begin()) + 4;
}

/// A handshake in which the first thing that one side sends is changed.
template <class Change>
void change_first(test::link& link, Change change) {
    link.transit = [change, done = false](test::buffer sent) mutable {
        if (!done) change(sent);
        done = true;
        return sent;
    };
}

/// Of one end the error, of the other the alert that tells of it.
template <class Bad, class Other>
void fails(const Bad& bad, errc error, const Other& other, alert_description alert) {
    CHECK(bad.error() == error);
    CHECK(other.error() == errc::peer_alert);
    CHECK(other.alert() == alert);
}

}  // namespace

TEST_CASE("two of us agree on X25519MLKEM768 without a retry") {
    test::pair<seeded_sodium> both;
    REQUIRE(both.handshake());
    CHECK(both.client.tls.group() == named_group::x25519_mlkem768);
    CHECK(both.server.tls.group() == named_group::x25519_mlkem768);
    CHECK(test::records_in(both.to_client.all).at(0).size() > 1120);
    REQUIRE(both.client.send("up") == errc::none);
    both.run();
    CHECK(both.server.received == test::text("up"));

    // The share of X25519 beside it is the same key.
    const test::buffer& sent = both.to_server.all;
    CHECK(sent.size() > 1248);
    const std::size_t hybrid = share_in(sent, 0x11ec, 1216), classical = share_in(sent, 0x001d, 32);
    CHECK(classical == hybrid + 1216 + 4);
    CHECK(equal_bytes(bytes_view(sent).subspan(hybrid + 1184, 32), bytes_view(sent).subspan(classical, 32)));
}

TEST_CASE("one that has X25519 only is not asked twice, and does not ask") {
    test::pair<seeded_sodium, seeded_chacha> old_server;
    REQUIRE(old_server.handshake());
    CHECK(old_server.client.tls.group() == named_group::x25519);
    CHECK(test::records_in(old_server.to_server.all).at(1)[0] == 20);  // and no second ClientHello
    CHECK(test::records_in(old_server.to_server.all).at(2)[0] == 23);
    test::pair<seeded_chacha, seeded_sodium> old_client;
    REQUIRE(old_client.handshake());
    CHECK(old_client.server.tls.group() == named_group::x25519);
    CHECK(test::records_in(old_client.to_server.all).at(2)[0] == 23);
}

TEST_CASE("a retry asks for X25519MLKEM768, and has new keys") {
    test::pair<seeded_sodium> both({.client = {.shares = fixed_vector<named_group, 4>{}}});
    REQUIRE(both.handshake());
    CHECK(both.client.tls.group() == named_group::x25519_mlkem768);
    test::pair<seeded_sodium> from_classical({.client = {.shares = fixed_vector<named_group, 4>{named_group::x25519}},
                                              .server = {.prefer = {.groups = {named_group::x25519_mlkem768}}}});
    REQUIRE(from_classical.handshake());
    CHECK(from_classical.server.tls.group() == named_group::x25519_mlkem768);
    const test::buffer& sent = from_classical.to_server.all;
    const std::size_t hybrid = share_in(sent, 0x11ec, 1216), classical = share_in(sent, 0x001d, 32);
    CHECK_FALSE(equal_bytes(bytes_view(sent).subspan(hybrid + 1184, 32), bytes_view(sent).subspan(classical, 32)));
}

TEST_CASE("the smallest workspaces do for X25519MLKEM768") {
    test::pair<seeded_sodium> both({.client_workspace = client<seeded_sodium>::smallest_workspace,
                                    .server_workspace = server<seeded_sodium>::smallest_workspace});
    REQUIRE(both.handshake());
    CHECK(both.client.count(what::need_workspace) == 0);
    CHECK(both.server.count(what::need_workspace) == 0);
    CHECK(both.server.tls.group() == named_group::x25519_mlkem768);
}

TEST_CASE("long hellos, cut once at every byte") {
    test::pair<null_hybrid> usual(test::conversation_options());
    test::converse(usual);
    REQUIRE(test::went_well(usual));
    std::size_t cuts = 0;
    for (const bool up : {true, false}) {
        const std::size_t total = test::records_in((up ? usual.to_server : usual.to_client).all).at(0).size();
        REQUIRE(total > 1120);
        for (std::size_t cut = 1; cut <= total; ++cut, ++cuts) {
            CAPTURE(up, cut);
            test::pair<null_hybrid> both(test::conversation_options());
            test::link& link = up ? both.to_server : both.to_client;
            link.chunk = [&](std::size_t waiting) {
                const std::size_t arrived = link.all.size() - waiting;
                return arrived < cut ? std::min(cut - arrived, waiting) : waiting;
            };
            test::converse(both);
            REQUIRE(test::went_well(both));
            REQUIRE(both.to_client.all == usual.to_client.all);
        }
    }
    CHECK(cuts > 2 * 1120);
}

TEST_CASE("long hellos in packets and in records of any size") {
    for (const std::size_t size : {1u, 100u, 536u, 1184u, 1216u, 1220u, 1400u, 1460u}) {
        CAPTURE(size);
        test::pair<seeded_sodium> packets, records;
        packets.to_server.chunk = packets.to_client.chunk = [=](std::size_t) { return size; };
        REQUIRE(packets.handshake());
        CHECK(packets.server.tls.group() == named_group::x25519_mlkem768);
        records.to_server.transit =
            records.to_client.transit = [=](test::buffer sent) { return test::reframe(sent, size); };
        REQUIRE(records.handshake());
        CHECK(records.server.tls.group() == named_group::x25519_mlkem768);
    }
}

TEST_CASE("a client's share is refused for either part with illegal_parameter (draft-ietf-tls-ecdhe-mlkem)") {
    for (const bool kem : {true, false}) {
        CAPTURE(kem);
        test::pair<seeded_sodium> both;
        change_first(both.to_server, [=](test::buffer& sent) {
            const std::size_t share = share_in(sent, 0x11ec, 1216);
            // A coefficient that is not below q (FIPS 203, section 7.2); a point of small order.
            const std::size_t from = kem ? share : share + 1184, count = kem ? 3 : 32;
            for (std::size_t i = 0; i < count; ++i) sent[from + i] = kem ? 0xff : 0;
        });
        CHECK_FALSE(both.handshake());
        fails(both.server, errc::bad_key_share, both.client, alert_description::illegal_parameter);
    }
}

TEST_CASE("a server's point of small order is refused with illegal_parameter, another ciphertext with bad_record_mac") {
    for (const bool kem : {true, false}) {
        CAPTURE(kem);
        test::pair<seeded_sodium> both;
        change_first(both.to_client, [=](test::buffer& sent) {
            const std::size_t share = share_in(sent, 0x11ec, 1120);
            if (kem) {
                sent[share + 7] = static_cast<std::uint8_t>(sent[share + 7] ^ 1);
            } else {
                for (std::size_t i = 0; i < 32; ++i) sent[share + 1088 + i] = 0;
            }
        });
        CHECK_FALSE(both.handshake());
        if (kem)
            CHECK(both.client.error() == errc::bad_record_mac);
        else
            fails(both.client, errc::bad_key_share, both.server, alert_description::illegal_parameter);
    }
}

TEST_CASE("bytes of the shares flipped: what ML-KEM does not refuse gives other keys") {
    test::pair<seeded_sodium> whole;
    REQUIRE(whole.handshake());
    std::size_t refused = 0, differ = 0;
    for (const bool up : {true, false}) {
        const test::buffer& said = (up ? whole.to_server : whole.to_client).all;
        const std::size_t size = up ? 1216 : 1120;
        const std::size_t share = share_in(said, 0x11ec, static_cast<std::uint16_t>(size));
        for (std::size_t at = 0; at < size; at += at < 1080 ? 7 : 1) {
            CAPTURE(up, at);
            test::buffer changed = said;
            changed[share + at] ^= 0x88;
            test::pair<seeded_sodium> both;
            change_first(up ? both.to_server : both.to_client,
                         [&](test::buffer& sent) { sent[share + at] = changed[share + at]; });
            CHECK_FALSE(both.handshake());
            // FIPS 203, section 7.2, by the number: two coefficients of 12 bits are in three bytes.
            const std::uint8_t* const three = changed.data() + share + at / 3 * 3;
            const int first = three[0] | (three[1] & 15) << 8, second = three[1] >> 4 | three[2] << 4;
            const bool bad_key = up && at < 1152 && (first >= 3329 || second >= 3329);
            if (bad_key) {
                fails(both.server, errc::bad_key_share, both.client, alert_description::illegal_parameter);
                ++refused;
            } else {
                CHECK((up ? both.server.error() : both.client.error()) == errc::bad_record_mac);
                ++differ;
            }
        }
    }
    CHECK(refused > 30);
    CHECK(differ > 200);
}
