// What holds of every message: what decodes encodes to the same bytes again, and what it shows lies inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include <spantls/message/authentication.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/extension.hpp>
#include <spantls/message/handshake.hpp>
#include <spantls/message/key_share.hpp>
#include <spantls/message/lists.hpp>
#include <spantls/message/post_handshake.hpp>
#include <spantls/message/server_hello.hpp>
#include <spantls/x509/chain.hpp>

#include "target.hpp"

namespace fuzz {

/// What `write` writes is this, and not with a byte less of room. (A std::function keeps g++ 12 from inlining, which
/// makes it see overflows where there are none.)
inline void check_encoding(bytes_view expected, const std::function<void(spantls::writer&)>& write) {
    std::vector<std::uint8_t> room(expected.size());
    spantls::writer out(room);
    write(out);
    HOLDS(!out.overflowed() && out.needed() == expected.size());
    HOLDS(same_bytes(out.written(), expected));
    if (expected.empty()) return;
    std::vector<std::uint8_t> less(expected.size() - 1);
    spantls::writer narrow(less);
    write(narrow);
    HOLDS(narrow.overflowed() && narrow.needed() == expected.size() && narrow.written().empty());
}

/// Decodes, and encodes again what was good. No prefix of anything good is good, nor is anything longer.
template <class T>
bool round_trip(bytes_view bytes, T& value) {
    if (!spantls::decode(bytes, value)) return false;
    check_encoding(bytes, [&](spantls::writer& out) { spantls::encode(out, value); });
    T other{};
    HOLDS(bytes.empty() || !spantls::decode(bytes.first(bytes.size() - 1), other));
    std::vector<std::uint8_t> longer(bytes.begin(), bytes.end());
    longer.push_back(0);
    HOLDS(!spantls::decode(bytes_view(longer), other));
    return true;
}
template <class T>
bool round_trip(bytes_view bytes) {
    T value{};
    return round_trip(bytes, value);
}

/// Reads a block of extensions in another way than extension_set does, and compares.
inline void check_extensions(bytes_view block, spantls::extension_place place, spantls::extension_mask offered) {
    using namespace spantls;
    extension_set set;
    const errc error = set.parse(block, place, offered);
    if (error != errc::none) {
        HOLDS(fault_of(error) == fault::peer && alert_for(error).has_value());
        return;
    }
    std::set<extension_type> types;
    extension_mask seen;
    bytes_view rest = block;
    while (!rest.empty()) {
        HOLDS(rest.size() >= 4 && rest.size() - 4 >= load_u16(rest.data() + 2));
        const auto type = static_cast<extension_type>(load_u16(rest.data()));
        const bytes_view data = rest.subspan(4, load_u16(rest.data() + 2));
        HOLDS(types.insert(type).second);
        const std::size_t index = extension_mask::index_of(type);
        if (index < extension_table.size()) {
            HOLDS((extension_table[index].places & static_cast<std::uint8_t>(place)) != 0);
            HOLDS(!seen.has(type) && set.has(type));
            HOLDS(set[type].data() == data.data() && set[type].size() == data.size());
            seen.add(type);
        }
        const bool free = type == extension_type::cookie && place == extension_place::hello_retry_request;
        HOLDS(!answers_something(place) || offered.has(type) || free);
        HOLDS(set.last() == type || data.size() + 4 < rest.size());
        check_encoding(rest.first(data.size() + 4),
                       [&](writer& out) { write_extension(out, type, [&] { out.bytes(data); }); });
        rest = rest.subspan(4 + data.size());
    }
    for (const extension_row& row : extension_table) HOLDS(set.has(row.type) == seen.has(row.type));
}

/// Everything that a client may be answered with.
inline spantls::extension_mask everything() {
    spantls::extension_mask all;
    for (const spantls::extension_row& row : spantls::extension_table) all.add(row.type);
    return all;
}

inline void check_protocol_names(bytes_view data) {
    using namespace spantls;
    protocol_names names;
    if (!names.parse(data)) return;
    std::vector<std::string_view> all;
    for (const std::string_view name : names) {
        HOLDS(!name.empty() && name.size() <= 255 && inside(as_bytes(name), data) && names.contains(name));
        all.push_back(name);
    }
    HOLDS(!all.empty() && all.size() == names.size() && !names.empty() && !names.contains({}));
    check_encoding(data, [&](writer& out) { write_protocol_names(out, all); });
}

inline void check_server_name(bytes_view data) {
    using namespace spantls;
    std::string_view name;
    const errc error = parse_server_name(data, name);
    HOLDS(error == errc::none || error == errc::decode_error || error == errc::unrecognized_name);
    if (error != errc::none) return;
    HOLDS(name.size() <= 255 && name.find('\0') == std::string_view::npos && inside(as_bytes(name), data));
    if (name.empty()) return;
    std::vector<std::uint8_t> room(name.size() + 5);
    writer out(room);
    write_server_name(out, name);
    HOLDS(!out.overflowed());
    std::string_view again;
    HOLDS(parse_server_name(out.written(), again) == errc::none && again == name);
    if (data.size() == room.size()) HOLDS(equal_bytes(out.written(), data));
}

inline void check_key_shares(bytes_view data, spantls::list_view<spantls::named_group> groups) {
    using namespace spantls;
    client_key_shares shares;
    if (shares.parse(data, groups) != errc::none) return;
    std::size_t count = 0;
    reader in(data.subspan(2));
    while (!in.empty()) {
        key_share_entry entry{};
        decode_from(in, entry);
        HOLDS(!in.failed() && groups.contains(entry.group) && !entry.key_exchange.empty());
        const bytes_view first = shares.find(entry.group);
        HOLDS(!first.empty() && inside(first, data) && first.data() <= entry.key_exchange.data());
        ++count;
    }
    HOLDS(count == shares.size() && count <= groups.size());
    HOLDS(shares.find(static_cast<named_group>(0xfafa)).empty() || groups.contains(static_cast<named_group>(0xfafa)));
}

/// The body of a ClientHello; returns what parse() said.
inline spantls::errc check_client_hello(bytes_view body) {
    using namespace spantls;
    using type = extension_type;
    parsed_client_hello hello;
    const errc error = hello.parse(body);
    if (error != errc::none) {
        HOLDS(fault_of(error) == fault::peer && alert_for(error).has_value());
        return error;
    }
    client_hello plain{};
    HOLDS(round_trip(body, plain) && inside(plain.extensions, body));
    check_extensions(plain.extensions, extension_place::client_hello, {});
    HOLDS(!plain.cipher_suites.empty() && plain.random.size() == 32 && plain.legacy_session_id.size() <= 32);
    const extension_set& extensions = hello.extensions;
    HOLDS(extensions.has(type::supported_versions) &&
          round_trip<client_versions>(extensions[type::supported_versions]));
    HOLDS(!extensions.has(type::supported_groups) || round_trip<named_group_list>(extensions[type::supported_groups]));
    HOLDS(!extensions.has(type::signature_algorithms) ||
          round_trip<signature_scheme_list>(extensions[type::signature_algorithms]));
    HOLDS(!extensions.has(type::psk_key_exchange_modes) ||
          round_trip<psk_key_exchange_modes>(extensions[type::psk_key_exchange_modes]));
    HOLDS(!extensions.has(type::delegated_credential) ||
          round_trip<signature_scheme_list>(extensions[type::delegated_credential]));
    HOLDS(hello.protocols.empty() != extensions.has(type::application_layer_protocol_negotiation));
    check_protocol_names(extensions[type::application_layer_protocol_negotiation]);
    check_server_name(extensions[type::server_name]);
    if (extensions.has(type::key_share)) check_key_shares(extensions[type::key_share], hello.groups.groups);
    return errc::none;
}

/// Whether the body of a message of this type can be read; what can is held to everything above.
inline bool check_message(spantls::handshake_type type, bytes_view body, bool by_server) {
    using namespace spantls;
    switch (type) {
        case handshake_type::client_hello: return check_client_hello(body) == errc::none;
        case handshake_type::server_hello: {
            server_hello hello{};
            if (!round_trip(body, hello)) return false;
            const bool retry = equal_bytes(hello.random, hello_retry_request_random);
            HOLDS(!says_downgrade(hello.random) || !retry);
            check_extensions(hello.extensions,
                             retry ? extension_place::hello_retry_request : extension_place::server_hello,
                             everything());
            return true;
        }
        case handshake_type::encrypted_extensions: {
            reader in(body);
            const bytes_view block = in.opaque(2);
            if (!in.finished()) return false;
            check_extensions(block, extension_place::encrypted_extensions, everything());
            return true;
        }
        case handshake_type::certificate_request: {
            certificate_request request{};
            if (!round_trip(body, request)) return false;
            check_extensions(request.extensions, extension_place::certificate_request, {});
            return true;
        }
        case handshake_type::certificate: {
            certificate_message certificates{};
            return round_trip(body, certificates) && x509::chain_view(certificates.list).well_formed();
        }
        case handshake_type::certificate_verify: return round_trip<certificate_verify>(body);
        case handshake_type::finished: return body.size() == 32 || body.size() == 48;
        case handshake_type::end_of_early_data: return !by_server && body.empty();
        case handshake_type::key_update: return round_trip<key_update>(body) && body[0] <= 1;
        case handshake_type::new_session_ticket: return by_server && round_trip<new_session_ticket>(body);
        default: return false;
    }
}

}  // namespace fuzz
