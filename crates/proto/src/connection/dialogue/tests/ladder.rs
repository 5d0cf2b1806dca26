//! The ladder, rung by rung: what users of other programs reported of servers.

mod many;
mod matching;
mod servers;

use super::super::finding::Finding;
use super::*;
use crate::connection::task::{Task, Work};
use crate::model::{Status, Timers};

/// The rungs as commands.
const WHOLE: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID X-MAILWATCH-CANARY RECEIVED RETURN-PATH)])";
const BARE: &str = "(UID FLAGS INTERNALDATE)";

fn id() -> WatchId {
    WatchId::new("work", "INBOX")
}

const fn mailbox(exists: u32, uidnext: u32) -> Mailbox {
    Mailbox { exists, unseen: None, uidvalidity: 7, uidnext, epoch: 0 }
}

fn news(exists: u32, uidnext: u32) -> Finding {
    Finding::news(id(), mailbox(exists, uidnext), false)
}

/// A mail as a server sends it, whole.
fn mail(seq: u32, uid: u32) -> String {
    format!("S: * {seq} FETCH (UID {uid} FLAGS () INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")")
}

/// The same without headers.
fn bare(seq: u32, uid: u32) -> String {
    format!("S: * {seq} FETCH (UID {uid} FLAGS () INTERNALDATE \"x\")")
}

fn commit(uidnext: u32, uids: &str) -> String {
    format!("? commit work/INBOX 7 {uidnext}: {uids}\nA: committed {uids}\n- mails {uids}")
}

fn end(exists: u32, uidnext: u32) -> String {
    format!("END Mailbox {{ exists: {exists}, unseen: None, uidvalidity: 7, uidnext: {uidnext}, epoch: 0 }}")
}

#[test]
fn a_mail_that_is_refused_alone_is_asked_for_on_another_connection_and_the_others_are_told() {
    play(
        news(6, 12),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        {}
        {}
        S: A1 NO FETCH Server error
        A2 NOOP
        ? commit work/INBOX 7 12: 12 14
        A: committed 12 14
        - mails 12 14
        S: A2 OK
        A3 UID FETCH 12:* {BARE}
        {}
        {}
        {}
        S: A3 OK
        A4 UID FETCH 13 {FETCH_ITEMS}
        S: A4 NO FETCH Server error
        ? suspect work/INBOX 13
        A: suspected 1
        END failed protocol: the server refused the headers of a mail, which are asked for once more: FETCH Server error
    ",
            mail(4, 12),
            mail(6, 14),
            bare(4, 12),
            bare(5, 13),
            bare(6, 14),
        ),
    );
}

#[test]
fn a_mail_that_two_connections_failed_on_is_told_without_its_headers() {
    let selected = Selected { exists: 6, uidvalidity: 7, uidnext: Some(15) };
    let opened = || Finding::opened(id(), selected, None, None);
    // It is tried once more.
    play(
        opened(),
        facts(""),
        &format!(
            "
        ? seen work/INBOX
        A: suspects 13 13 1
        A1 UID FETCH 13:* {BARE}
        {}
        {}
        S: A1 OK
        A2 UID FETCH 14 {FETCH_ITEMS}
        {}
        S: A2 OK
        A3 UID FETCH 13 {FETCH_ITEMS}
        ? commit work/INBOX 7 13: 14
        A: committed
        S: A3 NO FETCH Server error
        ? suspect work/INBOX 13
        A: suspected 2
        {}
        {}
    ",
            bare(5, 13),
            bare(6, 14),
            mail(6, 14),
            commit(15, "13"),
            end(6, 15),
        ),
    );
    // It is not, if that was done.
    play(
        opened(),
        facts(""),
        &format!(
            "
        ? seen work/INBOX
        A: suspects 13 13 2
        A1 UID FETCH 13:* {BARE}
        {}
        S: A1 OK
        {}
        {}
    ",
            bare(5, 13),
            commit(14, "13"),
            end(6, 14),
        ),
    );
}

#[test]
fn headers_that_could_not_be_read_are_asked_for_once_more_a_day_later_and_told_no_more() {
    let selected = Selected { exists: 6, uidvalidity: 7, uidnext: Some(15) };
    let opened = |answers: &str| {
        let transcript = format!(
            "
        ? seen work/INBOX
        A: due 15 12 2 13 2 14 1
        A1 UID FETCH 12 {FETCH_ITEMS}
        {answers}
        A: kept
        {}
    ",
            end(6, 15)
        );
        play(Finding::opened(id(), selected, None, None), facts(""), &transcript)
    };
    opened(&format!(
        "{}
        S: A1 OK
        A2 UID FETCH 13 {FETCH_ITEMS}
        S: A2 NO FETCH Server error
        ? suspect work/INBOX 13
        A: suspected 3
        ? readable work/INBOX 12
        A: kept
        ? again work/INBOX 12 13, read: 12",
        mail(4, 12)
    ));
    // One that is gone by now.
    opened(&format!(
        "S: A1 OK
        A2 UID FETCH 13 {FETCH_ITEMS}
        {}
        S: A2 OK
        ? readable work/INBOX 13
        A: kept
        ? again work/INBOX 12 13, read: 13",
        mail(5, 13)
    ));
}

#[test]
fn a_connection_that_does_not_survive_a_mail_leaves_word_of_it() {
    for (last_words, fault) in [
        ("S: gone", "closed: it is gone"),
        ("T: 30", "timeout: imap.example.org:993 did not answer UID FETCH in time"),
        (
            "S: * BYE oops\n- response Bye(StatusText { code: None, text: \"oops\" })",
            "closed: imap.example.org:993 said BYE: oops",
        ),
    ] {
        let selected = Selected { exists: 6, uidvalidity: 7, uidnext: Some(15) };
        play(
            Finding::opened(id(), selected, None, None),
            facts(""),
            &format!(
                "
            ? seen work/INBOX
            A: suspects 13 0 1
            A1 UID FETCH 13:* {BARE}
            {}
            {}
            S: A1 OK
            A2 UID FETCH 13:14 {FETCH_ITEMS}
            {}
            {last_words}
            ? suspect work/INBOX 14
            A: suspected 1
            END failed {fault}
        ",
                bare(5, 13),
                bare(6, 14),
                mail(5, 13),
            ),
        );
    }
}

#[test]
fn what_could_be_read_after_all_is_no_suspect_any_more() {
    let selected = Selected { exists: 6, uidvalidity: 7, uidnext: Some(15) };
    play(
        Finding::opened(id(), selected, None, None),
        facts(""),
        &format!(
            "
        ? seen work/INBOX
        A: suspects 14 0 1 14 1
        A1 UID FETCH 14:* {BARE}
        {}
        S: A1 OK
        A2 UID FETCH 14 {FETCH_ITEMS}
        {}
        S: A2 OK
        ? readable work/INBOX 0 14
        A: kept
        {}
        {}
    ",
            bare(6, 14),
            mail(6, 14),
            commit(15, "14"),
            end(6, 15),
        ),
    );
}

/// What is tried where everything is refused.
const REFUSALS: &str =
    "A2 UID FETCH 12:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID X-MAILWATCH-CANARY RECEIVED RETURN-PATH)])
        S: A2 NO later
        A3 NOOP
        S: A3 OK
        A4 UID FETCH 12:* (UID FLAGS INTERNALDATE)
        S: A4 NO later
        A5 FETCH 1:* (UID FLAGS INTERNALDATE)
        S: A5 NO later
        A6 UID SEARCH UID 12:*
        S: A6 NO later";

fn look(changed: bool) -> Task {
    let known = Some(Mailbox { unseen: Some(1), ..mailbox(3, 12) });
    Task::Look { timers: Timers::default(), known, promised: 0, again: false, changed, work: Work::default() }
}

fn open() -> Facts {
    Facts { open: Some("INBOX".into()), ..facts("") }
}

#[test]
fn a_refused_look_ends_the_connection_only_where_news_is_known_of() {
    play_task(
        look(false),
        open(),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * 4 EXISTS
        - response Exists(4)
        S: A1 NO later
        {REFUSALS}
        - fault protocol: the server refused UID FETCH with: later
        END ready, INBOX open, looked at: 4 messages, 1 unseen, 7 12
    "
        ),
    );
    play_task(
        look(true),
        open(),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: A1 NO later
        {REFUSALS}
        END failed protocol: the server refused UID FETCH with: later
    "
        ),
    );
}
