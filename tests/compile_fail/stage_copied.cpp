// A stage of the key schedule moves; it is not copied by accident.
// expect: deleted
#include <spantls/crypto/key_schedule.hpp>

#include <utility>

template <class P>
struct keep {
    spantls::handshake_stage<P> stage;
#ifdef SPANTLS_TWIN
    explicit keep(spantls::handshake_stage<P>& from) : stage(std::move(from)) {}
#else
    explicit keep(spantls::handshake_stage<P>& from) : stage(from) {}
#endif
};

struct nothing {
    struct hash {
        static constexpr spantls::hash_id id = spantls::hash_id::sha256;
        struct state {};
        static void init(state&) noexcept {}
        static void update(state&, spantls::bytes_view) noexcept {}
        static void finish(state&, std::uint8_t*) noexcept {}
    };
    using hashes = spantls::type_list<hash>;
    static constexpr spantls::suite_info suites[]{{spantls::cipher_suite::tls_chacha20_poly1305_sha256, hash::id, 0}};
};
template struct keep<nothing>;
