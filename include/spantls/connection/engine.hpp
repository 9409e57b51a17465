// What moves a connection: the handshake machine between the two halves of the record layer. connection.hpp is its
// face.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/connection/reading.hpp>
#include <spantls/connection/state.hpp>
#include <spantls/connection/workspace.hpp>
#include <spantls/handshake/key_exchange.hpp>
#include <spantls/handshake/machine.hpp>
#include <spantls/record/mailbox.hpp>
#include <spantls/record/sender.hpp>
#include <spantls/step.hpp>

namespace spantls {
inline namespace v1 {

struct connection_mover;

/// The state of a connection, and everything that it does by itself.
template <class Machine>
class connection_engine {
public:
    using provider_type = typename Machine::provider_type;
    using state = typename Machine::state;
    static constexpr bool is_server = Machine::is_server;

    /// Bytes that the shares of the provider's groups take more than one of X25519 would, in both hellos.
    static constexpr std::size_t long_shares =
        group_facts<provider_type>::all_client_shares - 32 + group_facts<provider_type>::server_share - 32;

    /// The smallest workspace that is taken. It does for a handshake with Ed25519 certificates whose messages fit into
    /// one kilobyte; a larger flight makes receive() ask for more.
    static constexpr std::size_t smallest_workspace = handshake_workspace<Machine>::overhead + 1024 + long_shares;
    /// A workspace with which ordinary handshakes never ask for more.
    static constexpr std::size_t workspace_size = handshake_workspace<Machine>::overhead + 6 * 1024 + long_shares;

protected:
    friend struct connection_mover;
    connection_engine(mutable_bytes lent, std::size_t record_size, std::uint64_t rekey_after, padding how = {}) noexcept
        : workspace_(lent.size() < smallest_workspace ? mutable_bytes{} : lent) {
        sender_.set_limits(record_size, rekey_after, how);
        reading_.records.allow_change_cipher_spec(!is_server);
    }
    ~connection_engine() = default;
    connection_engine(const connection_engine&) = delete;
    connection_engine& operator=(const connection_engine&) = delete;

    /// Starts the machine by `start`, unless the configuration was refused: then the connection is born failed.
    template <class Start>
    void begin(errc config_error, Start start) noexcept {
        if (config_error == errc::none && workspace_.machine() == nullptr) config_error = errc::config_workspace;
        if (config_error == errc::none) config_error = start(machine(), workspace_.empty_arena());
        if (config_error == errc::none) return;
        // Nobody has heard of this connection, so nobody is told of its end.
        (void)reading_.fail(config_error, std::nullopt, notes_);
        drop_flight();
    }

    /// Sections 4.3.2 and 5: the first that comes may be what follows a retry of which nothing was kept: rejected early
    /// data, and a change_cipher_spec.
    void expect_answer_to_retry() noexcept {
        reading_.records.allow_change_cipher_spec(true);
        reading_.records.skip_early_data(max_skipped_early_data);
    }

    Machine& machine() noexcept { return *workspace_.machine(); }

    step fail(errc error, std::size_t consumed = 0) noexcept {
        const step result = reading_.fail(error, notes_, consumed);
        drop_flight();
        return result;
    }
    /// After a failure: a flight that is complete goes out before the alert, any other never does.
    void drop_flight() noexcept {
        const bool goes_out = workspace_.machine() != nullptr && machine().out.pending() && notes_.owed_alert();
        if (workspace_.machine() != nullptr && !goes_out) machine().out.clear();
        if (!notes_.owed_alert()) sender_.clear();
        forget_exported();
    }
    /// Section 6.2: a connection that has failed forgets its secrets. These are the reading half's to forget.
    void forget_exported() noexcept {
        exporter_.clear();
        resumption_.clear();
    }

    // Answers

    bool question_open() noexcept {
        if (reading_.failed() || notes_.has(mailbox::dead) || workspace_.machine() == nullptr) return false;
        const state now = machine().current();
        if constexpr (is_server)
            if (now == state::asks_psk || now == state::asks_early_data) return true;
        return now == state::asks_identity || now == state::asks_decompression || now == state::asks_verdict ||
               now == state::asks_signature;
    }
    errc asked(state wanted) noexcept {
        if (reading_.failed() || notes_.has(mailbox::dead)) return errc::connection_failed;
        if (!question_open()) return errc::not_asked;
        return machine().current() == wanted ? errc::none : errc::wrong_answer;
    }
    /// What a machine's step means for records: another state, and perhaps other keys.
    void settle(outcome<state> result) noexcept {
        // Nobody needs it twice, and by the next time it may be another.
        if (connected_) machine().client_application_traffic.clear();
        if (result.error != errc::none) {
            (void)fail(result.error);
            return;
        }
        machine().enter(result.next);
        if (!machine().keeps_input()) machine().memory.release_input();
        if (machine().read != read_epoch_) change_reading_keys();
        if (!machine().out.pending()) change_writing_keys(machine().write);
        limit_records();
        // An answer that comes after close_notify is too late.
        if (connected_ && machine().out.pending() && notes_.has(mailbox::write_closed)) end_flight();
    }
    /// Section 4.5: what a Finished after the handshake is made with is what the client sends with then.
    void lend_secret() noexcept {
        if (!connected_) return;
        bytes_view now = sender_.secret().bytes();
        if constexpr (is_server) now = reading_.records.secret().bytes();
        copy_bytes(now, machine().client_application_traffic.bytes());
    }
    /// What was agreed on holds for what is protected (RFC 8449, section 4). A client knows of it only with
    /// EncryptedExtensions: what it sends early behind them, EndOfEarlyData at least, is held to it, what comes early
    /// is not. A server knows before it has keys.
    void limit_records() noexcept {
        // RFC 6066, section 4: a fragment length holds from ServerHello on, which has no content type in it.
        if (is_server && machine().limits.fragment_answer != 0) sender_.limit_clear(machine().limits.sending);
        if (write_epoch_ != epoch::initial) sender_.limit_protected(machine().limits.sending);
        if (read_epoch_ >= epoch::handshake && machine().limits.receiving < max_inner_plaintext)
            reading_.records.limit_protected(machine().limits.receiving);
    }
    void change_reading_keys() noexcept {
        const auto aligned = aligned_proof::of(machine().memory.input());
        if (!aligned) {
            (void)fail(errc::key_change_unaligned);
            return;
        }
        read_epoch_ = machine().read;
        // Section 4.3.10: what is accepted is held to the rules of all records.
        if constexpr (is_server)
            if (read_epoch_ == epoch::early) reading_.records.skip_early_data(0);
        reading_.records.change_keys(*aligned, *machine().suite,
                                     machine().receiving(read_epoch_).first(machine().hash_size()));
        // Section 5: not after the peer's Finished.
        if (read_epoch_ == epoch::application) reading_.records.allow_change_cipher_spec(false);
    }
    void change_writing_keys(epoch keys) noexcept {
        if (write_epoch_ == keys) return;
        write_epoch_ = keys;
        // A retry sends the second ClientHello in the clear, behind early data.
        if (keys == epoch::initial) return sender_.clear();
        sender_.change_keys(*machine().suite, machine().sending(keys).first(machine().hash_size()));
        limit_records();
        if (keys == epoch::application) sender_.connected(*machine().suite);
    }

    // Bytes in

    step receive_in_handshake(mutable_bytes input) noexcept {
        // The other half has given up.
        if (notes_.has(mailbox::dead) && !reading_.failed()) {
            (void)reading_.fail(errc::canceled, std::nullopt, notes_);
            drop_flight();
        }
        for (std::size_t consumed = 0;;) {
            if (reading_.failed()) return end_in_failure(consumed);
            if ((machine().secrets_known & ~logged_) != 0 && machine().key_log_wanted()) return log_secret(consumed);
            if constexpr (!is_server)
                if (machine().take_rejection()) return rejected_early_data(consumed);
            if constexpr (Machine::quic)
                if (std::exchange(machine().parameters_waiting, false)) return parameters_of_peer();
            if (machine().done()) return finish(consumed);
            if (question_open()) {
                const std::size_t lacking = lacking_for_answer();
                if (lacking == 0) return ask(consumed);
                return consumed == 0 ? step(what::need_workspace, 0, workspace_with(lacking))
                                     : step(what::progress, consumed);
            }
            const bytes_view waiting = machine().memory.input();
            const std::size_t size = message_size(waiting);
            const bool whole = size != 0 && size <= waiting.size();
            step blocked = whole ? blocked_by_output(first_message(waiting)) : blocked_by_output();
            if (blocked.what != what::progress) return consumed == 0 ? blocked : step(what::progress, consumed);
            if (whole) {
                handle(first_message(waiting));
                continue;
            }
            if (consumed != 0) return {what::progress, consumed};
            const step taken = take_record(input);
            if (taken.what != what::progress || taken.consumed == 0) return taken;
            consumed = taken.consumed;
        }
    }

    /// Section 6.2: the secrets of a connection that failed are forgotten, as soon as the alert needs none of them.
    step end_in_failure(std::size_t consumed) noexcept {
        if (!notes_.owed_alert()) workspace_.destroy();
        return reading_.failure(consumed);
    }

    /// `progress` when nothing stands in the way of handling a message.
    step blocked_by_output() noexcept { return machine().out.pending() ? what::output_waiting : what::progress; }
    step blocked_by_output(const handshake_message& message) noexcept {
        if (machine().out.pending()) return {what::output_waiting};
        const std::size_t needed = machine().output_needed(message);
        const std::size_t room = machine().output_room(message);
        if (needed <= room || changes_nothing(message)) return {what::progress};
        return {what::need_workspace, 0, workspace_with(needed - room)};
    }
    /// The size of a workspace that has so much more than this one.
    std::size_t workspace_with(std::size_t more) noexcept {
        return handshake_workspace<Machine>::overhead + machine().memory.capacity() + more;
    }
    /// A CertificateVerify with a signature of this size, and the Finished behind it.
    static constexpr std::size_t size_behind_certificate(std::size_t size) noexcept {
        return handshake_header_size + 4 + size + handshake_header_size + max_digest_size;
    }
    /// What the arena lacks for them.
    std::size_t lacking_for_signature(std::size_t size) noexcept {
        const std::size_t needed = size_behind_certificate(size);
        const std::size_t room = machine().memory.output_room().size();
        return needed > room ? needed - room : 0;
    }
    /// Before the question is asked there is room for its answer.
    std::size_t lacking_for_answer() noexcept {
        if (machine().current() == state::asks_decompression)
            return machine().unpacking.lacking(machine().memory,
                                               machine().output_behind_certificate(machine().unpacking.size()));
        return machine().current() == state::asks_signature
                   ? lacking_for_signature(largest_signature(machine().own_scheme))
                   : 0;
    }
    /// A message that is refused anyway needs no room.
    bool changes_nothing(const handshake_message& message) noexcept {
        return rows_for<Machine::table>(machine().current(), event_for(message.type)) == 0;
    }

    void handle(const handshake_message& message) noexcept {
        // Section 5.1: these messages come before a key change, so nothing may be behind them.
        const bool ends_record =
            message.type == handshake_type::client_hello || message.type == handshake_type::server_hello ||
            message.type == handshake_type::finished || message.type == handshake_type::end_of_early_data;
        if (ends_record && machine().memory.input().size() != message.whole.size()) {
            (void)fail(changes_nothing(message) ? errc::unexpected_message : errc::key_change_unaligned);
            return;
        }
        // Section 4: messages have one order.
        lend_secret();
        auto result = dispatch<Machine::table>(machine(), machine().current(), event_for(message.type),
                                               errc::unexpected_message, message);
        if constexpr (Machine::quic)
            if (result.error == errc::none) result.error = machine().check(machine(), message);
        machine().memory.pass(message.whole.size());
        if constexpr (is_server)
            if (!connected_) {
                reading_.records.allow_change_cipher_spec(true);
                // Section 4.3.10: behind the ClientHello that offers it, and not behind a second one.
                if (message.type == handshake_type::client_hello)
                    reading_.records.skip_early_data(machine().early_data_offered() ? max_skipped_early_data : 0);
            }
        settle(result);
    }

    /// Moves the content of one record into the arena.
    step take_record(mutable_bytes input) noexcept {
        arena& memory = machine().memory;
        const incoming_record record = reading_.records.open(input);
        if (record.error != errc::none) return fail(record.error, record.size);
        if (record.missing != 0) return {what::need_input, 0, record.missing};
        // Section 5.1: nothing stands in a message; but a change_cipher_spec is dropped wherever it comes (section 5).
        if (!memory.aligned() && record.type != content_type::handshake &&
            record.type != content_type::change_cipher_spec)
            return fail(errc::interleaved_record, record.size);
        if (record.dropped) return {what::progress, record.size};
        if (reading_.records.last().encrypted) machine().limits.saw(record.size - (record_overhead - 1));
        if (record.type == content_type::alert) {
            const step result = reading_.receive_alert(record, true, notes_);
            if (reading_.failed()) drop_flight();
            return result;
        }
        // Section 4.3.10.
        if constexpr (is_server)
            if (record.type == content_type::application_data && read_epoch_ == epoch::early)
                return take_early_data(record);
        // Section 2: no application data before Finished.
        if (record.type != content_type::handshake) return fail(errc::premature_application_data, record.size);
        if (const errc error = refuse_begun(record.content); error != errc::none) return fail(error, record.size);
        if (const std::size_t wanted = room_for(record.content); !memory.reserve_input(wanted)) {
            reading_.records.hold(record);
            return {what::need_workspace, 0,
                    handshake_workspace<Machine>::overhead + memory.capacity_for_input(wanted)};
        }
        reading_.records.release();
        memory.append_input(record.content);
        note_messages(record.content.size());
        return {what::progress, record.size};
    }

    /// Section 4.3.10: no more than was agreed on.
    step take_early_data(const incoming_record& record) noexcept requires(is_server) {
        if (record.content.size() > machine().early_data_left()) return fail(errc::too_much_early_data, record.size);
        machine().note_early_data(record.content.size());
        step result{record.content.empty() ? what::progress : what::early_data, record.size};
        result.data = record.content;
        return result;
    }
    step rejected_early_data(std::size_t consumed) noexcept requires(!is_server) {
        step result{what::early_data_rejected, consumed};
        result.question_ = machine().early_data_sent();
        return result;
    }

    /// What can be told of the message that `content` begins, or goes on with, by its first bytes: no memory is asked
    /// for what is refused anyway.
    errc refuse_begun(bytes_view content) noexcept {
        const message_head head(machine().memory.input(), content);
        const bytes_view begun = head.view();
        const auto type = static_cast<handshake_type>(begun[0]);
        if (rows_for<Machine::table>(machine().current(), event_for(type)) == 0) return errc::unexpected_message;
        const std::size_t size = message_size(begun);
        if (type == handshake_type::finished && size > handshake_header_size + max_digest_size)
            return errc::decode_error;
        if (size > max_handshake_message) return errc::message_too_long;
        return type == handshake_type::compressed_certificate ? refuse_compressed(begun, machine().compressions())
                                                              : errc::none;
    }

    /// Bytes that the arena needs for `content`; with the rest of the message that it begins or goes on with, so that a
    /// workspace is asked for once.
    std::size_t room_for(bytes_view content) noexcept {
        const bytes_view begun = machine().memory.input();
        const std::size_t size = size_to_wait_for(message_head(begun, content).view());
        const bool longer = size <= max_handshake_message && size > begun.size() + content.size();
        return longer ? size - begun.size() : content.size();
    }

    /// Remembers which messages have a part among the last `size` bytes of input.
    void note_messages(std::size_t size) noexcept {
        bytes_view rest = machine().memory.input();
        while (!rest.empty()) {
            const std::size_t whole = message_size(rest);
            const std::size_t taken = whole == 0 || whole > rest.size() ? rest.size() : whole;
            if (rest.size() - taken < size) reading_.records.last().messages |= std::uint32_t{1} << (rest[0] & 31);
            rest = rest.subspan(taken);
        }
    }

    step ask(std::size_t consumed) noexcept {
        step result{what::verify_peer, consumed};
        if constexpr (is_server) {
            if (machine().current() == state::asks_psk) {
                result.what = what::find_psk;
                result.question_ = machine().request();
                return result;
            }
            if (machine().current() == state::asks_early_data) {
                result.what = what::early_data_offered;
                result.question_ = machine().unique();
                result.age_ = machine().obfuscated_age();
                result.of_ticket_ = machine().resumed();
                return result;
            }
        }
        switch (machine().current()) {
            case state::asks_identity:
                result.what = is_server ? what::client_hello : what::choose_identity;
                result.question_ = machine().request();
                result.type_ = machine().types.client;
                break;
            case state::asks_decompression: {
                const decompression_request request = machine().unpacking.show(machine().memory);
                result.what = what::decompress;
                result.compression_ = request.algorithm;
                result.question_ = request.compressed;
                result.data = request.to;
                break;
            }
            case state::asks_signature:
                result.what = what::sign;
                result.question_ = machine().content.view();
                result.scheme_ = machine().own_scheme;
                result.delegated_ = machine().own_delegated;
                break;
            default: result.peer_ = machine().peer(); break;
        }
        return result;
    }

    step parameters_of_peer() noexcept requires(Machine::quic) {
        machine().parameters_shown = true;
        step result{what::transport_parameters};
        result.question_ = machine().memory.at(machine().peer_parameters);
        return result;
    }

    step log_secret(std::size_t consumed) noexcept {
        const mutable_bytes line = workspace_.log_line();
        step result{what::key_log, consumed};
        const auto next =
            static_cast<std::uint8_t>(std::countr_zero(static_cast<unsigned>(machine().secrets_known & ~logged_)));
        result.data = line.first(write_key_log_line<provider_type>(machine(), static_cast<logged_secret>(next), line));
        logged_ = static_cast<std::uint8_t>(logged_ | 1u << next);
        return result;
    }

    step finish(std::size_t consumed) noexcept {
        connected_ = true;
        suite_ = machine().suite;
        group_ = machine().group;
        protocol_ = machine().protocol();
        peer_authenticated_ = machine().peer_authenticated;
        psk_used_ = machine().psk_used;
        early_data_accepted_ = machine().early_data_accepted;
        tickets_expected_ = machine().tickets_expected;
        if constexpr (is_server) {
            tickets_wanted_ = machine().tickets_wanted();
            ticket_grease_ = machine().ticket_grease();
        }
        exporter_ = static_cast<traffic_secret<provider_type>&&>(machine().exporter_secret);
        resumption_ = static_cast<traffic_secret<provider_type>&&>(machine().resumption_secret);
        reading_.connected(*suite_, is_server, is_server ? std::uint8_t{0} : tickets_expected_.value_or(0));
        if (!machine().out.pending()) end_handshake();
        return {what::handshake_done, consumed};
    }
    /// The handshake is over, and the last of it has left.
    void end_handshake() noexcept {
        // In this order: two halves know of no such authentication, and this one may not look at the other.
        if (late_over_ || !machine().authenticates_late() || reading_.peer_closed()) {
            workspace_.destroy();
            sender_.reserve(0);
        } else if (!machine().late) {
            machine().keep_transcript_only();
        }
    }

    // Post-handshake authentication (section 4.7.2)

    /// Whether the machine stays until the connection ends.
    bool authenticates_late() noexcept {
        return connected_ && workspace_.machine() != nullptr && machine().authenticates_late();
    }

    /// As reading_.receive, and what comes of post-handshake authentication is the machine's.
    step receive_late(mutable_bytes input) noexcept {
        for (std::size_t consumed = 0;;) {
            if (reading_.failed()) return end_in_failure(consumed);
            if (question_open()) {
                const std::size_t lacking = lacking_for_answer();
                const std::size_t answer = answer_size();
                const bool key_ends = answer != 0 && key_ends_in(answer);
                if (lacking == 0 && !key_ends) return ask(consumed);
                if (consumed != 0) return {what::progress, consumed};
                if (key_ends) return {what::output_waiting};
                // What is asked for meanwhile stands where there would be room.
                if (machine().out.pending()) return {what::output_waiting};
                return ask_for_workspace(workspace_with(lacking));
            }
            if constexpr (is_server)
                if (machine().take_answered()) return client_answered(consumed);
            if (consumed != 0) return {what::progress, consumed};
            const step result = reading_.receive(input, notes_, machine().late_expected());
            const bytes_view whole = reading_.late_message();
            if (whole.empty()) {
                if (reading_.peer_closed() && !machine().out.pending()) workspace_.destroy();
                machine_lacks_room_ = machine_lacks_room_ && result.what != what::need_workspace;
                return result;
            }
            // Whoever has closed cannot answer any more.
            if (!is_server && sender_.closed()) {
                consumed = reading_.pass_late_message();
                continue;
            }
            if (machine().out.pending()) return {what::output_waiting};
            arena& memory = machine().memory;
            if (!memory.reserve_input(whole.size())) return ask_for_workspace(workspace_with_input(whole.size()));
            const handshake_message message = first_message(whole);
            const std::size_t needed = machine().output_needed(message), room = memory.output_room().size();
            if (needed + whole.size() > room) return ask_for_workspace(workspace_with(needed + whole.size() - room));
            memory.append_input(whole);
            consumed = reading_.pass_late_message();
            handle(first_message(memory.input()));
        }
    }
    /// Bytes of a client's answer, once the open question has been answered; 0: nothing comes of that.
    std::size_t answer_size() noexcept {
        if constexpr (!is_server) {
            if (machine().current() == state::asks_identity) return Machine::late_answer_size;
            if (machine().current() == state::asks_signature)
                return machine().out.size() + size_behind_certificate(largest_signature(machine().own_scheme));
        }
        return 0;
    }
    /// Section 5.5: whether a KeyUpdate has to leave before an answer of so many bytes; it is owed then. Not later: the
    /// answer's Finished is made with the secret of the key that it goes out under (section 4.5).
    bool key_ends_in(std::size_t size) noexcept {
        sender_.reserve(size);
        if (sender_.closed() || !sender_.may_update_keys() || !sender_.update_due_before_reserved()) return false;
        sender_.queue_update(false);
        return true;
    }
    step ask_for_workspace(std::size_t size) noexcept {
        machine_lacks_room_ = true;
        return {what::need_workspace, 0, size};
    }
    std::size_t workspace_with_input(std::size_t size) noexcept {
        return handshake_workspace<Machine>::overhead + machine().memory.capacity_for_input(size);
    }
    step client_answered(std::size_t consumed) noexcept requires(is_server) {
        step result{what::client_answered, consumed};
        result.authenticated_ = machine().peer_authenticated;
        peer_authenticated_ = peer_authenticated_ || machine().peer_authenticated;
        return result;
    }

    // Bytes out

    /// The pending flight, or its next record, as far as there is room; too_small when some of it stays.
    errc send_flight(output_cursor& to, bool one_record = false) noexcept {
        if (workspace_.machine() == nullptr) return errc::none;
        while (machine().out.pending()) {
            // Section 5.5. Nothing in a request depends on the key that it goes out under.
            if (is_server && connected_ && machine().late && machine().out.between_messages() &&
                sender_.update_before(to, machine().out.remaining(), notes_) != errc::none)
                return errc::too_small;
            if (one_record && to.used() != 0) return errc::none;
            if (!send_part(to)) return errc::too_small;
            if (machine().out.pending()) {
                if (one_record) return errc::none;
                continue;
            }
            // A request has its answer, and who has been answered may ask again: that is as good as data between.
            if (connected_ && machine().late) notes_.set_once(mailbox::data_sent);
            sender_.reserve(0);
            end_flight();
        }
        if (connected_) end_handshake();
        return errc::none;
    }

    bool send_part(output_cursor& to) noexcept {
        flight& out = machine().out;
        if (out.run().change_cipher_spec) {
            if (to.room() < record_header_size + 1) return false;
            sender_.write_change_cipher_spec(to);
            out.take_change_cipher_spec();
            return true;
        }
        change_writing_keys(out.run().keys);
        const std::size_t size = sender_.fragment(to.room(), out.remaining());
        if (size == 0) return false;
        const mutable_bytes text = to.rest().subspan(record_header_size, size);
        const std::uint32_t messages = out.take(machine().memory, text);
        // Section 5.1: the first ClientHello looks like TLS 1.0 on the outside.
        const bool first_hello = !is_server && machine().keeps_output();
        sender_.write(to, content_type::handshake, text, messages,
                      first_hello ? protocol_version::tls_1_0 : protocol_version::tls_1_2);
        return true;
    }

    void end_flight() noexcept {
        machine().out.clear();
        if (!machine().keeps_output()) machine().memory.release_output();
        change_writing_keys(machine().write);
    }

    /// Everything that has to leave before application data. True when that may follow; otherwise `error` is why not.
    bool begin_sending(output_cursor& to, errc& error) noexcept {
        error = send_flight(to);
        if (error == errc::none) error = sender_.write_owed(to, notes_);
        if (error != errc::none) {
            // What there was room for has left; the rest of it is for the next call.
            if (to.used() != 0) error = errc::none;
            return false;
        }
        // Not by a second look at the notes: what the reader has left since has its alert in the next call.
        if (sender_.closed()) error = notes_.has(mailbox::dead) ? errc::connection_failed : errc::write_closed;
        return error == errc::none;
    }

    output send_in_place(bytes_view data, output_cursor& to, bool begun = false) noexcept {
        if (notes_.has(mailbox::dead)) return {{}, 0, errc::connection_failed};
        if (begun ? notes_.has(mailbox::write_closed) : sender_.closed()) return {{}, 0, errc::write_closed};
        const bool flight_waits =
            workspace_.machine() != nullptr && machine().out.pending() && !(begun && machine().out.may_wait());
        const errc error = flight_waits ? errc::output_owed : sender_.write_in_place(to, data, notes_, begun);
        return {to.written(), error == errc::none ? data.size() : 0, error};
    }

    errc write_ticket(const new_session_ticket& ticket, output_cursor& to) noexcept {
        return in_pieces(ticket, ticket_grease_,
                         [&](const auto& pieces) { return sender_.write_message(to, pieces, notes_); });
    }

    handshake_workspace<Machine> workspace_;
    reading_half<provider_type> reading_;
    mailbox notes_;
    epoch read_epoch_ = epoch::initial, write_epoch_ = epoch::initial;
    bool connected_ = false;
    bool peer_authenticated_ : 1 = false;
    bool psk_used_ : 1 = false, early_data_accepted_ : 1 = false;
    bool tickets_wanted_ : 1 = false;
    bool machine_lacks_room_ : 1 = false;  // what is lent next is for the machine
    bool late_over_ : 1 = false;           // post-handshake authentication will not come
    std::optional<std::uint8_t> tickets_expected_;
    std::uint8_t logged_ = 0;
    std::uint16_t ticket_grease_ = 0;
    named_group group_{};
    const suite_info* suite_ = nullptr;
    std::string_view protocol_;
    traffic_secret<provider_type> exporter_, resumption_;
    sender<provider_type> sender_;
};

}  // namespace v1
}  // namespace spantls
