// The same with libssl: a client and a server in one thread, joined by a BIO pair.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "allocations.hpp"
#include "certificate.hpp"
#include "check.hpp"

namespace bench {

/// Does no more than ours: one suite, one group, no tickets, and a peer that is known by its certificate.
struct libssl_setting {
    libssl_setting(const certificate& mine, const char* suite)
        : client(SSL_CTX_new(TLS_client_method())), server(SSL_CTX_new(TLS_server_method())) {
        for (SSL_CTX* each : {client.get(), server.get()}) {
            SSL_CTX_set_min_proto_version(each, TLS1_3_VERSION);
            SSL_CTX_set_session_cache_mode(each, SSL_SESS_CACHE_OFF);
            // One BIO_read for a record, where there would be two.
            SSL_CTX_set_read_ahead(each, 1);
            require(SSL_CTX_set_ciphersuites(each, suite) == 1 && SSL_CTX_set1_groups_list(each, "X25519") == 1 &&
                        SSL_CTX_set1_sigalgs_list(each, mine.scheme_name) == 1,
                    "libssl does not take the parameters");
        }
        SSL_CTX_set_num_tickets(server.get(), 0);
        require(SSL_CTX_use_certificate(server.get(), mine.x509.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(server.get(), mine.key.get()) == 1,
                "libssl does not take the certificate");
        SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(
            client.get(),
            [](X509_STORE_CTX* store, void* pinned) {
                return X509_cmp(X509_STORE_CTX_get0_cert(store), static_cast<X509*>(pinned)) == 0 ? 1 : 0;
            },
            mine.x509.get());
    }
    /// From now on the path to this root is checked, and the name.
    void trust(const certificate& root) {
        SSL_CTX_set_cert_verify_callback(client.get(), nullptr, nullptr);
        require(X509_STORE_add_cert(SSL_CTX_get_cert_store(client.get()), root.x509.get()) == 1 &&
                    X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(client.get()), "localhost", 0) == 1,
                "libssl does not take the root");
    }
    /// From now on this group is spoken, and no other; false: there is none of that name.
    bool speak(const char* group) {
        return SSL_CTX_set1_groups_list(client.get(), group) == 1 && SSL_CTX_set1_groups_list(server.get(), group) == 1;
    }
    owned<SSL_CTX> client, server;
    owned<SSL_SESSION> session;  ///< which connections resume, if there is one
};

class libssl_pair {
public:
    /// What each side takes from the heap is charged to its account, where there is one; the BIO pair's to none.
    explicit libssl_pair(const libssl_setting& setting, std::size_t pipe = 0, heap_account* client_account = nullptr,
                         heap_account* server_account = nullptr)
        : client_account_(client_account), server_account_(server_account) {
        BIO *at_client = nullptr, *at_server = nullptr;
        BIO_new_bio_pair(&at_client, pipe, &at_server, pipe);
        for_client([&] {
            client.reset(SSL_new(setting.client.get()));
            SSL_set_bio(client.get(), at_client, at_client);
            SSL_set_tlsext_host_name(client.get(), "localhost");
            SSL_set_connect_state(client.get());
            if (setting.session) SSL_set_session(client.get(), setting.session.get());
        });
        for_server([&] {
            server.reset(SSL_new(setting.server.get()));
            SSL_set_bio(server.get(), at_server, at_server);
            SSL_set_accept_state(server.get());
        });
    }

    libssl_pair(const libssl_pair&) = delete;
    libssl_pair& operator=(const libssl_pair&) = delete;
    /// A session whose connection has not been shut down would not be resumed any more.
    ~libssl_pair() {
        if (client) SSL_set_shutdown(client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }

    void handshake() {
        for (int flight = 0; flight < 4; ++flight) {
            int client_done = 0, server_done = 0;
            for_client([&] { client_done = SSL_do_handshake(client.get()); });
            for_server([&] { server_done = SSL_do_handshake(server.get()); });
            if (client_done == 1 && server_done == 1) return;
        }
        require(false, "libssl's handshake does not end");
    }

    template <class Use>
    void for_client(Use use) {
        charged(client_account_, use);
    }
    template <class Use>
    void for_server(Use use) {
        charged(server_account_, use);
    }

private:
    template <class Use>
    static void charged(heap_account* account, Use use) {
        if (account == nullptr) return use();
        const charge here(*account);
        use();
    }
    heap_account *client_account_, *server_account_;

public:
    owned<SSL> client, server;
};

/// From here on the connections of `setting` are resumed, all with the same ticket.
inline void resume(libssl_setting& setting) {
    SSL_CTX_set_num_tickets(setting.server.get(), 1);
    {
        libssl_pair pair(setting);
        pair.handshake();
        char nothing = 0;
        (void)SSL_read(pair.client.get(), &nothing, 1);
        setting.session.reset(SSL_get1_session(pair.client.get()));
    }
    SSL_CTX_set_num_tickets(setting.server.get(), 0);
    libssl_pair pair(setting);
    pair.handshake();
    require(SSL_session_reused(pair.client.get()) == 1, "libssl does not resume");
}

}  // namespace bench
