// What an application chooses: plain data, immutable once connections use it, shared by any number of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/base/fixed_vector.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/record/padding.hpp>
#include <spantls/wire/certificate_filters.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

/// Preference lists, best first. An empty list means: everything that the provider has, in its order.
struct preferences {
    fixed_vector<cipher_suite, 8> suites{};
    fixed_vector<named_group, 8> groups{};
    fixed_vector<signature_scheme, 16> schemes{};
};

/// Tickets that a client would like to have (RFC 9149).
struct ticket_counts {
    std::uint8_t new_session = 0;  ///< when the connection is a new one
    std::uint8_t resumption = 0;   ///< when it resumes a session
};

struct client_config {
    /// ALPN names (RFC 7301), best first, each 1 to 255 bytes; the characters must outlive the connections.
    fixed_vector<std::string_view, 8> alpn{};
    preferences prefer{};
    /// Groups to send a key share of at once; by default the first group, and if that is a post-quantum one the first
    /// of the others too, for servers that have no such. Empty: none, which costs a round trip.
    std::optional<fixed_vector<named_group, 4>> shares{};
    /// Look like TLS 1.2 to middleboxes (RFC 9846, appendix E.4).
    bool compatibility_mode = true;
    /// Let a pre-shared key do without a key exchange: no forward secrecy (RFC 9846, section 4.3.9).
    bool psk_ke = false;
    /// Let the server ask for a certificate at any time (section 4.7.2). The workspace stays lent until the connection
    /// ends: the transcript hash and the answer are in it. Such a connection is not to be split.
    bool post_handshake_auth = false;
    /// What is taken from the server, best first, and what this client can show: certificates, or raw public keys (RFC
    /// 7250). Empty: certificates, and nothing is said of it.
    fixed_vector<certificate_type, 2> server_certificate_types{};
    fixed_vector<certificate_type, 2> client_certificate_types{};
    /// Ask the server for OCSP responses and for certificate timestamps (section 4.5.1.1): what comes is in the entries
    /// of the chain that verify_peer shows.
    bool ask_for_staples = false, ask_for_scts = false;
    /// In which ways certificates may come compressed, best first (RFC 8879): then the question is `decompress`. What
    /// this client sends compressed is up to its identity.
    fixed_vector<certificate_compression, 4> certificate_compressions{};
    /// The schemes of the delegated credentials that are taken (RFC 9345): with one of those, that the server's
    /// certificate has issued and that lasts for some days, another key than the certificate's may sign. It is judged
    /// at client_target::now_ms, which has to be given. Empty: none are taken.
    fixed_vector<signature_scheme, 8> delegated_schemes{};
    /// Hand out the secrets as key_log steps. For debugging only.
    bool key_log = false;
    /// Most plaintext bytes in a record that is sent, 1 to 16384. What the peer asks for counts if that is less.
    std::uint16_t record_size = 16384;
    /// Change the sending key after so many records, if that is sooner than the cipher asks for (section 5.5); at
    /// least 2. One more where a record was begun before others used the key up (drivers/record_writer.hpp), and as many
    /// as it takes for an answer to a late request that has more than that: the key changes before it.
    std::uint64_t rekey_after = UINT64_MAX;
    /// Of the records that are sent.
    v1::padding padding{};
    /// The server is asked to send no protected record with more than so many bytes of content, content type and
    /// padding, 64 to 16385 (RFC 8449), and may ask for the same. 0: neither. 16385 asks for nothing, but lets the
    /// server ask.
    std::uint16_t record_size_limit = 0;
    /// Both sides are to send no more than so many bytes in a record: 512, 1024, 2048 or 4096 (RFC 6066, section 4);
    /// for servers that do not know of record_size_limit, which wins. 0: not asked for.
    std::uint16_t max_fragment_length = 0;
    /// ClientHello is filled up to so many bytes (RFC 7685), at most 16384, for which there has to be room in the
    /// workspace; 0: it is not.
    std::uint16_t client_hello_size = 0;
    /// How many tickets the server is asked for; zeros say that none will be used. By default it is not told.
    std::optional<ticket_counts> tickets{};
    /// Offer values that mean nothing besides those that do, wherever a server has to ignore them (RFC 8701).
    bool grease = false;
};

enum class client_authentication : std::uint8_t { none, request, require };

struct server_config {
    /// ALPN names, best first. Empty: ALPN is not used. Otherwise a client that offers only others is refused.
    fixed_vector<std::string_view, 8> alpn{};
    preferences prefer{};
    /// Whether to send a CertificateRequest, and whether to go on when the client has no certificate.
    client_authentication authenticate_client = client_authentication::none;
    /// Which certificates clients are asked for: names of authorities, and extensions with their values, in DER (RFC
    /// 9846, sections 4.3.4 and 4.3.5), and the schemes of signatures in certificates if they are others than those of
    /// handshakes (section 4.3.3). The lists, and what they show, must outlive the connections. Clients are told, no
    /// more.
    std::span<const bytes_view> authorities{};
    std::span<const oid_filter> oid_filters{};
    fixed_vector<signature_scheme, 16> certificate_schemes{};
    /// As in client_config, of the clients that are asked.
    bool ask_for_staples = false, ask_for_scts = false;
    fixed_vector<certificate_compression, 4> certificate_compressions{};
    /// What is taken from clients, best first: certificates, or raw public keys (RFC 7250). Empty: certificates. What
    /// the server shows is up to the identity that it chooses; step.hello() has what the client takes.
    fixed_vector<certificate_type, 2> client_certificate_types{};
    /// Ask clients that offer it for a certificate after the handshake, whenever request_authentication() says so
    /// (section 4.7.2). With those the workspace stays lent until the connection ends, and the connection is not to be
    /// split.
    bool post_handshake_auth = false;
    /// Ask `find_psk` when a client offers pre-shared keys. Otherwise they are ignored.
    bool use_psk = false;
    /// As in client_config.
    bool psk_ke = false;
    /// Bytes of early data that are taken, if the application agrees each time: `early_data_offered`. 0: none. At most
    /// 16384: what is not taken has to be skipped, and no more than that is. Over QUIC, 2^32-1, and nothing else. Who
    /// sends it has not heard of record_size_limit yet: an input buffer of less than max_record does not go with early
    /// data.
    std::uint32_t max_early_data = 0;
    bool key_log = false;
    std::uint16_t record_size = 16384;
    std::uint64_t rekey_after = UINT64_MAX;
    v1::padding padding{};
    /// What a client is asked for that sends a record_size_limit of its own, 64 to 16385 (RFC 8449). What clients ask
    /// for by it or by max_fragment_length they always get.
    std::uint16_t record_size_limit = 16385;
    /// A HelloRetryRequest has a cookie, and any server with the same secrets goes on with the ClientHello that brings
    /// it back; this one may be forgotten (RFC 9846, section 4.3.2). Each at least 32 bytes out of a generator, used
    /// for nothing else, that outlive the connections. The first one seals, the second is the one before it: replacing
    /// them makes cookies expire, and has to, since a cookie works as often as it is sent. Empty: no cookies.
    fixed_vector<bytes_view, 2> cookie_secrets{};
    /// Send a HelloRetryRequest, and nothing else, to all who bring no cookie: before anything is computed for them,
    /// they show that they are reached at the address that the connection was made with. GnuTLS (3.7) and Erlang (25)
    /// do not go on after one that has nothing but a cookie.
    bool always_retry = false;
    /// What a client that asks for tickets by their number is promised at most; the application sends them, as many as
    /// expected_tickets() says. 0: such requests are not answered.
    std::uint8_t max_tickets = 0;
    /// As in client_config: in CertificateRequest and NewSessionTicket.
    bool grease = false;
};

/// The least size of a secret for cookies, in bytes.
inline constexpr std::size_t min_cookie_secret = 32;

/// Bytes of the extensions of a CertificateRequest with so many signature schemes.
constexpr std::size_t request_extensions_size(const server_config& config, std::size_t schemes) noexcept {
    std::size_t size = 4 + 2 + 2 * schemes + (config.ask_for_staples ? 4 : 0) + (config.ask_for_scts ? 4 : 0);
    if (!config.certificate_schemes.empty()) size += 4 + 2 + 2 * config.certificate_schemes.size();
    if (!config.authorities.empty()) size += 4 + authorities_size(config.authorities);
    if (!config.certificate_compressions.empty()) size += 4 + 1 + 2 * config.certificate_compressions.size();
    if (!config.oid_filters.empty()) size += 4 + oid_filters_size(config.oid_filters);
    return size;
}

namespace detail {
// Sections 4.3.7 and 4.3.8: nothing is listed twice.
template <class T, std::size_t N>
constexpr bool acceptable(const fixed_vector<T, N>& list) noexcept {
    for (std::size_t i = 0; i < list.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (list[i] == list[j]) return false;
    return !list.overflowed();
}

template <class Item, class... Groups>
constexpr bool lists_group(Item wanted, type_list<Groups...>) noexcept {
    return ((Groups::id == wanted) || ...);
}

/// True when the list is empty or names something that `known` confirms.
template <class List, class Known>
constexpr bool usable(const List& list, Known known) noexcept {
    for (const auto item : list)
        if (known(item)) return true;
    return list.empty();
}

template <class P>
constexpr bool verifies(signature_scheme scheme) noexcept {
    for (const signature_scheme known : P::verify_schemes)
        if (known == scheme) return true;
    return false;
}

template <class P>
constexpr errc check_preferences(const preferences& prefer) noexcept {
    if (!acceptable(prefer.suites) || !acceptable(prefer.groups) || !acceptable(prefer.schemes))
        return errc::config_too_many;
    if (!usable(prefer.suites, [](cipher_suite suite) { return find_suite<P>(suite) != nullptr; }))
        return errc::config_no_suite;
    if (!usable(prefer.groups, [](named_group group) { return lists_group(group, typename P::groups{}); }))
        return errc::config_no_group;
    // Section 4.3.3: those for certificates only are no use alone.
    if (!usable(prefer.schemes,
                [](signature_scheme scheme) { return verifies<P>(scheme) && signs_handshakes(scheme); }))
        return errc::config_no_scheme;
    return errc::none;
}

constexpr bool knows_types(const fixed_vector<certificate_type, 2>& types) noexcept {
    for (const certificate_type type : types)
        if (type != certificate_type::x509 && type != certificate_type::raw_public_key) return false;
    return acceptable(types);
}

template <class Config>
constexpr errc check_common(const Config& config) noexcept {
    if (!acceptable(config.alpn) || !acceptable(config.certificate_compressions)) return errc::config_too_many;
    for (const std::string_view name : config.alpn)
        if (name.empty() || name.size() > 255) return errc::config_bad_alpn;
    if (!knows_types(config.client_certificate_types)) return errc::config_bad_certificate_type;
    if (config.record_size < 1 || config.record_size > 16384 || config.rekey_after < 2) return errc::config_bad_limit;
    return config.padding.valid() ? errc::none : errc::config_bad_limit;
}

// Sections 4.3.4 and 4.3.5.
template <class Config>
constexpr bool can_be_requested(const Config& config) noexcept {
    for (const bytes_view name : config.authorities)
        if (name.empty()) return false;
    for (const oid_filter& filter : config.oid_filters)
        if (filter.oid.empty() || filter.oid.size() > 255 || filter.values.size() > 0xffff) return false;
    return request_extensions_size(config, 16) <= 0xffff && sound_filters(config.oid_filters);
}

constexpr bool is_record_size_limit(std::size_t value) noexcept {
    return value >= least_record_size_limit && value <= max_inner_plaintext;
}
constexpr bool is_fragment_length(std::size_t value) noexcept {
    return value == 512 || value == 1024 || value == 2048 || value == 4096;
}
}  // namespace detail

/// What is wrong with a configuration for provider P; errc::none when nothing is. Usable in a static_assert. Every
/// connection asks this when it is made, and is born failed with the answer.
template <class P>
[[nodiscard]] constexpr errc check(const client_config& config) noexcept {
    if (const errc error = detail::check_preferences<P>(config.prefer); error != errc::none) return error;
    if (const errc error = detail::check_common(config); error != errc::none) return error;
    if (!detail::knows_types(config.server_certificate_types)) return errc::config_bad_certificate_type;
    const bool limits = (config.record_size_limit == 0 || detail::is_record_size_limit(config.record_size_limit)) &&
                        (config.max_fragment_length == 0 || detail::is_fragment_length(config.max_fragment_length));
    if (!limits || config.client_hello_size > 16384) return errc::config_bad_limit;
    if (!detail::acceptable(config.delegated_schemes)) return errc::config_too_many;
    for (const signature_scheme scheme : config.delegated_schemes)
        if (!may_be_delegated(scheme) || !detail::verifies<P>(scheme)) return errc::config_no_scheme;
    if (!config.shares) return errc::none;
    // Section 4.3.8: one share of a group, and of groups that are offered.
    if (!detail::acceptable(*config.shares)) return errc::config_too_many;
    for (const named_group group : *config.shares) {
        const bool offered = config.prefer.groups.empty() || config.prefer.groups.contains(group);
        if (!offered || !detail::lists_group(group, typename P::groups{})) return errc::config_bad_shares;
    }
    return errc::none;
}

template <class P>
[[nodiscard]] constexpr errc check(const server_config& config) noexcept {
    if (config.max_early_data > 16384 && config.max_early_data != UINT32_MAX) return errc::config_bad_limit;
    if (const errc error = detail::check_preferences<P>(config.prefer); error != errc::none) return error;
    if (!detail::is_record_size_limit(config.record_size_limit)) return errc::config_bad_limit;
    if (config.cookie_secrets.overflowed()) return errc::config_too_many;
    for (const bytes_view secret : config.cookie_secrets)
        if (secret.size() < min_cookie_secret) return errc::config_bad_secret;
    if (config.always_retry && config.cookie_secrets.empty()) return errc::config_bad_secret;
    if (!detail::acceptable(config.certificate_schemes)) return errc::config_too_many;
    if (!detail::can_be_requested(config)) return errc::config_bad_request;
    return detail::check_common(config);
}

/// The suites of `prefer` that the provider has and this CPU is fit for, in order of preference: what is offered can be
/// used (section 9.3).
template <class P>
constexpr fixed_vector<cipher_suite, 8> usable_suites(const preferences& prefer, const P& crypto) noexcept {
    fixed_vector<cipher_suite, 8> usable;
    if (prefer.suites.empty()) {
        for (const suite_info& row : P::suites)
            if (crypto.available(row.suite)) usable.push_back(row.suite);
    } else {
        for (const cipher_suite suite : prefer.suites)
            if (find_suite<P>(suite) != nullptr && crypto.available(suite)) usable.push_back(suite);
    }
    return usable;
}

/// The best of them that the peer offers (RFC 9846, section 4.2.2), of that hash if one is given; null when there is
/// none.
template <class P>
constexpr const suite_info* common_suite(const preferences& prefer, const P& crypto, list_view<cipher_suite> offered,
                                         std::optional<hash_id> hash = {}) noexcept {
    for (const cipher_suite each : usable_suites(prefer, crypto))
        if (offered.contains(each) && (!hash || find_suite<P>(each)->hash == *hash)) return find_suite<P>(each);
    return nullptr;
}

namespace detail {
template <class... Groups>
constexpr fixed_vector<named_group, 8> all_groups(type_list<Groups...>) noexcept {
    return {Groups::id...};
}
}  // namespace detail

/// The groups of `prefer` that the provider has, in order of preference.
template <class P>
constexpr fixed_vector<named_group, 8> usable_groups(const preferences& prefer) noexcept {
    if (prefer.groups.empty()) return detail::all_groups(typename P::groups{});
    fixed_vector<named_group, 8> usable;
    for (const named_group group : prefer.groups)
        if (detail::lists_group(group, typename P::groups{})) usable.push_back(group);
    return usable;
}

/// Those of `groups` that a key share is sent of at once, in their order.
constexpr fixed_vector<named_group, 4> groups_to_share(const client_config& config,
                                                       std::span<const named_group> groups) noexcept {
    fixed_vector<named_group, 4> shared;
    if (!config.shares) {
        shared.push_back(groups[0]);
        for (std::size_t i = 1; i < groups.size() && is_post_quantum(shared[shared.size() - 1]); ++i)
            if (!is_post_quantum(groups[i])) shared.push_back(groups[i]);
        return shared;
    }
    for (const named_group each : groups)
        if (config.shares->contains(each)) shared.push_back(each);
    return shared;
}

/// The signature schemes of `prefer` that the provider can verify, in order of preference.
template <class P>
constexpr fixed_vector<signature_scheme, 16> usable_schemes(const preferences& prefer) noexcept {
    fixed_vector<signature_scheme, 16> usable;
    if (prefer.schemes.empty()) {
        for (const signature_scheme scheme : P::verify_schemes) usable.push_back(scheme);
    } else {
        for (const signature_scheme scheme : prefer.schemes)
            for (const signature_scheme known : P::verify_schemes)
                if (known == scheme) usable.push_back(scheme);
    }
    return usable;
}

}  // namespace v1
}  // namespace spantls
