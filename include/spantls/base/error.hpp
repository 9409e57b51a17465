// Every error, the alert that each one owes the peer, and whose fault it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spantls {
inline namespace v1 {

/// RFC 9846, section 6. Open: any value can arrive.
enum class alert_description : std::uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    handshake_failure = 40,
    bad_certificate = 42,
    unsupported_certificate = 43,
    certificate_revoked = 44,
    certificate_expired = 45,
    certificate_unknown = 46,
    illegal_parameter = 47,
    unknown_ca = 48,
    access_denied = 49,
    decode_error = 50,
    decrypt_error = 51,
    protocol_version = 70,
    insufficient_security = 71,
    internal_error = 80,
    inappropriate_fallback = 86,
    user_canceled = 90,
    missing_extension = 109,
    unsupported_extension = 110,
    unrecognized_name = 112,
    bad_certificate_status_response = 113,
    unknown_psk_identity = 115,
    certificate_required = 116,
    general_error = 117,
    no_application_protocol = 120,
};

/// Who has to change something before this error goes away.
enum class fault : std::uint8_t { nobody, peer, transport, caller };

/// One row for each error: name, fault, the alert it owes the peer, what it means.
/// "none" in the alert column: the peer has already ended the connection, or need not know of it.
#define SPANTLS_ERRORS(X)                                                                                              \
    X(none, nobody, none, "no error")                                                                                  \
    /* records, section 5 */                                                                                           \
    X(record_overflow, peer, record_overflow, "a record is longer than the limit")                                     \
    X(bad_record_mac, peer, bad_record_mac, "a record failed authentication")                                          \
    X(unexpected_record_type, peer, unexpected_message, "a record type that is not allowed here")                      \
    X(bad_change_cipher_spec, peer, unexpected_message, "a change_cipher_spec that is not the single byte 1")          \
    X(no_content_type, peer, unexpected_message, "a protected record holds nothing but zeros")                         \
    X(empty_fragment, peer, unexpected_message, "a handshake or alert record without content")                         \
    X(interleaved_record, peer, unexpected_message, "another record type inside a fragmented handshake message")       \
    X(key_change_unaligned, peer, unexpected_message, "a key change that is not at the end of a record")               \
    X(too_many_empty_records, peer, unexpected_message, "too many records without content in a row")                   \
    X(too_many_key_updates, peer, unexpected_message, "too many key updates in a row")                                 \
    X(too_many_messages, peer, unexpected_message, "too many post-handshake messages without application data")        \
    X(too_many_change_cipher_specs, peer, unexpected_message, "too many change_cipher_spec records")                   \
    X(bad_alert, peer, decode_error, "an alert record that does not hold exactly one alert")                           \
    X(premature_application_data, peer, unexpected_message, "application data before the handshake was done")          \
    /* messages, section 4 */                                                                                          \
    X(unexpected_message, peer, unexpected_message, "a handshake message that is not allowed in this state")           \
    X(message_too_long, peer, illegal_parameter, "a handshake message longer than the limit")                          \
    X(decode_error, peer, decode_error, "a message that does not follow its syntax")                                   \
    X(duplicate_extension, peer, illegal_parameter, "the same extension twice in one message")                         \
    X(misplaced_extension, peer, illegal_parameter, "an extension in a message where it may not be")                   \
    X(unsolicited_extension, peer, unsupported_extension, "an answer to an extension that was not sent")               \
    X(missing_extension, peer, missing_extension, "a mandatory extension is not there")                                \
    X(psk_not_last, peer, illegal_parameter, "pre_shared_key is not the last extension")                               \
    X(legacy_version, peer, protocol_version, "legacy_version is not 0x0303")                                          \
    X(version_not_supported, peer, protocol_version, "the peer does not offer TLS 1.3")                                \
    X(version_not_offered, peer, illegal_parameter, "the server selected a version that was not offered")              \
    X(downgrade, peer, illegal_parameter, "the server's random says that somebody forced an older version")            \
    X(bad_compression, peer, illegal_parameter, "legacy_compression_methods is not the single null method")            \
    X(bad_session_id, peer, illegal_parameter, "legacy_session_id_echo is not what was sent")                          \
    X(suite_not_offered, peer, illegal_parameter, "the server selected a cipher suite that was not offered")           \
    X(suite_changed, peer, illegal_parameter, "the cipher suite changed after HelloRetryRequest")                      \
    X(group_not_offered, peer, illegal_parameter, "a group that was not offered")                                      \
    X(group_changed, peer, illegal_parameter, "the key share is not of the group that HelloRetryRequest named")        \
    X(useless_retry, peer, illegal_parameter, "a HelloRetryRequest that changes nothing")                              \
    X(second_retry, peer, unexpected_message, "a second HelloRetryRequest")                                            \
    X(bad_key_share, peer, illegal_parameter, "a key share that is malformed or gives the all-zero secret")            \
    X(bad_key_shares, peer, illegal_parameter, "key shares repeated, out of order or of groups not offered")           \
    X(hello_changed, peer, illegal_parameter, "the second ClientHello differs where it may not")                       \
    X(bad_cookie, peer, illegal_parameter, "a cookie that is not this server's, or of another client, or too old")     \
    X(no_common_suite, peer, handshake_failure, "no cipher suite in common")                                           \
    X(no_common_group, peer, handshake_failure, "no group in common")                                                  \
    X(no_common_scheme, peer, handshake_failure, "no signature scheme in common")                                      \
    X(no_common_protocol, peer, no_application_protocol, "no application protocol in common")                          \
    X(bad_protocol_choice, peer, illegal_parameter, "the server selected a protocol that was not offered")             \
    X(bad_record_size_limit, peer, illegal_parameter, "a record_size_limit out of its range")                          \
    X(bad_fragment_length, peer, illegal_parameter, "a max_fragment_length that is unknown or was not asked for")      \
    X(two_record_limits, peer, illegal_parameter, "max_fragment_length and record_size_limit in one answer")           \
    X(unrecognized_name, peer, unrecognized_name, "the server does not go by that name")                               \
    X(scheme_not_offered, peer, illegal_parameter, "a signature scheme that was not offered")                          \
    X(scheme_key_mismatch, peer, illegal_parameter, "a signature scheme that does not fit the certificate's key")      \
    X(bad_signature, peer, decrypt_error, "the signature of CertificateVerify is wrong")                               \
    X(bad_finished, peer, decrypt_error, "the verify_data of Finished is wrong")                                       \
    X(bad_request_context, peer, illegal_parameter, "a certificate_request_context that does not belong here")         \
    X(bad_oid_filters, peer, illegal_parameter, "oid_filters with an OID twice, or for any purpose, or too many")      \
    X(bad_certificate_type, peer, illegal_parameter, "the server selected a certificate type that was not offered")    \
    X(no_common_certificate_type, peer, unsupported_certificate, "no certificate type in common")                      \
    X(empty_certificate, peer, decode_error, "a server's Certificate without certificates")                            \
    X(compression_not_offered, peer, illegal_parameter, "a certificate compressed in a way that was not offered")      \
    X(certificate_too_long, peer, bad_certificate, "a compressed certificate that is longer than the limit")           \
    X(bad_decompression, peer, bad_certificate, "a certificate that does not decompress to the length it should have") \
    X(certificate_required, peer, certificate_required, "the client sent no certificate")                              \
    X(bad_psk_binders, peer, illegal_parameter, "not one binder for each pre-shared key")                              \
    X(bad_binder, peer, decrypt_error, "the binder of a pre-shared key is wrong")                                      \
    X(psk_not_offered, peer, illegal_parameter, "the server selected a pre-shared key that was not offered")           \
    X(psk_wrong_hash, peer, illegal_parameter, "the cipher suite has another hash than the pre-shared key")            \
    X(psk_without_share, peer, illegal_parameter, "the server did without a key exchange, which was not offered")      \
    X(unknown_psk, peer, unknown_psk_identity, "no pre-shared key in common")                                          \
    X(bad_early_data_choice, peer, illegal_parameter, "the server accepted early data that it could not accept")       \
    X(too_much_early_data, peer, unexpected_message, "more early data than was allowed")                               \
    X(quic_session_id, peer, illegal_parameter, "a session id over QUIC, which has no compatibility mode")             \
    X(bad_quic_ticket, peer, illegal_parameter, "a ticket over QUIC with an early data limit that QUIC does not have") \
    X(quic_parameters, peer, unsupported_extension, "QUIC's transport parameters, and no QUIC")                        \
    X(bad_key_update, peer, illegal_parameter, "a KeyUpdate with an unknown request")                                  \
    /* certificates, section 4.5 */                                                                                    \
    X(bad_certificate, peer, bad_certificate, "a certificate that is malformed or whose signature is wrong")           \
    X(unsupported_certificate, peer, unsupported_certificate, "a certificate of an unsupported kind")                  \
    X(certificate_revoked, peer, certificate_revoked, "a certificate that was revoked")                                \
    X(bad_staple, peer, bad_certificate_status_response, "an OCSP response that is not acceptable")                    \
    X(staple_missing, peer, bad_certificate_status_response, "a certificate that has to come with an OCSP response")   \
    X(certificate_expired, peer, certificate_expired, "a certificate that is not valid at this time")                  \
    X(certificate_unknown, peer, certificate_unknown, "a certificate that is not acceptable")                          \
    X(certificate_name_mismatch, peer, bad_certificate, "a certificate for another name")                              \
    X(delegation_not_asked, peer, unexpected_message, "a delegated credential that was not asked for")                 \
    X(delegation_expired, peer, illegal_parameter, "a delegated credential that is not valid at this time")            \
    X(delegation_too_long, peer, illegal_parameter, "a delegated credential that is valid for too long")               \
    X(delegation_not_permitted, peer, illegal_parameter, "a delegated credential of a certificate that permits none")  \
    X(delegation_bad_scheme, peer, illegal_parameter, "a delegated credential with a scheme that is not allowed")      \
    X(delegation_bad_signature, peer, illegal_parameter, "a delegated credential whose signature is wrong")            \
    X(unknown_ca, peer, unknown_ca, "a certificate of an unknown issuer")                                              \
    X(access_denied, peer, access_denied, "the peer is known and is not let in")                                       \
    X(refused, peer, handshake_failure, "the caller refused the handshake")                                            \
    /* the end of a connection, section 6 */                                                                           \
    X(peer_alert, peer, none, "the peer sent a fatal alert")                                                           \
    X(closed_in_handshake, peer, none, "the peer closed before the handshake was done")                                \
    X(truncated, transport, none, "the transport ended without close_notify")                                          \
    X(canceled, caller, user_canceled, "the caller gave up the handshake")                                             \
    X(internal_error, caller, internal_error, "the caller or the provider cannot go on")                               \
    /* misuse: nothing has changed */                                                                                  \
    X(not_asked, caller, none, "an answer to a question that is not open")                                             \
    X(wrong_answer, caller, none, "an answer that does not fit the open question")                                     \
    X(too_small, caller, none, "the output has no room; nothing was written")                                          \
    X(output_owed, caller, none, "something else has to leave first: call transmit(); nothing was written")            \
    X(not_connected, caller, none, "not possible before the handshake is done")                                        \
    X(write_closed, caller, none, "nothing can be sent after close")                                                   \
    X(connection_failed, caller, none, "the connection has failed before")                                             \
    X(update_outstanding, caller, none, "the peer has not yet answered the last update_requested")                     \
    X(workspace_too_small, caller, internal_error, "the workspace is smaller than what is needed")                     \
    X(no_more_keys, caller, none, "all key updates that a connection may send have been sent")                         \
    X(bad_argument, caller, none, "an argument out of its range")                                                      \
    X(early_data_over, caller, none, "early data cannot be sent, or not any more")                                     \
    X(message_unfinished, caller, none, "what has arrived is not dealt with to its end: receive() first")              \
    X(exported, caller, none, "the connection was exported, and goes on elsewhere")                                    \
    X(state_unfit, caller, none, "an exported connection of another role, provider or configuration, or damaged")      \
    X(authentication_not_offered, caller, none, "the client does not authenticate itself after the handshake")         \
    X(too_many_requests, caller, none, "as many requests for authentication as may be outstanding")                    \
    X(ticket_not_wanted, caller, none, "a ticket for a client that did not say how it would use one")                  \
    X(session_damaged, caller, none, "bytes that are not a session, or not the whole of one")                          \
    X(session_newer, caller, none, "a session that a newer version of this library wrote")                             \
    X(key_damaged, caller, none, "bytes that are not a private key")                                                   \
    X(key_unsupported, caller, none, "a private key of an unsupported kind, or an encrypted one")                      \
    X(pem_damaged, caller, none, "PEM without what was looked for, or not PEM")                                        \
    /* a configuration that was refused */                                                                             \
    X(config_no_suite, caller, none, "no cipher suite that the provider has")                                          \
    X(config_no_group, caller, none, "no group that the provider has")                                                 \
    X(config_no_scheme, caller, none, "no signature scheme that the provider can verify")                              \
    X(config_too_many, caller, none, "a list is longer than its capacity, or names something twice")                   \
    X(config_bad_alpn, caller, none, "an ALPN name is empty or longer than 255 bytes")                                 \
    X(config_bad_server_name, caller, none, "the server name is no host name that SNI can carry, or the label is one") \
    X(config_bad_shares, caller, none, "a key share of a group that is not offered")                                   \
    X(config_bad_limit, caller, none, "a limit out of its range")                                                      \
    X(config_bad_chain, caller, none, "a certificate chain that is empty or too long for the peer's limits")           \
    X(config_bad_request, caller, none, "authorities or oid_filters that no CertificateRequest can carry")             \
    X(config_bad_certificate_type, caller, none, "a certificate type that is unknown or listed twice")                 \
    X(config_bad_psk, caller, none, "a pre-shared key without identity or key, or a longer one than can be sent")      \
    X(config_bad_secret, caller, none, "a cookie secret of less than 32 bytes, or none where one is needed")           \
    X(config_bad_delegation, caller, none, "a delegated credential that is none, or does not fit its certificate")     \
    X(config_no_time, caller, none, "delegated credentials are taken, and no time is given to judge them by")          \
    X(config_for_records, caller, none, "a configuration of what only records have, for a handshake over QUIC")        \
    X(config_workspace, caller, none, "the workspace is smaller than smallest_workspace")

/// What went wrong, exactly.
enum class errc : std::uint8_t {
#define SPANTLS_ROW(name, fault_of, alert, text) name,
    SPANTLS_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
};

namespace detail {
struct alert_column {
    using enum alert_description;
    struct absent {};
    static constexpr absent none{};
    static constexpr std::optional<alert_description> of(absent) noexcept { return std::nullopt; }
    static constexpr std::optional<alert_description> of(alert_description value) noexcept { return value; }
};
}  // namespace detail

/// The one alert that an error owes the peer; none where it owes none (section 6.2).
constexpr std::optional<alert_description> alert_for(errc error) noexcept {
    using column = detail::alert_column;
    switch (error) {
#define SPANTLS_ROW(name, fault_of, alert, text) \
    case errc::name: return column::of(column::alert);
        SPANTLS_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
    }
    return alert_description::internal_error;
}

/// Whose fault an error is.
constexpr fault fault_of(errc error) noexcept {
    switch (error) {
#define SPANTLS_ROW(name, fault_of, alert, text) \
    case errc::name: return fault::fault_of;
        SPANTLS_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
    }
    return fault::caller;
}

/// The error's own name, as in the source. Static storage.
constexpr std::string_view name_of(errc error) noexcept {
    switch (error) {
#define SPANTLS_ROW(name, fault_of, alert, text) \
    case errc::name: return #name;
        SPANTLS_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
    }
    return "unknown";
}

/// One sentence for a log. Static storage; never anything secret.
constexpr std::string_view describe(errc error) noexcept {
    switch (error) {
#define SPANTLS_ROW(name, fault_of, alert, text) \
    case errc::name: return text;
        SPANTLS_ERRORS(SPANTLS_ROW)
#undef SPANTLS_ROW
    }
    return "unknown error";
}
#undef SPANTLS_ERRORS

/// The name of an alert as the RFC spells it; "unknown" for one that it does not define.
constexpr std::string_view name_of(alert_description alert) noexcept {
    using enum alert_description;
    switch (alert) {
        case close_notify: return "close_notify";
        case unexpected_message: return "unexpected_message";
        case bad_record_mac: return "bad_record_mac";
        case record_overflow: return "record_overflow";
        case handshake_failure: return "handshake_failure";
        case bad_certificate: return "bad_certificate";
        case unsupported_certificate: return "unsupported_certificate";
        case certificate_revoked: return "certificate_revoked";
        case certificate_expired: return "certificate_expired";
        case certificate_unknown: return "certificate_unknown";
        case illegal_parameter: return "illegal_parameter";
        case unknown_ca: return "unknown_ca";
        case access_denied: return "access_denied";
        case decode_error: return "decode_error";
        case decrypt_error: return "decrypt_error";
        case protocol_version: return "protocol_version";
        case insufficient_security: return "insufficient_security";
        case internal_error: return "internal_error";
        case inappropriate_fallback: return "inappropriate_fallback";
        case user_canceled: return "user_canceled";
        case missing_extension: return "missing_extension";
        case unsupported_extension: return "unsupported_extension";
        case unrecognized_name: return "unrecognized_name";
        case bad_certificate_status_response: return "bad_certificate_status_response";
        case unknown_psk_identity: return "unknown_psk_identity";
        case certificate_required: return "certificate_required";
        case general_error: return "general_error";
        case no_application_protocol: return "no_application_protocol";
    }
    return "unknown";
}

}  // namespace v1
}  // namespace spantls
