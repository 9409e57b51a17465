#include <spantls/providers/portable/keccak.hpp>

#include <algorithm>
#include <array>

#include "support/catch.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

using spantls::bytes_view;
namespace portable = spantls::portable;

namespace {

template <class Hash>
test::buffer hashed(bytes_view in, std::size_t size) {
    test::buffer out(size + 1, 0xa5);
    Hash().absorb(in).squeeze(spantls::mutable_bytes(out).first(size));
    REQUIRE(out.back() == 0xa5);
    out.pop_back();
    return out;
}

template <class Hash>
void check_nist(const std::string& name, const char* result) {
    const auto file = test::debian_vectors("hashes/" + name);
    if (!file) return;
    std::size_t cases = 0;
    for (const auto& record : test::load_response_file(*file)) {
        if (record.count(result) == 0) continue;
        test::buffer message = test::unhex(record.at("Msg"));
        if (const auto length = record.find("Len"); length != record.end())
            message.resize(std::stoul(length->second) / 8);  // an empty message is written as 00
        const test::buffer expected = test::unhex(record.at(result));
        INFO(name << ", " << test::hex(message));
        CHECK(hashed<Hash>(message, expected.size()) == expected);
        ++cases;
    }
    test::ran(name, cases);
}

}  // namespace

TEST_CASE("SHA-3 and SHAKE pass NIST's vectors") {
    for (const char* const kind : {"ShortMsg.rsp", "LongMsg.rsp"}) {
        check_nist<portable::sha3_256>(std::string("SHA3/SHA3_256") + kind, "MD");
        check_nist<portable::sha3_512>(std::string("SHA3/SHA3_512") + kind, "MD");
        check_nist<portable::shake128>(std::string("SHAKE/SHAKE128") + kind, "Output");
        check_nist<portable::shake256>(std::string("SHAKE/SHAKE256") + kind, "Output");
    }
    check_nist<portable::shake128>("SHAKE/SHAKE128VariableOut.rsp", "Output");
    check_nist<portable::shake256>("SHAKE/SHAKE256VariableOut.rsp", "Output");
}

TEST_CASE("sponges side by side give what each would give alone") {
    std::array<std::uint8_t, 32> common{};
    test::seeded_stream(2).fill(common);
    using group = portable::sponge_group<portable::shake128>;
    std::uint64_t own[group::size];
    for (std::size_t n = 0; n < group::size; ++n) own[n] = 0x0a0b + 0x1100 * n;
    group streams(common, own, 2);
    std::uint8_t blocks[3][group::size][group::rate];
    for (auto& block : blocks) streams.squeeze(block);
    for (std::size_t n = 0; n < group::size; ++n) {
        test::buffer in = test::copy(common), out;
        in.push_back(static_cast<std::uint8_t>(own[n]));
        in.push_back(static_cast<std::uint8_t>(own[n] >> 8));
        for (const auto& block : blocks) out.insert(out.end(), std::begin(block[n]), std::end(block[n]));
        CHECK(out == hashed<portable::shake128>(in, 3 * group::rate));
    }
}

TEST_CASE("a sponge takes and gives bytes in pieces of any size") {
    test::buffer in(700);
    test::seeded_stream(1).fill(in);
    const test::buffer whole = hashed<portable::shake256>(in, 700);
    for (const std::size_t piece : {1u, 3u, 7u, 8u, 9u, 135u, 136u, 137u, 699u}) {
        portable::shake256 sponge;
        test::buffer out(700);
        for (std::size_t at = 0; at < in.size(); at += piece)
            sponge.absorb(bytes_view(in).subspan(at, std::min(piece, in.size() - at)));
        for (std::size_t at = 0; at < out.size(); at += piece)
            sponge.squeeze(spantls::mutable_bytes(out).subspan(at, std::min(piece, out.size() - at)));
        CHECK(out == whole);
    }
}
