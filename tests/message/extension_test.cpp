#include <spantls/message/extension.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::errc;
using spantls::extension_mask;
using spantls::extension_place;
using spantls::extension_set;
using spantls::extension_table;
using spantls::extension_type;

namespace {

constexpr std::array places{extension_place::client_hello,        extension_place::server_hello,
                            extension_place::hello_retry_request, extension_place::encrypted_extensions,
                            extension_place::certificate,         extension_place::certificate_request,
                            extension_place::new_session_ticket};

/// The RFC's table (section 4.3), and RFC 9849 for encrypted_client_hello.
struct rfc_row {
    int type;
    std::string places;
};
const std::vector<rfc_row> rfc_table{
    {0, "CH EE CR"},   {1, "CH EE"},     {5, "CH CR CT"},  {10, "CH EE"}, {13, "CH CR"},        {14, "CH EE"},
    {15, "CH EE"},     {16, "CH EE"},    {18, "CH CR CT"}, {19, "CH EE"}, {20, "CH EE"},        {21, "CH"},
    {27, "CH CR"},     {28, "CH EE"},    {34, "CH CR CT"}, {41, "CH SH"}, {42, "CH EE NST"},    {43, "CH SH HRR"},
    {44, "CH HRR"},    {45, "CH"},       {47, "CH CR"},    {48, "CR"},    {49, "CH"},           {50, "CH CR"},
    {51, "CH SH HRR"}, {52, "CH CR CT"}, {57, "CH EE"},    {58, "CH EE"}, {65037, "CH HRR EE"},
};

std::uint8_t bits(const std::string& places_of) {
    const std::vector<std::string> names{"CH", "SH", "HRR", "EE", "CT", "CR", "NST"};
    std::uint8_t all = 0;
    for (std::size_t at = 0; at < places_of.size();) {
        const std::size_t end = std::min(places_of.find(' ', at), places_of.size());
        for (std::size_t i = 0; i < names.size(); ++i)
            if (places_of.substr(at, end - at) == names[i]) all = static_cast<std::uint8_t>(all | 1u << i);
        at = end + 1;
    }
    return all;
}

void append(test::buffer& block, int type, const test::buffer& data) {
    for (const std::size_t number : {static_cast<std::size_t>(type), data.size()}) {
        block.push_back(static_cast<std::uint8_t>(number >> 8));
        block.push_back(static_cast<std::uint8_t>(number));
    }
    block.insert(block.end(), data.begin(), data.end());
}
test::buffer block_of(const std::vector<int>& types) {
    test::buffer block;
    for (const int type : types) append(block, type, {0xaa, 0xbb});
    return block;
}

extension_mask everything() {
    extension_mask all;
    for (const auto& row : extension_table) all.add(row.type);
    return all;
}

errc parse(const test::buffer& block, extension_place place, extension_mask offered = {}) {
    extension_set set;
    return set.parse(block, place, offered);
}

// At compile time, too.
constexpr std::array<std::uint8_t, 11> constant{0, 45, 0, 2, 1, 1, 0x0a, 0x0a, 0, 1, 0};
static_assert([] {
    extension_set set;
    return set.parse(constant, extension_place::client_hello, {}) == errc::none &&
           set.has(extension_type::psk_key_exchange_modes) && set[extension_type::psk_key_exchange_modes].size() == 2;
}());

constexpr int unknown = 0x0a0a;  // GREASE (RFC 8701)

}  // namespace

TEST_CASE("the extension table is the RFC's (sections 4.3 and 9.2)") {
    REQUIRE(extension_table.size() == rfc_table.size());
    for (std::size_t i = 0; i < rfc_table.size(); ++i) {
        INFO("extension " << rfc_table[i].type);
        CHECK(static_cast<int>(extension_table[i].type) == rfc_table[i].type);
        CHECK(extension_table[i].places == bits(rfc_table[i].places));
        CHECK(extension_mask::index_of(extension_table[i].type) == i);
    }
    CHECK(extension_mask::index_of(static_cast<extension_type>(unknown)) == extension_table.size());
}

TEST_CASE("every extension in every message: allowed, misplaced, unsolicited, twice") {
    for (const auto& row : extension_table) {
        const int type = static_cast<int>(row.type);
        for (const extension_place place : places) {
            INFO("extension " << type << " in message " << static_cast<int>(place));
            const test::buffer once = block_of({type});
            if ((row.places & static_cast<std::uint8_t>(place)) == 0) {
                CHECK(parse(once, place) == errc::misplaced_extension);
                CHECK(parse(once, place, everything()) == errc::misplaced_extension);
                continue;
            }
            CHECK(parse(once, place, everything()) == errc::none);
            const bool is_answer =
                place == extension_place::server_hello || place == extension_place::hello_retry_request ||
                place == extension_place::encrypted_extensions || place == extension_place::certificate;
            const bool cookie = row.type == extension_type::cookie && place == extension_place::hello_retry_request;
            // RFC 9345, section 4.1.1, has another alert for this one.
            const errc unsolicited = row.type == extension_type::delegated_credential ? errc::delegation_not_asked
                                                                                      : errc::unsolicited_extension;
            CHECK(parse(once, place) == (is_answer && !cookie ? unsolicited : errc::none));
            CHECK(parse(block_of({type, type}), place, everything()) == errc::duplicate_extension);
        }
    }
}

TEST_CASE("unknown extensions are ignored in requests and refused in answers (sections 4.2.2, 4.3 and 9.3)") {
    for (const extension_place place : places) {
        INFO("message " << static_cast<int>(place));
        const bool is_request = place == extension_place::client_hello ||
                                place == extension_place::certificate_request ||
                                place == extension_place::new_session_ticket;
        CHECK(parse(block_of({unknown}), place, everything()) ==
              (is_request ? errc::none : errc::unsolicited_extension));
        CHECK(parse(block_of({unknown, unknown}), place) ==
              (is_request ? errc::duplicate_extension : errc::unsolicited_extension));
        CHECK(parse({}, place) == errc::none);
    }
    CHECK(parse(block_of({unknown, 0xffff, 0x1a1a, 0xffff}), extension_place::client_hello) ==
          errc::duplicate_extension);
}

TEST_CASE("what was found is found again, and what was not is empty") {
    test::buffer block;
    append(block, 10, {1});
    append(block, unknown, {2, 2});
    append(block, 51, {});
    extension_set set;
    REQUIRE(set.parse(block, extension_place::client_hello, {}) == errc::none);
    CHECK(test::hex(set[extension_type::supported_groups]) == "01");
    CHECK(set.has(extension_type::key_share));
    CHECK(set[extension_type::key_share].empty());
    CHECK_FALSE(set.has(extension_type::cookie));
    CHECK(set[extension_type::cookie].empty());
    CHECK_FALSE(set.has(static_cast<extension_type>(unknown)));
    CHECK(set.last() == extension_type::key_share);
    append(block, unknown + 1, {});
    extension_set more;
    REQUIRE(more.parse(block, extension_place::client_hello, {}) == errc::none);
    CHECK(more.last() == static_cast<extension_type>(unknown + 1));
}

TEST_CASE("a block that is cut anywhere but between extensions is malformed") {
    const test::buffer block = block_of({10, 43, 51});
    for (std::size_t size = 0; size <= block.size(); ++size) {
        INFO(size);
        const test::buffer cut(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(parse(cut, extension_place::client_hello) == (size % 6 == 0 ? errc::none : errc::decode_error));
    }
    test::buffer too_long = block;
    too_long[3] = 0xff;
    CHECK(parse(too_long, extension_place::client_hello) == errc::decode_error);
}

TEST_CASE("extensions that nobody knows are ignored however many there are, and none may come twice") {
    // All the types that there are, in blocks as long as can be.
    for (int first = 0; first < 0x10000; first += 0x3ff0)
        for (const int stride : {1, -1}) {
            std::vector<int> types;
            for (int i = 0; i < 0x3ff0 && first + i < 0x10000; ++i)
                if (extension_mask::index_of(static_cast<extension_type>(first + i)) == extension_table.size())
                    types.push_back(first + i);
            if (stride < 0) std::reverse(types.begin(), types.end());
            types.push_back(51);
            test::buffer block;
            for (const int type : types) append(block, type, {});
            CHECK(parse(block, extension_place::client_hello) == errc::none);
            for (const std::size_t which : {std::size_t{0}, types.size() / 2, types.size() - 2, types.size() - 1}) {
                test::buffer last = block, first_of_all;
                append(last, types[which], {});
                CHECK(parse(last, extension_place::client_hello) == errc::duplicate_extension);
                append(first_of_all, types[which], {});
                first_of_all.insert(first_of_all.end(), block.begin(), block.end());
                CHECK(parse(first_of_all, extension_place::client_hello) == errc::duplicate_extension);
            }
        }
}

TEST_CASE("two of any type that nobody knows, with another between them (section 4.3)") {
    for (int type = 0; type < 0x10000; ++type) {
        if (extension_mask::index_of(static_cast<extension_type>(type)) != extension_table.size()) continue;
        const bool once = parse(block_of({type, 51}), extension_place::client_hello) == errc::none;
        const bool twice =
            parse(block_of({type, 51, type}), extension_place::client_hello) == errc::duplicate_extension;
        if (!once || !twice) FAIL(type);
    }
    SUCCEED();
}

TEST_CASE("an extension is written with its type and its length") {
    test::buffer out(16);
    spantls::writer to(out);
    spantls::write_extension(to, extension_type::key_share, [&] { to.u16(0x001d); });
    CHECK(test::hex(to.written()) == "00330002001d");
}
