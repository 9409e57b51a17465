// The server's handshake: messages in, flights out, questions in between (RFC 9846, sections 2 and 4, appendix A.2).
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
#include <spantls/handshake/certificate_request.hpp>
#include <spantls/handshake/cookie.hpp>
#include <spantls/handshake/core.hpp>
#include <spantls/handshake/grease.hpp>
#include <spantls/handshake/key_exchange.hpp>
#include <spantls/handshake/offered_keys.hpp>
#include <spantls/handshake/outstanding_requests.hpp>
#include <spantls/handshake/post_handshake.hpp>
#include <spantls/handshake/tables.hpp>
#include <spantls/handshake/ticket_request.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/key_share.hpp>
#include <spantls/message/server_hello.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/x509/peer.hpp>

namespace spantls {
inline namespace v1 {

template <class P, class Carrier = by_records>
class server_handshake : public handshake_core<P>, public Carrier {
public:
    using provider_type = P;
    using state = server_state;
    static constexpr bool is_server = true;
    static constexpr const auto& table = server_table;

    template <server_state From, event On>
    using here = at<server_table, From, On>;
    using outcome = v1::outcome<server_state>;

    /// Waits for a ClientHello. `settings` have been checked; they and `client_address` stay where they are.
    errc start(P& provider, const server_config& settings, arena behind, bytes_view client_address = {}) noexcept {
        this->crypto = &provider;
        this->memory = behind;
        config_ = &settings;
        client_address_ = client_address;
        schemes_ = usable_schemes<P>(settings.prefer);
        if (settings.grease && !grease_.draw(provider)) return errc::internal_error;
        return usable_suites(settings.prefer, provider).empty() ? errc::config_no_suite : errc::none;
    }

    state current() const noexcept { return state_; }
    void enter(state next) noexcept { state_ = next; }
    bool done() const noexcept { return state_ == state::connected; }

    /// Messages that were handled are still looked at.
    bool keeps_input() const noexcept {
        return state_ == state::asks_psk || state_ == state::asks_early_data || state_ == state::asks_identity ||
               state_ == state::asks_decompression || state_ == state::asks_verdict ||
               state_ == state::wait_certificate_verify;
    }
    bool keeps_output() const noexcept { return false; }

    /// Room in the arena's output that handling `message`, or answering what it asks, may need: all of the first flight
    /// but the signature.
    std::size_t output_needed(const handshake_message& message) const noexcept {
        if (message.type == handshake_type::certificate) return output_behind_certificate(message.body.size());
        if (message.type != handshake_type::client_hello) return 0;
        constexpr std::size_t hello = 4 + 2 + 32 + 33 + 2 + 1 + 2 + 6 + 8 + group_facts<P>::server_share;
        constexpr std::size_t psk = 6 + 4 + (4 + max_digest_size);
        constexpr std::size_t extensions = 4 + 2 + 4 + (7 + 255) + record_limits_answer_size +
                                           ticket_request_answer_size + certificate_types_answer_size + psk;
        return hello + extensions + certificate_request_size(*config_, schemes_.size()) + 12;
    }
    std::size_t output_room(const handshake_message&) const noexcept { return this->memory.output_room().size(); }

    // What the open question shows.
    x509::peer peer() const noexcept {
        return {x509::chain_view(this->memory.at(peer_list_)),
                {},
                x509::key_purpose::client_auth,
                this->types.client,
                {},
                config_->ask_for_staples};
    }
    bytes_view request() const noexcept { return hello_body(); }
    /// The binder of the key that was selected: no other ClientHello has it.
    bytes_view unique() const noexcept { return parsed_hello().psks.binder(psk_index_); }
    std::uint32_t obfuscated_age() const noexcept { return parsed_hello().psks.obfuscated_age(psk_index_); }
    /// The key that was selected is a ticket's.
    bool resumed() const noexcept { return resumed_; }
    std::size_t psks_offered() const noexcept { return parsed_hello().psks.size(); }

    /// The ALPN name that was selected; empty when none was.
    std::string_view protocol() const noexcept {
        return protocol_ < config_->alpn.size() ? config_->alpn[protocol_] : std::string_view{};
    }
    /// As in the client; there the request is written again, when it is the answer to one.
    std::span<const certificate_compression> compressions() const noexcept { return config_->certificate_compressions; }
    std::size_t output_behind_certificate(std::size_t) const noexcept {
        return this->late ? certificate_request_size(*config_, schemes_.size()) : 0;
    }
    bool key_log_wanted() const noexcept { return config_->key_log; }
    traffic_secret<P>& sending(epoch keys) noexcept {
        return keys == epoch::handshake ? this->server_handshake_traffic : this->server_application_traffic;
    }
    traffic_secret<P>& receiving(epoch keys) noexcept {
        if (keys == epoch::early) return this->client_early_traffic;
        return keys == epoch::handshake ? this->client_handshake_traffic : this->client_application_traffic;
    }
    /// Whether the client may be asked for a certificate when the handshake is done. Sections 4.3.6 and 4.4.2: only
    /// when it offers that, and has not proved itself by an external key.
    bool authenticates_late() const noexcept {
        return !Carrier::quic && config_->post_handshake_auth && late_offered_ && !external_key_;
    }
    /// Bits (1 << handshake_type) of the messages that may come then, and whether nothing else may.
    late_messages late_expected() const noexcept {
        // Section 4.7.2: an answer may come as long as there is a request without one.
        if (state_ == state::connected) {
            const std::uint32_t compressed =
                compressions().empty() ? 0 : late_messages::bit(handshake_type::compressed_certificate);
            return {requests_.empty() ? 0 : late_messages::bit(handshake_type::certificate) | compressed, false,
                    compressions()};
        }
        // Section 4.7.2: the messages of an answer are consecutive.
        return {late_messages::bit(state_ == state::wait_finished ? handshake_type::finished
                                                                  : handshake_type::certificate_verify),
                true};
    }
    /// Sends a CertificateRequest (section 4.7.2). too_many_requests, workspace_too_small, internal_error: nothing is
    /// sent.
    errc request_authentication() noexcept {
        if (requests_.full()) return errc::too_many_requests;
        std::array<std::uint8_t, outstanding_requests::random_size> random;
        if (!this->crypto->random(random)) return errc::internal_error;
        const bytes_view context = requests_.add(random);
        const bytes_view sent =
            this->out.append(this->memory, epoch::application, handshake_type::certificate_request,
                             [&](writer& to) { write_certificate_request(to, context, *config_, schemes_, grease_); });
        if (sent.empty()) {
            requests_.take_back();
            return errc::workspace_too_small;
        }
        this->out.complete();
        return errc::none;
    }
    /// True once for each request that was answered.
    bool take_answered() noexcept { return std::exchange(answered_, false); }
    /// The client has sent a suitable psk_key_exchange_modes: it may be sent tickets (section 4.7.1).
    bool tickets_wanted() const noexcept { return tickets_wanted_; }
    /// An extension for its tickets that means nothing; 0: none (RFC 8701, section 4.1).
    std::uint16_t ticket_grease() const noexcept { return grease_.value(grease_place::extension); }
    /// The client may have sent early data, which has to be skipped (section 4.3.10).
    bool early_data_offered() const noexcept { return early_data_offered_; }
    /// Bytes of early data that may still come.
    std::size_t early_data_left() const noexcept { return early_data_left_; }
    void note_early_data(std::size_t size) noexcept { early_data_left_ -= static_cast<std::uint32_t>(size); }

    // Rows of the table.

    outcome on(here<state::wait_client_hello, event::client_hello> row, const handshake_message& message) noexcept {
        parsed_client_hello hello;
        client_key_shares shares;
        if (const errc error = negotiate(message, hello, shares); error != errc::none) return row.fail(error);
        // Section 4.3.2: of the first nothing was kept.
        if (gives_cookies() && hello.extensions.has(extension_type::cookie)) return go_on(row, hello, shares);
        const bool psk = may_use_psk(hello);
        // A key of which nobody has proved anything yet may do without a share.
        const bool needs_share = share_.size == 0 && !(psk && psk_ke_);
        if (needs_share || config_->always_retry) {
            if (const errc error = retry(message.whole, hello, needs_share); error != errc::none)
                return row.fail(error);
            return row.template to<state::wait_second_client_hello>();
        }
        if (psk) return row.template to<state::asks_psk>();
        if (const errc error = begin_certificates(hello); error != errc::none) return row.fail(error);
        return row.template to<state::asks_identity>();
    }

    outcome on(here<state::wait_second_client_hello, event::client_hello> row,
               const handshake_message& message) noexcept {
        parsed_client_hello hello;
        client_key_shares shares;
        if (const errc error = negotiate(message, hello, shares); error != errc::none) return row.fail(error);
        return go_on(row, hello, shares);
    }

    outcome on(here<state::asks_psk, event::answer_psk> row, const psk_choice& choice) noexcept {
        const parsed_client_hello hello = parsed_hello();
        // A ticket of somebody unknown does not make up for the certificate that is required.
        const bool too_weak = config_->authenticate_client == client_authentication::require &&
                              choice.kind == psk_kind::resumption && !choice.peer_authenticated;
        if (choice.key.empty() || too_weak || !choose_suite_for(hello, choice.hash)) {
            if (share_.size == 0 && !retried_) {
                if (const errc error = retry(this->memory.at(hello_), hello, true); error != errc::none)
                    return row.fail(error);
                return row.template to<state::wait_second_client_hello>();
            }
            if (const errc error = begin_certificates(hello); error != errc::none) return row.fail(error);
            return row.template to<state::asks_identity>();
        }
        // Section 4.3.11.
        if (!check_binder(hello, choice)) return row.fail(errc::bad_binder);
        this->psk_used = true;
        this->peer_authenticated = choice.peer_authenticated;
        resumed_ = choice.kind == psk_kind::resumption;
        external_key_ = choice.kind != psk_kind::resumption;
        psk_index_ = choice.index;
        begin_transcript();
        if (may_take_early_data(hello, choice)) return row.template to<state::asks_early_data>();
        const errc error = send_flight_with_psk();
        return error == errc::none ? row.template to<state::wait_finished>() : row.fail(error);
    }

    outcome on(here<state::asks_early_data, event::answer_early_data> row, const early_data& answer) noexcept {
        if (answer == early_data::accept) {
            this->derive_early_secrets(this->hash(), this->messages.current().view());
            this->early_data_accepted = true;
        }
        // Section 4.3.11.3: at once.
        if (const errc error = send_flight_with_psk(); error != errc::none) return row.fail(error);
        if (!this->early_data_accepted || Carrier::quic) return row.template to<state::wait_finished>();
        this->read = epoch::early;
        return row.template to<state::wait_end_of_early_data>();
    }

    outcome on(here<state::wait_end_of_early_data, event::end_of_early_data> row,
               const handshake_message& message) noexcept {
        if (!message.body.empty()) return row.fail(errc::decode_error);
        this->messages.add(message.whole);
        this->client_early_traffic.clear();
        this->read = epoch::handshake;
        return row.template to<state::wait_finished>();
    }

    outcome on(here<state::asks_identity, event::answer_identity> row, const identity& who) noexcept {
        const list_view<signature_scheme> accepted(this->memory.at(client_schemes_));
        const parsed_client_hello hello = parsed_hello();
        // Section 4.5.2.
        if (!this->choose_scheme(who, accepted, hello.delegated.schemes)) return row.fail(errc::no_common_scheme);
        const bool requests = config_->authenticate_client != client_authentication::none;
        if (const errc error = choose_certificate_types(*config_, hello, who.type, requests, this->types);
            error != errc::none)
            return row.fail(error);
        this->become(who, hello.proofs, hello.compressions.algorithms);
        const errc error = send_certificates();
        return error == errc::none ? row.template to<state::asks_signature>() : row.fail(error);
    }

    outcome on(here<state::asks_signature, event::answer_signature> row, const signature& answer) noexcept {
        if (!this->send_certificate_verify(answer) || !end_flight()) return row.fail(errc::internal_error);
        if (config_->authenticate_client != client_authentication::none)
            return row.template to<state::wait_certificate>();
        return row.template to<state::wait_finished>();
    }

    /// Section 4.7.2: also as the answer to one of the requests, in any order.
    template <server_state From>
    outcome on(here<From, event::certificate> row, const handshake_message& message) noexcept {
        return receive_certificate(row, message);
    }

    template <server_state From>
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
        if (const errc error = this->check_certificate_verify(message, schemes_, false); error != errc::none)
            return row.fail(error);
        this->messages.add(message.whole);
        return row.template to<state::wait_finished>();
    }

    outcome on(here<state::wait_finished, event::finished> row, const handshake_message& message) noexcept {
        if (const errc error = this->check_finished(message, this->client_base()); error != errc::none)
            return row.fail(error);
        if (this->late) {
            this->end_answer();
            answered_ = true;
            return row.template to<state::connected>();
        }
        this->messages.add(message.whole);
        this->derive_resumption_secret();
        this->read = epoch::application;
        return row.template to<state::connected>();
    }

private:
    template <class Row>
    outcome receive_certificate(Row row, const handshake_message& message) noexcept {
        bytes_view list, context;
        if (this->late)
            if (const errc error = begin_late_answer(message, context); error != errc::none) return row.fail(error);
        if (const errc error =
                this->read_certificate(message, this->types.client, asked_proofs(*config_), list, context);
            error != errc::none)
            return row.fail(error);
        this->messages.add(message.whole);
        if (!list.empty()) {
            peer_list_ = this->memory.range_of(list);
            return row.template to<state::asks_verdict>();
        }
        // Sections 4.5.1 and 4.5.1.3: whether to go on without is the server's choice.
        if (!this->late && config_->authenticate_client == client_authentication::require)
            return row.fail(errc::certificate_required);
        return row.template to<state::wait_finished>();
    }
    errc begin_late_answer(const handshake_message& message, bytes_view& context) noexcept {
        certificate_message shown{};
        if (!decode(message.body, shown)) return errc::decode_error;
        const std::size_t which = requests_.find(shown.context);
        if (which == requests_.size()) return errc::bad_request_context;
        // The request is not kept, but it is the same again.
        writer request(this->memory.output_room());
        write_message(request, handshake_type::certificate_request,
                      [&] { write_certificate_request(request, shown.context, *config_, schemes_, grease_); });
        if (request.overflowed()) return errc::internal_error;
        this->begin_answer(request.written());
        requests_.remove(which);
        this->peer_authenticated = false;
        context = shown.context;
        return errc::none;
    }

    /// Sections 4.2.1 and 4.2.2: suite, group and application protocol. share_ is empty when a retry is needed.
    errc negotiate(const handshake_message& message, parsed_client_hello& hello, client_key_shares& shares) noexcept {
        if (const errc error = hello.parse(message.body); error != errc::none) return error;
        // Sections 4.3.3 and 9.2: without a PSK that may be used a certificate is needed, and what that takes; and
        // never one of supported_groups and key_share without the other.
        using type = extension_type;
        const bool groups = hello.extensions.has(type::supported_groups), share = hello.extensions.has(type::key_share);
        if (groups != share) return errc::missing_extension;
        const auto offers = [&](psk_key_exchange_mode mode) { return hello.psk_modes.modes.contains(mode); };
        psk_ke_ = config_->psk_ke && offers(psk_key_exchange_mode::psk_ke);
        tickets_wanted_ = offers(psk_key_exchange_mode::psk_dhe_ke);
        if (!may_use_psk(hello) && (!groups || !hello.extensions.has(type::signature_algorithms)))
            return errc::missing_extension;
        if (share)
            if (const errc error = shares.parse(hello.extensions[type::key_share], hello.groups.groups);
                error != errc::none)
                return error;
        early_data_offered_ = hello.extensions.has(type::early_data);
        // Section 4.3.6.
        late_offered_ = hello.extensions.has(type::post_handshake_auth);
        // RFC 9001, section 4: there are no records there.
        if constexpr (!Carrier::quic)
            if (const errc error = choose_record_limits(*config_, hello.extensions, this->limits); error != errc::none)
                return error;
        if (const errc error = read_ticket_request(hello.extensions, tickets_asked_); error != errc::none) return error;
        // RFC 9001, section 8.2.
        if (!Carrier::quic && hello.extensions.has(type::quic_transport_parameters)) return errc::quic_parameters;
        // Section 4.2.2: what is not known is passed over.
        this->suite = common_suite(config_->prefer, *this->crypto, hello.hello.cipher_suites);
        if (this->suite == nullptr) return errc::no_common_suite;
        if (!choose_group(hello, shares) && !(may_use_psk(hello) && psk_ke_)) return errc::no_common_group;
        if (!choose_protocol(*config_, hello, protocol_)) return errc::no_common_protocol;
        hello_ = this->memory.range_of(message.whole);
        client_schemes_ = this->memory.range_of(hello.schemes.schemes.raw());
        session_id_ = this->memory.range_of(hello.hello.legacy_session_id);
        return errc::none;
    }

    /// Sections 4.2.1 and 4.3.9: in a way that both sides allow.
    bool may_use_psk(const parsed_client_hello& hello) const noexcept {
        return config_->use_psk && !hello.psks.empty() && (tickets_wanted_ || psk_ke_);
    }

    bytes_view hello_body() const noexcept {
        const bytes_view whole = this->memory.at(hello_);
        return whole.subspan(whole.size() < handshake_header_size ? 0 : handshake_header_size);
    }
    parsed_client_hello parsed_hello() const noexcept {
        parsed_client_hello hello;
        (void)hello.parse(hello_body());  // it has been parsed before
        return hello;
    }

    /// Section 4.3.11.2: before anything that the client says about the key is believed.
    bool check_binder(const parsed_client_hello& hello, const psk_choice& choice) noexcept {
        const bytes_view whole = this->memory.at(hello_);
        extract_early_secret<P>(choice.hash, choice.key, this->early_secret);
        return proves<P>(whole.first(whole.size() - hello.psks.binders_size()), hello.psks.binder(choice.index), choice,
                         this->early_secret, retried_ ? &this->messages : nullptr);
    }

    /// Section 4.3.10, appendix F.5: all that early data depends on is as it was when the key was agreed on, and the
    /// key is the first that is offered.
    bool may_take_early_data(const parsed_client_hello& hello, const psk_choice& choice) noexcept {
        const early_data_terms& terms = choice.early;
        early_data_left_ = terms.limit;
        // What was promised and is too much now is not taken at all: its end would be a surprise to the client. QUIC
        // has one limit (RFC 9001, section 4.6.1).
        const bool allowed = config_->max_early_data != 0 && (Carrier::quic ? terms.limit == config_->max_early_data
                                                                            : terms.limit <= config_->max_early_data);
        return early_data_offered_ && !retried_ && choice.index == 0 && allowed &&
               terms.hold(this->suite->suite, protocol(), hello.server_name);
    }

    /// Section 9.2.
    errc begin_certificates(const parsed_client_hello& hello) noexcept {
        if (!hello.extensions.has(extension_type::signature_algorithms) || share_.size == 0)
            return errc::missing_extension;
        begin_transcript();
        return errc::none;
    }

    /// Section 4.3.11: the best suite of that hash; section 4.2.4: after a retry, the one that it named.
    bool choose_suite_for(const parsed_client_hello& hello, hash_id hash) noexcept {
        if (this->suite->hash == hash) return true;
        if (retried_) return false;
        const suite_info* const best = common_suite(config_->prefer, *this->crypto, hello.hello.cipher_suites, hash);
        if (best != nullptr) this->suite = best;
        return best != nullptr;
    }

    /// Section 4.3.8: the best group of which the client has sent a share; without one, the best that it knows.
    bool choose_group(const parsed_client_hello& hello, const client_key_shares& shares) noexcept {
        const auto groups = usable_groups<P>(config_->prefer);
        share_ = {};
        this->group = shares.first_of(groups);
        if (this->group != named_group{})
            share_ = this->memory.range_of(shares.find(this->group));
        else
            this->group = hello.groups.groups.first_of(groups);
        return this->group != named_group{};
    }

    /// The ClientHello that is answered with a ServerHello is added to the transcript, whose hash is known now.
    void begin_transcript() noexcept {
        reader in(hello_body());
        in.u16();
        copy_bytes(in.bytes(32), this->client_random);
        if (!retried_) this->messages = transcript<P>(this->hash());
        this->messages.add(this->memory.at(hello_));
    }

    // HelloRetryRequest, and what comes back

    bool gives_cookies() const noexcept { return !config_->cookie_secrets.empty(); }

    /// Sections 4.2.1 and 4.2.4.
    errc retry(bytes_view whole, const parsed_client_hello& hello, bool needs_share) noexcept {
        const bool asks_share = share_.size == 0 && this->group != named_group{};
        if (needs_share && !asks_share)
            return hello.extensions.has(extension_type::key_share) ? errc::no_common_group : errc::missing_extension;
        // Section 4.3.11: keys have a say in the suite; behind a retry only those of its hash are left (section 4.2.4).
        const hash_id other = this->hash() == hash_id::sha256 ? hash_id::sha384 : hash_id::sha256;
        if (may_use_psk(hello) && !hello.psks.any_of(this->hash()) && hello.psks.any_of(other))
            (void)choose_suite_for(hello, other);
        terms_ = {this->suite->suite, asks_share ? this->group : named_group{}, hash_of<P>(this->hash(), whole),
                  hash_unchanging<P>(this->hash(), hello, asks_share), identities_of<P>(this->hash(), hello.psks)};
        std::array<std::uint8_t, max_retry_cookie> space;
        bytes_view sealed;
        if (gives_cookies()) sealed = seal_cookie<P>(terms_, config_->cookie_secrets[0], client_address_, space);
        begin_retry();
        const bool sent = this->send(epoch::initial, handshake_type::server_hello, [&](writer& to) {
            write_retry(to, this->memory.at(session_id_), terms_, sealed);
        });
        if (!hello.hello.legacy_session_id.empty()) this->out.append_change_cipher_spec();
        this->out.complete();
        return sent ? errc::none : errc::workspace_too_small;
    }

    /// Section 4.1: the transcript up to HelloRetryRequest.
    void begin_retry() noexcept {
        this->messages = transcript<P>(this->hash());
        this->messages.restart_with_message_hash(terms_.first_hello);
        retried_ = true;
    }

    /// Section 4.2.4: the suite that the retry has named, whatever is the best one now.
    errc take_suite() noexcept {
        this->suite = find_suite<P>(terms_.suite);
        return usable_suites(config_->prefer, *this->crypto).contains(terms_.suite) ? errc::none : errc::hello_changed;
    }

    /// Sections 4.2.4 and 4.3.2: all that is known of the first ClientHello is what the cookie says, and that
    /// HelloRetryRequest follows from it.
    errc take_cookie(const parsed_client_hello& hello) noexcept {
        cookie given{};
        if (!hello.extensions.has(extension_type::cookie)) return errc::bad_cookie;
        if (!decode(hello.extensions[extension_type::cookie], given)) return errc::decode_error;
        // Section 4.3.2 names no alert; RFC 9147, section 5.1, does.
        if (!open_cookie<P>(given.value, config_->cookie_secrets, client_address_, terms_)) return errc::bad_cookie;
        if (const errc error = take_suite(); error != errc::none) return error;
        begin_retry();
        std::array<std::uint8_t, 4 + 2 + 32 + 33 + 2 + 1 + 2 + 6 + 6 + (6 + max_retry_cookie)> retry;
        writer to(retry);
        write_message(to, handshake_type::server_hello,
                      [&] { write_retry(to, this->memory.at(session_id_), terms_, given.value); });
        this->messages.add(to.written());
        return errc::none;
    }

    errc check_second_hello(const parsed_client_hello& hello, const client_key_shares& shares) noexcept {
        if (const errc error = gives_cookies() ? take_cookie(hello) : take_suite(); error != errc::none) return error;
        // Sections 4.2.2, 4.2.4 and 4.3.10: the same hello, but for what the retry asked for: one share, of the group
        // that it named; and keys of another hash than the suite's may be gone.
        const bool asked_share = terms_.group != named_group{};
        const bool same =
            equal_bytes(hash_unchanging<P>(this->hash(), hello, asked_share).view(), terms_.unchanging.view()) &&
            identities_of<P>(this->hash(), hello.psks).remain_of(terms_.keys) &&
            !hello.extensions.has(extension_type::early_data);
        if (!same || (!gives_cookies() && hello.extensions.has(extension_type::cookie))) return errc::hello_changed;
        if (!asked_share) return errc::none;
        return share_.size == 0 || shares.size() != 1 || this->group != terms_.group ? errc::bad_key_shares
                                                                                     : errc::none;
    }

    /// With the second ClientHello.
    template <class Row>
    outcome go_on(Row row, const parsed_client_hello& hello, const client_key_shares& shares) noexcept {
        if (const errc error = check_second_hello(hello, shares); error != errc::none) return row.fail(error);
        if (may_use_psk(hello)) return row.template to<state::asks_psk>();
        if (const errc error = begin_certificates(hello); error != errc::none) return row.fail(error);
        return row.template to<state::asks_identity>();
    }

    /// ServerHello and EncryptedExtensions (sections 4.2.3, 4.3.8 and 4.4.1); section 4.3.9: with a share, unless only
    /// the PSK is to be used.
    errc send_parameters() noexcept {
        // RFC 7250, section 4.2: later a certificate may be asked for; of no type in common, it cannot.
        if (authenticates_late())
            late_offered_ = choose_client_type(*config_, parsed_hello(), this->types) == errc::none;
        secret_bytes<32 + group_facts<P>::server_random> random;
        if (!this->crypto->random(random.bytes())) return errc::internal_error;
        std::array<std::uint8_t, group_facts<P>::server_share> share;
        std::size_t share_size = 0;
        shared_secret<P> secret;
        if (share_.size == 0) this->group = {};
        if (share_.size != 0) {
            const errc error =
                respond<P>(this->group, random.bytes().subspan(32), this->memory.at(share_), share, share_size, secret);
            if (error != errc::none) return error;
        }
        const bool room = this->send(epoch::initial, handshake_type::server_hello, [&](writer& to) {
            write_server_hello(to, random.first(32), this->memory.at(session_id_), this->suite->suite, [&] {
                if (share_size != 0)
                    write_extension(to, extension_type::key_share, [&] {
                        to.u16(static_cast<std::uint16_t>(this->group));
                        to.opaque(bytes_view(share).first(share_size), 2);
                    });
                if (this->psk_used)
                    write_extension(to, extension_type::pre_shared_key,
                                    [&] { to.u16(static_cast<std::uint16_t>(psk_index_)); });
            });
        });
        // Appendix E.4: after the first message, whichever it was.
        if (session_id_.size != 0 && !retried_) this->out.append_change_cipher_spec();
        this->derive_handshake_secrets(secret.view());
        this->read = epoch::handshake;
        return room && send_encrypted_extensions() ? errc::none : errc::workspace_too_small;
    }

    /// CertificateRequest and Certificate behind them (sections 4.4.2 and 4.5.1).
    errc send_certificates() noexcept {
        if (const errc error = send_parameters(); error != errc::none) return error;
        const auto request = [&](writer& to) { write_certificate_request(to, {}, *config_, schemes_, grease_); };
        if (config_->authenticate_client != client_authentication::none &&
            !this->send(epoch::handshake, handshake_type::certificate_request, request))
            return errc::workspace_too_small;
        return this->send_certificate({}, true) ? errc::none : errc::workspace_too_small;
    }

    /// Section 4.4.2, appendix F.1: with a key no certificates, neither shown nor asked for.
    errc send_flight_with_psk() noexcept {
        // Sections 4.3.8 and 4.3.9: a share is only used in a mode that the client offers.
        if (!tickets_wanted_) share_ = {};
        if (const errc error = send_parameters(); error != errc::none) return error;
        return end_flight() ? errc::none : errc::workspace_too_small;
    }

    bool end_flight() noexcept {
        if (!this->send_finished(this->server_handshake_traffic)) return false;
        this->derive_application_secrets();
        this->write = epoch::application;  // section 4.5.3
        this->out.complete();
        return true;
    }

    /// Nothing else is answered, status_request_v2 least of all (section 4.5.1.1).
    bool send_encrypted_extensions() noexcept {
        this->tickets_expected = expected_tickets(*config_, tickets_asked_, resumed_, tickets_wanted_);
        return this->send(epoch::handshake, handshake_type::encrypted_extensions, [&](writer& to) {
            length_prefix block(to, 2);
            if (const std::string_view name = protocol(); !name.empty())
                write_extension(to, extension_type::application_layer_protocol_negotiation,
                                [&] { write_protocol_names(to, std::span(&name, 1)); });
            answer_record_limits(to, this->limits);
            answer_ticket_request(to, this->tickets_expected);
            answer_certificate_types(to, this->types);
            if (this->early_data_accepted) write_extension(to, extension_type::early_data, [] {});
            if constexpr (Carrier::quic)
                write_extension(to, extension_type::quic_transport_parameters, [&] { to.bytes(this->parameters); });
        });
    }

    const server_config* config_ = nullptr;
    fixed_vector<signature_scheme, 16> schemes_;
    grease grease_;
    retry_terms terms_;          // after a retry
    bytes_view client_address_;  // which the cookie is bound to
    arena_range hello_, share_, client_schemes_, session_id_, peer_list_;
    std::size_t protocol_ = SIZE_MAX;
    std::size_t psk_index_ = 0;
    std::uint32_t early_data_left_ = 0;
    state state_ = state::wait_client_hello;
    std::optional<ticket_counts> tickets_asked_;
    bool resumed_ = false;
    bool retried_ = false;
    bool tickets_wanted_ = false;  // the client offers psk_dhe_ke
    bool psk_ke_ = false;          // both sides let a PSK do without a key exchange
    bool early_data_offered_ = false;
    bool late_offered_ = false;  // post_handshake_auth
    bool external_key_ = false;
    bool answered_ = false;
    outstanding_requests requests_;
};

}  // namespace v1
}  // namespace spantls
