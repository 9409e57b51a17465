#include <spantls/base/error.hpp>

#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"

using spantls::alert_description;
using spantls::errc;
using spantls::fault;

namespace {

/// All errors: they are numbered without a gap, and what follows the last is unknown.
std::vector<errc> all_errors() {
    std::vector<errc> all;
    for (unsigned i = 0; i < 256 && spantls::name_of(static_cast<errc>(i)) != "unknown"; ++i)
        all.push_back(static_cast<errc>(i));
    return all;
}

static_assert(spantls::alert_for(errc::bad_record_mac) == alert_description::bad_record_mac);
static_assert(!spantls::alert_for(errc::none));
static_assert(spantls::fault_of(errc::truncated) == fault::transport);

}  // namespace

TEST_CASE("every error has a name and a description of its own") {
    const auto all = all_errors();
    REQUIRE(all.size() > 60);
    REQUIRE(all.back() == errc::config_workspace);
    std::set<std::string_view> names, descriptions;
    for (const errc error : all) {
        INFO(spantls::name_of(error));
        CHECK(names.insert(spantls::name_of(error)).second);
        CHECK(descriptions.insert(spantls::describe(error)).second);
        CHECK_FALSE(spantls::describe(error).empty());
    }
}

TEST_CASE("every alert that an error owes is one that the RFC defines (section 6.2)") {
    for (const errc error : all_errors()) {
        INFO(spantls::name_of(error));
        const auto alert = spantls::alert_for(error);
        if (!alert) continue;
        CHECK(spantls::name_of(*alert) != "unknown");
        CHECK(*alert != alert_description::close_notify);  // section 6.1: it says that there was no error
    }
}

TEST_CASE("a peer at fault is told so, unless it has ended the connection itself") {
    for (const errc error : all_errors()) {
        if (spantls::fault_of(error) != fault::peer) continue;
        INFO(spantls::name_of(error));
        const bool peer_ended_it = error == errc::peer_alert || error == errc::closed_in_handshake;
        CHECK(spantls::alert_for(error).has_value() != peer_ended_it);
    }
}

TEST_CASE("a caller's mistake is never told to the peer as the peer's") {
    for (const errc error : all_errors()) {
        if (spantls::fault_of(error) != fault::caller) continue;
        INFO(spantls::name_of(error));
        const auto alert = spantls::alert_for(error);
        const bool fit = !alert || *alert == alert_description::internal_error || *alert == alert_description::user_canceled;
        CHECK(fit);
    }
}

TEST_CASE("only the absence of an error is nobody's fault") {
    for (const errc error : all_errors()) CHECK((spantls::fault_of(error) == fault::nobody) == (error == errc::none));
}

TEST_CASE("alerts that the RFC names go by that name") {
    // RFC 9846, section 6: where an error and an alert share a name, the one owes the other.
    std::set<std::string_view> alerts;
    for (unsigned i = 0; i < 256; ++i) alerts.insert(spantls::name_of(static_cast<alert_description>(i)));
    CHECK(alerts.size() == 28 + 1);  // those of the RFC, and "unknown"
    for (const errc error : all_errors()) {
        const std::string_view name = spantls::name_of(error);
        if (!alerts.contains(name)) continue;
        INFO(name);
        REQUIRE(spantls::alert_for(error));
        CHECK(spantls::name_of(*spantls::alert_for(error)) == name);
    }
}

TEST_CASE("what is not in the table is an internal error of the caller's") {
    const auto beyond = static_cast<errc>(255);
    CHECK(spantls::name_of(beyond) == "unknown");
    CHECK(spantls::describe(beyond) == "unknown error");
    CHECK(spantls::fault_of(beyond) == fault::caller);
    CHECK(spantls::alert_for(beyond) == alert_description::internal_error);
}
