// The pre-shared keys that a client offers, and the binders that prove them (RFC 9846, section 4.3.11).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/crypto/key_schedule.hpp>
#include <spantls/crypto/transcript.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/pre_shared_key.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

/// The binder of a key for the hash of what it covers (section 4.3.11.2).
template <class P>
digest psk_binder(hash_id hash, psk_kind kind, const traffic_secret<P>& early_secret,
                  bytes_view transcript_hash) noexcept {
    traffic_secret<P> base;
    early_stage<P>(hash, early_secret).binder_key(kind, base);
    return finished_mac<P>(hash, base.first(digest_size(hash)), transcript_hash);
}

/// errc::config_bad_psk when one of the keys cannot be offered by anybody.
constexpr errc check(std::span<const psk> keys) noexcept {
    for (const psk& key : keys)
        if (key.identity.empty() || key.identity.size() > 0xffff || key.key.empty() || key.key.size() > 255)
            return errc::config_bad_psk;
    return errc::none;
}

/// The keys of a list that can be offered: those of the hashes in question.
class offered_keys {
public:
    offered_keys() noexcept = default;
    /// `ticket` comes before the others.
    offered_keys(const std::optional<psk>& ticket, std::span<const psk> keys) noexcept : ticket_(ticket), keys_(keys) {}

    void allow(hash_id hash) noexcept { hashes_ = static_cast<std::uint8_t>(hashes_ | bit(hash)); }
    /// Section 4.2.4: after a retry, of the hash of its suite only.
    void allow_only(hash_id hash) noexcept { hashes_ = static_cast<std::uint8_t>(hashes_ & bit(hash)); }

    /// The key at `index` among those that are offered; null when there are not so many.
    const psk* at(std::size_t index) const noexcept {
        const psk* found = nullptr;
        visit([&](const psk& key) {
            if (index-- == 0) found = &key;
        });
        return found;
    }
    bool empty() const noexcept { return at(0) == nullptr; }

    /// Bytes of the whole extension; 0 when there is none.
    std::size_t extension_size() const noexcept {
        std::size_t size = 0;
        visit([&](const psk& key) { size += 2 + key.identity.size() + 4 + 1 + digest_size(key.hash); });
        return size == 0 ? 0 : size + 4 + 2 + 2;
    }

    /// extension_data, with zeros for binders.
    void write(writer& to) const noexcept {
        {
            length_prefix list(to, 2);
            visit([&](const psk& key) {
                to.opaque(key.identity, 2);
                to.u32(key.obfuscated_age);
            });
        }
        length_prefix list(to, 2);
        visit([&](const psk& key) { to.opaque(bytes_view(zeros).first(digest_size(key.hash)), 1); });
    }

    /// Puts the binders into a ClientHello that ends with what write() wrote. `before` is the transcript up to it, in a
    /// handshake with a retry.
    template <class P>
    void bind(mutable_bytes hello, const transcript<P>* before) const noexcept {
        std::size_t size = 2;
        visit([&](const psk& key) { size += 1 + digest_size(key.hash); });
        const bytes_view covered = hello.first(hello.size() - size);
        mutable_bytes place = hello.subspan(covered.size() + 2);
        visit([&](const psk& key) {
            traffic_secret<P> early_secret;
            extract_early_secret<P>(key.hash, key.key, early_secret);
            const digest hash = transcript_hash<P>(key.hash, before, covered);
            copy_bytes(psk_binder<P>(key.hash, key.kind, early_secret, hash.view()).view(), place.subspan(1));
            place = place.subspan(1 + digest_size(key.hash));
        });
    }

    /// The hash of a ClientHello, or of its beginning, behind what was before it.
    template <class P>
    static digest transcript_hash(hash_id hash, const transcript<P>* before, bytes_view hello) noexcept {
        transcript<P> messages = before != nullptr ? *before : transcript<P>(hash);
        messages.add(hello);
        return messages.current();
    }

private:
    static constexpr std::array<std::uint8_t, max_digest_size> zeros{};
    static constexpr std::uint8_t bit(hash_id hash) noexcept {
        return static_cast<std::uint8_t>(1u << static_cast<unsigned>(hash));
    }
    /// Calls use(key) for each key that is offered, in order.
    template <class Use>
    void visit(Use use) const noexcept {
        if (ticket_ && (hashes_ & bit(ticket_->hash)) != 0) use(*ticket_);
        for (const psk& key : keys_)
            if ((hashes_ & bit(key.hash)) != 0) use(key);
    }

    std::optional<psk> ticket_;
    std::span<const psk> keys_;
    std::uint8_t hashes_ = 0;
};

/// What ServerHello says: one of the identities that were offered, and a suite of its hash (section 4.3.11). `key` stays
/// null without a PSK.
[[nodiscard]] inline errc accept_psk(const offered_keys& offered, const extension_set& extensions, hash_id chosen,
                                     const psk*& key) noexcept {
    if (!extensions.has(extension_type::pre_shared_key)) return errc::none;
    selected_psk selected{};
    if (!decode(extensions[extension_type::pre_shared_key], selected)) return errc::decode_error;
    key = offered.at(selected.index);
    if (key == nullptr) return errc::psk_not_offered;
    return chosen == key->hash ? errc::none : errc::psk_wrong_hash;
}

/// Whether `binder` belongs to the key that was found, for what it covers: a ClientHello up to the binders.
template <class P>
bool proves(bytes_view covered, bytes_view binder, const psk_choice& choice, const traffic_secret<P>& early_secret,
            const transcript<P>* before) noexcept {
    const digest hash = offered_keys::transcript_hash<P>(choice.hash, before, covered);
    return constant_time_equal(psk_binder<P>(choice.hash, choice.kind, early_secret, hash.view()).view(), binder);
}

}  // namespace v1
}  // namespace spantls
