#include <spantls/handshake/outstanding_requests.hpp>

#include <set>

#include "support/catch.hpp"
#include "support/vectors.hpp"

TEST_CASE("contexts are all different, even when the random bytes are not (section 4.4.2)") {
    spantls::outstanding_requests requests;
    const std::array<std::uint8_t, spantls::outstanding_requests::random_size> same{1, 2, 3};
    std::set<test::buffer> seen;
    for (std::size_t i = 0; i < 1000; ++i) {
        const test::buffer context = test::copy(requests.add(same));
        CHECK(context.size() == spantls::outstanding_requests::context_size);
        CHECK(test::buffer(context.begin() + 4, context.end()) == test::copy(same));
        seen.insert(context);
        if (requests.full()) requests.remove(i % spantls::max_outstanding_requests);
    }
    CHECK(seen.size() == 1000);
}

TEST_CASE("a request is found by all of its context, until it is answered") {
    spantls::outstanding_requests requests;
    const std::array<std::uint8_t, spantls::outstanding_requests::random_size> random{9};
    std::vector<test::buffer> contexts;
    CHECK(requests.empty());
    while (!requests.full()) contexts.push_back(test::copy(requests.add(random)));
    CHECK(requests.size() == spantls::max_outstanding_requests);
    for (std::size_t i = 0; i < contexts.size(); ++i) CHECK(requests.find(contexts[i]) == i);
    CHECK(requests.find({}) == requests.size());
    test::buffer shorter = contexts[0], longer = contexts[0];
    shorter.pop_back();
    longer.push_back(0);
    CHECK(requests.find(shorter) == requests.size());
    CHECK(requests.find(longer) == requests.size());
    requests.remove(requests.find(contexts[0]));
    CHECK(requests.find(contexts[0]) == requests.size());
    for (std::size_t i = 1; i < contexts.size(); ++i) CHECK(requests.find(contexts[i]) < requests.size());
    requests.add(random);
    requests.take_back();
    CHECK(requests.size() == spantls::max_outstanding_requests - 1);
}
