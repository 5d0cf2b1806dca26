//! The program as the first process of a container: it passes signals on, and reaps processes whose parents are gone.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::NAMESPACES;
use crate::S;
use crate::link::Link;
use crate::needs::tests;
use crate::program::Program;
use crate::server::Served;

tests! {
    [&NAMESPACES] =>
        as_the_first_process_it_reaps_what_a_hook_leaves_behind_and_ends_within_two_seconds,
        as_the_first_process_it_ends_with_the_status_of_its_work;
}

/// Time for a program to start, or to connect, on a busy machine.
const BOUND: Duration = Duration::from_secs(20);

/// DONE and LOGOUT have two seconds; the rest is for a busy machine.
const END: Duration = Duration::from_secs(4);

/// It ends, and leaves a process running.
const HOOK: &str = r#"on_new_mail = ["sh", "-c", "sleep 3600 </dev/null >/dev/null 2>&1 &"]"#;

fn as_the_first_process_it_reaps_what_a_hook_leaves_behind_and_ends_within_two_seconds() {
    let link = Link::make();
    let served = Served::start(&link);
    let mut command = link.in_client("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--kill-child", env!("CARGO_BIN_EXE_mailwatch-tui")]);
    let mut program = Program::start_by(command, &served, "", HOOK);
    program.idling(BOUND);
    let first = only_child(program.process);
    let work = only_child(first);

    served.deliver("hello");
    program.ever(BOUND, "new_mail", |event| event["subject"] == "hello");
    let hook = program.ever(BOUND, "hook", |_| true);
    assert_eq!(hook.event["exit"], 0, "the program gets its own child's status: {}", hook.event);
    let left: Vec<Pid> = children(first).into_iter().filter(|child| *child != work).collect();
    let [left] = left.as_slice() else { panic!("the hook left {left:?} to {first:?}, not one process") };
    kill_process(*left, Signal::KILL).expect("it runs");
    wait_until("the process that the hook left is reaped", || !of(*left).exists());

    program.process = first;
    let asked = Instant::now();
    let said = program.stop();
    assert!(asked.elapsed() < END, "{:?}", asked.elapsed());
    assert_eq!(said.iter().filter(|said| said.event["kind"] == "new_mail").count(), 1);
    served.wait(S, "no connection is left", |server| server.idling() == 0);
}

fn as_the_first_process_it_ends_with_the_status_of_its_work() {
    let link = Link::make();
    let mut command = link.in_client("unshare");
    command.args(["--pid", "--fork", "--mount-proc", env!("CARGO_BIN_EXE_mailwatch-tui")]);
    command.args(["config", "check", "--config", "/nonexistent/config.toml"]);
    let output = command.output().expect("unshare runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("/nonexistent/config.toml"), "{said}");
}

/// A process in /proc.
fn of(process: Pid) -> PathBuf {
    format!("/proc/{}", process.as_raw_nonzero()).into()
}

/// Its children, zombies too.
fn children(process: Pid) -> Vec<Pid> {
    let mut found = Vec::new();
    for thread in fs::read_dir(of(process).join("task")).expect("it runs") {
        let children = fs::read_to_string(thread.expect("a thread").path().join("children")).expect("it runs");
        found.extend(children.split_whitespace().filter_map(|child| Pid::from_raw(child.parse().ok()?)));
    }
    found
}

fn only_child(process: Pid) -> Pid {
    match children(process).as_slice() {
        [only] => *only,
        all => panic!("{process:?} has not one child but {all:?}"),
    }
}

#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let by = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < by, "not within {BOUND:?}: {what}");
        std::thread::yield_now();
    }
}
