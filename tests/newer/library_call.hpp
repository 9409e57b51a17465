// Calls into a library that is there as WebAssembly only; see node_program.cpp.
#pragma once

#include <initializer_list>

#include <spantls/base/bytes.hpp>

namespace newer {

/// What a function returns whose arguments are these outputs and then these inputs. Throws when it cannot be called.
int library_call(const char* name, std::initializer_list<spantls::mutable_bytes> outputs,
                 std::initializer_list<spantls::bytes_view> inputs);

}  // namespace newer
