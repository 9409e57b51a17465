#include <spantls/crypto/hkdf.hpp>

#include <array>

#include <openssl/kdf.h>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
using spantls::hash_id;

namespace {

test::buffer extract(hash_id hash, bytes_view salt, bytes_view ikm) {
    // As in RFC 2104: a salt longer than a block is hashed first. The key schedule has none.
    const spantls::digest hashed = spantls::hash_of<test::usual_provider>(hash, salt);
    test::buffer prk(spantls::digest_size(hash));
    spantls::hkdf_extract<test::usual_provider>(hash, salt.size() > spantls::block_size(hash) ? hashed.view() : salt,
                                                ikm, prk.data());
    return prk;
}

test::buffer expand(hash_id hash, bytes_view prk, bytes_view info, std::size_t size) {
    test::buffer okm(size + 1, 0xa5);
    spantls::hkdf_expand(spantls::hmac_key<test::usual_provider>(hash, prk), info,
                         spantls::mutable_bytes(okm).first(size));
    REQUIRE(okm.back() == 0xa5);
    okm.pop_back();
    return okm;
}

void check_wycheproof(hash_id hash, const std::string& name) {
    const auto file = test::shared_vectors("wycheproof/" + name);
    if (!file) return;
    std::size_t too_long = 0;
    const std::size_t cases = test::for_each_wycheproof(*file, [&](const auto&, const auto& one) {
        const auto bytes = [&](const char* field) { return test::unhex(one[field].template get<std::string>()); };
        const std::size_t size = one["size"].template get<std::size_t>();
        if (size > 255 * spantls::digest_size(hash)) {
            REQUIRE(one["result"] == "invalid");
            ++too_long;
            return;
        }
        REQUIRE(one["result"] == "valid");
        const test::buffer prk = extract(hash, bytes("salt"), bytes("ikm"));
        CHECK(expand(hash, prk, bytes("info"), size) == bytes("okm"));
    });
    std::printf("# %s: %zu ask for more than 255 digests, which nobody who calls it does\n", name.c_str(), too_long);
    test::ran(name, cases - too_long);
}

/// Records of Debian's HKDF files; those for SHA-1 are not ours.
void check_debian(const std::string& name) {
    const auto file = test::debian_vectors("KDF/" + name);
    if (!file) return;
    std::size_t cases = 0;
    std::map<std::string, std::string> all;
    for (const auto& record : test::load_response_file(*file)) {
        for (const auto& [field, value] : record) all[field] = value;
        if (!record.contains("OKM")) continue;
        REQUIRE(all.at("Hash") == "SHA-256");
        const test::buffer prk = extract(hash_id::sha256, test::unhex(all.at("salt")), test::unhex(all.at("IKM")));
        if (all.contains("PRK")) CHECK(test::hex(prk) == all.at("PRK"));
        CHECK(test::hex(expand(hash_id::sha256, prk, test::unhex(all.at("info")), std::stoul(all.at("L")))) ==
              all.at("OKM"));
        all.clear();
        ++cases;
    }
    test::ran(name, cases);
}

/// HKDF-Expand-Label by libcrypto, out of a HkdfLabel that is put together by hand (RFC 9846, section 7.1).
test::buffer oracle_expand_label(const EVP_MD* hash, bytes_view secret, std::string_view label, bytes_view context,
                                 std::size_t size) {
    test::buffer info{static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size),
                      static_cast<std::uint8_t>(6 + label.size())};
    for (const char c : "tls13 " + std::string(label)) info.push_back(static_cast<std::uint8_t>(c));
    info.push_back(static_cast<std::uint8_t>(context.size()));
    info.insert(info.end(), context.begin(), context.end());
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> kdf(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr),
                                                                          &EVP_PKEY_CTX_free);
    test::buffer out(size);
    test::oracle::must(EVP_PKEY_derive_init(kdf.get()) == 1 &&
                       EVP_PKEY_CTX_set_hkdf_mode(kdf.get(), EVP_PKEY_HKDEF_MODE_EXPAND_ONLY) == 1 &&
                       EVP_PKEY_CTX_set_hkdf_md(kdf.get(), hash) == 1 &&
                       EVP_PKEY_CTX_set1_hkdf_key(kdf.get(), secret.data(), static_cast<int>(secret.size())) == 1);
    // libcrypto takes info in pieces.
    for (std::size_t at = 0; at < info.size(); at += 64)
        test::oracle::must(EVP_PKEY_CTX_add1_hkdf_info(kdf.get(), info.data() + at,
                                                       static_cast<int>(std::min<std::size_t>(64, info.size() - at))) ==
                           1);
    test::oracle::must(EVP_PKEY_derive(kdf.get(), out.data(), &size) == 1 && size == out.size());
    return out;
}

}  // namespace

TEST_CASE("HKDF passes Wycheproof") {
    check_wycheproof(hash_id::sha256, "hkdf_sha256_test.json");
    check_wycheproof(hash_id::sha384, "hkdf_sha384_test.json");
}

TEST_CASE("HKDF passes RFC 5869's and pyca's vectors") {
    check_debian("rfc-5869-HKDF-SHA256.txt");
    check_debian("hkdf-generated.txt");
}

TEST_CASE("HKDF-Expand-Label is what libcrypto makes of the same HkdfLabel, for all lengths that may be") {
    const test::buffer secret(48, 0x5a), context(255, 0xc0);
    const std::string label(249, 'l');
    for (const bool long_one : {false, true}) {
        const hash_id id = long_one ? hash_id::sha384 : hash_id::sha256;
        const EVP_MD* const oracle = long_one ? EVP_sha384() : EVP_sha256();
        const bytes_view key = bytes_view(secret).first(spantls::digest_size(id));
        const spantls::hmac_key<test::usual_provider> ready(id, key);
        for (const std::size_t label_size : {0u, 3u, 12u, 249u})
            for (const std::size_t context_size : {0u, 1u, 32u, 48u, 255u})
                for (const std::size_t size : {1u, 12u, 16u, 32u, 48u, 49u, 200u, 255u * 32u}) {
                    test::buffer out(size);
                    const std::string_view name = std::string_view(label).substr(0, label_size);
                    const bytes_view messages = bytes_view(context).first(context_size);
                    spantls::hkdf_expand_label(ready, name, messages, out);
                    INFO(label_size << ", " << context_size << ", " << size);
                    CHECK(out == oracle_expand_label(oracle, key, name, messages, size));
                }
    }
}
