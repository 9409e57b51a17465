// A stage leads to the next one once: it has to be given up for it.
// expect: discards qualifiers|rvalue|passing
#include <spantls/crypto/key_schedule.hpp>

#include <utility>

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

spantls::main_stage<nothing> f(spantls::handshake_stage<nothing>& stage) {
#ifdef SPANTLS_TWIN
    return std::move(stage).next();
#else
    return stage.next();
#endif
}
