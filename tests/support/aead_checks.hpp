// What every record AEAD of a provider is put through.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/wire/registry.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/seeded_provider.hpp"
#include "support/vectors.hpp"

namespace test {

/// A key, a nonce, a header and a text, different for each seed.
template <class Aead>
struct aead_case {
    std::array<std::uint8_t, Aead::key_size> key{};
    std::array<std::uint8_t, 12> nonce{};
    std::array<std::uint8_t, 5> header{};
    typename Aead::context context{};
    buffer text;

    aead_case(std::uint64_t seed, std::size_t size) : text(size) {
        seeded_stream random(seed);
        random.fill(key);
        random.fill(nonce);
        random.fill(header);
        random.fill(text);
        Aead::set_key(context, key);
    }
    aead_case(const aead_case&) = delete;
    aead_case& operator=(const aead_case&) = delete;
    ~aead_case() { spantls::clear_context<Aead>(context); }

    buffer seal(spantls::content_type type, std::size_t zeros) const {
        buffer out(text.size() + 1 + zeros + Aead::tag_size);
        Aead::seal(context, nonce, header, text, type, zeros, out.data());
        return out;
    }
};

/// Seals disjoint and in place, compares both with libcrypto, writes nothing behind the tag, and opens again.
template <class Aead>
void check_length(const EVP_CIPHER* oracle_cipher, std::size_t size, std::size_t zeros) {
    const aead_case<Aead> given(size * 31 + zeros, size);
    const auto type = size % 2 == 0 ? spantls::content_type::application_data : spantls::content_type::handshake;
    buffer inner = given.text;
    inner.push_back(static_cast<std::uint8_t>(type));
    inner.resize(inner.size() + zeros);
    buffer expected = oracle::seal(oracle_cipher, given.key, given.nonce, given.header, inner);
    constexpr std::size_t guard = 33;
    expected.resize(expected.size() + guard, 0xa5);

    buffer disjoint(inner.size() + Aead::tag_size + guard, 0xa5);
    const buffer before = given.text;
    Aead::seal(given.context, given.nonce, given.header, given.text, type, zeros, disjoint.data());
    const bool text_kept = given.text == before;

    buffer in_place = given.text;
    in_place.resize(disjoint.size(), 0xa5);
    Aead::seal(given.context, given.nonce, given.header, {in_place.data(), size}, type, zeros, in_place.data());

    buffer opened = disjoint;
    const bool authentic = Aead::open(given.context, given.nonce, given.header,
                                      spantls::mutable_bytes(opened).first(opened.size() - guard));
    buffer tail(opened.begin() + static_cast<std::ptrdiff_t>(inner.size()), opened.end());
    const buffer tail_before(disjoint.begin() + static_cast<std::ptrdiff_t>(inner.size()), disjoint.end());
    opened.resize(inner.size());

    INFO("size " << size << ", zeros " << zeros);
    CHECK(text_kept);
    CHECK(disjoint == expected);
    CHECK(in_place == expected);
    CHECK(authentic);
    CHECK(opened == inner);
    CHECK(tail == tail_before);
}

/// Every length around the places where an implementation can change its way, with and without padding.
template <class Aead>
void check_lengths(const EVP_CIPHER* oracle_cipher) {
    for (std::size_t size = 0; size <= 2100; ++size) check_length<Aead>(oracle_cipher, size, 0);
    for (std::size_t size = 0; size <= 600; ++size) check_length<Aead>(oracle_cipher, size, (size * 7) % 70 + 1);
    for (std::size_t zeros = 1; zeros <= 1100; zeros += 3) {
        check_length<Aead>(oracle_cipher, 0, zeros);
        check_length<Aead>(oracle_cipher, 447 + zeros % 3, zeros);
    }
    for (std::size_t size = 16384 - 70; size <= 16384; ++size) {
        check_length<Aead>(oracle_cipher, size, 0);
        check_length<Aead>(oracle_cipher, size, 16384 - size);
    }
    check_length<Aead>(oracle_cipher, 1, 16383);
}

/// RFC 9846, section 5.2: no changed byte of record or header, no other nonce and no other length is let through.
template <class Aead>
void check_changes_refused() {
    for (const std::size_t size :
         {0u, 1u, 14u, 15u, 16u, 17u, 63u, 64u, 65u, 446u, 447u, 448u, 449u, 512u, 1024u, 1500u}) {
        INFO("size " << size);
        const aead_case<Aead> given(size, size);
        const buffer record = given.seal(spantls::content_type::application_data, 0);
        const auto opens = [&](spantls::fixed_bytes<12> nonce, spantls::fixed_bytes<5> header, buffer changed) {
            return Aead::open(given.context, nonce, header, changed);
        };
        REQUIRE(opens(given.nonce, given.header, record));
        std::size_t let_through = 0;
        for (std::size_t at = 0; at < record.size(); ++at) {
            buffer changed = record;
            changed[at] = static_cast<std::uint8_t>(changed[at] ^ 1 << at % 8);
            let_through += opens(given.nonce, given.header, changed);
        }
        for (std::size_t at = 0; at < 12; ++at) {
            auto nonce = given.nonce;
            nonce[at] = static_cast<std::uint8_t>(nonce[at] ^ 1);
            let_through += opens(nonce, given.header, record);
        }
        for (std::size_t at = 0; at < 5; ++at) {
            auto header = given.header;
            header[at] = static_cast<std::uint8_t>(header[at] ^ 128);
            let_through += opens(given.nonce, header, record);
        }
        for (std::size_t left = 0; left < record.size(); ++left)
            let_through += opens(given.nonce, given.header, copy(spantls::bytes_view(record).first(left)));
        buffer longer = record;
        longer.push_back(0);
        let_through += opens(given.nonce, given.header, longer);
        CHECK(let_through == 0);
    }
}

/// One case with associated data of any length. A text's last byte plays the content type, so only an empty text cannot
/// be sealed.
template <class Aead>
void check_vector(const buffer& key, const buffer& nonce, const buffer& header, const buffer& text, buffer sealed,
                  bool valid) {
    typename Aead::context context{};
    Aead::set_key(context, spantls::bytes_view(key).template first<Aead::key_size>());
    const auto fixed_nonce = spantls::bytes_view(nonce).first<12>();
    if (valid && !text.empty()) {
        buffer out(text.size() + Aead::tag_size);
        Aead::seal_with(context, fixed_nonce, header, {text.data(), text.size() - 1},
                        static_cast<spantls::content_type>(text.back()), 0, out.data());
        CHECK(hex(out) == hex(sealed));
    }
    CHECK(Aead::open_with(context, fixed_nonce, header, sealed) == valid);
    sealed.resize(sealed.size() - Aead::tag_size);
    if (valid) CHECK(hex(sealed) == hex(text));
    spantls::clear_context<Aead>(context);
}

/// The cases of a Wycheproof file that have TLS's sizes of key, nonce and tag.
template <class Aead>
void check_wycheproof(const std::string& name) {
    const auto file = shared_vectors("wycheproof/" + name);
    if (!file) return;
    std::size_t fit = 0;
    for_each_wycheproof(*file, [&](const auto& group, const auto& one) {
        if (group["keySize"] != 8 * Aead::key_size || group["ivSize"] != 96 || group["tagSize"] != 128) return;
        const auto bytes = [&](const char* field) { return unhex(one[field].template get<std::string>()); };
        buffer sealed = bytes("ct");
        const buffer tag = bytes("tag");
        sealed.insert(sealed.end(), tag.begin(), tag.end());
        check_vector<Aead>(bytes("key"), bytes("iv"), bytes("aad"), bytes("msg"), sealed, one["result"] == "valid");
        ++fit;
    });
    ran("Wycheproof " + name, fit);
}

/// The cases of a response file that have TLS's sizes of key, nonce and tag; `text` and `ciphertext` are its names for
/// those.
template <class Aead>
void check_response_file(const std::string& name, const std::string& text, const std::string& ciphertext) {
    const auto file = debian_vectors(name);
    if (!file) return;
    std::size_t fit = 0;
    for (const auto& record : load_response_file(*file)) {
        const auto bytes = [&](const std::string& field) {
            return record.contains(field) ? unhex(record.at(field)) : buffer();
        };
        if (bytes("Key").size() != Aead::key_size || bytes("IV").size() != 12 || bytes("Tag").size() != 16) continue;
        buffer sealed = bytes(ciphertext);
        const buffer tag = bytes("Tag");
        sealed.insert(sealed.end(), tag.begin(), tag.end());
        check_vector<Aead>(bytes("Key"), bytes("IV"), bytes("AAD"), bytes(text), sealed,
                           !record.contains("FAIL") && !record.contains("Result"));
        ++fit;
    }
    ran(name, fit);
}

}  // namespace test
