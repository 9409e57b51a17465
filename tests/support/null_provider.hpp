// A provider without cryptography, for fuzzing and for tests of everything above it. All digests are zero, so all
// secrets and every Finished are; records are what they were, with a tag of zeros, and any tag is right; a signature is
// right unless it is empty. The shapes are those of real cryptography.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/wire/registry.hpp>

#include "support/seeded_provider.hpp"

namespace test {

template <spantls::hash_id Id>
struct null_hash {
    static constexpr spantls::hash_id id = Id;
    struct state {};
    static void init(state&) noexcept {}
    static void update(state&, spantls::bytes_view) noexcept {}
    static void finish(state&, std::uint8_t* out) noexcept { std::memset(out, 0, spantls::digest_size(Id)); }
};

template <std::uint64_t RecordLimit>
struct null_aead {
    static constexpr std::size_t key_size = 32;
    static constexpr std::size_t tag_size = 16;
    static constexpr std::uint64_t record_limit = RecordLimit;
    struct context {};
    static void set_key(context&, spantls::fixed_bytes<key_size>) noexcept {}

    static void seal(const context&, spantls::fixed_bytes<12>, spantls::fixed_bytes<5>, spantls::bytes_view text,
                     spantls::content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        if (text.data() != out) spantls::copy_bytes(text, {out, text.size()});
        out[text.size()] = static_cast<std::uint8_t>(type);
        std::memset(out + text.size() + 1, 0, zeros + tag_size);
    }

    [[nodiscard]] static bool open(const context&, spantls::fixed_bytes<12>, spantls::fixed_bytes<5>,
                                   spantls::mutable_bytes record) noexcept {
        return record.size() >= tag_size;
    }
};

/// The client's share repeats its random bytes and the server's share its own; the secret is the sum of both shares. A
/// share of zeros is refused, as X25519 refuses it. With sizes that differ it has the shape of a KEM.
template <spantls::named_group Id, std::size_t ClientShare, std::size_t ServerShare, std::size_t Secret>
struct null_group {
    static constexpr spantls::named_group id = Id;
    static constexpr std::size_t client_random_size = 32;
    static constexpr std::size_t server_random_size = 32;
    static constexpr std::size_t private_size = 32;
    static constexpr std::size_t client_share_size = ClientShare;
    static constexpr std::size_t server_share_size = ServerShare;
    static constexpr std::size_t secret_size = Secret;

    [[nodiscard]] static bool generate(spantls::fixed_bytes<32> random, spantls::fixed_mutable_bytes<32> private_key,
                                       spantls::fixed_mutable_bytes<ClientShare> share) noexcept {
        spantls::copy_bytes(random, private_key);
        repeat(random, share);
        return true;
    }
    [[nodiscard]] static bool respond(spantls::fixed_bytes<32> random, spantls::fixed_bytes<ClientShare> client,
                                      spantls::fixed_mutable_bytes<ServerShare> server,
                                      spantls::fixed_mutable_bytes<Secret> secret) noexcept {
        repeat(random, server);
        return combine(client, server, secret);
    }
    [[nodiscard]] static bool finish(spantls::fixed_bytes<32> private_key, spantls::fixed_bytes<ServerShare> server,
                                     spantls::fixed_mutable_bytes<Secret> secret) noexcept {
        std::array<std::uint8_t, ClientShare> client{};
        repeat(private_key, client);
        return combine(server, client, secret);
    }

private:
    static void repeat(spantls::bytes_view in, spantls::mutable_bytes out) noexcept {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = in[i % in.size()];
    }
    static bool combine(spantls::bytes_view theirs, spantls::bytes_view own, spantls::mutable_bytes secret) noexcept {
        for (std::size_t i = 0; i < secret.size(); ++i)
            secret[i] = static_cast<std::uint8_t>(theirs[i % theirs.size()] + own[i % own.size()]);
        std::uint8_t any = 0;
        for (const std::uint8_t byte : theirs) any = static_cast<std::uint8_t>(any | byte);
        return any != 0;
    }
};

using null_x25519 = null_group<spantls::named_group::x25519, 32, 32, 32>;
using null_secp256r1 = null_group<spantls::named_group::secp256r1, 65, 65, 32>;
using null_kem = null_group<spantls::named_group::x25519_mlkem768, 1216, 1120, 64>;

/// The groups of a list, and so many records under one key.
template <std::uint64_t RecordLimit, class... Groups>
struct basic_null_provider {
    using hashes = spantls::type_list<null_hash<spantls::hash_id::sha256>, null_hash<spantls::hash_id::sha384>>;
    using aeads = spantls::type_list<null_aead<RecordLimit>>;
    using groups = spantls::type_list<Groups...>;
    static constexpr std::array suites{
        spantls::suite_info{spantls::cipher_suite::tls_chacha20_poly1305_sha256, spantls::hash_id::sha256, 0},
        spantls::suite_info{spantls::cipher_suite::tls_aes_256_gcm_sha384, spantls::hash_id::sha384, 0}};
    static constexpr std::array verify_schemes{spantls::signature_scheme::ed25519};

    explicit basic_null_provider(std::uint64_t from_seed = 0) noexcept : seed(from_seed), stream(from_seed) {}

    std::uint64_t seed;
    seeded_stream stream;
    bool works = true;  // false: no randomness is to be had

    bool available(spantls::cipher_suite suite) const noexcept {
        return spantls::find_suite<basic_null_provider>(suite) != nullptr;
    }
    [[nodiscard]] bool random(spantls::mutable_bytes out) noexcept {
        if (works) stream.fill(out);
        return works;
    }
    [[nodiscard]] bool verify(spantls::signature_scheme, spantls::bytes_view, spantls::bytes_view,
                              spantls::bytes_view signature) const noexcept {
        return !signature.empty();
    }
};

using null_provider = basic_null_provider<UINT64_MAX, null_x25519, null_secp256r1>;

static_assert(spantls::provider<null_provider>);
static_assert(spantls::provider<basic_null_provider<3, null_kem>>);

}  // namespace test
