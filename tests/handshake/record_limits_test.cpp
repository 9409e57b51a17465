#include <spantls/handshake/record_limits.hpp>

#include "handshake/rules.hpp"
#include "support/provider.hpp"

using namespace spantls;
using test::buffer;
using test::null_client;
using test::null_server;
using alert = spantls::alert_description;
using ext = spantls::extension_type;
namespace forge = test::forge;

namespace {

buffer number(std::size_t value) { return forge::number(value, 2); }

/// A ClientHello with these extensions besides.
auto asking(std::initializer_list<std::pair<ext, buffer>> extra) {
    return [extra = std::vector(extra)](null_server& it) {
        forge::client_hello hello;
        for (const auto& [which, data] : extra) hello.ext_.add(which, data);
        it.feed(hello.record());
    };
}
/// EncryptedExtensions with these.
auto answering(std::initializer_list<std::pair<ext, buffer>> extra) {
    return [extra = std::vector(extra)](null_client& it) {
        forge::extensions all;
        for (const auto& [which, data] : extra) all.add(which, data);
        test::after_server_hello(it);
        it.feed(forge::sealed_handshake(forge::encrypted_extensions(all)));
    };
}
const client_config both_asked{.record_size_limit = 200, .max_fragment_length = 1024};

/// The extension_data of `which` in the EncryptedExtensions of a server; nothing when it is not there.
std::optional<buffer> answered(null_server& it, ext which) {
    for (const buffer& record : it.records()) {
        if (record[0] != 23) continue;
        const handshake_message message = first_message(bytes_view(record).subspan(5));
        reader in(message.body);
        for (reader block(in.opaque(2)); !block.empty();) {
            const auto one = static_cast<ext>(block.u16());
            const bytes_view data = block.opaque(2);
            if (one == which) return test::copy(data);
        }
        break;
    }
    return std::nullopt;
}

/// The ClientHello of this configuration.
parsed_client_hello hello_of(const client_config& config, buffer& body) {
    test::null_provider crypto;
    null_client it(crypto, config, client_target{.server_name = "leaf.example"});
    body = it.last_hello();
    parsed_client_hello hello;
    REQUIRE(hello.parse(body) == errc::none);
    return hello;
}

}  // namespace

TEST_CASE("record limits: what a client asks for") {
    buffer body;
    parsed_client_hello hello = hello_of({}, body);
    REQUIRE_FALSE(hello.extensions.has(ext::record_size_limit));
    REQUIRE_FALSE(hello.extensions.has(ext::max_fragment_length));
    REQUIRE_FALSE(hello.extensions.has(ext::padding));
    for (const std::uint16_t limit : std::initializer_list<std::uint16_t>{64, 65, 16384, 16385}) {
        hello = hello_of({.record_size_limit = limit}, body);
        REQUIRE(test::copy(hello.extensions[ext::record_size_limit]) == number(limit));
    }
    std::uint8_t code = 0;
    for (const std::uint16_t length : std::initializer_list<std::uint16_t>{512, 1024, 2048, 4096}) {
        hello = hello_of({.max_fragment_length = length}, body);
        REQUIRE(test::copy(hello.extensions[ext::max_fragment_length]) == buffer{++code});
    }
    hello = hello_of(both_asked, body);
    REQUIRE(hello.extensions.has(ext::record_size_limit));
    REQUIRE(hello.extensions.has(ext::max_fragment_length));
}

TEST_CASE("record limits: ClientHello is filled up (RFC 7685)") {
    buffer body;
    hello_of({}, body);
    const std::size_t bare = body.size() + 4;
    for (std::size_t size = bare - 10; size < bare + 300; ++size) {
        CAPTURE(size);
        const parsed_client_hello hello = hello_of({.client_hello_size = static_cast<std::uint16_t>(size)}, body);
        // No extension has less than 4 bytes.
        const std::size_t expected = size <= bare ? bare : std::max(size, bare + 4);
        REQUIRE(body.size() + 4 == expected);
        REQUIRE(hello.extensions.has(ext::padding) == (size > bare));
        const bytes_view zeros = hello.extensions[ext::padding];
        REQUIRE(std::count(zeros.begin(), zeros.end(), 0) == static_cast<std::ptrdiff_t>(zeros.size()));
    }
    // The second ClientHello, too (section 4.2.2 lets the padding change).
    for (const std::uint16_t size : std::initializer_list<std::uint16_t>{300, 512, 1000}) {
        test::null_provider crypto;
        const client_config config{.client_hello_size = size};
        null_client it(crypto, config, client_target{.server_name = "leaf.example"});
        it.feed(forge::server_hello::retry(it.session_id(), named_group::secp256r1).record());
        REQUIRE(it.tls.error() == errc::none);
        REQUIRE(it.last_hello().size() + 4 == size);
    }
    // One that the workspace has no room for.
    test::null_provider crypto;
    const client_config config{.client_hello_size = 16384};
    null_client it(crypto, config, client_target{.server_name = "leaf.example"});
    REQUIRE(it.tls.error() == errc::config_workspace);
}

TEST_CASE("record limits: a server says what it has agreed to") {
    test::null_provider crypto;
    const auto answer_to = [&](auto ask, ext which, const server_config& config = {}) {
        null_server it(crypto, config);
        ask(it);
        REQUIRE(it.tls.error() == errc::none);
        return answered(it, which);
    };
    REQUIRE_FALSE(answer_to(asking({}), ext::record_size_limit));
    REQUIRE_FALSE(answer_to(asking({}), ext::max_fragment_length));
    // RFC 8449, section 4: its own limit, whatever the client's is; more than there is may be asked for.
    for (const std::size_t limit : {64u, 100u, 16385u, 16386u, 65535u}) {
        REQUIRE(answer_to(asking({{ext::record_size_limit, number(limit)}}), ext::record_size_limit) == number(16385));
        const server_config config{.record_size_limit = 64};
        REQUIRE(answer_to(asking({{ext::record_size_limit, number(limit)}}), ext::record_size_limit, config) ==
                number(64));
    }
    // RFC 6066, section 4: the same value.
    for (std::uint8_t code = 1; code <= 4; ++code)
        REQUIRE(answer_to(asking({{ext::max_fragment_length, {code}}}), ext::max_fragment_length) == buffer{code});
    // RFC 8449, section 5: max_fragment_length is ignored beside record_size_limit, whatever it holds.
    for (const buffer& fragment : {buffer{1}, buffer{4}, buffer{9}, buffer{}}) {
        const auto both = asking({{ext::max_fragment_length, fragment}, {ext::record_size_limit, number(300)}});
        REQUIRE_FALSE(answer_to(both, ext::max_fragment_length));
        REQUIRE(answer_to(both, ext::record_size_limit) == number(16385));
    }
}

TEST_CASE("record limits: what a server is asked for and cannot be") {
    test::check(test::server_rules{
        {"RFC 8449, 4: not less than 64", asking({{ext::record_size_limit, number(63)}}), errc::bad_record_size_limit,
         alert::illegal_parameter},
        {"RFC 8449, 4: not 0", asking({{ext::record_size_limit, number(0)}}), errc::bad_record_size_limit,
         alert::illegal_parameter},
        {"RFC 8449, 4: a number", asking({{ext::record_size_limit, {1}}}), errc::decode_error, alert::decode_error},
        {"RFC 8449, 4: one number", asking({{ext::record_size_limit, {1, 0, 0}}}), errc::decode_error,
         alert::decode_error},
        {"RFC 8449, 4: not nothing", asking({{ext::record_size_limit, {}}}), errc::decode_error, alert::decode_error},
        {"RFC 8449, 4: less than 64, beside max_fragment_length",
         asking({{ext::max_fragment_length, {1}}, {ext::record_size_limit, number(63)}}), errc::bad_record_size_limit,
         alert::illegal_parameter},
        {"4.3: record_size_limit once",
         asking({{ext::record_size_limit, number(64)}, {ext::record_size_limit, number(64)}}),
         errc::duplicate_extension, alert::illegal_parameter},
        {"RFC 6066, 4: an allowed value, not 0", asking({{ext::max_fragment_length, {0}}}), errc::bad_fragment_length,
         alert::illegal_parameter},
        {"RFC 6066, 4: an allowed value, not 5", asking({{ext::max_fragment_length, {5}}}), errc::bad_fragment_length,
         alert::illegal_parameter},
        {"RFC 6066, 4: an allowed value, not 255", asking({{ext::max_fragment_length, {255}}}),
         errc::bad_fragment_length, alert::illegal_parameter},
        {"RFC 6066, 4: a byte", asking({{ext::max_fragment_length, {}}}), errc::decode_error, alert::decode_error},
        {"RFC 6066, 4: one byte", asking({{ext::max_fragment_length, {1, 1}}}), errc::decode_error,
         alert::decode_error},
    });
}

TEST_CASE("record limits: what a client is answered and cannot be") {
    test::check(
        test::client_rules{
            {"RFC 8449, 5: not both",
             answering({{ext::max_fragment_length, {2}}, {ext::record_size_limit, number(64)}}),
             errc::two_record_limits, alert::illegal_parameter},
            {"RFC 8449, 5: not both, in the other order",
             answering({{ext::record_size_limit, number(64)}, {ext::max_fragment_length, {2}}}),
             errc::two_record_limits, alert::illegal_parameter},
            {"RFC 8449, 4: not less than 64", answering({{ext::record_size_limit, number(63)}}),
             errc::bad_record_size_limit, alert::illegal_parameter},
            {"RFC 8449, 4: not more than there is", answering({{ext::record_size_limit, number(16386)}}),
             errc::bad_record_size_limit, alert::illegal_parameter},
            {"RFC 8449, 4: a number", answering({{ext::record_size_limit, {64}}}), errc::decode_error,
             alert::decode_error},
            {"RFC 6066, 4: the value that was asked for, not a smaller one",
             answering({{ext::max_fragment_length, {1}}}), errc::bad_fragment_length, alert::illegal_parameter},
            {"RFC 6066, 4: the value that was asked for, not a larger one",
             answering({{ext::max_fragment_length, {3}}}), errc::bad_fragment_length, alert::illegal_parameter},
            {"RFC 6066, 4: no value that there is not", answering({{ext::max_fragment_length, {0}}}),
             errc::bad_fragment_length, alert::illegal_parameter},
            {"RFC 6066, 4: one byte", answering({{ext::max_fragment_length, {2, 2}}}), errc::decode_error,
             alert::decode_error},
            {"RFC 6066, 4: a byte", answering({{ext::max_fragment_length, {}}}), errc::decode_error,
             alert::decode_error},
        },
        both_asked);
    const auto unasked = [](client_config config, ext which, const buffer& data) {
        test::check(test::client_rules{{"4.3: nothing that was not asked for", answering({{which, data}}),
                                        errc::unsolicited_extension, alert::unsupported_extension}},
                    config);
    };
    unasked({}, ext::record_size_limit, number(16385));
    unasked({}, ext::max_fragment_length, {1});
    unasked({.max_fragment_length = 512}, ext::record_size_limit, number(512));
    unasked({.record_size_limit = 512}, ext::max_fragment_length, {1});
    test::check(test::client_rules{{"4.3: padding is for ClientHello", answering({{ext::padding, {}}}),
                                    errc::misplaced_extension, alert::illegal_parameter}},
                {.client_hello_size = 1000});
}

TEST_CASE("record limits: a client holds the record that carries the answer to it, and those before it") {
    const auto end_with = [](std::size_t inner, std::size_t first_of_them, const forge::extensions& answer,
                             errc error) {
        CAPTURE(inner, first_of_them);
        test::null_provider crypto;
        null_client it(crypto, both_asked, client_target{.server_name = "leaf.example"});
        test::after_server_hello(it);
        const buffer message = forge::encrypted_extensions(answer);
        const auto middle = message.begin() + static_cast<std::ptrdiff_t>(first_of_them);
        const buffer first(message.begin(), middle), second(middle, message.end());
        if (!first.empty()) it.feed(forge::sealed(content_type::handshake, first, inner - first.size() - 1));
        const std::size_t zeros = first.empty() ? inner - second.size() - 1 : 0;
        it.feed(forge::sealed(content_type::handshake, second, zeros));
        REQUIRE(name_of(it.tls.error()) == name_of(error));
        if (error != errc::none) test::check_refused(it, error, alert::record_overflow);
    };
    const auto limit = forge::extensions().add(ext::record_size_limit, number(64));
    const auto fragment = forge::extensions().add(ext::max_fragment_length, {2});
    for (const std::size_t split : {0u, 5u}) {
        end_with(200, split, limit, errc::none);
        end_with(201, split, limit, errc::record_overflow);
        // The content type is not counted by those who know of max_fragment_length only.
        end_with(1025, split, fragment, errc::none);
        end_with(1026, split, fragment, errc::record_overflow);
        end_with(16385, split, {}, errc::none);
        end_with(16386, split, {}, errc::record_overflow);
    }
}
