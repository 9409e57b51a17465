// What a handshake leaves behind on the stack that it ran on: none of its secrets, however it ended.
#include <spantls/spantls.hpp>

#include <ucontext.h>

#include <algorithm>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/pair.hpp"
#include "support/provider.hpp"
#include "support/seeded_provider.hpp"

using namespace spantls;

namespace {

constexpr std::uint8_t x25519_share[] = {0x00, 0x1d, 0x00, 0x20};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SPANTLS_FAKE_STACK 1
#endif
#endif
#if defined(SPANTLS_FAKE_STACK) || defined(__SANITIZE_ADDRESS__)
constexpr bool fake_stack = true;
#else
constexpr bool fake_stack = false;
#endif
constexpr const char* why_skipped = "AddressSanitizer keeps locals elsewhere";

/// Runs `work` on a stack that can be looked at afterwards.
class open_stack {
public:
    void run(std::function<void()> work) {
        std::fill(memory_.begin(), memory_.end(), std::uint8_t{0});
        work_ = std::move(work);
        running = this;
        REQUIRE(getcontext(&there_) == 0);
        there_.uc_stack.ss_sp = memory_.data();
        there_.uc_stack.ss_size = memory_.size();
        there_.uc_link = &here_;
        makecontext(
            &there_, [] { running->work_(); }, 0);
        REQUIRE(swapcontext(&here_, &there_) == 0);
    }
    bool holds(bytes_view secret) const {
        return std::search(memory_.begin(), memory_.end(), secret.begin(), secret.end()) != memory_.end();
    }
    /// How much of it was written to.
    std::size_t depth() const {
        return static_cast<std::size_t>(
            memory_.end() - std::find_if(memory_.begin(), memory_.end(), [](auto byte) { return byte != 0; }));
    }

private:
    static inline open_stack* running = nullptr;  // makecontext() hands over nothing but ints
    test::buffer memory_ = test::buffer(512 * 1024);
    std::function<void()> work_;
    ucontext_t here_, there_;
};

/// Remembers, elsewhere, every random byte that was given out.
template <class P>
struct remembering : test::seeded<P> {
    using test::seeded<P>::seeded;
    std::vector<test::buffer> given;
    [[nodiscard]] bool random(mutable_bytes out) noexcept {
        const bool done = test::seeded<P>::random(out);
        given.push_back(test::copy(out));
        return done;
    }
};

/// Every call of both ends on a stack that is searched after it, for halves of what has to be known to nobody else.
template <class P, class Secrets>
void run_searched(test::pair<remembering<P>>& both, Secrets secrets) {
    open_stack stack;
    bool moved = true;
    const auto search = [&](auto step) {
        stack.run([&] { moved = step() || moved; });
        for (const test::buffer& secret : secrets())
            for (std::size_t at = 0; at + 16 <= secret.size(); at += 16) {
                CAPTURE(at, secret.size(), name_of(both.client.error()), name_of(both.server.error()));
                REQUIRE_FALSE(stack.holds(bytes_view(secret).subspan(at, 16)));
            }
    };
    while (std::exchange(moved, false)) {
        search([&] { return both.client.flush(); });
        search([&] { return both.server.flush(); });
        both.client.arrive(both.to_client.take());
        both.server.arrive(both.to_server.take());
        search([&] { return both.client.turn(); });
        search([&] { return both.server.turn(); });
    }
}

/// What random() gave and nobody is to see: a client sends the first 64 bytes, a server the first 32.
template <class P>
std::vector<test::buffer> private_randomness(const test::pair<remembering<P>>& both) {
    std::vector<test::buffer> found;
    for (const test::buffer& one : both.client_crypto.given) found.emplace_back(one.begin() + 64, one.end());
    for (const test::buffer& one : both.server_crypto.given) found.emplace_back(one.begin() + 32, one.end());
    return found;
}

/// The secrets of a log in the format of SSLKEYLOGFILE.
std::vector<test::buffer> secrets_in(const std::string& log) {
    std::vector<test::buffer> found;
    std::istringstream lines(log);
    for (std::string label, client_random, secret; lines >> label >> client_random >> secret;)
        found.push_back(test::unhex(secret));
    return found;
}

/// The key of 32 bytes that records are protected with under a traffic secret.
template <class P>
test::buffer record_key(hash_id hash, const test::buffer& traffic_secret) {
    test::buffer key(32);
    hkdf_expand_label(hmac_key<P>(hash, traffic_secret), "key", {}, key);
    return key;
}

}  // namespace

TEST_CASE("a stack that was used is one that can be searched") {
    if (fake_stack) return test::skip(why_skipped);
    open_stack stack;
    const test::buffer secret = test::text("not a secret, and not wiped");
    stack.run([&] {
        std::uint8_t left[64];
        std::copy(secret.begin(), secret.end(), left);
        asm volatile("" : : "r"(left) : "memory");
    });
    REQUIRE(stack.holds(secret));
}

TEST_CASE("a client that takes Ed25519 alone needs no more than 6 KB of stack") {
    if (fake_stack) return test::skip(why_skipped);
#ifndef __OPTIMIZE__
    return test::skip("without optimization it is more");
#endif
    // What examples/blocking_client reckons with.
    test::pair<test::seeded<test::small_provider>> both(
        {.client = {.prefer = {.schemes = {signature_scheme::ed25519}}}});
    open_stack stack;
    std::size_t most = 0;
    const auto measured = [&](auto step) {
        bool moved = false;
        stack.run([&] { moved = step(); });
        most = std::max(most, stack.depth());
        return moved;
    };
    for (bool moved = true; moved;) {
        both.client.arrive(both.to_client.take());
        both.server.arrive(both.to_server.take());
        moved = measured([&] { return both.client.flush(); });
        moved = measured([&] { return both.client.turn(); }) || moved;
        moved = both.server.flush() || moved;
        moved = both.server.turn() || moved;
        moved = moved || !both.to_client.waiting.empty() || !both.to_server.waiting.empty();
    }
    REQUIRE(both.client.tls.connected());
    CAPTURE(most);
    REQUIRE(most > 2048);
    REQUIRE(most <= 6 * 1024);
}

TEMPLATE_TEST_CASE("a handshake leaves no secret on the stack", "", test::small_provider, test::usual_provider) {
    if (fake_stack) return test::skip(why_skipped);
    // The same handshake before, told about.
    const test::pair_options told{.client = {.key_log = true}};
    test::pair<remembering<TestType>> first(told);
    REQUIRE(first.handshake());
    std::vector<test::buffer> secrets = secrets_in(first.client.key_log);
    REQUIRE(secrets.size() == 5);
    const hash_id hash = secrets[0].size() == 48 ? hash_id::sha384 : hash_id::sha256;
    // libsodium's AES-256-GCM leaves round keys, the first two of which are the key, on its stack itself.
    if (hash == hash_id::sha256)
        for (std::size_t i = 0; i < 5; ++i) secrets.push_back(record_key<TestType>(hash, secrets[i]));
    for (test::buffer& one : private_randomness(first)) secrets.push_back(std::move(one));
    REQUIRE(secrets.size() == (hash == hash_id::sha256 ? 12 : 7));
    for (const test::buffer& one : secrets) REQUIRE(one.size() >= 32);

    test::pair<remembering<TestType>> both;
    run_searched(both, [&] { return secrets; });
    REQUIRE(both.client.tls.connected());
    REQUIRE(both.server.tls.connected());
    REQUIRE(both.client_crypto.given == first.client_crypto.given);
}

TEST_CASE("a server that refuses a share leaves its own key nowhere on the stack") {
    if (fake_stack) return test::skip(why_skipped);
    test::pair<remembering<test::small_provider>> both;
    // A point of low order: section 7.4.2.
    both.to_server.transit = [](test::buffer sent) {
        const auto share = std::search(sent.begin(), sent.end(), std::begin(x25519_share), std::end(x25519_share));
        if (share != sent.end()) std::fill_n(share + 4, 32, std::uint8_t{0});
        return sent;
    };
    run_searched(both, [&] { return private_randomness(both); });
    REQUIRE(both.server.error() == errc::bad_key_share);
    REQUIRE(both.server_crypto.given.size() == 1);
}
