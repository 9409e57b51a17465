// A web server for many connections on one thread: epoll, the full-duplex driver, HTTP/1.1 as http-parser reads it, and
// the files of one directory. What was negotiated it shows at /.well-known/session, and at / when there is no
// index.html.
//
// Try it:  build/examples/https_server DIRECTORY --cert C.pem --key K.pem --port 4433
//          build/examples/https_get -v --ca C.pem https://localhost:4433/
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <utility>

#include <spantls/drivers/answers.hpp>
#include <spantls/drivers/full_duplex.hpp>
#include <spantls/providers/openssl.hpp>
#include <spantls/server.hpp>

#include "support/any_key.hpp"
#include "support/event_loop.hpp"
#include "support/files.hpp"
#include "support/http.hpp"
#include "support/options.hpp"
#include "support/tcp.hpp"
#include "support/ticket_desk.hpp"
#include "support/web_page.hpp"

namespace {

using namespace examples;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using provider = spantls::openssl;
using server = spantls::server<provider>;
using spantls::bytes_view;
using spantls::errc;
using spantls::what;

constexpr const char* usage =
    "https_server DIRECTORY --cert PEM --key PEM [--listen ADDRESS] [--port N] [--handshakes N] [--connections N]\n"
    "    --cert         the certificate, and behind it those of its issuers\n"
    "    --key          Ed25519, ECDSA on P-256 or P-384, or RSA\n"
    "    --listen       127.0.0.1; 0.0.0.0 or :: is for everybody\n"
    "    --handshakes   how many may be under way at the same time (64)\n"
    "    --connections  how many may be open at the same time (1000)\n";

// How long a client may take: for its handshake, to say what it wants, to take something of what it is sent, and to
// leave. Whoever takes longer is left.
constexpr auto handshake_time = 10s, request_time = 60s, sending_time = 30s, leaving_time = 5s;
// For a handshake, when others wait for its workspace.
constexpr auto hurried_handshake_time = 2s;
// The bodies of requests mean nothing here.
constexpr std::size_t largest_request_body = 64 * 1024;
// Work for one connection before the others have their turn.
constexpr int turns = 200;

// With which a client comes back without certificates, each for one connection.
constexpr int tickets_for_each = 2;

using workspaces = workspace_pool<server::workspace_size>;
using tickets = ticket_desk<provider>;
using clerk = tickets::clerk<provider::signing_key>;

/// What is being sent: a head, and the body behind it.
struct answer {
    std::string text;  // the head, and a body that is no file
    file body;
    std::uint64_t offset = 0, size = 0;
    bool last = false;  // of its connection
};

/// One connection. Requests that come before their turn wait in the driver's input.
class session {
public:
    session(tcp_socket socket, provider& crypto, const spantls::server_config& config, workspaces& pool,
            const clerk& own, const tickets& desk, const file_tree& files)
        : socket_(std::move(socket)),
          own_(own),
          desk_(desk),
          files_(files),
          workspace_(pool),
          tls_(crypto, config, workspace_.memory()) {
        socket_.do_not_block();
        allow(handshake_time);
    }

    /// Does all that can be done now. Returns what to wait for; nothing when it is over.
    std::uint32_t run(std::uint32_t events) {
        constexpr std::uint32_t lost = EPOLLERR | EPOLLHUP;
        if ((events & (EPOLLIN | lost)) != 0) {
            if (!io_.wants().read && (events & lost) != 0) return 0;
            if (io_.wants().read && !read()) return 0;
        }
        int left = turns;
        while (left > 0 && (step() || listen() || speak() || write())) --left;
        if (broken_) return 0;
        if (tls_.connected() && !tls_.take_workspace().empty()) workspace_.give_back();
        const spantls::wants now = io_.wants();
        return (now.read ? EPOLLIN : 0u) | (now.write || left == 0 ? EPOLLOUT : 0u);
    }
    /// Says that nothing more will come, behind what is being said.
    std::uint32_t close() {
        if (!tls_.connected()) return 0;
        if (answering_)
            answer_.last = true;
        else
            leave();
        return run(0);
    }

    /// For those whose time is over: who is idle is told, the others have been given time enough.
    std::uint32_t give_up() { return leaving_ || answering_ ? 0 : close(); }

    steady_clock::time_point deadline(bool others_wait) const {
        const bool hurried = others_wait && !tls_.connected();
        return hurried ? deadline_ - (handshake_time - hurried_handshake_time) : deadline_;
    }
    std::size_t answered() const { return answered_; }
    errc error() const { return tls_.error(); }

private:
    void allow(std::chrono::seconds time) { deadline_ = steady_clock::now() + time; }
    void leave() {
        if (std::exchange(leaving_, true)) return;
        broken_ = tls_.close() != errc::none;
        allow(leaving_time);
    }

    bool read() {
        const std::ptrdiff_t got = socket_.read(io_.space());
        if (got > 0) io_.received(static_cast<std::size_t>(got));
        if (got == 0) io_.end_of_input();
        return got >= 0 || errno == EAGAIN;
    }
    bool write() {
        const bytes_view pending = io_.pending();
        if (pending.empty() || broken_) return false;
        const std::ptrdiff_t sent = socket_.write(pending);
        if (sent > 0) io_.sent(static_cast<std::size_t>(sent));
        if (sent > 0 && answering_) allow(sending_time);
        broken_ = sent <= 0 && errno != EAGAIN;
        return sent > 0;
    }

    /// What a step shows stays until the next one, so that one waits until all of it has been read.
    bool step() {
        if (!unread_.empty() || answering_) return false;
        const auto step = io_.next();
        if (!step) {
            if (!io_.wants().close || leaving_) return false;
            leave();
            return true;
        }
        switch (step->what) {
            case what::find_psk:
            case what::client_hello: server_name_ = step->hello().server_name; break;
            case what::sign: scheme_ = step->signing().scheme; break;
            case what::handshake_done:
                for (int i = 0; i < tickets_for_each; ++i) desk_.give(tls_, io_, server_name_, own_.since());
                allow(request_time);
                break;
            case what::application_data:
                if (!leaving_) unread_ = step->data;
                break;
            case what::need_workspace: tls_.abort(); break;  // nobody should send us so long a message
            default: break;
        }
        if (step->is_question()) spantls::answer(tls_, *step, own_);
        return true;
    }

    /// Reads requests until one is complete.
    bool listen() {
        if (unread_.empty() || answering_) return false;
        unread_ = unread_.subspan(request_.read(spantls::as_text(unread_)));
        if (request_.failed()) {
            refuse(400);
        } else if (body_size_ > largest_request_body) {
            refuse(413);
        } else if (request_.complete()) {
            answer_request();
        }
        return true;
    }

    void answer_request() {
        // What follows may be another protocol, or a body that was not read as one.
        const bool last = !request_.keeps_alive() || request_.upgrades();
        const std::string_view method = request_.method();
        if (request_.is_http_1_1() && !request_.has("host")) return refuse(400);
        if (method != "GET" && method != "HEAD") return say(405, last, "Allow: GET, HEAD\r\n");
        http_parser_url parts;
        http_parser_url_init(&parts);
        const std::string& target = request_.target();
        if (http_parser_parse_url(target.data(), target.size(), 0, &parts) != 0) return refuse(400);
        const auto [offset, size] = parts.field_data[UF_PATH];
        const auto path = decode_path(std::string_view(target).substr(offset, size));
        if (!path) return say(400, last);
        if (*path == "/.well-known/session") return show_session(last);
        auto found = files_.open(*path);
        if (!found) return *path == "/" ? show_session(last) : say(404, last);
        // Not what was decoded: that may have bytes that no header may have.
        if (found->is_directory) return say(301, last, "Location: " + target.substr(offset, size) + "/\r\n");
        begin(200, last, found->type, found->size);
        if (method == "HEAD") return;
        answer_.body = std::move(found->content);
        answer_.size = found->size;
    }

    void show_session(bool last) {
        const std::array facts{
            fact{"protocol", "Protocol", "TLS 1.3"},
            fact{"suite", "Cipher suite", std::string(name_of(tls_.suite()))},
            fact{"group", "Key exchange", std::string(name_of(tls_.group()))},
            fact{"scheme", "Signature", tls_.psk_used() ? "none" : std::string(name_of(scheme_))},
            fact{"resumed", "Resumed", tls_.psk_used() ? "yes" : "no"},
            fact{"alpn", "Application protocol", tls_.protocol().empty() ? "none" : std::string(tls_.protocol())},
            fact{"name", "Server name", server_name_.empty() ? "none" : server_name_},
            fact{"requests", "Requests before this one", std::to_string(answered_)},
        };
        say(200, last, "Cache-Control: no-store\r\n", "text/html; charset=utf-8", page_of(facts));
    }

    /// The end, since nobody knows where the next request would begin.
    void refuse(unsigned status) {
        unread_ = {};
        say(status, true);
    }
    void say(unsigned status, bool last, const std::string& headers = {},
             std::string_view type = "text/plain; charset=utf-8", std::string text = {}) {
        if (text.empty()) text = std::to_string(status) + " " + std::string(reason_of(status)) + "\n";
        begin(status, last, type, text.size(), headers, text);
    }
    /// `size`: of the body, which is `text` or will be a file.
    void begin(unsigned status, bool last, std::string_view type, std::uint64_t size, const std::string& headers = {},
               std::string_view text = {}) {
        answer_ = {};
        answer_.last = last;
        answer_.text.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason_of(status));
        answer_.text.append("\r\nDate: ").append(http_date(std::time(nullptr)));
        answer_.text.append("\r\nContent-Type: ").append(type);
        answer_.text.append("\r\nContent-Length: ").append(std::to_string(size));
        answer_.text.append("\r\nX-Content-Type-Options: nosniff\r\n").append(headers);
        if (last)
            answer_.text.append("Connection: close\r\n");
        else if (!request_.is_http_1_1())
            answer_.text.append("Connection: keep-alive\r\n");
        answer_.text.append("\r\n");
        if (request_.method() != "HEAD") answer_.text.append(text);
        unsent_ = spantls::as_bytes(answer_.text);
        answering_ = true;
        allow(sending_time);
    }

    /// Gives the driver as much of the answer as it takes.
    bool speak() {
        if (!answering_ || broken_) return false;
        if (unsent_.empty() && !read_file()) return end_answer();
        const spantls::output taken = io_.send(unsent_);
        if (taken.error == errc::write_closed || taken.error == errc::connection_failed) return drop_answer();
        unsent_ = unsent_.subspan(taken.consumed);
        return taken.consumed > 0;
    }
    /// False at the end of the answer.
    bool read_file() {
        const std::uint64_t rest = std::min<std::uint64_t>(answer_.size - answer_.offset, chunk_.size());
        if (rest == 0) return false;
        const auto to = spantls::mutable_bytes(chunk_).first(static_cast<std::size_t>(rest));
        const std::size_t got = file_tree::read(answer_.body, answer_.offset, to);
        answer_.offset += got;
        if (got == 0) answer_.last = true;  // it has become shorter: the client sees that the end is not there
        unsent_ = to.first(got);
        return got != 0;
    }
    bool end_answer() {
        ++answered_;
        body_size_ = 0;
        request_.next();
        allow(request_time);
        if (answer_.last) leave();
        return drop_answer();
    }
    bool drop_answer() {
        if (leaving_ || tls_.error() != errc::none) unread_ = {};
        answering_ = false;
        answer_ = {};
        unsent_ = {};
        return true;
    }

    tcp_socket socket_;
    clerk own_;
    const tickets& desk_;
    const file_tree& files_;
    workspaces::loan workspace_;
    std::array<std::uint8_t, spantls::max_record> input_, output_;
    std::array<std::uint8_t, 16384> chunk_;  // of a file
    server tls_;
    spantls::full_duplex<server> io_{tls_, input_, output_};
    std::size_t body_size_ = 0;
    http_reader request_{HTTP_REQUEST, [this](std::string_view part) { body_size_ += part.size(); }};
    bytes_view unread_;  // of the requests; it lies in input_
    answer answer_;
    bytes_view unsent_;  // of the answer; it lies in its text or in chunk_
    std::string server_name_;
    spantls::signature_scheme scheme_{};
    steady_clock::time_point deadline_;
    std::size_t answered_ = 0;
    bool answering_ = false, leaving_ = false, broken_ = false;
};

class web_server {
public:
    explicit web_server(const options& chosen)
        : own_(chosen.required("--cert"), chosen.required("--key")),
          files_(chosen.words[0]),
          listening_(listen_on(chosen.value("--port", "0"), SOMAXCONN, chosen.value("--listen", "127.0.0.1"))),
          pool_(static_cast<std::size_t>(std::max(1L, chosen.number("--handshakes", 64)))),
          most_(std::min(static_cast<std::size_t>(std::max(1L, chosen.number("--connections", 1000))), descriptors())) {
        config_.alpn = {"http/1.1", "http/1.0"};
        config_.use_psk = true;
        listening_.do_not_block();
        epoll_.add(listening_.fd(), EPOLLIN);
        epoll_.add(stop_.fd(), EPOLLIN);
        std::printf("listening on %s port %s\n", chosen.value("--listen", "127.0.0.1").c_str(),
                    listening_.port().c_str());
        std::fflush(stdout);
    }

    void run() {
        while (!stopping_ || !sessions_.empty()) {
            for (const epoll_event& event : epoll_.wait(sessions_.empty() ? -1 : 1000)) handle(event);
            look_at_the_clock();
            accept_as_there_is_room();
        }
        std::printf("%zu connections, at most %zu at once, %zu of them failed; %zu answers; %zu workspaces used\n",
                    accepted_, most_sessions_, failed_, answered_, pool_.most_used());
    }

private:
    using sessions = std::map<int, std::unique_ptr<session>>;

    /// How many connections there are descriptors for, each with a file.
    static std::size_t descriptors() {
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("RLIMIT_NOFILE");
        return limit.rlim_cur < 100 ? 1 : static_cast<std::size_t>((limit.rlim_cur - 60) / 2);
    }

    void handle(const epoll_event& event) {
        if (event.data.fd == stop_.fd()) return stop();
        if (event.data.fd == listening_.fd()) return accept();
        const auto found = sessions_.find(event.data.fd);
        if (found != sessions_.end()) go_on(found, found->second->run(event.events));
    }
    sessions::iterator go_on(sessions::iterator at, std::uint32_t events) {
        if (events != 0) {
            epoll_.change(at->first, events);
            return std::next(at);
        }
        answered_ += at->second->answered();
        failed_ += at->second->error() != errc::none;
        return sessions_.erase(at);
    }

    void accept() {
        tcp_socket socket(::accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) return;  // it has gone away again
        socket.send_at_once();
        const int fd = socket.fd();
        sessions_[fd] = std::make_unique<session>(std::move(socket), crypto_, config_, pool_,
                                                  clerk(own_.chain, own_.key, tickets_), tickets_, files_);
        epoll_.add(fd, EPOLLIN);
        ++accepted_;
        most_sessions_ = std::max(most_sessions_, sessions_.size());
    }
    /// Until there is room again, new connections wait in the backlog.
    void accept_as_there_is_room() {
        const bool accepting = !stopping_ && !pool_.empty() && sessions_.size() < most_;
        if (accepting != accepting_) epoll_.change(listening_.fd(), accepting ? EPOLLIN : 0u);
        accepting_ = accepting;
    }

    void look_at_the_clock() {
        const auto now = steady_clock::now();
        if (now < next_look_) return;
        next_look_ = now + 1s;
        const bool others_wait = pool_.empty();
        for (auto at = sessions_.begin(); at != sessions_.end();)
            at = at->second->deadline(others_wait) < now ? go_on(at, at->second->give_up()) : std::next(at);
    }

    void stop() {
        stop_.take();
        if (std::exchange(stopping_, true)) return sessions_.clear();  // asked for the second time
        for (auto at = sessions_.begin(); at != sessions_.end();) at = go_on(at, at->second->close());
    }

    const certificate_and_any_key own_;
    const file_tree files_;
    spantls::server_config config_;
    provider crypto_;
    const tickets tickets_{crypto_};
    stop_signals stop_;
    tcp_socket listening_;
    workspaces pool_;
    const std::size_t most_;
    poller epoll_;
    sessions sessions_;
    steady_clock::time_point next_look_;
    bool stopping_ = false, accepting_ = true;
    std::size_t accepted_ = 0, failed_ = 0, most_sessions_ = 0, answered_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
    const options chosen(argc, argv, usage, {"--cert", "--key", "--listen", "--port", "--handshakes", "--connections"});
    if (chosen.words.size() != 1) options::end_with(usage);
    web_server(chosen).run();
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "https_server: %s\n", error.what());
    return 1;
}
