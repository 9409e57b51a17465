// What the table does not have cannot be handled.
// expect: constraint|rows_for
#include <spantls/handshake/tables.hpp>

using namespace spantls;

struct machine {
#ifdef SPANTLS_TWIN
    using here = at<server_table, server_state::wait_finished, event::finished>;
#else
    using here = at<server_table, server_state::wait_finished, event::certificate>;
#endif
    outcome<server_state> on(here row) { return row.fail(errc::decode_error); }
};
