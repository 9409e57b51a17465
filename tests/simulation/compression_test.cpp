// Certificates that are compressed, with zlib (RFC 8879): both roles, and what a peer may not do with it.
#include <spantls/spantls.hpp>

#include <zlib.h>

#include <algorithm>

#include <spantls/drivers/answers.hpp>
#include <spantls/x509/pins.hpp>

#include "handshake/rules.hpp"
#include "support/catch.hpp"
#include "support/delegation.hpp"
#include "support/forge.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;
namespace forge = test::forge;

namespace {

using seeded = test::seeded<test::small_provider>;
using pair = test::pair<seeded>;
using algorithm = certificate_compression;
using alert = alert_description;

const client_config takes_zlib{.certificate_compressions = {algorithm::zlib}};
const server_config asks_zlib{.authenticate_client = client_authentication::require,
                              .certificate_compressions = {algorithm::zlib}};

test::buffer deflated(bytes_view text) {
    test::buffer out(compressBound(text.size()));
    uLongf size = out.size();
    REQUIRE(compress2(out.data(), &size, text.data(), text.size(), 9) == Z_OK);
    out.resize(size);
    return out;
}
/// How long the result is; 0 when it is not all that was compressed, or does not fit.
std::size_t inflate_into(const decompression_request& request) {
    uLongf size = request.to.size();
    uLong taken = request.compressed.size();
    const int result = uncompress2(request.to.data(), &size, request.compressed.data(), &taken);
    return result == Z_OK && taken == request.compressed.size() ? size : 0;
}

/// Credentials with their compressed Certificate.
struct packed {
    const test::credentials of;
    const std::vector<bytes_view> staples;
    std::vector<test::buffer> bytes;
    std::vector<compressed_certificate> forms;

    explicit packed(std::string_view name, std::size_t filler = 5000, std::vector<bytes_view> staple = {},
                    algorithm how = algorithm::zlib)
        : of(name, filler), staples(std::move(staple)) {
        test::buffer room(max_uncompressed_certificate);
        for (const bool with_staples : {true, false}) {
            if (with_staples && staples.empty()) continue;
            bytes.push_back(deflated(write_certificate(plain(), {with_staples, false}, room)));
        }
        for (const test::buffer& one : bytes) forms.push_back({how, one, {&one != &bytes.back(), false}});
    }
    packed(const packed&) = delete;
    packed& operator=(const packed&) = delete;

    identity plain() const { return {of.chain, of.schemes, certificate_type::x509, staples}; }
    identity who() const { return {of.chain, of.schemes, certificate_type::x509, staples, {}, {}, forms}; }
};

template <class Endpoint>
void show(Endpoint& one, const packed& credentials) {
    one.own = &credentials.of;
    one.answer = [&one, &credentials](const step& step) {
        if (step.what != what::client_hello && step.what != what::choose_identity) return false;
        REQUIRE(one.tls.answer(credentials.who()) == errc::none);
        return true;
    };
}

/// A client that has come as far as the server's Certificate, with what `then` sends.
template <class Then>
auto to_client(Then then) {
    return [then](test::null_client& it) {
        test::after_encrypted_extensions(it);
        then(it);
    };
}
template <class Then>
auto to_server(Then then) {
    return [then](test::null_server& it) {
        test::after_client_hello(it);
        then(it);
    };
}
auto says(const test::buffer& message) {
    return [message](auto& it) { it.feed(forge::sealed_handshake(message)); };
}
/// Of a Certificate as it should be.
test::buffer body() {
    const test::buffer whole = test::leaf_message();
    return {whole.begin() + 4, whole.end()};
}

template <class Connection>
bool asked_for_memory(const test::hand_fed<Connection>& it) {
    return std::count(it.said.begin(), it.said.end(), what::need_workspace) != 0;
}

}  // namespace

TEST_CASE("both sides show compressed certificates, whatever carries them (RFC 8879, section 4)") {
    const packed of_server("server"), of_client("client");
    for (const std::uint16_t record_size : {std::uint16_t{16384}, std::uint16_t{1}, std::uint16_t{100}})
        for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{100000}})
            for (const std::size_t filler : {std::size_t{0}, std::size_t{1}}) {
                CAPTURE(record_size, chunk, filler);
                test::pair_options options{.client = takes_zlib, .server = asks_zlib};
                options.client.record_size = options.server.record_size = record_size;
                options.client_workspace = filler == 0 ? 0 : client<seeded>::smallest_workspace;
                options.server_workspace = filler == 0 ? 0 : server<seeded>::smallest_workspace;
                pair both(options);
                both.to_client.chunk = both.to_server.chunk = [&](std::size_t) { return chunk; };
                show(both.server, of_server);
                show(both.client, of_client);
                both.client.decompress = both.server.decompress = inflate_into;
                std::vector<test::buffer> seen;
                both.client.watch = both.server.watch = [&](const step& step) {
                    if (step.what == what::decompress) REQUIRE(step.decompressing().algorithm == algorithm::zlib);
                    if (step.what != what::verify_peer) return;
                    for (const auto& entry : step.peer().chain) seen.push_back(test::copy(entry.der));
                };
                both.run();  // up to a question behind the one that show() answers
                REQUIRE(both.handshake());
                REQUIRE(both.client.count(what::decompress) == 1);
                REQUIRE(both.server.count(what::decompress) == 1);
                REQUIRE(seen == std::vector<test::buffer>{of_server.of.certificates[0], of_server.of.certificates[1],
                                                          of_client.of.certificates[0], of_client.of.certificates[1]});
                REQUIRE(both.client.tls.peer_authenticated());
                REQUIRE(both.server.tls.peer_authenticated());
                if (record_size == 16384) REQUIRE(both.to_client.all.size() < 2500);
                REQUIRE(both.client.send("hello") == errc::none);
                both.run();
                REQUIRE(both.server.received == test::text("hello"));
            }
}

TEST_CASE("plain is sent to whoever does not take what there is, and by whoever has nothing else") {
    const packed of_server("server"), brotli("server", 5000, {}, algorithm::brotli);
    const test::credentials plain("server", 5000);
    for (const bool offered : {true, false})
        for (const int which : {0, 1, 2}) {
            CAPTURE(offered, which);
            test::pair_options options;
            if (offered) options.client = takes_zlib;
            pair both(options);
            both.client.decompress = inflate_into;
            if (which == 2)
                both.server.own = &plain;
            else
                show(both.server, which == 0 ? of_server : brotli);
            REQUIRE(both.handshake());
            const bool compressed = offered && which == 0;
            REQUIRE(both.client.has(what::decompress) == compressed);
            REQUIRE((both.to_client.all.size() < 2500) == compressed);
        }
}

TEST_CASE("what is in it is what the peer asks for (RFC 8879, section 4; section 4.5.1)") {
    const test::buffer response(3000, 0x0c);
    const packed of_server("server", 500, {response});
    packed without("server", 500, {response});
    without.forms.erase(without.forms.begin());
    for (const bool staples : {true, false})
        for (const bool has_it : {true, false}) {
            CAPTURE(staples, has_it);
            test::pair_options options{.client = takes_zlib};
            options.client.ask_for_staples = staples;
            pair both(options);
            both.client.decompress = inflate_into;
            show(both.server, has_it ? of_server : without);
            test::buffer seen;
            both.client.watch = [&](const step& step) {
                if (step.what == what::verify_peer) seen = test::copy(step.peer().chain.front().staple());
            };
            REQUIRE(both.handshake());
            REQUIRE(both.client.has(what::decompress) == (has_it || !staples));
            REQUIRE(seen == (staples ? response : test::buffer{}));
        }
}

TEST_CASE("a delegated credential is in what comes compressed, or not, as the client takes it (RFC 9345)") {
    const test::delegated_credentials own("server");
    test::buffer room(4000);
    const test::buffer with = deflated(write_certificate(own.who(), {}, room, true));
    const test::buffer without = deflated(write_certificate(own.who(), {}, room));
    const compressed_certificate forms[]{{algorithm::zlib, with, {}, true}, {algorithm::zlib, without}};
    for (const bool takes : {true, false})
        for (const bool both_forms : {true, false}) {
            CAPTURE(takes, both_forms);
            test::pair_options options{.client = takes_zlib};
            if (takes) options.client.delegated_schemes = {signature_scheme::ed25519};
            options.target.now_ms = test::year_2030_ms;
            options.client_workspace = client<seeded>::smallest_workspace;
            pair both(options);
            both.client.decompress = inflate_into;
            both.server.answer = [&](const step& step) {
                identity who = own.who();
                who.compressed = std::span(forms).first(both_forms ? 2 : 1);
                if (step.what == what::client_hello) return both.server.tls.answer(who) == errc::none;
                if (step.what != what::sign) return false;
                const auto& key = step.signing().delegated ? own.key : own.of.key;
                return both.server.tls.answer(signature{key.sign(test::copy(step.signing().content))}) == errc::none;
            };
            test::buffer seen;
            both.client.watch = [&](const step& step) {
                if (step.what == what::verify_peer) seen = test::copy(step.peer().delegated);
            };
            both.run();  // up to a question behind the one that is answered here
            REQUIRE(both.handshake());
            REQUIRE(both.client.has(what::decompress) == (takes || both_forms));
            REQUIRE(seen == (takes ? own.shown : test::buffer{}));
        }
}

TEST_CASE("a raw key may come compressed, too (RFC 8879, section 4)") {
    const test::credentials own("server");
    x509::certificate parsed;
    REQUIRE(x509::parse_certificate(own.chain[0], parsed) == errc::none);
    const bytes_view spki[]{parsed.spki};
    identity who{spki, own.schemes, certificate_type::raw_public_key};
    test::buffer room(1000);
    const test::buffer bytes = deflated(write_certificate(who, {}, room));
    const compressed_certificate forms[]{{algorithm::zlib, bytes}};
    who.compressed = forms;
    test::pair_options options{.client = takes_zlib};
    options.client.server_certificate_types = {certificate_type::raw_public_key};
    pair both(options);
    both.client.decompress = inflate_into;
    both.server.own = &own;
    both.server.answer = [&](const step& step) {
        return step.what == what::client_hello && both.server.tls.answer(who) == errc::none;
    };
    REQUIRE(both.handshake());
    REQUIRE(both.client.has(what::decompress));
}

TEST_CASE("a client that is asked later answers plain: what was compressed beforehand has no context") {
    const packed of_client("client");
    test::pair_options options;
    options.client.post_handshake_auth = options.server.post_handshake_auth = true;
    options.server.certificate_compressions = {algorithm::zlib};
    pair both(options);
    both.server.decompress = inflate_into;
    show(both.client, of_client);
    REQUIRE(both.handshake());
    REQUIRE(both.server.tls.request_authentication() == errc::none);
    both.run();
    REQUIRE(both.server.tls.peer_authenticated());
    REQUIRE_FALSE(both.server.has(what::decompress));
}

TEST_CASE("what does not decompress to its length is bad_certificate, in both roles (RFC 8879, section 4)") {
    const packed own("server");
    const auto as = [](auto change) {
        return [change](const decompression_request& request) { return change(inflate_into(request)); };
    };
    const std::vector<std::function<std::size_t(const decompression_request&)>> wrong{
        nullptr, as([](std::size_t size) { return size - 1; }), as([](std::size_t size) { return size + 1; }),
        as([](std::size_t) { return SIZE_MAX; })};
    for (const auto& answer : wrong)
        for (const bool of_client : {true, false}) {
            CAPTURE(&answer - wrong.data(), of_client);
            test::pair_options options;
            if (of_client)
                options.server = asks_zlib;
            else
                options.client = takes_zlib;
            pair both(options);
            show(both.server, own);
            show(both.client, own);
            both.client.decompress = both.server.decompress = answer;
            both.run();
            const auto check = [](const auto& refuses, const auto& hears) {
                REQUIRE(refuses.error() == errc::bad_decompression);
                REQUIRE(hears.error() == errc::peer_alert);
                REQUIRE(hears.alert() == alert::bad_certificate);
            };
            if (of_client)
                check(both.server, both.client);
            else
                check(both.client, both.server);
        }
}

TEST_CASE("bytes that are not what zlib made are bad_certificate (RFC 8879, section 4)") {
    const packed good("server");
    for (std::size_t i = 0; i < good.bytes[0].size(); i += 5)
        for (const bool cut : {true, false}) {
            packed damaged("server");
            if (cut)
                damaged.bytes[0].resize(std::max<std::size_t>(i, 1));
            else
                damaged.bytes[0][i] ^= 0x55;
            damaged.forms[0].bytes = damaged.bytes[0];
            pair both({.client = takes_zlib});
            both.client.decompress = inflate_into;
            show(both.server, damaged);
            both.run();
            REQUIRE(both.client.error() == errc::bad_decompression);
            REQUIRE(both.server.alert() == alert::bad_certificate);
        }
}

TEST_CASE("what a peer may not compress, or not so (RFC 8879, sections 3 and 4)") {
    const test::buffer good = body(), empty = {0, 0, 0, 0};
    const test::buffer huge_entry = forge::join({{0}, forge::number(0xffffff, 3), test::buffer(100)});
    struct wrong {
        const char* text;
        test::buffer message;
        errc error;
        alert alert_of;
    };
    const std::vector<wrong> all{
        {"an algorithm that was offered", forge::compressed(good, good.size(), algorithm::brotli),
         errc::compression_not_offered, alert::illegal_parameter},
        {"not the reserved one", forge::compressed(good, good.size(), algorithm{}), errc::compression_not_offered,
         alert::illegal_parameter},
        {"as long as it says", forge::compressed(good, good.size() + 1), errc::bad_decompression,
         alert::bad_certificate},
        {"and not longer", forge::compressed(good, good.size() - 1), errc::bad_decompression, alert::bad_certificate},
        {"not above the limit", forge::compressed(good, max_uncompressed_certificate + 1), errc::certificate_too_long,
         alert::bad_certificate},
        {"nor by far", forge::compressed(good, 0xffffff), errc::certificate_too_long, alert::bad_certificate},
        {"not of length 0", forge::compressed(good, 0), errc::decode_error, alert::decode_error},
        {"nor less than an empty one", forge::compressed(good, 3), errc::decode_error, alert::decode_error},
        {"not out of nothing", forge::compressed({}, good.size()), errc::decode_error, alert::decode_error},
        {"5: what is in it is read as ever", forge::compressed(huge_entry, huge_entry.size()), errc::decode_error,
         alert::decode_error},
        {"without a context", forge::compressed(forge::certificate(forge::certificate_entry(test::leaf_der()), {7})),
         errc::bad_request_context, alert::illegal_parameter},
        {"not what no certificate is", forge::compressed(forge::certificate(forge::certificate_entry({1}))),
         errc::bad_certificate, alert::bad_certificate},
        {"without extensions that nobody asked for",
         forge::compressed(forge::certificate(
             forge::certificate_entry(test::leaf_der(), forge::extensions().add(forge::ext::status_request)))),
         errc::unsolicited_extension, alert::unsupported_extension},
    };
    for (const wrong& each : all) {
        test::check(test::client_rules{{each.text, to_client(says(each.message)), each.error, each.alert_of}},
                    takes_zlib);
        test::check(test::server_rules{{each.text, to_server(says(each.message)), each.error, each.alert_of}},
                    asks_zlib);
        // Who has not offered it looks at none of it.
        const auto unasked = errc::unexpected_message;
        test::check(test::client_rules{{each.text, to_client(says(each.message)), unasked, alert::unexpected_message}});
        test::check(test::server_rules{{each.text, to_server(says(each.message)), unasked, alert::unexpected_message}},
                    {.authenticate_client = client_authentication::require});
    }
    test::check(test::client_rules{{"4.5.1: a server has a certificate", to_client(says(forge::compressed(empty, 4))),
                                    errc::empty_certificate, alert::decode_error}},
                takes_zlib);
    test::check(test::server_rules{{"4.5.1.3: who is required has one", to_server(says(forge::compressed(empty, 4))),
                                    errc::certificate_required, alert::certificate_required}},
                asks_zlib);
}

TEST_CASE("compressed or not, a Certificate comes once, and where it should (section 4)") {
    const test::buffer good = forge::compressed(test::leaf_message());
    const auto unexpected = [](auto before, auto after) {
        return [=](auto& it) {
            before(it);
            after(it);
        };
    };
    using namespace forge;
    const errc error = errc::unexpected_message;
    const alert owes = alert::unexpected_message;
    test::check(
        test::client_rules{
            {"not before EncryptedExtensions", unexpected(test::after_server_hello, says(good)), error, owes},
            {"not twice", to_client(says(join({good, good}))), error, owes},
            {"not behind a plain one", unexpected(test::after_certificate, says(good)), error, owes},
            {"nor the other way round", to_client(says(join({good, test::leaf_message()}))), error, owes},
            {"with CertificateVerify behind it", to_client(says(join({good, finished()}))), error, owes},
            {"and that before a CertificateRequest", to_client(says(join({good, forge::certificate_request()}))), error,
             owes},
            {"not later", unexpected([](auto& it) { test::connected(it); }, says(good)), error, owes},
        },
        takes_zlib);
    test::check(
        test::server_rules{
            {"not twice", to_server(says(join({good, good}))), error, owes},
            {"nor plain behind it", to_server(says(join({good, test::leaf_message()}))), error, owes},
            {"with CertificateVerify behind it", to_server(says(join({good, finished()}))), error, owes},
        },
        asks_zlib);
    test::check(test::server_rules{{"not from who was not asked", to_server(says(good)), error, owes}},
                {.certificate_compressions = {algorithm::zlib}});
}

TEST_CASE("a bomb is refused by its first bytes, and no memory asked for (RFC 8879, sections 4 and 5)") {
    test::null_provider crypto;
    // Of a message of 60000 bytes only the beginning has come.
    const auto begun = [](std::size_t length, algorithm how, std::size_t size) {
        test::buffer whole = forge::compressed(test::buffer(60000, 1), length, how);
        whole.resize(size);
        return whole;
    };
    for (const std::size_t size : {std::size_t{6}, std::size_t{9}, std::size_t{300}})
        for (const auto& [length, how, error] :
             {std::tuple{std::size_t{0xffffff}, algorithm::zlib, errc::certificate_too_long},
              std::tuple{max_uncompressed_certificate + 1, algorithm::zlib, errc::certificate_too_long},
              std::tuple{std::size_t{1000}, algorithm::zstd, errc::compression_not_offered}}) {
            CAPTURE(size, length);
            if (size == 6 && error == errc::certificate_too_long) continue;
            const alert owed = *alert_for(error);
            test::null_client client(crypto, takes_zlib, client_target{.server_name = "leaf.example"});
            to_client(says(begun(length, how, size)))(client);
            test::check_refused(client, error, owed);
            REQUIRE_FALSE(asked_for_memory(client));
            test::null_server server(crypto, asks_zlib);
            to_server(says(begun(length, how, size)))(server);
            test::check_refused(server, error, owed);
            REQUIRE_FALSE(asked_for_memory(server));
            // Header and length a byte at a time.
            test::null_client slow(crypto, takes_zlib, client_target{.server_name = "leaf.example"});
            test::after_encrypted_extensions(slow);
            for (const std::uint8_t byte : begun(length, how, 9))
                if (slow.tls.error() == errc::none) slow.feed(forge::sealed_handshake({byte}));
            test::check_refused(slow, error, owed);
            REQUIRE_FALSE(asked_for_memory(slow));
            // A beginning, and then all that a record holds.
            test::null_server cut(crypto, asks_zlib);
            const test::buffer most = begun(length, how, 16003);
            to_server(says({most[0], most[1], most[2]}))(cut);
            cut.feed(forge::sealed_handshake({most.begin() + 3, most.end()}));
            REQUIRE((cut.tls.error() == error && !asked_for_memory(cut)));
        }
    // Nobody offered anything: not even the header.
    const client_config offers_nothing;
    test::null_client none(crypto, offers_nothing, client_target{.server_name = "leaf.example"});
    to_client(says({25, 0}))(none);
    test::check_refused(none, errc::unexpected_message, alert::unexpected_message);
}

TEST_CASE("the longest is decompressed, in memory that is asked for by its size") {
    // An entry that is no certificate, behind the leaf, fills it up.
    const std::size_t head = 4 + 5 + test::leaf_der().size() + 5;
    const test::buffer most = forge::certificate(
        forge::join({forge::certificate_entry(test::leaf_der()),
                     forge::certificate_entry(test::buffer(max_uncompressed_certificate - head, 0x30))}));
    REQUIRE(most.size() == 4 + max_uncompressed_certificate);
    test::null_provider crypto;
    const test::buffer packed = deflated(bytes_view(most).subspan(4));
    test::null_client it(crypto, takes_zlib, client_target{.server_name = "leaf.example"});
    it.stop = client_state::asks_decompression;
    to_client(says(forge::compressed(packed, most.size() - 4)))(it);
    test::buffer none, memory, more;
    step asked = it.tls.receive(none);
    REQUIRE(asked.what == what::need_workspace);
    // Nothing is answered before it has been asked.
    REQUIRE(it.tls.answer(decompressed{most.size() - 4}) == errc::workspace_too_small);
    memory.resize(asked.missing - alignof(std::max_align_t));
    REQUIRE(it.tls.lend_workspace(memory) == errc::none);
    asked = it.tls.receive(none);
    REQUIRE(asked.what == what::need_workspace);
    REQUIRE(asked.missing <= memory.size() + 2 * alignof(std::max_align_t));
    more.resize(asked.missing);
    REQUIRE(it.tls.lend_workspace(more) == errc::none);
    REQUIRE(it.tls.answer(decompressed{most.size() - 4}) == errc::workspace_too_small);
    asked = it.tls.receive(none);
    REQUIRE(asked.what == what::decompress);
    REQUIRE(asked.decompressing().to.size() == most.size() - 4);
    REQUIRE(test::copy(asked.decompressing().compressed) == packed);
    // The same again, as often as it is asked for; and other answers do not fit.
    const step again = it.tls.receive(none);
    REQUIRE(again.decompressing().to.data() == asked.decompressing().to.data());
    REQUIRE(it.tls.answer(x509::verdict::accept()) == errc::wrong_answer);
    REQUIRE(it.tls.answer(no_identity) == errc::wrong_answer);
    REQUIRE(inflate_into(asked.decompressing()) == most.size() - 4);
    // What has been decompressed moves along.
    test::buffer other(more.size() + 1000);
    REQUIRE(it.tls.lend_workspace(other) == errc::none);
    REQUIRE(it.tls.answer(decompressed{most.size() - 4}) == errc::none);
    REQUIRE(it.tls.answer(decompressed{most.size() - 4}) == errc::wrong_answer);
    const step judged = it.tls.receive(none);
    REQUIRE(judged.what == what::verify_peer);
    REQUIRE(test::copy(judged.peer().chain.front().der) == test::leaf_der());
    it.stop.reset();
    it.run();
    it.feed(forge::sealed_handshake(forge::join({forge::certificate_verify(), forge::finished()})));
    REQUIRE(it.tls.connected());
}

TEST_CASE("the question may be refused, and what comes behind it waits") {
    test::null_provider crypto;
    for (const bool refuses : {true, false}) {
        test::null_client it(crypto, takes_zlib, client_target{.server_name = "leaf.example"});
        it.stop = client_state::asks_decompression;
        to_client(says(forge::join(
            {forge::compressed(test::leaf_message()), forge::certificate_verify(), forge::finished()})))(it);
        test::buffer none;
        REQUIRE(it.tls.receive(none).what == what::decompress);
        it.stop.reset();
        if (refuses) REQUIRE(it.tls.refuse(errc::bad_certificate) == errc::none);
        it.run();
        if (refuses) test::check_refused(it, errc::bad_certificate, alert::bad_certificate);
        REQUIRE(it.tls.connected() == !refuses);
    }
}

TEST_CASE("a server that asks later takes compressed answers, contexts and all (section 4.7.2)") {
    using null = test::pair<test::null_provider>;
    for (const bool declines : {true, false})
        for (const bool asks_meanwhile : {true, false})
            for (const std::size_t piece : {std::size_t{1}, std::size_t{10000}}) {
                CAPTURE(declines, asks_meanwhile, piece);
                test::pair_options options;
                options.client.post_handshake_auth = options.server.post_handshake_auth = true;
                options.server.certificate_compressions = {algorithm::zlib};
                options.server_workspace = server<test::null_provider>::smallest_workspace;
                test::buffer unasked(70000);
                null both(options);
                both.server.decompress = inflate_into;
                REQUIRE(both.handshake());
                both.client.answer = [](const step&) { return true; };
                test::buffer context;
                both.client.watch = [&](const step& step) {
                    if (step.what == what::choose_identity) context = test::copy(step.request().context);
                };
                REQUIRE(both.server.tls.request_authentication() == errc::none);
                both.run();
                REQUIRE(context.size() == 16);
                // Behind the leaf, what needs more memory than there is.
                const test::buffer entries = forge::join(
                    {forge::certificate_entry(test::leaf_der()), forge::certificate_entry(test::buffer(9000, 0x30))});
                const test::buffer plain = forge::certificate(declines ? test::buffer{} : entries, context);
                const test::buffer packed = forge::compressed(deflated(bytes_view(plain).subspan(4)), plain.size() - 4);
                const test::buffer row = declines
                                             ? forge::join({packed, forge::finished()})
                                             : forge::join({packed, forge::certificate_verify(), forge::finished()});
                bool once = asks_meanwhile;
                both.server.watch = [&](const step& step) {
                    // Memory that nobody has asked for is for what comes, and moves nothing that is shown.
                    if (!asks_meanwhile && step.what == what::decompress)
                        REQUIRE(both.server.tls.lend_workspace(unasked) == errc::none);
                    if (once && (step.what == what::need_workspace || step.what == what::decompress)) {
                        once = false;
                        const errc error = both.server.tls.request_authentication();
                        REQUIRE((error == errc::none || error == errc::workspace_too_small));
                    }
                };
                both.client.silent = true;
                for (std::size_t at = 0; at < row.size(); at += piece) {
                    const auto begin = row.begin() + static_cast<std::ptrdiff_t>(at);
                    both.server.arrive(forge::sealed_handshake(
                        {begin, begin + static_cast<std::ptrdiff_t>(std::min(piece, row.size() - at))}));
                }
                both.run();
                REQUIRE(name_of(both.server.error()) == "none");
                REQUIRE(both.server.has(what::decompress));
                REQUIRE(both.server.has(what::client_answered));
                REQUIRE(both.server.tls.peer_authenticated() == !declines);
                REQUIRE(both.server.arrived.empty());
            }
}

TEST_CASE("a later answer that may not be: another's context, another algorithm, too long (section 4.7.2)") {
    using null = test::pair<test::null_provider>;
    const test::buffer other = forge::certificate({}, test::buffer(16, 1));
    struct wrong {
        test::buffer message;
        errc error;
    };
    for (const wrong& each : std::vector<wrong>{
             {forge::compressed(deflated(bytes_view(other).subspan(4)), other.size() - 4), errc::bad_request_context},
             {forge::compressed(deflated(bytes_view(other).subspan(4)), other.size() - 5), errc::bad_decompression},
             {forge::compressed({1}, 1000, algorithm::zstd), errc::compression_not_offered},
             {forge::compressed({1}, 0xffffff), errc::certificate_too_long},
             {forge::compressed({1}, 0), errc::decode_error},
             {forge::message(handshake_type::compressed_certificate, {}), errc::decode_error}}) {
        for (const bool offered : {true, false}) {
            test::pair_options options;
            options.client.post_handshake_auth = options.server.post_handshake_auth = true;
            if (offered) options.server.certificate_compressions = {algorithm::zlib};
            null both(options);
            both.server.decompress = inflate_into;
            REQUIRE(both.handshake());
            both.client.answer = [](const step&) { return true; };
            REQUIRE(both.server.tls.request_authentication() == errc::none);
            both.run();
            both.server.arrive(forge::sealed_handshake(each.message));
            both.run();
            const errc expected = offered ? each.error : errc::unexpected_message;
            REQUIRE(name_of(both.server.error()) == name_of(expected));
            // The last record is the alert, behind a header and before its type and a tag.
            const test::buffer& sent = both.to_client.all;
            REQUIRE(static_cast<alert>(sent[sent.size() - 18]) == *alert_for(expected));
            REQUIRE_FALSE(both.server.tls.peer_authenticated());
        }
    }
}

TEST_CASE("configurations and identities that cannot be sent") {
    client_config twice{.certificate_compressions = {algorithm::zlib, algorithm::zlib}};
    REQUIRE(check<test::usual_provider>(twice) == errc::config_too_many);
    server_config more{
        .certificate_compressions = {algorithm{1}, algorithm{2}, algorithm{3}, algorithm{4}, algorithm{5}}};
    REQUIRE(check<test::usual_provider>(more) == errc::config_too_many);
    REQUIRE(check<test::usual_provider>(takes_zlib) == errc::none);
    packed own("server");
    REQUIRE(check(own.who()) == errc::none);
    own.forms[0].bytes = {};
    REQUIRE(check(own.who()) == errc::config_bad_chain);
    const test::buffer longest(max_certificate_message - 16, 1), longer(max_certificate_message - 15, 1);
    own.forms[0].bytes = longest;
    REQUIRE(check(own.who()) == errc::none);
    own.forms[0].bytes = longer;
    REQUIRE(check(own.who()) == errc::config_bad_chain);
}

TEST_CASE("a ready-made answerer decompresses, and one that cannot refuses") {
    const packed own("server");
    for (const bool can : {true, false}) {
        pair both({.client = takes_zlib});
        show(both.server, own);
        const x509::pinned_certificate pin(own.of.chain[0]);
        answers with(pin, anonymous{}, inflate_into);
        answers without(pin);
        both.client.answer = [&](const step& asked) {
            return (can ? answer(both.client.tls, asked, with) : answer(both.client.tls, asked, without)) == errc::none;
        };
        both.run();
        REQUIRE(both.handshake() == can);
        REQUIRE(both.client.error() == (can ? errc::none : errc::refused));
        if (!can) REQUIRE(both.server.alert() == alert::handshake_failure);
    }
}
