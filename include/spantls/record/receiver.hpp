// The reading half at the level of records (RFC 9846, sections 4.3.10, 5, 5.1, 5.2 and 5.4, appendix E.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/record/info.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/record/protection.hpp>

namespace spantls {
inline namespace v1 {

/// Says that no handshake message has begun and not ended: a key may change (section 5.1).
class aligned_proof {
public:
    /// `left_over`: what has arrived behind the last whole message.
    static std::optional<aligned_proof> of(bytes_view left_over) noexcept {
        if (!left_over.empty()) return std::nullopt;
        return aligned_proof();
    }

private:
    aligned_proof() noexcept = default;
};

/// One record, or why there is none yet.
struct incoming_record {
    std::size_t missing = 0;  ///< more input bytes needed; then nothing else counts
    errc error = errc::none;
    std::size_t size = 0;  ///< of the whole record on the wire
    content_type type = content_type::invalid;
    mutable_bytes content;
    bool dropped = false;  ///< it means nothing: a change_cipher_spec, or early data that was rejected
};

template <class P>
class receiver {
public:
    receiver() noexcept = default;

    bool encrypted() const noexcept { return protection_.active(); }
    const record_info& last() const noexcept { return last_; }
    record_info& last() noexcept { return last_; }
    /// What the keys in use come from.
    const traffic_secret<P>& secret() const noexcept { return secret_; }

    /// Whether a change_cipher_spec may come now (section 5: after the first ClientHello, before the peer's Finished).
    void allow_change_cipher_spec(bool allowed) noexcept { allow_ccs_ = allowed; }

    /// Bytes of early data in records that cannot be opened, and are dropped (section 4.3.10).
    void skip_early_data(std::size_t most) noexcept { skip_ = static_cast<std::uint16_t>(most); }

    /// What was agreed on: no protected record with more than `inner` bytes of content, content type and padding.
    void limit_protected(std::size_t inner) noexcept {
        most_ = static_cast<std::uint16_t>(inner - 1);
        longest_ = static_cast<std::uint16_t>(inner + tag_size);
    }

    /// New keys: the records from here on are protected with them.
    void change_keys(aligned_proof, const suite_info& suite, bytes_view secret) noexcept {
        protection_.install(suite, secret);
        copy_bytes(secret, secret_.first(secret.size()));
    }

    /// The next generation of the same keys (section 7.2).
    void update_keys(aligned_proof proof, const suite_info& suite) noexcept {
        update_traffic_secret<P>(suite.hash, secret_);
        secret_bytes<secret_size<P>> next;
        copy_bytes(secret_.bytes(), next.bytes());
        change_keys(proof, suite, next.first(digest_size(suite.hash)));
    }

    /// Gives the keys away, and forgets them; whether the peer has closed, the caller knows.
    void export_to(direction_state<P>& to) noexcept {
        to.sequence = protection_.sequence();
        to.limit = std::size_t{most_} + 1;
        to.secret = static_cast<traffic_secret<P>&&>(secret_);
        clear();
    }
    /// Goes on with them.
    void import_from(direction_state<P>& from, const suite_info& suite) noexcept {
        limit_protected(from.limit);
        if (from.closed) return;
        protection_.install(suite, from.secret.first(digest_size(suite.hash)), from.sequence);
        secret_ = static_cast<traffic_secret<P>&&>(from.secret);
    }

    /// Whether a record is held.
    bool holds() const noexcept { return held_ != 0; }
    /// Keeps an opened record at the front of the input, as it is now: open() returns it again until it is released.
    void hold(const incoming_record& record) noexcept { held_ = static_cast<std::uint16_t>(record.size); }
    void release() noexcept { held_ = 0; }

    /// Opens the record at the front of `input`, in place.
    incoming_record open(mutable_bytes input) noexcept {
        return held_ != 0 ? open_held(input) : open_next(input);
    }

    void clear() noexcept {
        protection_.clear();
        secret_.clear();
    }

private:
    incoming_record open_next(mutable_bytes input) noexcept {
        incoming_record record;
        if (input.size() < record_header_size) {
            record.missing = record_header_size - input.size();
            return record;
        }
        const auto outer = static_cast<content_type>(input[0]);
        const std::size_t length = load_u16(input.data() + 3);
        record.error = check_header(outer, length);
        if (record.error != errc::none) return record;
        record.size = record_header_size + length;
        if (input.size() < record.size) {
            record.missing = record.size - input.size();
            return record;
        }
        const mutable_bytes whole = input.first(record.size);
        last_ = {};
        last_.wire_size = static_cast<std::uint16_t>(record.size);
        if (outer == content_type::application_data) {
            open_protected(whole, record);
        } else {
            record.type = outer;
            record.content = whole.subspan(record_header_size);
            record.error = check_plaintext(record);
        }
        last_.type = record.type;
        last_.content_size = static_cast<std::uint16_t>(record.content.size());
        if (record.error == errc::none) record.error = check_content(record);
        return record;
    }

    incoming_record open_held(mutable_bytes input) const noexcept {
        incoming_record record;
        record.size = held_;
        if (input.size() < held_) {
            record.missing = held_ - input.size();
        } else {
            record.type = last_.type;
            record.content = input.subspan(record_header_size, last_.content_size);
        }
        return record;
    }

    /// What can be told before the rest has arrived.
    errc check_header(content_type outer, std::size_t length) const noexcept {
        const bool known = outer == content_type::application_data || outer == content_type::handshake ||
                           outer == content_type::alert || outer == content_type::change_cipher_spec;
        if (!known) return errc::unexpected_record_type;
        if (outer == content_type::application_data) {
            // What is skipped was sent by somebody who did not know of our limit yet.
            if (length > longest_ && (skip_ == 0 || length > max_encrypted_record)) return errc::record_overflow;
            if (encrypted() || skip_ > 0) return errc::none;
            return errc::unexpected_record_type;
        }
        return length > max_fragment ? errc::record_overflow : errc::none;
    }

    errc check_plaintext(incoming_record& record) noexcept {
        if (record.type == content_type::change_cipher_spec) {
            if (!allow_ccs_) return errc::unexpected_record_type;
            if (record.content.size() != 1 || record.content[0] != 1) return errc::bad_change_cipher_spec;
            record.dropped = true;
            return ++ccs_seen_ > max_change_cipher_specs ? errc::too_many_change_cipher_specs : errc::none;
        }
        if (!encrypted()) return errc::none;
        // A peer that failed before it had our keys can only say so in the clear; nothing else may come so.
        const bool early_alert = record.type == content_type::alert && allow_ccs_ && protection_.sequence() == 0;
        return early_alert ? errc::none : errc::unexpected_record_type;
    }

    void open_protected(mutable_bytes whole, incoming_record& record) noexcept {
        if (!encrypted()) return skip(record, errc::unexpected_record_type);
        last_.encrypted = true;
        if (whole.size() < record_header_size + tag_size) return skip(record, errc::bad_record_mac);
        if (!protection_.open(whole)) return skip(record, errc::bad_record_mac);
        skip_ = 0;
        // Section 5.4: the content type is the last byte that is not zero.
        std::size_t end = whole.size() - tag_size;
        while (end > record_header_size && whole[end - 1] == 0) --end;
        if (whole.size() > record_overhead + most_) {
            record.error = errc::record_overflow;
        } else if (end == record_header_size) {
            record.error = errc::no_content_type;
        } else {
            record.type = static_cast<content_type>(whole[end - 1]);
            record.content = whole.subspan(record_header_size, end - 1 - record_header_size);
        }
    }

    /// A record that might be early data which was rejected.
    void skip(incoming_record& record, errc otherwise) noexcept {
        // What a client may send is counted without content type and tag; but no record counts for nothing.
        const std::size_t content = record.size > record_overhead ? record.size - record_overhead : 1;
        if (protection_.sequence() != 0 || record.size == record_header_size || content > skip_) {
            record.error = otherwise;
            return;
        }
        skip_ = static_cast<std::uint16_t>(skip_ - content);
        record.dropped = true;
    }

    errc check_content(const incoming_record& record) noexcept {
        if (record.dropped) return errc::none;
        // Section 5: change_cipher_spec is never protected, and there are no other types.
        if (record.type != content_type::application_data && record.type != content_type::handshake &&
            record.type != content_type::alert)
            return errc::unexpected_record_type;
        if (!record.content.empty()) {
            empty_ = 0;
            return errc::none;
        }
        // Section 5.4: only application data may be empty.
        if (record.type != content_type::application_data) return errc::empty_fragment;
        return ++empty_ > max_empty_records ? errc::too_many_empty_records : errc::none;
    }

    protection<P> protection_;
    traffic_secret<P> secret_;
    record_info last_;
    std::uint16_t longest_ = max_encrypted_record;  // the longest TLSCiphertext.length
    std::uint16_t most_ = max_fragment;             // of content and padding
    std::uint16_t skip_ = 0;
    std::uint16_t held_ = 0;  // size of the record that is held
    std::uint8_t empty_ = 0;
    std::uint8_t ccs_seen_ = 0;
    bool allow_ccs_ = false;
};

}  // namespace v1
}  // namespace spantls
