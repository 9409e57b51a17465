#include <spantls/x509/pem.hpp>

#include <string>

#include <sodium.h>

#include "support/catch.hpp"
#include "support/vectors.hpp"

using namespace spantls;

namespace {

std::string decode(std::string_view text, std::size_t room = 100) {
    test::buffer to(room);
    const auto size = x509::decode_base64(text, to);
    return size ? std::string(as_text(bytes_view(to).first(*size))) : "refused";
}

}  // namespace

TEST_CASE("pem: base64 (RFC 4648, section 10), and what is not") {
    CHECK(decode("") == "");
    CHECK(decode("Zg==") == "f");
    CHECK(decode("Zm8=") == "fo");
    CHECK(decode("Zm9v") == "foo");
    CHECK(decode("Zm9vYg==") == "foob");
    CHECK(decode("Zm9v\r\n YmFy\t\n") == "foobar");
    for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8==", "Zm9v=", "Zm9v====", "Zg==Zg==", "Z-==",
                            "=", "Zm9vY", "Z=g=", "Zm\x80v"})
        CHECK(decode(bad) == "refused");
    CHECK(decode("Zm9v", 3) == "foo");
    CHECK(decode("Zm9v", 2) == "refused");
}

TEST_CASE("pem: base64 of every length decodes to what was encoded, in place as well") {
    for (std::size_t size = 0; size < 200; ++size) {
        test::buffer from(size);
        for (std::size_t i = 0; i < size; ++i) from[i] = static_cast<std::uint8_t>(i * 37 + size);
        std::string text(sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL), '\0');
        sodium_bin2base64(text.data(), text.size(), from.data(), size, sodium_base64_VARIANT_ORIGINAL);
        text.pop_back();
        test::buffer in_place(text.begin(), text.end());
        const auto decoded = x509::decode_base64(as_text(in_place), in_place);
        REQUIRE(decoded == size);
        CHECK(equal_bytes(bytes_view(in_place).first(size), from));
    }
}

TEST_CASE("pem: blocks, and what stands around them (RFC 7468)") {
    const std::string text =
        "Subject: x\n-----BEGIN A B-----\nZm9v\n-----END A B-----\nnoise -- ---\n-----BEGIN C-----\n-----END C-----";
    x509::pem_reader in(text);
    x509::pem_block block;
    REQUIRE(in.next(block));
    CHECK(block.label == "A B");
    CHECK(decode(block.body) == "foo");
    CHECK(decode(block.body, block.decoded_room()) == "foo");
    REQUIRE(in.next(block));
    CHECK(block.label == "C");
    CHECK_FALSE(in.next(block));
    CHECK_FALSE(in.damaged());
}

TEST_CASE("pem: blocks that are not whole") {
    for (const char* text : {"-----BEGIN A", "-----BEGIN A-----", "-----BEGIN A-----\nZm9v\n-----END B-----",
                             "-----BEGIN A-----\nZm9v\n-----END A----", "-----BEGIN A\n-----\n-----END A\n-----",
                             "-----BEGIN A-----\n-----BEGIN A-----\n-----END A-----"}) {
        x509::pem_reader in(text);
        x509::pem_block block;
        CHECK_FALSE(in.next(block));
        CHECK(in.damaged());
    }
    x509::pem_reader nothing("");
    x509::pem_block block;
    CHECK_FALSE(nothing.next(block));
    CHECK_FALSE(nothing.damaged());
}
