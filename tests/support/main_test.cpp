// What the main of all test binaries makes of a case that asserts nothing: this binary runs its hidden cases.
#include <array>
#include <climits>
#include <cstdio>
#include <string>

#include <unistd.h>

#include "support/catch.hpp"

namespace {

struct outcome {
    std::string printed;
    int status;
};

/// Runs one case of this binary, with TAP.
outcome run_hidden(const std::string& name) {
    std::array<char, PATH_MAX> path{};
    REQUIRE(readlink("/proc/self/exe", path.data(), path.size() - 1) > 0);
    const std::string command = "SPANTLS_TAP=1 '" + std::string(path.data()) + "' '" + name + "' 2>/dev/null";
    std::FILE* const pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    outcome found;
    std::array<char, 500> some{};
    while (std::fgets(some.data(), static_cast<int>(some.size()), pipe) != nullptr) found.printed += some.data();
    found.status = pclose(pipe);
    return found;
}

}  // namespace

TEST_CASE("hidden: asserts nothing", "[.]") {}
TEST_CASE("hidden: asserts something", "[.]") { CHECK(true); }
TEST_CASE("hidden: asserts something that is wrong", "[.]") { CHECK(false); }
TEST_CASE("hidden: skipped", "[.]") { return test::skip("why not"); }
TEST_CASE("hidden: a section asserts nothing", "[.]") {
    SECTION("one") { CHECK(true); }
    SECTION("two") {}
}

TEST_CASE("a case that asserts nothing fails") {
    const outcome nothing = run_hidden("hidden: asserts nothing");
    CHECK(nothing.printed == "not ok 1 - hidden: asserts nothing\n1..1\n");
    CHECK(nothing.status != 0);
    const outcome in_section = run_hidden("hidden: a section asserts nothing");
    CHECK(in_section.printed == "not ok 1 - hidden: a section asserts nothing\n1..1\n");
    CHECK(in_section.status != 0);
}

TEST_CASE("a case that asserts something is judged by that, and one that is skipped does not fail") {
    const outcome right = run_hidden("hidden: asserts something");
    CHECK(right.printed == "ok 1 - hidden: asserts something\n1..1\n");
    CHECK(right.status == 0);
    const outcome wrong = run_hidden("hidden: asserts something that is wrong");
    CHECK(wrong.printed == "not ok 1 - hidden: asserts something that is wrong\n1..1\n");
    CHECK(wrong.status != 0);
    const outcome skipped = run_hidden("hidden: skipped");
    CHECK(skipped.printed == "ok 1 - hidden: skipped # SKIP why not\n1..1\n");
    CHECK(skipped.status == 0);
}
