#include <spantls/wire/certificate_filters.hpp>

#include <array>
#include <vector>

#include "support/catch.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::oid_filter;
using test::buffer;
using test::unhex;

namespace {

bool any_purpose(const std::string& oid, const std::string& values) {
    const buffer id = unhex(oid), content = unhex(values);
    return spantls::asks_for_any_purpose({id, content});
}

}  // namespace

TEST_CASE("nobody may ask for anyExtendedKeyUsage (section 4.3.5)") {
    // id-kp-clientAuth alone; behind it anyExtendedKeyUsage; alone; with a long form of the length.
    CHECK_FALSE(any_purpose("551d25", "300a06082b06010505070302"));
    CHECK(any_purpose("551d25", "301006082b060105050703020604551d2500"));
    CHECK(any_purpose("551d25", "30060604551d2500"));
    CHECK(any_purpose("0603551d25", "3081060604551d2500"));
    // Of another extension the values are its own affair; and what is cut off says nothing.
    CHECK_FALSE(any_purpose("551d0f", "30060604551d2500"));
    CHECK_FALSE(any_purpose("551d25", "30060604551d25"));
    CHECK_FALSE(any_purpose("551d25", ""));
    CHECK_FALSE(any_purpose("551d25", "30ff"));
}

TEST_CASE("no OID twice, and not more of them than the limit (section 4.3.5)") {
    std::array<buffer, spantls::max_oid_filters + 1> oids;
    std::vector<oid_filter> filters;
    CHECK(spantls::sound_filters(filters));
    for (std::size_t i = 0; i < oids.size(); ++i) {
        oids[i] = {0x55, 0x1d, static_cast<std::uint8_t>(i)};
        filters.push_back({oids[i], {}});
        CHECK(spantls::sound_filters(filters) == (i < spantls::max_oid_filters));
    }
    filters.resize(3);
    const buffer value{1};
    filters.push_back({oids[0], value});
    CHECK_FALSE(spantls::sound_filters(filters));
}

TEST_CASE("both lists are written in the size that was said (sections 4.3.4 and 4.3.5)") {
    const buffer one{0x30, 0}, two{0x30, 1, 0x31};
    const std::vector<bytes_view> names{one, two};
    std::array<std::uint8_t, 64> memory;
    spantls::writer to(memory);
    spantls::write_authorities(to, names);
    CHECK(test::hex(to.written()) ==
          "0009"
          "00023000"
          "0003300131");
    CHECK(to.written().size() == spantls::authorities_size(names));
    const std::vector<oid_filter> filters{{one, two}, {two, {}}};
    spantls::writer next(memory);
    spantls::write_oid_filters(next, filters);
    CHECK(test::hex(next.written()) ==
          "000e"
          "0230000003300131"
          "033001310000");
    CHECK(next.written().size() == spantls::oid_filters_size(filters));
}
