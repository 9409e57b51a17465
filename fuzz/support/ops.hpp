// What the bytes of a script for a whole connection mean: an operation, then its parameters. Shared with
// make_corpus.cpp, which writes such scripts.
#pragma once

#include <cstdint>

namespace fuzz {

/// The low five bits of a byte; those from `count` on do nothing, so that new ones may be added before it.
enum class op : std::uint8_t {
    drive,    ///< n: so many polite steps: send what is owed, receive all there is, answer, lend what is asked for
    receive,  ///< size: of what has arrived show so many bytes, 0: all
    bytes,    ///< size, bytes: they arrive
    record,   ///< type, size, bytes: they arrive as a record in the clear
    protected_record,  ///< type, size, zeros, bytes: they arrive as a record with null protection
    fill,              ///< type, u16, byte: a record in the clear with so many equal bytes
    message,           ///< type, size, bytes: a handshake message, protected or not as its type wants
    peer,              ///< kind, how: a message or record of a peer that knows the protocol; see canned.hpp
    bend,              ///< place, byte: the next message has this byte changed; places from 128 on count from the end
    framing,           ///< size, flags: 1 hold messages back, 2 all in the clear, 4 all protected; 0: whole messages
    flush,             ///< messages that were held back arrive, in records of the framing's size
    transmit,          ///< size of the output; 255: enough
    send,              ///< size of the data, size of the output
    answer,            ///< which answer
    update_keys,       ///< odd: with a request
    close,
    abort,  ///< alert
    lend,   ///< how
    take_workspace,
    send_ticket,  ///< how, size of the output
    halves,       ///< go on with the two halves, or with the whole again
    end_of_input,
    randomness,  ///< odd: works
    getters,
    large,            ///< type, u16, byte: a handshake message with twice so many equal bytes
    protected_large,  ///< type, u16, byte, size: a record with null protection, with so many equal bytes, and zeros
    send_in_place,    ///< size of the data, size of the output
    send_early,       ///< size of the output; as much as is allowed
    compressed,    ///< a certificate as of op::peer, length: compressed, said to be so much longer
    decompressed,  ///< size: an answer; what there is to decompress is copied
    count,
};

/// For op::peer.
enum class canned_kind : std::uint8_t {
    hello,  ///< ServerHello or HelloRetryRequest to a client, ClientHello to a server, which takes a second byte
    encrypted_extensions,
    certificate_request,
    certificate,
    certificate_verify,
    finished,
    new_session_ticket,
    key_update,
    change_cipher_spec,
    alert,
    application_data,
    end_of_early_data,
    count,
};

}  // namespace fuzz
