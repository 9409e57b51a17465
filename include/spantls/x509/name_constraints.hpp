// Name constraints (RFC 5280, section 4.2.1.10): may this issuer vouch for these names?
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/x509/certificate.hpp>
#include <spantls/x509/distinguished_name.hpp>
#include <spantls/x509/name.hpp>

namespace spantls {
inline namespace v1 {
namespace x509 {

enum class constraint_verdict : std::uint8_t {
    allowed,
    excluded,       ///< a name in an excluded subtree
    not_permitted,  ///< a name of a constrained kind in none of the permitted subtrees
    unusable,       ///< a constraint that is malformed, or of a kind that is not understood and that the names have
    too_many,       ///< the budget is spent
};

struct constraint_finding {
    constraint_verdict verdict = constraint_verdict::allowed;
    general_name name{};        ///< which one, as it is in the certificate
    general_name constraint{};  ///< excluded: the subtree that it is in
};

/// Holds the subject and all subjectAltNames of `below` against the constraints of `issuer`. dNSName, iPAddress,
/// rfc822Name (and emailAddress in the subject), directoryName and URI are understood; any other kind fails closed as
/// soon as there is a name of it, and so does an excluded directoryName that another kind of string, or another order
/// in a set, may hide. Every name held against a constraint takes one from `budget`, and one more for each 64 bytes of
/// both; so do 64 bytes of constraints.
inline constraint_finding check_name_constraints(const certificate& issuer, const certificate& below,
                                                 std::size_t& budget) noexcept;

namespace detail {
constexpr bool ends_with(std::string_view text, std::string_view end) noexcept {
    return text.size() >= end.size() && same_name(rest_of(text, text.size() - end.size()), end);
}

/// The same host, or one below it.
constexpr bool host_within(std::string_view host, std::string_view base) noexcept {
    if (base.empty()) return true;
    return ends_with(host, base) && (host.size() == base.size() || host[host.size() - base.size() - 1] == '.');
}

/// Constraints of e-mail and URI: ".example" stands for every host below, "example" for that host alone.
constexpr bool host_matches(std::string_view host, std::string_view base) noexcept {
    if (base[0] == '.') return host.size() > base.size() && ends_with(host, base);
    return same_name(host, base);
}

constexpr std::size_t find(std::string_view text, char letter) noexcept {
    std::size_t at = 0;
    while (at < text.size() && text[at] != letter) ++at;
    return at;
}

/// The two sides of the one '@'; both empty when it is not a mailbox.
struct mailbox {
    std::string_view local, host;

    constexpr explicit mailbox(std::string_view text) noexcept {
        const std::size_t at = find(text, '@');
        if (at == 0 || at == text.size()) return;
        const std::string_view behind = rest_of(text, at + 1);
        if (is_host_name(behind)) {
            local = {text.data(), at};
            host = behind;
        }
    }
};

/// The host of "scheme://host:port/path"; empty without one, when it is an address, and with a user before it, of which
/// not everybody knows where it ends.
constexpr std::string_view host_of_uri(std::string_view uri) noexcept {
    std::size_t at = find(uri, ':');
    if (at == 0 || at + 2 >= uri.size() || uri[at + 1] != '/' || uri[at + 2] != '/') return {};
    std::string_view host = rest_of(uri, at + 3);
    for (const char end : {'/', '?', '#'}) host = {host.data(), find(host, end)};
    if (find(host, '@') != host.size()) return {};
    if (at = find(host, ':'); at != host.size()) {
        for (const char digit : rest_of(host, at + 1))
            if (digit < '0' || digit > '9') return {};
        host = {host.data(), at};
    }
    return is_host_name(host) && parse_ip_address(host).size == 0 ? host : std::string_view{};
}

/// An address and a mask of ones, then zeros.
constexpr bool well_formed_network(bytes_view value) noexcept {
    if (value.size() != 8 && value.size() != 32) return false;
    bool ended = false;
    for (const std::uint8_t byte : value.subspan(value.size() / 2))
        for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
            if ((byte & bit) != 0 && ended) return false;
            ended = ended || (byte & bit) == 0;
        }
    return true;
}

/// Is this a subtree of its kind at all?
inline bool well_formed_subtree(const general_name& base) noexcept {
    const std::string_view text = as_text(base.value);
    switch (base.kind) {
        case name_kind::dns_name: return text.empty() || is_host_name(text);
        case name_kind::rfc822_name: {
            if (find(text, '@') != text.size()) return !mailbox(text).host.empty();
            return !text.empty() && is_host_name(text[0] == '.' ? rest_of(text, 1) : text);
        }
        case name_kind::uri: return !text.empty() && is_host_name(text[0] == '.' ? rest_of(text, 1) : text);
        case name_kind::ip_address: return well_formed_network(base.value);
        case name_kind::directory_name: return well_formed_name(base.value);
        default: return true;
    }
}

constexpr within dns_within(std::string_view presented, std::string_view base, bool excluded) noexcept {
    const bool wildcard = presented.size() > 2 && presented[0] == '*' && presented[1] == '.';
    const std::string_view host = wildcard ? rest_of(presented, 2) : presented;
    if (!is_host_name(host)) return within::unusable;
    if (host_within(host, base)) return within::yes;
    // A wildcard is excluded as soon as one of the names that it stands for is.
    const std::size_t label = find(base, '.');
    return wildcard && excluded && label < base.size() && same_name(rest_of(base, label + 1), host) ? within::yes
                                                                                                    : within::no;
}

constexpr within address_within(bytes_view address, bytes_view network) noexcept {
    if (address.size() * 2 != network.size()) return within::no;
    for (std::size_t i = 0; i < address.size(); ++i)
        if (((address[i] ^ network[i]) & network[address.size() + i]) != 0) return within::no;
    return within::yes;
}

constexpr within email_within(std::string_view text, std::string_view base) noexcept {
    const mailbox presented(text);
    if (presented.host.empty()) return within::unusable;
    bool found = false;
    if (find(base, '@') == base.size()) {
        found = host_matches(presented.host, base);
    } else {
        const mailbox wanted(base);
        found = presented.local == wanted.local && same_name(presented.host, wanted.host);
    }
    return found ? within::yes : within::no;
}

inline within name_within(const general_name& name, const general_name& base, bool excluded) noexcept {
    const auto found = [](bool yes) { return yes ? within::yes : within::no; };
    switch (base.kind) {
        case name_kind::dns_name: return dns_within(as_text(name.value), as_text(base.value), excluded);
        case name_kind::ip_address: return address_within(name.value, base.value);
        case name_kind::rfc822_name: return email_within(as_text(name.value), as_text(base.value));
        case name_kind::directory_name:
            // Another kind of string may well say what is excluded; what is permitted has to be said so.
            if (excluded) return directory_within(name.value, base.value);
            return found(distinguished_name_within(name.value, base.value));
        case name_kind::uri: {
            const std::string_view host = host_of_uri(as_text(name.value));
            return host.empty() ? within::unusable : found(host_matches(host, as_text(base.value)));
        }
        default: return within::unusable;
    }
}

/// GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }, of which the latter
/// two are never there.
constexpr bool next_subtree(der_reader& subtrees, general_name& to) noexcept {
    der_reader inner = subtrees.inside(der_tag::sequence);
    to = read_general_name(inner);
    subtrees.leave(inner);
    return !subtrees.failed();
}

class constraint_checker {
public:
    constexpr constraint_checker(const certificate& issuer, std::size_t& budget) noexcept
        : lists_{list(issuer, 0), list(issuer, 1)}, budget_(budget) {}

    /// To be asked first: is every subtree what it should be? allowed: they are.
    constraint_verdict check_form() noexcept {
        using enum constraint_verdict;
        for (const bytes_view list : lists_) {
            if (!spend(list.size() / 64)) return too_many;
            general_name base;
            for (der_reader subtrees(list); !subtrees.empty();)
                if (!next_subtree(subtrees, base) || !well_formed_subtree(base)) return unusable;
        }
        return allowed;
    }

    constraint_finding check(const general_name& name) noexcept {
        using enum constraint_verdict;
        const bool well_formed = name.kind != name_kind::directory_name || well_formed_name(name.value);
        bool constrained = false, permitted = false;
        for (const bool exclude : {true, false}) {
            general_name base;
            for (der_reader subtrees(lists_[exclude ? 1 : 0]); !subtrees.empty() && !permitted;) {
                if (!spend(1)) return {too_many, name};
                if (!next_subtree(subtrees, base)) return {unusable, name};
                if (base.kind != name.kind) continue;
                if (!well_formed) return {unusable, name};
                if (!spend((name.value.size() + base.value.size()) / 64)) return {too_many, name};
                const within found = name_within(name, base, exclude);
                if (found == within::unusable) return {unusable, name};
                if (exclude && found == within::yes) return {excluded, name, base};
                constrained = constrained || !exclude;
                permitted = found == within::yes;
            }
        }
        return {constrained && !permitted ? not_permitted : allowed, name};
    }

private:
    constexpr bool spend(std::size_t cost) noexcept {
        const bool enough = budget_ >= cost;
        budget_ = enough ? budget_ - cost : 0;
        return enough;
    }
    static constexpr bytes_view list(const certificate& issuer, std::uint8_t number) noexcept {
        for (der_reader both(issuer.name_constraints); !both.empty();) {
            const der_element one = both.element();
            if (one.tag == context_constructed(number)) return one.body;
        }
        return {};
    }

    bytes_view lists_[2];
    std::size_t& budget_;
};
}  // namespace detail

inline constraint_finding check_name_constraints(const certificate& issuer, const certificate& below,
                                                 std::size_t& budget) noexcept {
    if (issuer.name_constraints.empty()) return {};
    detail::constraint_checker checker(issuer, budget);
    if (const constraint_verdict form = checker.check_form(); form != constraint_verdict::allowed) return {form};
    if (below.subject.size() > 2) {
        const constraint_finding found = checker.check({name_kind::directory_name, below.subject});
        if (found.verdict != constraint_verdict::allowed) return found;
    }
    for (name_reader in(below.subject); !in.empty();) {
        const name_attribute attribute = in.next();
        if (!equal_bytes(attribute.type, detail::oid::email_address)) continue;
        const constraint_finding found = checker.check({name_kind::rfc822_name, attribute.value.body});
        if (found.verdict != constraint_verdict::allowed) return found;
    }
    for (der_reader names(below.subject_alt_name); !names.empty();) {
        const constraint_finding found = checker.check(next_name(names));
        if (found.verdict != constraint_verdict::allowed) return found;
    }
    return {};
}

}  // namespace x509
}  // namespace v1
}  // namespace spantls
