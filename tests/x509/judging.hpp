// A chain of drafts, judged by a store of drafts.
#pragma once

#include <string_view>
#include <vector>

#include <spantls/x509/trust_store.hpp>

#include "support/provider.hpp"
#include "x509/builder.hpp"

namespace test {

/// Counts the signatures that it verifies.
struct counting_verifier {
    test::usual_provider crypto;
    mutable std::size_t signatures = 0;

    bool verify(spantls::signature_scheme scheme, spantls::bytes_view key, spantls::bytes_view message,
                spantls::bytes_view signature) const {
        ++signatures;
        return crypto.verify(scheme, key, message, signature);
    }
};

/// Keeps what the result has views into.
struct judged {
    std::vector<bytes> chain, anchors;
    bytes list;
    std::vector<spantls::x509::trust_store::entry> index;
    spantls::x509::peer who;
    spantls::x509::path_result found;
    std::size_t signatures = 0;

    judged(const std::vector<draft>& roots, const std::vector<draft>& sent, std::string_view host = "",
           spantls::x509::path_options options = {.now = year_2030, .profile = spantls::x509::profile::private_pki},
           spantls::x509::key_purpose purpose = spantls::x509::key_purpose::server_auth) {
        for (const draft& it : sent) chain.push_back(it.der());
        for (const draft& it : roots) anchors.push_back(it.der());
        list = certificate_list(chain);
        index.resize(anchors.size());
        spantls::x509::trust_store store(index);
        for (const bytes& der : anchors) (void)store.add(der);
        who = {spantls::x509::chain_view(list), host, purpose};
        const counting_verifier crypto;
        found = store.examine(crypto, who, options);
        signatures = crypto.signatures;
    }
    judged(const judged&) = delete;
    spantls::x509::path_error error() const { return found.error; }
};

}  // namespace test
