// A hash chosen at run time among those of the provider, without an indirect call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>

namespace spantls {
inline namespace v1 {

namespace detail {
template <class P>
constexpr std::size_t largest_digest() noexcept {
    std::size_t most = 0;
    for (const suite_info& row : P::suites)
        if (digest_size(row.hash) > most) most = digest_size(row.hash);
    return most;
}
struct measure_state {
    template <class H>
    constexpr std::size_t operator()() const noexcept {
        return sizeof(typename H::state);
    }
};
struct measure_state_alignment {
    template <class H>
    constexpr std::size_t operator()() const noexcept {
        return alignof(typename H::state);
    }
};
}  // namespace detail

/// The longest digest of any suite of P: what a secret of unknown suite needs.
template <class P>
inline constexpr std::size_t secret_size = detail::largest_digest<P>();

namespace detail {
template <class P>
constexpr bool has_hash(hash_id id) noexcept {
    if constexpr (requires { typename P::hashes; })
        return []<class... H>(hash_id wanted, type_list<H...>) { return ((H::id == wanted) || ...); }(
                   id, typename P::hashes{});
    return false;
}
}  // namespace detail

/// The output of a hash: `size` bytes of it count.
struct digest {
    std::array<std::uint8_t, max_digest_size> bytes;
    std::uint8_t size;

    bytes_view view() const noexcept { return bytes_view(bytes).first(size); }
};

/// A running hash. A copy is a snapshot.
template <class P>
class hasher {
public:
    hasher() noexcept = default;
    explicit hasher(hash_id id) noexcept { start(id); }

    hash_id id() const noexcept { return id_; }
    std::size_t size() const noexcept { return digest_size(id_); }

    void start(hash_id id) noexcept {
        id_ = id;
        visit([&]<class H>() { H::init(state<H>()); });
    }
    void update(bytes_view bytes) noexcept {
        visit([&]<class H>() { H::update(state<H>(), bytes); });
    }
    /// Writes size() bytes to `out`; the hash is spent.
    void finish(std::uint8_t* out) noexcept {
        visit([&]<class H>() { H::finish(state<H>(), out); });
    }
    digest finish() noexcept {
        digest result;
        result.size = static_cast<std::uint8_t>(size());
        finish(result.bytes.data());
        return result;
    }

private:
    using facts = detail::list_facts<typename P::hashes>;

    template <class H>
    typename H::state& state() noexcept {
        return *reinterpret_cast<typename H::state*>(storage_);
    }
    template <class Use>
    void visit(Use use) noexcept {
        facts::template select<bool>([this]<class H>() { return H::id == id_; },
                                     [&]<class H>() {
                                         use.template operator()<H>();
                                         return true;
                                     },
                                     false);
    }

    alignas(facts::template largest<detail::measure_state_alignment{}>())
        std::uint8_t storage_[facts::template largest<detail::measure_state{}>()];
    hash_id id_ = hash_id::sha256;
};

/// An HMAC key with both of its blocks absorbed, so that each use costs only the message.
template <class P>
class hmac_key {
public:
    hmac_key() noexcept = default;
    /// `key` is at most one block long, as all keys of the key schedule are.
    hmac_key(hash_id hash, bytes_view key) noexcept : inner_(hash), outer_(hash) {
        std::uint64_t words[128 / 8];
        const std::span block(words, block_size(hash) / sizeof(std::uint64_t));
        const mutable_bytes bytes(reinterpret_cast<std::uint8_t*>(words), block_size(hash));
        std::memset(words, 0, bytes.size());
        copy_bytes(key, bytes);
        for (std::uint64_t& word : block) word ^= ipad;
        inner_.update(bytes);
        for (std::uint64_t& word : block) word ^= ipad ^ opad;
        outer_.update(bytes);
        wipe(bytes);
    }

    hash_id hash() const noexcept { return inner_.id(); }

    /// The MAC of `message`, digest_size(hash()) bytes, into `out`.
    void mac(bytes_view message, std::uint8_t* out) const noexcept {
        std::uint8_t middle[max_digest_size];
        hasher<P> running = inner_;
        running.update(message);
        running.finish(middle);
        running = outer_;
        running.update({middle, running.size()});
        running.finish(out);
        wipe(middle);
        wipe_object(running);
    }
    void clear() noexcept {
        wipe_object(inner_);
        wipe_object(outer_);
    }

private:
    static constexpr std::uint64_t ipad = 0x3636363636363636, opad = 0x5c5c5c5c5c5c5c5c;

    hasher<P> inner_;
    hasher<P> outer_;
};

/// A hash in one call.
template <class P>
digest hash_of(hash_id id, bytes_view bytes) noexcept {
    hasher<P> hash(id);
    hash.update(bytes);
    return hash.finish();
}

}  // namespace v1
}  // namespace spantls
