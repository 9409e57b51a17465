// A table with two rows for the same state and event has no handler for either.
// expect: constraint|rows_for
#include <spantls/handshake/machine.hpp>

using namespace spantls;

enum class door : unsigned char { open, closed };
#ifdef SPANTLS_TWIN
inline constexpr std::array doors{transition(door::open, event::finished, {door::closed})};
#else
inline constexpr std::array doors{transition(door::open, event::finished, {door::closed}),
                                  transition(door::open, event::finished, {door::open})};
#endif

outcome<door> f(at<doors, door::open, event::finished> row) { return row.to<door::closed>(); }
