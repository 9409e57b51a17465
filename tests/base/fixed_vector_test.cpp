#include <spantls/base/fixed_vector.hpp>

#include <span>
#include <string_view>

#include "support/catch.hpp"

using spantls::fixed_vector;

namespace {

constexpr fixed_vector<int, 4> three{1, 2, 3};
static_assert(three.size() == 3 && !three.empty() && !three.overflowed());
static_assert(three.contains(2) && !three.contains(4) && !three.contains(0));  // unused places are not elements
static_assert(fixed_vector<int, 2>{1, 2, 3}.overflowed());
static_assert(fixed_vector<int, 0>{}.empty());

}  // namespace

TEST_CASE("elements stay in the order in which they came") {
    fixed_vector<int, 3> v;
    CHECK(v.empty());
    CHECK(v.push_back(5));
    CHECK(v.push_back(6));
    REQUIRE(v.size() == 2);
    CHECK(v[0] == 5);
    CHECK(v[1] == 6);
    int sum = 0;
    for (const int item : v) sum += item;
    CHECK(sum == 11);
    v[0] = 7;
    CHECK(v.contains(7));
}

TEST_CASE("what does not fit is not stored and not forgotten") {
    fixed_vector<int, 2> v{1, 2};
    CHECK_FALSE(v.overflowed());
    CHECK_FALSE(v.push_back(3));
    CHECK(v.overflowed());
    CHECK(v.size() == v.capacity());
    CHECK_FALSE(v.contains(3));
    v.clear();
    CHECK(v.empty());
    CHECK_FALSE(v.overflowed());
    CHECK(v.push_back(3));
}

TEST_CASE("a vector is a span of what it holds") {
    const fixed_vector<std::string_view, 4> names{"h2", "mqtt"};
    const std::span<const std::string_view> span(names);
    REQUIRE(span.size() == 2);
    CHECK(span[1] == "mqtt");
    CHECK(span.data() == names.data());
    CHECK(names.end() - names.begin() == 2);
}

TEST_CASE("no capacity holds nothing") {
    fixed_vector<int, 0> v;
    CHECK_FALSE(v.push_back(1));
    CHECK(v.overflowed());
    CHECK(v.begin() == v.end());
}
