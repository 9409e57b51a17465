// A connection refers to its configuration.
// expect: deleted
#include <spantls/client.hpp>
#include <spantls/providers/sodium.hpp>

using client = spantls::client<spantls::sodium_chacha>;

bool f(spantls::sodium_chacha& crypto, std::uint8_t (&workspace)[client::smallest_workspace]) {
#ifdef SPANTLS_TWIN
    const spantls::client_config config{.alpn = {"mqtt"}};
    client tls(crypto, config, workspace, {.server_name = "host.example"});
#else
    client tls(crypto, {.alpn = {"mqtt"}}, workspace, {.server_name = "host.example"});
#endif
    return tls.owes_output();
}
