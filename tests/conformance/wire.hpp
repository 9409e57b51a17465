// What was sent, read by a walk of its own: from the structures of RFC 9846, not with the decoders that are under test.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <spantls/wire/registry.hpp>

#include "support/vectors.hpp"

namespace test::wire {

/// Numbers and vectors off the front; throws when there are not so many bytes.
class walk {
public:
    explicit walk(buffer bytes) : bytes_(std::move(bytes)) {}

    buffer bytes(std::size_t size) {
        if (size > bytes_.size() - at_) throw std::runtime_error("cut");
        const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(at_);
        at_ += size;
        return buffer(from, from + static_cast<std::ptrdiff_t>(size));
    }
    int number(std::size_t width) {
        int value = 0;
        for (const std::uint8_t byte : bytes(width)) value = value << 8 | byte;
        return value;
    }
    buffer vec(std::size_t prefix) { return bytes(static_cast<std::size_t>(number(prefix))); }
    bool empty() const { return at_ == bytes_.size(); }
    void end() const {
        if (!empty()) throw std::runtime_error("something is left over");
    }

private:
    buffer bytes_;
    std::size_t at_ = 0;
};

/// The content of a vector of numbers.
inline std::vector<int> numbers(const buffer& content, std::size_t width) {
    std::vector<int> all;
    for (walk in(content); !in.empty();) all.push_back(in.number(width));
    return all;
}

struct record {
    int outer, version;
    int type;  ///< the inner one, where the record is protected by null cryptography
    buffer content;
    std::size_t size;
};

/// The records of a stream that was protected by null cryptography, or not at all.
inline std::vector<record> records(const buffer& stream) {
    std::vector<record> all;
    for (walk in(stream); !in.empty();) {
        record one{};
        one.type = one.outer = in.number(1);
        one.version = in.number(2);
        one.content = in.vec(2);
        one.size = 5 + one.content.size();
        if (one.outer == 23) {
            one.content.resize(one.content.size() - 16);
            while (one.content.back() == 0) one.content.pop_back();
            one.type = one.content.back();
            one.content.pop_back();
        }
        all.push_back(std::move(one));
    }
    return all;
}

struct message {
    int type;
    buffer body;
};

/// The handshake messages of a stream, in order.
inline std::vector<message> messages(const buffer& stream) {
    buffer content;
    for (const record& one : records(stream))
        if (one.type == 22) content.insert(content.end(), one.content.begin(), one.content.end());
    std::vector<message> all;
    for (walk in(content); !in.empty();) {
        const int type = in.number(1);
        all.push_back({type, in.vec(3)});
    }
    return all;
}

/// The types of the messages, as in "2 8 11 15 20".
inline std::string order(const buffer& stream) {
    std::string types;
    for (const message& one : messages(stream)) types += (types.empty() ? "" : " ") + std::to_string(one.type);
    return types;
}

using extensions = std::vector<std::pair<int, buffer>>;

inline extensions read_extensions(const buffer& block) {
    extensions all;
    for (walk in(block); !in.empty();) {
        const int type = in.number(2);
        all.emplace_back(type, in.vec(2));
    }
    return all;
}
inline std::vector<int> types_of(const extensions& all) {
    std::vector<int> types;
    for (const auto& one : all) types.push_back(one.first);
    return types;
}
inline bool has(const extensions& all, spantls::extension_type type) {
    return std::any_of(all.begin(), all.end(), [type](const auto& one) { return one.first == static_cast<int>(type); });
}
/// The data of an extension that is there once.
inline buffer data_of(const extensions& all, spantls::extension_type type) {
    const auto is = [type](const auto& one) { return one.first == static_cast<int>(type); };
    if (std::count_if(all.begin(), all.end(), is) != 1) throw std::runtime_error("not there, or twice");
    return std::find_if(all.begin(), all.end(), is)->second;
}

/// ClientHello, ServerHello or HelloRetryRequest.
struct hello {
    int version;
    buffer random, session_id;
    std::vector<int> suites;
    buffer compression;
    extensions ext;

    hello(const buffer& body, bool of_client) {
        walk in(body);
        version = in.number(2);
        random = in.bytes(32);
        session_id = in.vec(1);
        suites = of_client ? numbers(in.vec(2), 2) : std::vector<int>{in.number(2)};
        compression = of_client ? in.vec(1) : in.bytes(1);
        ext = read_extensions(in.vec(2));
        in.end();
    }
};
/// The first message of that type in a stream, which is a hello.
inline hello first_hello(const buffer& stream) {
    const message one = messages(stream).at(0);
    return {one.body, one.type == 1};
}

/// (group, size of the share) of each entry of a ClientHello's key_share.
inline std::vector<std::pair<int, buffer>> shares_of(const hello& from) {
    std::vector<std::pair<int, buffer>> all;
    walk whole(data_of(from.ext, spantls::extension_type::key_share));
    for (walk in(whole.vec(2)); !in.empty();) {
        const int group = in.number(2);
        all.emplace_back(group, in.vec(2));
    }
    whole.end();
    return all;
}

}  // namespace test::wire
