//! `open`: a report and a history in the screen. No key reaches anyone, and nothing is written.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use crate::home::{Home, PROGRAM};
use crate::process::command;
use crate::terminal::{LARGE, PROMPT, Size, Start, Terminal};

/// The records of a report: a healthy watch, and one whose server ignored DONE once.
const STATE: &str = include_str!("../open/state.jsonl");

/// A report with these records.
fn report(state: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in [("report/summary.md", "# A page"), ("report/state.jsonl", state)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        archive.append_data(&mut header, name, text.as_bytes()).expect("packed");
    }
    archive.into_inner().and_then(flate2::write::GzEncoder::finish).expect("packed")
}

/// The screen on a report, two hours east of Greenwich.
pub fn opened(home: Home, size: Size, arguments: &[&str]) -> Terminal {
    let path = home.path().join("case-4711.tar.gz");
    fs::write(&path, report(STATE)).expect("written");
    let path = path.display().to_string();
    let (config, state) = (home.config(), home.state_dir());
    let all = [&["open", &path, "--config", &config, "--state-dir", &state], arguments].concat();
    Start::program(home, PROGRAM, &all).env("TZ", "EET-2").size(size).open()
}

#[test]
fn a_report_is_looked_at_and_no_key_reaches_anyone() {
    let mut terminal = opened(Home::new(), LARGE, &[]);
    terminal.wait_text("case-4711.tar.gz");
    terminal.wait_text("Wed 2026-11-25 12:00:00.000 +02:00");
    terminal.press("<");
    terminal.wait_text("Tue 2026-11-24 14:00:10.000 +02:00");
    terminal.wait_row("gmail/INBOX", "replacing");
    terminal.wait_text("gmail/INBOX ignores DONE from 5:00 on");
    for key in ["d", "D", "r", "p", "+", "-", "t", "u", " ", "e", "R", "a"] {
        terminal.press(key);
        terminal.wait_text("this is a file: no engine and no server hears this key");
        terminal.press("3");
        terminal.wait_gone("this is a file");
    }
    terminal.press("1\r");
    terminal.wait_text("Details gmail/INBOX");
    terminal.press("\x1b");
    terminal.wait_gone("Details gmail/INBOX");
    // The line stands where the moment is; a filter stays while one moves.
    terminal.press("3/stall\r.");
    terminal.wait_text("filter: stall");
    terminal.press("\x1b");
    terminal.wait_gone("filter: stall");
    terminal.press("\x1b[F");
    terminal.wait_text("new  sender and subject: left out of this file");
    let home = terminal.home.path().to_owned();
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
    assert_eq!(fs::read(home.join("case-4711.tar.gz")).expect("there"), report(STATE), "the file is as it was");
    assert!(!Path::new(&terminal.home.state_dir()).exists(), "no state directory is made");
}

#[test]
fn a_history_of_0_1_0_is_looked_at_and_left_alone() {
    let home = Home::new();
    let mut file = Vec::new();
    let packed = &include_bytes!("../../crates/engine/src/history/tests/history-0.1.0.db.gz")[..];
    flate2::read::GzDecoder::new(packed).read_to_end(&mut file).expect("it unpacks");
    let path = home.path().join("old.db");
    fs::write(&path, &file).expect("written");
    let name = path.display().to_string();
    let (config, state) = (home.config(), home.state_dir());
    let start = Start::program(home, PROGRAM, &["open", &name, "--config", &config, "--state-dir", &state]);
    let mut terminal = start.size(LARGE).open();
    terminal.wait_text("old.db");
    terminal.wait_text("demo/INBOX");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
    assert_eq!(fs::read(&path).expect("there"), file);
    let beside: Vec<_> = fs::read_dir(terminal.home.path()).expect("there").flatten().collect();
    assert!(!beside.iter().any(|entry| entry.file_name().to_string_lossy().starts_with("old.db-")), "{beside:?}");
}

#[test]
fn what_cannot_be_opened_is_said_with_file_entry_and_line() {
    let home = Home::new();
    let wrong = STATE.replacen("\"conn\":1", "\"conn\":\"one\"", 1);
    let line = wrong.lines().position(|line| line.contains("\"one\"")).expect("a line") + 1;
    for (name, bytes, said) in [
        ("notes.txt", b"hello".to_vec(), "notes.txt is neither a report (.tar.gz) nor a history.db".to_owned()),
        ("wrong.tar.gz", report(&wrong), format!("wrong.tar.gz: state.jsonl, line {line}: invalid type: string")),
        ("cut.tar.gz", report(STATE)[..200].to_vec(), "cut.tar.gz: ".to_owned()),
        ("none.tar.gz", report(STATE.lines().next().expect("a line")), "none.tar.gz has nothing to show".to_owned()),
    ] {
        let path = home.path().join(name);
        fs::write(&path, bytes).expect("written");
        let done = command(&home, &["open", &path.display().to_string()]).output().expect("the program starts");
        let error = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{error}");
        assert!(error.starts_with("error: ") && error.contains(&said), "{error:?} for {said:?}");
    }
}
