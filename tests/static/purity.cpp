#include <spantls/client.hpp>
