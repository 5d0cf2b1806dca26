//! Looking, polling, the work that goes along, and the end.

use super::*;
use crate::connection::arrivals::Sought;
use crate::connection::task::{OwnMailbox, Task, Work, WorkItem};
use crate::model::Timers;
use crate::new_mails::NewUids;

pub(super) fn open() -> Facts {
    Facts { open: Some("INBOX".into()), ..facts("IMAP4rev1 IDLE NOTIFY SPECIAL-USE LIST-EXTENDED") }
}

const KNOWN: Option<Mailbox> = Some(Mailbox { exists: 3, unseen: Some(1), uidvalidity: 7, uidnext: 12, epoch: 0 });

pub(super) fn look(changed: bool, work: Work) -> Task {
    Task::Look { timers: Timers::default(), known: KNOWN, promised: 0, again: false, changed, work }
}

fn poll(known: Option<Mailbox>, work: Work) -> Task {
    Task::Poll { timers: Timers::default(), known, work }
}

pub(super) fn item(mailbox: &str, known: Option<Mailbox>) -> WorkItem {
    let looked_at = known.is_some();
    WorkItem {
        id: WatchId::new("work", mailbox),
        known,
        looked_at,
        begun: looked_at,
        appeared: None,
        sought: Sought::default(),
        new: NewUids::default(),
    }
}

pub(super) fn items(items: Vec<WorkItem>) -> Work {
    Work { shares: true, items, ..Work::default() }
}

#[test]
fn a_look_counts_the_unseen_only_where_that_is_wanted() {
    play_task(
        look(false, Work::default()),
        open(),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: A1 OK
        END ready, INBOX open, looked at: 3 messages, 1 unseen, 7 12
    "
        ),
    );
    play_task(
        look(true, Work::default()),
        open(),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: A1 OK
        A2 SEARCH UNSEEN
        S: * 4 EXISTS
        - response Exists(4)
        S: * SEARCH 2 3
        S: A2 OK
        - unseen 2
        A3 UID FETCH 12:* {FETCH_ITEMS}
        S: A3 OK
        END ready, INBOX open, looked at: 4 messages, 2 unseen, 7 12
    "
        ),
    );
}

#[test]
fn a_poll_is_a_noop_and_then_a_new_view() {
    play_task(
        poll(KNOWN, Work::default()),
        open(),
        "
        A1 NOOP
        S: A1 OK
        A2 EXAMINE \"INBOX\"
        S: * 3 EXISTS
        S: * OK [UIDVALIDITY 7] so
        - response Status { status: Ok, text: StatusText { code: Some(UidValidity(7)), text: \"so\" } }
        S: A2 OK [UIDNEXT 12]
        A3 SEARCH UNSEEN
        S: A3 OK
        - unseen 0
        END ready, INBOX open, looked at: 3 messages, 0 unseen, 7 12
    ",
    );
    play_task(
        poll(KNOWN, Work::default()),
        open(),
        &format!(
            "
        A1 NOOP
        S: * 4 EXISTS
        - response Exists(4)
        S: A1 OK
        A2 EXAMINE \"INBOX\"
        S: * 4 EXISTS
        S: A2 OK [UIDVALIDITY 7]
        A3 UID FETCH 12:* {FETCH_ITEMS}
        S: * 4 FETCH (UID 12 FLAGS () INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")
        S: A3 OK
        ? commit work/INBOX 7 13: 12
        A: committed 12
        - mails 12
        A4 SEARCH UNSEEN
        S: A4 NO no
        - unseen Nothing
        END ready, INBOX open, looked at: 4 messages, 1 unseen, 7 13
    "
        ),
    );
    // Where NOOP shows nothing it is not asked.
    let by_status = Facts { subject: Subject { poll_by_status: true, ..subject() }, ..open() };
    play_task(
        poll(KNOWN, Work::default()),
        by_status,
        &format!(
            "
        A1 EXAMINE \"INBOX\"
        S: * 4 EXISTS
        S: A1 OK [UIDVALIDITY 7]
        A2 UID FETCH 12:* {FETCH_ITEMS}
        S: * 4 FETCH (UID 12 FLAGS () INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")
        S: A2 OK
        ? commit work/INBOX 7 13: 12
        A: committed 12
        - mails 12
        A3 SEARCH UNSEEN
        S: * SEARCH 4
        S: A3 OK
        - unseen 1
        END ready, INBOX open, looked at: 4 messages, 1 unseen, 7 13
    "
        ),
    );
    play_task(
        poll(None, Work::default()),
        open(),
        "
        A1 NOOP
        S: A1 BAD what
        END failed closed: imap.example.org:993 refused NOOP: what
    ",
    );
}

#[test]
fn shared_mailboxes_are_asked_for_at_once_and_opened_where_there_is_news() {
    let seen = Mailbox { exists: 1, unseen: Some(0), uidvalidity: 5, uidnext: 2, epoch: 0 };
    let work = items(vec![item("a", Some(seen)), item("b", Some(seen)), item("c", None), item("d", None)]);
    play_task(look(false, Work { own: OwnMailbox::SetAside, ..work }), open(), &format!("
        A1 STATUS \"a\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        A2 STATUS \"b\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        A3 STATUS \"c\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        A4 STATUS \"d\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: * STATUS a (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 5 UNSEEN 1)
        S: A1 OK
        S: * STATUS b (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 5 UNSEEN 1)
        S: A2 OK
        S: A3 NO [NONEXISTENT] no such mailbox
        S: * STATUS d (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 5 UNSEEN 0)
        S: A4 OK
        - a: looked at: 1 messages, 1 unseen, 5 2
        A5 EXAMINE \"b\"
        S: * 2 EXISTS
        S: A5 OK [UIDVALIDITY 5]
        A6 UID FETCH 2:* {FETCH_ITEMS}
        S: * 2 FETCH (UID 2 INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"m\")
        S: A6 OK
        ? commit work/b 5 3: 2
        A: committed 2
        - b: mails 2
        - b: looked at: 2 messages, 1 unseen, 5 3
        - c: missing mailbox: imap.example.org:993 refused STATUS c: [NONEXISTENT] no such mailbox. Check the mailbox's name
        ? unreported work/d
        A: unreported
        ? seen work/d
        A: seen 5 1
        - d: looked at: 0 messages, 0 unseen, 5 1
        END ready, b open, no mailbox
    "));
}

#[test]
fn one_mailbox_s_trouble_is_its_own_and_the_own_one_is_opened_again() {
    let work = items(vec![WorkItem { begun: true, ..item("a", None) }]);
    play_task(
        look(false, work),
        open(),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: A1 OK
        A2 STATUS \"a\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: * STATUS a (MESSAGES 1)
        S: A2 OK
        ? seen work/a
        A: seen
        A3 EXAMINE \"a\"
        S: A3 NO no
        - a: missing mailbox: imap.example.org:993 refused EXAMINE a: no
        A4 EXAMINE \"INBOX\"
        S: * 3 EXISTS
        S: A4 OK [UIDVALIDITY 7]
        A5 UID FETCH 12:* {FETCH_ITEMS}
        S: A5 OK
        A6 SEARCH UNSEEN
        S: * SEARCH 3
        S: A6 OK
        - unseen 1
        END ready, INBOX open, looked at: 3 messages, 1 unseen, 7 12
    "
        ),
    );
}

#[test]
fn an_own_mailbox_that_is_missing_ends_only_a_connection_that_serves_no_others() {
    let reopen = |shares| Work { own: OwnMailbox::Reopen, shares, ..Work::default() };
    let task = |shares| Task::Look {
        timers: Timers::default(),
        known: None,
        promised: 0,
        again: false,
        changed: false,
        work: reopen(shares),
    };
    let begin = "
        A1 STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: A1 NO no
        A2 EXAMINE \"INBOX\"
        S: A2 NO no such mailbox
    ";
    let set_aside = Facts { open: None, ..open() };
    play_task(
        task(false),
        set_aside.clone(),
        &format!(
            "{begin}
        END failed mailbox: imap.example.org:993 refused EXAMINE INBOX: no such mailbox
    "
        ),
    );
    play_task(
        task(true),
        set_aside,
        &format!(
            "{begin}
        - missing mailbox: imap.example.org:993 refused EXAMINE INBOX: no such mailbox
        END ready, none open, no mailbox
    "
        ),
    );
}

#[test]
fn a_mailbox_that_appears_stays_one_that_appeared_until_it_was_opened() {
    use crate::connection::task::Appeared;
    let appeared = Some(Appeared { since: wall(), vanished: Vec::new() });
    let work = Work { own: OwnMailbox::Reopen, shares: true, ..Work::default() };
    let task = || Task::Look {
        timers: Timers::default(),
        known: None,
        promised: 0,
        again: false,
        changed: false,
        work: work.clone(),
    };
    let known = play_task(
        task(),
        Facts { open: None, appeared, ..open() },
        "
        A1 STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: A1 NO no
        A2 EXAMINE \"INBOX\"
        S: A2 NO no such mailbox
        - missing mailbox: imap.example.org:993 refused EXAMINE INBOX: no such mailbox
        END ready, none open, no mailbox
    ",
    );
    let known = play_task(
        task(),
        known,
        "
        A3 STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: A3 OK
        A4 EXAMINE \"INBOX\"
        S: A4 OK [UIDNEXT 1]
        - phase catching-up
        ? unreported work/INBOX
        A: unreported
        ? seen work/INBOX
        A: seen
        ? commit work/INBOX 1 1:
        A: committed
        - unseen 0
        END ready, INBOX open, looked at: 0 messages, 0 unseen, 1 1
    ",
    );
    assert_eq!(known.appeared, None);
}

#[test]
fn whatever_comes_of_a_goodbye_the_connection_goes() {
    let task = || Task::Logout { by: Instant::now() + Duration::from_secs(5) };
    for end in [
        "S: * BYE bye
        - response Bye(StatusText { code: None, text: \"bye\" })",
        "S: A1 OK",
        "S: A1 NO never",
        "S: gone",
        "T: 6",
    ] {
        play_task(task(), open(), &format!("A1 LOGOUT\n{end}\nEND logged out"));
    }
}

#[test]
fn what_comes_while_the_host_is_asked_waits_and_a_deadline_does_too() {
    let finding = format!(
        "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * 4 FETCH (UID 12 INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")
        S: A1 OK
        ? commit work/INBOX 7 13: 12
        T: 600
        S: * 5 EXISTS
        A: committed 12
        - mails 12
        A2 SEARCH UNSEEN
        - response Exists(5)
        S: * SEARCH 4
        S: A2 OK
        - unseen 1
        A3 UID FETCH 13:* {FETCH_ITEMS}
        S: A3 OK
        END ready, INBOX open, looked at: 5 messages, 1 unseen, 7 13
    "
    );
    play_task(look(true, Work::default()), open(), &finding);
}
