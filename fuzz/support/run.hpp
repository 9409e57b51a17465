// A whole connection under a script: what arrives, in which pieces, and what the caller does, in any order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>

#include <spantls/x509/own_ca.hpp>
#include <spantls/x509/pins.hpp>

#include "support/null_provider.hpp"

#include "canned.hpp"
#include "ops.hpp"
#include "watched.hpp"

namespace fuzz {

using provider_type = test::basic_null_provider<UINT64_MAX, test::null_x25519, test::null_secp256r1, test::null_kem>;

inline constexpr std::array<std::uint16_t, 8> record_sizes{16384, 1, 2, 5, 64, 255, 512, 1024};
inline constexpr std::array<std::uint64_t, 4> rekey_limits{UINT64_MAX, 2, 3, 10};

/// The key that both sides know where the input says so, and what early data under it has to agree with.
inline constexpr std::array<std::uint8_t, 32> shared_key{0x5e};
inline constexpr std::uint32_t max_early = 1000;
inline constexpr early_data_terms early_terms{max_early, cipher_suite::tls_chacha20_poly1305_sha256, {}, "leaf.example"};

/// Role: connection, config, `made(workspace, watched's arguments)`, `canned(kind, how, script, watched)`.
template <class Role>
class connection_run {
    using connection = typename Role::connection;
    static constexpr std::size_t enough = max_record + min_output;

public:
    explicit connection_run(bytes_view input) : in_(input), role_(in_), it_(role_.made(workspace_size())) {}

    std::uint64_t run() {
        for (int steps = 0; !in_.empty() && steps < 1000; ++steps) one(static_cast<op>(in_.u8() & 31));
        it_.finish();
        return it_.trace;
    }

private:
    std::size_t workspace_size() {
        const std::size_t extra = in_.u8();
        if (extra >= 254) return extra == 254 ? 0 : connection::smallest_workspace - 1;
        return connection::smallest_workspace + extra * 16;
    }

    void one(op what) {
        if (traced) std::fprintf(stderr, "op %d, %zu bytes left\n", static_cast<int>(what), in_.rest().size());
        switch (what) {
            case op::drive: return drive(1 + in_.below(32));
            case op::receive: {
                const std::size_t size = in_.size();
                return (void)it_.receive(size == 0 ? it_.arrived.size() : size);
            }
            case op::bytes: return arrive(in_.take(in_.size()));
            case op::record: {
                const std::uint8_t type = in_.u8();
                return wrap(type, in_.take(in_.size()), false, 0);
            }
            case op::protected_record: {
                const std::uint8_t type = in_.u8();
                const std::size_t size = in_.size(), zeros = in_.size();
                return wrap(type, in_.take(size), true, zeros);
            }
            case op::fill: {
                const std::uint8_t type = in_.u8();
                const std::size_t size = in_.u16();
                return wrap(type, buffer(size, in_.u8()), false, 0);
            }
            case op::message: {
                const auto type = static_cast<handshake_type>(in_.u8());
                const bytes_view body = in_.take(in_.size());
                return say(message(type, [&](writer& out) { out.bytes(body); }));
            }
            case op::peer:
                return peer_says(static_cast<canned_kind>(in_.below(static_cast<std::size_t>(canned_kind::count))));
            case op::bend:
                bent_at_ = in_.u8();
                bent_by_ = in_.u8();
                return;
            case op::framing:
                flush();
                fragment_ = in_.u8();
                framing_ = in_.u8();
                return;
            case op::flush: return flush();
            case op::transmit: {
                const std::size_t room = in_.u8();
                return (void)it_.transmit(room == 255 ? enough : room);
            }
            case op::send: {
                const std::size_t size = in_.size(), room = in_.size();
                return it_.send(size, room == 254 ? size + enough : room);
            }
            case op::answer: return answer();
            case op::update_keys: return it_.update_keys(in_.flag());
            case op::close: return it_.close();
            case op::abort: return it_.abort(static_cast<alert_description>(in_.u8()));
            case op::lend: return lend();
            case op::take_workspace: return (void)it_.take_workspace();
            case op::send_ticket: return send_ticket();
            case op::halves: return it_.split();
            case op::end_of_input: return (void)it_.end_of_input();
            case op::randomness: role_.crypto.works = in_.flag(); return;
            case op::getters: return getters();
            case op::large: {
                const auto type = static_cast<handshake_type>(in_.u8());
                const buffer body(2u * in_.u16(), in_.u8());
                return say(message(type, [&](writer& out) { out.bytes(body); }));
            }
            case op::protected_large: {
                const std::uint8_t type = in_.u8();
                const std::size_t size = in_.u16();
                const buffer content(size, in_.u8());
                return wrap(type, content, true, in_.size());
            }
            case op::send_in_place: {
                const std::size_t size = in_.size(), room = in_.size();
                return it_.send_in_place(size, room == 254 ? size + record_overhead : room);
            }
            case op::send_early: {
                const std::size_t room = in_.u8();
                if constexpr (!connection::is_server) {
                    if (early_.empty()) fill_pattern(early_ = buffer(max_early), 0);
                    it_.send_early(early_, room == 255 ? enough : room);
                }
                return;
            }
            case op::compressed: {
                const std::uint8_t how = in_.u8();
                return say(canned::compressed_certificate(how, in_.u8()));
            }
            case op::decompressed: return (void)it_.answer("asks_decompression", decompressed{in_.size()});
            case op::count: break;
        }
    }

    /// As the drive contract says. What has arrived is dealt with in a bounded number of calls.
    void drive(std::size_t steps) {
        for (int idle = 0; steps-- != 0;) {
            for (int outputs = 0; it_.owes(); ++outputs) HOLDS(it_.transmit(enough) && outputs < 400);
            const step s = it_.receive(it_.arrived.size());
            idle = s.consumed == 0 ? idle + 1 : 0;
            HOLDS(idle < 20);
            if (s.what == what::need_workspace) HOLDS(it_.lend(s.missing) == errc::none);
            if (s.what == what::decompress) unpack(s.decompressing());
            else if (s.is_question()) answer_politely(s.what);
            if (s.what == what::need_input || s.what == what::failed) return;
            if (s.consumed == 0 && (s.what == what::peer_closed || s.what == what::closed)) return;
        }
    }

    // What arrives

    void arrive(bytes_view bytes) {
        if (it_.arrived.size() + bytes.size() > (1u << 18)) return;
        it_.arrived.insert(it_.arrived.end(), bytes.begin(), bytes.end());
    }

    /// A record of any type, whose length is what it is.
    void wrap(std::uint8_t type, bytes_view content, bool is_protected, std::size_t zeros) {
        const std::size_t size = content.size() + (is_protected ? 1 + zeros + tag_size : 0);
        if (size > 0xffff) return;
        buffer record{is_protected ? static_cast<std::uint8_t>(content_type::application_data) : type, 3, 3,
                      static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
        record.insert(record.end(), content.begin(), content.end());
        if (is_protected) {
            record.push_back(type);
            record.insert(record.end(), zeros + tag_size, 0);
        }
        arrive(record);
    }

    /// A handshake message, bent if that is wanted.
    void say(buffer whole) {
        if (bent_by_ != 0) {
            const std::size_t at = bent_at_ < 128 ? bent_at_ : whole.size() + 127 - bent_at_;
            if (at < whole.size()) whole[at] ^= bent_by_;
            bent_by_ = 0;
        }
        const auto type = static_cast<handshake_type>(whole[0]);
        const bool clear = type == handshake_type::client_hello || type == handshake_type::server_hello;
        held_protected_ = (framing_ & 6) == 0 ? !clear : (framing_ & 4) != 0;
        held_.insert(held_.end(), whole.begin(), whole.end());
        if ((framing_ & 1) == 0) flush();
    }

    void flush() {
        const std::size_t size = fragment_ == 0 ? max_fragment : fragment_;
        for (bytes_view rest = held_; !rest.empty(); rest = rest.subspan(std::min(size, rest.size())))
            wrap(static_cast<std::uint8_t>(content_type::handshake), rest.first(std::min(size, rest.size())),
                 held_protected_, 0);
        held_.clear();
    }

    void peer_says(canned_kind kind) {
        const std::uint8_t how = in_.u8();
        switch (kind) {
            case canned_kind::hello: return say(role_.hello(how, in_, it_.sent.hello));
            case canned_kind::encrypted_extensions: return say(canned::encrypted_extensions(how));
            case canned_kind::certificate_request: return say(canned::certificate_request(how));
            case canned_kind::certificate: return say(canned::certificate(how));
            case canned_kind::certificate_verify: return say(canned::certificate_verify(how));
            case canned_kind::finished: return say(canned::finished(how, role_.hash_size(it_.sent.hello)));
            case canned_kind::new_session_ticket: return say(canned::new_session_ticket(how));
            case canned_kind::key_update: return say(canned::key_update(how));
            case canned_kind::change_cipher_spec: {
                const std::uint8_t one[]{static_cast<std::uint8_t>(how + 1)};
                return wrap(static_cast<std::uint8_t>(content_type::change_cipher_spec), one, false, 0);
            }
            case canned_kind::alert: {
                const std::uint8_t alert[]{2, how};
                return wrap(static_cast<std::uint8_t>(content_type::alert), alert, (framing_ & 2) == 0, 0);
            }
            case canned_kind::application_data:
                return wrap(static_cast<std::uint8_t>(content_type::application_data), buffer(how & 15, 0x61), true,
                            how >> 4);
            case canned_kind::end_of_early_data: return say(message(handshake_type::end_of_early_data, [](writer&) {}));
            case canned_kind::count: return;
        }
    }

    // What the caller does

    static identity someone() {
        static const std::array<bytes_view, 1> chain{ed25519_certificate};
        static constexpr std::array schemes{signature_scheme::ed25519};
        return {chain, schemes};
    }

    static psk_choice known_key(std::size_t index, psk_kind kind = psk_kind::external) {
        return {index, shared_key, hash_id::sha256, kind, early_terms, true};
    }

    /// What is as it was is copied.
    void unpack(const decompression_request& request) {
        const bool fits = request.compressed.size() <= request.to.size();
        if (fits) copy_bytes(request.compressed, request.to);
        HOLDS(it_.answer("asks_decompression", decompressed{fits ? request.compressed.size() : 0}) == errc::none);
    }

    void answer_politely(what question) {
        static constexpr std::array<std::uint8_t, 64> signature_bytes{1};
        if constexpr (connection::is_server) {
            if (question == what::find_psk) return HOLDS(it_.answer("asks_psk", known_key(0)) == errc::none);
            if (question == what::early_data_offered)
                return HOLDS(it_.answer("asks_early_data", early_data::accept) == errc::none);
        }
        if (question == what::verify_peer)
            return HOLDS(it_.answer("asks_verdict", x509::verdict::accept()) == errc::none);
        if (question != what::sign) {
            const bool nobody = question == what::choose_identity && role_.nobody();
            return HOLDS(it_.answer("asks_identity", nobody ? no_identity : someone()) == errc::none);
        }
        errc error = it_.answer("asks_signature", signature{signature_bytes});
        if (error == errc::workspace_too_small) {
            HOLDS(it_.lend(it_.handshake_memory() + 256) == errc::none);
            error = it_.answer("asks_signature", signature{signature_bytes});
        }
        HOLDS(error == errc::none);
    }

    /// Any answer, asked for or not.
    void answer() {
        static const buffer filler(70000, 0x30);
        static constexpr std::array<signature_scheme, 2> others{signature_scheme::ed448,
                                                                signature_scheme::rsa_pss_rsae_sha256};
        const std::size_t which = in_.u8(), kind = which % 12;
        if constexpr (connection::is_server) {
            if (which >= 252) return (void)it_.answer("asks_early_data", which == 252 ? early_data::accept : early_data::reject);
            if (which >= 248) return (void)it_.answer("asks_psk", which == 248 ? no_psk : known_key(which - 249));
            if (which == 247) return (void)it_.answer("asks_psk", known_key(0, psk_kind::resumption));
        }
        switch (kind) {
            case 0:
            case 1: {
                const identity who = someone();
                return (void)it_.answer("asks_identity", kind == 0 ? who : identity{who.chain, others});
            }
            case 2: return (void)it_.answer("asks_identity", no_identity);
            case 3: return (void)it_.answer("asks_identity", identity{someone().chain, {}});
            case 4: {  // a chain whose second certificate has any size, none included
                chains_.push_back({ed25519_certificate, bytes_view(filler).first(in_.u16())});
                return (void)it_.answer("asks_identity", identity{chains_.back(), someone().schemes});
            }
            case 5: return (void)it_.answer("asks_verdict", x509::verdict::accept());
            case 6: return (void)it_.answer("asks_verdict", x509::verdict::refuse(static_cast<errc>(in_.u8())));
            case 7:
            case 8: return (void)it_.answer("asks_signature", signature{bytes_view(filler).first(in_.size())});
            case 9: return (void)it_.refuse(static_cast<errc>(in_.u8()));
            default: {
                const step s = it_.receive(0);
                if (s.what != what::verify_peer) return;
                const x509::own_ca ca(ed25519_certificate);
                const x509::pinned_certificate pin(ed25519_certificate);
                const x509::verdict judged =
                    kind == 10 ? ca.judge(role_.crypto, s.peer(), 1900000000) : pin.judge(s.peer());
                HOLDS(it_.answer("asks_verdict", judged) == errc::none);
                HOLDS(judged.accepted() || it_.failed());
            }
        }
    }

    void lend() {
        const std::size_t how = in_.size();
        if (how == 127) return it_.lend_again();
        if (how < 128) return (void)it_.lend(it_.handshake_memory() + how * 16);
        if (how < 256) return (void)it_.lend(how - 128);
        (void)it_.lend(how);
    }

    void send_ticket() {
        const std::uint8_t how = in_.u8();
        const std::size_t room = in_.size();
        if constexpr (connection::is_server) {
            const buffer content(how * 8u, 0x55);
            const bytes_view bytes(content);
            const new_session_ticket ticket{
                how == 77 ? max_ticket_lifetime + 1 : 7200, 1, bytes.first(how % 5), bytes, {}};
            const errc error = it_.send_ticket(ticket, room == 254 ? bytes.size() * 24 + enough : room);
            if (error == errc::none) HOLDS(it_.done());
        }
    }

    void getters() {
        std::array<std::uint8_t, 100> out;
        const bool usable = it_.done() && !it_.failed();
        HOLDS((it_.tls.export_keying_material("label", {}, out) == errc::none) == usable);
        HOLDS((it_.tls.ticket_key({}, out) != 0) == usable);
        if (!it_.done()) return;
        HOLDS(find_suite<provider_type>(it_.tls.suite()) != nullptr);
        HOLDS(std::find(canned::groups.begin(), canned::groups.end(), it_.tls.group()) != canned::groups.end());
    }

    buffer early_;  // stays where it is
    script in_;
    Role role_;
    watched<connection> it_;
    std::list<std::array<bytes_view, 2>> chains_;  // of identities, which are sent from where they are
    buffer held_;
    bool held_protected_ = false;
    std::uint8_t fragment_ = 0, framing_ = 0, bent_at_ = 0, bent_by_ = 0;
};

/// A run, and now and then the same once more: it replays to the byte.
template <class Role>
void run_connection(bytes_view input) {
    const std::uint64_t trace = connection_run<Role>(input).run();
    if (!input.empty() && (input[0] & 0x80) != 0) HOLDS(connection_run<Role>(input).run() == trace);
}

}  // namespace fuzz
