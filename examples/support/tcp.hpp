// TCP sockets that close themselves.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <spantls/base/bytes.hpp>

namespace examples {

[[noreturn]] inline void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

/// A connection, or a listening socket. As a connection it is a spantls::blocking_stream.
class tcp_socket {
public:
    tcp_socket() = default;
    explicit tcp_socket(int fd) : fd_(fd) {}
    tcp_socket(tcp_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    tcp_socket& operator=(tcp_socket&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~tcp_socket() {
        if (fd_ >= 0) ::close(fd_);
    }

    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

    std::ptrdiff_t read(spantls::mutable_bytes space) {
        for (;;) {
            const ssize_t got = ::recv(fd_, space.data(), space.size(), 0);
            if (got >= 0 || errno != EINTR) return got;
        }
    }
    std::ptrdiff_t write(spantls::bytes_view bytes) {
        for (;;) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent >= 0 || errno != EINTR) return sent;
        }
    }

    /// After so many seconds a read or a write fails with EAGAIN.
    void give_up_after(int seconds) {
        const timeval limit{seconds, 0};
        if (::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) fail("SO_RCVTIMEO");
        if (::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) fail("SO_SNDTIMEO");
    }
    /// Records are complete as they are: nothing is won by waiting for more.
    void send_at_once() {
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    void do_not_block() {
        if (::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK) != 0) fail("O_NONBLOCK");
    }

    /// The port that a listening socket is bound to.
    std::string port() const {
        sockaddr_in6 address{};
        socklen_t size = sizeof address;
        if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
        return std::to_string(ntohs(address.sin6_port));  // at the same place for IPv4
    }
    tcp_socket accept() const {
        tcp_socket accepted(::accept(fd_, nullptr, nullptr));
        if (!accepted) fail("accept");
        accepted.send_at_once();
        return accepted;
    }

private:
    int fd_ = -1;
};

namespace detail {
inline auto resolve(const std::string& host, const std::string& port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
        throw std::runtime_error(host + ": " + ::gai_strerror(error));
    return std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>(found, &::freeaddrinfo);
}
}  // namespace detail

/// `patience`: seconds for each address, and afterwards for each read and write; 0 waits as long as it takes.
inline tcp_socket connect_to(const std::string& host, const std::string& port, int patience = 0) {
    const auto addresses = detail::resolve(host, port, 0);
    for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) {
        tcp_socket socket(::socket(at->ai_family, at->ai_socktype, at->ai_protocol));
        if (!socket) continue;
        if (patience != 0) socket.give_up_after(patience);
        if (::connect(socket.fd(), at->ai_addr, at->ai_addrlen) != 0) continue;
        socket.send_at_once();
        return socket;
    }
    fail(host + " port " + port);
}

/// On the loopback interface, if nothing else is said; port "0" is any that is free.
inline tcp_socket listen_on(const std::string& port, int backlog = SOMAXCONN, const std::string& at = "127.0.0.1") {
    const auto address = detail::resolve(at, port, AI_PASSIVE);
    tcp_socket socket(::socket(address->ai_family, address->ai_socktype, address->ai_protocol));
    const int on = 1;
    if (!socket || ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(socket.fd(), address->ai_addr, address->ai_addrlen) != 0 || ::listen(socket.fd(), backlog) != 0)
        fail("listening on port " + port);
    return socket;
}

/// "host:port", "host" or "[address]:port".
inline std::pair<std::string, std::string> host_and_port(const std::string& text, const std::string& usual_port) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == text.npos) throw std::runtime_error(text + ": no ]");
        return {text.substr(1, end - 1), end + 2 < text.size() ? text.substr(end + 2) : usual_port};
    }
    const std::size_t colon = text.find(':');
    return colon == text.npos ? std::pair(text, usual_port) : std::pair(text.substr(0, colon), text.substr(colon + 1));
}

}  // namespace examples
