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
