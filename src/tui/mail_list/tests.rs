//! The list as mails come, are asked for and are moved through.

use std::time::Duration;

use mailwatch_engine::history::WatchKey;

use super::*;
use mailwatch_proto::model::FoundBy;

fn now() -> Now {
    Now { at: Instant::now(), wall: SystemTime::UNIX_EPOCH + Duration::from_hours(1000) }
}

fn kept(uid: u32, subject: &str) -> KeptMail {
    KeptMail {
        key: WatchKey { account: "work".to_owned(), login: String::new(), mailbox: "INBOX".to_owned() },
        epoch: 0,
        uidvalidity: 1,
        uid,
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(uid)),
        from: "Ann <ann@example.org>".to_owned(),
        subject: subject.to_owned(),
        date: None,
        message_id: Some(format!("<{uid}@x>")),
        flags: Vec::new(),
        headers: true,
        by: FoundBy::Push,
        received: None,
        late: None,
    }
}

fn list(uids: impl Iterator<Item = u32>) -> MailList {
    let mut mails: Vec<_> = uids.map(|uid| kept(uid, &format!("mail {uid}"))).collect();
    mails.reverse();
    MailList { mails, ..MailList::default() }
}

fn told(uid: u32) -> Event {
    let mail = Mail { uid, uidvalidity: 1, subject: format!("mail {uid}"), ..Mail::default() };
    Event {
        ts: SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(uid)),
        at: Instant::now(),
        watch: Some(WatchId::new("work", "INBOX")),
        conn: None,
        kind: EventKind::NewMail(mail),
    }
}

fn uids(list: &CameList) -> Vec<u32> {
    list.iter().map(|came| came.key.uid).collect()
}

#[test]
fn a_mail_that_comes_stands_first_at_once_and_once() {
    let now = now();
    let mut came = CameList::default();
    came.came(&told(1));
    assert!(came.want(1, None, now).is_some() && came.is_none(), "nothing is asked for before the pane is seen");
    assert!(came.take(1, &"".into(), list(1..4)));
    came.came(&told(4));
    assert_eq!(uids(&came), [4, 3, 2, 1]);
    let later = Now { at: now.at + AGAIN, ..now };
    assert_eq!(came.want(2, None, now), None, "so soon");
    assert!(came.want(2, None, later).is_some());
    assert!(came.take(2, &"".into(), list(1..5)));
    assert_eq!(uids(&came), [4, 3, 2, 1]);
    assert_eq!(came.get(0).and_then(|came| came.message_id.as_deref()), Some("<4@x>"), "the list knows more");
}

#[test]
fn the_cursor_stays_on_its_mail_while_others_come_and_follows_on_the_first_row() {
    let mut came = CameList::default();
    let _ = came.want(1, None, now());
    came.take(1, &"".into(), list(1..100));
    came.select_by(50);
    came.keep_in_view(10);
    let (at, top) = (came.selection().map(|came| came.key.uid), came.top());
    came.came(&told(100));
    came.keep_in_view(10);
    assert_eq!((came.selection().map(|came| came.key.uid), came.top()), (at, top + 1));
    came.select_by(i64::MIN);
    came.came(&told(101));
    assert_eq!((came.selection().map(|came| came.key.uid), came.follows()), (Some(101), true));
}

#[test]
fn more_are_asked_for_near_the_end_of_a_list_that_was_cut() {
    let now = now();
    let mut came = CameList::default();
    let _ = came.want(1, None, now);
    came.take(1, &"".into(), list(1..=FIRST));
    assert_eq!(came.want(2, None, now), None);
    came.select_by(i64::MAX);
    assert_eq!(came.want(2, None, now).map(|query| query.most), Some(FIRST * 4));
    assert_eq!(came.position() + 1, came.len(), "the cursor stays");
    came.take(2, &"".into(), list(1..=FIRST));
    assert_eq!(came.want(3, None, now), None, "there are no more");
}

#[test]
fn hosts_lists_are_one_and_a_watch_alone_is_another_question() {
    let now = now();
    let mut came = CameList::default();
    let _ = came.want(1, None, now);
    came.take(1, &"".into(), list(1..3));
    came.take(1, &"mx1".into(), list(2..4));
    let watches: Vec<_> = came.iter().map(|came| format!("{}:{}", came.key.watch, came.key.uid)).collect();
    assert_eq!(watches, ["mx1/work/INBOX:3", "work/INBOX:2", "mx1/work/INBOX:2", "work/INBOX:1"]);
    let only = WatchId::new("work", "INBOX");
    let query = came.want(2, Some(&only), now).expect("asked");
    assert_eq!((query.watch, came.is_known()), (Some(only), false));
}

#[test]
fn a_filter_finds_sender_subject_and_watch_in_any_case() {
    let mut came = CameList::default();
    let _ = came.want(1, None, now());
    came.take(1, &"".into(), list(1..30));
    for (needle, found) in [("MAIL 7", 1), ("ann@", 29), ("inbox", 29), ("nobody", 0)] {
        came.filter(needle);
        assert_eq!(came.len(), found, "{needle}");
    }
}

#[test]
fn mails_of_other_accounts_than_those_that_are_shown_are_not_listed_whichever_host_has_them() {
    let mut came = CameList::default();
    came.show_only(vec!["home".into()]);
    came.want(1, None, now());
    let of = |account: &str, uid| {
        let mut mail = kept(uid, "for whom");
        mail.key.account = account.to_owned();
        mail
    };
    let listed = |mails| MailList { mails, ..MailList::default() };
    assert!(came.take(1, &"".into(), listed(vec![of("work", 3), of("home", 2), of("work", 1)])));
    assert!(came.take(1, &"mx1".into(), listed(vec![of("home", 5), of("work", 4)])));
    came.came(&told(6));
    assert_eq!(uids(&came), [5, 2]);
    came.show_only(Vec::new());
    assert_eq!(uids(&came), [5, 4, 3, 2, 1]);
}
