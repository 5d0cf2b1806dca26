//! A file that cannot be used is tried again soon, and at the end; what was told meanwhile is told once.

use std::fs;
use std::time::Instant;

use rusqlite::Connection;

use super::*;

/// Holds the file as a stuck program does: it can neither be read nor written.
fn hold(dir: &Path) -> Connection {
    let holder = Connection::open(dir.join(FILE)).expect("opened");
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;").expect("locked");
    holder
}

fn briefly(dir: &Path) -> (History, Option<Fault>) {
    History::open_with(dir, Duration::from_millis(50), |_| {})
}

/// Tells a mail, as a program does.
async fn tell(history: &History, number: u32) -> Vec<u32> {
    let told = history.found(&inbox(), seen(number + 1), vec![found(number)]).await.expect("kept");
    history.reported(told.iter().map(|mail| (inbox(), uid(mail.uid))).collect()).await.expect("kept");
    uids(&told)
}

async fn until_well(history: &History, within: Duration) {
    let give_up = Instant::now() + within;
    while history.fault().borrow().is_some() {
        assert!(Instant::now() < give_up, "{:?}", history.fault().borrow());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_file_that_was_locked_is_used_again_within_seconds_without_anything_to_write() {
    let dir = tempfile::tempdir().expect("a directory");
    end(opened(dir.path()));
    let holder = hold(dir.path());
    let (history, fault) = briefly(dir.path());
    assert!(fault.is_some());
    assert_eq!(tell(&history, 1).await, [1]);
    drop(holder);
    until_well(&history, Duration::from_secs(20)).await;
    end(history);
    assert_eq!(tell(&opened(dir.path()), 1).await, [] as [u32; 0]);
}

#[tokio::test]
async fn a_file_that_is_free_at_the_programs_end_gets_what_was_told_while_it_was_locked() {
    let dir = tempfile::tempdir().expect("a directory");
    end(opened(dir.path()));
    let holder = hold(dir.path());
    let (history, _) = History::open_with(dir.path(), Duration::from_millis(50), |store| {
        store.retry_after(Duration::from_hours(1));
    });
    assert_eq!(tell(&history, 1).await, [1]);
    drop(holder);
    history.close().await;
    let again = opened(dir.path());
    assert_eq!(tell(&again, 1).await, [] as [u32; 0]);
    assert_eq!(again.unreported(&inbox()).await, Ok(vec![]));
}

#[tokio::test]
async fn a_program_that_is_killed_while_the_file_is_locked_tells_nothing_again_but_what_came_since() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    assert_eq!(tell(&history, 1).await, [1]);
    end(history);
    let holder = hold(dir.path());
    let (history, _) = briefly(dir.path());
    // The locked file cannot be read: the watermark says how far it was seen.
    assert_eq!(history.seen(&inbox()).await.map(|seen| seen.map(|seen| seen.uidnext)), Ok(Some(2)));
    assert_eq!(tell(&history, 2).await, [2]);
    end(history);
    drop(holder);
    let (history, fault) = History::open(dir.path());
    assert!(fault.expect("it is said").message.contains("is older than watermark.json"));
    assert_eq!(history.seen(&inbox()).await.map(|seen| seen.map(|seen| seen.uidnext)), Ok(Some(3)));
}

#[tokio::test]
async fn a_clean_end_leaves_no_wal_and_no_lock_behind_and_later_words_are_kept_all_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    assert_eq!(tell(&history, 1).await, [1]);
    history.close().await;
    let names = || {
        let names = fs::read_dir(dir.path()).expect("read").map(|entry| entry.expect("an entry").file_name());
        names.filter_map(|name| name.into_string().ok()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(), BTreeSet::from([FILE.to_owned(), WATERMARK.to_owned()]));
    assert_eq!(tell(&history, 1).await, [] as [u32; 0]);
    assert_eq!(tell(&history, 2).await, [2]);
    assert_eq!(*history.fault().borrow(), None);
    history.close().await;
    drop(history);
    assert_eq!(names(), BTreeSet::from([FILE.to_owned(), WATERMARK.to_owned()]));
    assert_eq!(tell(&opened(dir.path()), 2).await, [] as [u32; 0]);
}
