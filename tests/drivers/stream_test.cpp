#include <spantls/drivers/stream.hpp>

#include <algorithm>
#include <vector>

#include "support/catch.hpp"

using namespace spantls;

namespace {

struct slow_stream {
    std::vector<std::uint8_t> written;
    std::size_t most = 3;
    std::ptrdiff_t after = 1;  // what write returns when `room` is used up
    std::size_t room = SIZE_MAX;

    std::ptrdiff_t read(mutable_bytes) { return 0; }
    std::ptrdiff_t write(bytes_view bytes) {
        const std::size_t count = std::min({most, bytes.size(), room});
        if (count == 0) return after;
        room -= count;
        written.insert(written.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
        return static_cast<std::ptrdiff_t>(count);
    }
};
static_assert(blocking_stream<slow_stream>);
static_assert(!blocking_stream<int>);

}  // namespace

TEST_CASE("all is written, however little a stream takes at once") {
    const std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5, 6, 7};
    slow_stream stream;
    REQUIRE(write_all(stream, bytes));
    REQUIRE(stream.written == bytes);
    REQUIRE(write_all(stream, {}));
}

TEST_CASE("a stream that fails, takes nothing or says nonsense has failed") {
    const std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5, 6, 7};
    for (const std::ptrdiff_t answer : {-1, 0, 100}) {
        slow_stream stream;
        stream.room = 4;
        stream.after = answer;
        REQUIRE_FALSE(write_all(stream, bytes));
        REQUIRE(stream.written.size() == 4);
    }
}

TEST_CASE("a status is true when nothing went wrong, input when there is some") {
    REQUIRE(io_status{});
    REQUIRE_FALSE(io_status{errc::truncated});
    REQUIRE_FALSE(io_status{errc::none, true});
    REQUIRE(describe(io_status{}) == describe(errc::none));
    REQUIRE(describe(io_status{errc::truncated, true}) == describe(errc::truncated));
    REQUIRE(describe(io_status{errc::none, true}) == "the stream failed");
    std::uint8_t byte = 7;
    const incoming some{{&byte, 1}, {}};
    REQUIRE(some);
    REQUIRE(bytes_view(some).data() == &byte);
    REQUIRE_FALSE(incoming{});
}
