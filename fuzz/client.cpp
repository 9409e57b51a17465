// A whole client with null cryptography: the network and the caller are a script.
#include "support/run.hpp"

namespace {

using namespace spantls;

struct client_role {
    using connection = client<fuzz::provider_type>;

    fuzz::provider_type crypto;
    client_config config;
    client_target target;
    std::array<psk, 2> offered;
    bool without_identity;
    std::size_t hash = 32;

    /// Flags (1 key log, 2 no compatibility mode, 4 and 8 ALPN, 16 SNI, 32 without a certificate, 64 asks for
    /// tickets, 128 GREASE), sizes (bit 5: compressed certificates, 7: limits of records), shares (bit 4: padding, 5:
    /// psk_ke, 6: pre-shared keys and early data, 7: delegated credentials).
    explicit client_role(fuzz::script& in) {
        const std::uint8_t flags = in.u8(), sizes = in.u8(), shares = in.u8();
        config.key_log = (flags & 1) != 0;
        config.compatibility_mode = (flags & 2) == 0;
        if ((flags & 4) != 0) config.alpn.push_back("h2");
        if ((flags & 8) != 0) config.alpn.push_back("mqtt");
        if ((flags & 16) != 0) target.server_name = (sizes & 64) != 0 ? "127.0.0.1" : "leaf.example";
        without_identity = (flags & 32) != 0;
        if ((flags & 64) != 0) config.tickets = ticket_counts{2, 1};
        config.grease = (flags & 128) != 0;
        if ((sizes & 32) != 0) config.certificate_compressions = {certificate_compression::zlib};
        config.record_size = fuzz::record_sizes[sizes & 7];
        config.rekey_after = fuzz::rekey_limits[sizes >> 3 & 3];
        if ((sizes & 128) != 0) config.record_size_limit = 100, config.max_fragment_length = 512;
        if ((shares & 16) != 0) config.padding = padding::constant(90);
        config.psk_ke = (shares & 32) != 0;
        if ((shares & 64) != 0) {
            offered = {psk{.identity = as_bytes("key"), .key = fuzz::shared_key, .early = fuzz::early_terms},
                       psk{.identity = as_bytes("other"), .key = fuzz::shared_key, .hash = hash_id::sha384}};
            target.psks = offered;
            target.early_data = true;
        }
        if ((shares & 128) != 0) {
            config.delegated_schemes = {signature_scheme::ed25519};
            target.now_ms = fuzz::while_delegated;
        }
        if ((shares & 8) == 0) return;
        config.shares.emplace();
        for (std::size_t i = 0; i < 3; ++i)
            if ((shares >> i & 1) != 0) config.shares->push_back(fuzz::canned::groups[i]);
    }

    // Returned by value without a copy: a watched connection does not move.
    fuzz::watched<connection> made(std::size_t workspace) {
        return fuzz::watched<connection>(crypto, config, workspace, target);
    }
    bool nobody() const { return without_identity; }

    fuzz::buffer hello(std::uint8_t how, fuzz::script&, const fuzz::buffer& sent) {
        hash = how % 4 % 3 == 1 ? 48 : 32;
        bytes_view session_id;
        if (sent.size() > 35) session_id = bytes_view(sent).subspan(35, sent[34]);
        return fuzz::canned::server_hello(how, session_id);
    }
    std::size_t hash_size(const fuzz::buffer&) const { return hash; }
};

}  // namespace

FUZZ_TARGET(client) { fuzz::run_connection<client_role>(input); }
