//! What is matched, by UID or by sequence number; what a refusal means.

use super::*;
use crate::connection::dialogue::facts::{Fetching, Partial};

#[test]
fn a_fetch_without_a_uid_is_matched_by_its_sequence_number() {
    let nameless = "S: * 5 FETCH (FLAGS () INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")";
    // It comes in another response,
    play(
        news(5, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        {nameless}
        S: * 5 FETCH (UID 12)
        S: A1 OK
        {}
        {}
    ",
            commit(13, "12"),
            end(5, 13),
        ),
    );
    // or is asked for by sequence number,
    play(
        news(5, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        {nameless}
        S: A1 OK
        A2 FETCH 1:* {BARE}
        {}
        {}
        S: A2 OK
        {}
        {}
    ",
            bare(4, 11),
            bare(5, 12),
            commit(13, "12"),
            end(5, 13),
        ),
    );
    // or searched for.
    play(
        news(5, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        {nameless}
        S: A1 OK
        A2 FETCH 1:* {BARE}
        S: * 5 FETCH (FLAGS () INTERNALDATE \"x\")
        S: A2 OK
        A3 UID SEARCH UID 12:*
        S: * SEARCH 12
        S: A3 OK
        {}
        {}
    ",
            commit(13, "12"),
            end(5, 13),
        ),
    );
}

#[test]
fn the_last_mail_is_not_told_again_where_it_comes_without_its_uid() {
    play(
        news(5, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * 5 FETCH (FLAGS () INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")
        S: A1 OK
        A2 FETCH 1:* {BARE}
        {}
        S: A2 OK
        {}
    ",
            bare(5, 11),
            end(5, 12),
        ),
    );
}

#[test]
fn headers_that_did_not_come_are_asked_for_once_more_and_then_done_without() {
    play(
        news(5, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        {}
        S: A1 OK
        A2 UID FETCH 12 {FETCH_ITEMS}
        {}
        S: A2 OK
        {}
        {}
    ",
            bare(5, 12),
            bare(5, 12),
            commit(13, "12"),
            end(5, 13),
        ),
    );
}

#[test]
fn what_came_before_a_no_counts_and_a_noop_shows_what_was_expunged() {
    play(
        news(6, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        {}
        {}
        S: A1 NO Some of the requested messages no longer exist
        A2 NOOP
        ? commit work/INBOX 7 12: 12 14
        A: committed 12 14
        - mails 12 14
        S: * 5 EXPUNGE
        - response Expunge(5)
        S: A2 OK
        A3 UID FETCH 12:* {BARE}
        {}
        {}
        S: A3 OK
        {}
    ",
            mail(4, 12),
            mail(6, 14),
            bare(4, 12),
            bare(5, 14),
            end(5, 15),
        ),
    );
}

#[test]
fn a_server_that_refuses_a_part_is_asked_for_all_and_is_remembered() {
    let facts = play(
        news(5, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: A1 BAD partial?
        A2 UID FETCH 12:* {WHOLE}
        {}
        S: A2 OK
        {}
        {}
    ",
            mail(5, 12),
            commit(13, "12"),
            end(5, 13),
        ),
    );
    assert_eq!(facts.fetching.partial, Partial::Refused);
    play(
        news(5, 13),
        facts,
        &format!(
            "
        A3 UID FETCH 13:* {WHOLE}
        S: A3 OK
        {}
    ",
            end(5, 13)
        ),
    );
}

#[test]
fn a_mail_whose_headers_are_nil_is_told_without_them() {
    play(
        news(5, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * 5 FETCH (UID 12 FLAGS () INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] NIL)
        S: A1 OK
        {}
        {}
    ",
            commit(13, "12"),
            end(5, 13),
        ),
    );
}

#[test]
fn a_refusal_that_means_nothing_is_proven_once_and_remembered() {
    for refusal in ["NO The specified message set is invalid", "BAD The specified message set is invalid"] {
        let noop = if refusal.starts_with("NO") { "A3 NOOP\nS: A3 OK" } else { "" };
        let n = if noop.is_empty() { 3 } else { 4 };
        let facts = play(
            news(5, 12),
            facts(""),
            &format!(
                "
            A1 UID FETCH 12:* {FETCH_ITEMS}
            S: A1 {refusal}
            A2 UID FETCH 12:* {WHOLE}
            S: A2 {refusal}
            {noop}
            A{n} UID FETCH 12:* {BARE}
            S: A{n} {refusal}
            A{m} FETCH 1:* {BARE}
            {}
            S: A{m} OK
            {}
        ",
                bare(5, 11),
                end(5, 12),
                m = n + 1,
            ),
        );
        assert_eq!(facts.fetching, Fetching { refuses_nothing: true, ..Fetching::default() });
        play(
            news(5, 12),
            Facts { tags: 0, ..facts },
            &format!(
                "
            A1 UID FETCH 12:* {FETCH_ITEMS}
            S: A1 {refusal}
            A2 FETCH 1:* {BARE}
            {}
            S: A2 OK
            {}
        ",
                bare(5, 11),
                end(5, 12),
            ),
        );
    }
}

#[test]
fn several_fetches_of_one_mail_are_one_mail() {
    play(
        news(5, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * 5 FETCH (UID 12)
        S: * 5 FETCH (FLAGS (\\Seen))
        S: * 5 FETCH (INTERNALDATE \"x\")
        S: * 5 FETCH (BODY[HEADER.FIELDS (FROM)] \"a\")
        S: A1 OK
        {}
        {}
    ",
            commit(13, "12"),
            end(5, 13),
        ),
    );
}

#[test]
fn the_highest_uid_of_all_is_found() {
    play(
        news(5, u32::MAX),
        facts(""),
        &format!(
            "
        A1 UID FETCH 4294967295:* {FETCH_ITEMS}
        {}
        S: a1 OK
        {}
        {}
    ",
            mail(5, u32::MAX),
            commit(u32::MAX, "4294967295"),
            end(5, u32::MAX),
        ),
    );
}

#[test]
fn a_mail_that_is_left_out_between_others_is_looked_for() {
    play(
        news(6, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        {}
        {}
        S: A1 OK
        A2 UID FETCH 12:* {BARE}
        ? commit work/INBOX 7 12: 12 14
        A: committed 12 14
        - mails 12 14
        {}
        {}
        {}
        S: A2 OK
        A3 UID FETCH 13 {FETCH_ITEMS}
        S: A3 OK
        {}
        {}
    ",
            mail(4, 12),
            mail(6, 14),
            bare(4, 12),
            bare(5, 13),
            bare(6, 14),
            commit(15, "13"),
            end(6, 15),
        ),
    );
}

#[test]
fn what_was_promised_and_did_not_come_is_looked_for_by_sequence_number_and_by_search() {
    play(
        news(6, 12).promised(2),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: A1 OK
        A2 UID FETCH 12:* {BARE}
        S: A2 OK
        A3 FETCH 1:* {BARE}
        {}
        S: A3 OK
        A4 UID SEARCH UID 12:*
        S: * SEARCH 11 12 13
        S: A4 OK
        A5 UID FETCH 12:13 {FETCH_ITEMS}
        {}
        S: A5 OK
        A6 UID FETCH 13 {FETCH_ITEMS}
        ? commit work/INBOX 7 12: 12
        A: committed 12
        - mails 12
        S: A6 OK
        {}
        {}
    ",
            bare(5, 12),
            mail(5, 12),
            commit(14, "13"),
            end(6, 14),
        ),
    );
}
