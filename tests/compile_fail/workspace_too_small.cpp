// expect: the workspace is smaller than smallest_workspace
#include <array>

#include <spantls/client.hpp>
#include <spantls/providers/sodium.hpp>
#include <spantls/server.hpp>

using client = spantls::client<spantls::sodium_chacha>;
using server = spantls::server<spantls::sodium_chacha>;

#ifdef SPANTLS_TWIN
constexpr std::size_t lacking = 0;
#else
constexpr std::size_t lacking = 1;
#endif

void make(spantls::sodium_chacha& crypto, const spantls::client_config& config, const spantls::server_config& other) {
    std::array<std::uint8_t, client::smallest_workspace - lacking> one;
    std::uint8_t two[server::smallest_workspace];
    client ours(crypto, config, one);
    server theirs(crypto, other, two);
}
