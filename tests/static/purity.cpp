// Everything that the core has, instantiated: the object file of this says what it needs (see purity).
#include <spantls/spantls.hpp>

#if defined(SPANTLS_TEST_OPENSSL)
#include <spantls/providers/openssl.hpp>
#else
#include <spantls/providers/sodium.hpp>
#endif
#include <spantls/x509/own_ca.hpp>
#include <spantls/x509/pins.hpp>

#if defined(SPANTLS_TEST_OPENSSL)
using chosen = spantls::openssl;
#else
using chosen = spantls::sodium;
#endif
using client_core = spantls::connection<spantls::client_handshake<chosen>>;
using server_core = spantls::connection<spantls::server_handshake<chosen>>;

// Clang 14 would instantiate what only the other role has, were this asked for as the others are.
#if !defined(__clang__) || __clang_major__ > 14
template class spantls::connection<spantls::client_handshake<chosen>>;
template class spantls::connection<spantls::server_handshake<chosen>>;
#endif
template class spantls::client<chosen>;
template class spantls::server<chosen>;
template class spantls::quic_client<chosen>;
template class spantls::quic_server<chosen>;
template class spantls::reader_half<client_core>;
template class spantls::reader_half<server_core>;
template class spantls::writer_half<server_core>;

// For the same reason.
spantls::errc write(spantls::writer_half<client_core>& half, spantls::bytes_view data, spantls::mutable_bytes out) {
    if (half.transmit(out).empty() && half.send(data, out).empty()) return half.update_keys();
    return half.close();
}

// What is not a member: the ready-made answers, and the small functions of the loop.
spantls::x509::verdict judge(const chosen& crypto, const spantls::x509::peer& who, const spantls::x509::own_ca& ca,
                             const spantls::x509::pinned_spki& key, const spantls::x509::pinned_certificate& leaf) {
    if (key.judge(crypto, who).accepted()) return leaf.judge(who);
    return ca.judge(crypto, who, 0);
}
std::size_t loop(const spantls::step& step, spantls::mutable_bytes buffer, std::size_t have) {
    if (step.is_question() || spantls::name_of(step.what).empty() || step.hello().server_name.empty()) return 0;
    return spantls::compact(buffer, step.consumed, have);
}
