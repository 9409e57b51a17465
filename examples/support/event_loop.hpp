// What servers with many connections on one thread have in common: epoll, workspaces that are lent for handshakes, and
// signals that are waited for like everything else.
#pragma once

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <spantls/base/bytes.hpp>

#include "support/tcp.hpp"

namespace examples {

/// Workspaces of `Size` bytes, lent to connections for their handshakes.
template <std::size_t Size>
class workspace_pool {
public:
    explicit workspace_pool(std::size_t count) : memory_(count) {
        for (auto& one : memory_) free_.push_back(one);
    }
    bool empty() const { return free_.empty(); }
    std::size_t most_used() const { return most_used_; }

    /// One workspace, until it is given back or goes out of scope.
    class loan {
    public:
        explicit loan(workspace_pool& from) : from_(from), memory_(from.take()) {}
        loan(const loan&) = delete;
        loan& operator=(const loan&) = delete;
        ~loan() { give_back(); }
        spantls::mutable_bytes memory() const { return memory_; }
        void give_back() {
            if (!memory_.empty()) from_.free_.push_back(std::exchange(memory_, {}));
        }

    private:
        workspace_pool& from_;
        spantls::mutable_bytes memory_;
    };

private:
    spantls::mutable_bytes take() {
        const spantls::mutable_bytes one = free_.back();
        free_.pop_back();
        most_used_ = std::max(most_used_, memory_.size() - free_.size());
        return one;
    }

    std::vector<std::array<std::uint8_t, Size>> memory_;
    std::vector<spantls::mutable_bytes> free_;
    std::size_t most_used_ = 0;
};

/// SIGINT and SIGTERM, to be waited for like everything else.
class stop_signals {
public:
    stop_signals() {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        if (::sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) fail("sigprocmask");
        fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
        if (fd_ < 0) fail("signalfd");
    }
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;
    ~stop_signals() { ::close(fd_); }
    int fd() const { return fd_; }
    void take() {
        signalfd_siginfo which;
        if (::read(fd_, &which, sizeof which) < 0) fail("signalfd");
    }

private:
    int fd_;
};

/// epoll, level-triggered: events carry the descriptor.
class poller {
public:
    poller() {
        if (fd_ < 0) fail("epoll");
    }
    poller(const poller&) = delete;
    poller& operator=(const poller&) = delete;
    ~poller() { ::close(fd_); }

    void add(int fd, std::uint32_t events) { control(EPOLL_CTL_ADD, fd, events); }
    void change(int fd, std::uint32_t events) { control(EPOLL_CTL_MOD, fd, events); }
    /// Milliseconds, or -1 for as long as it takes. Empty when nothing came in time.
    std::span<const epoll_event> wait(int patience) {
        int count = -1;
        do count = ::epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), patience);
        while (count < 0 && errno == EINTR);
        if (count < 0) fail("epoll_wait");
        return std::span(events_).first(static_cast<std::size_t>(count));
    }

private:
    void control(int operation, int fd, std::uint32_t events) {
        epoll_event wanted{};
        wanted.events = events;
        wanted.data.fd = fd;
        if (::epoll_ctl(fd_, operation, fd, &wanted) != 0) fail("epoll_ctl");
    }

    const int fd_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::array<epoll_event, 64> events_{};
};

}  // namespace examples
