// What the targets of certificates have in common.
#pragma once

#include <cstddef>
#include <cstdint>

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

/// Some day from 2020 on, for 42 years; seconds since 1970.
inline std::int64_t some_day(script& in) { return 1577836800 + std::int64_t{in.u8()} * 86400 * 60; }

}  // namespace fuzz
