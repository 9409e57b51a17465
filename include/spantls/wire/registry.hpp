// Code points, with the names that IANA and RFC 9846 give them. Every enum is open: any value can arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace spantls {
inline namespace v1 {

enum class protocol_version : std::uint16_t { tls_1_0 = 0x0301, tls_1_2 = 0x0303, tls_1_3 = 0x0304 };

/// RFC 9846, section 5.1.
enum class content_type : std::uint8_t {
    invalid = 0,
    change_cipher_spec = 20,
    alert = 21,
    handshake = 22,
    application_data = 23,
};

/// RFC 9846, section 4.
enum class handshake_type : std::uint8_t {
    client_hello = 1,
    server_hello = 2,
    new_session_ticket = 4,
    end_of_early_data = 5,
    encrypted_extensions = 8,
    certificate = 11,
    certificate_request = 13,
    certificate_verify = 15,
    finished = 20,
    key_update = 24,
    compressed_certificate = 25,  // RFC 8879, section 7.2
    message_hash = 254,
};

/// RFC 9846, section 4.3.
enum class extension_type : std::uint16_t {
    server_name = 0,
    max_fragment_length = 1,
    status_request = 5,
    supported_groups = 10,
    signature_algorithms = 13,
    use_srtp = 14,
    heartbeat = 15,
    application_layer_protocol_negotiation = 16,
    signed_certificate_timestamp = 18,
    client_certificate_type = 19,
    server_certificate_type = 20,
    padding = 21,
    compress_certificate = 27,
    record_size_limit = 28,
    delegated_credential = 34,
    pre_shared_key = 41,
    early_data = 42,
    supported_versions = 43,
    cookie = 44,
    psk_key_exchange_modes = 45,
    certificate_authorities = 47,
    oid_filters = 48,
    post_handshake_auth = 49,
    signature_algorithms_cert = 50,
    key_share = 51,
    transparency_info = 52,
    quic_transport_parameters = 57,
    ticket_request = 58,
    encrypted_client_hello = 65037,
};

/// RFC 9846, appendix B.4.
enum class cipher_suite : std::uint16_t {
    tls_aes_128_gcm_sha256 = 0x1301,
    tls_aes_256_gcm_sha384 = 0x1302,
    tls_chacha20_poly1305_sha256 = 0x1303,
    tls_aes_128_ccm_sha256 = 0x1304,
    tls_aes_128_ccm_8_sha256 = 0x1305,
};

/// RFC 9846, section 4.3.7.
enum class named_group : std::uint16_t {
    secp256r1 = 0x0017,
    secp384r1 = 0x0018,
    secp521r1 = 0x0019,
    x25519 = 0x001d,
    x448 = 0x001e,
    ffdhe2048 = 0x0100,
    secp256r1_mlkem768 = 0x11eb,
    x25519_mlkem768 = 0x11ec,
    secp384r1_mlkem1024 = 0x11ed,
};

/// Whether a group stands against quantum computers: those of draft-ietf-tls-ecdhe-mlkem.
constexpr bool is_post_quantum(named_group group) noexcept {
    using enum named_group;
    return group == secp256r1_mlkem768 || group == x25519_mlkem768 || group == secp384r1_mlkem1024;
}

/// RFC 9846, section 4.3.3; mldsa...: draft-ietf-tls-mldsa.
enum class signature_scheme : std::uint16_t {
    rsa_pkcs1_sha256 = 0x0401,
    rsa_pkcs1_sha384 = 0x0501,
    rsa_pkcs1_sha512 = 0x0601,
    ecdsa_secp256r1_sha256 = 0x0403,
    ecdsa_secp384r1_sha384 = 0x0503,
    ecdsa_secp521r1_sha512 = 0x0603,
    rsa_pss_rsae_sha256 = 0x0804,
    rsa_pss_rsae_sha384 = 0x0805,
    rsa_pss_rsae_sha512 = 0x0806,
    ed25519 = 0x0807,
    ed448 = 0x0808,
    rsa_pss_pss_sha256 = 0x0809,
    rsa_pss_pss_sha384 = 0x080a,
    rsa_pss_pss_sha512 = 0x080b,
    mldsa44 = 0x0904,
    mldsa65 = 0x0905,
    mldsa87 = 0x0906,

    // In certificates only, never on the wire: curves with hashes for which TLS 1.3 has no scheme. The values are ours,
    // out of those for private use.
    ecdsa_secp256r1_sha384 = 0xfe01,
    ecdsa_secp256r1_sha512 = 0xfe02,
    ecdsa_secp384r1_sha256 = 0xfe03,
    ecdsa_secp384r1_sha512 = 0xfe04,
};

/// Whether CertificateVerify may be signed with it. Of the schemes that TLS 1.2 had, only ECDSA with SHA-256 and
/// better: RSASSA-PKCS1-v1_5 and SHA-1 are for the signatures in certificates (RFC 9846, sections 4.3.3 and 4.5.2). So
/// are the schemes that we have numbered ourselves.
constexpr bool signs_handshakes(signature_scheme scheme) noexcept {
    if (scheme >= signature_scheme::ecdsa_secp256r1_sha384 && scheme <= signature_scheme::ecdsa_secp384r1_sha512)
        return false;
    const unsigned code = static_cast<unsigned>(scheme), hash = code >> 8, algorithm = code & 0xff;
    return hash > 6 || (hash > 3 && algorithm == 3);
}

/// Whether the key of a delegated credential may sign with it: no key of rsaEncryption (RFC 9345, section 4).
constexpr bool may_be_delegated(signature_scheme scheme) noexcept {
    using enum signature_scheme;
    return signs_handshakes(scheme) && scheme != rsa_pss_rsae_sha256 && scheme != rsa_pss_rsae_sha384 &&
           scheme != rsa_pss_rsae_sha512;
}

/// RFC 9846, section 4.7.3.
enum class key_update_request : std::uint8_t { update_not_requested = 0, update_requested = 1 };

/// The hash of a cipher suite, as far as the key schedule needs to tell them apart.
enum class hash_id : std::uint8_t { sha256, sha384 };

constexpr std::size_t digest_size(hash_id hash) noexcept { return hash == hash_id::sha256 ? 32 : 48; }
constexpr std::size_t block_size(hash_id hash) noexcept { return hash == hash_id::sha256 ? 64 : 128; }

/// Longest digest, and so the longest secret of any suite.
inline constexpr std::size_t max_digest_size = 48;

/// What a CertificateEntry holds (RFC 9846, section 4.5.1; RFC 7250).
enum class certificate_type : std::uint8_t { x509 = 0, raw_public_key = 2 };

/// CertificateCompressionAlgorithm (RFC 8879, section 7.3).
enum class certificate_compression : std::uint16_t { zlib = 1, brotli = 2, zstd = 3 };

/// The hash of a suite (RFC 9846, appendix B.4); none of a suite that is not in the registry.
constexpr std::optional<hash_id> suite_hash(cipher_suite suite) noexcept {
    using enum cipher_suite;
    switch (suite) {
        case tls_aes_128_gcm_sha256:
        case tls_chacha20_poly1305_sha256:
        case tls_aes_128_ccm_sha256:
        case tls_aes_128_ccm_8_sha256: return hash_id::sha256;
        case tls_aes_256_gcm_sha384: return hash_id::sha384;
    }
    return std::nullopt;
}

/// Seven days, in seconds: no ticket lives longer (RFC 9846, section 4.7.1).
inline constexpr std::uint32_t max_ticket_lifetime = 604800;

constexpr std::string_view name_of(handshake_type type) noexcept {
    using enum handshake_type;
    switch (type) {
        case client_hello: return "ClientHello";
        case server_hello: return "ServerHello";
        case new_session_ticket: return "NewSessionTicket";
        case end_of_early_data: return "EndOfEarlyData";
        case encrypted_extensions: return "EncryptedExtensions";
        case certificate: return "Certificate";
        case certificate_request: return "CertificateRequest";
        case certificate_verify: return "CertificateVerify";
        case finished: return "Finished";
        case key_update: return "KeyUpdate";
        case compressed_certificate: return "CompressedCertificate";
        case message_hash: return "message_hash";
    }
    return "unknown";
}

constexpr std::string_view name_of(content_type type) noexcept {
    using enum content_type;
    switch (type) {
        case invalid: return "invalid";
        case change_cipher_spec: return "change_cipher_spec";
        case alert: return "alert";
        case handshake: return "handshake";
        case application_data: return "application_data";
    }
    return "unknown";
}

constexpr std::string_view name_of(cipher_suite suite) noexcept {
    using enum cipher_suite;
    switch (suite) {
        case tls_aes_128_gcm_sha256: return "TLS_AES_128_GCM_SHA256";
        case tls_aes_256_gcm_sha384: return "TLS_AES_256_GCM_SHA384";
        case tls_chacha20_poly1305_sha256: return "TLS_CHACHA20_POLY1305_SHA256";
        case tls_aes_128_ccm_sha256: return "TLS_AES_128_CCM_SHA256";
        case tls_aes_128_ccm_8_sha256: return "TLS_AES_128_CCM_8_SHA256";
    }
    return "unknown";
}

constexpr std::string_view name_of(named_group group) noexcept {
    using enum named_group;
    switch (group) {
        case secp256r1: return "secp256r1";
        case secp384r1: return "secp384r1";
        case secp521r1: return "secp521r1";
        case x25519: return "x25519";
        case x448: return "x448";
        case ffdhe2048: return "ffdhe2048";
        case secp256r1_mlkem768: return "SecP256r1MLKEM768";
        case x25519_mlkem768: return "X25519MLKEM768";
        case secp384r1_mlkem1024: return "SecP384r1MLKEM1024";
    }
    return "unknown";
}

constexpr std::string_view name_of(signature_scheme scheme) noexcept {
    using enum signature_scheme;
    switch (scheme) {
        case rsa_pkcs1_sha256: return "rsa_pkcs1_sha256";
        case rsa_pkcs1_sha384: return "rsa_pkcs1_sha384";
        case rsa_pkcs1_sha512: return "rsa_pkcs1_sha512";
        case ecdsa_secp256r1_sha256: return "ecdsa_secp256r1_sha256";
        case ecdsa_secp384r1_sha384: return "ecdsa_secp384r1_sha384";
        case ecdsa_secp521r1_sha512: return "ecdsa_secp521r1_sha512";
        case rsa_pss_rsae_sha256: return "rsa_pss_rsae_sha256";
        case rsa_pss_rsae_sha384: return "rsa_pss_rsae_sha384";
        case rsa_pss_rsae_sha512: return "rsa_pss_rsae_sha512";
        case ed25519: return "ed25519";
        case ed448: return "ed448";
        case rsa_pss_pss_sha256: return "rsa_pss_pss_sha256";
        case rsa_pss_pss_sha384: return "rsa_pss_pss_sha384";
        case rsa_pss_pss_sha512: return "rsa_pss_pss_sha512";
        case mldsa44: return "mldsa44";
        case mldsa65: return "mldsa65";
        case mldsa87: return "mldsa87";
        case ecdsa_secp256r1_sha384: return "ecdsa_secp256r1_sha384";
        case ecdsa_secp256r1_sha512: return "ecdsa_secp256r1_sha512";
        case ecdsa_secp384r1_sha256: return "ecdsa_secp384r1_sha256";
        case ecdsa_secp384r1_sha512: return "ecdsa_secp384r1_sha512";
    }
    return "unknown";
}

constexpr std::string_view name_of(certificate_compression algorithm) noexcept {
    using enum certificate_compression;
    switch (algorithm) {
        case zlib: return "zlib";
        case brotli: return "brotli";
        case zstd: return "zstd";
    }
    return "unknown";
}

}  // namespace v1
}  // namespace spantls
