#include <spantls/message/compressed_certificate.hpp>

#include "message/codec.hpp"
#include "support/catch.hpp"
#include "support/forge.hpp"

using namespace spantls;
using test::buffer;

TEST_CASE("CertificateCompressionAlgorithms (RFC 8879, section 3)") {
    certificate_compressions read;
    const buffer two{4, 0, 1, 0x40, 0};
    REQUIRE(decode(two, read));
    REQUIRE(read.algorithms.size() == 2);
    REQUIRE(read.algorithms[0] == certificate_compression::zlib);
    REQUIRE(read.algorithms[1] == static_cast<certificate_compression>(0x4000));
    for (const buffer& wrong :
         {buffer{}, buffer{0}, buffer{1, 0}, buffer{2, 0}, buffer{3, 0, 1, 0}, buffer{2, 0, 1, 0}, buffer(256, 255)})
        REQUIRE_FALSE(decode(wrong, read));
    buffer most(255, 0);
    most[0] = 254;
    REQUIRE(decode(most, read));
}

TEST_CASE("CompressedCertificate (RFC 8879, section 4)") {
    const buffer whole{0, 2, 1, 2, 3, 0, 0, 2, 0xaa, 0xbb};
    compressed_certificate_message read{};
    REQUIRE(decode(whole, read));
    REQUIRE(read.algorithm == certificate_compression::brotli);
    REQUIRE(read.uncompressed_length == 0x010203);
    REQUIRE(test::copy(read.compressed) == buffer{0xaa, 0xbb});
    buffer again(whole.size());
    writer out(again);
    encode(out, read);
    REQUIRE(test::copy(out.written()) == whole);
    for (std::size_t size = 0; size < whole.size(); ++size) REQUIRE_FALSE(decode(bytes_view(whole).first(size), read));
    REQUIRE_FALSE(decode(buffer{0, 2, 1, 2, 3, 0, 0, 0}, read));
    REQUIRE_FALSE(decode(buffer{0, 2, 1, 2, 3, 0, 0, 1, 0xaa, 0xbb}, read));
}
