//! The binary against servers that send far too much: it lives on, and its memory stays flat.
//!
//! Linux alone: what a process has used at most is read from /proc.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// What a watch may use at most, whatever a server sends.
const LIMIT_KIB: u64 = 64 * 1024;

/// How long a hostile server has its way.
const ATTACK: Duration = Duration::from_secs(4);

/// Long enough for a debug build on a busy machine to start.
const START: Duration = Duration::from_mins(1);

/// Ends the process with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the binary, whose temporary files go with this directory: killed, it takes none of them away.
fn binary(dir: &Path, arguments: &[&str]) -> (Ended, ChildStdout) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mailwatch-tui"))
        .args(arguments)
        .env("TMPDIR", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let stdout = child.stdout.take().expect("it is piped");
    (Ended(child), stdout)
}

/// A process's lines, read on a thread so that waiting for them has a bound.
fn lines(stdout: ChildStdout) -> mpsc::Receiver<String> {
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if tx.send(line).is_err() {
                return;
            }
        }
    });
    rx
}

fn most_used_kib(child: &Ended) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.0.id())).expect("the process lives");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux tells it");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

fn attacked_by(scenario: &str) {
    let dir = tempfile::tempdir().expect("a directory");
    let (_server, stdout) = binary(dir.path(), &["demo", "--serve", "--scenario", scenario, "--every", "1s"]);
    let told = lines(stdout);
    let mut config = String::new();
    // The last line of what the server prints to be used as a configuration.
    while !config.contains("max_connections") {
        let line = told.recv_timeout(START).expect("the server says how to get there");
        if line.starts_with("[[account]]") || !config.is_empty() {
            config.push_str(&line);
            config.push('\n');
        }
    }
    let file = dir.path().join("config.toml");
    fs::File::create(&file).and_then(|mut file| file.write_all(config.as_bytes())).expect("it is written");
    let (file, state) = (file.to_string_lossy().into_owned(), dir.path().join("state").to_string_lossy().into_owned());
    let (watch, stdout) = binary(dir.path(), &["--config", &file, "--state-dir", &state, "watch", "--json"]);
    let events = lines(stdout);
    let first = events.recv_timeout(START).expect("it begins");
    assert!(first.contains("\"connecting\""), "{scenario}: {first}");
    let mut seen = 1;
    while seen <= 3 {
        let met = events.recv_timeout(START);
        assert!(met.is_ok(), "{scenario}: the attack was never met");
        seen += 1;
    }
    let until = Instant::now() + ATTACK;
    while events.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {
        seen += 1;
    }
    let used = most_used_kib(&watch);
    assert!(used < LIMIT_KIB, "{scenario}: {used} KiB after {seen} events");
}

#[test]
fn an_endless_line_costs_no_memory() {
    attacked_by("endless-line");
    attacked_by("endless-greeting");
}

#[test]
fn a_huge_literal_costs_no_memory() {
    attacked_by("huge-literal");
    attacked_by("huge-literal-sent");
    attacked_by("huge-literal-greeting");
}

#[test]
fn floods_and_depths_cost_no_memory() {
    attacked_by("expunge-burst=1s");
    attacked_by("flood-after-done");
    attacked_by("flood=10ms");
    attacked_by("deep-nesting");
    attacked_by("odd-lines");
}
