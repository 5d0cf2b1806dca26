//! A file that is damaged, emptied, removed or replaced: noticed, said truthfully, and begun anew without telling anything twice.

use std::fs;

use super::*;

const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// What somebody does to the file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Harm {
    Removed,
    RemovedAlone,
    Emptied,
    Garbled,
    ReplacedByAnEmptyOne,
    ReplacedByAnOlderOne,
}

pub(super) const HARMS: [Harm; 6] = [
    Harm::Removed,
    Harm::RemovedAlone,
    Harm::Emptied,
    Harm::Garbled,
    Harm::ReplacedByAnEmptyOne,
    Harm::ReplacedByAnOlderOne,
];

fn path(dir: &Path, suffix: &str) -> std::path::PathBuf {
    dir.join(format!("{FILE}{suffix}"))
}

/// A copy of an earlier state, in one file.
pub(super) fn keep_copy(dir: &Path) {
    let db = rusqlite::Connection::open(path(dir, "")).expect("opened");
    db.execute("VACUUM INTO ?1", [dir.join("older").to_string_lossy()]).expect("copied");
}

pub(super) fn harm(dir: &Path, harm: Harm) {
    let remove = |suffix| drop(fs::remove_file(path(dir, suffix)));
    match harm {
        Harm::Removed => SUFFIXES.into_iter().for_each(remove),
        Harm::RemovedAlone => remove(""),
        Harm::Emptied => drop(fs::OpenOptions::new().write(true).truncate(true).open(path(dir, "")).expect("emptied")),
        Harm::Garbled => fs::write(path(dir, ""), vec![b'x'; 40_000]).expect("written"),
        Harm::ReplacedByAnEmptyOne => {
            SUFFIXES.into_iter().for_each(remove);
            fs::write(dir.join("new"), "").expect("written");
            fs::rename(dir.join("new"), path(dir, "")).expect("renamed");
        }
        Harm::ReplacedByAnOlderOne => {
            SUFFIXES.into_iter().for_each(remove);
            fs::rename(dir.join("older"), path(dir, "")).expect("renamed");
        }
    }
}

/// Tells a mail, as a program does.
async fn tell(history: &History, number: u32) -> Vec<u32> {
    let told = history.found(&inbox(), seen(number + 1), vec![found(number)]).await.expect("kept");
    history.reported(told.iter().map(|mail| (inbox(), uid(mail.uid))).collect()).await.expect("kept");
    uids(&told)
}

async fn log(history: &History) -> Vec<String> {
    let lines = history.logged(UNIX_EPOCH, 99).await.expect("read");
    lines.into_iter().map(|line| line.text).collect()
}

async fn uidnext(history: &History) -> Option<u32> {
    history.seen(&inbox()).await.expect("read").map(|seen| seen.uidnext)
}

async fn told_up_to_four(dir: &Path) -> History {
    let history = opened(dir);
    for number in 1..=4 {
        assert_eq!(tell(&history, number).await, [number]);
        let text = number.to_string();
        let at = now() + Duration::from_millis(u64::from(number));
        history.append(Record::Routine(Logged { at, key: Some(inbox()), conn: None, kind: "flags".into(), text }));
        assert_eq!(log(&history).await.len(), number as usize);
        if number == 2 {
            keep_copy(dir);
        }
    }
    history
}

#[tokio::test]
async fn whatever_happened_to_the_file_while_the_program_was_off_only_the_gap_is_told() {
    for how in HARMS {
        let dir = tempfile::tempdir().expect("a directory");
        end(told_up_to_four(dir.path()).await);
        harm(dir.path(), how);
        let (history, fault) = History::open(dir.path());
        let sentence = fault.unwrap_or_else(|| panic!("{how:?} is not noticed")).message;
        let expected = match how {
            Harm::Removed | Harm::RemovedAlone | Harm::Emptied | Harm::ReplacedByAnEmptyOne => "was gone or empty",
            Harm::Garbled => "was damaged. It was renamed to",
            Harm::ReplacedByAnOlderOne => "is older than watermark.json for 1 mailbox:",
        };
        assert!(sentence.contains(expected), "{how:?}: {sentence}");
        assert_eq!(uidnext(&history).await, Some(5), "{how:?}");
        assert_eq!(tell(&history, 5).await, [5]);
        end(history);
        assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
        let (history, fault) = History::open(dir.path());
        assert_eq!(fault, None, "{how:?} is said once");
        assert_eq!(uidnext(&history).await, Some(6));
    }
}

#[tokio::test]
async fn whatever_happens_to_the_file_under_the_running_program_nothing_is_told_twice_or_lost() {
    for how in HARMS {
        let dir = tempfile::tempdir().expect("a directory");
        let history = told_up_to_four(dir.path()).await;
        let owed = history.found(&inbox(), seen(6), vec![found(5)]).await.expect("kept");
        assert_eq!(uids(&owed), [5]);
        harm(dir.path(), how);
        assert_eq!(tell(&history, 6).await, [6], "{how:?}");
        assert_eq!(uidnext(&history).await, Some(7), "{how:?}");
        if !matches!(how, Harm::Garbled) {
            // Damage shows when SQLite comes upon it.
            let sentence = history.fault().borrow().clone().unwrap_or_else(|| panic!("{how:?} is not noticed")).message;
            let expected = match how {
                Harm::Removed | Harm::RemovedAlone => "was removed while this program ran",
                Harm::Emptied | Harm::Garbled => "was emptied while this program ran",
                Harm::ReplacedByAnEmptyOne | Harm::ReplacedByAnOlderOne => "was replaced by another file",
            };
            assert!(sentence.contains(expected), "{how:?}: {sentence}");
        }
        assert_eq!(history.found(&inbox(), seen(7), vec![found(6)]).await, Ok(vec![]), "{how:?}");
        if !matches!(how, Harm::Garbled | Harm::Emptied) {
            assert_eq!(log(&history).await, ["1", "2", "3", "4"], "{how:?}");
        }
        history.close().await;
        end(history);
        let (history, _) = History::open(dir.path());
        let next = uidnext(&history).await.expect("it is known");
        // A mail that was owed is owed, or counts as not seen.
        let owed = history.unreported(&inbox()).await.expect("read");
        assert!(uids(&owed) == [5] || next == 5, "{how:?}: {owed:?}, {next}");
        if next == 7 {
            assert_eq!(tell(&history, 6).await, [] as [u32; 0], "{how:?}");
        }
        end(history);
        assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
    }
}

#[tokio::test]
async fn a_first_start_is_no_loss_and_a_mail_that_was_not_told_counts_as_not_seen() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    history.found(&inbox(), seen(4), vec![found(1), found(2), found(3)]).await.expect("kept");
    history.reported(vec![(inbox(), uid(1)), (inbox(), uid(3))]).await.expect("kept");
    end(history);
    harm(dir.path(), Harm::Removed);
    let (history, _) = History::open(dir.path());
    assert_eq!(uidnext(&history).await, Some(2));
}

#[tokio::test]
async fn a_watermark_that_cannot_be_understood_is_none() {
    for text in ["", "{}", "[1]", r#"{"version":2,"written":"","watches":[]}"#, "\u{0}\u{0}"] {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join(WATERMARK), text).expect("written");
        let history = opened(dir.path());
        assert_eq!(tell(&history, 1).await, [1]);
        end(history);
        let text = fs::read_to_string(dir.path().join(WATERMARK)).expect("written anew");
        assert!(text.contains(r#""uidnext":2"#), "{text}");
    }
}
