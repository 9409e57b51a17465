// What the demonstration prints: one line for each thing that happens, in columns.
#pragma once

#include <array>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

#include <spantls/record/info.hpp>
#include <spantls/wire/registry.hpp>

namespace examples {

/// Text on one line: quoted, and not too long.
inline std::string quoted(std::string_view text) {
    constexpr std::size_t most = 44;
    std::string result = "\"";
    for (const char c : text.substr(0, most)) {
        if (c == '\n')
            result += "\\n";
        else if (c != '\r')
            result += c >= ' ' && c <= '~' ? c : '.';
    }
    return result + (text.size() > most ? "...\"" : "\"");
}

/// The handshake messages of a record, in the order in which a handshake has them.
inline std::string messages_in(const spantls::record_info& record) {
    using enum spantls::handshake_type;
    std::string names;
    for (const auto type : {client_hello, server_hello, encrypted_extensions, certificate_request, certificate,
                            certificate_verify, end_of_early_data, finished, new_session_ticket, key_update}) {
        if (!record.has(type)) continue;
        if (!names.empty()) names += ", ";
        names += name_of(type);
    }
    return names;
}

class journal {
public:
    void title(std::string_view heading, std::string_view below) {
        const std::lock_guard lock(mutex_);
        std::printf("\n%.*s\n%.*s\n\n", static_cast<int>(heading.size()), heading.data(),
                    static_cast<int>(below.size()), below.data());
        std::printf("%-7s %-3s %6s  %-18s  %s\n", "who", "", "bytes", "record", "inside");
        std::fflush(stdout);
    }
    void text(std::string_view text) {
        const std::lock_guard lock(mutex_);
        std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
        std::fflush(stdout);
    }

    /// A record on the wire. `inside`: what else is known of it.
    void record(std::string_view who, bool sent, const spantls::record_info& record, const std::string& inside) {
        std::string kind(name_of(record.type));
        if (record.encrypted) kind += " *";
        line(who, sent ? "-->" : "<--", std::to_string(record.wire_size), kind, inside);
    }
    /// A question that the state machine asks, and what it is told.
    void question(std::string_view who, std::string_view asked, const std::string& about) {
        line(who, " ? ", "", asked, about);
    }
    /// Anything else that came of a call.
    void outcome(std::string_view who, std::string_view what, const std::string& about) {
        line(who, " = ", "", what, about);
    }

private:
    void line(std::string_view who, const char* sign, const std::string& size, std::string_view kind,
              const std::string& about) {
        const std::lock_guard lock(mutex_);
        std::printf("%-7.*s %s %6s  %-18.*s  %s\n", static_cast<int>(who.size()), who.data(), sign, size.c_str(),
                    static_cast<int>(kind.size()), kind.data(), about.c_str());
        std::fflush(stdout);
    }

    std::mutex mutex_;  // both ends may be in this program
};

}  // namespace examples
