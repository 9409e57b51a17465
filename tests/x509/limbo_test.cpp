// The cases of C2SP/x509-limbo: path validation with the verdict that is expected of it.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;
using x509::path_error;

namespace {

/// Cases where the verdict is another one, and why. What is said of roots is checked below.
const std::map<std::string, const char*> differs = {
    {"webpki::aki::root-with-aki-all-fields",
     "an anchor is a name, a key and its constraints (RFC 5280, section 6.1.1 (d)); among the roots that systems "
     "trust, "
     "those of Go Daddy, Starfield, QuoVadis and Certigna name issuer and serial number in theirs"},
    {"rfc5280::ski::root-missing-ski",
     "as above: the roots TWCA Global and Hongkong Post 1 have none; issuers that are sent must"},
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
    const test::usual_provider crypto;
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
        if (lists.empty() && options.max_intermediates != 1)
            CHECK(roots.judge(crypto, who, options.now).accepted() == found.good());
        ++cases;
        const bool other = differs.count(id) != 0;
        CHECK(found.good() == (expected != other));
        others += other ? 1U : 0U;
        if (id == "pathlen::validation-ignores-pathlen-in-leaf") CHECK(found.error == path_error::may_not_sign);
        if (found.error == path_error::common_name_elsewhere) {
            // Which hides nothing else: there is what the case is about, when the common name is not.
            const bool about_that = id.find("webpki::cn::") == 0;
            options.profile = x509::profile::private_pki;
            CHECK(roots.examine(crypto, who, options).good() == (expected || about_that));
        }
    }
    CHECK(others == differs.size());
    CHECK(with_lists >= 6);
    test::ran("x509-limbo", cases);
}

TEST_CASE("limbo: there are roots that a verdict of ours has for a reason") {
    const std::filesystem::path path = "/etc/ssl/certs/ca-certificates.crt";
    if (!std::filesystem::exists(path)) return test::skip("no " + path.string());
    const bytes text = test::load_bytes(path);
    const auto needed = x509::trust_store::measure(as_text(text));
    std::vector<x509::trust_store::entry> index(needed.certificates);
    bytes room(needed.bytes);
    x509::trust_store roots(index, room);
    (void)roots.add_pem(as_text(text));
    std::size_t all_fields = 0, without_key_id = 0, not_critical = 0;
    for (std::size_t i = 0; i < roots.count(); ++i) {
        x509::certificate it;
        REQUIRE(x509::parse_certificate(roots[i], it) == errc::none);
        all_fields += it.authority_key_issuer.empty() || it.authority_key_serial.empty() ? 0U : 1U;
        without_key_id += it.subject_key_id.empty() ? 1U : 0U;
        not_critical += it.critical(x509::extension_id::basic_constraints) ? 0U : 1U;
    }
    std::printf("# roots with all fields of AKI: %zu, without SKI: %zu, with basicConstraints not critical: %zu\n",
                all_fields, without_key_id, not_critical);
    CHECK((all_fields > 0 && without_key_id > 0 && not_critical > 0));
}
