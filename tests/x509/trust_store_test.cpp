#include <spantls/x509/trust_store.hpp>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/openssl_verify.hpp"
#include "support/vectors.hpp"
#include "x509/builder.hpp"
#include "x509/judging.hpp"

using namespace spantls;
using test::bytes;
using x509::trust_store;

namespace {

/// The first chain that x509-limbo has of a real server.
nlohmann::json real_chain(const std::filesystem::path& file) {
    const nlohmann::json all = test::load_json(file);
    for (const auto& one : all["testcases"])
        if (one["id"] == "webpki::cryptographydotio-chain") return one;
    return {};
}

/// A provider as it is with libsodium alone.
struct only_ed25519 {
    static constexpr std::array verify_schemes{signature_scheme::ed25519};
    bool verify(signature_scheme, bytes_view, bytes_view, bytes_view) const noexcept { return true; }
};

}  // namespace

TEST_CASE("trust_store: a bundle, and a real server under it") {
    const auto file = test::shared_vectors("x509-limbo.json");
    if (!file) return;
    const nlohmann::json real = real_chain(*file);
    REQUIRE_FALSE(real.is_null());
    std::string bundle = "Root certificates\n";
    for (const auto& pem : real["trusted_certs"]) bundle += pem.get<std::string>() + "\n# and another one\n";
    const auto needed = trust_store::measure(bundle);
    CHECK(needed.certificates == real["trusted_certs"].size());
    std::vector<trust_store::entry> index(needed.certificates);
    bytes room(needed.bytes);
    trust_store roots(index, room);
    const auto loaded = roots.add_pem(bundle);
    CHECK(loaded.error == errc::none);
    CHECK(loaded.added == needed.certificates);
    CHECK(loaded.skipped == 0);

    std::vector<bytes> chain = {test::from_pem(real["peer_certificate"].get<std::string>())};
    for (const auto& pem : real["untrusted_intermediates"]) chain.push_back(test::from_pem(pem.get<std::string>()));
    const bytes list = test::certificate_list(chain);
    const test::openssl_verifier crypto;
    const std::int64_t then = 1688947200;  // 10 July 2023
    CHECK(roots.judge(crypto, {x509::chain_view(list), "cryptography.io"}, then).accepted());
    CHECK(roots.judge(crypto, {x509::chain_view(list), "example.com"}, then).error() ==
          errc::certificate_name_mismatch);
    CHECK(roots.judge(crypto, {x509::chain_view(list), "cryptography.io"}, then + 31536000).error() ==
          errc::certificate_expired);
    CHECK(trust_store({}).judge(crypto, {x509::chain_view(list), "cryptography.io"}, then).error() == errc::unknown_ca);
    // Without RSA and ECDSA the provider cannot say anything about it.
    CHECK(roots.judge(only_ed25519(), {x509::chain_view(list), "cryptography.io"}, then).error() ==
          errc::unsupported_certificate);
}

TEST_CASE("trust_store: the bundle of this system") {
    const char* set = std::getenv("SSL_CERT_FILE");
    const std::filesystem::path path = set != nullptr ? set : "/etc/ssl/certs/ca-certificates.crt";
    if (!std::filesystem::exists(path)) return test::skip("no " + path.string());
    const bytes text = test::load_bytes(path);
    const auto needed = trust_store::measure(as_text(text));
    std::vector<trust_store::entry> index(needed.certificates);
    bytes room(needed.bytes);
    trust_store roots(index, room);
    const auto loaded = roots.add_pem(as_text(text));
    CHECK(loaded.error == errc::none);
    CHECK(loaded.added + loaded.skipped == needed.certificates);
    CHECK(loaded.skipped * 20 <= needed.certificates);
    // Each is found by its name, among others of that name.
    for (std::size_t i = 0; i < roots.count(); ++i) {
        x509::certificate it;
        REQUIRE(x509::parse_certificate(roots[i], it) == errc::none);
        bool found = false;
        for (std::size_t n = 0; !roots.candidate(it.subject, n).empty(); ++n)
            found = found || equal_bytes(roots.candidate(it.subject, n), roots[i]);
        CHECK(found);
    }
    test::ran("roots of the system", roots.count());
}

TEST_CASE("trust_store: memory is the caller's, and what does not fit is said") {
    const bytes a = test::ca("a", "a").der(), b = test::ca("b", "b").der();
    trust_store::entry one[1];
    trust_store roots(one);
    CHECK(roots.add(a) == errc::none);
    CHECK(roots.add(a) == errc::none);
    CHECK(roots.count() == 1);
    CHECK(roots.add(b) == errc::too_small);
    CHECK(roots[0].data() == a.data());
    CHECK_FALSE(roots.candidate(test::name("A"), 0).empty());  // as RFC 5280, section 7.1, compares names
    CHECK(roots.candidate(test::name("b"), 0).empty());
    CHECK(roots.candidate(test::name("a"), 1).empty());

    CHECK(roots.add(test::leaf("l", "l").der()) == errc::unsupported_certificate);
    CHECK(roots.add(bytes{0x30, 0}) == errc::bad_certificate);
    const bytes file = test::load_bytes(std::filesystem::path(std::getenv("SPANTLS_TEST_CERTS")) / "ca.crt.pem");
    const auto needed = trust_store::measure(as_text(file));
    for (std::size_t size : {std::size_t{0}, std::size_t{100}, needed.bytes}) {
        trust_store::entry index[2];
        bytes room(size);
        trust_store store(index, room);
        const auto loaded = store.add_pem(as_text(file));
        CHECK(loaded.error == (size == needed.bytes ? errc::none : errc::too_small));
        CHECK(store.count() == (size == needed.bytes ? 1 : 0));
    }
    const auto cut = as_text(file).substr(0, file.size() - 10);
    trust_store::entry index[2];
    bytes room(needed.bytes);
    trust_store store(index, room);
    CHECK(store.add_pem(cut).error == errc::pem_damaged);
    const std::string wrong =
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" + std::string(as_text(file));
    const auto skipped = store.add_pem(wrong);
    CHECK((skipped.error == errc::none && skipped.skipped == 1 && skipped.added == 1));
}

TEST_CASE("trust_store: roots of one name, and a key that was exchanged") {
    test::draft renewed = test::ca("root", "root");
    renewed.spki = test::key_pair("new").spki();
    renewed.signer = "new";
    test::draft by_new = test::leaf("leaf", "root");
    by_new.signer = "new";
    CHECK(test::judged({test::ca("root", "root"), renewed}, {test::leaf("leaf", "root")}).found.good());
    CHECK(test::judged({test::ca("root", "root"), renewed}, {by_new}).found.good());
    CHECK(test::judged({test::ca("root", "root")}, {by_new}).error() == x509::path_error::bad_signature);
}
