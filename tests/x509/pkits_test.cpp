// NIST's Public Key Interoperability Test Suite, as far as a TLS peer needs it:
//
//   4.1   signatures              all; DSA (4 and 5) is refused: no scheme of TLS 1.3 has it
//   4.2   validity                all
//   4.3   names that chain        all
//   4.4   revocation              all, with every CRL at hand; see `differs`
//   4.5   self-issued             all; without CRLs those that are valid: the others are revoked
//   4.6   basic constraints       all
//   4.7   keyCertSign, cRLSign    all; 4 and 5, which are about cRLSign, with CRLs
//   4.8 to 4.12 policies          all, with any policy good enough, as TLS has none to ask for. They are not processed:
//                                 who demands one (policyConstraints, inhibitAnyPolicy) is refused, right or wrong
//   4.13  name constraints        all
//   4.14  distribution points     all; see `differs`
//   4.15  delta CRLs              all; see `differs`
//   4.16  unknown extensions      all
#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"

using namespace spantls;
using test::bytes;

TEST_CASE("PKITS: the sections that are about certificates alone") {
    const auto folder = test::debian_vectors("x509/PKITS_data/certs");
    if (!folder) return;
    const std::regex wanted(
        "(Valid|Invalid)(CertificatePath|CASignature|EESignature|DSA|.*not(After|Before)Date|Name(Chaining|UIDs)|"
        "RFC3280|Rollover|UTF8String|.*[pP]athLenConstraint|.*[bB]asicConstraints|cAFalse|"
        ".*keyCertSignFalse|keyUsageNotCriticalTest3|.*nameConstraints|Unknown(Not)?Critical).*EE");
    const std::regex self_issued("ValidBasicSelfIssued.*EE");
    bytes root;
    std::vector<bytes> issuers;
    std::vector<std::filesystem::path> ends;
    for (const auto& file : std::filesystem::directory_iterator(*folder)) {
        const std::string name = file.path().stem().string();
        if (name == "TrustAnchorRootCertificate") root = test::load_bytes(file.path());
        // Every certificate of an issuer is there for every path, so that the right one has to be found.
        if (name.find("EE") == name.npos) issuers.push_back(test::load_bytes(file.path()));
        if (std::regex_match(name, wanted) || std::regex_match(name, self_issued)) ends.push_back(file.path());
    }
    x509::trust_store::entry index[1];
    x509::trust_store roots(index);
    REQUIRE(roots.add(root) == errc::none);
    const test::usual_provider crypto;
    std::size_t valid = 0;
    for (const auto& path : ends) {
        const std::string name = path.stem().string();
        INFO(name);
        std::vector<bytes> chain = {test::load_bytes(path)};
        chain.insert(chain.end(), issuers.begin(), issuers.end());
        const bytes list = test::certificate_list(chain);
        const x509::path_options options{.now = 1317427200, .profile = x509::profile::private_pki, .candidates = 10000};
        const x509::path_result found = roots.examine(crypto, {x509::chain_view(list), {}}, options);
        INFO(name_of(found.error) << " at " << found.at);
        const bool dsa = name.find("ValidDSA") == 0;
        CHECK(found.good() == (name[0] == 'V' && !dsa));
        valid += found.good() ? 1U : 0U;
    }
    CHECK(valid >= 30);
    CHECK(ends.size() - valid >= 40);
    test::ran("PKITS", ends.size());
}

namespace {

constexpr const char* no_dsa = "DSA, as above";
constexpr const char* indirect =
    "an indirect CRL: one of another issuer than the certificate's, or that lists certificates of others, which nobody "
    "has to use (RFC 5280, section 5): refused";
constexpr const char* other_key =
    "the CRL is signed with a key that no certificate of the path has, but another one of the same issuer; that one is "
    "not looked for: refused";

/// Cases with CRLs where the verdict is another one, and why.
const std::map<std::string, const char*> differs = {
    {"ValidDSASignaturesTest4EE", no_dsa},
    {"ValidDSAParameterInheritanceTest5EE", no_dsa},
    {"ValidSeparateCertificateandCRLKeysTest19EE", other_key},
    {"ValidBasicSelfIssuedCRLSigningKeyTest6EE", other_key},
    {"ValidBasicSelfIssuedNewWithOldTest4EE", other_key},
    {"ValidIDPwithindirectCRLTest22EE", indirect},
    {"ValidIDPwithindirectCRLTest24EE", indirect},
    {"ValidIDPwithindirectCRLTest25EE", indirect},
    {"ValidcRLIssuerTest28EE", indirect},
    {"ValidcRLIssuerTest29EE", indirect},
    {"ValidcRLIssuerTest30EE", indirect},
    {"ValidcRLIssuerTest33EE", indirect},
    {"ValiddeltaCRLTest5EE",
     "a delta CRL takes back the certificateHold of the complete one, which is still good by itself: refused. Nobody "
     "has "
     "to use delta CRLs (RFC 5280, section 5); here they count against a certificate only"},
};

}  // namespace

TEST_CASE("PKITS: every section, with CRLs") {
    const auto folder = test::debian_vectors("x509/PKITS_data");
    if (!folder) return;
    const std::regex policies("(All|Any|CPS|Different|Overlapping|UserNotice).*|.*(Mapping|Explicit|nhibit).*");
    const std::regex not_demanded(
        "(AllCertificatesNoPolicies|DifferentPoliciesTest3EE|CPSPointer|UserNoticeQualifierTest1[5679]).*");
    bytes root;
    std::vector<bytes> issuers, ders;
    std::vector<x509::crl> lists;
    std::vector<std::filesystem::path> ends;
    for (const auto& file : std::filesystem::directory_iterator(*folder / "certs")) {
        const std::string name = file.path().stem().string();
        if (name == "TrustAnchorRootCertificate") root = test::load_bytes(file.path());
        if (name.find("EE") == name.npos) issuers.push_back(test::load_bytes(file.path()));
        if (name.find("EE") != name.npos) ends.push_back(file.path());
    }
    for (const auto& file : std::filesystem::directory_iterator(*folder / "crls")) {
        ders.push_back(test::load_bytes(file.path()));
        x509::crl list;
        const errc error = x509::parse_crl(ders.back(), list);
        // Its signature has 2047 bits.
        CHECK((error != errc::none) == (file.path().stem() == "BadCRLSignatureCACRL"));
        if (error == errc::none) lists.push_back(list);
    }
    x509::trust_store::entry index[1];
    x509::trust_store roots(index);
    REQUIRE(roots.add(root) == errc::none);
    const test::usual_provider crypto;
    x509::path_options options{.now = 1317427200, .profile = x509::profile::private_pki, .candidates = 10000};
    options.revocation = {.lookup = x509::crl_rule::whole_path, .crls = lists};
    std::size_t valid = 0, others = 0, with_policies = 0;
    std::map<x509::path_error, std::size_t> errors;
    for (const auto& path : ends) {
        const std::string name = path.stem().string();
        INFO(name);
        std::vector<bytes> chain = {test::load_bytes(path)};
        chain.insert(chain.end(), issuers.begin(), issuers.end());
        const bytes list = test::certificate_list(chain);
        const x509::path_result found = roots.examine(crypto, {x509::chain_view(list), {}}, options);
        INFO(name_of(found.error) << " at " << found.at);
        ++errors[found.error];
        if (std::regex_match(name, policies)) {
            const bool fine = std::regex_match(name, not_demanded);
            CHECK(found.error == (fine ? x509::path_error::none : x509::path_error::unknown_critical));
            ++with_policies;
            continue;
        }
        const bool other = differs.count(name) != 0;
        CHECK(found.good() == (name[0] == 'V' && !other));  // whom PKITS refuses nobody accepts
        others += other ? 1U : 0U;
        valid += found.good() ? 1U : 0U;
    }
    CHECK(with_policies == 62);
    CHECK(others == differs.size());
    CHECK(valid >= 50);
    CHECK(errors[x509::path_error::revoked] >= 15);
    for (const auto expected : {x509::path_error::crl_missing, x509::path_error::crl_unusable,
                                x509::path_error::crl_may_not_sign, x509::path_error::crl_expired})
        CHECK(errors[expected] > 0);
    test::ran("PKITS with CRLs", ends.size());
}
