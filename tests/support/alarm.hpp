// What the two-thread drivers leave to their users.
#pragma once

#include <condition_variable>
#include <mutex>

namespace test {

/// How a reader gets a writer up that has nothing to say.
class alarm {
public:
    void ring() {
        {
            const std::lock_guard lock(mutex_);
            rung_ = true;
        }
        changed_.notify_one();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return rung_; });
        rung_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool rung_ = false;
};

}  // namespace test
