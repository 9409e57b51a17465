// The body of a ServerHello or HelloRetryRequest, and the extensions that only they have.
#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(server_hello) {
    using namespace spantls;
    (void)fuzz::check_message(handshake_type::server_hello, input, true);
    (void)fuzz::round_trip<key_share_entry>(input);
    (void)fuzz::round_trip<key_share_retry>(input);
    (void)fuzz::round_trip<cookie>(input);
    (void)fuzz::round_trip<selected_version>(input);
}
