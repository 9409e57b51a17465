#include <spantls/record/mailbox.hpp>

#include "support/catch.hpp"

using spantls::alert_description;
using spantls::mailbox;

TEST_CASE("a mailbox begins empty, and each note is set and cleared by itself") {
    mailbox notes;
    const auto all = {mailbox::key_update_owed, mailbox::update_outstanding, mailbox::dead, mailbox::write_closed,
                      mailbox::data_sent};
    REQUIRE_FALSE(notes.owed_alert());
    for (const auto note : all) REQUIRE_FALSE(notes.has(note));
    for (const auto note : all) {
        notes.set(note);
        for (const auto other : all) REQUIRE(notes.has(other) == (other == note));
        REQUIRE_FALSE(notes.owed_alert());
        notes.clear(note);
        REQUIRE_FALSE(notes.has(note));
    }
}

TEST_CASE("an owed alert and the death that comes with it are one note") {
    for (const auto alert : {alert_description::close_notify, alert_description::bad_record_mac,
                             static_cast<alert_description>(255)}) {
        mailbox notes;
        notes.set(mailbox::key_update_owed);
        notes.owe_alert(alert);
        const mailbox::snapshot now = notes.read();
        REQUIRE(now.has(mailbox::dead));
        REQUIRE(now.owed_alert() == alert);
        REQUIRE(now.has(mailbox::key_update_owed));
        REQUIRE_FALSE(now.has(mailbox::write_closed));
    }
}

TEST_CASE("a snapshot does not change any more") {
    mailbox notes;
    const mailbox::snapshot before = notes.read();
    notes.owe_alert(alert_description::decode_error);
    const mailbox::snapshot owed = notes.read();
    notes.clear(mailbox::alert_owed);
    notes.set(mailbox::write_closed);
    REQUIRE_FALSE(before.has(mailbox::dead));
    REQUIRE_FALSE(before.owed_alert());
    REQUIRE(owed.owed_alert() == alert_description::decode_error);
    REQUIRE_FALSE(owed.has(mailbox::write_closed));
    REQUIRE(notes.has(mailbox::dead));
    REQUIRE_FALSE(notes.owed_alert());
}

TEST_CASE("the first alert wins, and a connection that has died without one gets none") {
    mailbox notes;
    notes.owe_alert(alert_description::bad_record_mac);
    notes.owe_alert(alert_description::internal_error);
    REQUIRE(notes.owed_alert() == alert_description::bad_record_mac);
    // Not even when the first one has left.
    notes.clear(mailbox::alert_owed);
    notes.owe_alert(alert_description::internal_error);
    REQUIRE_FALSE(notes.owed_alert());

    mailbox silent;
    silent.set(mailbox::dead);
    silent.owe_alert(alert_description::internal_error);
    REQUIRE_FALSE(silent.owed_alert());
}

TEST_CASE("what is set once is set as by set()") {
    mailbox notes;
    notes.set(mailbox::update_outstanding);
    for (int i = 0; i < 2; ++i) {
        notes.set_once(mailbox::data_sent);
        REQUIRE(notes.has(mailbox::data_sent));
        REQUIRE(notes.has(mailbox::update_outstanding));
    }
    notes.clear(mailbox::data_sent);
    REQUIRE_FALSE(notes.has(mailbox::data_sent));
    REQUIRE(notes.has(mailbox::update_outstanding));
}
