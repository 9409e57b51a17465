// A block of extensions in each message that has one, and the bodies of those that are lists. The first byte chooses;
// where it chooses an answer, eight more say what was offered.
#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(extensions) {
    using namespace spantls;
    fuzz::script in(input);
    const std::size_t choice = in.below(14);
    if (choice < 7) {
        const auto place = static_cast<extension_place>(1 << choice);
        extension_mask offered;
        if (answers_something(place)) {
            const bytes_view bits = in.take(8);
            for (std::size_t i = 0; i < extension_table.size() && i / 8 < bits.size(); ++i)
                if ((bits[i / 8] >> (i % 8) & 1) != 0) offered.add(extension_table[i].type);
        }
        return fuzz::check_extensions(in.rest(), place, offered);
    }
    switch (choice) {
        case 7: return (void)fuzz::round_trip<named_group_list>(in.rest());
        case 8: return (void)fuzz::round_trip<signature_scheme_list>(in.rest());
        case 9: return (void)fuzz::round_trip<client_versions>(in.rest());
        case 10: return (void)fuzz::round_trip<psk_key_exchange_modes>(in.rest());
        case 11: return fuzz::check_protocol_names(in.rest());
        case 12: return fuzz::check_server_name(in.rest());
        default: {
            const bytes_view groups = in.take(2 * in.below(8));
            return fuzz::check_key_shares(in.rest(),
                                          list_view<named_group>(groups.first(groups.size() & ~std::size_t{1})));
        }
    }
}
