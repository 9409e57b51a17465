#include <spantls/x509/profile.hpp>

#include <array>
#include <string>

#include <arpa/inet.h>

#include "support/catch.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::draft;
using x509::path_error;
using x509::path_role;

namespace {

const bytes key_id = test::extension(35, false, test::sequence({{0x80, 1, 1}}));
const bytes subject_key_id = test::extension(14, false, {4, 1, 1});

draft good_leaf(const bytes& names) {
    return draft("leaf.example", "a")
        .with(test::extension(17, false, test::sequence({names})))
        .with(test::extended_key_usage(1))
        .with(key_id);
}

path_error flaw(const draft& it, path_role role = path_role::end_entity,
                x509::key_purpose purpose = x509::key_purpose::server_auth) {
    const bytes der = it.der();
    x509::certificate read;
    REQUIRE(x509::parse_certificate(der, read) == errc::none);
    return x509::issuance_flaw(read, role, purpose);
}

}  // namespace

TEST_CASE("profile: what a server's certificate has to have") {
    const bytes name = test::dns("leaf.example");
    CHECK(flaw(good_leaf(name)) == path_error::none);
    CHECK(flaw(draft("leaf.example", "a").with(test::subject_alt_name({name})).with(key_id)) == path_error::no_purpose);
    const bytes any = test::extension(37, false, test::sequence({{6, 4, 0x55, 0x1d, 0x25, 0}}));
    draft it = good_leaf(name);
    it.extensions[1] = any;
    CHECK(flaw(it) == path_error::no_purpose);
    it.extensions[1] = test::extension(37, true, test::sequence({{6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1}}));
    CHECK(flaw(it) == path_error::critical_purpose);
    it = good_leaf(name);
    it.extensions.pop_back();
    CHECK(flaw(it) == path_error::no_authority_key_id);
    CHECK(flaw(good_leaf(name).with(test::key_usage(2, 0x84))) == path_error::key_usage_without_ca);
    it = good_leaf(name);
    it.subject = test::name("");
    CHECK(flaw(it) == path_error::alt_name_not_critical);
    it.extensions[0] = test::extension(17, true, test::sequence({name}));
    CHECK(flaw(it) == path_error::none);
    it = good_leaf(name);
    it.subject = test::name("other.example");
    CHECK(flaw(it) == path_error::common_name_elsewhere);
    CHECK(flaw(it, path_role::end_entity, x509::key_purpose::client_auth) == path_error::none);

    const auto named = [](const char* host) {
        draft odd = good_leaf(test::dns(host));
        odd.subject = test::sequence({});
        odd.extensions[0] = test::extension(17, true, test::sequence({test::dns(host)}));
        return flaw(odd);
    };
    CHECK(named("*.leaf.example") == path_error::none);
    CHECK(named("*.example") == path_error::wildcard_too_wide);
    for (const char* host : {"a.*.example", "*a.example", "192.0.2.1", "a b", "", "example.", "*."})
        CHECK(named(host) == path_error::bad_dns_name);
}

TEST_CASE("profile: what an issuer has to have, and what an anchor may do without") {
    const draft full = test::ca("a", "root").with(subject_key_id).with(key_id);
    CHECK(flaw(full, path_role::intermediate) == path_error::none);
    CHECK(flaw(test::ca("a", "root").with(key_id), path_role::intermediate) == path_error::no_key_id);
    CHECK(flaw(test::ca("a", "root").with(subject_key_id), path_role::intermediate) == path_error::no_authority_key_id);
    CHECK(flaw(test::ca("a", "a").with(subject_key_id), path_role::intermediate) == path_error::none);
    draft loose = full;
    loose.extensions[0] = test::extension(19, false, test::sequence({{1, 1, 0xff}}));
    CHECK(flaw(loose, path_role::intermediate) == path_error::constraints_not_critical);
    CHECK(flaw(loose, path_role::anchor) == path_error::none);
    CHECK(flaw(test::ca("root", "root"), path_role::anchor) == path_error::none);
    const bytes empty = test::extension(35, false, test::sequence({{0x82, 1, 1}}));
    CHECK(flaw(test::ca("root", "root").with(empty), path_role::anchor) == path_error::no_authority_key_id);
}

TEST_CASE("profile: a server that calls itself a CA keeps the rules of servers all the same") {
    const auto authority = [](const draft& it) {
        return flaw(it.with(test::basic_constraints(true)).with(subject_key_id));
    };
    CHECK(authority(good_leaf(test::dns("leaf.example"))) == path_error::none);
    CHECK(authority(good_leaf(test::dns("*.example"))) == path_error::wildcard_too_wide);
    CHECK(authority(good_leaf(test::dns("192.0.2.1"))) == path_error::bad_dns_name);
    CHECK(authority(good_leaf(test::dns("other.example"))) == path_error::common_name_elsewhere);
    draft it = good_leaf(test::dns("leaf.example"));
    it.extensions[1] = test::extension(37, true, test::sequence({{6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1}}));
    CHECK(authority(it) == path_error::critical_purpose);
    it.extensions.erase(it.extensions.begin() + 1);
    CHECK(authority(it) == path_error::no_purpose);
}

TEST_CASE("profile: each flaw is the issuer's, and told as a bad certificate") {
    for (const path_error one :
         {path_error::no_purpose, path_error::critical_purpose, path_error::no_authority_key_id,
          path_error::common_name_elsewhere, path_error::wildcard_too_wide, path_error::bad_dns_name,
          path_error::no_key_id, path_error::odd_key_size, path_error::alt_name_not_critical,
          path_error::constraints_not_critical, path_error::key_usage_without_ca})
        CHECK(alert_for(errc_of(one)) == alert_description::bad_certificate);
}

TEST_CASE("profile: addresses are written as the C library writes them") {
    std::uint32_t state = 1;
    for (int i = 0; i < 5000; ++i) {
        bytes address(16);
        for (std::uint8_t& byte : address) {
            state = state * 1664525 + 1013904223;
            byte = (state >> 24) % 3 == 0 ? static_cast<std::uint8_t>(state >> 16) : std::uint8_t{0};
        }
        address[0] = 0x20;  // it writes those of IPv4 inside IPv6 in another way
        std::array<char, 40> room{};
        char theirs[INET6_ADDRSTRLEN];
        inet_ntop(AF_INET6, address.data(), theirs, sizeof theirs);
        REQUIRE(x509::print_address(address, room) == theirs);
        address.resize(4);
        inet_ntop(AF_INET, address.data(), theirs, sizeof theirs);
        REQUIRE(x509::print_address(address, room) == theirs);
    }
    std::array<char, 40> room{};
    CHECK(x509::print_address(bytes(16), room) == "::");
    CHECK(x509::print_address(bytes(5), room).empty());
}
