// Signatures verified by us, and by libcrypto with a key that it has already read.
#pragma once

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <spantls/providers/sodium.hpp>

#include "check.hpp"
#include "libssl_pair.hpp"
#include "table.hpp"
#include "timing.hpp"

namespace bench {

/// A key, and its signature of some hundred bytes, as many as CertificateVerify signs.
class signature_case {
public:
    signature_case(EVP_PKEY* key, const EVP_MD* hash, bool pss) : key_(key), hash_(hash), pss_(pss) {
        require(key != nullptr, "libcrypto makes no key");
        const auto context = start(EVP_DigestSignInit);
        std::size_t size = signature_.size();
        require(EVP_DigestSign(context.get(), signature_.data(), &size, message_.data(), message_.size()) == 1,
                "libcrypto does not sign");
        signature_.resize(size);
        unsigned char* out = nullptr;
        const int length = i2d_PublicKey(key, &out);
        require(length > 0, "libcrypto does not write a key");
        public_key_.assign(out, out + length);
        OPENSSL_free(out);
    }

    void ours(spantls::signature_scheme scheme) const {
        require(crypto_.verify(scheme, public_key_, message_, signature_), "a good signature does not verify");
    }
    void theirs() const {
        const auto context = start(EVP_DigestVerifyInit);
        require(EVP_DigestVerify(context.get(), signature_.data(), signature_.size(), message_.data(),
                                 message_.size()) == 1,
                "libcrypto does not verify");
    }

private:
    using digest_context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

    template <class Init>
    digest_context start(Init init) const {
        digest_context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
        EVP_PKEY_CTX* settings = nullptr;
        require(init(context.get(), &settings, hash_, nullptr, key_.get()) == 1, "libcrypto does not start");
        if (pss_)
            require(EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
                        EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1,
                    "libcrypto has no PSS");
        return context;
    }

    owned<EVP_PKEY> key_;
    const EVP_MD* hash_;
    bool pss_;
    spantls::sodium crypto_;
    std::vector<std::uint8_t> message_ = std::vector<std::uint8_t>(130, 'x');
    std::vector<std::uint8_t> signature_ = std::vector<std::uint8_t>(1024);
    std::vector<std::uint8_t> public_key_;
};

inline void measure_signatures(table& rows, effort much) {
    using enum spantls::signature_scheme;
    rows.title("Verifying a signature; other: libcrypto, whose key is read beforehand");
    const auto row = [&](spantls::signature_scheme scheme, EVP_PKEY* key, const EVP_MD* hash, goal wanted) {
        const bool pss = scheme == rsa_pss_rsae_sha256;
        const signature_case one(key, hash, pss);
        const auto timed = [](auto run) -> contestant {
            return [run] {
                constexpr int turn = 8;
                const double begin = now();
                for (int i = 0; i < turn; ++i) run();
                return times{(now() - begin) / turn, 0};
            };
        };
        const result took = compare(much, {timed([&] { one.ours(scheme); }), timed([&] { one.theirs(); })});
        const auto shown = [&](std::size_t i) { return number("%.1f", 1e6 * took.seconds[i][0], " us"); };
        rows.ratio("  " + std::string(name_of(scheme)) + ", " + std::to_string(EVP_PKEY_get_bits(key)) + " bits",
                   shown(0), shown(1), 1 / took.ratio[1][0], wanted);
    };
    row(ecdsa_secp256r1_sha256, EVP_EC_gen("P-256"), EVP_sha256(), goal::at_most(2));
    row(ecdsa_secp384r1_sha384, EVP_EC_gen("P-384"), EVP_sha384(), goal::at_most(2));
    row(rsa_pss_rsae_sha256, EVP_RSA_gen(2048), EVP_sha256(), goal::at_most(2));
    row(rsa_pkcs1_sha256, EVP_RSA_gen(2048), EVP_sha256(), goal::at_most(2));
    row(rsa_pkcs1_sha256, EVP_RSA_gen(4096), EVP_sha256(), {});
}

}  // namespace bench
