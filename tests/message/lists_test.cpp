#include <spantls/message/lists.hpp>

#include "message/codec.hpp"

using spantls::bytes_view;
using spantls::errc;
using namespace std::literals;

namespace {

constexpr std::array<std::uint8_t, 6> groups{0, 4, 0, 0x1d, 0, 0x17};
constexpr std::array<std::uint8_t, 6> schemes{0, 4, 8, 7, 4, 3};
constexpr std::array<std::uint8_t, 5> versions{4, 3, 4, 3, 3};
constexpr std::array<std::uint8_t, 2> selected{3, 4};
constexpr std::array<std::uint8_t, 4> cookie_bytes{0, 2, 0xff, 0xfe};
constexpr std::array<std::uint8_t, 3> modes{2, 1, 0};

static_assert(test::round_trips<spantls::named_group_list>(groups));
static_assert(test::round_trips<spantls::signature_scheme_list>(schemes));
static_assert(test::round_trips<spantls::client_versions>(versions));
static_assert(test::round_trips<spantls::selected_version>(selected));
static_assert(test::round_trips<spantls::cookie>(cookie_bytes));
static_assert(test::round_trips<spantls::psk_key_exchange_modes>(modes));
static_assert(test::round_trips<spantls::certificate_types>(modes));

template <class T>
bool decodes(const std::string& bytes) {
    T unused{};
    const test::buffer data = test::unhex(bytes);
    return spantls::decode(bytes_view(data), unused);
}

bool is_protocol_list(const std::string& bytes) {
    spantls::protocol_names names;
    return names.parse(test::unhex(bytes));
}

struct name_result {
    errc error;
    std::string name;
};
name_result server_name(const test::buffer& data) {
    std::string_view name;
    const errc error = spantls::parse_server_name(data, name);
    return {error, std::string(name)};
}

}  // namespace

TEST_CASE("lists of groups, schemes, versions and modes; a single version; a cookie") {
    test::check_codec<spantls::named_group_list>(groups, {{0, 2}});
    test::check_codec<spantls::signature_scheme_list>(schemes, {{0, 2}});
    test::check_codec<spantls::client_versions>(versions, {{0, 1}});
    test::check_codec<spantls::selected_version>(selected, {});
    test::check_codec<spantls::cookie>(cookie_bytes, {{0, 2}});
    test::check_codec<spantls::psk_key_exchange_modes>(modes, {{0, 1}});
    test::check_codec<spantls::certificate_types>(modes, {{0, 1}});
}

TEST_CASE("lists that may not be empty, and lists of halves") {
    CHECK_FALSE(decodes<spantls::named_group_list>("0000"));
    CHECK_FALSE(decodes<spantls::named_group_list>("0003001d00"));
    CHECK_FALSE(decodes<spantls::signature_scheme_list>("0000"));
    CHECK_FALSE(decodes<spantls::signature_scheme_list>("0003080708"));
    CHECK_FALSE(decodes<spantls::client_versions>("00"));
    CHECK_FALSE(decodes<spantls::client_versions>("03030403"));
    CHECK_FALSE(decodes<spantls::cookie>("0000"));
    CHECK_FALSE(decodes<spantls::psk_key_exchange_modes>("00"));
    CHECK(decodes<spantls::client_versions>("fe" + test::hex(test::buffer(254))));
    CHECK_FALSE(decodes<spantls::client_versions>("ff" + test::hex(test::buffer(255))));
}

TEST_CASE("protocol names (RFC 7301, section 3.1)") {
    spantls::protocol_names names;
    CHECK(names.empty());
    const test::buffer two = test::unhex("000c02683208687474702f312e31");
    REQUIRE(names.parse(two));
    CHECK(names.size() == 2);
    CHECK(*names.begin() == "h2");
    CHECK(names.contains("http/1.1"));
    CHECK_FALSE(names.contains("http/1.0"));
    CHECK_FALSE(names.contains(""));
    CHECK_FALSE(names.contains("h"));

    CHECK_FALSE(is_protocol_list(""));
    CHECK_FALSE(is_protocol_list("0000"));    // protocol_name_list<2..2^16-1>
    CHECK_FALSE(is_protocol_list("000100"));  // ProtocolName<1..2^8-1>
    CHECK_FALSE(is_protocol_list("00020000"));
    CHECK_FALSE(is_protocol_list("000302683200"));  // a byte behind it
    CHECK_FALSE(is_protocol_list("0003036832"));
    CHECK(is_protocol_list("0003026832"));
}

TEST_CASE("protocol names and server names are written as they are read") {
    test::buffer out(64);
    const std::array<std::string_view, 2> names{"h2", "mqtt"};
    spantls::writer to(out);
    spantls::write_protocol_names(to, names);
    CHECK(test::hex(to.written()) ==
          "0008"
          "026832"
          "046d717474");
    spantls::writer host(out);
    spantls::write_server_name(host, "a.example");
    CHECK(test::hex(host.written()) == "000c000009612e6578616d706c65");
    const name_result read = server_name(test::copy(host.written()));
    CHECK(read.error == errc::none);
    CHECK(read.name == "a.example");
}

TEST_CASE("server_name (RFC 6066, section 3)") {
    const auto entry = [](std::uint8_t type, const std::string& name) {
        test::buffer bytes{type, static_cast<std::uint8_t>(name.size() >> 8), static_cast<std::uint8_t>(name.size())};
        bytes.insert(bytes.end(), name.begin(), name.end());
        return bytes;
    };
    const auto list = [](test::buffer entries) {
        entries.insert(entries.begin(),
                       {static_cast<std::uint8_t>(entries.size() >> 8), static_cast<std::uint8_t>(entries.size())});
        return entries;
    };
    const auto joined = [](test::buffer a, const test::buffer& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    CHECK(server_name(list(entry(0, "host"))).name == "host");
    CHECK(server_name(list(entry(0, std::string(255, 'x')))).error == errc::none);
    CHECK(server_name(list(entry(0, std::string(256, 'x')))).error == errc::unrecognized_name);
    CHECK(server_name(list(entry(0, "a\0b"s))).error == errc::unrecognized_name);
    // Names of other types are for somebody else.
    CHECK(server_name(list(joined(entry(7, "?"), entry(0, "host")))).name == "host");
    CHECK(server_name(list(entry(7, "?"))).error == errc::none);
    CHECK(server_name(list(entry(7, "?"))).name.empty());
    // "MUST NOT contain more than one name of the same name_type"
    CHECK(server_name(list(joined(entry(0, "a"), entry(0, "b")))).error == errc::decode_error);
    CHECK(server_name(list(entry(0, ""))).error == errc::decode_error);  // HostName<1..2^16-1>
    CHECK(server_name(list({})).error == errc::decode_error);            // ServerNameList<1..2^16-1>
    CHECK(server_name({}).error == errc::decode_error);
    CHECK(server_name(joined(list(entry(0, "host")), {0})).error == errc::decode_error);
    const test::buffer good = list(entry(0, "host"));
    for (std::size_t size = 0; size < good.size(); ++size) {
        INFO(size);
        CHECK(server_name(test::buffer(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))).error ==
              errc::decode_error);
    }
}
