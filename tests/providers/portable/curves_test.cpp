#include <spantls/providers/portable/curves.hpp>

#include <spantls/providers/portable/ecdsa.hpp>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "support/catch.hpp"
#include "support/signing.hpp"
#include "support/vectors.hpp"

namespace portable = spantls::portable;

namespace {

template <class Words>
test::buffer bytes_of(const Words& words) {
    test::buffer out(8 * words.size());
    const auto limbs = portable::limbs_of<portable::native_limb>(words);
    portable::store(limbs.data(), out);
    return out;
}

template <class Curve, class Limb>
void check_curve(int id) {
    using field = portable::residue<typename Curve::prime, Limb>;
    const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group(EC_GROUP_new_by_curve_name(id), &EC_GROUP_free);
    const auto number = [] { return std::unique_ptr<BIGNUM, decltype(&BN_free)>(BN_new(), &BN_free); };
    const auto p = number(), a = number(), b = number(), x = number(), y = number();
    const auto same = [](const auto& ours, const BIGNUM* theirs) {
        test::buffer bytes(ours.size());
        return BN_bn2binpad(theirs, bytes.data(), static_cast<int>(bytes.size())) > 0 && bytes == ours;
    };
    test::oracle::must(EC_GROUP_get_curve(group.get(), p.get(), a.get(), b.get(), nullptr) == 1);
    CHECK(same(bytes_of(Curve::prime::words), p.get()));
    CHECK(same(bytes_of(Curve::order::words), EC_GROUP_get0_order(group.get())));
    CHECK(same(bytes_of(Curve::b), b.get()));
    CHECK((BN_add_word(a.get(), 3) == 1 && BN_cmp(a.get(), p.get()) == 0));

    // Each multiple in the table.
    const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> point(EC_POINT_new(group.get()), &EC_POINT_free);
    CHECK(Curve::generator.size() == std::size_t{1} << (Curve::generator_width - 2));
    for (std::size_t i = 0; i < Curve::generator.size(); ++i) {
        test::oracle::must(BN_set_word(a.get(), 2 * i + 1) == 1 &&
                           EC_POINT_mul(group.get(), point.get(), a.get(), nullptr, nullptr, nullptr) == 1 &&
                           EC_POINT_get_affine_coordinates(group.get(), point.get(), x.get(), y.get(), nullptr) == 1);
        const auto plain = [](const auto& words) {
            test::buffer out(field::size);
            const auto limbs = field::from_form(words).plain();
            portable::store(limbs.data(), out);
            return out;
        };
        INFO("multiple " << 2 * i + 1);
        CHECK(same(plain(Curve::generator[i][0]), x.get()));
        CHECK(same(plain(Curve::generator[i][1]), y.get()));
    }
}

}  // namespace

TEST_CASE("the constants of the curves are libcrypto's, and their tables are multiples of the generator") {
    check_curve<portable::p256, portable::native_limb>(NID_X9_62_prime256v1);
    check_curve<portable::p256, std::uint32_t>(NID_X9_62_prime256v1);
    check_curve<portable::p384, portable::native_limb>(NID_secp384r1);
    check_curve<portable::p384, std::uint32_t>(NID_secp384r1);
}
