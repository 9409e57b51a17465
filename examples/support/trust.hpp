// Whom the computer trusts: its roots, those of one's own besides, and what they come to for a server.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <spantls/providers/sodium.hpp>
#include <spantls/x509/render.hpp>
#include <spantls/x509/trust_store.hpp>

namespace examples {

/// Where Debian, and many others, have the roots that the computer trusts. SSL_CERT_FILE names another file, as it does
/// for OpenSSL.
inline std::string system_roots() {
    const char* const chosen = std::getenv("SSL_CERT_FILE");
    return chosen != nullptr ? chosen : "/etc/ssl/certs/ca-certificates.crt";
}

/// The roots of a PEM file, and the memory that they lie in.
class roots {
public:
    explicit roots(const std::string& path)
        : text_(read(path)),
          needed_(store::measure(text_)),
          index_(needed_.certificates),
          room_(needed_.bytes),
          store_(index_, room_) {
        if (store_.add_pem(text_).added == 0) throw std::runtime_error(path + ": no root certificate in it");
    }
    roots(const roots&) = delete;
    roots& operator=(const roots&) = delete;

    const spantls::x509::trust_store& in_store() const { return store_; }

private:
    using store = spantls::x509::trust_store;

    static std::string read(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        if (!file) throw std::runtime_error("cannot read " + path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::string text_;
    store::needs needed_;
    std::vector<store::entry> index_;
    std::vector<std::uint8_t> room_;
    store store_;
};

/// What is wrong with a server's certificate, as far as a user would do different things about it.
enum class distrust { none, out_of_time, wrong_name, self_signed, unknown_issuer, other };

/// Judges servers by the computer's roots, and by those of `own_file` besides, unless its name is empty. Issuers of
/// one's own need not keep the rules of public ones.
class server_judge {
public:
    server_judge(const spantls::sodium& crypto, const std::string& own_file) : crypto_(crypto) {
        if (!own_file.empty()) own_.emplace(own_file);
        if (own_file.empty() || std::ifstream(system_roots())) system_.emplace(system_roots());
    }

    spantls::x509::verdict judge(const spantls::x509::peer& who) {
        using namespace spantls::x509;
        const std::int64_t now = std::time(nullptr);
        path_result found;
        found.error = path_error::unknown_issuer;
        if (system_) found = system_->in_store().examine(crypto_, who, {.now = now});
        if (own_ && !found.good()) {
            const path_options rules{.now = now, .profile = profile::private_pki};
            const path_result by_own = own_->in_store().examine(crypto_, who, rules);
            // Of two refusals, that of the store which knows the issuer.
            if (!system_ || by_own.error != path_error::unknown_issuer) found = by_own;
        }
        text_.resize(render(found, who, {}));
        render(found, who, text_);
        why_ = reason(found);
        return trust_store::verdict_of(found);
    }

    /// What came of it.
    distrust why() const { return why_; }
    /// The chain and the verdict, in lines; empty when nobody was judged.
    const std::string& text() const { return text_; }

private:
    static distrust reason(const spantls::x509::path_result& found) {
        using spantls::x509::path_error;
        spantls::x509::certificate top;
        switch (found.error) {
            case path_error::none: return distrust::none;
            case path_error::expired:
            case path_error::not_yet_valid: return distrust::out_of_time;
            case path_error::wrong_name: return distrust::wrong_name;
            case path_error::unknown_issuer:
                if (found.size == 1 && parse_certificate(found.path[0], top) == spantls::errc::none &&
                    spantls::x509::same_distinguished_name(top.subject, top.issuer))
                    return distrust::self_signed;
                return distrust::unknown_issuer;
            default: return distrust::other;
        }
    }

    const spantls::sodium& crypto_;
    std::optional<roots> system_, own_;
    distrust why_ = distrust::none;
    std::string text_;
};

}  // namespace examples
