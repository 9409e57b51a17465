// Chains made by chance, thousands of them, judged by OpenSSL as well: whom we accept, it accepts.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>

#include <spantls/x509/trust_store.hpp>

#include "support/catch.hpp"
#include "support/provider.hpp"
#include "x509/builder.hpp"
#include "x509/chance.hpp"
#include "x509/oracle.hpp"

using namespace spantls;
using test::bytes;
using test::draft;
using test::operator+;

namespace {

class maker : public test::chance {
public:
    using chance::chance;

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

    void extend(draft& it, bool leaf) {
        if (leaf) {
            it.extensions = {test::digital_signature(), names()};
            if (one_in(2)) it.extensions.push_back(test::extended_key_usage(static_cast<std::uint8_t>(1 + below(3))));
            if (one_in(8)) it.extensions.push_back(test::basic_constraints(false));
            return;
        }
        const auto length = one_in(2) ? std::optional<std::uint8_t>(static_cast<std::uint8_t>(below(4))) : std::nullopt;
        it.extensions = {test::basic_constraints(true, length), test::key_usage(2, 0x04)};
        if (one_in(3)) it.extensions.push_back(constraints());
        if (one_in(8)) it.extensions.push_back(test::extended_key_usage(static_cast<std::uint8_t>(1 + below(2))));
    }

    void change(draft& it) {
        switch (below(20)) {
            case 16: it.validity = test::sequence({moment(), test::utc("400101000000Z")}); break;
            case 17: it.validity = test::sequence({test::utc("200101000000Z"), moment()}); break;
            case 18: {
                const bytes any = {6, 4, 0x55, 0x1d, 0x25, 0}, server = {6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1};
                const bytes other = {6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 9};
                it.extensions.push_back(
                    test::extension(37, one_in(2), test::sequence({other, one_in(2) ? any : server})));
                break;
            }
            case 19: it.extensions.push_back(test::extension(56, one_in(4), {5, 0})); break;  // noRevAvail
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
                if (!part.empty()) part[below(part.size())] = byte();
            }
        }
    }

private:
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
        const std::size_t kind = below(26);
        if (kind == 24) return test::tlv(0xa0, {6, 2, 0x2a, 3, 0xa0, 3, 0x0c, 1, 'x'});           // otherName
        if (kind == 25) return test::tlv(0x88, {0x2a, static_cast<std::uint8_t>(3 + below(2))});  // registeredID
        switch (kind % 6) {
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

    /// At the time of judging, or a second beside it, in either way to write it.
    bytes moment() {
        const char* const moments[] = {"20291231235959Z", "20300101000000Z", "20300101000001Z"};
        const std::string_view when = moments[below(3)];
        return one_in(2) ? test::tlv(0x18, test::text(when)) : test::utc(when.substr(2));
    }
};

struct store_free {
    void operator()(X509_STORE* it) const { X509_STORE_free(it); }
    void operator()(X509_STORE_CTX* it) const { X509_STORE_CTX_free(it); }
    void operator()(STACK_OF(X509) * it) const { sk_X509_free(it); }
};

/// What OpenSSL does not look at.
struct leniency {
    bool any_time = false, any_purpose = false;
};

/// X509_V_OK, or why not; -1 when a certificate cannot be read.
int openssl_verdict(const std::vector<bytes>& chain, const std::vector<bytes>& trusted, const char* host,
                    leniency allowed = {}) {
    std::vector<test::openssl_certificate> parsed, anchors;
    for (const bytes& der : chain) parsed.push_back(test::openssl_parse(der));
    for (const bytes& der : trusted) anchors.push_back(test::openssl_parse(der));
    if (!parsed[0]) return -1;
    const std::unique_ptr<X509_STORE, store_free> store(X509_STORE_new());
    for (const auto& anchor : anchors)
        if (anchor) X509_STORE_add_cert(store.get(), anchor.get());
    const std::unique_ptr<STACK_OF(X509), store_free> others(sk_X509_new_null());
    for (std::size_t i = 1; i < parsed.size(); ++i)
        if (parsed[i]) sk_X509_push(others.get(), parsed[i].get());
    const std::unique_ptr<X509_STORE_CTX, store_free> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), parsed[0].get(), others.get());
    X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
    if (!allowed.any_purpose) X509_STORE_CTX_set_default(context.get(), "ssl_server");
    if (allowed.any_time)
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME);
    else
        X509_VERIFY_PARAM_set_time(parameters, test::year_2030);
    // Whom we trust is trusted whoever has signed it, and whatever its own authorityKeyIdentifier says.
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(parameters, 2);  // 112 bits: no SHA-1, no RSA below 2048
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set1_host(parameters, host, 0);
    const int good = X509_verify_cert(context.get());
    const int error = X509_STORE_CTX_get_error(context.get());
    return good == 1 ? X509_V_OK : error == X509_V_OK ? -2 : error;
}

/// Why OpenSSL refuses a path that is accepted here: it does not when there is nothing else beside it; RFC 9525 allows
/// a wildcard right below a top-level domain, which OpenSSL does not, nor does profile::web_pki; the last second is one
/// of those that a certificate is good for (RFC 5280, section 4.1.2.5), which OpenSSL does not grant; nor does it take
/// anyExtendedKeyUsage for its purpose, as everybody may choose (section 4.2.1.12): in a server's own certificate
/// profile::web_pki does not, either.
enum class why_accepted { other_way, wide_wildcard, last_second, any_purpose, unknown };

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

namespace {

why_accepted why(const x509::path_result& ours, const char* host) {
    std::vector<bytes> path;
    bool last_second = false, any_purpose = false;
    for (std::size_t i = 0; i < ours.size; ++i) {
        path.push_back(test::copy(ours.path[i]));
        x509::certificate it;
        REQUIRE(x509::parse_certificate(ours.path[i], it) == errc::none);
        last_second |= it.not_after == test::year_2030;
        any_purpose |= it.allows_any_purpose() && !it.names(x509::key_purpose::server_auth);
    }
    const std::vector<bytes> anchor = {path.back()};
    path.pop_back();
    const auto they_say = [&](leniency allowed) { return openssl_verdict(path, anchor, host, allowed); };
    leniency allowed;
    int theirs = they_say(allowed);
    why_accepted because = why_accepted::other_way;
    if (theirs == X509_V_ERR_INVALID_PURPOSE && any_purpose) {
        allowed.any_purpose = true;
        because = why_accepted::any_purpose;
        theirs = they_say(allowed);
    }
    if (theirs == X509_V_ERR_CERT_HAS_EXPIRED && last_second) {
        allowed.any_time = true;
        because = why_accepted::last_second;
        theirs = they_say(allowed);
    }
    if (theirs == X509_V_ERR_HOSTNAME_MISMATCH && only_by_wide_wildcard(path[0], host))
        return why_accepted::wide_wildcard;
    UNSCOPED_INFO("OpenSSL says " << X509_verify_cert_error_string(theirs));
    return theirs == X509_V_OK ? because : why_accepted::unknown;
}

struct tally {
    std::size_t both = 0, neither = 0, only_openssl = 0;
    std::map<why_accepted, std::size_t> accepted;
    std::map<std::string, std::size_t> refused;

    x509::path_result judge(std::uint32_t seed, const std::vector<bytes>& chain, const std::vector<bytes>& trusted,
                            bytes& list, const char* host) {
        std::vector<x509::trust_store::entry> index(trusted.size());
        x509::trust_store roots(index);
        for (const bytes& der : trusted) (void)roots.add(der);
        list = test::certificate_list(chain);
        const x509::path_result ours = roots.examine(test::usual_provider(), {x509::chain_view(list), host},
                                                     {.now = test::year_2030, .profile = x509::profile::private_pki});
        const bool theirs = openssl_verdict(chain, trusted, host) == X509_V_OK;
        if (!ours.good()) {
            neither += theirs ? 0U : 1U;
            only_openssl += theirs ? 1U : 0U;
            if (theirs) ++refused[std::string(name_of(ours.error))];
            return ours;
        }
        ++both;
        if (theirs) return ours;
        // OpenSSL goes up by the first issuer that it finds and does not come back: it is shown the path alone.
        INFO("seed " << seed);
        const why_accepted because = why(ours, host);
        CHECK(because != why_accepted::unknown);
        ++accepted[because];
        if (because != why_accepted::other_way) --both;
        return ours;
    }
    /// Whom OpenSSL alone accepts has, on the way that it found, a certificate below version 3, a CA without
    /// basicConstraints, a name in a BMPString that is otherwise spelled elsewhere, constraints for names of a kind
    /// that is not known, or a wildcard that only might be excluded; and OpenSSL heeds policies only when it is asked
    /// to.
    void print() {
        using enum why_accepted;
        std::printf("# accepted by both: %zu, by neither: %zu, by OpenSSL alone: %zu\n", both, neither, only_openssl);
        std::printf("# accepted here alone: by a wide wildcard: %zu, in the last second: %zu, for any purpose: %zu\n",
                    accepted[wide_wildcard], accepted[last_second], accepted[any_purpose]);
        std::printf("# and accepted by another way up: %zu\n", accepted[other_way]);
        for (const auto& [reason, count] : refused)
            std::printf("#   refused here alone: %s: %zu\n", reason.c_str(), count);
    }
};

}  // namespace

TEST_CASE("differential: nobody is accepted whom OpenSSL refuses") {
    constexpr std::size_t chains = 12000;
    tally all;
    for (std::uint32_t seed = 0; seed < chains; ++seed) {
        maker make(seed);
        std::vector<bytes> chain;
        for (const draft& it : make.chain()) chain.push_back(it.der());
        const bytes root = chain.back();
        chain.pop_back();
        if (make.one_in(2) && chain.size() > 2) std::swap(chain[1], chain.back());
        bytes list;
        all.judge(seed, chain, {root}, list, make.one_in(6) ? "a.leaf.example" : "leaf.example");
    }
    all.print();
    CHECK(all.both > chains / 20);
    CHECK(all.neither > chains / 20);
    for (const auto& [because, count] : all.accepted) CHECK(count > 0);
    CHECK(all.accepted.size() == 4);  // nothing is unknown
}

namespace {

struct key_free {
    void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
};

/// Keys of every kind that a CA may have, and one that it should not.
struct key_box {
    static constexpr std::size_t size = 4, weak = 3;
    std::unique_ptr<EVP_PKEY, key_free> keys[size];

    key_box() {
        keys[0].reset(EVP_RSA_gen(2048));
        keys[1].reset(EVP_EC_gen("P-256"));
        keys[2].reset(EVP_EC_gen("P-384"));
        keys[weak].reset(EVP_RSA_gen(1024));
    }
    static bool is_rsa(std::size_t which) { return which == 0 || which == weak; }

    bytes spki(std::size_t which) const { return test::oracle::encoded(i2d_PUBKEY, keys[which].get()); }
    /// Signs it, with SHA-1 and no SHA-2 if `sha1`, unless that is PSS.
    bytes der(draft it, std::size_t which, std::size_t hash, bool pss, bool sha1) const {
        const EVP_MD* const hashes[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};
        const auto number = static_cast<std::uint8_t>(hash);
        if (!is_rsa(which)) {
            it.algorithm = sha1 ? test::sequence({{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1}})
                                : test::sequence({{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3,
                                                   static_cast<std::uint8_t>(2 + number)}});
        } else if (pss) {
            const bytes sha2 = test::sequence(
                {{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, static_cast<std::uint8_t>(1 + number)}, {5, 0}});
            const bytes mgf = test::sequence({{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8}, sha2});
            const bytes salt = {2, 1, static_cast<std::uint8_t>(32 + 16 * number)};
            it.algorithm =
                test::sequence({{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0a},
                                test::sequence({test::tlv(0xa0, sha2), test::tlv(0xa1, mgf), test::tlv(0xa2, salt)})});
        } else {
            it.algorithm = test::sequence(
                {{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, static_cast<std::uint8_t>(sha1 ? 5 : 11 + number)},
                 {5, 0}});
        }
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        EVP_PKEY_CTX* how = nullptr;
        REQUIRE(EVP_DigestSignInit(context.get(), &how, sha1 && !(is_rsa(which) && pss) ? EVP_sha1() : hashes[hash],
                                   nullptr, keys[which].get()) == 1);
        if (is_rsa(which) && pss) {
            EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST);
        }
        const bytes tbs = it.tbs();
        bytes signature(512);
        std::size_t length = signature.size();
        REQUIRE(EVP_DigestSign(context.get(), signature.data(), &length, tbs.data(), tbs.size()) == 1);
        signature.resize(length);
        return test::sequence({tbs, it.algorithm, test::bit_string(signature)});
    }
};

/// The same name in another spelling, mostly one that RFC 5280, section 7.1, calls the same.
bytes spelled(std::string name, std::size_t how) {
    const auto as = [](std::uint8_t tag, const bytes& value) {
        return test::sequence({test::tlv(0x31, test::sequence({{6, 3, 0x55, 4, 3}, test::tlv(tag, value)}))});
    };
    switch (how) {
        case 1: return as(0x13, test::text(name));
        case 2:
            std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c == 'c' ? 'C' : c; });
            break;
        case 3: return as(0x0c, test::text("  " + name + " "));
        case 4: return as(0x13, test::text(name.substr(0, 2) + "   " + name.substr(3)));
        case 5: return as(0x14, test::text(name));
        case 6: {  // BMPString
            bytes wide;
            for (const char c : name) wide = wide + bytes{0, static_cast<std::uint8_t>(c)};
            return as(0x1e, wide);
        }
        case 7: return as(0x0c, test::text(name + "x"));
        default: break;
    }
    return as(0x0c, test::text(name));
}

/// CAs that have certified each other, and themselves, at will, and a leaf; what leads to a root is for others to find.
struct graph {
    static constexpr std::size_t cas = 5;  // the first two are those that may be trusted
    std::vector<bytes> chain, trusted;

    graph(maker& make, const key_box& box) {
        std::size_t kind[cas];  // of its key: below key_box::size, or else Ed25519
        for (std::size_t i = 0; i < cas; ++i) {
            kind[i] = make.one_in(3) ? make.below(key_box::size) : key_box::size;
            if (kind[i] == key_box::weak && !make.one_in(4)) kind[i] = 0;
        }
        const auto named = [](std::size_t ca) { return "ca " + std::string(1, static_cast<char>('a' + ca)); };
        const auto spelling = [&make] { return make.one_in(5) ? make.below(8) : 0; };
        std::uint8_t serial = 0;
        const auto certify = [&](std::size_t issuer, std::size_t subject, bool leaf) {
            draft it(leaf ? "leaf" : named(subject), named(issuer));
            it.serial = {2, 2, 1, ++serial};
            it.issuer = spelled(named(issuer), spelling());
            if (!leaf) it.subject = spelled(named(subject), spelling());
            if (!leaf && kind[subject] < key_box::size) it.spki = box.spki(kind[subject]);
            if (leaf && make.one_in(4)) it.spki = box.spki(make.below(key_box::size));
            make.extend(it, leaf);
            // Fewer rules than there are for one chain, or no long way up would be left.
            if (!leaf && it.extensions.size() > 2 && !make.one_in(3)) it.extensions.resize(2);
            if (make.one_in(10)) make.change(it);
            if (kind[issuer] == key_box::size || it.signer != named(issuer)) return it.der();
            const std::size_t hash =
                make.below(kind[issuer] == key_box::weak ? 1 : 3);  // 1024 bits have no room for more
            return box.der(it, kind[issuer], hash, make.one_in(3), make.one_in(8));
        };
        // A way from the first CA to the leaf, over some of the others, and whatever else.
        std::size_t last = 0;
        for (std::size_t i = 1 + make.below(3); i < cas; i += 1 + make.below(3)) {
            chain.push_back(certify(last, i, false));
            last = i;
        }
        chain.insert(chain.begin(), certify(last, 0, true));
        for (std::size_t i = make.below(5); i-- > 0;) {
            const std::size_t issuer = make.below(cas);
            chain.push_back(certify(issuer, make.one_in(6) ? issuer : make.below(cas), false));
        }
        for (std::size_t i = chain.size(); i-- > 2;) std::swap(chain[i], chain[1 + make.below(i)]);
        for (std::size_t root = 0; root < 2; ++root)
            if (root == 0 || make.one_in(3)) trusted.push_back(certify(make.one_in(4) ? 2 : root, root, false));
        if (make.one_in(3)) chain.push_back(trusted[0]);
    }
};

}  // namespace

TEST_CASE("differential: nor by another way up, among cross-signs and loops, with keys and names of every kind") {
    const key_box box;
    constexpr std::size_t graphs = 1600;
    tally all;
    std::map<x509::key_type, std::size_t> signers;
    std::size_t longest = 0, respelled = 0, long_ways = 0;
    for (std::uint32_t seed = 0; seed < graphs; ++seed) {
        maker make(seed);
        const graph it(make, box);
        bytes list;
        const x509::path_result ours = all.judge(seed, it.chain, it.trusted, list, "leaf.example");
        if (!ours.good()) continue;
        longest = std::max(longest, ours.size);
        long_ways += ours.size > 3 ? 1U : 0U;
        std::array<x509::certificate, x509::max_path> path;
        for (std::size_t i = 0; i < ours.size; ++i)
            REQUIRE(x509::parse_certificate(ours.path[i], path[i]) == errc::none);
        for (std::size_t i = 1; i < ours.size; ++i) {
            ++signers[key_type_of(path[i])];
            respelled += equal_bytes(path[i - 1].issuer, path[i].subject) ? 0U : 1U;
        }
    }
    all.print();
    std::printf(
        "# of the accepted: longest path %zu, over more than one intermediate: %zu, names spelled otherwise: %zu\n",
        longest, long_ways, respelled);
    CHECK(all.both > graphs / 20);
    CHECK(all.neither > graphs / 20);
    CHECK(all.accepted[why_accepted::other_way] > 10);
    CHECK(long_ways > graphs / 100);
    CHECK(respelled > graphs / 100);
    for (const auto type : {x509::key_type::ed25519, x509::key_type::p256, x509::key_type::p384, x509::key_type::rsa})
        CHECK(signers[type] > graphs / 100);
}
