// Tickets that a server need not remember: the state of a session, sealed under keys that a whole fleet has in common.
//
// Every key comes out of one secret and the time, so servers that have the secret and roughly the same clock open each
// other's tickets without talking:
//
//   root = HKDF-Extract("spantls tickets", secret)
//   key | nonce = HKDF-Expand(root, "spantls ticket" | suite of the AEAD | period | salt)
//   ticket = low byte of period | salt | AEAD(key, nonce, state | type | zeros)
//
// with period = now / length of a period, and a salt of 32 random bytes. Each ticket has a key of its own, so there is
// no limit to how many there are under one secret. What is sealed in one period opens in the one before (a server whose
// clock is late), in that one and in the next.
//
//   ticket_keys<sodium> keys(crypto, secret);
//   ...
//   std::array<std::uint8_t, max_sealed_ticket> ticket;
//   const std::size_t size = keys.seal(state, now_ms, crypto, ticket);      // 0: send none
//   ...
//   ticket_state found;                                                      // and when a client comes back with it
//   psk_choice choice = keys.find(identities, hash, now_ms, scratch, found);
//
// Whoever comes to have the secret can open every ticket that was ever sealed with it, and so read what was recorded of
// early data and of connections resumed by psk_ke: replace it now and then, and forget the old one when its tickets are
// over. Until then a server has several ticket_keys, one for each secret, and asks them in turn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/hash.hpp>
#include <spantls/crypto/hkdf.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/session/psk.hpp>
#include <spantls/session/ticket_state.hpp>
#include <spantls/wire/layout.hpp>
#include <spantls/wire/registry.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

namespace detail {
/// The suite whose AEAD seals tickets: a constant, since each server of a fleet has to come to the same, with AES
/// instructions or without.
template <class P>
constexpr suite_info ticket_suite() noexcept {
    const suite_info* row = find_suite<P>(cipher_suite::tls_chacha20_poly1305_sha256);
    return row != nullptr ? *row : P::suites[0];
}

template <class List>
struct as_tuple;
template <class... T>
struct as_tuple<type_list<T...>> {
    using type = std::tuple<T...>;
};
}  // namespace detail

/// The inside of a ticket is padded to a multiple of this, so that its length tells little of the names in it.
inline constexpr std::size_t ticket_padding = 64;

/// Longest ticket of ours: what is longer is not looked at, and memory of this size is enough to seal or open any.
inline constexpr std::size_t max_sealed_ticket = 1 + 32 + max_ticket_state + ticket_padding + 16;

/// So many of the offered identities are tried: each costs a key derivation, and a ClientHello has room for hundreds.
inline constexpr std::size_t max_tickets_tried = 8;

/// The keys of one fleet secret. It never changes, so any number of threads can use one.
template <class P>
class ticket_keys {
public:
    /// `secret`: at least 32 bytes out of a generator, used for nothing else; it may be wiped afterwards. `period`:
    /// seconds, 60 to 604800; it has to be the same in the whole fleet.
    ticket_keys(const P& crypto, bytes_view secret, std::uint32_t period = 86400) noexcept
        : period_(std::uint64_t{period} * 1000),
          ready_(secret.size() >= 32 && period >= 60 && period <= max_ticket_lifetime &&
                 crypto.available(suite.suite)) {
        std::array<std::uint8_t, max_digest_size> root;
        hkdf_extract<P>(suite.hash, as_bytes("spantls tickets"), secret, root.data());
        hmac_key<P> key(suite.hash, bytes_view(root).first(digest_size(suite.hash)));
        root_ = key;
        key.clear();
        wipe(root);
    }
    ticket_keys(const ticket_keys&) = delete;
    ticket_keys& operator=(const ticket_keys&) = delete;
    ~ticket_keys() { root_.clear(); }

    /// False when an argument was out of its range, or the provider lacks the AEAD: nothing is sealed or opened then.
    bool ready() const noexcept { return ready_; }

    /// The longest lifetime, in seconds, that a ticket sealed now can have (section 4.7.1: at most seven days); 0 when
    /// none is to be given out. `authenticated_at`: as in ticket_state.
    std::uint32_t longest_lifetime(std::uint64_t now_ms, std::uint64_t authenticated_at = 0) const noexcept {
        if (!ready_) return 0;
        std::uint64_t left = 2 * period_ - now_ms % period_;
        if (left > max_resumption_chain) left = max_resumption_chain;
        if (authenticated_at != 0 && now_ms > authenticated_at) {
            const std::uint64_t chain = now_ms - authenticated_at;
            const std::uint64_t chain_left = chain < max_resumption_chain ? max_resumption_chain - chain : 0;
            if (left > chain_left) left = chain_left;
        }
        return static_cast<std::uint32_t>(left / 1000);
    }

    /// How many bytes seal() needs; 0 when a field is out of its range.
    static std::size_t sealed_size(const ticket_state& state) noexcept {
        if (!detail::sound(state)) return 0;
        writer measure({});
        encode(measure, state);
        // Always with room for an identity: everybody sees how long a ticket is, and not who has a certificate.
        const std::size_t identity = max_digest_size - state.client_identity.size();
        const std::size_t inner = measure.needed() + identity + 1 + (ticket_padding - 1);
        return front + inner - inner % ticket_padding + aead::tag_size;
    }

    /// Seals `state`, as given out at `now_ms` (milliseconds since 1970), into the front of `out`, which must not
    /// overlap what `state` shows. Returns the bytes used, at most max_sealed_ticket; 0 when there is no room, no
    /// randomness, or a field is out of its range.
    std::size_t seal(const ticket_state& state, std::uint64_t now_ms, P& crypto, mutable_bytes out) const noexcept {
        const std::size_t size = sealed_size(state);
        if (!ready_ || size == 0 || size > out.size()) return 0;
        const mutable_bytes salt = out.subspan(1, salt_size);
        if (!crypto.random(salt)) return 0;
        const std::uint64_t period = now_ms / period_;
        out[0] = static_cast<std::uint8_t>(period);

        ticket_state dated = state;
        dated.issued_at = now_ms;
        if (dated.authenticated_at == 0) dated.authenticated_at = now_ms;
        writer text(out.subspan(front));
        encode(text, dated);
        const std::size_t zeros = size - front - text.needed() - 1 - aead::tag_size;
        with_key(period, salt, [&](const auto& key, fixed_bytes<12> nonce) {
            aead::seal(key, nonce, header, text.written(), content_type::handshake, zeros, out.data() + front);
        });
        return size;
    }

    /// Opens a ticket into `scratch`, which has room for max_sealed_ticket bytes, does not overlap `ticket`, and holds
    /// a secret afterwards: to be wiped when `found` is no longer needed. False, with `scratch` wiped and `found`
    /// unchanged, for everything that is not a ticket of this secret that still lasts; which it was is not said.
    [[nodiscard]] bool open(bytes_view ticket, std::uint64_t now_ms, mutable_bytes scratch,
                            ticket_state& found) const noexcept {
        if (!ready_ || ticket.size() < front + aead::tag_size || ticket.size() > max_sealed_ticket) return false;
        const std::size_t size = ticket.size() - front;
        if (size > scratch.size()) return false;
        // Of the period before, this one or the next; modulo 256, and a wrong guess opens nothing.
        const std::uint64_t before = now_ms / period_ - 1;
        const auto ahead = static_cast<std::uint8_t>(ticket[0] - static_cast<std::uint8_t>(before));
        if (ahead > 2) return false;

        const mutable_bytes sealed = scratch.first(size);
        copy_bytes(ticket.subspan(front), sealed);
        bool good = false;
        with_key(before + ahead, ticket.subspan(1, salt_size),
                 [&](const auto& key, fixed_bytes<12> nonce) { good = aead::open(key, nonce, header, sealed); });
        ticket_state read;
        good = good && parse(sealed.first(size - aead::tag_size), read) && !expired(read, now_ms);
        if (good) {
            found = read;
        } else {
            wipe(sealed);
        }
        return good;
    }

    /// Answers `find_psk` for one of the offered identities: whether it is a ticket that opens (as open() does it),
    /// from a connection whose suite has this hash (section 4.7.1). `choice` is set when it is.
    [[nodiscard]] bool match(std::size_t index, bytes_view identity, hash_id hash, std::uint64_t now_ms,
                             mutable_bytes scratch, ticket_state& found, psk_choice& choice) const noexcept {
        ticket_state read;
        if (!open(identity, now_ms, scratch, read)) return false;
        if (suite_hash(read.suite) != hash) {
            wipe(scratch);
            return false;
        }
        found = read;
        choice = choice_of(read, index);
        return true;
    }

    /// The first of the offered identities that match() takes, out of any range whose elements have `identity`; no_psk
    /// when it is none of the first max_tickets_tried. Anything unknown is passed over (section 4.3.11).
    template <class Identities>
    [[nodiscard]] psk_choice find(const Identities& identities, hash_id hash, std::uint64_t now_ms,
                                  mutable_bytes scratch, ticket_state& found) const noexcept {
        psk_choice choice;
        std::size_t index = 0;
        for (const auto& offered : identities) {
            if (index == max_tickets_tried || match(index, offered.identity, hash, now_ms, scratch, found, choice))
                break;
            ++index;
        }
        return choice;
    }

private:
    static constexpr suite_info suite = detail::ticket_suite<P>();
    using aead = std::tuple_element_t<suite.aead, typename detail::as_tuple<typename P::aeads>::type>;
    static constexpr std::size_t salt_size = 32;
    static constexpr std::size_t front = 1 + salt_size;
    static constexpr std::array<std::uint8_t, 5> header{'t', 'k', 't', 0, 1};  // the last: version of ticket_state
    static_assert(aead::tag_size <= 16);

    /// Calls use(key, nonce) with what belongs to one ticket.
    template <class Use>
    void with_key(std::uint64_t period, bytes_view salt, Use use) const noexcept {
        constexpr std::string_view label = "spantls ticket";
        std::array<std::uint8_t, label.size() + 2 + 8 + salt_size> info;
        writer to(info);
        to.bytes(as_bytes(label));
        to.u16(static_cast<std::uint16_t>(suite.suite));
        to.number(period, 8);
        to.bytes(salt);
        std::array<std::uint8_t, aead::key_size + 12> material;
        hkdf_expand(root_, to.written(), material);
        typename aead::context key{};
        aead::set_key(key, fixed_bytes<aead::key_size>(material.data(), aead::key_size));
        use(key, fixed_bytes<12>(material.data() + aead::key_size, 12));
        wipe(material);
        clear_context<aead>(key);
    }

    /// Takes the zeros and the type off, and reads what is left.
    static bool parse(bytes_view inner, ticket_state& to) noexcept {
        while (!inner.empty() && inner.back() == 0) inner = inner.first(inner.size() - 1);
        if (inner.empty() || inner.back() != static_cast<std::uint8_t>(content_type::handshake)) return false;
        return decode(inner.first(inner.size() - 1), to) && detail::sound(to);
    }

    hmac_key<P> root_;
    std::uint64_t period_;
    bool ready_;
};

}  // namespace v1
}  // namespace spantls
