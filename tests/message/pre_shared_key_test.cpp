#include <spantls/message/pre_shared_key.hpp>

#include <vector>

#include "message/codec.hpp"
#include "support/forge.hpp"

using spantls::errc;
using test::buffer;
using namespace test::forge;

namespace {

static_assert(test::round_trips<spantls::psk_identity>(std::array<std::uint8_t, 7>{0, 1, 'a', 1, 2, 3, 4}));

buffer identity(const buffer& name, std::uint32_t age = 0) { return join({vec(2, name), number(age, 4)}); }
buffer binder(std::size_t size) { return vec(1, buffer(size, 7)); }
buffer offer(const buffer& identities, const buffer& binders) { return join({vec(2, identities), vec(2, binders)}); }

errc parse(const buffer& data) {
    spantls::offered_psks read;
    return read.parse(data);
}

}  // namespace

TEST_CASE("PskIdentity and PreSharedKeyServerHello (section 4.3.11)") {
    const buffer one = identity({'a', 'b'}, 0x01020304), selected{0x12, 0x34};
    test::check_codec<spantls::psk_identity>(one, {{0, 2}});
    test::check_codec<spantls::selected_psk>(selected, {});
    spantls::psk_identity read{};
    CHECK_FALSE(spantls::decode(spantls::bytes_view(identity({})), read));  // identity<1..2^16-1>
}

TEST_CASE("identities and binders are read in their order (section 4.3.11)") {
    const buffer data = offer(join({identity({'a'}, 1), identity(buffer(300, 'b'), 2), identity({'c'}, 0xffffffff)}),
                              join({binder(32), binder(48), binder(255)}));
    spantls::offered_psks read;
    REQUIRE(read.parse(data) == errc::none);
    REQUIRE(read.size() == 3);
    CHECK(read.binders_size() == 2 + 33 + 49 + 256);
    std::vector<std::size_t> sizes;
    for (const spantls::psk_identity one : read) sizes.push_back(one.identity.size());
    CHECK(sizes == std::vector<std::size_t>{1, 300, 1});
    CHECK(read.binder(0).size() == 32);
    CHECK(read.binder(2).size() == 255);
    CHECK(read.obfuscated_age(0) == 1);
    CHECK(read.obfuscated_age(2) == 0xffffffff);
    CHECK(read.obfuscated_age(3) == 0);
    CHECK(spantls::offered_psks().empty());
}

TEST_CASE("there is one binder for each identity (section 4.3.11)") {
    for (std::size_t identities = 1; identities < 6; ++identities)
        for (std::size_t binders = 1; binders < 6; ++binders) {
            CAPTURE(identities, binders);
            buffer names, proofs;
            for (std::size_t i = 0; i < identities; ++i) names = join({names, identity({'a'})});
            for (std::size_t i = 0; i < binders; ++i) proofs = join({proofs, binder(32)});
            CHECK(parse(offer(names, proofs)) == (identities == binders ? errc::none : errc::bad_psk_binders));
        }
}

TEST_CASE("what is no OfferedPsks is refused (section 4.3.11)") {
    const buffer name = identity({'a'}), proof = binder(32);
    REQUIRE(parse(offer(name, proof)) == errc::none);
    CHECK(parse(offer({}, proof)) == errc::decode_error);
    CHECK(parse(offer(name, {})) == errc::decode_error);
    CHECK(parse(offer(join({identity({}), name}), join({proof, proof}))) == errc::decode_error);
    CHECK(parse(offer(name, binder(31))) == errc::decode_error);
    CHECK(parse(offer(join({name, name}), join({proof, binder(31)}))) == errc::decode_error);
    CHECK(parse(join({offer(name, proof), {0}})) == errc::decode_error);
    const buffer whole = offer(join({name, name}), join({proof, proof}));
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(parse({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}) == errc::decode_error);
}
