// Writes inputs to begin with: make_corpus DIRECTORY CERTIFICATES. They are real runs of our own client and server, and
// of peers that know the protocol, cut for each target. fuzz/make_corpus adds what other implementations say.
#include <array>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <spantls/session/psk_importer.hpp>
#include <spantls/session/session.hpp>
#include <spantls/session/ticket_keys.hpp>

#include "support/canned.hpp"
#include "support/ops.hpp"
#include "support/run.hpp"
#include "support/signing.hpp"
#include "support/toy_provider.hpp"

namespace {

using namespace spantls;
using fuzz::buffer;
using fuzz::canned_kind;
using fuzz::op;
namespace fs = std::filesystem;

fs::path root;

void write(const std::string& target, const std::string& name, bytes_view bytes) {
    fs::create_directories(root / target);
    std::ofstream(root / target / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

buffer operator+(buffer a, bytes_view b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

template <class... Number>
buffer numbers(Number... number) {
    return {static_cast<std::uint8_t>(number)...};
}

/// A script for a whole connection, written as it is read.
struct steps : buffer {
    steps(std::uint8_t flags, std::uint8_t sizes, std::uint8_t third, std::uint8_t workspace = 100)
        : buffer{flags, sizes, third, workspace} {}

    template <class... Number>
    steps& then(op what, Number... parameter) {
        push_back(static_cast<std::uint8_t>(what));
        (push_back(static_cast<std::uint8_t>(parameter)), ...);
        return *this;
    }
    template <class... Number>
    steps& peer(canned_kind kind, Number... parameter) {
        return then(op::peer, kind, parameter...);
    }
    steps& drive(std::uint8_t count = 31) { return then(op::drive, count); }
    steps& arrives(bytes_view bytes) {
        then(op::bytes, 255, bytes.size() >> 8, bytes.size());
        insert(end(), bytes.begin(), bytes.end());
        return *this;
    }
};

// Whole connections

/// What a client is told up to its Finished.
steps& handshake_of_server(steps& it, std::uint8_t hello, std::uint8_t extensions, bool request) {
    it.drive().peer(canned_kind::hello, hello).peer(canned_kind::change_cipher_spec, 0);
    it.peer(canned_kind::encrypted_extensions, extensions);
    if (request) it.peer(canned_kind::certificate_request, 0);
    return it.peer(canned_kind::certificate, 1)
        .peer(canned_kind::certificate_verify, 64)
        .peer(canned_kind::finished, 0);
}

void write_client_scripts() {
    int count = 0;
    const auto keep = [&](const steps& it) { write("client", "script-" + std::to_string(count++), it); };
    for (const std::uint8_t flags : numbers(0x00, 0x01, 0x02, 0x0c, 0x31, 0x90)) {
        const std::uint8_t name = (flags & 8) != 0 ? 3 : 0;
        steps it(flags, 0, 0);
        handshake_of_server(it, 0, name, (flags & 0x11) != 0).drive();
        it.peer(canned_kind::application_data, 0x2a).peer(canned_kind::new_session_ticket, 0x44);
        it.peer(canned_kind::key_update, 1).drive().then(op::send, 100, 255, 1, 0).then(op::getters);
        it.then(op::update_keys, 1).then(op::transmit, 255).peer(canned_kind::key_update, 0).drive();
        it.then(op::close).peer(canned_kind::alert, 0).drive().then(op::end_of_input).then(op::take_workspace);
        keep(it);
    }
    for (const std::uint8_t retry :
         numbers(0x14, 0x34, 0x30, 0x50, 0x70)) {  // of another group, useless ones, a cookie
        steps it(0, 0, 9);
        it.drive().peer(canned_kind::hello, retry);
        handshake_of_server(it, retry & 15, 0, false).drive().then(op::send, 10, 100);
        keep(it);
    }
    for (const std::uint8_t size :
         numbers(1, 2, 7, 60)) {  // messages in pieces, seen in pieces, with outputs that hardly fit
        steps it(1, size, 0, 0);
        it.then(op::transmit, 48).then(op::framing, size, 0);
        handshake_of_server(it, 1, 0, true);
        for (int i = 0; i < 12; ++i) it.then(op::receive, 40 + size).then(op::transmit, 20 + size).drive(1);
        it.drive()
            .drive()
            .peer(canned_kind::new_session_ticket, 0x20)
            .then(op::halves)
            .drive()
            .then(op::take_workspace);
        keep(it);
    }
    for (const std::uint8_t certificate : numbers(1, 5)) {  // delegated credentials
        steps it(0, 0, 0x80);
        it.drive().peer(canned_kind::hello, 0).peer(canned_kind::encrypted_extensions, 0);
        it.peer(canned_kind::certificate, certificate).peer(canned_kind::certificate_verify, 64);
        keep(it.peer(canned_kind::finished, 0).drive().then(op::send, 10, 100));
    }
    steps together(0, 8, 0);  // as many messages in a record as may be; sending keys that change by themselves
    together.drive().peer(canned_kind::hello, 0).then(op::framing, 0, 1).peer(canned_kind::encrypted_extensions, 0);
    together.peer(canned_kind::certificate, 1).peer(canned_kind::certificate_verify, 64).peer(canned_kind::finished, 0);
    together.then(op::flush).drive();
    together.peer(canned_kind::new_session_ticket, 1)
        .peer(canned_kind::new_session_ticket, 2)
        .peer(canned_kind::key_update, 1);
    together.then(op::flush)
        .drive()
        .then(op::halves)
        .then(op::send, 255, 1, 44, 254)
        .then(op::close)
        .then(op::transmit, 255);
    keep(together);
    for (const std::uint8_t kind :
         numbers(0, 2, 4, 5, 6, 7, 9, 10, 11)) {  // answers that were not asked for, and refusals
        steps it(0, 0, 0);
        handshake_of_server(it, 0, 0, true)
            .drive(2)
            .then(op::answer, kind, 40)
            .drive(2)
            .then(op::answer, kind, 40)
            .drive();
        keep(it);
    }
    // What may happen while the last flight has not left.
    for (const int way : {0, 1, 2, 3, 4, 5, 6}) {
        steps it(way == 3 ? 0x20 : 0, 0, 0);
        handshake_of_server(it, 0, 0, way == 3).drive(way == 3 ? 6 : 5);
        if (way == 0) it.peer(canned_kind::alert, 40);
        if (way == 1) it.then(op::halves).peer(canned_kind::alert, 40);
        if (way == 2) it.then(op::halves).then(op::protected_record, 99, 1, 0, 1);
        if (way == 3) it.then(op::send, 50, 90).then(op::transmit, 30).then(op::update_keys, 1).then(op::close);
        if (way == 4)
            it.peer(canned_kind::key_update, 1).then(op::receive, 0).then(op::send, 20, 60).then(op::abort, 80);
        if (way == 5) it.then(op::end_of_input).then(op::take_workspace);
        if (way == 6)
            it.then(op::lend, 255, 200, 0).then(op::take_workspace).then(op::transmit, 60).then(op::take_workspace);
        keep(it.then(op::receive, 0).then(op::transmit, 50).drive());
    }
    for (const std::uint8_t size : numbers(0, 60)) {  // long messages, before the end of the handshake and after it
        steps it(0, 0, 0);
        it.then(op::framing, size, 0).drive().peer(canned_kind::hello, 0).peer(canned_kind::encrypted_extensions, 0);
        keep(it.then(op::large, 11, 0x40, 0, 0).drive());
        steps after(0, 0, 0);
        handshake_of_server(after, 0, 0, false)
            .drive()
            .then(op::framing, size, 0)
            .then(op::large, 4, 0x50, 0, 0)
            .drive();
        keep(after.then(op::protected_large, 23, 0x40, 0, 7, 0).then(op::protected_large, 23, 0x40, 1, 7, 0).drive());
    }
    steps halves(0, 0, 0);  // both halves give up
    handshake_of_server(halves, 0, 0, false).drive().then(op::halves).then(op::protected_record, 99, 1, 0, 1).drive();
    keep(halves.then(op::abort, 80).then(op::send, 5, 100));
    for (const std::uint8_t alert : numbers(0, 40, 90)) {
        steps it(0, 0, 0);
        handshake_of_server(it, 0, 0, false).drive(3).peer(canned_kind::alert, alert).drive().then(op::abort, alert);
        keep(it);
    }
}

/// A pre-shared key and early data: accepted, rejected, rejected by a retry; no key after all; with limits of records.
void write_client_scripts_with_keys() {
    int count = 0;
    for (const int way : {0, 1, 2, 3, 4}) {
        steps it(0x11, way == 4 ? 0x80 : 0, way == 4 ? 0x70 : 0x40);
        it.then(op::send_early, 60).then(op::send_early, 255).drive(2);
        if (way == 2) it.peer(canned_kind::hello, 0x14).drive(2);
        it.peer(canned_kind::hello, way == 3 ? 0 : way == 2 ? 0x84 : 0x80).peer(canned_kind::change_cipher_spec, 0);
        it.peer(canned_kind::encrypted_extensions, way == 0 ? 0x20 : way == 4 ? 0x60 : 0);
        if (way == 3) it.peer(canned_kind::certificate, 1).peer(canned_kind::certificate_verify, 64);
        it.peer(canned_kind::finished, 0).drive().then(op::send, 100, 255, 1, 0).then(op::send_early, 255);
        write("client", "keys-" + std::to_string(count++), it.then(op::getters).drive().then(op::take_workspace));
    }
}

/// The same for a server: taken, rejected, before a retry, with other keys and none, with limits of records.
void write_server_scripts_with_keys() {
    int count = 0;
    for (const int way : {0, 1, 2, 3, 4, 5}) {
        steps it(1, way == 5 ? 0x80 : 0, way == 5 ? 0xf0 : 0xc0);
        it.peer(canned_kind::hello, way == 2 ? 0x80 : 0x81, way == 5 ? 0xc0 : 0x40);
        // Without cryptography nothing that is rejected could be told from what is not.
        if (way == 0 || way == 2 || way == 5) it.peer(canned_kind::application_data, 0x2f);
        if (way == 1) it.then(op::receive, 0).then(op::answer, 249).then(op::receive, 0).then(op::answer, 253);
        if (way == 3) it.then(op::receive, 0).then(op::answer, 250);
        if (way == 4) it.then(op::receive, 0).then(op::answer, 248);
        it.drive();
        if (way == 2) it.peer(canned_kind::hello, 1, 0x40).drive();
        if (way == 0 || way == 5) it.peer(canned_kind::end_of_early_data, 0);
        it.peer(canned_kind::finished, 0).drive().then(op::send, 100, 255, 1, 0).then(op::getters);
        write("server", "keys-" + std::to_string(count++), it.drive().then(op::take_workspace));
    }
}

void write_server_scripts() {
    int count = 0;
    const auto keep = [&](const steps& it) { write("server", "script-" + std::to_string(count++), it); };
    for (const std::uint8_t flags : numbers(0x00, 0x01, 0x0c, 0x10, 0x21, 0x90)) {
        steps it(flags, 0, 0);
        it.peer(canned_kind::hello, flags == 0x0c ? 9 : flags == 1 ? 0x21 : 1, 0).drive();
        it.peer(canned_kind::change_cipher_spec, 0);
        if ((flags & 0x30) != 0) it.peer(canned_kind::certificate, 1).peer(canned_kind::certificate_verify, 64);
        it.peer(canned_kind::finished, 0).drive();
        it.peer(canned_kind::application_data, 0x2a).peer(canned_kind::key_update, 1).drive();
        it.then(op::send, 100, 255, 1, 0).then(op::send_ticket, 4, 255, 1, 0).then(op::getters);
        it.then(op::update_keys, 1).then(op::transmit, 255).peer(canned_kind::key_update, 0).drive();
        it.then(op::close).peer(canned_kind::alert, 0).drive().then(op::end_of_input).then(op::take_workspace);
        keep(it);
    }
    for (const std::uint8_t shares : numbers(0, 2, 4)) {  // a retry, early data before it, and the second hello
        steps it(0, 0, 0);
        it.peer(canned_kind::hello, 0x80 + shares, 0).peer(canned_kind::application_data, 0x0f).drive();
        it.peer(canned_kind::hello, 1, 0).drive().peer(canned_kind::finished, 0).drive().then(op::send, 10, 100);
        keep(it);
    }
    steps early(0, 0, 0);
    early.peer(canned_kind::hello, 0x81, 0).drive().peer(canned_kind::end_of_early_data, 0);
    keep(early.peer(canned_kind::finished, 0).drive());
    for (const std::uint8_t size : numbers(1, 2, 7, 60)) {
        steps it(0x11, size, 0, 0);
        it.then(op::framing, size, 0).peer(canned_kind::hello, 4, 0).drive().drive().then(op::transmit, 48);
        it.peer(canned_kind::certificate, 0x0f)
            .peer(canned_kind::certificate_verify, 64)
            .peer(canned_kind::finished, 0);
        for (int i = 0; i < 12; ++i) it.then(op::receive, 40 + size).then(op::transmit, 20 + size).drive(1);
        keep(it.drive().drive().then(op::halves).then(op::send, 20, 60).then(op::take_workspace));
    }
    for (const std::uint8_t kind : numbers(0, 1, 2, 4, 5, 6, 7, 9, 10, 11)) {
        steps it(0x20, 0, 0);
        it.peer(canned_kind::hello, 1, 0)
            .drive(1)
            .then(op::answer, kind, 40, 1)
            .drive(1)
            .then(op::answer, kind, 40, 1)
            .drive();
        it.peer(canned_kind::certificate, 2).drive(1).then(op::answer, kind, 1).drive();
        keep(it);
    }
    for (const std::uint8_t less : numbers(1, 2, 4, 8, 16, 32)) {
        steps it(0x04, 0, 6);
        keep(it.peer(canned_kind::hello, 0x19, less).drive().peer(canned_kind::hello, 0x1a, less).drive());
    }
}

// Messages

/// Each message that a peer says by itself, in the forms that its parameter gives it.
void write_messages() {
    const auto each = [](const std::string& target, auto make, std::initializer_list<int> ways) {
        for (const int how : ways) {
            const buffer whole = make(static_cast<std::uint8_t>(how));
            write(target, "message-" + std::to_string(how), bytes_view(whole).subspan(4));
        }
    };
    const buffer session_id(32, 0x33);
    each("client_hello", [](std::uint8_t how) { return fuzz::canned::client_hello(how, 0); },
         {1, 3, 9, 0x19, 0x21, 0x81});
    each("client_hello", [](std::uint8_t how) { return fuzz::canned::client_hello(1, how); }, {1 + 2, 4, 8, 32});
    each("server_hello", [&](std::uint8_t how) { return fuzz::canned::server_hello(how, session_id); },
         {0, 1, 4, 0x14, 0x30, 0x50, 0x20, 0x40});
    each("encrypted_extensions", fuzz::canned::encrypted_extensions, {0, 1, 3, 8, 16, 25});
    each("certificate_request", fuzz::canned::certificate_request, {0, 1, 2, 4});
    each("certificate", fuzz::canned::certificate, {0, 1, 2, 3});
    each("certificate_verify", fuzz::canned::certificate_verify, {0, 1, 64, 66});
    for (const int how : {0, 1, 0x42, 0x81}) {
        const auto number = static_cast<std::uint8_t>(how);
        const buffer ticket = fuzz::canned::new_session_ticket(number), update = fuzz::canned::key_update(number & 1);
        const std::string name = "messages-" + std::to_string(how);
        write("post_handshake", name, numbers(0) + ticket + update);
        write("post_handshake", name + "-two", numbers(0) + ticket + ticket);
        write("post_handshake", name + "-server", numbers(1) + update);
    }
}

void write_delegations() {
    const buffer time = numbers(0, 0, 1, 0xb8, 0xda, 0xc5, 0xb4, 0);  // fuzz::while_delegated
    write("delegation", "known", numbers(1) + time + fuzz::shown_credential);
    const auto& der = fuzz::delegating_certificate;
    for (const bool permits : {true, false}) {
        buffer all = numbers(0) + time + numbers(der.size() >> 8, der.size()) + der + fuzz::shown_credential;
        if (!permits) all[all.size() - fuzz::shown_credential.size() - 70] ^= 1;  // in DelegationUsage
        write("delegation", permits ? "given" : "not-permitted", all);
    }
    write("delegation", "too-late", numbers(1, 0, 0, 2, 0, 0, 0, 0, 0) + fuzz::shown_credential);
    write("delegation", "no-time", numbers(1, 0, 0, 0, 0, 0, 0, 0, 0) + fuzz::shown_credential);
}

void write_extensions() {
    for (int place = 0; place < 7; ++place) {
        buffer block;
        for (const extension_row& row : extension_table)
            if ((row.places >> place & 1) != 0)
                block =
                    block + numbers(static_cast<unsigned>(row.type) >> 8, static_cast<unsigned>(row.type), 0, 1, place);
        const bool answers = answers_something(static_cast<extension_place>(1 << place));
        write("extensions", "all-" + std::to_string(place), numbers(place) + buffer(answers ? 8 : 0, 0xff) + block);
    }
    write("extensions", "groups", numbers(7, 0, 4, 0, 29, 0, 23));
    write("extensions", "schemes", numbers(8, 0, 4, 8, 7, 4, 3));
    write("extensions", "versions", numbers(9, 4, 3, 4, 3, 3));
    write("extensions", "modes", numbers(10, 2, 1, 0));
    write("extensions", "protocols", numbers(11, 0, 8, 2) + as_bytes("h2") + numbers(4) + as_bytes("mqtt"));
    write("extensions", "name", numbers(12, 0, 15, 0, 0, 12) + as_bytes("leaf.example"));
    write("extensions", "shares", numbers(13, 2, 0, 29, 0, 23, 0, 11, 0, 29, 0, 2, 1, 2, 0, 23, 0, 1, 3));
}

// Records

void write_records() {
    auto kept = [count = 0](const buffer& script) mutable {
        write("record", "script-" + std::to_string(count++), script);
    };
    kept(numbers(4, 9, 22, 3, 3, 0, 4, 1, 0, 0, 0, 8, 0));
    kept(numbers(0, 1, 4, 6, 20, 3, 3, 0, 1, 1, 6, 10, 0, 9, 9, 9, 8, 3, 8, 0));
    kept(numbers(2, 6, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2, 7, 8, 0, 3, 6, 4, 1, 2, 3, 4, 0, 8, 0));
    kept(numbers(2, 5, 0x41, 0x00, 23, 23, 8, 0, 5, 0x40, 0x11, 23, 0, 8, 0));
    kept(numbers(5, 0x40, 0, 22, 1, 8, 0, 5, 0x40, 1, 22, 1, 8, 0));
    kept(numbers(1, 255, 0x40, 0, 5, 0x20, 0, 23, 9, 8, 0, 2, 5, 0, 40, 23, 23, 8, 0));
    for (const int type : {20, 21, 22, 23, 24, 0}) kept(numbers(5, 0, 0, type, 0, 8, 0, 2, 5, 0, 20, 23, type, 8, 0));
}

// Certificates

void write_certificates(const fs::path& directory) {
    const auto load = [&](const std::string& name) {
        std::ifstream file(directory / (name + ".crt.der"), std::ios::binary);
        return buffer{std::istreambuf_iterator<char>(file), {}};
    };
    const auto chain = [&](int choice, std::initializer_list<const char*> names) {
        buffer all = numbers(choice, (std::time(nullptr) - 1577836800) / (86400 * 60) + 1);  // while they are valid
        std::string name = "chain";
        for (const std::string one : names) {
            const buffer der = load(one);
            all = all + numbers(der.size() >> 8, der.size()) + der;
            name += "-" + one;
        }
        write("x509", name, all);
        all[0] = static_cast<std::uint8_t>(all[0] | 0x40);
        write("path", name, all);
    };
    for (const char* one : {"localhost", "p256", "rsa", "ca", "server", "client", "expired", "wrong-name"})
        write("der", one, load(one));
    for (const char* one : {"ca.crt", "server.chain", "localhost.key", "p256.key", "rsa.key"}) {
        std::ifstream file(directory / (std::string(one) + ".pem"), std::ios::binary);
        write("pem", one, buffer{std::istreambuf_iterator<char>(file), {}});
    }
    chain(3, {"ca", "server", "intermediate"});
    chain(5, {"ca", "direct"});
    chain(0x80, {"ca", "client", "intermediate", "ca"});
    chain(0, {"ca", "expired", "intermediate"});
    chain(1, {"ca", "wrong-name", "intermediate"});
    chain(0, {"ca", "no-digital-signature", "intermediate"});
    chain(0, {"localhost", "localhost"});
    chain(0, {"p256", "rsa"});
}

void write_names() {
    int count = 0;
    for (const std::string_view text : {"127.0.0.1", "::1", "2001:db8::7:1.2.3.4", "1:2:3:4:5:6:7:8", "::", "a::b::c",
                                        "1.2.3.04", "leaf.example\nLEAF.example", "*.wild.example\na.wild.example",
                                        "*.wild.example\na.b.wild.example", "*.\na.", "a*.x\nab.x"})
        write("name", "text-" + std::to_string(count++), as_bytes(text));
}

/// The bytes of signature.cpp. A key and a signature are new each time.
void write_signatures() {
    const buffer message(20, 'm');
    const std::array hashes{EVP_sha256(), EVP_sha384(), EVP_sha512()};
    for (std::uint8_t way = 0; way < 12; ++way) {
        const auto own = way < 6 ? test::oracle::ec_key(way < 3 ? "P-256" : "P-384") : test::oracle::rsa_key(2048);
        const buffer key = test::oracle::public_bytes(own);
        const bool pss = way >= 6 && way < 9;
        write("signature", "signed-" + std::to_string(way),
              numbers(0, way, key.size() >> 8, key.size(), message.size()) + key + message +
                  test::oracle::sign(own, hashes[way % 3], message, pss));
        // Any numbers with the same shape: modulus, then base.
        const bytes_view modulus = bytes_view(key).last(key.size() > 256 ? 256 : 0);
        if (way >= 6)
            write("signature", "power-" + std::to_string(way),
                  numbers(1, 0, 0, way & 1, 0, 1, 1, 0) + modulus + modulus.first(255));
    }
    for (const std::uint8_t curve : numbers(2, 3)) {
        const std::size_t size = curve == 2 ? 32 : 48;
        for (const std::uint8_t byte : numbers(0, 1, 0x7f, 0xff)) {
            buffer scalars(3 * size, byte);
            scalars[size - 1] = 1;  // G itself is the key
            write("signature", "scalars-" + std::to_string(curve) + "-" + std::to_string(byte),
                  numbers(curve) + scalars);
        }
    }
}

void write_sessions() {
    const buffer key(48, 0x42), ticket(100, 0x43);
    const session kept{cipher_suite::tls_aes_256_gcm_sha384,
                       1'700'000'000'000,
                       7200,
                       1,
                       16384,
                       true,
                       key,
                       ticket,
                       "leaf.example",
                       "h2"};
    buffer bytes(session_size(kept));
    HOLDS(spantls::write(kept, bytes) != 0);
    for (const int checksum : {0, 1}) write("session", "kept-" + std::to_string(checksum), numbers(checksum) + bytes);
    bytes[5] = 2;
    write("session", "newer", numbers(1) + bytes);

    test::null_provider crypto;
    const ticket_keys<test::null_provider> keys(crypto, buffer(32));
    for (const cipher_suite suite : {kept.suite, cipher_suite::tls_chacha20_poly1305_sha256}) {
        ticket_state state;
        state.suite = suite;
        state.lifetime = 7200;
        state.key = bytes_view(key).first(digest_size(*suite_hash(suite)));
        state.protocol = "h2";
        state.application = as_bytes("application");
        buffer sealed(keys.sealed_size(state));
        HOLDS(keys.seal(state, kept.received_at, crypto, sealed) != 0);
        write("session", "ticket-" + std::to_string(state.key.size()), numbers(2) + sealed);
    }
    for (const hash_id target : {hash_id::sha256, hash_id::sha384}) {
        buffer identity(100), derived(max_digest_size);
        const external_psk base{as_bytes("sensor"), key, hash_id::sha256, as_bytes("roles")};
        const auto imported = import_psk<fuzz::toy_provider>(base, target, identity, derived);
        HOLDS(imported.has_value());
        write("session", "imported-" + std::to_string(digest_size(target)), numbers(3) + imported->identity);
    }
}

// Both of ours against each other: what each sends is what the other's target is shown.

void write_real_runs() {
    for (int way = 0; way < 8; ++way) {
        fuzz::provider_type crypto;
        client_config client_settings;
        server_config server_settings;
        if ((way & 1) != 0) server_settings.prefer.groups = {named_group::secp256r1};  // a retry
        if ((way & 2) != 0) server_settings.authenticate_client = client_authentication::request;
        if ((way & 4) != 0) client_settings.compatibility_mode = false;
        buffer client_workspace(8000), server_workspace(12000);
        client<fuzz::provider_type> c(crypto, client_settings, client_workspace);
        fuzz::provider_type other;
        server<fuzz::provider_type> s(other, server_settings, server_workspace);
        const auto client_flags = static_cast<std::uint8_t>((way & 4) != 0 ? 2 : 0);
        const auto server_flags = static_cast<std::uint8_t>((way & 2) != 0 ? 16 : 0);
        steps to_client(client_flags, 0, 0), to_server(server_flags, 0, (way & 1) != 0 ? 2 : 0);
        buffer for_client, for_server;
        const std::array<bytes_view, 1> chain{fuzz::ed25519_certificate};
        const std::array schemes{signature_scheme::ed25519};
        const std::array<std::uint8_t, 64> signature_bytes{1};
        const auto turn = [&](auto& tls, buffer& in, buffer& out, steps& script) {
            std::array<std::uint8_t, 17000> room;
            if (const output o = tls.transmit(room); !o.empty()) {
                out = out + o.records;
                script.arrives(o.records).drive();
            }
            const step came = tls.receive(in);
            in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(came.consumed));
            if (came.what == what::verify_peer)
                (void)tls.answer(x509::verdict::accept());
            else if (came.what == what::sign)
                (void)tls.answer(signature{signature_bytes});
            else if (came.is_question())
                (void)tls.answer(identity{chain, schemes});
        };
        to_client.drive();
        for (int i = 0; i < 40; ++i) {
            turn(c, for_client, for_server, to_server);
            turn(s, for_server, for_client, to_client);
        }
        HOLDS(c.connected() && s.connected());
        write("client", "real-" + std::to_string(way), to_client.then(op::send, 20, 60));
        write("server", "real-" + std::to_string(way), to_server.then(op::send, 20, 60));
    }
}

// Compressed certificates

/// (which certificate, how much longer it is said to be, or of another algorithm), as it should be and not.
void write_compressed() {
    int count = 0;
    for (const auto& [certificate, off] : {std::pair{1, 0}, {0, 0}, {1, 1}, {63, 0}, {1, 126}, {1, 127}, {1, 128}})
        for (const std::uint8_t workspace : numbers(100, 0)) {
            steps c(0, 0x20, 0, workspace), s(0x20, 0x20, 0, workspace);
            c.drive().peer(canned_kind::hello, 0).peer(canned_kind::encrypted_extensions, 0);
            s.drive().peer(canned_kind::hello, 1, 0).drive();
            const std::string name = "compressed-" + std::to_string(count++);
            for (steps* it : {&c, &s}) {
                it->then(op::compressed, certificate, off);
                if (off == 1) it->then(op::receive, 0).then(op::receive, 0).then(op::decompressed, 5);
                it->drive();
            }
            c.peer(canned_kind::certificate_verify, 64).peer(canned_kind::finished, 0);
            s.peer(canned_kind::certificate_verify, 64).peer(canned_kind::finished, 0);
            write("client", name, c.drive().then(op::send, 10, 100));
            write("server", name, s.drive().then(op::send, 10, 100));
        }
}

/// The bytes of pair.cpp: settings, then who does what. Here nothing: the end of every run is a handshake and a close.
void write_pairs() {
    int count = 0;
    for (const std::uint8_t flags : numbers(0, 1, 2, 4, 8, 16, 63))
        for (const std::uint8_t sizes : numbers(0, 9, 0xe2, 0x14)) {
            buffer script = numbers(flags, sizes, 255 - sizes);
            for (int round = 0; round < 14; ++round)  // a handshake
                script = script + numbers(2, 3, 255, 3, 3, 255, 0, 255, 255, 255, 1, 255, 255, 255, 2, 2, 3, 2);
            // data, tickets and key updates both ways, in place and not, through halves; then close_notify
            script =
                script + numbers(2, 4, 200, 254, 3, 4, 90, 254, 3, 7, 40, 3, 6, 1, 2, 6, 1, 2, 9, 20, 0, 2, 10, 3, 10);
            script =
                script + numbers(0, 255, 255, 255, 1, 255, 255, 255, 2, 2, 2, 2, 3, 2, 3, 2, 2, 4, 255, 1, 44, 254);
            script = script + numbers(2, 10, 3, 8, 255, 2, 8, 255);
            write("pair", "script-" + std::to_string(count++), script);
        }
    // A key that both know, and early data under it.
    count = 0;
    for (const std::uint8_t flags : numbers(0x02, 0x08, 0x10, 0x20, 0x44, 0x80))
        for (const std::uint8_t early : numbers(0, 0x80))
            write("pair", "keys-" + std::to_string(count++), numbers(flags, 0x80, early, 1, 40, 3, 2, 3, 3, 255));
}

}  // namespace

int main(int argc, char* argv[]) {
    if (argc != 3) return 2;
    root = argv[1];
    write_client_scripts();
    write_server_scripts();
    write_client_scripts_with_keys();
    write_server_scripts_with_keys();
    write_real_runs();
    write_compressed();
    write_messages();
    write_delegations();
    write_extensions();
    write_records();
    write_names();
    write_signatures();
    write_sessions();
    write_pairs();
    write_certificates(argv[2]);
}
