// The one main of all test binaries. With SPANTLS_TAP in the environment every test case is one line of TAP on the
// standard output, and all that anything else prints goes to the standard error. A case, and a section of one, that
// asserts nothing has failed.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace {

#if defined(CATCH_VERSION_MAJOR) && CATCH_VERSION_MAJOR >= 3
using listener_base = Catch::EventListenerBase;
const std::string& name_of(const Catch::TestCaseStats& stats) { return stats.testInfo->name; }
#else
using listener_base = Catch::TestEventListenerBase;
const std::string& name_of(const Catch::TestCaseStats& stats) { return stats.testInfo.name; }
#endif

std::FILE* tap = nullptr;

/// '#' starts a directive in TAP, and a line is a line.
std::string plain(std::string text) {
    for (char& c : text)
        if (c == '#' || c == '\n') c = ' ';
    return text;
}

class tap_lines : public listener_base {
public:
    using listener_base::listener_base;

    void testCaseStarting(const Catch::TestCaseInfo&) override { test::skip_reason.clear(); }

    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        const bool passed = stats.totals.assertions.failed == 0 && stats.totals.testCases.failed == 0;
        std::string directive;
        if (passed && !test::skip_reason.empty()) directive = " # SKIP " + plain(test::skip_reason);
        const std::string name = plain(name_of(stats));
        if (tap == nullptr) {
            if (!directive.empty()) std::fprintf(stderr, "%s%s\n", name.c_str(), directive.c_str());
            return;
        }
        std::fprintf(tap, "%s %d - %s%s\n", passed ? "ok" : "not ok", ++count_, name.c_str(), directive.c_str());
        std::fflush(tap);
    }

    void testRunEnded(const Catch::TestRunStats&) override {
        if (tap == nullptr) return;
        std::fprintf(tap, "1..%d\n", count_);
        std::fflush(tap);
    }

private:
    int count_ = 0;
};
CATCH_REGISTER_LISTENER(tap_lines)

}  // namespace

int main(int argc, char* argv[]) {
    if (std::getenv("SPANTLS_TAP") != nullptr) {
        tap = fdopen(dup(STDOUT_FILENO), "w");
        dup2(STDERR_FILENO, STDOUT_FILENO);
    }
    Catch::Session session;
    session.configData().warnings = Catch::WarnAbout::NoAssertions;
    return session.run(argc, argv);
}
