// The body of a ClientHello.
#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(client_hello) {
    (void)fuzz::check_client_hello(input);
    (void)fuzz::round_trip<spantls::client_hello>(input);
}
