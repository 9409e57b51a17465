// libcrypto quick|full: the provider `openssl` beside libssl, which both compute with the same libcrypto. A table.
#include <array>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <spantls/providers/openssl.hpp>
#include <spantls/x509/trust_store.hpp>

#include "allocations.hpp"
#include "certificate.hpp"
#include "libssl_pair.hpp"
#include "records.hpp"
#include "spantls_pair.hpp"
#include "table.hpp"
#include "timing.hpp"

namespace bench {
namespace {

using spantls::openssl;

/// libcrypto's own AEAD, as one would write it: one object, its key set once.
template <class Aead>
struct raw_evp {
    using aead = Aead;
    static constexpr const char* name = Aead::name;
    static constexpr const char* library = "libcrypto";
    static constexpr const char* libssl_suite =
        Aead::suite == spantls::cipher_suite::tls_aes_128_gcm_sha256   ? "TLS_AES_128_GCM_SHA256"
        : Aead::suite == spantls::cipher_suite::tls_aes_256_gcm_sha384 ? "TLS_AES_256_GCM_SHA384"
                                                                       : "TLS_CHACHA20_POLY1305_SHA256";
    struct context {
        EVP_CIPHER_CTX* it = EVP_CIPHER_CTX_new();
        context() = default;
        context(const context&) = delete;
        context& operator=(const context&) = delete;
        ~context() { EVP_CIPHER_CTX_free(it); }
    };

    static void set_key(context& to, const std::array<std::uint8_t, 32>& key) {
        EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
        require(EVP_CipherInit_ex(to.it, cipher, nullptr, key.data(), nullptr, 1) == 1, "libcrypto takes no key");
        EVP_CIPHER_free(cipher);
    }
    static void seal(const context& with, const std::uint8_t* nonce, const std::uint8_t* header,
                     const std::uint8_t* text, std::size_t size, std::uint8_t* out) {
        int done = 0;
        require(EVP_CipherInit_ex(with.it, nullptr, nullptr, nullptr, nonce, 1) == 1 &&
                    EVP_EncryptUpdate(with.it, nullptr, &done, header, 5) == 1 &&
                    EVP_EncryptUpdate(with.it, out, &done, text, static_cast<int>(size)) == 1 &&
                    EVP_EncryptFinal_ex(with.it, out + size, &done) == 1 &&
                    EVP_CIPHER_CTX_ctrl(with.it, EVP_CTRL_AEAD_GET_TAG, 16, out + size) == 1,
                "libcrypto does not seal");
    }
    static bool open(const context& with, const std::uint8_t* nonce, const std::uint8_t* header, std::uint8_t* record,
                     std::size_t size) {
        int done = 0;
        return EVP_CipherInit_ex(with.it, nullptr, nullptr, nullptr, nonce, 0) == 1 &&
               EVP_DecryptUpdate(with.it, nullptr, &done, header, 5) == 1 &&
               EVP_DecryptUpdate(with.it, record, &done, record, static_cast<int>(size - 16)) == 1 &&
               EVP_CIPHER_CTX_ctrl(with.it, EVP_CTRL_AEAD_SET_TAG, 16, record + size - 16) == 1 &&
               EVP_DecryptFinal_ex(with.it, record + size - 16, &done) == 1;
    }
};

void compare_handshakes(table& rows, effort much, const std::string& what, spantls_setting<openssl>& ours,
                        const libssl_setting& theirs) {
    const result took = compare(much, {timed([&] { spantls_pair<openssl>(ours).handshake(); }),
                                       timed([&] { libssl_pair(theirs).handshake(); })});
    const auto per_second = [&](std::size_t i) { return number("%.0f", 1 / took.seconds[i][0], " /s"); };
    rows.ratio("  " + what, per_second(0), per_second(1), took.ratio[1][0], goal::at_least(1));
}

constexpr auto suite = spantls::cipher_suite::tls_aes_128_gcm_sha256;
constexpr const char* suite_name = "TLS_AES_128_GCM_SHA256";

void compare_handshakes(table& rows, effort much, const certificate& mine) {
    const std::array<std::pair<const char*, certificate>, 2> others{
        {{"ECDSA P-256", certificate::p256()}, {"RSA-2048 PSS", certificate::rsa2048()}}};
    rows.title("Handshakes, both sides: X25519, one certificate, TLS_AES_128_GCM_SHA256; other: libssl");
    {
        spantls_setting<openssl> ours(mine, suite);
        libssl_setting theirs(mine, suite_name);
        compare_handshakes(rows, much, "Ed25519", ours, theirs);
    }
    for (const auto& [what, its] : others) {
        spantls_setting<openssl> ours(its, suite);
        const libssl_setting theirs(its, suite_name);
        compare_handshakes(rows, much, what, ours, theirs);
    }
    {
        const certificate root = certificate::p256_root(), leaf = certificate::p256_leaf(root);
        spantls_setting<openssl> ours(leaf, suite);
        libssl_setting theirs(leaf, suite_name);
        std::array<spantls::x509::trust_store::entry, 1> index;
        std::vector<std::uint8_t> room(2 * root.der.size());
        spantls::x509::trust_store roots(index, room);
        require(roots.add(root.der) == spantls::errc::none, "the root is not taken");
        ours.judge = [&](const auto& peer) { return roots.judge(ours.crypto, peer, std::time(nullptr)); };
        theirs.trust(root);
        compare_handshakes(rows, much, "ECDSA P-256, a path from root to leaf checked", ours, theirs);
    }
    spantls_setting<openssl> ours(mine, suite);
    libssl_setting theirs(mine, suite_name);
    resume(ours);
    resume(theirs);
    compare_handshakes(rows, much, "resumed with a sealed ticket", ours, theirs);
}

void count_allocations(table& rows, const certificate& mine) {
    constexpr int records = 100;
    std::vector<std::uint8_t> text(1024, 'x'), wire(2048);
    spantls_setting<openssl> ours(mine, suite);
    spantls_pair<openssl>(ours).handshake();  // what is only made once is made
    heap_account handshake, afterwards;
    {
        const auto pair = std::make_unique<spantls_pair<openssl>>(ours);
        {
            const charge here(handshake);
            pair->handshake();
        }
        const charge here(afterwards);
        for (int i = 0; i < records; ++i) {
            const std::size_t size = pair->client.send(text, wire).records.size();
            require(pair->server.receive(spantls::mutable_bytes(wire).first(size)).data.size() == text.size(), "lost");
        }
    }
    const libssl_setting theirs(mine, suite_name);
    libssl_pair(theirs).handshake();
    heap_account client, server;
    libssl_pair(theirs, 0, &client, &server).handshake();
    const auto count = [](std::size_t n) { return static_cast<double>(n); };
    rows.title("Heap, by libcrypto; other: libssl");
    rows.count("  allocations for a handshake, both sides", count(handshake.allocations),
               number("%.0f", count(client.allocations + server.allocations)));
    rows.count("  allocations for 100 records sent and received", count(afterwards.allocations), "", goal::at_most(0));
    rows.count("  bytes kept afterwards, both sides", static_cast<double>(handshake.bytes),
               number("%.0f", static_cast<double>(client.bytes + server.bytes)));
    rows.count("  idle client, itself", sizeof(spantls::client<openssl>));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    using namespace bench;
    require(argc == 2, "usage: libcrypto quick|full");
    const bool quick = std::strcmp(argv[1], "quick") == 0;
    const effort much = quick ? effort{1, 0.001} : effort{9, 0.05};
    const certificate mine({1, 2, 3});
    table rows(!quick);
    namespace libcrypto = spantls::libcrypto;
    const goal ahead = goal::at_least(1);
    compare_records<openssl, raw_evp<libcrypto::aes128_gcm>>(rows, much, mine, {0.85, 0.93, 0.97}, ahead);
    compare_records<openssl, raw_evp<libcrypto::aes256_gcm>>(rows, much, mine, {0.85, 0.93, 0.97}, ahead);
    compare_records<openssl, raw_evp<libcrypto::chacha20_poly1305>>(rows, much, mine, {0.85, 0.93, 0.97}, ahead);
    compare_handshakes(rows, much, mine);
    count_allocations(rows, mine);
}
