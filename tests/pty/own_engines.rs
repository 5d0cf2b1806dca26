//! `--own`: two engines on one configuration, each on a state directory of its own.

use std::fs;

use imap_misbehave::{NewMessage, PASSWORD};
use rustix::process::Signal;

use crate::process::{Process, command};
use crate::restarting::{Rig, idling, new_mail};
use crate::terminal::{BOUND, PROMPT};

/// A `watch` of its own in this directory, with these options besides.
fn own(rig: &Rig, option: &str, directory: &str) -> Process {
    let state = rig.home.path().join(directory).display().to_string();
    let config = rig.home.config();
    Process::of(command(&rig.home, &["watch", "--json", "--config", &config, "--state-dir", &state, option]))
}

#[test]
fn both_tell_the_mail_and_hooks_are_the_others_unless_they_are_asked_for() {
    let rig = Rig::new("");
    let ran = rig.home.path().join("ran");
    rig.configure(&format!(
        "password_command = [\"echo\", \"{PASSWORD}\"]\non_new_mail = [\"sh\", \"-c\", \"echo $PPID >> {}\"]",
        ran.display()
    ));
    let engine = rig.start(&["watch", "--json"]);
    let (mut quiet, hooking) = (own(&rig, "--own", "quiet"), own(&rig, "--own=hooks", "hooking"));
    for watch in [&engine, &quiet, &hooking] {
        watch.line("idling", idling);
    }
    let mut third = own(&rig, "--own", "quiet");
    assert_eq!(third.end(BOUND).code(), Some(1));
    let why = third.rest_of_errors().join("\n");
    assert!(why.contains("--own needs a state directory of its own"), "{why}");

    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "both"));
    let hook = |line: &str| line.contains("\"kind\":\"hook\"");
    quiet.line("the mail", new_mail);
    for watch in [&engine, &hooking] {
        watch.line("the hook", hook);
    }
    quiet.signal(Signal::INT);
    assert_eq!(quiet.end(PROMPT).code(), Some(0));
    assert!(!quiet.rest().iter().any(|line| hook(line)));
    let ran = fs::read_to_string(&ran).expect("they ran");
    let mut ran: Vec<&str> = ran.lines().collect();
    ran.sort_unstable();
    let mut expected = [engine.id().to_string(), hooking.id().to_string()];
    expected.sort_unstable();
    assert_eq!(ran, expected);
}

#[test]
fn it_needs_a_directory() {
    let rig = Rig::new("");
    let mut alone = Process::start(&rig.home, &["--own", "watch"]);
    assert_eq!(alone.end(PROMPT).code(), Some(2));
    let why = alone.rest_of_errors().join("\n");
    assert!(why.contains("--own needs --state-dir"), "{why}");
}
