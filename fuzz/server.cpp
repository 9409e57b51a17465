// A whole server with null cryptography: the network and the caller are a script.
#include "support/run.hpp"

namespace {

using namespace spantls;

struct server_role {
    using connection = server<fuzz::provider_type>;

    fuzz::provider_type crypto;
    server_config config;

    /// Flags (1 key log, 2 cookies, 4 and 8 ALPN, 16 and 32 client authentication, 64 always a retry, 128 GREASE and
    /// tickets by their number), sizes (bit 5: compressed certificates, 7: a limit of records), groups (bit 4: padding,
    /// 5: psk_ke, 6: pre-shared keys, 7: early data).
    explicit server_role(fuzz::script& in) {
        const std::uint8_t flags = in.u8(), sizes = in.u8(), groups = in.u8();
        config.key_log = (flags & 1) != 0;
        if ((flags & 4) != 0) config.alpn.push_back("h2");
        if ((flags & 8) != 0) config.alpn.push_back("mqtt");
        config.authenticate_client = static_cast<client_authentication>((flags >> 4 & 3) % 3);
        static constexpr std::array<std::uint8_t, min_cookie_secret> secret{};
        if ((flags & 2) != 0) config.cookie_secrets.push_back(secret);
        config.always_retry = (flags & 2) != 0 && (flags & 64) != 0;
        config.grease = (flags & 128) != 0;
        config.max_tickets = (flags & 128) != 0 ? 3 : 0;
        if ((sizes & 128) != 0) config.record_size_limit = 100;
        if ((groups & 16) != 0) config.padding = padding::constant(90);
        config.psk_ke = (groups & 32) != 0;
        config.use_psk = (groups & 64) != 0;
        if ((groups & 128) != 0) config.max_early_data = fuzz::max_early / 2;
        if ((sizes & 32) != 0) config.certificate_compressions = {certificate_compression::zlib};
        config.record_size = fuzz::record_sizes[sizes & 7];
        config.rekey_after = fuzz::rekey_limits[sizes >> 3 & 3];
        for (std::size_t i = 0; i < 3; ++i)
            if ((groups >> i & 1) != 0) config.prefer.groups.push_back(fuzz::canned::groups[i]);
    }

    // Returned by value without a copy: a watched connection does not move.
    fuzz::watched<connection> made(std::size_t workspace) {
        return fuzz::watched<connection>(crypto, config, workspace);
    }
    bool nobody() const { return false; }

    fuzz::buffer hello(std::uint8_t how, fuzz::script& in, const fuzz::buffer&) {
        return fuzz::canned::client_hello(how, in.u8());
    }
    /// Of the suite in the ServerHello that was sent.
    std::size_t hash_size(const fuzz::buffer& sent) const {
        if (sent.size() < 37u + (sent.size() > 34 ? sent[34] : 0)) return 32;
        return load_u16(sent.data() + 35 + sent[34]) == 0x1302 ? 48 : 32;
    }
};

}  // namespace

FUZZ_TARGET(server) { fuzz::run_connection<server_role>(input); }
