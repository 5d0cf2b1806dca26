//! Databases.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use super::*;
use crate::history::{FILE, History};
use mailwatch_proto::model::Span;

/// A `history.db` of this version in the directory, changed by the statements.
async fn changed(dir: &Path, sql: &str) -> PathBuf {
    let (history, fault) = History::open(dir);
    assert_eq!(fault, None);
    history.close().await;
    drop(history);
    let path = dir.join("strange.db");
    let db = Connection::open(dir.join(FILE)).expect("the file is there");
    db.execute("VACUUM INTO ?1", [path.to_string_lossy()]).expect("copied");
    drop(db);
    let db = Connection::open(&path).expect("the copy is there");
    db.execute_batch(sql).expect("changed");
    path
}

#[test]
fn version_0_1_0_s_file_is_read_and_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut file = Vec::new();
    let packed = &include_bytes!("../../history/tests/history-0.1.0.db.gz")[..];
    flate2::read::GzDecoder::new(packed).read_to_end(&mut file).expect("it unpacks");
    let path = dir.path().join("a?b%41#c.db");
    fs::write(&path, &file).expect("written");
    let board = last_board(open(&path).expect("read"));
    assert!(board.watches.keys().any(|id| &*id.mailbox == "INBOX"), "{:?}", board.watches.keys());
    assert_eq!(fs::read(&path).expect("there"), file, "not a byte is changed");
    assert_eq!(names(dir.path()), ["a?b%41#c.db"], "and nothing is made beside it");
}

#[tokio::test]
async fn this_version_s_file_is_read_and_what_is_not_read_is_said() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = changed(
        dir.path(),
        "INSERT INTO watch VALUES (1, 'work', 'me@example.org', 'INBOX');
         INSERT INTO event VALUES (1795000000000, 1, 4, 'phase', 'idling'),
             (1795000350000, 1, 1, 'phase', 'idling');
         INSERT INTO run VALUES (1795000000000, 1795000060000), (1795000300000, 1795000400000);",
    )
    .await;
    let material = open(&path).expect("read");
    assert_eq!((material.log.len(), material.remark.as_deref()), (2, None));
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000 + seconds);
    let absent = Span { from: at(60), to: at(300) };
    assert!(material.unwatched.contains(&absent), "{:?}", material.unwatched);
    assert_eq!(last_board(material).gaps[""].unwatched_spans(), [absent]);
    fs::write(dir.path().join("strange.db-wal"), b"something").expect("written");
    let remark = open(&path).expect("read").remark.expect("a remark");
    assert!(remark.contains("-wal"), "{remark}");
}

#[tokio::test]
async fn runs_in_a_table_that_is_not_ours_are_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = changed(
        dir.path(),
        "INSERT INTO watch VALUES (1, 'work', 'me@example.org', 'INBOX');
         INSERT INTO event VALUES (1795000000000, 1, 4, 'phase', 'idling');
         DROP TABLE run; CREATE TABLE run (began, seen AS (began + 1));
         INSERT INTO run VALUES (1), (1795000000000);",
    )
    .await;
    assert_eq!(open(&path).expect("read").unwatched, []);
}

#[tokio::test]
async fn what_no_history_has_is_refused_before_anything_is_read_from_it() {
    for (sql, wanted) in [
        ("CREATE VIEW v AS SELECT 1;", "it has a view"),
        (
            "DROP TABLE event; CREATE VIEW event AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
                 SELECT x AS at, 1 AS watch, 1 AS conn, 'phase' AS kind, hex(zeroblob(100000)) AS text FROM n;",
            "it has a view",
        ),
        ("CREATE TRIGGER t AFTER INSERT ON watch BEGIN DELETE FROM watch; END;", "it has a trigger"),
        ("CREATE VIRTUAL TABLE v USING fts5(x);", "it has a virtual table"),
        ("DROP TABLE look;", "it has no table look"),
        (
            "DROP TABLE wire; CREATE TABLE wire (watch, conn, at, client, text AS (hex(zeroblob(100000))));",
            "its table wire has computed columns",
        ),
        ("INSERT INTO watch VALUES (1, hex(zeroblob(2000)), 'l', 'm');", "it has a watch whose name is too long"),
        (
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20001)
                 INSERT INTO watch SELECT x, x, x, x FROM n;",
            "it has 20001 watches",
        ),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let path = changed(dir.path(), sql).await;
        let said = refusal(&path);
        assert!(said.contains("strange.db is not read: ") && said.contains(wanted), "{said}");
    }
}

#[tokio::test]
async fn a_huge_cell_a_wrong_type_and_a_newer_schema_are_refused() {
    let watch = "INSERT INTO watch VALUES (1, 'work', 'l', 'INBOX');";
    for (sql, wanted) in [
        ("INSERT INTO event VALUES (1795000000000, 1, 4, 'phase', CAST(zeroblob(1000000) AS TEXT));", "too big"),
        (
            "DROP TABLE event; CREATE TABLE event (at, watch, conn, kind, text);
             INSERT INTO event VALUES (1795000000000, 1, 4, x'00ff', 7);",
            "Invalid column type",
        ),
        (
            "DROP TABLE receipt; CREATE TABLE receipt
                 (watch, conn, at, reason, idle_ms, written, acked, answered, status, untagged, late);
             INSERT INTO receipt VALUES (1, 1, 1795000000000, 'whim', 1, 1, 1, 1, 'OK', 0, 0);",
            "no such name: whim",
        ),
        ("PRAGMA user_version = 1000;", "was written by a newer mailwatch-tui (schema 1000)"),
        ("PRAGMA user_version = 3;", "it is a database, but not a history.db of version 0.1.0 or later (schema 3)"),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let path = changed(dir.path(), &format!("{watch}{sql}")).await;
        let said = refusal(&path);
        assert!(said.contains("strange.db") && said.contains(wanted), "{said} for {wanted}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_refused_or_read_but_never_more() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = changed(
        dir.path(),
        "INSERT INTO watch VALUES (1, 'work', 'l', 'INBOX');
         WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 500)
             INSERT INTO event SELECT 1795000000000 + x, 1, 4, 'heartbeat', hex(x) FROM n;",
    )
    .await;
    let whole = fs::read(&path).expect("there");
    let damaged = dir.path().join("damaged.db");
    for seed in 0..150 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = whole.clone();
        for _ in 0..20 {
            // The header's magic stays, or it would be no database.
            let at = random.usize(16..bytes.len());
            bytes[at] = random.u8(..);
        }
        if seed % 5 == 0 {
            bytes.truncate(random.usize(100..bytes.len()));
        }
        fs::write(&damaged, &bytes).expect("written");
        match open(&damaged) {
            Ok(material) => {
                let _ = last_board(material);
            }
            Err(error) => assert!(error.to_string().contains("damaged.db"), "{error}"),
        }
    }
    assert!(!names(dir.path()).iter().any(|name| name.starts_with("damaged.db-")), "nothing is made beside it");
}
