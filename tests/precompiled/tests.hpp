// What nearly every test includes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <spantls/providers/sodium.hpp>
#include <spantls/spantls.hpp>

#include "support/catch.hpp"
