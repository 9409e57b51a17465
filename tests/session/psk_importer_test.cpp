#include <spantls/session/psk_importer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "support/vectors.hpp"

using namespace spantls;

namespace {

const test::buffer key_bytes(32, 0x41), identity_bytes{'p', 's', 'k', '1'}, context_bytes{'c', 't', 'x'};

external_psk made() { return {identity_bytes, key_bytes, hash_id::sha256, context_bytes}; }

struct room {
    test::buffer identity = test::buffer(0x10000, 0xa5), key = test::buffer(48, 0xa5);
};

}  // namespace

TEST_CASE("keys are imported as in the published vectors") {
    const auto file = test::shared_vectors("rfc8448/tls_13_psk_import.vec");
    if (!file) return;
    // In each of its sections, all keys are of one hash: by the length of the key.
    std::size_t cases = 0;
    for (auto& one : test::load_response_file(*file)) {
        if (one.count("Key") == 0) continue;
        const test::buffer key = test::unhex(one["Key"]), identity = test::unhex(one["Identity"]),
                           context = test::unhex(one["Context"]), output = test::unhex(one["Output"]);
        const hash_id hash = key.size() == 48 ? hash_id::sha384 : hash_id::sha256;
        const hash_id target = one["TargetHash"] == "SHA-384" ? hash_id::sha384 : hash_id::sha256;
        const external_psk base{identity, key, hash, context};
        room to;
        const auto imported = import_psk<test::usual_provider>(base, target, to.identity, to.key);
        REQUIRE(imported);
        CHECK(test::hex(imported->key) == test::hex(output));
        CHECK(imported->hash == target);
        psk_choice choice;
        room other;
        REQUIRE(match_imported<test::usual_provider>(0, imported->identity, target, base, other.key, choice));
        CHECK(test::hex(choice.key) == test::hex(output));
        ++cases;
    }
    CHECK(cases == 6);
    test::ran("RFC 9258", cases);
}

TEST_CASE("the identity on the wire is the ImportedIdentity") {
    room to;
    const auto imported = import_psk<test::usual_provider>(made(), hash_id::sha384, to.identity, to.key);
    REQUIRE(imported);
    CHECK(test::hex(imported->identity) ==
          "000470736b31"
          "0003637478"
          "0304"
          "0002");
    CHECK(imported->identity.size() == imported_identity_size(made()));
    CHECK(imported->identity.data() == to.identity.data());
    CHECK(imported->key.data() == to.key.data());
    CHECK(imported->key.size() == 48);
    CHECK(imported->kind == psk_kind::imported);
    CHECK(imported->obfuscated_age == 0);
    CHECK(imported->early.limit == 0);
    const auto other = import_psk<test::usual_provider>(made(), hash_id::sha256, to.identity, to.key);
    REQUIRE(other);
    CHECK(test::hex(other->identity) ==
          "000470736b31"
          "0003637478"
          "0304"
          "0001");
    CHECK(to.key[32] != 0xa5);  // of the longer one before
    CHECK(other->key.size() == 32);
}

TEST_CASE("every part of the identity makes another key") {
    room to;
    const auto imported = [&](const external_psk& base, hash_id target) {
        const auto one = import_psk<test::usual_provider>(base, target, to.identity, to.key);
        REQUIRE(one);
        return test::hex(one->key.first(32));
    };
    std::vector<std::string> keys{imported(made(), hash_id::sha256), imported(made(), hash_id::sha384)};
    external_psk changed = made();
    changed.hash = hash_id::sha384;
    keys.push_back(imported(changed, hash_id::sha256));
    changed = made();
    changed.context = {};
    keys.push_back(imported(changed, hash_id::sha256));
    changed = made();
    changed.identity = changed.identity.first(3);
    keys.push_back(imported(changed, hash_id::sha256));
    changed = made();
    changed.key = changed.key.first(31);
    keys.push_back(imported(changed, hash_id::sha256));
    for (std::size_t i = 0; i < keys.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) CHECK(keys[i] != keys[j]);
}

TEST_CASE("what is out of range is not imported, and nothing is written") {
    const test::buffer longest(0x10000, 7);
    const auto refused = [](const external_psk& base, std::size_t identity_room = 0x10000, std::size_t key_room = 48) {
        room to;
        CHECK_FALSE(import_psk<test::usual_provider>(base, hash_id::sha384,
                                                     mutable_bytes(to.identity).first(identity_room),
                                                     mutable_bytes(to.key).first(key_room)));
        CHECK(to.identity == room().identity);
        CHECK(to.key == room().key);
    };
    refused(made(), imported_identity_size(made()) - 1);
    refused(made(), 0);
    refused(made(), 0x10000, 47);
    external_psk base = made();
    base.identity = {};
    refused(base);
    base.identity = longest;
    refused(base);
    base.identity = bytes_view(longest).first(0xffff);  // on its own it would be no identity too long
    refused(base);
    base = made();
    base.key = base.key.first(15);  // RFC 9257, section 6: 128 bits
    refused(base);
    base.key = {};
    refused(base);
    base = made();
    base.context = longest;
    refused(base);

    base = made();
    base.key = base.key.first(16);
    base.identity = bytes_view(longest).first(1);
    base.context = bytes_view(longest).first(max_imported_identity - 9);
    CHECK(imported_identity_size(base) == max_imported_identity);
    room to;
    CHECK(import_psk<test::usual_provider>(base, hash_id::sha384, to.identity, to.key));
    base.context = bytes_view(longest).first(max_imported_identity - 8);
    refused(base);
    CHECK(imported_identity_size(base) == 0);
}

TEST_CASE("without one of the hashes nothing is imported") {
    room to;
    psk_choice choice;
    const auto good = import_psk<test::usual_provider>(made(), hash_id::sha384, to.identity, to.key);
    REQUIRE(good);
    room other;
    CHECK(import_psk<test::small_provider>(made(), hash_id::sha256, other.identity, other.key));
    CHECK_FALSE(import_psk<test::small_provider>(made(), hash_id::sha384, other.identity, other.key));
    CHECK_FALSE(match_imported<test::small_provider>(0, good->identity, hash_id::sha384, made(), other.key, choice));
    external_psk base = made();
    base.hash = hash_id::sha384;
    CHECK_FALSE(import_psk<test::small_provider>(base, hash_id::sha256, other.identity, other.key));
}

TEST_CASE("an offered identity matches whole, in its context, for its hash") {
    room client, server;
    psk_choice choice;
    const auto imported = import_psk<test::usual_provider>(made(), hash_id::sha256, client.identity, client.key);
    REQUIRE(imported);
    const auto matches = [&](bytes_view offered, hash_id hash, const external_psk& base) {
        return match_imported<test::usual_provider>(2, offered, hash, base, server.key, choice);
    };
    REQUIRE(matches(imported->identity, hash_id::sha256, made()));
    CHECK(choice.index == 2);
    CHECK(choice.kind == psk_kind::imported);
    CHECK(choice.hash == hash_id::sha256);
    CHECK(equal_bytes(choice.key, imported->key));
    CHECK(choice.early.limit == 0);
    CHECK_FALSE(choice.peer_authenticated);

    choice = no_psk;
    CHECK_FALSE(matches(imported->identity, hash_id::sha384, made()));
    external_psk other = made();
    other.context = {};  // RFC 9258, appendix A: of another pair of roles
    CHECK_FALSE(matches(imported->identity, hash_id::sha256, other));
    other = made();
    other.identity = other.identity.first(3);
    CHECK_FALSE(matches(imported->identity, hash_id::sha256, other));
    other = made();
    other.key = other.key.first(15);
    CHECK_FALSE(matches(imported->identity, hash_id::sha256, other));
    CHECK_FALSE(match_imported<test::usual_provider>(0, imported->identity, hash_id::sha256, made(),
                                                     mutable_bytes(server.key).first(31), choice));
    CHECK_FALSE(matches(made().identity, hash_id::sha256, made()));  // not imported
    // Every byte flipped, every prefix, and anything behind it.
    const test::buffer good = test::copy(imported->identity);
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int mask : {1, 0x80, 0xff}) {
            test::buffer flipped = good;
            flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ mask);
            REQUIRE_FALSE(matches(flipped, hash_id::sha256, made()));
        }
    for (std::size_t size = 0; size < good.size(); ++size) {
        const test::buffer prefix(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        REQUIRE_FALSE(matches(prefix, hash_id::sha256, made()));
    }
    test::buffer longer = good;
    longer.push_back(0);
    CHECK_FALSE(matches(longer, hash_id::sha256, made()));
    CHECK(choice.index == no_psk.index);
}
