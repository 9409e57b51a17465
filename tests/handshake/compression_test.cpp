#include <spantls/handshake/compression.hpp>

#include <array>

#include "support/catch.hpp"
#include "support/forge.hpp"
#include "support/pair.hpp"

using namespace spantls;
using test::buffer;
namespace forge = test::forge;
using algorithm = certificate_compression;

namespace {

const std::array offered{algorithm::zlib, algorithm::zstd};

handshake_message arrived(arena& memory, const buffer& message) {
    REQUIRE(memory.reserve_input(message.size()));
    memory.append_input(message);
    return first_message(memory.input());
}

}  // namespace

TEST_CASE("what is written for compression is the Certificate that is sent (RFC 8879, section 4)") {
    const test::credentials own("server", 100);
    buffer room(2000);
    const bytes_view written = write_certificate(own.who(), {}, room);
    const buffer entries =
        forge::join({forge::certificate_entry(own.certificates[0]), forge::certificate_entry(own.certificates[1])});
    const buffer whole = forge::certificate(entries);
    REQUIRE(test::copy(written) == buffer(whole.begin() + 4, whole.end()));
    for (std::size_t size = 0; size < written.size(); size += 7)
        REQUIRE(write_certificate(own.who(), {}, mutable_bytes(room).first(size)).empty());
}

TEST_CASE("the first form that is taken, and says what is asked for") {
    const buffer bytes(1), staple(5);
    const std::array<bytes_view, 1> one{staple};
    const std::array forms{compressed_certificate{algorithm::brotli, bytes, {}},
                           compressed_certificate{algorithm::zlib, bytes, {true, false}},
                           compressed_certificate{algorithm::zlib, bytes, {}}};
    const buffer zlib{0, 1}, both{0, 1, 0, 2};
    const list_view<algorithm> only_zlib(zlib), all(both), none;
    const identity bare{one, {}, certificate_type::x509, {}, {}, {}, forms};
    const identity stapled{one, {}, certificate_type::x509, one, {}, {}, forms};
    REQUIRE(usable_form(bare, {}, false, all).data() == &forms[0]);
    REQUIRE(usable_form(bare, {true, true}, false, all).data() == &forms[0]);
    REQUIRE(usable_form(bare, {}, false, only_zlib).data() == &forms[1]);
    REQUIRE(usable_form(stapled, {}, false, only_zlib).data() == &forms[2]);
    REQUIRE(usable_form(stapled, {true, false}, false, all).data() == &forms[1]);
    REQUIRE(usable_form(stapled, {true, false}, false, all).size() == 1);
    REQUIRE(usable_form(stapled, {}, false, none).empty());
    const std::array delegating{compressed_certificate{algorithm::zlib, bytes, {}, true}, forms[2]};
    const identity with{one, {}, certificate_type::x509, {}, {}, staple, delegating};
    REQUIRE(usable_form(with, {}, true, all).data() == &delegating[0]);
    REQUIRE(usable_form(with, {}, false, all).data() == &delegating[1]);
    REQUIRE(usable_form(no_identity, {}, false, all).empty());
}

TEST_CASE("what the first bytes say is refused by them, and by no fewer (RFC 8879, section 4)") {
    const auto check = [](const buffer& message, errc error, std::size_t from) {
        for (std::size_t size = 0; size <= message.size(); ++size) {
            CAPTURE(size);
            REQUIRE(refuse_compressed(bytes_view(message).first(size), offered) == (size < from ? errc::none : error));
        }
        REQUIRE(refuse_compressed(bytes_view(message).first(1), {}) == errc::unexpected_message);
    };
    const buffer some(20, 7);
    check(forge::compressed(some, 1000), errc::none, 0);
    check(forge::compressed(some, max_uncompressed_certificate, algorithm::zstd), errc::none, 0);
    check(forge::compressed(some, 1000, algorithm::brotli), errc::compression_not_offered, 6);
    check(forge::compressed(some, max_uncompressed_certificate + 1), errc::certificate_too_long, 9);
    check(forge::compressed(some, 3), errc::decode_error, 9);
    // What stands behind a message that is too short is no part of it.
    const buffer cut = forge::join({forge::message(25, {0, 1, 0xff}), buffer(20, 0xff)});
    REQUIRE(refuse_compressed(cut, offered) == errc::none);
}

TEST_CASE("memory is asked for when the head has come (RFC 8879, section 5)") {
    const buffer whole = forge::compressed(buffer(20, 7), 1000);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        CAPTURE(size);
        const std::size_t expected = size < 4 ? 0 : size < compressed_certificate_head ? compressed_certificate_head
                                                                                      : whole.size();
        REQUIRE(size_to_wait_for(bytes_view(whole).first(size)) == expected);
    }
    REQUIRE(size_to_wait_for(forge::message(25, {0, 1, 0xff})) == 7);
    REQUIRE(size_to_wait_for(buffer{11, 0, 1, 0}) == 4 + 256);
}

TEST_CASE("the Certificate stands behind what it came in, and what came behind that behind it") {
    buffer room(400);
    arena memory{mutable_bytes(room)};
    const buffer packed = forge::compressed(buffer(30, 0x11), 200), next = forge::finished();
    const handshake_message message = arrived(memory, forge::join({packed, next}));
    certificate_unpacking it;
    REQUIRE(it.begin(memory, message, offered) == errc::none);
    memory.pass(packed.size());
    const std::size_t used = packed.size() + next.size();
    REQUIRE(it.lacking(memory, 0) == 0);
    REQUIRE(it.lacking(memory, 300) == used + 200 + 300 - room.size());
    REQUIRE_FALSE(it.shown());
    const decompression_request request = it.show(memory);
    REQUIRE(it.shown());
    REQUIRE(request.algorithm == algorithm::zlib);
    REQUIRE(test::copy(request.compressed) == buffer(30, 0x11));
    REQUIRE(request.to.size() == 200);
    REQUIRE(request.to.data() == room.data() + packed.size());
    REQUIRE(test::copy(memory.input()) == next);
    REQUIRE(it.show(memory).to.data() == request.to.data());
    REQUIRE(it.lacking(memory, 300) == used + 200 + 300 - room.size());
    handshake_message found{};
    for (const std::size_t size : {std::size_t{0}, std::size_t{199}, std::size_t{201}, SIZE_MAX})
        REQUIRE(it.finish(memory, {size}, found) == errc::bad_decompression);
    REQUIRE(it.finish(memory, {200}, found) == errc::none);
    REQUIRE(found.type == handshake_type::certificate);
    REQUIRE(found.body.data() == request.to.data());
    REQUIRE(test::copy(found.whole) == packed);
    memory.release_input();
    REQUIRE(test::copy(memory.input()) == next);
}
