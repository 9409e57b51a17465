// Another program, with pipes to its standard input and from its standard output and error.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/tcp.hpp"

extern char** environ;

namespace examples {

class child {
public:
    explicit child(std::vector<std::string> command) {
        int in[2], out[2];
        // Not to be inherited by the next child, which would keep them open.
        if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) fail("pipe");
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, out[1], STDERR_FILENO);
        std::vector<char*> words;
        for (std::string& word : command) words.push_back(word.data());
        words.push_back(nullptr);
        const int error = ::posix_spawnp(&pid_, words[0], &actions, nullptr, words.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        in_ = in[1];
        out_ = out[0];
        if (error != 0) {
            errno = error;
            pid_ = -1;
            fail(command[0]);
        }
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(in_);
        ::close(out_);
    }

    /// Types a line.
    void type(const std::string& line) {
        const std::string text = line + "\n";
        if (::write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("a child's input");
    }

    /// Waits until it has printed `text`; false when it does not, or not in time.
    bool prints(const std::string& text) {
        return wait_until([&] { return printed_.find(text) != printed_.npos; });
    }
    /// The rest of the first line that has `text` in it; empty when there is none.
    std::string prints_behind(const std::string& text) {
        std::size_t begin = 0, end = 0;
        const bool whole = wait_until([&] {
            begin = printed_.find(text);
            end = begin == printed_.npos ? begin : printed_.find('\n', begin);
            return end != printed_.npos;
        });
        return whole ? printed_.substr(begin + text.size(), end - begin - text.size()) : std::string();
    }

private:
    template <class Condition>
    bool wait_until(Condition met) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!met()) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            pollfd waiting{out_, POLLIN, 0};
            if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return false;
            char part[4096];
            const ssize_t got = ::read(out_, part, sizeof part);
            if (got <= 0) return false;
            printed_.append(part, static_cast<std::size_t>(got));
        }
        return true;
    }

    pid_t pid_ = -1;
    int in_ = -1, out_ = -1;
    std::string printed_;
};

}  // namespace examples
