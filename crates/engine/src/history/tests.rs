//! The history as the engine sees it.

mod archive;
mod came;
mod epochs;
mod faults;
mod hooks;
mod kept;
mod limits;
mod looked;
mod lost;
mod older;
mod once;
mod readers;
mod retry;
#[cfg(unix)]
mod size_limit;
mod together;
mod trouble;
mod two;

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use mailwatch_proto::model::{DoneReason, Fault, FaultClass, Mail, Status};

/// A moment that is recent enough not to be pruned while the tests run.
fn now() -> SystemTime {
    // Whole milliseconds: what the database keeps.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    UNIX_EPOCH + Duration::from_millis(u64::try_from(since.as_millis()).expect("it fits"))
}

fn inbox() -> WatchKey {
    WatchKey { account: "work".into(), login: "me@imap.example.org".into(), mailbox: "INBOX".into() }
}

/// When the server received every mail.
fn received() -> SystemTime {
    static RECEIVED: std::sync::OnceLock<SystemTime> = std::sync::OnceLock::new();
    *RECEIVED.get_or_init(now)
}

/// An answered DONE of INBOX.
fn receipt(at: SystemTime) -> KeptReceipt {
    KeptReceipt {
        key: inbox(),
        conn: 4,
        at,
        reason: DoneReason::Reissue,
        idle: Duration::from_mins(4),
        written: Some(Duration::from_millis(1)),
        acked: Some(Duration::from_millis(19)),
        answered: Some(Duration::from_millis(38)),
        status: Some(Status::Ok),
        untagged: 2,
        late: false,
    }
}

fn mail(uid: u32) -> Mail {
    Mail {
        uid,
        uidvalidity: 7,
        from: "Ann Lee <ann@example.org>".into(),
        subject: format!("mail {uid}"),
        date: Some("2026-01-02T03:04:05Z".into()),
        gap: false,
        received: Some(received()),
        ..Mail::default()
    }
}

fn found(uid: u32) -> Found {
    let message_id = Some(format!("<{uid}@example.org>"));
    Found {
        mail: mail(uid),
        message_id,
        internal_date: Some(received()),
        announced: None,
        size: None,
        hook: None,
        canary: false,
    }
}

fn uid(uid: u32) -> MailUid {
    MailUid { epoch: 0, uidvalidity: 7, uid }
}

fn late(uid: u32) -> Mail {
    Mail { gap: true, ..mail(uid) }
}

fn seen(uidnext: u32) -> Seen {
    Seen { epoch: 0, uidvalidity: 7, uidnext, last_alive: now() }
}

fn opened(dir: &Path) -> History {
    let (history, fault) = History::open(dir);
    assert_eq!(fault, None);
    history
}

fn uids(mails: &[Mail]) -> Vec<u32> {
    mails.iter().map(|mail| mail.uid).collect()
}

/// Looks into the file with a connection of its own.
fn pragma(dir: &Path, name: &str) -> String {
    let db = rusqlite::Connection::open(dir.join(FILE)).expect("the file is there");
    db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
        .map(|value| match value {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        })
        .expect("the pragma answers")
}

/// Waits until the last handle's thread has let go of the file.
fn end(history: History) {
    let faults = history.fault();
    drop(history);
    let give_up = std::time::Instant::now() + Duration::from_mins(1);
    while faults.has_changed().is_ok() {
        assert!(std::time::Instant::now() < give_up, "the thread does not end");
        thread::yield_now();
    }
}
