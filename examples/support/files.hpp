// Files below one directory, and never any other.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <spantls/base/bytes.hpp>

#include "support/tcp.hpp"

namespace examples {

/// A descriptor that closes itself.
class file {
public:
    file() = default;
    explicit file(int fd) : fd_(fd) {}
    file(file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    file& operator=(file&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~file() {
        if (fd_ >= 0) ::close(fd_);
    }
    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// The path of a URL with its %XX decoded; nothing when one of them is no byte that a path may have.
inline std::optional<std::string> decode_path(std::string_view path) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    std::string plain;
    for (std::size_t i = 0; i < path.size(); ++i) {
        char c = path[i];
        if (c == '%') {
            const int high = i + 2 < path.size() ? digit(path[i + 1]) : -1, low = high < 0 ? -1 : digit(path[i + 2]);
            if (low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            if (c == '/' || c == '\0') return std::nullopt;
            i += 2;
        }
        plain += c;
    }
    return plain;
}

/// What a browser makes of a file, by its name.
inline std::string_view media_type(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> known[] = {
        {".html", "text/html; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".wasm", "application/wasm"},
        {".pdf", "application/pdf"},
    };
    for (const auto& [ending, type] : known)
        if (name.ends_with(ending)) return type;
    return "application/octet-stream";
}

class file_tree {
public:
    explicit file_tree(const std::string& directory)
        : top_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
        if (!top_) fail(directory);
    }

    struct found {
        file content;
        std::uint64_t size = 0;
        std::string_view type;
        bool is_directory = false;  ///< then there is no content
    };

    /// `path` begins with a slash, and is decoded. Nothing for a path that leads elsewhere, as "..", symbolic links and
    /// devices do, or to what is hidden; a directory stands for its index.html when a slash is behind it.
    std::optional<found> open(std::string_view path) const {
        if (!path.starts_with('/')) return std::nullopt;
        file at(::fcntl(top_.fd(), F_DUPFD_CLOEXEC, 0));
        std::string name;
        while (at && !path.empty()) {
            path.remove_prefix(1);
            name = path.substr(0, path.find('/'));
            path.remove_prefix(name.size());
            if (name.empty() && path.empty()) name = "index.html";
            if (name.empty() || name.starts_with('.')) return std::nullopt;
            // O_NONBLOCK: nobody waits for the other end of a pipe.
            const int how = path.empty() ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
            at = file(::openat(at.fd(), name.c_str(), how | O_NOFOLLOW | O_CLOEXEC));
        }
        struct stat about {};
        if (!at || ::fstat(at.fd(), &about) != 0) return std::nullopt;
        if (S_ISDIR(about.st_mode)) return found{{}, 0, {}, true};
        if (!S_ISREG(about.st_mode)) return std::nullopt;
        return found{std::move(at), static_cast<std::uint64_t>(about.st_size), media_type(name), false};
    }

    /// Bytes of a file at `offset`; 0 at its end, and when it cannot be read.
    static std::size_t read(const file& from, std::uint64_t offset, spantls::mutable_bytes to) {
        const ssize_t got = ::pread(from.fd(), to.data(), to.size(), static_cast<off_t>(offset));
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }

private:
    file top_;
};

}  // namespace examples
