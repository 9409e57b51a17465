// The command line of the peer, and the files that it names.
#pragma once

#include <sodium.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <spantls/base/bytes.hpp>

namespace interop {
using namespace spantls;
using bytes = std::vector<std::uint8_t>;

inline bytes read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What stands between the PEM lines, each block decoded.
inline std::vector<bytes> read_pem(const std::string& path) {
    const bytes file = read_file(path);
    const std::string text(file.begin(), file.end());
    std::vector<bytes> found;
    for (std::size_t at = 0; (at = text.find("-----BEGIN", at)) != std::string::npos;) {
        at = text.find('\n', at);
        const std::size_t end = text.find("-----END", at);
        if (end == std::string::npos) break;
        bytes der(end - at);
        std::size_t size = 0;
        if (sodium_base642bin(der.data(), der.size(), text.data() + at, end - at, "\r\n", &size, nullptr,
                              sodium_base64_VARIANT_ORIGINAL) != 0)
            throw std::runtime_error("bad PEM in " + path);
        der.resize(size);
        found.push_back(der);
        at = end + 1;
    }
    if (found.empty()) throw std::runtime_error("nothing in " + path);
    return found;
}

inline std::string hex(bytes_view data) {
    std::string text(2 * data.size() + 1, 0);
    sodium_bin2hex(text.data(), text.size(), data.data(), data.size());
    text.pop_back();
    return text;
}

inline bytes unhex(const std::string& text) {
    bytes data(text.size() / 2);
    if (sodium_hex2bin(data.data(), data.size(), text.data(), text.size(), nullptr, nullptr, nullptr) != 0)
        throw std::runtime_error("not hex: " + text);
    return data;
}

inline std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text) result += c > ' ' && c <= '~' ? c : c == ' ' ? '_' : '.';
    return result.empty() ? "-" : result;
}

/// The last commonName in a Name.
inline std::string common_name(bytes_view name) {
    std::string found;
    for (std::size_t i = 0; i + 5 <= name.size(); ++i) {
        const std::uint8_t oid[] = {6, 3, 0x55, 4, 3};
        if (!equal_bytes(name.subspan(i, 5), oid) || i + 7 > name.size()) continue;
        const std::size_t size = name[i + 6];
        if (i + 7 + size <= name.size()) found = as_text(name.subspan(i + 7, size));
    }
    return found;
}

struct options {
    bool server = false;
    std::map<std::string, std::string> values;

    bool has(const std::string& name) const { return values.count(name) != 0; }
    std::string get(const std::string& name, const std::string& otherwise = {}) const {
        const auto found = values.find(name);
        return found == values.end() ? otherwise : found->second;
    }
    template <class Number>
    void set(const std::string& name, Number& to) const {
        if (has(name)) to = static_cast<Number>(std::stoull(get(name)));
    }

    static options parse(int argc, char** argv) {
        options result;
        if (argc < 2) throw std::runtime_error("peer client|server OPTION...");
        result.server = std::string(argv[1]) == "server";
        for (int i = 2; i < argc; ++i) {
            std::string name = argv[i];
            if (name.substr(0, 2) != "--") throw std::runtime_error("not an option: " + name);
            const bool alone = name == "--insecure" || name == "--no-share" || name == "--no-compatibility" ||
                               name == "--psk-ke" || name == "--reject-early" || name == "--grease" || name == "--retry" ||
                               name == "--pha" || name == "--raw" || name == "--raw-peer" || name == "--ask-staple";
            if (!alone && i + 1 == argc) throw std::runtime_error("no value for " + name);
            result.values[name.substr(2)] = alone ? "" : argv[++i];
        }
        return result;
    }
};

inline std::vector<std::string> split(const std::string& list, char at) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < list.size();) {
        const std::size_t end = std::min(list.find(at, begin), list.size());
        parts.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

}  // namespace interop
