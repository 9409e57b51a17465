// Paths: any root and any chain, at any time. Signatures are right unless they are empty. Whoever is accepted has a
// path that stands up to being gone over again, and whatever happens the budgets hold.
#include <array>
#include <string_view>
#include <vector>

#include <spantls/x509/render.hpp>
#include <spantls/x509/trust_store.hpp>

#include "support/target.hpp"
#include "support/x509.hpp"

namespace {

using namespace spantls;

void go_over(const x509::path_result& found, const x509::peer& who, const x509::path_options& options) {
    HOLDS(found.size >= 2 && found.size <= x509::max_path);
    std::array<x509::certificate, x509::max_path> path;
    for (std::size_t i = 0; i < found.size; ++i) HOLDS(x509::parse_certificate(found.path[i], path[i]) == errc::none);
    std::size_t below = 0;
    for (std::size_t i = 0; i < found.size; ++i) {
        const x509::certificate& it = path[i];
        HOLDS(it.valid_at(options.now) && !it.unknown_critical && it.allows(who.purpose));
        HOLDS(x509::strength_of_key(it) == x509::algorithm_strength::good);
        if (i == 0) continue;
        HOLDS(x509::same_distinguished_name(path[i - 1].issuer, it.subject));
        HOLDS(!path[i - 1].signature.empty());
        HOLDS(it.is_ca && it.allows(x509::key_usage::key_cert_sign) && (!it.path_length || below <= *it.path_length));
        for (std::size_t j = 0; j < i; ++j) {
            std::size_t budget = SIZE_MAX;
            if (j != 0 && path[j].self_issued()) continue;
            HOLDS(x509::check_name_constraints(it, path[j], budget).verdict == x509::constraint_verdict::allowed);
        }
        if (!it.self_issued()) ++below;
    }
    HOLDS(who.server_name.empty() || x509::matches_host(path[0], who.server_name));
}

}  // namespace

FUZZ_TARGET(path) {
    fuzz::script in(input);
    constexpr std::string_view hosts[]{"", "leaf.example", "a.wild.example", "127.0.0.1", "localhost"};
    const std::uint8_t choice = in.u8();
    x509::path_options options{.now = fuzz::some_day(in), .signatures = 8, .candidates = 100};
    if ((choice & 0x40) != 0) options.profile = x509::profile::private_pki;
    std::vector<x509::trust_store::entry> index(2);
    x509::trust_store roots(index);
    for (int i = 1 + (choice >> 5 & 1); i > 0; --i) (void)roots.add(in.take(in.u16()));
    std::vector<std::uint8_t> list;
    while (!in.empty() && list.size() < 60000) {
        const bytes_view der = in.take(in.u16());
        if (der.empty()) break;
        std::array<std::uint8_t, 3> size;
        store_be(size.data(), der.size(), 3);
        list.insert(list.end(), size.begin(), size.end());
        list.insert(list.end(), der.begin(), der.end());
        list.insert(list.end(), {0, 0});
    }
    const x509::peer who{x509::chain_view(list), hosts[(choice & 0x1f) % std::size(hosts)],
                         (choice & 0x80) != 0 ? x509::key_purpose::client_auth : x509::key_purpose::server_auth};
    const fuzz::counting_verifier crypto;
    const x509::path_result found = roots.examine(crypto, who, options);
    HOLDS(crypto.signatures <= options.signatures);
    HOLDS(found.at < found.size || found.size == 0);
    if (found.good())
        go_over(found, who, options);
    else
        HOLDS(fault_of(errc_of(found.error)) == fault::peer && alert_for(errc_of(found.error)).has_value());

    std::array<char, 512> room;
    const std::size_t size = x509::render(found, who, room);
    for (std::size_t i = 0; i < size && i < room.size(); ++i)
        HOLDS(room[i] == '\n' || (room[i] >= 0x20 && room[i] < 0x7f));
}
