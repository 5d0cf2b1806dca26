//! Finding what is new: the plans for a mailbox that was just opened, and the rounds of a mailbox that stays open.

use super::super::finding::Finding;
use super::*;

fn id() -> WatchId {
    WatchId::new("work", "INBOX")
}

const fn selected(exists: u32, uidnext: Option<u32>) -> Selected {
    Selected { exists, uidvalidity: 7, uidnext }
}

const fn mailbox(exists: u32, uidvalidity: u32, uidnext: u32) -> Mailbox {
    Mailbox { exists, unseen: Some(1), uidvalidity, uidnext, epoch: 0 }
}

#[test]
fn what_was_never_seen_is_kept_as_a_baseline_and_what_came_meanwhile_is_told() {
    play(
        Finding::opened(id(), selected(2, None), None, None),
        facts(""),
        &format!(
            "
        ? seen work/INBOX
        A: seen
        A1 UID FETCH * (UID)
        S: * 2 FETCH (UID 11)
        S: A1 OK
        A2 FETCH 1:* (UID INTERNALDATE)
        S: * 1 FETCH (UID 9 INTERNALDATE \"old\")
        S: * 2 FETCH (UID 11 INTERNALDATE \"new\")
        S: * 3 FETCH (UID 12 INTERNALDATE \"new\")
        S: A2 OK
        A3 UID FETCH 11 {FETCH_ITEMS}
        S: * 2 FETCH (UID 11 FLAGS () INTERNALDATE \"new\" BODY[HEADER.FIELDS (FROM)] \"b\")
        S: A3 OK
        ? keep work/INBOX 7 12: 11
        A: lost
        - fault history: not kept
        A4 UID FETCH 12:* {FETCH_ITEMS}
        S: * 3 FETCH (UID 12 INTERNALDATE \"old\" BODY[HEADER.FIELDS (FROM)] \"c\")
        S: A4 OK
        ? commit work/INBOX 7 13: 12
        A: committed 12
        - mails 12
        END Mailbox {{ exists: 2, unseen: None, uidvalidity: 7, uidnext: 13, epoch: 0 }}
    "
        ),
    );
}

#[test]
fn an_empty_mailbox_has_a_baseline_without_a_look_at_its_last_messages() {
    play(
        Finding::opened(id(), selected(0, None), None, None),
        facts(""),
        "
        ? seen work/INBOX
        A: unknown
        - fault history: no history
        ? keep work/INBOX 7 1:
        A: kept
        END Mailbox { exists: 0, unseen: None, uidvalidity: 7, uidnext: 1, epoch: 0 }
    ",
    );
}

#[test]
fn where_the_server_says_that_nothing_came_nothing_is_asked() {
    play(
        Finding::opened(id(), selected(3, Some(12)), None, None),
        facts(""),
        "
        ? seen work/INBOX
        A: seen 7 12
        END Mailbox { exists: 3, unseen: None, uidvalidity: 7, uidnext: 12, epoch: 0 }
    ",
    );
    // What this run knows is further on, or not: it counts, for another program may have written the rest.
    play(
        Finding::opened(id(), selected(3, Some(12)), Some(mailbox(3, 7, 12)), None),
        facts(""),
        "
        ? seen work/INBOX
        A: seen 7 14
        END Mailbox { exists: 3, unseen: Some(1), uidvalidity: 7, uidnext: 12, epoch: 0 }
    ",
    );
}

#[test]
fn what_came_meanwhile_and_is_in_the_reply_is_not_looked_for_again() {
    for (last, again) in [(5, false), (6, true)] {
        let asked = format!("A2 UID FETCH 14:* {FETCH_ITEMS}\n        S: A2 OK\n");
        play(
            Finding::news(id(), mailbox(4, 7, 12), false),
            facts(""),
            &format!(
                "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * {last} EXISTS
        - response Exists({last})
        S: * 4 FETCH (UID 12 FLAGS () INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")
        S: * 5 FETCH (UID 13 FLAGS () INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"b\")
        S: A1 OK
        ? commit work/INBOX 7 14: 12 13
        A: committed 12 13
        - mails 12 13
        {}END Mailbox {{ exists: {last}, unseen: Some(1), uidvalidity: 7, uidnext: 14, epoch: 0 }}
    ",
                if again { asked.as_str() } else { "" }
            ),
        );
    }
}

#[test]
fn mails_are_committed_by_uid_and_told_and_looked_for_again_where_more_came() {
    play(
        Finding::news(id(), mailbox(3, 7, 12), false),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * 5 FETCH (UID 13 INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"b\")
        S: * 4 FETCH (UID 12 INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")
        S: * 2 FETCH (FLAGS (\\Seen))
        - response Fetch(Fetched {{ seq: 2, uid: None, seen: Some(true), flags: Some([\"\\\\Seen\"]), header: None, unreadable: false, internal_date: None, size: None }})
        S: * 3 FETCH (UID 11 INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"z\")
        S: * 6 EXISTS
        - response Exists(6)
        S: * 1 EXPUNGE
        - response Expunge(1)
        S: A1 OK
        ? commit work/INBOX 7 14: 12 13
        A: uncommitted 12 13
        - fault history: full
        - mails 12 13
        A2 UID FETCH 14:* {FETCH_ITEMS}
        S: A2 OK
        END Mailbox {{ exists: 5, unseen: Some(1), uidvalidity: 7, uidnext: 14, epoch: 0 }}
    "
        ),
    );
}

#[test]
fn a_mail_that_cannot_be_read_is_told_without_its_headers() {
    play(
        Finding::news(id(), mailbox(3, 7, 12), true),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * 4 FETCH (UID 12 INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")
        S: unreadable
        - unparsed unreadable
        S: A1 OK
        A2 UID FETCH 12:* (UID FLAGS INTERNALDATE)
        ? commit work/INBOX 7 12: 12
        A: committed 12
        - mails 12
        S: * 4 FETCH (UID 12 FLAGS () INTERNALDATE \"x\")
        S: * 5 FETCH (UID 13 FLAGS () INTERNALDATE \"x\")
        S: A2 OK
        A3 UID FETCH 13 {FETCH_ITEMS}
        S: unreadable
        - unparsed unreadable
        S: A3 OK
        ? commit work/INBOX 7 14: 13
        A: committed 13
        - mails 13
        END Mailbox {{ exists: 3, unseen: Some(1), uidvalidity: 7, uidnext: 14, epoch: 0 }}
    "
        ),
    );
}

#[test]
fn a_fetch_may_take_long_while_items_of_use_come_and_no_longer() {
    let fetch = |uid: u32| {
        let seq = uid - 8;
        format!("T: 29\nS: * {seq} FETCH (UID {uid} INTERNALDATE \"x\" BODY[HEADER.FIELDS (FROM)] \"a\")\n")
    };
    let patient: String = (12..50).map(fetch).collect();
    play(
        Finding::news(id(), mailbox(3, 7, 12), true),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        {patient}
        {}
        T: 1
        ? suspect work/INBOX 0
        A: suspected 1
        END failed timeout: imap.example.org:993 did not answer UID FETCH in time
    ",
            fetch(49)
        ),
    );
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    play(
        Finding::reopened(id(), selected(4, None), mailbox(3, 7, 12), false),
        facts(""),
        &format!(
            "
        A1 UID FETCH 12:* {FETCH_ITEMS}
        S: * 4 FETCH (UID 13 FLAGS ())
        S: A1 NO [INUSE] later
        ? commit work/INBOX 7 12: 13
        A: committed 13
        - mails 13
        END failed limit: imap.example.org:993 refused UID FETCH: [INUSE] later
    "
        ),
    );
}

#[test]
fn a_flood_of_mail_is_committed_in_parts_and_rounds_end() {
    let mut exchange = Exchange::start(Finding::news(id(), mailbox(1, 7, 1), true), facts(""), REPLY, Instant::now());
    let (mut commits, mut commands, mut uid, mut tag) = (0, 0, 0, 0);
    for _ in 0..10_000 {
        match exchange.poll() {
            Some(Output::Send(_)) => (commands, tag) = (commands + 1, tag + 1),
            Some(Output::Ask(Question::Commit { mails, .. })) => {
                commits += 1;
                assert!(mails.len() <= 200);
                let committed = Answer::Committed { mails: Vec::new(), canaries: Vec::new(), fault: None };
                exchange.handle(Instant::now(), Input::Answer(committed));
            }
            Some(Output::Ended(ended)) => {
                assert_eq!(ended.map(|mailbox| mailbox.uidnext), Ok(uid + 1));
                assert_eq!((commands, commits), (8, 24));
                return;
            }
            Some(_) => {}
            None => {
                // 500 messages in each round, and one more that is announced.
                for _ in 0..500 {
                    uid += 1;
                    let fetched = Fetched { uid: Some(uid), header: Some(Vec::new()), ..Fetched::default() };
                    exchange.handle(Instant::now(), Input::Response(Response::Fetch(fetched)));
                }
                exchange.handle(Instant::now(), Input::Response(Response::Exists(uid)));
                exchange.handle(Instant::now(), Input::Response(response(&format!("A{tag} OK"))));
            }
        }
    }
    panic!("it does not end");
}

#[test]
fn under_a_new_uidvalidity_what_came_since_is_told_and_the_rest_is_the_baseline() {
    play(
        Finding::opened(id(), selected(5002, Some(90)), None, None),
        facts(""),
        &format!(
            "
        ? seen work/INBOX
        A: seen 6 12
        A1 FETCH 4953:* (UID INTERNALDATE)
        S: * 5001 FETCH (UID 88 INTERNALDATE \"new\")
        S: * 5002 FETCH (UID 89 INTERNALDATE \"new\")
        S: A1 OK
        A2 FETCH 4753:4952 (UID INTERNALDATE)
        S: * 4952 FETCH (UID 83 INTERNALDATE \"old\")
        S: A2 OK
        A3 UID SEARCH 1:5000 SINCE 1-Jan-2026
        S: * SEARCH 80 83
        S: A3 OK
        A4 UID SEARCH 5001:5002 SINCE 1-Jan-2026
        S: * SEARCH 84 89
        S: A4 OK
        - event contradiction
        A5 UID FETCH 80,84,88:89 {FETCH_ITEMS}
        S: * 1 FETCH (UID 80 FLAGS () INTERNALDATE \"old\" BODY[HEADER.FIELDS (FROM)] \"a\")
        S: * 2 FETCH (UID 84 FLAGS () INTERNALDATE \"new\" BODY[HEADER.FIELDS (FROM)] \"told\")
        S: * 3 FETCH (UID 88 FLAGS () INTERNALDATE \"new\" BODY[HEADER.FIELDS (FROM)] \"b\")
        S: * 4 FETCH (UID 89 FLAGS () INTERNALDATE \"new\" BODY[HEADER.FIELDS (FROM)] \"c\")
        S: * 5003 EXISTS
        - response Exists(5003)
        S: A5 OK
        ? known work/INBOX 1: told b c
        A: known yes no no
        ? commit work/INBOX 7 90: 88 89
        A: committed 88 89
        - mails 88 89
        A6 UID FETCH 90:* {FETCH_ITEMS}
        S: A6 OK
        END Mailbox {{ exists: 5003, unseen: None, uidvalidity: 7, uidnext: 90, epoch: 1 }}
    "
        ),
    );
}

#[test]
fn a_mailbox_that_appeared_is_new_or_another_one_renamed() {
    use crate::connection::task::Appeared;
    let appeared = |vanished| Some(Appeared { since: wall(), vanished });
    play(
        Finding::opened(id(), selected(2, Some(12)), None, appeared(vec![mailbox(2, 7, 11)])),
        facts(""),
        &format!(
            "
        ? seen work/INBOX
        A: seen
        ? keep work/INBOX 7 11:
        A: kept
        A1 UID FETCH 11:* {FETCH_ITEMS}
        S: A1 OK
        END Mailbox {{ exists: 2, unseen: None, uidvalidity: 7, uidnext: 11, epoch: 0 }}
    "
        ),
    );
    play(
        Finding::opened(id(), selected(0, Some(12)), None, appeared(Vec::new())),
        facts(""),
        "
        ? seen work/INBOX
        A: seen
        ? commit work/INBOX 7 12:
        A: committed
        END Mailbox { exists: 0, unseen: None, uidvalidity: 7, uidnext: 12, epoch: 1 }
    ",
    );
}
