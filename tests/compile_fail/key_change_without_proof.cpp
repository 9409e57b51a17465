// Keys change where no message has begun, and that has to be proven (section 5.1).
// expect: no matching|too few arguments|no viable
#include <spantls/record/receiver.hpp>

#include <array>

using namespace spantls;

template <class P>
void f(receiver<P>& records, const suite_info& suite, bytes_view secret, bytes_view left_over) {
    if (const auto aligned = aligned_proof::of(left_over)) {
#ifdef SPANTLS_TWIN
        records.change_keys(*aligned, suite, secret);
#else
        records.change_keys(suite, secret);
#endif
    }
}

struct nothing {
    struct hash {
        static constexpr hash_id id = hash_id::sha256;
        struct state {};
        static void init(state&) noexcept {}
        static void update(state&, bytes_view) noexcept {}
        static void finish(state&, std::uint8_t*) noexcept {}
    };
    struct aead {
        static constexpr std::size_t key_size = 32, tag_size = 16;
        static constexpr std::uint64_t record_limit = 1;
        struct context {};
        static void set_key(context&, fixed_bytes<key_size>) noexcept {}
        static void seal(const context&, fixed_bytes<12>, fixed_bytes<5>, bytes_view, content_type, std::size_t,
                         std::uint8_t*) noexcept {}
        static bool open(const context&, fixed_bytes<12>, fixed_bytes<5>, mutable_bytes) noexcept { return false; }
    };
    using hashes = type_list<hash>;
    using aeads = type_list<aead>;
    static constexpr std::array suites{suite_info{cipher_suite::tls_chacha20_poly1305_sha256, hash_id::sha256, 0}};
};
template void f<nothing>(receiver<nothing>&, const suite_info&, bytes_view, bytes_view);
