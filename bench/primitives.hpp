// What our connections are measured against: libsodium's functions themselves, and nothing around them.
#pragma once

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <spantls/providers/sodium.hpp>

#include "check.hpp"
#include "spantls_pair.hpp"

namespace bench {

/// libsodium's AEADs in one call.
struct raw_chacha20_poly1305 {
    static constexpr const char* name = "ChaCha20-Poly1305";
    static constexpr const char* library = "libsodium";
    static constexpr const char* libssl_suite = "TLS_CHACHA20_POLY1305_SHA256";
    using aead = spantls::libsodium::chacha20_poly1305;
    using context = std::array<std::uint8_t, 32>;

    static void set_key(context& to, const std::array<std::uint8_t, 32>& key) { to = key; }
    static void seal(const context& key, const std::uint8_t* nonce, const std::uint8_t* header,
                     const std::uint8_t* text, std::size_t size, std::uint8_t* out) {
        crypto_aead_chacha20poly1305_ietf_encrypt(out, nullptr, text, size, header, 5, nullptr, nonce, key.data());
    }
    static bool open(const context& key, const std::uint8_t* nonce, const std::uint8_t* header, std::uint8_t* record,
                     std::size_t size) {
        return crypto_aead_chacha20poly1305_ietf_decrypt(record, nullptr, nullptr, record, size, header, 5, nonce,
                                                         key.data()) == 0;
    }
};

struct raw_aes256_gcm {
    static constexpr const char* name = "AES-256-GCM";
    static constexpr const char* library = "libsodium";
    static constexpr const char* libssl_suite = "TLS_AES_256_GCM_SHA384";
    using aead = spantls::libsodium::aes256_gcm;
    using context = crypto_aead_aes256gcm_state;

    static void set_key(context& to, const std::array<std::uint8_t, 32>& key) {
        crypto_aead_aes256gcm_beforenm(&to, key.data());
    }
    static void seal(const context& key, const std::uint8_t* nonce, const std::uint8_t* header,
                     const std::uint8_t* text, std::size_t size, std::uint8_t* out) {
        crypto_aead_aes256gcm_encrypt_afternm(out, nullptr, text, size, header, 5, nullptr, nonce, &key);
    }
    static bool open(const context& key, const std::uint8_t* nonce, const std::uint8_t* header, std::uint8_t* record,
                     std::size_t size) {
        return crypto_aead_aes256gcm_decrypt_afternm(record, nullptr, nullptr, record, size, header, 5, nonce, &key) ==
               0;
    }
};

/// Compressions that a hash made, counted from the sizes of what it was fed.
inline std::size_t compressions = 0;

template <class Hash>
struct counted {
    static constexpr spantls::hash_id id = Hash::id;
    static constexpr std::size_t block = spantls::block_size(id);
    struct state {
        typename Hash::state inner;
        std::size_t fed;
    };
    static void init(state& state) noexcept {
        Hash::init(state.inner);
        state.fed = 0;
    }
    static void update(state& state, spantls::bytes_view in) noexcept {
        Hash::update(state.inner, in);
        compressions += (state.fed + in.size()) / block - state.fed / block;
        state.fed += in.size();
    }
    static void finish(state& state, std::uint8_t* out) noexcept {
        Hash::finish(state.inner, out);
        const std::size_t length = block / 8;  // of the message's length, which is padded to the end of a block
        compressions += state.fed % block + 1 + length <= block ? 1 : 2;
    }
};

/// Compressions in one handshake, full or resumed, both sides together.
template <class Aead, class Hash>
std::size_t count_compressions(const certificate& mine, bool resumed, bool hybrid = false) {
    using namespace spantls;
    using provider = basic_sodium<type_list<counted<Hash>>, type_list<Aead>,
                                  type_list<libsodium::x25519_mlkem768, libsodium::x25519>>;
    spantls_setting<provider> setting(mine, Aead::suite);
    if (hybrid) setting.client.prefer.groups = setting.server.prefer.groups = {};
    if (resumed) resume(setting);
    compressions = 0;
    spantls_pair<provider>(setting).handshake();
    return compressions;
}

/// The primitives of one handshake, both sides together: two key pairs, two shared secrets, so many compressions, and
/// in a full one a signature made and verified.
template <class Hash>
class handshake_primitives {
public:
    handshake_primitives(spantls::fixed_bytes<32> seed, std::size_t blocks, bool resumed)
        : key_(seed), bulk_(blocks * spantls::block_size(Hash::id)), resumed_(resumed) {}

    void run() {
        using group = spantls::libsodium::x25519;
        std::array<std::array<std::uint8_t, 32>, 2> secret{}, share{}, shared{};
        std::array<std::uint8_t, 64> signature{};
        std::array<std::uint8_t, 130> content{};
        bool good = true;
        for (std::size_t i = 0; i < 2; ++i) {
            secret[i].fill(static_cast<std::uint8_t>(++counter_));
            good = good && group::public_key(secret[i], share[i]);
        }
        for (std::size_t i = 0; i < 2; ++i) good = good && group::finish(secret[i], share[1 - i], shared[i]);
        if (!resumed_) {
            content[0] = counter_;
            key_.sign(content, signature);
            good = good && spantls::libsodium::ed25519_verify(key_.public_key(), content, signature);
        }
        typename Hash::state state;
        Hash::init(state);
        Hash::update(state, bulk_);
        require(good && shared[0] == shared[1], "the primitives do not work");
    }

private:
    spantls::libsodium::ed25519_key key_;
    std::vector<std::uint8_t> bulk_;
    bool resumed_;
    std::uint8_t counter_ = 0;
};

}  // namespace bench
