// Times of several contestants that take turns, so that what the machine does meanwhile meets all of them alike.
#pragma once

#include <ctime>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

namespace bench {

/// CPU time of this thread: other programs on the machine do not count.
inline double now() noexcept {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Does a small piece of work, and returns the seconds that it took: in two parts, if it has two.
using times = std::array<double, 2>;
using contestant = std::function<times()>;

/// A few at a time.
template <class Run>
contestant timed(Run run) {
    constexpr int turn = 8;
    return [run] {
        const double begin = now();
        for (int i = 0; i < turn; ++i) run();
        return times{(now() - begin) / turn, 0};
    };
}

inline double median(std::vector<double> of) {
    std::sort(of.begin(), of.end());
    return of[of.size() / 2];
}

/// How much is measured.
struct effort {
    int rounds;
    double seconds;  ///< for one contestant in one round, or a little more
};

/// For each contestant and part of the work: seconds for one piece, and how many times as long as the first's it is.
/// Both are medians over the rounds.
struct result {
    std::vector<times> seconds;
    std::vector<times> ratio;
};

inline result compare(effort much, const std::vector<contestant>& contestants) {
    const std::size_t count = contestants.size();
    std::vector<std::array<std::vector<double>, 2>> seconds(count), ratio(count);
    for (int round = 0; round < much.rounds; ++round) {
        std::vector<times> sum(count);
        int pieces = 0;
        for (double spent = 0; spent < much.seconds * static_cast<double>(count); ++pieces) {
            for (std::size_t i = 0; i < count; ++i) {
                const times took = contestants[i]();
                for (std::size_t part = 0; part < took.size(); ++part) sum[i][part] += took[part];
                spent += took[0] + took[1];
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t part = 0; part < sum[i].size(); ++part) {
                seconds[i][part].push_back(sum[i][part] / pieces);
                ratio[i][part].push_back(sum[0][part] == 0 ? 0 : sum[i][part] / sum[0][part]);
            }
        }
    }
    result all;
    for (std::size_t i = 0; i < count; ++i) {
        all.seconds.push_back({median(seconds[i][0]), median(seconds[i][1])});
        all.ratio.push_back({median(ratio[i][0]), median(ratio[i][1])});
    }
    return all;
}

}  // namespace bench
