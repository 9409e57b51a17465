// Whom we trust: roots, found by their names, and the ready-made answer to `verify_peer`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/distinguished_name.hpp>
#include <spantls/x509/path.hpp>
#include <spantls/x509/peer.hpp>
#include <spantls/x509/pem.hpp>
#include <spantls/x509/signature.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

/// Roots in memory of the caller's. A store that is loaded is only read: any number of connections may share it.
///
///   const auto needed = x509::trust_store::measure(pem);      // of the system's bundle, say
///   std::vector<x509::trust_store::entry> index(needed.certificates);
///   std::vector<std::uint8_t> room(needed.bytes);
///   x509::trust_store roots(index, room);
///   roots.add_pem(pem);
///   ... tls.answer(roots.judge(crypto, step.peer(), now));
class trust_store {
public:
    struct entry {
        bytes_view der;
        std::uint32_t hash = 0;  ///< of the subject
    };
    struct needs {
        std::size_t certificates = 0;
        std::size_t bytes = 0;
    };
    struct loaded {
        errc error = errc::none;  ///< too_small: the rest was not read; pem_damaged: it was, as far as it goes
        std::size_t added = 0;
        std::size_t skipped = 0;  ///< not readable, or nothing that could ever be an anchor here
    };

    /// `index`: an entry for each root; `room`: where roots out of PEM go. Both have to stay where they are.
    constexpr explicit trust_store(std::span<entry> index, mutable_bytes room = {}) noexcept
        : index_(index), room_(room) {}

    /// What a PEM text needs at most.
    static constexpr needs measure(std::string_view pem) noexcept;

    /// One root in DER, which has to stay where it is. unsupported_certificate, bad_certificate: it cannot be an
    /// anchor; too_small: the index is full. A root that is there already is not added again.
    [[nodiscard]] constexpr errc add(bytes_view der) noexcept;

    /// Every "CERTIFICATE" of a PEM text; one that cannot be an anchor is skipped, since bundles have some.
    constexpr loaded add_pem(std::string_view pem) noexcept;

    constexpr std::size_t count() const noexcept { return count_; }
    constexpr bytes_view operator[](std::size_t i) const noexcept { return index_[i].der; }

    /// For find_path.
    constexpr bytes_view candidate(bytes_view subject, std::size_t n) const noexcept;

    /// Accepts whom one of the roots vouches for, for who.purpose, at this time, and under who.server_name unless that
    /// is empty. `now` in seconds since 1970. A server takes its clients' certificates with profile::private_pki,
    /// mostly, as those who issue them do not follow the rules of the web.
    template <class V>
    verdict judge(const V& crypto, const peer& who, std::int64_t now, profile rules = profile::web_pki) const noexcept {
        return judge(crypto, who, path_options{.now = now, .profile = rules});
    }
    /// The same by other options: with CRLs, say, or with an OCSP response or none (options.revocation). Without any,
    /// the OCSP responses that the peer shows have to be good (RFC 6066, section 8).
    template <class V>
    verdict judge(const V& crypto, const peer& who, const path_options& options) const noexcept {
        return verdict_of(examine(crypto, who, options));
    }

    /// The same, with all that is known of the reason; see render.hpp.
    template <class V>
    path_result examine(const V& crypto, const peer& who, const path_options& options) const noexcept {
        return find_path(crypto, *this, who, options);
    }

    static constexpr verdict verdict_of(const path_result& found) noexcept {
        return found.good() ? verdict::accept() : verdict::refuse(errc_of(found.error));
    }

private:
    constexpr std::size_t first_with(std::uint32_t hash) const noexcept {
        std::size_t low = 0, high = count_;
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (index_[middle].hash < hash)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    std::span<entry> index_;
    mutable_bytes room_;
    std::size_t count_ = 0;
    std::size_t used_ = 0;
};

constexpr trust_store::needs trust_store::measure(std::string_view pem) noexcept {
    needs needed;
    pem_block block;
    for (pem_reader in(pem); in.next(block);) {
        if (block.label != "CERTIFICATE") continue;
        ++needed.certificates;
        needed.bytes += block.decoded_room();
    }
    return needed;
}

constexpr errc trust_store::add(bytes_view der) noexcept {
    certificate it;
    if (const errc error = parse_certificate(der, it); error != errc::none) return error;
    if (!it.is_ca || !it.allows(key_usage::key_cert_sign) || it.unknown_critical) return errc::unsupported_certificate;
    if (strength_of_key(it) != algorithm_strength::good) return errc::unsupported_certificate;
    const std::uint32_t hash = hash_of_distinguished_name(it.subject);
    std::size_t at = first_with(hash);
    for (; at < count_ && index_[at].hash == hash; ++at)
        if (equal_bytes(index_[at].der, der)) return errc::none;
    if (count_ == index_.size()) return errc::too_small;
    for (std::size_t i = count_; i > at; --i) index_[i] = index_[i - 1];
    index_[at] = {der, hash};
    ++count_;
    return errc::none;
}

constexpr trust_store::loaded trust_store::add_pem(std::string_view pem) noexcept {
    loaded done;
    pem_block block;
    pem_reader in(pem);
    while (in.next(block)) {
        if (block.label != "CERTIFICATE") continue;
        const mutable_bytes free = room_.subspan(used_);
        const auto size = decode_base64(block.body, free);
        if (!size && free.size() < block.decoded_room()) return {errc::too_small, done.added, done.skipped};
        const std::size_t before = count_;
        const errc error = size ? add(free.first(*size)) : errc::bad_certificate;
        if (error == errc::too_small) return {error, done.added, done.skipped};
        ++(error == errc::none ? done.added : done.skipped);
        if (count_ != before) used_ += *size;
    }
    if (in.damaged()) done.error = errc::pem_damaged;
    return done;
}

constexpr bytes_view trust_store::candidate(bytes_view subject, std::size_t n) const noexcept {
    const std::uint32_t hash = hash_of_distinguished_name(subject);
    for (std::size_t at = first_with(hash); at < count_ && index_[at].hash == hash; ++at)
        if (n-- == 0) return index_[at].der;
    return {};
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
