// Which field of a ClientHello, ServerHello or HelloRetryRequest each of its bytes belongs to, by a walk of its own:
// from the structures of RFC 9846, sections 4.2 and 4.3, not with the decoders that are judged by it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/vectors.hpp"

namespace test {

/// Names the bytes of one whole handshake message in turn: "random", "cipher_suites", "key_share group". Every length
/// that stands inside the message has a name that ends in "length"; its own is "message length".
class hello_fields {
public:
    explicit hello_fields(const buffer& message) : bytes_(message), names_(message.size(), "?") {
        const bool client = message[0] == 1;
        name("msg_type", 1);
        name("message length", 3);
        name("legacy_version", 2);
        name("random", 32);
        vector("legacy_session_id", 1);
        if (client) {
            vector("cipher_suites", 2);
            vector("legacy_compression_methods", 1);
        } else {
            name("cipher_suite", 2);
            name("legacy_compression_method", 1);
        }
        const std::size_t size = name("extensions length", 2);
        for (const std::size_t end = at_ + size; at_ < end;) extension(client);
    }

    const std::string& operator[](std::size_t at) const { return names_.at(at); }

    /// Bytes that go by that name.
    std::size_t count(const std::string& of) const {
        return static_cast<std::size_t>(std::count(names_.begin(), names_.end(), of));
    }

private:
    /// Gives the next `size` bytes a name; the number that they are.
    std::size_t name(const std::string& of, std::size_t size) {
        std::size_t value = 0;
        for (std::size_t i = 0; i < size; ++i, ++at_) {
            names_.at(at_) = of;
            value = value << 8 | bytes_.at(at_);
        }
        return value;
    }
    void vector(const std::string& of, std::size_t prefix) { name(of, name(of + " length", prefix)); }
    void extension(bool client) {
        const std::size_t type = std::size_t{bytes_.at(at_)} << 8 | bytes_.at(at_ + 1);
        const std::string what = type == 0    ? "server_name"
                                 : type == 10 ? "supported_groups"
                                 : type == 13 ? "signature_algorithms"
                                 : type == 16 ? "alpn"
                                 : type == 43 ? "supported_versions"
                                 : type == 44 ? "cookie"
                                 : type == 45 ? "psk_key_exchange_modes"
                                 : type == 51 ? "key_share"
                                              : "extension " + std::to_string(type);
        name(what + " type", 2);
        const std::size_t size = name(what + " extension_data length", 2), end = at_ + size;
        if (type == 10 || type == 13 || type == 44) vector(what, 2);
        if (type == 45 || (type == 43 && client)) vector(what, 1);
        if (type == 43 && !client) name(what + " selected", 2);
        if (type == 0 || type == 16 || (type == 51 && client)) name(what + " list length", 2);
        if (type == 0) name(what + " name_type", 1);
        if (type == 0) vector(what + " host_name", 2);
        while (type == 16 && at_ < end) vector(what + " name", 1);
        while (type == 51 && at_ < end) {
            name(what + " group", 2);
            if (at_ < end) vector(what + " key_exchange", 2);
        }
        if (at_ != end) throw std::logic_error("an extension that this walk does not know: " + what);
    }

    const buffer& bytes_;
    std::vector<std::string> names_;
    std::size_t at_ = 0;
};

}  // namespace test
