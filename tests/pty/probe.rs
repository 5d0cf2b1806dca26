//! `probe`: the cliff is found, what was measured is kept, and Ctrl-C leaves nothing half done.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::home::{Home, PROGRAM};
use crate::process::Process;
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start};

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
    // For engines: it does not end a probe.
    program.signal(Signal::USR1);
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

fn saved(home: &Home) -> String {
    std::fs::read_to_string(home.config()).expect("a configuration")
}

#[test]
fn what_is_recommended_is_saved_with_every_comment_and_only_once() {
    let home = Home::new();
    let _served = served(&home, "ignores-done-forever=4s");
    let before = format!("# mine\n{}# the end\n", saved(&home));
    home.write_config(&before);
    let ages = ["--ages", "1s,2s,6s"];
    let mut program = probe(&home, &[&ages[..], &["--save", "--yes", "--json"]].concat());
    program.line("the whole", |line| line.contains("\"probe\""));
    let line: Value = serde_json::from_str(&program.line("what was saved", |_| true)).expect("JSON");
    assert_eq!((&line["kind"], &line["to_ms"], &line["changed"]), (&"probe_saved".into(), &2000.into(), &true.into()));
    assert_eq!(line["path"], home.config());
    assert_eq!(program.end(BOUND).code(), Some(0));
    let after = before.replace("{ done = \"2s\" }", "{ done = \"2s\", reissue = \"2s\" }");
    assert_eq!(saved(&home), after);

    let mut again = probe(&home, &[&ages[..], &["--save", "--yes"]].concat());
    assert_eq!(again.end(BOUND).code(), Some(0));
    assert!(again.rest().join("\n").contains("already: nothing was written"));
    assert_eq!(saved(&home), after);
}

#[test]
fn without_a_recommendation_or_broken_off_nothing_is_saved() {
    let home = Home::new();
    let _served = served(&home, "ignores-done-forever=0s");
    let before = saved(&home);
    let mut program = probe(&home, &["--ages", "1s", "--save", "--yes"]);
    program.error("nothing was saved: the probe recommends no reissue");
    assert_eq!(program.end(BOUND).code(), Some(1));
    assert_eq!(saved(&home), before);

    let home = Home::new();
    let _served = served(&home, "healthy");
    let before = saved(&home);
    let mut program = probe(&home, &["--ages", "1s,20m", "--json", "--save", "--yes"]);
    program.line("the first age", |line| line.contains("probe_age"));
    program.signal(Signal::INT);
    program.error("nothing was saved: the probe was interrupted");
    assert_eq!(program.end(BOUND).code(), Some(1));
    assert_eq!(saved(&home), before);
}

#[test]
fn a_reissue_that_no_idle_was_seen_to_fail_at_is_not_lowered() {
    let home = Home::new();
    let _served = served(&home, "healthy");
    let before = saved(&home);
    let mut program = probe(&home, &["--ages", "1s", "--save", "--yes"]);
    program.error("nothing was saved: reissue is 4m, and no IDLE up to that age failed");
    assert_eq!(program.end(BOUND).code(), Some(1));
    assert_eq!(saved(&home), before);
}

#[test]
fn nobody_to_ask_is_said_before_anything_is_measured() {
    let home = Home::new();
    let _served = served(&home, "healthy");
    let mut program = probe(&home, &["--ages", "29m", "--save"]);
    program.error("add --yes");
    assert_eq!(program.end(BOUND).code(), Some(2));
}

#[test]
fn at_a_terminal_it_is_asked_for_and_control_c_is_a_no() {
    for (answer, code) in [("\r", 0), ("n\r", 1), ("\u{3}", 1)] {
        let home = Home::new();
        let served = served(&home, "healthy");
        home.write_config(&saved(&home).replace("done = \"2s\"", "done = \"2s\", reissue = \"1s\""));
        let before = saved(&home);
        let config = home.config();
        let arguments = ["probe", "demo", "--config", &config, "--ages", "2s", "--wait", "0s", "--save"];
        let mut terminal = Start::program(home, PROGRAM, &arguments).size(LARGE).open();
        terminal.wait_text("Write reissue = \"2s\" for account demo, now 1s, into ");
        terminal.wait_text("[Y/n]");
        terminal.press(answer);
        assert_eq!(terminal.end(PROMPT), code, "{answer:?}");
        assert_eq!(saved(&terminal.home) != before, code == 0, "{answer:?}: {}", terminal.contents());
        drop(served);
    }
}

#[test]
fn ages_that_no_idle_may_have_are_bad_use() {
    let home = Home::new();
    for age in ["0s", "30m", "4"] {
        let mut program = probe(&home, &["--ages", age]);
        assert_eq!(program.end(BOUND).code(), Some(2), "{age}");
    }
}
