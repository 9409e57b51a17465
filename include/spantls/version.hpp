// The version of this library, for the preprocessor and for code.
#pragma once

#include <string_view>

#define SPANTLS_VERSION_MAJOR 0
#define SPANTLS_VERSION_MINOR 1
#define SPANTLS_VERSION_PATCH 0

namespace spantls {
inline namespace v1 {

inline constexpr std::string_view library_version = "0.1.0";

}  // namespace v1
}  // namespace spantls
