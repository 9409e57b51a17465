// Catch2, version 2 or 3, and skipping in a form that works with both.
//
//   TEST_CASE("...") {
//       if (!found) return test::skip("no vectors at ...");
#pragma once

#include <string>
#include <utility>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

namespace test {

/// Why the running test case cannot be judged here; empty when it can.
inline std::string skip_reason;

/// Marks the running test case as skipped. It is counted and printed as such, unless it fails before it returns.
inline void skip(std::string reason) {
    SUCCEED(reason);  // a case without any assertion would fail
    skip_reason = std::move(reason);
}

}  // namespace test
