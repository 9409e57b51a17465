#include <spantls/message/delegated_credential.hpp>

#include "message/codec.hpp"
#include "support/catch.hpp"
#include "support/delegation.hpp"

using namespace spantls;
using test::buffer;

namespace {

const test::delegation_draft draft;
const buffer certificate(300, 0xcc);

delegated_credential from(const test::delegation_draft& it, bytes_view signature) {
    return {it.valid_time, it.scheme, it.spki, it.algorithm, signature};
}

}  // namespace

TEST_CASE("DelegatedCredential, both ways (RFC 9345, section 4)") {
    const buffer wire = draft.with(buffer(64, 0x51));
    test::check_codec<delegated_credential>(wire, {{6, 3}, {9 + draft.spki.size() + 2, 2}});
    delegated_credential it;
    REQUIRE(decode(wire, it));
    CHECK(it.valid_time == draft.valid_time);
    CHECK(it.scheme == signature_scheme::ed25519);
    CHECK(test::copy(it.spki) == draft.spki);
    CHECK(it.algorithm == signature_scheme::ed25519);
    CHECK(test::copy(it.signature) == buffer(64, 0x51));

    // A key there is; a signature may be empty.
    CHECK(decode(draft.with({}), it));
    test::delegation_draft keyless;
    keyless.spki.clear();
    CHECK_FALSE(decode(keyless.with({}), it));
    test::delegation_draft full;
    full.valid_time = UINT32_MAX;
    full.spki = buffer(65537, 1);
    full.scheme = full.algorithm = static_cast<signature_scheme>(0xffff);
    REQUIRE(decode(full.with(buffer(0xffff, 2)), it));
    CHECK(it.spki.size() == 65537);
    CHECK(it.signature.size() == 0xffff);
}

TEST_CASE("what is written is what is read, and all of it or nothing") {
    const buffer signature(64, 0x51), wire = draft.with(signature);
    buffer out(wire.size());
    REQUIRE(write_delegated_credential(from(draft, signature), out) == wire.size());
    REQUIRE(out == wire);
    REQUIRE(write_delegated_credential(from(draft, signature), mutable_bytes(out).first(wire.size() - 1)) == 0);
    buffer large(0x20000);
    REQUIRE(write_delegated_credential(from(draft, buffer(0x10000)), large) == 0);
}

TEST_CASE("what the certificate's key signs (RFC 9345, section 4)") {
    REQUIRE(delegation_overhead + certificate.size() + draft.spki.size() == draft.content(certificate).size());
    buffer out(delegation_overhead + certificate.size() + draft.spki.size());
    REQUIRE(write_delegation_content(from(draft, {}), certificate, true, out) == out.size());
    REQUIRE(test::hex(out) == test::hex(draft.content(certificate)));
    REQUIRE(write_delegation_content(from(draft, {}), certificate, false, out) == out.size());
    REQUIRE(test::hex(out) == test::hex(draft.content(certificate, "TLS, client delegated credentials")));
    REQUIRE(write_delegation_content(from(draft, {}), certificate, true, mutable_bytes(out).first(out.size() - 1)) ==
            0);
    REQUIRE(write_delegation_content(from(draft, {}), certificate, true, {}) == 0);
}
