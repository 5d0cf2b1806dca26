//! Real processes under `cmd`: they find out through a file whether one was left running.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::process::{Failure, Streams, TimeLimit, run};

/// Starts a `cmd` that starts another one, which waits and then writes the file.
fn two(file: &Path, seconds: u32) -> Command {
    let script = format!("ping -n {seconds} 127.0.0.1 >NUL & echo late >{}", file.display());
    let mut command = Command::new("cmd");
    command.args(["/C", "cmd", "/C", &script]).stdin(Stdio::null());
    command
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_what_it_has_started() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("late");
    let limit = TimeLimit { run: Duration::from_millis(500), grace: Duration::ZERO };
    let streams = Streams { input: None, output: None, errors: 1024 };
    let ran = run(two(&file, 4), streams, limit, None).await;
    assert!(matches!(ran.result, Err(Failure::TimedOut)), "{ran:?}");
    // A second run of the same length is over after the first would have written.
    let patient = TimeLimit { run: Duration::from_mins(1), grace: Duration::ZERO };
    let other = dir.path().join("other");
    let ran = run(two(&other, 6), streams, patient, None).await;
    assert!(ran.result.is_ok() && other.exists(), "{ran:?}");
    assert!(!file.exists(), "it ran on");
}
