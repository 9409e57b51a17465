// What every hash of a provider is put through.
#pragma once

#include <array>
#include <string>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

namespace test::hashes {

using spantls::bytes_view;

template <class Hash>
buffer finished(typename Hash::state state) {
    buffer out(spantls::digest_size(Hash::id) + 8, 0xa5);
    Hash::finish(state, out.data());
    for (std::size_t i = 0; i < 8; ++i) CHECK(out[spantls::digest_size(Hash::id) + i] == 0xa5);
    out.resize(spantls::digest_size(Hash::id));
    return out;
}

template <class Hash>
buffer digest(bytes_view in) {
    typename Hash::state state;
    Hash::init(state);
    Hash::update(state, in);
    return finished<Hash>(state);
}

/// Every length over four blocks, in two updates, with a snapshot taken between them.
template <class Hash>
void compare_with(const EVP_MD* oracle) {
    seeded_stream random(1);
    buffer in(4 * spantls::block_size(Hash::id) + 3);
    random.fill(in);
    for (std::size_t size = 0; size <= in.size(); ++size) {
        const bytes_view all = bytes_view(in).first(size);
        const std::size_t cut = random.below(size + 1);
        typename Hash::state state;
        Hash::init(state);
        Hash::update(state, all.first(cut));
        const typename Hash::state snapshot = state;
        Hash::update(state, all.subspan(cut));
        INFO("size " << size << ", cut at " << cut);
        CHECK(finished<Hash>(state) == oracle::digest(oracle, all));
        CHECK(finished<Hash>(snapshot) == oracle::digest(oracle, all.first(cut)));
    }
}

template <class Hash>
void check_nist(const std::string& name) {
    for (const char* kind : {"ShortMsg.rsp", "LongMsg.rsp"}) {
        const auto file = debian_vectors("hashes/SHA2/" + name + kind);
        if (!file) return;
        std::size_t cases = 0;
        for (const auto& record : load_response_file(*file)) {
            const buffer message = unhex(record.at("Msg"));
            const std::size_t size = std::stoul(record.at("Len")) / 8;
            CHECK(hex(digest<Hash>(bytes_view(message).first(size))) == record.at("MD"));
            ++cases;
        }
        ran(name + kind, cases);
    }
    // The Monte Carlo test of NIST's SHAVS, section 6.4: 1000 digests, each over the last three, for one value.
    const auto file = debian_vectors("hashes/SHA2/" + name + "Monte.rsp");
    if (!file) return;
    buffer seed;
    std::size_t cases = 0;
    for (const auto& record : load_response_file(*file)) {
        if (record.contains("Seed")) seed = unhex(record.at("Seed"));
        if (!record.contains("MD")) continue;
        std::array<buffer, 3> last{seed, seed, seed};
        for (int i = 0; i < 1000; ++i) {
            buffer message = last[0];
            message.insert(message.end(), last[1].begin(), last[1].end());
            message.insert(message.end(), last[2].begin(), last[2].end());
            last = {last[1], last[2], digest<Hash>(message)};
        }
        seed = last[2];
        CHECK(hex(seed) == record.at("MD"));
        ++cases;
    }
    ran(name + "Monte.rsp", cases);
}

}  // namespace test::hashes
