// The server's handshake: messages in, flights out, questions in between (RFC 9846, sections 2 and 4, appendix A.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/config.hpp>
#include <spantls/handshake/core.hpp>
#include <spantls/handshake/key_exchange.hpp>
#include <spantls/handshake/tables.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/key_share.hpp>
#include <spantls/message/server_hello.hpp>
#include <spantls/x509/peer.hpp>

namespace spantls {
inline namespace v1 {

template <class P>
class server_handshake : public handshake_core<P> {
public:
    using provider_type = P;
    using state = server_state;
    static constexpr bool is_server = true;
    static constexpr const auto& table = server_table;

    template <server_state From, event On>
    using here = at<server_table, From, On>;
    using outcome = v1::outcome<server_state>;

    /// Waits for a ClientHello. `settings` have been checked and stay where they are.
    errc start(P& provider, const server_config& settings, arena behind) noexcept {
        this->crypto = &provider;
        this->memory = behind;
        config_ = &settings;
        schemes_ = usable_schemes<P>(settings.prefer);
        return usable_suites(settings.prefer, provider).empty() ? errc::config_no_suite : errc::none;
    }

    state current() const noexcept { return state_; }
    void enter(state next) noexcept { state_ = next; }
    bool done() const noexcept { return state_ == state::connected; }

    /// Messages that were handled are still looked at.
    bool keeps_input() const noexcept {
        return state_ == state::asks_identity || state_ == state::asks_verdict || state_ == state::wait_certificate_verify;
    }
    bool keeps_output() const noexcept { return false; }

    /// Room in the arena's output that handling `message`, or answering what it asks, may need: all of the first flight
    /// but the signature.
    std::size_t output_needed(const handshake_message& message) const noexcept {
        if (message.type != handshake_type::client_hello) return 0;
        constexpr std::size_t hello = 4 + 2 + 32 + 33 + 2 + 1 + 2 + 6 + 8 + group_facts<P>::server_share;
        constexpr std::size_t extensions = 4 + 2 + 4 + (7 + 255);
        const std::size_t request = 4 + 1 + 2 + 4 + 2 + 2 * schemes_.size();
        return hello + extensions + request + 8;
    }
    std::size_t output_room(const handshake_message&) const noexcept { return this->memory.output_room().size(); }

    // What the open question shows.
    x509::peer peer() const noexcept {
        return {x509::chain_view(this->memory.at(peer_list_)), {}, x509::key_purpose::client_auth};
    }
    bytes_view request() const noexcept { return this->memory.at(hello_); }

    /// The ALPN name that was selected; empty when none was.
    std::string_view protocol() const noexcept {
        return protocol_ < config_->alpn.size() ? config_->alpn[protocol_] : std::string_view{};
    }
    bool key_log_wanted() const noexcept { return config_->key_log; }
    traffic_secret<P>& sending(epoch keys) noexcept {
        return keys == epoch::handshake ? this->server_handshake_traffic : this->server_application_traffic;
    }
    traffic_secret<P>& receiving(epoch keys) noexcept {
        return keys == epoch::handshake ? this->client_handshake_traffic : this->client_application_traffic;
    }
    /// The client has sent a suitable psk_key_exchange_modes: it may be sent tickets (section 4.7.1).
    bool tickets_wanted() const noexcept { return tickets_wanted_; }
    /// The client may have sent early data, which has to be skipped (section 4.3.10).
    bool early_data_offered() const noexcept { return early_data_offered_; }

    // Rows of the table.

    outcome on(here<state::wait_client_hello, event::client_hello> row, const handshake_message& message) noexcept {
        parsed_client_hello hello;
        client_key_shares shares;
        if (const errc error = negotiate(message, hello, shares); error != errc::none) return row.fail(error);
        if (share_.size != 0) {
            receive_hello(message);
            return row.template to<state::asks_identity>();
        }
        unchanging_ = hash_unchanging(hello);
        if (!send_retry(message, hello)) return row.fail(errc::workspace_too_small);
        return row.template to<state::wait_second_client_hello>();
    }

    outcome on(here<state::wait_second_client_hello, event::client_hello> row, const handshake_message& message) noexcept {
        const suite_info* const first_suite = this->suite;
        const named_group first_group = this->group;
        parsed_client_hello hello;
        client_key_shares shares;
        if (const errc error = negotiate(message, hello, shares); error != errc::none) return row.fail(error);
        // Sections 4.2.2 and 4.2.4: the same hello, but for what the retry asked for: one share, of the group that it named.
        const bool same = equal_bytes(hash_unchanging(hello).view(), unchanging_.view()) && this->suite == first_suite &&
                          !hello.extensions.has(extension_type::early_data);
        if (!same || hello.extensions.has(extension_type::cookie)) return row.fail(errc::hello_changed);
        if (share_.size == 0 || shares.size() != 1 || this->group != first_group) return row.fail(errc::bad_key_shares);
        receive_hello(message);
        return row.template to<state::asks_identity>();
    }

    outcome on(here<state::asks_identity, event::answer_identity> row, const identity& who) noexcept {
        const list_view<signature_scheme> accepted(this->memory.at(client_schemes_));
        // Section 4.5.2.
        if (!this->choose_scheme(who, accepted)) return row.fail(errc::no_common_scheme);
        this->own = who;
        const errc error = send_parameters();
        return error == errc::none ? row.template to<state::asks_signature>() : row.fail(error);
    }

    outcome on(here<state::asks_signature, event::answer_signature> row, const signature& answer) noexcept {
        if (!this->send_certificate_verify(answer) || !this->send_finished(this->server_handshake_traffic))
            return row.fail(errc::internal_error);
        this->derive_application_secrets();
        this->write = epoch::application;  // section 4.5.3
        this->out.complete();
        if (config_->authenticate_client != client_authentication::none) return row.template to<state::wait_certificate>();
        return row.template to<state::wait_finished>();
    }

    outcome on(here<state::wait_certificate, event::certificate> row, const handshake_message& message) noexcept {
        bytes_view list;
        if (const errc error = this->read_certificate(message, list); error != errc::none) return row.fail(error);
        this->messages.add(message.whole);
        if (!list.empty()) {
            peer_list_ = this->memory.range_of(list);
            return row.template to<state::asks_verdict>();
        }
        // Sections 4.5.1 and 4.5.1.3: whether to go on without is the server's choice.
        if (config_->authenticate_client == client_authentication::require) return row.fail(errc::certificate_required);
        return row.template to<state::wait_finished>();
    }

    outcome on(here<state::asks_verdict, event::answer_verdict> row, const x509::verdict& verdict) noexcept {
        return verdict.accepted() ? row.template to<state::wait_certificate_verify>() : row.fail(verdict.error());
    }

    outcome on(here<state::wait_certificate_verify, event::certificate_verify> row, const handshake_message& message) noexcept {
        if (const errc error = this->check_certificate_verify(message, schemes_, false); error != errc::none)
            return row.fail(error);
        this->messages.add(message.whole);
        return row.template to<state::wait_finished>();
    }

    outcome on(here<state::wait_finished, event::finished> row, const handshake_message& message) noexcept {
        if (const errc error = this->check_finished(message, this->client_handshake_traffic); error != errc::none)
            return row.fail(error);
        this->messages.add(message.whole);
        this->derive_resumption_secret();
        this->read = epoch::application;
        return row.template to<state::connected>();
    }

private:
    /// Sections 4.2.1 and 4.2.2: suite, group and application protocol. share_ is empty when a retry is needed.
    errc negotiate(const handshake_message& message, parsed_client_hello& hello, client_key_shares& shares) noexcept {
        if (const errc error = hello.parse(message.body); error != errc::none) return error;
        // Sections 4.3.3 and 9.2. No PSK is known here, so a certificate is needed, and what that takes.
        using type = extension_type;
        if (!hello.extensions.has(type::supported_groups) || !hello.extensions.has(type::key_share) ||
            !hello.extensions.has(type::signature_algorithms))
            return errc::missing_extension;
        if (const errc error = shares.parse(hello.extensions[type::key_share], hello.groups.groups); error != errc::none)
            return error;
        early_data_offered_ = hello.extensions.has(type::early_data);
        tickets_wanted_ = hello.psk_modes.modes.contains(psk_key_exchange_mode::psk_dhe_ke);
        if (!choose_suite(hello)) return errc::no_common_suite;
        if (!choose_group(hello, shares)) return errc::no_common_group;
        if (!choose_protocol(hello)) return errc::no_common_protocol;
        client_schemes_ = this->memory.range_of(hello.schemes.schemes.raw());
        session_id_ = this->memory.range_of(hello.hello.legacy_session_id);
        return errc::none;
    }

    bool choose_suite(const parsed_client_hello& hello) noexcept {
        for (const cipher_suite each : usable_suites(config_->prefer, *this->crypto)) {
            if (!hello.hello.cipher_suites.contains(each)) continue;
            this->suite = find_suite<P>(each);
            return true;
        }
        return false;
    }

    /// Section 4.3.8: the best group of which the client has sent a share; without one, the best that it knows.
    bool choose_group(const parsed_client_hello& hello, const client_key_shares& shares) noexcept {
        const auto groups = usable_groups<P>(config_->prefer);
        for (const named_group each : groups) {
            share_ = this->memory.range_of(shares.find(each));
            if (share_.size == 0) continue;
            this->group = each;
            return true;
        }
        for (const named_group each : groups) {
            if (!hello.groups.groups.contains(each)) continue;
            this->group = each;
            return true;
        }
        return false;
    }

    /// RFC 7301, section 3.2; and section 4.3: no answer to what was not asked.
    bool choose_protocol(const parsed_client_hello& hello) noexcept {
        protocol_ = config_->alpn.size();
        if (hello.protocols.empty() || config_->alpn.empty()) return true;
        for (protocol_ = 0; protocol_ < config_->alpn.size(); ++protocol_)
            if (hello.protocols.contains(config_->alpn[protocol_])) return true;
        return false;
    }

    /// All of a ClientHello that may not change after a retry (section 4.2.2).
    digest hash_unchanging(const parsed_client_hello& hello) const noexcept {
        hasher<P> hash(this->hash());
        const bytes_view extensions = hello.hello.extensions;
        const std::uint8_t* const begin = hello.hello.random.data();
        hash.update({begin, static_cast<std::size_t>(extensions.data() - 2 - begin)});
        for (reader in(extensions); !in.empty();) {
            const bytes_view whole = in.rest();
            const auto type = static_cast<extension_type>(in.u16());
            const bytes_view data = in.opaque(2);
            const bool may_change = type == extension_type::key_share || type == extension_type::early_data ||
                                    type == extension_type::cookie || type == extension_type::pre_shared_key ||
                                    type == extension_type::padding;
            if (!may_change) hash.update(whole.first(4 + data.size()));
        }
        return hash.finish();
    }

    void receive_hello(const handshake_message& message) noexcept {
        reader in(message.body);
        in.u16();
        copy_bytes(in.bytes(32), this->client_random);
        if (!retried_) this->messages = transcript<P>(this->hash());
        this->messages.add(message.whole);
        hello_ = this->memory.range_of(message.body);
    }

    /// Sections 4.2.1 and 4.2.4. No question is asked for a hello that cannot go on.
    bool send_retry(const handshake_message& message, const parsed_client_hello& hello) noexcept {
        this->messages = transcript<P>(this->hash());
        this->messages.add(message.whole);
        this->messages.restart_with_message_hash();
        retried_ = true;
        const bool sent = send_hello(hello_retry_request_random, [&](writer& to) {
            write_extension(to, extension_type::key_share, [&] { to.u16(static_cast<std::uint16_t>(this->group)); });
        });
        if (!hello.hello.legacy_session_id.empty()) this->out.append_change_cipher_spec();
        this->out.complete();
        return sent;
    }

    /// ServerHello or HelloRetryRequest (sections 4.2.3, 4.2.4 and 4.3.1); `extensions` writes those besides supported_versions.
    template <class Extensions>
    bool send_hello(bytes_view random, Extensions extensions) noexcept {
        return this->send(epoch::initial, handshake_type::server_hello, [&](writer& to) {
            to.u16(static_cast<std::uint16_t>(protocol_version::tls_1_2));
            to.bytes(random);
            to.opaque(this->memory.at(session_id_), 1);
            to.u16(static_cast<std::uint16_t>(this->suite->suite));
            to.u8(0);
            length_prefix block(to, 2);
            write_extension(to, extension_type::supported_versions,
                            [&] { to.u16(static_cast<std::uint16_t>(protocol_version::tls_1_3)); });
            extensions(to);
        });
    }

    /// ServerHello, EncryptedExtensions, CertificateRequest and Certificate (sections 4.2.3, 4.3.8, 4.4.1 and 4.5.1).
    errc send_parameters() noexcept {
        secret_bytes<32 + group_facts<P>::server_random> random;
        if (!this->crypto->random(random.bytes())) return errc::internal_error;
        std::array<std::uint8_t, group_facts<P>::server_share> share;
        std::size_t share_size = 0;
        shared_secret<P> secret;
        const errc error = respond<P>(this->group, random.bytes().subspan(32), this->memory.at(share_), share, share_size,
                                      secret);
        if (error != errc::none) return error;
        const bool has_session_id = session_id_.size != 0;
        bool room = send_hello(random.first(32), [&](writer& to) {
            write_extension(to, extension_type::key_share, [&] {
                to.u16(static_cast<std::uint16_t>(this->group));
                to.opaque(bytes_view(share).first(share_size), 2);
            });
        });
        // Appendix E.4: after the first message, whichever it was.
        if (has_session_id && !retried_) this->out.append_change_cipher_spec();
        this->derive_handshake_secrets(secret.view());
        this->read = epoch::handshake;
        room = room && send_encrypted_extensions();
        if (config_->authenticate_client != client_authentication::none) room = room && send_certificate_request();
        room = room && this->send_certificate({}, true);
        return room ? errc::none : errc::workspace_too_small;
    }

    /// Nothing else is answered, status_request_v2 least of all (section 4.5.1.1).
    bool send_encrypted_extensions() noexcept {
        return this->send(epoch::handshake, handshake_type::encrypted_extensions, [&](writer& to) {
            length_prefix block(to, 2);
            if (const std::string_view name = protocol(); !name.empty())
                write_extension(to, extension_type::application_layer_protocol_negotiation,
                                [&] { write_protocol_names(to, std::span(&name, 1)); });
        });
    }

    bool send_certificate_request() noexcept {
        return this->send(epoch::handshake, handshake_type::certificate_request, [&](writer& to) {
            to.u8(0);
            length_prefix block(to, 2);
            write_extension(to, extension_type::signature_algorithms,
                            [&] { write_list<signature_scheme>(to, schemes_, 2); });
        });
    }

    const server_config* config_ = nullptr;
    fixed_vector<signature_scheme, 16> schemes_;
    digest unchanging_{};
    arena_range hello_, share_, client_schemes_, session_id_, peer_list_;
    std::size_t protocol_ = SIZE_MAX;
    state state_ = state::wait_client_hello;
    bool retried_ = false;
    bool tickets_wanted_ = false;
    bool early_data_offered_ = false;
};

}  // namespace v1
}  // namespace spantls
