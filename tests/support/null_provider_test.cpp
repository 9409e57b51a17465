#include "support/null_provider.hpp"

#include <array>

#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace {

template <class Group>
bool both_sides_agree() {
    std::array<std::uint8_t, 32> client_random{1, 2, 3}, server_random{4, 5, 6}, private_key{};
    std::array<std::uint8_t, Group::client_share_size> client_share{};
    std::array<std::uint8_t, Group::server_share_size> server_share{};
    std::array<std::uint8_t, Group::secret_size> client{}, server{};
    return Group::generate(client_random, private_key, client_share) &&
        Group::respond(server_random, client_share, server_share, server) &&
        Group::finish(private_key, server_share, client) && client == server;
}

}  // namespace

TEST_CASE("null groups agree on a secret and refuse a share of zeros") {
    REQUIRE(both_sides_agree<test::null_x25519>());
    REQUIRE(both_sides_agree<test::null_secp256r1>());
    REQUIRE(both_sides_agree<test::null_kem>());
    std::array<std::uint8_t, 32> random{1}, secret{};
    std::array<std::uint8_t, 65> zeros{}, share{};
    REQUIRE_FALSE(test::null_secp256r1::respond(random, zeros, share, secret));
    REQUIRE_FALSE(test::null_secp256r1::finish(random, zeros, secret));
}

TEST_CASE("null records are the inner plaintext and a tag of zeros") {
    using aead = test::null_aead<UINT64_MAX>;
    const std::array<std::uint8_t, 12> nonce{};
    const std::array<std::uint8_t, 5> header{};
    test::buffer record(3 + 1 + 2 + 16, 0xa5);
    aead::seal({}, nonce, header, spantls::as_bytes("abc"), spantls::content_type::alert, 2, record.data());
    REQUIRE(test::hex(record) == "616263150000" + std::string(32, '0'));
    REQUIRE(aead::open({}, nonce, header, record));
    REQUIRE_FALSE(aead::open({}, nonce, header, spantls::mutable_bytes(record).first(15)));
}

TEST_CASE("null digests are zero and null signatures are right unless empty") {
    using hash = test::null_hash<spantls::hash_id::sha384>;
    hash::state state;
    std::array<std::uint8_t, 49> digest;
    digest.fill(0xa5);
    hash::init(state);
    hash::update(state, spantls::as_bytes("anything"));
    hash::finish(state, digest.data());
    REQUIRE(test::hex(digest) == std::string(96, '0') + "a5");
    const test::null_provider crypto;
    REQUIRE(crypto.verify(spantls::signature_scheme::ed25519, {}, {}, digest));
    REQUIRE_FALSE(crypto.verify(spantls::signature_scheme::ed25519, {}, {}, {}));
}

TEST_CASE("null randomness replays from its seed and can fail") {
    test::null_provider one(3), same(3), other(4);
    std::array<std::uint8_t, 32> a{}, b{}, c{};
    REQUIRE(one.random(a));
    REQUIRE(same.random(b));
    REQUIRE(other.random(c));
    REQUIRE(a == b);
    REQUIRE(a != c);
    one.works = false;
    REQUIRE_FALSE(one.random(a));
}
