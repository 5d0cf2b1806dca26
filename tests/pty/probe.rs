//! `probe`: the cliff is found, what was measured is kept, and Ctrl-C leaves nothing half done.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::home::Home;
use crate::process::Process;
use crate::served::Served;

/// The oldest IDLE, an ignored DONE, and a busy machine.
const BOUND: Duration = Duration::from_secs(40);

fn probe(home: &Home, more: &[&str]) -> Process {
    let config = home.config();
    Process::start(home, &[&["probe", "demo/INBOX", "--config", &config, "--wait", "0s"], more].concat())
}

fn served(home: &Home, scenario: &str) -> Served {
    let served = Served::start(home, &["--scenario", scenario]);
    home.write_config(&format!("{}timers = {{ done = \"2s\" }}\n", served.config()));
    served
}

fn json(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_cliff_is_found_and_known_the_next_time() {
    let home = Home::new();
    // Far from the ages on either side: a busy machine ends an IDLE late.
    let _served = served(&home, "ignores-done-forever=4s");
    let mut program = probe(&home, &["--ages", "1s,2s,6s", "--json"]);
    assert_eq!(program.end(BOUND).code(), Some(0));
    let lines = json(&program.rest());
    assert_eq!(lines.len(), 4, "an age a line, and the whole: {lines:?}");
    let whole = lines.last().expect("the whole");
    assert_eq!(
        (&whole["safe_ms"], &whole["cliff_ms"], &whole["reissue_ms"]),
        (&2000.into(), &6000.into(), &2000.into())
    );
    assert!(whole["ages"].as_array().is_some_and(|ages| ages.iter().all(|age| age["basis"] == "measured")), "{whole}");
    let ignored = lines.iter().find(|line| line["age_ms"] == 6000).expect("the ignored one");
    assert_eq!(ignored["outcome"], "ignored");

    let mut again = probe(&home, &["--ages", "1s,2s,6s,9s"]);
    let said = again.error("known from the last 7 days");
    assert!(said.starts_with("3 of 4 ages"), "{said}");
    assert_eq!(again.end(BOUND).code(), Some(0));
    let table = again.rest().join("\n");
    assert!(table.contains("reissue = \"2s\" is safe"), "{table}");
}

#[test]
fn broken_off_it_keeps_what_it_has_and_shows_it() {
    let home = Home::new();
    let _served = served(&home, "healthy");
    let mut program = probe(&home, &["--ages", "1s,20m", "--json"]);
    program.line("the first age", |line| line.contains("probe_age"));
    program.signal(Signal::INT);
    assert_eq!(program.end(BOUND).code(), Some(0));
    let lines = json(&program.rest());
    let whole = lines.last().expect("the whole");
    assert_eq!((lines.len(), &whole["safe_ms"]), (1, &1000.into()), "{lines:?}");
    assert_eq!(whole["ages"][1]["standing"], "unknown");
}

#[test]
fn a_server_that_cannot_be_reached_is_told_and_exits_with_1() {
    let home = Home::new();
    drop(served(&home, "healthy"));
    let mut program = probe(&home, &["--ages", "1s"]);
    assert_eq!(program.end(BOUND).code(), Some(1));
    let table = program.rest().join("\n");
    assert!(table.contains("not measured") && table.contains("Nothing could be measured"), "{table}");
}

#[test]
fn ages_that_no_idle_may_have_are_bad_use() {
    let home = Home::new();
    for age in ["0s", "30m", "4"] {
        let mut program = probe(&home, &["--ages", age]);
        assert_eq!(program.end(BOUND).code(), Some(2), "{age}");
    }
}
