#include <spantls/x509/algorithm.hpp>

#include "support/catch.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using test::operator+;
using x509::signature_hash;

namespace {

bytes pkcs1(std::uint8_t last) { return {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last}; }
bytes sha2(std::uint8_t last, const bytes& parameters = {5, 0}) {
    return test::sequence({{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last}, parameters});
}
bytes mask(const bytes& hash) { return test::tlv(0xa1, test::sequence({pkcs1(8), hash})); }
bytes salt(const bytes& length) { return test::tlv(0xa2, length); }
signature_hash read(const bytes& parameters) { return x509::detail::read_pss(parameters); }
signature_hash read(const bytes& hash, const bytes& rest) {
    return read(test::sequence({test::tlv(0xa0, hash), rest}));
}

}  // namespace

TEST_CASE("algorithm: an OID, and all of what is behind it") {
    const bytes der = test::sequence({pkcs1(11), {5, 0}});
    x509::der_reader in(der);
    const auto read = x509::detail::read_algorithm(in);
    CHECK(in.finished());
    CHECK(equal_bytes(read.oid, bytes(der.begin() + 4, der.begin() + 13)));
    CHECK(equal_bytes(read.parameters, bytes{5, 0}));
    CHECK(x509::detail::number_behind(read.oid, x509::detail::oid::pkcs1) == 11);
    CHECK(x509::detail::number_behind(read.oid, x509::detail::oid::sha2) == 0);
    CHECK(x509::detail::number_behind({}, x509::detail::oid::sha2) == 0);
    for (const bytes& wrong :
         {test::sequence({}), test::sequence({{5, 0}}), test::sequence({pkcs1(1), {5, 0}, {5, 0}})}) {
        x509::der_reader from(wrong);
        (void)x509::detail::read_algorithm(from);
        CHECK_FALSE(from.finished());
    }
}

TEST_CASE(
    "algorithm: parameters of RSASSA-PSS, one hash for everything and a salt of its length (RFC 9846, section 4.3.3)") {
    CHECK(read(sha2(1), mask(sha2(1)) + salt({2, 1, 32})) == signature_hash::sha256);
    CHECK(read(sha2(2), mask(sha2(2)) + salt({2, 1, 48})) == signature_hash::sha384);
    CHECK(read(sha2(3), mask(sha2(3)) + salt({2, 1, 64})) == signature_hash::sha512);
    CHECK(read(sha2(1, {}), mask(sha2(1)) + salt({2, 1, 32})) == signature_hash::sha256);

    constexpr signature_hash none = signature_hash::none;
    CHECK(read(sha2(1), mask(sha2(2)) + salt({2, 1, 32})) == none);
    CHECK(read(sha2(1), mask(sha2(1)) + salt({2, 1, 20})) == none);
    CHECK(read(sha2(1), mask(sha2(1)) + salt({2, 2, 0, 32})) == none);  // not DER
    CHECK(read(sha2(1), mask(sha2(1))) == none);
    CHECK(read(sha2(1), salt({2, 1, 32})) == none);
    CHECK(read(sha2(1, {2, 1, 0}), mask(sha2(1)) + salt({2, 1, 32})) == none);
    CHECK(read(sha2(4), mask(sha2(4)) + salt({2, 1, 28})) == none);
    CHECK(read(sha2(1), test::tlv(0xa1, test::sequence({pkcs1(9), sha2(1)})) + salt({2, 1, 32})) == none);
    CHECK(read(sha2(1), mask(sha2(1)) + salt({2, 1, 32}) + bytes{0xa3, 3, 2, 1, 1}) == none);
    CHECK(read(test::sequence({})) == none);
    CHECK(read({}) == none);
}
