// The handshake as QUIC carries it, with GnuTLS at the other end.
#include <spantls/quic.hpp>

#include <gnutls/gnutls.h>

#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"

using namespace spantls;

namespace {

const test::buffer our_parameters = test::text("ours"), their_parameters = test::text("theirs, and longer");

/// GnuTLS, its messages by level, and its secrets.
struct gnutls_peer {
    explicit gnutls_peer(bool server) {
        gnutls_certificate_allocate_credentials(&credentials);
        const unsigned flags = (server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK | GNUTLS_NO_END_OF_EARLY_DATA;
        gnutls_init(&session, flags);
        const char* const priority =
            "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:-CIPHER-ALL:"
            "+CHACHA20-POLY1305:%DISABLE_TLS13_COMPAT_MODE";
        REQUIRE(gnutls_priority_set_direct(session, priority, nullptr) == 0);
        if (server) {
            const std::string directory = std::getenv("SPANTLS_TEST_CERTS");
            REQUIRE(gnutls_certificate_set_x509_key_file(credentials, (directory + "/localhost.crt.pem").c_str(),
                                                         (directory + "/localhost.key.pem").c_str(),
                                                         GNUTLS_X509_FMT_PEM) == 0);
        }
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
        gnutls_session_set_ptr(session, this);
        gnutls_handshake_set_read_function(session,
                                           [](gnutls_session_t from, gnutls_record_encryption_level_t level,
                                              gnutls_handshake_description_t type, const void* data, std::size_t size) {
                                               if (type == GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC) return 0;
                                               const auto* const bytes = static_cast<const std::uint8_t*>(data);
                                               test::buffer& to = self(from).sent[static_cast<epoch>(level)];
                                               to.insert(to.end(), bytes, bytes + size);
                                               return 0;
                                           });
        gnutls_handshake_set_secret_function(session, [](gnutls_session_t from, gnutls_record_encryption_level_t level,
                                                         const void* reads, const void* writes, std::size_t size) {
            for (const auto& [secret, sending] : {std::pair(reads, false), std::pair(writes, true)})
                if (secret != nullptr)
                    self(from).secrets[{static_cast<epoch>(level), sending}] =
                        test::hex({static_cast<const std::uint8_t*>(secret), size});
            return 0;
        });
        gnutls_session_ext_register(
            session, "transport parameters", 57, GNUTLS_EXT_TLS,
            [](gnutls_session_t from, const unsigned char* data, std::size_t size) {
                self(from).received = test::copy({data, size});
                return 0;
            },
            [](gnutls_session_t, gnutls_buffer_t to) {
                gnutls_buffer_append_data(to, their_parameters.data(), their_parameters.size());
                return static_cast<int>(their_parameters.size());
            },
            nullptr, nullptr, nullptr, GNUTLS_EXT_FLAG_TLS | GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_EE);
    }
    gnutls_peer(const gnutls_peer&) = delete;
    gnutls_peer& operator=(const gnutls_peer&) = delete;
    ~gnutls_peer() {
        gnutls_deinit(session);
        gnutls_certificate_free_credentials(credentials);
    }
    static gnutls_peer& self(gnutls_session_t of) { return *static_cast<gnutls_peer*>(gnutls_session_get_ptr(of)); }

    void go_on() {
        const int result = gnutls_handshake(session);
        INFO(gnutls_strerror(result));
        REQUIRE((result == 0 || gnutls_error_is_fatal(result) == 0));
        done = done || result == 0;
    }

    gnutls_session_t session = nullptr;
    gnutls_certificate_credentials_t credentials = nullptr;
    std::map<epoch, test::buffer> sent;
    std::map<std::pair<epoch, bool>, std::string> secrets;
    test::buffer received;
    bool done = false;
};

/// Both to the end, our messages in pieces of `size` bytes, theirs too.
template <class Ours>
void shake_hands(Ours& ours, gnutls_peer& theirs, const test::credentials& own, std::size_t size) {
    std::map<std::pair<epoch, bool>, std::string> secrets;
    const auto look = [&] {
        for (const epoch level : {epoch::handshake, epoch::application}) {
            if (const auto known = ours.secrets(level).sending; !known.empty())
                secrets[{level, true}] = test::hex(known);
            if (const auto known = ours.secrets(level).receiving; !known.empty())
                secrets[{level, false}] = test::hex(known);
        }
    };
    test::buffer parameters;
    bool done = false;
    theirs.go_on();
    for (int quiet = 0; quiet < 3; ++quiet) {
        while (const auto level = ours.waiting()) {
            test::buffer out(size);
            const bytes_view piece = ours.take(*level, out);
            REQUIRE(gnutls_handshake_write(theirs.session, static_cast<gnutls_record_encryption_level_t>(*level),
                                           piece.data(), piece.size()) == 0);
            if (!theirs.done) theirs.go_on();
            look();
        }
        for (auto& [level, stream] : theirs.sent)
            for (;;) {
                test::buffer piece(stream.begin(),
                                   stream.begin() + static_cast<std::ptrdiff_t>(std::min(size, stream.size())));
                const step now = ours.provide(level, piece);
                INFO(name_of(now.what) << " " << name_of(now.error));
                REQUIRE(now.what != what::failed);
                stream.erase(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(now.consumed));
                look();
                if (now.what == what::transport_parameters) parameters = test::copy(now.transport_parameters());
                if (now.what == what::verify_peer) REQUIRE(ours.answer(x509::verdict::accept()) == errc::none);
                if (now.what == what::client_hello) REQUIRE(ours.answer(own.who()) == errc::none);
                if (now.what == what::sign)
                    REQUIRE(ours.answer(signature{own.key.sign(test::copy(now.signing().content))}) == errc::none);
                done = done || now.what == what::handshake_done;
                if (now.what == what::need_input || now.what == what::output_waiting) break;
                if (now.what == what::need_workspace) break;
                quiet = 0;
            }
    }
    REQUIRE(done);
    REQUIRE(theirs.done);
    REQUIRE(parameters == their_parameters);
    REQUIRE(theirs.received == our_parameters);
    for (const epoch level : {epoch::handshake, epoch::application})
        for (const bool sending : {true, false}) {
            CAPTURE(static_cast<int>(level), sending);
            REQUIRE(secrets.at({level, sending}) == theirs.secrets.at({level, !sending}));
        }
}

}  // namespace

TEST_CASE("QUIC's handshake with a server of GnuTLS") {
    for (const std::size_t size : {std::size_t{10000}, std::size_t{33}}) {
        test::small_provider crypto;
        const client_config config{.compatibility_mode = false};
        test::buffer workspace(quic_client<test::small_provider>::workspace_size);
        quic_client<test::small_provider> ours(crypto, config, workspace, our_parameters, {.server_name = "localhost"});
        gnutls_peer theirs(true);
        shake_hands(ours, theirs, test::pair<test::small_provider>::server_credentials(), size);
    }
}

TEST_CASE("QUIC's handshake with a client of GnuTLS") {
    for (const std::size_t size : {std::size_t{10000}, std::size_t{33}}) {
        test::small_provider crypto;
        const server_config config{};
        test::buffer workspace(quic_server<test::small_provider>::workspace_size);
        quic_server<test::small_provider> ours(crypto, config, workspace, our_parameters);
        gnutls_peer theirs(false);
        shake_hands(ours, theirs, test::pair<test::small_provider>::server_credentials(), size);
    }
}
