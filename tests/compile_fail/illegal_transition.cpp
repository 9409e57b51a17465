// A handler leads only where its row of the table does.
// expect: the table does not allow this transition
#include <spantls/handshake/tables.hpp>

using namespace spantls;

outcome<client_state> f(at<client_table, client_state::wait_certificate_verify, event::certificate_verify> row) {
#ifdef SPANTLS_TWIN
    return row.to<client_state::wait_finished>();
#else
    return row.to<client_state::connected>();
#endif
}
