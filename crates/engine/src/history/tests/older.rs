//! Version 0.1.0's own file, as a run left it that was killed between a mail and its report.

use std::fs;
use std::io::Read as _;

use rusqlite::Connection;

use super::*;
use mailwatch_proto::model::HookEvent;

const FILE_OF_1: &[u8] = include_bytes!("history-0.1.0.db.gz");

/// Puts the file into the directory.
pub(super) fn place(dir: &Path) {
    let mut file = Vec::new();
    flate2::read::GzDecoder::new(FILE_OF_1).read_to_end(&mut file).expect("it unpacks");
    fs::write(dir.join(FILE), file).expect("written");
}

fn mailbox(name: &str) -> WatchKey {
    WatchKey { account: "demo".into(), login: "demo@example.org@localhost".into(), mailbox: name.into() }
}

#[tokio::test]
async fn what_version_0_1_0_has_seen_told_and_owed_is_so_afterwards() {
    let dir = tempfile::tempdir().expect("a directory");
    place(dir.path());
    let history = opened(dir.path());
    let key = mailbox("INBOX");
    let seen = history.seen(&key).await.expect("read").expect("it was seen");
    assert_eq!((seen.epoch, seen.uidvalidity, seen.uidnext), (0, 1_795_900_248, 5));
    let owed = history.unreported(&key).await.expect("read");
    assert_eq!(owed.iter().map(|mail| (mail.epoch, mail.uid, mail.headers)).collect::<Vec<_>>(), [(0, 4, true)]);
    let hooks = history.owed_hooks("demo", &key.login, vec![HookEvent::NewMail], 9).await.expect("read");
    assert_eq!(hooks.iter().map(|hook| hook.what.as_str()).collect::<Vec<_>>(), ["0/1795900248/4"]);
    let again = |uid| Found { mail: Mail { uidvalidity: seen.uidvalidity, ..mail(uid) }, ..found(uid) };
    let told = history.found(&key, Seen { uidnext: 6, ..seen }, (1..=5).map(again).collect()).await.expect("kept");
    assert_eq!(uids(&told), [5], "0.1.0 has found the others");
    // Made anew: what it told is known.
    let of_1 = Identity {
        message_id: Some("1795900248.2@demo.invalid".into()),
        internal_date: None,
        size: None,
        subject: String::new(),
    };
    let known = history.known(&key, 1, Among::Epochs, vec![of_1]).await.expect("read");
    assert_eq!(known[0].as_ref().map(|known| known.uid.uid), Some(2));
    assert!(history.seen(&mailbox("box/2")).await.expect("read").is_some());
    let new = history.new_mails().await.expect("read");
    assert!(new.values().all(|new| new.mails.count() == 0), "what it told is not new: {new:?}");
    end(history);
    assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
    assert_eq!(pragma(dir.path(), "user_version"), schema::known().to_string());
}

#[tokio::test]
async fn no_index_of_a_new_or_migrated_file_begins_another() {
    for migrated in [false, true] {
        let dir = tempfile::tempdir().expect("a directory");
        if migrated {
            place(dir.path());
        }
        end(opened(dir.path()));
        let db = Connection::open(dir.path().join(FILE)).expect("opened");
        let mut rows = db
            .prepare(
                "SELECT m.tbl_name, i.name, group_concat(c.name, ',') FROM sqlite_schema m, pragma_index_list(m.name) i,
                     pragma_index_info(i.name) c
                 WHERE m.type = 'table' AND i.partial = 0 GROUP BY m.tbl_name, i.name",
            )
            .expect("a query");
        let indexes = rows.query_map([], |row| Ok((row.get(0)?, row.get(2)?))).expect("rows");
        let indexes: Vec<(String, String)> = indexes.collect::<rusqlite::Result<_>>().expect("read");
        assert!(!indexes.is_empty());
        for (table, columns) in &indexes {
            let begun = format!("{columns},");
            let longer = indexes.iter().find(|(of, other)| of == table && other.starts_with(&begun));
            assert_eq!(longer, None, "{table} ({columns})");
        }
    }
}

fn version(dir: &Path) -> String {
    pragma(dir, "user_version")
}

/// Version 0.1.0's lock, as its runs hold it while they live.
fn lock_of_1(dir: &Path) -> fs::File {
    let lock = fs::File::create(dir.join("history.db.run-00112233445566aa")).expect("made");
    lock.try_lock().expect("nobody else's");
    lock
}

#[tokio::test]
async fn the_file_is_copied_before_it_is_changed() {
    let dir = tempfile::tempdir().expect("a directory");
    place(dir.path());
    // What the WAL holds is part of it.
    let db = Connection::open(dir.path().join(FILE)).expect("opened");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; INSERT INTO watch (account, login, mailbox) VALUES ('a', 'l', 'in the WAL');",
    )
    .expect("written");
    end(opened(dir.path()));
    drop(db);
    let copy = Connection::open(dir.path().join("history.db.v1")).expect("a copy");
    let one = |sql: &str| copy.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("read");
    assert_eq!((one("PRAGMA user_version"), one("SELECT count(*) FROM mail")), (4, 7));
    assert_eq!(one("SELECT count(*) FROM watch WHERE mailbox = 'in the WAL'"), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(dir.path().join("history.db.v1")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(version(dir.path()), schema::known().to_string());
    let kept = fs::read(dir.path().join("history.db.v1")).expect("read");
    end(opened(dir.path()));
    assert_eq!(fs::read(dir.path().join("history.db.v1")).expect("read"), kept, "it is made once");
}

#[tokio::test]
async fn nothing_is_migrated_while_version_0_1_0_runs_and_what_was_told_meanwhile_is_known_afterwards() {
    let dir = tempfile::tempdir().expect("a directory");
    place(dir.path());
    let lock = lock_of_1(dir.path());
    let (history, fault) = super::trouble::impatient(dir.path());
    let sentence = fault.expect("a fault").message;
    assert!(sentence.contains("mailwatch-tui 0.1.0"), "{sentence}");
    #[cfg(target_os = "linux")]
    assert!(sentence.contains(&format!("pid {}", std::process::id())), "{sentence}");
    let key = mailbox("INBOX");
    let seen = history.seen(&key).await.expect("read").expect("0.1.0 has seen it");
    assert_eq!(seen.uidnext, 5, "read of its file");
    let fresh = Found { mail: Mail { uidvalidity: seen.uidvalidity, ..mail(5) }, ..found(5) };
    let told = history.found(&key, Seen { uidnext: 6, ..seen }, vec![fresh.clone()]).await.expect("kept");
    assert_eq!(uids(&told), [5]);
    let told = MailUid { uidvalidity: seen.uidvalidity, ..uid(5) };
    history.reported(vec![(key.clone(), told)]).await.expect("kept");
    assert_eq!(version(dir.path()), "4");
    assert!(!dir.path().join("history.db.v1").exists());
    // `history` reads it, and changes nothing.
    let archive = Archive::open(dir.path()).expect("it reads");
    assert!(!archive.receipts(UNIX_EPOCH).expect("read").is_empty());
    assert_eq!(version(dir.path()), "4");
    drop((lock, archive));
    history.alive(&key, now());
    assert_eq!(history.unreported(&key).await.map(|mails| uids(&mails)), Ok(vec![4]));
    assert_eq!(*history.fault().borrow(), None, "the file is in use");
    end(history);
    assert_eq!(version(dir.path()), schema::known().to_string());
    let again = opened(dir.path());
    assert_eq!(again.found(&key, Seen { uidnext: 6, ..seen }, vec![fresh]).await, Ok(vec![]));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn version_0_1_0_is_known_by_its_status_socket_too() {
    use std::os::unix::net::UnixListener;
    let dir = tempfile::tempdir().expect("a directory");
    place(dir.path());
    fs::create_dir(dir.path().join("run")).expect("made");
    // This very process answers there: it is no other program.
    let _own = UnixListener::bind(dir.path().join("run/status.sock")).expect("bound");
    end(opened(dir.path()));
    assert_eq!(version(dir.path()), schema::known().to_string());
}
