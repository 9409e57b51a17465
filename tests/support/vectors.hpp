// Third-party test vectors: where they are, how they are read, and what happens when they are not there.
//
//   const auto file = test::shared_vectors("wycheproof/x25519_test.json");
//   if (!file) return;                     // skipped, with the reason; failed when CI is set
//   const std::size_t cases = test::for_each_wycheproof(*file, [](const auto& group, const auto& one) { ... });
//   test::ran("x25519", cases);            // prints the number, and requires that it is not zero
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <spantls/base/bytes.hpp>

#include "support/catch.hpp"

#ifndef SPANTLS_SOURCE_ROOT
#define SPANTLS_SOURCE_ROOT "."
#endif

namespace test {

/// `name` inside the directory that the environment variable names, or inside `usual`. Nothing when it is not there:
/// then the running test case is skipped, and fails when CI is set.
inline std::optional<std::filesystem::path> vectors(const char* variable, const char* usual, const std::string& name) {
    const char* set = std::getenv(variable);
    const auto path = std::filesystem::path(set != nullptr ? set : usual) / name;
    if (std::filesystem::exists(path)) return path;
    const std::string reason = "no vectors at " + path.string() + " (" + variable + " says where else)";
    if (const char* ci = std::getenv("CI"); ci != nullptr && *ci != '\0') FAIL(reason);
    skip(reason);
    return std::nullopt;
}

/// A file or directory of the vectors that stand beside the project.
inline std::optional<std::filesystem::path> shared_vectors(const std::string& name) {
    return vectors("SPANTLS_VECTORS", SPANTLS_SOURCE_ROOT "/../shared/vectors", name);
}

/// A file or directory of Debian's package python3-cryptography-vectors.
inline std::optional<std::filesystem::path> debian_vectors(const std::string& name) {
    return vectors("SPANTLS_DEBIAN_VECTORS", "/usr/lib/python3/dist-packages/cryptography_vectors", name);
}

/// For the end of a test case: a test that ran on nothing has proven nothing.
inline void ran(const std::string& what, std::size_t cases) {
    std::printf("# %s: %zu cases\n", what.c_str(), cases);
    INFO(what);
    REQUIRE(cases > 0);
}

using buffer = std::vector<std::uint8_t>;

inline buffer unhex(std::string_view text) {
    const auto digit = [](char c) -> unsigned {
        if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
        if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
        throw std::invalid_argument("not a hexadecimal digit");
    };
    if (text.size() % 2 != 0) throw std::invalid_argument("half a byte");
    buffer out;
    for (std::size_t i = 0; i < text.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
    return out;
}

inline std::string hex(spantls::bytes_view bytes) {
    std::string out;
    for (const std::uint8_t byte : bytes) {
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}

inline buffer copy(spantls::bytes_view bytes) { return {bytes.begin(), bytes.end()}; }

inline std::ifstream open_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return file;
}

inline buffer load_bytes(const std::filesystem::path& path) {
    std::ifstream file = open_file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline nlohmann::json load_json(const std::filesystem::path& path) { return nlohmann::json::parse(open_file(path)); }

/// Calls `check(group, test)` for each case of a Wycheproof file and returns how many there were.
template <class Check>
std::size_t for_each_wycheproof(const std::filesystem::path& path, Check check) {
    const nlohmann::json all = load_json(path);
    std::size_t cases = 0;
    for (const auto& group : all["testGroups"])
        for (const auto& one : group["tests"]) {
            INFO(path.filename().string() << ", tcId " << one["tcId"] << ": " << one.value("comment", std::string()));
            check(group, one);
            ++cases;
        }
    return cases;
}

/// The records of a NIST response file, or of one like it: lines "NAME = VALUE", with an empty line after each record.
/// A line without '=' is a name with an empty value; comments and [headings] do not count, unless only what stands
/// under the heading `section` is wanted.
inline std::vector<std::map<std::string, std::string>> load_response_file(const std::filesystem::path& path,
                                                                          const std::string& section = {}) {
    const auto trimmed = [](const std::string& text) {
        const auto from = text.find_first_not_of(" \t\r");
        return from == std::string::npos ? std::string() : text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
    };
    std::ifstream file = open_file(path);
    std::vector<std::map<std::string, std::string>> records(1);
    bool wanted = section.empty();
    for (std::string line; std::getline(file, line);) {
        line = trimmed(line);
        if (!section.empty() && !line.empty() && line[0] == '[') wanted = line == "[" + section + "]";
        if (!wanted) continue;
        if (line.empty() && !records.back().empty()) records.emplace_back();
        if (line.empty() || line[0] == '#' || line[0] == '[') continue;
        const auto equals = line.find('=');
        std::string& value = records.back()[trimmed(line.substr(0, equals))];
        if (equals != std::string::npos) value = trimmed(line.substr(equals + 1));
    }
    if (records.back().empty()) records.pop_back();
    return records;
}

}  // namespace test
