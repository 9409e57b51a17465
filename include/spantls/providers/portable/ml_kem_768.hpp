// ML-KEM-768 (FIPS 203) in constant time: no branch and no address depends on a secret. About 20 KB of stack.
//
// The private key is the seed, 64 bytes to keep from ClientHello to ServerHello and not 2400. What it stands for is
// computed anew to decapsulate, which takes as long as to generate it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/portable/keccak.hpp>
#include <spantls/providers/portable/ml_kem_codec.hpp>
#include <spantls/providers/portable/ml_kem_ring.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {
namespace ml_kem {

/// Secrets on the stack.
template <class T>
struct wiped {
    T it;
    wiped() noexcept {}
    wiped(const wiped&) = delete;
    wiped& operator=(const wiped&) = delete;
    ~wiped() { wipe_object(it); }
    T* operator->() noexcept { return &it; }
    T& operator*() noexcept { return it; }
};

/// A shared secret, and the coins that go with it.
struct secret_and_coins {
    std::uint8_t bytes[64];

    /// G (section 4.1) of a message and the hash of an encapsulation key.
    void derive(fixed_bytes<32> message, fixed_bytes<32> hash) noexcept {
        sha3_512().absorb(message).absorb(hash).squeeze(bytes);
    }
    fixed_bytes<32> secret() const noexcept { return fixed_bytes<64>(bytes).first<32>(); }
    fixed_bytes<32> coins() const noexcept { return fixed_bytes<64>(bytes).last<32>(); }
};

inline constexpr std::size_t key_size = rank * encoded_size + 32, message_size = 32, ciphertext_size = rank * 320 + 128;

/// What an encapsulation key says: t, and the matrix A that its last 32 bytes, rho, stand for.
struct public_key {
    vector t;
    polynomial matrix[rank][rank];

    /// False when the key fails the modulus check (section 7.2). The matrix is left out then.
    [[nodiscard]] bool read(fixed_bytes<key_size> key) noexcept {
        bool sound = true;
        for (std::size_t n = 0; n < rank; ++n)
            sound = decode(bytes_view(key).subspan(n * encoded_size).first<encoded_size>(), t[n]) && sound;
        if (sound) sample_matrix(key.last<32>(), matrix);
        return sound;
    }

    /// K-PKE.Encrypt (algorithm 14).
    void encrypt(fixed_bytes<message_size> message, fixed_bytes<32> coins,
                 fixed_mutable_bytes<ciphertext_size> out) const noexcept {
        wiped<multiplier> y;
        wiped<std::array<polynomial, rank + 1>> errors;  // e1 and e2
        sample_small(coins, 0, y->of);
        sample_small(coins, rank, *errors);
        for (polynomial& one : y->of) to_ntt(one);
        y->prepare();
        wiped<polynomial> sum;
        for (std::size_t n = 0; n < rank; ++n) {
            dot(*sum, &matrix[0][n], rank, *y);
            from_ntt(*sum);
            add(*sum, (*errors)[n]);
            compress_10(*sum, mutable_bytes(out).subspan(n * 320).first<320>());
        }
        dot(*sum, t.data(), 1, *y);
        from_ntt(*sum);
        polynomial& last = (*errors)[rank];
        add(*sum, last);
        decompress_1(message, last);
        add(*sum, last);
        compress_4(*sum, out.last<128>());
    }
};

/// Both halves of a pair. `Reveal` is told what of it is public though it comes out of the seed.
template <class Reveal>
struct key_pair {
    multiplier s;
    public_key open;
    std::uint8_t key[key_size];  // the encapsulation key
    std::uint8_t hash[32];       // of that
    std::uint8_t z[32];

    /// ML-KEM.KeyGen_internal (algorithm 16) and K-PKE.KeyGen (algorithm 13), but for the hash.
    void generate(fixed_bytes<64> seed) noexcept {
        wiped<secret_and_coins> rho_sigma;
        const std::uint8_t last[1] = {rank};
        sha3_512().absorb(seed.first<32>()).absorb(last).squeeze(rho_sigma->bytes);
        const fixed_mutable_bytes<32> rho = fixed_mutable_bytes<key_size>(key).last<32>();
        copy_bytes(rho_sigma->secret(), rho);
        Reveal()(rho);
        copy_bytes(seed.last<32>(), z);
        sample_matrix(rho, open.matrix);
        wiped<vector> errors;
        sample_small(rho_sigma->coins(), 0, s.of);
        sample_small(rho_sigma->coins(), rank, *errors);
        for (polynomial& one : s.of) to_ntt(one);
        for (polynomial& one : *errors) to_ntt(one);
        s.prepare();
        for (std::size_t n = 0; n < rank; ++n) {
            dot(open.t[n], open.matrix[n], 1, s);
            undo_division(open.t[n]);
            add(open.t[n], (*errors)[n]);
            encode(open.t[n], mutable_bytes(key).subspan(n * encoded_size).first<encoded_size>());
        }
    }
    void make_hash() noexcept { sha3_256().absorb(key).squeeze(hash); }

    /// ML-KEM.Decaps_internal (algorithm 18); the hash has been made.
    void decapsulate(fixed_bytes<ciphertext_size> ciphertext, fixed_mutable_bytes<32> secret) const noexcept {
        wiped<polynomial> message, product;
        {
            multiplier u;
            for (std::size_t n = 0; n < rank; ++n) {
                decompress_10(bytes_view(ciphertext).subspan(n * 320).first<320>(), u.of[n]);
                to_ntt(u.of[n]);
            }
            u.prepare();
            dot(*product, s.of.data(), 1, u);
        }
        from_ntt(*product);
        decompress_4(ciphertext.last<128>(), *message);
        subtract(*message, *product);

        struct bytes {
            std::uint8_t message[message_size], rejected[32], again[ciphertext_size];
            secret_and_coins made;
        };
        wiped<bytes> my;
        compress_1(*message, my->message);
        my->made.derive(my->message, hash);
        shake256().absorb(z).absorb(ciphertext).squeeze(my->rejected);
        open.encrypt(my->message, my->made.coins(), my->again);
        std::uint32_t difference = 0;
        for (std::size_t i = 0; i < ciphertext_size; ++i)
            difference |= static_cast<std::uint32_t>(my->again[i] ^ ciphertext[i]);
        const std::uint32_t same = opaque((difference - 1) >> 8);  // all ones, or zero, in the lowest byte
        for (std::size_t i = 0; i < 32; ++i)
            secret[i] = static_cast<std::uint8_t>((my->made.bytes[i] & same) | (my->rejected[i] & ~same));
    }
};

}  // namespace ml_kem

/// What comes out of `Reveal` is public from there on: for tests that follow secrets.
template <class Reveal>
struct basic_ml_kem_768 {
    static constexpr std::size_t private_size = 64;  // d, then z (section 7.1)
    static constexpr std::size_t random_size = 32;
    static constexpr std::size_t key_size = 1184;
    static constexpr std::size_t ciphertext_size = 1088;
    static constexpr std::size_t secret_size = 32;
    /// As FIPS 203 has it.
    static constexpr std::size_t expanded_size = 2400;

    /// The encapsulation key of a seed, which is 64 random bytes.
    [[nodiscard]] static bool generate(fixed_bytes<64> seed, fixed_mutable_bytes<key_size> key) noexcept {
        pair made;
        made->generate(seed);
        copy_bytes(made->key, key);
        return true;
    }
    /// ML-KEM.Encaps_internal (algorithm 17). False when the key fails the check of section 7.2.
    [[nodiscard]] static bool encapsulate(fixed_bytes<32> random, fixed_bytes<key_size> key,
                                          fixed_mutable_bytes<ciphertext_size> ciphertext,
                                          fixed_mutable_bytes<32> secret) noexcept {
        ml_kem::public_key to;
        if (!to.read(key)) return false;
        std::uint8_t hash[32];
        sha3_256().absorb(key).squeeze(hash);
        ml_kem::wiped<ml_kem::secret_and_coins> made;
        made->derive(random, hash);
        to.encrypt(random, made->coins(), ciphertext);
        copy_bytes(made->secret(), secret);
        return true;
    }
    /// The secret in `ciphertext`; of one that was not made by encapsulation, a secret that nobody else knows.
    [[nodiscard]] static bool decapsulate(fixed_bytes<64> seed, fixed_bytes<ciphertext_size> ciphertext,
                                          fixed_mutable_bytes<32> secret) noexcept {
        pair key;
        key->generate(seed);
        key->make_hash();
        key->decapsulate(ciphertext, secret);
        return true;
    }

    /// The decapsulation key of a seed.
    static void expand(fixed_bytes<64> seed, fixed_mutable_bytes<expanded_size> out) noexcept {
        pair made;
        made->generate(seed);
        made->make_hash();
        for (std::size_t n = 0; n < ml_kem::rank; ++n) {
            ml_kem::polynomial& one = made->s.of[n];
            for (std::size_t i = 0; i < ml_kem::half; ++i) one.even[i] = ml_kem::below_q(one.even[i]);
            for (std::size_t i = 0; i < ml_kem::half; ++i) one.odd[i] = ml_kem::below_q(one.odd[i]);
            ml_kem::encode(one, mutable_bytes(out).subspan(n * ml_kem::encoded_size).first<ml_kem::encoded_size>());
        }
        copy_bytes(made->key, mutable_bytes(out).subspan(secret_part));
        copy_bytes(made->hash, mutable_bytes(out).subspan(secret_part + key_size));
        copy_bytes(made->z, mutable_bytes(out).subspan(secret_part + key_size + 32));
    }
    /// False when the key fails the checks of section 7.3, or those of section 7.2.
    [[nodiscard]] static bool decapsulate_expanded(fixed_bytes<expanded_size> expanded,
                                                   fixed_bytes<ciphertext_size> ciphertext,
                                                   fixed_mutable_bytes<32> secret) noexcept {
        pair key;
        bool sound = true;
        for (std::size_t n = 0; n < ml_kem::rank; ++n)
            sound = ml_kem::decode(bytes_view(expanded).subspan(n * ml_kem::encoded_size).first<ml_kem::encoded_size>(),
                                   key->s.of[n]) &&
                    sound;
        copy_bytes(bytes_view(expanded).subspan(secret_part, key_size), key->key);
        copy_bytes(expanded.template last<32>(), key->z);
        key->make_hash();
        const bool intact = equal_bytes(key->hash, bytes_view(expanded).subspan(secret_part + key_size, 32));
        if (!sound || !intact || !key->open.read(key->key)) return false;
        key->decapsulate(ciphertext, secret);
        return true;
    }

private:
    using pair = ml_kem::wiped<ml_kem::key_pair<Reveal>>;
    static constexpr std::size_t secret_part = ml_kem::rank * ml_kem::encoded_size;
};

struct nothing_to_reveal {
    void operator()(bytes_view) const noexcept {}
};
using ml_kem_768 = basic_ml_kem_768<nothing_to_reveal>;

}  // namespace portable
}  // namespace v1
}  // namespace spantls
