// A delegated credential and the certificate that it is said to be of, at any time.
#include <array>

#include <spantls/handshake/delegation.hpp>

#include "support/certificates.hpp"
#include "support/codec.hpp"
#include "support/target.hpp"

FUZZ_TARGET(delegation) {
    using namespace spantls;
    fuzz::script in(input);
    const bool known = in.flag();
    std::uint64_t now_ms = 0;
    for (int i = 0; i < 8; ++i) now_ms = now_ms << 8 | in.u8();
    const bytes_view der = known ? bytes_view(fuzz::delegating_certificate) : in.take(in.u16()), shown = in.rest();

    delegated_credential it;
    if (!fuzz::round_trip(shown, it)) return;
    HOLDS(fuzz::inside(it.spki, shown) && fuzz::inside(it.signature, shown) && !it.spki.empty());
    fuzz::check_encoding(shown, [&](writer& out) { encode(out, it); });
    x509::certificate leaf, key;
    if (x509::parse_certificate(der, leaf) != errc::none) return;
    HOLDS(!known || leaf.delegates);

    const errc error = check_delegation(it, leaf, now_ms), timeless = check_delegation(it, leaf),
               issue = check_issue(it, leaf, now_ms);
    for (const errc one : {error, timeless, issue})
        HOLDS(one == errc::none || alert_for(one) == alert_description::illegal_parameter);
    HOLDS(timeless == errc::none || error == timeless);
    HOLDS(error == errc::none || issue == error);
    // The same by another way: whole seconds from the notBefore on, rounded as is worse for the credential.
    const bool schemes = x509::parse_raw_public_key(it.spki, key) == errc::none && x509::key_fits(it.scheme, key) &&
                         x509::key_fits(it.algorithm, leaf) && may_be_delegated(it.scheme);
    const bool permitted = leaf.delegates && leaf.usage && (*leaf.usage & 0x8000) != 0;
    bool good = schemes && permitted && now_ms != 0 && now_ms <= INT64_MAX;
    if (good) {
        const auto floor = static_cast<std::int64_t>(now_ms / 1000), ceiling = floor + (now_ms % 1000 != 0 ? 1 : 0);
        const std::int64_t end = leaf.not_before + it.valid_time;
        good = leaf.not_before <= floor && ceiling <= end && end - floor <= max_delegation;
    }
    HOLDS(good == (error == errc::none));
    HOLDS((issue == errc::none) == (good && leaf.not_before + it.valid_time <= leaf.not_after));

    std::vector<std::uint8_t> content(delegation_overhead + der.size() + it.spki.size());
    HOLDS(write_delegation_content(it, der, true, content) == content.size());
    HOLDS(write_delegation_content(it, der, true, mutable_bytes(content).first(content.size() - 1)) == 0);
    HOLDS(fuzz::same_bytes(bytes_view(content).subspan(98, der.size()), der));
    HOLDS(fuzz::same_bytes(bytes_view(content).subspan(98 + der.size()), shown.first(9 + it.spki.size() + 2)));
}
