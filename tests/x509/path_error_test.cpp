#include <spantls/x509/path_error.hpp>

#include <set>
#include <string>

#include <spantls/x509/peer.hpp>

#include "support/catch.hpp"

using namespace spantls;
using x509::path_error;

TEST_CASE("path_error: each is an error of the peer's with an alert, a name and a sentence of its own") {
    std::set<std::string> names, sentences;
    for (int value = 1; value <= static_cast<int>(path_error::crl_endless); ++value) {
        const auto error = static_cast<path_error>(value);
        INFO(name_of(error));
        CHECK(fault_of(errc_of(error)) == fault::peer);
        CHECK(alert_for(errc_of(error)).has_value());
        CHECK(x509::verdict::refuse(errc_of(error)).error() == errc_of(error));
        names.emplace(name_of(error));
        sentences.emplace(describe(error));
    }
    CHECK(names.size() == static_cast<std::size_t>(path_error::crl_endless));
    CHECK(sentences.size() == names.size());
    CHECK(errc_of(path_error::none) == errc::none);
    CHECK(errc_of(static_cast<path_error>(255)) == errc::certificate_unknown);
}
