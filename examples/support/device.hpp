// What the clients for small devices have in common, besides the memory that is laid out in each.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/drivers/stream.hpp>
#include <spantls/x509/pins.hpp>

namespace examples {

/// A socket of the C library, as the driver wants it. An embedded TCP stack has calls just like these.
struct device_socket {
    int fd = -1;
    ~device_socket() {
        if (fd >= 0) ::close(fd);
    }
    std::ptrdiff_t read(spantls::mutable_bytes space) { return ::recv(fd, space.data(), space.size(), 0); }
    std::ptrdiff_t write(spantls::bytes_view bytes) { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

    bool connect(const char* address, const char* port) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
        if (::inet_pton(AF_INET, address, &to.sin_addr) != 1) return false;
        fd = ::socket(AF_INET, SOCK_STREAM, 0);
        return fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
};

inline int failed(const char* doing, spantls::io_status why) {
    std::fprintf(stderr, "%s: %s\n", doing, describe(why).data());
    return 1;
}

/// A SHA-256 hash in hexadecimal.
inline bool read_pin(const char* text, spantls::x509::spki_hash& pin) {
    std::size_t size = 0;
    return sodium_hex2bin(pin.data(), pin.size(), text, std::strlen(text), nullptr, &size, nullptr) == 0 &&
           size == pin.size();
}

}  // namespace examples
