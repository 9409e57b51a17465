#include <spantls/handshake/delegation.hpp>

#include <fstream>
#include <iterator>
#include <list>

#include <spantls/spantls.hpp>

#include "conformance/wire.hpp"
#include "handshake/rules.hpp"
#include "support/delegation.hpp"
#include "support/provider.hpp"

using namespace spantls;
using test::buffer;
using test::delegation_draft;
using test::operator+;
namespace forge = test::forge;
using forge::ext;
using alert = alert_description;

namespace {

constexpr std::uint32_t age = static_cast<std::uint32_t>(test::year_2030 - test::draft_not_before),
                        week = 7 * test::days;
constexpr std::uint64_t now = test::year_2030_ms;

buffer ec_spki(std::uint8_t first = 4) {
    return test::sequence(
        {test::sequence({{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}}),
         test::bit_string(buffer{first} + buffer(64, 1))});
}
buffer rsa_spki() {
    return test::sequence({test::sequence({{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}, {5, 0}}),
                           test::bit_string(buffer(100, 1))});
}
template <class Change>
delegation_draft with(Change change) {
    delegation_draft it;
    change(it);
    return it;
}

/// What there is to say about a credential, which is not looked at whether it is signed.
struct judged {
    buffer der, wire;
    x509::certificate leaf;
    delegated_credential it;

    explicit judged(const delegation_draft& draft, const test::draft& of = test::delegating_leaf("server"))
        : der(of.der()), wire(draft.with({})) {
        REQUIRE(x509::parse_certificate(der, leaf) == errc::none);
        REQUIRE(decode(wire, it));
    }
};
errc judged_at(const delegation_draft& draft, std::uint64_t now_ms) {
    const judged one(draft);
    return check_delegation(one.it, one.leaf, now_ms);
}

/// A provider whose keys are none, and whose signatures are Ed25519.
struct signing_provider : test::null_provider {
    using test::null_provider::null_provider;
    [[nodiscard]] bool verify(signature_scheme scheme, bytes_view key, bytes_view content,
                              bytes_view signature) const noexcept {
        return test::usual_provider().verify(scheme, key, content, signature);
    }
};
/// The same, with ECDSA besides, of which any signature is good.
struct two_schemes : signing_provider {
    using signing_provider::signing_provider;
    static constexpr std::array verify_schemes{signature_scheme::ed25519, signature_scheme::ecdsa_secp256r1_sha256};
    [[nodiscard]] bool verify(signature_scheme scheme, bytes_view key, bytes_view content,
                              bytes_view signature) const noexcept {
        return scheme == signature_scheme::ed25519 ? signing_provider::verify(scheme, key, content, signature)
                                                   : !signature.empty();
    }
};

/// A client that takes delegated credentials, and has got as far as EncryptedExtensions.
template <class P>
struct setting_with {
    P crypto;
    client_config config;
    std::optional<test::hand_fed<client<P>>> it;

    explicit setting_with(client_config chosen = {.delegated_schemes = {signature_scheme::ed25519}},
                          const forge::extensions& answers = {}, std::uint64_t time = now)
        : config(chosen) {
        it.emplace(crypto, config, client_target{.server_name = "leaf.example", .now_ms = time});
        it->feed(forge::server_hello(it->session_id()).record());
        it->feed(forge::sealed_handshake(forge::encrypted_extensions(answers)));
        REQUIRE(it->tls.error() == errc::none);
    }
    void certificate(const buffer& entries) {
        const buffer message = forge::certificate(entries);
        for (std::size_t done = 0; done < message.size(); done += 16000) {
            const std::size_t end = std::min<std::size_t>(message.size(), done + 16000);
            it->feed(forge::sealed_handshake(buffer(message.begin() + static_cast<std::ptrdiff_t>(done),
                                                    message.begin() + static_cast<std::ptrdiff_t>(end))));
        }
    }
    /// By the key of `signer`; the transcript's hash is all zeros.
    void verify(std::string_view signer, signature_scheme scheme = signature_scheme::ed25519) {
        signed_content content;
        content.assign(true, buffer(32));
        it->feed(forge::sealed_handshake(
            forge::certificate_verify(scheme, test::key_pair(signer).sign(test::copy(content.view())))));
    }
    bool connects() {
        it->feed(forge::sealed_handshake(forge::finished()));
        return it->tls.connected();
    }
};
using setting = setting_with<signing_provider>;

buffer entry(const buffer& der, const buffer& shown) {
    return forge::certificate_entry(der, forge::extensions().add(ext::delegated_credential, shown));
}
const buffer& leaf() {
    static const buffer der = test::delegating_leaf("server").der();
    return der;
}
/// The error of a client that is shown this, with the alert that left.
void refuses(const buffer& entries, errc error, alert why, const char* about) {
    INFO(about);
    setting with;
    with.certificate(entries);
    check_refused(*with.it, error, why);
}

}  // namespace

TEST_CASE("a delegated credential is good for seven days at most, and until it expires (RFC 9345, section 4.1.3)") {
    const auto until = [](std::uint32_t time) { return with([=](auto& it) { it.valid_time = time; }); };
    // Both ends belong to it.
    CHECK(judged_at(until(age), now) == errc::none);
    CHECK(judged_at(until(age), now + 1) == errc::delegation_expired);
    CHECK(judged_at(until(age - 1), now) == errc::delegation_expired);
    CHECK(judged_at(until(0), now) == errc::delegation_expired);
    CHECK(judged_at(until(age + week), now) == errc::none);
    CHECK(judged_at(until(age + week), now - 1) == errc::delegation_too_long);
    CHECK(judged_at(until(age + week + 1), now) == errc::delegation_too_long);
    CHECK(judged_at(until(UINT32_MAX), now) == errc::delegation_too_long);
    // It begins when its certificate does.
    const std::uint64_t begin = std::uint64_t{test::draft_not_before} * 1000;
    CHECK(judged_at(until(week), begin) == errc::none);
    CHECK(judged_at(until(week), begin - 1) == errc::delegation_expired);
    CHECK(judged_at(until(0), begin) == errc::none);
    // No time, and none that there is.
    CHECK(judged_at(until(age), 0) == errc::delegation_expired);
    CHECK(judged_at(until(age), 1) == errc::delegation_expired);
    CHECK(judged_at(until(age), UINT64_MAX) == errc::delegation_expired);
    CHECK(judged_at(until(age), std::uint64_t{INT64_MAX}) == errc::delegation_expired);
}

TEST_CASE("which certificates may delegate (RFC 9345, section 4.2)") {
    const auto of = [](const test::draft& certificate) {
        const judged one({}, certificate);
        return check_delegation(one.it, one.leaf, now);
    };
    const test::draft bare("server", "server");
    CHECK(of(bare.with(test::digital_signature()).with(test::delegation_usage())) == errc::none);
    constexpr errc no = errc::delegation_not_permitted;
    CHECK(of(bare.with(test::digital_signature())) == no);
    CHECK(of(bare.with(test::delegation_usage())) == no);
    CHECK(of(bare.with(test::key_cert_sign()).with(test::delegation_usage())) == no);
    // It is not critical, and NULL.
    CHECK(of(bare.with(test::digital_signature()).with(test::delegation_usage(true))) == no);
    for (const buffer& value : {buffer{}, buffer{5}, buffer{5, 0, 0}, buffer{5, 1, 0}, buffer{4, 0}})
        CHECK(of(bare.with(test::digital_signature()).with(test::delegation_usage(false, value))) == no);
}

TEST_CASE("the example certificate of RFC 9345 may delegate (appendix B)") {
    const auto file = test::shared_vectors("../spec/rfc9345-delegated-credentials.md");
    if (!file) return;
    std::ifstream in(*file);
    const buffer der = test::from_pem(std::string(std::istreambuf_iterator<char>(in), {}));
    x509::certificate it;
    REQUIRE(x509::parse_certificate(der, it) == errc::none);
    CHECK(it.delegates);
    CHECK(it.usage);
    CHECK_FALSE(it.unknown_critical);
    CHECK(x509::key_fits(signature_scheme::ecdsa_secp256r1_sha256, it));
    // 26 March 2019; its key signs with ECDSA, for an Ed25519 key.
    const std::uint64_t then = 1553558400 * std::uint64_t{1000};
    const buffer spki = test::key_pair("delegate").spki();
    delegated_credential made{week, signature_scheme::ed25519, spki, signature_scheme::ecdsa_secp256r1_sha256, {}};
    CHECK(check_issue(made, it, then) == errc::none);
    made.algorithm = signature_scheme::ed25519;
    CHECK(check_issue(made, it, then) == errc::delegation_bad_scheme);
}

TEST_CASE("schemes are those of the keys, and none of rsaEncryption (RFC 9345, section 4)") {
    using enum signature_scheme;
    const auto of = [](signature_scheme scheme, const buffer& spki, signature_scheme algorithm = ed25519) {
        return judged_at(with([&](auto& it) { it.scheme = scheme, it.spki = spki, it.algorithm = algorithm; }), now);
    };
    const buffer own = test::key_pair("delegate").spki();
    constexpr errc bad = errc::delegation_bad_scheme;
    CHECK(of(ed25519, own) == errc::none);
    CHECK(of(ecdsa_secp256r1_sha256, ec_spki()) == errc::none);
    CHECK(of(ecdsa_secp384r1_sha384, ec_spki()) == bad);
    CHECK(of(ecdsa_secp256r1_sha256, ec_spki(3)) == bad);
    CHECK(of(ed25519, ec_spki()) == bad);
    CHECK(of(ecdsa_secp256r1_sha256, own) == bad);
    for (const signature_scheme scheme : {rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512,
                                          rsa_pss_pss_sha256, rsa_pkcs1_sha256, rsa_pkcs1_sha512}) {
        CAPTURE(name_of(scheme));
        CHECK(of(scheme, rsa_spki()) == bad);
        CHECK(may_be_delegated(scheme) == (scheme == rsa_pss_pss_sha256));
    }
    // Of the certificate's key, too.
    CHECK(of(ed25519, own, ecdsa_secp256r1_sha256) == bad);
    CHECK(of(ed25519, own, rsa_pkcs1_sha256) == bad);
    // A SubjectPublicKeyInfo and nothing else.
    CHECK(of(ed25519, own + buffer{0}) == bad);
    CHECK(of(ed25519, buffer(own.begin(), own.end() - 1)) == bad);
    CHECK(of(ed25519, {0x30}) == bad);
}

TEST_CASE("who issues one holds to the same, and to the end of the certificate (RFC 9345, section 3)") {
    const judged one({});
    CHECK(check_issue(one.it, one.leaf, now) == errc::none);
    test::draft short_lived = test::delegating_leaf("server");
    short_lived.validity = test::sequence({test::utc("200101000000Z"), test::utc("300102000000Z")});
    const std::int64_t end = test::year_2030 + test::days;
    for (const int over : {0, 1}) {
        judged other({}, short_lived);
        other.it.valid_time = valid_until(other.leaf, end + over);
        REQUIRE(other.it.valid_time == age + test::days + static_cast<unsigned>(over));
        CHECK(check_issue(other.it, other.leaf, now) == (over == 0 ? errc::none : errc::delegation_too_long));
        CHECK(check_issue(other.it, other.leaf, now + (week + 1) * 1000) == errc::delegation_expired);
    }
    CHECK(valid_until(one.leaf, test::draft_not_before - 1) == 0);
    CHECK(valid_until(one.leaf, test::draft_not_before + std::int64_t{UINT32_MAX}) == UINT32_MAX);
    CHECK(valid_until(one.leaf, test::draft_not_before + std::int64_t{UINT32_MAX} + 1) == 0);
}

TEST_CASE("a client takes the key of a delegated credential, and no other (RFC 9345, section 4.1.3)") {
    const buffer shown = delegation_draft().of(leaf(), "server");
    setting with;
    with.it->stop = client_state::asks_verdict;
    with.certificate(entry(leaf(), shown));
    buffer nothing;
    const step asked = with.it->tls.receive(nothing);
    REQUIRE(asked.what == what::verify_peer);
    REQUIRE(test::copy(asked.peer().delegated) == shown);
    REQUIRE(test::copy(asked.peer().chain.front().der) == leaf());
    with.it->stop.reset();
    with.it->run();
    SECTION("the delegate's") {
        with.verify("delegate");
        REQUIRE(with.connects());
    }
    SECTION("not the certificate's") {
        with.verify("server");
        check_refused(*with.it, errc::bad_signature, alert::decrypt_error);
    }
    SECTION("with its scheme") {
        with.verify("delegate", signature_scheme::ecdsa_secp256r1_sha256);
        check_refused(*with.it, errc::scheme_key_mismatch, alert::illegal_parameter);
    }
}

TEST_CASE("the credential's scheme is of its own list, and its signature's of signature_algorithms (section 4.1.1)") {
    using enum signature_scheme;
    client_config config;
    config.prefer.schemes = {ed25519};
    config.delegated_schemes = {ecdsa_secp256r1_sha256};
    const delegation_draft draft = with([](auto& it) {
        it.scheme = ecdsa_secp256r1_sha256;
        it.spki = ec_spki();
    });
    SECTION("ECDSA for a key that Ed25519 vouches for") {
        setting_with<two_schemes> one(config);
        one.certificate(entry(leaf(), draft.of(leaf(), "server")));
        one.verify("delegate", ecdsa_secp256r1_sha256);
        REQUIRE(one.connects());
    }
    SECTION("not Ed25519 for that key, though it is offered") {
        setting_with<two_schemes> one(config);
        one.certificate(entry(leaf(), draft.of(leaf(), "server")));
        one.verify("server", ed25519);
        check_refused(*one.it, errc::scheme_key_mismatch, alert::illegal_parameter);
    }
    SECTION("not vouched for by ECDSA, which is not offered for that") {
        test::draft of_ecdsa = test::delegating_leaf("server");
        of_ecdsa.spki = ec_spki();
        for (const bool offered : {false, true}) {
            config.prefer.schemes = offered ? fixed_vector<signature_scheme, 16>{} : config.prefer.schemes;
            setting_with<two_schemes> one(config);
            delegation_draft other = draft;
            other.algorithm = ecdsa_secp256r1_sha256;
            one.certificate(entry(of_ecdsa.der(), other.with({1})));
            if (!offered) {
                check_refused(*one.it, errc::delegation_bad_scheme, alert::illegal_parameter);
                continue;
            }
            one.verify("delegate", ecdsa_secp256r1_sha256);
            REQUIRE(one.connects());
        }
    }
}

TEST_CASE("a client that offers it is shown none, or one in another entry, and goes on (RFC 9345, section 4.1.1)") {
    const buffer plain = forge::certificate_entry(leaf());
    const buffer der = test::leaf("other", "other").der();
    for (const buffer& rest : {buffer{}, entry(leaf(), delegation_draft().of(leaf(), "server")), entry(der, {1, 2})}) {
        setting with;
        with.certificate(plain + rest);
        with.verify("server");
        REQUIRE(with.connects());
    }
    setting both;
    both.certificate(entry(leaf(), delegation_draft().of(leaf(), "server")) + entry(der, {}));
    both.verify("delegate");
    REQUIRE(both.connects());
}

TEST_CASE("a delegated credential that is not valid is illegal_parameter (RFC 9345, sections 4.1.1 and 4.1.3)") {
    const auto one = [](errc error, const char* about, const delegation_draft& draft, const buffer& der = leaf()) {
        refuses(entry(der, draft.of(der, "server")), error, alert::illegal_parameter, about);
    };
    one(errc::delegation_expired, "expired", with([](auto& it) { it.valid_time = age - 1; }));
    one(errc::delegation_too_long, "for too long", with([](auto& it) { it.valid_time = age + week + 1; }));
    one(errc::delegation_not_permitted, "a certificate without DelegationUsage", {},
        test::leaf("server", "server").der());
    one(errc::delegation_not_permitted, "DelegationUsage is critical", {},
        test::leaf("server", "server").with(test::delegation_usage(true)).der());
    one(errc::delegation_not_permitted, "a certificate without keyUsage", {},
        test::draft("server", "server").with(test::delegation_usage()).der());
    one(errc::delegation_bad_scheme, "a scheme that was not offered", with([](auto& it) {
            it.scheme = signature_scheme::ecdsa_secp256r1_sha256;
            it.spki = ec_spki();
        }));
    one(errc::delegation_bad_scheme, "an algorithm that was not offered",
        with([](auto& it) { it.algorithm = signature_scheme::ecdsa_secp256r1_sha256; }));
    one(errc::delegation_bad_scheme, "a key of another scheme", with([](auto& it) { it.spki = ec_spki(); }));
    one(errc::delegation_bad_scheme, "something behind the key", with([](auto& it) { it.spki.push_back(0); }));
    const delegation_draft draft;
    const auto bad = [](const buffer& shown, const char* about) {
        refuses(entry(leaf(), shown), errc::delegation_bad_signature, alert::illegal_parameter, about);
    };
    bad(draft.of(leaf(), "delegate"), "signed by itself");
    bad(draft.of(test::delegating_leaf("another").der(), "server"), "of another certificate");
    bad(draft.with(test::key_pair("server").sign(draft.content(leaf(), "TLS, client delegated credentials"))),
        "of a client");
    bad(draft.with({}), "without a signature");
    bad(draft.with(buffer(64)), "with a signature of zeros");
    bad(draft.with(test::key_pair("server").sign(draft.signed_part())), "without its context");
    // Nothing that a certificate may not say already is said otherwise.
    refuses(entry(test::draft("server", "server").with(test::key_cert_sign()).with(test::delegation_usage()).der(),
                  draft.with({1})),
            errc::unsupported_certificate, alert::unsupported_certificate, "a certificate that may not sign");
}

TEST_CASE("a delegated credential that is not well formed is decode_error") {
    const buffer shown = delegation_draft().of(leaf(), "server");
    for (std::size_t size = 0; size < shown.size(); ++size)
        refuses(entry(leaf(), buffer(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(size))),
                errc::decode_error, alert::decode_error, "cut");
    refuses(entry(leaf(), shown + buffer{0}), errc::decode_error, alert::decode_error, "something behind it");
}

TEST_CASE("a delegated credential that was not asked for is unexpected_message (RFC 9345, sections 4.1.1 and 4.1.2)") {
    const buffer shown = delegation_draft().of(leaf(), "server");
    for (const buffer& entries : {entry(leaf(), shown), forge::certificate_entry(leaf()) + entry(leaf(), shown)}) {
        setting with(client_config{});
        with.certificate(entries);
        check_refused(*with.it, errc::delegation_not_asked, alert::unexpected_message);
    }
    test::check(test::server_rules{{"by a client",
                                    [&](test::null_server& it) {
                                        it.feed(forge::client_hello().record());
                                        it.feed(forge::sealed_handshake(forge::certificate(entry(leaf(), shown))));
                                    },
                                    errc::delegation_not_asked, alert::unexpected_message}},
                server_config{.authenticate_client = client_authentication::request});
}

TEST_CASE("nothing delegates from a raw key") {
    const buffer spki = test::key_pair("server").spki();
    setting with(client_config{.server_certificate_types = {certificate_type::raw_public_key},
                               .delegated_schemes = {signature_scheme::ed25519}},
                 forge::extensions().add(ext::server_certificate_type, {2}));
    with.certificate(entry(spki, delegation_draft().of(spki, "server")));
    check_refused(*with.it, errc::delegation_not_permitted, alert::illegal_parameter);
}

TEST_CASE("each bit of a delegated credential counts, and of the certificate that it is of") {
    const delegation_draft draft;
    const buffer shown = draft.of(leaf(), "server");
    const std::size_t key = 4 + 2 + 3, algorithm = key + draft.spki.size(), signature = algorithm + 2 + 2;
    std::size_t cases = 0;
    for (std::size_t i = 0; i < shown.size(); ++i)
        for (unsigned bit = 0; bit < 8; ++bit, ++cases) {
            CAPTURE(i, bit);
            buffer flipped = shown;
            flipped[i] = static_cast<std::uint8_t>(flipped[i] ^ 1u << bit);
            setting with;
            with.certificate(entry(leaf(), flipped));
            const errc error = with.it->tls.error();
            using enum errc;
            if (i < 4)
                CHECK(
                    (error == delegation_expired || error == delegation_too_long || error == delegation_bad_signature));
            else if (i < 6)
                CHECK(error == delegation_bad_scheme);
            else if (i < key)
                CHECK(error == decode_error);
            else if (i < algorithm - 32)
                CHECK(error == delegation_bad_scheme);  // what is not the key itself
            else if (i < algorithm)
                CHECK(error == delegation_bad_signature);
            else if (i < algorithm + 2)
                CHECK(error == delegation_bad_scheme);
            else if (i < signature)
                CHECK(error == decode_error);
            else
                CHECK(error == delegation_bad_signature);
            check_refused(*with.it, error, error == decode_error ? alert::decode_error : alert::illegal_parameter);
        }
    for (std::size_t i = 0; i < leaf().size(); ++i, ++cases) {
        buffer der = leaf();
        der[i] = static_cast<std::uint8_t>(der[i] ^ 1u << i % 8);
        setting with;
        with.certificate(entry(der, shown));
        CAPTURE(i, name_of(with.it->tls.error()));
        CHECK(fault_of(with.it->tls.error()) == fault::peer);
    }
    test::ran("flipped bits of a delegated credential", cases);
}

TEST_CASE("room for what is signed is asked for, and nothing else is disturbed") {
    // A certificate as long as may be, in the smallest workspace.
    test::draft long_one = test::delegating_leaf("server");
    long_one.extensions.push_back(test::extension(14, false, test::tlv(4, buffer(30000, 7))));
    const buffer der = long_one.der(), shown = delegation_draft().of(der, "server");
    setting with;
    with.certificate(entry(der, shown));
    with.verify("delegate");
    REQUIRE(with.connects());
    CHECK(std::count(with.it->said.begin(), with.it->said.end(), what::need_workspace) > 0);
}

TEST_CASE("a client shows a delegated credential to a server that asks for one, and to no other (section 4.1.2)") {
    static const buffer der = test::delegating_leaf("client").der();
    static const bytes_view chain[] = {der};
    static constexpr std::array schemes{signature_scheme::ed25519};
    const delegation_draft draft;
    const buffer shown =
        draft.with(test::key_pair("client").sign(draft.content(der, "TLS, client delegated credentials")));
    for (const bool asks : {false, true})
        for (const signature_scheme takes : {signature_scheme::ed25519, signature_scheme::ed448}) {
            CAPTURE(asks, name_of(takes));
            setting with(client_config{});
            with.it->stop = client_state::asks_identity;
            forge::extensions request = forge::request_extensions();
            if (asks) request.add(ext::delegated_credential, forge::vec(2, forge::list({takes})));
            with.it->feed(forge::sealed_handshake(forge::certificate_request(request)));
            buffer nothing;
            const step asked = with.it->tls.receive(nothing);
            REQUIRE(asked.what == what::choose_identity);
            REQUIRE(asked.request().delegated.size() == (asks ? 1 : 0));
            REQUIRE(with.it->tls.answer(identity{.chain = chain, .schemes = schemes, .delegated = shown}) ==
                    errc::none);
            with.it->stop = client_state::asks_signature;
            with.certificate(forge::certificate_entry(leaf()));
            with.verify("server");
            with.it->feed(forge::sealed_handshake(forge::finished()));
            const step sign = with.it->tls.receive(nothing);
            REQUIRE(sign.what == what::sign);
            const bool delegated = asks && takes == signature_scheme::ed25519;
            REQUIRE(sign.signing().delegated == delegated);
            with.it->stop.reset();
            with.it->run();
            REQUIRE(with.it->tls.connected());
            const auto sent = test::wire::messages(with.it->sent);
            const auto it = std::find_if(sent.begin(), sent.end(), [](const auto& one) { return one.type == 11; });
            REQUIRE(it != sent.end());
            const buffer expected = delegated ? entry(der, shown) : forge::certificate_entry(der);
            REQUIRE(it->body == buffer{0} + forge::vec(3, expected));
        }
    const auto bad = [](const buffer& data) {
        return [=](test::null_client& it) {
            test::after_encrypted_extensions(it);
            it.feed(forge::sealed_handshake(
                forge::certificate_request(forge::request_extensions().add(ext::delegated_credential, data))));
        };
    };
    test::check(test::client_rules{
        {"a list of schemes", bad({}), errc::decode_error, alert::decode_error},
        {"not an empty one", bad({0, 0}), errc::decode_error, alert::decode_error},
        {"whole ones", bad({0, 3, 8, 7, 8}), errc::decode_error, alert::decode_error},
        {"nothing behind it", bad({0, 2, 8, 7, 0}), errc::decode_error, alert::decode_error},
    });
}

TEST_CASE("a ClientHello's list of schemes is one") {
    for (const buffer& data : {buffer{}, buffer{0, 0}, buffer{0, 3, 8, 7, 8}, buffer{0, 2, 8, 7, 0}}) {
        const auto broken = [&](test::null_server& it) {
            forge::client_hello hello;
            hello.ext_.add(ext::delegated_credential, data);
            it.feed(hello.record());
        };
        test::check(test::server_rules{{"delegated_credential", broken, errc::decode_error, alert::decode_error}});
    }
}
