//! `check`, `probe` and `report` beside an engine that runs: it does the work, with what only it has.

use std::time::Duration;

use rustix::process::Signal;

use crate::home::Home;
use crate::process::{Process, command};
use crate::served::Served;
use crate::terminal::PROMPT;

/// A check has an IDLE of 3 s, and the machine may be busy.
const BOUND: Duration = Duration::from_secs(40);

/// Only who has this variable can log in.
const VARIABLE: &str = "OF_THE_ENGINE";

/// A `watch` that can log in, in a home where nobody else can.
fn rig() -> (Home, Served, Process) {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let (before, printed) = served.config().split_once("password_command = ").expect("a command");
    let (words, after) = printed.split_once('\n').expect("a line");
    let script = words.trim_matches(['[', ']']).replace(['"', ','], "");
    let config =
        format!("{before}password_command = [\"sh\", \"-c\", \"test -n \\\"${VARIABLE}\\\" && {script}\"]\n{after}");
    home.write_config(&config);
    let engine = engine(&home);
    (home, served, engine)
}

fn engine(home: &Home) -> Process {
    let (config, state) = (home.config(), home.state_dir());
    let mut engine = command(home, &["watch", "--json", "--config", &config, "--state-dir", &state]);
    engine.env(VARIABLE, "yes");
    let engine = Process::of(engine);
    engine.line("idling", |line| line.contains("\"to\":\"idling\""));
    engine
}

/// The exit code, and what was said.
fn run(home: &Home, more: &[&str]) -> (Option<i32>, String, String) {
    let (config, state) = (home.config(), home.state_dir());
    let mut program = Process::start(home, &[more, &["--config", &config, "--state-dir", &state]].concat());
    let code = program.end(BOUND).code();
    (code, program.rest().join("\n"), program.rest_of_errors().join("\n"))
}

#[test]
fn a_check_and_a_probe_have_the_engines_secrets_while_it_runs_and_their_own_once_it_has_ended() {
    let (home, _served, mut engine) = rig();
    let (code, said, errors) = run(&home, &["check", "--json"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{said}");
    assert_eq!(said.lines().count(), 11, "every step: {said}");
    let (code, said, errors) = run(&home, &["probe", "demo", "--ages", "1s", "--wait", "0s", "--json"]);
    assert_eq!(code, Some(0), "{said} {errors}");
    assert!(said.contains("\"age_ms\":1000") && said.contains("\"reissue_ms\":1000"), "{said}");
    assert!(errors.contains("its connections and these 1 count together"), "{errors}");
    engine.signal(Signal::INT);
    assert_eq!(engine.end(PROMPT).code(), Some(0));
    let (code, said, _) = run(&home, &["check", "--json"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.lines().last().is_some_and(|line| line.contains("\"class\":\"secret\"")), "{said}");
}

#[test]
fn a_report_is_what_the_engine_knows_and_is_written_here() {
    let (home, _served, _engine) = rig();
    let into = home.path().join("here.tar.gz");
    let output = into.display().to_string();
    let (code, said, errors) = run(&home, &["report", "-o", &output]);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{said}");
    assert!(said.starts_with(&output) && said.contains("no stall"), "{said}");
    assert!(std::fs::read(&into).is_ok_and(|bytes| bytes.starts_with(&[0x1f, 0x8b])), "gzip");
    let (code, _, errors) = run(&home, &["report", "-o", &output]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("already exists"), "{errors}");
    let (code, _, errors) = run(&home, &["report", "-o", &output, "--force", "--watch", "demo/Nowhere"]);
    assert_eq!(code, Some(2), "a watch that is none is bad use");
    assert!(errors.contains("nothing is known of demo/Nowhere"), "{errors}");
}

#[test]
fn who_leaves_a_probe_has_it_broken_off_and_what_it_measured_is_kept() {
    let (home, _served, _engine) = rig();
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["probe", "demo", "--ages", "1s,20m", "--json", "--config", &config, "--state-dir", &state];
    let mut program = Process::start(&home, &arguments);
    program.line("the first age", |line| line.contains("probe_age"));
    program.signal(Signal::INT);
    assert_eq!(program.end(BOUND).code(), Some(0));
    let rest = program.rest().join("\n");
    assert!(rest.contains("\"safe_ms\":1000"), "{rest}");
    let (code, _, errors) = run(&home, &["probe", "demo", "--ages", "1s", "--json"]);
    assert_eq!(code, Some(0));
    assert!(errors.starts_with("1 of 1 ages are known from the last 7 days"), "{errors}");
}

#[test]
fn a_history_that_stays_prints_what_comes_from_one_engine_to_the_next_and_each_row_once() {
    let (home, _served, mut running) = rig();
    let state = home.state_dir();
    let live = |more: &[&str]| {
        Process::start(&home, &[&["history", "receipts", "--live", "--state-dir", &state], more].concat())
    };
    let (json, table) = (live(&["--json"]), live(&[]));
    let done = || {
        let (code, said, errors) = run(&home, &["ctl", "done"]);
        assert_eq!(code, Some(0), "{said} {errors}");
    };
    done();
    json.line("the first", |line| line.contains("\"reason\":\"user\""));
    table.line("its head", |line| line.starts_with("WHEN"));
    table.line("the first", |line| line.contains(" user "));
    done();
    json.line("the second", |line| line.contains("\"reason\":\"user\""));
    table.line("the second", |line| line.contains(" user "));
    let mut rows = Vec::new();
    for (signal, why) in [(Signal::KILL, ""), (Signal::INT, ": stopped by a signal")] {
        running.signal(signal);
        running.end(PROMPT);
        for program in [&json, &table] {
            program.error(&format!("mailwatch-tui has ended{why}; waiting for the next engine"));
        }
        running = engine(&home);
        done();
        rows.push(json.line("one of the next engine", |line| line.contains("\"reason\":\"user\"")));
        table.line("one of the next engine", |line| line.contains(" user "));
    }
    for (mut program, head) in [(json, "{"), (table, "2")] {
        program.signal(Signal::INT);
        assert_eq!(program.end(PROMPT).code(), Some(0));
        assert_eq!(program.rest_of_errors(), [""; 0]);
        let rest = program.rest();
        assert!(rest.iter().all(|line| line.starts_with(head) && !rows.contains(line)), "{rest:?} {rows:?}");
    }
    running.signal(Signal::INT);
    assert_eq!(running.end(PROMPT).code(), Some(0));
    let mut none = live(&[]);
    assert_eq!(none.end(PROMPT).code(), Some(1));
}
