// What a web server says besides files: heads of answers, errors, and a page about the connection itself.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include <spantls/base/bytes.hpp>

namespace examples {

inline std::string_view reason_of(unsigned status) {
    switch (status) {
        case 200: return "OK";
        case 301: return "Moved Permanently";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 413: return "Content Too Large";
        default: return "Internal Server Error";
    }
}

/// RFC 9110, section 5.6.7.
inline std::string http_date(std::time_t now) {
    std::tm parts{};
    char text[64];
    ::gmtime_r(&now, &parts);
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

/// Somebody else's text in HTML.
inline std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           std::string_view("-_.:/ ").find(c) != std::string_view::npos;
        if (plain)
            safe += c;
        else
            safe.append("&#").append(std::to_string(static_cast<unsigned char>(c))).append(";");
    }
    return safe;
}

struct fact {
    std::string_view id;  ///< of the element, for who looks for it
    std::string_view name;
    std::string value;
};

/// A page that says so much about a connection.
template <class Facts>
std::string page_of(const Facts& facts) {
    std::string text =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>This connection</title>\n"
        "<style>body{font-family:sans-serif;margin:3em}dt{color:#666}dd{margin:0 0 1em;font-size:1.3em}</style>"
        "</head>\n<body><h1>This connection</h1>\n<dl>\n";
    for (const fact& one : facts)
        text.append("<dt>")
            .append(one.name)
            .append("</dt><dd id=\"")
            .append(one.id)
            .append("\">")
            .append(escaped(one.value))
            .append("</dd>\n");
    return text + "</dl></body></html>\n";
}

}  // namespace examples
