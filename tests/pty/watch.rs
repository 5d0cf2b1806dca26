//! `watch`: the program without a screen, on a server in a process of its own.

use std::time::Instant;

use rustix::process::Signal;
use serde_json::Value;

use crate::home::Home;
use crate::process::{Process, command, end};
use crate::served::Served;
use crate::terminal::{PROMPT, promised};

/// A server and a `watch --json` on it. The home goes last: the others live in it.
struct Rig {
    watch: Process,
    _served: Served,
    home: Home,
}

impl Rig {
    fn start(serve: &[&str]) -> Self {
        let home = Home::new();
        let served = Served::start(&home, serve);
        home.write_config(served.config());
        let watch = Process::start(&home, &arguments(&home, true).each_ref().map(String::as_str));
        Self { watch, _served: served, home }
    }

    /// The next line of this kind, whose field holds this value.
    fn event(&self, kind: &str, field: &str, value: &str) -> Value {
        let wanted = |line: &str| {
            let event = parse(line);
            event["kind"] == kind && event[field] == value
        };
        parse(&self.watch.line(&format!("{kind} with {field} {value}"), wanted))
    }
}

fn arguments(home: &Home, json: bool) -> [String; 6] {
    let format = if json { "--json" } else { "-v" };
    ["watch", format, "--config", &home.config(), "--state-dir", &home.state_dir()].map(ToOwned::to_owned)
}

/// A line of `watch --json`: valid, and with what every line has.
fn parse(line: &str) -> Value {
    let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
    let stamp: jiff::Timestamp = event["ts"].as_str().and_then(|ts| ts.parse().ok()).expect("a time in each line");
    assert_eq!(event["ts"], format!("{stamp:.3}"), "milliseconds, UTC: {line}");
    assert!(event["kind"].is_string(), "{line}");
    event
}

#[test]
fn every_line_is_an_event_and_an_interrupt_ends_it_in_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut rig = Rig::start(&["--every", "1s"]);
        let first = parse(&rig.watch.line("anything", |_| true));
        assert_eq!((&first["kind"], &first["from"]), (&Value::from("phase"), &Value::Null));
        rig.event("phase", "to", "idling");
        let mail = rig.event("new_mail", "account", "demo");
        assert!(mail["uid"].is_u64() && mail["subject"].is_string() && mail["gap"].is_boolean(), "{mail}");
        rig.watch.signal(signal);
        assert_eq!(rig.watch.end(PROMPT).code(), Some(0), "{signal:?}");
        for line in rig.watch.rest() {
            parse(&line);
        }
        // A machine on which nobody answers for so long is told of, and is no fault of the program's.
        let errors = rig.watch.rest_of_errors().into_iter().filter(|line| !line.contains("did not end in time"));
        assert_eq!(errors.collect::<Vec<_>>(), [""; 0]);
    }
}

#[test]
fn the_end_is_done_and_logout() {
    let mut rig = Rig::start(&[]);
    rig.event("phase", "to", "idling");
    rig.watch.signal(Signal::INT);
    assert_eq!(rig.event("done_sent", "reason", "shutdown")["account"], "demo");
    rig.event("done_answered", "status", "OK");
    assert_eq!(rig.watch.end(PROMPT).code(), Some(0));
}

#[test]
fn an_interrupt_ends_it_in_two_seconds_though_the_server_never_answers() {
    promised(|| {
        let mut rig = Rig::start(&["--scenario", "ignores-done-forever=0s"]);
        rig.event("phase", "to", "idling");
        rig.watch.signal(Signal::INT);
        let asked = Instant::now();
        assert_eq!(rig.watch.end(PROMPT).code(), Some(0));
        asked.elapsed()
    });
}

#[test]
fn sigusr1_ends_every_idle_now() {
    let rig = Rig::start(&[]);
    rig.event("phase", "to", "idling");
    rig.watch.signal(Signal::USR1);
    rig.event("done_sent", "reason", "user");
    assert_eq!(rig.event("done_answered", "reason", "user")["late"], false);
}

#[test]
fn a_reader_who_leaves_ends_it_without_a_word() {
    for json in [true, false] {
        let home = Home::new();
        let served = Served::start(&home, &["--every", "1s"]);
        home.write_config(served.config());
        let mut child = command(&home, &arguments(&home, json)[..].iter().map(String::as_str).collect::<Vec<_>>())
            .spawn()
            .expect("the program starts");
        let mut byte = [0];
        let mut output = child.stdout.take().expect("piped");
        std::io::Read::read_exact(&mut output, &mut byte).expect("a line begins");
        drop(output);
        assert_eq!(end(&mut child, crate::terminal::BOUND).code(), Some(0));
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().expect("piped"), &mut said).expect("UTF-8");
        assert!(!said.contains("error") && !said.contains("Broken pipe"), "{said}");
    }
}

#[test]
fn a_configuration_that_broke_is_told_at_sighup_and_the_watching_goes_on() {
    let mut rig = Rig::start(&[]);
    rig.event("phase", "to", "idling");
    rig.home.write_config("[[account]]\nname = 3\n");
    rig.watch.signal(Signal::HUP);
    rig.watch.error("stays in force");
    // On the connection that was there before: nothing was touched.
    rig.watch.signal(Signal::USR1);
    rig.event("done_sent", "reason", "user");
    rig.watch.signal(Signal::INT);
    assert_eq!(rig.watch.end(PROMPT).code(), Some(0));
}

#[test]
fn a_new_configuration_is_in_force_after_sighup() {
    let mut rig = Rig::start(&["--mailboxes", "2"]);
    rig.event("phase", "to", "idling");
    let renamed = std::fs::read_to_string(rig.home.config()).expect("written").replace("\"demo\"", "\"renamed\"");
    rig.home.write_config(&renamed);
    rig.watch.signal(Signal::HUP);
    let wanted = |line: &str| parse(line)["account"] == "renamed" && parse(line)["to"] == "idling";
    rig.watch.line("the renamed account", wanted);
    rig.watch.signal(Signal::INT);
    assert_eq!(rig.watch.end(PROMPT).code(), Some(0));
}

#[test]
fn a_watch_that_did_not_change_keeps_its_connection_at_sighup() {
    let mut rig = Rig::start(&[]);
    let conn = rig.event("phase", "to", "idling")["conn"].clone();
    let config = std::fs::read_to_string(rig.home.config()).expect("written");
    let account = config.split("[[account]]").nth(1).expect("an account").replace("\"demo\"", "\"second\"");
    rig.home.write_config(&format!("{config}\n[[account]]{account}"));
    rig.watch.signal(Signal::HUP);
    let wanted = |line: &str| {
        let event = parse(line);
        let untouched = event["account"] != "demo" || (event["kind"] != "phase" && event["kind"] != "done_sent");
        assert!(untouched, "the first account was touched: {line}");
        event["account"] == "second" && event["to"] == "idling"
    };
    rig.watch.line("the second account", wanted);
    rig.watch.signal(Signal::USR1);
    let done = |line: &str| parse(line)["kind"] == "done_sent" && parse(line)["account"] == "demo";
    assert_eq!(parse(&rig.watch.line("the first account's DONE", done))["conn"], conn);
    rig.watch.signal(Signal::INT);
    assert_eq!(rig.watch.end(PROMPT).code(), Some(0));
}

#[test]
fn a_wrong_password_on_every_watch_is_said_and_the_program_goes_on() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(&served.config().replace(imap_misbehave::PASSWORD, "not-it"));
    let mut watch = Process::start(&home, &arguments(&home, true).each_ref().map(String::as_str));
    watch.line("a fault of the login", |line| line.contains("\"class\":\"auth\"") && line.contains("\"retry\":false"));
    watch.line("its phase", |line| line.contains("\"to\":\"failed\""));
    watch.signal(Signal::TERM);
    assert_eq!(watch.end(crate::terminal::BOUND).code(), Some(0));
}
