// Chains made by chance, thousands of them, judged by OpenSSL as well: whom we accept, it accepts.
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <openssl/x509_vfy.h>

#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "x509/builder.hpp"
#include "x509/oracle.hpp"

using namespace spantls;
using test::bytes;
using test::draft;
using test::operator+;

namespace {

class maker {
public:
    explicit maker(std::uint32_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool one_in(std::size_t n) { return below(n) == 0; }

    /// A chain that would be good, had nobody changed anything: the peer's first, the root last.
    std::vector<draft> chain() {
        const std::size_t intermediates = below(4);
        std::vector<std::string> owners = {"leaf"};
        for (std::size_t i = 0; i < intermediates; ++i) {
            const bool self_issued = i > 0 && one_in(6);
            owners.push_back(self_issued ? owners.back() : std::string(1, static_cast<char>('a' + i)));
        }
        owners.push_back("root");
        std::vector<draft> made;
        for (std::size_t i = 0; i < owners.size(); ++i) {
            const std::string& issuer = owners[i + 1 < owners.size() ? i + 1 : i];
            draft it(owners[i], issuer);
            it.serial = {2, 2, 1, static_cast<std::uint8_t>(i)};
            extend(it, i == 0);
            made.push_back(it);
        }
        for (draft& it : made)
            if (one_in(6)) change(it);
        return made;
    }

private:
    void extend(draft& it, bool leaf) {
        if (leaf) {
            it.extensions = {test::digital_signature(), names()};
            if (one_in(2)) it.extensions.push_back(test::extended_key_usage(static_cast<std::uint8_t>(1 + below(2))));
            if (one_in(8)) it.extensions.push_back(test::basic_constraints(false));
            return;
        }
        const auto length = one_in(2) ? std::optional<std::uint8_t>(static_cast<std::uint8_t>(below(4))) : std::nullopt;
        it.extensions = {test::basic_constraints(true, length), test::key_usage(2, 0x04)};
        if (one_in(3)) it.extensions.push_back(constraints());
        if (one_in(8)) it.extensions.push_back(test::extended_key_usage(static_cast<std::uint8_t>(1 + below(2))));
    }

    bytes pick_name(bool constraint) {
        static const std::array<std::string, 8> hosts = {"leaf.example",   "example",      "a.leaf.example",
                                                         "*.leaf.example", "LEAF.example", "other.test",
                                                         "*.example",      "leaf.example."};
        static const std::array<std::string, 7> mail = {"a@leaf.example", "leaf.example",     ".example",
                                                        "B@leaf.example", "a@b.leaf.example", "example",
                                                        "a@b@c.example"};
        static const std::array<std::string, 6> uris = {
            "ldap://leaf.example/x",      "leaf.example", ".example",
            "ldap://a:b@leaf.example:8/", "urn:x",        "ldap://1.2.3.4/"};
        switch (below(6)) {
            case 0:
            case 1: return test::dns(hosts[below(hosts.size())]);
            case 2: return test::tlv(0x81, test::text(mail[below(mail.size())]));
            case 3: return test::tlv(0x86, test::text(uris[below(uris.size())]));
            case 4: {
                bytes address = one_in(2) ? bytes{192, 0, 2, 1} : bytes(16, 7);
                if (constraint) {
                    const bytes mask(address.size(), static_cast<std::uint8_t>(one_in(4) ? 0xf5 : 0xff));
                    address = address + mask;
                    if (one_in(2)) address[address.size() - 1] = 0;
                }
                return test::tlv(0x87, address);
            }
            default: return test::tlv(0xa4, test::name(one_in(2) ? "leaf" : one_in(2) ? "Leaf " : "other"));
        }
    }
    bytes names() {
        bytes all = one_in(5) ? bytes{} : test::dns("leaf.example");
        for (std::size_t i = below(3); i-- > 0;) all = all + pick_name(false);
        if (all.empty()) all = test::dns("*.example");
        return test::extension(17, false, test::tlv(0x30, all));
    }
    bytes subtrees(std::uint8_t tag) {
        bytes all;
        for (std::size_t i = 1 + below(3); i-- > 0;) all = all + test::sequence({pick_name(true)});
        return test::tlv(tag, all);
    }
    bytes constraints() {
        const bytes permitted = one_in(2) ? subtrees(0xa0) : bytes{};
        const bytes excluded = permitted.empty() || one_in(3) ? subtrees(0xa1) : bytes{};
        return test::extension(30, one_in(4), test::sequence({permitted, excluded}));
    }

    void change(draft& it) {
        switch (below(16)) {
            case 0: it.signer = "somebody"; break;
            case 1: it.validity = test::sequence({test::utc("200101000000Z"), test::utc("250101000000Z")}); break;
            case 2: it.validity = test::sequence({test::utc("350101000000Z"), test::utc("400101000000Z")}); break;
            case 3: it.extensions.push_back(test::extension(36, true, test::sequence({{0x80, 1, 0}}))); break;
            case 4: it.extensions.push_back(test::sequence({{6, 2, 0x2a, 3}, {1, 1, 0xff}, {4, 0}})); break;
            case 5:
                it.extensions.erase(it.extensions.begin() + static_cast<std::ptrdiff_t>(below(it.extensions.size())));
                break;
            case 6: it.subject = test::name("another"); break;
            case 7: it.issuer = test::name("ROOT"); break;
            case 8: it.extensions.push_back(test::extension(14, false, {4, 1, 9})); break;
            case 9: it.extensions.push_back(test::extension(35, false, test::sequence({{0x80, 1, 9}}))); break;
            case 10: it.extensions.push_back(test::extension(35, false, test::sequence({{0x82, 2, 1, 2}}))); break;
            case 11: it.extensions[below(it.extensions.size())] = test::basic_constraints(one_in(2)); break;
            case 12: it.spki = test::key_pair("somebody").spki(); break;
            case 13: it.version = one_in(2) ? bytes{} : bytes{0xa0, 3, 2, 1, 1}; break;
            case 14: it.extensions.push_back(test::key_usage(0, static_cast<std::uint8_t>(1 + 2 * below(127)))); break;
            default: {  // any byte of what is signed, in any of its parts
                bytes* const parts[] = {&it.serial,  &it.issuer, &it.validity,
                                        &it.subject, &it.spki,   &it.extensions[below(it.extensions.size())]};
                bytes& part = *parts[below(6)];
                if (!part.empty()) part[below(part.size())] = static_cast<std::uint8_t>(random_());
            }
        }
    }

    std::mt19937 random_;
};

struct store_free {
    void operator()(X509_STORE* it) const { X509_STORE_free(it); }
    void operator()(X509_STORE_CTX* it) const { X509_STORE_CTX_free(it); }
    void operator()(STACK_OF(X509) * it) const { sk_X509_free(it); }
};

/// X509_V_OK, or why not; -1 when a certificate cannot be read.
int openssl_verdict(const std::vector<bytes>& chain, const bytes& root, const char* host) {
    std::vector<test::openssl_certificate> parsed;
    for (const bytes& der : chain) parsed.push_back(test::openssl_parse(der));
    const test::openssl_certificate anchor = test::openssl_parse(root);
    if (!parsed[0] || !anchor) return -1;
    const std::unique_ptr<X509_STORE, store_free> store(X509_STORE_new());
    X509_STORE_add_cert(store.get(), anchor.get());
    const std::unique_ptr<STACK_OF(X509), store_free> others(sk_X509_new_null());
    for (std::size_t i = 1; i < parsed.size(); ++i)
        if (parsed[i]) sk_X509_push(others.get(), parsed[i].get());
    const std::unique_ptr<X509_STORE_CTX, store_free> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), parsed[0].get(), others.get());
    X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
    X509_STORE_CTX_set_default(context.get(), "ssl_server");
    X509_VERIFY_PARAM_set_time(parameters, test::year_2030);
    // Whom we trust is trusted whoever has signed it, and whatever its own authorityKeyIdentifier says.
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set1_host(parameters, host, 0);
    const int good = X509_verify_cert(context.get());
    const int error = X509_STORE_CTX_get_error(context.get());
    return good == 1 ? X509_V_OK : error == X509_V_OK ? -2 : error;
}

bool only_by_wide_wildcard(const bytes& leaf, std::string_view host) {
    x509::certificate it;
    REQUIRE(x509::parse_certificate(leaf, it) == errc::none);
    for (x509::der_reader names(it.subject_alt_name); !names.empty();) {
        const x509::general_name name = x509::next_name(names);
        if (name.kind != x509::name_kind::dns_name || as_text(name.value) == "*.example") continue;
        if (x509::matches_dns_name(as_text(name.value), host)) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("differential: nobody is accepted whom OpenSSL refuses") {
    const test::usual_provider crypto;
    constexpr std::size_t chains = 12000;
    std::size_t both = 0, neither = 0, only_openssl = 0, other_way = 0, wide_wildcard = 0;
    std::map<std::string, std::size_t> refused;
    for (std::uint32_t seed = 0; seed < chains; ++seed) {
        maker make(seed);
        std::vector<bytes> chain;
        for (const draft& it : make.chain()) chain.push_back(it.der());
        const bytes root = chain.back();
        chain.pop_back();
        if (make.one_in(2) && chain.size() > 2) std::swap(chain[1], chain.back());
        const char* host = make.one_in(6) ? "a.leaf.example" : "leaf.example";

        x509::trust_store::entry index[1];
        x509::trust_store roots(index);
        (void)roots.add(root);
        const bytes list = test::certificate_list(chain);
        const x509::path_result ours = roots.examine(crypto, {x509::chain_view(list), host},
                                                     {.now = test::year_2030, .profile = x509::profile::private_pki});
        int theirs = openssl_verdict(chain, root, host);
        if (ours.good() && theirs != X509_V_OK) {
            // OpenSSL goes up by the first issuer that it finds and does not come back: it is shown the path alone.
            std::vector<bytes> path;
            for (std::size_t i = 0; i + 1 < ours.size; ++i) path.push_back(test::copy(ours.path[i]));
            theirs = openssl_verdict(path, root, host);
            other_way += theirs == X509_V_OK ? 1U : 0U;
        }
        // RFC 9525 allows a wildcard right below a top-level domain. OpenSSL does not, nor does profile::web_pki.
        if (ours.good() && theirs == X509_V_ERR_HOSTNAME_MISMATCH && only_by_wide_wildcard(chain[0], host)) {
            ++wide_wildcard;
            continue;
        }
        if (ours.good() && theirs != X509_V_OK) {
            INFO("seed " << seed << ": OpenSSL says " << X509_verify_cert_error_string(theirs));
            CHECK(theirs == X509_V_OK);
        }
        if (ours.good()) ++both;
        if (!ours.good() && theirs == X509_V_OK) {
            ++only_openssl;
            ++refused[std::string(name_of(ours.error))];
        }
        if (!ours.good() && theirs != X509_V_OK) ++neither;
    }
    std::printf("# accepted by both: %zu, by neither: %zu, by OpenSSL alone: %zu\n", both, neither, only_openssl);
    std::printf("# accepted here alone: by another way up: %zu, by a wide wildcard: %zu\n", other_way, wide_wildcard);
    for (const auto& [why, count] : refused) std::printf("#   refused here alone: %s: %zu\n", why.c_str(), count);
    CHECK(both > chains / 20);
    CHECK(neither > chains / 20);
}
