// One of several providers, chosen at run time: by what the machine can do, or by a command line.
//
//   using crypto_type = spantls::erased<spantls::sodium, spantls::openssl>;
//   crypto_type::choose<spantls::openssl>();        // for all of the process; the first one until then
//   crypto_type crypto;
//
// It has what any of them has. What the chosen one lacks, the first one that has it does: the code for each is there
// anyway. Hashes and keys stay with whom they began with, so choosing again spoils nothing that is under way. A key of
// a direction is as large as the largest of all.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <spantls/base/bytes.hpp>
#include <spantls/crypto/provider.hpp>
#include <spantls/wire/registry.hpp>

namespace spantls {
inline namespace v1 {

namespace detail {
/// The T in a list of which Matches<T>::value; void when there is none.
template <template <class> class Matches, class List>
struct first_match;
template <template <class> class Matches>
struct first_match<Matches, type_list<>> {
    using type = void;
};
template <template <class> class Matches, class T, class... Rest>
struct first_match<Matches, type_list<T, Rest...>>
    : std::conditional_t<Matches<T>::value, std::type_identity<T>, first_match<Matches, type_list<Rest...>>> {};

template <auto Id>
struct with_id {
    template <class T>
    using matches = std::bool_constant<T::id == Id>;
};
/// A provider's hash or group of that name.
template <class List, auto Id>
using member_of = typename first_match<with_id<Id>::template matches, List>::type;

template <class List>
struct nth_of;
template <class... T>
struct nth_of<type_list<T...>> {
    template <std::size_t I>
    using type = std::tuple_element_t<I, std::tuple<T...>>;
};
template <class P, cipher_suite Suite>
constexpr auto aead_of_suite() noexcept {
    if constexpr (constexpr const suite_info* row = find_suite<P>(Suite); row != nullptr)
        return std::type_identity<typename nth_of<typename P::aeads>::template type<row->aead>>{};
    else
        return std::type_identity<void>{};
}

/// Which of several providers is chosen, and what each of them has for one purpose: Member<P>, or void.
template <class... P>
struct choice {
    static inline constinit std::atomic<std::uint8_t> chosen{0};

    template <template <class> class Member>
    static constexpr std::array<bool, sizeof...(P)> have{!std::is_void_v<Member<P>>...};

    /// The chosen one, or the first that has it.
    template <template <class> class Member>
    static std::uint8_t pick() noexcept {
        const std::uint8_t it = chosen.load(std::memory_order_relaxed);
        if (have<Member>[it]) return it;
        std::uint8_t first = 0;
        while (!have<Member>[first]) ++first;
        return first;
    }
    /// Calls use.operator()<Member<P>>() for the P at `index`.
    template <template <class> class Member, class Use>
    static void visit(std::uint8_t index, Use use) noexcept {
        std::uint8_t at = 0;
        const auto one = [&]<class M>() {
            if constexpr (!std::is_void_v<M>) {
                if (at == index) use.template operator()<M>();
            }
            ++at;
        };
        (one.template operator()<Member<P>>(), ...);
    }
    /// The largest, or with Same the common, of a number that each member has.
    template <template <class> class Member, bool Same, class Measure>
    static constexpr std::size_t measure(Measure of) noexcept {
        std::size_t most = 0;
        bool same = true;
        const auto one = [&]<class M>() {
            if constexpr (!std::is_void_v<M>) {
                const std::size_t size = of.template operator()<M>();
                same = same && (most == 0 || most == size);
                most = size > most ? size : most;
            }
        };
        (one.template operator()<Member<P>>(), ...);
        return Same && !same ? 0 : most;
    }
};

template <hash_id Id, class... P>
class erased_hash {
    template <class Q>
    using member = member_of<typename Q::hashes, Id>;
    using all = choice<P...>;

public:
    static constexpr hash_id id = Id;
    struct state {
        alignas(16) std::uint8_t
            storage[all::template measure<member, false>([]<class M>() { return sizeof(typename M::state); })];
        std::uint8_t whose;
    };

    static void init(state& it) noexcept {
        it.whose = all::template pick<member>();
        use(it, []<class H>(typename H::state& inner) { H::init(inner); });
    }
    static void update(state& it, bytes_view in) noexcept {
        use(it, [in]<class H>(typename H::state& inner) { H::update(inner, in); });
    }
    static void finish(state& it, std::uint8_t* out) noexcept {
        use(it, [out]<class H>(typename H::state& inner) { H::finish(inner, out); });
    }

private:
    template <class Use>
    static void use(state& it, Use use) noexcept {
        all::template visit<member>(it.whose, [&]<class H>() {
            static_assert(alignof(typename H::state) <= 16);
            use.template operator()<H>(*reinterpret_cast<typename H::state*>(it.storage));
        });
    }
};

template <cipher_suite Suite, class... P>
class erased_aead {
    template <class Q>
    using member = typename decltype(aead_of_suite<Q, Suite>())::type;
    using all = choice<P...>;

public:
    static constexpr std::size_t key_size = all::template measure<member, true>([]<class M>() { return M::key_size; });
    static constexpr std::size_t tag_size = all::template measure<member, true>([]<class M>() { return M::tag_size; });
    static constexpr std::uint64_t record_limit =
        all::template measure<member, true>([]<class M>() { return M::record_limit; });
    static_assert(key_size != 0 && tag_size != 0 && record_limit != 0, "the providers do not agree");

    struct context {
        alignas(16) std::uint8_t
            storage[all::template measure<member, false>([]<class M>() { return sizeof(typename M::context); })]{};
        std::uint8_t whose = 0;  ///< and one more; 0: it has had no key
    };

    static void set_key(context& it, fixed_bytes<key_size> key) noexcept {
        const std::uint8_t now = all::template pick<member>();
        if (it.whose != now + 1) clear(it);
        it.whose = static_cast<std::uint8_t>(now + 1);
        use(it, [key]<class A>(typename A::context& inner) { A::set_key(inner, key); });
    }
    static void clear(context& it) noexcept {
        use(it, []<class A>(typename A::context& inner) { clear_context<A>(inner); });
        it = {};
    }
    static void seal(const context& with, fixed_bytes<12> nonce, fixed_bytes<5> header, bytes_view text,
                     content_type type, std::size_t zeros, std::uint8_t* out) noexcept {
        use(with,
            [&]<class A>(const typename A::context& inner) { A::seal(inner, nonce, header, text, type, zeros, out); });
    }
    [[nodiscard]] static bool open(const context& with, fixed_bytes<12> nonce, fixed_bytes<5> header,
                                   mutable_bytes record) noexcept {
        bool authentic = false;
        use(with,
            [&]<class A>(const typename A::context& inner) { authentic = A::open(inner, nonce, header, record); });
        return authentic;
    }

private:
    template <class Context, class Use>
    static void use(Context& it, Use use) noexcept {
        if (it.whose == 0) return;
        all::template visit<member>(static_cast<std::uint8_t>(it.whose - 1), [&]<class A>() {
            using inner = std::conditional_t<std::is_const_v<Context>, const typename A::context, typename A::context>;
            static_assert(alignof(inner) <= 16);
            use.template operator()<A>(*reinterpret_cast<inner*>(it.storage));
        });
    }
};

/// What a hybrid group has besides. The group's name says where the curve's part is, so any provider's answer does.
template <class First>
struct curve_inside {};
template <class First>
requires requires { typename First::curve; }
struct curve_inside<First> {
    struct curve {
        static constexpr named_group id = First::curve::id;
    };
    static constexpr auto curve_private(fixed_bytes<First::private_size> whole) noexcept {
        return First::curve_private(whole);
    }
    static constexpr auto curve_share(fixed_bytes<First::client_share_size> whole) noexcept {
        return First::curve_share(whole);
    }
};

template <class T>
using is_there = std::bool_constant<!std::is_void_v<T>>;

template <named_group Id, class... P>
class erased_group
    : public curve_inside<typename first_match<is_there, type_list<member_of<typename P::groups, Id>...>>::type> {
    template <class Q>
    using member = member_of<typename Q::groups, Id>;
    using all = choice<P...>;
    template <class Measure>
    static constexpr std::size_t common(Measure of) noexcept {
        return all::template measure<member, true>(of);
    }

public:
    static constexpr named_group id = Id;
    static constexpr std::size_t client_random_size = common([]<class M>() { return M::client_random_size; });
    static constexpr std::size_t server_random_size = common([]<class M>() { return M::server_random_size; });
    static constexpr std::size_t private_size = common([]<class M>() { return M::private_size; });
    static constexpr std::size_t client_share_size = common([]<class M>() { return M::client_share_size; });
    static constexpr std::size_t server_share_size = common([]<class M>() { return M::server_share_size; });
    static constexpr std::size_t secret_size = common([]<class M>() { return M::secret_size; });
    static_assert(client_random_size != 0 && server_random_size != 0 && private_size != 0 && secret_size != 0,
                  "the providers do not agree");

    [[nodiscard]] static bool generate(fixed_bytes<client_random_size> random,
                                       fixed_mutable_bytes<private_size> private_key,
                                       fixed_mutable_bytes<client_share_size> share) noexcept {
        return with([&]<class G>() { return G::generate(random, private_key, share); });
    }
    [[nodiscard]] static bool respond(fixed_bytes<server_random_size> random,
                                      fixed_bytes<client_share_size> their_share,
                                      fixed_mutable_bytes<server_share_size> share,
                                      fixed_mutable_bytes<secret_size> secret) noexcept {
        return with([&]<class G>() { return G::respond(random, their_share, share, secret); });
    }
    [[nodiscard]] static bool finish(fixed_bytes<private_size> private_key, fixed_bytes<server_share_size> their_share,
                                     fixed_mutable_bytes<secret_size> secret) noexcept {
        return with([&]<class G>() { return G::finish(private_key, their_share, secret); });
    }

private:
    template <class Use>
    static bool with(Use use) noexcept {
        bool good = false;
        all::template visit<member>(all::template pick<member>(),
                                    [&]<class G>() { good = use.template operator()<G>(); });
        return good;
    }
};

/// What several lists have, each once, in the order in which it is first named.
template <class Item, std::size_t Most>
struct united {
    std::array<Item, Most> items{};
    std::size_t size = 0;

    constexpr void add(Item item) noexcept {
        for (std::size_t i = 0; i < size; ++i)
            if (items[i] == item) return;
        items[size++] = item;
    }
};
template <class Item, std::size_t Most, class Each>
constexpr united<Item, Most> unite(Each each) noexcept {
    united<Item, Most> all;
    each(all);
    return all;
}
template <class... T, class All>
constexpr void add_ids(type_list<T...>, All& to) noexcept {
    (to.add(T::id), ...);
}
}  // namespace detail

/// See above. The providers agree on the sizes of what they have in common.
template <provider... P>
class erased {
    using all = detail::choice<P...>;
    static constexpr auto hash_ids = detail::unite<hash_id, (P::hashes::size + ...)>(
        [](auto& to) { (detail::add_ids(typename P::hashes{}, to), ...); });
    static constexpr auto group_ids = detail::unite<named_group, (P::groups::size + ...)>(
        [](auto& to) { (detail::add_ids(typename P::groups{}, to), ...); });
    static constexpr auto suite_ids = detail::unite<cipher_suite, (P::suites.size() + ...)>([](auto& to) {
        const auto add = [&](const auto& rows) {
            for (const suite_info& row : rows) to.add(row.suite);
        };
        (add(P::suites), ...);
    });
    static constexpr auto scheme_ids = detail::unite<signature_scheme, (P::verify_schemes.size() + ...)>([](auto& to) {
        const auto add = [&](const auto& schemes) {
            for (const signature_scheme scheme : schemes) to.add(scheme);
        };
        (add(P::verify_schemes), ...);
    });
    static constexpr hash_id hash_of(cipher_suite suite) noexcept {
        hash_id hash{};
        const auto look = [&](const suite_info* row) {
            if (row != nullptr) hash = row->hash;
        };
        (look(find_suite<P>(suite)), ...);
        return hash;
    }
    template <std::size_t... I>
    static auto hash_list(std::index_sequence<I...>) -> type_list<detail::erased_hash<hash_ids.items[I], P...>...>;
    template <std::size_t... I>
    static auto aead_list(std::index_sequence<I...>) -> type_list<detail::erased_aead<suite_ids.items[I], P...>...>;
    template <std::size_t... I>
    static auto group_list(std::index_sequence<I...>) -> type_list<detail::erased_group<group_ids.items[I], P...>...>;

public:
    using hashes = decltype(hash_list(std::make_index_sequence<hash_ids.size>{}));
    using aeads = decltype(aead_list(std::make_index_sequence<suite_ids.size>{}));
    using groups = decltype(group_list(std::make_index_sequence<group_ids.size>{}));
    static constexpr std::array suites = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array{suite_info{suite_ids.items[I], hash_of(suite_ids.items[I]), static_cast<std::uint8_t>(I)}...};
    }
    (std::make_index_sequence<suite_ids.size>{});
    static constexpr std::array verify_schemes = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array{scheme_ids.items[I]...};
    }
    (std::make_index_sequence<scheme_ids.size>{});

    /// Chooses Q, one of P, for all objects of this type, on all threads.
    template <class Q>
    requires(std::is_same_v<P, Q> || ...) static void choose() noexcept {
        std::uint8_t at = 0;
        (void)((std::is_same_v<P, Q> || (++at, false)) || ...);
        all::chosen.store(at, std::memory_order_relaxed);
    }
    /// The place in P of the one that is chosen.
    static std::size_t chosen() noexcept { return all::chosen.load(std::memory_order_relaxed); }

    bool available(cipher_suite suite) const noexcept {
        return ask([suite](const auto& it) { return find_suite<std::remove_cvref_t<decltype(it)>>(suite) != nullptr; },
                   [suite](const auto& it) { return it.available(suite); });
    }
    [[nodiscard]] bool random(mutable_bytes out) noexcept {
        bool good = false;
        std::size_t at = 0;
        const auto one = [&](auto& it) {
            if (at++ == chosen()) good = it.random(out);
        };
        std::apply([&](auto&... it) { (one(it), ...); }, providers_);
        return good;
    }
    [[nodiscard]] bool verify(signature_scheme scheme, bytes_view public_key, bytes_view message,
                              bytes_view signature) const noexcept {
        const auto lists = [scheme](const auto& it) {
            for (const signature_scheme known : it.verify_schemes)
                if (known == scheme) return true;
            return false;
        };
        return ask(lists, [&](const auto& it) { return it.verify(scheme, public_key, message, signature); });
    }

private:
    /// Asks the chosen one if it, or none, is able; the first one that is otherwise.
    template <class Able, class Ask>
    bool ask(Able able, Ask question) const noexcept {
        std::size_t at = 0, whom = sizeof...(P);
        const std::size_t now = chosen();
        const auto look = [&](const auto& it) {
            if (able(it) && (whom == sizeof...(P) || at == now)) whom = at;
            ++at;
        };
        std::apply([&](const auto&... it) { (look(it), ...); }, providers_);
        if (whom == sizeof...(P)) whom = now;
        bool answer = false;
        at = 0;
        const auto one = [&](const auto& it) {
            if (at++ == whom) answer = question(it);
        };
        std::apply([&](const auto&... it) { (one(it), ...); }, providers_);
        return answer;
    }

    std::tuple<P...> providers_;
};

}  // namespace v1
}  // namespace spantls
