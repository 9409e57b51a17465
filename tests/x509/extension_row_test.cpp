#include <spantls/x509/extension_row.hpp>

#include <vector>

#include "support/catch.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::operator+;

namespace {

struct outcome {
    std::vector<std::uint8_t> seen;  // the last number of each, and 100 more when it is critical
    bool few = false, good = false;
};
outcome read(const bytes& row) {
    outcome it;
    x509::der_reader from(row);
    it.few = x509::detail::read_extension_row(
        from, [&it](bytes_view id, bool critical, bytes_view value, x509::der_reader& rest) {
            it.seen.push_back(static_cast<std::uint8_t>(id.back() + (critical ? 100 : 0)));
            if (!value.empty()) rest.fail();
        });
    it.good = from.finished();
    return it;
}
bytes one(std::uint8_t number, const bytes& critical = {}, const bytes& value = {4, 0}) {
    return test::sequence({{6, 3, 0x55, 0x1d, number}, critical, value});
}

}  // namespace

TEST_CASE("extension_row: each once, in order, until somebody does not like one") {
    const outcome good = read(test::sequence({one(1), one(2, {1, 1, 0xff})}));
    CHECK((good.few && good.good));
    CHECK(good.seen == std::vector<std::uint8_t>{1, 102});
    const outcome disliked = read(test::sequence({one(1), one(2, {}, {4, 1, 0}), one(3)}));
    CHECK((disliked.few && !disliked.good));
    CHECK(disliked.seen == std::vector<std::uint8_t>{1, 2});
}

TEST_CASE("extension_row: what is not one") {
    const bytes rows[] = {
        {},
        {0x30, 0},
        test::tlv(0x31, one(1)),
        test::sequence({one(1), one(2), one(1)}),
        test::sequence({one(1, {1, 1, 0})}),  // a default that is written
        test::sequence({one(1, {1, 1, 1})}),
        test::sequence({one(1, {}, {3, 0})}),
        test::sequence({one(1, {}, {4, 0, 5, 0})}),
        test::sequence({test::sequence({{6, 0}, {4, 0}})}),
        test::sequence({one(1)}) + bytes{0},
    };
    for (const bytes& row : rows) CHECK_FALSE(read(row).good);
}

TEST_CASE("extension_row: no more than are looked at") {
    bytes row;
    for (std::uint8_t n = 1; n <= x509::max_extensions; ++n) row = row + one(n);
    CHECK((read(test::sequence({row})).few && read(test::sequence({row})).good));
    CHECK_FALSE(read(test::sequence({row, one(99)})).few);
}

TEST_CASE("extension_row: numbers of the standard") {
    CHECK(x509::detail::standard_extension(bytes{0x55, 0x1d, 20}) == 20);
    CHECK(x509::detail::standard_extension(bytes{0x55, 0x1d, 64}) == 0);
    CHECK(x509::detail::standard_extension(bytes{0x55, 0x1e, 20}) == 0);
    CHECK(x509::detail::standard_extension(bytes{0x55, 0x1d, 20, 1}) == 0);
    CHECK(x509::detail::standard_extension({}) == 0);
}
