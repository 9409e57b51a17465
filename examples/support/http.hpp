// HTTP/1.1 messages and URLs, as http-parser reads them (Debian: libhttp-parser-dev).
#pragma once

#include <http_parser.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace examples {

/// Reads messages one after the other, from pieces of any size. The parser bounds a head, and what stands between
/// messages or behind the last chunk, to 80 KiB; how long a body may be is up to its user.
class http_reader {
public:
    /// `to_body` is called with each piece of a body.
    explicit http_reader(http_parser_type kind, std::function<void(std::string_view)> to_body = {})
        : kind_(kind), to_body_(std::move(to_body)) {
        next();
    }
    http_reader(const http_reader&) = delete;
    http_reader& operator=(const http_reader&) = delete;

    /// How many bytes were taken: all, unless a message has ended with them or they are not HTTP.
    std::size_t read(std::string_view bytes) {
        if (complete_ || failed()) return 0;
        begun_ = begun_ || !bytes.empty();
        return http_parser_execute(&parser_, &settings(), bytes.data(), bytes.size());
    }
    /// The stream has ended in order: true when that is the end of a message, too.
    bool end() {
        if (!complete_ && !failed() && begun_) http_parser_execute(&parser_, &settings(), nullptr, 0);
        return complete_;
    }
    /// Forgets this message; the next one may follow.
    void next() {
        http_parser_init(&parser_, kind_);
        parser_.data = this;
        target_.clear();
        reason_.clear();
        headers_.clear();
        in_value_ = begun_ = complete_ = keeps_alive_ = false;
    }

    bool begun() const { return begun_; }
    bool complete() const { return complete_; }
    bool failed() const { return HTTP_PARSER_ERRNO(&parser_) != HPE_OK && HTTP_PARSER_ERRNO(&parser_) != HPE_PAUSED; }
    std::string why_failed() const { return http_errno_description(HTTP_PARSER_ERRNO(&parser_)); }

    // Of a message that is complete

    std::string_view method() const { return http_method_str(static_cast<http_method>(parser_.method)); }
    const std::string& target() const { return target_; }
    unsigned status() const { return parser_.status_code; }
    const std::string& reason() const { return reason_; }
    /// Names are in lower case, in the order in which they came; trailers follow.
    const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
    bool has(std::string_view name) const {
        for (const auto& [known, value] : headers_)
            if (known == name) return true;
        return false;
    }
    bool is_http_1_1() const { return parser_.http_major == 1 && parser_.http_minor >= 1; }
    /// Another message may follow.
    bool keeps_alive() const { return keeps_alive_; }
    /// Who has sent it would like to speak another protocol, and may think that it does so already.
    bool upgrades() const { return parser_.upgrade != 0; }

private:
    static http_reader& of(http_parser* parser) { return *static_cast<http_reader*>(parser->data); }

    static const http_parser_settings& settings() {
        static const http_parser_settings all = [] {
            http_parser_settings to;
            http_parser_settings_init(&to);
            to.on_url = [](http_parser* parser, const char* at, std::size_t size) {
                of(parser).target_.append(at, size);
                return 0;
            };
            to.on_status = [](http_parser* parser, const char* at, std::size_t size) {
                of(parser).reason_.append(at, size);
                return 0;
            };
            to.on_header_field = [](http_parser* parser, const char* at, std::size_t size) {
                of(parser).on_name({at, size});
                return 0;
            };
            to.on_header_value = [](http_parser* parser, const char* at, std::size_t size) {
                of(parser).headers_.back().second.append(at, size);
                of(parser).in_value_ = true;
                return 0;
            };
            to.on_body = [](http_parser* parser, const char* at, std::size_t size) {
                if (of(parser).to_body_) of(parser).to_body_({at, size});
                return 0;
            };
            to.on_message_complete = [](http_parser* parser) {
                of(parser).on_complete();
                return 0;
            };
            return to;
        }();
        return all;
    }
    void on_name(std::string_view part) {
        if (headers_.empty() || in_value_) headers_.emplace_back();
        in_value_ = false;
        for (const char c : part) headers_.back().first += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    void on_complete() {
        // RFC 9110, section 15.2: the answer itself follows.
        if (kind_ == HTTP_RESPONSE && parser_.status_code / 100 == 1 && parser_.status_code != 101) {
            headers_.clear();
            reason_.clear();
            in_value_ = false;
            return;
        }
        complete_ = true;
        keeps_alive_ = http_should_keep_alive(&parser_) != 0;
        http_parser_pause(&parser_, 1);
    }

    http_parser_type kind_;
    std::function<void(std::string_view)> to_body_;
    http_parser parser_{};
    std::string target_, reason_;
    std::vector<std::pair<std::string, std::string>> headers_;
    bool in_value_ = false, begun_ = false, complete_ = false, keeps_alive_ = false;
};

/// What stands in an https URL.
struct https_url {
    std::string host;  ///< without brackets
    std::string port;
    std::string authority;  ///< as it goes into Host
    std::string target;     ///< path and query; the fragment is nobody's business
};

inline std::optional<https_url> read_url(std::string_view text) {
    http_parser_url parts;
    http_parser_url_init(&parts);
    const auto part = [&](http_parser_url_fields which) {
        if ((parts.field_set >> which & 1) == 0) return std::string_view();
        return text.substr(parts.field_data[which].off, parts.field_data[which].len);
    };
    if (http_parser_parse_url(text.data(), text.size(), 0, &parts) != 0) return std::nullopt;
    if (part(UF_SCHEMA) != "https" || part(UF_HOST).empty() || !part(UF_USERINFO).empty()) return std::nullopt;
    https_url found;
    found.host = part(UF_HOST);
    found.port = part(UF_PORT).empty() ? "443" : part(UF_PORT);
    const bool is_ipv6 = found.host.find(':') != found.host.npos;
    found.authority = is_ipv6 ? "[" + found.host + "]" : found.host;
    if (found.port != "443") found.authority += ":" + found.port;
    found.target = part(UF_PATH).empty() ? "/" : part(UF_PATH);
    if (!part(UF_QUERY).empty()) found.target.append("?").append(part(UF_QUERY));
    return found;
}

}  // namespace examples
