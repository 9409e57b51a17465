// DER: every value read as everything that it could be, and written again.
#include <cstdio>
#include <string>
#include <vector>

#include <spantls/x509/der.hpp>

#include "support/target.hpp"

namespace {

using spantls::bytes_view;
using spantls::x509::der_reader;
using spantls::x509::der_tag;
using buffer = std::vector<std::uint8_t>;

/// The one way to write a value.
buffer encode(der_tag tag, bytes_view body) {
    buffer out{static_cast<std::uint8_t>(tag)};
    if (body.size() < 0x80) {
        out.push_back(static_cast<std::uint8_t>(body.size()));
    } else {
        buffer length;
        for (std::size_t rest = body.size(); rest != 0; rest >>= 8)
            length.insert(length.begin(), static_cast<std::uint8_t>(rest));
        out.push_back(static_cast<std::uint8_t>(0x80 | length.size()));
        out.insert(out.end(), length.begin(), length.end());
    }
    out.insert(out.end(), body.begin(), body.end());
    return out;
}

/// Seconds since 1970 as GeneralizedTime; for what time() returns, day by day from 1970 on or back.
std::string general_time(std::int64_t seconds) {
    std::int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) rest += 86400, --days;
    const auto leap = [](int y) { return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0); };
    int year = 1970;
    while (days < 0) days += leap(--year) ? 366 : 365;
    while (days >= (leap(year) ? 366 : 365)) days -= leap(year++) ? 366 : 365;
    const int lengths[] = {31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int month = 0;
    while (days >= lengths[month]) days -= lengths[month++];
    char text[40];
    std::snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", year, month + 1, static_cast<int>(days) + 1,
                  static_cast<int>(rest / 3600), static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
    return text;
}

/// Reads the value at the front of `all` with `read`; true when it could.
template <class Read>
bool reads(bytes_view all, Read read) {
    der_reader in(all);
    read(in);
    HOLDS(!in.failed() || in.rest().empty());
    return in.finished();
}

void check_value(bytes_view whole, der_tag tag, bytes_view body) {
    std::uint32_t number = 0;
    bytes_view bits;
    bool truth = false;
    std::int64_t time = 0;
    std::uint16_t named = 0;
    if (reads(whole, [&](der_reader& in) { truth = in.boolean(); })) {
        const std::uint8_t value[]{static_cast<std::uint8_t>(truth ? 0xff : 0)};
        HOLDS(spantls::equal_bytes(encode(der_tag::boolean, value), whole));
    }
    if (reads(whole, [&](der_reader& in) { number = in.small_integer(); }) && number != UINT32_MAX) {
        buffer value;
        for (std::uint32_t rest = number; rest != 0; rest >>= 8)
            value.insert(value.begin(), static_cast<std::uint8_t>(rest));
        if (value.empty() || value[0] >= 0x80) value.insert(value.begin(), 0);
        HOLDS(spantls::equal_bytes(encode(der_tag::integer, value), whole));
    }
    if (reads(whole, [&](der_reader& in) { bits = in.integer(); })) HOLDS(tag == der_tag::integer && !bits.empty());
    if (reads(whole, [&](der_reader& in) { bits = in.oid(); }))
        HOLDS(tag == der_tag::object_identifier && !bits.empty());
    if (reads(whole, [&](der_reader& in) { bits = in.bits(); }))
        HOLDS(bits.size() + 1 == body.size() && fuzz::inside(bits, whole));
    if (reads(whole, [&](der_reader& in) { named = in.named_bits(); })) {
        HOLDS(tag == der_tag::bit_string && body[0] <= 7);
        HOLDS(body.size() > 1 || named == 0);
    }
    if (reads(whole, [&](der_reader& in) { time = in.time(); })) {
        std::string text(body.begin(), body.end());
        if (tag == der_tag::utc_time) text.insert(0, text[0] >= '5' ? "19" : "20");
        HOLDS(general_time(time) == text);
    }
    reads(whole, [](der_reader& in) { in.flag(); });
}

void check_row(bytes_view row, int depth) {
    der_reader in(row);
    while (!in.empty()) {
        const bytes_view before = in.rest();
        const spantls::x509::der_element element = in.element();
        if (in.failed()) break;
        HOLDS(fuzz::inside(element.whole, row) && fuzz::inside(element.body, element.whole));
        HOLDS(element.whole.data() == before.data() && in.rest().size() + element.whole.size() == before.size());
        HOLDS(spantls::equal_bytes(encode(element.tag, element.body), element.whole));
        der_reader again(before);
        HOLDS(again.next_is(element.tag) && again.whole(element.tag).size() == element.whole.size());
        check_value(element.whole, element.tag, element.body);
        if (depth > 0 && (static_cast<unsigned>(element.tag) & 0x20) != 0) check_row(element.body, depth - 1);
    }
    if (in.failed()) HOLDS(in.empty() && !in.finished() && in.element().whole.empty() && in.time() == 0);
}

}  // namespace

FUZZ_TARGET(der) { check_row(input, 8); }
