#include <spantls/message/requested_certificate.hpp>

#include <vector>

#include "support/catch.hpp"
#include "support/forge.hpp"

using spantls::errc;
using spantls::requested_certificate;
using spantls::signature_scheme;
using test::buffer;
using namespace test::forge;

namespace {

buffer name(std::initializer_list<std::uint8_t> der) { return vec(2, der); }
buffer filter(const buffer& oid, const buffer& values) { return join({vec(1, oid), vec(2, values)}); }

errc parse(const extensions& all, requested_certificate& to, const buffer& context = {}) {
    static buffer body;  // what `to` shows
    body = join({vec(1, context), all.block()});
    return to.parse(body);
}
errc parse_with(ext type, const buffer& data) {
    requested_certificate unused;
    return parse(request_extensions().add(type, data), unused);
}

}  // namespace

TEST_CASE("what a CertificateRequest asks for (sections 4.3.3, 4.3.4, 4.3.5 and 4.4.2)") {
    requested_certificate asked;
    const extensions all =
        request_extensions()
            .add(ext::signature_algorithms_cert,
                 vec(2, list({signature_scheme::rsa_pkcs1_sha256, signature_scheme::ed25519})))
            .add(ext::certificate_authorities, vec(2, join({name({0x30, 0}), name({0x31})})))
            .add(ext::compress_certificate, {4, 0, 1, 0, 3})
            .add(ext::oid_filters, vec(2, join({filter({0x55, 0x1d, 0x0f}, {3, 2, 7, 0x80}), filter({1}, {})})));
    REQUIRE(parse(all, asked, {7, 8}) == errc::none);
    CHECK(test::copy(asked.context) == buffer{7, 8});
    REQUIRE(asked.schemes.size() == 1);
    CHECK(asked.schemes[0] == signature_scheme::ed25519);
    REQUIRE(asked.certificate_schemes.size() == 2);
    CHECK(asked.certificate_schemes[0] == signature_scheme::rsa_pkcs1_sha256);
    std::vector<buffer> names;
    for (const auto der : asked.authorities) names.push_back(test::copy(der));
    CHECK(names == std::vector<buffer>{{0x30, 0}, {0x31}});
    CHECK(asked.authorities.size() == 2);
    REQUIRE(asked.compressions.algorithms.size() == 2);
    CHECK(asked.compressions.algorithms[1] == spantls::certificate_compression::zstd);
    std::vector<buffer> filters;
    for (const auto one : asked.oid_filters) {
        filters.push_back(test::copy(one.oid));
        filters.push_back(test::copy(one.values));
    }
    CHECK(filters == std::vector<buffer>{{0x55, 0x1d, 0x0f}, {3, 2, 7, 0x80}, {1}, {}});
}

TEST_CASE("a CertificateRequest that asks for no more than it has to") {
    requested_certificate asked;
    REQUIRE(parse(request_extensions(), asked) == errc::none);
    CHECK(asked.context.empty());
    CHECK(asked.certificate_schemes.empty());
    CHECK(asked.authorities.empty());
    CHECK(asked.oid_filters.empty());
    // 4.4.2
    CHECK(parse(extensions().add(ext::signature_algorithms_cert, {0, 2, 8, 7}), asked) == errc::missing_extension);
}

TEST_CASE("lists that do not follow their syntax") {
    // DistinguishedName<1..>, authorities<3..>
    CHECK(parse_with(ext::certificate_authorities, {}) == errc::decode_error);
    CHECK(parse_with(ext::certificate_authorities, {0, 0}) == errc::decode_error);
    CHECK(parse_with(ext::certificate_authorities, {0, 2, 0, 0}) == errc::decode_error);
    CHECK(parse_with(ext::certificate_authorities, {0, 3, 0, 1, 0x30}) == errc::none);
    CHECK(parse_with(ext::certificate_authorities, {0, 3, 0, 1, 0x30, 0}) == errc::decode_error);
    CHECK(parse_with(ext::certificate_authorities, {0, 3, 0, 2, 0x30}) == errc::decode_error);
    CHECK(parse_with(ext::certificate_authorities, {0, 4, 0, 1, 0x30}) == errc::decode_error);
    CHECK(parse_with(ext::certificate_authorities, {0, 5, 0, 1, 0x30, 0, 0}) == errc::decode_error);
    CHECK(parse_with(ext::certificate_authorities, {0, 4, 0, 1, 0x30, 0}) == errc::decode_error);
    // certificate_extension_oid<1..>, filters<0..>
    CHECK(parse_with(ext::oid_filters, {}) == errc::decode_error);
    CHECK(parse_with(ext::oid_filters, {0, 0}) == errc::none);
    CHECK(parse_with(ext::oid_filters, {0, 3, 0, 0, 0}) == errc::decode_error);
    CHECK(parse_with(ext::oid_filters, {0, 4, 1, 1, 0, 0}) == errc::none);
    CHECK(parse_with(ext::oid_filters, {0, 4, 1, 1, 0, 1}) == errc::decode_error);
    CHECK(parse_with(ext::oid_filters, {0, 4, 1, 1, 0, 0, 0}) == errc::decode_error);
    CHECK(parse_with(ext::oid_filters, {0, 2, 1, 1}) == errc::decode_error);
    CHECK(parse_with(ext::signature_algorithms_cert, {0, 0}) == errc::decode_error);
    CHECK(parse_with(ext::signature_algorithms_cert, {0, 3, 8, 7, 8}) == errc::decode_error);
}

TEST_CASE("oid_filters with an OID more than once, or for any purpose (section 4.3.5)") {
    const buffer twice = vec(2, join({filter({1}, {}), filter({2}, {}), filter({1}, {5})}));
    CHECK(parse_with(ext::oid_filters, twice) == errc::bad_oid_filters);
    const buffer any = vec(2, filter({0x55, 0x1d, 0x25}, {0x30, 6, 6, 4, 0x55, 0x1d, 0x25, 0}));
    CHECK(parse_with(ext::oid_filters, any) == errc::bad_oid_filters);
    buffer many;
    for (std::size_t i = 0; i < spantls::max_oid_filters; ++i)
        many = join({many, filter({static_cast<std::uint8_t>(i)}, {})});
    CHECK(parse_with(ext::oid_filters, vec(2, many)) == errc::none);
    CHECK(parse_with(ext::oid_filters, vec(2, join({many, filter({0xff}, {})}))) == errc::bad_oid_filters);
    CHECK(alert_for(errc::bad_oid_filters) == spantls::alert_description::illegal_parameter);
}
