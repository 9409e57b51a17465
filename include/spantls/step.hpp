// What a call to receive() comes to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/handshake/compression.hpp>
#include <spantls/handshake/identity.hpp>
#include <spantls/handshake/post_handshake.hpp>
#include <spantls/message/client_hello.hpp>
#include <spantls/message/requested_certificate.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/x509/peer.hpp>

namespace spantls {
inline namespace v1 {

/// The one answer of a call.
enum class what : std::uint8_t {
    need_input,          ///< `missing` more bytes of input; nothing was consumed
    output_waiting,      ///< call transmit() first; nothing was consumed
    need_workspace,      ///< lend a workspace of `missing` bytes; nothing was consumed
    progress,            ///< a record was consumed that means nothing to you: call again
    find_psk,            ///< question, server: hello().psks are offered; answer with a psk_choice, or no_psk
    early_data_offered,  ///< question, server: offer() is genuine; answer early_data::accept or reject
    client_hello,        ///< question, server: hello() shows what the client wants; answer with an identity, or refuse
    choose_identity,  ///< question, client: the server asks for a certificate; answer with an identity or no_identity
    decompress,       ///< question: decompressing() is a compressed Certificate; answer with a `decompressed`
    verify_peer,      ///< question: peer() shows who it claims to be; answer with a verdict
    sign,             ///< question: signing() is to be signed by the chosen identity's key; answer with a signature
    early_data,       ///< server: `data` is plaintext that might be replayed, in your input buffer, until the next call
    early_data_rejected,  ///< client: what was sent early, rejected(), counts for nothing: send it again when connected
    key_log,              ///< `data` is a line for SSLKEYLOGFILE; only if the configuration asks for it
    transport_parameters,  ///< over QUIC: what the peer's are, transport_parameters(); until the next call
    handshake_done,        ///< data can be sent and will be received
    application_data,      ///< `data` is plaintext, in your input buffer, until the next call
    ticket,                ///< tickets() shows what has come, client only; until the next call
    key_updated,           ///< the peer has changed its sending key
    client_answered,       ///< server: a request_authentication() has its answer: authenticated() says whether it was a
                           ///< certificate
    peer_closed,           ///< the peer has sent close_notify: nothing more will come; you may go on sending
    closed,                ///< both sides have sent close_notify
    failed,                ///< `error`; the alert that it owes, if any, waits in transmit()
};

/// Whether it is a question: nothing goes on before it is answered.
constexpr bool asks(what step) noexcept { return step >= what::find_psk && step <= what::sign; }

/// The schemes, best first, that a peer accepts signatures of.
using accepted_schemes = list_view<signature_scheme>;

struct [[nodiscard]] step {
    constexpr step(spantls::v1::what came, std::size_t done_with = 0, std::size_t lacking = 0) noexcept
        : what(came), consumed(done_with), missing(lacking) {}

    spantls::v1::what what;
    std::size_t consumed;  ///< bytes at the front of the input that are done with
    std::size_t missing;
    mutable_bytes data;
    errc error = errc::none;
    /// With errc::peer_alert, what the peer said.
    alert_description alert = alert_description::close_notify;

    /// With `client_hello` and `find_psk`: what the client offers. Views that last until the answer.
    parsed_client_hello hello() const noexcept {
        parsed_client_hello hello;
        (void)hello.parse(question_);  // it has been parsed before
        return hello;
    }
    /// With `early_data_offered`. A view that lasts until the answer.
    early_offer offer() const noexcept { return {question_, age_, of_ticket_}; }
    /// With `early_data_rejected`: all that was sent early, where it was sent from.
    bytes_view rejected() const noexcept { return question_; }
    /// With `transport_parameters`: what the extension has, which nobody has looked into.
    bytes_view transport_parameters() const noexcept { return question_; }
    /// With `verify_peer`. Views that last until the answer.
    const x509::peer& peer() const noexcept { return peer_; }
    /// With `choose_identity`: what the server asks for. Views that last until the answer.
    requested_certificate request() const noexcept {
        requested_certificate request;
        (void)request.parse(question_);  // it has been parsed before
        return request;
    }
    /// With `choose_identity`: the schemes that the server accepts. Lasts until the answer.
    accepted_schemes schemes() const noexcept { return request().schemes; }
    /// With `choose_identity`: what the identity has to be; another counts as none.
    spantls::v1::certificate_type certificate_kind() const noexcept { return type_; }
    /// With `decompress`. Views that last until the answer.
    decompression_request decompressing() const noexcept { return {compression_, question_, data}; }
    /// With `sign`. Lasts until the answer.
    signing_request signing() const noexcept { return {scheme_, question_, delegated_}; }
    /// With `ticket`: one new_session_ticket or more.
    ticket_range tickets() const noexcept {
        return ticket_range(what == what::ticket ? bytes_view(data) : bytes_view{});
    }

    /// With `client_answered`: whether the client has shown a certificate, and proved to have its key, and was
    /// accepted.
    constexpr bool authenticated() const noexcept { return authenticated_; }

    constexpr bool is_question() const noexcept { return asks(what); }

private:
    template <class>
    friend class connection_engine;
    bytes_view question_;
    x509::peer peer_;
    signature_scheme scheme_{};
    std::uint32_t age_ = 0;
    bool of_ticket_ = false;
    bool authenticated_ = false;
    bool delegated_ = false;
    spantls::v1::certificate_type type_{};
    certificate_compression compression_{};
};

/// What a call wrote.
struct [[nodiscard]] output {
    bytes_view records;        ///< at the front of the output span; send them
    std::size_t consumed = 0;  ///< bytes of plaintext that are in them
    errc error = errc::none;   ///< why there is not more: too_small, or why nothing can be sent

    bool empty() const noexcept { return records.empty(); }
    operator bytes_view() const noexcept { return records; }
};

/// Moves the bytes behind the first `consumed` to the front of `buffer`, of which `have` are in use. Returns how many
/// are in use then.
inline std::size_t compact(mutable_bytes buffer, std::size_t consumed, std::size_t have) noexcept {
    if (consumed != 0 && consumed < have) std::memmove(buffer.data(), buffer.data() + consumed, have - consumed);
    return consumed < have ? have - consumed : 0;
}

constexpr std::string_view name_of(what value) noexcept {
    switch (value) {
        case what::need_input: return "need_input";
        case what::output_waiting: return "output_waiting";
        case what::need_workspace: return "need_workspace";
        case what::progress: return "progress";
        case what::find_psk: return "find_psk";
        case what::early_data_offered: return "early_data_offered";
        case what::client_hello: return "client_hello";
        case what::choose_identity: return "choose_identity";
        case what::decompress: return "decompress";
        case what::verify_peer: return "verify_peer";
        case what::sign: return "sign";
        case what::early_data: return "early_data";
        case what::early_data_rejected: return "early_data_rejected";
        case what::key_log: return "key_log";
        case what::transport_parameters: return "transport_parameters";
        case what::handshake_done: return "handshake_done";
        case what::application_data: return "application_data";
        case what::ticket: return "ticket";
        case what::key_updated: return "key_updated";
        case what::client_answered: return "client_answered";
        case what::peer_closed: return "peer_closed";
        case what::closed: return "closed";
        case what::failed: return "failed";
    }
    return "unknown";
}

}  // namespace v1
}  // namespace spantls
