// Sealing and opening records under one traffic key (RFC 9846, sections 5.2, 5.3, 5.4 and 5.5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/hkdf.hpp>
#include <spantls/crypto/key_schedule.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/record/limits.hpp>

namespace spantls {
inline namespace v1 {

namespace detail {
struct measure_context {
    template <class A>
    constexpr std::size_t operator()() const noexcept {
        return sizeof(typename A::context);
    }
};
struct measure_context_alignment {
    template <class A>
    constexpr std::size_t operator()() const noexcept {
        return alignof(typename A::context);
    }
};
}  // namespace detail

/// One direction of an established connection: what its records are protected with, and what they may be. Who makes the
/// records, and meets a KeyUpdate, goes on with update_traffic_secret() and sequence number zero.
template <class P>
struct direction_state {
    traffic_secret<P> secret;  ///< application_traffic_secret_N, as long as the suite's hash (section 7.2)
    std::uint64_t sequence = 0;                ///< of the next record under its key
    std::size_t limit = max_inner_plaintext;   ///< bytes of content, content type and padding that a record may have
    bool closed = false;                       ///< there was a close_notify; then there is no secret
};

/// Key and IV of a traffic secret (section 7.3).
template <class P>
void derive_traffic_key(hash_id hash, bytes_view secret, mutable_bytes key, fixed_mutable_bytes<12> iv) noexcept {
    hmac_key<P> traffic(hash, secret);
    hkdf_expand_label(traffic, "key", {}, key);
    hkdf_expand_label(traffic, "iv", {}, iv);
    traffic.clear();
}

/// What somebody else needs to seal or open the records of one direction: kernel TLS, say. The nonce of a record is its
/// sequence number, exclusive-or'ed into the end of `iv` (section 5.3).
struct record_keys {
    secret_bytes<32> key;  ///< of which the first key_size bytes count
    std::size_t key_size = 0;
    secret_bytes<12> iv;
    std::uint64_t sequence = 0;  ///< of the next record
};

/// False when P does not have the suite, or the direction is closed.
template <class P>
bool derive_record_keys(cipher_suite suite, const direction_state<P>& from, record_keys& to) noexcept {
    const suite_info* const info = find_suite<P>(suite);
    if (info == nullptr || from.closed) return false;
    detail::visit_index(typename P::aeads{}, info->aead, [&]<class A>() {
        static_assert(A::key_size <= secret_bytes<32>::size());
        to.key_size = A::key_size;
    });
    derive_traffic_key<P>(info->hash, from.secret.first(digest_size(info->hash)), to.key.first(to.key_size),
                          to.iv.bytes());
    to.sequence = from.sequence;
    return true;
}

/// One direction's key, IV and sequence number. Wiped when replaced and when destroyed.
template <class P>
class protection {
public:
    protection() noexcept = default;
    protection(const protection&) = delete;
    protection& operator=(const protection&) = delete;
    ~protection() { clear(); }

    bool active() const noexcept { return aead_ != none; }
    std::uint64_t sequence() const noexcept { return sequence_; }

    /// Derives key and IV from a traffic secret and starts at a sequence number: zero, but for a connection that goes
    /// on.
    void install(const suite_info& suite, bytes_view secret, std::uint64_t sequence = 0) noexcept {
        if (active() && aead_ != suite.aead) clear();
        detail::visit_index(typename P::aeads{}, suite.aead, [&]<class A>() {
            std::array<std::uint8_t, A::key_size> key;
            derive_traffic_key<P>(suite.hash, secret, key, iv_);
            A::set_key(context<A>(), key);
            wipe(key);
            limit_ = A::record_limit;
            static_assert(A::tag_size == tag_size);
        });
        sequence_ = sequence;
        aead_ = suite.aead;
    }

    /// Records that may still be sealed before the key has to change (section 5.5).
    std::uint64_t records_left() const noexcept { return sequence_ < limit_ ? limit_ - sequence_ : 0; }
    /// How many this key may seal in all.
    std::uint64_t limit() const noexcept { return limit_; }
    void limit_records(std::uint64_t most) noexcept {
        if (most < limit_) limit_ = most;
    }

    /// Writes one record of text.size() + zeros + record_overhead bytes to `out`. `text` is either what stands at
    /// out + record_header_size, or does not overlap `out`.
    void seal(bytes_view text, content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        const std::size_t length = text.size() + 1 + zeros + tag_size;
        write_header(content_type::application_data, length, out);
        const auto nonce = next_nonce();
        detail::visit_index(typename P::aeads{}, aead_, [&]<class A>() {
            A::seal(context<A>(), nonce, fixed_bytes<5>(out, 5), text, type, zeros, out + record_header_size);
        });
    }

    /// Opens `record` (with its header) in place; the inner plaintext then stands behind the header. The sequence
    /// number moves on only when the record was authentic.
    bool open(mutable_bytes record) noexcept {
        const auto nonce = next_nonce();
        bool authentic = false;
        detail::visit_index(typename P::aeads{}, aead_, [&]<class A>() {
            authentic =
                A::open(context<A>(), nonce, fixed_bytes<5>(record.data(), 5), record.subspan(record_header_size));
        });
        if (!authentic) --sequence_;
        return authentic;
    }

    void clear() noexcept {
        if (active())
            detail::visit_index(typename P::aeads{}, aead_, [&]<class A>() { clear_context<A>(context<A>()); });
        wipe(storage_);
        wipe(iv_);
        aead_ = none;
    }

    static void write_header(content_type type, std::size_t length, std::uint8_t* out) noexcept {
        out[0] = static_cast<std::uint8_t>(type);
        store_u16(out + 1, 0x0303);
        store_u16(out + 3, static_cast<std::uint16_t>(length));
    }

private:
    using facts = detail::list_facts<typename P::aeads>;
    static constexpr std::uint8_t none = 0xff;

    template <class A>
    typename A::context& context() noexcept {
        return *reinterpret_cast<typename A::context*>(storage_);
    }

    /// Section 5.3.
    std::array<std::uint8_t, 12> next_nonce() noexcept {
        std::array<std::uint8_t, 12> nonce;
        store_u64(nonce.data(), load_u64(iv_.data()) ^ sequence_ >> 32);
        store_u32(nonce.data() + 8, load_u32(iv_.data() + 8) ^ static_cast<std::uint32_t>(sequence_));
        ++sequence_;
        return nonce;
    }

    alignas(facts::template largest<detail::measure_context_alignment{}>())
        std::uint8_t storage_[facts::template largest<detail::measure_context{}>()]{};
    std::uint64_t sequence_ = 0;
    std::uint64_t limit_ = 0;
    std::array<std::uint8_t, 12> iv_{};
    std::uint8_t aead_ = none;
};

}  // namespace v1
}  // namespace spantls
