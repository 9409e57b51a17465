// What the targets of certificates have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <spantls/x509/ocsp.hpp>
#include <spantls/x509/signature.hpp>

#include "support/target.hpp"

namespace fuzz {

/// Takes every signature that is not empty, and counts.
struct counting_verifier {
    mutable std::size_t signatures = 0;
    bool verify(const spantls::x509::certificate_signature&, bytes_view, bytes_view,
                bytes_view signature) const noexcept {
        ++signatures;
        return !signature.empty();
    }
};

/// Takes those whose last byte is not 0xff, and remembers what it took: key and message.
struct remembering_verifier {
    mutable std::size_t signatures = 0;
    mutable std::vector<std::pair<bytes_view, bytes_view>> taken;

    bool verify(const spantls::x509::certificate_signature&, bytes_view key, bytes_view message,
                bytes_view signature) const {
        ++signatures;
        const bool good = !signature.empty() && signature.back() != 0xff;
        if (good) taken.emplace_back(key, message);
        return good;
    }
    /// Has it been asked whether this is signed with the key of `signer`, and said yes?
    bool took(const spantls::x509::certificate& signer, bytes_view message) const {
        for (const auto& [key, signed_part] : taken)
            if (same_bytes(key, signer.public_key) && same_bytes(signed_part, message)) return true;
        return false;
    }
};

/// Is there a word of that kind about this serial number, and does it count at this time?
inline bool says(const spantls::x509::ocsp_response& it, bytes_view serial, spantls::x509::ocsp_status status,
                 std::int64_t now) {
    for (spantls::x509::der_reader row(it.singles); !row.empty();) {
        const spantls::x509::ocsp_single one = next_single(row);
        HOLDS(!row.failed() && inside(one.id.serial, it.singles) && !one.id.serial.empty());
        if (!spantls::equal_bytes(one.id.serial, serial) || one.status != status) continue;
        if (status == spantls::x509::ocsp_status::revoked) return true;
        if (one.this_update <= now && one.next_update && now <= *one.next_update) return true;
    }
    return false;
}

/// Some day from 2020 on, for 42 years; seconds since 1970.
inline std::int64_t some_day(script& in) { return 1577836800 + std::int64_t{in.u8()} * 86400 * 60; }

}  // namespace fuzz
