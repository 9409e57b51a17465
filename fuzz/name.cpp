// Names: text as an address, as the C library reads it, and two texts as a name presented and a host asked for.
#include <algorithm>
#include <string>
#include <string_view>

#include <arpa/inet.h>

#include <spantls/config.hpp>
#include <spantls/handshake/client.hpp>
#include <spantls/x509/name.hpp>

#include "support/target.hpp"

namespace {

using namespace spantls;

void check_address(const std::string& text) {
    const x509::ip_address read = x509::parse_ip_address(text);
    HOLDS(read.size == 0 || read.size == 4 || read.size == 16);
    unsigned char four[4], sixteen[16];
    const bool nul = text.find('\0') != std::string::npos;  // where the C library stops
    const bool is_four = !nul && inet_pton(AF_INET, text.c_str(), four) == 1;
    const bool is_sixteen = !nul && inet_pton(AF_INET6, text.c_str(), sixteen) == 1;
    HOLDS(read.size == (is_four ? 4 : is_sixteen ? 16 : 0));
    if (is_four) HOLDS(fuzz::same_bytes(read.bytes(), four));
    if (is_sixteen) HOLDS(fuzz::same_bytes(read.bytes(), sixteen));
}

std::string lower(std::string text) {
    for (char& letter : text)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return text;
}

/// RFC 9525, section 6.3: "*" stands for one whole label, the first.
bool matches(std::string presented, std::string host) {
    presented = lower(presented);
    host = lower(host);
    if (host.empty() || host.find('*') != std::string::npos) return false;
    if (presented.size() < 3 || presented.compare(0, 2, "*.") != 0) return presented == host;
    const std::size_t dot = host.find('.');
    return dot != std::string::npos && dot > 0 && presented.substr(1) == host.substr(dot);
}

}  // namespace

FUZZ_TARGET(name) {
    const std::string all(input.begin(), input.end());
    check_address(all);
    const std::size_t split = std::min(all.find('\n'), all.size());
    const std::string presented = all.substr(0, split), host = all.substr(std::min(split + 1, all.size()));
    check_address(host);
    HOLDS(x509::matches_dns_name(presented, host) == matches(presented, host));
    const errc error = check(client_target{.server_name = host});
    // What SNI can carry (RFC 6066, section 3), an address, or nothing.
    const bool spelled = std::all_of(host.begin(), host.end(), [](char c) {
        return std::string_view("abcdefghijklmnopqrstuvwxyz0123456789-_.").find(lower({c})[0]) !=
               std::string_view::npos;
    });
    // Labels of 1 to 63 bytes (RFC 1035, section 2.3.4).
    bool labels = true;
    for (std::size_t at = 0; at <= host.size();) {
        const std::size_t end = std::min(host.find('.', at), host.size());
        labels = labels && end > at && end - at <= 63;
        at = end + 1;
    }
    const bool name = host.size() <= 253 && spelled && labels;
    HOLDS((error == errc::none) == (host.empty() || name || x509::parse_ip_address(host).size != 0));
}
