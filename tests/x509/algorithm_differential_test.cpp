// Chains of two certificates with keys and signatures of every kind, some of them changed: whom we accept, OpenSSL
// does.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <openssl/x509_vfy.h>

#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "support/signing.hpp"
#include "x509/builder.hpp"
#include "x509/chance.hpp"
#include "x509/oracle.hpp"

using namespace spantls;
using test::bytes;
using test::draft;
using test::operator+;

namespace {

bytes oid(std::initializer_list<std::uint8_t> body) { return test::tlv(6, bytes(body)); }
const bytes null{5, 0};
bytes rsa_oid(std::uint8_t last) { return oid({0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last}); }
bytes sha2(std::uint8_t last) { return test::sequence({oid({0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last}), null}); }
/// RSASSA-PSS-params, of one hash or of two.
bytes pss(std::uint8_t hash, std::uint8_t mask, std::uint8_t salt) {
    return test::sequence({test::tlv(0xa0, sha2(hash)), test::tlv(0xa1, test::sequence({rsa_oid(8), sha2(mask)})),
                           test::tlv(0xa2, {2, 1, salt})});
}

/// How a signature is made, and how it is said to be made.
struct way {
    bytes algorithm;
    const EVP_MD* hash;
    bool pss = false;
};

struct owner {
    test::oracle::key key;
    std::vector<way> ways;  ///< that are right for the key
};

std::vector<owner> owners() {
    const std::vector<way> ecdsa = {{test::sequence({oid({0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2})}), EVP_sha256()},
                                    {test::sequence({oid({0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3})}), EVP_sha384()},
                                    {test::sequence({oid({0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4})}), EVP_sha512()},
                                    {test::sequence({oid({0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1})}), EVP_sha1()}};
    const std::vector<way> rsa = {{test::sequence({rsa_oid(11), null}), EVP_sha256()},
                                  {test::sequence({rsa_oid(12), null}), EVP_sha384()},
                                  {test::sequence({rsa_oid(13), null}), EVP_sha512()},
                                  {test::sequence({rsa_oid(5), null}), EVP_sha1()},
                                  {test::sequence({rsa_oid(10), pss(1, 1, 32)}), EVP_sha256(), true},
                                  {test::sequence({rsa_oid(10), pss(2, 2, 48)}), EVP_sha384(), true},
                                  {test::sequence({rsa_oid(10), pss(3, 3, 64)}), EVP_sha512(), true}};
    std::vector<owner> all;
    for (const char* const curve : {"P-256", "P-384", "P-521"}) all.push_back({test::oracle::ec_key(curve), ecdsa});
    all.push_back({test::oracle::rsa_key(1024), {rsa[0], rsa[1], rsa[3]}});
    for (const int bits : {2048, 2056, 3072}) all.push_back({test::oracle::rsa_key(bits), rsa});
    const std::array<std::uint8_t, 32> seed{7};
    all.push_back({test::oracle::key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
                                     &EVP_PKEY_free),
                   {{test::ed25519_algorithm(), nullptr}}});
    return all;
}

bytes spki_of(const owner& it) { return test::oracle::encoded(i2d_PUBKEY, it.key.get()); }

class maker : public test::chance {
public:
    using chance::chance;

    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }
    /// One byte of it becomes another.
    void spoil(bytes& it) { it[below(it.size())] = byte(); }

    /// `it`, signed by `issuer`: well, or with something that does not belong to it.
    bytes sign(draft it, const owner& issuer, const std::vector<owner>& all) {
        const way& how = pick(issuer.ways);
        it.algorithm = one_in(8) ? pick(pick(all).ways).algorithm : how.algorithm;
        if (one_in(20)) it.algorithm = other_form(it.algorithm);
        if (one_in(10)) spoil(it.algorithm);
        it.outer_algorithm = one_in(30) ? how.algorithm : it.algorithm;
        if (one_in(10)) spoil(it.spki);
        const bool whole = !one_in(12);
        bytes signature = test::oracle::sign(issuer.key, how.hash, whole ? it.tbs() : bytes(40), how.pss);
        if (one_in(12)) spoil(signature);
        if (one_in(30)) signature.insert(signature.begin(), 0);
        if (one_in(30)) signature.pop_back();
        return test::sequence({it.tbs(), it.outer_algorithm, test::bit_string(signature)});
    }

private:
    /// Other parameters, or none.
    bytes other_form(const bytes& algorithm) {
        const bytes id(algorithm.begin() + 2, algorithm.begin() + 4 + algorithm[3]);
        switch (below(6)) {
            case 0: return test::sequence({id});
            case 1: return test::sequence({id, null});
            case 2: return test::sequence({id, test::sequence({})});
            case 3: return test::sequence({id, pss(1, 2, 32)});
            case 4: return test::sequence({id, pss(1, 1, 20)});
            default: return test::sequence({id, null, null});
        }
    }
};

constexpr const char* no_such_key = "a key that is none";

struct store_free {
    void operator()(X509_STORE* it) const { X509_STORE_free(it); }
    void operator()(X509_STORE_CTX* it) const { X509_STORE_CTX_free(it); }
};

/// Null when it accepts; why not otherwise.
const char* openssl_verdict(const bytes& leaf, const bytes& root) {
    const test::openssl_certificate end = test::openssl_parse(leaf), anchor = test::openssl_parse(root);
    if (!end || !anchor) return "not readable";
    if (X509_get0_pubkey(end.get()) == nullptr) return no_such_key;
    const std::unique_ptr<X509_STORE, store_free> store(X509_STORE_new());
    X509_STORE_add_cert(store.get(), anchor.get());
    const std::unique_ptr<X509_STORE_CTX, store_free> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), end.get(), nullptr);
    X509_STORE_CTX_set_default(context.get(), "ssl_server");
    X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(parameters, test::year_2030);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);  // the anchor need not have signed itself
    if (X509_verify_cert(context.get()) == 1) return nullptr;
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

}  // namespace

TEST_CASE("differential: keys and signature algorithms, right and changed") {
    const test::usual_provider crypto;
    const std::vector<owner> all = owners();
    constexpr std::size_t chains = 3000;
    std::size_t both = 0, neither = 0, only_openssl = 0, off_curve = 0;
    std::map<std::string, std::size_t> refused;
    for (std::uint32_t seed = 0; seed < chains; ++seed) {
        maker make(seed);
        const owner &issuer = make.pick(all), &subject = make.pick(all);
        draft top = test::ca("root", "root"), end = test::leaf("leaf", "root");
        top.spki = spki_of(issuer);
        end.spki = spki_of(subject);
        const bytes root = test::sequence({top.tbs(), top.outer_algorithm, test::bit_string(bytes(64))});
        const bytes leaf = make.sign(end, issuer, all);
        x509::trust_store::entry index[1];
        x509::trust_store roots(index);
        (void)roots.add(root);
        const bytes list = test::certificate_list({leaf});
        const x509::path_result ours = roots.examine(crypto, {x509::chain_view(list), "leaf.example"},
                                                     {.now = test::year_2030, .profile = x509::profile::private_pki});
        const char* const theirs = openssl_verdict(leaf, root);
        // A point of the peer's that is not on its curve is refused by whoever verifies a signature with it, which a
        // path does not: a handshake ends at CertificateVerify.
        if (ours.good() && theirs == no_such_key) {
            x509::certificate it;
            REQUIRE(x509::parse_certificate(leaf, it) == errc::none);
            const x509::key_type type = x509::key_type_of(it);
            CHECK((type == x509::key_type::p256 || type == x509::key_type::p384));
            const auto message = as_bytes("m");
            const bytes made = test::oracle::sign(subject.key, EVP_sha256(), message);
            for (const signature_scheme scheme : x509::schemes_for(it))
                CHECK_FALSE(crypto.verify(scheme, it.public_key, message, made));
            ++off_curve;
        } else if (ours.good()) {
            INFO("seed " << seed << ": OpenSSL says " << (theirs == nullptr ? "ok" : theirs));
            CHECK(theirs == nullptr);
            ++both;
        } else if (theirs == nullptr) {
            ++only_openssl;
            ++refused[std::string(name_of(ours.error))];
        } else {
            ++neither;
        }
    }
    std::printf("# accepted by both: %zu, by neither: %zu, by OpenSSL alone: %zu\n", both, neither, only_openssl);
    std::printf("# accepted here alone, with a point off its curve: %zu\n", off_curve);
    for (const auto& [why, count] : refused) std::printf("#   refused here alone: %s: %zu\n", why.c_str(), count);
    CHECK(both > chains / 20);
    CHECK(neither > chains / 20);
}
