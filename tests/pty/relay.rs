//! `relay`: what a front end on another machine talks to by ssh.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::home::Home;
use crate::process::{Process, command};
use crate::served::Served;
use crate::terminal::{BOUND, PROMPT};
use rustix::process::Signal;

const HELLO: &[u8] =
    b"{\"type\":\"hello\",\"version\":1,\"program\":\"test 1\",\"role\":\"test\"}\n{\"type\":\"attach\"}\n";

/// A relay, and its standard input.
fn relay(home: &Home) -> (Process, std::process::ChildStdin) {
    let mut command = command(home, &["relay", "--state-dir", &home.state_dir()]);
    let (read, write) = std::io::pipe().expect("a pipe");
    command.stdin(Stdio::from(read));
    // The command holds its end until it is dropped, which starting does.
    let process = Process::of(command);
    (process, std::process::ChildStdin::from(std::os::fd::OwnedFd::from(write)))
}

/// A server, and a `watch` on it that idles.
fn watched() -> (Process, Served, Home) {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let watch = Process::start(&home, &["watch", "--json", "--config", &config, "--state-dir", &state]);
    watch.line("idling", |line| line.contains("\"to\":\"idling\""));
    (watch, served, home)
}

#[test]
fn a_front_end_at_its_ends_talks_to_the_engine_and_both_ends_end_it() {
    let (mut watch, _served, home) = watched();
    let (mut joined, mut input) = relay(&home);
    input.write_all(HELLO).expect("it reads");
    let hello: Value =
        serde_json::from_str(&joined.line("anything", |_| true)).expect("nothing but the engine's lines");
    assert_eq!((&hello["type"], &hello["pid"]), (&"hello".into(), &watch.id().into()));
    let board: Value =
        serde_json::from_str(&joined.line("anything", |_| true)).expect("nothing but the engine's lines");
    assert_eq!(board["watches"][0]["watch"]["mailbox"], "INBOX");
    // The front end leaves.
    drop(input);
    assert_eq!(joined.end(PROMPT).code(), Some(0));
    // The engine leaves.
    let (mut joined, mut input) = relay(&home);
    input.write_all(HELLO).expect("it reads");
    joined.line("a board", |line| line.contains("\"type\":\"board\""));
    watch.signal(Signal::INT);
    assert_eq!(watch.end(PROMPT).code(), Some(0));
    assert_eq!(joined.end(PROMPT).code(), Some(0));
    assert!(joined.rest().iter().all(|line| line.starts_with('{')), "nothing but the engine's lines");
    drop(input);
}

#[test]
fn without_an_engine_it_says_so_and_nothing_on_standard_output() {
    let home = Home::new();
    let (mut joined, _input) = relay(&home);
    assert_eq!(joined.end(BOUND).code(), Some(1));
    assert_eq!(joined.rest(), [""; 0]);
    let said = joined.rest_of_errors().join("\n");
    assert!(said.starts_with("error: mailwatch-tui is not running on the state directory"), "{said}");
}
