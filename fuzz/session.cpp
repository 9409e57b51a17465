// What comes back to be resumed: sessions that were kept, tickets, and imported identities. The first byte says which;
// a session's checksum can be made right, and with null cryptography every ticket is authentic.
#include <spantls/session/session.hpp>

#include <array>
#include <vector>

#include <spantls/session/psk_importer.hpp>
#include <spantls/session/ticket_keys.hpp>

#include "support/codec.hpp"
#include "support/target.hpp"
#include "support/toy_provider.hpp"

namespace {

using namespace spantls;
using buffer = std::vector<std::uint8_t>;

constexpr std::uint64_t now = 1'700'000'000'000;

void check_session(bytes_view bytes) {
    session found;
    const errc error = read_session(bytes, found);
    if (error != errc::none) {
        HOLDS((error == errc::session_damaged || error == errc::session_newer) && found.ticket.empty());
        return;
    }
    for (const bytes_view part : {found.key, found.ticket, as_bytes(found.server_name), as_bytes(found.protocol)})
        HOLDS(fuzz::inside(part, bytes));
    buffer again(session_size(found));
    HOLDS(write(found, again) == bytes.size() && fuzz::same_bytes(again, bytes));
    HOLDS(write(found, mutable_bytes(again).first(again.size() - 1)) == 0);
    for (const std::uint64_t when : {found.received_at, found.received_at + 1000, now, UINT64_MAX}) {
        const auto key = offer(found, when);
        HOLDS(key.has_value() == !expired(found, when));
        if (key) HOLDS(key->key.size() == digest_size(key->hash) && !key->identity.empty());
    }
}

void check_ticket(bytes_view ticket) {
    test::null_provider crypto;
    const std::array<std::uint8_t, 32> secret{};
    const ticket_keys<test::null_provider> keys(crypto, secret);
    buffer scratch(max_sealed_ticket);
    ticket_state found;
    psk_choice choice;
    if (!keys.open(ticket, now, scratch, found)) {
        HOLDS(fuzz::all_zero(scratch) && found.key.empty());
        HOLDS(!keys.match(0, ticket, hash_id::sha256, now, scratch, found, choice) && choice.key.empty());
        return;
    }
    for (const bytes_view part :
         {found.key, as_bytes(found.protocol), as_bytes(found.server_name), found.client_identity, found.application})
        HOLDS(fuzz::inside(part, scratch));
    HOLDS(!expired(found, now));
    const auto text = static_cast<std::size_t>(found.application.data() - scratch.data()) + found.application.size();
    fuzz::check_encoding(bytes_view(scratch).first(text), [&](writer& out) { encode(out, found); });
    HOLDS(keys.sealed_size(found) <= max_sealed_ticket);
    buffer other(max_sealed_ticket);
    const bool sha256 = suite_hash(found.suite) == hash_id::sha256;
    HOLDS(keys.match(3, ticket, hash_id::sha256, now, other, found, choice) == sha256);
    HOLDS(sha256 ? choice.index == 3 && choice.key.size() == 32 : choice.key.empty());
}

void check_imported(bytes_view identity) {
    using toy = fuzz::toy_provider;
    imported_identity found{};
    if (!fuzz::round_trip(identity, found)) return;
    const buffer key(32, 0x42);
    const external_psk base{found.external_identity, key, hash_id::sha256, found.context};
    buffer derived(max_digest_size);
    psk_choice choice;
    const bool matches = match_imported<toy>(0, identity, hash_id::sha384, base, derived, choice);
    HOLDS(matches == (found.target_protocol == protocol_version::tls_1_3 && found.target_kdf == tls_kdf::hkdf_sha384 &&
                      imported_identity_size(base) != 0));
    if (!matches) return;
    buffer own(identity.size()), own_key(max_digest_size);
    const auto imported = import_psk<toy>(base, hash_id::sha384, own, own_key);
    HOLDS(imported && fuzz::same_bytes(imported->identity, identity) && fuzz::same_bytes(imported->key, choice.key));
}

}  // namespace

FUZZ_TARGET(session) {
    fuzz::script in(input);
    const std::size_t what = in.below(4);
    buffer bytes(in.rest().begin(), in.rest().end());
    if (what == 1 && bytes.size() >= 4) {
        const std::size_t size = bytes.size() - 4;
        store_u32(bytes.data() + size, detail::crc32(bytes_view(bytes).first(size)));
    }
    if (what <= 1) check_session(bytes);
    if (what == 2) check_ticket(bytes);
    if (what == 3) check_imported(bytes);
}
