// Linux's kernel TLS: its structures filled from a connection that was exported, and the same records made in software
// where the kernel has none.
#pragma once

#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <spantls/connection/state.hpp>

#include "support/tcp.hpp"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

namespace examples {

using byte_vector = std::vector<std::uint8_t>;

/// What setsockopt() takes for one direction.
using crypto_info = std::variant<tls12_crypto_info_aes_gcm_256, tls12_crypto_info_chacha20_poly1305>;

/// The kernel calls the first bytes of the IV salt: four of them with AES-GCM, none with ChaCha20-Poly1305.
template <class Info>
Info filled(const spantls::record_keys& keys, std::uint16_t cipher) {
    Info info{};
    if (keys.key_size != sizeof info.key || sizeof info.salt + sizeof info.iv != keys.iv.size())
        throw std::runtime_error("keys of another cipher");
    info.info.version = TLS_1_3_VERSION;
    info.info.cipher_type = cipher;
    std::memcpy(info.key, keys.key.bytes().data(), sizeof info.key);
    std::memcpy(info.salt, keys.iv.bytes().data(), sizeof info.salt);
    std::memcpy(info.iv, keys.iv.bytes().data() + sizeof info.salt, sizeof info.iv);
    spantls::store_be(info.rec_seq, keys.sequence, sizeof info.rec_seq);
    return info;
}

template <class P>
crypto_info crypto_info_of(spantls::cipher_suite suite, const spantls::direction_state<P>& direction) {
    spantls::record_keys keys;
    if (!derive_record_keys(suite, direction, keys)) throw std::runtime_error("this direction is closed");
    if (suite == spantls::cipher_suite::tls_aes_256_gcm_sha384)
        return filled<tls12_crypto_info_aes_gcm_256>(keys, TLS_CIPHER_AES_GCM_256);
    return filled<tls12_crypto_info_chacha20_poly1305>(keys, TLS_CIPHER_CHACHA20_POLY1305);
}

struct typed_content {
    std::uint8_t type = 0;  // 0: the stream has ended
    byte_vector content;
};

/// The socket's own records: what is sent and received is plaintext.
class kernel_records {
public:
    /// False, and nothing has changed, when the kernel has no TLS.
    static bool take(tcp_socket& socket, const crypto_info& sending, const crypto_info& receiving) {
        if (::setsockopt(socket.fd(), IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") != 0) return false;
        set(socket, TLS_TX, sending);
        set(socket, TLS_RX, receiving);
        return true;
    }
    explicit kernel_records(tcp_socket& socket) : fd_(socket.fd()) {}

    void send(std::uint8_t type, spantls::bytes_view content) {
        iovec part{const_cast<std::uint8_t*>(content.data()), content.size()};
        control with;
        msghdr message = with.header(part);
        cmsghdr* const said = CMSG_FIRSTHDR(&message);
        said->cmsg_level = SOL_TLS;
        said->cmsg_type = TLS_SET_RECORD_TYPE;
        said->cmsg_len = CMSG_LEN(1);
        *CMSG_DATA(said) = type;
        if (::sendmsg(fd_, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(content.size())) fail("kernel TLS: sendmsg");
    }
    typed_content receive() {
        typed_content got{23, byte_vector(16384)};
        iovec part{got.content.data(), got.content.size()};
        control with;
        msghdr message = with.header(part);
        const ssize_t size = ::recvmsg(fd_, &message, 0);
        if (size < 0) fail("kernel TLS: recvmsg");
        got.content.resize(static_cast<std::size_t>(size));
        const cmsghdr* const said = CMSG_FIRSTHDR(&message);
        if (size == 0 && said == nullptr) return {};
        if (said != nullptr && said->cmsg_level == SOL_TLS && said->cmsg_type == TLS_GET_RECORD_TYPE)
            got.type = *CMSG_DATA(said);
        return got;
    }

private:
    struct control {
        alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(1)> space{};
        msghdr header(iovec& part) {
            msghdr message{};
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = space.data();
            message.msg_controllen = space.size();
            return message;
        }
    };
    static void set(tcp_socket& socket, int direction, const crypto_info& info) {
        std::visit(
            [&](const auto& one) {
                if (::setsockopt(socket.fd(), SOL_TLS, direction, &one, sizeof one) != 0)
                    fail("kernel TLS: setsockopt");
            },
            info);
    }
    int fd_;
};

/// What the kernel would do with the same structures.
class software_records {
public:
    software_records(tcp_socket& socket, const crypto_info& sending, const crypto_info& receiving)
        : socket_(socket), sending_(sending), receiving_(receiving) {}

    void send(std::uint8_t type, spantls::bytes_view content) {
        byte_vector record(5 + content.size() + 1 + 16);
        write_header(record);
        byte_vector inner(content.begin(), content.end());
        inner.push_back(type);
        if (!work(sending_, true, record, inner.data(), inner.size())) throw std::runtime_error("cannot seal");
        for (spantls::bytes_view rest = record; !rest.empty();) {
            const std::ptrdiff_t sent = socket_.write(rest);
            if (sent <= 0) fail("send");
            rest = rest.subspan(static_cast<std::size_t>(sent));
        }
    }
    typed_content receive() {
        byte_vector record(5);
        if (!read(record)) return {};
        const std::size_t size = spantls::load_u16(record.data() + 3);
        record.resize(5 + size);
        if (!read(spantls::mutable_bytes(record).subspan(5))) throw std::runtime_error("half a record");
        byte_vector inner(size < 16 ? 0 : size - 16);
        if (size < 17 || !work(receiving_, false, record, inner.data(), inner.size()))
            throw std::runtime_error("a record that is not authentic");
        while (!inner.empty() && inner.back() == 0) inner.pop_back();
        if (inner.empty()) throw std::runtime_error("a record of nothing");
        const std::uint8_t type = inner.back();
        inner.pop_back();
        return {type, inner};
    }

private:
    static void write_header(byte_vector& record) {
        record[0] = 23, record[1] = record[2] = 3;
        spantls::store_u16(record.data() + 3, static_cast<std::uint16_t>(record.size() - 5));
    }
    bool read(spantls::mutable_bytes space) {
        while (!space.empty()) {
            const std::ptrdiff_t got = socket_.read(space);
            if (got <= 0) return false;
            space = space.subspan(static_cast<std::size_t>(got));
        }
        return true;
    }

    /// Seals `inner` into the record, or opens the record into `inner`.
    static bool work(crypto_info& with, bool seal, byte_vector& record, std::uint8_t* inner, std::size_t size) {
        return std::visit(
            [&](auto& info) {
                std::array<std::uint8_t, 12> nonce;
                std::memcpy(nonce.data(), info.salt, sizeof info.salt);
                std::memcpy(nonce.data() + sizeof info.salt, info.iv, sizeof info.iv);
                for (std::size_t i = 0; i < 8; ++i)
                    nonce[4 + i] = static_cast<std::uint8_t>(nonce[4 + i] ^ info.rec_seq[i]);
                for (std::size_t i = 8; i-- > 0 && ++info.rec_seq[i] == 0;) {
                }
                std::uint8_t* const body = record.data() + 5;
                const std::uint8_t* const head = record.data();
                if constexpr (sizeof info.salt == 4)
                    return seal ? crypto_aead_aes256gcm_encrypt(body, nullptr, inner, size, head, 5, nullptr,
                                                                nonce.data(), info.key) == 0
                                : crypto_aead_aes256gcm_decrypt(inner, nullptr, nullptr, body, size + 16, head, 5,
                                                                nonce.data(), info.key) == 0;
                else
                    return seal ? crypto_aead_chacha20poly1305_ietf_encrypt(body, nullptr, inner, size, head, 5,
                                                                            nullptr, nonce.data(), info.key) == 0
                                : crypto_aead_chacha20poly1305_ietf_decrypt(inner, nullptr, nullptr, body, size + 16,
                                                                            head, 5, nonce.data(), info.key) == 0;
            },
            with);
    }

    tcp_socket& socket_;
    crypto_info sending_, receiving_;
};

}  // namespace examples
