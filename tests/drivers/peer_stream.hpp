// A blocking stream to an endpoint of a pair: whoever waits for bytes makes the other end act.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include <spantls/base/bytes.hpp>

#include "support/pair.hpp"

namespace test {

template <class Peer>
class peer_stream {
public:
    peer_stream(Peer& peer, link& to_peer, link& from_peer) : peer_(peer), to_peer_(to_peer), from_peer_(from_peer) {}

    std::size_t chunk = SIZE_MAX;  ///< most bytes that one call moves
    std::function<bool()> fails;   ///< asked before each read
    bool write_fails = false;
    bool ended = false;      ///< the peer's end of the stream, whatever the peer does
    bool one_record = true;  ///< whether a read may not ask for more than the record at the front
    std::size_t reads = 0;

    std::ptrdiff_t read(spantls::mutable_bytes space) {
        ++reads;
        REQUIRE_FALSE(space.empty());
        if (fails && fails()) return -1;
        while (from_peer_.waiting.empty() && !ended && let_peer_act()) {
        }
        if (from_peer_.waiting.empty() || ended) return 0;
        if (one_record) check_request(space.size());
        const std::size_t count = std::min({space.size(), chunk, from_peer_.waiting.size()});
        std::copy_n(from_peer_.waiting.begin(), count, space.begin());
        from_peer_.waiting.erase(from_peer_.waiting.begin(),
                                 from_peer_.waiting.begin() + static_cast<std::ptrdiff_t>(count));
        position_ += count;
        return static_cast<std::ptrdiff_t>(count);
    }

    std::ptrdiff_t write(spantls::bytes_view data) {
        if (write_fails) return -1;
        const spantls::bytes_view part = data.first(std::min(chunk, data.size()));
        to_peer_.put(part);
        return static_cast<std::ptrdiff_t>(part.size());
    }

    /// True when something has changed.
    bool let_peer_act() {
        const buffer taken = to_peer_.take();
        peer_.arrive(taken);
        const bool turned = peer_.turn();
        return peer_.flush() || turned || !taken.empty();
    }
    void let_peer_finish() {
        while (let_peer_act()) {
        }
    }

private:
    /// Up to the end of the header, or up to the end of the record: never further.
    void check_request(std::size_t wanted) {
        const std::size_t end = position_ + wanted;
        while (record_ + 5 <= position_) {
            const std::size_t next = record_ + 5 + spantls::load_u16(from_peer_.all.data() + record_ + 3);
            if (next > position_) {
                REQUIRE(end <= next);
                return;
            }
            record_ = next;
        }
        REQUIRE(end <= record_ + 5);
    }

    Peer& peer_;
    link& to_peer_;
    link& from_peer_;
    std::size_t position_ = 0, record_ = 0;  // in the stream from the peer: what has been read, and the record there
};

}  // namespace test
