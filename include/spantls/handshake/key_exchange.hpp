// The provider's groups, chosen at run time (RFC 9846, sections 4.3.8, 6, 7.4 and 7.4.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <spantls/base/bytes.hpp>
#include <spantls/base/error.hpp>
#include <spantls/base/secret.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/wire/writer.hpp>

namespace spantls {
inline namespace v1 {

namespace detail {
template <class... G>
struct group_facts {
    static constexpr std::size_t all_private = (G::private_size + ... + 0);
    static constexpr std::size_t all_random = (G::client_random_size + ... + 0);
    static constexpr std::size_t all_client_shares = (G::client_share_size + ... + 0);

    static constexpr std::size_t largest(std::initializer_list<std::size_t> sizes) noexcept {
        std::size_t most = 0;
        for (const std::size_t size : sizes) most = size > most ? size : most;
        return most;
    }
    static constexpr std::size_t secret = largest({G::secret_size...});
    static constexpr std::size_t client_share = largest({G::client_share_size...});
    static constexpr std::size_t server_share = largest({G::server_share_size...});
    static constexpr std::size_t server_random = largest({G::server_random_size...});

    /// Where the private key of `wanted` stands in one array for all.
    static constexpr std::size_t private_offset(named_group wanted) noexcept {
        std::size_t offset = 0;
        bool found = false;
        const auto pass = [&](named_group id, std::size_t size) {
            found = found || id == wanted;
            if (!found) offset += size;
        };
        (pass(G::id, G::private_size), ...);
        return offset;
    }
};

template <class List>
struct group_facts_of;
template <class... G>
struct group_facts_of<type_list<G...>> {
    using type = group_facts<G...>;
};
}  // namespace detail

template <class P>
using group_facts = typename detail::group_facts_of<typename P::groups>::type;

/// Calls `use.operator()<G>()`, which returns an errc, for the group `id`.
template <class P, class Use>
errc with_group(named_group id, Use use) noexcept {
    return detail::list_facts<typename P::groups>::template select<errc>([id]<class G>() { return G::id == id; }, use,
                                                                         errc::internal_error);
}

/// A shared secret of any group.
template <class P>
struct shared_secret {
    secret_bytes<group_facts<P>::secret> bytes;
    std::size_t size = 0;

    bytes_view view() const noexcept { return bytes.first(size); }
};

template <class P>
std::size_t client_random_size(named_group group) noexcept {
    std::size_t size = 0;
    (void)with_group<P>(group, [&]<class G>() {
        size = G::client_random_size;
        return errc::none;
    });
    return size;
}

template <class P>
std::size_t client_share_size(named_group group) noexcept {
    std::size_t size = 0;
    (void)with_group<P>(group, [&]<class G>() {
        size = G::client_share_size;
        return errc::none;
    });
    return size;
}

/// A client's private keys, one for each group of which it has sent a share.
template <class P>
class client_keys {
public:
    /// Makes a key pair for each of `groups` out of its own part of `random`, and writes the KeyShareEntry. A group
    /// that is part of another one before it has that one's key (draft-ietf-tls-hybrid-design, section 3.2): of all
    /// that a first flight takes, making it is what takes longest. What went wrong, error() says.
    template <class Groups>
    void write_shares(writer& to, const Groups& groups, bytes_view random) noexcept {
        made_share made;
        for (const named_group group : groups) {
            const std::size_t size = client_share_size<P>(group);
            to.u16(static_cast<std::uint16_t>(group));
            to.u16(static_cast<std::uint16_t>(size));
            const mutable_bytes share = to.take(size);
            if (share.empty()) return;
            const errc error = with_group<P>(group, [&]<class G>() {
                return make_share<G>(random.first<G::client_random_size>(), share.first<G::client_share_size>(), made);
            });
            if (error != errc::none) error_ = error;
            random = random.subspan(client_random_size<P>(group));
        }
    }
    errc error() const noexcept { return error_; }

    /// The shared secret with the server's share.
    errc finish(named_group group, bytes_view share, shared_secret<P>& secret) noexcept {
        return with_group<P>(group, [&]<class G>() {
            if (share.size() != G::server_share_size) return errc::bad_key_share;
            secret.size = G::secret_size;
            const bool good = G::finish(private_key<G>(), share.first<G::server_share_size>(),
                                        secret.bytes.bytes().template first<G::secret_size>());
            return good ? errc::none : errc::bad_key_share;
        });
    }

    void clear() noexcept { keys_.clear(); }

private:
    /// The key pair of a curve that was made as part of another group.
    struct made_share {
        named_group curve{};
        bytes_view private_key, share;
    };

    template <class G>
    errc make_share(fixed_bytes<G::client_random_size> random, fixed_mutable_bytes<G::client_share_size> share,
                    made_share& made) noexcept {
        if (made.curve == G::id) {
            copy_bytes(made.private_key, private_key<G>());
            copy_bytes(made.share, share);
            return errc::none;
        }
        if (!G::generate(random, private_key<G>(), share)) return errc::internal_error;
        if constexpr (requires { typename G::curve; })
            made = {G::curve::id, G::curve_private(private_key<G>()), G::curve_share(share)};
        return errc::none;
    }

    template <class G>
    fixed_mutable_bytes<G::private_size> private_key() noexcept {
        return keys_.bytes().template subspan<group_facts<P>::private_offset(G::id), G::private_size>();
    }
    secret_bytes<group_facts<P>::all_private> keys_;
    errc error_ = errc::none;
};

/// The server's part: its share, of `share_size` bytes, at the front of `share`, and the shared secret.
template <class P>
errc respond(named_group group, bytes_view random, bytes_view client_share, mutable_bytes share,
             std::size_t& share_size, shared_secret<P>& secret) noexcept {
    return with_group<P>(group, [&]<class G>() {
        if (client_share.size() != G::client_share_size) return errc::bad_key_share;
        share_size = G::server_share_size;
        secret.size = G::secret_size;
        const bool good =
            G::respond(random.first<G::server_random_size>(), client_share.first<G::client_share_size>(),
                       share.first<G::server_share_size>(), secret.bytes.bytes().template first<G::secret_size>());
        return good ? errc::none : errc::bad_key_share;
    });
}

}  // namespace v1
}  // namespace spantls
