// Somebody else's program: it uses the library's headers and what they need to link.
#include <spantls/version.hpp>

#include <sodium.h>

int main() { return spantls::library_version.empty() || sodium_init() < 0 ? 1 : 0; }
