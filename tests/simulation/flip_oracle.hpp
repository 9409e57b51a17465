// What has to be said about each flipped byte of a conversation, told from the bytes and from RFC 9846 alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <spantls/base/error.hpp>
#include <spantls/record/limits.hpp>
#include <spantls/wire/registry.hpp>

#include "simulation/hello_fields.hpp"
#include "support/pair.hpp"

namespace test {

enum class part { type, version, length, body };

/// One byte of one direction of a conversation in which a client with one share, or none (retry), and one server talk.
class flipped_stream {
public:
    flipped_stream(const buffer& stream, bool to_server, bool retry)
        : stream_(stream), records_(records_in(stream)), to_server_(to_server), retry_(retry) {
        std::size_t start = 0;
        for (const buffer& record : records_) {
            starts_.insert(starts_.end(), record.size(), start);
            start += record.size();
            hellos_.push_back(record[0] == handshake ? std::optional<hello_fields>(body(record)) : std::nullopt);
        }
    }

    std::size_t size() const { return stream_.size(); }
    part part_of(std::size_t at) const {
        const std::size_t offset = at - starts_[at];
        return offset == 0 ? part::type : offset < 3 ? part::version : offset < 5 ? part::length : part::body;
    }
    /// The type in the header of the byte's record.
    std::uint8_t outer(std::size_t at) const { return stream_[starts_[at]]; }

    /// The name of the byte's field, where it stands in a hello.
    std::string field(std::size_t at) const {
        return outer(at) == handshake && part_of(at) == part::body ? (*hellos_[index(at)])[at - starts_[at] - 5] : "";
    }

    /// Both ends read all of it, and only the keys tell that it is not the same: each of them says bad_record_mac.
    bool only_keys_differ(std::size_t at, std::uint8_t mask) const {
        return outer(at) == handshake && right(at, mask, stream_) == spantls::errc::bad_record_mac;
    }

    /// What the reader of `seen`, the stream with `mask` at `at`, has to say. peer_alert: the other end is the first to
    /// notice.
    spantls::errc right(std::size_t at, std::uint8_t mask, const buffer& seen) const {
        using spantls::errc;
        const auto value = static_cast<std::uint8_t>(stream_[at] ^ mask);
        switch (part_of(at)) {
            case part::type: return of_type(at, value);
            // Section 5.1: to be ignored in the clear; section 5.2: authenticated otherwise.
            case part::version: return outer(at) == application_data ? errc::bad_record_mac : errc::none;
            case part::length: return of_length(at, value, seen);
            case part::body: break;
        }
        if (outer(at) == change_cipher_spec) return errc::bad_change_cipher_spec;
        if (outer(at) == application_data) return errc::bad_record_mac;
        if (field(at) == "message length") return of_message_length(at, value, seen);
        return to_server_ ? of_client_hello(at, value) : of_server_hello(at, value);
    }

private:
    static constexpr std::uint8_t change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23;

    static buffer body(const buffer& record) { return {record.begin() + 5, record.end()}; }
    static bool ends_with(const std::string& name, std::string_view end) {
        return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
    }

    /// Where the byte's record stands among all.
    std::size_t index(std::size_t at) const {
        std::size_t i = 0;
        for (std::size_t start = 0; start < starts_[at]; ++i) start += records_[i].size();
        return i;
    }
    bool first_record(std::size_t at) const { return starts_[at] == 0; }
    bool first_protected(std::size_t at) const {
        return outer(at) == application_data && records_[index(at) - 1][0] != application_data;
    }

    spantls::errc of_type(std::size_t at, std::uint8_t type) const {
        using enum spantls::errc;
        // Section 5: any time after the first ClientHello, and nothing but the byte 1.
        if (type == change_cipher_spec)
            return to_server_ && first_record(at) ? unexpected_record_type : bad_change_cipher_spec;
        // An end that could not follow says so in the clear, and so before anything was protected.
        if (type == alert && (outer(at) != application_data || first_protected(at))) return bad_alert;
        // Before there are keys the 1 of a change_cipher_spec is a ClientHello, or the beginning of a long one.
        if (type == handshake && outer(at) == change_cipher_spec && retry_)
            return to_server_ ? message_too_long : unexpected_message;
        return unexpected_record_type;
    }

    spantls::errc of_length(std::size_t at, std::uint8_t value, const buffer& seen) const {
        using enum spantls::errc;
        const std::size_t start = starts_[at], header = start + 5;
        buffer changed(stream_.begin() + static_cast<std::ptrdiff_t>(start),
                       stream_.begin() + static_cast<std::ptrdiff_t>(header));
        changed[at - start] = value;
        const std::size_t now = spantls::load_u16(changed.data() + 3), before = records_[index(at)].size() - 5;
        // Sections 5.1 and 5.2.
        if (now > (outer(at) == application_data ? 16384u + 256u : 16384u)) return record_overflow;
        if (seen.size() < header + now) return truncated;
        if (outer(at) == application_data) return bad_record_mac;
        if (outer(at) == change_cipher_spec) return bad_change_cipher_spec;
        // Section 5.1: a hello that is followed by something in its record does not stand before a key change.
        if (now > before) return key_change_unaligned;
        // The rest of the hello is where a header is looked for.
        if (seen.size() < header + now + 5) return truncated;
        const std::uint8_t next = seen[header + now];
        if (next >= change_cipher_spec && next <= handshake) throw std::logic_error("a cut that looks right");
        return unexpected_record_type;
    }

    spantls::errc of_message_length(std::size_t at, std::uint8_t value, const buffer& seen) const {
        using enum spantls::errc;
        const std::size_t i = index(at);
        buffer changed = body(records_[i]);
        changed[at - starts_[at] - 5] = value;
        const std::size_t now = std::size_t{changed[1]} << 16 | spantls::load_u16(changed.data() + 2);
        if (now > spantls::max_handshake_message) return message_too_long;
        if (now < changed.size() - 4) return key_change_unaligned;
        // The rest of it is waited for, in the clear.
        for (const buffer& record : records_in(spantls::bytes_view(seen).subspan(starts_[at] + records_[i].size())))
            if (record[0] != change_cipher_spec) return unexpected_record_type;
        return truncated;
    }

    spantls::errc of_client_hello(std::size_t at, std::uint8_t value) const {
        using enum spantls::errc;
        const std::string name = field(at);
        const bool first = retry_ && first_record(at), second = retry_ && !first_record(at);
        // Section 4.2.2: it is the same again, but for key_share, cookie, early_data, pre_shared_key and padding.
        const auto unnoticed = retry_ ? hello_changed : bad_record_mac;
        if (name == "msg_type") return unexpected_message;
        if (name == "legacy_version") return legacy_version;
        if (name == "legacy_compression_methods") return bad_compression;
        if (ends_with(name, "length")) return decode_error;
        if (name == "legacy_session_id") return second ? hello_changed : peer_alert;
        if (name == "cipher_suites") return hellos_[index(at)]->count(name) == 2 ? no_common_suite : unnoticed;
        if (ends_with(name, " type")) return of_extension_type(at, value, unnoticed);
        if (name == "supported_versions") return version_not_supported;
        // A retry is decided upon before anything else is chosen.
        if (name == "supported_groups") return first ? no_common_group : bad_key_shares;
        // The server can sign with one of them only.
        if (name == "signature_algorithms")
            return retry_ ? hello_changed : scheme_at(at) == 0x0807 ? no_common_scheme : unnoticed;
        if (name == "alpn name") return no_common_protocol;
        if (name == "key_share group") return bad_key_shares;
        if (name == "key_share key_exchange") return bad_record_mac;
        if (name == "random" || name == "server_name host_name" || name == "server_name name_type" ||
            name == "psk_key_exchange_modes")
            return unnoticed;
        throw std::logic_error("no right answer is known for " + name);
    }

    /// The scheme that a byte of signature_algorithms belongs to.
    unsigned scheme_at(std::size_t at) const {
        std::size_t begin = at;
        while (field(begin - 1) == field(at)) --begin;
        const std::size_t first = at - (at - begin) % 2;
        return unsigned{stream_[first]} << 8 | stream_[first + 1];
    }

    spantls::errc of_extension_type(std::size_t at, std::uint8_t value, spantls::errc unnoticed) const {
        using enum spantls::errc;
        const std::string name = field(at);
        const bool high = field(at + 1) == name;  // the first of its two bytes
        const bool known = !high && stream_[at - 1] == 0;
        // The other extensions that the client sends, and pre_shared_key, which has to be the last one.
        constexpr std::uint8_t sent[] = {0, 10, 13, 16, 43, 45, 51}, pre_shared_key = 41;
        if (known && std::find(std::begin(sent), std::end(sent), value) != std::end(sent)) return duplicate_extension;
        if (name == "supported_versions type") return version_not_supported;
        if (known && value == pre_shared_key) return psk_not_last;
        if (name == "key_share type" || name == "supported_groups type" || name == "signature_algorithms type")
            return missing_extension;
        // What is as long as no max_fragment_length is (RFC 6066, section 4).
        constexpr std::uint8_t max_fragment_length = 1;
        if (known && value == max_fragment_length) return decode_error;
        // The first byte of a list of names is no length of a list of certificate types (RFC 7250, section 3).
        constexpr std::uint8_t server_certificate_type = 20;
        if (known && value == server_certificate_type) return decode_error;
        return unnoticed;
    }

    spantls::errc of_server_hello(std::size_t at, std::uint8_t value) const {
        using enum spantls::errc;
        const std::string name = field(at);
        const bool asks_again = retry_ && first_record(at);
        if (name == "msg_type") return unexpected_message;
        if (name == "legacy_version") return legacy_version;
        // Without its Random it is a ServerHello whose share is a bare group.
        if (name == "random") return asks_again ? decode_error : bad_record_mac;
        if (name == "legacy_session_id") return bad_session_id;
        if (name == "cipher_suite") return suite_not_offered;
        if (name == "legacy_compression_method") return bad_compression;
        if (ends_with(name, "length")) return decode_error;
        // Section 4.3.1: looked at before all the rest; section 4.2.4: behind a retry it does not change.
        if (name == "supported_versions type")
            return retry_ && !asks_again ? version_not_offered : version_not_supported;
        if (name == "supported_versions selected") return version_not_offered;
        // Section 4.3: signature_algorithms_cert, 50, is known and not for a ServerHello.
        if (name == "key_share type") return value == 50 ? misplaced_extension : unsolicited_extension;
        if (name == "key_share group") return retry_ && !asks_again ? group_changed : group_not_offered;
        if (name == "key_share key_exchange") return bad_record_mac;
        throw std::logic_error("no right answer is known for " + name);
    }

    const buffer& stream_;
    std::vector<buffer> records_;
    std::vector<std::size_t> starts_;  ///< of the record, for each byte
    std::vector<std::optional<hello_fields>> hellos_;
    bool to_server_, retry_;
};

}  // namespace test
