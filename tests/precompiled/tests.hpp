// What nearly every test includes, but for what brings names that a test has for itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/catch.hpp"
