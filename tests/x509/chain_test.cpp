#include <spantls/x509/chain.hpp>

#include <iterator>
#include <ranges>
#include <vector>

#include "support/catch.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::operator+;
using x509::chain_view;

static_assert(std::forward_iterator<chain_view::iterator>);
static_assert(std::ranges::forward_range<chain_view>);

namespace {

const bytes two_entries = {0, 0, 2, 0xaa, 0xab, 0, 0, 0, 0, 1, 0xbb, 0, 5, 0, 5, 0, 1, 0x77};

}  // namespace

TEST_CASE("chain: its entries, in order, where they lie") {
    const chain_view chain(two_entries);
    CHECK(chain.well_formed());
    CHECK_FALSE(chain.empty());
    const std::vector<x509::chain_entry> entries(chain.begin(), chain.end());
    REQUIRE(entries.size() == 2);
    CHECK(equal_bytes(entries[0].der, bytes{0xaa, 0xab}));
    CHECK(entries[0].extensions.empty());
    CHECK(equal_bytes(entries[1].der, bytes{0xbb}));
    CHECK(equal_bytes(entries[1].extensions, bytes{0, 5, 0, 1, 0x77}));
    CHECK(chain.front().der.data() == two_entries.data() + 3);
    CHECK(chain.begin()->der.data() == chain.front().der.data());
    CHECK(std::ranges::distance(chain) == 2);
    CHECK(chain.begin()++ == chain.begin());
    CHECK(++chain.begin() != chain.begin());
}

TEST_CASE("chain: nobody") {
    CHECK(chain_view().well_formed());
    CHECK(chain_view().empty());
    CHECK(chain_view().begin() == chain_view().end());
    CHECK(chain_view().front().der.empty());
}

TEST_CASE("chain: what is cut is not well formed, and the range ends before it") {
    for (std::size_t size = 1; size < two_entries.size(); ++size) {
        INFO("the first " << size << " bytes");
        const chain_view chain(bytes_view(two_entries).first(size));
        CHECK(chain.well_formed() == (size == 7));
        CHECK(std::ranges::distance(chain) == (size < 7 ? 0 : 1));
    }
    CHECK_FALSE(chain_view(two_entries + bytes{0}).well_formed());
}

TEST_CASE("chain: what RFC 9846, section 4.5.1, does not allow") {
    const bytes empty_certificate = {0, 0, 0, 0, 0};
    CHECK_FALSE(chain_view(empty_certificate).well_formed());
    CHECK(chain_view(empty_certificate).begin() == chain_view(empty_certificate).end());

    const bytes cut_extension_type = {0, 0, 1, 0xaa, 0, 1, 0};
    CHECK_FALSE(chain_view(cut_extension_type).well_formed());
    const bytes cut_extension = {0, 0, 1, 0xaa, 0, 4, 0, 5, 0, 1};
    CHECK_FALSE(chain_view(cut_extension).well_formed());
    const bytes rest_in_extensions = {0, 0, 1, 0xaa, 0, 5, 0, 5, 0, 0, 0};
    CHECK_FALSE(chain_view(rest_in_extensions).well_formed());
    const bytes extension_longer_than_the_list = {0, 0, 1, 0xaa, 0xff, 0xff};
    CHECK_FALSE(chain_view(extension_longer_than_the_list).well_formed());
    const bytes certificate_longer_than_the_list = {0xff, 0xff, 0xff, 0xaa, 0, 0};
    CHECK_FALSE(chain_view(certificate_longer_than_the_list).well_formed());
}

TEST_CASE("chain: a long certificate") {
    const bytes list = test::certificate_list({bytes(0x12345, 1), bytes(1, 2)});
    const chain_view chain(list);
    CHECK(chain.well_formed());
    CHECK(chain.front().der.size() == 0x12345);
    CHECK(std::ranges::distance(chain) == 2);
}
