#include <spantls/providers/portable/residue.hpp>

#include <spantls/providers/portable/curves.hpp>

#include <memory>

#include <openssl/bn.h>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

namespace portable = spantls::portable;

namespace {

using number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

/// Numbers modulo a prime beside libcrypto's.
template <class Modulus, class Limb>
class checked {
    using residue = portable::residue<Modulus, Limb>;
    using limbs = typename residue::limbs;

public:
    checked() : prime_(of(residue::modulus)) {}

    void compare(const limbs& a, const limbs& b) {
        const residue x = residue::from(a), y = residue::from(b);
        const number p = of(a), q = of(b), result(BN_new(), &BN_free);
        CHECK(x.plain() == a);
        BN_mod_mul(result.get(), p.get(), q.get(), prime_.get(), context_.get());
        CHECK(same(x * y, result));
        BN_mod_add(result.get(), p.get(), q.get(), prime_.get(), context_.get());
        CHECK(same(x + y, result));
        BN_mod_sub(result.get(), p.get(), q.get(), prime_.get(), context_.get());
        CHECK(same(x - y, result));
        CHECK(x.squared() == x * x);
        CHECK(x.doubled() == x + x);
        if (!x.is_zero()) {
            CHECK(x * x.inverse() == residue::one());
        } else {
            CHECK(x.inverse().is_zero());
        }
    }

    void run(unsigned seed) {
        test::seeded_stream random(seed);
        limbs zero{}, one{1}, two{2}, last = residue::modulus, half{};
        last[0] -= 1;
        half[residue::count - 1] = Limb{1} << (portable::limb_bits<Limb> - 1);
        for (const limbs& a : {zero, one, two, last, half})
            for (const limbs& b : {zero, one, two, last, half}) compare(a, b);
        for (int i = 0; i < 300; ++i) {
            limbs a{}, b{};
            for (limbs* to : {&a, &b}) {
                std::array<std::uint8_t, residue::size> bytes{};
                random.fill(bytes);
                for (std::size_t j = 0; i % 3 == 0 && j < bytes.size(); ++j)  // long runs of ones and zeros
                    bytes[j] = bytes[j / 8 * 8] % 2 != 0 ? 0xff : 0;
                REQUIRE(portable::load(bytes, to->data(), to->size()));
                if (!portable::less(to->data(), residue::modulus.data(), residue::count)) *to = last;
            }
            compare(a, b);
        }
    }

private:
    static number of(const limbs& value) {
        test::buffer bytes(residue::size);
        portable::store(value.data(), bytes);
        return number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), &BN_free);
    }
    static bool same(const residue& a, const number& b) { return BN_cmp(of(a.plain()).get(), b.get()) == 0; }

    number prime_;
    std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context_{BN_CTX_new(), &BN_CTX_free};
};

template <class Limb>
void check_all() {
    checked<portable::p256::prime, Limb>().run(1);
    checked<portable::p256::order, Limb>().run(2);
    checked<portable::p384::prime, Limb>().run(3);
    checked<portable::p384::order, Limb>().run(4);
}

}  // namespace

TEST_CASE("arithmetic modulo the primes of both curves is libcrypto's, with limbs of 64 and of 32 bits") {
    check_all<portable::native_limb>();
    check_all<std::uint32_t>();
}
