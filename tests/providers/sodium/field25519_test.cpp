#include <spantls/providers/sodium/field25519.hpp>

#include <array>
#include <memory>

#include <openssl/bn.h>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

#if defined(__x86_64__) && defined(__SIZEOF_INT128__)

using spantls::libsodium::field25519;

namespace {

using bytes32 = std::array<std::uint8_t, 32>;
using number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

bytes32 stored(const field25519& value) {
    bytes32 out{};
    value.store(out);
    return out;
}

/// The same arithmetic by libcrypto.
class oracle {
public:
    oracle() : context_(BN_CTX_new(), &BN_CTX_free), prime_(BN_new(), &BN_free) {
        BN_set_bit(prime_.get(), 255);
        BN_sub_word(prime_.get(), 19);
    }
    number read(bytes32 bytes) const {
        bytes[31] &= 127;
        return {BN_lebin2bn(bytes.data(), 32, nullptr), &BN_free};
    }
    template <class Operation>
    bytes32 apply(Operation operation, const number& a, const number& b) const {
        const number result(BN_new(), &BN_free);
        REQUIRE(operation(result.get(), a.get(), b.get(), prime_.get(), context_.get()) == 1);
        bytes32 out{};
        REQUIRE(BN_bn2lebinpad(result.get(), out.data(), 32) == 32);
        return out;
    }
    bytes32 inverse(const number& a) const {
        const number exponent(BN_dup(prime_.get()), &BN_free);
        BN_sub_word(exponent.get(), 2);
        return apply(BN_mod_exp, a, exponent);
    }

private:
    std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context_;
    number prime_;
};

/// Numbers close to the places where a carry or the reduction can go wrong.
std::vector<bytes32> samples() {
    std::vector<bytes32> out;
    for (int low = 0; low < 256; ++low)
        for (const unsigned middle : {0x00u, 0xffu})
            for (const unsigned top : {0x00u, 0x3fu, 0x40u, 0x7fu, 0xffu}) {
                bytes32 value;
                value.fill(static_cast<std::uint8_t>(middle));
                value[0] = static_cast<std::uint8_t>(low);
                value[31] = static_cast<std::uint8_t>(top);
                out.push_back(value);
            }
    for (std::size_t bit = 0; bit < 256; ++bit) {  // around every power of two, so at each limb's edge
        bytes32 power{};
        power[bit / 8] = static_cast<std::uint8_t>(1 << bit % 8);
        out.push_back(power);
        bytes32 below{};
        for (std::size_t i = 0; i < bit; ++i) below[i / 8] = static_cast<std::uint8_t>(below[i / 8] | 1 << i % 8);
        out.push_back(below);
    }
    test::seeded_stream random(2);
    for (int i = 0; i < 2000; ++i) random.fill(out.emplace_back());
    return out;
}

}  // namespace

TEST_CASE("sums, differences, products and inverses modulo 2^255 - 19 are libcrypto's") {
    const oracle check;
    const std::vector<bytes32> values = samples();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const bytes32& left = values[i];
        const bytes32& right = values[(i * 7 + 3) % values.size()];
        const field25519 a{spantls::fixed_bytes<32>(left)};
        const field25519 b{spantls::fixed_bytes<32>(right)};
        const number x = check.read(left), y = check.read(right);
        INFO(test::hex(left) << " and " << test::hex(right));
        CHECK(stored(a + b) == check.apply(BN_mod_add, x, y));
        CHECK(stored(a - b) == check.apply(BN_mod_sub, x, y));
        CHECK(stored(a * b) == check.apply(BN_mod_mul, x, y));
        const bytes32 b_squared = stored(b.squared(1));  // what is taken away comes from bytes
        CHECK(stored((a + b) * (a - b)) == stored(a.squared(1) - field25519{spantls::fixed_bytes<32>(b_squared)}));
        CHECK(stored(a.squared(1)) == check.apply(BN_mod_mul, x, x));
        CHECK(stored(a.inverse()) == check.inverse(x));
    }
    test::ran("field25519", values.size());
}

#endif
