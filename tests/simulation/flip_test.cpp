// One byte of a connection is changed on its way: it is noticed, the one right thing is said about it, and nothing is
// delivered that was not sent.
#include <spantls/spantls.hpp>

#include <initializer_list>

#include "simulation/conversation.hpp"
#include "simulation/flip_oracle.hpp"
#include "support/catch.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using real_pair = test::pair<test::seeded<test::small_provider>>;
using aes_pair = test::pair<test::seeded<test::usual_provider>>;

/// The end that failed by itself has told the other one, as far as it could be told.
template <class Failed, class Other>
void is_told(bool keys_differ, Failed& failed, const test::buffer& sent, Other& other) {
    const auto alert = alert_for(failed.error());
    REQUIRE_FALSE(failed.tls.owes_output());
    REQUIRE(alert);
    const auto records = test::records_in(sent);
    REQUIRE_FALSE(records.empty());
    const bool in_clear = records.back()[0] == static_cast<std::uint8_t>(content_type::alert);
    REQUIRE(records.back().size() == (in_clear ? 7 : record_overhead + 2));
    if (in_clear) REQUIRE(records.back()[6] == static_cast<std::uint8_t>(*alert));
    if (other.error() == errc::peer_alert) {
        REQUIRE(other.alert() == *alert);
        return;
    }
    // With other keys nothing can be told; and whoever has had the last word, close_notify, does not listen any more.
    const bool heard_the_end = other.error() == errc::none && (other.has(what::peer_closed) || other.has(what::closed));
    CAPTURE(name_of(other.error()), name_of(failed.error()));
    REQUIRE((heard_the_end || (keys_differ && other.error() == errc::bad_record_mac)));
}

/// Both ends after one flip, where `right` is what the reader has to say.
template <class Reader, class Writer>
void has_noticed(errc right, bool keys_differ, Reader& reader, const test::buffer& said, Writer& writer,
                 const test::buffer& heard) {
    REQUIRE(reader.error() == right);
    if (right == errc::truncated) {
        // Bytes are waited for that never come; the other end waits too, or is content.
        REQUIRE((writer.error() == errc::truncated || writer.error() == errc::none));
    } else if (right == errc::peer_alert) {
        REQUIRE(writer.error() == errc::bad_session_id);
        is_told(false, writer, heard, reader);
    } else {
        is_told(keys_differ, reader, said, writer);
        if (keys_differ) REQUIRE(writer.error() == errc::bad_record_mac);
    }
}

template <class Pair>
void flip_everything(std::initializer_list<std::uint8_t> header_masks, std::initializer_list<std::uint8_t> body_masks,
                     bool retry) {
    test::pair_options options = test::conversation_options();
    options.client.prefer.groups = {named_group::x25519};  // of one share; hybrid_test.cpp flips the long ones
    if (retry) options.client.shares = fixed_vector<named_group, 4>{};
    Pair whole(options);
    test::converse(whole);
    REQUIRE(test::went_well(whole));
    std::size_t flips = 0;
    for (const bool up : {true, false}) {
        const test::flipped_stream stream((up ? whole.to_server : whole.to_client).all, up, retry);
        for (std::size_t at = 0; at < stream.size(); ++at)
            for (const std::uint8_t mask : stream.part_of(at) == test::part::body ? body_masks : header_masks) {
                Pair both(options);
                auto& flipped = up ? both.to_server : both.to_client;
                flipped.transit = [&, passed = std::size_t{0}](test::buffer sent) mutable {
                    if (at >= passed && at < passed + sent.size()) sent[at - passed] ^= mask;
                    passed += sent.size();
                    return sent;
                };
                test::converse(both);
                ++flips;
                CAPTURE(up, at, unsigned{mask}, static_cast<int>(stream.part_of(at)), stream.field(at));
                CAPTURE(name_of(both.client.error()), name_of(both.server.error()));
                REQUIRE(test::only_what_was_said(both));
                const errc right = stream.right(at, mask, flipped.all);
                REQUIRE(test::went_well(both) == (right == errc::none));
                if (right == errc::none) continue;
                const bool keys_differ = stream.only_keys_differ(at, mask);
                const auto &upward = both.to_server.all, &downward = both.to_client.all;
                if (up)
                    has_noticed(right, keys_differ, both.server, downward, both.client, upward);
                else
                    has_noticed(right, keys_differ, both.client, upward, both.server, downward);
            }
    }
    INFO(flips);
    REQUIRE(flips > 2000);
}

}  // namespace

TEST_CASE("every byte of every record flipped: ChaCha20-Poly1305 (section 5.2)") {
    flip_everything<real_pair>({0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}, {0x01, 0x80}, false);
}

TEST_CASE("every byte of every record flipped: the best that the CPU has") {
    flip_everything<aes_pair>({0x01, 0x02, 0x80}, {0x10}, false);
}

TEST_CASE("every byte of every record flipped, with a retry") {
    flip_everything<real_pair>({0x01, 0x02, 0x80}, {0x04}, true);
}
