// RSA signatures verified (RFC 8017): PKCS #1 v1.5 and PSS, keys of 2048 to 8192 bits. No more than 8 KiB of stack, no
// heap. Everything here is public.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <spantls/base/bytes.hpp>
#include <spantls/providers/portable/limbs.hpp>

namespace spantls {
inline namespace v1 {
namespace portable {

inline constexpr std::size_t min_rsa_bits = 2048;
inline constexpr std::size_t max_rsa_bits = 8192;
/// Exponents are odd, at least 3 and at most so many bits long: what a stranger's key may make us compute.
inline constexpr std::size_t max_rsa_exponent_bits = 33;

/// RSAPublicKey out of its DER (RFC 8017, A.1.1).
class rsa_public_key {
public:
    /// Ask good() afterwards. `der` has to stay where it is.
    constexpr explicit rsa_public_key(bytes_view der) noexcept {
        const integer_pair key(der);
        if (!key.good || key.first.size() > max_rsa_bits / 8 || key.second.size() > 8) return;
        for (const std::uint8_t byte : key.second) exponent_ = exponent_ << 8 | byte;
        modulus_ = key.first;
        bits_ = 8 * modulus_.size() - static_cast<std::size_t>(std::countl_zero(modulus_[0]));
        good_ = bits_ >= min_rsa_bits && (modulus_.back() & 1) != 0 && (exponent_ & 1) != 0 && exponent_ >= 3 &&
                exponent_ >> max_rsa_exponent_bits == 0;
    }

    constexpr bool good() const noexcept { return good_; }
    constexpr bytes_view modulus() const noexcept { return modulus_; }
    constexpr std::uint64_t exponent() const noexcept { return exponent_; }
    constexpr std::size_t bits() const noexcept { return bits_; }

private:
    bytes_view modulus_;
    std::uint64_t exponent_ = 0;
    std::size_t bits_ = 0;
    bool good_ = false;
};

/// Numbers modulo an odd one, in Montgomery's form: times a power of two, R, that is longer than the modulus.
template <class Limb>
class rsa_arithmetic {
public:
    explicit rsa_arithmetic(const rsa_public_key& key) noexcept
        : count_((key.bits() + limb_bits<Limb> - 1) / limb_bits<Limb>) {
        (void)load(key.modulus(), modulus_, count_);
        step_ = negated_inverse(modulus_[0]);
    }

    /// RSAVP1 (RFC 8017, section 5.2.2): signature^exponent into `out`, which is as long as the modulus. False when the
    /// signature is not below the modulus.
    bool power(bytes_view signature, const rsa_public_key& key, mutable_bytes out) noexcept {
        Limb base[most], result[most];
        if (!load(signature, base, count_) || !less(base, modulus_, count_)) return false;
        square_of_r(key.bits(), result);
        multiply(result, base, result);
        Limb plain[most];
        std::memcpy(plain, base, sizeof(Limb) * count_);
        std::memcpy(base, result, sizeof(Limb) * count_);
        for (int bit = static_cast<int>(std::bit_width(key.exponent())) - 1; bit-- > 1;) {
            square(result, result);
            if ((key.exponent() >> bit & 1) != 0) multiply(result, base, result);
        }
        // The exponent is odd: the last factor as it is takes R away.
        square(result, result);
        multiply(result, plain, result);
        store(result, out);
        return true;
    }

private:
    static constexpr std::size_t most = max_rsa_bits / limb_bits<Limb>;

    /// `to` may be any of the factors.
    void multiply(const Limb* a, const Limb* b, Limb* to) noexcept {
        std::memset(wide_, 0, sizeof(Limb) * count_);
        for (std::size_t i = 0; i < count_; ++i) wide_[i + count_] = add_product(wide_ + i, a, count_, b[i]);
        reduce(to);
    }

    void square(const Limb* a, Limb* to) noexcept {
        std::memset(wide_, 0, sizeof(Limb) * (count_ + 1));
        for (std::size_t i = 0; i < count_; ++i)
            wide_[i + count_] = add_product(wide_ + 2 * i + 1, a + i + 1, count_ - i - 1, a[i]);
        // Each product of two different limbs comes twice, those of equal ones once.
        constexpr unsigned top = limb_bits<Limb> - 1;
        Limb out = 0, carry = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            const auto product = static_cast<twice_t<Limb>>(static_cast<twice_t<Limb>>(a[i]) * a[i]);
            const Limb low = wide_[2 * i], high = wide_[2 * i + 1];
            auto sum = static_cast<twice_t<Limb>>(static_cast<twice_t<Limb>>(static_cast<Limb>(low << 1 | out)) +
                                                  static_cast<Limb>(product) + carry);
            wide_[2 * i] = static_cast<Limb>(sum);
            sum = static_cast<twice_t<Limb>>(static_cast<twice_t<Limb>>(static_cast<Limb>(high << 1 | low >> top)) +
                                             high_half<Limb>(product) + high_half<Limb>(sum));
            wide_[2 * i + 1] = static_cast<Limb>(sum);
            carry = high_half<Limb>(sum);
            out = high >> top;
        }
        reduce(to);
    }

    /// to = wide / R
    void reduce(Limb* to) noexcept {
        // What is carried out of a row goes where the row has just made a zero.
        for (std::size_t i = 0; i < count_; ++i)
            wide_[i] = add_product(wide_ + i, modulus_, count_, static_cast<Limb>(wide_[i] * step_));
        const Limb carry = add(to, wide_ + count_, wide_, count_);
        subtract_once(to, carry);
    }

    void subtract_once(Limb* value, Limb carry) const noexcept {
        if (carry != 0 || !less(value, modulus_, count_)) (void)subtract(value, value, modulus_, count_);
    }

    /// to = R * R
    void square_of_r(std::size_t bits, Limb* to) noexcept {
        std::memset(to, 0, sizeof(Limb) * count_);
        to[(bits - 1) / limb_bits<Limb>] = Limb{1} << ((bits - 1) % limb_bits<Limb>);  // the modulus is odd, so larger
        // R = 2^(limbs * limb_bits), and one doubling more for each limb: squared log2(limb_bits) times, that is R * R.
        for (std::size_t i = bits - 1; i < count_ * limb_bits<Limb> + count_; ++i)
            subtract_once(to, add(to, to, to, count_));
        for (int i = 0; i < std::countr_zero(limb_bits<Limb>); ++i) square(to, to);
    }

    Limb modulus_[most];
    Limb wide_[2 * most];
    std::size_t count_;
    Limb step_;
};

namespace detail {
/// DigestInfo of SHA-256, SHA-384 or SHA-512 without the digest (RFC 8017, section 9.2, note 1).
constexpr std::array<std::uint8_t, 19> digest_info(std::size_t size) noexcept {
    return {0x30,
            static_cast<std::uint8_t>(17 + size),
            0x30,
            0x0d,
            0x06,
            0x09,
            0x60,
            0x86,
            0x48,
            0x01,
            0x65,
            0x03,
            0x04,
            0x02,
            static_cast<std::uint8_t>(size / 16 - 1),
            0x05,
            0x00,
            0x04,
            static_cast<std::uint8_t>(size)};
}

template <class Hash>
void hash_parts(std::uint8_t* out, bytes_view a, bytes_view b = {}, bytes_view c = {}) noexcept {
    typename Hash::state state;
    Hash::init(state);
    Hash::update(state, a);
    if (!b.empty()) Hash::update(state, b);
    if (!c.empty()) Hash::update(state, c);
    Hash::finish(state, out);
}

/// RSAVP1 of a signature that is exactly as long as the modulus (RFC 8017, sections 8.1.2 and 8.2.2).
template <class With>
bool recover(const rsa_public_key& key, bytes_view signature, mutable_bytes encoded) noexcept {
    if (!key.good() || signature.size() != key.modulus().size()) return false;
    if constexpr (requires { With::power(signature, key, encoded); }) {
        return With::power(signature, key, encoded.first(signature.size()));
    } else {
        rsa_arithmetic<With> modulo(key);
        return modulo.power(signature, key, encoded.first(signature.size()));
    }
}
}  // namespace detail

/// RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2.2). `public_key` is an RSAPublicKey in DER. Hash is SHA-256, SHA-384 or
/// SHA-512, shaped as a hash_function, but with `size` instead of `id`. With: the limb of our own arithmetic, or a type
/// with another `power`, like that of rsa_arithmetic.
template <class Hash, class With = native_limb>
[[nodiscard]] bool rsa_pkcs1_verify(bytes_view public_key, bytes_view message, bytes_view signature) noexcept {
    std::uint8_t encoded[max_rsa_bits / 8], digest[Hash::size];
    if (!detail::recover<With>(rsa_public_key(public_key), signature, encoded)) return false;
    detail::hash_parts<Hash>(digest, message);
    // EMSA-PKCS1-v1_5, section 9.2: there is one right encoding, and it is compared as a whole, not taken apart.
    constexpr auto info = detail::digest_info(Hash::size);
    const std::size_t zero = signature.size() - Hash::size - info.size() - 1;
    bool good = encoded[0] == 0 && encoded[1] == 1 && encoded[zero] == 0;
    for (std::size_t i = 2; i < zero; ++i) good = good && encoded[i] == 0xff;
    return good && std::memcmp(encoded + zero + 1, info.data(), info.size()) == 0 &&
           std::memcmp(encoded + zero + 1 + info.size(), digest, sizeof digest) == 0;
}

/// RSASSA-PSS (RFC 8017, section 8.1.2), with MGF1 of the same hash. In TLS the salt is as long as the digest (RFC
/// 9846, section 4.3.3); another length is for vectors, and at most 64. `public_key` is an RSAPublicKey in DER.
template <class Hash, class With = native_limb>
[[nodiscard]] bool rsa_pss_verify(bytes_view public_key, bytes_view message, bytes_view signature,
                                  std::size_t salt_size = Hash::size) noexcept {
    constexpr std::size_t size = Hash::size;
    std::uint8_t buffer[max_rsa_bits / 8], digest[size], mask[size];
    const rsa_public_key key(public_key);
    if (!detail::recover<With>(key, signature, buffer)) return false;
    // EMSA-PSS-VERIFY, section 9.1.2, on one bit less than the modulus has.
    const std::size_t bits = key.bits() - 1;
    mutable_bytes encoded(buffer, signature.size());
    if (bits % 8 == 0) {
        if (encoded[0] != 0) return false;
        encoded = encoded.subspan(1);
    }
    const std::uint8_t used = static_cast<std::uint8_t>(0xff >> (8 * encoded.size() - bits));
    const mutable_bytes block = encoded.first(encoded.size() - size - 1);
    const bytes_view hash = encoded.subspan(block.size(), size);
    if (encoded.back() != 0xbc || (block[0] & ~used) != 0) return false;
    std::uint8_t counter[4];
    for (std::size_t at = 0; at < block.size(); at += size) {  // MGF1, appendix B.2.1
        store_u32(counter, static_cast<std::uint32_t>(at / size));
        detail::hash_parts<Hash>(mask, hash, counter);
        for (std::size_t i = 0; i < size && at + i < block.size(); ++i)
            block[at + i] = static_cast<std::uint8_t>(block[at + i] ^ mask[i]);
    }
    block[0] = static_cast<std::uint8_t>(block[0] & used);
    const std::size_t one = block.size() - salt_size - 1;
    for (std::size_t i = 0; i < one; ++i)
        if (block[i] != 0) return false;
    if (block[one] != 1) return false;
    constexpr std::uint8_t zeros[8] = {};
    detail::hash_parts<Hash>(digest, message);
    detail::hash_parts<Hash>(digest, zeros, digest, block.subspan(one + 1));
    return std::memcmp(digest, hash.data(), size) == 0;
}

}  // namespace portable
}  // namespace v1
}  // namespace spantls
