// The legal transitions of both roles: RFC 9846, appendix A, with the questions to the caller as states of their own.
// What order messages have (sections 4, 4.2.2, 4.4.2, 4.5.1, 4.5.2, 4.6, 4.7.3) and that somebody judges the peer
// (appendix C.5) stands here and nowhere else.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <spantls/handshake/machine.hpp>

namespace spantls {
inline namespace v1 {

//                   START <----+
//    Send ClientHello |        | Recv HelloRetryRequest
//                     v        |
//                  WAIT_SH ----+
//                     | Recv ServerHello
//                     V
//                  WAIT_EE
//                     | Recv EncryptedExtensions
//           +---------+-------+
//     Using |                 | Using certificate
//       PSK |                 v
//           |            WAIT_CERT_CR
//           |        Recv |       | Recv CertificateRequest
//           | Certificate |       v
//           |             |    WAIT_CERT
//           |             |       | Recv Certificate
//           |             v       v
//           |              WAIT_CV
//           |                   | Recv CertificateVerify
//           +-> WAIT_FINISHED <-+
//                   | Recv Finished
//                   v
//               CONNECTED
enum class client_state : std::uint8_t {
    wait_server_hello,
    wait_second_server_hello,
    wait_encrypted_extensions,
    wait_certificate_or_request,
    asks_identity,
    wait_certificate,
    asks_decompression,
    asks_verdict,
    wait_certificate_verify,
    wait_finished,
    asks_signature,
    connected,
};

namespace detail {
using cs = client_state;
}

inline constexpr auto client_table = std::array{
    transition(detail::cs::wait_server_hello, event::server_hello,
               {detail::cs::wait_encrypted_extensions, detail::cs::wait_second_server_hello}),
    transition(detail::cs::wait_second_server_hello, event::server_hello, {detail::cs::wait_encrypted_extensions}),
    transition(detail::cs::wait_encrypted_extensions, event::encrypted_extensions,
               {detail::cs::wait_certificate_or_request, detail::cs::wait_finished}),
    transition(detail::cs::wait_certificate_or_request, event::certificate_request, {detail::cs::asks_identity}),
    transition(detail::cs::wait_certificate_or_request, event::certificate, {detail::cs::asks_verdict}),
    transition(detail::cs::wait_certificate_or_request, event::compressed_certificate, {detail::cs::asks_decompression}),
    transition(detail::cs::asks_identity, event::answer_identity,
               {detail::cs::wait_certificate, detail::cs::asks_signature, detail::cs::connected}),
    transition(detail::cs::wait_certificate, event::certificate, {detail::cs::asks_verdict}),
    // RFC 8879, section 4.
    transition(detail::cs::wait_certificate, event::compressed_certificate, {detail::cs::asks_decompression}),
    transition(detail::cs::asks_decompression, event::answer_decompression, {detail::cs::asks_verdict}),
    transition(detail::cs::asks_verdict, event::answer_verdict, {detail::cs::wait_certificate_verify}),
    transition(detail::cs::wait_certificate_verify, event::certificate_verify, {detail::cs::wait_finished}),
    transition(detail::cs::wait_finished, event::finished, {detail::cs::asks_signature, detail::cs::connected}),
    transition(detail::cs::asks_signature, event::answer_signature, {detail::cs::connected}),
    // Section 4.7.2.
    transition(detail::cs::connected, event::certificate_request, {detail::cs::asks_identity}),
};

//                             START <-----+
//              Recv ClientHello |         | Send HelloRetryRequest
//                               v         |
//                            RECVD_CH ----+
//                               | Select parameters
//                               v
//                            NEGOTIATED
//                               | Send ServerHello ... Finished
//                      +--------+--------+
//             No 0-RTT |                 | 0-RTT
//                      |                 v
//                      |             WAIT_EOED
//                      |                 | Recv EndOfEarlyData
//                      v                 |
//                  WAIT_FLIGHT2 <--------+
//                      |
//             +--------+--------+
//     No auth |                 | Cert-based client auth
//             |                 v
//             |             WAIT_CERT
//             |        Recv |       | Recv Certificate
//             |       empty |       v
//             | Certificate |    WAIT_CV
//             |             |       | Recv CertificateVerify
//             +-> WAIT_FINISHED <---+
//                      | Recv Finished
//                      v
//                  CONNECTED
enum class server_state : std::uint8_t {
    wait_client_hello,
    wait_second_client_hello,
    asks_psk,
    asks_early_data,
    asks_identity,
    asks_signature,
    wait_end_of_early_data,
    wait_certificate,
    asks_decompression,
    asks_verdict,
    wait_certificate_verify,
    wait_finished,
    connected,
};

namespace detail {
using ss = server_state;
}

inline constexpr auto server_table = std::array{
    transition(detail::ss::wait_client_hello, event::client_hello,
               {detail::ss::asks_psk, detail::ss::asks_identity, detail::ss::wait_second_client_hello}),
    transition(detail::ss::wait_second_client_hello, event::client_hello,
               {detail::ss::asks_psk, detail::ss::asks_identity}),
    transition(detail::ss::asks_psk, event::answer_psk,
               {detail::ss::asks_early_data, detail::ss::wait_finished, detail::ss::asks_identity,
                detail::ss::wait_second_client_hello}),
    transition(detail::ss::asks_early_data, event::answer_early_data,
               {detail::ss::wait_end_of_early_data, detail::ss::wait_finished}),
    transition(detail::ss::asks_identity, event::answer_identity, {detail::ss::asks_signature}),
    transition(detail::ss::asks_signature, event::answer_signature,
               {detail::ss::wait_certificate, detail::ss::wait_finished}),
    transition(detail::ss::wait_end_of_early_data, event::end_of_early_data, {detail::ss::wait_finished}),
    transition(detail::ss::wait_certificate, event::certificate, {detail::ss::asks_verdict, detail::ss::wait_finished}),
    // RFC 8879, section 4.
    transition(detail::ss::wait_certificate, event::compressed_certificate, {detail::ss::asks_decompression}),
    transition(detail::ss::asks_decompression, event::answer_decompression,
               {detail::ss::asks_verdict, detail::ss::wait_finished}),
    transition(detail::ss::asks_verdict, event::answer_verdict, {detail::ss::wait_certificate_verify}),
    transition(detail::ss::wait_certificate_verify, event::certificate_verify, {detail::ss::wait_finished}),
    transition(detail::ss::wait_finished, event::finished, {detail::ss::connected}),
    // Section 4.7.2.
    transition(detail::ss::connected, event::certificate, {detail::ss::asks_verdict, detail::ss::wait_finished}),
    transition(detail::ss::connected, event::compressed_certificate, {detail::ss::asks_decompression}),
};

constexpr std::string_view name_of(client_state state) noexcept {
    constexpr std::array<std::string_view, 12> names{
        "wait_server_hello", "wait_second_server_hello", "wait_encrypted_extensions", "wait_certificate_or_request",
        "asks_identity",     "wait_certificate",         "asks_decompression",        "asks_verdict",
        "wait_certificate_verify", "wait_finished",      "asks_signature",            "connected"};
    return names[static_cast<std::size_t>(state)];
}

constexpr std::string_view name_of(server_state state) noexcept {
    constexpr std::array<std::string_view, 13> names{
        "wait_client_hello", "wait_second_client_hello", "asks_psk",           "asks_early_data",
        "asks_identity",     "asks_signature",           "wait_end_of_early_data", "wait_certificate",
        "asks_decompression", "asks_verdict",            "wait_certificate_verify", "wait_finished",
        "connected"};
    return names[static_cast<std::size_t>(state)];
}

}  // namespace v1
}  // namespace spantls
