//! `check`: each step as a line, its exit code the answer.

use std::time::Duration;

use serde_json::Value;

use crate::home::Home;
use crate::process::Process;
use crate::served::Served;

/// An ignored DONE takes `done` in all.
const BOUND: Duration = Duration::from_secs(30);

fn check(serve: &[&str]) -> (Option<i32>, Vec<Value>) {
    let home = Home::new();
    let served = Served::start(&home, serve);
    home.write_config(&format!("{}timers = {{ done = \"2s\" }}\n", served.config()));
    let mut program = Process::start(&home, &["check", "demo", "--json", "--config", &home.config()]);
    let status = program.end(BOUND);
    let steps = program.rest().iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    (status.code(), steps)
}

#[test]
fn a_healthy_server_passes_every_step_and_exits_with_0() {
    let (code, steps) = check(&[]);
    assert_eq!(code, Some(0), "{steps:?}");
    let names: Vec<_> = steps.iter().map(|step| step["step"].as_str().expect("a name")).collect();
    let all = ["dns", "tcp", "tls", "greeting", "login", "capabilities", "id", "examine", "idle", "done", "list"];
    assert_eq!(names, all);
    assert!(steps.iter().all(|step| step["outcome"] == "done" && step["took_ms"].is_u64()), "{steps:?}");
    assert!(steps[2]["text"].as_str().is_some_and(|text| text.starts_with("TLS 1.3, ")), "{:?}", steps[2]);
    assert!(steps[10]["text"].as_str().is_some_and(|text| text.contains("INBOX")), "{:?}", steps[10]);
}

#[test]
fn an_ignored_done_is_told_with_its_verdict_and_exits_with_1() {
    let (code, steps) = check(&["--scenario", "ignores-done-forever=1s"]);
    assert_eq!(code, Some(1), "{steps:?}");
    let last = steps.last().expect("a step");
    assert_eq!((last["step"].as_str(), last["outcome"].as_str()), (Some("done"), Some("failed")));
    let verdict = if cfg!(target_os = "linux") { "server-ignoring: " } else { "not-known: " };
    assert!(last["text"].as_str().is_some_and(|text| text.starts_with(verdict)), "{last}");
}

#[test]
fn a_signal_that_is_for_the_engine_does_not_end_a_check() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let mut program = Process::start(&home, &["check", "demo", "--json", "--config", &home.config()]);
    program.line("a step", |line| line.contains("\"dns\""));
    program.signal(rustix::process::Signal::USR1);
    assert_eq!(program.end(BOUND).code(), Some(0));
}

#[test]
fn a_log_that_cannot_be_written_is_told_with_its_path() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let state = home.path().join("state");
    // A directory in its place: nobody can write to that, root included.
    std::fs::create_dir_all(state.join("mailwatch.log")).expect("made");
    let state = state.to_string_lossy().into_owned();
    let mut program =
        Process::start(&home, &["check", "demo", "--json", "--config", &home.config(), "--state-dir", &state]);
    let warning = program.error("cannot be written");
    assert!(warning.starts_with("warning: the log ") && warning.contains("mailwatch.log"), "{warning}");
    assert_eq!(program.end(BOUND).code(), Some(0));
}
