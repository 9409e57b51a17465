#include <spantls/providers/portable/limbs.hpp>

#include <array>
#include <utility>

#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace portable = spantls::portable;
using portable::integer_pair;

namespace {

/// `count`: 3, or the row of what is below.
template <class Limb, class Count>
void check_arithmetic(Count count) {
    constexpr Limb most = static_cast<Limb>(-1);
    std::array<Limb, 3> a{most, most, most};
    const std::array<Limb, 3> one{1, 0, 0};
    CHECK(portable::add(a.data(), a.data(), one.data(), count) == 1);
    CHECK(a == std::array<Limb, 3>{});
    CHECK(portable::subtract(a.data(), a.data(), one.data(), count) == 1);
    CHECK(a == std::array<Limb, 3>{most, most, most});
    // (b^3 - 1) + (b^3 - 1) * (b - 1) is b^4 - b: zero in the limb below, and nothing is lost above.
    const std::array<Limb, 3> all = a;
    CHECK(portable::add_product(a.data(), all.data(), count, most) == most);
    CHECK(a == std::array<Limb, 3>{0, most, most});
}

template <class Limb>
void check_limbs() {
    constexpr Limb most = static_cast<Limb>(-1);
    check_arithmetic<Limb>(std::size_t{3});
    check_arithmetic<Limb>(std::make_index_sequence<3>());
    const std::array<Limb, 3> one{1, 0, 0}, all{most, most, most};
    CHECK(portable::less(one.data(), all.data(), 3));
    CHECK_FALSE(portable::less(all.data(), all.data(), 3));
    for (Limb odd = 1; odd < 1000; odd = static_cast<Limb>(odd + 2))
        CHECK(static_cast<Limb>(odd * portable::negated_inverse(odd)) == most);
    CHECK(static_cast<Limb>(most * portable::negated_inverse(most)) == most);

    std::array<Limb, 2> number{};
    const test::buffer longest(sizeof number, 0xa5);
    test::buffer padded(3);
    padded.insert(padded.end(), longest.begin(), longest.end());
    CHECK(portable::load(padded, number.data(), 2));
    test::buffer out(sizeof number);
    portable::store(number.data(), out);
    CHECK(out == longest);
    padded[2] = 1;
    CHECK_FALSE(portable::load(padded, number.data(), 2));
    CHECK(portable::load({}, number.data(), 2));
    CHECK(number == std::array<Limb, 2>{});
    const test::buffer five = test::unhex("0102030405");
    CHECK(portable::load(five, number.data(), 2));
    portable::store(number.data(), out);
    CHECK(test::hex(out) == std::string(2 * (sizeof number - 5), '0') + "0102030405");
}

}  // namespace

TEST_CASE("limbs of 64 and of 32 bits carry, borrow, and come from bytes and back") {
    check_limbs<portable::native_limb>();
    check_limbs<std::uint32_t>();
}

TEST_CASE("two integers in DER, and nothing that only looks like them") {
    const auto good = [](const char* hex) { return integer_pair(test::unhex(hex)).good; };
    const test::buffer bytes = test::unhex("300702020080020105");
    const integer_pair read(bytes);
    REQUIRE(read.good);
    CHECK(test::hex(read.first) == "80");
    CHECK(test::hex(read.second) == "05");
    CHECK(good("3006020101020101"));
    const std::pair<const char*, const char*> refused[]{
        {"", "nothing"},
        {"30", "a tag alone"},
        {"3006020101020101ff", "something behind"},
        {"30090201010201010500", "a third value"},
        {"3003020101", "one integer"},
        {"3000", "none"},
        {"3106020101020101", "a SET"},
        {"3006030101020101", "a BIT STRING"},
        {"3006020101040101", "an OCTET STRING"},
        {"300702020001020101", "a zero too many in the first"},
        {"300702010102020001", "a zero too many in the second"},
        {"3006020100020101", "zero first"},
        {"3006020101020100", "zero second"},
        {"3006020181020101", "a negative one first"},
        {"30060201010201ff", "a negative one second"},
        {"30050200020101", "an empty one first"},
        {"30050201010200", "an empty one second"},
        {"308106020101020101", "a length too long"},
        {"30820006020101020101", "a length far too long"},
        {"30070281010102010101", "the length of an integer too long"},
        {"3080020101020101", "an indefinite length"},
        {"30800201010201010000", "an indefinite length with its end"},
        {"3083000006020101020101", "a length of three bytes"},
        {"3007020101020101", "longer than it is"},
        {"3005020101020101", "shorter than it is"},
        {"3006020101020201", "an integer longer than it is"},
    };
    for (const auto& [hex, why] : refused) {
        INFO(why);
        CHECK_FALSE(good(hex));
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(integer_pair(spantls::bytes_view(bytes).first(size)).good);
}
