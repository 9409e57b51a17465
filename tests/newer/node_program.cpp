// A test program as a module of Node's: the OpenSSL inside Node exports its functions, and is newer than Debian's.
// Linked with -Bsymbolic, or `main` would be Node's own.
//
//   run(arguments, library): calls main with the arguments, and returns its status. Meanwhile the functions that
//   sodium/sodium.h declares are calls of library(name, inputs, sizes of outputs), which returns [status, outputs].
#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include <node_api.h>

#include <spantls/base/bytes.hpp>

#include "newer/library_call.hpp"

int program(int, char**) __asm__("main");

namespace {

napi_env node = nullptr;
napi_value library = nullptr;

void must(napi_status status) {
    if (status != napi_ok) throw std::runtime_error("Node-API: " + std::to_string(status));
}
std::uint32_t length(napi_value array) {
    std::uint32_t size = 0;
    must(napi_get_array_length(node, array, &size));
    return size;
}
napi_value element(napi_value array, std::uint32_t at) {
    napi_value it = nullptr;
    must(napi_get_element(node, array, at, &it));
    return it;
}
void push(napi_value array, napi_value it) { must(napi_set_element(node, array, length(array), it)); }

napi_value run(napi_env env, napi_callback_info info) {
    std::size_t count = 2;
    napi_value given[2] = {};
    node = env;
    must(napi_get_cb_info(env, info, &count, given, nullptr, nullptr));
    library = given[1];
    std::vector<std::string> words{"newer"};
    for (std::uint32_t i = 0; i < length(given[0]); ++i) {
        char text[1000];
        std::size_t size = 0;
        must(napi_get_value_string_utf8(env, element(given[0], i), text, sizeof text, &size));
        words.emplace_back(text, size);
    }
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    napi_value status = nullptr;
    must(napi_create_int32(env, program(static_cast<int>(words.size()), pointers.data()), &status));
    return status;
}

}  // namespace

int newer::library_call(const char* name, std::initializer_list<spantls::mutable_bytes> outputs,
                        std::initializer_list<spantls::bytes_view> inputs) {
    napi_handle_scope scope = nullptr;
    must(napi_open_handle_scope(node, &scope));
    napi_value arguments[3] = {}, returned = nullptr, nobody = nullptr;
    must(napi_create_string_utf8(node, name, NAPI_AUTO_LENGTH, &arguments[0]));
    must(napi_create_array(node, &arguments[1]));
    must(napi_create_array(node, &arguments[2]));
    for (const spantls::bytes_view input : inputs) {
        napi_value copy = nullptr;
        must(napi_create_buffer_copy(node, input.size(), input.data(), nullptr, &copy));
        push(arguments[1], copy);
    }
    for (const spantls::mutable_bytes output : outputs) {
        napi_value size = nullptr;
        must(napi_create_uint32(node, static_cast<std::uint32_t>(output.size()), &size));
        push(arguments[2], size);
    }
    must(napi_get_undefined(node, &nobody));
    must(napi_call_function(node, nobody, library, 3, arguments, &returned));
    std::int32_t status = 0;
    must(napi_get_value_int32(node, element(returned, 0), &status));
    std::uint32_t at = 0;
    for (const spantls::mutable_bytes output : outputs) {
        void* data = nullptr;
        std::size_t size = 0;
        must(napi_get_buffer_info(node, element(element(returned, 1), at++), &data, &size));
        if (size != output.size()) throw std::runtime_error("an output of another size");
        std::memcpy(output.data(), data, size);
    }
    must(napi_close_handle_scope(node, scope));
    return status;
}

extern "C" __attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    napi_value function = nullptr;
    must(napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, nullptr, &function));
    must(napi_set_named_property(env, exports, "run", function));
    return exports;
}
