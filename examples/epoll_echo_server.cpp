// An echo server for many connections on one thread: epoll, the full-duplex driver, and a pool of workspaces that only
// those connections use which are in their handshake. Nobody is waited for: a client that does not read is not read
// from either, and the others do not notice.
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <spantls/drivers/answers.hpp>
#include <spantls/drivers/full_duplex.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/server.hpp>

#include "support/options.hpp"
#include "support/pem.hpp"
#include "support/tcp.hpp"

namespace {

using namespace examples;
using server = spantls::server<spantls::sodium>;
using spantls::errc;
using spantls::what;

constexpr const char* usage =
    "epoll_echo_server --cert FILE --key FILE [--port N] [--handshakes N]\n"
    "    --handshakes    how many may be under way at the same time (64)\n";

/// Workspaces, lent to connections for their handshakes.
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

    std::vector<std::array<std::uint8_t, server::workspace_size>> memory_;
    std::vector<spantls::mutable_bytes> free_;
    std::size_t most_used_ = 0;
};

using credentials = spantls::credentials<spantls::sodium::ed25519_key>;

/// One connection: what comes in goes out again.
class session {
public:
    session(tcp_socket socket, spantls::sodium& crypto, const spantls::server_config& config, workspace_pool& pool,
            const credentials& own)
        : socket_(std::move(socket)), own_(own), workspace_(pool), tls_(crypto, config, workspace_.memory()) {
        socket_.do_not_block();
    }

    /// Does all that can be done now. Returns what to wait for; nothing when it is over.
    std::uint32_t run(std::uint32_t events) {
        constexpr std::uint32_t lost = EPOLLERR | EPOLLHUP;
        if ((events & (EPOLLIN | lost)) != 0) {
            if (!io_.wants().read && (events & lost) != 0) return 0;
            if (io_.wants().read && !read()) return 0;
        }
        while (step() || echo() || write()) {
        }
        if (broken_) return 0;
        if (!tls_.take_workspace().empty()) workspace_.give_back();
        const spantls::wants now = io_.wants();
        return (now.read ? EPOLLIN : 0u) | (now.write ? EPOLLOUT : 0u);
    }
    /// Says that nothing more will come; the client has the last word.
    std::uint32_t close() { return tls_.close() == errc::none ? run(0) : 0; }

    std::size_t echoed() const { return echoed_; }
    errc error() const { return tls_.error(); }

private:
    bool read() {
        const std::ptrdiff_t got = socket_.read(io_.space());
        if (got > 0) io_.received(static_cast<std::size_t>(got));
        if (got == 0) io_.end_of_input();
        return got >= 0 || errno == EAGAIN;
    }
    bool write() {
        const spantls::bytes_view pending = io_.pending();
        if (pending.empty() || broken_) return false;
        const std::ptrdiff_t sent = socket_.write(pending);
        if (sent > 0) io_.sent(static_cast<std::size_t>(sent));
        broken_ = sent <= 0 && errno != EAGAIN;
        return sent > 0;
    }
    /// What a step shows stays until the next one, so that one waits until all of it has been echoed.
    bool step() {
        if (!rest_.empty()) return false;
        const auto step = io_.next();
        if (!step) return io_.wants().close && tls_.close() == errc::none;
        if (step->is_question()) answer(tls_, *step, own_);
        if (step->what == what::need_workspace) tls_.abort();  // nobody should send us so long a message
        if (step->what == what::application_data) rest_ = step->data;
        return true;
    }
    bool echo() {
        if (rest_.empty()) return false;
        const spantls::output taken = io_.send(rest_);
        if (taken.error == errc::write_closed || taken.error == errc::connection_failed) rest_ = {};
        rest_ = rest_.subspan(taken.consumed);
        echoed_ += taken.consumed;
        return taken.consumed > 0;
    }

    tcp_socket socket_;
    credentials own_;
    workspace_pool::loan workspace_;
    std::array<std::uint8_t, spantls::max_record> input_, output_;
    server tls_;
    spantls::full_duplex<server> io_{tls_, input_, output_};
    spantls::bytes_view rest_;  // of what is being echoed; it lies in input_
    std::size_t echoed_ = 0;
    bool broken_ = false;
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
    ~stop_signals() { ::close(fd_); }
    int fd() const { return fd_; }
    void take() {
        signalfd_siginfo which;
        if (::read(fd_, &which, sizeof which) < 0) fail("signalfd");
    }

private:
    int fd_;
};

class echo_server {
public:
    explicit echo_server(const options& chosen)
        : own_(chosen.required("--cert"), chosen.required("--key")),
          listening_(listen_on(chosen.value("--port", "0"))),
          pool_(static_cast<std::size_t>(std::max(1L, chosen.number("--handshakes", 64)))) {
        if (epoll_ < 0) fail("epoll");
        listening_.do_not_block();
        watch(EPOLL_CTL_ADD, listening_.fd(), EPOLLIN);
        watch(EPOLL_CTL_ADD, stop_.fd(), EPOLLIN);
        std::printf("listening on 127.0.0.1:%s, key with SHA-256 %s\n", listening_.port().c_str(),
                    spki_hash_of(own_.chain[0]).c_str());
        std::fflush(stdout);
    }
    ~echo_server() { ::close(epoll_); }

    void run() {
        while (!stopping_ || !sessions_.empty()) {
            std::array<epoll_event, 64> events;
            const int count =
                ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), stopping_ ? 5000 : -1);
            if (count < 0 && errno != EINTR) fail("epoll_wait");
            if (count == 0) break;  // who has not said goodbye by now will not
            for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
            accept_as_there_is_room();
        }
        std::printf("%zu connections, at most %zu at once, %zu of them failed; %zu bytes echoed; %zu workspaces used\n",
                    accepted_, most_sessions_, failed_, echoed_, pool_.most_used());
    }

private:
    void watch(int operation, int fd, std::uint32_t events) {
        epoll_event wanted{};
        wanted.events = events;
        wanted.data.fd = fd;
        if (::epoll_ctl(epoll_, operation, fd, &wanted) != 0) fail("epoll_ctl");
    }

    void handle(const epoll_event& event) {
        if (event.data.fd == stop_.fd()) return stop();
        if (event.data.fd == listening_.fd()) return accept();
        const auto found = sessions_.find(event.data.fd);
        if (found != sessions_.end()) go_on(found, found->second->run(event.events));
    }

    using sessions = std::map<int, std::unique_ptr<session>>;

    sessions::iterator go_on(sessions::iterator at, std::uint32_t events) {
        if (events != 0) {
            watch(EPOLL_CTL_MOD, at->first, events);
            return std::next(at);
        }
        echoed_ += at->second->echoed();
        failed_ += at->second->error() != errc::none;
        return sessions_.erase(at);
    }

    void accept() {
        tcp_socket socket(::accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) return;  // it has gone away again
        socket.send_at_once();
        const int fd = socket.fd();
        sessions_[fd] =
            std::make_unique<session>(std::move(socket), crypto_, config_, pool_, credentials(own_.chain, own_.key));
        watch(EPOLL_CTL_ADD, fd, EPOLLIN);
        ++accepted_;
        most_sessions_ = std::max(most_sessions_, sessions_.size());
    }
    /// As long as all workspaces are in use, new connections wait in the backlog.
    void accept_as_there_is_room() {
        const bool accepting = !stopping_ && !pool_.empty();
        if (accepting != accepting_) watch(EPOLL_CTL_MOD, listening_.fd(), accepting ? EPOLLIN : 0u);
        accepting_ = accepting;
    }

    void stop() {
        stop_.take();
        if (std::exchange(stopping_, true)) return sessions_.clear();  // asked for the second time
        for (auto at = sessions_.begin(); at != sessions_.end();) at = go_on(at, at->second->close());
    }

    const certificate_and_key own_;
    const spantls::server_config config_{};
    spantls::sodium crypto_;
    stop_signals stop_;
    tcp_socket listening_;
    workspace_pool pool_;
    const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    sessions sessions_;
    bool stopping_ = false, accepting_ = true;
    std::size_t accepted_ = 0, failed_ = 0, most_sessions_ = 0, echoed_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
    const options chosen(argc, argv, usage, {"--cert", "--key", "--port", "--handshakes"});
    echo_server(chosen).run();
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
