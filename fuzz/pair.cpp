// A client and a server of ours against each other, over a network that delivers as the script wants, with callers who
// do what callers may: neither ever fails, and all data arrives as it was sent. Keys, nonces and transcripts count
// here.
#include <algorithm>
#include <array>

#include "support/certificates.hpp"
#include "support/target.hpp"
#include "support/toy_provider.hpp"
#include "support/watched.hpp"

namespace {

using namespace spantls;
using fuzz::buffer;
using provider_type = fuzz::toy_provider;

constexpr std::size_t enough = max_record + min_output;
constexpr std::array<std::uint16_t, 8> record_sizes{16384, 1, 2, 5, 64, 255, 512, 1024};
constexpr std::array<std::uint64_t, 4> rekey_limits{UINT64_MAX, 2, 3, 10};

constexpr std::array<std::uint8_t, 32> key{0x5e};
const buffer early_text = [] {
    buffer text(60);
    fuzz::fill_pattern(text, 0);
    return text;
}();

template <class Connection>
struct side {
    fuzz::watched<Connection> it;
    std::size_t received = 0, received_early = 0, rejected = 0;
    hash_id key_hash = hash_id::sha256;  // of the key that both know, if they do
    early_data_terms early{};
    bool delegates = false;  // the server shows a delegated credential, and nothing else
    bool heard_close = false, closed = false;
    int unsent_news = 0;  // key updates and tickets since data: a peer bears a number of them

    template <class... Arguments>
    explicit side(Arguments&... arguments) : it(arguments...) {}

    /// One call of receive() and what it asks for. True when something came of it.
    bool step(std::size_t visible) {
        const spantls::step s = it.receive(visible);
        HOLDS(!it.failed());
        using enum what;
        if (s.what == need_workspace) HOLDS(it.lend(s.missing) == errc::none);
        if (s.what == application_data) {
            buffer expected(s.data.size());
            fuzz::fill_pattern(expected, received);
            HOLDS(fuzz::same_bytes(s.data, expected));
            received += s.data.size();
        }
        if (s.what == early_data) {
            buffer expected(s.data.size());
            fuzz::fill_pattern(expected, received_early);
            HOLDS(fuzz::same_bytes(s.data, expected));
            received_early += s.data.size();
        }
        if (s.what == early_data_rejected) {
            HOLDS(rejected == 0 && fuzz::same_bytes(s.rejected(), bytes_view(early_text).first(s.rejected().size())));
            rejected = s.rejected().size();
        }
        if (s.what == peer_closed || s.what == what::closed) heard_close = true;
        if (s.what == verify_peer) {
            const bool delegated = delegates && !Connection::is_server;
            const bytes_view shown = delegated ? bytes_view(fuzz::shown_credential) : bytes_view{};
            const bytes_view der = delegated ? bytes_view(fuzz::delegating_certificate) : fuzz::ed25519_certificate;
            HOLDS(fuzz::same_bytes(s.peer().chain.front().der, der) && fuzz::same_bytes(s.peer().delegated, shown));
        }
        if (s.what == sign) HOLDS(s.signing().delegated == (delegates && Connection::is_server));
        if (s.is_question()) answer(s.what);
        if (s.consumed == 0 && (s.what == peer_closed || s.what == what::closed)) return false;
        return s.what != need_input && s.what != output_waiting;
    }

    void answer(what question) {
        static const std::array<bytes_view, 1> chain{fuzz::ed25519_certificate},
            delegating{fuzz::delegating_certificate};
        static constexpr std::array schemes{signature_scheme::ed25519};
        static constexpr std::array<std::uint8_t, 64> signature_bytes{1};
        if constexpr (Connection::is_server) {
            if (question == what::find_psk) {
                const psk_choice choice{0, key, key_hash, psk_kind::external, early, false};
                return HOLDS(it.answer("asks_psk", choice) == errc::none);
            }
            if (question == what::early_data_offered)
                return HOLDS(it.answer("asks_early_data", spantls::early_data::accept) == errc::none);
        }
        if (question == what::verify_peer)
            HOLDS(it.answer("asks_verdict", x509::verdict::accept()) == errc::none);
        else if (question == what::sign)
            HOLDS(it.answer("asks_signature", signature{signature_bytes}) == errc::none);
        else if (delegates && Connection::is_server)
            HOLDS(it.answer("asks_identity",
                            identity{.chain = delegating, .schemes = {}, .delegated = fuzz::shown_credential}) ==
                  errc::none);
        else
            HOLDS(it.answer("asks_identity", identity{chain, schemes}) == errc::none);
    }

    void one(fuzz::script& in) {
        switch (in.below(11)) {
            case 0:
            case 1: return (void)step(in.size());
            case 2: return (void)step(it.arrived.size());
            case 3: {
                const std::size_t room = in.u8();
                return (void)it.transmit(room == 255 ? enough : room);
            }
            case 4:
            case 5: {
                const std::size_t size = in.size(), room = in.size();
                const std::size_t before = it.sent.data;
                it.send(size, room == 254 ? size + enough : room);
                if (it.sent.data != before) unsent_news = 0;
                return;
            }
            case 9: {
                const std::size_t size = in.size(), before = it.sent.data;
                it.send_in_place(size, size + record_overhead + in.u8() / 32);
                if (it.sent.data != before) unsent_news = 0;
                return;
            }
            case 6:
                if (unsent_news++ < 8) it.update_keys(in.flag());
                return;
            case 7:
                if constexpr (Connection::is_server) {
                    const buffer bytes(1 + in.size(), 0x55);
                    if (unsent_news++ < 8) (void)it.send_ticket({7200, 1, {}, bytes, {}}, bytes.size() * 24 + enough);
                }
                return;
            case 8:
                if (!it.done() || in.u8() < 200) return;
                closed = true;
                return it.close();
            default: it.split();
        }
    }
};

}  // namespace

FUZZ_TARGET(pair) {
    fuzz::script in(input);
    const std::uint8_t flags = in.u8(), client_sizes = in.u8(), server_sizes = in.u8();
    client_config client_settings;
    server_config server_settings;
    client_settings.compatibility_mode = (flags & 1) == 0;
    client_settings.key_log = server_settings.key_log = (flags & 2) != 0;
    const bool delegates = (flags & 2) != 0;
    if (delegates) client_settings.delegated_schemes = {signature_scheme::ed25519};
    if ((flags & 4) != 0) server_settings.authenticate_client = client_authentication::require;
    if ((flags & 8) != 0) server_settings.prefer.groups = {named_group::secp256r1};  // a retry
    if ((flags & 16) != 0) client_settings.shares.emplace();                         // a retry
    if ((flags & 32) != 0) server_settings.prefer.suites = {cipher_suite::tls_aes_256_gcm_sha384};
    if ((flags & 64) != 0) client_settings.record_size_limit = 64, server_settings.record_size_limit = 100;
    if ((flags & 128) != 0)
        client_settings.padding = padding::constant(90), server_settings.padding = padding::multiple_of(48);
    client_settings.record_size = record_sizes[client_sizes & 7];
    client_settings.rekey_after = rekey_limits[client_sizes >> 3 & 3];
    server_settings.record_size = record_sizes[server_sizes & 7];
    server_settings.rekey_after = rekey_limits[server_sizes >> 3 & 3];

    provider_type crypto(1), other(2);
    const bool keyed = (client_sizes & 128) != 0, early = keyed && (server_sizes & 128) != 0;
    std::size_t client_memory = client<provider_type>::smallest_workspace + 16u * (client_sizes >> 5 & 3);
    std::size_t server_memory = server<provider_type>::smallest_workspace + 16u * (server_sizes >> 5 & 3);
    client_target target;
    target.now_ms = fuzz::while_delegated;
    const cipher_suite suite =
        (flags & 32) != 0 ? cipher_suite::tls_aes_256_gcm_sha384 : cipher_suite::tls_chacha20_poly1305_sha256;
    psk offered{.identity = as_bytes("key"), .key = key, .hash = *suite_hash(suite)};
    if (early) offered.early = {40, suite, {}, {}};
    if (keyed) {
        target.psks = std::span(&offered, 1);
        target.early_data = server_settings.use_psk = true;
        server_settings.prefer.suites = {suite};
        server_settings.max_early_data = 100;
        client_memory += 100;
    }
    side<client<provider_type>> c(crypto, client_settings, client_memory, target);
    side<server<provider_type>> s(other, server_settings, server_memory);
    HOLDS(!c.it.failed() && !s.it.failed());
    c.delegates = s.delegates = delegates;
    buffer to_client, to_server;
    c.it.leaving = &to_server;
    s.it.leaving = &to_client;
    s.key_hash = offered.hash;
    s.early = offered.early;
    const bool taken = early && (flags & (8 | 16)) == 0;
    if (early) c.it.send_early(early_text, enough);
    const auto deliver = [](buffer& from, buffer& to, std::size_t size) {
        const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(size, from.size()));
        to.insert(to.end(), from.begin(), end);
        from.erase(from.begin(), end);
    };
    for (int steps = 0; !in.empty() && steps < 500; ++steps) {
        const std::uint8_t who = in.u8();
        if ((who & 3) == 0)
            deliver(to_client, c.it.arrived, in.size());
        else if ((who & 3) == 1)
            deliver(to_server, s.it.arrived, in.size());
        else if ((who & 3) == 2)
            c.one(in);
        else
            s.one(in);
    }

    // Whatever was done, what is left to do comes to an end.
    for (int idle = 0, rounds = 0; idle < 2; ++rounds) {
        HOLDS(rounds < 20000);
        deliver(to_client, c.it.arrived, SIZE_MAX);
        deliver(to_server, s.it.arrived, SIZE_MAX);
        bool moved = false;
        while (c.it.owes()) moved = c.it.transmit(enough);
        while (s.it.owes()) moved = s.it.transmit(enough);
        moved = c.step(c.it.arrived.size()) || moved;
        moved = s.step(s.it.arrived.size()) || moved;
        idle = moved ? 0 : idle + 1;
    }
    HOLDS(c.it.done() && s.it.done());
    HOLDS(c.it.tls.psk_used() == keyed && s.it.tls.psk_used() == keyed);
    HOLDS(c.it.tls.early_data_accepted() == taken && s.it.tls.early_data_accepted() == taken);
    // As much as is allowed, or as one key may protect.
    HOLDS(c.it.sent.early == (early ? 40u : 0u) || (early && client_settings.rekey_after != UINT64_MAX));
    HOLDS(s.received_early == (taken ? c.it.sent.early : 0u) && c.rejected == (taken ? 0u : c.it.sent.early));
    HOLDS(c.received == s.it.sent.data && s.received == c.it.sent.data);
    HOLDS(c.heard_close == s.closed && s.heard_close == c.closed);
    HOLDS(c.it.tls.suite() == s.it.tls.suite() && c.it.tls.group() == s.it.tls.group());
    // Every request for a key update has been answered, so that there may be another.
    if (!c.closed && !s.closed) {
        HOLDS(c.it.tls.update_keys(true) == errc::none && c.it.transmit(enough));
        HOLDS(s.it.tls.update_keys(true) == errc::none && s.it.transmit(enough));
    }
    if ((flags & 64) != 0) HOLDS(s.it.sent.longest <= 64 + 21 && c.it.sent.longest <= 100 + 21);
    if ((flags & 128) != 0) {
        // The padding, or the longest that the client takes.
        const std::size_t least = s.it.sent.shortest - 21;
        HOLDS(c.it.sent.shortest == 90 && c.it.sent.longest == 90);
        HOLDS(least % 48 == 0 || ((flags & 64) != 0 && least == 64));
    }
    std::array<std::uint8_t, 40> ours, theirs;
    HOLDS(c.it.tls.export_keying_material("label", {}, ours) == errc::none);
    HOLDS(s.it.tls.export_keying_material("label", {}, theirs) == errc::none && ours == theirs);
    c.it.finish();
    s.it.finish();
}
