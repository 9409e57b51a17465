// libcrypto quick|full: the providers beside libssl; it, `openssl`, and most of `mixed` compute with the same
// libcrypto. A table.
#include <array>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <spantls/providers/mixed.hpp>
#include <spantls/providers/openssl.hpp>
#include <spantls/providers/sodium.hpp>
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

constexpr auto suite = spantls::cipher_suite::tls_aes_128_gcm_sha256;

/// Whose handshakes are measured: a provider, and the suite that it and libssl speak.
template <class P>
struct provider {
    const char* name;
    spantls::cipher_suite suite;
    const char* suite_name;
    goal wanted;
    const char* remark = "";
};

/// The setting of ours, and libssl's beside it.
template <class P>
struct settings {
    settings(const certificate& mine, const provider<P>& by)
        : ours(mine, by.suite), theirs(mine, by.suite_name), wanted(by.wanted) {}

    void row(table& rows, effort much, const std::string& what) {
        const result took = compare(much, {timed([this] { spantls_pair<P>(ours).handshake(); }),
                                           timed([this] { libssl_pair(theirs).handshake(); })});
        const auto per_second = [&](std::size_t i) { return number("%.0f", 1 / took.seconds[i][0], " /s"); };
        rows.ratio("  " + what, per_second(0), per_second(1), took.ratio[1][0], wanted);
    }

    spantls_setting<P> ours;
    libssl_setting theirs;
    goal wanted;
};

template <class P>
void compare_paths(table& rows, effort much, const provider<P>& by, const char* what, const certificate& root,
                   const certificate& leaf) {
    settings<P> both(leaf, by);
    std::array<spantls::x509::trust_store::entry, 1> index;
    std::vector<std::uint8_t> room(2 * root.der.size());
    spantls::x509::trust_store roots(index, room);
    require(roots.add(root.der) == spantls::errc::none, "the root is not taken");
    both.ours.judge = [&](const auto& peer) { return roots.judge(both.ours.crypto, peer, std::time(nullptr)); };
    both.theirs.trust(root);
    both.row(rows, much, std::string(what) + ", a path from root to leaf checked");
}

/// A hybrid group; where libssl has none, beside the half of it that everybody has.
template <class P>
void compare_hybrid(table& rows, effort much, const provider<P>& by, const certificate& mine,
                    spantls::named_group group, const char* half) {
    settings<P> both(mine, by);
    both.ours.client.prefer.groups = both.ours.server.prefer.groups = {group};
    const std::string name(name_of(group));
    const bool same = both.theirs.speak(name.c_str());
    require(same || both.theirs.speak(half), "libssl does not take the group");
    if (!same) both.wanted = {};
    both.row(rows, much, name + (same ? "" : std::string(", libssl's ") + half));
}

/// What there is only once, since libcrypto takes long to make it.
struct certificates {
    certificate ed25519{{1, 2, 3}};
    certificate p256 = certificate::p256(), rsa = certificate::rsa2048();
    certificate p256_root = certificate::root(EVP_EC_gen("P-256"), p256);
    certificate p256_leaf = certificate::leaf(EVP_EC_gen("P-256"), p256_root);
    certificate rsa_root = certificate::root(EVP_RSA_gen(2048), rsa);
    certificate rsa_leaf = certificate::leaf(EVP_RSA_gen(2048), rsa_root);
};

template <class P>
void compare_handshakes(table& rows, effort much, const certificates& has, const provider<P>& by) {
    rows.title("Handshakes of " + std::string(by.name) + ", both sides: X25519, one certificate, " + by.suite_name +
               "; other: libssl" + by.remark);
    settings<P>(has.ed25519, by).row(rows, much, "Ed25519");
    settings<P>(has.p256, by).row(rows, much, "ECDSA P-256");
    settings<P>(has.rsa, by).row(rows, much, "RSA-2048 PSS");
    compare_paths(rows, much, by, "ECDSA P-256", has.p256_root, has.p256_leaf);
    compare_paths(rows, much, by, "RSA-2048", has.rsa_root, has.rsa_leaf);
    using enum spantls::named_group;
    compare_hybrid(rows, much, by, has.p256, x25519_mlkem768, "X25519");
    if constexpr (requires { typename P::signing_key; })
        compare_hybrid(rows, much, by, has.p256, secp256r1_mlkem768, "P-256");
    settings<P> resumed(has.ed25519, by);
    resume(resumed.ours);
    resume(resumed.theirs);
    resumed.row(rows, much, "resumed with a sealed ticket");
}

/// Does `mixed` take the faster of each?
void compare_providers(table& rows, effort much, const certificates& has) {
    rows.title("Handshakes of mixed, both sides: X25519, one certificate, TLS_AES_128_GCM_SHA256; other: openssl");
    const auto row = [&](const char* what, const certificate& mine) {
        spantls_setting<spantls::mixed> ours(mine, suite);
        spantls_setting<openssl> other(mine, suite);
        const result took = compare(much, {timed([&] { spantls_pair<spantls::mixed>(ours).handshake(); }),
                                           timed([&] { spantls_pair<openssl>(other).handshake(); })});
        const auto per_second = [&](std::size_t i) { return number("%.0f", 1 / took.seconds[i][0], " /s"); };
        rows.ratio(std::string("  ") + what, per_second(0), per_second(1), took.ratio[1][0], goal::at_least(1));
    };
    row("Ed25519", has.ed25519);
    row("ECDSA P-256", has.p256);
    row("RSA-2048 PSS", has.rsa);
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
    const libssl_setting theirs(mine, "TLS_AES_128_GCM_SHA256");
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
    const certificates has;
    const certificate& mine = has.ed25519;
    table rows(!quick);
    namespace libcrypto = spantls::libcrypto;
    const goal ahead = goal::at_least(1);
    compare_records<openssl, raw_evp<libcrypto::aes128_gcm>>(rows, much, mine, {0.85, 0.93, 0.97}, ahead);
    compare_records<openssl, raw_evp<libcrypto::aes256_gcm>>(rows, much, mine, {0.85, 0.93, 0.97}, ahead);
    compare_records<openssl, raw_evp<libcrypto::chacha20_poly1305>>(rows, much, mine, {0.85, 0.93, 0.97}, ahead);
    const effort some{much.rounds, much.seconds / 8};  // `timed` does eight at a time, and there are many rows
    compare_handshakes<openssl>(rows, some, has, {"openssl", suite, "TLS_AES_128_GCM_SHA256", ahead});
    compare_handshakes<spantls::mixed>(rows, some, has, {"mixed", suite, "TLS_AES_128_GCM_SHA256", ahead});
    compare_handshakes<spantls::sodium>(rows, some, has,
                                        {"sodium",
                                         spantls::cipher_suite::tls_chacha20_poly1305_sha256,
                                         "TLS_CHACHA20_POLY1305_SHA256",
                                         {},
                                         "; libcrypto signs what libsodium cannot"});
    compare_providers(rows, some, has);
    count_allocations(rows, mine);
}
