/* One TLS 1.3 connection of wolfSSL's, as the script wolfssl runs it against ours. Lines tell it what to do: send TEXT,
 * update, close, end. Lines say what happened, as peer.cpp's do.
 *
 * wolfssl_peer client PORT CA|- NAME [OPTION...]       wolfssl_peer server CA|- [OPTION...]
 *
 * -cert PEM  -key PEM  -ciphers LIST  -alpn NAME  -no-share  -require (clients have to show a certificate) */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static WOLFSSL* tls;

static void end(int status, const char* what, ...) {
    va_list arguments;
    va_start(arguments, what);
    vprintf(what, arguments);
    va_end(arguments);
    exit(status);
}

static void failed(int result) {
    WOLFSSL_ALERT_HISTORY alerts;
    const int error = wolfSSL_get_error(tls, result);
    char text[80] = "";
    wolfSSL_ERR_error_string((unsigned long)error, text);
    memset(&alerts, 0, sizeof alerts);
    wolfSSL_get_alert_history(tls, &alerts);
    end(2, "failed %d alert=%d %s\n", error, alerts.last_rx.code, text);
}

static struct sockaddr_in address(const char* port) {
    struct sockaddr_in at;
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_port = htons((unsigned short)atoi(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

static int connect_to(const char* port) {
    struct sockaddr_in at = address(port);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr*)&at, sizeof at) != 0) end(1, "cannot connect\n");
    return fd;
}

static int accept_one(void) {
    struct sockaddr_in at = address("0");
    socklen_t size = sizeof at;
    const int listening = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listening, (struct sockaddr*)&at, sizeof at) != 0 || listen(listening, 1) != 0 ||
        getsockname(listening, (struct sockaddr*)&at, &size) != 0)
        end(1, "cannot listen\n");
    printf("listening %d\n", ntohs(at.sin_port));
    return accept(listening, NULL, NULL);
}

static void obey(char* line) {
    char text[4096];
    int result = 1;
    if (strncmp(line, "send ", 5) == 0) {
        const int size = snprintf(text, sizeof text, "%s\n", line + 5);
        result = wolfSSL_write(tls, text, size) == size;
    } else if (strcmp(line, "update") == 0) {
        result = wolfSSL_update_keys(tls) == WOLFSSL_SUCCESS;
    } else if (strcmp(line, "close") == 0) {
        wolfSSL_shutdown(tls);
    } else if (strcmp(line, "end") == 0) {
        end(0, "ended\n");
    }
    if (!result) printf("cannot %s\n", line);
}

static void hear(void) {
    static int closed;
    char data[16384];
    const int size = closed ? 0 : wolfSSL_read(tls, data, sizeof data);
    if (size > 0) {
        int i;
        for (i = 0; i < size; ++i)
            if (data[i] < ' ' || data[i] > '~') data[i] = data[i] == ' ' ? '_' : '.';
        printf("data %d %.*s\n", size, size, data);
        return;
    }
    if (closed || wolfSSL_get_error(tls, size) == WOLFSSL_ERROR_WANT_READ) return;
    if (wolfSSL_get_error(tls, size) != WOLFSSL_ERROR_ZERO_RETURN) failed(size);
    closed = 1;
    printf("peer closed\n");
}

static void talk(int fd) {
    char line[4096];
    size_t have = 0;
    struct pollfd watched[2];
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    watched[0].fd = fd;
    watched[1].fd = 0;
    watched[0].events = watched[1].events = POLLIN;
    for (;;) {
        if (wolfSSL_pending(tls) == 0) poll(watched, 2, -1);
        if (watched[0].revents != 0 || wolfSSL_pending(tls) != 0) {
            hear();
            if (wolfSSL_get_shutdown(tls) & WOLFSSL_RECEIVED_SHUTDOWN) watched[0].fd = -1;
        }
        if (watched[1].revents == 0) continue;
        if (read(0, line + have, 1) != 1) end(0, "");
        if (line[have] == '\n') {
            line[have] = 0;
            obey(line);
            have = 0;
        } else if (have + 1 < sizeof line) {
            ++have;
        }
    }
}

int main(int count, char** words) {
    const int server = count > 1 && strcmp(words[1], "server") == 0;
    const int first = server ? 3 : 5;
    WOLFSSL_CTX* context;
    const char *alpn = NULL, *word;
    int i, fd, result, no_share = 0, verify = WOLFSSL_VERIFY_NONE;
    if (count < first) return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(100);
    wolfSSL_Init();
    context = wolfSSL_CTX_new(server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method());
    if (!server) verify = WOLFSSL_VERIFY_PEER;
    word = words[server ? 2 : 3];
    if (strcmp(word, "-") != 0 && wolfSSL_CTX_load_verify_locations(context, word, NULL) != WOLFSSL_SUCCESS)
        end(1, "no roots\n");
    for (i = first; i < count; ++i) {
        const char* value = i + 1 < count ? words[i + 1] : "";
        result = WOLFSSL_SUCCESS;
        word = words[i];
        if (strcmp(word, "-no-share") == 0) {
            no_share = 1;
        } else if (strcmp(word, "-require") == 0) {
            verify = WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
        } else {
            ++i;
            if (strcmp(word, "-cert") == 0) result = wolfSSL_CTX_use_certificate_chain_file(context, value);
            if (strcmp(word, "-key") == 0)
                result = wolfSSL_CTX_use_PrivateKey_file(context, value, WOLFSSL_FILETYPE_PEM);
            if (strcmp(word, "-ciphers") == 0) result = wolfSSL_CTX_set_cipher_list(context, value);
            if (strcmp(word, "-alpn") == 0) alpn = value;
        }
        if (result != WOLFSSL_SUCCESS) end(1, "cannot %s %s\n", word, value);
    }
    wolfSSL_CTX_set_verify(context, verify, NULL);
    fd = server ? accept_one() : connect_to(words[2]);
    tls = wolfSSL_new(context);
    wolfSSL_set_fd(tls, fd);
    if (!server) {
        const char* name = words[4];
        wolfSSL_UseSNI(tls, WOLFSSL_SNI_HOST_NAME, name, (unsigned short)strlen(name));
        wolfSSL_check_domain_name(tls, name);
        if (no_share) wolfSSL_NoKeyShares(tls);
    }
    if (alpn) {
        char copy[100];
        snprintf(copy, sizeof copy, "%s", alpn);
        wolfSSL_UseALPN(tls, copy, (unsigned)strlen(copy), WOLFSSL_ALPN_FAILED_ON_MISMATCH);
    }
    result = server ? wolfSSL_accept(tls) : wolfSSL_connect(tls);
    if (result != WOLFSSL_SUCCESS) failed(result);
    {
        char* chosen = NULL;
        unsigned short size = 0;
        if (alpn) wolfSSL_ALPN_GetProtocol(tls, &chosen, &size);
        printf("connected %s %s %s alpn=%.*s\n", wolfSSL_get_version(tls), wolfSSL_get_cipher_name(tls),
               wolfSSL_get_curve_name(tls), chosen ? size : 1, chosen ? chosen : "-");
        if (server && (verify & WOLFSSL_VERIFY_PEER)) printf("with a certificate\n");
    }
    talk(fd);
    return 0;
}
