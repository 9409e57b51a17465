// NIST's Public Key Interoperability Test Suite, as far as a TLS peer needs it:
//
//   4.1   signatures              all; DSA (4 and 5) is refused: no scheme of TLS 1.3 has it
//   4.2   validity                all
//   4.3   names that chain        all
//   4.5   self-issued             those that are valid: the others are revoked
//   4.6   basic constraints       all
//   4.7   keyCertSign             1 to 3; 4 and 5 are about who signs CRLs
//   4.13  name constraints        all
//   4.16  unknown extensions      all
//
// Not: 4.4, 4.14 and 4.15 (CRLs, distribution points, delta CRLs: what TLS peers revoke with is in the staple), and 4.8
// to 4.12 (policies: TLS has none to ask for, and what makes one mandatory is refused, see unknown_critical).
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/openssl_verify.hpp"
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
    const test::openssl_verifier crypto;
    std::size_t valid = 0;
    for (const auto& path : ends) {
        const std::string name = path.stem().string();
        INFO(name);
        std::vector<bytes> chain = {test::load_bytes(path)};
        chain.insert(chain.end(), issuers.begin(), issuers.end());
        const bytes list = test::certificate_list(chain);
        const x509::path_result found =
            roots.examine(crypto, {x509::chain_view(list), {}},
                          {.now = 1317427200, .profile = x509::profile::private_pki, .candidates = 10000});
        INFO(name_of(found.error) << " at " << found.at);
        const bool dsa = name.find("ValidDSA") == 0;
        CHECK(found.good() == (name[0] == 'V' && !dsa));
        valid += found.good() ? 1U : 0U;
    }
    CHECK(valid >= 30);
    CHECK(ends.size() - valid >= 40);
    test::ran("PKITS", ends.size());
}
