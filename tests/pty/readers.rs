//! `watch --reader`: what comes while its reader is away is told at the next start, whoever is the engine.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};

use rustix::process::Signal;
use serde_json::Value;

use crate::home::Home;
use crate::process::{Process, command, end};
use crate::served::Served;
use crate::terminal::{BOUND, PROMPT};

fn served() -> (Served, Home) {
    let home = Home::new();
    let served = Served::start(&home, &["--every", "1s"]);
    home.write_config(served.config());
    (served, home)
}

fn watch(home: &Home, reader: &[&str]) -> Process {
    let (config, state) = (home.config(), home.state_dir());
    Process::start(home, &[&["watch", "--json", "--config", &config, "--state-dir", &state], reader].concat())
}

/// The UID of the mail that this line tells.
fn told(line: &str) -> Option<u64> {
    // The last line of one that was killed may be half of one.
    let event: Value = serde_json::from_str(line).ok()?;
    (event["kind"] == "new_mail").then(|| event["uid"].as_u64())?
}

/// Reads until two mails were told, kills the reader, and returns all that it told.
fn read_and_kill(mut reader: Process) -> Vec<u64> {
    let mut uids = Vec::new();
    while uids.len() < 2 {
        uids.extend(told(&reader.line("mail", |line| told(line).is_some())));
    }
    reader.signal(Signal::KILL);
    reader.end(BOUND);
    uids.extend(reader.rest().iter().filter_map(|line| told(line)));
    uids
}

/// Nothing between the first and the last is missing.
fn assert_nothing_is_lost(uids: &[u64]) {
    let told: BTreeSet<u64> = uids.iter().copied().collect();
    let (Some(first), Some(last)) = (told.first(), told.last()) else { panic!("mail was told") };
    assert_eq!(told.iter().copied().collect::<Vec<_>>(), (*first..=*last).collect::<Vec<_>>());
}

#[test]
fn a_reader_with_a_name_that_is_killed_beside_an_engine_misses_nothing() {
    let (_served, home) = served();
    let mut engine = watch(&home, &[]);
    engine.line("idling", |line| line.contains("\"to\":\"idling\""));
    let mut uids = Vec::new();
    for _ in 0..3 {
        uids.extend(read_and_kill(watch(&home, &["--reader", "fleet"])));
        // While it is away mail comes, and the engine tells it to its own reader.
        engine.line("mail", |line| told(line).is_some_and(|uid| uids.iter().all(|told| uid > *told)));
    }
    uids.extend(read_and_kill(watch(&home, &["--reader", "fleet"])));
    assert_nothing_is_lost(&uids);
    engine.signal(Signal::TERM);
    assert_eq!(engine.end(PROMPT).code(), Some(0));
}

#[test]
fn a_reader_with_a_name_that_is_the_engine_and_is_killed_misses_nothing() {
    let (served, home) = served();
    let mut uids = Vec::new();
    for _ in 0..4 {
        uids.extend(read_and_kill(watch(&home, &["--reader", "fleet"])));
    }
    assert_nothing_is_lost(&uids);
    drop(served);
}

#[test]
fn an_engine_whose_own_reader_has_left_stays_while_another_is_attached() {
    let (_served, home) = served();
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["watch", "--json", "--config", &config, "--state-dir", &state];
    let mut engine = command(&home, &arguments).spawn().expect("the program starts");
    let mut output = BufReader::new(engine.stdout.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("\"to\":\"idling\"") {
        line.clear();
        assert!(output.read_line(&mut line).expect("UTF-8") > 0, "it goes on");
    }
    let mut beside = watch(&home, &[]);
    beside.error("stands by");
    drop(output);
    // The engine notices at its next line, which is no later than that of the first of these.
    for _ in 0..3 {
        beside.line("mail", |line| told(line).is_some());
    }
    assert!(matches!(engine.try_wait(), Ok(None)), "it is still the engine");
    beside.signal(Signal::TERM);
    assert_eq!(beside.end(PROMPT).code(), Some(0));
    assert_eq!(end(&mut engine, BOUND).code(), Some(0));
    let errors = beside.rest_of_errors();
    assert!(errors.iter().all(|line| !line.contains("has ended")), "{errors:?}");
}
