// The peer's TCP connection, and what can be seen of TLS on it.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <spantls/message/server_hello.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/wire/registry.hpp>

#include "options.hpp"

namespace interop {

/// Prints what can be told of each record from outside.
class wire_watch {
public:
    explicit wire_watch(const char* direction) : direction_(direction) {}

    void see(bytes_view records) {
        while (records.size() >= record_header_size) {
            const std::size_t size = record_header_size + load_u16(records.data() + 3);
            if (size > records.size()) return;
            see_one(records.first(size));
            records = records.subspan(size);
        }
    }

private:
    void see_one(bytes_view record) const {
        const auto type = static_cast<content_type>(record[0]);
        std::string inside;
        if (type == content_type::handshake && record.size() > 43) {
            const auto message = static_cast<handshake_type>(record[5]);
            const bool retry = message == handshake_type::server_hello &&
                               equal_bytes(record.subspan(11, 32), hello_retry_request_random);
            inside = retry ? "HelloRetryRequest" : name_of(message);
        } else if (type == content_type::alert) {
            inside = name_of(static_cast<alert_description>(record.back()));
        }
        if (type != content_type::application_data)
            std::printf("%s plain %s %s %zu\n", direction_, name_of(type).data(), inside.c_str(), record.size());
    }
    const char* direction_;
};

/// A socket that does not block, with what waits to be written to it.
class transport {
public:
    explicit transport(int fd) : fd_(fd) {
        const int one = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    ~transport() { ::close(fd_); }
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;

    int fd() const { return fd_; }
    bool ended() const { return ended_; }
    std::size_t pending() const { return pending_.size() - written_; }
    void queue(bytes_view data) { pending_.insert(pending_.end(), data.begin(), data.end()); }

    void flush() {
        while (pending() != 0) {
            const ssize_t size = ::write(fd_, pending_.data() + written_, pending());
            if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
            if (size < 0) break;  // the other side has gone; what it has sent may still be read
            written_ += static_cast<std::size_t>(size);
        }
        pending_.clear();
        written_ = 0;
    }
    void read(bytes& to, std::size_t most) {
        const std::size_t have = to.size();
        to.resize(have + most);
        const ssize_t size = ::read(fd_, to.data() + have, most);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) ended_ = true;
        to.resize(have + (size > 0 ? static_cast<std::size_t>(size) : 0));
    }
    void wait(bool for_input, bool for_commands) {
        pollfd watched[2] = {{fd_, 0, 0}, {0, 0, 0}};
        watched[0].events = static_cast<short>((for_input ? POLLIN : 0) | (pending() != 0 ? POLLOUT : 0));
        watched[1].events = POLLIN;
        if (watched[0].events == 0) watched[0].fd = -1;
        if (!for_commands) watched[1].fd = -1;
        ::poll(watched, 2, -1);
        command_ready_ = (watched[1].revents & (POLLIN | POLLHUP)) != 0;
    }
    bool command_ready() const { return command_ready_; }

    /// Ends sending and waits for the other side to end too, so that nothing on its way to it is lost to a reset.
    void linger() {
        while (pending() != 0) {
            wait(false, false);
            flush();
        }
        ::shutdown(fd_, SHUT_WR);
        for (bytes rest; !ended_; rest.clear()) {
            wait(true, false);
            read(rest, 65536);
        }
    }
    void end_sending() { ::shutdown(fd_, SHUT_WR); }

private:
    int fd_;
    bytes pending_;
    std::size_t written_ = 0;
    bool ended_ = false;
    bool command_ready_ = false;
};

inline int open_socket() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) throw std::runtime_error("no socket");
    return fd;
}

inline int connect_or_accept(const options& opts) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(std::stoul(opts.get("port", "0"))));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = open_socket();
    if (!opts.server) {
        if (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) throw std::runtime_error("cannot connect");
        return fd;
    }
    socklen_t size = sizeof at;
    const int again = 1;  // at the port of a server that has just ended
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 1) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
        throw std::runtime_error("cannot listen");
    std::printf("listening %u\n", static_cast<unsigned>(ntohs(at.sin_port)));
    const int accepted = ::accept(fd, nullptr, nullptr);
    ::close(fd);
    if (accepted < 0) throw std::runtime_error("cannot accept");
    return accepted;
}

}  // namespace interop
