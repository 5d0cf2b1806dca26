//! The file read by another program.

use super::*;
use crate::model::{Evidence, Loss, Verdict};

fn stall(at: SystemTime) -> Stall {
    let evidence = Evidence { acked: Some(true), outq: Some(0), ..Evidence::default() };
    Stall { key: inbox(), conn: 4, at, verdict: Verdict::ServerIgnoring, waited: Duration::from_secs(10), evidence }
}

#[tokio::test]
async fn an_archive_reads_beside_a_writer_and_keeps_the_state_it_opened() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let at = now();
    let blind = Blindness { key: inbox(), since: at, until: at + Duration::from_secs(3), why: Some(Loss::User) };
    history.append(Record::Stall(stall(at)));
    history.append(Record::Blind(blind.clone()));
    history.close().await;
    let archive = Archive::open(dir.path()).expect("it reads");
    assert_eq!(archive.stalls(at).expect("read"), [stall(at)]);
    // The writer is not held up, and what it writes is a later state.
    history.append(Record::Stall(stall(at)));
    history.close().await;
    assert_eq!(history.stalls(at).await.map(|stalls| stalls.len()), Ok(2));
    assert_eq!(archive.stalls(at).expect("read").len(), 1);
    assert_eq!(Archive::open(dir.path()).expect("it reads").stalls(at).expect("read").len(), 2);
    assert_eq!(archive.blind(at).expect("read"), [blind]);
    assert_eq!(archive.watches().expect("read"), [inbox()]);
    assert!(archive.receipts(at).expect("read").is_empty() && archive.logged(at, 9).expect("read").is_empty());
}

#[test]
fn a_file_that_is_not_there_is_not_made_and_a_newer_ones_program_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(matches!(Archive::open(dir.path()), Err(Unreadable::Missing(_))));
    assert!(!dir.path().join(FILE).exists());
    end(opened(dir.path()));
    let db = rusqlite::Connection::open(dir.path().join(FILE)).expect("the file is there");
    db.pragma_update(None, "user_version", 1000).expect("written");
    assert!(matches!(Archive::open(dir.path()), Err(Unreadable::Newer { found: 1000, .. })));
}
