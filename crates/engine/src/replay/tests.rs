//! Files of strangers: what they are refused with, and that they do nothing.

mod databases;
mod reports;

use std::path::Path;
use std::time::Instant;

use super::*;

/// Opens a file, and what is said of it.
fn refusal(path: &Path) -> String {
    open(path).expect_err("it is refused").to_string()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a directory");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

#[test]
fn what_is_neither_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let missing = refusal(&dir.path().join("none.tar.gz"));
    assert!(missing.contains("none.tar.gz cannot be opened"), "{missing}");
    for (name, bytes) in [("empty", &b""[..]), ("text", b"hello"), ("zip", b"PK\x03\x04")] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        assert!(refusal(&path).ends_with("is neither a report (.tar.gz) nor a history.db"), "{name}");
    }
    assert!(refusal(dir.path()).ends_with("is neither a report (.tar.gz) nor a history.db"));
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_waits_for_a_fifo_or_reads_a_device() {
    let dir = tempfile::tempdir().expect("a directory");
    let fifo = dir.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs");
    assert!(made.success());
    assert!(matches!(open(&fifo), Err(NotOpened::Unknown(_))));
    assert!(matches!(open(Path::new("/dev/zero")), Err(NotOpened::Unknown(_))));
}

/// A board at the end of what a file keeps.
fn last_board(material: Material) -> mailwatch_proto::model::Board {
    let replay = Replay::new(material, Instant::now());
    let (begin, end) = replay.span();
    replay.board(end, begin)
}
