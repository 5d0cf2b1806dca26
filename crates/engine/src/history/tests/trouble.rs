//! A file that cannot be used is a fault in a sentence, and the history goes on in memory.

use mailwatch_proto::model::{Fate, Outcome};
use std::fs;

use rusqlite::Connection;

use super::*;
use mailwatch_proto::model::Next;

/// Opens without waiting for locks, and comes back to the file at the next write.
pub(super) fn impatient(dir: &Path) -> (History, Option<Fault>) {
    History::open_with(dir, Duration::from_millis(50), |store| store.retry_after(Duration::ZERO))
}

fn sentence(fault: Option<Fault>) -> String {
    let fault = fault.expect("a fault");
    assert_eq!(fault.class, FaultClass::History);
    fault.message
}

fn aside(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name.starts_with("history.db.corrupt-")).collect()
}

/// The stand-in works like the file.
async fn works(history: &History) {
    let key = WatchKey { mailbox: "works".into(), ..inbox() };
    assert_eq!(history.found(&key, seen(2), vec![found(1)]).await, Ok(vec![mail(1)]));
    assert_eq!(history.found(&key, seen(2), vec![found(1)]).await, Ok(vec![]));
    history.reported(vec![(key.clone(), uid(1))]).await.expect("kept");
    assert_eq!(history.unreported(&key).await, Ok(vec![]));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_moved_aside_and_a_new_one_begun() {
    let dir = tempfile::tempdir().expect("a directory");
    let garbage = vec![b'x'; 20_000];
    fs::write(dir.path().join(FILE), &garbage).expect("written");
    let (history, fault) = History::open(dir.path());
    let aside = aside(dir.path());
    assert_eq!(aside.len(), 1);
    assert!(sentence(fault).contains(&aside[0]));
    assert_eq!(fs::read(dir.path().join(&aside[0])).expect("kept"), garbage);
    works(&history).await;
    end(history);
    assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
}

/// Overwrites the first page of a table or index.
fn damage(dir: &Path, name: &str) {
    use std::io::{Seek, SeekFrom, Write};
    let path = dir.join(FILE);
    let db = Connection::open(&path).expect("opened");
    let root: u64 = db
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [name], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .expect("it is there");
    drop(db);
    let mut file = fs::OpenOptions::new().write(true).open(path).expect("opened");
    file.seek(SeekFrom::Start((root - 1) * 4096)).expect("sought");
    file.write_all(&[0x55; 4096]).expect("written");
}

#[tokio::test]
async fn a_file_whose_damage_shows_later_is_moved_aside_and_what_can_be_read_goes_into_the_new_one() {
    // The first shows when the file is opened, the second at the first use.
    for (place, shows_at_open) in [("receipt", true), ("outcome_login", false)] {
        let dir = tempfile::tempdir().expect("a directory");
        let history = opened(dir.path());
        history.found(&inbox(), seen(3), vec![found(1), found(2)]).await.expect("kept");
        history.reported(vec![(inbox(), uid(1))]).await.expect("kept");
        end(history);
        damage(dir.path(), place);
        let (history, fault) = History::open(dir.path());
        assert_eq!(fault.is_some(), shows_at_open, "{place}");
        let row = Outcome {
            host: "h".into(),
            login: "me@h".into(),
            at: now(),
            age: Duration::from_mins(4),
            fate: Fate::Answered,
            took: None,
        };
        history.append(Record::Outcome(row.clone()));
        assert_eq!(history.outcomes("h", "me@h", UNIX_EPOCH).await, Ok(vec![row]));
        assert_eq!(history.found(&inbox(), seen(4), vec![found(2), found(3)]).await, Ok(vec![mail(3)]), "{place}");
        assert!(sentence(history.fault().borrow().clone()).contains("was damaged. It was renamed to"));
        assert_eq!(aside(dir.path()).len(), 1);
        end(history);
        assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
        assert_eq!(opened(dir.path()).unreported(&inbox()).await, Ok(vec![late(2), late(3)]), "{place}");
    }
}

#[tokio::test]
async fn a_locked_file_is_a_fault_and_what_was_kept_meanwhile_is_merged_when_it_is_free() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    history.found(&inbox(), seen(2), vec![found(1)]).await.expect("kept");
    end(history);
    let other = Connection::open(dir.path().join(FILE)).expect("opened");
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;").expect("locked");
    let (history, fault) = impatient(dir.path());
    assert!(sentence(fault.clone()).contains("is locked by another program"));
    assert_eq!(*history.fault().borrow(), fault);
    works(&history).await;
    assert_eq!(history.found(&inbox(), seen(3), vec![found(2)]).await, Ok(vec![mail(2)]));
    history.append(Record::Event(Logged {
        at: now(),
        key: Some(inbox()),
        conn: None,
        kind: "alert".into(),
        text: "kept meanwhile".into(),
    }));
    let at = now();
    let (stall, line, server) =
        (super::archive::stall(at), super::archive::line(at, "DONE"), super::archive::server(4, at));
    history.append(Record::Stall(stall.clone()));
    history.append(Record::Wire(line.clone()));
    history.append(Record::Server(server.clone()));
    drop(other);
    history.reported(vec![(inbox(), uid(2))]).await.expect("kept");
    assert_eq!(*history.fault().borrow(), None, "the file is in use again");
    end(history);
    let history = opened(dir.path());
    assert_eq!(history.unreported(&inbox()).await, Ok(vec![late(1)]));
    assert_eq!(history.found(&inbox(), seen(3), vec![found(1), found(2)]).await, Ok(vec![]));
    let log = history.logged(UNIX_EPOCH, 10).await.expect("read");
    assert_eq!(
        log.iter().map(|line| (line.key.clone(), line.text.as_str())).collect::<Vec<_>>(),
        [(Some(inbox()), "kept meanwhile")]
    );
    let archive = Archive::open(dir.path()).expect("it reads");
    assert_eq!(archive.stalls(at).expect("read"), [stall]);
    assert_eq!(archive.wire(at).expect("read"), [line]);
    assert_eq!(archive.servers(at).expect("read"), [server]);
}

#[tokio::test]
async fn a_full_disk_is_a_fault_and_no_mail_is_forgotten() {
    let dir = tempfile::tempdir().expect("a directory");
    let (history, fault) = History::open_with(dir.path(), Duration::from_millis(50), |store| {
        let pages: i64 = store.connection().query_row("PRAGMA page_count", [], |row| row.get(0)).expect("counted");
        store.connection().pragma_update(None, "max_page_count", pages + 2).expect("set");
        store.retry_after(Duration::from_hours(1));
    });
    assert_eq!(fault, None);
    for uid in 1..=200 {
        assert_eq!(history.found(&inbox(), seen(uid + 1), vec![found(uid)]).await, Ok(vec![mail(uid)]));
    }
    assert!(sentence(history.fault().borrow().clone()).contains("the disk is full"));
    assert_eq!(history.found(&inbox(), seen(201), (1..=200).map(found).collect()).await, Ok(vec![]));
    assert_eq!(history.unreported(&inbox()).await.expect("read").len(), 200);
    end(history);
    assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_a_fault() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("a file");
    fs::write(&file, "in the way").expect("written");
    let (history, fault) = History::open(&file.join("state"));
    assert!(sentence(fault).contains("cannot be made"));
    works(&history).await;
    history.close().await;
}

#[tokio::test]
async fn a_newer_programs_file_is_left_untouched() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join(FILE);
    let newer = Connection::open(&path).expect("made");
    newer
        .execute_batch("PRAGMA user_version = 9999; CREATE TABLE future (x); INSERT INTO future VALUES (1);")
        .expect("made");
    drop(newer);
    let before = fs::read(&path).expect("read");
    let (history, fault) = impatient(dir.path());
    assert_eq!(fault.as_ref().map(|fault| fault.next), Some(Next::User));
    assert!(sentence(fault).contains("newer mailwatch-tui"));
    works(&history).await;
    end(history);
    assert_eq!(fs::read(&path).expect("read"), before);
    assert_eq!(aside(dir.path()), Vec::<String>::new());
}

#[cfg(unix)]
#[tokio::test]
async fn the_directory_and_the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path().join("state/mailwatch");
    let history = opened(&state);
    history.found(&inbox(), seen(2), vec![found(1)]).await.expect("kept");
    assert_eq!(mode(&state), 0o700);
    let mut names = 0;
    for entry in fs::read_dir(&state).expect("read") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names += 1;
    }
    assert!(names >= 3, "the database, its log and this run's lock");
    end(history);
    fs::set_permissions(state.join(FILE), fs::Permissions::from_mode(0o644)).expect("set");
    end(opened(&state));
    assert_eq!(mode(&state.join(FILE)), 0o600);
}
