// The core: client and server, without a provider and without drivers.
#pragma once

#include <spantls/client.hpp>
#include <spantls/connection/tickets.hpp>
#include <spantls/quic.hpp>
#include <spantls/server.hpp>
#include <spantls/version.hpp>
