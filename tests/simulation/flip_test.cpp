// One bit of one byte of a connection is flipped on its way: it is noticed, the right thing is said about it, and
// nothing is delivered that was not sent.
#include <spantls/spantls.hpp>

#include <initializer_list>

#include <spantls/providers/sodium.hpp>

#include "simulation/conversation.hpp"
#include "support/catch.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

using real_pair = test::pair<test::seeded<sodium_chacha>>;
using aes_pair = test::pair<test::seeded<sodium>>;

enum class part { type, version, length, body };

/// Where a byte of a stream stands.
struct place {
    part where;
    content_type outer;
    bool last;  ///< in the last record of the stream
};

std::vector<place> places_of(const test::buffer& stream) {
    std::vector<place> places;
    const auto records = test::records_in(stream);
    for (std::size_t i = 0; i < records.size(); ++i)
        for (std::size_t at = 0; at < records[i].size(); ++at)
            places.push_back({at == 0  ? part::type
                              : at < 3 ? part::version
                              : at < 5 ? part::length
                                       : part::body,
                              static_cast<content_type>(records[i][0]), i + 1 == records.size()});
    return places;
}

bool one_of(errc error, std::initializer_list<errc> acceptable) {
    return std::find(acceptable.begin(), acceptable.end(), error) != acceptable.end();
}

/// What may be said by the end that reads the changed byte. none: nothing, as the byte is no secret and of no meaning.
bool acceptable(const place& at, errc error) {
    using enum errc;
    if (at.outer == content_type::application_data) {
        switch (at.where) {
            // It looks like another record in the clear, or like nothing at all.
            case part::type: return one_of(error, {unexpected_record_type, bad_change_cipher_spec, bad_alert});
            // Longer: it overflows, takes in the next record, or waits for what never comes. Shorter: it is not
            // authentic.
            case part::length: return one_of(error, {bad_record_mac, record_overflow, truncated});
            // The header is authenticated with the rest.
            case part::version:
            case part::body: return error == bad_record_mac;
        }
    }
    if (at.where == part::version) return error == none;
    if (at.outer == content_type::change_cipher_spec) {
        switch (at.where) {
            // As a handshake record it is the first byte of a ClientHello, or of nothing that is expected.
            case part::type:
                return one_of(error,
                              {unexpected_record_type, unexpected_message, bad_alert, message_too_long,
                               interleaved_record, truncated});
            case part::length: return one_of(error, {bad_change_cipher_spec, record_overflow, truncated});
            default: return error == bad_change_cipher_spec;
        }
    }
    switch (at.where) {
        case part::type:
            return one_of(error,
                          {unexpected_record_type, bad_change_cipher_spec, bad_alert, premature_application_data});
        // A hello that is cut, or one that takes in what stands behind it, or waits for it.
        case part::length:
            return one_of(error, {truncated, record_overflow, unexpected_record_type, key_change_unaligned,
                                  empty_fragment, interleaved_record, bad_record_mac});
        // A hello in which anything may have changed; none, when the other end is the first to notice.
        default: return error == none || fault_of(error) == fault::peer || error == truncated;
    }
}

/// The end that failed by itself has told the other one, as far as it could be told.
template <class Failed, class Other>
void is_told(const place& at, Failed& failed, const test::buffer& sent, Other& other) {
    const auto alert = alert_for(failed.error());
    REQUIRE_FALSE(failed.tls.owes_output());
    if (!alert) return;
    const auto records = test::records_in(sent);
    REQUIRE_FALSE(records.empty());
    const bool in_clear = records.back()[0] == static_cast<std::uint8_t>(content_type::alert);
    REQUIRE(records.back().size() == (in_clear ? 7 : record_overhead + 2));
    if (in_clear) REQUIRE(records.back()[6] == static_cast<std::uint8_t>(*alert));
    if (other.error() == errc::peer_alert) {
        REQUIRE(other.alert() == *alert);
        return;
    }
    // With a hello that reads differently at both ends the keys differ, and so nothing can be told; and whoever has had
    // the last word, close_notify, does not listen any more.
    const bool other_keys = at.outer == content_type::handshake && other.error() == errc::bad_record_mac;
    const bool heard_the_end = other.error() == errc::none && (other.has(what::peer_closed) || other.has(what::closed));
    CAPTURE(name_of(other.error()), name_of(failed.error()));
    REQUIRE((other_keys || heard_the_end));
}

template <class Pair>
void flip_everything(std::initializer_list<std::uint8_t> header_masks, std::initializer_list<std::uint8_t> body_masks,
                     bool retry) {
    test::pair_options options = test::conversation_options();
    if (retry) options.client.shares = fixed_vector<named_group, 4>{};
    Pair whole(options);
    test::converse(whole);
    REQUIRE(test::went_well(whole));
    std::size_t flips = 0;
    for (const bool up : {true, false}) {
        const auto places = places_of((up ? whole.to_server : whole.to_client).all);
        for (std::size_t at = 0; at < places.size(); ++at)
            for (const std::uint8_t mask : places[at].where == part::body ? body_masks : header_masks) {
                const place& here = places[at];
                CAPTURE(up, at, unsigned{mask}, static_cast<int>(here.where), name_of(here.outer));
                Pair both(options);
                (up ? both.to_server : both.to_client).transit = [&,
                                                                  passed = std::size_t{0}](test::buffer sent) mutable {
                    if (at >= passed && at < passed + sent.size()) sent[at - passed] ^= mask;
                    passed += sent.size();
                    return sent;
                };
                test::converse(both);
                ++flips;
                REQUIRE(test::only_what_was_said(both));
                const errc reader = up ? both.server.error() : both.client.error();
                const errc writer = up ? both.client.error() : both.server.error();
                CAPTURE(name_of(reader), name_of(writer));
                REQUIRE(acceptable(here, reader == errc::peer_alert ? errc::none : reader));
                if (here.where == part::version && here.outer != content_type::application_data) {
                    REQUIRE(test::went_well(both));
                    continue;
                }
                // Somebody has noticed, and it was not only the transport that ended, but where bytes are waited for.
                REQUIRE_FALSE(test::went_well(both));
                REQUIRE((reader != errc::none || writer != errc::none));
                const bool waits = here.where == part::length || here.outer == content_type::change_cipher_spec ||
                                   here.outer == content_type::handshake;
                if (!waits) REQUIRE((fault_of(reader) == fault::peer && reader != errc::peer_alert));
                for (const bool client_failed : {true, false}) {
                    const errc error = client_failed ? both.client.error() : both.server.error();
                    if (error == errc::none || error == errc::peer_alert || error == errc::truncated) continue;
                    // Both may have failed by themselves, when the keys differ.
                    if (client_failed)
                        is_told(here, both.client, both.to_server.all, both.server);
                    else
                        is_told(here, both.server, both.to_client.all, both.client);
                }
            }
    }
    INFO(flips);
    REQUIRE(flips > 2000);
}

}  // namespace

TEST_CASE("every byte of every record flipped: ChaCha20-Poly1305") {
    flip_everything<real_pair>({0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}, {0x01, 0x80}, false);
}

TEST_CASE("every byte of every record flipped: the best that the CPU has") {
    flip_everything<aes_pair>({0x01, 0x02, 0x80}, {0x10}, false);
}

TEST_CASE("every byte of every record flipped, with a retry") {
    flip_everything<real_pair>({0x01, 0x02, 0x80}, {0x04}, true);
}
