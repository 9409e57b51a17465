// What a connection with null cryptography has sent, read as its peer would: whole records, their content, whole
// handshake messages, alerts, and application data that counts up from zero.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <spantls/base/error.hpp>
#include <spantls/record/info.hpp>
#include <spantls/record/limits.hpp>

#include "codec.hpp"
#include "target.hpp"

namespace fuzz {

using buffer = std::vector<std::uint8_t>;

/// Application data as it is from this place of the stream on.
FUZZ_QUIET inline void fill_pattern(mutable_bytes text, std::size_t at) {
    for (std::uint8_t& byte : text) byte = static_cast<std::uint8_t>(at * 7 + (at >> 8)), ++at;
}

class sent_stream {
public:
    explicit sent_stream(bool by_server, std::size_t record_size) : by_server_(by_server), record_size_(record_size) {}

    /// Takes what one call has written. `last` is what last_sent() says after it.
    void take(bytes_view records, bool connected, const spantls::record_info& last) {
        while (!records.empty()) {
            HOLDS(!over());  // nothing comes behind close_notify or a fatal alert
            HOLDS(records.size() >= spantls::record_header_size);
            const std::size_t size = spantls::record_header_size + spantls::load_u16(records.data() + 3);
            HOLDS(size <= records.size() && size <= spantls::max_record);
            const bytes_view record = records.first(size);
            records = records.subspan(size);
            const spantls::record_info info = read(record, connected);
            if (!records.empty()) continue;
            HOLDS(info.type == last.type && info.encrypted == last.encrypted && info.wire_size == last.wire_size &&
                  info.content_size == last.content_size);
        }
    }

    bool over() const { return !alerts.empty() && alerts.back() != spantls::alert_description::user_canceled; }

    std::vector<spantls::alert_description> alerts;
    std::size_t data = 0;        ///< bytes of application data
    bool answers_early = false;  ///< a server that has taken early data may answer it before it is connected
    std::size_t early = 0;       ///< bytes of early data, which count up by themselves
    buffer hello;                ///< the body of the last ClientHello or ServerHello
    std::size_t key_updates = 0, tickets = 0, finished = 0;
    std::size_t shortest = SIZE_MAX, longest = 0;  ///< protected records, on the wire

private:
    spantls::record_info read(bytes_view record, bool connected) {
        using namespace spantls;
        record_info info{static_cast<content_type>(record[0]), false, static_cast<std::uint16_t>(record.size()), 0, 0};
        bytes_view content = record.subspan(record_header_size);
        HOLDS(record[1] == 3 && (record[2] == 3 || record[2] == 1));
        if (info.type == content_type::application_data) {
            info.encrypted = true;
            HOLDS(content.size() > tag_size);
            content = content.first(content.size() - tag_size);
            shortest = std::min(shortest, record.size());
            longest = std::max(longest, record.size());
            while (content.size() > 1 && content.back() == 0) content = content.first(content.size() - 1);
            info.type = static_cast<content_type>(content.back());
            content = content.first(content.size() - 1);
        }
        info.content_size = static_cast<std::uint16_t>(content.size());
        HOLDS(!content.empty() && content.size() <= max_fragment);
        HOLDS(info.encrypted || !connected || info.type == content_type::change_cipher_spec);
        switch (info.type) {
            case content_type::change_cipher_spec:
                HOLDS(!info.encrypted && content.size() == 1 && content[0] == 1);
                break;
            case content_type::alert: read_alert(content); break;
            case content_type::handshake:
                HOLDS(content.size() <= record_size_ || content.size() == key_update_size);
                messages_.insert(messages_.end(), content.begin(), content.end());
                read_messages();
                break;
            default:
                HOLDS(info.type == content_type::application_data && info.encrypted && messages_.empty());
                // A server's answer to early data leaves before the client's Finished, and is no early data.
                HOLDS(content.size() <= record_size_ && (connected || !by_server_ || answers_early));
                expected_.resize(content.size());
                fill_pattern(expected_, connected || by_server_ ? data : early);
                HOLDS(same_bytes(content, expected_));
                (connected || by_server_ ? data : early) += content.size();
        }
        return info;
    }

    void read_alert(bytes_view content) {
        using spantls::alert_description;
        HOLDS(content.size() == 2 && messages_.empty());
        const auto description = static_cast<alert_description>(content[1]);
        const bool closure =
            description == alert_description::close_notify || description == alert_description::user_canceled;
        HOLDS(content[0] == (closure ? 1 : 2));
        if (!alerts.empty()) HOLDS(description == alert_description::close_notify);
        alerts.push_back(description);
    }

    void read_messages() {
        using namespace spantls;
        while (message_size(messages_) != 0 && message_size(messages_) <= messages_.size()) {
            const handshake_message message = first_message(messages_);
            HOLDS(check_message(message.type, message.body, by_server_));
            if (message.type == handshake_type::client_hello || message.type == handshake_type::server_hello)
                hello.assign(message.body.begin(), message.body.end());
            if (message.type == handshake_type::key_update) ++key_updates;
            if (message.type == handshake_type::new_session_ticket) ++tickets;
            if (message.type == handshake_type::finished) HOLDS(++finished == 1);
            messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(message.whole.size()));
        }
    }

    bool by_server_;
    std::size_t record_size_;
    buffer messages_, expected_;
};

}  // namespace fuzz
