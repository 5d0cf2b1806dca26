//! What is written together: a DONE costs its row, and no page of its own.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::history::request::{Call, Kind, Message};
use crate::history::store::Store;
use mailwatch_proto::model::{ConnId, PAST_RECEIPTS};

/// Longer than anything that is not at once waits.
const LATER: Duration = Duration::from_secs(6);

fn watch(n: usize) -> WatchKey {
    WatchKey { mailbox: format!("box/{n}"), ..inbox() }
}

fn receipt(key: WatchKey, conn: u64) -> Record {
    let at = received() + Duration::from_millis(conn);
    Record::Receipt(KeptReceipt { key, conn, ..super::receipt(at) })
}

/// A store on a file, which knows so many watches, and a second connection to look at it.
fn store(dir: &Path, watches: usize) -> (Store, Connection) {
    let path = dir.join(FILE);
    let (mut store, fault) = Store::open(&path, SystemTime::now(), Duration::from_secs(5));
    assert_eq!(fault, None);
    let baselines = (0..watches).map(|n| {
        let at = Seen { last_alive: UNIX_EPOCH, ..seen(2) };
        Message::Request(Call::boxed(Kind::Write, move |database| database.baseline(&watch(n), &at, &[])).0)
    });
    store.serve(baselines);
    (store, Connection::open(path).expect("opened"))
}

/// Leaves a record, as a handle does.
fn leave(store: &mut Store, record: Record) {
    if store.held().record(record) {
        store.serve([Message::Held]);
    }
}

/// Leaves a proof of life, as a handle does.
fn prove(store: &mut Store, of: WatchKey, at: SystemTime) {
    if store.held().proof(of, at) {
        store.serve([Message::Held]);
    }
}

fn number(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).expect("a number")
}

#[test]
fn proofs_of_life_wait_for_one_another_and_are_all_written_within_seconds() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut store, look) = store(dir.path(), 100);
    let version = || number(&look, "PRAGMA data_version");
    let before = version();
    for n in 0..100 {
        prove(&mut store, watch(n), now());
        prove(&mut store, watch(n), now() + Duration::from_secs(1));
    }
    assert_eq!(version(), before, "nothing is written for each alone");
    let newest = moment::to_millis(now());
    let due = store.routine_due().expect("they wait");
    assert!(due <= Instant::now() + LATER, "not for long");
    leave(&mut store, receipt(watch(1), 1));
    store.serve([Message::Request(Call::boxed(Kind::Read, |_| Ok(())).0)]);
    assert_eq!(store.routine_due(), Some(due), "a request does not put them off");
    store.tend(due);
    assert_eq!(store.routine_due(), None);
    assert_ne!(version(), before);
    assert_eq!(number(&look, &format!("SELECT count(*) FROM seen WHERE alive >= {newest}")), 100);
}

#[test]
fn a_done_costs_no_page_of_its_own_however_many_watches_there_are() {
    /// DONEs of as many watches, in one batch.
    const DONES: usize = 100;
    let dir = tempfile::tempdir().expect("a directory");
    let (mut store, look) = store(dir.path(), 500);
    for conn in 0..8000 {
        let n = usize::try_from(conn).expect("it fits") * 7 % 500;
        leave(&mut store, receipt(watch(n), conn));
    }
    store.tend(Instant::now() + LATER);
    look.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("done");
    let wal: PathBuf = dir.path().join(format!("{FILE}-wal"));
    let length = || std::fs::metadata(&wal).expect("it is there").len();
    assert_eq!(length(), 0);
    for n in 0..DONES {
        leave(&mut store, receipt(watch(n * 5), 9000));
        prove(&mut store, watch(n * 5), now());
    }
    store.tend(Instant::now() + LATER);
    let pages = length() / 4096;
    assert!((1..=20).contains(&pages), "{pages} pages for {DONES} DONEs");
}

#[test]
fn a_mail_is_kept_without_what_may_wait_and_costs_few_pages() {
    /// Of the mail, its four indexes, the numbers given, and how far the mailbox is seen.
    const PAGES: u64 = 8;
    let dir = tempfile::tempdir().expect("a directory");
    let (mut store, look) = store(dir.path(), 1);
    for conn in 0..100 {
        leave(&mut store, receipt(watch(0), conn));
    }
    look.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("done");
    let wal: PathBuf = dir.path().join(format!("{FILE}-wal"));
    let at = seen(3);
    let call = Call::boxed(Kind::WriteMails, move |database| database.found(&watch(0), &at, &[found(2)])).0;
    store.serve([Message::Request(call)]);
    let pages = std::fs::metadata(&wal).expect("it is there").len() / 4096;
    assert!((1..=PAGES).contains(&pages), "{pages} pages for a mail");
    assert_eq!(number(&look, "SELECT count(*) FROM mail"), 1);
    assert_eq!(number(&look, "SELECT count(*) FROM receipt"), 0);
    store.tend(store.routine_due().expect("they wait"));
    assert_eq!(number(&look, "SELECT count(*) FROM receipt"), 100);
}

#[tokio::test]
async fn what_the_handles_leave_for_later_is_there_for_who_asks_and_after_the_end() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let baseline = Seen { last_alive: UNIX_EPOCH, ..seen(2) };
    history.baseline(&watch(0), baseline, Vec::new()).await.expect("kept");
    history.append(receipt(watch(0), 1));
    let at = now();
    history.alive(&watch(0), at);
    history.found(&watch(0), Seen { last_alive: UNIX_EPOCH, ..seen(3) }, vec![found(2)]).await.expect("kept");
    let look = Connection::open(dir.path().join(FILE)).expect("opened");
    assert_eq!(history.seen(&watch(0)).await.map(|seen| seen.map(|seen| seen.last_alive)), Ok(Some(at)));
    assert_eq!(history.past(&watch(0)).await.map(|past| past.receipts.len()), Ok(1));
    assert_eq!(history.held.waiting.load(Ordering::Relaxed), 0);
    history.append(receipt(watch(0), 2));
    history.alive(&watch(0), at + Duration::from_secs(1));
    end(history);
    assert_eq!(number(&look, "SELECT count(*) FROM receipt"), 2);
    assert_eq!(number(&look, "SELECT alive FROM seen"), moment::to_millis(at + Duration::from_secs(1)));
}

#[tokio::test]
async fn the_log_is_in_the_order_in_which_it_was_told_whatever_may_wait() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let at = now();
    let line = |n: usize| Logged { at, key: None, conn: None, kind: "phase".to_owned(), text: n.to_string() };
    for n in 0..600 {
        // Many wait when one comes that does not, and more are told while that one is being written.
        history.append(if n % 7 == 3 { Record::Event(line(n)) } else { Record::Routine(line(n)) });
    }
    let told = history.logged(at, 1000).await.expect("read");
    let told: Vec<_> = told.into_iter().map(|line| line.text.parse::<usize>().expect("a number")).collect();
    assert_eq!(told, (0..600).collect::<Vec<_>>());
}

#[test]
fn a_record_that_cannot_be_kept_takes_no_other_with_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut store, look) = store(dir.path(), 1);
    // A trigger refuses what the tables would take.
    store
        .connection()
        .execute_batch(
            "CREATE TEMP TRIGGER no BEFORE INSERT ON main.receipt WHEN NEW.conn = 2 BEGIN SELECT raise(ABORT, 'no'); END;
             CREATE TEMP TRIGGER nor BEFORE UPDATE ON main.seen BEGIN SELECT raise(ABORT, 'no'); END;",
        )
        .expect("a trigger");
    for conn in 1..=3 {
        leave(&mut store, receipt(watch(0), conn));
    }
    prove(&mut store, watch(0), now());
    store.tend(Instant::now() + LATER);
    assert_eq!(number(&look, "SELECT sum(conn) FROM receipt"), 4);
}

#[tokio::test]
async fn a_file_of_before_loses_its_index_of_receipts_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    for conn in 0..50 {
        history.append(receipt(watch(usize::from(conn % 2 == 1)), conn));
    }
    let past = history.past(&watch(0)).await.expect("read");
    end(history);
    let db = Connection::open(dir.path().join(FILE)).expect("opened");
    db.execute_batch("CREATE INDEX receipt_watch ON receipt (watch, at); PRAGMA user_version = 12;")
        .expect("as it was");
    drop(db);
    let history = opened(dir.path());
    assert_eq!(history.past(&watch(0)).await, Ok(past.clone()));
    assert_eq!(past.receipts.back().map(|last| last.conn), Some(ConnId(48)));
    end(history);
    assert_eq!(pragma(dir.path(), "user_version"), schema::known().to_string());
    let db = Connection::open(dir.path().join(FILE)).expect("opened");
    assert_eq!(number(&db, "SELECT count(*) FROM sqlite_schema WHERE name = 'receipt_watch'"), 0);
    assert_eq!(number(&db, "SELECT count(*) FROM receipt"), 50);
}

#[tokio::test]
async fn a_file_that_another_took_the_place_of_shows_its_own_receipts() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    for conn in 0..9 {
        history.append(receipt(watch(0), conn));
    }
    assert_eq!(history.past(&watch(0)).await.map(|past| past.receipts.len()), Ok(9));
    history
        .prune(Limits { keep: Duration::ZERO, ..Limits::default() }, now() + Duration::from_hours(1))
        .await
        .expect("pruned");
    assert_eq!(history.past(&watch(0)).await.map(|past| past.receipts.len()), Ok(0));
    history.append(receipt(watch(1), 1));
    assert_eq!(history.past(&watch(1)).await.map(|past| past.receipts.len()), Ok(1));
    assert_eq!(history.past(&watch(0)).await.map(|past| past.receipts.len()), Ok(0));
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Done(usize),
    Look(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![8 => (0..3_usize).prop_map(Act::Done), 1 => (0..3_usize).prop_map(Act::Look)];
    proptest::collection::vec(act, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_watchs_past_is_its_last_dones_however_they_come_in_turns(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let history = History::in_process();
            let mut dones: [Vec<u64>; 3] = Default::default();
            for (conn, act) in (0..).zip(acts) {
                match act {
                    Act::Done(of) => {
                        history.append(receipt(watch(of), conn));
                        dones[of].push(conn);
                    }
                    Act::Look(of) => {
                        let past = history.past(&watch(of)).await.expect("read");
                        let shown: Vec<u64> = past.receipts.iter().map(|done| done.conn.0).collect();
                        let last = dones[of].len().saturating_sub(PAST_RECEIPTS);
                        prop_assert_eq!(&shown, &dones[of][last..]);
                    }
                }
            }
            Ok(())
        })?;
    }
}
