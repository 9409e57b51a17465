// The client's handshake: messages in, flights out, questions in between (RFC 9846, sections 2 and 4, appendix A.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/config.hpp>
#include <spantls/handshake/application_protocol.hpp>
#include <spantls/handshake/carrier.hpp>
#include <spantls/handshake/client_target.hpp>
#include <spantls/handshake/core.hpp>
#include <spantls/handshake/delegation.hpp>
#include <spantls/handshake/grease.hpp>
#include <spantls/handshake/key_exchange.hpp>
#include <spantls/handshake/offered_keys.hpp>
#include <spantls/handshake/post_handshake.hpp>
#include <spantls/handshake/tables.hpp>
#include <spantls/handshake/ticket_request.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/key_share.hpp>
#include <spantls/message/pre_shared_key.hpp>
#include <spantls/message/requested_certificate.hpp>
#include <spantls/message/server_hello.hpp>
#include <spantls/x509/name.hpp>
#include <spantls/x509/peer.hpp>

namespace spantls {
inline namespace v1 {

template <class P, class Carrier = by_records>
class client_handshake : public handshake_core<P>, public Carrier {
public:
    using provider_type = P;
    using state = client_state;
    static constexpr bool is_server = false;
    static constexpr const auto& table = client_table;

    template <client_state From, event On>
    using here = at<client_table, From, On>;
    using outcome = v1::outcome<client_state>;

    /// Composes ClientHello (section 4.2.2). `settings` and `target` have been checked; the names in them stay where
    /// they are.
    errc start(P& provider, const client_config& settings, const client_target& target, arena behind) noexcept {
        this->crypto = &provider;
        this->memory = behind;
        config_ = &settings;
        server_name_ = target.server_name;
        now_ms_ = target.now_ms;
        groups_ = usable_groups<P>(settings.prefer);
        schemes_ = usable_schemes<P>(settings.prefer);
        suites_ = usable_suites(settings.prefer, provider);
        if (suites_.empty()) return errc::config_no_suite;
        shared_ = groups_to_share(settings, groups_);
        choose_keys(target);

        // One read for everything that is random in the first flight.
        std::array<std::uint8_t, 64 + group_facts<P>::all_random> random;
        if (!provider.random(random)) return errc::internal_error;
        copy_bytes(bytes_view(random).first(32), this->client_random);
        copy_bytes(bytes_view(random).subspan(32, 32), session_id_);
        if (settings.grease && !grease_.draw(provider)) return errc::internal_error;
        const bool room = send_client_hello({bytes_view(random).subspan(64), {}});
        wipe(random);
        if (keys_.error() != errc::none) return keys_.error();
        if (!room) return errc::config_workspace;
        if (early_offered_) begin_early_data();
        this->out.complete();
        state_ = state::wait_server_hello;
        return errc::none;
    }

    state current() const noexcept { return state_; }
    void enter(state next) noexcept { state_ = next; }
    bool done() const noexcept { return state_ == state::connected; }

    /// Messages that were handled are still looked at.
    bool keeps_input() const noexcept {
        return state_ == state::asks_identity || state_ == state::asks_decompression || state_ == state::asks_verdict ||
               state_ == state::wait_certificate_verify;
    }
    /// ClientHello is kept until ServerHello says what to hash it with.
    bool keeps_output() const noexcept { return state_ == state::wait_server_hello; }

    /// The most that an answer to a late request has before its identity is chosen: Certificate without its chain, and
    /// Finished.
    static constexpr std::size_t late_answer_size =
        handshake_header_size + 1 + 255 + 3 + handshake_header_size + max_digest_size;
    /// Room in the arena's output that handling `message` may need.
    std::size_t output_needed(const handshake_message& message) const noexcept {
        if (message.type == handshake_type::finished) return 20 + max_digest_size;
        if (message.type == handshake_type::certificate) return output_behind_certificate(message.body.size());
        if (this->late) return late_answer_size;
        return asks_retry(message) ? this->memory.output().size() + message.body.size() + group_facts<P>::client_share
                                   : 0;
    }
    /// Room that there is for it. The answer to a retry goes behind the retry, since the first hello is still looked
    /// at.
    std::size_t output_room(const handshake_message& message) const noexcept {
        return asks_retry(message) ? this->memory.room_behind_input() : this->memory.output_room().size();
    }

    // What the open question shows.
    x509::peer peer() const noexcept {
        return {x509::chain_view(this->memory.at(peer_list_)),
                server_name_,
                x509::key_purpose::server_auth,
                this->types.server,
                this->memory.at(this->peer_delegated),
                config_->ask_for_staples};
    }
    bytes_view request() const noexcept { return this->memory.at(request_); }

    /// The ALPN name that the server selected; empty when it selected none.
    std::string_view protocol() const noexcept {
        return protocol_ < config_->alpn.size() ? config_->alpn[protocol_] : std::string_view{};
    }
    /// What is taken compressed; and the output that a Certificate of so many bytes needs behind it.
    std::span<const certificate_compression> compressions() const noexcept { return config_->certificate_compressions; }
    std::size_t output_behind_certificate(std::size_t size) const noexcept {
        return config_->delegated_schemes.empty() ? 0 : delegation_room(size);
    }
    bool key_log_wanted() const noexcept { return config_->key_log; }

    /// Whether the server may ask for a certificate later. Section 4.4.2: not one that an external key stands for.
    bool authenticates_late() const noexcept {
        return !Carrier::quic && config_->post_handshake_auth && !external_key_;
    }
    /// Bits of the messages that may come then.
    late_messages late_expected() const noexcept {
        return {late_messages::bit(handshake_type::certificate_request), false};
    }
    /// The secrets of what this side sends and receives.
    traffic_secret<P>& sending(epoch keys) noexcept {
        if (keys == epoch::early) return this->client_early_traffic;
        return keys == epoch::handshake ? this->client_handshake_traffic : this->client_application_traffic;
    }
    traffic_secret<P>& receiving(epoch keys) noexcept {
        return keys == epoch::handshake ? this->server_handshake_traffic : this->server_application_traffic;
    }

    // Early data: what is rejected is given back, and never sent again from here (section 4.3.10)

    /// Bytes that may still be sent; 0 when it was not offered, was rejected, or is over.
    std::size_t early_data_left() const noexcept {
        if (this->write != epoch::early) return 0;
        const std::size_t left = early_limit() - early_sent_.size(), room = early_room();
        return left < room ? left : room;
    }
    /// Section 4.7.1: what is left for it with its padding. A server that rejects it takes both for data, and skips no
    /// more than it has promised to read, or max_skipped_early_data.
    std::size_t early_room() const noexcept {
        const std::size_t limit = early_limit();
        return (limit < max_skipped_early_data ? max_skipped_early_data : limit) - early_padded_;
    }
    /// What was sent, one span: `more` has to go on where it ends.
    bool continues_early_data(bytes_view more) const noexcept {
        return early_sent_.empty() || early_sent_.data() + early_sent_.size() == more.data();
    }
    void note_early_data(bytes_view sent, std::size_t room_left) noexcept {
        early_padded_ += static_cast<std::uint32_t>(early_room() - room_left);
        early_sent_ = early_sent_.empty() ? sent : bytes_view(early_sent_.data(), early_sent_.size() + sent.size());
    }
    /// True once, when the server has rejected what was sent.
    bool take_rejection() noexcept { return std::exchange(rejected_, false); }
    bytes_view early_data_sent() const noexcept { return early_sent_; }

    // Rows of the table.

    outcome on(here<state::wait_server_hello, event::server_hello> row, const handshake_message& message) noexcept {
        if (is_retry(message.body)) {  // section 4.2.3: the random comes first
            const errc error = receive_retry(message);
            return error == errc::none ? row.template to<state::wait_second_server_hello>() : row.fail(error);
        }
        const errc error = receive_server_hello(message);
        return error == errc::none ? row.template to<state::wait_encrypted_extensions>() : row.fail(error);
    }

    outcome on(here<state::wait_second_server_hello, event::server_hello> row,
               const handshake_message& message) noexcept {
        // Section 4.2.4.
        if (is_retry(message.body)) return row.fail(errc::second_retry);
        const errc error = receive_server_hello(message);
        return error == errc::none ? row.template to<state::wait_encrypted_extensions>() : row.fail(error);
    }

    outcome on(here<state::wait_encrypted_extensions, event::encrypted_extensions> row,
               const handshake_message& message) noexcept {
        reader in(message.body);  // section 4.4.1
        const bytes_view block = in.opaque(2);
        if (!in.finished()) return row.fail(errc::decode_error);
        extension_set extensions;
        if (const errc error = extensions.parse(block, extension_place::encrypted_extensions, offered_);
            error != errc::none)
            return row.fail(error);
        if (const errc error = receive_parameters(extensions); error != errc::none) return row.fail(error);
        this->messages.add(message.whole);
        if (this->psk_used) return row.template to<state::wait_finished>();
        return row.template to<state::wait_certificate_or_request>();
    }

    outcome on(here<state::wait_certificate_or_request, event::certificate_request> row,
               const handshake_message& message) noexcept {
        requested_certificate asked;
        if (const errc error = asked.parse(message.body); error != errc::none) return row.fail(error);
        // Section 4.4.2: the context is empty in the handshake.
        if (!asked.context.empty()) return row.fail(errc::bad_request_context);
        request_ = this->memory.range_of(message.body);
        requested_ = true;
        this->messages.add(message.whole);
        return row.template to<state::asks_identity>();
    }

    outcome on(here<state::connected, event::certificate_request> row, const handshake_message& message) noexcept {
        if (const errc error = requested_certificate().parse(message.body); error != errc::none) return row.fail(error);
        request_ = this->memory.range_of(message.body);
        this->begin_answer(message.whole);
        return row.template to<state::asks_identity>();
    }

    outcome on(here<state::asks_identity, event::answer_identity> row, const identity& who) noexcept {
        // Sections 4.5.1 and 4.5.2: without a suitable certificate the client goes on and sends none.
        requested_certificate asked;
        (void)asked.parse(request());  // it has been parsed before
        const bool fits = !who.chain.empty() && who.type == this->types.client &&
                          this->choose_scheme(who, asked.schemes, asked.delegated);
        this->become(fits ? who : no_identity, asked.proofs, asked.compressions.algorithms);
        if (!this->late) return row.template to<state::wait_certificate>();
        // Section 4.7.2: at once, and without anything in between.
        if (!this->send_certificate(asked.context, false)) return row.fail(errc::internal_error);
        if (!this->own.chain.empty()) return row.template to<state::asks_signature>();
        return send_last() ? row.template to<state::connected>() : row.fail(errc::internal_error);
    }

    template <client_state From>
    outcome on(here<From, event::certificate> row, const handshake_message& message) noexcept {
        return receive_certificate(row, message);
    }

    template <client_state From>
    outcome on(here<From, event::compressed_certificate> row, const handshake_message& message) noexcept {
        return this->begin_unpacking(row, message, compressions());
    }

    outcome on(here<state::asks_decompression, event::answer_decompression> row, const decompressed& result) noexcept {
        handshake_message message{};
        const errc error = this->unpacking.finish(this->memory, result, message);
        return error == errc::none ? receive_certificate(row, message) : row.fail(error);
    }

    outcome on(here<state::asks_verdict, event::answer_verdict> row, const x509::verdict& verdict) noexcept {
        return verdict.accepted() ? row.template to<state::wait_certificate_verify>() : row.fail(verdict.error());
    }

    outcome on(here<state::wait_certificate_verify, event::certificate_verify> row,
               const handshake_message& message) noexcept {
        if (const errc error = this->check_certificate_verify(message, schemes_, true); error != errc::none)
            return row.fail(error);
        this->messages.add(message.whole);
        return row.template to<state::wait_finished>();
    }

    outcome on(here<state::wait_finished, event::finished> row, const handshake_message& message) noexcept {
        if (const errc error = this->check_finished(message, this->server_handshake_traffic); error != errc::none)
            return row.fail(error);
        this->messages.add(message.whole);
        this->derive_application_secrets();
        this->read = epoch::application;  // sections 4.5.1, 4.5.2, 4.5.3 and 4.6
        if (config_->compatibility_mode && !retried_ && !early_offered_) this->out.append_change_cipher_spec();
        if (!Carrier::quic && this->early_data_accepted &&
            !this->send(epoch::early, handshake_type::end_of_early_data, [](writer&) {}))
            return row.fail(errc::workspace_too_small);
        if (requested_ && !this->send_certificate({}, false)) return row.fail(errc::workspace_too_small);
        if (!this->own.chain.empty()) return row.template to<state::asks_signature>();
        if (!send_last()) return row.fail(errc::workspace_too_small);
        return row.template to<state::connected>();
    }

    outcome on(here<state::asks_signature, event::answer_signature> row, const signature& answer) noexcept {
        if (!this->send_certificate_verify(answer) || !send_last()) return row.fail(errc::internal_error);
        return row.template to<state::connected>();
    }

private:
    bool asks_retry(const handshake_message& message) const noexcept {
        return state_ == state::wait_server_hello && message.type == handshake_type::server_hello &&
               is_retry(message.body);
    }

    /// The client_shares of the first ClientHello, in the order of the groups (section 4.3.8).
    void write_shares(writer& to, bytes_view random) noexcept {
        length_prefix list(to, 2);
        // Sections 4.2.2 and 4.3.8: behind a retry, the one share that it asks for.
        if (grease_.on() && !retried_) {
            grease_.write(to, grease_place::group);
            to.opaque(std::array<std::uint8_t, 1>{}, 2);
        }
        keys_.write_shares(to, shared_, random);
    }

    /// Early data only when it was asked for (appendix F.5).
    void choose_keys(const client_target& target) noexcept {
        std::optional<psk> ticket;
        const std::string_view server = target.server_name.empty() ? target.label : target.server_name;
        if (same_server(target.resume, server)) ticket = offer(target.resume, target.now_ms, target.early_data);
        keys_offered_ = offered_keys(ticket, target.psks);
        for (const cipher_suite each : suites_) keys_offered_.allow(find_suite<P>(each)->hash);
        const psk* const first = keys_offered_.at(0);
        early_offered_ = target.early_data && first != nullptr && first->early.limit != 0 &&
                         suites_.contains(first->early.suite) &&
                         find_suite<P>(first->early.suite)->hash == first->hash &&
                         (first->early.protocol.empty() || config_->alpn.contains(first->early.protocol)) &&
                         (!Carrier::quic || first->early.limit == UINT32_MAX);  // RFC 9001, section 4.6.1
    }

    /// The keys for what follows ClientHello (section 4.3.10).
    void begin_early_data() noexcept {
        const psk& key = *keys_offered_.at(0);
        this->suite = find_suite<P>(key.early.suite);
        extract_early_secret<P>(key.hash, key.key, this->early_secret);
        this->derive_early_secrets(key.hash, hash_of<P>(key.hash, this->memory.output()).view());
        this->write = epoch::early;
        // Appendix E.4: before the first protected record.
        if (config_->compatibility_mode) this->out.append_change_cipher_spec();
    }
    void reject_early_data(epoch next) noexcept {
        if (this->write != epoch::early) return;
        this->write = next;
        this->forget_early_secrets();
        rejected_ = true;
    }

    /// Section 4.2.2: empty but for the compatibility mode.
    bytes_view session_id() const noexcept {
        return config_->compatibility_mode ? bytes_view(session_id_) : bytes_view{};
    }

    /// Where the content of key_share comes from: new keys out of `random`, or the shares of the first ClientHello.
    struct share_source {
        bytes_view random;
        bytes_view sent_before;
    };

    /// Sections 4.2.2, 4.3.1, 4.3.2, 4.3.3 and 9.2. False when there is no room.
    bool send_client_hello(share_source shares, bytes_view retry_cookie = {}) noexcept {
        offered_ = {};
        const auto body = [&](writer& to) {
            const auto extension = [&](extension_type type, auto body_of) {
                offered_.add(type);
                write_extension(to, type, body_of);
            };
            to.u16(static_cast<std::uint16_t>(protocol_version::tls_1_2));
            to.bytes(this->client_random);
            to.opaque(session_id(), 1);
            grease_.write_list<cipher_suite>(to, grease_place::suite, suites_, 2);
            to.u8(1);
            to.u8(0);
            length_prefix block(to, 2);
            grease_.write_extension(to);
            // RFC 6066, section 3: an address is no host name.
            if (!server_name_.empty() && x509::parse_ip_address(server_name_).size == 0)
                extension(extension_type::server_name, [&] { write_server_name(to, server_name_); });
            extension(extension_type::supported_versions, [&] {
                grease_.write_list<protocol_version>(to, grease_place::version, std::array{protocol_version::tls_1_3},
                                                     1);
            });
            extension(extension_type::supported_groups,
                      [&] { grease_.write_list<named_group>(to, grease_place::group, groups_, 2); });
            extension(extension_type::signature_algorithms,
                      [&] { grease_.write_list<signature_scheme>(to, grease_place::scheme, schemes_, 2); });
            if (!config_->alpn.empty())
                extension(extension_type::application_layer_protocol_negotiation,
                          [&] { grease_.write_protocols(to, config_->alpn); });
            // Without it the server may not send tickets (section 4.7.1), nor may keys be offered (sections 4.3.9
            // and 9.2).
            extension(extension_type::psk_key_exchange_modes, [&] {
                length_prefix modes(to, 1);
                if (grease_.on()) to.u8(grease_.psk_mode());
                to.u8(static_cast<std::uint8_t>(psk_key_exchange_mode::psk_dhe_ke));
                if (config_->psk_ke) to.u8(static_cast<std::uint8_t>(psk_key_exchange_mode::psk_ke));
            });
            // Sections 4.2.2 and 4.3.10: not in the second ClientHello.
            if (early_offered_ && !retried_) extension(extension_type::early_data, [] {});
            offer_record_limits(to, *config_, extension);
            offer_ticket_request(to, *config_, extension);
            if constexpr (Carrier::quic)
                extension(extension_type::quic_transport_parameters, [&] { to.bytes(this->parameters); });
            offer_authentication(to, *config_, extension);
            // Section 4.3.2.
            if (!retry_cookie.empty()) extension(extension_type::cookie, [&] { to.opaque(retry_cookie, 2); });
            extension(extension_type::key_share, [&] {
                if (shares.random.empty())
                    to.bytes(shares.sent_before);
                else
                    write_shares(to, shares.random);
            });
            grease_.write_extension(to, true);
            pad_client_hello(to, config_->client_hello_size, extension, keys_offered_.extension_size());
            // Sections 4.3.11 and 9.2: the last one.
            if (!keys_offered_.empty()) extension(extension_type::pre_shared_key, [&] { keys_offered_.write(to); });
        };
        if (this->out.append(this->memory, epoch::initial, handshake_type::client_hello, body).empty()) return false;
        if (!keys_offered_.empty())
            keys_offered_.bind<P>(this->memory.mutable_output(), retried_ ? &this->messages : nullptr);
        return true;
    }

    /// What ServerHello and HelloRetryRequest have to satisfy alike (sections 4.2.3 and 4.2.4).
    errc check_hello(const handshake_message& message, server_hello& hello, extension_set& extensions,
                     extension_place place) const noexcept {
        reader in(message.body);
        server_hello::head::decode(in, hello);
        if (in.failed()) return errc::decode_error;
        hello.extensions = in.empty() ? bytes_view{} : in.opaque(2);
        if (!in.finished()) return errc::decode_error;
        // Section 4.3.1: the version comes before everything else.
        if (const errc error = check_version(hello); error != errc::none) return error;
        if (const errc error = extensions.parse(hello.extensions, place, offered_); error != errc::none) return error;
        if (hello.legacy_version != protocol_version::tls_1_2) return errc::legacy_version;
        if (!equal_bytes(hello.legacy_session_id_echo, session_id())) return errc::bad_session_id;
        if (!suites_.contains(hello.suite)) return errc::suite_not_offered;
        return hello.legacy_compression_method == 0 ? errc::none : errc::bad_compression;
    }

    /// Sections 4.2.2 and 4.2.4: the second ClientHello is the first, but for the share and the cookie.
    errc receive_retry(const handshake_message& message) noexcept {
        server_hello hello{};
        extension_set extensions;
        if (const errc error = check_hello(message, hello, extensions, extension_place::hello_retry_request);
            error != errc::none)
            return error;
        const bool has_share = extensions.has(extension_type::key_share);
        const bool has_cookie = extensions.has(extension_type::cookie);
        if (!has_share && !has_cookie) return errc::useless_retry;
        key_share_retry selected{};
        cookie retry_cookie{};
        if (has_share && !decode(extensions[extension_type::key_share], selected)) return errc::decode_error;
        if (has_cookie && !decode(extensions[extension_type::cookie], retry_cookie)) return errc::decode_error;
        // Section 4.3.8: a group that we offered, and of which the server does not have a share already.
        if (has_share && !groups_.contains(selected.group)) return errc::group_not_offered;
        if (has_share && shared_.contains(selected.group)) return errc::useless_retry;

        this->suite = find_suite<P>(hello.suite);
        this->messages = transcript<P>(this->hash());
        const bytes_view first = this->memory.output();
        this->messages.add(first);
        this->messages.restart_with_message_hash();
        this->messages.add(message.whole);
        this->memory.restart_output();
        retried_ = true;
        keys_offered_.allow_only(this->hash());
        reject_early_data(epoch::initial);
        if (config_->compatibility_mode && !early_offered_) this->out.append_change_cipher_spec();
        return has_share ? send_with_new_share(selected.group, retry_cookie.value)
                         : send_again(first, retry_cookie.value);
    }

    errc send_with_new_share(named_group which, bytes_view retry_cookie) noexcept {
        shared_.clear();
        shared_.push_back(which);
        std::array<std::uint8_t, group_facts<P>::all_random> random;
        if (!this->crypto->random(mutable_bytes(random).first(client_random_size<P>(which))))
            return errc::internal_error;
        const bool room = send_client_hello({random, {}}, retry_cookie);
        wipe(random);
        return finish_second_hello(room);
    }

    /// The shares stay as they were in the first ClientHello, which still lies in the arena.
    errc send_again(bytes_view first_hello, bytes_view retry_cookie) noexcept {
        parsed_client_hello first;
        if (first.parse(first_hello.subspan(handshake_header_size)) != errc::none) return errc::internal_error;
        const bytes_view shares = first.extensions[extension_type::key_share];
        return finish_second_hello(send_client_hello({{}, shares}, retry_cookie));
    }

    errc finish_second_hello(bool room) noexcept {
        if (keys_.error() != errc::none) return keys_.error();
        // There is room in the arena; not so in the extensions for a cookie as long as they are.
        if (!room) return errc::message_too_long;
        this->messages.add(this->memory.output());
        this->out.complete();
        return errc::none;
    }

    errc receive_server_hello(const handshake_message& message) noexcept {
        server_hello hello{};
        extension_set extensions;
        // Section 4.2.4: HelloRetryRequest has settled the version, too.
        if (const errc error = check_hello(message, hello, extensions, extension_place::server_hello);
            error != errc::none)
            return retried_ && error == errc::version_not_supported ? errc::version_not_offered : error;
        // Section 4.2.4: HelloRetryRequest has settled the suite.
        if (retried_ && hello.suite != this->suite->suite) return errc::suite_changed;
        const psk* key = nullptr;
        if (const errc error = accept_psk(keys_offered_, extensions, find_suite<P>(hello.suite)->hash, key);
            error != errc::none)
            return error;
        shared_secret<P> secret;
        if (extensions.has(extension_type::key_share)) {
            const errc error = receive_share(extensions[extension_type::key_share], secret);
            if (error != errc::none) return error;
        } else {  // section 9.2; sections 4.3.9 and 4.3.11: only in a mode that was offered
            if (key == nullptr) return errc::missing_extension;
            if (!config_->psk_ke) return errc::psk_without_share;
        }
        keys_.clear();
        if (key != keys_offered_.at(0)) reject_early_data(epoch::handshake);
        if (key != nullptr) {
            this->psk_used = true;
            this->peer_authenticated = key->peer_authenticated;
            external_key_ = key->kind != psk_kind::resumption;
            extract_early_secret<P>(key->hash, key->key, this->early_secret);
        }
        if (!retried_) {
            this->suite = find_suite<P>(hello.suite);
            this->messages = transcript<P>(this->hash());
            this->messages.add(this->memory.output());
            this->memory.release_output();
        }
        this->messages.add(message.whole);
        this->derive_handshake_secrets(secret.view());
        this->read = epoch::handshake;
        if (this->write != epoch::early) this->write = epoch::handshake;
        return errc::none;
    }

    errc receive_share(bytes_view data, shared_secret<P>& secret) noexcept {
        key_share_entry share{};
        if (!decode(data, share)) return errc::decode_error;
        // Section 4.3.8: a share of a group of which the server has one of ours.
        if (!shared_.contains(share.group)) return retried_ ? errc::group_changed : errc::group_not_offered;
        this->group = share.group;
        return keys_.finish(share.group, share.key_exchange, secret);
    }

    /// Sections 4.3.10, 4.3.11 and 4.4.1: early data is accepted here, or not at all.
    errc receive_early_data_answer(const extension_set& extensions) noexcept {
        if (!extensions.has(extension_type::early_data)) {
            reject_early_data(epoch::handshake);
            return errc::none;
        }
        if (!extensions[extension_type::early_data].empty()) return errc::decode_error;
        if (this->write != epoch::early) return errc::bad_early_data_choice;
        const early_data_terms& terms = keys_offered_.at(0)->early;
        if (this->suite->suite != terms.suite || protocol() != terms.protocol) return errc::bad_early_data_choice;
        this->early_data_accepted = true;
        return errc::none;
    }

    errc receive_parameters(const extension_set& extensions) noexcept {
        // RFC 6066, section 3: the server acknowledges the name with an empty extension.
        if (!extensions[extension_type::server_name].empty()) return errc::decode_error;
        if (const errc error = accept_record_limits(*config_, extensions, this->limits); error != errc::none)
            return error;
        if (const errc error = accept_ticket_request(extensions, this->tickets_expected); error != errc::none)
            return error;
        // Section 4.3.7: may be sent, and is not acted upon here; but it has to be well formed.
        named_group_list groups{};
        if (extensions.has(extension_type::supported_groups) &&
            !decode(extensions[extension_type::supported_groups], groups))
            return errc::decode_error;
        if (const errc error = accept_protocol(*config_, extensions, protocol_); error != errc::none) return error;
        const errc error = accept_certificate_types(*config_, extensions, this->psk_used, this->types);
        return error != errc::none ? error : receive_early_data_answer(extensions);
    }

    template <class Row>
    outcome receive_certificate(Row row, const handshake_message& message) noexcept {
        bytes_view list;
        if (const errc error = this->read_certificate(message, this->types.server, offered_, list); error != errc::none)
            return row.fail(error);
        if (list.empty()) return row.fail(errc::empty_certificate);  // sections 4.5.1 and 4.5.1.3
        const delegation_terms terms{config_->delegated_schemes, schemes_, now_ms_, true};
        if (const errc error = accept_delegation(*this, list, terms); error != errc::none) return row.fail(error);
        peer_list_ = this->memory.range_of(list);
        this->messages.add(message.whole);
        return row.template to<state::asks_verdict>();
    }

    bool send_last() noexcept {
        if (!this->send_finished(this->client_base())) return false;
        if (this->late)
            this->end_answer();
        else
            this->derive_resumption_secret();
        this->write = epoch::application;
        this->out.complete();
        return true;
    }

    std::size_t early_limit() const noexcept { return keys_offered_.at(0)->early.limit; }

    const client_config* config_ = nullptr;
    std::string_view server_name_;
    std::uint64_t now_ms_ = 0;
    fixed_vector<cipher_suite, 8> suites_;
    fixed_vector<named_group, 8> groups_;
    fixed_vector<signature_scheme, 16> schemes_;
    fixed_vector<named_group, 4> shared_;
    client_keys<P> keys_;
    offered_keys keys_offered_;
    grease grease_;
    bytes_view early_sent_;
    std::uint32_t early_padded_ = 0;  // bytes, with padding
    std::array<std::uint8_t, 32> session_id_{};
    extension_mask offered_;
    arena_range peer_list_;
    arena_range request_;
    std::size_t protocol_ = SIZE_MAX;
    state state_ = state::wait_server_hello;
    bool retried_ = false;
    bool requested_ = false;
    bool external_key_ = false;
    bool early_offered_ = false;
    bool rejected_ = false;
};

}  // namespace v1
}  // namespace spantls
