// The body of a Certificate, and its list as the two ways to read it see it.
#include <spantls/x509/chain.hpp>

#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(certificate) {
    using namespace spantls;
    certificate_message message{};
    const bool whole = fuzz::round_trip(input, message);
    const bytes_view list = whole ? message.list : input;

    // Entry by entry.
    std::size_t entries = 0;
    bool good = true;
    reader in(list);
    while (!in.empty()) {
        const bytes_view before = in.rest();
        certificate_entry entry{};
        decode_from(in, entry);
        if (in.failed()) break;
        ++entries;
        HOLDS(!entry.der.empty() && fuzz::inside(entry.der, list) && fuzz::inside(entry.extensions, list));
        fuzz::check_encoding(before.first(before.size() - in.remaining()), [&](writer& out) { encode(out, entry); });
        fuzz::check_extensions(entry.extensions, extension_place::certificate, fuzz::everything());
        reader extensions(entry.extensions);
        while (!extensions.empty()) {
            extensions.u16();
            extensions.opaque(2);
        }
        good = good && !extensions.failed();
    }
    good = good && !in.failed();

    // As a range.
    const x509::chain_view chain(list);
    HOLDS(chain.well_formed() == good);
    std::size_t seen = 0;
    for (const x509::chain_entry& entry : chain) {
        HOLDS(!entry.der.empty() && fuzz::inside(entry.der, list) && fuzz::inside(entry.extensions, list));
        if (seen == 0) HOLDS(chain.front().der.data() == entry.der.data());
        ++seen;
        HOLDS(seen <= list.size());
    }
    HOLDS(seen == entries && chain.empty() == list.empty());
}
