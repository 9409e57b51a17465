// The cases of C2SP/x509-limbo: path validation with the verdict that is expected of it.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <spantls/providers/sodium.hpp>
#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/openssl_verify.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;

namespace {

/// Cases where the verdict is another one, and why.
const std::map<std::string, const char*> differs = {
    {"webpki::aki::root-with-aki-all-fields",
     "an anchor is a name, a key and its constraints (RFC 5280, section 6.1.1 (d)); roots of Go Daddy, Starfield and "
     "QuoVadis, all in Mozilla's programme, name issuer and serial number in theirs"},
    {"rfc5280::ski::root-missing-ski",
     "as above: the roots TWCA Global and Hongkong Post 1 of Mozilla's programme have none; issuers that are sent "
     "must"},
    {"rfc5280::root-non-critical-basic-constraints",
     "as above: in the roots of Go Daddy, Starfield and ePKI they are not critical; cA is asked for all the same"},
    {"rfc5280::aki::cross-signed-root-missing-aki",
     "as above, and cve::cve-2024-0567 expects such an anchor to be taken; pedantic by its own features"},
    {"pathlen::validation-ignores-pathlen-in-leaf",
     "the first certificate has keyUsage without digitalSignature: it cannot sign a handshake (RFC 9846, 4.5.1.2)"},
    {"rfc5280::nc::permitted-ipv6-match",
     "the common name is not among the subjectAltNames, against BR 7.1.4.3, which webpki::cn::not-in-san asks for; "
     "accepted by profile::private_pki, and checked so below"},
    {"webpki::nc::nc-permits-dns-san-pattern", "as above"},
    {"webpki::san::leftmost-wildcard-san", "as above"},
};

std::vector<bytes> decode(const nlohmann::json& list) {
    std::vector<bytes> ders;
    for (const auto& pem : list) {
        const std::string text = pem.get<std::string>();
        x509::pem_block block;
        x509::pem_reader in(text);
        REQUIRE(in.next(block));
        bytes der(block.decoded_room());
        const auto size = x509::decode_base64(block.body, der);
        REQUIRE(size.has_value());
        der.resize(*size);
        ders.push_back(der);
    }
    return ders;
}

std::int64_t seconds(const nlohmann::json& time) {
    if (time.is_null()) return 1735689600;  // 1 January 2025
    std::tm fields{};
    REQUIRE(strptime(time.get<std::string>().c_str(), "%Y-%m-%dT%H:%M:%S", &fields) != nullptr);
    return timegm(&fields);
}

}  // namespace

TEST_CASE("limbo: every case has the verdict that is expected") {
    const auto file = test::shared_vectors("x509-limbo.json");
    if (!file) return;
    const nlohmann::json all = test::load_json(*file);
    const test::openssl_verifier crypto;
    std::size_t cases = 0, others = 0, with_lists = 0;
    for (const auto& one : all["testcases"]) {
        const std::string id = one["id"];
        INFO(id);
        std::vector<bytes> chain = decode(nlohmann::json::array({one["peer_certificate"]}));
        for (const bytes& der : decode(one["untrusted_intermediates"])) chain.push_back(der);
        const std::vector<bytes> trusted = decode(one["trusted_certs"]);
        std::vector<x509::trust_store::entry> index(trusted.size());
        x509::trust_store roots(index);
        for (const bytes& der : trusted) (void)roots.add(der);

        const bytes list = test::certificate_list(chain);
        const bool server = one["validation_kind"] == "SERVER";
        std::string name;
        if (!one["expected_peer_name"].is_null()) name = one["expected_peer_name"]["value"];
        const x509::peer who{x509::chain_view(list), name,
                             server ? x509::key_purpose::server_auth : x509::key_purpose::client_auth};
        x509::path_options options{.now = seconds(one["validation_time"])};
        if (!one["max_chain_depth"].is_null()) options.max_intermediates = one["max_chain_depth"];
        const std::vector<bytes> ders = decode(one["crls"]);
        std::vector<x509::crl> lists(ders.size());
        for (std::size_t i = 0; i < ders.size(); ++i) REQUIRE(x509::parse_crl(ders[i], lists[i]) == errc::none);
        options.revocation.crls = lists;
        with_lists += lists.empty() ? 0U : 1U;
        const x509::path_result found = roots.examine(crypto, who, options);
        const bool expected = one["expected_result"] == "SUCCESS";
        INFO(name_of(found.error) << " at " << found.at);
        CHECK(roots.judge(crypto, who, options).error() == errc_of(found.error));
        CHECK(roots.examine(sodium(), who, options).error == found.error);
        if (lists.empty() && options.max_intermediates != 1)
            CHECK(roots.judge(crypto, who, options.now).accepted() == found.good());
        ++cases;
        if (differs.count(id) != 0) {
            ++others;
            CHECK(found.good() != expected);
            if (found.error == x509::path_error::common_name_elsewhere) {
                options.profile = x509::profile::private_pki;
                CHECK(roots.examine(crypto, who, options).good() == expected);
            }
        } else {
            CHECK(found.good() == expected);
        }
    }
    CHECK(others == differs.size());
    CHECK(with_lists >= 6);
    test::ran("x509-limbo", cases);
}
