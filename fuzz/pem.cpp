// PEM texts: blocks, base64, private keys, and trust stores loaded from them.
#include <vector>

#include <spantls/x509/private_key.hpp>
#include <spantls/x509/trust_store.hpp>

#include "support/target.hpp"

FUZZ_TARGET(pem) {
    using namespace spantls;
    const std::string_view text = as_text(input);
    const auto needed = x509::trust_store::measure(text);
    std::vector<x509::trust_store::entry> index(needed.certificates);
    std::vector<std::uint8_t> room(needed.bytes), copy(input.begin(), input.end());
    x509::trust_store roots(index, room);
    const auto loaded = roots.add_pem(text);
    HOLDS(loaded.error == errc::none || loaded.error == errc::pem_damaged);  // what was measured is enough
    HOLDS(loaded.added + loaded.skipped == needed.certificates && roots.count() <= loaded.added);
    for (std::size_t i = 0; i < roots.count(); ++i) HOLDS(fuzz::inside(roots[i], room));

    x509::pem_block block;
    for (x509::pem_reader in(text); in.next(block);) {
        HOLDS(fuzz::inside(as_bytes(block.label), input) && fuzz::inside(as_bytes(block.body), input));
        std::vector<std::uint8_t> apart(block.decoded_room());
        const auto size = x509::decode_base64(block.body, apart);
        // In place it comes to the same.
        std::vector<std::uint8_t> here(block.body.begin(), block.body.end());
        const auto same = x509::decode_base64(as_text(here), here);
        HOLDS(size == same);
        if (size) HOLDS(equal_bytes(bytes_view(apart).first(*size), bytes_view(here).first(*size)));
    }

    x509::private_key key;
    const errc error = x509::read_private_key(text, copy, key);
    HOLDS(error == errc::none || error == errc::pem_damaged || error == errc::key_damaged ||
          error == errc::key_unsupported);
    HOLDS((error == errc::none) == (key.type != x509::key_type::unsupported));
    for (const bytes_view part : {key.secret, key.public_key, key.rsa, key.numbers.modulus, key.numbers.coefficient})
        HOLDS(fuzz::inside(part, copy));
    // The same bytes as DER.
    const errc as_der = x509::parse_private_key(input, key);
    HOLDS(as_der == errc::none || as_der == errc::key_damaged || as_der == errc::key_unsupported);
}
