//! What became of mails that are new: asked for by UID where their mailbox is opened.

use super::tasks::{item, items, look, open};
use super::*;
use crate::connection::task::{OwnMailbox, Work, WorkItem};
use crate::new_mails::NewUids;

const KNOWN: Option<Mailbox> = Some(Mailbox { exists: 3, unseen: Some(1), uidvalidity: 7, uidnext: 12, epoch: 0 });

fn new(of: (u32, u32)) -> NewUids {
    NewUids { of, uids: [8, 9, 11].into() }
}

fn counted(new: NewUids, rest: &str) {
    play_task(
        look(true, Work { new, ..Work::default() }),
        open(),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: A1 OK
        A2 SEARCH UNSEEN
        S: * SEARCH 2
        S: A2 OK
        - unseen 1
        {rest}
        END ready, INBOX open, looked at: 3 messages, 1 unseen, 7 12
    "
        ),
    );
}

#[test]
fn they_are_asked_for_after_the_unseen_were_counted_and_what_is_not_there_is_gone() {
    counted(
        new((0, 7)),
        r#"A3 UID FETCH 8:9,11 (UID FLAGS INTERNALDATE)
        S: * 2 FETCH (UID 9 FLAGS () INTERNALDATE " 1-Jan-2026 00:00:00 +0000")
        S: * 3 FETCH (UID 11 FLAGS (\\Seen) INTERNALDATE " 1-Jan-2026 00:00:00 +0000")
        S: A3 OK
        - gone 8"#,
    );
}

#[test]
fn of_a_mailbox_made_anew_none_is_asked_for() {
    counted(new((0, 6)), "");
    counted(new((1, 7)), "");
}

#[test]
fn a_server_that_refuses_or_leaves_the_uid_out_proves_none_gone() {
    let asked = "A3 UID FETCH 8:9,11 (UID FLAGS INTERNALDATE)";
    counted(new((0, 7)), &format!("{asked}\n S: A3 NO not now\n - not to be checked"));
    let nameless = r#"S: * 2 FETCH (FLAGS () INTERNALDATE " 1-Jan-2026 00:00:00 +0000")"#;
    counted(new((0, 7)), &format!("{asked}\n {nameless}\n S: A3 OK\n - not to be checked"));
}

#[test]
fn a_shared_mailbox_is_opened_for_them_where_fewer_lack_seen_than_before() {
    let known = Some(Mailbox { unseen: Some(3), ..KNOWN.expect("one") });
    let play = |known, unseen: u32, rest: &str| {
        let item = WorkItem { new: new((0, 7)), begun: true, ..item("a", known) };
        let work = Work { own: OwnMailbox::SetAside, ..items(vec![item]) };
        let status = format!(
            "
        A1 STATUS \"a\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: * STATUS a (MESSAGES 3 UIDNEXT 12 UIDVALIDITY 7 UNSEEN {unseen})
        S: A1 OK
        {rest}"
        );
        play_task(look(false, work), open(), &status);
    };
    play(known, 3, "- a: looked at: 3 messages, 3 unseen, 7 12\n END ready, INBOX open, no mailbox");
    let opened = |unseen: u32, again: &str| {
        format!(
            r#"A2 EXAMINE "a"
        S: * 3 EXISTS
        S: * OK [UIDNEXT 12] next
        - a: response Status {{ status: Ok, text: StatusText {{ code: Some(UidNext(12)), text: "next" }} }}
        S: A2 OK [UIDVALIDITY 7]{again}
        A3 UID FETCH 8:9,11 (UID FLAGS INTERNALDATE)
        S: * 2 FETCH (UID 9 FLAGS () INTERNALDATE " 1-Jan-2026 00:00:00 +0000")
        S: A3 OK
        - a: gone 8 11
        - a: looked at: 3 messages, {unseen} unseen, 7 12
        END ready, a open, no mailbox"#
        )
    };
    play(known, 2, &opened(2, ""));
    // What was seen while no engine ran is not known.
    play(None, 3, &format!("? seen work/a\n A: seen 7 12\n {}", opened(3, "\n ? seen work/a\n A: seen 7 12")));
}
