// The body of an EncryptedExtensions.
#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(encrypted_extensions) {
    (void)fuzz::check_message(spantls::handshake_type::encrypted_extensions, input, true);
}
