// Records of one connection, sealed and opened: by us, by the bare AEAD, by libssl.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "check.hpp"
#include "libssl_pair.hpp"
#include "spantls_pair.hpp"
#include "table.hpp"
#include "timing.hpp"

namespace bench {

inline constexpr std::size_t piece = 64 * 1024;  // wire bytes for one turn of a contestant: stays in the cache

inline std::string rate(double seconds, std::size_t bytes) {
    return number("%.0f", static_cast<double>(bytes) / seconds / 1e6, " MB/s");
}

/// `count` records of `size` bytes: sealed one behind the other by one side, then opened in place by the other.
template <class P>
class our_records {
public:
    our_records(spantls_setting<P>& setting, std::size_t size, std::size_t count)
        : pair_(setting), text_(size, 'x'), wire_(count * (size + spantls::record_overhead)), count_(count) {
        pair_.handshake();
    }
    times operator()() {
        spantls::mutable_bytes to = wire_;
        const double begin = now();
        for (std::size_t i = 0; i < count_; ++i) to = to.subspan(pair_.client.send(text_, to).records.size());
        const double middle = now();
        std::size_t received = 0;
        for (spantls::mutable_bytes from = wire_; !from.empty();) {
            const spantls::step step = pair_.server.receive(from);
            from = from.subspan(step.consumed);
            received += step.data.size();
            if (step.what == spantls::what::failed) break;
        }
        const double end = now();
        require(to.empty() && received == count_ * text_.size(), "our records do not arrive");
        return {middle - begin, end - middle};
    }

private:
    spantls_pair<P> pair_;
    std::vector<std::uint8_t> text_, wire_;
    std::size_t count_;
};

/// The same by the bare AEAD, on the same bytes: the text and its content type.
template <class Raw>
class raw_records {
public:
    raw_records(std::size_t size, std::size_t count)
        : text_(size + 1, 'x'), wire_(count * (size + spantls::record_overhead)), count_(count) {
        Raw::set_key(key_, {1, 2, 3});
    }
    times operator()() {
        const std::size_t step = text_.size() + 16 + 5;
        std::uint64_t nonce[2] = {};
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(nonce);
        const double begin = now();
        std::uint8_t* at = wire_.data();
        for (std::size_t i = 0; i < count_; ++i, at += step, ++nonce[0])
            Raw::seal(key_, bytes, at, text_.data(), text_.size(), at + 5);
        const double middle = now();
        bool good = true;
        at = wire_.data();
        nonce[0] = 0;
        for (std::size_t i = 0; i < count_; ++i, at += step, ++nonce[0])
            good = Raw::open(key_, bytes, at, at + 5, text_.size() + 16) && good;
        const double end = now();
        require(good, "the bare AEAD does not work");
        return {middle - begin, end - middle};
    }

private:
    typename Raw::context key_;
    std::vector<std::uint8_t> text_, wire_;
    std::size_t count_;
};

class libssl_records {
public:
    libssl_records(const libssl_setting& setting, std::size_t size, std::size_t count)
        : pair_(setting, 4 * piece), text_(size, 'x'), out_(size), count_(count) {
        pair_.handshake();
    }
    times operator()() {
        const int size = static_cast<int>(text_.size());
        bool good = true;
        const double begin = now();
        for (std::size_t i = 0; i < count_; ++i)
            good = SSL_write(pair_.client.get(), text_.data(), size) == size && good;
        const double middle = now();
        for (std::size_t i = 0; i < count_; ++i) good = SSL_read(pair_.server.get(), out_.data(), size) == size && good;
        const double end = now();
        require(good, "libssl's records do not arrive");
        return {middle - begin, end - middle};
    }

private:
    libssl_pair pair_;
    std::vector<std::uint8_t> text_, out_;
    std::size_t count_;
};

// Each opponent alone, and a good deal of work for one turn: who comes after another finds the caches full of it.

template <class P, class Raw>
void compare_records(table& rows, effort much, const certificate& mine, const std::array<double, 3>& goals,
                     goal against_libssl = {}) {
    rows.title(std::string("Records, ") + Raw::name + ": against " + Raw::library +
               "'s own AEAD on the same bytes, and against libssl");
    spantls_setting<P> ours(mine, Raw::aead::suite);
    const libssl_setting theirs(mine, Raw::libssl_suite);
    constexpr std::array<std::size_t, 3> sizes{64, 1024, 16384};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const std::size_t size = sizes[i];
        const std::size_t count = piece / (size + spantls::record_overhead) + 1;
        auto mine_runs = our_records<P>(ours, size, count);
        auto raw_runs = raw_records<Raw>(size, count);
        auto libssl_runs = libssl_records(theirs, size, count);
        const auto by = [](auto& records) { return [&records] { return records(); }; };
        const result bare = compare(much, {by(mine_runs), by(raw_runs)});
        const result peer = compare(much, {by(mine_runs), by(libssl_runs)});
        for (std::size_t part = 0; part < 2; ++part) {
            const std::string what = (part == 0 ? "  send " : "  receive ") + std::to_string(size) + " bytes";
            const auto speed = [&](const result& from, std::size_t of) {
                return rate(from.seconds[of][part], size * count);
            };
            rows.ratio(what + ", bare AEAD", speed(bare, 0), speed(bare, 1), bare.ratio[1][part],
                       goal::at_least(goals[i]));
            rows.ratio(what + ", libssl", speed(peer, 0), speed(peer, 1), peer.ratio[1][part], against_libssl);
        }
    }
}

}  // namespace bench
