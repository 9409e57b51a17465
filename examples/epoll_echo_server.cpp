// An echo server for many connections on one thread: epoll, the full-duplex driver, and a pool of workspaces that only
// those connections use which are in their handshake. Nobody is waited for: a client that does not read is not read
// from either, and the others do not notice.
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <utility>

#include <spantls/drivers/answers.hpp>
#include <spantls/drivers/full_duplex.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/server.hpp>

#include "support/event_loop.hpp"
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

using workspaces = workspace_pool<server::workspace_size>;
using credentials = spantls::credentials<spantls::sodium::ed25519_key>;

/// One connection: what comes in goes out again.
class session {
public:
    session(tcp_socket socket, spantls::sodium& crypto, const spantls::server_config& config, workspaces& pool,
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
    workspaces::loan workspace_;
    std::array<std::uint8_t, spantls::max_record> input_, output_;
    server tls_;
    spantls::full_duplex<server> io_{tls_, input_, output_};
    spantls::bytes_view rest_;  // of what is being echoed; it lies in input_
    std::size_t echoed_ = 0;
    bool broken_ = false;
};

class echo_server {
public:
    explicit echo_server(const options& chosen)
        : own_(chosen.required("--cert"), chosen.required("--key")),
          listening_(listen_on(chosen.value("--port", "0"))),
          pool_(static_cast<std::size_t>(std::max(1L, chosen.number("--handshakes", 64)))) {
        listening_.do_not_block();
        epoll_.add(listening_.fd(), EPOLLIN);
        epoll_.add(stop_.fd(), EPOLLIN);
        std::printf("listening on 127.0.0.1:%s, key with SHA-256 %s\n", listening_.port().c_str(),
                    spki_hash_of(own_.chain[0]).c_str());
        std::fflush(stdout);
    }

    void run() {
        while (!stopping_ || !sessions_.empty()) {
            const auto events = epoll_.wait(stopping_ ? 5000 : -1);
            if (events.empty()) break;  // who has not said goodbye by now will not
            for (const epoll_event& event : events) handle(event);
            accept_as_there_is_room();
        }
        std::printf("%zu connections, at most %zu at once, %zu of them failed; %zu bytes echoed; %zu workspaces used\n",
                    accepted_, most_sessions_, failed_, echoed_, pool_.most_used());
    }

private:
    void handle(const epoll_event& event) {
        if (event.data.fd == stop_.fd()) return stop();
        if (event.data.fd == listening_.fd()) return accept();
        const auto found = sessions_.find(event.data.fd);
        if (found != sessions_.end()) go_on(found, found->second->run(event.events));
    }

    using sessions = std::map<int, std::unique_ptr<session>>;

    sessions::iterator go_on(sessions::iterator at, std::uint32_t events) {
        if (events != 0) {
            epoll_.change(at->first, events);
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
        epoll_.add(fd, EPOLLIN);
        ++accepted_;
        most_sessions_ = std::max(most_sessions_, sessions_.size());
    }
    /// As long as all workspaces are in use, new connections wait in the backlog.
    void accept_as_there_is_room() {
        const bool accepting = !stopping_ && !pool_.empty();
        if (accepting != accepting_) epoll_.change(listening_.fd(), accepting ? EPOLLIN : 0u);
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
    workspaces pool_;
    poller epoll_;
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
