// What the table has is handled.
// expect: a row of the table has no handler
#include <spantls/handshake/machine.hpp>

using namespace spantls;

enum class door : unsigned char { open, closed };
inline constexpr std::array doors{transition(door::open, event::finished, {door::closed}),
                                  transition(door::closed, event::client_hello, {door::open})};

struct machine {
    auto on(at<doors, door::open, event::finished> row) { return row.to<door::closed>(); }
#ifdef SPANTLS_TWIN
    auto on(at<doors, door::closed, event::client_hello> row) { return row.to<door::open>(); }
#endif
};

outcome<door> f(machine& it, door now, event on) { return dispatch<doors>(it, now, on, errc::unexpected_message); }
