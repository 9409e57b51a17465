// Stands in for the sodium.h of libsodium 1.0.22: the system's, and beside it ML-KEM-768 as that declares it. What is
// called is libsodium 1.0.22 itself, compiled to WebAssembly. So this shows that our calls are those that it wants, and
// what it answers; it does not show that its own header compiles with ours, nor its speed.
#pragma once

#include_next <sodium.h>

#include "newer/library_call.hpp"

#define crypto_kem_mlkem768_PUBLICKEYBYTES 1184U
#define crypto_kem_mlkem768_SECRETKEYBYTES 2400U
#define crypto_kem_mlkem768_CIPHERTEXTBYTES 1088U
#define crypto_kem_mlkem768_SHAREDSECRETBYTES 32U
#define crypto_kem_mlkem768_SEEDBYTES 64U

inline int crypto_kem_mlkem768_seed_keypair(unsigned char* pk, unsigned char* sk, const unsigned char* seed) {
    return newer::library_call("crypto_kem_mlkem768_seed_keypair", {{pk, 1184}, {sk, 2400}}, {{seed, 64}});
}
[[nodiscard]] inline int crypto_kem_mlkem768_enc_deterministic(unsigned char* ct, unsigned char* ss,
                                                               const unsigned char* pk, const unsigned char* seed) {
    return newer::library_call("crypto_kem_mlkem768_enc_deterministic", {{ct, 1088}, {ss, 32}},
                               {{pk, 1184}, {seed, 32}});
}
[[nodiscard]] inline int crypto_kem_mlkem768_dec(unsigned char* ss, const unsigned char* ct, const unsigned char* sk) {
    return newer::library_call("crypto_kem_mlkem768_dec", {{ss, 32}}, {{ct, 1088}, {sk, 2400}});
}
